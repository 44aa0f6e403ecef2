use sekisho_diag::SourceMap;
use sekisho_model::{
    AdminState, Coverage, Device, Interface, InterfaceKind, L3, NextHop, Scope, Tri, Vrf, VrfId,
};

use super::*;

const LEGEND: &str = "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area
       + - replicated route, % - next hop override, p - overrides from PfR

Gateway of last resort is not set

";

fn read(text: &str) -> ParsedRoutes {
    read_as(text, None)
}

fn read_as(text: &str, command: Option<&str>) -> ParsedRoutes {
    let mut map = SourceMap::default();
    let file = map.add("r1_route.txt", text);
    let parsed = parse(file, map.get(file).unwrap(), command);
    assert_eq!(parsed.ledger.unaccounted().collect::<Vec<_>>(), Vec::<u32>::new(), "unaccounted lines");
    parsed
}

/// `PREFIX NEXT-HOP [INTERFACE] [vrf X] [backup]` of every row.
fn shown(table: &TableExport) -> Vec<String> {
    table
        .rows
        .iter()
        .map(|r| {
            let hop = match &r.next_hop {
                RawNextHop::Via { addr, interface, vrf } => {
                    let mut s = addr.to_string();
                    interface.iter().for_each(|i| s.push_str(&format!(" {i}")));
                    vrf.iter().for_each(|v| s.push_str(&format!(" vrf {v}")));
                    s
                }
                RawNextHop::Interface { name } => name.clone(),
                RawNextHop::Discard => "discard".to_owned(),
                RawNextHop::Receive { interface } => {
                    format!("receive {}", interface.as_deref().unwrap_or("-"))
                }
                RawNextHop::Multicast => "multicast".to_owned(),
                RawNextHop::Unknown => "unknown".to_owned(),
            };
            format!("{} {hop}{}", r.prefix, if r.backup { " backup" } else { "" })
        })
        .collect()
}

fn one(parsed: &ParsedRoutes) -> &TableExport {
    assert_eq!(parsed.exports.len(), 1, "{parsed:?}");
    &parsed.exports[0]
}

fn with_codes(parsed: &ParsedRoutes) -> Vec<&'static str> {
    parsed.diagnostics.iter().map(|d| d.code.as_str()).collect()
}

/// Rows under a whole legend.
fn rows(text: &str) -> Vec<String> {
    let parsed = read(&format!("{LEGEND}{text}"));
    let table = one(&parsed);
    assert!(table.complete);
    assert_eq!(table.garbled, [], "{:?}", parsed.diagnostics);
    shown(table)
}

/// Whether the table with this text is garbled.
fn garbled(text: &str) -> bool {
    let parsed = read(&format!("{LEGEND}{text}"));
    parsed.exports.iter().any(|t| !t.garbled.is_empty())
}

// vector rib-ios-ecmp
#[test]
fn continuation_lines_are_more_next_hops() {
    let parsed = read(
        "O*E2  0.0.0.0/0 [110/1] via 10.0.0.2, 1d02h, GigabitEthernet0/1
                [110/1] via 10.0.1.2, 1d02h, GigabitEthernet0/2
C     10.0.0.0/30 is directly connected, GigabitEthernet0/1
C     10.0.1.0/30 is directly connected, GigabitEthernet0/2",
    );
    let table = one(&parsed);
    assert_eq!(
        shown(table),
        [
            "0.0.0.0/0 10.0.0.2 GigabitEthernet0/1",
            "0.0.0.0/0 10.0.1.2 GigabitEthernet0/2",
            "10.0.0.0/30 GigabitEthernet0/1",
            "10.0.1.0/30 GigabitEthernet0/2",
        ]
    );
    assert_eq!(table.rows[0].protocol, "ospf-e2");
    assert_eq!((table.rows[0].distance, table.rows[0].metric), (Some(110), Some(1)));
    assert!(!table.complete, "no legend");
    assert!(table.garbled.is_empty());
    assert_eq!(with_codes(&parsed), ["routes/no-legend"]);
}

// vector rib-ios-repair
#[test]
fn repair_paths_are_backups_and_summaries_drop() {
    let parsed = read(
        "O     10.5.0.0/16 is a summary, 00:10:00, Null0
O     10.5.1.0/24 [110/2] via 10.0.0.2, 1d02h, GigabitEthernet0/1
                   [RPR][110/3] via 10.0.1.2, 1d02h, GigabitEthernet0/2
S*    0.0.0.0/0 [1/0] via 10.0.0.9",
    );
    assert_eq!(
        shown(one(&parsed)),
        [
            "10.5.0.0/16 discard",
            "10.5.1.0/24 10.0.0.2 GigabitEthernet0/1",
            "10.5.1.0/24 10.0.1.2 GigabitEthernet0/2 backup",
            "0.0.0.0/0 10.0.0.9",
        ]
    );
}

#[test]
fn headers_give_the_length_to_their_children() {
    assert_eq!(
        rows(
            "     10.0.0.0/24 is subnetted, 2 subnets
S       10.2.2.0 is directly connected, FastEthernet0/0
                 is directly connected, Serial0/0
O E2    10.4.4.0 [110/20] via 10.9.0.2, 00:02:00, FastEthernet0/0
     192.168.1.0/24 is variably subnetted, 2 subnets, 2 masks
C       192.168.1.0/25 is directly connected, Vlan5
L       192.168.1.1/32 is directly connected, Vlan5
S    172.20.0.0 [1/0] via 10.2.2.1
"
        ),
        [
            "10.2.2.0/24 FastEthernet0/0",
            "10.2.2.0/24 Serial0/0",
            "10.4.4.0/24 10.9.0.2 FastEthernet0/0",
            "192.168.1.0/25 Vlan5",
            "192.168.1.1/32 receive Vlan5",
            "172.20.0.0/16 10.2.2.1",
        ]
    );
}

#[test]
fn masks_instead_of_lengths() {
    assert_eq!(
        rows(
            "     10.0.0.0 255.0.0.0 is variably subnetted, 1 subnets, 1 masks
C       10.1.0.0 255.255.0.0 is directly connected, Vlan1
"
        ),
        ["10.1.0.0/16 Vlan1"]
    );
}

#[test]
fn a_length_that_is_not_printed_needs_its_header() {
    // Without the head of the table the header may have been lost.
    let parsed = read("S    192.168.9.0 [1/0] via 10.0.0.1\n");
    assert_eq!(one(&parsed).garbled.len(), 1);
    // Host bits beyond the class: the header is certainly lost.
    assert!(garbled("S       10.2.2.0 [1/0] via 10.0.0.1\n"));
    assert!(garbled("S*   0.0.0.0 [1/0] via 10.0.0.1\n"));
    assert_eq!(rows("S    192.168.9.0 [1/0] via 10.0.0.1\n"), ["192.168.9.0/24 10.0.0.1"]);
}

#[test]
fn wrapped_rows() {
    assert_eq!(
        rows(
            "D EX    172.16.100.128/25
           [170/2297856] via 10.0.1.2, 00:12:01, GigabitEthernet0/0/0.100
D EX    172.16.100.0/25 [170/2297856] via 10.0.1.2, 00:12:01,
           GigabitEthernet0/0/0.101
                        [170/2297856] via 10.0.1.3, 00:12:01, Vlan7
"
        ),
        [
            "172.16.100.128/25 10.0.1.2 GigabitEthernet0/0/0.100",
            "172.16.100.0/25 10.0.1.2 GigabitEthernet0/0/0.101",
            "172.16.100.0/25 10.0.1.3 Vlan7",
        ]
    );
}

#[test]
fn every_form_of_path() {
    assert_eq!(
        rows(
            "B        10.10.5.0/24 is directly connected, 3w4d, Vlan5
B        10.10.6.0/24 is directly connected (BLU), 3w4d, Vlan6
B        10.10.64.0/19 [200/0], 3w4d, Null0
B        10.20.0.0/16 [200/0] via 10.10.254.10 (AMB), 3w4d
B        10.30.0.0/16 [200/0] via 10.10.254.10 (nexthop in vrf default), 00:26:38
S        10.197.70.0/23 is directly connected, Null0
R        10.40.0.0/16 is possibly down, routing via 10.1.1.1, Serial0/0
l        10.50.0.0/16 [250/1], 01:00:00, Null0
n*Nd  0.0.0.0/0 [6/0], 4w4d, Null0
S   +    10.60.0.0/16 [1/0] via 10.9.9.9
"
        ),
        [
            "10.10.5.0/24 Vlan5",
            "10.10.6.0/24 Vlan6",
            "10.10.64.0/19 discard",
            "10.20.0.0/16 10.10.254.10 vrf AMB",
            "10.30.0.0/16 10.10.254.10 vrf default",
            "10.197.70.0/23 discard",
            "10.40.0.0/16 10.1.1.1 Serial0/0",
            "10.50.0.0/16 unknown",
            "0.0.0.0/0 unknown",
            "10.60.0.0/16 unknown",
        ]
    );
}

#[test]
fn overridden_next_hops_are_only_possible() {
    assert_eq!(
        rows(
            "S   %  10.1.0.0/16 [1/0] via 10.0.0.1, Vlan1
             [NHO][1/255] via 10.0.0.3, 00:01:01, Tunnel0
B   p  10.2.0.0/16 [20/0] via 10.0.0.1, 1d02h
"
        ),
        [
            "10.1.0.0/16 10.0.0.1 Vlan1 backup",
            "10.1.0.0/16 10.0.0.3 Tunnel0",
            "10.2.0.0/16 10.0.0.1 backup",
            "10.2.0.0/16 unknown",
        ]
    );
}

#[test]
fn a_default_network_is_a_default_route() {
    let parsed = read(
        "Gateway of last resort is 10.1.1.1 to network 172.16.0.0

C    10.1.1.0/24 is directly connected, Vlan1
S*   172.16.0.0/16 [1/0] via 10.1.1.1
",
    );
    let table = one(&parsed);
    assert!(table.garbled.is_empty() && table.complete);
    assert_eq!(shown(table).last().unwrap(), "0.0.0.0/0 10.1.1.1");
}

#[test]
fn tables_that_do_not_add_up_are_garbled() {
    let header = "     10.0.0.0/24 is subnetted, 3 subnets\n";
    let children = "S       10.2.2.0 [1/0] via 10.9.0.1\nS       10.2.3.0 [1/0] via 10.9.0.1\n";
    assert!(garbled(&format!("{header}{children}")), "fewer rows than announced");
    let gateway = LEGEND.replace("not set", "10.9.0.1 to network 0.0.0.0");
    let parsed = read(&format!("{gateway}C    10.9.0.0/24 is directly connected, Vlan1\n"));
    assert_eq!(with_codes(&parsed), ["routes/missing-rows"]);
    assert_eq!(one(&parsed).garbled.len(), 1);
}

#[test]
fn nothing_in_a_table_is_skipped() {
    for row in [
        "S    10.0.0.0/8 [1/0] via 10.0.0.300",
        "S    10.0.0.0/8 [1/0] via 10.0.0.3 extra words",
        "S    10.0.0.0/8 [1/0] via",
        "S    10.0.0.0/8 [1/0]",
        "S    10.0.0.1/8 [1/0] via 10.0.0.3",
        "S    10.0.0.0/33 [1/0] via 10.0.0.3",
        "Z    10.0.0.0/8 [1/0] via 10.0.0.3",
        "     10.0.0.0/8 [1/0] via 10.0.0.3",
        "O XX 10.0.0.0/8 [110/2] via 10.0.0.3, 1d02h, Vlan1",
        "O    10.0.0.0/8 [110/2] via 10.0.0.3, 1d02h, Vlan1, Vlan2",
        "O    10.0.0.0/8 is a summary, 00:10:00, Vlan1",
        "                [110/1] via 10.0.1.2, 1d02h, Vlan2",
        "*Sep 13 09:19:56.954: a message of the log",
        "     10.0.0.0/24 is subnetted",
        "S    2001:db8::/32 [1/0]",
        "Connection closed",
    ] {
        assert!(
            garbled(&format!("C    172.31.0.0/16 is directly connected, Vlan1\n{row}\n")) || garbled(row),
            "{row}"
        );
        let parsed = read(&format!("{LEGEND}C    172.31.0.0/16 is directly connected, Vlan1\n\n{row}\n"));
        let clause = row.trim_start().starts_with('[');
        assert!(clause || !parsed.exports[0].garbled.is_empty(), "{row}");
    }
}

#[test]
fn what_stands_above_a_headless_table_may_have_been_rows() {
    for text in [
        "                [110/1] via 10.0.1.2, 1d02h, Vlan2\nC    10.0.0.0/8 is directly connected, Vlan1\n",
        "Z    10.1.0.0/16 [1/0] via 10.0.0.3\nC    10.0.0.0/8 is directly connected, Vlan1\n",
        "                     172.20.4.130         Vlan3\n10.3.0.0/16          172.20.4.129         Vlan2\n",
        "10.1.0.0/16  punt\n10.3.0.0/16          172.20.4.129         Vlan2\n",
    ] {
        let parsed = read(text);
        let table = one(&parsed);
        assert_eq!((table.complete, table.garbled.len(), table.rows.len()), (false, 1, 1), "{text}");
    }
}

#[test]
fn refusals() {
    let table = format!("{LEGEND}C    10.0.0.0/8 is directly connected, Vlan1\n");
    for bad in [
        format!("r1#show ip route 10.0.0.0\n{table}"),
        format!("r1#show ip route | include 10\n{table}"),
        format!("r1#show ip route ospf\n{table}"),
        format!("r1#show ip route\n{table} --More-- \n"),
        format!("r1#show ip route\n{table}^C\nr1#"),
        "r1#show ip rote\n           ^\n% Invalid input detected at '^' marker.\n".replace("rote", "route"),
        "r1#show ip route vrf NO\n% IP routing table vrf NO does not exist\n".to_owned(),
    ] {
        let parsed = read(&bad);
        assert!(parsed.exports.is_empty(), "{bad}");
        assert!(with_codes(&parsed).contains(&"routes/refused"), "{bad}: {:?}", parsed.diagnostics);
    }
    assert!(read_as(&table, Some("show ip route 10.0.0.0")).exports.is_empty());
    assert_eq!(with_codes(&read("Default gateway is 10.1.1.1\n\nHost   Gateway\n")), ["routes/no-table"]);
}

#[test]
fn several_tables_prompts_and_vrfs() {
    let text = format!(
        "r1#terminal length 0\nr1#show ip route vrf *\n{LEGEND}C    10.0.0.0/8 is directly connected, Vlan1\n\n\
         Routing Table: RED\n{LEGEND}\nRouting Table: BLUE\n{LEGEND}C    10.0.0.0/8 is directly connected, Vlan2\n\
         r1#show version\nsome text\nr1#show ip cef vrf RED\nPrefix               Next Hop             Interface\n\
         0.0.0.0/0            no route\nr1#exit\n"
    );
    let parsed = read(&text);
    let got: Vec<_> = parsed.exports.iter().map(|t| (t.vrf.as_str(), t.rows.len(), t.format)).collect();
    let rib = Format::IosShowIpRoute;
    assert_eq!(got, [("default", 1, rib), ("RED", 0, rib), ("BLUE", 1, rib), ("RED", 1, Format::IosCef)]);
    assert!(parsed.exports.iter().all(|t| t.complete && t.ends && t.garbled.is_empty()));
    assert!(parsed.exports.iter().all(|t| t.device_hint.as_deref() == Some("r1")));
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
}

#[test]
fn a_heading_must_agree_with_the_command() {
    let text = format!("r1#show ip route vrf RED\nRouting Table: BLUE\n{LEGEND}");
    assert_eq!(one(&read(&text)).garbled.len(), 1);
    let named = read_as(
        &format!("{LEGEND}C    10.0.0.0/8 is directly connected, Vlan1\n"),
        Some("show ip route vrf RED"),
    );
    assert_eq!(one(&named).vrf, "RED");
}

#[test]
fn ipv6() {
    let text = "IPv6 Routing Table - default - 6 entries
Codes: C - Connected, L - Local, S - Static, U - Per-user Static route
       B - BGP, HA - Home Agent, MR - Mobile Router, R - RIP
OE2 ::/0 [110/1], tag 1
     via FE80::D12, Ethernet0/1
     via FE80::D13, Ethernet0/0
C   2001:DB8:A::/64 [0/0]
     via Vlan1, directly connected
L   2001:DB8:A::1/128 [0/0]
     via Vlan1, receive
S   2001:DB8:B::/48 [1/0]
     via 2001:DB8:A::56
     via FE80::3%default, Vlan9
D   2001:DB8::/32 [5/1280]
     via Null0, directly connected
L   FF00::/8 [0/0]
     via Null0, receive
";
    let parsed = read(text);
    let table = one(&parsed);
    assert_eq!((table.family, table.complete, table.ends), (Family::V6, true, true));
    assert!(table.garbled.is_empty(), "{:?}", parsed.diagnostics);
    assert_eq!(
        shown(table),
        [
            "::/0 fe80::d12 Ethernet0/1",
            "::/0 fe80::d13 Ethernet0/0",
            "2001:db8:a::/64 Vlan1",
            "2001:db8:a::1/128 receive Vlan1",
            "2001:db8:b::/48 2001:db8:a::56",
            "2001:db8:b::/48 fe80::3 Vlan9 vrf default",
            "2001:db8::/32 discard",
            "ff00::/8 receive -",
        ]
    );
    assert_eq!(one(&read(&text.replace("6 entries", "9 entries"))).garbled.len(), 1);
    assert!(!one(&read(&text.replace("     via Vlan1, receive\n", ""))).garbled.is_empty());
}

const CEF: &str = "Prefix               Next Hop             Interface
0.0.0.0/0            172.20.4.2           Vlan2
0.0.0.0/8            drop
0.0.0.0/32           receive              \u{20}
10.0.0.0/8           attached             Null0
10.3.0.0/16          172.20.4.129         Vlan2
                     172.20.4.130         Vlan3
10.37.4.0/24         attached             Vlan3704
10.37.4.1/32         receive              Vlan3704
224.0.0.0/4          multicast
240.0.0.0/4          drop                 Null0 (default route handler entry)
10.200.200.0/24
                     172.20.4.9           TenGigabitEthernet1/3.2
255.255.255.255/32   receive
";

#[test]
fn cef() {
    let parsed = read(CEF);
    let table = one(&parsed);
    assert!(table.complete && table.ends && table.garbled.is_empty(), "{:?}", parsed.diagnostics);
    assert_eq!(
        shown(table),
        [
            "0.0.0.0/0 172.20.4.2 Vlan2",
            "0.0.0.0/8 discard",
            "0.0.0.0/32 receive -",
            "10.0.0.0/8 discard",
            "10.3.0.0/16 172.20.4.129 Vlan2",
            "10.3.0.0/16 172.20.4.130 Vlan3",
            "10.37.4.0/24 Vlan3704",
            "10.37.4.1/32 receive Vlan3704",
            "224.0.0.0/4 multicast",
            "240.0.0.0/4 discard",
            "10.200.200.0/24 172.20.4.9 TenGigabitEthernet1/3.2",
            "255.255.255.255/32 receive -",
        ]
    );
    let cut = read(CEF.rsplit_once("255.").unwrap().0);
    assert!(!cut.exports[0].ends);
    for bad in [
        "10.0.0.0/8  punt  Vlan1",
        "10.0.0.1/8  attached Vlan1",
        "10.0.0.0/8 attached",
        "10.0.0.0/8 10.0.0.1 Vlan1 x",
        "x",
    ] {
        assert_eq!(one(&read(&format!("{CEF}{bad}\n"))).garbled.len(), 1, "{bad}");
    }
    assert!(!one(&read(CEF.split_once('\n').unwrap().1)).complete);
}

fn device() -> Device {
    let mut d = Device::new("r1".to_owned(), "Cisco IOS", FileId(9));
    d.vrfs.push(Vrf::new("RED".to_owned(), None));
    let span = Span::new(FileId(9), 0, 0);
    for (name, vrf, admin) in
        [("Vlan1", 0, AdminState::Up), ("Vlan2", 1, AdminState::Up), ("Vlan3", 0, AdminState::Down)]
    {
        let mut i = Interface::new(name.to_owned(), InterfaceKind::Svi, span);
        i.admin = admin;
        i.l3 = Some(L3 {
            vrf: VrfId(vrf),
            vrf_span: None,
            addresses: Vec::new(),
            unknown_v4: Some(span),
            unknown_v6: None,
            ipv6: Tri::No,
            proxy_arp: Tri::Unknown,
        });
        d.interfaces.push(i);
    }
    d.interfaces.push(Interface::new("GigabitEthernet0/1".to_owned(), InterfaceKind::Physical, span));
    d
}

fn attached(text: &str) -> (Device, Vec<&'static str>) {
    let parsed = read(&format!("{LEGEND}{text}"));
    let mut d = device();
    let diagnostics = attach(FileId(0), &parsed.exports, &mut d);
    (d, diagnostics.iter().map(|x| x.code.as_str()).collect())
}

#[test]
fn attaching_resolves_names() {
    let (d, codes) = attached(
        "C    10.1.0.0/16 is directly connected, Vl1\nS    10.2.0.0/16 [1/0] via 10.1.0.1 (RED), Vlan2\n",
    );
    assert_eq!(codes, Vec::<&str>::new());
    let (family, table) = &d.vrfs[0].tables[0];
    assert_eq!((*family, table.complete, table.garbled.len()), (Family::V4, true, 0));
    let (one, two) = (sekisho_model::InterfaceId(0), sekisho_model::InterfaceId(1));
    let hops: Vec<NextHop> = table.routes.iter().map(|r| r.next_hop).collect();
    let addr = "10.1.0.1".parse().unwrap();
    assert_eq!(
        hops,
        [NextHop::Interface(one), NextHop::Via { addr, interface: Some(two), vrf: Some(VrfId(1)) }]
    );
}

#[test]
fn a_multicast_row_says_that_multicast_is_routed() {
    let head = "Prefix               Next Hop             Interface\n";
    let parsed = read(&format!("{head}224.0.0.0/4          multicast\n255.255.255.255/32   receive\n"));
    let mut d = device();
    assert!(attach(FileId(0), &parsed.exports, &mut d).is_empty());
    assert_eq!(d.vrfs[0].multicast.iter().map(|(family, _)| *family).collect::<Vec<_>>(), [Family::V4]);
    let table = &d.vrfs[0].tables[0].1;
    assert_eq!((table.routes.len(), table.garbled.len()), (2, 0));
    assert!(!one(&read(&format!("{head}10.0.0.0/8  multicast\n"))).garbled.is_empty());
}

#[test]
fn rows_that_do_not_fit_the_configuration_garble_the_table() {
    for (row, code) in [
        ("C    10.1.0.0/16 is directly connected, Vlan9\n", "routes/unknown-interface"),
        ("C    10.1.0.0/16 is directly connected, Vlan3\n", "routes/down-interface"),
        ("S    10.1.0.0/16 [1/0] via 10.1.0.1, GigabitEthernet0/1\n", "routes/down-interface"),
        ("C    10.1.0.0/16 is directly connected, Vlan2\n", "routes/other-vrf"),
        ("S    10.1.0.0/16 [1/0] via 10.1.0.1 (BLUE)\n", "routes/unknown-vrf"),
    ] {
        let (d, codes) = attached(row);
        assert_eq!(codes, [code], "{row}");
        assert_eq!(
            (d.vrfs[0].tables[0].1.garbled.len(), d.vrfs[0].tables[0].1.routes.len()),
            (1, 0),
            "{row}"
        );
    }
}

#[test]
fn a_table_of_an_unknown_vrf_makes_all_routes_unknown() {
    let parsed =
        read(&format!("Routing Table: BLUE\n{LEGEND}C    10.1.0.0/16 is directly connected, Vlan1\n"));
    let mut d = device();
    let diagnostics = attach(FileId(0), &parsed.exports, &mut d);
    assert_eq!(diagnostics[0].code.as_str(), "routes/unknown-vrf");
    let scopes: Vec<Scope> = d.poisons.iter().map(|p| p.scope).collect();
    assert_eq!(scopes, [Scope::Routes(VrfId(0), Family::V4), Scope::Routes(VrfId(1), Family::V4)]);
}

/// Deterministic noise.
fn noise(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap_or(0)
}

#[test]
fn damaged_text_never_panics_and_every_line_is_accounted_for() {
    let rib = format!(
        "r1#show ip route\n{LEGEND}     10.0.0.0/24 is subnetted, 1 subnets\nS       10.2.2.0 is directly connected, Vlan1\n\
         O*E2 0.0.0.0/0 [110/1] via 10.9.0.2, 00:05:35,\n       Vlan2\nB   p  10.2.0.0/16 [20/0] via 10.0.0.1 (RED), 1d02h\n"
    );
    let v6 = "IPv6 Routing Table - A - 1 entries\nS   2001:DB8::/48 [1/0]\n     via 2001:DB8:A::5%B, Vlan1\n";
    let mut seed = 7;
    for text in [rib.as_str(), CEF, v6] {
        for (at, _) in text.char_indices() {
            read(text.get(..at).unwrap());
        }
        for _ in 0..4000 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..1 + noise(&mut seed) % 3 {
                let at = noise(&mut seed) % bytes.len();
                bytes[at] = u8::try_from(noise(&mut seed) % 256).unwrap();
            }
            read(&String::from_utf8_lossy(&bytes));
        }
    }
}

/// A deleted row must show: the table is garbled, not complete, or does not claim its end.
#[test]
fn a_row_cut_from_under_its_header_is_noticed() {
    let text = format!(
        "{LEGEND}     10.0.0.0/24 is subnetted, 2 subnets\nS       10.2.2.0 [1/0] via 10.9.0.1\nS       10.2.3.0 [1/0] via 10.9.0.2\n"
    );
    let whole: Vec<&str> = text.lines().collect();
    for cut in whole.len() - 2..whole.len() {
        let rest: Vec<&str> = whole.iter().enumerate().filter(|(i, _)| *i != cut).map(|(_, l)| *l).collect();
        assert!(!one(&read(&rest.join("\n"))).garbled.is_empty());
    }
    assert_eq!(read(&text).ledger.count(Coverage::Unrecognized), 0);
}
