//! Every two words of a model go together, each doing what it says, or are refused
//! for a reason that names both.

mod expected;
mod words;

use diesel::prelude::*;
use diesel_audit::{BaselineOptions, baseline};
use diesel_audit_model::{AuditedTable, PgType, SessionFact, check};
use diesel_audit_sql::refusal::Refusal;

use crate::support::{
    ALICE, attempt, count, describe, install, public, run, run_as_alice, setting, texts,
};
use expected::{SCRIPT, START};
use words::{REFUSED, WORDS, Word};

#[test]
fn each_word_with_each_other() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    for (n, first) in WORDS.iter().enumerate() {
        // First of all by itself.
        for second in &WORDS[n..] {
            let words = [first, second];
            let reason = REFUSED
                .iter()
                .find(|pair| **pair == (first.name, second.name));
            match reason {
                None => play(&mut conn, &words),
                Some(_) => refused(&mut conn, first, second),
            }
        }
    }
}

/// As many as go together.
#[test]
fn all_at_once() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    for without in [&["on_change", "query"][..], &["when", "redact", "hash"]] {
        let words = WORDS.iter().filter(|word| !without.contains(&word.name));
        let words: Vec<&Word> = words.collect();
        play(&mut conn, &words);
    }
}

/// A table of these words, over the rows that it has so far.
fn table(conn: &mut PgConnection, words: &[&Word]) -> AuditedTable {
    run(
        conn,
        &format!("DROP SCHEMA IF EXISTS audit CASCADE; DROP TABLE IF EXISTS item; {START}"),
    );
    let mut table = describe(conn, public("item"));
    table.settings = vec![setting("username", PgType::builtin("text"), false)];
    for word in words {
        (word.say)(&mut table);
    }
    table
}

fn refused(conn: &mut PgConnection, first: &Word, second: &Word) {
    let table = table(conn, &[first, second]);
    let problems = check::check(&table).expect_err(first.name).to_string();
    for word in [first, second] {
        let named = match word.name {
            "query" => "`record(query)`".to_owned(),
            name => format!("`{name}`"),
        };
        assert!(problems.contains(&named), "{named}: {problems}");
    }
}

fn play(conn: &mut PgConnection, words: &[&Word]) {
    let names: Vec<&str> = words.iter().map(|word| word.name).collect();
    let table = table(conn, words);
    check::check(&table).unwrap_or_else(|problems| panic!("{names:?}: {problems}"));
    install(conn, &table);
    baseline(conn, &table, BaselineOptions::new())
        .and_then(|baseline| baseline.finish())
        .unwrap_or_else(|error| panic!("{names:?}: {error}"));
    let mut rows = expected::of_baseline(&table);
    assert_eq!(expected::history(conn, &table), rows, "{names:?}, baseline");
    for step in &SCRIPT {
        run_as_alice(conn, step.statement);
        rows.extend(expected::of_step(&table, step));
        let seen = expected::history(conn, &table);
        assert_eq!(seen, rows, "{names:?}: {}", step.statement);
    }
    session(conn, &table, &names);
    refusals(conn, &table, &names);
    let seals = count(
        conn,
        "SELECT count(*) FROM pg_class WHERE oid = to_regclass('audit.item_audit_seals')",
    );
    assert_eq!(seals == 1, table.policy.seals, "{names:?}");
}

/// What is recorded of the session is this one, in each row.
fn session(conn: &mut PgConnection, table: &AuditedTable, names: &[&str]) {
    for fact in SessionFact::ALL {
        let is = match fact {
            SessionFact::ApplicationName => "= current_setting('application_name')",
            SessionFact::ClientAddr => "= inet_client_addr()",
            SessionFact::BackendPid => "= pg_backend_pid()",
            SessionFact::Query => "<> ''",
        };
        let column = fact.column();
        let columns = texts(
            conn,
            "SELECT attname::text FROM pg_attribute WHERE attrelid = 'audit.item_audit'::regclass",
        );
        let is_there = columns.contains(&Some(column.to_owned()));
        assert_eq!(
            is_there,
            table.policy.record.contains(&fact),
            "{names:?}: {column}"
        );
        if is_there {
            let others =
                format!("SELECT count(*) FROM audit.item_audit WHERE ({column} {is}) IS NOT TRUE");
            assert_eq!(count(conn, &others), 0, "{names:?}: {column}");
        }
    }
}

/// What a context has to be, and whether audit rows can be changed.
fn refusals(conn: &mut PgConnection, table: &AuditedTable, names: &[&str]) {
    const WRITE: &str = "INSERT INTO item VALUES (9, 9, 'a', 'b', 'c', 'd')";
    const OF_CHECKOUT: &str = "SELECT set_config('audit.username', 'alice', true), \
         set_config('audit.context', to_hex(pg_backend_pid()) || ' session <username:text>', true)";
    let words = |word: &str| names.contains(&word);
    let cases = [
        (
            "",
            WRITE,
            words("unaudited").then_some(Refusal::SettingMissing),
        ),
        (
            OF_CHECKOUT,
            WRITE,
            (words("context") && words("unaudited")).then_some(Refusal::SettingMissing),
        ),
        (ALICE, WRITE, None),
        (
            "",
            "UPDATE audit.item_audit SET id = 0",
            words("append_only").then_some(Refusal::AppendOnly),
        ),
    ];
    for (context, statement, expected) in cases {
        let seen = attempt(conn, context, statement);
        let is_right = match (&seen, expected) {
            (Ok(()), None) => true,
            (Err(refused), Some(expected)) => refused.is(expected),
            _ => false,
        };
        assert!(
            is_right,
            "{names:?}: {statement}, after {context}: {seen:?}"
        );
        run_as_alice(conn, "DELETE FROM item");
    }
    let history = format!(
        "SELECT count(*) FROM {} WHERE audit_operation <> 'B'",
        table.audit
    );
    assert!(count(conn, &history) > 0, "{names:?}");
}
