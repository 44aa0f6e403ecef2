//! Interfaces: what they are, what they belong to, whose they are.
//!
//! A hardware switch, a software switch and a redundant interface are lowered like an aggregate: the
//! wires of the members and the wire of the whole are one.

mod layer3;
mod ports;
mod settings;
mod tunnel;

use std::collections::BTreeMap;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_model::{
    AdminState, Coverage, Device, Encapsulation, Interface, InterfaceId, InterfaceKind, L3, Tri, VrfId,
};

use super::Scope;
use crate::common::{Marks, PendingScope};
use crate::fortios::tree::{Entry, Setting};
use crate::fortios::{codes, marks as state, value};
use settings::Treatment;

pub(crate) use ports::{Port, ports};
pub(crate) use tunnel::Tunnels;

/// Creates the interfaces of a domain. `ports` are those of the whole file.
pub(super) fn lower_interfaces(scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    let own = scope.ports.iter().filter(|p| p.vdom == scope.vdom.name);
    for port in own {
        let interface = lower_port(port, scope, device, marks);
        device.interfaces.push(interface);
    }
    tunnel::implied(scope, device);
    relations(scope, device, marks);
    switches(scope, device, marks);
    memberless(scope, marks);
}

/// One `edit` of `config system interface`.
fn lower_port(
    port: &Port<'_, '_>,
    scope: &Scope<'_, '_>,
    device: &mut Device,
    marks: &mut Marks,
) -> Interface {
    let entry = port.entry;
    let mut reader = Reader { entry, name: port.name.clone(), marks, doubtful: false };
    reader.settings();
    let kind = reader.kind(scope);
    let mut out = Interface::new(port.name.clone(), kind, entry.span);
    out.description = description(entry);
    if kind == InterfaceKind::Subinterface {
        out.encapsulation = reader.tag();
    }
    let vrf = reader.vrf(device);
    out.l3 = layer3::routed(&mut reader, kind, vrf, scope);
    out.relays = layer3::relays(&mut reader, vrf.0);
    if kind == InterfaceKind::Tunnel {
        out.tunnel = Some(scope.tunnels.end(&port.name, entry.span));
    }
    if let Some(span) = reader.down() {
        out.admin = AdminState::Down;
        out.admin_span = Some(span);
    }
    out
}

/// The alias and the description.
fn description(entry: &Entry<'_>) -> Option<String> {
    let words: Vec<&str> =
        ["alias", "description"].iter().filter_map(|n| entry.body.value(n)).map(|w| w.text.trim()).collect();
    let text = words.join(", ");
    (!text.is_empty()).then_some(text)
}

/// An interface that is being read.
pub(super) struct Reader<'r, 't, 'a> {
    pub entry: &'t Entry<'a>,
    pub name: String,
    pub marks: &'r mut Marks,
    /// Something in it was not understood.
    pub doubtful: bool,
}

impl Reader<'_, '_, '_> {
    fn own_scope(&self) -> PendingScope {
        PendingScope::Interface(self.name.clone())
    }

    /// Gives every line a state.
    fn settings(&mut self) {
        let entry = self.entry;
        state::lines(self.marks, entry.own_lines.iter().copied(), Coverage::Modeled, None);
        for garbled in entry.body.all_garbled() {
            self.doubtful = true;
            let scope = self.own_scope();
            state::unrecognized(self.marks, garbled.lines.0..=garbled.lines.1, garbled.span, scope);
        }
        for setting in &entry.body.settings {
            let value = value::word(setting);
            let treatment = settings::treatment(&setting.name.text, value, setting.unset);
            self.treat(setting, treatment);
        }
        for table in &entry.body.tables {
            match table.path.as_str() {
                "secondaryip" | "ipv6" | "vrrp" => {}
                "tagging"
                | "client-options"
                | "egress-queues"
                | "dhcp-snooping-server-list"
                | "phy-setting"
                | "mirroring-filter"
                | "l2tp-client-settings"
                | "wifi-networks" => {
                    state::table(self.marks, table, Coverage::Ignored, None);
                }
                _ => {
                    self.doubtful = true;
                    let scope = self.own_scope();
                    state::unrecognized(self.marks, table.all_lines(), table.span, scope);
                }
            }
        }
    }

    /// Gives a setting its state.
    pub(super) fn treat(&mut self, setting: &Setting<'_>, treatment: Treatment) {
        let lines = setting.lines.0..=setting.lines.1;
        match treatment {
            Treatment::Read => state::modeled(self.marks, setting),
            Treatment::Harmless => state::ignored(self.marks, setting),
            Treatment::Interface(why) => {
                let scope = self.own_scope();
                state::unsupported(self.marks, lines, setting.span, scope, why);
            }
            Treatment::Device(why) => {
                state::unsupported(self.marks, lines, setting.span, PendingScope::Device, why);
            }
            Treatment::Unknown => self.bad(setting),
        }
    }

    /// The setting is not understood: nothing is certain about the interface.
    pub(super) fn bad(&mut self, setting: &Setting<'_>) {
        self.doubtful = true;
        let scope = self.own_scope();
        state::unrecognized(self.marks, setting.lines.0..=setting.lines.1, setting.span, scope);
    }

    /// What it is.
    fn kind(&mut self, scope: &Scope<'_, '_>) -> InterfaceKind {
        let entry = self.entry;
        // Older releases leave `type vlan` out, which is the default.
        let by_evidence = if scope.tunnels.holds(&self.name) {
            InterfaceKind::Tunnel
        } else if entry.body.get("member").is_some() {
            InterfaceKind::Aggregate
        } else if entry.body.get("vlanid").is_some() || entry.body.get("interface").is_some() {
            InterfaceKind::Subinterface
        } else {
            InterfaceKind::Physical
        };
        let Some(setting) = entry.body.get("type") else { return by_evidence };
        match value::word(setting).unwrap_or_default() {
            "physical" | "vdom-link" | "vap-switch" | "fext-wan" => InterfaceKind::Physical,
            "vlan" | "emac-vlan" => InterfaceKind::Subinterface,
            "aggregate" | "redundant" | "hard-switch" | "switch" => InterfaceKind::Aggregate,
            "loopback" => InterfaceKind::Loopback,
            "tunnel" => InterfaceKind::Tunnel,
            "vxlan" | "geneve" | "lan-extension" | "hdlc" | "wl-mesh" | "ssl" => {
                let lines = setting.lines.0..=setting.lines.1;
                let why = "interface of a type that is not modelled";
                state::unsupported(self.marks, lines, setting.span, PendingScope::Anywhere, why);
                InterfaceKind::Other
            }
            _ => {
                self.bad(setting);
                by_evidence
            }
        }
    }

    /// The tag of a VLAN or EMAC-VLAN interface.
    fn tag(&mut self) -> Encapsulation {
        let entry = self.entry;
        let emac = entry.body.value("type").is_some_and(|w| w.text == "emac-vlan");
        match entry.body.get("vlanid") {
            None if emac => Encapsulation::Untagged,
            None => {
                let scope = self.own_scope();
                let why = "VLAN interface without `vlanid`";
                state::unsupported(self.marks, [], entry.span, scope, why);
                Encapsulation::Unknown
            }
            Some(setting) => match value::number::<u16>(setting) {
                Some(0) if emac => Encapsulation::Untagged,
                Some(tag @ 1..=4094) => Encapsulation::Vlan(tag),
                _ => {
                    self.bad(setting);
                    Encapsulation::Unknown
                }
            },
        }
    }

    /// The table it routes by, and the line that says so.
    fn vrf(&mut self, device: &mut Device) -> (VrfId, Option<Span>) {
        let entry = self.entry;
        let Some(setting) = entry.body.get("vrf") else { return (VrfId(0), None) };
        match value::number::<u16>(setting) {
            Some(number) => (super::vrf(device, number, setting.span), Some(setting.span)),
            None => {
                self.bad(setting);
                (VrfId(0), Some(setting.span))
            }
        }
    }

    /// The line that shuts it, if it is certainly shut.
    // SOUNDNESS: a line that was not understood may be a damaged `set status up`.
    fn down(&mut self) -> Option<Span> {
        let entry = self.entry;
        let setting = entry.body.get("status")?;
        match value::word(setting) {
            Some("down") if !self.doubtful => Some(setting.span),
            Some("down" | "up") => None,
            _ => {
                self.bad(setting);
                None
            }
        }
    }
}

/// Parents and members. A port of another domain is copied without layer 3; one that the file lacks is
/// added, and nothing is certain about it.
fn relations(scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    for port in scope.ports.iter().filter(|p| p.vdom == scope.vdom.name) {
        let Some((id, kind)) = find(device, &port.name) else { continue };
        match kind {
            InterfaceKind::Subinterface => {
                let Some(word) = port.entry.body.value("interface") else {
                    // Its wire is not known.
                    let why = "VLAN interface without `interface`";
                    state::unsupported(marks, [], port.entry.span, PendingScope::Anywhere, why);
                    continue;
                };
                let parent = named(scope, device, marks, &word.text, word.span);
                let down = device.interface(parent).filter(|p| !p.is_up()).and_then(|p| p.admin_span);
                if let Some(lowered) = device.interfaces.get_mut(id.0 as usize) {
                    lowered.parent = Some(parent);
                    if let Some(span) = down {
                        lowered.admin = AdminState::Down;
                        lowered.admin_span.get_or_insert(span);
                    }
                }
            }
            InterfaceKind::Aggregate => {
                let Some(setting) = port.entry.body.get("member") else {
                    // SOUNDNESS: a line that was not understood may be the members.
                    if unread(port.entry) {
                        let why = "aggregate with an unread line and no members";
                        state::unsupported(marks, [], port.entry.span, PendingScope::Anywhere, why);
                    }
                    continue;
                };
                for word in &setting.values {
                    join(scope, device, marks, &word.text, word.span, id);
                }
            }
            _ => {}
        }
    }
}

/// Whether a line of an interface was not understood.
fn unread(entry: &Entry<'_>) -> bool {
    let unknown =
        |s: &Setting<'_>| settings::treatment(&s.name.text, value::word(s), s.unset) == Treatment::Unknown;
    !entry.body.all_garbled().is_empty() || entry.body.settings.iter().any(unknown)
}

/// Makes an interface a member of a whole.
fn join(
    scope: &Scope<'_, '_>,
    device: &mut Device,
    marks: &mut Marks,
    member: &str,
    span: Span,
    whole: InterfaceId,
) {
    let member = named(scope, device, marks, member, span);
    let doubtful = device.interface(member).is_some_and(|m| {
        m.aggregate.is_some_and(|a| a != whole)
            || member == whole
            || !matches!(m.kind, InterfaceKind::Physical | InterfaceKind::Aggregate)
    });
    if doubtful {
        let why = "member of a switch or aggregate that is not a free port";
        state::unsupported(marks, [], span, PendingScope::Anywhere, why);
        return;
    }
    if let Some(member) = device.interfaces.get_mut(member.0 as usize) {
        member.aggregate = Some(whole);
    }
}

/// The members of switches, which stand in tables of their own.
fn switches(scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    for path in ["system switch-interface", "system virtual-switch"] {
        for table in scope.tables(path) {
            state::lines(marks, table.own_lines.iter().copied(), Coverage::Modeled, None);
            for entry in &table.entries {
                state::lines(marks, entry.own_lines.iter().copied(), Coverage::Modeled, None);
                switch(entry, scope, device, marks);
            }
        }
    }
}

/// Interfaces of switches whose members are in no table: ports of them may be anywhere.
fn memberless(scope: &Scope<'_, '_>, marks: &mut Marks) {
    let of_switch = |word: &str| matches!(word, "switch" | "hard-switch");
    let listed = |name: &str| {
        let tables = ["system switch-interface", "system virtual-switch"].map(|p| scope.tables(p));
        tables.iter().flatten().any(|t| t.entries.iter().any(|e| e.key.text == name))
    };
    for port in scope.ports.iter().filter(|p| p.vdom == scope.vdom.name) {
        let switch = port.entry.body.value("type").is_some_and(|w| of_switch(&w.text));
        if switch && port.entry.body.get("member").is_none() && !listed(&port.name) {
            let why = "switch whose members are not in the file";
            state::unsupported(marks, [], port.entry.span, PendingScope::Anywhere, why);
        }
    }
}

fn switch(entry: &Entry<'_>, scope: &Scope<'_, '_>, device: &mut Device, marks: &mut Marks) {
    let own = scope.ports.iter().any(|p| p.name == entry.key.text && p.vdom == scope.vdom.name);
    let here = find(device, &entry.key.text).filter(|_| own);
    for setting in &entry.body.settings {
        match (setting.name.text.as_ref(), value::word(setting)) {
            ("vdom" | "member" | "physical-switch", _) => state::modeled(marks, setting),
            ("intra-switch-policy", Some("implicit"))
            | ("span", Some("disable"))
            | ("type", Some("switch")) => {
                state::modeled(marks, setting);
            }
            ("mac-ttl" | "vlan", _) => state::ignored(marks, setting),
            // Traffic between the members then needs policies, which are not modelled on layer 2.
            ("intra-switch-policy", Some("explicit")) | ("type", Some("hub")) if here.is_some() => {
                let at = PendingScope::Interface(entry.key.text.to_string());
                let why = "switch whose members are kept apart by policies";
                state::unsupported(marks, setting.lines.0..=setting.lines.1, setting.span, at, why);
            }
            ("intra-switch-policy", Some("explicit")) | ("type", Some("hub")) => {}
            ("span" | "span-dest-port" | "span-direction" | "span-source-port", _) => {
                let why = "mirror of a switch";
                let lines = setting.lines.0..=setting.lines.1;
                state::unsupported(marks, lines, setting.span, PendingScope::Device, why);
            }
            _ => {
                let lines = setting.lines.0..=setting.lines.1;
                state::unrecognized(marks, lines, setting.span, PendingScope::Anywhere);
            }
        }
    }
    let ports = entry.body.table("port");
    for table in &entry.body.tables {
        let known = if table.path == "port" { Coverage::Modeled } else { Coverage::Unrecognized };
        state::table(marks, table, known, (known != Coverage::Modeled).then_some("device"));
        if known != Coverage::Modeled {
            state::unrecognized(marks, [], table.span, PendingScope::Anywhere);
        }
    }
    let Some((whole, _)) = here else {
        // SOUNDNESS: a switch without an interface of its own still joins its members.
        if !scope.ports.iter().any(|p| p.name == entry.key.text) {
            undefined(&entry.key.text, entry.span, marks);
        }
        return;
    };
    if let Some(whole) = device.interfaces.get_mut(whole.0 as usize)
        && whole.kind != InterfaceKind::Aggregate
    {
        whole.kind = InterfaceKind::Aggregate;
    }
    for word in entry.body.get("member").map_or(&[][..], |s| &s.values) {
        join(scope, device, marks, &word.text, word.span, whole);
    }
    for port in ports.map_or(&[][..], |t| &t.entries) {
        join(scope, device, marks, &port.key.text, port.span, whole);
    }
}

fn find(device: &Device, name: &str) -> Option<(InterfaceId, InterfaceKind)> {
    device.interface_ids().find(|(_, i)| i.name == name).map(|(id, i)| (id, i.kind))
}

/// The interface of a name, added when the domain has none.
pub(super) fn named(
    scope: &Scope<'_, '_>,
    device: &mut Device,
    marks: &mut Marks,
    name: &str,
    span: Span,
) -> InterfaceId {
    if let Some((id, _)) = find(device, name) {
        return id;
    }
    let owner = scope.ports.iter().find(|p| p.name == name);
    let mut copy = Interface::new(name.to_owned(), InterfaceKind::Physical, span);
    match owner {
        // Another domain owns the port: here it is a wire only.
        Some(owner) => {
            let down = owner.entry.body.get("status").filter(|s| value::word(s) == Some("down"));
            let doubtful = !owner.entry.body.all_garbled().is_empty();
            if let Some(setting) = down.filter(|_| !doubtful) {
                copy.admin = AdminState::Down;
                copy.admin_span = Some(setting.span);
            }
        }
        None => undefined(name, span, marks),
    }
    device.interfaces.push(copy);
    InterfaceId(u32::try_from(device.interfaces.len() - 1).unwrap_or(u32::MAX))
}

/// An interface that is used but not in the file: it may be anything, anywhere.
pub(super) fn undefined(name: &str, span: Span, marks: &mut Marks) {
    marks.push(
        Diagnostic::new(
            codes::UNDEFINED_INTERFACE,
            Severity::Warning,
            format!("interface `{name}` is not in the file: it may be anything"),
            span,
        )
        .with_help("export the whole configuration, with `config system interface`"),
    );
    state::unsupported(marks, [], span, PendingScope::Anywhere, "interface that is not in the file");
}

/// Layer 3 of an interface without known addresses, in the first table.
fn layer3_of(span: Span) -> L3 {
    L3 {
        vrf: VrfId(0),
        vrf_span: None,
        addresses: Vec::new(),
        unknown_v4: Some(span),
        unknown_v6: None,
        ipv6: Tri::Unknown,
        proxy_arp: Tri::Unknown,
    }
}

/// The interfaces by name, those of other domains left out.
pub(super) fn by_name(scope: &Scope<'_, '_>, device: &Device) -> BTreeMap<String, InterfaceId> {
    let foreign = |name: &str| scope.ports.iter().any(|p| p.name == name && p.vdom != scope.vdom.name);
    device.interface_ids().filter(|(_, i)| !foreign(&i.name)).map(|(id, i)| (i.name.clone(), id)).collect()
}
