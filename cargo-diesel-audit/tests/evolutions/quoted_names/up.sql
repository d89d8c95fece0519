-- Change of the audit of "public"."Order ""x""": added "select".
SELECT pg_catalog.set_config('audit.before.search_path', pg_catalog.current_setting('search_path'), true),
    pg_catalog.set_config('search_path', pg_catalog.rtrim(pg_catalog.concat('pg_catalog, pg_temp, ', pg_catalog.current_setting('search_path')), ', '), true);
SET LOCAL lock_timeout = '5s';
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);

-- All locks before the first change, and only the first is waited for: nobody is deadlocked.
DO $audit$
DECLARE
    path constant text := pg_catalog.current_setting('search_path');
    tables constant text[] := ARRAY['"public"."Order ""x"""', '"audit"."Order ""x""_audit"'];
    modes constant text[] := ARRAY['SHARE ROW EXCLUSIVE', 'ACCESS EXCLUSIVE'];
    deadline constant timestamptz := pg_catalog.clock_timestamp() + interval '5000 milliseconds';
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    LOOP
        BEGIN
            PERFORM pg_catalog.set_config('lock_timeout',
                greatest(1, ceil(1000 * extract(epoch FROM deadline - pg_catalog.clock_timestamp())))::integer::text, true);
            FOR n IN 1 .. pg_catalog.cardinality(tables) LOOP
                IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(tables[n]) AND relkind IN ('r', 'p')) THEN
                    EXECUTE pg_catalog.format('LOCK TABLE %s IN %s MODE%s', tables[n], modes[n],
                        CASE WHEN n > 1 THEN ' NOWAIT' END);
                END IF;
            END LOOP;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF pg_catalog.clock_timestamp() >= deadline THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_catalog.pg_sleep(0.01);
    END LOOP;
    PERFORM pg_catalog.set_config('lock_timeout', '5s', true);
    PERFORM pg_catalog.set_config('search_path', path, true);
END
$audit$;

-- Source and audit table have to fit; char(n), domains and the like take their exact type here.
DO $audit$
DECLARE
    path constant text := pg_catalog.current_setting('search_path');
    source constant regclass := '"public"."Order ""x"""'::pg_catalog.regclass;
    history constant regclass := '"audit"."Order ""x""_audit"'::pg_catalog.regclass;
    column_names constant text[] := ARRAY['audit_id', 'audit_operation', 'audit_operation_timestamp', 'audit_transaction_timestamp', 'audit_transaction_id', 'audit_session_user', 'audit_current_user', 'audit_username', 'id', 'it''s', 'select']::pg_catalog.text[];
    column_types constant regtype[] := ARRAY['bigint', 'text', 'timestamp with time zone', 'timestamp with time zone', 'bigint', 'text', 'text', 'pg_catalog.text', NULL, NULL, pg_catalog.to_regtype('integer')]::pg_catalog.regtype[];
    recorded constant text[] := ARRAY['id', 'it''s', 'select']::pg_catalog.text[];
    excluded constant text[] := ARRAY[]::pg_catalog.text[];
    -- The source may have these as they were or as they will be.
    changing constant text[] := ARRAY['select']::pg_catalog.text[];
    history_is_empty boolean;
    attribute record;
    wanted oid;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class
        WHERE relkind = 'f' AND (oid = source OR oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(source)))
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = pg_catalog.format('%s is a foreign table or has one as a partition, whose rows others can change without its triggers', source),
            HINT = 'Audit the table on the server that it is on.';
    END IF;
    IF EXISTS (
        SELECT FROM pg_catalog.pg_inherits JOIN pg_catalog.pg_class ON pg_class.oid = inhparent
        WHERE inhparent = source AND relkind <> 'p'
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = pg_catalog.format('%s has child tables by inheritance, whose rows its trigger does not see', source),
            HINT = 'Audit the child tables by models of their own, or make it a partitioned table.';
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_rewrite WHERE ev_class = history)
        OR EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = history AND NOT tgisinternal)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = pg_catalog.format('the audit table %s has a rule or a trigger, which could change or swallow its rows', history),
            HINT = 'Drop it first.';
    END IF;
    FOR attribute IN
        SELECT attname FROM pg_catalog.pg_attribute
        WHERE attrelid = source AND attnum > 0 AND NOT attisdropped
            AND attname <> ALL (recorded) AND attname <> ALL (excluded)
    LOOP
        RAISE EXCEPTION USING ERRCODE = 'undefined_column',
            MESSAGE = pg_catalog.format('the column %I of %s is neither recorded nor excluded', attribute.attname, source),
            HINT = 'Bring the table! up to date (diesel print-schema), or name the column in #[audit(exclude("..."))].';
    END LOOP;
    FOR attribute IN
        SELECT attname FROM pg_catalog.pg_attribute
        WHERE attrelid = source AND attgenerated = 'v' AND NOT attisdropped AND attname = ANY (recorded)
    LOOP
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = pg_catalog.format('the column %I of %s is a virtual generated column, whose value no trigger sees', attribute.attname, source),
            HINT = 'Name it in #[audit(exclude("..."))], or make it GENERATED ALWAYS AS (...) STORED.';
    END LOOP;
    EXECUTE pg_catalog.format('SELECT NOT EXISTS (SELECT FROM %s)', history) INTO history_is_empty;
    FOR attribute IN
        SELECT c.name, c.type, s.atttypid AS source_type, h.atttypid AS history_type
        FROM ROWS FROM (pg_catalog.unnest(column_names), pg_catalog.unnest(column_types)) AS c (name, type)
        LEFT JOIN pg_catalog.pg_attribute AS s
            ON s.attrelid = source AND s.attname = c.name AND s.attnum > 0 AND NOT s.attisdropped
        LEFT JOIN pg_catalog.pg_attribute AS h
            ON h.attrelid = history AND h.attname = c.name AND h.attnum > 0 AND NOT h.attisdropped
    LOOP
        IF attribute.source_type IS NULL AND attribute.history_type IS NOT NULL AND attribute.name = ANY (changing) THEN
            CONTINUE;
        END IF;
        -- The type is given for what is ours, and taken from the source for the rest.
        wanted := coalesce(attribute.type, attribute.source_type);
        IF wanted IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'undefined_column',
                MESSAGE = pg_catalog.format('%s has no column %I', source, attribute.name),
                HINT = 'The migration that adds it has to come first.';
        END IF;
        WHILE EXISTS (SELECT FROM pg_catalog.pg_type WHERE oid = wanted AND typtype = 'd') LOOP
            wanted := (SELECT typbasetype FROM pg_catalog.pg_type WHERE oid = wanted);
        END LOOP;
        -- With -1, char and bit are named without the length 1 that SQL gives them.
        IF attribute.history_type = wanted THEN
            CONTINUE;
        ELSIF attribute.history_type IS NULL AND attribute.name <> ALL (ARRAY['audit_id', 'audit_operation', 'audit_operation_timestamp', 'audit_transaction_timestamp', 'audit_transaction_id', 'audit_session_user', 'audit_current_user']::pg_catalog.text[]) THEN
            EXECUTE pg_catalog.format('ALTER TABLE %s ADD COLUMN %I %s',
                history, attribute.name, pg_catalog.format_type(wanted, -1));
        ELSIF EXISTS (
            -- Two names for the same text: varchar and text.
            SELECT FROM pg_catalog.pg_cast
                JOIN pg_catalog.pg_type AS had ON had.oid = castsource
                JOIN pg_catalog.pg_type AS has ON has.oid = casttarget
            WHERE castsource = attribute.history_type AND casttarget = wanted AND castmethod = 'b'
                AND had.typcategory = 'S' AND has.typcategory = 'S'
        ) THEN
            EXECUTE pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I TYPE %s',
                history, attribute.name, pg_catalog.format_type(wanted, -1));
        ELSIF attribute.history_type IS NOT NULL AND attribute.name = ANY (changing) THEN
            CONTINUE;
        ELSIF attribute.history_type IS NOT NULL AND history_is_empty THEN
            EXECUTE pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING NULL',
                history, attribute.name, pg_catalog.format_type(wanted, -1));
        ELSE
            RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
                MESSAGE = pg_catalog.format('the audit table %s that is there from before does not fit: its column %I is %s and has to be %s',
                    history, attribute.name,
                    coalesce(pg_catalog.format_type(attribute.history_type, -1), 'missing'), pg_catalog.format_type(wanted, -1)),
                HINT = 'Convert the column, or rename the old audit table to keep it aside.';
        END IF;
    END LOOP;
    PERFORM pg_catalog.set_config('search_path', path, true);
END
$audit$;

CREATE OR REPLACE FUNCTION "audit"."Order ""x""_audit"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $audit$
DECLARE
    marker text := pg_catalog.current_setting('audit.tx', true);
    setting_0 text := pg_catalog.current_setting('audit.username', true);
BEGIN
    IF pg_catalog.starts_with(marker, extract(epoch FROM pg_catalog.now())::pg_catalog.text OPERATOR(pg_catalog.||) ' ') THEN NULL;
    ELSE
        marker := pg_catalog.current_setting('audit.session', true);
        IF pg_catalog.starts_with(marker, pg_catalog.pg_backend_pid()::pg_catalog.text OPERATOR(pg_catalog.||) ' ') THEN NULL;
        ELSE
            marker := NULL;
        END IF;
    END IF;
    IF pg_catalog.strpos(marker, ' username ') OPERATOR(pg_catalog.>) 0 THEN NULL;
    ELSIF setting_0 OPERATOR(pg_catalog.<>) '' THEN
        RAISE EXCEPTION USING ERRCODE = 'ZA002', CONSTRAINT = 'audit_context_stale', SCHEMA = 'public', TABLE = 'Order "x"', COLUMN = 'audit_username',
            MESSAGE = 'the audit context was set by another checkout or transaction than this one', HINT = 'Set it by `audited` or `get_audited`, or together with the marker audit.tx in the transaction of the write.';
    END IF;
    IF pg_catalog.btrim(setting_0, E' \t\n\r\f\x0b') OPERATOR(pg_catalog.<>) '' THEN NULL;
    ELSE
        RAISE EXCEPTION USING ERRCODE = 'ZA001', CONSTRAINT = 'audit_setting_missing', SCHEMA = 'public', TABLE = 'Order "x"', COLUMN = 'audit_username',
            MESSAGE = 'the session setting audit.username is required to write to "public"."Order ""x""", and is not set', HINT = 'Write within `audited(&context, ..)` or on a connection of `get_audited(&context)`.';
    END IF;
    IF pg_catalog.octet_length(setting_0) OPERATOR(pg_catalog.>) 1024 THEN
        RAISE EXCEPTION USING ERRCODE = 'ZA005', CONSTRAINT = 'audit_setting_invalid', SCHEMA = 'public', TABLE = 'Order "x"', COLUMN = 'audit_username',
            MESSAGE = 'audit.username is longer than 1024 bytes', HINT = 'Store a key here and the text in a table of its own.';
    END IF;
    IF TG_OP OPERATOR(pg_catalog.=) 'TRUNCATE' THEN
        INSERT INTO "audit"."Order ""x""_audit" (audit_operation, audit_operation_timestamp, audit_transaction_timestamp, audit_transaction_id, audit_session_user, audit_current_user, "audit_username")
        VALUES ('T',
            pg_catalog.clock_timestamp(), pg_catalog.now(), pg_catalog.txid_current(), session_user,
            CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user ELSE pg_catalog.current_setting('role') END, setting_0);
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'ZA003', CONSTRAINT = 'audit_row_not_stored', SCHEMA = 'public', TABLE = 'Order "x"',
                MESSAGE = 'the audit row of "public"."Order ""x""" was not stored in "audit"."Order ""x""_audit"', HINT = 'A rule or a trigger on the audit table stands in the way.';
        END IF;
    ELSE
        -- A key that changes ends: the row under the old key is gone.
        IF TG_OP OPERATOR(pg_catalog.=) 'DELETE'
            OR TG_OP OPERATOR(pg_catalog.=) 'UPDATE' AND ROW(OLD."id")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(NEW."id")::pg_catalog.record THEN
            INSERT INTO "audit"."Order ""x""_audit" (audit_operation, audit_operation_timestamp, audit_transaction_timestamp, audit_transaction_id, audit_session_user, audit_current_user, "audit_username", "id", "it's", "select")
            -- Constant, so decided when the statement is planned: both sides have the same types.
            VALUES (CASE WHEN ROW(
                    CASE WHEN false THEN OLD."id" END, CASE WHEN false THEN OLD."it's" END, CASE WHEN false THEN OLD."select" END
                )::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(
                    (NULL::"audit"."Order ""x""_audit")."id", (NULL::"audit"."Order ""x""_audit")."it's", (NULL::"audit"."Order ""x""_audit")."select"
                )::pg_catalog.record THEN 'D' END,
                pg_catalog.clock_timestamp(), pg_catalog.now(), pg_catalog.txid_current(), session_user,
                CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user ELSE pg_catalog.current_setting('role') END, setting_0, OLD."id", OLD."it's", OLD."select");
            IF NOT FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'ZA003', CONSTRAINT = 'audit_row_not_stored', SCHEMA = 'public', TABLE = 'Order "x"',
                    MESSAGE = 'the audit row of "public"."Order ""x""" was not stored in "audit"."Order ""x""_audit"', HINT = 'A rule or a trigger on the audit table stands in the way.';
            END IF;
        END IF;
        IF TG_OP OPERATOR(pg_catalog.<>) 'DELETE' THEN
            INSERT INTO "audit"."Order ""x""_audit" (audit_operation, audit_operation_timestamp, audit_transaction_timestamp, audit_transaction_id, audit_session_user, audit_current_user, "audit_username", "id", "it's", "select")
            -- Constant, so decided when the statement is planned: both sides have the same types.
            VALUES (CASE WHEN ROW(
                    CASE WHEN false THEN NEW."id" END, CASE WHEN false THEN NEW."it's" END, CASE WHEN false THEN NEW."select" END
                )::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(
                    (NULL::"audit"."Order ""x""_audit")."id", (NULL::"audit"."Order ""x""_audit")."it's", (NULL::"audit"."Order ""x""_audit")."select"
                )::pg_catalog.record THEN pg_catalog.left(TG_OP, 1) END,
                pg_catalog.clock_timestamp(), pg_catalog.now(), pg_catalog.txid_current(), session_user,
                CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' THEN session_user ELSE pg_catalog.current_setting('role') END, setting_0, NEW."id", NEW."it's", NEW."select");
            IF NOT FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'ZA003', CONSTRAINT = 'audit_row_not_stored', SCHEMA = 'public', TABLE = 'Order "x"',
                    MESSAGE = 'the audit row of "public"."Order ""x""" was not stored in "audit"."Order ""x""_audit"', HINT = 'A rule or a trigger on the audit table stands in the way.';
            END IF;
        END IF;
    END IF;
    RETURN NULL;
END
$audit$;
REVOKE ALL ON FUNCTION "audit"."Order ""x""_audit"() FROM PUBLIC;

SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('audit.before.search_path'), true);
