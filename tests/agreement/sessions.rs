//! Packets of a session that a device knows: wherever the walk puts them, the engine's search has them.
//!
//! Whether somebody could open the session is not asked here: one is made up, and both are told of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use sekisho::graph::sessions::{Known, keeps_sessions};
use sekisho::graph::transfer::{Op, Pair, Translation};
use sekisho::graph::{Node, Sets};
use sekisho::proof::to_plain;
use sekisho::search::{Steps, search};
use sekisho::topology::PortRef;
use sekisho_model::{NatRule, NatTable, Predicate, Rewrite, Target};
use sekisho_net::{Cube, Family, Field, FieldSet, Packet};
use sekisho_reference::{Reference, Session, Start};

use super::network::{Rng, Seen, packet};
use super::{Engine, to_port};

/// Sessions made up per interface.
const SESSIONS: usize = 6;

impl Engine<'_> {
    /// Compares packets of sessions that arrive on an interface; how many.
    #[expect(clippy::too_many_arguments, reason = "a test helper")]
    pub(crate) fn sessions(
        &self,
        reference: &Reference<'_>,
        port: PortRef,
        seed: u64,
        sets: &mut Sets,
        rng: &mut Rng,
        seen: &mut Seen,
        counts: &mut BTreeMap<&'static str, usize>,
    ) -> usize {
        let device = &self.drawn.devices[port.device];
        if !keeps_sessions(device) {
            return 0;
        }
        for _ in 0..SESSIONS {
            let arrives = packet(rng, seen).with(Field::Fragment, 0);
            let mut becomes = arrives;
            if rng.chance(50) {
                let other = same_family(rng, seen, arrives.family);
                becomes.set(Field::Dst, other.get(Field::Dst));
                becomes.set(Field::Dport, other.get(Field::Dport));
            }
            if rng.chance(25) {
                becomes.set(Field::Src, same_family(rng, seen, arrives.family).get(Field::Src));
            }
            let (on, from, to) = (to_port(port), to_plain(&arrives), to_plain(&becomes));
            let session = Session { on, arrives: from, becomes: to, sure: true };
            let known = Known {
                programs: [((arrives.family, port), vec![program(sets, &arrives, &becomes)])].into(),
            };
            let node = self.graph.find(arrives.family, Node::Arrive(port));
            let own = sets.of(arrives.family).cube(&header(&arrives, &Field::ALL)).unwrap();
            let seeds: Vec<_> = node.map(|n| (n, Pair::exact(own))).into_iter().collect();
            let steps = Steps { source_routes: false, sessions: Some(&known), resolved: None };
            let reach = search(&self.graph, &self.order, sets, &seeds, steps).unwrap();
            let start = Start::Ingress(to_port(port));
            let walk = reference.walk_among(&[session], start, to_plain(&arrives), self.options());
            assert!(!walk.exhausted, "seed {seed}: the walk's budget is too small");
            let at = format!("seed {seed}, session on {}:{port:?}, {arrives} becomes {becomes}", device.name);
            self.holds(sets, &reach, &walk, &at, counts);
            let told = walk.branches.iter().filter(|b| !b.wires.is_empty()).count();
            *counts.entry("session").or_default() += told;
        }
        SESSIONS
    }
}

fn same_family(rng: &mut Rng, seen: &mut Seen, family: Family) -> Packet {
    loop {
        let p = packet(rng, seen);
        if p.family == family {
            return p;
        }
    }
}

/// The box of the packets that agree with one in some fields.
fn header(p: &Packet, fields: &[Field]) -> Cube {
    let mut cube = Cube::any();
    for &field in fields {
        cube.set(field, FieldSet::one(p.get(field)));
    }
    cube
}

/// What the device does to packets of the session on arrival, as the proof of isolation writes it.
fn program(sets: &mut Sets, arrives: &Packet, becomes: &Packet) -> Vec<Op> {
    let manager = sets.of(arrives.family);
    let ends = [Field::Src, Field::Dst, Field::Proto, Field::Sport, Field::Dport, Field::Fragment];
    let own = manager.cube(&header(arrives, &ends)).unwrap();
    let mut ops = vec![Op::Keep(Pair::exact(own))];
    ops.push(Op::Assign(Field::Dst, FieldSet::one(becomes.get(Field::Dst))));
    ops.push(Op::Assign(Field::Dport, FieldSet::one(becomes.get(Field::Dport))));
    if becomes.get(Field::Src) != arrives.get(Field::Src) {
        let to = Target::OneOf(FieldSet::one(becomes.get(Field::Src)));
        let rule = NatRule {
            family: arrives.family,
            matches: Predicate::exact(vec![Cube::any()]),
            rewrites: vec![Rewrite { field: Field::Src, target: to }],
            may_skip: false,
            span: super::network::span(),
        };
        let table = NatTable { name: String::new(), rules: vec![rule] };
        ops.extend(Translation::compile(&table, manager).unwrap().map(|t| Op::Translate(Arc::new(t))));
    }
    ops
}
