//! The check itself: form, ledger, matrix, then for each claim its invariant, step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sekisho_plain::format::{Action, Cube, List, Network, Predicate, Values};
use sekisho_plain::{Family, validate};

use crate::block::{
    Block, Budget, DST, FIELDS, SRC, SRC0, Spent, TRANSLATED, blocks, inner, outer, outside, top, uncovered,
};
use crate::certificate::{Certificate, Claim, Invariant, Routing};
use crate::domain::Domain;
use crate::form;
use crate::image::{cuts_of, image};
use crate::plan::{Change, Plan, Step};

/// Blocks that one check may make.
const BUDGET: u64 = 200_000_000;

/// What the check says of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It follows from the model, the policy and the assumptions.
    Accepted,
    /// It does not follow from its invariant.
    Refused(String),
    /// The check was given up before it was decided.
    NotConfirmed,
}

/// What the check says of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What is wrong with the certificate as a whole; nothing is accepted then.
    pub problems: Vec<String>,
    /// One answer per claim, in their order.
    pub claims: Vec<Answer>,
}

impl Outcome {
    /// Whether every claim is accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.problems.is_empty() && self.claims.iter().all(|a| *a == Answer::Accepted)
    }

    /// Whether anything is wrong, as opposed to not confirmed.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !self.problems.is_empty() || self.claims.iter().any(|a| matches!(a, Answer::Refused(_)))
    }
}

/// Why an invariant or a claim does not hold.
enum Fault {
    Wrong(String),
    Spent,
}

impl From<Spent> for Fault {
    fn from(_: Spent) -> Self {
        Self::Spent
    }
}

fn wrong<T>(text: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Wrong(text.into()))
}

impl From<Result<(), Fault>> for Answer {
    fn from(result: Result<(), Fault>) -> Self {
        match result {
            Ok(()) => Self::Accepted,
            Err(Fault::Wrong(text)) => Self::Refused(text),
            Err(Fault::Spent) => Self::NotConfirmed,
        }
    }
}

/// Checks every claim of a certificate that was read by [`Certificate::read`]. `as_of` is the day on which
/// it must be valid, `YYYY-MM-DD`.
#[must_use]
pub fn check(certificate: &Certificate, as_of: &str) -> Outcome {
    let refused = |problems| Outcome { problems, claims: Vec::new() };
    if let Err(error) = validate(&certificate.model) {
        return refused(vec![format!("the model is malformed: {error}")]);
    }
    let mut problems = form::problems(certificate, as_of);
    if !problems.is_empty() {
        return refused(problems);
    }
    let mut plans = Plans { certificate, plans: BTreeMap::new() };
    problems.extend(form::matrix(certificate, plans.get(Routing::Given, false)));
    if !problems.is_empty() {
        return refused(problems);
    }
    let mut budget = Budget(BUDGET);
    let mut lists = Lists::default();
    let mut holds: BTreeMap<usize, Result<Sets, Answer>> = BTreeMap::new();
    let mut claims = Vec::new();
    for claim in &certificate.claims {
        let Some(invariant) = certificate.invariants.get(claim.invariant) else {
            claims.push(Answer::Refused("it names no invariant".to_owned()));
            continue;
        };
        let plan = plans.get(invariant.routing, invariant.source_routes);
        let shown = holds.entry(claim.invariant).or_insert_with(|| {
            inductive(certificate, plan, invariant, &mut lists, &mut budget)
                .map_err(|fault| Answer::from(Err(fault)))
        });
        claims.push(match shown {
            Err(answer) => answer.clone(),
            Ok(sets) => Answer::from(isolated(certificate, plan, claim, invariant, sets, &mut budget)),
        });
    }
    Outcome { problems, claims }
}

/// Plans by the choices of an invariant.
struct Plans<'c> {
    certificate: &'c Certificate,
    plans: BTreeMap<(Routing, bool), Plan<'c>>,
}

impl<'c> Plans<'c> {
    fn get(&mut self, routing: Routing, source_routes: bool) -> &Plan<'c> {
        let Certificate { model, policy, .. } = self.certificate;
        let fresh = || Plan::new(model, policy, routing, source_routes);
        self.plans.entry((routing, source_routes)).or_insert_with(fresh)
    }
}

/// The blocks of an invariant by place.
type Sets = BTreeMap<usize, Vec<Block>>;

/// The blocks of a set of the certificate; bit patterns are no intervals.
fn as_blocks(set: &[Cube], family: Family) -> Option<Vec<Block>> {
    let plain = |c: &Cube| {
        let addresses =
            [&c.dst, &c.src, &c.src0].into_iter().all(|v| !matches!(v, Some(Values::Mask { .. })));
        let small = [
            &c.proto,
            &c.dport,
            &c.sport,
            &c.flags,
            &c.icmp_type,
            &c.icmp_code,
            &c.fragment,
            &c.mark,
            &c.translated,
        ];
        addresses && small.into_iter().all(|v| !matches!(v, Some(Values::Mask { .. })))
    };
    let all = |around| -> Vec<Block> { set.iter().flat_map(|c| blocks(c, family, around)).collect() };
    let inside = all(false);
    (set.iter().all(plain) && inside == all(true)).then_some(inside)
}

/// Shows that the sets of an invariant hold everything that its source can bring to their places.
fn inductive(
    certificate: &Certificate,
    plan: &Plan<'_>,
    invariant: &Invariant,
    lists: &mut Lists,
    budget: &mut Budget,
) -> Result<Sets, Fault> {
    let names: BTreeMap<String, usize> = (0..plan.places.len()).map(|at| (plan.name(at), at)).collect();
    let mut sets = Sets::new();
    for (name, set) in &invariant.at {
        let Some(&at) = names.get(name) else { return wrong(format!("there is no place `{name}`")) };
        let family = family_of(plan, at);
        let Some(blocks) = certificate.sets.get(*set).and_then(|set| as_blocks(set, family)) else {
            return wrong(format!("the set of `{name}` is not made of intervals"));
        };
        if sets.insert(at, blocks).is_some() {
            return wrong(format!("the place `{name}` has two sets"));
        }
    }
    let Some(from) = plan.domains.get(&invariant.from) else {
        return wrong(format!("there is no source `{}`", invariant.from));
    };
    for at in plan.sources(from) {
        let sent = Block::full(family_of(plan, at)).with(TRANSLATED, (0, 0));
        let held = sets.get(&at).map_or(&[][..], Vec::as_slice);
        if let Some(missing) = uncovered(&sent, held.iter(), budget)? {
            return wrong(format!(
                "`{}` may send {} from `{}`",
                invariant.from,
                Shown(missing, family_of(plan, at)),
                plan.name(at)
            ));
        }
    }
    for step in &plan.steps {
        let Some(here) = sets.get(&step.from).filter(|s| !s.is_empty()) else { continue };
        let there = sets.get(&step.to).map_or(&[][..], Vec::as_slice);
        if let Some(escaped) = escape(plan, step, here, there, lists, budget)? {
            let (from, to) = (plan.name(step.from), plan.name(step.to));
            return wrong(format!(
                "{} gets from `{from}` to `{to}`, whose set lacks it",
                Shown(escaped, family_of(plan, step.to))
            ));
        }
    }
    Ok(sets)
}

fn family_of(plan: &Plan<'_>, at: usize) -> Family {
    plan.places.get(at).map_or(Family::Ipv4, |(family, _)| *family)
}

/// The lines of a list as blocks: action, may, must.
type Lines = Vec<(Action, Vec<Block>, Vec<Block>)>;

/// Lists as blocks, made once.
#[derive(Default)]
struct Lists(BTreeMap<*const List, Lines>);

impl Lists {
    fn get(&mut self, list: &List) -> &Lines {
        self.0.entry(std::ptr::from_ref(list)).or_insert_with(|| {
            let both = |p: &Predicate| (outer(p, list.family), inner(p, list.family));
            let line = |l: &sekisho_plain::format::Line| {
                let (may, must) = both(&l.matches);
                (l.action, may, must)
            };
            list.lines.iter().map(line).collect()
        })
    }
}

/// A header that a step leads out of the set of its start and not into the set of its end.
fn escape(
    plan: &Plan<'_>,
    step: &Step<'_>,
    here: &[Block],
    there: &[Block],
    lists: &mut Lists,
    budget: &mut Budget,
) -> Result<Option<Block>, Spent> {
    let family = family_of(plan, step.to);
    let full = Block::full(family);
    if there.iter().any(|b| b.holds(&full)) {
        return Ok(None);
    }
    match &step.change {
        Change::Pass => first(here, there, budget),
        Change::Within(blocks) => {
            let inside = here.iter().flat_map(|h| blocks.iter().filter_map(|b| b.meet(h)));
            first(&inside.collect::<Vec<_>>(), there, budget)
        }
        Change::Select(hits, missed) => {
            for block in here.iter().flat_map(|h| hits.iter().filter_map(|b| b.meet(h))) {
                if let Some(found) = uncovered(&block, missed.iter().chain(there), budget)? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
        Change::Filter(list) => filtered(list, lists.get(list), here, there, budget),
        Change::Translate(nat) => first(&image(nat, family, here, &cuts_of(there), budget)?, there, budget),
        Change::Assign(field, values) => {
            let assigned: Vec<Block> = here.iter().map(|b| b.with(*field, *values)).collect();
            first(&assigned, there, budget)
        }
        Change::Anything => uncovered(&full, there.iter(), budget),
        Change::Make(of, made) => {
            let met = here.iter().any(|h| of.iter().any(|b| b.meets(h)));
            if met { first(made, there, budget) } else { Ok(None) }
        }
    }
}

/// A header of some blocks that lies in none of the others.
fn first(of: &[Block], there: &[Block], budget: &mut Budget) -> Result<Option<Block>, Spent> {
    for block in of {
        if let Some(found) = uncovered(block, there.iter(), budget)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A header that a list may permit, out of `here` and not in `there`: it may match a line that permits,
/// and certainly matches no earlier one that denies. Images of lists are never computed.
fn filtered(
    list: &List,
    lines: &Lines,
    here: &[Block],
    there: &[Block],
    budget: &mut Budget,
) -> Result<Option<Block>, Spent> {
    for block in here {
        for outside in outside(block, there, budget)? {
            let mut denied: Vec<Block> = Vec::new();
            for (action, may, must) in lines {
                if *action == Action::Deny {
                    denied.extend(must.iter().filter(|m| m.meets(&outside)));
                    continue;
                }
                for may in may.iter().filter_map(|m| m.meet(&outside)) {
                    if let Some(found) = uncovered(&may, denied.iter(), budget)? {
                        return Ok(Some(found));
                    }
                }
            }
            if list.default != Action::Deny
                && let Some(found) = uncovered(&outside, denied.iter(), budget)?
            {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// Shows that what the sets hold at the target is permitted.
fn isolated(
    certificate: &Certificate,
    plan: &Plan<'_>,
    claim: &Claim,
    invariant: &Invariant,
    sets: &Sets,
    budget: &mut Budget,
) -> Result<(), Fault> {
    let domains = (plan.domains.get(&claim.from), plan.domains.get(&claim.to));
    let (Some(from), Some(to)) = domains else { return wrong("it names a zone that is nowhere") };
    if invariant.from != claim.from {
        return wrong(format!("its invariant is one of `{}`", invariant.from));
    }
    if from.locations.is_empty() || to.locations.is_empty() {
        return wrong("one of the two has no location in the model");
    }
    if (from.sensitive || to.sensitive) && !invariant.source_routes {
        return wrong("its invariant leaves source routes out, which the kind of its zone forbids");
    }
    let located = |d: &Domain| d.unlocated.is_empty();
    // What belongs to nobody depends on where all others are.
    let settled = (is_declared(&from.id) && is_declared(&to.id)) || plan.domains.list.iter().all(located);
    if invariant.routing == Routing::Any && !(located(from) && located(to) && settled) {
        return wrong(
            "where its domains are depends on routes, of which its invariant takes none for granted",
        );
    }
    for needed in form::leaned_on(&certificate.model, plan, invariant) {
        if !claim.leans_on.iter().any(|id| id == needed) {
            return wrong(format!("it leans on the assumption `{needed}` without saying so"));
        }
    }
    let replies = claim.leans_on.iter().any(|id| id == form::TCP_REPLY);
    for (at, counts) in plan.sinks(to) {
        let family = family_of(plan, at);
        let permitted = permitted(certificate, from, to, family, replies);
        let held = sets.get(&at).map_or(&[][..], Vec::as_slice);
        for block in held.iter().flat_map(|h| counts.iter().filter_map(|c| c.meet(h))) {
            if let Some(found) = uncovered(&block, permitted.iter(), budget)? {
                return wrong(format!(
                    "the invariant holds {} at `{}`, which is not permitted",
                    Shown(found, family),
                    plan.name(at)
                ));
            }
        }
    }
    Ok(())
}

fn is_declared(id: &str) -> bool {
    id != "unassigned" && !id.starts_with("undeclared:")
}

/// What the whitelist permits between two domains, with the replies of permitted TCP sessions if asked for.
#[must_use]
pub fn permitted(
    certificate: &Certificate,
    from: &Domain,
    to: &Domain,
    family: Family,
    replies: bool,
) -> Vec<Block> {
    let entries = certificate
        .policy
        .whitelist
        .iter()
        .filter(|e| e.from == from.id && e.to == to.id && e.family == family && (replies || !e.replies));
    entries.flat_map(|e| &e.cubes).flat_map(|c| blocks(c, family, false)).collect()
}

/// A block in words: its fields that are not free.
struct Shown(Block, Family);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; FIELDS] = [
            "dst",
            "proto",
            "dport",
            "sport",
            "flags",
            "icmp-type",
            "icmp-code",
            "fragment",
            "mark",
            "translated",
            "src0",
            "src",
        ];
        let Self(block, family) = *self;
        f.write_str(if family == Family::Ipv4 { "an IPv4 packet" } else { "an IPv6 packet" })?;
        for (field, name) in NAMES.into_iter().enumerate() {
            let (lo, hi) = block.range(field);
            let text = |x: u128| match field {
                DST | SRC | SRC0 => family.address(x).to_string(),
                _ => x.to_string(),
            };
            if lo == hi {
                write!(f, " {name} {}", text(lo))?;
            } else if (lo, hi) != (0, top(family, field)) {
                write!(f, " {name} {}-{}", text(lo), text(hi))?;
            }
        }
        Ok(())
    }
}

/// Used by the form check.
pub(crate) fn inexact(network: &Network) -> BTreeSet<String> {
    let mut marks = BTreeSet::new();
    for device in &network.devices {
        marks.extend(device.poisons.iter().map(|p| p.place.clone()));
        for line in device.lists.iter().flat_map(|l| &l.lines) {
            if line.action == Action::Unknown || line.matches.must.is_some() {
                marks.insert(line.place.clone());
            }
        }
        for rule in device.nats.iter().flat_map(|n| &n.rules) {
            if rule.may_skip || rule.matches.must.is_some() {
                marks.insert(rule.place.clone());
            }
        }
        for vrf in &device.vrfs {
            marks.extend(vrf.unknown_routes.iter().map(|(_, place)| place.clone()));
            marks.extend(vrf.tables.iter().flat_map(|t| t.garbled.iter().cloned()));
        }
    }
    marks
}
