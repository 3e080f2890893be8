//! Cache of sentences translated lately: headings, greetings and table cells occur again and again.

use lru::LruCache;

use crate::sentence::Translation;
use crate::{Link, Lost};

/// Maximum number of bytes of all entries together: some 30 000 sentences of a usual length, as many
/// as in a long book.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Maximum number of bytes of one entry, so that no entry pushes out many others.
const MAX_ENTRY_BYTES: usize = MAX_BYTES / 16;
/// Number of bytes that an entry takes besides its text: two allocations, its place in the order,
/// and its slot in the table.
const ENTRY_OVERHEAD: usize = 160;

/// The sentences used last, and their translations.
#[derive(Debug)]
pub(crate) struct Cache {
    entries: LruCache<Box<str>, Translation>,
    bytes: usize,
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
    /// Returns the translation of a sentence. With `links`, one that was made without them does not
    /// count.
    pub(crate) fn get(&mut self, sentence: &str, links: bool) -> Option<Translation> {
        let translation = self.entries.get(sentence)?;
        (!links || translation.links.is_some()).then(|| translation.clone())
    }

    pub(crate) fn put(&mut self, sentence: &str, translation: Translation) {
        let bytes = entry_bytes(sentence, &translation);
        if bytes > MAX_ENTRY_BYTES {
            return;
        }
        self.bytes += bytes;
        if let Some((sentence, old)) = self.entries.push(sentence.into(), translation) {
            self.bytes -= entry_bytes(&sentence, &old);
        }
        while self.bytes > MAX_BYTES
            && let Some((sentence, old)) = self.entries.pop_lru()
        {
            self.bytes -= entry_bytes(&sentence, &old);
        }
    }
}

fn entry_bytes(sentence: &str, translation: &Translation) -> usize {
    let lost = translation
        .audit
        .lost
        .iter()
        .map(Lost::bytes)
        .sum::<usize>();
    let links = translation
        .links
        .as_deref()
        .map_or(0, size_of_val::<[Link]>);
    sentence.len() + translation.text.len() + lost + links + ENTRY_OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentences_used_last_are_kept() {
        let mut cache = Cache::default();
        let long = "x".repeat(MAX_ENTRY_BYTES - 2 * ENTRY_OVERHEAD);
        let translation = |text: String| Translation {
            text,
            ..Translation::default()
        };
        let put = |cache: &mut Cache, name: &str| cache.put(name, translation(long.clone()));
        let names: Vec<String> = (0..17).map(|number| number.to_string()).collect();
        for name in &names[..16] {
            put(&mut cache, name);
        }
        assert!(cache.get("0", false).is_some());
        put(&mut cache, "16");
        let has = |cache: &mut Cache, name: &str| cache.get(name, false).is_some();
        assert!(has(&mut cache, "0") && !has(&mut cache, "1") && has(&mut cache, "16"));
        assert!(cache.bytes <= MAX_BYTES);
        // The same sentence again takes no more space.
        put(&mut cache, "16");
        assert!(has(&mut cache, "2"));
        // An entry that would push out many is not stored.
        cache.put("long", translation("x".repeat(MAX_ENTRY_BYTES)));
        assert!(!has(&mut cache, "long") && has(&mut cache, "2"));
    }

    #[test]
    fn links_are_kept_and_counted_and_are_never_missing() {
        let mut cache = Cache::default();
        let plain = Translation {
            text: "Hello, Anna.".to_owned(),
            ..Translation::default()
        };
        let link = Link {
            target: 7..11,
            source: 6..10,
            percent: 100,
        };
        let linked = Translation {
            links: Some([link].into()),
            ..plain.clone()
        };
        let sentence = "Hallo Anna.";
        cache.put(sentence, plain.clone());
        let bytes = cache.bytes;
        assert_eq!(cache.get(sentence, true), None);
        cache.put(sentence, linked.clone());
        assert_eq!(cache.bytes, bytes + size_of::<Link>());
        for links in [false, true] {
            assert_eq!(cache.get(sentence, links), Some(linked.clone()));
        }
        // An engine without alignments makes no links: there is nothing to translate again for.
        let unaligned = Translation {
            links: Some(Box::default()),
            ..plain
        };
        cache.put(sentence, unaligned.clone());
        assert_eq!(cache.get(sentence, true), Some(unaligned));
    }
}
