//! What is not known, as data: which packets a doubt concerns, the line behind it, and why.
//!
//! A [`Why`] says what a message needs and no more; its `Display` is the English clause. Other languages
//! are exhaustive matches in `report::messages`, so that a new kind of doubt without words does not compile.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use sekisho_diag::Span;
use sekisho_model::{ListId, NatId};
use sekisho_net::{Cube, Family, Packet};

/// A line because of which something is not sure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The line, if one is to blame.
    pub span: Option<Span>,
    /// What is not known.
    pub why: Why,
    /// The packets that it concerns; `None` for all.
    pub when: Option<Vec<Cube>>,
    /// Which part of a step it is about; `None` for the step as a whole.
    pub of: Option<Of>,
}

/// The part of a step that a doubt is about: one of its operations, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The operation as a whole.
    Op(usize),
    /// A list, because of one of its lines.
    Line {
        /// The operation.
        op: usize,
        /// Index of the device.
        device: usize,
        /// The list.
        list: ListId,
    },
    /// A rule of a translation.
    Rule {
        /// The operation.
        op: usize,
        /// Index of the device.
        device: usize,
        /// The table.
        table: NatId,
        /// Index of the rule.
        rule: usize,
    },
}

impl Of {
    /// The position of the operation.
    #[must_use]
    pub fn op(self) -> usize {
        match self {
            Self::Op(op) | Self::Line { op, .. } | Self::Rule { op, .. } => op,
        }
    }
}

impl Doubt {
    /// A doubt about every packet.
    pub fn new(span: impl Into<Option<Span>>, why: impl Into<Why>) -> Self {
        Self { span: span.into(), why: why.into(), when: None, of: None }
    }

    /// The same about one part of a step.
    #[must_use]
    pub fn about(self, of: Of) -> Self {
        Self { of: Some(of), ..self }
    }

    /// Whether it concerns a packet.
    #[must_use]
    pub fn concerns(&self, packet: &Packet) -> bool {
        self.when.as_ref().is_none_or(|cubes| cubes.iter().any(|c| c.contains(packet)))
    }
}

/// What is not known. Fields named `cause` hold noun phrases of the parsers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A line was not understood, or its effect is not modelled.
    Unread {
        /// What it is.
        cause: String,
        /// Whose.
        device: String,
        /// The interface that it is about; `None` for the whole device.
        interface: Option<String>,
    },
    /// Such a line may change the routes.
    UnreadRoutes {
        /// What it is.
        cause: String,
    },
    /// Routes come from somewhere, and no exported table was given.
    NoTable {
        /// The VRF.
        vrf: String,
    },
    /// The exported table has a row that was not understood.
    GarbledRow,
    /// Rows may be missing from the exported table.
    MissingRows,
    /// Whether an interface accepts a family.
    Accepts {
        /// The interface.
        interface: String,
        /// The family.
        family: Family,
    },
    /// Whether a device forwards a family.
    Forwards {
        /// The device.
        device: String,
        /// The family.
        family: Family,
    },
    /// The translation may or may not take place.
    Translation,
    /// The source-address check may or may not let the packet pass.
    SourceCheck,
    /// Something may drop the packet.
    MayDrop {
        /// What it is.
        cause: String,
    },
    /// A line of a list depends on something, or is not fully understood.
    ListLine {
        /// The list.
        list: String,
        /// On what; empty when it is not fully understood.
        conditions: Vec<String>,
    },
    /// Routes of a VRF may leak here.
    Leak {
        /// The VRF.
        vrf: String,
    },
    /// The route is not certain to be the one in use.
    RouteInUse,
    /// Multicast is routed and may go anywhere in the VRF.
    Multicast,
    /// Whoever reaches the device may inject packets into a tunnel.
    TunnelInjection {
        /// The device.
        device: String,
        /// The tunnel.
        interface: String,
    },
    /// The device may obey source routes.
    SourceRoute {
        /// The device.
        device: String,
    },
    /// A policy route is not defined.
    UndefinedPolicyRoute {
        /// Its name.
        name: String,
    },
    /// An entry of a policy route may or may not send the packet this way.
    PolicyRouteEntry {
        /// Its name.
        name: String,
    },
    /// Hosts in the native VLAN of a trunk may send into its other VLANs.
    DoubleTag,
    /// Whoever is plugged into a port may send in every VLAN that it carries.
    Plugged,
    /// A helper may open further sessions between the two ends of a permitted one.
    Helper {
        /// The device.
        device: String,
        /// The helper.
        helper: String,
    },
    /// Two wires may be one.
    OneWire {
        /// Why.
        cause: String,
    },
    /// Anybody on the segment may get the packet.
    Anybody,
    /// A broadcast may be relayed.
    Relay,
    /// The next hop is not known.
    NextHop,
    /// The address of an interface is not known.
    Address,
    /// An interface may have made itself a link-local address.
    LinkLocal {
        /// The interface.
        interface: String,
        /// The address.
        address: IpAddr,
    },
    /// Several interfaces have the address.
    SeveralOwners,
    /// An interface may answer for an address that nobody owns.
    ProxyArp {
        /// The interface.
        interface: String,
    },
    /// A tunnel may end here.
    TunnelEnd,
    /// An external may forward between its links.
    ExternalForwards {
        /// Its id, without `ext:`.
        external: String,
    },
    /// A declared host may forward.
    HostForwards {
        /// Its id.
        host: String,
    },
    /// Anything else, in English.
    Other(String),
}

impl Why {
    /// Whether other things of its kind may make a step happen as well, so that it does not happen only if
    /// none of them holds: two wires may be one for several reasons, and routes come from several places.
    #[must_use]
    pub fn is_one_of_several(&self) -> bool {
        matches!(
            self,
            Why::OneWire { .. }
                | Why::UnreadRoutes { .. }
                | Why::NoTable { .. }
                | Why::GarbledRow
                | Why::MissingRows
                | Why::Leak { .. }
        )
    }
}

impl From<String> for Why {
    fn from(text: String) -> Self {
        Why::Other(text)
    }
}

impl From<&str> for Why {
    fn from(text: &str) -> Self {
        Why::Other(text.to_owned())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Unread { cause, device, interface: None } => write!(f, "{cause} on `{device}`"),
            Why::Unread { cause, device, interface: Some(name) } => {
                write!(f, "{cause} in `{name}` of `{device}`")
            }
            Why::UnreadRoutes { cause } => write!(f, "{cause} may change the routes"),
            Why::NoTable { vrf } => {
                write!(f, "routes of vrf {vrf} may come from here, and no exported table was given")
            }
            Why::GarbledRow => f.write_str("the exported table has a row that was not understood"),
            Why::MissingRows => {
                f.write_str("rows may be missing from the exported table: its head was not given")
            }
            Why::Accepts { interface, family } => {
                write!(f, "it is not known whether `{interface}` accepts {}", family.word())
            }
            Why::Forwards { device, family } => {
                write!(f, "it is not known whether `{device}` forwards {}", family.word())
            }
            Why::Translation => f.write_str("the translation may or may not take place"),
            Why::SourceCheck => f.write_str("the source-address check may or may not let the packet pass"),
            Why::MayDrop { cause } => write!(f, "{cause} may drop the packet"),
            Why::ListLine { list, conditions } if conditions.is_empty() => {
                write!(f, "a line of list `{list}` is not fully understood")
            }
            Why::ListLine { list, conditions } => {
                let once: BTreeSet<&str> = conditions.iter().map(String::as_str).collect();
                let once: Vec<&str> = once.into_iter().collect();
                write!(f, "a line of list `{list}` depends on {}", once.join(", "))
            }
            Why::Leak { vrf } => write!(f, "routes of vrf {vrf} may leak here"),
            Why::RouteInUse => f.write_str("the route is not certain to be the one in use"),
            Why::Multicast => f.write_str("multicast is routed here and may go anywhere in the VRF"),
            Why::TunnelInjection { device, interface } => {
                write!(f, "whoever reaches `{device}` may inject packets into `{interface}`")
            }
            Why::SourceRoute { device } => write!(f, "`{device}` may obey source routes"),
            Why::UndefinedPolicyRoute { name } => write!(f, "policy route `{name}` is not defined"),
            Why::PolicyRouteEntry { name } => {
                write!(f, "an entry of policy route `{name}` may or may not send the packet this way")
            }
            Why::DoubleTag => f.write_str(
                "hosts in the native VLAN of this trunk may send into its other VLANs by double tagging",
            ),
            Why::Helper { device, helper } => write!(
                f,
                "the {helper} helper of `{device}` may open further sessions between the ends of a permitted one"
            ),
            Why::Plugged => {
                f.write_str("whoever is plugged into this port may send in every VLAN that it carries")
            }
            Why::OneWire { cause } => write!(f, "two wires may be one: {cause}"),
            Why::Anybody => f.write_str("anybody on the segment may get it"),
            Why::Relay => f.write_str("a broadcast may be relayed from here"),
            Why::NextHop => f.write_str("the next hop is not known"),
            Why::Address => f.write_str("the address of this interface is not known"),
            Why::LinkLocal { interface, address } => {
                write!(f, "`{interface}` may have the link-local address {address}")
            }
            Why::SeveralOwners => f.write_str("several interfaces have the address"),
            Why::ProxyArp { interface } => {
                write!(f, "`{interface}` may answer for an address that nobody owns")
            }
            Why::TunnelEnd => f.write_str("the tunnel may end here"),
            Why::ExternalForwards { external } => {
                write!(f, "`ext:{external}` may forward between its links")
            }
            Why::HostForwards { host } => write!(f, "host `{host}` may forward"),
            Why::Other(text) => f.write_str(text),
        }
    }
}
