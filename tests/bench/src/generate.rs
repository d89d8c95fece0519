//! The subcommand on a project of a thousand models.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cargo_diesel_audit::Environment;

use crate::Outcome;
use crate::measure::median;

pub(crate) struct Size {
    runs: usize,
}

pub(crate) const FULL: Size = Size { runs: 30 };
pub(crate) const QUICK: Size = Size { runs: 7 };

const MODELS: usize = 1000;

/// A check in front of every commit must not be felt.
const LIMIT: Duration = Duration::from_secs(1);

/// Generates once, and then checks again and again, as a pipeline does.
pub(crate) fn run(size: Size) -> Outcome {
    let project = Project::new()?;
    println!("{MODELS} models in as many files, one schema.rs; milliseconds");
    println!("{:10}{:>9.1}", "generate", project.time("generate")?);

    // The first run warms up.
    project.time("check")?;
    let times: Result<Vec<f64>, String> = (0..size.runs).map(|_| project.time("check")).collect();
    let times = times?;
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    let median = median(times);
    println!(
        "{:10}{median:>9.1} in the median of {} runs, {least:.1} at least, {most:.1} at most",
        "check", size.runs
    );
    let limit = LIMIT.as_secs_f64() * 1e3;
    if median < limit {
        Ok(())
    } else {
        Err(format!("`check` takes {median:.1} ms, and has to stay below {limit:.0} ms").into())
    }
}

/// A package in a temporary folder, removed with this value.
struct Project(PathBuf);

impl Project {
    fn new() -> Result<Project, std::io::Error> {
        let name = format!("diesel-audit-bench-{}", std::process::id());
        let project = Project(std::env::temp_dir().join(name));
        // It fails where someone put something of this name.
        fs::create_dir(&project.0)?;
        fs::create_dir(project.0.join("migrations"))?;
        fs::create_dir_all(project.0.join("src/models"))?;
        let write = |path: &str, text: &str| fs::write(project.0.join(path), text);
        let (mut schema, mut models) = (String::new(), String::new());
        for n in 0..MODELS {
            let number = n.to_string();
            schema.push_str(&TABLE.replace("{n}", &number));
            models.push_str(&format!("pub mod model_{n};\n"));
            let path = format!("src/models/model_{n}.rs");
            write(&path, &MODEL.replace("{n}", &number))?;
        }
        write("Cargo.toml", MANIFEST)?;
        write("src/lib.rs", "pub mod models;\npub mod schema;\n")?;
        write("src/models.rs", &models)?;
        write("src/schema.rs", &schema)?;
        Ok(project)
    }

    /// What a command takes, in milliseconds.
    fn time(&self, command: &str) -> Result<f64, String> {
        let start = Instant::now();
        let (code, said) = subcommand(&self.0, command);
        let took = start.elapsed().as_secs_f64() * 1e3;
        match code {
            0 => Ok(took),
            code => Err(format!("`{command}` ends with {code}: {said}")),
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // Whoever sweeps temporary files finds what is left.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// In process: starting one costs the same for every command.
fn subcommand(folder: &Path, command: &str) -> (u8, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let words = ["cargo-diesel-audit", "diesel-audit", command];
    let environment = Environment {
        current_dir: folder.to_owned(),
        variable: &|_| None,
        now: chrono::Utc::now(),
        stdout: &mut stdout,
        stderr: &mut stderr,
        terminal: [false; 2],
    };
    let code = cargo_diesel_audit::run(words.map(OsString::from), environment);
    (code, String::from_utf8_lossy(&stderr).into_owned())
}

const MANIFEST: &str = r#"[package]
name = "app"
version = "0.1.0"
edition = "2024"

[workspace]
"#;

const TABLE: &str = "diesel::table! {
    use diesel::sql_types::*;

    table_{n} (id) {
        id -> Int8,
        owner_id -> Int8,
        #[max_length = 120]
        name -> Varchar,
        description -> Nullable<Text>,
        quantity -> Int4,
        price -> Numeric,
        tags -> Nullable<Array<Nullable<Text>>>,
        document -> Nullable<Jsonb>,
        active -> Bool,
        created_at -> Timestamptz,
    }
}

";

const MODEL: &str = "//! A model, and what one does with it.

use diesel::prelude::*;
use diesel_audit::Audited;

use crate::schema::table_{n};

/// A row of it.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = table_{n})]
#[audit(session_settings(username: Text, request_id: Nullable<Uuid>), exclude(document))]
pub struct Model{n} {
    /// The key.
    pub id: i64,
    /// Who has it.
    pub owner_id: i64,
    /// How it is called.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// How many there are.
    pub quantity: i32,
    /// Whether it can be had.
    pub active: bool,
}

impl Model{n} {
    /// All that can be had, by name.
    pub fn active(conn: &mut PgConnection) -> QueryResult<Vec<Model{n}>> {
        table_{n}::table
            .filter(table_{n}::active.eq(true))
            .order(table_{n}::name)
            .select(Model{n}::as_select())
            .load(conn)
    }
}
";
