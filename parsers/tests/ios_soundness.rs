//! What if a line that keeps networks apart were missing, garbled, or meant the opposite? Each case
//! names the line, and says how the model must weaken.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use sekisho_diag::SourceMap;
use sekisho_model::{Action, AdminState, Coverage, Device, Encapsulation, Interface, L2Mode, Stage, VrfId};
use sekisho_parsers::{ParsedConfig, ios};

fn parse(text: &str) -> ParsedConfig {
    let mut sources = SourceMap::default();
    let file = sources.add("r1.cfg", text);
    let parsed = ios::parse(file, sources.get(file).unwrap(), "r1");
    assert_eq!(parsed.ledger.unaccounted().count(), 0, "{text}");
    parsed
}

/// The example with one line replaced; an empty replacement leaves the line out.
fn with(line: &str, replacement: &str) -> Device {
    assert!(SAMPLE.contains(line), "{line}");
    parse(&SAMPLE.replacen(line, replacement, 1)).devices.remove(0)
}

fn interface<'a>(device: &'a Device, name: &str) -> &'a Interface {
    device.find_interface(name).unwrap().1
}

fn poisoned(device: &Device, name: &str) -> bool {
    let (id, _) = device.find_interface(name).unwrap();
    device.interface_poison(id).is_some() || device.device_poison().is_some()
}

const SAMPLE: &str = "\
hostname r1
!
ip vrf RED
 rd 65000:1
!
interface GigabitEthernet0/0
 ip vrf forwarding RED
 ip address 10.1.0.1 255.255.255.0
 ip access-group IN in
!
interface GigabitEthernet0/1
 ip address 10.2.0.1 255.255.255.0
 shutdown
!
interface GigabitEthernet0/2
 no ip address
!
interface GigabitEthernet0/2.10
 encapsulation dot1Q 10
 ip address 10.3.0.1 255.255.255.0
!
interface GigabitEthernet1/1
 switchport
 switchport access vlan 10
 switchport mode access
!
interface GigabitEthernet1/2
 switchport
 switchport trunk allowed vlan 10,20
 switchport mode trunk
!
ip access-list extended IN
 permit tcp any any eq 443
!
banner motd ^C
 no trespassing
^C
ip route 10.9.0.0 255.255.0.0 10.2.0.2
no ip source-route
end
";

#[test]
fn the_sample_is_understood() {
    let parsed = parse(SAMPLE);
    assert!(parsed.ends);
    assert!(parsed.devices[0].poisons.is_empty(), "{:?}", parsed.devices[0].poisons);
    assert_eq!(parsed.ledger.count(Coverage::Unrecognized), 0);
}

#[test]
fn vrf_binding() {
    let sure = with("hostname r1", "hostname r1");
    let l3 = interface(&sure, "Gi0/0").l3.clone().unwrap();
    assert_ne!(l3.vrf, VrfId(0));
    // Missing: the global table.
    let missing = with(" ip vrf forwarding RED\n", "");
    assert_eq!(interface(&missing, "Gi0/0").l3.as_ref().unwrap().vrf, VrfId(0));
    // Garbled: nothing is certain about the interface.
    for garbled in [" ip vrf forwardin RED", " ip vrf forwarding", " ip vrf forwarding RED x", " vrf RED"] {
        assert!(poisoned(&with(" ip vrf forwarding RED", garbled), "Gi0/0"), "{garbled}");
    }
    // Another name: a VRF that the file does not define leaks both ways.
    let other = with(" ip vrf forwarding RED", " ip vrf forwarding REDD");
    let vrf = other.vrf(other.find_vrf("REDD").unwrap()).unwrap();
    assert_eq!(vrf.unknown_routes.len(), 2);
    assert!(vrf.leaks.iter().any(|l| l.from == VrfId(0)));
    assert!(other.vrfs[0].leaks.iter().any(|l| Some(l.from) == other.find_vrf("REDD")));
    // A later `no`: the global table again.
    let off = with(" ip access-group IN in", " no ip vrf forwarding RED");
    assert!(poisoned(&off, "Gi0/0"), "it removes the addresses before it");
}

#[test]
fn route_targets() {
    let leaks = |lines: &str| {
        let text = format!("ip vrf A\n{lines}ip vrf B\n route-target export 1:2\nend\n");
        let device = parse(&text).devices.remove(0);
        (device.vrfs[1].leaks.len(), device.device_poison().is_some())
    };
    assert_eq!(leaks(" route-target import 1:1\n"), (0, false));
    assert_eq!(leaks(" route-target import 1:2\n"), (1, false));
    assert_eq!(leaks(" route-target both 1:2\n"), (1, false));
    assert_eq!(leaks(" route-target import 1:2\n no route-target import 1:2\n"), (0, false));
    for garbled in [
        " route-target import 1:2x\n",
        " route-target imprt 1:2\n",
        " route-target import\n",
        " import 1:2\n",
    ] {
        assert!(leaks(garbled).1, "{garbled}");
    }
}

#[test]
fn access_group() {
    let filters = |d: &Device| {
        interface(d, "Gi0/0").ingress.iter().filter(|s| matches!(s, Stage::Filter { .. })).count()
    };
    assert_eq!(filters(&parse(SAMPLE).devices[0]), 1);
    assert_eq!(filters(&with(" ip access-group IN in\n", "")), 0);
    let undefined = with(" ip access-group IN in", " ip access-group OTHER in");
    let bound = undefined.lists.iter().find(|l| l.name == "OTHER").unwrap();
    assert_eq!(
        (bound.lines.len(), bound.default, bound.span),
        (0, Action::Permit, None),
        "it filters nothing"
    );
    assert_eq!(filters(&with(" ip access-group IN in", " ip access-group IN out")), 0);
    assert_eq!(
        filters(&with(" ip access-group IN in", " ip access-group IN in\n no ip access-group IN in")),
        0
    );
    for garbled in [
        " ip access-group IN",
        " ip access-grup IN in",
        " ip access-group IN in common",
        " access-group IN in",
    ] {
        assert!(poisoned(&with(" ip access-group IN in", garbled), "Gi0/0"), "{garbled}");
    }
}

#[test]
fn shutdown() {
    let state = |d: &Device| interface(d, "Gi0/1").admin;
    assert_eq!(state(&parse(SAMPLE).devices[0]), AdminState::Down);
    assert_eq!(state(&with(" shutdown\n", "")), AdminState::Up);
    assert_eq!(state(&with(" shutdown", " shutdown\n no shutdown")), AdminState::Up);
    for garbled in [" shutdow", " shutdown now", " shut", " SHUT DOWN"] {
        let device = with(" shutdown", garbled);
        assert_eq!(state(&device), AdminState::Up, "{garbled}");
        assert!(poisoned(&device, "Gi0/1"), "{garbled}");
    }
}

#[test]
fn access_vlan() {
    let port = |d: &Device| interface(d, "Gi1/1").l2.clone().unwrap();
    assert_eq!(port(&parse(SAMPLE).devices[0]).access_vlan, 10);
    assert_eq!(port(&with(" switchport access vlan 10\n", "")).access_vlan, 1);
    assert_eq!(port(&with(" switchport mode access\n", "")).mode, L2Mode::Dynamic);
    assert!(interface(&with(" switchport mode access", " no switchport"), "Gi1/1").l2.is_none());
    for garbled in [
        " switchport access vlan 5000",
        " switchport access vlan",
        " switchport access vlan 10 20",
        " switchport access van 10",
    ] {
        assert!(poisoned(&with(" switchport access vlan 10", garbled), "Gi1/1"), "{garbled}");
    }
}

#[test]
fn allowed_vlans() {
    let allows = |d: &Device, vlan| interface(d, "Gi1/2").l2.clone().unwrap().allowed.contains(vlan);
    let sure = &parse(SAMPLE).devices[0];
    assert!(allows(sure, 20) && !allows(sure, 30));
    assert!(allows(&with(" switchport trunk allowed vlan 10,20\n", ""), 30));
    assert!(allows(&with("vlan 10,20\n", "vlan 10,20\n switchport trunk allowed vlan add 30\n"), 30));
    assert!(allows(&with("vlan 10,20\n", "vlan except 10,20\n"), 30));
    assert!(allows(&with("vlan 10,20\n", "vlan 10,20\n no switchport trunk allowed vlan\n"), 30));
    for garbled in ["vlan 10,,20", "vlan 20-10", "vlan 10,20,", "vlan 10 20", "vlan 10,2O"] {
        assert!(poisoned(&with("vlan 10,20", garbled), "Gi1/2"), "{garbled}");
    }
}

#[test]
fn encapsulation() {
    let tag = |d: &Device| interface(d, "Gi0/2.10").encapsulation;
    assert_eq!(tag(&parse(SAMPLE).devices[0]), Encapsulation::Vlan(10));
    assert_eq!(tag(&with(" encapsulation dot1Q 10\n", "")), Encapsulation::Unknown);
    assert_eq!(tag(&with("dot1Q 10", "dot1Q 10 native")), Encapsulation::Untagged);
    for garbled in [
        " encapsulation dot1Q",
        " encapsulation dot1Q 10 x",
        " encapsulation dot1Q 4095",
        " encapsulation dot1Q 10 second-dot1q 20",
    ] {
        assert!(poisoned(&with(" encapsulation dot1Q 10", garbled), "Gi0/2.10"), "{garbled}");
    }
}

#[test]
fn banner_delimiter() {
    let anywhere = |d: &Device| d.anywhere_poison().is_some();
    // The end is missing: what follows is read as configuration, and nothing is certain.
    assert!(anywhere(&with("\n^C\n", "\n")));
    // The end comes too late: configuration was swallowed.
    let swallowed = "banner motd ^C\nip access-list extended IN\n permit ip any any\n^C\n";
    assert!(anywhere(&with("!\nip access-list", &format!("{swallowed}!\nip access-list"))));
    assert!(anywhere(&with(" no trespassing", "interface GigabitEthernet0/5")));
    // Ordinary prose with the same words is prose.
    assert!(!anywhere(&with(" no trespassing", " the interface of this router is monitored")));
}

#[test]
fn lost_indentation() {
    // Statements of an interface at the top level may belong to an interface that nobody has read.
    let text: String = SAMPLE.lines().map(|l| format!("{}\n", l.trim_start())).collect();
    assert!(parse(&text).devices[0].anywhere_poison().is_some());
    // A damaged opening line.
    for garbled in [
        "interfac GigabitEthernet0/1",
        "interface Gigabit",
        "interface GigabitEthernet0/1 x",
        "xinterface GigabitEthernet0/1",
    ] {
        assert!(with("interface GigabitEthernet0/1", garbled).anywhere_poison().is_some(), "{garbled}");
    }
    // An opening line that is indented falls into the block above it.
    for above in ABOVE {
        let text = format!(
            "hostname r1\n{above} interface GigabitEthernet0/1\n ip address 10.1.0.1 255.255.255.0\nend\n"
        );
        let device = parse(&text).devices.remove(0);
        assert!(device.anywhere_poison().is_some(), "{text}{:?}", device.poisons);
        let text = format!(
            "hostname r1\n{above}  interface GigabitEthernet0/1\n  ip address 10.1.0.1 255.255.255.0\nend\n"
        );
        let device = parse(&text).devices.remove(0);
        assert!(device.anywhere_poison().is_some(), "{text}{:?}", device.poisons);
    }
}

/// Blocks into which a line with a damaged indentation may fall.
const ABOVE: &[&str] = &[
    "interface GigabitEthernet0/0\n ip address 10.2.0.1 255.255.255.0\n",
    "interface GigabitEthernet0/0\n shutdown\n",
    "ip vrf RED\n rd 1:1\n",
    "vrf definition RED\n address-family ipv4\n",
    "vlan 10\n name X\n",
    "line vty 0 4\n login\n",
    "router ospf 1\n router-id 1.1.1.1\n",
    "router bgp 1\n address-family ipv4\n",
    "archive\n log config\n",
    "ip dhcp pool X\n network 10.0.0.0 255.0.0.0\n",
    "aaa group server radius X\n server 10.0.0.1\n",
    "crypto isakmp policy 10\n encr aes\n",
    "crypto map M 10 ipsec-isakmp\n set peer 10.0.0.1\n",
    "policy-map P\n class C\n",
    "class-map match-any C\n match dscp ef\n",
    "event manager applet A\n event none\n",
    "control-plane\n",
    "ip sla 1\n icmp-echo 10.0.0.1\n",
    "hostname r2\n",
    "ip route 10.0.0.0 255.0.0.0 Null0\n",
    "ntp server 10.0.0.1\n",
    "ip access-list extended A\n permit ip any any\n",
    "ip access-list standard A\n permit any\n",
    "ipv6 access-list A\n permit ipv6 any any\n",
    "object-group network N\n host 10.0.0.1\n",
    "time-range T\n periodic daily 0:00 to 1:00\n",
    "route-map R permit 10\n set ip next-hop 10.0.0.1\n",
    "class-map type inspect match-any C\n match protocol tcp\n",
    "policy-map type inspect P\n class type inspect C\n  inspect\n",
    "zone security Z\n description x\n",
    "zone-pair security P source A destination B\n service-policy type inspect P\n",
    "parameter-map type inspect P\n audit-trail on\n",
    "access-list 10 permit any\n",
    "ip nat inside source list 1 interface GigabitEthernet0/0 overload\n",
];

#[test]
fn an_unread_line_may_be_no_shutdown() {
    let device = with(" shutdown", " shutdown\n no shutdwn");
    assert_eq!(interface(&device, "Gi0/1").admin, AdminState::Up);
    let shut = with(" shutdown", " shutdown\n mpls ip");
    assert_eq!(interface(&shut, "Gi0/1").admin, AdminState::Down, "a known line is no `no shutdown`");
}

#[test]
fn a_line_that_does_not_exist_is_never_harmless() {
    for line in [
        "frobnicate",
        "no frobnicate",
        "ip frobnicate",
        "logging",
        "ip route",
        "default interface",
        "interface",
    ] {
        let device = with("no ip source-route", line);
        assert!(device.device_poison().is_some(), "{line}");
    }
}

/// Cuts the sample after every byte, and changes every byte in turn: nothing panics, and every line has
/// a state.
#[test]
fn robustness() {
    for cut in 0..SAMPLE.len() {
        if let Some(text) = SAMPLE.get(..cut) {
            parse(text);
        }
    }
    let strange = [
        '\0', '\t', '\r', ' ', '!', '^', '\u{3}', '/', ',', '-', '.', ':', '0', '9', 'a', 'é', '関', '\u{a0}',
    ];
    for at in 0..SAMPLE.len() {
        for (index, replacement) in strange.iter().enumerate() {
            if (at + index) % 3 != 0 {
                continue;
            }
            let text = format!("{}{replacement}{}", SAMPLE.get(..at).unwrap(), SAMPLE.get(at + 1..).unwrap());
            parse(&text);
        }
    }
}

/// A damaged line never leaves the device both unpoisoned and without the filter.
#[test]
fn a_garbled_binding_is_noticed() {
    let line = " ip access-group IN in";
    for at in 1..line.len() {
        let garbled = format!("{}%{}", line.get(..at).unwrap(), line.get(at + 1..).unwrap());
        let device = with(line, &garbled);
        let filtered = !interface(&device, "Gi0/0").ingress.is_empty();
        let named = device.poisons.is_empty()
            && !filtered
            && garbled.contains(" ip access-group ")
            && garbled.ends_with(" in");
        assert!(!device.poisons.is_empty() || filtered || named, "{garbled}");
    }
}

/// Inputs of all vectors.
fn vectors() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/ios");
    let mut paths: Vec<_> =
        std::fs::read_dir(root).unwrap().flatten().map(|e| e.path().join("input.cfg")).collect();
    paths.sort();
    paths.iter().filter_map(|p| std::fs::read_to_string(p).ok()).collect()
}

#[test]
fn vectors_cut_after_every_line() {
    for text in vectors() {
        let mut end = 0;
        for line in text.split_inclusive('\n') {
            parse(text.get(..end + line.len() / 2).unwrap_or_default());
            end += line.len();
            parse(text.get(..end).unwrap());
        }
    }
}

/// A slip of the finger in a line whose meaning is in the model never makes it a harmless line. (Lines
/// of families that speak of management only stay in their family.)
#[test]
fn a_damaged_line_is_not_ignored() {
    let mut harmless = Vec::new();
    for text in vectors() {
        let before = parse(&text).ledger;
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let number = u32::try_from(index + 1).unwrap();
            // What was not understood before may be prose.
            if matches!(before.get(number).unwrap().state, Coverage::Ignored | Coverage::Unrecognized) {
                continue;
            }
            for at in line.len() - line.trim_start().len()..line.len() {
                let (Some(head), Some(tail)) = (line.get(..at), line.get(at + 1..)) else { continue };
                for damaged in [format!("{head}{tail}"), format!("{head}x{tail}")] {
                    if damaged.trim().is_empty()
                        || damaged.contains("remark")
                        || damaged.contains("description")
                        || damaged.starts_with("snmp-server ")
                        || damaged.starts_with("ntp ")
                    {
                        continue;
                    }
                    let mut all = lines.clone();
                    all.splice(index..=index, [damaged.as_str()]);
                    let state = parse(&format!("{}\n", all.join("\n"))).ledger.get(number).unwrap().state;
                    if state == Coverage::Ignored {
                        harmless.push(format!("`{line}` became `{damaged}`"));
                    }
                }
            }
        }
    }
    assert!(harmless.is_empty(), "{}", harmless.join("\n"));
}
