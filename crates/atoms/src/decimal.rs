//! Exact values of numbers.

/// A decimal number without its sign, of any length.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    /// Digits before the point without leading zeros; empty for zero.
    whole: String,
    /// Digits after the point without trailing zeros; `1/3` where they would not end.
    fraction: String,
}

impl Decimal {
    /// Returns the number with these digits before and after its point.
    pub(crate) fn new(whole: &str, fraction: &str) -> Self {
        Self {
            whole: whole.trim_start_matches('0').to_owned(),
            fraction: fraction.trim_end_matches('0').to_owned(),
        }
    }

    /// Returns the number times 10 to the power of `zeros`. A fraction without end stays as it is.
    pub(crate) fn shifted(self, zeros: usize) -> Self {
        if zeros == 0 || self.fraction.contains('/') {
            return self;
        }
        let moved = zeros.min(self.fraction.len());
        let (before, after) = self.fraction.split_at(moved);
        let filler = "0".repeat(zeros - moved);
        Self::new(&format!("{}{before}{filler}", self.whole), after)
    }

    /// Returns the number as an integer of at most nine digits.
    pub(crate) fn small(&self) -> Option<u32> {
        if !self.fraction.is_empty() || self.whole.len() > 9 {
            return None;
        }
        if self.whole.is_empty() {
            return Some(0);
        }
        self.whole.parse().ok()
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self::new(&value.to_string(), "")
    }
}

/// Returns the digits after the point of a fraction character: `5` for `½`.
pub(crate) fn vulgar(c: char) -> Option<&'static str> {
    Some(match c {
        '½' => "5",
        '¼' => "25",
        '¾' => "75",
        '⅓' => "1/3",
        '⅔' => "2/3",
        '⅕' => "2",
        '⅖' => "4",
        '⅗' => "6",
        '⅘' => "8",
        '⅙' => "1/6",
        '⅚' => "5/6",
        '⅛' => "125",
        '⅜' => "375",
        '⅝' => "625",
        '⅞' => "875",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_at_the_ends_do_not_count() {
        assert_eq!(Decimal::new("007", "50"), Decimal::new("7", "5"));
        assert_eq!(Decimal::new("0", "00").small(), Some(0));
        assert_ne!(Decimal::new("70", ""), Decimal::new("7", ""));
    }

    #[test]
    fn a_scale_moves_the_point() {
        assert_eq!(Decimal::new("3", "5").shifted(6), Decimal::from(3_500_000));
        assert_eq!(
            Decimal::new("1", "2345").shifted(3),
            Decimal::new("1234", "5")
        );
        assert_eq!(Decimal::new("", "1/3").shifted(3), Decimal::new("", "1/3"));
    }
}
