//! File numbers of courts, judgments in reports, and standards.

use crate::text::digits_end;
use crate::text::end_of;
use crate::text::is_end;
use crate::text::is_shouted;
use crate::text::number_run_end;
use crate::text::skip_space;
use crate::text::word;
use crate::words::roman;

/// Reports of the Swiss Federal Supreme Court, with a volume, a Roman part and a page.
const SWISS_REPORTS: [&str; 3] = ["BGE", "ATF", "DTF"];
/// Other reports and journals, with a volume or a year, and a page after a comma.
const REPORTS: [&str; 14] = [
    "BGHZ", "BGHSt", "BVerfGE", "BVerwGE", "BAGE", "BSGE", "BFHE", "RGZ", "NJW", "NZA", "NStZ",
    "WuM", "ZMR", "JZ",
];
/// Bodies that set standards, of which several may come before the number.
const STANDARDS: [&str; 13] = [
    "DIN", "EN", "ISO", "IEC", "IEEE", "ÖNORM", "VDE", "VDI", "SIA", "CEN", "ETSI", "RFC", "SR",
];
/// Registers of courts whose last letter is small. Others are letters of which the last is a capital.
const REGISTERS: [&str; 45] = [
    "Ob", "ObA", "ObS", "Os", "Ns", "Nc", "Bkd", "Nd", "Cg", "Cga", "Cgs", "Hv", "Fam", "Msch",
    "Ra", "Ro", "Rs", "Bs", "Ba", "Ca", "Sa", "Ta", "TaBV", "TaBVGa", "Ga", "BVGa", "Ha", "Ws",
    "Ss", "Js", "Gs", "Ds", "Ls", "Cs", "Ks", "Qs", "BJs", "BGs", "ARs", "VAs", "Vollz", "StVK",
    "OWi", "Wx", "Kart",
];
/// Maximum number of bodies before the number of a standard: `DIN EN ISO/IEC 27001`.
const MAX_BODIES: usize = 5;

/// Returns the end of a number after one space at `at`.
fn next_number(text: &str, at: usize) -> Option<usize> {
    let start = skip_space(text, at);
    let end = digits_end(text, start);
    (start > at && (1..=5).contains(&(end - start)) && is_end(text, end)).then_some(end)
}

/// Returns the end of a judgment in reports: `BGE 141 III 328 E. 4.2`, `BGHZ 54, 251`.
pub(crate) fn reported_case(text: &str, at: usize) -> Option<usize> {
    if let Some((_, name)) = word(text, at, &SWISS_REPORTS) {
        let part = skip_space(text, next_number(text, name)?);
        let part_end = end_of(text, part, |c| matches!(c, 'I' | 'V'));
        // `Ia` was a part in earlier years.
        let suffix = usize::from(text[part_end..].starts_with(['a', 'b']));
        roman(&text[part..part_end])?;
        let page = next_number(text, part_end + suffix)?;
        let consideration = text[page..].strip_prefix(" E. ").map(|rest| {
            let start = text.len() - rest.len();
            let end = number_run_end(text, start);
            let letter = usize::from(text[end..].starts_with(|c: char| c.is_ascii_lowercase()));
            Some(end + letter).filter(|_| end > start)
        });
        return Some(consideration.flatten().unwrap_or(page));
    }
    let (_, name) = word(text, at, &REPORTS)?;
    let volume = next_number(text, name)?;
    next_number(text, volume + text[volume..].strip_prefix(',').map(|_| 1)?)
}

/// Returns the end of a standard with its bodies: `DIN EN ISO 9001:2015`.
pub(crate) fn standard(text: &str, at: usize) -> Option<usize> {
    let (_, mut end) = word(text, at, &STANDARDS)?;
    for _ in 1..MAX_BODIES {
        let Some((_, next)) = text[end..]
            .starts_with([' ', '/', '-'])
            .then(|| word(text, end + 1, &STANDARDS))
            .flatten()
        else {
            break;
        };
        end = next;
    }
    let start = skip_space(text, end);
    let number = number_run_end(text, start);
    let goes_on = !is_end(text, number) || text[number..].starts_with(['-', '/']);
    (start < number && !goes_on && !is_shouted(text, number)).then_some(number)
}

/// Returns the end of a court's file number: `V ZR 12/18`, `1 BvR 2649/21`, `12 O 345/20`, `4 Ob
/// 135/18t`.
pub(crate) fn court_file(text: &str, at: usize) -> Option<usize> {
    let senate = at
        + text[at..]
            .bytes()
            .take(6)
            .take_while(u8::is_ascii_alphanumeric)
            .count();
    let name = &text[at..senate];
    let is_senate = roman(name).is_some()
        || (1..=3).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_digit());
    let register = skip_space(text, senate);
    if !is_senate || register == senate {
        return None;
    }
    let letters = text[register..]
        .bytes()
        .take(6)
        .take_while(u8::is_ascii_alphabetic)
        .count();
    let register_end = register + letters;
    let number = skip_space(text, register_end);
    let slash = digits_end(text, number);
    let is_register = (1..=5).contains(&letters)
        && text[register..].starts_with(|c: char| c.is_ascii_uppercase())
        && (text[..register_end].ends_with(|c: char| c.is_ascii_uppercase())
            || REGISTERS.contains(&&text[register..register_end]));
    if !is_register || number == register_end || slash == number || !text[slash..].starts_with('/')
    {
        return None;
    }
    let year = digits_end(text, slash + 1);
    // The letter in Austria checks the numbers.
    let end = year + usize::from(text[year..].starts_with(|c: char| c.is_ascii_lowercase()));
    (matches!(year - slash - 1, 2 | 4) && is_end(text, end)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_numbers_of_courts() {
        for text in [
            "V ZR 12/18",
            "4 Ob 135/18t",
            "10 ObS 5/19f",
            "12 Ca 1234/20",
            "5 Sa 123/19",
            "2 Ws 12/20",
            "4 Js 123/20",
        ] {
            assert_eq!(
                court_file(&format!("{text} gilt"), 0),
                Some(text.len()),
                "{text}"
            );
        }
        for text in ["5 Sack 12/20", "4 Ob 135", "4 Ob 135/18tt", "3 Ca 2/1"] {
            assert_eq!(court_file(text, 0), None, "{text}");
        }
    }

    #[test]
    fn judgments_and_standards() {
        for text in ["BGE 141 III 328", "BGE 130 Ia 12 E. 4.2b", "BGHZ 54, 251"] {
            assert_eq!(
                reported_case(&format!("{text} gilt"), 0),
                Some(text.len()),
                "{text}"
            );
        }
        for text in [
            "DIN EN ISO 9001:2015",
            "ISO/IEC 27001",
            "SIA 118",
            "SR 221.302",
        ] {
            assert_eq!(
                standard(&format!("{text} gilt"), 0),
                Some(text.len()),
                "{text}"
            );
        }
        for text in [
            "BGE 141",
            "BGE III 12",
            "NJW 2004",
            "EN",
            "ISO",
            "DIN A4",
            "SIA 7 HUNDE",
        ] {
            assert_eq!(
                (reported_case(text, 0), standard(text, 0)),
                (None, None),
                "{text}"
            );
        }
    }
}
