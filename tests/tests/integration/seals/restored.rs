//! A dump that is restored into a cluster whose transactions begin anew.

use std::process::Command;

use audit_test_server::{Database, Server};
use diesel_audit::{AuditError, SealDigest, SealProblem, seal, seal_after_restore};
use diesel_audit_tests::seals::{findings, seal_all, seal_some};

use super::{NOTHING, sealed, write};
use crate::support::{count, run};

/// Dumps the one and restores it into the other.
fn restore(server: &Server, from: &Database, to: &Database) {
    let program = |name| server.program(name).expect("the server's programs");
    let dump = Command::new(program("pg_dump"))
        .args(["--format=plain", "--dbname", from.url()])
        .output()
        .expect("pg_dump runs");
    assert!(
        dump.status.success(),
        "{}",
        String::from_utf8_lossy(&dump.stderr)
    );
    let mut conn = to.connect();
    // What psql alone understands.
    let script = String::from_utf8_lossy(&dump.stdout).into_owned();
    let mut child = Command::new(program("psql"))
        .args([
            "--quiet",
            "--no-psqlrc",
            "--set=ON_ERROR_STOP=1",
            "--output=/dev/null",
            "--dbname",
            to.url(),
        ])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("psql runs");
    let mut input = child.stdin.take().expect("an input");
    std::io::Write::write_all(&mut input, script.as_bytes()).expect("psql reads");
    drop(input);
    assert!(child.wait().expect("psql ends").success());
    run(&mut conn, "ANALYZE");
}

#[test]
fn a_restored_database_goes_on_after_a_new_beginning() {
    let (old, new) = match (Server::start_local_with(&[]), Server::start_local_with(&[])) {
        (Ok(old), Ok(new)) => (old, new),
        _ => {
            eprintln!("skipped: dumps need the server's programs");
            return;
        }
    };
    let database = old.create_database().expect("a database");
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    // So many numbers that the new cluster is behind.
    run(
        &mut conn,
        "CREATE PROCEDURE spend(n integer) LANGUAGE plpgsql AS $$
         BEGIN FOR i IN 1 .. n LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$",
    );
    run(&mut conn, "CALL spend(5000)");
    write(&mut conn, 1);
    let first = seal_all(&mut conn, &table).expect("a seal");
    write(&mut conn, 20);

    let restored = new.create_database().expect("a database");
    restore(&old, &database, &restored);
    let mut conn = restored.connect();
    let slice = std::slice::from_ref(&table);
    write(&mut conn, 40);
    let refused = seal(&mut conn, slice);
    assert!(
        matches!(&refused, Err(AuditError::Seal(SealProblem::Restored { horizon, sealed, .. })) if horizon < sealed),
        "{refused:?}"
    );
    let before = findings(&mut conn, &table, &[]);
    assert_eq!(before.len(), 1, "{before:?}");
    assert!(
        before[0]
            .starts_with("seal_transaction_unknown: audit.t_audit is sealed up to transaction"),
        "{before:?}"
    );

    let closing = seal_after_restore(&mut conn, slice)
        .expect("sealed")
        .remove(0);
    assert_eq!(
        (closing.number, closing.rows),
        (2, 21),
        "the rows that came along"
    );
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
    let next = seal_some(&mut conn, &table).expect("a seal");
    assert_eq!(
        (next.number, next.rows),
        (3, 21),
        "the rows that are of here"
    );
    write(&mut conn, 60);
    let last = seal_some(&mut conn, &table).expect("a seal");
    assert_eq!((last.number, last.rows), (4, 21));
    let kept: Vec<SealDigest> = [first, closing, next, last]
        .iter()
        .map(SealDigest::from)
        .collect();
    assert_eq!(findings(&mut conn, &table, &kept), NOTHING);
    assert_eq!(
        count(
            &mut conn,
            "SELECT sum(row_count)::bigint FROM audit.t_audit_seals"
        ),
        count(&mut conn, "SELECT count(*) FROM audit.t_audit"),
    );

    // In each era.
    for (n, block) in [(1, 1), (20, 2), (40, 3), (60, 4)] {
        run(
            &mut conn,
            &format!("BEGIN; UPDATE audit.t_audit SET note = 'z' WHERE id = {n}; COMMIT"),
        );
        let found = findings(&mut conn, &table, &[]);
        assert_eq!(
            found.len(),
            usize::try_from(block).expect("small"),
            "{found:?}"
        );
        let last = found.last().expect("one");
        assert!(
            last.starts_with(&format!("seal_broken: the block {block} ")),
            "{last}"
        );
    }
}

/// What was never sealed in the old cluster is one block.
#[test]
fn a_table_without_a_seal_begins_with_a_block_of_all() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    write(&mut conn, 1);
    let slice = std::slice::from_ref(&table);
    let seal = seal_after_restore(&mut conn, slice)
        .expect("sealed")
        .remove(0);
    assert_eq!((seal.number, seal.rows), (1, 21));
    // Nothing came since; the era of nothing is closed too.
    let seal = seal_after_restore(&mut conn, slice)
        .expect("sealed")
        .remove(0);
    assert_eq!((seal.number, seal.rows), (2, 0));
    write(&mut conn, 20);
    let seal = seal_all(&mut conn, &table).expect("a seal");
    assert_eq!((seal.number, seal.rows), (3, 21));
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
}
