//! HTML and XHTML.

use std::convert::Infallible;

use markup::{Marked, Piece, html, xhtml};

use crate::{certain, dictionary, units};

/// Returns HTML with units replaced by a dictionary.
pub(crate) fn replaced(source: &str, texts: &[(&str, &str)]) -> String {
    certain(html(source, dictionary(texts)))
}

pub(crate) fn html_units(source: &str) -> Vec<String> {
    units(|unit| html(source, unit))
}

const PAGE: &str = r#"<!DOCTYPE html>
<HTML lang=de><head>
<meta charset="iso-8859-1"><title>Über &amp; uns</title>
<meta name="description" content="Alles über uns">
<meta name="viewport" content="Nicht dies">
<style>p > b { color: red }</style><script>if (a < b) { "<p>Text</p>" }</script>
</head><body class='x'>
<!-- Ein Kommentar -->
<h1>Willkommen</h1>
<p>Ein <b>rotes</b> Haus &uuml;ber&shy;all, 5&nbsp;kg &lt;script&gt;
  in zwei Zeilen.<p>Ohne Ende<ul><li>Eins<li>Zwei</ul>
<table><tr><td>Zelle<td>Zelle zwei</table>
<img src="a.png" alt='Ein "Bild"' title=Titel>
<pre>
  Zeile eins
Zeile zwei</pre>
<textarea placeholder="Ihr Name">Nicht dies</textarea>
<input type="button" value="Senden"><input value="Nicht dies">
 Schluss <!-- so --></body></HTML>
"#;

#[test]
fn a_page_has_these_units() {
    assert_eq!(
        html_units(PAGE),
        [
            "Über & uns",
            "Alles über uns",
            "Willkommen",
            "Ein rotes Haus überall, 5\u{a0}kg <script> in zwei Zeilen.",
            "Ohne Ende",
            "Eins",
            "Zwei",
            "Zelle",
            "Zelle zwei",
            "Ein \"Bild\"",
            "Titel",
            "Zeile eins",
            "Zeile zwei",
            "Ihr Name",
            "Senden",
            "Schluss",
        ]
    );
}

#[test]
fn what_is_not_translated_stays_byte_for_byte() {
    let identity = |segment| Ok::<_, Infallible>(Some(Marked::untranslated(&segment)));
    for source in [
        PAGE,
        "",
        "nur Text",
        "a < b & c &unbekannt; &amp &#x41; > \u{a0} \r\n <",
        "Text <b>ohne Ende",
        "Text <a href=\"x",
        "<b>Ein <i>falsch</b> genistetes</i> Haus</p></b>",
        "<!-- offen",
        "<script>offen",
        "<p>Eins<br>Zwei<br/>drei<br>\n<br>Vier</p>",
        "</",
        "<![CDATA[x]]> Text </> <? php ?>",
    ] {
        assert_eq!(certain(html(source, identity)), source);
        assert_eq!(certain(html(source, |_| Ok::<_, Infallible>(None))), source);
        assert_eq!(certain(xhtml(source, identity)), source);
    }
}

#[test]
fn everything_around_a_translation_stays() {
    let page = replaced(
        PAGE,
        &[
            ("Über & uns", "About <us> & more"),
            ("Willkommen", "Welcome"),
            (
                "Ein rotes Haus überall, 5\u{a0}kg <script> in zwei Zeilen.",
                "One red house, 5\u{a0}kg <script>",
            ),
            ("Ein \"Bild\"", "A 'picture' & \"more\""),
            ("Titel", "Title"),
            ("Zeile eins", "Line  one"),
            ("Senden", "Send"),
            ("Schluss", "End"),
        ],
    );
    let expected = PAGE
        .replace("Über &amp; uns", "About &lt;us&gt; &amp; more")
        .replace("Willkommen", "Welcome")
        .replace(
            "Ein <b>rotes</b> Haus &uuml;ber&shy;all, 5&nbsp;kg &lt;script&gt;\n  in zwei Zeilen.",
            "One <b>red</b> house, 5&nbsp;kg &lt;script&gt;",
        )
        .replace(
            r#"alt='Ein "Bild"'"#,
            r#"alt='A &#39;picture&#39; &amp; "more"'"#,
        )
        .replace("title=Titel", "title=\"Title\"")
        .replace("Zeile eins", "Line  one")
        .replace("Senden", "Send")
        .replace("Schluss", "End");
    assert_eq!(page, expected);
}

#[test]
fn an_error_ends_the_walk() {
    let mut count = 0;
    let result = html(PAGE, |_| {
        count += 1;
        if count == 3 {
            Err("too much")
        } else {
            Ok(None)
        }
    });
    assert_eq!((result, count), (Err("too much"), 3));
}

#[test]
fn inline_elements_do_not_split_and_others_do() {
    for name in [
        "a", "abbr", "b", "em", "span", "sub", "u", "label", "q", "time",
    ] {
        let source = format!("Ein <{name}>rotes</{name}> Haus");
        assert_eq!(html_units(&source), ["Ein rotes Haus"], "{name}");
    }
    for name in [
        "p",
        "div",
        "h1",
        "li",
        "td",
        "button",
        "option",
        "section",
        "my-element",
    ] {
        let source = format!("Ein <{name}>rotes</{name}> Haus");
        assert_eq!(html_units(&source), ["Ein", "rotes", "Haus"], "{name}");
    }
    for name in ["img", "input", "wbr"] {
        let source = format!("Ein rotes<{name}> Haus");
        assert_eq!(html_units(&source), ["Ein rotes Haus"], "{name}");
    }
}

#[test]
fn code_and_the_like_are_kept() {
    for name in [
        "code", "kbd", "samp", "var", "acronym", "math", "script", "template",
    ] {
        let source = format!("Der <{name}>alte <b>Text</b></{name}> bleibt");
        assert_eq!(html_units(&source), ["Der bleibt"], "{name}");
    }
    for name in ["dir", "noframes"] {
        let source = format!("Der <{name}>alte <b>Text</b></{name}> bleibt");
        assert_eq!(html_units(&source), ["Der", "bleibt"], "{name}");
    }
    let source = "<p>Der <code>offene Text</p><p>Zwei <math><math/><mi>T</mi></math>drei</p>";
    assert_eq!(html_units(source), ["Der", "Zwei drei"]);
}

#[test]
fn drawings_and_films_have_texts_of_their_own() {
    let source = "<p>Der <b>Umsatz <svg width=9><style>.a{}</style><title>Bild</title><text>Erstes <tspan>Jahr</tspan></text>\
        <svg/></svg>stieg</b>.<p>Ein <video><source src=x>Kein Film<p>hier</video> Film<svg><text>Ende";
    assert_eq!(
        html_units(source),
        [
            "Bild",
            "Erstes",
            "Jahr",
            "Der Umsatz stieg.",
            "Kein Film",
            "hier",
            "Ende",
            "Ein Film"
        ]
    );
    let texts = [
        ("Bild", "Picture"),
        ("Jahr", "year"),
        ("Kein Film", "No film"),
        ("Ende", "End"),
    ];
    let mut expected = source.to_owned();
    for (german, english) in texts {
        expected = expected.replace(german, english);
    }
    assert_eq!(replaced(source, &texts), expected);
}

#[test]
fn preformatted_text_ends_with_the_element_around_it() {
    let source = "<div><pre>eins\nzwei</div><p>drei\nvier</p></pre><p>fünf\nsechs</p>";
    assert_eq!(
        html_units(source),
        ["eins", "zwei", "drei vier", "fünf sechs"]
    );
    // A stray end tag ends nothing.
    assert_eq!(html_units("<pre>eins</div>\nzwei"), ["eins", "zwei"]);
    let many = "<div>".repeat(10_000) + "<pre>eins\nzwei</pre>drei\nvier";
    assert_eq!(html_units(&many), ["eins", "zwei", "drei vier"]);
}

#[test]
fn authors_decide_what_is_translated() {
    for attribute in [
        "translate=no",
        "translate='NO'",
        "class='a notranslate'",
        "lang=en-GB",
    ] {
        let source = format!("Der <b {attribute}>alte <b>Text</b></b> bleibt");
        assert_eq!(html_units(&source), ["Der bleibt"], "{attribute}");
        let source = format!("Der <p {attribute} title=Titel>alte <p>Text</p>");
        assert_eq!(html_units(&source), ["Der", "Text"], "{attribute}");
        let source = format!("<div {attribute}>alt<div>alt</div></p>alt</div>Text");
        assert_eq!(html_units(&source), ["Text"], "{attribute}");
        let source = format!("<ul><li {attribute}>alt<ul><li>alt</ul><li>neu</ul>Text");
        assert_eq!(html_units(&source), ["neu", "Text"], "{attribute}");
        let source = format!("<html {attribute}><body {attribute}>Text");
        assert_eq!(html_units(&source), ["Text"], "{attribute}");
    }
    for attribute in [
        "translate=yes",
        "class='translate'",
        "lang=de-CH",
        "lang=''",
    ] {
        let source = format!("Der <b {attribute}>Text</b>");
        assert_eq!(html_units(&source), ["Der Text"], "{attribute}");
    }
}

#[test]
fn attributes_are_units() {
    for source in [
        "<p title=Text>",
        "<img alt='Text'>",
        "<AREA ALT=Text>",
        "<input placeholder=\"Text\">",
        "<th abbr=Text>",
        "<optgroup label=Text>",
        "<track label=Text>",
        "<b aria-label=Text>",
        "<a download=Text>",
        "<input type=RESET value=Text>",
        "<meta name=Keywords content=Text>",
        "<div title=Text title2=x>",
    ] {
        assert_eq!(html_units(source), ["Text"], "{source}");
        let translated = replaced(source, &[("Text", "it's \"A\" & B")]);
        let escaped = if source.contains("'Text'") {
            "'it&#39;s \"A\" &amp; B'"
        } else {
            "\"it's &quot;A&quot; &amp; B\""
        };
        let expected = source.replace("\"Text\"", "Text").replace("'Text'", "Text");
        assert_eq!(translated, expected.replace("Text", escaped), "{source}");
    }
    for source in [
        "<p alt=Text>",
        "<input value=Text>",
        "<input type=submit value=Text>",
        "<meta name=author content=Text>",
        "<a href=Text>",
        "<p title>",
        "<p title=''>",
        "<p title='5 &ndash; 6'>",
    ] {
        let units = html_units(source);
        assert!(!units.contains(&"Text".to_owned()), "{source}");
        assert_eq!(replaced(source, &[]), source);
    }
}

#[test]
fn an_attribute_comes_before_the_text_around_it() {
    let source = "Ein <img alt='Bild' src=x> hier";
    assert_eq!(html_units(source), ["Bild", "Ein hier"]);
    assert_eq!(
        replaced(source, &[("Bild", "Picture")]),
        "Ein <img alt='Picture' src=x> hier"
    );
    assert_eq!(
        replaced(source, &[("Bild", "Picture"), ("Ein hier", "One here")]),
        "One <img alt='Picture' src=x> here"
    );
}

#[test]
fn line_breaks_split_except_in_a_sentence() {
    assert_eq!(
        html_units("Hans Muster<br>Bahnhofstrasse 1<br>8400 Winterthur"),
        ["Hans Muster", "Bahnhofstrasse 1", "8400 Winterthur"]
    );
    assert_eq!(html_units("Ein Haus<br>am See"), ["Ein Haus am See"]);
    assert_eq!(html_units("Ein Haus.<br>am See"), ["Ein Haus.", "am See"]);
    assert_eq!(html_units("Ein Haus<br><br>am See"), ["Ein Haus", "am See"]);
    assert_eq!(
        html_units("Ein <b>Haus<br/>\n&uuml;ber</b> dem See"),
        ["Ein Haus über dem See"]
    );
    assert_eq!(
        replaced(
            "<b>Ein Haus <br> am See</b>",
            &[("Ein Haus am See", "A house near lake")]
        ),
        "<b>A house <br> near lake</b>"
    );
    assert_eq!(
        replaced(
            "<b>Eins<br>Zwei</b><br>\n",
            &[("Eins", "One"), ("Zwei", "Two")]
        ),
        "<b>One<br>Two</b><br>\n"
    );
}

#[test]
fn white_space_at_the_ends_stays() {
    assert_eq!(
        replaced("<p>\n\t Eins &nbsp;\r\n</p>", &[("Eins", "One")]),
        "<p>\n\t One &nbsp;\r\n</p>"
    );
    assert_eq!(
        replaced("<p>\n <b> Eins </b>\n</p>", &[("Eins", "One")]),
        "<p>\n <b>One</b>\n</p>"
    );
}

#[test]
fn marks_that_cross_stay_where_they_are() {
    assert_eq!(
        replaced(
            "<b>eins <i>zwei</b> drei</i> vier",
            &[("eins zwei drei vier", "one two three four")]
        ),
        "<b>one <i>two</b> three</i> four"
    );
    assert_eq!(
        replaced("eins</b> zwei <p>drei", &[("eins zwei", "one two")]),
        "one</b> two <p>drei"
    );
}

#[test]
fn elements_without_text_are_kept_with_their_content() {
    assert_eq!(
        replaced(
            "eins <a href=x>\n<img src=y> </a> zwei <b> </b>drei",
            &[("eins zwei drei", "one two three")]
        ),
        "one <a href=x><img src=y></a> two <b></b>three"
    );
}

#[test]
fn comments_and_scripts_do_not_split() {
    let texts = [("Ein Haus", "A house")];
    assert_eq!(
        replaced("Ein <!-- rotes -->Haus", &texts),
        "A <!-- rotes -->house"
    );
    assert_eq!(
        replaced("Ein <script>'</b>'</script> Haus", &texts),
        "A <script>'</b>'</script> house"
    );
}

#[test]
fn a_translation_never_becomes_markup() {
    let evil = "<script>alert(1)</script> & \"<img src=x onerror=y>\"";
    let source = "<p title='Text'>Text</p><pre>Text</pre><title>Text</title>";
    let page = replaced(source, &[("Text", evil)]);
    assert!(
        !page.contains("<script") && !page.contains("<img"),
        "{page}"
    );
    assert_eq!(html_units(&page), [evil; 4]);
}

#[test]
fn unknown_ids_are_ignored() {
    let page = html("Ein <b>Haus</b>", |_| {
        let pieces = vec![Piece::Open(99), Piece::Point(98), Piece::Close(97)];
        Ok::<_, Infallible>(Some(Marked { pieces }))
    });
    assert_eq!(certain(page), "");
}

#[test]
fn xhtml_has_the_syntax_of_xml() {
    let source = "<?xml version='1.0'?><html xmlns='x'><head><script>//<![CDATA[\nif (a < b)\n//]]></script></head>\
        <body><p>Ein<a id='x'/> rotes &custom; <![CDATA[H&aus]]><br></br>Und <img alt='Bild &c;' title='Titel'/>so</p><script/>Ende</body></html>";
    assert_eq!(
        units(|unit| xhtml(source, unit)),
        ["Titel", "Ein rotes H&aus", "Und so", "Ende"]
    );
    let translated = certain(xhtml(
        source,
        dictionary(&[
            ("Ein rotes H&aus", "A red H&ouse\u{a0}"),
            ("Titel", "Title"),
        ]),
    ));
    let expected = source
        .replace(
            "Ein<a id='x'/> rotes &custom; <![CDATA[H&aus]]>",
            "A<a id='x'/> red &custom; H&amp;ouse\u{a0}",
        )
        .replace("Titel", "Title");
    assert_eq!(translated, expected);
}
