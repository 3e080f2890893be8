//! Tilt: the angle at which the letters stand in lines, and a picture turned by it.

use image::{GrayImage, Luma};

use super::ink::Shape;

/// Maximum tilt that is looked for, in tenths of a degree.
const MAX_TENTHS: i16 = 150;

/// Minimum tilt that is worth a turn, which blurs the letters a little, in degrees.
const MIN_ANGLE: f32 = 0.3;

/// Minimum gain of a turn, as the factor by which letters stand better in lines. A wrong turn costs more
/// than a tilt of a degree.
const MIN_GAIN: f64 = 1.15;

/// Minimum number of letters that tell lines.
const MIN_LETTERS: usize = 40;

/// Height of the strips in which letters are counted, in pixels; a line is ten times as high.
const STRIP: f32 = 2.5;

/// Returns the angle in degrees by which the lines of a page fall to the right, if turning it back
/// clearly puts the letters in lines.
pub(crate) fn angle(letters: &[Shape]) -> Option<f32> {
    if letters.len() < MIN_LETTERS {
        return None;
    }
    let angles = (-MAX_TENTHS..=MAX_TENTHS).map(|tenths| f32::from(tenths) / 10.0);
    let scored = angles.map(|degrees| (degrees, lines(letters, degrees)));
    let (best, score) = scored.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let is_worth_it = score >= MIN_GAIN * lines(letters, 0.0) && best.abs() >= MIN_ANGLE;
    is_worth_it.then_some(best)
}

/// Returns how well the feet of letters stand in lines that fall by `degrees`: the sum of the squares
/// of their numbers in strips.
fn lines(letters: &[Shape], degrees: f32) -> f64 {
    let slope = degrees.to_radians().tan();
    let heights = letters.iter().map(|letter| {
        let x = f32::midpoint(letter.frame.left as f32, letter.frame.right as f32);
        letter.frame.bottom as f32 - x * slope
    });
    let heights: Vec<f32> = heights.collect();
    let lowest = heights.iter().copied().fold(f32::INFINITY, f32::min);
    let mut strips: Vec<u32> = Vec::new();
    for height in heights {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the number of a strip"
        )]
        let strip = ((height - lowest) / STRIP) as usize;
        if strips.len() <= strip {
            strips.resize(strip + 1, 0);
        }
        strips[strip] += 1;
    }
    // Pairs, so that a line on the border of two strips counts as one.
    let pairs = strips
        .windows(2)
        .map(|pair| f64::from(pair[0] + pair[1]).powi(2));
    pairs.sum()
}

/// Returns the picture turned so that lines that fall by `degrees` are level, on a larger sheet with
/// white corners.
pub(crate) fn levelled(image: &GrayImage, degrees: f32) -> GrayImage {
    let (rise, run) = degrees.to_radians().sin_cos();
    let (width, height) = (image.width() as f32, image.height() as f32);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the size of a picture"
    )]
    let size = |a: f32, b: f32| (a * run + b * rise.abs()).ceil() as u32;
    let (new_width, new_height) = (size(width, height), size(height, width));
    GrayImage::from_fn(new_width, new_height, |x, y| {
        let from_middle = (
            x as f32 - new_width as f32 / 2.0,
            y as f32 - new_height as f32 / 2.0,
        );
        let x = from_middle.0 * run - from_middle.1 * rise + width / 2.0;
        let y = from_middle.0 * rise + from_middle.1 * run + height / 2.0;
        Luma([brightness(image, x, y)])
    })
}

/// Returns the brightness between four pixels, or white outside.
fn brightness(image: &GrayImage, x: f32, y: f32) -> u8 {
    if x < 0.0 || y < 0.0 {
        return u8::MAX;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a pixel of the picture"
    )]
    let (left, top) = (x as u32, y as u32);
    let pixel = |x, y| {
        image
            .get_pixel_checked(x, y)
            .map_or(255.0, |pixel| f32::from(pixel.0[0]))
    };
    let (right_share, bottom_share) = (x.fract(), y.fract());
    let upper = pixel(left, top) * (1.0 - right_share) + pixel(left + 1, top) * right_share;
    let lower = pixel(left, top + 1) * (1.0 - right_share) + pixel(left + 1, top + 1) * right_share;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between two bytes"
    )]
    let value = (upper * (1.0 - bottom_share) + lower * bottom_share).round() as u8;
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::scan::{frame::Frame, ink::Ink};

    /// Returns letters in 20 lines that fall by some degrees, with every fifth one below the line.
    fn letters(degrees: f32) -> Vec<Shape> {
        let letters = (0..20_u16).flat_map(|line| (0..50_u16).map(move |column| (line, column)));
        let letter = |(line, column): (u16, u16)| {
            let x = 100.0 + 20.0 * f32::from(column);
            let depth = if column % 5 == 0 { 4.0 } else { 0.0 };
            let y = 400.0 + 30.0 * f32::from(line) + x * degrees.to_radians().tan() + depth;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a pixel"
            )]
            let (left, bottom) = (x as u32, y as u32);
            let frame = Frame {
                left,
                top: bottom - 10,
                right: left + 8,
                bottom,
            };
            Shape { frame, pixels: 40 }
        };
        letters.map(letter).collect()
    }

    #[test]
    fn the_tilt_of_lines_is_found() {
        for degrees in [-12.0, -4.0, -1.5, 0.5, 1.5, 4.0, 14.0] {
            let found = angle(&letters(degrees)).expect("a tilt");
            assert!((found - degrees).abs() <= 0.15, "{degrees}: {found}");
        }
    }

    #[test]
    fn level_lines_and_few_letters_are_left() {
        assert_eq!(angle(&letters(0.0)), None);
        assert_eq!(angle(&letters(0.1)), None);
        assert_eq!(angle(&letters(4.0)[..30]), None);
    }

    #[test]
    fn a_turned_page_is_level() {
        let page = GrayImage::from_fn(800, 1000, |x, y| {
            let is_letter =
                x % 16 < 9 && y % 40 < 14 && (60..740).contains(&x) && (80..920).contains(&y);
            Luma([if is_letter { 20 } else { 240 }])
        });
        // To turn a level page back by an angle is to tilt it by the opposite.
        let tilted = levelled(&page, -3.0);
        let found = angle(&Ink::of(&tilted).letters).expect("a tilt");
        assert!((found - 3.0).abs() <= 0.2, "{found}");
        let level = levelled(&tilted, found);
        assert_eq!(angle(&Ink::of(&level).letters), None);
        assert!(level.width() > page.width() && level.height() > page.height());
        assert_eq!(level.get_pixel(0, 0).0, [255]);
    }
}
