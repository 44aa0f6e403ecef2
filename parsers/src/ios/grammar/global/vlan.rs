//! VLANs: the database, what is attached to whole VLANs, and filters of VLANs.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value};
use sekisho_diag::Spanned;

use crate::common::{Block, Marks, PendingScope};
use crate::ios::ast::Config;
use crate::ios::grammar::switchport::vlan_list;
use crate::ios::grammar::word::{kw, kws, negated, number, whole, word};
use crate::ios::grammar::{mark_children, unread};
use crate::ios::ignored;

/// Reads a block about VLANs; true when it was one.
pub(super) fn block(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    database(block, config, marks) || attachments(block, marks) || vlan_map(block, marks)
}

/// `vlan = "vlan" vlan-list *( "name" text / ... )`
fn database(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let (no, body) = negated(block.line.trimmed());
    let Some(list) = whole(map((kw("vlan"), vlan_list), |(_, l)| l), body) else { return false };
    marks.modeled(&block.line);
    if no {
        config.global.vlans.retain(|v| !list.contains(&v.value));
    } else {
        config.global.vlans.extend(list.into_iter().map(|range| Spanned::new(range, block.line.span())));
    }
    let vlans = whole(map((kw("vlan"), vlan_list), |(_, l)| l), body).unwrap_or_default();
    mark_children(block, marks, |line, marks| {
        let closed = |input| alt((value((), kw("shutdown")), kws("state suspend"))).parse(input);
        if whole(closed, line.trimmed()).is_some() {
            // A VLAN that is off drops; that it certainly drops is not used.
            marks.approximated(line, "filtered VLANs");
            config.global.vlan_filters.push(Spanned::new(vlans.clone(), line.span()));
            return;
        }
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
                value(
                    (),
                    (
                        kw("match"),
                        alt((kw("ip"), kw("ipv6"), kw("mac"))),
                        kw("address"),
                        nom::combinator::rest,
                    ),
                ),
                value(
                    (),
                    (kw("action"), alt((kw("drop"), kw("forward"))), opt(alt((kw("log"), kw("capture"))))),
                ),
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

/// `attachments = "vlan configuration" vlan-list *( "member" ... / policies )`
///
/// Membership in an overlay stretches a VLAN to other devices; policies restrict or count.
fn attachments(block: &Block<'_>, marks: &mut Marks) -> bool {
    let opening = |input| value((), (kws("vlan configuration"), vlan_list)).parse(input);
    if whole(opening, block.line.trimmed()).is_none() {
        return false;
    }
    marks.ignored(&block.line);
    mark_children(block, marks, |line, marks| {
        let member = |input| value((), (kw("member"), nom::combinator::rest)).parse(input);
        let policy = |input| {
            alt((
                value((), (kw("service-policy"), alt((kw("input"), kw("output"))), word)),
                value(
                    (),
                    (alt((kw("ip"), kw("ipv6"), kw("datalink"))), kws("flow monitor"), nom::combinator::rest),
                ),
                value((), (kws("device-tracking attach-policy"), word)),
                value((), (kws("ipv6 nd"), nom::combinator::rest)),
                value((), (kws("ipv6 dhcp"), nom::combinator::rest)),
                value((), (kws("ipv6 snooping"), nom::combinator::rest)),
                value((), (kws("ip igmp snooping"), nom::combinator::rest)),
            ))
            .parse(input)
        };
        if whole(member, line.trimmed()).is_some() {
            marks.unsupported(line, PendingScope::Device, "overlay member");
        } else if whole(policy, line.trimmed()).is_some() {
            marks.ignored(line);
        } else {
            unread(line, marks);
        }
    });
    true
}
