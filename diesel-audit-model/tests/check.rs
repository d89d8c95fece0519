//! Each rule for an audited table finds what breaks it.
#![allow(missing_docs)]

mod sample;

use diesel_audit_model::check::{check, check_together};
use diesel_audit_model::{
    AuditedTable, Operations, PgType, QualifiedName, Recording, SessionFact, Setting, Unaudited,
};

type Change = fn(&mut AuditedTable);

fn record_email(table: &mut AuditedTable, recording: Recording) {
    table.columns[1].recording = recording;
}

/// What does not go with a column that is not recorded by its value.
const RECORDED: &[(&str, Change, &str)] = &[
    (
        "on_change_when",
        |t| {
            record_email(t, Recording::OnChange);
            t.policy.when = Some("true".into());
        },
        "`email`: a column cannot be `on_change` beside `when`",
    ),
    (
        "on_change_without_insert",
        |t| {
            record_email(t, Recording::OnChange);
            t.policy.operations.insert = false;
        },
        "`email`: a column cannot be `on_change` without the operation `insert`",
    ),
    (
        "on_change_without_update",
        |t| {
            record_email(t, Recording::OnChange);
            t.policy.operations.update = false;
        },
        "`email`: a column cannot be `on_change` without the operation `update`",
    ),
    (
        "on_change_without_key",
        |t| {
            record_email(t, Recording::OnChange);
            t.primary_key.clear();
        },
        "`email` cannot be `on_change` without a primary key",
    ),
    (
        "redact_beside_the_statement",
        |t| {
            record_email(t, Recording::Redact);
            t.policy.record.to_mut().push(SessionFact::Query);
        },
        "`email`: a column cannot be `redact` beside `record(query)`",
    ),
    (
        "hash_beside_the_statement",
        |t| {
            record_email(t, Recording::Hash);
            t.policy.record.to_mut().push(SessionFact::Query);
        },
        "`email`: a column cannot be `hash` beside `record(query)`",
    ),
    (
        "facts_out_of_order",
        |t| t.policy.record = vec![SessionFact::Query, SessionFact::BackendPid].into(),
        "the facts of `record(..)` are not each there once, in their order",
    ),
    (
        "core",
        |t| t.audit.schema = "diesel_audit".into(),
        "the audit table cannot be in the schema `diesel_audit`, which holds the core",
    ),
];

#[test]
fn rules() {
    assert_eq!(check(&sample::users()), Ok(()));
    breaks(
        "name_too_long",
        |t| t.trigger = "x".repeat(64).into(),
        "the name of the trigger `xxx",
    );
    for (name, change, expected) in RECORDED {
        breaks(name, *change, expected);
    }
    breaks(
        "name_empty",
        |t| t.function = "".into(),
        "the name of the trigger function is empty",
    );
    breaks(
        "nul",
        |t| t.audit.name = "a\0".into(),
        "the name of the audit table holds a NUL character",
    );
    breaks(
        "itself",
        |t| t.audit = t.source.clone(),
        "the table would be its own audit table",
    );
    breaks(
        "setting",
        |t| t.settings[0].name = "User".into(),
        "session setting `User`: a session setting is named by",
    );
    breaks(
        "marker",
        |t| t.settings[0].name = "tx".into(),
        "session setting `tx`: diesel-audit uses this setting",
    );
    breaks(
        "no_update_to_skip",
        |t| {
            t.policy.skip_unchanged = true;
            t.policy.operations.update = false;
        },
        "`skip_unchanged` is about updates, and no update is recorded",
    );
    breaks(
        "condition_that_is_none",
        |t| t.policy.when = Some("NEW.a = 1; DROP TABLE users".into()),
        "`when`: the condition holds a `;`, and has to be one expression",
    );
    breaks(
        "condition_on_no_row",
        |t| {
            t.policy.when = Some("NEW.a = 1".into());
            t.policy.operations = Operations {
                insert: false,
                update: false,
                delete: false,
                truncate: true,
            };
        },
        "`when` is about changes of rows, and only TRUNCATE is recorded",
    );
    breaks(
        "reason_that_cannot_be",
        |t| {
            t.settings[0].name = "unaudited".into();
            t.policy.unaudited = Unaudited::Forbid;
        },
        "session setting `unaudited`: it would never have a value",
    );
    breaks(
        "value_without_limit",
        |t| t.policy.max_value_bytes = 1_000_001,
        "values of settings of at most 1000001 bytes; it has to be 1 to 1000000",
    );
    breaks(
        "setting_is_an_audit_column",
        |t| t.settings[0].name = "id".into(),
        "`audit_id` would be both a column of every audit table and the session setting `id`",
    );
    breaks(
        "column_is_an_audit_column",
        |t| t.columns.push(sample::column("audit_operation", "text")),
        "`audit_operation` would be both a column of every audit table and the column",
    );
    breaks(
        "column_is_a_setting",
        |t| t.columns.push(sample::column("audit_username", "text")),
        "`audit_username` would be both the session setting `username` and the column",
    );
    breaks(
        "settings_twice",
        |t| {
            t.settings.push(Setting {
                name: "username".into(),
                sql_type: PgType::builtin("text"),
                required: false,
                index: false,
            });
        },
        "`audit_username` would be both the session setting `username` and the session setting",
    );
    breaks(
        "key_excluded",
        |t| t.columns[0].recording = Recording::Excluded,
        "`id` is part of the primary key and cannot be excluded",
    );
    breaks(
        "key_missing",
        |t| t.primary_key = vec!["nope".into()],
        "the key column `nope` is not in the table",
    );
    breaks(
        "nothing_recorded",
        |t| {
            t.policy.operations = Operations {
                insert: false,
                update: false,
                delete: false,
                truncate: false,
            };
        },
        "no operation is recorded",
    );
    breaks(
        "too_wide",
        |t| {
            let names = (0..1600).map(|n| format!("c{n}"));
            t.columns
                .extend(names.map(|name| diesel_audit_model::Column {
                    name: name.into(),
                    ..sample::column("", "int4")
                }));
        },
        "the audit table would have 1614 columns, PostgreSQL allows 1600",
    );
}

fn breaks(case: &str, change: impl Fn(&mut AuditedTable), expected: &str) {
    let mut table = sample::users();
    change(&mut table);
    let problems = check(&table).expect_err(case).to_string();
    assert!(problems.contains(expected), "{case}: {problems}");
    assert!(
        problems.starts_with("audit of public.users: "),
        "{case}: {problems}"
    );
}

#[test]
fn an_excluded_column_may_have_any_name() {
    let mut table = sample::users();
    table.columns[2].name = "audit_id".into();
    assert_eq!(check(&table), Ok(()));
}

#[test]
fn two_tables_do_not_share_a_name() {
    let users = sample::users();
    let mut others = users.clone();
    others.source = QualifiedName::new("shop", "users");
    let problems = check_together(&[users.clone(), others.clone()])
        .expect_err("shared")
        .to_string();
    for expected in [
        "audit table audit.users_audit is also that of public.users",
        "trigger function audit.users_audit_insert() is also that of public.users",
    ] {
        assert!(problems.contains(expected), "{problems}");
    }
    others.audit.name = "shop_users_audit".into();
    others.function = "shop_users_audit".into();
    assert_eq!(check_together(&[users.clone(), others.clone()]), Ok(()));
    let twice = check_together(&[users.clone(), users]).expect_err("twice");
    assert_eq!(twice.0.len(), 4, "{twice}");
}
