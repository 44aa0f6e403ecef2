//! Real configurations: no panic, every line accounted for, few lines not understood.
//!
//! The corpus is not part of the repository. It is looked for in `$SEKISHO_CORPUS`, then beside the
//! workspace; without it the test says so and passes. `SEKISHO_SHOW=1` prints the lines that are not
//! understood.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sekisho_diag::SourceMap;
use sekisho_model::Coverage;
use sekisho_parsers::fortios;

/// Folders of the corpus, the beginning of the names of their configurations, and the largest share of
/// unrecognized lines, in thousandths. Hand-written grammar tests are held to nothing.
const FOLDERS: &[(&str, &str, usize)] = &[
    ("japan/fortios", "fortios01", 20),
    ("japan/fortios", "fortios", 1000),
    ("batfish/testconfigs/fortios", "", 1000),
];

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let dir = std::env::var_os("SEKISHO_CORPUS").map_or_else(beside, PathBuf::from);
    dir.is_dir().then_some(dir)
}

#[test]
fn real_configurations() {
    let Some(corpus) = corpus() else {
        eprintln!("SKIPPED: no corpus; set SEKISHO_CORPUS to the folder that holds it");
        return;
    };
    let show = std::env::var_os("SEKISHO_SHOW").is_some();
    for &(folder, prefix, limit) in FOLDERS {
        let dir = corpus.join(folder);
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&dir).unwrap().flatten().map(|e| e.path()).collect();
        paths.retain(|p| p.file_name().unwrap().to_string_lossy().starts_with(prefix));
        paths.sort();
        let mut counts: BTreeMap<Coverage, usize> = BTreeMap::new();
        let (mut total, mut poisoned) = (0, 0);
        for path in &paths {
            let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
            let mut sources = SourceMap::default();
            let file = sources.add(path.to_string_lossy(), text);
            let source = sources.get(file).unwrap();
            let parsed = fortios::parse(file, source, "device");
            assert_eq!(parsed.ledger.unaccounted().count(), 0, "{}", path.display());
            assert_eq!(parsed.ledger.line_count(), source.line_count() as usize);
            for (number, state) in parsed.ledger.iter() {
                let state = state.unwrap();
                *counts.entry(state.state).or_default() += 1;
                total += 1;
                if show && state.state >= Coverage::Unsupported {
                    println!("{:?} {}:{number}: {}", state.state, path.display(), source.line_text(number));
                }
            }
            if show {
                for device in &parsed.devices {
                    for poison in &device.poisons {
                        println!(
                            "  {:?} {}: {} {}",
                            poison.scope,
                            device.name,
                            poison.why,
                            sources.quote(poison.span)
                        );
                    }
                }
            }
            poisoned += usize::from(parsed.devices.iter().any(|d| d.device_poison().is_some()));
        }
        let share = |state| counts.get(&state).copied().unwrap_or(0);
        println!(
            "{folder}/{prefix}*: {} files ({poisoned} with a poisoned device), {total} lines: {}",
            paths.len(),
            Coverage::ALL
                .iter()
                .map(|&s| format!(
                    "{} {} ({:.2} %)",
                    share(s),
                    s.word(),
                    100.0 * share(s) as f64 / total.max(1) as f64
                ))
                .collect::<Vec<_>>()
                .join(", ")
        );
        assert!(!paths.is_empty(), "nothing in {folder}");
        assert!(
            share(Coverage::Unrecognized) * 1000 <= total * limit,
            "{folder}: too much is not understood"
        );
    }
}
