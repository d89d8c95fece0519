//! The trigger function.

use std::fmt::Write;

use crate::names::{self, AUDIT_COLUMNS, SESSION_MARKER, SETTING_PREFIX, TRANSACTION_MARKER};
use crate::quote::{dollar, identifier, literal};
use crate::sql::refusal::Refusal;
use crate::table::{AuditedTable, Setting};

/// The longest value of a setting, in bytes: a request must not be able to
/// fill the disk with its user's name.
pub const MAX_VALUE_BYTES: usize = 1024;

/// Creates or replaces the function that both triggers call.
///
/// It runs with the rights of its owner, so that the application needs none on
/// the audit table. Such a function must not look names up where its caller
/// says: it pins its `search_path`, and names everything with its schema,
/// operators too.
///
/// <https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY>
pub(super) fn create(table: &AuditedTable) -> String {
    let name = table.function_name();
    let mut body = String::from("\n");
    declare(&mut body, table);
    body.push_str("BEGIN\n");
    check_marker(&mut body, table);
    for (n, setting) in table.settings.iter().enumerate() {
        read_setting(&mut body, table, n, setting);
    }
    store(&mut body, table);
    body.push_str("    RETURN NULL;\nEND\n");
    format!(
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger\n    \
             LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp\n    \
             AS {};\n\
         REVOKE ALL ON FUNCTION {name}() FROM PUBLIC;\n",
        dollar(&body)
    )
}

/// History stays; only the function goes.
pub(super) fn drop(table: &AuditedTable) -> String {
    format!("DROP FUNCTION IF EXISTS {}();\n", table.function_name())
}

/// Each setting as text, and once more in its own type unless that is text.
fn declare(body: &mut String, table: &AuditedTable) {
    if table.settings.is_empty() {
        return;
    }
    body.push_str("DECLARE\n");
    for (n, setting) in table.settings.iter().enumerate() {
        line(
            body,
            1,
            &format!("setting_{n} text := {};", current(&key(setting))),
        );
        if !setting.sql_type.is_text() {
            line(body, 1, &format!("typed_{n} {};", setting.sql_type));
        }
    }
}

/// Settings count only when this checkout or this transaction has set them.
/// A pooled connection, a database default or `PGOPTIONS` may hold others'.
/// The two markers are compared in statements of their own, since PostgreSQL
/// prepares every expression that it comes to, and most writes need only one.
fn check_marker(body: &mut String, table: &AuditedTable) {
    if table.settings.is_empty() {
        return;
    }
    let any: Vec<String> = (0..table.settings.len())
        .map(|n| format!("setting_{n} OPERATOR(pg_catalog.<>) ''"))
        .collect();
    let session = current(SESSION_MARKER);
    let transaction = current(TRANSACTION_MARKER);
    line(
        body,
        1,
        &format!(
            "IF {session} OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()::pg_catalog.text THEN NULL;"
        ),
    );
    line(
        body,
        1,
        &format!(
            "ELSIF {transaction} OPERATOR(pg_catalog.=) extract(epoch FROM pg_catalog.now())::pg_catalog.text THEN NULL;"
        ),
    );
    line(body, 1, &format!("ELSIF {} THEN", any.join(" OR ")));
    raise(
        body,
        2,
        table,
        Refusal::ContextStale,
        None,
        "the audit context was set by another checkout or transaction than this one",
        "Set it by `audited` or `get_audited`, or together with the marker audit.tx in the transaction of the write.",
    );
    line(body, 1, "END IF;");
}

/// A setting is absent when it was never set in the session (NULL) and when it
/// was set by a transaction that has ended (the empty string).
fn read_setting(body: &mut String, table: &AuditedTable, n: usize, setting: &Setting) {
    let text = format!("setting_{n}");
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
            "Write within `audited(&context, ..)` or on a connection of `get_audited(&context)`.",
        );
        line(body, 1, "END IF;");
    }
    line(
        body,
        1,
        &format!(
            "IF pg_catalog.octet_length({text}) OPERATOR(pg_catalog.>) {MAX_VALUE_BYTES} THEN"
        ),
    );
    raise(
        body,
        2,
        table,
        Refusal::SettingInvalid,
        Some(setting),
        &format!("{} is longer than {MAX_VALUE_BYTES} bytes", key(setting)),
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
const BLANKS: &str = "E' \\t\\n\\r\\f\\v'";

fn convert(body: &mut String, table: &AuditedTable, n: usize, setting: &Setting) {
    line(body, 2, "BEGIN");
    line(
        body,
        3,
        &format!("typed_{n} := setting_{n}::{};", setting.sql_type),
    );
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

/// The row, and that it was stored: a rule or a trigger on the audit table
/// could have swallowed it.
fn store(body: &mut String, table: &AuditedTable) {
    line(body, 1, "IF TG_OP OPERATOR(pg_catalog.=) 'TRUNCATE' THEN");
    insert(body, 2, table, "'T'", None);
    line(body, 1, "ELSE");
    let gone = "TG_OP OPERATOR(pg_catalog.=) 'DELETE'";
    match key_changed(table) {
        Some(changed) => {
            line(
                body,
                2,
                "-- A key that changes ends: the row under the old key is gone.",
            );
            line(body, 2, &format!("IF {gone}"));
            line(
                body,
                3,
                &format!("OR TG_OP OPERATOR(pg_catalog.=) 'UPDATE' AND {changed} THEN"),
            );
        }
        None => line(body, 2, &format!("IF {gone} THEN")),
    }
    insert(body, 3, table, "'D'", Some("OLD"));
    line(body, 2, "END IF;");
    line(body, 2, "IF TG_OP OPERATOR(pg_catalog.<>) 'DELETE' THEN");
    insert(body, 3, table, "pg_catalog.left(TG_OP, 1)", Some("NEW"));
    line(body, 2, "END IF;");
    line(body, 1, "END IF;");
    line(body, 1, "IF NOT FOUND THEN");
    raise(
        body,
        2,
        table,
        Refusal::RowNotStored,
        None,
        &format!(
            "the audit row of {} was not stored in {}",
            table.source, table.audit
        ),
        "A rule or a trigger on the audit table stands in the way.",
    );
    line(body, 1, "END IF;");
}

/// Compared by image, which every type can do; `=` of a type may take
/// different values for equal, and may be anybody's operator.
fn key_changed(table: &AuditedTable) -> Option<String> {
    let row = |record: &str| {
        let fields: Vec<String> = table
            .primary_key
            .iter()
            .map(|key| format!("{record}.{}", identifier(key)))
            .collect();
        format!("ROW({})::pg_catalog.record", fields.join(", "))
    };
    (!table.primary_key.is_empty())
        .then(|| format!("{} OPERATOR(pg_catalog.*<>) {}", row("OLD"), row("NEW")))
}

fn insert(body: &mut String, depth: usize, table: &AuditedTable, letter: &str, row: Option<&str>) {
    let mut columns: Vec<String> = AUDIT_COLUMNS[1..].iter().map(ToString::to_string).collect();
    let mut settings = Vec::new();
    for (n, setting) in table.settings.iter().enumerate() {
        columns.push(identifier(&names::setting_column(&setting.name)));
        let variable = if setting.sql_type.is_text() {
            "setting"
        } else {
            "typed"
        };
        settings.push(format!("{variable}_{n}"));
    }
    let mut fields = Vec::new();
    for column in row.iter().flat_map(|_| table.recorded_columns()) {
        columns.push(identifier(&column.name));
        fields.push(identifier(&column.name));
    }
    line(
        body,
        depth,
        &format!("INSERT INTO {} ({})", table.audit, columns.join(", ")),
    );
    match row.filter(|_| !fields.is_empty()) {
        None => line(body, depth, &format!("VALUES ({letter},")),
        Some(row) => {
            line(
                body,
                depth,
                "-- Constant, so decided when the statement is planned: both sides have the same types.",
            );
            line(body, depth, "VALUES (CASE WHEN ROW(");
            line(
                body,
                depth + 2,
                &listed(&fields, |field| {
                    format!("CASE WHEN false THEN {row}.{field} END")
                }),
            );
            line(
                body,
                depth + 1,
                ")::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(",
            );
            line(
                body,
                depth + 2,
                &listed(&fields, |field| format!("(NULL::{}).{field}", table.audit)),
            );
            line(
                body,
                depth + 1,
                &format!(")::pg_catalog.record THEN {letter} END,"),
            );
        }
    }
    line(
        body,
        depth + 1,
        "pg_catalog.clock_timestamp(), pg_catalog.now(), pg_catalog.txid_current(), session_user,",
    );
    // In a definer function `current_user` is the function's owner.
    let mut values = vec![
        "CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' \
         THEN session_user ELSE pg_catalog.current_setting('role') END"
            .to_owned(),
    ];
    values.extend(settings);
    if let Some(row) = row {
        values.extend(fields.iter().map(|field| format!("{row}.{field}")));
    }
    line(body, depth + 1, &format!("{});", values.join(", ")));
}

/// The condition that `insert` puts before each row: an assignment converts a
/// value whose column has another type than before, and could lose some of it
/// without an error, where `*=` raises one. A CASE without ELSE has the base
/// type of a domain.
fn listed(fields: &[String], each: impl Fn(&String) -> String) -> String {
    let items: Vec<String> = fields.iter().map(each).collect();
    items.join(", ")
}

/// Diesel shows an error's constraint and column, and not its SQLSTATE: both
/// carry the code.
fn raise(
    body: &mut String,
    depth: usize,
    table: &AuditedTable,
    refusal: Refusal,
    setting: Option<&Setting>,
    message: &str,
    hint: &str,
) {
    let column = setting.map_or_else(String::new, |setting| {
        format!(
            " COLUMN = {},",
            literal(&names::setting_column(&setting.name))
        )
    });
    line(
        body,
        depth,
        &format!(
            "RAISE EXCEPTION USING ERRCODE = {}, CONSTRAINT = {}, SCHEMA = {}, TABLE = {},{column}",
            literal(refusal.sqlstate()),
            literal(refusal.constraint()),
            literal(&table.source.schema),
            literal(&table.source.name),
        ),
    );
    line(
        body,
        depth + 1,
        &format!("MESSAGE = {}, HINT = {};", literal(message), literal(hint)),
    );
}

fn key(setting: &Setting) -> String {
    format!("{SETTING_PREFIX}{}", setting.name)
}

fn current(key: &str) -> String {
    format!("pg_catalog.current_setting({}, true)", literal(key))
}

fn line(body: &mut String, depth: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(body, "{:indent$}{text}", "", indent = depth * 4);
}
