//! Writes certificates: the closed data from which `sekisho-checker` derives anew what is proven.
//!
//! Nothing of our graph goes into a certificate, and nothing of it is used here: the steps are those of the
//! checker's own plan. For each source the headers that lead to a forbidden set are found backwards
//! (`reach`), then an invariant that stays clear of them (`coarsen`). A pair that our search proved and for
//! which there is no invariant is a disagreement, and is never claimed. Entry: [`write()`].

mod coarsen;
mod inputs;
mod policy;
mod reach;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use sekisho_checker::{self as checker, Certificate, Place, Plan, Routing};
use sekisho_header_space::{Set, SetError};
use sekisho_model::Ledger;

use super::{PairVerdict, Question, Report, Verdict, assume};
use crate::graph::Sets;
use crate::graph::location::DomainId;
use coarsen::{Choice, Failed, Region, invariant};
use reach::{Machine, to_set};
use shape::Shelf;

pub use inputs::{File, FileKind};

/// Nodes that the packet sets of a family may hold.
const NODE_BUDGET: usize = 1 << 25;

/// What a certificate is made from, besides the question.
pub struct Material<'a> {
    /// What was asked.
    pub question: &'a Question<'a>,
    /// What was found.
    pub report: &'a Report,
    /// All files, the policy among them.
    pub files: &'a [File],
    /// Line ledgers.
    pub ledgers: &'a [Ledger],
    /// Program and version.
    pub tool: &'a str,
}

/// A certificate, and what it cannot claim.
pub struct Written {
    /// The certificate, not sealed yet.
    pub certificate: Certificate,
    /// Pairs that the search proved and for which there is no invariant.
    pub disagreements: Vec<Disagreement>,
    /// Pairs for which there is none only because of helpers: the checker does not ask who may send the control
    /// sessions that a line permits.
    pub helped: Vec<Disagreement>,
}

/// The search proved a pair, and the checker's steps do not bear it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Source.
    pub from: DomainId,
    /// Target.
    pub to: DomainId,
    /// Where it shows, in the words of the certificate.
    pub why: String,
}

/// One invariant and the targets whose claims it shows.
struct Shown {
    routing: Routing,
    source_routes: bool,
    targets: Vec<DomainId>,
    at: Vec<(String, Vec<checker::Block>, sekisho_plain::Family)>,
}

/// What was found for one source.
#[derive(Default)]
struct Found {
    shown: Vec<Shown>,
    against: Vec<Disagreement>,
    helped: Vec<Disagreement>,
}

/// Writes the certificate of a report.
///
/// # Errors
/// [`SetError`] when the packet sets outgrow their budget.
pub fn write(material: &Material<'_>) -> Result<Written, SetError> {
    let Material { question, report, .. } = material;
    let mut certificate = frame(question, material.files, material.ledgers, material.tool);
    let proven: Vec<&PairVerdict> = {
        // What holds for either answer to an open question holds in no one model.
        let shown = |p: &&PairVerdict| p.verdict == Verdict::Proven && !p.either_way;
        report.pairs.iter().filter(shown).collect()
    };
    let mut by_source: BTreeMap<DomainId, Vec<&PairVerdict>> = BTreeMap::new();
    for pair in &proven {
        by_source.entry(pair.from).or_default().push(pair);
    }
    let plans = Plans::of(&certificate, &proven);
    let mut base = Sets::new(NODE_BUDGET);
    let whitelist = &certificate.policy.whitelist;
    let machines = plans.compile(whitelist, &mut base)?;
    // The same without helpers, to tell why there is no invariant.
    let bare = plans.are_helped().then(|| without_helpers(&certificate));
    let bare_plans = bare.as_ref().map_or_else(|| Plans(BTreeMap::new()), |c| Plans::of(c, &proven));
    let bare = bare_plans.compile(whitelist, &mut base)?;
    base.freeze();
    let sources: Vec<(DomainId, Vec<&PairVerdict>)> = by_source.into_iter().collect();
    let found: Vec<Result<Found, SetError>> = sources
        .par_iter()
        .map_init(
            || base.clone(),
            |sets, (from, pairs)| {
                let certificate = &certificate;
                let mut prover = Prover { question, certificate, machines: &machines, bare: &bare, sets };
                let out = prover.source(*from, pairs);
                sets.rollback();
                out
            },
        )
        .collect();
    let mut shelf = Shelf::default();
    let mut claimed: BTreeMap<(DomainId, DomainId), usize> = BTreeMap::new();
    let mut invariants = Vec::new();
    let (mut disagreements, mut helped) = (Vec::new(), Vec::new());
    for ((from, _), found) in sources.iter().zip(found) {
        let mut found = found?;
        disagreements.append(&mut found.against);
        helped.append(&mut found.helped);
        for one in found.shown {
            for to in one.targets {
                claimed.insert((*from, to), invariants.len());
            }
            invariants.push(checker::Invariant {
                from: policy::name(question, *from),
                routing: one.routing,
                source_routes: one.source_routes,
                at: one.at.into_iter().map(|(name, blocks, f)| (name, shelf.place(blocks, f))).collect(),
            });
        }
    }
    let pairs: BTreeSet<(DomainId, DomainId)> = claimed.keys().copied().collect();
    for pair in &report.pairs {
        let (from, to) = (policy::name(question, pair.from), policy::name(question, pair.to));
        match claimed.get(&(pair.from, pair.to)) {
            Some(&invariant) => certificate.claims.push(checker::Claim {
                from,
                to,
                leans_on: pair.assumptions.clone(),
                invariant,
            }),
            None => certificate.not_proven.push((from, to)),
        }
    }
    let used: BTreeSet<&String> = certificate.claims.iter().flat_map(|c| &c.leans_on).collect();
    let assumed = report.assumptions.iter().filter(|(id, _)| used.contains(id));
    certificate.assume =
        assumed.map(|(id, text)| checker::Assumption { id: id.clone(), text: text.clone() }).collect();
    certificate.valid_until = policy::valid_until(question, &pairs).map(|day| day.to_string());
    certificate.sets = shelf.sets;
    certificate.invariants = invariants;
    Ok(Written { certificate, disagreements, helped })
}

/// Everything but assumptions, claims and invariants.
#[must_use]
pub fn frame(question: &Question<'_>, files: &[File], ledgers: &[Ledger], tool: &str) -> Certificate {
    let (inputs, ledger) = inputs::inputs(files, ledgers, question.sources);
    Certificate {
        format: checker::FORMAT,
        about: checker::ABOUT.to_owned(),
        tool: tool.to_owned(),
        as_of: question.as_of.to_string(),
        valid_until: None,
        seal: String::new(),
        inputs,
        ledger,
        policy: policy::policy(question),
        assume: Vec::new(),
        model: question.network.get().clone(),
        claims: Vec::new(),
        not_proven: Vec::new(),
        sets: Vec::new(),
        invariants: Vec::new(),
    }
}

/// The routes for which a pair is proven.
fn routing(pair: &PairVerdict) -> Routing {
    match pair.assurance.routing {
        crate::routing::Routing::Given => Routing::Given,
        crate::routing::Routing::Any => Routing::Any,
    }
}

/// Plans by the routes and whether source routes are obeyed.
type Key = (Routing, bool);

struct Plans<'n>(BTreeMap<Key, Plan<'n>>);

impl<'n> Plans<'n> {
    /// The plans that the proven pairs may need.
    fn of(certificate: &'n Certificate, proven: &[&PairVerdict]) -> Self {
        let mut plans = BTreeMap::new();
        let keys: BTreeSet<Routing> = proven.iter().map(|p| routing(p)).collect();
        let wanted: Vec<Key> = keys.into_iter().flat_map(|r| [(r, false), (r, true)]).collect();
        let built: Vec<(Key, Plan<'n>)> = wanted
            .into_par_iter()
            .map(|(r, s)| ((r, s), Plan::new(&certificate.model, &certificate.policy, r, s)))
            .collect();
        plans.extend(built);
        Self(plans)
    }

    /// Whether helpers may let anything pass.
    fn are_helped(&self) -> bool {
        let mut places = self.0.values().flat_map(|plan| &plan.places);
        places.any(|(_, place)| matches!(place, Place::Known(_)))
    }

    fn compile(
        &self,
        whitelist: &[checker::Entry],
        sets: &mut Sets,
    ) -> Result<BTreeMap<Key, Machine<'_, 'n>>, SetError> {
        self.0.iter().map(|(key, plan)| Ok((*key, Machine::new(plan, whitelist, sets)?))).collect()
    }
}

/// The certificate of the network without its helpers.
fn without_helpers(certificate: &Certificate) -> Certificate {
    let mut bare = certificate.clone();
    bare.model.devices.iter_mut().for_each(|d| d.helpers.clear());
    bare
}

/// Finds the invariants of one source.
struct Prover<'a, 'p, 'n> {
    question: &'a Question<'a>,
    certificate: &'a Certificate,
    machines: &'a BTreeMap<Key, Machine<'p, 'n>>,
    /// The same without helpers, if there are any.
    bare: &'a BTreeMap<Key, Machine<'p, 'n>>,
    sets: &'a mut Sets,
}

impl Prover<'_, '_, '_> {
    /// Invariants for all proven pairs of a source: as few as possible.
    fn source(&mut self, from: DomainId, pairs: &[&PairVerdict]) -> Result<Found, SetError> {
        let mut out = Found::default();
        let (machines, bare) = (self.machines, self.bare);
        let kinds: BTreeSet<Routing> = pairs.iter().map(|p| routing(p)).collect();
        for kind in kinds {
            let pairs: Vec<&PairVerdict> = pairs.iter().copied().filter(|p| routing(p) == kind).collect();
            // What holds although source routes are obeyed holds without them as well.
            if let Ok(one) = self.try_all(machines, from, &pairs, (kind, true))? {
                out.shown.push(one);
                continue;
            }
            let (sensitive, others): (Vec<&PairVerdict>, Vec<&PairVerdict>) =
                pairs.iter().copied().partition(|p| self.sensitive(p));
            for (pairs, source_routes) in [(sensitive, true), (others, false)] {
                if pairs.is_empty() {
                    continue;
                }
                let key = (kind, source_routes);
                if let Ok(one) = self.try_all(machines, from, &pairs, key)? {
                    out.shown.push(one);
                    continue;
                }
                for pair in pairs {
                    match self.try_all(machines, from, &[pair], key)? {
                        Ok(one) => out.shown.push(one),
                        Err(why) => {
                            let helped = self.try_all(bare, from, &[pair], key)?.is_ok();
                            let against = if helped { &mut out.helped } else { &mut out.against };
                            against.push(Disagreement { from, to: pair.to, why });
                        }
                    }
                }
            }
        }
        Ok(out)
    }

    /// Whether the kind of an end demands that source routes are obeyed.
    fn sensitive(&self, pair: &PairVerdict) -> bool {
        let plan = self.machines.values().next().map(|m| m.plan);
        [pair.from, pair.to].into_iter().any(|id| {
            let name = policy::name(self.question, id);
            plan.and_then(|p| p.domains.get(&name)).is_some_and(|d| d.sensitive)
        })
    }

    /// One invariant for some pairs of a source; why not, if there is none.
    fn try_all(
        &mut self,
        machines: &BTreeMap<Key, Machine<'_, '_>>,
        from: DomainId,
        pairs: &[&PairVerdict],
        key: Key,
    ) -> Result<Result<Shown, String>, SetError> {
        let Some(machine) = machines.get(&key) else { return Ok(Err("no plan".to_owned())) };
        let plan = machine.plan;
        let source = policy::name(self.question, from);
        let Some(domain) = plan.domains.get(&source) else {
            return Ok(Err(format!("`{source}` is nowhere")));
        };
        let mut forbidden: Vec<(usize, Set)> = Vec::new();
        for pair in pairs {
            let target = policy::name(self.question, pair.to);
            let Some(to) = plan.domains.get(&target) else {
                return Ok(Err(format!("`{target}` is nowhere")));
            };
            let replies = pair.assumptions.iter().any(|a| a == assume::TCP_REPLY);
            for (at, counts) in plan.sinks(to) {
                let Some((plain, _)) = plan.places.get(at) else { continue };
                let permitted = checker::permitted(self.certificate, domain, to, *plain, replies);
                let manager = self.sets.of(machine.family(at));
                let (counts, permitted) = (to_set(manager, &counts)?, to_set(manager, &permitted)?);
                forbidden.push((at, manager.diff(counts, permitted)?));
            }
        }
        let backward = machine.backward(self.sets, &forbidden)?;
        let sources = plan.sources(domain);
        let mut why = String::new();
        for choice in [Choice::Wide, Choice::Exact] {
            match invariant(machine, self.sets, &sources, &backward, choice) {
                Ok(regions) => return Ok(Ok(shown(machine, key, pairs, regions))),
                Err(Failed::Sets(error)) => return Err(error),
                Err(Failed::Meets { place }) => {
                    why = format!("what `{source}` sends gets to `{}`", plan.name(place));
                }
                Err(Failed::Spent) => why = "a translation falls into too many blocks".to_owned(),
            }
        }
        let way = coarsen::way(machine, self.sets, &sources, &forbidden, &backward)?;
        if let Some(way) = way {
            let mut before = None;
            let shown: Vec<String> = way
                .into_iter()
                .map(|(place, packet)| {
                    let same = before.replace(packet) == Some(packet);
                    if same { plan.name(place) } else { format!("{} ({packet:?})", plan.name(place)) }
                })
                .collect();
            why = format!("{why}: {}", shown.join(", "));
        }
        Ok(Err(why))
    }
}

/// The invariant with the names of its places.
fn shown(machine: &Machine<'_, '_>, key: Key, pairs: &[&PairVerdict], regions: Vec<Region>) -> Shown {
    let mut at: Vec<(String, Vec<checker::Block>, sekisho_plain::Family)> = Vec::new();
    for (place, region) in regions.into_iter().enumerate().filter(|(_, r)| !r.blocks.is_empty()) {
        let family = machine.plan.places.get(place).map_or(sekisho_plain::Family::Ipv4, |(f, _)| *f);
        at.push((machine.plan.name(place), region.blocks, family));
    }
    at.sort_by(|a, b| a.0.cmp(&b.0));
    Shown { routing: key.0, source_routes: key.1, targets: pairs.iter().map(|p| p.to).collect(), at }
}
