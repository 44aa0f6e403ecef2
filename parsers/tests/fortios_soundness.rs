//! What if a line that keeps networks apart were missing, garbled, or meant the opposite? Each case
//! names the line, and says how the model must weaken.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use sekisho_diag::SourceMap;
use sekisho_model::{
    AddressRole, AdminState, Coverage, Device, Encapsulation, Interface, InterfaceKind, NextHop,
    PolicyRouteAction, Stage, Tri,
};
use sekisho_net::Family;
use sekisho_parsers::{ParsedConfig, fortios};

fn parse(text: &str) -> ParsedConfig {
    let mut sources = SourceMap::default();
    let file = sources.add("fgt.conf", text);
    let parsed = fortios::parse(file, sources.get(file).unwrap(), "fgt");
    assert_eq!(parsed.ledger.unaccounted().count(), 0, "{text}");
    assert!(!parsed.devices.is_empty());
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

const SAMPLE: &str = r#"#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
#conf_file_ver=123
config system global
    set hostname "fw1"
    set timezone 60
end
config system interface
    edit "port1"
        set vdom "root"
        set ip 203.0.113.2 255.255.255.248
        set allowaccess ping https
        set type physical
        set alias "回線"
    next
    edit "port2"
        set vdom "root"
        set ip 10.1.0.1 255.255.255.0
        set type physical
        set secondary-IP enable
        set dhcp-relay-service enable
        set dhcp-relay-ip "10.2.0.53"
        config ipv6
            set ip6-address 2001:db8:1::1/64
        end
        config secondaryip
            edit 1
                set ip 10.1.9.1 255.255.255.0
            next
        end
        config vrrp
            edit 1
                set vrip 10.1.0.254
                set priority 200
            next
        end
    next
    edit "port3"
        set vdom "root"
        set type physical
        set status down
    next
    edit "port4"
        set vdom "root"
        set type physical
    next
    edit "port5"
        set vdom "root"
        set type physical
    next
    edit "agg1"
        set vdom "root"
        set type aggregate
        set member "port4" "port5"
    next
    edit "VLAN20"
        set vdom "root"
        set ip 10.2.0.1 255.255.255.0
        set interface "agg1"
        set vlanid 20
    next
    edit "VLAN30"
        set vdom "root"
        set ip 10.3.0.1 255.255.255.0
        set vrf 5
        set interface "agg1"
        set vlanid 30
    next
    edit "vpn1"
        set vdom "root"
        set type tunnel
        set interface "port1"
    next
end
config system zone
    edit "IN"
        set intrazone deny
        set interface "port2" "VLAN20"
    next
end
config system settings
    set asymroute disable
end
config log memory setting
    set status enable
end
config vpn ipsec phase1-interface
    edit "vpn1"
        set interface "port1"
        set remote-gw 198.51.100.9
        set psksecret ENC abcdef
    next
end
config firewall address
    edit "LAN"
        set subnet 10.1.0.0 255.255.255.0
    next
end
config firewall policy
    edit 1
        set name "out"
        set srcintf "IN"
        set dstintf "port1"
        set srcaddr "LAN"
        set dstaddr "all"
        set action accept
        set schedule "always"
        set service "HTTPS"
        set comments "office
to Internet"
    next
end
config router static
    edit 1
        set gateway 203.0.113.1
        set device "port1"
    next
    edit 2
        set dst 10.9.0.0 255.255.0.0
        set gateway 10.1.0.2
        set device "port2"
    next
    edit 3
        set dst 192.168.0.0 255.255.0.0
        set blackhole enable
        set distance 254
    next
end
config router policy
    edit 1
        set input-device "port2"
        set src "10.1.0.0/255.255.255.0"
        set gateway 10.2.0.2
        set output-device "VLAN20"
    next
end
config router multicast
end
"#;

#[test]
fn the_sample_is_understood() {
    let parsed = parse(SAMPLE);
    assert!(parsed.ends);
    let device = &parsed.devices[0];
    assert_eq!(device.name, "fw1");
    assert!(device.poisons.is_empty(), "{:?}", device.poisons);
    let bad: Vec<_> =
        parsed.ledger.iter().filter(|(_, s)| s.unwrap().state > Coverage::Approximated).collect();
    assert!(bad.is_empty(), "{bad:?}");
    let l3 = interface(device, "port2").l3.clone().unwrap();
    let addresses: Vec<(String, AddressRole)> =
        l3.addresses.iter().map(|a| (a.addr.to_string(), a.role)).collect();
    assert_eq!(
        addresses,
        [
            ("10.1.0.1".to_owned(), AddressRole::Own),
            ("10.1.9.1".to_owned(), AddressRole::Own),
            ("10.1.0.254".to_owned(), AddressRole::Shared),
            ("2001:db8:1::1".to_owned(), AddressRole::Own),
        ]
    );
    assert_eq!(interface(device, "port2").relays.len(), 1);
    let context = |name: &str| device.contexts[interface(device, name).context.0 as usize].name.clone();
    assert_eq!(context("port2"), "zone IN, port2");
    assert_eq!(context("port1"), "interface port1");
    assert_eq!(device.vrfs[0].routes.len(), 3);
    let vlan = interface(device, "VLAN20");
    assert_eq!((vlan.kind, vlan.encapsulation), (InterfaceKind::Subinterface, Encapsulation::Vlan(20)));
    assert_eq!(device.interface(vlan.parent.unwrap()).unwrap().name, "agg1");
    assert!(interface(device, "port4").aggregate.is_some() && interface(device, "port4").l3.is_none());
    let tunnel = interface(device, "vpn1");
    assert_eq!(tunnel.tunnel.as_ref().unwrap().destination.unwrap().to_string(), "198.51.100.9");
    assert!(tunnel.l3.as_ref().unwrap().unknown_v4.is_some(), "packets enter by a tunnel without an address");
}

#[test]
fn addresses() {
    let line = "set ip 10.2.0.1 255.255.255.0";
    for garbled in [
        "set ip 10.2.0.1",
        "set ip 10.2.0.1 255.0.255.0",
        "set ip 10.2.0 255.255.255.0",
        "set ip 10.2.0.1 255.255.255.0 x",
        "sett ip 10.2.0.1 255.255.255.0",
        "set ipp 10.2.0.1 255.255.255.0",
        "set",
        "frobnicate",
        "set ip 10.2.0.1/33",
    ] {
        let device = with(line, garbled);
        // One address without a mask is a host.
        assert!(poisoned(&device, "VLAN20") || garbled == "set ip 10.2.0.1", "{garbled}");
    }
    let slash = with(line, "set ip 10.2.0.1/24");
    assert!(slash.poisons.is_empty());
    let leased = with(line, "set mode dhcp");
    let l3 = interface(&leased, "VLAN20").l3.clone().unwrap();
    assert!(l3.unknown_v4.is_some() && l3.addresses.is_empty());
    assert!(leased.vrfs[0].routes.iter().any(|r| r.conditional && r.next_hop == NextHop::Unknown));
    let off = with("set secondary-IP enable", "set secondary-IP disable");
    assert_eq!(interface(&off, "port2").l3.as_ref().unwrap().addresses.len(), 3);
    assert!(poisoned(&with("set secondary-IP enable", "set secondary-IP enabl"), "port2"));
    assert!(poisoned(&with("set ip6-address 2001:db8:1::1/64", "set ip6-address 2001:db8:1::1"), "port2"));
    assert!(poisoned(&with("set ip6-address 2001:db8:1::1/64", "set ip6-adress 2001:db8:1::1/64"), "port2"));
    assert!(poisoned(&with("set vrip 10.1.0.254", "set vrip 10.1.0"), "port2"));
}

#[test]
fn tag_and_table() {
    let tag = |d: &Device| interface(d, "VLAN20").encapsulation;
    assert_eq!(tag(&with("        set vlanid 20\n", "")), Encapsulation::Unknown);
    for garbled in ["set vlanid 4095", "set vlanid", "set vlanid 20 30", "set vlanid x", "set vlanid 0"] {
        assert!(poisoned(&with("set vlanid 20", garbled), "VLAN20"), "{garbled}");
    }
    assert!(poisoned(&with("set interface \"agg1\"\n        set vlanid 20", "set vlanid 20"), "VLAN20"));
    // A parent that the file lacks may be anything.
    assert!(with("set interface \"agg1\"", "set interface \"agg2\"").anywhere_poison().is_some());
    let vrf = |d: &Device| d.vrf(interface(d, "VLAN30").l3.as_ref().unwrap().vrf).unwrap().name.clone();
    assert_eq!(vrf(&parse(SAMPLE).devices[0]), "vrf 5");
    assert_eq!(vrf(&with("        set vrf 5\n", "")), "default");
    assert!(poisoned(&with("set vrf 5", "set vrf x"), "VLAN30"));
    assert!(poisoned(&with("set vrf 5", "set vfr 5"), "VLAN30"));
}

#[test]
fn status() {
    let state = |d: &Device| interface(d, "port3").admin;
    assert_eq!(state(&parse(SAMPLE).devices[0]), AdminState::Down);
    assert_eq!(state(&with("        set status down\n", "")), AdminState::Up);
    for garbled in ["set status dwon", "set statu down", "status down", "set status", "set status down now"] {
        let device = with("set status down", garbled);
        assert_eq!(state(&device), AdminState::Up, "{garbled}");
        assert!(poisoned(&device, "port3"), "{garbled}");
    }
    // An unread line may be a damaged `set status up`.
    let doubtful = with("set status down", "set status down\n        set sttus up");
    assert_eq!(state(&doubtful), AdminState::Up);
}

#[test]
fn zones() {
    let zone = |d: &Device, name: &str| d.contexts[interface(d, name).context.0 as usize].name.clone();
    assert_eq!(zone(&with("\"port2\" \"VLAN20\"", "\"port2\""), "VLAN20"), "interface VLAN20");
    for garbled in ["set intrazone alow", "set intrzone deny", "set intrazone"] {
        assert!(with("set intrazone deny", garbled).device_poison().is_some(), "{garbled}");
    }
    assert!(
        with("set interface \"port2\" \"VLAN20\"", "set interfac \"port2\" \"VLAN20\"")
            .device_poison()
            .is_some()
    );
    assert!(with("\"port2\" \"VLAN20\"", "\"port2\" \"VLAN21\"").anywhere_poison().is_some());
    let twice = with(
        "config system settings",
        "config system zone\nedit Z\nset interface port2\nnext\nend\nconfig system settings",
    );
    assert!(twice.device_poison().is_some(), "an interface in two zones");
}

#[test]
fn settings_of_the_domain() {
    for bad in [
        "set asymroute enable",
        "set asymroute6 enable",
        "set opmode transparent",
        "set ngfw-mode policy-based",
        "set asymroute",
        "set frobnicate enable",
        "sett asymroute disable",
        "set allow-linkdown-path enable",
    ] {
        assert!(with("set asymroute disable", bad).device_poison().is_some(), "{bad}");
    }
    for harmless in ["set gui-vpn enable", "set sip-tcp-port 5060"] {
        assert!(with("set asymroute disable", harmless).poisons.is_empty(), "{harmless}");
    }
}

#[test]
fn tables_that_are_not_known() {
    for table in [
        "config system vxlan\nedit v\nset vni 5\nnext\nend\n",
        "config system virtual-wire-pair\nedit v\nset member port3 port4\nnext\nend\n",
        "config vpn ipsec phase1\nedit p\nset interface port1\nnext\nend\n",
        "config system frobnicator\nset x y\nend\n",
        "config log memory settings\nset x y\nend\n",
        "config web-proxy explicit\nset status enable\nend\n",
        "config switch-controller managed-switch\nedit S1\nnext\nend\n",
        "config firewall proxy-policy\nedit 1\nset action accept\nnext\nend\n",
    ] {
        let device = with("config router multicast\nend\n", table);
        assert!(device.device_poison().is_some(), "{table}");
    }
    // A table without content does nothing, whatever it is.
    assert!(
        with("config router multicast\n", "config system vxlan\nend\nconfig router multicast\n")
            .poisons
            .is_empty()
    );
    assert!(with("config log memory setting", "config log memory seting").device_poison().is_some());
}

fn unknown_routes(device: &Device, family: Family) -> bool {
    device.vrfs.iter().flat_map(|v| &v.unknown_routes).any(|(f, _)| *f == family)
}

#[test]
fn routes() {
    for garbled in [
        "set dst 10.9.0.0",
        "set dst 10.9.0.0 255.0.255.0",
        "set dts 10.9.0.0 255.255.0.0",
        "sett dst 10.9.0.0 255.255.0.0",
        "set internet-service 65537",
        "set dstaddr \"nobody\"",
        "frobnicate",
    ] {
        let device = with("set dst 10.9.0.0 255.255.0.0", garbled);
        let host = garbled == "set dst 10.9.0.0";
        assert!(unknown_routes(&device, Family::V4) || host, "{garbled}");
    }
    for garbled in ["set blackhole enabl", "set blakhole enable", "set blackhole"] {
        assert!(unknown_routes(&with("set blackhole enable", garbled), Family::V4), "{garbled}");
    }
    let off = with("set blackhole enable", "set blackhole disable");
    assert!(off.vrfs[0].routes.iter().any(|r| r.next_hop == NextHop::Unknown));
    let object = with("set dst 10.9.0.0 255.255.0.0", "set dstaddr \"LAN\"");
    assert!(object.vrfs[0].routes.iter().any(|r| r.prefix.to_string() == "10.1.0.0/24"));
    assert_eq!(with("set distance 254", "set status disable").vrfs[0].routes.len(), 2);
    assert!(unknown_routes(&with("set distance 254", "set status disabled"), Family::V4));
    assert!(unknown_routes(&with("set distance 254", "set status disable\n set sttus enable"), Family::V4));
    let ospf = "config router ospf\nconfig area\nedit 0.0.0.0\nnext\nend\nconfig redistribute \"connected\"\nend\nend\n";
    assert!(unknown_routes(
        &with("config router multicast\n", &format!("{ospf}config router multicast\n")),
        Family::V4
    ));
    let empty = "config router ospf\nconfig redistribute \"connected\"\nend\nend\nconfig router multicast\n";
    assert!(!unknown_routes(&with("config router multicast\n", empty), Family::V4));
    let bgp = "config router bgp\nset as 65000\nend\nconfig router multicast\n";
    let device = with("config router multicast\n", bgp);
    assert!(unknown_routes(&device, Family::V4) && unknown_routes(&device, Family::V6));
    // Dial-in tunnels bring their routes.
    assert!(unknown_routes(&with("set remote-gw 198.51.100.9", "set type dynamic"), Family::V4));
    assert!(!unknown_routes(
        &with("set remote-gw 198.51.100.9", "set type dynamic\n set add-route disable"),
        Family::V4
    ));
    let learned = with("set remote-gw 198.51.100.9", "set type dynamic");
    assert!(interface(&learned, "vpn1").tunnel.as_ref().unwrap().destination.is_none());
}

#[test]
fn policy_routes() {
    let bound = |d: &Device, name: &str| {
        interface(d, name).ingress.iter().any(|s| matches!(s, Stage::PolicyRoute { .. }))
    };
    let sure = &parse(SAMPLE).devices[0];
    assert!(bound(sure, "port2") && !bound(sure, "port1"));
    // Which interfaces, when the line is not read: any.
    for garbled in ["set inputdevice \"port2\"", "sett input-device \"port2\"", "frobnicate"] {
        let device = with("set input-device \"port2\"", garbled);
        assert!(bound(&device, "port1"), "{garbled}");
        assert!(
            device
                .policy_routes
                .iter()
                .any(|p| p.entries.iter().any(|e| e.action == PolicyRouteAction::Unknown))
        );
    }
    assert!(bound(&with("        set input-device \"port2\"\n", ""), "port1"));
    for garbled in [
        "set src \"10.1.0.0\"",
        "set src \"10.1.0.0/255.0.255.0\"",
        "set src-negate enable",
        "set action permt",
    ] {
        let device = with("set src \"10.1.0.0/255.255.255.0\"", garbled);
        let unknown =
            |p: &sekisho_model::PolicyRoute| p.entries.iter().any(|e| e.action == PolicyRouteAction::Unknown);
        assert!(device.policy_routes.iter().any(unknown), "{garbled}");
    }
    let denied = with("set gateway 10.2.0.2", "set action deny");
    assert!(denied.policy_routes[0].entries.iter().all(|e| e.action == PolicyRouteAction::Normal));
}

#[test]
fn relays() {
    let relays = |d: &Device| interface(d, "port2").relays.len();
    assert_eq!(relays(&with("set dhcp-relay-service enable", "set dhcp-relay-service disable")), 0);
    for garbled in ["set dhcp-relay-service enabl", "set dhcp-relay-srvice enable"] {
        let device = with("set dhcp-relay-service enable", garbled);
        assert_eq!(relays(&device), 1, "{garbled}");
        assert!(poisoned(&device, "port2"), "{garbled}");
    }
    assert!(poisoned(&with("\"10.2.0.53\"", "\"10.2.0\""), "port2"));
}

#[test]
fn switches_are_one_wire() {
    let text = SAMPLE.replacen(
        "config system zone",
        "config system switch-interface\nedit \"sw1\"\nset vdom \"root\"\nset member \"port3\"\nnext\nend\nconfig system zone",
        1,
    );
    let text = text.replacen(
        "    edit \"vpn1\"\n        set vdom",
        "    edit \"sw1\"\nset vdom root\nset type switch\nset ip 10.5.0.1/24\nnext\n    edit \"vpn1\"\n        set vdom",
        1,
    );
    let parsed = parse(&text);
    let device = &parsed.devices[0];
    assert!(device.poisons.is_empty(), "{:?}", device.poisons);
    let (sw1, whole) = device.find_interface("sw1").unwrap();
    assert_eq!(whole.kind, InterfaceKind::Aggregate);
    assert_eq!(interface(device, "port3").aggregate, Some(sw1));
    for garbled in
        ["set membr \"port3\"", "set intra-switch-policy explicit\nset member \"port3\"", "set span enable"]
    {
        let device = parse(&text.replacen("set member \"port3\"", garbled, 1)).devices.remove(0);
        assert!(poisoned(&device, "sw1"), "{garbled}");
    }
}

#[test]
fn spoofed_sources_may_pass() {
    let device = &parse(SAMPLE).devices[0];
    let Stage::Filter { list, .. } = interface(device, "port2").ingress[0] else { panic!("no check") };
    let list = device.list(list).unwrap();
    assert_eq!(list.default, sekisho_model::Action::Unknown);
    assert!(list.lines.iter().all(|l| l.action == sekisho_model::Action::Permit));
    let none = with("set allowaccess ping https", "set src-check disable");
    assert!(!interface(&none, "port1").ingress.iter().any(|s| matches!(s, Stage::Filter { .. })));
}

const VDOMS: &str = r#"#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=1:user=admin
config vdom
edit root
next
edit LAN
next
end
config global
config system global
    set hostname "fw1"
end
config system interface
    edit "port1"
        set vdom "root"
        set ip 203.0.113.2 255.255.255.248
        set type physical
    next
    edit "V10"
        set vdom "LAN"
        set ip 10.1.0.1 255.255.255.0
        set interface "port1"
        set vlanid 10
    next
    edit "npu0_vlink0"
        set vdom "root"
        set ip 10.0.0.1 255.255.255.252
        set type physical
    next
    edit "npu0_vlink1"
        set vdom "LAN"
        set ip 10.0.0.2 255.255.255.252
        set type physical
    next
end
end
config vdom
edit root
config system settings
    set asymroute disable
end
config router static
    edit 1
        set gateway 203.0.113.1
        set device "port1"
    next
end
end
config vdom
edit LAN
config router static
    edit 1
        set gateway 10.0.0.1
        set device "npu0_vlink1"
    next
end
end
"#;

#[test]
fn domains() {
    let parsed = parse(VDOMS);
    assert!(parsed.ends);
    let names: Vec<&str> = parsed.devices.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["fw1/root", "fw1/LAN"]);
    for device in &parsed.devices {
        assert!(device.poisons.is_empty(), "{:?}", device.poisons);
    }
    let lan = &parsed.devices[1];
    let same = interface(lan, "port1").same_port.clone().unwrap();
    assert_eq!((same.device.as_str(), same.interface.as_str()), ("fw1/root", "port1"));
    assert!(interface(lan, "port1").l3.is_none());
    let cable = interface(lan, "npu0_vlink1").cable.clone().unwrap();
    assert_eq!((cable.device.as_str(), cable.interface.as_str()), ("fw1/root", "npu0_vlink0"));
    assert!(interface(&parsed.devices[0], "npu0_vlink0").cable.is_some());
    let anywhere = |text: &str| parse(text).devices.iter().any(|d| d.anywhere_poison().is_some());
    // A body is missing.
    let cut = VDOMS.find("config vdom\nedit LAN").unwrap();
    let parsed = parse(VDOMS.get(..cut).unwrap());
    assert!(!parsed.ends && parsed.devices.iter().all(|d| d.anywhere_poison().is_some()));
    // The far end of a link is missing.
    assert!(anywhere(&VDOMS.replace("npu0_vlink0", "npu1_vlink0")));
    // A domain that the index lacks.
    assert!(anywhere(&VDOMS.replacen("set vdom \"LAN\"", "set vdom \"DMZ\"", 1)));
    // A table outside the brackets.
    assert!(anywhere(&format!("{VDOMS}config firewall address\nedit x\nnext\nend\n")));
    // A setting of the box that is not known is so for every domain.
    let unread = parse(&VDOMS.replacen("set hostname \"fw1\"", "set hostname \"fw1\"\nset frobnicate 1", 1));
    assert!(unread.devices.iter().all(|d| d.device_poison().is_some()));
    let unread = parse(&VDOMS.replacen(
        "config system interface",
        "config system frob\nset a b\nend\nconfig system interface",
        1,
    ));
    assert!(unread.devices.iter().all(|d| d.device_poison().is_some()));
    // One of a domain is so for this domain only.
    let unread = parse(&VDOMS.replacen("set asymroute disable", "set asymroute enable", 1));
    assert!(unread.devices[0].device_poison().is_some() && unread.devices[1].device_poison().is_none());
}

/// Every interface of a file with domains says whose it is.
#[test]
fn an_interface_of_no_domain_may_be_of_any() {
    for garbled in ["set vdmo \"LAN\"", "sett vdom \"LAN\"", "frobnicate", "set vdom"] {
        let parsed = parse(&VDOMS.replacen("set vdom \"LAN\"", garbled, 1));
        assert!(parsed.devices.iter().all(|d| d.anywhere_poison().is_some()), "{garbled}");
    }
}

/// A wire that is not read may lead anywhere.
#[test]
fn unread_wires() {
    for (line, garbled) in [
        ("set member \"port4\" \"port5\"", "set membr \"port4\" \"port5\""),
        ("set member \"port4\" \"port5\"", "frobnicate"),
        ("set member \"port4\" \"port5\"", "set member \"port4\" \"prt5\""),
        ("set interface \"agg1\"", "set interfac \"agg1\""),
        ("set interface \"agg1\"", "frobnicate"),
    ] {
        assert!(with(line, garbled).anywhere_poison().is_some(), "{garbled}");
    }
    // Without its type an aggregate is told by its members.
    let device = with("        set type aggregate\n", "");
    assert_eq!(interface(&device, "agg1").kind, InterfaceKind::Aggregate);
    assert!(interface(&with("set type aggregate", "set type agregate"), "port4").aggregate.is_some());
}

/// The members of a switch stand in another table.
#[test]
fn a_switch_without_its_table() {
    let device = with("set type physical\n        set status down", "set type hard-switch");
    assert!(device.anywhere_poison().is_some());
}

/// SD-WAN whose members are not certain.
#[test]
fn sdwan() {
    let table = "config system sdwan\nset status enable\nconfig zone\nedit \"virtual-wan-link\"\nnext\nend\nconfig members\nedit 1\nset interface \"port1\"\nset gateway 203.0.113.1\nnext\nend\nend\n";
    let text = SAMPLE.replacen("config router policy", &format!("{table}config router policy"), 1);
    let text = text.replacen("set dstintf \"port1\"", "set dstintf \"virtual-wan-link\"", 1);
    let text = text.replacen(
        "set gateway 203.0.113.1\n        set device \"port1\"",
        "set distance 1\n        set sdwan-zone \"virtual-wan-link\"",
        1,
    );
    let parsed = parse(&text);
    let device = &parsed.devices[0];
    assert!(device.poisons.is_empty(), "{:?}", device.poisons);
    let name = device.contexts[interface(device, "port1").context.0 as usize].name.clone();
    assert_eq!(name, "zone virtual-wan-link, port1");
    let by = |d: &Device| d.vrfs[0].routes.iter().any(|r| r.prefix.len() == 0 && r.conditional);
    assert!(by(device));
    for (line, garbled) in [
        ("set status enable\nconfig zone", "set status disable\nconfig zone"),
        ("set status enable\nconfig zone", "set stats enable\nconfig zone"),
        ("set interface \"port1\"\nset gateway", "set interface \"port9\"\nset gateway"),
        ("set interface \"port1\"\nset gateway", "set interfac \"port1\"\nset gateway"),
        ("set gateway 203.0.113.1\nnext", "set gateway 203.0.113\nnext"),
        ("set gateway 203.0.113.1\nnext", "frobnicate\nnext"),
        (table, ""),
    ] {
        let device = parse(&text.replacen(line, garbled, 1)).devices.remove(0);
        assert!(device.device_poison().is_some(), "{line} -> {garbled}");
    }
}

/// Lines that bracket, in whose absence what follows stands in another block.
#[test]
fn a_lost_bracket_is_noticed() {
    for text in [SAMPLE, VDOMS] {
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let word = line.split_whitespace().next().unwrap_or_default();
            if !matches!(word, "config" | "edit" | "next" | "end") {
                continue;
            }
            let following = lines.get(index + 1).map_or("", |l| l.trim());
            let mut without = lines.clone();
            without.remove(index);
            let parsed = parse(&format!("{}\n", without.join("\n")));
            let noticed = parsed.devices.iter().any(|d| d.anywhere_poison().is_some());
            // `end` closes what a lost `next` would have closed; an empty block does nothing.
            let harmless = (word == "next" && following == "end")
                || line.contains("router multicast")
                || following.is_empty()
                || (word == "end" && lines[index - 1].contains("router multicast"));
            assert!(noticed || harmless, "without line {}: {line}", index + 1);
        }
    }
}

/// How much about a device is not certain.
fn doubts(d: &Device) -> usize {
    let lines = d.lists.iter().flat_map(|l| &l.lines);
    let unknown = d.policy_routes.iter().flat_map(|p| &p.entries);
    d.poisons.len()
        + d.vrfs.iter().map(|v| v.unknown_routes.len()).sum::<usize>()
        + unknown.filter(|e| e.action == PolicyRouteAction::Unknown).count()
        + lines.map(|l| l.conditions.len() + usize::from(l.matches.must().is_empty())).sum::<usize>()
}

/// Whatever is garbled, the model is wider than before.
#[test]
fn a_garbled_line_widens() {
    for text in [SAMPLE, VDOMS] {
        let before = parse(text);
        let certain: usize = before.devices.iter().map(doubts).sum();
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let number = u32::try_from(index + 1).unwrap();
            if line.starts_with('#') || before.ledger.get(number).unwrap().state == Coverage::Ignored {
                continue;
            }
            for garbage in ["frobnicate", "set frobnicate", "set frobnicate enable"] {
                let mut garbled = lines.clone();
                garbled[index] = garbage;
                let after = parse(&format!("{}\n", garbled.join("\n")));
                let state = after.ledger.get(number).unwrap().state;
                let poisoned = after.devices.iter().any(|d| !d.poisons.is_empty());
                let wider = poisoned || after.devices.iter().map(doubts).sum::<usize>() > certain;
                // Inside free text a line is text.
                let inside_text = line.starts_with("to Internet") && state == Coverage::Ignored;
                assert!(
                    wider || inside_text || state == Coverage::Ignored && line.contains("comments"),
                    "{number}: {line} -> {garbage}: {state:?}"
                );
            }
        }
    }
}

/// A slip of the finger in a line whose meaning is in the model never makes it a harmless line.
#[test]
fn a_damaged_line_is_not_ignored() {
    let mut harmless = Vec::new();
    for text in [SAMPLE, VDOMS] {
        let before = parse(text).ledger;
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let number = u32::try_from(index + 1).unwrap();
            // A table without content does nothing, whatever its name.
            let empty = line.starts_with("config ") && lines.get(index + 1) == Some(&"end");
            if before.get(number).unwrap().state == Coverage::Ignored || empty {
                continue;
            }
            for at in line.len() - line.trim_start().len()..line.len() {
                let (Some(head), Some(tail)) = (line.get(..at), line.get(at + 1..)) else { continue };
                for damaged in [format!("{head}{tail}"), format!("{head}x{tail}")] {
                    let mut all = lines.clone();
                    all.splice(index..=index, [damaged.as_str()]);
                    let state = parse(&format!("{}\n", all.join("\n"))).ledger.get(number).unwrap().state;
                    if state == Coverage::Ignored && !damaged.trim().is_empty() {
                        harmless.push(format!("`{line}` became `{damaged}`"));
                    }
                }
            }
        }
    }
    assert!(harmless.is_empty(), "{}", harmless.join("\n"));
}

/// Cuts the samples after every byte, and changes every byte in turn: nothing panics, and every line has
/// a state.
#[test]
fn robustness() {
    let strange = [
        '\0', '\t', '\r', ' ', '"', '\'', '\\', '#', '/', '-', '.', ':', '0', '9', 'a', '関', '\u{a0}', '\n',
    ];
    for text in [SAMPLE, VDOMS] {
        for cut in 0..text.len() {
            if let Some(text) = text.get(..cut) {
                parse(text);
            }
        }
        for at in 0..text.len() {
            let (Some(head), Some(tail)) = (text.get(..at), text.get(at + 1..)) else { continue };
            let replacement = strange[(at * 7) % strange.len()];
            parse(&format!("{head}{replacement}{tail}"));
        }
    }
}

/// A file that ends inside a block may have lost anything.
#[test]
fn cut_off_files() {
    let lines: Vec<&str> = SAMPLE.lines().collect();
    let mut depth = 0;
    for (index, line) in lines.iter().enumerate() {
        match line.split_whitespace().next().unwrap_or_default() {
            "config" => depth += 1,
            "end" => depth -= 1,
            _ => {}
        }
        let parsed = parse(&format!("{}\n", lines[..=index].join("\n")));
        let open = depth > 0;
        assert!(parsed.devices[0].anywhere_poison().is_some() || !open, "cut after {line}");
        assert!(!parsed.ends || index + 1 == lines.len(), "cut after {line}");
    }
}

#[test]
fn default_answers() {
    let device = &parse(SAMPLE).devices[0];
    assert_eq!((device.forwards_v4, device.forwards_v6), (Tri::Yes, Tri::Yes));
    assert_eq!(device.source_route, Tri::Unknown);
    assert_eq!(interface(device, "port2").l3.as_ref().unwrap().ipv6, Tri::Yes);
    assert_eq!(interface(device, "port1").l3.as_ref().unwrap().ipv6, Tri::Unknown);
}

/// Which interfaces are reserved for management is never read past a line that is not understood.
#[test]
fn reserved_interfaces_are_read_whole() {
    let ha = "config system ha\n    set mode a-p\n    set group-name \"C\"\n    set ha-mgmt-status enable\n    \
              config ha-mgmt-interfaces\n        edit 1\n            set interface \"port2\"\n            \
              set gateway 10.140.1.254\n        next\n    end\nend\n";
    let text = format!("{SAMPLE}{ha}");
    assert!(parse(&text).devices[0].device_poison().is_none());
    for (from, to) in [
        ("set interface \"port2\"\n            set gate", "set interfce \"port2\"\n            set gate"),
        ("set interface \"port2\"\n            set gate", "set interface \"prt2\"\n            set gate"),
        ("set interface \"port2\"\n            set gate", "set gate"),
        ("set gateway 10.140.1.254", "set gatewy 10.140.1.254"),
        ("set gateway 10.140.1.254", "set gateway 10.140.1.2o4"),
        ("set gateway 10.140.1.254", "st gateway 10.140.1.254"),
        ("config ha-mgmt-interfaces", "config ha-mgm-interfaces"),
        ("set ha-mgmt-status enable", "set ha-mgmt-status enble"),
        ("set ha-mgmt-status enable", "set ha-mgmt-statu enable"),
    ] {
        let damaged = ha.replace(from, to);
        assert_ne!(damaged, ha, "{from}");
        let device = &parse(&format!("{SAMPLE}{damaged}")).devices[0];
        assert!(device.device_poison().or_else(|| device.anywhere_poison()).is_some(), "{to}");
    }
}
