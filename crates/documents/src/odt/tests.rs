use crate::fixture::{Translator, identity, reverse, shout, texts, units};
use crate::packed::{assert_copied, assert_robust, packed, part, translated};
use crate::{Error, Kind, fixture};

const MIMETYPE: &str = "application/vnd.oasis.opendocument.text";

const MANIFEST: &str = "<manifest:manifest xmlns:manifest=\"m\"><manifest:file-entry \
                        manifest:full-path=\"/\"/></manifest:manifest>";

const STYLES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-styles \
    xmlns:office=\"o\" xmlns:style=\"s\" xmlns:text=\"t\" xmlns:fo=\"f\"><style:default-style>\
    <style:text-properties fo:language=\"de\" fo:country=\"CH\"/></style:default-style>\
    <style:header><text:p>Kopfzeile</text:p></style:header></office:document-styles>";

const META: &str = "<office:document-meta xmlns:office=\"o\" xmlns:dc=\"d\"><dc:title>Ein Titel</dc:title>\
                    </office:document-meta>";

/// Styles that LibreOffice makes: T1 and T2 say only who typed, T3 and T4 are both bold.
const AUTOMATIC: &str = "<office:automatic-styles>\
    <style:style style:name=\"T1\" style:family=\"text\"><style:text-properties officeooo:rsid=\"1\"/></style:style>\
    <style:style style:name=\"T2\" style:family=\"text\"><style:text-properties officeooo:rsid=\"2\"/></style:style>\
    <style:style style:name=\"T3\" style:family=\"text\"><style:text-properties fo:font-weight=\"bold\"/></style:style>\
    <style:style style:name=\"T4\" style:family=\"text\"><style:text-properties fo:font-weight=\"bold\" officeooo:rsid=\"4\"/></style:style>\
    </office:automatic-styles>";

fn content(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-content xmlns:office=\"o\" \
         xmlns:text=\"t\" xmlns:style=\"s\" xmlns:officeooo=\"oo\" xmlns:fo=\"f\" xmlns:draw=\"dr\" \
         xmlns:xlink=\"x\" xmlns:table=\"ta\">{AUTOMATIC}<office:body><office:text>{body}</office:text>\
         </office:body></office:document-content>"
    )
}

fn odt(body: &str) -> Vec<u8> {
    packed(&[
        ("mimetype", MIMETYPE),
        ("content.xml", &content(body)),
        ("styles.xml", STYLES),
        ("meta.xml", META),
        ("Pictures/1.png", "\u{1}PNG"),
        ("META-INF/manifest.xml", MANIFEST),
    ])
}

/// Returns the units of the document itself.
fn body_texts(body: &str) -> Vec<String> {
    let mut all = texts(Kind::Odt, odt(body));
    assert_eq!(all.split_off(all.len() - 2), ["Kopfzeile", "Ein Titel"]);
    all
}

/// Returns the translated body.
fn body(source: &str, translator: Translator) -> String {
    let document = part(
        &translated(Kind::Odt, &odt(source), translator),
        "content.xml",
    );
    let start = document.find("<office:text>").expect("a body") + "<office:text>".len();
    let end = document.find("</office:text>").expect("an end");
    document[start..end].to_owned()
}

#[test]
fn spans_that_look_the_same_are_one_text() {
    let source = "<text:p text:style-name=\"P1\">Quel<text:span text:style-name=\"T1\">len</text:span>\
                  <text:span text:style-name=\"T2\">steuer</text:span></text:p>";
    assert_eq!(body_texts(source), ["Quellensteuer"]);
    assert_eq!(
        body(source, shout),
        "<text:p text:style-name=\"P1\">QUELLENSTEUER</text:p>"
    );

    let source = "<text:p>Das war ein <text:span text:style-name=\"T3\">sehr</text:span>\
                  <text:span text:style-name=\"T4\"> altes</text:span> Haus</text:p>";
    assert_eq!(
        body(source, reverse),
        "<text:p>HAUS <text:span text:style-name=\"T3\">ALTES SEHR</text:span> EIN WAR DAS</text:p>"
    );
}

#[test]
fn white_space_is_as_it_is_shown() {
    let source = "<text:p>\n  Ein  <text:span> Wort</text:span>\n<text:s text:c=\"3\"/>und<text:s/> \
                  mehr<text:tab/>Spalte<text:line-break/>Zeile</text:p>";
    assert_eq!(
        body_texts(source),
        ["Ein Wort    und  mehr", "Spalte", "Zeile"]
    );
    assert_eq!(
        body(source, identity),
        "<text:p>Ein Wort und mehr<text:tab/>Spalte<text:line-break/>Zeile</text:p>"
    );
    let spaced = "<text:p>Ein<text:s text:c=\"2\"/>Wort</text:p>";
    let unit = &mut |segment: markup::Segment| {
        let pieces = vec![markup::Piece::Text(segment.text)];
        Some(markup::Marked { pieces })
    };
    let output = fixture::rewritten(Kind::Odt, &odt(spaced), unit).expect("a file");
    assert!(part(&output, "content.xml").contains(spaced));
}

#[test]
fn links_notes_and_text_boxes() {
    let source = "<text:h text:outline-level=\"1\">Titel</text:h>\
        <text:p>Siehe <text:a xlink:href=\"http://a/Haus\">unser Haus</text:a>\
        <text:note text:id=\"f1\"><text:note-citation>1</text:note-citation><text:note-body>\
        <text:p>Eine Fußnote.</text:p></text:note-body></text:note> auf Seite \
        <text:page-number>3</text:page-number>.<draw:frame><draw:text-box><text:p>Im Kasten</text:p>\
        </draw:text-box></draw:frame></text:p>";
    let units = [
        "Titel",
        "Eine Fußnote.",
        "Im Kasten",
        "Siehe unser Haus auf Seite.",
    ];
    assert_eq!(body_texts(source), units);
    let translated = body(source, shout);
    for expected in [
        "<text:h text:outline-level=\"1\">TITEL</text:h>",
        "<text:a xlink:href=\"http://a/Haus\">UNSER HAUS</text:a><text:note text:id=\"f1\">",
        "<text:note-citation>1</text:note-citation><text:note-body><text:p>EINE FUSSNOTE.</text:p>",
        "<text:page-number>3</text:page-number>",
        "<draw:text-box><text:p>IM KASTEN</text:p>",
    ] {
        assert!(translated.contains(expected), "{expected} in {translated}");
    }
}

#[test]
fn text_in_a_content_control_is_text() {
    let source = "<text:p>Am <loext:content-control loext:checked=\"false\">Montag</loext:content-control> \
        kommen wir</text:p>";
    assert_eq!(body_texts(source), ["Am Montag kommen wir"]);
    let expected = "<loext:content-control loext:checked=\"false\">MONTAG</loext:content-control>";
    assert!(body(source, shout).contains(expected));
}

#[test]
fn tracked_changes_are_accepted() {
    let source = "<text:tracked-changes><text:changed-region><text:deletion><text:p>alt</text:p>\
        </text:deletion></text:changed-region></text:tracked-changes><text:p>Ein \
        <text:change text:change-id=\"1\"/><text:change-start text:change-id=\"2\"/>neuer\
        <text:change-end text:change-id=\"2\"/> Satz</text:p>";
    assert_eq!(body_texts(source), ["Ein neuer Satz"]);
    assert_eq!(body(source, identity), "<text:p>Ein neuer Satz</text:p>");
    let (_, report) = units(Kind::Odt, &odt(source)).expect("a file");
    assert_eq!((report.revisions, report.pictures), (1, 1));
}

#[test]
fn what_is_not_text_is_copied() {
    let source = "<text:p>Das <text:span text:style-name=\"T3\">Haus</text:span></text:p>";
    let in_english = STYLES.replace("\"de\"", "\"en\"");
    let file = packed(&[
        ("mimetype", MIMETYPE),
        ("content.xml", &content(source)),
        ("styles.xml", &in_english),
        ("Object 1/content.xml", "<a/>"),
    ]);
    assert_copied(Kind::Odt, &file, &["content.xml", "styles.xml"]);
    let output = translated(Kind::Odt, &odt(source), shout);
    assert_eq!(
        &output[30..30 + 8 + MIMETYPE.len()],
        format!("mimetype{MIMETYPE}").as_bytes()
    );
    let styles = part(&output, "styles.xml");
    assert!(
        styles.contains("fo:language=\"en\" fo:country=\"GB\""),
        "{styles}"
    );
    assert!(styles.contains("<text:p>KOPFZEILE</text:p>"), "{styles}");
    assert!(part(&output, "meta.xml").contains("<dc:title>EIN TITEL</dc:title>"));
}

#[test]
fn a_password_is_said() {
    let manifest = MANIFEST.replace(
        "/></",
        "><manifest:encryption-data/></manifest:file-entry></",
    );
    let file = packed(&[("mimetype", MIMETYPE), ("META-INF/manifest.xml", &manifest)]);
    assert!(matches!(units(Kind::Odt, &file), Err(Error::Protected(_))));
}

#[test]
fn damaged_files_are_translated_or_refused() {
    let body = "<text:p>Das <text:span text:style-name=\"T3\">Haus</text:span><text:s text:c=\"2\"/>ist\
        <text:note><text:note-body><text:p>klein</text:p></text:note-body></text:note><text:tab/>alt.\
        <text:bookmark-start text:name=\"a\"/>x<text:bookmark-end text:name=\"a\"/></text:p>";
    assert_robust(
        Kind::Odt,
        &[
            ("mimetype", MIMETYPE),
            ("content.xml", &content(body)),
            ("styles.xml", STYLES),
            ("meta.xml", META),
        ],
    );
}
