//! `cargo diesel-audit`: migrations for the audit tables of Diesel models.
//!
//! It reads the sources, so it works on code that does not compile yet. Only
//! `verify`, `baseline`, `reconcile` and `seal` ask a database. `project` finds the
//! packages, `discover` their
//! models and tables, `resolve` joins them, and `diesel_audit_sql` says how what
//! is installed becomes what is declared.
//!
//! # What is read
//!
//! The library and the binaries of a package, along `mod` lines, `#[path]` and
//! `include!("..")`, without `#[cfg(test)]`. Structs and `table!`s that a macro
//! makes cannot be seen; a struct is warned of. Conditions other than `test`
//! are taken to hold, except on a table or column of `table!`, where they are
//! an error.
//!
//! # Cargo.toml
//!
//! What the sources do not tell can be written down beside the conventions of
//! names:
//!
//! ```toml
//! [package.metadata.diesel-audit]
//! # Root files, instead of the library's and the binaries'.
//! sources = ["src/lib.rs", "tests/models.rs"]
//! # How long a migration waits for a lock; `--lock-timeout` goes first.
//! lock_timeout = "5s"
//! # SQL types of other crates, by name or path, as PostgreSQL calls them.
//! types = { "pgvector::sql_types::Vector" = "vector" }
//!
//! # A table, by the last name in `table_name`. It goes before any `table!`.
//! [package.metadata.diesel-audit.tables.users]
//! # The default is `public`.
//! schema = "shop"
//! # The name in PostgreSQL. The default is that in `table_name`.
//! name = "Users"
//! # The default is `id`.
//! primary_key = ["id"]
//! # `ident` is the name in `table!`, if it is another than in PostgreSQL.
//! columns = [
//!     { name = "id", type = "int8" },
//!     { name = "type", ident = "type_", type = "shop.plan[]" },
//! ]
//! ```
//!
//! # The lock
//!
//! `diesel-audit.lock` in the migrations folder says what the migrations have
//! installed. It belongs under version control. Packages that share a
//! migrations folder share the lock, and have to be selected together where a
//! table would go missing otherwise.

mod args;
mod commands;
mod database;
mod discover;
mod fault;
pub mod lock;
mod migrations;
mod project;
mod resolve;
mod settings;
mod shell;
mod sql_type;
mod targets;
mod write;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::Parser;

use crate::args::{Cli, Color, Command};
use crate::fault::Fault;
use crate::shell::{Colors, Shell};

/// What surrounds a run: a process has one of its own, a test makes one.
pub struct Environment<'a> {
    /// The folder that the command runs in.
    pub current_dir: PathBuf,
    /// Looks an environment variable up.
    pub variable: &'a (dyn Fn(&str) -> Option<OsString> + Sync),
    /// The time by which a migration is named.
    pub now: chrono::DateTime<chrono::Utc>,
    /// Where results go.
    pub stdout: &'a mut (dyn Write + Send),
    /// Where everything else goes.
    pub stderr: &'a mut (dyn Write + Send),
    /// Whether people look at standard output and standard error.
    pub terminal: [bool; 2],
}

/// Why a command ended early.
struct Stop(Vec<Fault>);

/// The parser takes some stack for each operator of an expression, and a table
/// of a thousand terms should not end the program.
const STACK: usize = 256 << 20;

/// Runs the command and returns its exit code: 0 is fine, 1 says that models
/// and migrations, or a database, or rows and their history differ, 2 is an
/// error.
///
/// The first of `args` is the program. Behind it may stand `diesel-audit`,
/// which cargo passes to its subcommands.
pub fn run(args: impl IntoIterator<Item = OsString>, environment: Environment<'_>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let work = Mutex::new(Some((args, environment)));
    let run = || {
        let work = work.lock().unwrap_or_else(PoisonError::into_inner).take();
        work.map(|(args, environment)| run_here(args, environment))
    };
    let code = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let running = thread.spawn_scoped(scope, run).ok()?;
        running
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    // Where there is no room for another stack, this one has to do.
    code.or_else(run).unwrap_or(2)
}

fn run_here(mut args: Vec<OsString>, environment: Environment<'_>) -> u8 {
    if args.get(1).is_some_and(|arg| arg == "diesel-audit") {
        args.remove(1);
    }
    let Environment {
        current_dir,
        variable,
        now,
        stdout,
        stderr,
        terminal,
    } = environment;
    let mut shell = Shell::new(stdout, stderr);
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&mut shell, &error, colors(None, variable, terminal)),
    };
    shell.colors = colors(cli.global.color, variable, terminal);
    shell.quiet = cli.global.quiet;
    let surroundings = project::Surroundings {
        current_dir,
        variable,
        now,
    };
    let global = &cli.global;
    let done = match &cli.command {
        Command::Generate(args) => commands::generate::run(args, global, &surroundings, &mut shell),
        Command::Check(args) => commands::check::run(args, global, &surroundings, &mut shell),
        Command::List(args) => commands::list::run(args, global, &surroundings, &mut shell),
        Command::Sql(args) => commands::sql::run(args, global, &surroundings, &mut shell),
        Command::Preamble(args) => commands::preamble::run(args, global, &surroundings, &mut shell),
        Command::Verify(args) => commands::verify::run(args, global, &surroundings, &mut shell),
        Command::Roles(args) => commands::roles::run(args, global, &surroundings, &mut shell),
        Command::Baseline(args) => commands::baseline::run(args, global, &surroundings, &mut shell),
        Command::Reconcile(args) => {
            commands::reconcile::run(args, global, &surroundings, &mut shell)
        }
        Command::Seal(args) => commands::seal::run(args, global, &surroundings, &mut shell),
        Command::Completions { shell: of } => commands::completions::run(*of, &mut shell),
    };
    match done {
        Ok(code) => code,
        Err(Stop(faults)) => {
            shell.errors(faults);
            2
        }
    }
}

fn usage(shell: &mut Shell<'_>, error: &clap::Error, colors: Colors) -> u8 {
    let text = |color: bool| {
        let text = error.render();
        if color {
            text.ansi().to_string()
        } else {
            text.to_string()
        }
    };
    if error.use_stderr() {
        shell.ready_made(&text(colors.stderr));
        2
    } else {
        // A closed pipe is as good as read.
        let _ = shell.result(&text(colors.stdout));
        0
    }
}

/// As cargo decides.
fn colors(
    asked: Option<Color>,
    variable: &dyn Fn(&str) -> Option<OsString>,
    terminal: [bool; 2],
) -> Colors {
    let asked = asked.or_else(|| match variable("CARGO_TERM_COLOR")?.to_str()? {
        "always" => Some(Color::Always),
        "never" => Some(Color::Never),
        _ => None,
    });
    let [stdout, stderr] = match asked {
        Some(Color::Always) => [true; 2],
        Some(Color::Never) => [false; 2],
        Some(Color::Auto) | None => {
            let unwanted = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
            terminal.map(|terminal| terminal && !unwanted)
        }
    };
    Colors { stdout, stderr }
}

impl From<Vec<Fault>> for Stop {
    fn from(faults: Vec<Fault>) -> Stop {
        Stop(faults)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop(vec![fault])
    }
}

/// Only results can fail so.
impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        Fault::new(format!("cannot write to standard output: {error}")).into()
    }
}
