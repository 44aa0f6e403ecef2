//! One finding with its packet, the way hop by hop, and the lines to blame.

use anstyle::{AnsiColor, Style};

use super::trace::step_line;
use crate::report::messages::Text;
use crate::report::ranges::{RangeView, one_line, one_line_range};
use crate::report::style::{Layout, columns, pad, wrap};
use crate::report::verify::{FindingView, HopView, LocationView, WitnessView};

/// Lines of a finding that are shown.
const LINES: usize = 4;
/// Lines of a note that are shown.
const NOTE_LINES: usize = 2;
/// Boxes of packets that are shown.
const RANGES: usize = 3;
/// Columns of a label.
pub(super) const LABEL: usize = 10;

/// The finding.
pub(super) fn render(finding: &FindingView, layout: &Layout) -> String {
    let mut out = head(finding.severity, finding.code, &finding.message, layout);
    if let Some(witness) = &finding.witness {
        self::witness(witness, layout, &mut out);
    }
    if let Some(example) = finding.example.as_ref().filter(|_| finding.witness.is_none()) {
        labelled(Text::Example, &one_line(example), layout, &mut out);
    }
    ranges(&finding.ranges, layout, &mut out);
    lines(&told_once(finding), LINES, layout, &mut out);
    if let Some(help) = &finding.suggestion {
        labelled(Text::Help, help, layout, &mut out);
    }
    for other in &finding.alternatives {
        labelled(Text::Or, other, layout, &mut out);
    }
    out.push('\n');
    out
}

/// The lines of a finding, without what the hops of its packet have already said about them.
fn told_once(finding: &FindingView) -> Vec<LocationView> {
    let steps: Vec<_> = finding.witness.iter().flat_map(|w| &w.hops).flat_map(|h| &h.steps).collect();
    let told =
        |l: &LocationView| steps.iter().any(|s| s.file.as_ref() == Some(&l.file) && s.line == Some(l.line));
    let quiet = |l: &LocationView| LocationView { note: String::new(), ..l.clone() };
    finding.locations.iter().map(|l| if told(l) { quiet(l) } else { l.clone() }).collect()
}

/// A finding that changes no verdict: what it is, and its first lines.
pub(super) fn note(finding: &FindingView, layout: &Layout) -> String {
    let mut out = head(finding.severity, finding.code, &finding.message, layout);
    if let Some(example) = &finding.example {
        labelled(Text::Example, &one_line(example), layout, &mut out);
    }
    lines(&finding.locations, NOTE_LINES, layout, &mut out);
    out
}

/// `severity[code]: message`, the first part in the colour of the severity.
pub(super) fn head(severity: &str, code: &str, message: &str, layout: &Layout) -> String {
    let style = match severity {
        "error" => AnsiColor::Red.on_default().bold(),
        "warning" => AnsiColor::Yellow.on_default().bold(),
        _ => Style::new().bold(),
    };
    let head = format!("{}[{code}]:", layout.lang.say(&Text::Severity(severity)));
    let text = wrap("", &format!("{head} {message}"), layout.width.saturating_sub(4));
    let mut out = String::new();
    for (at, line) in text.lines().enumerate() {
        match line.strip_prefix(&head).filter(|_| at == 0) {
            Some(rest) => out.push_str(&format!("{}{rest}", layout.paint(style, &head))),
            None => out.push_str(&format!("    {line}")),
        }
        out.push('\n');
    }
    out
}

pub(super) fn labelled(label: Text<'_>, text: &str, layout: &Layout, out: &mut String) {
    let label = pad(&layout.lang.say(&label), LABEL);
    out.push_str(&wrap(&format!("  {label} "), text, layout.width));
}

fn witness(witness: &WitnessView, layout: &Layout, out: &mut String) {
    let mut packet = one_line(&witness.packet);
    if let Some(port) = &witness.enters {
        packet.push_str(&format!(", {}", layout.lang.say(&Text::Enters(port))));
    }
    labelled(Text::Packet, &packet, layout, out);
    if !witness.replayed {
        labelled(Text::Help, &layout.lang.say(&Text::NotReplayed), layout, out);
    }
    for (at, hop) in witness.hops.iter().enumerate() {
        self::hop(at + 1, hop, layout, out);
    }
    if witness.arrived != witness.packet {
        labelled(Text::Arrives, &one_line(&witness.arrived), layout, out);
    }
    ranges(&witness.ranges, layout, out);
}

fn hop(number: usize, hop: &HopView, layout: &Layout, out: &mut String) {
    let way = match &hop.out_interface {
        Some(leaves) => format!("{}  {} -> {leaves}", hop.device, hop.in_interface),
        None => format!("{}  {}", hop.device, hop.in_interface),
    };
    labelled(Text::Hop(number), &way, layout, out);
    let stages: Vec<String> = hop.steps.iter().map(|s| layout.lang.say(&Text::Stage(&s.stage))).collect();
    let width = stages.iter().map(|s| columns(s)).max().unwrap_or(0);
    for (step, stage) in hop.steps.iter().zip(&stages) {
        let place = step.file.as_ref().zip(step.line).map(|(f, l)| format!("{f}:{l}"));
        let name = pad(stage, width);
        out.push_str(&step_line(LABEL + 3, &name, &step.shown, place.as_deref(), &step.quote, layout));
    }
    if let Some(leaves) = &hop.leaves {
        labelled(Text::LeavesAs, &one_line(leaves), layout, out);
    }
}

fn ranges(ranges: &[RangeView], layout: &Layout, out: &mut String) {
    let mut texts: Vec<String> = Vec::new();
    for text in ranges.iter().map(|r| one_line_range(r, layout.lang)) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    for (at, text) in texts.iter().take(RANGES).enumerate() {
        let any = layout.lang.say(&Text::AnyPacket);
        let text = if text.is_empty() { &any } else { text };
        let label = if at == 0 { layout.lang.say(&Text::Ranges) } else { String::new() };
        out.push_str(&wrap(&format!("  {} ", pad(&label, LABEL)), text, layout.width));
    }
    more(texts.len(), RANGES, layout, out);
}

fn lines(locations: &[LocationView], most: usize, layout: &Layout, out: &mut String) {
    let shown = locations.get(..most.min(locations.len())).unwrap_or_default();
    let width = shown.iter().map(|l| columns(&place(l))).max().unwrap_or(0);
    for (at, location) in shown.iter().enumerate() {
        let label = if at == 0 { Text::Lines } else { Text::Blank };
        out.push_str(&place_line(label, location, width, layout));
    }
    more(locations.len(), most, layout, out);
}

fn place(location: &LocationView) -> String {
    format!("{}:{}", location.file, location.line)
}

/// A line of a config: its place padded to a width, its text, and what it has to do with the matter. What
/// has no room goes to the next line.
pub(super) fn place_line(label: Text<'_>, location: &LocationView, width: usize, layout: &Layout) -> String {
    let first = format!("  {} ", pad(&layout.lang.say(&label), LABEL));
    let place = pad(&place(location), width);
    let note = if location.note.is_empty() { String::new() } else { format!("({})", location.note) };
    let parts: Vec<&str> = [location.quote.as_str(), &note].into_iter().filter(|p| !p.is_empty()).collect();
    let text = parts.join("  ");
    let head = format!("{first}{place}  ");
    if columns(&head) + columns(&text) <= layout.width {
        let quote = layout.dim(&location.quote);
        let note = if note.is_empty() || location.quote.is_empty() { note } else { format!("  {note}") };
        return format!("{}\n", format!("{head}{quote}{note}").trim_end());
    }
    // At least half of the columns are for the text, else it starts on a line of its own.
    if columns(&head) * 2 <= layout.width {
        return wrap(&head, &text, layout.width);
    }
    let indent = " ".repeat(LABEL + 5);
    format!("{}{}", wrap(&first, place.trim_end(), layout.width), wrap(&indent, &text, layout.width))
}

fn more(all: usize, shown: usize, layout: &Layout, out: &mut String) {
    if all > shown {
        let text = layout.lang.say(&Text::More(all - shown));
        out.push_str(&wrap(&format!("  {} ", " ".repeat(LABEL)), &text, layout.width));
    }
}
