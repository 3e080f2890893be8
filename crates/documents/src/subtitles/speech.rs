//! Something said in a cue: its text, with the tags on it.

use std::{borrow::Cow, ops::Range};

use markup::{Builder, MarkKind};

/// Names of tags, in small letters.
const TAGS: [&str; 12] = [
    "b", "c", "em", "font", "i", "lang", "rt", "ruby", "s", "strong", "u", "v",
];
/// Maximum number of tags inside each other. Deeper ones stay at their places.
const MAX_DEPTH: usize = 16;
/// Characters that a line of dialogue starts with.
const DASHES: [char; 3] = ['-', '–', '—'];

/// Consecutive lines of a cue that one person says.
pub(super) struct Speech<'t> {
    /// Byte range to translate: without the dash, and without tags around everything.
    pub(super) body: Range<usize>,
    /// Number of lines.
    pub(super) lines: usize,
    /// Whether it starts with a dash: a line of dialogue.
    pub(super) has_dash: bool,
    /// Tag before the text that names the speaker, in WebVTT.
    voice: Option<&'t str>,
    tokens: Vec<Token<'t>>,
    /// Range of the tokens in `body`.
    core: Range<usize>,
}

/// A tag that is written around, or instead of, a text.
#[derive(Clone, Copy)]
pub(super) struct Tag<'t> {
    pub(super) open: &'t str,
    /// Its end; empty for a tag without one.
    pub(super) close: &'t str,
}

#[derive(Clone, Copy)]
struct Token<'t> {
    text: &'t str,
    /// Byte offset in the file.
    start: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    LineBreak,
    /// A tag without an end, or an end without a start.
    Point,
    /// A tag, with the index of the token that ends it.
    Open(usize),
    /// The end of a tag.
    Close,
}

/// Returns what is said in a cue with these lines: a speech per line that starts with a dash, or one.
/// Cues without letters and digits have no speech.
pub(super) fn speeches<'t>(text: &'t str, lines: &[Range<usize>]) -> Vec<Speech<'t>> {
    let mut starts: Vec<usize> = (0..lines.len())
        .filter(|line| *line == 0 || starts_with_dash(&text[lines[*line].clone()]))
        .collect();
    starts.push(lines.len());
    let speeches = starts.windows(2);
    speeches
        .filter_map(|bounds| Speech::new(text, &lines[bounds[0]..bounds[1]]))
        .collect()
}

impl<'t> Speech<'t> {
    fn new(text: &'t str, lines: &[Range<usize>]) -> Option<Self> {
        let mut tokens = Vec::new();
        for line in lines {
            if !tokens.is_empty() {
                tokens.push(Token {
                    text: " ",
                    start: line.start,
                    kind: Kind::LineBreak,
                });
            }
            push_tokens(&text[line.clone()], line.start, &mut tokens);
        }
        pair(&mut tokens);
        let mut speech = Self {
            body: 0..0,
            lines: lines.len(),
            has_dash: false,
            voice: None,
            tokens: Vec::new(),
            core: 0..0,
        };
        speech.core = speech.peel(&mut tokens)?;
        let (first, last) = (&tokens[speech.core.start], &tokens[speech.core.end - 1]);
        speech.body = first.start..last.start + last.text.len();
        speech.tokens = tokens;
        Some(speech)
    }

    /// Returns the range of tokens without a dash, white space and tags at both ends, or `None` if
    /// nothing is left. Texts at the ends are trimmed.
    fn peel(&mut self, tokens: &mut [Token<'t>]) -> Option<Range<usize>> {
        let (mut start, mut end) = (0, tokens.len());
        while start < end {
            let last = &mut tokens[end - 1];
            if matches!(last.kind, Kind::Point | Kind::LineBreak) || last.is_blank() {
                end -= 1;
                continue;
            }
            last.trim_end();
            let first = &mut tokens[start];
            if first.kind != Kind::Text && first.text.starts_with("<v") {
                self.voice = Some(first.text);
            }
            match first.kind {
                Kind::Open(close) if close == end - 1 => end -= 1,
                Kind::Point | Kind::LineBreak => {}
                Kind::Text => {
                    first.trim_start();
                    if !self.has_dash && starts_with_dash(first.text) {
                        self.has_dash = true;
                        first.cut_start(first.text.chars().next().map_or(0, char::len_utf8));
                        first.trim_start();
                    }
                    if !first.text.is_empty() {
                        return Some(start..end);
                    }
                }
                Kind::Open(_) | Kind::Close => return Some(start..end),
            }
            start += 1;
        }
        None
    }

    /// Returns whether a sentence may go on from this speech in `next`, the first of the cue after.
    pub(super) fn may_continue(&self, next: &Self) -> bool {
        let text = self.texts().next_back().unwrap_or_default();
        let text = text.trim_end_matches(|c: char| c.is_whitespace() || "\"'“”‘’»«".contains(c));
        !text.ends_with(['.', '!', '?', '…', ':', '♪', '♫', '#', ']', ')'])
            && !self.has_dash
            && !next.has_dash
            && self.voice == next.voice
    }

    /// Adds the speech to a unit. Each of its tags is appended to `tags` and gets the id after
    /// `first_id` that its index there says.
    pub(super) fn build(
        &self,
        builder: &mut Builder,
        tags: &mut Vec<Tag<'t>>,
        first_id: usize,
        decode: impl Fn(&'t str) -> Cow<'t, str>,
    ) {
        let mut ends = vec![None; self.tokens.len()];
        for index in self.core.clone() {
            let text = self.tokens[index].text;
            let id = id(first_id + tags.len());
            match self.tokens[index].kind {
                Kind::Text | Kind::LineBreak => builder.text(&decode(text)),
                Kind::Point => {
                    let close = "";
                    tags.push(Tag { open: text, close });
                    builder.point(id, false);
                }
                Kind::Open(end) => {
                    let close = self.tokens[end].text;
                    tags.push(Tag { open: text, close });
                    ends[end] = Some(id);
                    builder.open(id, MarkKind::Style);
                }
                Kind::Close => {
                    if let Some(id) = ends[index] {
                        builder.close(id);
                    }
                }
            }
        }
    }

    /// Returns the texts between the tags.
    pub(super) fn texts(&self) -> impl DoubleEndedIterator<Item = &'t str> {
        let tokens = self.tokens[self.core.clone()].iter();
        tokens
            .filter(|token| token.kind == Kind::Text)
            .map(|token| token.text)
    }
}

impl Token<'_> {
    fn is_blank(&self) -> bool {
        self.kind == Kind::Text && self.text.trim().is_empty()
    }

    fn cut_start(&mut self, length: usize) {
        self.start += length;
        self.text = &self.text[length..];
    }

    fn trim_start(&mut self) {
        self.cut_start(self.text.len() - self.text.trim_start().len());
    }

    fn trim_end(&mut self) {
        if self.kind == Kind::Text {
            self.text = self.text.trim_end();
        }
    }
}

/// Returns whether a line starts with a dash, which tags may precede.
fn starts_with_dash(line: &str) -> bool {
    let mut rest = line.trim_start();
    while let Some(length) = tag(rest) {
        rest = rest[length..].trim_start();
    }
    rest.starts_with(DASHES)
}

/// Appends the tokens of a line.
fn push_tokens<'t>(line: &'t str, start: usize, tokens: &mut Vec<Token<'t>>) {
    let mut at = 0;
    let mut copied = 0;
    let mut push = |range: Range<usize>, kind| {
        if !range.is_empty() {
            tokens.push(Token {
                text: &line[range.clone()],
                start: start + range.start,
                kind,
            });
        }
    };
    while let Some(found) = line[at..].find(['<', '{']) {
        at += found;
        if let Some(length) = tag(&line[at..]) {
            push(copied..at, Kind::Text);
            push(at..at + length, Kind::Point);
            at += length;
            copied = at;
        } else {
            at += 1;
        }
    }
    push(copied..line.len(), Kind::Text);
}

/// Returns the length of the tag at the start of `text`: `<i>`, `</font>`, `<00:01.000>`, `{\an8}`.
fn tag(text: &str) -> Option<usize> {
    if let Some(content) = text.strip_prefix("{\\") {
        let end = content.find(['{', '}'])?;
        return content[end..]
            .starts_with('}')
            .then_some("{\\}".len() + end);
    }
    let content = text.strip_prefix('<')?;
    let end = content.find(['<', '>'])?;
    let content = content[..end].trim_start_matches('/');
    let name_end = content.find(|c: char| !c.is_ascii_alphabetic());
    let name = content[..name_end.unwrap_or(content.len())].to_ascii_lowercase();
    let is_time = content.starts_with(|c: char| c.is_ascii_digit()) && content.contains(':');
    let is_closed = text[end + 1..].starts_with('>');
    (is_closed && (is_time || TAGS.contains(&name.as_str()))).then_some(end + 2)
}

/// Finds the ends of tags. Tags that overlap, and those without an end, stay points.
fn pair(tokens: &mut [Token<'_>]) {
    let name = |tag: &str| {
        let name = tag.trim_start_matches(['<', '/']);
        let end = name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(0);
        name[..end].to_ascii_lowercase()
    };
    let mut open: Vec<(usize, String)> = Vec::new();
    for index in 0..tokens.len() {
        let token = tokens[index];
        let name = name(token.text);
        if token.kind != Kind::Point || name.is_empty() {
            continue;
        }
        if !token.text.starts_with("</") {
            if open.len() < MAX_DEPTH {
                open.push((index, name));
            }
        } else if let Some(found) = open.iter().rposition(|(_, opened)| *opened == name) {
            tokens[open[found].0].kind = Kind::Open(index);
            tokens[index].kind = Kind::Close;
            open.truncate(found);
        }
    }
}

/// Returns an index as the id of a mark.
pub(super) fn id(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
