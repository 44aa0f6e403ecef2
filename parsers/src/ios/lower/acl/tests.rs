//! Configuration text in, readable lists and packet verdicts out.

mod facts;

use std::fmt::Write as _;

use sekisho_diag::{FileId, SourceMap};
use sekisho_model::{Action, Coverage, Device, Predicate, RuleList};
use sekisho_net::{Cube, FRAGMENT_LATER, Family, Field, FieldSet, Packet, bits_addr, flags};

use super::{Lists, lower_lists};
use crate::common::{Marks, block_tree, lines};
use crate::ios::ast::Config;
use crate::ios::grammar::{acl, nat, object_group, route_map, time_range, zone_firewall};

/// A text, read by the productions of filters only.
pub(crate) struct Read {
    pub config: Config,
    pub device: Device,
    pub lists: Lists,
    pub marks: Marks,
    pub sources: SourceMap,
}

/// Reads a text; lines of other features are marked as unrecognized.
pub(crate) fn read(text: &str) -> Read {
    let mut sources = SourceMap::default();
    let file = sources.add("r1.cfg", text);
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
    Read { config, device, lists, marks, sources }
}

impl Read {
    pub(crate) fn list(&self, name: &str) -> &RuleList {
        self.device.find_list(name, None).expect("list").1
    }

    /// State and scope of a line, such as `unrecognized (list F)`.
    pub(crate) fn state(&self, line: u32) -> String {
        let state = self.marks.ledger.get(line).expect("every line is marked");
        state.scope.as_ref().map_or(state.state.word().to_owned(), |s| format!("{} ({s})", state.state.word()))
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
        "icmp" => if family == Family::V4 { 1 } else { 58 },
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

fn show_set(field: Field, family: Family, set: &FieldSet) -> String {
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

#[test]
fn addresses_ports_and_fragments() {
    check(
        "ip access-list extended F
 permit tcp 10.1.0.9 0.0.0.255 any range 20 22
 deny udp any gt 1023 host 10.2.0.5 eq syslog 53
 deny ip any 10.2.0.1 0.0.0.254
 permit icmp any any echo-reply
 permit ip any any fragments
",
        "F",
        "permit proto 6 src 10.1.0.0-10.1.0.255 dport 20-22 later 0 | proto 6 src 10.1.0.0-10.1.0.255 later 1
         deny proto 17 sport 1024-65535 dst 10.2.0.5 dport 514,53 later 0
         deny dst 10.2.0.1&255.255.255.1
         permit may proto 1 type 0 later 0 | proto 1 later 1 must proto 1 type 0 code 0 later 0 | proto 1 later 1
         permit later 1
         else deny",
    );
}

#[test]
fn l4_permit_lets_later_fragments_through() {
    let text = "ip access-list extended F\n permit tcp any host 10.2.0.5 eq 80\n deny ip any any\n";
    verdicts(
        text,
        "F",
        &[
            ("tcp 10.1.0.5 10.2.0.5 later", PERMIT),
            ("tcp 10.1.0.5:40000 10.2.0.5:22", DENY),
            ("udp 10.1.0.5 10.2.0.5 later", DENY),
            ("tcp 10.1.0.5:1 10.2.0.5:80", PERMIT),
        ],
    );
}

#[test]
fn l4_deny_does_not_match_later_fragments() {
    let text = "ip access-list extended F\n deny tcp any host 10.2.0.5 eq 23\n permit ip any any\n";
    verdicts(text, "F", &[("tcp 10.1.0.5 10.2.0.5 later", PERMIT), ("tcp 10.1.0.5:9 10.2.0.5:23", DENY)]);
}

#[test]
fn undefined_and_empty_lists_filter_nothing() {
    let mut r = read("ip access-list extended EMPTY\n remark nothing\n");
    let span = sekisho_diag::Span::new(FileId(0), 0, 1);
    assert_eq!(r.lists.binding("NOPE", Family::V4, span, &mut r.marks), None);
    assert_eq!(r.lists.binding("EMPTY", Family::V4, span, &mut r.marks), None);
    assert_eq!(r.codes(), ["ios/acl-undefined", "ios/acl-empty"]);
}

#[test]
fn a_time_range_is_active_at_some_time() {
    let text = "time-range HOURS
 periodic weekdays 8:00 to 18:00
ip access-list extended T
 permit tcp any host 10.2.0.5 eq 3389 time-range HOURS
 permit tcp any host 10.2.0.5 eq 22 time-range NOSUCH
 deny udp any any time-range HOURS
 deny icmp any any time-range NOSUCH
 permit udp any any
 permit icmp any any
";
    verdicts(
        text,
        "T",
        &[
            ("tcp 10.1.0.5:40000 10.2.0.5:3389", MAYBE),
            ("tcp 10.1.0.5:40000 10.2.0.5:22", PERMIT),
            ("udp 10.1.0.5:1 10.2.0.5:1", MAYBE),
            ("icmp 10.1.0.5 10.2.0.5 8 0", MAYBE),
        ],
    );
    assert_eq!(read(text).codes(), ["ios/time-range-undefined"; 2]);
}

#[test]
fn established_is_a_look_at_two_bits() {
    let text = "ip access-list extended E\n permit tcp any any established\n deny ip any any\n";
    verdicts(
        text,
        "E",
        &[
            ("tcp 10.2.0.9:4444 10.1.0.5:22 flags=ACK", PERMIT),
            ("tcp 10.2.0.9:4444 10.1.0.5:22 flags=RST", PERMIT),
            ("tcp 10.2.0.9:4444 10.1.0.5:22 flags=SYN", DENY),
            ("tcp 10.2.0.9 10.1.0.5 later", PERMIT),
        ],
    );
    assert!(read(text).list("E").lines[0].stateless_reply);
}

#[test]
fn flag_words() {
    check(
        "ip access-list extended E
 permit tcp any any syn ack
 permit tcp any any match-all +syn -ack
 deny tcp any any match-any +fin -psh
",
        "E",
        "permit may proto 6 flags 2&2 later 0 | proto 6 later 1 | proto 6 flags 16&16 later 0 | proto 6 later 1 \
         must proto 6 flags 18&18 later 0 | proto 6 later 1
         permit proto 6 flags 2&18 later 0 | proto 6 later 1
         deny proto 6 flags 1&1 later 0 | proto 6 flags 0&8 later 0
         else deny",
    );
}

#[test]
fn wildcards_are_patterns_and_hosts_need_none() {
    let text = "ip access-list extended W\n deny ip any 10.2.0.1 0.0.0.254\n permit ip any any\n";
    verdicts(text, "W", &[("tcp 10.1.0.5:1 10.2.0.6:80", PERMIT), ("tcp 10.1.0.5:1 10.2.0.7:80", DENY)]);
    let text = "access-list 10 deny 10.1.0.0\naccess-list 10 permit any log\n";
    verdicts(text, "10", &[("udp 10.1.0.5:1 10.2.0.5:53", PERMIT), ("udp 10.1.0.0:1 10.2.0.5:53", DENY)]);
}

#[test]
fn entries_are_tried_by_number() {
    let text = "ip access-list extended S\n 20 permit ip any any\n 10 deny tcp any any eq 22\n";
    verdicts(text, "S", &[("tcp 10.1.0.5:1 10.2.0.5:22", DENY)]);
    // Re-entered lists go on; an edit by number and by words takes entries out.
    check(
        "access-list 101 permit tcp any any
access-list 101 permit udp any any
ip access-list extended 101
 deny icmp any any
 no 20
 15 permit esp any any
 no permit tcp any any
ip access-list resequence 101 100 10
",
        "101",
        "permit proto 50
         deny proto 1
         else deny",
    );
    check(
        "access-list 1 permit any\nno access-list 1\naccess-list 1 deny host 10.0.0.1\n",
        "1",
        "deny src 10.0.0.1
         else deny",
    );
}

#[test]
fn a_number_used_twice_is_uncertain() {
    let text = "ip access-list extended S\n 10 deny ip any any\n 10 permit tcp any any\n 20 deny udp any any\n";
    verdicts(text, "S", &[("tcp 10.1.0.5:1 10.2.0.5:22", MAYBE), ("udp 10.1.0.5:1 10.2.0.5:22", DENY)]);
    assert_eq!(read(text).codes(), ["ios/acl-duplicate-sequence"]);
    // An entry that repeats another one is refused, and cannot move in front of it.
    let text = "ip access-list extended S\n 10 permit tcp any any\n 20 deny ip any any\n 5 deny ip any any\n";
    verdicts(text, "S", &[("tcp 10.1.0.5:1 10.2.0.5:22", MAYBE)]);
}

#[test]
fn garbled_entries_stay_in_their_list() {
    let text = "ip access-list extended G
 10 deny ip any host 10.2.0.9
 permit tcp any any eq nosuchport
 25 dney ip any any
 deny ip any hots 10.2.0.5
 permit udp any any
ip access-list extended ONLY
 permit tpc any any
";
    let r = read(text);
    assert_eq!((r.state(1), r.state(2)), ("modeled".to_owned(), "modeled".to_owned()));
    for line in 3..=5 {
        assert_eq!(r.state(line), "unrecognized (list G)");
    }
    assert!(r.marks.poisons.is_empty());
    assert_eq!(
        show_list(r.list("G")).lines().collect::<Vec<_>>(),
        [
            "deny dst 10.2.0.9",
            "permit may all must none [unread entry]",
            "unknown may all must none [unread entry]",
            "deny may all must none [unread entry]",
            "permit proto 17",
            "else deny",
        ]
    );
    // A list of which no entry is certain may be empty, and then lets everything through.
    verdicts(text, "ONLY", &[("udp 10.1.0.5:1 10.2.0.5:53", MAYBE)]);
}

#[test]
fn garbled_lines_that_may_be_no_entries_poison_the_device() {
    let r = read("ip access-list extended G\n permit ip any any\n interfce Gi0/1\n pemit udp any any\n");
    assert_eq!(r.state(3), "unrecognized (device)");
    assert_eq!(r.state(4), "unrecognized (device)");
    let r = read("ip access-list extendd G\n permit ip any any\n");
    assert_eq!((r.state(1), r.state(2)), ("unrecognized (device)".to_owned(), "unrecognized (device)".to_owned()));
    let r = read("access-list 101 permit foo\naccess-list 101 no idea\naccess-list 10l permit ip any any\n");
    assert_eq!([r.state(1), r.state(2), r.state(3)], ["unrecognized (list 101)", "unrecognized (list 101)", "unrecognized (list 10l)"]);
    // The second line has no action: it may stand in front of everything.
    assert_eq!(r.list("101").lines[0].action, Action::Unknown);
    assert!(r.marks.poisons.is_empty());
}

#[test]
fn unknown_edits_make_the_list_unknown() {
    for edit in [" no 15", " no permit ip any host 10.0.0.1", " no 1O", " default 10"] {
        let text = format!("ip access-list extended U\n deny ip any any\n{edit}\n");
        verdicts(&text, "U", &[("udp 10.1.0.5:1 10.2.0.5:53", MAYBE)]);
    }
    let text = "access-list 101 deny ip any any\nno access-list 101 deny ip any any\n";
    verdicts(text, "101", &[("udp 10.1.0.5:1 10.2.0.5:53", MAYBE)]);
    assert_eq!(read(text).codes(), ["ios/acl-unknown-edit"]);
}

#[test]
fn conditions_weaken_permits_and_denies() {
    let text = "ip access-list extended C
 deny tcp any any eq 22 dscp ef
 permit tcp any any eq 22 precedence 5 log-input
 permit igmp any any host-query
 dynamic LOCK timeout 5 permit ip any host 10.9.9.9
 permit tcp any any ttl lt 5
 permit udp any any option any-options
 permit udp any any eq 69 log TAG
";
    verdicts(
        text,
        "C",
        &[
            ("tcp 10.1.0.5:1 10.2.0.5:22", MAYBE),
            ("2 10.1.0.5 10.2.0.5", MAYBE),
            ("89 10.1.0.5 10.9.9.9", MAYBE),
            ("89 10.1.0.5 10.9.9.8", DENY),
            ("udp 10.1.0.5:1 10.9.9.8:69", PERMIT),
        ],
    );
    let r = read(text);
    for line in 2..=7 {
        assert_eq!(r.state(line), "approximated (list C)", "{line}");
    }
    assert_eq!(r.state(8), "modeled");
}

#[test]
fn reflected_replies_may_come_back() {
    let text = "ip access-list extended OUT
 permit tcp 10.1.0.0 0.0.0.255 any eq 443 reflect BACK timeout 60
ip access-list extended IN
 evaluate BACK
 deny ip any any
";
    verdicts(
        text,
        "IN",
        &[("tcp 8.8.8.8:443 10.1.0.5:50000", MAYBE), ("tcp 8.8.8.8:444 10.1.0.5:50000", DENY)],
    );
    verdicts(text, "OUT", &[("tcp 10.1.0.5:50000 8.8.8.8:443", PERMIT)]);
}

#[test]
fn ipv6_lists() {
    let text = "ipv6 access-list V6
 sequence 20 permit tcp any host 2001:db8::5 eq www
 sequence 10 deny ipv6 2001:db8:1::/48 any
 permit icmp any any echo-request
 permit hbh any any
 permit udp any any routing
";
    check(
        text,
        "V6",
        "deny src 2001:db8:1::-2001:db8:1:ffff:ffff:ffff:ffff:ffff
         permit may proto 6 dst 2001:db8::5 dport 80 later 0 | proto 6 dst 2001:db8::5 later 1 must proto 6 dst 2001:db8::5 dport 80 later 0
         permit may proto 58 type 128 later 0 | proto 58 later 1 must proto 58 type 128 code 0 later 0
         permit may all must none [extension header hbh]
         permit may proto 17 must none [routing]
         permit proto 58 type 136 later 0
         permit proto 58 type 135 later 0
         else deny",
    );
    verdicts(text, "V6", &[("icmp fe80::1 fe80::2 135 0", PERMIT)]);
}

#[test]
fn object_groups() {
    let text = "object-group network SERVERS
 description web
 host 10.2.0.5
 range 10.2.0.8 10.2.0.9
 group-object MORE
object-group network MORE
 10.3.0.0 255.255.0.0
object-group service WEB
 tcp eq www
 tcp source gt 1023 eq 443
 icmp
object-group network EMPTY
object-group network BAD
 host 10.4.0.1
 host www.example.org
object-group network LOOP
 group-object LOOP
object-group ip port PORTS
 eq 111
 range 200 201
object-group protocol P
 protocol-object esp
ip access-list extended O
 permit object-group WEB any object-group SERVERS
 deny ip any object-group BAD
 deny udp any object-group EMPTY
 deny 47 any object-group LOOP
 permit udp any object-group NOSUCH
 permit tcp any portgroup PORTS any
 permit object-group P any any
";
    verdicts(
        text,
        "O",
        &[
            ("tcp 10.1.0.5:9 10.2.0.5:80", PERMIT),
            ("tcp 10.1.0.5:9 10.2.0.5:443", DENY),
            ("tcp 10.1.0.5:2000 10.3.7.7:443", PERMIT),
            ("icmp 10.1.0.5 10.2.0.9 8 0", PERMIT),
            ("icmp 10.1.0.5 10.2.0.7 8 0", DENY),
            ("esp 10.1.0.5 10.4.0.1".replace("esp", "50").as_str(), DENY),
            ("50 10.1.0.5 10.4.0.2", MAYBE),
            ("udp 10.1.0.5:9 10.2.0.5:53", MAYBE),
            ("tcp 10.1.0.5:111 9.9.9.9:1", MAYBE),
            ("tcp 10.1.0.5:112 9.9.9.9:1", DENY),
        ],
    );
    let r = read(text);
    assert_eq!(r.state(15), "unrecognized (object-group BAD)");
    assert_eq!(r.marks.ledger.count(Coverage::Unrecognized), 1);
    assert!(r.marks.poisons.is_empty());
    assert_eq!(r.codes(), ["ios/object-group-unknown"; 4]);
}

#[test]
fn a_group_entered_again_is_certain_in_its_first_part_only() {
    let text = "object-group network G
 host 10.0.0.1
object-group network G
 host 10.0.0.2
ip access-list extended D
 deny ip object-group G any
 permit ip any any
";
    verdicts(text, "D", &[("89 10.0.0.1 9.9.9.9", DENY), ("89 10.0.0.2 9.9.9.9", MAYBE), ("89 10.0.0.3 9.9.9.9", PERMIT)]);
}
