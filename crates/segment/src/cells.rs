//! A line to cells: the parts of a table's row, the key and the value of a form, the title and the
//! page in a table of contents.
//!
//! Boundaries are tabs, two or more white-space characters, vertical bars and leaders (`....`), the
//! tags of HTML that begin a line or a cell (`<br>`, `</td>`), and the semicolons or commas of a line
//! that is plainly a row of a table. A run of two spaces between
//! two words of prose is a boundary too, even if it is a typing error: as part of a sentence it
//! would go through the model, which knows one space only, and the source's layout is kept byte for
//! byte.
//!
//! The line alone decides if it is a row. Every scan consumes the text that it reads, so the time is
//! linear in the length of the line.

use std::ops::Range;

/// Minimum marks of a leader, glued (`....`) or with a space between them (`. . . .`). Three full
/// stops are an ellipsis.
const MIN_LEADER: usize = 4;
/// Maximum characters of a cell between semicolons or commas; longer ones are prose.
const MAX_CELL_CHARS: usize = 60;
/// Maximum words of a cell between semicolons: a short description.
const MAX_CELL_WORDS: usize = 8;
/// Maximum words of a cell between commas, which separate the clauses of prose as well.
const MAX_COMMA_CELL_WORDS: usize = 4;
/// Minimum words of a cell that a final `.`, `!` or `?` makes a sentence. A cell of fewer words may
/// be an abbreviation: `Std.`, `Tel. Nr.`
const MIN_SENTENCE_WORDS: usize = 3;
/// Tags of HTML that begin or end a line, a paragraph or a cell.
const BLOCK_TAGS: [&str; 26] = [
    "br",
    "hr",
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "caption",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "option",
    "title",
    "blockquote",
];
/// Bytes around a comma in which the number that it may be part of is looked for.
const MAX_NUMBER: usize = 24;
/// Bytes before a semicolon in which the `&` of a character reference is looked for: `&thetasym`.
const MAX_REFERENCE: usize = 10;

/// Something in a line that may separate two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separator {
    /// A tab, or two or more white-space characters.
    Blank,
    Leader,
    /// A vertical bar by itself.
    Bar,
    /// Several vertical bars: empty cells where the line has single ones too, else the operator of
    /// a programming language.
    Bars,
    /// A tag that begins or ends a line or a cell.
    Tag,
    Semicolon,
    Comma,
}

/// Returns the cells of `line`, without the separators between them. A cell may be empty, and may
/// begin or end with white space.
pub(crate) fn cells(line: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let has_bar = Separators::new(line).any(|(separator, _)| separator == Separator::Bar);
    let delimiter = [Separator::Semicolon, Separator::Comma]
        .into_iter()
        .find(|&delimiter| is_row_of(line, delimiter));
    let mut separators = Separators::new(line).filter(move |&(separator, _)| match separator {
        Separator::Blank | Separator::Leader | Separator::Bar | Separator::Tag => true,
        Separator::Bars => has_bar,
        Separator::Semicolon | Separator::Comma => delimiter == Some(separator),
    });
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let from = start?;
        if let Some((_, separator)) = separators.next() {
            start = Some(separator.end);
            Some(from..separator.start)
        } else {
            start = None;
            Some(from..line.len())
        }
    })
}

/// Returns whether `line` has columns. Two spaces are not enough: in prose they are a typing error,
/// or they fill a justified line.
pub(crate) fn has_columns(line: &str) -> bool {
    Separators::new(line).any(|(separator, range)| match separator {
        Separator::Blank => line[range.clone()].contains('\t') || range.len() > 2,
        Separator::Leader | Separator::Bar => true,
        Separator::Bars | Separator::Tag | Separator::Semicolon | Separator::Comma => false,
    }) || is_row_of(line, Separator::Semicolon)
}

/// Returns whether `line` is plainly a row of a table with this delimiter: at least two of them, or a
/// semicolon before or after a value; no white space after any, and cells that are short and no
/// sentences.
fn is_row_of(line: &str, delimiter: Separator) -> bool {
    let is_comma = delimiter == Separator::Comma;
    let (mark, min) = if is_comma { (',', 2) } else { (';', 1) };
    if line.matches(mark).nth(min - 1).is_none() {
        return false;
    }
    let (mut count, mut start) = (0, 0);
    for (_, range) in Separators::new(line).filter(|&(separator, _)| separator == delimiter) {
        let rest = &line[range.end..];
        // `Hallo ;-)` is a face.
        let is_face =
            rest.starts_with([')', '(']) || rest.starts_with("-)") || rest.starts_with("-(");
        if is_face
            || rest.starts_with(char::is_whitespace)
            || !is_cell(&line[start..range.start], is_comma)
        {
            return false;
        }
        count += 1;
        start = range.end;
    }
    let last = &line[start..];
    count >= min
        && is_cell(last, is_comma)
        && !(is_comma && ends_like_sentence(last))
        // Last, as it takes longest.
        && (count > 1 || is_value(line[..start].trim_end_matches(mark)) || is_value(last))
}

/// Returns whether `cell` can be one in a row with delimiters: short, and neither a sentence nor
/// words before an address, whose own commas and semicolons delimit nothing.
fn is_cell(cell: &str, between_commas: bool) -> bool {
    let cell = cell.trim();
    if cell.len() > 1 && cell.starts_with('"') && cell.ends_with('"') {
        return true;
    }
    // Bytes first: counting the characters of a long cell is not needed.
    if cell.len() > 4 * MAX_CELL_CHARS || cell.chars().count() > MAX_CELL_CHARS {
        return false;
    }
    let words = cell.split_whitespace().count();
    let max_words = if between_commas {
        MAX_COMMA_CELL_WORDS
    } else {
        MAX_CELL_WORDS
    };
    words <= max_words
        && !(words >= MIN_SENTENCE_WORDS && ends_like_sentence(cell))
        && !(words > 1 && cell.contains("://"))
}

/// Returns whether a cell is a number, a date, an address, a name or the like, without other words.
fn is_value(cell: &str) -> bool {
    if !is_cell(cell, false) {
        return false;
    }
    let atoms = atoms::find(cell);
    !atoms.is_empty() && !atoms::has_words(cell, &atoms)
}

fn ends_like_sentence(cell: &str) -> bool {
    cell.trim_end().ends_with(['.', '!', '?', '…'])
}

/// The separators of a line, in order.
struct Separators<'a> {
    line: &'a str,
    at: usize,
    /// End of the code, placeholder, tag or quoted cell before which only white space separates.
    protected: usize,
    /// True if a quoted cell may begin at `at`.
    cell_start: bool,
    /// True if the rest of the line has no end of a quoted cell.
    unquoted: bool,
}

impl<'a> Separators<'a> {
    fn new(line: &'a str) -> Self {
        Self {
            line,
            at: 0,
            protected: 0,
            cell_start: true,
            unquoted: false,
        }
    }

    /// Returns the end of what begins with `c` at `at` and contains no separators but white space,
    /// or `at`.
    fn protected_by(&mut self, c: char, at: usize, cell_start: bool) -> usize {
        let rest = &self.line[at..];
        let found = match c {
            // Code: a run of backticks to the next one, or the run alone.
            '`' => {
                let run = rest.len() - rest.trim_start_matches('`').len();
                Some(rest[run..].find('`').map_or(run, |code| {
                    let close = &rest[run + code..];
                    rest.len() - close.trim_start_matches('`').len()
                }))
            }
            '{' if rest.starts_with("{{") => closing(rest, 2, ['{', '}']),
            '{' => closing(rest, 1, ['{', '}']).filter(|end| is_placeholder(&rest[1..*end])),
            '[' if rest.starts_with("[[") => closing(rest, 2, ['[', ']']),
            '<' if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') => {
                closing(rest, 1, ['<', '>'])
            }
            '"' if cell_start && !self.unquoted => {
                let close = rest.match_indices('"').skip(1).map(|(close, _)| close + 1);
                let found = close.into_iter().find(|&end| {
                    let after = &rest[end..];
                    after.is_empty() || after.starts_with([';', ','])
                });
                self.unquoted = found.is_none();
                found
            }
            _ => None,
        };
        at + found.unwrap_or(0)
    }

    /// Returns whether the comma or semicolon at `at` can delimit cells: it is not a decimal comma,
    /// nor the end of a character reference (`&uuml;`).
    fn delimits(&self, c: char, at: usize) -> bool {
        let (before, after) = (&self.line[..at], &self.line[at + 1..]);
        if c == ',' {
            let is_digit = |c: char| c.is_ascii_digit();
            let is_inside = before.ends_with(is_digit) && after.starts_with(is_digit);
            return !is_inside || !is_part_of_number(before, after);
        }
        let near = &before.as_bytes()[before.len().saturating_sub(MAX_REFERENCE)..];
        let name = near
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'#')
            .count();
        name == 0 || near.len() == name || near[near.len() - name - 1] != b'&'
    }
}

/// Returns whether a comma between `before` and `after`, which are digits, belongs to a number: a
/// single one without a decimal point after it, or one before groups of three digits. `3,1.50` and
/// `1,2,3` are cells.
fn is_part_of_number(before: &str, after: &str) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',');
    let left = before.bytes().rev().take(MAX_NUMBER).take_while(is_part);
    let length = after.bytes().take(MAX_NUMBER).take_while(is_part).count();
    let right = after[..length].trim_end_matches(['.', ',']);
    let mut groups = right
        .split(',')
        .map(|group| group.split('.').next().unwrap_or(group));
    let is_single = !right.contains(['.', ',']) && !left.clone().any(|byte| byte == b',');
    is_single || groups.all(|group| group.len() == 3)
}

/// Returns whether the text after an opening brace is a placeholder, and not words between braces
/// that may hold cells.
fn is_placeholder(inside: &str) -> bool {
    inside.starts_with(['{', '%', '#', '/'])
        || !inside.contains(char::is_whitespace)
        || inside.contains(", plural,")
        || inside.contains(", select,")
}

/// Returns the end of a tag at the start of `text` that begins or ends a line or a cell.
fn block_tag(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('<')?;
    let inside = inside.strip_prefix('/').unwrap_or(inside);
    let letters = inside.find(|c: char| !c.is_ascii_alphanumeric())?;
    let name = inside[..letters].to_ascii_lowercase();
    let ends_name = inside[letters..].starts_with([' ', '/', '>']);
    if !ends_name || !BLOCK_TAGS.contains(&name.as_str()) {
        return None;
    }
    closing(text, 1, ['<', '>'])
}

/// Returns the end of the second of `marks` in `text` from byte `from`, if the first does not come
/// before it.
fn closing(text: &str, from: usize, marks: [char; 2]) -> Option<usize> {
    let at = from + text[from..].find(marks)?;
    text[at..].starts_with(marks[1]).then_some(at + 1)
}

impl Iterator for Separators<'_> {
    type Item = (Separator, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let at = self.at;
            let rest = &self.line[at..];
            let c = rest.chars().next()?;
            let cell_start = std::mem::replace(&mut self.cell_start, false);
            if c.is_whitespace() {
                let length = rest.len() - rest.trim_start().len();
                self.at += length;
                let run = &rest[..length];
                if run.contains('\t') || run.chars().nth(1).is_some() {
                    self.cell_start = true;
                    return Some((Separator::Blank, at..self.at));
                }
                continue;
            }
            self.at += c.len_utf8();
            if at < self.protected {
                continue;
            }
            if let Some(length) = block_tag(rest) {
                self.at = at + length;
                self.cell_start = true;
                return Some((Separator::Tag, at..self.at));
            }
            self.protected = self.protected_by(c, at, cell_start);
            let separator = match c {
                _ if at < self.protected => continue,
                '|' | '│' | '┃' | '║' | '¦' => {
                    let length = rest.len() - rest.trim_start_matches(c).len();
                    self.at = at + length;
                    if length > c.len_utf8() {
                        Separator::Bars
                    } else if self.line[..at].ends_with('\\') {
                        continue;
                    } else {
                        Separator::Bar
                    }
                }
                ';' if self.delimits(c, at) => Separator::Semicolon,
                ',' if self.delimits(c, at) => Separator::Comma,
                _ if is_leader_mark(c) => {
                    let (length, count) = run_of(rest, c);
                    self.at = at + length;
                    // `……`, `… …`
                    if count < MIN_LEADER && !(c == '…' && count > 1) {
                        continue;
                    }
                    Separator::Leader
                }
                _ => continue,
            };
            self.cell_start = true;
            return Some((separator, at..self.at));
        }
    }
}

fn is_leader_mark(c: char) -> bool {
    matches!(c, '.' | '…' | '_' | '·' | '-' | '–' | '—' | '=' | '~')
}

/// Returns the length in bytes and the number of marks of the leader at the start of `text`: marks
/// with no space between any of them, or one between all. A glued run shorter than [`MIN_LEADER`]
/// counts as well; of a shorter spaced run only the first mark does.
fn run_of(text: &str, mark: char) -> (usize, usize) {
    let width = mark.len_utf8();
    let glued = text.len() - text.trim_start_matches(mark).len();
    if glued > width {
        return (glued, glued / width);
    }
    let mut length = width;
    let mut count = 1;
    while let Some(rest) = text[length..].strip_prefix(' ')
        && rest.starts_with(mark)
        && !rest[width..].starts_with(mark)
    {
        length += 1 + width;
        count += 1;
    }
    if count < MIN_LEADER && mark != '…' {
        return (width, 1);
    }
    (length, count)
}
