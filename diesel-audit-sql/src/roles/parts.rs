//! What belongs to whom.

/// The tables with their partitions, and what they rest on. Who owns a type can
/// rename its values, and drop it with the columns of the history that have it;
/// who owns a schema can drop what is in it; who owns a function that a table
/// calls has it run by everybody who writes there, the migrator too.
///
/// A schema that holds audited tables as well is not the audit's own.
pub(super) const FIND: &str = r"
-- What belongs to whom: the audit to its owner, the tables and what they rest on to the migrator.
CREATE TEMPORARY TABLE audit_parts ON COMMIT DROP AS
WITH RECURSIVE relation (oid, is_history) AS (
    SELECT coalesce(leaf.relid, root), is_history
    FROM audit_tables
        CROSS JOIN LATERAL (VALUES (to_regclass(source), false), (to_regclass(history), true), (to_regclass(seals), true)) AS named (root, is_history)
        LEFT JOIN LATERAL pg_partition_tree(root) AS leaf ON true
    WHERE root IS NOT NULL
),
used (type) AS (
    SELECT atttypid FROM relation JOIN pg_attribute ON attrelid = relation.oid WHERE attnum > 0 AND NOT attisdropped
    UNION
    SELECT inner_type
    FROM used JOIN pg_type ON pg_type.oid = type CROSS JOIN LATERAL (
        VALUES (typelem), (typbasetype)
        UNION ALL
        SELECT unnest(ARRAY[rngtypid, rngsubtype]) FROM pg_range WHERE pg_type.oid IN (rngtypid, rngmultitypid)
        UNION ALL
        SELECT atttypid FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped
    ) AS made_of (inner_type)
    WHERE inner_type <> 0
),
-- What belongs to a table, such as a trigger or a default, and calls a function.
called (oid) AS (
    SELECT calls.refobjid
    FROM relation
        JOIN pg_depend AS belongs ON belongs.refclassid = 'pg_class'::regclass AND belongs.refobjid = relation.oid
        JOIN pg_depend AS calls ON calls.classid = belongs.classid AND calls.objid = belongs.objid
    WHERE calls.refclassid = 'pg_proc'::regclass AND NOT is_history
),
part (place, kind, oid, name, has, wanted) AS (
    SELECT 1, 'SCHEMA', pg_namespace.oid, pg_namespace.oid::regnamespace::text, nspowner, owner
    FROM pg_namespace CROSS JOIN audit_roles
    WHERE pg_namespace.oid IN (SELECT to_regnamespace(history_schema) FROM audit_tables)
        AND pg_namespace.oid NOT IN (SELECT to_regnamespace(source_schema) FROM audit_tables WHERE to_regnamespace(source_schema) IS NOT NULL)
        AND nspname <> 'public'
    UNION ALL
    SELECT 2, 'SCHEMA', pg_namespace.oid, pg_namespace.oid::regnamespace::text, nspowner, migrator
    FROM pg_namespace CROSS JOIN audit_roles
    WHERE pg_namespace.oid IN (SELECT to_regnamespace(source_schema) FROM audit_tables) AND nspowner = application
    UNION ALL
    SELECT CASE WHEN is_history THEN 4 ELSE 3 END, 'TABLE', pg_class.oid, pg_class.oid::regclass::text, relowner,
        CASE WHEN is_history THEN owner ELSE migrator END
    FROM relation JOIN pg_class ON pg_class.oid = relation.oid CROSS JOIN audit_roles
    UNION ALL
    -- The core, with the key of the digests, which nobody reads who reads the history.
    SELECT 9, 'SCHEMA', pg_namespace.oid, pg_namespace.oid::regnamespace::text, nspowner, owner
    FROM pg_namespace CROSS JOIN audit_roles WHERE nspname = 'diesel_audit'
    UNION ALL
    SELECT 10, CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, pg_class.oid, pg_class.oid::regclass::text, relowner, owner
    FROM pg_class CROSS JOIN audit_roles
    WHERE relkind IN ('r', 'S') AND relnamespace = to_regnamespace('diesel_audit')
    UNION ALL
    SELECT 11, 'FUNCTION', pg_proc.oid, pg_proc.oid::regprocedure::text, proowner, owner
    FROM pg_proc CROSS JOIN audit_roles WHERE pronamespace = to_regnamespace('diesel_audit')
    UNION ALL
    SELECT 5, 'FUNCTION', pg_proc.oid, pg_proc.oid::regprocedure::text, proowner, owner
    FROM audit_tables CROSS JOIN LATERAL unnest(functions) AS function
        JOIN pg_proc ON pg_proc.oid = to_regprocedure(function) CROSS JOIN audit_roles
    UNION ALL
    SELECT 6, 'FUNCTION', pg_proc.oid, pg_proc.oid::regprocedure::text, proowner, migrator
    FROM pg_proc CROSS JOIN audit_roles WHERE pg_proc.oid IN (SELECT oid FROM called)
        AND pg_has_role(application, proowner, 'MEMBER')
        AND NOT EXISTS (SELECT FROM audit_tables WHERE pg_proc.oid IN (SELECT to_regprocedure(unnest(functions))))
    UNION ALL
    SELECT 7, 'TYPE', pg_type.oid, pg_type.oid::regtype::text, typowner, migrator
    FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid CROSS JOIN audit_roles
    WHERE pg_type.oid IN (SELECT type FROM used)
        AND (typtype IN ('d', 'e', 'r') OR relkind = 'c')
        AND typnamespace <> 'pg_catalog'::regnamespace
        AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_type'::regclass AND objid = pg_type.oid AND deptype = 'e'
        )
    UNION ALL
    -- Diesel's own list of the migrations that have run.
    SELECT 8, 'TABLE', pg_class.oid, pg_class.oid::regclass::text, relowner, migrator
    FROM pg_class CROSS JOIN audit_roles
    WHERE relname = '__diesel_schema_migrations' AND relkind = 'r'
        AND relnamespace IN (SELECT to_regnamespace(source_schema) FROM audit_tables UNION SELECT to_regnamespace('public'))
)
SELECT DISTINCT place, kind, oid, name, has, wanted FROM part;
";

/// A sequence goes with the table whose column it fills.
pub(super) const MOVE: &str = r"
DO $audit$
DECLARE
    part record;
BEGIN
    FOR part IN SELECT kind, name, wanted FROM audit_parts WHERE has <> wanted ORDER BY place, name LOOP
        EXECUTE format('ALTER %s %s OWNER TO %s', part.kind, part.name, part.wanted);
    END LOOP;
END
$audit$;
";
