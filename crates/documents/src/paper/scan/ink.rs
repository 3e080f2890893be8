//! Ink: what is dark on a page, in connected shapes, and which of them no word accounts for.
//!
//! Text recognition does not say what it has missed. So the letters on the page are found a second
//! time, without reading them.

use image::GrayImage;

use super::{frame::Frame, picture::reduced};
use crate::paper::page::Area;

/// Longer side of the picture in which ink is looked for, in pixels: A4 at 150 dots per inch. A letter
/// of 10 points is 15 pixels high in it.
const MAX_SIDE: u32 = 1754;

/// Side of the square around a pixel whose brightness decides whether it is dark, in pixels: two lines.
const WINDOW: u32 = 41;

/// Sauvola's parameter: contrast below which nothing is ink.
const CONTRAST: f64 = 0.34;

/// Sauvola's parameter: maximum standard deviation of brightness.
const MAX_DEVIATION: f64 = 128.0;

/// Heights of letters that are looked for, in pixels, until words tell how large they are.
const LETTERS: std::ops::RangeInclusive<u32> = 6..=80;

/// Minimum number of shapes that count as unread text: fewer are specks.
const MIN_UNREAD: usize = 5;

/// Connected dark pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Box around it.
    pub(crate) frame: Frame,
    /// Number of its pixels.
    pub(crate) pixels: u32,
}

/// The letters on a page.
#[derive(Debug)]
pub(crate) struct Ink {
    /// Shapes that may be letters or parts of handwriting.
    pub(crate) letters: Vec<Shape>,
    /// Width of the picture in which they were found.
    width: u32,
    /// Height of the same.
    height: u32,
    /// Pixels of the page per pixel of that picture.
    scale: f32,
}

/// Ink outside all words.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Unread {
    /// Share of the ink of all letters.
    pub(crate) share: f32,
    /// Where it is, in pixels of the page.
    pub(crate) frames: Vec<Frame>,
}

impl Ink {
    /// Returns the letters on a page.
    pub(crate) fn of(page: &GrayImage) -> Self {
        let reduced = reduced(page, MAX_SIDE);
        let image = reduced.as_ref().unwrap_or(page);
        let (width, height) = image.dimensions();
        let shapes = shapes(&dark(image), width);
        let is_letter = |shape: &Shape| {
            let (width, height) = (shape.frame.width(), shape.frame.height());
            // Neither a ruled line nor a speck nor a filled box.
            LETTERS.contains(&height) && width < 25 * height && height < 8 * width
        };
        Self {
            letters: shapes.into_iter().filter(is_letter).collect(),
            width,
            height,
            scale: page.width() as f32 / width.max(1) as f32,
        }
    }

    /// Returns what is outside all of `words`, whose boxes are in pixels of the page.
    pub(crate) fn unread(&self, words: &[Area]) -> Unread {
        let mut is_read = Mask::new(self.width, self.height);
        for word in words {
            let margin = 0.2 * word.height();
            is_read.fill(Area {
                left: (word.left - margin) / self.scale,
                top: (word.top - margin) / self.scale,
                right: (word.right + margin) / self.scale,
                bottom: (word.bottom + margin) / self.scale,
            });
        }
        let is_outside = |shape: &&Shape| {
            let Frame {
                left,
                top,
                right,
                bottom,
            } = shape.frame;
            !is_read.has(u32::midpoint(left, right), u32::midpoint(top, bottom))
        };
        let outside: Vec<&Shape> = self.letters.iter().filter(is_outside).collect();
        let pixels = |shapes: &[&Shape]| shapes.iter().map(|it| it.pixels).sum::<u32>() as f32;
        let all: Vec<&Shape> = self.letters.iter().collect();
        if outside.len() < MIN_UNREAD {
            return Unread::default();
        }
        Unread {
            share: pixels(&outside) / pixels(&all).max(1.0),
            frames: self.areas(&outside),
        }
    }

    /// Returns the areas in which shapes are close to each other, in pixels of the page.
    fn areas(&self, outside: &[&Shape]) -> Vec<Frame> {
        let mut near = Mask::new(self.width, self.height);
        for shape in outside {
            let margin = shape.frame.height() as f32;
            near.fill(Area {
                left: shape.frame.left as f32 - 2.0 * margin,
                top: shape.frame.top as f32 - margin,
                right: shape.frame.right as f32 + 2.0 * margin,
                bottom: shape.frame.bottom as f32 + margin,
            });
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a pixel of the page"
        )]
        let on_page = |pixel: u32| (pixel as f32 * self.scale) as u32;
        let areas = shapes(&near.pixels, self.width).into_iter();
        areas
            .map(|shape| Frame {
                left: on_page(shape.frame.left),
                top: on_page(shape.frame.top),
                right: on_page(shape.frame.right),
                bottom: on_page(shape.frame.bottom),
            })
            .collect()
    }
}

/// A yes or no for each pixel.
struct Mask {
    pixels: Vec<bool>,
    width: u32,
    height: u32,
}

impl Mask {
    fn new(width: u32, height: u32) -> Self {
        Self {
            pixels: vec![false; width as usize * height as usize],
            width,
            height,
        }
    }

    fn has(&self, x: u32, y: u32) -> bool {
        self.pixels[y as usize * self.width as usize + x as usize]
    }

    /// Marks the pixels in a box, which may reach over the edges.
    fn fill(&mut self, area: Area) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "cut to the picture"
        )]
        let pixel = |edge: f32, max: u32| edge.clamp(0.0, max as f32) as usize;
        let (left, right) = (pixel(area.left, self.width), pixel(area.right, self.width));
        let rows = pixel(area.top, self.height)..pixel(area.bottom, self.height);
        for row in self
            .pixels
            .chunks_mut(self.width.max(1) as usize)
            .take(rows.end)
            .skip(rows.start)
        {
            row[left..right].fill(true);
        }
    }
}

/// Returns for each pixel whether it is darker than its surroundings, by Sauvola and Pietikäinen,
/// "Adaptive document image binarization" (2000).
fn dark(image: &GrayImage) -> Vec<bool> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let radius = WINDOW as usize / 2;
    let mut dark = Vec::with_capacity(width * height);
    // Sums of brightness and of its square in each column of the rows around the current one.
    let mut columns = vec![(0_u64, 0_u64); width];
    let rows: Vec<&[u8]> = image.as_raw().chunks(width.max(1)).collect();
    let add = |columns: &mut [(u64, u64)], row: &[u8]| {
        for (column, value) in columns.iter_mut().zip(row) {
            let value = u64::from(*value);
            *column = (column.0 + value, column.1 + value * value);
        }
    };
    for row in rows.iter().take(radius) {
        add(&mut columns, row);
    }
    for (y, row) in rows.iter().enumerate() {
        if let Some(below) = rows.get(y + radius) {
            add(&mut columns, below);
        }
        if let Some(above) = y.checked_sub(radius + 1) {
            for (column, value) in columns.iter_mut().zip(rows[above]) {
                let value = u64::from(*value);
                *column = (column.0 - value, column.1 - value * value);
            }
        }
        let height = (y + radius + 1).min(height) - y.saturating_sub(radius);
        push_dark(&mut dark, row, &columns, height);
    }
    dark
}

/// Adds a row of [`dark`], given the sums of the `height` rows around it.
fn push_dark(dark: &mut Vec<bool>, row: &[u8], columns: &[(u64, u64)], height: usize) {
    let radius = WINDOW as usize / 2;
    let (mut sum, mut squares) = (0_u64, 0_u64);
    for (column_sum, column_squares) in columns.iter().take(radius) {
        sum += column_sum;
        squares += column_squares;
    }
    for (x, value) in row.iter().enumerate() {
        if let Some(right) = columns.get(x + radius) {
            sum += right.0;
            squares += right.1;
        }
        if let Some(left) = x.checked_sub(radius + 1) {
            sum -= columns[left].0;
            squares -= columns[left].1;
        }
        let width = (x + radius + 1).min(row.len()) - x.saturating_sub(radius);
        let count = (width * height) as f64;
        let mean = sum as f64 / count;
        let deviation = (squares as f64 / count - mean * mean).max(0.0).sqrt();
        let threshold = mean * (1.0 + CONTRAST * (deviation / MAX_DEVIATION - 1.0));
        dark.push(f64::from(*value) < threshold);
    }
}

/// Returns the connected shapes of a picture, corners included.
fn shapes(pixels: &[bool], width: u32) -> Vec<Shape> {
    let mut found = Found::default();
    // Runs of the row above, with the numbers of their shapes.
    let mut above: Vec<(u32, u32, usize)> = Vec::new();
    for (y, row) in (0..).zip(pixels.chunks(width.max(1) as usize)) {
        let mut runs = Vec::new();
        let mut candidates = above.iter().peekable();
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let start = x;
            x += u32::try_from(run.len()).unwrap_or(u32::MAX);
            if !run[0] {
                continue;
            }
            let end = x - 1;
            let shape = found.push(Frame {
                left: start,
                top: y,
                right: end,
                bottom: y,
            });
            while candidates
                .next_if(|(_, right, _)| right + 1 < start)
                .is_some()
            {}
            let mut touching = candidates.clone();
            while let Some((.., other)) = touching.next_if(|(left, ..)| *left <= end + 1) {
                found.join(*other, shape);
            }
            runs.push((start, end, shape));
        }
        above = runs;
    }
    found.shapes()
}

/// Shapes while they are found, as a forest whose trees are the shapes.
#[derive(Default)]
struct Found {
    nodes: Vec<(usize, Shape)>,
}

impl Found {
    fn push(&mut self, frame: Frame) -> usize {
        let index = self.nodes.len();
        let pixels = frame.width();
        self.nodes.push((index, Shape { frame, pixels }));
        index
    }

    fn root(&mut self, mut index: usize) -> usize {
        while self.nodes[index].0 != index {
            // Each look-up halves the way of the next one.
            self.nodes[index].0 = self.nodes[self.nodes[index].0].0;
            index = self.nodes[index].0;
        }
        index
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            let other = self.nodes[b].1;
            let shape = &mut self.nodes[a].1;
            shape.frame = shape.frame.union(other.frame);
            shape.pixels += other.pixels;
            self.nodes[b].0 = a;
        }
    }

    fn shapes(self) -> Vec<Shape> {
        let roots = self.nodes.into_iter().enumerate();
        roots
            .filter(|(index, (parent, _))| index == parent)
            .map(|(_, (_, shape))| shape)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a page of 600 by 800 pixels with lines of bars like letters, on paper that is darker
    /// towards the right.
    fn page(lines: u32) -> GrayImage {
        GrayImage::from_fn(600, 800, |x, y| {
            let light = 250 - x / 4;
            let is_letter = x % 12 < 5
                && (60..540).contains(&x)
                && y % 40 < 14
                && (40..40 + 40 * lines).contains(&y);
            image::Luma([u8::try_from(if is_letter { light / 3 } else { light }).expect("a byte")])
        })
    }

    fn line(number: u8) -> Area {
        let top = 40.0 + 40.0 * f32::from(number);
        Area {
            left: 58.0,
            top,
            right: 545.0,
            bottom: top + 14.0,
        }
    }

    #[test]
    fn letters_outside_all_words_are_unread() {
        let ink = Ink::of(&page(10));
        assert_eq!(ink.letters.len(), 400);
        let words: Vec<Area> = (0..10).map(line).collect();
        assert_eq!(ink.unread(&words), Unread::default());
        let unread = ink.unread(&words[..7]);
        assert!((0.29..0.31).contains(&unread.share), "{unread:?}");
        let [frame] = unread.frames[..] else {
            panic!("{unread:?}");
        };
        assert!(
            (300..320).contains(&frame.top) && (410..440).contains(&frame.bottom),
            "{frame:?}"
        );
        assert!(frame.left < 60 && frame.right > 530, "{frame:?}");
    }

    #[test]
    fn a_large_page_is_measured_in_its_own_pixels() {
        let large =
            image::imageops::resize(&page(10), 2400, 3200, image::imageops::FilterType::Nearest);
        let words = (0..10).map(line).map(|word| Area {
            left: 4.0 * word.left,
            top: 4.0 * word.top,
            right: 4.0 * word.right,
            bottom: 4.0 * word.bottom,
        });
        let words: Vec<Area> = words.collect();
        let ink = Ink::of(&large);
        assert_eq!(ink.unread(&words), Unread::default());
        assert!(ink.unread(&words[1..]).frames[0].bottom > 200);
    }

    #[test]
    fn specks_rules_and_boxes_are_no_letters() {
        let image = GrayImage::from_fn(600, 800, |x, y| {
            let is_rule = y == 100 || (y / 2 == 60 && x > 50);
            let is_box = (200..300).contains(&x) && (200..300).contains(&y);
            let is_speck = x % 50 < 2 && y % 50 < 2;
            image::Luma([if is_rule || is_box || is_speck {
                0
            } else {
                255
            }])
        });
        assert_eq!(Ink::of(&image).letters, []);
    }

    #[test]
    fn shapes_are_connected_over_corners() {
        let picture = "\
            #..#.##\
            .##...#\
            .......\
            ##.#.#.\
            .#.###.";
        let pixels: Vec<bool> = picture.chars().map(|c| c == '#').collect();
        let mut shapes = shapes(&pixels, 7);
        shapes.sort_by_key(|shape| (shape.frame.top, shape.frame.left));
        let found: Vec<(u32, u32, u32)> = shapes
            .iter()
            .map(|shape| (shape.pixels, shape.frame.width(), shape.frame.height()))
            .collect();
        assert_eq!(found, [(4, 4, 2), (3, 2, 2), (3, 2, 2), (5, 3, 2)]);
    }

    #[test]
    fn an_empty_picture_has_no_ink() {
        let ink = Ink::of(&GrayImage::new(1, 1));
        assert_eq!(ink.unread(&[]), Unread::default());
    }
}
