-- Relations and types that take the names of PostgreSQL's and of ours. `pg_temp` is searched for
-- these before any other schema.

SET LOCAL search_path = pg_catalog;

CREATE TABLE lab.shadow (name name, kind text, hit integer NOT NULL, PRIMARY KEY (name, kind));
GRANT SELECT ON lab.shadow TO PUBLIC;

-- Those of PostgreSQL that a text of ours mentions.
CREATE FUNCTION lab.learn_shadows(words text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lab.count(array_agg('type ' || typname)) FROM pg_type
        WHERE typnamespace = 'pg_catalog'::regnamespace AND typname = ANY (words) AND typtype = 'b' AND typelem = 0;
    PERFORM lab.count(array_agg('relation ' || relname)) FROM pg_class
        WHERE relnamespace = 'pg_catalog'::regnamespace AND relname = ANY (words) AND relkind IN ('r', 'v');
    PERFORM lab.count('{table of ours,function of ours}');
    INSERT INTO lab.shadow SELECT split_part(label, ' ', 2), split_part(label, ' ', 1), n FROM lab.hit
        WHERE label LIKE 'type %' OR label LIKE 'relation %';
    EXECUTE (SELECT format('CREATE FUNCTION lab.count_of_ours() RETURNS trigger LANGUAGE plpgsql AS '
        '''BEGIN PERFORM hits.h%s(); RETURN NULL; END''', n) FROM lab.hit WHERE label = 'table of ours');
END
$$;

-- What makes the types and relations in a schema: domains, which count where a value becomes one, and
-- views, which count where they are read.
CREATE FUNCTION lab.shadows(schema text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('CREATE DOMAIN %I.%I AS pg_catalog.%2$I CHECK (hits.h%s())', schema, name, hit)
        FROM lab.shadow WHERE kind = 'type'
    UNION ALL
    SELECT format('CREATE VIEW %1$I.%2$I AS SELECT %4$s FROM pg_catalog.%2$I WHERE (SELECT hits.h%3$s()); '
            'GRANT SELECT ON %1$I.%2$I TO PUBLIC', schema, name, hit, columns)
        FROM lab.shadow, LATERAL (
            -- A view can have no column of a pseudo-type, such as attmissingval.
            SELECT string_agg(format(CASE typtype WHEN 'p' THEN '%I::pg_catalog.text AS %1$I' ELSE '%I' END, attname), ', ' ORDER BY attnum)
                FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
                WHERE attrelid = format('pg_catalog.%I', name)::regclass AND attnum > 0
        ) AS view (columns)
        WHERE kind = 'relation'
$$;

-- What makes tables of the names of these, which count where they are written. Whoever makes them may
-- have no right on those.
CREATE FUNCTION lab.decoys(schema text, tables regclass[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('CREATE TABLE %1$I.%2$I (%3$s); GRANT ALL ON %1$I.%2$I TO PUBLIC; '
            'CREATE TRIGGER counts BEFORE INSERT OR UPDATE OR DELETE ON %1$I.%2$I EXECUTE FUNCTION lab.count_of_ours()',
            schema, relname, (
                SELECT string_agg(format('%I %s', attname,
                        CASE WHEN typnamespace = 'pg_catalog'::regnamespace THEN 'pg_catalog.' || quote_ident(typname)
                            ELSE atttypid::regtype::text END), ', ' ORDER BY attnum)
                    FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
                    WHERE attrelid = t AND attnum > 0 AND NOT attisdropped))
        FROM unnest(tables) AS t JOIN pg_class ON oid = t
$$;

-- The same for functions of the names and arguments of those in these schemas.
CREATE FUNCTION lab.decoy_functions(schema text, ours text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE plpgsql AS ''BEGIN PERFORM hits.h%s(); RETURN%s; END''',
            schema, proname, pg_get_function_identity_arguments(pg_proc.oid), pg_get_function_result(pg_proc.oid), n,
            CASE WHEN NOT proretset AND prorettype <> 'void'::regtype THEN ' NULL' END)
        FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace, lab.hit
        WHERE nspname = ANY (ours) AND prokind = 'f' AND label = 'function of ours'
$$;

-- What in these schemas was made of something hostile, and stays so.
CREATE FUNCTION lab.bound(ours text[], hostile text[]) RETURNS TABLE (label text, times bigint) LANGUAGE sql
SET enable_seqscan = off AS $$
    WITH object AS (
        SELECT 'pg_type'::regclass AS class, oid, typnamespace AS namespace FROM pg_type
        UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_proc
        UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_operator
        UNION ALL SELECT 'pg_class'::regclass, oid, relnamespace FROM pg_class
    )
    SELECT 'bound to ' || pg_describe_object(refclassid, refobjid, 0), count(*)
        FROM object JOIN pg_namespace ON pg_namespace.oid = namespace
        JOIN pg_depend ON refclassid = class AND refobjid = object.oid
        WHERE nspname = ANY (hostile) AND pg_describe_object(classid, objid, objsubid) ~ ('\m(' || array_to_string(ours, '|') || ')\.')
        GROUP BY refclassid, refobjid
$$;
