//! Addresses, prefixes, wildcards, ports and the header fields that every layer speaks of.
//!
//! Nothing here knows a vendor, a file or a packet-set engine. `ipnetwork` is used for parsing and
//! stays private: [`Prefix`] is canonical (host bits cleared), so equal networks are equal values.

mod address;
mod field;
mod packet;
mod ports;
mod prefix;
mod wildcard;

pub use address::{AddrError, Family, addr_bits, bits_addr, parse_addr};
pub use field::{Cube, FIELD_COUNT, Field, FieldSet};
pub use packet::{FRAGMENT_LATER, FRAGMENT_WHOLE, Packet, flags};
pub use ports::{PortRange, PortRangeError, Protocol};
pub use prefix::{Prefix, PrefixError};
pub use wildcard::Wildcard;
