//! Static routes.

use std::net::IpAddr;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, map_opt, opt, value};
use sekisho_diag::{FileId, Span, Spanned};
use sekisho_net::Prefix;

use super::word::{Res, ipv4, ipv6, ipv6_with_len, kw, kws, negated, number, prefix4, whole, word};
use super::{stray_children, unread_tree};
use crate::common::{Block, Marks};
use crate::ios::ast::Config;
use crate::ios::ast::route::{NextHopVrf, StaticRoute};
use crate::ios::names;

/// What may follow the next hop, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Extra {
    Distance(u8),
    Global,
    NextHopVrf(NextHopVrf),
    Track,
    Harmless,
}

/// `interface = type-and-number / type number`, a name that is known as one
fn interface(input: &str) -> Res<'_, String> {
    let one = map_opt(word, |w| names::canonical(w).map(|(name, _)| name));
    let two = map_opt((word, word), |(w, n)| {
        let type_only = w.bytes().all(|b| !b.is_ascii_digit());
        type_only.then(|| names::canonical(&format!("{w}{n}")).map(|(name, _)| name)).flatten()
    });
    alt((one, two)).parse(input)
}

/// `extra = distance / "global" / "nexthop-vrf" name / "name" text / "tag" number / "track" number /
/// "permanent" / "multicast" / "unicast"`
fn extra(input: &str) -> Res<'_, Extra> {
    alt((
        map_opt(number(255), |n| u8::try_from(n).ok().filter(|d| *d > 0).map(Extra::Distance)),
        value(Extra::Global, kw("global")),
        value(Extra::NextHopVrf(NextHopVrf::Global), (kw("nexthop-vrf"), kw("default"))),
        map((kw("nexthop-vrf"), word), |(_, v)| Extra::NextHopVrf(NextHopVrf::Named(v.to_owned()))),
        value(Extra::Track, (kw("track"), number(u32::MAX))),
        value(Extra::Harmless, (kw("name"), word)),
        value(Extra::Harmless, (kw("tag"), word)),
        value(Extra::Harmless, alt((kw("permanent"), kw("unicast")))),
    ))
    .parse(input)
}

struct Parts {
    vrf: Option<String>,
    prefix: Prefix,
    interface: Option<String>,
    next_hop: Option<IpAddr>,
    dhcp: bool,
    extras: Vec<Extra>,
}

/// `route4 = "ip route" ["vrf" name] ipv4 mask (interface [ipv4 / "dhcp"] / ipv4 / "dhcp") *extra`
fn route4(input: &str) -> Res<'_, Parts> {
    map_opt(
        (
            kws("ip route"),
            opt(map((kw("vrf"), word), |(_, v)| v.to_owned())),
            prefix4,
            opt(interface),
            opt(ipv4),
            opt(kw("dhcp")),
            nom::multi::many0(extra),
        ),
        |((), vrf, prefix, interface, hop, dhcp, extras)| {
            let dhcp = dhcp.is_some();
            Some(Parts { vrf, prefix, interface, next_hop: hop.map(IpAddr::V4), dhcp, extras })
        },
    )
    .parse(input)
}

/// `route6 = "ipv6 route" ["vrf" name] prefix (interface [ipv6] / ipv6) *extra`
fn route6(input: &str) -> Res<'_, Parts> {
    map_opt(
        (
            kws("ipv6 route"),
            opt(map((kw("vrf"), word), |(_, v)| v.to_owned())),
            ipv6_with_len,
            opt(interface),
            opt(ipv6),
            nom::multi::many0(extra),
        ),
        |((), vrf, (addr, len), interface, hop, extras)| {
            let prefix = Prefix::new(IpAddr::V6(addr), u32::from(len)).ok()?;
            Some(Parts { vrf, prefix, interface, next_hop: hop.map(IpAddr::V6), dhcp: false, extras })
        },
    )
    .parse(input)
}

/// A whole static-route line. The interface and VRF of the result carry an empty span of `file`.
pub(crate) fn static_route(file: FileId, text: &str) -> Option<StaticRoute> {
    let parts = whole(alt((route4, route6)), text)?;
    let nowhere = Span::new(file, 0, 0);
    let mut route = StaticRoute {
        span: nowhere,
        vrf: parts.vrf.map(|v| Spanned::new(v, nowhere)),
        prefix: parts.prefix,
        interface: parts.interface.map(|i| Spanned::new(i, nowhere)),
        next_hop: parts.next_hop,
        next_hop_vrf: NextHopVrf::Own,
        dhcp: parts.dhcp,
        distance: 1,
        tracked: false,
    };
    if parts.dhcp {
        // Source: Cisco IOS IP Routing Command Reference, `ip route`: 254 for a route from DHCP.
        route.distance = 254;
    }
    for extra in parts.extras {
        match extra {
            Extra::Distance(d) => route.distance = d,
            Extra::Global => route.next_hop_vrf = NextHopVrf::Global,
            Extra::NextHopVrf(vrf) => route.next_hop_vrf = vrf,
            Extra::Track => route.tracked = true,
            Extra::Harmless => {}
        }
    }
    Some(route)
}

/// Reads a static-route line; true when it is one.
pub(crate) fn line(block: &Block<'_>, config: &mut Config, marks: &mut Marks) -> bool {
    let text = block.line.trimmed();
    let (no, body) = negated(text);
    if kws("ip route").parse(body).is_err() && kws("ipv6 route").parse(body).is_err() {
        return false;
    }
    stray_children(block, marks);
    let span = block.line.span();
    let about_static = |input| {
        kws("ip route static bfd").parse(input).or_else(|_| kws("ipv6 route static bfd").parse(input))
    };
    if about_static(body).is_ok() {
        config.global.static_bfd = Some(span);
        marks.approximated(&block.line, "static routes");
        return true;
    }
    let harmless = |input| {
        alt((
            kws("ip route static inter-vrf"),
            value((), (kws("ip route static adjust-time"), word)),
            kws("ip route profile"),
        ))
        .parse(input)
    };
    if whole(harmless, body).is_some() {
        marks.ignored(&block.line);
        return true;
    }
    match static_route(config.file, body) {
        Some(mut route) => {
            let somewhere = route.interface.is_some() || route.next_hop.is_some() || route.dhcp;
            if no {
                config.routes.retain(|known| !route.removes(known));
                marks.modeled(&block.line);
            } else if somewhere {
                route.span = span;
                if let Some(vrf) = &mut route.vrf {
                    vrf.span = span;
                }
                if let Some(interface) = &mut route.interface {
                    interface.span = span;
                }
                config.routes.push(route);
                marks.modeled(&block.line);
            } else {
                unread_tree(block, marks);
            }
        }
        // A garbled route may lead out of another VRF's interface.
        None => unread_tree(block, marks),
    }
    true
}
