//! Rules of the repository that no compiler checks.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file in lines, tables left out.
const LINES: usize = 800;
/// Files that are tables: grammar tables and messages.
const TABLES: [&str; 2] = ["src/report/messages/", "parsers/src/ios/ignored"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a directory whose names end so, with their paths from the root.
fn files(directory: &str, ending: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut work = vec![root().join(directory)];
    while let Some(at) = work.pop() {
        for entry in fs::read_dir(&at).into_iter().flatten() {
            let path: PathBuf = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" {
                work.push(path);
            } else if name.ends_with(ending) {
                let shown = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                out.insert(shown, fs::read_to_string(&path).unwrap());
            }
        }
    }
    out
}

fn sources() -> BTreeMap<String, String> {
    ["src", "parsers/src", "crates"].iter().flat_map(|d| files(d, ".rs")).collect()
}

fn is_test(path: &str) -> bool {
    path.contains("tests") || path.contains("/benches/")
}

/// What stands between two marks, everywhere in a text.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Vec<&'t str> {
    text.split(before).skip(1).filter_map(|rest| rest.split_once(after)).map(|(found, _)| found).collect()
}

/// Every code that the program can print, with where it stands.
fn codes() -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (path, text) in sources().iter().filter(|(p, _)| !is_test(p)) {
        let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
        out.extend(between(body, "Code = Code(\"", "\")").into_iter().map(|c| (c.to_owned(), path.clone())));
    }
    let verdict = fs::read_to_string(root().join("src/proof/verdict.rs")).unwrap();
    let findings = between(&verdict, "=> \"", "\"").into_iter().filter(|c| c.contains('/'));
    out.extend(findings.map(|c| (c.to_owned(), "src/proof/verdict.rs".to_owned())));
    out
}

#[test]
fn codes_are_unique_and_have_pages() {
    let all = codes();
    assert!(all.len() > 80, "{all:?}");
    let mut seen = BTreeMap::new();
    for (code, path) in &all {
        if let Some(other) = seen.insert(code, path) {
            panic!("{code} stands in {other} and in {path}");
        }
        let fits = |s: &str| {
            !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        assert!(code.split_once('/').is_some_and(|(a, b)| fits(a) && fits(b)), "{code}");
    }
    let pages: BTreeSet<String> = files("docs/codes", ".md")
        .keys()
        .map(|p| p.trim_start_matches("docs/codes/").trim_end_matches(".md").to_owned())
        .collect();
    let codes: BTreeSet<String> = all.into_iter().map(|(c, _)| c).collect();
    let missing: Vec<_> = codes.difference(&pages).collect();
    assert!(missing.is_empty(), "codes without a page in docs/codes: {missing:?}");
    let left: Vec<_> = pages.difference(&codes).collect();
    assert!(left.is_empty(), "pages without a code: {left:?}");
}

#[test]
fn pages_are_titled_and_short() {
    for (path, text) in files("docs/codes", ".md") {
        let code = path.trim_start_matches("docs/codes/").trim_end_matches(".md");
        assert!(text.starts_with(&format!("# {code}\n")), "{path}");
        let lines = text.lines().count();
        assert!((5..=40).contains(&lines), "{path} has {lines} lines");
    }
}

#[test]
fn tables_of_codes_are_complete() {
    for (path, text) in sources().iter().filter(|(p, t)| !is_test(p) && t.contains("pub const ALL: &[(Code,"))
    {
        let table = text.split("pub const ALL:").nth(1).unwrap();
        for name in between(text, "pub const ", ": Code") {
            assert!(table.contains(&format!("({name},")), "{path}: {name} is missing in ALL");
        }
    }
}

#[test]
fn assumptions_are_described() {
    let page = fs::read_to_string(root().join("docs/assumptions.md")).unwrap();
    let listed: BTreeSet<&str> = between(&page, "\n| `", "`").into_iter().collect();
    let mut used = BTreeSet::new();
    let assume = fs::read_to_string(root().join("src/proof/assume.rs")).unwrap();
    used.extend(between(&assume, ": &str = \"", "\"").into_iter().map(str::to_owned));
    for (_, text) in sources().iter().filter(|(p, _)| !is_test(p)) {
        for body in between(text, "Assumption {\n", "text:") {
            used.extend(between(body, "id: \"", "\"").into_iter().map(str::to_owned));
        }
    }
    let used: BTreeSet<&str> = used.iter().map(String::as_str).collect();
    assert_eq!(listed, used);
}

#[test]
fn only_the_command_line_knows_the_command_line() {
    for (path, text) in sources() {
        let inside = path.starts_with("src/cli") || path == "src/main.rs" || path == "src/lib.rs";
        assert!(inside || !text.contains("crate::cli"), "{path} uses the command line");
    }
}

#[test]
fn layers_point_downwards() {
    let forbidden = [
        ("src/report/", vec!["crate::cli"]),
        ("src/proof/", vec!["crate::report", "crate::snapshot", "crate::cli"]),
        ("src/search", vec!["crate::proof", "crate::report", "crate::policy", "crate::snapshot"]),
        ("src/graph/", vec!["crate::search", "crate::proof", "crate::report", "crate::snapshot"]),
        (
            "src/routing",
            vec!["crate::graph", "crate::policy", "crate::search", "crate::proof", "crate::report"],
        ),
        (
            "src/topology",
            vec!["crate::graph", "crate::policy", "crate::routing", "crate::search", "crate::proof"],
        ),
        (
            "src/policy",
            vec!["crate::graph", "crate::routing", "crate::topology", "crate::search", "crate::proof"],
        ),
        ("crates/model/", vec!["use nom", "use petgraph"]),
        ("parsers/src/", vec!["sekisho_header_space", "sekisho_reference"]),
    ];
    for (path, text) in sources().iter().filter(|(p, _)| !is_test(p)) {
        for (start, words) in forbidden.iter().filter(|(start, _)| path.starts_with(start)) {
            for word in words {
                assert!(!text.contains(word), "{path}: {start} must not use {word}");
            }
        }
    }
}

#[test]
fn input_and_output_happen_in_two_places() {
    for (path, text) in sources().iter().filter(|(p, _)| !is_test(p)) {
        let allowed =
            path.starts_with("src/cli") || path.starts_with("src/snapshot") || path.ends_with("src/main.rs");
        let body = text.split("#[cfg(test)]").next().unwrap_or(text);
        for word in ["std::fs", "std::env::", "SystemTime", "println!", "eprintln!"] {
            let library =
                path.starts_with("src/") || path.starts_with("parsers/src/") || path.contains("/src/");
            assert!(allowed || !library || !body.contains(word), "{path} uses {word}");
        }
    }
}

#[test]
fn files_are_about_one_thing() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        let table = TABLES.iter().any(|t| path.starts_with(t));
        assert!(table || lines <= LINES, "{path} has {lines} lines");
    }
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() < 30);
}

#[test]
fn the_checker_depends_on_none_of_us() {
    let manifest = fs::read_to_string(root().join("crates/plain/Cargo.toml")).unwrap();
    let dependencies =
        manifest.split("[dependencies]").nth(1).unwrap().split("[dev-dependencies]").next().unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap();
    assert!(!dependencies.contains("sekisho"), "{dependencies}");
    for part in ["crates/plain/src", "crates/checker/src", "crates/reference/src"] {
        for (path, text) in files(part, ".rs") {
            let foreign: Vec<_> = between(&text, "use sekisho_", ":")
                .into_iter()
                .filter(|w| !["plain", "checker", "reference"].contains(w))
                .collect();
            assert!(foreign.is_empty(), "{path} uses {foreign:?}");
        }
    }
}

/// Rows of the list of ways to a false proof that a configuration cannot show, with the
/// test that shows them.
const ROWS_OF_TESTS: [(u32, &str, &str); 4] = [
    (42, "tests/certificate.rs", "no_graph_is_read"),
    (43, "tests/certificate.rs", "an_expired_certificate_is_refused"),
    (43, "tests/cli.rs", "a_certificate_is_refused_after_its_last_day"),
    (44, "tests/cli.rs", "a_redacted_file_is_not_the_one_that_was_proven"),
];

/// Rows about what is not evaluated, with the words by which the README says so. Only while no case shows them.
const ROWS_OF_LIMITS: [(u32, &str); 2] =
    [(11, "`[[gateways]]` are read and not evaluated"), (30, "chains of sessions by way of hosts")];

/// The rows that the name of a case carries: `row-31-32-33-choice.md` has three.
fn rows_of(case: &str) -> Vec<u32> {
    let name = case.rsplit('/').next().unwrap_or(case);
    let Some(rest) = name.strip_prefix("row-") else { return Vec::new() };
    rest.split('-').map_while(|word| word.parse().ok()).collect()
}

#[test]
fn every_way_to_a_false_proof_has_its_test() {
    let mut shown: BTreeSet<u32> = BTreeSet::new();
    for (path, text) in files("tests/cases", ".md") {
        for row in rows_of(&path) {
            let title = text.lines().next().unwrap_or_default();
            assert!(
                title.split(|c: char| !c.is_ascii_digit()).any(|w| w == row.to_string())
                    || title.contains(" to "),
                "{path}: {title}"
            );
            shown.insert(row);
        }
    }
    for (row, path, test) in ROWS_OF_TESTS {
        let text = fs::read_to_string(root().join(path)).unwrap();
        let (before, _) =
            text.split_once(&format!("fn {test}()")).unwrap_or_else(|| panic!("{path} has no `{test}`"));
        let near: String = before.lines().rev().take_while(|l| !l.is_empty()).collect();
        assert!(
            near.contains(&format!("Row {row} ")) && near.contains("#[test]"),
            "{path}: `{test}` does not name row {row}"
        );
        shown.insert(row);
    }
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for (row, words) in ROWS_OF_LIMITS.into_iter() {
        if shown.contains(&row) {
            continue;
        }
        assert!(readme.contains(words), "row {row} has neither a case nor `{words}` in the README");
        shown.insert(row);
    }
    let missing: Vec<u32> = (1..=46).filter(|row| !shown.contains(row)).collect();
    assert!(missing.is_empty(), "ways to a false proof that nothing shows closed: {missing:?}");
    assert!(shown.iter().all(|row| (1..=46).contains(row)), "{shown:?}");
}
