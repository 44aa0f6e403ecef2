//! Text for a terminal: the matrix, the findings, what would decide the rest, and the conclusion.

mod finding;
mod matrix;
pub mod show;
pub mod trace;

use std::collections::BTreeMap;

use super::messages::Text;
use super::style::{Layout, columns, pad, wrap};
use super::table;
use super::verify::{FindingView, ReasonView, VerifyView, Word};

/// Findings of one code that are shown in full.
const PER_CODE: usize = 10;
/// Reasons that are shown.
const REASONS: usize = 20;
/// Externals that are shown.
const EXTERNALS: usize = 20;
/// The code of findings that block every proof; what they say stands again under what would decide.
const INCOMPLETE: &str = "isolation/incomplete-input";
/// Findings of that code that are shown.
const INCOMPLETE_SHOWN: usize = 2;
/// The code of findings about somebody who belongs to no zone.
const NOT_ASSIGNED: &str = "isolation/not-assigned";

/// The report of `verify`.
#[must_use]
pub fn verify(view: &VerifyView, layout: &Layout) -> String {
    let say = |text: Text<'_>| layout.lang.say(&text);
    let mut out = String::new();
    out.push_str(&layout.heading(&say(Text::Header { as_of: &view.as_of, files: view.inputs.len() })));
    out.push_str("\n\n");
    out.push_str(&matrix::render(view, layout));
    findings(view, layout, &mut out);
    not_assigned(view, layout, &mut out);
    decide(view, layout, &mut out);
    externals(view, layout, &mut out);
    rests_on(view, layout, &mut out);
    out.push('\n');
    out.push_str(&wrap("", &say(Text::Coverage(view.coverage)), layout.width));
    let last = if view.disagreement { Text::Disagreement } else { Text::Conclusion(view.verdict) };
    for line in wrap("", &say(last), layout.width).lines() {
        out.push_str(&layout.verdict(view.verdict, line));
        out.push('\n');
    }
    out
}

/// A heading with an empty line before it.
fn heading(layout: &Layout, text: Text<'_>, out: &mut String) {
    out.push('\n');
    out.push_str(&layout.heading(&layout.lang.say(&text)));
    out.push('\n');
}

fn findings(view: &VerifyView, layout: &Layout, out: &mut String) {
    let shown: Vec<&FindingView> = view.findings.iter().filter(|f| f.code != NOT_ASSIGNED).collect();
    if shown.is_empty() {
        return;
    }
    heading(layout, Text::Findings, out);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut code = "";
    for finding in shown {
        if finding.code != code {
            rest(&counts, code, layout, out);
            code = finding.code;
        }
        let count = counts.entry(code).or_default();
        *count += 1;
        if *count <= shown_of(code) {
            out.push_str(&finding::render(finding, layout));
        }
    }
    rest(&counts, code, layout, out);
    if out.ends_with("\n\n") {
        out.pop();
    }
}

/// How many findings of a code are shown in full.
fn shown_of(code: &str) -> usize {
    if code == INCOMPLETE { INCOMPLETE_SHOWN } else { PER_CODE }
}

/// How many findings of a code are not shown.
fn rest(counts: &BTreeMap<&str, usize>, code: &str, layout: &Layout, out: &mut String) {
    let left = counts.get(code).map_or(0, |c| c.saturating_sub(shown_of(code)));
    if left > 0 {
        out.push_str(&wrap("  ", &format!("{code}: {}", layout.lang.say(&Text::More(left))), layout.width));
    }
}

/// Findings about nobody's interfaces, one line per interface: what may come from it and go to it.
fn not_assigned(view: &VerifyView, layout: &Layout, out: &mut String) {
    let mut by_port: BTreeMap<&str, Vec<(bool, &str)>> = BTreeMap::new();
    for finding in view.findings.iter().filter(|f| f.code == NOT_ASSIGNED) {
        let (from, to) = (finding.from.as_deref().unwrap_or(""), finding.to.as_deref().unwrap_or(""));
        for port in &finding.interfaces {
            let entry = by_port.entry(port).or_default();
            let nobody = |id: &str| id == "unassigned" || id.starts_with("undeclared:");
            for (out, id) in [(true, to), (false, from)] {
                if !nobody(id) && !entry.contains(&(out, id)) {
                    entry.push((out, id));
                }
            }
        }
    }
    if by_port.is_empty() {
        return;
    }
    heading(layout, Text::NotAssigned, out);
    let width = by_port.keys().map(|p| columns(p)).max().unwrap_or(0).min(40);
    for (at, (port, others)) in by_port.iter().enumerate() {
        if at == REASONS {
            out.push_str(&wrap("  ", &layout.lang.say(&Text::More(by_port.len() - at)), layout.width));
            break;
        }
        let side =
            |way: bool| others.iter().filter(|o| o.0 == way).map(|o| o.1).collect::<Vec<_>>().join(", ");
        let (to, from) = (side(true), side(false));
        let mut parts = Vec::new();
        if !to.is_empty() {
            parts.push(format!("-> {to}"));
        }
        if !from.is_empty() {
            parts.push(format!("<- {from}"));
        }
        out.push_str(&wrap(&format!("  {}  ", pad(port, width)), &parts.join("   "), layout.width));
    }
}

/// Reasons of undecided findings: those that block every proof, then those that concern most findings.
fn decide(view: &VerifyView, layout: &Layout, out: &mut String) {
    let mut counted: Vec<(&ReasonView, usize, bool)> = Vec::new();
    for finding in view.findings.iter().filter(|f| f.verdict == Word::Undecided) {
        for reason in &finding.reasons {
            match counted.iter_mut().find(|c| c.0.text == reason.text && c.0.location == reason.location) {
                Some(known) => known.1 += 1,
                None => counted.push((reason, 1, finding.code == INCOMPLETE)),
            }
        }
    }
    if counted.is_empty() {
        return;
    }
    counted.sort_by(|a, b| (b.2, b.1).cmp(&(a.2, a.1)).then_with(|| a.0.cmp(b.0)));
    heading(layout, Text::Decide, out);
    for (reason, count, _) in counted.iter().take(REASONS) {
        let mut text = match &reason.location {
            Some(l) => format!("{}:{}: {}", l.file, l.line, reason.text),
            None => reason.text.clone(),
        };
        if *count > 1 {
            text.push_str(&format!(" ({})", layout.lang.say(&Text::Concerns(*count))));
        }
        out.push_str(&wrap("  - ", &text, layout.width));
        if let Some(quote) = reason.location.as_ref().map(|l| l.quote.as_str()).filter(|q| !q.is_empty()) {
            out.push_str(&layout.dim(&format!("      | {quote}")));
            out.push('\n');
        }
        if let Some(help) = &reason.help {
            out.push_str(&wrap(&format!("      {}: ", layout.lang.say(&Text::Help)), help, layout.width));
        }
    }
    if counted.len() > REASONS {
        out.push_str(&wrap("  ", &layout.lang.say(&Text::More(counted.len() - REASONS)), layout.width));
    }
}

fn externals(view: &VerifyView, layout: &Layout, out: &mut String) {
    if view.externals.is_empty() {
        return;
    }
    heading(layout, Text::Externals, out);
    let rows: Vec<Vec<String>> = view
        .externals
        .iter()
        .take(EXTERNALS)
        .map(|e| {
            let verdict = layout.verdict(e.verdict, &layout.lang.say(&Text::Cell(e.verdict)));
            vec![e.id.clone(), layout.lang.say(&Text::Internet(e.internet)), verdict]
        })
        .collect();
    out.push_str(&table::render(&["", "", ""], &rows, 2));
    if view.externals.len() > EXTERNALS {
        out.push_str(&wrap(
            "  ",
            &layout.lang.say(&Text::More(view.externals.len() - EXTERNALS)),
            layout.width,
        ));
    }
}

fn rests_on(view: &VerifyView, layout: &Layout, out: &mut String) {
    let mut seen = Vec::new();
    for pair in view.pairs.iter().filter(|p| p.verdict == Word::Proven) {
        if !seen.contains(&pair.assurance) {
            seen.push(pair.assurance);
        }
    }
    if seen.is_empty() {
        return;
    }
    heading(layout, Text::RestsOn, out);
    for assurance in seen {
        out.push_str(&wrap("  ", &layout.lang.say(&Text::Assurance(assurance)), layout.width));
    }
    for assumption in &view.assumptions {
        out.push_str(&wrap(&format!("  {}: ", assumption.id), &assumption.text, layout.width));
    }
}
