//! A process that ends with its owner.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::error::NotStarted;
use crate::program::Program;

/// Longest time until an emulator answers. They are Python, and machines that build and test at once are slow.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Longest time for a single answer, after which an emulator counts as silent.
const ANSWER: Duration = Duration::from_secs(30);
/// Most that is read of the answer that says that it is ready.
const ANSWER_BYTES: u64 = 1 << 20;

/// A running emulator on the loopback interface, with a folder that it alone writes to. Process and folder end with the value.
#[derive(Debug)]
pub struct Emulator {
    program: Program,
    address: SocketAddr,
    process: Child,
    /// Deleted after the process has ended, since fields are dropped last.
    _folder: TempDir,
}

impl Program {
    /// Starts an emulator that knows nothing yet, and waits until it answers. It waits on the thread that it is called on.
    ///
    /// # Errors
    /// It cannot be started, or does not answer within two minutes; then nothing is left of it.
    pub fn start(&self) -> Result<Emulator, NotStarted> {
        self.start_within(PATIENCE)
    }

    fn start_within(&self, patience: Duration) -> Result<Emulator, NotStarted> {
        let machine = |what| move |source| NotStarted::Machine { what, source };
        let folder = tempfile::tempdir().map_err(machine("folder"))?;
        let address = free_address().map_err(machine("port"))?;
        let process = spawn(&mut self.command(address, folder.path()))
            .map_err(|source| NotStarted::Program { program: self.path().to_owned(), source })?;
        let mut emulator = Emulator { program: self.clone(), address, process, _folder: folder };
        emulator.wait_until_it_answers(patience)?;
        Ok(emulator)
    }
}

impl Emulator {
    /// Where it listens, as a URL without a path: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Whether it is still there and answers. Asking changes nothing of what it keeps.
    pub fn answers(&mut self) -> bool {
        self.runs() && answers(self.address, self.program.ready_path()).unwrap_or(false)
    }

    fn runs(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    fn wait_until_it_answers(&mut self, patience: Duration) -> Result<(), NotStarted> {
        let since = Instant::now();
        while !self.answers() {
            let program = || self.program.path().to_owned();
            if !matches!(self.process.try_wait(), Ok(None)) {
                return Err(NotStarted::Ended { program: program() });
            }
            if since.elapsed() > patience {
                return Err(NotStarted::Silent { program: program(), seconds: patience.as_secs() });
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(command: &mut Command) -> std::io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Whether HTTP is spoken there, whatever the answer is.
fn answers(address: SocketAddr, path: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1."))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::{Path, PathBuf};

    use super::*;

    /// A program in place of MiniStack: a shell script that is told the same.
    fn script(folder: &TempDir, text: &str) -> Program {
        let path = folder.path().join("emulator");
        // A shell writes it: what this process has open for writing, a process that another test starts has as well, and
        // then it cannot be run.
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 755 "$0""#]).arg(&path).arg(text);
        assert!(shell.status().unwrap().success());
        Program::Ministack(path)
    }

    fn folder() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Program::Moto(PathBuf::from("/no/such/python")).start().unwrap_err();
        assert_eq!(error.to_string(), "`/no/such/python` cannot be started");
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn a_program_that_ends_is_not_waited_for() {
        let folder = folder();
        let since = Instant::now();
        let error = script(&folder, "exit 1").start().unwrap_err();
        assert!(matches!(error, NotStarted::Ended { .. }), "{error}");
        assert!(since.elapsed() < PATIENCE / 2);
    }

    #[test]
    fn a_program_that_stays_silent_is_given_up_and_ended() {
        let folder = folder();
        let program = script(&folder, &format!("echo $$ > {}/pid\nexec sleep 600", folder.path().display()));
        let error = program.start_within(Duration::from_secs(1)).unwrap_err();
        assert_eq!(error.to_string(), format!("`{}` did not answer within 1 s", program.path().display()));
        assert!(!is_alive(fs::read_to_string(folder.path().join("pid")).unwrap().trim()));
    }

    #[test]
    fn the_process_and_its_folder_end_when_its_owner_panics() {
        let emulator = Program::installed_ministack().start().unwrap();
        let (pid, kept) = (emulator.process.id().to_string(), emulator._folder.path().to_owned());
        assert!(is_alive(&pid) && kept.is_dir());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _owned = emulator;
            panic!("a test that fails");
        }));
        assert!(panicked.is_err());
        assert!(!is_alive(&pid), "the process is gone");
        assert!(!kept.exists(), "its folder is gone");
    }

    #[test]
    fn one_that_ended_by_itself_does_not_answer_any_more() {
        let mut emulator = Program::installed_oidc_provider().start().unwrap();
        assert!(emulator.answers());
        assert_eq!(emulator.endpoint(), format!("http://127.0.0.1:{}", emulator.port()));
        emulator.process.kill().unwrap();
        emulator.process.wait().unwrap();
        assert!(!emulator.answers());
    }

    #[test]
    fn it_is_given_no_environment_but_the_path_and_what_it_needs() {
        let program = Program::Ministack(PathBuf::from("ministack"));
        let command = program.command(SocketAddr::from((Ipv4Addr::LOCALHOST, 4566)), Path::new("/folder"));
        assert!(command.get_program().to_str().unwrap().starts_with('/'), "{:?}", command.get_program());
        let names: Vec<_> = command.get_envs().map(|(name, _)| name.to_str().unwrap().to_owned()).collect();
        assert!(
            !names.iter().any(|name| name.starts_with("AWS_") && name != "AWS_ENDPOINT_URL"),
            "{names:?}"
        );
        assert!(names.contains(&"PATH".to_owned()), "{names:?}");
    }

    /// Whether there is a process of this id that has not ended.
    fn is_alive(pid: &str) -> bool {
        let mut ps = Command::new("ps");
        let shown = ps.args(["-o", "stat=", "-p", pid]).output().unwrap();
        let state = String::from_utf8_lossy(&shown.stdout).trim().to_owned();
        !state.is_empty() && !state.starts_with('Z')
    }
}
