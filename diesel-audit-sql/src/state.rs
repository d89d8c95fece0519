//! The state of an audited table, as a word by which the database and the
//! migrations know it.

use std::fmt::Write;

use diesel_audit_model::policy::Policy;
use diesel_audit_model::table::AuditedTable;

/// The version of the SQL that is generated for a table. It changes with a change
/// of that SQL, so that the two are two states.
const TEMPLATE: u32 = 1;

/// A word of sixteen digits for all that the description says: two descriptions
/// have the same only if they are the same.
pub fn state(table: &AuditedTable) -> String {
    let AuditedTable {
        source,
        audit,
        function,
        trigger,
        settings,
        columns,
        primary_key,
        unlisted,
        policy,
    } = table;
    let Policy {
        operations,
        context,
        unaudited,
        max_value_bytes,
        append_only,
        skip_unchanged,
        when,
        record,
        seals,
    } = policy;
    let mut text = String::new();
    // Writing to a String cannot fail. Debug quotes what is somebody's text.
    let _ = write!(
        text,
        "{TEMPLATE} {source:?} {audit:?} {function:?} {trigger:?} {settings:?} {columns:?} {primary_key:?} \
         {unlisted:?} {operations:?} {context:?} {unaudited:?} {max_value_bytes} {append_only} {skip_unchanged} \
         {when:?} {record:?} {seals}"
    );
    format!("{:016x}", hash(&text))
}

/// FNV-1a, 64 bits: stable across versions and machines, unlike std's hasher.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
