//! Addresses, relays.

use std::net::IpAddr;

use sekisho_diag::{Span, Spanned};
use sekisho_model::{Address, AddressRole, Device, InterfaceKind, L3, Relay, Tri, VrfId};
use sekisho_net::{PortRange, Prefix};

use super::super::vrf::vrf_id;
use crate::ios::ast::Config;
use crate::ios::ast::interface::{Address6, Interface, TargetVrf};

/// UDP ports relayed by a helper address: time, TACACS, DNS, BOOTP server and client, TFTP, NetBIOS
/// name and datagram services.
///
/// Source: Cisco IOS IP Application Services Command Reference, `ip forward-protocol`.
const RELAYED: &[u16] = &[37, 49, 53, 67, 68, 69, 137, 138];

/// Port of DHCPv6 servers and relays. Source: RFC 8415 section 7.2.
const DHCPV6_SERVER: u16 = 547;

/// The layer-3 part of an interface, if it has an address or may have one.
pub(super) fn routed(interface: &Interface, config: &Config, device: &Device) -> Option<L3> {
    let own4 = interface
        .addresses4
        .iter()
        .filter_map(|a| address(IpAddr::V4(a.value.addr), u32::from(a.value.len), AddressRole::Own, a.span));
    let own6 = interface.addresses6.iter().filter_map(own6);
    let mut addresses: Vec<Address> = own4.chain(own6).collect();
    for shared in &interface.shared {
        let addr = shared.value.1;
        // VRRP may share the owner's own address, which stays its own. A link-local address is the same
        // on many segments and says nothing about which.
        let link_local = matches!(addr, IpAddr::V6(a) if a.is_unicast_link_local());
        if !link_local && addresses.iter().all(|a| a.addr != addr) {
            addresses.push(Address {
                addr,
                prefix: Prefix::host(addr),
                role: AddressRole::Shared,
                span: shared.span,
            });
        }
    }
    let eui64 = interface.addresses6.iter().find(|a| a.value.eui64).map(|a| a.span);
    let unknown_v6 = interface.unknown6.or(eui64);
    let has_v6 = unknown_v6.is_some() || interface.ipv6_enabled.is_some() || !interface.addresses6.is_empty();
    if addresses.is_empty() && interface.unknown4.is_none() && !has_v6 {
        return None;
    }
    Some(L3 {
        vrf: vrf_id(device, interface.vrf.as_ref().map(|v| v.value.as_str())),
        vrf_span: interface.vrf.as_ref().map(|v| v.span),
        addresses,
        unknown_v4: interface.unknown4,
        unknown_v6,
        ipv6: if has_v6 { Tri::Yes } else { Tri::No },
        proxy_arp: proxy_arp(interface, config),
    })
}

fn address(addr: IpAddr, len: u32, role: AddressRole, span: Span) -> Option<Address> {
    Some(Address { addr, prefix: Prefix::new(addr, len).ok()?, role, span })
}

/// A link-local address has no route and joins nothing; an EUI-64 address is known by its prefix only,
/// whose first address every router owns (RFC 4291 section 2.6.1).
fn own6(line: &Spanned<Address6>) -> Option<Address> {
    let Address6 { addr, len, eui64 } = line.value;
    let prefix = Prefix::new(IpAddr::V6(addr), u32::from(len)).ok()?;
    let addr = if eui64 { prefix.addr() } else { IpAddr::V6(addr) };
    Some(Address { addr, prefix, role: AddressRole::Own, span: line.span })
}

/// Proxy ARP is on unless a line says otherwise, on the interface or for the device. An interface that
/// translates answers for the translated addresses in any case.
///
/// Source: Cisco IOS IP Addressing Command Reference, `ip proxy-arp`.
fn proxy_arp(interface: &Interface, config: &Config) -> Tri {
    let never = matches!(interface.kind, InterfaceKind::Loopback | InterfaceKind::Null);
    let off = interface.proxy_arp.as_ref().is_some_and(|p| !p.value) || config.global.proxy_arp_off.is_some();
    if never {
        Tri::No
    } else if interface.local_proxy_arp || interface.nat_side.is_some() || !off {
        Tri::Yes
    } else {
        Tri::No
    }
}

/// Relays of an interface, with the ports of the device.
pub(super) fn relays(interface: &Interface, config: &Config, device: &Device) -> Vec<Relay> {
    let own = vrf_id(device, interface.vrf.as_ref().map(|v| v.value.as_str()));
    let ports4: Vec<PortRange> = relayed(config).into_iter().map(PortRange::one).collect();
    interface
        .helpers
        .iter()
        .map(|helper| Relay {
            to: helper.value.to,
            ports: if helper.value.to.is_ipv4() {
                ports4.clone()
            } else {
                vec![PortRange::one(DHCPV6_SERVER)]
            },
            vrf: match &helper.value.vrf {
                TargetVrf::Own => own,
                TargetVrf::Global => VrfId(0),
                TargetVrf::Named(name) => vrf_id(device, Some(name)),
            },
            span: helper.span,
        })
        .collect()
}

/// Relayed ports after all `ip forward-protocol udp` lines.
fn relayed(config: &Config) -> Vec<u16> {
    let mut ports = RELAYED.to_vec();
    for line in &config.global.forward_protocols {
        match (line.value.on, line.value.port) {
            (true, Some(port)) => ports.push(port),
            (true, None) => ports.extend(RELAYED),
            (false, Some(port)) => ports.retain(|p| *p != port),
            (false, None) => ports.clear(),
        }
    }
    ports.sort_unstable();
    ports.dedup();
    ports
}
