//! The firewall between the layers of a site: one policy per approved flow.

use super::{OBJECTS, Rule, SERVICES, SETTINGS, group, head, object, port, route, section};
use crate::address::{Carrier, Ip, Layer, Net};
use crate::fault::Kind;
use crate::filler;
use crate::plan::{Host, Site};
use crate::random::Random;

const ANY: Net = Net { first: Ip(0), len: 0 };

/// The firewall, with `rules` further policies.
#[must_use]
pub fn layers(site: &Site, rules: usize, fault: Option<Kind>) -> String {
    let mut out = head("FG100F", &site.device("FW1"));
    out.push_str(&section("system interface", &interfaces(site)));
    out.push_str(SETTINGS);
    out.push_str(&section("system zone", &zones()));
    let mut objects = objects(site, fault);
    let mut policies = policies();
    let mut rng = Random::new(site.seed, 2);
    leftovers(site, rules, &mut rng, &mut objects, &mut policies);
    if site.perturbed {
        rng.shuffle(&mut objects);
        rng.shuffle(&mut policies);
    }
    if fault == Some(Kind::AnyAny) {
        policies.push(Rule::accept(97, ("any", "any"), &["all"], &["all"], &["ALL"], "疎通試験用 後で削除"));
    }
    out.push_str(&section("firewall address", &format!("{OBJECTS}{}", objects.concat())));
    out.push_str(&section("firewall addrgrp", &groups(site)));
    out.push_str(SERVICES);
    let policies: String = policies.iter().map(Rule::text).collect();
    out.push_str(&section("firewall policy", &format!("{policies}{}", Rule::last())));
    out.push_str(&section("router static", &routes(site)));
    out
}

const LAN: [&str; 4] = ["vl901-MYNUM", "vl902-LGWAN", "vl903-INET", "vl904-MGMT"];

fn interfaces(site: &Site) -> String {
    let mut out = String::new();
    for name in ["dmz", "mgmt", "wan1", "wan2", "ha1", "ha2", "port6", "port7", "port8", "x1", "x2"] {
        out.push_str(&port(name, None, ""));
    }
    for name in ["port1", "port2"] {
        out.push_str(&format!(
            "    edit \"{name}\"\n        set vdom \"root\"\n        set type physical\n    next\n"
        ));
    }
    let lines = [
        ("port3", Carrier::Lgwan.line(site.slot), 2),
        ("port4", site.transit(4), 1),
        ("port5", site.transit(5), 1),
    ];
    for (name, net, host) in lines {
        out.push_str(&port(name, Some((net.at(host), net)), "ping"));
    }
    out.push_str(
        "    edit \"LAG-CORE\"\n        set vdom \"root\"\n        set type aggregate\n        set member \"port1\" \"port2\"\n    next\n",
    );
    for (n, name) in (0..).zip(LAN) {
        let net = site.transit(n);
        let access = if n == 3 { "ping https ssh snmp" } else { "ping" };
        out.push_str(&format!(
            "    edit \"{name}\"\n        set vdom \"root\"\n        set ip {} {}\n        set allowaccess {access}\n\
             \u{20}       set role lan\n        set interface \"LAG-CORE\"\n        set vlanid {}\n    next\n",
            net.at(2),
            net.mask(),
            901 + n
        ));
    }
    out
}

fn zones() -> String {
    let zones = [
        ("Z_MYNUM", "vl901-MYNUM"),
        ("Z_LGWAN", "vl902-LGWAN"),
        ("Z_INET", "vl903-INET"),
        ("Z_MGMT", "vl904-MGMT"),
        ("Z_LGW", "port3"),
        ("Z_SC", "port4"),
        ("Z_GC", "port5"),
    ];
    let text = |(zone, interface)| {
        format!(
            "    edit \"{zone}\"\n        set intrazone deny\n        set interface \"{interface}\"\n    next\n"
        )
    };
    zones.into_iter().map(text).collect()
}

fn objects(site: &Site, fault: Option<Kind>) -> Vec<String> {
    let host = |name: &str, host| object(name, Net::host(site.host(host)));
    let service = |name: &str, carrier: Carrier, third, n| object(name, Net::host(carrier.service(third, n)));
    let mut out = vec![
        host("税システム", Host::Tax),
        host("統合宛名", Host::Number),
        host("申請管理", Host::Applications),
        host("証明発行", Host::Certificates),
        host("WSUS_マイナンバー", Host::MynumberUpdates),
        host("中間サーバー接続端末", Host::Terminal),
        host("AD_DNS", Host::Names),
        host("メール_LGWAN", Host::Mail),
        host("NTP", Host::Clock),
        host("無害化_LGWAN側", Host::CleanLgwan),
        host("WSUS中継", Host::LgwanUpdates),
        object("VDIプール", site.clients(Layer::Inet)),
        host("VDIゲートウェイ", Host::Desktops),
        host("メール中継_INET", Host::MailRelay),
        host("無害化_INET側", Host::CleanInet),
        host("WSUS_INET", Host::InetUpdates),
        service("LGWANメール・DNS", Carrier::Lgwan, 1, 2),
        service("LGWAN_NTP", Carrier::Lgwan, 1, 3),
        service("eLTAX", Carrier::Lgwan, 20, 20),
        service("eLTAX_旧", Carrier::Lgwan, 20, 21),
        service("証明書交付センター", Carrier::Lgwan, 20, 30),
        service("中間サーバーPF", Carrier::Lgwan, 20, 40),
        object("標準準拠システム", Net { first: Carrier::Cloud.service(10, 0), len: 24 }),
        service("統合宛名連携_GC", Carrier::Cloud, 10, 20),
        service("SCプロキシ", Carrier::Security, 1, 1),
        service("SCメール", Carrier::Security, 1, 5),
        service("SC_DNS", Carrier::Security, 1, 6),
        host("管理端末", Host::Admin),
        object("SCR1", Net::host(site.loopback(1))),
        object("GCR1", Net::host(site.loopback(2))),
        object("test", Net { first: Ip((192 << 24) | (168 << 16) | (99 << 8)), len: 24 }),
    ];
    let applications = Carrier::Lgwan.service(20, 10);
    out.push(match fault {
        Some(Kind::WideObject) => {
            object("ぴったりサービス", Net { first: Carrier::Lgwan.service(20, 0), len: 24 })
        }
        _ => object("ぴったりサービス", Net::host(applications)),
    });
    for (layer, name) in [(Layer::Mynumber, "マイナンバーPC"), (Layer::Lgwan, "職員PC")] {
        out.extend(
            site.all_clients(layer).iter().enumerate().map(|(n, net)| object(&format!("{name}_{n}"), *net)),
        );
    }
    out
}

fn groups(site: &Site) -> String {
    let mut out = String::new();
    for name in ["マイナンバーPC", "職員PC"] {
        let members: Vec<String> = (0..=site.branches).map(|n| format!("{name}_{n}")).collect();
        out.push_str(&group(name, &members.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    out.push_str(&group("中間サーバー利用", &["中間サーバー接続端末", "統合宛名"]));
    out.push_str(&group("外部接続ルータ", &["SCR1", "GCR1"]));
    out
}

const MYNUM: &str = "Z_MYNUM";
const LGWAN: &str = "Z_LGWAN";
const INET: &str = "Z_INET";
const LGW: &str = "Z_LGW";

fn policies() -> Vec<Rule> {
    let rule = Rule::accept;
    vec![
        rule(12, (LGWAN, INET), &["職員PC"], &["VDIゲートウェイ"], &["HTTPS"], "A01 申請R6-012"),
        rule(13, (LGWAN, INET), &["無害化_LGWAN側"], &["無害化_INET側"], &["HTTPS"], "A02 申請R6-013"),
        rule(14, (LGWAN, LGW), &["メール_LGWAN"], &["LGWANメール・DNS"], &["SMTP"], "A03 申請R6-014"),
        rule(15, (LGW, LGWAN), &["LGWANメール・DNS"], &["メール_LGWAN"], &["SMTP"], "A03r 申請R6-014"),
        rule(16, (LGWAN, LGW), &["AD_DNS"], &["LGWANメール・DNS"], &["DNS"], "A04 申請R6-015"),
        rule(17, (LGWAN, LGW), &["NTP"], &["LGWAN_NTP"], &["NTP_UDP"], "A05 申請R6-016"),
        rule(18, (INET, LGWAN), &["メール中継_INET"], &["無害化_LGWAN側"], &["SMTP"], "A06 申請R6-017"),
        rule(19, (LGWAN, INET), &["WSUS中継"], &["WSUS_INET"], &["WSUS"], "A07 申請R6-018"),
        rule(31, (MYNUM, LGWAN), &["WSUS_マイナンバー"], &["WSUS中継"], &["更新配信"], "A08 申請R6-031"),
        rule(32, (MYNUM, LGW), &["申請管理"], &["ぴったりサービス"], &["HTTPS"], "A09 申請R6-032"),
        rule(33, (MYNUM, LGW), &["税システム"], &["eLTAX"], &["HTTPS"], "A10 申請R6-033"),
        Rule {
            enabled: false,
            ..rule(9, (MYNUM, LGW), &["税システム"], &["eLTAX_旧"], &["HTTPS"], "R5切替")
        },
        rule(34, (MYNUM, LGW), &["証明発行"], &["証明書交付センター"], &["HTTPS"], "A11 申請R6-034"),
        rule(35, (LGW, MYNUM), &["証明書交付センター"], &["証明発行"], &["HTTPS"], "A11r 申請R6-034"),
        rule(36, (MYNUM, LGW), &["中間サーバー利用"], &["中間サーバーPF"], &["HTTPS"], "A12 申請R6-035"),
        rule(41, (MYNUM, "Z_GC"), &["マイナンバーPC"], &["標準準拠システム"], &["HTTPS"], "A16 申請R6-041"),
        rule(42, (MYNUM, "Z_GC"), &["統合宛名"], &["統合宛名連携_GC"], &["HTTPS", "SSH"], "A17 申請R6-042"),
        rule(51, (INET, "Z_SC"), &["VDIプール"], &["SCプロキシ"], &["TCP_8080"], "A18 申請R6-051"),
        rule(52, (INET, "Z_SC"), &["メール中継_INET"], &["SCメール"], &["SMTP"], "A19 申請R6-052"),
        rule(53, (INET, "Z_SC"), &["VDIゲートウェイ"], &["SC_DNS"], &["DNS_UDP"], "A20 申請R6-053"),
        rule(61, ("Z_MGMT", "Z_SC"), &["管理端末"], &["外部接続ルータ"], &["機器管理"], "A21 申請R6-061"),
        rule(62, ("Z_MGMT", "Z_GC"), &["管理端末"], &["外部接続ルータ"], &["機器管理"], "A21 申請R6-061"),
        Rule {
            enabled: false, ..rule(5, ("any", "any"), &["test"], &["all"], &["ALL"], "構築業者 temp")
        },
    ]
}

/// Policies that years leave behind: single PCs to single servers of A16, single hosts denied, disabled.
fn leftovers(
    site: &Site,
    rules: usize,
    rng: &mut Random,
    objects: &mut Vec<String>,
    policies: &mut Vec<Rule>,
) {
    let clients = site.all_clients(Layer::Mynumber);
    let rules = if site.perturbed {
        rules - rules / 5 + rng.below(u32::try_from(rules / 5).unwrap_or(0) + 1) as usize
    } else {
        rules
    };
    for n in 0..rules {
        let index = rng.below(u32::try_from(clients.len()).unwrap_or(1)) as usize;
        let Some(client) = clients.get(index) else { continue };
        let cloud = Net { first: Carrier::Cloud.service(10, 0), len: 24 };
        let (src, dst) = (format!("個別端末{n}"), format!("個別宛先{n}"));
        objects.push(object(&src, Net::host(filler::host(rng, *client))));
        objects.push(object(&dst, Net::host(filler::host(rng, cloud))));
        let id = 1000 + u32::try_from(n).unwrap_or(0);
        let accept = rng.below(3) > 0;
        let service = if accept { "HTTPS" } else { "SMB" };
        let rule = Rule::accept(id, (MYNUM, "Z_GC"), &[&src], &[&dst], &[service], "個別申請");
        let enabled = rng.below(5) > 0;
        policies.push(Rule { accept, enabled, ..rule });
    }
}

fn routes(site: &Site) -> String {
    let core = |n: u32| site.transit(n).at(1);
    let mut targets = vec![
        (ANY, site.transit(4).at(2), "port4"),
        (Carrier::Lgwan.all(), Carrier::Lgwan.line(site.slot).at(1), "port3"),
        (Carrier::Cloud.all(), site.transit(5).at(2), "port5"),
        (site.clients(Layer::Mynumber), core(0), LAN[0]),
        (site.servers(Layer::Mynumber), core(0), LAN[0]),
        (site.terminals(), core(0), LAN[0]),
        (Layer::Lgwan.site(site.slot, site.city), core(1), LAN[1]),
        (Layer::Inet.site(site.slot, site.city), core(2), LAN[2]),
        (Net { len: 24, ..site.admin() }, core(3), LAN[3]),
        (Net::host(site.loopback(1)), site.transit(4).at(2), "port4"),
        (Net::host(site.loopback(2)), site.transit(5).at(2), "port5"),
    ];
    let branches = (0..site.branches).map(|n| site.branch(Layer::Mynumber, n));
    targets.extend(branches.map(|net| (net, core(0), LAN[0])));
    let mut out: String =
        targets.iter().enumerate().map(|(n, (to, via, device))| route(n + 1, *to, *via, device)).collect();
    let last = targets.len() + 1;
    out.push_str(&format!(
        "    edit {last}\n        set dst 10.0.0.0 255.0.0.0\n        set distance 254\n        set blackhole enable\n    next\n"
    ));
    out
}
