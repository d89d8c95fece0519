//! A statement of a figure, as Diesel sends a query of its DSL.

use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::r2d2::PooledConnection;
use diesel::sql_types::BigInt;
use diesel_audit::AuditManager;

/// A statement with at most one bind, prepared once per connection like a
/// query of the DSL. `sql_query` would be prepared anew each time.
#[derive(Debug, Clone)]
pub(crate) struct Prepared<'a> {
    pub(crate) before: &'a str,
    pub(crate) bind: Option<i64>,
    pub(crate) after: &'a str,
}

impl<'a> Prepared<'a> {
    /// The text with its one `$1` bound to `value`.
    pub(crate) fn new(sql: &'a str, value: i64) -> Prepared<'a> {
        let (before, after) = sql.split_once("$1").unwrap_or((sql, ""));
        let bind = (before.len() < sql.len()).then_some(value);
        Prepared {
            before,
            bind,
            after,
        }
    }
}

impl QueryFragment<Pg> for Prepared<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.before);
        if let Some(bind) = &self.bind {
            out.push_bind_param::<BigInt, _>(bind)?;
        }
        out.push_sql(self.after);
        Ok(())
    }
}

impl QueryId for Prepared<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<PgConnection> for Prepared<'_> {}
impl RunQueryDsl<PooledConnection<AuditManager>> for Prepared<'_> {}
