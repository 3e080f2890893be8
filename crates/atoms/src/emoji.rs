//! Emoji sequences.

/// Returns the end of the emoji that follow each other from `at`, with their joiners, skin tones
/// and variation selectors. Digits, `©` and `®` are no emoji.
pub(crate) fn emoji(text: &str, at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        let mut rest = text[end..].chars();
        match rest.next() {
            Some(c) if is_emoji(c) => {}
            Some('0'..='9' | '#' | '*') if keycap(rest.as_str()).is_some() => {
                end += 1 + keycap(rest.as_str()).unwrap_or(0);
                continue;
            }
            // What joins and changes emoji is nothing before the first of them.
            Some(c) if end > at && is_joint(c) => {}
            _ => break,
        }
        end = text.len() - rest.as_str().len();
    }
    (end > at).then_some(end)
}

/// Returns the length of what makes a key of the digit before it.
fn keycap(rest: &str) -> Option<usize> {
    ["\u{fe0f}\u{20e3}", "\u{20e3}"]
        .into_iter()
        .find(|mark| rest.starts_with(mark))
        .map(str::len)
}

fn is_emoji(c: char) -> bool {
    matches!(
        c,
        '\u{1f000}'..='\u{1faff}'
            | '\u{2600}'..='\u{27bf}'
            | '\u{2b05}'..='\u{2b07}'
            | '\u{2b1b}'
            | '\u{2b1c}'
            | '\u{2b50}'
            | '\u{2b55}'
            | '\u{231a}'
            | '\u{231b}'
            | '\u{2328}'
            | '\u{23cf}'
            | '\u{23e9}'..='\u{23fa}'
    )
}

/// Returns whether the character belongs to the emoji before it: a joiner, a variation selector or
/// a tag of a flag.
fn is_joint(c: char) -> bool {
    matches!(
        c,
        '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{e0020}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_whole() {
        for text in ["😊", "👨‍👩‍👧", "🇨🇭", "👍🏽", "❤️", "❌", "✅", "1️⃣", "😊😊", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]
        {
            assert_eq!(emoji(&format!("{text} x"), 0), Some(text.len()), "{text}");
        }
        for text in ["1", "©", "®", "ä", "→", "№", "\u{200d}", "#1"] {
            assert_eq!(emoji(text, 0), None, "{text}");
        }
    }
}
