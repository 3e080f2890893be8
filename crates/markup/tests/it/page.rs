//! Language and encoding of a whole document.

use markup::declare_english;

#[test]
fn html_says_english_and_utf_8() {
    assert_eq!(
        declare_english(
            "<!doctype html>\n<HTML Lang=de-CH class=x><head><meta charset='iso-8859-1'></head>"
        ),
        "<!doctype html>\n<HTML Lang=\"en\" class=x><head><meta charset=\"utf-8\"></head>"
    );
    assert_eq!(
        declare_english(
            "<html><head><meta http-equiv=Content-Type content='text/html; charset=x'><p lang=de>"
        ),
        "<html lang=\"en\"><head><meta http-equiv=Content-Type content=\"text/html; charset=utf-8\"><p lang=de>"
    );
}

#[test]
fn a_language_without_a_value_gets_one() {
    for (source, expected) in [
        ("<html lang>", "<html lang=\"en\">"),
        ("<html lang class=x>", "<html lang=\"en\" class=x>"),
        ("<html lang=>", "<html lang=\"en\">"),
        ("<html lang = ''>", "<html lang = \"en\">"),
    ] {
        assert_eq!(declare_english(source), expected);
    }
}

#[test]
fn a_missing_encoding_is_added() {
    assert_eq!(
        declare_english("<html lang=de><head><title>x</title><meta name=a content=b></head>"),
        "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>x</title><meta name=a content=b></head>"
    );
}

#[test]
fn xhtml_has_two_languages_and_a_declaration() {
    assert_eq!(
        declare_english(
            "<?xml version='1.0' encoding='latin1'?>\n<html xml:lang=\"de\" lang=\"de\"><head/>"
        ),
        "<?xml version='1.0' encoding=\"UTF-8\"?>\n<html xml:lang=\"en\" lang=\"en\"><head/>"
    );
    assert_eq!(
        declare_english("<?xml version='1.0'?><html xmlns='x'><head></head>"),
        "<?xml version='1.0'?><html lang=\"en\" xml:lang=\"en\" xmlns='x'><head></head>"
    );
}

#[test]
fn a_fragment_stays_as_it_is() {
    for source in ["<p lang=de>Text", "Text & <meta name=x>", ""] {
        assert_eq!(declare_english(source), source);
    }
}
