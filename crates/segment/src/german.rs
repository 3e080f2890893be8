//! What `sentencex` gets wrong in German.
//!
//! It knows the months and some abbreviations, takes English ones for German (`Art.`, `Gen.`, `Jan.`), and knows
//! neither ordinals (`der 2. Weltkrieg`) nor the abbreviations of letters and laws (`Abs.`, `Ziff.`, `zzgl.`). The
//! rules here look at the word before a full stop and the word behind it, drop boundaries and add some. Where a text
//! can be read both ways they join: a sentence too long is translated well, half a sentence is not.

/// Length in bytes from which a sentence is cut inside quotations and brackets too, where `sentencex` never cuts: a
/// speech over half a page. It is some 45 words, twice a usual sentence.
const LONG: usize = 300;
/// Bytes of a word that are looked at before a boundary. No word that the rules know is a tenth as long; an address
/// may be, and a line without white space is one word of megabytes, in which every full stop would look through all
/// that is before it.
const WORD_BEFORE: usize = 256;
/// Bytes that are looked at behind a boundary without white space, for the same reason.
const WORD_BEHIND: usize = 128;
/// Open quotations that are told apart. Texts have two or three in one another; deeper ones are marks that nothing
/// closes, and each new mark would look through all of them.
const MAX_QUOTES: usize = 16;

/// What an abbreviation says about the full stop behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Abbreviation {
    /// Something always follows: `Dr.`, `bzw.`
    Opens,
    /// It may stand at a sentence's end: `usw.`, `Min.`; then the next word tells.
    MayEnd,
}

/// Abbreviations that something must follow, in lower case, without the last full stop.
const OPENING: &str = "abb abs abt abtlg adr allg amtl anh anl anm art aufl ausg ausschl b2b bd bde begl begr beil bes \
    betr bezgl bezügl bsp bspw bzgl bzw ca chem dipl doz dr durchschn ehem eidg eig eigtl einschl em engl entspr \
    erg evang evtl exkl fa fam fig fr franz frl gebr geh gem gez ggf ggfs ggü griech hl hr hrn hrsg \
    ing inh inkl insb insbes ital jährl jew kap kath kfm kt lat lfd lic lit lt mag max med mind mtl nam näml \
    neutr niederl nördl nr nrn öffentl österr östl pat phil pol pos priv prof prot psych rd rdnr ref reg resp rer rn \
    röm rz schweiz schwz sog sogen span spez st staatl städt stellv stv südl tab techn tel tgl theol ugs umg \
    univ urspr v vbdg verf vermutl verw vgl vors vorm wiss westl wöchentl ziff zit zool zus zw zzgl \
    zzt";

/// Abbreviations that may end a sentence, in lower case, without the last full stop.
const MAY_END: &str = "apr aug bhf chr co corp dez dgl etc feb febr ff folg frk gbr geb gen gest ges hbf jan jh jhdt \
    jhs jr jul jun kl ltd mill min mio mrd mwst mär mrz nachf nachm nov okt pf pfd pkt pl qm rp sek sen sep \
    sept std stck stk str tsd ugf usf usw verh verl vers verz wwe zt ztr";

/// Abbreviations that are names or nouns where they have a capital letter, in lower case: `max. 5 kg`, but `Ich sah Max.`
const NAMES: &str = "lit max pat pol";

/// Words that begin a sentence and are written small inside one: what follows a full stop with such a capital letter
/// is a new sentence.
const STARTERS: &str = "aber alle allerdings alles als also am an andere andererseits auch auf aus außer außerdem \
    ausserdem bald bei beide bereits besonders bevor bis bitte bleibt da dabei dadurch dafür dagegen daher dahin damals \
    damit danach daneben dann daran darauf daraus darin darüber darum das dass davon davor dazu dein deine dem den denn \
    dennoch der deren des deshalb dessen deswegen die dies diese diesem diesen dieser dieses doch dort du durch ebenso \
    ein eine einem einen einer eines einige einmal einst endlich er erst es etwas euer eure falls fast für früher gegen \
    genau gerade gestern gibt haben hast hat hatte heute hier hierbei hierfür hinter ich ihm ihn ihnen ihr ihre ihrer \
    im immer in indem innerhalb ins insgesamt inzwischen irgendwann ist ja je jede jedem jeden jeder jedes jedoch jemand \
    jene jetzt kann kein keine keiner können leider man manche manchmal mein meine meist mit muss nach nachdem nachher \
    natürlich neben nein nicht nichts nie niemand noch nun nur ob obwohl oder oft ohne plötzlich schließlich schliesslich \
    schon sehr sein seine seit seitdem selbst sie sind so sobald sofern sogar solche soll sollte somit sondern sonst \
    sowohl später statt trotz trotzdem über um und unser unsere unter viele vielleicht vom von vor vorher während wann \
    war waren warum was wegen weil weiter weitere welche welcher welches wenn wer werden weshalb wie wieder wieso will \
    wir wird wo wobei wohl wurde wurden zu zudem zuerst zum zur zunächst zwar zwischen";

/// What makes an ordinal of the number before it, whatever stands before the number.
const ORDINAL_NOUNS: &str = "januar jänner februar feber märz april mai juni juli august september oktober november \
    dezember jan feb febr mär mrz apr jun jul aug sep sept okt nov dez jahrhundert jahrhunderts jh jhdt jahrtausend \
    jahrtausends quartal semester trimester weltkrieg weltkriegs bundesliga liga fc sc sv fsv vfl tsv division klasse \
    stock stockwerk obergeschoss og ug untergeschoss etage geburtstag jahrestag hochzeitstag runde halbzeit spieltag \
    etappe lesung auflage ausgabe instanz grades weihnachtstag advent adventssonntag lebensjahr lebensjahres \
    lebensmonat schuljahr armee infanterie bataillon brigade";

/// Words after which a number with a full stop is an ordinal: `am 3. Platz`, `die 5. Etappe`.
const BEFORE_ORDINALS: &str = "ab am ans auf bei beim bis das dem den der des die diese diesem diesen dieser dieses ein \
    eine einem einen einer eines für ihr ihre ihrem ihren ihrer im in ins jede jedem jeden jeder jedes mein meine meinem \
    meinen meiner nach oder sein seine seinem seinen seiner seit sowie übers und unser unsere unserem unseren vom von vor \
    zum zur zwischen";

fn lists(list: &str, word: &str) -> bool {
    // A few hundred words, looked through once a full stop: no need of a table.
    list.split_ascii_whitespace().any(|entry| entry == word)
}

fn abbreviation(word: &str) -> Option<Abbreviation> {
    let word = word.to_lowercase();
    if lists(MAY_END, &word) {
        Some(Abbreviation::MayEnd)
    } else if lists(OPENING, &word) {
        Some(Abbreviation::Opens)
    } else {
        None
    }
}

/// Whether `text` (behind `3. `) begins with a word that makes an ordinal of the number.
pub(crate) fn is_ordinal_noun(text: &str) -> bool {
    lists(ORDINAL_NOUNS, &first_word(text).to_lowercase())
}

fn is_starter(text: &str) -> bool {
    let word = first_word(text);
    word.starts_with(char::is_uppercase) && lists(STARTERS, &word.to_lowercase())
}

/// The letters at the beginning of `text`, after opening quotation marks.
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

/// Moves the sentence ends that `sentencex` found in `text` (a line, or a part of one) to where they belong.
pub(crate) fn mend(text: &str, ends: &[usize]) -> Vec<usize> {
    let mut mended = Vec::with_capacity(ends.len());
    let mut start = 0;
    for &end in ends {
        if end < text.len() && !is_end(&text[start..end], &text[end..]) {
            continue;
        }
        add_breaks(text, start, end, &mut mended);
        mended.push(end);
        start = end;
    }
    mended
}

/// Whether a boundary of `sentencex` between `left` and `right` is one.
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

/// The word at the end of `text`, as much of it as the rules look at ([`WORD_BEFORE`]).
fn last_word(text: &str) -> &str {
    let near = &text[text.ceil_char_boundary(text.len().saturating_sub(WORD_BEFORE))..];
    near.rsplit(char::is_whitespace).next().unwrap_or(near)
}

/// Whether a sentence ends where no white space follows it: `schlecht.Noch einer`, but not `www.Example.com`.
fn is_glued_end(stem: &str, right: &str, quoted: bool) -> bool {
    let token = last_word(stem).trim_start_matches(is_quote);
    let near = &right[..right.floor_char_boundary(WORD_BEHIND)];
    let mut next = right.chars();
    let capital =
        next.next().is_some_and(char::is_uppercase) && next.next().is_some_and(char::is_lowercase);
    let opens = quoted || right.starts_with(is_quote);
    token.chars().count() > 1
        && token.chars().all(|c| c.is_alphabetic() || c == '-')
        && abbreviation(token).is_none()
        && (capital || opens)
        && !near
            .split(char::is_whitespace)
            .next()
            .unwrap_or(near)
            .contains(['/', '@', '_'])
}

/// Whether the full stop behind `stem` ends a sentence, when `right` follows.
fn ends_sentence(stem: &str, right: &str) -> bool {
    let token = last_word(stem);
    let word = token
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or(token);
    let before = stem[..stem.len() - token.len()].trim_end();
    // Addresses are no abbreviations, whatever they end with.
    if word.is_empty() || token.contains("://") || token.contains('@') || token.starts_with("www.")
    {
        return true;
    }
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return !(word == token && is_ordinal(word, before, right));
    }
    if word.chars().count() == 1 && word.chars().all(char::is_alphabetic) {
        // `z. B. Die Zeit` and `J. S. Bach`, but `Vitamin C. Es hilft`.
        return word == token
            && word.starts_with(char::is_uppercase)
            && !before.ends_with('.')
            && is_starter(right);
    }
    match abbreviation(word) {
        Some(Abbreviation::Opens) if is_name(word, before, right) => true,
        Some(Abbreviation::Opens) => {
            // `Siehe Art. Die Frist läuft.` has no number behind it.
            matches!(word, "Art" | "Abs" | "Kap" | "Ref") && is_starter(right)
        }
        Some(Abbreviation::MayEnd) => is_starter(right) || right.trim_start().starts_with(is_quote),
        None => true,
    }
}

/// Whether `word` is one of [`NAMES`], and as such ends a sentence. At a sentence's beginning (`Max. Gewicht`) and before
/// numbers and single letters (`Lit. B`) it is still the abbreviation.
fn is_name(word: &str, before: &str, right: &str) -> bool {
    let next = first_word(right);
    word.starts_with(char::is_uppercase)
        && lists(NAMES, &word.to_lowercase())
        && !before.is_empty()
        && next.chars().count() > 1
        && !next.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether `number.` counts something: `am 3. Juni`, `der 2. Weltkrieg`, `1. FC Köln`.
fn is_ordinal(number: &str, before: &str, right: &str) -> bool {
    if number.len() > 3 {
        return false;
    }
    if is_ordinal_noun(right) {
        return true;
    }
    let previous = last_word(before)
        .trim_start_matches(|c: char| is_quote(c) || c == '(')
        .to_lowercase();
    (before.is_empty() || lists(BEFORE_ORDINALS, &previous)) && !is_starter(right)
}

/// Appends the ends that `sentencex` missed in the sentence `text[start..end]`.
fn add_breaks(text: &str, start: usize, end: usize, ends: &mut Vec<usize>) {
    let sentence = &text[start..end];
    let mut begin = 0;
    let mut depth = Depth::default();
    let mut chars = sentence.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        depth.see(c);
        if !is_terminator(c) {
            continue;
        }
        let mut stop = at + c.len_utf8();
        let mut closed = false;
        while let Some((next, c)) = chars.next_if(|&(_, c)| {
            is_terminator(c) || is_closer(c) && !is_opener_here(sentence, c, stop)
        }) {
            depth.see(c);
            closed |= is_closer(c);
            stop = next + c.len_utf8();
        }
        let right = &sentence[stop..];
        if !right.starts_with(char::is_whitespace) || right.trim_start().is_empty() {
            continue;
        }
        let long = end - start - begin > LONG;
        let single = stop - at == 1 && c == '.';
        let breaks = if long && (depth.is_open() || closed) {
            begins_sentence(right) && (!single || ends_sentence(&sentence[begin..at], right))
        } else {
            !depth.is_open() && !closed && misses_end(&sentence[begin..at], c, single, right)
        };
        if breaks {
            begin = stop + (right.len() - right.trim_start().len());
            ends.push(start + begin);
        }
    }
}

/// Whether a quotation mark right behind a terminator opens a quotation instead of closing one: `Ja."Nein`.
fn is_opener_here(sentence: &str, c: char, at: usize) -> bool {
    is_quote(c) && sentence[at + c.len_utf8()..].starts_with(char::is_alphanumeric)
}

fn begins_sentence(right: &str) -> bool {
    right
        .trim_start()
        .trim_start_matches(is_quote)
        .starts_with(char::is_uppercase)
}

/// Whether `sentencex` missed a sentence's end at the terminator behind `stem`, outside quotations and brackets.
fn misses_end(stem: &str, terminator: char, single: bool, right: &str) -> bool {
    let next = right.trim_start();
    // It takes every digit and every `§` for the sentence's continuation.
    let numeric = next.starts_with(|c: char| c.is_ascii_digit() || c == '§');
    match terminator {
        '!' | '?' => numeric,
        '.' if single => {
            let word = stem
                .rsplit(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or(stem);
            if numeric {
                // Abbreviations that nobody has listed mostly have a capital letter or few letters, and end with a
                // consonant: `Rdnr. 5`, `Abschn. 3`.
                word.chars().count() > 3
                    && (word.chars().all(char::is_lowercase)
                        || word.ends_with(['a', 'e', 'i', 'o', 'u']))
                    && abbreviation(word).is_none()
            } else {
                begins_sentence(right) && ends_sentence(stem, right)
            }
        }
        _ => false,
    }
}

/// How many quotations and brackets are open.
#[derive(Default)]
struct Depth {
    brackets: usize,
    /// The marks that would close the open quotations, [`MAX_QUOTES`] at most: what opens inside so many is not
    /// counted, so that its closing mark may close one further out.
    quotes: Vec<char>,
}

impl Depth {
    fn see(&mut self, c: char) {
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
