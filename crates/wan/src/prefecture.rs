//! The prefecture's network: aggregation routers with a routing domain per closed network, one core.

use crate::address::{Carrier, Ip, Layer, Net};
use crate::ios::Config;
use crate::plan::Site;

const ANY: Net = Net { first: Ip(0), len: 0 };

/// Closed networks that run over the prefecture's lines: routing domain, tag.
const DOMAINS: [(Carrier, &str, u32); 4] = [
    (Carrier::Lgwan, "LGWAN", 20),
    (Carrier::Security, "INET", 30),
    (Carrier::Cloud, "GC", 10),
    (Carrier::School, "EDU", 50),
];

/// Whether a site has a line into a closed network.
fn has(site: &Site, carrier: Carrier) -> bool {
    carrier != Carrier::School || site.city
}

/// The /30 between the core (`.1`) and the firewall of the security cloud (`.2`).
#[must_use]
pub const fn security_transit() -> Net {
    Net { first: Ip((172 << 24) | (31 << 16) | (255 << 8)), len: 30 }
}

/// Name of an aggregation router.
#[must_use]
pub fn aggregate_name(index: u32) -> String {
    format!("P-AGG{:03}", index + 1)
}

/// Port of an aggregation router toward a site, for a closed network.
#[must_use]
pub fn port(number: u32, carrier: Carrier) -> String {
    let position = DOMAINS.iter().position(|d| d.0 == carrier).unwrap_or(0);
    format!("GigabitEthernet0/{number}/{position}")
}

/// Port of the core toward an aggregation router.
#[must_use]
pub fn core_port(aggregate: u32) -> String {
    format!("TenGigabitEthernet{}/0/{}", aggregate / 24 + 1, aggregate % 24)
}

/// Port of an aggregation router toward the core.
pub const UPLINK: &str = "TenGigabitEthernet0/99/0";

/// The aggregation router of some sites.
#[must_use]
pub fn aggregate(index: u32, sites: &[&Site]) -> String {
    let mut out = Config::new("17.9", &aggregate_name(index));
    for (_, vrf, tag) in DOMAINS {
        out.vrf(vrf, tag);
    }
    out.router();
    out.line(format!("interface {UPLINK}\n description P-CORE1\n no ip address\n negotiation auto\n!"));
    for (carrier, vrf, tag) in DOMAINS {
        let net = carrier.uplink(index);
        out.routed(&format!("{UPLINK}.{tag}"), "P-CORE1", Some(vrf), net.at(2), net, &[]);
    }
    for site in sites {
        for (carrier, vrf, _) in DOMAINS.into_iter().filter(|d| has(site, d.0)) {
            let net = carrier.line(site.slot);
            out.routed(&port(site.aggregate().1, carrier), &site.name, Some(vrf), net.at(1), net, &[]);
        }
    }
    out.text("ip forward-protocol nd\nno ip http server\nno ip http secure-server");
    for (carrier, vrf, _) in DOMAINS {
        out.route(Some(vrf), ANY, carrier.uplink(index).at(1), "P-CORE1");
        for site in sites.iter().filter(|s| has(s, carrier)) {
            for layer in layers(carrier) {
                let whole = layer.site(site.slot, site.city);
                let to = if carrier == Carrier::School { site.school() } else { whole };
                out.route(Some(vrf), to, carrier.line(site.slot).at(2), &site.name);
            }
        }
    }
    out.text("!");
    out.end(Ip((10 << 24) | (255 << 16) | (255 << 8) | 10))
}

/// Layers of the sites that a closed network leads to.
const fn layers(carrier: Carrier) -> &'static [Layer] {
    match carrier {
        Carrier::Lgwan => &[Layer::Lgwan, Layer::Mynumber],
        Carrier::Security => &[Layer::Inet],
        Carrier::Cloud | Carrier::Register => &[Layer::Mynumber],
        Carrier::School => &[Layer::Other],
    }
}

/// The core of the prefecture, with the lines to the operators.
#[must_use]
pub fn core(aggregates: &[u32]) -> String {
    let mut out = Config::new("17.9", "P-CORE1");
    for (_, vrf, tag) in DOMAINS {
        out.vrf(vrf, tag);
    }
    out.router();
    for &index in aggregates {
        let name = core_port(index);
        out.line(format!(
            "interface {name}\n description {}\n no ip address\n negotiation auto\n!",
            aggregate_name(index)
        ));
        for (carrier, vrf, tag) in DOMAINS {
            let net = carrier.uplink(index);
            out.routed(&format!("{name}.{tag}"), &aggregate_name(index), Some(vrf), net.at(1), net, &[]);
        }
    }
    let lgwan = Carrier::Lgwan.exit();
    let filter = ["ip access-group LGWAN-IN in"];
    out.routed("GigabitEthernet0/0/1", "LGWAN", Some("LGWAN"), lgwan.at(2), lgwan, &filter);
    let cloud = Carrier::Cloud.exit();
    out.routed("GigabitEthernet0/0/2", "Government Cloud", Some("GC"), cloud.at(2), cloud, &[]);
    let school = Carrier::School.exit();
    out.routed("GigabitEthernet0/0/4", "Internet, schools", Some("EDU"), school.at(2), school, &[]);
    let security = security_transit();
    out.routed("GigabitEthernet0/0/3", "P-SCFW1 port1", Some("INET"), security.at(1), security, &[]);
    out.text("ip forward-protocol nd\nno ip http server\nno ip http secure-server");
    for (vrf, via) in
        [("LGWAN", lgwan.at(1)), ("GC", cloud.at(1)), ("INET", security.at(2)), ("EDU", school.at(1))]
    {
        out.route(Some(vrf), ANY, via, "SOTO");
    }
    for &index in aggregates {
        for (carrier, vrf, _) in DOMAINS {
            for layer in layers(carrier) {
                out.route(
                    Some(vrf),
                    layer.aggregate(index),
                    carrier.uplink(index).at(2),
                    &aggregate_name(index),
                );
            }
        }
    }
    out.text("!");
    let towns = Net { first: Layer::Mynumber.all().first, len: 9 };
    out.list("LGWAN-IN", &[format!("permit ip {} {}", Carrier::Lgwan.all().wild(), towns.wild())]);
    out.end(Ip((10 << 24) | (255 << 16) | (255 << 8) | 10))
}

/// The aggregation routers that sites need.
#[must_use]
pub fn aggregates(sites: &[Site]) -> Vec<u32> {
    let mut out: Vec<u32> = sites.iter().map(|s| s.aggregate().0).collect();
    out.dedup();
    out
}
