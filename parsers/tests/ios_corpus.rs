//! Real configurations: no panic, every line accounted for, few lines not understood.
//!
//! The corpus is not part of the repository. It is looked for in `$SEKISHO_CORPUS`, then beside the
//! workspace; without it the test says so and passes. `SEKISHO_SHOW=1` prints the lines that are not
//! understood.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sekisho_diag::SourceMap;
use sekisho_model::Coverage;
use sekisho_parsers::ios;

/// Folders of the corpus, the end of the names of their configurations, and the largest share of
/// unrecognized lines, in thousandths. Hand-written grammar tests are held to nothing.
const FOLDERS: &[(&str, &str, usize)] = &[
    ("stanford_backbone", "_config.txt", 20),
    ("lab_validation", "show_running-config.txt", 20),
    ("batfish/networks/example/live/configs", ".cfg", 20),
    ("batfish/networks/hybrid-cloud-aws/configs", ".cfg", 20),
    ("batfish/testconfigs/cisco_ios", "", 1000),
    ("batfish/snapshots/cisco", "", 1000),
    ("batfish/parsing_networks/unit-tests/configs", "", 1000),
];

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let dir = std::env::var_os("SEKISHO_CORPUS").map_or_else(beside, PathBuf::from);
    dir.is_dir().then_some(dir)
}

fn files(dir: &Path, suffix: &str, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, suffix, out);
        } else if path.to_string_lossy().ends_with(suffix) {
            out.push(path);
        }
    }
}

/// Of the lab folders, only those of this vendor.
fn is_ours(path: &Path) -> bool {
    let text = path.to_string_lossy();
    (!text.contains("lab_validation") || text.contains("/ios"))
        && (!text.contains("unit-tests") || text.contains("/cisco_"))
        && (!text.contains("snapshots/cisco") || text.contains("/configs/"))
}

#[test]
fn real_configurations() {
    let Some(corpus) = corpus() else {
        eprintln!("SKIPPED: no corpus; set SEKISHO_CORPUS to the folder that holds it");
        return;
    };
    let show = std::env::var_os("SEKISHO_SHOW").is_some();
    for &(folder, suffix, limit) in FOLDERS {
        let mut paths = Vec::new();
        files(&corpus.join(folder), suffix, &mut paths);
        paths.retain(|p| is_ours(p));
        let mut counts: BTreeMap<Coverage, usize> = BTreeMap::new();
        let mut total = 0;
        let mut poisons = [0_usize; 2];
        for path in &paths {
            let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
            let mut sources = SourceMap::default();
            let file = sources.add(path.to_string_lossy(), text);
            let source = sources.get(file).unwrap();
            let parsed = ios::parse(file, source, "device");
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
            let device = &parsed.devices[0];
            poisons[usize::from(device.device_poison().is_some())] += 1;
        }
        let share = |state| counts.get(&state).copied().unwrap_or(0);
        println!(
            "{folder}: {} files ({} with a poisoned device), {total} lines: {}",
            paths.len(),
            poisons[1],
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
