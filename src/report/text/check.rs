//! The text of `check`: what the certificate says of itself, each claim with its answer, and the result.

use super::{heading, headline};
use crate::report::check::{CheckView, ClaimView};
use crate::report::messages::{CheckText, Text};
use crate::report::style::{Layout, wrap};
use crate::report::verify::{AssuranceView, Word};

/// The answer of `check`.
#[must_use]
pub fn render(view: &CheckView, layout: &Layout) -> String {
    let say = |text: CheckText<'_>| layout.lang.say(&Text::Check(text));
    let mut out = String::new();
    headline(layout, &say(CheckText::Header { file: &view.file, as_of: &view.as_of }), &mut out);
    if let Some(certificate) = &view.certificate {
        let made = CheckText::Made { tool: &certificate.tool, as_of: &certificate.as_of };
        out.push_str(&wrap("  ", &say(made), layout.width));
        let until = CheckText::ValidUntil(certificate.valid_until.as_deref());
        out.push_str(&wrap("  ", &say(until), layout.width));
        let files = match view.configs.compared {
            0 => CheckText::NoFiles,
            n => CheckText::Files(n),
        };
        out.push_str(&wrap("  ", &say(files), layout.width));
        if view.configs.compared > 0 && !view.configs.policy {
            out.push_str(&wrap("  ", &say(CheckText::NoPolicy), layout.width));
        }
        if view.configs.reparsed {
            out.push_str(&wrap("  ", &say(CheckText::Reparsed), layout.width));
        }
    }
    if !view.problems.is_empty() {
        out.push('\n');
        for problem in &view.problems {
            out.push_str(&wrap("  - ", problem, layout.width));
        }
    }
    for answer in ["refused", "not-confirmed", "accepted"] {
        let claims: Vec<&ClaimView> = view.claims.iter().filter(|c| c.answer == answer).collect();
        if claims.is_empty() {
            continue;
        }
        let title = CheckText::Claims { answer, count: claims.len() };
        heading(layout, Text::Check(title), &mut out);
        for claim in claims {
            let text = say(CheckText::Claim { from: &claim.from, to: &claim.to });
            out.push_str(&wrap("  ", &text, layout.width));
            if let Some(reason) = &claim.reason {
                out.push_str(&wrap("      ", reason, layout.width));
            }
        }
    }
    rests_on(view, layout, &mut out);
    out.push('\n');
    if view.summary.not_proven > 0 {
        out.push_str(&wrap("", &say(CheckText::NotProven(view.summary.not_proven)), layout.width));
    }
    let verdict = match view.result {
        "accepted" => Word::Proven,
        "not-confirmed" => Word::Undecided,
        _ => Word::Violated,
    };
    for line in wrap("", &say(CheckText::Conclusion(view.result)), layout.width).lines() {
        out.push_str(&layout.verdict(verdict, line));
        out.push('\n');
    }
    out
}

fn rests_on(view: &CheckView, layout: &Layout, out: &mut String) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for claim in view.claims.iter().filter(|c| c.answer == "accepted") {
        if !seen.contains(&(claim.routing, claim.cabling)) {
            seen.push((claim.routing, claim.cabling));
        }
    }
    if seen.is_empty() {
        return;
    }
    heading(layout, Text::Check(CheckText::RestsOn), out);
    for (routing, cabling) in seen {
        let routing = if routing == "any" { "any" } else { "given" };
        let cabling = if cabling == "inferred" { "inferred" } else { "declared" };
        let text = Text::Assurance(AssuranceView { routing, cabling, source: "any" });
        out.push_str(&wrap("  ", &layout.lang.say(&text), layout.width));
    }
    for assumption in &view.assumptions {
        out.push_str(&wrap(&format!("  {}: ", assumption.id), &assumption.text, layout.width));
    }
}
