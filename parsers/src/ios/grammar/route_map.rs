//! `route-map`.
//!
//! A `match` or `set` line that is not understood harms its route map only: a policy route takes the
//! clause as unknown, other uses (routing protocols) are not derived from the configuration anyway.

use std::net::IpAddr;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value};
use nom::multi::{many0, many1};
use sekisho_model::Coverage;
use sekisho_net::Family;

use super::acl::{orphans, stray};
use super::nat::interface;
use super::word::{Res, end, ipv4, ipv6, kw, kws, negated, number, whole, word};
use crate::common::{Block, Line, Marks, PendingScope};
use crate::ios::ast::acl::Action;
use crate::ios::ast::route_map::{Ast, Clause, Match, Set};

/// Reads a top-level block of this feature; true when it was one, every line of it marked.
///
/// ```text
/// route-map = ["no"] "route-map" name ["permit" / "deny"] [sequence]
///             *(match / set / "description" text / "continue" [sequence] / "exit")
/// ```
pub(crate) fn top_level(block: &Block<'_>, ast: &mut Ast, marks: &mut Marks) -> bool {
    let line = &block.line;
    let (no, text) = negated(line.trimmed());
    if kw("route-map").parse(text).is_err() {
        return false;
    }
    let action = alt((value(Action::Permit, kw("permit")), value(Action::Deny, kw("deny"))));
    let header = (kw("route-map"), word, opt(action), opt(number(65535)));
    let Some((_, name, action, sequence)) = whole(header, text) else {
        marks.unrecognized(line, PendingScope::Device);
        orphans(&block.children, marks);
        return true;
    };
    marks.modeled(line);
    if no {
        ast.clauses.retain(|c| c.name != name || sequence.is_some_and(|s| s != c.sequence));
        orphans(&block.children, marks);
        return true;
    }
    // Source: Cisco IOS IP Routing: Protocol-Independent Command Reference, `route-map`: permit and 10.
    let (action, sequence) = (action.unwrap_or(Action::Permit), sequence.unwrap_or(10));
    let known = ast.clauses.iter().position(|c| c.name == name && c.sequence == sequence);
    let at = known.unwrap_or_else(|| {
        ast.clauses.push(Clause {
            name: name.to_owned(),
            action,
            sequence,
            span: line.span(),
            matches: Vec::new(),
            sets: Vec::new(),
            unknown: None,
        });
        ast.clauses.len() - 1
    });
    if let Some(clause) = ast.clauses.get_mut(at) {
        clause.action = action;
        for child in &block.children {
            child_line(&child.line, clause, marks);
            orphans(&child.children, marks);
        }
    }
    true
}

fn child_line(line: &Line<'_>, clause: &mut Clause, marks: &mut Marks) {
    let (no, text) = negated(line.trimmed());
    let head: Res<'_, &str> = word(text);
    let (rest, head) = head.unwrap_or(("", ""));
    let scope = format!("route-map {}", clause.name);
    let unread = |clause: &mut Clause, marks: &mut Marks| {
        clause.unknown.get_or_insert(line.span());
        marks.ledger.mark(line.number, Coverage::Unrecognized, Some(scope.clone()));
    };
    match head {
        "description" | "exit" => marks.ignored(line),
        "match" | "set" | "continue" if no => unread(clause, marks),
        "continue" => {
            clause.unknown.get_or_insert(line.span());
            marks.approximated(line, scope);
        }
        "match" => match whole(matches, rest) {
            Some(Match::Other) => {
                clause.matches.push(Match::Other);
                marks.approximated(line, scope);
            }
            Some(found) => {
                let exact = matches!(found, Match::Address(..));
                clause.matches.push(found);
                if exact { marks.modeled(line) } else { marks.approximated(line, scope) }
            }
            None => {
                clause.matches.push(Match::Other);
                unread(clause, marks);
            }
        },
        "set" => match set(rest) {
            Some(Set::Unknown) => {
                clause.sets.push(Set::Unknown);
                marks.approximated(line, scope);
            }
            Some(found) => {
                merge(&mut clause.sets, found);
                marks.modeled(line);
            }
            None => {
                clause.sets.push(Set::Unknown);
                unread(clause, marks);
            }
        },
        _ => stray(line, marks),
    }
}

/// Lines of one kind add to each other, as `verify-availability` lines do.
fn merge(sets: &mut Vec<Set>, new: Set) {
    if let Set::NextHop { addresses, certain } = &new
        && let Some(Set::NextHop { addresses: old, certain: sure }) =
            sets.iter_mut().find(|s| matches!(s, Set::NextHop { .. }))
    {
        old.extend(addresses);
        *sure &= certain;
        return;
    }
    sets.push(new);
}

/// ```text
/// match = ("ip" / "ipv6") "address" 1*name / "length" number number / "interface" 1*interface
///       / ("ip" / "ipv6") ("address prefix-list" / "next-hop" / "route-source") ... / route-test ...
/// ```
fn matches(input: &str) -> Res<'_, Match> {
    let family = || alt((value(Family::V6, kw("ipv6")), value(Family::V4, kw("ip"))));
    let names = many1(word);
    let lists = map((family(), kw("address"), names), |(family, _, names): (_, _, Vec<&str>)| {
        if names.first() == Some(&"prefix-list") {
            Match::Other
        } else {
            Match::Address(family, names.into_iter().map(str::to_owned).collect())
        }
    });
    let length = map((kw("length"), number(u32::MAX), number(u32::MAX)), |(_, a, b)| {
        Match::Condition(format!("length {a}-{b}"))
    });
    let interfaces = map((kw("interface"), many1(interface)), |(_, i)| {
        Match::Condition(format!("interface {}", i.join(" ")))
    });
    let routes = alt((
        kws("ip next-hop"),
        kws("ip route-source"),
        kws("ip multicast group"),
        kws("ipv6 next-hop"),
        kws("ipv6 route-source"),
        value(
            (),
            alt((
                kw("as-path"),
                kw("community"),
                kw("extcommunity"),
                kw("large-community"),
                kw("local-preference"),
            )),
        ),
        value(
            (),
            alt((
                kw("metric"),
                kw("tag"),
                kw("route-type"),
                kw("source-protocol"),
                kw("mpls-label"),
                kw("rpki"),
            )),
        ),
        value((), alt((kw("additional-paths"), kw("policy-list"), kw("mdt-group"), kw("nlri")))),
    ));
    let other = map((routes, many0(word)), |_| Match::Other);
    alt((lists, length, interfaces, other)).parse(input)
}

/// ```text
/// set = ("ip" / "ipv6") ["default"] "next-hop" 1*address
///     / ("ip" / "ipv6") "next-hop" ("verify-availability" [address sequence "track" number] / "recursive" address)
///     / ["ip"] "vrf" name / "global" / "interface" 1*interface
///     / marking ... / attribute of routes ...
/// ```
fn set(text: &str) -> Option<Set> {
    let address = || alt((map(ipv4, IpAddr::V4), map(ipv6, IpAddr::V6)));
    let family = || alt((kw("ipv6"), kw("ip")));
    let hops = |addresses, certain| Set::NextHop { addresses, certain };
    let tracked = opt(map((address(), number(65535), kw("track"), number(u32::MAX)), |(a, ..)| a));
    let available = map(
        (family(), kws("next-hop verify-availability"), tracked),
        move |(_, (), a): (_, _, Option<_>)| hops(a.into_iter().collect(), false),
    );
    let recursive =
        map((family(), kws("next-hop recursive"), address()), move |(_, (), a)| hops(vec![a], false));
    let plain = map((family(), kw("next-hop"), many1(address())), move |(_, _, a)| hops(a, true));
    let default =
        map((family(), kws("default next-hop"), many1(address())), |(_, (), a)| Set::DefaultNextHop(a));
    let out = map((kw("interface"), many1(interface)), |(_, names)| Set::Interface(names));
    let vrf = map((opt(family()), kw("vrf"), word), |(_, _, name): (_, _, &str)| Set::Vrf(name.to_owned()));
    let global = map((opt(family()), kw("global"), end), |_| Set::Global);
    let forwarding = alt((available, recursive, plain, default, out, vrf, global));
    if let Some(found) = whole(forwarding, text) {
        return Some(found);
    }
    let marking = alt((
        value(
            (),
            (family(), alt((kw("precedence"), kw("tos"), kw("dscp"), kw("df"), kw("qos-group"))), word),
        ),
        value((), (alt((kw("qos-group"), kw("dscp"), kw("mpls-label"))), many0(word))),
    ));
    let attributes = alt((
        value(
            (),
            alt((
                kw("as-path"),
                kw("community"),
                kw("comm-list"),
                kw("extcommunity"),
                kw("extcomm-list"),
                kw("large-community"),
            )),
        ),
        value(
            (),
            alt((
                kw("local-preference"),
                kw("metric"),
                kw("metric-type"),
                kw("tag"),
                kw("weight"),
                kw("origin"),
                kw("level"),
            )),
        ),
        value(
            (),
            alt((kw("automatic-tag"), kw("dampening"), kw("traffic-index"), kw("nlri"), kw("attribute-set"))),
        ),
    ));
    let harmless = alt((marking, value((), (attributes, many0(word)))));
    if whole(harmless, text).is_some() {
        return Some(Set::Harmless);
    }
    // Known to steer packets, but by what the file does not show.
    let dynamic = alt((
        kws("next-hop dynamic dhcp"),
        kws("next-hop peer-address"),
        kws("next-hop self"),
        kws("next-hop unchanged"),
        kws("next-hop encapsulate"),
        kws("default interface"),
    ));
    let steering = (opt(family()), dynamic, many0(word));
    whole(steering, text).map(|_| Set::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        let hop = |certain| Some(Set::NextHop { addresses: vec!["10.0.0.1".parse().unwrap()], certain });
        assert_eq!(set("ip next-hop 10.0.0.1"), hop(true));
        assert_eq!(set("ip next-hop verify-availability 10.0.0.1 10 track 1"), hop(false));
        assert_eq!(set("ip next-hop recursive 10.0.0.1"), hop(false));
        assert_eq!(
            set("ip next-hop verify-availability"),
            Some(Set::NextHop { addresses: vec![], certain: false })
        );
        assert_eq!(set("vrf RED"), Some(Set::Vrf("RED".to_owned())));
        assert_eq!(set("interface Null0"), Some(Set::Interface(vec!["Null0".to_owned()])));
        assert_eq!(set("ip precedence 5"), Some(Set::Harmless));
        assert_eq!(set("as-path prepend 1 2 3"), Some(Set::Harmless));
        assert_eq!(set("ip next-hop dynamic dhcp"), Some(Set::Unknown));
        assert_eq!(set("ip nxet-hop 10.0.0.1"), None);
    }

    #[test]
    fn tests() {
        let lists =
            |names: &[&str]| Some(Match::Address(Family::V4, names.iter().map(|&n| n.to_owned()).collect()));
        assert_eq!(whole(matches, "ip address A 101"), lists(&["A", "101"]));
        assert_eq!(whole(matches, "ip address prefix-list P"), Some(Match::Other));
        assert_eq!(whole(matches, "length 0 100"), Some(Match::Condition("length 0-100".to_owned())));
        assert_eq!(whole(matches, "tga 5"), None);
    }
}
