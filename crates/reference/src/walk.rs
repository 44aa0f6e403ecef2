//! The walk of one packet: every way that it can take, each labelled sure or maybe.
//!
//! A breadth-first search over meetings of a header and an interface. Each runs the ingress program,
//! the policy route and look-up, the egress program, and what happens on the wire, and yields ends and
//! further meetings. A branch is sure if all its steps are. Entry: [`walk`], or [`Reference`] for many
//! packets.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use crate::fib::{Toward, Via};
use crate::format::{Network, Port, Stage, Tri};
use crate::outcome::{Branch, Disposition, End, Havoc, Hop, OnWire, Step, Walk};
use crate::packet::Packet;
use crate::policy;
use crate::program::{Fate, FateEnd, Program};
use crate::segment::Segments;
use crate::{FormatError, validate};

mod havoc;
mod session;
mod wire;

pub use session::Session;

/// Where a packet starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It arrives on this interface.
    Ingress(Port),
    /// A host on the segment of this interface sends it, to whomever it likes there. For a switched
    /// port: a host on its cable, with any tag.
    Segment(Port),
    /// It meets the look-up of a VRF as if it had come in by this interface, after the ingress program.
    LookUp {
        /// Interface whose context counts.
        port: Port,
        /// VRF of the look-up.
        vrf: usize,
    },
}

/// Limits and choices of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Packets met, ends found and ways waiting; beyond, the packet may be anywhere.
    pub budget: usize,
    /// Whether devices that may obey source routes send what they accept on to any destination.
    pub source_route: bool,
    /// Whether only sure ways are followed on from meeting to meeting, to show what surely happens.
    pub sure_only: bool,
    /// Whether nothing is taken for granted about routes; then no way through a device is sure.
    pub any_routing: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { budget: 20_000, source_route: false, sure_only: false, any_routing: false }
    }
}

/// Devices on one branch; a header's hop count does not allow more.
const HOPS: usize = 255;

/// All ways of a packet. A network that does not pass [`validate`] says nothing about any packet.
#[must_use]
pub fn walk(network: &Network, from: Start, packet: Packet) -> Walk {
    match Reference::new(network) {
        Ok(reference) => reference.walk(from, packet, Options::default()),
        Err(error) => {
            let end = End { device: None, out_interface: None, target: None, external: None, packet };
            let branch = Branch {
                hops: Vec::new(),
                disposition: Disposition::InsufficientInfo,
                sure: false,
                why: error.to_string(),
                wires: Vec::new(),
                havoc: Some(Havoc::default()),
                end,
            };
            Walk { branches: vec![branch], wires: Vec::new(), exhausted: true }
        }
    }
}

/// A valid network with its segments.
#[derive(Clone, Debug)]
pub struct Reference<'a> {
    network: &'a Network,
    /// Its segments.
    pub segments: Segments,
}

impl<'a> Reference<'a> {
    /// Checks a network and derives its segments.
    ///
    /// # Errors
    /// [`FormatError`] when a reference leads nowhere.
    pub fn new(network: &'a Network) -> Result<Self, FormatError> {
        validate(network)?;
        Ok(Self { network, segments: Segments::new(network) })
    }

    /// All ways of a packet.
    #[must_use]
    pub fn walk(&self, from: Start, packet: Packet, options: Options) -> Walk {
        self.walk_among(&[], from, packet, options)
    }

    /// The sessions that a packet opens on one of its ways.
    #[must_use]
    pub fn opened(&self, way: &Branch) -> Vec<Session> {
        session::opened(self.network, way)
    }

    /// All ways of a packet while devices know some sessions: what belongs to one goes its way.
    #[must_use]
    pub fn walk_among(&self, sessions: &[Session], from: Start, packet: Packet, options: Options) -> Walk {
        let walker = Walker {
            network: self.network,
            segments: &self.segments,
            sessions,
            options,
            work: VecDeque::new(),
            seen: BTreeMap::new(),
            edges: BTreeSet::new(),
            let_loose: BTreeSet::new(),
            forwarded: BTreeSet::new(),
            relayed: BTreeSet::new(),
            told: BTreeSet::new(),
            branches: Vec::new(),
            wires: BTreeSet::new(),
            met: 0,
        };
        walker.run(from, packet)
    }
}

/// What a branch has behind it.
#[derive(Clone)]
struct Trail {
    hops: Vec<Hop>,
    sure: bool,
    wires: Vec<OnWire>,
    packet: Packet,
    /// Number of the last meeting.
    last: Option<usize>,
    /// Whether the device at hand has told it as a packet of a session.
    in_session: bool,
}

impl Trail {
    fn new(packet: Packet) -> Self {
        let sure = !packet.is_martian();
        Self { hops: Vec::new(), sure, wires: Vec::new(), packet, last: None, in_session: false }
    }

    fn but(&self, sure: bool) -> Self {
        Self { sure: self.sure && sure, ..self.clone() }
    }

    fn step(&mut self, step: Step) {
        self.sure &= step.sure;
        self.hops.last_mut().into_iter().for_each(|h| h.steps.push(step.clone()));
    }
}

/// A place where a packet is met.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meeting {
    Arrival(Port),
    LookUp(Port, usize),
}

/// What was let loose already: the walk says so once.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Device(usize),
    Interface(Port),
    Tunnels(usize),
    SourceRoute(Port),
}

struct Walker<'a> {
    network: &'a Network,
    segments: &'a Segments,
    sessions: &'a [Session],
    options: Options,
    work: VecDeque<(Trail, Meeting)>,
    /// Meetings found so far: their numbers, and the ways to them (the best first).
    seen: BTreeMap<(Meeting, Packet), (usize, bool)>,
    /// Steps from meeting to meeting, and whether they were sure.
    edges: BTreeSet<(usize, usize, bool)>,
    let_loose: BTreeSet<Cause>,
    /// Known neighbours that have passed a header on.
    forwarded: BTreeSet<(usize, Packet)>,
    /// Packets that a relay has sent: the interface that heard it, the VRF, the packet.
    relayed: BTreeSet<(Port, usize, Packet)>,
    /// Interfaces by which a header has left to any neighbour.
    told: BTreeSet<(Port, Packet)>,
    branches: Vec<Branch>,
    wires: BTreeSet<OnWire>,
    /// Packets met so far.
    met: usize,
}

impl<'a> Walker<'a> {
    fn run(mut self, from: Start, packet: Packet) -> Walk {
        let trail = Trail::new(packet);
        match from {
            Start::Ingress(port) => self.follow(trail, Meeting::Arrival(port)),
            Start::LookUp { port, vrf } => self.follow(trail, Meeting::LookUp(port, vrf)),
            Start::Segment(port) => self.send(&trail, port, true),
        }
        let mut exhausted = false;
        while let Some((trail, meeting)) = self.work.pop_front() {
            self.met += 1;
            if self.is_spent() || trail.hops.len() >= HOPS {
                self.give_up(&trail);
                exhausted = true;
                break;
            }
            self.meet(trail, meeting);
        }
        self.find_loop(packet);
        // Without the ways that are not sure, no way says nothing.
        if self.branches.is_empty() && !self.options.sure_only {
            let why = "nobody on the segment takes it";
            self.end(&Trail::new(packet), Disposition::NeighborUnreachable, why, None, None);
        }
        Walk { branches: self.branches, wires: self.wires.into_iter().collect(), exhausted }
    }

    /// Takes up a way to a meeting, unless it was found already by a way that is as good.
    fn follow(&mut self, mut trail: Trail, meeting: Meeting) {
        if self.options.sure_only && !trail.sure {
            return;
        }
        let packet = trail.packet;
        let fresh = self.seen.len();
        let (at, best) = self.seen.get(&(meeting, packet)).copied().unwrap_or((fresh, false));
        if let Some(last) = trail.last {
            self.edges.insert((last, at, trail.sure));
        }
        let came = |h: &Hop| match meeting {
            Meeting::Arrival(p) => {
                (h.device, h.in_interface, h.packet_in) == (p.device, Some(p.interface), packet)
            }
            Meeting::LookUp(..) => false,
        };
        if trail.hops.iter().any(came) {
            self.end(&trail, Disposition::Loop, "the same packet came here before", None, None);
        } else if at == fresh || (trail.sure && !best) {
            self.seen.insert((meeting, packet), (at, trail.sure));
            trail.last = Some(at);
            self.work.push_back((trail, meeting));
        }
    }

    /// A loop that no single way went round, because each of its parts was found from elsewhere.
    fn find_loop(&mut self, packet: Packet) {
        if self.branches.iter().any(|b| b.disposition == Disposition::Loop) {
            return;
        }
        for sure in [true, false] {
            let mut edges: BTreeSet<(usize, usize)> =
                self.edges.iter().filter(|(.., s)| *s || !sure).map(|(a, b, _)| (*a, *b)).collect();
            let mut size = usize::MAX;
            while edges.len() < size {
                size = edges.len();
                let from: BTreeSet<_> = edges.iter().map(|(a, _)| *a).collect();
                let to: BTreeSet<_> = edges.iter().map(|(_, b)| *b).collect();
                edges.retain(|(a, b)| to.contains(a) && from.contains(b));
            }
            if !edges.is_empty() {
                let trail = Trail::new(packet).but(sure);
                return self.end(&trail, Disposition::Loop, "ways that lead into each other", None, None);
            }
        }
    }

    /// Whether what was followed, found and still waits goes beyond the budget.
    fn is_spent(&self) -> bool {
        self.met + self.branches.len() + self.work.len() > self.options.budget
    }

    fn branch(
        &mut self,
        trail: Trail,
        disposition: Disposition,
        why: &str,
        target: Option<IpAddr>,
        havoc: Option<Havoc>,
        external: Option<String>,
    ) {
        let last = trail.hops.last();
        let end = End {
            device: last.map(|h| h.device),
            out_interface: last.and_then(|h| h.out_interface),
            target,
            external,
            packet: trail.packet,
        };
        let Trail { hops, sure, wires, .. } = trail;
        self.branches.push(Branch { hops, disposition, sure, why: why.to_owned(), wires, havoc, end });
    }

    fn end(
        &mut self,
        trail: &Trail,
        disposition: Disposition,
        why: &str,
        target: Option<IpAddr>,
        external: Option<String>,
    ) {
        self.branch(trail.clone(), disposition, why, target, None, external);
    }

    fn ports_of(&self, device: usize) -> Vec<Port> {
        let n = self.network.device(device).map_or(0, |d| d.interfaces.len());
        (0..n).map(|interface| Port { device, interface }).collect()
    }

    fn meet(&mut self, mut trail: Trail, meeting: Meeting) {
        let (Meeting::Arrival(port) | Meeting::LookUp(port, _)) = meeting;
        let packet = trail.packet;
        let Some(interface) = self.network.interface(port) else {
            return self.end(
                &trail.but(false),
                Disposition::InsufficientInfo,
                "no such interface",
                None,
                None,
            );
        };
        if !trail.sure && self.seen.get(&(meeting, packet)).is_some_and(|(_, sure)| *sure) {
            return;
        }
        let arrives = matches!(meeting, Meeting::Arrival(_));
        trail.hops.push(Hop {
            device: port.device,
            in_interface: arrives.then_some(port.interface),
            out_interface: None,
            packet_in: packet,
            packet_out: packet,
            steps: Vec::new(),
        });
        self.device_poison(&trail, port.device);
        trail.sure &= !self.network.is_poisoned(port);
        let vrf = match meeting {
            Meeting::LookUp(_, vrf) => return self.look_up(trail, port, vrf, None),
            Meeting::Arrival(_) => interface.l3.as_ref().map_or(0, |l3| l3.vrf),
        };
        self.interface_poison(&trail, port);
        let accepts = if self.network.is_up(port) { self.accepts(port, &packet) } else { Tri::No };
        if accepts != Tri::Yes {
            let why = "the interface does not take this family";
            self.end(&trail.but(accepts == Tri::No), Disposition::DeniedIn, why, None, None);
            if accepts == Tri::No {
                return;
            }
            trail.sure = false;
        }
        for (session, sure) in session::told(self.sessions, port, &packet) {
            let mut trail = trail.but(sure);
            trail.in_session = session.is_some();
            let (stages, context) = self.stages(&trail, port, &interface.ingress, interface.context);
            let program = self.program(&trail, &stages, port, context);
            for fate in program.run(Packet { mark: 0, ..packet }) {
                if let Some((mut trail, policy)) = self.fate(&trail, fate, Disposition::DeniedIn) {
                    if let Some(session) = session {
                        trail.packet = session.undo(&trail.packet);
                    }
                    self.look_up(trail, port, vrf, policy);
                }
            }
        }
    }

    fn program<'s>(&'s self, trail: &Trail, stages: &'s [Stage], bound: Port, context: usize) -> Program<'s> {
        let (any_routing, in_session) = (self.options.any_routing, trail.in_session);
        Program { network: self.network, stages, bound, context, any_routing, in_session }
    }

    /// The stages that a packet meets, and the context in which: those of a session meet no translation,
    /// no filter of new packets and nothing that depends on the context.
    fn stages<'s>(
        &self,
        trail: &Trail,
        port: Port,
        stages: &'s [Stage],
        context: usize,
    ) -> (Cow<'s, [Stage]>, usize) {
        if !trail.in_session {
            return (Cow::Borrowed(stages), context);
        }
        let lists = self.network.device(port.device).map_or(&[][..], |d| d.lists.as_slice());
        let meets = |stage: &&Stage| match stage {
            Stage::Filter { list, .. } => lists.get(*list).is_none_or(|l| !l.stateful),
            Stage::Nat { .. } | Stage::When { .. } => false,
            _ => true,
        };
        (Cow::Owned(stages.iter().filter(meets).cloned().collect()), usize::MAX)
    }

    /// Takes over what a program did; `None` when it ends the branch.
    fn fate(&mut self, trail: &Trail, fate: Fate, denied: Disposition) -> Option<(Trail, Option<usize>)> {
        let mut trail = trail.but(fate.sure && !fate.packet.is_martian());
        trail.packet = fate.packet;
        if let Some(hop) = trail.hops.last_mut() {
            hop.packet_out = fate.packet;
            hop.steps.extend(fate.steps);
        }
        match fate.end {
            FateEnd::Pass(policy) => return Some((trail, policy)),
            FateEnd::Drop => self.end(&trail, denied, "", None, None),
            FateEnd::Open => {
                self.end(&trail.but(false), Disposition::InsufficientInfo, "not followed", None, None);
            }
        }
        None
    }

    fn look_up(&mut self, trail: Trail, port: Port, vrf: usize, policy: Option<usize>) {
        let packet = trail.packet;
        let Some(device) = self.network.device(port.device) else { return };
        for poisoned in self.ports_of(port.device) {
            self.interface_poison(&trail, poisoned);
        }
        let policy = policy.and_then(|p| device.policy_routes.get(p));
        let any_routing = self.options.any_routing;
        let legs = policy::route(self.network, port.device, vrf, policy, &packet, any_routing);
        let out = legs.iter().any(|(_, leg)| matches!(leg.via, Via::Out { .. }));
        let forwards = device.forwards(packet.family());
        if out && packet.is_martian() {
            let why = "source or destination is never forwarded";
            self.end(&trail.but(false), Disposition::NoRoute, why, None, None);
        }
        if out && forwards != Tri::Yes {
            let only = legs.iter().all(|(_, leg)| matches!(leg.via, Via::Out { .. }));
            let why = "the device does not forward this family";
            self.end(&trail.but(forwards == Tri::No && only), Disposition::NoRoute, why, None, None);
        }
        for (step, leg) in legs {
            if self.is_spent() {
                // The next packet met says so.
                return self.work.push_back((trail, Meeting::LookUp(port, vrf)));
            }
            let mut trail = trail.clone();
            step.into_iter().for_each(|s| trail.step(s));
            trail.step(Step {
                stage: "route".to_owned(),
                decision: self.describe(port.device, leg.via),
                place: leg.place.clone(),
                sure: leg.sure,
                why: leg.why.clone(),
                opens: Tri::No,
            });
            match leg.via {
                Via::Local => self.accept(&trail, port),
                Via::Discard => self.end(&trail, Disposition::NullRoute, &leg.why, None, None),
                Via::NoRoute => self.end(&trail, Disposition::NoRoute, &leg.why, None, None),
                Via::Out { .. } if forwards == Tri::No => {}
                Via::Out { interface, target } => {
                    let to = Port { interface, ..port };
                    self.leave(&trail.but(forwards == Tri::Yes), port, to, target);
                }
            }
        }
    }

    fn describe(&self, device: usize, via: Via) -> String {
        let name = |interface| {
            self.network.interface(Port { device, interface }).map_or("?", |i| i.name.as_str()).to_owned()
        };
        match via {
            Via::Out { interface, target: Toward::Destination } => format!("out {}", name(interface)),
            Via::Out { interface, target: Toward::Address(a) } => {
                format!("out {} to {a}", name(interface))
            }
            Via::Out { interface, target: Toward::Any } => format!("out {} to anyone", name(interface)),
            Via::Local => "local".to_owned(),
            Via::Discard => "discard".to_owned(),
            Via::NoRoute => "drop".to_owned(),
        }
    }

    /// Local delivery, and what it may let loose.
    fn accept(&mut self, trail: &Trail, port: Port) {
        self.end(trail, Disposition::Accepted, "", Some(trail.packet.dst), None);
        let mut tunnels = self.tunnels(port.device);
        tunnels.retain(|t| self.mirrors(*t).is_empty());
        if let Some(first) = tunnels.first() {
            let place =
                self.network.interface(*first).and_then(|i| i.tunnel.as_ref()).map(|t| t.place.clone());
            let havoc = Havoc { enters: tunnels, place, ..Havoc::default() };
            self.let_loose(trail, Cause::Tunnels(port.device), "tunnel end takes any inner packet", havoc);
        }
        let obeys = self.network.device(port.device).is_some_and(|d| d.source_route != Tri::No);
        if self.options.source_route && obeys {
            let havoc = Havoc { redirects: vec![port], ..Havoc::default() };
            self.let_loose(trail, Cause::SourceRoute(port), "source route", havoc);
        }
    }

    /// Egress program of an interface.
    fn leave(&mut self, trail: &Trail, from: Port, to: Port, target: Toward) {
        let (Some(entry), Some(exit)) = (self.network.interface(from), self.network.interface(to)) else {
            return;
        };
        let mut trail = trail.but(!self.network.is_poisoned(to));
        trail.hops.last_mut().into_iter().for_each(|h| h.out_interface = Some(to.interface));
        let (stages, context) = self.stages(&trail, to, &exit.egress, entry.context);
        let program = self.program(&trail, &stages, to, context);
        for mut fate in program.run(trail.packet) {
            // Nobody else sees what the device wrote on the packet.
            fate.packet.mark = 0;
            if let Some((mut trail, _)) = self.fate(&trail, fate, Disposition::DeniedOut) {
                trail.in_session = false;
                self.on_the_wire(trail, to, exit, target);
            }
        }
    }
}
