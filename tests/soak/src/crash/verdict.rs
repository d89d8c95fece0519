//! What is there, compared with what was acknowledged.

use std::collections::HashMap;
use std::fmt;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Client, Result};

#[derive(Debug, Default)]
pub(super) struct Verdict {
    changes: i64,
    rows: i64,
    /// Rows whose number of changes, of audit rows and of the last audit row
    /// are not one number.
    miscounted: i64,
    /// Rows that are not what their last audit row holds.
    differing: i64,
    /// Acknowledged transactions without both of their audit rows.
    lost: usize,
    /// Transactions with one of their two audit rows, or with more.
    halved: usize,
    wrong_user: i64,
}

impl Verdict {
    pub(super) fn mismatches(&self) -> i64 {
        let open = i64::from(self.changes != self.rows);
        open + self.miscounted + self.differing + (self.lost + self.halved) as i64 + self.wrong_user
    }

    pub(super) fn add(&mut self, other: &Verdict) {
        self.miscounted += other.miscounted;
        self.differing += other.differing;
        self.lost += other.lost;
        self.halved += other.halved;
        self.wrong_user += other.wrong_user;
    }

    /// How many changes there are in the end, by the rows and by their history.
    pub(super) fn look_at(&mut self, url: &str) -> Result<()> {
        let conn = &mut PgConnection::establish(url)?;
        self.changes = count(conn, "SELECT sum(n)::bigint FROM account")?;
        self.rows = count(conn, "SELECT count(*) FROM trail.public_account_log")?;
        Ok(())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} changes, {} audit rows, {} rows miscounted, {} that differ from their history, \
             {} acknowledged transactions lost, {} halved, {} audit rows with another user",
            self.changes,
            self.rows,
            self.miscounted,
            self.differing,
            self.lost,
            self.halved,
            self.wrong_user,
        )
    }
}

/// When no client writes.
pub(super) fn of(url: &str, clients: &[Client]) -> Result<Verdict> {
    let conn = &mut PgConnection::establish(url)?;
    let mut verdict = Verdict {
        miscounted: count(
            conn,
            "SELECT count(*) FROM account LEFT JOIN (SELECT id, count(*) AS rows, max(n) AS last FROM trail.public_account_log GROUP BY id) \
             AS history USING (id) WHERE (n, n) IS DISTINCT FROM (rows, last)",
        )?,
        differing: count(
            conn,
            "SELECT count(*) FROM account FULL JOIN (SELECT DISTINCT ON (id) * FROM trail.public_account_log ORDER BY id, audit_id DESC) \
             AS last USING (id) WHERE (account.n, account.writer, account.body) IS DISTINCT FROM (last.n, last.writer, last.body)",
        )?,
        wrong_user: count(
            conn,
            "SELECT count(*) FROM trail.public_account_log WHERE audit_username IS DISTINCT FROM writer \
             OR audit_request <> 'none' AND audit_username <> 'client ' || split_part(audit_request, ' ', 1)",
        )?,
        ..Verdict::default()
    };
    let recorded: Vec<(String, i64)> = sql::<(Text, BigInt)>(
        "SELECT audit_request, count(*) FROM trail.public_account_log WHERE audit_request <> 'none' GROUP BY 1",
    )
    .load(conn)?;
    let recorded: HashMap<String, i64> = recorded.into_iter().collect();
    verdict.halved = recorded.values().filter(|rows| **rows != 2).count();
    for client in clients {
        let lost = |turn: &&i64| recorded.get(&client.request(**turn)) != Some(&2);
        verdict.lost += client.acknowledged.iter().filter(lost).count();
    }
    Ok(verdict)
}

fn count(conn: &mut PgConnection, query: &str) -> QueryResult<i64> {
    sql::<BigInt>(query).get_result(conn)
}
