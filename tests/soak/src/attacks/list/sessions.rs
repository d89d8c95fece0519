//! What a session can be made to be: its `search_path`, its settings, its
//! transactions.

use super::{Attack, app};

const SHADOWS: &str = "CREATE TEMP TABLE public_item_log (audit_id bigint, audit_operation text, \
     audit_operation_timestamp timestamptz, audit_transaction_timestamp timestamptz, audit_transaction_id bigint, \
     audit_session_user text, audit_current_user text, audit_replaces tid, audit_version tid, audit_ended cid, audit_username text, audit_request_id uuid, id integer, v text, plan public.plan); \
     GRANT ALL ON pg_temp.public_item_log TO PUBLIC";

/// What the owner of the audit may not see would not be taken from there.
const OPEN: &str =
    "GRANT USAGE ON SCHEMA evil TO PUBLIC; SET search_path = evil, pg_catalog, public";

const CHANGE: &str = "as bob: UPDATE public.item SET v = coalesce(v, '') || 'x'; INSERT INTO public.ledger \
     SELECT max(id) + 500000 - max(id) % 10 + 1, 'x' FROM public.ledger WHERE id < 400000 \
     ON CONFLICT (id) DO UPDATE SET v = 'y'";

pub(super) const ATTACKS: &[Attack] = &[
    app("a temporary table of the same name", &[
        SHADOWS,
        "SET search_path = pg_temp, public",
        CHANGE,
        "SET search_path = pg_temp, trail, public",
        CHANGE,
    ]),
    app("functions on the search_path", &[
        "CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '1999-01-01' $$",
        "CREATE FUNCTION evil.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ \
             SELECT CASE $1 WHEN 'audit.username' THEN 'ceo' ELSE pg_catalog.current_setting($1, $2) END $$",
        "CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT 'ceo' $$",
        "CREATE FUNCTION evil.pg_backend_pid() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION evil.txid_current() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
        "CREATE FUNCTION evil.\"left\"(text, integer) RETURNS text LANGUAGE sql AS $$ SELECT 'X' $$",
        "CREATE FUNCTION evil.octet_length(text) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION evil.btrim(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'ceo' $$",
        "CREATE FUNCTION evil.record_image_ne(record, record) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN false; END'",
        OPEN,
        CHANGE,
        "as bob: UPDATE public.item SET id = id + 300000 WHERE id = (SELECT min(id) FROM public.item)",
        "CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '1999-01-01' $$",
        CHANGE,
    ]),
    app("operators on the search_path", &[
        "CREATE FUNCTION evil.is(text, text) RETURNS boolean LANGUAGE sql AS \
             $$ SELECT $1 OPERATOR(pg_catalog.=) $2 AND $2 OPERATOR(pg_catalog.<>) 'DELETE' $$",
        "CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.is)",
        "CREATE FUNCTION evil.no(record, record) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN false; END'",
        "CREATE OPERATOR evil.*<> (LEFTARG = record, RIGHTARG = record, FUNCTION = evil.no)",
        OPEN,
        CHANGE,
        "as bob: UPDATE public.item SET id = id + 300000 WHERE id = (SELECT min(id) FROM public.item)",
        "as bob: DELETE FROM public.item WHERE id = (SELECT max(id) FROM public.item)",
        "CREATE FUNCTION evil.no(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
        "CREATE FUNCTION evil.no(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
        "CREATE OPERATOR evil.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.no)",
        "CREATE OPERATOR evil.> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.no)",
        CHANGE,
        "CREATE OPERATOR evil.*= (LEFTARG = record, RIGHTARG = record, FUNCTION = evil.no)",
        CHANGE,
    ]),
    app("what the application logs in with", &[
        "CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'no'::text $$",
        "CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '1999-01-01' $$",
        "CREATE DOMAIN evil.text AS pg_catalog.text CHECK (VALUE = 'ceo')",
        "ALTER ROLE {attacker} SET search_path = evil, pg_catalog, public",
        "ALTER ROLE {attacker} SET DateStyle = 'German'; ALTER ROLE {attacker} SET extra_float_digits = -15",
        "ALTER ROLE {attacker} SET standard_conforming_strings = off",
        OPEN,
        "reconnect",
        CHANGE,
    ]),
    app("types and casts on the search_path", &[
        "CREATE DOMAIN evil.text AS pg_catalog.text CHECK (VALUE = 'ceo')",
        "CREATE DOMAIN evil.uuid AS pg_catalog.text",
        "CREATE DOMAIN evil.record AS pg_catalog.text",
        "CREATE TYPE evil.plan AS ENUM ('free')",
        "CREATE FUNCTION evil.cast_it(public.plan) RETURNS pg_catalog.text LANGUAGE sql AS $$ SELECT 'x'::pg_catalog.text $$",
        "CREATE CAST (public.plan AS pg_catalog.text) WITH FUNCTION evil.cast_it(public.plan) AS IMPLICIT",
        "CREATE CAST (pg_catalog.text AS pg_catalog.int4) WITHOUT FUNCTION AS IMPLICIT",
        OPEN,
        CHANGE,
    ]),
    app("a function on the search_path that makes a superuser", &[
        "CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN
             BEGIN EXECUTE 'ALTER ROLE {attacker} SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
             BEGIN DELETE FROM trail.public_item_log; EXCEPTION WHEN OTHERS THEN NULL; END;
             RETURN pg_catalog.now(); END $$",
        OPEN,
        CHANGE,
    ])
    .gets("SELECT count(*) FROM pg_roles WHERE rolname = '{attacker}' AND rolsuper"),
    app("a replica's session", &[
        "SET session_replication_role = replica",
        "SET LOCAL session_replication_role = 'local'",
        "ALTER ROLE {attacker} SET session_replication_role = replica",
        "reconnect",
        CHANGE,
    ]),
    app("a replica's session by startup options", &[CHANGE]).with("-c session_replication_role=replica"),
    app("settings that only read", &[
        "SET default_transaction_read_only = on",
        CHANGE,
        "SET default_transaction_read_only = off",
        "BEGIN READ ONLY",
        CHANGE,
        "ROLLBACK",
    ]),
    app("settings of time", &[
        "SET statement_timeout = '1ms'",
        CHANGE,
        "SET statement_timeout = 0", "SET lock_timeout = '1ms'",
        CHANGE,
        "SET idle_in_transaction_session_timeout = '1ms'",
        CHANGE,
    ]),
    app("settings of how values look", &[
        "SET extra_float_digits = -15", "SET bytea_output = 'escape'", "SET DateStyle = 'German'", "SET IntervalStyle = 'iso_8601'",
        CHANGE,
        "SET TimeZone = 'Pacific/Apia'", "SET lc_monetary = 'C'", "SET xmloption = 'document'", "SET xmlbinary = 'hex'",
        CHANGE,
        "SET client_encoding = 'LATIN1'", "SET default_text_search_config = 'simple'",
        CHANGE,
    ]),
    app("settings of how statements are read", &[
        "SET transform_null_equals = on", "SET quote_all_identifiers = on", "SET array_nulls = off",
        CHANGE,
        "SET backslash_quote = on", "SET standard_conforming_strings = off", "SET escape_string_warning = off",
        CHANGE,
        "SET check_function_bodies = off", "SET row_security = off", "SET search_path = ''",
        CHANGE,
        "SET plpgsql.variable_conflict = 'use_column'",
        "SET plpgsql.extra_errors = 'all'", "SET plpgsql.check_asserts = off",
        CHANGE,
    ]),
    app("settings of how statements are planned and stored", &[
        "SET plan_cache_mode = 'force_generic_plan'", "SET jit = on", "SET jit_above_cost = 0", "SET constraint_exclusion = on",
        CHANGE,
        "SET force_parallel_mode = on", "SET debug_parallel_query = on", "SET parallel_setup_cost = 0", "SET enable_seqscan = off",
        CHANGE,
        "SET default_tablespace = 'pg_global'", "SET default_table_access_method = 'nothing'", "SET temp_tablespaces = ''",
        CHANGE,
        "SET synchronous_commit = off", "SET default_transaction_isolation = 'serializable'", "SET default_transaction_deferrable = on",
        CHANGE,
        "SET client_min_messages = 'error'", "SET ignore_system_indexes = on", "SET work_mem = '64kB'",
        CHANGE,
    ]),
    app("settings of the connection", &[CHANGE])
        .with("-c ignore_system_indexes=on -c row_security=off -c statement_timeout=0 -c search_path=pg_temp"),
    app("work that is undone half way", &[
        "as bob: SAVEPOINT s; UPDATE public.item SET v = 'x'; ROLLBACK TO s; UPDATE public.item SET v = 'y'; RELEASE s",
        "as bob: DO $$ BEGIN UPDATE public.item SET v = 'z'; RAISE 'no'; EXCEPTION WHEN OTHERS THEN NULL; END $$",
        "DO $$ BEGIN UPDATE public.item SET v = 'w'; EXCEPTION WHEN OTHERS THEN NULL; END $$",
        "BEGIN; UPDATE public.item SET v = 'u'",
        "COMMIT",
    ]),
    app("deferred, deep and by itself", &[
        "as bob: SET CONSTRAINTS ALL DEFERRED; UPDATE public.item SET v = 'd'",
        "CREATE FUNCTION evil.deep(n integer) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
             PERFORM evil.deep(n + 1); EXCEPTION WHEN statement_too_complex THEN UPDATE public.item SET v = 'deep'; END $$",
        "as bob: SELECT evil.deep(1)",
        "as bob: DO $$ DECLARE c CURSOR FOR SELECT * FROM public.item FOR UPDATE; BEGIN
             FOR r IN c LOOP UPDATE public.item SET v = 'c' WHERE CURRENT OF c; END LOOP; END $$",
    ]),
    app("every way to write", &[
        "CREATE VIEW evil.v AS SELECT * FROM public.item",
        "as bob: UPDATE evil.v SET v = 'by a view'; DELETE FROM evil.v WHERE id = (SELECT max(id) FROM public.item)",
        "as bob: MERGE INTO public.item USING (VALUES (450001), (450002)) AS n (n) ON id = n \
             WHEN MATCHED THEN UPDATE SET v = 'm' WHEN NOT MATCHED THEN INSERT VALUES (n, 'm')",
        "as bob: WITH w AS (UPDATE public.item SET v = 'w' RETURNING id) DELETE FROM public.ledger WHERE id IN (SELECT id FROM w)",
        "as bob: INSERT INTO public.item VALUES (450001, 'c') ON CONFLICT (id) DO UPDATE SET id = 450003",
        "as bob: UPDATE public.ledger SET id = id + 2000000 WHERE id = (SELECT max(id) FROM public.ledger WHERE id < 1000000)",
    ]),
];
