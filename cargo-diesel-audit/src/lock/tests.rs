//! `diesel-audit.lock` is read as it was written, and nothing else is.
#[path = "../../../diesel-audit-model/tests/sample/mod.rs"]
mod sample;

use super::Lock;
use crate::lock;
use diesel_audit_model::{
    AuditedTable, Column, ContextScope, Operations, PgType, Policy, QualifiedName, Recording,
    SessionFact, Setting, Unaudited, check,
};
use diesel_audit_sql::{Installed, Retired};
use proptest::prelude::*;

#[test]
fn the_file() {
    let mut users = Installed::from(sample::users());
    users.retired.push(Retired {
        name: "plan_text".into(),
        sql_type: PgType {
            schema: None,
            name: "plan".into(),
            array: true,
        },
    });
    insta::assert_snapshot!("lock", lock::render(&of(vec![users])));
}

fn of(installed: Vec<Installed>) -> Lock {
    Lock { core: 1, installed }
}

fn installed() -> impl Strategy<Value = Vec<Installed>> {
    prop::collection::vec(table(), 0..4).prop_map(|mut tables| {
        tables.retain(|installed| check::check(&installed.table).is_ok());
        tables.sort_by(|a, b| a.table.source.cmp(&b.table.source));
        tables.dedup_by(|a, b| a.table.source == b.table.source);
        tables
    })
}

fn table() -> impl Strategy<Value = Installed> {
    let sql_type = || {
        (prop::option::of(".{1,9}"), ".{1,9}", any::<bool>()).prop_map(|(schema, name, array)| {
            PgType {
                schema: schema.map(Into::into),
                name: name.into(),
                array,
            }
        })
    };
    let recording = || {
        prop::sample::select(vec![
            Recording::Value,
            Recording::Excluded,
            Recording::Redact,
            Recording::Hash,
            Recording::OnChange,
        ])
    };
    let columns = prop::collection::vec((".{1,9}", sql_type(), recording()), 1..5);
    let contents = (
        any::<bool>(),
        prop::option::of("NEW\\.[a-z]{1,9} > '[^\\x00'\\\\]{0,9}'"),
        prop::sample::subsequence(SessionFact::ALL.to_vec(), 0..=4),
        any::<bool>(),
    );
    let settings = prop::collection::vec(
        ("[a-z]{1,9}", sql_type(), any::<bool>(), any::<bool>()),
        0..3,
    );
    (".{1,9}", ".{1,9}", columns, settings, 1_u8..16, contents).prop_map(
        |(schema, name, columns, settings, operations, (skip_unchanged, when, record, seals))| {
            Installed {
                retired: columns
                    .iter()
                    .map(|(name, sql_type, _)| Retired {
                        name: name.clone().into(),
                        sql_type: sql_type.clone(),
                    })
                    .collect(),
                table: AuditedTable {
                    source: QualifiedName::new(schema, name.clone()),
                    audit: QualifiedName::new("audit", format!("{name} audit")),
                    function: name.clone().into(),
                    trigger: name.into(),
                    primary_key: vec![columns[0].0.clone().into()],
                    unlisted: vec![columns[0].0.clone().into()],
                    settings: settings
                        .into_iter()
                        .map(|(name, sql_type, required, index)| Setting {
                            name: name.into(),
                            sql_type,
                            required,
                            index,
                        })
                        .collect(),
                    columns: columns
                        .into_iter()
                        .enumerate()
                        .map(|(n, (name, sql_type, recording))| Column {
                            name: name.into(),
                            sql_type,
                            recording: if n > 0 { recording } else { Recording::Value },
                        })
                        .collect(),
                    policy: Policy {
                        operations: Operations {
                            insert: operations & 1 != 0,
                            update: operations & 2 != 0,
                            delete: operations & 4 != 0,
                            truncate: operations & 8 != 0,
                        },
                        context: if operations & 2 != 0 {
                            ContextScope::Any
                        } else {
                            ContextScope::Transaction
                        },
                        unaudited: if operations & 4 != 0 {
                            Unaudited::Allow
                        } else {
                            Unaudited::Forbid
                        },
                        max_value_bytes: if operations & 8 != 0 { 1024 } else { 7 },
                        append_only: operations & 1 != 0,
                        skip_unchanged,
                        when: when.map(Into::into),
                        record: record.into(),
                        seals,
                    },
                },
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(installed in installed()) {
        let lock = of(installed);
        let text = lock::render(&lock);
        let read = lock::parse(&text).map_err(|problem| TestCaseError::fail(format!("{problem} of\n{text}")))?;
        prop_assert_eq!(lock::render(&read), text);
        prop_assert_eq!(read, lock);
    }

    #[test]
    fn anything_else_is_an_error_and_no_panic(text in ".{0,200}", at in any::<prop::sample::Index>()) {
        let mut file = lock::render(&of(vec![sample::users().into()]));
        let mut at = at.index(file.len());
        while !file.is_char_boundary(at) {
            at -= 1;
        }
        file.insert_str(at, &text);
        let _ = lock::parse(&file);
    }
}

#[test]
fn problems_have_their_line() {
    let file = lock::render(&of(vec![sample::users().into()]));
    for (from, to, expected) in [
        (
            "version = 1",
            "version = 2",
            "line 2: this version of cargo-diesel-audit knows `version = 1`: install the one that wrote the file",
        ),
        ("version = 1\n", "", "line 1: the key `version` is missing"),
        (
            "core = 1",
            "core = 2",
            "line 3: this version of cargo-diesel-audit knows the core up to version 1",
        ),
        ("core = 1", "core = 0", "line 3: this version"),
        ("function =", "funktion =", "line 8: unknown key `funktion`"),
        (
            "source = [\"public\", \"users\"]",
            "source = \"users\"",
            "line 6: a schema and a name have to be here",
        ),
        (
            "[[table]]",
            "[[table]]\npolicy = { operations = { insret = false } }",
            "line 6: unknown field `insret`, expected one of `insert`, `update`, `delete`, `truncate`",
        ),
        (
            "[[table]]",
            "[[table]]\npolicy = { unaudited = \"refuse\" }",
            "line 6: unknown variant `refuse`, expected `allow` or `forbid`",
        ),
        (
            "[[table]]",
            "[[table]]\npolicy = { max_value_bytes = \"1\" }",
            "line 6: invalid type: string \"1\", expected usize",
        ),
        (
            "[[table]]",
            "[[table]]\npolicy = { max_value_bytes = 0 }",
            "line 5: audit of public.users: values of settings of at most 0 bytes",
        ),
        (
            "[[table]]",
            "[[table]]\npolicy = { record = [\"query\", \"backend_pid\"] }",
            "line 5: audit of public.users: the facts of `record(..)`",
        ),
        (
            "[[table]]",
            "[[table]]\npolicy = { sealed = true }",
            "line 6: unknown field `sealed`",
        ),
        (
            "required = true",
            "required = 1",
            "line 12: `required` is true or false",
        ),
        ("[[table]]", "<<<<<<< HEAD\n[[table]]", "line 5: "),
    ] {
        let broken = file.replacen(from, to, 1);
        let problem = lock::parse(&broken).unwrap_err().to_string();
        assert!(
            problem.starts_with(expected),
            "{problem:?} is not {expected:?} in\n{broken}"
        );
    }
    let twice = lock::render(&of(vec![sample::users().into(), sample::users().into()]));
    let problem = lock::parse(&twice).unwrap_err().to_string();
    assert!(
        problem.ends_with("the table public.users is there twice"),
        "{problem}"
    );
}
