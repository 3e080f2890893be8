//! Damaged files.

/// Returns damaged copies of a file: with other bytes, cut, and with parts twice or somewhere else.
pub(crate) fn mutations(file: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    (0..200).map(move |_| {
        let mut damaged = file.to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(damaged.len());
            let end = at + random.below(damaged.len() - at + 1);
            match random.below(4) {
                0 => {
                    const SYNTAX: &[u8] = b"<>&\"'*_`[]()!\\\r\n\t -#|;,{}~$=:0a\0\xff\xc3";
                    if let Some(byte) = damaged.get_mut(at) {
                        *byte = SYNTAX[random.below(SYNTAX.len())];
                    }
                }
                1 => damaged.truncate(end),
                2 => {
                    let part = damaged[at..end].to_vec();
                    damaged.splice(at..at, part);
                }
                _ => drop(damaged.drain(at..end)),
            }
        }
        damaged
    })
}

/// A generator of numbers that are the same in every run (xorshift64).
struct Random(u64);

impl Random {
    /// Returns a number below `limit`, or 0.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let number = usize::try_from(self.0 >> 33).unwrap_or(0);
        number.checked_rem(limit).unwrap_or(0)
    }
}
