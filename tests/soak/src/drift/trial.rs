//! One type and one change: what is written before it and after it.

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel_audit_model::AuditedTable;
use diesel_audit_sql::Step;
use diesel_audit_sql::core;
use diesel_audit_tests::compare::{Fault, recorded};
use diesel_audit_tests::support::{ALICE, attempt, describe, public};

use super::changes::{Change, of_trial};
use super::types::Kind;
use super::{AnyError, DOCUMENTED, Figures};

/// Rows that are there before the change. plpgsql keeps the plan of a statement
/// that has run more than five times.
const ROWS: usize = 16;

/// A change of a type's column, on a table of its own.
pub(super) struct Trial<'a> {
    pub(super) n: usize,
    pub(super) kind: &'a Kind,
    pub(super) change: &'a Change,
    pub(super) function: Function,
}

/// What all trials share.
pub(super) struct Sessions {
    /// Changes the tables, as migrations do.
    pub(super) owner: PgConnection,
    /// Has run a trigger before its table is changed.
    pub(super) warm: PgConnection,
}

/// Whether the function is ours, or assigns whatever converts.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Function {
    Ours,
    #[cfg_attr(not(test), expect(dead_code, reason = "what the run has to find"))]
    Assigning,
}

impl Trial<'_> {
    /// Before the change, and after it in a new session and in one from before.
    pub(super) fn run(
        &self,
        database: &Database,
        sessions: &mut Sessions,
        figures: &mut Figures,
    ) -> Result<(), AnyError> {
        let of = |text: &str| of_trial(text, self.n);
        let name = of("t_{n}");
        let column = of(self.kind.sql_type);
        let owner = &mut sessions.owner;
        owner.batch_execute(&format!(
            "{}; CREATE TABLE {name} (id integer PRIMARY KEY, v {column}, w {column})",
            of(self.kind.setup)
        ))?;
        let table = describe(owner, public(&name));
        install(owner, &table, self.function)?;
        warm_up(&mut sessions.warm, &table, &of(self.kind.old))?;
        if let Err(error) = owner.batch_execute(&self.change.ddl) {
            self.say("the change", &error.to_string());
            figures.not_possible += 1;
            return Ok(());
        }
        figures.trials += 1;
        let fresh = &mut database.connect();
        self.write(owner, fresh, ("fresh", 0), &table, figures);
        self.write(owner, &mut sessions.warm, ("warm", 1), &table, figures);
        Ok(())
    }

    /// In each way, rows of before and a new one.
    fn write(
        &self,
        owner: &mut PgConnection,
        conn: &mut PgConnection,
        (session, nth): (&str, usize),
        table: &AuditedTable,
        figures: &mut Figures,
    ) {
        let name = &table.source;
        let new = 100 + nth;
        let [updated, rekeyed, deleted] = [1, 2, 3].map(|row| row + nth * 3);
        let mut columns = vec!["id"];
        let mut values = vec![new.to_string()];
        let mut set = "id = id".to_owned();
        if let Some(column) = self.change.column {
            columns.push(column);
            values.push(self.change.value.clone());
            set = format!("{column} = {}", self.change.value);
        }
        for column in self.change.others {
            columns.push(column);
            values.push(format!("(SELECT {column} FROM {name} WHERE id = {ROWS})"));
        }
        let mut outcome = |statement: &str, operations: &str| {
            let outcome = outcome(owner, conn, table, statement, operations);
            if let Outcome::Lost(fault) | Outcome::Undocumented(fault) = &outcome {
                self.say(&format!("{session}, {statement}"), fault);
            }
            let is_recorded = matches!(outcome, Outcome::Exact);
            figures.count(outcome, self.change.of_source_only);
            is_recorded
        };
        let insert = format!(
            "INSERT INTO {name} ({}) VALUES ({})",
            columns.join(", "),
            values.join(", ")
        );
        let is_there = outcome(&insert, "I");
        outcome(
            &format!("UPDATE {name} SET {set} WHERE id = {updated}"),
            "U",
        );
        outcome(
            &format!("UPDATE {name} SET id = -id WHERE id = {rekeyed}"),
            "DU",
        );
        outcome(&format!("DELETE FROM {name} WHERE id = {deleted}"), "D");
        if is_there {
            outcome(&format!("DELETE FROM {name} WHERE id = {new}"), "D");
        }
    }

    fn say(&self, what: &str, fault: &str) {
        eprintln!(
            "{}, {}: {what}: {fault}",
            self.kind.sql_type, self.change.name
        );
    }
}

/// What came of one statement.
pub(super) enum Outcome {
    Exact,
    /// By this code, which README names.
    Refused(String),
    Undocumented(String),
    Lost(String),
}

fn outcome(
    owner: &mut PgConnection,
    conn: &mut PgConnection,
    table: &AuditedTable,
    statement: &str,
    operations: &str,
) -> Outcome {
    let message = match recorded(conn, table, statement, operations) {
        Ok(()) => return Outcome::Exact,
        Err(Fault::Mismatch(fault)) => return Outcome::Lost(fault),
        Err(Fault::Refused(message)) => message,
    };
    // Diesel does not tell the code, and without a column that was recorded there
    // is nothing to compare: then the statement has not run yet.
    match attempt(conn, ALICE, statement) {
        Ok(()) => Outcome::Lost(format!("written, and not as recorded: {message}")),
        Err(refused) if DOCUMENTED.contains(&&*refused.sqlstate) => {
            match without_triggers(owner, table, statement) {
                Ok(()) => Outcome::Refused(refused.sqlstate),
                Err(error) => Outcome::Undocumented(format!("not by the trigger: {error}")),
            }
        }
        Err(refused) => Outcome::Undocumented(format!("{} {}", refused.sqlstate, refused.message)),
    }
}

/// What is refused has to be possible where nothing is audited: PostgreSQL gives
/// the same codes to a statement that is wrong itself.
fn without_triggers(
    owner: &mut PgConnection,
    table: &AuditedTable,
    statement: &str,
) -> diesel::QueryResult<()> {
    let done = owner.batch_execute(&format!(
        "BEGIN; ALTER TABLE {} DISABLE TRIGGER USER; {statement}",
        table.source
    ));
    owner.batch_execute("ROLLBACK").and(done)
}

/// Every statement of the function runs until its plan is kept.
fn warm_up(conn: &mut PgConnection, table: &AuditedTable, old: &str) -> Result<(), AnyError> {
    let name = &table.source;
    let all = 2 * ROWS;
    for (statement, operations) in [
        (
            format!("INSERT INTO {name} SELECT n, {old}, {old} FROM generate_series(1, {all}) n"),
            "I".repeat(all),
        ),
        (format!("UPDATE {name} SET v = {old}"), "U".repeat(all)),
        (
            format!("UPDATE {name} SET id = id + {all} WHERE id > {ROWS}"),
            "DU".repeat(ROWS),
        ),
        (
            format!("DELETE FROM {name} WHERE id > {ROWS}"),
            "D".repeat(ROWS),
        ),
    ] {
        recorded(conn, table, &statement, &operations)
            .map_err(|fault| format!("before the change, by {statement}: {fault:?}"))?;
    }
    Ok(())
}

fn install(
    conn: &mut PgConnection,
    table: &AuditedTable,
    function: Function,
) -> Result<(), AnyError> {
    let right = Step::Install(table.clone()).render();
    let sql = match function {
        Function::Ours => right,
        Function::Assigning => {
            let wrong = right.replace("CASE WHEN pg_catalog.", "CASE WHEN true OR pg_catalog.");
            if wrong == right {
                return Err("the function has no condition to take away".into());
            }
            wrong
        }
    };
    Ok(conn.batch_execute(&format!("BEGIN; {} {sql}; COMMIT", core::INSTALL))?)
}
