//! Filters, source checks and restrictions of an interface.
//!
//! Ingress: input access lists (IPv4, IPv6), source check, restrictions. Egress: output access lists,
//! restrictions. Translation, zones and policy routes find their own places between these later.

use sekisho_diag::Span;
use sekisho_model::{Device, Interface, L2Mode, Stage};
use sekisho_net::Family;

use super::layer2;
use crate::common::Marks;
use crate::ios::ast::Config;
use crate::ios::ast::interface::{self as ast, Direction, Rpf};
use crate::ios::lower::acl::Lists;

/// Binds what the interface's lines say.
pub(super) fn bind(
    interface: &ast::Interface,
    config: &Config,
    lists: &Lists,
    lowered: &mut Interface,
    marks: &mut Marks,
) {
    if lowered.l2.is_none() {
        for family in Family::ALL {
            for group in interface.access_groups.iter().filter(|g| g.value.family == family) {
                let Some(list) = lists.binding(&group.value.list, family, group.span, marks) else {
                    continue;
                };
                let stage = Stage::Filter { list, span: group.span };
                match group.value.direction {
                    Direction::In => lowered.ingress.push(stage),
                    Direction::Out => lowered.egress.push(stage),
                }
            }
        }
    }
    source_check(interface, lowered);
    for restriction in &interface.restrictions {
        let stage = Stage::MayDrop { span: restriction.span, why: restriction.why.clone() };
        match restriction.direction {
            Direction::In => lowered.ingress.push(stage),
            Direction::Out => lowered.egress.push(stage),
        }
    }
    for policy in &interface.service_policies {
        let (direction, name) = &policy.value;
        let known = config.global.qos_policies.iter().filter(|(n, _)| n == name);
        // A policy that only queues and polices drops by load; one that is not in the file may do more.
        if known.clone().count() > 0 && known.clone().all(|(_, drops)| !drops) {
            continue;
        }
        let stage = Stage::MayDrop { span: policy.span, why: format!("service policy {name}") };
        match direction {
            Direction::In => lowered.ingress.push(stage),
            Direction::Out => lowered.egress.push(stage),
        }
    }
}

/// The checks of source addresses, one per family.
///
/// SOUNDNESS: where a list lets failing packets through, the check only may drop.
fn source_check(interface: &ast::Interface, lowered: &mut Interface) {
    for line in &interface.rpf {
        let Rpf { family, strict, allow_default, exempting_list } = line.value;
        lowered.ingress.push(if exempting_list {
            Stage::MayDrop { span: line.span, why: "source check with a list".to_owned() }
        } else {
            Stage::AntiSpoof { family, strict, allow_default, span: line.span }
        });
    }
}

/// Something that may drop the packets of some VLANs.
struct VlanRestriction {
    vlans: Vec<(u16, u16)>,
    span: Span,
    why: &'static str,
    /// On the way out of the VLAN's routed interface as well.
    both_ways: bool,
}

/// Port filters and VLAN filters, seen from layer 3.
///
/// SOUNDNESS: a filter on a switched port drops frames before they are switched or routed. The model
/// has no stage there. Leaving it out lets more through, which is safe for a proof; so that nothing is
/// reported as certainly reachable, the port's joins are not certain (see `layer2::soften`), and the
/// VLAN's routed interface may drop on arrival.
pub(super) fn restrict_vlans(config: &Config, device: &mut Device) {
    let mut restricted: Vec<VlanRestriction> = Vec::new();
    for interface in &config.interfaces {
        let Some(port) =
            device.interfaces.iter().find(|i| i.name == interface.name.value).and_then(|i| i.l2.as_ref())
        else {
            continue;
        };
        if !layer2::is_filtered(interface) {
            continue;
        }
        let mut vlans = vec![(port.access_vlan, port.access_vlan)];
        if port.mode == L2Mode::Dynamic {
            vlans.extend(port.allowed.ranges());
        }
        let spans = interface.access_groups.iter().map(|g| g.span);
        for span in spans.chain(interface.restrictions.iter().map(|r| r.span)) {
            restricted.push(VlanRestriction {
                vlans: vlans.clone(),
                span,
                why: "filter of a switched port",
                both_ways: false,
            });
        }
    }
    for filter in &config.global.vlan_filters {
        restricted.push(VlanRestriction {
            vlans: filter.value.clone(),
            span: filter.span,
            why: "VLAN filter",
            both_ways: true,
        });
        for interface in &mut device.interfaces {
            if let Some(l2) = &mut interface.l2
                && l2.mode == L2Mode::Access
                && inside(&filter.value, l2.access_vlan)
            {
                layer2::soften(l2);
            }
        }
    }
    for VlanRestriction { vlans, span, why, both_ways } in restricted {
        for interface in &mut device.interfaces {
            if interface.svi_vlan.is_some_and(|vlan| inside(&vlans, vlan)) {
                interface.ingress.push(Stage::MayDrop { span, why: why.to_owned() });
                if both_ways {
                    interface.egress.push(Stage::MayDrop { span, why: why.to_owned() });
                }
            }
        }
    }
}

fn inside(ranges: &[(u16, u16)], vlan: u16) -> bool {
    ranges.iter().any(|&(lo, hi)| lo <= vlan && vlan <= hi)
}
