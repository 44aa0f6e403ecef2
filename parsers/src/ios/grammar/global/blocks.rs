//! Small blocks at the top level: VLANs, VLAN maps, quality of service, applets.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value};
use sekisho_diag::Spanned;

use crate::common::{Block, Marks, PendingScope};
use crate::ios::ast::Config;
use crate::ios::grammar::switchport::vlan_list;
use crate::ios::grammar::word::{Res, kw, kws, negated, number, whole, word};
use crate::ios::grammar::{ignore_children, looks_top_level, mark_children, mark_tree, unread};
use crate::ios::{ignored, names};

/// Reads one of the small blocks; true when it was one.
pub(super) fn block(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    vlan(block, config, marks)
        || vlan_map(block, marks)
        || applet(block, marks)
        || dhcp_pool(block, marks)
        || span_session(block, marks)
        || crypto_map(block, marks)
        || certificate_chain(block, marks)
}

/// `vlan = "vlan" vlan-list *( "name" text / ... )`
fn vlan(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let (no, body) = negated(block.line.trimmed());
    let Some(list) = whole(map((kw("vlan"), vlan_list), |(_, l)| l), body) else { return false };
    marks.modeled(&block.line);
    if no {
        config.global.vlans.retain(|v| !list.contains(&v.value));
    } else {
        config.global.vlans.extend(list.into_iter().map(|range| Spanned::new(range, block.line.span())));
    }
    mark_children(block, marks, |line, marks| {
        let strange = |input| {
            alt((
                map((kw("private-vlan"), nom::combinator::rest), |_| "private VLAN"),
                value("remote monitoring VLAN", kw("remote-span")),
                map((kw("bridge"), nom::combinator::rest), |_| "bridged VLAN"),
                map((kw("member"), nom::combinator::rest), |_| "overlay member"),
            ))
            .parse(input)
        };
        match whole(strange, line.trimmed()) {
            Some(why) => marks.unsupported(line, PendingScope::Device, why),
            None if ignored::vlan_line(line.trimmed()) => marks.ignored(line),
            None => unread(line, marks),
        }
    });
    true
}

/// `vlan-map = "vlan access-map" name [number] *( "match" ... / "action" action )`
///
/// A map acts where `vlan filter` binds it; it can only drop, unless it redirects.
fn vlan_map(block: &Block<'_>, marks: &mut Marks) -> bool {
    let opening = |input| value((), (kws("vlan access-map"), word, opt(number(65535)))).parse(input);
    if whole(opening, block.line.trimmed()).is_none() {
        return false;
    }
    marks.approximated(&block.line, "filtered VLANs");
    mark_children(block, marks, |line, marks| {
        let harmless = |input| {
            alt((
                value((), (kw("match"), alt((kw("ip"), kw("ipv6"), kw("mac"))), kw("address"), nom::combinator::rest)),
                value((), (kw("action"), alt((kw("drop"), kw("forward"))), opt(alt((kw("log"), kw("capture")))))),
            ))
            .parse(input)
        };
        if whole(harmless, line.trimmed()).is_some() {
            marks.approximated(line, "filtered VLANs");
        } else {
            unread(line, marks);
        }
    });
    true
}

/// `applet = "event manager applet" name ... *( "event" ... / "action" ... )`
///
/// SOUNDNESS: an applet that enters configuration mode may change anything at run time.
fn applet(block: &Block<'_>, marks: &mut Marks) -> bool {
    if kws("event manager applet").parse(block.line.trimmed()).is_err() {
        return false;
    }
    marks.ignored(&block.line);
    mark_children(block, marks, |line, marks| {
        let text = line.trimmed();
        let (_, body) = negated(text);
        let first = body.split_whitespace().next().unwrap_or_default();
        let known = ["action", "event", "trigger", "correlate", "attribute", "description", "maxrun", "set"];
        let lower = text.to_ascii_lowercase();
        if lower.contains("cli") && (lower.contains("conf t") || lower.contains("config")) {
            marks.unsupported(line, PendingScope::Device, "applet that changes the configuration");
        } else if known.iter().any(|w| first.eq_ignore_ascii_case(w)) {
            marks.ignored(line);
        } else {
            unread(line, marks);
        }
    });
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
/// A monitoring session copies packets to a port: that port is poisoned.
fn span_session(block: &Block<'_>, marks: &mut Marks) -> bool {
    let (no, text) = negated(block.line.trimmed());
    let Ok((rest, ((), _))) = (kws("monitor session"), word).parse(text) else { return false };
    if no {
        marks.ignored(&block.line);
        ignore_children(block, marks);
        return true;
    }
    let source = |input: &str| -> bool {
        kw("source").parse(input).is_ok() || kw("filter").parse(input).is_ok() || kws("type local").parse(input).is_ok()
    };
    if source(rest) && block.children.is_empty() {
        marks.ignored(&block.line);
        return true;
    }
    let target = |input| -> Res<'_, String> {
        map((kws("destination interface"), word, nom::combinator::rest), |((), w, rest): ((), &str, &str)| {
            let number = rest.split_whitespace().next().unwrap_or_default();
            names::canonical(w)
                .or_else(|| names::canonical(&format!("{w}{number}")))
                .map(|(name, _)| name)
                .unwrap_or_default()
        })
        .parse(input)
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
    let opening = |input| alt((kws("crypto map"), kws("crypto dynamic-map"), kws("crypto gdoi"))).parse(input);
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
    let opening = |input| alt((kws("crypto pki certificate chain"), kws("crypto ca certificate chain"))).parse(input);
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
    let class = |input| {
        value((), (kw("class-map"), opt(alt((kw("match-any"), kw("match-all")))), word)).parse(input)
    };
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
            "match", "class", "set", "police", "shape", "priority", "bandwidth", "queue-limit", "random-detect",
            "fair-queue", "service-policy", "description", "drop", "trust", "queue-buffers", "compression", "estimate",
            "conform-action", "exceed-action", "violate-action", "account", "netflow-sampler", "dbl", "tx-queue", "exit",
        ];
        // `set` of these fields changes a mark only; `set ip next-hop` belongs to route maps.
        let marks_only = [
            "dscp", "precedence", "cos", "ip", "ipv6", "qos-group", "mpls", "discard-class", "atm-clp", "fr-de", "cos-inner",
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
