//! What to do about a finding: the line to change, or where a filter would go.

use sekisho_model::{Device, Interface, Stage, VrfId};
use sekisho_net::{Cube, Family, Field};

use super::Parts;
use crate::graph::location::{Domain, DomainKind};
use crate::policy::ZoneRef;
use crate::proof::verdict::WitnessHop;
use crate::proof::{Evidence, Finding, FindingKind, Note, Witness};
use crate::report::ranges::header;

/// One thing to do. Places are `FILE:LINE`, interfaces `DEVICE:INTERFACE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// An interface of a zone is in the global table while others are in a VRF.
    JoinVrf {
        /// The interface.
        interface: String,
        /// Where it is configured.
        place: String,
        /// The zone.
        zone: String,
        /// The VRF of the others.
        vrf: String,
    },
    /// A policy route leads the packet this way.
    PolicyRoute {
        /// The entry.
        place: String,
    },
    /// A route leads from one VRF into another.
    Leak {
        /// The route.
        place: String,
        /// The VRF of arrival.
        from: String,
        /// The VRF of departure.
        to: String,
    },
    /// A line of a filter lets the packet pass.
    Narrow {
        /// The line.
        place: String,
        /// Whitelist entries of the pair, by id.
        flows: Vec<String>,
    },
    /// An interface filters the other family only.
    OtherFamily {
        /// The interface.
        interface: String,
        /// The family that passes.
        family: Family,
    },
    /// Nothing filters on the way.
    AddFilter {
        /// Where the packet enters.
        enters: String,
        /// Where it leaves.
        leaves: String,
    },
    /// A translation makes the destination reachable.
    Translation {
        /// The rule.
        place: String,
    },
    /// The whitelist entry that would permit it.
    Approve {
        /// Its `match`.
        entry: String,
    },
    /// Two zones share a segment.
    Split {
        /// One.
        from: String,
        /// The other.
        to: String,
        /// The line that joins them, if one does.
        place: Option<String>,
    },
    /// Say whose interface it is.
    Assign,
    /// Replies are let pass by their look.
    Inspect,
    /// Packets of sessions go astray.
    CheckSources,
    /// An external is connected to the Internet.
    Disconnect,
    /// A peer reaches the Internet.
    SeparatePeer,
    /// A whitelist entry is not used.
    CheckFlow,
    /// The model is not connected.
    CheckConfigs,
    /// The two implementations disagree.
    Report,
}

/// What to do about a finding, the most fitting first.
pub(super) fn of(finding: &Finding, parts: &Parts<'_>) -> Vec<Advice> {
    let end = |e: &Option<String>| e.clone().unwrap_or_default();
    let (from, to) = (end(&finding.from), end(&finding.to));
    match &finding.kind {
        FindingKind::Open { .. } => open(finding, parts, &from, &to),
        FindingKind::SharedSegment { .. } => {
            let joins = |e: &&Evidence| matches!(e.note, Note::Carries { .. } | Note::Access { .. });
            vec![Advice::Split { from, to, place: finding.locations.iter().find(joins).map(place) }]
        }
        FindingKind::NotAssigned { .. } => vec![Advice::Assign],
        FindingKind::StatelessReply { .. } => vec![Advice::Inspect],
        FindingKind::SessionCrossing { .. } => vec![Advice::CheckSources],
        FindingKind::EndpointConnected { .. } => vec![Advice::Disconnect],
        FindingKind::PeerConnected { .. } => vec![Advice::SeparatePeer],
        FindingKind::Unused { .. } => vec![Advice::CheckFlow],
        FindingKind::ModelDisconnected => vec![Advice::CheckConfigs],
        FindingKind::Disagreement { .. } | FindingKind::Unconfirmed { .. } => vec![Advice::Report],
        FindingKind::MaybeOpen { .. }
        | FindingKind::EitherWay { .. }
        | FindingKind::RequiredBroken { .. }
        | FindingKind::RequiredNotPermitted { .. }
        | FindingKind::Relay(_)
        | FindingKind::ZoneNotFound { .. }
        | FindingKind::Broken { .. }
        | FindingKind::Incomplete { .. }
        | FindingKind::EndpointUnknown { .. } => Vec::new(),
    }
}

fn place(evidence: &Evidence) -> String {
    format!("{}:{}", evidence.file, evidence.line)
}

fn open(finding: &Finding, parts: &Parts<'_>, from: &str, to: &str) -> Vec<Advice> {
    let Some(witness) = &finding.witness else { return Vec::new() };
    let mut out = Vec::new();
    out.extend(global_interface(witness, parts, from, to));
    for hop in &witness.hops {
        let steered: Vec<&Evidence> = steps(hop, "policy-route").collect();
        match steered.first() {
            Some(entry) => out.push(Advice::PolicyRoute { place: place(entry) }),
            None => out.extend(leak(hop, parts)),
        }
    }
    // The list in which the deciding line stands may take its words from entries of other lists, which
    // come first among the lines of the finding.
    let filters = |e: &&Evidence| match &e.note {
        Note::Step { stage, .. } => stage == "filter",
        Note::List { .. } => true,
        _ => false,
    };
    match finding.locations.iter().find(filters) {
        Some(line) => {
            let flows = flows(witness, parts, from, to);
            out.push(Advice::Narrow { place: place(line), flows });
        }
        None => out.push(no_filter(witness, parts)),
    }
    let translated = witness.hops.iter().flat_map(|h| steps(h, "nat")).next();
    if let Some(rule) = translated.filter(|_| witness.sent.dst() != witness.arrived.dst()) {
        out.push(Advice::Translation { place: place(rule) });
    }
    out.extend(entry(witness, parts, from, to).map(|entry| Advice::Approve { entry }));
    out
}

/// Lines that a stage of a hop named.
fn steps<'a>(hop: &'a WitnessHop, stage: &'a str) -> impl Iterator<Item = &'a Evidence> {
    hop.steps.iter().filter(move |s| s.stage == stage).filter_map(|s| s.place.as_ref())
}

fn device<'a>(parts: &Parts<'a>, name: &str) -> Option<&'a Device> {
    parts.devices.iter().find(|d| d.name == name)
}

/// The interface of a hop by its exact name.
fn interface<'a>(parts: &Parts<'a>, device_name: &str, name: &str) -> Option<&'a Interface> {
    device(parts, device_name)?.interfaces.iter().find(|i| i.name == name)
}

fn vrf_of(interface: &Interface) -> Option<VrfId> {
    interface.l3.as_ref().map(|l3| l3.vrf)
}

fn domain<'a>(parts: &Parts<'a>, id: &str) -> Option<&'a Domain> {
    parts.domains.list.iter().find(|d| d.id == id)
}

/// The first interface of the way, or the last, in the global table while its zone has others of the same
/// device in a VRF.
fn global_interface(witness: &Witness, parts: &Parts<'_>, from: &str, to: &str) -> Option<Advice> {
    let first = witness.hops.first().map(|h| (h, h.in_interface.as_str(), from));
    let last = witness.hops.last().and_then(|h| Some((h, h.out_interface.as_deref()?, to)));
    [first, last].into_iter().flatten().find_map(|(hop, name, zone)| {
        let here = device(parts, &hop.device)?;
        let global = here.interfaces.iter().find(|i| i.name == name)?;
        let zone = domain(parts, zone).filter(|d| matches!(d.kind, DomainKind::Zone(_)))?;
        if vrf_of(global)? != VrfId(0) {
            return None;
        }
        let segments = zone.locations.iter().filter(|l| l.next_hop.is_none()).map(|l| l.place.segment);
        let others = segments.filter_map(|s| parts.topology.segment(s)).flat_map(|s| &s.interfaces);
        let vrf = others
            .filter(|(p, _)| parts.devices.get(p.device).is_some_and(|d| d.name == here.name))
            .filter_map(|(p, _)| vrf_of(here.interface(p.interface)?))
            .find(|v| *v != VrfId(0))?;
        let sources = parts.sources;
        Some(Advice::JoinVrf {
            interface: format!("{}:{name}", here.name),
            place: sources.place(global.span),
            zone: zone.id.clone(),
            vrf: here.vrf(vrf)?.name.clone(),
        })
    })
}

/// A route by which the packet leaves in another VRF than it came.
fn leak(hop: &WitnessHop, parts: &Parts<'_>) -> Option<Advice> {
    let here = device(parts, &hop.device)?;
    let of = |name: &str| vrf_of(interface(parts, &hop.device, name)?);
    let (arrival, departure) = (of(&hop.in_interface)?, of(hop.out_interface.as_deref()?)?);
    if arrival == departure {
        return None;
    }
    let route = steps(hop, "route").next()?;
    Some(Advice::Leak {
        place: place(route),
        from: here.vrf(arrival)?.name.clone(),
        to: here.vrf(departure)?.name.clone(),
    })
}

/// Whitelist entries in force between the two of the protocol of the packet, and of its source or
/// destination, by id.
fn flows(witness: &Witness, parts: &Parts<'_>, from: &str, to: &str) -> Vec<String> {
    let packet = &witness.arrived;
    let near = |cube: &Cube| {
        let has = |field| cube.get(field).contains(packet.get(field));
        has(Field::Proto) && (has(Field::Src) || has(Field::Dst))
    };
    let stands_for = |reference: ZoneRef, id: &str| {
        parts.domains.of_reference(reference).and_then(|d| parts.domains.get(d)).is_some_and(|d| d.id == id)
    };
    parts
        .policy
        .granted(parts.as_of)
        .filter(|f| stands_for(f.from.value, from) && stands_for(f.to.value, to))
        .filter(|f| f.cubes(packet.family).iter().any(near))
        .map(|f| f.id.value.clone())
        .collect()
}

/// Where a filter would go: at an interface that filters the other family, else at either end of the way.
fn no_filter(witness: &Witness, parts: &Parts<'_>) -> Advice {
    let family = witness.arrived.family;
    let ports = witness.hops.iter().flat_map(|hop| {
        let ends = [Some((&hop.in_interface, true)), hop.out_interface.as_ref().map(|o| (o, false))];
        ends.into_iter().flatten().map(move |(name, arriving)| (hop, name, arriving))
    });
    for (hop, name, arriving) in ports {
        let Some(found) = interface(parts, &hop.device, name) else { continue };
        let stages = if arriving { &found.ingress } else { &found.egress };
        let Some(here) = device(parts, &hop.device) else { continue };
        let lists = |of: Family| stages.iter().any(|s| filters(here, s, of));
        if Family::ALL.into_iter().any(|f| f != family && lists(f)) && !lists(family) {
            return Advice::OtherFamily { interface: format!("{}:{name}", hop.device), family };
        }
    }
    let first = witness.hops.first();
    let last = witness.hops.iter().rev().find_map(|h| Some((h, h.out_interface.as_ref()?)));
    Advice::AddFilter {
        enters: first.map_or(String::new(), |h| format!("{}:{}", h.device, h.in_interface)),
        leaves: last.map_or(String::new(), |(h, out)| format!("{}:{out}", h.device)),
    }
}

/// Whether a stage is a list of a family.
fn filters(device: &Device, stage: &Stage, family: Family) -> bool {
    match stage {
        Stage::Filter { list, .. } => device.list(*list).is_some_and(|l| l.family == family),
        Stage::When { stage, .. } => filters(device, stage, family),
        _ => false,
    }
}

/// The whitelist entry that would permit the packet of a witness.
fn entry(witness: &Witness, parts: &Parts<'_>, from: &str, to: &str) -> Option<String> {
    let arrived = header(&witness.arrived);
    let known = |id: &str| parts.policy.find(id).is_some_and(|z| z != ZoneRef::Internet);
    if !known(from) || !known(to) {
        return None;
    }
    let mut entry = format!("match = {{ from = \"{from}\", to = \"{to}\", proto = \"{}\"", arrived.proto);
    if let Some(port) = arrived.dport {
        entry.push_str(&format!(", ports = [\"{port}\"]"));
    }
    entry.push_str(" }");
    Some(entry)
}
