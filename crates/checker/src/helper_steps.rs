//! The steps of what application helpers let pass: for a control session that some list lets open, anything
//! between its two ends, either way.
//!
//! Which control sessions there are is read from the lines that open sessions and the filters of the same device on
//! the way, whoever may send them. Where the device translates, an end that another header may stand for is any.

use std::collections::BTreeSet;

use sekisho_plain::Family;
use sekisho_plain::format::{Action, Device, Interface, List, Port, Rewrite, Stage, Tri};

use crate::block::{Block, DPORT, DST, FRAGMENT, MARK, PROTO, SRC, outer};
use crate::plan::{Change, Place};
use crate::steps::{Builder, in_session};

/// Pairs of blocks up to which filters on the way narrow what control sessions there may be.
const PAIRS: usize = 10_000;

/// The two ends of control sessions as the opening line sees them, and where the sessions leave and enter.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Hole {
    exit: usize,
    context: usize,
    src: (u128, u128),
    dst: (u128, u128),
    /// Whether the source, and the destination, may be another one on the other side.
    translated: (bool, bool),
}

impl<'n> Builder<'_, 'n> {
    /// All steps of a device's helpers; whether there are any.
    pub(crate) fn helpers(&mut self, at: usize, device: &'n Device, marks: bool) -> bool {
        let holes = self.holes(at, device);
        let session = in_session(device);
        for (port, interface) in self.layer3(at) {
            let Some(l3) = interface.l3.as_ref().filter(|_| interface.accepts(self.family) != Tri::No) else {
                continue;
            };
            let changes: Vec<Change<'n>> =
                holes.iter().flat_map(|h| h.changes(self.family, port, interface.context)).collect();
            let program = self.program(port, l3.vrf, session, device, &interface.ingress);
            let Some(stages) = program.filter(|_| !changes.is_empty()) else { continue };
            let start = if marks { Change::Assign(MARK, (0, 0)) } else { Change::Pass };
            let stages: Vec<_> = [start].into_iter().chain(stages).collect();
            let (told, last) = (|n| Place::Told(port, n), Place::Told(port, stages.len()));
            self.pass(Place::Ingress(port, 0), told(0));
            self.chain(stages, told, last);
            for change in changes {
                self.step(last, Place::Known(port), change);
            }
            let policy = interface.ingress.iter().find_map(|s| match s {
                Stage::PolicyRoute { policy, .. } => Some(*policy),
                _ => None,
            });
            match policy {
                Some(policy) => self.steer(Place::Known(port), port, (l3.vrf, session), device, policy),
                None => self.pass(Place::Known(port), Place::Look(at, l3.vrf, session)),
            }
        }
        for vrf in (0..device.vrfs.len()).filter(|_| !holes.is_empty()) {
            self.look(at, vrf, session, device);
        }
        !holes.is_empty()
    }

    fn holes(&self, at: usize, device: &Device) -> BTreeSet<Hole> {
        let mut out = BTreeSet::new();
        let contexts: BTreeSet<usize> = device.interfaces.iter().map(|i| i.context).collect();
        for (port, interface) in self.layer3(at).into_iter().filter(|_| !device.helpers.is_empty()) {
            for &context in &contexts {
                let entering = device.interfaces.iter().filter(|i| i.context == context);
                let entering: Vec<&Stage> = entering.flat_map(|i| &i.ingress).collect();
                let leaving: Vec<&Stage> = met(&interface.egress, context).collect();
                let source = |stages: &[&Stage]| self.rewrites(device, stages, Rewrite::is_source);
                let destination = |stages: &[&Stage]| self.rewrites(device, stages, Rewrite::is_destination);
                let translated = (source(&leaving), destination(&entering) || destination(&leaving));
                for (n, stage) in leaving.iter().enumerate() {
                    let Stage::Filter { list, .. } = stage else { continue };
                    let list = device.lists.get(*list).filter(|l| l.family == self.family);
                    // The line sees other addresses than come in, or than leave.
                    let before = leaving.get(..n).unwrap_or_default();
                    let hidden = source(&entering) || source(before) || destination(&leaving);
                    let Some(list) = list else { continue };
                    let mut blocks = controls(device, list);
                    if translated == (false, false) && !hidden {
                        let others = leaving.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, s)| *s);
                        let on_the_way: Vec<&Stage> = others.collect();
                        let mine = |i: &&(Port, &Interface)| i.1.context == context;
                        let entrances: Vec<_> = self.layer3(at).into_iter().collect();
                        let narrowed = entrances.iter().filter(mine).flat_map(|(_, i)| {
                            let stages = met(&i.ingress, context).chain(on_the_way.iter().copied());
                            stages.fold(blocks.clone(), |left, stage| self.passing(device, stage, left))
                        });
                        blocks = narrowed.collect();
                    }
                    for (src, dst) in blocks.iter().map(|b| (b.range(SRC), b.range(DST))) {
                        let all = (0, self.family.max());
                        let (src, dst) = if hidden { (all, all) } else { (src, dst) };
                        let translated = if hidden { (true, true) } else { translated };
                        out.insert(Hole { exit: port.interface, context, src, dst, translated });
                    }
                }
            }
        }
        out
    }

    /// What of some blocks the lines of a filter that ends in a deny may permit.
    fn passing(&self, device: &Device, stage: &Stage, blocks: Vec<Block>) -> Vec<Block> {
        let Stage::Filter { list, .. } = stage else { return blocks };
        let Some(list) = device.lists.get(*list).filter(|l| l.family == self.family) else { return blocks };
        let permits = list.lines.iter().filter(|l| l.action != Action::Deny);
        let permits: Vec<Block> = permits.flat_map(|l| outer(&l.matches, self.family)).collect();
        if list.default != Action::Deny || permits.len().saturating_mul(blocks.len()) > PAIRS {
            return blocks;
        }
        blocks.iter().flat_map(|b| permits.iter().filter_map(|p| b.meet(p))).collect()
    }

    /// Whether some translation among the stages changes what is asked for.
    fn rewrites(&self, device: &Device, stages: &[&Stage], asked: fn(&Rewrite) -> bool) -> bool {
        let inner = |stage: &&Stage| match stage {
            Stage::When { stage, .. } => (**stage).clone(),
            stage => (*stage).clone(),
        };
        let tables = stages.iter().map(inner).filter_map(|stage| match stage {
            Stage::Nat { table, .. } => device.nats.get(table),
            _ => None,
        });
        let mut rules = tables.flat_map(|t| &t.rules).filter(|r| r.family == self.family);
        rules.any(|r| r.rewrites.iter().any(asked))
    }
}

/// The stages that packets of a context meet.
fn met(stages: &[Stage], context: usize) -> impl Iterator<Item = &Stage> {
    stages.iter().filter_map(move |stage| match stage {
        Stage::When { from, stage } => from.contains(&context).then_some(&**stage),
        stage => Some(stage),
    })
}

/// The control sessions that a list may let open.
fn controls(device: &Device, list: &List) -> Vec<Block> {
    let family = list.family;
    let opening = list.lines.iter().filter(|l| l.opens && l.action != Action::Deny);
    let mut blocks: Vec<Block> = opening.flat_map(|l| outer(&l.matches, family)).collect();
    if list.default_opens && list.default != Action::Deny {
        blocks.push(Block::full(family));
    }
    let heads: Vec<Block> = device
        .helpers
        .iter()
        .map(|h| {
            let (proto, ports) = (u128::from(h.proto), (u128::from(h.ports.0), u128::from(h.ports.1)));
            Block::full(family).with(PROTO, (proto, proto)).with(DPORT, ports).with(FRAGMENT, (0, 0))
        })
        .collect();
    blocks.iter().flat_map(|b| heads.iter().filter_map(|h| b.meet(h))).collect()
}

impl Hole {
    /// What packets that arrive on an interface of a context may become.
    fn changes<'n>(&self, family: Family, port: Port, context: usize) -> Vec<Change<'n>> {
        let full = Block::full(family);
        let all = (0, family.max());
        let far = if self.translated.0 { all } else { self.src };
        let near = if self.translated.1 { all } else { self.dst };
        let between = |src, dst| vec![full.with(SRC, src).with(DST, dst)];
        let translated = self.translated != (false, false);
        let change = |arrives, becomes| match translated {
            true => Change::Make(arrives, becomes),
            false => Change::Within(arrives),
        };
        let mut out = Vec::new();
        if port.interface == self.exit {
            out.push(change(between(self.dst, far), between(near, self.src)));
        }
        if context == self.context {
            out.push(change(between(self.src, near), between(far, self.dst)));
        }
        out
    }
}
