//! A statement of the model as a query of Diesel.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Text;
use diesel_audit_sql::context::Piece;

/// Its values are binds, so that its SQL depends on the names of the settings
/// only, and Diesel prepares it once for each connection; `ST` is the type of
/// the first column.
pub(crate) struct Statement<'a, ST> {
    pieces: Vec<Piece<'a>>,
    is_kept: bool,
    row: PhantomData<ST>,
}

impl<'a, ST> Statement<'a, ST> {
    pub(crate) fn new(pieces: Vec<Piece<'a>>) -> Statement<'a, ST> {
        Statement {
            pieces,
            is_kept: true,
            row: PhantomData,
        }
    }

    /// A statement that the connection does not keep prepared: it is sent when
    /// the connection is new, which may turn out not to be direct.
    #[cfg(any(feature = "r2d2", feature = "bb8", feature = "deadpool"))]
    pub(crate) fn once(pieces: Vec<Piece<'a>>) -> Statement<'a, ST> {
        Statement {
            is_kept: false,
            ..Statement::new(pieces)
        }
    }
}

impl<ST> QueryFragment<Pg> for Statement<'_, ST> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if !self.is_kept {
            pass.unsafe_to_cache_prepared();
        }
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => pass.push_sql(sql),
                Piece::Text(Cow::Borrowed(text)) => pass.push_bind_param::<Text, str>(text)?,
                Piece::Text(Cow::Owned(text)) => pass.push_bind_param::<Text, String>(text)?,
            }
        }
        Ok(())
    }
}

/// The type does not tell the names of the settings: Diesel looks the statement
/// up by its text.
impl<ST> QueryId for Statement<'_, ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Statement<'_, ST> {
    type SqlType = ST;
}

#[cfg(feature = "postgres")]
impl<ST> diesel::RunQueryDsl<diesel::PgConnection> for Statement<'_, ST> {}
