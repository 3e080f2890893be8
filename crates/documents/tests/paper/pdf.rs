//! A minimal writer of PDFs: pages with text and grey pictures.

use std::fmt::Write as _;

use image::GrayImage;

/// Width of A4 in points.
pub(crate) const WIDTH: f32 = 595.0;
/// Height of A4 in points.
pub(crate) const HEIGHT: f32 = 842.0;

/// A font that every reader has.
#[derive(Clone, Copy, Default)]
pub(crate) enum Font {
    /// Without serifs.
    #[default]
    Helvetica,
    /// With serifs.
    Times,
}

/// A page.
#[derive(Clone, Default)]
pub(crate) struct Page {
    font: Font,
    content: Vec<u8>,
    picture: Option<GrayImage>,
    words: Vec<String>,
}

impl Page {
    /// Returns an empty page with text in this font.
    pub(crate) fn new(font: Font) -> Self {
        Self {
            font,
            ..Self::default()
        }
    }

    /// Adds a line of text whose baseline starts `x` points from the left and `y` points from the top.
    pub(crate) fn text(mut self, x: f32, y: f32, size: f32, text: &str) -> Self {
        let font = match self.font {
            Font::Helvetica => "F1",
            Font::Times => "F2",
        };
        let start = format!("BT /{font} {size} Tf {x} {} Td (", HEIGHT - y);
        self.content.extend(start.bytes());
        for byte in win_ansi(text) {
            if b"()\\".contains(&byte) {
                self.content.push(b'\\');
            }
            self.content.push(byte);
        }
        self.content.extend(b") Tj ET\n");
        self.words
            .extend(text.split_whitespace().map(str::to_owned));
        self
    }

    /// Returns the words of all texts.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// Adds lines of text, `leading` points apart.
    pub(crate) fn lines(self, x: f32, y: f32, size: f32, leading: f32, lines: &str) -> Self {
        let lines = lines.lines().enumerate();
        lines.fold(self, |page, (index, line)| {
            page.text(x, y + index as f32 * leading, size, line)
        })
    }

    /// Adds something in the language of PDF.
    pub(crate) fn drawing(mut self, operators: &str) -> Self {
        self.content.extend(operators.bytes());
        self.content.push(b'\n');
        self
    }

    /// Adds a picture that covers `height` points from `y` points below the top, over the whole width.
    pub(crate) fn picture(mut self, picture: GrayImage, y: f32, height: f32) -> Self {
        let place = format!(
            "q {WIDTH} 0 0 {height} 0 {} cm /I Do Q\n",
            HEIGHT - y - height
        );
        self.content.extend(place.bytes());
        self.picture = Some(picture);
        self
    }
}

/// Returns the text in the encoding of the font.
fn win_ansi(text: &str) -> impl Iterator<Item = u8> {
    text.chars().map(|c| match c {
        '€' => 0x80,
        '„' => 0x84,
        '“' => 0x93,
        '•' => 0x95,
        '–' => 0x96,
        c => u8::try_from(c).expect("a character of Windows-1252"),
    })
}

/// Returns a PDF with these pages.
pub(crate) fn pdf(pages: &[Page]) -> Vec<u8> {
    let font = |name| {
        let subtype = "/Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding";
        format!("<< {subtype} /BaseFont /{name} >>").into_bytes()
    };
    let mut objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        Vec::new(),
        font("Helvetica"),
        font("Times-Roman"),
    ];
    let mut kids = String::new();
    for page in pages {
        let content = objects.len() + 1;
        objects.push(stream("", &page.content));
        let mut resources = "/Font << /F1 3 0 R /F2 4 0 R >>".to_owned();
        if let Some(picture) = &page.picture {
            let dictionary = format!(
                "/Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceGray \
                 /BitsPerComponent 8 ",
                picture.width(),
                picture.height()
            );
            objects.push(stream(&dictionary, picture.as_raw()));
            let _ = write!(resources, " /XObject << /I {} 0 R >>", objects.len());
        }
        let page = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] \
             /Resources << {resources} >> /Contents {content} 0 R >>"
        );
        objects.push(page.into_bytes());
        let _ = write!(kids, "{} 0 R ", objects.len());
    }
    objects[1] = format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()).into_bytes();
    file(&objects, "")
}

/// Returns a file of these objects, the first of which is the catalogue, and additions to its trailer.
pub(crate) fn file(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        file.extend(format!("{} 0 obj\n", index + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    file.extend(table.bytes());
    let size = objects.len() + 1;
    file.extend(
        format!("trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n")
            .bytes(),
    );
    file
}

/// Returns a stream object.
pub(crate) fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut object = format!("<< {dictionary}/Length {} >>\nstream\n", data.len()).into_bytes();
    object.extend(data);
    object.extend(b"\nendstream");
    object
}
