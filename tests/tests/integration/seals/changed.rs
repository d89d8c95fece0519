//! Rows and seals that somebody has changed.

use diesel_audit::SealDigest;
use diesel_audit_tests::seals::{findings, seal_all};

use super::{NOTHING, sealed, write};
use crate::support::run;

/// Three seals of 21 rows each, and what is found of them after the statements.
fn check(statements: &str, expected: &[&str]) {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    let mut kept = Vec::new();
    for from in [1, 20, 40] {
        write(&mut conn, from);
        let seal = seal_all(&mut conn, &table).expect("a seal");
        kept.push(SealDigest::from(&seal));
    }
    assert_eq!(findings(&mut conn, &table, &kept), NOTHING);
    run(&mut conn, statements);
    let found = findings(&mut conn, &table, &kept);
    let found: Vec<String> = found.iter().map(|found| short(found)).collect();
    assert_eq!(found, expected, "{statements}");
}

/// A finding without the time and the name of the table.
fn short(found: &str) -> String {
    let found = found.replace(" of audit.t_audit", "");
    match (found.split_once(" (audit_id "), found.split_once("): ")) {
        (Some((before, _)), Some((_, after))) => format!("{before}: {after}"),
        _ => found,
    }
}

#[test]
fn a_changed_row_is_found() {
    let changed = ["seal_broken: the block 2: its rows were changed"];
    for change in [
        "v = v + 0.01",
        "note = NULL",
        "note = note || ' '",
        "audit_username = 'mallory'",
        "audit_operation_timestamp = audit_operation_timestamp - interval '1 microsecond'",
        "audit_operation = 'U'",
        "f = f * (1 + 1e-15)",
        "b = '\\x'",
        "audit_request_id = gen_random_uuid()",
    ] {
        let id = "SELECT first_id + 3 FROM audit.t_audit_seals WHERE seal_id = 2";
        check(
            &format!("UPDATE audit.t_audit SET {change} WHERE audit_id = ({id})"),
            &changed,
        );
    }
    check(
        "UPDATE audit.t_audit AS a SET note = b.note FROM audit.t_audit AS b, audit.t_audit_seals AS s
         WHERE s.seal_id = 2 AND (a.audit_id, b.audit_id) IN ((first_id, first_id + 1), (first_id + 1, first_id))",
        &changed,
    );
    check(
        "UPDATE audit.t_audit AS a SET audit_transaction_id = (SELECT max(audit_transaction_id) FROM audit.t_audit)
         FROM audit.t_audit_seals AS s WHERE s.seal_id = 2 AND a.audit_id = s.first_id",
        &[
            "seal_broken: the block 2: 1 row was removed",
            "seal_broken: the block 3: 1 row was inserted",
        ],
    );
}

#[test]
fn a_row_that_went_or_came_is_found() {
    check(
        "DELETE FROM audit.t_audit USING audit.t_audit_seals WHERE seal_id = 1 AND audit_id IN (first_id, last_id)",
        &["seal_broken: the block 1: 2 rows were removed"],
    );
    check(
        "DELETE FROM audit.t_audit USING audit.t_audit_seals WHERE seal_id = 3 AND audit_id = last_id",
        &["seal_broken: the block 3: 1 row was removed"],
    );
    check(
        "TRUNCATE audit.t_audit",
        &[
            "seal_broken: the block 1: 21 rows were removed",
            "seal_broken: the block 2: 21 rows were removed",
            "seal_broken: the block 3: 21 rows were removed",
        ],
    );
    let copy = |id: &str, transaction: &str| {
        format!(
            "INSERT INTO audit.t_audit (audit_id, audit_operation, audit_operation_timestamp, audit_transaction_timestamp,
                 audit_transaction_id, audit_session_user, audit_current_user)
             OVERRIDING SYSTEM VALUE
             SELECT {id}, 'D', audit_operation_timestamp, audit_transaction_timestamp, {transaction}, 'alice', 'alice'
             FROM audit.t_audit WHERE audit_id = (SELECT first_id FROM audit.t_audit_seals WHERE seal_id = 2)"
        )
    };
    check(
        &copy("99999", "audit_transaction_id"),
        &["seal_broken: the block 2: 1 row was inserted"],
    );
    check(
        &copy("-5", "1"),
        &["seal_broken: the block 1: 1 row was inserted"],
    );
    check(
        &copy(
            "99999",
            "pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000",
        ),
        &[
            "seal_transaction_unknown: 1 rows, the first with audit_id 99999, are of transactions that this server has not begun",
        ],
    );
    check(
        "ALTER TABLE audit.t_audit DROP COLUMN note",
        &[
            "seal_broken: the block 1: its rows were changed",
            "seal_broken: the block 2: its rows were changed",
            "seal_broken: the block 3: its rows were changed",
        ],
    );
    // Nothing was in it.
    check(
        "ALTER TABLE audit.t_audit DROP COLUMN audit_request_id",
        &[],
    );
    check(
        "ALTER TABLE audit.t_audit DROP COLUMN audit_request_id, ADD COLUMN more text DEFAULT 'x'",
        &[],
    );
}

#[test]
fn a_changed_seal_is_found() {
    let broken = |what: &str| format!("seal_chain_broken: the seal {what}");
    let check = |statements: &str, expected: &[String]| {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(statements, &expected);
    };
    let columns = "its columns are not the first ones of the audit table";
    let follows = "its digest does not follow from the one before it";
    check(
        "UPDATE audit.t_audit_seals SET sealed_at = sealed_at - interval '1 day' WHERE seal_id = 2",
        &[broken(&format!("2: {follows}"))],
    );
    check(
        "UPDATE audit.t_audit_seals SET row_count = 20 WHERE seal_id = 2",
        &[
            broken(&format!("2: {follows}")),
            "seal_broken: the block 2: 1 row was inserted".to_owned(),
        ],
    );
    check(
        "UPDATE audit.t_audit_seals SET digest = sha256('') WHERE seal_id = 2",
        &[
            broken(&format!("2: {follows}")),
            "seal_digest_differs: the seal 2 has another digest than was kept: \
             sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
                .to_owned(),
            broken(&format!("3: {follows}")),
        ],
    );
    check(
        "UPDATE audit.t_audit_seals SET columns = columns[2:] WHERE seal_id = 3",
        &[
            broken(&format!("3: {columns}")),
            "seal_broken: the block 3: its rows were changed".to_owned(),
        ],
    );
    // Values that change places together with their columns leave the digest as it was.
    check(
        "UPDATE audit.t_audit SET audit_username = note, note = audit_username
         WHERE audit_id >= (SELECT first_id FROM audit.t_audit_seals WHERE seal_id = 3);
         UPDATE audit.t_audit_seals SET columns = array_replace(array_replace(array_replace(columns,
             'audit_username', ''), 'note', 'audit_username'), '', 'note')
         WHERE seal_id = 3",
        &[broken(&format!("3: {columns}"))],
    );
    // So do values in a column that came later.
    check(
        "ALTER TABLE audit.t_audit ADD COLUMN later text; UPDATE audit.t_audit SET later = audit_session_user, audit_session_user = 'forged';
         UPDATE audit.t_audit_seals SET columns = array_replace(columns, 'audit_session_user', 'later')",
        &[
            broken(&format!("1: {columns}")),
            broken(&format!("2: {columns}")),
            broken(&format!("3: {columns}")),
        ],
    );
    check(
        "DELETE FROM audit.t_audit_seals WHERE seal_id = 2",
        &[broken(&format!(
            "3: it follows the seal 1, and its block does not begin where the one before it ends, and {follows}"
        ))],
    );
    check(
        "DELETE FROM audit.t_audit_seals WHERE seal_id = 1",
        &[broken(&format!(
            "2: it follows the seal 0, and its block does not begin where the one before it ends, and {follows}"
        ))],
    );
    check(
        "DELETE FROM audit.t_audit_seals WHERE seal_id = 3",
        &["seal_digest_differs: the seals end with 2, and a digest was kept of 3".to_owned()],
    );
    check(
        "UPDATE audit.t_audit_seals SET from_transaction = 0 WHERE seal_id = 2",
        &[
            broken(&format!(
                "2: its block does not begin where the one before it ends, and {follows}"
            )),
            "seal_broken: the block 2: 21 rows were inserted".to_owned(),
        ],
    );
    check(
        "DROP TABLE audit.t_audit_seals",
        &["seals_missing: there is no table audit.t_audit_seals for the seals".to_owned()],
    );
}

/// Who may write to both makes the chain anew: it is whole, and only who has kept
/// a digest outside knows.
#[test]
fn a_chain_that_was_made_anew_is_found_by_a_kept_digest() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    write(&mut conn, 1);
    let kept = [SealDigest::from(
        &seal_all(&mut conn, &table).expect("a seal"),
    )];
    run(
        &mut conn,
        "UPDATE audit.t_audit SET audit_username = 'mallory'; TRUNCATE audit.t_audit_seals",
    );
    seal_all(&mut conn, &table).expect("a seal");
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
    let found = findings(&mut conn, &table, &kept);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("seal_digest_differs: the seal 1"));
}

/// Whatever the session that seals and the one that verifies show values as.
#[test]
fn the_formats_of_a_session_make_no_difference() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    let formats = [
        "timezone = 'Asia/Tokyo'",
        "datestyle = 'SQL, DMY'",
        "intervalstyle = 'iso_8601'",
        "extra_float_digits = -10",
        "bytea_output = 'escape'",
        "search_path = 'audit'",
    ];
    for (n, setting) in (1..).zip(formats) {
        write(&mut conn, n * 20);
        run(&mut conn, &format!("SET {setting}"));
        seal_all(&mut conn, &table).expect("a seal");
        run(&mut conn, "RESET search_path");
    }
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
    assert_eq!(findings(&mut database.connect(), &table, &[]), NOTHING);
}
