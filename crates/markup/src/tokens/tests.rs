use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Dialect, Token, Tokens};
use crate::entities::{decode, decode_attribute};

/// What two tokenizers of HTML have to agree on.
#[derive(Debug, PartialEq)]
enum Event {
    Text(String),
    Start(String, BTreeMap<String, String>),
    End(String),
}

fn add_text(events: &mut Vec<Event>, text: &str) {
    match events.last_mut() {
        Some(Event::Text(last)) => last.push_str(text),
        _ => events.push(Event::Text(text.to_owned())),
    }
}

fn ours(source: &str) -> Vec<Event> {
    let mut events = Vec::new();
    for token in Tokens::new(source, Dialect::Html) {
        match token {
            Token::Text(text) => add_text(&mut events, &decode(text)),
            Token::Start(tag) => {
                let mut attributes = BTreeMap::new();
                for attribute in tag.attributes() {
                    let value = decode_attribute(attribute.value).into_owned();
                    attributes
                        .entry(attribute.name.to_ascii_lowercase())
                        .or_insert(value);
                }
                events.push(Event::Start(tag.name.into_owned(), attributes));
            }
            Token::End(tag) => events.push(Event::End(tag.name.into_owned())),
            Token::Cdata(_) => {}
            // A script or style; comments and what is cut off is no event.
            Token::Other(text) => {
                if let Some(Event::Start(name, _)) = events.last()
                    && super::RAW.contains(&name.as_str())
                {
                    add_text(&mut events, text);
                }
            }
        }
    }
    events
}

fn theirs(source: &str) -> Vec<Event> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut emitter = html5gum::DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut events = Vec::new();
    for token in html5gum::Tokenizer::new_with_emitter(source, emitter) {
        let Ok(token) = token;
        match token {
            html5gum::Token::String(string) => add_text(&mut events, &text(&string)),
            html5gum::Token::StartTag(tag) => {
                let attributes = tag.attributes.iter();
                let attributes = attributes.map(|(name, value)| (text(name), text(value)));
                events.push(Event::Start(text(&tag.name), attributes.collect()));
            }
            html5gum::Token::EndTag(tag) => events.push(Event::End(text(&tag.name))),
            _ => {}
        }
    }
    events
}

/// Pieces of HTML, in any order. No foreign elements: html5gum leaves these to a tree builder.
fn sources() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-zäß =/\"'<>&;!?-]{1,3}",
        5 => prop::sample::select(vec![
            "<b>", "</B>", "<a ", "href=", "'x y'", "\"<&amp;>\"", "&ltx=", "x='&copy=1&copy;'", "/>",
            ">", "<br/>", "<script>", "</script>", "</SCRIPT >", "<!--", "-->", "--!>", "<!-->", "<!--->",
            "<style>", "</style>", "<title>", "</title>", "</titlex>", "<textarea>", "</textarea/>",
            "<plaintext>", "&uuml;", "&notit;", "&#x41", "&#0;", "&unknown;", "<!doctype html>", "<?pi?>",
            "</>", "</ x>", "<![CDATA[x]]>", "<1", "<xmp>", "</xmp\n>", "=", " = ", "\n", "\t",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..25).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn tokens_are_those_of_html5gum(source in sources()) {
        prop_assert_eq!(ours(&source), theirs(&source));
    }

    #[test]
    fn tokens_are_the_source(source in sources()) {
        for dialect in [Dialect::Html, Dialect::Xml] {
            let together: String = Tokens::new(&source, dialect)
                .map(|token| match token {
                    Token::Text(text) | Token::Cdata(text) | Token::Other(text) => text,
                    Token::Start(tag) | Token::End(tag) => tag.source,
                })
                .collect();
            prop_assert_eq!(&together, &source);
        }
    }
}
