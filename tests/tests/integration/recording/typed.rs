//! The struct for the rows of the audit table.

use diesel::prelude::*;
use diesel_audit::{
    AuditConnection, AuditContext, Audited, Digest, OnChange, Operation, Redacted, install,
};

use crate::support::run;

mod schema {
    diesel::table! {
        people (id) {
            id -> Int8,
            name -> Nullable<Text>,
            #[sql_name = "pass word"]
            pass_word -> Text,
            email -> Nullable<Text>,
            #[sql_name = "type"]
            type_ -> Nullable<Int4>,
            notes -> Array<Text>,
        }
    }
}

use schema::people;

#[derive(Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = people, check_for_backend(diesel::pg::Pg))]
#[audit(session_settings(username: Text))]
pub(crate) struct Person {
    id: i64,
    name: Option<String>,
    #[audit(redact, sql_name = "pass word")]
    #[diesel(column_name = pass_word)]
    password: String,
    #[audit(hash)]
    email: Option<String>,
    #[audit(on_change)]
    #[diesel(column_name = type_)]
    r#type: Option<i32>,
    #[audit(on_change)]
    notes: Vec<String>,
}

/// The fields that a word is on.
type Seen<'a> = (
    Operation,
    Option<Redacted>,
    Option<Digest>,
    &'a OnChange<i32>,
    &'a OnChange<Vec<String>>,
);

fn seen(row: &PersonAudit) -> Seen<'_> {
    (
        row.audit_operation,
        row.password,
        row.email,
        &row.r#type,
        &row.notes,
    )
}

#[test]
fn a_history_says_what_changed() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE people (id bigint PRIMARY KEY, name text, \"pass word\" text NOT NULL, email text, type integer, notes text[] NOT NULL)",
    );
    let table = Person::audited_table().expect("a table");
    install(&mut conn, std::slice::from_ref(&table)).expect("installed");
    let context = AuditContext::new().set("username", "ada").expect("a name");
    let notes = || vec!["first".to_owned()];
    conn.audited(&context, |conn| {
        diesel::insert_into(people::table)
            .values((
                people::id.eq(7),
                people::pass_word.eq("hunter2"),
                people::email.eq("ada@example.org"),
                people::notes.eq(notes()),
            ))
            .execute(conn)?;
        let person = || diesel::update(people::table.find(7));
        person().set(people::name.eq("Ada")).execute(conn)?;
        person()
            .set(people::pass_word.eq("correct horse"))
            .execute(conn)?;
        person()
            .set((
                people::type_.eq(1),
                people::email.eq("lovelace@example.org"),
            ))
            .execute(conn)?;
        person().set(people::type_.eq(None::<i32>)).execute(conn)?;
        let person = people::table
            .find(7)
            .select(Person::as_select())
            .first(conn)?;
        let texts = (
            person.name.as_deref(),
            &*person.password,
            person.email.as_deref(),
        );
        assert_eq!(
            texts,
            (Some("Ada"), "correct horse", Some("lovelace@example.org"))
        );
        assert_eq!((person.id, person.r#type, person.notes), (7, None, notes()));
        diesel::delete(people::table.find(7)).execute(conn)
    })
    .expect("written");
    run(
        &mut conn,
        "BEGIN; SELECT set_config('audit.username', 'ada', true), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true); TRUNCATE people; COMMIT",
    );

    let history: Vec<PersonAudit> = Person::history(7).load(&mut conn).expect("a history");
    let (first, second) = (history[0].email, history[3].email);
    assert!(first.is_some() && second.is_some() && first != second);
    let (changed, unchanged) = (Some(Redacted::Changed), Some(Redacted::Unchanged));
    let (null, same) = (OnChange::Stored(None), OnChange::Unchanged);
    let stored = OnChange::Stored(Some(notes()));
    let one = OnChange::Stored(Some(1));
    let expected: [Seen<'_>; 6] = [
        (Operation::Insert, changed, first, &null, &stored),
        (
            Operation::Update,
            unchanged,
            first,
            &same,
            &OnChange::Unchanged,
        ),
        (
            Operation::Update,
            changed,
            first,
            &same,
            &OnChange::Unchanged,
        ),
        (
            Operation::Update,
            unchanged,
            second,
            &one,
            &OnChange::Unchanged,
        ),
        (
            Operation::Update,
            unchanged,
            second,
            &null,
            &OnChange::Unchanged,
        ),
        (Operation::Delete, changed, second, &null, &stored),
    ];
    assert_eq!(history.iter().map(seen).collect::<Vec<_>>(), expected);

    let all: Vec<PersonAudit> = people_audit::table
        .select(PersonAudit::as_select())
        .filter(people_audit::audit_operation.eq(Operation::Truncate))
        .load(&mut conn)
        .expect("all rows");
    let truncated: [Seen<'_>; 1] = [(
        Operation::Truncate,
        None,
        None,
        &null,
        &OnChange::Stored(None),
    )];
    assert_eq!(all.iter().map(seen).collect::<Vec<_>>(), truncated);

    let by_value: i64 = people_audit::table
        .filter(people_audit::audit_changed_pass_word.eq(Redacted::Changed))
        .filter(people_audit::audit_hash_email.eq(first.expect("a digest")))
        .count()
        .get_result(&mut conn)
        .expect("a count");
    assert_eq!(by_value, 2);
    assert_eq!(history[0].clone(), history[0]);
    let shown = format!("{:?}", history[0]);
    assert!(
        !shown.contains("hunter2") && !shown.contains("ada@"),
        "{shown}"
    );
}
