//! Which operating system a configuration is written for.

use super::signature::{comment, rancid};
use super::{Confidence, Os, numbered};

type Evidence<'a> = (u32, &'a str);

/// The system, and the line that decided. A line that only one system writes decides at once; IOS is
/// concluded from its own lines when no other system's line stands anywhere in the text.
pub(super) fn os(text: &str) -> Option<(Evidence<'_>, Os, Confidence)> {
    let start = text.trim_start();
    if start.starts_with('<') || start.starts_with('{') || start.starts_with('[') {
        return structured(text);
    }
    let mut ios: Option<Evidence<'_>> = None;
    let mut signature: Option<Evidence<'_>> = None;
    let mut unlike: Option<Evidence<'_>> = None;
    let mut weak: Vec<(Evidence<'_>, Os)> = Vec::new();
    for (number, line) in numbered(text) {
        let at = (number, line);
        if let Some(os) = foreign(line) {
            return Some((at, os, Confidence::Certain));
        }
        if signature.is_none() && ios_signature(line) {
            signature = Some(at);
        } else if unlike.is_none() && unlike_ios(line) {
            unlike = Some(at);
        } else if ios.is_none() && ios_only(line) {
            ios = Some(at);
        } else if let Some(os) = hint(line)
            && weak.iter().filter(|(_, o)| *o == os).count() < 3
        {
            weak.push((at, os));
        }
    }
    // A line unlike IOS decides against it unless IOS signed the text.
    match (signature, unlike, ios) {
        (Some(at), None, _) => return Some((at, Os::CiscoIos, Confidence::Certain)),
        (Some(at), Some(_), _) => return Some((at, Os::CiscoIos, Confidence::Likely)),
        (None, Some(at), _) => return Some((at, Os::CiscoNxos, Confidence::Likely)),
        (None, None, Some(at)) if weak.iter().all(|(_, os)| *os == Os::CiscoIos) => {
            return Some((at, Os::CiscoIos, Confidence::Certain));
        }
        (None, None, Some(at)) => return Some((at, Os::CiscoIos, Confidence::Likely)),
        (None, None, None) => {}
    }
    // Hints of two systems in one text decide nothing.
    let (at, os) = *weak.first()?;
    weak.iter().all(|(_, o)| *o == os).then_some((at, os, Confidence::Likely))
}

/// XML and JSON.
fn structured(text: &str) -> Option<(Evidence<'_>, Os, Confidence)> {
    const SIGNS: &[(&str, Os)] = &[
        ("<config version=", Os::PaloAltoPanos),
        ("<devices>", Os::PaloAltoPanos),
        ("<rpc-reply xmlns", Os::JuniperJunos),
        ("\"Microsoft.Network/", Os::Azure),
        ("\"objects-dictionary\"", Os::CheckPoint),
        ("\"rulebase\"", Os::CheckPoint),
        ("\"SecurityGroups\"", Os::Aws),
        ("\"RouteTables\"", Os::Aws),
        ("\"NetworkAcls\"", Os::Aws),
        ("\"Subnets\"", Os::Aws),
        ("\"Vpcs\"", Os::Aws),
        ("\"VpcId\"", Os::Aws),
        ("\"NetworkInterfaces\"", Os::Aws),
        ("\"Reservations\"", Os::Aws),
    ];
    numbered(text).find_map(|(number, line)| {
        SIGNS
            .iter()
            .find(|(sign, _)| line.contains(sign))
            .map(|(_, os)| ((number, line), *os, Confidence::Certain))
    })
}

/// A line that one other system writes and an IOS configuration cannot hold as a command.
fn foreign(line: &str) -> Option<Os> {
    let t = line.trim();
    let top = !line.starts_with([' ', '\t']);
    let words: Vec<&str> = t.split_whitespace().take(6).collect();
    if top && let Some(kind) = rancid(t) {
        return (kind != Os::CiscoIos).then_some(kind);
    }
    if t.starts_with(['!', '#', ':']) {
        return comment(t);
    }
    let os = match words.as_slice() {
        // Cisco ASA
        ["ASA" | "PIX" | "FWSM", "Version", ..] => Os::CiscoAsa,
        ["nameif", _] | ["security-level", _] | ["same-security-traffic", ..] if words.len() <= 3 => {
            Os::CiscoAsa
        }
        ["access-list", _, "extended" | "remark" | "standard", ..]
            if !words.get(1)?.starts_with(char::is_numeric) =>
        {
            Os::CiscoAsa
        }
        ["object", "network" | "service", ..] if top => Os::CiscoAsa,
        ["access-group", _, "in" | "out" | "global", ..] if top => Os::CiscoAsa,
        // Cisco NX-OS
        ["feature", rest] if top && nxos_feature(rest) => Os::CiscoNxos,
        ["feature", "nv" | "tacacs+" | "vn-segment-vlan-based" | "container-tracker", ..] if top => {
            Os::CiscoNxos
        }
        ["install", "feature-set", ..] | ["feature-set", ..] if top => Os::CiscoNxos,
        ["vdc", _, ..] if top => Os::CiscoNxos,
        ["vrf", "context", ..] if top => Os::CiscoNxos,
        ["vrf", "member", ..] if !top => Os::CiscoNxos,
        ["boot", "nxos" | "kickstart", ..] if top => Os::CiscoNxos,
        ["interface", "mgmt0"] if top => Os::CiscoNxos,
        ["version", _, bios, ..] if top && bios.starts_with("Bios:") => Os::CiscoNxos,
        ["fabric", "forwarding", ..] | ["vpc", "domain", ..] if top => Os::CiscoNxos,
        // Arista EOS
        ["vrf", "instance", ..] | ["mlag", "configuration"] | ["peer-filter", _] if top => Os::AristaEos,
        // IOS writes `Port-channel`.
        ["interface", name, ..] if top && (name.starts_with("Port-Channel") || *name == "Management1") => {
            Os::AristaEos
        }
        ["transceiver", "qsfp", "default-mode", ..] => Os::AristaEos,
        ["service", "routing", "protocols", "model", ..] => Os::AristaEos,
        ["management", "api", ..] if top => Os::AristaEos,
        ["ip", "virtual-router", "mac-address", ..] => Os::AristaEos,
        ["no", "aaa", "root"] | ["daemon", "TerminAttr"] => Os::AristaEos,
        // Cisco IOS-XR
        ["ipv4", "access-list" | "unnumbered" | "address", ..] => Os::CiscoIosXr,
        ["end-policy" | "end-set"] => Os::CiscoIosXr,
        ["interface", name, ..]
            if top && (name.starts_with("MgmtEth") || name.starts_with("Bundle-Ether")) =>
        {
            Os::CiscoIosXr
        }
        // Allied Telesis
        ["interface", name, ..] if top && name.starts_with("port") && name.contains('.') => Os::AlliedAwplus,
        ["platform", "hwfilter-size", ..] | ["hardware", "access-list", ..] => Os::AlliedAwplus,
        // NEC IX
        ["interface", name] if top && nec_interface(name) => Os::NecIx,
        ["ip" | "ipv6", "ufs-cache", "enable"] | ["ip", "napt", "enable"] => Os::NecIx,
        ["ip", "access-list", _, "permit" | "deny", ..] if top => Os::NecIx,
        // ALAXALA
        ["hostname", name] if top && name.starts_with('"') => Os::AlaxalaAx,
        // YAMAHA
        ["ip", "filter", number, ..] if top && number.bytes().all(|b| b.is_ascii_digit()) => Os::YamahaRtx,
        ["ip" | "ipv6", lan, "address" | "secure" | "nat", ..] if top && yamaha_port(lan) => Os::YamahaRtx,
        ["nat", "descriptor", ..] | ["pp", "select", ..] | ["tunnel", "select", ..] if top => Os::YamahaRtx,
        ["ip", "route", "default", "gateway", ..] if top => Os::YamahaRtx,
        ["console", "character", ..] => Os::YamahaRtx,
        // Fujitsu Si-R
        ["lan" | "remote", number, "ip" | "ip6" | "name" | "ap" | "vlan", ..]
            if top && number.parse::<u8>().is_ok() =>
        {
            Os::FujitsuSir
        }
        ["ether", _, _, "vlan", ..] if top => Os::FujitsuSir,
        // APRESIA
        ["create" | "config", "access_profile", ..] if top => Os::Apresia,
        ["packet-filter" | "packet-filter2", ..] if top => Os::Apresia,
        // FortiOS
        ["config", "system" | "firewall" | "vdom" | "router" | "vpn" | "user" | "log", ..] if top => {
            Os::Fortios
        }
        ["config", "global"] if top => Os::Fortios,
        // Check Point Gaia
        ["set", "interface", _, "ipv4-address" | "state" | "ipv6-address", ..] if top => Os::CheckPoint,
        ["set", "static-route", ..] if top => Os::CheckPoint,
        // PAN-OS, Junos, VyOS: all of them have a `set` form
        ["set", "deviceconfig" | "rulebase" | "mgt-config" | "zone" | "shared", ..] if top => {
            Os::PaloAltoPanos
        }
        ["set", "network", "interface" | "virtual-router" | "profiles", ..] if top => Os::PaloAltoPanos,
        ["mgt-config" | "deviceconfig", "{"] => Os::PaloAltoPanos,
        ["set", "interfaces", "ethernet" | "bonding" | "loopback", ..] if top => Os::Vyos,
        ["ethernet", name, "{"] if name.starts_with("eth") => Os::Vyos,
        [
            "set",
            "version" | "policy-options" | "protocols" | "routing-options" | "routing-instances"
            | "applications",
            ..,
        ]
        | ["set", "interfaces" | "security" | "firewall" | "system" | "groups" | "logical-systems", ..]
            if top =>
        {
            Os::JuniperJunos
        }
        [
            "system" | "interfaces" | "security" | "firewall" | "protocols" | "policy-options"
            | "routing-options",
            "{",
        ] if top => Os::JuniperJunos,
        // Linux
        ["*filter" | "*nat" | "*mangle" | "*raw" | "*security"] => Os::Linux,
        ["-A" | "-P" | "-N", _, ..] if top => Os::Linux,
        ["iptables" | "ip6tables" | "ebtables", ..] if top => Os::Linux,
        ["table", "ip" | "ip6" | "inet" | "bridge" | "arp" | "netdev", _, ..] if top => Os::Linux,
        ["iface", _, "inet" | "inet6", ..] if top => Os::Linux,
        ["frr", "version" | "defaults", ..] if top => Os::Linux,
        // Others
        ["sysname", _] | ["undo", _, ..] if top => Os::Huawei,
        ["/ip" | "/interface" | "/system", ..] | ["/ipv6", ..] if top => Os::Mikrotik,
        _ => return None,
    };
    Some(os)
}

/// A line that no IOS configuration has been seen to hold, though its parser may accept it: IOS prints
/// `ip access-list standard|extended NAME` and dotted masks.
fn unlike_ios(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().take(5).collect();
    match words.as_slice() {
        ["ip", "access-list", kind] => !ios_list_kind(kind),
        ["ip", "address", addr, ..] => slash_address(addr),
        _ => false,
    }
}

/// A line by which IOS signs its exports.
fn ios_signature(line: &str) -> bool {
    let t = line.trim();
    t == "boot-start-marker" || t.starts_with("Current configuration :") || rancid(t) == Some(Os::CiscoIos)
}

/// A line that IOS writes and its look-alikes do not.
fn ios_only(line: &str) -> bool {
    let t = line.trim();
    let words: Vec<&str> = t.split_whitespace().take(6).collect();
    let number = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    match words.as_slice() {
        ["Building", "configuration..."] | ["boot-end-marker"] => true,
        ["ip", "access-list", "extended" | "standard", _] => !line.starts_with(' '),
        ["access-list", n, "permit" | "deny" | "remark", ..] => number(n),
        ["ip", "address", addr, mask, ..] => dotted(addr) && dotted(mask),
        ["ip", "route", addr, mask, ..] => dotted(addr) && dotted(mask),
        ["line", "con" | "vty" | "aux", ..] => true,
        _ => false,
    }
}

/// A line that several systems have.
fn hint(line: &str) -> Option<Os> {
    if line.starts_with([' ', '\t']) {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().take(3).collect();
    let ios_port = |name: &str| {
        [
            "FastEthernet",
            "GigabitEthernet",
            "TenGigabitEthernet",
            "Vlan",
            "Loopback",
            "Serial",
            "Port-channel",
            "Tunnel",
            "Ethernet",
        ]
        .iter()
        .any(|p| name.strip_prefix(p).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit())))
    };
    match words.as_slice() {
        ["interface", name, ..] if ios_port(name) => Some(Os::CiscoIos),
        ["hostname", _] | ["router", "bgp" | "ospf" | "eigrp" | "rip", ..] | ["version", _] => {
            Some(Os::CiscoIos)
        }
        ["route-map", ..]
        | ["service", "timestamps", ..]
        | ["ip" | "ipv6", ..]
        | ["class-map" | "policy-map", ..] => Some(Os::CiscoIos),
        ["zone", "security", _] | ["zone-pair", "security", _] | ["crypto", ..] => Some(Os::CiscoIos),
        ["vlan", "database"] => Some(Os::AlliedAwplus),
        _ => None,
    }
}

fn dotted(word: &str) -> bool {
    word.parse::<std::net::Ipv4Addr>().is_ok()
}

fn slash_address(word: &str) -> bool {
    word.split_once('/').is_some_and(|(addr, len)| dotted(addr) && len.parse::<u8>().is_ok())
}

fn ios_list_kind(word: &str) -> bool {
    matches!(
        word,
        "extended"
            | "standard"
            | "role-based"
            | "fqdn"
            | "resequence"
            | "log-update"
            | "logging"
            | "helper"
            | "persistent"
            | "match-local-traffic"
    )
}

fn nec_interface(name: &str) -> bool {
    let Some((port, unit)) = name.split_once('.') else { return false };
    let port_ok =
        ["GigaEthernet", "FastEthernet", "BRI", "Loopback", "Null", "Tunnel", "Dialer"].iter().any(|p| {
            port.strip_prefix(p).is_some_and(|r| !r.is_empty() && r.bytes().all(|b| b.is_ascii_digit()))
        });
    // IOS names physical ports with a slash, or logical ones without a unit of zero.
    port_ok && unit == "0" || name.starts_with("GigaEthernet")
}

fn yamaha_port(word: &str) -> bool {
    ["lan", "wan", "pp", "tunnel", "bridge", "vlan"].iter().any(|p| {
        word.strip_prefix(p).is_some_and(|r| r.bytes().all(|b| b.is_ascii_digit() || b == b'/' || b == b'.'))
    })
}

fn nxos_feature(name: &str) -> bool {
    matches!(
        name,
        "bgp"
            | "ospf"
            | "ospfv3"
            | "eigrp"
            | "isis"
            | "rip"
            | "pim"
            | "pim6"
            | "interface-vlan"
            | "lacp"
            | "lldp"
            | "vpc"
            | "hsrp"
            | "hsrp_v6"
            | "vrrp"
            | "vrrpv3"
            | "dhcp"
            | "telnet"
            | "ssh"
            | "scp-server"
            | "sftp-server"
            | "nxapi"
            | "tacacs+"
            | "private-vlan"
            | "udld"
            | "bash-shell"
            | "fabric"
            | "mpls"
            | "nat"
            | "pbr"
            | "vtp"
            | "port-security"
            | "privilege"
            | "sla"
            | "tunnel"
            | "bfd"
            | "dot1x"
            | "glbp"
            | "msdp"
            | "netflow"
            | "otv"
            | "fex"
            | "evmed"
            | "grpc"
    )
}
