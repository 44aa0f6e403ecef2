//! Sessions: what a packet opens on its way, and which packets devices then tell as theirs.
//!
//! `docs/semantics.md` section 9. States are kept per device: [`opened`] says what one way of one packet
//! leaves behind, and a later walk is told all of it.

use std::net::IpAddr;

use crate::format::{Device, Network, Port, Tri};
use crate::outcome::{Branch, Hop};
use crate::packet::Packet;

/// A session that a device knows: its packets as they arrive on one interface, and what undoing the
/// translation makes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The interface on which its packets are told.
    pub on: Port,
    /// One of them. Of a header that arrives, addresses, protocol and ports must be the same; of a later
    /// fragment addresses and protocol; of an ICMP error its destination.
    pub arrives: Packet,
    /// The same with the translation undone.
    pub becomes: Packet,
    /// Whether the device surely knows it; otherwise its packets may be new ones, too.
    pub sure: bool,
}

impl Session {
    fn has(&self, port: Port, packet: &Packet) -> bool {
        let addresses = |p: &Packet| (p.src, p.dst, p.proto);
        let same = addresses(&self.arrives) == addresses(packet);
        let ports = (self.arrives.sport, self.arrives.dport) == (packet.sport, packet.dport);
        self.on == port
            && ((same && (packet.later_fragment || ports))
                || (is_error(packet) && packet.dst == self.arrives.dst))
    }

    pub(super) fn undo(&self, packet: &Packet) -> Packet {
        let mut out = *packet;
        out.dst = self.becomes.dst;
        if is_error(packet) {
            return out;
        }
        if !packet.later_fragment {
            (out.sport, out.dport) = (self.becomes.sport, self.becomes.dport);
        }
        // A source is undone only where the destination of the session was translated.
        if self.arrives.src != self.becomes.src {
            out.translate_src(self.becomes.src);
        }
        out
    }
}

/// An ICMP error, which belongs to the session that it quotes. Source: RFC 792, RFC 4443.
fn is_error(packet: &Packet) -> bool {
    let kinds: &[u8] = match packet.dst {
        IpAddr::V4(_) if packet.proto == 1 => &[3, 4, 11, 12],
        IpAddr::V6(_) if packet.proto == 58 => &[1, 2, 3, 4],
        _ => &[],
    };
    !packet.later_fragment && kinds.contains(&packet.icmp_type)
}

/// The sessions to which a packet that arrives may belong (`None`: to none), and whether it surely does.
pub(super) fn told<'a>(
    sessions: &'a [Session],
    port: Port,
    packet: &Packet,
) -> Vec<(Option<&'a Session>, bool)> {
    let mut out: Vec<&Session> = Vec::new();
    for session in sessions.iter().filter(|s| s.has(port, packet)) {
        match out.iter_mut().find(|o| o.undo(packet) == session.undo(packet)) {
            Some(known) if session.sure => *known = session,
            Some(_) => {}
            None => out.push(session),
        }
    }
    match out.as_slice() {
        [] => vec![(None, true)],
        [one] if one.sure => vec![(Some(one), true)],
        several => several.iter().map(|s| (Some(*s), false)).chain([(None, false)]).collect(),
    }
}

/// The sessions that a packet opens on its way.
pub(super) fn opened(network: &Network, way: &Branch) -> Vec<Session> {
    let mut out = Vec::new();
    for hop in &way.hops {
        let (Some(_), Some(leaves), Some(device)) =
            (hop.in_interface, hop.out_interface, network.device(hop.device))
        else {
            continue;
        };
        let opens = opens(hop);
        if opens == Tri::No {
            continue;
        }
        let (arrives, becomes) = (exchanged(&hop.packet_out), exchanged(&hop.packet_in));
        let on = Port { device: hop.device, interface: leaves };
        let mine = Session { on, arrives, becomes, sure: opens == Tri::Yes };
        out.push(mine);
        // Where lines match replies by themselves, they may do so whatever the interface of arrival.
        if matches_replies(device) {
            let others = (0..device.interfaces.len()).filter(|i| *i != leaves);
            let told = |interface| Session { on: Port { interface, ..on }, sure: false, ..mine };
            out.extend(others.map(told));
        }
        out.extend(of_members(network, device, on).map(|on| Session { on, sure: false, ..mine }));
    }
    out
}

/// Whether the packet opened a session on the device of a hop: surely, perhaps, not.
fn opens(hop: &Hop) -> Tri {
    let any = |word| hop.steps.iter().any(|s| s.opens == word);
    if any(Tri::Yes) {
        Tri::Yes
    } else if any(Tri::Unknown) {
        Tri::Unknown
    } else {
        Tri::No
    }
}

/// Whether lines of the device match packets of sessions otherwise than new ones.
fn matches_replies(device: &Device) -> bool {
    device.lists.iter().flat_map(|l| &l.lines).any(|l| l.replies.is_some())
}

/// The same interface of the other members of a cluster: they may know each other's sessions.
fn of_members<'a>(network: &'a Network, device: &'a Device, on: Port) -> impl Iterator<Item = Port> + 'a {
    let name = device.interfaces.get(on.interface).map(|i| i.name.as_str());
    let others = network.devices.iter().enumerate().filter(move |(at, other)| {
        *at != on.device && device.cluster.is_some() && other.cluster == device.cluster
    });
    others.filter_map(move |(device, other)| {
        let interface = other.interfaces.iter().position(|i| Some(i.name.as_str()) == name)?;
        Some(Port { device, interface })
    })
}

/// The opposite direction of a packet.
fn exchanged(packet: &Packet) -> Packet {
    Packet {
        src: packet.dst,
        dst: packet.src,
        sport: packet.dport,
        dport: packet.sport,
        src0: None,
        ..*packet
    }
}
