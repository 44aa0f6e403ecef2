//! Whether a port is switched, and how.

use sekisho_diag::{Diagnostic, Severity, SourceFile};
use sekisho_model::{InterfaceKind, L2Mode, L2Port, VlanSet};

use super::super::poison_at;
use crate::common::{Marks, PendingScope};
use crate::ios::ast::Config;
use crate::ios::ast::interface::{Interface, SwitchMode};
use crate::ios::{codes, names};

/// What the whole file shows about its platform.
pub(super) struct Facts {
    /// Some line speaks of switched ports, or a routed VLAN interface exists.
    switch: bool,
    /// A physical port carries the plain `switchport` line, which devices print only where ports are
    /// routed by default.
    plain_on_port: bool,
    /// Names of ports with sub-interfaces.
    parents: Vec<String>,
}

impl Facts {
    /// Looks at every interface.
    pub(super) fn of(config: &Config) -> Self {
        let all = &config.interfaces;
        Self {
            switch: all.iter().any(|i| {
                i.switchport.plain.is_some() || i.switchport.has_details() || i.kind == InterfaceKind::Svi
            }),
            plain_on_port: all.iter().any(|i| {
                i.kind == InterfaceKind::Physical && i.switchport.plain.as_ref().is_some_and(|p| p.value)
            }),
            parents: all.iter().filter_map(|i| names::parent(&i.name.value)).map(str::to_owned).collect(),
        }
    }
}

/// How a port stands towards layer 2.
enum Standing {
    /// Not switched.
    Routed,
    /// Switched, as its lines say.
    Switched,
    /// Switched or not: its lines say something, but nothing says that they act.
    Perhaps,
    /// No line says anything.
    Unstated,
    /// Switched and routed at once.
    Both,
}

fn standing(interface: &Interface, facts: &Facts) -> Standing {
    let port = &interface.switchport;
    let addressed = !interface.addresses4.is_empty()
        || interface.unknown4.is_some()
        || !interface.addresses6.is_empty()
        || interface.unknown6.is_some();
    match port.plain.as_ref().map(|p| p.value) {
        Some(false) => Standing::Routed,
        Some(true) if addressed => Standing::Both,
        Some(true) => Standing::Switched,
        // Where ports are routed by default, the details of a port without the plain line sleep.
        None if port.has_details() && addressed && facts.plain_on_port => Standing::Routed,
        None if port.has_details() && addressed => Standing::Both,
        None if port.has_details() && facts.plain_on_port => Standing::Perhaps,
        None if port.has_details() => Standing::Switched,
        None if addressed || interface.vrf.is_some() || interface.ipv6_enabled.is_some() => Standing::Routed,
        None if interface.routed_port => Standing::Routed,
        None if facts.parents.contains(&interface.name.value) => Standing::Routed,
        None if interface.channel_group.is_some() => Standing::Routed,
        // `no ip address` is printed for routed ports only.
        None if facts.switch && !(facts.plain_on_port && interface.no_address) => Standing::Unstated,
        None => Standing::Routed,
    }
}

/// Names of interface types that can be switched.
fn can_switch(interface: &Interface) -> bool {
    let name = &interface.name.value;
    interface.kind == InterfaceKind::Aggregate
        || (interface.kind == InterfaceKind::Physical && (name.contains("Ethernet") || name.contains("GigE")))
}

/// The layer-2 part of an interface, if it has one.
///
/// SOUNDNESS: a port of a switch about which the file says nothing may be access (VLAN 1) or trunk of
/// every VLAN; nothing is certain to pass it.
pub(super) fn port(
    interface: &Interface,
    facts: &Facts,
    source: &SourceFile,
    marks: &mut Marks,
) -> Option<L2Port> {
    if !can_switch(interface) {
        return None;
    }
    let lines = &interface.switchport;
    let mut port = L2Port {
        // Source: Catalyst configuration guides, `switchport mode`: dynamic auto or desirable by default.
        mode: match lines.mode.as_ref().map(|m| m.value) {
            Some(SwitchMode::Access) => L2Mode::Access,
            Some(SwitchMode::Trunk) => L2Mode::Trunk,
            Some(SwitchMode::Dynamic) | None => L2Mode::Dynamic,
        },
        mode_span: lines.mode.as_ref().map(|m| m.span),
        access_vlan: lines.access.as_ref().map_or(1, |v| v.value),
        access_span: lines.access.as_ref().map(|v| v.span),
        voice_vlan: lines.voice.as_ref().map(|v| v.value),
        allowed: lines.allowed.as_ref().map_or_else(VlanSet::all, |v| v.value.clone()),
        allowed_span: lines.allowed.as_ref().map(|v| v.span),
        native_vlan: lines.native.as_ref().map_or(1, |v| v.value),
    };
    match standing(interface, facts) {
        Standing::Routed => return None,
        Standing::Switched => {}
        Standing::Perhaps => soften(&mut port),
        Standing::Unstated => {
            if interface.shutdown.is_none() {
                marks.push(
                    Diagnostic::new(
                        codes::PORT_MODE_UNKNOWN,
                        Severity::Info,
                        format!("`{}` is taken as switched, access or trunk", interface.name.value),
                        interface.name.span,
                    )
                    .with_help("say `switchport mode access` or `no switchport`"),
                );
            }
        }
        Standing::Both => {
            let span = lines.plain.as_ref().map(|p| p.span);
            let span =
                span.or_else(|| interface.addresses4.first().map(|a| a.span)).unwrap_or(interface.name.span);
            let scope = PendingScope::Interface(interface.name.value.clone());
            poison_at(marks, source, span, scope, "port that is both switched and routed");
            marks.diagnostic(
                codes::SWITCHED_AND_ROUTED,
                Severity::Warning,
                format!("`{}` has an address and is switched", interface.name.value),
                span,
            );
        }
    }
    if is_filtered(interface) {
        soften(&mut port);
    }
    Some(port)
}

/// Whether something on the port drops frames by what the model does not see at layer 2.
pub(super) fn is_filtered(interface: &Interface) -> bool {
    !interface.access_groups.is_empty() || !interface.restrictions.is_empty()
}

/// Takes the certainty from a port's joins without adding any: a dynamic port joins perhaps, and with
/// the same VLANs on both sides of its choice it joins no other.
pub(super) fn soften(port: &mut L2Port) {
    match port.mode {
        L2Mode::Access => {
            port.allowed = VlanSet::none();
            port.allowed.insert(port.access_vlan, port.access_vlan);
            if let Some(voice) = port.voice_vlan {
                port.allowed.insert(voice, voice);
            }
            port.native_vlan = port.access_vlan;
        }
        L2Mode::Trunk => port.access_vlan = port.native_vlan,
        L2Mode::Dynamic => {}
    }
    port.mode = L2Mode::Dynamic;
}
