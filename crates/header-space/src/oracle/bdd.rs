//! The same sets on OxiDD's complement-edge BDDs, bit by bit and in another order: the bits of the three addresses
//! interleaved at the bottom, everything else above. Simple and slow on purpose; shares nothing with the engine but the
//! weights of fingerprints.

use std::collections::HashMap;

use oxidd::bcdd::{BCDDFunction, BCDDManagerRef};
use oxidd::{BooleanFunction, BooleanFunctionQuant, Function, Manager as _, ManagerRef};
use sekisho_net::{Cube, Family, Field, FieldSet};

use crate::Weights;
use crate::fingerprint::modulo;

pub(super) struct Bdd {
    family: Family,
    /// Variables of each field by bit, most significant first.
    variables: HashMap<Field, Vec<BCDDFunction>>,
    /// Field and bit of each level.
    levels: Vec<(Field, u32)>,
    pub(super) empty: BCDDFunction,
    pub(super) full: BCDDFunction,
    _manager: BCDDManagerRef,
}

impl Bdd {
    pub(super) fn new(family: Family) -> Self {
        let addresses = [Field::Dst, Field::Src0, Field::Src];
        let others = Field::ALL.iter().rev().filter(|field| !addresses.contains(field));
        let mut levels: Vec<(Field, u32)> = Vec::new();
        for &field in others {
            levels.extend((0..field.bits(family)).map(|bit| (field, bit)));
        }
        for bit in 0..family.bits() {
            levels.extend(addresses.map(|field| (field, bit)));
        }
        let manager = oxidd::bcdd::new_manager(1 << 20, 1 << 16, 1);
        let (literals, empty, full) = manager.with_manager_exclusive(|manager| {
            manager.add_vars(levels.len() as u32);
            let literals: Vec<_> =
                (0..levels.len() as u32).map(|v| BCDDFunction::var(manager, v).unwrap()).collect();
            (literals, BCDDFunction::f(manager), BCDDFunction::t(manager))
        });
        let mut variables: HashMap<Field, Vec<BCDDFunction>> = HashMap::new();
        for ((field, _), literal) in levels.iter().zip(literals) {
            variables.entry(*field).or_default().push(literal);
        }
        Self { family, variables, levels, empty, full, _manager: manager }
    }

    /// Packets whose field is at most `limit`.
    fn at_most(&self, field: Field, limit: u128) -> BCDDFunction {
        let mut set = self.full.clone();
        for (shift, literal) in self.variables[&field].iter().rev().enumerate() {
            let zero = literal.not().unwrap();
            set = if limit >> shift & 1 == 1 { zero.or(&set).unwrap() } else { zero.and(&set).unwrap() };
        }
        set
    }

    pub(super) fn values(&self, field: Field, values: &FieldSet) -> BCDDFunction {
        match values {
            FieldSet::Any => self.full.clone(),
            FieldSet::Ranges(ranges) => {
                let max = field.max(self.family);
                let mut set = self.empty.clone();
                for &(low, high) in ranges.iter().filter(|r| r.0 <= r.1 && r.0 <= max) {
                    let mut range = self.at_most(field, high.min(max));
                    if low > 0 {
                        range = range.and(&self.at_most(field, low - 1).not().unwrap()).unwrap();
                    }
                    set = set.or(&range).unwrap();
                }
                set
            }
            FieldSet::Mask { value, care } => {
                let mut set = self.full.clone();
                for (shift, literal) in self.variables[&field].iter().rev().enumerate() {
                    if care >> shift & 1 == 1 {
                        let bit =
                            if value >> shift & 1 == 1 { literal.clone() } else { literal.not().unwrap() };
                        set = set.and(&bit).unwrap();
                    }
                }
                set
            }
        }
    }

    pub(super) fn cube(&self, cube: &Cube) -> BCDDFunction {
        let mut set = self.full.clone();
        for field in Field::ALL {
            set = set.and(&self.values(field, cube.get(field))).unwrap();
        }
        set
    }

    fn forget(&self, set: &BCDDFunction, field: Field) -> BCDDFunction {
        let mut all = self.full.clone();
        for literal in &self.variables[&field] {
            all = all.and(literal).unwrap();
        }
        set.exists(&all).unwrap()
    }

    pub(super) fn set_field(&self, set: &BCDDFunction, field: Field, values: &FieldSet) -> BCDDFunction {
        self.forget(set, field).and(&self.values(field, values)).unwrap()
    }

    /// Packets that may land in `target`.
    pub(super) fn preimage(&self, target: &BCDDFunction, field: Field, values: &FieldSet) -> BCDDFunction {
        self.forget(&target.and(&self.values(field, values)).unwrap(), field)
    }

    pub(super) fn rename(&self, set: &BCDDFunction, from: Field, to: Field) -> BCDDFunction {
        if from == to {
            return set.clone();
        }
        let mut equal = self.full.clone();
        for (a, b) in self.variables[&from].iter().zip(&self.variables[&to]).rev() {
            equal = equal.and(&a.equiv(b).unwrap()).unwrap();
        }
        self.forget(&self.forget(set, to).and(&equal).unwrap(), from)
    }

    /// Exchanges two addresses by way of `Src0`, which the set must not depend on.
    pub(super) fn swap_addresses(&self, set: &BCDDFunction) -> BCDDFunction {
        let aside = self.rename(set, Field::Src, Field::Src0);
        let moved = self.rename(&aside, Field::Dst, Field::Src);
        self.rename(&moved, Field::Src0, Field::Dst)
    }

    pub(super) fn fingerprint(&self, set: &BCDDFunction, weights: &Weights) -> u64 {
        self.weigh(set, weights, &mut HashMap::new())
    }

    #[expect(clippy::mutable_key_type, reason = "OxiDD hashes a function by its node, which does not change")]
    fn weigh(&self, set: &BCDDFunction, weights: &Weights, done: &mut HashMap<BCDDFunction, u64>) -> u64 {
        let Some((high, low)) = set.cofactors() else {
            return u64::from(*set == self.full);
        };
        if let Some(&weight) = done.get(set) {
            return weight;
        }
        let level = set.with_manager_shared(|manager, edge| manager.get_node(edge).level());
        let (field, bit) = self.levels[level as usize];
        let one = weights.bit(field, bit);
        let high = self.weigh(&high, weights, done);
        let low = self.weigh(&low, weights, done);
        let weight = modulo::add(modulo::mul(one, high), modulo::mul(modulo::sub(1, one), low));
        done.insert(set.clone(), weight);
        weight
    }
}
