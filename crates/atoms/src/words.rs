//! Number words of both languages, and Roman numerals.

use crate::decimal::Decimal;
use crate::text::fold;
use crate::text::is_word;

const ENGLISH: [(&str, &str); 20] = [
    ("zero", "zeroth"),
    ("one", "first"),
    ("two", "second"),
    ("three", "third"),
    ("four", "fourth"),
    ("five", "fifth"),
    ("six", "sixth"),
    ("seven", "seventh"),
    ("eight", "eighth"),
    ("nine", "ninth"),
    ("ten", "tenth"),
    ("eleven", "eleventh"),
    ("twelve", "twelfth"),
    ("thirteen", "thirteenth"),
    ("fourteen", "fourteenth"),
    ("fifteen", "fifteenth"),
    ("sixteen", "sixteenth"),
    ("seventeen", "seventeenth"),
    ("eighteen", "eighteenth"),
    ("nineteen", "nineteenth"),
];
/// Cardinal, ordinal, and the decade.
const ENGLISH_TENS: [(&str, &str, &str); 8] = [
    ("twenty", "twentieth", "twenties"),
    ("thirty", "thirtieth", "thirties"),
    ("forty", "fortieth", "forties"),
    ("fifty", "fiftieth", "fifties"),
    ("sixty", "sixtieth", "sixties"),
    ("seventy", "seventieth", "seventies"),
    ("eighty", "eightieth", "eighties"),
    ("ninety", "ninetieth", "nineties"),
];
const ENGLISH_SCALES: [(&str, &str, usize); 5] = [
    ("hundred", "hundredth", 2),
    ("thousand", "thousandth", 3),
    ("million", "millionth", 6),
    ("billion", "billionth", 9),
    ("trillion", "trillionth", 12),
];
/// Words that hold a number without being one, and their values.
const ENGLISH_IDIOMS: [(&str, u64); 21] = [
    ("once", 1),
    ("single", 1),
    ("twice", 2),
    ("both", 2),
    ("double", 2),
    ("couple", 2),
    ("pair", 2),
    ("twofold", 2),
    ("thrice", 3),
    ("triple", 3),
    ("threefold", 3),
    ("quadruple", 4),
    ("fourfold", 4),
    ("dozen", 12),
    ("fortnight", 14),
    ("midnight", 24),
    ("noon", 12),
    ("midday", 12),
    ("decade", 10),
    ("century", 100),
    ("tenfold", 10),
];

/// A number in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) end: usize,
    /// The value, and others that the same words may have.
    pub(crate) values: Vec<Decimal>,
    /// True if the words only hold a number (`twice`, `second`, `half`): an English text has them
    /// without a number in its source.
    pub(crate) is_idiom: bool,
    pub(crate) is_ordinal: bool,
}

/// Part of a number in English words.
enum Part {
    /// `twenty`, `five`, and the word is an ordinal or a decade.
    Value(u64, bool),
    Scale(usize, bool),
}

fn english_part(word: &str) -> Option<Part> {
    for (value, (cardinal, ordinal)) in (0..).zip(ENGLISH) {
        if word == cardinal || word == ordinal {
            return Some(Part::Value(value, word == ordinal));
        }
    }
    for (tens, (cardinal, ordinal, decade)) in (2..).zip(ENGLISH_TENS) {
        if word == cardinal || word == ordinal || word == decade {
            return Some(Part::Value(tens * 10, word != cardinal));
        }
    }
    ENGLISH_SCALES
        .iter()
        .find(|(cardinal, ordinal, _)| word == *cardinal || word == *ordinal)
        .map(|(_, ordinal, zeros)| Part::Scale(*zeros, word == *ordinal))
}

/// Returns the end of the word at `at` and the word in small letters, if it may be a number word.
fn word_at(text: &str, at: usize) -> Option<(usize, String)> {
    let length = text[at..]
        .bytes()
        .take(16)
        .take_while(u8::is_ascii_alphabetic)
        .count();
    let end = at + length;
    (length >= 3 && !text[end..].starts_with(is_word))
        .then(|| (end, text[at..end].to_ascii_lowercase()))
}

/// Returns the scale word at `at` after one space or hyphen: its zeros and its end.
pub(crate) fn scale(text: &str, at: usize) -> Option<(usize, usize)> {
    let start = at + usize::from(text[at..].starts_with([' ', '-']));
    let start = if text[at..].starts_with('\u{a0}') {
        at + 2
    } else {
        start
    };
    let (end, word) = word_at(text, start)?;
    ENGLISH_SCALES
        .iter()
        .find(|(cardinal, _, _)| word == *cardinal)
        .map(|(_, _, zeros)| (*zeros, end))
}

/// Returns the end of ` and a half` at `at`.
pub(crate) fn and_a_half(text: &str, at: usize) -> Option<usize> {
    text[at..]
        .strip_prefix(" and a half")
        .filter(|rest| !rest.starts_with(is_word))
        .map(|rest| text.len() - rest.len())
}

/// Number words in a row: `two hundred and five`, `twenty-first`.
#[derive(Default)]
struct Cardinal {
    end: usize,
    /// Sum of the groups before the last scale from thousand.
    total: u64,
    /// Sum of the words after it.
    group: u64,
    /// Number of words.
    words: usize,
    is_ordinal: bool,
    /// Set if the last word is a plural of tens: `eighties`.
    is_decade: bool,
}

/// Returns the number in English words that starts at `at`, where a word starts.
pub(crate) fn english(text: &str, at: usize) -> Option<Words> {
    let (first_end, first) = word_at(text, at)?;
    let idiom = |end: usize, value: Decimal| {
        Some(Words {
            end,
            values: vec![value],
            is_idiom: true,
            is_ordinal: false,
        })
    };
    match first.as_str() {
        "half" => return idiom(first_end, Decimal::new("", "5")),
        "quarter" => return idiom(first_end, Decimal::new("", "25")),
        _ => {}
    }
    if let Some((_, value)) = ENGLISH_IDIOMS.iter().find(|(word, _)| first == *word) {
        return idiom(first_end, Decimal::from(*value));
    }
    let Cardinal {
        mut end,
        total,
        group,
        words,
        is_ordinal,
        is_decade,
    } = cardinal(text, at)?;
    let value = total.checked_add(group)?;
    let mut values = vec![Decimal::from(value)];
    if let Some(half) = and_a_half(text, end) {
        let zeros = scale_of_last(total, group);
        values = vec![
            Decimal::new(&(value / 10_u64.pow(zeros)).to_string(), "5").shifted(zeros as usize),
        ];
        end = half;
    } else if let Some((fraction_end, word)) = text[end..]
        .starts_with([' ', '-'])
        .then(|| word_at(text, end + 1))
        .flatten()
        && let Some(fraction) = fraction(value, &word)
    {
        return idiom(fraction_end, fraction);
    }
    if value == 3 && is_ordinal {
        values.push(Decimal::new("", "1/3"));
    }
    // "one", "two" for "beide", "hundreds of" and ordinals such as "second" come without a number.
    let is_idiom = is_ordinal || value <= 2 || words == 1 && value >= 100;
    Some(Words {
        end,
        values,
        is_idiom,
        is_ordinal: is_ordinal && !is_decade,
    })
}

/// Returns the number words in a row from `at`.
fn cardinal(text: &str, at: usize) -> Option<Cardinal> {
    let mut found = Cardinal::default();
    let mut next = Some(at);
    let mut last_tens = false;
    while let Some(start) = next.filter(|_| !found.is_ordinal && found.words < 16) {
        let Some((word_end, word)) = word_at(text, start) else {
            break;
        };
        match english_part(&word) {
            Some(Part::Value(value, ordinal)) => {
                // `twenty five`, `hundred five`; not `two five`.
                let fits = match found.group % 100 {
                    0 => true,
                    _ => last_tens && (1..10).contains(&value),
                };
                if !fits && found.words > 0 {
                    break;
                }
                found.group = found.group.checked_add(value)?;
                found.is_ordinal = ordinal;
                found.is_decade = word.ends_with("ties");
                last_tens = value >= 20;
            }
            Some(Part::Scale(zeros, ordinal)) => {
                let scale = 10_u64.pow(u32::try_from(zeros).unwrap_or(0));
                let Some(scaled) = found.group.max(1).checked_mul(scale) else {
                    break;
                };
                if zeros == 2 {
                    found.group = scaled;
                } else {
                    found.total = found.total.checked_add(scaled)?;
                    found.group = 0;
                }
                found.is_ordinal = ordinal;
                last_tens = false;
            }
            None => break,
        }
        found.words += 1;
        found.end = word_end;
        let rest = &text[word_end..];
        next = [" and ", " ", "-"]
            .iter()
            .find(|joint| rest.starts_with(**joint))
            .filter(|joint| **joint != " and " || found.group >= 100 || found.total > 0)
            .map(|joint| word_end + joint.len());
    }
    (found.words > 0).then_some(found)
}

/// Returns the zeros of the scale that a following "and a half" belongs to.
fn scale_of_last(total: u64, group: u64) -> u32 {
    match (total, group) {
        (1.., 0) if total.is_multiple_of(1_000_000_000) => 9,
        (1.., 0) if total.is_multiple_of(1_000_000) => 6,
        (1.., 0) => 3,
        _ => 0,
    }
}

/// Returns the value of `two thirds`, `three quarters`.
fn fraction(count: u64, word: &str) -> Option<Decimal> {
    let fraction = match (count, word) {
        (1, "half") => "5",
        (1, "quarter") => "25",
        (3, "quarters") => "75",
        (1, "third") => "1/3",
        (2, "thirds") => "2/3",
        (1..=4, "fifth" | "fifths") => ["2", "4", "6", "8"][usize::try_from(count).ok()? - 1],
        (1, "sixth") => "1/6",
        (5, "sixths") => "5/6",
        (1, "eighth") => "125",
        (3, "eighths") => "375",
        (5, "eighths") => "625",
        (7, "eighths") => "875",
        _ => return None,
    };
    Some(Decimal::new("", fraction))
}

const GERMAN: [(&str, u64); 34] = [
    ("dreizehn", 13),
    ("vierzehn", 14),
    ("fünfzehn", 15),
    ("sechzehn", 16),
    ("siebzehn", 17),
    ("achtzehn", 18),
    ("neunzehn", 19),
    ("zwanzig", 20),
    ("dreissig", 30),
    ("vierzig", 40),
    ("fünfzig", 50),
    ("sechzig", 60),
    ("siebzig", 70),
    ("achtzig", 80),
    ("neunzig", 90),
    ("null", 0),
    ("eins", 1),
    ("ein", 1),
    ("zwei", 2),
    ("zwo", 2),
    ("drei", 3),
    ("vier", 4),
    ("fünf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("sieb", 7),
    ("acht", 8),
    ("neun", 9),
    ("zehn", 10),
    ("elf", 11),
    ("zwölf", 12),
    ("dritte", 3),
    ("dritt", 3),
    ("beid", 2),
];
/// Words that name a number of something, and the values that a translation may have.
const GERMAN_IDIOMS: [(&str, &[u64]); 14] = [
    ("dutzend", &[12]),
    ("paar", &[2]),
    ("doppel", &[2]),
    ("quartal", &[3, 4]),
    ("vierteljahr", &[3]),
    ("halbjahr", &[6]),
    ("jahrzehnt", &[10]),
    ("jahrhundert", &[100]),
    ("jahrtausend", &[1000]),
    ("mitternacht", &[12, 0, 24]),
    ("mittag", &[12]),
    ("viertel", &[4, 15, 45]),
    ("million", &[1_000_000]),
    ("milliarde", &[1_000_000_000]),
];

/// Words beside which a number is that of a time of day.
const CLOCK_WORDS: [&str; 4] = ["uhr", "halb", "viertel", "dreiviertel"];

/// Returns the numbers that the German words of `text` hold; for each, the values that it may have
/// in English.
pub(crate) fn german(text: &str) -> Vec<Vec<Decimal>> {
    let folded = fold(text);
    let words = || folded.split(|c: char| !is_word(c));
    let is_clock = words().any(|word| CLOCK_WORDS.contains(&word));
    let mut found: Vec<Vec<Decimal>> = Vec::new();
    let mut last_end = None;
    let mut at = 0;
    for word in words() {
        let start = at;
        at += word.len();
        at += folded[at..].chars().next().map_or(0, char::len_utf8);
        let Some((mut values, is_half)) = german_word(word) else {
            continue;
        };
        // `zwei Millionen`
        if let [scale @ (1_000_000 | 1_000_000_000)] = values[..]
            && last_end.take().is_some_and(|end| end + 1 == start)
            && let Some(last) = found.last_mut()
        {
            let zeros = if scale == 1_000_000 { 6 } else { 9 };
            *last = last.drain(..).map(|value| value.shifted(zeros)).collect();
        } else {
            if is_clock && !is_half && values[0] <= 24 {
                // `drei Uhr` may be 15:00, `halb drei` is 2:30.
                let hour = values[0];
                let before = hour.checked_sub(1).unwrap_or(11);
                values.extend([hour + 12, hour.saturating_sub(12), before, before + 12, 30]);
            }
            let half = if is_half { "5" } else { "" };
            let values = values.iter().map(u64::to_string);
            found.push(values.map(|whole| Decimal::new(&whole, half)).collect());
            last_end = Some(start + word.len());
        }
    }
    found
}

/// Returns the values of a folded German word that starts with a number, and whether a half comes
/// on top: `dreieinhalb`.
fn german_word(word: &str) -> Option<(Vec<u64>, bool)> {
    if word.starts_with("anderthalb") {
        return Some((vec![1], true));
    }
    if let Some((_, values)) = GERMAN_IDIOMS
        .iter()
        .find(|(start, _)| word.starts_with(start))
    {
        return Some((values.to_vec(), false));
    }
    let (mut total, mut group, mut unit): (u64, u64, Option<u64>) = (0, 0, None);
    let mut rest = word;
    let mut parts = 0;
    let mut is_half = false;
    while !rest.is_empty() && parts < 16 {
        is_half = parts > 0 && rest.starts_with("einhalb");
        if is_half {
            break;
        }
        parts += 1;
        if let Some(after) = rest.strip_prefix("hundert") {
            group += unit.take().unwrap_or(1) * 100;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("tausend") {
            group += unit.take().unwrap_or(0);
            total += group.max(1) * 1000;
            group = 0;
            rest = after;
        } else if let Some((name, value)) = GERMAN.iter().find(|(name, _)| rest.starts_with(name)) {
            if let Some(tens) = unit.take() {
                group += tens;
            }
            unit = Some(*value);
            rest = &rest[name.len()..];
        } else if let Some(after) = rest.strip_prefix("und")
            && unit.is_some()
        {
            rest = after;
        } else {
            parts -= 1;
            break;
        }
    }
    // `ein` is an article, and starts many words.
    let value = total + group + unit.unwrap_or(0);
    (parts > 0 && value != 1 || word == "eins" || is_half).then(|| (vec![value], is_half))
}

/// Returns the value of a Roman numeral in capitals, in its usual spelling.
pub(crate) fn roman(word: &str) -> Option<u32> {
    const SYMBOLS: [(&str, u32); 13] = [
        ("M", 1000),
        ("CM", 900),
        ("D", 500),
        ("CD", 400),
        ("C", 100),
        ("XC", 90),
        ("L", 50),
        ("XL", 40),
        ("X", 10),
        ("IX", 9),
        ("V", 5),
        ("IV", 4),
        ("I", 1),
    ];
    if word.is_empty() || word.len() > 15 {
        return None;
    }
    let mut rest = word;
    let mut value = 0;
    for (symbol, worth) in SYMBOLS {
        let limit = if symbol.len() == 2 || matches!(symbol, "V" | "L" | "D") {
            1
        } else {
            3
        };
        for _ in 0..limit {
            let Some(after) = rest.strip_prefix(symbol) else {
                break;
            };
            value += worth;
            rest = after;
        }
    }
    rest.is_empty().then_some(value)
}

/// Returns the ending of an English ordinal: `nd` for 2.
pub(crate) fn ordinal_ending(digits: &str) -> &'static str {
    let teen = digits.len() > 1 && digits[..digits.len() - 1].ends_with('1');
    match digits.as_bytes().last() {
        _ if teen => "th",
        Some(b'1') => "st",
        Some(b'2') => "nd",
        Some(b'3') => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests;
