-- Hostile objects: each counts its calls by a function of the schema `hits`, which neither a rollback
-- nor a transaction that only reads hinders, and then does what pg_catalog would have done.

SET LOCAL search_path = pg_catalog;

-- A loop over finished texts: whatever were looked up in its body would be looked up anew after each
-- statement, among more and more operators.
CREATE FUNCTION lab.execute(statements text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
        EXECUTE statement;
    END LOOP;
    RETURN coalesce(cardinality(statements), 0);
END
$$;

-- Functions that count, for these labels.
CREATE FUNCTION lab.count(labels text[]) RETURNS bigint LANGUAGE sql AS $$
    WITH new AS (INSERT INTO lab.hit (label) SELECT DISTINCT unnest(labels) ON CONFLICT DO NOTHING RETURNING n)
    SELECT lab.execute(array_agg(format('CREATE FUNCTION hits.h%s() RETURNS boolean LANGUAGE plpgsql AS ''BEGIN RETURN hits.one(); END''', n)))
        FROM new;
$$;

-- Operators for what was learned since the last time. `everything` is for a schema that stands before
-- pg_catalog: then those are taken, too, that pg_catalog has for exactly these types.
CREATE FUNCTION lab.make_operators(schema text, everything boolean) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    statements text[];
BEGIN
    PERFORM lab.count(array_agg(label)) FROM lab.operator WHERE result IS NOT NULL;
    -- IMMUTABLE, so that an index, a generated column or a constraint would take it.
    SELECT array_agg(format(statement, schema, n, o.name, result, right_type, nullif(left_type::oid, 0)::regtype)) INTO statements
        FROM lab.operator AS o JOIN lab.hit USING (label),
            unnest(CASE WHEN left_type <> 0 THEN ARRAY[
                'CREATE FUNCTION %1$I.operator_%2$s(%6$s, %5$s) RETURNS %4$s IMMUTABLE LANGUAGE plpgsql AS '
                    '''BEGIN PERFORM hits.h%2$s(); RETURN $1 OPERATOR(pg_catalog.%3$s) $2; END''',
                'CREATE OPERATOR %1$I.%3$s (LEFTARG = %6$s, RIGHTARG = %5$s, FUNCTION = %1$I.operator_%2$s)'
            ] ELSE ARRAY[
                'CREATE FUNCTION %1$I.operator_%2$s(%5$s) RETURNS %4$s IMMUTABLE LANGUAGE plpgsql AS '
                    '''BEGIN PERFORM hits.h%2$s(); RETURN OPERATOR(pg_catalog.%3$s) $1; END''',
                'CREATE OPERATOR %1$I.%3$s (RIGHTARG = %5$s, FUNCTION = %1$I.operator_%2$s)'
            ] END) AS statement
        WHERE result IS NOT NULL AND (everything OR NOT exact) AND NOT EXISTS (
            SELECT FROM pg_operator WHERE oprnamespace = schema::regnamespace AND oprname = o.name
                AND oprleft = left_type AND oprright = right_type);
    RETURN lab.execute(statements);
END
$$;

CREATE FUNCTION lab.make_functions(schema text, everything boolean) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    statements text[];
BEGIN
    PERFORM lab.count(array_agg(label)) FROM lab.function WHERE result IS NOT NULL;
    WITH f AS (
        SELECT f.*, p.*, n AS hit,
            (SELECT string_agg('$' || n, ', ' ORDER BY n) FROM generate_series(1, cardinality(arguments)) AS n) AS given,
            -- With the names that PostgreSQL has for them, as a caller may use these.
            (SELECT string_agg(concat_ws(' ', quote_ident(nullif(proargnames[n], '')), arguments[n]), ', ' ORDER BY n)
                FROM generate_series(1, cardinality(arguments)) AS n) AS parameters,
            (SELECT string_agg(format('%I %s', proargnames[n], proallargtypes[n]::regtype), ', ' ORDER BY n)
                FROM generate_subscripts(proallargtypes, 1) AS n WHERE proargmodes[n] IN ('o', 't')) AS columns
        FROM lab.function AS f JOIN lab.hit USING (label) JOIN pg_proc AS p ON p.oid = function
        WHERE result IS NOT NULL AND (everything OR NOT exact) AND NOT EXISTS (
            SELECT FROM pg_proc WHERE pronamespace = schema::regnamespace AND proname = f.name
                AND (proargtypes::oid[])[0:pronargs - 1]::regtype[] = arguments)
    )
    SELECT array_agg(statement) INTO statements FROM f, unnest(CASE WHEN prokind = 'a'
        THEN lab.aggregate(schema, name, arguments, result, hit)
        ELSE ARRAY[format('CREATE FUNCTION %I.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS %L', schema, name, parameters,
            CASE WHEN columns IS NOT NULL THEN format('TABLE (%s)', columns)
                WHEN proretset THEN format('SETOF %s', result)
                ELSE result::text END,
            CASE provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END,
            format('BEGIN PERFORM hits.h%s(); %s pg_catalog.%I(%s); END', hit,
                CASE WHEN columns IS NOT NULL THEN 'RETURN QUERY SELECT * FROM'
                    WHEN proretset THEN 'RETURN QUERY SELECT'
                    WHEN result = 'void'::regtype THEN 'PERFORM'
                    ELSE 'RETURN' END,
                name, given))]
        END) AS statement
        WHERE columns IS NULL OR proretset;
    RETURN lab.execute(statements);
END
$$;

-- The statements of an aggregate of no or one argument, or of a string_agg: others stay PostgreSQL's.
CREATE FUNCTION lab.aggregate(schema text, name text, arguments regtype[], result regtype, hit integer) RETURNS text[]
LANGUAGE sql AS $$
    SELECT array_agg(format(statement, schema, name, hit, arguments[1], arguments[2], result, typarray::regtype))
    FROM (SELECT) AS one LEFT JOIN pg_type ON pg_type.oid = arguments[1],
        unnest(CASE WHEN arguments = '{}' THEN ARRAY[
            'CREATE FUNCTION %1$I.step_%3$s(bigint) RETURNS bigint LANGUAGE plpgsql AS '
                '''BEGIN PERFORM hits.h%3$s(); RETURN $1 OPERATOR(pg_catalog.+) 1; END''',
            'CREATE AGGREGATE %1$I.%2$I(*) (SFUNC = %1$I.step_%3$s, STYPE = bigint, INITCOND = ''0'')'
        ] WHEN name = 'string_agg' THEN ARRAY[
            'CREATE FUNCTION %1$I.step_%3$s(%6$s, %4$s, %5$s) RETURNS %6$s LANGUAGE plpgsql AS '
                '''BEGIN PERFORM hits.h%3$s(); RETURN CASE WHEN $1 IS NULL THEN $2 WHEN $2 IS NULL THEN $1 '
                'ELSE $1 OPERATOR(pg_catalog.||) $3 OPERATOR(pg_catalog.||) $2 END; END''',
            'CREATE AGGREGATE %1$I.%2$I(%4$s, %5$s) (SFUNC = %1$I.step_%3$s, STYPE = %6$s)'
        ] WHEN cardinality(arguments) = 1 AND typarray <> 0 AND typtype <> 'p' THEN ARRAY[
            'CREATE FUNCTION %1$I.step_%3$s(%7$s, %4$s) RETURNS %7$s LANGUAGE plpgsql AS '
                '''BEGIN PERFORM hits.h%3$s(); RETURN pg_catalog.array_append($1, $2); END''',
            'CREATE FUNCTION %1$I.end_%3$s(%7$s) RETURNS %6$s LANGUAGE sql AS ''SELECT pg_catalog.%2$I(x) FROM pg_catalog.unnest($1) AS x''',
            'CREATE AGGREGATE %1$I.%2$I(%4$s) (SFUNC = %1$I.step_%3$s, STYPE = %7$s, FINALFUNC = %1$I.end_%3$s)'
        ] END) AS statement;
$$;
