//! Converts the device model into the plain network that the reference semantics runs.
//!
//! Field by field and nothing more: no segment, route or edge is derived here. What the plain format
//! cannot say is widened, never dropped. Entry: [`network`].

use std::net::IpAddr;
use std::sync::OnceLock;

use sekisho_diag::{SourceMap, Span};
use sekisho_model as model;
use sekisho_net::{Cube, Family, Field, FieldSet, Prefix, bits_addr};
use sekisho_reference as plain;
use sekisho_reference::format;

/// A declared cable: both ends as (position of the device, interface).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortLink {
    /// One end.
    pub a: (usize, model::InterfaceId),
    /// The other end.
    pub b: (usize, model::InterfaceId),
}

/// A neighbour that the policy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownNeighbour {
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether it forwards packets between them.
    pub forwards: model::Tri,
}

/// The plain network of some devices, in their order.
#[must_use]
pub fn network(
    devices: &[model::Device],
    sources: &SourceMap,
    links: &[PortLink],
    neighbours: &[KnownNeighbour],
) -> format::Network {
    let export = Export { sources };
    let end = |(device, id): (usize, model::InterfaceId)| format::Port { device, interface: at(id.0) };
    let inner = model::InnerWires::of(devices);
    let cables = inner.cables.iter().map(|w| (end(w.a), end(w.b)));
    format::Network {
        devices: devices.iter().map(|d| export.device(d)).collect(),
        links: links.iter().map(|l| (end(l.a), end(l.b))).chain(cables).collect(),
        same_ports: inner.same_ports.iter().map(|w| (end(w.a), end(w.b))).collect(),
        known_neighbours: neighbours
            .iter()
            .map(|n| format::KnownNeighbour { addresses: n.addresses.clone(), forwards: tri(n.forwards) })
            .collect(),
    }
}

/// A plain network that is built when it is first needed: a proof alone never does.
pub struct PlainNetwork<'a> {
    network: OnceLock<format::Network>,
    build: Box<dyn Fn() -> format::Network + Send + Sync + 'a>,
}

impl<'a> PlainNetwork<'a> {
    /// A network that `build` makes.
    #[must_use]
    pub fn new(build: impl Fn() -> format::Network + Send + Sync + 'a) -> Self {
        Self { network: OnceLock::new(), build: Box::new(build) }
    }

    /// The network.
    #[must_use]
    pub fn get(&self) -> &format::Network {
        self.network.get_or_init(&self.build)
    }
}

/// A packet as the plain interpreter takes it.
#[must_use]
pub fn packet(packet: &sekisho_net::Packet) -> plain::Packet {
    let byte = |f| u8::try_from(packet.get(f)).unwrap_or(u8::MAX);
    let port = |f| u16::try_from(packet.get(f)).unwrap_or(u16::MAX);
    let src0 = bits_addr(packet.family, packet.get(Field::Src0));
    plain::Packet {
        src: packet.src(),
        dst: packet.dst(),
        proto: byte(Field::Proto),
        sport: port(Field::Sport),
        dport: port(Field::Dport),
        flags: byte(Field::Flags),
        icmp_type: byte(Field::IcmpType),
        icmp_code: byte(Field::IcmpCode),
        later_fragment: packet.is_later_fragment(),
        src0: (packet.get(Field::Translated) == 1).then_some(src0),
        mark: port(Field::Mark),
    }
}

/// A position; ids are 32 bits wide.
fn at(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

fn tri(x: model::Tri) -> format::Tri {
    match x {
        model::Tri::No => format::Tri::No,
        model::Tri::Unknown => format::Tri::Unknown,
        model::Tri::Yes => format::Tri::Yes,
    }
}

pub(super) fn family(f: Family) -> plain::Family {
    match f {
        Family::V4 => plain::Family::Ipv4,
        Family::V6 => plain::Family::Ipv6,
    }
}

#[expect(clippy::expect_used, reason = "a model prefix is never longer than its family allows")]
pub(super) fn prefix(p: Prefix) -> plain::Prefix {
    let len = u8::try_from(p.len()).unwrap_or(u8::MAX);
    plain::Prefix::new(p.addr(), len).expect("canonical prefix")
}

struct Export<'a> {
    sources: &'a SourceMap,
}

impl Export<'_> {
    fn place(&self, span: Span) -> String {
        self.sources.place(span)
    }

    fn maybe_place(&self, span: Option<Span>) -> Option<String> {
        span.map(|s| self.place(s))
    }

    fn device(&self, d: &model::Device) -> format::Device {
        let mut poisons: Vec<_> = d.poisons.iter().map(|p| self.poison(p)).collect();
        for rule in d.nats.iter().flat_map(|n| &n.rules) {
            if rule.rewrites.iter().any(|r| rewrite(r, rule.family).is_none()) {
                poisons.push(format::Poison {
                    scope: format::Scope::Device,
                    place: self.place(rule.span),
                    why: "translation of a field that is not an address or port".to_owned(),
                    unread: false,
                });
            }
        }
        format::Device {
            name: d.name.clone(),
            interfaces: d.interfaces.iter().map(|i| self.interface(i)).collect(),
            vrfs: d.vrfs.iter().map(|v| self.vrf(v)).collect(),
            contexts: d.contexts.iter().map(|c| c.name.clone()).collect(),
            lists: d.lists.iter().map(|l| self.list(l)).collect(),
            nats: d.nats.iter().map(|n| self.nat(n)).collect(),
            policy_routes: d.policy_routes.iter().map(|p| self.policy_route(p)).collect(),
            forwards_v4: tri(d.forwards_v4),
            forwards_v6: tri(d.forwards_v6),
            source_route: tri(d.source_route),
            tags_native: tri(d.tags_native),
            vlans: d.vlans.clone(),
            cluster: d.cluster.as_ref().map(|c| c.name.clone()),
            helpers: d.helpers.iter().map(|h| self.helper(h)).collect(),
            poisons,
        }
    }

    fn helper(&self, h: &model::AppHelper) -> format::Helper {
        format::Helper {
            name: h.name.to_owned(),
            proto: h.protocol.0,
            ports: (h.ports.lo(), h.ports.hi()),
            place: self.maybe_place(h.span),
        }
    }

    fn poison(&self, p: &model::Poison) -> format::Poison {
        let scope = match p.scope {
            model::Scope::Device => format::Scope::Device,
            model::Scope::Anywhere => format::Scope::Anywhere,
            model::Scope::Interface(id) => format::Scope::Interface(at(id.0)),
            model::Scope::Routes(vrf, f) => format::Scope::Routes { vrf: at(vrf.0), family: family(f) },
        };
        format::Poison { scope, place: self.place(p.span), why: p.why.clone(), unread: p.is_unread() }
    }

    fn interface(&self, i: &model::Interface) -> format::Interface {
        format::Interface {
            name: i.name.clone(),
            place: self.place(i.span),
            up: i.is_up(),
            kind: match i.kind {
                model::InterfaceKind::Physical => format::Kind::Physical,
                model::InterfaceKind::Subinterface => format::Kind::Subinterface,
                model::InterfaceKind::Svi => format::Kind::Svi,
                model::InterfaceKind::Aggregate => format::Kind::Aggregate,
                model::InterfaceKind::Loopback => format::Kind::Loopback,
                model::InterfaceKind::Tunnel => format::Kind::Tunnel,
                model::InterfaceKind::Null => format::Kind::Null,
                model::InterfaceKind::Other => format::Kind::Other,
            },
            parent: i.parent.map(|p| at(p.0)),
            encapsulation: match i.encapsulation {
                model::Encapsulation::Untagged => format::Encapsulation::Untagged,
                model::Encapsulation::Vlan(v) => format::Encapsulation::Vlan(v),
                model::Encapsulation::Unknown => format::Encapsulation::Unknown,
            },
            aggregate: i.aggregate.map(|a| at(a.0)),
            svi_vlan: i.svi_vlan,
            l2: i.l2.as_ref().map(l2),
            l3: i.l3.as_ref().map(|l3| self.l3(l3)),
            tunnel: i.tunnel.as_ref().map(|t| format::Tunnel {
                destination: t.destination,
                source: t.source,
                authenticated: t.authenticated.is_some(),
                place: self.place(t.span),
            }),
            context: at(i.context.0),
            ingress: i.ingress.iter().map(|s| self.stage(s)).collect(),
            egress: i.egress.iter().map(|s| self.stage(s)).collect(),
            relays: i.relays.iter().map(|r| self.relay(r)).collect(),
            multicast: self.maybe_place(i.multicast),
        }
    }

    fn l3(&self, l3: &model::L3) -> format::L3 {
        let address = |a: &model::Address| format::Address {
            addr: a.addr,
            prefix: prefix(a.prefix),
            shared: a.role == model::AddressRole::Shared,
            place: self.place(a.span),
        };
        format::L3 {
            vrf: at(l3.vrf.0),
            addresses: l3.addresses.iter().map(address).collect(),
            unknown_v4: self.maybe_place(l3.unknown_v4),
            unknown_v6: self.maybe_place(l3.unknown_v6),
            ipv6: tri(l3.ipv6),
            proxy_arp: tri(l3.proxy_arp),
        }
    }

    fn relay(&self, r: &model::Relay) -> format::Relay {
        format::Relay {
            to: r.to,
            ports: r.ports.iter().map(|p| (p.lo(), p.hi())).collect(),
            vrf: at(r.vrf.0),
            place: self.place(r.span),
        }
    }

    fn stage(&self, stage: &model::Stage) -> format::Stage {
        match stage {
            model::Stage::Filter { list, span } => {
                format::Stage::Filter { list: at(list.0), place: self.place(*span) }
            }
            model::Stage::AntiSpoof { family: f, strict, allow_default, span } => format::Stage::AntiSpoof {
                family: family(*f),
                strict: *strict,
                allow_default: *allow_default,
                place: self.place(*span),
            },
            model::Stage::Nat { table, span } => {
                format::Stage::Nat { table: at(table.0), place: self.place(*span) }
            }
            model::Stage::PolicyRoute { policy, span } => {
                format::Stage::PolicyRoute { policy: at(policy.0), place: self.place(*span) }
            }
            model::Stage::When { from, stage } => format::Stage::When {
                from: from.iter().map(|c| at(c.0)).collect(),
                stage: Box::new(self.stage(stage)),
            },
            model::Stage::Drop { span, why } => {
                format::Stage::Drop { place: self.place(*span), why: why.clone() }
            }
            model::Stage::MayDrop { span, why } => {
                format::Stage::MayDrop { place: self.place(*span), why: why.clone() }
            }
        }
    }

    fn list(&self, l: &model::RuleList) -> format::List {
        let line = |x: &model::Line| format::Line {
            action: action(x.action),
            matches: predicate(&x.matches, l.family),
            place: self.place(x.span),
            conditions: x.conditions.clone(),
            opens: x.opens,
            replies: x.replies.as_ref().map(|p| predicate(p, l.family)),
        };
        format::List {
            name: l.name.clone(),
            family: family(l.family),
            lines: l.lines.iter().map(line).collect(),
            default: action(l.default),
            place: self.maybe_place(l.span),
            stateful: l.stateful,
            default_opens: l.default_opens,
        }
    }

    fn nat(&self, n: &model::NatTable) -> format::Nat {
        let rule = |r: &model::NatRule| format::NatRule {
            family: family(r.family),
            matches: predicate(&r.matches, r.family),
            rewrites: r.rewrites.iter().filter_map(|x| rewrite(x, r.family)).collect(),
            may_skip: r.may_skip,
            place: self.place(r.span),
        };
        format::Nat { name: n.name.clone(), rules: n.rules.iter().map(rule).collect() }
    }

    fn policy_route(&self, p: &model::PolicyRoute) -> format::PolicyRoute {
        let entry = |e: &model::PolicyRouteEntry| format::PolicyEntry {
            family: family(e.family),
            matches: predicate(&e.matches, e.family),
            action: policy_action(&e.action),
            place: self.place(e.span),
        };
        format::PolicyRoute {
            name: p.name.clone(),
            entries: p.entries.iter().map(entry).collect(),
            place: self.maybe_place(p.span),
        }
    }

    fn vrf(&self, v: &model::Vrf) -> format::Vrf {
        let lines = |all: &[(Family, Span)]| all.iter().map(|(f, s)| (family(*f), self.place(*s))).collect();
        format::Vrf {
            name: v.name.clone(),
            routes: v
                .routes
                .iter()
                .map(|r| format::Route {
                    prefix: prefix(r.prefix),
                    next_hop: next_hop(r.next_hop),
                    distance: r.distance,
                    conditional: r.conditional,
                    place: self.place(r.span),
                })
                .collect(),
            tables: v.tables.iter().map(|(f, t)| self.table(*f, t)).collect(),
            unknown_routes: lines(&v.unknown_routes),
            leaks: v
                .leaks
                .iter()
                .map(|l| format::Leak { from: at(l.from.0), place: self.place(l.span) })
                .collect(),
            multicast: lines(&v.multicast),
        }
    }

    /// Rows of the other family do not belong in the table: it is garbled by them.
    fn table(&self, f: Family, t: &model::RouteTable) -> format::Table {
        let (fit, strange): (Vec<_>, Vec<_>) = t.routes.iter().partition(|r| r.prefix.family() == f);
        let row = |r: &&model::TableRoute| format::Row {
            prefix: prefix(r.prefix),
            next_hop: next_hop(r.next_hop),
            protocol: r.protocol.clone(),
            backup: r.backup,
            place: self.place(r.span),
        };
        let strange = strange.iter().map(|r| r.span);
        format::Table {
            family: family(f),
            rows: fit.iter().map(row).collect(),
            complete: t.complete,
            garbled: t.garbled.iter().copied().chain(strange).map(|s| self.place(s)).collect(),
        }
    }
}

fn l2(l2: &model::L2Port) -> format::L2 {
    format::L2 {
        mode: match l2.mode {
            model::L2Mode::Access => format::Mode::Access,
            model::L2Mode::Trunk => format::Mode::Trunk,
            model::L2Mode::Dynamic => format::Mode::Dynamic,
        },
        access_vlan: l2.access_vlan,
        voice_vlan: l2.voice_vlan,
        allowed: l2.allowed.ranges().to_vec(),
        native_vlan: l2.native_vlan,
    }
}

fn action(a: model::Action) -> format::Action {
    match a {
        model::Action::Permit => format::Action::Permit,
        model::Action::Deny => format::Action::Deny,
        model::Action::Unknown => format::Action::Unknown,
    }
}

fn next_hop(n: model::NextHop) -> format::NextHop {
    match n {
        model::NextHop::Via { addr, interface, vrf } => {
            format::NextHop::Via { addr, interface: interface.map(|i| at(i.0)), vrf: vrf.map(|v| at(v.0)) }
        }
        model::NextHop::Interface(i) => format::NextHop::Interface(at(i.0)),
        model::NextHop::Discard => format::NextHop::Discard,
        model::NextHop::Receive => format::NextHop::Receive,
        model::NextHop::Unknown => format::NextHop::Unknown,
    }
}

fn policy_action(a: &model::PolicyRouteAction) -> format::PolicyAction {
    match a {
        model::PolicyRouteAction::Normal => format::PolicyAction::Normal,
        model::PolicyRouteAction::NextHops { addresses, certain } => {
            format::PolicyAction::NextHops { addresses: addresses.clone(), certain: *certain }
        }
        model::PolicyRouteAction::DefaultNextHops(all) => format::PolicyAction::DefaultNextHops(all.clone()),
        model::PolicyRouteAction::Interfaces(all) => {
            format::PolicyAction::Interfaces(all.iter().map(|i| at(i.0)).collect())
        }
        model::PolicyRouteAction::Vrf(v) => format::PolicyAction::Vrf(at(v.0)),
        model::PolicyRouteAction::Drop => format::PolicyAction::Drop,
        model::PolicyRouteAction::Unknown => format::PolicyAction::Unknown,
    }
}

/// A predicate. Cubes without a packet are left out.
fn predicate(p: &model::Predicate, f: Family) -> format::Predicate {
    let cubes = |all: &[Cube]| all.iter().filter(|c| !c.is_empty()).map(|c| cube(c, f)).collect();
    format::Predicate { may: cubes(&p.may), must: (!p.is_exact()).then(|| cubes(p.must())) }
}

/// A cube of a family.
pub(super) fn cube(c: &Cube, f: Family) -> format::Cube {
    let addr = |field| values(c.get(field), field, f).map(|v| addresses(v, f));
    let num = |field| values(c.get(field), field, f).map(numbers);
    format::Cube {
        dst: addr(Field::Dst),
        proto: num(Field::Proto),
        dport: num(Field::Dport),
        sport: num(Field::Sport),
        flags: num(Field::Flags),
        icmp_type: num(Field::IcmpType),
        icmp_code: num(Field::IcmpCode),
        fragment: num(Field::Fragment),
        mark: num(Field::Mark),
        translated: num(Field::Translated),
        src0: addr(Field::Src0),
        src: addr(Field::Src),
    }
}

/// A field set within the width of its field; `None` for any value.
fn values(set: &FieldSet, field: Field, f: Family) -> Option<format::Values<u128>> {
    let max = field.max(f);
    match set {
        FieldSet::Any => None,
        FieldSet::Ranges(ranges) => {
            let inside = ranges.iter().filter(|(lo, hi)| lo <= hi && *lo <= max);
            Some(format::Values::Ranges(inside.map(|&(lo, hi)| (lo, hi.min(max))).collect()))
        }
        FieldSet::Mask { value, care } => {
            Some(format::Values::Mask { value: value & care & max, care: care & max })
        }
    }
}

fn addresses(v: format::Values<u128>, f: Family) -> format::Values<IpAddr> {
    let addr = |x| bits_addr(f, x);
    match v {
        format::Values::Ranges(r) => {
            format::Values::Ranges(r.into_iter().map(|(lo, hi)| (addr(lo), addr(hi))).collect())
        }
        format::Values::Mask { value, care } => format::Values::Mask { value: addr(value), care: addr(care) },
    }
}

fn numbers(v: format::Values<u128>) -> format::Values<u16> {
    let num = |x| u16::try_from(x).unwrap_or(u16::MAX);
    match v {
        format::Values::Ranges(r) => {
            format::Values::Ranges(r.into_iter().map(|(lo, hi)| (num(lo), num(hi))).collect())
        }
        format::Values::Mask { value, care } => format::Values::Mask { value: num(value), care: num(care) },
    }
}

/// The rewrite of one field; `None` for a field that no translation changes.
fn rewrite(r: &model::Rewrite, f: Family) -> Option<format::Rewrite> {
    let all = format::Values::Ranges(vec![(0, r.field.max(f))]);
    let one_of = |set: &FieldSet| values(set, r.field, f).unwrap_or(all.clone());
    let addr = || match &r.target {
        model::Target::OneOf(set) => format::Target::OneOf(addresses(one_of(set), f)),
        // Prefixes that do not fit each other say nothing about the result.
        model::Target::Shift { from, to }
            if from.len() != to.len() || from.family() != f || to.family() != f =>
        {
            format::Target::Unknown
        }
        model::Target::Shift { from, to } => format::Target::Shift { from: prefix(*from), to: prefix(*to) },
        model::Target::Unknown => format::Target::Unknown,
    };
    let port = || match &r.target {
        model::Target::OneOf(set) => format::Target::OneOf(numbers(one_of(set))),
        model::Target::Shift { .. } | model::Target::Unknown => format::Target::Unknown,
    };
    match r.field {
        Field::Src => Some(format::Rewrite::Src(addr())),
        Field::Dst => Some(format::Rewrite::Dst(addr())),
        Field::Sport => Some(format::Rewrite::Sport(port())),
        Field::Dport => Some(format::Rewrite::Dport(port())),
        Field::Mark => Some(format::Rewrite::Mark(port())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
