//! What an audit row holds of a column that is redacted, hashed, or stored where
//! it changed.

mod compared;
mod secrets;
mod stored;
mod told_apart;
mod typed;
mod verified;

use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, Recording};
use diesel_audit_sql::{Options, difference};

use crate::support::{apply, describe, install, public};

/// Describes a table of the schema `public` with these columns recorded so.
fn described(conn: &mut PgConnection, name: &str, recorded: &[(&str, Recording)]) -> AuditedTable {
    let mut table = describe(conn, public(name));
    for (name, recording) in recorded {
        let column = table.columns.iter_mut().find(|column| column.name == *name);
        column
            .unwrap_or_else(|| panic!("no column {name}"))
            .recording = *recording;
    }
    table
}

/// And begins its audit.
fn audited(conn: &mut PgConnection, name: &str, recorded: &[(&str, Recording)]) -> AuditedTable {
    let table = described(conn, name, recorded);
    install(conn, &table);
    table
}

/// Brings the audit from one description to the other, as a migration does.
fn change(conn: &mut PgConnection, old: &AuditedTable, new: &AuditedTable) {
    let steps = difference(
        &[old.clone().into()],
        &[new.clone().into()],
        &Options::default(),
    );
    for step in steps.expect("a difference") {
        apply(conn, step).expect("changed");
    }
}
