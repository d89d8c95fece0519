//! The trigger function.

use crate::names::{self, SETTING_PREFIX, UNAUDITED};
use crate::quote::{dollar, identifier, literal};
use crate::sql::body::{line, raise};
use crate::sql::digest;
use crate::sql::left_out::leave_out;
use crate::sql::marker::{self, begins_with, vouches_for};
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
    if asks_for_context(table) {
        line(
            body,
            1,
            &format!("marker text := {};", marker::transaction()),
        );
    }
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

fn asks_for_context(table: &AuditedTable) -> bool {
    !table.settings.is_empty() || table.unaudited == Unaudited::Forbid
}

/// Settings count only when this checkout or this transaction has set them.
/// A pooled connection, a database default or `PGOPTIONS` may hold others'. The
/// marker that says so, of the two, is the one that names what counts; it is NULL
/// when neither is valid.
fn check_marker(body: &mut String, table: &AuditedTable) {
    if !asks_for_context(table) {
        return;
    }
    let valid = |mark| format!("IF {} THEN NULL;", begins_with("marker", mark));
    line(body, 1, &valid(marker::mark_of_transaction()));
    line(body, 1, "ELSE");
    match table.context {
        ContextScope::Any => {
            line(body, 2, &format!("marker := {};", marker::session()));
            line(body, 2, &valid(marker::mark_of_session()));
            line(body, 2, "ELSE");
            line(body, 3, "marker := NULL;");
            line(body, 2, "END IF;");
        }
        ContextScope::Transaction => line(body, 2, "marker := NULL;"),
    }
    line(body, 1, "END IF;");
    if table.unaudited == Unaudited::Forbid {
        let says_why = vouches_for("marker", UNAUDITED);
        line(body, 1, &format!("IF marker IS NULL OR {says_why} THEN"));
        refuse_unaudited(body, table);
        line(body, 1, "END IF;");
    }
}

/// A value that the marker does not vouch for is none. Where one is required,
/// it is told apart from none: somebody had it in mind.
fn check_owner(body: &mut String, table: &AuditedTable, n: usize, setting: &Setting) {
    let counts = vouches_for("marker", &setting.name);
    line(body, 1, &format!("IF {counts} THEN NULL;"));
    if setting.required {
        let (fault, hint) = match table.context {
            ContextScope::Any => (
                "the audit context was set by another checkout or transaction than this one",
                "Set it by `audited` or `get_audited`, or together with the marker audit.tx in the transaction of the write.",
            ),
            ContextScope::Transaction => (
                "the audit context was not set by this transaction",
                "Set it by `audited`, or together with the marker audit.tx in the transaction of the write.",
            ),
        };
        let has_value = format!("ELSIF setting_{n} OPERATOR(pg_catalog.<>) '' THEN");
        line(body, 1, &has_value);
        raise(
            body,
            2,
            table,
            Refusal::ContextStale,
            Some(setting),
            fault,
            hint,
        );
    } else {
        line(body, 1, "ELSE");
        line(body, 2, &format!("setting_{n} := NULL;"));
    }
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
    check_owner(body, table, n, setting);
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
