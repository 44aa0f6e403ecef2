//! Source translation: by policy, by the central table, and backwards by virtual addresses.
//!
//! Rules stand in the order of the permitting policies and match what the policies match; a policy
//! without translation is an exemption. Where it is not certain that a rule translates, it matches at most,
//! so that the packet meets the rules behind it as well. With central translation only the central table counts.
//! Source: FortiOS Administration Guide, "Dynamic SNAT", "Central SNAT", "Static virtual IPs".

use sekisho_diag::Span;
use sekisho_model::{Action, AddressRole, Device, Interface, NatRule, Predicate, Rewrite, Target, Tri};
use sekisho_net::{Cube, Family, Field, FieldSet, addr_bits};

use super::ports::Ports;
use super::rule::{Rule, SourceNat};
use crate::fortios::objects::pool::Pools;
use crate::fortios::objects::vip::{Vips, split};

/// Everything that translates sources.
pub(super) struct Sources {
    /// IPv4 and IPv6.
    pub pools: [Pools; 2],
    /// The central table, where it is in use.
    pub central: Option<Vec<Central>>,
    /// Backward rewrites of virtual addresses.
    pub backwards: Vec<Backward>,
}

/// An entry of the central table.
pub(super) struct Central {
    pub span: Span,
    pub family: Family,
    pub from: Ports,
    pub to: Ports,
    pub matches: Predicate,
    pub nat: SourceNat,
}

/// What a virtual address does to packets of the host behind it.
pub(super) struct Backward {
    span: Span,
    family: Family,
    /// Interfaces by which the packets leave; `None` for any.
    interfaces: Option<Vec<usize>>,
    forced: bool,
    pieces: Vec<((u128, u128), Target)>,
}

/// One rule to be, and whether it certainly stands between the pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Translation {
    cause: Cause,
    v6: bool,
    pub sure: bool,
}

/// Positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Backward(usize),
    Policy(usize),
    Central(usize),
}

/// Backward rewrites of all virtual addresses.
pub(super) fn backwards(vips: &Vips) -> Vec<Backward> {
    let of = |vip: &crate::fortios::objects::vip::Vip| {
        let (mapped, external) = vip.reverse?;
        let interfaces = vip.interfaces.as_ref().map(|all| all.iter().map(|i| i.0 as usize).collect());
        Some(Backward {
            span: vip.span,
            family: vip.family,
            interfaces,
            forced: vip.forced_reverse,
            pieces: split(mapped, external, vip.family)?,
        })
    };
    vips.all.iter().filter_map(of).collect()
}

impl Sources {
    /// Rules for packets from one interface to another, given the policies between them per family.
    pub(super) fn between(
        &self,
        rules: &[Rule],
        steps: [&[(usize, bool)]; 2],
        from: usize,
        to: usize,
    ) -> Vec<Translation> {
        let mut out = Vec::new();
        for (family, steps) in Family::ALL.into_iter().zip(steps) {
            let v6 = family == Family::V6;
            let of = |n: usize| rules.get(n).map(|r| (r.action, &r.nat));
            let by_policy =
                |n: usize| of(n).is_some_and(|(a, nat)| a != Action::Deny && *nat != SourceNat::None);
            let translates = self.central.is_some() || steps.iter().any(|s| by_policy(s.0));
            for (at, backward) in self.backwards.iter().enumerate().filter(|(_, b)| b.family == family) {
                let here = backward.interfaces.as_ref().is_none_or(|all| all.contains(&to));
                if here && (backward.forced || translates) {
                    out.push(Translation { cause: Cause::Backward(at), v6, sure: false });
                }
            }
            let Some(central) = &self.central else {
                let permits = steps.iter().filter(|s| of(s.0).is_some_and(|(a, _)| a != Action::Deny));
                let all: Vec<_> =
                    permits.map(|&(n, sure)| Translation { cause: Cause::Policy(n), v6, sure }).collect();
                // What follows the last translation needs no exemption.
                let last = all.iter().rposition(|t| matches!(t.cause, Cause::Policy(n) if by_policy(n)));
                out.extend(all.into_iter().take(last.map_or(0, |at| at + 1)));
                continue;
            };
            for (at, entry) in central.iter().enumerate().filter(|(_, c)| c.family == family) {
                let stands = entry.from.of(from).min(entry.to.of(to));
                if stands.possible() {
                    out.push(Translation { cause: Cause::Central(at), v6, sure: stands.certain() });
                }
            }
        }
        out
    }

    /// Whether any of them translates.
    pub(super) fn changes(&self, rules: &[Rule], all: &[Translation]) -> bool {
        all.iter().any(|t| match t.cause {
            Cause::Backward(_) => true,
            Cause::Policy(n) => rules.get(n).is_some_and(|r| r.nat != SourceNat::None),
            Cause::Central(n) => {
                self.central.iter().flatten().nth(n).is_some_and(|c| c.nat != SourceNat::None)
            }
        })
    }

    /// The rules on an interface.
    pub(super) fn rules(
        &self,
        rules: &[Rule],
        all: &[Translation],
        to: usize,
        device: &Device,
    ) -> Vec<NatRule> {
        let mut out = Vec::new();
        let interface = device.interfaces.get(to);
        for translation in all {
            let family = if translation.v6 { Family::V6 } else { Family::V4 };
            match translation.cause {
                Cause::Backward(at) => {
                    if let Some(backward) = self.backwards.get(at) {
                        out.extend(backward.pieces.iter().map(|(from, target)| NatRule {
                            family,
                            matches: Predicate::at_most(vec![
                                Cube::any().with(Field::Src, FieldSet::range(from.0, from.1)),
                            ]),
                            rewrites: vec![Rewrite { field: Field::Src, target: target.clone() }],
                            may_skip: false,
                            span: backward.span,
                        }));
                    }
                }
                Cause::Policy(n) => {
                    let Some(rule) = rules.get(n) else { continue };
                    let (matches, nat) = (rule.matches(family), &rule.nat);
                    out.push(self.rule(family, matches, nat, rule.span, translation.sure, interface));
                }
                Cause::Central(n) => {
                    let Some(entry) = self.central.iter().flatten().nth(n) else { continue };
                    let (matches, nat) = (&entry.matches, &entry.nat);
                    out.push(self.rule(family, matches, nat, entry.span, translation.sure, interface));
                }
            }
        }
        out
    }

    fn rule(
        &self,
        family: Family,
        matches: &Predicate,
        nat: &SourceNat,
        span: Span,
        sure: bool,
        interface: Option<&Interface>,
    ) -> NatRule {
        let (target, keeps_ports, known) = match nat {
            SourceNat::None => (None, true, true),
            SourceNat::Unknown => (Some(Target::Unknown), false, false),
            SourceNat::Interface { keeps_ports } => {
                let own = interface.map_or_else(Vec::new, |i| own_addresses(i, family));
                let target = if own.is_empty() {
                    Target::Unknown
                } else {
                    Target::OneOf(FieldSet::Ranges(own.iter().map(|&a| (a, a)).collect()))
                };
                // With several addresses the device takes the one that suits the next hop.
                (Some(target), *keeps_ports, own.len() == 1 && family == Family::V4)
            }
            SourceNat::Pools { v4, v6, keeps_ports } => {
                let [pools4, pools6] = &self.pools;
                let (names, pools) = if family == Family::V4 { (v4, pools4) } else { (v6, pools6) };
                let found: Vec<_> = names.iter().map(|n| pools.map.get(n)).collect();
                let ranges: Option<Vec<(u128, u128)>> =
                    found.iter().map(|p| p.and_then(|p| p.range)).collect();
                let ranges = ranges.filter(|r| !r.is_empty() && !pools.unread);
                let keep = *keeps_ports || found.iter().all(|p| p.is_some_and(|p| p.keeps_ports));
                let known = ranges.is_some();
                (Some(ranges.map_or(Target::Unknown, |r| Target::OneOf(FieldSet::Ranges(r)))), keep, known)
            }
        };
        let mut rewrites = Vec::new();
        if let Some(target) = target {
            rewrites.push(Rewrite { field: Field::Src, target });
            if !keeps_ports {
                rewrites.push(Rewrite { field: Field::Sport, target: Target::OneOf(FieldSet::Any) });
            }
        }
        let exact = sure && known;
        let matches = if exact { matches.clone() } else { Predicate::at_most(matches.may.clone()) };
        NatRule { family, matches, rewrites, may_skip: false, span }
    }
}

/// Fixed addresses of an interface; none if some are not known.
fn own_addresses(interface: &Interface, family: Family) -> Vec<u128> {
    let Some(l3) = &interface.l3 else { return Vec::new() };
    let unknown = match family {
        Family::V4 => l3.unknown_v4.is_some(),
        Family::V6 => l3.unknown_v6.is_some(),
    };
    if unknown {
        return Vec::new();
    }
    let own = l3.addresses.iter().filter(|a| a.role == AddressRole::Own && Family::of(a.addr) == family);
    own.map(|a| addr_bits(a.addr)).collect()
}

/// Takes the device's answers to ARP for pool addresses and virtual addresses into account.
pub(super) fn answer_for_others(device: &mut Device, vips: &Vips, pools: &[Pools; 2]) {
    let pool = pools.iter().any(|p| p.unread || p.map.values().any(|p| p.answers));
    for (at, interface) in device.interfaces.iter_mut().enumerate() {
        let here = |all: &Option<Vec<sekisho_model::InterfaceId>>| {
            all.as_ref().is_none_or(|ids| ids.iter().any(|i| i.0 as usize == at))
        };
        let vip = vips.all.iter().any(|v| v.answers && here(&v.interfaces));
        if let Some(l3) = interface.l3.as_mut().filter(|l3| l3.proxy_arp == Tri::No && (pool || vip)) {
            l3.proxy_arp = Tri::Unknown;
        }
    }
}
