//! The reference semantics: a plain interpreter that walks one concrete packet through a network.
//!
//! It shares no code and no types with the engine that proves things about sets of packets; both are
//! written from `docs/semantics.md`. Where they differ, one of them is wrong. It is written to be read:
//! nothing is cached, nothing is clever, and a slow answer is fine.
//!
//! # The way of the data
//!
//! [`format::Network`] is the input: devices with interfaces, lists, translations and routes, declared
//! cables, and known neighbours. Nothing in it is derived. [`validate`] checks that it is well formed.
//! From it come
//!
//! - [`Segments`]: who is on the wire with whom, under all joins (*may*) and under the sure ones;
//! - [`fib_lookup`]: where a device sends a destination, as a list of [`Leg`]s, sure or maybe;
//! - [`decide_list`]: what a first-match list does with a packet, and on which lines that depends;
//! - [`walk`]: every way that a packet can take, as [`Branch`]es.
//!
//! # Sure and maybe
//!
//! The input is incomplete: lines that were not understood, routes that are learned, cables that nobody
//! declared. A *world* is one way in which all that may turn out. A step is **maybe** if it can be taken
//! in some world, and **sure** if it can be taken in every world, perhaps by a choice of the device (one
//! of several equal routes, an address of a pool, a member of a redundancy group). A branch is sure if
//! all its steps are. So the branches of a walk are everything that can happen, and its sure branches
//! are what the devices can be blamed for.
//!
//! Some ignorance lets anything loose: a device with an unread line may send any header anywhere. The
//! walk does not enumerate headers. Such a branch ends as [`Disposition::InsufficientInfo`] with a
//! [`Havoc`] that names the interfaces and devices where any header may turn up; whoever compares takes
//! all that as reached.
//!
//! # What a walk reports
//!
//! Besides its end, a branch lists every segment that the packet was on ([`OnWire`]): being on the wire
//! of a zone counts as reaching it, whoever the packet was meant for.
//!
//! ```
//! use sekisho_reference::{Packet, Start, format::{Network, Port}, walk};
//!
//! let network = Network { devices: vec![], links: vec![], same_ports: vec![], known_neighbours: vec![] };
//! let packet = Packet::new("192.0.2.1".parse()?, "198.51.100.1".parse()?, 6).ports(50_000, 443);
//! let walk = walk(&network, Start::Ingress(Port { device: 0, interface: 0 }), packet);
//! assert!(!walk.branches[0].sure, "an interface that does not exist proves nothing");
//! # Ok::<(), std::net::AddrParseError>(())
//! ```

mod any;
mod list;
mod nat;
mod outcome;
mod policy;
mod program;
mod trace;
mod walk;

pub use sekisho_plain::{
    Family, FormatError, Leg, Packet, Prefix, Segments, Toward, Via, fib_lookup, format, same_segment,
    validate,
};
use sekisho_plain::{address, fib, packet, segment};

pub use list::{Decider, Decision, decide_list};
pub use outcome::{Branch, Disposition, End, Havoc, Hop, OnWire, Step, Walk};
pub use trace::{filter_json, split_place, trace_json};
pub use walk::{Options, Reference, Session, Start, walk};
