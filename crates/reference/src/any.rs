//! Any-routing: what a look-up may do when nothing is taken for granted about routes.
//!
//! Own addresses are delivered. Everything else that is routed at all may leave by every interface of the
//! VRF, and of the VRFs that the configuration joins with it, to any neighbour; it may be received, and it
//! may be dropped.

use std::net::IpAddr;

use crate::address::is_unroutable;
use crate::fib::{Leg, Via, View};

/// Everything that a look-up may do under some routes.
pub(crate) fn look_up(view: View<'_>, vrf: usize, addr: IpAddr) -> Vec<Leg> {
    let mut out = Vec::new();
    if let Some((shared, place)) = view.own_address(vrf, addr) {
        out.push(Leg::new(Via::Local, true, Some(&place), "own address"));
        if !shared {
            return out;
        }
    }
    if is_unroutable(addr) {
        let alone = out.is_empty();
        out.extend(view.unroutable(vrf, addr).into_iter().map(|l| if alone { l } else { l.maybe() }));
        return out;
    }
    let vias = [Via::NoRoute, Via::Local].into_iter().chain(view.everywhere(vrf));
    out.extend(vias.map(|via| Leg::new(via, false, None, "by some route")));
    out
}
