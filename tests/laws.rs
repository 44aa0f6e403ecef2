//! Laws that hold whatever a network is, on random small networks:
//! - a line that denies, put anywhere into a filter, adds nothing to what arrives;
//! - names and the order of devices change nothing;
//! - lines of equal effect may change places;
//! - a translation of addresses into themselves changes nothing;
//! - a network and its mirror image in the other family agree.
//!
//! Laws of any-routing are in `any_routing.rs`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of a test fail loudly")]

#[path = "laws/mirror.rs"]
mod mirror;
#[path = "agreement/network.rs"]
#[expect(dead_code, reason = "another test uses all of it")]
mod network;

use std::collections::BTreeSet;

use network::{Drawn, Rng, Seen, draw, packet};
use sekisho::graph::location::{Context, Domains};
use sekisho::graph::transfer::Pair;
use sekisho::graph::{Graph, Input, Node, Sets};
use sekisho::policy::Policy;
use sekisho::routing::Routing;
use sekisho::search::{Order, Reach, forward_reach};
use sekisho::topology::{PortLink, PortRef, Topology};
use sekisho_header_space::Set;
use sekisho_model::{Action, Device, NatId, NatRule, NatTable, Predicate, Rewrite, Stage, Target};
use sekisho_net::{Cube, Family, Field, FieldSet, Prefix, bits_addr};

/// Networks per law.
const NETWORKS: u64 = 120;

/// A network ready for searches under the routes given.
struct Ready {
    topology: Topology,
    graph: Graph,
    order: Order,
}

impl Ready {
    fn of(devices: &[Device], links: &[PortLink], sets: &mut Sets) -> Self {
        let policy = Policy::default();
        let topology = Topology::build(devices, links, &BTreeSet::new());
        let fibs = sekisho::analysis::tables(devices);
        let context = Context { devices, topology: &topology, fibs: &fibs, policy: &policy };
        let domains = Domains::build(&context);
        let input = Input { devices, topology: &topology, fibs: &fibs, domains: &domains, policy: &policy };
        let graph = Graph::build(&input, Routing::Given, sets).unwrap();
        let order = Order::of(&graph);
        Self { topology, graph, order }
    }

    /// What any packet arriving on a port may and surely does bring where.
    fn reach(&self, sets: &mut Sets, port: PortRef) -> Reach {
        let mut seeds = Vec::new();
        for family in Family::ALL {
            let fresh = Cube::any().with(Field::Translated, FieldSet::one(0));
            let fresh = sets.of(family).cube(&fresh).unwrap();
            let node = self.graph.find(family, Node::Arrive(port));
            seeds.extend(node.map(|n| (n, Pair::exact(fresh))));
        }
        forward_reach(&self.graph, &self.order, sets, &seeds, false).unwrap()
    }

    /// What is on the wire of an interface.
    fn wire(&self, reach: &Reach, family: Family, port: PortRef) -> Pair {
        let place = self.topology.of_interface(port);
        let node = place.and_then(|p| self.graph.find(family, Node::Wire(p.segment)));
        node.map_or(Pair::EMPTY, |n| reach.at(n))
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

fn networks(salt: u64, mut each: impl FnMut(u64, &mut Rng, Drawn)) {
    let mut seen = Seen::new();
    for seed in 1..=NETWORKS {
        let mut rng = Rng(seed.wrapping_mul(salt));
        let drawn = draw(&mut rng, &mut seen);
        each(seed, &mut rng, drawn);
    }
}

fn is_within(sets: &mut Sets, family: Family, inner: Set, outer: Set) -> bool {
    sets.of(family).diff(inner, outer).unwrap().is_empty()
}

/// A box of packets of a family.
fn some_box(rng: &mut Rng, family: Family) -> Cube {
    let mut cube = Cube::any();
    let subnet = u128::from(rng.below(6));
    let (first, len) = match family {
        Family::V4 => (0x0a00_0000 + (subnet << 8), 24),
        Family::V6 => ((0x2001_0db8_u128 << 96) + (subnet << 64), 64),
    };
    let prefix = Prefix::new(bits_addr(family, first), len).unwrap();
    if rng.chance(60) {
        cube.set(Field::Dst, FieldSet::prefix(prefix));
    }
    if rng.chance(40) {
        cube.set(Field::Proto, FieldSet::one(if rng.chance(50) { 6 } else { 17 }));
    }
    if rng.chance(40) {
        cube.set(Field::Dport, FieldSet::Ranges(vec![(0, u128::from(rng.below(1024)))]));
        cube.set(Field::Fragment, FieldSet::one(0));
    }
    cube
}

#[test]
fn a_deny_in_a_filter_adds_nothing() {
    let (mut compared, mut less) = (0, 0);
    networks(6_151, |seed, rng, drawn| {
        let mut sets = Sets::new(1 << 22);
        let before = Ready::of(&drawn.devices, &drawn.links, &mut sets);
        let mut devices = drawn.devices.clone();
        for device in &mut devices {
            for list in &mut device.lists {
                let Some(mut line) = list.lines.first().cloned() else { continue };
                line.action = Action::Deny;
                line.matches = Predicate::exact(vec![some_box(rng, list.family)]);
                line.conditions.clear();
                let at = usize::try_from(rng.below(list.lines.len() as u64 + 1)).unwrap();
                list.lines.insert(at, line);
            }
        }
        let after = Ready::of(&devices, &drawn.links, &mut sets);
        sets.freeze();
        let all = ports(&devices);
        for &from in &all {
            let (was, is) = (before.reach(&mut sets, from), after.reach(&mut sets, from));
            for (family, node, index) in after.graph.nodes() {
                let now = is.at(index);
                let had = before.graph.find(family, node).map_or(Pair::EMPTY, |n| was.at(n));
                assert!(is_within(&mut sets, family, now.may, had.may), "seed {seed}: {from:?} to {node:?}");
                assert!(
                    is_within(&mut sets, family, now.sure, had.sure),
                    "seed {seed}: {from:?} to {node:?}, sure"
                );
                compared += usize::from(!had.may.is_empty());
                less += usize::from(now != had);
            }
            sets.rollback();
        }
    });
    assert!(compared > 5_000 && less > 500, "{compared} sets compared, {less} smaller");
}

#[test]
fn names_and_order_of_devices_change_nothing() {
    let mut compared = 0;
    networks(7_177, |seed, _, drawn| {
        let mut sets = Sets::new(1 << 22);
        let before = Ready::of(&drawn.devices, &drawn.links, &mut sets);
        let count = drawn.devices.len();
        let turned = |device: usize| count - 1 - device;
        let mut devices = drawn.devices.clone();
        devices.reverse();
        for (n, device) in devices.iter_mut().enumerate() {
            device.name = format!("renamed-{n}");
        }
        let port = |p: PortRef| PortRef { device: turned(p.device), ..p };
        let links: Vec<PortLink> =
            drawn.links.iter().map(|l| PortLink { a: port(l.b), b: port(l.a), ..*l }).collect();
        let after = Ready::of(&devices, &links, &mut sets);
        sets.freeze();
        let all = ports(&drawn.devices);
        for &from in &all {
            let (was, is) = (before.reach(&mut sets, from), after.reach(&mut sets, port(from)));
            for &to in &all {
                for family in Family::ALL {
                    let (old, new) = (before.wire(&was, family, to), after.wire(&is, family, port(to)));
                    assert!(old == new, "seed {seed}: {from:?} to {to:?}");
                    compared += usize::from(!old.may.is_empty());
                }
            }
            sets.rollback();
        }
    });
    assert!(compared > 2_000, "{compared} sets compared");
}

#[test]
fn lines_of_equal_effect_may_change_places() {
    let (mut compared, mut swapped) = (0, 0);
    networks(5_303, |seed, _, drawn| {
        let mut sets = Sets::new(1 << 22);
        let before = Ready::of(&drawn.devices, &drawn.links, &mut sets);
        let mut devices = drawn.devices.clone();
        for list in devices.iter_mut().flat_map(|d| &mut d.lists) {
            let lines = std::mem::take(&mut list.lines);
            for run in lines.chunk_by(|a, b| a.action == b.action) {
                swapped += usize::from(run.len() > 1);
                list.lines.extend(run.iter().rev().cloned());
            }
        }
        let after = Ready::of(&devices, &drawn.links, &mut sets);
        sets.freeze();
        let all = ports(&devices);
        for &from in &all {
            let (was, is) = (before.reach(&mut sets, from), after.reach(&mut sets, from));
            for &to in &all {
                for family in Family::ALL {
                    let (old, new) = (before.wire(&was, family, to), after.wire(&is, family, to));
                    assert!(old == new, "seed {seed}: {from:?} to {to:?}");
                    compared += usize::from(!old.may.is_empty());
                }
            }
            sets.rollback();
        }
    });
    assert!(compared > 2_000 && swapped > 100, "{compared} sets compared, {swapped} runs turned");
}

#[test]
fn a_translation_into_itself_changes_nothing() {
    let mut compared = 0;
    networks(8_009, |seed, rng, drawn| {
        let mut sets = Sets::new(1 << 22);
        let before = Ready::of(&drawn.devices, &drawn.links, &mut sets);
        let mut devices = drawn.devices.clone();
        for device in devices.iter_mut().filter(|d| !d.interfaces.is_empty()) {
            let span = device.interfaces[0].span;
            let rules = Family::ALL.map(|family| {
                let cube = some_box(rng, family);
                let whole = Prefix::new(bits_addr(family, 0), 0).unwrap();
                let rewrite = Rewrite { field: Field::Dst, target: Target::Shift { from: whole, to: whole } };
                NatRule {
                    family,
                    matches: Predicate::exact(vec![cube]),
                    rewrites: vec![rewrite],
                    may_skip: false,
                    span,
                }
            });
            let table = NatId(u32::try_from(device.nats.len()).unwrap());
            device.nats.push(NatTable { name: "itself".to_owned(), rules: rules.to_vec() });
            for interface in &mut device.interfaces {
                interface.ingress.insert(0, Stage::Nat { table, span });
                interface.egress.push(Stage::Nat { table, span });
            }
        }
        let after = Ready::of(&devices, &drawn.links, &mut sets);
        sets.freeze();
        let all = ports(&devices);
        for &from in &all {
            let (was, is) = (before.reach(&mut sets, from), after.reach(&mut sets, from));
            for &to in &all {
                for family in Family::ALL {
                    let (old, new) = (before.wire(&was, family, to), after.wire(&is, family, to));
                    assert!(old.may == new.may, "seed {seed}: {from:?} to {to:?}");
                    assert!(old.sure == new.sure, "seed {seed}: {from:?} to {to:?}, sure");
                    compared += usize::from(!old.may.is_empty());
                }
            }
            sets.rollback();
        }
    });
    assert!(compared > 2_000, "{compared} sets compared");
}

#[test]
fn a_network_and_its_mirror_image_agree() {
    let (mut arrived, mut compared) = (0, 0);
    networks(9_241, |seed, rng, drawn| {
        let devices = mirror::without_v6(&drawn.devices);
        let mut sets = Sets::new(1 << 22);
        let before = Ready::of(&devices, &drawn.links, &mut sets);
        let after = Ready::of(&mirror::mirrored(&devices), &drawn.links, &mut sets);
        sets.freeze();
        let mut seen = Seen::new();
        let packets: Vec<_> = std::iter::repeat_with(|| packet(rng, &mut seen))
            .filter(|p| p.family == Family::V4)
            .take(30)
            .collect();
        let all = ports(&devices);
        for &from in &all {
            let (was, is) = (before.reach(&mut sets, from), after.reach(&mut sets, from));
            for &to in &all {
                let (old, new) = (before.wire(&was, Family::V4, to), after.wire(&is, Family::V6, to));
                for p in &packets {
                    let q = mirror::packet(p);
                    for (old, new) in [(old.may, new.may), (old.sure, new.sure)] {
                        let here = sets.get(Family::V4).contains(old, p);
                        let there = sets.get(Family::V6).contains(new, &q);
                        assert!(here == there, "seed {seed}: {from:?} to {to:?}: {p} {here}, {q} {there}");
                        arrived += usize::from(here);
                        compared += 1;
                    }
                }
            }
            sets.rollback();
        }
    });
    assert!(arrived > 3_000 && compared > arrived + 3_000, "{arrived} of {compared}");
}
