//! The program `cargo-diesel-audit`, which cargo runs as `cargo diesel-audit`.

use std::io::{IsTerminal, stderr, stdout};
use std::process::ExitCode;

use cargo_diesel_audit::{Environment, run};

fn main() -> ExitCode {
    let environment = Environment {
        // Without one, nothing can be found, and the message says what.
        current_dir: std::env::current_dir().unwrap_or_default(),
        variable: &|name| std::env::var_os(name),
        now: chrono::Utc::now(),
        terminal: [stdout().is_terminal(), stderr().is_terminal()],
        stdout: &mut stdout(),
        stderr: &mut stderr(),
    };
    ExitCode::from(run(std::env::args_os(), environment))
}
