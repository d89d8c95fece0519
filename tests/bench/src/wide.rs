//! An update of a number beside a document that does not change.

use std::error::Error;

use audit_test_server::{Database, Server};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_audit::{Audited, install};

use crate::Outcome;
use crate::measure::{self, figure};
use crate::prepared::Prepared;
use crate::variant::pg_backend_pid;

pub(crate) struct Size {
    rounds: usize,
    statements: usize,
}

pub(crate) const FULL: Size = Size {
    rounds: 20,
    statements: 100,
};
pub(crate) const QUICK: Size = Size {
    rounds: 8,
    statements: 40,
};

/// Not compressible by much, as a document that is stored out of line.
const DOCUMENTS: &str = "
    CREATE TABLE document (id bigint PRIMARY KEY, revision integer NOT NULL, body text);
    INSERT INTO document
    SELECT i, 0, (SELECT string_agg(md5(i::text || n), '') FROM generate_series(1, 1500) AS n)
    FROM generate_series(1, 100) AS i";

const UPDATE: &str = "UPDATE document SET revision = revision + 1 WHERE id = $1";

/// At most this much of what a full row costs.
const CPU_LIMIT: f64 = 0.15;

/// In bytes, for one update.
const WAL_LIMIT: f64 = 1024.0;

mod schema {
    diesel::table! {
        document (id) {
            id -> Int8,
            revision -> Int4,
            body -> Nullable<Text>,
        }
    }
}

mod whole {
    #[derive(diesel_audit::Audited)]
    #[diesel(table_name = super::schema::document)]
    #[allow(dead_code)]
    pub(super) struct Document {
        id: i64,
        revision: i32,
        body: Option<String>,
    }
}

mod changed {
    #[derive(diesel_audit::Audited)]
    #[diesel(table_name = super::schema::document)]
    #[allow(dead_code)]
    pub(super) struct Document {
        id: i64,
        revision: i32,
        #[audit(on_change)]
        body: Option<String>,
    }
}

#[derive(Debug, Clone, Copy)]
enum Variant {
    None,
    Whole,
    OnChange,
}

impl Variant {
    const ALL: [Variant; 3] = [Variant::None, Variant::Whole, Variant::OnChange];

    fn title(self) -> &'static str {
        match self {
            Variant::None => "no audit",
            Variant::Whole => "the whole row",
            Variant::OnChange => "on_change",
        }
    }
}

struct Candidate {
    conn: PgConnection,
    pid: Option<i32>,
    _database: Database,
}

/// Each document has 48,000 bytes and stays as it is. A commit does not wait for
/// the disk, since what it takes to wait is no part of the comparison.
pub(crate) fn run(size: Size) -> Outcome {
    let server = Server::find()?;
    let mut candidates = Variant::ALL
        .into_iter()
        .map(|variant| candidate(&server, variant))
        .collect::<Result<Vec<_>, _>>()?;
    println!(
        "an update of an integer beside 48,000 bytes of text, {} rounds of {} statements; ratios are medians within a round",
        size.rounds, size.statements
    );
    let mut wal = vec![Vec::new(); candidates.len()];
    let costs = measure::rounds(candidates.len(), size.rounds, |n| {
        let Candidate { conn, pid, .. } = &mut candidates[n];
        let before = written(conn);
        let cost = measure::cost(*pid, || {
            for key in 1..=size.statements as i64 {
                let done = Prepared::new(UPDATE, key).execute(conn);
                assert_eq!(done, Ok(1), "{UPDATE}");
            }
        });
        wal[n].push((written(conn) - before) as f64 / size.statements as f64);
        cost
    });
    println!(
        "{:16}{:>12}{:>12}{:>9}{:>12}",
        "", "wall µs", "server µs", "x whole", "WAL bytes"
    );
    let whole = Variant::Whole as usize;
    for (variant, cost) in Variant::ALL.into_iter().zip(&costs) {
        let wal = measure::median(wal[variant as usize].clone());
        println!(
            "{:16}{:>12}{:>12}{:>9}{wal:>12.0}",
            variant.title(),
            figure(
                measure::microseconds(cost, size.statements, measure::wall),
                1
            ),
            figure(
                measure::microseconds(cost, size.statements, measure::server),
                1
            ),
            figure(measure::ratio(cost, &costs[whole], measure::server), 3),
        );
    }
    let on_change = Variant::OnChange as usize;
    let bytes = measure::median(wal[on_change].clone());
    let ratio = measure::ratio(&costs[on_change], &costs[whole], measure::server);
    if bytes > WAL_LIMIT || ratio.is_some_and(|ratio| ratio > CPU_LIMIT) {
        return Err(format!(
            "on_change has to cost at most {CPU_LIMIT} of a whole row, and {WAL_LIMIT} bytes of WAL"
        )
        .into());
    }
    Ok(())
}

fn candidate(server: &Server, variant: Variant) -> Result<Candidate, Box<dyn Error + Send + Sync>> {
    let database = server.create_database()?;
    let mut conn = database.connect();
    conn.batch_execute(DOCUMENTS)?;
    conn.batch_execute("VACUUM ANALYZE document")?;
    match variant {
        Variant::None => {}
        Variant::Whole => install(&mut conn, &[whole::Document::audited_table()?])?,
        Variant::OnChange => install(&mut conn, &[changed::Document::audited_table()?])?,
    }
    let pid = diesel::select(pg_backend_pid()).get_result::<i32>(&mut conn)?;
    Ok(Candidate {
        conn,
        pid: server.backend_is_local().then_some(pid),
        _database: database,
    })
}

/// Bytes of WAL since the cluster was made. Only one candidate works at a time.
fn written(conn: &mut PgConnection) -> i64 {
    #[derive(QueryableByName)]
    struct Position {
        #[diesel(sql_type = BigInt)]
        bytes: i64,
    }
    let position = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::int8 AS bytes";
    diesel::sql_query(position)
        .get_result::<Position>(conn)
        .expect("the server tells its position")
        .bytes
}
