//! The trigger function.

use crate::names::{self, SESSION_MARKER, SETTING_PREFIX, TRANSACTION_MARKER, UNAUDITED};
use crate::quote::{dollar, identifier, literal};
use crate::sql::body::{line, raise};
use crate::sql::digest;
use crate::sql::left_out::leave_out;
use crate::sql::refusal::Refusal;
use crate::sql::row::{self, store};
use crate::table::{AuditedTable, ContextScope, Setting, Unaudited};

/// Creates or replaces the function that both triggers call.
///
/// It runs with the rights of its owner, so that the application needs none on
/// the audit table. Such a function must not look names up where its caller
/// says: it pins its `search_path`, and names everything with its schema,
/// operators too.
///
/// <https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY>
pub(crate) fn create(table: &AuditedTable) -> String {
    let name = table.function_name();
    let formats: String = digest::formats(table)
        .iter()
        .map(|(setting, value)| format!("\n    SET {setting} = {}", literal(value)))
        .collect();
    format!(
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger\n    \
             LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp{formats}\n    \
             AS {};\n\
         REVOKE ALL ON FUNCTION {name}() FROM PUBLIC;\n",
        dollar(&body(table))
    )
}

/// The settings of the function, as the catalog has them: a line for each.
pub(crate) fn settings(table: &AuditedTable) -> String {
    let mut settings = SEARCH_PATH.to_owned();
    for (setting, value) in digest::formats(table) {
        settings.push_str(&format!("\n{setting}={value}"));
    }
    settings
}

/// What the catalog has of `SET search_path` of a function of ours.
pub(crate) const SEARCH_PATH: &str = "search_path=pg_catalog, pg_temp";

/// The text of the function, as `pg_proc.prosrc` has it.
pub(crate) fn body(table: &AuditedTable) -> String {
    let mut body = String::from("\n");
    declare(&mut body, table);
    body.push_str("BEGIN\n");
    leave_out(&mut body, table);
    check_marker(&mut body, table);
    for (n, setting) in table.settings.iter().enumerate() {
        read_setting(&mut body, table, n, setting);
    }
    store(&mut body, table);
    body.push_str("    RETURN NULL;\nEND\n");
    body
}

/// History stays; only the function goes.
pub(super) fn drop(table: &AuditedTable) -> String {
    format!("DROP FUNCTION IF EXISTS {}();\n", table.function_name())
}

fn declare(body: &mut String, table: &AuditedTable) {
    let mut variables = String::new();
    declare_settings(&mut variables, table);
    row::declare(&mut variables, table);
    if !variables.is_empty() {
        body.push_str("DECLARE\n");
        body.push_str(&variables);
    }
}

/// Each setting as text, and once more in its own type unless that is text: by
/// the column that holds it, since the function finds no type on its own
/// `search_path`. The assignment reads the text as that type does.
fn declare_settings(body: &mut String, table: &AuditedTable) {
    for (n, setting) in table.settings.iter().enumerate() {
        line(
            body,
            1,
            &format!("setting_{n} text := {};", current(&key(setting))),
        );
        if !setting.sql_type.is_text() {
            let column = identifier(&names::setting_column(&setting.name));
            line(
                body,
                1,
                &format!("typed_{n} {}.{column}%TYPE;", table.audit),
            );
        }
    }
}

/// Settings count only when this checkout or this transaction has set them.
/// A pooled connection, a database default or `PGOPTIONS` may hold others'.
/// The two markers are compared in statements of their own, since PostgreSQL
/// prepares every expression that it comes to, and most writes need only one.
fn check_marker(body: &mut String, table: &AuditedTable) {
    let forbids = table.unaudited == Unaudited::Forbid;
    if table.settings.is_empty() && !forbids {
        return;
    }
    let any: Vec<String> = (0..table.settings.len())
        .map(|n| format!("setting_{n} OPERATOR(pg_catalog.<>) ''"))
        .collect();
    let (markers, fault, hint) = match table.context {
        ContextScope::Any => (
            vec![of_session(), of_transaction()],
            "the audit context was set by another checkout or transaction than this one",
            "Set it by `audited` or `get_audited`, or together with the marker audit.tx in the transaction of the write.",
        ),
        ContextScope::Transaction => (
            vec![of_transaction()],
            "the audit context was not set by this transaction",
            "Set it by `audited`, or together with the marker audit.tx in the transaction of the write.",
        ),
    };
    for (n, marker) in markers.iter().enumerate() {
        let branch = if n == 0 { "IF" } else { "ELSIF" };
        line(body, 1, &format!("{branch} {marker} THEN NULL;"));
    }
    if !any.is_empty() {
        line(body, 1, &format!("ELSIF {} THEN", any.join(" OR ")));
        raise(body, 2, table, Refusal::ContextStale, None, fault, hint);
    }
    if forbids {
        line(body, 1, "ELSE");
        refuse_unaudited(body, table);
    }
    line(body, 1, "END IF;");
    if forbids {
        check_audited(body, table);
    }
}

/// Whether the context is the session's.
pub(super) fn of_session() -> String {
    format!(
        "{} OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()::pg_catalog.text",
        current(SESSION_MARKER)
    )
}

/// Whether the context is the transaction's.
pub(super) fn of_transaction() -> String {
    format!(
        "{} OPERATOR(pg_catalog.=) extract(epoch FROM pg_catalog.now())::pg_catalog.text",
        current(TRANSACTION_MARKER)
    )
}

/// A checkout that has a marker and no context says so.
fn check_audited(body: &mut String, table: &AuditedTable) {
    let reason = current(&format!("{SETTING_PREFIX}{UNAUDITED}"));
    line(
        body,
        1,
        &format!("IF {reason} OPERATOR(pg_catalog.<>) '' THEN"),
    );
    refuse_unaudited(body, table);
    line(body, 1, "END IF;");
}

fn refuse_unaudited(body: &mut String, table: &AuditedTable) {
    let message = format!(
        "an audit context is required to write to {}, and none is set",
        table.source
    );
    raise(
        body,
        2,
        table,
        Refusal::SettingMissing,
        None,
        &message,
        SAY_WHO,
    );
}

const SAY_WHO: &str =
    "Write within `audited(&context, ..)` or on a connection of `get_audited(&context)`.";

/// A setting is absent when it was never set in the session (NULL) and when it
/// was set by a transaction that has ended (the empty string).
fn read_setting(body: &mut String, table: &AuditedTable, n: usize, setting: &Setting) {
    let text = format!("setting_{n}");
    let max = table.max_value_bytes;
    if setting.required {
        line(
            body,
            1,
            &format!("IF pg_catalog.btrim({text}, {BLANKS}) OPERATOR(pg_catalog.<>) '' THEN NULL;"),
        );
        line(body, 1, "ELSE");
        raise(
            body,
            2,
            table,
            Refusal::SettingMissing,
            Some(setting),
            &format!(
                "the session setting {} is required to write to {}, and is not set",
                key(setting),
                table.source
            ),
            SAY_WHO,
        );
        line(body, 1, "END IF;");
    }
    line(
        body,
        1,
        &format!("IF pg_catalog.octet_length({text}) OPERATOR(pg_catalog.>) {max} THEN"),
    );
    raise(
        body,
        2,
        table,
        Refusal::SettingInvalid,
        Some(setting),
        &format!("{} is longer than {max} bytes", key(setting)),
        "Store a key here and the text in a table of its own.",
    );
    if setting.sql_type.is_text() {
        if !setting.required {
            line(
                body,
                1,
                &format!("ELSIF {text} OPERATOR(pg_catalog.=) '' THEN"),
            );
            line(body, 2, &format!("{text} := NULL;"));
        }
    } else {
        line(
            body,
            1,
            &format!("ELSIF {text} OPERATOR(pg_catalog.<>) '' THEN"),
        );
        convert(body, table, n, setting);
    }
    line(body, 1, "END IF;");
}

/// What `btrim` takes for blank; the library refuses more than these.
/// PostgreSQL has no escape for the vertical tab.
const BLANKS: &str = "E' \\t\\n\\r\\f\\x0b'";

fn convert(body: &mut String, table: &AuditedTable, n: usize, setting: &Setting) {
    line(body, 2, "BEGIN");
    line(body, 3, &format!("typed_{n} := setting_{n};"));
    line(body, 2, "EXCEPTION WHEN OTHERS THEN");
    raise(
        body,
        3,
        table,
        Refusal::SettingInvalid,
        Some(setting),
        &format!(
            "{} is not a value of the type {}",
            key(setting),
            setting.sql_type
        ),
        "Give the setting in the form that PostgreSQL reads for this type.",
    );
    line(body, 2, "END;");
}

fn key(setting: &Setting) -> String {
    format!("{SETTING_PREFIX}{}", setting.name)
}

fn current(key: &str) -> String {
    format!("pg_catalog.current_setting({}, true)", literal(key))
}
