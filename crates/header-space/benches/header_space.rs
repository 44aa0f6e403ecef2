//! Time of the five workloads. The promise is in instructions (`benches/instructions.sh`); this is for the eye.

#[path = "bench_support/bench_support.rs"]
mod bench_support;

use bench_support::workload::{NAMES, Workload};
use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    for name in NAMES {
        match Workload::load(name) {
            Some(workload) => {
                criterion.bench_function(name, |bencher| bencher.iter(|| workload.run()));
            }
            None => eprintln!("SKIPPED {name}: the Stanford files are missing; set SEKISHO_CORPUS"),
        }
    }
    criterion.final_summary();
}
