//! Columns come to audited tables while writers write: nobody is deadlocked,
//! no row and no value is missing in the history, and no reader of the tables
//! waits for a migration of the audit.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use audit_test_server::{Database, Server};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_audit::{AuditConnection, AuditContext};
use diesel_audit_model::names::Conventions;
use diesel_audit_model::{AuditedTable, Column, PgType, Policy, QualifiedName, Recording, Setting};
use diesel_audit_sql::core;
use diesel_audit_sql::{Declared, Installed, LockTimeout, Options, after, difference, migration};

const WRITERS: usize = 8;
const PAUSE: Duration = Duration::from_millis(50);
const TABLES: [&str; 2] = ["account", "ledger"];

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What was done, and what came out.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    migrations: usize,
    longest: Duration,
    written: i64,
    rows: i64,
    differing: i64,
    lost: i64,
    errors: usize,
    waiting_readers: i64,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        self.rows == self.written
            && self.written > 0
            && self.differing == 0
            && self.lost == 0
            && self.errors == 0
            && self.waiting_readers == 0
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "migrations: {WRITERS} writers, {} added columns, the longest in {} ms: {} rows written, {} audit rows, \
             {} rows that differ from their history, {} values lost, {} errors, {} readers seen waiting",
            self.migrations,
            self.longest.as_millis(),
            self.written,
            self.rows,
            self.differing,
            self.lost,
            self.errors,
            self.waiting_readers,
        )
    }
}

/// What the threads share.
#[derive(Default)]
struct Load {
    /// How many columns each table's writers know of.
    columns: [AtomicUsize; 2],
    written: [AtomicI64; 2],
    errors: AtomicUsize,
    waiting_readers: AtomicI64,
    /// Whether only the audit changes at the moment.
    audit_alone: AtomicBool,
    over: AtomicBool,
}

/// Adds that many columns, to the two tables in turns: first by a migration of
/// the application's and one of the audit, then by one for both.
pub(crate) fn run(migrations: usize) -> Outcome<Figures> {
    let server = Server::find()?;
    let database = server.create_database()?;
    let mut conn = database.connect();
    conn.batch_execute(&format!(
        "ALTER DATABASE \"{}\" SET deadlock_timeout = '100ms'",
        database.name()
    ))?;
    let mut conn = database.connect();
    conn.batch_execute(core::INSTALL)?;
    let mut installed = Vec::new();
    for (n, name) in TABLES.into_iter().enumerate() {
        conn.batch_execute(&format!(
            "CREATE TABLE {name} (id bigint PRIMARY KEY, n bigint NOT NULL);
             INSERT INTO {name} SELECT id, 0 FROM generate_series(0, {}) AS id",
            WRITERS - 1
        ))?;
        let load = Load::default();
        change(&mut conn, &mut installed, &declared(n, 0), &load, None)?;
    }

    let load = Load::default();
    let longest = thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (load, database) = (&load, &database);
            scope.spawn(move || write(load, database, writer));
        }
        scope.spawn(|| read_slowly(&load, &database));
        scope.spawn(|| watch(&load, &database));
        let longest = add_columns(migrations, &mut conn, &mut installed, &load);
        load.over.store(true, Ordering::Relaxed);
        longest
    })?;

    let mut figures = Figures {
        migrations,
        longest,
        errors: load.errors.into_inner(),
        waiting_readers: load.waiting_readers.into_inner(),
        ..Figures::default()
    };
    for (n, installed) in installed.iter().enumerate() {
        figures.written += load.written[n].load(Ordering::Relaxed);
        compare(&mut conn, &installed.table, &mut figures)?;
    }
    Ok(figures)
}

fn add_columns(
    migrations: usize,
    conn: &mut PgConnection,
    installed: &mut Vec<Installed>,
    load: &Load,
) -> Outcome<Duration> {
    let mut longest = Duration::ZERO;
    let mut columns = [0; 2];
    for n in 0..migrations {
        thread::sleep(4 * PAUSE);
        let table = n % 2;
        columns[table] += 1;
        let own = format!(
            "ALTER TABLE {} ADD COLUMN c{} bigint;\n",
            TABLES[table], columns[table]
        );
        let together = n % 4 >= 2;
        let began = Instant::now();
        let declared = declared(table, columns[table]);
        let done = if together {
            change(conn, installed, &declared, load, Some(&own))
        } else {
            conn.batch_execute(&own)
                .map_err(Into::into)
                .and_then(|()| change(conn, installed, &declared, load, None))
        };
        longest = longest.max(began.elapsed());
        match done {
            Ok(()) => load.columns[table].store(columns[table], Ordering::Relaxed),
            Err(error) => {
                eprintln!("migration {n}: {error}");
                load.errors.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
    }
    thread::sleep(4 * PAUSE);
    Ok(longest)
}

/// Runs the migration of a change of the audit, in one transaction with the
/// application's statements if there are any.
fn change(
    conn: &mut PgConnection,
    installed: &mut Vec<Installed>,
    declared: &Declared,
    load: &Load,
    own: Option<&str>,
) -> Outcome<()> {
    let mut all: Vec<Declared> = installed.iter().map(|i| i.table.clone().into()).collect();
    all.retain(|other: &Declared| other.table.source != declared.table.source);
    all.push(declared.clone());
    let steps = difference(installed, &all, &Options::default())?;
    let script = migration(&steps, &LockTimeout::default()).up;
    let sql = match own {
        Some(own) => script.before + own + &script.after,
        None => script.whole,
    };
    load.audit_alone.store(own.is_none(), Ordering::Relaxed);
    let done = conn.transaction(|conn| conn.batch_execute(&sql));
    load.audit_alone.store(false, Ordering::Relaxed);
    done?;
    *installed = after(installed, &steps);
    Ok(())
}

fn declared(table: usize, columns: usize) -> Declared {
    let source = QualifiedName::new("public", TABLES[table]);
    let column = |name: String| Column {
        name: name.into(),
        sql_type: PgType::builtin("int8"),
        recording: Recording::Value,
    };
    let conventions = Conventions::default();
    let more = (1..=columns).map(|n| format!("c{n}"));
    AuditedTable {
        audit: QualifiedName::new("audit", conventions.table(&source)),
        function: conventions.function(&source).into(),
        trigger: conventions.trigger(&source).into(),
        settings: vec![Setting {
            name: "username".into(),
            sql_type: PgType::builtin("text"),
            required: true,
            index: false,
        }],
        columns: ["id".to_owned(), "n".to_owned()]
            .into_iter()
            .chain(more)
            .map(column)
            .collect(),
        primary_key: vec!["id".into()],
        unlisted: Vec::new(),
        policy: Policy::DEFAULT,
        source,
    }
    .into()
}

/// Writes to its row of both tables, in either order, and sometimes reads the
/// history first, with a pause after each statement.
fn write(load: &Load, database: &Database, writer: usize) {
    let mut conn = database.connect();
    let context = AuditContext::new()
        .set("username", format!("writer {writer}"))
        .expect("a name without a NUL character");
    for turn in 0.. {
        if load.over.load(Ordering::Relaxed) {
            return;
        }
        let order = if (writer + turn).is_multiple_of(2) {
            [0, 1]
        } else {
            [1, 0]
        };
        let done = conn.audited(&context, |conn| {
            if writer < 2 && turn % 4 == 0 {
                let history = TABLES[order[0]];
                conn.batch_execute(&format!(
                    "SELECT count(*) FROM audit.{history}_audit WHERE id = {writer}"
                ))?;
                thread::sleep(PAUSE);
            }
            for table in order {
                let columns = load.columns[table].load(Ordering::Relaxed);
                let more: String = (1..=columns).map(|n| format!(", c{n} = n")).collect();
                conn.batch_execute(&format!(
                    "UPDATE {} SET n = n + 1{more} WHERE id = {writer}",
                    TABLES[table]
                ))?;
                thread::sleep(PAUSE);
            }
            diesel::QueryResult::Ok(())
        });
        match done {
            Ok(()) => {
                for written in &load.written {
                    written.fetch_add(1, Ordering::Relaxed);
                }
            }
            Err(error) => {
                eprintln!("writer {writer}: {error}");
                load.errors.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Holds the lock of a reader on both tables nearly all the time.
fn read_slowly(load: &Load, database: &Database) {
    let mut conn = database.connect();
    while !load.over.load(Ordering::Relaxed) {
        let done: QueryResult<()> = conn.transaction(|conn| {
            for table in TABLES {
                conn.batch_execute(&format!("SELECT count(*) FROM {table}"))?;
                thread::sleep(2 * PAUSE);
            }
            Ok(())
        });
        if let Err(error) = done {
            eprintln!("reader: {error}");
            load.errors.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Looks for readers of the tables that wait, while a migration of the audit
/// runs, and reads them itself.
fn watch(load: &Load, database: &Database) {
    let mut conn = database.connect();
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock' \
         AND relation IN ('account'::regclass, 'ledger'::regclass)";
    while !load.over.load(Ordering::Relaxed) {
        let is_alone = || load.audit_alone.load(Ordering::Relaxed);
        if is_alone() {
            let seen = sql::<BigInt>(waiting).get_result::<i64>(&mut conn);
            // What began in the one time may have been seen in the other.
            if is_alone() {
                let seen = seen.unwrap_or(1);
                load.waiting_readers.fetch_add(seen, Ordering::Relaxed);
            }
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Every change has a row, the last one is the row itself, and a column that
/// has come once is in all that follow.
fn compare(conn: &mut PgConnection, table: &AuditedTable, figures: &mut Figures) -> Outcome<()> {
    let (source, audit) = (&table.source, &table.audit);
    let columns: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
    let list = columns.join(", ");
    let mut count = |query: &str| sql::<BigInt>(query).get_result::<i64>(conn);
    figures.rows += count(&format!("SELECT count(*) FROM {audit}"))?;
    figures.differing += count(&format!(
        "SELECT count(*) FROM (
             SELECT {list} FROM {source} WHERE n > 0 EXCEPT
             (SELECT DISTINCT ON (id) {list} FROM {audit} ORDER BY id, audit_id DESC)
         ) AS differing"
    ))?;
    for column in &columns[2..] {
        figures.lost += count(&format!(
            "SELECT count(*) FROM {audit} AS h WHERE {column} IS DISTINCT FROM n - 1 AND audit_id >= (
                 SELECT min(audit_id) FROM {audit} AS first WHERE first.id = h.id AND {column} IS NOT NULL
             )"
        ))?;
    }
    Ok(())
}
