//! A paragraph as text in styles, with what stands between: the common form of the office formats.
//!
//! A line break or a tab ends a unit, because what follows is another line of an address or another
//! column. A line break in the middle of a sentence does not.
//!
//! - `content`: what a paragraph is made of
//! - `plan`: a unit as a segment, and its translation written
//! - `split`: where units end

mod content;
mod plan;
mod split;

use markup::{Marked, Segment};

use crate::Error;
pub(crate) use content::{Item, Paragraph, Range, Style};
use plan::Plan;

impl Paragraph {
    /// Calls `ask` with each unit that has words or numbers. Returns the content with the
    /// translations, or `None` if there are none.
    pub(crate) fn translated(
        &self,
        ask: &mut dyn FnMut(Segment) -> Result<Option<Marked>, Error>,
    ) -> Result<Option<String>, Error> {
        let is_split = split::find(&self.items);
        let mut out = String::new();
        let mut is_translated = false;
        let mut start = 0;
        while start < self.items.len() {
            let end = (start..self.items.len()).find(|&index| is_split[index]);
            let end = end.unwrap_or(self.items.len());
            let (plan, segment) = Plan::new(self, start..end);
            let has_words = segment.text.chars().any(char::is_alphanumeric);
            let answer = if has_words { ask(segment)? } else { None };
            match answer {
                Some(marked) => {
                    is_translated = true;
                    plan.write(&marked, &mut out);
                }
                None => self.push_verbatim(&self.items[start..end], &mut out),
            }
            let after = (end + 1).min(self.items.len());
            self.push_verbatim(&self.items[end..after], &mut out);
            start = end + 1;
        }
        Ok(is_translated.then_some(out))
    }
}
