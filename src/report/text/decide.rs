//! What would decide the undecided: one entry per line or declaration, with the pairs that it concerns.

use std::collections::BTreeSet;

use super::finding::{head, labelled, place_line};
use super::heading;
use crate::report::messages::Text;
use crate::report::ranges::one_line;
use crate::report::style::{Layout, wrap};
use crate::report::verify::{GroupView, VerifyView};

/// Entries that are shown in full.
const IN_FULL: usize = 10;
/// Entries that are shown on one line each after them.
const SHORT: usize = 20;
/// Sources whose pairs are listed.
const SOURCES: usize = 8;
/// Messages about other things than pairs.
const ABOUT: usize = 3;

/// The section; nothing when nothing is undecided.
pub(super) fn render(view: &VerifyView, layout: &Layout, out: &mut String) {
    if view.groups.is_empty() {
        return;
    }
    heading(layout, Text::Decide, out);
    let (full, short) = by_weight(&view.groups);
    for group in &full {
        entry(group, view, layout, out);
    }
    if !short.is_empty() {
        out.push_str(&wrap("", &layout.lang.say(&Text::AlsoOpen), layout.width));
    }
    for group in short.iter().take(SHORT) {
        let place = group.location.as_ref().map_or(String::new(), |l| format!("{}:{}: ", l.file, l.line));
        let pairs = pairs_text(group, view, layout);
        let pairs = if pairs.is_empty() { pairs } else { format!(" ({pairs})") };
        let text = format!("{place}{}{pairs}", group.texts.first().map_or("", String::as_str));
        out.push_str(&wrap("  - ", &text, layout.width));
    }
    let left = short.len().saturating_sub(SHORT);
    if left > 0 {
        out.push_str(&wrap("  ", &layout.lang.say(&Text::More(left)), layout.width));
    }
    let loose = view.findings.iter().filter(|f| f.minimal == Some(false)).count();
    if loose > 0 {
        out.push_str(&wrap("", &layout.lang.say(&Text::MaybeNotMinimal(loose)), layout.width));
    }
    if out.ends_with("\n\n") {
        out.pop();
    }
}

/// Entries to be shown in full: those without which some pair would not be explained. The others concern
/// only pairs that depend on something above as well.
fn by_weight(groups: &[GroupView]) -> (Vec<&GroupView>, Vec<&GroupView>) {
    let mut explained = BTreeSet::new();
    let (mut full, mut short) = (Vec::new(), Vec::new());
    for group in groups {
        let before = explained.len();
        explained.extend(group.pairs.iter());
        let tells = explained.len() > before || group.all || !group.about.is_empty();
        if tells && full.len() < IN_FULL { full.push(group) } else { short.push(group) }
    }
    (full, short)
}

fn entry(group: &GroupView, view: &VerifyView, layout: &Layout, out: &mut String) {
    let mut texts = group.texts.iter();
    out.push_str(&head("warning", group.code, texts.next().map_or("", String::as_str), layout));
    if let Some(location) = &group.location {
        out.push_str(&place_line(Text::Line, location, 0, layout));
    }
    for also in texts.take(ABOUT) {
        labelled(Text::Also, also, layout, out);
    }
    for about in group.about.iter().take(ABOUT) {
        labelled(Text::PairsLabel, about, layout, out);
    }
    if group.about.len() > ABOUT {
        labelled(Text::PairsLabel, &layout.lang.say(&Text::More(group.about.len() - ABOUT)), layout, out);
    }
    let pairs = pairs_text(group, view, layout);
    if !pairs.is_empty() {
        labelled(Text::PairsLabel, &pairs, layout, out);
    }
    if group.pairs.len() < view.pairs.len() && !group.all {
        sources(group, layout, out);
    }
    if let (Some(example), Some(pair)) = (&group.example, group.pairs.first()) {
        let text = format!("{} -> {}: {}", pair.from, pair.to, one_line(example));
        labelled(Text::Example, &text, layout, out);
    }
    if let Some(help) = &group.help {
        labelled(Text::Help, help, layout, out);
    }
    out.push('\n');
}

/// How many pairs depend on it; empty when it is not about pairs.
fn pairs_text(group: &GroupView, view: &VerifyView, layout: &Layout) -> String {
    let of = view.pairs.len();
    let count = if group.all { of } else { group.pairs.len() };
    if count == 0 {
        return String::new();
    }
    layout.lang.say(&Text::Pairs { count, of })
}

/// The pairs, one line per source.
fn sources(group: &GroupView, layout: &Layout, out: &mut String) {
    let mut rows: Vec<(&str, Vec<&str>)> = Vec::new();
    for pair in &group.pairs {
        match rows.iter_mut().find(|(from, _)| *from == pair.from) {
            Some((_, targets)) => targets.push(&pair.to),
            None => rows.push((&pair.from, vec![&pair.to])),
        }
    }
    let blank = " ".repeat(super::finding::LABEL + 3);
    for (from, targets) in rows.iter().take(SOURCES) {
        let text = format!("{from} -> {}", targets.join(", "));
        out.push_str(&wrap(&blank, &text, layout.width));
    }
    if rows.len() > SOURCES {
        let rest: usize = rows.iter().skip(SOURCES).map(|(_, t)| t.len()).sum();
        out.push_str(&wrap(&blank, &layout.lang.say(&Text::More(rest)), layout.width));
    }
}
