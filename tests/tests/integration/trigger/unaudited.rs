//! Writes without any context.

use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, ContextScope, PgType, Policy, Setting, Unaudited};
use diesel_audit_sql::refusal::Refusal;

use super::items;
use super::settings::{INSERT, MARKER, refused};
use crate::support::{
    ALICE, also, attempt, describe, install, public, run, run_as_alice, setting, texts,
};

/// The marker of a checkout, without any setting.
const CHECKOUT: &str =
    "SELECT set_config('audit.context', to_hex(pg_backend_pid()) || ' session ', true)";

/// A checkout that says why it has no context.
const READS: &str = "SELECT set_config('audit.unaudited', 'reads', false), \
     set_config('audit.context', to_hex(pg_backend_pid()) || ' session <unaudited:text>', false)";

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
    let table = AuditedTable {
        settings,
        policy: Policy {
            context,
            unaudited: Unaudited::Forbid,
            ..Policy::DEFAULT
        },
        ..describe(conn, public("item"))
    };
    install(conn, &table);
    let no_context = |conn: &mut PgConnection, before: &str| {
        let refused = refused(conn, before, Refusal::SettingMissing);
        assert_eq!(refused.column, "", "{before}");
        assert!(refused.message.contains("public.item"), "{refused:?}");
    };
    run_as_alice(conn, INSERT);
    for before in [
        "",
        "SELECT set_config('audit.context', '1 ', true)",
        "SELECT set_config('audit.username', 'mallory', true)",
        &format!("{MARKER}; {}", also("unaudited", "'reads'")),
        &format!("{CHECKOUT}; {MARKER}; {}", also("unaudited", "'reads'")),
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
    match context {
        ContextScope::Transaction => no_context(conn, CHECKOUT),
        ContextScope::Any if !is_required => assert_eq!(attempt(conn, CHECKOUT, INSERT), Ok(())),
        ContextScope::Any => assert_eq!(
            refused(conn, CHECKOUT, Refusal::SettingMissing).column,
            "audit_username"
        ),
    }
    for (n, statement) in [INSERT, "TRUNCATE item"].into_iter().enumerate() {
        assert_eq!(attempt(conn, ALICE, statement), Ok(()), "{n}");
    }
    // The transaction's own context counts in a session that has none.
    run(conn, READS);
    no_context(conn, "");
    assert_eq!(attempt(conn, ALICE, INSERT), Ok(()));
    // What only the checkout before has said is no reason of this one.
    if context == ContextScope::Any && !is_required {
        assert_eq!(attempt(conn, CHECKOUT, INSERT), Ok(()));
    }
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
    let reason = "SELECT set_config('audit.unaudited', 'vacuums', true), \
         set_config('audit.context', to_hex(pg_backend_pid()) || ' session <unaudited:text>', true)";
    assert_eq!(attempt(conn, reason, INSERT), Ok(()));
    assert_eq!(attempt(conn, MARKER, INSERT), Ok(()));
    let reasons = texts(
        conn,
        "SELECT audit_unaudited FROM audit.item_audit ORDER BY audit_id",
    );
    assert_eq!(reasons, [Some("vacuums".to_owned()), None]);
}
