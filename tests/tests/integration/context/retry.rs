//! A transaction that is tried again has its context again.

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use diesel_audit::{AsyncAuditConnection, AuditConnection};

use super::who;
use crate::migrated;

const INSERT: &str = "INSERT INTO users (email) VALUES (gen_random_uuid() || '@b')";
const COUNT: &str = "SELECT count(*) FROM users";

/// Reads what the other writes, and writes what it has read, at the same time.
fn interfere(database: &Database) {
    let conn = &mut database.connect();
    let transaction = conn.build_transaction().serializable().run(|conn| {
        conn.audited(&who("mallory", None), |conn| {
            conn.batch_execute(COUNT)?;
            conn.batch_execute(INSERT)
        })
    });
    transaction.expect("the first one to commit wins");
}

fn is_serialization_failure<T>(result: &Result<T, Error>) -> bool {
    matches!(
        result,
        Err(Error::DatabaseError(
            DatabaseErrorKind::SerializationFailure,
            _
        ))
    )
}

fn writers(database: &Database) -> Vec<Option<String>> {
    use diesel::sql_types::{Nullable, Text};
    let query = "SELECT audit_username FROM audit.users_audit ORDER BY audit_id";
    let writers = diesel::dsl::sql::<Nullable<Text>>(query);
    writers.load(&mut database.connect()).expect("the trail")
}

fn mallory_and_alice() -> [Option<String>; 2] {
    ["mallory", "alice"].map(|user| Some(user.to_owned()))
}

#[test]
fn after_a_serialization_failure() {
    let database = migrated::database();
    let conn = &mut database.connect();
    let mut tries = 0;
    loop {
        let result = conn.build_transaction().serializable().run(|conn| {
            conn.audited(&who("alice", None), |conn| {
                conn.batch_execute(COUNT)?;
                if tries == 0 {
                    interfere(&database);
                }
                conn.batch_execute(INSERT)
            })
        });
        tries += 1;
        if !is_serialization_failure(&result) {
            result.expect("it commits");
            break;
        }
        assert!(tries < 5);
    }
    assert_eq!(tries, 2);
    assert_eq!(writers(&database), mallory_and_alice());
}

/// The whole of the transaction at once: the isolation level is the session's.
#[test]
fn after_a_serialization_failure_of_the_outermost_scope() {
    let database = migrated::database();
    let conn = &mut database.connect();
    conn.batch_execute("SET default_transaction_isolation = serializable")
        .unwrap();
    let mut tries = 0;
    let result = loop {
        let result = conn.audited(&who("alice", None), |conn| {
            conn.batch_execute(COUNT)?;
            if tries == 0 {
                interfere(&database);
            }
            conn.batch_execute(INSERT)
        });
        tries += 1;
        if !is_serialization_failure(&result) || tries == 5 {
            break result;
        }
    };
    result.expect("it commits");
    assert_eq!(tries, 2);
    assert_eq!(writers(&database), mallory_and_alice());
}

#[tokio::test]
async fn after_a_serialization_failure_on_diesel_async() {
    let database = migrated::database();
    let conn = &mut AsyncPgConnection::establish(database.url()).await.unwrap();
    conn.batch_execute("SET default_transaction_isolation = serializable")
        .await
        .unwrap();
    let alice = who("alice", None);
    let mut tries = 0;
    let result = loop {
        let result = conn
            .audited(&alice, async |conn| {
                conn.batch_execute(COUNT).await?;
                if tries == 0 {
                    interfere(&database);
                }
                conn.batch_execute(INSERT).await
            })
            .await;
        tries += 1;
        if !is_serialization_failure(&result) || tries == 5 {
            break result;
        }
    };
    result.expect("it commits");
    assert_eq!(tries, 2);
    assert_eq!(writers(&database), mallory_and_alice());
}
