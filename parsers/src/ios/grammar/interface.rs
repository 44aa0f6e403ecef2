//! Interface blocks: one production per line, and what each line does to the interface.

mod apply;
mod ip;
mod ipv6;
mod misc;
mod redundancy;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, value};
use sekisho_diag::{Severity, Spanned};
use sekisho_model::InterfaceKind;
use sekisho_net::Family;

use super::switchport::{self, SwitchLine};
use super::word::{Res, kw, kws, negated, rest, whole};
use super::{looks_top_level, mark_children, mark_tree, unread_tree};
use crate::common::{Block, Line, Marks, PendingScope};
use crate::ios::ast::Config;
use crate::ios::ast::inspect::Inspection;
use crate::ios::ast::interface::{
    AccessGroup, Address4, Address6, Direction, Dot1q, Helper, Interface, NatSide, Rpf, TunnelEnd,
};
use crate::ios::{codes, ignored, names};

/// What one line of an interface block says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    Description(Option<String>),
    Shutdown(bool),
    Vrf(Option<String>),
    Address4(Address4),
    NoAddress4(Option<Address4>),
    Unknown4 {
        learns_default: bool,
    },
    LearnsDefault4,
    Address6(Address6),
    NoAddress6(Option<Address6>),
    Unknown6 {
        learns_default: bool,
    },
    Ipv6Enable(bool),
    Shared {
        group: u16,
        addr: std::net::IpAddr,
    },
    NoShared {
        group: u16,
        addr: Option<std::net::IpAddr>,
    },
    Switch(SwitchLine),
    Encapsulation(Option<Dot1q>),
    ChannelGroup(Option<u16>),
    AccessGroup(AccessGroup),
    NoAccessGroup(Family, Option<Direction>),
    Inspect(Inspection),
    NoInspect(Family, Option<String>, Option<Direction>),
    Rpf(Rpf),
    NoRpf(Family),
    Helper(Helper),
    NoHelper(Option<std::net::IpAddr>),
    Multicast(Family),
    Routing(Family),
    ProxyArp(bool),
    LocalProxyArp(bool),
    NatSide(NatSide),
    NoNatSide,
    Zone(Option<String>),
    Policy(Family, Option<String>),
    TunnelSource(TunnelEnd),
    TunnelDestination(TunnelEnd),
    TunnelVrf(String),
    TunnelProtection(String),
    TunnelMode,
    ServicePolicy(Direction, String),
    /// Shows that a port is not switched.
    RoutedPort,
    /// Takes packets away by something that the model does not see.
    Restrict(&'static [Direction], &'static str),
    /// In the model only as something wider, or without any effect that the model knows.
    Approximate(&'static str),
    /// Not modelled and able to move packets.
    Poison(&'static str),
    /// Harmless, but stands beside modelled lines of the same family.
    Ignored,
}

/// `description = "description" text`
fn description(input: &str) -> Res<'_, Statement> {
    map((kw("description"), rest), |(_, text)| Statement::Description(Some(text.to_owned()))).parse(input)
}

/// Every production of a line without `no`.
fn positive(input: &str) -> Res<'_, Statement> {
    alt((
        description,
        value(Statement::Shutdown(true), kw("shutdown")),
        ip::positive,
        ipv6::positive,
        map(switchport::positive, Statement::Switch),
        redundancy::positive,
        misc::positive,
    ))
    .parse(input)
}

/// Every production of a line with `no`; the input stands after it.
fn negative(input: &str) -> Res<'_, Statement> {
    alt((
        value(Statement::Description(None), (kw("description"), nom::combinator::rest)),
        value(Statement::Shutdown(false), kw("shutdown")),
        ip::negative,
        ipv6::negative,
        map(switchport::negative, Statement::Switch),
        redundancy::negative,
        misc::negative,
    ))
    .parse(input)
}

/// The statement of a whole line; `None` when no production matches it to the end.
pub(crate) fn statement(text: &str) -> Option<Statement> {
    let (no, body) = negated(text);
    if no { whole(negative, body) } else { whole(positive, text) }
}

/// `interface = "interface" name ["point-to-point" / "multipoint" / "type" kind]`
///
/// Canonical name, kind, and whether the trailing word makes it a tunnel (`type tunnel`).
pub(crate) fn opening(text: &str) -> Option<(String, InterfaceKind)> {
    let (rest, _) = kw("interface").parse(text).ok()?;
    let mut words: Vec<&str> = rest.split_whitespace().collect();
    let mut tunnel = false;
    match words.as_slice() {
        [.., "point-to-point" | "multipoint" | "l2transport"] => {
            words.pop();
        }
        [.., "type", kind @ ("tunnel" | "serial" | "ethernet" | "ppp")] => {
            tunnel = *kind == "tunnel";
            words.truncate(words.len() - 2);
        }
        _ => {}
    }
    let (name, kind) = match words.as_slice() {
        [one] => names::canonical(one),
        [word, number] if word.bytes().all(|b| !b.is_ascii_digit()) => {
            names::canonical(&format!("{word}{number}"))
        }
        _ => None,
    }?;
    Some((name, if tunnel { InterfaceKind::Tunnel } else { kind }))
}

/// Whether a line would give an interface something to carry packets with.
pub(super) fn makes_an_interface(text: &str) -> bool {
    matches!(
        statement(text),
        Some(
            Statement::Address4(_)
                | Statement::Address6(_)
                | Statement::Unknown4 { .. }
                | Statement::Unknown6 { .. }
                | Statement::Ipv6Enable(true)
                | Statement::Switch(_)
                | Statement::Encapsulation(Some(_))
                | Statement::ChannelGroup(Some(_))
                | Statement::TunnelDestination(_)
                | Statement::TunnelSource(_)
                | Statement::Poison(_)
        )
    )
}

/// Reads an `interface` block; true when the line opens one.
pub(crate) fn block(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let text = block.line.trimmed();
    if let Some(rest) = text.strip_prefix("no interface ").or_else(|| text.strip_prefix("default interface "))
    {
        return removed(block, rest, config, marks);
    }
    if kw("interface").parse(text).is_err() {
        return false;
    }
    let Some((name, kind)) = opening(text) else {
        unread_tree(block, marks);
        marks.unrecognized(&block.line, PendingScope::Anywhere);
        return true;
    };
    marks.modeled(&block.line);
    if matches!(
        name.trim_end_matches(|c: char| c.is_ascii_digit()),
        "nve" | "Overlay" | "LISP" | "pseudowire" | "vasileft" | "vasiright"
    ) {
        let scope = PendingScope::Interface(name.clone());
        marks.unsupported(&block.line, scope, "overlay interface");
    }
    let position = config.interfaces.iter().position(|i| i.name.value == name);
    let mut interface = match position.and_then(|at| config.interfaces.get(at)) {
        Some(known) => known.clone(),
        None => Interface::new(Spanned::new(name, block.line.span()), kind),
    };
    for child in &block.children {
        read_line(child, &mut interface, config, marks);
    }
    match position.and_then(|at| config.interfaces.get_mut(at)) {
        Some(known) => *known = interface,
        None => config.interfaces.push(interface),
    }
    true
}

/// `no interface X` takes the interface away as if it had never been written.
fn removed(block: &Block<'_>, rest: &str, config: &mut Config, marks: &mut Marks) -> bool {
    match opening(&format!("interface {rest}")) {
        // A removed interface whose poison stays would name nothing, so only unwritten ones go.
        Some((name, _))
            if block.children.is_empty() && config.interfaces.iter().all(|i| i.name.value != name) =>
        {
            marks.ignored(&block.line);
        }
        _ => unread_tree(block, marks),
    }
    true
}

fn read_line(child: &Block<'_>, interface: &mut Interface, config: &mut Config, marks: &mut Marks) {
    let line = &child.line;
    let text = line.trimmed();
    let scope = PendingScope::Interface(interface.name.value.clone());
    if redundancy::vrrp_block(child, interface, marks) {
        return;
    }
    if is_circuit(text) {
        circuit(child, &scope, marks);
        return;
    }
    match statement(text) {
        Some(Statement::Poison(why)) => {
            mark_tree(child, marks, |line, marks| marks.unsupported(line, scope.clone(), why));
            return;
        }
        Some(statement) => {
            mark(&statement, line, interface, &scope, marks);
            if matches!(&statement, Statement::Policy(..)) {
                config.global.wants_route_map.get_or_insert(line.span());
            }
            if matches!(&statement, Statement::Routing(_)) {
                config.global.wants_process.get_or_insert(line.span());
            }
            apply::apply(statement, interface, line.span());
        }
        None if ignored::interface_line(text) => {
            marks.ignored(line);
            if text.contains("ospf") || text.contains("eigrp") || text.contains("isis") {
                config.global.wants_process.get_or_insert(line.span());
            }
        }
        // The device leaves the interface at a statement of the top level, whatever its indentation: the
        // lines that follow here belong to something else.
        None if looks_top_level(text) => {
            unread_tree(child, marks);
            return;
        }
        None => {
            mark_tree(child, marks, |line, marks| marks.unrecognized(line, scope.clone()));
            return;
        }
    }
    // A line that opens no mode: what is indented under it (some releases print so) follows it.
    for next in &child.children {
        read_line(next, interface, config, marks);
    }
}

/// The state of a line that a production matched.
fn mark(
    statement: &Statement,
    line: &Line<'_>,
    interface: &Interface,
    scope: &PendingScope,
    marks: &mut Marks,
) {
    let name = &interface.name.value;
    match statement {
        Statement::Poison(why) | Statement::Switch(SwitchLine::Strange(why)) => {
            marks.unsupported(line, scope.clone(), *why);
        }
        Statement::Restrict(..) | Statement::Approximate(_) | Statement::ServicePolicy(..) => {
            marks.approximated(line, format!("interface {name}"));
        }
        Statement::Unknown4 { .. } | Statement::Unknown6 { .. } | Statement::LearnsDefault4 => {
            marks.approximated(line, format!("addresses of interface {name}"));
        }
        Statement::Routing(_) => marks.approximated(line, format!("routes learned by interface {name}")),
        Statement::Description(_) | Statement::RoutedPort | Statement::Ignored => marks.ignored(line),
        Statement::Vrf(name) if interface.vrf.as_ref().map(|v| &v.value) == name.as_ref() => {
            marks.modeled(line)
        }
        Statement::Vrf(_) if !(interface.addresses4.is_empty() && interface.addresses6.is_empty()) => {
            marks.unsupported(line, scope.clone(), "VRF binding after the addresses that it removes");
            marks.diagnostic(
                codes::VRF_AFTER_ADDRESS,
                Severity::Warning,
                "a VRF binding removes the addresses that stand before it",
                line.span(),
            );
        }
        _ => marks.modeled(line),
    }
}

/// `circuit = "pvc" ... / "frame-relay interface-dlci" ... / "map-class" ... / "cts manual"`
fn is_circuit(text: &str) -> bool {
    let opens = |words: &'static str| kws(words).parse(text).is_ok();
    opens("pvc") || opens("cts manual") || opens("frame-relay interface-dlci") || opens("vc-class atm")
}

/// A circuit whose lines carry the interface's packets and do nothing else.
fn circuit(child: &Block<'_>, scope: &PendingScope, marks: &mut Marks) {
    marks.ignored(&child.line);
    mark_children(child, marks, |line, marks| {
        if ignored::circuit_line(line.trimmed()) {
            marks.ignored(line);
        } else {
            marks.unrecognized(line, scope.clone());
        }
    });
}
