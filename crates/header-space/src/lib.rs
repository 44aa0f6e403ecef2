//! Sets of packet headers, as interval decision diagrams.
//!
//! A [`Manager`] holds the sets of one address family; a [`Set`] is a number in it, and equal sets are equal numbers.
//!
//! | file | what |
//! |---|---|
//! | `layout` | field order, and how fields are cut into digits |
//! | `set` | [`Manager`]: cubes, set algebra, compaction, budget |
//! | `diagram` | the engine: nodes, edges, memory of results |
//! | `fold` | first-match lists and chains of rules, with certain and possible matches |
//! | `lpm` | routes to address ranges per next hop |
//! | `rewrite` | address and port translation |
//! | `witness` | packets and readable boxes out of sets |
//! | `shadow` | lines that never take effect |
//! | `fingerprint` | a number that identifies a set in every engine |
//!
//! This is algebra over the fields of `sekisho-net`: no rule syntax, no device model, no I/O. Results do not depend on
//! threads, time or hash seeds.
//!
//! ```
//! use sekisho_header_space::{FoldAction, FoldDefault, FoldLine, Manager, Set};
//! use sekisho_net::{Cube, Family, Field, FieldSet};
//!
//! let mut sets = Manager::new(Family::V4);
//! let web = sets.cube(&Cube::any().with(Field::Proto, FieldSet::one(6)).with(Field::Dport, FieldSet::one(443)))?;
//! let inside = sets.cube(&Cube::any().with(Field::Dst, FieldSet::range(0x0a00_0000, 0x0aff_ffff)))?;
//! // deny everything to 10.0.0.0/8; permit tcp 443
//! let lines = [FoldLine::exact(FoldAction::Deny, inside), FoldLine::exact(FoldAction::Permit, web)];
//! let permitted = sets.fold_list(&lines, FoldDefault::Deny)?.may_permit;
//! assert!(sets.disjoint(permitted, inside));
//! assert_eq!(sets.or(permitted, inside)?, sets.or(web, inside)?);
//! assert_eq!(sets.diff(permitted, Set::FULL)?, Set::EMPTY);
//! # Ok::<(), sekisho_header_space::SetError>(())
//! ```

mod diagram;
mod fingerprint;
mod fold;
mod layout;
mod lpm;
#[cfg(test)]
mod oracle;
mod random;
mod rewrite;
mod set;
mod shadow;
mod witness;

pub use fingerprint::Weights;
pub use fold::{ChainAction, ChainId, ChainLine, ChainSummary, FoldAction, FoldDefault, FoldLine, Folded};
pub use layout::{Layout, Level};
pub use lpm::{LpmPartition, lpm_partition};
pub use set::{Manager, Set, SetError};
pub use shadow::Shadow;
