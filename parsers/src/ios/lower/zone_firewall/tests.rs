//! Gates between zones.

use sekisho_model::Coverage;

use crate::ios::lower::acl::tests::show_list;
use crate::ios::lower::nat::tests::{parse, send};

const BASE: &str = "hostname r1
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
 ipv6 address 2001:db8:1::1/64
 zone-member security IN
interface GigabitEthernet0/1
 ip address 10.2.0.1 255.255.255.0
 ipv6 address 2001:db8:2::1/64
 zone-member security OUT
interface GigabitEthernet0/2
 ip address 10.3.0.1 255.255.255.0
interface GigabitEthernet0/3
 ip address 10.4.0.1 255.255.255.0
 zone-member security IN
zone security IN
zone security OUT
";

const POLICY: &str = "ip access-list extended SERVERS
 permit ip any host 10.2.0.5
class-map type inspect match-all WEB
 match access-group name SERVERS
 match protocol tcp
class-map type inspect match-any APPS
 match protocol http
 match protocol nosuchapp
class-map type inspect match-any BAD
 match protocol telnet
 match access-group name NOSUCH
class-map type inspect match-any PINGS
 match protocol icmp
policy-map type inspect P
 class type inspect WEB
  inspect
 class type inspect BAD
  drop log
 class type inspect PINGS
  pass
 class class-default
  drop
zone-pair security ZP source IN destination OUT
 service-policy type inspect P
";

fn verdict(text: &str, from: &str, to: &str, packet: &str) -> &'static str {
    let parsed = parse(text);
    assert_eq!(parsed.ledger.count(Coverage::Unrecognized), 0, "{text}");
    let name = |n: &str| format!("GigabitEthernet0/{n}");
    match send(&parsed.devices[0], &name(from), &name(to), packet).as_slice() {
        [] => "deny",
        [(_, true)] => "permit",
        _ => "maybe",
    }
}

#[test]
fn zones_without_pairs() {
    for (from, to, want) in [
        ("0", "1", "deny"),
        ("0", "2", "deny"),
        ("2", "0", "deny"),
        ("2", "2", "permit"),
        ("0", "3", "permit"),
        ("3", "0", "permit"),
    ] {
        assert_eq!(verdict(BASE, from, to, "tcp 10.1.0.5:40000 10.2.0.5:80"), want, "{from} to {to}");
    }
    assert_eq!(verdict(BASE, "0", "1", "tcp [2001:db8:1::5]:1 [2001:db8:2::5]:80"), "deny");
    let with_default = format!("{BASE}zone security default\n");
    assert_eq!(verdict(&with_default, "2", "0", "tcp 10.1.0.5:40000 10.2.0.5:80"), "deny");
    assert_eq!(verdict(&with_default, "2", "2", "tcp 10.1.0.5:40000 10.2.0.5:80"), "permit");
}

#[test]
fn a_pair_without_policy_drops_and_an_undefined_one_is_unknown() {
    let pair = format!("{BASE}zone-pair security ZP source IN destination OUT\n");
    assert_eq!(verdict(&pair, "0", "1", "udp 10.1.0.5:1 10.2.0.5:53"), "deny");
    let undefined = format!("{pair} service-policy type inspect NOSUCH\n");
    assert_eq!(verdict(&undefined, "0", "1", "udp 10.1.0.5:1 10.2.0.5:53"), "maybe");
    let zone = BASE.replace("zone security OUT\n", "");
    assert_eq!(verdict(&zone, "0", "1", "udp 10.1.0.5:1 10.2.0.5:53"), "maybe");
}

#[test]
fn policies() {
    let text = format!("{BASE}{POLICY}");
    for (packet, want) in [
        ("tcp 10.1.0.5:40000 10.2.0.5:80 flags=SYN", "permit"),
        ("tcp 10.1.0.5:40000 10.2.0.5:80 flags=ACK", "maybe"),
        ("udp 10.1.0.5:40000 10.2.0.5:80", "deny"),
        ("tcp 10.1.0.5:40000 10.2.0.6:80", "deny"),
        ("icmp 10.1.0.5 10.2.0.9 8 0", "maybe"),
        ("tcp [2001:db8:1::5]:1 [2001:db8:2::5]:80", "deny"),
    ] {
        assert_eq!(verdict(&text, "0", "1", packet), want, "{packet}");
    }
    // Nothing in the other direction, and nothing by the pair from third interfaces.
    assert_eq!(verdict(&text, "1", "0", "tcp 10.2.0.5:80 10.1.0.5:40000 flags=SYN"), "deny");
    assert_eq!(verdict(&text, "2", "1", "tcp 10.1.0.5:40000 10.2.0.5:80 flags=SYN"), "deny");
}

#[test]
fn classes_shown() {
    let text = format!("{BASE}{POLICY}")
        .replace("class type inspect BAD\n  drop log", "class type inspect APPS\n  inspect");
    let parsed = parse(&text);
    let list = parsed.devices[0].lists.iter().find(|l| l.name == "policy-map P").unwrap();
    assert!(list.stateful);
    assert_eq!(
        show_list(list).lines().collect::<Vec<_>>(),
        [
            "permit may proto 6 dst 10.2.0.5 must proto 6 dst 10.2.0.5 flags 2&23 later 0",
            "permit may proto 6,17 dport 80 later 0 | proto 6,17 later 1 | all must none [protocol http, protocol nosuchapp]",
            "permit proto 1",
            "deny all",
            "else deny",
        ]
    );
    let mapped = parse(&format!("{text}ip port-map http port tcp 8080\n"));
    let list = mapped.devices[0].lists.iter().find(|l| l.name == "policy-map P").unwrap();
    assert!(show_list(list).contains("permit may proto 6,17 | all must none"));
}

#[test]
fn lines_that_are_not_understood() {
    let text = format!(
        "{BASE}class-map type inspect match-all C
 match access-gruop name X
policy-map type inspect P
 class type inspect C
  inspct
 class type inspect C
  inspect
zone-pair security ZP source IN destination OUT
 service-policy type inspect P
"
    );
    let parsed = parse(&text);
    assert_eq!(parsed.ledger.get(18).unwrap().scope.as_deref(), Some("class-map C"));
    // `inspct` may be anything: the whole device is uncertain.
    assert!(parsed.devices[0].device_poison().is_some());
    let limited =
        format!("{BASE}{}", POLICY.replace("  inspect\n", "  inspect\n  police rate 100 kbps burst 10\n"));
    assert_eq!(verdict(&limited, "0", "1", "tcp 10.1.0.5:40000 10.2.0.5:80 flags=SYN"), "maybe");
}

#[test]
fn a_policy_to_the_outside_does_not_depend_on_translation() {
    let nat = "access-list 1 permit 10.1.0.0 0.0.0.255
access-list 2 permit 10.1.0.0 0.0.0.255
class-map type inspect match-any LOCAL
 match access-group 2
class-map type inspect match-any GLOBAL
 match access-group 3
access-list 3 permit 10.2.0.1
policy-map type inspect Q
 class type inspect LOCAL
  pass
policy-map type inspect R
 class type inspect GLOBAL
  pass
ip nat inside source list 1 interface GigabitEthernet0/1 overload
";
    for policy in ["Q", "R"] {
        let text = format!("{BASE}{nat}zone-pair security ZP source IN destination OUT\n service-policy type inspect {policy}\n")
            .replace("255.255.255.0\n ipv6 address 2001:db8:1", "255.255.255.0\n ip nat inside\n ipv6 address 2001:db8:1")
            .replace("255.255.255.0\n ipv6 address 2001:db8:2", "255.255.255.0\n ip nat outside\n ipv6 address 2001:db8:2");
        assert_eq!(verdict(&text, "0", "1", "tcp 10.1.0.5:40000 9.9.9.9:80"), "maybe", "{policy}");
    }
}
