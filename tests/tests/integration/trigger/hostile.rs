//! What somebody has put in the way of PostgreSQL's operators, functions, types and relations is
//! never used: not by whoever changes the audit, and not for whoever writes. The long
//! form is `soak -- attacks`.

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{
    AuditConnection, AuditContext, Audited, AuditedTable, install, seal, uninstall, verify,
    verify_seals,
};
use diesel_audit_sql::core;
use diesel_audit_sql::{Declared, LockTimeout, Options, Step, after, difference, migration};
use diesel_audit_tests::hostile::{self, Reach};

use crate::support::{Role, may_make_roles, operations, run, start};

mod sql_types {
    #[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(name = "plan"))]
    pub struct Plan;
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Plan;

    parcel (id) {
        id -> Int8,
        address -> Nullable<Varchar>,
        phone -> Nullable<Text>,
        note -> Nullable<Text>,
        plan -> Nullable<Plan>,
        tags -> Nullable<Array<Nullable<Text>>>,
        doc -> Nullable<Jsonb>,
    }
}

#[derive(Audited)]
#[diesel(table_name = parcel)]
#[audit(session_settings(username: Text, request_id: Nullable<Uuid>), append_only, seals)]
#[allow(dead_code)]
struct Parcel {
    id: i64,
    #[audit(redact)]
    address: Option<String>,
    #[audit(hash)]
    phone: Option<String>,
    #[audit(on_change)]
    note: Option<String>,
}

/// The same in another way.
mod later {
    use super::parcel;

    #[derive(diesel_audit::Audited)]
    #[diesel(table_name = parcel)]
    #[audit(session_settings(username: Text), skip_unchanged)]
    #[allow(dead_code)]
    pub(super) struct Parcel {
        id: i64,
        #[audit(hash)]
        address: Option<String>,
        #[audit(on_change)]
        phone: Option<String>,
        note: Option<String>,
    }
}

/// Operators of a row, an enum, a domain and an array are nowhere exactly in pg_catalog.
const CREATE: &str = "
    CREATE TYPE plan AS ENUM ('free', 'paid');
    CREATE DOMAIN phone AS text;
    CREATE TABLE parcel (
        id bigint PRIMARY KEY, address varchar(40), phone phone, note text, plan plan, tags text[], doc jsonb
    )";

/// Before pg_catalog, and after it.
const PATHS: [&str; 2] = ["early, pg_catalog, public", "pg_catalog, late, public"];

struct Trap {
    conn: PgConnection,
    table: AuditedTable,
    database: Database,
}

fn trap() -> Option<Trap> {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    if !may_make_roles(&mut conn) {
        return None;
    }
    let words = hostile::words().expect("the sources");
    hostile::prepare(&mut conn, &words).expect("what pg_catalog knows");
    run(&mut conn, CREATE);
    for (schema, reach) in [("late", Reach::ByCast), ("early", Reach::Everything)] {
        let types = ["public.parcel", "public.plan", "public.phone"];
        hostile::operators(&mut conn, schema, reach, &types).expect("operators");
        hostile::functions(&mut conn, schema, reach).expect("functions");
    }
    let shadows = hostile::shadows(&mut conn, "early").expect("types and relations");
    run(&mut conn, &shadows);
    let table = Parcel::audited_table().expect("a model without a fault");
    Some(Trap {
        conn,
        table,
        database,
    })
}

impl Trap {
    /// What was called while a session did something, which has to work.
    fn calls(
        &mut self,
        mut session: PgConnection,
        what: &str,
        act: impl FnOnce(&mut PgConnection) -> Result<(), diesel_audit::AuditError>,
    ) -> Vec<String> {
        hostile::forget(&mut self.conn).expect("counters");
        act(&mut session).unwrap_or_else(|error| panic!("{what}: {error}"));
        drop(session);
        hostile::wait_for_others(&mut self.conn).expect("sessions");
        let calls = hostile::calls(&mut self.conn).expect("counters");
        let calls = calls.into_iter();
        calls
            .map(|(label, calls)| format!("{what}: {label}, {calls} times"))
            .collect()
    }

    fn session(&self, path: &str) -> PgConnection {
        let mut conn = self.database.connect();
        run(&mut conn, &format!("SET search_path = {path}"));
        conn
    }
}

#[test]
fn what_a_writer_puts_in_the_way_is_not_called() {
    let Some(mut trap) = trap() else { return };
    for path in PATHS {
        let session = trap.session(path);
        let calls = trap.calls(session, path, |conn| {
            Ok(conn.batch_execute("SELECT 'pg_class'::regclass = 1::oid")?)
        });
        assert_ne!(calls, NOTHING, "{path} is not a trap");
    }
    install(&mut trap.conn, std::slice::from_ref(&trap.table)).expect("installed");
    let role = Role::create(&trap.database, "app");
    run(
        &mut trap.conn,
        &format!("GRANT ALL ON parcel TO {}", role.name()),
    );
    let types = hostile::shadows(&mut trap.conn, "pg_temp").expect("types and relations");
    let history = ["audit.parcel_audit".to_owned()];
    let tables = hostile::decoys(&mut trap.conn, "pg_temp", &history).expect("tables");
    for path in PATHS {
        let mut session = role.connect();
        run(&mut session, &types);
        run(&mut session, &tables);
        run(&mut session, &format!("SET search_path = {path}"));
        let calls = trap.calls(session, path, |conn| {
            let context = AuditContext::new().set("username", "ann")?;
            for statement in [
                "INSERT INTO public.parcel VALUES (1, 'a', 'b', 'c', 'free', '{a}', '1')",
                "UPDATE public.parcel SET address = 'd', phone = NULL, plan = 'paid', tags = '{b}', doc = '2'",
                "UPDATE public.parcel SET id = 2",
                "INSERT INTO public.parcel VALUES (2) ON CONFLICT (id) DO UPDATE SET note = excluded.note",
                "DELETE FROM public.parcel",
                "TRUNCATE public.parcel",
            ] {
                conn.audited(&context, |conn| conn.batch_execute(statement))
                    .unwrap_or_else(|error| panic!("{path}: {error}, by: {}", start(statement)));
            }
            Ok(())
        });
        assert_eq!(calls, NOTHING);
    }
    assert_eq!(operations(&mut trap.conn, &trap.table), "IUDUUDTIUDUUDT");
}

#[test]
fn what_stands_on_the_path_of_a_migration_is_not_called() {
    let Some(mut trap) = trap() else { return };
    let tables = [trap.table.clone()];
    let first = [Step::Install(trap.table.clone())];
    let declared = Declared::from(later::Parcel::audited_table().expect("a model"));
    let second = difference(&after(&[], &first), &[declared], &Options::default()).expect("steps");
    let [first, second] =
        [&first[..], &second].map(|steps| migration(steps, &LockTimeout::default()));
    let mut found = Vec::new();
    for path in PATHS {
        for (what, sql) in [
            ("up of the core", &core::INSTALL.to_owned()),
            ("up", &first.up.whole),
            ("down", &first.down.whole),
            ("up again", &first.up.whole),
            ("up of a change", &second.up.whole),
            ("down of a change", &second.down.whole),
        ] {
            let session = trap.session(path);
            found.extend(trap.calls(session, &format!("{path}: {what}"), |conn| {
                Ok(conn.transaction(|conn| conn.batch_execute(sql))?)
            }));
        }
        let session = trap.session(path);
        found.extend(trap.calls(session, &format!("{path}: tasks"), |conn| {
            drop(seal(conn, &tables)?);
            verify_seals(conn, &tables, &[])?.into_result()?;
            drop(verify(conn, &tables)?);
            uninstall(conn, &tables)?;
            Ok(conn.batch_execute(&core::uninstall())?)
        }));
    }
    assert_eq!(found, NOTHING);
}

const NOTHING: [String; 0] = [];
