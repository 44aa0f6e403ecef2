//! Copying the nodes of some sets into another diagram, and dropping everything made since a point.
#![expect(clippy::indexing_slicing, reason = "edge positions come from node spans")]

use rustc_hash::FxHashMap;

use super::{Built, Diagram, Memo, SMALL};
use crate::Set;

impl Diagram {
    /// Copies the sets from another diagram of the same layout; `done` maps what is copied already.
    pub(crate) fn copy_from(&mut self, other: &Diagram, set: Set, done: &mut FxHashMap<Set, Set>) -> Built {
        if set.is_constant() {
            return Ok(set);
        }
        if let Some(&copy) = done.get(&set) {
            return Ok(copy);
        }
        let node = other.node(set);
        let base = self.scratch.len();
        for edge in &other.edges[node.span()] {
            let child = self.copy_from(other, edge.child, done)?;
            self.push(base, edge.last, child);
        }
        let copy = self.intern(node.level, base)?;
        done.insert(set, copy);
        Ok(copy)
    }

    /// Keeps everything stored now across [`Diagram::rollback`].
    pub(crate) fn freeze(&mut self) {
        self.frozen = self.nodes.len();
    }

    /// Drops every node made since [`Diagram::freeze`], and all remembered results, so that what is built next gets
    /// the same ids whatever was built before.
    pub(crate) fn rollback(&mut self) {
        self.scratch.clear();
        if let Some(first) = self.nodes.get(self.frozen) {
            self.edges.truncate(first.start as usize);
            self.nodes.truncate(self.frozen);
            let slots = (self.frozen * 2 + 2).next_power_of_two().max(SMALL);
            self.rebuild_table(slots);
        }
        let slots = self.table.len();
        self.memory.clear();
        self.memory.resize(slots, Memo::default());
        self.rewrites.clear();
    }

    /// Nodes of a set, the constants not counted.
    pub(crate) fn size(&self, set: Set) -> usize {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![set];
        while let Some(set) = open.pop() {
            if !set.is_constant() && seen.insert(set) {
                open.extend(self.edges[self.node(set).span()].iter().map(|edge| edge.child));
            }
        }
        seen.len()
    }
}
