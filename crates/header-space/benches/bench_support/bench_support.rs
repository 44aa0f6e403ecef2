//! Inputs of the benches: seeded generators, a bench-only reader of the Stanford backbone, and the workloads that the
//! instruction counts are promised for. The seeds and the random numbers must not change, or figures stop comparing.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "inputs of benches are fixed; a surprise must stop the bench"
)]

pub mod campus;
pub mod stanford;
pub mod synthetic;
pub mod workload;

use sekisho_header_space::{FoldAction, FoldLine, Manager, Set};
use sekisho_net::Cube;

/// One rule of a first-match list.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Packets it matches.
    pub cube: Cube,
    /// Whether it lets them pass.
    pub permit: bool,
}

/// The random numbers of all generators (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// The next 64 random bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A number below `bound`, as a field value.
    pub fn value(&mut self, bound: u64) -> u128 {
        u128::from(self.below(bound))
    }
}

/// Lines of exact sets.
pub fn fold_lines(sets: &mut Manager, rules: &[Rule]) -> Vec<FoldLine> {
    rules
        .iter()
        .map(|rule| {
            let action = if rule.permit { FoldAction::Permit } else { FoldAction::Deny };
            FoldLine::exact(action, sets.cube(&rule.cube).unwrap())
        })
        .collect()
}

/// The packets that a list permits; what no rule matches is denied.
pub fn permitted(sets: &mut Manager, rules: &[Rule]) -> Set {
    let lines = fold_lines(sets, rules);
    sets.fold_list(&lines, sekisho_header_space::FoldDefault::Deny).unwrap().may_permit
}
