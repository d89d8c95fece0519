//! What each operation stores.

use diesel_audit_model::Recording::{Hash, OnChange, Redact};
use diesel_audit_sql::refusal::Refusal;
use diesel_audit_tests::compare::recorded;

use super::audited;
use crate::support::{ALICE, attempt, count, run, run_as_alice, text, texts};

/// The history of a table as one text: the letters, each with what `shown` is.
fn history(conn: &mut diesel::PgConnection, shown: &str) -> String {
    let query = format!(
        "SELECT string_agg(audit_operation || ' ' || {shown}, ', ' ORDER BY audit_id) FROM audit.t_audit"
    );
    text(conn, &query)
}

/// Inserts rows with a value and with NULL, changes a value and no value, from
/// and to NULL, another column, the key, and takes the rows away.
const SCRIPT: &str = "INSERT INTO t VALUES (1, 'a', 0), (2, NULL, 0);
     UPDATE t SET n = 1;
     UPDATE t SET c = 'b' WHERE id = 1;
     UPDATE t SET c = 'c' WHERE id = 2;
     UPDATE t SET c = NULL WHERE id = 1;
     UPDATE t SET id = 3 WHERE id = 2;
     UPDATE t SET id = 4, c = 'd' WHERE id = 3;
     DELETE FROM t WHERE id = 1;
     TRUNCATE t";

fn played(recording: diesel_audit_model::Recording, shown: &str) -> String {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, c text, n integer)",
    );
    audited(&mut conn, "t", &[("c", recording)]);
    run_as_alice(&mut conn, SCRIPT);
    history(&mut conn, shown)
}

#[test]
fn of_a_redacted_column_whether_it_changed() {
    assert_eq!(
        played(Redact, "coalesce(audit_changed_c::text, '?')"),
        "I true, I true, U false, U false, U true, U true, U true, D true, U false, D true, U true, D true, T ?"
    );
}

#[test]
fn of_a_column_on_change_its_value_once() {
    assert_eq!(
        played(
            OnChange,
            "concat(coalesce(c, '-'), ' ', audit_changed_c::text)"
        ),
        "I a true, I - true, U - false, U - false, U b true, U c true, U - true, \
         D c true, U c true, D c true, U d true, D - true, T - "
    );
}

#[test]
fn of_a_hashed_column_a_digest_or_null() {
    let digest = "pg_catalog.sha256(k.outer_pad || pg_catalog.sha256(k.inner_pad || convert_to(v, getdatabaseencoding())))";
    let letter = format!(
        "coalesce((SELECT v FROM diesel_audit.hash_key AS k, unnest('{{a,b,c,d}}'::text[]) AS v WHERE audit_hash_c = {digest}), \
         CASE WHEN audit_hash_c IS NULL THEN '-' ELSE '?' END)"
    );
    assert_eq!(
        played(Hash, &letter),
        "I a, I -, U a, U -, U b, U c, U -, D c, U c, D c, U d, D -, T -"
    );
}

/// HMAC as everybody else computes it, over whatever a text can hold.
#[test]
fn a_digest_is_hmac_of_the_bytes() {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, c text, n numeric(6,2), f boolean, a text[])",
    );
    audited(
        &mut conn,
        "t",
        &[("c", Hash), ("n", Hash), ("f", Hash), ("a", Hash)],
    );
    let long = "\\é".repeat(50_000);
    let values = [
        "",
        " a ",
        "\\",
        "\\\\x00",
        "\\x41",
        "%s",
        "O'Brien",
        "é\u{301}😀\n\t",
        &long,
    ];
    let key: Vec<u8> = (1..=32).collect();
    let pad = |with: u8| -> String {
        let octets = key.iter().copied().chain([0; 32]);
        octets
            .map(|octet| format!("{:02x}", octet ^ with))
            .collect()
    };
    run(
        &mut conn,
        &format!(
            "UPDATE diesel_audit.hash_key SET inner_pad = decode('{}', 'hex'), outer_pad = decode('{}', 'hex')",
            pad(0x36),
            pad(0x5c)
        ),
    );
    let hmac = |message: &str| -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        mac.update(message.as_bytes());
        let digest = mac.finalize().into_bytes();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    for (value, id) in values.iter().zip(1..) {
        let literal = diesel_audit_model::quote::literal(value);
        run_as_alice(
            &mut conn,
            &format!("INSERT INTO t VALUES ({id}, {literal}, 1.5, true, ARRAY[{literal}])"),
        );
        let stored = texts(
            &mut conn,
            &format!(
                "SELECT unnest(ARRAY[encode(audit_hash_c, 'hex'), encode(audit_hash_n, 'hex'), encode(audit_hash_f, 'hex'), encode(audit_hash_a, 'hex')]) FROM audit.t_audit WHERE id = {id}"
            ),
        );
        let array = text(&mut conn, &format!("SELECT a::text FROM t WHERE id = {id}"));
        let expected = [*value, "1.50", "t", &array].map(|value| Some(hmac(value)));
        assert_eq!(
            stored,
            expected,
            "{}",
            value.chars().take(20).collect::<String>()
        );
    }
}

/// Whatever the session says about how values are shown.
#[test]
fn a_digest_does_not_depend_on_the_session() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, at timestamptz, age interval, x float8, raw bytea, price money, r regclass)",
    );
    let columns = ["at", "age", "x", "raw", "price", "r"];
    audited(&mut conn, "t", &columns.map(|column| (column, Hash)));
    let values = "'2000-01-01 12:00Z', '1 year 2 days -3 hours', 0.1::float8 + 0.2, '\\x00ff', 1.5::numeric::money, 't'";
    let strange = "SET LOCAL \"TimeZone\" = 'Asia/Tokyo'; SET LOCAL DateStyle = 'German'; SET LOCAL IntervalStyle = 'iso_8601';
         SET LOCAL extra_float_digits = 0; SET LOCAL bytea_output = 'escape'; SET LOCAL quote_all_identifiers = on; SET LOCAL search_path = ''";
    run_as_alice(&mut conn, &format!("INSERT INTO t VALUES (1, {values})"));
    let copy = format!(
        "INSERT INTO public.t SELECT 2, {} FROM public.t",
        columns.join(", ")
    );
    run_as_alice(&mut conn, &format!("{strange}; {copy}"));
    for column in columns {
        let different = format!("SELECT count(DISTINCT audit_hash_{column}) FROM audit.t_audit");
        assert_eq!(count(&mut conn, &different), 1, "{column}");
    }
}

#[test]
fn without_its_key_nothing_is_written() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(&mut conn, "CREATE TABLE t (id integer PRIMARY KEY, c text)");
    audited(&mut conn, "t", &[("c", Hash)]);
    run(&mut conn, "DELETE FROM diesel_audit.hash_key");
    let refused = attempt(&mut conn, ALICE, "INSERT INTO t VALUES (1, NULL)");
    let refused = refused.expect_err("a digest by no key");
    assert!(refused.is(Refusal::RowNotStored), "{refused:?}");
    assert_eq!(count(&mut conn, "SELECT count(*) FROM t"), 0);
}

/// The key is made once for a schema, is random, and nobody's but its owner's.
#[test]
fn the_key_is_one_and_closed() {
    let keys: Vec<String> = (0..2)
        .map(|_| {
            let database = audit_test_server::database();
            let mut conn = database.connect();
            run(
                &mut conn,
                "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC;
                 CREATE TABLE t (id integer PRIMARY KEY, c text);
                 CREATE TABLE u (id integer PRIMARY KEY, c text)",
            );
            audited(&mut conn, "t", &[("c", Hash)]);
            let key = "SELECT encode(inner_pad, 'hex') || encode(outer_pad, 'hex') FROM diesel_audit.hash_key";
            let first = text(&mut conn, key);
            audited(&mut conn, "u", &[("c", Hash)]);
            assert_eq!(text(&mut conn, key), first);
            let granted = "SELECT count(*) FROM pg_class, aclexplode(relacl) AS acl
                 WHERE oid = 'diesel_audit.hash_key'::regclass AND acl.grantee <> relowner";
            assert_eq!(count(&mut conn, granted), 0);
            first
        })
        .collect();
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[0].len(), 256);
    assert!(keys[0][64..128].chars().all(|c| c == '3' || c == '6'));
}

/// Image comparison: what `=` takes for equal is a change.
#[test]
fn a_change_that_equality_does_not_see() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, c numeric, j json)",
    );
    let table = audited(&mut conn, "t", &[("c", OnChange), ("j", OnChange)]);
    for (statement, letters) in [
        ("INSERT INTO t VALUES (1, 1.0, '{}')", "I"),
        ("UPDATE t SET c = 1.00", "U"),
        ("UPDATE t SET j = '{ }'", "U"),
        ("UPDATE t SET j = j, c = c", "U"),
    ] {
        recorded(&mut conn, &table, statement, letters).expect("recorded");
    }
    assert_eq!(
        history(
            &mut conn,
            "concat(c, ' ', audit_changed_c, ' ', j, ' ', audit_changed_j)"
        ),
        "I 1.0 t {} t, U 1.00 t  f, U  f { } t, U  f  f"
    );
}

/// The stored columns keep the refusal of another type.
#[test]
fn a_changed_type_is_refused_where_values_are_stored() {
    for (recording, is_refused) in [(OnChange, true), (Redact, false), (Hash, false)] {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        run(
            &mut conn,
            "CREATE TABLE t (id integer PRIMARY KEY, c varchar(3))",
        );
        audited(&mut conn, "t", &[("c", recording)]);
        run_as_alice(&mut conn, "INSERT INTO t VALUES (1, 'a')");
        run(&mut conn, "ALTER TABLE t ALTER c TYPE integer USING 7");
        for fresh in [false, true] {
            if fresh {
                conn = database.connect();
            }
            let written = attempt(&mut conn, ALICE, "UPDATE t SET id = id");
            assert_eq!(written.is_err(), is_refused, "{recording:?}: {written:?}");
        }
    }
}

/// Quotes, a name that has to be cut, and a key of two columns.
#[test]
fn names_of_all_kinds() {
    let long = "x".repeat(60);
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        &format!(
            "CREATE TABLE t (id integer, \"c\"\"\" text, \"{long}\" text, \"{long}2\" text, k text, PRIMARY KEY (k, id))"
        ),
    );
    let second = format!("{long}2");
    let table = audited(
        &mut conn,
        "t",
        &[("c\"", Redact), (&long, OnChange), (&second, Hash)],
    );
    for (statement, letters) in [
        ("INSERT INTO t VALUES (1, 'a', 'b', 'c', 'k')", "I"),
        ("UPDATE t SET \"c\"\"\" = 'A'", "U"),
        ("UPDATE t SET k = 'l'", "DU"),
        ("DELETE FROM t", "D"),
    ] {
        recorded(&mut conn, &table, statement, letters).expect("recorded");
    }
    assert_eq!(
        history(
            &mut conn,
            &format!("concat(\"audit_changed_c\"\"\", ' ', \"{long}\")")
        ),
        "I t b, U t , D t b, U f b, D t b"
    );
}
