//! Object groups as sets.
//!
//! A group that is undefined, empty or cyclic, or that has a member which was not understood, may hold
//! anything; certainly it holds what was read. So a permit that uses it may match anything in its place,
//! and a deny no more than what was read. (What an empty group matches on a device is not known.)

use sekisho_net::{Family, FieldSet};

use crate::ios::ast::object_group::{Ast, Group, Kind, Member, Service};

/// What a group holds.
#[derive(Clone, Debug)]
pub(crate) struct Resolved<T> {
    /// Members that it certainly has.
    pub sure: Vec<T>,
    /// Members that it may have; `None` for anything.
    pub possible: Option<Vec<T>>,
    /// Why the two differ, as noun phrases; empty if they do not.
    pub reasons: Vec<String>,
}

/// Addresses of a group.
pub(crate) fn addresses(ast: &Ast, name: &str, family: Family) -> Resolved<FieldSet> {
    let kinds: &[Kind] = match family {
        Family::V4 => &[Kind::Network, Kind::Pool],
        Family::V6 => &[Kind::Network6],
    };
    resolve(ast, name, kinds, |m| match m {
        Member::Addresses(set) => Some(set.clone()),
        _ => None,
    })
}

/// Services of a service or protocol group.
pub(crate) fn services(ast: &Ast, name: &str) -> Resolved<Service> {
    resolve(ast, name, &[Kind::Service, Kind::Protocol], |m| match m {
        Member::Service(service) => Some(service.clone()),
        _ => None,
    })
}

/// Ports of a port group.
pub(crate) fn ports(ast: &Ast, name: &str) -> Resolved<FieldSet> {
    resolve(ast, name, &[Kind::Port], |m| match m {
        Member::Ports(set) => Some(set.clone()),
        _ => None,
    })
}

/// A walk over nested groups.
struct Walk<'a, T> {
    ast: &'a Ast,
    kinds: &'a [Kind],
    member: fn(&Member) -> Option<T>,
    path: Vec<String>,
    sure: Vec<T>,
    all: Vec<T>,
    anything: bool,
    reasons: Vec<String>,
}

fn resolve<T: Clone>(ast: &Ast, name: &str, kinds: &[Kind], member: fn(&Member) -> Option<T>) -> Resolved<T> {
    let (path, sure, all, reasons) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut walk = Walk { ast, kinds, member, path, sure, all, anything: false, reasons };
    walk.name(name, true);
    Resolved { sure: walk.sure, possible: (!walk.anything).then_some(walk.all), reasons: walk.reasons }
}

impl<T: Clone> Walk<'_, T> {
    fn unknown(&mut self, why: String) {
        self.anything = true;
        self.reasons.push(why);
    }

    fn name(&mut self, name: &str, sure: bool) {
        if self.path.iter().any(|p| p == name) {
            return self.unknown(format!("cyclic object-group {name}"));
        }
        let Some(group) = self.ast.find(name, self.kinds) else {
            return self.unknown(format!("undefined object-group {name}"));
        };
        self.path.push(name.to_owned());
        self.group(group, sure);
        self.path.pop();
    }

    fn group(&mut self, group: &Group, sure: bool) {
        let name = &group.name.value;
        if group.first_block == 0 {
            self.unknown(format!("empty object-group {name}"));
        }
        if group.edited.is_some() || group.members.len() > group.first_block {
            self.reasons.push(format!("edited object-group {name}"));
        }
        for (at, entry) in group.members.iter().enumerate() {
            let sure = sure && at < group.first_block && group.edited.is_none();
            match (&entry.value, (self.member)(&entry.value)) {
                (Member::Group(inner), _) => self.name(inner, sure),
                (_, Some(value)) => {
                    if sure {
                        self.sure.push(value.clone());
                    }
                    self.all.push(value);
                }
                (_, None) => self.unknown(format!("unread member of object-group {name}")),
            }
        }
    }
}
