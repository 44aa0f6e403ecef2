//! Object groups by themselves: whom each of them matches.

use sekisho_model::{Device, NamedSet, Predicate};
use sekisho_net::{Cube, FRAGMENT_WHOLE, Family, Field, FieldSet, Protocol};

use super::object_group::{self, Resolved};
use crate::ios::ast::Config;
use crate::ios::ast::object_group::{Kind, Service};

/// Adds every group to the device, per family.
pub(crate) fn lower_sets(config: &Config, device: &mut Device) {
    let ast = &config.object_groups;
    for group in &ast.groups {
        let name = &group.name.value;
        for family in Family::ALL {
            let set = match group.kind {
                Kind::Network | Kind::Pool if family == Family::V4 => {
                    predicate(object_group::addresses(ast, name, family), |set, _| either(set))
                }
                Kind::Network6 if family == Family::V6 => {
                    predicate(object_group::addresses(ast, name, family), |set, _| either(set))
                }
                Kind::Service | Kind::Protocol => {
                    predicate(object_group::services(ast, name), |s, sure| service(family, s, sure))
                }
                Kind::Port => predicate(object_group::ports(ast, name), |set, _| ports(set)),
                Kind::Network | Kind::Pool | Kind::Network6 => continue,
                Kind::Other => (Predicate::unknown(), vec!["group of an unread kind".to_owned()]),
            };
            let (matches, mut conditions) = set;
            if conditions.is_empty() && !matches.is_exact() {
                conditions.push("which ICMP codes and messages the group means".to_owned());
            }
            device.sets.push(NamedSet {
                name: name.clone(),
                family,
                matches,
                span: group.name.span,
                conditions,
            });
        }
    }
}

fn predicate<T>(found: Resolved<T>, cubes: impl Fn(&T, bool) -> Vec<Cube>) -> (Predicate, Vec<String>) {
    let must: Vec<Cube> = found.sure.iter().flat_map(|m| cubes(m, true)).collect();
    let may = match &found.possible {
        Some(all) => all.iter().flat_map(|m| cubes(m, false)).collect(),
        None => vec![Cube::any()],
    };
    (Predicate { must: (may != must).then_some(must), may }, found.reasons)
}

/// Addresses as source or as destination.
fn either(set: &FieldSet) -> Vec<Cube> {
    [Field::Src, Field::Dst].map(|field| Cube::any().with(field, set.clone())).to_vec()
}

/// Ports as source or as destination, of whole packets with ports.
fn ports(set: &FieldSet) -> Vec<Cube> {
    let protocols =
        FieldSet::Ranges([Protocol::TCP, Protocol::UDP].map(|p| (p.0.into(), p.0.into())).to_vec());
    let whole =
        Cube::any().with(Field::Proto, protocols).with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
    [Field::Sport, Field::Dport].map(|field| whole.clone().with(field, set.clone())).to_vec()
}

/// A service. `icmp` means ICMPv6 for IPv6, and then its messages are unknown.
fn service(family: Family, service: &Service, sure: bool) -> Vec<Cube> {
    let six = family == Family::V6;
    if six && service.icmp.is_some() && sure {
        return Vec::new();
    }
    let number = |p: &Protocol| if six && *p == Protocol::ICMP { Protocol::ICMPV6 } else { *p };
    let numbers: Vec<_> =
        service.protocols.iter().map(|p| number(p).0.into()).map(|n: u128| (n, n)).collect();
    let mut cube = Cube::any();
    if !numbers.is_empty() {
        cube.set(Field::Proto, FieldSet::Ranges(numbers));
    }
    let mut layer4 = false;
    let mut test = |cube: &mut Cube, field, set: &FieldSet| {
        cube.set(field, set.clone());
        layer4 = true;
    };
    for (field, set) in [(Field::Sport, &service.source), (Field::Dport, &service.destination)] {
        if let Some(set) = set {
            test(&mut cube, field, set);
        }
    }
    if let Some(icmp) = service.icmp.filter(|_| !six) {
        test(&mut cube, Field::IcmpType, &FieldSet::one(icmp.kind.into()));
        if let Some(code) = if sure { icmp.code.or(icmp.sure_code) } else { icmp.code } {
            test(&mut cube, Field::IcmpCode, &FieldSet::one(code.into()));
        }
    }
    if layer4 {
        cube.set(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE));
    }
    vec![cube]
}
