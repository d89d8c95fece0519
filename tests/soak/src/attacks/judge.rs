//! What has to hold after an attack, whatever it was.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

const TABLES: [(&str, &str); 2] = [
    ("item", "trail.public_item_log"),
    ("ledger", "trail.public_ledger_log"),
];

/// Everything that decides what is recorded, as one text: tables, triggers,
/// rules, functions, rights, types, roles, and defaults of settings.
const STRUCTURE: &str = "
    SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
        SELECT concat_ws(' ', oid, relnamespace, relname, relowner, relacl, relkind, relrowsecurity, relhassubclass, relispartition)
            FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'trail'::regnamespace)
        UNION ALL SELECT concat_ws(' ', attrelid, attname, atttypid, attnotnull, attisdropped, attacl) FROM pg_attribute
            WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'trail'::regnamespace))
        UNION ALL SELECT concat_ws(' ', tgrelid, tgname, tgfoid, tgenabled, tgtype) FROM pg_trigger
            WHERE tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'trail'::regnamespace))
        UNION ALL SELECT concat_ws(' ', ev_class, rulename, ev_enabled) FROM pg_rewrite
            WHERE ev_class IN (SELECT oid FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'trail'::regnamespace))
        UNION ALL SELECT concat_ws(' ', conrelid, conname, confrelid) FROM pg_constraint
            WHERE conrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'trail'::regnamespace))
                OR confrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'trail'::regnamespace))
        UNION ALL SELECT concat_ws(' ', inhrelid, inhparent) FROM pg_inherits
            WHERE inhparent IN (SELECT oid FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'trail'::regnamespace))
        UNION ALL SELECT concat_ws(' ', oid, proname, proowner, proacl, prosecdef, proconfig, md5(prosrc)) FROM pg_proc
            WHERE pronamespace IN ('public'::regnamespace, 'trail'::regnamespace, 'pg_catalog'::regnamespace)
        UNION ALL SELECT concat_ws(' ', oid, nspname, nspowner, nspacl) FROM pg_namespace WHERE nspname IN ('public', 'trail')
        UNION ALL SELECT concat_ws(' ', enumtypid, enumlabel) FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid
            WHERE typnamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', seqrelid, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle) FROM pg_sequence
            WHERE seqrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'trail'::regnamespace)
        UNION ALL SELECT concat_ws(' ', oid, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls)
            FROM pg_roles WHERE rolname LIKE current_database() || '%'
        UNION ALL SELECT concat_ws(' ', roleid, member) FROM pg_auth_members
        UNION ALL SELECT concat_ws(' ', oid, castsource, casttarget) FROM pg_cast WHERE castsource < 16384 AND casttarget < 16384
        UNION ALL SELECT concat_ws(' ', evtname, evtevent) FROM pg_event_trigger
    ) AS structure (line)";

/// How things were before an attack.
pub(super) struct Seen {
    structure: String,
    time: String,
    tables: [Table; 2],
}

struct Table {
    last: i64,
    rows: String,
    count: i64,
    events: i64,
}

impl Seen {
    pub(super) fn look(conn: &mut PgConnection) -> QueryResult<Seen> {
        let [item, ledger] = TABLES;
        Ok(Seen {
            structure: text(conn, STRUCTURE)?,
            time: text(conn, "SELECT clock_timestamp()::text")?,
            tables: [Table::look(conn, item)?, Table::look(conn, ledger)?],
        })
    }
}

impl Table {
    fn look(conn: &mut PgConnection, (table, history): (&str, &str)) -> QueryResult<Table> {
        let last = format!("SELECT coalesce(max(audit_id), 0) FROM {history}");
        let last = count(conn, &last)?;
        Ok(Table {
            last,
            rows: rows(conn, history, last)?,
            count: count(conn, &format!("SELECT count(*) FROM {history}"))?,
            events: events(conn, table)?,
        })
    }
}

/// What this attack is after: a query for how often it got it. `any write` is
/// that a write was recorded at all.
pub(super) fn taken(
    conn: &mut PgConnection,
    before: &Seen,
    success: &str,
) -> QueryResult<Vec<String>> {
    let [item, ledger] = &before.tables;
    let query = match success {
        "" => return Ok(Vec::new()),
        "any write" => format!(
            "SELECT (SELECT count(*) FROM trail.public_item_log) + (SELECT count(*) FROM trail.public_ledger_log) - {}",
            item.count + ledger.count
        ),
        query => query.replace("{last}", &item.last.to_string()),
    };
    let taken = count(conn, &query)?;
    let fault = (taken > 0).then(|| format!("it got {taken}, by {query}"));
    Ok(fault.into_iter().collect())
}

/// What holds always. `roles` are those that may have written.
pub(super) fn faults(
    conn: &mut PgConnection,
    before: &Seen,
    roles: &[&str; 2],
) -> QueryResult<Vec<String>> {
    let mut faults = Vec::new();
    if text(conn, STRUCTURE)? != before.structure {
        faults.push("what is installed has changed".to_owned());
    }
    for ((table, history), seen) in TABLES.into_iter().zip(&before.tables) {
        let mut say = |what: &str| faults.push(format!("{what} {history}"));
        if rows(conn, history, seen.last)? != seen.rows {
            say("rows from before are not the same in");
        }
        let new = count(conn, &format!("SELECT count(*) FROM {history}"))? - seen.count;
        let events = events(conn, table)? - seen.events;
        if new != events {
            say(&format!("{events} changes of {table}, {new} rows in"));
        }
        // The last row of each key is what the table holds.
        let differing = format!(
            "SELECT count(*) FROM {table} AS t FULL JOIN (
                 SELECT * FROM (
                     SELECT DISTINCT ON (id) * FROM {history} WHERE audit_id >
                         coalesce((SELECT max(audit_id) FROM {history} WHERE audit_operation = 'T'), 0)
                     ORDER BY id, audit_id DESC
                 ) AS last WHERE audit_operation <> 'D'
             ) AS h USING (id)
             WHERE t IS NULL OR h IS NULL OR t.v IS DISTINCT FROM h.v"
        );
        if count(conn, &differing)? > 0 {
            say(&format!("{table} is not what is last in"));
        }
        let untrue = format!(
            "SELECT count(*) FROM {history} WHERE audit_id > {} AND NOT (
                 audit_session_user IN ('{}', '{}') AND audit_current_user IN ('{}', '{}')
                 AND audit_operation_timestamp BETWEEN '{}' AND clock_timestamp()
                 AND audit_transaction_timestamp BETWEEN '{5}' AND audit_operation_timestamp
                 AND audit_transaction_id < txid_current()
                 AND octet_length(audit_username) <= 1024
             )",
            seen.last, roles[0], roles[1], roles[0], roles[1], before.time,
        );
        if count(conn, &untrue)? > 0 {
            say("what is not true is in");
        }
    }
    Ok(faults)
}

/// The five changes of an honest client, recorded as its own.
pub(super) fn honest_rows(conn: &mut PgConnection, turn: i32) -> Result<(), String> {
    for (table, history) in TABLES {
        let recorded = format!(
            "SELECT coalesce(string_agg(audit_operation || ' ' || id, ',' ORDER BY audit_id), '') FROM {history}
             WHERE id BETWEEN {turn} AND {turn} + 2 AND audit_username = 'honest'"
        );
        let recorded = text(conn, &recorded).map_err(|error| error.to_string())?;
        let [a, b, c] = [turn, turn + 1, turn + 2];
        let expected = format!("I {a},I {b},U {a},D {b},U {c},D {c}");
        if recorded != expected {
            return Err(format!(
                "of an honest write to {table} is recorded: {recorded}"
            ));
        }
    }
    Ok(())
}

fn rows(conn: &mut PgConnection, history: &str, last: i64) -> QueryResult<String> {
    let all = format!(
        "SELECT coalesce(md5(string_agg(h::text, E'\\n' ORDER BY audit_id)), '') FROM {history} AS h WHERE audit_id <= {last}"
    );
    text(conn, &all)
}

fn events(conn: &mut PgConnection, table: &str) -> QueryResult<i64> {
    let all = format!(
        "SELECT coalesce(sum(events), 0)::bigint FROM witness.event WHERE relation = '{table}'"
    );
    count(conn, &all)
}

fn count(conn: &mut PgConnection, query: &str) -> QueryResult<i64> {
    sql::<BigInt>(query).get_result(conn)
}

fn text(conn: &mut PgConnection, query: &str) -> QueryResult<String> {
    sql::<Text>(query).get_result(conn)
}
