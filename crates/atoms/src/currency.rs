//! Currencies and their German and English words.

/// A currency, or a hundredth of one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Currency {
    /// Text before an English number; absent for those written as a word after it.
    pub(crate) prefix: Option<&'static str>,
    /// Symbols and abbreviations, which German writes before or after a number.
    pub(crate) marks: &'static [&'static str],
    /// German words, after a number.
    pub(crate) german: &'static [&'static str],
    /// English words: the plural, then the singular, then others.
    pub(crate) english: &'static [&'static str],
}

const fn code(
    marks: &'static [&'static str],
    german: &'static [&'static str],
    english: &'static [&'static str],
) -> Currency {
    Currency {
        prefix: Some(marks[0]),
        marks,
        german,
        english,
    }
}

const fn word(
    marks: &'static [&'static str],
    german: &'static [&'static str],
    english: &'static [&'static str],
) -> Currency {
    Currency {
        prefix: None,
        marks,
        german,
        english,
    }
}

pub(crate) static CURRENCIES: &[Currency] = &[
    code(&["EUR", "€"], &["Euro", "Euros"], &["euros", "euro"]),
    code(
        &["CHF", "SFr.", "sFr.", "sfr.", "SFR", "Frs.", "Fr."],
        &["Schweizer Franken", "Schweizerfranken", "Franken"],
        &["francs", "franc", "Swiss francs", "Swiss franc"],
    ),
    code(
        &["USD", "US-$", "US$", "$"],
        &["US-Dollar", "US-Dollars", "Dollars", "Dollar"],
        &[
            "dollars",
            "dollar",
            "US dollars",
            "US dollar",
            "U.S. dollars",
            "U.S. dollar",
            "American dollars",
        ],
    ),
    code(
        &["GBP", "£"],
        &["Pfund Sterling", "britische Pfund", "Britische Pfund"],
        &[
            "pounds sterling",
            "pound sterling",
            "British pounds",
            "pounds",
            "pound",
        ],
    ),
    // Money or a weight.
    word(
        &["£", "GBP"],
        &["Pfund"],
        &[
            "pounds",
            "pound",
            "pounds sterling",
            "British pounds",
            "lbs",
            "lb",
        ],
    ),
    code(&["JPY", "¥"], &["Yen"], &["yen", "yen", "Japanese yen"]),
    code(
        &["DM", "DEM"],
        &["D-Mark", "Deutsche Mark", "Deutschen Mark", "Mark"],
        &[
            "Deutsche Marks",
            "Deutsche Mark",
            "D-Marks",
            "Deutschmarks",
            "German marks",
            "marks",
            "mark",
        ],
    ),
    word(
        &["Rp."],
        &["Rappen"],
        &["centimes", "centime", "rappen", "rappens"],
    ),
    word(
        &["Ct.", "ct.", "ct", "¢"],
        &["Cents", "Cent"],
        &["cents", "cent"],
    ),
    word(
        &["Pf."],
        &["Pfennige", "Pfennigen", "Pfennig"],
        &["pfennigs", "pfennig", "pfennige", "pennies"],
    ),
    word(
        &[],
        &["Schilling"],
        &["schillings", "schilling", "shillings", "shilling"],
    ),
    // `Kronen` alone may be those of trees, teeth and kings.
    code(
        &["SEK"],
        &[
            "schwedische Kronen",
            "schwedischen Kronen",
            "schwedische Krone",
        ],
        &[
            "Swedish kronor",
            "Swedish krona",
            "Swedish crowns",
            "Swedish crown",
            "Swedish kroner",
            "kronor",
            "krona",
            "crowns",
            "kroner",
        ],
    ),
    code(
        &["NOK"],
        &[
            "norwegische Kronen",
            "norwegischen Kronen",
            "norwegische Krone",
        ],
        &[
            "Norwegian kroner",
            "Norwegian krone",
            "Norwegian crowns",
            "Norwegian crown",
            "Norwegian kronor",
            "kroner",
            "krone",
            "crowns",
        ],
    ),
    code(
        &["DKK"],
        &["dänische Kronen", "dänischen Kronen", "dänische Krone"],
        &[
            "Danish kroner",
            "Danish krone",
            "Danish crowns",
            "Danish crown",
            "Danish kronor",
            "kroner",
            "krone",
            "crowns",
        ],
    ),
    code(
        &["CZK"],
        &[
            "tschechische Kronen",
            "tschechischen Kronen",
            "tschechische Krone",
        ],
        &[
            "Czech korunas",
            "Czech koruna",
            "Czech crowns",
            "Czech crown",
            "Czech kroner",
            "korunas",
            "koruna",
            "crowns",
            "kroner",
        ],
    ),
    code(&["CAD"], &[], &[]),
    code(&["AUD"], &[], &[]),
    code(
        &["RUB"],
        &["Rubel"],
        &["roubles", "rouble", "rubles", "ruble"],
    ),
    code(&["PLN"], &["Zloty", "Złoty"], &["zlotys", "zloty"]),
    code(&["HUF"], &["Forint"], &["forints", "forint"]),
    code(
        &["TRY"],
        &["Lira", "Lire"],
        &["lira", "lira", "lire", "liras"],
    ),
    code(&["CNY"], &["Yuan"], &["yuan", "yuan", "renminbi"]),
    code(&["INR"], &["Rupien", "Rupie"], &["rupees", "rupee"]),
    code(&["ZAR"], &["Rand"], &["rand", "rand", "rands"]),
    code(&["KRW"], &["Won"], &["won", "won"]),
    code(&["ILS"], &["Schekel"], &["shekels", "shekel"]),
    word(&[], &["Pesos", "Peso"], &["pesos", "peso"]),
    code(&["BTC"], &["Bitcoins", "Bitcoin"], &["bitcoins", "bitcoin"]),
    code(&["AED"], &["Dirham"], &["dirhams", "dirham"]),
];
