//! Proving again after a change: what did not change is taken over from the run before.
//!
//! A [`Recheck`] remembers parsed files by content, forwarding tables, compiled lists, the packet sets, and what
//! was found out from each source. Verdicts and reports are those of a run from nothing: a part is taken over
//! only where it is certain that it would be the same ([`crate::proof`] says when).
//!
//! Where only lists, translations and policy routes changed, layer 2, tables and domains stay, and the edges
//! inside the changed devices are made again. Otherwise all of it is built anew and compared.

use std::collections::BTreeSet;
use std::path::Path;

use sekisho_diag::SourceMap;
use sekisho_model::Device;
use sekisho_net::Family;

use crate::analysis::{self, Analysis, AnalysisError, Known, Memory};
use crate::graph::location::{Domain, Domains};
use crate::graph::{Changed, Sets};
use crate::policy::Policy;
use crate::proof::{Before, Kept};
use crate::snapshot::{Cache, LoadOptions, Snapshot, SnapshotError};

/// How many times as many nodes as after the first run the packet sets may hold before they are made anew.
const GROWTH: usize = 3;

/// What is kept from run to run.
#[derive(Default)]
pub struct Recheck {
    cache: Cache,
    last: Option<Last>,
    /// Nodes of the packet sets when they were last made from nothing.
    nodes: usize,
    unchanged_sources: usize,
}

/// The run before.
struct Last {
    devices: Vec<Device>,
    policy: Policy,
    /// Paths of all files, in the order of their ids.
    paths: Vec<String>,
    analysis: Analysis,
    kept: Option<Kept>,
}

impl Recheck {
    /// Reads a snapshot; files that have not changed are not parsed again.
    ///
    /// # Errors
    /// As [`crate::snapshot::load`].
    pub fn load(&mut self, path: &Path, options: &LoadOptions) -> Result<Snapshot, SnapshotError> {
        self.cache.load(path, options)
    }

    /// Files that the last load did not parse again.
    #[must_use]
    pub fn unchanged_files(&self) -> usize {
        self.cache.hits()
    }

    /// Sources from which the last run that was kept did not search again.
    #[must_use]
    pub fn unchanged_sources(&self) -> usize {
        self.unchanged_sources
    }

    /// Builds the graph as [`analysis::analyze`] does.
    ///
    /// # Errors
    /// As [`analysis::analyze`].
    pub fn analyze(
        &mut self,
        devices: &[Device],
        policy: &Policy,
        sources: &SourceMap,
    ) -> Result<Analysis, AnalysisError> {
        let paths: Vec<String> = sources.iter().map(|(_, file)| file.path().to_owned()).collect();
        let mut analysis = match self.last.take() {
            Some(last) => last.again(devices, policy, sources, &paths)?,
            None => analysis::analyze(devices, policy, sources)?,
        };
        analysis.memory.of = Some((policy.clone(), paths));
        if self.nodes == 0 {
            self.nodes = nodes(&analysis.sets);
        }
        Ok(analysis)
    }

    /// Keeps the parts of a finished run for the next.
    pub fn keep(&mut self, devices: Vec<Device>, mut analysis: Analysis) {
        let mut memory = std::mem::take(&mut analysis.memory);
        let Some((policy, paths)) = memory.of.take() else { return };
        let mut kept = memory.after.take();
        self.unchanged_sources = kept.as_ref().map_or(0, Kept::unchanged);
        if let Some(kept) = &mut kept {
            // The sets of the targets come after those of the graphs.
            std::mem::swap(&mut analysis.sets, &mut kept.base);
        }
        if nodes(&analysis.sets) > self.nodes.saturating_mul(GROWTH) {
            // Sets of lists that no device has any more are in the way.
            self.nodes = 0;
            return;
        }
        self.last = Some(Last { devices, policy, paths, analysis, kept });
    }
}

fn nodes(sets: &Sets) -> usize {
    Family::ALL.into_iter().map(|family| sets.get(family).node_count()).sum()
}

impl Last {
    /// The analysis of other devices, with what holds of this run.
    fn again(
        mut self,
        devices: &[Device],
        policy: &Policy,
        sources: &SourceMap,
        paths: &[String],
    ) -> Result<Analysis, AnalysisError> {
        let longest = self.devices.len().max(devices.len());
        let changed: BTreeSet<usize> =
            (0..longest).filter(|index| self.devices.get(*index) != devices.get(*index)).collect();
        let alike = self.devices.len() == devices.len() && self.policy == *policy && self.paths == paths;
        // Where they cannot be made again, the graphs are as they were.
        if alike
            && changed.iter().all(|at| is_wired_alike(self.devices.get(*at), devices.get(*at)))
            && let Some((given, any)) = self.analysis.redo(devices, policy, &changed)?
        {
            let before = self.kept.map(|kept| before(kept, devices, sources, changed, true, (given, any)));
            self.analysis.memory = Memory { before, ..Memory::default() };
            return Ok(self.analysis);
        }
        let Self { analysis: then, kept, devices: old, .. } = self;
        let Analysis { mut fibs, sets, mut filters, graph, any, domains, .. } = then;
        // SOUNDNESS: tables and lists depend on their device alone, and devices are compared as a whole.
        fibs.retain(|(device, _, _), _| !changed.contains(device));
        filters.forget(&changed);
        let mut analysis = analysis::analyze_with(devices, policy, sources, Known { fibs, sets, filters })?;
        let lost = |devices: &[Device]| devices.iter().any(|d| d.anywhere_poison().is_some());
        if let Some(kept) = kept.filter(|_| alike && lost(&old) == lost(devices))
            && are_alike(&domains, &analysis.domains)
            && let Some(given) = analysis.graph.changed_from(&graph, &changed)
            && let Some(any) = analysis.any.changed_from(&any, &changed)
        {
            analysis.memory.before = Some(before(kept, devices, sources, changed, false, (given, any)));
        }
        Ok(analysis)
    }
}

fn before(
    kept: Kept,
    all: &[Device],
    sources: &SourceMap,
    devices: BTreeSet<usize>,
    wired: bool,
    (given, any): (Changed, Changed),
) -> Before {
    let files = devices.iter().filter_map(|at| all.get(*at)).flat_map(|d| &d.files);
    let files = files.map(|file| sources.path(*file).to_owned()).collect();
    Before { kept, devices, files, wired, given, any }
}

/// Whether two devices are the same but for what is inside: lists, translations, policy routes, helpers, and the
/// stages that bind them.
// SOUNDNESS: layer 2, tables, domains and the edges between devices are made of the rest; places in the files
// are compared as well, as joins and domains hold some.
pub(crate) fn is_wired_alike(a: Option<&Device>, b: Option<&Device>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    wiring(a) == wiring(b)
}

fn wiring(device: &Device) -> Device {
    let mut out = device.clone();
    out.lists.clear();
    out.sets.clear();
    out.nats.clear();
    out.policy_routes.clear();
    out.helpers.clear();
    out.management.clear();
    out.assumptions.clear();
    for interface in &mut out.interfaces {
        interface.ingress.clear();
        interface.egress.clear();
    }
    out
}

/// Whether the same domains are in the same places, wherever that is written.
fn are_alike(a: &Domains, b: &Domains) -> bool {
    let places = |d: &Domain| -> Vec<_> {
        d.locations.iter().map(|l| (l.place, l.next_hop, l.port, l.others_only)).collect()
    };
    let like = |(a, b): (&Domain, &Domain)| {
        a.id == b.id && a.kind == b.kind && a.unlocated == b.unlocated && places(a) == places(b)
    };
    a.list.len() == b.list.len() && a.known == b.known && a.list.iter().zip(&b.list).all(like)
}
