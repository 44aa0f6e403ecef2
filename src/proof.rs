//! From reach to verdicts: is each pair of zones kept apart, and what shows it.
//!
//! [`prove`] runs one search per source, compares what arrives with the whitelist, follows a packet of
//! what is left back to its source, and replays it by the reference semantics of `sekisho-checker`.
//! PROVEN reads *may*, VIOLATED reads *sure*, UNDECIDED is the rest and names what would decide it.

mod any;
mod assume;
pub mod certificate;
pub mod compare;
mod evidence;
pub mod export;
mod internet;
mod isolation;
mod leans;
mod replay;
mod target;
pub mod verdict;
mod whitelist;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rayon::prelude::*;
use sekisho_diag::SourceMap;
use sekisho_header_space::SetError;
use sekisho_model::Device;
use sekisho_net::Family;
use sekisho_reference::Reference;

use crate::graph::location::{DomainId, Domains};
use crate::graph::{Graph, Sets};
use crate::policy::{Date, Policy};
use crate::routing::Fib;
use crate::search::{Order, SearchError};
use crate::topology::Topology;
use export::PlainNetwork;
use target::Targets;

pub use evidence::{Because, Evidence, Note, Reason};
pub use leans::{Destinations, Leaning, Leanings};
pub use replay::{from_plain, to_plain};
pub use verdict::{
    Assurance, Cabling, ExternalStatus, Finding, FindingKind, InternetStatus, PairVerdict, Report, Verdict,
    Witness,
};
pub use whitelist::Whitelist;

/// Why no verdict could be computed at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The search failed.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The base sets could not be built.
    #[error(transparent)]
    Sets(#[from] SetError),
}

/// What a proof is made from.
pub struct Question<'a> {
    /// Devices of the snapshot.
    pub devices: &'a [Device],
    /// Layer 2.
    pub topology: &'a Topology,
    /// Who is where.
    pub domains: &'a Domains,
    /// Tables by (device, VRF index, family).
    pub fibs: &'a BTreeMap<(usize, u32, Family), Fib>,
    /// The graph under the routes that were given.
    pub graph: &'a Graph,
    /// The graph under any routes.
    pub any: &'a Graph,
    /// The base sets of both graphs, frozen.
    pub sets: &'a Sets,
    /// The policy.
    pub policy: &'a Policy,
    /// The day of evaluation; acts on the policy alone.
    pub as_of: Date,
    /// The texts, for places.
    pub sources: &'a SourceMap,
    /// The plain network of the reference semantics.
    pub network: PlainNetwork<'a>,
    /// What is permitted between any two domains.
    pub whitelist: Whitelist,
    /// Reasons why nothing may be proven: files that could not be read, or were cut off.
    pub blocked: &'a [Reason],
    /// Inputs that do not show where they end, without other signs of being cut off.
    pub open_ended: &'a [String],
}

/// The orders of the two graphs.
struct Orders {
    given: Order,
    any: Order,
}

/// Judges every ordered pair of domains.
///
/// # Errors
/// [`ProofError`] when the packet sets outgrow their budget.
pub fn prove(question: &Question<'_>) -> Result<Report, ProofError> {
    let orders = Orders { given: Order::of(question.graph), any: Order::of(question.any) };
    let ids: Vec<DomainId> = question.domains.ids().collect();
    let mut base = question.sets.clone();
    let targets = Targets::of(question, &mut base)?;
    base.freeze();
    let reference: OnceLock<Option<Reference<'_>>> = OnceLock::new();
    let judged: Vec<Result<isolation::Source, ProofError>> = ids
        .par_iter()
        .map_init(
            || base.clone(),
            |sets, id| {
                let judged = isolation::judge(question, &targets, &orders, sets, *id);
                sets.rollback();
                // While one worker prepares the replay, the others go on searching.
                if judged.as_ref().is_ok_and(isolation::Source::is_open) {
                    reference.get_or_init(|| Reference::new(question.network.get()).ok());
                }
                judged
            },
        )
        .collect();
    let judged = judged.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut report = verdict::assemble(question, judged, reference.into_inner().flatten().as_ref());
    leans::find(question, &base, &mut report.pairs)?;
    Ok(report)
}
