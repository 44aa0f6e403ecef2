//! Text of `routes` and `show`.

use sekisho_diag::SourceMap;
use sekisho_model::Coverage;

use crate::report::filter::FilterView;
use crate::report::messages::{Label, Text};
use crate::report::routes::RouteView;
use crate::report::secret;
use crate::report::show::{coverage, links, model, zones};
use crate::report::style::{Layout, columns, wrap};
use crate::report::table;
use crate::report::verify::{CoverageView, Word};

/// The routes as a table.
#[must_use]
pub fn routes(routes: &[RouteView], layout: &Layout) -> String {
    let say = |label| layout.lang.say(&Text::Label(label));
    let header =
        [Label::Device, Label::Vrf, Label::Prefix, Label::Protocol, Label::NextHop, Label::Interface]
            .map(say);
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = routes
        .iter()
        .map(|r| {
            let (ip, interface) = (dash(&r.next_hop_ip), dash(&r.next_hop_interface));
            vec![r.device.clone(), r.vrf.clone(), r.prefix.clone(), r.protocol.clone(), ip, interface]
        })
        .collect();
    table::render(&header, &rows, 0)
}

/// The answer of `filter`; `head` is the packet on one line.
#[must_use]
pub fn filter(head: &str, view: &FilterView, sources: &SourceMap, layout: &Layout) -> String {
    let (label, verdict) = match view.decision {
        "permit" => (Label::Permit, Word::Proven),
        "deny" => (Label::Deny, Word::Violated),
        _ => (Label::Undecided, Word::Undecided),
    };
    let word = layout.lang.say(&Text::Label(label));
    let mut out = wrap("", head, layout.width);
    let mut lines: Vec<String> = Vec::new();
    if let (Some(file), Some(line)) = (&view.file, view.line) {
        let source = sources.iter().find(|(_, f)| f.path() == file).map(|(_, f)| f);
        let text = source.map_or("", |s| s.line_text(u32::try_from(line).unwrap_or(u32::MAX))).trim();
        let text = if secret::may_hold(text) { "" } else { text };
        lines.push(format!("{file}:{line}  {text}"));
    }
    lines.extend(view.note.as_deref().map(|note| layout.lang.say(&Text::StepWhy(note))));
    let indent = " ".repeat(columns(&word) + 2);
    for (at, text) in lines.iter().enumerate() {
        let wrapped = wrap(&indent, text, layout.width);
        match wrapped.strip_prefix(&indent).filter(|_| at == 0) {
            Some(rest) => out.push_str(&format!("{}  {rest}", layout.verdict(verdict, &word))),
            None => out.push_str(&wrapped),
        }
    }
    if lines.is_empty() {
        out.push_str(&format!("{}\n", layout.verdict(verdict, &word)));
    }
    out
}

/// Lines by file and state, and the lines that were asked for.
#[must_use]
pub fn coverage(view: &coverage::View, layout: &Layout) -> String {
    let say = |label| layout.lang.say(&Text::Label(label));
    let numbers = |c: &CoverageView| [c.modeled, c.ignored, c.approximated, c.unsupported, c.unrecognized];
    let row = |name: &str, c: &CoverageView| {
        std::iter::once(name.to_owned()).chain(numbers(c).map(|n| n.to_string())).collect::<Vec<_>>()
    };
    let mut rows: Vec<Vec<String>> = view.files.iter().map(|f| row(&f.file, &f.coverage)).collect();
    rows.push(row(&say(Label::Total), &view.total));
    let head = say(Label::File);
    let states = Coverage::ALL.map(Coverage::word);
    let header: Vec<&str> = std::iter::once(head.as_str()).chain(states).collect();
    let mut out = table::render(&header, &rows, 0);
    if !view.lines.is_empty() {
        out.push('\n');
    }
    for line in &view.lines {
        let scope = line.scope.as_ref().map_or(String::new(), |s| format!("  ({s})"));
        let text = line.text.as_deref().unwrap_or("…");
        out.push_str(&format!("{}:{}: {text}{}\n", line.file, line.line, layout.dim(&scope)));
    }
    out
}

/// Zones with their locations.
#[must_use]
pub fn zones(view: &zones::View, layout: &Layout) -> String {
    let say = |label| layout.lang.say(&Text::Label(label));
    let mut out = String::new();
    for zone in &view.zones {
        out.push_str(&format!("{} ({})\n", layout.heading(&zone.id), zone.kind));
        let rows: Vec<Vec<String>> = zone
            .locations
            .iter()
            .map(|l| {
                let hop = l.next_hop.as_ref().map_or(String::new(), |a| format!(" -> {a}"));
                let place = l.file.as_ref().zip(l.line).map_or(String::new(), |(f, n)| format!("{f}:{n}"));
                let interface = l.interface.clone().unwrap_or_else(|| "-".to_owned());
                vec![
                    format!("{interface}{hop}"),
                    format!("{} {}", say(Label::Segment), l.segment),
                    l.why.clone(),
                    place,
                ]
            })
            .collect();
        if rows.is_empty() {
            out.push_str(&format!("  {}\n", say(Label::NoLocation)));
        }
        out.push_str(&table::render(&["", "", "", ""], &rows, 2));
        for broken in &zone.broken {
            out.push_str(&wrap("  ! ", broken, layout.width));
        }
        if !zone.unlocated.is_empty() {
            let shown: Vec<&str> = zone.unlocated.iter().take(8).map(String::as_str).collect();
            let text = format!("{}: {}", say(Label::NoLocation), shown.join(", "));
            out.push_str(&wrap("  ", &text, layout.width));
        }
    }
    out
}

/// Cables and segments.
#[must_use]
pub fn links(view: &links::View, layout: &Layout) -> String {
    let say = |label| layout.lang.say(&Text::Label(label));
    let mut out = format!("{}\n", layout.heading(&say(Label::DeclaredLinks)));
    for link in &view.links {
        out.push_str(&format!("  {} -- {}\n", link.a, link.b));
    }
    out.push_str(&format!("\n{}\n", layout.heading(&say(Label::Segments))));
    for segment in &view.segments {
        let mut text = segment.interfaces.join(", ");
        for (mark, list) in [("vlan ", &segment.vlans), ("", &segment.ports)] {
            if !list.is_empty() {
                text.push_str(&format!("; {mark}{}", list.join(", ")));
            }
        }
        let text = text.trim_start_matches("; ");
        let text = if segment.prefixes.is_empty() {
            text.to_owned()
        } else {
            format!("{}: {text}", segment.prefixes.join(", "))
        };
        out.push_str(&wrap(&format!("  {:>3}  ", segment.segment), &text, layout.width));
        for join in &segment.doubtful {
            let text = format!("{}: {} ({})", say(Label::Maybe), join.why, join.places.join(", "));
            out.push_str(&wrap("         ? ", &text, layout.width));
        }
    }
    for tag in &view.double_tags {
        out.push_str(&format!("  {} -> {} ({})\n", tag.from, tag.to, tag.trunk));
    }
    out
}

/// Devices as they were understood.
#[must_use]
pub fn model(view: &model::View, layout: &Layout) -> String {
    let mut out = String::new();
    for device in &view.devices {
        let title = format!("{} ({}): {}", device.device, device.product, device.files.join(", "));
        out.push_str(&format!("{}\n", layout.heading(&title)));
        let rows: Vec<Vec<String>> = device
            .interfaces
            .iter()
            .map(|i| {
                let up = if i.up { "up" } else { "down" };
                let mut what = vec![];
                what.extend(i.vlans.as_ref().map(|v| format!("vlan {v}")));
                what.extend(i.ingress.iter().map(|s| format!("in: {s}")));
                what.extend(i.egress.iter().map(|s| format!("out: {s}")));
                vec![
                    i.interface.clone(),
                    up.to_owned(),
                    i.vrf.clone().unwrap_or_default(),
                    i.addresses.join(" "),
                    what.join("; "),
                ]
            })
            .collect();
        out.push_str(&table::render(&["", "", "", "", ""], &rows, 2));
        for vrf in &device.vrfs {
            for route in &vrf.routes {
                out.push_str(&format!("  route {}: {route}\n", vrf.vrf));
            }
            if vrf.table_rows > 0 {
                out.push_str(&format!("  table {}: {} rows\n", vrf.vrf, vrf.table_rows));
            }
            for place in &vrf.unknown_routes {
                out.push_str(&format!("  unknown routes {}: {place}\n", vrf.vrf));
            }
        }
        for list in &device.lists {
            out.push_str(&format!(
                "  list {} ({}): {} lines, then {}\n",
                list.list, list.family, list.lines, list.default
            ));
        }
        for nat in &device.nat {
            out.push_str(&format!("  nat {}: {} rules\n", nat.table, nat.rules));
        }
        for text in &device.assumptions {
            out.push_str(&wrap("  assumed ", text, layout.width));
        }
        for text in &device.unknown {
            out.push_str(&wrap("  unknown ", text, layout.width));
        }
    }
    out
}
