//! The steps between what is installed and what is declared.
#![allow(missing_docs)]

#[path = "../../diesel-audit-model/tests/sample/mod.rs"]
mod sample;

use diesel_audit_model::{AuditedTable, PgType, Recording};
use diesel_audit_sql::{
    Declared, Installed, LockTimeout, Options, Step, after, difference, migration,
};

/// What `generate` would say of a change of the users.
fn summary(change: impl FnOnce(&mut Declared)) -> String {
    let mut declared = Declared::from(sample::users());
    change(&mut declared);
    match difference(&[sample::users().into()], &[declared], &Options::default()) {
        Ok(steps) => steps
            .iter()
            .map(Step::summary)
            .collect::<Vec<_>>()
            .join("\n"),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn a_change_says_what_it_does() {
    let check = |change: &dyn Fn(&mut AuditedTable), expected: &str| {
        assert_eq!(
            summary(|declared| change(&mut declared.table)),
            match expected {
                "" => String::new(),
                _ => format!("Change of the audit of public.users: {expected}."),
            }
        );
    };
    check(&|_| {}, "");
    check(&|t| t.columns.swap(0, 1), "");
    check(
        &|t| t.columns.push(sample::column("plan", "text")),
        "added plan",
    );
    check(&|t| drop(t.columns.remove(1)), "ended email");
    check(
        &|t| t.columns[1].recording = Recording::Excluded,
        "ended email",
    );
    check(
        &|t| t.columns[2].recording = Recording::Value,
        "added password_hash",
    );
    check(
        &|t| t.columns[0].sql_type = PgType::builtin("numeric"),
        "converted id from bigint to numeric",
    );
    check(
        &|t| t.columns[1].sql_type = PgType::builtin("jsonb"),
        "added email; renamed email to email_text",
    );
    check(
        &|t| t.settings[1].required = true,
        "session setting request_id required",
    );
    check(&|t| drop(t.settings.remove(0)), "ended audit_username");
    check(
        &|t| t.policy.operations.truncate = false,
        "other operations",
    );
    check(&|t| t.primary_key.push("email".into()), "another key");
    check(&|t| t.policy.append_only = true, "append-only");
    check(&|t| t.policy.seals = true, "sealed");
    check(
        &|t| t.audit.schema = "history".into(),
        "audit table history.users_audit (was audit.users_audit); function history.users_audit (was audit.users_audit)",
    );
}

#[test]
fn a_rename_that_cannot_be_is_refused() {
    let renamed = |name: &'static str, before: &'static str| {
        move |declared: &mut Declared| {
            if !declared
                .table
                .columns
                .iter()
                .any(|column| column.name == name)
            {
                declared.table.columns.push(sample::column(name, "text"));
            }
            declared.renamed_columns.push((name.into(), before.into()));
        }
    };
    assert_eq!(
        summary(renamed("mail", "emial")),
        "public.users: `mail` was `emial` before, says its field, and the last migration knows no such column; it knows `id`, `email`"
    );
    assert_eq!(
        summary(renamed("mail", "email")),
        "public.users: `mail` was `email` before, says its field, and both are recorded"
    );
    // Its migration is written long since.
    assert_eq!(summary(renamed("email", "e_mail")), "");
}

/// The words stay in the sources, and must not act twice.
#[test]
fn renames_in_a_row_and_in_a_circle() {
    let renamed = |pairs: &[(&'static str, &'static str)]| {
        let mut declared = Declared::from(sample::users());
        declared.table.columns = vec![sample::column("id", "int8")];
        for (name, before) in pairs {
            declared.table.columns.push(sample::column(name, "text"));
            declared
                .renamed_columns
                .push(((*name).into(), (*before).into()));
        }
        declared
    };
    let mut old = sample::users();
    old.columns = ["a", "b"].map(|name| sample::column(name, "text")).into();
    old.columns.insert(0, sample::column("id", "int8"));
    let installed = [Installed::from(old)];
    let check = |declared: Declared, expected: &[&str]| {
        let declared = [declared];
        let steps = difference(&installed, &declared, &Options::default()).expect("steps");
        let summaries: Vec<String> = steps.iter().map(Step::summary).collect();
        assert_eq!(summaries, expected);
        let later = after(&installed, &steps);
        let again = difference(&later, &declared, &Options::default());
        assert_eq!(again, Ok(Vec::new()));
    };
    check(
        renamed(&[("b", "a"), ("c", "b")]),
        &["Change of the audit of public.users: renamed a to b, b to c."],
    );
    check(renamed(&[("a", "b"), ("b", "a")]), &[]);
}

#[test]
fn a_table_that_was_another_one() {
    let mut accounts = Declared::from(sample::users());
    accounts.table.source.name = "accounts".into();
    accounts.renamed_from = Some(sample::users().source);
    let installed = [Installed::from(sample::users())];
    let steps = difference(&installed, &[accounts.clone()], &Options::default()).expect("a rename");
    let summaries: Vec<String> = steps.iter().map(Step::summary).collect();
    assert_eq!(
        summaries,
        ["Change of the audit of public.accounts: table public.accounts (was public.users)."]
    );
    let later = after(&installed, &steps);
    assert_eq!(
        difference(&later, &[accounts.clone()], &Options::default()),
        Ok(Vec::new())
    );

    let mut users = Declared::from(sample::users());
    users.table.audit.name = "a".into();
    users.table.function = "a".into();
    let problems = difference(&installed, &[accounts, users], &Options::default()).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "public.users: another model is public.users under a new name too"
    );
}

#[test]
fn what_ends_comes_first_and_comes_back_last() {
    let mut orders = sample::users();
    orders.source.name = "orders".into();
    orders.audit.name = "orders_audit".into();
    orders.function = "orders_audit".into();
    let steps = difference(
        &[sample::users().into()],
        &[orders.into()],
        &Options { drop_history: true },
    )
    .expect("steps");
    let names: Vec<String> = steps.iter().map(Step::name).collect();
    assert_eq!(names, ["end_audit_of_users", "audit_orders"]);
    let migration = migration(&steps, &LockTimeout::default());
    let order = |sql: &str| {
        let find = |text: &str| sql.find(text).unwrap_or(usize::MAX);
        find("DROP FUNCTION") < find("CREATE OR REPLACE FUNCTION")
    };
    assert!(order(&migration.up.whole) && order(&migration.down.whole));
    assert!(migration.up.before.contains("drops => true"));
    assert!(migration.up.after.contains("CREATE TABLE IF NOT EXISTS"));
    assert_eq!(
        migration.down.whole.matches("diesel_audit.start(").count(),
        1
    );
}

#[test]
fn a_name_that_another_table_gives_up_is_refused() {
    let mut orders = sample::users();
    orders.source.name = "orders".into();
    let installed = [Installed::from(sample::users())];
    let problems = difference(&installed, &[orders.into()], &Options::default()).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "public.orders: audit.users_audit is the audit of public.users in the last migration: take another name, or two migrations"
    );
}

#[test]
fn lock_timeouts() {
    for (text, is_time) in [
        ("500ms", true),
        ("5s", true),
        ("2min", true),
        ("2147483647ms", true),
        ("2147483648ms", false),
        ("0s", false),
        ("5", false),
        ("s", false),
        ("", false),
        ("5 s", false),
        ("5s'; DROP TABLE users; --", false),
        ("99999999999999999999s", false),
    ] {
        assert_eq!(LockTimeout::new(text).is_ok(), is_time, "{text:?}");
    }
}

/// A seal is over the text of a value.
#[test]
fn a_sealed_column_keeps_its_text() {
    let check = |sealed: bool, from: &'static str, to: &'static str, expected: &str| {
        let mut old = sample::users();
        old.policy.seals = sealed;
        old.columns[1].sql_type = PgType::builtin(from);
        let mut new = old.clone();
        new.columns[1].sql_type = PgType::builtin(to);
        let steps = difference(&[old.into()], &[new.into()], &Options::default()).unwrap();
        let summary = steps[0].summary();
        assert!(
            summary.contains(expected),
            "{sealed}, {from} to {to}: {summary}"
        );
    };
    for sealed in [false, true] {
        check(sealed, "int2", "int8", "converted email");
        check(sealed, "int8", "int4", "converted email");
        check(sealed, "int4", "numeric", "converted email");
    }
    check(false, "float4", "float8", "converted email");
    check(true, "float4", "float8", "renamed email to email_float4");
    check(true, "float8", "float4", "renamed email to email_float8");
}

#[test]
fn what_is_sealed_is_not_dropped() {
    let drop_history = Options { drop_history: true };
    let mut old = sample::users();
    let mut new = sample::users();
    new.columns.remove(1);
    let steps = difference(&[old.clone().into()], &[new.clone().into()], &drop_history).unwrap();
    assert!(steps[0].summary().contains("dropped email"));
    old.policy.seals = true;
    new.policy.seals = true;
    let refused = difference(&[old.clone().into()], &[new.into()], &drop_history).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "public.users: the column `email` of the audit table audit.users_audit cannot be dropped: its seals cover it\n\
         help: leave `--drop-history` out, and the column stays with what it holds"
    );
    // The whole goes with its seals.
    let steps = difference(&[old.into()], &[], &drop_history).unwrap();
    assert!(
        steps[0]
            .render()
            .contains("seals => 'audit.users_audit_seals', drops => true")
    );
}
