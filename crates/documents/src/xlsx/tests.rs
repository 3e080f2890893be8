use crate::Kind;
use crate::fixture::{Translator, shout, texts, units};
use crate::packed::{assert_copied, assert_robust, packed, part, translated};

const TYPES: &str = "<Types xmlns=\"t\"><Override PartName=\"/xl/workbook.xml\" \
    ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>";

const PACKAGE: &str = "<Relationships xmlns=\"r\"><Relationship Id=\"a\" Type=\"x/officeDocument\" \
                       Target=\"xl/workbook.xml\"/></Relationships>";

const WORKBOOK: &str = "<workbook xmlns=\"w\"><definedNames><definedName name=\"x\">\"Nein\"</definedName>\
                        </definedNames></workbook>";

const PARTS: &str = "<Relationships xmlns=\"r\"><Relationship Id=\"1\" Type=\"x/worksheet\" \
    Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"2\" Type=\"x/worksheet\" \
    Target=\"worksheets/sheet2.xml\"/><Relationship Id=\"3\" Type=\"x/sharedStrings\" \
    Target=\"sharedStrings.xml\"/></Relationships>";

const SHEET: &str = "<Relationships xmlns=\"r\"><Relationship Id=\"1\" Type=\"x/table\" \
    Target=\"../tables/table1.xml\"/><Relationship Id=\"2\" Type=\"x/comments\" Target=\"../comments1.xml\"/>\
    </Relationships>";

const STRINGS: &str = "<sst xmlns=\"w\" count=\"8\"><si><t>Betrag</t></si><si><t>Summe</t></si><si><t>Ja</t></si>\
    <si><t>Nein</t></si><si><r><rPr><b/></rPr><t>Sehr</t></r><r><t xml:space=\"preserve\"> gut &amp; \
    schön</t></r></si><si><t>Erste Zeile\nZweite</t></si><si><t>offen</t></si></sst>";

const TABLE: &str = "<table xmlns=\"w\" id=\"1\" name=\"Tabelle1\"><tableColumns count=\"2\"><tableColumn id=\"1\" \
    name=\"Betrag\"/><tableColumn id=\"2\" name=\"Summe\"/></tableColumns></table>";

const COMMENTS: &str = "<comments xmlns=\"w\"><commentList><comment ref=\"A1\"><text><t>Eine Anmerkung</t></text>\
                        </comment></commentList></comments>";

fn parts(formula: &str) -> Vec<(&'static str, String)> {
    let sheet = format!(
        "<worksheet xmlns=\"w\"><sheetData><row><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\"><f>{formula}</f>\
         <v>3</v></c></row></sheetData><dataValidations><dataValidation><formula1>\"offen,fertig\"</formula1>\
         </dataValidation></dataValidations></worksheet>"
    );
    let inline = "<worksheet xmlns=\"w\"><sheetData><row><c r=\"A1\" t=\"inlineStr\"><is><t>In der Zelle</t></is></c>\
                  </row></sheetData></worksheet>";
    vec![
        ("[Content_Types].xml", TYPES.to_owned()),
        ("_rels/.rels", PACKAGE.to_owned()),
        ("xl/workbook.xml", WORKBOOK.to_owned()),
        ("xl/_rels/workbook.xml.rels", PARTS.to_owned()),
        ("xl/sharedStrings.xml", STRINGS.to_owned()),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/worksheets/_rels/sheet1.xml.rels", SHEET.to_owned()),
        ("xl/worksheets/sheet2.xml", inline.to_owned()),
        ("xl/tables/table1.xml", TABLE.to_owned()),
        ("xl/comments1.xml", COMMENTS.to_owned()),
    ]
}

const FORMULA: &str = "IF(A1=\"ja\",1,0)";

fn xlsx(formula: &str) -> Vec<u8> {
    let parts = parts(formula);
    packed(
        &parts
            .iter()
            .map(|(name, content)| (*name, content.as_str()))
            .collect::<Vec<_>>(),
    )
}

fn column(index: usize, formula: &str, translator: Translator) -> String {
    let table = part(
        &translated(Kind::Xlsx, &xlsx(formula), translator),
        "xl/tables/table1.xml",
    );
    let name = table.split("tableColumn id=").nth(index).expect("a column");
    name.split('"').nth(3).expect("a name").to_owned()
}

#[test]
fn texts_of_cells_are_units_but_not_those_in_formulas() {
    let expected = [
        "Betrag",
        "Summe",
        "Sehr gut & schön",
        "Erste Zeile",
        "Zweite",
        "In der Zelle",
        "Eine Anmerkung",
    ];
    assert_eq!(texts(Kind::Xlsx, xlsx(FORMULA)), expected);
    let (_, report) = units(Kind::Xlsx, &xlsx(FORMULA)).expect("a file");
    assert_eq!(report.units, expected.len());
}

#[test]
fn cells_keep_their_formatting() {
    let output = translated(Kind::Xlsx, &xlsx(FORMULA), shout);
    let strings = part(&output, "xl/sharedStrings.xml");
    for expected in [
        "<si><t xml:space=\"preserve\">BETRAG</t></si>",
        "<si><t>Ja</t></si><si><t>Nein</t></si>",
        "<r><rPr><b/></rPr><t xml:space=\"preserve\">SEHR</t></r>",
        "<r><t xml:space=\"preserve\"> GUT &amp; SCHÖN</t></r>",
        "<si><t xml:space=\"preserve\">ERSTE ZEILE\nZWEITE</t></si>",
        "<si><t>offen</t></si>",
    ] {
        assert!(strings.contains(expected), "{expected} in {strings}");
    }
    let sheet = part(&output, "xl/worksheets/sheet2.xml");
    assert!(
        sheet.contains("<is><t xml:space=\"preserve\">IN DER ZELLE</t></is>"),
        "{sheet}"
    );
}

#[test]
fn columns_of_tables_agree_with_their_cells() {
    assert_eq!(column(1, FORMULA, shout), "BETRAG");
    // A formula that names columns keeps them.
    let by_name = "SUM(Tabelle1[Betrag])";
    assert_eq!(column(1, by_name, shout), "Betrag");
    assert!(!texts(Kind::Xlsx, xlsx(by_name)).contains(&"Betrag".to_owned()));
    // Two columns may not have the same name.
    let same: Translator = |words| {
        let sum = |(index, _): (usize, &&str)| (index, "Total".to_owned());
        words.iter().enumerate().map(sum).collect()
    };
    assert_eq!(
        (column(1, FORMULA, same), column(2, FORMULA, same)),
        ("Total".into(), "Summe".into())
    );
    let output = translated(Kind::Xlsx, &xlsx(FORMULA), same);
    let strings = part(&output, "xl/sharedStrings.xml");
    assert!(
        strings.contains("Total</t></si><si><t>Summe</t></si>"),
        "{strings}"
    );
}

#[test]
fn what_is_not_text_is_copied() {
    let touched = [
        "xl/sharedStrings.xml",
        "xl/worksheets/sheet2.xml",
        "xl/comments1.xml",
        "xl/tables/table1.xml",
    ];
    assert_copied(Kind::Xlsx, &xlsx(FORMULA), &touched);
}

#[test]
fn damaged_files_are_translated_or_refused() {
    let parts = parts(FORMULA);
    let parts: Vec<_> = parts
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    assert_robust(Kind::Xlsx, &parts);
}
