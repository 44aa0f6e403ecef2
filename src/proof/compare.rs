//! What a change makes of reach: for each pair of domains the packets that newly arrive and those that no
//! longer do, as exact sets, with the lines responsible.
//!
//! Compared is what *may* arrive before and after, whitelisted or not. A difference is *sure* if some packet
//! of it surely arrives on the one side, so that it does not only come from lines that are not understood.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use sekisho_header_space::{Manager, Set};
use sekisho_net::{Cube, Family};
use sekisho_reference::{Disposition, Options, Reference, Start};

use super::evidence::{Evidence, Note};
use super::isolation::{self, Arrived, Path};
use super::target::{Sink, Targets};
use super::verdict::Witness;
use super::{ProofError, Question, replay, whitelist};
use crate::graph::Sets;
use crate::graph::location::{Domain, DomainId};
use crate::graph::transfer::{Pair, Reading};
use crate::search::{Order, Reach, Steps, forward_reach};

/// Boxes of which a difference is told.
const BOXES: usize = 256;

/// A difference between two snapshots for one ordered pair of domains and one family.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Source domain.
    pub from: String,
    /// Target domain.
    pub to: String,
    /// Family of the packets on arrival.
    pub family: Family,
    /// What arrives after the change and did not before.
    pub opened: Option<Shift>,
    /// What arrived before the change and does not after.
    pub closed: Option<Shift>,
}

/// Packets that arrive on one side of a change only.
#[derive(Clone, Debug)]
pub struct Shift {
    /// Boxes of headers on arrival.
    pub ranges: Vec<Cube>,
    /// Whether the boxes are the whole set.
    pub complete: bool,
    /// Whether some of them surely arrive.
    pub sure: bool,
    /// Whether some of them surely cross between declared domains and are not whitelisted.
    pub forbidden: bool,
    /// One of them and its way, on the side where it arrives.
    pub witness: Witness,
    /// Lines that let it through on that side, most telling first.
    pub passes: Vec<Evidence>,
    /// Lines that stop it on the other side.
    pub stops: Vec<Evidence>,
}

/// One side of a change, prepared for questions.
struct Side<'q, 'a> {
    question: &'q Question<'a>,
    targets: Targets,
    order: Order,
    base: Sets,
    reference: Option<Reference<'q>>,
}

impl<'q, 'a> Side<'q, 'a> {
    fn new(question: &'q Question<'a>) -> Result<Self, ProofError> {
        let mut base = question.sets.clone();
        let targets = Targets::of(question, &mut base)?;
        base.freeze();
        let reference = Reference::new(question.network.get()).ok();
        Ok(Self { question, targets, order: Order::of(question.graph), base, reference })
    }

    fn find(&self, id: &str) -> Option<DomainId> {
        self.question.domains.ids().find(|d| self.question.domains.get(*d).is_some_and(|d| d.id == id))
    }
}

/// What one source brings where on one side.
struct Spread {
    from: DomainId,
    reach: Reach,
    /// By target and family: places with what counts as arrived there.
    arrived: BTreeMap<(String, Family), Vec<(Sink, Pair)>>,
}

impl Spread {
    fn of(side: &Side<'_, '_>, sets: &mut Sets, from: &str) -> Result<Option<Self>, ProofError> {
        let Some(from) = side.find(from) else { return Ok(None) };
        let question = side.question;
        let Some(domain) = question.domains.get(from) else { return Ok(None) };
        let seeds = isolation::seeds(question, question.graph, sets, domain)?;
        let sensitive = isolation::is_mynumber(question, domain);
        let reach = forward_reach(question.graph, &side.order, sets, &seeds, sensitive)?;
        let mut arrived = BTreeMap::new();
        for to in question.domains.ids().filter(|to| *to != from) {
            let Some(target) = question.domains.get(to) else { continue };
            for family in Family::ALL {
                let manager = sets.of(family);
                let mut places = Vec::new();
                for &sink in side.targets.get(family, to).into_iter().flat_map(|t| &t.sinks) {
                    let state = reach.at(sink.index);
                    let pair = Pair {
                        may: manager.and(state.may, sink.counts.may)?,
                        sure: manager.and(state.sure, sink.counts.sure)?,
                    };
                    if !pair.may.is_empty() {
                        places.push((sink, pair));
                    }
                }
                arrived.insert((target.id.clone(), family), places);
            }
        }
        Ok(Some(Self { from, reach, arrived }))
    }

    /// Everything that may arrive.
    fn all(&self, sets: &mut Sets, to: &str, family: Family) -> Result<Set, ProofError> {
        let places = self.arrived.get(&(to.to_owned(), family)).into_iter().flatten();
        Ok(sets.of(family).union_all(places.map(|(_, pair)| pair.may).collect())?)
    }
}

/// Compares two snapshots pair by pair, in the order of the domains after the change.
///
/// # Errors
/// [`ProofError`] when the packet sets outgrow their budget.
pub fn compare(before: &Question<'_>, after: &Question<'_>) -> Result<Vec<Difference>, ProofError> {
    let sides = (Side::new(before)?, Side::new(after)?);
    let mut ids: Vec<String> = after.domains.list.iter().map(|d| d.id.clone()).collect();
    let gone = before.domains.list.iter().map(|d| d.id.clone()).filter(|id| !ids.contains(id));
    ids.extend(gone.collect::<Vec<_>>());
    let found: Vec<Result<Vec<Difference>, ProofError>> = ids
        .par_iter()
        .map_init(
            || (sides.0.base.clone(), sides.1.base.clone()),
            |(old, new), from| {
                let differences = of_source(&sides, (old, new), from, &ids);
                old.rollback();
                new.rollback();
                differences
            },
        )
        .collect();
    Ok(found.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

fn of_source(
    (before, after): &(Side<'_, '_>, Side<'_, '_>),
    (old, new): (&mut Sets, &mut Sets),
    from: &str,
    ids: &[String],
) -> Result<Vec<Difference>, ProofError> {
    let was = Spread::of(before, old, from)?;
    let is = Spread::of(after, new, from)?;
    let mut out = Vec::new();
    for to in ids.iter().filter(|to| *to != from) {
        for family in Family::ALL {
            let had = was.as_ref().map_or(Ok(Set::EMPTY), |s| s.all(old, to, family))?;
            let has = is.as_ref().map_or(Ok(Set::EMPTY), |s| s.all(new, to, family))?;
            let had_there = import(new, old, family, had)?;
            let has_here = import(old, new, family, has)?;
            let opened = shift(after, before, new, is.as_ref(), (to, family), had_there)?;
            let closed = shift(before, after, old, was.as_ref(), (to, family), has_here)?;
            if opened.is_some() || closed.is_some() {
                out.push(Difference { from: from.to_owned(), to: to.clone(), family, opened, closed });
            }
        }
    }
    Ok(out)
}

/// The same set in the manager of the other side.
fn import(to: &mut Sets, from: &Sets, family: Family, set: Set) -> Result<Set, ProofError> {
    let imported = to.of(family).import(from.get(family), &[set])?;
    Ok(imported.first().copied().unwrap_or(Set::EMPTY))
}

/// What arrives on one side beyond what arrives on the other.
fn shift(
    side: &Side<'_, '_>,
    other: &Side<'_, '_>,
    sets: &mut Sets,
    spread: Option<&Spread>,
    (to, family): (&str, Family),
    there: Set,
) -> Result<Option<Shift>, ProofError> {
    let Some(spread) = spread else { return Ok(None) };
    let Some(target) = side.find(to) else { return Ok(None) };
    let manager = sets.of(family);
    let mut all = Vec::new();
    let mut arrivals = Vec::new();
    for (sink, pair) in spread.arrived.get(&(to.to_owned(), family)).into_iter().flatten() {
        let left = Pair { may: manager.diff(pair.may, there)?, sure: manager.diff(pair.sure, there)? };
        if !left.may.is_empty() {
            all.push(left.may);
            arrivals.push(Arrived { index: sink.index, node: sink.node, left });
        }
    }
    if arrivals.is_empty() {
        return Ok(None);
    }
    let all = manager.union_all(all)?;
    let (ranges, complete) = manager.cover(all, BOXES);
    let sure = arrivals.iter().any(|a| !a.left.sure.is_empty());
    let reading = if sure { Reading::Sure } else { Reading::May };
    arrivals.sort_by_key(|a| a.left.get(reading).is_empty());
    let preferred = side.targets.preferred(family, spread.from, target);
    let question = side.question;
    let by = (reading, Steps::default());
    let path = isolation::follow(question, sets, &spread.reach, (family, &preferred), &arrivals, by)?;
    let Some(path) = path else { return Ok(None) };
    let forbidden = is_forbidden(question, sets.of(family), (spread.from, target), &arrivals)?;
    let replayed = replay::replay(question, side.reference.as_ref(), (spread.from, target), &path);
    let stops = stopped(side, other, &path);
    Ok(Some(Shift {
        ranges,
        complete,
        sure,
        forbidden,
        witness: replayed.witness,
        passes: replayed.locations,
        stops,
    }))
}

/// Whether some of what surely arrives between declared domains is not whitelisted.
fn is_forbidden(
    question: &Question<'_>,
    sets: &mut Manager,
    (from, to): (DomainId, DomainId),
    arrivals: &[Arrived],
) -> Result<bool, ProofError> {
    if ![from, to].into_iter().all(|d| question.domains.get(d).is_some_and(Domain::is_declared)) {
        return Ok(false);
    }
    let permitted = whitelist::permitted(question, sets, from, to)?;
    for arrived in arrivals {
        let left = sets.diff(arrived.left.sure, permitted.flows)?;
        if !sets.diff(left, permitted.replies)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The lines that stop the packet of a path on the other side, where it enters by the interface of the same
/// name there.
fn stopped(side: &Side<'_, '_>, other: &Side<'_, '_>, path: &Path) -> Vec<Evidence> {
    let Some((port, packet)) = replay::entry(path) else { return Vec::new() };
    let named =
        side.question.devices.get(port.device).and_then(|d| Some((&d.name, d.interface(port.interface)?)));
    let there = named.and_then(|(device, interface)| {
        let at = other.question.devices.iter().position(|d| d.name == *device)?;
        let (id, _) = other.question.devices.get(at)?.find_interface(&interface.name)?;
        Some(crate::topology::PortRef { device: at, interface: id })
    });
    let (Some(port), Some(reference)) = (there, &other.reference) else { return Vec::new() };
    let walk =
        reference.walk(Start::Ingress(replay::to_port(port)), replay::to_plain(&packet), Options::default());
    let mut out: Vec<Evidence> = Vec::new();
    let mut seen = BTreeSet::new();
    let ended = |d: Disposition| {
        matches!(
            d,
            Disposition::DeniedIn | Disposition::DeniedOut | Disposition::NullRoute | Disposition::NoRoute
        )
    };
    for branch in walk.branches.iter().filter(|b| ended(b.disposition)) {
        let Some(step) = branch.hops.last().and_then(|hop| hop.steps.last()) else { continue };
        let note = Note::Step { stage: step.stage.clone(), decision: step.decision.clone() };
        let found = step.place.as_deref().and_then(|p| replay::place(p, note));
        out.extend(found.filter(|e| seen.insert((e.file.clone(), e.line))));
    }
    out
}
