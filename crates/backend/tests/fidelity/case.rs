//! Reads the cases.
//!
//! A case is a name after `##`, then one line per property: a key, white space, a value. Lines that
//! begin with `# ` and blank lines are ignored. Values have the escapes `\t`, `\n`, `\r`, `\s`
//! (space), `\\` and `\u{…}`.
//!
//! | key | value |
//! |---|---|
//! | `input` | the German text |
//! | `repeat` | how many times the text is repeated |
//! | `copied` | no value: the translation equals the text |
//! | `exact` | the whole translation |
//! | `layout` | the whole translation, with `…` for one or more characters of a cell |
//! | `once` | forms, separated by ` \| `: exactly one of them is in the translation, exactly once |
//! | `value` | the same in any case and with any dash: numbers, dates, amounts in their equal forms |
//! | `lacks` | a string that is not in the translation |
//! | `order` | strings, separated by ` \| `, that are in the translation in this order |
//! | `like` | another text that has the same translation, apart from white space |
//! | `sentences` | the number of sentences that the text is cut into |
//! | `capitals` | no value: no small letter is in the translation |
//! | `flagged` | no value: a flag for atoms is allowed |
//! | `encoding` | `content-encoding` of a request whose body is `body` |
//! | `body` | the body of a request for the text, in hexadecimal |
//! | `path` | a path that answers a request for the text with status 307 |
//!
//! In addition each case fails if its sentences are flagged, if a line is missing or its white space
//! at the start or end is different, and, unless the whole translation is given, if there is a digit
//! outside the forms of `once` and `value`.

use std::fs;
use std::path::Path;

/// A text and what is right for its translation.
pub(crate) struct Case {
    /// The file's name without extension, a slash, the case's name.
    pub(crate) name: String,
    pub(crate) input: String,
    pub(crate) checks: Vec<Check>,
    pub(crate) is_flag_allowed: bool,
    /// Bodies that are understood as a request for the text: `content-encoding` and bytes.
    pub(crate) bodies: Vec<(Option<String>, Vec<u8>)>,
    /// Path that redirects.
    pub(crate) redirects: Option<String>,
}

/// One property of a translation.
#[derive(Debug)]
pub(crate) enum Check {
    Exact(String),
    Layout(String),
    Once(Vec<String>),
    Value(Vec<String>),
    Lacks(String),
    Order(Vec<String>),
    Like(String),
    Sentences(usize),
    Capitals,
}

/// Reads a file of cases.
///
/// # Panics
/// If the file is not in the format, naming the line.
pub(crate) fn read(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).expect("a readable file");
    let kind = path.file_stem().expect("a file's name").to_string_lossy();
    let mut cases: Vec<Case> = Vec::new();
    let mut encoding = None;
    for (number, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix("## ") {
            cases.push(Case {
                name: format!("{kind}/{name}"),
                input: String::new(),
                checks: Vec::new(),
                is_flag_allowed: false,
                bodies: Vec::new(),
                redirects: None,
            });
        } else if !line.is_empty() && line != "#" && !line.starts_with("# ") {
            let case = cases.last_mut().expect("a name before properties");
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            let value = value.trim();
            if key == "encoding" {
                encoding = Some(value.to_owned());
            } else if key == "body" {
                case.bodies.push((encoding.take(), bytes(value)));
            } else {
                set(case, key, value)
                    .unwrap_or_else(|| panic!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    for case in &cases {
        assert!(!case.input.is_empty(), "{} has no input", case.name);
    }
    cases
}

/// Sets a property of `case`; `None` if there is no property of this name or the value is wrong.
fn set(case: &mut Case, key: &str, value: &str) -> Option<()> {
    let check = match key {
        "input" => {
            case.input = unescape(value)?;
            return Some(());
        }
        "repeat" => {
            case.input = case.input.repeat(value.parse().ok()?);
            return Some(());
        }
        "flagged" => {
            case.is_flag_allowed = true;
            return Some(());
        }
        "path" => {
            case.redirects = Some(value.to_owned());
            return Some(());
        }
        "copied" => Check::Exact(case.input.clone()),
        "exact" => Check::Exact(unescape(value)?),
        "layout" => Check::Layout(unescape(value)?),
        "once" => Check::Once(list(value)?),
        "value" => Check::Value(list(value)?),
        "lacks" => Check::Lacks(unescape(value)?),
        "order" => Check::Order(list(value)?),
        "like" => Check::Like(unescape(value)?),
        "sentences" => Check::Sentences(value.parse().ok()?),
        "capitals" => Check::Capitals,
        _ => return None,
    };
    case.checks.push(check);
    Some(())
}

fn list(value: &str) -> Option<Vec<String>> {
    value
        .split(" | ")
        .map(|form| unescape(form.trim()))
        .collect()
}

/// Replaces escapes; `None` if one is not known.
fn unescape(value: &str) -> Option<String> {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut chars = after.chars();
        let (character, length) = match chars.next()? {
            't' => ('\t', 1),
            'n' => ('\n', 1),
            'r' => ('\r', 1),
            's' => (' ', 1),
            '\\' => ('\\', 1),
            'u' => {
                let (code, _) = after[1..].strip_prefix('{')?.split_once('}')?;
                let character = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
                (character, "u{}".len() + code.len())
            }
            _ => return None,
        };
        text.push(character);
        rest = &after[length..];
    }
    text.push_str(rest);
    Some(text)
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits: Vec<u32> = hexadecimal
        .chars()
        .map(|digit| digit.to_digit(16).expect("a hexadecimal digit"))
        .collect();
    let pairs = digits.chunks_exact(2);
    pairs
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("two digits are a byte"))
        .collect()
}
