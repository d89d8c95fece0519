//! How many instructions the server executes for a write. Other load on the machine does not change
//! the count: two runs differ by two or three in a thousand.

mod callgrind;
mod check;
mod print;
mod session;

use audit_test_server::Server;

use crate::Outcome;
use crate::statements::{ONE_ROW, many_rows};
use crate::variant::Variant;

pub(crate) use callgrind::Missing;

pub(crate) struct Size {
    one_row: Times,
    many_rows: Option<Times>,
}

/// How often a statement is executed for its count, and how often before: the plan that a session
/// keeps is made at the sixth execution.
#[derive(Clone, Copy)]
struct Times {
    before: i64,
    counted: i64,
}

pub(crate) const FULL: Size = Size {
    one_row: Times {
        before: 50,
        counted: 300,
    },
    many_rows: Some(Times {
        before: 8,
        counted: 20,
    }),
};
pub(crate) const QUICK: Size = Size {
    one_row: Times {
        before: 20,
        counted: 100,
    },
    many_rows: None,
};

const MANY: i64 = 200;

/// A statement of the figures: each execution takes the next `rows` keys.
struct Write {
    name: &'static str,
    operation: char,
    dml: String,
    rows: i64,
    first_key: i64,
    times: Times,
}

/// All candidates are databases of one cluster, which is stopped, and gets one backend after the
/// other.
pub(crate) fn run(size: Size) -> Outcome {
    callgrind::available()?;
    let writes = writes(&size);
    let rows = writes.iter().map(Write::keys).sum();
    let mut server = Server::start_local_with(&callgrind::SETTINGS)?;
    let mut candidates = Vec::new();
    for variant in Variant::ALL {
        let database = variant.database(&server, rows)?;
        let session = session::statement(&database)?;
        candidates.push((variant, database, session));
    }
    let version = check::version(&candidates[0].1)?;

    let counts: Vec<Vec<f64>> = candidates
        .iter()
        .map(|(variant, database, session)| {
            callgrind::count(&mut server, database, session, *variant, &writes)
        })
        .collect::<Outcome<_>>()?;
    server.start_again()?;
    for (variant, database, _) in &candidates {
        check::written(database, *variant, rows, &writes)?;
    }
    print::table(&version, &writes, &counts);
    Ok(())
}

/// Insert, update and delete of one row, and then of many, no two of them on the same rows.
fn writes(size: &Size) -> Vec<Write> {
    let one_row = ONE_ROW.map(|(name, operation, dml)| (name, operation, dml.to_owned()));
    let mut kinds: Vec<_> = one_row.map(|dml| (dml, 1, size.one_row)).into();
    if let Some(times) = size.many_rows {
        kinds.extend(many_rows(MANY).map(|dml| (dml, MANY, times)));
    }
    let mut writes: Vec<Write> = Vec::new();
    for ((name, operation, dml), rows, times) in kinds {
        let first_key = writes
            .last()
            .map_or(1, |before| before.first_key + before.keys());
        writes.push(Write {
            name,
            operation,
            dml,
            rows,
            first_key,
            times,
        });
    }
    writes
}

impl Write {
    /// How many keys all its executions take.
    fn keys(&self) -> i64 {
        (self.times.before + self.times.counted) * self.rows
    }
}
