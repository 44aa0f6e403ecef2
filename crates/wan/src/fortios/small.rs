//! Firewalls with one job.

use super::{OBJECTS, Rule, SERVICES, SETTINGS, group, head, object, port, range, route, section};
use crate::address::{Carrier, Ip, Layer, Net};
use crate::plan::{Host, Site};

const ANY: Net = Net { first: Ip(0), len: 0 };

/// The firewall before the register gateway.
#[must_use]
pub fn register(site: &Site) -> String {
    let (terminals, gateway, line) = (site.terminals(), site.gateway(), Carrier::Register.line(site.slot));
    let management = site.management();
    let mut out = head("FGT60F", &site.device("CSFW1"));
    let ports = [
        port("wan1", Some((terminals.at(14), terminals)), "ping"),
        port("wan2", Some((line.at(2), line)), "ping"),
        port("dmz", None, ""),
        port("internal1", Some((management.at(120), management)), "ping https ssh snmp"),
        port("internal2", Some((gateway.at(1), gateway)), "ping"),
        port("internal3", None, ""),
        port("internal4", None, ""),
    ];
    out.push_str(&section("system interface", &ports.concat()));
    out.push_str(SETTINGS);
    let [first, _, last] = site.register_terminals();
    let objects = [
        OBJECTS.to_owned(),
        object("既存住基", Net::host(site.host(Host::Register))),
        range("統合端末", first, last),
        object("住基CS", Net::host(site.host(Host::Gateway))),
        object("住基ネットFW", Net::host(line.at(1))),
    ];
    out.push_str(&section("firewall address", &objects.concat()));
    out.push_str(SERVICES);
    let rules = [
        Rule::accept(1, ("wan1", "internal2"), &["既存住基"], &["住基CS"], &["住基連携", "HTTPS"], "A13")
            .text(),
        Rule::accept(2, ("wan1", "internal2"), &["統合端末"], &["住基CS"], &["HTTPS"], "A14").text(),
        Rule::accept(3, ("internal2", "wan2"), &["住基CS"], &["住基ネットFW"], &["ALL"], "A15").text(),
        Rule::last(),
    ];
    out.push_str(&section("firewall policy", &rules.concat()));
    let routes = [
        route(1, Net::host(site.host(Host::Register)), terminals.at(1), "wan1"),
        route(2, Net::host(site.host(Host::Admin)), management.at(1), "internal1"),
    ];
    out.push_str(&section("router static", &routes.concat()));
    out
}

/// The firewall of the schools of a city, before the prefecture's education network.
#[must_use]
pub fn school(site: &Site) -> String {
    let (school, management) = (site.school(), site.management());
    let line = Carrier::School.line(site.slot);
    let mut out = head("FG100F", &site.device("EDFW1"));
    let ports = [
        port("wan1", Some((line.at(2), line)), "ping"),
        port("wan2", None, ""),
        port("internal1", Some((management.at(121), management)), "ping https ssh snmp"),
        port("internal2", Some((school.at(254), school)), "ping"),
    ];
    out.push_str(&section("system interface", &ports.concat()));
    out.push_str(SETTINGS);
    out.push_str(&section("firewall address", &[OBJECTS.to_owned(), object("学校", school)].concat()));
    out.push_str(SERVICES);
    let rules = [
        Rule::accept(1, ("internal2", "wan1"), &["学校"], &["all"], &["HTTP", "HTTPS"], "B08").text(),
        Rule::last(),
    ];
    out.push_str(&section("firewall policy", &rules.concat()));
    let routes = [
        route(1, ANY, line.at(1), "wan1"),
        route(2, Net::host(site.host(Host::Admin)), management.at(1), "internal1"),
    ];
    out.push_str(&section("router static", &routes.concat()));
    out
}

/// The prefecture's firewall before the security cloud.
#[must_use]
pub fn security_cloud() -> String {
    let (exit, inside) = (Carrier::Security.exit(), crate::prefecture::security_transit());
    let mut out = head("FG100F", "P-SCFW1");
    let ports = [
        port("port1", Some((inside.at(2), inside)), "ping"),
        port("port2", Some((exit.at(2), exit)), "ping"),
        port("port3", None, ""),
    ];
    out.push_str(&section("system interface", &ports.concat()));
    out.push_str(SETTINGS);
    let hosts = [1, 5, 6].map(|n| Net::host(Carrier::Security.service(1, n)));
    let [proxy, mail, names] = hosts;
    let objects = [
        OBJECTS.to_owned(),
        object("団体", Layer::Inet.all()),
        object("プロキシ", proxy),
        object("メール", mail),
        object("DNS", names),
    ];
    out.push_str(&section("firewall address", &objects.concat()));
    out.push_str(&section("firewall addrgrp", &group("SC", &["プロキシ", "メール", "DNS"])));
    out.push_str(SERVICES);
    let pair = ("port1", "port2");
    let rules = [
        Rule::accept(1, pair, &["団体"], &["プロキシ"], &["TCP_8080"], "A18").text(),
        Rule::accept(2, pair, &["団体"], &["メール"], &["SMTP"], "A19").text(),
        Rule::accept(3, pair, &["団体"], &["DNS"], &["DNS_UDP"], "A20").text(),
        Rule::last(),
    ];
    out.push_str(&section("firewall policy", &rules.concat()));
    let routes = [route(1, ANY, exit.at(1), "port2"), route(2, Layer::Inet.all(), inside.at(1), "port1")];
    out.push_str(&section("router static", &routes.concat()));
    out
}
