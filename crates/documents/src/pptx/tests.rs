use crate::Kind;
use crate::fixture::{reverse, shout, texts};
use crate::packed::{assert_copied, assert_robust, packed, part, translated};

const TYPES: &str = "<Types xmlns=\"t\"><Override PartName=\"/ppt/presentation.xml\" \
    ContentType=\"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml\"/></Types>";

const PACKAGE: &str = "<Relationships xmlns=\"r\"><Relationship Id=\"a\" Type=\"x/officeDocument\" \
                       Target=\"/ppt/presentation.xml\"/></Relationships>";

/// The second slide is the first in the list.
const PRESENTATION: &str = "<p:presentation xmlns:p=\"p\" xmlns:r=\"r\"><p:sldIdLst><p:sldId id=\"256\" \
    r:id=\"rId2\"/><p:sldId id=\"257\" r:id=\"rId1\"/></p:sldIdLst></p:presentation>";

const SLIDES: &str = "<Relationships xmlns=\"r\"><Relationship Id=\"rId1\" Type=\"x/slide\" \
    Target=\"slides/slide1.xml\"/><Relationship Id=\"rId2\" Type=\"x/slide\" \
    Target=\"slides/slide2.xml\"/></Relationships>";

const NOTES: &str = "<Relationships xmlns=\"r\"><Relationship Id=\"rId1\" Type=\"x/notesSlide\" \
                     Target=\"../notesSlides/notes1.xml\"/></Relationships>";

fn slide(paragraphs: &str) -> String {
    format!("<p:sld xmlns:p=\"p\" xmlns:a=\"a\"><p:txBody>{paragraphs}</p:txBody></p:sld>")
}

const FIRST: &str = "<a:p><a:pPr algn=\"ctr\"/><a:r><a:rPr lang=\"de-DE\" b=\"1\" dirty=\"0\"/><a:t>Um</a:t></a:r>\
    <a:r><a:rPr lang=\"de-CH\" b=\"1\" err=\"1\"/><a:t>satz</a:t></a:r><a:r><a:rPr lang=\"de-DE\"/><a:t> &amp; \
    Gewinn</a:t></a:r><a:endParaRPr lang=\"de-DE\"/></a:p>";

fn parts() -> Vec<(&'static str, String)> {
    let second = "<a:p><a:r><a:t>Erste Folie</a:t></a:r><a:br/><a:r><a:t>Zeile</a:t></a:r></a:p><a:p>\
        <a:fld id=\"{1}\" type=\"slidenum\"><a:rPr/><a:t>2</a:t></a:fld></a:p>";
    let notes = "<a:p><a:r><a:t>Eine Notiz</a:t></a:r></a:p>";
    vec![
        ("[Content_Types].xml", TYPES.to_owned()),
        ("_rels/.rels", PACKAGE.to_owned()),
        ("ppt/presentation.xml", PRESENTATION.to_owned()),
        ("ppt/_rels/presentation.xml.rels", SLIDES.to_owned()),
        ("ppt/slides/slide1.xml", slide(FIRST)),
        ("ppt/slides/_rels/slide1.xml.rels", NOTES.to_owned()),
        ("ppt/slides/slide2.xml", slide(second)),
        ("ppt/notesSlides/notes1.xml", slide(notes)),
        ("ppt/media/bild.png", "\u{1}PNG".to_owned()),
    ]
}

fn pptx() -> Vec<u8> {
    let parts = parts();
    packed(
        &parts
            .iter()
            .map(|(name, content)| (*name, content.as_str()))
            .collect::<Vec<_>>(),
    )
}

#[test]
fn slides_are_in_their_order() {
    let units = ["Erste Folie", "Zeile", "Umsatz & Gewinn", "Eine Notiz"];
    assert_eq!(texts(Kind::Pptx, pptx()), units);
}

#[test]
fn runs_keep_their_formatting() {
    let output = translated(Kind::Pptx, &pptx(), reverse);
    let expected = slide(
        "<a:p><a:pPr algn=\"ctr\"/><a:r><a:rPr lang=\"en-GB\"></a:rPr><a:t>GEWINN &amp; </a:t></a:r><a:r>\
         <a:rPr lang=\"en-GB\" b=\"1\"></a:rPr><a:t>UMSATZ</a:t></a:r><a:endParaRPr lang=\"de-DE\"/></a:p>",
    );
    assert_eq!(part(&output, "ppt/slides/slide1.xml"), expected);
}

#[test]
fn what_is_not_text_is_copied() {
    let touched = [
        "ppt/slides/slide1.xml",
        "ppt/slides/slide2.xml",
        "ppt/notesSlides/notes1.xml",
    ];
    assert_copied(Kind::Pptx, &pptx(), &touched);
    let slide = part(&translated(Kind::Pptx, &pptx(), shout), touched[1]);
    assert!(slide.contains("<a:br/>"), "{slide}");
    let number = "<a:p><a:fld id=\"{1}\" type=\"slidenum\"><a:rPr/><a:t>2</a:t></a:fld></a:p>";
    assert!(slide.contains(number), "{slide}");
}

#[test]
fn damaged_files_are_translated_or_refused() {
    let parts = parts();
    let parts: Vec<_> = parts
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    assert_robust(Kind::Pptx, &parts);
}
