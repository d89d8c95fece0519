//! The first audit rows of what was there before its audit: a row `B` for each
//! row of the source whose key has no history, or none with a value of a column
//! that is stored by its change.

use crate::migration::LockTimeout;
use crate::render::keyset::{self, KeyProblem, Keyset, collated, of};
use crate::render::row::{ALWAYS, Stored, letter_of_same_types, stored};
use crate::render::{digest, settings as of_settings};
use diesel_audit_model::names::{self, CORE_SCHEMA};
use diesel_audit_model::operation::Operation;
use diesel_audit_model::quote::{dollar, identifier, literal};
use diesel_audit_model::table::{AuditedTable, Recording};

/// What the transaction of a [`batch`] begins with, before its snapshot.
/// Readers and writers of both tables go on.
pub fn settle(table: &AuditedTable, lock_timeout: &LockTimeout) -> String {
    keyset::settle(table, "ROW SHARE", "ROW EXCLUSIVE", lock_timeout)
}

/// Writes the `B` rows of the next `size` rows of the source. It answers with
/// one row: how many rows it looked at (`bigint`), how many of them had no
/// history (`bigint`), how many it wrote (`bigint`), and the last key as a text,
/// or NULL if there was no row. `settings` are values for session settings; the
/// other ones are NULL. What is recorded of a session is that of this one.
///
/// It is right under concurrent writers in `REPEATABLE READ` only. A row without
/// history in the snapshot is locked before its `B` gets its `audit_id`, so who
/// writes to it later gets a later one. When it was written to since the
/// snapshot, the statement fails with 40001, and finds the history when it is
/// tried again. A value that is not to be stored is not read. A row that somebody holds is passed over, since to wait for it
/// with other rows locked could be a deadlock; then fewer rows are written than
/// have no history.
pub fn batch(
    table: &AuditedTable,
    keyset: &Keyset,
    size: u32,
    settings: &[(&str, &str)],
) -> String {
    let value = |name: &str| settings.iter().find(|(known, _)| *known == name);
    let of_source = of_source(table, "live");
    let columns: Vec<String> = of_source
        .iter()
        .map(|Stored { column, value }| format!("{value} AS {column}"))
        .collect();
    let of_locked = of_source.into_iter().map(|Stored { column, .. }| Stored {
        value: format!("locked.{column}"),
        column,
    });
    let insert = Insert {
        table,
        alias: "locked",
        of_source: of_locked.collect(),
        settings: &|name, _| value(name).map_or_else(|| "NULL".to_owned(), |(_, v)| literal(v)),
    };
    format!(
        "WITH page AS MATERIALIZED (
    SELECT next.*, past.is_there IS NULL AS is_new
    FROM (
        SELECT {keys} FROM {source} AS live WHERE {behind} ORDER BY {order} LIMIT {size}
    ) AS next
    LEFT JOIN LATERAL (
        SELECT true AS is_there FROM {audit} AS past WHERE {has_history}{is_whole} LIMIT 1
    ) AS past ON true
), locked AS MATERIALIZED (
    SELECT {columns} FROM page JOIN {source} AS live ON {same} WHERE page.is_new
    FOR SHARE OF live SKIP LOCKED
), written AS (
    {insert} FROM locked
    RETURNING audit_id
)
SELECT (SELECT count(*) FROM page), (SELECT count(*) FROM page WHERE is_new),
    (SELECT count(*) FROM written), (SELECT {text} FROM page ORDER BY {last} LIMIT 1)",
        keys = keyset.list(|n, key| format!("{} AS k{n}", of("live", &key.name))),
        source = table.source,
        audit = table.audit,
        behind = keyset.is_behind(|key| of("live", &key.name)),
        order = keyset.list(|_, key| of("live", &key.name)),
        has_history = keyset.all(|n, key| format!(
            "{} {} {}",
            of("past", &key.name),
            key.equal,
            collated(format!("next.k{n}"), key.audit_collation.as_ref())
        )),
        is_whole = is_whole(table, "past"),
        columns = columns.join(", "),
        same = keyset.all(|n, key| format!("{} {} page.k{n}", of("live", &key.name), key.equal)),
        insert = insert.render(),
        text = keyset.text(|n| format!("page.k{n}")),
        last = keyset.list(|n, _| format!("page.k{n} DESC")),
    )
}

/// Writes the `B` rows of the whole source, in a migration that has just made
/// its triggers and so keeps writers out until it ends.
///
/// # Errors
/// A model without a primary key.
pub(crate) fn whole(table: &AuditedTable) -> Result<String, KeyProblem> {
    if table.primary_key.is_empty() {
        return Err(KeyProblem::NoPrimaryKey {
            table: table.source.clone(),
            columns: Vec::new(),
        });
    }
    let insert = Insert {
        table,
        alias: "live",
        of_source: of_source(table, "live"),
        settings: &|name, sql_type| {
            let of = of_settings::suffix(table);
            format!("{CORE_SCHEMA}.setting{of}({})::{sql_type}", literal(name))
        },
    };
    let key = |alias| {
        let keys = table.primary_key.iter();
        // The null gives a domain its base type.
        let keys: Vec<String> = keys
            .map(|key| format!("COALESCE({}, NULL)", of(alias, key)))
            .collect();
        format!("ROW({})::pg_catalog.record", keys.join(", "))
    };
    let order: Vec<String> = table.primary_key.iter().map(|k| of("live", k)).collect();
    let columns: Vec<String> = table.primary_key.iter().map(|k| k.to_string()).collect();
    let no_key = KeyProblem::NoPrimaryKey {
        table: table.source.clone(),
        columns,
    };
    let Formats {
        declared,
        set: formats,
        reset: formats_of_before,
    } = Formats::of(table);
    let body = format!(
        "
DECLARE
    path constant text := pg_catalog.current_setting('search_path');{declared}
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = 'a baseline has to see what was committed before its locks were taken',
            HINT = 'Run the migration in a transaction of the level READ COMMITTED.';
    END IF;
    IF NOT EXISTS (SELECT FROM {index} AS key) THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = {no_key},
            HINT = 'Give it one, or generate the migration without the baseline.';
    END IF;
    PERFORM pg_catalog.set_config('search_path', path, true);
    {formats}{insert}
    FROM {source} AS live
    WHERE NOT EXISTS (SELECT FROM {audit} AS past WHERE {past} OPERATOR(pg_catalog.*=) {live}{is_whole})
    ORDER BY {order};
{formats_of_before}END
",
        index = keyset::index(table),
        no_key = literal(&no_key.to_string()),
        insert = insert.render(),
        source = table.source,
        audit = table.audit,
        past = key("past"),
        live = key("live"),
        is_whole = is_whole(table, "past"),
        order = order.join(", "),
    );
    Ok(format!(
        "-- Rows that have no history yet begin one.\nDO {};\n",
        dollar(&body)
    ))
}

/// Whether an audit row has a value of every column that is stored by its change.
/// A history that began before such a column was recorded has none, and later
/// rows would say that it is as before.
fn is_whole(table: &AuditedTable, alias: &str) -> String {
    table
        .recorded_columns()
        .filter(|column| column.recording == Recording::OnChange)
        .map(|column| format!(" AND {}", of(alias, &names::changed_column(&column.name))))
        .collect()
}

/// What the audit rows hold of the columns of the source, whose row is `alias`.
fn of_source(table: &AuditedTable, alias: &str) -> Vec<Stored> {
    let [inner, outer] = digest::pads(table);
    let columns = table.recorded_columns();
    columns
        .flat_map(|column| stored(column, alias, ALWAYS, (&inner, &outer)))
        .collect()
}

/// The settings for digests, around a statement of a transaction that is the
/// application's too.
#[derive(Default)]
struct Formats {
    declared: String,
    set: String,
    reset: String,
}

impl Formats {
    fn of(table: &AuditedTable) -> Formats {
        let mut formats = Formats::default();
        for (n, (setting, value)) in digest::formats(table).iter().enumerate() {
            let (setting, value) = (literal(setting), literal(value));
            formats.declared.push_str(&format!(
                "\n    format_{n} constant text := pg_catalog.current_setting({setting});"
            ));
            formats.set.push_str(&format!(
                "PERFORM pg_catalog.set_config({setting}, {value}, true);\n    "
            ));
            formats.reset.push_str(&format!(
                "    PERFORM pg_catalog.set_config({setting}, format_{n}, true);\n"
            ));
        }
        formats
    }
}

/// The insertion of `B` rows, without where they come from.
struct Insert<'a> {
    table: &'a AuditedTable,
    alias: &'a str,
    /// What is stored of the source's columns.
    of_source: Vec<Stored>,
    /// The value of a setting, by its name and its type.
    settings: &'a dyn Fn(&str, &str) -> String,
}

impl Insert<'_> {
    fn render(&self) -> String {
        // What is recorded of the session are defaults.
        let mut columns = vec!["audit_operation".to_owned()];
        let letter = literal(Operation::Baseline.letter());
        let mut values = vec![letter_of_same_types(self.table, self.alias, &letter)];
        for setting in &self.table.settings {
            columns.push(identifier(&names::setting_column(&setting.name)));
            values.push((self.settings)(
                &setting.name,
                &setting.sql_type.to_string(),
            ));
        }
        for Stored { column, value } in &self.of_source {
            columns.push(column.clone());
            values.push(value.clone());
        }
        format!(
            "INSERT INTO {} ({})\n    SELECT {}",
            self.table.audit,
            columns.join(", "),
            values.join(", ")
        )
    }
}
