//! Sentences that were translated not long ago: headings, greetings, table cells that come again and again.

use lru::LruCache;

use crate::Flags;

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

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) translation: Box<str>,
    pub(crate) flags: Flags,
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
    pub(crate) fn get(&mut self, sentence: &str) -> Option<Entry> {
        self.entries.get(sentence).cloned()
    }

    pub(crate) fn put(&mut self, sentence: &str, translation: &str, flags: Flags) {
        let entry = Entry {
            translation: translation.into(),
            flags,
        };
        self.bytes += cost(sentence, &entry);
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
        let long = "x".repeat(MOST_BYTES / 4);
        let put = |cache: &mut Cache, name: &str| cache.put(name, &long, Flags::default());
        for name in ["a", "b", "c"] {
            put(&mut cache, name);
        }
        assert!(cache.get("a").is_some());
        put(&mut cache, "d");
        let kept = ["a", "b", "c", "d"].map(|name| cache.get(name).is_some());
        assert_eq!(kept, [true, false, true, true]);
        assert!(cache.bytes <= MOST_BYTES);
        // The same again is no more.
        put(&mut cache, "d");
        assert!(cache.get("a").is_some());
        // Nor does anything stay that is more than there is room for.
        cache.put("e", &"x".repeat(MOST_BYTES), Flags::default());
        assert!(cache.get("e").is_none());
    }
}
