//! Steps with some doubts resolved in the harmless way: what passes only because of a doubt does not pass.
//!
//! A line of a list is decided as it stands (a permit matches no more than it must, a deny all that it may),
//! and the rest of the list is read anew. Where several things could each make a step happen (two wires may
//! be one for two reasons, routes may come from two places), it happens unless all of them are resolved;
//! anything else stops it alone.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_header_space::{Manager, Set, SetError};
use sekisho_model::{Action, Device, Line, NatRule, Predicate, RuleList};

use super::transfer::{self, Op, Pair};
use super::{Edge, Graph, Sets};
use crate::routing::{Doubt, Of, Why};
use petgraph::graph::EdgeIndex;
use sekisho_diag::Span;
use sekisho_net::Family;

/// A doubt by what it is about, wherever it is met.
pub type Key = (Option<Span>, Why);

/// The key of a doubt.
#[must_use]
pub fn key(doubt: &Doubt) -> Key {
    (doubt.span, doubt.why.clone())
}

/// The steps of a graph by the doubts about them.
pub struct Doubtful {
    edges: BTreeMap<Key, Vec<EdgeIndex>>,
}

/// The operations of steps that are other ones with some doubts resolved.
#[derive(Default)]
pub struct Resolved {
    steps: BTreeMap<EdgeIndex, Vec<Op>>,
}

impl Resolved {
    /// The operations of a step.
    #[must_use]
    pub fn ops<'a>(&'a self, at: EdgeIndex, edge: &'a Edge) -> &'a [Op] {
        self.steps.get(&at).map_or(edge.ops.as_slice(), Vec::as_slice)
    }
}

impl Doubtful {
    /// The doubts of a graph.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let mut edges: BTreeMap<Key, Vec<EdgeIndex>> = BTreeMap::new();
        for at in graph.graph.edge_indices() {
            for doubt in graph.graph.edge_weight(at).into_iter().flat_map(|e| &e.doubts) {
                edges.entry(key(doubt)).or_default().push(at);
            }
        }
        Self { edges }
    }

    /// The steps with these doubts resolved.
    ///
    /// # Errors
    /// [`SetError`] when the packet sets outgrow their budget.
    pub fn resolve(
        &self,
        graph: &Graph,
        devices: &[Device],
        sets: &mut Sets,
        keys: &BTreeSet<Key>,
    ) -> Result<Resolved, SetError> {
        let touched: BTreeSet<EdgeIndex> =
            keys.iter().filter_map(|k| self.edges.get(k)).flatten().copied().collect();
        let mut lists: BTreeMap<(usize, u32, Family), Pair> = BTreeMap::new();
        let mut out = Resolved::default();
        for at in touched {
            let Some((from, _)) = graph.graph.edge_endpoints(at) else { continue };
            let (Some(&(family, _)), Some(edge)) =
                (graph.graph.node_weight(from), graph.graph.edge_weight(at))
            else {
                continue;
            };
            let mut step = Step { devices, edge, keys, lists: &mut lists, sets: sets.of(family), family };
            out.steps.insert(at, step.ops()?);
        }
        Ok(out)
    }
}

/// One step that some doubts are about.
struct Step<'a> {
    devices: &'a [Device],
    edge: &'a Edge,
    keys: &'a BTreeSet<Key>,
    /// Lists with the doubts about them resolved.
    lists: &'a mut BTreeMap<(usize, u32, Family), Pair>,
    sets: &'a mut Manager,
    family: Family,
}

impl Step<'_> {
    fn is_resolved(&self, doubt: &Doubt) -> bool {
        self.keys.contains(&key(doubt))
    }

    fn ops(&mut self) -> Result<Vec<Op>, SetError> {
        let closed = self.is_closed();
        let own: BTreeSet<usize> = self.edge.doubts.iter().filter_map(|d| d.of.map(Of::op)).collect();
        let mut out = Vec::with_capacity(self.edge.ops.len());
        if closed && self.edge.ops.iter().any(|op| matches!(op, Op::Havoc | Op::Forget(_))) {
            return Ok(vec![Op::Keep(Pair::EMPTY)]);
        }
        for (at, op) in self.edge.ops.iter().enumerate() {
            let about = self.edge.doubts.iter().filter(|d| d.of.map(Of::op) == Some(at));
            let resolved: Vec<&Doubt> = about.filter(|d| self.is_resolved(d)).collect();
            match op {
                Op::Keep(pair) if closed && !own.contains(&at) => out.push(Op::Keep(Pair::exact(pair.sure))),
                Op::Keep(pair) if !resolved.is_empty() => {
                    let pair = match resolved.first().and_then(|d| d.of) {
                        Some(Of::Line { device, list, .. }) => self.list(device, list.0, *pair)?,
                        _ => Pair::exact(pair.sure),
                    };
                    out.push(Op::Keep(pair));
                }
                Op::Translate(_) if !resolved.is_empty() => {
                    let doubtful = self.doubtfully_translated(&resolved)?;
                    let keep = self.sets.complement(doubtful)?;
                    out.push(Op::Keep(Pair::exact(keep)));
                    out.push(op.clone());
                }
                _ => out.push(op.clone()),
            }
        }
        Ok(out)
    }

    /// Whether the step as a whole does not happen: all that could make it happen is resolved, or something
    /// without which it does not.
    fn is_closed(&self) -> bool {
        let whole = self.edge.doubts.iter().filter(|d| d.of.is_none());
        let (either, needed): (Vec<&Doubt>, Vec<&Doubt>) = whole.partition(|d| d.why.is_one_of_several());
        needed.iter().any(|d| self.is_resolved(d))
            || (!either.is_empty() && either.iter().all(|d| self.is_resolved(d)))
    }

    /// A list with its doubtful lines decided where they are resolved.
    fn list(&mut self, device: usize, list: u32, before: Pair) -> Result<Pair, SetError> {
        let at = (device, list, self.family);
        if let Some(known) = self.lists.get(&at) {
            return Ok(*known);
        }
        let Some(model) = self.devices.get(device).and_then(|d| d.lists.get(list as usize)) else {
            return Ok(before);
        };
        let resolved: BTreeSet<Span> = self
            .keys
            .iter()
            .filter(|(_, why)| matches!(why, Why::ListLine { list, .. } if *list == model.name))
            .filter_map(|(span, _)| *span)
            .collect();
        let pair = transfer::compile_list(&decided(model, &resolved), false, self.sets)?;
        self.lists.insert(at, pair);
        Ok(pair)
    }

    /// Packets that the resolved rules of a translation may get and need not.
    fn doubtfully_translated(&mut self, resolved: &[&Doubt]) -> Result<Set, SetError> {
        let mut out = Vec::new();
        for doubt in resolved {
            let Some(Of::Rule { device, table, rule, .. }) = doubt.of else { continue };
            let Some(model) = self.devices.get(device).and_then(|d| d.nat(table)) else { continue };
            let mut before = Vec::new();
            for earlier in model.rules.iter().take(rule).filter(|r| r.family == self.family) {
                before.push(self.sets.cubes(earlier.matches.must())?);
            }
            let Some(rule) = model.rules.get(rule).filter(|r| r.family == self.family) else { continue };
            let unsure = self.unsure(rule)?;
            let before = self.sets.union_all(before)?;
            out.push(self.sets.diff(unsure, before)?);
        }
        self.sets.union_all(out)
    }

    fn unsure(&mut self, rule: &NatRule) -> Result<Set, SetError> {
        let may = self.sets.cubes(&rule.matches.may)?;
        if rule.may_skip {
            return Ok(may);
        }
        let must = self.sets.cubes(rule.matches.must())?;
        self.sets.diff(may, must)
    }
}

/// The list with some lines decided.
fn decided(list: &RuleList, resolved: &BTreeSet<Span>) -> RuleList {
    let mut out = list.clone();
    for line in out.lines.iter_mut().filter(|l| resolved.contains(&l.span)) {
        let Line { action, matches, .. } = line;
        let cubes = match action {
            Action::Permit => matches.must().to_vec(),
            Action::Deny | Action::Unknown => std::mem::take(&mut matches.may),
        };
        if *action == Action::Unknown {
            *action = Action::Deny;
        }
        *matches = Predicate::exact(cubes);
    }
    out
}
