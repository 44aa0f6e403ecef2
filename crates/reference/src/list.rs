//! First-match lists of tests, resolved in every way that the input leaves open.
//!
//! Entry: [`decide_list`] for filters, [`first_match`] for anything else that is ordered.

use crate::format::{Action, Line, List, Network, Predicate, Tri};
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
    /// Whether what it lets pass opens a session.
    pub opens: bool,
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

    /// Whether the packet, if it passes, opens a session: in every resolution, in some, in none.
    #[must_use]
    pub fn opens(&self) -> Tri {
        let mut passing = self.deciders.iter().filter(|d| d.action != Action::Deny).peekable();
        let some = passing.clone().any(|d| d.opens);
        let all = passing.peek().is_some() && passing.all(|d| d.opens);
        if all {
            Tri::Yes
        } else if some {
            Tri::Unknown
        } else {
            Tri::No
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

/// Whom a line matches of new packets, or of packets of sessions that the device knows.
fn matches_of(line: &Line, in_session: bool) -> &Predicate {
    line.replies.as_ref().filter(|_| in_session).unwrap_or(&line.matches)
}

/// What a list does with a packet of its family: a new one, or one of a session that the device knows.
pub(crate) fn decide(list: &List, packet: &Packet, in_session: bool) -> Decision {
    let (hits, closed) = first_match(list.lines.iter().map(|l| Some(matches_of(l, in_session))), packet);
    let mut deciders: Vec<Decider> = Vec::new();
    for (at, line) in hits.into_iter().filter_map(|at| Some((at, list.lines.get(at)?))) {
        let open = matches_of(line, in_session).test(packet) == Tri::Unknown;
        let why = if open { Some(line.conditions.join(", ")) } else { None };
        let (action, place, opens) = (line.action, Some(line.place.clone()), line.opens);
        deciders.push(Decider { line: Some(at), action, place, opens, why });
    }
    if !closed {
        let place = list.place.clone();
        let (action, opens) = (list.default, list.default_opens);
        deciders.push(Decider { line: None, action, place, opens, why: None });
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
    (list.family == packet.family()).then(|| decide(list, packet, false))
}
