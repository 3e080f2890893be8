//! The formats, and how they are recognised.

use std::io::{Read, SeekFrom};

use crate::archive::Archive;
use crate::subtitles::cues;
use crate::{Error, Input};

/// Bytes at the start of a file in which it is looked for what the file is.
const HEAD: u64 = 4096;

/// A format of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// A web page.
    Html,
    /// A document of Word.
    Docx,
    /// A text document of LibreOffice.
    Odt,
    /// A presentation of PowerPoint.
    Pptx,
    /// A workbook of Excel.
    Xlsx,
    /// A table with one line per row.
    Csv,
    /// A book.
    Epub,
    /// Subtitles of `SubRip`.
    Srt,
    /// Subtitles of the web.
    Vtt,
    /// A PDF, which is read but not written: the result is a [`Kind::Docx`].
    Pdf,
    /// A photo or a scan, which is read but not written: the result is a [`Kind::Docx`].
    Image,
}

/// Extensions of files that are no text.
const BINARY: [&str; 15] = [
    "doc", "docx", "odt", "ppt", "pptx", "xls", "xlsx", "epub", "pdf", "rtf", "jpg", "jpeg", "png",
    "webp", "tif",
];

impl Kind {
    /// Returns the format of a file, from its content. The name only tells texts apart, whose
    /// content does not say what they are.
    ///
    /// # Errors
    /// Returns [`Error`] if the format is not supported, the file is protected or damaged, or it
    /// cannot be read.
    pub fn recognise(input: &mut dyn Input, name: &str) -> Result<Self, Error> {
        input.rewind()?;
        let mut head = Vec::new();
        input.take(HEAD).read_to_end(&mut head)?;
        input.rewind()?;
        if head.starts_with(b"PK\x03\x04") {
            return of_archive(input);
        }
        if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            return Err(of_compound_file(input, &head));
        }
        match of_binary(&head) {
            Some(kind) => kind,
            None => of_text(&head, name),
        }
    }

    /// Returns the format of the translation.
    #[must_use]
    pub fn result(self) -> Self {
        match self {
            Self::Pdf | Self::Image => Self::Docx,
            _ => self,
        }
    }

    /// Returns the usual extension of names of translations, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self.result() {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Odt => "odt",
            Self::Pptx => "pptx",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Epub => "epub",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Docx | Self::Pdf | Self::Image => "docx",
        }
    }

    /// Returns the extension of the translation of a file whose name ends with `own`, without the
    /// dot: `own`, unless it is that of another format.
    #[must_use]
    pub fn extension_after(self, own: &str) -> &str {
        let is_own = match self {
            Self::Text | Self::Markdown | Self::Html | Self::Csv | Self::Srt | Self::Vtt => {
                !own.is_empty() && !BINARY.iter().any(|other| own.eq_ignore_ascii_case(other))
            }
            _ => own.eq_ignore_ascii_case(self.extension()) && self.result() == self,
        };
        if is_own { own } else { self.extension() }
    }

    /// Returns the media type of the translation.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self.result() {
            Self::Text => "text/plain; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Epub => "application/epub+zip",
            Self::Srt => "application/x-subrip; charset=utf-8",
            Self::Vtt => "text/vtt; charset=utf-8",
            Self::Docx | Self::Pdf | Self::Image => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
        }
    }
}

/// Returns the format of a zip container, which says it in an entry.
fn of_archive(input: &mut dyn Input) -> Result<Kind, Error> {
    let mut archive = Archive::open(input)?;
    if let Some(mimetype) = archive.read("mimetype")? {
        return match mimetype.trim_ascii() {
            b"application/vnd.oasis.opendocument.text" => Ok(Kind::Odt),
            b"application/epub+zip" => Ok(Kind::Epub),
            mimetype if mimetype.ends_with(b"spreadsheet") => Err(Error::Unsupported(
                "This kind of spreadsheet is not supported. Save it as an Excel workbook (.xlsx).",
            )),
            mimetype if mimetype.ends_with(b"presentation") => Err(Error::Unsupported(
                "This kind of presentation is not supported. Save it as PowerPoint (.pptx).",
            )),
            _ => Err(unsupported()),
        };
    }
    let Some(types) = archive.read("[Content_Types].xml")? else {
        return Err(Error::Unsupported(
            "Archives of files are not supported. Unpack it and choose the files in it.",
        ));
    };
    let types = String::from_utf8_lossy(&types);
    let main = types
        .split(['"', '\''])
        .find(|value| value.ends_with(".main+xml"));
    match main.map(|name| name.trim_start_matches("application/vnd.openxmlformats-officedocument."))
    {
        Some("wordprocessingml.document.main+xml") => Ok(Kind::Docx),
        Some("presentationml.presentation.main+xml" | "presentationml.slideshow.main+xml") => {
            Ok(Kind::Pptx)
        }
        Some("spreadsheetml.sheet.main+xml") => Ok(Kind::Xlsx),
        _ => Err(Error::Unsupported(
            "Templates and files with macros are not supported. Save it as .docx, .pptx or .xlsx.",
        )),
    }
}

/// Returns why a compound file is refused: the container of old Office files, and of new ones with a
/// password.
fn of_compound_file(input: &mut dyn Input, head: &[u8]) -> Error {
    let mut directory = Vec::new();
    let found = compound_directory(head).and_then(|start| {
        input.seek(SeekFrom::Start(start)).ok()?;
        input.take(HEAD).read_to_end(&mut directory).ok()
    });
    let package: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let is_protected = directory.windows(package.len()).any(|name| name == package);
    if found.is_some() && is_protected {
        Error::Protected("it has a password")
    } else {
        Error::Unsupported(
            "Old Office files (.doc, .ppt, .xls) are not supported. Save it as .docx, .pptx or .xlsx.",
        )
    }
}

/// Returns where the list of streams of a compound file starts.
fn compound_directory(head: &[u8]) -> Option<u64> {
    let shift = u16::from_le_bytes(head.get(30..32)?.try_into().ok()?);
    let sector = u32::from_le_bytes(head.get(48..52)?.try_into().ok()?);
    Some((u64::from(sector) + 1) << shift.min(12))
}

/// Returns the format of a file that starts as no text does.
fn of_binary(head: &[u8]) -> Option<Result<Kind, Error>> {
    let is_pdf = head.trim_ascii_start().starts_with(b"%PDF-");
    let is_image = head.starts_with(b"\xff\xd8\xff")
        || head.starts_with(b"\x89PNG\r\n\x1a\n")
        || head.starts_with(b"II*\0")
        || head.starts_with(b"MM\0*")
        || (head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"));
    let is_heic = head.get(4..8) == Some(b"ftyp")
        && matches!(
            head.get(8..12),
            Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1")
        );
    if is_pdf {
        Some(Ok(Kind::Pdf))
    } else if is_image {
        Some(Ok(Kind::Image))
    } else if is_heic {
        Some(Err(Error::Unsupported(
            "HEIC photos are not supported. Save it as JPEG or PNG.",
        )))
    } else if head.starts_with(b"{\\rtf") {
        Some(Err(Error::Unsupported(
            "RTF files are not supported. Save it as .docx.",
        )))
    } else {
        None
    }
}

/// Returns the format of a text: by its first lines, else by the extension of its name.
fn of_text(head: &[u8], name: &str) -> Result<Kind, Error> {
    let is_utf_16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if head.contains(&0) && !is_utf_16 {
        return Err(unsupported());
    }
    let start = String::from_utf8_lossy(head);
    let start = start.trim_start_matches('\u{feff}').trim_start();
    let lower = start.to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_html = lower.starts_with("<!doctype html") || lower.starts_with("<html");
    if start.starts_with("WEBVTT") {
        return Ok(Kind::Vtt);
    }
    if is_html || (lower.starts_with("<?xml") && lower.contains("<html")) {
        return Ok(Kind::Html);
    }
    if lower.starts_with("<?xml") || lower.starts_with("<svg") {
        return Err(unsupported());
    }
    if start
        .lines()
        .nth(1)
        .is_some_and(|line| cues::times(line).is_some())
    {
        return Ok(Kind::Srt);
    }
    Ok(match extension.to_ascii_lowercase().as_str() {
        "md" | "markdown" => Kind::Markdown,
        "html" | "htm" | "xhtml" => Kind::Html,
        "csv" | "tsv" => Kind::Csv,
        "srt" => Kind::Srt,
        "vtt" => Kind::Vtt,
        _ => Kind::Text,
    })
}

fn unsupported() -> Error {
    Error::Unsupported("This kind of file is not supported.")
}

#[cfg(test)]
mod tests;
