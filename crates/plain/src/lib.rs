//! The plain network: everything that decides what becomes of a packet, as plain data, and what follows
//! from it alone: who is on a wire with whom, and where a device sends a destination.
//!
//! Shared by the reference semantics, which walk one packet through it, and by the check of certificates.
//! It depends on none of our other crates, so that whoever mistrusts the engine need not read it.

pub mod address;
pub mod cable;
pub mod fib;
pub mod format;
pub mod packet;
pub mod segment;
pub mod tunnel;
mod validate;

pub use address::{Family, Prefix};
pub use fib::{Leg, Toward, Via, fib_lookup};
pub use packet::Packet;
pub use segment::{Segments, same_segment};
pub use validate::{FormatError, validate};
