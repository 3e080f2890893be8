//! Links between the words of a translation and those of its sentence.

use std::ops::Range;

use api::{SegmentEvent, WordLink};
use axum::Router;
use serde_json::json;

use crate::support::{events, json, post, ready};

/// Sentences with names, numbers and everything that changes a text on its way to the model.
const TEXT: &str = "\
Anna Keller wohnt seit 2019 mit ihrem Hund in Bern.
Am 24.12.2024 zahlte Herr Mu\u{308}ller 1'234.50 Franken an die Firma Huber.
- Frau Z&uuml;rcher schreibt an anna@example.ch und liest https://example.ch/a?b=1 am Montag.
\u{2022} Das ist 🙂 gut für Peter. Die Rechnung {nummer} von <b>Meier</b> ist vom 3. März 2024.
SEHR GEEHRTE FRAU KELLER, WIR BITTEN UM 5 MINUTEN GEDULD!
IBAN CH93 0076 2011 6238 5295 7\tTotal\t9.875 Euro\tFr. 2'500.–
Der Zug von Basel nach Luzern, der sonst immer pünktlich ist, hatte gestern wegen eines Unwetters bei Olten \
mehr als 45 Minuten Verspätung, und weil in Sursee noch 120 Reisende warteten, fuhr Frau Amstutz mit dem Bus \
nach Sempach, während ihr Bruder Thomas, der in Rothenburg wohnt und jeden Tag 35 Kilometer pendelt, zu Hause \
blieb, die Zeitung las, einen Kaffee trank, mit Herrn Odermatt telefonierte, um 14 Uhr den Arzt in Emmen \
besuchte und am Abend, als der Regen endlich aufgehört hatte, mit seinem Hund Bello an der Reuss spazieren \
ging, bis es dunkel wurde und er nach Hause zu seiner Frau Monika und den drei Kindern zurückkehrte, die \
schon lange auf ihn warteten.
";

async fn stream(app: &Router, body: String) -> Vec<SegmentEvent> {
    let answer = post(app, "/translate/stream", body).await;
    let segments = events(&answer.body);
    let segments = segments.into_iter().filter(|(name, _)| name == "segment");
    let segments = segments.map(|(_, event)| serde_json::from_value(event).unwrap());
    segments.collect()
}

async fn linked(app: &Router, text: &str) -> Vec<SegmentEvent> {
    stream(app, json!({ "text_de": text, "links": true }).to_string()).await
}

/// Returns the events without their links.
fn plain(events: &[SegmentEvent]) -> Vec<SegmentEvent> {
    let plain = events.iter().cloned().map(|event| SegmentEvent {
        links: Vec::new(),
        ..event
    });
    plain.collect()
}

/// Returns the words of a text as a reader sees them, without the punctuation around them.
fn words(text: &str) -> Vec<&str> {
    let words = text.split_whitespace();
    let words = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    words.filter(|word| !word.is_empty()).collect()
}

/// Returns the part of a text at `range`, which must be words.
fn part<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    let part = text.get(range.clone()).expect("between characters");
    assert!(
        !part.is_empty() && part.trim() == part,
        "{part:?} of {text:?}"
    );
    let cuts = |at: usize| {
        text[..at].ends_with(char::is_alphanumeric) && text[at..].starts_with(char::is_alphanumeric)
    };
    assert!(
        !cuts(range.start) && !cuts(range.end),
        "{part:?} of {text:?}"
    );
    part
}

#[tokio::test]
async fn every_link_is_between_words_and_what_is_equal_is_linked_with_itself() {
    let app = ready().await;
    let mut equal = 0;
    for event in linked(&app, TEXT).await {
        let (source, target) = (&TEXT[event.start..event.end], &*event.translation);
        let mut last = 0;
        for WordLink {
            target: word,
            source: from,
            percent,
        } in &event.links
        {
            part(target, word);
            part(source, from);
            assert!((10..=100).contains(percent));
            assert!(word.start >= last, "in order");
            last = word.start;
        }
        let (sources, targets) = (words(source), words(target));
        for word in &targets {
            let count = |words: &[&str]| words.iter().filter(|other| other == &word).count();
            let is_copied = word.contains(|c: char| c.is_numeric() || c.is_uppercase());
            if !is_copied || (count(&sources), count(&targets)) != (1, 1) {
                continue;
            }
            let found = event
                .links
                .iter()
                .find(|link| part(target, &link.target) == *word);
            let Some(link) = found else {
                assert!(
                    word.contains("://"),
                    "only an address is several words: {word}"
                );
                continue;
            };
            assert_eq!(part(source, &link.source), *word, "{source}\n{target}");
            equal += 1;
        }
    }
    assert!(equal >= 20, "{equal} words");
}

#[tokio::test]
async fn links_change_no_translation_and_are_the_same_from_the_cache() {
    let (app, other) = (ready().await, ready().await);
    let without = stream(&app, json(TEXT)).await;
    // Translated without links before, and then translated with them.
    let first = linked(&app, TEXT).await;
    let second = linked(&app, TEXT).await;
    assert_eq!(first, second);
    assert_eq!(linked(&other, TEXT).await, first);
    for events in [&without, &first] {
        assert_eq!(plain(events), without);
    }
    assert_eq!(stream(&app, json(TEXT)).await, without);
    assert!(
        first.iter().all(|event| !event.links.is_empty()),
        "{first:?}"
    );
}

#[tokio::test]
async fn words_of_plain_sentences_are_linked_with_their_translations() {
    let text = "Das alte Haus ist rot. Der Hund schläft. Wir trinken heute Abend Wein.";
    let pairs = [
        [("old", "alte"), ("house", "Haus"), ("red", "rot")].as_slice(),
        &[("dog", "Hund")],
        &[("wine", "Wein")],
    ];
    let events = linked(&ready().await, text).await;
    assert_eq!(events.len(), pairs.len());
    for (event, pairs) in events.iter().zip(pairs) {
        let source = &text[event.start..event.end];
        for (english, german) in pairs {
            let mut links = event.links.iter();
            let link = links.find(|link| part(&event.translation, &link.target) == *english);
            let link = link.unwrap_or_else(|| panic!("{english}: {event:?}"));
            assert_eq!(part(source, &link.source), *german, "{event:?}");
        }
    }
}

#[tokio::test]
async fn a_sentence_over_several_lines_has_no_links() {
    let text = "Die Kran-\nkenkasse zahlt. Anna wohnt in Bern.";
    let events = linked(&ready().await, text).await;
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].links.is_empty() && !events[1].links.is_empty());
}
