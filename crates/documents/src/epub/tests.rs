use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use crate::{
    Error, Kind,
    fixture::{identity, mutations, rewritten, shout, texts, translate, units},
    packed::{packed, part},
};

const CONTAINER: &str = r#"<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>"#;

const PACKAGE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">978</dc:identifier><dc:title>Haus &amp; Hof</dc:title>
<dc:creator>Anna Bauer</dc:creator><dc:language>de</dc:language>
</metadata>
<manifest>
<item id="c2" href="zwei%20.xhtml" media-type="application/xhtml+xml"/>
<item id="c1" href="eins.xhtml" media-type="application/xhtml+xml"/>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="font" href="font.otf" media-type="font/otf"/>
</manifest>
<spine toc="ncx"><itemref idref="c1"/><itemref idref="c2"/></spine>
</package>"#;

const NCX: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint id="a"><navLabel>
<text>Erstes Kapitel</text></navLabel><content src="eins.xhtml"/></navPoint></navMap></ncx>"#;

fn page(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE html>\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"de\" xml:lang=\"de\">\
         <head><title>Titel</title></head><body>{body}</body></html>"
    )
}

/// Returns the parts of a book.
fn book() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("mimetype", b"application/epub+zip".to_vec()),
        ("META-INF/container.xml", CONTAINER.into()),
        ("OPS/book.opf", PACKAGE.into()),
        ("OPS/zwei .xhtml", page("<p>Zweites Kapitel<a href=\"#n\">2</a>.</p>").into()),
        (
            "OPS/eins.xhtml",
            page("<p>Ein <em>kurzer</em> Satz<a epub:type=\"noteref\" href=\"#n\"><sup>1</sup></a>.<br/></p>").into(),
        ),
        ("OPS/nav.xhtml", page("<nav><ol><li><a href=\"eins.xhtml\">Erstes Kapitel</a></li></ol></nav>").into()),
        ("OPS/toc.ncx", NCX.into()),
        ("OPS/font.otf", vec![0, 1, 2, 255]),
    ]
}

fn shouted(book: &[u8]) -> Vec<u8> {
    rewritten(Kind::Epub, book, &mut |segment| {
        Some(translate(&segment, shout))
    })
    .expect("a book")
}

#[test]
fn units_are_in_reading_order() {
    let units = texts(Kind::Epub, packed(&book()));
    let position = |text: &str| {
        let found = units.iter().position(|unit| unit.contains(text));
        found.unwrap_or_else(|| panic!("{text} in {units:?}"))
    };
    let order = [
        "Haus & Hof",
        "Erstes Kapitel",
        "Ein kurzer Satz",
        "Zweites Kapitel.",
    ];
    let positions = order.map(position);
    assert!(positions.is_sorted(), "{units:?}");
    assert_eq!(
        units
            .iter()
            .filter(|unit| *unit == "Erstes Kapitel")
            .count(),
        2
    );
    assert!(!units.iter().any(|unit| unit.contains("Anna")), "{units:?}");
}

#[test]
fn title_contents_and_pages_are_translated() {
    let english = shouted(&packed(&book()));
    let package = part(&english, "OPS/book.opf");
    let expected = PACKAGE
        .replace("Haus &amp; Hof", "HAUS &amp; HOF")
        .replace("<dc:language>de<", "<dc:language>en<");
    assert_eq!(package, expected);
    let contents = NCX.replace("Erstes Kapitel", "ERSTES KAPITEL");
    assert_eq!(part(&english, "OPS/toc.ncx"), contents);
    assert!(part(&english, "OPS/nav.xhtml").contains("<a href=\"eins.xhtml\">ERSTES KAPITEL</a>"));
    assert!(
        part(&english, "OPS/zwei .xhtml").contains("<p>ZWEITES KAPITEL<a href=\"#n\">2</a>.</p>")
    );
    let page = part(&english, "OPS/eins.xhtml");
    assert!(page.contains("EIN <em>KURZER</em> SATZ"), "{page}");
    assert!(
        page.contains("<a epub:type=\"noteref\" href=\"#n\"><sup>1</sup></a>"),
        "{page}"
    );
    assert!(page.contains("lang=\"en\" xml:lang=\"en\""), "{page}");
}

#[test]
fn a_book_stays_a_book() {
    let german = packed(&book());
    let english = shouted(&german);
    // Readers expect the type at this offset.
    assert_eq!(&english[30..58], b"mimetypeapplication/epub+zip");
    assert_eq!(&english[8..10], [0, 0], "not compressed");
    let names = |book: &[u8]| {
        let archive = ZipArchive::new(Cursor::new(book.to_vec())).expect("a container");
        let mut names: Vec<String> = archive
            .file_names()
            .map(|name| name.expect("a name").into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&english), names(&german));
}

#[test]
fn parts_stay_byte_for_byte_if_nothing_is_translated() {
    let german = packed(&book());
    for keeps in [true, false] {
        let unit = &mut |segment| (!keeps).then(|| translate(&segment, identity));
        let same = rewritten(Kind::Epub, &german, unit).expect("a book");
        for (name, content) in book() {
            let mut archive = ZipArchive::new(Cursor::new(&same)).expect("a container");
            let mut part = Vec::new();
            let mut file = archive.by_name(name).expect("a part");
            file.read_to_end(&mut part).expect("read");
            let part = String::from_utf8_lossy(&part);
            let part = part.replace("<dc:language>en<", "<dc:language>de<");
            assert_eq!(part, String::from_utf8_lossy(&content), "{name}");
        }
    }
}

fn refusal(parts: &[(&str, Vec<u8>)]) -> String {
    units(Kind::Epub, &packed(parts))
        .expect_err("refused")
        .to_string()
}

#[test]
fn copy_protection_is_named() {
    let encryption = |algorithm: &str| {
        let xml = format!(
            "<encryption xmlns:enc='http://www.w3.org/2001/04/xmlenc#'><enc:EncryptedData>\
             <enc:EncryptionMethod Algorithm='{algorithm}'/></enc:EncryptedData></encryption>"
        );
        ("META-INF/encryption.xml", xml.into_bytes())
    };
    let aes = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
    for (part, name) in [
        ("META-INF/rights.xml", "Adobe"),
        ("META-INF/license.lcpl", "LCP"),
        ("META-INF/sinf.xml", "Apple"),
        ("META-INF/x.xml", "a copy protection"),
    ] {
        let mut parts = book();
        parts.extend([encryption(aes), (part, b"<x/>".to_vec())]);
        let refusal = refusal(&parts);
        assert!(refusal.contains(name), "{refusal}");
    }
    let mut parts = book();
    parts.push(encryption("http://www.idpf.org/2008/embedding"));
    assert!(units(Kind::Epub, &packed(&parts)).is_ok());
}

#[test]
fn damaged_books_are_refused() {
    let without = |name: &str| {
        let mut parts = book();
        parts.retain(|(part, _)| *part != name);
        parts
    };
    assert!(refusal(&without("META-INF/container.xml")).contains("no list of its contents"));
    assert!(refusal(&without("OPS/book.opf")).contains("no list of its contents"));
    // A missing page is nothing to refuse a book for.
    assert!(units(Kind::Epub, &packed(&without("OPS/eins.xhtml"))).is_ok());
    let mut parts = without("OPS/toc.ncx");
    let bomb = "<!DOCTYPE ncx [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>\
                <ncx><text>&b;</text></ncx>";
    parts.push(("OPS/toc.ncx", bomb.into()));
    assert!(refusal(&parts).contains("declares entities"));
}

#[test]
fn damaged_files_are_translated_or_refused() {
    for damaged in mutations(&packed(&book())) {
        let _ = rewritten(Kind::Epub, &damaged, &mut |segment| {
            Some(translate(&segment, shout))
        });
    }
    // Damage inside of a part, which a checksum would reveal.
    for (index, (_, content)) in book().iter().enumerate().skip(1) {
        for damaged in mutations(content).take(50) {
            let mut parts = book();
            parts[index].1 = damaged;
            let unit = &mut |segment| Some(translate(&segment, shout));
            if let Err(error) = rewritten(Kind::Epub, &packed(&parts), unit) {
                assert!(!matches!(error, Error::Io(_)), "{error}");
            }
        }
    }
}
