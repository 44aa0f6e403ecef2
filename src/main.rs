//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(sekisho::cli::run(std::env::args_os()))
}
