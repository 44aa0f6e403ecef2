//! The policy of a certificate: what is in force on the day, with every name resolved.
//!
//! Names are resolved as `graph::location` resolves them. A name that no config has is left out: the domain
//! that bears it is not decided, and so nothing is claimed about it.

use std::collections::BTreeSet;

use sekisho_checker as checker;
use sekisho_model::Device;
use sekisho_net::{Cube, Family};
use sekisho_plain::format::Port;

use crate::graph::location::DomainId;
use crate::policy::{Attachment, Date, Flow, InterfaceRef, Transit, ZoneKind, ZoneRef};
use crate::proof::{Question, export, whitelist};

/// The policy in force on the day of evaluation.
pub(super) fn policy(question: &Question<'_>) -> checker::Policy {
    let policy = question.policy;
    let names = Names { devices: question.devices };
    checker::Policy {
        zones: policy
            .zones
            .iter()
            .map(|z| checker::Zone {
                id: z.id.value.clone(),
                kind: kind_word(z.kind).to_owned(),
                attach: names.attach(&z.attachment),
            })
            .collect(),
        externals: policy
            .externals
            .iter()
            .map(|e| checker::External {
                id: format!("ext:{}", e.id.value),
                attach: names.attach(&e.attachment),
                transit: e.transit != Transit::Excluded,
                joined: joined(e.same_network_as.iter().chain(&e.reachable_via).map(|r| r.value)),
            })
            .collect(),
        whitelist: whitelist(question),
    }
}

/// The word of zones.toml for a kind.
fn kind_word(kind: ZoneKind) -> &'static str {
    ZoneKind::WORDS.iter().find(|(_, k)| *k == kind).map_or("other", |(word, _)| word)
}

/// Positions of the externals among some references, each once.
fn joined(references: impl Iterator<Item = ZoneRef>) -> Vec<usize> {
    let externals: BTreeSet<usize> = references
        .filter_map(|r| match r {
            ZoneRef::External(index) => Some(index),
            ZoneRef::Zone(_) | ZoneRef::Internet => None,
        })
        .collect();
    externals.into_iter().collect()
}

/// Devices by the names that a policy uses.
struct Names<'a> {
    devices: &'a [Device],
}

impl Names<'_> {
    fn attach(&self, a: &Attachment) -> checker::Attach {
        checker::Attach {
            interfaces: a.interfaces.iter().filter_map(|i| self.port(&i.value)).collect(),
            vlans: a
                .vlans
                .iter()
                .filter_map(|v| match &v.value.device {
                    Some(name) => Some((Some(self.device(name)?), v.value.vlan)),
                    None => Some((None, v.value.vlan)),
                })
                .collect(),
            vrfs: a
                .vrfs
                .iter()
                .filter_map(|v| {
                    let device = self.device(&v.value.device)?;
                    let vrf = self.devices.get(device)?.find_vrf(&v.value.vrf)?;
                    Some((device, usize::try_from(vrf.0).unwrap_or(usize::MAX)))
                })
                .collect(),
            devices: a.devices.iter().filter_map(|d| self.device(&d.value)).collect(),
            subnets: a.subnets.iter().map(|s| export::prefix(s.value)).collect(),
            next_hops: a.next_hops.iter().map(|n| n.value).collect(),
        }
    }

    /// A device by its name, else by its name in other case if only one fits.
    fn device(&self, name: &str) -> Option<usize> {
        self.devices.iter().position(|d| d.name == name).or_else(|| {
            let mut hits = self.devices.iter().enumerate().filter(|(_, d)| d.name.eq_ignore_ascii_case(name));
            hits.next().filter(|_| hits.next().is_none()).map(|(index, _)| index)
        })
    }

    fn port(&self, reference: &InterfaceRef) -> Option<Port> {
        let device = self.device(&reference.device)?;
        let (interface, _) = self.devices.get(device)?.find_interface(&reference.interface)?;
        Some(Port { device, interface: usize::try_from(interface.0).unwrap_or(usize::MAX) })
    }
}

/// What the entries in force permit, per pair of domains and family.
fn whitelist(question: &Question<'_>) -> Vec<checker::Entry> {
    let mut out = Vec::new();
    for flow in question.policy.granted(question.as_of) {
        for (from, to) in pairs(question, flow) {
            let mut add = |from: DomainId, to: DomainId, family: Family, cubes: &[Cube], replies: bool| {
                let cubes: Vec<_> =
                    cubes.iter().filter(|c| !c.is_empty()).map(|c| export::cube(c, family)).collect();
                if cubes.is_empty() {
                    return;
                }
                out.push(checker::Entry {
                    id: flow.id.value.clone(),
                    from: name(question, from),
                    to: name(question, to),
                    family: export::family(family),
                    cubes,
                    replies,
                });
            };
            for family in Family::ALL {
                add(from, to, family, &flow.cubes(family), false);
                add(to, from, family, &flow.reply_cubes(family), true);
                add(from, to, family, &flow.helper_cubes(family, false), false);
                add(to, from, family, &flow.helper_cubes(family, true), false);
            }
        }
    }
    out
}

/// The pairs of domains that an entry is about; `internet` stands for every external that is the Internet.
fn pairs(question: &Question<'_>, flow: &Flow) -> Vec<(DomainId, DomainId)> {
    let stand = |reference: ZoneRef| -> Vec<DomainId> {
        match reference {
            ZoneRef::Internet => {
                question.domains.ids().filter(|id| whitelist::is_internet(question, *id)).collect()
            }
            _ => question.domains.of_reference(reference).into_iter().collect(),
        }
    };
    let to = stand(flow.to.value);
    stand(flow.from.value)
        .into_iter()
        .flat_map(|from| to.iter().map(move |to| (from, *to)))
        .filter(|(from, to)| from != to)
        .collect()
}

/// The id of a domain.
pub(super) fn name(question: &Question<'_>, id: DomainId) -> String {
    question.domains.get(id).map_or_else(String::new, |d| d.id.clone())
}

/// The earliest last day of an approval on which some of these pairs lean: of a flow between the two, and
/// of the externals at its ends.
pub(super) fn valid_until(question: &Question<'_>, proven: &BTreeSet<(DomainId, DomainId)>) -> Option<Date> {
    let mut days = Vec::new();
    for flow in question.policy.granted(question.as_of) {
        let used = pairs(question, flow)
            .into_iter()
            .any(|(from, to)| proven.contains(&(from, to)) || proven.contains(&(to, from)));
        if !used {
            continue;
        }
        days.extend(flow.approval.expires.map(|d| d.value));
        for end in [flow.from.value, flow.to.value] {
            if let ZoneRef::External(index) = end {
                let external = question.policy.externals.get(index);
                days.extend(external.and_then(|e| e.approval.expires).map(|d| d.value));
            }
        }
    }
    days.into_iter().min()
}
