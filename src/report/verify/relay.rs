//! Chains of sessions and gateways, as data.

use serde::Serialize;

use super::Word;
use super::build::Parts;
use crate::graph::location::{DomainId, DomainKind};
use crate::policy::InternetRule;
use crate::proof::relay::{Chain, Waypoint};
use crate::report::messages::{Lang, RelayText, Text};

/// Chains of sessions.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RelaysView {
    /// Ordered pairs of domains that chains alone join; each pair has its shortest chain.
    pub pairs: usize,
    /// How many of them by a chain that exists.
    pub certain: usize,
    /// The shortest chains of zones that do not allow the Internet to it, and from there.
    pub internet: Vec<ChainView>,
    /// What opens sessions and is not followed.
    pub not_followed: Vec<String>,
}

/// A chain of sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChainView {
    /// Where it begins: a domain, or `internet`.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// Whether every hop can surely be taken; else the chain may exist.
    pub exists: bool,
    /// Sessions in order.
    pub hops: Vec<SessionView>,
}

/// One session of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SessionView {
    /// Where it ends.
    pub to: String,
    /// `flow` (of the whitelist), `open` (found beside it), `helper`, `undecided`, `outside` (networks of
    /// others: the Internet, or externals that are one network), or `host` (a machine with legs in both).
    pub by: &'static str,
    /// The whitelist entry.
    pub flow: Option<String>,
    /// The machine with legs in both.
    pub host: Option<String>,
    /// The gateway at which it begins or ends.
    pub gateway: Option<String>,
    /// Whether it can surely be taken.
    pub certain: bool,
}

/// A gateway in one direction.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WaypointView {
    /// The gateway.
    pub gateway: String,
    /// The side that begins.
    pub from: String,
    /// The other side.
    pub to: String,
    /// Gateways by which chains go as well.
    pub beside: Vec<String>,
    /// Whether every chain from the one side to the other passes the gateway or one of those beside it.
    pub verdict: Word,
    /// A chain that goes around all of them.
    pub around: Option<ChainView>,
    /// Assumptions of a proof, by id.
    pub assumptions: Vec<String>,
}

/// The view of all chains.
pub(super) fn relays(parts: &Parts<'_>, lang: Lang) -> RelaysView {
    let relays = &parts.report.relays;
    let (pairs, certain) = relays.joined(parts.domains);
    let forbidden = parts.domains.ids().filter(|id| match parts.domains.get(*id).map(|d| d.kind) {
        Some(DomainKind::Zone(zone)) => {
            parts.policy.zones.get(zone).is_some_and(|z| z.internet != InternetRule::Allowed)
        }
        _ => false,
    });
    let internet = DomainId(parts.domains.list.len());
    let ends = forbidden.flat_map(|id| [(id, None), (internet, Some(id))]);
    let internet = ends.filter_map(|ends| relays.chain(parts.domains, parts.policy, ends)).map(|c| chain(&c));
    let not_followed = vec![lang.say(&Text::Relay(RelayText::NotFollowed))];
    RelaysView { pairs, certain, internet: internet.collect(), not_followed }
}

/// The chain of a pair.
pub(super) fn of_pair(parts: &Parts<'_>, from: DomainId, to: DomainId) -> Option<ChainView> {
    parts.report.relays.chain(parts.domains, parts.policy, (from, Some(to))).map(|c| chain(&c))
}

/// The view of a gateway.
pub(super) fn waypoint(of: &Waypoint) -> WaypointView {
    WaypointView {
        gateway: of.gateway.clone(),
        from: of.from.clone(),
        to: of.to.clone(),
        beside: of.beside.clone(),
        verdict: of.verdict.into(),
        around: of.around.as_ref().map(chain),
        assumptions: of.assumptions.clone(),
    }
}

fn chain(chain: &Chain) -> ChainView {
    ChainView {
        from: chain.hops.first().map_or(String::new(), |h| h.from.clone()),
        to: chain.hops.last().map_or(String::new(), |h| h.to.clone()),
        exists: chain.sure,
        hops: chain
            .hops
            .iter()
            .map(|h| SessionView {
                to: h.to.clone(),
                by: h.by,
                flow: h.flow.clone(),
                host: h.host.clone(),
                gateway: h.gateway.clone(),
                certain: h.sure,
            })
            .collect(),
    }
}
