//! The tree of one virtual domain to a device: names, defaults, and what is not known.

mod ha;
mod helpers;
pub(crate) mod interface;
mod multicast;
mod neighbours;
mod policy_route;
mod route;
mod sdwan;
mod source;
mod system;
mod zone;

use std::collections::BTreeMap;

use sekisho_diag::{Diagnostic, FileId, Severity, Span};
use sekisho_model::{AdminState, Device, InterfaceId, Poison, Scope as PoisonScope, Vrf, VrfId};

use crate::common::{Marks, PendingScope};
use crate::fortios::tree::{Table, Vdom};
use crate::fortios::version::Version;
use crate::fortios::{codes, marks as state};
use interface::{Port, Tunnels};

/// What the steps of lowering share.
pub(crate) struct Scope<'t, 'a> {
    pub vdom: &'t Vdom<'t, 'a>,
    /// Interfaces of the whole file.
    pub ports: &'t [Port<'t, 'a>],
    pub tunnels: Tunnels,
    /// Interfaces that a route, a rule of routing or an SD-WAN member names, and where.
    pub routed: BTreeMap<String, Span>,
    /// Interfaces that a policy, a zone or a route names, and where.
    pub used: BTreeMap<String, Span>,
}

impl<'t, 'a> Scope<'t, 'a> {
    fn new(vdom: &'t Vdom<'t, 'a>, ports: &'t [Port<'t, 'a>], marks: &mut Marks) -> Self {
        let tunnels = Tunnels::read(vdom, marks);
        let mut scope = Self { vdom, ports, tunnels, routed: BTreeMap::new(), used: BTreeMap::new() };
        scope.routed = scope.names(&[
            ("router static", &["device"]),
            ("router static6", &["device"]),
            ("router policy", &["output-device"]),
            ("router policy6", &["output-device"]),
            ("system sdwan", &["interface"]),
            ("system virtual-wan-link", &["interface"]),
        ]);
        scope.used = scope.names(&[
            ("firewall policy", &["srcintf", "dstintf"]),
            ("firewall policy6", &["srcintf", "dstintf"]),
            ("system zone", &["interface"]),
            ("router policy", &["input-device"]),
            ("router policy6", &["input-device"]),
        ]);
        scope.used.extend(scope.routed.clone());
        scope
    }

    /// Tables of a path, of the domain or, for those that may be global, of the device.
    fn tables(&self, path: &str) -> Vec<&'t Table<'a>> {
        let mut out: Vec<&'t Table<'a>> =
            self.vdom.tables.iter().copied().filter(|t| t.path == path).collect();
        if !self.vdom.single {
            out.extend(self.vdom.global.iter().copied().filter(|t| t.path == path));
        }
        out
    }

    /// Names in settings of tables and of their inner tables.
    fn names(&self, places: &[(&str, &[&str])]) -> BTreeMap<String, Span> {
        let mut out = BTreeMap::new();
        for (path, settings) in places {
            for table in self.tables(path) {
                collect(table, settings, &mut out);
            }
        }
        out
    }
}

fn collect(table: &Table<'_>, names: &[&str], out: &mut BTreeMap<String, Span>) {
    for entry in &table.entries {
        for setting in names.iter().filter_map(|n| entry.body.get(n)) {
            for word in &setting.values {
                out.entry(word.text.to_string()).or_insert(word.span);
            }
        }
        for inner in &entry.body.tables {
            collect(inner, names, out);
        }
    }
    for inner in &table.body.tables {
        collect(inner, names, out);
    }
}

/// Builds the device of a domain.
pub(super) fn lower<'t, 'a>(
    vdom: &'t Vdom<'t, 'a>,
    release: (Option<Version>, &crate::Answers),
    ports: &'t [Port<'t, 'a>],
    name: String,
    file: FileId,
    marks: &mut Marks,
) -> Device {
    let mut device = Device::new(name, "FortiOS", file);
    let scope = Scope::new(vdom, ports, marks);
    system::lower_settings(&scope, &mut device, marks);
    helpers::lower_helpers(&scope, &mut device, marks);
    interface::lower_interfaces(&scope, &mut device, marks);
    ha::lower_cluster(&scope, &mut device, marks);
    let sdwan = sdwan::read(&scope, &mut device, marks);
    let index = zone::lower_zones(&scope, &sdwan, &mut device, marks);
    route::lower_routes(&scope, &sdwan, &mut device, marks);
    system::lower_management(&scope, &mut device, marks);
    source::lower_checks(&scope, &mut device);
    crate::fortios::policy::lower(vdom, release, &mut device, &index, marks);
    neighbours::lower_neighbours(&scope, &mut device, marks);
    policy_route::lower_policy_routes(&scope, &sdwan, &mut device, marks);
    multicast::lower_multicast(&scope, &mut device, marks);
    device
}

/// A routing table by number.
fn vrf(device: &mut Device, number: u16, span: Span) -> VrfId {
    if number == 0 {
        return VrfId(0);
    }
    let name = format!("vrf {number}");
    device.find_vrf(&name).unwrap_or_else(|| {
        device.vrfs.push(Vrf::new(name, Some(span)));
        VrfId(u32::try_from(device.vrfs.len() - 1).unwrap_or(u32::MAX))
    })
}

/// Turns the poisons collected since the last device into poisons of this one, each with a message.
///
/// SOUNDNESS: a scope whose name the device does not have becomes the whole device.
pub(super) fn resolve_poisons(device: &mut Device, marks: &mut Marks) {
    for poison in std::mem::take(&mut marks.poisons) {
        let scope = match &poison.scope {
            PendingScope::Device => PoisonScope::Device,
            PendingScope::Anywhere => PoisonScope::Anywhere,
            PendingScope::Interface(name) => device
                .interface_ids()
                .find(|(_, i)| i.name == *name)
                .map_or(PoisonScope::Device, |(id, _)| PoisonScope::Interface(id)),
            PendingScope::Routes(vrf, family) => {
                device.find_vrf(vrf).map_or(PoisonScope::Device, |id| PoisonScope::Routes(id, *family))
            }
        };
        let place = match scope {
            PoisonScope::Device | PoisonScope::Anywhere => format!("`{}`", device.name),
            PoisonScope::Interface(id) => {
                device.interface(id).map_or_else(String::new, |i| format!("interface `{}`", i.name))
            }
            PoisonScope::Routes(vrf, family) => {
                let name = device.vrf(vrf).map_or("", |v| v.name.as_str());
                format!("the {} routes of vrf `{name}`", family.word())
            }
        };
        let unread = poison.why == state::UNRECOGNIZED;
        let code = if unread { codes::UNRECOGNIZED_LINE } else { codes::UNSUPPORTED_LINE };
        let message = format!("{}: nothing is certain about {place}", poison.why);
        marks.push(Diagnostic::new(code, Severity::Warning, message, poison.span));
        if let (PoisonScope::Interface(id), true) = (scope, unread) {
            raise(device, id);
        }
        device.poisons.push(Poison { scope, span: poison.span, why: poison.why });
    }
}

/// Takes an interface for up, and its sub-interfaces that are down because of it.
///
/// SOUNDNESS: a line that was not understood may be a damaged `set status up`.
fn raise(device: &mut Device, id: InterfaceId) {
    let Some(interface) = device.interfaces.get_mut(id.0 as usize) else { return };
    let Some(span) = interface.admin_span.take() else { return };
    interface.admin = AdminState::Up;
    for other in &mut device.interfaces {
        if other.parent == Some(id) && other.admin_span == Some(span) {
            other.admin = AdminState::Up;
            other.admin_span = None;
        }
    }
}
