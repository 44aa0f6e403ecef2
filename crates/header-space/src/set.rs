//! The public face of the engine: sets as numbers, and the manager that owns them.

use rustc_hash::FxHashMap;
use sekisho_net::{Cube, Family, Field, Packet};

use crate::Layout;
use crate::diagram::{Diagram, Exhausted};

/// Nodes of a manager without an explicit budget.
const NODES: usize = 1 << 26;
/// Edges that a budget allows per node.
const EDGES_PER_NODE: usize = 64;

/// A set of packets, as a number that means something to its [`Manager`] only.
///
/// Two sets of one manager are equal if and only if their numbers are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Set(pub(crate) u32);

impl Set {
    /// No packet; the same in every manager.
    pub const EMPTY: Set = Set(0);
    /// Every packet; the same in every manager.
    pub const FULL: Set = Set(1);

    /// Whether no packet is in the set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// Whether every packet is in the set.
    #[must_use]
    pub fn is_full(self) -> bool {
        self == Self::FULL
    }

    /// Whether the set is [`Set::EMPTY`] or [`Set::FULL`], which need no node.
    #[must_use]
    pub(crate) fn is_constant(self) -> bool {
        self.0 < 2
    }
}

/// Why a set could not be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// The manager holds as many nodes as its budget allows.
    #[error("packet sets need more than {limit} nodes")]
    NodeBudget {
        /// The budget, nodes.
        limit: usize,
    },
    /// The nodes hold as many edges as the budget allows.
    #[error("packet sets need more than {limit} intervals")]
    IntervalBudget {
        /// The budget, intervals over all nodes.
        limit: usize,
    },
    /// Sets cannot move between managers of different layouts.
    #[error("packet sets of different layouts cannot be mixed")]
    LayoutMismatch,
    /// The two fields of a rename or exchange differ in width.
    #[error("the values of a field cannot move to a field of another width")]
    WidthMismatch,
    /// A chain jumps to a chain that does not exist.
    #[error("chain {0} does not exist")]
    UnknownChain(usize),
    /// A chain reaches itself through jumps.
    #[error("chain {0} calls itself")]
    ChainCycle(usize),
}

/// Owner of packet sets of one address family.
///
/// A [`Set`] belongs to the manager that made it (and to clones made later). Operations that may need room return a
/// [`SetError`] when the budget is spent; the manager and all sets made before stay usable.
///
/// # Panics
/// Operations may panic, or answer about some other set, when given a set that another manager made or that
/// [`Manager::rollback`] dropped.
#[derive(Clone, Debug)]
pub struct Manager {
    diagram: Diagram,
}

impl Manager {
    /// A manager with the usual layout.
    #[must_use]
    pub fn new(family: Family) -> Self {
        Self::with_layout(Layout::new(family))
    }

    /// A manager with a layout of the caller, for example one from [`Layout::for_masks`].
    #[must_use]
    pub fn with_layout(layout: Layout) -> Self {
        Self { diagram: Diagram::new(layout, NODES, NODES.saturating_mul(EDGES_PER_NODE)) }
    }

    /// The same manager with room for `nodes` nodes (16 bytes each), and for 64 intervals per node (8 bytes each).
    #[must_use]
    pub fn with_budget(mut self, nodes: usize) -> Self {
        self.diagram.set_limits(nodes, nodes.saturating_mul(EDGES_PER_NODE));
        self
    }

    /// Address family of every packet in the sets.
    #[must_use]
    pub fn family(&self) -> Family {
        self.diagram.layout.family()
    }

    /// Field order and digits.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.diagram.layout
    }

    /// Nodes stored, live or not, the two constants included.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.diagram.node_count()
    }

    /// Bytes held by nodes, intervals and tables.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.diagram.bytes()
    }

    /// Nodes that one set needs, shared ones included, the constants not. Linear in the answer.
    #[must_use]
    pub fn size(&self, set: Set) -> usize {
        self.diagram.size(set)
    }

    /// Runs an engine operation; puts the stack right when it ran out of room.
    pub(crate) fn build<T>(
        &mut self,
        operation: impl FnOnce(&mut Diagram) -> Result<T, Exhausted>,
    ) -> Result<T, SetError> {
        operation(&mut self.diagram).map_err(|exhausted| {
            self.diagram.clear_scratch();
            match exhausted {
                Exhausted::Nodes => SetError::NodeBudget { limit: self.diagram.node_limit() },
                Exhausted::Edges => SetError::IntervalBudget { limit: self.diagram.edge_limit() },
            }
        })
    }

    pub(crate) fn diagram(&self) -> &Diagram {
        &self.diagram
    }

    /// The packets whose every field lies in the cube's set of that field.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn cube(&mut self, cube: &Cube) -> Result<Set, SetError> {
        self.build(|diagram| diagram.cube(cube))
    }

    /// The union of cubes.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn cubes(&mut self, cubes: &[Cube]) -> Result<Set, SetError> {
        let sets = cubes.iter().map(|cube| self.cube(cube)).collect::<Result<Vec<_>, _>>()?;
        self.union_all(sets)
    }

    /// The packets whose `field` lies in one of the inclusive ranges. Linear if they are ascending and disjoint.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn field_ranges(&mut self, field: Field, ranges: &[(u128, u128)]) -> Result<Set, SetError> {
        self.build(|diagram| diagram.ranges(field, ranges, Set::FULL))
    }

    /// Packets in both sets.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn and(&mut self, a: Set, b: Set) -> Result<Set, SetError> {
        self.build(|diagram| diagram.and(a, b))
    }

    /// Packets in at least one of the sets.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn or(&mut self, a: Set, b: Set) -> Result<Set, SetError> {
        self.build(|diagram| diagram.or(a, b))
    }

    /// Packets in `a` and not in `b`.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn diff(&mut self, a: Set, b: Set) -> Result<Set, SetError> {
        self.build(|diagram| diagram.diff(a, b))
    }

    /// Packets not in the set.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn complement(&mut self, set: Set) -> Result<Set, SetError> {
        self.diff(Set::FULL, set)
    }

    /// Whether every packet of `a` is in `b`. Builds no node and stops at the first packet outside.
    #[must_use]
    pub fn subset(&mut self, a: Set, b: Set) -> bool {
        self.diagram.subset(a, b)
    }

    /// Whether no packet is in both. Builds no node and stops at the first packet that is.
    #[must_use]
    pub fn disjoint(&mut self, a: Set, b: Set) -> bool {
        self.diagram.disjoint(a, b)
    }

    /// Packets in at least one of many sets: a balanced tree over the distinct ones, which ends early at
    /// [`Set::FULL`].
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn union_all(&mut self, mut sets: Vec<Set>) -> Result<Set, SetError> {
        self.build(|diagram| diagram.union_all(&mut sets))
    }

    /// Whether the packet, which must be of the manager's family, is in the set.
    #[must_use]
    pub fn contains(&self, set: Set, packet: &Packet) -> bool {
        packet.family == self.family() && self.diagram.contains(set, packet)
    }

    /// A manager that holds the given sets only, and the sets' numbers in it, in the order given.
    ///
    /// Its ids depend on the sets and their order only. Budget and layout are kept, remembered results are not.
    #[must_use]
    pub fn compact(&self, roots: &[Set]) -> (Manager, Vec<Set>) {
        let (nodes, edges) = (self.diagram.node_limit(), self.diagram.edge_limit());
        let mut small = Diagram::new(self.layout().clone(), usize::MAX, usize::MAX);
        let mut done = FxHashMap::default();
        // A copy has no more nodes than the original, so it cannot run out of room.
        let roots = roots
            .iter()
            .map(|&root| small.copy_from(&self.diagram, root, &mut done).unwrap_or(root))
            .collect();
        small.set_limits(nodes, edges);
        (Manager { diagram: small }, roots)
    }

    /// Copies sets of another manager of the same layout; returns their numbers here, in the order given.
    ///
    /// # Errors
    /// [`SetError`] when the layouts differ or the budget is spent.
    pub fn import(&mut self, other: &Manager, roots: &[Set]) -> Result<Vec<Set>, SetError> {
        if self.layout() != other.layout() {
            return Err(SetError::LayoutMismatch);
        }
        let mut done = FxHashMap::default();
        self.build(|diagram| {
            roots.iter().map(|&root| diagram.copy_from(&other.diagram, root, &mut done)).collect()
        })
    }

    /// Keeps every set made so far across [`Manager::rollback`].
    pub fn freeze(&mut self) {
        self.diagram.freeze();
    }

    /// Drops every set made since [`Manager::freeze`] (all sets, if it was never called).
    ///
    /// What is built afterwards gets the same numbers whatever was built and dropped before.
    pub fn rollback(&mut self) {
        self.diagram.rollback();
    }
}
