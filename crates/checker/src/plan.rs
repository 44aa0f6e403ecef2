//! The places where a packet can be, and the steps between them, derived from the network and the policy.
//!
//! A step is named with how it changes a set of headers. Everything is read as *may*: a step is here if it
//! can be taken in some world. The rules are those of `docs/semantics.md`. Entry: [`Plan::new`].

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use sekisho_plain::Family;
use sekisho_plain::fib::Toward;
use sekisho_plain::format::{List, Nat, Network, Port};

use crate::block::{Block, DST};
use crate::certificate::{Policy, Routing};
use crate::domain::{Domain, Domains};
use crate::steps::having;

/// A place where a packet can be. Segments are numbered in the order of their smallest attachment point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the hands of a host on a segment.
    Host(usize),
    /// On a segment, for whoever takes it.
    Flood(usize),
    /// Seen on the wire of a segment.
    Wire(usize),
    /// On a segment with many interfaces, for whoever answers for an address that nobody surely owns.
    Proxy(usize),
    /// Handed to a neighbour on a segment that the policy does not name.
    Handed(usize),
    /// Handed to the neighbour with this address, which the policy names.
    Neighbour(usize, IpAddr),
    /// In the hands of whoever is plugged into an open port that carries several VLANs.
    Plugged(usize),
    /// Held by a known neighbour that may forward.
    Grey(usize),
    /// In an ingress interface, before a stage of its program.
    Ingress(Port, usize),
    /// In an ingress interface, of a packet that a helper lets pass, before a stage of its program.
    Told(Port, usize),
    /// The same behind the program, as the helper lets it go on.
    Known(Port),
    /// Before the policy route of an ingress interface.
    Steer(Port),
    /// Before the look-up of a VRF: device, VRF, context.
    Look(usize, usize, usize),
    /// In an egress interface, before a stage of its program: interface, context, for whom, stage.
    Egress(Port, usize, Toward, usize),
    /// Put on the segment of an interface, for somebody.
    Sent(Port, Toward),
    /// Made by a device of a broadcast that it heard: device, number of the relay.
    Relayed(usize, usize),
    /// Delivered to a device: device, VRF, context.
    Local(usize, usize, usize),
    /// Somewhere in a device with an unread line.
    PoisonedDevice(usize),
    /// Somewhere about an interface with an unread line.
    PoisonedPort(Port),
    /// In a device that may be attached where nothing shows it.
    Lost(usize),
}

/// What a step does to a set of headers.
#[derive(Clone, Debug)]
pub enum Change<'n> {
    /// Nothing.
    Pass,
    /// Only headers in one of the blocks go on.
    Within(Vec<Block>),
    /// Only headers in one of the blocks and in none of the others go on.
    Select(Vec<Block>, Vec<Block>),
    /// What a first-match list may permit goes on.
    Filter(&'n List),
    /// The first rule that matches translates.
    Translate(&'n Nat),
    /// One field takes any value of a range.
    Assign(usize, (u128, u128)),
    /// Whatever the header was, any header may come out.
    Anything,
    /// If a header lies in one of the first blocks, the second ones come out.
    Make(Vec<Block>, Vec<Block>),
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step<'n> {
    /// Where it starts, by position in [`Plan::places`].
    pub from: usize,
    /// Where it leads. Only [`Change::Anything`] leads into the other family.
    pub to: usize,
    /// What it does.
    pub change: Change<'n>,
}

/// Places, steps, and who is where.
pub struct Plan<'n> {
    /// Every place that some step leads to or from.
    pub places: Vec<(Family, Place)>,
    /// Every step.
    pub steps: Vec<Step<'n>>,
    /// Zones, externals, and what nobody declared.
    pub domains: Domains,
    /// Whether some up port has neither a declared cable nor lies only on segments that the policy names.
    pub inferred_cabling: bool,
    index: BTreeMap<(Family, Place), usize>,
}

impl<'n> Plan<'n> {
    pub(crate) fn from_parts(
        places: Vec<(Family, Place)>,
        steps: Vec<Step<'n>>,
        domains: Domains,
        inferred_cabling: bool,
        index: BTreeMap<(Family, Place), usize>,
    ) -> Self {
        Self { places, steps, domains, inferred_cabling, index }
    }

    /// Derives everything from the network and the policy.
    ///
    /// The network must have passed `sekisho_plain::validate`, the references of the policy the same.
    #[must_use]
    pub fn new(network: &'n Network, policy: &Policy, routing: Routing, source_routes: bool) -> Self {
        crate::steps::build(network, policy, routing, source_routes)
    }

    /// The position of a place, if some step leads to or from it.
    #[must_use]
    pub fn find(&self, family: Family, place: Place) -> Option<usize> {
        self.index.get(&(family, place)).copied()
    }

    /// The name of a place in a certificate.
    #[must_use]
    pub fn name(&self, at: usize) -> String {
        self.places.get(at).map_or_else(String::new, |(family, place)| name(*family, *place))
    }

    /// Where a domain sends from: any header whose source was not translated.
    #[must_use]
    pub fn sources(&self, domain: &Domain) -> Vec<usize> {
        let hosts = domain.locations.iter().map(|l| Place::Host(l.segment));
        let all = hosts.flat_map(|p| [(Family::Ipv4, p), (Family::Ipv6, p)]);
        all.filter_map(|(f, p)| self.find(f, p)).collect()
    }

    /// Where packets count as having arrived at a domain, and which of them do.
    #[must_use]
    pub fn sinks(&self, domain: &Domain) -> Vec<(usize, Vec<Block>)> {
        let mut out = BTreeMap::new();
        let mut add = |family, place, ranges: Option<&[(u128, u128)]>| {
            let blocks = ranges.map_or_else(|| vec![Block::full(family)], |r| having(family, DST, r));
            if let Some(at) = self.find(family, place) {
                out.entry(at).or_insert_with(Vec::new).extend(blocks);
            }
        };
        for family in [Family::Ipv4, Family::Ipv6] {
            for location in &domain.locations {
                let segment = location.segment;
                match location.next_hop {
                    Some(addr) if Family::of(addr) == family => {
                        add(family, Place::Neighbour(segment, addr), None);
                    }
                    // The neighbour may speak this family as well, by an address that nobody names.
                    Some(_) if !domain.has_neighbour(segment, family) => {
                        add(family, Place::Handed(segment), None)
                    }
                    Some(_) => {}
                    None if location.others_only => {
                        add(family, Place::Handed(segment), None);
                        for addr in self.neighbours(family, segment) {
                            if !self.domains.named.contains(&(segment, addr)) {
                                add(family, Place::Neighbour(segment, addr), None);
                            }
                        }
                    }
                    None => add(family, Place::Wire(segment), None),
                }
            }
            if let Some(ranges) = domain.unlocated.get(&family) {
                for &(f, place) in &self.places {
                    if f == family && matches!(place, Place::Handed(_) | Place::Neighbour(..)) {
                        add(family, place, Some(ranges));
                    }
                }
            }
        }
        out.into_iter().collect()
    }

    /// The neighbours with a place of their own on a segment.
    fn neighbours(&self, family: Family, segment: usize) -> Vec<IpAddr> {
        let ends = [0, family.max()].map(|n| (family, Place::Neighbour(segment, family.address(n))));
        let [first, last] = ends;
        let all = self.index.range(first..=last);
        all.filter_map(
            |((_, place), _)| if let Place::Neighbour(_, addr) = place { Some(*addr) } else { None },
        )
        .collect()
    }
}

/// The name of a place in a certificate: `4` or `6`, a word, numbers.
#[must_use]
pub fn name(family: Family, place: Place) -> String {
    let family = if family == Family::Ipv4 { 4 } else { 6 };
    format!("{family} {place}")
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let toward = |t: &Toward| match t {
            Toward::Destination => "dst".to_owned(),
            Toward::Any => "any".to_owned(),
            Toward::Address(addr) => addr.to_string(),
        };
        match self {
            Self::Host(s) => write!(f, "host {s}"),
            Self::Flood(s) => write!(f, "flood {s}"),
            Self::Proxy(s) => write!(f, "proxy {s}"),
            Self::Wire(s) => write!(f, "wire {s}"),
            Self::Handed(s) => write!(f, "handed {s}"),
            Self::Neighbour(s, addr) => write!(f, "neighbour {s} {addr}"),
            Self::Plugged(n) => write!(f, "plugged {n}"),
            Self::Grey(n) => write!(f, "grey {n}"),
            Self::Ingress(p, n) => write!(f, "ingress {} {} {n}", p.device, p.interface),
            Self::Told(p, n) => write!(f, "told {} {} {n}", p.device, p.interface),
            Self::Known(p) => write!(f, "known {} {}", p.device, p.interface),
            Self::Steer(p) => write!(f, "steer {} {}", p.device, p.interface),
            Self::Look(d, v, c) => write!(f, "look {d} {v} {c}"),
            Self::Egress(p, c, t, n) => {
                write!(f, "egress {} {} {c} {} {n}", p.device, p.interface, toward(t))
            }
            Self::Sent(p, t) => write!(f, "sent {} {} {}", p.device, p.interface, toward(t)),
            Self::Relayed(d, n) => write!(f, "relayed {d} {n}"),
            Self::Local(d, v, c) => write!(f, "local {d} {v} {c}"),
            Self::PoisonedDevice(d) => write!(f, "poisoned-device {d}"),
            Self::PoisonedPort(p) => write!(f, "poisoned-port {} {}", p.device, p.interface),
            Self::Lost(d) => write!(f, "lost {d}"),
        }
    }
}
