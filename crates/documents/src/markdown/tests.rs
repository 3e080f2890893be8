use pulldown_cmark::{Event, Parser};

use super::write::OPTIONS;
use crate::{
    Kind,
    fixture::{
        self, Translator, assert_robust, assert_unchanged, reverse, shout, texts, translate,
        translated,
    },
};

const DOCUMENT: &str = r#"---
title: Anleitung
---

# Anleitung *kurz* {#intro}

Das ist **sehr** wichtig, siehe [die Seite](https://example.ch/a_b "Titel") und
[die Regeln][Regeln]. Aufruf: `git pull`, Fußnote[^1] und <https://example.ch>.

> Ein Zitat über
> zwei Zeilen mit ~~Fehlern~~.
>
> - [ ] offen
> - [x] erledigt

1. Erster Punkt mit snake_case und 2 * 3.
2. Zweiter Punkt:

   ```sh
   echo "Das ist Code."
   ```

       auch Code

| Name | Wert |
|------|-----:|
| Größe \| Breite | 5 |
| `a\|b` | **fett** |

![Ein Bild](bild.png) und <kbd>Strg</kbd> mit <b>HTML</b>.

<div>
HTML bleibt.
</div>

Adresse:\
Haus am See  
Zürich

Formel $a_i$ und $$b$$.

Begriff
: Erklärung

[^1]: Die Fußnote.

[Regeln]: regeln.md "Die Regeln"
"#;

#[test]
fn blocks_are_units_and_code_is_not() {
    assert_eq!(
        texts(Kind::Markdown, DOCUMENT),
        [
            "Anleitung kurz",
            "Das ist sehr wichtig, siehe die Seite und die Regeln. Aufruf:, Fußnote und.",
            "Ein Zitat über zwei Zeilen mit Fehlern.",
            "offen",
            "erledigt",
            "Erster Punkt mit snake_case und 2 * 3.",
            "Zweiter Punkt:",
            "Name",
            "Wert",
            "Größe | Breite",
            "5",
            "fett",
            "Ein Bild",
            "und mit HTML.",
            "Adresse:",
            "Haus am See",
            "Zürich",
            "Formel und.",
            "Begriff",
            "Erklärung",
            "Die Fußnote.",
        ]
    );
}

#[test]
fn what_is_not_translated_stays_byte_for_byte() {
    assert_unchanged(Kind::Markdown, DOCUMENT.as_bytes());
    assert_unchanged(Kind::Markdown, DOCUMENT.replace('\n', "\r\n").as_bytes());
    assert_unchanged(Kind::Markdown, DOCUMENT.trim_end().as_bytes());
}

#[test]
fn text_is_replaced_in_place() {
    for (german, english) in [
        ("# Titel *kurz* {#a .b}\n", "# TITEL *KURZ* {#a .b}\n"),
        ("Titel\n=====\n", "TITEL\n=====\n"),
        ("ein **fettes** _Wort_\n", "EIN **FETTES** _WORT_\n"),
        (
            "siehe [die Seite](a_b.md \"Titel\").",
            "SIEHE [DIE SEITE](a_b.md \"Titel\").",
        ),
        (
            "siehe [die Seite][x].\n\n[x]: y",
            "SIEHE [DIE SEITE][x].\n\n[x]: y",
        ),
        (
            "siehe [Seite].\n\n[seite]: y",
            "SIEHE [SEITE][Seite].\n\n[seite]: y",
        ),
        (
            "siehe [Seite][].\n\n[seite]: y",
            "SIEHE [SEITE][Seite].\n\n[seite]: y",
        ),
        ("ruft `f(x)` auf", "RUFT `f(x)` AUF"),
        (
            "eine Fußnote[^a].\n\n[^a]: so",
            "EINE FUSSNOTE[^a].\n\n[^a]: SO",
        ),
        (
            "bei <https://a.ch/b> und <a@b.ch>",
            "BEI <https://a.ch/b> UND <a@b.ch>",
        ),
        ("- [x] getan\n- [ ] offen", "- [x] GETAN\n- [ ] OFFEN"),
        (
            "| a | b \\| c |\n|---|:-:|\n| `d\\|e` | f |",
            "| A | B \\| C |\n|---|:-:|\n| `d\\|e` | F |",
        ),
        ("![ein Bild](b.png)", "![EIN BILD](b.png)"),
        ("[![ein Bild](b.png)](c)", "[![EIN BILD](b.png)](c)"),
        (
            "mit <kbd>Strg</kbd> und <b>fett</b>.",
            "MIT <kbd>Strg</kbd> UND <b>FETT</b>.",
        ),
        ("> [!NOTE]\n> ein Hinweis", "> [!NOTE]\n> EIN HINWEIS"),
        ("eins\\\nzwei", "EINS\\\nZWEI"),
        ("ein Wort &amp; A&nbsp;B &copy;", "EIN WORT & A B ©"),
    ] {
        assert_eq!(translated(Kind::Markdown, german, shout), english);
    }
}

#[test]
fn paragraphs_keep_their_width_and_line_prefix() {
    let german = "> Das ist ein Absatz, der in einem Zitat\n> über drei Zeilen geht, damit er\n\
                  > umbrochen wird.\n";
    let english = translated(Kind::Markdown, german, shout);
    assert_eq!(english.lines().count(), 3, "{english}");
    for line in english.lines() {
        assert!(
            line.starts_with("> ") && line.chars().count() <= 40,
            "{english}"
        );
    }
    let crlf = translated(Kind::Markdown, german.replace('\n', "\r\n"), shout);
    assert_eq!(crlf, english.replace('\n', "\r\n"));
}

/// Translates every unit to `text`.
fn translated_to(german: &str, text: &'static str) -> String {
    let unit = &mut |segment: markup::Segment| Some(markup::project(&segment, text, &[]));
    let english = fixture::rewritten(Kind::Markdown, german.as_bytes(), unit).expect("a file");
    String::from_utf8(english).expect("UTF-8")
}

#[test]
fn only_what_would_become_syntax_is_escaped() {
    for (text, written) in [
        ("2 * 3 and snake_case", "2 * 3 and snake_case"),
        ("1. May", "1\\. May"),
        ("2024) so", "2024\\) so"),
        ("# number", "\\# number"),
        ("- so", "\\- so"),
        ("> so", "\\> so"),
        ("*so*", "\\*so\\*"),
        ("a <b> c", "a \\<b\\> c"),
        ("a `b` c", "a \\`b\\` c"),
        ("AT&amp;T", "AT\\&amp;T"),
        ("AT&T 5 < 6", "AT&T 5 < 6"),
        ("[a](b)", "\\[a\\](b)"),
        ("[sic]", "[sic]"),
        ("C:\\dir", "C:\\dir"),
        ("a\\*b", "a\\\\\\*b"),
        ("a | b", "a | b"),
    ] {
        assert_eq!(translated_to("ein Text", text), written);
        let shown: String = Parser::new_ext(written, OPTIONS)
            .filter_map(|event| match event {
                Event::Text(text) => Some(text.to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(shown, text);
    }
    assert_eq!(translated_to("# ein Titel", "1. May #"), "# 1. May \\#");
    assert_eq!(
        translated_to("| a |\n|---|\n| b |", "1. a | b"),
        "| 1. a \\| b |\n|---|\n| 1. a \\| b |"
    );
    assert_eq!(
        translated_to("ein Text\n\n[sic]: x", "a [sic]"),
        "a \\[sic\\]\n\n[sic]: x"
    );
}

/// Returns the structure of a document, in capitals: its events without the text, and the text. A
/// label that is the text of its link becomes a label of its own.
fn structure(markdown: &str) -> (Vec<String>, String) {
    let mut events = Vec::new();
    let mut text = String::new();
    for event in Parser::new_ext(markdown, OPTIONS) {
        match event {
            Event::Text(part) => text.push_str(&part.to_uppercase()),
            Event::SoftBreak => {}
            event => {
                let event = format!("{event:?}").to_uppercase();
                let event = event.replace("SHORTCUT", "REFERENCE");
                events.push(event.replace("COLLAPSED", "REFERENCE"));
            }
        }
    }
    text.retain(|c| !c.is_whitespace());
    (events, text)
}

#[test]
fn a_translation_is_read_as_it_was_meant() {
    // Code stays as it is.
    let german = DOCUMENT.replace("HTML bleibt", "X").replace("Das ist", "X");
    let english = translated(Kind::Markdown, &german, shout);
    assert_eq!(structure(&english), structure(&german));
    for mark in ['*', '`', '[', ']', '|', '$'] {
        let count = |text: &str| text.matches(mark).count();
        assert_eq!(count(&english), count(&german), "{mark}");
    }
}

#[test]
fn marks_in_the_middle_of_words_become_html_if_need_be() {
    // No delimiter of Markdown ends between a punctuation mark and a letter.
    let glue: Translator = |words| vec![(0, format!("{}x", words.concat()))];
    let mut seen = Vec::new();
    let unit = &mut |segment: markup::Segment| {
        seen.push(segment.text.clone());
        let mut marked = translate(&segment, glue);
        marked.pieces = vec![
            markup::Piece::Open(0),
            markup::Piece::Text("(so)".to_owned()),
            markup::Piece::Close(0),
            markup::Piece::Text("x".to_owned()),
        ];
        Some(marked)
    };
    let english = fixture::rewritten(Kind::Markdown, b"**so** nicht", unit).expect("a file");
    assert_eq!(String::from_utf8_lossy(&english), "<strong>(so)</strong>x");
}

#[test]
fn hostile_files_take_no_time() {
    for part in [
        "*a ", "[", "![", "<b>", "</b>", "a`", "> ", "- ", "a\\\n", "**a** ", "[a](b) ", "|",
        "a b\n", "![a](b)", "\\*", "<b><i>x ", "a\n\n", "[a] ", "1. a\n", "$a$ ",
    ] {
        let text = format!("{} Ende\n\n[a]: x", part.repeat(20_000));
        assert_unchanged(Kind::Markdown, text.as_bytes());
        assert!(
            translated(Kind::Markdown, &text, shout).contains("ENDE"),
            "{part:?}"
        );
    }
}

#[test]
fn damaged_files_are_markdown_too() {
    assert_robust(Kind::Markdown, DOCUMENT.as_bytes());
    for damaged in fixture::mutations(DOCUMENT.as_bytes()) {
        if let Ok(german) = String::from_utf8(damaged)
            && !german.contains('\0')
        {
            let english = translated(Kind::Markdown, &german, shout);
            let (events, text) = structure(&german);
            let (english_events, english_text) = structure(&english);
            assert_eq!(english_events, events, "{german}");
            // Code, HTML and front matter are in the text too.
            assert_eq!(english_text.len(), text.len(), "{german}");
        }
    }
    let english = translated(Kind::Markdown, "ein **fettes** Wort", reverse);
    assert_eq!(english, "WORT **FETTES** EIN");
}
