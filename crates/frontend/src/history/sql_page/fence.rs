//! A second fence, in front of the database's own: which statements are passed on at all.
//!
//! The first fence is the database's: an account that may only read, or a read-only handle with an
//! authorizer. This one keeps out what such an account may still do, such as locking rows, and
//! explains a refusal before the database is asked. It looks at tokens and not at a syntax tree:
//! each database understands more SQL than any parser of ours, and a tree of a hostile statement
//! may be deeper than the stack. Where the tokenizer and a database could disagree on what a quote
//! or a comment is, the statement is refused.

use sqlparser::dialect::{Dialect, MySqlDialect, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace, Word};

use super::audit::audit;
use super::{MAX_STATEMENT_BYTES, expansion, functions};

/// Maximum length of a pattern after `LIKE`, in bytes. A comparison takes, in the worst case, a step
/// for each of its bytes at each character of a text, and cannot be interrupted.
const MAX_PATTERN_BYTES: usize = 128;

/// Maximum number of copies of the queries of a `WITH`. No deadline interrupts `SQLite` while it makes
/// them; ten thousand take it 50 ms.
const MAX_COPIES: u64 = 1000;

/// The database that a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// MySQL or `MariaDB`.
    MySql,
    /// `SQLite`.
    Sqlite,
}

/// Why a statement is not passed on to the database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing but blanks and comments.
    #[error("There is no statement yet.")]
    Empty,
    /// It has more than [`MAX_STATEMENT_BYTES`].
    #[error(
        "The statement is too long: at most {} bytes are taken.",
        MAX_STATEMENT_BYTES
    )]
    Long,
    /// NUL ends a statement early in some databases.
    #[error("The statement contains a NUL character.")]
    Nul,
    /// Databases disagree on what control characters are: blanks, the start of a comment, or nothing.
    #[error("The statement contains a control character other than tabs and line breaks.")]
    Control,
    /// A variable: one may hold a text for each row, and show how the server is set up.
    #[error("Variables (names with an @) cannot be used here.")]
    Variable,
    /// Other people's statements.
    #[error("The statement shows the statements of other people.")]
    Others,
    /// A token that is not among the allowed ones.
    #[error("{0} cannot be used here.")]
    Token(String),
    /// The tokenizer cannot read it.
    #[error("The statement cannot be read: {0}.")]
    Unreadable(String),
    /// There is something after a semicolon.
    #[error("One statement at a time: there is more after the first semicolon.")]
    Several,
    /// The first word is not one of those that read.
    #[error("Only statements that read can be run here: {0}.")]
    NotReading(&'static str),
    /// `SHOW` of something other than the table.
    #[error(
        "SHOW can be followed by TABLES, TABLE STATUS, CREATE TABLE, COLUMNS, INDEX or WARNINGS here."
    )]
    Show,
    /// Comments that databases read as part of the statement.
    #[error("Comments that begin with /*! or /*+ change what a statement does: leave them out.")]
    Hint,
    /// `INTO` writes files or variables.
    #[error("INTO writes, and this page only reads.")]
    Into,
    /// `FOR UPDATE`, `FOR SHARE` or `LOCK IN SHARE MODE`.
    #[error(
        "The statement locks rows (FOR UPDATE, FOR SHARE or LOCK IN SHARE MODE): leave that out."
    )]
    Lock,
    /// A function that is not among the allowed ones.
    #[error("The function {0} cannot be used here, see the list of those that can.")]
    Function(String),
    /// Too many calls of functions: see [`functions`].
    #[error("The statement calls too many functions: take some of them out.")]
    Calls,
    /// The queries of a `WITH` would be copied too often.
    #[error("The statement mentions the queries of its WITH too often.")]
    Copies,
    /// The pattern could be as long as a text.
    #[error(
        "What follows LIKE or REGEXP must be a text in quotes, of up to {MAX_PATTERN_BYTES} bytes."
    )]
    Pattern,
    /// A placeholder has no value.
    #[error("The statement contains the placeholder {0}: write the value itself.")]
    Placeholder(String),
    /// `$$` quotes a string in some databases and names something in others.
    #[error("The statement contains a dollar sign outside quotes: put names with one into quotes.")]
    Dollar,
}

/// A statement that may be passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// The statement for the log, without its literals.
    pub(super) audit: String,
}

/// First words of statements that read, as the page names them.
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
    // Also in quotes, so that no disagreement on where quotes end lets one through.
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
    // MySQL and the tokenizer differ on what may follow `--`, in blanks of other scripts.
    let ambiguous = |token: &Token| match token {
        Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) => {
            comment.starts_with(|first: char| first.is_whitespace() && !first.is_ascii_whitespace())
        }
        _ => false,
    };
    if tokens.iter().any(ambiguous) {
        return Err(Refusal::Unreadable(
            "a comment begins with an unusual blank".to_owned(),
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

/// Checks that the statement is one that reads.
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

/// `SHOW` also shows accounts, locks and other people's statements.
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

/// Checks what may stand anywhere in a statement, in a subquery for example.
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

/// Returns whether a token means the same to the tokenizer and to every database. Others do not:
/// `b"…"` is a string with other escapes for the tokenizer than for MySQL, for example, and `->`
/// calls a function.
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

/// Checks which functions are called, and how often.
fn check_calls(tokens: &[Token]) -> Result<(), Refusal> {
    let mut cost = 0;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        match token {
            // MySQL takes a name in backticks for a function too.
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
            // MySQL joins texts that stand side by side.
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

/// Whether the name at `at`, which a parenthesis follows, is that of a table whose columns are
/// named there: `with NAME(…) as (…)` or `… as NAME(…)`.
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
