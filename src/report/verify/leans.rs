//! The routes that proven pairs lean on, as data.

use serde::Serialize;

use super::{EndsView, LocationView, PairView};
use crate::proof::{Destinations, Evidence, Leaning, Leanings};

/// What a pair leans on that is proven under the routes given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LeansView {
    /// Whether the pair is not proven without any one of them; else the search ended early, and the pair leans
    /// on some of them, or on routes that were not found if there are none.
    pub minimal: bool,
    /// Sorted.
    pub on: Vec<LeanView>,
}

/// Something that a pair leans on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LeanView {
    /// `route`: the routes to a prefix; `no-route`: that other destinations have none; `look-up`: all routes of
    /// a VRF; `source-check`, `policy-route`: the routes to which those of an interface lead.
    pub kind: &'static str,
    /// Device.
    pub device: String,
    /// VRF of a look-up.
    pub vrf: Option<String>,
    /// Interface of a source check or policy route.
    pub interface: Option<String>,
    /// Prefix of a route; `0.0.0.0/0` or `::/0` for destinations without a route.
    pub prefix: Option<String>,
    /// The lines.
    pub locations: Vec<LocationView>,
}

/// What a pair leans on, with the places as the report shows them.
pub(super) fn view(leanings: &Leanings, place: &dyn Fn(&Evidence) -> LocationView) -> LeansView {
    let lean = |leaning: &Leaning| {
        let all = |lines: &[Evidence]| lines.iter().map(place).collect();
        match leaning {
            Leaning::Look { device, vrf, destinations, lines } => {
                let (kind, prefix) = match destinations {
                    Destinations::All => ("look-up", None),
                    Destinations::Of(prefix) => ("route", Some(*prefix)),
                    Destinations::WithoutRoute(family) => {
                        ("no-route", Some(sekisho_net::Prefix::all(*family)))
                    }
                };
                LeanView {
                    kind,
                    device: device.clone(),
                    vrf: Some(vrf.clone()),
                    interface: None,
                    prefix: prefix.map(|p| p.to_string()),
                    locations: all(lines),
                }
            }
            Leaning::SourceCheck { device, interface, lines }
            | Leaning::PolicyRoute { device, interface, lines } => LeanView {
                kind: if matches!(leaning, Leaning::SourceCheck { .. }) {
                    "source-check"
                } else {
                    "policy-route"
                },
                device: device.clone(),
                vrf: None,
                interface: Some(interface.clone()),
                prefix: None,
                locations: all(lines),
            },
        }
    };
    LeansView { minimal: leanings.minimal, on: leanings.on.iter().map(lean).collect() }
}

/// The pairs that lean on the same, those with most pairs first.
#[must_use]
pub fn leaning(pairs: &[PairView]) -> Vec<(Vec<EndsView>, &LeansView)> {
    let mut out: Vec<(Vec<EndsView>, &LeansView)> = Vec::new();
    for pair in pairs {
        let Some(leans) = &pair.leans_on_routes else { continue };
        let ends = EndsView { from: pair.from.clone(), to: pair.to.clone() };
        match out.iter_mut().find(|(_, other)| *other == leans) {
            Some((all, _)) => all.push(ends),
            None => out.push((vec![ends], leans)),
        }
    }
    out.sort_by_key(|(ends, _)| std::cmp::Reverse(ends.len()));
    out
}
