//! The rules of one outside interface.

use std::net::{IpAddr, Ipv4Addr};

use sekisho_model::{AddressRole, Device, NatRule, Predicate, Rewrite, Target};
use sekisho_net::{
    Cube, FRAGMENT_LATER, FRAGMENT_WHOLE, Family, Field, FieldSet, Prefix, Protocol, addr_bits,
};

use crate::ios::ast::Config;
use crate::ios::ast::interface::Interface;
use crate::ios::ast::nat::{Direction, Endpoint, Kind, Pair, Selector, Source, Statement};
use crate::ios::lower::acl::{Lists, cube};
use crate::ios::lower::route_map::{selected, translated};

/// What the rules depend on.
pub(super) struct Builder<'a> {
    pub config: &'a Config,
    pub device: &'a Device,
    pub lists: &'a Lists,
    /// VRF of the outside interface.
    pub outside: Option<&'a str>,
    /// Inside interfaces.
    pub inside: &'a [(usize, &'a Interface)],
}

/// A field and its port.
type Fields = (Field, Field);

const SOURCE: Fields = (Field::Src, Field::Sport);
const DESTINATION: Fields = (Field::Dst, Field::Dport);

impl Builder<'_> {
    /// Inbound source, inbound destination, outbound source, outbound destination.
    pub fn tables(&self) -> [Vec<NatRule>; 4] {
        let mut ordered: Vec<&Statement> = self.config.nat.statements.iter().collect();
        ordered.sort_by_key(|s| precedence(&s.kind));
        let mut tables = [const { Vec::new() }; 4];
        let [in_source, in_destination, out_source, out_destination] = &mut tables;
        for statement in ordered {
            match (&statement.kind, statement.direction) {
                // Written local then global; outside statements the other way round.
                (Kind::Static(pair), Direction::InsideSource) => {
                    out_source.push(self.fixed(statement, pair, SOURCE, true));
                    in_destination.push(self.fixed(statement, pair, DESTINATION, false));
                }
                (Kind::Static(pair), Direction::OutsideSource) => {
                    in_source.push(self.fixed(statement, pair, SOURCE, true));
                    out_destination.push(self.fixed(statement, pair, DESTINATION, false));
                }
                (Kind::Static(_), Direction::InsideDestination) => {}
                (Kind::Dynamic(selector, source), Direction::InsideSource) => {
                    out_source.push(self.dynamic(statement, selector, source, SOURCE));
                    in_destination.extend(self.hole(statement, selector, source, DESTINATION));
                }
                (Kind::Dynamic(selector, source), Direction::OutsideSource) => {
                    in_source.push(self.dynamic(statement, selector, source, SOURCE));
                    out_destination.extend(self.hole(statement, selector, source, DESTINATION));
                }
                (Kind::Dynamic(selector, source), Direction::InsideDestination) => {
                    in_destination.push(self.shared_load(statement, selector, source));
                }
            }
        }
        tables
    }

    /// Whether the statement certainly applies between this interface and every inside interface.
    fn applies(&self, statement: &Statement) -> bool {
        let own = statement.options.vrf.as_ref().map(|v| v.value.as_str());
        let same = self.inside.iter().all(|(_, i)| i.vrf.as_ref().map(|v| v.value.as_str()) == own);
        same && self.outside == own
    }

    /// Whether another static statement translates the same end: which of the two is used is not known.
    fn repeated(&self, statement: &Statement) -> bool {
        let Kind::Static(own) = &statement.kind else { return false };
        let same = |other: &Pair| match (own, other) {
            (Pair::Host(a, b), Pair::Host(c, d)) => a == c || b == d,
            (Pair::Network(a, b, m), Pair::Network(c, d, n)) => m == n && (a == c || b == d),
            (
                Pair::Port { protocol: p, first: a, second: b },
                Pair::Port { protocol: q, first: c, second: d },
            ) => p == q && (a == c || b == d),
            _ => false,
        };
        let others = self
            .config
            .nat
            .statements
            .iter()
            .filter(|s| *s != statement && s.direction == statement.direction);
        others.into_iter().any(|s| matches!(&s.kind, Kind::Static(other) if same(other)))
    }

    fn rule(
        &self,
        statement: &Statement,
        matches: Predicate,
        rewrites: Vec<Rewrite>,
        may_skip: bool,
    ) -> NatRule {
        let sure =
            self.applies(statement) && statement.options.route_map.is_none() && !self.repeated(statement);
        let matches = if sure { matches } else { Predicate::at_most(matches.may) };
        let may_skip = may_skip || statement.options.redundancy;
        NatRule { family: Family::V4, matches, rewrites, may_skip, span: statement.span }
    }

    /// A static pair; `forward` from first to second.
    fn fixed(&self, statement: &Statement, pair: &Pair, fields: Fields, forward: bool) -> NatRule {
        let (addr, port) = fields;
        match pair {
            Pair::Network(first, second, len) => {
                let (first, second) = (network(*first, *len), network(*second, *len));
                let (from, to) = if forward { (first, second) } else { (second, first) };
                let matches = Predicate::exact(vec![Cube::any().with(addr, FieldSet::prefix(from))]);
                let rewrite = Rewrite { field: addr, target: Target::Shift { from, to } };
                self.rule(statement, matches, vec![rewrite], false)
            }
            Pair::Host(first, second) => {
                let (first, second) = (Some(*first), self.address(second));
                let (from, to) = if forward { (first, second) } else { (second, first) };
                let matches = known(from, |a| vec![Cube::any().with(addr, host(a))], vec![Cube::any()]);
                self.rule(statement, matches, vec![to_address(addr, to)], from.is_none())
            }
            Pair::Port { protocol, first, second } => {
                let (first, second) = ((Some(first.0), first.1), (self.address(&second.0), second.1));
                let (from, to) = if forward { (first, second) } else { (second, first) };
                let matches = port_match(
                    *protocol,
                    from.0.map_or(FieldSet::Any, host),
                    from.0.is_some(),
                    from.1,
                    fields,
                );
                let mut rewrites = vec![to_address(addr, to.0)];
                rewrites.extend(
                    to.1.map(|p| Rewrite { field: port, target: Target::OneOf(FieldSet::one(p.into())) }),
                );
                self.rule(statement, matches, rewrites, from.0.is_none())
            }
        }
    }

    /// A dynamic translation in its own direction.
    fn dynamic(
        &self,
        statement: &Statement,
        selector: &Selector,
        source: &Source,
        fields: Fields,
    ) -> NatRule {
        let (addr, port) = fields;
        let target = self.new_addresses(source).map_or(Target::Unknown, Target::OneOf);
        let mut rewrites = vec![Rewrite { field: addr, target }];
        if statement.options.overload {
            rewrites.push(Rewrite { field: port, target: Target::OneOf(FieldSet::Any) });
        }
        // Exhausted pools, and protocols that `overload` cannot translate.
        self.rule(statement, self.selection(selector), rewrites, true)
    }

    /// What a mapping of a dynamic translation lets in from the other side; see the module comment.
    fn hole(
        &self,
        statement: &Statement,
        selector: &Selector,
        source: &Source,
        fields: Fields,
    ) -> Option<NatRule> {
        let options = &statement.options;
        let open = options.reversible || self.config.nat.open_mappings.is_some();
        if options.overload && !open {
            return None;
        }
        let (addr, port) = fields;
        let from = self.new_addresses(source).unwrap_or(FieldSet::Any);
        let locals = field_union(&self.selection(selector).may, Field::Src);
        let mut rewrites =
            vec![Rewrite { field: addr, target: locals.map_or(Target::Unknown, Target::OneOf) }];
        if options.overload {
            rewrites.push(Rewrite { field: port, target: Target::OneOf(FieldSet::Any) });
        }
        let matches = Predicate::at_most(vec![Cube::any().with(addr, from)]);
        Some(self.rule(statement, matches, rewrites, true))
    }

    /// `inside destination`: TCP connections to the selected address go to one of the pool. A standard list
    /// tests the destination here, although it is written like a source.
    fn shared_load(&self, statement: &Statement, selector: &Selector, source: &Source) -> NatRule {
        let matches = self.selection(selector).may.into_iter().map(|c| {
            let written = c.get(Field::Src).clone();
            if *c.get(Field::Dst) == FieldSet::Any { Cube::any().with(Field::Dst, written) } else { c }
        });
        let tcp =
            Predicate::exact(vec![Cube::any().with(Field::Proto, FieldSet::one(Protocol::TCP.0.into()))]);
        let matches = cube::and(&Predicate::at_most(matches.collect()), &tcp, Family::V4);
        let target = self.new_addresses(source).map_or(Target::Unknown, Target::OneOf);
        self.rule(
            statement,
            Predicate::at_most(matches.may),
            vec![Rewrite { field: Field::Dst, target }],
            true,
        )
    }

    fn selection(&self, selector: &Selector) -> Predicate {
        match selector {
            Selector::List(name) => selected(self.device, self.lists, &name.value, Family::V4),
            Selector::RouteMap(name) => translated(self.config, self.device, self.lists, &name.value),
        }
    }

    /// Addresses of a pool or an interface; `None` when they are not known.
    fn new_addresses(&self, source: &Source) -> Option<FieldSet> {
        match source {
            Source::Interface(name) => self.primary(&name.value).map(host),
            Source::Pool(name) => {
                let pool = self.config.nat.pools.iter().find(|p| p.name.value == name.value)?;
                if pool.unknown || pool.ranges.is_empty() {
                    return None;
                }
                Some(FieldSet::Ranges(pool.ranges.iter().map(|(lo, hi)| (bits(*lo), bits(*hi))).collect()))
            }
        }
    }

    fn address(&self, endpoint: &Endpoint) -> Option<Ipv4Addr> {
        match endpoint {
            Endpoint::Address(a) => Some(*a),
            Endpoint::Interface(name) => self.primary(name),
        }
    }

    /// First own IPv4 address of an interface, if it is fixed.
    fn primary(&self, name: &str) -> Option<Ipv4Addr> {
        let l3 = self.device.find_interface(name)?.1.l3.as_ref()?;
        if l3.unknown_v4.is_some() {
            return None;
        }
        l3.addresses.iter().filter(|a| a.role == AddressRole::Own).find_map(|a| match a.addr {
            IpAddr::V4(v4) => Some(v4),
            IpAddr::V6(_) => None,
        })
    }
}

fn precedence(kind: &Kind) -> u8 {
    match kind {
        Kind::Static(Pair::Port { .. }) => 0,
        Kind::Static(Pair::Host(..)) => 1,
        Kind::Static(Pair::Network(..)) => 2,
        Kind::Dynamic(..) => 3,
    }
}

/// Later fragments show no port: whether they follow the first one is the device's memory.
fn port_match(
    protocol: Protocol,
    addr: FieldSet,
    sure: bool,
    port: Option<u16>,
    fields: Fields,
) -> Predicate {
    let base = Cube::any().with(Field::Proto, FieldSet::one(protocol.0.into())).with(fields.0, addr);
    let Some(port) = port else {
        return if sure { Predicate::exact(vec![base]) } else { Predicate::at_most(vec![base]) };
    };
    let whole = base
        .clone()
        .with(fields.1, FieldSet::one(port.into()))
        .with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
    let later = base.with(Field::Fragment, FieldSet::one(FRAGMENT_LATER));
    let must = if sure { vec![whole.clone()] } else { Vec::new() };
    Predicate { may: vec![whole, later], must: Some(must) }
}

fn known(addr: Option<Ipv4Addr>, exact: impl Fn(Ipv4Addr) -> Vec<Cube>, any: Vec<Cube>) -> Predicate {
    addr.map_or_else(|| Predicate::at_most(any), |a| Predicate::exact(exact(a)))
}

fn to_address(field: Field, addr: Option<Ipv4Addr>) -> Rewrite {
    Rewrite { field, target: addr.map_or(Target::Unknown, |a| Target::OneOf(host(a))) }
}

/// Union of one field over cubes; `None` when it is every value or not a set of ranges.
fn field_union(cubes: &[Cube], field: Field) -> Option<FieldSet> {
    let mut all = Vec::new();
    for c in cubes {
        match c.get(field) {
            FieldSet::Ranges(ranges) => all.extend(ranges.iter().copied()),
            FieldSet::Any | FieldSet::Mask { .. } => return None,
        }
    }
    Some(FieldSet::Ranges(all))
}

fn host(addr: Ipv4Addr) -> FieldSet {
    FieldSet::one(bits(addr))
}

fn bits(addr: Ipv4Addr) -> u128 {
    addr_bits(IpAddr::V4(addr))
}

fn network(addr: Ipv4Addr, len: u8) -> Prefix {
    Prefix::new(IpAddr::V4(addr), len.into()).unwrap_or_else(|_| Prefix::host(IpAddr::V4(addr)))
}
