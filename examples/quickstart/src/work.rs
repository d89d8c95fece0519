//! What the users of the shop do, each in a thread of its own.

use std::error::Error;
use std::thread;

use bigdecimal::BigDecimal;
use diesel::dsl::sql_query;
use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditContext, AuditError, AuditPool};
use uuid::Uuid;

use crate::models::OrderStatus;
use crate::schema::{customers, orders};
use crate::warehouse_schema::warehouse::stock;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Runs the day, and gives the refusal of the one write that had no context.
pub fn a_day_at_the_shop(pool: &AuditPool) -> Result<AuditError, Box<dyn Error + Send + Sync>> {
    // Customers are there before others work for them; then two users work at
    // the same time, on one pool, and keep apart.
    ada_signs_customers_up(pool)?;
    at_the_same_time(pool, [ben_sells, cleo_fills_the_shelves])?;
    at_the_same_time(pool, [ada_corrects, ben_ships])?;
    cleo_cleans_up(pool)?;
    nobody_writes(pool)
}

fn at_the_same_time(pool: &AuditPool, users: [fn(&AuditPool) -> Outcome; 2]) -> Outcome {
    thread::scope(|scope| {
        let threads = users.map(|work| scope.spawn(move || work(pool)));
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().expect("no user panics"))
    })
}

/// An insert, and one statement with several rows.
fn ada_signs_customers_up(pool: &AuditPool) -> Outcome {
    let mut conn = pool.get_audited(&context("ada", 1)?)?;
    diesel::insert_into(customers::table)
        .values((
            customers::name.eq("Grace Hopper"),
            customers::email.eq("grace@example.org"),
        ))
        .execute(&mut conn)?;
    diesel::insert_into(customers::table)
        .values(&[
            (
                customers::name.eq("Alan Turing"),
                customers::email.eq("alan@example.org"),
            ),
            (
                customers::name.eq("Miles O'Brien"),
                customers::email.eq("miles@example.org"),
            ),
        ])
        .execute(&mut conn)?;
    Ok(())
}

/// An update and an order in one transaction, and one that is rolled back.
fn ben_sells(pool: &AuditPool) -> Outcome {
    let mut conn = pool.get_unaudited("each transaction says who")?;
    conn.audited(&context("ben", 2)?, |conn| {
        diesel::update(customers::table.find(1))
            .set(customers::phone.eq("+1 555 0100"))
            .execute(conn)?;
        diesel::insert_into(orders::table)
            .values((
                orders::customer_id.eq(1),
                orders::status.eq(OrderStatus::Open),
                orders::total.eq(BigDecimal::from(120)),
            ))
            .execute(conn)
    })?;
    let undone = conn.audited(&context("ben", 3)?, |conn| {
        diesel::update(customers::table.find(1))
            .set(customers::name.eq("never seen"))
            .execute(conn)?;
        Err::<(), _>(diesel::result::Error::RollbackTransaction)
    });
    assert_eq!(undone, Err(diesel::result::Error::RollbackTransaction));
    Ok(())
}

fn ben_ships(pool: &AuditPool) -> Outcome {
    let mut conn = pool.get_audited(&context("ben", 4)?)?;
    for status in [OrderStatus::Paid, OrderStatus::Shipped] {
        diesel::update(orders::table.find(1))
            .set(orders::status.eq(status))
            .execute(&mut conn)?;
    }
    Ok(())
}

/// An upsert, twice: an insert first, then an update.
fn cleo_fills_the_shelves(pool: &AuditPool) -> Outcome {
    let mut conn = pool.get_audited(&context("cleo", 5)?)?;
    for quantity in [10, 25] {
        diesel::insert_into(stock::table)
            .values((
                stock::site.eq("north"),
                stock::sku.eq("keyboard"),
                stock::quantity.eq(quantity),
            ))
            .on_conflict((stock::site, stock::sku))
            .do_update()
            .set(stock::quantity.eq(quantity))
            .execute(&mut conn)?;
    }
    Ok(())
}

/// Raw SQL and a delete; the trigger sees them like anything else.
fn ada_corrects(pool: &AuditPool) -> Outcome {
    let mut conn = pool.get_audited(&context("ada", 6)?)?;
    sql_query("UPDATE customers SET email = 'grace.hopper@example.org' WHERE id = 1")
        .execute(&mut conn)?;
    diesel::delete(customers::table.find(3)).execute(&mut conn)?;
    Ok(())
}

/// A TRUNCATE empties a table at once, and is one audit row.
fn cleo_cleans_up(pool: &AuditPool) -> Outcome {
    let mut conn = pool.get_audited(&context("cleo", 7)?)?;
    diesel::update(customers::table.find(1))
        .set((
            customers::name.eq("Rear Admiral Hopper"),
            customers::phone.eq(None::<String>),
        ))
        .execute(&mut conn)?;
    sql_query("TRUNCATE warehouse.stock").execute(&mut conn)?;
    Ok(())
}

/// The same pool, and nobody said who writes.
fn nobody_writes(pool: &AuditPool) -> Result<AuditError, Box<dyn Error + Send + Sync>> {
    let written = diesel::update(customers::table.find(1))
        .set(customers::name.eq("anonymous"))
        .execute(&mut pool.get_unaudited("nobody said who")?);
    match written {
        Ok(_) => Err("a write without a context was accepted".into()),
        Err(error) => Ok(AuditError::from(error)),
    }
}

fn context(username: &str, request: u128) -> Result<AuditContext, AuditError> {
    AuditContext::new()
        .set("username", username)?
        .set("request_id", Uuid::from_u128(request))
}
