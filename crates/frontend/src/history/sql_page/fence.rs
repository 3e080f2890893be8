//! A second fence, in front of the database's own, that statements have to pass.
//!
//! The first fence is that of the database: an account that may only read, or a read-only handle
//! with an authorizer. This one also refuses what such an account may still do, such as locking
//! rows, and can explain the refusal. It checks tokens and not a syntax tree, because each database
//! understands more SQL than any parser here, and the tree of a hostile statement may be deeper
//! than the stack. A statement is refused if the tokenizer and a database could disagree on quotes
//! or comments.

use sqlparser::dialect::{Dialect, MySqlDialect, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace, Word};

use super::audit::audit;
use super::limits::MAX_STATEMENT_BYTES;
use super::{expansion, functions};

/// Maximum length of a pattern after `LIKE`, in bytes. In the worst case a comparison takes a step
/// for each byte of the pattern at each character of the text, and it cannot be interrupted.
const MAX_PATTERN_BYTES: usize = 128;

/// Maximum number of copies of the queries of a `WITH`. No deadline interrupts `SQLite` while it
/// makes them; ten thousand take 50 ms.
const MAX_COPIES: u64 = 1000;

/// The database that a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// MySQL or `MariaDB`.
    MySql,
    /// `SQLite`.
    Sqlite,
}

/// Reason why a statement is not passed on to the database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is empty or only a comment.
    #[error("There is no statement. Type one into the form.")]
    Empty,
    /// It has more than [`MAX_STATEMENT_BYTES`].
    #[error(
        "The statement is too long: the maximum is {} bytes.",
        MAX_STATEMENT_BYTES
    )]
    Long,
    /// It contains a NUL, which ends a statement early in some databases.
    #[error("The statement contains a NUL character.")]
    Nul,
    /// It contains a control character. To some databases these are white space or the start of a
    /// comment, to others nothing.
    #[error("The statement contains a control character other than tabs and line breaks.")]
    Control,
    /// It contains a variable, which could hold a text for each row or show a setting of the
    /// server.
    #[error("Variables (names with an @) cannot be used here.")]
    Variable,
    /// It shows the statements of other people.
    #[error("The statement would show the statements of other people.")]
    Others,
    /// It contains a token that is not allowed.
    #[error("{0} cannot be used here.")]
    Token(String),
    /// It cannot be split into tokens.
    #[error("The statement cannot be read: {0}.")]
    Unreadable(String),
    /// It continues after a semicolon.
    #[error("Only one statement at a time: delete everything after the first semicolon.")]
    Several,
    /// It does not start with a keyword for reading.
    #[error("Only statements that read data can be run here: {0}.")]
    NotReading(&'static str),
    /// It is a `SHOW` of something other than the table.
    #[error(
        "Here SHOW must be followed by TABLES, TABLE STATUS, CREATE TABLE, COLUMNS, INDEX or WARNINGS."
    )]
    Show,
    /// It contains a comment that databases read as part of the statement.
    #[error("Comments that begin with /*! or /*+ change what a statement does: remove them.")]
    Hint,
    /// It contains `INTO`, which writes files or variables.
    #[error("INTO writes data, and this page only reads.")]
    Into,
    /// It locks rows.
    #[error("FOR UPDATE, FOR SHARE and LOCK IN SHARE MODE lock rows: remove them.")]
    Lock,
    /// It calls a function that is not allowed.
    #[error("The function {0} cannot be used here. There is a list of those that can below.")]
    Function(String),
    /// It calls too many functions, see [`functions`].
    #[error("The statement calls too many functions: remove some of them.")]
    Calls,
    /// It would copy the queries of its `WITH` too often.
    #[error("The statement uses the queries of its WITH too often.")]
    Copies,
    /// It contains a pattern that could be as long as a text.
    #[error(
        "The pattern after LIKE or REGEXP must be a text in quotes with at most {MAX_PATTERN_BYTES} bytes."
    )]
    Pattern,
    /// It contains a placeholder, which has no value.
    #[error("The statement contains the placeholder {0}: write a value instead.")]
    Placeholder(String),
    /// It contains a dollar sign, which quotes a string in some databases and is part of a name in
    /// others.
    #[error("The statement contains a dollar sign outside quotes: quote names that contain one.")]
    Dollar,
}

/// A statement that may be passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// The statement for the log, without its literals.
    pub(super) audit: String,
}

/// Keywords that a statement may start with, as the page lists them.
const READING: &str = "SELECT, WITH, VALUES, EXPLAIN";
const READING_MYSQL: &str = "SELECT, WITH, TABLE, VALUES, SHOW, DESCRIBE, EXPLAIN";

/// Checks a statement.
///
/// # Errors
/// See [`Refusal`].
pub(super) fn check(statement: &str, kind: Kind) -> Result<Checked, Refusal> {
    if statement.len() > MAX_STATEMENT_BYTES {
        return Err(Refusal::Long);
    }
    if statement.contains('\0') {
        return Err(Refusal::Nul);
    }
    if statement.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(Refusal::Control);
    }
    // Even within quotes: the tokenizer and a database may disagree on where quotes end.
    let lower = statement.to_ascii_lowercase();
    if ["/*!", "/*+", "/*m!"]
        .iter()
        .any(|hint| lower.contains(hint))
    {
        return Err(Refusal::Hint);
    }
    let dialect: &dyn Dialect = match kind {
        Kind::MySql => &MySqlDialect {},
        Kind::Sqlite => &SQLiteDialect {},
    };
    let mut tokens = Tokenizer::new(dialect, statement)
        .tokenize()
        .map_err(|error| Refusal::Unreadable(error.to_string()))?;
    // MySQL and the tokenizer disagree on which Unicode white space may follow `--`.
    let ambiguous = |token: &Token| match token {
        Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) => {
            comment.starts_with(|first: char| first.is_whitespace() && !first.is_ascii_whitespace())
        }
        _ => false,
    };
    if tokens.iter().any(ambiguous) {
        return Err(Refusal::Unreadable(
            "a comment begins with an unusual space".to_owned(),
        ));
    }
    tokens.retain(|token| !matches!(token, Token::Whitespace(_) | Token::EOF));
    while tokens.last() == Some(&Token::SemiColon) {
        tokens.pop();
    }
    check_start(&tokens, kind)?;
    check_tokens(&tokens)?;
    check_calls(&tokens)?;
    if expansion::copies(&tokens) > MAX_COPIES {
        return Err(Refusal::Copies);
    }
    Ok(Checked {
        audit: audit(&tokens),
    })
}

/// Checks the keyword at the start.
fn check_start(tokens: &[Token], kind: Kind) -> Result<(), Refusal> {
    let at = tokens.iter().position(|token| *token != Token::LParen);
    let (first, rest) = match tokens.split_at(at.unwrap_or_default()).1 {
        [] => return Err(Refusal::Empty),
        [first, rest @ ..] => (first, rest),
    };
    let allowed = match kind {
        Kind::MySql => READING_MYSQL,
        Kind::Sqlite => READING,
    };
    let word = keyword(first);
    match (word, kind) {
        (
            Some(Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::EXPLAIN),
            Kind::MySql | Kind::Sqlite,
        )
        | (Some(Keyword::TABLE | Keyword::DESCRIBE | Keyword::DESC), Kind::MySql) => Ok(()),
        (Some(Keyword::SHOW), Kind::MySql) => check_show(rest),
        _ => Err(Refusal::NotReading(allowed)),
    }
}

/// Checks the words after `SHOW`, which can also show accounts, locks and the statements of others.
fn check_show(rest: &[Token]) -> Result<(), Refusal> {
    let mut words = rest
        .iter()
        .filter_map(unquoted)
        .map(|word| word.value.to_ascii_uppercase());
    let mut next = || words.next().unwrap_or_default();
    let good = match next().as_str() {
        "TABLES" | "COLUMNS" | "FIELDS" | "INDEX" | "INDEXES" | "KEYS" | "WARNINGS" => true,
        "FULL" => matches!(next().as_str(), "TABLES" | "COLUMNS" | "FIELDS"),
        "CREATE" => next() == "TABLE",
        "TABLE" => next() == "STATUS",
        _ => false,
    };
    if good { Ok(()) } else { Err(Refusal::Show) }
}

/// Checks for tokens that are not allowed anywhere in a statement.
fn check_tokens(tokens: &[Token]) -> Result<(), Refusal> {
    let mut before = None;
    for token in tokens {
        let word = keyword(token);
        match (before, word, token) {
            (_, _, Token::SemiColon) => return Err(Refusal::Several),
            (_, _, Token::DollarQuotedString(_)) => return Err(Refusal::Dollar),
            (
                _,
                _,
                Token::Word(Word {
                    value: name,
                    quote_style: None,
                    ..
                })
                | Token::Placeholder(name),
            ) if name.starts_with('$') => {
                return Err(Refusal::Dollar);
            }
            (_, _, Token::Placeholder(name)) => {
                return Err(Refusal::Placeholder(name.clone()));
            }
            (_, Some(Keyword::INTO), _) => return Err(Refusal::Into),
            (Some(Keyword::FOR), Some(Keyword::UPDATE | Keyword::SHARE), _)
            | (Some(Keyword::LOCK), Some(Keyword::IN), _) => return Err(Refusal::Lock),
            (Some(Keyword::FOR), _, Token::Word(word))
                if word.value.eq_ignore_ascii_case("connection") =>
            {
                return Err(Refusal::Others);
            }
            (_, _, Token::Word(word)) if word.value.eq_ignore_ascii_case("processlist") => {
                return Err(Refusal::Others);
            }
            (_, _, Token::Word(word)) if word.quote_style.is_none() && word.value.contains('@') => {
                return Err(Refusal::Variable);
            }
            (_, _, Token::AtSign) => return Err(Refusal::Variable),
            (_, _, token) if !is_allowed(token) => {
                return Err(Refusal::Token(token.to_string()));
            }
            _ => {}
        }
        before = word;
    }
    Ok(())
}

/// Returns true if a token means the same to the tokenizer and to every database. For example,
/// `b"…"` is a string with different escapes for the tokenizer and for MySQL, and `->` calls a
/// function.
fn is_allowed(token: &Token) -> bool {
    matches!(
        token,
        Token::Word(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::HexStringLiteral(_)
            | Token::Comma
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
            | Token::Spaceship
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::StringConcat
            | Token::Overlap
            | Token::Ampersand
            | Token::Pipe
            | Token::Caret
            | Token::Tilde
            | Token::ShiftLeft
            | Token::ShiftRight
            | Token::ExclamationMark
    )
}

/// Checks the functions that are called, their cost, and the patterns.
fn check_calls(tokens: &[Token]) -> Result<(), Refusal> {
    let mut cost = 0;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        match token {
            // To MySQL a name in backticks may be a function too.
            Token::Word(word) if next == Some(&Token::LParen) && !names_columns(tokens, at) => {
                let refusal = || Refusal::Function(word.value.clone());
                cost += functions::cost(&word.value).ok_or_else(refusal)?;
            }
            Token::StringConcat => cost += functions::GROWING,
            _ => {}
        }
        if matches!(
            keyword(token),
            Some(Keyword::LIKE | Keyword::REGEXP | Keyword::RLIKE | Keyword::GLOB)
        ) {
            let Some(Token::SingleQuotedString(pattern) | Token::DoubleQuotedString(pattern)) =
                next
            else {
                return Err(Refusal::Pattern);
            };
            // MySQL joins adjacent strings.
            let is_whole = !matches!(
                tokens.get(at + 2),
                Some(
                    Token::StringConcat
                        | Token::SingleQuotedString(_)
                        | Token::DoubleQuotedString(_)
                )
            );
            if pattern.len() > MAX_PATTERN_BYTES || !is_whole {
                return Err(Refusal::Pattern);
            }
        }
    }
    if cost > functions::BUDGET {
        return Err(Refusal::Calls);
    }
    Ok(())
}

/// Returns true if the name at `at`, before a parenthesis, is not that of a function but of a table
/// with a list of columns: `with NAME(…) as (…)` or `… as NAME(…)`.
fn names_columns(tokens: &[Token], at: usize) -> bool {
    if at > 0 && keyword(&tokens[at - 1]) == Some(Keyword::AS) {
        return true;
    }
    let mut depth = 0;
    let end = tokens[at + 1..].iter().position(|token| {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let Some(after) = end.and_then(|end| tokens.get(at + 1 + end + 1..)) else {
        return false;
    };
    let words = after.iter().map(keyword);
    words
        .take_while(|word| {
            matches!(
                word,
                Some(Keyword::AS | Keyword::NOT | Keyword::MATERIALIZED)
            )
        })
        .count()
        .checked_sub(1)
        .is_some_and(|last| after.get(last + 1) == Some(&Token::LParen))
}

fn unquoted(token: &Token) -> Option<&Word> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word),
        _ => None,
    }
}

fn keyword(token: &Token) -> Option<Keyword> {
    unquoted(token).map(|word| word.keyword)
}

#[cfg(test)]
mod tests;
