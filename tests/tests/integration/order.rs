//! The audit rows of a key are in the order in which its row was written, also where
//! a statement writes within another one: PostgreSQL fires the trigger of the outer
//! statement when the inner one has ended.

mod case;
mod door;
mod everyday;
mod foreign_keys;
mod keys;
mod locks;
mod moves;
mod partitions;
mod play;
mod returning;
mod sessions;
mod statements;
mod subtransactions;
mod swap;
mod triggers;
mod truncates;
mod truth;
mod vacated;
mod variants;

use diesel::prelude::*;
use diesel::result::Error::DatabaseError;
use diesel_audit_model::AuditedTable;
use diesel_audit_sql::Step;

use crate::support::{apply, audit, run, texts};
use play::{check, check_truth};

/// Without any audit: the cases say what PostgreSQL does.
#[test]
fn what_the_cases_expect_is_what_happens() {
    for cases in [
        everyday::cases,
        foreign_keys::cases,
        keys::cases,
        locks::cases,
        partitions::cases,
        returning::cases,
        statements::cases,
        subtransactions::cases,
        triggers::cases,
        vacated::cases,
    ] {
        check_truth(cases());
    }
}

#[test]
fn the_shapes_of_every_day() {
    check(everyday::cases());
}

#[test]
fn actions_of_foreign_keys() {
    check(foreign_keys::cases());
}

#[test]
fn keys_that_change() {
    check(keys::cases());
}

#[test]
fn rows_that_are_locked_and_written_again() {
    check(locks::cases());
}

#[test]
fn rows_that_move_between_partitions() {
    check(partitions::cases());
}

#[test]
fn functions_in_returning() {
    check(returning::cases());
}

#[test]
fn statements_with_another_one_inside() {
    check(statements::cases());
}

#[test]
fn inner_writes_in_subtransactions() {
    check(subtransactions::cases());
}

#[test]
fn keys_that_one_row_leaves_to_another() {
    check(vacated::cases());
}

#[test]
fn triggers_that_write_to_their_own_table() {
    check(triggers::cases());
}

/// What becomes of a table, or of a statement, whose history may not be told right.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    /// It goes on, and its history is right.
    Recorded,
    /// It is refused, by an error that names the way out.
    Refused,
    /// One of the two.
    Either,
}

impl Outcome {
    /// Whether it goes on. A refusal says what it is about, by this word.
    fn is_begun(self, done: QueryResult<()>, about: &str) -> bool {
        match done {
            Ok(()) => {
                assert_ne!(self, Outcome::Refused, "it is not refused");
                true
            }
            Err(error) => {
                assert_ne!(self, Outcome::Recorded, "{error}");
                let DatabaseError(_, said) = &error else {
                    panic!("{error}");
                };
                let hint = said.hint().unwrap_or_default();
                assert!(!hint.is_empty(), "no way out of: {error}");
                let text = format!("{error} {hint}").to_lowercase();
                assert!(text.contains(about), "{text}");
                false
            }
        }
    }
}

/// Begins the audit of a table. That of another one has shown that an audit can begin.
fn begin(conn: &mut PgConnection, table: &AuditedTable) -> QueryResult<()> {
    run(conn, "CREATE TABLE ordinary (id integer PRIMARY KEY)");
    audit(conn, "ordinary");
    apply(conn, Step::Install(table.clone()))
}

/// The history of a row with this number, as letters and values, with `-` for NULL.
fn trail(conn: &mut PgConnection, table: &AuditedTable, id: i32) -> String {
    let query = format!(
        "SELECT concat_ws(' ', audit_operation, coalesce(v, '-')) FROM {} WHERE id = {id} ORDER BY audit_id",
        table.audit
    );
    let rows: Vec<String> = texts(conn, &query).into_iter().flatten().collect();
    rows.join(", ")
}
