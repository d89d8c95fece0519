//! The context of a checkout, as a statement for a backend that no pool can reach.

use audit_test_server::Database;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use crate::Outcome;
use crate::variant::connect;

/// The settings that a pool gives to its connections. Its marker begins with the process of the
/// backend, which is another one there.
pub(super) fn statement(database: &Database) -> Outcome<String> {
    let statement: Option<String> =
        diesel::select(sql::<Nullable<Text>>(STATEMENT)).get_result(&mut connect(database)?)?;
    Ok(statement.ok_or("the marker of a checkout does not begin with the backend's process")?)
}

const STATEMENT: &str = "
    CASE WHEN starts_with(current_setting('audit.context'), to_hex(pg_backend_pid()) || ' ') THEN
        format(
            'SELECT set_config(''audit.username'', %L, false), '
                'set_config(''audit.request'', %L, false), '
                'set_config(''audit.context'', to_hex(pg_backend_pid()) || %L, false)',
            current_setting('audit.username'),
            current_setting('audit.request'),
            substr(current_setting('audit.context'), length(to_hex(pg_backend_pid())) + 1)
        )
    END";
