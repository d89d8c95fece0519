//! `cargo run -p quickstart`

use std::error::Error;

// A program that is there to show something has to print it.
#[allow(clippy::print_stdout)]
fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    print!("{}", quickstart::run()?);
    Ok(())
}
