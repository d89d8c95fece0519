//! The SQL of a step, as it stands in a migration.
#![allow(missing_docs)]

mod sample;

use diesel_audit_model::{Column, Operations, PgType, Recording, Step};

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
        table.operations = operations;
        let sql = Step::Install(table).render();
        let events: Vec<&str> = sql
            .lines()
            .filter_map(|line| line.trim().strip_prefix("AFTER "))
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
            r#"INSERT OR UPDATE OR DELETE ON "public"."users""#,
            r#"TRUNCATE ON "public"."users""#,
        ],
    );
    check(
        Operations {
            update: true,
            ..NONE
        },
        &[r#"UPDATE ON "public"."users""#],
    );
    check(
        Operations {
            truncate: true,
            ..NONE
        },
        &[r#"TRUNCATE ON "public"."users""#],
    );
}

/// A definer function that looks names up where its caller says would run the
/// caller's code with its owner's rights.
#[test]
fn the_function_is_safe_to_define() {
    let sql = Step::Install(sample::users()).render();
    assert_eq!(
        sql.matches("SECURITY DEFINER SET search_path = pg_catalog, pg_temp")
            .count(),
        sql.matches("CREATE OR REPLACE FUNCTION").count()
    );
    assert_eq!(
        sql.matches("REVOKE ALL ON FUNCTION").count(),
        sql.matches("CREATE OR REPLACE FUNCTION").count()
    );
    let body = sql
        .split("CREATE OR REPLACE FUNCTION")
        .nth(1)
        .unwrap_or_default();
    for call in [
        "now(",
        "current_setting(",
        "btrim(",
        "octet_length(",
        "txid_current(",
    ] {
        let qualified = format!("pg_catalog.{call}");
        assert_eq!(
            body.matches(call).count(),
            body.matches(&qualified).count(),
            "{call}"
        );
    }
}

/// What keeps an audit table append-only is beside what every one has.
#[test]
fn seals_only_add() {
    let plain = Step::Install(sample::users()).render();
    let mut table = sample::users();
    table.seals = true;
    let install = Step::Install(table);
    let sealed = install.render();
    let begin = sealed
        .find("CREATE TABLE IF NOT EXISTS \"audit\".\"users_audit_seals\"")
        .unwrap();
    let end = sealed.find("CREATE OR REPLACE TRIGGER").unwrap();
    assert_eq!(format!("{}{}", &sealed[..begin], &sealed[end..]), plain);
    insta::assert_snapshot!("seals", &sealed[begin..end]);
    insta::assert_snapshot!("seals_uninstall", install.inverse().render());
}

#[test]
fn append_only_only_adds() {
    let mut table = sample::users();
    let open = Step::Install(table.clone()).render();
    table.append_only = true;
    let closed = Step::Install(table).render();
    let own = "\n            AND tgfoid IS DISTINCT FROM pg_catalog.to_regprocedure('\"audit\".\"users_audit_append_only\"()')";
    let begin = closed
        .find("CREATE OR REPLACE FUNCTION \"audit\".\"users_audit_append_only\"()")
        .expect("a function");
    let end = closed
        .find("CREATE OR REPLACE TRIGGER \"00_users_audit\"")
        .expect("the triggers of the source");
    let added = &closed[begin..end];
    assert_eq!(closed.replacen(own, "", 1).replacen(added, "", 1), open);
    for (part, times) in [
        ("LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp", 1),
        (
            "REVOKE ALL ON FUNCTION \"audit\".\"users_audit_append_only\"() FROM PUBLIC",
            1,
        ),
        ("CREATE OR REPLACE TRIGGER", 3),
        ("ENABLE ALWAYS TRIGGER", 3),
    ] {
        assert_eq!(added.matches(part).count(), times, "{part}");
    }
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
    assert!(sql.contains(r#""email" "app"."Mood ""x"""[]"#), "{sql}");
}
