//! The SQL of a step, as it stands in a migration.
#![allow(missing_docs)]

#[path = "../../diesel-audit-model/tests/sample/mod.rs"]
mod sample;

use diesel_audit_model::{Column, Operations, PgType, Recording};
use diesel_audit_sql::Step;

#[test]
fn install_and_uninstall() {
    let install = Step::Install(sample::users());
    insta::assert_snapshot!("install", install.render());
    insta::assert_snapshot!("uninstall", install.inverse().render());
}

/// What each word on a field comes to.
#[test]
fn columns_that_are_redacted_hashed_or_on_change() {
    let mut table = sample::users();
    table.settings.clear();
    table.columns.truncate(1);
    let recorded = |name, sql_type, recording| Column {
        recording,
        ..sample::column(name, sql_type)
    };
    table.columns.extend([
        recorded("password", "text", Recording::Redact),
        recorded("birthday", "date", Recording::Hash),
        recorded("profile", "jsonb", Recording::OnChange),
    ]);
    let install = Step::Install(table);
    insta::assert_snapshot!("install_recorded", install.render());
    insta::assert_snapshot!("uninstall_recorded", install.inverse().render());
}

#[test]
fn the_inverse_of_the_inverse_is_the_step() {
    let install = Step::Install(sample::users());
    assert_eq!(install.clone().inverse().inverse(), install);
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    let render = || Step::Install(sample::users()).render();
    assert_eq!(render(), render());
}

#[test]
fn only_the_wanted_operations_have_triggers() {
    let check = |operations: Operations, expected: &[&str]| {
        let mut table = sample::users();
        table.policy.operations = operations;
        let sql = Step::Install(table).render();
        let events: Vec<&str> = sql
            .lines()
            .filter_map(|line| Some(line.split_once(" AFTER ")?.1))
            .collect();
        assert_eq!(events, expected);
    };
    const NONE: Operations = Operations {
        insert: false,
        update: false,
        delete: false,
        truncate: false,
    };
    check(
        Operations::ALL,
        &[
            "INSERT ON public.users",
            "UPDATE ON public.users",
            "DELETE ON public.users",
            "TRUNCATE ON public.users",
        ],
    );
    check(
        Operations {
            update: true,
            ..NONE
        },
        &["UPDATE ON public.users"],
    );
    check(
        Operations {
            truncate: true,
            ..NONE
        },
        &["TRUNCATE ON public.users"],
    );
}

/// A definer function that looks names up where its caller says would run the
/// caller's code with its owner's rights: it has no operator, and no call without a
/// schema, but for what is SQL's grammar.
#[test]
fn the_functions_are_safe_to_define() {
    let mut table = sample::users();
    table.policy.skip_unchanged = true;
    for (column, recording) in table.columns.iter_mut().skip(1).zip([
        Recording::OnChange,
        Recording::Redact,
        Recording::Hash,
    ]) {
        column.recording = recording;
    }
    let sql = Step::Install(table).render();
    let functions: Vec<&str> = sql.split("CREATE OR REPLACE FUNCTION ").skip(1).collect();
    assert_eq!(functions.len(), 3);
    for function in functions {
        assert!(function.contains("SECURITY DEFINER"), "{function}");
        let body = function.split("$audit$").nth(1).expect("a body");
        let lines = body.lines().map(str::trim);
        let code: Vec<&str> = lines.filter(|line| !line.starts_with("--")).collect();
        let code = code.join(" ").replace(":=", "").replace("::", "");
        assert!(
            !code.contains([
                '=', '<', '>', '|', '+', '-', '*', '/', '~', '!', '@', '#', '%', '^', '&', '?'
            ]),
            "{code}"
        );
        for call in code.split('(').rev().skip(1) {
            let name = call.rsplit([' ', ',', '(']).next().unwrap_or_default();
            let is_grammar = ["ROW", "", "audit.users_audit"].contains(&name);
            assert!(
                is_grammar || name.starts_with("pg_catalog.") || name.starts_with("diesel_audit."),
                "{name} in {code}"
            );
        }
    }
}

/// The lines that this makes of an audited table besides, whose state is another one.
fn added(say: impl Fn(&mut diesel_audit_model::AuditedTable)) -> String {
    let render = |table: diesel_audit_model::AuditedTable| {
        let state = diesel_audit_sql::state::state(&table);
        Step::Install(table).render().replace(&state, "state")
    };
    let plain = render(sample::users());
    let mut table = sample::users();
    say(&mut table);
    let more = render(table);
    let lines = more
        .lines()
        .filter(|line| !plain.lines().any(|l| l == *line));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_seals_add() {
    insta::assert_snapshot!("seals", added(|table| table.policy.seals = true));
    let mut table = sample::users();
    table.policy.seals = true;
    insta::assert_snapshot!("seals_uninstall", Step::Install(table).inverse().render());
}

#[test]
fn what_append_only_adds() {
    insta::assert_snapshot!(
        "append_only",
        added(|table| table.policy.append_only = true)
    );
}

#[test]
fn types_that_are_not_built_in_keep_their_schema() {
    let mut table = sample::users();
    table.columns[1].sql_type = PgType {
        schema: Some("app".into()),
        name: "Mood \"x\"".into(),
        array: true,
    };
    let sql = Step::Install(table).render();
    assert!(sql.contains(r#"email app."Mood ""x"""[]"#), "{sql}");
}
