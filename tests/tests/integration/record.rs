//! `record(..)`: what an audit row says of the session of its change, in SQL and
//! in the typed struct.

use std::net::IpAddr;

use audit_test_server::{Database, Server};
use diesel::prelude::*;
use diesel_audit::{
    AuditConnection, AuditContext, Audited, BaselineOptions, ClientAddr, baseline, install,
};
use diesel_audit_model::SessionFact;

use crate::support::{
    count, describe, enable_triggers, past_the_triggers, public, run, run_as_alice, text, texts,
};

diesel::table! {
    orders (id) {
        id -> Int4,
        note -> Text,
    }
}

#[derive(Debug, Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = orders, check_for_backend(diesel::pg::Pg))]
#[audit(record(query, application_name, backend_pid, client_addr))]
#[audit(session_settings(username: Nullable<Text>))]
struct Order {
    id: i32,
    note: String,
}

/// A database with the table, and its audit.
fn database() -> (Database, PgConnection) {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    begin(&mut conn);
    (database, conn)
}

fn begin(conn: &mut PgConnection) {
    run(
        conn,
        "CREATE TABLE orders (id integer PRIMARY KEY, note text NOT NULL)",
    );
    install(conn, &[Order::audited_table().expect("a table")]).expect("installed");
}

fn last(conn: &mut PgConnection) -> OrderAudit {
    orders_audit::table
        .order(orders_audit::audit_id.desc())
        .select(OrderAudit::as_select())
        .first(conn)
        .expect("an audit row")
}

/// The address that the server sees this connection come from.
fn address(conn: &mut PgConnection) -> IpAddr {
    text(conn, "SELECT host(inet_client_addr())")
        .parse()
        .expect("an address")
}

#[test]
fn what_each_fact_is() {
    let (_database, mut conn) = database();
    run(&mut conn, "SET application_name = 'billing'");
    let context = AuditContext::new().set("username", "ada").expect("ada");
    conn.audited(&context, |conn| {
        diesel::insert_into(orders::table)
            .values((orders::id.eq(1), orders::note.eq("a secret")))
            .execute(conn)
    })
    .expect("inserted");
    let row = last(&mut conn);
    assert_eq!(row.audit_application_name.as_deref(), Some("billing"));
    let address = ClientAddr::from(address(&mut conn));
    assert_eq!(row.audit_client_addr, Some(address));
    let pid = count(&mut conn, "SELECT pg_backend_pid()::bigint");
    assert_eq!(row.audit_backend_pid.map(i64::from), Some(pid));
    assert_eq!(
        row.audit_query.as_deref(),
        Some(r#"INSERT INTO "orders" ("id", "note") VALUES ($1, $2)"#)
    );
    assert_eq!(row.audit_username.as_deref(), Some("ada"));
    let order: Order = orders::table.find(1).first(&mut conn).expect("an order");
    assert_eq!(row.note, Some(order.note));

    let from_here: i64 = orders_audit::table
        .filter(orders_audit::audit_client_addr.eq(address))
        .filter(orders_audit::audit_backend_pid.eq(row.audit_backend_pid))
        .count()
        .get_result(&mut conn)
        .expect("a count");
    assert_eq!(from_here, 1);
    let elsewhere: IpAddr = "2001:db8::1".parse().expect("an address");
    let from_elsewhere: i64 = orders_audit::table
        .filter(orders_audit::audit_client_addr.eq(ClientAddr::from(elsewhere)))
        .count()
        .get_result(&mut conn)
        .expect("a count");
    assert_eq!(from_elsewhere, 0);
}

/// Behind the columns that every audit table has, and before the settings.
#[test]
fn where_the_columns_are() {
    let (_database, mut conn) = database();
    let columns = texts(
        &mut conn,
        "SELECT attname || ' ' || format_type(atttypid, -1) FROM pg_attribute
         WHERE attrelid = 'audit.orders_audit'::regclass AND attnum > 7 ORDER BY attnum",
    );
    let columns: Vec<String> = columns.into_iter().flatten().collect();
    assert_eq!(
        columns,
        [
            "audit_replaces tid",
            "audit_version tid",
            "audit_ended cid",
            "audit_application_name text",
            "audit_client_addr inet",
            "audit_backend_pid integer",
            "audit_query text",
            "audit_username text",
            "id integer",
            "note text",
        ]
    );
}

/// TRUNCATE has a session, too, and so has a baseline: the one that writes it.
#[test]
fn every_operation_has_them() {
    let (_database, mut conn) = database();
    run(
        &mut conn,
        &past_the_triggers("orders", "INSERT INTO orders VALUES (1, 'a')"),
    );
    run(&mut conn, "SET application_name = 'backfill'");
    run(
        &mut conn,
        "ALTER TABLE orders DISABLE TRIGGER \"00_orders_audit_truncate\"",
    );
    let table = Order::audited_table().expect("a table");
    let written = baseline(&mut conn, &table, BaselineOptions::new())
        .and_then(|baseline| baseline.finish())
        .expect("a baseline")
        .written;
    assert_eq!(written, 1);
    run(
        &mut conn,
        "INSERT INTO orders VALUES (2, 'b'); UPDATE orders SET id = 3 WHERE id = 2; DELETE FROM orders WHERE id = 3",
    );
    run(&mut conn, &enable_triggers("orders"));
    run(&mut conn, "TRUNCATE orders");
    let known = texts(
        &mut conn,
        "SELECT audit_operation FROM audit.orders_audit
         WHERE audit_application_name = 'backfill' AND audit_backend_pid = pg_backend_pid()
             AND audit_client_addr = inet_client_addr() AND audit_query <> ''
         ORDER BY audit_id",
    );
    let known: String = known.into_iter().flatten().collect();
    assert_eq!(known, "BIDUDT");
}

#[test]
fn a_long_query_is_cut() {
    let (_database, mut conn) = database();
    let query = format!(
        "INSERT INTO orders VALUES (1, 'é') /* {} */",
        "é".repeat(20_000)
    );
    run(&mut conn, &query);
    let recorded = last(&mut conn).audit_query.expect("a query");
    let start: String = query.chars().take(8192).collect();
    assert_eq!(recorded, start);
}

/// Without a name the client has none, by a Unix socket it has no address.
#[test]
fn by_a_unix_socket() {
    let socket = format!("@audit_test_{}", std::process::id());
    let Ok(server) = Server::start_local_with(&[("unix_socket_directories", &socket)]) else {
        eprintln!("skipped: there are no binaries of a server, or no such sockets");
        return;
    };
    let database = server.create_database().expect("a database");
    let mut conn = database.connect();
    let port = text(&mut conn, "SHOW port");
    let user = text(&mut conn, "SELECT current_user::text");
    let name = database.name();
    let mut conn = PgConnection::establish(&format!(
        "host={socket} port={port} user={user} dbname={name}"
    ))
    .expect("a connection by the socket");
    begin(&mut conn);
    run(
        &mut conn,
        "SET application_name = ''; INSERT INTO orders VALUES (1, 'a')",
    );
    let row = last(&mut conn);
    assert_eq!(row.audit_client_addr, None);
    assert_eq!(row.audit_application_name.as_deref(), Some(""));
    assert!(row.audit_backend_pid.is_some() && row.audit_query.is_some());
}

/// Each alone, and no column of the others.
#[test]
fn one_fact_alone() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    for fact in SessionFact::ALL {
        run(
            &mut conn,
            "DROP SCHEMA IF EXISTS audit CASCADE; DROP TABLE IF EXISTS item; CREATE TABLE item (id integer PRIMARY KEY)",
        );
        let mut table = describe(&mut conn, public("item"));
        table.policy.record = vec![fact].into();
        crate::support::install(&mut conn, &table);
        run_as_alice(&mut conn, "INSERT INTO item VALUES (1)");
        let columns = texts(
            &mut conn,
            "SELECT key FROM audit.item_audit AS past, jsonb_each(to_jsonb(past))
             WHERE value <> 'null' AND key IN ('audit_application_name', 'audit_client_addr', 'audit_backend_pid', 'audit_query')",
        );
        let columns: Vec<String> = columns.into_iter().flatten().collect();
        assert_eq!(columns, [fact.column()]);
    }
}
