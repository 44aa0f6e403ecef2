//! Inspection (CBAC) and lists that note packets on arrival: where sessions begin, and what lets their
//! replies pass.
//!
//! - A packet of an inspected protocol begins a session where `ip inspect` is applied: on departure of every
//!   way out for packets that came in by an interface with `in`, of one interface with `out`. TCP without a
//!   session passes only as a SYN.
//! - Packets of sessions pass the access lists of the router: the input list where they arrive, the output
//!   list of an interface with inspection. That they pass other output lists may be (firewall ACL bypass).
//!   Source: Cisco IOS Security Configuration Guide, "Configuring Context-Based Access Control", and "Firewall
//!   ACL Bypass" (12.3(4)T).
//! - Inspected applications may open further sessions; one that is not known here may on any port.
//! - An input list with `reflect` notes packets before the route look-up: they begin a session by whatever
//!   interface they leave.
//!
//! What opens sessions stands first among the stages of departure, before any translation.

use std::collections::BTreeSet;

use sekisho_diag::{Span, Spanned};
use sekisho_model::{
    Action, AppHelper, ContextId, Device, Interface as Port, Line, ListId, Predicate, RuleList, Stage,
};
use sekisho_net::{Cube, FRAGMENT_WHOLE, Family, Field, FieldSet, PortRange, Protocol, flags};

use super::acl::{Lists, are_used};
use super::zone_firewall::{INSPECTED, either_side};
use crate::ios::ast::Config;
use crate::ios::ast::acl::{Body, Edit, Entry};
use crate::ios::ast::interface::{Direction, Interface, NatSide};

/// Applications that open nothing beside their own session.
const PLAIN: &[&str] = &[
    "aol",
    "bgp",
    "bootpc",
    "bootps",
    "cifs",
    "daytime",
    "dns",
    "echo",
    "esmtp",
    "finger",
    "gopher",
    "http",
    "https",
    "ident",
    "imap",
    "imap3",
    "imaps",
    "ipsec-msft",
    "irc",
    "isakmp",
    "kerberos",
    "ldap",
    "ldaps",
    "login",
    "microsoft-ds",
    "ms-sql",
    "mysql",
    "nntp",
    "ntp",
    "pop3",
    "pop3s",
    "radius",
    "router",
    "smtp",
    "snmp",
    "snmptrap",
    "ssh",
    "sshell",
    "syslog",
    "tacacs",
    "telnet",
    "telnets",
    "time",
    "who",
    "x11",
];

/// Words of a rule that are no protocol: limits.
const LIMITS: &[&str] = &["fragment", "parameter"];

/// Whether packets that arrive on an interface may begin sessions because of its own lines.
pub(super) fn opens_on_arrival(interface: &Interface, config: &Config) -> bool {
    let inspected = interface.inspections.iter().any(|i| i.value.direction == Direction::In);
    let mut groups = interface.access_groups.iter().map(|g| &g.value);
    let may_note = |list: &str, family| {
        config.acls.statements.iter().filter(|s| s.list == (list.to_owned(), family)).any(|s| match &s.edit {
            Edit::Add(Entry { body: Body::Rule(rule), .. }) => rule.reflect.is_some(),
            Edit::Add(Entry { body: Body::Garbled(_), .. }) => are_used(config),
            _ => false,
        })
    };
    inspected || groups.any(|g| g.direction == Direction::In && may_note(&g.list, g.family))
}

/// Adds the sessions of inspection and of input lists to the programs of the interfaces.
pub(crate) fn lower_sessions(config: &Config, device: &mut Device, lists: &Lists) {
    for family in Family::ALL {
        noted_on_arrival(config, family, device, lists);
        let mut words: BTreeSet<Spanned<String>> = BTreeSet::new();
        let mut inspects = false;
        for (at, interface) in config.interfaces.iter().enumerate() {
            for applied in interface.inspections.iter().filter(|i| i.value.family == family) {
                let Some(rule) = config.inspect.rules.get(&(family, applied.value.name.clone())) else {
                    continue;
                };
                inspects = true;
                words.extend(rule.iter().cloned());
                let name = format!("ip inspect {}", applied.value.name);
                let list = push(device, opening(name, family, rule, applied.span, config.inspect.edited));
                let stage = Stage::Filter { list, span: applied.span };
                match (applied.value.direction, device.interfaces.get(at).map(|i| i.context)) {
                    (Direction::Out, _) => {
                        device
                            .interfaces
                            .get_mut(at)
                            .into_iter()
                            .for_each(|i| i.egress.insert(0, stage.clone()));
                    }
                    (Direction::In, Some(context)) => on_every_way_out(device, context, &stage),
                    (Direction::In, None) => {}
                }
            }
        }
        if inspects {
            let found = words.iter().flat_map(helpers);
            device.helpers.extend(found);
            bypass(config, family, device);
        }
    }
}

fn push(device: &mut Device, list: RuleList) -> ListId {
    device.lists.push(list);
    ListId(u32::try_from(device.lists.len() - 1).unwrap_or(u32::MAX))
}

fn on_every_way_out(device: &mut Device, context: ContextId, stage: &Stage) {
    for interface in device.interfaces.iter_mut().filter(|i| i.l3.is_some()) {
        interface.egress.insert(0, Stage::When { from: vec![context], stage: Box::new(stage.clone()) });
    }
}

fn line(action: Action, matches: Predicate, span: Span, opens: bool) -> Line {
    Line {
        action,
        matches,
        span,
        conditions: Vec::new(),
        origins: Vec::new(),
        stateless_reply: false,
        opens,
        replies: None,
    }
}

fn whole(protocol: Protocol) -> Cube {
    Cube::any()
        .with(Field::Proto, FieldSet::one(protocol.0.into()))
        .with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE))
}

fn of(protocols: &[Protocol]) -> Vec<Cube> {
    protocols.iter().map(|p| Cube::any().with(Field::Proto, FieldSet::one(p.0.into()))).collect()
}

/// What begins sessions under a rule. Everything else passes by without being inspected.
fn opening(name: String, family: Family, rule: &[Spanned<String>], span: Span, edited: bool) -> RuleList {
    let (icmp, echo) = match family {
        Family::V4 => (Protocol::ICMP, 8),
        Family::V6 => (Protocol::ICMPV6, 128),
    };
    let others = flags::ACK | flags::RST | flags::FIN;
    let syn = FieldSet::mask(flags::SYN.into(), (flags::SYN | others).into());
    let mut lines = Vec::new();
    for protocol in rule.iter().filter(|p| !LIMITS.contains(&p.value.as_str())) {
        let (may, must) = match protocol.value.as_str() {
            "tcp" => (of(&[Protocol::TCP]), vec![whole(Protocol::TCP).with(Field::Flags, syn.clone())]),
            "udp" => (of(&[Protocol::UDP]), vec![whole(Protocol::UDP)]),
            "icmp" => (of(&[icmp]), vec![whole(icmp).with(Field::IcmpType, FieldSet::one(echo))]),
            // The ports of an application may be changed: `ip port-map`.
            _ => (of(&[Protocol::TCP, Protocol::UDP]), Vec::new()),
        };
        let must = if edited { Vec::new() } else { must };
        lines.push(line(Action::Permit, Predicate { may, must: Some(must) }, protocol.span, true));
    }
    // What is inspected and begins nothing may be dropped.
    let inspected: Vec<Cube> = lines.iter().flat_map(|l| l.matches.may.iter().cloned()).collect();
    let unlike_udp = |c: &Cube| *c.get(Field::Proto) != FieldSet::one(Protocol::UDP.0.into());
    let refused = inspected.into_iter().filter(|c| edited || unlike_udp(c)).collect();
    lines.push(line(Action::Unknown, Predicate::exact(refused), span, false));
    RuleList {
        name,
        family,
        lines,
        default: Action::Permit,
        span: Some(span),
        stateful: true,
        default_opens: false,
    }
}

/// What an inspected protocol may open beside its sessions.
fn helpers(word: &Spanned<String>) -> Vec<AppHelper> {
    let name = match word.value.as_str() {
        "h323" | "h323callsigalt" | "h323gatestat" | "h225ras" | "h323-nxg" => "h323",
        "rpc" => "sunrpc",
        "sip" | "sip-tls" => "sip",
        "netshow" | "realaudio" | "rtsp" | "streamworks" | "vdolive" | "cuseeme" => "rtsp",
        "sqlnet" | "oracle" | "oraclenames" | "oracle-em-vp" => "sqlnet",
        "rcmd" | "exec" | "shell" => "rsh",
        other => other,
    };
    if matches!(name, "tcp" | "udp" | "icmp") || PLAIN.contains(&name) || LIMITS.contains(&name) {
        return Vec::new();
    }
    let known: Vec<_> = INSPECTED.iter().filter(|(n, ..)| *n == name).copied().collect();
    // Streaming applications of old have ports of their own.
    if known.is_empty() || name == "rtsp" {
        let any = PortRange::ANY;
        let one = |protocol| AppHelper { name: "unknown", protocol, ports: any, span: Some(word.span) };
        return [Protocol::TCP, Protocol::UDP].map(one).to_vec();
    }
    AppHelper::defaults(&known, Some(word.span))
}

/// Lets packets of sessions pass the access lists of the family.
fn bypass(config: &Config, family: Family, device: &mut Device) {
    let surely = |at: usize| {
        config.interfaces.get(at).is_some_and(|i| i.inspections.iter().any(|x| x.value.family == family))
    };
    for at in 0..device.interfaces.len() {
        let Some(mut interface) = device.interfaces.get(at).cloned() else { continue };
        let Port { ingress, egress, .. } = &mut interface;
        for (stages, sure) in [(ingress, true), (egress, surely(at))] {
            for stage in stages {
                let Stage::Filter { list, .. } = stage else { continue };
                let found = device.list(*list).filter(|l| l.family == family && !l.stateful).cloned();
                let Some(copy) = found.and_then(|l| with_replies(l, sure)) else { continue };
                let known = device.lists.iter().position(|l| *l == copy);
                *list = match known {
                    Some(at) => ListId(u32::try_from(at).unwrap_or(u32::MAX)),
                    None => push(device, copy),
                };
            }
        }
        if let Some(slot) = device.interfaces.get_mut(at) {
            *slot = interface;
        }
    }
}

/// The list with a first line for packets of sessions; `None` for one that filters nothing.
fn with_replies(mut list: RuleList, sure: bool) -> Option<RuleList> {
    let span = list.span?;
    let (icmp, reply) = match list.family {
        Family::V4 => (Protocol::ICMP, 0),
        Family::V6 => (Protocol::ICMPV6, 129),
    };
    let echoes = whole(icmp).with(Field::IcmpType, FieldSet::one(reply));
    let must = if sure { vec![whole(Protocol::TCP), whole(Protocol::UDP), echoes] } else { Vec::new() };
    let mut first = line(Action::Permit, Predicate::exact(Vec::new()), span, false);
    first.replies = Some(Predicate { may: vec![Cube::any()], must: Some(must) });
    list.lines.insert(0, first);
    Some(list)
}

/// Input lists that note packets: what they note begins a session by every way out.
fn noted_on_arrival(config: &Config, family: Family, device: &mut Device, lists: &Lists) {
    for (at, interface) in config.interfaces.iter().enumerate() {
        let groups = interface.access_groups.iter().filter(|g| g.value.family == family);
        for group in groups.filter(|g| g.value.direction == Direction::In) {
            let Some(context) = device.interfaces.get(at).map(|i| i.context) else { continue };
            let Some(list) = lists.defined(&group.value.list, family).and_then(|id| device.list(id)) else {
                continue;
            };
            if !list.lines.iter().any(|l| l.opens) {
                continue;
            }
            let mut list = list.clone();
            list.name.push_str(" (noted)");
            let translated = interface.nat_side.as_ref().is_some_and(|s| s.value == NatSide::Outside);
            for line in &mut list.lines {
                if !line.opens && line.action == Action::Deny {
                    line.action = Action::Permit;
                }
                line.replies = None;
                if translated {
                    let fields = [Field::Src, Field::Sport, Field::Dst, Field::Dport];
                    line.matches = either_side(&line.matches, &fields);
                }
            }
            (list.default, list.stateful) = (Action::Permit, true);
            let stage = Stage::Filter { list: push(device, list), span: group.span };
            on_every_way_out(device, context, &stage);
        }
    }
}
