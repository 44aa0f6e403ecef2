//! The allow-list: lines that cannot change where a packet may go.
//!
//! A table entry is a whole production, never a prefix: a line is ignored only if an entry matches it
//! to its last word. An entry is written as in the command reference:
//!
//! | piece | matches |
//! |---|---|
//! | `word`, `a\|b` | this word, one of these words; case does not matter |
//! | `<n>` `<w>` `<ip>` `<ip6>` `<hex>` | a decimal number, any word, an IPv4 address, an IPv6 address or prefix, hexadecimal digits |
//! | `<if>` | an interface name, in one or two words |
//! | `<text>` | at least one more word, whatever it is: only where nothing that follows could move a packet |
//! | `[...]` | optional, may be nested |
//! | `~` | a line with `no` may end here |
//!
//! A leading `no` or `default` is taken off first: what is harmless stays harmless when it is off.
//! SOUNDNESS: what is listed here either describes (names, counters, timers, management, protocol
//! details of routing whose routes are unknown anyway) or only takes packets away by load (queues,
//! policers). What takes packets away by header is `Approximated` in `grammar`, so that nothing
//! is reported as certainly reachable through it.

mod blocks;
mod global;
mod interface;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::ios::names;

pub(crate) use blocks::{Children, children_of};

/// One piece of a pattern, optional parts already expanded.
#[derive(Clone, Debug)]
enum Piece {
    Words(Vec<&'static str>),
    Number,
    Word,
    Ip4,
    Ip6,
    Hex,
    Interface,
    Text,
    Stop,
}

type Flat = Vec<Piece>;

/// A compiled table, by the first word.
#[derive(Debug)]
pub(crate) struct Table {
    by_word: BTreeMap<String, Vec<Flat>>,
}

impl Table {
    /// Compiles a table.
    fn new(patterns: &[&'static str]) -> Self {
        let mut by_word: BTreeMap<String, Vec<Flat>> = BTreeMap::new();
        for pattern in patterns {
            for flat in expand(pattern) {
                if let Some(Piece::Words(words)) = flat.first() {
                    for word in words {
                        by_word.entry((*word).to_ascii_lowercase()).or_default().push(flat.clone());
                    }
                }
            }
        }
        Self { by_word }
    }

    /// Whether an entry matches the whole line.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let off =
            words.first().is_some_and(|w| w.eq_ignore_ascii_case("no") || w.eq_ignore_ascii_case("default"));
        if off {
            words.remove(0);
        }
        let Some(first) = words.first() else { return false };
        let hits = self.by_word.get(&first.to_ascii_lowercase());
        hits.into_iter().flatten().any(|flat| fits(flat, &words, off))
    }
}

/// Lines of an interface block.
pub(crate) fn interface_line(text: &str) -> bool {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(interface::LINES));
    TABLE.matches(text)
}

/// Single lines at the top level.
pub(crate) fn global_line(text: &str) -> bool {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(global::LINES));
    TABLE.matches(text)
}

/// Lines of a `line con|aux|vty` block.
pub(crate) fn line_line(text: &str) -> bool {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(blocks::LINE));
    TABLE.matches(text)
}

/// Lines of a `vlan N` block.
pub(crate) fn vlan_line(text: &str) -> bool {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(blocks::VLAN));
    TABLE.matches(text)
}

/// Lines of a VRF definition.
pub(crate) fn vrf_line(text: &str) -> bool {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(blocks::VRF));
    TABLE.matches(text)
}

/// Lines of an ATM or frame relay circuit under an interface.
pub(crate) fn circuit_line(text: &str) -> bool {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(blocks::CIRCUIT));
    TABLE.matches(text)
}

/// Lines of a `vrrp N address-family` block besides its addresses.
pub(crate) fn vrrp_line(text: &str) -> bool {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new(blocks::VRRP));
    TABLE.matches(text)
}

fn expand(pattern: &'static str) -> Vec<Flat> {
    let mut words = Vec::new();
    for chunk in pattern.split(' ').filter(|c| !c.is_empty()) {
        let mut chunk = chunk;
        while let Some(rest) = chunk.strip_prefix('[') {
            words.push("[");
            chunk = rest;
        }
        let inner = chunk.trim_end_matches(']');
        words.push(inner);
        words.extend(std::iter::repeat_n("]", chunk.len() - inner.len()));
    }
    let mut at = 0;
    expand_sequence(&words, &mut at)
}

/// All ways to read `words` from `at` up to the closing bracket.
fn expand_sequence(words: &[&'static str], at: &mut usize) -> Vec<Flat> {
    let mut ways: Vec<Flat> = vec![Vec::new()];
    while let Some(&word) = words.get(*at) {
        *at += 1;
        match word {
            "]" => break,
            "[" => {
                let inner = expand_sequence(words, at);
                let with: Vec<Flat> = ways
                    .iter()
                    .flat_map(|w| inner.iter().map(move |i| w.iter().chain(i).cloned().collect()))
                    .collect();
                ways.extend(with);
            }
            _ => {
                let piece = piece(word);
                for way in &mut ways {
                    way.push(piece.clone());
                }
            }
        }
    }
    ways
}

fn piece(word: &'static str) -> Piece {
    match word {
        "<n>" => Piece::Number,
        "<w>" => Piece::Word,
        "<ip>" => Piece::Ip4,
        "<ip6>" => Piece::Ip6,
        "<hex>" => Piece::Hex,
        "<if>" => Piece::Interface,
        "<text>" => Piece::Text,
        "~" => Piece::Stop,
        _ => Piece::Words(word.split('|').collect()),
    }
}

fn fits(pattern: &[Piece], words: &[&str], off: bool) -> bool {
    let Some((piece, pattern)) = pattern.split_first() else { return words.is_empty() };
    if matches!(piece, Piece::Stop) {
        return (off && words.is_empty()) || fits(pattern, words, off);
    }
    let Some((&word, rest)) = words.split_first() else { return false };
    let digits = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit());
    let one = match piece {
        Piece::Text => return true,
        Piece::Interface => {
            if let Some((&number, rest)) = rest.split_first() {
                let two = format!("{word}{number}");
                if word.bytes().all(|b| !b.is_ascii_digit())
                    && names::canonical(&two).is_some()
                    && fits(pattern, rest, off)
                {
                    return true;
                }
            }
            names::canonical(word).is_some()
        }
        Piece::Words(list) => list.iter().any(|w| w.eq_ignore_ascii_case(word)),
        Piece::Number => digits(word),
        Piece::Word => true,
        Piece::Ip4 => word.parse::<std::net::Ipv4Addr>().is_ok(),
        Piece::Ip6 => {
            let (addr, len) = word.split_once('/').unwrap_or((word, "0"));
            addr.parse::<std::net::Ipv6Addr>().is_ok() && digits(len)
        }
        Piece::Hex => !word.is_empty() && word.bytes().all(|b| b.is_ascii_hexdigit()),
        Piece::Stop => false,
    };
    one && fits(pattern, rest, off)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_matches_whole_lines_only() {
        let table =
            Table::new(&["speed ~ <n>|auto [<n>]", "ip mtu <n>", "cdp enable", "a [b [c]] d", "x <if> y"]);
        for good in
            ["no speed", "ip mtu 1400", "no cdp enable", "a d", "a b d", "a b c d", "x Gi 0/1 y", "X gi0/1 Y"]
        {
            assert!(table.matches(good), "{good}");
        }
        for bad in ["speed", "ip mtu", "no ip mtu", "ip mtu 1400 x", "cdp", "a c d", "a", "no", "", "x y y"] {
            assert!(!table.matches(bad), "{bad}");
        }
    }

    #[test]
    fn nothing_that_moves_packets_is_listed() {
        let interface = [
            "ip address 10.0.0.1 255.0.0.0",
            "ip address dhcp",
            "ip unnumbered Loopback0",
            "ip vrf forwarding RED",
            "vrf forwarding RED",
            "ip access-group IN in",
            "ipv6 traffic-filter IN in",
            "ipv6 address 2001:db8::1/64",
            "ipv6 enable",
            "shutdown",
            "switchport",
            "switchport access vlan 10",
            "switchport mode trunk",
            "switchport voice vlan 10",
            "switchport trunk native vlan 10",
            "switchport trunk allowed vlan 10",
            "switchport mode private-vlan host",
            "switchport vlan mapping 10 20",
            "encapsulation dot1Q 10",
            "channel-group 1 mode on",
            "ip helper-address 10.0.0.1",
            "ip nat inside",
            "ip nat enable",
            "ip policy route-map R",
            "zone-member security Z",
            "bridge-group 1",
            "mpls ip",
            "xconnect 10.0.0.1 1 encapsulation mpls",
            "service instance 1 ethernet",
            "crypto map M",
            "ip wccp web-cache redirect in",
            "tunnel destination 10.0.0.1",
            "tunnel mode gre ip",
            "ip ospf 1 area 0",
            "ip pim sparse-mode",
            "ip proxy-arp",
            "ip local-proxy-arp",
            "ip directed-broadcast",
            "ip verify unicast reverse-path",
            "standby 1 ip 10.0.0.1",
            "vrrp 1 ip 10.0.0.1",
            "glbp 1 ip 10.0.0.1",
            "authentication port-control auto",
            "authentication event fail action authorize vlan 10",
            "ip vrf receive RED",
            "service-policy input P",
            "interface Vlan1",
        ];
        for line in interface {
            assert!(!interface_line(line), "{line}");
            assert!(!interface_line(&format!("no {line}")), "no {line}");
        }
        let global = [
            "interface Vlan1",
            "hostname r1",
            "ip route 10.0.0.0 255.0.0.0 10.1.0.1",
            "ipv6 route ::/0 2001:db8::1",
            "ip routing",
            "ipv6 unicast-routing",
            "ip source-route",
            "ip multicast-routing",
            "ip default-network 10.0.0.0",
            "ip forward-protocol udp 53",
            "ip nat inside source static 10.0.0.1 10.0.0.2",
            "access-list 10 permit any",
            "ip access-list extended A",
            "ipv6 access-list A",
            "object-group network N",
            "route-map R permit 10",
            "class-map type inspect C",
            "policy-map type inspect P",
            "zone security Z",
            "zone-pair security P source A destination B",
            "ip vrf RED",
            "vrf definition RED",
            "router ospf 1",
            "vlan 10",
            "vlan filter M vlan-list 10",
            "vlan access-map M 10",
            "vlan dot1q tag native",
            "bridge irb",
            "frame-relay switching",
            "monitor session 1 destination interface Gi0/1",
            "l2vpn xconnect context X",
            "bridge-domain 10",
            "vpdn-group 1",
            "segment-routing mpls",
            "router lisp",
            "arp 10.0.0.1 0000.5e00.5301 arpa",
            "event manager applet A",
            "ip mobile host 10.0.0.1",
            "end",
        ];
        for line in global {
            assert!(!global_line(line), "{line}");
            assert!(!global_line(&format!("no {line}")), "no {line}");
            assert_ne!(children_of(line), Some(Children::Any), "{line}");
        }
    }
}
