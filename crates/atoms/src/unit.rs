//! Currencies and units of measure, German and English.

use crate::text::is_start;
use crate::text::skip_space;
use crate::text::word;

/// A currency, or a hundredth of one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Currency {
    /// What stands before an English number; nothing for those written as a word after it.
    prefix: Option<&'static str>,
    /// Symbols and abbreviations, which German writes before or after a number.
    marks: &'static [&'static str],
    /// German words, after a number.
    german: &'static [&'static str],
    /// English words: the plural, then the singular, then others, longer ones first where one is
    /// the start of another.
    english: &'static [&'static str],
}

const fn code(prefix: &'static str, marks: &'static [&'static str]) -> Currency {
    Currency {
        prefix: Some(prefix),
        marks,
        german: &[],
        english: &[],
    }
}

static CURRENCIES: [Currency; 18] = [
    Currency {
        prefix: Some("EUR"),
        marks: &["EUR", "€"],
        german: &["Euro", "Euros"],
        english: &["euros", "euro"],
    },
    Currency {
        prefix: Some("CHF"),
        marks: &["CHF", "SFr.", "sFr.", "SFR", "Fr."],
        german: &["Schweizer Franken", "Schweizerfranken", "Franken"],
        english: &["francs", "franc", "Swiss francs", "Swiss franc"],
    },
    Currency {
        prefix: Some("USD"),
        marks: &["USD", "US-$", "US$", "$"],
        german: &["US-Dollar", "Dollar", "Dollars"],
        english: &[
            "dollars",
            "dollar",
            "US dollars",
            "US dollar",
            "U.S. dollars",
            "U.S. dollar",
        ],
    },
    Currency {
        prefix: Some("GBP"),
        marks: &["GBP", "£"],
        german: &["Pfund Sterling", "britische Pfund", "Britische Pfund"],
        english: &[
            "pounds sterling",
            "pound sterling",
            "British pounds",
            "pounds",
            "pound",
        ],
    },
    Currency {
        prefix: Some("JPY"),
        marks: &["JPY", "¥"],
        german: &["Yen"],
        english: &["yen", "yen", "Japanese yen"],
    },
    Currency {
        prefix: Some("DM"),
        marks: &["DM", "DEM"],
        german: &["D-Mark", "Deutsche Mark", "Deutschen Mark"],
        english: &[
            "Deutsche Marks",
            "Deutsche Mark",
            "D-Marks",
            "D-marks",
            "Deutschmarks",
            "German marks",
            "marks",
        ],
    },
    Currency {
        prefix: None,
        marks: &["Rp."],
        german: &["Rappen"],
        english: &["centimes", "centime", "rappen"],
    },
    Currency {
        prefix: None,
        marks: &["Ct.", "ct.", "ct", "¢"],
        german: &["Cents", "Cent"],
        english: &["cents", "cent"],
    },
    code("SEK", &["SEK"]),
    code("NOK", &["NOK"]),
    code("DKK", &["DKK"]),
    code("PLN", &["PLN"]),
    code("CZK", &["CZK"]),
    code("HUF", &["HUF"]),
    code("CAD", &["CAD"]),
    code("AUD", &["AUD"]),
    code("CNY", &["CNY"]),
    code("TRY", &["TRY"]),
];

/// A unit of measure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    symbols: &'static [&'static str],
    english: &'static [&'static str],
}

const fn measure(symbols: &'static [&'static str], english: &'static [&'static str]) -> Measure {
    Measure { symbols, english }
}

static MEASURES: [Measure; 52] = [
    measure(
        &["km/h"],
        &[
            "kilometres per hour",
            "kilometers per hour",
            "kilometres an hour",
            "kilometers an hour",
            "kph",
            "kmh",
        ],
    ),
    measure(&["m/s"], &["metres per second", "meters per second"]),
    measure(
        &["km²", "km2"],
        &["square kilometres", "square kilometers", "sq km"],
    ),
    measure(
        &["m²", "m2", "qm"],
        &[
            "square metres",
            "square meters",
            "square metre",
            "square meter",
            "sq m",
            "sqm",
            "sq. m",
        ],
    ),
    measure(
        &["cm²", "cm2"],
        &["square centimetres", "square centimeters"],
    ),
    measure(
        &["m³", "m3"],
        &["cubic metres", "cubic meters", "cubic metre", "cubic meter"],
    ),
    measure(
        &["cm³", "cm3", "ccm"],
        &["cubic centimetres", "cubic centimeters", "cc"],
    ),
    measure(
        &["km"],
        &["kilometres", "kilometers", "kilometre", "kilometer"],
    ),
    measure(&["dm"], &["decimetres", "decimeters"]),
    measure(
        &["cm"],
        &["centimetres", "centimeters", "centimetre", "centimeter"],
    ),
    measure(
        &["mm"],
        &["millimetres", "millimeters", "millimetre", "millimeter"],
    ),
    measure(&["µm", "μm"], &["micrometres", "micrometers", "microns"]),
    measure(&["nm"], &["nanometres", "nanometers"]),
    measure(&["m"], &["metres", "meters", "metre", "meter"]),
    measure(
        &["kg"],
        &["kilograms", "kilogrammes", "kilogram", "kilos", "kilo"],
    ),
    measure(&["mg"], &["milligrams", "milligrammes"]),
    measure(&["µg", "μg"], &["micrograms", "mcg"]),
    measure(&["g"], &["grams", "grammes", "gram", "gramme"]),
    measure(&["t"], &["tonnes", "tonne", "tons", "ton", "metric tons"]),
    measure(&["ml"], &["millilitres", "milliliters", "mL"]),
    measure(&["dl"], &["decilitres", "deciliters", "dL"]),
    measure(&["cl"], &["centilitres", "centiliters", "cL"]),
    measure(&["hl"], &["hectolitres", "hectoliters", "hL"]),
    measure(&["l"], &["litres", "liters", "litre", "liter", "L"]),
    measure(
        &["°C", "° C"],
        &[
            "degrees Celsius",
            "degree Celsius",
            "degrees centigrade",
            "degrees",
            "degree",
            "C",
        ],
    ),
    measure(&["°F", "° F"], &["degrees Fahrenheit", "degrees", "F"]),
    measure(&["°"], &["degrees", "degree"]),
    measure(
        &["kWh"],
        &["kilowatt hours", "kilowatt-hours", "kilowatt hour"],
    ),
    measure(&["MWh"], &["megawatt hours", "megawatt-hours"]),
    measure(&["GWh"], &["gigawatt hours", "gigawatt-hours"]),
    measure(&["TWh"], &["terawatt hours", "terawatt-hours"]),
    measure(&["kW"], &["kilowatts", "kilowatt"]),
    measure(&["MW"], &["megawatts", "megawatt"]),
    measure(&["GW"], &["gigawatts", "gigawatt"]),
    measure(&["W"], &["watts", "watt"]),
    measure(&["PS"], &["horsepower", "hp", "bhp"]),
    measure(&["V"], &["volts", "volt"]),
    measure(&["mA"], &["milliamps", "milliamperes"]),
    measure(&["Hz"], &["hertz", "Hertz"]),
    measure(&["kHz"], &["kilohertz"]),
    measure(&["MHz"], &["megahertz"]),
    measure(&["GHz"], &["gigahertz"]),
    measure(&["kB", "KB"], &["kilobytes"]),
    measure(&["MB"], &["megabytes", "megabyte"]),
    measure(&["GB"], &["gigabytes", "gigabyte"]),
    measure(&["TB"], &["terabytes", "terabyte"]),
    measure(&["dB"], &["decibels", "decibel"]),
    measure(&["hPa"], &["hectopascals"]),
    measure(&["bar"], &["bars"]),
    measure(&["ha"], &["hectares", "hectare"]),
    measure(&["min", "min."], &["minutes", "minute", "mins"]),
    measure(&["h"], &["hours", "hour", "hrs"]),
];

const PERCENT: [&str; 8] = [
    "%",
    "percent",
    "per cent",
    "percentage",
    "per-cent",
    "pct",
    "Prozent",
    "v. H.",
];
const PER_MILLE: [&str; 5] = ["‰", "per mille", "per mill", "per thousand", "Promille"];

/// The unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Percent,
    PerMille,
    Currency(&'static Currency),
    Measure(&'static Measure),
}

/// Returns the currency that stands at `at` before a German number, its end, and whether it is a
/// symbol.
pub(crate) fn prefix(text: &str, at: usize) -> Option<(&'static Currency, &'static str, usize)> {
    if !is_start(text, at) {
        return None;
    }
    CURRENCIES.iter().find_map(|currency| {
        let (mark, end) = word(text, at, currency.marks)?;
        currency.prefix?;
        Some((currency, mark, end))
    })
}

/// Returns the unit that stands at `at` after a German number, the form in which it stands there,
/// and its end.
pub(crate) fn suffix(text: &str, at: usize) -> Option<(Unit, &'static str, usize)> {
    let start = skip_space(text, at);
    // A look at the tables costs more than the rest of a number.
    if !text[start..].starts_with(|c: char| c.is_alphabetic() || "%‰€$£¥¢°".contains(c)) {
        return None;
    }
    if let Some((form, end)) = word(text, start, &["%", "Prozent", "v. H."])
        && !(form == "%" && text[end..].starts_with(char::is_alphanumeric))
    {
        return Some((Unit::Percent, form, end));
    }
    if let Some((form, end)) = word(text, start, &["‰", "Promille"]) {
        return Some((Unit::PerMille, form, end));
    }
    let currency = CURRENCIES.iter().find_map(|currency| {
        let (form, end) =
            word(text, start, currency.marks).or_else(|| word(text, start, currency.german))?;
        Some((Unit::Currency(currency), form, end))
    });
    currency.or_else(|| {
        MEASURES.iter().find_map(|measure| {
            let (form, end) = word(text, start, measure.symbols)?;
            Some((Unit::Measure(measure), form, end))
        })
    })
}

impl Unit {
    /// Returns the end of the unit where it stands at `at` after an English number, and whether
    /// it is written as English does.
    pub(crate) fn after(self, text: &str, at: usize) -> Option<(usize, bool)> {
        let start = match text[at..].strip_prefix('-') {
            Some(_) => at + 1,
            None => skip_space(text, at),
        };
        let found = |forms: &[&str]| longest(text, start, forms);
        match self {
            Self::Percent => found(&PERCENT).map(|end| {
                let form = &text[start..end];
                (
                    end,
                    !matches!(form, "Prozent" | "v. H.") && (form != "%" || start == at),
                )
            }),
            Self::PerMille => found(&PER_MILLE).map(|end| (end, &text[start..end] != "Promille")),
            Self::Currency(currency) => found(currency.english)
                .map(|end| (end, true))
                .or_else(|| {
                    found(currency.marks)
                        .map(|end| (end, currency.prefix == Some(&text[start..end])))
                })
                .or_else(|| found(currency.german).map(|end| (end, false))),
            Self::Measure(measure) => found(measure.symbols)
                .or_else(|| found(measure.english))
                .map(|end| (end, true)),
        }
    }

    /// Returns the start of the unit where it ends at `at` before an English number, and whether it
    /// is written as English does.
    pub(crate) fn before(self, text: &str, at: usize) -> Option<(usize, bool)> {
        let Self::Currency(currency) = self else {
            return None;
        };
        let end = text[..at].trim_end_matches(crate::text::is_space).len();
        if at - end > 2 {
            return None;
        }
        currency
            .marks
            .iter()
            .filter(|mark| text[..end].ends_with(**mark))
            .filter(|mark| {
                !mark.starts_with(char::is_alphanumeric) || is_start(text, end - mark.len())
            })
            .max_by_key(|mark| mark.len())
            .map(|mark| {
                let is_symbol = !mark.ends_with(char::is_alphanumeric) && !mark.ends_with('.');
                let is_english = is_symbol && end == at || currency.prefix == Some(*mark);
                (end - mark.len(), is_english)
            })
    }
}

/// Returns the end of the longest of `forms` at `at`.
fn longest(text: &str, at: usize, forms: &[&str]) -> Option<usize> {
    forms
        .iter()
        .filter_map(|form| word(text, at, &[*form]))
        .map(|(_, end)| end)
        .max()
}

/// Returns an English number with its unit, which stands in German as `form`.
pub(crate) fn with_unit(number: &str, unit: Unit, form: &str, space: &str) -> String {
    match unit {
        Unit::Percent if form == "%" => format!("{number}%"),
        Unit::Percent => format!("{number} percent"),
        Unit::PerMille if form == "‰" => format!("{number}‰"),
        Unit::PerMille => format!("{number} per mille"),
        Unit::Measure(_) => format!("{number}{space}{form}"),
        Unit::Currency(currency) => {
            let is_word = currency.german.contains(&form);
            match currency.prefix {
                Some(prefix) if !is_word => {
                    let is_symbol = !form.ends_with(char::is_alphanumeric) && !form.ends_with('.');
                    let (sign, number) = match number.chars().next() {
                        Some(sign @ ('-' | '−' | '–')) => number.split_at(sign.len_utf8()),
                        _ => ("", number),
                    };
                    if is_symbol {
                        let symbol = if form == "US-$" { "US$" } else { form };
                        format!("{sign}{symbol}{number}")
                    } else {
                        format!("{prefix} {sign}{number}")
                    }
                }
                _ => {
                    let singular = usize::from(number == "1");
                    format!(
                        "{number} {}",
                        currency.english[singular.min(currency.english.len() - 1)]
                    )
                }
            }
        }
    }
}
