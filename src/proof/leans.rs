//! The routes that a proof under the routes given leans on, none of which can be left out.
//!
//! Something left out may decide any way: a look-up may send its destinations anywhere, a source check lets
//! every source pass. First whole look-ups and checks are left out, then, of the look-ups that are needed,
//! the destinations of one route after the other. What is found is minimal: without any one of it the pair
//! is not proven. It need not be the smallest, and within a bounded number of steps it may not be found.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::NodeIndex;
use rayon::prelude::*;
use sekisho_diag::Span;
use sekisho_header_space::Set;
use sekisho_model::{Stage, VrfId};
use sekisho_net::{Family, Field, Prefix};

use super::any::{Candidate, Way};
use super::kept::Before;
use super::target::{Sink, Targets};
use super::verdict::evidence;
use super::{Evidence, Note, PairVerdict, ProofError, Question, Verdict, any, isolation};
use crate::graph::location::DomainId;
use crate::graph::{Graph, Input, Lean, Node, Sets};
use crate::routing::{Routing, regions};
use crate::search::{Kept, Met, Order, Rules};
use crate::topology::PortRef;

/// Edges that may be followed for all pairs of a run together.
const STEPS: usize = 2_000_000;
/// Edges that may be followed for one pair.
const STEPS_OF_PAIR: usize = 500_000;
/// A trial costs one step for so many edges of the graph, besides those that it follows.
const LOOKED_AT: usize = 16;
/// Trials without which nothing is found out.
const LEAST: usize = 8;

/// What a proof leans on that routes decide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leaning {
    /// A look-up.
    Look {
        /// The device.
        device: String,
        /// Its VRF.
        vrf: String,
        /// Which destinations.
        destinations: Destinations,
        /// The routes.
        lines: Vec<Evidence>,
    },
    /// The source check of an interface.
    SourceCheck {
        /// The device.
        device: String,
        /// The interface.
        interface: String,
        /// The check.
        lines: Vec<Evidence>,
    },
    /// Where the next hops of a policy route lead.
    PolicyRoute {
        /// The device.
        device: String,
        /// The interface where it is bound.
        interface: String,
        /// The policy route.
        lines: Vec<Evidence>,
    },
}

impl Leaning {
    fn lines(&self) -> &[Evidence] {
        match self {
            Self::Look { lines, .. } | Self::SourceCheck { lines, .. } | Self::PolicyRoute { lines, .. } => {
                lines
            }
        }
    }
}

/// The destinations of a look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destinations {
    /// All of them: which routes in particular was not found out.
    All,
    /// Those for which the routes to a prefix are the longest match.
    Of(Prefix),
    /// Those of a family without a route.
    WithoutRoute(Family),
}

/// What one pair leans on.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leanings {
    /// Sorted.
    pub on: Vec<Leaning>,
    /// Whether none can be left out; else the steps did not suffice to find out.
    pub minimal: bool,
}

/// What was found out, for the run after.
#[derive(Default)]
pub(super) struct Found {
    /// Nodes of the graph under either routing.
    nodes: BTreeMap<(Family, Node), NodeIndex>,
    steps: usize,
    /// By pair, with the nodes that were looked at.
    pairs: BTreeMap<(DomainId, DomainId), (Leanings, Met)>,
}

impl Found {
    /// What a pair leans on, if it is as before.
    // SOUNDNESS: the graph under either routing has the edges of the other two and the same shape as before;
    // a search for what is left out looks at the edges of the nodes that it met, and at nothing else of them.
    fn again(
        &self,
        before: &Before,
        changed: &BTreeSet<(Family, Node)>,
        pair: (DomainId, DomainId),
    ) -> Option<&(Leanings, Met)> {
        let found = self.pairs.get(&pair)?;
        let (leanings, met) = found;
        let moved = |place: &Evidence| before.files.contains(&place.file);
        let is_met = |place: &(Family, Node)| self.nodes.get(place).is_none_or(|index| met.has(*index));
        let told = leanings.on.iter().any(|on| on.lines().iter().any(moved));
        let same = before.wired && !told && !changed.iter().any(is_met);
        same.then_some(found)
    }
}

/// Finds out what the pairs lean on that are proven under the routes given.
pub(super) fn find(
    question: &Question<'_>,
    base: &Sets,
    pairs: &mut [PairVerdict],
    before: Option<&Before>,
) -> Result<Found, ProofError> {
    let mut out = Found::default();
    let located = |id| question.domains.get(id).is_some_and(any::is_located);
    let leans = |p: &PairVerdict| {
        (p.verdict, p.assurance.routing) == (Verdict::Proven, Routing::Given)
            && located(p.from)
            && located(p.to)
    };
    let wanted: Vec<usize> = pairs.iter().enumerate().filter(|(_, p)| leans(p)).map(|(at, _)| at).collect();
    if wanted.is_empty() {
        return Ok(out);
    }
    let steps = (STEPS / wanted.len()).min(STEPS_OF_PAIR);
    out.steps = steps;
    if steps < LEAST * (question.any.graph.edge_count() / LOOKED_AT) {
        for at in wanted {
            pairs.get_mut(at).into_iter().for_each(|pair| pair.leans_on = Some(Leanings::default()));
        }
        return Ok(out);
    }
    let known = before.map(|before| (before, &before.kept.leans)).filter(|(_, f)| f.steps == steps);
    let changed = known.map_or_else(BTreeSet::new, |(before, _)| before.changed_nodes(question));
    let mut left = Vec::new();
    for at in wanted {
        let Some(pair) = pairs.get_mut(at) else { continue };
        let ends = (pair.from, pair.to);
        match known.and_then(|(before, found)| found.again(before, &changed, ends)) {
            Some(found) => {
                pair.leans_on = Some(found.0.clone());
                out.pairs.insert(ends, found.clone());
            }
            None => left.push(at),
        }
    }
    let wanted = left;
    if let Some((_, found)) = known.filter(|_| wanted.is_empty()) {
        out.nodes = found.nodes.clone();
        return Ok(out);
    }
    let input = Input {
        devices: question.devices,
        topology: question.topology,
        fibs: question.fibs,
        domains: question.domains,
        policy: question.policy,
    };
    let mut sets = base.clone();
    let graph = Graph::build_either(&input, &mut sets)?;
    let order = Order::of(&graph);
    let mut sinks: BTreeMap<DomainId, Vec<(Family, Sink)>> = BTreeMap::new();
    for pair in wanted.iter().filter_map(|at| pairs.get(*at)) {
        if let Entry::Vacant(slot) = sinks.entry(pair.to) {
            slot.insert(Targets::sinks_in(question, &graph, &mut sets, pair.to)?);
        }
    }
    sets.freeze();
    let ends: Vec<(DomainId, DomainId)> =
        wanted.iter().filter_map(|at| pairs.get(*at)).map(|p| (p.from, p.to)).collect();
    let found: Vec<Result<(Leanings, Met), ProofError>> = ends
        .into_par_iter()
        .map_init(
            || sets.clone(),
            |sets, (from, to)| {
                let sinks = sinks.get(&to).cloned().unwrap_or_default();
                let search = Search { question, graph: &graph, order: &order, from, to, sinks };
                let found = search.leanings(sets, steps);
                sets.rollback();
                found
            },
        )
        .collect();
    for (at, found) in wanted.into_iter().zip(found) {
        let found = found?;
        if let Some(pair) = pairs.get_mut(at) {
            pair.leans_on = Some(found.0.clone());
            out.pairs.insert((pair.from, pair.to), found);
        }
    }
    out.nodes = graph.into_index();
    Ok(out)
}

/// One pair.
struct Search<'a> {
    question: &'a Question<'a>,
    graph: &'a Graph,
    order: &'a Order,
    from: DomainId,
    to: DomainId,
    sinks: Vec<(Family, Sink)>,
}

/// Something that can be kept as given or left out.
#[derive(Clone)]
struct Item {
    /// Index into [`Graph::leans`].
    lean: usize,
    /// The destinations that it decides about.
    part: Option<Part>,
}

#[derive(Clone)]
struct Part {
    destinations: Destinations,
    family: Family,
    set: Set,
    lines: Vec<Span>,
}

/// How often it was tried, and what is left of the steps.
struct Trial<'a> {
    sets: &'a mut Sets,
    seeds: Vec<(NodeIndex, Set)>,
    source_routes: bool,
    steps: usize,
    met: Met,
}

impl Search<'_> {
    /// What the pair leans on, and the nodes that were looked at.
    fn leanings(&self, sets: &mut Sets, steps: usize) -> Result<(Leanings, Met), ProofError> {
        let Some(domain) = self.question.domains.get(self.from) else { return Ok(<_>::default()) };
        let seeds = isolation::seeds(self.question, self.graph, sets, domain)?;
        let seeds = seeds.into_iter().map(|(node, pair)| (node, pair.may)).collect();
        let source_routes = [self.from, self.to]
            .into_iter()
            .filter_map(|id| self.question.domains.get(id))
            .any(|d| isolation::is_mynumber(self.question, d));
        let mut trial = Trial { sets, seeds, source_routes, steps, met: Met::default() };
        let found = self.least(&mut trial)?;
        Ok((found, trial.met))
    }

    fn least(&self, trial: &mut Trial<'_>) -> Result<Leanings, ProofError> {
        let all: Vec<Item> = (0..self.graph.leans.len()).map(|lean| Item { lean, part: None }).collect();
        // Every proof found is one of this graph as well; should it not be, nothing is claimed.
        let with_all = self.is_proven(trial, &all)? == Some(true);
        let whole = if with_all { self.minimal(trial, &[], true, &all)? } else { None };
        let Some(whole) = whole else { return Ok(Leanings::default()) };
        let mut parts = Vec::new();
        for item in &whole {
            parts.extend(self.parts(trial.sets, item)?);
        }
        let (found, mut minimal) = match self.minimal(trial, &[], true, &parts)? {
            Some(found) => (found, true),
            None => (whole, false),
        };
        for at in 0..found.len() {
            let mut rest = found.clone();
            rest.remove(at);
            minimal = minimal && self.is_proven(trial, &rest)? == Some(false);
        }
        let mut on: Vec<Leaning> = found.iter().filter_map(|item| self.describe(item)).collect();
        on.sort();
        on.dedup();
        Ok(Leanings { on, minimal })
    }

    /// A minimal part of `items` with which, beside `kept`, the pair is proven, given that it is with all of
    /// them; `None` when the steps did not suffice. `tell`: whether `kept` alone was not tried yet. Halves as
    /// `QuickXplain` does (Junker 2004).
    fn minimal(
        &self,
        trial: &mut Trial<'_>,
        kept: &[Item],
        tell: bool,
        items: &[Item],
    ) -> Result<Option<Vec<Item>>, ProofError> {
        if tell {
            match self.is_proven(trial, kept)? {
                None => return Ok(None),
                Some(true) => return Ok(Some(Vec::new())),
                Some(false) => {}
            }
        }
        if items.len() < 2 {
            return Ok(Some(items.to_vec()));
        }
        let (left, right) = items.split_at(items.len() / 2);
        let join = |a: &[Item], b: &[Item]| a.iter().chain(b).cloned().collect::<Vec<Item>>();
        let Some(second) = self.minimal(trial, &join(kept, left), true, right)? else { return Ok(None) };
        let tell = !second.is_empty();
        let Some(first) = self.minimal(trial, &join(kept, &second), tell, left)? else { return Ok(None) };
        Ok(Some(join(&first, &second)))
    }

    /// Whether the pair is proven if only these decide as given.
    fn is_proven(&self, trial: &mut Trial<'_>, kept: &[Item]) -> Result<Option<bool>, ProofError> {
        let looked_at = self.graph.graph.edge_count() / LOOKED_AT;
        let Some(left) = trial.steps.checked_sub(looked_at) else { return Ok(None) };
        trial.steps = left;
        let mut rules = vec![Kept::NONE; self.graph.leans.len()];
        let mut sums: BTreeMap<usize, [Set; 2]> = BTreeMap::new();
        for item in kept {
            let [v4, v6] = sums.entry(item.lean).or_insert([Set::EMPTY; 2]);
            match &item.part {
                None => (*v4, *v6) = (Set::FULL, Set::FULL),
                Some(part) => {
                    let sum = if part.family == Family::V4 { v4 } else { v6 };
                    *sum = trial.sets.of(part.family).or(*sum, part.set)?;
                }
            }
        }
        for (lean, [v4, v6]) in sums {
            if let Some(slot) = rules.get_mut(lean) {
                *slot = Kept::of(trial.sets, v4, v6)?;
            }
        }
        let candidate = Candidate::of(self.question, trial.sets, (self.from, self.to), self.sinks.clone())?;
        let rules = Rules { source_routes: trial.source_routes, kept: &rules };
        let way = Way { graph: self.graph, order: self.order, seeds: &trial.seeds, rules };
        let apart = way.apart(trial.sets, vec![candidate], &mut trial.steps, &mut trial.met)?;
        Ok(apart.map(|apart| apart.contains_key(&self.to)))
    }

    /// A look-up by its routes; anything else as it is.
    fn parts(&self, sets: &mut Sets, item: &Item) -> Result<Vec<Item>, ProofError> {
        let Some(&Lean::Look(device, vrf)) = self.graph.leans.get(item.lean) else {
            return Ok(vec![item.clone()]);
        };
        let Some(device) = self.question.devices.get(device) else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        for family in Family::ALL {
            for region in regions(device, vrf, family) {
                let set = sets.of(family).field_ranges(Field::Dst, &region.ranges)?;
                let destinations = region.prefix.map_or(Destinations::WithoutRoute(family), Destinations::Of);
                let part = Part { destinations, family, set, lines: region.lines };
                out.push(Item { lean: item.lean, part: Some(part) });
            }
        }
        Ok(out)
    }

    fn describe(&self, item: &Item) -> Option<Leaning> {
        let lines = |spans: &[Span]| -> Vec<Evidence> {
            let mut lines: Vec<Evidence> =
                spans.iter().map(|span| evidence(self.question, *span, Note::None)).collect();
            lines.sort();
            lines.dedup();
            lines
        };
        match *self.graph.leans.get(item.lean)? {
            Lean::Look(device, VrfId(vrf)) => {
                let device = self.question.devices.get(device)?;
                let spans = item.part.as_ref().map_or(&[][..], |part| &part.lines);
                Some(Leaning::Look {
                    device: device.name.clone(),
                    vrf: device.vrfs.get(vrf as usize)?.name.clone(),
                    destinations: item.part.as_ref().map_or(Destinations::All, |part| part.destinations),
                    lines: lines(spans),
                })
            }
            Lean::SourceCheck(port) => {
                let (device, interface, spans) = self.bound(port, &|stage| match stage {
                    Stage::AntiSpoof { span, .. } => Some(*span),
                    _ => None,
                })?;
                Some(Leaning::SourceCheck { device, interface, lines: lines(&spans) })
            }
            Lean::PolicyRoute(port) => {
                let (device, interface, spans) = self.bound(port, &|stage| match stage {
                    Stage::PolicyRoute { span, .. } => Some(*span),
                    _ => None,
                })?;
                Some(Leaning::PolicyRoute { device, interface, lines: lines(&spans) })
            }
        }
    }

    /// Device, interface, and the lines of some of its stages.
    fn bound(
        &self,
        port: PortRef,
        line: &dyn Fn(&Stage) -> Option<Span>,
    ) -> Option<(String, String, Vec<Span>)> {
        let device = self.question.devices.get(port.device)?;
        let interface = device.interface(port.interface)?;
        let inner = |stage: &Stage| -> Option<Span> {
            let mut stage = stage;
            while let Stage::When { stage: inside, .. } = stage {
                stage = inside;
            }
            line(stage)
        };
        let spans = interface.ingress.iter().filter_map(inner).collect();
        Some((device.name.clone(), interface.name.clone(), spans))
    }
}
