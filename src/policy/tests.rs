use std::fmt::Write as _;

use sekisho_diag::{Diagnostic, Severity, SourceMap};

use super::*;

mod findings;
mod gateways;
mod mistakes;
mod packets;
mod robust;

/// Loads a text as `zones.toml`.
fn load_text(text: &str) -> (Option<Policy>, Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::default();
    let file = sources.add("zones.toml", text);
    let (policy, diagnostics) = load(&sources, file);
    (policy, diagnostics, sources)
}

/// One line per diagnostic: `line:col severity code message`.
fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut out = String::new();
    for d in diagnostics {
        let at = d.span.map_or_else(
            || "-".to_owned(),
            |s| {
                let at = sources.line_col(s);
                format!("{}:{}", at.line, at.col)
            },
        );
        let code = d.code.as_str().strip_prefix("zones/").unwrap();
        writeln!(out, "{at} {} {code} {}", d.severity.word(), d.message).unwrap();
    }
    out
}

/// The diagnostics of a text, rendered.
fn told(text: &str) -> String {
    let (policy, diagnostics, sources) = load_text(text);
    let stops = diagnostics.iter().any(|d| d.severity == Severity::Error);
    assert_eq!(policy.is_none(), stops, "a policy exactly when there is no error");
    for d in &diagnostics {
        assert!(d.help.as_ref().is_some_and(|h| !h.is_empty()), "{} has no help", d.code);
        assert!(!d.message.contains('\n') && !d.message.ends_with('.'), "{}", d.message);
    }
    render(&diagnostics, &sources)
}

/// Compares the diagnostics of a text, line by line, with `expected` (indentation does not count).
fn check(text: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let told = told(text);
    assert_eq!(told.lines().collect::<Vec<_>>(), expected, "\n{told}");
}

/// A small file without mistakes, to which tests add.
const BASE: &str = r#"schema_version = 1
zones = [
  { id = "a", kind = "mynumber", subnets = ["10.1.0.0/16", "2001:db8:1::/48"] },
  { id = "b", kind = "other", subnets = ["10.2.0.0/16", "2001:db8:2::/48"] } ]
externals = [ { id = "x", kind = "other", attached_to = "a", internet_connected = "yes", interfaces = ["fw:1"] } ]
"#;

/// The policy of a text that must have one.
fn policy_of(text: &str) -> Policy {
    let (policy, diagnostics, sources) = load_text(text);
    policy.unwrap_or_else(|| panic!("{}", render(&diagnostics, &sources)))
}

/// The only flow of [`BASE`] with one more match.
fn flow_of(inside: &str, more: &str) -> Flow {
    let text = format!("{BASE}flows = [ {{ id = \"F\", match = {{ {inside} }}{more} }} ]\n");
    policy_of(&text).flows.into_iter().next().unwrap()
}
