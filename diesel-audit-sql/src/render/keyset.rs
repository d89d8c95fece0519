//! Going through a table by its primary key, page by page.
//!
//! A page begins behind the last key of the one before, which the index of the
//! key finds at once, however far it is. A key is one text: of a single column
//! the value as PostgreSQL shows it, of several the array of these texts, in
//! the order of the model's primary key.
//!
//! Each page is a transaction of its own, begun as `REPEATABLE READ`, and first
//! of all settled. So the text of the other statements may use names and
//! operators of `pg_catalog` as they are.

use std::fmt;

use crate::migration::LockTimeout;
use crate::render::digest;
use crate::render::formats::assigned;
use diesel_audit_model::quote::{identifier, literal};
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// Why a table cannot be gone through.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyProblem {
    /// The database knows no primary key, nor a unique index over the same
    /// columns without NULL: rows cannot be told apart.
    NoPrimaryKey {
        /// The source table.
        table: QualifiedName,
        /// The columns that the model calls its key.
        columns: Vec<String>,
    },
    /// The text is no key of the table.
    NotAKey {
        /// The source table.
        table: QualifiedName,
        /// The text.
        text: String,
        /// How many columns a key has.
        columns: usize,
    },
}

/// Shows what is wrong and with which table.
impl fmt::Display for KeyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyProblem::NoPrimaryKey { table, columns } => {
                write!(
                    f,
                    "{table} has no primary key on ({}) in the database, so its rows cannot be told apart",
                    columns.join(", ")
                )
            }
            KeyProblem::NotAKey {
                table,
                text,
                columns,
            } => write!(
                f,
                "`{}` is no key of {table}, which has {columns} columns: \
                 write `{{first,second}}`, as the last key was told",
                shown(text)
            ),
        }
    }
}

impl std::error::Error for KeyProblem {}

/// A key on one line, otherwise as it is: people copy it.
pub fn shown(key: &str) -> String {
    let mut shown = String::new();
    for c in key.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The key of a table, and where to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyset {
    columns: Vec<KeyColumn>,
    /// The position of each column of the model's key in `columns`.
    declared: Vec<usize>,
    begun: bool,
}

impl Keyset {
    /// The key of the table, from the answer to [`lookup`] for the same `after`.
    ///
    /// # Errors
    /// When there is no such key, or `after` is none.
    pub fn new(
        table: &AuditedTable,
        answer: Vec<KeyRow>,
        after: Option<&str>,
    ) -> Result<Keyset, KeyProblem> {
        let columns: Vec<KeyColumn> = answer.into_iter().map(KeyColumn::from).collect();
        let position = |key| columns.iter().position(|column| column.name == key);
        let keys = table.primary_key.iter();
        let declared: Option<Vec<usize>> = keys.map(|key| position(&**key)).collect();
        let Some(declared) = declared.filter(|declared| !declared.is_empty()) else {
            return Err(KeyProblem::NoPrimaryKey {
                table: table.source.clone(),
                columns: table.primary_key.iter().map(ToString::to_string).collect(),
            });
        };
        match after {
            Some(text) if columns.iter().any(|column| column.after.is_none()) => {
                Err(KeyProblem::NotAKey {
                    table: table.source.clone(),
                    text: text.to_owned(),
                    columns: columns.len(),
                })
            }
            _ => Ok(Keyset {
                columns,
                declared,
                begun: after.is_some(),
            }),
        }
    }

    pub(super) fn columns(&self) -> &[KeyColumn] {
        &self.columns
    }

    /// A text for each column of the key, in a list.
    pub(super) fn list(&self, each: impl Fn(usize, &KeyColumn) -> String) -> String {
        self.join(", ", each)
    }

    /// A condition for each column of the key, all of which have to hold.
    pub(super) fn all(&self, each: impl Fn(usize, &KeyColumn) -> String) -> String {
        self.join(" AND ", each)
    }

    fn join(&self, between: &str, each: impl Fn(usize, &KeyColumn) -> String) -> String {
        let columns = self.columns.iter().enumerate();
        let columns: Vec<String> = columns.map(|(n, column)| each(n, column)).collect();
        columns.join(between)
    }

    /// The key as a text, where `each` gives the value of a column.
    pub(super) fn text(&self, each: impl Fn(usize) -> String) -> String {
        let parts: Vec<String> = self
            .declared
            .iter()
            .map(|&n| format!("{}::pg_catalog.text", each(n)))
            .collect();
        match &parts[..] {
            [only] => only.clone(),
            _ => format!("ARRAY[{}]::pg_catalog.text", parts.join(", ")),
        }
    }

    /// The condition that a row is behind the key to begin behind; `each` gives
    /// its columns. A comparison of rows is found in the index as a whole, but
    /// has one operator: types of extensions may bring their own.
    pub(super) fn is_behind(&self, each: impl Fn(&KeyColumn) -> String) -> String {
        if !self.begun {
            return "true".to_owned();
        }
        let after = |column: &KeyColumn| {
            let text = column.after.as_deref().unwrap_or_default();
            format!("{}::{}", literal(text), column.sql_type)
        };
        let one = &self.columns[0].greater;
        if let [only] = &self.columns[..] {
            return format!("{} {one} {}", each(only), after(only));
        }
        if self.columns.iter().all(|column| column.greater == *one) {
            let values = self.list(|_, column| each(column));
            let after = self.list(|_, column| after(column));
            return format!("ROW({values}) {one} ROW({after})");
        }
        let mut same = String::new();
        let mut either = Vec::new();
        for column in &self.columns {
            let (value, after) = (each(column), after(column));
            either.push(format!("{same}{value} {} {after}", column.greater));
            same.push_str(&format!("{value} {} {after} AND ", column.equal));
        }
        format!("({})", either.join(" OR "))
    }
}

/// A row of the answer to [`lookup`].
pub type KeyRow = (
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// A column of the key, as the catalog tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyColumn {
    pub(super) name: String,
    /// The type in the audit table as SQL: it is the source's, without domains.
    sql_type: String,
    /// The operator that orders the index of the source.
    greater: String,
    /// The operator of the same index for equality.
    pub(super) equal: String,
    /// The collation of the source's column, where the audit table's is another.
    pub(super) source_collation: Option<String>,
    /// The collation of the audit table's column in that case.
    pub(super) audit_collation: Option<String>,
    /// The part of the key to begin behind.
    after: Option<String>,
}

impl From<KeyRow> for KeyColumn {
    fn from(row: KeyRow) -> KeyColumn {
        let (name, sql_type, greater, equal, source_collation, audit_collation, after) = row;
        KeyColumn {
            name,
            sql_type,
            greater,
            equal,
            source_collation,
            audit_collation,
            after,
        }
    }
}

/// What a transaction that reads a page begins with: every name is looked up in
/// `pg_catalog`, a key reads back as it was shown, row-level security refuses
/// rather than hides, and both tables are as they are before the snapshot is
/// taken, since a table that is rewritten looks empty to older ones. A page is
/// small and its rows are found by an index, also in a table of which PostgreSQL
/// has no statistics yet.
///
/// <https://www.postgresql.org/docs/current/mvcc-caveats.html>
pub(super) fn settle(
    table: &AuditedTable,
    source_mode: &str,
    audit_mode: &str,
    lock_timeout: &LockTimeout,
) -> String {
    let formats: String = digest::formats(table)
        .iter()
        .map(|(setting, value)| format!("SET LOCAL {};\n", assigned(setting, value)))
        .collect();
    format!(
        "SET LOCAL search_path = pg_catalog, pg_temp;\n\
         SET LOCAL row_security = off;\n\
         SET LOCAL lock_timeout = {};\n\
         SET LOCAL datestyle = 'ISO';\n\
         SET LOCAL intervalstyle = 'postgres';\n\
         SET LOCAL extra_float_digits = 1;\n\
         SET LOCAL enable_seqscan = off;\n\
         SET LOCAL jit = off;\n\
         {formats}\
         LOCK TABLE {} IN {source_mode} MODE;\n\
         LOCK TABLE {} IN {audit_mode} MODE;\n",
        literal(&lock_timeout.to_string()),
        table.source,
        table.audit,
    )
}

/// Asks the catalog for the key: a [`KeyRow`] of texts for each of its columns,
/// or none without an index that tells rows apart.
///
/// <https://www.postgresql.org/docs/current/catalog-pg-index.html>
pub fn lookup(table: &AuditedTable, after: Option<&str>) -> String {
    let part = match after {
        None => "NULL".to_owned(),
        Some(after) if table.primary_key.len() == 1 => literal(after),
        Some(after) => format!(
            "CASE WHEN cardinality({after}::text[]) = {count} \
             THEN ({after}::text[])[array_position({names}, live.attname::text)] END",
            after = literal(after),
            count = table.primary_key.len(),
            names = names(table),
        ),
    };
    format!(
        "SELECT live.attname::text,
    format_type(past.atttypid, -1),
    {greater},
    {equal},
    {source_collation},
    {audit_collation},
    {part}::text
FROM {index} AS key
CROSS JOIN generate_series(0, key.indnkeyatts - 1) AS n
JOIN pg_attribute AS live ON live.attrelid = {source}::regclass AND live.attnum = key.indkey[n]
JOIN pg_attribute AS past ON past.attrelid = {audit}::regclass AND past.attname = live.attname
    AND past.attnum > 0 AND NOT past.attisdropped
JOIN pg_opclass ON pg_opclass.oid = key.indclass[n]
ORDER BY n",
        greater = operator(5),
        equal = operator(3),
        source_collation = collation("live"),
        audit_collation = collation("past"),
        index = index(table),
        source = literal(&table.source.to_string()),
        audit = literal(&table.audit.to_string()),
    )
}

/// An operator of an index's column by its number in a B-tree.
/// <https://www.postgresql.org/docs/current/xindex.html#XINDEX-STRATEGIES>
fn operator(strategy: u8) -> String {
    format!(
        "(SELECT format('OPERATOR(%I.%s)', nspname, oprname)
     FROM pg_amop JOIN pg_operator ON pg_operator.oid = amopopr
     JOIN pg_namespace ON pg_namespace.oid = oprnamespace
     WHERE amopfamily = opcfamily AND amoplefttype = opcintype AND amoprighttype = opcintype
         AND amoppurpose = 's' AND amopstrategy = {strategy})"
    )
}

fn collation(attribute: &str) -> String {
    format!(
        "CASE WHEN live.attcollation <> past.attcollation THEN (
     SELECT format('%I.%I', nspname, collname)
     FROM pg_collation JOIN pg_namespace ON pg_namespace.oid = collnamespace
     WHERE pg_collation.oid = {attribute}.attcollation) END"
    )
}

/// The index that tells rows by the model's key, best the primary key's: one
/// row of `pg_index`, or none.
pub(super) fn index(table: &AuditedTable) -> String {
    format!(
        "(
    SELECT pg_index.* FROM pg_catalog.pg_index
    WHERE indrelid = {source}::pg_catalog.regclass AND indisunique AND indisvalid AND indimmediate
        AND indpred IS NULL AND indexprs IS NULL AND indnkeyatts = {count}
        AND (
            SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute
            WHERE attrelid = indrelid AND attnotnull AND attname::pg_catalog.text = ANY ({names})
                AND attnum = ANY ((indkey::pg_catalog.int2[])[0:indnkeyatts - 1])
        ) = {count}
    ORDER BY indisprimary DESC, indexrelid LIMIT 1
)",
        source = literal(&table.source.to_string()),
        count = table.primary_key.len(),
        names = names(table),
    )
}

fn names(table: &AuditedTable) -> String {
    let names: Vec<String> = table.primary_key.iter().map(|key| literal(key)).collect();
    format!("ARRAY[{}]::pg_catalog.text[]", names.join(", "))
}

/// A column of a table or subquery.
pub(super) fn of(alias: &str, column: &str) -> String {
    format!("{alias}.{}", identifier(column))
}

/// A value under a collation, where two differ.
pub(super) fn collated(value: String, collation: Option<&String>) -> String {
    match collation {
        Some(collation) => format!("{value} COLLATE {collation}"),
        None => value,
    }
}
