//! The committed migration is what the models say.
#![allow(missing_docs)]

use std::path::Path;

use diesel_audit::Audited;
use diesel_audit_tests::generated::assert_current;
use quickstart::models::{Customer, Order, Stock};

#[test]
fn migrations_are_current() {
    let tables = [
        Customer::audited_table().expect("customers"),
        Order::audited_table().expect("orders"),
        Stock::audited_table().expect("stock"),
    ];
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/2026-01-12-090100-0000_audit_shop");
    assert_current(&folder, &tables);
}
