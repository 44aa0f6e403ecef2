//! The command line: the only place that sees arguments, environment, terminal, clock and exit codes.
//!
//! [`run`] parses, calls one subcommand, prints what it hands back, and returns the exit code: 0 proven
//! or done, 1 violated, 2 cannot run, 3 undecided, 4 the independent check disagreed with the engine.

mod args;
mod certificate;
mod check;
mod clock;
mod completions;
mod diff;
mod explain;
mod failure;
mod filter;
mod flow;
mod git;
mod input;
mod names;
mod progress;
mod routes;
mod show;
mod terminal;
mod trace;
mod verify;
mod watch;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;

use args::{Args, Command};
use failure::Failure;
use terminal::Terminal;

/// Everything went well, or the verdict is PROVEN.
pub const PROVEN: u8 = 0;
/// The verdict is VIOLATED.
pub const VIOLATED: u8 = 1;
/// The program cannot run: usage, unreadable input, invalid policy.
pub const CANNOT_RUN: u8 = 2;
/// The verdict is UNDECIDED.
pub const UNDECIDED: u8 = 3;
/// The independent check disagreed with the engine.
pub const DISAGREEMENT: u8 = 4;

/// What a subcommand hands back.
struct Outcome {
    /// For the standard output.
    out: String,
    /// For the standard error: messages about the files, notes.
    err: String,
    /// Exit code.
    code: u8,
}

impl Outcome {
    fn done(out: String) -> Self {
        Self { out, err: String::new(), code: PROVEN }
    }
}

/// Runs the program with its arguments (the first is its name) and returns the exit code.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            let code = if error.use_stderr() { CANNOT_RUN } else { PROVEN };
            // A closed pipe is not an error.
            let _ = error.print();
            return code;
        }
    };
    let terminal = Terminal::new(args.command.output());
    match dispatch(&args.command, &terminal) {
        Ok(outcome) => {
            write(std::io::stderr(), &outcome.err);
            write(std::io::stdout(), &outcome.out);
            outcome.code
        }
        Err(failure) => {
            write(std::io::stderr(), &failure.render(&terminal.stderr()));
            CANNOT_RUN
        }
    }
}

fn dispatch(command: &Command, terminal: &Terminal) -> Result<Outcome, Failure> {
    match command {
        Command::Verify(args) => verify::run(args, terminal),
        Command::Diff(args) => diff::run(args, terminal),
        Command::Check(args) => check::run(args, terminal),
        Command::Watch(args) => watch::run(args, terminal),
        Command::Trace(args) => trace::run(args, terminal),
        Command::Filter(args) => filter::run(args, terminal),
        Command::Routes(args) => routes::run(args, terminal),
        Command::Show(args) => show::run(args, terminal),
        Command::Explain(args) => explain::run(args, terminal),
        Command::Completions(args) => Ok(completions::run(args)),
    }
}

/// Writes all of a text; a reader that has gone away is not an error.
fn write(mut to: impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}
