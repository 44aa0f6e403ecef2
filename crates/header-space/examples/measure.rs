//! Runs one workload of the benches so that its work can be counted: `measure WORKLOAD`. Everything that is to be
//! counted happens inside the function `measured_phase`; reading and generating inputs happens before.
//! Exit codes: 0 ran, 3 the input files are missing, 2 anything else.
use std::process::ExitCode;

#[path = "../benches/bench_support/bench_support.rs"]
mod bench_support;

use bench_support::workload::{NAMES, Workload};

#[inline(never)]
fn measured_phase(workload: &Workload) -> String {
    std::hint::black_box(workload.run())
}

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    match Workload::load(&name) {
        Some(workload) => {
            println!("{name}: {}", measured_phase(&workload));
            ExitCode::SUCCESS
        }
        None if NAMES.contains(&name.as_str()) => {
            eprintln!("{name}: the Stanford files are missing; set SEKISHO_CORPUS");
            ExitCode::from(3)
        }
        None => {
            eprintln!("usage: measure {}", NAMES.join("|"));
            ExitCode::from(2)
        }
    }
}
