//! Statements to the device model: names, defaults, and what is not known.
//!
//! The interface of index `i` in the syntax tree has index `i` in the device; interfaces that are only
//! named (the parent of a sub-interface, the aggregate of a member) follow after them.

pub(crate) mod acl;
pub(crate) mod global;
pub(crate) mod inspect;
pub(crate) mod interface;
pub(crate) mod named_set;
pub(crate) mod nat;
pub(crate) mod object_group;
pub(crate) mod route;
pub(crate) mod route_map;
pub(crate) mod vrf;
pub(crate) mod zone_firewall;

use sekisho_diag::{Severity, SourceFile, Span};
use sekisho_model::{AdminState, Coverage, Device, InterfaceId, Poison, Scope};

use crate::common::{Marks, PendingPoison, PendingScope};
use crate::ios::ast::Config;
use crate::ios::codes;

/// Builds the device. `name_hint` names it when the file does not.
pub(crate) fn lower(config: &Config, source: &SourceFile, name_hint: &str, marks: &mut Marks) -> Device {
    let name = config.global.hostname.as_ref().map_or(name_hint, |h| h.value.as_str());
    let mut device = Device::new(name.to_owned(), "Cisco IOS", config.file);
    device.name_span = config.global.hostname.as_ref().map(|h| h.span);
    if config.global.hostname.is_none() {
        marks.push(
            sekisho_diag::Diagnostic::new(
                codes::NO_HOSTNAME,
                Severity::Warning,
                format!("no `hostname` line; the device is called `{name_hint}`"),
                None,
            )
            .with_help("two files of one device are joined by their host name"),
        );
    }
    let stripped = global::stripped(config, marks);
    vrf::lower_vrfs(config, &mut device, marks);
    let lists = acl::lower_lists(config, &mut device, marks);
    named_set::lower_sets(config, &mut device);
    interface::lower_interfaces(config, source, &lists, &mut device, marks);
    route::lower_routes(config, stripped, &mut device, marks);
    nat::lower_nat(config, &mut device, &lists, marks);
    zone_firewall::lower_zones(config, &mut device, &lists, marks);
    inspect::lower_sessions(config, &mut device, &lists);
    route_map::lower_policy_routes(config, &mut device, &lists, marks);
    global::lower_global(config, stripped, &lists, &mut device);
    resolve_poisons(&mut device, marks);
    device
}

/// Poisons a scope because of a line that the grammar has taken for understood.
pub(super) fn poison_at(marks: &mut Marks, source: &SourceFile, span: Span, scope: PendingScope, why: &str) {
    let words = match &scope {
        PendingScope::Device | PendingScope::Anywhere => "device".to_owned(),
        PendingScope::Interface(name) => format!("interface {name}"),
        PendingScope::Routes(vrf, family) => format!("{} routes of vrf {vrf}", family.word()),
    };
    marks.ledger.mark(source.line_of(span.start), Coverage::Unsupported, Some(words));
    marks.poisons.push(PendingPoison { scope, span, why: why.to_owned() });
}

/// Turns the poisons of the file into poisons of the device, each with a message.
///
/// SOUNDNESS: a scope whose name the device does not have becomes the whole device.
fn resolve_poisons(device: &mut Device, marks: &mut Marks) {
    for poison in std::mem::take(&mut marks.poisons) {
        let scope = match &poison.scope {
            PendingScope::Device => Scope::Device,
            PendingScope::Anywhere => Scope::Anywhere,
            PendingScope::Interface(name) => device
                .interface_ids()
                .find(|(_, i)| i.name == *name)
                .map_or(Scope::Device, |(id, _)| Scope::Interface(id)),
            PendingScope::Routes(vrf, family) => {
                device.find_vrf(vrf).map_or(Scope::Device, |id| Scope::Routes(id, *family))
            }
        };
        let place = match scope {
            Scope::Device | Scope::Anywhere => "the device".to_owned(),
            Scope::Interface(id) => {
                device.interface(id).map_or_else(String::new, |i| format!("interface `{}`", i.name))
            }
            Scope::Routes(vrf, family) => {
                let name = device.vrf(vrf).map_or("", |v| v.name.as_str());
                format!("the {} routes of vrf `{name}`", family.word())
            }
        };
        let code =
            if poison.why == Poison::UNREAD { codes::UNRECOGNIZED_LINE } else { codes::UNSUPPORTED_LINE };
        marks.diagnostic(
            code,
            Severity::Warning,
            format!("{}: nothing is certain about {place}", poison.why),
            poison.span,
        );
        if let Scope::Interface(id) = scope
            && code == codes::UNRECOGNIZED_LINE
        {
            raise(device, id);
        }
        device.poisons.push(Poison { scope, span: poison.span, why: poison.why });
    }
}

/// Takes an interface for up, and its sub-interfaces that are down because of it.
///
/// SOUNDNESS: a line that was not understood may be a damaged `no shutdown`.
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
