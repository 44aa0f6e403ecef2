//! Policy routes.

use sekisho_model::{Device, PolicyRouteAction, Stage};
use sekisho_net::Family;

use crate::ios::lower::acl::tests::show_predicate;
use crate::ios::lower::nat::tests::parse;

fn device(route_map: &str) -> Device {
    let text = format!(
        "hostname r1
ip vrf RED
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
 ip access-group 101 in
 ip policy route-map PBR
interface GigabitEthernet0/1
 ip address 10.2.0.1 255.255.255.0
access-list 101 permit tcp any any eq 80
access-list 102 deny ip any 10.0.0.0 0.255.255.255
access-list 102 permit ip any any
{route_map}end
"
    );
    parse(&text).devices.remove(0)
}

fn show(device: &Device) -> Vec<String> {
    let route = &device.policy_routes[0];
    let entries = route.entries.iter().map(|e| {
        let action = match &e.action {
            PolicyRouteAction::NextHops { addresses, certain } => {
                format!("to {addresses:?} certain {certain}")
            }
            other => format!("{other:?}"),
        };
        format!("{} -> {action}", show_predicate(Family::V4, &e.matches))
    });
    entries.collect()
}

#[test]
fn clauses() {
    let d = device(
        "route-map PBR deny 5
 match ip address 101
route-map PBR permit 20
 match ip address 102
 match length 0 100
 set ip precedence 3
 set ip next-hop 10.2.0.254 10.2.0.253
route-map PBR permit 10
 match ip address 102
 set vrf RED
route-map PBR permit 30
 set interface Null0
route-map PBR permit 40
 set ip next-hop verify-availability 10.2.0.9 1 track 1
 set ip next-hop verify-availability 10.2.0.8 2 track 2
route-map PBR permit 50
 set ip default next-hop 10.2.0.7
route-map PBR permit 60
 set ip next-hop 10.2.0.7
 set interface GigabitEthernet0/1
route-map PBR permit 70
 set interface GigabitEthernet 0/1
",
    );
    let rest = "dst 0.0.0.0-9.255.255.255,11.0.0.0-255.255.255.255";
    assert_eq!(
        show(&d),
        [
            "proto 6 dport 80 later 0 | proto 6 later 1 -> Normal".to_owned(),
            format!("{rest} -> Vrf(VrfId(1))"),
            format!("may {rest} must none -> to [10.2.0.254, 10.2.0.253] certain true"),
            "all -> Drop".to_owned(),
            "all -> to [10.2.0.9, 10.2.0.8] certain false".to_owned(),
            "all -> DefaultNextHops([10.2.0.7])".to_owned(),
            "all -> Unknown".to_owned(),
            "all -> Interfaces([InterfaceId(1)])".to_owned(),
        ]
    );
    let ingress = &d.interfaces[0].ingress;
    assert!(matches!(ingress.last(), Some(Stage::PolicyRoute { .. })) && ingress.len() == 2);
}

#[test]
fn an_undefined_list_matches_or_not() {
    let d = device("route-map PBR permit 10\n match ip address NOACL\n set ip next-hop 10.2.0.254\n");
    assert_eq!(show(&d), ["may all must none -> to [10.2.0.254] certain true"]);
    let d = device("route-map PBR permit 10\n match ip address NOACL 101\n set ip next-hop 10.2.0.254\n");
    assert!(show(&d)[0].contains("must proto 6 dport 80 later 0"));
}

#[test]
fn an_undefined_route_map_may_do_anything() {
    let d = device("");
    assert_eq!(d.policy_routes[0].span, None);
}

#[test]
fn unread_lines_leave_their_clause_unknown() {
    for line in [
        " match ip adress 101",
        " set ip next-hop 10.2.0.254.1",
        " continue 20",
        " set ip next-hop dynamic dhcp",
    ] {
        let d = device(&format!(
            "route-map PBR permit 10\n match ip address 101\n{line}\nroute-map PBR permit 20\n"
        ));
        assert!(show(&d)[0].ends_with("-> Unknown"), "{line}: {:?}", show(&d));
        assert!(d.device_poison().is_none(), "{line}");
    }
    let d = device("route-map PBR permit 10\n mtach ip address 101\n");
    assert!(d.device_poison().is_some());
}
