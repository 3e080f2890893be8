//! A file to its text, and the translation of the text to a file.

use std::fs::File;
use std::io::{self, BufWriter};

use documents::{Error, Kind, Sentence, extract_up_to, paper, rewrite};
use uuid::Uuid;

use super::about::About;
use super::folder::{Files, write_about};
use super::upload::Upload;

/// An upload that can be translated.
#[derive(Debug)]
pub struct Checked {
    /// The upload, flushed to the disk.
    pub upload: Upload,
    /// Its text; `None` for a PDF or picture, which takes long to read.
    pub text: Option<String>,
    /// Whether its text has markup, which is put in place by the links between words.
    pub has_markup: bool,
}

/// Reason why a file is refused. `Display` is for people, and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file is damaged, protected, too large or not supported.
    #[error(transparent)]
    Document(#[from] Error),
    /// The file has no text.
    #[error("There is no text in it.")]
    Empty,
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Document(Error::Io(error))
    }
}

impl Files {
    /// Recognises the format of an upload and extracts its text, of up to `max_text_bytes`.
    ///
    /// # Errors
    /// The upload cannot be translated, or the disk cannot be written.
    pub fn check(&self, upload: Upload, max_text_bytes: usize) -> Result<Checked, Unreadable> {
        upload.flush()?;
        let mut file = File::open(upload.source())?;
        let kind = Kind::recognise(&mut file, upload.name())?;
        let mut about = About {
            name: upload.name().to_owned(),
            ..About::default()
        };
        let mut text = None;
        if kind.result() == kind {
            let (extracted, report) = extract_up_to(max_text_bytes, kind, &mut file)?;
            about.add(&report);
            if !extracted.contains(char::is_alphanumeric) {
                return Err(Unreadable::Empty);
            }
            text = Some(extracted);
        }
        write_about(upload.folder(), &about)?;
        Ok(Checked {
            upload,
            text,
            has_markup: !matches!(kind, Kind::Text | Kind::Csv),
        })
    }

    /// Reads a PDF or picture, and returns its text, of up to `max_text_bytes`.
    ///
    /// # Errors
    /// The file cannot be read, a program for it is missing, or `progress` returned an error.
    pub(crate) fn read(
        &self,
        id: Uuid,
        max_text_bytes: usize,
        progress: &mut paper::Progress<'_>,
    ) -> Result<String, Error> {
        let name = self.about(id)?.unwrap_or_default().name;
        let source = self.source(id);
        let kind = Kind::recognise(&mut File::open(&source)?, &name)?;
        let mut reading = paper::Reading::default();
        self.write_document(id, |document| {
            let folder = self.path(id);
            reading = paper::read(kind, &source, &folder, kind.result(), document, progress)?;
            Ok::<_, Error>(())
        })?;
        let mut document = File::open(self.document(id))?;
        let (text, report) = extract_up_to(max_text_bytes, kind.result(), &mut document)?;
        self.note(id, |about| {
            about.add(&report);
            // These are our own, for the pages that could not be read.
            about.pictures = 0;
            about.add_pages(&reading);
            about.problem = None;
        })?;
        Ok(text)
    }

    /// Writes the translation of a file, of which `next` returns the sentences in order.
    ///
    /// # Errors
    /// The file cannot be read again, or the disk cannot be written.
    pub(crate) fn write(
        &self,
        id: Uuid,
        mut sentences: impl Iterator<Item = Sentence>,
    ) -> Result<(), Error> {
        let name = self.about(id)?.unwrap_or_default().name;
        let mut source = File::open(self.source(id))?;
        let kind = Kind::recognise(&mut source, &name)?;
        if kind.result() != kind {
            source = File::open(self.document(id))?;
        }
        self.write_translation(id, |file| {
            let mut output = BufWriter::new(file);
            let next = &mut || Ok(sentences.next());
            rewrite(kind.result(), &mut source, &mut output, next)?;
            output
                .into_inner()
                .map(|_| ())
                .map_err(|error| Error::Io(error.into_error()))
        })
    }
}
