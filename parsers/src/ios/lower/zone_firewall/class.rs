//! Class maps as predicates.
//!
//! `match protocol` names an application by its ports (port-to-application mapping), and on some releases
//! by what the packets hold: the ports are what it may match, nothing is certain. `tcp`, `udp` and
//! `icmp` are exact. A name that is not in the table may match anything.

use sekisho_diag::{Span, Spanned};
use sekisho_model::{Action, Device, Predicate};
use sekisho_net::{Cube, FRAGMENT_LATER, FRAGMENT_WHOLE, Family, Field, FieldSet, Protocol, flags};

use crate::ios::ast::Config;
use crate::ios::ast::zone_firewall::{ClassMap, Criterion};
use crate::ios::lower::acl::{Lists, cube};
use crate::ios::lower::route_map::selected;

/// Ports of applications, TCP and UDP alike.
/// Source: Cisco IOS Security Command Reference, `ip port-map`, system-defined port mapping; IANA.
const APPLICATIONS: &[(&str, &[u16])] = &[
    ("bgp", &[179]),
    ("bootpc", &[68]),
    ("bootps", &[67]),
    ("cuseeme", &[7648]),
    ("daytime", &[13]),
    ("dhcp-failover", &[647, 847]),
    ("discard", &[9]),
    ("dns", &[53]),
    ("echo", &[7]),
    ("exec", &[512]),
    ("finger", &[79]),
    ("ftp", &[21]),
    ("ftps", &[989, 990]),
    ("gopher", &[70]),
    ("h323", &[1718, 1719, 1720]),
    ("http", &[80]),
    ("https", &[443]),
    ("imap", &[143]),
    ("imap3", &[220]),
    ("imaps", &[993]),
    ("ipsec-msft", &[4500]),
    ("irc", &[194, 6667]),
    ("isakmp", &[500]),
    ("kerberos", &[88]),
    ("l2tp", &[1701]),
    ("ldap", &[389]),
    ("ldaps", &[636]),
    ("login", &[513]),
    ("lotusnote", &[1352]),
    ("microsoft-ds", &[445]),
    ("ms-sql", &[1433]),
    ("mysql", &[3306]),
    ("netbios-dgm", &[138]),
    ("netbios-ns", &[137]),
    ("netbios-ssn", &[139]),
    ("nfs", &[2049]),
    ("nntp", &[119]),
    ("ntp", &[123]),
    ("pop3", &[110]),
    ("pop3s", &[995]),
    ("pptp", &[1723]),
    ("radius", &[1645, 1646, 1812, 1813]),
    ("router", &[520]),
    ("rtsp", &[554, 8554]),
    ("shell", &[514]),
    ("sip", &[5060, 5061]),
    ("skinny", &[2000, 2443]),
    ("smtp", &[25]),
    ("snmp", &[161]),
    ("snmptrap", &[162]),
    ("sqlnet", &[1521]),
    ("ssh", &[22]),
    ("streamworks", &[1558]),
    ("sunrpc", &[111]),
    ("syslog", &[514]),
    ("tacacs", &[49]),
    ("telnet", &[23]),
    ("telnets", &[992]),
    ("tftp", &[69]),
    ("time", &[37]),
    ("vdolive", &[7000]),
    ("who", &[513]),
];

/// A class, lowered.
pub(super) struct Found {
    /// Whom it matches.
    pub matches: Predicate,
    /// Why that is not exact.
    pub conditions: Vec<String>,
    /// Permitting entries of the access lists that the class names.
    pub origins: Vec<Span>,
    /// What is not defined, and where it is named.
    pub unknown: Vec<(Span, String)>,
}

/// What class maps depend on.
pub(super) struct Classes<'a> {
    pub config: &'a Config,
    pub device: &'a Device,
    pub lists: &'a Lists,
    pub family: Family,
}

impl Classes<'_> {
    /// The class of a policy; `None` for `class-default`.
    pub fn of(&self, name: Option<&Spanned<String>>) -> Found {
        let mut found = Found {
            matches: Predicate::any(),
            conditions: Vec::new(),
            origins: Vec::new(),
            unknown: Vec::new(),
        };
        if let Some(name) = name {
            found.matches = self.named(name, &mut found, &mut Vec::new());
        }
        found
    }

    fn named(&self, name: &Spanned<String>, found: &mut Found, path: &mut Vec<String>) -> Predicate {
        let class = self.config.zones.classes.iter().find(|c| c.name == name.value);
        let Some(class) = class.filter(|_| !path.contains(&name.value)) else {
            found.conditions.push(format!("undefined class-map {}", name.value));
            found.unknown.push((
                name.span,
                format!("class map `{}` is not defined: what it matches is not known", name.value),
            ));
            return Predicate::unknown();
        };
        path.push(name.value.clone());
        let out = self.class(class, found, path);
        path.pop();
        out
    }

    fn class(&self, class: &ClassMap, found: &mut Found, path: &mut Vec<String>) -> Predicate {
        // What a class without criteria matches is not documented.
        if class.criteria.is_empty() {
            found.conditions.push(format!("empty class-map {}", class.name));
            return Predicate::unknown();
        }
        let each: Vec<Predicate> = class.criteria.iter().map(|c| self.criterion(c, found, path)).collect();
        if class.all {
            each.iter().fold(Predicate::any(), |all, next| cube::and(&all, next, self.family))
        } else {
            cube::or(&each)
        }
    }

    fn criterion(&self, criterion: &Criterion, found: &mut Found, path: &mut Vec<String>) -> Predicate {
        match criterion {
            Criterion::List(name) => self.list(name, found),
            Criterion::Protocol(name) => self.protocol(name, found),
            Criterion::Class(name) => self.named(name, found, path),
            Criterion::Undecided(text) => {
                found.conditions.push(text.clone());
                Predicate::unknown()
            }
        }
    }

    /// A list of the other family matches no packet of this one.
    fn list(&self, name: &Spanned<String>, found: &mut Found) -> Predicate {
        let other = match self.family {
            Family::V4 => Family::V6,
            Family::V6 => Family::V4,
        };
        let here = self.lists.selector(&name.value, self.family).is_some();
        if !here && self.lists.selector(&name.value, other).is_some() {
            return Predicate::exact(Vec::new());
        }
        if !here {
            found.conditions.push(format!("undefined access list {}", name.value));
            found.unknown.push((
                name.span,
                format!("access list `{}` is not defined: what it matches is not known", name.value),
            ));
        }
        let list = self.lists.selector(&name.value, self.family).and_then(|id| self.device.list(id));
        let permits = list.iter().flat_map(|l| &l.lines).filter(|l| l.action != Action::Deny);
        found.origins.extend(permits.map(|l| l.span));
        selected(self.device, self.lists, &name.value, self.family)
    }

    fn protocol(&self, name: &str, found: &mut Found) -> Predicate {
        let exact = |p: Protocol| Predicate::exact(vec![protocol(FieldSet::one(p.0.into()))]);
        match (name, self.family) {
            ("tcp", _) => return exact(Protocol::TCP),
            ("udp", _) => return exact(Protocol::UDP),
            ("icmp", Family::V4) => return exact(Protocol::ICMP),
            ("icmp", Family::V6) | ("icmpv6", _) => {
                found.conditions.push(format!("protocol {name}"));
                return Predicate::at_most(exact(Protocol::ICMPV6).may);
            }
            _ => found.conditions.push(format!("protocol {name}")),
        }
        let both = FieldSet::Ranges(vec![(6, 6), (17, 17)]);
        let Some((_, ports)) = APPLICATIONS.iter().find(|(n, _)| *n == name) else {
            return Predicate::unknown();
        };
        let mapped = self
            .config
            .zones
            .port_maps
            .iter()
            .any(|m| m.as_deref().is_none_or(|n| n.eq_ignore_ascii_case(name)));
        if mapped {
            return Predicate::at_most(vec![protocol(both)]);
        }
        let ports = FieldSet::Ranges(ports.iter().map(|&p| (p.into(), p.into())).collect());
        let fragment = |kind| FieldSet::one(kind);
        Predicate::at_most(vec![
            protocol(both.clone()).with(Field::Dport, ports).with(Field::Fragment, fragment(FRAGMENT_WHOLE)),
            protocol(both).with(Field::Fragment, fragment(FRAGMENT_LATER)),
        ])
    }
}

fn protocol(set: FieldSet) -> Cube {
    Cube::any().with(Field::Proto, set)
}

/// What `inspect` passes of a class: certainly only what opens a session, a TCP SYN, UDP, or an ICMP echo
/// request. Anything else may be refused as belonging to no session.
pub(super) fn inspected(class: &Predicate, family: Family) -> Predicate {
    let whole = |p: Protocol| {
        protocol(FieldSet::one(p.0.into())).with(Field::Fragment, FieldSet::one(FRAGMENT_WHOLE))
    };
    let others = flags::ACK | flags::RST | flags::FIN;
    let syn = FieldSet::mask(flags::SYN.into(), (flags::SYN | others).into());
    let (icmp, echo) = match family {
        Family::V4 => (Protocol::ICMP, 8),
        Family::V6 => (Protocol::ICMPV6, 128),
    };
    let opens = Predicate::exact(vec![
        whole(Protocol::TCP).with(Field::Flags, syn),
        whole(Protocol::UDP),
        whole(icmp).with(Field::IcmpType, FieldSet::one(echo)),
    ]);
    let must = cube::and(class, &opens, family).must().to_vec();
    Predicate { may: class.may.clone(), must: Some(must) }
}

/// The predicate on whichever side of a translation it is tested: tests of what the translation may change
/// are left out of may, and what depends on them out of must.
pub(in crate::ios::lower) fn either_side(matches: &Predicate, fields: &[Field]) -> Predicate {
    let free = |c: &Cube| fields.iter().all(|f| *c.get(*f) == FieldSet::Any);
    if matches.is_exact() && matches.may.iter().all(free) {
        return matches.clone();
    }
    let widened = |c: &Cube| fields.iter().fold(c.clone(), |c, f| c.with(*f, FieldSet::Any));
    let may = matches.may.iter().map(widened).collect();
    let must = matches.must().iter().filter(|c| free(c)).cloned().collect();
    Predicate { may, must: Some(must) }
}
