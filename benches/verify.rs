//! The main job on the built-in sample, step by step: reading, building the graph, proving.

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use sekisho::policy::{self, Date, Policy};
use sekisho::snapshot::{self, LoadOptions, Snapshot};

fn load() -> Option<(Snapshot, Policy)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut snapshot = snapshot::load(&root.join("samples/branch/base"), &LoadOptions::default()).ok()?;
    let text = std::fs::read_to_string(root.join("zones.toml")).ok()?;
    let file = snapshot.sources.add("zones.toml", text);
    let policy = policy::load(&snapshot.sources, file).0?;
    Some((snapshot, policy))
}

fn sample(c: &mut Criterion) {
    let Some((snapshot, policy)) = load() else { return };
    let Some(day) = Date::parse("2026-11-24") else { return };
    let analyze = || sekisho::analysis::analyze(&snapshot.devices, &policy, &snapshot.sources);
    let Ok(analysis) = analyze() else { return };
    let mut group = c.benchmark_group("branch");
    group.bench_function("load", |b| b.iter(load));
    group.bench_function("analyze", |b| b.iter(analyze));
    group.bench_function("prove", |b| {
        b.iter(|| analysis.prove(&snapshot.devices, &policy, &snapshot.sources, day, &[], &[]));
    });
    group.finish();
}

criterion_group!(benches, sample);
criterion_main!(benches);
