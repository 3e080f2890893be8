//! XML.

use std::convert::Infallible;

use markup::{Marked, XmlError, XmlRules, xml};

use crate::{dictionary, units};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn xml_units(source: &str, rules: &XmlRules) -> Vec<String> {
    units(|unit| xml(source, rules, unit))
}

fn replaced(source: &str, rules: &XmlRules, texts: &[(&str, &str)]) -> String {
    xml(source, rules, dictionary(texts)).expect("it is translated")
}

const DOCUMENT: &str = "<?xml version=\"1.0\"?>
<!DOCTYPE doc [<!ENTITY firma \"<b>X</b>\">]>
<doc>
  <title>Der Titel</title>
  <par>Ein <b>rotes</b> Haus von &firma; <i><u>am</u></i> See &amp; Wald</par>
  <par><b>Fett</b> <i>Kursiv</i></par>
</doc>
";

#[test]
fn elements_beside_text_are_inline() {
    assert_eq!(
        xml_units(DOCUMENT, &XmlRules::default()),
        [
            "Der Titel",
            "Ein rotes Haus von am See & Wald",
            "Fett",
            "Kursiv"
        ]
    );
    assert_eq!(
        xml_units("Ein <x>rotes</x> Haus", &XmlRules::default()),
        ["Ein rotes Haus"]
    );
}

#[test]
fn lists_win() {
    let rules = XmlRules {
        splitting: names(&["b"]),
        non_splitting: names(&["title", "par", "i"]),
        ..XmlRules::default()
    };
    assert_eq!(
        xml_units("Ein <b>rotes</b> Haus", &rules),
        ["Ein", "rotes", "Haus"]
    );
    assert_eq!(
        xml_units("<a><i>Ein</i> <i>Haus</i></a>", &rules),
        ["Ein Haus"]
    );
    let rules = XmlRules {
        splitting: names(&["p"]),
        outline_detection: false,
        ..XmlRules::default()
    };
    assert_eq!(
        xml_units("<p><a>Ein</a> <a>Haus</a></p><p>Zwei</p>", &rules),
        ["Ein Haus", "Zwei"]
    );
}

#[test]
fn ignored_elements_are_points() {
    let rules = XmlRules {
        ignore: names(&["x"]),
        ..XmlRules::default()
    };
    assert_eq!(
        replaced(
            "Hallo <x id=\"7\"></x>, wie geht es <x id='8'>Frau <x/>&a;</x>?",
            &rules,
            &[("Hallo, wie geht es?", "Hello, how is?")]
        ),
        "Hello <x id=\"7\"></x>, how is <x id='8'>Frau <x/>&a;</x>?"
    );
    let mut word = Vec::new();
    let result = xml("Hallo <x>Welt</x> und <x> </x> so", &rules, |segment| {
        word.extend(segment.points.iter().map(|point| point.is_word));
        Ok::<_, Infallible>(None)
    });
    assert!(result.is_ok());
    assert_eq!(word, [true, false]);
}

#[test]
fn an_element_with_attributes_stays_one() {
    let mut kinds = Vec::new();
    let result = xml(
        "Ein <g id='1'>rotes</g> <b>Haus</b>",
        &XmlRules::default(),
        |segment| {
            kinds.extend(segment.marks.iter().map(|mark| mark.kind));
            Ok::<_, Infallible>(None)
        },
    );
    assert!(result.is_ok());
    assert_eq!(kinds, [markup::MarkKind::Link, markup::MarkKind::Style]);
}

#[test]
fn lines_are_units_unless_a_sentence_goes_on() {
    assert_eq!(
        xml_units(
            "Zeile eins\nZeile zwei\r\ngeht weiter.\n\nEnde",
            &XmlRules::default()
        ),
        ["Zeile eins", "Zeile zwei geht weiter.", "Ende"]
    );
    assert_eq!(
        replaced(
            "\n Eins\r\n\tZwei \n",
            &XmlRules::default(),
            &[("Eins", "One"), ("Zwei", "Two")]
        ),
        "\n One\r\n\tTwo \n"
    );
}

#[test]
fn text_is_escaped_and_unknown_entities_stay() {
    assert_eq!(
        replaced(
            "<a>Ein Haus &#220;ber &uuml; &lt; &firma;</a>",
            &XmlRules::default(),
            &[("Ein Haus Über ü <", "One <b> & house")]
        ),
        "<a>One &lt;b&gt; &amp; house &firma;</a>"
    );
}

#[test]
fn ill_formed_xml_is_an_error_only_if_strict() {
    let strict = XmlRules {
        strict: true,
        ..XmlRules::default()
    };
    for source in [
        "<a>Text",
        "Text</a>",
        "<a><b>Text</a></b>",
        "<a>Text & mehr</a>",
        "<a>Text < mehr</a>",
        "<a x=1>Text</a>",
        "<a x>Text</a>",
        "<a x='1' x='2'>Text</a>",
        "<a x='<'>Text</a>",
        "<a x='&'>Text</a>",
        "<a>Text</a x='1'>",
        "<!-- Text",
        "<![CDATA[Text",
        "<?pi Text",
        "<a>Text</a><b",
        "<!x>Text",
    ] {
        let refused = xml(source, &strict, |_| Ok::<_, Infallible>(None));
        assert_eq!(refused, Err(XmlError::IllFormed), "{source}");
        let kept = xml(source, &XmlRules::default(), |segment| {
            Ok::<_, Infallible>(Some(Marked::untranslated(&segment)))
        });
        assert_eq!(kept.as_deref(), Ok(source));
    }
    for source in [
        DOCUMENT,
        "",
        "Text <b/> &amp; &x; &#10; > <a x='1' y=\"&lt;\">&#xA;</a >",
        "<!----><![CDATA[<&]]><ä:ö/>",
    ] {
        let kept = xml(source, &strict, |_| Ok::<_, Infallible>(None));
        assert_eq!(kept.as_deref(), Ok(source));
    }
}

#[test]
fn errors_of_units_are_passed_on() {
    let result = xml("Text", &XmlRules::default(), |_| Err("no"));
    assert_eq!(result, Err(XmlError::Unit("no")));
}

#[test]
fn new_lines_end_units_or_are_spaces() {
    let source = "<p>Eins\nZwei\r\n\r\nDrei</p>";
    let mut rules = XmlRules::default();
    assert_eq!(xml_units(source, &rules), ["Eins", "Zwei", "Drei"]);
    rules.new_lines = false;
    assert_eq!(xml_units(source, &rules), ["Eins Zwei Drei"]);
}
