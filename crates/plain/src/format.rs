//! The plain network: everything that decides what becomes of a packet, and nothing derived from it.
//!
//! Integers, strings and lists only, so that it can be written, hashed and read elsewhere. Devices,
//! interfaces, VRFs, contexts, lists, tables and policy routes are named by their position (from 0).
//! Whatever can decide something carries a `place`, an opaque `FILE:LINE`, for traces.
//! [`crate::validate`] says whether all references lead somewhere.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::{Family, Prefix};

mod query;

/// Declares wire types: all public, documented, comparable, and strict about unknown keys.
macro_rules! wire {
    ($($(#[$meta:meta])* pub $kind:ident $name:ident $(<$t:ident>)? { $($body:tt)* })*) => {
        $($(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "snake_case")]
        pub $kind $name $(<$t>)? { $($body)* })*
    };
}

/// Yes, no, or not known from the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tri {
    /// Certainly not.
    No,
    /// Either.
    Unknown,
    /// Certainly.
    Yes,
}

/// An interface of a device: `[device, interface]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(usize, usize)", into = "(usize, usize)")]
pub struct Port {
    /// Position in [`Network::devices`].
    pub device: usize,
    /// Position in [`Device::interfaces`].
    pub interface: usize,
}

impl From<(usize, usize)> for Port {
    fn from((device, interface): (usize, usize)) -> Self {
        Self { device, interface }
    }
}

impl From<Port> for (usize, usize) {
    fn from(port: Port) -> Self {
        (port.device, port.interface)
    }
}

wire! {
    /// All devices and what is known about the cables and neighbours between them.
    pub struct Network {
        /// Devices.
        pub devices: Vec<Device>,
        /// Declared cables between two ports.
        pub links: Vec<(Port, Port)>,
        /// Physical ports that several devices (virtual systems) have in common: the same wire, which is
        /// not by itself a declared cable.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub same_ports: Vec<(Port, Port)>,
        /// Neighbours that are not modelled but named by the policy.
        pub known_neighbours: Vec<KnownNeighbour>,
    }

    /// A host, router or service outside the model, known by its addresses.
    pub struct KnownNeighbour {
        /// Its addresses.
        pub addresses: Vec<IpAddr>,
        /// Whether it forwards packets between its addresses.
        pub forwards: Tri,
    }

    /// A router, switch or firewall.
    pub struct Device {
        /// Host name.
        pub name: String,
        /// Interfaces.
        pub interfaces: Vec<Interface>,
        /// Virtual routing tables; 0 is the global one.
        pub vrfs: Vec<Vrf>,
        /// Names of the classes of ingress interfaces; 0 is the class of an interface without one.
        pub contexts: Vec<String>,
        /// Rule lists.
        pub lists: Vec<List>,
        /// Translation tables.
        pub nats: Vec<Nat>,
        /// Policy routes.
        pub policy_routes: Vec<PolicyRoute>,
        /// Whether IPv4 is forwarded.
        pub forwards_v4: Tri,
        /// Whether IPv6 is forwarded.
        pub forwards_v6: Tri,
        /// Whether source routes are obeyed.
        pub source_route: Tri,
        /// Whether untagged frames of a trunk are certainly tagged, against double tagging.
        pub tags_native: Tri,
        /// VLANs that the device has.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub vlans: Vec<u16>,
        /// Name of the cluster of which it is a member: members have the same addresses, and one of them
        /// answers.
        pub cluster: Option<String>,
        /// Application helpers that are not certainly off.
        pub helpers: Vec<Helper>,
        /// Lines with an unknown effect.
        pub poisons: Vec<Poison>,
    }

    /// An application helper: for a session with this protocol and a responder's port of these the device
    /// may let further sessions pass between the two ends, either way.
    pub struct Helper {
        /// Its name.
        pub name: String,
        /// Protocol of the control session.
        pub proto: u8,
        /// Its responder's ports, as an inclusive range.
        pub ports: (u16, u16),
        /// The line that switches it on; absent for a default.
        pub place: Option<String>,
    }

    /// A line that was not understood: its scope may do anything.
    pub struct Poison {
        /// How far the ignorance reaches.
        pub scope: Scope,
        /// The line.
        pub place: String,
        /// Why, as a noun phrase.
        pub why: String,
        /// Whether the line was not understood at all, so that it may state an address.
        pub unread: bool,
    }

    /// What one unread line may have changed.
    pub enum Scope {
        /// Anything on the device.
        Device,
        /// Anything on the device, and an interface that is missing here: it may sit on any segment that
        /// declared cables do not close.
        Anywhere,
        /// Anything about one interface.
        Interface(usize),
        /// The routes of one VRF and family.
        Routes {
            /// The VRF.
            vrf: usize,
            /// The family.
            family: Family,
        },
    }

    /// An interface.
    pub struct Interface {
        /// Name.
        pub name: String,
        /// The line that opens it.
        pub place: String,
        /// Not shut down.
        pub up: bool,
        /// What it is.
        pub kind: Kind,
        /// Parent of a sub-interface.
        pub parent: Option<usize>,
        /// Which frames of the parent are its own.
        pub encapsulation: Encapsulation,
        /// Aggregate of which this port is a member.
        pub aggregate: Option<usize>,
        /// VLAN of a switched virtual interface.
        pub svi_vlan: Option<u16>,
        /// Switched port.
        pub l2: Option<L2>,
        /// Routed interface.
        pub l3: Option<L3>,
        /// Tunnel end.
        pub tunnel: Option<Tunnel>,
        /// Class of packets that enter here.
        pub context: usize,
        /// From arrival to the route look-up, in order.
        pub ingress: Vec<Stage>,
        /// From the route look-up to departure, in order.
        pub egress: Vec<Stage>,
        /// UDP broadcast relays.
        pub relays: Vec<Relay>,
        /// The line that switches on multicast routing or a multicast proxy.
        pub multicast: Option<String>,
    }

    /// What an interface is.
    #[derive(Copy)]
    pub enum Kind {
        /// A physical port.
        Physical,
        /// A unit of a port or aggregate.
        Subinterface,
        /// The routed interface of a VLAN.
        Svi,
        /// A link aggregate.
        Aggregate,
        /// A loopback.
        Loopback,
        /// A tunnel end.
        Tunnel,
        /// A discard interface.
        Null,
        /// Something else that carries packets.
        Other,
    }

    /// How a sub-interface picks its frames.
    #[derive(Copy)]
    pub enum Encapsulation {
        /// Untagged frames.
        Untagged,
        /// Frames with this tag, 1 to 4094.
        Vlan(u16),
        /// Not understood: any frame.
        Unknown,
    }

    /// A switched port.
    pub struct L2 {
        /// Mode.
        pub mode: Mode,
        /// Untagged VLAN as an access port.
        pub access_vlan: u16,
        /// Tagged voice VLAN as an access port.
        pub voice_vlan: Option<u16>,
        /// VLANs carried as a trunk, as inclusive ranges.
        pub allowed: Vec<(u16, u16)>,
        /// Untagged VLAN as a trunk.
        pub native_vlan: u16,
    }

    /// Mode of a switched port.
    #[derive(Copy)]
    pub enum Mode {
        /// One untagged VLAN.
        Access,
        /// Tagged VLANs and a native one.
        Trunk,
        /// Either of the two.
        Dynamic,
    }

    /// The routed part of an interface.
    pub struct L3 {
        /// Its VRF.
        pub vrf: usize,
        /// Its addresses.
        pub addresses: Vec<Address>,
        /// The line that makes IPv4 addresses unknown.
        pub unknown_v4: Option<String>,
        /// The line that makes IPv6 addresses unknown.
        pub unknown_v6: Option<String>,
        /// Whether IPv6 packets are accepted.
        pub ipv6: Tri,
        /// Whether it answers for addresses that are not its own.
        pub proxy_arp: Tri,
    }

    /// An interface address.
    pub struct Address {
        /// The address.
        pub addr: IpAddr,
        /// The connected prefix; a host prefix for a shared address.
        pub prefix: Prefix,
        /// Shared with other members of a redundancy group: one of them, unknown which, answers.
        pub shared: bool,
        /// The line.
        pub place: String,
    }

    /// A tunnel end.
    pub struct Tunnel {
        /// Far end, if it is stated as an address.
        pub destination: Option<IpAddr>,
        /// Near end, if it is stated as an address.
        pub source: Option<IpAddr>,
        /// Whether the device takes and sends only packets authenticated with keys that the far end has.
        pub authenticated: bool,
        /// The line.
        pub place: String,
    }

    /// A UDP broadcast relay.
    pub struct Relay {
        /// Where the packets go.
        pub to: IpAddr,
        /// Destination ports that are relayed, as inclusive ranges.
        pub ports: Vec<(u16, u16)>,
        /// VRF in which the packet is routed.
        pub vrf: usize,
        /// The line.
        pub place: String,
    }

    /// One step of an interface's program.
    pub enum Stage {
        /// A first-match filter.
        Filter {
            /// The list.
            list: usize,
            /// The line that binds it.
            place: String,
        },
        /// A check of the source address against the routes.
        AntiSpoof {
            /// Family of the packets that it tests.
            family: Family,
            /// The route back must leave by this interface.
            strict: bool,
            /// A default route counts as a route back.
            allow_default: bool,
            /// The line.
            place: String,
        },
        /// A translation.
        Nat {
            /// The table.
            table: usize,
            /// The line that binds it.
            place: String,
        },
        /// A policy route (last ingress stage only).
        PolicyRoute {
            /// The policy route.
            policy: usize,
            /// The line that binds it.
            place: String,
        },
        /// The inner stage, for packets that came in by an interface of one of these contexts.
        When {
            /// Ingress contexts.
            from: Vec<usize>,
            /// What they meet.
            stage: Box<Stage>,
        },
        /// Everything is dropped.
        Drop {
            /// The line.
            place: String,
            /// Why.
            why: String,
        },
        /// May drop any packet.
        MayDrop {
            /// The line.
            place: String,
            /// What it is.
            why: String,
        },
    }

    /// An ordered first-match list.
    pub struct List {
        /// Name.
        pub name: String,
        /// Family of the packets that it tests.
        pub family: Family,
        /// Lines in order.
        pub lines: Vec<Line>,
        /// What happens to a packet that no line matches.
        pub default: Action,
        /// Where it starts; absent when it is referenced but not defined.
        pub place: Option<String>,
        /// Whether it decides about new packets only: those of known sessions pass it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub stateful: bool,
        /// Whether a packet that no line matches opens a session if it passes.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub default_opens: bool,
    }

    /// One line of a list.
    pub struct Line {
        /// What it does.
        pub action: Action,
        /// Whom it matches.
        pub matches: Predicate,
        /// The line.
        pub place: String,
        /// Why the predicate is not exact, as noun phrases.
        pub conditions: Vec<String>,
        /// Whether a packet that it lets pass opens a session.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub opens: bool,
        /// Whom it matches of packets of sessions, if others than of new packets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub replies: Option<Predicate>,
    }

    /// What a line does.
    #[derive(Copy)]
    pub enum Action {
        /// Pass.
        Permit,
        /// Drop.
        Deny,
        /// Either.
        Unknown,
    }

    /// A test of a header: outside `may` it fails, inside `must` it succeeds, between it may do either.
    pub struct Predicate {
        /// Union of cubes that may match.
        pub may: Vec<Cube>,
        /// Union of cubes that must match; absent when it equals `may`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub must: Option<Vec<Cube>>,
    }

    /// All headers whose every field has one of the given values; an absent field may have any.
    #[derive(Default)]
    pub struct Cube {
        /// Destination address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub dst: Option<Values<IpAddr>>,
        /// Protocol.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub proto: Option<Values<u16>>,
        /// Destination port.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub dport: Option<Values<u16>>,
        /// Source port.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sport: Option<Values<u16>>,
        /// TCP flags: CWR ECE URG ACK PSH RST SYN FIN from bit 7 to bit 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub flags: Option<Values<u16>>,
        /// ICMP type.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub icmp_type: Option<Values<u16>>,
        /// ICMP code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub icmp_code: Option<Values<u16>>,
        /// 0: whole packet or first fragment; 1: later fragment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub fragment: Option<Values<u16>>,
        /// Mark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub mark: Option<Values<u16>>,
        /// 1: the source has been translated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub translated: Option<Values<u16>>,
        /// Source address as sent, of a translated packet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub src0: Option<Values<IpAddr>>,
        /// Source address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub src: Option<Values<IpAddr>>,
    }

    /// A set of values of one field.
    pub enum Values<T> {
        /// Inclusive ranges in any order; none means no value.
        Ranges(Vec<(T, T)>),
        /// Values equal to `value` on the bits of `care`.
        Mask {
            /// Required bits.
            value: T,
            /// Bits that must match.
            care: T,
        },
    }

    /// An ordered table of translations; the first rule that matches translates.
    pub struct Nat {
        /// Name.
        pub name: String,
        /// Rules in order of precedence.
        pub rules: Vec<NatRule>,
    }

    /// One translation.
    pub struct NatRule {
        /// Family of the packets that it matches.
        pub family: Family,
        /// Which packets, by the header before this table.
        pub matches: Predicate,
        /// What changes; nothing for an exemption.
        pub rewrites: Vec<Rewrite>,
        /// Whether a matching packet may also pass unchanged.
        pub may_skip: bool,
        /// The line.
        pub place: String,
    }

    /// A changed field.
    pub enum Rewrite {
        /// Source address.
        Src(Target<IpAddr>),
        /// Destination address.
        Dst(Target<IpAddr>),
        /// Source port.
        Sport(Target<u16>),
        /// Destination port.
        Dport(Target<u16>),
        /// Mark, for later stages of the same device.
        Mark(Target<u16>),
    }

    /// What a field becomes.
    pub enum Target<T> {
        /// One of these values, as the device chooses.
        OneOf(Values<T>),
        /// The same offset in another prefix of the same length (addresses only).
        Shift {
            /// Prefix before.
            from: Prefix,
            /// Prefix after.
            to: Prefix,
        },
        /// Any value.
        Unknown,
    }

    /// An ordered policy route; the first entry that matches decides.
    pub struct PolicyRoute {
        /// Name.
        pub name: String,
        /// Entries in order.
        pub entries: Vec<PolicyEntry>,
        /// Where it starts; absent when it is referenced but not defined.
        pub place: Option<String>,
    }

    /// One entry of a policy route.
    pub struct PolicyEntry {
        /// Family of the packets that it matches.
        pub family: Family,
        /// Which packets.
        pub matches: Predicate,
        /// What happens to them.
        pub action: PolicyAction,
        /// The line.
        pub place: String,
    }

    /// What an entry of a policy route does.
    pub enum PolicyAction {
        /// Ordinary look-up.
        Normal,
        /// To one of these next hops.
        NextHops {
            /// Candidates in order.
            addresses: Vec<IpAddr>,
            /// Whether the first connected candidate is certainly used.
            certain: bool,
        },
        /// To one of these next hops when only a default route exists.
        DefaultNextHops(Vec<IpAddr>),
        /// Out by one of these interfaces.
        Interfaces(Vec<usize>),
        /// Look-up in another VRF.
        Vrf(usize),
        /// Dropped.
        Drop,
        /// Not understood: anywhere.
        Unknown,
    }

    /// A virtual routing table.
    pub struct Vrf {
        /// Name.
        pub name: String,
        /// Configured routes.
        pub routes: Vec<Route>,
        /// Exported tables; each may be the truth.
        pub tables: Vec<Table>,
        /// Lines because of which there may be routes that the config does not show.
        pub unknown_routes: Vec<(Family, String)>,
        /// Leaks into this VRF.
        pub leaks: Vec<Leak>,
        /// Lines that switch on multicast routing.
        pub multicast: Vec<(Family, String)>,
    }

    /// A leak into a VRF.
    pub struct Leak {
        /// VRF whose routes appear.
        pub from: usize,
        /// The line.
        pub place: String,
    }

    /// A configured route.
    pub struct Route {
        /// Destination.
        pub prefix: Prefix,
        /// Where it leads.
        pub next_hop: NextHop,
        /// Administrative distance; of one prefix the lowest wins.
        pub distance: u8,
        /// Whether the device may withdraw it by itself.
        pub conditional: bool,
        /// The line.
        pub place: String,
    }

    /// An exported table of one family.
    pub struct Table {
        /// Family of its rows.
        pub family: Family,
        /// Rows; several of one prefix are alternatives.
        pub rows: Vec<Row>,
        /// Whether no row is missing.
        pub complete: bool,
        /// Rows that were not understood.
        pub garbled: Vec<String>,
    }

    /// A row of an exported table.
    pub struct Row {
        /// Destination.
        pub prefix: Prefix,
        /// Where it leads.
        pub next_hop: NextHop,
        /// The device's word for the protocol.
        pub protocol: String,
        /// A backup path: possible, never certain.
        pub backup: bool,
        /// The row.
        pub place: String,
    }

    /// Where a route leads.
    #[derive(Copy)]
    pub enum NextHop {
        /// To a neighbour.
        Via {
            /// Its address.
            addr: IpAddr,
            /// Interface, if stated; else the address is looked up.
            interface: Option<usize>,
            /// VRF in which the address is looked up, if another one.
            vrf: Option<usize>,
        },
        /// Out by an interface.
        Interface(usize),
        /// Dropped.
        Discard,
        /// To the device itself.
        Receive,
        /// Not understood: anywhere in the VRF.
        Unknown,
    }
}
