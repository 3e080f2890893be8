//! Corrections of `sentencex` for German.
//!
//! `sentencex` knows the months and some abbreviations, treats English ones as German (`Art.`,
//! `Gen.`, `Jan.`), and knows neither ordinals (`der 2. Weltkrieg`) nor the abbreviations of
//! correspondence and law (`Abs.`, `Ziff.`, `zzgl.`). The rules here look at the words before and
//! after a full stop, drop boundaries and add others. Where a text can be read both ways they join:
//! a sentence that is too long translates well, half a sentence does not.

use crate::abbreviations::{self, Abbreviation, contains_word};

/// Length in bytes from which a sentence is also cut inside quotations and brackets, where
/// `sentencex` never cuts: a speech over half a page. About 45 words, twice the usual sentence.
const LONG_SENTENCE: usize = 300;
/// Maximum bytes examined before a boundary. No word in the rules is a tenth as long, but a URL may
/// be, and a line without white space is a single word of megabytes: without the limit, every full
/// stop in it would scan everything before it.
const MAX_LOOKBACK: usize = 256;
/// Maximum bytes examined after a boundary without white space, for the same reason.
const MAX_LOOKAHEAD: usize = 128;
/// Maximum depth of nested quotations. Texts nest two or three; anything deeper is unclosed marks,
/// and without the limit every new mark would scan all of them.
const MAX_QUOTES: usize = 16;

/// Words that are capitalised only at the start of a sentence: one that follows a full stop with a
/// capital letter starts a new sentence.
const STARTERS: &str = "aber alle allerdings alles als also am an andere andererseits auch auf aus ausserdem \
    außer außerdem bald bei beide bereits besonders bevor bis bisher bislang bitte bleibt da dabei dadurch \
    dafür dagegen daher dahin damals damit danach daneben dann daran darauf daraus darin darum darüber das \
    dass davon davor dazu dein deine dem den denn dennoch der deren derzeit des deshalb dessen deswegen die \
    dies diese diesem diesen dieser dieses doch dort du durch ebenso ein eine einem einen einer eines einige \
    einmal einst endlich er erst es etwa etwas euer eure falls fast ferner früher für gegen gemäss gemäß genau \
    gerade gestern gibt gleichzeitig haben hast hat hatte heute hier hierbei hierfür hinter ich ihm ihn ihnen \
    ihr ihre ihrer im immer in indem innerhalb ins insbesondere insgesamt inzwischen irgendwann ist ja je jede \
    jedem jeden jeder jedes jedoch jemand jene jetzt kann kein keine keiner knapp können laut leider letztlich \
    man manche manchmal mehrere mein meine meist mindestens mit mittlerweile muss nach nachdem nachher \
    natürlich neben nein nicht nichts nie niemand noch nun nur ob obwohl oder oft ohne plötzlich rund \
    schliesslich schließlich schon sehr sein seine seit seitdem seither selbst sie sind so sobald sofern sogar \
    solche soll sollte somit sondern sonst sowohl später statt trotz trotzdem um und ungefähr unser unsere \
    unter viele vielleicht vom von vor vorher wann war waren warum was wegen weil weiter weitere welche \
    welcher welches wenn wer werden weshalb wie wieder wieso will wir wird wo wobei wohl wurde wurden während \
    zahlreiche zu zudem zuerst zum zunächst zur zusätzlich zwar zwischen über";

/// Nouns that make the preceding number an ordinal, whatever precedes the number.
const ORDINAL_NOUNS: &str = "januar jänner februar feber märz april mai juni juli august september oktober \
    november dezember jan feb febr mär mrz apr jun jul aug sep sept okt nov dez jahrhundert jahrhunderts jh \
    jhdt jahrtausend jahrtausends altersjahr altersjahrs dienstjahr geschäftsjahr quartal semester trimester \
    weltkrieg weltkriegs bundesliga liga fc sc sv fsv vfl tsv division klasse stock stockwerk obergeschoss og \
    ug untergeschoss etage geburtstag jahrestag hochzeitstag runde halbzeit spieltag etappe lesung auflage \
    ausgabe instanz grades weihnachtstag advent adventssonntag lebensjahr lebensjahres lebensmonat schuljahr \
    armee infanterie bataillon brigade woche schwangerschaftswoche ssw minute spielminute kalenderwoche stunde";

/// Words after which a number with a full stop is an ordinal: `am 3. Platz`, `die 5. Etappe`.
const BEFORE_ORDINALS: &str = "ab am ans auf bei beim bis das dem den der des die diese diesem diesen dieser dieses ein \
    eine einem einen einer eines für ihr ihre ihrem ihren ihrer im in ins jede jedem jeden jeder jedes mein meine meinem \
    meinen meiner nach oder sein seine seinem seinen seiner seit sowie übers und unser unsere unserem unseren vom von vor \
    zum zur zwischen";

/// Those of them that stand before plain numbers as well: after `auf 65.` a sentence ends.
const BEFORE_NUMBERS: &str = "ab auf bei bis nach seit von vor";
/// Maximum number that is an ordinal after such a word, unless a noun of [`ORDINAL_NOUNS`] follows:
/// places, storeys, classes. Days of a month have one.
const MAX_ORDINAL: u16 = 12;

/// Those of them that stand before an ordinal of four digits, and not before a year: `den 1000.
/// Besucher`.
const BEFORE_LONG_ORDINALS: &str = "beim dem den der des zum zur";

/// Words after which an adjective has its end: articles, and prepositions joined with one, that are
/// not also pronouns before a verb (`ob die kommt`).
const BEFORE_ADJECTIVES: &str = "am beim des einem einen einer eines im ins vom zum zur";

/// Returns whether `text` (the text after `3. `) starts with a noun that makes the number an
/// ordinal.
pub(crate) fn is_ordinal_noun(text: &str) -> bool {
    contains_word(ORDINAL_NOUNS, &first_word(text).to_lowercase())
}

fn is_starter(text: &str) -> bool {
    let word = first_word(text);
    word.starts_with(char::is_uppercase) && contains_word(STARTERS, &word.to_lowercase())
}

/// Returns the letters at the start of `text`, after opening quotation marks.
fn first_word(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || is_quote(c));
    let end = text
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len());
    &text[..end]
}

fn is_quote(c: char) -> bool {
    matches!(
        c,
        '„' | '“' | '”' | '"' | '»' | '«' | '›' | '‹' | '‚' | '‘' | '’' | '\''
    )
}

fn is_closer(c: char) -> bool {
    is_quote(c) || matches!(c, ')' | ']' | '}')
}

fn is_terminator(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…')
}

/// Returns the corrected sentence ends of `text` (a line, or part of one), given those that
/// `sentencex` found.
pub(crate) fn correct(text: &str, ends: &[usize]) -> Vec<usize> {
    let mut corrected = Vec::with_capacity(ends.len());
    let mut start = 0;
    for &end in ends {
        if end < text.len() && !is_end(&text[start..end], &text[end..]) {
            continue;
        }
        add_breaks(text, start, end, &mut corrected);
        corrected.push(end);
        start = end;
    }
    corrected
}

/// Returns whether the boundary that `sentencex` found between `left` and `right` is a real one.
fn is_end(left: &str, right: &str) -> bool {
    let words = left.trim_end();
    let glued = words.len() == left.len() && !right.starts_with(char::is_whitespace);
    let core = words.trim_end_matches(is_closer);
    let quoted = core.len() < words.len();
    let stem = core.trim_end_matches(is_terminator);
    if glued && !is_glued_end(stem, right, quoted) {
        return false;
    }
    if right.trim_start().starts_with(char::is_lowercase) {
        return false;
    }
    // Only a single full stop can belong to a word.
    if quoted || core.len() - stem.len() != 1 || !core.ends_with('.') {
        return true;
    }
    ends_sentence(stem, right)
}

/// Returns the last word of `text`, or its last [`MAX_LOOKBACK`] bytes if it is longer.
fn last_word(text: &str) -> &str {
    let near = &text[text.ceil_char_boundary(text.len().saturating_sub(MAX_LOOKBACK))..];
    near.rsplit(char::is_whitespace).next().unwrap_or(near)
}

/// Returns whether a sentence ends where no white space follows: `schlecht.Noch einer`, but not
/// `www.Example.com`.
fn is_glued_end(stem: &str, right: &str, quoted: bool) -> bool {
    let token = last_word(stem).trim_start_matches(is_quote);
    let near = &right[..right.floor_char_boundary(MAX_LOOKAHEAD)];
    let mut next = right.chars();
    let capital =
        next.next().is_some_and(char::is_uppercase) && next.next().is_some_and(char::is_lowercase);
    let opens = quoted || right.starts_with(is_quote);
    token.chars().count() > 1
        && token.chars().all(|c| c.is_alphabetic() || c == '-')
        && !is_abbreviation(token)
        && (capital || opens)
        && !near
            .split(char::is_whitespace)
            .next()
            .unwrap_or(near)
            .contains(['/', '@', '_'])
}

fn is_abbreviation(word: &str) -> bool {
    abbreviations::listed(word).is_some() || abbreviations::is_clipped(word)
}

/// Returns whether the full stop after `stem` ends a sentence, given that `right` follows.
fn ends_sentence(stem: &str, right: &str) -> bool {
    let token = last_word(stem);
    let word = token
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or(token);
    let before = stem[..stem.len() - token.len()].trim_end();
    // Addresses are never abbreviations, whatever they end with.
    if word.is_empty() || token.contains("://") || token.contains('@') || token.starts_with("www.")
    {
        return true;
    }
    if word.bytes().all(|b| b.is_ascii_digit()) {
        let is_ordinal = if word == token || begins_span(&token[..token.len() - word.len()]) {
            is_ordinal(word, before, right)
        } else {
            is_day_and_month(token) && !is_starter(right)
        };
        return !is_ordinal;
    }
    let begins_anew = is_starter(right) || right.trim_start().starts_with(is_quote);
    if word.chars().count() == 1 && word.chars().all(char::is_alphabetic) {
        // `Wie geht's. Gut.`
        if token[..token.len() - word.len()].ends_with(['\'', '’']) {
            return true;
        }
        // `z. B. Die Zeit` and `J. S. Bach`, but `Vitamin C. Es hilft`.
        return word == token
            && word.starts_with(char::is_uppercase)
            && !before.ends_with('.')
            && is_starter(right);
    }
    if word == token && is_roman(word) {
        return begins_anew;
    }
    match abbreviations::listed(word) {
        Some(Abbreviation::NeverFinal)
            if abbreviations::is_name(word, before, first_word(right)) =>
        {
            true
        }
        Some(Abbreviation::NeverFinal) => {
            // `Siehe Art. Die Frist läuft.` has no number after the abbreviation.
            matches!(word, "Art" | "Abs" | "Kap" | "Ref") && is_starter(right)
        }
        Some(Abbreviation::MayBeFinal) => begins_anew,
        None if abbreviations::is_weekday(word, before) => begins_anew,
        // After a number it is a unit, and `5 km.` may end a sentence.
        None if abbreviations::is_clipped(word) => {
            begins_anew || before.ends_with(|c: char| c.is_ascii_digit())
        }
        None => begins_anew || !is_clipped_adjective(word, before),
    }
}

/// Returns whether `word` is an adjective without its end, known by the article before it: `am
/// polytechn. Institut`, `zur gewerbl. Nutzung`. An adjective in full has an end there.
fn is_clipped_adjective(word: &str, before: &str) -> bool {
    contains_word(BEFORE_ADJECTIVES, &last_word(before).to_lowercase())
        && word.chars().all(char::is_lowercase)
        && !word.ends_with(['a', 'e', 'i', 'o', 'u', 'y', 'ä', 'ö', 'ü'])
        && !["em", "en", "er", "es"]
            .iter()
            .any(|end| word.ends_with(end))
}

/// Returns whether `word` is a Roman number up to 39, as popes, games and quarters have them. `CD`
/// and `XL` are no numbers.
fn is_roman(word: &str) -> bool {
    let units = word.trim_start_matches('X');
    word.len() > 1
        && word.len() - units.len() <= 3
        && matches!(
            units,
            "" | "I" | "II" | "III" | "IV" | "V" | "VI" | "VII" | "VIII" | "IX"
        )
}

/// Returns whether `text` is the first ordinal of a span and its dash: `4.–` of `4.–6. Mai`.
fn begins_span(text: &str) -> bool {
    let number = text.strip_suffix(['–', '-', '/']);
    number
        .and_then(|number| number.strip_suffix('.'))
        .is_some_and(|number| {
            (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
        })
}

/// Returns whether `token` ends with a day and a month, without the last full stop: `24.12`,
/// `1.8.–15.8`.
fn is_day_and_month(token: &str) -> bool {
    let date = token.rsplit(['–', '-', '/', '(']).next().unwrap_or(token);
    let is_up_to = |number: &str, max: u8| {
        number.len() <= 2
            && number
                .parse::<u8>()
                .is_ok_and(|number| (1..=max).contains(&number))
    };
    date.split_once('.')
        .is_some_and(|(day, month)| is_up_to(day, 31) && is_up_to(month, 12))
}

/// Returns whether `number.` is an ordinal: `am 3. Juni`, `der 2. Weltkrieg`, `1. FC Köln`, `am
/// 24. 12. Heiligabend`.
fn is_ordinal(number: &str, before: &str, right: &str) -> bool {
    let previous = last_word(before)
        .trim_start_matches(|c: char| is_quote(c) || c == '(')
        .to_lowercase();
    if number.len() > 3 {
        return number.len() == 4
            && number.ends_with("00")
            && contains_word(BEFORE_LONG_ORDINALS, &previous)
            && !is_starter(right);
    }
    if is_ordinal_noun(right) {
        return true;
    }
    let is_month = is_day_and_month(&format!("{previous}{number}"));
    if contains_word(BEFORE_NUMBERS, &previous)
        && number
            .parse::<u16>()
            .is_ok_and(|number| number > MAX_ORDINAL)
    {
        return false;
    }
    // `1. – 3. Preis`
    let first = before.strip_suffix(['–', '-']).map(str::trim_end);
    let ends_span = first.is_some_and(|first| begins_span(&format!("{}–", last_word(first))));
    (before.is_empty() || is_month || ends_span || contains_word(BEFORE_ORDINALS, &previous))
        && !is_starter(right)
}

/// Appends the ends that `sentencex` missed in the sentence `text[start..end]`.
fn add_breaks(text: &str, start: usize, end: usize, ends: &mut Vec<usize>) {
    let sentence = &text[start..end];
    let mut begin = 0;
    let mut nesting = Nesting::default();
    let mut chars = sentence.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        nesting.track(c);
        if !is_terminator(c) {
            continue;
        }
        let mut stop = at + c.len_utf8();
        let mut closed = false;
        while let Some((next, c)) = chars.next_if(|&(_, c)| {
            is_terminator(c) || is_closer(c) && !opens_quotation(sentence, c, stop)
        }) {
            nesting.track(c);
            closed |= is_closer(c);
            stop = next + c.len_utf8();
        }
        let right = &sentence[stop..];
        if !right.starts_with(char::is_whitespace) || right.trim_start().is_empty() {
            continue;
        }
        let long = end - start - begin > LONG_SENTENCE;
        let single = stop - at == 1 && c == '.';
        let breaks = if long && (nesting.is_open() || closed) {
            begins_sentence(right) && (!single || ends_sentence(&sentence[begin..at], right))
        } else {
            !nesting.is_open() && !closed && misses_end(&sentence[begin..at], c, single, right)
        };
        if breaks {
            begin = stop + (right.len() - right.trim_start().len());
            ends.push(start + begin);
        }
    }
}

/// Returns whether a quotation mark directly after a terminator opens a quotation instead of
/// closing one: `Ja."Nein`.
fn opens_quotation(sentence: &str, c: char, at: usize) -> bool {
    is_quote(c) && sentence[at + c.len_utf8()..].starts_with(char::is_alphanumeric)
}

fn begins_sentence(right: &str) -> bool {
    right
        .trim_start()
        .trim_start_matches(is_quote)
        .starts_with(char::is_uppercase)
}

/// Returns whether `sentencex` missed a sentence end at the terminator after `stem`, outside
/// quotations and brackets.
fn misses_end(stem: &str, terminator: char, single: bool, right: &str) -> bool {
    let next = right.trim_start();
    // `sentencex` treats every digit and every `§` as a continuation of the sentence.
    let numeric = next.starts_with(|c: char| c.is_ascii_digit() || c == '§');
    match terminator {
        '!' | '?' => numeric,
        '.' if single => {
            let word = stem
                .rsplit(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or(stem);
            if numeric {
                // Unlisted abbreviations mostly start with a capital letter or are short, and end
                // with a consonant: `Rdnr. 5`, `Abschn. 3`.
                word.chars().count() > 3
                    && (word.chars().all(char::is_lowercase)
                        || word.ends_with(['a', 'e', 'i', 'o', 'u']))
                    && !is_abbreviation(word)
            } else {
                begins_sentence(right) && ends_sentence(stem, right)
            }
        }
        _ => false,
    }
}

/// Nesting depth of quotations and brackets.
#[derive(Default)]
struct Nesting {
    brackets: usize,
    /// Marks that would close the open quotations, up to [`MAX_QUOTES`]. Quotations opened beyond
    /// that limit are not counted, so their closing marks may close an outer one.
    quotes: Vec<char>,
}

impl Nesting {
    fn track(&mut self, c: char) {
        let closes = match c {
            '(' | '[' => return self.brackets += 1,
            ')' | ']' => return self.brackets = self.brackets.saturating_sub(1),
            '„' => '“',
            '“' => '”',
            '»' => '«',
            '«' => '»',
            '"' => '"',
            '”' => {
                self.quotes.retain(|&q| q != '”' && q != '“');
                return;
            }
            _ => return,
        };
        if let Some(open) = self.quotes.iter().rposition(|&q| q == c) {
            self.quotes.truncate(open);
        } else if self.quotes.len() < MAX_QUOTES {
            self.quotes.push(closes);
        }
    }

    fn is_open(&self) -> bool {
        self.brackets > 0 || !self.quotes.is_empty()
    }
}
