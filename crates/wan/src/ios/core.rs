//! The core with a routing domain per layer, and floor switches.

use super::Config;
use crate::address::{Carrier, Layer, Net};
use crate::fault::Kind;
use crate::plan::{Host, Site};
use crate::random::Random;

/// Ports of the core, in the order in which devices are plugged in.
#[derive(Clone, Debug, Default)]
pub struct Ports(u32);

impl Ports {
    /// Ports of the core of a site: the first two lead to the firewall.
    #[must_use]
    pub const fn new() -> Self {
        Self(2)
    }

    /// The next port.
    pub fn next(&mut self) -> String {
        self.0 += 1;
        format!("GigabitEthernet{}/0/{}", (self.0 - 1) / 48 + 1, (self.0 - 1) % 48 + 1)
    }
}

/// Who is plugged into the core: port, name of the device there, its port, VLANs.
#[must_use]
pub fn plugs(site: &Site) -> Vec<(String, String, &'static str, Vlans)> {
    let mut ports = Ports::new();
    let mut out = Vec::new();
    for n in 1..=site.floors {
        let name = site.device(&format!("ACC{n}"));
        out.push((ports.next(), name, "GigabitEthernet1/0/24", Vlans::Trunk("110,210,411")));
    }
    for n in 1..=site.branches {
        let name = site.device(&format!("BRR{n}"));
        out.push((ports.next(), name, "GigabitEthernet0/0/0", Vlans::Trunk("110,210,411")));
    }
    for n in 1..=site.maintenance {
        let name = site.device(&format!("MNT{n}"));
        out.push((ports.next(), name.clone(), "GigabitEthernet0/1", Vlans::Access(111)));
        out.push((ports.next(), name, "GigabitEthernet0/2", Vlans::Access(411)));
    }
    let register = site.device("CSFW1");
    out.push((ports.next(), register.clone(), "wan1", Vlans::Access(112)));
    out.push((ports.next(), register, "internal1", Vlans::Access(411)));
    if site.city {
        out.push((ports.next(), site.device("EDFW1"), "internal1", Vlans::Access(411)));
    }
    out
}

/// What a port of the core carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vlans {
    /// One VLAN, untagged.
    Access(u32),
    /// These, tagged.
    Trunk(&'static str),
}

const VLANS: [(u32, &str); 15] = [
    (110, "MYNUM-PC"),
    (111, "MYNUM-SV"),
    (112, "MYNUM-CHUKAN-TOGO"),
    (210, "LGWAN-PC"),
    (211, "LGWAN-SV"),
    (310, "INET-VDI"),
    (311, "INET-SV"),
    (410, "KANRI-TANMATSU"),
    (411, "KANRI-KIKI"),
    (901, "FW1-MYNUM"),
    (902, "FW1-LGWAN"),
    (903, "FW1-INET"),
    (904, "FW1-KANRI"),
    (998, "MISHIYO"),
    (999, "NATIVE"),
];

/// The core switch.
#[must_use]
pub fn core(site: &Site, fault: Option<Kind>) -> String {
    let mut out = Config::new("17.9", &site.device("CORE1"));
    for (name, number) in [("INET", 30), ("LGWAN", 20), ("MYNUM", 10)] {
        out.vrf(name, number);
    }
    out.text(
        "ip routing\nno ip source-route\nno ip domain lookup\nip domain name net.machi.example\n!\n\
         login on-success log\nvtp mode off\n!\nspanning-tree mode rapid-pvst\nspanning-tree extend system-id\n!\n\
         redundancy\n mode sso\n!\nvlan internal allocation policy ascending\n!",
    );
    for (vlan, name) in VLANS {
        out.line(format!("vlan {vlan}\n name {name}\n!"));
    }
    out.text("ip ssh version 2\n!");
    for (port, group) in [("Port-channel1", ""), ("GigabitEthernet1/0/1", "x"), ("GigabitEthernet1/0/2", "x")]
    {
        trunk(&mut out, port, "FW1 LAG-CORE", "901-904", !group.is_empty());
    }
    for (port, device, other, vlans) in plugs(site) {
        let description = format!("{device} {other}");
        match vlans {
            Vlans::Trunk(vlans) => trunk(&mut out, &port, &description, vlans, false),
            Vlans::Access(vlan) => access(&mut out, &port, &description, vlan),
        }
    }
    let mut stack = 0;
    for (vlan, name) in [
        (111, "server"),
        (112, "togo tanmatsu"),
        (211, "LGWAN server"),
        (311, "INET server"),
        (310, "VDI pool"),
        (410, "kanri tanmatsu"),
        (411, "syslog"),
    ] {
        stack += 1;
        access(&mut out, &format!("TenGigabitEthernet1/1/{stack}"), name, vlan);
    }
    out.text("interface Vlan1\n no ip address\n shutdown\n!");
    interfaces(&mut out, site, fault);
    routes(&mut out, site);
    lists(&mut out, site);
    out.end(site.host(Host::Admin))
}

fn interfaces(out: &mut Config, site: &Site, fault: Option<Kind>) {
    let mynumber = Some("MYNUM");
    let gateway =
        |out: &mut Config, name: &str, vrf, net: Net| out.routed(name, "gateway", vrf, net.at(254), net, &[]);
    let lost = fault == Some(Kind::NoVrf);
    gateway(out, "Vlan110", mynumber.filter(|_| !lost), site.clients(Layer::Mynumber));
    gateway(out, "Vlan111", mynumber, site.servers(Layer::Mynumber));
    out.routed("Vlan112", "togo tanmatsu", mynumber, site.terminals().at(1), site.terminals(), &[]);
    gateway(out, "Vlan210", Some("LGWAN"), site.clients(Layer::Lgwan));
    gateway(out, "Vlan211", Some("LGWAN"), site.servers(Layer::Lgwan));
    gateway(out, "Vlan310", Some("INET"), site.clients(Layer::Inet));
    gateway(out, "Vlan311", Some("INET"), site.servers(Layer::Inet));
    let filter = ["ip access-group KANRI-TANMATSU-IN in", "ip access-group KANRI-TANMATSU-OUT out"];
    out.routed("Vlan410", "kanri tanmatsu", None, site.admin().at(1), site.admin(), &filter);
    let filter = ["ip access-group KANRI-KIKI-IN in", "ip access-group KANRI-KIKI-OUT out"];
    out.routed("Vlan411", "kiki kanri address", None, site.management().at(1), site.management(), &filter);
    for (n, vrf) in [(0, Some("MYNUM")), (1, Some("LGWAN")), (2, Some("INET")), (3, None)] {
        let net = site.transit(n);
        out.routed(&format!("Vlan{}", 901 + n), "FW1", vrf, net.at(1), net, &[]);
    }
}

fn routes(out: &mut Config, site: &Site) {
    out.text("ip forward-protocol nd\nno ip http server\nno ip http secure-server");
    let firewall = |n| site.transit(n).at(2);
    let any = Net { first: crate::address::Ip(0), len: 0 };
    for n in [1, 2] {
        out.route(None, Net::host(site.loopback(n)), firewall(3), "KANRI");
    }
    out.route(Some("INET"), any, firewall(2), "FW1");
    out.route(Some("LGWAN"), any, firewall(1), "FW1");
    for branch in 0..site.branches {
        let via = |layer| site.clients(layer).at(253 - branch);
        out.route(Some("LGWAN"), site.branch(Layer::Lgwan, branch), via(Layer::Lgwan), "SHISHO");
        out.route(Some("MYNUM"), site.branch(Layer::Mynumber, branch), via(Layer::Mynumber), "SHISHO");
    }
    out.route(Some("MYNUM"), site.gateway(), site.terminals().at(14), "JUKI-CS");
    for n in 0..site.maintenance {
        out.route(Some("MYNUM"), site.vendor(n), site.servers(Layer::Mynumber).at(253 - n), "HOSHU");
    }
    let services = Net { first: Carrier::Lgwan.service(20, 0), len: 24 };
    for (to, name) in [
        (Net::host(site.host(Host::LgwanUpdates)), "WSUS"),
        (Carrier::Cloud.all(), "GOVCLOUD"),
        (services, "ASP"),
    ] {
        out.route(Some("MYNUM"), to, firewall(0), name);
    }
    out.text("!");
}

fn lists(out: &mut Config, site: &Site) {
    let admin = site.host(Host::Admin);
    let devices = site.management().wild();
    let firewall = Net::host(site.transit(3).at(2)).wild();
    let loopbacks = [1, 2].map(|n| Net::host(site.loopback(n)).wild());
    let both = |to: &str| [22, 443].map(|port| format!("permit tcp host {admin} {to} eq {port}"));
    let replies =
        |from: &str| [22, 443].map(|port| format!("permit tcp {from} eq {port} host {admin} established"));
    out.list("KANRI-KIKI-IN", &replies(&devices));
    out.list("KANRI-KIKI-OUT", &both(&devices));
    let targets = [&devices, &firewall].into_iter().chain(&loopbacks);
    let (mut there, mut back) = (Vec::new(), Vec::new());
    for target in targets {
        there.extend(both(target));
        back.extend(replies(target));
    }
    out.list("KANRI-TANMATSU-IN", &there);
    out.list("KANRI-TANMATSU-OUT", &back);
}

fn trunk(out: &mut Config, port: &str, description: &str, vlans: &str, member: bool) {
    out.line(format!(
        "interface {port}\n description {description}\n switchport trunk native vlan 999\n \
         switchport trunk allowed vlan {vlans}\n switchport mode trunk\n switchport nonegotiate"
    ));
    if member {
        out.text(" channel-group 1 mode active");
    }
    out.text("!");
}

fn access(out: &mut Config, port: &str, description: &str, vlan: u32) {
    out.line(format!(
        "interface {port}\n description {description}\n switchport access vlan {vlan}\n \
         switchport mode access\n switchport nonegotiate\n spanning-tree portfast\n!"
    ));
}

/// Sockets of a floor switch that the policy names: one of the My Number segment, one of the LGWAN segment.
pub const SOCKETS: [u32; 2] = [1, 18];

/// A floor switch: sockets of the My Number and the LGWAN segment.
#[must_use]
pub fn floor(site: &Site, number: u32, fault: Option<Kind>) -> String {
    let mut out = Config::new("15.2", &site.device(&format!("ACC{number}")));
    out.text("no ip routing\nno ip source-route\nno ip domain-lookup\nvtp mode transparent\n!\nspanning-tree mode rapid-pvst\n!");
    for (vlan, name) in VLANS.iter().filter(|(v, _)| [110, 210, 411, 998, 999].contains(v)) {
        out.line(format!("vlan {vlan}\n name {name}\n!"));
    }
    out.text("ip ssh version 2\n!\ninterface FastEthernet0\n no ip address\n shutdown\n!");
    let mut rng = Random::new(site.seed, 100 + u64::from(number));
    for port in 1..=20 {
        let unused = site.perturbed && rng.below(6) == 0 && !SOCKETS.contains(&port);
        let (vlan, room) = if port <= 7 { (110, "住民課") } else { (210, "職員PC") };
        let name = format!("GigabitEthernet1/0/{port}");
        if port == SOCKETS[1] && fault == Some(Kind::OpenSocket) {
            trunk(&mut out, &name, "kaigishitsu", "110,210", false);
        } else if port > 18 || unused {
            out.line(format!("interface {name}\n description 未使用\n switchport access vlan 998\n switchport mode access\n shutdown\n!"));
        } else {
            access(&mut out, &name, &format!("{number}F {room} {port}"), vlan);
        }
    }
    trunk(&mut out, "GigabitEthernet1/0/24", "CORE1", "110,210,411", false);
    out.text("interface Vlan1\n no ip address\n shutdown\n!");
    let management = site.management();
    out.line(format!(
        "interface Vlan411\n description 機器管理\n ip address {} {}\n!\nip default-gateway {}\n\
         no ip http server\nno ip http secure-server\n!",
        management.at(10 + number),
        management.mask(),
        management.at(1)
    ));
    out.end(site.host(Host::Admin))
}
