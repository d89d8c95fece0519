//! What the context costs: at a checkout, and in a transaction.

use std::time::Instant;

use audit_test_server::Server;
use diesel::Connection;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel_audit::{AuditConnection, AuditContext, AuditPool};
use uuid::Uuid;

use crate::Outcome;
use crate::measure::{awake, median};
use crate::variant::Prepared;

pub(crate) struct Size {
    rounds: usize,
    times: usize,
}

pub(crate) const FULL: Size = Size {
    rounds: 60,
    times: 200,
};
pub(crate) const QUICK: Size = Size {
    rounds: 15,
    times: 100,
};

/// Against Diesel's own pool and Diesel's own transaction, on one server.
pub(crate) fn run(size: Size) -> Outcome {
    let server = Server::find()?;
    let database = server.create_database()?;
    database
        .connect()
        .batch_execute("CREATE TABLE note (id bigint)")?;
    let plain = Pool::builder()
        .max_size(1)
        .build(ConnectionManager::<PgConnection>::new(database.url()))?;
    let audited = AuditPool::new(database.url())?;
    let mut conn = database.connect();
    let context = AuditContext::new()
        .set("username", "alice")?
        .set("request", Uuid::from_u128(7))?;
    let insert = Prepared::new("INSERT INTO note VALUES ($1)", 1);

    let candidates: [(&str, &mut dyn FnMut()); 2] = [
        ("a checkout of Diesel's pool", &mut || {
            drop(plain.get().expect("a connection"));
        }),
        ("a checkout with a context", &mut || {
            drop(audited.get_audited(&context).expect("a connection"));
        }),
    ];
    awake(|| compare(&size, candidates));

    let conn = std::cell::RefCell::new(&mut conn);
    let candidates: [(&str, &mut dyn FnMut()); 2] = [
        ("a transaction with one insert", &mut || {
            conn.borrow_mut()
                .transaction(|conn| insert.clone().execute(conn))
                .expect("it commits");
        }),
        ("the same within `audited`", &mut || {
            conn.borrow_mut()
                .audited(&context, |conn| insert.clone().execute(conn))
                .expect("it commits");
        }),
    ];
    awake(|| compare(&size, candidates));
    Ok(())
}

/// The two take turns one operation at a time, so that both meet the same
/// machine; the median of a round forgets the operations that were interrupted.
fn compare(size: &Size, candidates: [(&str, &mut dyn FnMut()); 2]) {
    let mut rounds: [Vec<f64>; 2] = Default::default();
    for round in 0..=size.rounds {
        let mut microseconds: [Vec<f64>; 2] = Default::default();
        for turn in 0..size.times {
            for n in [turn % 2, 1 - turn % 2] {
                let start = Instant::now();
                candidates[n].1();
                microseconds[n].push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
        // The first round warms up.
        if round > 0 {
            for (round, times) in rounds.iter_mut().zip(microseconds) {
                round.push(median(times));
            }
        }
    }
    let ratios = rounds[1]
        .iter()
        .zip(&rounds[0])
        .map(|(ours, plain)| ours / plain);
    let ratio = median(ratios.collect());
    let [plain, ours] = rounds.map(median);
    println!("{:32}{plain:>8.1} µs", candidates[0].0);
    println!("{:32}{ours:>8.1} µs  x {ratio:.3}", candidates[1].0);
}
