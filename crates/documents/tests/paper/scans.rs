//! Photos and scans.

use image::GrayImage;

use crate::{
    Case, Read,
    letter::{columns, handwriting, letter, table},
    pdf::{HEIGHT, Page, pdf},
    photo::{dark, in_perspective, jpeg, png, printed, shaded, tilted},
    read,
};
use documents::{Kind, paper::Warning};

pub(crate) const CASES: &[Case] = &[
    ("a_clean_scan", || good("clean")),
    ("a_scan_tilted_by_one_and_a_half_degrees", || good("1.5°")),
    ("a_scan_on_its_side", || good("90°")),
    ("a_scan_of_150_dpi", || good("150 dpi")),
    ("a_scan_tilted_by_four_degrees", || honest("4°")),
    ("a_photo_with_a_shade", || honest("shaded")),
    ("a_photo_with_little_light", || honest("dark")),
    ("a_photo_with_strong_compression", || honest("JPEG 40")),
    ("a_photo_in_perspective", || honest("perspective")),
    ("a_scan_with_two_columns", || honest("two columns")),
    ("a_scan_with_a_table", || honest("table")),
    ("a_scan_with_handwriting", || {
        let read = honest_read("handwriting");
        assert_eq!(read.reading.pages[0].warning, Some(Warning::Unread));
        assert!(read.html.contains("<img "), "a picture with frames");
    }),
    ("a_scanned_page_in_a_pdf", a_scanned_page_in_a_pdf),
    ("a_pdf_with_a_picture_of_text", a_pdf_with_a_picture_of_text),
    ("a_blank_picture", a_blank_picture),
    ("a_photo_of_nothing_but_noise", a_photo_of_nothing_but_noise),
];

/// Returns a picture in some condition, and the page that is on it.
fn condition(name: &str) -> (Vec<u8>, Page) {
    let page = match name {
        "two columns" => columns(),
        "table" => table(),
        "handwriting" => handwriting(),
        _ => letter(),
    };
    let image = printed(&page, if name == "150 dpi" { 150 } else { 300 });
    let file = match name {
        "1.5°" => png(&tilted(&image, 1.5)),
        "4°" => png(&tilted(&image, -4.0)),
        "90°" => png(&image::imageops::rotate90(&image)),
        "shaded" => jpeg(&shaded(&image), 60),
        "dark" => jpeg(&dark(&image), 75),
        "JPEG 40" => jpeg(&image, 40),
        "perspective" => jpeg(&in_perspective(&image), 75),
        _ => png(&image),
    };
    (file, page)
}

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

/// Checks a condition under which everything is read, without a warning.
fn good(name: &str) {
    let (file, page) = condition(name);
    let read = read(Kind::Image, &file).unwrap();
    let score = score(&page, &read);
    assert_eq!(read.reading.pages[0].warning, None, "{}", read.text());
    assert!(score.found >= 95.0, "{} %: {}", score.found, read.text());
    assert!(
        score.in_order >= 93.0,
        "{} %: {}",
        score.in_order,
        read.text()
    );
    let picture = read.reading.pages[0].picture.as_deref();
    assert!(picture.is_some_and(|picture| picture.starts_with(read.folder.path())));
}

/// Checks a condition under which everything is read, or there is a warning.
fn honest(name: &str) {
    honest_read(name);
}

fn honest_read(name: &str) -> Read {
    let (file, page) = condition(name);
    let read = read(Kind::Image, &file).unwrap();
    let score = score(&page, &read);
    let is_warned = read.reading.pages[0].warning.is_some();
    assert!(
        is_warned || score.found >= 95.0,
        "{} %: {}",
        score.found,
        read.text()
    );
    assert!(
        is_warned || score.in_order >= 93.0,
        "{} %: {}",
        score.in_order,
        read.text()
    );
    read
}

/// Prints how much of the letter is read in each condition, with the seconds that it takes.
pub(crate) fn report() {
    println!("| condition | words | in order | uncertain | seconds | warning |");
    println!("|---|---|---|---|---|---|");
    for name in [
        "clean",
        "1.5°",
        "4°",
        "90°",
        "shaded",
        "dark",
        "150 dpi",
        "JPEG 40",
        "perspective",
        "two columns",
        "table",
        "handwriting",
    ] {
        let (file, page) = condition(name);
        let start = std::time::Instant::now();
        let read = read(Kind::Image, &file).unwrap();
        let seconds = start.elapsed().as_secs_f32();
        let Score { found, in_order } = score(&page, &read);
        let reading = &read.reading.pages[0];
        let warning = reading
            .warning
            .map(|warning| warning.to_string())
            .unwrap_or_default();
        println!(
            "| {name} | {found:.0} % | {in_order:.0} % | {} | {seconds:.1} | {warning} |",
            reading.doubtful
        );
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
