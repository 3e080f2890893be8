//! Marks in a text: what readers are told of a sentence that has flags.

use std::fmt::Write as _;

use api::Flag;

use crate::pages::Count;

/// What readers are told of the sentences that have a flag.
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    /// Class of the sentence, for the style sheet.
    class: &'static str,
    /// Title of the sentence.
    title: &'static str,
    /// The line at the end of the page, after the number of sentences: of one, and of several.
    line: [&'static str; 2],
}

const POOR: Mark = Mark {
    class: "poor",
    title: "The model repeated itself here: this sentence may be translated poorly.",
    line: [
        "sentence may be translated poorly; it is marked in the text.",
        "sentences may be translated poorly; they are marked in the text.",
    ],
};

const MISPLACED: Mark = Mark {
    class: "misplaced",
    title: "A web address or a symbol may be in the wrong place in this sentence.",
    line: [
        "sentence has a web address or a symbol that may be in the wrong place; it is marked in the \
         text.",
        "sentences have a web address or a symbol that may be in the wrong place; they are marked \
         in the text.",
    ],
};

/// Every mark, in the order in which the page explains them.
const ALL: [&Mark; 2] = [&POOR, &MISPLACED];

/// Returns the mark for a flag; `None` where readers need not know.
const fn mark(flag: Flag) -> Option<&'static Mark> {
    match flag {
        Flag::Looped => Some(&POOR),
        Flag::Positioned => Some(&MISPLACED),
        Flag::Split | Flag::Unknown => None,
    }
}

/// Returns the marks of a sentence.
fn marks(flags: &[Flag]) -> impl Iterator<Item = &'static Mark> {
    let has = |wanted: &&Mark| flags.iter().any(|flag| mark(*flag) == Some(*wanted));
    ALL.into_iter().filter(has)
}

/// Writes the start tag of sentence `index`. A marked one can be linked to.
pub(crate) fn open_sentence(index: usize, flags: &[Flag], out: &mut String) {
    let _ = write!(out, "<span data-i=\"{index}\" class=\"s");
    let mut title = String::new();
    for mark in marks(flags) {
        let _ = write!(out, " {}", mark.class);
        let space = if title.is_empty() { "" } else { " " };
        let _ = write!(title, "{space}{}", mark.title);
    }
    if !title.is_empty() {
        let _ = write!(out, "\" id=\"s{index}\" title=\"{title}");
    }
    out.push_str("\">");
}

/// Counts the marked sentences of a page.
#[derive(Debug, Default)]
pub(crate) struct Tally([Option<Marked>; ALL.len()]);

/// The sentences with one mark.
#[derive(Clone, Copy, Debug)]
struct Marked {
    first: usize,
    count: usize,
}

/// A line that explains a mark.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The line.
    pub(crate) text: String,
    /// Number of the first sentence with the mark.
    pub(crate) first: usize,
    /// Text of the link to it.
    pub(crate) link: &'static str,
}

impl Tally {
    /// Counts sentence `index`; they come in order.
    pub(crate) fn add(&mut self, index: usize, flags: &[Flag]) {
        for mark in marks(flags) {
            let places = ALL.iter().zip(&mut self.0);
            for (_, marked) in places.filter(|(one, _)| **one == mark) {
                marked
                    .get_or_insert(Marked {
                        first: index,
                        count: 0,
                    })
                    .count += 1;
            }
        }
    }

    /// Returns a line for each mark that the page has.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let line = |(mark, marked): (&&Mark, &Option<Marked>)| {
            let Marked { first, count } = (*marked)?;
            let (text, link) = match count {
                1 => (mark.line[0], "Show it"),
                _ => (mark.line[1], "Show the first"),
            };
            let text = format!("{} {text}", Count::from(count));
            Some(Line { text, first, link })
        };
        ALL.iter().zip(&self.0).filter_map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::history::Translation;
    use crate::pages::testing::Pages;

    fn opened(flags: &[Flag]) -> String {
        let mut out = String::new();
        open_sentence(7, flags, &mut out);
        out
    }

    #[test]
    fn a_sentence_that_loops_is_marked() {
        assert_eq!(
            opened(&[Flag::Split, Flag::Looped]),
            "<span data-i=\"7\" class=\"s poor\" id=\"s7\" title=\"The model repeated itself here: \
             this sentence may be translated poorly.\">"
        );
        for unmarked in [&[][..], &[Flag::Split, Flag::Unknown]] {
            assert_eq!(opened(unmarked), "<span data-i=\"7\" class=\"s\">");
        }
    }

    #[test]
    fn a_sentence_may_have_several_marks() {
        let both = opened(&[Flag::Positioned, Flag::Looped]);
        assert!(both.contains("class=\"s poor misplaced\""), "{both}");
        assert!(both.contains("poorly. A web address"), "{both}");
    }

    #[test]
    fn marked_sentences_are_counted() {
        let mut tally = Tally::default();
        assert_eq!(tally.lines(), []);
        tally.add(0, &[Flag::Split]);
        tally.add(2, &[Flag::Looped]);
        tally.add(3, &[Flag::Positioned, Flag::Looped]);
        let [poor, misplaced] = &tally.lines()[..] else {
            panic!("not two lines");
        };
        assert_eq!(
            poor.text,
            "2 sentences may be translated poorly; they are marked in the text."
        );
        assert_eq!((poor.first, poor.link), (2, "Show the first"));
        assert!(misplaced.text.starts_with("1 sentence has a web address"));
        assert_eq!((misplaced.first, misplaced.link), (3, "Show it"));
    }

    /// A stored translation of two sentences.
    fn stored(spans: Option<&str>, flags: &str) -> Translation {
        Translation {
            public_id: Uuid::now_v7(),
            text_de: "Ja. Nein.".to_owned(),
            text_en: "Yes. No.".to_owned(),
            created_at: None,
            model: None,
            duration_ms: None,
            sentences: Some(2),
            spans: spans.and_then(|spans| spans.parse().ok()),
            flags: flags.to_owned().into(),
        }
    }

    async fn page_of(translation: &Translation, query: &str) -> String {
        let pages = Pages::open().await;
        let inserted = pages.state.history.insert(translation).await;
        inserted.expect("stored");
        let path = format!("/translations/{}{query}", translation.public_id);
        pages.get(&path).await.body
    }

    #[tokio::test]
    async fn a_stored_translation_has_its_marks() {
        let spans = Some("0 3 0 4 1 5 1 3");
        let translation = stored(spans, "0:split 1:looped");
        let page = page_of(&translation, "").await;
        assert!(
            page.contains("<span data-i=\"0\" class=\"s\">Yes."),
            "{page}"
        );
        assert!(page.contains("class=\"s poor\" id=\"s1\""), "{page}");
        assert!(
            page.contains("1 sentence may be translated poorly"),
            "{page}"
        );
        assert!(page.contains("<a href=\"#s1\">Show it</a>"), "{page}");
        // The count is that of the whole text wherever the page goes on.
        let translation = stored(spans, "0:looped 1:looped");
        let fragment = page_of(&translation, "?from=1").await;
        assert!(fragment.contains("2 sentences may be"), "{fragment}");
    }

    #[tokio::test]
    async fn no_line_explains_marks_that_the_page_does_not_have() {
        for (spans, flags) in [
            (None, "0:looped"),
            (Some("0 3 0 4 1 5 1 3"), ""),
            (Some("0 3 0 4 1 5 1 3"), "2:looped"),
            (Some("0 3 0 4 1 5 1 3"), "0:split,unknown"),
            (Some("0 3 0 4 1 5 1 3"), "damaged"),
        ] {
            let page = page_of(&stored(spans, flags), "").await;
            assert!(
                page.contains("id=\"end\"") && page.contains("No."),
                "{page}"
            );
            assert!(!page.contains("poor"), "{flags}: {page}");
        }
    }
}
