//! The symbolic engine and the reference semantics, on random small networks, packet by packet.
//!
//! For every drawn network and every interface, the engine computes what any packet arriving there may and
//! surely does reach. Then sampled packets are walked by `sekisho-checker`:
//! - wherever the walk puts a packet on a wire, the engine's *may* set must hold it;
//! - where nothing was drawn that the engine widens on purpose, a packet's own reach is the same in both;
//! - the same twice: under the routes given, and under any routes;
//! - and for packets of a session that a device is told to know, translated or not;
//! - packets picked from the engine's *sure* sets, followed back to the start, must have a sure walk.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of a test fail loudly")]

#[path = "agreement/network.rs"]
mod network;
#[path = "agreement/replies.rs"]
mod replies;
#[path = "agreement/sessions.rs"]
mod sessions;

use std::collections::{BTreeMap, BTreeSet};

use network::{Drawn, Rng, Seen, draw, packet};
use sekisho::graph::location::{Context, Domains};
use sekisho::graph::transfer::{Pair, Reading};
use sekisho::graph::{Graph, Input, Node, Sets};
use sekisho::policy::Policy;
use sekisho::proof::{export, from_plain, to_plain};
use sekisho::routing::Routing;
use sekisho::search::{Order, Reach, forward_reach};
use sekisho::topology::{PortRef, SegmentId, Topology};
use sekisho_header_space::Set;
use sekisho_model::InterfaceId;
use sekisho_net::{Family, Field};
use sekisho_reference::format::Port;
use sekisho_reference::{Disposition, Options, Reference, Start, Walk};

/// Packets that must be compared in one run; `SEKISHO_PACKETS` says how many, `SEKISHO_SEED` from which network on.
const PACKETS: usize = 100_000;
/// What must have been drawn at least once.
const MUST_OCCUR: [&str; 25] = [
    "nat",
    "pool",
    "shift",
    "network that moves",
    "port forwarding",
    "mark",
    "leak",
    "zone gate",
    "stateful list",
    "relay",
    "tunnel",
    "paired tunnels",
    "cluster",
    "virtual systems",
    "vrf",
    "secondary",
    "trunk",
    "ecmp",
    "unknown line",
    "policy route",
    "static nat",
    "later fragment",
    "ipv6",
    "poison",
    "shared address",
];

struct Engine<'a> {
    drawn: &'a Drawn,
    topology: &'a Topology,
    graph: Graph,
    order: Order,
    routing: Routing,
}

#[test]
fn engine_and_reference_agree() {
    let mut seen = Seen::new();
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let wanted = std::env::var("SEKISHO_PACKETS").map_or(PACKETS, |n| n.parse().unwrap());
    let mut compared = 0;
    let mut seed = std::env::var("SEKISHO_SEED").map_or(1, |n| n.parse().unwrap());
    while compared < wanted {
        let mut rng = Rng(seed);
        let drawn = draw(&mut rng, &mut seen);
        compared += compare(seed, &drawn, &mut rng, &mut seen, &mut counts);
        seed += 1;
    }
    println!("networks up to {}, {compared} packets", seed - 1);
    println!("drawn: {seen:?}");
    println!("checked: {counts:?}");
    let failures = FAILURES.lock().unwrap();
    assert!(failures.is_empty(), "the engine and the reference disagree:\n\n{}", failures.join("\n\n"));
    for what in MUST_OCCUR {
        assert!(seen.get(what).is_some_and(|n| *n > 0), "no network with `{what}` was drawn");
    }
    for what in ["wire", "same reach", "sure", "havoc", "session", "any wire", "any same reach", "any havoc"]
    {
        assert!(counts.get(what).is_some_and(|n| *n > 0), "`{what}` was never checked");
    }
}

fn compare(
    seed: u64,
    drawn: &Drawn,
    rng: &mut Rng,
    seen: &mut Seen,
    counts: &mut BTreeMap<&'static str, usize>,
) -> usize {
    let policy = Policy::default();
    let topology = Topology::build(&drawn.devices, &drawn.links, &BTreeSet::new());
    let fibs = sekisho::analysis::tables(&drawn.devices);
    let context = Context { devices: &drawn.devices, topology: &topology, fibs: &fibs, policy: &policy };
    let domains = Domains::build(&context);
    let mut sets = Sets::new(1 << 22);
    let input = Input {
        devices: &drawn.devices,
        topology: &topology,
        fibs: &fibs,
        domains: &domains,
        policy: &policy,
    };
    let (given, any) = Graph::build_both(&input, &mut sets).unwrap();
    sets.freeze();
    let links: Vec<export::PortLink> = drawn
        .links
        .iter()
        .map(|l| export::PortLink { a: (l.a.device, l.a.interface), b: (l.b.device, l.b.interface) })
        .collect();
    let plain = export::network(&drawn.devices, &drawn.sources, &links, &[]);
    let reference = Reference::new(&plain).unwrap();
    let mut compared = 0;
    for (routing, graph) in [(Routing::Given, given), (Routing::Any, any)] {
        let order = Order::of(&graph);
        let engine = Engine { drawn, topology: &topology, graph, order, routing };
        compared += engine.compare(&reference, seed, &mut sets, rng, seen, counts);
    }
    compared
}

/// Disagreements so far; a run shows the first few together.
static FAILURES: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());

fn check(good: bool, text: impl FnOnce() -> String) {
    if good {
        return;
    }
    let mut failures = FAILURES.lock().unwrap();
    let mut text = text();
    text.truncate(1_500);
    let seed = text.split(',').next().unwrap_or_default().to_owned();
    if failures.iter().filter(|f| f.starts_with(&seed)).count() < 2 {
        failures.push(text);
    }
    assert!(failures.len() < 12, "the engine and the reference disagree:\n\n{}", failures.join("\n\n"));
}

/// A branch in a few lines.
fn way(branch: &sekisho_reference::Branch) -> String {
    let mut out = format!("{:?} sure={} {}:", branch.disposition, branch.sure, branch.why);
    for hop in &branch.hops {
        let steps: Vec<String> = hop
            .steps
            .iter()
            .map(|s| format!("{} {} sure={} {}", s.stage, s.decision, s.sure, s.why))
            .collect();
        out += &format!(
            "\n  d{} {:?}->{:?} {} [{}]",
            hop.device,
            hop.in_interface,
            hop.out_interface,
            hop.packet_out,
            steps.join("; ")
        );
    }
    out
}

fn to_port(port: PortRef) -> Port {
    Port { device: port.device, interface: port.interface.0 as usize }
}

fn from_port(device: usize, interface: usize) -> PortRef {
    PortRef { device, interface: InterfaceId(u32::try_from(interface).unwrap()) }
}

impl Engine<'_> {
    /// Compares packets arriving on each interface.
    fn compare(
        &self,
        reference: &Reference<'_>,
        seed: u64,
        sets: &mut Sets,
        rng: &mut Rng,
        seen: &mut Seen,
        counts: &mut BTreeMap<&'static str, usize>,
    ) -> usize {
        let mut compared = 0;
        for (device, d) in self.drawn.devices.iter().enumerate() {
            for (interface, _) in d.interface_ids().filter(|(_, i)| i.l3.is_some()) {
                let port = PortRef { device, interface };
                if self.topology.of_interface(port).is_none() {
                    continue;
                }
                let full = self.reach(sets, port, None);
                for _ in 0..if self.routing == Routing::Any { 8 } else { 40 } {
                    let p = packet(rng, seen);
                    let start = Start::Ingress(to_port(port));
                    let walk = reference.walk(start, to_plain(&p), self.options());
                    assert!(!walk.exhausted, "seed {seed}: the walk's budget is too small");
                    let name = &d.interface(interface).unwrap().name;
                    let at = format!("seed {seed}, {:?} routes, {}:{name}, {p}", self.routing, d.name);
                    self.holds(sets, &full, &walk, &at, counts);
                    if self.drawn.exact && rng.chance(40) {
                        self.same(sets, port, &p, &walk, reference, &at, counts);
                    }
                    compared += 1;
                }
                if self.routing == Routing::Given {
                    compared += self.sessions(reference, port, seed, sets, rng, seen, counts);
                    self.sure(sets, port, &full, reference, seed, counts);
                }
                sets.rollback();
            }
        }
        compared
    }

    fn options(&self) -> Options {
        Options { any_routing: self.routing == Routing::Any, ..Options::default() }
    }

    fn count(&self, given: &'static str, any: &'static str) -> &'static str {
        if self.routing == Routing::Any { any } else { given }
    }

    /// What any packet, or one packet, arriving on an interface may and surely does reach.
    fn reach(&self, sets: &mut Sets, port: PortRef, packet: Option<&sekisho_net::Packet>) -> Reach {
        let mut seeds = Vec::new();
        for family in Family::ALL {
            let Some(node) = self.graph.find(family, Node::Arrive(port)) else { continue };
            let pair = match packet {
                Some(p) if p.family != family => continue,
                Some(p) => {
                    let mut cube = sekisho_net::Cube::any();
                    for field in Field::ALL {
                        cube.set(field, sekisho_net::FieldSet::one(p.get(field)));
                    }
                    Pair::exact(sets.of(family).cube(&cube).unwrap())
                }
                None => {
                    let fresh =
                        sekisho_net::Cube::any().with(Field::Translated, sekisho_net::FieldSet::one(0));
                    let fresh = sets.of(family).cube(&fresh).unwrap();
                    let sure = sets.of(family).and(fresh, self.graph.ordinary[&family]).unwrap();
                    Pair { may: fresh, sure }
                }
            };
            seeds.push((node, pair));
        }
        forward_reach(&self.graph, &self.order, sets, &seeds, false).unwrap()
    }

    /// Every node that may hold the packet.
    fn places(&self, sets: &Sets, reach: &Reach, p: &sekisho_net::Packet) -> Vec<Node> {
        let nodes = self.graph.nodes().filter(|(f, _, _)| *f == p.family);
        nodes.filter(|(f, _, n)| sets.get(*f).contains(reach.at(*n).may, p)).map(|(_, n, _)| n).collect()
    }

    fn wire(&self, family: Family, reach: &Reach, segment: SegmentId) -> Pair {
        self.graph.find(family, Node::Wire(segment)).map_or(Pair::EMPTY, |n| reach.at(n))
    }

    /// Wherever the walk puts the packet on a wire, the engine's may set holds it.
    fn holds(
        &self,
        sets: &Sets,
        full: &Reach,
        walk: &Walk,
        at: &str,
        counts: &mut BTreeMap<&'static str, usize>,
    ) {
        for branch in &walk.branches {
            // The last hop of a branch that was denied on departure put nothing on the wire.
            let denied = usize::from(branch.disposition == Disposition::DeniedOut);
            for hop in &branch.hops[..branch.hops.len().saturating_sub(denied)] {
                let Some(out) = hop.out_interface else { continue };
                let port = from_port(hop.device, out);
                if !branch.wires.iter().any(|w| w.port == to_port(port)) {
                    continue;
                }
                let Some(place) = self.topology.of_interface(port) else { continue };
                let p = from_plain(&hop.packet_out);
                let may = self.wire(p.family, full, place.segment).may;
                check(sets.get(p.family).contains(may, &p), || {
                    format!(
                        "{at}: {p} leaves {port:?}, the engine does not know:\n{}\nit has the packet at {:?}",
                        way(branch),
                        self.places(sets, full, &p)
                    )
                });
                *counts.entry(self.count("wire", "any wire")).or_default() += 1;
            }
            for leaves in branch.havoc.iter().flat_map(|h| &h.leaves) {
                let Some(place) = self.topology.of_interface(from_port(leaves.device, leaves.interface))
                else {
                    continue;
                };
                for family in Family::ALL {
                    let may = self.wire(family, full, place.segment).may;
                    check(may == Set::FULL, || {
                        format!("{at}: havoc on {leaves:?}, {family:?}\n{}", way(branch))
                    });
                    *counts.entry(self.count("havoc", "any havoc")).or_default() += 1;
                }
            }
        }
    }

    /// The packet's own reach is the same set of segments in both.
    #[expect(clippy::too_many_arguments, reason = "a test helper")]
    fn same(
        &self,
        sets: &mut Sets,
        port: PortRef,
        p: &sekisho_net::Packet,
        walk: &Walk,
        reference: &Reference<'_>,
        at: &str,
        counts: &mut BTreeMap<&'static str, usize>,
    ) {
        let own = self.reach(sets, port, Some(p));
        let walked: BTreeSet<usize> = walk.wires.iter().map(|w| w.may).collect();
        for (device, d) in self.drawn.devices.iter().enumerate() {
            for (interface, _) in d.interface_ids() {
                let other = PortRef { device, interface };
                let Some(place) = self.topology.of_interface(other) else { continue };
                let ours = !self.wire(p.family, &own, place.segment).may.is_empty();
                let theirs = reference.segments.may(to_port(other)).iter().any(|s| walked.contains(s));
                if ours != theirs {
                    let node = self.graph.find(p.family, Node::Wire(place.segment));
                    let set = node.map_or(Set::EMPTY, |n| own.at(n).may);
                    let sample = sets.get(p.family).pick(set);
                    let steps = node
                        .zip(sample)
                        .map(|(n, q)| own.trace(&self.graph, sets, n, q, Reading::May).unwrap());
                    let steps: Vec<String> =
                        steps.into_iter().flatten().map(|s| format!("{:?} {}", s.node, s.packet)).collect();
                    let ways: Vec<String> = walk.branches.iter().map(way).collect();
                    let text = format!(
                        "{at}: on the segment of {other:?}: engine {ours}, reference {theirs}\n{}\n{}",
                        steps.join("\n"),
                        ways.join("\n")
                    );
                    check(false, || text);
                }
                *counts.entry(self.count("same reach", "any same reach")).or_default() += 1;
            }
        }
    }

    /// Packets of the engine's sure sets have a sure walk to the same neighbour.
    fn sure(
        &self,
        sets: &mut Sets,
        port: PortRef,
        full: &Reach,
        reference: &Reference<'_>,
        seed: u64,
        counts: &mut BTreeMap<&'static str, usize>,
    ) {
        let handed: Vec<_> = self.graph.nodes().filter(|(_, n, _)| matches!(n, Node::Handed(_))).collect();
        for (family, node, index) in handed {
            let sure = full.at(index).sure;
            let Some(p) = sets.get(family).pick(sure) else { continue };
            let steps = full.trace(&self.graph, sets, index, p, Reading::Sure).unwrap();
            assert!(!steps.is_empty(), "seed {seed}: {p} at {node:?} cannot be followed back");
            let first = steps[0].packet;
            let walk = reference.walk(Start::Ingress(to_port(port)), to_plain(&first), Options::default());
            let Node::Handed(part) = node else { continue };
            let found = walk.branches.iter().any(|b| {
                b.sure
                    && matches!(b.disposition, Disposition::DeliveredToSubnet | Disposition::ExitsNetwork)
                    && b.end.device.zip(b.end.out_interface).is_some_and(|(d, i)| {
                        self.topology.of_interface(from_port(d, i)).is_some_and(|x| x.part == part)
                    })
            });
            let ways: Vec<String> = walk.branches.iter().map(way).collect();
            check(found, || {
                format!(
                    "seed {seed}: {first} at {port:?} surely reaches {node:?} by the engine only:\n{}",
                    ways.join("\n")
                )
            });
            *counts.entry("sure").or_default() += 1;
        }
    }
}
