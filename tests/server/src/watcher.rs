//! A process that cleans up after ours, in whatever way ours ends.
//!
//! A shared server lives in a static, which is never dropped, and a killed process runs nothing at
//! all. So a shell waits at the other end of a pipe that only our process holds open: when we are
//! gone, the kernel closes it, the shell reads the end of the file, and cleans up.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, Command, Stdio},
};

/// The watching shell. It cleans up when this is dropped, and the drop waits for it.
#[derive(Debug)]
pub(crate) struct Watcher {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Watcher {
    /// Starts a shell that reads lines until our process ends and then runs `cleanup`, with the
    /// last line in `$state` and `argument` in `$1`.
    ///
    /// To be started before what it is to clean up, so that no moment is unwatched.
    pub(crate) fn start(cleanup: &str, argument: &str) -> io::Result<Self> {
        let script = format!("{WAIT}{cleanup}");
        let mut shell = Command::new("/bin/sh")
            .args(["-c", &script, "audit-test-watcher", argument])
            .current_dir("/")
            // Whoever reads the output of the tests to its end must not have to wait for the shell.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // An interrupt from the terminal goes to our group: the shell has to survive it.
            .process_group(0)
            .spawn()?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    /// Tells the shell how things stand, for when we cannot any more.
    pub(crate) fn tell(&mut self, state: &str) -> io::Result<()> {
        match &mut self.pipe {
            Some(pipe) => writeln!(pipe, "{state}"),
            None => Ok(()),
        }
    }

    /// Makes the shell clean up, and does not wait for it.
    pub(crate) fn release(&mut self) {
        self.pipe = None;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.release();
        drop(self.shell.wait());
    }
}

const WAIT: &str = "
trap '' INT TERM HUP
state=
while read -r line; do state=$line; done
";
