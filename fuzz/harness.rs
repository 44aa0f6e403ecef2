//! What every input must survive: one function per reader of foreign bytes.
//!
//! Each may refuse its input, and must not panic. What can be checked cheaply beside that is asserted. The
//! fuzz targets call these functions with whatever the fuzzer makes up; `tests/fuzz.rs` calls them with
//! the corpora and with damaged copies of them.

use sekisho::analysis;
use sekisho::policy::{self, Date};
use sekisho_checker::{Certificate, check};
use sekisho_diag::{FileId, SourceMap};
use sekisho_parsers::{ParsedConfig, fortios, ios, routes};

/// Inputs larger than this are not tried: they only make the run slow.
const MOST: usize = 64 * 1024;

/// A reader of foreign bytes.
pub type Reader = fn(&[u8]);

/// The readers by name.
pub const TARGETS: [(&str, Reader); 6] = [
    ("ios", fuzz_ios),
    ("fortios", fuzz_fortios),
    ("routes", fuzz_routes),
    ("zones", fuzz_zones),
    ("certificate", fuzz_certificate),
    ("verify", fuzz_verify),
];

fn source(name: &str, data: &[u8]) -> Option<(SourceMap, FileId)> {
    if data.len() > MOST {
        return None;
    }
    let mut sources = SourceMap::default();
    let file = sources.add(name.to_owned(), String::from_utf8_lossy(data).into_owned());
    Some((sources, file))
}

/// Every line of a configuration has one state.
fn covered(sources: &SourceMap, file: FileId, parsed: &ParsedConfig) {
    let lines = sources.get(file).map_or(0, |f| f.line_count());
    let counted: usize =
        sekisho_model::Coverage::ALL.into_iter().map(|state| parsed.ledger.count(state)).sum();
    assert_eq!(counted, lines as usize, "lines with a state");
}

/// A Cisco IOS configuration.
pub fn fuzz_ios(data: &[u8]) {
    let Some((sources, file)) = source("fuzz.cfg", data) else { return };
    let Some(text) = sources.get(file) else { return };
    covered(&sources, file, &ios::parse(file, text, "fuzz"));
}

/// A FortiOS configuration.
pub fn fuzz_fortios(data: &[u8]) {
    let Some((sources, file)) = source("fuzz.conf", data) else { return };
    let Some(text) = sources.get(file) else { return };
    covered(&sources, file, &fortios::parse(file, text, "fuzz"));
}

/// An exported routing table, with and without the command before it.
pub fn fuzz_routes(data: &[u8]) {
    let Some((sources, file)) = source("fuzz.txt", data) else { return };
    let Some(text) = sources.get(file) else { return };
    for command in [None, Some("show ip route"), Some("show ipv6 route"), Some("show ip cef")] {
        let _ = routes::parse(file, text, command);
    }
}

/// A policy.
pub fn fuzz_zones(data: &[u8]) {
    let Some((sources, file)) = source("zones.toml", data) else { return };
    let (policy, said) = policy::load(&sources, file);
    assert!(policy.is_some() || !said.is_empty(), "a policy is refused without a word");
}

/// A certificate: as it is, and as if somebody had sealed it.
pub fn fuzz_certificate(data: &[u8]) {
    if data.len() > MOST {
        return;
    }
    let text = String::from_utf8_lossy(data);
    let _ = Certificate::read(&text);
    if let Ok(certificate) = serde_json::from_str::<Certificate>(&text) {
        let sealed = certificate.write();
        if let Ok(certificate) = Certificate::read(&sealed) {
            let _ = check(&certificate, "2026-11-24");
        }
    }
}

/// A policy and up to three configurations, divided by lines of `=====`, through the whole program to the verdicts.
pub fn fuzz_verify(data: &[u8]) {
    if data.len() > 8 * 1024 {
        return;
    }
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split("\n=====\n");
    let Some(policy_text) = parts.next() else { return };
    let mut sources = SourceMap::default();
    let mut devices = Vec::new();
    for (n, part) in parts.take(3).enumerate() {
        let file = sources.add(format!("r{n}.cfg"), part.to_owned());
        let Some(text) = sources.get(file) else { continue };
        let parsed = if part.contains("\nconfig ") {
            fortios::parse(file, text, "r")
        } else {
            ios::parse(file, text, "r")
        };
        devices.extend(parsed.devices);
    }
    let file = sources.add("zones.toml".to_owned(), policy_text.to_owned());
    let (Some(policy), _) = policy::load(&sources, file) else { return };
    let Ok(analysis) = analysis::analyze(&devices, &policy, &sources) else { return };
    let Some(day) = Date::parse("2026-11-24") else { return };
    let _ = analysis.prove(&devices, &policy, &sources, day, &[], &[]);
}
