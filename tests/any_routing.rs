//! Laws of any-routing, on random small networks and on the samples:
//! - whatever arrives under the routes given arrives under any;
//! - no route that stays in its VRF changes anything;
//! - removing a device with its addresses never adds a way;
//! - no deleted route line of a sample changes a pair that is proven under any routing.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of a test fail loudly"
)]

#[path = "agreement/network.rs"]
#[expect(dead_code, reason = "packets are drawn by the other test")]
mod network;
#[path = "common/sample.rs"]
#[expect(dead_code, reason = "variants are judged by other tests")]
mod sample;

use std::collections::{BTreeMap, BTreeSet};

use network::{Drawn, Rng, Seen, draw};
use petgraph::graph::NodeIndex;
use sample::{BRANCH, Run, TOWN};
use sekisho::graph::location::{Context, Domains};
use sekisho::graph::transfer::Pair;
use sekisho::graph::{Graph, Input, Node, Sets};
use sekisho::policy::Policy;
use sekisho::proof::{Because, Reason, Verdict};
use sekisho::routing::Routing;
use sekisho::search::{Kept, Order, Progress, Reach, Rules, forward_reach, may_reach, touched};
use sekisho::topology::{PortLink, PortRef, Topology};
use sekisho_header_space::Set;
use sekisho_model::{Device, InterfaceId, NextHop, Poison, Route, Scope, VrfId};
use sekisho_net::{Cube, Family, Field, FieldSet, Prefix, bits_addr};

/// Networks per law.
const NETWORKS: u64 = 150;

/// A network ready for searches under one routing.
struct Ready {
    topology: Topology,
    graph: Graph,
    order: Order,
}

impl Ready {
    fn of(devices: &[Device], links: &[PortLink], routing: Routing, sets: &mut Sets) -> Self {
        let policy = Policy::default();
        let topology = Topology::build(devices, links, &BTreeSet::new());
        let fibs = sekisho::analysis::tables(devices);
        let context = Context { devices, topology: &topology, fibs: &fibs, policy: &policy };
        let domains = Domains::build(&context);
        let input = Input { devices, topology: &topology, fibs: &fibs, domains: &domains, policy: &policy };
        let graph = Graph::build(&input, routing, sets).unwrap();
        let order = Order::of(&graph);
        Self { topology, graph, order }
    }

    /// What any packet arriving on a port may bring where.
    fn reach(&self, sets: &mut Sets, port: PortRef) -> Reach {
        let mut seeds = Vec::new();
        for family in Family::ALL {
            let fresh = Cube::any().with(Field::Translated, FieldSet::one(0));
            let fresh = sets.of(family).cube(&fresh).unwrap();
            let node = self.graph.find(family, Node::Arrive(port));
            seeds.extend(node.map(|n| (n, Pair::at_most(fresh))));
        }
        forward_reach(&self.graph, &self.order, sets, &seeds, false).unwrap()
    }

    fn at(&self, reach: &Reach, family: Family, node: Node) -> Set {
        self.graph.find(family, node).map_or(Set::EMPTY, |n| reach.at(n).may)
    }
}

/// Ports with layer 3 of a network.
fn ports(devices: &[Device]) -> Vec<PortRef> {
    let all = devices.iter().enumerate().flat_map(|(device, d)| {
        let routed = d.interface_ids().filter(|(_, i)| i.l3.is_some());
        routed.map(move |(interface, _)| PortRef { device, interface }).collect::<Vec<_>>()
    });
    all.collect()
}

/// Draws networks and hands each over.
fn networks(mut each: impl FnMut(u64, &mut Rng, Drawn)) {
    let mut seen = Seen::new();
    for seed in 1..=NETWORKS {
        let mut rng = Rng(seed.wrapping_mul(7_919));
        let drawn = draw(&mut rng, &mut seen);
        each(seed, &mut rng, drawn);
    }
}

fn within(sets: &mut Sets, family: Family, inner: Set, outer: Set) -> bool {
    sets.of(family).diff(inner, outer).unwrap().is_empty()
}

#[test]
fn any_routing_allows_what_the_routes_given_allow() {
    let (mut compared, mut more) = (0, 0);
    networks(|seed, _, drawn| {
        let mut sets = Sets::new(1 << 22);
        let given = Ready::of(&drawn.devices, &drawn.links, Routing::Given, &mut sets);
        let any = Ready::of(&drawn.devices, &drawn.links, Routing::Any, &mut sets);
        sets.freeze();
        for port in ports(&drawn.devices) {
            let (less, all) = (given.reach(&mut sets, port), any.reach(&mut sets, port));
            for (family, node, index) in given.graph.nodes() {
                // To whom a packet is handed differs by design.
                if matches!(node, Node::Leave(..) | Node::Sent(..) | Node::Flood(_) | Node::Proxy(_)) {
                    continue;
                }
                let (inner, outer) = (less.at(index).may, any.at(&all, family, node));
                assert!(within(&mut sets, family, inner, outer), "seed {seed}: {port:?} to {node:?}");
                compared += usize::from(!inner.is_empty());
                more += usize::from(inner != outer);
            }
            sets.rollback();
        }
    });
    assert!(compared > 10_000 && more > 1_000, "{compared} sets compared, {more} larger under any routing");
}

#[test]
fn a_search_may_choose_the_routing_of_each_look_up() {
    let mut compared = 0;
    networks(|seed, _, drawn| {
        let mut sets = Sets::new(1 << 22);
        let given = Ready::of(&drawn.devices, &drawn.links, Routing::Given, &mut sets);
        let any = Ready::of(&drawn.devices, &drawn.links, Routing::Any, &mut sets);
        let either = either(&drawn, &mut sets);
        let order = Order::of(&either);
        sets.freeze();
        for port in ports(&drawn.devices) {
            for (ready, kept) in [(&given, Kept::ALL), (&any, Kept::NONE)] {
                let wanted = ready.reach(&mut sets, port);
                let kept = vec![kept; either.leans.len()];
                let found = spread(&either, &order, &mut sets, port, &kept);
                for (family, node, index) in either.nodes() {
                    let got = found.get(&index).copied().unwrap_or(Set::EMPTY);
                    let wanted = ready.at(&wanted, family, node);
                    assert!(got == wanted, "seed {seed}: {port:?} to {node:?}");
                    compared += usize::from(!got.is_empty());
                }
            }
            sets.rollback();
        }
    });
    assert!(compared > 10_000, "{compared} sets compared");
}

/// The graph with the steps of both routings.
fn either(drawn: &Drawn, sets: &mut Sets) -> Graph {
    let policy = Policy::default();
    let devices = drawn.devices.as_slice();
    let topology = Topology::build(devices, &drawn.links, &BTreeSet::new());
    let fibs = sekisho::analysis::tables(devices);
    let context = Context { devices, topology: &topology, fibs: &fibs, policy: &policy };
    let domains = Domains::build(&context);
    let input = Input { devices, topology: &topology, fibs: &fibs, domains: &domains, policy: &policy };
    Graph::build_either(&input, sets).unwrap()
}

/// What any packet arriving on a port may bring where, by a choice of routings.
fn spread(
    graph: &Graph,
    order: &Order,
    sets: &mut Sets,
    port: PortRef,
    kept: &[Kept],
) -> BTreeMap<NodeIndex, Set> {
    let mut seeds = Vec::new();
    for family in Family::ALL {
        let fresh = Cube::any().with(Field::Translated, FieldSet::one(0));
        let fresh = sets.of(family).cube(&fresh).unwrap();
        seeds.extend(graph.find(family, Node::Arrive(port)).map(|n| (n, fresh)));
    }
    let rules = Rules { source_routes: false, kept };
    let starts: Vec<NodeIndex> = seeds.iter().map(|(n, _)| *n).collect();
    let within = touched(graph, &starts, rules);
    let mut found = BTreeMap::new();
    let mut steps = usize::MAX;
    let done = may_reach(graph, order, sets, &seeds, (&within, rules), &mut steps, |_, node, has| {
        found.insert(node, has);
        Ok(Progress::GoOn)
    });
    assert!(done.unwrap());
    found
}

/// A route within its VRF, or something else that leaves nothing open but routes.
fn shake_routes(rng: &mut Rng, devices: &mut [Device]) {
    for device in devices {
        let up: Vec<InterfaceId> = device.interface_ids().map(|(id, _)| id).collect();
        for vrf in 0..device.vrfs.len() {
            let inside = |id: &&InterfaceId| {
                let l3 = device.interface(**id).and_then(|i| i.l3.as_ref());
                l3.is_some_and(|l3| l3.vrf.0 as usize == vrf)
            };
            let own: Vec<InterfaceId> = up.iter().filter(inside).copied().collect();
            let mut routes = Vec::new();
            for _ in 0..rng.below(6) {
                let family = *rng.pick(&Family::ALL);
                let base: u128 = if family == Family::V4 { 0x0a00_0000 } else { 0x2001_0db8 << 96 };
                let shift = if family == Family::V4 { 8 } else { 64 };
                let subnet = base + (u128::from(rng.below(6)) << shift);
                let len = *rng.pick(&[0, 16, family.bits() - shift, family.bits()]);
                let next_hop = match rng.below(4) {
                    0 => NextHop::Discard,
                    1 => NextHop::Unknown,
                    2 if !own.is_empty() => NextHop::Interface(*rng.pick(&own)),
                    _ => {
                        let addr = bits_addr(family, subnet + u128::from(1 + rng.below(6)));
                        NextHop::Via { addr, interface: None, vrf: None }
                    }
                };
                let prefix = Prefix::new(bits_addr(family, subnet), len).unwrap();
                let (distance, conditional) = (1 + u8::try_from(rng.below(3)).unwrap(), rng.chance(20));
                let span = device.interfaces[0].span;
                routes.push(Route { prefix, next_hop, distance, conditional, span });
            }
            device.vrfs[vrf].routes = routes;
            let span = device.interfaces[0].span;
            if rng.chance(20) {
                device.vrfs[vrf].unknown_routes.push((Family::V4, span));
            }
            if rng.chance(20) {
                let scope = Scope::Routes(VrfId(u32::try_from(vrf).unwrap()), Family::V6);
                device.poisons.push(Poison { scope, span, why: "drawn".to_owned() });
            }
        }
    }
}

#[test]
fn routes_within_a_vrf_change_nothing() {
    let (mut compared, mut given_differs) = (0, 0);
    networks(|seed, rng, mut drawn| {
        for vrf in drawn.devices.iter_mut().flat_map(|d| &mut d.vrfs) {
            vrf.routes.clear();
        }
        let mut other = drawn.devices.clone();
        shake_routes(rng, &mut other);
        let mut sets = Sets::new(1 << 22);
        let mut ready = |devices: &[Device], routing| Ready::of(devices, &drawn.links, routing, &mut sets);
        let [a, b] = [&drawn.devices, &other].map(|d| ready(d, Routing::Any));
        let [c, d] = [&drawn.devices, &other].map(|d| ready(d, Routing::Given));
        sets.freeze();
        for port in ports(&drawn.devices) {
            let (before, after) = (a.reach(&mut sets, port), b.reach(&mut sets, port));
            let (was, is) = (c.reach(&mut sets, port), d.reach(&mut sets, port));
            for (family, node, index) in a.graph.nodes() {
                let (before, after) = (before.at(index).may, b.at(&after, family, node));
                assert!(before == after, "seed {seed}: {port:?} to {node:?}");
                compared += usize::from(!before.is_empty());
                given_differs += usize::from(c.at(&was, family, node) != d.at(&is, family, node));
            }
            sets.rollback();
        }
    });
    assert!(compared > 10_000 && given_differs > 1_000, "{compared} compared, {given_differs} differ");
}

/// Whether a device has a cable or a tunnel, which lead elsewhere when it is gone.
fn is_wired(drawn: &Drawn, gone: usize) -> bool {
    let tunnels = drawn.devices.iter().flat_map(|d| &d.interfaces).any(|i| i.tunnel.is_some());
    let inside = drawn.devices.iter().flat_map(|d| &d.interfaces);
    let inside = inside.into_iter().any(|i| i.cable.is_some() || i.same_port.is_some());
    tunnels || inside || drawn.links.iter().any(|l| l.a.device == gone || l.b.device == gone)
}

#[test]
fn removing_a_device_adds_no_way() {
    let (mut compared, mut fewer) = (0, 0);
    networks(|seed, rng, drawn| {
        let gone = usize::try_from(rng.below(drawn.devices.len() as u64)).unwrap();
        if is_wired(&drawn, gone) {
            return;
        }
        let moved = |port: PortRef| PortRef { device: port.device - usize::from(port.device > gone), ..port };
        let mut rest = drawn.devices.clone();
        rest.remove(gone);
        let links: Vec<PortLink> =
            drawn.links.iter().map(|l| PortLink { a: moved(l.a), b: moved(l.b), span: l.span }).collect();
        let mut sets = Sets::new(1 << 22);
        let before = Ready::of(&drawn.devices, &drawn.links, Routing::Any, &mut sets);
        let after = Ready::of(&rest, &links, Routing::Any, &mut sets);
        sets.freeze();
        let left: Vec<PortRef> = ports(&drawn.devices).into_iter().filter(|p| p.device != gone).collect();
        for &port in &left {
            let (all, less) = (before.reach(&mut sets, port), after.reach(&mut sets, moved(port)));
            for &other in &left {
                let places = (before.topology.of_interface(other), after.topology.of_interface(moved(other)));
                let (Some(old), Some(new)) = places else { continue };
                for family in Family::ALL {
                    let inner = after.at(&less, family, Node::Wire(new.segment));
                    let outer = before.at(&all, family, Node::Wire(old.segment));
                    assert!(within(&mut sets, family, inner, outer), "seed {seed}: {port:?} to {other:?}");
                    compared += usize::from(!inner.is_empty());
                    fewer += usize::from(inner != outer);
                }
            }
            sets.rollback();
        }
    });
    assert!(compared > 200 && fewer > 50, "{compared} sets compared, {fewer} smaller without a device");
}

/// What each proven pair takes for granted about routes.
fn routings(run: &Run) -> BTreeMap<(String, String), Routing> {
    let name = |id| run.analysis.domains.get(id).unwrap().id.clone();
    let proven = run.report.pairs.iter().filter(|p| p.verdict == Verdict::Proven);
    proven.map(|p| ((name(p.from), name(p.to)), p.assurance.routing)).collect()
}

fn judge(case: &sample::Case) -> Run {
    let dir = tempfile::tempdir().unwrap();
    case.write(dir.path());
    sample::load(dir.path(), &case.policy).and_then(|loaded| loaded.judge(case.as_of)).unwrap()
}

#[test]
fn deleted_route_lines_leave_pairs_proven_under_any_routing_alone() {
    let (mut deleted, mut any) = (0, 0);
    for sample in [BRANCH, TOWN] {
        let base = sample.base();
        let before = routings(&judge(&base));
        any += before.values().filter(|r| **r == Routing::Any).count();
        assert!(before.values().any(|r| *r == Routing::Any));
        for (file, text) in &base.files {
            let route = |l: &&str| l.trim_start().starts_with("ip route ") || l.starts_with("ipv6 route ");
            for line in text.lines().filter(route).step_by(5) {
                let mut case = base.clone();
                let less: String = text.lines().filter(|l| *l != line).map(|l| format!("{l}\n")).collect();
                case.files.insert(file.clone(), less);
                let after = routings(&judge(&case));
                for (pair, _) in before.iter().filter(|(_, r)| **r == Routing::Any) {
                    assert_eq!(after.get(pair), Some(&Routing::Any), "{file}: {line}: {pair:?}");
                }
                deleted += 1;
            }
        }
    }
    assert!(deleted > 5 && any > 100, "{deleted} lines deleted, {any} pairs under any routing");
}

/// A table that is not used leaves open what the routes are, and nothing else, if it is of a known device.
#[test]
fn a_table_that_is_not_used_blocks_only_what_leans_on_routes() {
    let blocked_by = |owned: bool| {
        let dir = tempfile::tempdir().unwrap();
        let case = TOWN.base();
        case.write(dir.path());
        let loaded = sample::load(dir.path(), &case.policy).unwrap();
        let run = loaded.judge(case.as_of).unwrap();
        let why = Because::UnusedTable { file: "A-CORE1_route.txt".to_owned(), owned };
        let blocked = [Reason::new(None, why)];
        let snapshot = &run.snapshot;
        let report = run
            .analysis
            .prove(&snapshot.devices, &run.policy, &snapshot.sources, run.as_of, &blocked, &[])
            .unwrap();
        assert_eq!(report.verdict, Verdict::Undecided);
        (run, report)
    };
    let (run, report) = blocked_by(true);
    let mut given = 0;
    for (before, after) in run.report.pairs.iter().zip(&report.pairs) {
        let any = before.assurance.routing == Routing::Any;
        assert_eq!(after.verdict == Verdict::Proven, any);
        given += usize::from(!any);
    }
    assert!(given > 0);
    let (_, report) = blocked_by(false);
    assert!(report.pairs.iter().all(|p| p.verdict == Verdict::Undecided));
}
