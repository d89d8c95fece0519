//! Colors, and readers that go.

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use std::ffi::OsString;
use std::io::{self, Write};

use cargo_diesel_audit::{Environment, run};
use chrono::{TimeZone, Utc};
use support::Project;

fn project() -> Project {
    let project = Project::new("");
    project.write(
        "src/lib.rs",
        "diesel::table! { users { id -> Int8, } }\n#[derive(diesel_audit::Audited)]\n\
         #[diesel(table_name = users)]\nstruct User { id: i64 }\n",
    );
    project
}

fn run_with(
    project: &Project,
    words: &[&str],
    variables: &[(&str, &str)],
    terminal: bool,
    stdout: &mut (dyn Write + Send),
) -> (u8, String) {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| OsString::from(value))
    };
    let mut stderr = Vec::new();
    let args = ["cargo-diesel-audit"];
    let code = run(
        args.iter().chain(words).map(OsString::from),
        Environment {
            current_dir: project.root.clone(),
            variable: &variable,
            now: Utc.with_ymd_and_hms(2026, 11, 24, 6, 34, 18).unwrap(),
            stdout,
            stderr: &mut stderr,
            terminal: [terminal; 2],
        },
    );
    (code, String::from_utf8(stderr).unwrap())
}

#[test]
fn colors_as_cargo_has_them() {
    let project = project();
    let colored = |words: &[&str], variables: &[(&str, &str)], terminal| {
        let mut stdout = Vec::new();
        let (code, stderr) = run_with(&project, words, variables, terminal, &mut stdout);
        assert_eq!(code, 1, "{stderr}");
        let stdout = String::from_utf8(stdout).unwrap();
        assert_eq!(stdout.contains('\u{1b}'), stderr.contains('\u{1b}'));
        stderr.contains('\u{1b}')
    };
    for (words, variables, terminal, expected) in [
        (&["check"][..], &[][..], false, false),
        (&["check"], &[], true, true),
        (&["check"], &[("NO_COLOR", "1")], true, false),
        (&["check"], &[("NO_COLOR", "")], true, true),
        (&["check"], &[("CARGO_TERM_COLOR", "never")], true, false),
        (&["check"], &[("CARGO_TERM_COLOR", "always")], false, true),
        (
            &["check", "--color", "never"],
            &[("CARGO_TERM_COLOR", "always")],
            true,
            false,
        ),
        (
            &["check", "--color=always"],
            &[("NO_COLOR", "1")],
            false,
            true,
        ),
    ] {
        assert_eq!(
            colored(words, variables, terminal),
            expected,
            "{words:?} {variables:?}"
        );
    }
}

/// A pipe whose reader has read enough.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_reader_that_goes_changes_nothing() {
    let project = project();
    for (words, expected) in [
        (&["list"][..], 0),
        (&["sql", "User"], 0),
        (&["check"], 1),
        (&["--help"], 0),
        (&["completions", "fish"], 0),
        (&["generate", "--format", "json"], 0),
    ] {
        let (code, stderr) = run_with(&project, words, &[], false, &mut Closed);
        assert_eq!(code, expected, "{words:?}: {stderr}");
        assert!(!stderr.contains("standard output"), "{stderr}");
    }
}
