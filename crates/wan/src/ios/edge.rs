//! Routers at the edge of a site: branch, lines to the prefecture, maintenance line of a vendor.

use super::Config;
use crate::address::{Carrier, Ip, Layer, Net};
use crate::fault::Kind;
use crate::filler::{Around, entries};
use crate::plan::{Host, Site};

const ANY: Net = Net { first: Ip(0), len: 0 };

/// A branch: routing domains on sub-interfaces, with a list on each.
#[must_use]
pub fn branch(site: &Site, number: u32, rules: usize) -> String {
    let index = number - 1;
    let mut out = Config::new("17.6", &site.device(&format!("BRR{number}")));
    out.vrf("LGWAN", 20);
    out.vrf("MYNUM", 10);
    out.router();
    out.text("interface GigabitEthernet0/0/0\n description kouiki Ethernet CORE1\n no ip address\n negotiation auto\n!");
    for (tag, vrf, layer) in [(110, "MYNUM", Layer::Mynumber), (210, "LGWAN", Layer::Lgwan)] {
        let net = site.clients(layer);
        let filter =
            [format!("ip access-group {vrf}-HONCHO-IN in"), format!("ip access-group {vrf}-HONCHO-OUT out")];
        let filter: Vec<&str> = filter.iter().map(String::as_str).collect();
        out.routed(&format!("GigabitEthernet0/0/0.{tag}"), vrf, Some(vrf), net.at(253 - index), net, &filter);
    }
    let management = site.management();
    out.routed("GigabitEthernet0/0/0.411", "kanri", None, management.at(80 + number), management, &[]);
    out.text("interface GigabitEthernet0/0/1\n description shisho SW\n no ip address\n negotiation auto\n!");
    for (tag, vrf, layer) in [(120, "MYNUM", Layer::Mynumber), (220, "LGWAN", Layer::Lgwan)] {
        let net = site.branch(layer, index);
        out.routed(&format!("GigabitEthernet0/0/1.{tag}"), "shisho PC", Some(vrf), net.at(254), net, &[]);
    }
    out.text("interface GigabitEthernet0/0/2\n no ip address\n shutdown\n!\nip forward-protocol nd");
    let honcho = site.clients(Layer::Mynumber).at(254);
    let cloud = Net { first: Carrier::Cloud.service(10, 0), len: 24 };
    out.route(None, Net::host(site.host(Host::Admin)), management.at(1), "KANRI");
    out.route(Some("LGWAN"), ANY, site.clients(Layer::Lgwan).at(254), "HONCHO");
    for (to, name) in
        [(site.servers(Layer::Mynumber), "SERVER"), (site.terminals(), "TOGO"), (cloud, "GOVCLOUD")]
    {
        out.route(Some("MYNUM"), to, honcho, name);
    }
    out.text("!");
    let lgwan = site.branch(Layer::Lgwan, index);
    let mynumber = site.branch(Layer::Mynumber, index);
    let town = Layer::Mynumber.site(site.slot, site.city).wild();
    let around =
        |out: bool| Around { site, inside: mynumber, outside: cloud, out, list: u64::from(number) * 4 };
    let list = |around: Around<'_>, own: Vec<String>| entries(&around, rules, own);
    out.list("LGWAN-HONCHO-IN", &[format!("permit ip any {}", lgwan.wild())]);
    out.list("LGWAN-HONCHO-OUT", &[format!("permit ip {} any", lgwan.wild())]);
    let (inside, cloud) = (mynumber.wild(), cloud.wild());
    out.list(
        "MYNUM-HONCHO-IN",
        &list(
            around(false),
            vec![
                format!("permit ip {town} {inside}"),
                format!("permit tcp {cloud} eq 443 {inside} established"),
            ],
        ),
    );
    out.list(
        "MYNUM-HONCHO-OUT",
        &list(
            around(true),
            vec![format!("permit ip {inside} {town}"), format!("permit tcp {inside} {cloud} eq 443")],
        ),
    );
    out.end(site.host(Host::Admin))
}

/// The line to the security cloud.
#[must_use]
pub fn security(site: &Site, rules: usize) -> String {
    let mut out = Config::new("17.6", &site.device("SCR1"));
    out.router();
    let loopback = Net::host(site.loopback(1));
    out.routed("Loopback0", "kanri", None, loopback.first, loopback, &[]);
    let (line, transit) = (Carrier::Security.line(site.slot), site.transit(4));
    let filter = ["ip access-group SC-IN in", "ip verify unicast source reachable-via rx allow-default"];
    out.routed("GigabitEthernet0/0/0", "ken security cloud", None, line.at(2), line, &filter);
    out.routed("GigabitEthernet0/0/1", "FW1 port4", None, transit.at(2), transit, &[]);
    out.text("ip forward-protocol nd");
    out.route(None, ANY, line.at(1), "SECURITY-CLOUD");
    for (to, name) in [
        (site.clients(Layer::Inet), "VDI"),
        (site.servers(Layer::Inet), "INET-SV"),
        (Net::host(site.host(Host::Admin)), "KANRI"),
    ] {
        out.route(None, to, transit.at(1), name);
    }
    out.text("!");
    let [proxy, mail, names] = [1, 5, 6].map(|n| Carrier::Security.service(1, n));
    let (pool, relay, desktops) =
        (site.clients(Layer::Inet), site.host(Host::MailRelay), site.host(Host::Desktops));
    let outside = Net { first: Carrier::Security.service(1, 0), len: 24 };
    let around = Around { site, inside: pool, outside, out: false, list: 1 };
    out.list(
        "SC-IN",
        &entries(
            &around,
            rules,
            vec![
                format!("permit tcp host {proxy} eq 8080 {} established", pool.wild()),
                format!("permit tcp host {mail} eq smtp host {relay} established"),
                format!("permit udp host {names} eq domain host {desktops}"),
            ],
        ),
    );
    out.end(site.host(Host::Admin))
}

/// The line to Government Cloud.
#[must_use]
pub fn cloud(site: &Site, rules: usize) -> String {
    let mut out = Config::new("17.6", &site.device("GCR1"));
    out.router();
    let loopback = Net::host(site.loopback(2));
    out.routed("Loopback0", "kanri", None, loopback.first, loopback, &[]);
    let (line, transit) = (Carrier::Cloud.line(site.slot), site.transit(5));
    let filter = ["ip access-group GC-IN in", "ip access-group GC-OUT out"];
    out.routed("GigabitEthernet0/0/0", "Government Cloud kyodo riyo kaisen", None, line.at(2), line, &filter);
    out.routed("GigabitEthernet0/0/1", "FW1 port5", None, transit.at(2), transit, &[]);
    out.text("ip forward-protocol nd");
    let clients = site.all_clients(Layer::Mynumber);
    let number = Net::host(site.host(Host::Number));
    for net in clients.iter().chain([&number, &Net::host(site.host(Host::Admin))]) {
        out.route(None, *net, transit.at(1), "FW1");
    }
    let services = Net { first: Carrier::Cloud.service(10, 0), len: 24 };
    out.route(None, services, line.at(1), "HYOJUN-SYSTEM");
    out.text("!");
    let (far, peer) = (services.wild(), Net::host(Carrier::Cloud.service(10, 20)).wild());
    let number = number.wild();
    let (mut back, mut there): (Vec<String>, Vec<String>) = clients
        .iter()
        .map(|net| net.wild())
        .map(|net| {
            (format!("permit tcp {far} eq 443 {net} established"), format!("permit tcp {net} {far} eq 443"))
        })
        .unzip();
    for port in [22, 443] {
        back.push(format!("permit tcp {peer} eq {port} {number} established"));
        there.push(format!("permit tcp {number} {peer} eq {port}"));
    }
    let around =
        |out| Around { site, inside: site.clients(Layer::Mynumber), outside: services, out, list: 2 };
    out.list("GC-IN", &entries(&around(false), rules, back));
    out.list("GC-OUT", &entries(&around(true), rules, there));
    out.end(site.host(Host::Admin))
}

/// The maintenance line of a vendor, closed until somebody asks for it.
#[must_use]
pub fn maintenance(site: &Site, number: u32, fault: Option<Kind>) -> String {
    let index = number - 1;
    let mut out = Config::new("15.7", &site.device(&format!("MNT{number}")));
    out.vrf("KANRI", 40);
    out.router();
    let (vendor, servers, management) =
        (site.vendor(index), site.servers(Layer::Mynumber), site.management());
    let filter = ["ip access-group HOSHU-IN in", "ip access-group HOSHU-OUT out"];
    out.routed("GigabitEthernet0/0", "package hoshu VPN", None, vendor.at(1), vendor, &filter);
    out.routed("GigabitEthernet0/1", "CORE1 VLAN 111", None, servers.at(253 - index), servers, &[]);
    out.routed(
        "GigabitEthernet0/2",
        "CORE1 VLAN 411",
        Some("KANRI"),
        management.at(100 + number),
        management,
        &[],
    );
    out.text("ip forward-protocol nd");
    out.route(Some("KANRI"), Net::host(site.host(Host::Admin)), management.at(1), "KANRI");
    out.text("!");
    let open = (fault == Some(Kind::OpenMaintenance))
        .then(|| format!("permit tcp host {} host {} eq 3389", vendor.at(10), site.host(Host::Tax)));
    out.list("HOSHU-IN", &open.into_iter().collect::<Vec<_>>());
    out.list("HOSHU-OUT", &[]);
    out.end(site.host(Host::Admin))
}
