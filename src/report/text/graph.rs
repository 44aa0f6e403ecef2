//! Text of `show graph`: areas with their segments, devices with their ports, cables.

use crate::report::messages::{Label, Text};
use crate::report::show::graph::{SegmentView, View};
use crate::report::style::{Layout, columns, pad, wrap};

/// The network, from the areas to the cables.
#[must_use]
pub fn render(view: &View, layout: &Layout) -> String {
    let say = |label| layout.lang.say(&Text::Label(label));
    let mut out = format!("{}\n", layout.heading(&say(Label::Zones)));
    for zone in &view.zones {
        let mut head = zone.id.clone();
        for more in [zone.name.clone(), zone.internet.map(|w| layout.lang.say(&Text::InternetBadge(w)))] {
            head.push_str(&more.map_or(String::new(), |m| format!("  {m}")));
        }
        out.push_str(&wrap("  ", &head, layout.width));
        if zone.segments.is_empty() && zone.neighbours.is_empty() {
            out.push_str(&wrap("    ", &say(Label::NoLocation), layout.width));
        }
        for &segment in &zone.segments {
            out.push_str(&wrap("    ", &segment_text(view, segment, layout), layout.width));
        }
        for neighbour in &zone.neighbours {
            let text = format!("{}  {}", neighbour.address, segment_text(view, neighbour.segment, layout));
            out.push_str(&wrap("    ", &text, layout.width));
        }
    }
    out.push_str(&format!("\n{}\n", layout.heading(&say(Label::Devices))));
    for device in &view.devices {
        out.push_str(&wrap("  ", &format!("{} ({})", device.device, device.product), layout.width));
        let width = device.ports.iter().map(|p| columns(&p.interface)).max().unwrap_or(0).min(32);
        for port in &device.ports {
            let vrf = port.vrf.as_ref().map(|v| format!("vrf {v}"));
            let to: Vec<String> = port.segments.iter().map(|s| whose(view, *s, layout)).collect();
            let to = if to.is_empty() { None } else { Some(format!("-> {}", to.join(", "))) };
            let parts = [Some(port.addresses.join(" ")), vrf, to].into_iter().flatten();
            let text: Vec<String> = parts.filter(|p| !p.is_empty()).collect();
            let text = format!("{}  {}", pad(&port.interface, width), text.join("  "));
            out.push_str(&wrap("    ", text.trim_end(), layout.width));
        }
    }
    out.push_str(&format!("\n{}\n", layout.heading(&say(Label::DeclaredLinks))));
    for link in &view.links {
        let end = |e: &crate::report::show::graph::EndView| format!("{}:{}", e.device, e.interface);
        out.push_str(&wrap("  ", &format!("{} -- {}", end(&link.a), end(&link.b)), layout.width));
    }
    out
}

fn find(view: &View, number: u32) -> Option<&SegmentView> {
    view.segments.iter().find(|s| s.segment == number)
}

/// A segment with its number, prefixes and VLANs.
fn segment_text(view: &View, number: u32, layout: &Layout) -> String {
    let mut parts = vec![format!("{} {number}", layout.lang.say(&Text::Label(Label::Segment)))];
    if let Some(segment) = find(view, number) {
        parts.extend(Some(segment.prefixes.join(", ")).filter(|p| !p.is_empty()));
        let vlans: Vec<String> = segment.vlans.iter().map(u16::to_string).collect();
        parts.extend(Some(vlans.join(", ")).filter(|v| !v.is_empty()).map(|v| format!("VLAN {v}")));
    }
    parts.join("  ")
}

/// The areas of a segment, else the segment itself.
fn whose(view: &View, number: u32, layout: &Layout) -> String {
    let zones: Vec<&str> =
        view.zones.iter().filter(|z| z.segments.contains(&number)).map(|z| z.id.as_str()).collect();
    if zones.is_empty() {
        return format!("{} {number}", layout.lang.say(&Text::Label(Label::Segment)));
    }
    zones.join(", ")
}
