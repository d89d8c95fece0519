//! Blocks of PL/pgSQL that a migration runs at once.

use crate::quote::dollar;

/// What a script begins with: from here on, names are looked up in `pg_catalog`
/// first. Types of the application, which a model may name without their schema, are
/// still found after it.
pub(super) const PIN: &str = "SELECT pg_catalog.set_config('audit.before.search_path', pg_catalog.current_setting('search_path'), true),
    pg_catalog.set_config('search_path', pg_catalog.rtrim(pg_catalog.concat('pg_catalog, pg_temp, ', pg_catalog.current_setting('search_path')), ', '), true);
";

/// What a script ends with: what comes after it in its transaction, such as the note of
/// Diesel that the migration has run, has the `search_path` that it came with.
pub(super) const UNPIN: &str = "SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('audit.before.search_path'), true);\n";

/// A block whose statements look names up in `pg_catalog` only. There, an operator for
/// two types that fit by a cast only is found before one of somebody else's that
/// fits exactly. `declare` is the inside of DECLARE, which may be empty, and `catch`
/// what comes after EXCEPTION; an exception has brought back the `search_path`.
///
/// <https://www.postgresql.org/docs/current/typeconv-oper.html>
pub(super) fn pinned(declare: &str, body: &str, catch: Option<&str>) -> String {
    let catch = catch.map_or_else(String::new, |catch| format!("EXCEPTION {catch}"));
    let block = format!(
        "
DECLARE
    path constant text := pg_catalog.current_setting('search_path');
{declare}BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
{body}    PERFORM pg_catalog.set_config('search_path', path, true);
{catch}END
"
    );
    format!("DO {};\n", dollar(&block))
}
