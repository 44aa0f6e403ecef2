//! Gateways: machines at which sessions between two zones end, such as a sanitiser or a proxy.
//!
//! A gateway parts what it stands between: a session ends at one leg, and the gateway opens another from the
//! other leg. [`read`] reads an entry, [`check`] judges it and the flows that go `via` it. A gateway that is
//! misdeclared is void and the flows that go by it grant nothing; the run goes on. [`hosts`] adds the machine
//! itself to the declared neighbours: what it forwards matters to every pair.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho_diag::{Code, Diagnostic, Severity, SourceMap, Span, Spanned};
use sekisho_net::{PortRange, Prefix, Protocol};

use super::flow::{Flow, FlowProto};
use super::names::Names;
use super::read;
use super::syntax::{Context, Table, quote};
use super::validate::Addresses;
use super::zone::{Declared, Evidence, Host, ZoneKind, ZoneRef};
use super::{Policy, codes, value};

/// What a gateway does with what it takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GatewayKind {
    /// 無害化: files are taken apart and made anew.
    Sanitise,
    /// Screens alone pass.
    ScreenTransfer,
    /// Of a mail the text alone passes.
    MailBodyOnly,
    /// Proxy.
    Proxy,
    /// Virtual desktops.
    Vdi,
    /// Virus check.
    AvCheck,
    /// Mail relay.
    Mta,
}

impl GatewayKind {
    /// The words of zones.toml.
    pub const WORDS: [(&'static str, GatewayKind); 7] = [
        ("sanitise", Self::Sanitise),
        ("screen-transfer", Self::ScreenTransfer),
        ("mail-body-only", Self::MailBodyOnly),
        ("proxy", Self::Proxy),
        ("vdi", Self::Vdi),
        ("av-check", Self::AvCheck),
        ("mta", Self::Mta),
    ];
}

/// One side of a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Index of its zone.
    pub zone: Spanned<usize>,
    /// Its addresses there.
    pub hosts: Vec<Spanned<IpAddr>>,
    /// The entry.
    pub span: Span,
}

impl Leg {
    /// Whether every address of a side of a flow is one of the leg's; an empty side is any address.
    #[must_use]
    pub fn holds(&self, side: &[Spanned<Prefix>]) -> bool {
        let mine = |p: &Spanned<Prefix>| {
            p.value.len() == p.value.family().bits() && self.hosts.iter().any(|h| p.value.contains(h.value))
        };
        !side.is_empty() && side.iter().all(mine)
    }
}

/// A gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Unique over the file.
    pub id: Spanned<String>,
    /// What it does.
    pub kind: GatewayKind,
    /// `leg_a`, and `leg_b` unless it serves both sides by one leg.
    pub legs: Vec<Leg>,
    /// Ports of the sessions that it takes over.
    pub ports: Vec<(Protocol, PortRange)>,
    /// Whether it forwards packets between its legs; absent is unknown.
    pub forwarding: Declared,
    /// Where that was stated.
    pub evidence: Option<Evidence>,
    /// Whether it looks into what it takes over, as far as its owner says.
    pub inspects: Option<bool>,
    /// Why no flow can go by it: the code of a finding about it.
    pub void: Option<Code>,
    /// The entry.
    pub span: Span,
}

impl Gateway {
    /// The leg at which a flow ends, if it does at one; the end that opens is looked at last.
    #[must_use]
    pub fn leg_of(&self, flow: &Flow) -> Option<usize> {
        let at = |end: ZoneRef, side: &[Spanned<Prefix>]| {
            self.legs.iter().position(|l| end == ZoneRef::Zone(l.zone.value) && l.holds(side))
        };
        at(flow.to.value, &flow.dst).or_else(|| at(flow.from.value, &flow.src))
    }

    /// All its addresses.
    pub fn addresses(&self) -> impl Iterator<Item = &Spanned<IpAddr>> {
        self.legs.iter().flat_map(|l| &l.hosts)
    }

    /// Whether it takes over sessions to these ports.
    fn takes(&self, proto: Protocol, ports: PortRange) -> bool {
        self.ports.iter().any(|(p, r)| *p == proto && r.lo() <= ports.lo() && ports.hi() <= r.hi())
    }
}

/// Words of `forwarding`.
const FORWARDING: [(&str, Declared); 3] =
    [("off", Declared::No), ("on", Declared::Yes), ("unknown", Declared::Unknown)];

/// Reads a gateway.
pub(super) fn read(cx: &mut Context, table: &Table<'_>, names: &Names) -> Gateway {
    let id = read::id(cx, table);
    let kind = read::kind(cx, table, &GatewayKind::WORDS);
    if table.get("leg_a").is_none() {
        cx.missing(table, "leg_a", "write `leg_a = { zone = \"…\", hosts = [\"10.1.0.25\"] }`");
    }
    let legs = ["leg_a", "leg_b"].iter().filter_map(|key| leg(cx, table, names, key)).collect();
    if table.get("ports").is_none() {
        cx.missing(
            table,
            "ports",
            "write the ports of the sessions that it takes over: `ports = [\"tcp/443\"]`",
        );
    }
    let ports = cx.texts(table, "ports").iter().filter_map(|text| port(cx, text)).collect();
    let forwarding = cx.word(table, "forwarding", &FORWARDING);
    let evidence = read::evidence(cx, table, "evidence");
    if let Some(word) = forwarding.as_ref().filter(|w| w.value == Declared::No && evidence.is_none()) {
        let message = format!("`forwarding = \"off\"` of {} has no evidence", table.name);
        let help =
            "add `evidence = { doc = \"…\", date = YYYY-MM-DD }`: who has seen that it does not forward?";
        cx.warn(codes::NO_EVIDENCE, word.span, message, help);
    }
    Gateway {
        id,
        kind: kind.unwrap_or(GatewayKind::Proxy),
        legs,
        ports,
        forwarding: forwarding.map_or(Declared::Unknown, |word| word.value),
        evidence,
        inspects: table.get("inspects").and_then(|node| node.get_ref().as_bool()),
        void: None,
        span: table.span,
    }
}

/// Reads a leg.
fn leg(cx: &mut Context, table: &Table<'_>, names: &Names, key: &str) -> Option<Leg> {
    let inner = table.table(cx, key)?;
    let zone = cx.required(&inner, "zone", "write the id of the zone where its addresses are");
    if inner.get("hosts").is_none() {
        cx.missing(&inner, "hosts", "write its addresses: `hosts = [\"10.1.0.25\"]`");
    }
    let hosts = value::addresses(cx, &inner, "hosts");
    let index = names.zones.get(&zone.value).copied();
    if index.is_none() && !zone.value.is_empty() {
        names.undefined(cx, &inner.name, &zone, "write the id of the zone where its addresses are");
    }
    Some(Leg { zone: Spanned::new(index?, zone.span), hosts, span: inner.span })
}

/// A port or range of ports with its protocol, such as `tcp/443`.
fn port(cx: &mut Context, text: &Spanned<String>) -> Option<(Protocol, PortRange)> {
    let protocols = [("tcp", Protocol::TCP), ("udp", Protocol::UDP), ("sctp", Protocol::SCTP)];
    let found = text.value.split_once('/').and_then(|(word, ports)| {
        let (_, proto) = protocols.iter().find(|(w, _)| *w == word)?;
        Some((*proto, value::port_range(ports)?))
    });
    if found.is_none() {
        let message = format!("{} is not a port with its protocol", quote(&text.value));
        let help = "write it like `tcp/443` or `tcp/8530-8531`; the protocols are `tcp`, `udp` and `sctp`";
        cx.error(codes::PORT_PROTOCOL, text.span, message, help);
    }
    found
}

/// Judges all gateways, and the flows that go by them. `regulated`: whether the file names a model or profiles.
pub(super) fn check(cx: &mut Context, sources: &SourceMap, policy: &mut Policy, regulated: bool) {
    shared(cx, sources, policy);
    contradictions(cx, sources, policy);
    let found: Vec<Option<Code>> = policy.gateways.iter().map(|g| gateway(cx, policy, g)).collect();
    for (gateway, void) in policy.gateways.iter_mut().zip(found) {
        gateway.void = void;
    }
    let found: Vec<Option<Code>> = policy.flows.iter().map(|f| flow(cx, policy, f, regulated)).collect();
    for (flow, void) in policy.flows.iter_mut().zip(found) {
        flow.void = flow.void.or(void);
    }
    let used: BTreeSet<usize> = policy.flows.iter().filter_map(|f| Some(f.via.as_ref()?.value)).collect();
    for (index, gateway) in policy.gateways.iter().enumerate() {
        if !used.contains(&index) {
            let message =
                format!("no flow goes by gateway {}: nothing is proven about it", quote(&gateway.id.value));
            let help = "write `via` with this id at the flows that it takes over, or remove it";
            cx.warn(codes::GATEWAY_UNUSED, gateway.id.span, message, help);
        }
    }
}

/// Addresses claimed by two gateways.
fn shared(cx: &mut Context, sources: &SourceMap, policy: &Policy) {
    let mut seen: BTreeMap<IpAddr, (usize, Span)> = BTreeMap::new();
    for (index, gateway) in policy.gateways.iter().enumerate() {
        for host in gateway.addresses() {
            let &mut (owner, first) = seen.entry(host.value).or_insert((index, host.span));
            if owner != index {
                let message = format!(
                    "address `{}` belongs to two gateways (see line {})",
                    host.value,
                    sources.line(first)
                );
                let found = Diagnostic::new(codes::ATTACHED_TWICE, Severity::Error, message, host.span)
                    .with_label(first, "the other claim")
                    .with_help("declare one machine as one gateway with all its ports");
                cx.diagnostics.push(found);
            }
        }
    }
}

/// Gateways whose addresses `[[hosts]]` has as well: both must say the same about forwarding.
fn contradictions(cx: &mut Context, sources: &SourceMap, policy: &Policy) {
    for gateway in &policy.gateways {
        let named: Vec<(&Spanned<IpAddr>, Option<&Host>)> =
            gateway.addresses().map(|a| (a, host_of(policy, a.value))).collect();
        for (address, host) in &named {
            let Some(host) = host.filter(|h| h.forwards != gateway.forwarding) else { continue };
            let line = sources.line(host.span);
            let message = format!(
                "gateway {} and host {} of line {line} do not say the same about forwarding of `{}`",
                quote(&gateway.id.value),
                quote(&host.id.value),
                address.value
            );
            let help = "`forwarding` off, on, unknown is `forwards` no, yes, unknown; say the same, or remove the host";
            let found = Diagnostic::new(codes::GATEWAY_HOST, Severity::Error, message, address.span)
                .with_label(host.span, "the host")
                .with_help(help);
            cx.diagnostics.push(found);
            break;
        }
        let some = named.iter().find(|(_, host)| host.is_some());
        let none = named.iter().find(|(_, host)| host.is_none());
        if let (Some(_), Some((address, _))) = (some, none) {
            let message = format!(
                "`[[hosts]]` has some addresses of gateway {} and not `{}`",
                quote(&gateway.id.value),
                address.value
            );
            let help = "put all addresses of the machine into its entry of `[[hosts]]`, or remove that entry";
            cx.error(codes::GATEWAY_HOST, address.span, message, help);
        }
    }
}

fn host_of(policy: &Policy, addr: IpAddr) -> Option<&Host> {
    policy.hosts.iter().find(|h| h.addresses.iter().any(|a| a.value == addr))
}

/// The machines behind the gateways as neighbours that may forward, those that `[[hosts]]` has left out.
///
/// SOUNDNESS: a void gateway is a machine all the same.
pub(super) fn hosts(policy: &mut Policy) {
    let mut more = Vec::new();
    for gateway in &policy.gateways {
        if gateway.addresses().any(|a| host_of(policy, a.value).is_some()) {
            continue;
        }
        more.push(Host {
            id: gateway.id.clone(),
            addresses: gateway.addresses().copied().collect(),
            forwards: gateway.forwarding,
            evidence: gateway.evidence.clone(),
            span: gateway.span,
        });
    }
    policy.hosts.extend(more);
}

/// Why a gateway is void, if it is; tells it.
fn gateway(cx: &mut Context, policy: &Policy, gateway: &Gateway) -> Option<Code> {
    let id = quote(&gateway.id.value);
    let mut void = None;
    let mut wrong = |cx: &mut Context, at: Span, why: String, help: &str| {
        let message = format!("gateway {id} is misdeclared, and flows by it grant nothing: {why}");
        cx.warn(codes::GATEWAY, at, message, help);
        void = Some(codes::GATEWAY);
    };
    if gateway.forwarding == Declared::Yes {
        let why = "it forwards packets between its legs".to_owned();
        wrong(cx, gateway.span, why, "switch forwarding off on the machine, or declare it as a host");
    }
    if let [a, b] = gateway.legs.as_slice() {
        let mine: BTreeSet<IpAddr> = a.hosts.iter().map(|h| h.value).collect();
        if let Some(both) = b.hosts.iter().find(|h| mine.contains(&h.value)) {
            let why = format!("`{}` stands on both legs", both.value);
            wrong(cx, both.span, why, "give each leg its own addresses; leave `leg_b` out if it has one leg");
        }
        let kind = policy.zones.get(a.zone.value).map(|z| z.kind);
        if a.zone.value == b.zone.value && kind != Some(ZoneKind::Relay) {
            let why = "both legs lie in one zone, which is not of kind `relay`".to_owned();
            wrong(
                cx,
                b.zone.span,
                why,
                "name the zones that it parts, or make the zone of its own kind `relay`",
            );
        }
    }
    for leg in &gateway.legs {
        let Some(zone) = policy.zones.get(leg.zone.value) else { continue };
        let inside = Addresses::new(&zone.attachment);
        let outside = |h: &&Spanned<IpAddr>| inside.excludes(&Prefix::host(h.value));
        if let Some(host) = leg.hosts.iter().find(outside) {
            let why = format!("`{}` is outside {}", host.value, quote(&zone.id.value));
            wrong(cx, host.span, why, "correct the address, or add its network to `subnets` of the zone");
        }
    }
    void
}

/// Why a flow grants nothing because of its gateway, or because it has none; tells it.
fn flow(cx: &mut Context, policy: &Policy, flow: &Flow, regulated: bool) -> Option<Code> {
    let id = quote(&flow.id.value);
    let Some(via) = &flow.via else {
        return (regulated && parts(policy, flow)).then(|| {
            let message = format!(
                "flow {id} joins LGWAN接続系 and インターネット接続系 without a gateway; it grants nothing"
            );
            cx.warn(codes::NO_GATEWAY, flow.span, message, "declare the gateway, and write its id as `via`");
            codes::NO_GATEWAY
        });
    };
    let gateway = policy.gateways.get(via.value)?;
    let name = quote(&gateway.id.value);
    if let Some(code) = gateway.void {
        return Some(code);
    }
    if gateway.leg_of(flow).is_none() {
        let message = format!("flow {id} begins and ends at no leg of its gateway {name}; it grants nothing");
        let help =
            "let `dst` (or `src`) be addresses of a leg, each as a prefix of one address, in the leg's zone";
        cx.warn(codes::GATEWAY_END, via.span, message, help);
        return Some(codes::GATEWAY_END);
    }
    let taken = match flow.proto {
        FlowProto::Number(proto) => {
            !flow.ports.is_empty() && flow.ports.iter().all(|p| gateway.takes(proto, *p))
        }
        FlowProto::Any | FlowProto::Icmp => false,
    };
    if !taken || !flow.helpers.is_empty() {
        let message = format!("flow {id} has ports that gateway {name} does not declare; it grants nothing");
        let help =
            "add the ports to `ports` of the gateway, or take them out of the flow; helpers open any port";
        cx.warn(codes::GATEWAY_PORT, via.span, message, help);
        return Some(codes::GATEWAY_PORT);
    }
    None
}

/// Whether a flow joins an LGWAN segment and an Internet segment.
fn parts(policy: &Policy, flow: &Flow) -> bool {
    let kind = |end: ZoneRef| match end {
        ZoneRef::Zone(index) => policy.zones.get(index).map(|z| z.kind),
        _ => None,
    };
    let ends = [kind(flow.from.value), kind(flow.to.value)];
    [ZoneKind::LgwanSegment, ZoneKind::InternetSegment].iter().all(|k| ends.contains(&Some(*k)))
}
