//! Ids that a hypothesis may not go on with.

use super::{Row, Search};

/// The ids banned after `ids` (start token included), in any order and perhaps more than once.
pub(super) fn banned<'a>(
    search: &'a Search,
    row: &Row,
    ids: &'a [u32],
) -> impl Iterator<Item = u32> + 'a {
    let ngram = if row.no_repeat_ngram > 0 {
        row.no_repeat_ngram
    } else {
        search.no_repeat_ngram
    };
    let sequences = search.banned_sequences.iter().filter_map(|sequence| {
        let (last, prefix) = sequence.split_last()?;
        // Transformers lets a sequence be that is as long as all there is so far.
        (sequence.len() <= ids.len() && ids.ends_with(prefix)).then_some(*last)
    });
    search
        .banned
        .iter()
        .copied()
        .chain(sequences)
        .chain(repeats(ids, ngram))
}

/// The ids that would complete an n-gram for the second time; none for n = 0.
fn repeats(ids: &[u32], n: usize) -> impl Iterator<Item = u32> {
    let prefix = if n > 0 && ids.len() >= n {
        &ids[ids.len() + 1 - n..]
    } else {
        &[]
    };
    let windows = if n > 0 && ids.len() >= n {
        ids.windows(n)
    } else {
        [].windows(1)
    };
    windows
        .filter(move |window| window[..n - 1] == *prefix)
        .map(move |window| window[n - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated(ids: &[u32], n: usize) -> Vec<u32> {
        repeats(ids, n).collect()
    }

    #[test]
    fn an_ngram_is_banned_from_its_second_time_on() {
        assert_eq!(repeated(&[9, 1, 2, 3, 1, 2], 3), [3]);
        assert_eq!(repeated(&[9, 1, 2, 3, 1], 2), [2]);
        assert_eq!(repeated(&[9, 1, 2], 1), [9, 1, 2]);
        assert_eq!(repeated(&[9, 1, 2], 0), [0; 0]);
        assert_eq!(repeated(&[9, 1], 4), [0; 0]);
        assert_eq!(repeated(&[1, 1, 1], 3), [1]);
    }
}
