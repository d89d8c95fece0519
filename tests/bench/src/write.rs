//! One row, one statement, one commit.

use diesel::RunQueryDsl;

use crate::Outcome;
use crate::measure::{self, figure};
use crate::prepared::Prepared;
use crate::statements::ONE_ROW;
use crate::variant::{Candidate, Variant, candidates};

pub(crate) struct Size {
    rounds: usize,
    statements: usize,
}

pub(crate) const FULL: Size = Size {
    rounds: 40,
    statements: 100,
};
pub(crate) const QUICK: Size = Size {
    rounds: 8,
    statements: 40,
};

/// The server commits for real where it is ours: what a write costs without
/// waiting for the disk is the column of the server's processor.
pub(crate) fn run(size: Size) -> Outcome {
    let server = measure::durable_server()?;
    let rows = ((size.rounds + 1) * size.statements) as i64;
    let mut candidates = candidates(&server, rows)?;
    println!(
        "one row per statement and commit, {} rounds of {} statements; ratios are medians within a round",
        size.rounds, size.statements
    );
    println!(
        "{:8}{:26}{:>9}{:>9}{:>9}{:>9}   {:>10}{:>9}{:>9}",
        "", "", "wall µs", "x none", "x floor", "x seed", "server µs", "x floor", "x seed"
    );
    for (name, letter, dml) in ONE_ROW {
        let statements: Vec<String> = Variant::ALL.map(|v| v.statement(dml, letter)).into();
        // Each candidate has its own database, so each goes through the same keys.
        let mut next = vec![1i64; candidates.len()];
        let costs = measure::rounds(candidates.len(), size.rounds, |n| {
            let Candidate { conn, pid, .. } = &mut candidates[n];
            let first = next[n];
            next[n] += size.statements as i64;
            measure::cost(*pid, || {
                for key in first..next[n] {
                    let done = Prepared::new(&statements[n], key).execute(conn);
                    assert_eq!(done, Ok(1), "{}", statements[n]);
                }
            })
        });
        for (variant, cost) in Variant::ALL.into_iter().zip(&costs) {
            let against =
                |base: Variant, of| figure(measure::ratio(cost, &costs[base as usize], of), 2);
            println!(
                "{name:8}{:26}{:>9}{:>9}{:>9}{:>9}   {:>10}{:>9}{:>9}",
                variant.title(),
                figure(
                    measure::microseconds(cost, size.statements, measure::wall),
                    1
                ),
                against(Variant::None, measure::wall),
                against(Variant::Floor, measure::wall),
                against(Variant::Seed, measure::wall),
                figure(
                    measure::microseconds(cost, size.statements, measure::server),
                    1
                ),
                against(Variant::Floor, measure::server),
                against(Variant::Seed, measure::server),
            );
        }
    }
    Ok(())
}
