//! Configuration text in, readable lists and packet verdicts out.

mod entries;
mod facts;
mod uncertain;

use std::fmt::Write as _;

use sekisho_diag::FileId;
use sekisho_model::{Action, Device, Predicate, RuleList};
use sekisho_net::{Cube, FRAGMENT_LATER, Family, Field, FieldSet, Packet, bits_addr, flags};

use super::{Lists, lower_lists};
use crate::common::{Marks, block_tree, lines};
use crate::ios::ast::Config;
use crate::ios::grammar::{acl, nat, object_group, route_map, time_range, zone_firewall};

/// A text, read by the productions of filters only.
pub(crate) struct Read {
    pub device: Device,
    pub lists: Lists,
    pub marks: Marks,
}

/// Reads a text; lines of other features are marked as unrecognized.
pub(crate) fn read(text: &str) -> Read {
    let file = FileId(0);
    let all = lines(file, text);
    let mut marks = Marks::new(file, u32::try_from(all.len()).unwrap());
    let statements: Vec<_> = all
        .into_iter()
        .filter(|l| {
            let comment = l.trimmed().is_empty() || l.trimmed().starts_with('!');
            if comment {
                marks.ignored(l);
            }
            !comment
        })
        .collect();
    let mut config = Config::new(file);
    for block in block_tree(&statements) {
        let known = acl::top_level(&block, &mut config.acls, &mut marks)
            || object_group::top_level(&block, &mut config.object_groups, &mut marks)
            || time_range::top_level(&block, &mut config.time_ranges, &mut marks)
            || nat::top_level(&block, &mut config.nat, &mut marks)
            || zone_firewall::top_level(&block, &mut config.zones, &mut marks)
            || route_map::top_level(&block, &mut config.route_maps, &mut marks);
        if !known {
            acl::orphans(std::slice::from_ref(&block), &mut marks);
        }
    }
    let mut device = Device::new("r1".to_owned(), "ios", FileId(0));
    let lists = lower_lists(&config, &mut device, &mut marks);
    Read { device, lists, marks }
}

impl Read {
    pub(crate) fn list(&self, name: &str) -> &RuleList {
        self.device.find_list(name, None).expect("list").1
    }

    /// State and scope of a line, such as `unrecognized (list F)`.
    pub(crate) fn state(&self, line: u32) -> String {
        let state = self.marks.ledger.get(line).expect("every line is marked");
        state
            .scope
            .as_ref()
            .map_or(state.state.word().to_owned(), |s| format!("{} ({s})", state.state.word()))
    }

    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.marks.diagnostics.iter().map(|d| d.code.as_str()).collect()
    }
}

/// Whether a packet may and must pass a first-match list.
pub(crate) fn passes(list: &RuleList, packet: &Packet) -> (bool, bool) {
    let (mut may, mut must) = (false, true);
    for line in &list.lines {
        if !line.matches.may_match(packet) {
            continue;
        }
        may |= line.action != Action::Deny;
        must &= line.action == Action::Permit;
        if line.matches.must_match(packet) {
            return (may, must);
        }
    }
    (may | (list.default != Action::Deny), must & (list.default == Action::Permit))
}

const PERMIT: (bool, bool) = (true, true);
const DENY: (bool, bool) = (false, false);
const MAYBE: (bool, bool) = (true, false);

/// `tcp 10.1.0.5:40000 10.2.0.5:22`, `17 ...`, `icmp A B TYPE CODE`, with ` later` or ` flags=SYN+ACK`.
pub(crate) fn packet(text: &str) -> Packet {
    let words: Vec<&str> = text.split(' ').collect();
    let end = |w: &str| -> (std::net::IpAddr, u16) {
        if let Ok(addr) = w.parse() {
            return (addr, 0);
        }
        let (addr, port) = w.rsplit_once(':').expect("port");
        (addr.trim_matches(['[', ']']).parse().expect("address"), port.parse().expect("port"))
    };
    let ((src, sport), (dst, dport)) = (end(words[1]), end(words[2]));
    let family = Family::of(src);
    let proto = match words[0] {
        "tcp" => 6,
        "udp" => 17,
        "icmp" => {
            if family == Family::V4 {
                1
            } else {
                58
            }
        }
        n => n.parse().expect("protocol"),
    };
    let mut p = Packet::zero(family)
        .with(Field::Proto, proto)
        .with(Field::Src, sekisho_net::addr_bits(src))
        .with(Field::Dst, sekisho_net::addr_bits(dst))
        .with(Field::Sport, sport.into())
        .with(Field::Dport, dport.into());
    let mut numbers = [Field::IcmpType, Field::IcmpCode].into_iter();
    for w in &words[3..] {
        if let Ok(n) = w.parse::<u128>() {
            p.set(numbers.next().expect("type and code"), n);
        } else if *w == "later" {
            p.set(Field::Fragment, FRAGMENT_LATER);
        } else if let Some(names) = w.strip_prefix("flags=") {
            let bits = names.split('+').map(|n| match n {
                "SYN" => flags::SYN,
                "ACK" => flags::ACK,
                "RST" => flags::RST,
                "FIN" => flags::FIN,
                other => panic!("flag {other}"),
            });
            p.set(Field::Flags, bits.fold(0u8, |a, b| a | b).into());
        }
    }
    p
}

pub(crate) fn show_set(field: Field, family: Family, set: &FieldSet) -> String {
    let value = |x: u128| match field {
        Field::Src | Field::Dst | Field::Src0 => bits_addr(family, x).to_string(),
        _ => x.to_string(),
    };
    match set {
        FieldSet::Any => "any".to_owned(),
        FieldSet::Mask { value: v, care } => format!("{}&{}", value(*v), value(*care)),
        FieldSet::Ranges(ranges) => {
            let parts: Vec<String> = ranges
                .iter()
                .map(|&(lo, hi)| if lo == hi { value(lo) } else { format!("{}-{}", value(lo), value(hi)) })
                .collect();
            parts.join(",")
        }
    }
}

fn show_cube(family: Family, cube: &Cube) -> String {
    let named = [
        (Field::Proto, "proto"),
        (Field::Src, "src"),
        (Field::Sport, "sport"),
        (Field::Dst, "dst"),
        (Field::Dport, "dport"),
        (Field::Flags, "flags"),
        (Field::IcmpType, "type"),
        (Field::IcmpCode, "code"),
        (Field::Fragment, "later"),
    ];
    let parts: Vec<String> = named
        .iter()
        .filter(|(f, _)| *cube.get(*f) != FieldSet::Any)
        .map(|(f, name)| format!("{name} {}", show_set(*f, family, cube.get(*f))))
        .collect();
    if parts.is_empty() { "all".to_owned() } else { parts.join(" ") }
}

pub(crate) fn show_predicate(family: Family, predicate: &Predicate) -> String {
    let cubes = |list: &[Cube]| {
        let parts: Vec<String> = list.iter().map(|c| show_cube(family, c)).collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join(" | ") }
    };
    if predicate.is_exact() {
        cubes(&predicate.may)
    } else {
        format!("may {} must {}", cubes(&predicate.may), cubes(predicate.must()))
    }
}

pub(crate) fn show_list(list: &RuleList) -> String {
    let mut out = String::new();
    for line in &list.lines {
        let action = format!("{:?}", line.action).to_lowercase();
        write!(out, "{action} {}", show_predicate(list.family, &line.matches)).unwrap();
        if !line.conditions.is_empty() {
            write!(out, " [{}]", line.conditions.join(", ")).unwrap();
        }
        out.push_str(if line.stateless_reply { " reply\n" } else { "\n" });
    }
    writeln!(out, "else {}", format!("{:?}", list.default).to_lowercase()).unwrap();
    out
}

/// Lists of a text, as shown.
fn check(text: &str, name: &str, expected: &str) {
    let found = show_list(read(text).list(name));
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{text}");
}

/// Verdicts of one list on packets.
fn verdicts(text: &str, name: &str, expected: &[(&str, (bool, bool))]) {
    let found = read(text);
    for (p, want) in expected {
        assert_eq!(passes(found.list(name), &packet(p)), *want, "{p} through {name} of\n{text}");
    }
}
