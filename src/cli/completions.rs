//! `sekisho completions SHELL`.

use clap::CommandFactory;

use super::Outcome;
use super::args::{Args, CompletionsArgs};

/// The completion script.
pub(super) fn run(args: &CompletionsArgs) -> Outcome {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "sekisho", &mut out);
    Outcome::done(String::from_utf8_lossy(&out).into_owned())
}
