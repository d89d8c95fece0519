//! The settings that a value's text depends on. Whoever hashes such texts gives
//! them these values first: a session of another time zone, say, would find
//! another hash.
//!
//! <https://www.postgresql.org/docs/current/runtime-config-client.html>

/// Each setting with its value, and the first of all: the text of a `regclass`
/// has a schema or not by the `search_path`.
pub(crate) const FORMATS: [(&str, &str); 9] = [
    ("search_path", "pg_catalog, pg_temp"),
    ("timezone", "'UTC'"),
    ("datestyle", "'ISO, MDY'"),
    ("intervalstyle", "'postgres'"),
    ("extra_float_digits", "1"),
    ("bytea_output", "'hex'"),
    ("xmlbinary", "'base64'"),
    ("lc_monetary", "'C'"),
    ("quote_all_identifiers", "off"),
];

/// Gives them to the transaction.
pub(crate) fn set_local() -> String {
    FORMATS
        .map(|(name, value)| format!("SET LOCAL {name} = {value};\n"))
        .concat()
}
