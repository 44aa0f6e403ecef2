//! Next hops of policy routes.

use std::net::IpAddr;

use sekisho_model::VrfId;
use sekisho_net::addr_bits;

use crate::graph::build::Builder;
use crate::routing::{Decision, Fib, Target};

/// Where a next hop of a policy route may lead, and whether it is connected. One that is not goes the way that its
/// address may take by any of the tables in use.
pub(super) fn candidate(b: &Builder<'_>, index: usize, vrf: VrfId, addr: IpAddr) -> (Vec<Decision>, bool) {
    let Some(device) = b.input.devices.get(index) else { return (Vec::new(), false) };
    let (mut found, on_link) = Fib::next_hop(device, vrf, addr);
    if !on_link {
        for other in Fib::leak_closure(device, vrf) {
            let Some(fib) = b.input.fibs.get(&(index, other.0, b.family)) else { continue };
            found.extend(fib.maybe_decisions(addr_bits(addr)).filter_map(|decision| match decision {
                Decision::Forward { interface, target: Target::Destination } => {
                    Some(Decision::Forward { interface, target: Target::Address(addr) })
                }
                Decision::Receive => None,
                other => Some(other),
            }));
            if !fib.anywhere.is_empty() {
                found.push(Decision::Anywhere(other));
            }
        }
        found.sort();
        found.dedup();
    }
    (found, on_link)
}
