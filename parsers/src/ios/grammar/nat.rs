//! `ip nat`.
//!
//! A statement that is not understood may rewrite anything that passes: scope device.

mod statement;

pub(crate) use statement::interface;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, map_opt, opt, value};
use nom::multi::many0;
use sekisho_diag::Spanned;
use sekisho_model::Coverage;

use super::acl::{orphans, stray};
use super::word::{Res, ipv4, kw, kws, mask, negated, number, whole, word};
use crate::common::{Block, Line, Marks, PendingScope};
use crate::ios::ast::nat::{Ast, Pool};
use crate::ios::codes_filter;

/// Reads a top-level block of this feature; true when it was one, every line of it marked.
pub(crate) fn top_level(block: &Block<'_>, ast: &mut Ast, marks: &mut Marks) -> bool {
    let line = &block.line;
    let (no, text) = negated(line.trimmed());
    let Ok((rest, ())) = kws("ip nat").parse(text) else { return false };
    if kw("pool").parse(rest).is_ok() {
        pool(block, no, rest, ast, marks);
        return true;
    }
    orphans(&block.children, marks);
    let words = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    if is_harmless(rest) {
        marks.ignored(line);
    } else if alt((kw("settings"), kw("service"))).parse(rest).is_ok() {
        if !no {
            ast.open_mappings.get_or_insert(line.span());
        }
        marks.approximated(line, "translation");
    } else if no {
        let before = ast.statements.len();
        ast.statements.retain(|s| s.text != words);
        if ast.statements.len() < before { marks.modeled(line) } else { unsupported(line, marks) }
    } else if let Some(found) = statement::statement(line, rest, words) {
        ast.statements.push(found);
        marks.modeled(line);
    } else {
        unsupported(line, marks);
    }
    true
}

fn unsupported(line: &Line<'_>, marks: &mut Marks) {
    marks.unsupported(line, PendingScope::Device, "address translation that is not modelled");
    let message = "this translation is not modelled: any packet may leave the device as any other";
    marks.diagnostic(codes_filter::NAT_UNSUPPORTED, sekisho_diag::Severity::Warning, message, line.span());
}

/// Timers, logs and application ports, which decide about no packet.
///
/// `harmless = ("translation" / "log" / "create" / "portmap" / "switchover") text / "service" application`
fn is_harmless(rest: &str) -> bool {
    let heads = alt((kw("translation"), kw("log"), kw("create"), kw("portmap"), kw("switchover")));
    let parsed: Res<'_, _> = (heads, word).parse(rest);
    let service: Res<'_, _> = (kw("service"), word).parse(rest);
    parsed.is_ok()
        || service.is_ok_and(|(_, (_, of))| APPLICATIONS.iter().any(|a| a.eq_ignore_ascii_case(of)))
}

/// Applications whose payload is translated. Other services (`enable-sym-port`, `fullrange`) are about the
/// mappings themselves, which may then be open to others than the peer.
const APPLICATIONS: [&str; 16] = [
    "alg",
    "all-algs",
    "dns",
    "ftp",
    "gatekeeper",
    "h225",
    "h323",
    "ldap",
    "mgcp",
    "netbios-ns",
    "netbios-ssn",
    "ras",
    "rtsp",
    "sip",
    "skinny",
    "tftp",
];

/// ```text
/// pool = ["no"] "ip nat pool" name [address address] *pool-option
///        *("address" address address)
/// ```
fn pool(block: &Block<'_>, no: bool, rest: &str, ast: &mut Ast, marks: &mut Marks) {
    let line = &block.line;
    let range = || map_opt((ipv4, ipv4), |(lo, hi)| (lo <= hi).then_some((lo, hi)));
    let head: Res<'_, _> = (kw("pool"), word).parse(rest);
    let Ok((options, (_, name))) = head else {
        marks.unrecognized(line, PendingScope::Device);
        return orphans(&block.children, marks);
    };
    if no {
        ast.pools.retain(|p| p.name.value != name);
        marks.modeled(line);
        return orphans(&block.children, marks);
    }
    let mut pool = Pool {
        name: Spanned::new(name.to_owned(), line.span_of(name)),
        ranges: Vec::new(),
        unknown: false,
        add_route: false,
    };
    let parsed: Option<(Option<_>, Vec<bool>)> = whole((opt(range()), many0(pool_option)), options);
    match parsed {
        Some((first, flags)) => {
            pool.ranges.extend(first);
            pool.add_route = flags.contains(&true);
            marks.modeled(line);
        }
        None => {
            // The line is a pool of this name, whatever else it says.
            pool.unknown = true;
            marks.ledger.mark(line.number, Coverage::Unrecognized, Some(format!("pool {name}")));
        }
    }
    for child in &block.children {
        let text = child.line.trimmed();
        match whole(map((kw("address"), range()), |(_, r)| r), text) {
            Some(found) => {
                pool.ranges.push(found);
                marks.modeled(&child.line);
            }
            None if text == "exit" => marks.ignored(&child.line),
            None if kw("address").parse(text).is_ok() => {
                pool.unknown = true;
                marks.ledger.mark(child.line.number, Coverage::Unrecognized, Some(format!("pool {name}")));
            }
            None => stray(&child.line, marks),
        }
        orphans(&child.children, marks);
    }
    match ast.pools.iter_mut().find(|p| p.name.value == name) {
        Some(old) => {
            old.ranges.append(&mut pool.ranges);
            old.unknown |= pool.unknown;
            old.add_route |= pool.add_route;
        }
        None => ast.pools.push(pool),
    }
}

/// ```text
/// pool-option = "netmask" mask / "prefix-length" number / "type" ("rotary" / "match-host") / "add-route"
///             / "accounting" word / "arp-ping"
/// ```
/// The value tells whether it is `add-route`.
fn pool_option(input: &str) -> Res<'_, bool> {
    alt((
        value(false, (kw("netmask"), mask)),
        value(false, (kw("prefix-length"), number(32))),
        value(false, (kw("type"), alt((kw("rotary"), kw("match-host"))))),
        value(true, kw("add-route")),
        value(false, (kw("accounting"), word)),
        value(false, kw("arp-ping")),
    ))
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::{block_tree, lines};

    fn states(text: &str) -> (Ast, Vec<&'static str>) {
        let file = sekisho_diag::FileId(0);
        let all = lines(file, text);
        let mut marks = Marks::new(file, u32::try_from(all.len()).unwrap());
        let mut ast = Ast::default();
        for block in block_tree(&all) {
            assert!(top_level(&block, &mut ast, &mut marks), "{}", block.line.text);
        }
        let words = marks.ledger.iter().map(|(_, s)| s.expect("marked").state.word()).collect();
        (ast, words)
    }

    #[test]
    fn variants() {
        let good = [
            "ip nat inside source static 10.1.1.1 192.0.2.2",
            "ip nat inside source static 10.1.1.1 192.0.2.2 extendable no-alias no-payload",
            "ip nat inside source static 10.1.1.1 192.0.2.2 vrf v1 route-map rm redundancy rg",
            "ip nat inside source static 10.1.1.1 192.0.2.2 redundancy RG mapping-id 5",
            "ip nat inside source static tcp 10.1.1.1 80 192.0.2.2 8080 extendable",
            "ip nat inside source static udp 10.1.1.1 53 interface GigabitEthernet0/0 53",
            "ip nat inside source static esp 10.1.1.1 interface Dialer1",
            "ip nat inside source static 10.1.1.1 interface GigabitEthernet 0/0",
            "ip nat inside source static network 10.1.1.0 192.0.2.0 255.255.255.0",
            "ip nat inside source static network 10.1.1.0 192.0.2.0 /24",
            "ip nat inside source list 10 pool p1 vrf v1 overload",
            "ip nat inside source list NAT interface GigabitEthernet0/0 overload",
            "ip nat inside source route-map rm interface GigabitEthernet0/0 vrf v1 overload",
            "ip nat inside source route-map rm pool p1 reversible",
            "ip nat outside source static 192.0.2.9 10.9.9.9 add-route",
            "ip nat outside source static 192.0.2.9 10.9.9.9 vrf v1 match-in-vrf",
            "ip nat outside source list 10 pool p1 add-route",
            "ip nat inside destination list 3 pool real",
        ];
        for text in good {
            assert_eq!(states(text).1, ["modeled"], "{text}");
        }
        for text in [
            "ip nat inside source static 10.1.1.1 192.0.2.2 whatever",
            "ip nat source list 1 pool p",
            "ip nat foo",
        ] {
            assert_eq!(states(text).1, ["unsupported"], "{text}");
        }
        assert_eq!(states("ip nat translation timeout 300").1, ["ignored"]);
    }

    #[test]
    fn pools_and_removal() {
        let (ast, words) = states(
            "ip nat pool P prefix-length 24
 address 192.0.2.1 192.0.2.9
 address 192.0.2.20 192.0.2.29
ip nat pool R 10.0.0.1 10.0.0.2 netmask 255.255.255.0 type rotary
ip nat inside source list 1 pool P
no ip nat inside source list 1 pool P
ip nat pool X 10.0.0.9 10.0.0.1 netmask 255.255.255.0",
        );
        assert_eq!(ast.pools[0].ranges.len(), 2);
        assert!(ast.statements.is_empty());
        assert!(ast.pools[2].unknown);
        assert_eq!(words[..6], ["modeled"; 6]);
        assert_eq!(words[6], "unrecognized");
    }
}
