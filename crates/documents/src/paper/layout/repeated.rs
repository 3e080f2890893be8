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
        if let Ok(value) = number.parse::<usize>()
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
