//! What the objects are made of and who may do what with them, found by
//! their object identifiers.

use super::array;
use diesel_audit_model::quote::literal;
use diesel_audit_model::table::QualifiedName;

/// The columns of these tables. The base type is the type below all domains.
pub(crate) fn columns(tables: &[&str]) -> String {
    format!(
        "SELECT ARRAY[
    a.attrelid::text, a.attname, a.atttypid::text, base.oid::text, format_type(base.oid, -1),
    format_type(a.atttypid, a.atttypmod), (a.atttypmod <> -1)::text, a.attnotnull::text, a.attidentity, a.attgenerated,
    pg_get_expr(def.adbin, def.adrelid)
]::text[] AS cells
FROM pg_attribute AS a
LEFT JOIN pg_attrdef AS def ON def.adrelid = a.attrelid AND def.adnum = a.attnum
CROSS JOIN LATERAL (
    WITH RECURSIVE below (oid, typtype, next) AS (
        SELECT t.oid, t.typtype, t.typbasetype FROM pg_type AS t WHERE t.oid = a.atttypid
        UNION ALL
        SELECT t.oid, t.typtype, t.typbasetype FROM below JOIN pg_type AS t ON below.typtype = 'd' AND t.oid = below.next
    )
    SELECT below.oid FROM below WHERE below.typtype <> 'd'
) AS base
WHERE a.attrelid = ANY ({}) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum",
        array(tables, "oid")
    )
}

/// Constraints that can refuse a row of these tables.
pub(crate) fn constraints(tables: &[&str]) -> String {
    format!(
        "SELECT ARRAY[c.conrelid::text, c.conname, c.contype, pg_get_constraintdef(c.oid)]::text[] AS cells
FROM pg_constraint AS c
WHERE c.conrelid = ANY ({}) AND c.contype IN ('c', 'f', 'x')
ORDER BY c.conname",
        array(tables, "oid")
    )
}

/// The unique indexes of these tables, a row for each of their columns.
pub(crate) fn indexes(tables: &[&str]) -> String {
    format!(
        "SELECT ARRAY[
    i.indrelid::text, n.nspname, c.relname, a.attname, i.indimmediate::text,
    (i.indpred IS NULL AND i.indisvalid AND i.indisready)::text, con.conname, con.contype
]::text[] AS cells
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
LEFT JOIN pg_constraint AS con ON con.conindid = i.indexrelid AND con.conrelid = i.indrelid AND con.contype IN ('p', 'u')
WHERE i.indrelid = ANY ({}) AND i.indisunique AND k.n <= i.indnkeyatts
ORDER BY c.relname, k.n",
        array(tables, "oid")
    )
}

/// The triggers on these tables, and those anywhere that call these functions.
/// <https://www.postgresql.org/docs/current/catalog-pg-trigger.html>
pub(crate) fn triggers(tables: &[&str], functions: &[&str]) -> String {
    format!(
        "SELECT ARRAY[
    t.tgrelid::text, rn.nspname, r.relname, t.tgname, t.tgenabled, t.tgtype::text,
    (t.tgqual IS NOT NULL OR t.tgattr::text <> '' OR t.tgconstraint <> 0)::text,
    t.tginitdeferred::text, t.tgfoid::text, (t.tgparentid <> 0)::text
]::text[] AS cells
FROM pg_trigger AS t
JOIN pg_class AS r ON r.oid = t.tgrelid
JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
WHERE NOT t.tgisinternal AND (t.tgrelid = ANY ({}) OR t.tgfoid = ANY ({}))
ORDER BY rn.nspname, r.relname, t.tgname",
        array(tables, "oid"),
        array(functions, "oid")
    )
}

/// Rules on these tables.
pub(crate) fn rules(tables: &[&str]) -> String {
    format!(
        "SELECT ARRAY[w.ev_class::text, w.rulename]::text[] AS cells
FROM pg_rewrite AS w WHERE w.ev_class = ANY ({}) AND w.rulename <> '_RETURN'
ORDER BY w.rulename",
        array(tables, "oid")
    )
}

/// Policies of these tables that concern an INSERT.
pub(crate) fn policies(tables: &[&str]) -> String {
    format!(
        "SELECT ARRAY[p.polrelid::text, p.polpermissive::text, coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid))]::text[] AS cells
FROM pg_policy AS p WHERE p.polrelid = ANY ({}) AND p.polcmd IN ('a', '*')",
        array(tables, "oid")
    )
}

/// Rights of others than the owner: on tables, on their columns, on sequences,
/// functions and schemas.
/// <https://www.postgresql.org/docs/current/ddl-priv.html>
pub(crate) fn grants(relations: &[&str], functions: &[&str], schemas: &[&str]) -> String {
    let to = "LEFT JOIN pg_roles AS r ON r.oid = acl.grantee";
    let cells = "coalesce(r.rolname, 'PUBLIC'), (acl.grantee = 0)::text, acl.privilege_type]::text[] AS cells";
    format!(
        "SELECT ARRAY['relation', c.oid::text, NULL, {cells}
FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS acl {to}
WHERE c.oid = ANY ({relations}) AND acl.grantee <> c.relowner
UNION ALL
SELECT ARRAY['relation', c.oid::text, a.attname, {cells}
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped
CROSS JOIN LATERAL aclexplode(a.attacl) AS acl {to}
WHERE c.oid = ANY ({relations}) AND acl.grantee <> c.relowner
UNION ALL
SELECT ARRAY['function', f.oid::text, NULL, {cells}
FROM pg_proc AS f CROSS JOIN LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) AS acl {to}
WHERE f.oid = ANY ({functions}) AND acl.grantee <> f.proowner
UNION ALL
SELECT ARRAY['schema', n.oid::text, NULL, {cells}
FROM pg_namespace AS n CROSS JOIN LATERAL aclexplode(n.nspacl) AS acl {to}
WHERE n.oid = ANY ({schemas}) AND acl.grantee <> n.nspowner
ORDER BY 1",
        relations = array(relations, "oid"),
        functions = array(functions, "oid"),
        schemas = array(schemas, "oid"),
    )
}

/// Whether the owners of these functions have a right on these tables, pair by
/// pair.
pub(crate) fn owner_rights(functions: &[&str], tables: &[&str], privilege: &str) -> String {
    format!(
        "SELECT ARRAY[f.oid::text,
    (has_schema_privilege(f.proowner, c.relnamespace, 'USAGE') AND has_table_privilege(f.proowner, c.oid, {}))::text
]::text[] AS cells
FROM ROWS FROM (unnest({}), unnest({})) AS pair (function, relation)
JOIN pg_proc AS f ON f.oid = pair.function
JOIN pg_class AS c ON c.oid = pair.relation",
        literal(privilege),
        array(functions, "oid"),
        array(tables, "oid")
    )
}

/// How many rows these tables have.
pub(crate) fn counts(tables: &[(&str, &QualifiedName)]) -> String {
    let counts: Vec<String> = tables
        .iter()
        .map(|(oid, name)| {
            format!(
                "SELECT ARRAY[{}, (SELECT count(*) FROM {name})::text]::text[] AS cells",
                literal(oid)
            )
        })
        .collect();
    match counts.is_empty() {
        true => "SELECT NULL::text[] AS cells WHERE false".to_owned(),
        false => counts.join("\nUNION ALL\n"),
    }
}

/// Plain tables that have the columns of one of these partitioned tables, and
/// are no part of it.
pub(crate) fn look_alikes(partitioned: &[&str]) -> String {
    let shape = "(SELECT array_agg(ROW(attname, atttypid, attnotnull)::text ORDER BY attname) FROM pg_attribute \
         WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)";
    format!(
        "SELECT ARRAY[p.oid::text, n.nspname, alike.relname]::text[] AS cells
FROM (SELECT c.oid, {shape} AS shape FROM pg_class AS c WHERE c.oid = ANY ({})) AS p
JOIN (
    SELECT c.oid, c.relname, c.relnamespace, {shape} AS shape
    FROM pg_class AS c
    WHERE c.relkind = 'r' AND NOT c.relispartition AND c.relpersistence <> 't'
) AS alike ON alike.shape = p.shape
JOIN pg_namespace AS n ON n.oid = alike.relnamespace
ORDER BY n.nspname, alike.relname",
        array(partitioned, "oid")
    )
}

/// Which of these tables are filled by a subscription.
pub(crate) fn subscriptions(tables: &[&str]) -> String {
    format!(
        "SELECT ARRAY[srrelid::text]::text[] AS cells FROM pg_subscription_rel WHERE srrelid = ANY ({})",
        array(tables, "oid")
    )
}

/// Where the sequence of an audit table stands, and the last number in the table.
pub(crate) fn position(sequence: &QualifiedName, audit: &QualifiedName, oid: &str) -> String {
    format!(
        "SELECT ARRAY[{}, last_value::text, is_called::text, (SELECT max(audit_id) FROM {audit})::text]::text[] AS cells FROM {sequence}",
        literal(oid)
    )
}

/// The state of each audited table, by its audit table; nothing where the core's table
/// is not there, or not for this role to read.
pub(crate) fn states(of: Option<&QualifiedName>) -> String {
    match of {
        Some(audited) => format!(
            "SELECT ARRAY[a.history::oid::text, a.source::oid::text, a.state]::text[] AS cells FROM {audited} AS a"
        ),
        None => "SELECT ARRAY[]::text[] AS cells WHERE false".to_owned(),
    }
}
