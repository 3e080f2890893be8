mod revisions;

use revisions::p_without_end;

use crate::fixture::{Translator, identity, reverse, rewritten, shout, texts, units};
use crate::packed::{assert_copied, assert_robust, packed, part, translated};
use crate::{Error, Kind};

const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;

const PACKAGE: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;

const RELATIONSHIPS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://x/footnotes" Target="footnotes.xml"/><Relationship Id="rId2" Type="http://x/header" Target="/word/header1.xml"/><Relationship Id="rId3" Type="http://x/hyperlink" Target="http://example.org/Haus" TargetMode="External"/><Relationship Id="rId4" Type="http://x/chart" Target="charts/chart1.xml"/><Relationship Id="rId5" Type="http://x/styles" Target="styles.xml"/><Relationship Id="rId6" Type="http://x/comments" Target="comments.xml"/></Relationships>"#;

const CORE: &str = r#"<cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:title>Kündigung &amp; mehr</dc:title><dc:creator>Anna Bauer</dc:creator></cp:coreProperties>"#;

fn story(element: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<w:{element} xmlns:w=\"w\" \
         xmlns:r=\"r\" xmlns:mc=\"mc\">{content}</w:{element}>"
    )
}

/// Returns the parts of a document with this content.
fn parts(body: &str) -> Vec<(&'static str, String)> {
    let body = format!("<w:body>{body}<w:sectPr w:rsidR=\"1\"/></w:body>");
    vec![
        ("[Content_Types].xml", TYPES.to_owned()),
        ("_rels/.rels", PACKAGE.to_owned()),
        ("word/document.xml", story("document", &body)),
        ("word/_rels/document.xml.rels", RELATIONSHIPS.to_owned()),
        (
            "word/footnotes.xml",
            story("footnotes", &p(&r("", "Eine Fußnote."))),
        ),
        ("word/header1.xml", story("hdr", &p(&r("", "Kopfzeile")))),
        (
            "word/comments.xml",
            story("comments", &p(&r("", "Eine Anmerkung"))),
        ),
        (
            "word/styles.xml",
            story("styles", "<w:lang w:val=\"de-DE\"/>"),
        ),
        ("word/media/bild.png", "\u{1}PNG".to_owned()),
        (
            "word/charts/chart1.xml",
            "<c:chart xmlns:c=\"c\" xmlns:a=\"a\"><c:v>12</c:v><a:p><a:r><a:rPr lang=\"de-DE\" \
             b=\"1\"/><a:t>Umsatz je Jahr</a:t></a:r></a:p></c:chart>"
                .to_owned(),
        ),
        ("docProps/core.xml", CORE.to_owned()),
    ]
}

fn docx(body: &str) -> Vec<u8> {
    let parts = parts(body);
    packed(
        &parts
            .iter()
            .map(|(name, content)| (*name, content.as_str()))
            .collect::<Vec<_>>(),
    )
}

/// Returns a paragraph.
fn p(content: &str) -> String {
    format!("<w:p w:rsidR=\"00A1\"><w:pPr><w:jc w:val=\"both\"/></w:pPr>{content}</w:p>")
}

/// Returns a run.
fn r(properties: &str, text: &str) -> String {
    let properties = match properties {
        "" => String::new(),
        _ => format!("<w:rPr>{properties}</w:rPr>"),
    };
    format!("<w:r w:rsidRPr=\"00B2\">{properties}<w:t xml:space=\"preserve\">{text}</w:t></w:r>")
}

/// Returns a run as it is written, in English.
fn written(properties: &str, text: &str) -> String {
    format!(
        "<w:r><w:rPr>{properties}<w:lang w:val=\"en-GB\"/></w:rPr><w:t xml:space=\"preserve\">{text}\
         </w:t></w:r>"
    )
}

/// Returns the units of the document itself.
fn body_texts(body: &str) -> Vec<String> {
    let mut all = texts(Kind::Docx, docx(body));
    let rest = [
        "Kopfzeile",
        "Eine Fußnote.",
        "Eine Anmerkung",
        "Umsatz je Jahr",
        "Kündigung & mehr",
    ];
    assert_eq!(all.split_off(all.len() - rest.len()), rest);
    all
}

/// Returns the translated body.
fn body(source: &str, translator: Translator) -> String {
    let document = part(
        &translated(Kind::Docx, &docx(source), translator),
        "word/document.xml",
    );
    let start = document.find("<w:body>").expect("a body") + "<w:body>".len();
    let end = document.find("<w:sectPr w:rsidR=\"1\"/>").expect("an end");
    document[start..end].to_owned()
}

const BOLD: &str = "<w:b/>";

#[test]
fn runs_that_look_the_same_are_one_text() {
    let source = p(&[
        r("<w:b/><w:lang w:val=\"de-CH\"/>", "Quel"),
        "<w:proofErr w:type=\"spellStart\"/>".to_owned(),
        r("<w:b/><w:noProof/>", "len"),
        r("<w:b/><w:spacing w:val=\"-4\"/>", "steuer"),
    ]
    .concat());
    assert_eq!(body_texts(&source), ["Quellensteuer"]);
    assert_eq!(
        body(&source, shout),
        format!(
            "<w:p w:rsidR=\"00A1\"><w:pPr><w:jc w:val=\"both\"/></w:pPr>{}</w:p>",
            written(BOLD, "QUELLENSTEUER")
        )
    );
}

#[test]
fn formatting_follows_its_words() {
    let source = p(&[r("", "Das ist "), r(BOLD, "sehr wichtig"), r("", " heute")].concat());
    assert_eq!(body_texts(&source), ["Das ist sehr wichtig heute"]);
    let reversed = [
        written("", "HEUTE "),
        written(BOLD, "WICHTIG SEHR"),
        written("", " IST DAS"),
    ];
    assert!(
        body(&source, reverse).contains(&reversed.concat()),
        "{}",
        body(&source, reverse)
    );
}

/// Returns a field with the number of the page.
fn page_number() -> String {
    let mark = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    [
        mark("begin"),
        "<w:r><w:instrText> PAGE </w:instrText></w:r>".to_owned(),
        mark("separate"),
        r("", "7"),
        mark("end"),
    ]
    .concat()
}

#[test]
fn a_page_number_between_words_does_not_join_them() {
    let source = p(&[r("", "Seite"), page_number(), r("", "von vielen")].concat());
    assert_eq!(body_texts(&source), ["Seite von vielen"]);
    let expected = [
        written("", "SEITE "),
        page_number().replace(&r("", "7"), &written("", "7")),
        written("", " VON VIELEN"),
    ];
    let translated = body(&source, shout);
    assert!(translated.contains(&expected.concat()), "{translated}");
}

#[test]
fn links_notes_and_fields_stay_whole() {
    let page = page_number();
    let note = "<w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr><w:footnoteReference \
                w:id=\"2\"/></w:r>";
    let source = p(&[
        r("", "Siehe "),
        format!(
            "<w:hyperlink r:id=\"rId3\">{}</w:hyperlink>",
            r("<w:u/>", "Haus und Hof")
        ),
        note.to_owned(),
        r("", " auf Seite "),
        page.clone(),
        r("", " hier"),
    ]
    .concat());
    assert_eq!(body_texts(&source), ["Siehe Haus und Hof auf Seite hier"]);
    let translated = body(&source, shout);
    let link = format!(
        "<w:hyperlink r:id=\"rId3\">{}</w:hyperlink>{note}",
        written("<w:u/>", "HAUS UND HOF")
    );
    assert!(translated.contains(&link), "{translated}");
    assert!(
        translated.contains("<w:instrText> PAGE </w:instrText>"),
        "{translated}"
    );
    assert!(translated.contains(">7</w:t>"), "{translated}");
}

#[test]
fn text_of_a_field_is_translated_and_its_code_is_not() {
    let source = p("<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>\
        <w:r><w:instrText xml:space=\"preserve\"> HYPERLINK \"http://example.org/Hof\" </w:instrText></w:r>\
        <w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>\
        <w:r><w:t>Unser Hof</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>");
    assert_eq!(body_texts(&source), ["Unser Hof"]);
    let translated = body(&source, shout);
    assert!(
        translated.contains("HYPERLINK \"http://example.org/Hof\""),
        "{translated}"
    );
    let end = format!(
        "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>{}<w:r><w:fldChar \
         w:fldCharType=\"end\"/></w:r></w:p>",
        written("", "UNSER HOF")
    );
    assert!(translated.ends_with(&end), "{translated}");
}

#[test]
fn entries_of_a_table_of_contents_end_at_tabs() {
    let entry = |start: &str, text: &str, page: &str| {
        p(&format!(
            "{start}<w:hyperlink w:anchor=\"_Toc1\">{}<w:r><w:tab/></w:r>\
             <w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText> PAGEREF _Toc1 \
             </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>{}\
             <w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:hyperlink>",
            r("", text),
            r("", page)
        ))
    };
    let start = "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText> TOC \\o \
                 </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>";
    let end = p("<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>");
    let source = [
        entry(start, "Einleitung", "1"),
        entry("", "Das Ende", "12"),
        end,
    ]
    .concat();
    assert_eq!(body_texts(&source), ["Einleitung", "Das Ende"]);
    let translated = body(&source, reverse);
    assert!(translated.contains(&format!(
        "{start}<w:hyperlink w:anchor=\"_Toc1\">{}<w:r><w:tab/></w:r>",
        written("", "EINLEITUNG")
    )));
    assert_eq!(translated.matches("<w:fldChar ").count(), 12 - 3);
}

#[test]
fn lines_of_an_address_are_units_and_lines_of_a_sentence_are_not() {
    let line = "<w:r><w:br/></w:r>";
    let address = p(&[r("", "Anna Bauer"), line.into(), r("", "Am Markt 5")].concat());
    assert_eq!(body_texts(&address), ["Anna Bauer", "Am Markt 5"]);
    assert!(body(&address, identity).contains(line));
    let sentence = p(&[r("", "Ich komme"), line.into(), r("", "heute nicht.")].concat());
    assert_eq!(body_texts(&sentence), ["Ich komme heute nicht."]);
    let expected = [
        written("", "ICH KOMME"),
        line.to_owned(),
        written("", "HEUTE NICHT."),
    ];
    assert!(
        body(&sentence, shout).contains(&expected.concat()),
        "{}",
        body(&sentence, shout)
    );
}

#[test]
fn paragraphs_are_found_in_tables_and_text_boxes() {
    let cell = |content: &str| format!("<w:tc><w:tcPr/>{content}</w:tc>");
    let inner = format!(
        "<w:tbl><w:tr>{}</w:tr></w:tbl>{}",
        cell(&p(&r("", "Innen"))),
        p("")
    );
    let table = format!(
        "<w:tbl><w:tr>{}{}</w:tr></w:tbl>",
        cell(&p(&r("", "Eins"))),
        cell(&inner)
    );
    assert_eq!(body_texts(&table), ["Eins", "Innen"]);
    assert_eq!(body(&table, shout).matches("<w:tc><w:tcPr/>").count(), 3);

    let content = p(&r("", "Im Kasten"));
    let source = p(&format!(
        "{}<w:r><mc:AlternateContent><mc:Choice Requires=\"wps\"><w:drawing><w:txbxContent>{content}\
         </w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>{content}\
         </w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>",
        r("", "Davor")
    ));
    assert_eq!(body_texts(&source), ["Im Kasten", "Davor"]);
    let translated = body(&source, shout);
    assert_eq!(
        translated.matches(&written("", "IM KASTEN")).count(),
        2,
        "{translated}"
    );
    assert!(
        translated.contains("<mc:Fallback><w:pict><w:txbxContent>"),
        "{translated}"
    );
}

#[test]
fn characters_come_through() {
    let source = p(&r(
        "",
        "A &amp; B &lt;c&gt; &#228;\u{a0}5\u{200f} &quot;q&quot;",
    ));
    assert_eq!(body_texts(&source), ["A & B <c> ä\u{a0}5\u{200f} \"q\""]);
    let source = p("<w:r><w:t>E</w:t><w:noBreakHyphen/><w:t>Mail</w:t></w:r>\
        <w:r><w:t>Donau</w:t><w:softHyphen/><w:t>dampf</w:t></w:r>");
    assert_eq!(body_texts(&source), ["E-MailDonaudampf"]);
}

#[test]
fn raised_text_stays_at_its_word() {
    let raised = "<w:vertAlign w:val=\"superscript\"/>";
    let source = p(&[r("", "Ein Hof von 50 m"), r(raised, "2"), r("", ", alt")].concat());
    assert_eq!(body_texts(&source), ["Ein Hof von 50 m, alt"]);
    let expected = [written("", "EIN HOF VON 50 M"), written(raised, "2")].concat();
    assert!(
        body(&source, shout).contains(&expected),
        "{}",
        body(&source, shout)
    );
}

#[test]
fn without_words_a_paragraph_stays_as_it_is() {
    let source = p(&[r("", "— "), r(BOLD, "…")].concat());
    assert_eq!(body(&source, shout), source);
}

#[test]
fn bookmarks_and_comments_surround_their_words() {
    let source = p(&[
        r("", "Das "),
        "<w:bookmarkStart w:id=\"4\" w:name=\"Ziel\"/><w:commentRangeStart w:id=\"0\"/>".to_owned(),
        r("", "alte Haus"),
        "<w:commentRangeEnd w:id=\"0\"/><w:r><w:commentReference w:id=\"0\"/></w:r>".to_owned(),
        "<w:bookmarkEnd w:id=\"4\"/>".to_owned(),
        r("", " steht"),
    ]
    .concat());
    let expected = [
        written("", "STEHT "),
        "<w:bookmarkStart w:id=\"4\" w:name=\"Ziel\"/><w:commentRangeStart w:id=\"0\"/>".to_owned(),
        written("", "HAUS ALTE"),
        "<w:commentRangeEnd w:id=\"0\"/><w:r><w:commentReference w:id=\"0\"/></w:r>".to_owned(),
        "<w:bookmarkEnd w:id=\"4\"/>".to_owned(),
    ];
    let translated = body(&source, reverse);
    assert!(translated.contains(&expected.concat()), "{translated}");
}

/// Returns a document with everything in it.
fn everything() -> String {
    [
        p(&[r("", "Das "), r(BOLD, "Haus"), r("", " ist alt.")].concat()),
        p("<w:r><w:t>Spalte</w:t><w:tab/><w:t>zwei</w:t><w:br/><w:t>Zeile</w:t></w:r>"),
        p("<w:sdt><w:sdtPr><w:dataBinding w:x=\"1\"/></w:sdtPr><w:sdtContent><w:r><w:t>Feld</w:t></w:r>\
           </w:sdtContent></w:sdt>"),
        p(&format!("<w:smartTag>{}</w:smartTag>", r("", "Berlin"))),
        p("<w:fldSimple w:instr=\" DATE \"><w:r><w:t>1. Mai</w:t></w:r></w:fldSimple>"),
        p("<w:r><w:drawing><a:blip/></w:drawing></w:r><m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>"),
        p_without_end("A", &r("", "Ein")),
        "<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc/></w:tr><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>"
            .to_owned(),
    ]
    .concat()
}

#[test]
fn what_is_not_text_is_copied() {
    let touched = [
        "word/document.xml",
        "word/header1.xml",
        "word/footnotes.xml",
        "word/comments.xml",
        "word/charts/chart1.xml",
        "docProps/core.xml",
    ];
    let source = p(&[r("", "Das "), r(BOLD, "Haus"), r("<w:i/>", " ist alt.")].concat());
    assert_copied(Kind::Docx, &docx(&source), &touched);
    let chart = part(
        &translated(Kind::Docx, &docx(""), shout),
        "word/charts/chart1.xml",
    );
    let run = "<a:r><a:rPr lang=\"en-GB\" b=\"1\"></a:rPr><a:t>UMSATZ JE JAHR</a:t></a:r>";
    assert!(chart.contains(run), "{chart}");
    let core = part(
        &translated(Kind::Docx, &docx(""), shout),
        "docProps/core.xml",
    );
    assert_eq!(
        core,
        CORE.replace("Kündigung &amp; mehr", "KÜNDIGUNG &amp; MEHR")
    );
    let (_, report) = units(Kind::Docx, &docx("")).expect("a file");
    assert_eq!((report.units, report.pictures), (5, 1));
}

#[test]
fn content_controls_keep_their_frame() {
    let translated = body(&everything(), shout);
    let control = format!(
        "<w:sdt><w:sdtPr></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>",
        written("", "FELD")
    );
    assert!(translated.contains(&control), "{translated}");
    assert!(
        translated.contains("<w:r><w:t>1. Mai</w:t></w:r></w:fldSimple>"),
        "{translated}"
    );
}

#[test]
fn hostile_xml_is_refused() {
    let refuses = |document: &str| {
        let mut parts = parts("");
        parts[2].1 = document.to_owned();
        let parts: Vec<_> = parts
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let result = rewritten(Kind::Docx, &packed(&parts), &mut |_| None);
        assert!(
            matches!(result, Err(Error::Damaged(_) | Error::TooLarge(_))),
            "{document:.200}"
        );
    };
    let laughs = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;\">]>";
    refuses(&format!("{laughs}{}", story("document", "&c;")));
    refuses(&format!(
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}",
        story("document", &p(&r("", "&x;")))
    ));
    refuses(&story("document", &p(&r("", "&undefined;"))));
    refuses(&story(
        "document",
        &format!("{}{}", "<w:x>".repeat(300), "</w:x>".repeat(300)),
    ));
    refuses(&story("document", &p(&r("", &"a".repeat(2 << 20)))));
    refuses(&story("document", &p(&r(BOLD, "wort ").repeat(200_000))));
    refuses("<w:document><w:body>");
    refuses("<w:document></w:body>");
}

#[test]
fn translations_may_be_longer_than_the_limit() {
    let inner = "<w:p><w:r><w:t>Wort</w:t></w:r></w:p>".repeat(50_000);
    let source = p(&format!("<w:r><w:pict>{inner}</w:pict></w:r>"));
    let translated = body(&source, shout);
    assert!(
        translated.len() > crate::limits::MAX_PARAGRAPH,
        "{}",
        translated.len()
    );
}

#[test]
fn damaged_files_are_translated_or_refused() {
    let parts = parts(&everything());
    let parts: Vec<_> = parts
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    assert_robust(Kind::Docx, &parts);
}
