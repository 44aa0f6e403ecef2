//! The independent check of certificates.

pub mod address;
pub mod cable;
pub mod format;
pub mod packet;
mod validate;

pub use address::{Family, Prefix};
pub use packet::Packet;
pub use validate::{FormatError, validate};
