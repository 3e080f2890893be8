//! The kinds of atoms.

/// The grammar and the equal forms of an atom; the table is in the crate's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A number: `12`, `9.875`, `3,5 Mio.`
    Number,
    /// A number with a currency: `Fr. 2'500.–`
    Amount,
    /// A number of percent or per mille.
    Percentage,
    /// A date whose month is a word: `3. März 2024`
    Date,
    /// From one date to another: `1. Januar bis 31. Dezember 2024`
    DateRange,
    /// A date in digits: `17.08.2024`, `2024-05-17`
    NumericDate,
    /// A time of day, or from one to another.
    Time,
    /// Weekdays in two letters: `Mo–Fr`
    Weekdays,
    /// Two numbers that belong together: `5–7`, `3:2`
    Range,
    /// A number with a unit: `5 m³`, `5 Tage`
    Measure,
    /// `2.` before a word, `XX.`
    Ordinal,
    /// A number or name that identifies something: `LX318`
    Identifier,
    /// An identifier of nine bytes or more, such as an IBAN, which models garble.
    LongIdentifier,
    /// A reference to an article of law.
    Law,
    /// A link, mailbox, domain, handle or path.
    Address,
    /// A place for a value in a template: `{name}`, `%s`
    Placeholder,
    /// A tag of HTML or a mark of Markdown.
    Tag,
    /// A character reference of HTML, or a sign that compares: `&amp;`, `<`
    Entity,
    /// Code between backticks.
    Code,
    /// Emoji in a row.
    Emoji,
    /// A street with its number or a town with its postcode.
    Place,
    /// The name of a person in an address line or a field, which models translate (`König`).
    Name,
}

impl Kind {
    /// Returns whether a translation must hold it byte for byte.
    #[must_use]
    pub fn is_verbatim(self) -> bool {
        self.is_opaque() || matches!(self, Self::NumericDate | Self::Identifier | Self::Place)
    }

    /// Returns whether a model cannot be trusted with it at all, so that it is cut out before
    /// translation.
    #[must_use]
    pub fn is_opaque(self) -> bool {
        matches!(
            self,
            Self::LongIdentifier
                | Self::Address
                | Self::Placeholder
                | Self::Tag
                | Self::Entity
                | Self::Code
                | Self::Emoji
                | Self::Name
        )
    }

    /// Returns its name, for metrics and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Amount => "amount",
            Self::Percentage => "percentage",
            Self::Date => "date",
            Self::DateRange => "range of dates",
            Self::NumericDate => "numeric date",
            Self::Time => "time",
            Self::Weekdays => "weekdays",
            Self::Range => "range",
            Self::Measure => "measure",
            Self::Ordinal => "ordinal",
            Self::Identifier => "identifier",
            Self::LongIdentifier => "long identifier",
            Self::Law => "law",
            Self::Address => "address",
            Self::Placeholder => "placeholder",
            Self::Tag => "tag",
            Self::Entity => "entity",
            Self::Code => "code",
            Self::Emoji => "emoji",
            Self::Place => "place",
            Self::Name => "name",
        }
    }
}
