//! Property: whatever is written to nullable columns of every type, a history
//! tells unchanged from NULL and both from a value, and a redacted column whether
//! it changed.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel_audit::{OnChange, Redacted};
use diesel_audit_model::Recording;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::audited;
use crate::support::{count, run, run_as_alice, texts};
use crate::zoo::{Values, values};

/// A write to one row; values are numbers of the pool, the same for all types.
#[derive(Debug, Clone, Copy)]
enum Write {
    Insert(u8, usize),
    /// To the value, or to itself.
    Update(u8, Option<usize>),
    /// To another key, with or without another value.
    Move(u8, u8, Option<usize>),
    Delete(u8),
}

fn write() -> impl Strategy<Value = Write> {
    let key = 1..4_u8;
    let value = 0..8_usize;
    let other = proptest::option::of(0..8_usize);
    prop_oneof![
        3 => (key.clone(), value).prop_map(|(key, value)| Write::Insert(key, value)),
        6 => (key.clone(), other.clone()).prop_map(|(key, value)| Write::Update(key, value)),
        2 => (key.clone(), key.clone(), other).prop_map(|(a, b, value)| Write::Move(a, b, value)),
        1 => key.prop_map(Write::Delete),
    ]
}

/// A column of the table.
struct Pool {
    sql_type: String,
    values: Vec<String>,
    /// For each value the first one with the same image.
    image: Vec<usize>,
}

impl Pool {
    fn of(conn: &mut PgConnection, Values { sql_type, values }: Values) -> Pool {
        // As it is stored in the column.
        run(
            conn,
            &format!("CREATE TEMPORARY TABLE pool (n bigint, v {sql_type})"),
        );
        for (n, value) in values.iter().enumerate() {
            run(conn, &format!("INSERT INTO pool VALUES ({n}, {value})"));
        }
        let first = "SELECT (SELECT min(b.n) FROM pool AS b WHERE ROW(a.v)::record *= ROW(b.v)::record)::text FROM pool AS a ORDER BY n";
        let image = texts(conn, first).into_iter().flatten();
        let image = image.map(|n| n.parse().expect("a number")).collect();
        run(conn, "DROP TABLE pool");
        Pool {
            sql_type,
            values,
            image,
        }
    }

    fn at(&self, value: usize) -> usize {
        self.image[value % self.values.len()]
    }

    fn sql(&self, value: usize) -> &str {
        &self.values[value % self.values.len()]
    }

    /// What a reader is to see, and whether it changed.
    fn shown(&self, before: Option<usize>, now: usize, key_changed: bool) -> (String, bool) {
        let differs = before.is_none_or(|before| self.at(before) != self.at(now));
        let shown = match self.sql(now) {
            _ if !differs && !key_changed => "unchanged".to_owned(),
            "NULL" => "NULL".to_owned(),
            _ => self.at(now).to_string(),
        };
        (shown, differs)
    }

    /// The column's value as a number, and the flags of it and of its neighbour.
    fn columns(&self, n: usize) -> String {
        let pool: Vec<String> = self
            .values
            .iter()
            .enumerate()
            .map(|(n, value)| format!("({n}, CAST({value} AS {}))", self.sql_type))
            .collect();
        format!(
            "CASE WHEN num_nulls(c{n}) = 0 THEN
                (SELECT min(pool.n)::text FROM (VALUES {}) AS pool (n, v) WHERE ROW(pool.v)::record *= ROW(c{n})::record)
             END, audit_changed_c{n}, audit_changed_r{n}",
            pool.join(", ")
        )
    }
}

#[test]
fn unchanged_is_neither_null_nor_a_value() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let pools: Vec<Pool> = values()
        .into_iter()
        .map(|values| Pool::of(&mut conn, values))
        .collect();
    assert!(pools.len() > 30, "{} types", pools.len());
    let columns: Vec<String> = pools
        .iter()
        .enumerate()
        .map(|(n, pool)| format!("c{n} {0}, r{n} {0}", pool.sql_type))
        .collect();
    run(
        &mut conn,
        &format!(
            "CREATE TABLE t (id integer PRIMARY KEY, {})",
            columns.join(", ")
        ),
    );
    let names: Vec<(String, _)> = (0..pools.len())
        .flat_map(|n| {
            [
                (format!("c{n}"), Recording::OnChange),
                (format!("r{n}"), Recording::Redact),
            ]
        })
        .collect();
    let recorded: Vec<(&str, _)> = names.iter().map(|(name, r)| (&**name, *r)).collect();
    audited(&mut conn, "t", &recorded);
    let conn = std::cell::RefCell::new(conn);
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&proptest::collection::vec(write(), 1..12), |writes| {
            play(&mut conn.borrow_mut(), &pools, &writes);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

fn play(conn: &mut PgConnection, pools: &[Pool], writes: &[Write]) {
    run_as_alice(conn, "DELETE FROM t");
    run(conn, "TRUNCATE audit.t_audit");
    let mut rows: BTreeMap<u8, usize> = BTreeMap::new();
    let mut statements = Vec::new();
    // For each audit row the letter and the key, the value before and now, and
    // whether the key is another.
    let mut expected: Vec<(char, u8, Option<usize>, usize, bool)> = Vec::new();
    let set = |value: Option<usize>| -> String {
        let columns = pools.iter().enumerate().map(|(n, pool)| match value {
            Some(value) => format!("c{n} = {0}, r{n} = {0}", pool.sql(value)),
            None => format!("c{n} = c{n}, r{n} = r{n}"),
        });
        columns.collect::<Vec<_>>().join(", ")
    };
    for &write in writes {
        match write {
            Write::Insert(key, value) if !rows.contains_key(&key) => {
                let values = pools
                    .iter()
                    .map(|pool| format!("{0}, {0}", pool.sql(value)));
                let values: Vec<String> = values.collect();
                statements.push(format!(
                    "INSERT INTO t VALUES ({key}, {})",
                    values.join(", ")
                ));
                expected.push(('I', key, None, value, false));
                rows.insert(key, value);
            }
            Write::Update(key, value) => {
                if let Some(before) = rows.get(&key).copied() {
                    let now = value.unwrap_or(before);
                    statements.push(format!("UPDATE t SET {} WHERE id = {key}", set(value)));
                    expected.push(('U', key, Some(before), now, false));
                    rows.insert(key, now);
                }
            }
            Write::Move(key, to, value) if !rows.contains_key(&to) => {
                if let Some(before) = rows.remove(&key) {
                    let now = value.unwrap_or(before);
                    statements.push(format!(
                        "UPDATE t SET id = {to}, {} WHERE id = {key}",
                        set(value)
                    ));
                    expected.push(('D', key, None, before, false));
                    expected.push(('U', to, Some(before), now, true));
                    rows.insert(to, now);
                }
            }
            Write::Delete(key) => {
                if let Some(before) = rows.remove(&key) {
                    statements.push(format!("DELETE FROM t WHERE id = {key}"));
                    expected.push(('D', key, None, before, false));
                }
            }
            Write::Insert(..) | Write::Move(..) => {}
        }
    }
    if statements.is_empty() {
        return;
    }
    run_as_alice(conn, &statements.join("; "));
    for (n, pool) in pools.iter().enumerate() {
        let query = format!(
            "SELECT audit_operation || ' ' || id, {} FROM audit.t_audit ORDER BY audit_id",
            pool.columns(n)
        );
        let seen: Vec<String> = sql::<Row>(&query)
            .load::<(String, OnChange<String>, Redacted)>(conn)
            .expect("rows of a companion")
            .iter()
            .map(shown)
            .collect();
        let stored = format!(
            "SELECT count(*) FROM audit.t_audit WHERE audit_changed_c{n} IS FALSE AND num_nulls(c{n}) = 0"
        );
        assert_eq!(count(conn, &stored), 0, "{}: stored again", pool.sql_type);
        let expected: Vec<String> = expected
            .iter()
            .map(|&(letter, key, before, now, key_changed)| {
                let (shown, differs) = pool.shown(before, now, key_changed);
                format!("{letter} {key} {shown} {differs}")
            })
            .collect();
        assert_eq!(seen, expected, "{}: {statements:?}", pool.sql_type);
    }
}

/// Letter and key, the two columns of a value, and a flag.
type Row = (Text, (Nullable<Text>, Nullable<Bool>), Bool);

fn shown((change, value, redacted): &(String, OnChange<String>, Redacted)) -> String {
    let value = match value {
        OnChange::Unchanged => "unchanged",
        OnChange::Stored(None) => "NULL",
        OnChange::Stored(Some(value)) => value,
    };
    format!("{change} {value} {}", *redacted == Redacted::Changed)
}
