//! Writes without any context.

use diesel::prelude::*;
use diesel_audit_model::sql::refusal::Refusal;
use diesel_audit_model::{AuditedTable, ContextScope, PgType, Setting, Unaudited};

use super::items;
use super::settings::{INSERT, MARKER, refused};
use crate::support::{
    ALICE, attempt, describe, install, public, run, run_as_alice, setting, texts,
};

/// The marker of a checkout, without any setting.
const CHECKOUT: &str = "SELECT set_config('audit.session', pg_backend_pid()::text, true)";

/// Whatever is required besides.
#[test]
fn a_write_without_a_context_can_be_forbidden() {
    let username = |required| setting("username", PgType::builtin("text"), required);
    for (settings, context) in [
        (vec![], ContextScope::Any),
        (vec![], ContextScope::Transaction),
        (vec![username(false)], ContextScope::Any),
        (vec![username(false)], ContextScope::Transaction),
        (vec![username(true)], ContextScope::Any),
    ] {
        forbidden(settings, context);
    }
}

fn forbidden(settings: Vec<Setting>, context: ContextScope) {
    let mut items = items();
    let conn = &mut items.conn;
    let is_required = settings.iter().any(|setting| setting.required);
    let has_setting = !settings.is_empty();
    let table = AuditedTable {
        settings,
        context,
        unaudited: Unaudited::Forbid,
        ..describe(conn, public("item"))
    };
    install(conn, &table);
    let no_context = |conn: &mut PgConnection, before: &str| {
        let refused = refused(conn, before, Refusal::SettingMissing);
        assert_eq!(refused.column, "", "{before}");
        assert!(
            refused.message.contains(r#""public"."item""#),
            "{refused:?}"
        );
    };
    run_as_alice(conn, INSERT);
    for before in [
        "",
        "SELECT set_config('audit.tx', '1', true), set_config('audit.session', '1', true)",
        &format!("{MARKER}; SELECT set_config('audit.unaudited', 'reads', true)"),
        &format!("{CHECKOUT}; {MARKER}; SELECT set_config('audit.unaudited', 'reads', true)"),
    ] {
        no_context(conn, before);
        for statement in [
            "UPDATE item SET v = ''",
            "DELETE FROM item",
            "TRUNCATE item",
        ] {
            let refused = attempt(conn, before, statement).expect_err(statement);
            assert!(
                refused.is(Refusal::SettingMissing),
                "{refused:?}, by {statement}"
            );
        }
    }
    if has_setting {
        let before = "SELECT set_config('audit.username', 'mallory', true)";
        refused(conn, before, Refusal::ContextStale);
    }
    match context {
        ContextScope::Transaction => no_context(conn, CHECKOUT),
        ContextScope::Any if !is_required => assert_eq!(attempt(conn, CHECKOUT, INSERT), Ok(())),
        ContextScope::Any => assert_eq!(
            refused(conn, CHECKOUT, Refusal::SettingMissing).column,
            "audit_username"
        ),
    }
    for (n, statement) in [INSERT, "TRUNCATE item"].into_iter().enumerate() {
        let before = format!("SELECT set_config('audit.unaudited', '', true); {ALICE}");
        assert_eq!(attempt(conn, &before, statement), Ok(()), "{n}");
    }
    // The transaction's own context counts in a session that has none.
    run(conn, "SELECT set_config('audit.unaudited', 'reads', false)");
    no_context(conn, ALICE);
    let cleared = format!("{ALICE}; SELECT set_config('audit.unaudited', '', true)");
    assert_eq!(attempt(conn, &cleared, INSERT), Ok(()));
}

#[test]
fn why_a_write_has_no_context_is_a_setting_like_others() {
    let mut items = items();
    let conn = &mut items.conn;
    let table = AuditedTable {
        settings: vec![setting("unaudited", PgType::builtin("text"), false)],
        ..describe(conn, public("item"))
    };
    run(conn, "DROP TABLE audit.item_audit");
    install(conn, &table);
    let reason = format!("{CHECKOUT}; SELECT set_config('audit.unaudited', 'vacuums', true)");
    assert_eq!(attempt(conn, &reason, INSERT), Ok(()));
    assert_eq!(attempt(conn, MARKER, INSERT), Ok(()));
    let reasons = texts(
        conn,
        "SELECT audit_unaudited FROM audit.item_audit ORDER BY audit_id",
    );
    assert_eq!(reasons, [Some("vacuums".to_owned()), None]);
}
