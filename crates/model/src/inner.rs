//! Wires inside one box: between its virtual systems.

use sekisho_diag::Span;

use crate::{Device, InterfaceId, PeerPort};

/// An interface of the snapshot: position of the device, and the interface.
pub type End = (usize, InterfaceId);

/// Two ends of a wire inside a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InnerWire {
    /// One end.
    pub a: End,
    /// The other end; of a shared port the virtual system that owns it.
    pub b: End,
    /// The line that says so.
    pub span: Span,
}

/// All wires inside boxes, in the order of the devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InnerWires {
    /// Cables between two virtual systems, each named once.
    pub cables: Vec<InnerWire>,
    /// Copies of a shared port and the port itself.
    pub same_ports: Vec<InnerWire>,
}

impl InnerWires {
    /// Finds both ends of everything that interfaces say about their own box. A far end that does not
    /// exist is left out: the parser has poisoned its device.
    #[must_use]
    pub fn of(devices: &[Device]) -> Self {
        let find = |from: &Device, peer: &PeerPort| -> Option<End> {
            let beside = |d: &Device| d.name == peer.device && d.files.iter().any(|f| from.files.contains(f));
            let at = devices.iter().position(beside)?;
            let device = devices.get(at)?;
            let (id, _) = device.interface_ids().find(|(_, i)| i.name == peer.interface)?;
            Some((at, id))
        };
        let mut out = Self::default();
        for (at, device) in devices.iter().enumerate() {
            for (id, interface) in device.interface_ids() {
                let wire = |peer: &Option<PeerPort>| {
                    let peer = peer.as_ref()?;
                    let far = find(device, peer).filter(|far| *far != (at, id))?;
                    Some(InnerWire { a: (at, id), b: far, span: peer.span })
                };
                if let Some(cable) = wire(&interface.cable) {
                    let known = out.cables.iter().any(|c| (c.a, c.b) == (cable.b, cable.a));
                    if !known {
                        out.cables.push(cable);
                    }
                }
                out.same_ports.extend(wire(&interface.same_port));
            }
        }
        out
    }
}
