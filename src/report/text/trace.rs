//! Text of `trace`: the ways of one packet, hop by hop.

use sekisho_checker::format::{Network, Port};
use sekisho_checker::{Branch, Walk, split_place};
use sekisho_diag::SourceMap;

use crate::report::messages::{Label, Text};
use crate::report::secret;
use crate::report::style::{Layout, columns, pad, wrap};

/// Ways that are shown.
const WAYS: usize = 12;

/// The ways of a packet; `head` is the packet on one line.
#[must_use]
pub fn walk(head: &str, network: &Network, walk: &Walk, sources: &SourceMap, layout: &Layout) -> String {
    let say = |label| layout.lang.say(&Text::Label(label));
    let mut out = format!("{}\n", layout.heading(head));
    let passes = match (walk.certain(), walk.possible()) {
        (true, _) => Label::Certain,
        (false, true) => Label::Possible,
        (false, false) => Label::Impossible,
    };
    let ends = walk.disposition().map_or_else(|| say(Label::Undecided), |d| d.word().to_owned());
    out.push_str(&format!("{}: {ends} ({})\n", say(Label::Ends), say(passes)));
    let mut ways: Vec<&Branch> = walk.branches.iter().collect();
    // Sure ways first; the order is otherwise that of the walk.
    ways.sort_by_key(|b| !b.sure);
    for (at, way) in ways.iter().take(WAYS).enumerate() {
        let sure = say(if way.sure { Label::Sure } else { Label::Maybe });
        let why = if way.why.is_empty() { String::new() } else { format!(": {}", way.why) };
        let title = format!("{} {} ({sure}): {}{why}", say(Label::Way), at + 1, way.disposition.word());
        out.push('\n');
        out.push_str(&wrap("", &title, layout.width));
        hops(network, way, sources, layout, &mut out);
    }
    if ways.len() > WAYS {
        out.push('\n');
        out.push_str(&wrap("", &layout.lang.say(&Text::More(ways.len() - WAYS)), layout.width));
    }
    out
}

fn hops(network: &Network, way: &Branch, sources: &SourceMap, layout: &Layout, out: &mut String) {
    for hop in &way.hops {
        let name = |i: Option<usize>| {
            let port = Port { device: hop.device, interface: i? };
            network.interface(port).map(|i| i.name.clone())
        };
        let device = network.device(hop.device).map_or("?", |d| d.name.as_str());
        let mut line = format!("  {device}  {}", name(hop.in_interface).unwrap_or_default());
        if let Some(leaves) = name(hop.out_interface) {
            line.push_str(&format!(" -> {leaves}"));
        }
        out.push_str(&line);
        out.push('\n');
        let stage = hop.steps.iter().map(|s| columns(&s.stage)).max().unwrap_or(0);
        for step in &hop.steps {
            let sure = if step.sure { "" } else { "? " };
            let why = if step.why.is_empty() { String::new() } else { format!(" ({})", step.why) };
            let decision = format!("{sure}{}{why}", step.decision);
            let (file, number) = step.place.as_deref().map_or(("", None), split_place);
            let quote = number.map_or(String::new(), |n| quote(sources, file, n));
            out.push_str(&step_line(
                4,
                &pad(&step.stage, stage),
                &decision,
                step.place.as_deref(),
                &quote,
                layout,
            ));
        }
    }
}

/// One decision: stage, decision, place and quoted line; the place moves to a line of its own when
/// there is no room for it.
pub(super) fn step_line(
    indent: usize,
    stage: &str,
    decision: &str,
    place: Option<&str>,
    quote: &str,
    layout: &Layout,
) -> String {
    let first = format!("{}{stage}  ", " ".repeat(indent));
    let Some(place) = place else { return wrap(&first, decision, layout.width) };
    let right = if quote.is_empty() { place.to_owned() } else { format!("{place}  {}", layout.dim(quote)) };
    let wide = columns(place) + if quote.is_empty() { 0 } else { columns(quote) + 2 };
    if columns(&first) + columns(decision) + 2 + wide <= layout.width {
        return format!("{first}{decision}  {right}\n");
    }
    let blank = " ".repeat(columns(&first));
    let left = wrap(&first, decision, layout.width);
    if columns(&blank) + wide <= layout.width {
        return format!("{left}{blank}{right}\n");
    }
    format!("{left}{}", wrap(&blank, format!("{place}  {quote}").trim_end(), layout.width))
}

fn quote(sources: &SourceMap, file: &str, line: u64) -> String {
    let source = sources.iter().find(|(_, f)| f.path() == file).map(|(_, f)| f);
    let text = source.map_or("", |s| s.line_text(u32::try_from(line).unwrap_or(u32::MAX))).trim();
    if secret::may_hold(text) { String::new() } else { text.to_owned() }
}
