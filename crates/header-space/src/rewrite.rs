//! Address and port translation as functions on sets. The match part of a rule is an intersection before.
//!
//! Results are unions over all choices of the new value: right for "may the packet look so afterwards".

use sekisho_net::{Field, FieldSet, Prefix};

use crate::{Manager, Set, SetError};

impl Manager {
    /// What the packets of the set may become when `field` is overwritten by some value of `values`.
    /// [`FieldSet::Any`] forgets the field.
    ///
    /// One recursion: levels above the field are rebuilt, its own are joined, the new values are attached below.
    /// Free for [`Field::Src`], which comes last; the dearest for [`Field::Dst`], which comes first.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn set_field(&mut self, set: Set, field: Field, values: &FieldSet) -> Result<Set, SetError> {
        self.build(|diagram| diagram.set_field(set, field, values))
    }

    /// The packets that may land in `target` when `field` is overwritten by some value of `values`.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn preimage_set_field(
        &mut self,
        target: Set,
        field: Field,
        values: &FieldSet,
    ) -> Result<Set, SetError> {
        self.build(|diagram| {
            let reachable = diagram.field_values(field, values)?;
            let landing = diagram.and(target, reachable)?;
            diagram.set_field(landing, field, &FieldSet::Any)
        })
    }

    /// Moves the values of `from` into `to`: packets whose `to` is the `from` of some packet of the set and whose
    /// other fields are as in that packet, but for `from`, which is free. The old values of `to` are forgotten.
    ///
    /// Linear for [`Field::Src`] to [`Field::Src0`], the use at the first source translation. Any other pair is
    /// exact too but splits the set by every value that it tells apart.
    ///
    /// # Errors
    /// [`SetError::WidthMismatch`] unless both fields have one width, else [`SetError`] when the budget is spent.
    pub fn rename_field(&mut self, set: Set, from: Field, to: Field) -> Result<Set, SetError> {
        if from.bits(self.family()) != to.bits(self.family()) {
            return Err(SetError::WidthMismatch);
        }
        self.build(|diagram| diagram.rename_field(set, from, to))
    }

    /// What the packets of the set whose `field` lies in the prefix `from` become when it moves to the same offset
    /// of the prefix `to` of the same length; others are dropped. Exact, and linear in the part that lies in `from`.
    ///
    /// # Errors
    /// [`SetError::WidthMismatch`] unless the prefixes fit each other and the field, else [`SetError`] when the
    /// budget is spent.
    pub fn shift_prefix(
        &mut self,
        set: Set,
        field: Field,
        from: Prefix,
        to: Prefix,
    ) -> Result<Set, SetError> {
        let family = self.family();
        let fits = from.len() == to.len() && from.family() == to.family();
        if !fits || from.family() != family || field.bits(family) != family.bits() {
            return Err(SetError::WidthMismatch);
        }
        self.build(|diagram| diagram.shift_prefix(set, field, from.first(), to.first(), from.len()))
    }

    /// The packets of the set with the values of two fields exchanged: with [`Field::Dst`] and [`Field::Src`], then
    /// [`Field::Dport`] and [`Field::Sport`], the answers to the packets of a set.
    ///
    /// Splits the set by every value of `a` that it tells apart, so `a` should be the one with fewer.
    ///
    /// # Errors
    /// [`SetError::WidthMismatch`] unless both fields have one width, else [`SetError`] when the budget is spent.
    pub fn swap_fields(&mut self, set: Set, a: Field, b: Field) -> Result<Set, SetError> {
        if a.bits(self.family()) != b.bits(self.family()) {
            return Err(SetError::WidthMismatch);
        }
        self.build(|diagram| diagram.swap_fields(set, a, b))
    }
}
