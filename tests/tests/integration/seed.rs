//! The faults of sqlalchemy-postgresql-audit, one test each, numbered as in
//! the README's table: here it goes right.

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql_query;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_audit::{AuditConnection, AuditContext, AuditError, Audited, AuditedTable, install};
use uuid::Uuid;

use crate::migrated::{context, request};

mod schema {
    diesel::table! {
        note (id) {
            id -> Int8,
            text -> Text,
        }
    }
}

#[derive(Audited)]
#[diesel(table_name = schema::note)]
#[audit(session_settings(username: Text, request_id: Nullable<Uuid>))]
#[allow(dead_code)]
struct Note {
    id: i64,
    text: String,
}

const NOTE: &str = "CREATE TABLE note (id bigint PRIMARY KEY, text text NOT NULL)";

/// A database with `ddl` and the audit of `table`.
fn audited(ddl: &str, table: &AuditedTable) -> (Database, PgConnection) {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    conn.batch_execute(ddl).expect("the tables");
    install(&mut conn, std::slice::from_ref(table)).expect("installed");
    (database, conn)
}

fn note() -> AuditedTable {
    Note::audited_table().expect("a table")
}

fn write(conn: &mut PgConnection, id: i64) -> QueryResult<usize> {
    sql_query(format!("INSERT INTO note VALUES ({id}, 'x')")).execute(conn)
}

fn history(conn: &mut PgConnection) -> Vec<NoteAudit> {
    note_audit::table
        .order(note_audit::audit_id)
        .select(NoteAudit::as_select())
        .load(conn)
        .expect("a history")
}

#[test]
fn s1_a_value_is_never_sql() {
    let (_database, mut conn) = audited(NOTE, &note());
    let user = "O'Brien'; DROP TABLE note; --\\'";
    conn.audited(&context(user), |conn| write(conn, 1))
        .expect("written");
    assert_eq!(history(&mut conn)[0].audit_username.as_deref(), Some(user));
}

#[test]
fn s2_an_optional_setting_that_was_once_set_does_not_stop_later_writes() {
    let (_database, mut conn) = audited(NOTE, &note());
    conn.audited(&request("ada", 1), |conn| write(conn, 1))
        .expect("written");
    conn.audited(&context("ada"), |conn| write(conn, 2))
        .expect("written");
    let requests: Vec<Option<Uuid>> = history(&mut conn)
        .iter()
        .map(|n| n.audit_request_id)
        .collect();
    assert_eq!(requests, [Some(Uuid::from_u128(1)), None]);
}

#[test]
fn s3_a_setting_may_be_named_like_a_column() {
    diesel::table! { account (id) { id -> Int8, username -> Text, } }
    #[derive(Audited)]
    #[diesel(table_name = account)]
    #[audit(session_settings(username: Text))]
    #[allow(dead_code)]
    struct Account {
        id: i64,
        username: String,
    }
    let (_database, mut conn) = audited(
        "CREATE TABLE account (id bigint PRIMARY KEY, username text NOT NULL)",
        &Account::audited_table().expect("a table"),
    );
    let insert =
        |conn: &mut PgConnection| sql_query("INSERT INTO account VALUES (1, 'ben')").execute(conn);
    let refused = insert(&mut conn)
        .map_err(AuditError::from)
        .expect_err("required");
    assert_eq!(refused.code(), Some("ZA001"));
    conn.audited(&context("ada"), insert).expect("written");
    let names = account_audit::table
        .select((account_audit::audit_username, account_audit::username))
        .first::<(Option<String>, Option<String>)>(&mut conn);
    assert_eq!(names, Ok((Some("ada".into()), Some("ben".into()))));
}

/// In a model's field it is a compile error (`ui/column_is_audit_column`); a
/// column that only the table has is refused before any SQL.
#[test]
fn s4_a_column_named_like_a_settings_column_is_refused() {
    diesel::table! { account (id) { id -> Int8, audit_username -> Text, } }
    #[derive(Audited)]
    #[diesel(table_name = account)]
    #[audit(session_settings(username: Text))]
    #[allow(dead_code)]
    struct Account {
        id: i64,
    }
    let problems = Account::up_sql().expect_err("refused").to_string();
    assert!(
        problems.contains("`audit_username` would be both"),
        "{problems}"
    );
}

#[test]
fn s5_long_names_stay_apart() {
    let long = |n: u8| format!("{}_{n}", "a".repeat(61));
    let [one, two] = [1, 2].map(|n| renamed(&note(), &long(n)));
    assert_ne!(one.audit, two.audit);
    assert_ne!(one.function, two.function);
    let database = audit_test_server::database();
    let mut conn = database.connect();
    for n in [1, 2] {
        conn.batch_execute(&format!(
            "CREATE TABLE {} (id bigint PRIMARY KEY, text text)",
            long(n)
        ))
        .expect("the table");
    }
    install(&mut conn, &[one.clone(), two.clone()]).expect("installed");
    conn.audited(&context("ada"), |conn| {
        sql_query(format!("INSERT INTO {} VALUES (1, 'x')", long(1))).execute(conn)
    })
    .expect("written");
    for (table, rows) in [(one, 1), (two, 0)] {
        let found = sql_query(format!("SELECT FROM {}", table.audit)).execute(&mut conn);
        assert_eq!(found, Ok(rows));
    }
}

/// The same table under another name, with the names that follow from it.
fn renamed(table: &AuditedTable, name: &str) -> AuditedTable {
    let source = diesel_audit_model::QualifiedName::new("public", name.to_owned());
    let conventions = diesel_audit_model::names::Conventions::default();
    AuditedTable {
        audit: diesel_audit_model::QualifiedName::new("audit", conventions.table(&source)),
        function: conventions.function(&source).into(),
        trigger: conventions.trigger(&source).into(),
        source,
        ..table.clone()
    }
}

#[test]
fn s6_reserved_and_mixed_case_names() {
    let table = renamed(&note(), "Order User");
    let (_database, mut conn) = audited(
        "CREATE TABLE \"Order User\" (id bigint PRIMARY KEY, text text)",
        &table,
    );
    conn.audited(&context("ada"), |conn| {
        sql_query("INSERT INTO \"Order User\" VALUES (1, 'x')").execute(conn)
    })
    .expect("written");
    let rows = sql_query(format!("SELECT FROM {}", table.audit)).execute(&mut conn);
    assert_eq!(rows, Ok(1));
}

#[test]
fn s7_a_column_may_have_another_name_in_rust() {
    diesel::table! { item (id) { id -> Int8, #[sql_name = "type"] kind -> Text, } }
    #[derive(Audited)]
    #[diesel(table_name = item)]
    #[allow(dead_code)]
    struct Item {
        id: i64,
        #[diesel(column_name = kind)]
        #[audit(sql_name = "type")]
        sort: String,
    }
    let (_database, mut conn) = audited(
        "CREATE TABLE item (id bigint PRIMARY KEY, type text)",
        &Item::audited_table().expect("a table"),
    );
    diesel::insert_into(item::table)
        .values((item::id.eq(1), item::kind.eq("a")))
        .execute(&mut conn)
        .expect("written");
    let rows: Vec<ItemAudit> = Item::history(1).load(&mut conn).expect("a history");
    assert_eq!(rows[0].sort.as_deref(), Some("a"));
}

#[test]
fn s8_a_context_outside_a_transaction_is_an_error() {
    let (_database, mut conn) = audited(NOTE, &note());
    let refused = conn.set_audit_context(&context("ada"));
    assert!(
        matches!(refused, Err(AuditError::NotInTransaction)),
        "{refused:?}"
    );
    conn.transaction(|conn| {
        conn.set_audit_context(&context("ada"))?;
        write(conn, 1).map_err(AuditError::from)
    })
    .expect("inside one it holds to its end");
}

#[test]
fn s9_the_application_needs_no_rights_on_the_audit_table() {
    let (_database, mut conn) = audited(NOTE, &note());
    let role = format!("audit_s9_{}", std::process::id());
    conn.batch_execute(&format!(
        "CREATE ROLE {role}; GRANT ALL ON note TO {role}; SET ROLE {role}"
    ))
    .expect("a role");
    conn.audited(&context("ada"), |conn| write(conn, 1))
        .expect("written");
    let forged =
        sql_query("INSERT INTO audit.note_audit (audit_operation) VALUES ('D')").execute(&mut conn);
    assert!(
        forged
            .expect_err("refused")
            .to_string()
            .contains("permission denied")
    );
    conn.batch_execute("RESET ROLE").expect("the owner again");
    assert_eq!(history(&mut conn)[0].audit_current_user, role);
    conn.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .expect("dropped");
}

#[test]
fn s10_the_search_path_does_not_matter() {
    let (_database, mut conn) = audited(NOTE, &note());
    conn.batch_execute("SET search_path = ''")
        .expect("an empty path");
    conn.audited(&context("ada"), |conn| {
        sql_query("INSERT INTO public.note VALUES (1, 'x')").execute(conn)
    })
    .expect("written");
    assert_eq!(history(&mut conn).len(), 1);
}

/// One transaction drops the column and installs what the smaller model says;
/// the history keeps what it had.
#[test]
fn s11_a_dropped_column_goes_in_one_migration_and_stays_in_the_history() {
    let (_database, mut conn) = audited(NOTE, &note());
    conn.audited(&context("ada"), |conn| write(conn, 1))
        .expect("written");
    let mut smaller = note();
    smaller.columns.retain(|column| column.name != "text");
    conn.transaction::<_, AuditError, _>(|conn| {
        conn.batch_execute("ALTER TABLE note DROP COLUMN text")?;
        install(conn, &[smaller])
    })
    .expect("migrated");
    conn.audited(&context("ada"), |conn| {
        sql_query("INSERT INTO note VALUES (2)").execute(conn)
    })
    .expect("written");
    let texts: Vec<Option<String>> = history(&mut conn).into_iter().map(|n| n.text).collect();
    assert_eq!(texts, [Some("x".to_owned()), None]);
}

#[test]
fn s12_a_setting_can_be_added_to_a_history_that_has_rows() {
    let mut before = note();
    before.settings.clear();
    let (_database, mut conn) = audited(NOTE, &before);
    write(&mut conn, 1).expect("written without settings");
    install(&mut conn, &[note()]).expect("a required setting more");
    let refused = write(&mut conn, 2)
        .map_err(AuditError::from)
        .expect_err("required now");
    assert_eq!(refused.code(), Some("ZA001"));
    conn.audited(&context("ada"), |conn| write(conn, 2))
        .expect("written");
    let users: Vec<Option<String>> = history(&mut conn)
        .into_iter()
        .map(|n| n.audit_username)
        .collect();
    assert_eq!(users, [None, Some("ada".to_owned())]);
}

#[test]
fn s13_a_changed_key_ends_and_a_truncate_is_seen() {
    let (_database, mut conn) = audited(NOTE, &note());
    conn.audited(&context("ada"), |conn| {
        write(conn, 1)?;
        sql_query("UPDATE note SET id = 2").execute(conn)?;
        sql_query("TRUNCATE note").execute(conn)
    })
    .expect("written");
    let operations: String = history(&mut conn)
        .iter()
        .map(|n| n.audit_operation.letter())
        .collect();
    assert_eq!(operations, "IDUT");
    let old_key: Vec<NoteAudit> = Note::history(1).load(&mut conn).expect("a history");
    let last = old_key.last().expect("a row");
    assert_eq!(last.audit_operation.letter(), "D", "the old key is gone");
}

#[test]
fn s14_one_instant_and_one_order_whatever_the_time_zone() {
    let (_database, mut conn) = audited(NOTE, &note());
    for (id, zone) in [(1, "UTC"), (2, "America/New_York"), (3, "Asia/Kolkata")] {
        conn.batch_execute(&format!("SET TIME ZONE '{zone}'"))
            .expect("a zone");
        conn.audited(&context("ada"), |conn| write(conn, id))
            .expect("written");
    }
    let rows = history(&mut conn);
    assert_eq!(
        rows.iter().map(|n| n.id).collect::<Vec<_>>(),
        [Some(1), Some(2), Some(3)]
    );
    assert!(rows.is_sorted_by_key(|n| n.audit_operation_timestamp));
    let column_type = sql_query(
        "SELECT FROM information_schema.columns WHERE table_name = 'note_audit' AND data_type = 'timestamp without time zone'",
    )
    .execute(&mut conn);
    assert_eq!(column_type, Ok(0));
}

#[test]
fn s15_tables_of_one_name_in_two_schemas_keep_apart() {
    diesel::table! { other.note (id) { id -> Int8, text -> Text, } }
    #[derive(Audited)]
    #[diesel(table_name = note)]
    #[audit(source_schema = "other", session_settings(username: Text))]
    #[allow(dead_code)]
    struct OtherNote {
        id: i64,
    }
    let tables = [self::note(), OtherNote::audited_table().expect("a table")];
    let database = audit_test_server::database();
    let mut conn = database.connect();
    conn.batch_execute(&format!(
        "{NOTE}; CREATE SCHEMA other; {}",
        NOTE.replace("note", "other.note")
    ))
    .expect("the tables");
    install(&mut conn, &tables).expect("installed");
    conn.audited(&context("ada"), |conn| {
        write(conn, 1)?;
        sql_query("INSERT INTO other.note VALUES (2, 'y')").execute(conn)
    })
    .expect("written");
    assert_eq!(history(&mut conn)[0].id, Some(1));
    let other = note_audit::table
        .select(note_audit::id)
        .load::<Option<i64>>(&mut conn);
    assert_eq!(other, Ok(vec![Some(2)]));
}

#[test]
fn s16_the_way_down_leaves_no_trigger_and_all_of_the_history() {
    let (_database, mut conn) = audited(NOTE, &note());
    conn.audited(&context("ada"), |conn| write(conn, 1))
        .expect("written");
    conn.batch_execute(&Note::down_sql().expect("the way down"))
        .expect("down");
    write(&mut conn, 2).expect("no longer audited, no longer refused");
    conn.batch_execute(&Note::up_sql().expect("the way up"))
        .expect("up");
    conn.audited(&context("ben"), |conn| write(conn, 3))
        .expect("written");
    let ids: Vec<Option<i64>> = history(&mut conn).iter().map(|n| n.id).collect();
    assert_eq!(ids, [Some(1), Some(3)]);
}

#[test]
fn s17_blanks_are_not_a_name() {
    for blank in [
        "", " ", "\t\n", "\u{a0}", "\u{200b}", "\u{3000}", "\u{feff}", "\u{2060}",
    ] {
        assert!(
            AuditContext::new().set("username", blank).is_err(),
            "{blank:?}"
        );
    }
    let (_database, mut conn) = audited(NOTE, &note());
    for blank in ["", " ", "\t\n"] {
        let refused = conn.transaction(|conn| {
            diesel::select(set_config("audit.username", blank, true)).execute(conn)?;
            sql_query("SELECT set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true)")
                .execute(conn)?;
            write(conn, 1).map_err(AuditError::from)
        });
        assert_eq!(
            refused.expect_err("blank").code(),
            Some("ZA001"),
            "{blank:?}"
        );
    }
}

diesel::define_sql_function! {
    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;
}
