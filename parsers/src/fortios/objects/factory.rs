//! Services that every FortiGate is shipped with.
//!
//! They are ordinary entries of the service table and normally part of an export. Where the export lacks
//! one, what the vendor ships is assumed (`fortios-factory-services`).
//! Source: FortiOS factory configuration, `config firewall service custom`, releases 5.2 to 7.4.

/// A factory service: what stands in its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shipped {
    /// Any protocol (0) or one, by number.
    Protocol(u8),
    /// TCP and UDP ranges in the form of `tcp-portrange` and `udp-portrange`.
    Ports(&'static str, &'static str),
    /// ICMP, any type or one.
    Icmp(Option<u8>),
    /// ICMPv6, any type or one.
    Icmp6(Option<u8>),
}

use Shipped::{Icmp, Icmp6, Ports, Protocol};

const SERVICES: &[(&str, Shipped)] = &[
    ("ALL", Protocol(0)),
    ("ALL_TCP", Ports("1-65535", "")),
    ("ALL_UDP", Ports("", "1-65535")),
    ("ALL_ICMP", Icmp(None)),
    ("ALL_ICMP6", Icmp6(None)),
    ("GRE", Protocol(47)),
    ("AH", Protocol(51)),
    ("ESP", Protocol(50)),
    ("OSPF", Protocol(89)),
    ("PING", Icmp(Some(8))),
    ("TIMESTAMP", Icmp(Some(13))),
    ("INFO_REQUEST", Icmp(Some(15))),
    ("INFO_ADDRESS", Icmp(Some(17))),
    ("PING6", Icmp6(Some(128))),
    ("AFS3", Ports("7000-7009", "7000-7009")),
    ("AOL", Ports("5190-5194", "")),
    ("BGP", Ports("179", "")),
    ("CVSPSERVER", Ports("2401", "2401")),
    ("DCE-RPC", Ports("135", "135")),
    ("DHCP", Ports("", "67-68")),
    ("DHCP6", Ports("", "546 547")),
    ("DNS", Ports("53", "53")),
    ("FINGER", Ports("79", "")),
    ("FTP", Ports("21", "")),
    ("FTP_GET", Ports("21", "")),
    ("FTP_PUT", Ports("21", "")),
    ("GOPHER", Ports("70", "")),
    ("H323", Ports("1720 1503", "1719")),
    ("HTTP", Ports("80", "")),
    ("HTTPS", Ports("443", "")),
    ("IKE", Ports("", "500 4500")),
    ("IMAP", Ports("143", "")),
    ("IMAPS", Ports("993", "")),
    ("IRC", Ports("6660-6669", "")),
    ("Internet-Locator-Service", Ports("389", "")),
    ("KERBEROS", Ports("88 464", "88 464")),
    ("L2TP", Ports("1701", "1701")),
    ("LDAP", Ports("389", "")),
    ("LDAP_UDP", Ports("", "389")),
    ("MGCP", Ports("", "2427 2727")),
    ("MMS", Ports("1755", "1024-5000")),
    ("MS-SQL", Ports("1433 1434", "")),
    ("MYSQL", Ports("3306", "")),
    ("NFS", Ports("111 2049", "111 2049")),
    ("NNTP", Ports("119", "")),
    ("NONE", Ports("0", "")),
    ("NTP", Ports("123", "123")),
    ("NetMeeting", Ports("1720", "")),
    ("ONC-RPC", Ports("111", "111")),
    ("PC-Anywhere", Ports("5631", "5632")),
    ("POP3", Ports("110", "")),
    ("POP3S", Ports("995", "")),
    ("PPTP", Ports("1723", "")),
    ("QUAKE", Ports("", "26000 27000 27910 27960")),
    ("RADIUS", Ports("", "1812 1813")),
    ("RADIUS-OLD", Ports("", "1645 1646")),
    ("RAUDIO", Ports("", "7070")),
    ("RDP", Ports("3389", "")),
    ("REXEC", Ports("512", "")),
    ("RIP", Ports("", "520")),
    ("RLOGIN", Ports("513:512-1023", "")),
    ("RSH", Ports("514:512-1023", "")),
    ("RTSP", Ports("554 7070 8554", "554")),
    ("SAMBA", Ports("139", "")),
    ("SCCP", Ports("2000", "")),
    ("SIP", Ports("5060", "5060")),
    ("SIP-MSNmessenger", Ports("1863", "")),
    ("SMB", Ports("445", "")),
    ("SMTP", Ports("25", "")),
    ("SMTPS", Ports("465", "")),
    ("SNMP", Ports("161-162", "161-162")),
    ("SOCKS", Ports("1080", "1080")),
    ("SQUID", Ports("3128", "")),
    ("SSH", Ports("22", "")),
    ("SYSLOG", Ports("", "514")),
    ("TALK", Ports("", "517-518")),
    ("TELNET", Ports("23", "")),
    ("TFTP", Ports("", "69")),
    ("TRACEROUTE", Ports("", "33434-33535")),
    ("UUCP", Ports("540", "")),
    ("VDOLIVE", Ports("7000-7010", "")),
    ("VNC", Ports("5900", "")),
    ("WAIS", Ports("210", "")),
    ("WINFRAME", Ports("1494 2598", "")),
    ("WINS", Ports("1512", "1512")),
    ("X-WINDOWS", Ports("6000-6063", "")),
];

/// Factory groups and their members.
const GROUPS: &[(&str, &[&str])] = &[
    ("Email Access", &["DNS", "IMAP", "IMAPS", "POP3", "POP3S", "SMTP", "SMTPS"]),
    ("Web Access", &["DNS", "HTTP", "HTTPS"]),
    ("Windows AD", &["DCE-RPC", "DNS", "KERBEROS", "LDAP", "LDAP_UDP", "SAMBA", "SMB"]),
    ("Exchange Server", &["DCE-RPC", "DNS", "HTTPS"]),
];

/// The services behind a factory name; several for a group.
pub(crate) fn shipped(name: &str) -> Vec<Shipped> {
    let one = |wanted: &str| SERVICES.iter().find(|(n, _)| *n == wanted).map(|(_, s)| *s);
    if let Some(found) = one(name) {
        return vec![found];
    }
    let group = GROUPS.iter().find(|(n, _)| *n == name);
    group.iter().flat_map(|(_, members)| members.iter()).filter_map(|m| one(m)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_groups_exist() {
        for (name, members) in GROUPS {
            assert_eq!(shipped(name).len(), members.len(), "{name}");
        }
        assert_eq!(shipped("HTTPS"), [Ports("443", "")]);
        assert!(shipped("https").is_empty() && shipped("Intranet").is_empty());
    }
}
