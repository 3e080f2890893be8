//! Photos and scans.

use std::path::Path;

use image::GrayImage;

use crate::{
    Case, Read,
    letter::{AUTHORITY, Letter, TENANT, letter},
    pdf::{HEIGHT, Page, pdf},
    photo::{dark, in_perspective, jpeg, png, printed, shaded, tilted},
    read,
};
use documents::{Kind, paper::Warning};

pub(crate) const CASES: &[Case] = &[
    ("a_scanned_page_in_a_pdf", a_scanned_page_in_a_pdf),
    ("a_pdf_with_a_picture_of_text", a_pdf_with_a_picture_of_text),
    ("a_blank_picture", a_blank_picture),
    ("a_photo_of_nothing_but_noise", a_photo_of_nothing_but_noise),
];

/// Condition of a letter when it is read.
#[derive(Clone, Copy)]
pub(crate) struct Condition {
    /// Its name.
    pub(crate) name: &'static str,
    page: fn(&Letter) -> Page,
    photo: fn(&Page) -> Vec<u8>,
    /// Set if all of it has to be read. Otherwise a warning will do.
    is_good: bool,
}

const fn good(name: &'static str, photo: fn(&Page) -> Vec<u8>) -> Condition {
    Condition {
        name,
        page: Letter::page,
        photo,
        is_good: true,
    }
}

const fn hard(name: &'static str, photo: fn(&Page) -> Vec<u8>) -> Condition {
    Condition {
        is_good: false,
        ..good(name, photo)
    }
}

/// The conditions under which scans and photos are read.
pub(crate) const CONDITIONS: [Condition; 12] = [
    good("clean", scan),
    good("1.5°", |page| png(&tilted(&printed(page, 300), 1.5))),
    hard("4°", |page| png(&tilted(&printed(page, 300), -4.0))),
    good("90°", |page| {
        png(&image::imageops::rotate90(&printed(page, 300)))
    }),
    hard("shaded", |page| jpeg(&shaded(&printed(page, 300)), 60)),
    hard("dark", |page| jpeg(&dark(&printed(page, 300)), 75)),
    good("150 dpi", |page| png(&printed(page, 150))),
    hard("JPEG 40", |page| jpeg(&printed(page, 300), 40)),
    hard("perspective", |page| {
        jpeg(&in_perspective(&printed(page, 300)), 75)
    }),
    Condition {
        page: Letter::columns,
        ..hard("two columns", scan)
    },
    Condition {
        page: Letter::table,
        ..hard("table", scan)
    },
    Condition {
        page: Letter::handwriting,
        ..hard("handwriting", scan)
    },
];

fn scan(page: &Page) -> Vec<u8> {
    png(&printed(page, 300))
}

/// The letters that are read under each condition, and what their cases are called.
pub(crate) const LETTERS: [(&str, &Letter); 2] = [("tenant", &TENANT), ("authority", &AUTHORITY)];

/// How much of a page was read.
struct Score {
    /// Share of the printed words that were read, in percent.
    found: f32,
    /// The same, of those that are in the order of the page.
    in_order: f32,
}

fn score(page: &Page, read: &Read) -> Score {
    let text = read.text();
    let found: Vec<&str> = text.split_whitespace().collect();
    let mut left = found.clone();
    let hits = page.words().iter().filter(|word| {
        let at = left.iter().position(|other| other == word);
        at.map(|at| left.swap_remove(at)).is_some()
    });
    let percent = |count: usize| 100.0 * count as f32 / page.words().len() as f32;
    Score {
        found: percent(hits.count()),
        in_order: percent(common(page.words(), &found)),
    }
}

/// Returns the length of the longest common subsequence.
fn common(a: &[String], b: &[&str]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for word in a {
        let mut diagonal = 0;
        for (index, other) in b.iter().enumerate() {
            let above = row[index + 1];
            row[index + 1] = if word == other {
                diagonal + 1
            } else {
                above.max(row[index])
            };
            diagonal = above;
        }
    }
    row[b.len()]
}

/// Checks that a letter is read under a condition, or that there is a warning, and what is missing in
/// a frame.
pub(crate) fn check(letter: &Letter, condition: Condition) {
    let page = (condition.page)(letter);
    let read = read(Kind::Image, &(condition.photo)(&page)).unwrap();
    let score = score(&page, &read);
    let reading = &read.reading.pages[0];
    let picture = reading.picture.as_deref();
    assert!(picture.is_some_and(|picture| picture.starts_with(read.folder.path())));
    if condition.is_good {
        assert_eq!(reading.warning, None, "{}", read.text());
    }
    if condition.name == "handwriting" {
        assert_eq!(reading.warning, Some(Warning::Unread));
    }
    if reading.warning.is_some() {
        assert!(read.html.contains("<img "), "a picture with frames");
        assert!(has_frame(picture.unwrap()), "a frame in it");
        return;
    }
    assert!(score.found >= 95.0, "{} %: {}", score.found, read.text());
    assert!(
        score.in_order >= 93.0,
        "{} %: {}",
        score.in_order,
        read.text()
    );
}

/// Returns whether something red is in a picture, in which only frames have a colour.
fn has_frame(picture: &Path) -> bool {
    let picture = image::open(picture).unwrap().into_rgb8();
    picture
        .pixels()
        .any(|pixel| pixel.0[0] > 150 && pixel.0[1] < 100)
}

/// Prints how much of the letters is read under each condition, with the seconds that it takes.
pub(crate) fn report() {
    println!("| condition | letter | words | in order | uncertain | seconds | warning |");
    println!("|---|---|---|---|---|---|---|");
    for condition in CONDITIONS {
        for (name, letter) in LETTERS {
            let page = (condition.page)(letter);
            let file = (condition.photo)(&page);
            let start = std::time::Instant::now();
            let read = read(Kind::Image, &file).unwrap();
            let seconds = start.elapsed().as_secs_f32();
            let Score { found, in_order } = score(&page, &read);
            let reading = &read.reading.pages[0];
            println!(
                "| {} | {name} | {found:.0} % | {in_order:.0} % | {} | {seconds:.1} | {} |",
                condition.name,
                reading.doubtful,
                if reading.warning.is_some() { "yes" } else { "" }
            );
        }
    }
}

fn a_scanned_page_in_a_pdf() {
    let text = Page::default().text(62.0, 100.0, 11.0, "Die erste Seite ist aus Buchstaben.");
    let scan = Page::default().picture(printed(&letter(), 150), 0.0, HEIGHT);
    let blank = Page::default();
    let read = read(Kind::Pdf, &pdf(&[text, scan, blank])).unwrap();
    let pages = &read.reading.pages;
    assert_eq!(pages.len(), 3);
    assert!(pages.iter().all(|page| page.warning.is_none()), "{pages:?}");
    let pictures: Vec<bool> = pages.iter().map(|page| page.picture.is_some()).collect();
    assert_eq!(pictures, [false, true, false]);
    assert!(
        read.text()
            .starts_with("Die erste Seite ist aus Buchstaben. ")
    );
    assert!(score(&letter(), &read).found >= 95.0, "{}", read.text());
}

/// The heading of a page is text, but its main part a picture, as some programs of authorities write it.
fn a_pdf_with_a_picture_of_text() {
    let body = printed(&letter(), 300);
    let top = image::imageops::crop_imm(&body, 0, 1250, body.width(), 1600).to_image();
    let place = HEIGHT / body.height() as f32;
    let page = Page::default()
        .text(62.0, 80.0, 11.0, "Hausverwaltung Sonnenhof GmbH in Leipzig")
        .picture(top, 1250.0 * place, 1600.0 * place);
    let read = read(Kind::Pdf, &pdf(&[page])).unwrap();
    let text = read.text();
    assert!(
        text.contains("Hausverwaltung Sonnenhof GmbH in Leipzig"),
        "{text}"
    );
    assert!(text.contains("zwischen 8 und 12 Uhr zu Ihnen."), "{text}");
    assert_eq!(text.matches("Hausverwaltung").count(), 1, "{text}");
    assert_eq!(read.reading.pages[0].warning, None);
}

fn a_blank_picture() {
    let blank = GrayImage::from_pixel(600, 800, image::Luma([240]));
    let error = read(Kind::Image, &png(&blank)).err().unwrap().to_string();
    assert!(error.starts_with("No text was found."), "{error}");
}

fn a_photo_of_nothing_but_noise() {
    let mut state = 7_u32;
    let noise = GrayImage::from_fn(1200, 1600, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Luma([(state >> 24) as u8])
    });
    let image = image::imageops::blur(&noise, 2.0);
    match read(Kind::Image, &png(&image)) {
        Ok(read) => assert!(read.reading.pages[0].warning.is_some(), "{}", read.text()),
        Err(error) => assert!(error.to_string().starts_with("No text"), "{error}"),
    }
}
