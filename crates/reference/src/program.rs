//! The stages of an interface, run on one packet.

use crate::fib::{Via, View};
use crate::format::{Network, Port, Stage, Tri};
use crate::list::decide;
use crate::nat::translate;
use crate::outcome::Step;
use crate::packet::Packet;

/// Ways that are followed through one program. Beyond, the input does not say.
const FATES: usize = 1000;

/// What becomes of a packet in a program.
#[derive(Clone)]
pub(crate) struct Fate {
    /// The header now.
    pub packet: Packet,
    /// Whether it comes to this in every world.
    pub sure: bool,
    /// Decisions so far.
    pub steps: Vec<Step>,
    /// What happens next.
    pub end: FateEnd,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum FateEnd {
    /// It goes on, by this policy route if one is bound.
    Pass(Option<usize>),
    /// It is dropped.
    Drop,
    /// The input does not say.
    Open,
}

/// A program, where it is bound, and by which interface the packet came in.
#[derive(Clone, Copy)]
pub(crate) struct Program<'a> {
    pub network: &'a Network,
    pub stages: &'a [Stage],
    pub bound: Port,
    pub context: usize,
    /// Whether nothing is taken for granted about routes.
    pub any_routing: bool,
    /// Whether the device has told the packet as one of a session.
    pub in_session: bool,
}

impl Program<'_> {
    pub(crate) fn run(self, packet: Packet) -> Vec<Fate> {
        let mut fates = vec![Fate { packet, sure: true, steps: Vec::new(), end: FateEnd::Pass(None) }];
        for stage in self.stages {
            let (live, done): (Vec<_>, Vec<_>) =
                fates.into_iter().partition(|f| matches!(f.end, FateEnd::Pass(_)));
            fates = live.into_iter().flat_map(|f| self.stage(stage, f)).chain(done).take(FATES + 1).collect();
            if fates.len() > FATES {
                fates.truncate(FATES);
                fates.push(Fate { packet, sure: false, steps: Vec::new(), end: FateEnd::Open });
            }
        }
        fates
    }

    fn stage(self, stage: &Stage, fate: Fate) -> Vec<Fate> {
        let mut stage = stage;
        while let Stage::When { from, stage: inner } = stage {
            if !from.contains(&self.context) {
                return vec![fate];
            }
            stage = inner;
        }
        let Some(device) = self.network.device(self.bound.device) else { return Vec::new() };
        let step = |word: &str, decision: &str, place: Option<&str>, sure: bool, why: &str| Step {
            stage: word.to_owned(),
            decision: decision.to_owned(),
            place: place.map(str::to_owned),
            sure,
            why: why.to_owned(),
            opens: Tri::No,
        };
        let next = |step: Step, packet: Packet, end: FateEnd| {
            let mut next = Fate { packet, sure: fate.sure && step.sure, steps: fate.steps.clone(), end };
            next.steps.push(step);
            next
        };
        let go = fate.end.clone();
        let p = fate.packet;
        match stage {
            Stage::Filter { list, place } => {
                let Some(list) = device.lists.get(*list) else {
                    return vec![next(step("filter", "undefined", Some(place), false, ""), p, FateEnd::Open)];
                };
                if list.family != p.family() {
                    return vec![fate];
                }
                let decision = decide(list, &p, self.in_session);
                let mut out = Vec::new();
                for (permit, able, sure) in [
                    (true, decision.possible, decision.certain),
                    (false, !decision.certain, !decision.possible),
                ] {
                    if !able {
                        continue;
                    }
                    let decider = decision.decider(permit);
                    let at = decider.and_then(|d| d.place.as_deref()).unwrap_or(place);
                    let reason = decision.deciders.iter().find_map(|d| d.why.clone());
                    let reason = reason.map_or(String::new(), |w| format!(", depends on {w}"));
                    let default =
                        if decider.is_some_and(|d| d.line.is_none()) { ", no line matches" } else { "" };
                    let why = format!("list {}{default}{reason}", list.name);
                    let word = if permit { "permit" } else { "deny" };
                    let end = if permit { go.clone() } else { FateEnd::Drop };
                    let opens = if permit && !self.in_session { decision.opens() } else { Tri::No };
                    out.push(next(Step { opens, ..step("filter", word, Some(at), sure, &why) }, p, end));
                }
                out
            }
            Stage::Nat { table, place } => {
                let Some(table) = device.nats.get(*table) else {
                    return vec![next(step("nat", "undefined", Some(place), false, ""), p, FateEnd::Open)];
                };
                let results = translate(self.network, table, &p).into_iter();
                let as_fate = results.map(|t| {
                    let rule = t.place.as_deref();
                    match (t.open, t.packet == p, rule) {
                        (true, ..) => next(
                            step("nat", "translate", rule, false, "to values not tried"),
                            p,
                            FateEnd::Open,
                        ),
                        (_, true, None) if t.sure => fate.clone(),
                        (_, true, _) => next(
                            step("nat", "unchanged", rule.or(Some(place)), t.sure, &table.name),
                            p,
                            go.clone(),
                        ),
                        _ => {
                            let word = format!("translate to {}", t.packet);
                            next(step("nat", &word, rule, t.sure, &table.name), t.packet, go.clone())
                        }
                    }
                });
                as_fate.collect()
            }
            Stage::AntiSpoof { family, .. } if *family != p.family() => vec![fate],
            Stage::AntiSpoof { strict, allow_default, place, .. } => {
                let (pass, drop, why) = self.anti_spoof(*strict, *allow_default, &p);
                let mut out = Vec::new();
                if !drop {
                    out.push(next(step("anti-spoof", "permit", Some(place), pass, why), p, go.clone()));
                }
                if !pass {
                    out.push(next(step("anti-spoof", "deny", Some(place), drop, why), p, FateEnd::Drop));
                }
                out
            }
            Stage::PolicyRoute { policy, .. } => {
                vec![Fate { end: FateEnd::Pass(Some(*policy)), ..fate }]
            }
            Stage::Drop { place, why } => {
                vec![next(step("drop", "deny", Some(place), true, why), p, FateEnd::Drop)]
            }
            Stage::MayDrop { place, why } => vec![
                next(step("may-drop", "permit", Some(place), false, why), p, go.clone()),
                next(step("may-drop", "deny", Some(place), false, why), p, FateEnd::Drop),
            ],
            Stage::When { .. } => vec![fate],
        }
    }

    /// Whether a source-address check certainly passes, or certainly drops.
    fn anti_spoof(self, strict: bool, allow_default: bool, packet: &Packet) -> (bool, bool, &'static str) {
        let interface = self.network.interface(self.bound);
        if self.any_routing {
            return (false, false, "some route leads to any source");
        }
        let view = View::new(self.network, self.bound.device);
        let (Some(interface), Some(view)) = (interface, view) else { return (false, false, "") };
        let vrf = interface.l3.as_ref().map_or(0, |l3| l3.vrf);
        let legs = view.routes(vrf, packet.src);
        let home = |l: &&crate::fib::Leg| {
            let here = matches!(l.via, Via::Out { interface, .. } if interface == self.bound.interface);
            here && interface.connected().any(|a| Some(a.prefix) == l.prefix && a.prefix.contains(packet.src))
        };
        let mut sure = legs.iter().filter(|l| l.sure).peekable();
        if sure.peek().is_some() && sure.all(|l| home(&l)) {
            return (true, false, "source is on this network");
        }
        let back = legs.iter().any(|l| {
            let counts = allow_default || l.prefix.is_none_or(|p| p.len() > 0);
            counts
                && match l.via {
                    Via::Out { interface, .. } => !strict || interface == self.bound.interface,
                    Via::Local | Via::Discard => !strict,
                    Via::NoRoute => false,
                }
        });
        let unknown =
            view.leak_closure(vrf).into_iter().any(|v| view.unknown_routes(v, packet.family()).is_some());
        if back || unknown { (false, false, "depends on the routes") } else { (false, true, "no route back") }
    }
}
