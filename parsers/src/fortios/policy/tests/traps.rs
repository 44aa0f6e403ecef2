//! The documented traps.

use sekisho_net::Field;

use super::fixture::{OBJECTS, ip, policy, read, read_as, tcp, udp};
use crate::fortios::version::Version;

const ACCEPT: &str = "        set action accept\n";

fn vip(name: &str, more: &str) -> String {
    format!(
        "config firewall vip\n    edit \"{name}\"\n        set extip 203.0.113.50\n        \
         set mappedip \"10.2.0.5\"\n        set extintf \"any\"\n{more}    next\nend\n"
    )
}

/// T1: a deny to `all` above does not stop translated packets unless `match-vip` is on.
#[test]
fn denies_and_virtual_addresses() {
    let text = |line: &str| {
        let deny = policy(1, "port1", "any", &format!("        set action deny\n{line}"));
        let accept = policy(2, "port1", "port3", ACCEPT).replace("set dstaddr \"all\"", "set dstaddr \"V1\"");
        format!("{OBJECTS}{}{deny}{accept}", vip("V1", ""))
    };
    let packet = tcp("198.51.100.9", "203.0.113.50", 22);
    let off = read(&text("        set match-vip disable\n"));
    let fate = off.send(1, 3, packet);
    assert!(fate.sure);
    assert!(fate.may.iter().all(|p| p.get(Field::Dst) == 0x0a02_0005), "{fate:?}");
    assert_eq!(read(&text("        set match-vip enable\n")).passes(1, 3, &packet), (false, false));
    // The default by release, and both where the release is not known.
    let by = |version| read_as(&text(""), version).passes(1, 3, &packet);
    assert_eq!(by(Some(Version::new(7, 2, 2))), (true, true));
    assert_eq!(by(Some(Version::new(6, 4, 9))), (true, true));
    assert_eq!(by(Some(Version::new(7, 2, 3))), (true, false));
    assert_eq!(by(Some(Version::new(7, 2, 4))), (false, false));
    assert_eq!(by(None), (true, false));
    // A packet to the mapped address itself is not translated: the deny stops it.
    assert_eq!(off.passes(1, 3, &tcp("198.51.100.9", "10.2.0.5", 22)), (false, false));
}

/// T2: file order, not number.
#[test]
fn order_of_the_file() {
    let deny = policy(1, "port2", "port3", "        set action deny\n")
        .replace("dstaddr \"all\"", "dstaddr \"SRV2\"");
    let text = format!("{OBJECTS}{}{deny}", policy(9, "port2", "port3", ACCEPT));
    assert_eq!(read(&text).passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (true, true));
    let text = format!("{OBJECTS}{deny}{}", policy(9, "port2", "port3", ACCEPT));
    let firewall = read(&text);
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (false, false));
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.6", 22)), (true, true));
}

/// T3 and others: nothing passes where no policy is, and a policy has one direction.
#[test]
fn implicit_deny() {
    let firewall = read(&format!("{OBJECTS}{}", policy(1, "port2", "port3", ACCEPT)));
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (true, true));
    assert_eq!(firewall.passes(3, 2, &tcp("10.2.0.5", "10.1.0.5", 22)), (false, false));
    assert_eq!(firewall.passes(2, 1, &tcp("10.1.0.5", "198.51.100.9", 22)), (false, false));
    assert_eq!(firewall.passes(2, 3, &tcp("2001:db8::1", "2001:db8::2", 22)), (false, false));
    assert_eq!(read("").passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (false, false));
}

/// T4: no `action` is a deny.
#[test]
fn missing_action() {
    let text = format!("{OBJECTS}{}{}", policy(1, "port2", "port3", ""), policy(2, "port2", "port3", ACCEPT));
    assert_eq!(read(&text).passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (false, false));
}

/// T5: negated addresses.
#[test]
fn negation() {
    let deny = policy(1, "port2", "port3", "        set action deny\n        set srcaddr-negate enable\n")
        .replace("srcaddr \"all\"", "srcaddr \"NET1\"");
    let firewall = read(&format!("{OBJECTS}{deny}{}", policy(2, "port2", "port3", ACCEPT)));
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (true, true));
    assert_eq!(firewall.passes(2, 3, &tcp("10.9.0.5", "10.2.0.5", 22)), (false, false));
    let service =
        policy(1, "port2", "port3", "        set action accept\n        set service-negate enable\n")
            .replace("service \"ALL\"", "service \"SSH\"");
    let firewall = read(&format!("{OBJECTS}{service}"));
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (false, false));
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 23)), (true, true));
    assert_eq!(firewall.passes(2, 3, &udp("10.1.0.5", "10.2.0.5", 22)), (true, true));
}

const ZONE: &str = "config system zone\n    edit \"Z\"\n        set intrazone allow\n        \
                    set interface \"port2\" \"port3\"\n    next\nend\n";

/// T8 and T9: traffic within a zone passes after the policies.
#[test]
fn within_a_zone() {
    let packet = tcp("10.1.0.5", "10.2.0.5", 22);
    assert_eq!(read(&format!("{OBJECTS}{ZONE}")).passes(2, 3, &packet), (true, true));
    let deny = policy(999, "any", "any", "");
    assert_eq!(read(&format!("{OBJECTS}{ZONE}{deny}")).passes(2, 3, &packet), (false, false));
    let closed = ZONE.replace("        set intrazone allow\n", "");
    assert_eq!(read(&format!("{OBJECTS}{closed}")).passes(2, 3, &packet), (false, false));
    let accept = policy(1, "Z", "Z", ACCEPT);
    assert_eq!(read(&format!("{OBJECTS}{closed}{accept}")).passes(2, 3, &packet), (true, true));
}

/// T11: an ICMPv6 service matches nothing in IPv4.
#[test]
fn icmp6_in_an_ipv4_policy() {
    let service = "config firewall service custom\n    edit \"ping6\"\n        set protocol ICMP6\n        \
                   set icmptype 128\n    next\nend\n";
    let accept = policy(5, "port2", "port3", ACCEPT).replace("service \"ALL\"", "service \"ping6\"");
    let firewall = read(&format!("{OBJECTS}{service}{accept}"));
    assert_eq!(firewall.passes(2, 3, &tcp("10.1.0.5", "10.2.0.5", 22)), (false, false));
    assert_eq!(firewall.passes(2, 3, &ip("10.1.0.5", "10.2.0.5", 58)), (false, false));
}

/// T12: destination ports, then source ports; blocks are alternatives.
#[test]
fn port_ranges() {
    let service = "config firewall service custom\n    edit \"S\"\n        \
                   set tcp-portrange 8000-8010:1024-65535 22\n        set udp-portrange 53\n    next\nend\n";
    let accept = policy(1, "port2", "port3", ACCEPT).replace("service \"ALL\"", "service \"S\"");
    let firewall = read(&format!("{OBJECTS}{service}{accept}"));
    let passes = |packet| firewall.passes(2, 3, &packet);
    assert_eq!(passes(tcp("10.1.0.5", "10.2.0.5", 22).with(Field::Sport, 5)), (true, true));
    assert_eq!(passes(tcp("10.1.0.5", "10.2.0.5", 8005)), (true, true));
    assert_eq!(passes(tcp("10.1.0.5", "10.2.0.5", 8005).with(Field::Sport, 5)), (false, false));
    assert_eq!(passes(tcp("10.1.0.5", "10.2.0.5", 53)), (false, false));
    assert_eq!(passes(udp("10.1.0.5", "10.2.0.5", 53)), (true, true));
    // A later fragment may belong to what passes.
    let later = tcp("10.1.0.5", "10.2.0.5", 9).with(Field::Fragment, 1);
    assert_eq!(passes(later.with(Field::Dport, 0)), (true, false));
}

/// A switched-off policy is no policy; a policy with a time may permit and need not deny.
#[test]
fn status_and_schedule() {
    let packet = tcp("10.1.0.5", "10.2.0.5", 22);
    let off = policy(1, "port2", "port3", "        set action accept\n        set status disable\n");
    assert_eq!(read(&format!("{OBJECTS}{off}")).passes(2, 3, &packet), (false, false));
    let at_times = |text: String| text.replace("schedule \"always\"", "schedule \"work\"");
    let accept = at_times(policy(1, "port2", "port3", ACCEPT));
    assert_eq!(read(&format!("{OBJECTS}{accept}")).passes(2, 3, &packet), (true, false));
    let deny = at_times(policy(1, "port2", "port3", ""));
    let open = policy(2, "port2", "port3", ACCEPT);
    assert_eq!(read(&format!("{OBJECTS}{deny}{open}")).passes(2, 3, &packet), (true, false));
    let always =
        "config firewall schedule recurring\n    edit \"always\"\n        set day monday\n    next\nend\n";
    assert_eq!(read(&format!("{OBJECTS}{always}{open}")).passes(2, 3, &packet), (true, false));
}

/// What no header shows may match and never must.
#[test]
fn users_and_databases() {
    let packet = tcp("10.1.0.5", "10.2.0.5", 22);
    for line in
        ["set groups \"staff\"", "set users \"taro\"", "set tos-mask 0x10", "set policy-expiry enable"]
    {
        let accept = policy(1, "port2", "port3", &format!("{ACCEPT}        {line}\n"));
        assert_eq!(read(&format!("{OBJECTS}{accept}")).passes(2, 3, &packet), (true, false), "{line}");
        let deny = policy(1, "port2", "port3", &format!("        {line}\n"));
        let open = policy(2, "port2", "port3", ACCEPT);
        let firewall = read(&format!("{OBJECTS}{deny}{open}"));
        assert_eq!(firewall.passes(2, 3, &packet), (true, false), "{line}");
    }
    let by_database =
        policy(1, "port2", "port3", "        set action accept\n        set internet-service enable\n")
            .replace("        set dstaddr \"all\"\n", "")
            .replace("        set service \"ALL\"\n", "");
    let firewall = read(&format!("{OBJECTS}{by_database}"));
    assert_eq!(firewall.passes(2, 3, &packet), (true, false));
    assert!(firewall.codes().is_empty(), "{:?}", firewall.marks.diagnostics);
    // Inspection profiles are permits.
    let inspected = policy(1, "port2", "port3", &format!("{ACCEPT}        set av-profile \"default\"\n"));
    assert_eq!(read(&format!("{OBJECTS}{inspected}")).passes(2, 3, &packet), (true, true));
}

/// A policy of an unknown action may be either, for translated packets as well.
#[test]
fn unknown_actions() {
    let strange = policy(2, "port1", "port3", "        set action divert\n        set match-vip disable\n");
    let text = format!("{OBJECTS}{}{strange}", vip("V1", ""));
    let firewall = read(&text);
    assert_eq!(firewall.passes(1, 3, &tcp("198.51.100.9", "203.0.113.50", 22)), (true, false));
    assert_eq!(firewall.passes(1, 3, &tcp("198.51.100.9", "10.2.0.5", 22)), (true, false));
    let named = text.replace("dstaddr \"all\"", "dstaddr \"V1\"");
    assert_eq!(read(&named).passes(1, 3, &tcp("198.51.100.9", "203.0.113.50", 22)), (true, false));
}
