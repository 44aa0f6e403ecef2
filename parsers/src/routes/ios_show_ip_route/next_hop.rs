//! What the clauses of a destination mean.

use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_net::Family;

use super::super::{ExportRow, RawNextHop};
use super::Table;
use super::head::is_null;
use super::row::{Mark, Path, Target};

impl Table {
    /// Adds the row of a clause.
    pub(super) fn push(&mut self, path: Path, span: Span) -> bool {
        let Some(open) = &mut self.open else { return false };
        let null = path.interface.as_deref().is_some_and(is_null);
        let next_hop = match path.target {
            _ if open.code.protocol == "local" && !null => RawNextHop::Receive { interface: path.interface },
            Target::Receive => RawNextHop::Receive { interface: path.interface.filter(|_| !null) },
            _ if null && open.code.null_drops() => RawNextHop::Discard,
            _ if null => RawNextHop::Unknown,
            Target::Summary => return false,
            Target::Connected => match path.interface {
                Some(name) => RawNextHop::Interface { name },
                None => return false,
            },
            // `via ::, Vlan1` is how older releases print a connected route.
            Target::Neighbour { addr, .. } if addr.is_unspecified() => match path.interface {
                Some(name) => RawNextHop::Interface { name },
                None => return false,
            },
            // A next hop of the other family, or on an unnamed link: reachable in a way that is not printed.
            Target::Neighbour { addr, .. } if Family::of(addr) != open.prefix.family() => RawNextHop::Unknown,
            Target::Neighbour { addr: IpAddr::V6(a), .. }
                if a.to_ipv4_mapped().is_some()
                    || (a.is_unicast_link_local() && path.interface.is_none()) =>
            {
                RawNextHop::Unknown
            }
            // In which table a replicated route is resolved is printed, or it is not known.
            Target::Neighbour { vrf: None, .. } if open.code.replicated && path.interface.is_none() => {
                RawNextHop::Unknown
            }
            Target::Neighbour { addr, vrf } => RawNextHop::Via { addr, interface: path.interface, vrf },
        };
        if path.mark == Some(Mark::Override) {
            open.overriding.push(self.export.rows.len());
        }
        self.export.rows.push(ExportRow {
            prefix: open.prefix,
            next_hop,
            protocol: open.code.protocol,
            distance: path.distance.or(open.distance),
            metric: path.metric.or(open.metric),
            backup: path.mark == Some(Mark::Repair)
                || (open.code.overridden && path.mark != Some(Mark::Override)),
            replicated: open.code.replicated,
            span,
        });
        true
    }

    /// Closes the destination being read: where packets follow a next hop that is not printed, the
    /// printed ones are only possible.
    pub(super) fn open_done(&mut self) {
        let Some(open) = self.open.take() else { return };
        if self.export.rows.len() == open.first {
            // A destination without any clause (IPv6): its next hops are on lines that are missing.
            self.export.garbled.push(open.span);
            return;
        }
        if !open.overriding.is_empty() {
            for (at, row) in self.export.rows.iter_mut().enumerate().skip(open.first) {
                row.backup |= !open.overriding.contains(&at);
            }
        } else if open.code.overridden {
            self.export.rows.push(ExportRow {
                prefix: open.prefix,
                next_hop: RawNextHop::Unknown,
                protocol: open.code.protocol,
                distance: None,
                metric: None,
                backup: false,
                replicated: open.code.replicated,
                span: open.span,
            });
        }
    }
}
