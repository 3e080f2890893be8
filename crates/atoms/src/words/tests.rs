use super::*;

#[test]
fn english_words_have_values() {
    for (text, value, end) in [
        ("twelve dogs", "12", 6),
        ("twenty-five", "25", 11),
        ("Twenty five", "25", 11),
        ("two hundred and fifty cats", "250", 21),
        ("three million", "3000000", 13),
        ("one thousand two hundred", "1200", 24),
        ("second floor", "2", 6),
        ("twentieth century", "20", 9),
        ("twenty-first", "21", 12),
        ("two five", "2", 3),
        ("eighties", "80", 8),
    ] {
        let words = english(text, 0).expect(text);
        assert_eq!(words.values[0], Decimal::new(value, ""), "{text}");
        assert_eq!(words.end, end, "{text}");
    }
    for (text, whole, fraction) in [
        ("two and a half", "2", "5"),
        ("two and a half hours", "2", "5"),
        ("three quarters", "", "75"),
        ("half", "", "5"),
        ("two-thirds", "", "2/3"),
        ("two million and a half", "2500000", ""),
    ] {
        let words = english(text, 0).expect(text);
        assert_eq!(words.values[0], Decimal::new(whole, fraction), "{text}");
    }
    // More than a number of 64 bits holds.
    let scales = "trillion ".repeat(16);
    assert!(english(&format!("nine hundred hundred hundred hundred {scales}"), 0).is_some());
    for text in ["tent", "a", "tenfolds", "seconds", "onerous"] {
        assert_eq!(english(text, 0), None, "{text}");
    }
}

#[test]
fn german_words_have_values() {
    for (text, value) in [
        ("zwölf Hunde", 12),
        ("fünfundzwanzig", 25),
        ("dreissig", 30),
        ("dreißig", 30),
        ("zweihundertfünfzig", 250),
        ("zweitausenddreihundert", 2300),
        ("der zwanzigste", 20),
        ("dreimal", 3),
        ("am siebten Tag", 7),
        ("zwei Millionen", 2_000_000),
        ("hundert", 100),
        ("ein Dutzend", 12),
    ] {
        assert_eq!(german(text)[0][0], Decimal::from(value), "{text}");
    }
    for text in ["ein Hund", "eine Katze", "einfach", "Hund und Katze"] {
        assert!(german(text).is_empty(), "{text}");
    }
    for (text, whole, fraction) in [
        ("dreieinhalb Stunden", "3", "5"),
        ("viereinhalbmal", "4", "5"),
        ("eineinhalb Jahre", "1", "5"),
        ("anderthalb Meter", "1", "5"),
        ("zweieinhalb Millionen", "2500000", ""),
    ] {
        assert_eq!(german(text), [[Decimal::new(whole, fraction)]], "{text}");
    }
    for text in [
        "innerhalb von drei Tagen",
        "deshalb drei",
        "er fuhr drei Tage",
        "drei Stadtviertel",
    ] {
        assert_eq!(german(text), [[Decimal::from(3)]], "{text}");
    }
    assert!(german("halb drei")[0].contains(&Decimal::from(2)));
    assert!(german("um drei Uhr")[0].contains(&Decimal::from(15)));
}

#[test]
fn roman_numerals_are_spelled_as_usual() {
    for (word, value) in [
        ("II", 2),
        ("XX", 20),
        ("XIV", 14),
        ("MCMXC", 1990),
        ("IX", 9),
    ] {
        assert_eq!(roman(word), Some(value), "{word}");
    }
    for word in ["", "IIII", "VX", "IC", "ABC"] {
        assert_eq!(roman(word), None, "{word}");
    }
}
