//! What gets into sessions beside the contexts of the scopes: by the options of
//! a connection, by defaults of the database and of the role, and by statements
//! of an earlier checkout. None of it is a value that a scope has given.

use std::thread;
use std::time::Duration;

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::counts::Counts;

/// A statement that is run on a checkout, and what becomes of the checkout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meddling {
    /// What it is counted as.
    pub(crate) kind: Kind,
    pub(crate) sql: &'static str,
    pub(crate) then: Then,
}

/// The kinds, in the order in which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Set,
    ResetAll,
    DiscardAll,
    DeallocateAll,
}

impl Kind {
    pub(crate) const ALL: [(Kind, &'static str); 4] = [
        (Kind::Set, "SET audit.x"),
        (Kind::ResetAll, "RESET ALL"),
        (Kind::DiscardAll, "DISCARD ALL"),
        (Kind::DeallocateAll, "DEALLOCATE ALL"),
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Its context is as before.
    Kept,
    /// It has none any more.
    Lost,
    /// It ends: its prepared statements are gone, or what it says of itself is
    /// another claim, which every session can make.
    Over,
}

const fn meddling(kind: Kind, sql: &'static str, then: Then) -> Meddling {
    Meddling { kind, sql, then }
}

/// `note` is a setting that no scope ever gives.
const ALL: [Meddling; 12] = [
    meddling(Kind::Set, "SET audit.note = 'left over'", Then::Kept),
    meddling(
        Kind::Set,
        "SET audit.note = 'left over'; SET audit.context = '1 tx <username:text><request_id:uuid><note:text>'",
        Then::Lost,
    ),
    meddling(
        Kind::Set,
        "SET audit.request_id = 'no uuid'; SET audit.note = 'left over'",
        Then::Over,
    ),
    meddling(
        Kind::Set,
        "SET audit.username = 'mallory'; SET audit.request_id = '22222222-2222-2222-2222-222222222222'",
        Then::Over,
    ),
    meddling(
        Kind::Set,
        "BEGIN; SELECT set_config('audit.username', 'mallory', false), set_config('audit.note', 'left over', false), \
             set_config('audit.context', to_hex(pg_backend_pid()) || ' session <username:text><request_id:text><note:text>', false); COMMIT",
        Then::Over,
    ),
    meddling(
        Kind::Set,
        "SET audit.context = '1 session <username:text><request_id:text><note:text>'; SET audit.note = 'left over'",
        Then::Lost,
    ),
    meddling(Kind::ResetAll, "RESET ALL", Then::Lost),
    meddling(
        Kind::ResetAll,
        "RESET ALL; SET audit.username = 'mallory'",
        Then::Lost,
    ),
    meddling(Kind::DiscardAll, "DISCARD ALL", Then::Over),
    meddling(Kind::DeallocateAll, "DEALLOCATE ALL", Then::Over),
    meddling(
        Kind::DeallocateAll,
        "DEALLOCATE ALL; RESET ALL; SET audit.note = 'left over'",
        Then::Over,
    ),
    meddling(Kind::ResetAll, "RESET ALL; DEALLOCATE ALL", Then::Over),
];

/// Each in its turn.
pub(crate) fn of(user: usize, turn: usize) -> Meddling {
    ALL[(user + turn) % ALL.len()]
}

/// The address with options, as libpq takes them from PGOPTIONS, too.
pub(crate) fn with_options(url: &str) -> String {
    let options = "-c audit.username=mallory -c audit.note=options \
                   -c audit.request_id=11111111-1111-1111-1111-111111111111";
    let options = options.replace(' ', "%20").replace('=', "%3D");
    let separator = if url.contains('?') { "&" } else { "?" };
    format!("{url}{separator}options={options}")
}

/// Defaults for the sessions to come, which come and go until the run is over.
pub(crate) fn change_defaults(database: &Database, counts: &Counts) {
    let name = database.name();
    let of = [
        format!("ALTER DATABASE {name}"),
        format!("ALTER ROLE CURRENT_USER IN DATABASE {name}"),
    ];
    let settings = [
        "username = 'mallory'",
        "note = 'default'",
        "request_id = 'no uuid'",
    ];
    let mut conn: Option<PgConnection> = None;
    for turn in 0_usize.. {
        if counts.is_over() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
        // The server crashes now and then.
        let Some(open) = conn.as_mut() else {
            conn = PgConnection::establish(database.url()).ok();
            continue;
        };
        let who = &of[turn % of.len()];
        let setting = settings[turn / 2 % settings.len()];
        let sql = if turn % 7 == 6 {
            format!("{who} RESET ALL")
        } else {
            format!("{who} SET audit.{setting}")
        };
        match open.batch_execute(&sql) {
            Ok(()) => counts.count_default(),
            Err(_) => conn = None,
        }
    }
}
