//! Headers and footers: the same line at the same height of several pages is read once.

use std::collections::{HashMap, HashSet};

use crate::paper::page::{Line, Page};

/// Number of pages from which on a line counts as repeated.
const MIN_PAGES: usize = 3;

/// Share of the height of a page, at its top and at its bottom, in which headers and footers are.
const MARGIN: f32 = 0.15;

/// Minimum number of letters of a repeated line, so that no number is lost that two tables share.
const MIN_LETTERS: usize = 3;

/// Maximum number of words of a header or footer.
const MAX_WORDS: usize = 30;

/// Nouns before the number of a part, which is no page number: each such line is a heading.
const PARTS: [&str; 14] = [
    "Anlage",
    "Anhang",
    "Beilage",
    "Kapitel",
    "Teil",
    "Abschnitt",
    "Artikel",
    "Paragraf",
    "Modul",
    "Lektion",
    "Aufgabe",
    "Tabelle",
    "Abbildung",
    "Nr.",
];

/// Removes headers, footers and page numbers from all pages except the first on which they are.
pub(crate) fn remove_repeated(pages: &mut [Page]) {
    let count = pages.len();
    let mut found: HashMap<Key, usize> = HashMap::new();
    for (index, page) in pages.iter().enumerate() {
        let keys = page
            .lines
            .iter()
            .flat_map(|line| keys(page, line, index, count));
        for key in keys.collect::<HashSet<Key>>() {
            *found.entry(key).or_default() += 1;
        }
    }
    found.retain(|_, pages| *pages >= MIN_PAGES);
    let mut seen: HashSet<Key> = HashSet::new();
    for (index, page) in pages.iter_mut().enumerate() {
        let (lines, mut here) = (std::mem::take(&mut page.lines), Vec::new());
        let kept = lines.into_iter().filter(|line| {
            let mut keys = keys(page, line, index, count);
            keys.retain(|key| found.contains_key(key));
            let is_new = keys.iter().all(|key| !seen.contains(key));
            here.extend(keys);
            is_new
        });
        page.lines = kept.collect();
        seen.extend(here);
    }
}

/// The text of a line, and its height on the page in percent.
type Key = (String, u32);

/// Returns what a line may have in common with its repetitions: its text, and its text without one
/// number that may be that of the page. Other lines than headers and footers have no key.
fn keys(page: &Page, line: &Line, index: usize, pages: usize) -> Vec<Key> {
    let height = line.area().middle() / page.height;
    if (MARGIN..1.0 - MARGIN).contains(&height) || line.words().len() > MAX_WORDS {
        return Vec::new();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a percentage, which is cut"
    )]
    let percent = (height.clamp(0.0, 1.0) * 100.0) as u32;
    let text = line.text();
    let mut keys = Vec::new();
    let mut at = 0;
    for number in text.split(|c: char| !c.is_ascii_digit()) {
        let end = at + number.len();
        let word = text[..at].split_whitespace().next_back();
        if let Ok(value) = number.parse::<usize>()
            && !word.is_some_and(|word| PARTS.contains(&word))
            && (1..=pages).contains(&value)
            && let Some(offset) = (value + pages).checked_sub(index)
        {
            // A number that grows with the pages has the same offset on all of them.
            keys.push((format!("{}#{offset}{}", &text[..at], &text[end..]), percent));
        }
        at = end + text[end..].chars().next().map_or(0, char::len_utf8);
    }
    if text.chars().filter(|c| c.is_alphabetic()).count() >= MIN_LETTERS {
        keys.push((text, percent));
    }
    keys
}

#[cfg(test)]
mod tests {
    use crate::paper::page::{Area, Word};

    use super::*;

    fn page(top: &str) -> Page {
        let word = |(index, text): (usize, &str)| {
            let left = 50.0 * index as f32;
            let area = Area {
                left,
                top: 40.0,
                right: left + 40.0,
                bottom: 52.0,
            };
            Word::new(text, area, false)
        };
        let words = top.split(' ').enumerate().filter_map(word).collect();
        Page {
            width: 600.0,
            height: 800.0,
            lines: Line::new(words).into_iter().collect(),
            is_recognised: false,
        }
    }

    fn kept(tops: [&str; 4]) -> Vec<bool> {
        let mut pages = tops.map(page);
        remove_repeated(&mut pages);
        let is_kept = |page: &Page| !page.lines.is_empty();
        pages.iter().map(is_kept).collect()
    }

    #[test]
    fn headers_and_page_numbers_are_read_once_and_headings_always() {
        let once = [true, false, false, false];
        assert_eq!(kept(["Muster AG"; 4]), once);
        assert_eq!(kept(["Seite 1", "Seite 2", "Seite 3", "Seite 4"]), once);
        assert_eq!(kept(["1 von 4", "2 von 4", "3 von 4", "4 von 4"]), once);
        assert_eq!(
            kept(["Anlage 1", "Anlage 2", "Anlage 3", "Anlage 4"]),
            [true; 4]
        );
        assert_eq!(kept(["Umsatz", "Kosten", "Gewinn", "Ausblick"]), [true; 4]);
    }
}
