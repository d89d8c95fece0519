//! What a database holds, as lines to compare with those of another one.

use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_audit::{Code, verify};

use super::Outcome;
use super::report::Report;
use super::tables::{self, TABLES};

/// A count and a digest of each table and of each audit table.
pub(super) fn rows(conn: &mut PgConnection) -> QueryResult<Vec<String>> {
    TABLES
        .iter()
        .flat_map(|table| [(*table).to_owned(), format!("audit.{table}_audit")])
        .map(|table| {
            let digest = format!(
                "SELECT format('{table}: %s rows, %s', count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)))
                 FROM {table} AS t"
            );
            sql::<Text>(&digest).get_result(conn)
        })
        .collect()
}

/// The triggers, and when they fire; the functions, and what all may do. The
/// triggers of partitions are among them.
pub(super) fn installed(conn: &mut PgConnection) -> QueryResult<Vec<String>> {
    let queries = [
        "SELECT format('%s fires %s', pg_get_triggerdef(oid), tgenabled) FROM pg_trigger WHERE NOT tgisinternal \
         OR tgparentid <> 0 AND tgname LIKE '00_%' ORDER BY 1",
        "SELECT format('%s executable by all: %s', pg_get_functiondef(oid), has_function_privilege('public', oid, 'execute')) \
         FROM pg_proc WHERE pronamespace IN ('audit'::regnamespace, 'diesel_audit'::regnamespace) ORDER BY 1",
        "SELECT format('%s open to all: %s', oid::regclass, has_table_privilege('public', oid, 'select, insert, update, delete, truncate')) \
         FROM pg_class WHERE relnamespace IN ('audit'::regnamespace, 'diesel_audit'::regnamespace) AND relkind = 'r' ORDER BY 1",
    ];
    let mut lines = Vec::new();
    for query in queries {
        lines.extend(sql::<Text>(query).load::<String>(conn)?);
    }
    Ok(lines)
}

/// What `verify` says of a database: these codes, and nothing else.
pub(super) fn verified(
    conn: &mut PgConnection,
    expected: &[Code],
    when: &str,
    report: &mut Report,
) -> Outcome<()> {
    let found = verify(conn, &tables::models()?)?;
    let mut codes: Vec<Code> = found.findings.iter().map(|finding| finding.code).collect();
    codes.dedup();
    report.expect(codes == expected, &format!("{when}: verify says {found}"));
    Ok(())
}
