//! Virtual addresses of HSRP, VRRP and GLBP.

use std::net::IpAddr;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, map_opt, opt, value};
use sekisho_diag::Spanned;

use super::Statement;
use crate::common::{Block, Marks, PendingScope};
use crate::ios::ast::interface::Interface;
use crate::ios::grammar::mark_children;
use crate::ios::grammar::word::{Res, ipv4, ipv6, ipv6_with_len, kw, kws, number, whole, word};
use crate::ios::ignored;

/// `group = %d0-4095`
fn group(input: &str) -> Res<'_, u16> {
    map_opt(number(4095), |n| u16::try_from(n).ok()).parse(input)
}

/// `virtual = "ip" ipv4 ["secondary"] / "ipv6" (ipv6 / ipv6 "/" len)`
fn virtual_address(input: &str) -> Res<'_, IpAddr> {
    alt((
        map((kw("ip"), ipv4, opt(kw("secondary"))), |(_, a, _)| IpAddr::V4(a)),
        map((kw("ipv6"), ipv6, opt(alt((kw("primary"), kw("secondary"))))), |(_, a, _)| IpAddr::V6(a)),
        map((kw("ipv6"), ipv6_with_len), |(_, (a, _))| IpAddr::V6(a)),
    ))
    .parse(input)
}

/// `redundancy = ("standby" [group] / "vrrp" group / "glbp" group) [virtual]`
///
/// Without an address the group learns it from its neighbours, which then own it as well.
pub(super) fn positive(input: &str) -> Res<'_, Statement> {
    alt((
        map((kw("standby"), opt(group), virtual_address), |(_, group, addr)| Statement::Shared {
            group: group.unwrap_or(0),
            addr,
        }),
        map((alt((kw("vrrp"), kw("glbp"))), group, virtual_address), |(_, group, addr)| Statement::Shared {
            group,
            addr,
        }),
        value(
            Statement::Approximate("virtual address learned from the neighbours"),
            (kw("standby"), opt(group), alt((kw("ip"), kw("ipv6"))), opt(kw("autoconfig"))),
        ),
        value(
            Statement::Approximate("virtual address learned from the neighbours"),
            (kw("glbp"), group, alt((kw("ip"), kw("ipv6"))), opt(kw("autoconfig"))),
        ),
    ))
    .parse(input)
}

/// The same after `no`.
pub(super) fn negative(input: &str) -> Res<'_, Statement> {
    alt((
        map((kw("standby"), opt(group), virtual_address), |(_, group, addr)| Statement::NoShared {
            group: group.unwrap_or(0),
            addr: Some(addr),
        }),
        map((alt((kw("vrrp"), kw("glbp"))), group, virtual_address), |(_, group, addr)| {
            Statement::NoShared { group, addr: Some(addr) }
        }),
        map((kw("standby"), opt(group), kw("ip")), |(_, group, _)| Statement::NoShared {
            group: group.unwrap_or(0),
            addr: None,
        }),
        map((alt((kw("standby"), kw("vrrp"), kw("glbp"))), group), |(_, group)| Statement::NoShared {
            group,
            addr: None,
        }),
    ))
    .parse(input)
}

/// `vrrp-block = "vrrp" group "address-family" ("ipv4" / "ipv6") *( "address" ip role / ... )`
pub(super) fn vrrp_block(block: &Block<'_>, interface: &mut Interface, marks: &mut Marks) -> bool {
    let family = |input| {
        (kw("vrrp"), group, kws("address-family"), alt((kw("ipv4"), kw("ipv6"))))
            .map(|(_, g, (), _)| g)
            .parse(input)
    };
    let Some(group) = whole(family, block.line.trimmed()) else { return false };
    marks.modeled(&block.line);
    let scope = PendingScope::Interface(interface.name.value.clone());
    mark_children(block, marks, |line, marks| {
        let address = |input| {
            map(
                (
                    kw("address"),
                    alt((
                        map(ipv4, IpAddr::V4),
                        map(ipv6, IpAddr::V6),
                        map(ipv6_with_len, |(a, _)| IpAddr::V6(a)),
                    )),
                    opt(word),
                ),
                |(_, addr, _)| addr,
            )
            .parse(input)
        };
        if let Some(addr) = whole(address, line.trimmed()) {
            interface.shared.push(Spanned::new((group, addr), line.span()));
            marks.modeled(line);
        } else if ignored::vrrp_line(line.trimmed()) {
            marks.ignored(line);
        } else {
            marks.unrecognized(line, scope.clone());
        }
    });
    true
}
