//! The text of `diff`: what opened and closed, verdicts that turned, findings that are new or gone.

use super::finding::{self, LABEL, labelled, place_line};
use super::{PER_CODE, findings, heading, headline};
use crate::report::diff::{ChangeView, DiffView, LineView, ShiftView, TurnView};
use crate::report::messages::{DiffText, Text};
use crate::report::ranges::{one_line, one_line_range};
use crate::report::style::{Layout, columns, pad, wrap};
use crate::report::verify::{FindingView, LocationView, Word};

/// Changes of one kind that are shown.
const CHANGES: usize = 20;
/// Boxes of packets that are shown.
const RANGES: usize = 4;
/// Lines that are shown.
const LINES: usize = 3;
/// Findings of one code that are told in short.
const NOTES: usize = 5;
/// Verdicts that turned, as far as they are shown.
const TURNS: usize = 20;

/// The report of `diff`.
#[must_use]
pub fn render(view: &DiffView, layout: &Layout) -> String {
    let say = |text: DiffText<'_>| layout.lang.say(&Text::Diff(text));
    let mut out = String::new();
    let (before, after) = (view.before.snapshot.as_str(), view.after.snapshot.as_str());
    headline(layout, &say(DiffText::Header { before, after, as_of: &view.as_of }), &mut out);
    for file in view.files.iter().take(CHANGES) {
        let head = format!("{} {}", say(DiffText::FileChange(file.change)), file.file);
        out.push_str(&wrap("  ", &head, layout.width));
        touched("-", &file.removed, layout, &mut out);
        touched("+", &file.added, layout, &mut out);
    }
    more(view.files.len(), CHANGES, layout, &mut out);
    shifts(view, DiffText::Opened, |p| p.opened.as_ref(), layout, &mut out);
    shifts(view, DiffText::Closed, |p| p.closed.as_ref(), layout, &mut out);
    if view.pairs.is_empty() {
        out.push('\n');
        out.push_str(&wrap("", &say(DiffText::SameReach), layout.width));
    }
    turns(&view.verdicts, layout, &mut out);
    let (worst, rest): (Vec<_>, Vec<_>) = view.new.iter().partition(|f| f.verdict == Word::Violated);
    findings(&worst, Text::Diff(DiffText::New), PER_CODE, finding::render, layout, &mut out);
    findings(&rest, Text::Diff(DiffText::AlsoNew), NOTES, finding::note, layout, &mut out);
    let gone: Vec<&FindingView> = view.resolved.iter().collect();
    findings(&gone, Text::Diff(DiffText::Resolved), NOTES, finding::note, layout, &mut out);
    out.push('\n');
    let counts = DiffText::Counts {
        new: view.new.len(),
        resolved: view.resolved.len(),
        persisting: view.persisting.len(),
    };
    out.push_str(&wrap("", &say(counts), layout.width));
    let last =
        if view.disagreement { Text::Disagreement } else { Text::Diff(DiffText::Conclusion(view.verdict)) };
    for line in wrap("", &layout.lang.say(&last), layout.width).lines() {
        out.push_str(&layout.verdict(view.verdict, line));
        out.push('\n');
    }
    out
}

/// Lines of a file that the other side lacks.
fn touched(sign: &str, lines: &[LocationView], layout: &Layout, out: &mut String) {
    for line in lines.iter().take(LINES) {
        out.push_str(&wrap(&format!("    {sign} {:>5}  ", line.line), &line.quote, layout.width));
    }
    more(lines.len(), LINES, layout, out);
}

fn shifts<'v>(
    view: &'v DiffView,
    title: DiffText<'_>,
    of: impl Fn(&'v ChangeView) -> Option<&'v ShiftView>,
    layout: &Layout,
    out: &mut String,
) {
    let all: Vec<_> = view.pairs.iter().filter_map(|p| Some((p, of(p)?))).collect();
    if all.is_empty() {
        return;
    }
    heading(layout, Text::Diff(title), out);
    for (pair, shift) in all.iter().take(CHANGES) {
        let family = if pair.family == "ipv4" { "IPv4" } else { "IPv6" };
        let how = match (title, shift.forbidden, shift.sure) {
            (DiffText::Opened, true, _) => Some(DiffText::Forbidden),
            (_, _, false) => Some(DiffText::Perhaps),
            _ => None,
        };
        let how = how.map_or(String::new(), |h| format!("  ({})", layout.lang.say(&Text::Diff(h))));
        out.push_str(&wrap("  ", &format!("{} -> {}  {family}{how}", pair.from, pair.to), layout.width));
        self::shift(shift, layout, out);
    }
    more(all.len(), CHANGES, layout, out);
}

fn shift(shift: &ShiftView, layout: &Layout, out: &mut String) {
    let mut texts: Vec<String> = Vec::new();
    for text in shift.ranges.iter().map(|r| one_line_range(r, layout.lang)) {
        let text = if text.is_empty() { layout.lang.say(&Text::AnyPacket) } else { text };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    for (at, text) in texts.iter().take(RANGES).enumerate() {
        labelled(if at == 0 { Text::Ranges } else { Text::Blank }, text, layout, out);
    }
    more(texts.len(), RANGES, layout, out);
    let mut packet = one_line(&shift.witness.packet);
    if let Some(port) = &shift.witness.enters {
        packet.push_str(&format!(", {}", layout.lang.say(&Text::Enters(port))));
    }
    labelled(Text::Packet, &packet, layout, out);
    lines(DiffText::Passes, &shift.passes, layout, out);
    lines(DiffText::Stops, &shift.stops, layout, out);
}

fn lines(label: DiffText<'_>, all: &[LineView], layout: &Layout, out: &mut String) {
    let shown = all.get(..LINES.min(all.len())).unwrap_or_default();
    let place = |l: &LineView| columns(&format!("{}:{}", l.location.file, l.location.line));
    let width = shown.iter().map(place).max().unwrap_or(0);
    for (at, line) in shown.iter().enumerate() {
        let label = if at == 0 { Text::Diff(label) } else { Text::Blank };
        out.push_str(&place_line(label, &line.location, width, layout));
    }
}

fn turns(all: &[TurnView], layout: &Layout, out: &mut String) {
    if all.is_empty() {
        return;
    }
    heading(layout, Text::Diff(DiffText::Turned), out);
    let pairs: Vec<String> = all.iter().map(|t| format!("{} -> {}", t.from, t.to)).collect();
    let width = pairs.iter().take(TURNS).map(|p| columns(p)).max().unwrap_or(0);
    for (turn, pair) in all.iter().zip(&pairs).take(TURNS) {
        let word = |w: Option<Word>| match w {
            Some(word) => layout.verdict(word, &layout.lang.say(&Text::Cell(word))),
            None => "-".to_owned(),
        };
        out.push_str(&format!("  {}  {} -> {}\n", pad(pair, width), word(turn.before), word(turn.after)));
    }
    more(all.len(), TURNS, layout, out);
}

fn more(all: usize, shown: usize, layout: &Layout, out: &mut String) {
    if all > shown {
        let text = layout.lang.say(&Text::More(all - shown));
        out.push_str(&wrap(&format!("  {} ", " ".repeat(LABEL)), &text, layout.width));
    }
}
