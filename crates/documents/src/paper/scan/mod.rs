//! Photos and scans: pictures to words with boxes.
//!
//! - [`picture`]: decoding of pictures
//! - [`light`]: shadows, evened out
//! - [`frame`]: boxes of pixels
//! - [`ink`]: letters, and those that were not read
//! - [`skew`]: tilt, measured and removed
//! - [`tesseract`]: text recognition

pub(crate) mod frame;
pub(crate) mod ink;
mod light;
pub(crate) mod picture;
mod skew;
mod tesseract;

use image::{GrayImage, imageops};

pub(crate) use tesseract::Tesseract;

use super::page::{Area, Line, Page, Word};
use ink::{Ink, Unread};

/// A picture that was read.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Its text.
    pub(crate) page: Page,
    /// Ink that was not read with certainty.
    pub(crate) unread: Unread,
    /// The picture, upright and level.
    pub(crate) image: GrayImage,
}

/// Recognises the text in a picture. The result has no text if recognition fails.
///
/// # Errors
/// Returns an error if the program cannot be started.
pub(crate) fn read(tesseract: Tesseract<'_>, image: GrayImage) -> Result<Scan, crate::Error> {
    let (image, ink) = levelled(upright(tesseract, light::even(image))?);
    let lines = tesseract.lines(&image)?.unwrap_or_default();
    let words = lines.iter().flatten().filter(|word| !word.is_doubtful);
    let words: Vec<Area> = words.map(|word| word.area).collect();
    let unread = ink.unread(&words);
    let lines = lines.into_iter().filter_map(|line| {
        let words = line.into_iter().map(with_full_height).collect();
        Line::new(words)
    });
    let page = Page {
        width: image.width() as f32,
        height: image.height() as f32,
        lines: lines.collect(),
        is_recognised: true,
    };
    Ok(Scan {
        page,
        unread,
        image,
    })
}

/// Recognises the text in the pictures on a page that also has text. Returns `None` if the pictures
/// have no text, and the page with their ink unread if recognition fails.
///
/// # Errors
/// Returns an error if the program cannot be started.
pub(crate) fn complete(
    tesseract: Tesseract<'_>,
    page: &Page,
    image: GrayImage,
) -> Result<Option<Scan>, crate::Error> {
    let image = light::even(image);
    let scale = image.width() as f32 / page.width;
    let mut words: Vec<Area> = page.words().map(|word| word.area.scaled(scale)).collect();
    let Some(mut lines) = tesseract.lines(&image)? else {
        return Ok(Some(Scan {
            page: page.clone(),
            unread: Ink::of(&image).unread(&words),
            image,
        }));
    };
    lines.retain_mut(|line| {
        // A form has labels in its picture, and between them what was typed as text.
        line.retain(|word| !words.iter().any(|area| area.contains_middle(word.area)));
        // What is recognised in a photo are single letters, and uncertain.
        let sure = line.iter().filter(|word| !word.is_doubtful).count();
        2 * sure > line.len()
    });
    if lines.is_empty() {
        return Ok(None);
    }
    words.extend(
        lines
            .iter()
            .flatten()
            .filter(|word| !word.is_doubtful)
            .map(|word| word.area),
    );
    let unread = Ink::of(&image).unread(&words);
    let mut page = page.clone();
    page.is_recognised = true;
    page.lines.extend(lines.into_iter().filter_map(|line| {
        let words = line.into_iter().map(|word| {
            let mut word = with_full_height(word);
            word.area = word.area.scaled(1.0 / scale);
            word
        });
        Line::new(words.collect())
    }));
    Ok(Some(Scan {
        page,
        unread,
        image,
    }))
}

/// Returns what is on the picture of a page and in none of its words.
pub(crate) fn unread(page: &Page, image: &GrayImage) -> Unread {
    let scale = image.width() as f32 / page.width;
    let words: Vec<Area> = page.words().map(|word| word.area.scaled(scale)).collect();
    Ink::of(image).unread(&words)
}

fn upright(tesseract: Tesseract<'_>, image: GrayImage) -> Result<GrayImage, crate::Error> {
    Ok(match tesseract.turn(&image)? {
        90 => imageops::rotate90(&image),
        180 => imageops::rotate180(&image),
        270 => imageops::rotate270(&image),
        _ => image,
    })
}

fn levelled(image: GrayImage) -> (GrayImage, Ink) {
    let ink = Ink::of(&image);
    let Some(angle) = skew::angle(&ink.letters) else {
        return (image, ink);
    };
    let image = skew::levelled(&image, angle);
    let ink = Ink::of(&image);
    (image, ink)
}

/// Heights above the line of letters with and without an ascender, and depth under it of those with a
/// descender, in the sizes of a font.
const ASCENDER: f32 = 0.72;
const X_HEIGHT: f32 = 0.52;
const DESCENDER: f32 = 0.21;

/// Returns a recognised word with the box that its font has in a PDF, whatever letters it is made of.
fn with_full_height(mut word: Word) -> Word {
    let has = |test: fn(char) -> bool| word.text.chars().any(test);
    let above = if has(has_ascender) {
        ASCENDER
    } else {
        X_HEIGHT
    };
    let below = if has(has_descender) { DESCENDER } else { 0.0 };
    let size = word.area.height() / (above + below);
    let baseline = word.area.bottom - below * size;
    word.area.top = baseline - 0.9 * size;
    word.area.bottom = baseline + 0.25 * size;
    word
}

fn has_ascender(c: char) -> bool {
    c.is_uppercase() || c.is_ascii_digit() || "bdfhijkltßäöü!?()[]{}/|\"'%&€§„“".contains(c)
}

fn has_descender(c: char) -> bool {
    "gjpqyQ()[]{}/|,;§".contains(c)
}
