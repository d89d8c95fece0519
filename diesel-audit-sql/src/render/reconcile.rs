//! Compares the rows of a source with what their history says of them.
//!
//! The history of a key ends with a `D`, and that of all keys with a `T`, which
//! is the only row whose key is NULL. Otherwise its last row is what the source
//! has to hold.

use crate::migration::LockTimeout;
use crate::reconcile::DiscrepancyKind;
use crate::render::digest;
use crate::render::keyset::{self, Keyset, collated, of};
use diesel_audit_model::names::{changed_column, hash_column};
use diesel_audit_model::quote::literal;
use diesel_audit_model::table::{AuditedTable, Column, Recording};

/// A recorded column whose NULL in an audit row may say no more than that the
/// row is older than the column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateColumn {
    /// The name.
    pub name: String,
    /// Whether the source has no NULL in it, so that no NULL was recorded.
    pub required: bool,
    /// The first `audit_id` with a value, where there is one.
    pub first_value: Option<i64>,
}

/// What the transaction of every statement here begins with, before its
/// snapshot. Readers and writers of both tables go on.
pub fn settle(table: &AuditedTable, lock_timeout: &LockTimeout) -> String {
    keyset::settle(table, "ACCESS SHARE", "ACCESS SHARE", lock_timeout)
}

/// Asks the catalog which recorded columns are not as old as the audit table, or
/// never NULL in the source: a row for each, with its name (`text`) and whether
/// it is never NULL (`boolean`).
///
/// A column that came with its table was written by the same transaction as the
/// system columns, which never change.
pub fn late_columns(table: &AuditedTable) -> String {
    let (source, audit): (Vec<String>, Vec<String>) = compared(table)
        .map(|column| (literal(&column.name), literal(&stored_in(column))))
        .unzip();
    format!(
        "SELECT live.attname::text, live.attnotnull
FROM ROWS FROM (unnest(ARRAY[{}]::text[]), unnest(ARRAY[{}]::text[])) AS recorded (of_source, of_audit)
JOIN pg_attribute AS past ON past.attrelid = {}::regclass AND past.attnum > 0 AND past.attname::text = of_audit
JOIN pg_attribute AS system ON system.attrelid = past.attrelid AND system.attnum = -1
JOIN pg_attribute AS live ON live.attrelid = {}::regclass AND live.attname::text = of_source
WHERE live.attnotnull OR past.xmin <> system.xmin
ORDER BY past.attnum",
        source.join(", "),
        audit.join(", "),
        literal(&table.audit.to_string()),
        literal(&table.source.to_string()),
    )
}

/// The columns whose values the history tells, as such or by a digest.
fn compared(table: &AuditedTable) -> impl Iterator<Item = &Column> {
    let columns = table.recorded_columns();
    columns.filter(|column| column.recording != Recording::Redact)
}

/// The column of the audit table that does.
fn stored_in(column: &Column) -> String {
    match column.recording {
        Recording::Hash => hash_column(&column.name),
        _ => column.name.to_string(),
    }
}

/// Asks for the first audit row with a value in a column: one row with its
/// `audit_id`, or NULL.
pub fn first_value(table: &AuditedTable, column: &str) -> String {
    let mut columns = table.recorded_columns();
    let column = columns.find(|known| known.name == column).map(stored_in);
    let column = column.unwrap_or_default();
    format!(
        "SELECT (SELECT past.audit_id FROM {} AS past WHERE num_nulls({}) = 0 ORDER BY past.audit_id LIMIT 1)",
        table.audit,
        of("past", &column)
    )
}

/// Compares the next `size` keys of source and history. The first row of the
/// answer says how many keys there were (`bigint`, the fourth column) and the
/// last of them (`text`, the second), or NULL if there was none. Every further
/// row is a discrepancy, in the order of the keys: the word of its
/// [`DiscrepancyKind`] (`text`), the key (`text`) and the columns that differ
/// (`text[]`). Everything is seen in one snapshot.
///
/// Keys are in the order of the audit table, which has the index on all its
/// keys. Where the source has a collation of its own, its next keys are found
/// by sorting it.
///
/// A redacted column is not compared, of a hashed one the digests are, and one
/// that is stored where it changed has the value of the last row that has it.
pub fn page(table: &AuditedTable, keyset: &Keyset, size: u32, late: &[LateColumn]) -> String {
    let live_key =
        |key: &keyset::KeyColumn| collated(of("live", &key.name), key.audit_collation.as_ref());
    let pairs: Vec<Pair<'_>> = compared(table)
        .enumerate()
        .map(|(n, column)| Pair::of(table, n, column))
        .collect();
    let columns: Vec<String> = pairs
        .iter()
        .map(|pair| {
            format!(
                "CASE WHEN {} THEN {} END",
                pair.differs(late),
                literal(&pair.column.name)
            )
        })
        .collect();
    let live_row = row(pairs.iter().map(|pair| &*pair.live));
    let past_row = row(pairs.iter().map(|pair| &*pair.past));
    let held: String = pairs
        .iter()
        .filter_map(|pair| pair.held.as_ref())
        .map(|held| held.join(table, keyset))
        .collect();
    let first = &keyset.columns()[0].name;
    format!(
        "WITH page AS MATERIALIZED (
    SELECT DISTINCT ON ({names}) * FROM (
        (SELECT {live_keys} FROM {source} AS live WHERE {live_behind} ORDER BY {names} LIMIT {size})
        UNION ALL
        (
            SELECT DISTINCT ON ({past_names}) {past_keys} FROM {audit} AS past
            WHERE {past_behind} AND {has_key} ORDER BY {past_names} LIMIT {size}
        )
    ) AS keys
    ORDER BY {names} LIMIT {size}
), truncated AS MATERIALIZED (
    SELECT past.audit_id FROM {audit} AS past
    WHERE {no_key} AND past.audit_operation = 'T' ORDER BY past.audit_id DESC LIMIT 1
), compared AS (
    SELECT page.*, num_nulls({first}) = 0 AS has_row, past.audit_id IS NOT NULL AS has_history,
        past.audit_operation = 'D' OR past.audit_id < (SELECT audit_id FROM truncated) IS TRUE AS has_ended,
        CASE WHEN {live_row} OPERATOR(pg_catalog.*<>) {past_row} THEN
            array_remove(ARRAY[{columns}]::text[], NULL) END AS columns
    FROM page
    LEFT JOIN {source} AS live ON {same_row}
    LEFT JOIN LATERAL (
        SELECT * FROM {audit} AS past WHERE {same_history} ORDER BY past.audit_id DESC LIMIT 1
    ) AS past ON true{held}
), discrepancy AS (
    SELECT *, CASE
        WHEN has_row AND NOT has_history THEN {unrecorded}
        WHEN has_row AND has_ended THEN {ended}
        WHEN has_history AND NOT has_row AND NOT has_ended THEN {gone}
        WHEN has_row AND cardinality(columns) > 0 THEN {differs}
    END AS kind
    FROM compared
)
SELECT NULL::text, (SELECT {text} FROM page ORDER BY {last} LIMIT 1), NULL::text[], (SELECT count(*) FROM page)
UNION ALL
(
    SELECT kind, {discrepancy_text}, CASE kind WHEN 'differs' THEN columns ELSE ARRAY[]::text[] END, 0
    FROM discrepancy WHERE kind IS NOT NULL ORDER BY {discrepancy_keys}
)",
        names = keyset.list(|n, _| format!("k{n}")),
        live_keys = keyset.list(|n, key| format!("{} AS k{n}", live_key(key))),
        source = table.source,
        audit = table.audit,
        live_behind = keyset.is_behind(live_key),
        past_names = keyset.list(|_, key| of("past", &key.name)),
        past_keys = keyset.list(|n, key| format!("{} AS k{n}", of("past", &key.name))),
        past_behind = keyset.is_behind(|key| of("past", &key.name)),
        has_key = keyset.all(|_, key| format!("{} IS NOT NULL", of("past", &key.name))),
        no_key = keyset.all(|_, key| format!("{} IS NULL", of("past", &key.name))),
        first = of("live", first),
        columns = columns.join(", "),
        same_row = keyset.all(same_row),
        same_history = same_history(keyset, "past"),
        unrecorded = word(table, DiscrepancyKind::Unrecorded),
        ended = word(table, DiscrepancyKind::Ended),
        gone = word(table, DiscrepancyKind::Gone),
        differs = word(table, DiscrepancyKind::Differs),
        text = keyset.text(|n| format!("page.k{n}")),
        last = keyset.list(|n, _| format!("page.k{n} DESC")),
        discrepancy_keys = keyset.list(|n, _| format!("discrepancy.k{n}")),
        discrepancy_text = keyset.text(|n| format!("discrepancy.k{n}")),
    )
}

fn word(table: &AuditedTable, kind: DiscrepancyKind) -> String {
    if kind.is_promised(table.policy.operations) {
        literal(kind.word())
    } else {
        "NULL".to_owned()
    }
}

/// A collation of the source's own may take different keys for equal, where the
/// history has one for each.
fn same_row(n: usize, key: &keyset::KeyColumn) -> String {
    let live = of("live", &key.name);
    let page = collated(format!("page.k{n}"), key.source_collation.as_ref());
    let mut same = format!("{live} {} {page}", key.equal);
    if key.source_collation.is_some() {
        same.push_str(&format!(
            " AND {} OPERATOR(pg_catalog.*=) ROW(page.k{n})::record",
            image(&based(&key.name))
        ));
    }
    same
}

fn same_history(keyset: &Keyset, alias: &str) -> String {
    keyset.all(|n, key| format!("{} {} page.k{n}", of(alias, &key.name), key.equal))
}

/// A column as both tables have it.
struct Pair<'a> {
    column: &'a Column,
    live: String,
    past: String,
    /// The number of the audit row that `past` is from.
    audit_id: String,
    /// The row that it is from, if that is another than the last one.
    held: Option<Held<'a>>,
}

impl<'a> Pair<'a> {
    fn of(table: &AuditedTable, n: usize, column: &'a Column) -> Pair<'a> {
        let held = (column.recording == Recording::OnChange).then(|| Held {
            alias: format!("held_{n}"),
            column: &column.name,
        });
        let alias = held.as_ref().map_or("past", |held| &held.alias);
        let live = match column.recording {
            Recording::Hash => {
                let [inner, outer] = digest::pads(table);
                digest::of(&of("live", &column.name), &inner, &outer)
            }
            _ => based(&column.name),
        };
        Pair {
            live,
            past: of(alias, &stored_in(column)),
            audit_id: format!("{alias}.audit_id"),
            column,
            held,
        }
    }

    /// A NULL in an audit row that may be older than the column says nothing.
    fn differs(&self, late: &[LateColumn]) -> String {
        let (past, audit_id) = (&self.past, &self.audit_id);
        let differs = format!(
            "{} OPERATOR(pg_catalog.*<>) {}",
            image(&self.live),
            image(past)
        );
        let Some(late) = late.iter().find(|late| late.name == self.column.name) else {
            return differs;
        };
        match late.first_value {
            Some(first) if !late.required => {
                format!("(num_nulls({past}) = 0 OR {audit_id} >= {first}) AND {differs}")
            }
            _ => format!("num_nulls({past}) = 0 AND {differs}"),
        }
    }
}

/// The last audit row of a key that has the value of a column.
struct Held<'a> {
    alias: String,
    column: &'a str,
}

impl Held<'_> {
    fn join(&self, table: &AuditedTable, keyset: &Keyset) -> String {
        format!(
            "
    LEFT JOIN LATERAL (
        SELECT held.audit_id, {value} FROM {audit} AS held
        WHERE {same_history} AND {changed} IS NOT FALSE ORDER BY held.audit_id DESC LIMIT 1
    ) AS {alias} ON true",
            value = of("held", self.column),
            audit = table.audit,
            same_history = same_history(keyset, "held"),
            changed = of("held", &changed_column(self.column)),
            alias = self.alias,
        )
    }
}

fn row<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.collect();
    image(&values.join(", "))
}

/// The null beside it gives a domain its base type, which its history has.
fn based(column: &str) -> String {
    format!("COALESCE({}, NULL)", of("live", column))
}

/// Compared by image, which every type can be; `=` of a type may take different
/// values for equal.
fn image(values: &str) -> String {
    format!("ROW({values})::record")
}
