//! The policy of a network: zones by layer, lines to others, the flows A01 to A21, cables.

use std::fmt::Write as _;

use crate::address::{Carrier, Ip, Layer, Net};
use crate::ios::{SOCKETS, plugs};
use crate::plan::{Host, Site};
use crate::prefecture;

/// How the sites are cut into zones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zoning {
    /// One zone per layer for all sites.
    #[default]
    Shared,
    /// Every site has zones of its own.
    PerSite,
}

/// `zones.toml`.
#[must_use]
pub fn text(sites: &[Site], zoning: Zoning) -> String {
    let mut out = String::from("schema_version = 1\nsnapshot = \"configs\"\n");
    let scopes: Vec<(String, Vec<&Site>)> = match zoning {
        Zoning::Shared => vec![(String::new(), sites.iter().collect())],
        Zoning::PerSite => sites.iter().map(|s| (format!("-{}", s.name), vec![s])).collect(),
    };
    for (suffix, sites) in &scopes {
        zones(&mut out, suffix, sites);
    }
    let home = scopes.first().map_or("", |s| s.0.as_str());
    externals(&mut out, sites, home);
    hosts(&mut out, sites);
    for (suffix, sites) in &scopes {
        flows(&mut out, suffix, sites);
    }
    links(&mut out, sites);
    out
}

fn line(out: &mut String, args: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{args}");
}

fn list<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|i| format!("\"{i}\"")).collect();
    format!("[{}]", items.join(", "))
}

fn zones(out: &mut String, suffix: &str, sites: &[&Site]) {
    let mut zone = |id: &str, kind: &str, nets: Vec<Net>, interfaces: Vec<String>| {
        line(
            out,
            format_args!("\n[[zones]]\nid = \"{id}{suffix}\"\nkind = \"{kind}\"\nsubnets = {}", list(nets)),
        );
        if !interfaces.is_empty() {
            line(out, format_args!("interfaces = {}", list(interfaces)));
        }
    };
    let socket = |index: usize| -> Vec<String> {
        let Some(port) = SOCKETS.get(index) else { return Vec::new() };
        let floors = |s: &&Site| {
            (1..=s.floors)
                .map(|n| format!("{}:GigabitEthernet1/0/{port}", s.device(&format!("ACC{n}"))))
                .collect::<Vec<_>>()
        };
        sites.iter().flat_map(floors).collect()
    };
    let layer = |layer: Layer| -> Vec<Net> {
        sites.iter().flat_map(|s| s.all_clients(layer).into_iter().chain([s.servers(layer)])).collect()
    };
    let mut mynumber = layer(Layer::Mynumber);
    mynumber.extend(sites.iter().map(|s| s.terminals()));
    zone("mynumber", "mynumber", mynumber, socket(0));
    zone("juki-cs", "mynumber", sites.iter().map(|s| s.gateway()).collect(), Vec::new());
    zone("lgwan", "lgwan-seg", layer(Layer::Lgwan), socket(1));
    zone("inet", "internet-seg", layer(Layer::Inet), Vec::new());
    zone("admin", "mgmt", sites.iter().map(|s| s.admin()).collect(), Vec::new());
    zone("mgmt", "mgmt", sites.iter().map(|s| s.management()).collect(), Vec::new());
    let schools: Vec<Net> = sites.iter().filter(|s| s.city).map(|s| s.school()).collect();
    if !schools.is_empty() {
        zone("school", "school", schools, Vec::new());
    }
}

fn externals(out: &mut String, sites: &[Site], home: &str) {
    let mut external = |id: &str,
                        kind: &str,
                        zone: &str,
                        line_kind: &str,
                        interfaces: Vec<String>,
                        internet: bool| {
        let zone = if zone.starts_with("school") { zone.to_owned() } else { format!("{zone}{home}") };
        line(
            out,
            format_args!(
                "\n[[externals]]\nid = \"{id}\"\nkind = \"{kind}\"\nattached_to = \"{zone}\"\nline = \"{line_kind}\"\n\
                 interfaces = {}\ninternet_connected = \"{}\"",
                list(interfaces),
                if internet { "yes" } else { "no" }
            ),
        );
        if !internet {
            line(
                out,
                format_args!(
                    "transit = \"no\"\ninternet_evidence = {{ doc = \"情-回答-7\", date = 2024-06-03, answered_by = \"回線事業者\" }}"
                ),
            );
        }
    };
    let core = |port: &str| vec![format!("P-CORE1:{port}")];
    external("lgwan-net", "lgwan", "lgwan", "lgwan", core("GigabitEthernet0/0/1"), false);
    external("govcloud", "carrier-closed", "mynumber", "closed", core("GigabitEthernet0/0/2"), false);
    external("seccloud", "security-cloud", "inet", "closed", vec!["P-SCFW1:port2".to_owned()], true);
    let each =
        |device: &str, port: &str| sites.iter().map(|s| format!("{}:{port}", s.device(device))).collect();
    external("juki-net", "juki-net", "juki-cs", "dedicated", each("CSFW1", "wan2"), false);
    let vendors = |s: &Site| {
        (1..=s.maintenance)
            .map(|n| format!("{}:GigabitEthernet0/0", s.device(&format!("MNT{n}"))))
            .collect::<Vec<_>>()
    };
    external(
        "taxvendor",
        "contractor",
        "mynumber",
        "closed",
        sites.iter().flat_map(vendors).collect(),
        false,
    );
    if let Some(city) = sites.iter().find(|s| s.city) {
        let own = format!("school-{}", city.name);
        let zone = if home.is_empty() { "school" } else { own.as_str() };
        external("school-isp", "isp", zone, "internet", core("GigabitEthernet0/0/4"), true);
    }
}

fn hosts(out: &mut String, sites: &[Site]) {
    for site in sites {
        let (a, b) = (site.host(Host::CleanLgwan), site.host(Host::CleanInet));
        line(
            out,
            format_args!(
                "\n[[hosts]]\nid = \"mugaika-{}\"\naddresses = [\"{a}\", \"{b}\"]\nforwards = \"no\"\n\
                 evidence = {{ doc = \"設計書 4.2\", date = 2024-05-20, answered_by = \"構築業者\" }}",
                site.name
            ),
        );
    }
}

/// Ends of a flow: the zone, and the addresses there.
struct End<'a> {
    zone: &'a str,
    at: Vec<Net>,
}

fn flows(out: &mut String, suffix: &str, sites: &[&Site]) {
    let hosts = |hosts: &[Host]| -> Vec<Net> {
        sites.iter().flat_map(|s| hosts.iter().map(|h| Net::host(s.host(*h)))).collect()
    };
    let here = |zone, list: &[Host]| End { zone, at: hosts(list) };
    let clients = |zone, layer| End { zone, at: sites.iter().flat_map(|s| s.all_clients(layer)).collect() };
    let there =
        |zone, carrier: Carrier, third, host| End { zone, at: vec![Net::host(carrier.service(third, host))] };
    let cloud =
        || End { zone: "ext:govcloud", at: vec![Net { first: Carrier::Cloud.service(10, 0), len: 24 }] };
    let mut flow = |id: &str, from: End<'_>, to: End<'_>, proto: &str, ports: &[&str]| {
        let name =
            |zone: &str| if zone.starts_with("ext:") { zone.to_owned() } else { format!("{zone}{suffix}") };
        let ports = if ports.is_empty() { String::new() } else { format!(", ports = {}", list(ports)) };
        line(
            out,
            format_args!(
                "\n[[flows]]\nid = \"{id}{suffix}\"\nmatch = {{ from = \"{}\", to = \"{}\", proto = \"{proto}\", src = {}, dst = {}{ports} }}\n\
                 approval = {{ number = \"R6-0{id}\", applicant = \"情報係\", approver = \"CISO\", date = 2024-04-15 }}",
                name(from.zone),
                name(to.zone),
                list(from.at),
                list(to.at)
            ),
        );
    };
    let (mynumber, lgwan, inet, asp) = ("mynumber", "lgwan", "inet", "ext:lgwan-net");
    flow("A01", clients(lgwan, Layer::Lgwan), here(inet, &[Host::Desktops]), "tcp", &["443"]);
    flow("A02", here(lgwan, &[Host::CleanLgwan]), here(inet, &[Host::CleanInet]), "tcp", &["443"]);
    flow("A03", here(lgwan, &[Host::Mail]), there(asp, Carrier::Lgwan, 1, 2), "tcp", &["25"]);
    flow("A03r", there(asp, Carrier::Lgwan, 1, 2), here(lgwan, &[Host::Mail]), "tcp", &["25"]);
    flow("A04-udp", here(lgwan, &[Host::Names]), there(asp, Carrier::Lgwan, 1, 2), "udp", &["53"]);
    flow("A04-tcp", here(lgwan, &[Host::Names]), there(asp, Carrier::Lgwan, 1, 2), "tcp", &["53"]);
    flow("A05", here(lgwan, &[Host::Clock]), there(asp, Carrier::Lgwan, 1, 3), "udp", &["123"]);
    flow("A06", here(inet, &[Host::MailRelay]), here(lgwan, &[Host::CleanLgwan]), "tcp", &["25"]);
    flow("A07", here(lgwan, &[Host::LgwanUpdates]), here(inet, &[Host::InetUpdates]), "tcp", &["8530-8531"]);
    flow(
        "A08",
        here(mynumber, &[Host::MynumberUpdates]),
        here(lgwan, &[Host::LgwanUpdates]),
        "tcp",
        &["443", "8530-8531"],
    );
    flow("A09", here(mynumber, &[Host::Applications]), there(asp, Carrier::Lgwan, 20, 10), "tcp", &["443"]);
    flow("A10", here(mynumber, &[Host::Tax]), there(asp, Carrier::Lgwan, 20, 20), "tcp", &["443"]);
    flow("A11", here(mynumber, &[Host::Certificates]), there(asp, Carrier::Lgwan, 20, 30), "tcp", &["443"]);
    flow("A11r", there(asp, Carrier::Lgwan, 20, 30), here(mynumber, &[Host::Certificates]), "tcp", &["443"]);
    flow(
        "A12",
        here(mynumber, &[Host::Terminal, Host::Number]),
        there(asp, Carrier::Lgwan, 20, 40),
        "tcp",
        &["443"],
    );
    flow(
        "A13",
        here(mynumber, &[Host::Register]),
        here("juki-cs", &[Host::Gateway]),
        "tcp",
        &["443", "1521"],
    );
    let terminals = sites.iter().flat_map(|s| s.register_terminals()).map(Net::host).collect();
    flow("A14", End { zone: mynumber, at: terminals }, here("juki-cs", &[Host::Gateway]), "tcp", &["443"]);
    let far = sites.iter().map(|s| Net::host(Carrier::Register.line(s.slot).at(1))).collect();
    flow("A15", here("juki-cs", &[Host::Gateway]), End { zone: "ext:juki-net", at: far }, "any", &[]);
    flow("A16", clients(mynumber, Layer::Mynumber), cloud(), "tcp", &["443"]);
    flow(
        "A17",
        here(mynumber, &[Host::Number]),
        there("ext:govcloud", Carrier::Cloud, 10, 20),
        "tcp",
        &["22", "443"],
    );
    flow("A18", clients(inet, Layer::Inet), there("ext:seccloud", Carrier::Security, 1, 1), "tcp", &["8080"]);
    flow(
        "A19",
        here(inet, &[Host::MailRelay]),
        there("ext:seccloud", Carrier::Security, 1, 5),
        "tcp",
        &["25"],
    );
    flow(
        "A20",
        here(inet, &[Host::Desktops]),
        there("ext:seccloud", Carrier::Security, 1, 6),
        "udp",
        &["53"],
    );
    let management = sites.iter().map(|s| s.management()).collect();
    flow("A21", here("admin", &[Host::Admin]), End { zone: "mgmt", at: management }, "tcp", &["22", "443"]);
    let schools: Vec<Net> = sites.iter().filter(|s| s.city).map(|s| s.school()).collect();
    if !schools.is_empty() {
        let world = vec![Net { first: Ip(0), len: 0 }];
        flow(
            "B08",
            End { zone: "school", at: schools },
            End { zone: "ext:school-isp", at: world },
            "tcp",
            &["80", "443"],
        );
    }
}

fn links(out: &mut String, sites: &[Site]) {
    let mut link = |a: String, b: String| line(out, format_args!("\n[[links]]\na = \"{a}\"\nb = \"{b}\""));
    for site in sites {
        let (core, firewall) = (site.device("CORE1"), site.device("FW1"));
        for n in [1, 2] {
            link(format!("{core}:GigabitEthernet1/0/{n}"), format!("{firewall}:port{n}"));
        }
        for (port, device, other, _) in plugs(site) {
            link(format!("{core}:{port}"), format!("{device}:{other}"));
        }
        let (security, cloud) = (site.device("SCR1"), site.device("GCR1"));
        link(format!("{firewall}:port4"), format!("{security}:GigabitEthernet0/0/1"));
        link(format!("{firewall}:port5"), format!("{cloud}:GigabitEthernet0/0/1"));
        let (aggregate, number) = site.aggregate();
        let aggregate = prefecture::aggregate_name(aggregate);
        let far = |carrier| format!("{aggregate}:{}", prefecture::port(number, carrier));
        link(far(Carrier::Lgwan), format!("{firewall}:port3"));
        link(far(Carrier::Security), format!("{security}:GigabitEthernet0/0/0"));
        link(far(Carrier::Cloud), format!("{cloud}:GigabitEthernet0/0/0"));
        if site.city {
            link(far(Carrier::School), format!("{}:wan1", site.device("EDFW1")));
        }
    }
    for index in prefecture::aggregates(sites) {
        let name = prefecture::aggregate_name(index);
        link(format!("P-CORE1:{}", prefecture::core_port(index)), format!("{name}:{}", prefecture::UPLINK));
    }
    link("P-CORE1:GigabitEthernet0/0/3".to_owned(), "P-SCFW1:port1".to_owned());
}
