//! What the context costs: at a checkout, and in a transaction.

use std::cell::RefCell;
use std::time::Instant;

use audit_test_server::Server;
use diesel::Connection;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use diesel_audit::{AsyncAuditConnection, AuditConnection, AuditContext, AuditCustomizer};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::Outcome;
use crate::measure::{awake, durable_server, median};
use crate::prepared::Prepared;

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

/// Against the pools and the transactions of Diesel and diesel-async, on one
/// server; transactions also where a commit waits for the disk.
pub(crate) fn run(size: Size) -> Outcome {
    let server = Server::find()?;
    let database = server.create_database()?;
    database.connect().batch_execute(TABLE)?;
    let url = database.url();
    let context = AuditContext::new()
        .set("username", "alice")?
        .set("request", Uuid::from_u128(7))?;

    checkouts(&size, url, &context)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    bb8(&size, &runtime, url, &context)?;
    deadpool(&size, &runtime, url, &context)?;

    transactions(&size, "", url, &context)?;
    async_transactions(&size, &runtime, url, &context)?;
    let durable = durable_server()?;
    let database = durable.create_database()?;
    database.connect().batch_execute(TABLE)?;
    transactions(&size, " that waits for its disk", database.url(), &context)
}

const TABLE: &str = "CREATE TABLE note (id bigint)";
const INSERT: &str = "INSERT INTO note VALUES ($1)";

fn checkouts(size: &Size, url: &str, context: &AuditContext) -> Outcome {
    let plain = Pool::builder()
        .max_size(1)
        .build(ConnectionManager::<PgConnection>::new(url))?;
    let audited = AuditCustomizer::new().wrap(Pool::builder().max_size(1), url)?;
    let candidates: [(&str, &mut dyn FnMut()); 2] = [
        ("a checkout of r2d2", &mut || {
            drop(plain.get().expect("a connection"));
        }),
        ("the same with a context", &mut || {
            drop(audited.get_audited(context).expect("a connection"));
        }),
    ];
    awake(|| compare(size, candidates));
    Ok(())
}

fn bb8(size: &Size, runtime: &Runtime, url: &str, context: &AuditContext) -> Outcome {
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
    let plain = runtime.block_on(bb8::Pool::builder().max_size(1).build(manager))?;
    let builder = bb8::Pool::builder().max_size(1);
    let audited = runtime.block_on(AuditCustomizer::new().wrap_bb8(builder, url))?;
    let candidates: [(&str, &mut dyn FnMut()); 2] = [
        ("a checkout of bb8", &mut || {
            runtime.block_on(async { drop(plain.get().await.expect("a connection")) });
        }),
        ("the same with a context", &mut || {
            let checkout = audited.get_audited(context);
            runtime.block_on(async { drop(checkout.await.expect("a connection")) });
        }),
    ];
    awake(|| compare(size, candidates));
    Ok(())
}

fn deadpool(size: &Size, runtime: &Runtime, url: &str, context: &AuditContext) -> Outcome {
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
    let plain: deadpool::managed::Pool<_> = deadpool::managed::Pool::builder(manager)
        .max_size(1)
        .build()?;
    let audited = AuditCustomizer::new().wrap_deadpool(url, |pool| pool.max_size(1))?;
    let candidates: [(&str, &mut dyn FnMut()); 2] = [
        ("a checkout of deadpool", &mut || {
            runtime.block_on(async { drop(plain.get().await.expect("a connection")) });
        }),
        ("the same with a context", &mut || {
            let checkout = audited.get_audited(context);
            runtime.block_on(async { drop(checkout.await.expect("a connection")) });
        }),
    ];
    awake(|| compare(size, candidates));
    Ok(())
}

fn transactions(size: &Size, kind: &str, url: &str, context: &AuditContext) -> Outcome {
    let conn = RefCell::new(PgConnection::establish(url)?);
    let insert = Prepared::new(INSERT, 1);
    let candidates: [(&str, &mut dyn FnMut()); 2] = [
        (&format!("a transaction with one insert{kind}"), &mut || {
            conn.borrow_mut()
                .transaction(|conn| insert.clone().execute(conn))
                .expect("it commits");
        }),
        ("the same within `audited`", &mut || {
            conn.borrow_mut()
                .audited(context, |conn| insert.clone().execute(conn))
                .expect("it commits");
        }),
    ];
    awake(|| compare(size, candidates));
    Ok(())
}

fn async_transactions(
    size: &Size,
    runtime: &Runtime,
    url: &str,
    context: &AuditContext,
) -> Outcome {
    use diesel_async::RunQueryDsl;

    let conn = RefCell::new(runtime.block_on(AsyncPgConnection::establish(url))?);
    let insert = Prepared::new(INSERT, 1);
    let candidates: [(&str, &mut dyn FnMut()); 2] = [
        ("the transaction on diesel-async", &mut || {
            let conn = &mut *conn.borrow_mut();
            let insert = async |conn: &mut AsyncPgConnection| {
                RunQueryDsl::execute(insert.clone(), conn).await
            };
            runtime
                .block_on(conn.transaction::<_, diesel::result::Error, _>(insert))
                .expect("it commits");
        }),
        ("the same within `audited`", &mut || {
            let conn = &mut *conn.borrow_mut();
            let insert = async |conn: &mut AsyncPgConnection| {
                RunQueryDsl::execute(insert.clone(), conn).await
            };
            runtime
                .block_on(conn.audited::<_, _, diesel::result::Error, _>(context, insert))
                .expect("it commits");
        }),
    ];
    awake(|| compare(size, candidates));
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
    println!("{:54}{plain:>8.1} µs", candidates[0].0);
    println!("{:54}{ours:>8.1} µs  x {ratio:.3}", candidates[1].0);
}
