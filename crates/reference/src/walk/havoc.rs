//! Unread lines on the way: what they may let loose ends the walk, once per cause.

use crate::format::{Poison, Port};
use crate::outcome::{Disposition, Havoc};

use super::{Cause, Trail, Walker};

impl Walker<'_> {
    pub(super) fn give_up(&mut self, trail: &Trail) {
        let all: Vec<Port> = self.network.ports().map(|(p, _)| p).collect();
        let lookups = (0..self.network.devices.len()).collect();
        let havoc = Havoc { leaves: all.clone(), enters: all, lookups, ..Havoc::default() };
        self.branch(
            trail.but(false),
            Disposition::InsufficientInfo,
            "too many ways",
            None,
            Some(havoc),
            None,
        );
    }

    /// Ends a branch in a scope that may do anything, once per cause.
    pub(super) fn let_loose(&mut self, trail: &Trail, cause: Cause, why: &str, havoc: Havoc) {
        if self.let_loose.insert(cause) {
            self.branch(trail.but(false), Disposition::InsufficientInfo, why, None, Some(havoc), None);
        }
    }

    pub(super) fn device_poison(&mut self, trail: &Trail, device: usize) {
        let anywhere = || self.network.anywhere_poison(device);
        if let Some(Poison { place, why, .. }) = self.network.device_poison(device).or_else(anywhere) {
            let up = self
                .network
                .ports()
                .filter(|(p, i)| p.device == device && self.network.is_up(*p) && i.is_attached());
            let mut leaves: Vec<Port> = up.map(|(p, _)| p).collect();
            if self.network.anywhere_poison(device).is_some() {
                leaves.extend(self.segments.open_ports());
                leaves.sort_unstable();
                leaves.dedup();
            }
            let havoc =
                Havoc { leaves, lookups: vec![device], place: Some(place.clone()), ..Havoc::default() };
            self.let_loose(trail, Cause::Device(device), why, havoc);
        }
    }

    pub(super) fn interface_poison(&mut self, trail: &Trail, port: Port) {
        let Some(interface) = self.network.interface(port) else { return };
        // A port that is certainly switched has no layer 3 that could do anything.
        let routed = interface.l3.is_some() || interface.l2.is_none();
        if let Some(Poison { place, why, .. }) = self.network.interface_poison(port)
            && routed
            && self.network.is_up(port)
        {
            let havoc = Havoc {
                leaves: vec![port],
                lookups: vec![port.device],
                place: Some(place.clone()),
                ..Havoc::default()
            };
            self.let_loose(trail, Cause::Interface(port), why, havoc);
        }
    }

    /// Unread lines that see what is on a segment.
    pub(super) fn poison_on(&mut self, trail: &Trail, may: usize) {
        if self.segments.open().contains(&may) {
            for device in 0..self.network.devices.len() {
                if self.network.anywhere_poison(device).is_some() {
                    self.device_poison(trail, device);
                }
            }
        }
        for device in self.segments.devices(may) {
            self.device_poison(trail, device);
            for port in self.ports_of(device) {
                if self.network.interface_poison(port).is_some() && self.segments.may(port).contains(&may) {
                    self.interface_poison(trail, port);
                }
            }
        }
    }
}
