//! From sets back to what people read: one packet, a box around it, a list of boxes.
//!
//! Boxes are found in a private copy of the set, so the manager does not grow. Every box lies within the set; when
//! [`Manager::cover`] says that it is complete, their union is the set.

use sekisho_net::{Cube, Field, FieldSet, Packet, Protocol};

use crate::layout::low_mask;
use crate::{Manager, Set};

/// Fields in the order in which they are widened: what a reader cares for least comes first and gets widest.
const WIDENING: [Field; 12] = [
    Field::Fragment,
    Field::Mark,
    Field::Translated,
    Field::Src0,
    Field::IcmpCode,
    Field::IcmpType,
    Field::Flags,
    Field::Sport,
    Field::Dport,
    Field::Proto,
    Field::Src,
    Field::Dst,
];

/// How many times as many values a mask must hold to be shown instead of a range.
const FAR_MORE: u128 = 16;

/// Protocols tried besides a run of neighbours.
const PROTOCOLS: [Protocol; 8] = [
    Protocol::ICMP,
    Protocol::TCP,
    Protocol::UDP,
    Protocol::GRE,
    Protocol::ESP,
    Protocol::AH,
    Protocol::ICMPV6,
    Protocol::SCTP,
];

impl Manager {
    /// A packet of the set: the smallest in diagram order, with fields that do not matter zero. `None` if empty.
    #[must_use]
    pub fn pick(&self, set: Set) -> Option<Packet> {
        if set.is_empty() {
            return None;
        }
        let mut packet = Packet::zero(self.family());
        let mut at = set;
        while let Some((level, branches)) = self.diagram().branches(at) {
            let level = self.layout().level(level);
            let mut low = 0;
            for (last, child) in branches {
                if !child.is_empty() {
                    packet.set(level.field, packet.get(level.field) | u128::from(low) << level.shift);
                    at = child;
                    break;
                }
                low = last.wrapping_add(1);
            }
        }
        Some(packet)
    }

    /// A box around the packet that lies within the set: per field any value, else the longest range around the
    /// packet's value; for the protocol also a few well-known ones, for an address a wildcard mask where that holds
    /// far more, for the TCP flags a mask. A packet outside the set gets the box of itself alone, which says nothing about the set.
    #[must_use]
    pub fn widen(&self, within: Set, packet: &Packet) -> Cube {
        let (mut copy, roots) = self.compact(&[within]);
        let within = roots.first().copied().unwrap_or(Set::EMPTY);
        copy.widen_here(within, packet)
    }

    /// Boxes that cover the set, at most `max`, and whether they cover all of it. Boxes may overlap.
    ///
    /// The first boxes are the ones worth showing: a complete cover can be long.
    #[must_use]
    pub fn cover(&self, set: Set, max: usize) -> (Vec<Cube>, bool) {
        let (mut copy, roots) = self.compact(&[set]);
        let whole = roots.first().copied().unwrap_or(Set::EMPTY);
        let mut rest = whole;
        let mut boxes = Vec::new();
        while boxes.len() < max
            && let Some(packet) = copy.pick(rest)
        {
            let cube = copy.widen_here(whole, &packet);
            let left = copy.cube(&cube).and_then(|taken| copy.diff(rest, taken));
            boxes.push(cube);
            match left {
                Ok(left) => rest = left,
                Err(_) => return (boxes, false),
            }
        }
        (boxes, rest.is_empty())
    }

    /// The boxes of [`Manager::cover`] if few suffice; otherwise none. A set whose diagram has more nodes than
    /// `max` is not tried: its boxes would be many, and looking for each is dear.
    #[must_use]
    pub fn few_boxes(&self, set: Set, max: usize) -> (Vec<Cube>, bool) {
        if self.size(set) > max { (Vec::new(), false) } else { self.cover(set, max) }
    }

    fn widen_here(&mut self, within: Set, packet: &Packet) -> Cube {
        let mut cube = Cube::any();
        for field in Field::ALL {
            cube.set(field, FieldSet::one(packet.get(field)));
        }
        if !self.contains(within, packet) {
            return cube;
        }
        for field in WIDENING {
            if self.holds(within, &mut cube, field, FieldSet::Any) {
                continue;
            }
            match field {
                Field::Flags => self.free_bits(within, &mut cube, field, packet),
                Field::Fragment | Field::Translated => {}
                Field::Dst | Field::Src0 | Field::Src => {
                    self.stretch_or_free(within, &mut cube, field, packet)
                }
                _ => self.stretch(within, &mut cube, field, packet),
            }
            if field == Field::Proto {
                self.add_protocols(within, &mut cube);
            }
        }
        cube
    }

    /// Whether the box with one field replaced lies within the set; keeps the change if so. A box that there is no
    /// room to build counts as outside.
    fn holds(&mut self, within: Set, cube: &mut Cube, field: Field, values: FieldSet) -> bool {
        let old = cube.get(field).clone();
        cube.set(field, values);
        let held = self.cube(cube).is_ok_and(|set| self.subset(set, within));
        if !held {
            cube.set(field, old);
        }
        held
    }

    /// Frees every bit of the field that may be freed, least significant first.
    fn free_bits(&mut self, within: Set, cube: &mut Cube, field: Field, packet: &Packet) {
        let value = packet.get(field);
        let width = field.bits(self.family());
        let mut care = low_mask(width);
        for bit in 0..width {
            let fewer = care & !(1 << bit);
            if self.holds(within, cube, field, FieldSet::mask(value, fewer)) {
                care = fewer;
            }
        }
    }

    /// The longest range, unless a mask holds far more: sets that come from wildcard masks are many short ranges,
    /// and everything else reads better as a range.
    fn stretch_or_free(&mut self, within: Set, cube: &mut Cube, field: Field, packet: &Packet) {
        let point = cube.get(field).clone();
        self.stretch(within, cube, field, packet);
        let range = cube.get(field).clone();
        cube.set(field, point);
        self.free_bits(within, cube, field, packet);
        let free = match cube.get(field) {
            FieldSet::Mask { care, .. } => !care & field.max(self.family()),
            _ => 0,
        };
        let masked = 1u128.checked_shl(free.count_ones()).unwrap_or(u128::MAX);
        let ranged = match &range {
            FieldSet::Ranges(ranges) => {
                ranges.iter().fold(0, |sum: u128, r| sum.saturating_add(r.1 - r.0).saturating_add(1))
            }
            _ => u128::MAX,
        };
        if masked / FAR_MORE <= ranged {
            cube.set(field, range);
        }
    }

    /// Grows the range around the packet's value as far as the set allows: containment only gets harder as the range
    /// grows, so doubling steps and bisection find the end.
    fn stretch(&mut self, within: Set, cube: &mut Cube, field: Field, packet: &Packet) {
        let value = packet.get(field);
        let max = field.max(self.family());
        let up = self.reach(max - value, |manager, step| {
            manager.holds(within, cube, field, FieldSet::range(value, value + step))
        });
        self.reach(value, |manager, step| {
            manager.holds(within, cube, field, FieldSet::range(value - step, value + up))
        });
    }

    /// The largest step up to `room` that holds, where 0 does and holding is monotone.
    fn reach(&mut self, room: u128, mut holds: impl FnMut(&mut Self, u128) -> bool) -> u128 {
        let mut good = 0;
        let mut step: u128 = 1;
        while good < room {
            let next = good.saturating_add(step).min(room);
            if !holds(self, next) {
                break;
            }
            good = next;
            step = step.saturating_mul(2);
        }
        while step > 0 && good < room {
            if step <= room - good && holds(self, good + step) {
                good += step;
            }
            step /= 2;
        }
        good
    }

    fn add_protocols(&mut self, within: Set, cube: &mut Cube) {
        for protocol in PROTOCOLS {
            let number = u128::from(protocol.0);
            let FieldSet::Ranges(ranges) = cube.get(Field::Proto) else {
                return;
            };
            let mut wider = ranges.clone();
            if wider.iter().all(|&(low, high)| number < low || high < number) {
                wider.push((number, number));
                wider.sort_unstable();
                self.holds(within, cube, Field::Proto, FieldSet::Ranges(wider));
            }
        }
    }
}
