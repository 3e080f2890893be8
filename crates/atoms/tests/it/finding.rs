//! The atoms of lines.

use atoms::Kind;
use atoms::Kind::Address;
use atoms::Kind::Amount;
use atoms::Kind::Code;
use atoms::Kind::Date;
use atoms::Kind::DateRange;
use atoms::Kind::Emoji;
use atoms::Kind::Entity;
use atoms::Kind::Identifier;
use atoms::Kind::Law;
use atoms::Kind::LongIdentifier;
use atoms::Kind::Measure;
use atoms::Kind::Name;
use atoms::Kind::Number;
use atoms::Kind::NumericDate;
use atoms::Kind::Ordinal;
use atoms::Kind::Percentage;
use atoms::Kind::Place;
use atoms::Kind::Placeholder;
use atoms::Kind::Range;
use atoms::Kind::Tag;
use atoms::Kind::Time;
use atoms::Kind::Weekdays;
use atoms::find;
use atoms::has_words;

fn found(text: &str) -> Vec<(&str, Kind)> {
    find(text)
        .into_iter()
        .map(|atom| (&text[atom.range], atom.kind))
        .collect()
}

fn check(cases: &[(&str, &[(&str, Kind)])]) {
    for (text, expected) in cases {
        assert_eq!(found(text), *expected, "{text}");
    }
}

#[test]
fn lines_that_are_one_identifier() {
    for text in [
        "DE89 3704 0044 0532 0130 00",
        "DE076554410",
        "550e8400-e29b-41d4-a716-446655440000",
        "TX-20240517-003",
        "CHE-104.227.665",
        "CHE-104.227.665 MWST",
        "RE-2024-17",
        "756.1234.5678.97",
        "044 123 45 67",
        "+41 44 123 45 67",
        "4111 1111 1111 1111",
        "COBADEFFXXX",
        "ABCD-EFGH-1234-XY9Z",
        "FUUZY-WRLJV-ZJNMW-ZFAND",
        "V ZR 12/18",
        "80-12345-6",
        "XKPVCHQRTHZ",
    ] {
        assert_eq!(found(text), [(text, LongIdentifier)]);
        assert!(!has_words(text, &find(text)), "{text}");
    }
    for text in [
        "10115B", "LX318", "ZH 4711", "2.4.1", "A4", "CO2", "007", "M-XY 123", "XKPVCHQR",
    ] {
        assert_eq!(found(text), [(text, Identifier)]);
        assert!(!has_words(text, &find(text)), "{text}");
    }
    let isbn = "ISBN 978-3-16-148410-0";
    let expected = [("ISBN", Identifier), ("978-3-16-148410-0", LongIdentifier)];
    assert_eq!(found(isbn), expected);
    assert!(!has_words(isbn, &find(isbn)));
}

#[test]
fn numbers_in_sentences() {
    check(&[
        (
            "Wir haben 15230 Bücher, 48112 Bilder und 99034 Karten.",
            &[("15230", Number), ("48112", Number), ("99034", Number)],
        ),
        (
            "Es waren 318670 Personen (davon 41552 in Bern und 7261 in Genf).",
            &[("318670", Number), ("41552", Number), ("7261", Number)],
        ),
        ("5–7 Tage", &[("5–7 Tage", Range)]),
        ("6–12 Jahre", &[("6–12 Jahre", Range)]),
        ("Seiten 12–15", &[("12–15", Range)]),
        ("0,5–1,0 %", &[("0,5–1,0 %", Range)]),
        ("2½ Stunden", &[("2½ Stunden", Measure)]),
        ("¾ der Leute", &[("¾", Number)]),
        ("10⁶", &[("10⁶", Number)]),
        ("5 m³", &[("5 m³", Measure)]),
        ("3 × 4 Meter", &[("3 × 4 Meter", Measure)]),
        ("-5 Grad", &[("-5 Grad", Measure)]),
        ("minus 5 Grad", &[("minus 5 Grad", Measure)]),
        ("Das kostet 9.875 Euro.", &[("9.875 Euro", Amount)]),
        ("12.345,67 Euro", &[("12.345,67 Euro", Amount)]),
        ("EUR 19,99", &[("EUR 19,99", Amount)]),
        ("Fr. 2'500.–", &[("Fr. 2'500.–", Amount)]),
        ("2,5 % mehr", &[("2,5 %", Percentage)]),
        ("Seite 3.", &[("3", Number)]),
        ("die 1980er Jahre", &[("1980", Number)]),
        ("eine 3-Zimmer-Wohnung", &[("3", Number)]),
        ("Es steht 3:2.", &[("3:2", Range)]),
        ("1,2,3", &[("1", Number), ("2", Number), ("3", Number)]),
        ("3,5 Mio. Franken", &[("3,5 Mio. Franken", Amount)]),
        ("Der Apfel kostet 1.50.", &[("1.50", Number)]),
        ("Total € 9 047", &[("€ 9 047", Amount)]),
        ("EUR 28 881", &[("EUR 28 881", Amount)]),
        ("auf 12 300.", &[("12 300", Number)]),
        (
            "5736W-ARMEX-4NGUN",
            &[("5736W-ARMEX-4NGUN", LongIdentifier)],
        ),
        ("12.345.67", &[("12.345.67", LongIdentifier)]),
    ]);
}

#[test]
fn dates_times_and_ordinals() {
    check(&[
        (
            "vom 1. Januar bis 31. Dezember 2024",
            &[("1. Januar bis 31. Dezember 2024", DateRange)],
        ),
        ("bis spätestens 31. März 2026", &[("31. März 2026", Date)]),
        (
            "Bern, 5. Ma\u{308}rz 2024",
            &[("5. Ma\u{308}rz 2024", Date)],
        ),
        (
            "2024-05-17 um 09:30",
            &[("2024-05-17", NumericDate), ("09:30", Time)],
        ),
        ("Am 17.08.2024.", &[("17.08.2024", NumericDate)]),
        ("Am 24.12. Heiligabend", &[("24.12.", NumericDate)]),
        ("um 14 Uhr", &[("14 Uhr", Time)]),
        ("um 14.30 Uhr", &[("14.30 Uhr", Time)]),
        (
            "Mo–Fr 08.00–11.30 Uhr",
            &[("Mo–Fr", Weekdays), ("08.00–11.30 Uhr", Time)],
        ),
        ("um halb acht", &[("halb acht", Time)]),
        ("im 2. Stock", &[("2.", Ordinal)]),
        ("im 20. Jahrhundert", &[("20.", Ordinal)]),
        ("die 3./4. Klasse", &[("3.", Ordinal), ("4.", Ordinal)]),
        ("den 1000. Besucher", &[("1000.", Ordinal)]),
        ("zwischen 14 und 16 Uhr", &[("14 und 16 Uhr", Time)]),
        ("um 14.30 h", &[("14.30 h", Time)]),
        ("um dreiviertel 8 Uhr", &[("dreiviertel 8 Uhr", Time)]),
        ("Massstab 1:25'000", &[("1:25'000", Range)]),
        ("vom 3. bis zum 5. Mai", &[("3. bis zum 5. Mai", Date)]),
        ("Sieger: 1. Jan Frodeno", &[("1.", Ordinal)]),
        (
            "Das II. Vatikanische Konzil begann 1962.",
            &[("II.", Ordinal), ("1962", Number)],
        ),
        ("Im III. Quartal stieg der Umsatz.", &[("III.", Ordinal)]),
        ("Die XX. Olympischen Spiele", &[("XX.", Ordinal)]),
        ("Im I. Quartal", &[("I.", Ordinal)]),
        ("seit März 2024", &[("März 2024", Date)]),
        ("im März", &[]),
        ("1.–7. Juli", &[("1.–7. Juli", Date)]),
        (
            "vom 03.04.2019 bis 12.05.2019",
            &[("03.04.2019 bis 12.05.2019", DateRange)],
        ),
        ("Die V. Olympischen Spiele", &[("V.", Ordinal)]),
        ("vom 3. bis 5. Mai 2020", &[("3. bis 5. Mai 2020", Date)]),
        ("C. Meier und V. Huber", &[]),
        (
            "Fr. 5. Mai 2024",
            &[("Fr.", Weekdays), ("5. Mai 2024", Date)],
        ),
        (
            "Mo. 8–12 Fr. 8–11 Uhr",
            &[
                ("Mo.", Weekdays),
                ("8–12", Range),
                ("Fr.", Weekdays),
                ("8–11 Uhr", Time),
            ],
        ),
    ]);
}

#[test]
fn references() {
    check(&[
        ("(§ 139 Abs. 2 StG)", &[("§ 139 Abs. 2 StG", Law)]),
        (
            "nach Art. 8 Abs. 1 lit. b",
            &[("Art. 8 Abs. 1 lit. b", Law)],
        ),
        ("Version 2.4.1 ist da", &[("2.4.1", Identifier)]),
        (
            "BGH, V ZR 12/18, Rn. 7",
            &[("V ZR 12/18", LongIdentifier), ("7", Number)],
        ),
        ("Flug LX318 nach Bern", &[("LX318", Identifier)]),
        (
            "BIC COBADEFF",
            &[("BIC", Identifier), ("COBADEFF", Identifier)],
        ),
        (
            "Tel. 044 123 45 67, Fax",
            &[("044 123 45 67", LongIdentifier)],
        ),
        (
            "IBAN: CH93 0076 2011 6238 5295 7",
            &[
                ("IBAN", Identifier),
                ("CH93 0076 2011 6238 5295 7", LongIdentifier),
            ],
        ),
        ("WIR HABEN ZH 12 HUNDE", &[("12", Number)]),
        ("Muster AG 2024", &[("2024", Number)]),
        ("Das Auto mit AG 2024 fährt.", &[("AG 2024", Identifier)]),
        ("Police Nr. 12.345.678", &[("12.345.678", LongIdentifier)]),
        (
            "Vertragsnummer 123.456.789",
            &[("123.456.789", LongIdentifier)],
        ),
        ("Konto-Nr. 123.456", &[("123.456", Identifier)]),
        ("Kundennummer: 123 456", &[("123 456", Identifier)]),
        ("Auf dem Konto 5.000 Euro", &[("5.000 Euro", Amount)]),
        (
            "Der Absatz 2024 lag bei 12'000.",
            &[("2024", Number), ("12'000", Number)],
        ),
        ("4 Ob 135/18t", &[("4 Ob 135/18t", LongIdentifier)]),
    ]);
}

#[test]
fn marks() {
    check(&[
        ("<i>Ich komme morgen.</i>", &[("<i>", Tag), ("</i>", Tag)]),
        ("{name} kommt morgen.", &[("{name}", Placeholder)]),
        ("{0} Hunde sind hier.", &[("{0}", Placeholder)]),
        (
            "{\\i1}Wir gehen heim.{\\i0}",
            &[("{\\i1}", Placeholder), ("{\\i0}", Placeholder)],
        ),
        ("Eins<br />zwei", &[("<br />", Tag)]),
        (
            "<a href=\"t3://page?uid=7\">hier</a>",
            &[("<a href=\"t3://page?uid=7\">", Tag), ("</a>", Tag)],
        ),
        (
            "Hallo {{ name }} aus %(country)s, %.2f ${name} __NAME__",
            &[
                ("{{ name }}", Placeholder),
                ("%(country)s", Placeholder),
                ("%.2f", Placeholder),
                ("${name}", Placeholder),
                ("__NAME__", Placeholder),
            ],
        ),
        ("Das ist **sehr wichtig**.", &[("**", Tag), ("**", Tag)]),
        ("Führe `git pull` aus.", &[("`git pull`", Code)]),
        (
            "Lies [das Buch](https://a.example/buch).",
            &[("[", Tag), ("](https://a.example/buch)", Tag)],
        ),
        (
            "%1$s hat %2$d Punkte.",
            &[("%1$s", Placeholder), ("%2$d", Placeholder)],
        ),
        (
            "<strong>__count__</strong>",
            &[
                ("<strong>", Tag),
                ("__count__", Placeholder),
                ("</strong>", Tag),
            ],
        ),
        (
            "Das ist &quot;gut&quot;.",
            &[("&quot;", Entity), ("&quot;", Entity)],
        ),
        (
            "M&uuml;ller &amp; Katzen",
            &[("&uuml;", Entity), ("&amp;", Entity)],
        ),
        ("Danke 😊 für alles! 👨‍👩‍👧", &[("😊", Emoji), ("👨‍👩‍👧", Emoji)]),
        (
            "5 < 7 und 50% sicher",
            &[("5", Number), ("< 7", Number), ("50%", Percentage)],
        ),
        ("© 2024", &[("2024", Number)]),
    ]);
}

#[test]
fn addresses_and_places() {
    check(&[
        (
            "Die Seite (www.a.example) ist gut.",
            &[("www.a.example", Address)],
        ),
        (
            "Siehe <https://a.example/x>.",
            &[("<https://a.example/x>", Address)],
        ),
        (
            "Siehe https://a.example/x?y=1.",
            &[("https://a.example/x?y=1", Address)],
        ),
        ("Schreib an anna@b.example.", &[("anna@b.example", Address)]),
        ("haus-garten.de", &[("haus-garten.de", Address)]),
        (
            "/home/anna/bilder/hund.jpg",
            &[("/home/anna/bilder/hund.jpg", Address)],
        ),
        (
            "C:\\Users\\Anna\\Bilder",
            &[("C:\\Users\\Anna\\Bilder", Address)],
        ),
        (
            "Folge @anna@mastodon.example!",
            &[("@anna@mastodon.example", Address)],
        ),
        ("#Katzen sind toll", &[("#Katzen", Address)]),
        ("Pionierstrasse 7", &[("Pionierstrasse 7", Place)]),
        ("8403 Winterthur", &[("8403 Winterthur", Place)]),
        (
            "Pionierstrasse 7, CH-8403 Winterthur",
            &[("Pionierstrasse 7", Place), ("CH-8403 Winterthur", Place)],
        ),
        ("1200 Katzen", &[("1200", Number)]),
        (
            "Birne;anna@b.example;3",
            &[("anna@b.example", Address), ("3", Number)],
        ),
        ("Kunde: Ursula König", &[("Ursula König", Name)]),
        ("Ursula König kommt.", &[]),
    ]);
}

#[test]
fn words_are_what_is_left() {
    for text in ["Hallo 5", "5 Hunde", "<b>gut</b>", "der", "Ma\u{308}use"] {
        assert!(has_words(text, &find(text)), "{text}");
    }
    for text in [
        "",
        "12",
        "9.875 Euro",
        "5–7",
        "a) 5",
        "x",
        "CHF",
        "https://a.example",
        "5 bis 7",
        "5 Tage",
        "Ursula König",
    ] {
        assert!(!has_words(text, &find(text)), "{text}");
    }
}

#[test]
fn neighbours_that_mean_something_else() {
    check(&[
        (
            "Eintritt 15.50, 20 Uhr",
            &[("15.50", Kind::Number), ("20 Uhr", Kind::Time)],
        ),
        (
            "Eintritt Fr. 15.50, 20 Uhr",
            &[("Fr. 15.50", Kind::Amount), ("20 Uhr", Kind::Time)],
        ),
        (
            "Tisch für 4, 20 Uhr",
            &[("4", Kind::Number), ("20 Uhr", Kind::Time)],
        ),
        (
            "Zwischen 14 und 16 Uhr ist offen.",
            &[("14 und 16 Uhr", Kind::Time)],
        ),
        (
            "Saal 3 und 20 Uhr",
            &[("3", Kind::Number), ("20 Uhr", Kind::Time)],
        ),
        (
            "Busse gemäss Art. 90 100 Franken.",
            &[("Art. 90", Kind::Law), ("100 Franken", Kind::Amount)],
        ),
        (
            "Auf dem Konto 5.000.– bleiben",
            &[("5.000.–", Kind::Number)],
        ),
        (
            "Konto 12.000 bis 15.000 Euro",
            &[("12.000 bis 15.000 Euro", Kind::Range)],
        ),
        (
            "Konto 123.456.789 bleibt",
            &[("123.456.789", Kind::LongIdentifier)],
        ),
        ("24. Dez Weihnachtsfeier", &[("24. Dez", Kind::Date)]),
        ("1. Jan Frodeno", &[("1.", Kind::Ordinal)]),
        ("Kennzeichen ZH 2024", &[("ZH 2024", Kind::Identifier)]),
        ("Die Muster AG 2024 sagt", &[("2024", Kind::Number)]),
        (
            "Ich wohne am Lindenweg 4 g.",
            &[("Lindenweg 4", Kind::Place)],
        ),
        (
            "An der Bahnhofstrasse 12 Tag und Nacht",
            &[("Bahnhofstrasse 12", Kind::Place)],
        ),
        (
            "Ein Kiesweg 40 Meter weiter",
            &[("40 Meter", Kind::Measure)],
        ),
    ]);
}
