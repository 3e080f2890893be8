//! Properties of every segment and every source.

use std::convert::Infallible;

use markup::{Builder, Link, MarkKind, Marked, Segment, XmlRules, html, project, xhtml, xml};
use proptest::prelude::*;

/// A step of building a segment.
#[derive(Clone, Debug)]
enum Step {
    Text(String),
    Open(bool),
    Close,
    Point(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => word().prop_map(Step::Text),
        3 => "[ \u{a0}\n.,(„“]{1,2}".prop_map(Step::Text),
        2 => any::<bool>().prop_map(Step::Open),
        2 => Just(Step::Close),
        1 => any::<bool>().prop_map(Step::Point),
    ];
    prop::collection::vec(step, 0..40)
}

/// A word of a few, so that some are in both languages.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}",
        prop::sample::select(vec![
            "Haus", "the", "der", "H2O", "1'234.50", "1,234.50", "Größe", "漢字", " "
        ])
        .prop_map(str::to_owned),
    ]
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => word(), 3 => Just(" ".to_owned()), 1 => "[.,(“ ]{1,2}"];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// Links in percent of the lengths of the texts, some of them outside or inside characters.
fn links() -> impl Strategy<Value = Vec<[u8; 5]>> {
    prop::collection::vec(prop::array::uniform5(0..110_u8), 0..40)
}

fn build(steps: Vec<Step>, collapses: bool) -> Segment {
    let mut builder = if collapses {
        Builder::collapsing()
    } else {
        Builder::new()
    };
    let mut open = Vec::new();
    for (id, step) in (0..).zip(steps) {
        match step {
            Step::Text(text) => builder.text(&text),
            Step::Open(is_link) => {
                let kind = if is_link {
                    MarkKind::Link
                } else {
                    MarkKind::Style
                };
                builder.open(id, kind);
                open.push(id);
            }
            Step::Close => {
                if let Some(id) = open.pop() {
                    builder.close(id);
                }
            }
            Step::Point(is_word) => builder.point(id, is_word),
        }
    }
    builder.finish()
}

fn scaled(links: &[[u8; 5]], source: &str, translation: &str) -> Vec<Link> {
    let range = |text: &str, start: u8, length: u8| {
        let start = text.len() * usize::from(start) / 100;
        start..start + text.len() * usize::from(length) / 500
    };
    links
        .iter()
        .map(|&[target, target_length, from, from_length, weight]| Link {
            target: range(translation, target, target_length),
            source: range(source, from, from_length),
            weight,
        })
        .collect()
}

/// Pieces of HTML and XML, in any order.
fn sources() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => word(),
        2 => "[ \n]{1,3}",
        8 => prop::sample::select(vec![
            "<b>", "</b>", "<i>", "</i>", "<a href='x' title='Ein Titel'>", "</a>", "<p>", "</p>",
            "<br>", "<br/>", "<img alt=Bild>", "<sup>", "</sup>", "<code>", "</code>", "<pre>",
            "</pre>", "<svg>", "</svg>", "<title>", "</title>", "<script>", "</script>", "<!--",
            "-->", "<![CDATA[", "]]>", "<?", "?>", "<!DOCTYPE", "&amp;", "&uuml;", "&x;", "&", "<",
            ">", "</", "/>", "'", "\"", "=", "<li translate=no>", "</li>", "&nbsp;", "\r\n", "ä",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn segments_are_sound(steps in steps(), collapses: bool) {
        let segment = build(steps, collapses);
        let text = &segment.text;
        for mark in &segment.marks {
            let marked = &text[mark.range.clone()];
            prop_assert!(!marked.is_empty() && marked.trim() == marked);
        }
        prop_assert!(segment.marks.is_sorted_by_key(|mark| (mark.range.start, std::cmp::Reverse(mark.range.end))));
        for (a, b) in segment.marks.iter().zip(segment.marks.iter().skip(1)) {
            prop_assert!(b.range.end <= a.range.end || a.range.end <= b.range.start);
        }
        prop_assert!(segment.points.is_sorted_by_key(|point| point.at));
        prop_assert!(segment.points.iter().all(|point| text.is_char_boundary(point.at)));
        prop_assert!(!text.contains(['\n', '\r']));
        if collapses {
            prop_assert_eq!(text.trim(), text);
            let mut characters = text.chars().zip(text.chars().skip(1));
            prop_assert!(characters.all(|(a, b)| !a.is_whitespace() || !b.is_whitespace()));
        }
        prop_assert!(Marked::untranslated(&segment).is_faithful(&segment, text));
    }

    #[test]
    fn projection_keeps_everything(
        steps in steps(),
        collapses: bool,
        translation in texts(),
        links in links(),
    ) {
        let segment = build(steps, collapses);
        let links = scaled(&links, &segment.text, &translation);
        let marked = project(&segment, &translation, &links);
        prop_assert!(marked.is_faithful(&segment, &translation), "{:?}", marked);
    }

    #[test]
    fn the_same_text_is_not_changed(words in prop::collection::vec(("[A-Z][a-z]{1,5}", 0..8_u8), 1..12)) {
        let mut builder = Builder::collapsing();
        let mut open = Vec::new();
        for (id, (word, step)) in (0..).zip(&words) {
            builder.text(" ");
            match step {
                0 | 1 => {
                    builder.open(id, MarkKind::Link);
                    open.push(id);
                }
                2 => builder.point(id, true),
                _ => {}
            }
            builder.text(word);
            match step {
                3 => builder.point(id, false),
                4 => open.drain(..).for_each(|id| builder.close(id)),
                5 => open.pop().into_iter().for_each(|id| builder.close(id)),
                _ => {}
            }
        }
        let segment = builder.finish();
        let mut at = 0;
        let links: Vec<Link> = segment
            .text
            .split(' ')
            .map(|word| {
                let range = at..at + word.len();
                at = range.end + 1;
                Link { target: range.clone(), source: range, weight: 100 }
            })
            .collect();
        prop_assert_eq!(project(&segment, &segment.text, &links), Marked::untranslated(&segment));
    }

    #[test]
    fn sources_without_translation_stay(source in sources()) {
        let identity = |segment: Segment| Ok::<_, Infallible>(Some(Marked::untranslated(&segment)));
        let same = Ok(source.clone());
        prop_assert_eq!(&html(&source, identity), &same);
        prop_assert_eq!(&xhtml(&source, identity), &same);
        prop_assert_eq!(xml(&source, &XmlRules::default(), identity).ok(), same.ok());
    }

    #[test]
    fn tags_are_never_lost(source in sources(), translation in texts()) {
        // In a title or CDATA, tags are text.
        prop_assume!(!source.contains("<title") && !source.contains("<![CDATA["));
        let unit = |segment: Segment| Ok::<_, Infallible>(Some(project(&segment, &translation, &[])));
        let count = |text: &str, tag: &str| text.matches(tag).count();
        for translated in [html(&source, unit), xhtml(&source, unit)] {
            let translated = translated.unwrap_or_default();
            for tag in ["<b>", "</b>", "<a href='x'", "</a>", "<img", "<p>", "</sup>", "<br>", "</pre>"] {
                prop_assert!(count(&translated, tag) >= count(&source, tag), "{}", translated);
            }
        }
    }
}
