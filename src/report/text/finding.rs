//! One finding with its packet, the way hop by hop, and the lines to blame.

use anstyle::{AnsiColor, Style};

use super::trace::step_line;
use crate::report::messages::Text;
use crate::report::ranges::{one_line, one_line_range};
use crate::report::style::{Layout, columns, pad, wrap};
use crate::report::verify::{FindingView, HopView, LocationView, WitnessView, Word};

/// Lines of a finding that are shown.
const LINES: usize = 6;
/// Boxes of packets that are shown.
const RANGES: usize = 3;
/// Columns of a label.
const LABEL: usize = 10;

/// The finding.
pub(super) fn render(finding: &FindingView, layout: &Layout) -> String {
    let style = match finding.severity {
        "error" => AnsiColor::Red.on_default().bold(),
        "warning" => AnsiColor::Yellow.on_default().bold(),
        _ => Style::new().bold(),
    };
    let head = format!("{}[{}]: ", finding.severity, finding.code);
    let text = wrap("", &format!("{head}{}", finding.message), layout.width);
    let mut out = String::new();
    for (at, line) in text.lines().enumerate() {
        match line.strip_prefix(head.trim_end()).filter(|_| at == 0) {
            Some(rest) => out.push_str(&format!("{}{rest}", layout.paint(style, head.trim_end()))),
            None => out.push_str(&format!("    {line}")),
        }
        out.push('\n');
    }
    if let Some(witness) = &finding.witness {
        self::witness(witness, layout, &mut out);
    }
    if let Some(example) = finding.example.as_ref().filter(|_| finding.verdict == Word::Undecided) {
        labelled(Text::Example, &one_line(example), layout, &mut out);
    }
    ranges(&finding.ranges.iter().map(one_line_range).collect::<Vec<_>>(), layout, &mut out);
    lines(&finding.locations, layout, &mut out);
    if let Some(help) = &finding.suggestion {
        labelled(Text::Help, help, layout, &mut out);
    }
    out.push('\n');
    out
}

fn labelled(label: Text<'_>, text: &str, layout: &Layout, out: &mut String) {
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
    ranges(&witness.ranges.iter().map(one_line_range).collect::<Vec<_>>(), layout, out);
}

fn hop(number: usize, hop: &HopView, layout: &Layout, out: &mut String) {
    let way = match &hop.out_interface {
        Some(leaves) => format!("{}  {} -> {leaves}", hop.device, hop.in_interface),
        None => format!("{}  {}", hop.device, hop.in_interface),
    };
    labelled(Text::Hop(number), &way, layout, out);
    let stage = hop.steps.iter().map(|s| columns(&s.stage)).max().unwrap_or(0);
    for step in &hop.steps {
        let place = step.file.as_ref().zip(step.line).map(|(f, l)| format!("{f}:{l}"));
        let name = pad(&step.stage, stage);
        out.push_str(&step_line(LABEL + 3, &name, &step.decision, place.as_deref(), &step.quote, layout));
    }
}

fn ranges(texts: &[String], layout: &Layout, out: &mut String) {
    for (at, text) in texts.iter().take(RANGES).enumerate() {
        let any = layout.lang.say(&Text::AnyPacket);
        let text = if text.is_empty() { &any } else { text };
        let label = if at == 0 { layout.lang.say(&Text::Ranges) } else { String::new() };
        out.push_str(&wrap(&format!("  {} ", pad(&label, LABEL)), text, layout.width));
    }
    more(texts.len(), RANGES, layout, out);
}

fn lines(locations: &[LocationView], layout: &Layout, out: &mut String) {
    let shown = locations.get(..LINES.min(locations.len())).unwrap_or_default();
    let places: Vec<String> = shown.iter().map(|l| format!("{}:{}", l.file, l.line)).collect();
    let width = places.iter().map(|p| columns(p)).max().unwrap_or(0);
    for (at, (location, place)) in shown.iter().zip(&places).enumerate() {
        let label = if at == 0 { layout.lang.say(&Text::Lines) } else { String::new() };
        let label = pad(&label, LABEL);
        let quote = layout.dim(&location.quote);
        let note = if location.note.is_empty() { String::new() } else { format!("  ({})", location.note) };
        let mut line = format!("  {label} {}  {quote}", pad(place, width));
        // A note that has no room is left out; a line of the config is not cut.
        if LABEL + 5 + width + columns(&location.quote) + columns(&note) <= layout.width
            || location.quote.is_empty()
        {
            line.push_str(&note);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    more(locations.len(), LINES, layout, out);
}

fn more(all: usize, shown: usize, layout: &Layout, out: &mut String) {
    if all > shown {
        let text = layout.lang.say(&Text::More(all - shown));
        out.push_str(&wrap(&format!("  {} ", " ".repeat(LABEL)), &text, layout.width));
    }
}
