//! Text of `trace`: the ways of one packet, hop by hop.

use sekisho_diag::SourceMap;
use sekisho_reference::format::{Network, Port};
use sekisho_reference::{Branch, Hop, Walk, split_place};

use crate::report::messages::{Label, Text};
use crate::report::secret;
use crate::report::style::{Layout, columns, pad, wrap};
use crate::report::verify::Word;

/// Ways that are shown.
const WAYS: usize = 12;

/// The ways of a packet; `head` is the packet on one line.
#[must_use]
pub fn walk(head: &str, network: &Network, walk: &Walk, sources: &SourceMap, layout: &Layout) -> String {
    let say = |label| layout.lang.say(&Text::Label(label));
    let ending = |way: &Branch| {
        let ends = layout.lang.say(&Text::Disposition(way.disposition.word()));
        if way.why.is_empty() {
            ends
        } else {
            format!("{ends} ({})", layout.lang.say(&Text::StepWhy(&way.why)))
        }
    };
    let (verdict, passes) = match (walk.certain(), walk.possible()) {
        (true, _) => (Word::Proven, Label::Certain),
        (false, true) => (Word::Undecided, Label::Possible),
        (false, false) => (Word::Violated, Label::Impossible),
    };
    let mut ways: Vec<&Branch> = walk.branches.iter().collect();
    // Sure ways first; the order is otherwise that of the walk.
    ways.sort_by_key(|b| !b.sure);
    let mut out = wrap("", head, layout.width);
    let ends = match (walk.disposition(), ways.as_slice()) {
        (_, [way]) => ending(way),
        (Some(d), _) => layout.lang.say(&Text::Disposition(d.word())),
        (None, _) => layout.lang.say(&Text::Ways(ways.len())),
    };
    let passes = say(passes);
    for (at, line) in wrap("", &format!("{passes}: {ends}"), layout.width).lines().enumerate() {
        match line.strip_prefix(&passes).filter(|_| at == 0) {
            Some(rest) => out.push_str(&format!("{}{rest}\n", layout.verdict(verdict, &passes))),
            None => out.push_str(&format!("{line}\n")),
        }
    }
    let mut before: Option<&Branch> = None;
    for (at, way) in ways.iter().take(WAYS).enumerate() {
        out.push('\n');
        if ways.len() > 1 {
            let sure = say(if way.sure { Label::Sure } else { Label::Maybe });
            let title = format!("{} {} ({sure}): {}", say(Label::Way), at + 1, ending(way));
            out.push_str(&wrap("", &title, layout.width));
        }
        // Hops that the way before has shown are not shown again.
        let same = before.map_or(0, |b| b.hops.iter().zip(&way.hops).take_while(|(a, b)| a == b).count());
        if same > 0 {
            out.push_str(&wrap(
                "  ",
                &layout.lang.say(&Text::SameHops { hops: same, way: at }),
                layout.width,
            ));
        }
        hops(network, way.hops.get(same..).unwrap_or_default(), sources, layout, &mut out);
        before = Some(way);
    }
    if ways.len() > WAYS {
        out.push('\n');
        out.push_str(&wrap("", &layout.lang.say(&Text::More(ways.len() - WAYS)), layout.width));
    }
    out
}

fn hops(network: &Network, hops: &[Hop], sources: &SourceMap, layout: &Layout, out: &mut String) {
    for hop in hops {
        let name = |i: Option<usize>| {
            let port = Port { device: hop.device, interface: i? };
            network.interface(port).map(|i| i.name.clone())
        };
        let device = network.device(hop.device).map_or("?", |d| d.name.as_str());
        let mut line = format!("{device}  {}", name(hop.in_interface).unwrap_or_default());
        if let Some(leaves) = name(hop.out_interface) {
            line.push_str(&format!(" -> {leaves}"));
        }
        out.push_str(&wrap("  ", &line, layout.width));
        let stages: Vec<String> = hop.steps.iter().map(|s| layout.lang.say(&Text::Stage(&s.stage))).collect();
        let width = stages.iter().map(|s| columns(s)).max().unwrap_or(0);
        for (step, stage) in hop.steps.iter().zip(&stages) {
            let sure = if step.sure { "" } else { "? " };
            let why = match step.why.as_str() {
                "" => String::new(),
                why => format!(" ({})", layout.lang.say(&Text::StepWhy(why))),
            };
            let decision = format!("{sure}{}{why}", layout.lang.say(&Text::Decision(&step.decision)));
            let (file, number) = step.place.as_deref().map_or(("", None), split_place);
            let quote = number.map_or(String::new(), |n| quote(sources, file, n));
            out.push_str(&step_line(4, &pad(stage, width), &decision, step.place.as_deref(), &quote, layout));
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
