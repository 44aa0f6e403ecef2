//! Vendor configuration and route-table parsers: text in, [`sekisho_model`] objects and a line ledger out.
//!
//! Parsing never fails: what is not understood is marked in the ledger and poisons its scope. A vendor
//! module never imports another vendor's; what they share lives in [`common`].

pub mod common;
