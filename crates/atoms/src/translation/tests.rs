use super::*;

fn first(text: &str) -> Item {
    items(text).into_iter().next().expect("a number")
}

#[test]
fn digits_have_their_readings() {
    for (text, whole, fraction, is_english) in [
        ("9,875", "9875", "", true),
        ("9.875", "9875", "", false),
        ("9.875", "9", "875", true),
        ("1.234,56", "1234", "56", false),
        ("1,234.56", "1234", "56", true),
        ("2'500", "2500", "", false),
        ("3.5 million", "3500000", "", true),
        ("2½", "2", "5", true),
        ("2 and a half", "2", "5", true),
        ("21st", "21", "", true),
        ("1980s", "1980", "", true),
    ] {
        let item = first(text);
        assert_eq!(item.range, 0..text.len(), "{text}");
        assert!(
            item.readings
                .contains(&(Decimal::new(whole, fraction), is_english)),
            "{text}: {item:?}"
        );
    }
    assert!(first("12.345.67").readings.is_empty());
    assert!(first("1708.2024").readings.len() == 1);
    assert_eq!(items("1,2,3").len(), 3);
    assert!(first("-5 degrees").is_negative);
    assert!(first("minus 5").is_negative);
    assert!(!items("5 -7")[1].is_negative);
    assert_eq!(first("10^6").exponent, "⁶");
}
