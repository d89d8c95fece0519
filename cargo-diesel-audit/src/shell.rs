//! What people and programs see, in cargo's look. The only file that prints.

use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::fault::{Fault, sorted};

const VERB: Style = AnsiColor::Green.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default().bold();
const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();

/// Standard output and standard error, or what stands in for them.
pub(crate) struct Shell<'a> {
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
    pub(crate) colors: Colors,
    pub(crate) quiet: bool,
}

/// Which of the two streams shows colors.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Colors {
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

impl<'a> Shell<'a> {
    pub(crate) fn new(stdout: &'a mut dyn Write, stderr: &'a mut dyn Write) -> Shell<'a> {
        Shell {
            stdout,
            stderr,
            colors: Colors::default(),
            quiet: false,
        }
    }

    /// A verb, right-aligned, and what it is about.
    pub(crate) fn status(&mut self, verb: &str, message: impl Display) {
        if !self.quiet {
            let line = format!(
                "{} {message}",
                styled(self.colors.stderr, VERB, &format!("{verb:>12}"))
            );
            self.say(&line);
        }
    }

    pub(crate) fn hint(&mut self, message: impl Display) {
        if !self.quiet {
            let line = format!("{} {message}", styled(self.colors.stderr, HELP, "hint:"));
            self.say(&line);
        }
    }

    pub(crate) fn warning(&mut self, fault: &Fault) {
        if !self.quiet {
            self.fault("warning:", WARNING, fault);
        }
    }

    /// All faults, in the order of their places.
    pub(crate) fn errors(&mut self, faults: Vec<Fault>) {
        for fault in sorted(faults) {
            self.fault("error:", ERROR, &fault);
        }
    }

    fn fault(&mut self, word: &str, style: Style, fault: &Fault) {
        let color = self.colors.stderr;
        let mut text = format!("{} {}", styled(color, style, word), fault.message);
        if let Some(place) = &fault.place {
            text.push_str(&format!("\n  --> {place}"));
        }
        if let Some(help) = &fault.help {
            text.push_str(&format!("\n{} {help}", styled(color, HELP, "help:")));
        }
        self.say(&text);
    }

    /// A result, as it is.
    ///
    /// # Errors
    /// When standard output cannot be written, other than because nobody reads it.
    pub(crate) fn result(&mut self, text: &str) -> io::Result<()> {
        let written = self.stdout.write_all(text.as_bytes());
        match written.and_then(|()| self.stdout.flush()) {
            // Whoever has read enough goes.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    /// A result that is a unified diff.
    ///
    /// # Errors
    /// When standard output cannot be written, other than because nobody reads it.
    pub(crate) fn diff(&mut self, diff: &str) -> io::Result<()> {
        let mut text = String::new();
        for line in diff.split_inclusive('\n') {
            let style = match line.as_bytes().first() {
                Some(b'+') => ADDED,
                Some(b'-') => REMOVED,
                _ => Style::new(),
            };
            let (line, end) = match line.strip_suffix('\n') {
                Some(line) => (line, "\n"),
                None => (line, ""),
            };
            text.push_str(&styled(self.colors.stdout, style, line));
            text.push_str(end);
        }
        self.result(&text)
    }

    /// Text that comes with its colors and a final line break.
    pub(crate) fn ready_made(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes());
    }

    fn say(&mut self, line: &str) {
        // Nobody is left to hear of it.
        let _ = writeln!(self.stderr, "{line}");
    }
}

fn styled(color: bool, style: Style, text: &str) -> String {
    if color && !text.is_empty() && style != Style::new() {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}
