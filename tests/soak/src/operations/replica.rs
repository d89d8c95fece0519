//! Logical replication between two servers: without more, a subscriber's
//! audit stops it; with what README says, it goes on.
//!
//! <https://www.postgresql.org/docs/current/logical-replication.html>

use std::thread;
use std::time::{Duration, Instant};

use audit_test_server::{Database, Server};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel_audit::{Code, install};

use super::report::Report;
use super::tables::{self, TABLES, count, text};
use super::{Outcome, state};

/// Longer than a change takes to arrive, and than a worker takes to fail again.
const PATIENCE: Duration = Duration::from_secs(180);
const STALLED: Duration = Duration::from_secs(3);

/// What arrived in the two ways.
#[derive(Debug, Default)]
pub(crate) struct Replicated {
    pub(super) refusals: i64,
    pub(super) skipped: i64,
    pub(super) recorded: i64,
}

pub(super) fn run(
    publisher: &Server,
    subscriber: &Server,
    transactions: i64,
    report: &mut Report,
) -> Outcome<Replicated> {
    let origin = publisher.create_database()?;
    let mut conn = prepare(&origin)?;
    conn.batch_execute(
        "CREATE PUBLICATION sources FOR TABLE users, entries, papers, notes;
         CREATE PUBLICATION sources_and_history FOR TABLE users, entries, papers, notes,
             audit.users_audit, audit.entries_audit, audit.papers_audit",
    )?;

    let stopped = Subscription::new(&origin, subscriber, "stopped", "sources", &[])?;
    let recording = Subscription::new(&origin, subscriber, "recording", "sources", &["record"])?;
    tables::write(origin.url(), 0, transactions)?;
    conn.batch_execute("INSERT INTO notes VALUES (1)")?;
    thread::sleep(STALLED);
    let mut refused = stopped.connect();
    let refusals = count(
        &mut refused,
        "SELECT apply_error_count FROM pg_stat_subscription_stats WHERE subname = 'stopped'",
    )?;
    report.expect(
        refusals > 0,
        "a subscriber without a context refused nothing",
    );
    let arrived = count(&mut refused, "SELECT count(*) FROM notes")?;
    report.expect(
        arrived == 0,
        "a table that is not audited went on without the others",
    );
    state::verified(&mut refused, &[Code::Subscribed], "no context", report)?;
    // What has to be said is said while it is stopped, and it goes on from there.
    refused.batch_execute(&for_each_table(&of_the_readme("skip")))?;
    stopped.wait(1)?;
    report.expect(
        tables::rows(&mut refused)? == 0,
        "skipped changes are recorded",
    );

    // This one is there later, and copies what is there first.
    let skipping = Subscription::new(
        &origin,
        subscriber,
        "skipping",
        "sources_and_history",
        &["skip"],
    )?;
    tables::write(origin.url(), transactions, transactions)?;
    // Statement triggers fire on a subscriber for this one.
    let truncate = "SELECT set_config('audit.username', 'ann', true),
            set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true);
        TRUNCATE papers";
    conn.batch_execute(&format!("BEGIN; {truncate}; COMMIT"))?;
    tables::write(origin.url(), 2 * transactions, transactions)?;
    conn.batch_execute("INSERT INTO notes VALUES (2)")?;
    for subscription in [&stopped, &recording, &skipping] {
        subscription.wait(2)?;
    }

    let before = state::rows(&mut conn)?;
    let mut skipped = skipping.connect();
    state::verified(&mut skipped, &[], "skip", report)?;
    report.same(&before, &state::rows(&mut skipped)?, "skip");
    let mut recorded = recording.connect();
    state::verified(&mut recorded, &[], "record", report)?;
    let sources = |rows: Vec<String>| -> Vec<String> {
        let rows = rows.into_iter();
        rows.filter(|row| !row.starts_with("audit.")).collect()
    };
    report.same(
        &sources(before),
        &sources(state::rows(&mut recorded)?),
        "record",
    );
    for table in TABLES {
        let done = format!(
            "SELECT coalesce(string_agg(format('%s %s', done, audit_operation), ', '), 'nothing')
             FROM (SELECT audit_operation, count(*) AS done FROM audit.{table}_audit
                   GROUP BY audit_operation ORDER BY audit_operation) AS by_operation"
        );
        let (there, here) = (text(&mut conn, &done)?, text(&mut recorded, &done)?);
        report.expect(
            there == here,
            &format!("record: {table} has {here} and not {there}"),
        );
        let others = count(
            &mut recorded,
            &format!(
                "SELECT count(*) FROM audit.{table}_audit WHERE audit_username IS DISTINCT FROM 'replication'"
            ),
        )?;
        report.expect(others == 0, &format!("record: {others} rows by others"));
    }
    tables::check(&mut recorded, "record", report)?;
    let figures = Replicated {
        refusals,
        skipped: tables::rows(&mut skipped)?,
        recorded: tables::rows(&mut recorded)?,
    };
    take_over(
        skipping,
        &mut skipped,
        3 * transactions,
        transactions,
        report,
    )?;
    Ok(figures)
}

/// The subscriber that skips becomes the one that is written to.
fn take_over(
    subscription: Subscription,
    conn: &mut PgConnection,
    first: i64,
    transactions: i64,
    report: &mut Report,
) -> Outcome<()> {
    conn.batch_execute("DROP SUBSCRIPTION skipping")?;
    conn.batch_execute("SELECT setval('entry_keys', max(id)) FROM entries")?;
    for table in ["users", "papers"] {
        conn.batch_execute(&format!(
            "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
        ))?;
    }
    conn.batch_execute(&for_each_table(&of_the_readme("take over")))?;
    install(conn, &tables::models()?)?;
    state::verified(conn, &[], "take over", report)?;
    tables::write(subscription.database.url(), first, transactions)?;
    tables::check(conn, "take over", report)?;
    Ok(())
}

/// A database of the subscriber that is subscribed to a publication of the origin.
struct Subscription {
    name: &'static str,
    database: Database,
}

impl Subscription {
    fn new(
        origin: &Database,
        subscriber: &Server,
        name: &'static str,
        publication: &str,
        of_the_readme: &[&str],
    ) -> Outcome<Subscription> {
        let database = subscriber.create_database()?;
        let mut conn = prepare(&database)?;
        for block in of_the_readme {
            conn.batch_execute(&for_each_table(&self::of_the_readme(block)))?;
        }
        conn.batch_execute(&format!(
            "CREATE SUBSCRIPTION {name} CONNECTION '{}' PUBLICATION {publication}",
            origin.url()
        ))?;
        let subscription = Subscription { name, database };
        let copied = "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'";
        subscription.until(copied, 0)?;
        Ok(subscription)
    }

    fn connect(&self) -> PgConnection {
        self.database.connect()
    }

    /// Until so many notes have come, and with them all that was before.
    fn wait(&self, notes: i64) -> Outcome<()> {
        self.until("SELECT count(*) FROM notes", notes)
    }

    fn until(&self, query: &str, wanted: i64) -> Outcome<()> {
        let mut conn = self.connect();
        let end = Instant::now() + PATIENCE;
        while count(&mut conn, query)? != wanted {
            if Instant::now() > end {
                return Err(format!("{}: nothing more arrives", self.name).into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

fn prepare(database: &Database) -> Outcome<PgConnection> {
    let mut conn = database.connect();
    tables::create(&mut conn)?;
    install(&mut conn, &tables::models()?)?;
    Ok(conn)
}

/// README shows the statements for `users`.
fn for_each_table(shown: &str) -> String {
    TABLES.map(|table| shown.replace("users", table)).concat()
}

/// A block of README, so that what it says is what runs here.
pub(super) fn of_the_readme(name: &str) -> String {
    let readme = include_str!("../../../../README.md");
    let mark = format!("<!-- run by soak operations: {name} -->\n```sql\n");
    let block = readme.split_once(&mark);
    let block = block.and_then(|(_, rest)| rest.split_once("```\n"));
    block.map_or_else(String::new, |(shown, _)| shown.to_owned())
}
