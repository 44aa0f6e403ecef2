//! Text for a terminal: the matrix, the findings, what would decide the rest, and the conclusion.

pub mod check;
mod decide;
pub mod diff;
mod finding;
pub mod graph;
pub mod margin;
mod matrix;
mod relay;
pub mod show;
pub mod trace;

use std::collections::BTreeMap;

use super::messages::Text;
use super::style::{Layout, columns, cut, wrap};
use super::table;
use super::verify::{self, AssuranceView, FindingView, VerifyView, Word};

/// Findings of one code that are shown in full.
const PER_CODE: usize = 10;
/// Notes of one code that are shown.
const NOTES: usize = 3;
/// Pairs, and routes that they lean on, that are shown.
const LEANINGS: usize = 6;
/// Externals that are shown.
const EXTERNALS: usize = 20;

/// The report of `verify`.
#[must_use]
pub fn verify(view: &VerifyView, layout: &Layout) -> String {
    let say = |text: Text<'_>| layout.lang.say(&text);
    let mut out = String::new();
    let title = say(Text::Header { as_of: &view.as_of, files: view.inputs.len() });
    headline(layout, &title, &mut out);
    out.push('\n');
    out.push_str(&matrix::render(view, layout));
    // What is undecided stands under what would decide it, each cause once.
    let decided = |f: &&FindingView| f.verdict != Word::Undecided || f.reasons.is_empty();
    let (mut notes, found): (Vec<_>, Vec<_>) =
        view.findings.iter().filter(decided).partition(|f| f.severity == "info");
    // Chains have a section of their own.
    notes.retain(|f| !f.code.starts_with("relay/"));
    findings(&found, Text::Findings, PER_CODE, finding::render, layout, &mut out);
    decide::render(view, layout, &mut out);
    findings(&notes, Text::Notes, NOTES, finding::note, layout, &mut out);
    externals(view, layout, &mut out);
    relay::render(view, layout, &mut out);
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
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    headline(layout, &layout.lang.say(&text), out);
}

fn headline(layout: &Layout, text: &str, out: &mut String) {
    for line in wrap("", text, layout.width).lines() {
        out.push_str(&layout.heading(line));
        out.push('\n');
    }
}

/// Findings under a heading, of each code at most `most`.
fn findings(
    shown: &[&FindingView],
    title: Text<'_>,
    most: usize,
    render: fn(&FindingView, &Layout) -> String,
    layout: &Layout,
    out: &mut String,
) {
    if shown.is_empty() {
        return;
    }
    heading(layout, title, out);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, finding) in shown.iter().enumerate() {
        let count = counts.entry(finding.code).or_default();
        *count += 1;
        if *count <= most {
            out.push_str(&render(finding, layout));
        }
        let last = shown.get(at + 1).is_none_or(|next| next.code != finding.code);
        if last && *count > most {
            let text = format!("{}: {}", finding.code, layout.lang.say(&Text::More(*count - most)));
            out.push_str(&wrap("  ", &text, layout.width));
        }
    }
    if out.ends_with("\n\n") {
        out.pop();
    }
}

fn externals(view: &VerifyView, layout: &Layout, out: &mut String) {
    if view.externals.is_empty() {
        return;
    }
    heading(layout, Text::Externals, out);
    let rows: Vec<[String; 2]> = view
        .externals
        .iter()
        .take(EXTERNALS)
        .map(|e| [layout.lang.say(&Text::Internet(e.internet)), layout.lang.say(&Text::Cell(e.verdict))])
        .collect();
    let taken = rows.iter().map(|[a, b]| columns(a) + columns(b) + 6).max().unwrap_or(0);
    let room = layout.width.saturating_sub(taken).max(12);
    let rows: Vec<Vec<String>> = view
        .externals
        .iter()
        .zip(rows)
        .map(|(e, [internet, word])| vec![cut(&e.id, room), internet, layout.verdict(e.verdict, &word)])
        .collect();
    out.push_str(&table::render(&["", "", ""], &rows, 2));
    if view.externals.len() > EXTERNALS {
        let text = layout.lang.say(&Text::More(view.externals.len() - EXTERNALS));
        out.push_str(&wrap("  ", &text, layout.width));
    }
}

fn rests_on(view: &VerifyView, layout: &Layout, out: &mut String) {
    let mut seen: Vec<(AssuranceView, usize)> = Vec::new();
    for pair in view.pairs.iter().filter(|p| p.verdict == Word::Proven) {
        match seen.iter_mut().find(|(assurance, _)| *assurance == pair.assurance) {
            Some((_, count)) => *count += 1,
            None => seen.push((pair.assurance, 1)),
        }
    }
    if seen.is_empty() {
        return;
    }
    heading(layout, Text::RestsOn, out);
    let several = seen.len() > 1;
    for (assurance, count) in seen {
        let mut text = layout.lang.say(&Text::Assurance(assurance));
        if several {
            text = format!("{text}{}", layout.lang.say(&Text::OfPairs(count)));
        }
        out.push_str(&wrap("  ", &text, layout.width));
    }
    leaning_on(view, layout, out);
    for assumption in &view.assumptions {
        out.push_str(&wrap(&format!("  {}: ", assumption.id), &assumption.text, layout.width));
    }
}

/// The routes that pairs lean on, the same ones once.
fn leaning_on(view: &VerifyView, layout: &Layout, out: &mut String) {
    let all = verify::leaning(&view.pairs);
    for (pairs, leans) in all.iter().take(LEANINGS) {
        let mut ends: Vec<String> =
            pairs.iter().take(LEANINGS).map(|p| format!("{} -> {}", p.from, p.to)).collect();
        if pairs.len() > LEANINGS {
            ends.push(layout.lang.say(&Text::More(pairs.len() - LEANINGS)));
        }
        let what = if leans.on.is_empty() { Text::LeansUnknown } else { Text::LeansOn(leans.minimal) };
        out.push_str(&wrap("  ", &format!("{}: {}", ends.join(", "), layout.lang.say(&what)), layout.width));
        for lean in leans.on.iter().take(LEANINGS) {
            let mut text = layout.lang.say(&Text::Lean(lean));
            let mut lines = lean.locations.iter().map(|l| format!("{}:{}", l.file, l.line));
            if let Some(first) = lines.next() {
                let more = if lines.len() > 0 { format!(" +{}", lines.len()) } else { String::new() };
                text = format!("{text} ({first}{more})");
            }
            out.push_str(&wrap("    ", &text, layout.width));
        }
        if leans.on.len() > LEANINGS {
            let more = layout.lang.say(&Text::More(leans.on.len() - LEANINGS));
            out.push_str(&wrap("    ", &more, layout.width));
        }
    }
    if all.len() > LEANINGS {
        out.push_str(&wrap("  ", &layout.lang.say(&Text::More(all.len() - LEANINGS)), layout.width));
    }
}
