//! The exit code of a program, and its error in one line.

use std::process::ExitCode;

/// Returns the exit code for the outcome of a program, after printing its error and the causes of
/// it on one line of standard error: never a stack trace, whatever `RUST_BACKTRACE` says.
#[must_use]
pub fn code(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", line(&error));
            ExitCode::FAILURE
        }
    }
}

/// Returns `error: cause: cause`, with any line breaks of the messages replaced by spaces.
fn line(error: &anyhow::Error) -> String {
    let chain = format!("{error:#}");
    chain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn an_error_and_its_causes_are_one_line() {
        let error = anyhow::anyhow!("line 3:\n  no value").context("cannot read settings");
        assert_eq!(line(&error), "cannot read settings: line 3: no value");
    }
}
