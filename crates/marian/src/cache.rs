//! Sentences that were translated not long ago: headings, greetings, table cells that come again and again.

use lru::LruCache;

use crate::{Flags, sentence::Sentence};

/// Bytes of all entries together: some 30 000 sentences of a usual length, which is a long book.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// What an entry costs beside its letters: two allocations, its links, and its place in the table.
const ENTRY: usize = 160;

/// The sentences used last, and their translations.
#[derive(Debug)]
pub(crate) struct Cache {
    entries: LruCache<Box<str>, Entry>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    translation: Box<str>,
    flags: Flags,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            entries: LruCache::unbounded(),
            bytes: 0,
        }
    }
}

impl Cache {
    pub(crate) fn get(&mut self, sentence: &str) -> Option<Sentence> {
        let entry = self.entries.get(sentence)?;
        Some(Sentence::known(&entry.translation, entry.flags))
    }

    pub(crate) fn put(&mut self, sentence: &str, translation: &str, flags: Flags) {
        let entry = Entry {
            translation: translation.into(),
            flags,
        };
        let cost_of_this = cost(sentence, &entry);
        if cost_of_this > MOST_BYTES / 16 {
            return;
        }
        self.bytes += cost_of_this;
        if let Some((sentence, old)) = self.entries.push(sentence.into(), entry) {
            self.bytes -= cost(&sentence, &old);
        }
        while self.bytes > MOST_BYTES
            && let Some((sentence, old)) = self.entries.pop_lru()
        {
            self.bytes -= cost(&sentence, &old);
        }
    }
}

fn cost(sentence: &str, entry: &Entry) -> usize {
    sentence.len() + entry.translation.len() + ENTRY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentences_used_last_stay() {
        let mut cache = Cache::default();
        let long = "x".repeat(MOST_BYTES / 16 - 2 * ENTRY);
        let put = |cache: &mut Cache, name: &str| cache.put(name, &long, Flags::default());
        let names: Vec<String> = (0..17).map(|number| number.to_string()).collect();
        for name in &names[..16] {
            put(&mut cache, name);
        }
        assert!(cache.get("0").is_some());
        put(&mut cache, "16");
        let has = |cache: &mut Cache, name: &str| cache.get(name).is_some();
        assert!(has(&mut cache, "0") && !has(&mut cache, "1") && has(&mut cache, "16"));
        assert!(cache.bytes <= MOST_BYTES);
        // The same again is no more.
        put(&mut cache, "16");
        assert!(has(&mut cache, "2"));
        // One that would push out many does not come in.
        cache.put("long", &"x".repeat(MOST_BYTES / 16), Flags::default());
        assert!(!has(&mut cache, "long") && has(&mut cache, "2"));
    }
}
