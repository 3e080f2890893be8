use super::{body, body_texts, docx, p, r, written};
use crate::Kind;
use crate::fixture::{identity, units};

#[test]
fn tracked_changes_are_accepted() {
    let source = p(&format!(
        "<w:ins w:id=\"1\" w:author=\"A\">{}</w:ins><w:del w:id=\"2\"><w:r><w:delText>alter \
         </w:delText></w:r></w:del>{}",
        r("", "Neuer "),
        r(
            "<w:b/><w:rPrChange w:id=\"3\"><w:rPr><w:i/></w:rPr></w:rPrChange>",
            "Text"
        ),
    ));
    assert_eq!(body_texts(&source), ["Neuer Text"]);
    let translated = body(&source, identity);
    let is_clean = ["w:ins", "w:del", "Change"]
        .iter()
        .all(|tag| !translated.contains(tag));
    assert!(is_clean, "{translated}");
    let (_, report) = units(Kind::Docx, &docx(&source)).expect("a file");
    assert_eq!(report.revisions, 2);
}

/// Returns a paragraph whose end is deleted.
pub(super) fn p_without_end(style: &str, content: &str) -> String {
    format!(
        "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/><w:rPr><w:del w:id=\"9\"/></w:rPr></w:pPr>{content}\
         </w:p>"
    )
}

#[test]
fn paragraphs_with_a_deleted_end_are_joined() {
    let deleted = "<w:del w:id=\"1\"><w:r><w:delText>weg</w:delText></w:r></w:del>";
    let gone = [p_without_end("Titel", deleted), p(&r("", "Hier"))].concat();
    assert_eq!(body(&gone, identity), body(&p(&r("", "Hier")), identity));

    let joined = [
        p_without_end("A", &r("", "Ein ")),
        p_without_end("B", &r("", "ganzer ")),
        p(&r("", "Satz.")),
    ]
    .concat();
    assert_eq!(body_texts(&joined), ["Ein ganzer Satz."]);
    assert_eq!(
        body(&joined, identity),
        format!(
            "<w:p><w:pPr><w:pStyle w:val=\"A\"/><w:rPr></w:rPr></w:pPr>{}</w:p>",
            written("", "Ein ganzer Satz.")
        )
    );

    // The last paragraph of a cell stays.
    let cell = format!(
        "<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>",
        p_without_end("A", deleted)
    );
    assert!(
        body(&cell, identity).contains("</w:pPr></w:p></w:tc>"),
        "{}",
        body(&cell, identity)
    );
    let before_table = [
        p_without_end("A", &r("", "Vor")),
        "<w:tbl></w:tbl>".to_owned(),
    ]
    .concat();
    assert!(body(&before_table, identity).ends_with("</w:p><w:tbl></w:tbl>"));
}

#[test]
fn deleted_rows_and_tables_go() {
    let row = |properties: &str, text: &str| {
        format!("<w:tr>{properties}<w:tc>{}</w:tc></w:tr>", p(&r("", text)))
    };
    let deleted = "<w:trPr><w:del w:id=\"1\"/></w:trPr>";
    let table = |rows: &[String]| format!("<w:tbl><w:tblPr/>{}</w:tbl>", rows.concat());
    let some = table(&[
        row(deleted, "weg"),
        row("<w:trPr/>", "da"),
        row(deleted, "auch weg"),
    ]);
    assert_eq!(body_texts(&some), ["da"]);
    assert_eq!(body(&some, identity).matches("<w:tr>").count(), 1);
    let all = table(&[row(deleted, "weg"), row(deleted, "auch weg")]);
    assert_eq!(body(&all, identity), "");
}
