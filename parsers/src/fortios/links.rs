//! Wires inside the box: ports that domains share, and links between domains.

use sekisho_diag::{Diagnostic, Severity};
use sekisho_model::{Coverage, Device, PeerPort, Poison, Scope};

use super::lower::interface::Port;
use super::tree::Table;
use super::vdom::Split;
use super::{codes, marks as state, value};
use crate::common::Marks;

/// Names the far ends. `devices` are in the order of the domains.
pub(super) fn join(split: &Split<'_, '_>, ports: &[Port<'_, '_>], devices: &mut [Device], marks: &mut Marks) {
    let names: Vec<(String, String)> =
        split.vdoms.iter().zip(devices.iter()).map(|(v, d)| (v.name.clone(), d.name.clone())).collect();
    let device_of = |vdom: &str| names.iter().find(|(v, _)| v == vdom).map(|(_, d)| d.clone());
    let links = links(split, marks);
    for (vdom, device) in split.vdoms.iter().zip(devices.iter_mut()) {
        let mut lost = Vec::new();
        for interface in &mut device.interfaces {
            let Some(port) = ports.iter().find(|p| p.name == interface.name) else { continue };
            if port.vdom != vdom.name {
                interface.same_port = device_of(&port.vdom).map(|device| PeerPort {
                    device,
                    interface: port.name.clone(),
                    span: interface.span,
                });
                continue;
            }
            let Some(far) = far_end(port, &links) else { continue };
            let peer = ports.iter().find(|p| p.name == far);
            match peer.and_then(|p| device_of(&p.vdom)) {
                Some(device) => {
                    interface.cable = Some(PeerPort { device, interface: far, span: interface.span });
                }
                None => lost.push((port.name.clone(), far, interface.span)),
            }
        }
        for (name, far, span) in lost {
            let message = format!("`{name}` leads to `{far}`, which is not in the file");
            marks.push(
                Diagnostic::new(codes::LINK_WITHOUT_PEER, Severity::Warning, message, span)
                    .with_help("export the whole configuration, with all virtual domains"),
            );
            let why = "link to a virtual domain that is not in the file".to_owned();
            device.poisons.push(Poison { scope: Scope::Anywhere, span, why });
        }
    }
}

/// Names of the links between domains.
fn links(split: &Split<'_, '_>, marks: &mut Marks) -> Vec<String> {
    let all = split.vdoms.iter().flat_map(|v| v.global.iter().chain(&v.tables));
    let tables: Vec<&Table<'_>> = all.copied().filter(|t| t.path == "system vdom-link").collect();
    let mut out: Vec<String> = Vec::new();
    for table in tables {
        state::table(marks, table, Coverage::Modeled, None);
        out.extend(table.entries.iter().map(|e| e.key.text.to_string()));
    }
    out
}

/// The other end of a link: `LINK0` and `LINK1`, `npu0_vlink0` and `npu0_vlink1`.
fn far_end(port: &Port<'_, '_>, links: &[String]) -> Option<String> {
    let name = port.name.as_str();
    let stem = name.strip_suffix(['0', '1'])?;
    let of_type = port.entry.body.get("type").is_some_and(|s| value::word(s) == Some("vdom-link"));
    let of_chip = stem
        .strip_suffix("_vlink")
        .and_then(|s| s.strip_prefix("npu"))
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if !of_type && !of_chip && !links.iter().any(|l| l == stem) {
        return None;
    }
    Some(format!("{stem}{}", if name.ends_with('0') { '1' } else { '0' }))
}
