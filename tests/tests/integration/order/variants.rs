//! What a model may say of its table, and what the history of a key is then.

use std::borrow::Cow;
use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_audit_model::quote::literal;
use diesel_audit_model::{AuditedTable, Recording};
use diesel_audit_tests::chain;

use super::truth::{Event, Events};
use crate::support::{describe, install, run, run_as_alice};

/// The column whose value is told from one state to the next.
const VALUE: &str = "v";

/// A change to this value has no audit row, where there is the condition.
const LEFT_OUT: &str = "b";
const CONDITION: &str = "coalesce(NEW.v, OLD.v)::text <> 'b'";

/// A model of the table `item`.
pub(super) struct Variant {
    pub(super) name: &'static str,
    say: fn(&mut AuditedTable),
}

pub(super) const VARIANTS: [Variant; 8] = [
    variant("plain", |_| {}),
    variant("on_change", |table| record_as(table, Recording::OnChange)),
    variant("redact", |table| record_as(table, Recording::Redact)),
    variant("hash", |table| record_as(table, Recording::Hash)),
    variant("skip_unchanged", |table| table.policy.skip_unchanged = true),
    variant("when", |table| {
        table.policy.when = Some(Cow::Borrowed(CONDITION));
    }),
    APPEND_ONLY,
    variant("together", |table| {
        table.policy.append_only = true;
        table.policy.skip_unchanged = true;
        table.policy.seals = true;
        record_as(table, Recording::OnChange);
    }),
];

/// Not for a table with partitions.
pub(super) const NO_DELETES: Variant = variant("no deletes", |table| {
    table.policy.operations.delete = false;
});

const APPEND_ONLY: Variant = variant("append_only", |table| table.policy.append_only = true);

/// Those under which every change is recorded, with its version.
pub(super) const OF_VERSIONS: [Variant; 2] = [variant("plain", |_| {}), APPEND_ONLY];

const fn variant(name: &'static str, say: fn(&mut AuditedTable)) -> Variant {
    Variant { name, say }
}

fn record_as(table: &mut AuditedTable, recording: Recording) {
    for column in &mut table.columns {
        if column.name == VALUE {
            column.recording = recording;
        }
    }
}

impl Variant {
    /// Begins the audit of a table.
    pub(super) fn install(&self, conn: &mut PgConnection, mut table: AuditedTable) -> AuditedTable {
        (self.say)(&mut table);
        install(conn, &table);
        table
    }
}

fn recording(table: &AuditedTable) -> Recording {
    let mut columns = table.columns.iter();
    let found = columns.find(|column| column.name == VALUE);
    found.map_or(Recording::Excluded, |column| column.recording)
}

/// Whether a state of the row may be in no audit row.
pub(super) fn hides_values(table: &AuditedTable) -> bool {
    recording(table) == Recording::Redact
        || table.policy.when.is_some()
        || !table.policy.operations.delete
}

/// The audit rows of each key, in order.
pub(super) type History = BTreeMap<String, Vec<String>>;

/// As it has to be.
pub(super) fn expected(table: &AuditedTable, events: &Events) -> History {
    let keys = events.iter().map(|(key, events)| {
        let rows = events.iter().filter(|event| is_recorded(table, event));
        let rows = rows.map(|event| shown(recording(table), event));
        (key.clone(), rows.collect::<Vec<_>>())
    });
    keys.filter(|(_, rows)| !rows.is_empty()).collect()
}

fn is_recorded(table: &AuditedTable, event: &Event) -> bool {
    let unchanged = event.operation == 'U' && !event.changed && !event.rekeyed;
    let left_out = event.either.as_deref() == Some(LEFT_OUT);
    let deleted = event.operation == 'D' && !event.rekeyed;
    !(table.policy.skip_unchanged && unchanged
        || table.policy.when.is_some() && left_out
        || !table.policy.operations.delete && deleted)
}

/// An audit row, with `-` for NULL.
fn shown(recording: Recording, event: &Event) -> String {
    let value = event.value.as_deref().unwrap_or("-");
    let is_value_stored = event.changed || event.rekeyed;
    let rest = match recording {
        Recording::Redact => event.changed.to_string(),
        Recording::OnChange if is_value_stored => format!("{value} true"),
        Recording::OnChange => "- false".to_owned(),
        _ => value.to_owned(),
    };
    format!("{} {rest}", event.operation)
}

/// As a model that says nothing has it.
pub(super) fn plain(events: &Events) -> History {
    let keys = events.iter();
    keys.map(|(key, events)| {
        let rows = events.iter().map(|event| shown(Recording::Value, event));
        (key.clone(), rows.collect())
    })
    .collect()
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    row: String,
}

/// As it is. What was not written by Alice says so.
pub(super) fn history(
    conn: &mut PgConnection,
    table: &AuditedTable,
    events: &Events,
) -> QueryResult<History> {
    let value = match recording(table) {
        Recording::Redact => "audit_changed_v::text".to_owned(),
        Recording::OnChange => "coalesce(v::text, '-') || ' ' || audit_changed_v::text".to_owned(),
        Recording::Hash => value_of_digest(conn, table, events),
        _ => "coalesce(v::text, '-')".to_owned(),
    };
    let query = format!(
        "SELECT {} AS key, concat_ws(' ', audit_operation, {value},
             CASE WHEN audit_username = 'alice' THEN NULL ELSE 'by ' || coalesce(audit_username, 'nobody') END) AS row
         FROM {} AS h ORDER BY audit_id",
        chain::key(table, "h"),
        table.audit
    );
    let mut history = History::new();
    for Row { key, row } in diesel::sql_query(query).load(conn)? {
        history.entry(key).or_default().push(row);
    }
    Ok(history)
}

/// The digest of a value is the same in each table, so that of another one tells
/// which value it stands for.
fn value_of_digest(conn: &mut PgConnection, table: &AuditedTable, events: &Events) -> String {
    run(
        conn,
        "CREATE TABLE known AS SELECT v FROM item LIMIT 0;
         ALTER TABLE known ADD COLUMN id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    );
    let mut known = table.source.clone();
    known.name = "known".into();
    let mut known = describe(conn, known);
    record_as(&mut known, Recording::Hash);
    install(conn, &known);
    let values = events.values().flatten().filter_map(|e| e.value.as_deref());
    let mut values: Vec<&str> = values.collect();
    values.sort_unstable();
    values.dedup();
    for value in values {
        run_as_alice(
            conn,
            &format!("INSERT INTO known (v) VALUES ({})", literal(value)),
        );
    }
    format!(
        "CASE WHEN h.audit_hash_v IS NULL THEN '-' ELSE coalesce((
             SELECT k.v::text FROM known AS k JOIN {} AS d USING (id) WHERE d.audit_hash_v = h.audit_hash_v), '?') END",
        known.audit
    )
}
