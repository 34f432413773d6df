//! A process that ends with its owner.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::error::{Result, SandboxError};
use crate::layout::Layout;

/// How long a service may take to save its state before it is killed.
const GRACE: Duration = Duration::from_secs(15);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A process in the background with a log and a file that holds its id. It has a process group of its own, so that
/// Ctrl-C reaches its owner first. It is ended when dropped, unless it was [left running](Service::leave_running).
#[derive(Debug)]
pub struct Service {
    name: String,
    layout: Layout,
    child: Option<Child>,
}

impl Service {
    /// Starts a service of a sandbox, after ending one that an earlier run left behind.
    ///
    /// # Errors
    /// The program cannot be started, or the files cannot be written.
    pub fn start(layout: &Layout, name: &str, command: &mut Command) -> Result<Self> {
        end_recorded(layout, name)?;
        let (log, pid_file) = (layout.log(name), layout.pid_file(name));
        fs::create_dir_all(layout.folder()).map_err(SandboxError::file(layout.folder()))?;
        let out = File::create(&log).map_err(SandboxError::file(&log))?;
        let err = out.try_clone().map_err(SandboxError::file(&log))?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        let child = child.map_err(|source| SandboxError::NotStarted { program: program.clone(), source })?;
        let pid = child.id();
        let service = Self { name: name.to_owned(), layout: layout.clone(), child: Some(child) };
        fs::write(&pid_file, format!("{pid}\n{program}\n")).map_err(SandboxError::file(&pid_file))?;
        Ok(service)
    }

    /// Polls until the service is ready.
    ///
    /// # Errors
    /// It ended, or was not ready in time.
    pub async fn wait_until<F: Future<Output = bool>>(
        &mut self,
        timeout: Duration,
        ready: impl Fn() -> F,
    ) -> Result<()> {
        let since = Instant::now();
        while since.elapsed() < timeout {
            if ready().await {
                return Ok(());
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok()).flatten().is_some();
            if ended {
                break;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(SandboxError::NotReady { service: self.name.clone(), log: self.layout.log(&self.name) })
    }

    /// Lets the process outlive its owner; it can be ended by name later.
    pub fn leave_running(mut self) {
        self.child = None;
    }

    fn end(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        terminate(child.id());
        let since = Instant::now();
        while since.elapsed() < GRACE && matches!(child.try_wait(), Ok(None)) {
            thread::sleep(LOOK_AGAIN);
        }
        let _ = child.kill();
        let _ = child.wait();
        // Someone may have restarted the service: then the recorded process is another one, and it ends as well.
        let _ = end_recorded(&self.layout, &self.name);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

/// Asks a process to end.
pub fn terminate(pid: u32) {
    if let Ok(pid) = i32::try_from(pid) {
        send(pid, Signal::TERM);
    }
}

/// Whether a service of a sandbox runs: its recorded process exists and is that program.
#[must_use]
pub fn is_running(layout: &Layout, name: &str) -> bool {
    recorded(&layout.pid_file(name)).is_some()
}

/// Ends the service that a pid file names, and waits until it is gone. A file that names a process which ended, or whose
/// id was given to another program since, is only removed.
///
/// # Errors
/// The process does not end.
pub fn end_recorded(layout: &Layout, name: &str) -> Result<()> {
    let pid_file = layout.pid_file(name);
    if let Some(pid) = recorded(&pid_file) {
        let since = Instant::now();
        let mut signal = Signal::TERM;
        while recorded(&pid_file).is_some() {
            if since.elapsed() > GRACE * 2 {
                return Err(SandboxError::unexpected(format!("{name} ends"), format!("process {pid} stays")));
            }
            if since.elapsed() > GRACE {
                signal = Signal::KILL;
            }
            send(pid, signal);
            thread::sleep(LOOK_AGAIN);
        }
    }
    match fs::remove_file(&pid_file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(SandboxError::file(&pid_file)(error))
        }
        _ => Ok(()),
    }
}

fn send(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        // An error means that the process is gone, and then there is nothing to end.
        let _ = kill_process(pid, signal);
    }
}

/// The recorded process, if it still is what was started.
fn recorded(pid_file: &Path) -> Option<i32> {
    let record = fs::read_to_string(pid_file).ok()?;
    let mut lines = record.lines();
    let pid: i32 = lines.next()?.trim().parse().ok()?;
    let program = lines.next()?;
    command_line(pid)?.contains(program).then_some(pid)
}

/// What a process was started with; nothing if there is no such process, or only its remains.
fn command_line(pid: i32) -> Option<String> {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    if !Path::new("/proc/self/stat").exists() {
        let ps = Command::new("ps").args(["-ww", "-o", "command=", "-p", &pid.to_string()]).output().ok()?;
        let line = String::from_utf8_lossy(&ps.stdout).trim().to_owned();
        return (!line.is_empty()).then_some(line);
    }
    loop {
        let line = fs::read(folder.join("cmdline")).ok()?;
        if !line.is_empty() {
            return Some(String::from_utf8_lossy(&line).replace('\0', " "));
        }
        // A process that has ended has no command line, and neither has one that is just becoming another program.
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        let (_, state) = stat.rsplit_once(") ")?;
        if state.starts_with(['Z', 'X']) {
            return None;
        }
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(folder: &tempfile::TempDir) -> Layout {
        Layout::within(folder.path(), "test").unwrap()
    }

    fn sleeper() -> Command {
        let mut command = Command::new("sleep");
        command.arg("600");
        command
    }

    #[test]
    fn a_service_ends_when_its_owner_drops_it() {
        let folder = tempfile::tempdir().unwrap();
        let layout = layout(&folder);
        let service = Service::start(&layout, "sleeper", &mut sleeper()).unwrap();
        assert!(is_running(&layout, "sleeper"));
        drop(service);
        assert!(!is_running(&layout, "sleeper"));
        assert!(!layout.pid_file("sleeper").exists());
    }

    #[test]
    fn a_service_that_was_left_running_is_ended_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let layout = layout(&folder);
        let mut command = Command::new("sh");
        // The shell ends at once and its child is adopted, so that nobody has to reap it here.
        command.args(["-c", "sleep 600 >/dev/null 2>&1 & echo $! > pid"]).current_dir(folder.path());
        assert!(command.status().unwrap().success());
        let pid = fs::read_to_string(folder.path().join("pid")).unwrap();
        fs::create_dir_all(layout.folder()).unwrap();
        fs::write(layout.pid_file("sleeper"), format!("{}\nsleep\n", pid.trim())).unwrap();
        assert!(is_running(&layout, "sleeper"));
        end_recorded(&layout, "sleeper").unwrap();
        assert!(!is_running(&layout, "sleeper"));
    }

    #[test]
    fn a_service_that_someone_restarted_ends_with_its_owner_too() {
        let folder = tempfile::tempdir().unwrap();
        let layout = layout(&folder);
        let first = Service::start(&layout, "sleeper", &mut sleeper()).unwrap();
        Service::start(&layout, "sleeper", &mut sleeper()).unwrap().leave_running();
        assert!(is_running(&layout, "sleeper"));
        let record = fs::read_to_string(layout.pid_file("sleeper")).unwrap();
        let second: i32 = record.lines().next().unwrap().parse().unwrap();
        drop(first);
        assert_eq!(command_line(second), None, "the second one is gone");
        assert!(!layout.pid_file("sleeper").exists());
    }

    #[test]
    fn the_id_of_another_program_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let layout = layout(&folder);
        let mut other = sleeper().spawn().unwrap();
        fs::create_dir_all(layout.folder()).unwrap();
        fs::write(layout.pid_file("ministack"), format!("{}\n/venv/bin/ministack\n", other.id())).unwrap();
        end_recorded(&layout, "ministack").unwrap();
        assert!(matches!(other.try_wait(), Ok(None)), "it still runs");
        assert!(!layout.pid_file("ministack").exists());
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[tokio::test]
    async fn a_service_that_ends_at_once_is_not_ready() {
        let folder = tempfile::tempdir().unwrap();
        let mut service = Service::start(&layout(&folder), "false", &mut Command::new("false")).unwrap();
        let error = service.wait_until(Duration::from_secs(20), async || false).await.unwrap_err();
        assert!(matches!(error, SandboxError::NotReady { .. }), "{error}");
    }
}
