//! The readers of exported tables against recorded devices. The recordings are not part of the
//! repository: `SEKISHO_CORPUS` names their directory (default: `../shared/corpus` beside the
//! workspace); without it the tests say that they skip.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its input fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sekisho_diag::SourceMap;
use sekisho_parsers::routes::{ExportRow, ParsedRoutes, RawNextHop, parse};

fn corpus() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let dir = std::env::var_os("SEKISHO_CORPUS").map_or(default, PathBuf::from);
    if dir.is_dir() {
        return Some(dir);
    }
    eprintln!("SKIPPED: no corpus at {} (set SEKISHO_CORPUS)", dir.display());
    None
}

fn read(path: &Path) -> ParsedRoutes {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let mut map = SourceMap::default();
    let file = map.add(path.display().to_string(), text);
    parse(file, map.get(file).unwrap(), None)
}

/// (prefix, protocol, next hop address, interface)
type Fact = (String, String, Option<String>, Option<String>);

fn fact(row: &ExportRow) -> Fact {
    let (addr, interface) = match &row.next_hop {
        RawNextHop::Via { addr, interface, .. } => (Some(addr.to_string()), interface.clone()),
        RawNextHop::Interface { name } => (None, Some(name.clone())),
        RawNextHop::Receive { interface } => (None, interface.clone()),
        RawNextHop::Discard => (None, Some("Null0".to_owned())),
        RawNextHop::Multicast | RawNextHop::Unknown => (None, None),
    };
    (row.prefix.to_string(), row.protocol.to_owned(), addr, interface)
}

#[test]
fn tables_of_the_labs_say_what_the_devices_said() {
    let Some(corpus) = corpus() else { return };
    let mut compared = 0;
    for entry in std::fs::read_dir(corpus.join("expected_ribs")).unwrap() {
        let path = entry.unwrap().path();
        let lab = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !lab.starts_with("ios") {
            continue;
        }
        let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let text = |v: &serde_json::Value| v.as_str().map(str::to_owned);
        let mut expected: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
        for r in json["routes"].as_array().unwrap() {
            let fact = (
                text(&r["prefix"]).unwrap(),
                text(&r["protocol"]).unwrap(),
                text(&r["next_hop_ip"]),
                text(&r["next_hop_interface"]),
            );
            expected.entry(text(&r["device"]).unwrap()).or_default().push(fact);
        }
        for (device, mut facts) in expected {
            let show = corpus.join("lab_validation").join(&lab).join("show").join(&device);
            let parsed = read(&show.join("show_ip_route.txt"));
            assert_eq!(parsed.diagnostics, [], "{lab}/{device}");
            let table = &parsed.exports[0];
            assert!(
                table.complete && table.garbled.is_empty() && parsed.exports.len() == 1,
                "{lab}/{device}"
            );
            let mut rows: Vec<Fact> = table.rows.iter().map(fact).collect();
            rows.sort();
            facts.sort();
            assert_eq!(rows, facts, "{lab}/{device}");
            compared += facts.len();
        }
    }
    println!("{compared} routes agree");
    assert!(compared > 100);
}

#[test]
fn forwarding_tables_of_the_backbone_are_read_whole() {
    let Some(corpus) = corpus() else { return };
    let mut tables = 0;
    let mut total = 0;
    for entry in std::fs::read_dir(corpus.join("stanford_backbone")).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with("_route.txt") {
            continue;
        }
        let parsed = read(&path);
        let [table] = parsed.exports.as_slice() else { panic!("{}: one table", path.display()) };
        let name = path.file_name().unwrap().to_string_lossy();
        println!("{name}: {} rows, {} garbled, ends: {}", table.rows.len(), table.garbled.len(), table.ends);
        assert!(table.complete && table.ends && table.garbled.is_empty(), "{:?}", parsed.diagnostics);
        let printed = std::fs::read_to_string(&path).unwrap();
        let lines = printed.lines().filter(|l| !l.trim().is_empty()).count();
        assert_eq!(table.rows.len() + 1, lines, "a row per line besides the header");
        tables += 1;
        total += table.rows.len();
    }
    println!("{tables} tables, {total} rows");
    assert_eq!(tables, 12);
}
