//! The program, started on a free port with its own data folder.

use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

use tempfile::TempDir;

use crate::{browser::Browser, program::program};

/// Returns a free port on a loopback address that nothing else uses, so that it stays free.
pub(crate) fn free_address() -> SocketAddr {
    static COUNT: AtomicU16 = AtomicU16::new(1);
    let [high, low] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let listener =
        TcpListener::bind(SocketAddr::from(([127, 2, high, low], 0))).expect("a free port");
    listener.local_addr().expect("an address")
}

/// The running program. Dropping it kills the process.
pub(crate) struct App {
    process: Child,
    /// A browser on its page.
    pub(crate) browser: Browser,
}

impl App {
    /// Starts the program with its data in `data` and waits until it prints its address.
    pub(crate) fn start(data: &TempDir) -> Self {
        let address = free_address().to_string();
        let mut process = program(data.path())
            .env("FRONTEND_BIND", &address)
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let stdout = process.stdout.take().expect("piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("standard output");
        let url = format!("http://{address}");
        let app = Self {
            process,
            browser: Browser::new(&url),
        };
        assert!(line.contains(&url), "{line:?}");
        app
    }

    /// Kills the program as a power cut would.
    pub(crate) fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("gone");
    }

    /// Asks the program to shut down, as `docker stop` and Ctrl+C do.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = self.process.id().to_string();
        let kill = Command::new("kill").arg(pid).status().expect("kill");
        assert!(kill.success());
        self.process.wait().expect("gone")
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
