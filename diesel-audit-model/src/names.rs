//! The names of everything that is installed, and the rules for them.
//!
//! <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>

use std::borrow::Cow;

use crate::table::QualifiedName;
use crate::types::PgType;
use crate::value::MAX_VALUE_BYTES;

/// PostgreSQL cuts a longer identifier without an error.
pub const MAX_IDENTIFIER_BYTES: usize = 63;

/// The schema that a table without one is taken to be in.
pub const DEFAULT_SOURCE_SCHEMA: &str = "public";

/// The prefix of all our settings.
pub const SETTING_PREFIX: &str = "audit.";

/// The marker of a context: the process and the scope that it was set in, and
/// the settings that it vouches for, each with the type of its value.
pub const MARKER: &str = "audit.context";
/// The marker of the constants of a connection of a pool.
pub const CONSTANTS: &str = "audit.constants";
/// The number by which a connection is known to be direct.
pub const NONCE: &str = "audit.nonce";

/// The setting, without its prefix, that says why a checkout has no context. A
/// model may declare it as any other.
pub const UNAUDITED: &str = "unaudited";

/// The columns that every audit table begins with, in order.
pub const AUDIT_COLUMNS: [&str; 7] = [
    "audit_id",
    "audit_operation",
    "audit_operation_timestamp",
    "audit_transaction_timestamp",
    "audit_transaction_id",
    "audit_session_user",
    "audit_current_user",
];

/// The schema of the core, which all audited tables of a database share.
pub const CORE_SCHEMA: &str = "diesel_audit";
/// The column of an audit table that says which version of the row a change has replaced.
pub const REPLACES: &str = "audit_replaces";

/// The one that says which version it has made.
pub const VERSION: &str = "audit_version";

/// The one that says which command has ended a row. The three keep the order within a transaction.
pub const ENDED: &str = "audit_ended";

/// What the name of a column of digests begins with.
pub const HASH_PREFIX: &str = "audit_hash_";

/// The column that says whether a column of the source changed.
pub fn changed_column(column: &str) -> String {
    cut(&format!("audit_changed_{column}")).into_owned()
}

/// The column that holds the digest of a column of the source.
pub fn hash_column(column: &str) -> String {
    cut(&format!("{HASH_PREFIX}{column}")).into_owned()
}

/// What holds for all models of a crate that say nothing else: how the parts of
/// an audited table are named, where `{schema}` and `{table}` stand for the
/// source table's, how long the values of its settings are, and whether audit
/// rows may be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conventions {
    /// The schema of the audit tables and functions.
    pub schema: Cow<'static, str>,
    /// The audit table.
    pub table: Option<String>,
    /// The trigger function.
    pub function: Option<String>,
    /// The trigger. The default sorts before most other names, since
    /// PostgreSQL fires triggers of one kind in the order of their names.
    pub trigger: Option<String>,
    /// The longest value of a setting, in bytes.
    pub max_value_bytes: usize,
    /// Whether a change or removal of audit rows is refused.
    pub append_only: bool,
}

impl Default for Conventions {
    fn default() -> Self {
        Conventions {
            schema: Cow::Borrowed("audit"),
            table: None,
            function: None,
            trigger: None,
            max_value_bytes: MAX_VALUE_BYTES,
            append_only: false,
        }
    }
}

impl Conventions {
    /// The name of the audit table of `source`.
    pub fn table(&self, source: &QualifiedName) -> String {
        name(self.table.as_deref(), default_audit_pattern(source), source)
    }

    /// The name of the trigger function of `source`.
    pub fn function(&self, source: &QualifiedName) -> String {
        name(
            self.function.as_deref(),
            default_audit_pattern(source),
            source,
        )
    }

    /// The name of the trigger on `source`.
    pub fn trigger(&self, source: &QualifiedName) -> String {
        name(self.trigger.as_deref(), "00_{table}_audit", source)
    }
}

/// Tables of the same name in two schemas would share an audit table if the
/// schema were left out for both.
fn default_audit_pattern(source: &QualifiedName) -> &'static str {
    if source.schema == DEFAULT_SOURCE_SCHEMA {
        "{table}_audit"
    } else {
        "{schema}_{table}_audit"
    }
}

fn name(pattern: Option<&str>, default: &str, source: &QualifiedName) -> String {
    let filled = fill(pattern.unwrap_or(default), source);
    cut(&filled).into_owned()
}

/// One pass from left to right, so that a table called `{schema}` stays itself.
fn fill(pattern: &str, source: &QualifiedName) -> String {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let (value, length) = if rest.starts_with("{schema}") {
            (source.schema.as_ref(), "{schema}".len())
        } else if rest.starts_with("{table}") {
            (source.name.as_ref(), "{table}".len())
        } else {
            ("{", 1)
        };
        filled.push_str(value);
        rest = &rest[length..];
    }
    filled.push_str(rest);
    filled
}

/// The words in braces of a pattern that are neither `{schema}` nor `{table}`.
pub fn unknown_placeholders(pattern: &str) -> Vec<&str> {
    pattern
        .split('{')
        .skip(1)
        .filter_map(|after| after.split_once('}'))
        .map(|(word, _)| word)
        .filter(|word| !matches!(*word, "schema" | "table"))
        .collect()
}

/// A name that PostgreSQL keeps whole: a longer one is cut on a character
/// boundary and ends in a hash of all of it, so that two long names that begin
/// alike stay two names.
pub fn cut(name: &str) -> Cow<'_, str> {
    const HASH_DIGITS: usize = 8;
    if name.len() <= MAX_IDENTIFIER_BYTES {
        return Cow::Borrowed(name);
    }
    let mut end = MAX_IDENTIFIER_BYTES - HASH_DIGITS - 1;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(format!("{}_{:08x}", &name[..end], hash(name)))
}

/// FNV-1a, 32 bits: stable across versions and machines, unlike std's hasher.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// The trigger or the trigger function for one operation, `insert` for example,
/// by the name that they have in common.
pub fn of_operation(name: &str, operation: &str) -> String {
    cut(&format!("{name}_{operation}")).into_owned()
}

/// The function that says which changes are recorded.
pub fn condition_function(function: &str) -> String {
    cut(&format!("{function}_when")).into_owned()
}

/// The index for the history of a row, on the key and `audit_id`.
pub fn key_index(audit_table: &str) -> String {
    cut(&format!("{audit_table}_key_idx")).into_owned()
}

/// The index on a column of the audit table.
pub fn column_index(audit_table: &str, column: &str) -> String {
    cut(&format!("{audit_table}_{column}_idx")).into_owned()
}

/// The index by which a sealer finds new rows.
pub fn transaction_index(audit_table: &str) -> String {
    cut(&format!("{audit_table}_transaction_id_idx")).into_owned()
}

/// The table of the seals of an audit table, in the same schema.
pub fn seal_table(audit_table: &str) -> String {
    cut(&format!("{audit_table}_seals")).into_owned()
}

/// The audit table's column for a session setting.
pub fn setting_column(setting: &str) -> String {
    format!("audit_{setting}")
}

/// The name under which a column of the audit table keeps what it holds when
/// one of another type takes its name.
pub fn aside(column: &str, sql_type: &PgType) -> String {
    let array = if sql_type.array { "_array" } else { "" };
    cut(&format!("{column}_{}{array}", sql_type.name)).into_owned()
}

/// The names, without the prefix, that diesel-audit uses for itself.
const RESERVED: [&str; 7] = [
    "context",
    "constant",
    "constants",
    "nonce",
    "search_path",
    "session",
    "tx",
];

/// Whether a session setting may have this name: `[a-z][a-z0-9_]{0,40}`, and
/// not one that diesel-audit uses for itself.
pub fn setting_name_problem(name: &str) -> Option<&'static str> {
    let mut bytes = name.bytes();
    let well_formed = bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && name.len() <= 41
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !well_formed {
        Some("a session setting is named by `[a-z][a-z0-9_]{0,40}`")
    } else if RESERVED.contains(&name) {
        Some("diesel-audit uses this setting for itself")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_names() {
        let check = |schema: &'static str, table: &'static str, expected: [&str; 3]| {
            let conventions = Conventions::default();
            let source = QualifiedName::new(schema, table);
            assert_eq!(
                [
                    conventions.table(&source),
                    conventions.function(&source),
                    conventions.trigger(&source)
                ],
                expected
            );
        };
        check(
            "public",
            "users",
            ["users_audit", "users_audit", "00_users_audit"],
        );
        check(
            "shop",
            "users",
            ["shop_users_audit", "shop_users_audit", "00_users_audit"],
        );
        check(
            "public",
            "{schema}",
            ["{schema}_audit", "{schema}_audit", "00_{schema}_audit"],
        );
    }

    #[test]
    fn patterns() {
        let conventions = Conventions {
            table: Some("{table}_of_{schema}_{x}".into()),
            ..Conventions::default()
        };
        let source = QualifiedName::new("public", "{schema}");
        assert_eq!(conventions.table(&source), "{schema}_of_public_{x}");
        assert_eq!(unknown_placeholders("{table}_{schema}_{x}{"), ["x"]);
    }

    #[test]
    fn long_names_stay_distinct_and_whole() {
        let long = "x".repeat(60);
        let (a, b) = (format!("{long}_1_audit"), format!("{long}_2_audit"));
        assert_ne!(cut(&a), cut(&b));
        assert_eq!(cut(&a).len(), MAX_IDENTIFIER_BYTES);
        let accents = "é".repeat(40);
        assert!(cut(&accents).len() <= MAX_IDENTIFIER_BYTES);
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn setting_names() {
        for good in ["a", "username", "request_id", "select", &"a".repeat(41)] {
            assert_eq!(setting_name_problem(good), None, "{good}");
        }
        for bad in [
            "",
            "User",
            "1x",
            "_x",
            "a-b",
            "a.b",
            "é",
            "tx",
            "session",
            &"a".repeat(42),
        ] {
            assert!(setting_name_problem(bad).is_some(), "{bad}");
        }
    }
}
