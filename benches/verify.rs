//! The main job on the samples, step by step: reading, building the graph, proving.

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use sekisho::policy::{self, Date, Policy};
use sekisho::snapshot::{self, LoadOptions, Snapshot};

/// Name, and the policy from the root of the repository.
const SAMPLES: [(&str, &str); 2] = [("town", "zones.toml"), ("branch", "samples/branch/zones.toml")];

fn load(name: &str, policy: &str) -> Option<(Snapshot, Policy)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let base = root.join("samples").join(name).join("base");
    let mut snapshot = snapshot::load(&base, &LoadOptions::default()).ok()?;
    let text = std::fs::read_to_string(root.join(policy)).ok()?;
    let file = snapshot.sources.add("zones.toml", text);
    let policy = policy::load(&snapshot.sources, file).0?;
    Some((snapshot, policy))
}

fn samples(c: &mut Criterion) {
    for (name, policy) in SAMPLES {
        sample(c, name, policy);
    }
}

fn sample(c: &mut Criterion, name: &str, file: &str) {
    let Some((snapshot, policy)) = load(name, file) else { return };
    let Some(day) = Date::parse("2026-11-24") else { return };
    let analyze = || sekisho::analysis::analyze(&snapshot.devices, &policy, &snapshot.sources);
    let Ok(analysis) = analyze() else { return };
    let prove = |analysis: &sekisho::analysis::Analysis| {
        analysis.prove(&snapshot.devices, &policy, &snapshot.sources, day, &[], &[])
    };
    let mut group = c.benchmark_group(name);
    group.bench_function("load", |b| b.iter(|| load(name, file)));
    group.bench_function("analyze", |b| b.iter(analyze));
    group.bench_function("prove", |b| b.iter(|| prove(&analysis)));
    group.finish();
}

criterion_group!(benches, samples);
criterion_main!(benches);
