//! Where a device sends a destination: its own addresses, its tables, and what the input leaves open.
//!
//! The tables of a device are the config table of each VRF (connected prefixes and configured routes)
//! and each exported table. They are never merged: the possible result is the union of the results of
//! every table that may be the truth. Entry: [`fib_lookup`].

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::address::{Family, Prefix, is_multicast, is_unroutable, number};
use crate::format::{Device, Interface, Network, NextHop, Port, Scope, Table, Vrf};

/// Depth to which next hops are looked up again.
const RECURSION: usize = 8;

/// For whom a packet is meant on the segment by which it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Toward {
    /// Its own destination.
    Destination,
    /// This neighbour.
    Address(IpAddr),
    /// A neighbour that nobody knows.
    Any,
}

/// What a look-up does with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// It leaves by an interface of the device.
    Out {
        /// The interface.
        interface: usize,
        /// For whom.
        target: Toward,
    },
    /// It is for the device itself.
    Local,
    /// A route discards it.
    Discard,
    /// Nothing matches it, or it is never routed.
    NoRoute,
}

/// One result of a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// What happens.
    pub via: Via,
    /// Whether it can happen in every world.
    pub sure: bool,
    /// The prefix that matched; `None` for own addresses and for what no route says.
    pub prefix: Option<Prefix>,
    /// Where the reason stands.
    pub place: Option<String>,
    /// The reason in words.
    pub why: String,
}

impl Leg {
    /// One way, with the line that says so.
    pub fn new(via: Via, sure: bool, place: Option<&str>, why: impl Into<String>) -> Self {
        Self { via, sure, prefix: None, place: place.map(str::to_owned), why: why.into() }
    }

    /// The same way, not sure.
    #[must_use]
    pub fn maybe(self) -> Self {
        Self { sure: false, ..self }
    }
}

/// Everything that a look-up of `addr` in a VRF may do; sure results are marked. Empty only without
/// such a device.
#[must_use]
pub fn fib_lookup(network: &Network, device: usize, vrf: usize, addr: IpAddr) -> Vec<Leg> {
    let Some(view) = View::new(network, device) else { return Vec::new() };
    let mut out = Vec::new();
    if let Some((shared, place)) = view.own_address(vrf, addr) {
        let why = if shared { "shared address" } else { "own address" };
        out.push(Leg::new(Via::Local, true, Some(&place), why));
        if !shared {
            return out;
        }
    }
    let rest = if is_unroutable(addr) { view.unroutable(vrf, addr) } else { view.routes(vrf, addr) };
    let alone = out.is_empty();
    out.extend(rest.into_iter().map(|leg| if alone { leg } else { leg.maybe() }));
    out
}

/// A device in its network.
#[derive(Clone, Copy)]
pub struct View<'a> {
    network: &'a Network,
    id: usize,
    /// The device.
    pub device: &'a Device,
}

/// One table of a device.
struct Head<'a> {
    vrf: usize,
    exported: Option<&'a Table>,
}

/// A row of some table, and what its next hop comes to.
#[derive(Clone)]
struct Row<'a> {
    table: usize,
    prefix: Prefix,
    next_hop: NextHop,
    /// Neither conditional nor a backup.
    firm: bool,
    connected: bool,
    distance: u8,
    place: &'a str,
    word: &'a str,
    /// Results, each with whether the device can certainly choose it.
    results: Vec<(Via, bool)>,
    /// Whether the row is certainly in the table (if it is firm).
    installed: bool,
}

/// What a VRF does with every destination of a family.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// Inclusive ranges of destinations, in order and without gaps, with their results. The device's own
    /// addresses are not told apart.
    pub ranges: Vec<(u128, u128, Vec<Leg>)>,
    /// Prefixes of routes that are surely in use.
    pub prefixes: BTreeSet<Prefix>,
}

/// A row that a table may use for a destination.
struct Hit {
    row: usize,
    base: bool,
}

impl<'a> View<'a> {
    /// The device of a position.
    #[must_use]
    pub fn new(network: &'a Network, id: usize) -> Option<Self> {
        Some(Self { network, id, device: network.device(id)? })
    }

    /// Up interfaces of a VRF with their positions. A tunnel without layer 3 counts as global.
    pub fn interfaces(self, vrf: usize) -> impl Iterator<Item = (usize, &'a Interface)> {
        self.device.interfaces.iter().enumerate().filter(move |(at, i)| {
            let of = i.l3.as_ref().map(|l3| l3.vrf).or(i.tunnel.as_ref().map(|_| 0));
            of == Some(vrf) && self.is_up(*at)
        })
    }

    /// Whether an interface is up.
    #[must_use]
    pub fn is_up(self, interface: usize) -> bool {
        self.network.is_up(Port { device: self.id, interface })
    }

    fn is_routed(self, interface: usize) -> bool {
        self.is_up(interface) && self.device.interfaces.get(interface).is_some_and(|i| i.l3.is_some())
    }

    /// Whether an address is the device's own in a VRF: `(shared, place)`.
    pub fn own_address(self, vrf: usize, addr: IpAddr) -> Option<(bool, String)> {
        let all = || self.interfaces(vrf).flat_map(|(_, i)| i.addresses()).filter(|a| a.addr == addr);
        all().find(|a| !a.shared).or_else(|| all().next()).map(|a| (a.shared, a.place.clone()))
    }

    /// The interface and prefix of the longest connected prefix that holds an address; all of them
    /// when several interfaces have it.
    pub fn connected(self, vrf: usize, addr: IpAddr) -> Vec<usize> {
        let of =
            |i: &Interface| i.connected().filter(|a| a.prefix.contains(addr)).map(|a| a.prefix.len()).max();
        let all: Vec<_> = self.interfaces(vrf).filter_map(|(at, i)| Some((at, of(i)?))).collect();
        let longest = all.iter().map(|(_, len)| *len).max();
        all.into_iter().filter(|(_, len)| Some(*len) == longest).map(|(at, _)| at).collect()
    }

    /// A VRF and every VRF that leaks into it, directly or not.
    pub fn leak_closure(self, vrf: usize) -> Vec<usize> {
        let mut out = vec![vrf];
        let mut at = 0;
        while let Some(v) = out.get(at).and_then(|&v| self.device.vrfs.get(v)) {
            let fresh: BTreeSet<_> = v.leaks.iter().map(|l| l.from).filter(|f| !out.contains(f)).collect();
            out.extend(fresh);
            at += 1;
        }
        out
    }

    /// Every interface of a VRF and of those that leak into it, to any neighbour.
    pub fn anywhere(self, vrf: usize) -> Vec<Via> {
        let all = self.leak_closure(vrf).into_iter().flat_map(|v| self.interfaces(v));
        all.filter(|(_, i)| i.is_attached())
            .map(|(interface, _)| Via::Out { interface, target: Toward::Any })
            .collect()
    }

    /// Out by every interface that some route may name, to any neighbour: of the VRF and of those between
    /// which the configuration lets packets pass, by leaks and by routes that name a VRF or an interface.
    #[must_use]
    pub fn everywhere(self, vrf: usize) -> Vec<Via> {
        let mut joined = vec![vrf];
        let mut at = 0;
        while let Some(table) = joined.get(at).and_then(|&v| self.device.vrfs.get(v)) {
            let beyond = self.beyond(table);
            let fresh: BTreeSet<usize> = beyond.into_iter().filter(|v| !joined.contains(v)).collect();
            joined.extend(fresh);
            at += 1;
        }
        let all = joined.into_iter().flat_map(|v| self.interfaces(v));
        let attached = all.filter(|(_, i)| i.is_attached());
        attached.map(|(interface, _)| Via::Out { interface, target: Toward::Any }).collect()
    }

    /// The VRFs that the leaks and routes of one name.
    fn beyond(self, table: &Vrf) -> Vec<usize> {
        let home = |interface: usize| Some(self.device.interfaces.get(interface)?.l3.as_ref()?.vrf);
        let rows = table.tables.iter().flat_map(|t| &t.rows).map(|row| row.next_hop);
        let mut out: Vec<usize> = table.leaks.iter().map(|leak| leak.from).collect();
        for next_hop in table.routes.iter().map(|route| route.next_hop).chain(rows) {
            match next_hop {
                NextHop::Via { interface, vrf, .. } => {
                    out.extend(vrf.into_iter().chain(interface.and_then(home)))
                }
                NextHop::Interface(interface) => out.extend(home(interface)),
                NextHop::Discard | NextHop::Receive | NextHop::Unknown => {}
            }
        }
        out
    }

    /// Multicast, limited broadcast and link-local destinations.
    pub fn unroutable(self, vrf: usize, addr: IpAddr) -> Vec<Leg> {
        let lines = self.device.vrfs.get(vrf).into_iter().flat_map(|v| &v.multicast);
        let line = lines
            .filter(|(f, _)| *f == Family::of(addr))
            .map(|(_, place)| place)
            .chain(self.interfaces(vrf).filter_map(|(_, i)| i.multicast.as_ref()))
            .next()
            .filter(|_| is_multicast(addr));
        let mut out = vec![Leg::new(Via::NoRoute, line.is_none(), None, "destination is never routed")];
        if let Some(line) = line {
            let all = self.interfaces(vrf).filter(|(_, i)| i.is_attached());
            out.extend(all.map(|(interface, _)| {
                let via = Via::Out { interface, target: Toward::Any };
                Leg::new(via, false, Some(line), "multicast routing")
            }));
        }
        out
    }

    /// Why the routes of a VRF and family may not all be in the input.
    pub fn unknown_routes(self, vrf: usize, family: Family) -> Option<(&'a str, &'static str)> {
        let table = self.device.vrfs.get(vrf)?;
        let mut exported = table.tables.iter().filter(|t| t.family == family).peekable();
        if exported.peek().is_none()
            && let Some((_, place)) = table.unknown_routes.iter().find(|(f, _)| *f == family)
        {
            return Some((place, "routes that the config does not show"));
        }
        for table in exported {
            if let Some(place) = table.garbled.first() {
                return Some((place, "row not understood"));
            }
            if let Some(row) = table.rows.iter().find(|r| self.names_missing_interface(&r.next_hop)) {
                return Some((&row.place, "row of a missing interface"));
            }
            if !table.complete {
                return Some((table.rows.first().map_or("", |r| &r.place), "rows may be missing"));
            }
        }
        let routes = Scope::Routes { vrf, family };
        let poison = self.device.poisons.iter().find(|p| p.scope == routes)?;
        Some((&poison.place, "routes of an unread line"))
    }

    fn names_missing_interface(self, next_hop: &NextHop) -> bool {
        match *next_hop {
            NextHop::Interface(i) | NextHop::Via { interface: Some(i), .. } => !self.is_up(i),
            _ => false,
        }
    }

    /// Results of the tables for a destination that is not the device's own.
    pub fn routes(self, vrf: usize, addr: IpAddr) -> Vec<Leg> {
        Tables::new(self, vrf, addr).results(vrf, addr)
    }

    /// The results of the tables for every destination.
    #[must_use]
    pub fn lookup(self, vrf: usize, family: Family) -> Lookup {
        let tables = Tables::whole(self, family);
        let closure = self.leak_closure(vrf);
        let mut cuts = BTreeSet::from([0]);
        for row in &tables.rows {
            if tables.heads.get(row.table).is_some_and(|h| closure.contains(&h.vrf)) {
                cuts.insert(row.prefix.first());
                cuts.extend(row.prefix.last().checked_add(1).filter(|next| *next <= family.max()));
            }
        }
        for leaking in closure.into_iter().skip(1) {
            let own = self.interfaces(leaking).flat_map(|(_, i)| i.addresses());
            for addr in own.map(|a| a.addr).filter(|a| Family::of(*a) == family) {
                cuts.insert(number(addr));
                cuts.extend(number(addr).checked_add(1).filter(|next| *next <= family.max()));
            }
        }
        let cuts: Vec<u128> = cuts.into_iter().collect();
        let ends = cuts.iter().skip(1).map(|next| next - 1).chain([family.max()]);
        let ranges = cuts
            .iter()
            .zip(ends)
            .map(|(&lo, hi)| (lo, hi, tables.results(vrf, family.address(lo))))
            .collect();
        let authority = tables.authority(vrf);
        let base = |table: &usize| {
            let mine = tables.rows.iter().enumerate().filter(|(_, r)| r.table == *table);
            let hits = mine.filter(|(at, r)| {
                let first = family.address(r.prefix.first());
                let rows = tables.fitting(*table, first, None);
                tables.is_base(&rows, *at)
            });
            hits.map(|(_, r)| r.prefix).collect::<Vec<_>>()
        };
        let prefixes: BTreeSet<Prefix> = authority.iter().flat_map(base).collect();
        Lookup { ranges, prefixes }
    }
}

/// The tables of a device, or the rows of them that matter for one destination.
struct Tables<'a> {
    view: View<'a>,
    heads: Vec<Head<'a>>,
    rows: Vec<Row<'a>>,
}

impl<'a> Tables<'a> {
    /// The rows that matter for one destination.
    fn new(view: View<'a>, vrf: usize, addr: IpAddr) -> Self {
        let mut tables = Self::heads(view, Family::of(addr));
        tables.collect(vrf, addr);
        tables.settle();
        tables
    }

    /// All rows of a family.
    fn whole(view: View<'a>, family: Family) -> Self {
        let mut tables = Self::heads(view, family);
        for table in 0..tables.heads.len() {
            let rows = tables.rows_of(table);
            tables.rows.extend(rows.into_iter().filter(|r| r.prefix.family() == family));
        }
        tables.settle();
        tables
    }

    fn heads(view: View<'a>, family: Family) -> Self {
        let mut heads = Vec::new();
        for (vrf, v) in view.device.vrfs.iter().enumerate() {
            heads.push(Head { vrf, exported: None });
            let exported = v.tables.iter().filter(|t| t.family == family);
            heads.extend(exported.map(|t| Head { vrf, exported: Some(t) }));
        }
        Self { view, heads, rows: Vec::new() }
    }

    /// Resolves the next hops of all rows.
    fn settle(&mut self) {
        for _ in 0..=RECURSION {
            let resolved: Vec<_> = (0..self.rows.len()).map(|at| self.resolve(at)).collect();
            let mut changed = false;
            for (row, (results, installed)) in self.rows.iter_mut().zip(resolved) {
                changed |= row.results != results || row.installed != installed;
                row.results = results;
                row.installed = installed;
            }
            if !changed {
                break;
            }
        }
        self.widen_unresolved();
    }

    /// Takes the rows that hold the destination, those that hold their next hops, and so on.
    fn collect(&mut self, vrf: usize, addr: IpAddr) {
        let mut wanted: Vec<(usize, IpAddr)> = Vec::new();
        for v in self.view.leak_closure(vrf) {
            wanted.extend(self.of_vrf(v).map(|t| (t, addr)));
        }
        let mut at = 0;
        while let Some(&(table, addr)) = wanted.get(at) {
            at += 1;
            for row in self.rows_of(table).into_iter().filter(|r| r.prefix.contains(addr)) {
                if self.rows.iter().any(|r| r.table == table && r.place == row.place && r.same(&row)) {
                    continue;
                }
                if let NextHop::Via { addr, interface: None, vrf } = row.next_hop {
                    let next = self.resolving(table, vrf).into_iter().map(|(t, _)| (t, addr));
                    let next: Vec<_> = next.filter(|w| !wanted.contains(w)).collect();
                    wanted.extend(next);
                }
                self.rows.push(row);
            }
        }
    }

    fn of_vrf(&self, vrf: usize) -> impl Iterator<Item = usize> {
        self.heads.iter().enumerate().filter(move |(_, h)| h.vrf == vrf).map(|(t, _)| t)
    }

    /// All rows of a table.
    fn rows_of(&self, table: usize) -> Vec<Row<'a>> {
        let Some(head) = self.heads.get(table) else { return Vec::new() };
        let row = |prefix, next_hop, place, word| Row {
            table,
            prefix,
            next_hop,
            firm: true,
            connected: false,
            distance: 0,
            place,
            word,
            results: Vec::new(),
            installed: false,
        };
        if let Some(exported) = head.exported {
            let rows = exported.rows.iter().map(|r| Row {
                firm: !r.backup,
                ..row(r.prefix, r.next_hop, r.place.as_str(), r.protocol.as_str())
            });
            return rows.collect();
        }
        let connected = self.view.interfaces(head.vrf).flat_map(|(at, i)| {
            i.connected().map(move |a| Row {
                connected: true,
                ..row(a.prefix, NextHop::Interface(at), a.place.as_str(), "connected")
            })
        });
        let routes = self.view.device.vrfs.get(head.vrf).into_iter().flat_map(|v| &v.routes).map(|r| Row {
            firm: !r.conditional,
            distance: r.distance,
            ..row(r.prefix, r.next_hop, r.place.as_str(), "static")
        });
        connected.chain(routes).collect()
    }

    /// Tables in which the next hop of a row is looked up, and whether what they say is certain: the
    /// row's own table, or all tables of the VRF that the row names; those that leak into it besides.
    fn resolving(&self, table: usize, named: Option<usize>) -> Vec<(usize, bool)> {
        let own = self.heads.get(table).map_or(0, |h| h.vrf);
        let vrf = named.unwrap_or(own);
        let mut out = Vec::new();
        for v in self.view.leak_closure(vrf) {
            if v == own && vrf == own {
                out.push((table, true));
            } else {
                out.extend(self.of_vrf(v).map(|t| (t, v == vrf)));
            }
        }
        out
    }

    /// What the next hop of a row comes to, one look-up deeper than before.
    fn resolve(&self, at: usize) -> (Vec<(Via, bool)>, bool) {
        let Some(row) = self.rows.get(at) else { return (Vec::new(), false) };
        let one = |via| (vec![(via, true)], true);
        let out = |interface, target| one(Via::Out { interface, target });
        let own = self.heads.get(row.table).map_or(0, |h| h.vrf);
        match row.next_hop {
            NextHop::Discard => one(Via::Discard),
            NextHop::Receive => one(Via::Local),
            NextHop::Unknown => (self.view.anywhere(own).into_iter().map(|v| (v, false)).collect(), true),
            NextHop::Interface(i) if self.view.is_up(i) => out(i, Toward::Destination),
            NextHop::Via { addr, interface: Some(i), .. } if self.view.is_routed(i) => {
                out(i, Toward::Address(addr))
            }
            NextHop::Interface(_) | NextHop::Via { interface: Some(_), .. } => (Vec::new(), false),
            // A next hop of the other family is not resolved here; it may be anywhere.
            NextHop::Via { addr, vrf, .. } if Family::of(addr) != row.prefix.family() => {
                let all = self.view.anywhere(vrf.unwrap_or(own));
                (all.into_iter().map(|v| (v, false)).collect(), true)
            }
            NextHop::Via { addr, interface: None, vrf } => {
                let other = vrf.filter(|v| *v != own);
                let authority = self.authority(other.unwrap_or(own));
                let mut results = Vec::new();
                let mut installed = false;
                for (table, certain) in self.resolving(row.table, vrf) {
                    let certain = certain && (other.is_none() || authority == [table]);
                    for hit in self.hits(table, addr, Some(at)) {
                        let Some(hop) = self.rows.get(hit.row) else { continue };
                        for &(via, firm) in &hop.results {
                            let via = match via {
                                Via::Out { interface, target: Toward::Destination } => {
                                    Via::Out { interface, target: Toward::Address(addr) }
                                }
                                Via::Local | Via::NoRoute => continue,
                                other => other,
                            };
                            results.push((via, certain && hit.base && firm));
                            installed |= certain && hit.base;
                        }
                    }
                }
                if let Some(other) =
                    other.filter(|v| self.view.unknown_routes(*v, row.prefix.family()).is_some())
                {
                    results.extend(self.view.anywhere(other).into_iter().map(|v| (v, false)));
                }
                (results, installed)
            }
        }
    }

    /// An exported row is in force even if the input does not show where its next hop is.
    fn widen_unresolved(&mut self) {
        for row in &mut self.rows {
            let Some(head) = self.heads.get(row.table).filter(|h| h.exported.is_some()) else { continue };
            row.installed = true;
            if row.results.is_empty() {
                row.results = self.view.anywhere(head.vrf).into_iter().map(|v| (v, false)).collect();
            }
        }
    }

    /// The tables that say what is sure in a VRF: exported ones without gaps, else the config table.
    fn authority(&self, vrf: usize) -> Vec<usize> {
        let sound = |t: &Table| {
            let missing = t.rows.iter().any(|r| self.view.names_missing_interface(&r.next_hop));
            t.complete && t.garbled.is_empty() && !missing
        };
        let all: Vec<_> = self
            .of_vrf(vrf)
            .filter(|&t| self.heads.get(t).and_then(|h| h.exported).is_some_and(sound))
            .collect();
        if all.is_empty() { self.of_vrf(vrf).take(1).collect() } else { all }
    }

    /// The rows of a table that hold a destination and are not beaten by a connected one.
    fn fitting(&self, table: usize, addr: IpAddr, except: Option<usize>) -> Vec<(usize, &Row<'a>)> {
        let fit = |(at, row): &(usize, &Row)| {
            row.table == table
                && Some(*at) != except
                && row.prefix.contains(addr)
                && (!row.results.is_empty() || row.installed)
        };
        let rows: Vec<(usize, &Row)> = self.rows.iter().enumerate().filter(fit).collect();
        let beaten =
            |row: &Row| !row.connected && rows.iter().any(|(_, r)| r.connected && r.prefix == row.prefix);
        rows.iter().copied().filter(|(_, r)| !beaten(r)).collect()
    }

    /// Whether a row is one of those that a table uses unless a conditional one does: firm, installed, and
    /// of its prefix the one with the lowest distance.
    fn is_base(&self, rows: &[(usize, &Row)], at: usize) -> bool {
        let firm = |row: &Row| row.firm && row.installed;
        let Some((_, row)) = rows.iter().find(|(n, _)| *n == at) else { return false };
        let better = |r: &Row| r.prefix == row.prefix && firm(r) && r.distance < row.distance;
        firm(row) && (row.connected || !rows.iter().any(|(_, r)| better(r)))
    }

    /// The rows that a table may use for a destination: its base result (the longest match of the
    /// unconditional rows), and every conditional row that is at least as long.
    fn hits(&self, table: usize, addr: IpAddr, except: Option<usize>) -> Vec<Hit> {
        let rows = self.fitting(table, addr, except);
        let base: Vec<bool> = rows.iter().map(|(at, _)| self.is_base(&rows, *at)).collect();
        let longest =
            rows.iter().zip(&base).filter(|(_, base)| **base).map(|((_, r), _)| r.prefix.len()).max();
        rows.iter()
            .zip(base)
            .map(|((row, r), base)| (Hit { row: *row, base }, r.prefix.len()))
            .filter(|(hit, len)| if hit.base { Some(*len) == longest } else { Some(*len) >= longest })
            .map(|(hit, _)| hit)
            .collect()
    }

    fn results(&self, vrf: usize, addr: IpAddr) -> Vec<Leg> {
        let family = Family::of(addr);
        let authority = self.authority(vrf);
        let exported: Vec<_> =
            self.of_vrf(vrf).filter(|&t| self.heads.get(t).is_some_and(|h| h.exported.is_some())).collect();
        let speakers = if exported.is_empty() { authority.clone() } else { exported };
        let unknown = self.view.unknown_routes(vrf, family);
        let mut out: Vec<Leg> = Vec::new();
        for v in self.view.leak_closure(vrf) {
            if let Some((_, place)) = self.view.own_address(v, addr).filter(|_| v != vrf) {
                out.push(Leg::new(Via::Local, false, Some(&place), "own address in a leaking VRF"));
            }
            for table in self.of_vrf(v) {
                let hits = self.hits(table, addr, None);
                if v == vrf && speakers.contains(&table) && !hits.iter().any(|h| h.base) {
                    out.push(Leg::new(Via::NoRoute, false, None, "no route"));
                }
                for row in hits.into_iter().filter_map(|h| self.rows.get(h.row)) {
                    for &(via, _) in &row.results {
                        let sure = v == vrf && authority.iter().all(|&t| self.surely(t, addr, via));
                        let why = format!("{} {}", row.word, row.prefix);
                        let leg =
                            Leg { prefix: Some(row.prefix), ..Leg::new(via, sure, Some(row.place), why) };
                        if !out.iter().any(|l| l.via == via && l.prefix == leg.prefix) {
                            out.push(leg);
                        }
                    }
                }
            }
        }
        // The prefix of an address that nobody knows may be longer than any route.
        for v in self.view.leak_closure(vrf) {
            for (interface, _) in self.view.interfaces(v).filter(|(_, i)| i.has_unknown_address(family)) {
                let via = Via::Out { interface, target: Toward::Any };
                out.push(Leg::new(via, false, None, "the address of the interface is not known"));
            }
        }
        let leaked = self.view.leak_closure(vrf).into_iter().skip(1);
        let reasons = leaked.filter_map(|v| Some((v, self.view.unknown_routes(v, family)?)));
        for (v, (place, why)) in unknown.map(|u| (vrf, u)).into_iter().chain(reasons) {
            for via in self.view.anywhere(v) {
                out.push(Leg::new(via, false, Some(place), why));
            }
        }
        if let [only] = out.as_mut_slice()
            && only.via == Via::NoRoute
        {
            only.sure = unknown.is_none();
        } else if out.is_empty() {
            out.push(Leg::new(Via::NoRoute, unknown.is_none(), None, "no route"));
        }
        out
    }

    /// Whether a table certainly lets the device choose a result.
    fn surely(&self, table: usize, addr: IpAddr, via: Via) -> bool {
        self.hits(table, addr, None)
            .iter()
            .filter(|h| h.base)
            .filter_map(|h| self.rows.get(h.row))
            .any(|row| row.results.contains(&(via, true)))
    }
}

impl Row<'_> {
    fn same(&self, other: &Self) -> bool {
        (self.prefix, self.next_hop, self.distance, self.firm, self.connected)
            == (other.prefix, other.next_hop, other.distance, other.firm, other.connected)
    }
}
