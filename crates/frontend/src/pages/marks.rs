//! Marks on sentences that have flags, and the lines that explain them.

use std::fmt::{self, Write as _};

use api::{AtomCheck, Flag, LostAtom};

use crate::pages::{Count, escape};

/// A mark on sentences with a certain flag.
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    /// CSS class of the sentence.
    class: &'static str,
    /// Title of the sentence.
    title: &'static str,
    /// The line at the end of the page, after the number of sentences, in singular and plural.
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
    title: "A number, a web address or a symbol may be in the wrong place in this sentence.",
    line: [
        "sentence has a number, a web address or a symbol that may be in the wrong place; it is \
         marked in the text.",
        "sentences have a number, a web address or a symbol that may be in the wrong place; they \
         are marked in the text.",
    ],
};

/// Title of a sentence with lost atoms, before their list.
const LOST: &str = "Numbers or references could not be kept.";

/// Maximum number of lost atoms in the list at the end of the page.
const MAX_LISTED: usize = 50;

/// All marks but that of lost atoms, in the order of their explanations.
const ALL: [&Mark; 2] = [&POOR, &MISPLACED];

/// Returns the mark for a flag; `None` if it is not relevant to readers.
const fn mark(flag: Flag) -> Option<&'static Mark> {
    match flag {
        Flag::Looped => Some(&POOR),
        Flag::Positioned => Some(&MISPLACED),
        Flag::Split | Flag::Unknown | Flag::Atoms => None,
    }
}

/// Returns the marks of a sentence.
fn marks(flags: &[Flag]) -> impl Iterator<Item = &'static Mark> {
    let has = |wanted: &&Mark| flags.iter().any(|flag| mark(*flag) == Some(*wanted));
    ALL.into_iter().filter(has)
}

/// Writes the start tag of sentence `index`, with an id for links if it is marked.
pub(crate) fn open_sentence(index: usize, flags: &[Flag], lost: &[LostAtom], out: &mut String) {
    let _ = write!(out, "<span data-i=\"{index}\" class=\"s");
    let mut title = Vec::new();
    for mark in marks(flags) {
        let _ = write!(out, " {}", mark.class);
        title.push(mark.title.to_owned());
    }
    if flags.contains(&Flag::Atoms) || !lost.is_empty() {
        out.push_str(" lost");
        title.push(LOST.to_owned());
        title.extend(lost.iter().map(|atom| format!("{}.", Loss(atom))));
    }
    if !title.is_empty() {
        let _ = write!(out, "\" id=\"s{index}\" title=\"");
        escape(&title.join(" "), out);
    }
    out.push_str("\">");
}

/// A lost atom in words.
struct Loss<'a>(&'a LostAtom);

impl fmt::Display for Loss<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LostAtom { source, target } = self.0;
        match (source, target) {
            (Some(source), Some(target)) => write!(f, "“{source}” became “{target}”"),
            (Some(source), None) => write!(f, "“{source}” is missing"),
            (None, Some(target)) => write!(f, "“{target}” is not in the original"),
            (None, None) => Ok(()),
        }
    }
}

/// The number of sentences for each mark, and the numbers of atoms.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    marked: [Option<Marked>; ALL.len()],
    atoms: AtomTally,
}

/// The atoms of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct AtomTally {
    pub(crate) found: usize,
    /// Number of atoms that could not be kept.
    pub(crate) missing: usize,
    /// The first [`MAX_LISTED`] of them: the number of the sentence and a description.
    pub(crate) list: Vec<(usize, String)>,
}

/// The sentences with one mark.
#[derive(Clone, Copy, Debug)]
struct Marked {
    first: usize,
    count: usize,
}

impl AtomTally {
    /// Returns the line for the end of the page.
    pub(crate) fn line(&self) -> String {
        let (found, missing) = (Count::from(self.found), Count::from(self.missing));
        match (self.found, self.missing) {
            (_, 0) if !self.list.is_empty() => {
                "The translation has numbers that the original does not have: see the marked \
                 sentences."
                    .to_owned()
            }
            (1, 0) => "1 number or reference, accounted for.".to_owned(),
            (_, 0) => format!("{found} numbers and references, all accounted for."),
            (1, _) => "1 number or reference, which could not be kept: see the marked sentence."
                .to_owned(),
            _ => format!(
                "{found} numbers and references; {missing} could not be kept: see the marked \
                 sentences."
            ),
        }
    }
}

/// A line that explains a mark.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The line.
    pub(crate) text: String,
    /// Number of the first sentence with this mark.
    pub(crate) first: usize,
    /// Text of the link to it.
    pub(crate) link: &'static str,
}

impl Tally {
    /// Counts sentence `index`. Sentences are added in order.
    pub(crate) fn add(&mut self, index: usize, flags: &[Flag], check: &AtomCheck) {
        self.atoms.found += check.found;
        self.atoms.missing += check.found.saturating_sub(check.kept);
        let room = MAX_LISTED - self.atoms.list.len();
        let losses = check.lost.iter().take(room);
        let losses = losses.map(|atom| (index, Loss(atom).to_string()));
        self.atoms.list.extend(losses);
        for mark in marks(flags) {
            let places = ALL.iter().zip(&mut self.marked);
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

    /// Returns a line for each mark on the page.
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
        ALL.iter().zip(&self.marked).filter_map(line).collect()
    }

    /// Returns the atoms of the page; `None` if there are none.
    pub(crate) fn atoms(&self) -> Option<AtomTally> {
        let is_empty = self.atoms.found == 0 && self.atoms.list.is_empty();
        (!is_empty).then(|| self.atoms.clone())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::history::{AtomChecks, Translation};
    use crate::pages::testing::Pages;

    fn opened(flags: &[Flag]) -> String {
        let mut out = String::new();
        open_sentence(7, flags, &[], &mut out);
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
        assert!(both.contains("poorly. A number, a web address"), "{both}");
    }

    #[test]
    fn marked_sentences_are_counted() {
        let (mut tally, none) = (Tally::default(), AtomCheck::default());
        assert_eq!(tally.lines(), []);
        tally.add(0, &[Flag::Split], &none);
        tally.add(2, &[Flag::Looped], &none);
        tally.add(3, &[Flag::Positioned, Flag::Looped], &none);
        let [poor, misplaced] = &tally.lines()[..] else {
            panic!("not two lines");
        };
        assert_eq!(
            poor.text,
            "2 sentences may be translated poorly; they are marked in the text."
        );
        assert_eq!((poor.first, poor.link), (2, "Show the first"));
        assert!(
            misplaced
                .text
                .starts_with("1 sentence has a number, a web address")
        );
        assert_eq!((misplaced.first, misplaced.link), (3, "Show it"));
    }

    /// A stored translation of two sentences.
    fn stored(spans: Option<&str>, flags: &str) -> Translation {
        Translation {
            public_id: Uuid::now_v7(),
            text_de: "Ja. Nein.".to_owned(),
            text_en: "Yes. No.".to_owned(),
            wrapped: false,
            file_name: None,
            created_at: None,
            model: None,
            duration_ms: None,
            sentences: Some(2),
            spans: spans.and_then(|spans| spans.parse().ok()),
            flags: flags.to_owned().into(),
            atoms: AtomChecks::default(),
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
        // A resumed page counts the sentences of the whole text.
        let translation = stored(spans, "0:looped 1:looped");
        let fragment = page_of(&translation, "?from=1").await;
        assert!(fragment.contains("2 sentences may be"), "{fragment}");
    }

    fn check(found: usize, lost: &[(&str, Option<&str>)]) -> AtomCheck {
        let lost = lost.iter().map(|(source, target)| LostAtom {
            source: Some((*source).to_owned()),
            target: target.map(str::to_owned),
        });
        let lost: Vec<_> = lost.collect();
        let kept = found - lost.len();
        AtomCheck { found, kept, lost }
    }

    #[tokio::test]
    async fn lost_atoms_are_explained_at_the_sentence_and_at_the_end() {
        let mut translation = stored(Some("0 3 0 4 1 5 1 3"), "1:atoms");
        let lost = [("19,99 <EUR>", Some("199")), ("§ 139", None)];
        translation.atoms.push(0, check(1, &[]));
        translation.atoms.push(1, check(3, &lost));
        let page = page_of(&translation, "").await;
        let title = "Numbers or references could not be kept. “19,99 &lt;EUR&gt;” became “199”. \
             “§ 139” is missing.";
        let sentence = format!("class=\"s lost\" id=\"s1\" title=\"{title}\">No.");
        assert_eq!(page.matches(&sentence).count(), 1, "{page}");
        assert_eq!(page.matches("class=\"s lost\"").count(), 1, "{page}");
        let line = "4 numbers and references; 2 could not be kept: see the marked sentences.";
        assert!(page.contains(line), "{page}");
        for entry in [
            "<a href=\"#s1\">Sentence 2</a>: “19,99 &#60;EUR&#62;” became “199”",
            "<a href=\"#s1\">Sentence 2</a>: “§ 139” is missing",
        ] {
            assert!(page.contains(entry), "{entry}: {page}");
        }
        // A resumed page counts the atoms of the whole text.
        let fragment = page_of(&translation, "?from=1").await;
        assert!(fragment.contains("4 numbers"), "{fragment}");
    }

    #[tokio::test]
    async fn atoms_that_are_all_kept_are_counted_in_a_quiet_line() {
        for (found, line) in [
            (1, "1 number or reference, accounted for."),
            (37, "37 numbers and references, all accounted for."),
        ] {
            let mut translation = stored(Some("0 3 0 4 1 5 1 3"), "");
            translation.atoms.push(1, check(found, &[]));
            let page = page_of(&translation, "").await;
            assert!(page.contains(line), "{page}");
            assert!(!page.contains("class=\"s lost\""), "{page}");
        }
        let page = page_of(&stored(Some("0 3 0 4 1 5 1 3"), ""), "").await;
        assert!(!page.contains("accounted for"), "{page}");
    }

    #[test]
    fn the_list_of_lost_atoms_is_limited() {
        let mut tally = Tally::default();
        for index in 0..2 * MAX_LISTED {
            tally.add(index, &[Flag::Atoms], &check(1, &[("1", None)]));
        }
        let atoms = tally.atoms().expect("some");
        assert_eq!(
            (atoms.missing, atoms.list.len()),
            (2 * MAX_LISTED, MAX_LISTED)
        );
    }

    #[tokio::test]
    async fn marks_that_are_not_on_the_page_are_not_explained() {
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
