//! A device and what is known, unknown and assumed about it as a whole.

use sekisho_diag::{FileId, Span};
use sekisho_net::{Family, Field, FieldSet};

use crate::Cluster;
use crate::{
    Alternative, AppHelper, Interface, InterfaceId, ListId, NatId, NatTable, PolicyRoute, PolicyRouteId,
    Predicate, RuleList, Vrf, VrfId,
};

/// Yes, no, or not known from the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tri {
    /// Certainly not.
    No,
    /// Either.
    #[default]
    Unknown,
    /// Certainly.
    Yes,
}

impl Tri {
    /// Not certainly not.
    #[must_use]
    pub fn possible(self) -> bool {
        self != Tri::No
    }

    /// Certainly.
    #[must_use]
    pub fn certain(self) -> bool {
        self == Tri::Yes
    }
}

/// Index into [`Device::contexts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContextId(pub u32);

/// A class of ingress interfaces that later stages tell apart (firewall zone, NAT side).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Shown to the user, such as `zone INSIDE` or `nat outside`.
    pub name: String,
}

/// What one unread line may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Anything on the device.
    Device,
    /// Anything on the device, and an interface that the model lacks altogether: a block whose opening
    /// line was not understood, or the cut-off rest of a file. It may sit on any segment.
    Anywhere,
    /// Anything about one interface, including its VRF, its VLANs and its bindings.
    Interface(InterfaceId),
    /// The routes of one VRF and family, but nothing else.
    Routes(VrfId, Family),
}

/// A line that was not understood or not modelled: its scope may do anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poison {
    /// How far the ignorance reaches.
    pub scope: Scope,
    /// The line.
    pub span: Span,
    /// Why, as a noun phrase: [`Poison::UNREAD`], `bridge group`.
    pub why: String,
}

impl Poison {
    /// Why a line poisons that was not understood at all, so that it may state an address.
    pub const UNREAD: &'static str = "unrecognized line";

    /// Whether the line was not understood at all.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.why == Self::UNREAD
    }
}

/// Something the lowering took for granted, such as a default that depends on the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// Stable id from the closed list of `docs/assumptions.md`.
    pub id: &'static str,
    /// What is assumed, as a sentence fragment.
    pub text: String,
    /// The line that made it necessary, if one did.
    pub span: Option<Span>,
}

/// A list that limits who may manage the device. Never restricts transit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagementAccess {
    /// Service in words: `vty 0 4`, `http`, `snmp`.
    pub service: String,
    /// The list, when it exists.
    pub list: Option<ListId>,
    /// The line.
    pub span: Span,
}

/// A named set of packets that rules refer to (object group): what it matches by itself. Addresses match
/// as source or as destination. For display and the `filter` command; rules hold their own copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSet {
    /// Name as in the config.
    pub name: String,
    /// Family of the packets that it tests.
    pub family: Family,
    /// Whom it matches.
    pub matches: Predicate,
    /// Where it starts.
    pub span: Span,
    /// Why the predicate is not exact, as noun phrases.
    pub conditions: Vec<String>,
}

/// One router, switch, firewall or virtual system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Host name, unique in a snapshot; `host/vdom` for virtual systems.
    pub name: String,
    /// Where the name stands in its config; `None` when it came from the file name.
    pub name_span: Option<Span>,
    /// Operating system as the user calls it, for display only.
    pub os: &'static str,
    /// Config files that describe it (several: every one of them may be the truth).
    pub files: Vec<FileId>,
    /// Interfaces in config order.
    pub interfaces: Vec<Interface>,
    /// VRFs; the first is the global table `default`.
    pub vrfs: Vec<Vrf>,
    /// Ingress contexts; the first is the context of an interface without zone or side.
    pub contexts: Vec<Context>,
    /// Rule lists.
    pub lists: Vec<RuleList>,
    /// Named sets of packets, by name and family.
    pub sets: Vec<NamedSet>,
    /// Translation tables.
    pub nats: Vec<NatTable>,
    /// Application helpers that are not certainly off.
    pub helpers: Vec<AppHelper>,
    /// Questions that the input leaves open.
    pub alternatives: Vec<Alternative>,
    /// Policy routes.
    pub policy_routes: Vec<PolicyRoute>,
    /// Whether IPv4 packets are forwarded between interfaces.
    pub forwards_v4: Tri,
    /// Whether IPv6 packets are forwarded between interfaces.
    pub forwards_v6: Tri,
    /// Whether packets with a source route (IPv4 option, IPv6 routing header) are obeyed.
    pub source_route: Tri,
    /// Whether untagged frames of a trunk are certainly tagged by the switch, so that double
    /// tagging through the native VLAN cannot work.
    pub tags_native: Tri,
    /// Lines whose effect is unknown, with their scopes.
    pub poisons: Vec<Poison>,
    /// What lowering took for granted.
    pub assumptions: Vec<Assumption>,
    /// Management restrictions.
    pub management: Vec<ManagementAccess>,
    /// The cluster of which it is a member.
    pub cluster: Option<Cluster>,
    /// VLANs that the config names (database, SVI, access, allowed list ends).
    pub vlans: Vec<u16>,
}

impl Device {
    /// An empty device with the global VRF and the default context.
    #[must_use]
    pub fn new(name: String, os: &'static str, file: FileId) -> Self {
        Self {
            name,
            name_span: None,
            os,
            files: vec![file],
            interfaces: Vec::new(),
            vrfs: vec![Vrf::new("default".to_owned(), None)],
            contexts: vec![Context { name: "default".to_owned() }],
            lists: Vec::new(),
            sets: Vec::new(),
            nats: Vec::new(),
            helpers: Vec::new(),
            alternatives: Vec::new(),
            policy_routes: Vec::new(),
            forwards_v4: Tri::Unknown,
            forwards_v6: Tri::Unknown,
            source_route: Tri::Unknown,
            tags_native: Tri::No,
            poisons: Vec::new(),
            assumptions: Vec::new(),
            management: Vec::new(),
            cluster: None,
            vlans: Vec::new(),
        }
    }

    /// Whether packets of a family are forwarded.
    #[must_use]
    pub fn forwards(&self, family: Family) -> Tri {
        match family {
            Family::V4 => self.forwards_v4,
            Family::V6 => self.forwards_v6,
        }
    }

    /// The interface of an id.
    #[must_use]
    pub fn interface(&self, id: InterfaceId) -> Option<&Interface> {
        self.interfaces.get(id.0 as usize)
    }

    /// All interfaces with their ids.
    pub fn interface_ids(&self) -> impl Iterator<Item = (InterfaceId, &Interface)> {
        self.interfaces
            .iter()
            .enumerate()
            .map(|(i, x)| (InterfaceId(u32::try_from(i).unwrap_or(u32::MAX)), x))
    }

    /// The interface of a name, as the config or the user writes it (case and abbreviation of the
    /// type word do not matter: `gi0/1`, `GigabitEthernet0/1`).
    #[must_use]
    pub fn find_interface(&self, name: &str) -> Option<(InterfaceId, &Interface)> {
        self.interface_ids()
            .find(|(_, i)| i.name == name)
            .or_else(|| self.interface_ids().find(|(_, i)| i.name.eq_ignore_ascii_case(name)))
            .or_else(|| {
                let wanted = split_name(name)?;
                let mut hits = self.interface_ids().filter(|(_, i)| {
                    split_name(&i.name).is_some_and(|(word, rest)| {
                        rest == wanted.1 && word.len() >= wanted.0.len() && word.starts_with(&wanted.0)
                    })
                });
                match (hits.next(), hits.next()) {
                    (Some(hit), None) => Some(hit),
                    _ => None,
                }
            })
    }

    /// The VRF of an id.
    #[must_use]
    pub fn vrf(&self, id: VrfId) -> Option<&Vrf> {
        self.vrfs.get(id.0 as usize)
    }

    /// The VRF of a name.
    #[must_use]
    pub fn find_vrf(&self, name: &str) -> Option<VrfId> {
        self.vrfs.iter().position(|v| v.name == name).map(|i| VrfId(u32::try_from(i).unwrap_or(u32::MAX)))
    }

    /// The list of an id.
    #[must_use]
    pub fn list(&self, id: ListId) -> Option<&RuleList> {
        self.lists.get(id.0 as usize)
    }

    /// The list of a name and family.
    #[must_use]
    pub fn find_list(&self, name: &str, family: Option<Family>) -> Option<(ListId, &RuleList)> {
        self.lists
            .iter()
            .enumerate()
            .find(|(_, l)| l.name == name && family.is_none_or(|f| l.family == f))
            .map(|(i, l)| (ListId(u32::try_from(i).unwrap_or(u32::MAX)), l))
    }

    /// The translation table of an id.
    #[must_use]
    pub fn nat(&self, id: NatId) -> Option<&NatTable> {
        self.nats.get(id.0 as usize)
    }

    /// Whether some stage tests or writes marks. Such a device clears them on arrival and departure.
    #[must_use]
    pub fn uses_marks(&self) -> bool {
        let in_lists = self.lists.iter().flat_map(|l| &l.lines).map(|l| &l.matches);
        let rules = || self.nats.iter().flat_map(|n| &n.rules);
        let in_routes = self.policy_routes.iter().flat_map(|p| &p.entries).map(|e| &e.matches);
        let mut tests = in_lists.chain(rules().map(|r| &r.matches)).chain(in_routes);
        rules().flat_map(|r| &r.rewrites).any(|r| r.field == Field::Mark)
            || tests.any(|p| p.may.iter().chain(p.must()).any(|c| *c.get(Field::Mark) != FieldSet::Any))
    }

    /// The policy route of an id.
    #[must_use]
    pub fn policy_route(&self, id: PolicyRouteId) -> Option<&PolicyRoute> {
        self.policy_routes.get(id.0 as usize)
    }

    /// The first poison of the whole device, if any.
    #[must_use]
    pub fn device_poison(&self) -> Option<&Poison> {
        self.poisons.iter().find(|p| matches!(p.scope, Scope::Device | Scope::Anywhere))
    }

    /// The first poison that may be an interface which the model lacks, if any.
    #[must_use]
    pub fn anywhere_poison(&self) -> Option<&Poison> {
        self.poisons.iter().find(|p| p.scope == Scope::Anywhere)
    }

    /// The first poison of an interface, if any.
    #[must_use]
    pub fn interface_poison(&self, id: InterfaceId) -> Option<&Poison> {
        self.poisons.iter().find(|p| p.scope == Scope::Interface(id))
    }
}

/// Splits `GigabitEthernet0/1` into its lower-case type word and the rest; `None` without a number.
fn split_name(name: &str) -> Option<(String, &str)> {
    let at = name.find(|c: char| c.is_ascii_digit())?;
    let (word, rest) = name.split_at_checked(at)?;
    (!word.is_empty()).then(|| (word.trim().to_ascii_lowercase(), rest))
}
