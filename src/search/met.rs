//! The nodes that a search came to: it looked at the edges of no others.

use petgraph::graph::NodeIndex;

/// A set of nodes of a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Met(Vec<u64>);

impl Met {
    /// Adds a node.
    pub fn add(&mut self, node: NodeIndex) {
        let (word, bit) = (node.index() / 64, node.index() % 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(slot) = self.0.get_mut(word) {
            *slot |= 1 << bit;
        }
    }

    /// Whether a node is in it.
    #[must_use]
    pub fn has(&self, node: NodeIndex) -> bool {
        self.0.get(node.index() / 64).is_some_and(|word| word >> (node.index() % 64) & 1 == 1)
    }
}
