-- The core of diesel-audit, version 1: what the audited tables of a database share. Do not edit it: a later version
-- is a migration of its own. A database that has it already stays as it is. In this order: tables, the key of
-- digests, settings, the places of rows, refusals, TRUNCATE, the order of rows, set_context, steps of migrations.
DO $core$
BEGIN
PERFORM pg_catalog.set_config('audit.search_path', pg_catalog.current_setting('search_path'), true);
PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
BEGIN
    IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'diesel_audit') THEN
        RAISE duplicate_schema;
    END IF;
    CREATE SCHEMA diesel_audit;
EXCEPTION WHEN duplicate_schema OR unique_violation THEN
    -- The functions of somebody who lacks the rights of this role would run with them.
    IF NOT (SELECT bool_and(pg_has_role(owner, 'USAGE')) FROM (
        SELECT nspowner AS owner FROM pg_namespace WHERE nspname = 'diesel_audit'
        UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace = 'diesel_audit'::regnamespace
    ) AS owners) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'the schema diesel_audit belongs to a role that the current one is not a member of',
            HINT = 'Drop it if it is not the core of diesel-audit, or run the migration as a member of its owner.';
    END IF;
    PERFORM set_config('search_path', current_setting('audit.search_path'), true);
    RETURN;
END;

CREATE FUNCTION diesel_audit.core() RETURNS integer
    LANGUAGE sql IMMUTABLE
RETURN 1;

-- One sequence for all audit tables: it orders the changes of a transaction across tables, too.
CREATE SEQUENCE diesel_audit.audit_id;

-- The columns that every audit table begins with.
CREATE TABLE diesel_audit.entry (
    audit_id bigint DEFAULT nextval('diesel_audit.audit_id') PRIMARY KEY,
    audit_operation text NOT NULL,
    audit_operation_timestamp timestamptz NOT NULL DEFAULT clock_timestamp(),
    audit_transaction_timestamp timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    audit_transaction_id bigint NOT NULL DEFAULT txid_current(),
    audit_session_user text NOT NULL DEFAULT session_user,
    -- The role in effect. In a function with the rights of its owner, current_user is that owner.
    audit_current_user text NOT NULL DEFAULT coalesce(nullif(current_setting('role'), 'none'), session_user),
    -- Where the row was that this change replaced, if the same transaction had made it.
    audit_replaces tid,
    -- Where the row is that this change has made.
    audit_version tid,
    -- Which command has ended the row. Of rows of the same transaction it numbers the ends in their order.
    audit_ended cid
);

-- The state of each audited table: what the last migration or task has installed, and what a write needs.
CREATE TABLE diesel_audit.audited (
    history regclass PRIMARY KEY,
    source regclass NOT NULL UNIQUE,
    functions text[] NOT NULL,
    key text[] NOT NULL,
    required text[] NOT NULL,
    optional text[] NOT NULL,
    max_bytes integer NOT NULL,
    scope text NOT NULL,
    forbids_unaudited boolean NOT NULL,
    -- Whether some changes of rows have no audit row.
    hides boolean NOT NULL,
    -- The equality of the key of two rows, h and m, by the operators of the index on it.
    same_key text,
    state text NOT NULL,
    core integer NOT NULL
);

-- Holds a row while rows of the own transaction get new numbers, and never for anybody else.
CREATE UNLOGGED TABLE diesel_audit.reordering (
    history regclass NOT NULL
);

-- Whether a transaction has changed a row of its own. The table stays empty: PostgreSQL counts how often the
-- transaction has read it, and unlike a setting the transaction cannot take that back.
CREATE TABLE diesel_audit.changed_own ();

-- The changes of own rows that skip_unchanged has left out: the row has gone from the one place to the other. Notes
-- of transactions that have ended mean nothing to anybody.
CREATE TABLE diesel_audit.passed_over (
    transaction_id bigint NOT NULL DEFAULT txid_current(),
    source oid NOT NULL,
    old_version tid NOT NULL,
    new_version tid NOT NULL
);
CREATE INDEX passed_over_old_idx ON diesel_audit.passed_over (transaction_id, source, old_version);
CREATE INDEX passed_over_new_idx ON diesel_audit.passed_over (transaction_id, source, new_version);

-- The key of the digests, as the two pads of HMAC. Without it they can be compared with nothing.
CREATE TABLE diesel_audit.hash_key (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    inner_pad bytea NOT NULL CHECK (octet_length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (octet_length(outer_pad) = 64)
);
CREATE FUNCTION diesel_audit.make_hash_key() RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key constant bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
        || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
    inner_octets bytea := decode(repeat('36', 64), 'hex');
    outer_octets bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    FOR n IN 0..31 LOOP
        inner_octets := set_byte(inner_octets, n, get_byte(inner_octets, n) # get_byte(key, n));
        outer_octets := set_byte(outer_octets, n, get_byte(outer_octets, n) # get_byte(key, n));
    END LOOP;
    INSERT INTO diesel_audit.hash_key (inner_pad, outer_pad) VALUES (inner_octets, outer_octets) ON CONFLICT DO NOTHING;
END
$$;
PERFORM diesel_audit.make_hash_key();

-- The key, for the functions of a table.
CREATE FUNCTION diesel_audit.pads(source text) RETURNS diesel_audit.hash_key
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    pads diesel_audit.hash_key;
BEGIN
    SELECT * INTO pads FROM diesel_audit.hash_key;
    IF NOT FOUND THEN
        PERFORM diesel_audit.refuse('ZA003', source, 'the key of the digests is not in diesel_audit.hash_key',
            'Run the transaction again if it is older than the audit; cargo diesel-audit verify makes a new key.');
    END IF;
    RETURN pads;
END
$$;

-- What trigger functions call. Such a function has no search_path of its own, so what it calls is
-- resolved here, once; and on the way of a good write it is one expression, so that PostgreSQL inlines it.

-- The marker of a context says whose it is, and names what it vouches for, each with the type of its value. That
-- of a checkout begins with the process, `4f2 session <request_id:uuid><username:text>`, and that of a
-- transaction with its start, `1764277200.123456 tx <username:text>`.
CREATE FUNCTION diesel_audit.is_of_transaction(pattern text) RETURNS boolean
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    marker pg_catalog.text := pg_catalog.current_setting('audit.context', true);
BEGIN
    RETURN pg_catalog.starts_with(marker, pg_catalog.concat(extract(epoch FROM pg_catalog.now())::pg_catalog.text, ' tx '))
        AND pg_catalog.textlike(marker, pattern);
END
$$;

-- A setting that is vouched for, and NULL for any other one.
CREATE FUNCTION diesel_audit.setting(name text) RETURNS text
    LANGUAGE sql STABLE
RETURN CASE WHEN current_setting('audit.context', true)
        LIKE to_hex(pg_backend_pid()) || (' session %<' || replace(name, '_', '\_') || ':%')
        OR diesel_audit.is_of_transaction('%<' || replace(name, '_', '\_') || ':%')
    THEN nullif(current_setting('audit.' || name, true), '') END;

-- The same, if the transaction vouches for it itself.
CREATE FUNCTION diesel_audit.setting_tx(name text) RETURNS text
    LANGUAGE sql STABLE
RETURN CASE WHEN diesel_audit.is_of_transaction('%<' || replace(name, '_', '\_') || ':%')
    THEN nullif(current_setting('audit.' || name, true), '') END;

-- The same where a required setting has shown whose context it is.
CREATE FUNCTION diesel_audit.further(name text) RETURNS text
    LANGUAGE sql STABLE
RETURN CASE WHEN current_setting('audit.context', true) LIKE '%<' || replace(name, '_', '\_') || ':%'
    THEN nullif(current_setting('audit.' || name, true), '') END;

-- Whether a setting holds a value of this type, as its marker says.
CREATE FUNCTION diesel_audit.further_is(name text, type text) RETURNS boolean
    LANGUAGE sql STABLE
RETURN current_setting('audit.context', true) LIKE '%<' || replace(name, '_', '\_') || ':' || type || '>%';

-- A setting whose marker has been checked.
CREATE FUNCTION diesel_audit.value(name text) RETURNS text
    LANGUAGE sql STABLE
RETURN current_setting('audit.' || name, true);

-- Whether a required setting has a value that can be recorded.
CREATE FUNCTION diesel_audit.is_given(name text, max_bytes integer) RETURNS boolean
    LANGUAGE sql STABLE
RETURN (current_setting('audit.context', true)
            LIKE to_hex(pg_backend_pid()) || (' session %<' || replace(name, '_', '\_') || ':%')
        OR diesel_audit.is_of_transaction('%<' || replace(name, '_', '\_') || ':%'))
    AND btrim(current_setting('audit.' || name, true), E' \t\n\r\f\x0b') <> ''
    AND octet_length(current_setting('audit.' || name, true)) <= max_bytes;

CREATE FUNCTION diesel_audit.is_given_tx(name text, max_bytes integer) RETURNS boolean
    LANGUAGE sql STABLE
RETURN diesel_audit.is_of_transaction('%<' || replace(name, '_', '\_') || ':%')
    AND btrim(current_setting('audit.' || name, true), E' \t\n\r\f\x0b') <> ''
    AND octet_length(current_setting('audit.' || name, true)) <= max_bytes;

CREATE FUNCTION diesel_audit.is_short(name text, max_bytes integer) RETURNS boolean
    LANGUAGE sql STABLE
RETURN (current_setting('audit.context', true) LIKE '%<' || replace(name, '_', '\_') || ':%'
    AND octet_length(current_setting('audit.' || name, true)) > max_bytes) IS NOT TRUE;

-- Whether there is a context, and not only the reason why there is none.
CREATE FUNCTION diesel_audit.is_audited() RETURNS boolean
    LANGUAGE sql STABLE
RETURN (current_setting('audit.context', true) LIKE to_hex(pg_backend_pid()) || ' session %'
        OR diesel_audit.is_of_transaction('%'))
    AND current_setting('audit.context', true) NOT LIKE '%<unaudited:%';

CREATE FUNCTION diesel_audit.is_audited_tx() RETURNS boolean
    LANGUAGE sql STABLE
RETURN diesel_audit.is_of_transaction('%') AND current_setting('audit.context', true) NOT LIKE '%<unaudited:%';

-- A setting in its type, from a text that nobody has vouched for as being of this type.
CREATE FUNCTION diesel_audit.read(source text, name text, type anyelement, max_bytes integer, scope text DEFAULT '')
    RETURNS anyelement
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    value pg_catalog.text := CASE WHEN pg_catalog.texteq(scope, 'tx') THEN diesel_audit.setting_tx(name)
        ELSE diesel_audit.setting(name) END;
BEGIN
    IF value IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN diesel_audit.convert(source, name, value, type, max_bytes);
END
$$;

CREATE FUNCTION diesel_audit.convert(source text, name text, value text, type anyelement, max_bytes integer)
    RETURNS anyelement
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    converted type%TYPE;
BEGIN
    IF octet_length(value) > max_bytes THEN
        PERFORM diesel_audit.refuse('ZA005', source, format('audit.%s is longer than %s bytes', name, max_bytes),
            'Store a key here and the text in a table of its own.', 'audit_' || name);
    END IF;
    BEGIN
        converted := value;
    EXCEPTION WHEN OTHERS THEN
        PERFORM diesel_audit.refuse('ZA005', source,
            format('audit.%s is not a value of the type %s', name, pg_typeof(type)),
            'Give a value that PostgreSQL reads as this type.', 'audit_' || name);
    END;
    RETURN converted;
END
$$;

-- A setting in its type. It is cast at once if the one who set it has vouched for its type, too.
CREATE FUNCTION diesel_audit.read_uuid(source text, name text, max_bytes integer) RETURNS uuid
    LANGUAGE sql STABLE
RETURN CASE WHEN diesel_audit.further_is(name, 'uuid') THEN current_setting('audit.' || name, true)::uuid
    ELSE diesel_audit.read(source, name, NULL::uuid, max_bytes) END;

CREATE FUNCTION diesel_audit.read_int8(source text, name text, max_bytes integer) RETURNS bigint
    LANGUAGE sql STABLE
RETURN CASE WHEN diesel_audit.further_is(name, 'int_') THEN current_setting('audit.' || name, true)::bigint
    ELSE diesel_audit.read(source, name, NULL::bigint, max_bytes) END;

CREATE FUNCTION diesel_audit.read_int4(source text, name text, max_bytes integer) RETURNS integer
    LANGUAGE sql STABLE
RETURN CASE WHEN diesel_audit.further_is(name, 'int4') THEN current_setting('audit.' || name, true)::integer
    ELSE diesel_audit.read(source, name, NULL::integer, max_bytes) END;

CREATE FUNCTION diesel_audit.read_bool(source text, name text, max_bytes integer) RETURNS boolean
    LANGUAGE sql STABLE
RETURN CASE WHEN diesel_audit.further_is(name, 'bool') THEN current_setting('audit.' || name, true)::boolean
    ELSE diesel_audit.read(source, name, NULL::boolean, max_bytes) END;

-- Whether somebody has touched this version of a row since it was made.
CREATE FUNCTION diesel_audit.is_touched(xmax xid) RETURNS boolean
    LANGUAGE sql IMMUTABLE
RETURN xmax <> '0'::xid;

-- Whether a row of this transaction may have come under a key of the table. Without the counts it may.
CREATE FUNCTION diesel_audit.has_written(source oid) RETURNS boolean
    LANGUAGE sql VOLATILE
RETURN pg_stat_get_xact_tuples_inserted(source) > 0 OR pg_stat_get_xact_tuples_updated(source) > 0
    OR current_setting('track_counts') = 'off';

-- Whether this transaction has changed a row of its own. PostgreSQL may still count what one before it has done
-- within the same second, which costs a further look and changes nothing.
CREATE FUNCTION diesel_audit.has_changed_own() RETURNS boolean
    LANGUAGE sql VOLATILE
RETURN pg_stat_get_xact_numscans('diesel_audit.changed_own'::regclass) > 0 OR current_setting('track_counts') = 'off';

CREATE FUNCTION diesel_audit.remember(version tid) RETURNS tid
    LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    PERFORM FROM diesel_audit.changed_own;
    RETURN version;
END
$$;

-- Where a row is that this transaction may have made, and NULL for an older one.
CREATE FUNCTION diesel_audit.own(xmin xid, version tid) RETURNS tid
    LANGUAGE sql VOLATILE
RETURN CASE WHEN age(xmin) <= 0 THEN diesel_audit.remember(version) END;

-- Notes a change that is not recorded, so that further changes of the row are found after it.
CREATE FUNCTION diesel_audit.pass_over(source oid, xmin xid, old_version tid, new_version tid) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_catalog.int4le(pg_catalog.age(xmin), 0) THEN
        PERFORM diesel_audit.note_passed_over(source, old_version, new_version);
    END IF;
END
$$;

-- The first note of a transaction takes those of others away that have ended.
CREATE FUNCTION diesel_audit.note_passed_over(source oid, old_version tid, new_version tid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- In another isolation level, a note that somebody else takes away at the same time would be an error.
    IF NOT diesel_audit.has_passed_over() AND current_setting('transaction_isolation') = 'read committed' THEN
        DELETE FROM diesel_audit.passed_over WHERE ctid IN (
            SELECT ctid FROM diesel_audit.passed_over FOR UPDATE SKIP LOCKED);
    END IF;
    INSERT INTO diesel_audit.passed_over (source, old_version, new_version) VALUES (source, old_version, new_version);
END
$$;

CREATE FUNCTION diesel_audit.has_passed_over() RETURNS boolean
    LANGUAGE sql VOLATILE
RETURN EXISTS (SELECT FROM diesel_audit.passed_over WHERE transaction_id = txid_current());

-- The keyed digest of a text, HMAC-SHA-256. Its bytes are taken as they are: convert_to would look into
-- them and show those that it finds invalid. <https://www.rfc-editor.org/rfc/rfc2104>
CREATE FUNCTION diesel_audit.digest(nulls integer, value text, inner_pad bytea, outer_pad bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE
RETURN CASE WHEN nulls = 0 THEN sha256(outer_pad || sha256(inner_pad || decode(replace(value COLLATE "C", '\', '\\'), 'escape'))) END;

-- Refusals. Diesel shows an error's constraint and detail and not its SQLSTATE, so all of them carry the code: a
-- pooler or a distributed engine may drop one.
CREATE FUNCTION diesel_audit.refuse(code text, source text, message text, hint text, column_name text DEFAULT '')
    RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    names constant text[] := parse_ident(source);
BEGIN
    RAISE EXCEPTION USING ERRCODE = code, SCHEMA = names[1], TABLE = names[2], COLUMN = column_name,
        MESSAGE = message, DETAIL = 'SQLSTATE ' || code, HINT = hint,
        CONSTRAINT = CASE code
            WHEN 'ZA001' THEN 'audit_setting_missing'
            WHEN 'ZA002' THEN 'audit_context_stale'
            WHEN 'ZA003' THEN 'audit_row_not_stored'
            WHEN 'ZA004' THEN 'audit_append_only'
            WHEN 'ZA005' THEN 'audit_setting_invalid'
            WHEN 'ZA006' THEN 'audit_order'
        END;
END
$$;

-- Says why the audit row of a change was not stored.
CREATE FUNCTION diesel_audit.refuse_write(history text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    marker constant text := coalesce(current_setting('audit.context', true), '');
    audited constant diesel_audit.audited := (SELECT a FROM diesel_audit.audited AS a WHERE a.history = to_regclass(refuse_write.history));
    source constant text := audited.source::text;
    is_ours constant boolean := coalesce(diesel_audit.is_of_transaction('%'), false)
        OR audited.scope <> 'tx' AND marker LIKE to_hex(pg_backend_pid()) || ' session %';
    say_who constant text := format('Write within `audited(&context, ..)` or on a connection of `get_audited(&context)`; '
        || 'in psql: BEGIN; SELECT diesel_audit.set_context(%s); ..; COMMIT;', (
            SELECT coalesce(string_agg(format('%L, ''..''', given), ', ' ORDER BY n), '''username'', ''..''')
            FROM unnest(CASE audited.required WHEN '{}' THEN audited.optional[1:1] ELSE audited.required END)
                WITH ORDINALITY AS g (given, n)));
    name text;
BEGIN
    IF audited IS NULL THEN
        PERFORM diesel_audit.refuse('ZA003', history, format('the state of the audit in %s is not in diesel_audit.audited', history),
            'cargo diesel-audit verify notes it again.');
    END IF;
    IF audited.forbids_unaudited AND (NOT is_ours OR strpos(marker, '<unaudited:') > 0) THEN
        PERFORM diesel_audit.refuse('ZA001', source,
            format('an audit context is required to write to %s, and none is set', source), say_who);
    END IF;
    FOREACH name IN ARRAY audited.required LOOP
        IF current_setting('audit.' || name, true) <> '' AND NOT (is_ours AND strpos(marker, '<' || name || ':') > 0) THEN
            PERFORM diesel_audit.refuse('ZA002', source,
                CASE WHEN audited.scope = 'tx' THEN 'the audit context was not set by this transaction'
                    ELSE format('audit.%s has a value that no context of this checkout or transaction has set', name) END,
                say_who, 'audit_' || name);
        END IF;
    END LOOP;
    FOREACH name IN ARRAY audited.required LOOP
        IF coalesce(btrim(current_setting('audit.' || name, true), E' \t\n\r\f\x0b'), '') = '' THEN
            PERFORM diesel_audit.refuse('ZA001', source,
                format('the session setting audit.%s is required to write to %s, and is not set', name, source),
                say_who, 'audit_' || name);
        END IF;
    END LOOP;
    FOREACH name IN ARRAY audited.required || audited.optional LOOP
        IF strpos(marker, '<' || name || ':') > 0 AND octet_length(current_setting('audit.' || name, true)) > audited.max_bytes THEN
            PERFORM diesel_audit.refuse('ZA005', source, format('audit.%s is longer than %s bytes', name, audited.max_bytes),
                'Store a key here and the text in a table of its own.', 'audit_' || name);
        END IF;
    END LOOP;
    PERFORM diesel_audit.refuse('ZA003', source, format('the audit row of %s was not stored in %s', source, history),
        'A rule or a trigger on the audit table stands in the way.');
END
$$;

-- Refuses a change of audit rows. Only reorder may give rows of its own transaction new numbers, and nothing else.
CREATE FUNCTION diesel_audit.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    history constant text := coalesce(pg_partition_root(TG_RELID), TG_RELID::regclass)::text;
BEGIN
    IF TG_OP = 'UPDATE' AND EXISTS (SELECT FROM diesel_audit.reordering) THEN
        IF TG_LEVEL = 'STATEMENT' THEN
            RETURN NULL;
        ELSIF OLD.audit_transaction_id = txid_current() AND OLD.audit_transaction_timestamp = CURRENT_TIMESTAMP THEN
            RETURN NEW;
        END IF;
    END IF;
    PERFORM diesel_audit.refuse('ZA004', history,
        format('the audit table %s is append-only: its rows are not changed or removed', history),
        'Change the source instead: that adds a row.');
    RETURN NULL;
END
$$;

-- Records that a table was emptied. A partition of it is emptied with all of it only: the end of its rows would
-- not be in their history.
CREATE FUNCTION diesel_audit.record_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    history constant text := TG_ARGV[0];
    audited constant diesel_audit.audited := (SELECT a FROM diesel_audit.audited AS a WHERE a.history = to_regclass(TG_ARGV[0]));
    is_recorded boolean;
    recorded bigint;
    name text;
BEGIN
    IF audited IS NULL THEN
        PERFORM diesel_audit.refuse_write(history);
    ELSIF pg_relation_size(TG_RELID) > 0
        OR EXISTS (SELECT FROM pg_partition_tree(TG_RELID) WHERE pg_relation_size(relid) > 0)
    THEN
        -- PostgreSQL empties all tables of a statement before it fires their triggers.
        PERFORM diesel_audit.refuse('ZA006', format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME),
            format('the rows that a trigger has written to %I.%I within its TRUNCATE would be recorded before it',
                TG_TABLE_SCHEMA, TG_TABLE_NAME),
            'Write to the table after the TRUNCATE, or TRUNCATE it in a statement of its own.');
    ELSIF TG_RELID <> audited.source THEN
        EXECUTE format('SELECT audit_operation = ''T'' AND audit_transaction_id = txid_current()
            AND audit_transaction_timestamp = CURRENT_TIMESTAMP FROM %s ORDER BY audit_id DESC LIMIT 1', history) INTO is_recorded;
        IF is_recorded IS NOT TRUE THEN
            PERFORM diesel_audit.refuse('ZA003', format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME),
                format('a TRUNCATE of the partition %I.%I alone is not recorded', TG_TABLE_SCHEMA, TG_TABLE_NAME),
                'TRUNCATE the partitioned table, without a trigger on it that writes rows, or DELETE the rows.');
        END IF;
        RETURN NULL;
    END IF;
    FOREACH name IN ARRAY audited.required LOOP
        IF (CASE audited.scope WHEN 'tx' THEN diesel_audit.is_given_tx(name, audited.max_bytes)
            ELSE diesel_audit.is_given(name, audited.max_bytes) END) IS NOT TRUE
        THEN
            PERFORM diesel_audit.refuse_write(history);
        END IF;
    END LOOP;
    FOREACH name IN ARRAY audited.optional LOOP
        IF NOT diesel_audit.is_short(name, audited.max_bytes) THEN
            PERFORM diesel_audit.refuse_write(history);
        END IF;
    END LOOP;
    IF audited.forbids_unaudited
        AND (CASE audited.scope WHEN 'tx' THEN diesel_audit.is_audited_tx() ELSE diesel_audit.is_audited() END) IS NOT TRUE
    THEN
        PERFORM diesel_audit.refuse_write(history);
    END IF;
    EXECUTE format('INSERT INTO %s (audit_operation) VALUES (''T'')', history);
    GET DIAGNOSTICS recorded = ROW_COUNT;
    IF recorded = 0 THEN
        PERFORM diesel_audit.refuse_write(history);
    END IF;
    RETURN NULL;
END
$$;

-- A statement inside of another one is recorded first, although it comes later: its rows have the lower
-- numbers. The row that was recorded last, mine, belongs before them. Other transactions see none of these rows.

-- Lets the rows of append-only histories be renumbered. Others can neither write to the table nor see the row.
CREATE FUNCTION diesel_audit.reorder(history regclass, same_key text, first bigint, mine bigint) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO diesel_audit.reordering VALUES (history);
    PERFORM diesel_audit.renumber(history, same_key, mine, first, mine);
    DELETE FROM diesel_audit.reordering;
END
$$;

-- Gives rows of the own transaction new numbers: those under the key of the row of_row, from first on, and before
-- the row mine. A key that ends by a change goes on under another one, whose rows follow.
CREATE FUNCTION diesel_audit.renumber(history regclass, same_key text, of_row bigint, first bigint, mine bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    numbers bigint[];
    number bigint;
    goes_on bigint;
BEGIN
    EXECUTE format(
        'SELECT array_agg(h.audit_id ORDER BY h.audit_id) FROM %1$s AS h JOIN %1$s AS m ON m.audit_id = $1 AND %2$s
         WHERE h.audit_transaction_id = txid_current() AND h.audit_transaction_timestamp = CURRENT_TIMESTAMP
             AND h.audit_id >= $2 AND h.audit_id < $3',
        history, same_key) INTO numbers USING of_row, first, mine;
    FOREACH number IN ARRAY coalesce(numbers, '{}') LOOP
        EXECUTE format(
            'WITH d AS (UPDATE %1$s SET audit_id = nextval(''diesel_audit.audit_id'') WHERE audit_id = $1
                 RETURNING audit_operation, audit_replaces)
             SELECT u.audit_id FROM d JOIN %1$s AS u USING (audit_replaces)
             WHERE d.audit_operation = ''D'' AND u.audit_operation = ''U'' AND u.audit_transaction_id = txid_current()
                 AND u.audit_transaction_timestamp = CURRENT_TIMESTAMP AND u.audit_id > $1 AND u.audit_id < $2',
            history) INTO goes_on USING number, mine;
        IF goes_on IS NOT NULL THEN
            PERFORM diesel_audit.renumber(history, same_key, goes_on, goes_on, mine);
        END IF;
    END LOOP;
END
$$;

CREATE FUNCTION diesel_audit.same_key(history regclass, key text[]) RETURNS text
    LANGUAGE sql STABLE
RETURN (
    SELECT string_agg(format('h.%1$I OPERATOR(%2$s.=) m.%1$I', name, coalesce(quote_ident(nspname), 'pg_catalog')), ' AND ')
    FROM unnest(key) AS name
        JOIN pg_attribute ON attrelid = history AND attname = name
        LEFT JOIN pg_opclass ON opcdefault AND opcintype = atttypid AND opcmethod = (SELECT oid FROM pg_am WHERE amname = 'btree')
        LEFT JOIN pg_namespace ON pg_namespace.oid = opcnamespace
);

-- After the audit row of a new version of a row: refuses the change if it was not stored. If the version was
-- touched, a further change of it may be recorded already.
CREATE FUNCTION diesel_audit.settle(history text, is_stored boolean, source oid, version tid) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    hides pg_catalog.bool;
BEGIN
    IF NOT is_stored THEN
        PERFORM diesel_audit.refuse_write(history);
    END IF;
    hides := (SELECT a.hides FROM diesel_audit.audited AS a WHERE pg_catalog.oideq(a.history, pg_catalog.to_regclass(settle.history)));
    -- Usually the version is only locked.
    IF diesel_audit.has_changed_own() OR hides THEN
        PERFORM diesel_audit.put_before_change(history, source, version);
    END IF;
END
$$;

CREATE FUNCTION diesel_audit.put_before_change(history text, source oid, version tid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mine constant bigint := currval('diesel_audit.audit_id');
    audited constant diesel_audit.audited := (
        SELECT a FROM diesel_audit.audited AS a WHERE a.history = to_regclass(put_before_change.history));
    at tid := version;
    first bigint;
    next_at tid;
    has_others boolean;
BEGIN
    LOOP
        EXECUTE format(
            'SELECT min(h.audit_id) FILTER (WHERE h.audit_replaces = $2), count(*) FILTER (WHERE h.audit_replaces IS NOT NULL OR $3) > 0
             FROM %1$s AS h JOIN %1$s AS m ON m.audit_id = $1 AND %2$s
             WHERE h.audit_transaction_id = txid_current() AND h.audit_transaction_timestamp = CURRENT_TIMESTAMP AND h.audit_id < $1',
            history, audited.same_key) INTO first, has_others USING mine, at, audited.hides;
        EXIT WHEN first IS NOT NULL;
        -- A change that was passed over has left another version.
        SELECT p.new_version INTO next_at FROM diesel_audit.passed_over AS p
            WHERE p.transaction_id = txid_current() AND p.source = put_before_change.source AND p.old_version = at;
        EXIT WHEN NOT FOUND;
        at := next_at;
    END LOOP;
    IF first IS NOT NULL THEN
        PERFORM diesel_audit.reorder(history, audited.same_key, first, mine);
    ELSIF has_others AND (audited.hides OR diesel_audit.has_passed_over())
        AND diesel_audit.lives(audited.source, audited.same_key, history, mine, at) IS NOT TRUE
    THEN
        PERFORM diesel_audit.refuse_order(history);
    END IF;
END
$$;

-- Whether this transaction has made a version of a row, in whichever of its subtransactions. A later number may also
-- be that of another transaction, which has committed, or a number of long ago.
CREATE FUNCTION diesel_audit.is_own(xmin xid) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN age(xmin) = 0 OR age(xmin) < 0
        AND pg_xact_status((pg_current_xact_id()::text::bigint - age(xmin))::text::xid8) = 'in progress';
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END
$$;

-- The same after the end of a key, under which another row may have come already.
CREATE FUNCTION diesel_audit.settle_end(history text, is_stored boolean, source oid, xmin xid, version tid, ended cid)
    RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mine bigint;
    audited diesel_audit.audited;
    numbers bigint[];
    operations text[];
    versions tid[];
    replaced tid[];
    ends cid[];
    at tid := version;
    made integer;
    last integer;
    lives boolean;
BEGIN
    IF NOT is_stored THEN
        PERFORM diesel_audit.refuse_write(history);
    END IF;
    mine := currval('diesel_audit.audit_id');
    audited := (SELECT a FROM diesel_audit.audited AS a WHERE a.history = to_regclass(settle_end.history));
    EXECUTE format(
        'SELECT array_agg(h.audit_id ORDER BY h.audit_id), array_agg(h.audit_operation ORDER BY h.audit_id),
             array_agg(h.audit_version ORDER BY h.audit_id), array_agg(h.audit_replaces ORDER BY h.audit_id),
             array_agg(h.audit_ended ORDER BY h.audit_id)
         FROM %1$s AS h JOIN %1$s AS m ON m.audit_id = $1 AND %2$s
         WHERE h.audit_transaction_id = txid_current() AND h.audit_transaction_timestamp = CURRENT_TIMESTAMP AND h.audit_id < $1',
        history, audited.same_key) INTO numbers, operations, versions, replaced, ends USING mine;
    IF numbers IS NULL THEN
        RETURN;
    ELSIF NOT diesel_audit.is_own(xmin) THEN
        -- A row from before this transaction has ended before anything else came under its key.
        PERFORM diesel_audit.reorder(history, audited.same_key, numbers[1], mine);
        RETURN;
    END IF;
    LOOP
        made := (SELECT max(i) FROM generate_subscripts(versions, 1) AS i WHERE versions[i] = at);
        EXIT WHEN made IS NOT NULL;
        SELECT p.old_version INTO at FROM diesel_audit.passed_over AS p
            WHERE p.transaction_id = txid_current() AND p.source = settle_end.source AND p.new_version = at;
        EXIT WHEN NOT FOUND;
    END LOOP;
    IF made IS NULL THEN
        -- The change that made the version is recorded later, or never. What has come under the key after it is
        -- recorded with its end. So it came last if the last one is gone, and otherwise before one that came.
        last := cardinality(numbers);
        lives := CASE operations[last] WHEN 'D' THEN audited.hides
            ELSE diesel_audit.lives(audited.source, audited.same_key, history, mine,
                CASE WHEN NOT audited.hides THEN diesel_audit.now_at(source, versions[last]) END) END;
        IF NOT lives AND operations[last] <> 'D' THEN
            made := last;
        ELSIF NOT audited.hides AND lives IS NOT NULL THEN
            made := (SELECT CASE count(*) WHEN 1 THEN min(i) END
                FROM (
                    SELECT max(i) FILTER (WHERE NOT is_later) AS after, min(i) FILTER (WHERE is_later) AS before
                    FROM (
                        SELECT i, replaced[i] IS NOT NULL AND ends[i]::text::bigint > ended::text::bigint AS is_later
                        FROM generate_series(1, last) AS i WHERE operations[i] = 'D'
                    ) AS end_at
                ) AS bounds CROSS JOIN generate_series(coalesce(after, 0), coalesce(before - 1, last)) AS i
                WHERE CASE WHEN i = last THEN operations[i] = 'D'
                    WHEN operations[i + 1] = 'I' THEN true
                    WHEN i = 0 THEN operations[1] = 'U' OR replaced[1] IS NOT NULL
                    ELSE replaced[i + 1] IS DISTINCT FROM diesel_audit.now_at(source, versions[i]) END);
        END IF;
        IF made IS NULL THEN
            PERFORM diesel_audit.refuse_order(history);
        END IF;
    END IF;
    -- It has ended before anything else came.
    IF made < cardinality(numbers) THEN
        PERFORM diesel_audit.reorder(history, audited.same_key, numbers[made + 1], mine);
    END IF;
END
$$;

-- Where a version has gone by changes that were passed over.
CREATE FUNCTION diesel_audit.now_at(source oid, version tid) RETURNS tid
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    next_at tid := version;
BEGIN
    WHILE next_at IS NOT NULL LOOP
        version := next_at;
        next_at := (SELECT p.new_version FROM diesel_audit.passed_over AS p
            WHERE p.transaction_id = txid_current() AND p.source = now_at.source AND p.old_version = version);
    END LOOP;
    RETURN version;
END
$$;

-- Whether the source has a row with the key of an audit row, at this place or at any, and NULL where it cannot be
-- seen: the owner of the trigger function need not read the source.
CREATE FUNCTION diesel_audit.lives(source regclass, same_key text, history text, mine bigint, version tid DEFAULT NULL)
    RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_there boolean;
BEGIN
    IF row_security_active(source) THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s AS h JOIN %s AS m ON m.audit_id = $1 AND %s WHERE h.ctid = coalesce($2, h.ctid))',
        source, history, same_key) INTO is_there USING mine, version;
    RETURN is_there;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN NULL;
END
$$;

CREATE FUNCTION diesel_audit.refuse_order(history text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source constant text := (SELECT a.source FROM diesel_audit.audited AS a WHERE a.history = to_regclass(refuse_order.history));
BEGIN
    PERFORM diesel_audit.refuse('ZA006', source,
        format('the changes of a row of %s cannot be recorded in their order: a statement has written to a row that '
            'another one is writing, and not all of its changes are recorded', source),
        'Write to the row in one of the two statements only, or record every change.');
END
$$;

-- Gives the transaction a context, from psql and scripts: names and values in turn. It replaces the one before.
CREATE FUNCTION diesel_audit.set_context(VARIADIC settings text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    marker text := extract(epoch FROM now())::text || ' tx ';
    n integer;
BEGIN
    settings := ARRAY(SELECT unnest(settings));
    IF cardinality(settings) = 0 OR cardinality(settings) % 2 = 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'a context is given as names and values in turn',
            HINT = 'For example: SELECT diesel_audit.set_context(''username'', ''ann'', ''reason'', ''cleanup'').';
    END IF;
    FOR n IN 1 .. cardinality(settings) BY 2 LOOP
        IF settings[n] IS NULL OR settings[n] !~ '^[a-z][a-z0-9_]{0,40}$' OR settings[n] IN
            ('context', 'constant', 'constants', 'nonce', 'search_path', 'session', 'tx') THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = format('%L is not the name of a session setting', settings[n]),
                HINT = 'A session setting is named without the prefix `audit.`, by [a-z][a-z0-9_]{0,40}.';
        ELSIF coalesce(btrim(settings[n + 1], E' \t\n\r\f\x0b'), '') = '' THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = format('the value of audit.%s is blank', settings[n]),
                HINT = 'Leave the setting out where it has no value.';
        END IF;
        PERFORM set_config('audit.' || settings[n], settings[n + 1], true);
        marker := marker || '<' || settings[n] || ':'
            || CASE WHEN settings[n + 1] ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN 'uuid' ELSE 'text' END || '>';
    END LOOP;
    PERFORM set_config('audit.context', marker, true);
END
$$;

-- What migrations and tasks call. It runs under a search_path of its own.

-- Begins a migration: everything up to finish() looks names up in pg_catalog first. Takes all locks or none,
-- and only the first one is waited for, so that nobody is deadlocked.
CREATE FUNCTION diesel_audit.start(lock_timeout text, tables text[] DEFAULT '{}', exclusive text[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM diesel_audit.go_on();
    PERFORM diesel_audit.lock(lock_timeout, tables, exclusive);
END
$$;

CREATE FUNCTION diesel_audit.go_on() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.set_config('audit.search_path', pg_catalog.current_setting('search_path'), true);
    PERFORM pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'pg_catalog, pg_temp',
        CASE WHEN pg_catalog.octet_length(pg_catalog.current_setting('search_path'))::pg_catalog.bool
            THEN pg_catalog.current_setting('search_path') END), true);
END
$$;

-- Gives the application's own statements their search_path back.
CREATE FUNCTION diesel_audit.finish() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.set_config('search_path', pg_catalog.current_setting('audit.search_path'), true);
END
$$;

CREATE FUNCTION diesel_audit.lock(lock_timeout text, tables text[], exclusive text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    deadline constant timestamptz := clock_timestamp() + lock_timeout::interval;
    waits boolean;
    name text;
BEGIN
    PERFORM set_config('lock_timeout', lock_timeout, true);
    -- Two migrations at once would replace each other's functions. Only who may write to it can take this lock.
    LOCK TABLE diesel_audit.audited IN SHARE ROW EXCLUSIVE MODE;
    LOOP
        BEGIN
            PERFORM set_config('lock_timeout',
                greatest(1, ceil(1000 * extract(epoch FROM deadline - clock_timestamp())))::integer::text, true);
            waits := true;
            FOREACH name IN ARRAY tables LOOP
                IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(name) AND relkind IN ('r', 'p')) THEN
                    EXECUTE format('LOCK TABLE %s IN %s MODE%s', name,
                        CASE WHEN name = ANY (exclusive) THEN 'ACCESS EXCLUSIVE' ELSE 'SHARE ROW EXCLUSIVE' END,
                        CASE WHEN NOT waits THEN ' NOWAIT' END);
                    waits := false;
                END IF;
            END LOOP;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF clock_timestamp() >= deadline THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_sleep(0.01);
    END LOOP;
    PERFORM set_config('lock_timeout', lock_timeout, true);
END
$$;

-- Refuses a step from another state than the one that the table is in. The state NULL is: not audited.
CREATE FUNCTION diesel_audit.expect(history text, from_state text, to_state text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    has constant text := (SELECT state FROM diesel_audit.audited AS a WHERE a.history = to_regclass(expect.history));
BEGIN
    IF has IS DISTINCT FROM from_state AND has IS DISTINCT FROM to_state THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('the audit in %s is in the state %s, and this step leads from %s to %s',
                history, coalesce(has, 'none'), coalesce(from_state, 'none'), coalesce(to_state, 'none')),
            HINT = 'Two branches may have changed it, or a migration has not run: cargo diesel-audit check.';
    END IF;
END
$$;

-- The table that an audit table is of, whatever it is called now.
CREATE FUNCTION diesel_audit.source_of(history text) RETURNS text
    LANGUAGE sql STABLE
RETURN (SELECT format('%I.%I', nspname, relname)
    FROM diesel_audit.audited AS a JOIN pg_class ON pg_class.oid = a.source JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE a.history = to_regclass(source_of.history));

-- Source and audit table have to fit each other; the audit table gets what it lacks, in the exact types of the
-- source (char(n), domains and the like). The source may have the columns in changing as they were or as they
-- will be: with the type that stands there, or with any if that is NULL.
CREATE FUNCTION diesel_audit.fit(source text, history text, stored text[], ours jsonb DEFAULT '{}', marked text[] DEFAULT '{}',
    excluded text[] DEFAULT '{}', changing jsonb DEFAULT '{}', splits_moves boolean DEFAULT false,
    append_only boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source_table constant regclass := source::regclass;
    audit_table constant regclass := history::regclass;
    history_is_empty boolean;
    fault record;
    attribute record;
    wanted oid;
BEGIN
    FOR fault IN
        SELECT CASE
            WHEN relkind = 'f' THEN 'is a foreign table, which others can change without its triggers'
            WHEN relkind NOT IN ('r', 'p') THEN 'is not a table'
            WHEN relpersistence = 't' THEN 'is temporary'
            WHEN NOT relispartition AND oid NOT IN (source_table, audit_table)
                THEN 'inherits from it, and the trigger does not see its rows'
            WHEN splits_moves AND oid = source_table AND (relkind = 'p' OR relispartition)
                THEN 'has partitions or is one: an UPDATE that moves a row to another partition is a DELETE and an INSERT'
        END AS text, oid::regclass AS name
        FROM pg_class
        WHERE oid = source_table OR oid = audit_table
            OR oid IN (
                WITH RECURSIVE below (relation) AS (
                    SELECT inhrelid FROM pg_inherits WHERE inhparent = source_table
                    UNION SELECT inhrelid FROM pg_inherits JOIN below ON inhparent = relation
                )
                SELECT relation FROM below
            )
    LOOP
        IF fault.text IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
                MESSAGE = format('%s cannot be audited in %s: %s %s', source_table, audit_table, fault.name, fault.text),
                HINT = CASE WHEN fault.text LIKE '%an UPDATE%' THEN 'Name insert, update and delete in #[audit(operations(...))], or none of them.'
                    WHEN fault.text LIKE 'inherits%' THEN 'Audit the child tables by models of their own, or make it a partitioned table.'
                    ELSE 'Audit the table on the server that it is on.' END;
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM pg_rewrite WHERE ev_class = audit_table)
        OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = audit_table AND NOT tgisinternal
            AND tgfoid <> 'diesel_audit.refuse_change()'::regprocedure)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = format('the audit table %s has a rule or a trigger, which could change or swallow its rows', audit_table),
            HINT = 'Drop it first.';
    ELSIF NOT append_only AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = audit_table
        AND tgfoid = 'diesel_audit.refuse_change()'::regprocedure)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = format('the audit table %s is append-only, and the model does not say so', audit_table),
            HINT = 'Say append_only in the model, or drop the triggers of the audit table first.';
    END IF;
    FOR attribute IN
        SELECT attname, attgenerated FROM pg_attribute
        WHERE attrelid = source_table AND attnum > 0 AND NOT attisdropped
    LOOP
        IF attribute.attname <> ALL (stored || marked || excluded) THEN
            RAISE EXCEPTION USING ERRCODE = 'undefined_column',
                MESSAGE = format('the column %I of %s is neither recorded nor excluded', attribute.attname, source_table),
                HINT = 'Bring the table! up to date (diesel print-schema), or name the column in #[audit(exclude("..."))].';
        ELSIF attribute.attgenerated = 'v' AND attribute.attname = ANY (stored || marked) THEN
            RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
                MESSAGE = format('the column %I of %s is a virtual generated column, whose value no trigger sees',
                    attribute.attname, source_table),
                HINT = 'Name it in #[audit(exclude("..."))], or make it GENERATED ALWAYS AS (...) STORED.';
        END IF;
    END LOOP;
    FOR attribute IN
        SELECT name FROM unnest(marked) AS name
        WHERE NOT changing ? name
            AND name NOT IN (SELECT attname FROM pg_attribute WHERE attrelid = source_table AND attnum > 0 AND NOT attisdropped)
    LOOP
        RAISE EXCEPTION USING ERRCODE = 'undefined_column',
            MESSAGE = format('%s has no column %I', source_table, attribute.name),
            HINT = 'The migration that adds it has to come first.';
    END LOOP;
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', audit_table) INTO history_is_empty;
    FOR attribute IN
        WITH wants (name, type, is_own) AS (
            SELECT attname, atttypid, true FROM pg_attribute
            WHERE attrelid = 'diesel_audit.entry'::regclass AND attnum > 0 AND NOT attisdropped
            UNION ALL SELECT key, diesel_audit.type_of(value), false FROM jsonb_each_text(ours)
            UNION ALL SELECT name, diesel_audit.type_of(changing ->> name), false FROM unnest(stored) AS name
        )
        SELECT c.name, c.type, c.is_own, s.atttypid AS source_type, h.atttypid AS history_type
        FROM wants AS c
        LEFT JOIN pg_attribute AS s ON s.attrelid = source_table AND s.attname = c.name AND s.attnum > 0 AND NOT s.attisdropped
        LEFT JOIN pg_attribute AS h ON h.attrelid = audit_table AND h.attname = c.name AND h.attnum > 0 AND NOT h.attisdropped
    LOOP
        IF attribute.source_type IS NULL AND attribute.history_type IS NOT NULL AND changing ? attribute.name THEN
            CONTINUE;
        END IF;
        -- The type is given for what is ours, and taken from the source for the rest.
        wanted := coalesce(attribute.type, attribute.source_type);
        IF wanted IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'undefined_column',
                MESSAGE = format('%s has no column %I', source_table, attribute.name),
                HINT = 'The migration that adds it has to come first.';
        END IF;
        WHILE EXISTS (SELECT FROM pg_type WHERE oid = wanted AND typtype = 'd') LOOP
            wanted := (SELECT typbasetype FROM pg_type WHERE oid = wanted);
        END LOOP;
        -- With -1, char and bit are named without the length 1 that SQL gives them.
        IF attribute.history_type = wanted THEN
            CONTINUE;
        ELSIF attribute.history_type IS NULL AND NOT attribute.is_own THEN
            EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', audit_table, attribute.name, format_type(wanted, -1));
        ELSIF EXISTS (
            -- Two names for the same text: varchar and text.
            SELECT FROM pg_cast
                JOIN pg_type AS had ON had.oid = castsource
                JOIN pg_type AS has ON has.oid = casttarget
            WHERE castsource = attribute.history_type AND casttarget = wanted AND castmethod = 'b'
                AND had.typcategory = 'S' AND has.typcategory = 'S'
        ) THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', audit_table, attribute.name, format_type(wanted, -1));
        ELSIF attribute.history_type IS NOT NULL AND changing ? attribute.name THEN
            CONTINUE;
        ELSIF attribute.history_type IS NOT NULL AND history_is_empty THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING NULL',
                audit_table, attribute.name, format_type(wanted, -1));
        ELSE
            RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
                MESSAGE = format('the audit table %s that is there from before does not fit: its column %I is %s and has to be %s',
                    audit_table, attribute.name,
                    coalesce(format_type(attribute.history_type, -1), 'missing'), format_type(wanted, -1)),
                HINT = 'Convert the column, or rename the old audit table to keep it aside.';
        END IF;
    END LOOP;
    -- An audit table that somebody has made, to partition it for example.
    FOR attribute IN
        SELECT attname AS name, pg_get_expr(adbin, adrelid) AS value
        FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
        WHERE adrelid = 'diesel_audit.entry'::regclass
        EXCEPT
        SELECT attname, pg_get_expr(adbin, adrelid)
        FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
        WHERE adrelid = audit_table
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', audit_table, attribute.name, attribute.value);
    END LOOP;
    EXECUTE format('SELECT setval(''diesel_audit.audit_id'', max(audit_id)) FROM %s
        HAVING max(audit_id) > (SELECT last_value FROM diesel_audit.audit_id)', audit_table);
END
$$;

-- A condition is about one row, and everybody may ask it. PostgreSQL says in its parsed form what it would be about.
CREATE FUNCTION diesel_audit.open_condition(function regproc) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parsed constant text := (SELECT prosqlbody::text FROM pg_proc WHERE oid = function);
    fault text;
BEGIN
    fault := CASE
        WHEN parsed LIKE '%:hasAggs true%' THEN 'grouping_error'
        WHEN parsed LIKE '%:hasWindowFuncs true%' THEN 'windowing_error'
        WHEN parsed LIKE '%:hasSubLinks true%' THEN 'feature_not_supported'
    END;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = fault,
            MESSAGE = format('the condition of %s is not about one row: it has an aggregate, a window or a subquery', function),
            HINT = 'Compare columns of OLD and NEW, as the WHEN of a trigger does.';
    END IF;
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', function);
END
$$;

-- A type by its name, which the application may have looked up on its own search_path.
CREATE FUNCTION diesel_audit.type_of(name text) RETURNS oid
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    path constant pg_catalog.text := pg_catalog.current_setting('search_path');
    found pg_catalog.oid;
BEGIN
    PERFORM pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', path,
        NULLIF(pg_catalog.current_setting('audit.search_path', true), '')), true);
    found := name::pg_catalog.regtype;
    PERFORM pg_catalog.set_config('search_path', path, true);
    RETURN found;
END
$$;

-- Ends a step that leaves a table audited: its triggers fire ALWAYS, also on partitions; nobody else has rights
-- that default privileges have granted; and the state is noted.
CREATE FUNCTION diesel_audit.close(source text, history text, state text, functions text[], key text[],
    required text[] DEFAULT '{}', optional text[] DEFAULT '{}', max_bytes integer DEFAULT 0, scope text DEFAULT '',
    forbids_unaudited boolean DEFAULT false, hides boolean DEFAULT false, truncate_trigger text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    partition regclass;
    trigger record;
BEGIN
    PERFORM diesel_audit.take_rights(history);
    PERFORM diesel_audit.take_rights(f) FROM unnest(functions) AS f;
    IF truncate_trigger IS NOT NULL THEN
        FOR partition IN SELECT relid FROM pg_partition_tree(source::regclass) WHERE relid <> source::regclass LOOP
            EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER TRUNCATE ON %s EXECUTE FUNCTION diesel_audit.record_truncate(%L)',
                truncate_trigger, partition, history);
        END LOOP;
    END IF;
    FOR trigger IN
        SELECT tgname, tgrelid::regclass AS name FROM pg_trigger
        WHERE (tgfoid = ANY (functions::regprocedure[]) AND tgparentid = 0
                OR tgfoid = 'diesel_audit.record_truncate()'::regprocedure
                OR tgfoid = 'diesel_audit.refuse_change()'::regprocedure)
            AND tgenabled <> 'A'
            AND tgrelid IN (SELECT relid FROM pg_partition_tree(source::regclass) UNION ALL SELECT history::regclass
                UNION ALL SELECT source::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', trigger.name, trigger.tgname);
    END LOOP;
    DELETE FROM diesel_audit.audited AS a WHERE a.history = close.history::regclass OR a.source = close.source::regclass;
    INSERT INTO diesel_audit.audited VALUES (history::regclass, source::regclass, functions, key,
        required, optional, max_bytes, scope, forbids_unaudited, hides, diesel_audit.same_key(history::regclass, key), state, 1);
END
$$;

-- Takes away what default privileges have granted on an audit table or a function: who can write to the one can
-- forge it, and who can execute the other can make it the trigger of a table of its own. Reading stays as granted.
CREATE FUNCTION diesel_audit.take_rights(name text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT 'TABLE' AS kind, string_agg(privilege_type, ', ') AS rights, grantee
        FROM pg_class, aclexplode(relacl)
        WHERE oid = to_regclass(CASE WHEN name NOT LIKE '%()' THEN name END)
            AND grantee <> relowner AND privilege_type <> 'SELECT'
        GROUP BY grantee
        UNION ALL
        SELECT 'FUNCTION', 'EXECUTE', grantee
        FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
        WHERE oid = to_regprocedure(CASE WHEN name LIKE '%()' THEN name END) AND grantee <> proowner
    LOOP
        EXECUTE format('REVOKE %s ON %s %s FROM %s', granted.rights, granted.kind, name,
            CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END);
    END LOOP;
END
$$;

-- Ends an audit. Its history stays if it holds a row or something depends on it: an empty one would only be in
-- the way of what the application's migrations do with the types of its columns.
CREATE FUNCTION diesel_audit.leave(history text, from_state text, seals text DEFAULT NULL, drops boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trigger record;
BEGIN
    PERFORM diesel_audit.expect(history, from_state, NULL);
    -- PostgreSQL has dropped the others with those of the table, of which they are clones.
    FOR trigger IN
        SELECT tgname, tgrelid::regclass AS name
        FROM diesel_audit.audited AS a CROSS JOIN pg_partition_tree(a.source) JOIN pg_trigger ON tgrelid = relid
        WHERE a.history = to_regclass(leave.history) AND tgfoid = 'diesel_audit.record_truncate()'::regprocedure
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', trigger.tgname, trigger.name);
    END LOOP;
    DELETE FROM diesel_audit.audited AS a WHERE a.history = to_regclass(leave.history);
    PERFORM diesel_audit.leave_table(history, drops);
    PERFORM diesel_audit.leave_table(seals, drops);
    PERFORM diesel_audit.leave_schema((parse_ident(history))[1]);
END
$$;

-- Ends an audit that is in another state than this, so that another one can begin: its triggers and functions go,
-- and its history stays.
CREATE FUNCTION diesel_audit.forget(history text, to_state text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    audited diesel_audit.audited;
    trigger record;
    name text;
BEGIN
    PERFORM diesel_audit.lock('5s', '{}', '{}');
    audited := (SELECT a FROM diesel_audit.audited AS a WHERE a.history = to_regclass(forget.history) AND a.state <> to_state);
    FOR trigger IN
        SELECT tgname, tgrelid::regclass AS name FROM pg_trigger
        WHERE tgparentid = 0 AND (
            tgfoid IN (SELECT to_regprocedure(f) FROM unnest(audited.functions) AS f)
            OR tgfoid = 'diesel_audit.record_truncate()'::regprocedure
                AND tgrelid IN (SELECT relid FROM pg_partition_tree(audited.source) UNION ALL SELECT audited.source)
            OR tgfoid = 'diesel_audit.refuse_change()'::regprocedure AND tgrelid = audited.history)
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', trigger.tgname, trigger.name);
    END LOOP;
    FOREACH name IN ARRAY coalesce(audited.functions, '{}') LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s', name);
    END LOOP;
    DELETE FROM diesel_audit.audited AS a WHERE a.history = audited.history;
END
$$;

CREATE FUNCTION diesel_audit.leave_table(name text, drops boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_empty boolean;
BEGIN
    IF to_regclass(name) IS NULL THEN
        RETURN;
    ELSIF drops THEN
        EXECUTE format('DROP TABLE %s', name);
        RETURN;
    END IF;
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', name) INTO is_empty;
    IF is_empty THEN
        EXECUTE format('DROP TABLE %s', name);
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
    IF drops THEN
        RAISE;
    END IF;
END
$$;

-- CREATE SCHEMA IF NOT EXISTS asks for the right to create schemas also where the schema is there.
CREATE FUNCTION diesel_audit.make_schema(name text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = name) THEN
        EXECUTE format('CREATE SCHEMA %I', name);
    END IF;
END
$$;

-- Drops the schema of audit tables with the last of them, if nobody has made more of it.
CREATE FUNCTION diesel_audit.leave_schema(name text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_namespace
        WHERE nspname = name AND nspacl IS NULL
            AND NOT EXISTS (SELECT FROM pg_default_acl WHERE defaclnamespace = pg_namespace.oid)
    ) THEN
        EXECUTE format('DROP SCHEMA %I', name);
    END IF;
EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
    NULL;
END
$$;

-- A column that is written no more. What it holds stays, under another name if its own is needed; an empty one
-- goes. Rows that hold nothing but the default of a setting hold nothing.
CREATE FUNCTION diesel_audit.retire(history text, name text, aside text DEFAULT NULL, default_value text DEFAULT NULL,
    seals text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type constant text := (SELECT format_type(atttypid, atttypmod) FROM pg_attribute
        WHERE attrelid = history::regclass AND attname = name AND NOT attisdropped);
    stays boolean;
    is_sealed boolean := false;
BEGIN
    IF default_value IS NULL THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I IS NOT NULL)', history, name) INTO stays;
    ELSE
        -- As text, since json has no equality.
        EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I::text IS DISTINCT FROM %L::%s::text)', history, name, default_value, type)
            INTO stays;
        IF seals IS NOT NULL AND to_regclass(seals) IS NOT NULL THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE $1 = ANY (columns))
                AND EXISTS (SELECT FROM %s WHERE %I IS NOT NULL)', seals, history, name) INTO is_sealed USING name;
        END IF;
    END IF;
    IF NOT (stays OR is_sealed) THEN
        EXECUTE format('ALTER TABLE %s DROP COLUMN %I', history, name);
        -- No other column of its name, which may be filled, is taken for it.
        PERFORM diesel_audit.rename_sealed(seals, name, '');
    ELSIF aside IS NOT NULL THEN
        PERFORM diesel_audit.rename_column(history, name, aside, seals);
    END IF;
END
$$;

-- Renames a column of an audit table, if it is there, and follows it in the seals.
CREATE FUNCTION diesel_audit.rename_column(history text, before text, after text, seals text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = history::regclass AND attname = before AND NOT attisdropped) THEN
        EXECUTE format('ALTER TABLE %s RENAME COLUMN %I TO %I', history, before, after);
        PERFORM diesel_audit.rename_sealed(seals, before, after);
    END IF;
END
$$;

CREATE FUNCTION diesel_audit.rename_sealed(seals text, before text, after text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF seals IS NOT NULL AND to_regclass(seals) IS NOT NULL THEN
        EXECUTE format('UPDATE %s SET columns = array_replace(columns, $1, $2) WHERE $1 = ANY (columns)', seals)
            USING before, after;
    END IF;
END
$$;

-- A column that is there may be filled no more.
CREATE FUNCTION diesel_audit.drop_default(history text, name text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = history::regclass AND attname = name AND NOT attisdropped) THEN
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', history, name);
    END IF;
END
$$;

-- Gives a column another type. Where a value would be rounded or lost, the column stays aside and a new one begins.
CREATE FUNCTION diesel_audit.convert_column(history text, name text, type regtype, aside text, seals text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    had constant text := (SELECT format_type(atttypid, atttypmod) FROM pg_attribute
        WHERE attrelid = history::regclass AND attname = name AND NOT attisdropped);
    -- Equal numbers may have two texts, and seals are over the text.
    shown constant text := CASE WHEN seals IS NULL THEN '' ELSE '::text' END;
    is_lost boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$s WHERE %2$I::%3$s::%4$s%5$s IS DISTINCT FROM %2$I%5$s)',
        history, name, type, had, shown) INTO is_lost;
    IF is_lost THEN
        RAISE numeric_value_out_of_range;
    END IF;
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', history, name, type);
EXCEPTION WHEN numeric_value_out_of_range OR feature_not_supported THEN
    PERFORM diesel_audit.rename_column(history, name, aside, seals);
    EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', history, name, type);
END
$$;

-- Other roles have no right on any of it, whatever default privileges have granted.
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT grantee, kind FROM (
            SELECT 'SCHEMA' AS kind, (aclexplode(nspacl)).grantee, nspowner AS owner FROM pg_namespace WHERE nspname = 'diesel_audit'
            UNION ALL SELECT CASE relkind WHEN 'S' THEN 'ALL SEQUENCES IN SCHEMA' ELSE 'ALL TABLES IN SCHEMA' END,
                (aclexplode(relacl)).grantee, relowner FROM pg_class WHERE relnamespace = 'diesel_audit'::regnamespace
            UNION ALL SELECT 'ALL FUNCTIONS IN SCHEMA', (aclexplode(coalesce(proacl, acldefault('f', proowner)))).grantee, proowner
                FROM pg_proc WHERE pronamespace = 'diesel_audit'::regnamespace
        ) AS rights
        WHERE grantee <> owner
    LOOP
        EXECUTE format('REVOKE ALL ON %s diesel_audit FROM %s', granted.kind,
            CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END);
    END LOOP;
END;
PERFORM set_config('search_path', current_setting('audit.search_path'), true);
END
$core$;
