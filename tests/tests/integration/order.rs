//! The audit rows of a key are in the order in which its row was written, also where
//! a statement writes within another one: PostgreSQL fires the trigger of the outer
//! statement when the inner one has ended.

mod case;
mod everyday;
mod foreign_keys;
mod keys;
mod locks;
mod partitions;
mod returning;
mod statements;
mod subtransactions;
mod triggers;
mod truth;
mod variants;

use case::{check, check_truth};

/// Without any audit: the cases say what PostgreSQL does.
#[test]
fn what_the_cases_expect_is_what_happens() {
    for cases in [
        everyday::cases,
        foreign_keys::cases,
        keys::cases,
        locks::cases,
        partitions::cases,
        returning::cases,
        statements::cases,
        subtransactions::cases,
        triggers::cases,
    ] {
        check_truth(cases());
    }
}

#[test]
fn the_shapes_of_every_day() {
    check(everyday::cases());
}

#[test]
fn actions_of_foreign_keys() {
    check(foreign_keys::cases());
}

#[test]
fn keys_that_change() {
    check(keys::cases());
}

#[test]
fn rows_that_are_locked_and_written_again() {
    check(locks::cases());
}

#[test]
fn rows_that_move_between_partitions() {
    check(partitions::cases());
}

#[test]
fn functions_in_returning() {
    check(returning::cases());
}

#[test]
fn statements_with_another_one_inside() {
    check(statements::cases());
}

#[test]
fn inner_writes_in_subtransactions() {
    check(subtransactions::cases());
}

#[test]
fn triggers_that_write_to_their_own_table() {
    check(triggers::cases());
}
