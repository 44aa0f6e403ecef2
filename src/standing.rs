//! Whether everything that is proven stays proven after a change inside some devices, told by one step.
//!
//! What cannot be told that way is judged again: `false` says nothing about the change.

use std::collections::BTreeSet;

use sekisho_diag::SourceMap;
use sekisho_model::Device;

use crate::analysis::Analysis;
use crate::policy::{Date, Policy};
use crate::proof::{Invariants, ProofError};
use crate::recheck::is_wired_alike;

/// A network, and what may be where in it.
pub struct Standing {
    devices: Vec<Device>,
    policy: Policy,
    /// Paths of all files, in the order of their ids.
    paths: Vec<String>,
    analysis: Analysis,
    invariants: Option<Invariants>,
}

impl Standing {
    /// Computes what may be where. The verdicts must not be blocked by anything: see
    /// [`Analysis::blocked`](crate::analysis::Analysis::blocked).
    ///
    /// # Errors
    /// [`ProofError`] when the packet sets outgrow their budget.
    pub fn of(
        devices: Vec<Device>,
        policy: Policy,
        sources: &SourceMap,
        mut analysis: Analysis,
        as_of: Date,
    ) -> Result<Self, ProofError> {
        let mut sets = analysis.sets.clone();
        let question = analysis.question(&devices, &policy, sources, as_of, &[], &[]);
        let invariants = Invariants::of(&question, &mut sets)?;
        drop(question);
        sets.freeze();
        analysis.sets = sets;
        let invariants = invariants.filter(|_| analysis.lost_links.is_empty());
        Ok(Self { devices, policy, paths: paths(sources), analysis, invariants })
    }

    /// Whether every pair that is proven certainly stays so with other devices, under the same policy.
    #[must_use]
    pub fn is_kept(&mut self, devices: &[Device], sources: &SourceMap) -> bool {
        if self.devices.len() != devices.len() || self.paths != paths(sources) {
            return false;
        }
        let differ = self.devices.iter().zip(devices).enumerate().filter(|(_, (a, b))| a != b);
        let changed: BTreeSet<usize> = differ.map(|(at, _)| at).collect();
        let alike = changed.iter().all(|at| is_wired_alike(self.devices.get(*at), devices.get(*at)));
        let Some(invariants) = self.invariants.as_ref().filter(|_| alike) else { return false };
        let kept = self.analysis.lets_nothing_out(devices, &self.policy, &changed, invariants);
        // Lists of these devices were compiled in sets that are gone.
        self.analysis.filters.forget(&changed);
        self.analysis.sets.rollback();
        kept.unwrap_or(false)
    }
}

fn paths(sources: &SourceMap) -> Vec<String> {
    sources.iter().map(|(_, file)| file.path().to_owned()).collect()
}
