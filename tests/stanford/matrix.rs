//! The table of expected verdicts.

use std::collections::BTreeMap;

/// The expected verdict of a pair, and why.
pub struct Expected {
    pub verdict: String,
    pub why: String,
}

/// Reads the table for these domains: every ordered pair must stand in exactly one row, and every row and
/// every name in it must stand for some pair.
pub fn read(text: &str, domains: &[&str]) -> BTreeMap<(String, String), Expected> {
    let mut out = BTreeMap::new();
    for line in text.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| from ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [from, to, verdict, why] = cells[..] else { panic!("{line}") };
        assert!(["proven", "undecided", "violated"].contains(&verdict) && !why.is_empty(), "{line}");
        let (sources, targets) = (named(from, domains), named(to, domains));
        for source in &sources {
            for target in targets.iter().filter(|t| *t != source) {
                let expected = Expected { verdict: verdict.to_owned(), why: why.to_owned() };
                let before = out.insert(((*source).to_owned(), (*target).to_owned()), expected);
                assert!(before.is_none(), "{source} -> {target} stands in two rows");
            }
        }
    }
    for from in domains {
        for to in domains.iter().filter(|to| *to != from) {
            assert!(out.contains_key(&((*from).to_owned(), (*to).to_owned())), "{from} -> {to} is in no row");
        }
    }
    out
}

/// The domains that a cell names.
fn named<'d>(cell: &str, domains: &[&'d str]) -> Vec<&'d str> {
    let mut out = Vec::new();
    for name in cell.split(", ") {
        let fits = |d: &str| name.strip_suffix('*').map_or(d == name, |start| d.starts_with(start));
        let found: Vec<&str> = domains.iter().copied().filter(|d| fits(d)).collect();
        assert!(!found.is_empty(), "no domain `{name}`");
        out.extend(found);
    }
    out
}
