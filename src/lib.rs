//! sekisho reads router, firewall and switch exports, builds one reachability graph cut into zones, and
//! proves that no path crosses a zone border except the whitelisted flows.
//!
//! The way of the data, and the map of the code:
//!
//! | step | module | from → to |
//! |---|---|---|
//! | 1 | [`snapshot`] | directory → texts, devices, line ledgers |
//! | 2 | [`policy`] | zones.toml → zones, externals, whitelist |
//! | 3 | [`topology`] | devices, cables → layer-2 segments |
//! | 4 | [`routing`] | devices → forwarding tables |
//! | 5 | [`graph`] | all of it → who is where, nodes and transfers on packet sets |
//! | 6 | [`search`] | one source → what it can bring where |
//! | 7 | [`proof`] | reach, whitelist → verdicts, witnesses, reasons |
//!
//! [`analysis`] strings steps 3 to 7 together; `docs/semantics.md` is the normative text for 3 to 6, which
//! the crate `sekisho-checker` implements a second time for one concrete packet.

pub mod alternatives;
pub mod analysis;
pub mod certify;
pub mod cli;
pub mod graph;
pub mod policy;
pub mod proof;
pub mod recheck;
pub mod report;
pub mod routing;
pub mod search;
pub mod snapshot;
pub mod standing;
pub mod topology;
