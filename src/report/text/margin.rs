//! The text of `margin`: the lines that alone hold walls, and the pairs that no single line opens.

use super::headline;
use crate::report::margin::MarginView;
use crate::report::messages::{MarginText, Text};
use crate::report::style::{Layout, wrap};
use crate::report::verify::Word;

/// Lines that are shown.
const LINES: usize = 40;
/// Pairs of a line that are shown.
const PAIRS: usize = 3;

/// The report of `margin`.
#[must_use]
pub fn render(view: &MarginView, layout: &Layout) -> String {
    let say = |text: MarginText| layout.lang.say(&Text::Margin(text));
    let mut out = String::new();
    headline(layout, &say(MarginText::Header { tried: view.tried, of: view.of }), &mut out);
    for line in view.lines.iter().take(LINES) {
        let place = format!("  {}:{}  ", line.file, line.line);
        out.push_str(&wrap(&place, &line.quote, layout.width));
        let worst = line.pairs.iter().map(|p| p.verdict).max().unwrap_or(Word::Proven);
        let shown: Vec<String> =
            line.pairs.iter().take(PAIRS).map(|p| format!("{} -> {}", p.from, p.to)).collect();
        let mut text = format!("{}: {}", layout.lang.say(&Text::Cell(worst)), shown.join(", "));
        if line.pairs.len() > PAIRS {
            text.push_str(&format!(", {}", say(MarginText::MorePairs(line.pairs.len() - PAIRS))));
        }
        out.push_str(&wrap("      ", &text, layout.width));
    }
    if view.lines.len() > LINES {
        out.push_str(&wrap("  ", &layout.lang.say(&Text::More(view.lines.len() - LINES)), layout.width));
    }
    out.push('\n');
    let held = view.pairs.iter().filter(|p| !p.lines.is_empty()).count();
    let steps = say(MarginText::JudgedAgain { lines: view.judged_again, of: view.tried });
    out.push_str(&wrap("", &steps, layout.width));
    let last = say(MarginText::Summary { held, of: view.pairs.len() });
    out.push_str(&wrap("", &last, layout.width));
    out
}
