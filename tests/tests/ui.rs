//! What the derive accepts, and how it refuses everything else.
#![allow(missing_docs)]
// What a test skips, it has to say.
#![allow(clippy::print_stderr)]

use std::process::Command;

#[path = "ui/contexts.rs"]
mod contexts;
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

/// The compiler whose words the `.stderr` files have; another one puts some
/// differently.
const COMPILER: &str = "rustc 1.95.";

/// One folder for each rule, one file for each way to break it.
#[test]
fn refusals() {
    let version = compiler();
    if !version.starts_with(COMPILER) {
        eprintln!("skipped: the expected messages are those of {COMPILER}x, this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let output = output.expect("the compiler says its version");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
