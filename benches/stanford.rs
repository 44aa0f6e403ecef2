//! The Stanford backbone, from raw files to the matrix, and beside it what merely splitting the same bytes
//! into words takes.
//!
//! The files are not part of the repository: they are looked for at `$SEKISHO_CORPUS`, else beside the
//! workspace in `shared/corpus`. Without them nothing is measured, and that is said loudly.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use sekisho::policy::{self, Date};
use sekisho::snapshot::{self, LoadOptions};

/// Rounds of the comparison.
const ROUNDS: usize = 7;

/// Configurations and tables of the backbone, if the corpus is at hand.
fn files() -> Option<Vec<PathBuf>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let corpus = std::env::var_os("SEKISHO_CORPUS").map_or_else(beside, PathBuf::from);
    let directory = corpus.join("stanford_backbone").canonicalize().ok()?;
    let mut out: Vec<PathBuf> = fs::read_dir(directory).ok()?.filter_map(|e| Some(e.ok()?.path())).collect();
    let wanted = |p: &PathBuf| {
        let name = p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        name.ends_with("_rtr_config.txt") || name.ends_with("_rtr_route.txt")
    };
    out.retain(wanted);
    out.sort();
    (!out.is_empty()).then_some(out)
}

/// Copies of the files in a directory of their own.
fn snapshot_of(files: &[PathBuf]) -> Option<tempfile::TempDir> {
    let directory = tempfile::tempdir().ok()?;
    for file in files {
        fs::copy(file, directory.path().join(file.file_name()?)).ok()?;
    }
    Some(directory)
}

/// From the files to the number of cells of the matrix.
fn matrix(directory: &Path) -> Option<usize> {
    let mut snapshot = snapshot::load(directory, &LoadOptions::default()).ok()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("tests/stanford/zones.toml")).ok()?;
    let file = snapshot.sources.add("zones.toml", text);
    let policy = policy::load(&snapshot.sources, file).0?;
    let analysis = sekisho::analysis::analyze(&snapshot.devices, &policy, &snapshot.sources).ok()?;
    let day = Date::parse("2026-12-01")?;
    let report = analysis.prove(&snapshot.devices, &policy, &snapshot.sources, day, &[], &[]).ok()?;
    Some(report.pairs.len())
}

/// From the files to the number of their words.
fn words(directory: &Path) -> Option<usize> {
    let mut count = 0;
    for entry in fs::read_dir(directory).ok()? {
        let bytes = fs::read(entry.ok()?.path()).ok()?;
        count += String::from_utf8_lossy(&bytes).split_whitespace().count();
    }
    Some(count)
}

/// Times of the two, taken in turns; the median of each.
fn compare(directory: &Path) -> (Duration, Duration) {
    let time = |what: &dyn Fn() -> Option<usize>| {
        let start = Instant::now();
        std::hint::black_box(what());
        start.elapsed()
    };
    let (mut whole, mut split) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        whole.push(time(&|| matrix(directory)));
        split.push(time(&|| words(directory)));
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    (median(whole), median(split))
}

fn say(text: &str) {
    // A bench has nowhere to fail to when its output is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn backbone(c: &mut Criterion) {
    let Some(directory) = files().as_deref().and_then(snapshot_of) else {
        say("\n*** SKIPPED: no stanford_backbone in the corpus (set SEKISHO_CORPUS) ***\n");
        return;
    };
    let directory = directory.path();
    let (Some(cells), Some(count)) = (matrix(directory), words(directory)) else {
        say("\n*** FAILED: the backbone cannot be judged ***\n");
        return;
    };
    let mut group = c.benchmark_group("stanford");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    group.bench_function("files_to_matrix", |b| b.iter(|| matrix(directory)));
    group.bench_function("files_to_words", |b| b.iter(|| words(directory)));
    group.finish();
    let (whole, split) = compare(directory);
    let ratio = whole.as_secs_f64() / split.as_secs_f64().max(1e-9);
    say(&format!("stanford: {cells} cells in {whole:.2?}; {count} words in {split:.2?}; ratio {ratio:.0}\n"));
}

criterion_group!(benches, backbone);
criterion_main!(benches);
