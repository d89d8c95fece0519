//! Many rows in one statement.

use audit_test_server::Server;
use diesel::connection::SimpleConnection;

use crate::Outcome;
use crate::measure::{self, figure};
use crate::variant::{Candidate, Variant, candidates};

pub(crate) struct Size {
    rounds: usize,
    rows: usize,
}

pub(crate) const FULL: Size = Size {
    rounds: 7,
    rows: 50_000,
};
pub(crate) const QUICK: Size = Size {
    rounds: 3,
    rows: 5_000,
};

/// Row level, which is what there is: a trigger call for each row.
pub(crate) fn run(size: Size) -> Outcome {
    let server = Server::find()?;
    let mut candidates = candidates(&server, 0)?;
    let rows = size.rows;
    println!(
        "{rows} rows per statement, {} rounds; ratios are medians within a round",
        size.rounds
    );
    println!(
        "{:8}{:26}{:>12}{:>12}{:>9}{:>9}{:>9}",
        "", "", "wall µs/row", "server", "x none", "x floor", "x seed"
    );
    let statements = [
        (
            "insert",
            'I',
            format!(
                "INSERT INTO article (id, name, code, quantity, price, document, active, tags) \
                 SELECT i, 'article ' || i, 'c' || i, i, i * 1.5, jsonb_build_object('text', repeat('x', 250)), true, '{{a,b}}'::text[] \
                 FROM generate_series(1, {rows}) AS i"
            ),
        ),
        (
            "update",
            'U',
            "UPDATE article SET quantity = quantity + 1".to_owned(),
        ),
        ("delete", 'D', "DELETE FROM article".to_owned()),
    ];
    // A round is all three in turn, so that each finds the rows that it needs.
    let mut costs = vec![vec![Vec::new(); Variant::ALL.len()]; statements.len()];
    measure::rounds(candidates.len(), size.rounds, |n| {
        let Candidate {
            variant, conn, pid, ..
        } = &mut candidates[n];
        for ((_, letter, dml), costs) in statements.iter().zip(&mut costs) {
            let sql = variant.statement(dml, *letter);
            costs[n].push(measure::cost(*pid, || {
                conn.batch_execute(&sql).expect("the statement runs");
            }));
        }
        conn.batch_execute(if *variant == Variant::None {
            "VACUUM article"
        } else {
            "VACUUM"
        })
        .expect("vacuum runs");
        measure::Cost::default()
    });
    for ((name, _, _), costs) in statements.iter().zip(&costs) {
        for (variant, cost) in Variant::ALL.into_iter().zip(costs) {
            // The first round warms up.
            let against = |base: Variant| {
                figure(
                    measure::ratio(&cost[1..], &costs[base as usize][1..], measure::wall),
                    2,
                )
            };
            println!(
                "{name:8}{:26}{:>12}{:>12}{:>9}{:>9}{:>9}",
                variant.title(),
                figure(measure::microseconds(&cost[1..], rows, measure::wall), 2),
                figure(measure::microseconds(&cost[1..], rows, measure::server), 2),
                against(Variant::None),
                against(Variant::Floor),
                against(Variant::Seed),
            );
        }
    }
    Ok(())
}
