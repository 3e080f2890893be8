//! Damaged PDFs and pictures.

use documents::{Error, Kind};
use image::imageops;

use crate::{
    Case,
    letter::letter,
    mutations::mutations,
    pdf::pdf,
    photo::{jpeg, png, printed},
    read,
};

pub(crate) const CASES: &[Case] = &[
    ("damaged_pdfs", || {
        assert!(read_of(Kind::Pdf, &pdf(&[letter()])) > 0);
    }),
    // A checksum is wrong in all of them.
    ("damaged_png_files", || {
        read_of(Kind::Image, &png(&line()));
    }),
    ("damaged_jpeg_files", || {
        assert!(read_of(Kind::Image, &jpeg(&line(), 60)) > 0);
    }),
];

/// Number of damaged copies of a file that are read, each of which starts programs. The variable
/// `MUTATIONS` is another one, up to 200.
const MUTATIONS: usize = 20;

/// Returns a picture of a line of the letter, which is read in little time.
fn line() -> image::GrayImage {
    imageops::crop_imm(&printed(&letter(), 150), 100, 530, 1000, 60).to_image()
}

/// Checks that damaged copies of a file are read or refused. Returns the number of those that are read.
fn read_of(kind: Kind, file: &[u8]) -> usize {
    #[expect(
        clippy::disallowed_methods,
        reason = "a setting of the tests, not of the product"
    )]
    let count = std::env::var("MUTATIONS").map_or(MUTATIONS, |count| count.parse().unwrap());
    let mut read_ones = 0;
    for damaged in mutations(file).take(count) {
        match read(kind, &damaged) {
            Ok(_) => read_ones += 1,
            Err(error) => assert!(!matches!(error, Error::Io(_)), "{error:?}"),
        }
    }
    read_ones
}
