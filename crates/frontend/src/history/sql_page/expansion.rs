//! Counts the copies of the queries of a `WITH`.
//!
//! A database copies a query to each place where its name is used. In a chain in which each query
//! uses the previous one twice, the number doubles with every link, and `SQLite` checks neither
//! time nor memory while it makes the copies.

use std::collections::HashMap;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

/// A query of a `WITH`: its name in lower case and the tokens between its parentheses.
type Named<'a> = (String, &'a [Token]);

/// Returns an upper bound of the number of copies in a statement: a column or an alias with the
/// name of a query counts as a use.
pub(super) fn copies(tokens: &[Token]) -> u64 {
    let mut queries: HashMap<String, Vec<&[Token]>> = HashMap::new();
    for at in 0..tokens.len() {
        if let Some((name, query)) = named(tokens, at) {
            queries.entry(name).or_default().push(query);
        }
    }
    let mut known = HashMap::new();
    copies_used(tokens, &queries, &mut known)
}

/// Returns the query that is defined at `at`: `name [(columns)] as [[not] materialized] (query)`.
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

/// Returns the tokens between the parenthesis at the start and the one that closes it.
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

/// Adds up the copies for every use of a named query in `tokens`.
fn copies_used<'a>(
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
            // A query that uses itself is not copied but run again.
            known.insert(name.clone(), 1);
            let mut copies = 1_u64;
            for body in bodies {
                copies = copies.saturating_add(copies_used(body, queries, known));
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
        // `c` is used before it is defined, and `b` is defined within `a`.
        let nested = "with a as (with b as (select * from c, c) select * from b, b), \
             c as (select 1) select * from a, a";
        assert!(copies_of(nested) >= 8);
    }
}
