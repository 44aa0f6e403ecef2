//! A firewall of three interfaces, and what its model does with a packet.

use sekisho_diag::{Code, SourceMap, Span};
use sekisho_model::{
    Action, Address, AddressRole, Context, ContextId, Coverage, Device, Interface, InterfaceId,
    InterfaceKind, L3, Line, NatTable, RuleList, Stage, Target, Tri, VrfId,
};
use sekisho_net::{Family, Field, FieldSet, Packet, Prefix, addr_bits, flags};

use crate::common::Marks;
use crate::fortios::index::{InterfaceIndex, Zone};
use crate::fortios::objects::reading::words;
use crate::fortios::tree::{Table, Vdom};
use crate::fortios::version::Version;
use crate::fortios::{grammar, lexer, marks as states};

/// A lowered text.
pub(super) struct Firewall {
    pub device: Device,
    pub marks: Marks,
    pub text: String,
}

/// The objects that the traps use.
pub(super) const OBJECTS: &str = r#"config firewall address
    edit "all"
    next
    edit "NET1"
        set subnet 10.1.0.0 255.255.255.0
    next
    edit "SRV2"
        set subnet 10.2.0.5 255.255.255.255
    next
end
config firewall service custom
    edit "ALL"
        set protocol IP
    next
    edit "SSH"
        set tcp-portrange 22
    next
end
"#;

/// A policy with its five usual settings and more.
pub(super) fn policy(id: u32, from: &str, to: &str, more: &str) -> String {
    format!(
        "config firewall policy\n    edit {id}\n        set srcintf \"{from}\"\n        set dstintf \"{to}\"\n        \
         set srcaddr \"all\"\n        set dstaddr \"all\"\n        set schedule \"always\"\n        \
         set service \"ALL\"\n{more}    next\nend\n"
    )
}

/// Reads a text with port1 203.0.113.1/24, port2 10.1.0.1/24, port3 10.2.0.1/24.
pub(super) fn read(text: &str) -> Firewall {
    read_as(text, None)
}

/// The same for a release.
pub(super) fn read_as(text: &str, version: Option<Version>) -> Firewall {
    let ports = ["203.0.113.1/24", "10.1.0.1/24", "10.2.0.1/24"];
    read_with(text, version, &ports.map(|p| [p, ""]))
}

/// The same with addresses of the interfaces port1, port2, ...: IPv4 and IPv6.
pub(super) fn read_with(text: &str, version: Option<Version>, ports: &[[&str; 2]]) -> Firewall {
    let mut sources = SourceMap::default();
    let file = sources.add("fgt.conf", text);
    let source = sources.get(file).unwrap();
    let mut marks = Marks::new(file, source.line_count());
    let lexed = lexer::lex(file, source, &mut marks);
    let tree = grammar::read(lexed, source, &mut marks);
    let tables: Vec<&Table<'_>> = tree.root.tables.iter().collect();
    let vdom = Vdom { name: "root".to_owned(), single: true, tables: tables.clone(), global: tables };
    let mut device = Device::new("fgt".to_owned(), "FortiOS", file);
    let span = Span::new(file, 0, 1);
    let mut index = InterfaceIndex::default();
    for (at, addresses) in ports.iter().enumerate() {
        let name = format!("port{}", at + 1);
        let mut interface = Interface::new(name.clone(), InterfaceKind::Physical, span);
        let of = |text: &&str| Address {
            addr: text.split('/').next().unwrap().parse().unwrap(),
            prefix: Prefix::parse(text).unwrap(),
            role: AddressRole::Own,
            span,
        };
        interface.l3 = Some(L3 {
            vrf: VrfId(0),
            vrf_span: None,
            addresses: addresses.iter().filter(|a| !a.is_empty()).map(of).collect(),
            unknown_v4: None,
            unknown_v6: None,
            ipv6: Tri::Yes,
            proxy_arp: Tri::No,
        });
        device.contexts.push(Context { name: format!("interface {name}") });
        interface.context = ContextId(u32::try_from(at + 1).unwrap());
        device.interfaces.push(interface);
        index.interfaces.insert(name, InterfaceId(u32::try_from(at).unwrap()));
    }
    for entry in vdom.table("system zone").iter().flat_map(|t| &t.entries) {
        let members =
            words(&entry.body, "interface").iter().map(|w| index.interfaces[w.text.as_ref()]).collect();
        let allow = entry.body.value("intrazone").is_some_and(|w| w.text == "allow");
        let intrazone = if allow { Tri::Yes } else { Tri::No };
        let zone = Zone { members, intrazone, span: entry.span, open: false };
        index.zones.insert(entry.key.text.to_string(), zone);
    }
    for path in ["system zone", "system settings", "system global"] {
        if let Some(table) = vdom.table(path) {
            states::table(&mut marks, table, Coverage::Modeled, None);
        }
    }
    crate::fortios::policy::lower(&vdom, (version, &crate::Answers::new()), &mut device, &index, &mut marks);
    Firewall { device, marks, text: text.to_owned() }
}

/// What stands for any value, besides the largest: 10.2.0.5, 10.2.0.6, 203.0.113.60.
const SOME_ADDRESSES: &[u128] = &[0x0a02_0005, 0x0a02_0006, 0xcb00_713c];
const SOME_PORTS: &[u128] = &[22, 80, 443, 8080];

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    /// Ways in which it may leave; a field of unknown value takes some, the largest
    /// among them.
    pub may: Vec<Packet>,
    /// It certainly leaves.
    pub sure: bool,
}

impl Firewall {
    /// The interface of a number.
    pub(super) fn port(&self, number: usize) -> &Interface {
        &self.device.interfaces[number - 1]
    }

    /// A packet from one interface to another.
    pub(super) fn send(&self, from: usize, to: usize, packet: Packet) -> Fate {
        let context = self.port(from).context;
        let mut ways = vec![(packet, true)];
        for stage in &self.port(from).ingress {
            ways = self.step(stage, context, ways);
        }
        for stage in &self.port(to).egress {
            ways = self.step(stage, context, ways);
        }
        Fate { sure: ways.iter().any(|(_, sure)| *sure), may: ways.into_iter().map(|(p, _)| p).collect() }
    }

    /// Whether it may leave, and whether it certainly does.
    pub(super) fn passes(&self, from: usize, to: usize, packet: &Packet) -> (bool, bool) {
        let fate = self.send(from, to, *packet);
        (!fate.may.is_empty(), fate.sure)
    }

    fn step(&self, stage: &Stage, context: ContextId, ways: Vec<(Packet, bool)>) -> Vec<(Packet, bool)> {
        match stage {
            Stage::When { from, stage } if from.contains(&context) => self.step(stage, context, ways),
            Stage::When { .. } => ways,
            Stage::MayDrop { .. } => ways.into_iter().map(|(p, _)| (p, false)).collect(),
            Stage::Filter { list, .. } => {
                let list = self.device.list(*list).unwrap();
                let pass = |(p, sure): (Packet, bool)| {
                    let (possible, certain) = decide(list, &p);
                    possible.then_some((p, sure && certain))
                };
                ways.into_iter().filter_map(pass).collect()
            }
            Stage::Nat { table, .. } => {
                let table = self.device.nat(*table).unwrap();
                ways.into_iter().flat_map(|(p, sure)| translate(table, &p, sure)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    /// The list between two interfaces for a family.
    pub(super) fn list(&self, from: usize, to: usize, family: Family) -> &RuleList {
        let context = self.port(from).context;
        let find = |s: &Stage| match s {
            Stage::When { from, stage } if from.contains(&context) => match **stage {
                Stage::Filter { list, .. } => self.device.list(list).filter(|l| l.family == family),
                _ => None,
            },
            _ => None,
        };
        self.port(to).egress.iter().find_map(find).unwrap()
    }

    /// Codes of the messages.
    pub(super) fn codes(&self) -> Vec<Code> {
        self.marks.diagnostics.iter().map(|d| d.code).collect()
    }

    /// The text of a span.
    pub(super) fn quote(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap()
    }
}

/// Whether a packet may pass, and whether it certainly does.
fn decide(list: &RuleList, packet: &Packet) -> (bool, bool) {
    if list.family != packet.family {
        return (true, true);
    }
    let lines: Vec<&Line> = list.lines.iter().filter(|l| l.matches.may_match(packet)).collect();
    let mut possible = false;
    let mut certain = true;
    for line in lines {
        possible |= line.action != Action::Deny;
        certain &= line.action == Action::Permit;
        if line.matches.must_match(packet) {
            return (possible, certain);
        }
    }
    (possible || list.default != Action::Deny, certain && list.default == Action::Permit)
}

fn translate(table: &NatTable, packet: &Packet, sure: bool) -> Vec<(Packet, bool)> {
    let mut out = Vec::new();
    let mut first = sure;
    for rule in table.rules.iter().filter(|r| r.family == packet.family && r.matches.may_match(packet)) {
        let must = rule.matches.must_match(packet);
        let mut values = vec![(*packet, first && must)];
        for rewrite in &rule.rewrites {
            let apply = |(p, sure): (Packet, bool)| -> Vec<(Packet, bool)> {
                match &rewrite.target {
                    Target::OneOf(FieldSet::Ranges(all)) => {
                        let ends =
                            all.iter().flat_map(|&(lo, hi)| if lo == hi { vec![lo] } else { vec![lo, hi] });
                        ends.map(|v| (p.with(rewrite.field, v), sure)).collect()
                    }
                    // Any value: the old one stands for all.
                    Target::OneOf(_) => vec![(p, sure)],
                    Target::Shift { from, to } => {
                        let new = p.get(rewrite.field) - from.first() + to.first();
                        vec![(p.with(rewrite.field, new), sure)]
                    }
                    Target::Unknown => {
                        let max = rewrite.field.max(p.family);
                        let some: &[u128] = match rewrite.field {
                            Field::Src | Field::Dst if p.family == Family::V4 => SOME_ADDRESSES,
                            Field::Sport | Field::Dport => SOME_PORTS,
                            _ => &[],
                        };
                        some.iter().chain([&max]).map(|&v| (p.with(rewrite.field, v), false)).collect()
                    }
                }
            };
            values = values.into_iter().flat_map(apply).collect();
        }
        out.extend(values);
        if rule.may_skip {
            out.push((*packet, false));
        }
        if must {
            return out;
        }
        first = false;
    }
    out.push((*packet, first));
    out
}

/// A TCP SYN.
pub(super) fn tcp(src: &str, dst: &str, dport: u16) -> Packet {
    ip(src, dst, 6)
        .with(Field::Sport, 40000)
        .with(Field::Dport, dport.into())
        .with(Field::Flags, flags::SYN.into())
}

/// A UDP packet.
pub(super) fn udp(src: &str, dst: &str, dport: u16) -> Packet {
    ip(src, dst, 17).with(Field::Sport, 40000).with(Field::Dport, dport.into())
}

/// A packet of a protocol.
pub(super) fn ip(src: &str, dst: &str, protocol: u8) -> Packet {
    let (src, dst) = (src.parse().unwrap(), dst.parse().unwrap());
    Packet::zero(Family::of(src))
        .with(Field::Src, addr_bits(src))
        .with(Field::Dst, addr_bits(dst))
        .with(Field::Proto, protocol.into())
}
