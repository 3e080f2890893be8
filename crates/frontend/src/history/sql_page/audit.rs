//! A statement as the log shows it.

use std::fmt::Write as _;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use super::schema;

/// Length in bytes at which the line is cut off, with an ellipsis.
const MAX_BYTES: usize = 300;

/// Returns the statement with only keywords, punctuation and the names of the table and its
/// columns; everything else becomes `?`, because somebody may paste a letter instead of a
/// statement.
pub(super) fn audit(tokens: &[Token]) -> String {
    let mut line = String::new();
    for token in tokens {
        if line.len() >= MAX_BYTES {
            line.push_str(" …");
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        match token {
            Token::Word(word) if is_ours(word) => line.push_str(&word.value),
            Token::Word(word)
                if word.quote_style.is_none() && word.keyword != Keyword::NoKeyword =>
            {
                line.push_str(&word.value.to_ascii_uppercase());
            }
            _ if is_punctuation(token) => {
                // Writing to a string cannot fail.
                let _ = write!(line, "{token}");
            }
            _ => line.push('?'),
        }
    }
    line
}

fn is_ours(word: &Word) -> bool {
    word.value == schema::TABLE || schema::columns().iter().any(|one| one.name == word.value)
}

fn is_punctuation(token: &Token) -> bool {
    matches!(
        token,
        Token::Comma
            | Token::Period
            | Token::LParen
            | Token::RParen
            | Token::Eq
            | Token::DoubleEq
            | Token::Neq
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::StringConcat
    )
}

#[cfg(test)]
mod tests {
    use super::super::fence::{Kind, check};
    use super::*;

    #[test]
    fn the_audit_line_holds_no_literal_and_no_word_of_a_text() {
        let audit = |statement, kind| check(statement, kind).expect(statement).audit;
        for kind in [Kind::MySql, Kind::Sqlite] {
            assert_eq!(
                audit(
                    "select id, Liebe as `Oma`, \"heute\" from translations t -- geheim\n\
                     where text_de like '%geheim%' and id > 42;",
                    kind
                ),
                "SELECT id , ? AS ? , ? FROM translations ? WHERE text_de LIKE ? AND id > ?"
            );
        }
        let long = format!("select {} 1", "1, ".repeat(1000));
        assert!(audit(&long, Kind::Sqlite).chars().count() <= MAX_BYTES + 20);
    }
}
