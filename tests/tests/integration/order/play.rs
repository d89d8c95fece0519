//! How the history of a case is looked at: under each model, without anything else on
//! the table, and again with the versions that show a chain.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error::DatabaseError;
use diesel_audit_model::{AuditedTable, QualifiedName};
use diesel_audit_tests::chain;

use super::case::{Case, Refusable};
use super::truth::{self, Events};
use super::variants::{self, History, NO_DELETES, OF_VERSIONS, VARIANTS, Variant};
use crate::support::{ALICE, describe, run};

diesel::table! {
    item (id) {
        id -> Integer,
        v -> Nullable<Text>,
    }
}

/// The constraint that a refusal names, since no order would be true.
const REFUSED: &str = "audit_order";

/// Goes through all cases in one database and reports all faults at once.
pub(super) fn check(cases: Vec<Case>) {
    check_in("", cases);
}

/// The same in sessions that begin so.
pub(super) fn check_in(session: &'static str, cases: Vec<Case>) {
    let mut stage = Stage::new(session);
    for case in &cases {
        let Some(events) = stage.judge(case, "the case itself", |conn, schema| {
            true_events(conn, schema, case)
        }) else {
            continue;
        };
        // Of rows that move between partitions, all or nothing is recorded.
        let no_deletes = Some(&NO_DELETES).filter(|_| !case.ddl.contains("PARTITION"));
        for variant in VARIANTS.iter().chain(no_deletes) {
            stage.judge(case, variant.name, |conn, schema| {
                recorded(conn, schema, case, variant, &events)
            });
        }
        for variant in &OF_VERSIONS {
            stage.judge(
                case,
                &format!("{}, versions", variant.name),
                |conn, schema| chained(conn, schema, case, variant),
            );
        }
    }
    assert!(stage.faults.is_empty(), "\n{}", stage.faults);
}

/// Goes through all cases without any audit: what they expect is what happens.
pub(super) fn check_truth(cases: Vec<Case>) {
    let mut stage = Stage::new("");
    for case in &cases {
        stage.judge(case, "without audit", |conn, schema| {
            true_events(conn, schema, case)
        });
    }
    assert!(stage.faults.is_empty(), "\n{}", stage.faults);
}

/// Each run has a schema and a session of its own: one session for all of them gets
/// slower from run to run.
struct Stage {
    database: Database,
    session: &'static str,
    schemas: usize,
    faults: String,
}

impl Stage {
    fn new(session: &'static str) -> Stage {
        Stage {
            database: audit_test_server::database(),
            session,
            schemas: 0,
            faults: String::new(),
        }
    }

    /// A helper panics where a run cannot even begin; the others go on.
    fn judge<T>(
        &mut self,
        case: &Case,
        of: &str,
        play: impl FnOnce(&mut PgConnection, &str) -> Result<T, String>,
    ) -> Option<T> {
        self.schemas += 1;
        let schema = format!("s{}", self.schemas);
        let seen = catch_unwind(AssertUnwindSafe(|| {
            let mut conn = self.database.connect();
            let begin = format!(
                "CREATE SCHEMA {schema}; SET search_path = {schema}; {}",
                self.session
            );
            run(&mut conn, &begin);
            play(&mut conn, &schema)
        }));
        let seen = seen.unwrap_or_else(|panic| {
            Err(panic.downcast_ref::<String>().cloned().unwrap_or_default())
        });
        seen.map_err(|fault| {
            // Writing to a String cannot fail.
            let _ = writeln!(self.faults, "{}; {of}: {fault}", case.name);
        })
        .ok()
    }
}

fn source(schema: &str) -> QualifiedName {
    QualifiedName::new(schema.to_owned(), "item")
}

fn true_events(conn: &mut PgConnection, schema: &str, case: &Case) -> Result<Events, String> {
    run(conn, &case.ddl);
    let table = describe(conn, source(schema));
    truth::keep(conn, &table.primary_key.join(", "));
    write(conn, case).map_err(|error| error.to_string())?;
    let events = truth::events(conn).map_err(|error| error.to_string())?;
    let expected = case.expected.iter().map(|(key, rows)| {
        let rows = rows.split(", ").map(str::to_owned).collect();
        (key.clone(), rows)
    });
    differences(&variants::plain(&events), &expected.collect())?;
    Ok(events)
}

fn recorded(
    conn: &mut PgConnection,
    schema: &str,
    case: &Case,
    variant: &Variant,
    events: &Events,
) -> Result<(), String> {
    run(conn, &case.ddl);
    let table = describe(conn, source(schema));
    let table = variant.install(conn, table);
    let written = write(conn, case);
    let history = variants::history(conn, &table, events).map_err(|error| error.to_string())?;
    let expected = variants::expected(&table, events);
    match written {
        Ok(()) => differences(&history, &expected),
        Err(error) if is_allowed(&error, case.refusable, &table) => {
            // What a test leaves open, it has to say.
            eprintln!("refused: {}, {}", case.name, variant.name);
            let begun = history.iter().map(|(key, rows)| {
                let expected = expected.get(key).into_iter().flatten();
                (key.clone(), expected.take(rows.len()).cloned().collect())
            });
            differences(&history, &begun.collect())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn chained(
    conn: &mut PgConnection,
    schema: &str,
    case: &Case,
    variant: &Variant,
) -> Result<(), String> {
    run(conn, &case.ddl);
    let key = describe(conn, source(schema)).primary_key.join(", ");
    truth::keep(conn, &key);
    let table = describe(conn, source(schema));
    let table = variant.install(conn, table);
    match write(conn, case) {
        Err(error) if is_allowed(&error, case.refusable, &table) => {}
        written => written.map_err(|error| error.to_string())?,
    }
    let faults = chain::faults(conn, &table, None);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("; "))
    }
}

fn is_allowed(error: &diesel::result::Error, refusable: Refusable, table: &AuditedTable) -> bool {
    let allowed = match refusable {
        Refusable::Never => false,
        Refusable::IfHidden => variants::hides_values(table),
        Refusable::IfLeftOut => variants::hides_values(table) || table.policy.skip_unchanged,
        Refusable::Always => true,
    };
    allowed
        && matches!(error, DatabaseError(_, information) if information.constraint_name() == Some(REFUSED))
}

/// Runs the script.
pub(super) fn write(conn: &mut PgConnection, case: &Case) -> QueryResult<()> {
    for statement in &case.script {
        // PostgreSQL would count what the one before has done for a second, as if it were this one's.
        conn.batch_execute("SELECT pg_stat_force_next_flush()")?;
        conn.transaction(|conn| {
            conn.batch_execute(ALICE)?;
            conn.batch_execute(statement)
        })?;
    }
    let Some(rows) = case.copied else {
        return Ok(());
    };
    conn.transaction(|conn| {
        conn.batch_execute(ALICE)?;
        diesel::copy_from(item::table)
            .from_raw_data((item::id, item::v), |copy| {
                std::io::Write::write_all(copy, rows.as_bytes())
                    .map_err(|error| diesel::result::Error::SerializationError(error.into()))
            })
            .execute(conn)?;
        Ok(())
    })
}

/// Of all keys at once.
fn differences(seen: &History, expected: &History) -> Result<(), String> {
    let keys: BTreeSet<&String> = seen.keys().chain(expected.keys()).collect();
    let of = |history: &History, key| {
        let rows = history.get(key).into_iter().flatten();
        rows.cloned().collect::<Vec<_>>().join(", ")
    };
    let different: Vec<String> = keys
        .into_iter()
        .filter(|key| seen.get(*key) != expected.get(*key))
        .map(|key| {
            format!(
                "the history of {key} is `{}` and not `{}`",
                of(seen, key),
                of(expected, key)
            )
        })
        .collect();
    if different.is_empty() {
        Ok(())
    } else {
        Err(different.join("; "))
    }
}
