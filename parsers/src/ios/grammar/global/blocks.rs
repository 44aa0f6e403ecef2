//! Small blocks at the top level: static ARP, DHCP pools, SPAN, crypto maps, quality of service.

use std::net::IpAddr;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value};
use sekisho_diag::Spanned;

use super::{applet, ipsec, vlan};
use crate::common::{Block, Marks, PendingScope};
use crate::ios::ast::Config;
use crate::ios::grammar::word::{Res, ipv4, ipv6, kw, kws, negated, whole, word};
use crate::ios::grammar::{
    ignore_children, looks_top_level, mark_children, mark_tree, stray_children, unread,
};
use crate::ios::names;

/// Reads one of the small blocks; true when it was one.
pub(super) fn block(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    vlan::block(block, config, marks)
        || static_arp(block, config, marks)
        || applet::block(block, marks)
        || dhcp_pool(block, marks)
        || span_session(block, marks)
        || ipsec::block(block, config, marks)
        || crypto_map(block, marks)
        || certificate_chain(block, marks)
}

/// `static-arp = "arp" ["vrf" name] ipv4 mac "arpa" ["alias"] / "ipv6 neighbor" ipv6 interface mac`
///
/// SOUNDNESS: an entry may hand the packets of one neighbour to another device of the segment.
fn static_arp(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let entry = |input| {
        alt((
            map(
                (kw("arp"), opt((kw("vrf"), word)), ipv4, word, kw("arpa"), opt(kw("alias"))),
                |(_, _, addr, ..)| IpAddr::V4(addr),
            ),
            map((kws("ipv6 neighbor"), ipv6, word, word, opt(word)), |((), addr, ..)| IpAddr::V6(addr)),
        ))
        .parse(input)
    };
    let (no, body) = negated(block.line.trimmed());
    let Some(addr) = whole(entry, body) else { return false };
    stray_children(block, marks);
    if no {
        marks.ignored(&block.line);
        config.global.static_arps.retain(|a| a.value != addr);
    } else {
        marks.modeled(&block.line);
        config.global.static_arps.push(Spanned::new(addr, block.line.span()));
    }
    true
}

/// `dhcp-pool = "ip dhcp pool" name *( ... )`: a server for hosts, unless it relays.
fn dhcp_pool(block: &Block<'_>, marks: &mut Marks) -> bool {
    let opening = |input| value((), (alt((kws("ip dhcp pool"), kws("ipv6 dhcp pool"))), word)).parse(input);
    if whole(opening, block.line.trimmed()).is_none() {
        return false;
    }
    marks.ignored(&block.line);
    mark_children(block, marks, |line, marks| {
        let text = line.trimmed();
        if kw("relay").parse(text).is_ok() {
            marks.unsupported(line, PendingScope::Device, "relay of a DHCP pool");
        } else if looks_top_level(text) {
            unread(line, marks);
        } else {
            marks.ignored(line);
        }
    });
    true
}

/// `span = "monitor session" number ("source" ... / "destination" "interface" name ... / ...)`
///
/// A monitoring session copies packets from one port to another: both are poisoned.
fn span_session(block: &Block<'_>, marks: &mut Marks) -> bool {
    let (no, text) = negated(block.line.trimmed());
    let Ok((rest, ((), _))) = (kws("monitor session"), word).parse(text) else { return false };
    if no {
        marks.ignored(&block.line);
        ignore_children(block, marks);
        return true;
    }
    let source = |input: &str| -> bool {
        kw("source").parse(input).is_ok()
            || kw("filter").parse(input).is_ok()
            || kws("type local").parse(input).is_ok()
    };
    let named = |((), w, rest): ((), &str, &str)| {
        let number = rest.split_whitespace().next().unwrap_or_default();
        names::canonical(w)
            .or_else(|| names::canonical(&format!("{w}{number}")))
            .map(|(name, _)| name)
            .unwrap_or_default()
    };
    if source(rest) && block.children.is_empty() {
        // What a routed port hears leaves by the target before any list sees it. The VLANs of a switch are
        // joined with a switched target in any case.
        let copied = |input| -> Res<'_, String> {
            map((kws("source interface"), word, nom::combinator::rest), named).parse(input)
        };
        match whole(copied, rest) {
            Some(name) if !name.is_empty() && !rest.contains(',') && !rest.contains(" - ") => {
                marks.unsupported(&block.line, PendingScope::Interface(name), "copies of packets");
            }
            Some(_) => marks.unsupported(&block.line, PendingScope::Device, "copies of packets"),
            None if kws("source vlan").parse(rest).is_ok() || kw("source").parse(rest).is_err() => {
                marks.ignored(&block.line);
            }
            None => marks.unsupported(&block.line, PendingScope::Device, "copies of packets"),
        }
        return true;
    }
    let target = |input| -> Res<'_, String> {
        map((kws("destination interface"), word, nom::combinator::rest), named).parse(input)
    };
    let scope = match whole(target, rest) {
        Some(name) if !name.is_empty() && !rest.contains(',') && !rest.contains(" - ") => {
            PendingScope::Interface(name)
        }
        _ => PendingScope::Device,
    };
    mark_tree(block, marks, |line, marks| marks.unsupported(line, scope.clone(), "copies of packets"));
    true
}

/// `crypto-map = "crypto map" name ... / "crypto dynamic-map" name ...`: acts where an interface binds
/// it, and is judged there.
fn crypto_map(block: &Block<'_>, marks: &mut Marks) -> bool {
    let opening = |input| {
        alt((
            kws("crypto map"),
            kws("crypto dynamic-map"),
            kws("crypto gdoi"),
            kws("crypto ipsec client ezvpn"),
        ))
        .parse(input)
    };
    let (_, text) = negated(block.line.trimmed());
    if opening(text).is_err() {
        return false;
    }
    marks.approximated(&block.line, "crypto maps");
    mark_children(block, marks, |line, marks| {
        if looks_top_level(line.trimmed()) {
            unread(line, marks);
        } else {
            marks.approximated(line, "crypto maps");
        }
    });
    true
}

/// `chain = "crypto" ("pki" / "ca") "certificate chain" name *( "certificate" ... )`; the digits
/// themselves are free text.
fn certificate_chain(block: &Block<'_>, marks: &mut Marks) -> bool {
    let opening =
        |input| alt((kws("crypto pki certificate chain"), kws("crypto ca certificate chain"))).parse(input);
    if opening(block.line.trimmed()).is_err() {
        return false;
    }
    marks.ignored(&block.line);
    ignore_children(block, marks);
    true
}

/// `quality = ("class-map" / "policy-map") ["match-any" / "match-all"] name *( ... )`
///
/// Quality-of-service objects sort packets into queues, set marks and police. What only drops is
/// remembered for the interfaces that bind the policy. Objects of type `inspect` never come here.
pub(crate) fn quality(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let class =
        |input| value((), (kw("class-map"), opt(alt((kw("match-any"), kw("match-all")))), word)).parse(input);
    let policy = |input| map((kw("policy-map"), word), |(_, n)| n.to_owned()).parse(input);
    let text = block.line.trimmed();
    let name = whole(policy, text);
    if name.is_none() && whole(class, text).is_none() {
        return false;
    }
    marks.ignored(&block.line);
    let mut drops = false;
    mark_children(block, marks, |line, marks| {
        let (_, body) = negated(line.trimmed());
        let mut words = body.split_whitespace();
        let first = words.next().unwrap_or_default().to_ascii_lowercase();
        let second = words.next().unwrap_or_default().to_ascii_lowercase();
        let known = [
            "match",
            "class",
            "set",
            "police",
            "shape",
            "priority",
            "bandwidth",
            "queue-limit",
            "random-detect",
            "fair-queue",
            "service-policy",
            "description",
            "drop",
            "trust",
            "queue-buffers",
            "compression",
            "estimate",
            "conform-action",
            "exceed-action",
            "violate-action",
            "account",
            "netflow-sampler",
            "dbl",
            "tx-queue",
            "exit",
        ];
        // `set` of these fields changes a mark only; `set ip next-hop` belongs to route maps.
        let marks_only = [
            "dscp",
            "precedence",
            "cos",
            "ip",
            "ipv6",
            "qos-group",
            "mpls",
            "discard-class",
            "atm-clp",
            "fr-de",
            "cos-inner",
        ];
        let strange_set = first == "set"
            && (!marks_only.contains(&second.as_str())
                || (second.starts_with("ip") && !body.contains("dscp") && !body.contains("precedence")));
        drops |= first == "drop";
        if known.contains(&first.as_str()) && !strange_set {
            marks.ignored(line);
        } else {
            unread(line, marks);
        }
    });
    if let Some(name) = name {
        config.global.qos_policies.push((name, drops));
    }
    true
}
