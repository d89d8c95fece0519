//! What the derive accepts, and how it refuses everything else.
#![allow(missing_docs)]

#[path = "ui/hostile.rs"]
mod hostile;
#[path = "ui/hostile_schema.rs"]
mod hostile_schema;
#[path = "ui/lints.rs"]
mod lints;
#[path = "ui/places.rs"]
mod places;
#[path = "ui/types.rs"]
mod types;

/// One folder for each rule, one file for each way to break it.
#[test]
fn refusals() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
