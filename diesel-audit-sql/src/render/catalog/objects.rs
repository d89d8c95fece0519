//! The objects themselves, found by their names.

use super::{array, names};
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::quote::literal;
use diesel_audit_model::table::QualifiedName;

/// The tables of these names with everything that inherits from them.
pub(crate) fn relations<'a>(wanted: impl Iterator<Item = &'a QualifiedName>) -> String {
    format!(
        "WITH RECURSIVE wanted (schema, name) AS (VALUES {}),
tree (root, oid, parent) AS (
    SELECT c.oid, c.oid, NULL::oid
    FROM wanted
    JOIN pg_namespace AS n ON n.nspname = wanted.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
    UNION
    SELECT tree.root, i.inhrelid, i.inhparent
    FROM tree JOIN pg_inherits AS i ON i.inhparent = tree.oid
)
SELECT ARRAY[
    tree.root::text, tree.oid::text, tree.parent::text, n.nspname, c.relname,
    c.relkind, c.relpersistence, c.relispartition::text, c.relrowsecurity::text, c.relforcerowsecurity::text,
    owner.rolname, owner.rolcanlogin::text, owner.rolsuper::text,
    (SELECT partdefid <> 0 FROM pg_partitioned_table WHERE partrelid = c.oid)::text
]::text[] AS cells
FROM tree
JOIN pg_class AS c ON c.oid = tree.oid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_roles AS owner ON owner.oid = c.relowner
ORDER BY n.nspname, c.relname",
        names(wanted)
    )
}

/// The functions of these names: those of the core, and others that take no argument.
pub(crate) fn functions<'a>(wanted: impl Iterator<Item = &'a QualifiedName>) -> String {
    format!(
        "SELECT ARRAY[
    f.oid::text, n.nspname, f.proname, owner.rolname, owner.rolcanlogin::text, owner.rolsuper::text,
    l.lanname, f.prosrc, f.prosecdef::text, array_to_string(f.proconfig, E'\\n')
]::text[] AS cells
FROM (VALUES {}) AS wanted (schema, name)
JOIN pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_proc AS f ON f.pronamespace = n.oid AND f.proname = wanted.name
    AND (f.pronargs = 0 OR n.nspname = {})
JOIN pg_language AS l ON l.oid = f.prolang
JOIN pg_roles AS owner ON owner.oid = f.proowner
ORDER BY n.nspname, f.proname",
        names(wanted),
        literal(CORE_SCHEMA)
    )
}

/// The schemas of the audit tables.
pub(crate) fn schemas(wanted: &[&str]) -> String {
    format!(
        "SELECT ARRAY[n.oid::text, n.nspname, owner.rolname, owner.rolcanlogin::text, owner.rolsuper::text]::text[] AS cells
FROM pg_namespace AS n JOIN pg_roles AS owner ON owner.oid = n.nspowner
WHERE n.nspname = ANY ({})
ORDER BY n.nspname",
        array(wanted, "text")
    )
}

/// The sequences that the defaults of these columns of these tables take their
/// values from.
/// <https://www.postgresql.org/docs/current/catalog-pg-sequence.html>
pub(crate) fn sequences<'a>(
    wanted: impl Iterator<Item = &'a QualifiedName>,
    column: &str,
) -> String {
    format!(
        "SELECT ARRAY[
    c.oid::text, s.seqrelid::text, sn.nspname, sc.relname,
    s.seqcache::text, s.seqincrement::text, s.seqcycle::text, s.seqmax::text,
    (has_sequence_privilege(s.seqrelid, 'SELECT') AND has_table_privilege(c.oid, 'SELECT'))::text
]::text[] AS cells
FROM (VALUES {}) AS wanted (schema, name)
JOIN pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = {} AND NOT a.attisdropped
JOIN pg_attrdef AS def ON def.adrelid = c.oid AND def.adnum = a.attnum
JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = def.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_sequence AS s ON s.seqrelid = d.refobjid
JOIN pg_class AS sc ON sc.oid = s.seqrelid
JOIN pg_namespace AS sn ON sn.oid = sc.relnamespace
ORDER BY sn.nspname, sc.relname",
        names(wanted),
        literal(column)
    )
}

/// Which of these tables the role of the query may read.
pub(crate) fn readable<'a>(wanted: impl Iterator<Item = &'a QualifiedName>) -> String {
    format!(
        "SELECT ARRAY[c.oid::text]::text[] AS cells
FROM (VALUES {}) AS wanted (schema, name)
JOIN pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name AND c.relkind = 'r'
WHERE has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')",
        names(wanted)
    )
}

/// What these types, as SQL, are on this server; nothing for one that it does
/// not have.
pub(crate) fn types(wanted: &[&str]) -> String {
    format!(
        "SELECT ARRAY[wanted, to_regtype(wanted)::oid::text]::text[] AS cells FROM unnest({}) AS wanted",
        array(wanted, "text")
    )
}

/// Settings that the server gives to sessions, rights to set what switches
/// triggers off, and roles that may write everywhere.
///
/// <https://www.postgresql.org/docs/current/catalog-pg-db-role-setting.html>
pub(crate) fn server(prefix: &str) -> String {
    format!(
        "SELECT ARRAY['setting', d.datname, r.rolname, split_part(setting, '=', 1)]::text[] AS cells
FROM pg_db_role_setting AS s
CROSS JOIN LATERAL unnest(s.setconfig) AS setting
LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
LEFT JOIN pg_roles AS r ON r.oid = s.setrole
WHERE (s.setdatabase = 0 OR d.datname = current_database())
    AND (starts_with(lower(setting), {prefix}) OR starts_with(lower(setting), 'session_replication_role='))
UNION ALL
SELECT ARRAY['parameter', p.parname, coalesce(r.rolname, 'PUBLIC'), (r.rolname IS NULL)::text]::text[]
FROM pg_parameter_acl AS p
CROSS JOIN LATERAL aclexplode(p.paracl) AS acl
LEFT JOIN pg_roles AS r ON r.oid = acl.grantee
WHERE (p.parname = 'session_replication_role' OR starts_with(p.parname, {prefix})) AND r.rolsuper IS NOT TRUE
UNION ALL
SELECT ARRAY['member', held.rolname, member.rolname, NULL]::text[]
FROM pg_auth_members AS m
JOIN pg_roles AS held ON held.oid = m.roleid AND held.rolname = 'pg_write_all_data'
JOIN pg_roles AS member ON member.oid = m.member AND NOT member.rolsuper
ORDER BY 1",
        prefix = literal(prefix)
    )
}
