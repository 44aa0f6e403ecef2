//! The independent check of certificates: no search, no fixpoint, no diagrams.
//!
//! A [`Certificate`] holds the plain network, the policy, the pairs that are claimed to be proven, and for
//! each source a set of headers per place which holds everything that the source can bring there.
//! [`Plan`] derives from the network and the policy alone who is where, the places, and the steps between
//! them; [`check`] shows that the sets start with everything that the source may send, that each step leads
//! from the set of one place into that of the next, and that what the sets hold at a target is permitted.
//! By induction over the steps of a packet nothing else arrives.
//!
//! It depends on none of our other crates but `sekisho-plain`. The rules of the steps are those of
//! `docs/semantics.md`, read as *may*; `docs/certificate.md` lets a stranger write a second checker.

mod block;
mod certificate;
mod check;
mod domain;
mod form;
mod helper_steps;
mod image;
mod plan;
mod steps;
mod wire_steps;
mod wires;

pub use block::{Block, Budget, FIELDS, Spent, blocks, inner, outer, top};
pub use certificate::{
    ABOUT, Assumption, Attach, Certificate, Claim, Entry, External, FORMAT, Input, InputKind, Invariant,
    Ledger, Policy, ReadError, Routing, State, Zone,
};
pub use check::{Answer, Outcome, check, permitted};
pub use domain::{Domain, Domains, Location};
pub use form::compare_inputs;
pub use image::image;
pub use plan::{Change, Place, Plan, Step};
