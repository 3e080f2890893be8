//! PDFs, by the programs of poppler.
//!
//! - [`bbox`]: words with boxes, as `pdftotext` writes them

mod bbox;

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    time::Duration,
};

use image::{DynamicImage, GrayImage, codecs::pnm::PnmDecoder};

use super::{
    cage::{Cage, Outcome, Program},
    page::Page,
    scan::picture::MAX_PIXELS,
};
use crate::Error;

/// Number of pages of a PDF.
const MAX_PAGES: usize = 1000;

/// Time to read the text of all pages. A page takes 5 ms.
const TEXT_LIMIT: Duration = Duration::from_mins(1);

/// Time to draw a page.
const PAGE_LIMIT: Duration = Duration::from_secs(20);

/// Resolution at which pages are drawn, in dots per inch; letters of 10 points are then as high as
/// tesseract expects.
const RESOLUTION: f32 = 300.0;

const MISSING: &str =
    "PDFs are read with poppler, which is not installed here: apt-get install poppler-utils";

const PDFTOTEXT: Program = Program {
    name: "pdftotext",
    missing: MISSING,
};

const PDFIMAGES: Program = Program {
    name: "pdfimages",
    missing: MISSING,
};

const PDFTOPPM: Program = Program {
    name: "pdftoppm",
    missing: MISSING,
};

/// A PDF file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pdf<'a> {
    /// Its path.
    pub(crate) file: &'a Path,
    /// For the programs that read it.
    pub(crate) cage: Cage<'a>,
}

impl Pdf<'_> {
    /// Returns the text of all pages. Pages that are pictures have none.
    ///
    /// # Errors
    /// Returns an error if the file is damaged, protected or too large, or poppler is not installed.
    pub(crate) fn pages(&self) -> Result<Vec<Page>, Error> {
        let mut command = self.cage.command(&PDFTOTEXT, TEXT_LIMIT)?;
        command
            .args(["-q", "-bbox-layout", "-l"])
            .arg((MAX_PAGES + 1).to_string());
        command.arg(self.file).arg("-");
        let output = match self.cage.run(command)? {
            Outcome::Finished(output) => output,
            Outcome::Late => {
                let seconds = TEXT_LIMIT.as_secs();
                return Err(Error::TooLarge(format!(
                    "it takes over {seconds} seconds to read"
                )));
            }
            Outcome::Failed if self.is_encrypted()? => {
                return Err(Error::Protected("it has a password"));
            }
            Outcome::Failed => return Err(Error::Damaged("it is not a valid PDF")),
        };
        let pages = bbox::pages(BufReader::new(output))?;
        if pages.len() > MAX_PAGES {
            return Err(Error::TooLarge(format!("it has over {MAX_PAGES} pages")));
        }
        if pages.is_empty() {
            return Err(Error::Damaged("it has no pages"));
        }
        Ok(pages)
    }

    /// Returns the share of each page that pictures cover.
    ///
    /// # Errors
    /// Returns an error if the program cannot be started.
    pub(crate) fn pictured(&self, pages: &[Page]) -> Result<Vec<f32>, Error> {
        let mut command = self.cage.command(&PDFIMAGES, TEXT_LIMIT)?;
        command.arg("-list").arg(self.file);
        let list = self.cage.run(command)?.text()?.unwrap_or_default();
        Ok(pictured(&list, pages))
    }

    /// Returns the picture of a page, or `None` if it cannot be drawn.
    ///
    /// # Errors
    /// Returns an error if the program cannot be started.
    pub(crate) fn picture(&self, index: usize, page: &Page) -> Result<Option<GrayImage>, Error> {
        let number = (index + 1).to_string();
        let square_inches = f64::from(page.width * page.height) / (72.0 * 72.0);
        let resolution = (MAX_PIXELS as f64 / square_inches).sqrt().floor();
        let resolution = resolution.min(f64::from(RESOLUTION));
        if !(1.0..=f64::from(RESOLUTION)).contains(&resolution) {
            return Ok(None);
        }
        let mut command = self.cage.command(&PDFTOPPM, PAGE_LIMIT)?;
        command.args(["-q", "-gray", "-f", &number, "-l", &number]);
        command.arg("-r").arg(resolution.to_string()).arg(self.file);
        let Outcome::Finished(output) = self.cage.run(command)? else {
            return Ok(None);
        };
        let picture = PnmDecoder::new(BufReader::new(output)).and_then(DynamicImage::from_decoder);
        Ok(picture.ok().map(DynamicImage::into_luma8))
    }

    /// Returns whether the file says that it is encrypted, which poppler does not.
    fn is_encrypted(&self) -> Result<bool, Error> {
        for name in BufReader::new(File::open(self.file)?).split(b'/') {
            if name?.starts_with(b"Encrypt") {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Reads the table of `pdfimages -list`, which has a row per picture: the page, its number, its type, its
/// width and height in pixels, …, its resolutions, and two more.
fn pictured(list: &str, pages: &[Page]) -> Vec<f32> {
    let mut shares = vec![0.0; pages.len()];
    for row in list.lines() {
        let fields: Vec<&str> = row.split_whitespace().collect();
        let [
            page,
            _,
            "image" | "stencil",
            width,
            height,
            ..,
            x_resolution,
            y_resolution,
            _,
            _,
        ] = fields[..]
        else {
            continue;
        };
        let number = |field: &str| field.parse::<f32>().unwrap_or(0.0);
        let inches =
            (number(width) / number(x_resolution)) * (number(height) / number(y_resolution));
        let index = page.parse::<usize>().unwrap_or(0).wrapping_sub(1);
        if let (Some(share), Some(page)) = (shares.get_mut(index), pages.get(index)) {
            *share += inches * 72.0 * 72.0 / (page.width * page.height);
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_a_page_are_added_up() {
        let list = "\
page   num  type   width height color comp bpc  enc interp  object ID x-ppi y-ppi size ratio
--------------------------------------------------------------------------------------------
   1     0 image    1240  1754  gray    1   8  jpeg   no         7  0   150   150 99.5K 4.7%
   2     1 image     595   421  rgb     3   8  image  no   [inline]      72    72 10B 0.1%
   2     2 smask     595   842  gray    1   8  image  no         9  0    72    72 10B 0.1%
   2     3 stencil   595   210  -       1   1  ccitt  no        10  0    72    72 10B 0.1%
   9     4 image       1     1  gray    1   8  jpeg   no         7  0     0     0 1B 4.7%
";
        let page = Page {
            width: 595.0,
            height: 842.0,
            ..Page::default()
        };
        let shares = pictured(list, &[page.clone(), page.clone(), page]);
        assert!((0.98..1.02).contains(&shares[0]), "{shares:?}");
        assert!((0.74..0.76).contains(&shares[1]), "{shares:?}");
        assert!(shares[2].abs() < f32::EPSILON, "{shares:?}");
    }
}
