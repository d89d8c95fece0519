//! The key of the digests: a table with one row, which all audit tables of a
//! schema share.
//!
//! It is made with the first digest. A digest without its key is worth nothing,
//! so the key stays until no column of digests is left in the schema.

use crate::names;
use crate::quote::{dollar, identifier, literal};
use crate::sql::block::pinned;
use crate::sql::digest;
use crate::table::{AuditedTable, QualifiedName};

/// The table.
pub(crate) fn name(table: &AuditedTable) -> QualifiedName {
    in_schema(&table.audit.schema)
}

fn in_schema(schema: &str) -> QualifiedName {
    QualifiedName::new(schema.to_owned(), names::HASH_KEY)
}

/// Makes what is missing of it, if the table records a digest. Nobody but its
/// owner may touch it, whatever default privileges say: who reads it can find a
/// value by trying.
///
/// The two pads are all that a digest needs of the key. A history that moves from
/// another schema takes its key along, unless there is one already.
pub(crate) fn create(table: &AuditedTable, moved_from: Option<&str>) -> Option<String> {
    if !digest::is_recorded(table) {
        return None;
    }
    let key = name(table);
    let declare = "    key bytea := pg_catalog.sha256(
        pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
        || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()));
    inner_octets bytea := pg_catalog.decode(pg_catalog.repeat('36', 64), 'hex');
    outer_octets bytea := pg_catalog.decode(pg_catalog.repeat('5c', 64), 'hex');
    granted record;
";
    let body = format!(
        "    FOR n IN 0..31 LOOP
        inner_octets := pg_catalog.set_byte(inner_octets, n, pg_catalog.get_byte(inner_octets, n) # pg_catalog.get_byte(key, n));
        outer_octets := pg_catalog.set_byte(outer_octets, n, pg_catalog.get_byte(outer_octets, n) # pg_catalog.get_byte(key, n));
    END LOOP;
    CREATE TABLE IF NOT EXISTS {key} (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        inner_pad bytea NOT NULL CHECK (pg_catalog.octet_length(inner_pad) = 64),
        outer_pad bytea NOT NULL CHECK (pg_catalog.octet_length(outer_pad) = 64)
    );{taken_along}
    INSERT INTO {key} (inner_pad, outer_pad) VALUES (inner_octets, outer_octets) ON CONFLICT DO NOTHING;
    FOR granted IN
        SELECT acl.privilege_type, acl.grantee FROM pg_catalog.pg_class, pg_catalog.aclexplode(relacl) AS acl
        WHERE oid = {regclass}::pg_catalog.regclass AND acl.grantee <> relowner
    LOOP
        EXECUTE pg_catalog.format('REVOKE %s ON TABLE %s FROM %s', granted.privilege_type, {regclass},
            CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END);
    END LOOP;
",
        regclass = literal(&key.to_string()),
        taken_along =
            moved_from.map_or_else(String::new, |from| take_along(&in_schema(from), &key)),
    );
    Some(format!(
        "-- The key of the digests. Without it they can be compared with nothing.\n{}",
        pinned(declare, &body, None)
    ))
}

/// Refuses to go on without it, where digests are to be made: they would be NULL.
pub(super) fn require(table: &AuditedTable) -> Option<String> {
    if !digest::is_recorded(table) {
        return None;
    }
    let key = name(table);
    let body = format!(
        "
BEGIN
    IF NOT EXISTS (SELECT FROM {key}) THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found',
            MESSAGE = {}, HINT = 'Install the audit again.';
    END IF;
END
",
        literal(&missing(table)),
    );
    Some(format!("DO {};\n", dollar(&body)))
}

/// What is wrong when it is not there.
pub(super) fn missing(table: &AuditedTable) -> String {
    format!("the key of the digests is not in {}", name(table))
}

/// The pads, as expressions of a statement that reads them once.
pub(super) fn pads(table: &AuditedTable) -> [String; 2] {
    ["inner_pad", "outer_pad"].map(|pad| format!("(SELECT {pad} FROM {})", name(table)))
}

fn take_along(from: &QualifiedName, to: &QualifiedName) -> String {
    format!(
        "
    IF pg_catalog.to_regclass({}) IS NOT NULL THEN
        INSERT INTO {to} SELECT * FROM {from} ON CONFLICT DO NOTHING;
    END IF;",
        literal(&from.to_string())
    )
}

/// Drops it when no column in the schema holds digests any more, so that a way
/// forth and back ends where it began.
pub(super) fn leave(table: &AuditedTable) -> Option<String> {
    if !digest::is_recorded(table) {
        return None;
    }
    let body = format!(
        "    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = pg_catalog.to_regnamespace({}) AND NOT attisdropped
            AND pg_catalog.starts_with(attname::text, {}) AND atttypid = 'pg_catalog.bytea'::pg_catalog.regtype
    ) THEN
        DROP TABLE IF EXISTS {};
    END IF;
",
        literal(&identifier(&table.audit.schema)),
        literal(names::HASH_PREFIX),
        name(table),
    );
    Some(format!(
        "-- The key goes when nothing is left that was made with it.\n{}",
        pinned("", &body, None)
    ))
}
