//! The words of the command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use diesel_audit_sql::verify::Code;

/// Migrations for the audit tables of Diesel models, from the sources: nothing
/// is compiled. Only `verify`, `baseline`, `reconcile` and `seal` ask a database.
#[derive(Debug, Parser)]
#[command(
    name = "cargo diesel-audit",
    bin_name = "cargo diesel-audit",
    version,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 is fine, 1 says that models and migrations, or models and database, or rows and history, differ, 2 is an error."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    #[command(flatten)]
    pub(crate) packages: Packages,
    /// The migrations folder, instead of the one that Diesel takes
    #[arg(long, value_name = "PATH", global = true, help_heading = "Migrations")]
    pub(crate) migration_dir: Option<PathBuf>,
    /// The diesel.toml, instead of the nearest one
    #[arg(long, value_name = "PATH", global = true, help_heading = "Migrations")]
    pub(crate) config_file: Option<PathBuf>,
    /// How long a migration waits for a lock, such as 5s
    #[arg(long, value_name = "TIME", global = true, help_heading = "Migrations")]
    pub(crate) lock_timeout: Option<String>,
    /// Print errors and results only
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Coloring
    #[arg(long, value_name = "WHEN", global = true)]
    pub(crate) color: Option<Color>,
}

#[derive(Debug, Args)]
pub(crate) struct Packages {
    /// Package to read (see `cargo help pkgid`)
    #[arg(
        long,
        short,
        value_name = "SPEC",
        global = true,
        help_heading = "Package Selection"
    )]
    pub(crate) package: Vec<String>,
    /// Read all packages in the workspace
    #[arg(long, global = true, help_heading = "Package Selection")]
    pub(crate) workspace: bool,
    /// Exclude packages
    #[arg(
        long,
        value_name = "SPEC",
        global = true,
        help_heading = "Package Selection"
    )]
    pub(crate) exclude: Vec<String>,
    /// Path to Cargo.toml
    #[arg(
        long,
        value_name = "PATH",
        global = true,
        help_heading = "Package Selection"
    )]
    pub(crate) manifest_path: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the migration that brings the audit up to date with the models
    Generate(Generate),
    /// Check that the migrations match the models
    Check(Check),
    /// List the audited models
    List(List),
    /// Print the SQL that audits a model's table from nothing
    Sql(Sql),
    /// Print the statement that gives a migration's transaction its context
    Preamble(Preamble),
    /// Compare a live database with the models: all that could lose, fake or
    /// block an audit row
    Verify(Verify),
    /// Print the SQL that gives the owner of the audit, the migrator and the
    /// application their rights
    Roles(Roles),
    /// Give the rows that were there before their audit a first audit row
    Baseline(Baseline),
    /// Compare the rows of audited tables with their history
    Reconcile(Reconcile),
    /// Seal the audit rows that were committed since the last seals
    Seal(Seal),
    /// Print a script that completes the words of this command
    Completions {
        /// The shell that reads it
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// The name of the migration, instead of one that says what it does
    pub(crate) name: Option<String>,
    /// Print the migration, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Add to this migration, given by folder, version or path, instead of
    /// writing one: then source and audit change in one transaction
    #[arg(long, value_name = "MIGRATION", conflicts_with = "name")]
    pub(crate) amend: Option<String>,
    /// Write a migration for each table, so that no transaction locks two: for
    /// a database that is busy
    #[arg(long, conflicts_with = "amend")]
    pub(crate) split: bool,
    /// Drop the history of what is no longer audited
    #[arg(long)]
    pub(crate) drop_history: bool,
    /// Give the rows of tables whose audit begins a first audit row, while
    /// writers wait: for small tables. Others have `baseline`
    #[arg(long)]
    pub(crate) baseline: bool,
    /// Keep audit tables out of `diesel print-schema`, by the filter in
    /// diesel.toml
    #[arg(long)]
    pub(crate) init_filter: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Take the history of what is no longer audited as to be dropped
    #[arg(long)]
    pub(crate) drop_history: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// The struct, by its name or its path in the crate
    pub(crate) model: String,
    /// The way back instead
    #[arg(long)]
    pub(crate) down: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Preamble {
    /// The migration, by folder, version or path
    pub(crate) migration: String,
    /// The value of a session setting. A required text that is not given is
    /// `migration:<version>`
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Put the statement at the top of up.sql, and of a down.sql that is not
    /// empty
    #[arg(long)]
    pub(crate) write: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) database: DatabaseUrl,
    /// Leave out what is known and accepted
    #[arg(long, value_name = "CODE", value_parser = code(), value_delimiter = ',', hide_possible_values = true)]
    pub(crate) allow: Vec<Code>,
    /// Recompute the seals, too, which reads every sealed row
    #[arg(long)]
    pub(crate) seals: bool,
    /// Compare the seals with the digests of this file, as `seal` has kept them
    #[arg(long, value_name = "FILE", requires = "seals")]
    pub(crate) digests: Option<PathBuf>,
    /// Print the statements that put right what was found
    #[arg(long)]
    pub(crate) repair: bool,
    /// Run these statements in one transaction, and compare again
    #[arg(long)]
    pub(crate) apply: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

fn code() -> impl TypedValueParser<Value = Code> {
    let names = Code::ALL.iter().map(|code| code.name());
    PossibleValuesParser::new(names).try_map(|name| Code::from_name(&name).ok_or("no such code"))
}

#[derive(Debug, Args)]
pub(crate) struct Baseline {
    #[command(flatten)]
    pub(crate) table: Table,
    /// How many rows a transaction looks at
    #[arg(long, value_name = "ROWS", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) batch: u32,
    /// The value of a session setting in the audit rows
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseUrl,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    #[command(flatten)]
    pub(crate) table: Table,
    /// How many keys are compared at a time
    #[arg(long, value_name = "KEYS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) page: u32,
    #[command(flatten)]
    pub(crate) database: DatabaseUrl,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Seal {
    /// The table, as `users` or `shop.users`, instead of all that are sealed
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,
    /// Close what was sealed in another cluster: once, directly after a dump was
    /// restored into this one
    #[arg(long)]
    pub(crate) after_restore: bool,
    /// Add the digests to this file, which whoever may change the database should
    /// not reach
    #[arg(long, value_name = "FILE")]
    pub(crate) digests: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) database: DatabaseUrl,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Which tables a command goes through, and from where.
#[derive(Debug, Args)]
pub(crate) struct Table {
    /// The table, as `users` or `shop.users`, instead of all that the
    /// migrations audit
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,
    /// Begin after this key, which an earlier run has printed
    #[arg(
        long,
        value_name = "KEY",
        requires = "table",
        allow_hyphen_values = true
    )]
    pub(crate) after: Option<String>,
}

/// Flattened into the commands that ask a database.
#[derive(Debug, Args)]
pub(crate) struct DatabaseUrl {
    /// The database; the default is DATABASE_URL, also of a .env file
    #[arg(long, value_name = "URL", help_heading = "Database")]
    pub(crate) database_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Roles {
    /// The role that owns the audit tables and functions; nobody logs in as it
    #[arg(long, value_name = "ROLE", default_value = "audit_owner")]
    pub(crate) owner: String,
    /// The role that owns the audited tables and runs migrations
    #[arg(long, value_name = "ROLE", default_value = "migrator")]
    pub(crate) migrator: String,
    /// The role that the application logs in as
    #[arg(long, value_name = "ROLE", default_value = "application")]
    pub(crate) application: String,
    /// Let the application read the history
    #[arg(long)]
    pub(crate) read_history: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// The form of the result on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, on standard error where it is no result
    Text,
    /// For programs, on standard output
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_words_fit_together() {
        Cli::command().debug_assert();
    }
}
