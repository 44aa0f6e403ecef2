//! VRFs and the leaks between them.

use std::collections::BTreeMap;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::{Device, Vrf, VrfId, VrfLeak};
use sekisho_net::Family;

use crate::common::Marks;
use crate::ios::ast::Config;
use crate::ios::ast::interface::TargetVrf;
use crate::ios::ast::route::NextHopVrf;
use crate::ios::ast::vrf::LeakSource;
use crate::ios::codes;

/// Creates the VRFs that the file defines or names, with their leaks.
pub(super) fn lower_vrfs(config: &Config, device: &mut Device, marks: &mut Marks) {
    for vrf in &config.vrfs {
        device.vrfs.push(Vrf::new(vrf.name.value.clone(), Some(vrf.name.span)));
    }
    let mut missing = Vec::new();
    for (name, span) in named(config) {
        if device.find_vrf(&name).is_none() {
            missing.push((id(device.vrfs.len()), span));
            marks.push(
                Diagnostic::new(
                    codes::UNDEFINED_VRF,
                    Severity::Warning,
                    format!("vrf `{name}` is not defined: its routes and leaks are unknown"),
                    span,
                )
                .with_help("export the whole configuration, with its VRF definitions"),
            );
            device.vrfs.push(Vrf::new(name, Some(span)));
        }
    }
    targets(config, device);
    explicit(config, device);
    // SOUNDNESS: a VRF without a definition may import from and export to any other, and hold any route.
    for (vrf, span) in missing {
        let all: Vec<VrfId> = (0..device.vrfs.len()).map(id).filter(|&other| other != vrf).collect();
        for other in all {
            leak(device, other, vrf, span);
            leak(device, vrf, other, span);
        }
        if let Some(vrf) = device.vrfs.get_mut(vrf.0 as usize) {
            vrf.unknown_routes.extend(Family::ALL.map(|family| (family, span)));
        }
    }
}

/// The id of a VRF by name; the global table for `None`. Every name that the file uses is known.
pub(super) fn vrf_id(device: &Device, name: Option<&str>) -> VrfId {
    name.and_then(|n| device.find_vrf(n)).unwrap_or_default()
}

fn id(index: usize) -> VrfId {
    VrfId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// Every VRF name in use and the first line that uses it, in file order.
fn named(config: &Config) -> Vec<(String, Span)> {
    let mut uses: Vec<(String, Span)> = Vec::new();
    for interface in &config.interfaces {
        uses.extend(interface.vrf.iter().map(|v| (v.value.clone(), v.span)));
        uses.extend(interface.tunnel.vrf.iter().map(|v| (v.value.clone(), v.span)));
        for helper in &interface.helpers {
            if let TargetVrf::Named(name) = &helper.value.vrf {
                uses.push((name.clone(), helper.span));
            }
        }
    }
    for route in &config.routes {
        uses.extend(route.vrf.iter().map(|v| (v.value.clone(), v.span)));
        if let NextHopVrf::Named(name) = &route.next_hop_vrf {
            uses.push((name.clone(), route.span));
        }
    }
    for process in &config.processes {
        uses.extend(process.vrf.iter().map(|v| (v.clone(), process.span)));
    }
    for multicast in &config.global.multicast {
        uses.extend(multicast.value.1.iter().map(|v| (v.clone(), multicast.span)));
    }
    for vrf in &config.vrfs {
        for source in &vrf.leaks_in {
            if let LeakSource::Named(name) = &source.value {
                uses.push((name.clone(), source.span));
            }
        }
    }
    uses.sort_by_key(|(_, span)| span.start);
    uses
}

/// Leaks by route targets: into whoever imports what another exports.
///
/// Without a BGP process nothing is leaked; the leak is kept, because the process may be missing from
/// the file only.
fn targets(config: &Config, device: &mut Device) {
    let mut exporters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for vrf in &config.vrfs {
        for target in &vrf.exports {
            exporters.entry(&target.value).or_default().push(&vrf.name.value);
        }
    }
    for vrf in &config.vrfs {
        let to = vrf_id(device, Some(&vrf.name.value));
        for target in &vrf.imports {
            for from in exporters.get(target.value.as_str()).into_iter().flatten() {
                let from = vrf_id(device, Some(from));
                leak(device, from, to, target.span);
            }
        }
        // SOUNDNESS: an export map chooses targets that are not known here: any importer may get them.
        if let Some(span) = vrf.export_map {
            for other in config.vrfs.iter().filter(|o| !o.imports.is_empty()) {
                leak(device, to, vrf_id(device, Some(&other.name.value)), span);
            }
        }
    }
}

/// Leaks that are written out.
fn explicit(config: &Config, device: &mut Device) {
    for vrf in &config.vrfs {
        let own = vrf_id(device, Some(&vrf.name.value));
        for source in &vrf.leaks_in {
            let from = match &source.value {
                LeakSource::Global => VrfId(0),
                LeakSource::Named(name) => vrf_id(device, Some(name)),
            };
            leak(device, from, own, source.span);
        }
        for &span in &vrf.leaks_to_global {
            leak(device, own, VrfId(0), span);
        }
    }
}

fn leak(device: &mut Device, from: VrfId, to: VrfId, span: Span) {
    if from == to {
        return;
    }
    if let Some(vrf) = device.vrfs.get_mut(to.0 as usize)
        && !vrf.leaks.iter().any(|l| l.from == from)
    {
        vrf.leaks.push(VrfLeak { from, span });
    }
}
