//! From reach to verdicts: is each pair of zones kept apart, and what shows it.
//!
//! [`prove`] runs one search per source, compares what arrives with the whitelist, follows a packet of
//! what is left back to its source, and replays it by the reference semantics of `sekisho-checker`.
//! PROVEN reads *may*, VIOLATED reads *sure*, UNDECIDED is the rest and names what would decide it.

mod any;
mod assume;
pub mod certificate;
pub mod compare;
mod crossing;
mod evidence;
pub mod export;
mod internet;
mod isolation;
mod leans;
mod reasons;
mod replay;
mod required;
mod sessions;
mod target;
mod undecided;
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
use crossing::{Followed, Replies};
use export::PlainNetwork;
use sessions::Sessions;
use target::Targets;

pub use evidence::{Because, Evidence, Note, Reason, question};
pub use leans::{Destinations, Leaning, Leanings};
pub use replay::{from_plain, to_plain};
pub use required::Requirement;
pub use verdict::{
    Assurance, Cabling, Denied, ExternalStatus, Finding, FindingKind, InternetStatus, PairVerdict,
    RepliesStatus, Report, Verdict, Witness,
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
    let mut judged = judged.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut found = Sessions::default();
    for source in &mut judged {
        found.opened.append(&mut source.sessions.opened);
        found.pinholes.append(&mut source.sessions.pinholes);
    }
    let mut replies = replies(question, &targets, &orders.given, &mut base, &found, &judged)?;
    // SOUNDNESS: what helpers may let pass is followed under the routes given alone.
    let helpers = sessions::helpers_may_act(question, &mut base)?;
    for pair in judged.iter_mut().flat_map(|s| &mut s.pairs).filter(|_| helpers) {
        pair.apart = None;
    }
    for (source, replies) in judged.iter_mut().zip(&mut replies) {
        for pair in &mut source.pairs {
            let Some(helped) = replies.helped.remove(&pair.to) else { continue };
            pair.arrival.may |= helped.arrives;
            if pair.open.is_none() && pair.doubtful.is_none() {
                pair.doubtful = helped.path;
            }
        }
    }
    reasons::find(question, &targets, &orders.given, &base, &mut judged)?;
    let reference = reference.into_inner().flatten();
    let mut report = verdict::assemble(question, judged, reference.as_ref(), &found.opened, replies);
    leans::find(question, &base, &mut report.pairs)?;
    required::judge(question, &mut base, &mut report)?;
    report.settle();
    Ok(report)
}

/// Follows packets of sessions from every source; nothing when no session can be opened.
fn replies(
    question: &Question<'_>,
    targets: &Targets,
    order: &Order,
    base: &mut Sets,
    found: &Sessions,
    judged: &[isolation::Source],
) -> Result<Vec<Replies>, ProofError> {
    let ids: Vec<DomainId> = question.domains.ids().collect();
    if found.opened.is_empty() {
        return Ok(ids.iter().map(|_| Replies::default()).collect());
    }
    let helped = sessions::let_pass(question, base, &found.pinholes)?;
    let mut known = sessions::known(question, base, &found.opened)?;
    for (place, programs) in &helped.programs {
        known.programs.entry(*place).or_default().extend(programs.iter().cloned());
    }
    base.freeze();
    let followed = Followed { found, helped: &helped, known: &known, judged };
    let each = ids.par_iter().map_init(
        || base.clone(),
        |sets, id| {
            let found = crossing::judge(question, targets, order, sets, &followed, *id);
            sets.rollback();
            found
        },
    );
    each.collect::<Vec<_>>().into_iter().collect()
}
