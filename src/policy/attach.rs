//! Nothing may have two owners: interfaces, VLANs, VRFs, devices, next hops, hosts, and addresses.
//!
//! Two attachments that disagree stop the run, for a location lies in one zone only. What needs a config
//! (an interface whose connected prefix is another zone's) is found later, where configs are known.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_diag::{Code, Diagnostic, Severity, SourceMap, Span};
use sekisho_net::Prefix;

use super::syntax::{Context, quote};
use super::zone::{Attachment, ZoneRef};
use super::{Policy, codes};

/// Something that has one owner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Thing<'p> {
    Interface(&'p str, &'p str),
    Vlan(&'p str, u16),
    VlanEverywhere(u16),
    VlanSomewhere(u16),
    Vrf(&'p str, &'p str),
    Device(&'p str),
    PartOf(&'p str),
    NextHop(IpAddr),
}

/// Who owns a thing, and where it is said.
type Claim = (ZoneRef, Span);

/// Checks the whole policy.
pub(super) fn check(cx: &mut Context, sources: &SourceMap, policy: &Policy) {
    let zones = policy.zones.iter().enumerate().map(|(n, z)| (ZoneRef::Zone(n), &z.attachment));
    let externals = policy.externals.iter().enumerate().map(|(n, e)| (ZoneRef::External(n), &e.attachment));
    let owners: Vec<(ZoneRef, &Attachment)> = zones.chain(externals).collect();
    things(cx, sources, policy, &owners);
    overlaps(cx, sources, policy, &owners);
    hosts(cx, sources, policy);
}

/// Reports a second claim.
fn twice(
    cx: &mut Context,
    sources: &SourceMap,
    code: Code,
    message: &str,
    at: Span,
    first: Span,
    help: &str,
) {
    let (at, first) = (at.max(first), at.min(first));
    let message = format!("{message} (see line {})", sources.line(first));
    let found = Diagnostic::new(code, Severity::Error, message, at)
        .with_label(first, "the other claim")
        .with_help(help);
    cx.diagnostics.push(found);
}

/// Claims on interfaces, VLANs, VRFs, devices and next hops.
fn things(cx: &mut Context, sources: &SourceMap, policy: &Policy, owners: &[(ZoneRef, &Attachment)]) {
    // For each thing the first claim of every owner is enough.
    let mut claims: BTreeMap<Thing<'_>, BTreeMap<ZoneRef, Span>> = BTreeMap::new();
    let mut claim = |thing, owner, span| {
        claims.entry(thing).or_default().entry(owner).or_insert(span);
    };
    for &(owner, a) in owners {
        for i in &a.interfaces {
            claim(Thing::Interface(&i.value.device, &i.value.interface), owner, i.span);
            claim(Thing::PartOf(&i.value.device), owner, i.span);
        }
        for v in &a.vlans {
            match &v.value.device {
                Some(device) => {
                    claim(Thing::Vlan(device, v.value.vlan), owner, v.span);
                    claim(Thing::VlanSomewhere(v.value.vlan), owner, v.span);
                    claim(Thing::PartOf(device), owner, v.span);
                }
                None => claim(Thing::VlanEverywhere(v.value.vlan), owner, v.span),
            }
        }
        for v in &a.vrfs {
            claim(Thing::Vrf(&v.value.device, &v.value.vrf), owner, v.span);
            claim(Thing::PartOf(&v.value.device), owner, v.span);
        }
        a.devices.iter().for_each(|d| claim(Thing::Device(&d.value), owner, d.span));
        a.next_hops.iter().for_each(|n| claim(Thing::NextHop(n.value), owner, n.span));
    }
    let mut report = |what: String, one: Claim, two: Claim| {
        let (a, b) = (quote(&policy.name(one.0)), quote(&policy.name(two.0)));
        let message = format!("{what} belongs to both {a} and {b}");
        let help = "keep it in one of the two; of a shared device name the interfaces or VRFs one by one";
        twice(cx, sources, codes::ATTACHED_TWICE, &message, two.1, one.1, help);
    };
    for (thing, by) in &claims {
        let what = match thing {
            Thing::Interface(device, name) => format!("interface {}", quote(&format!("{device}:{name}"))),
            Thing::Vlan(device, vlan) => format!("VLAN {}", quote(&format!("{device}:{vlan}"))),
            Thing::VlanEverywhere(vlan) => format!("VLAN `{vlan}`"),
            Thing::Vrf(device, name) => format!("VRF {}", quote(&format!("{device}:{name}"))),
            Thing::Device(device) => format!("device {}", quote(device)),
            Thing::NextHop(addr) => format!("next hop `{addr}`"),
            Thing::VlanSomewhere(_) | Thing::PartOf(_) => continue,
        };
        let mut in_order: Vec<Claim> = by.iter().map(|(&owner, &span)| (owner, span)).collect();
        in_order.sort_by_key(|claim| claim.1);
        let Some(&first) = in_order.first() else { continue };
        in_order.iter().skip(1).for_each(|&other| report(what.clone(), first, other));
        // A whole device against its parts; a VLAN everywhere against the same on one device.
        let parts = match thing {
            Thing::Device(device) => claims.get(&Thing::PartOf(device)),
            Thing::VlanEverywhere(vlan) => claims.get(&Thing::VlanSomewhere(*vlan)),
            _ => None,
        };
        for (&owner, &span) in parts.into_iter().flatten().filter(|(owner, _)| **owner != first.0) {
            report(format!("a part of {what}"), first, (owner, span));
        }
    }
}

/// Addresses claimed by two zones, or by a zone and an external. Two externals may share addresses.
fn overlaps(cx: &mut Context, sources: &SourceMap, policy: &Policy, owners: &[(ZoneRef, &Attachment)]) {
    let mut all: BTreeMap<(Prefix, usize), Span> = BTreeMap::new();
    for (index, (_, attachment)) in owners.iter().enumerate() {
        for subnet in &attachment.subnets {
            all.entry((subnet.value, index)).or_insert(subnet.span);
        }
    }
    // Prefixes in order of (family, address, length): those that hold the current one form a stack.
    let mut open: Vec<(Prefix, usize, Span)> = Vec::new();
    for (&(prefix, index), &span) in &all {
        while open.last().is_some_and(|(outer, _, _)| !outer.covers(&prefix)) {
            open.pop();
        }
        let clash = open.iter().rev().find(|&&(_, other, _)| {
            let (Some((a, mine)), Some((b, theirs))) = (owners.get(index), owners.get(other)) else {
                return false;
            };
            let externals = matches!((a, b), (ZoneRef::External(_), ZoneRef::External(_)));
            a != b && !externals && !mine.is_apart(theirs)
        });
        if let Some(&(_, other, first)) = clash {
            let name =
                |n: usize| owners.get(n).map_or(String::new(), |(owner, _)| quote(&policy.name(*owner)));
            let message = format!("{} and {} overlap in `{prefix}`", name(other), name(index));
            let help =
                "give the addresses to one of the two; the same range in two VRFs needs `vrfs` in both";
            twice(cx, sources, codes::OVERLAP, &message, span, first, help);
        }
        open.push((prefix, index, span));
    }
}

/// Addresses claimed by two hosts.
fn hosts(cx: &mut Context, sources: &SourceMap, policy: &Policy) {
    let mut seen: BTreeMap<IpAddr, (usize, Span)> = BTreeMap::new();
    for (index, host) in policy.hosts.iter().enumerate() {
        let mine: BTreeSet<(IpAddr, Span)> = host.addresses.iter().map(|a| (a.value, a.span)).collect();
        for (addr, span) in mine {
            let &mut (owner, first) = seen.entry(addr).or_insert((index, span));
            if owner != index {
                let message = format!("address `{addr}` belongs to two hosts");
                let help = "put all addresses of a host into one entry";
                twice(cx, sources, codes::ATTACHED_TWICE, &message, span, first, help);
            }
        }
    }
}
