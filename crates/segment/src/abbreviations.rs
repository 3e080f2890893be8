//! German abbreviations, by list and by shape.
//!
//! The lists have the abbreviations that look like words (`Art.`, `geb.`). All others are known by
//! their shape: no German word is without a vowel, and no syllable ends with a stop or a fricative
//! followed by a liquid or a nasal (`elektr`, `Abschn`, `schriftl`).

/// Position of an abbreviation in its sentence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Abbreviation {
    /// A word of the same sentence always follows: `Dr.`, `bzw.`
    NeverFinal,
    /// The sentence may end here: `usw.`, `Min.`; the next word decides.
    MayBeFinal,
}

/// Abbreviations that never end a sentence, in lower case, without the last full stop.
const NEVER_FINAL: &str = "abb abs abt abtlg adr akad allg amtl anh anl anm arch art aufl ausg ausschl b2b bd bde begl \
    begr beil bem bes betr bez bezgl bezügl bibl biol bsp bspw buchst bzgl bzw ca chem dipl doz dr durchschn ehem eidg \
    eig eigtl einschl em engl entspr erg evang evtl exkl fa fam fig fr franz frl gebr geh gem geogr geol gez ggf ggfs \
    ggü griech habil hist hl hptm hr hrn hrsg ing inh inkl insb insbes insp ital iur jew jur jährl kant kap kapt kath \
    kfm kt lat lfd lic lit lt mag math max mech med mediz milit mind mtl nam neutr niederl nr nrn näml nördl oec orig \
    pat pharm phil phys pol polit pos prakt priv prof prot präs psych publ rd rdnr ref reg rer resp rhet rn rz röm \
    schweiz schwz sekr sog sogen soz span spez st staatl stellv stv städt südl tab techn tel telef tgl theol theor ugs \
    umg univ urspr v vbdg verf vermutl verw vet vgl vorl vorm vors westl wirtsch wiss wissensch wöchentl ziff zit zool \
    zus zw zzgl zzt öffentl österr östl";

/// Abbreviations that may end a sentence, in lower case, without the last full stop.
const MAY_BE_FINAL: &str = "apr aug bhf chr co corp dez dgl etc feb febr ff folg frk gbr geb gen gest ges hbf jan jh jhdt \
    jhs jr jul jun kl ltd mill min mio mrd mwst mär mrz nachf nachm nov okt pf pfd pkt pl qm rp sek sen sep \
    sept std stck stk str tsd ugf usf usw verh verl vers verz wwe zt ztr";

/// Abbreviations that are names or nouns when capitalised, in lower case: `max. 5 kg`, but `Ich sah
/// Max.`
const NAMES: &str = "kant lit max pat pol";

/// Words without a vowel, in lower case, that are no abbreviations.
const INTERJECTIONS: &str = "brr grr hm hmm mhm pff pscht psst pst tss tsts";

/// Weekdays in two letters, as they stand before times and in calendars.
const WEEKDAYS: &str = "Mo Di Mi Do Fr Sa So";

/// Maximum letters of an abbreviation that is known by its shape: `rechtswissenschaftl`.
const MAX_CLIPPED: usize = 20;

pub(crate) fn contains_word(list: &str, word: &str) -> bool {
    // A linear search through a few hundred words per full stop is fast enough.
    list.split_ascii_whitespace().any(|entry| entry == word)
}

/// Returns the kind of `word` if it is a listed abbreviation.
pub(crate) fn listed(word: &str) -> Option<Abbreviation> {
    let word = word.to_lowercase();
    if contains_word(MAY_BE_FINAL, &word) {
        Some(Abbreviation::MayBeFinal)
    } else if contains_word(NEVER_FINAL, &word) {
        Some(Abbreviation::NeverFinal)
    } else {
        None
    }
}

/// Returns whether `word` is one of [`NAMES`] used as a name, so that it can end a sentence. At the
/// start of a sentence (`Max. Gewicht`) and before numbers and single letters (`Lit. B`) it is
/// still the abbreviation.
pub(crate) fn is_name(word: &str, before: &str, next: &str) -> bool {
    word.starts_with(char::is_uppercase)
        && contains_word(NAMES, &word.to_lowercase())
        && !before.is_empty()
        && next.chars().count() > 1
        && !next.starts_with(|c: char| c.is_ascii_digit())
}

/// Returns whether `word` has the shape of an abbreviation: no vowel (`Pfr`, `Kfz`, `BGBl`), or an
/// end that no German syllable has (`Abschn`, `elektr`, `landw`). Capital letters at the end are
/// initials (`GmbH`), which are nouns.
pub(crate) fn is_clipped(word: &str) -> bool {
    let letters = word.chars().count();
    if !(2..=MAX_CLIPPED).contains(&letters)
        || !word.chars().all(char::is_alphabetic)
        || !word.ends_with(char::is_lowercase)
    {
        return false;
    }
    let lower = word.to_lowercase();
    let coda: Vec<char> = lower.chars().rev().take_while(|&c| !is_vowel(c)).collect();
    if coda.len() == letters {
        return !contains_word(INTERJECTIONS, &lower);
    }
    let is_noun =
        word.starts_with(char::is_uppercase) && !word.chars().skip(1).any(char::is_uppercase);
    match coda[..] {
        ['j' | 'w', _, ..] => true,
        ['v', before, ..] => before != 'r',
        // Southern diminutives and plurals: `Dirndl`, `Wiesn`.
        ['l', ..] if is_noun => false,
        ['n', before, ..] if is_noun && before != 'h' => false,
        // Backwards: the later sound of each pair comes first.
        _ => coda.windows(2).enumerate().any(|(index, pair)| {
            // A silent h lengthens the vowel: `Stuhl`, `Bahn`.
            let is_silent = pair[1] == 'h' && index + 2 == coda.len();
            is_sonorant(pair[0]) && !is_sonorant(pair[1]) && !is_silent
        }),
    }
}

/// Returns whether `word` is a weekday in two letters; `So` at the start of a sentence is a word.
pub(crate) fn is_weekday(word: &str, before: &str) -> bool {
    let opens =
        !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '–' | '-'));
    contains_word(WEEKDAYS, word) && !(word == "So" && opens)
}

/// Returns whether `c`, in lower case, is a vowel. Foreign letters are taken for vowels, so that no
/// foreign word is an abbreviation.
fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y') || !c.is_ascii() && c != 'ß'
}

fn is_sonorant(c: char) -> bool {
    matches!(c, 'l' | 'm' | 'n' | 'r')
}
