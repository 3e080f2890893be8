//! PDFs with text, and hostile ones.

use std::time::{Duration, Instant};

use documents::{Error, Kind, paper::Warning};

use crate::{
    Case, Read,
    letter::{columns, letter, table},
    pdf::{Page, file, pdf, stream},
    read,
};

pub(crate) const CASES: &[Case] = &[
    ("a_letter", a_letter),
    ("two_columns", two_columns),
    ("a_table", a_table),
    ("hyphens", hyphens),
    ("a_paragraph_over_two_pages", a_paragraph_over_two_pages),
    (
        "special_characters_are_escaped",
        special_characters_are_escaped,
    ),
    ("a_word_file", a_word_file),
    ("progress", progress),
    ("protected", protected),
    ("damaged", damaged),
    ("too_many_pages", too_many_pages),
    ("hostile_files_end", hostile_files_end),
];

fn text_of(pages: &[Page]) -> Read {
    let read = read(Kind::Pdf, &pdf(pages)).unwrap();
    assert!(read.reading.pages.iter().all(|page| page.warning.is_none()));
    read
}

fn a_letter() {
    let read = text_of(&[letter()]);
    let expected = [
        "Hausverwaltung Sonnenhof GmbH",
        "Telefon 0341 998877",
        "Zimmer 12, Montag bis Freitag",
        "Frau",
        "Olena Kovalenko",
        "Musterstraße 12",
        "04275 Leipzig",
        "Schaden an der Heizung in Ihrer Wohnung",
        "Sehr geehrte Frau Kovalenko,",
        "wir danken Ihnen für Ihr Schreiben vom 14. April, in dem Sie uns auf den Schaden an der Heizung \
         in Ihrem Wohnzimmer hinweisen. Nach unserer Kenntnis ist die Anlage erst im vergangenen Herbst \
         gewartet worden. Trotzdem haben wir die Firma beauftragt, den Heizkörper zu prüfen und, falls \
         nötig, noch in dieser Woche zu reparieren.",
        "Der Techniker kommt am Donnerstag, dem 7. Mai 2026, zwischen 8 und 12 Uhr zu Ihnen. Bitte sorgen \
         Sie dafür, dass jemand zu Hause ist und der Zugang zum Heizkörper frei bleibt. Können Sie den \
         Termin nicht wahrnehmen, rufen Sie uns bitte bis Dienstag an, damit wir einen anderen Tag \
         vereinbaren können. Die Reparatur ist für Sie kostenlos.",
        "Für die Zeit, in der die Heizung nicht benutzbar war, mindert sich Ihre Miete um zehn Prozent. \
         Den Betrag von 43,50 Euro verrechnen wir mit der Miete für den Monat Juni, Sie müssen also \
         nichts weiter veranlassen. Wir weisen darauf hin, dass die Abrechnung der Nebenkosten für das \
         vergangene Jahr davon nicht berührt wird.",
        "Mit freundlichen Grüßen",
        "Sabine Hoffmann",
        "Verwaltung",
    ];
    assert_eq!(read.paragraphs(), expected);
    assert!(
        read.html.contains("<h2>Schaden an der Heizung"),
        "{}",
        read.html
    );
}

fn two_columns() {
    let read = text_of(&[columns()]);
    let expected = [
        "Die Treppen und Flure im Haus sind immer frei zu halten, damit im Fall eines Brandes niemand \
         gefährdet ist. Fahrräder gehören in den Keller oder in den Hof, aber nicht in den Flur.",
        "Zwischen zehn Uhr abends und sechs Uhr morgens ist im ganzen Haus Ruhe. Wer ein Fest feiern \
         will, spricht es vorher mit den Nachbarn ab und hängt einen Zettel an die Tür des Hauses.",
        "Die Reinigung der Treppe übernehmen die Mieter der Wohnungen im Wechsel. Ein Plan hängt neben \
         den Briefkästen im Eingang und gilt für ein Jahr.",
        "Müll wird nach Papier, Glas, Bio und Restmüll getrennt. Sperrige Sachen holt die Stadt nach \
         einem Anruf ab, sie dürfen nicht im Keller und nicht auf dem Gehweg abgestellt werden.",
        "Diese Regeln gelten für alle, die in dem Haus wohnen, und auch für ihre Gäste.",
    ];
    assert_eq!(read.paragraphs()[8..], expected);
}

fn a_table() {
    let read = text_of(&[table()]);
    let rows = "\
<table>
<tr><td>Position</td><td>Anteil</td><td>Betrag</td></tr>
<tr><td>Heizung und warmes Wasser</td><td>60 %</td><td>412,80 Euro</td></tr>
";
    assert!(read.html.contains(rows), "{}", read.html);
    assert!(
        read.html
            .contains("<td>688,00 Euro</td></tr>\n</table>\n<p>Bitte"),
        "{}",
        read.html
    );
}

fn hyphens() {
    let lines = "\
Ihre Krankenkasse hat uns mitgeteilt, dass sie Ihre Anfrage nicht an die E-Mail-
Adresse geschickt hat, die wir haben. Wir verwalten für Sie auch weiterhin Haus-
und Grundbesitz, und berechnen Ihnen die Kosten der Heizung und auch die CO2-
Abgabe nach dem Verbrauch in diesem Jahr. Fragen beantwortet Ihre Kranken-
kasse oder Frau Müller-Kovalenko von der Verwaltung in der Straße, die Kran-
kenhausstraße heißt.";
    let read = text_of(&[Page::default().lines(62.0, 100.0, 11.0, 15.0, lines)]);
    let expected = "Ihre Krankenkasse hat uns mitgeteilt, dass sie Ihre Anfrage nicht an die \
        E-Mail-Adresse geschickt hat, die wir haben. Wir verwalten für Sie auch weiterhin Haus- und \
        Grundbesitz, und berechnen Ihnen die Kosten der Heizung und auch die CO2-Abgabe nach dem \
        Verbrauch in diesem Jahr. Fragen beantwortet Ihre Krankenkasse oder Frau Müller-Kovalenko von \
        der Verwaltung in der Straße, die Krankenhausstraße heißt.";
    assert_eq!(read.paragraphs(), [expected]);
}

fn a_paragraph_over_two_pages() {
    let page = |number: usize, text: &str| {
        Page::default()
            .text(62.0, 40.0, 9.0, "Vertrag über eine Wohnung")
            .text(450.0, 40.0, 9.0, &format!("Seite {number} von 3"))
            .lines(62.0, 100.0, 11.0, 15.0, text)
    };
    let pages = [
        page(
            1,
            "Der Vertrag wird auf unbestimmte Zeit geschlossen, und er kann von beiden Par-",
        ),
        page(
            2,
            "teien mit einer Frist von drei Monaten gekündigt werden.",
        ),
        page(
            3,
            "Die Miete ist am dritten Werktag des Monats fällig und wird überwiesen.",
        ),
    ];
    assert_eq!(
        text_of(&pages).paragraphs(),
        [
            "Vertrag über eine Wohnung",
            "Seite 1 von 3",
            "Der Vertrag wird auf unbestimmte Zeit geschlossen, und er kann von beiden Parteien mit einer \
             Frist von drei Monaten gekündigt werden.",
            "Die Miete ist am dritten Werktag des Monats fällig und wird überwiesen.",
        ]
    );
}

fn special_characters_are_escaped() {
    let read = text_of(&[Page::default().text(
        62.0,
        100.0,
        11.0,
        "Müller & Söhne <script> „so“ 50 € (a\\b)",
    )]);
    assert_eq!(
        read.paragraphs(),
        ["Müller & Söhne <script> „so“ 50 € (a\\b)"]
    );
    assert!(
        read.html.contains("Müller &amp; Söhne &lt;script&gt;"),
        "{}",
        read.html
    );
}

/// The units of the document are the paragraphs of the PDF.
fn a_word_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.pdf");
    std::fs::write(&path, pdf(&[letter(), table()])).unwrap();
    let (_, docx) = crate::read_file(Kind::Pdf, &path, folder.path(), Kind::Docx).unwrap();
    let mut input = std::io::Cursor::new(docx);
    assert_eq!(
        Kind::recognise(&mut input, "letter.docx").unwrap(),
        Kind::Docx
    );
    let mut units = Vec::new();
    let mut unit = |segment: markup::Segment| {
        units.push(segment.text);
        Ok(None)
    };
    documents::walk(Kind::Docx, &mut input, None, &mut unit).unwrap();
    let read = read(Kind::Pdf, &pdf(&[letter(), table()])).unwrap();
    assert_eq!(units, read.paragraphs());
    let counts: Vec<usize> = read.reading.pages.iter().map(|page| page.units).collect();
    assert_eq!(counts.iter().sum::<usize>(), units.len());
    assert_eq!(counts[0], 15);
}

fn progress() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.pdf");
    std::fs::write(&path, pdf(&[letter(), letter()])).unwrap();
    let mut steps = Vec::new();
    let mut run = |end: usize| {
        let mut output = std::io::Cursor::new(Vec::new());
        let progress = &mut |done, all| {
            steps.push((done, all));
            if done == end {
                return Err(Error::Io(std::io::ErrorKind::Interrupted.into()));
            }
            Ok(())
        };
        documents::paper::read(
            Kind::Pdf,
            &path,
            folder.path(),
            Kind::Docx,
            &mut output,
            progress,
        )
    };
    assert!(run(9).is_ok());
    assert!(matches!(run(1), Err(Error::Io(_))));
    assert_eq!(steps, [(0, 2), (1, 2), (2, 2), (0, 2), (1, 2)]);
}

fn error_of(bytes: &[u8]) -> String {
    read(Kind::Pdf, bytes).err().unwrap().to_string()
}

fn protected() {
    let keys = format!("/O <{}> /U <{}>", "41".repeat(32), "42".repeat(32));
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [] /Count 0 >>".to_vec(),
        format!("<< /Filter /Standard /V 1 /R 2 {keys} /P -4 >>").into_bytes(),
    ];
    let id = "/Encrypt 3 0 R /ID [<41414141414141414141414141414141> <41414141414141414141414141414141>]";
    assert_eq!(
        error_of(&file(&objects, id)),
        "The file is protected: it has a password. Save it without protection and try again."
    );
}

fn damaged() {
    let whole = pdf(&[letter()]);
    for bytes in [&whole[..20], b"%PDF-1.7", b"not a PDF", b""] {
        let error = error_of(bytes);
        assert!(error.starts_with("The file is damaged: "), "{error}");
    }
}

fn too_many_pages() {
    let pages = vec![Page::default(); 1001];
    assert_eq!(
        error_of(&pdf(&pages)),
        "The file is too large: it has over 1000 pages."
    );
}

fn hostile_files_end() {
    let page = |content: &str| {
        vec![
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
            format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {content} >>")
                .into_bytes(),
        ]
    };
    let nested = format!("/X {}{}", "[".repeat(20_000), "]".repeat(20_000));
    let many = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 >>".to_vec(),
    ];
    let huge = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1e30 -1e30] >>".to_vec(),
    ];
    let mut looped = page("/Contents 4 0 R /Resources << /XObject << /F 4 0 R >> >>");
    looped.push(stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /F 4 0 R >> >> ",
        b"/F Do /F Do /F Do",
    ));
    for (name, bytes) in [
        ("nested arrays", file(&page(&nested), "")),
        ("table of itself", file(&page(""), "/Prev 9")),
        ("a million pages", file(&many, "")),
        ("a huge page", file(&huge, "")),
        ("a form in itself", file(&looped, "")),
    ] {
        let start = Instant::now();
        let result = read(Kind::Pdf, &bytes);
        assert!(start.elapsed() < Duration::from_secs(61), "{name}");
        // Without text there is an error, or a page with a warning.
        if let Ok(read) = result {
            let warning = read.reading.pages[0].warning;
            assert!(
                matches!(warning, Some(Warning::Picture(_))),
                "{name}: {warning:?}"
            );
        }
    }
}
