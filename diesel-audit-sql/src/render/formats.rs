//! The settings that a value's text depends on. Whoever hashes such texts gives
//! them these values first: a session of another time zone, say, would find
//! another hash.
//!
//! <https://www.postgresql.org/docs/current/runtime-config-client.html>

use diesel_audit_model::quote::literal;

/// Each setting as the catalog spells it, with its value. The `search_path`
/// decides about texts, too: that of a `regclass` has a schema or not.
pub(super) const FORMATS: [(&str, &str); 9] = [
    ("search_path", "pg_catalog, pg_temp"),
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO, MDY"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("xmlbinary", "base64"),
    ("lc_monetary", "C"),
    ("quote_all_identifiers", "off"),
];

/// Gives them to the transaction.
pub(crate) fn set_local() -> String {
    let formats = FORMATS.map(|(name, value)| format!("SET LOCAL {};\n", assigned(name, value)));
    formats.concat()
}

/// A setting with its value, as SET takes them: a list of names is not one literal.
pub(super) fn assigned(name: &str, value: &str) -> String {
    match name {
        "search_path" => format!("{name} = {value}"),
        _ => format!("{name} = {}", literal(value)),
    }
}
