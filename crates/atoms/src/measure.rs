//! Units of measure: symbols, German words and English words.

/// A unit of measure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    /// Symbols that both languages write.
    pub(crate) symbols: &'static [&'static str],
    /// Words and abbreviations that only German writes.
    pub(crate) german: &'static [&'static str],
    /// English words: the plural, then the singular, then others.
    pub(crate) english: &'static [&'static str],
    /// Set if a translation may do without the German word: `mit 18 Jahren` is "at 18".
    pub(crate) is_optional: bool,
}

const fn unit(
    symbols: &'static [&'static str],
    german: &'static [&'static str],
    english: &'static [&'static str],
) -> Measure {
    Measure {
        symbols,
        german,
        english,
        is_optional: false,
    }
}

const fn optional(
    symbols: &'static [&'static str],
    german: &'static [&'static str],
    english: &'static [&'static str],
) -> Measure {
    Measure {
        symbols,
        german,
        english,
        is_optional: true,
    }
}

/// All units. A space in an English word may be a hyphen in a translation.
#[rustfmt::skip] // A unit takes one line or two.
pub(crate) static MEASURES: &[Measure] = &[
    // Speed
    unit(&["km/h"], &["Stundenkilometern", "Stundenkilometer", "Kilometern pro Stunde",
        "Kilometer pro Stunde", "Kilometern in der Stunde", "Kilometer in der Stunde",
        "km pro Stunde", "km/Std."], &["kilometres per hour", "kilometre per hour",
        "kilometers per hour", "kilometer per hour", "kilometres an hour", "kilometers an hour",
        "km per hour", "kph", "kmh"]),
    unit(&["m/s"], &["Metern pro Sekunde", "Meter pro Sekunde"], &["metres per second",
        "metre per second", "meters per second", "meter per second"]),
    unit(&[], &["Knoten"], &["knots", "knot"]),
    // Area
    unit(&["km²", "km2"], &["Quadratkilometern", "Quadratkilometer", "qkm"], &["square kilometres",
        "square kilometre", "square kilometers", "square kilometer", "sq km", "sq. km",
        "square km"]),
    unit(&["m²", "m2"], &["Quadratmetern", "Quadratmeter", "qm"], &["square metres", "square metre",
        "square meters", "square meter", "sq m", "sq. m", "sqm", "square m"]),
    unit(&["cm²", "cm2"], &["Quadratzentimetern", "Quadratzentimeter", "qcm"],
        &["square centimetres", "square centimetre", "square centimeters", "square centimeter",
        "sq cm"]),
    unit(&["mm²", "mm2"], &["Quadratmillimetern", "Quadratmillimeter"], &["square millimetres",
        "square millimetre", "square millimeters", "square millimeter", "sq mm"]),
    unit(&["ha"], &["Hektaren", "Hektar", "Hektare"], &["hectares", "hectare"]),
    unit(&[], &["Aren", "Ar"], &["ares", "are"]),
    // Volume
    unit(&["m³", "m3"], &["Kubikmetern", "Kubikmeter", "cbm"], &["cubic metres", "cubic metre",
        "cubic meters", "cubic meter", "cu m"]),
    unit(&["dm³", "dm3"], &["Kubikdezimetern", "Kubikdezimeter"], &["cubic decimetres",
        "cubic decimetre", "cubic decimeters"]),
    unit(&["cm³", "cm3"], &["Kubikzentimetern", "Kubikzentimeter", "ccm"], &["cubic centimetres",
        "cubic centimetre", "cubic centimeters", "cubic centimeter", "cc"]),
    unit(&["km³", "km3"], &["Kubikkilometern", "Kubikkilometer"], &["cubic kilometres",
        "cubic kilometre", "cubic kilometers"]),
    unit(&["ml"], &["Millilitern", "Milliliter"], &["millilitres", "millilitre", "milliliters",
        "milliliter", "mL"]),
    unit(&["cl"], &["Zentilitern", "Zentiliter"], &["centilitres", "centilitre", "centiliters",
        "centiliter", "cL"]),
    unit(&["dl"], &["Dezilitern", "Deziliter"], &["decilitres", "decilitre", "deciliters",
        "deciliter", "dL"]),
    unit(&["hl"], &["Hektolitern", "Hektoliter"], &["hectolitres", "hectolitre", "hectoliters",
        "hectoliter", "hL"]),
    unit(&["l"], &["Litern", "Liter", "Ltr."], &["litres", "litre", "liters", "liter", "L"]),
    unit(&[], &["Gallonen", "Gallone"], &["gallons", "gallon"]),
    unit(&[], &["Barrel", "Barrels"], &["barrels", "barrel"]),
    // Length
    unit(&["km"], &["Kilometern", "Kilometer"], &["kilometres", "kilometre", "kilometers",
        "kilometer", "kms"]),
    unit(&["dm"], &["Dezimetern", "Dezimeter"], &["decimetres", "decimetre", "decimeters",
        "decimeter"]),
    unit(&["cm"], &["Zentimetern", "Zentimeter"], &["centimetres", "centimetre", "centimeters",
        "centimeter"]),
    unit(&["mm"], &["Millimetern", "Millimeter"], &["millimetres", "millimetre", "millimeters",
        "millimeter"]),
    unit(&["µm", "μm"], &["Mikrometern", "Mikrometer"], &["micrometres", "micrometre",
        "micrometers", "micrometer", "microns", "micron"]),
    unit(&["nm"], &["Nanometern", "Nanometer"], &["nanometres", "nanometre", "nanometers",
        "nanometer"]),
    unit(&["m"], &["Metern", "Meter"], &["metres", "metre", "meters", "meter"]),
    unit(&[], &["Seemeilen", "Seemeile"], &["nautical miles", "nautical mile", "sea miles",
        "sea mile"]),
    unit(&[], &["Meilen", "Meile"], &["miles", "mile"]),
    unit(&[], &["Zoll"], &["inches", "inch"]),
    unit(&[], &["Fuss", "Fuß"], &["feet", "foot", "ft"]),
    unit(&[], &["Yards", "Yard"], &["yards", "yard"]),
    unit(&[], &["Lichtjahren", "Lichtjahre", "Lichtjahr"], &["light years", "light year"]),
    // Weight
    unit(&["kg"], &["Kilogramm", "Kilos", "Kilo"], &["kilograms", "kilogram", "kilogrammes",
        "kilogramme", "kilos", "kilo"]),
    unit(&["dag"], &["Dekagramm", "Deka"], &["decagrams", "decagram", "dekagrams", "decagrammes"]),
    unit(&["mg"], &["Milligramm"], &["milligrams", "milligram", "milligrammes", "milligramme"]),
    unit(&["µg", "μg"], &["Mikrogramm"], &["micrograms", "microgram", "microgrammes", "mcg"]),
    unit(&["g"], &["Gramm"], &["grams", "gram", "grammes", "gramme"]),
    unit(&["t"], &["Tonnen", "Tonne"], &["tonnes", "tonne", "tons", "ton", "metric tons",
        "metric tonnes"]),
    unit(&[], &["Zentnern", "Zentner", "Ztr."], &["hundredweight", "hundredweight",
        "hundredweights", "centners", "centner", "quintals", "quintal"]),
    unit(&[], &["Unzen", "Unze"], &["ounces", "ounce", "oz"]),
    unit(&[], &["Karat"], &["carats", "carat", "karats", "karat"]),
    // Temperature
    unit(&["°C", "° C"], &["Grad Celsius", "Grad C"], &["degrees Celsius", "degree Celsius",
        "degrees centigrade", "degrees", "degree", "C"]),
    unit(&["°F", "° F"], &["Grad Fahrenheit"], &["degrees Fahrenheit", "degree Fahrenheit",
        "degrees", "F"]),
    unit(&["°"], &["Graden", "Grad"], &["degrees", "degree", "degrees Celsius", "degree Celsius",
        "degrees centigrade", "°C", "° C", "C"]),
    unit(&[], &["Kelvin"], &["kelvins", "kelvin", "K"]),
    // Energy and electricity
    unit(&["Wh"], &["Wattstunden", "Wattstunde"], &["watt hours", "watt hour"]),
    unit(&["kWh"], &["Kilowattstunden", "Kilowattstunde"], &["kilowatt hours", "kilowatt hour",
        "KWh"]),
    unit(&["MWh"], &["Megawattstunden", "Megawattstunde"], &["megawatt hours", "megawatt hour"]),
    unit(&["GWh"], &["Gigawattstunden", "Gigawattstunde"], &["gigawatt hours", "gigawatt hour"]),
    unit(&["TWh"], &["Terawattstunden", "Terawattstunde"], &["terawatt hours", "terawatt hour"]),
    unit(&["kW"], &["Kilowatt"], &["kilowatts", "kilowatt"]),
    unit(&["MW"], &["Megawatt"], &["megawatts", "megawatt"]),
    unit(&["GW"], &["Gigawatt"], &["gigawatts", "gigawatt"]),
    unit(&["W"], &["Watt"], &["watts", "watt"]),
    unit(&[], &["PS", "Pferdestärken"], &["horsepower", "horsepower", "hp", "bhp", "PS"]),
    unit(&["kV"], &["Kilovolt"], &["kilovolts", "kilovolt"]),
    unit(&["V"], &["Volt"], &["volts", "volt"]),
    unit(&["mA"], &["Milliampere"], &["milliamps", "milliamp", "milliamperes"]),
    unit(&["Ah"], &["Amperestunden"], &["ampere hours", "ampere hour", "amp hours"]),
    unit(&[], &["Ampere"], &["amperes", "ampere", "amps", "amp"]),
    unit(&["Ω"], &["Ohm"], &["ohms", "ohm"]),
    unit(&["kJ"], &["Kilojoule"], &["kilojoules", "kilojoule"]),
    unit(&[], &["Joule"], &["joules", "joule"]),
    unit(&["kcal"], &["Kilokalorien", "Kilokalorie"], &["kilocalories", "kilocalorie", "calories"]),
    unit(&[], &["Kalorien", "Kalorie"], &["calories", "calorie", "kcal"]),
    // Sound, frequency, pressure
    unit(&["dB"], &["Dezibel"], &["decibels", "decibel"]),
    unit(&["kHz"], &["Kilohertz"], &["kilohertz", "kilohertz"]),
    unit(&["MHz"], &["Megahertz"], &["megahertz", "megahertz"]),
    unit(&["GHz"], &["Gigahertz"], &["gigahertz", "gigahertz"]),
    unit(&["Hz"], &["Hertz"], &["hertz", "hertz"]),
    unit(&["hPa"], &["Hektopascal"], &["hectopascals", "hectopascal"]),
    unit(&["mbar"], &["Millibar"], &["millibars", "millibar"]),
    unit(&["bar"], &["Bar"], &["bars", "bar"]),
    // Data
    unit(&["kbit/s", "kBit/s"], &["Kilobit pro Sekunde"], &["kilobits per second",
        "kilobit per second", "kbps"]),
    unit(&["Mbit/s", "MBit/s", "Mb/s"], &["Megabit pro Sekunde"], &["megabits per second",
        "megabit per second", "Mbps"]),
    unit(&["Gbit/s", "GBit/s", "Gb/s"], &["Gigabit pro Sekunde"], &["gigabits per second",
        "gigabit per second", "Gbps"]),
    unit(&["kB", "KB", "KiB"], &["Kilobytes", "Kilobyte"], &["kilobytes", "kilobyte"]),
    unit(&["MB", "MiB"], &["Megabytes", "Megabyte"], &["megabytes", "megabyte"]),
    unit(&["GB", "GiB"], &["Gigabytes", "Gigabyte"], &["gigabytes", "gigabyte"]),
    unit(&["TB", "TiB"], &["Terabytes", "Terabyte"], &["terabytes", "terabyte"]),
    unit(&[], &["Bytes", "Byte"], &["bytes", "byte"]),
    unit(&["MP"], &["Megapixeln", "Megapixel"], &["megapixels", "megapixel"]),
    unit(&["px"], &["Pixeln", "Pixel"], &["pixels", "pixel"]),
    unit(&["dpi"], &[], &["dots per inch", "dot per inch"]),
    // Shares
    unit(&[], &["Prozentpunkten", "Prozentpunkte", "Prozentpunkt"], &["percentage points",
        "percentage point", "percent points", "points", "point"]),
    unit(&[], &["Basispunkten", "Basispunkte", "Basispunkt"], &["basis points", "basis point"]),
    // Time
    unit(&["ms"], &["Millisekunden", "Millisekunde"], &["milliseconds", "millisecond"]),
    optional(&[], &["Sekunden", "Sekunde", "Sek.", "Sek"], &["seconds", "second", "secs", "sec"]),
    optional(&["min", "min."], &["Minuten", "Minute", "Min.", "Min"], &["minutes", "minute",
        "mins"]),
    optional(&["h"], &["Stunden", "Stunde", "Stdn.", "Std.", "Std"], &["hours", "hour", "hrs",
        "hr"]),
    optional(&[], &["Tagen", "Tage", "Tag"], &["days", "day"]),
    optional(&[], &["Wochen", "Woche"], &["weeks", "week"]),
    optional(&[], &["Monaten", "Monate", "Monat"], &["months", "month"]),
    optional(&[], &["Quartalen", "Quartale"], &["quarters", "quarter"]),
    optional(&[], &["Jahren", "Jahre", "Jahr"], &["years", "year"]),
    optional(&[], &["Nächten", "Nächte"], &["nights", "night"]),
    // Things that are counted
    optional(&[], &["Seiten"], &["pages", "page"]),
    optional(&[], &["Stücken", "Stück", "Stk.", "Stk"], &["pieces", "piece", "items", "item",
        "units", "unit", "pcs"]),
];
