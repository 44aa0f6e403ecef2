//! Whether a network is well formed: every reference leads somewhere, every number is in range.

use std::net::IpAddr;

use crate::address::Family;
use crate::format::{
    Cube, Device, Encapsulation, Interface, L2, Line, Network, NextHop, PolicyAction, Port, Predicate,
    Rewrite, Scope, Stage, Target, Values, Vrf,
};

/// Why a network is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// A position beyond the end of its list.
    #[error("{what} {at} of {owner} does not exist")]
    Reference {
        /// What is named.
        what: &'static str,
        /// Its position.
        at: usize,
        /// Who names it.
        owner: String,
    },
    /// A value that cannot be.
    #[error("{what} in {owner}")]
    Value {
        /// What is wrong.
        what: &'static str,
        /// Where.
        owner: String,
    },
}

/// Checks all references and numbers of a network.
///
/// # Errors
/// The first [`FormatError`] found.
pub fn validate(network: &Network) -> Result<(), FormatError> {
    for &(a, b) in &network.links {
        for port in [a, b] {
            exists("linked interface", port.interface, interfaces(network, port), "links")?;
        }
    }
    for device in &network.devices {
        check_device(device)?;
    }
    Ok(())
}

fn interfaces(network: &Network, port: Port) -> usize {
    network.device(port.device).map_or(0, |d| d.interfaces.len())
}

fn exists(what: &'static str, at: usize, count: usize, owner: &str) -> Result<(), FormatError> {
    if at < count { Ok(()) } else { Err(FormatError::Reference { what, at, owner: owner.to_owned() }) }
}

fn holds(ok: bool, what: &'static str, owner: &str) -> Result<(), FormatError> {
    if ok { Ok(()) } else { Err(FormatError::Value { what, owner: owner.to_owned() }) }
}

fn check_device(d: &Device) -> Result<(), FormatError> {
    let owner = d.name.as_str();
    let interface = |i: usize| exists("interface", i, d.interfaces.len(), owner);
    let vrf = |v: usize| exists("VRF", v, d.vrfs.len(), owner);
    for i in &d.interfaces {
        check_interface(d, i)?;
    }
    for v in &d.vrfs {
        check_vrf(d, v)?;
    }
    for list in &d.lists {
        let told = |l: &Line| l.replies.iter().try_for_each(|p| check_predicate(p, list.family, &l.place));
        list.lines.iter().try_for_each(|l| check_predicate(&l.matches, list.family, &l.place))?;
        list.lines.iter().try_for_each(told)?;
    }
    for rule in d.nats.iter().flat_map(|n| &n.rules) {
        check_predicate(&rule.matches, rule.family, &rule.place)?;
        rule.rewrites.iter().try_for_each(|r| check_rewrite(r, rule.family, &rule.place))?;
    }
    for entry in d.policy_routes.iter().flat_map(|p| &p.entries) {
        check_predicate(&entry.matches, entry.family, &entry.place)?;
        match &entry.action {
            PolicyAction::Interfaces(all) => all.iter().try_for_each(|&i| interface(i))?,
            PolicyAction::Vrf(v) => vrf(*v)?,
            PolicyAction::NextHops { addresses, .. } | PolicyAction::DefaultNextHops(addresses) => {
                let same = addresses.iter().all(|a| Family::of(*a) == entry.family);
                holds(same, "next hop of the other family", &entry.place)?;
            }
            PolicyAction::Normal | PolicyAction::Drop | PolicyAction::Unknown => {}
        }
    }
    for poison in &d.poisons {
        match poison.scope {
            Scope::Device | Scope::Anywhere => {}
            Scope::Interface(i) => interface(i)?,
            Scope::Routes { vrf: v, .. } => vrf(v)?,
        }
    }
    Ok(())
}

fn check_interface(d: &Device, i: &Interface) -> Result<(), FormatError> {
    let owner = format!("{} {}", d.name, i.name);
    let interface = |at: usize| exists("interface", at, d.interfaces.len(), &owner);
    let vrf = |at: usize| exists("VRF", at, d.vrfs.len(), &owner);
    i.parent.map_or(Ok(()), interface)?;
    i.aggregate.map_or(Ok(()), interface)?;
    exists("context", i.context, d.contexts.len(), &owner)?;
    let tag = |v: u16| (1..=4094).contains(&v);
    let encapsulation = if let Encapsulation::Vlan(v) = i.encapsulation { Some(v) } else { None };
    let mut tags: Vec<u16> = encapsulation.into_iter().chain(i.svi_vlan).collect();
    if let Some(L2 { access_vlan, voice_vlan, allowed, native_vlan, .. }) = &i.l2 {
        tags.extend([*access_vlan, *native_vlan]);
        tags.extend(voice_vlan);
        tags.extend(allowed.iter().flat_map(|&(lo, hi)| [lo, hi]));
    }
    holds(tags.into_iter().all(tag), "VLAN outside 1 to 4094", &owner)?;
    if let Some(l3) = &i.l3 {
        vrf(l3.vrf)?;
        let held = l3.addresses.iter().all(|a| a.prefix.contains(a.addr));
        holds(held, "address outside its prefix", &owner)?;
    }
    i.relays.iter().try_for_each(|r| vrf(r.vrf))?;
    i.ingress.iter().try_for_each(|s| check_stage(d, s, true, &owner))?;
    i.egress.iter().try_for_each(|s| check_stage(d, s, false, &owner))
}

fn check_stage(d: &Device, stage: &Stage, ingress: bool, owner: &str) -> Result<(), FormatError> {
    let mut stage = stage;
    while let Stage::When { from, stage: inner } = stage {
        from.iter().try_for_each(|&c| exists("context", c, d.contexts.len(), owner))?;
        stage = inner;
    }
    match stage {
        Stage::Filter { list, .. } => exists("list", *list, d.lists.len(), owner),
        Stage::Nat { table, .. } => exists("translation table", *table, d.nats.len(), owner),
        Stage::PolicyRoute { policy, .. } => {
            holds(ingress, "policy route on departure", owner)?;
            exists("policy route", *policy, d.policy_routes.len(), owner)
        }
        Stage::AntiSpoof { .. } | Stage::Drop { .. } | Stage::MayDrop { .. } | Stage::When { .. } => Ok(()),
    }
}

fn check_vrf(d: &Device, v: &Vrf) -> Result<(), FormatError> {
    let owner = format!("{} {}", d.name, v.name);
    v.leaks.iter().try_for_each(|l| exists("VRF", l.from, d.vrfs.len(), &owner))?;
    let rows = v.tables.iter().flat_map(|t| t.rows.iter().map(|r| (r.next_hop, &r.place)));
    for (next_hop, place) in v.routes.iter().map(|r| (r.next_hop, &r.place)).chain(rows) {
        match next_hop {
            NextHop::Interface(i) => exists("interface", i, d.interfaces.len(), place)?,
            NextHop::Via { interface, vrf, .. } => {
                interface.map_or(Ok(()), |i| exists("interface", i, d.interfaces.len(), place))?;
                vrf.map_or(Ok(()), |v| exists("VRF", v, d.vrfs.len(), place))?;
            }
            NextHop::Discard | NextHop::Receive | NextHop::Unknown => {}
        }
    }
    let same = |t: &crate::format::Table| t.rows.iter().all(|r| r.prefix.family() == t.family);
    holds(v.tables.iter().all(same), "row of the other family", &owner)
}

fn check_predicate(p: &Predicate, family: Family, place: &str) -> Result<(), FormatError> {
    let cubes = p.may.iter().chain(p.must.iter().flatten());
    let fits = |c: &Cube| [&c.src, &c.dst, &c.src0].into_iter().flatten().all(|v| of_family(v, family));
    holds(cubes.into_iter().all(fits), "address of the other family", place)
}

fn of_family(values: &Values<IpAddr>, family: Family) -> bool {
    let same = |a: &IpAddr| Family::of(*a) == family;
    match values {
        Values::Ranges(ranges) => ranges.iter().all(|(a, b)| same(a) && same(b)),
        Values::Mask { value, care } => same(value) && same(care),
    }
}

fn check_rewrite(rewrite: &Rewrite, family: Family, place: &str) -> Result<(), FormatError> {
    match rewrite {
        Rewrite::Src(Target::OneOf(values)) | Rewrite::Dst(Target::OneOf(values)) => {
            holds(of_family(values, family), "address of the other family", place)
        }
        Rewrite::Src(Target::Shift { from, to }) | Rewrite::Dst(Target::Shift { from, to }) => {
            let alike = from.len() == to.len() && from.family() == family && to.family() == family;
            holds(alike, "prefixes that do not fit each other", place)
        }
        Rewrite::Sport(Target::Shift { .. })
        | Rewrite::Dport(Target::Shift { .. })
        | Rewrite::Mark(Target::Shift { .. }) => holds(false, "shift of a port", place),
        _ => Ok(()),
    }
}
