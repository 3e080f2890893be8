//! Loop guard: detects a model that repeats itself ("salad, salad, salad, …").

/// Maximum period of a loop, in tokens: a clause of some twenty words.
const MAX_PERIOD: usize = 32;
/// Maximum number of repeated tokens that never counts as a loop: "sehr, sehr, sehr gut".
const MAX_HARMLESS: usize = 6;

/// Returns the length of the longest run in which every token of `ids` equals the one a fixed
/// distance before it: 4 for `a b a b a b`. Runs shorter than twice their period do not count,
/// because a phrase that merely occurs twice is not a loop.
pub(crate) fn repeated(ids: &[u32]) -> usize {
    (1..=MAX_PERIOD.min(ids.len() / 2))
        .map(|period| {
            let (mut run, mut longest) = (0, 0);
            for (id, before) in ids[period..].iter().zip(ids) {
                run = if id == before { run + 1 } else { 0 };
                longest = longest.max(run);
            }
            if longest < 2 * period { 0 } else { longest }
        })
        .max()
        .unwrap_or(0)
}

/// Returns whether the output `target` for `source` is a loop: it repeats itself, and much more
/// than the source does.
pub(crate) fn is_loop(source: &[u32], target: &[u32]) -> bool {
    let harmless = MAX_HARMLESS.max(repeated(source) * 3 / 2 + 2);
    repeated(target) > harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_longest_run_of_any_period() {
        assert_eq!(repeated(&[]), 0);
        assert_eq!(repeated(&[1, 2, 3, 4]), 0);
        assert_eq!(repeated(&[1, 2, 1, 2]), 0);
        assert_eq!(repeated(&[9, 1, 2, 1, 2, 1, 2, 8]), 4);
        assert_eq!(repeated(&[7; 10]), 9);
    }

    #[test]
    fn forgives_what_the_source_does_too() {
        let menu: Vec<u32> = [5, 6].repeat(10);
        assert!(is_loop(&[1, 2, 3, 4, 0], &menu));
        assert!(!is_loop(&menu, &menu));
        assert!(is_loop(&menu, &[5, 6].repeat(30)));
        assert!(!is_loop(&[1, 2, 0], &[3, 3, 3, 4, 0]));
    }
}
