//! Interfaces, zones, hairpins, tables beside each other, and how many lists they become.

use std::fmt::Write as _;

use sekisho_model::Action;
use sekisho_net::Family;

use super::fixture::{OBJECTS, policy, read, read_as, read_with, tcp, udp};
use crate::fortios::codes_policy as codes;
use crate::fortios::version::Version;

const ACCEPT: &str = "        set action accept\n";

#[test]
fn several_interfaces_and_any() {
    let text = policy(1, "port1\" \"port2", "port3", ACCEPT);
    let firewall = read(&format!("{OBJECTS}{text}"));
    assert!(firewall.passes(1, 3, &tcp("10.1.0.5", "10.2.0.5", 22)).1);
    assert!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)).1);
    assert!(!firewall.passes(2, 1, &tcp("10.1.0.5", "10.2.0.5", 22)).0);
    let firewall = read(&format!("{OBJECTS}{}", policy(1, "any", "port1", ACCEPT)));
    assert!(firewall.passes(3, 1, &tcp("10.2.0.5", "198.51.100.1", 22)).1);
}

#[test]
fn names_that_nothing_has_may_be_any() {
    let firewall = read(&format!("{OBJECTS}{}", policy(1, "lan", "port3", ACCEPT)));
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (true, false));
    assert_eq!(firewall.passes(2, 1, &tcp("10.1.0.5", "10.2.0.5", 22)), (false, false));
    assert_eq!(firewall.codes(), [codes::POLICY_INTERFACE]);
    let deny = policy(1, "lan", "port3", "");
    let firewall = read(&format!("{OBJECTS}{deny}{}", policy(2, "port2", "port3", ACCEPT)));
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (true, false));
    let zone = "config system zone\n    edit \"Z\"\n        set interface \"port2\"\n    next\nend\n";
    let firewall = read(&format!("{OBJECTS}{zone}{}", policy(1, "port2", "port3", ACCEPT)));
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (true, false));
}

#[test]
fn by_the_interface_of_arrival() {
    let packet = tcp("10.1.0.5", "10.1.0.9", 22);
    let by = |version| read_as(OBJECTS, version).passes(2, 2, &packet);
    assert_eq!(by(Some(Version::new(7, 4, 9))), (true, false));
    assert_eq!(by(Some(Version::new(7, 4, 10))), (false, false));
    assert_eq!(by(Some(Version::new(7, 6, 4))), (true, false));
    assert_eq!(by(Some(Version::new(7, 6, 5))), (false, false));
    assert_eq!(by(None), (true, false));
    let off = "config system global\n    set allow-traffic-redirect disable\nend\n";
    assert_eq!(read(&format!("{off}{OBJECTS}")).passes(2, 2, &packet), (false, false));
    let accept = policy(1, "port2", "port2", ACCEPT);
    assert_eq!(read(&format!("{off}{OBJECTS}{accept}")).passes(2, 2, &packet), (true, true));
}

#[test]
fn ipv6_in_one_table_and_in_its_own() {
    let six = tcp("2001:db8:1::5", "2001:db8:2::5", 22);
    let four = tcp("10.1.0.5", "10.2.0.5", 22);
    let objects =
        "config firewall address6\n    edit \"N6\"\n        set ip6 2001:db8:1::/64\n    next\nend\n";
    let joint = policy(
        1,
        "port2",
        "port3",
        "        set action accept\n        set srcaddr6 \"N6\"\n        set dstaddr6 \"all\"\n",
    );
    let firewall = read(&format!("{OBJECTS}{objects}{joint}"));
    assert_eq!(firewall.passes(2, 3, &six), (true, true));
    assert_eq!(firewall.passes(2, 3, &tcp("2001:db8:9::5", "2001:db8:2::5", 22)), (false, false));
    assert_eq!(firewall.passes(2, 3, &four), (true, true));
    let only_six = joint.replace("        set srcaddr \"all\"\n        set dstaddr \"all\"\n", "");
    let firewall = read(&format!("{OBJECTS}{objects}{only_six}"));
    assert_eq!((firewall.passes(2, 3, &six), firewall.passes(2, 3, &four)), ((true, true), (false, false)));
    let own = policy(1, "port2", "port3", ACCEPT).replace("firewall policy", "firewall policy6");
    let firewall = read(&format!("{OBJECTS}{own}"));
    assert_eq!((firewall.passes(2, 3, &six), firewall.passes(2, 3, &four)), ((true, true), (false, false)));
    // Half a family may be anything; nothing is certain of it.
    let half = joint.replace("        set dstaddr6 \"all\"\n", "");
    let firewall = read(&format!("{OBJECTS}{objects}{half}"));
    assert_eq!((firewall.passes(2, 3, &six), firewall.passes(2, 3, &four)), ((true, false), (true, true)));
    assert!(firewall.codes().contains(&codes::POLICY_INCOMPLETE));
    let consolidated = policy(1, "port2", "port3", ACCEPT)
        .replace("firewall policy", "firewall consolidated policy")
        .replace("srcaddr \"", "srcaddr4 \"")
        .replace("dstaddr \"", "dstaddr4 \"");
    let firewall = read(&format!("{OBJECTS}{consolidated}"));
    assert_eq!((firewall.passes(2, 3, &six), firewall.passes(2, 3, &four)), ((false, false), (true, true)));
    // Two tables for one family: nobody knows which is in use.
    let both = format!("{OBJECTS}{consolidated}{}", policy(2, "port2", "port3", ""));
    assert!(read(&both).device.device_poison().is_some());
}

#[test]
fn multicast_meets_its_own_policies() {
    let group = tcp("10.1.0.5", "239.1.1.1", 5000);
    let text = "config firewall multicast-policy\n    edit 1\n        set srcintf \"port2\"\n        \
                set dstintf \"port3\"\n        set srcaddr \"NET1\"\n        set dstaddr \"all\"\n    next\nend\n";
    let firewall = read(&format!("{OBJECTS}{text}"));
    assert_eq!(firewall.passes(2, 3, &group), (true, false));
    assert_eq!(firewall.passes(2, 1, &group), (false, false));
    assert_eq!(firewall.passes(2, 3, &tcp("10.9.0.5", "239.1.1.1", 5000)), (false, false));
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 5000)), (false, false));
}

#[test]
fn tables_that_are_not_modelled() {
    let entry = |path: &str| {
        format!("config firewall {path}\n    edit 1\n        set action accept\n    next\nend\n")
    };
    for path in ["security-policy", "proxy-policy", "policy64", "vip46"] {
        let firewall = read(&format!("{OBJECTS}{}", entry(path)));
        assert!(firewall.device.device_poison().is_some(), "{path}");
        let empty = format!("{OBJECTS}config firewall {path}\nend\n");
        assert!(read(&empty).device.device_poison().is_none(), "{path}");
    }
    for line in ["set nat64 enable", "set permit-any-host enable", "set ssl-mirror enable", "set wccp enable"]
    {
        let text = policy(1, "port2", "port3", &format!("{ACCEPT}        {line}\n"));
        assert!(read(&format!("{OBJECTS}{text}")).device.device_poison().is_some(), "{line}");
    }
    let ipsec = policy(1, "port2", "port1", "        set action ipsec\n        set vpntunnel \"T\"\n");
    let firewall = read(&format!("{OBJECTS}{ipsec}"));
    assert!(firewall.device.device_poison().is_some());
    assert_eq!(firewall.passes(2, 1, &tcp("10.1.0.5", "198.51.100.1", 22)), (true, false));
    let local = "config firewall local-in-policy\n    edit 1\n        set intf \"port1\"\n    next\nend\n";
    assert_eq!(read(&format!("{OBJECTS}{local}")).device.management.len(), 1);
}

#[test]
fn lines_name_their_policy_and_objects() {
    let text = policy(42, "port2", "port3", ACCEPT).replace("srcaddr \"all\"", "srcaddr \"NET1\"");
    let firewall = read(&format!("{OBJECTS}{text}"));
    let list = firewall.list(2, 3, Family::V4);
    assert_eq!(
        (list.name.as_str(), list.default, list.stateful),
        ("policy port2 -> port3", Action::Deny, true)
    );
    let line = &list.lines[0];
    assert_eq!(firewall.quote(line.span), "edit 42");
    let origins: Vec<&str> = line.origins.iter().map(|s| firewall.quote(*s)).collect();
    assert!(origins.contains(&"edit \"NET1\"") && origins.contains(&"edit \"ALL\""), "{origins:?}");
    assert!(
        firewall
            .device
            .sets
            .iter()
            .any(|s| s.name == "NET1" && s.matches.may_match(&udp("10.1.0.9", "8.8.8.8", 1)))
    );
}

/// Ten zones of five interfaces: lists are per pair of zones with policies, not per pair of interfaces.
#[test]
fn lists_are_shared() {
    let ports: Vec<String> = (0..50).map(|n| format!("10.{n}.0.1/24")).collect();
    let ports: Vec<[&str; 2]> = ports.iter().map(|p| [p.as_str(), ""]).collect();
    let mut text = OBJECTS.to_owned();
    text.push_str("config system zone\n");
    for zone in 0..10 {
        let members: String = (1..=5).map(|n| format!(" \"port{}\"", zone * 5 + n)).collect();
        write!(text, "    edit \"Z{zone}\"\n        set interface{members}\n    next\n").unwrap();
    }
    text.push_str("end\n");
    for zone in 0..9 {
        text.push_str(&policy(zone + 1, &format!("Z{zone}"), &format!("Z{}", zone + 1), ACCEPT));
    }
    let off = "config system global\n    set allow-traffic-redirect disable\n    set ipv6-allow-traffic-redirect disable\nend\n";
    let firewall = read_with(&format!("{off}{text}"), None, &ports);
    // Nine with a policy and one without, for two families.
    assert_eq!(firewall.device.lists.len(), 20);
    assert!(firewall.passes(1, 10, &tcp("10.0.0.5", "10.9.0.5", 22)).1);
    assert!(!firewall.passes(10, 1, &tcp("10.9.0.5", "10.0.0.5", 22)).0);
    let stages: usize = firewall.device.interfaces.iter().map(|i| i.egress.len()).sum();
    assert!(stages <= 50 * 4, "{stages}");
}
