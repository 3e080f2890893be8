//! Light: a picture as it would be if its paper were evenly lit.
//!
//! Text recognition has a threshold for every place, but reads the letters in their shades of grey, and
//! loses those at the edge of a shadow.

use image::{
    GrayImage, Luma,
    imageops::{self, FilterType},
};

/// Side of the squares in which paper is looked for, in pixels. With those around it, a square is
/// larger than a letter, so that some of it is paper.
const SQUARE: u32 = 16;

/// Minimum brightness of paper. Anything darker is black, and would turn to noise.
const MIN_PAPER: u8 = 30;

/// Returns the picture with its paper white everywhere.
pub(crate) fn even(image: GrayImage) -> GrayImage {
    let (width, height) = image.dimensions();
    let squares = brightest(&image);
    let around = brightest_around(&squares);
    let paper = imageops::resize(&around, width, height, FilterType::Triangle);
    let mut even = image;
    for (pixel, paper) in even.pixels_mut().zip(paper.pixels()) {
        let paper = u16::from(paper.0[0].max(MIN_PAPER));
        let value = u16::from(pixel.0[0]) * 255 / paper;
        pixel.0[0] = u8::try_from(value).unwrap_or(u8::MAX);
    }
    even
}

/// Returns the brightest pixel of each square.
fn brightest(image: &GrayImage) -> GrayImage {
    let (width, height) = (
        image.width().div_ceil(SQUARE),
        image.height().div_ceil(SQUARE),
    );
    let mut squares = GrayImage::new(width, height);
    for (x, y, pixel) in image.enumerate_pixels() {
        let brightest = &mut squares.get_pixel_mut(x / SQUARE, y / SQUARE).0[0];
        *brightest = pixel.0[0].max(*brightest);
    }
    squares
}

/// Returns the brightest of each square and the eight around it.
fn brightest_around(squares: &GrayImage) -> GrayImage {
    GrayImage::from_fn(squares.width(), squares.height(), |x, y| {
        let columns = x.saturating_sub(1)..(x + 2).min(squares.width());
        let rows = y.saturating_sub(1)..(y + 2).min(squares.height());
        let around = rows.flat_map(|y| columns.clone().map(move |x| squares.get_pixel(x, y).0[0]));
        Luma([around.max().unwrap_or(u8::MAX)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paper_in_a_shadow_is_white_and_its_letters_are_dark() {
        let lit = |x: u32| if x < 200 { 240 } else { 80 };
        let image = GrayImage::from_fn(400, 400, |x, y| {
            let is_letter = x % 20 < 5 && y % 30 < 15;
            Luma([if is_letter { lit(x) / 4 } else { lit(x) }])
        });
        let even = even(image);
        for x in [107, 307] {
            assert!(even.get_pixel(x, 200).0[0] > 250, "{x}");
            assert!(even.get_pixel(x - 5, 210).0[0] < 70, "{x}");
        }
    }

    #[test]
    fn white_letters_on_black_stay() {
        let image = GrayImage::from_fn(400, 400, |x, y| {
            let is_letter = x % 20 < 5 && y % 30 < 15;
            Luma([if is_letter { 250 } else { 10 }])
        });
        let even = even(image);
        assert!(even.get_pixel(102, 200).0[0] < 20);
        assert!(even.get_pixel(102, 210).0[0] > 240);
    }
}
