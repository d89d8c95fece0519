//! Audit rows and seals are tampered with, a hundred times, while others write
//! and a sealer seals: each is found, and nothing else is, neither late commits
//! nor a column that comes by a migration nor the formats of a session.

mod list;
mod load;
mod speed;

use std::error::Error;
use std::fmt;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use audit_test_server::Server;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_audit::{Audited, AuditedTable, Code, SealDigest, install, verify_seals};
use diesel_audit_model::{Column, PgType, Recording};
use diesel_audit_sql::evolution::{Declared, Installed, Options, difference};
use diesel_audit_sql::{LockTimeout, migration};

use list::{Place, TAMPERS, Tamper};
use load::Load;
use speed::Speed;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const TIMES: usize = 100;

diesel::table! {
    ledger (id) {
        id -> Int8,
        amount -> Numeric,
        at -> Timestamptz,
        ratio -> Float8,
        note -> Nullable<Text>,
        memo -> Nullable<Text>,
    }
}

#[derive(Audited)]
#[diesel(table_name = ledger)]
#[audit(session_settings(username: Text), seals)]
#[allow(dead_code)]
struct Ledger {
    id: i64,
}

const SCHEMA: &str = "CREATE TABLE ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount numeric(12,2) NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(), ratio float8 NOT NULL DEFAULT random(), note text, memo text
)";

/// What sessions may show values as.
const FORMATS: [&str; 4] = [
    "SET timezone = 'Asia/Kathmandu'; SET datestyle = 'German'",
    "SET timezone = 'America/St_Johns'; SET datestyle = 'SQL, DMY'",
    "SET extra_float_digits = -12; SET bytea_output = 'escape'",
    "SET intervalstyle = 'sql_standard'; SET search_path = trail",
];

/// As they are when a tamper is taken back.
const USUAL: &str = "RESET timezone; RESET datestyle; RESET extra_float_digits; RESET bytea_output; \
    RESET intervalstyle; RESET search_path";

/// What was done, and what came out.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    changes: usize,
    seals: i64,
    late_commits: usize,
    tampers: usize,
    found: usize,
    verifications: usize,
    false_alarms: usize,
    rewritten_without: usize,
    rewritten_with: usize,
    speed: Speed,
    errors: usize,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        self.tampers == TIMES
            && self.found == self.tampers
            && self.verifications > self.tampers
            && self.false_alarms == 0
            && self.changes > 0
            && self.seals > 0
            && self.late_commits > 0
            && (self.rewritten_without, self.rewritten_with) == (0, 1)
            && self.speed.is_whole()
            && self.errors == 0
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "tamper: {} writers, {} changes, {} seals, {} late commits; {} of {} tampers found, {} false alarms in {} verifications; \
             a chain made anew is found {} times without a kept digest and {} with one; {}, {} errors",
            load::WRITERS,
            self.changes,
            self.seals,
            self.late_commits,
            self.found,
            self.tampers,
            self.false_alarms,
            self.verifications,
            self.rewritten_without,
            self.rewritten_with,
            self.speed,
            self.errors,
        )
    }
}

/// With so many rows to seal at once.
pub(crate) fn run(rows: i64) -> Outcome<Figures> {
    let server = Server::find()?;
    let speed = speed::measure(&server, rows)?;
    let database = server.create_database()?;
    let mut conn = database.connect();
    conn.batch_execute(SCHEMA)?;
    let table = Ledger::audited_table()?;
    install(&mut conn, std::slice::from_ref(&table))?;

    let load = Load::default();
    let mut figures = Figures {
        speed,
        ..Figures::default()
    };
    thread::scope(|scope| -> Outcome<()> {
        load.begin(scope, database.url(), &table);
        let mut judge = Judge {
            conn: &mut conn,
            table: &table,
            load: &load,
            figures: &mut figures,
            turn: 0,
        };
        let done = judge.all();
        load.stop.store(true, Ordering::Relaxed);
        done
    })?;
    figures.changes = load.changes.load(Ordering::Relaxed);
    figures.late_commits = load.late_commits.load(Ordering::Relaxed);
    figures.errors = load.errors.load(Ordering::Relaxed);
    figures.seals = count(
        &mut conn,
        "SELECT count(*) FROM trail.public_ledger_log_seals",
    )?;
    rewritten(&mut conn, &table, &load, &mut figures)?;
    Ok(figures)
}

/// Who tampers, and looks for it.
struct Judge<'a> {
    conn: &'a mut PgConnection,
    table: &'a AuditedTable,
    load: &'a Load,
    figures: &'a mut Figures,
    turn: usize,
}

impl Judge<'_> {
    fn all(&mut self) -> Outcome<()> {
        self.wait_for_seals()?;
        for n in 0..TIMES {
            if n == TIMES / 2 {
                self.add_column()?;
            }
            self.clean("before")?;
            self.once(&TAMPERS[n % TAMPERS.len()])?;
        }
        self.clean("at last")
    }

    /// A tamper with rows or seals is committed, and taken back; one with a table
    /// is rolled back, since writers cannot do without it.
    fn once(&mut self, tamper: &Tamper) -> Outcome<()> {
        self.turn += 1;
        self.figures.tampers += 1;
        let found = match tamper.place {
            Place::Rows | Place::Seals => {
                let statements = tamper.statements(self.turn);
                self.conn
                    .batch_execute(&format!("BEGIN; {}; {statements}; COMMIT", list::SAVE))?;
                let found = self.codes();
                self.conn
                    .batch_execute(&format!("BEGIN; {}; COMMIT", list::RESTORE))?;
                found?
            }
            Place::Table => list::within(self.conn, self.table, &tamper.statements(self.turn))?,
        };
        if found.contains(&tamper.code) {
            self.figures.found += 1;
        } else {
            eprintln!("{}: {found:?} instead of {}", tamper.name, tamper.code);
        }
        Ok(())
    }

    fn clean(&mut self, when: &str) -> Outcome<()> {
        let formats = FORMATS[self.turn % FORMATS.len()];
        self.conn.batch_execute(formats)?;
        let found = self.codes()?;
        if !found.is_empty() {
            eprintln!("{when} tamper {}: a false alarm, {found:?}", self.turn + 1);
            self.figures.false_alarms += 1;
        }
        self.conn.batch_execute(USUAL)?;
        Ok(())
    }

    fn codes(&mut self) -> Outcome<Vec<Code>> {
        self.figures.verifications += 1;
        let kept = self
            .load
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let found = verify_seals(self.conn, std::slice::from_ref(self.table), &kept)?;
        Ok(found.findings.iter().map(|finding| finding.code).collect())
    }

    /// Some blocks, so that a tamper can be anywhere.
    fn wait_for_seals(&mut self) -> Outcome<()> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while count(
            self.conn,
            "SELECT count(*) FROM trail.public_ledger_log_seals",
        )? < 6
        {
            if Instant::now() > deadline {
                return Err("nothing is sealed".into());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// By the migration that `generate` would write.
    fn add_column(&mut self) -> Outcome<()> {
        let mut declared = Declared::from(self.table.clone());
        declared.table.columns.push(Column {
            name: "plan".into(),
            sql_type: PgType::builtin("text"),
            recording: Recording::Value,
        });
        let installed = Installed::from(self.table.clone());
        let steps = difference(&[installed], &[declared], &Options::default())?;
        let migration = migration(&steps, &LockTimeout::default());
        let up = migration.up;
        self.conn.batch_execute(&format!(
            "BEGIN; {} ALTER TABLE ledger ADD COLUMN plan text DEFAULT 'free'; {} COMMIT",
            up.before, up.after
        ))?;
        Ok(())
    }
}

/// Nobody seals any more: the owner changes the rows, and makes all seals anew.
fn rewritten(
    conn: &mut PgConnection,
    table: &AuditedTable,
    load: &Load,
    figures: &mut Figures,
) -> Outcome<()> {
    let slice = std::slice::from_ref(table);
    conn.batch_execute(
        "UPDATE trail.public_ledger_log SET audit_username = 'nobody'; TRUNCATE trail.public_ledger_log_seals",
    )?;
    diesel_audit::seal(conn, slice)?;
    let kept: Vec<SealDigest> = load
        .kept
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let without = verify_seals(conn, slice, &[])?;
    let with = verify_seals(conn, slice, &kept)?;
    let found = with
        .findings
        .iter()
        .any(|finding| finding.code == Code::SealDigestDiffers);
    figures.rewritten_without = without.findings.len();
    figures.rewritten_with = usize::from(found);
    Ok(())
}

fn count(conn: &mut PgConnection, query: &str) -> QueryResult<i64> {
    sql::<BigInt>(query).get_result(conn)
}
