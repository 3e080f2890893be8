//! Cues of subtitles: their times, and the lines of their text.

use std::ops::Range;

/// Text that is shown for a time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cue {
    /// Start and end in milliseconds; `None` for text after a blank line in a cue, which some
    /// programs write.
    pub(super) times: Option<(u64, u64)>,
    /// Byte ranges of its lines, without their breaks. There is at least one.
    pub(super) lines: Vec<Range<usize>>,
}

/// Returns the cues of a file in the format SRT or, if it starts with `WEBVTT`, WebVTT.
///
/// A cue has an optional line with its id, a line with its times, and lines of text up to a blank
/// one. All else is no text: in WebVTT the header, notes and styles.
pub(super) fn cues(text: &str) -> Vec<Cue> {
    let is_vtt = is_vtt(text);
    let lines = lines(text);
    let line = |index: usize| {
        lines
            .get(index)
            .map_or("", |line: &Range<usize>| &text[line.clone()])
    };
    let is_id = |index: usize| {
        let is_number = line(index).trim().bytes().all(|byte| byte.is_ascii_digit());
        !line(index).trim().is_empty() && (is_vtt || is_number) && times(line(index + 1)).is_some()
    };
    let mut cues: Vec<Cue> = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        let times = times(line(index));
        index += usize::from(times.is_some());
        let start = index;
        while index < lines.len()
            && !line(index).trim().is_empty()
            && self::times(line(index)).is_none()
            && !is_id(index)
        {
            index += 1;
        }
        let is_text = times.is_some() || !is_vtt && !cues.is_empty();
        if is_text && start < index {
            let lines = lines[start..index].to_vec();
            cues.push(Cue { times, lines });
        }
        // A blank line or an id.
        if self::times(line(index)).is_none() {
            index += 1;
        }
    }
    cues
}

/// Returns whether a file is WebVTT by its first line.
pub(super) fn is_vtt(text: &str) -> bool {
    text.strip_prefix("WEBVTT")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// Returns the lines of `text` without their breaks: LF, or CR LF.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut next = 0;
    let line = |line: &str| {
        let start = next;
        next += line.len() + 1;
        start..start + line.strip_suffix('\r').unwrap_or(line).len()
    };
    text.split('\n').map(line).collect()
}

/// Reads a line such as `00:01:02,500 --> 00:01:04,000 line:0`.
pub(crate) fn times(line: &str) -> Option<(u64, u64)> {
    let (start, rest) = line.split_once("-->")?;
    Some((time(start.trim())?, time(rest.split_whitespace().next()?)?))
}

/// Reads a time in hours, minutes, seconds and milliseconds. WebVTT may omit the hours.
fn time(text: &str) -> Option<u64> {
    let (whole, milliseconds) = text.split_once([',', '.'])?;
    let number = |digits: &str| {
        let is_number =
            (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then_some(digits)?.parse::<u64>().ok()
    };
    let mut seconds = 0;
    let mut parts = 0;
    for part in whole.split(':') {
        seconds = seconds * 60 + number(part)?;
        parts += 1;
    }
    (2..=3).contains(&parts).then_some(())?;
    Some(seconds * 1000 + number(milliseconds)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let join = |cue: Cue| {
            let lines = cue.lines.into_iter().map(|line| &text[line]);
            lines.collect::<Vec<_>>().join("|")
        };
        cues(text).into_iter().map(join).collect()
    }

    #[test]
    fn times_are_read() {
        assert_eq!(
            times("00:00:01,500 --> 01:00:02,000"),
            Some((1500, 3_602_000))
        );
        assert_eq!(
            times("00:01.5 --> 01:02.000 line:0 align:start"),
            Some((1005, 62_000))
        );
        for line in [
            "",
            "1",
            "-->",
            "a --> b",
            "00:00:01 --> 00:00:02",
            "1,000 --> 2,000",
        ] {
            assert_eq!(times(line), None, "{line}");
        }
    }

    #[test]
    fn cues_of_both_formats_are_found() {
        let srt = "1\r\n00:00:01,000 --> 00:00:02,000\r\nEins\r\nzwei\r\n\r\n\
                   2\r\n00:00:03,000 --> 00:00:04,000\r\n1984\r\n";
        assert_eq!(texts(srt), ["Eins|zwei", "1984"]);
        let vtt = "WEBVTT - Titel\nLanguage: de\n\nNOTE Nicht übersetzen\n\nSTYLE\n::cue{}\n\n\
                   Vorspann\n00:01.000 --> 00:02.000 line:0\nEins\n\n\
                   00:03.000 --> 00:04.000\nZwei";
        assert_eq!(texts(vtt), ["Eins", "Zwei"]);
    }

    #[test]
    fn missing_and_additional_blank_lines_lose_no_text() {
        let srt = "\n\n1\n00:00:01,000 --> 00:00:02,000\nEins\n2\n00:00:03,000 --> 00:00:04,000\n\
                   Zwei\n\nnoch zwei\n\n\n3\n00:00:05,000 --> 00:00:06,000\n\n4\n\
                   00:00:07,000 --> 00:00:08,000\nVier";
        assert_eq!(texts(srt), ["Eins", "Zwei", "noch zwei", "Vier"]);
        assert_eq!(texts("Kein Untertitel"), [""; 0]);
        assert_eq!(texts(""), [""; 0]);
    }
}
