//! First-match lists of tests, resolved in every way that the input leaves open.
//!
//! Entry: [`decide_list`] for filters, [`first_match`] for anything else that is ordered.

use crate::format::{Action, List, Network, Predicate, Tri};
use crate::packet::Packet;

/// A line that decides in some resolution of the tests before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decider {
    /// Position of the line; `None` for the default.
    pub line: Option<usize>,
    /// What it does.
    pub action: Action,
    /// Where it stands.
    pub place: Option<String>,
    /// On what the outcome depends here, if on anything.
    pub why: Option<String>,
}

/// What a list does with one packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Some resolution permits.
    pub possible: bool,
    /// Every resolution permits.
    pub certain: bool,
    /// The lines that decide, one per resolution, in order. When there are several, or an action is
    /// unknown, these are the lines on which the outcome depends.
    pub deciders: Vec<Decider>,
}

impl Decision {
    /// `permit`, `deny` or `undecided`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match (self.possible, self.certain) {
            (true, true) => "permit",
            (true, false) => "undecided",
            (false, _) => "deny",
        }
    }

    /// The first line that can permit (or deny).
    #[must_use]
    pub fn decider(&self, permit: bool) -> Option<&Decider> {
        let not = if permit { Action::Deny } else { Action::Permit };
        self.deciders.iter().find(|d| d.action != not)
    }
}

/// Positions that may be the first match of an ordered table, and whether the last of them certainly
/// matches. Tests that may go either way are resolved independently of each other.
pub(crate) fn first_match<'a>(
    tests: impl Iterator<Item = Option<&'a Predicate>>,
    packet: &Packet,
) -> (Vec<usize>, bool) {
    let mut hits = Vec::new();
    for (at, test) in tests.enumerate() {
        match test.map_or(Tri::No, |t| t.test(packet)) {
            Tri::No => {}
            Tri::Unknown => hits.push(at),
            Tri::Yes => {
                hits.push(at);
                return (hits, true);
            }
        }
    }
    (hits, false)
}

/// What a list does with a packet of its family.
pub(crate) fn decide(list: &List, packet: &Packet) -> Decision {
    let (hits, closed) = first_match(list.lines.iter().map(|l| Some(&l.matches)), packet);
    let mut deciders: Vec<Decider> = Vec::new();
    for (at, line) in hits.into_iter().filter_map(|at| Some((at, list.lines.get(at)?))) {
        let open = line.matches.test(packet) == Tri::Unknown;
        let why = if open { Some(line.conditions.join(", ")) } else { None };
        deciders.push(Decider { line: Some(at), action: line.action, place: Some(line.place.clone()), why });
    }
    if !closed {
        let place = list.place.clone();
        deciders.push(Decider { line: None, action: list.default, place, why: None });
    }
    Decision {
        possible: deciders.iter().any(|d| d.action != Action::Deny),
        certain: deciders.iter().all(|d| d.action == Action::Permit),
        deciders,
    }
}

/// What a list of a device does with a packet. `None` without such a list, or when the packet is of
/// another family: the list does not see it.
#[must_use]
pub fn decide_list(network: &Network, device: usize, list: usize, packet: &Packet) -> Option<Decision> {
    let list = network.device(device)?.lists.get(list)?;
    (list.family == packet.family()).then(|| decide(list, packet))
}
