//! Words about chains of sessions and gateways.

use crate::proof::relay::{Chain, Hop, RelayFinding};
use crate::report::messages::RelayText;
use crate::report::verify::{ChainView, Word};

/// The message.
pub(super) fn say(text: RelayText<'_>) -> String {
    match text {
        RelayText::Chains => "Chains of sessions".to_owned(),
        RelayText::Counts { pairs: 0, .. } => {
            "Proven is direct: no packet crosses. No two zones are joined by chains of sessions only."
                .to_owned()
        }
        RelayText::Counts { pairs, certain } => format!(
            "Proven is direct: no packet crosses. Where hosts on the way open sessions of their own, chains join {} \
             more {} of zones and lines, {certain} of them for certain:",
            pairs,
            if pairs == 1 { "pair" } else { "pairs" }
        ),
        RelayText::Chain(chain) => self::chain(chain),
        RelayText::NotFollowed => {
            "sessions that devices of the snapshot open themselves (names, proxies, VPN portals)".to_owned()
        }
        RelayText::NotFollowedLabel => "not followed".to_owned(),
        RelayText::Gateways => "Gateways: does every chain pass?".to_owned(),
        RelayText::Passed(Word::Proven) => "every chain passes".to_owned(),
        RelayText::Passed(Word::Undecided) => "may be passed by".to_owned(),
        RelayText::Passed(Word::Violated) => "PASSED BY".to_owned(),
        RelayText::Beside(names) => format!("or {}", names.join(", ")),
    }
}

/// A chain on one line.
fn chain(chain: &ChainView) -> String {
    let mut out = chain.from.clone();
    for hop in &chain.hops {
        let host =
            hop.host.as_ref().filter(|h| hop.gateway.as_ref() != Some(*h)).map(|h| format!("host {h}"));
        let by = hop.flow.clone().or(host).unwrap_or_else(|| self::by(hop.by).to_owned());
        let gateway = hop.gateway.as_ref().map_or(String::new(), |g| format!(", gateway {g}"));
        out.push_str(&format!(" -[{by}{gateway}]-> {}", hop.to));
    }
    let word = if chain.exists { "exists" } else { "may exist" };
    format!("{out}: {word}")
}

fn by(word: &str) -> &str {
    match word {
        "open" => "found open",
        "helper" => "a helper",
        "undecided" => "not decided",
        "outside" => "other networks",
        "host" => "through the machine",
        other => other,
    }
}

/// What was found.
pub(super) fn finding(found: &RelayFinding, from: &str, to: &str) -> String {
    match found {
        RelayFinding::Chain { targets, shortest } => {
            let zones = if *targets == 1 { "1 other" } else { &format!("{targets} others") };
            format!(
                "chains of sessions {} from `{from}` to {zones} without a permission between them; the shortest ends \
                 at `{to}`: {}",
                verb(shortest),
                way(shortest)
            )
        }
        RelayFinding::Internet { chain, inward: false } => {
            format!("chains of sessions {} from `{from}` to the Internet: {}", verb(chain), way(chain))
        }
        RelayFinding::Internet { chain, .. } => {
            format!("chains of sessions {} from the Internet to `{to}`: {}", verb(chain), way(chain))
        }
        RelayFinding::Bypassed { gateways, chain } => {
            let names: Vec<String> = gateways.iter().map(|g| format!("`{g}`")).collect();
            let verb = if chain.sure { "goes" } else { "may go" };
            format!(
                "from `{from}` to `{to}` a chain {verb} around the gateway {}: {}",
                names.join(", "),
                way(chain)
            )
        }
        RelayFinding::SharesSegment { gateway } => {
            format!(
                "gateway `{gateway}` is only an address: others are on its segment or in its zone and could use it"
            )
        }
    }
}

fn verb(chain: &Chain) -> &'static str {
    if chain.sure { "lead" } else { "may lead" }
}

/// The entries along a chain.
fn way(chain: &Chain) -> String {
    let host = |h: &Hop| h.host.as_ref().map(|h| format!("host {h}"));
    let steps =
        chain.hops.iter().map(|h| h.flow.clone().or_else(|| host(h)).unwrap_or_else(|| by(h.by).to_owned()));
    steps.collect::<Vec<_>>().join(", ")
}
