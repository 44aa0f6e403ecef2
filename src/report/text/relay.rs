//! Chains of sessions and gateways, short.

use super::heading;
use crate::report::messages::{RelayText, Text};
use crate::report::style::{Layout, wrap};
use crate::report::verify::{ChainView, VerifyView};

/// Chains that are shown.
const CHAINS: usize = 5;
/// Gateways and directions that are shown.
const GATEWAYS: usize = 20;

/// Both sections; nothing where no session leads on.
pub(super) fn render(view: &VerifyView, layout: &Layout, out: &mut String) {
    let say = |text: RelayText<'_>| layout.lang.say(&Text::Relay(text));
    if !view.waypoints.is_empty() {
        heading(layout, Text::Relay(RelayText::Gateways), out);
        for waypoint in view.waypoints.iter().take(GATEWAYS) {
            let mut text = format!("{}: {}", waypoint.to, say(RelayText::Passed(waypoint.verdict)));
            if !waypoint.beside.is_empty() {
                text = format!("{text} ({})", say(RelayText::Beside(&waypoint.beside)));
            }
            let head = format!("  {}: {} -> ", waypoint.gateway, waypoint.from);
            out.push_str(&wrap("  ", &format!("{}{text}", head.trim_start()), layout.width));
        }
        more(view.waypoints.len(), GATEWAYS, layout, out);
    }
    let mut chains: Vec<&ChainView> = view.relays.internet.iter().collect();
    let domain = |id: &str| view.domains.iter().any(|d| d.id == id && matches!(d.kind, "zone" | "external"));
    chains.extend(
        view.pairs.iter().filter_map(|p| p.chain.as_ref()).filter(|c| domain(&c.from) && domain(&c.to)),
    );
    if chains.is_empty() && view.relays.pairs == 0 {
        return;
    }
    heading(layout, Text::Relay(RelayText::Chains), out);
    let counts = RelayText::Counts { pairs: view.relays.pairs, certain: view.relays.certain };
    out.push_str(&wrap("  ", &say(counts), layout.width));
    // Those that exist first, of these those of the Internet, and of these the shortest.
    let is_internet = |c: &ChainView| c.from == "internet" || c.to == "internet";
    chains.sort_by_key(|c| (!c.exists, !is_internet(c), c.hops.len()));
    for chain in chains.iter().take(CHAINS) {
        out.push_str(&wrap("    ", &say(RelayText::Chain(chain)), layout.width));
    }
    more(chains.len(), CHAINS, layout, out);
    let label = say(RelayText::NotFollowedLabel);
    out.push_str(&wrap("  ", &format!("{label}: {}", view.relays.not_followed.join("; ")), layout.width));
}

fn more(all: usize, shown: usize, layout: &Layout, out: &mut String) {
    if all > shown {
        out.push_str(&wrap("    ", &layout.lang.say(&Text::More(all - shown)), layout.width));
    }
}
