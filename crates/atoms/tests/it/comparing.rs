//! Translations that hold the atoms of their source, and translations that do not.

use atoms::compare;
use atoms::find;

/// Asserts that each atom is found in English form and nothing is left over.
#[track_caller]
fn same(source: &str, translation: &str) {
    let comparison = compare(source, &find(source), translation);
    let is_whole = comparison.found.iter().all(|found| {
        found
            .as_ref()
            .is_some_and(|found| found.correction.is_none())
    });
    assert!(
        is_whole && comparison.surplus.is_empty(),
        "{source} → {translation}\n{:?}\n{comparison:?}",
        find(source)
    );
}

/// Asserts that each atom is found but one is not in English form.
#[track_caller]
fn german(source: &str, translation: &str, place: &str) {
    let comparison = compare(source, &find(source), translation);
    let places: Vec<&str> = comparison
        .found
        .iter()
        .flatten()
        .filter(|found| found.correction.is_some())
        .map(|found| &translation[found.range.clone()])
        .collect();
    assert!(
        comparison.found.iter().all(Option::is_some),
        "{source} → {translation}\n{comparison:?}"
    );
    assert_eq!(places, [place], "{source} → {translation}");
    assert!(
        comparison.surplus.is_empty(),
        "{source} → {translation}\n{comparison:?}"
    );
}

/// Asserts that `missing` atoms are not found, and the surplus.
#[track_caller]
fn differs(source: &str, translation: &str, missing: usize, surplus: &[&str]) {
    let comparison = compare(source, &find(source), translation);
    let missed = comparison
        .found
        .iter()
        .filter(|found| found.is_none())
        .count();
    let left: Vec<&str> = comparison
        .surplus
        .iter()
        .map(|range| &translation[range.clone()])
        .collect();
    assert_eq!(
        (missed, &left[..]),
        (missing, surplus),
        "{source} → {translation}\n{comparison:?}"
    );
}

#[test]
fn equal_numbers() {
    for (source, translation) in [
        ("Wir haben 12 Hunde.", "We have 12 dogs."),
        ("Wir haben 12 Hunde.", "We have twelve dogs."),
        ("Wir haben zwölf Hunde.", "We have 12 dogs."),
        ("Wir haben 25 Hunde.", "We have twenty-five dogs."),
        ("Nach dreieinhalb Stunden", "After 3.5 hours"),
        ("Nach dreieinhalb Stunden", "After three and a half hours"),
        ("zweieinhalb Millionen Leute", "2.5 million people"),
        ("anderthalb Jahre", "1.5 years"),
        ("innerhalb von drei Tagen", "within 3 days"),
        ("Das sind 1.234,56.", "That is 1,234.56."),
        ("Das sind 1.234,56.", "That is 1234.56."),
        ("Es waren 15230 Leute.", "There were 15,230 people."),
        ("½ Liter", "half a litre"),
        ("½ Liter", "0.5 litres"),
        ("½ Stunde", "half an hour"),
        ("¾ Stunden", "three quarters of an hour"),
        ("2½ Stunden", "2.5 hours"),
        ("2½ Stunden", "two and a half hours"),
        ("¾ der Leute", "three quarters of the people"),
        ("3,5 Mio. Leute", "3.5 million people"),
        ("2 Mrd. Menschen", "two billion people"),
        ("10⁶ Zellen", "10⁶ cells"),
        ("10⁶ Zellen", "10^6 cells"),
        ("-5 Grad", "minus 5 degrees"),
        ("-5 Grad", "-5 degrees"),
        ("minus 5 Grad", "-5 degrees"),
        ("minus fünf Grad", "-5 degrees"),
        ("Ich habe 1 Hund.", "I have one dog."),
        ("Ich habe einen Hund.", "I have one dog."),
        ("Das kommt 2-mal vor.", "This occurs twice."),
        ("3 Tage und 3 Nächte", "3 days and three nights"),
        ("die 1980er Jahre", "the 1980s"),
        ("Er ist 20 Jahre alt.", "He's 20 years old."),
    ] {
        same(source, translation);
    }
}

#[test]
fn equal_ranges_amounts_and_measures() {
    for (source, translation) in [
        ("5–7 Tage", "5–7 days"),
        ("5–7 Tage", "5-7 days"),
        ("5–7 Tage", "5 to 7 days"),
        ("5–7 Tage", "between 5 and 7 days"),
        ("5–7 Tage", "from five to seven days"),
        ("5 bis 7 Tage", "5 to 7 days"),
        ("0,5–1,0 %", "0.5–1.0%"),
        ("0,5–1,0 %", "0.5 to 1 percent"),
        ("2,5 % mehr", "2.5% more"),
        ("2,5 % mehr", "2.5 percent more"),
        ("20 Prozent", "20 per cent"),
        ("Es kostet CHF 2'500.", "It costs 2,500 Swiss francs."),
        ("Es kostet Fr. 2'500.–.", "It costs CHF 2,500."),
        ("Es kostet 9.875 Euro.", "It costs 9,875 euros."),
        ("Es kostet 9.875 Euro.", "It costs €9,875."),
        ("Es kostet 1.234,50 €.", "It costs EUR 1,234.50."),
        ("50 Rp. pro Stück", "50 centimes each"),
        ("2 x 12,50 €", "2 x €12.50"),
        ("2 x 12,50 €", "2 x 12.50 euros"),
        ("2 × 3 Fr.", "2 × CHF 3"),
        ("3,5 Mio. Franken", "3.5 million francs"),
        ("5 m³ Holz", "5 m³ of wood"),
        ("5 m³ Holz", "five cubic metres of wood"),
        ("80 m² gross", "80 square meters"),
        ("bei 21,5 °C", "at 21.5 °C"),
        ("bei 21,5 °C", "at 21.5 degrees Celsius"),
        ("90 km/h schnell", "90 km/h fast"),
        ("3 × 4 Meter", "3 × 4 metres"),
        ("3 × 4 Meter", "3 by 4 metres"),
        ("Sie gewannen 3:2.", "They won 3-2."),
        ("im Schuljahr 2023/24", "in the 2023/24 school year"),
    ] {
        same(source, translation);
    }
}

#[test]
fn equal_units() {
    for (source, translation) in [
        ("78,3 Kilo Mehl", "78.3 kilograms of flour"),
        ("78,3 Kilo Mehl", "78.3 kg of flour"),
        ("5 Zentner Kohle", "five hundredweight of coal"),
        ("3 Mio. Tonnen", "3 million metric tons"),
        ("500 Pfund", "£500"),
        ("500 Pfund", "500 pounds"),
        ("2 Deziliter", "2 dl"),
        ("120 Quadratmeter", "120 square metres"),
        ("90 Stundenkilometer", "90 km/h"),
        ("ein 50 Kilometer langer Weg", "a 50-kilometre path"),
        ("40 Kilowattstunden", "40 kilowatt-hours"),
        ("100 PS", "100 hp"),
        ("-5 Grad", "5 degrees below zero"),
        ("2,5 Std. Fahrt", "2.5 hours of driving"),
        ("um 3 Prozentpunkte", "by 3 percentage points"),
        ("50 Rubel", "50 roubles"),
        ("5 Tage", "five days"),
        ("5 Tage", "five working days"),
        ("mit 18 Jahren", "at the age of 18"),
        ("vor 10 Jahren", "a decade ago"),
        ("14 Tage", "a fortnight"),
        ("auf 12 Seiten", "on 12 sides"),
        ("2 Hunde für 2 Tage", "two dogs for 2 days"),
        ("Es kostet 9,6 Mrd. Dollar.", "It costs $9.6bn."),
        ("Es kostet 5 Mio. €.", "It costs €5m."),
    ] {
        same(source, translation);
    }
}

#[test]
fn equal_dates_times_and_ordinals() {
    for (source, translation) in [
        ("am 3. März", "on 3 March"),
        ("am 3. März", "on March 3"),
        ("am 3. März", "on the 3rd of March"),
        ("am 3. März", "on March 3rd"),
        ("am 3. März", "on the third of March"),
        ("am 31. Dezember 2024", "on December 31, 2024"),
        ("am 31. Dezember 2024", "on 31 December 2024"),
        (
            "vom 1. Januar bis 31. Dezember 2024",
            "from 1 January to 31 December 2024",
        ),
        (
            "vom 20. Juli bis 23. Juli 2017",
            "from 20 July to 23 July 2017",
        ),
        (
            "vom 20. Juli bis 23. Juli 2017",
            "between July 20 and July 23, 2017",
        ),
        ("vom 20. Juli bis 23. Juli 2017", "from 20 to 23 July 2017"),
        (
            "vom 03.04.2019 bis 12.05.2019",
            "from 03.04.2019 to 12.05.2019",
        ),
        ("vom 1.–3. Mai", "from May 1 to 3"),
        ("vom 1.–3. Mai", "from 1–3 May"),
        ("um 14 Uhr", "at 2 p.m."),
        ("um 14 Uhr", "at 14:00"),
        ("um 14 Uhr", "at 2 o'clock"),
        ("um 14.30 Uhr", "at 2.30 p.m."),
        ("um 14.30 Uhr", "at 14:30"),
        ("um 14.30 Uhr", "at half past two"),
        ("um 12 Uhr", "at noon"),
        ("um halb drei", "at 2:30"),
        ("08.00–11.30 Uhr", "08:00–11:30"),
        ("08.00–11.30 Uhr", "8 a.m. to 11.30 a.m."),
        ("von 14 bis 16 Uhr", "from 2 to 4 p.m."),
        ("zwischen 14 und 16 Uhr", "between 2 and 4 p.m."),
        ("um 14.30 und 16.00 Uhr", "at 14:30 and 16:00"),
        ("um 9.30, 11.00 Uhr", "at 9:30, 11:00"),
        ("um dreiviertel 8 Uhr", "at 7:45"),
        ("um viertel acht", "at quarter past seven"),
        ("vom 3. bis zum 5. Mai", "from 3 to 5 May"),
        (
            "am 24. und am 31. Dezember",
            "on the 24th and 31st of December",
        ),
        ("die 3./4. Klasse", "the 3rd/4th class"),
        ("den 1000. Besucher", "the 1000th visitor"),
        ("im 2. Stock", "on the second floor"),
        ("im 2. Stock", "on the 2nd floor"),
        ("im 20. Jahrhundert", "in the 20th century"),
        ("im 20. Jahrhundert", "in the twentieth century"),
        ("Die XX. Olympischen Spiele", "The 20th Olympic Games"),
        ("Das II. Konzil", "The Second Council"),
        ("Das II. Konzil", "Council II"),
        ("am 17.08.2024 um 09:30", "on 17.08.2024 at 9:30 a.m."),
        ("Ab 1.8. Ferien", "Holidays from 1.8."),
        ("im Mai 2021", "in May 2021"),
        ("im Mai 2021", "in May of 2021"),
        ("vom 3. bis 5. Mai", "from 3 to 5 May"),
        ("vom 3. bis 5. Mai", "between 3 and 5 May"),
        ("im 3. Kapitel", "in chapter 3"),
        ("im 3. Quartal", "in Q3"),
        ("im 3. Quartal", "in the third quarter"),
        ("im 2. Weltkrieg", "in World War II"),
        ("die 5. und 6. Klasse", "grades 5 and 6"),
    ] {
        same(source, translation);
    }
}

#[test]
fn equal_references() {
    for (source, translation) in [
        ("Art. 8 Abs. 1 lit. b gilt.", "Article 8(1)(b) applies."),
        (
            "Art. 8 Abs. 1 lit. b gilt.",
            "Art. 8 para. 1 let. b applies.",
        ),
        ("nach § 139 Abs. 2 StG", "under § 139 para. 2 StG"),
        (
            "nach Art. 12 Abs. 3bis OR",
            "under Article 12 para. 3bis CO",
        ),
        (
            "nach § 139 Abs. 2 StG",
            "under section 139(2) of the Tax Act",
        ),
        ("Art. 6 DSGVO", "Article 6 GDPR"),
        ("Flug LX318", "flight LX318"),
        (
            "Er zahlt an DE89 3704 0044 0532 0130 00.",
            "He pays DE89 3704 0044 0532 0130 00.",
        ),
        ("<b>Hallo</b> {name}", "<b>Hello</b> {name}"),
        ("Danke 😊 für alles!", "Thanks 😊 for everything!"),
        (
            "Pionierstrasse 7, 8403 Winterthur",
            "Pionierstrasse 7, 8403 Winterthur",
        ),
        ("Version 2.4.1", "Version 2.4.1"),
    ] {
        same(source, translation);
    }
}

#[test]
fn german_style_is_found_to_be_replaced() {
    german(
        "Das kostet 9.875 Euro.",
        "It costs 9.875 euros.",
        "9.875 euros",
    );
    german("Es waren 9.875 Leute.", "There were 9.875 people.", "9.875");
    german("Das sind 1.234,56.", "That is 1.234,56.", "1.234,56");
    german(
        "Es kostet Fr. 2'500.–.",
        "It costs Fr. 2'500.–.",
        "Fr. 2'500.–",
    );
    german(
        "Es waren 10 000 Leute.",
        "There were 10 000 people.",
        "10 000",
    );
    german("2,5 % mehr", "2,5 % more", "2,5 %");
    german(
        "am 31. Dezember 2024",
        "on 31. Dezember 2024",
        "31. Dezember 2024",
    );
    german("um 14 Uhr", "at 14 Uhr", "14 Uhr");
    german(
        "12. bis 14. Mai 2024",
        "12nd to 14 May 2024",
        "12nd to 14 May 2024",
    );
    german("um 14.30 Uhr", "at 14.30", "14.30");
    german("um 14 Uhr", "at 14", "14");
    german("am 17.08.2024", "on 17 August 2024", "17 August 2024");
    german("am 17.08.2024", "on 17/08/2024", "17/08/2024");
    german("Flug lx318b9", "flight LX318B9", "LX318B9");
    german("im 2. Stock", "on the 2. floor", "2.");
    german("im 2. Stock", "on the 2th floor", "2th");
    german("auf 1.200 Seiten", "on 1.200 sides", "1.200");
    german("5 Tage", "5 Tage.", "5 Tage");
    german("§ 379 Abs. 4", "section 379 Abs. 4", "section 379 Abs. 4");
    german("Art. 8 lit. c", "Article 8 lit. C", "Article 8 lit. C");
}

#[test]
fn garbled_numbers_are_missed() {
    differs("DE076554410", "DE075454", 1, &["DE075454"]);
    differs("TX-20240517-003", "TX-2024173", 1, &["TX-2024173"]);
    differs("RE-2024-17", "RE-2047", 1, &["RE-2047"]);
    differs("10115B", "1015B", 1, &["1015B"]);
    differs(
        "DE89 3704 0044 0532 0130 00",
        "DE89 37044004 0532 0130",
        1,
        &["DE89", "37044004", "0532", "0130"],
    );
    differs("Wir haben 15230 Bücher.", "We have 152 books.", 1, &["152"]);
    differs("5–7 Tage", "57 days", 1, &["57 days"]);
    differs("0,5–1,0 %", "0.51.0%", 1, &["0.51.0%"]);
    differs("2½ Stunden", "212 hours", 1, &["212 hours"]);
    differs("10⁶ Zellen", "106 cells", 1, &["106"]);
    differs("5 m³", "5m", 1, &["5m"]);
    differs("3 × 4 Meter", "3 × meters", 1, &["3"]);
    differs("EUR 19,99", "EUR 199", 1, &["EUR 199"]);
    differs("-5 Grad", "15 degrees", 1, &["15 degrees"]);
    differs("-5 Grad", "5 degrees", 1, &["5 degrees"]);
    differs("ZH 4711", "ZHH 471", 1, &["471"]);
    differs("um 14 Uhr", "at 2:30", 1, &["2:30"]);
    differs("um 14 Uhr", "at 2 a.m.", 1, &["2 a.m."]);
    differs("2024-05-17 um 09:30", "2024-05-17 at 0:30", 1, &["0:30"]);
    differs("Version 2.4.1", "version 2.41", 1, &["2.41"]);
    differs("am 17.08.2024", "on 1708.2024", 1, &["1708.2024"]);
    differs("12.345,67 Euro", "12.345.67 euros", 1, &["12.345.67 euros"]);
    differs(
        "vom 1. Januar bis 31. Dezember 2024",
        "from January to 31 December",
        1,
        &["31"],
    );
    differs(
        "bis 31. März 2026",
        "until 31 March 2000",
        1,
        &["31", "2000"],
    );
    differs("(§ 139 Abs. 2 StG)", "(9th§)", 1, &["9th"]);
    differs("Mo–Fr 08.00–11.30 Uhr", "08.00–11.30 monopoly", 1, &[]);
    differs("Es kostet 5 €.", "It costs €5, €3.", 0, &["€3"]);
    differs("Art. 5 gilt", "Art. 5,678 applies", 0, &["678"]);
    differs("Nicht 8", "Not8", 1, &["Not8"]);
    differs(
        "um halb acht",
        "at half past eight",
        1,
        &["half past eight"],
    );
    differs("unter < 5 Grad", "under > 5 degrees", 1, &["5 degrees"]);
}

#[test]
fn other_units_are_missed() {
    differs("5 Euro", "5 dollars", 1, &["5 dollars"]);
    differs("CHF 5", "EUR 5", 1, &["EUR 5"]);
    differs("5 %", "5 dogs", 1, &["5"]);
    differs("5 kg", "5 g", 1, &["5 g"]);
}

#[test]
fn other_units_of_time_are_missed() {
    differs("5 Tage", "5 hours", 1, &["5 hours"]);
    differs("12 Seiten", "12 %", 1, &["12 %"]);
    differs("2,5 Std.", "2.5 days", 1, &["2.5 days"]);
    differs("78,3 Kilo", "78.3 kilometres", 1, &["78.3 kilometres"]);
    differs("5 Deziliter", "5 litres", 1, &["5 litres"]);
    differs("3 Prozentpunkte", "3 percent", 1, &["3 percent"]);
}

#[test]
fn ordinals_are_no_other_numbers() {
    differs(
        "Das ist unsere 5. Mahnung.",
        "This is our 5 reminder.",
        1,
        &["5"],
    );
    differs("im 3. Stock", "at 3 p.m.", 1, &["3 p.m."]);
    differs("die 5. Frage", "five questions", 1, &["five"]);
    differs(
        "Das ist der 5. Brief.",
        "These are letters 4 and 5.",
        1,
        &["4", "5"],
    );
}

#[test]
fn references_have_the_sign_or_word_of_a_provision() {
    differs("nach § 56", "below 56", 1, &["56"]);
    differs("Die 3 Zeugen kamen.", "The third witness came.", 1, &[]);
    differs("nach Art. 8 Abs. 2", "on 8 paragraph 2", 1, &["8", "2"]);
    differs("laut § 7", "according to the law", 1, &[]);
}

#[test]
fn dates_are_not_torn() {
    differs(
        "am 29. Juni 2021",
        "29 opening hours June 2021",
        1,
        &["29", "2021"],
    );
    differs("vom 3. bis 5. Mai", "3, then later 5 May", 1, &["3", "5"]);
    differs("im Mai 2021", "in June 2021", 1, &["2021"]);
    differs("vom 2. Mai bis 5. Juni", "2 May, 5 June", 1, &["2", "5"]);
    differs(
        "vom 03.04.2019 bis 12.05.2019",
        "in 03.04.2019, 12.05.2019",
        1,
        &["03.04.2019", "12.05.2019"],
    );
}

#[test]
fn longer_numbers_are_missed() {
    differs("um 14 Uhr am 22.7.15", "at 14.7.15", 2, &["14.7.15"]);
    differs("Es stieg auf 357.", "It rose to 357th", 1, &["357th"]);
    differs("CHF 74.-", "CHF 74th", 1, &["CHF 74th"]);
    differs("8 x 4 m gross", "8 x 4 m x4 m tall", 0, &["x4"]);
    differs(
        "nach Art. 184 Abs. 1",
        "by Art. 184 para. 1.1",
        1,
        &["Art. 184", "1.1"],
    );
    differs(
        "§ 5 lit. e StGB",
        "section 5 lit. e. eStGB",
        1,
        &["section 5"],
    );
    differs("(§ 355 Abs. 6 StG)", "(§ 3555(6 StG)", 1, &["§ 3555", "6"]);
}

#[test]
fn each_place_belongs_to_one_atom() {
    differs("3 Hunde und 3 Katzen", "3 dogs and cats", 1, &[]);
    differs("3 Hunde", "3 dogs and 3 cats", 0, &["3"]);
    differs("Hunde", "12 dogs", 0, &["12"]);
    differs("Hunde", "twelve dogs", 0, &["twelve"]);
    differs("Hunde", "one of the two first dogs", 0, &[]);
    differs("<b>Hund</b>", "<b>dog</b></b>", 0, &["</b>"]);
    differs(
        "Siehe www.a.example",
        "See www.a.example www.a.example",
        0,
        &["www.a.example"],
    );
    differs(
        "Es waren 318670 Personen (davon 41552 in Bern und 7261 in Genf).",
        "There were 31870 people (7261 in Bern and 7261 in Geneva).",
        2,
        &["31870", "7261"],
    );
    differs("2 Uhr oder 14 Uhr", "2 o'clock or 14:00", 0, &[]);
}
