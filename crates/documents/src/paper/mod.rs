//! PDFs, photos and scans, which can only be read: [`read`] writes what they say as a document that
//! [`crate::walk`] translates.
//!
//! - `pdf`: PDFs, by poppler
//! - `scan`: pictures, by tesseract
//! - `cage`: outside programs within limits
//! - `page`: a page as words with boxes, which is what both give
//! - `layout`: words with boxes to paragraphs and tables
//! - `output`: those as a document

mod cage;
mod layout;
mod output;
mod page;
mod pdf;
mod scan;

use std::{
    fmt, fs,
    io::BufWriter,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{Error, Kind, Output};
use cage::Cage;
use layout::{Block, Layout};
use output::{Document, Picture};
use page::Page;
use pdf::Pdf;
use scan::{Scan, Tesseract};

/// Number of pages of a PDF whose text is recognised, as it takes seconds for each.
const MAX_RECOGNISED: usize = 100;

/// Time after which no further page is drawn and recognised. On a slow core 100 pages take half an hour;
/// pages that are made to do harm could take the only turn for many hours.
const MAX_TIME: Duration = Duration::from_hours(1);

/// Number of letters under which a page may be a picture.
const MIN_LETTERS: usize = 20;

/// Share of a page from which on pictures may hold text.
const MIN_PICTURED: f32 = 0.1;

/// Share of the ink on a page that may be outside all words: of a logo, a stamp or a signature.
const MAX_UNREAD: f32 = 0.08;

/// Called with the number of pages that were read and that of all pages. An error ends the reading.
pub type Progress<'a> = dyn FnMut(usize, usize) -> Result<(), Error> + 'a;

/// Result of [`read`], beside the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The pages.
    pub pages: Vec<PageReading>,
}

/// Result for a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageReading {
    /// Number of words.
    pub words: usize,
    /// Number of paragraphs and cells with letters or digits, each of which is a unit of the document.
    pub units: usize,
    /// Number of words of which text recognition is not sure. They are on a dotted line.
    pub doubtful: usize,
    /// The page as a JPEG file in the folder of [`read`], if its text was recognised. Parts that could
    /// not be read are in red frames.
    pub picture: Option<PathBuf>,
    /// Reason to look at the page itself.
    pub warning: Option<Warning>,
}

/// Reason to look at the page itself. `Display` is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A part of the page was not read, or is uncertain. The document has a picture in which it is in a
    /// frame.
    Unread,
    /// The page has, or is, a picture that was not read, for this reason.
    Picture(&'static str),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread => {
                f.write_str("A part of this page could not be read, or not with certainty.")
            }
            Self::Picture(reason) => {
                write!(f, "This page has a picture that was not read. {reason}")
            }
        }
    }
}

/// Reads a PDF or picture, and writes what it says to `output` as a document of the kind `target`, a
/// [`Kind::Docx`] or [`Kind::Html`], in German. The programs that read it have scratch files in
/// `folder`, which belongs to this document only; the pictures of recognised pages stay there.
///
/// Takes seconds for each page that is a picture, and up to 400 MB of memory, so callers should read one
/// file at a time.
///
/// # Errors
/// Returns [`Error`] if the file is damaged, protected, over a limit or without text, or a program is
/// not installed; the message then has the command that installs it.
pub fn read(
    kind: Kind,
    file: &Path,
    folder: &Path,
    target: Kind,
    output: &mut dyn Output,
    progress: &mut Progress<'_>,
) -> Result<Reading, Error> {
    let (file, folder) = (std::path::absolute(file)?, std::path::absolute(folder)?);
    let cage = Cage { folder: &folder };
    let mut reader = Reader::new(cage);
    match kind {
        Kind::Pdf => reader.read_pdf(Pdf { file: &file, cage }, progress)?,
        _ => reader.read_picture(&file, progress)?,
    }
    let (document, reading) = reader.finish()?;
    match target {
        Kind::Html => output::html::write(&document, BufWriter::new(output))?,
        _ => output::docx::write(&document, output)?,
    }
    Ok(reading)
}

/// A document while it is read.
struct Reader<'a> {
    cage: Cage<'a>,
    pages: Vec<Page>,
    pictures: Vec<Option<Picture>>,
    reading: Reading,
    recognised: usize,
    tesseract: Option<Tesseract<'a>>,
    start: Instant,
}

impl<'a> Reader<'a> {
    fn new(cage: Cage<'a>) -> Self {
        Self {
            cage,
            pages: Vec::new(),
            pictures: Vec::new(),
            reading: Reading::default(),
            recognised: 0,
            tesseract: None,
            start: Instant::now(),
        }
    }

    fn read_picture(&mut self, file: &Path, progress: &mut Progress<'_>) -> Result<(), Error> {
        let tesseract = self.tesseract()?;
        progress(0, 1)?;
        let scan = scan::read(tesseract, scan::picture::decode(file)?)?;
        self.push_scan(scan)?;
        progress(1, 1)
    }

    fn read_pdf(&mut self, pdf: Pdf<'_>, progress: &mut Progress<'_>) -> Result<(), Error> {
        let pages = pdf.pages()?;
        let pictured = pdf.pictured(&pages)?;
        let count = pages.len();
        for (index, (page, pictured)) in pages.into_iter().zip(pictured).enumerate() {
            progress(index, count)?;
            if pictured >= MIN_PICTURED || !has_text(&page) {
                self.read_pictured(pdf, index, page)?;
            } else {
                self.push_text(page, None);
            }
        }
        progress(count, count)
    }

    /// Reads a page of a PDF that has pictures: they are recognised if there is ink outside the words
    /// that the page has as text.
    fn read_pictured(&mut self, pdf: Pdf<'_>, index: usize, page: Page) -> Result<(), Error> {
        let unread = |reader: &mut Self, page, reason| {
            reader.push_text(page, Some(Warning::Picture(reason)));
            Ok(())
        };
        if self.start.elapsed() > MAX_TIME {
            let reason = "The pages before it took an hour, and no further ones are recognised.";
            return unread(self, page, reason);
        }
        let is_limit = self.recognised == MAX_RECOGNISED;
        let reason = "The text of 100 pages was recognised before it, and no more is.";
        // A page with text may have a logo only.
        if is_limit && !has_text(&page) {
            return unread(self, page, reason);
        }
        let Some(image) = pdf.picture(index, &page)? else {
            self.push_text(page, Some(Warning::Picture("It cannot be drawn.")));
            return Ok(());
        };
        if scan::unread(&page, &image).share <= MAX_UNREAD {
            self.push_text(page, None);
            return Ok(());
        }
        if is_limit {
            return unread(self, page, reason);
        }
        self.recognised += 1;
        match self.tesseract() {
            Ok(tesseract) if !has_text(&page) => self.push_scan(scan::read(tesseract, image)?),
            Ok(tesseract) => {
                if let Some(scan) = scan::complete(tesseract, &page, image)? {
                    return self.push_scan(scan);
                }
                self.push_text(page, None);
                Ok(())
            }
            Err(Error::Unsupported(reason)) => {
                self.push_text(page, Some(Warning::Picture(reason)));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the program that recognises text, whose languages are asked for once.
    fn tesseract(&mut self) -> Result<Tesseract<'a>, Error> {
        if let Some(tesseract) = self.tesseract {
            return Ok(tesseract);
        }
        Tesseract::new(self.cage).inspect(|tesseract| self.tesseract = Some(*tesseract))
    }

    fn push_text(&mut self, page: Page, warning: Option<Warning>) {
        self.push(
            page,
            None,
            PageReading {
                warning,
                ..PageReading::default()
            },
        );
    }

    fn push_scan(&mut self, scan: Scan) -> Result<(), Error> {
        let Scan {
            page,
            unread,
            image,
        } = scan;
        let doubtful = page.words().filter(|word| word.is_doubtful).count();
        let is_unread = unread.share > MAX_UNREAD;
        let frames = if is_unread { &unread.frames[..] } else { &[] };
        let picture = scan::picture::shown(&image, frames)?;
        let path = self
            .cage
            .folder
            .join(format!("page-{}.jpg", self.pages.len() + 1));
        fs::write(&path, &picture.data)?;
        let reading = PageReading {
            doubtful,
            picture: Some(path),
            warning: is_unread.then_some(Warning::Unread),
            ..PageReading::default()
        };
        self.push(page, is_unread.then_some(picture), reading);
        Ok(())
    }

    fn push(&mut self, page: Page, picture: Option<Picture>, mut reading: PageReading) {
        reading.words = page.words().count();
        self.pages.push(page);
        self.pictures.push(picture);
        self.reading.pages.push(reading);
    }

    fn finish(mut self) -> Result<(Document, Reading), Error> {
        if self.pages.iter().all(|page| page.lines.is_empty()) {
            let warnings = self.reading.pages.iter().filter_map(|page| page.warning);
            let reason = warnings.into_iter().find_map(|warning| match warning {
                Warning::Picture(reason) => Some(reason),
                Warning::Unread => None,
            });
            let blank = "No text was found. If it is a photo, take it from above in even light, and try again.";
            return Err(Error::Unsupported(reason.unwrap_or(blank)));
        }
        let layout = Layout::new(self.pages);
        for (page, blocks) in self.reading.pages.iter_mut().zip(&layout.pages) {
            page.units = blocks.iter().map(Block::units).sum();
        }
        let document = Document {
            layout,
            pictures: self.pictures,
        };
        Ok((document, self.reading))
    }
}

/// Returns whether a page of a PDF has more text than a page number or stamp on a picture.
fn has_text(page: &Page) -> bool {
    let letters = page.words().flat_map(|word| word.text.chars());
    letters.filter(|c| c.is_alphabetic()).count() >= MIN_LETTERS
}
