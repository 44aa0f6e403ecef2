//! From devices and a policy to everything that a question needs: layer 2, tables, locations, graph.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::OnceLock;

use rayon::prelude::*;
use sekisho_diag::{Diagnostic, SourceMap, Spanned};
use sekisho_header_space::SetError;
use sekisho_model::{Device, Tri, VrfId};
use sekisho_net::Family;
use sekisho_reference::format::Network;

use crate::graph::location::{Context, Domains};
use crate::graph::transfer::Op;
use crate::graph::{Changed, Filters, Graph, Input, Sets};
use crate::policy::{Attachment, Date, Declared, InterfaceRef, Policy};
use crate::proof::export::{self, KnownNeighbour, PlainNetwork};
use crate::proof::{
    self, Because, Before, Evidence, Invariants, Kept, Note, ProofError, Question, Reason, Report, Whitelist,
};
use crate::routing::{Fib, Routing};
use crate::topology::{PortLink, PortRef, Topology};

/// Nodes that the packet sets of a family may hold.
pub(crate) const NODE_BUDGET: usize = 1 << 25;

/// Everything that follows from a snapshot and a policy before any question is asked.
pub struct Analysis {
    /// Layer 2.
    pub topology: Topology,
    /// Tables by (device, VRF index, family).
    pub fibs: BTreeMap<(usize, u32, Family), Fib>,
    /// Who is where.
    pub domains: Domains,
    /// The graph under the routes that were given.
    pub graph: Graph,
    /// The graph under any routes.
    pub any: Graph,
    /// The packet sets of both.
    pub sets: Sets,
    /// Lists and translation tables, compiled in these sets.
    pub(crate) filters: Filters,
    /// Declared cables between ports that the snapshot has.
    pub links: Vec<PortLink>,
    /// Declared cables that name a port which no config has.
    pub lost_links: Vec<Reason>,
    /// What the proofs take over, and what the next ones may.
    pub(crate) memory: Memory,
}

/// What goes from proofs to proofs.
#[derive(Default)]
pub(crate) struct Memory {
    /// Where a run after this one is expected: the policy, and the paths of all files.
    pub(crate) of: Option<(Policy, Vec<String>)>,
    pub(crate) before: Option<Before>,
    pub(crate) after: OnceLock<Kept>,
}

/// Why no analysis is possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// Two attachments of the policy disagree.
    #[error("the attachments of the policy contradict each other")]
    Policy(Vec<Diagnostic>),
    /// The packet sets outgrew their budget.
    #[error(transparent)]
    Sets(#[from] SetError),
}

/// Builds the graph of a snapshot under a policy.
///
/// # Errors
/// [`AnalysisError`] when attachments disagree, or the packet sets outgrow their budget.
pub fn analyze(devices: &[Device], policy: &Policy, sources: &SourceMap) -> Result<Analysis, AnalysisError> {
    let fresh = Known { fibs: BTreeMap::new(), sets: Sets::new(NODE_BUDGET), filters: Filters::default() };
    analyze_with(devices, policy, sources, fresh)
}

/// Parts of an earlier analysis that hold for these devices as well.
pub(crate) struct Known {
    /// Tables of unchanged devices.
    pub(crate) fibs: Fibs,
    /// Packet sets.
    pub(crate) sets: Sets,
    /// Lists and translation tables of unchanged devices, compiled in `sets`.
    pub(crate) filters: Filters,
}

/// Tables by (device, VRF index, family).
type Fibs = BTreeMap<(usize, u32, Family), Fib>;

/// As [`analyze`], with what is known already.
pub(crate) fn analyze_with(
    devices: &[Device],
    policy: &Policy,
    sources: &SourceMap,
    known: Known,
) -> Result<Analysis, AnalysisError> {
    let Known { fibs: known, mut sets, mut filters } = known;
    let (links, lost_links) = cables(devices, policy, sources);
    let attached = attached_ports(devices, policy);
    let topology = Topology::build(devices, &links, &attached);
    let fibs = tables_with(devices, known);
    let context = Context { devices, topology: &topology, fibs: &fibs, policy };
    let domains = Domains::build(&context);
    if !domains.errors.is_empty() {
        return Err(AnalysisError::Policy(domains.errors));
    }
    let input = Input { devices, topology: &topology, fibs: &fibs, domains: &domains, policy };
    let (graph, any) = Graph::build_both_with(&input, &mut sets, &mut filters)?;
    sets.freeze();
    let memory = Memory::default();
    Ok(Analysis { topology, fibs, domains, graph, any, sets, filters, links, lost_links, memory })
}

impl Analysis {
    /// Puts what some devices do now in the place of what they did; `None` when that cannot be done, and
    /// the graphs are as they were. `devices` are those of the analysis but for lists, translations, policy
    /// routes and stages of the changed ones. Tells what is another in the two graphs.
    ///
    /// # Errors
    /// [`SetError`] when the packet sets outgrow their budget.
    pub(crate) fn redo(
        &mut self,
        devices: &[Device],
        policy: &Policy,
        changed: &BTreeSet<usize>,
    ) -> Result<Option<(Changed, Changed)>, SetError> {
        self.filters.forget(changed);
        let Self { topology, fibs, domains, graph, any, sets, filters, .. } = self;
        let input = Input { devices, topology, fibs, domains, policy };
        let in_given = graph.redo(&input, Routing::Given, sets, filters, changed)?;
        let in_any = any.redo(&input, Routing::Any, sets, filters, changed)?;
        sets.freeze();
        // Both or none: a graph that is compared later must be the one of the run before.
        Ok(in_given.zip(in_any).map(|(in_given, in_any)| (graph.take(in_given), any.take(in_any))))
    }
}

/// The plain network of the reference semantics for devices alone, as `trace` and `filter` need it.
#[must_use]
pub fn network_of(devices: &[Device], policy: Option<&Policy>, sources: &SourceMap) -> Network {
    let Some(policy) = policy else { return export::network(devices, sources, &[], &[]) };
    let (links, _) = cables(devices, policy, sources);
    let mut known: BTreeSet<IpAddr> = BTreeSet::new();
    for attachment in attachments(policy) {
        known.extend(attachment.next_hops.iter().map(|n| n.value));
    }
    export::network(devices, sources, &to_export(&links), &neighbours(policy, &known))
}

/// Tables of every VRF and family.
#[must_use]
pub fn tables(devices: &[Device]) -> BTreeMap<(usize, u32, Family), Fib> {
    tables_with(devices, BTreeMap::new())
}

/// Tables of every VRF and family, those that are known taken over.
fn tables_with(devices: &[Device], mut known: Fibs) -> Fibs {
    let mut keys = Vec::new();
    for (index, device) in devices.iter().enumerate() {
        for vrf in 0..device.vrfs.len() {
            for family in Family::ALL {
                keys.push((index, u32::try_from(vrf).unwrap_or(u32::MAX), family));
            }
        }
    }
    keys.retain(|key| !known.contains_key(key));
    let new = keys
        .into_par_iter()
        .filter_map(|key| Some((key, Fib::build(devices.get(key.0)?, VrfId(key.1), key.2))));
    known.extend(new.collect::<Vec<_>>());
    known
}

impl Analysis {
    /// Whether other devices, which differ in lists, translations, policy routes and stages of the changed ones,
    /// let nothing out of invariants of this analysis. Sets that are made for it come after the frozen ones.
    ///
    /// # Errors
    /// [`ProofError`] when the packet sets outgrow their budget.
    pub(crate) fn lets_nothing_out(
        &mut self,
        devices: &[Device],
        policy: &Policy,
        changed: &BTreeSet<usize>,
        invariants: &Invariants,
    ) -> Result<bool, ProofError> {
        self.filters.forget(changed);
        let Self { topology, fibs, domains, graph, sets, filters, .. } = self;
        let input = Input { devices, topology, fibs, domains, policy };
        let Some(remade) = graph.redo(&input, Routing::Given, sets, filters, changed)? else {
            return Ok(false);
        };
        // SOUNDNESS: a translation that begins or ends is another edge, or no edge in its place.
        let helps = proof::sessions::may_help(remade.exits(), devices, sets)?
            || remade
                .differing(graph)
                .any(|(_, _, edge)| edge.ops.iter().any(|op| matches!(op, Op::Translate(_))));
        Ok(!helps && invariants.hold(graph, sets, &remade)?)
    }

    /// The plain network of the reference semantics, built when it is first asked for.
    #[must_use]
    pub fn network<'a>(
        &'a self,
        devices: &'a [Device],
        policy: &'a Policy,
        sources: &'a SourceMap,
    ) -> PlainNetwork<'a> {
        PlainNetwork::new(move || {
            let neighbours = neighbours(policy, &self.domains.known);
            export::network(devices, sources, &to_export(&self.links), &neighbours)
        })
    }

    /// Judges every pair. `blocked` are reasons why nothing may be proven, `open_ended` the inputs that
    /// do not show where they end.
    ///
    /// # Errors
    /// [`ProofError`] when the packet sets outgrow their budget.
    pub fn prove(
        &self,
        devices: &[Device],
        policy: &Policy,
        sources: &SourceMap,
        as_of: Date,
        blocked: &[Reason],
        open_ended: &[String],
    ) -> Result<Report, ProofError> {
        let all = self.blocked(blocked);
        let question = self.question(devices, policy, sources, as_of, &all, open_ended);
        let Memory { of, before, after } = &self.memory;
        let (report, kept) = proof::prove_again(&question, before.as_ref(), of.is_some())?;
        if let Some(kept) = kept {
            // Who asks twice is told the same; the first proofs will do.
            let _ = after.set(kept);
        }
        Ok(report)
    }

    /// Reasons why nothing may be proven, with those that the analysis itself found.
    #[must_use]
    pub fn blocked(&self, blocked: &[Reason]) -> Vec<Reason> {
        blocked.iter().chain(&self.lost_links).cloned().collect()
    }

    /// What a proof is made from. `blocked` are all reasons why nothing may be proven, `open_ended` the
    /// inputs that do not show where they end.
    #[must_use]
    pub fn question<'a>(
        &'a self,
        devices: &'a [Device],
        policy: &'a Policy,
        sources: &'a SourceMap,
        as_of: Date,
        blocked: &'a [Reason],
        open_ended: &'a [String],
    ) -> Question<'a> {
        Question {
            devices,
            topology: &self.topology,
            domains: &self.domains,
            graph: &self.graph,
            any: &self.any,
            fibs: &self.fibs,
            sets: &self.sets,
            policy,
            as_of,
            sources,
            network: self.network(devices, policy, sources),
            whitelist: Whitelist::default(),
            blocked,
            open_ended,
        }
    }
}

fn attachments(policy: &Policy) -> impl Iterator<Item = &Attachment> {
    policy.zones.iter().map(|z| &z.attachment).chain(policy.externals.iter().map(|e| &e.attachment))
}

/// Devices by name, the first of each.
fn names(devices: &[Device]) -> HashMap<&str, usize> {
    let mut out = HashMap::with_capacity(devices.len());
    for (index, device) in devices.iter().enumerate() {
        out.entry(device.name.as_str()).or_insert(index);
    }
    out
}

/// The port of a reference, if the snapshot has it.
fn find_port(devices: &[Device], names: &HashMap<&str, usize>, reference: &InterfaceRef) -> Option<PortRef> {
    let device = names.get(reference.device.as_str()).copied().or_else(|| {
        let mut hits =
            devices.iter().enumerate().filter(|(_, d)| d.name.eq_ignore_ascii_case(&reference.device));
        hits.next().filter(|_| hits.next().is_none()).map(|(i, _)| i)
    });
    let Some(device) = device else { return port_of_box(devices, reference) };
    let (interface, _) = devices.get(device)?.find_interface(&reference.interface)?;
    Some(PortRef { device, interface })
}

/// The port of a box that is divided into virtual systems, named by the box: the one that owns it.
fn port_of_box(devices: &[Device], reference: &InterfaceRef) -> Option<PortRef> {
    let mut hits = devices.iter().enumerate().filter_map(|(device, d)| {
        let inside = d.name.strip_prefix(&reference.device)?.starts_with('/');
        let (interface, found) = d.find_interface(&reference.interface).filter(|_| inside)?;
        found.same_port.is_none().then_some(PortRef { device, interface })
    });
    hits.next().filter(|_| hits.next().is_none())
}

/// Declared cables, and those that name a port which no config has.
fn cables(devices: &[Device], policy: &Policy, sources: &SourceMap) -> (Vec<PortLink>, Vec<Reason>) {
    let mut links = Vec::new();
    let mut lost = Vec::new();
    let names = names(devices);
    for link in &policy.links {
        let ends = [&link.a, &link.b].map(|end| (find_port(devices, &names, &end.value), end));
        if let [(Some(a), _), (Some(b), _)] = ends {
            links.push(PortLink { a, b, span: Some(link.span) });
            continue;
        }
        for (_, end) in ends.iter().filter(|(port, _)| port.is_none()) {
            lost.push(lost_end(end, sources));
        }
    }
    (links, lost)
}

fn lost_end(end: &Spanned<InterfaceRef>, sources: &SourceMap) -> Reason {
    let name = end.value.to_string();
    let place = Evidence {
        file: sources.path(end.span.file).to_owned(),
        line: sources.line(end.span),
        note: Note::LostCable { end: name.clone() },
    };
    Reason::new(Some(place), Because::LostCable { end: name })
}

/// Ports whose far side the policy names.
fn attached_ports(devices: &[Device], policy: &Policy) -> BTreeSet<PortRef> {
    let names = names(devices);
    let interfaces = attachments(policy).flat_map(|a| &a.interfaces);
    interfaces.filter_map(|i| find_port(devices, &names, &i.value)).collect()
}

fn to_export(links: &[PortLink]) -> Vec<export::PortLink> {
    let end = |p: PortRef| (p.device, p.interface);
    links.iter().map(|l| export::PortLink { a: end(l.a), b: end(l.b) }).collect()
}

fn neighbours(policy: &Policy, known: &BTreeSet<IpAddr>) -> Vec<KnownNeighbour> {
    let mut out: Vec<KnownNeighbour> = policy
        .hosts
        .iter()
        .map(|h| KnownNeighbour {
            addresses: h.addresses.iter().map(|a| a.value).collect(),
            forwards: match h.forwards {
                Declared::Yes => Tri::Yes,
                Declared::No => Tri::No,
                Declared::Unknown => Tri::Unknown,
            },
        })
        .collect();
    let hosts: BTreeSet<IpAddr> = out.iter().flat_map(|n| n.addresses.iter().copied()).collect();
    for addr in known.difference(&hosts) {
        out.push(KnownNeighbour { addresses: vec![*addr], forwards: Tri::No });
    }
    out
}
