//! Proving again after a change: what did not change is taken over from the run before.
//!
//! A [`Recheck`] remembers parsed files by content, forwarding tables and compiled lists of devices that
//! are the same as before, and the packet sets. Verdicts and reports are those of a run from nothing:
//! only parts that are equal are taken over, and every search runs again.

use std::collections::BTreeSet;
use std::path::Path;

use sekisho_diag::SourceMap;
use sekisho_model::Device;
use sekisho_net::Family;

use crate::analysis::{self, Analysis, AnalysisError, Known};
use crate::graph::{Filters, Sets};
use crate::policy::Policy;
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
}

/// The run before.
struct Last {
    devices: Vec<Device>,
    known: Known,
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
        let analysis = match self.last.take() {
            Some(last) => analysis::analyze_with(devices, policy, sources, last.for_devices(devices))?,
            None => analysis::analyze(devices, policy, sources)?,
        };
        if self.nodes == 0 {
            self.nodes = nodes(&analysis.sets);
        }
        Ok(analysis)
    }

    /// Keeps the parts of a finished run for the next.
    pub fn keep(&mut self, devices: Vec<Device>, analysis: Analysis) {
        let Analysis { fibs, sets, filters, .. } = analysis;
        if nodes(&sets) > self.nodes.saturating_mul(GROWTH) {
            // Sets of lists that no device has any more are in the way.
            let (sets, filters) = (Sets::new(analysis::NODE_BUDGET), Filters::default());
            self.nodes = 0;
            self.last = Some(Last { devices, known: Known { fibs, sets, filters } });
            return;
        }
        self.last = Some(Last { devices, known: Known { fibs, sets, filters } });
    }
}

fn nodes(sets: &Sets) -> usize {
    Family::ALL.into_iter().map(|family| sets.get(family).node_count()).sum()
}

impl Last {
    /// What of it holds for other devices: all that belongs to devices which are the same, in the same
    /// place.
    // SOUNDNESS: tables and lists depend on their device alone, and devices are compared as a whole.
    fn for_devices(self, devices: &[Device]) -> Known {
        let Self { devices: before, mut known } = self;
        let longest = before.len().max(devices.len());
        let changed: BTreeSet<usize> =
            (0..longest).filter(|index| before.get(*index) != devices.get(*index)).collect();
        known.fibs.retain(|(device, _, _), _| !changed.contains(device));
        known.filters.forget(&changed);
        known
    }
}
