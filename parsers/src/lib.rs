//! Vendor configuration and route-table parsers: text in, [`sekisho_model`] objects and a line ledger out.
//!
//! Parsing never fails: what is not understood is marked in the ledger and poisons its scope. A vendor
//! module never imports another vendor's; what they share lives in [`common`].

use std::collections::BTreeMap;

use sekisho_diag::Diagnostic;
use sekisho_model::{Device, Ledger};

pub mod common;
pub mod detect;
pub mod fortios;
pub mod ios;
pub mod routes;

/// Answers to questions that a text leaves open, by the names of `sekisho_model::Alternative`.
pub type Answers = BTreeMap<&'static str, bool>;

/// What a configuration file says.
#[derive(Clone, Debug)]
pub struct ParsedConfig {
    /// The device (several for virtual systems).
    pub devices: Vec<Device>,
    /// One state per line of the file.
    pub ledger: Ledger,
    /// Messages for the user.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the text shows where it ends (IOS: the `end` line), so that nothing was cut off.
    pub ends: bool,
}
