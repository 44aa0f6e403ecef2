//! Tables shown, and packets sent through interface programs.

use sekisho_diag::SourceMap;
use sekisho_model::{Action, Coverage, Device, Stage, Target};
use sekisho_net::{Family, Field, FieldSet, Packet};

use crate::ParsedConfig;
use crate::ios::lower::acl::tests::{packet, passes, show_predicate, show_set};

/// A whole configuration, read by the parser of the system.
pub(crate) fn parse(text: &str) -> ParsedConfig {
    let mut sources = SourceMap::default();
    let file = sources.add("r1.cfg", text);
    crate::ios::parse(file, sources.get(file).unwrap(), "r1")
}

/// What a packet may become between two interfaces, and whether that is certain.
pub(crate) fn send(device: &Device, from: &str, to: &str, p: &str) -> Vec<(String, bool)> {
    let (_, from) = device.find_interface(from).expect("ingress");
    let (_, to) = device.find_interface(to).expect("egress");
    let mut packets = vec![(packet(p), true)];
    for stage in from.ingress.iter().chain(&to.egress) {
        packets =
            packets.into_iter().flat_map(|(p, sure)| run(device, from.context, stage, p, sure)).collect();
    }
    packets.into_iter().map(|(p, sure)| (p.to_string(), sure)).collect()
}

fn run(
    device: &Device,
    from: sekisho_model::ContextId,
    stage: &Stage,
    p: Packet,
    sure: bool,
) -> Vec<(Packet, bool)> {
    match stage {
        Stage::Filter { list, .. } => {
            let list = device.list(*list).expect("list");
            let (may, must) = if list.family == p.family { passes(list, &p) } else { (true, true) };
            if may { vec![(p, sure && must)] } else { Vec::new() }
        }
        Stage::Nat { table, .. } => translate(device.nat(*table).expect("table"), p, sure),
        Stage::When { from: contexts, stage } if contexts.contains(&from) => {
            run(device, from, stage, p, sure)
        }
        Stage::Drop { .. } => Vec::new(),
        Stage::MayDrop { .. } => vec![(p, false)],
        Stage::When { .. } | Stage::PolicyRoute { .. } | Stage::AntiSpoof { .. } => vec![(p, sure)],
    }
}

fn translate(table: &sekisho_model::NatTable, p: Packet, sure: bool) -> Vec<(Packet, bool)> {
    let mut out = Vec::new();
    let mut still = sure;
    for rule in &table.rules {
        if rule.family != p.family || !rule.matches.may_match(&p) {
            continue;
        }
        let must = rule.matches.must_match(&p);
        let mut new = p;
        let mut exact = still && must;
        for rewrite in &rule.rewrites {
            match &rewrite.target {
                Target::OneOf(FieldSet::Ranges(ranges)) => new.set(rewrite.field, ranges[0].0),
                Target::OneOf(_) => {}
                Target::Shift { from, to } => {
                    new.set(rewrite.field, p.get(rewrite.field) - from.first() + to.first())
                }
                Target::Unknown => exact = false,
            }
        }
        out.push((new, exact));
        still = false;
        if must {
            if rule.may_skip {
                out.push((p, false));
            }
            return out;
        }
    }
    out.push((p, still));
    out
}

fn show_table(device: &Device, name: &str) -> Vec<String> {
    let table = device.nats.iter().find(|t| t.name == name).unwrap_or_else(|| panic!("no table {name}"));
    let field = |f: Field| match f {
        Field::Src => "src",
        Field::Dst => "dst",
        Field::Sport => "sport",
        Field::Dport => "dport",
        other => panic!("{other:?}"),
    };
    let rules = table.rules.iter().map(|r| {
        let to: Vec<String> = r
            .rewrites
            .iter()
            .map(|w| match &w.target {
                Target::OneOf(set) => format!("{} {}", field(w.field), show_set(w.field, Family::V4, set)),
                Target::Shift { from, to } => format!("{} {from} to {to}", field(w.field)),
                Target::Unknown => format!("{} unknown", field(w.field)),
            })
            .collect();
        let skip = if r.may_skip { " or not" } else { "" };
        format!("{} -> {}{skip}", show_predicate(Family::V4, &r.matches), to.join(" "))
    });
    rules.collect()
}

const INTERFACES: &str = "hostname r1
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
 ip nat inside
interface GigabitEthernet0/1
 ip address 192.0.2.1 255.255.255.0
 no ip proxy-arp
 ip nat outside
 ip access-group IN in
 ip access-group OUT out
ip access-list extended IN
 deny ip any host 10.1.0.5
 permit ip any any
ip access-list extended OUT
 deny ip host 10.1.0.5 any
 permit ip any any
";

fn device(statements: &str) -> Device {
    let parsed = parse(&format!("{INTERFACES}{statements}end\n"));
    assert_eq!(parsed.ledger.count(Coverage::Unrecognized), 0, "{statements}");
    parsed.devices.into_iter().next().expect("device")
}

#[test]
fn lists_see_global_addresses() {
    let d = device("ip nat inside source static 10.1.0.5 192.0.2.77\n");
    let out = send(&d, "GigabitEthernet0/1", "GigabitEthernet0/0", "tcp 192.0.2.9:40000 192.0.2.77:22");
    assert_eq!(out, [("tcp 192.0.2.9 -> 10.1.0.5 port 40000 -> 22 flags none".to_owned(), true)]);
    // Not translated, but routed: the input list decides.
    assert!(send(&d, "GigabitEthernet0/1", "GigabitEthernet0/0", "tcp 192.0.2.9:1 10.1.0.5:22").is_empty());
    let out = send(&d, "GigabitEthernet0/0", "GigabitEthernet0/1", "tcp 10.1.0.5:5000 192.0.2.9:80");
    assert_eq!(out, [("tcp 192.0.2.77 -> 192.0.2.9 port 5000 -> 80 flags none".to_owned(), true)]);
    // Between outside interfaces nothing is translated on departure.
    assert!(
        send(&d, "GigabitEthernet0/1", "GigabitEthernet0/1", "tcp 10.1.0.5:5000 192.0.2.9:80").is_empty()
    );
    assert_ne!(
        d.find_interface("GigabitEthernet0/1").unwrap().1.l3.as_ref().unwrap().proxy_arp,
        sekisho_model::Tri::No
    );
}

#[test]
fn precedence() {
    let d = device(
        "access-list 1 permit 10.1.0.0 0.0.0.255
ip nat pool P 192.0.2.100 192.0.2.103 prefix-length 24
ip nat inside source list 1 pool P
ip nat inside source static network 10.1.0.16 192.0.2.16 /28
ip nat inside source static 10.1.0.17 192.0.2.99
ip nat inside source static tcp 10.1.0.17 80 192.0.2.98 8080 extendable
",
    );
    assert_eq!(
        show_table(&d, "ip nat inside source"),
        [
            "may proto 6 src 10.1.0.17 sport 80 later 0 | proto 6 src 10.1.0.17 later 1 must proto 6 src 10.1.0.17 sport 80 later 0 -> src 192.0.2.98 sport 8080",
            "src 10.1.0.17 -> src 192.0.2.99",
            "src 10.1.0.16-10.1.0.31 -> src 10.1.0.16/28 to 192.0.2.16/28",
            "src 10.1.0.0-10.1.0.255 -> src 192.0.2.100-192.0.2.103 or not",
        ]
    );
    assert_eq!(
        show_table(&d, "ip nat inside source, inbound"),
        [
            "may proto 6 dst 192.0.2.98 dport 8080 later 0 | proto 6 dst 192.0.2.98 later 1 must proto 6 dst 192.0.2.98 dport 8080 later 0 -> dst 10.1.0.17 dport 80",
            "dst 192.0.2.99 -> dst 10.1.0.17",
            "dst 192.0.2.16-192.0.2.31 -> dst 192.0.2.16/28 to 10.1.0.16/28",
            "may dst 192.0.2.100-192.0.2.103 must none -> dst 10.1.0.0-10.1.0.255 or not",
        ]
    );
}

#[test]
fn a_deny_of_the_list_is_not_translated() {
    let d = device(
        "ip access-list extended NAT
 deny ip 10.1.0.0 0.0.0.255 10.0.0.0 0.255.255.255
 permit ip 10.1.0.0 0.0.0.255 any
ip nat inside source list NAT interface GigabitEthernet0/1 overload
",
    );
    assert_eq!(
        show_table(&d, "ip nat inside source"),
        [
            "src 10.1.0.0-10.1.0.255 dst 0.0.0.0-9.255.255.255,11.0.0.0-255.255.255.255 -> src 192.0.2.1 sport any or not"
        ]
    );
    assert!(d.nats.len() == 1, "overload lets nothing in by itself");
    let open = device(
        "access-list 1 permit any
ip nat settings mode cgn
ip nat inside source list 1 interface GigabitEthernet0/1 overload
",
    );
    assert_eq!(
        show_table(&open, "ip nat inside source, inbound"),
        ["may dst 192.0.2.1 must none -> dst unknown dport any or not"]
    );
}

#[test]
fn what_is_not_known_stays_open() {
    let d = device("ip nat inside source list NOSUCH pool NOSUCH overload\n");
    assert_eq!(show_table(&d, "ip nat inside source"), ["may all must none -> src unknown sport any or not"]);
    let d = device(
        "route-map RM permit 10
 match ip address IN
ip nat inside source route-map RM interface GigabitEthernet0/1 overload
ip nat inside source static 10.1.0.9 192.0.2.9 route-map RM
",
    );
    let rules = show_table(&d, "ip nat inside source");
    assert_eq!(rules[0], "may src 10.1.0.9 must none -> src 192.0.2.9");
    assert!(rules[1].ends_with("must none -> src 192.0.2.1 sport any or not"), "{rules:?}");
    // Two globals of one local address: either may be used.
    let d = device(
        "ip nat inside source static 10.1.0.9 192.0.2.8 extendable\nip nat inside source static 10.1.0.9 192.0.2.9 extendable\n",
    );
    assert_eq!(
        show_table(&d, "ip nat inside source"),
        ["may src 10.1.0.9 must none -> src 192.0.2.8", "may src 10.1.0.9 must none -> src 192.0.2.9"]
    );
}

#[test]
fn both_sides() {
    let d = device(
        "ip nat outside source static 198.51.100.7 10.1.0.200 add-route\nip nat inside source static 10.1.0.5 192.0.2.77\n",
    );
    let out = send(&d, "GigabitEthernet0/1", "GigabitEthernet0/0", "udp 198.51.100.7:1 192.0.2.77:53");
    assert_eq!(out, [("udp 10.1.0.200 -> 10.1.0.5 port 1 -> 53".to_owned(), true)]);
    let out = send(&d, "GigabitEthernet0/0", "GigabitEthernet0/1", "udp 10.1.0.5:53 10.1.0.200:1");
    assert_eq!(out, [("udp 192.0.2.77 -> 198.51.100.7 port 53 -> 1".to_owned(), true)]);
    assert!(d.vrfs[0].routes.iter().any(|r| r.prefix.to_string() == "10.1.0.200/32" && r.conditional));
}

#[test]
fn load_sharing() {
    let d = device(
        "access-list 2 permit 192.0.2.50
ip nat pool REAL 10.1.0.20 10.1.0.22 prefix-length 24 type rotary
ip nat inside destination list 2 pool REAL
",
    );
    assert_eq!(
        show_table(&d, "ip nat inside source, inbound"),
        ["may proto 6 dst 192.0.2.50 must none -> dst 10.1.0.20-10.1.0.22 or not"]
    );
}

#[test]
fn translation_between_vrfs_poisons_the_outside() {
    let text = "hostname r1
ip vrf RED
interface GigabitEthernet0/0
 ip vrf forwarding RED
 ip address 10.1.0.1 255.255.255.0
 ip nat inside
interface GigabitEthernet0/1
 ip address 192.0.2.1 255.255.255.0
 ip nat outside
ip nat inside source static 10.1.0.5 192.0.2.77 vrf RED
end
";
    let parsed = parse(text);
    let poisons: Vec<&str> = parsed.devices[0].poisons.iter().map(|p| p.why.as_str()).collect();
    assert_eq!(poisons, ["translation between VRFs"]);
    assert_eq!(parsed.ledger.get(10).unwrap().state, Coverage::Unsupported);
    // All in one VRF: nothing special, and exact.
    let same = text.replace(" ip address 192", " ip vrf forwarding RED\n ip address 192");
    let parsed = parse(&same);
    assert!(parsed.devices[0].poisons.is_empty());
    assert_eq!(show_table(&parsed.devices[0], "ip nat inside source"), ["src 10.1.0.5 -> src 192.0.2.77"]);
}

#[test]
fn a_translation_that_is_not_understood_poisons_the_device() {
    let parsed = parse(&format!("{INTERFACES}ip nat inside sauce static 10.1.0.5 192.0.2.77\nend\n"));
    assert!(parsed.devices[0].device_poison().is_some());
    assert!(parsed.devices[0].lists.iter().all(|l| l.default == Action::Deny));
}
