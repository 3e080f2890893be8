//! Outside programs, which read files of strangers: with limits of time, memory and output, nothing of
//! this process's environment, and no other input than the file.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::Error;

/// Folders in which programs are looked for, and the only part of an environment that they get
/// besides the locale.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Address space of a program, in bytes. The largest user is tesseract, with 126 MB for a page.
const MAX_MEMORY: u64 = 1 << 30;

/// Output of a program, in bytes: a page of 40 million pixels, or 1 300 dense pages of words with
/// their boxes.
const MAX_OUTPUT: u64 = 128 << 20;

/// A program that may be installed on this machine.
#[derive(Debug)]
pub(crate) struct Program {
    /// Name of the file.
    pub(crate) name: &'static str,
    /// Advice for people on whose machine it is missing.
    pub(crate) missing: &'static str,
}

/// Sends SIGKILL to a program and its children after a time; a part of Debian's base system.
const TIMEOUT: Program = Program {
    name: "timeout",
    missing: "PDFs and pictures are read by programs that `timeout` supervises, which is not installed \
              here: apt-get install coreutils",
};

/// Limits the resources of a program; a part of Debian's base system.
const PRLIMIT: Program = Program {
    name: "prlimit",
    missing: "PDFs and pictures are read by programs that `prlimit` supervises, which is not installed \
              here: apt-get install util-linux",
};

impl Program {
    /// Returns the path of the program.
    ///
    /// # Errors
    /// Returns the advice in [`Error::Unsupported`] if it is not installed.
    pub(crate) fn find(&self) -> Result<PathBuf, Error> {
        PATH.split(':')
            .map(|folder| Path::new(folder).join(self.name))
            .find(|path| path.is_file())
            .ok_or(Error::Unsupported(self.missing))
    }
}

/// The result of a program.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It succeeded; its standard output, from the start.
    Finished(File),
    /// It refused the file, crashed, or reached its limit of memory or output.
    Failed,
    /// It reached its limit of time, and was killed with its children.
    Late,
}

impl Outcome {
    /// Returns the output of a program that succeeded, as text.
    ///
    /// # Errors
    /// Returns an error if the output cannot be read.
    pub(crate) fn text(self) -> io::Result<Option<String>> {
        let Self::Finished(mut output) = self else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// Runs programs in a folder of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cage<'a> {
    /// The folder, which belongs to this document only. Programs write their scratch files there,
    /// and relative paths in their arguments start there.
    pub(crate) folder: &'a Path,
}

impl Cage<'_> {
    /// Returns a command that runs `program` with the cage's limits and at most `limit` of time, to be
    /// completed with its arguments and given to [`Cage::run`].
    ///
    /// # Errors
    /// Returns [`Error::Unsupported`] if the program is not installed.
    pub(crate) fn command(&self, program: &Program, limit: Duration) -> Result<Command, Error> {
        let mut command = Command::new(TIMEOUT.find()?);
        command
            // It makes a process group, and sends the signal to all of the group.
            .arg("--signal=KILL")
            .arg(limit.as_secs_f32().to_string())
            .arg(PRLIMIT.find()?)
            .arg(format!("--as={MAX_MEMORY}"))
            .arg(format!("--fsize={MAX_OUTPUT}"))
            .arg(format!("--cpu={}", limit.as_secs() + 1))
            .arg("--core=0")
            .arg(program.find()?)
            .current_dir(self.folder)
            .env_clear()
            .env("PATH", PATH)
            .env("LANG", "C.UTF-8")
            .env("TMPDIR", self.folder)
            // With its default of four threads tesseract needs three times as long on two cores.
            .env("OMP_THREAD_LIMIT", "1");
        Ok(command)
    }

    /// Runs a command of [`Cage::command`]. Its error output is dropped, because it may quote the
    /// document.
    ///
    /// # Errors
    /// Returns an error if the program cannot be started.
    pub(crate) fn run(&self, mut command: Command) -> io::Result<Outcome> {
        let mut output = tempfile::tempfile_in(self.folder)?;
        let status = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(Stdio::null())
            .status()?;
        if status.success() {
            output.rewind()?;
            return Ok(Outcome::Finished(output));
        }
        // `timeout` is in the group that it kills.
        Ok(match status.signal() {
            Some(KILLED | CPU_LIMIT) => Outcome::Late,
            _ => Outcome::Failed,
        })
    }
}

/// SIGKILL.
const KILLED: i32 = 9;
/// SIGXCPU, with which `timeout` ends as its program does.
const CPU_LIMIT: i32 = 24;

#[cfg(test)]
mod tests {
    use std::{
        fs,
        time::{Duration, Instant},
    };

    use super::*;

    fn run(program: &'static str, arguments: &[&str], folder: &Path, limit: Duration) -> Outcome {
        let program = Program {
            name: program,
            missing: "",
        };
        let cage = Cage { folder };
        let mut command = cage.command(&program, limit).expect("installed");
        command.args(arguments);
        cage.run(command).expect("run")
    }

    fn output(outcome: Outcome) -> String {
        outcome.text().expect("read").expect("success")
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_program_has_limits() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = "ulimit -v; ulimit -t; ulimit -c";
        let limits = output(run("sh", &["-c", script], folder.path(), MINUTE));
        assert_eq!(limits, "1048576\n61\n0\n");
    }

    #[test]
    fn a_program_has_nothing_of_our_environment() {
        let folder = tempfile::tempdir().expect("a folder");
        let environment = output(run("env", &[], folder.path(), MINUTE));
        let mut variables: Vec<&str> = environment.lines().collect();
        variables.sort_unstable();
        let temporary = format!("TMPDIR={}", folder.path().display());
        let path = format!("PATH={PATH}");
        let expected = ["LANG=C.UTF-8", "OMP_THREAD_LIMIT=1", &path, &temporary];
        assert_eq!(variables, expected);
    }

    #[test]
    fn too_much_output_is_a_failure() {
        let folder = tempfile::tempdir().expect("a folder");
        let arguments = ["-c", "200000000", "/dev/zero"];
        let outcome = run("head", &arguments, folder.path(), MINUTE);
        assert!(matches!(outcome, Outcome::Failed), "{outcome:?}");
        assert_eq!(fs::read_dir(folder.path()).expect("read").count(), 0);
    }

    #[test]
    fn a_late_program_is_killed_with_its_children() {
        let folder = tempfile::tempdir().expect("a folder");
        let started = Instant::now();
        let script = "sleep 1000 & echo $! >child; wait";
        let limit = Duration::from_millis(300);
        let outcome = run("sh", &["-c", script], folder.path(), limit);
        assert!(matches!(outcome, Outcome::Late), "{outcome:?}");
        let child = fs::read_to_string(folder.path().join("child")).expect("a child");
        let status = Path::new("/proc").join(child.trim()).join("stat");
        // A zombie remains where no process adopts and reaps it.
        let is_running = || fs::read_to_string(&status).is_ok_and(|stat| !stat.contains(") Z "));
        while is_running() {
            assert!(started.elapsed() < MINUTE, "the child survived");
            std::thread::yield_now();
        }
    }

    #[test]
    fn advice_for_a_missing_program() {
        let missing = Program {
            name: "no-such-program",
            missing: "apt-get install it",
        };
        let error = missing.find().expect_err("missing").to_string();
        assert_eq!(error, "apt-get install it");
    }
}
