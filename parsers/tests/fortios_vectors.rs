//! One directory of `vectors/fortios` is one test: `input.cfg` gives `expected.txt`.
//!
//! `UPDATE_VECTORS=1` writes the expectations anew; read the difference before keeping it.

#[path = "ios/dump.rs"]
mod dump;

use std::collections::BTreeSet;
use std::path::Path;

use sekisho_diag::SourceMap;
use sekisho_parsers::fortios;

#[test]
fn vectors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/fortios");
    let mut directories: Vec<_> = std::fs::read_dir(&root).unwrap().flatten().map(|e| e.path()).collect();
    directories.retain(|d| d.is_dir());
    directories.sort();
    let update = std::env::var_os("UPDATE_VECTORS").is_some();
    let mut wrong = Vec::new();
    let mut emitted = BTreeSet::new();
    for directory in &directories {
        let name = directory.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(directory.join("input.cfg")).unwrap();
        let mut sources = SourceMap::default();
        let file = sources.add(format!("{name}/input.cfg"), text);
        let parsed = fortios::parse(file, sources.get(file).unwrap(), &name);
        assert_eq!(parsed.ledger.unaccounted().count(), 0, "{name}");
        emitted.extend(parsed.diagnostics.iter().map(|d| d.code));
        let found = dump::dump(&parsed, &sources);
        let path = directory.join("expected.txt");
        if update {
            std::fs::write(&path, &found).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if expected != found {
            let line = expected.lines().zip(found.lines()).position(|(a, b)| a != b).unwrap_or(0);
            wrong.push(format!(
                "{name}, line {}: expected `{}`, found `{}`",
                line + 1,
                expected.lines().nth(line).unwrap_or(""),
                found.lines().nth(line).unwrap_or("")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!directories.is_empty());
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/codes");
    for (code, _) in fortios::codes::ALL {
        assert!(emitted.contains(code), "no vector emits {code}");
        assert!(pages.join(format!("{code}.md")).is_file(), "no page for {code}");
    }
}
