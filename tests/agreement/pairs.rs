//! Devices that belong together: ends of authenticated tunnels, members of a cluster.

use std::net::IpAddr;

use sekisho_model::{
    Address, AddressRole, Cluster, Device, Interface, InterfaceId, InterfaceKind, L3, NextHop, Route, Tri,
    Tunnel, VrfId,
};
use sekisho_net::Family;

use super::{Drawn, Rng, SUBNETS, Seen, prefix, see, span, v4};

/// Sometimes adds a pair of tunnels, sometimes a second member of the first device's cluster.
pub fn draw(rng: &mut Rng, seen: &mut Seen, out: &mut Drawn) {
    if rng.chance(20) {
        tunnels(rng, seen, out);
    }
    if rng.chance(10) {
        cluster(seen, out);
    }
}

/// Tunnels between the first two devices, most of them mirrored and authenticated at both ends.
fn tunnels(rng: &mut Rng, seen: &mut Seen, out: &mut Drawn) {
    let own = |d: &Device| -> Option<IpAddr> {
        let l3 = d.interfaces.iter().find_map(|i| i.l3.as_ref())?;
        l3.addresses.iter().find(|a| a.role == AddressRole::Own).map(|a| a.addr)
    };
    let [Some(a), Some(b)] = [0, 1].map(|n| own(&out.devices[n])) else { return };
    see(seen, "paired tunnels");
    out.exact = false;
    for number in 0..1 + rng.below(2) {
        for (at, near, far) in [(0, a, b), (1, b, a)] {
            let host = u64::try_from(at).unwrap() + 1;
            let mut t = Interface::new(format!("p{number}"), InterfaceKind::Tunnel, span());
            let addr = v4(60 + number, host);
            let address = Address {
                addr,
                prefix: prefix(Family::V4, 60 + number),
                role: AddressRole::Own,
                span: span(),
            };
            let vrf = VrfId(u32::try_from(rng.below(out.devices[at].vrfs.len() as u64)).unwrap());
            t.l3 = Some(L3 {
                vrf,
                vrf_span: None,
                addresses: vec![address],
                unknown_v4: None,
                unknown_v6: None,
                ipv6: *rng.pick(&[Tri::No, Tri::Yes]),
                proxy_arp: Tri::No,
            });
            t.tunnel = Some(Tunnel {
                destination: rng.chance(90).then_some(far),
                source: rng.chance(90).then_some(near),
                outer_vrf: VrfId(0),
                authenticated: rng.chance(80).then(span),
                span: span(),
            });
            let device = &mut out.devices[at];
            let id = InterfaceId(u32::try_from(device.interfaces.len()).unwrap());
            device.interfaces.push(t);
            device.vrfs[vrf.0 as usize].routes.push(Route {
                prefix: prefix(Family::V4, rng.below(SUBNETS)),
                next_hop: NextHop::Interface(id),
                distance: 1,
                conditional: rng.chance(20),
                span: span(),
            });
        }
    }
}

/// A second member with the addresses and lists of the first device.
fn cluster(seen: &mut Seen, out: &mut Drawn) {
    see(seen, "cluster");
    // Whether wires of the same name are one is not asked of both.
    out.exact = false;
    let member = Some(Cluster { name: "pair".to_owned(), span: span(), own_lines: Vec::new() });
    let first = &mut out.devices[0];
    first.cluster = member;
    let mut second = first.clone();
    "d0b".clone_into(&mut second.name);
    // Wires inside a box and declared cables are those of the first.
    for interface in &mut second.interfaces {
        (interface.cable, interface.same_port) = (None, None);
    }
    out.devices.push(second);
}
