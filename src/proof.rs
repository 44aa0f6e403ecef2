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
mod escape;
mod evidence;
pub mod export;
mod internet;
mod isolation;
mod kept;
mod leans;
mod reasons;
pub mod relay;
mod replay;
mod required;
pub(crate) mod sessions;
mod target;
mod undecided;
pub mod verdict;
mod whitelist;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

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
pub(crate) use escape::Invariants;
use export::PlainNetwork;
pub(crate) use kept::{Before, Kept};
use sessions::Sessions;
use target::Targets;

pub use evidence::{Because, Evidence, Note, Reason, question};
pub use leans::{Destinations, Leaning, Leanings};
pub use relay::{Chain, Relays, Waypoint};
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
    Ok(prove_again(question, None, false)?.0)
}

/// As [`prove`], with what holds of the run before; `keep`: what the run after may take over is wanted.
pub(crate) fn prove_again(
    question: &Question<'_>,
    before: Option<&Before>,
    keep: bool,
) -> Result<(Report, Option<Kept>), ProofError> {
    let before = before.filter(|b| b.kept.as_of == question.as_of);
    let orders = match before {
        Some(before) => Arc::clone(&before.kept.orders),
        None => Arc::new(Orders { given: Order::of(question.graph), any: Order::of(question.any) }),
    };
    let mut base = question.sets.clone();
    // SOUNDNESS: targets are made from domains, layer 2, addresses and the nodes of the graphs.
    let targets = match before.filter(|before| before.wired) {
        Some(before) => Arc::clone(&before.kept.targets),
        None => Arc::new(Targets::of(question, &mut base)?),
    };
    base.freeze();
    let before = before.filter(|before| before.kept.targets == targets);
    let kept = keep.then(|| base.clone());
    let reference: OnceLock<Option<Reference<'_>>> = OnceLock::new();
    let judged = judge(question, (&targets, &orders), &base, before, &reference)?;
    let again = |source: &Arc<isolation::Source>| {
        let known = before.and_then(|b| b.kept.sources.get(source.from.0));
        known.is_some_and(|known| Arc::ptr_eq(known, source))
    };
    let mut found = Sessions::default();
    for source in &judged {
        found.opened.extend(source.sessions.opened.iter().cloned());
        found.pinholes.extend(source.sessions.pinholes.iter().cloned());
    }
    let replies = replies(question, (&targets, &orders.given), &mut base, (&found, &judged), before)?;
    let unchanged = judged.iter().filter(|source| again(source)).count();
    let all = keep.then(|| (judged.clone(), replies.clone()));
    let told = |source: Arc<isolation::Source>| match again(&source) {
        true => source.retold(question),
        false => Arc::unwrap_or_clone(source),
    };
    let mut sources: Vec<isolation::Source> = judged.into_iter().map(told).collect();
    let mut replies: Vec<Replies> = replies.into_iter().map(Arc::unwrap_or_clone).collect();
    replies.iter_mut().filter(|_| before.is_some()).for_each(|r| r.retell(question, &found));
    // SOUNDNESS: what helpers may let pass is followed under the routes given alone.
    let helpers = sessions::helpers_may_act(question, &mut base)?;
    for pair in sources.iter_mut().flat_map(|s| &mut s.pairs).filter(|_| helpers) {
        pair.apart = None;
    }
    for (source, replies) in sources.iter_mut().zip(&mut replies) {
        for pair in &mut source.pairs {
            let Some(helped) = replies.helped.remove(&pair.to) else { continue };
            pair.arrival.may |= helped.arrives;
            pair.helped = helped.arrives;
            if pair.open.is_none() && pair.doubtful.is_none() {
                pair.doubtful = helped.path;
            }
        }
    }
    reasons::find(question, (&targets, &orders.given), &base, &mut sources)?;
    for crossing in replies.iter_mut().flat_map(|r| &mut r.crossings).filter(|c| c.sure) {
        let walker = reference.get_or_init(|| Reference::new(question.network.get()).ok()).as_ref();
        crossing.sure = walker.is_some_and(|r| crossing::confirm(question, r, &found.opened, crossing));
    }
    let reference = reference.into_inner().flatten();
    let mut report = verdict::assemble(question, sources, reference.as_ref(), &found.opened, replies);
    let leans = leans::find(question, &base, &mut report.pairs, before)?;
    required::judge(question, &mut base, &mut report)?;
    report.settle();
    let as_of = question.as_of;
    let kept = kept.zip(all).map(|(base, (sources, replies))| Kept {
        as_of,
        base,
        targets,
        orders,
        sources,
        found,
        replies,
        leans,
        unchanged,
    });
    Ok((report, kept))
}

/// Judges all sources; those that are the same as before are taken over.
fn judge<'q>(
    question: &'q Question<'q>,
    (targets, orders): (&Targets, &Orders),
    base: &Sets,
    before: Option<&Before>,
    reference: &OnceLock<Option<Reference<'q>>>,
) -> Result<Vec<Arc<isolation::Source>>, ProofError> {
    let prepare = |source: &isolation::Source| {
        // While one worker prepares the replay, the others go on searching.
        if source.is_open() {
            reference.get_or_init(|| Reference::new(question.network.get()).ok());
        }
    };
    let known = |id: DomainId| before.and_then(|before| before.source(id));
    let new: Vec<DomainId> = question.domains.ids().filter(|id| known(*id).is_none()).collect();
    let judged = new.par_iter().map_init(
        || base.clone(),
        |sets, id| {
            let judged = isolation::judge(question, targets, orders, sets, *id);
            sets.rollback();
            judged.iter().for_each(prepare);
            judged
        },
    );
    let judged: Vec<Result<isolation::Source, ProofError>> = judged.collect();
    let mut judged = judged.into_iter();
    let all = question.domains.ids().filter_map(|id| match known(id) {
        Some(source) => {
            prepare(source);
            Some(Ok(Arc::clone(source)))
        }
        None => judged.next().map(|source| source.map(Arc::new)),
    });
    all.collect()
}

/// Follows packets of sessions from every source; nothing when no session can be opened.
fn replies(
    question: &Question<'_>,
    (targets, order): (&Targets, &Order),
    base: &mut Sets,
    (found, judged): (&Sessions, &[Arc<isolation::Source>]),
    before: Option<&Before>,
) -> Result<Vec<Arc<Replies>>, ProofError> {
    let ids: Vec<DomainId> = question.domains.ids().collect();
    if found.opened.is_empty() {
        return Ok(ids.iter().map(|_| Arc::default()).collect());
    }
    let before = before.filter(|before| before.has_sessions(question, found));
    let known: Vec<Option<&Arc<Replies>>> =
        ids.iter().map(|id| before.and_then(|before| before.replies(judged, *id))).collect();
    let mut new: Vec<DomainId> =
        ids.iter().zip(&known).filter(|(_, k)| k.is_none()).map(|(id, _)| *id).collect();
    let mut followed = Vec::new();
    if !new.is_empty() {
        let helped = sessions::let_pass(question, base, &found.pinholes)?;
        let mut known = sessions::known(question, base, &found.opened)?;
        for (place, programs) in &helped.programs {
            known.programs.entry(*place).or_default().extend(programs.iter().cloned());
        }
        base.freeze();
        let all = Followed { found, helped: &helped, known: &known, judged };
        let each = new.par_drain(..).map_init(
            || base.clone(),
            |sets, id| {
                let found = crossing::judge(question, targets, order, sets, &all, id);
                sets.rollback();
                found
            },
        );
        followed = each.collect::<Vec<_>>();
    }
    let mut followed = followed.into_iter();
    let all = known.into_iter().filter_map(|known| match known {
        Some(replies) => Some(Ok(Arc::clone(replies))),
        None => followed.next().map(|replies| replies.map(Arc::new)),
    });
    all.collect()
}
