//! The floor: the application writes both rows itself, in one statement, into an audit table of
//! ours with all its indexes, and nothing of ours runs.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_audit::{Audited, install};

use super::article::{Article, COLUMNS};
use crate::Outcome;

pub(super) const AUDIT_TABLE: &str = "audit.article_audit";

/// The audit's own columns, and what the application gives for them. The table gives `audit_id`.
const OWN: [(&str, &str); 10] = [
    ("audit_operation_timestamp", "clock_timestamp()"),
    ("audit_transaction_timestamp", "now()"),
    ("audit_transaction_id", "txid_current()"),
    ("audit_session_user", "session_user"),
    ("audit_current_user", "current_user"),
    // A change that stands alone replaces nothing of its own transaction.
    ("audit_replaces", "NULL::tid"),
    ("audit_version", "NULL::tid"),
    ("audit_ended", "NULL::cid"),
    ("audit_username", "current_setting('audit.username')"),
    (
        "audit_request",
        "nullif(current_setting('audit.request', true), '')::uuid",
    ),
];

/// Makes our audit table, and drops the triggers that fill it.
pub(super) fn create(conn: &mut PgConnection) -> Outcome {
    install(conn, &[Article::audited_table()?])?;
    conn.batch_execute(DROP_TRIGGERS)?;
    let found: Vec<Column> = diesel::sql_query(OWN_COLUMNS).load(conn)?;
    let found: Vec<&str> = found.iter().map(|column| &*column.name).collect();
    let written = OWN.map(|(column, _)| column);
    // A column that is left out costs nothing, and the floor would be too low.
    if found != written {
        return Err(format!(
            "the audit table has the columns {}, and the floor writes {}",
            found.join(", "),
            written.join(", ")
        )
        .into());
    }
    Ok(())
}

/// Gives the own columns their values even where they have defaults: a default may call a function
/// of ours.
pub(super) fn statement(dml: &str, operation: char) -> String {
    let columns = OWN.map(|(column, _)| column).join(", ");
    let values = OWN.map(|(_, value)| value).join(", ");
    format!(
        "WITH x AS ({dml} RETURNING {COLUMNS}) \
         INSERT INTO {AUDIT_TABLE} (audit_operation, {columns}, {COLUMNS}) \
         SELECT '{operation}', {values}, {COLUMNS} FROM x"
    )
}

const DROP_TRIGGERS: &str = "
    DO $$
    DECLARE
        name text;
    BEGIN
        FOR name IN
            SELECT tgname FROM pg_trigger WHERE tgrelid = 'article'::regclass AND NOT tgisinternal
        LOOP
            EXECUTE format('DROP TRIGGER %I ON article', name);
        END LOOP;
    END
    $$";

const OWN_COLUMNS: &str = r"
    SELECT attname::text AS name FROM pg_attribute
    WHERE attrelid = 'audit.article_audit'::regclass AND attname LIKE 'audit\_%'
        AND attname NOT IN ('audit_id', 'audit_operation')
    ORDER BY attnum";

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}
