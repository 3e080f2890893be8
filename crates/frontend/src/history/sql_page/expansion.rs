//! How often the queries of a `WITH` are copied.
//!
//! A database puts the query in place of each mention of its name. Where each query of a chain
//! mentions the one before twice, that doubles with every link, and `SQLite` looks at no clock and
//! counts no memory meanwhile.

use std::collections::HashMap;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

/// A query of a `WITH`: its name in lower case, and the tokens between its parentheses.
type Named<'a> = (String, &'a [Token]);

/// Returns an upper bound of the copies that a statement needs: a column or an alias of the same
/// name counts as a mention too.
pub(super) fn copies(tokens: &[Token]) -> u64 {
    let mut queries: HashMap<String, Vec<&[Token]>> = HashMap::new();
    for at in 0..tokens.len() {
        if let Some((name, query)) = named(tokens, at) {
            queries.entry(name).or_default().push(query);
        }
    }
    let mut known = HashMap::new();
    mentions(tokens, &queries, &mut known)
}

/// The named query that begins at `at`: `name [(columns)] as [[not] materialized] (query)`.
fn named(tokens: &[Token], at: usize) -> Option<Named<'_>> {
    let Token::Word(name) = tokens.get(at)? else {
        return None;
    };
    let mut next = at + 1;
    if tokens.get(next) == Some(&Token::LParen) {
        next += inside(&tokens[next..])?.len() + 2;
    }
    let is = |at: usize, keyword| matches!(tokens.get(at), Some(Token::Word(word)) if word.keyword == keyword);
    if !is(next, Keyword::AS) {
        return None;
    }
    next += 1;
    while is(next, Keyword::NOT) || is(next, Keyword::MATERIALIZED) {
        next += 1;
    }
    Some((name.value.to_lowercase(), inside(tokens.get(next..)?)?))
}

/// What is between the parenthesis that the tokens begin with and the one that closes it.
fn inside(tokens: &[Token]) -> Option<&[Token]> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return tokens.get(1..at);
        }
    }
    None
}

/// Adds up the copies behind every mention of a named query in `tokens`.
fn mentions<'a>(
    tokens: &'a [Token],
    queries: &HashMap<String, Vec<&'a [Token]>>,
    known: &mut HashMap<String, u64>,
) -> u64 {
    let mut sum = 0_u64;
    for token in tokens {
        let Token::Word(word) = token else { continue };
        let name = word.value.to_lowercase();
        let Some(bodies) = queries.get(&name) else {
            continue;
        };
        let copies = if let Some(copies) = known.get(&name) {
            *copies
        } else {
            // One that mentions itself is not copied for that: it is run again.
            known.insert(name.clone(), 1);
            let mut copies = 1_u64;
            for body in bodies {
                copies = copies.saturating_add(mentions(body, queries, known));
            }
            known.insert(name, copies);
            copies
        };
        sum = sum.saturating_add(copies);
    }
    sum
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use sqlparser::dialect::SQLiteDialect;
    use sqlparser::tokenizer::Tokenizer;

    use super::*;

    fn copies_of(statement: &str) -> u64 {
        let tokens = Tokenizer::new(&SQLiteDialect {}, statement).tokenize();
        let mut tokens = tokens.expect("tokens");
        tokens.retain(|token| !matches!(token, Token::Whitespace(_)));
        copies(&tokens)
    }

    #[test]
    fn copies_are_never_counted_too_low() {
        assert_eq!(copies_of("select 1"), 0);
        assert!(copies_of("with a as (select 1) select * from a") < 9);
        assert!(
            copies_of(
                "with recursive t(n) as (select 1 union all select n from t) select * from t"
            ) < 9
        );
        for start in ["with", "WITH RECURSIVE"] {
            let mut chain = format!("{start} \"C0\"(n) as (select 1)");
            for number in 1..20 {
                let before = number - 1;
                write!(
                    chain,
                    ", c{number} as not materialized (select * from C{before} a, `c{before}` b)"
                )
                .expect("a string");
            }
            assert!(copies_of(&format!("{chain} select * from c19")) >= 1 << 19);
        }
        // The name is defined after its mention, and twice.
        let nested = "with a as (with b as (select * from c, c) select * from b, b), \
             c as (select 1) select * from a, a";
        assert!(copies_of(nested) >= 8);
    }
}
