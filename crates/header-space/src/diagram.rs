//! The engine: a hash-consed interval decision diagram.
//!
//! A node tests one digit (a level of the [`Layout`]) and has edges to children, sorted by the last digit value
//! that takes them. Levels on which the outcome does not depend are skipped. This module stores nodes and remembers
//! results; `apply` combines sets, `build` turns field sets into diagrams, `quantify` forgets and renames fields,
//! `collect` copies and truncates.
//! INVARIANT: one node per function (so equal sets have equal ids), children have smaller ids than their parents,
//! neighbouring edges of a node differ, a node has at least two edges, and its last edge ends at the digit's top.
#![expect(
    clippy::indexing_slicing,
    reason = "ids, edge offsets and table slots are made here and stay in range"
)]

mod apply;
mod build;
mod collect;
mod quantify;

use crate::layout::Level;
use crate::{Layout, Set};

/// Level of the two constant sets, below every digit.
const TERMINAL: u32 = u32::MAX;
/// Slots of the unique table and of the operation memory at the start.
const SMALL: usize = 1 << 12;
/// Largest operation memory; more gained nothing in measurements.
const MEMORY_MAX: usize = 1 << 22;

/// The operation names in the memory; rewrites are numbered from [`Op::REWRITE`] on.
struct Op;

impl Op {
    const AND: u32 = 1;
    const OR: u32 = 2;
    const DIFF: u32 = 3;
    const SUBSET: u32 = 4;
    const DISJOINT: u32 = 5;
    const SHIFT: u32 = 6;
    const FORGET: u32 = 7;
    const REWRITE: u32 = 8;
}

/// What ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exhausted {
    Nodes,
    Edges,
}

/// Result of an engine operation; two registers wide.
pub(crate) type Built<T = Set> = Result<T, Exhausted>;

#[derive(Clone, Copy, Debug)]
struct Node {
    level: u32,
    start: u32,
    len: u32,
    hash: u32,
}

impl Node {
    fn span(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// The child for digit values up to `last`, from the end of the edge before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edge {
    last: u32,
    child: Set,
}

/// One remembered result; `op == 0` is a free slot.
#[derive(Clone, Copy, Debug, Default)]
struct Memo {
    op: u32,
    a: u32,
    b: u32,
    result: u32,
}

/// The nodes of one manager.
#[derive(Clone, Debug)]
pub(crate) struct Diagram {
    pub(crate) layout: Layout,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Open-addressed: ids of nodes by their hash, 0 is free.
    table: Vec<u32>,
    /// Direct-mapped memory of results.
    memory: Vec<Memo>,
    /// Stack of edge lists under construction.
    scratch: Vec<Edge>,
    /// Numbers of the rewrites seen, so that a repeated rewrite finds its results.
    rewrites: quantify::Rewrites,
    node_limit: usize,
    edge_limit: usize,
    frozen: usize,
}

impl Diagram {
    pub(crate) fn new(layout: Layout, node_limit: usize, edge_limit: usize) -> Self {
        let terminal = Node { level: TERMINAL, start: 0, len: 0, hash: 0 };
        Self {
            layout,
            nodes: vec![terminal, terminal],
            edges: Vec::new(),
            table: vec![0; SMALL],
            memory: vec![Memo::default(); SMALL],
            scratch: Vec::new(),
            rewrites: quantify::Rewrites::default(),
            node_limit: node_limit.min(u32::MAX as usize),
            edge_limit: edge_limit.min(u32::MAX as usize),
            frozen: 2,
        }
    }

    pub(crate) fn node_limit(&self) -> usize {
        self.node_limit
    }

    pub(crate) fn edge_limit(&self) -> usize {
        self.edge_limit
    }

    pub(crate) fn set_limits(&mut self, nodes: usize, edges: usize) {
        self.node_limit = nodes.min(u32::MAX as usize);
        self.edge_limit = edges.min(u32::MAX as usize);
    }

    /// Nodes stored, the two constants included.
    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes of nodes, edges, table and memory.
    pub(crate) fn bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node>()
            + self.edges.len() * size_of::<Edge>()
            + self.table.len() * size_of::<u32>()
            + self.memory.len() * size_of::<Memo>()
    }

    #[inline(always)]
    fn node(&self, set: Set) -> Node {
        self.nodes[set.0 as usize]
    }

    /// The level of a set, if it tests anything, and its edges as (last digit value, child).
    pub(crate) fn branches(&self, set: Set) -> Option<(u32, impl Iterator<Item = (u32, Set)>)> {
        let node = self.node(set);
        let edges = &self.edges[node.span()];
        (node.level != TERMINAL).then(|| (node.level, edges.iter().map(|edge| (edge.last, edge.child))))
    }

    /// One step down a set that is not empty: its level, a child that is not empty, and the digit values that lead
    /// there. `choose` is given the number of edges and answers where to start, and whether to try upwards from
    /// there while the child is empty. `None` at a constant set.
    pub(crate) fn step(
        &self,
        set: Set,
        choose: impl FnOnce(u32) -> (u32, bool),
    ) -> Option<(Level, Set, u32, u32)> {
        let node = self.node(set);
        if node.level == TERMINAL {
            return None;
        }
        let edges = &self.edges[node.span()];
        let (start, upwards) = choose(node.len);
        let mut at = start as usize;
        while edges[at].child == Set::EMPTY {
            // Some edge leads elsewhere, since the set is not empty.
            at = match (upwards, at) {
                (true, at) if at + 1 == edges.len() => 0,
                (true, at) => at + 1,
                (false, 0) => edges.len() - 1,
                (false, at) => at - 1,
            };
        }
        let low = if at == 0 { 0 } else { edges[at - 1].last + 1 };
        Some((self.layout.level(node.level), edges[at].child, low, edges[at].last))
    }

    /// The child that a digit value leads to.
    #[inline]
    fn child(&self, node: Node, digit: u32) -> Set {
        let edges = &self.edges[node.span()];
        edges[edges.partition_point(|edge| edge.last < digit)].child
    }

    /// Whether the header with these field values is in the set.
    pub(crate) fn contains(&self, mut set: Set, packet: &sekisho_net::Packet) -> bool {
        while set.0 > 1 {
            let node = self.node(set);
            let level = self.layout.level(node.level);
            set = self.child(node, level.digit(packet.get(level.field)));
        }
        set == Set::FULL
    }

    /// Appends an edge to the list that starts at `base`, joining equal neighbours.
    #[inline(always)]
    fn push(&mut self, base: usize, last: u32, child: Set) {
        if self.scratch.len() > base
            && let Some(edge) = self.scratch.last_mut()
            && edge.child == child
        {
            edge.last = last;
            return;
        }
        self.scratch.push(Edge { last, child });
    }

    /// The node whose edges are the list that starts at `base`; the list is dropped.
    fn intern(&mut self, level: u32, base: usize) -> Built {
        let list = &self.scratch[base..];
        if let [edge] = list {
            let child = edge.child;
            self.scratch.truncate(base);
            return Ok(child);
        }
        let hash = hash_edges(level, list);
        let slots = self.table.len() - 1;
        let mut slot = hash as usize & slots;
        loop {
            let id = self.table[slot];
            if id == 0 {
                break;
            }
            let node = self.nodes[id as usize];
            if node.hash == hash
                && node.level == level
                && node.len as usize == list.len()
                && self.edges[node.span()] == *list
            {
                self.scratch.truncate(base);
                return Ok(Set(id));
            }
            slot = (slot + 1) & slots;
        }
        let id = self.nodes.len();
        if id >= self.node_limit {
            return Err(Exhausted::Nodes);
        }
        if self.edges.len() + list.len() > self.edge_limit {
            return Err(Exhausted::Edges);
        }
        self.nodes.push(Node { level, start: self.edges.len() as u32, len: list.len() as u32, hash });
        self.edges.extend_from_slice(list);
        self.scratch.truncate(base);
        self.table[slot] = id as u32;
        if self.nodes.len() * 2 > self.table.len() {
            self.grow();
        }
        Ok(Set(id as u32))
    }

    /// Doubles the unique table and lets the memory follow, keeping what it remembers.
    #[cold]
    fn grow(&mut self) {
        let slots = self.table.len() * 2;
        self.rebuild_table(slots);
        let wanted = (slots * 2).min(MEMORY_MAX);
        if self.memory.len() < wanted {
            let old = std::mem::replace(&mut self.memory, vec![Memo::default(); wanted]);
            for memo in old.into_iter().filter(|memo| memo.op != 0) {
                let slot = self.memory_slot(memo.op, memo.a, memo.b);
                self.memory[slot] = memo;
            }
        }
    }

    fn rebuild_table(&mut self, slots: usize) {
        self.table.clear();
        self.table.resize(slots, 0);
        for (id, node) in self.nodes.iter().enumerate().skip(2) {
            let mut slot = node.hash as usize & (slots - 1);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (slots - 1);
            }
            self.table[slot] = id as u32;
        }
    }

    #[inline(always)]
    fn memory_slot(&self, op: u32, a: u32, b: u32) -> usize {
        let pair = (u64::from(a) << 32 | u64::from(b)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = pair ^ u64::from(op).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        (mixed ^ (mixed >> 32)) as usize & (self.memory.len() - 1)
    }

    #[inline(always)]
    fn recall(&self, op: u32, a: u32, b: u32) -> Option<u32> {
        let memo = self.memory[self.memory_slot(op, a, b)];
        (memo.op == op && memo.a == a && memo.b == b).then_some(memo.result)
    }

    #[inline(always)]
    fn remember(&mut self, op: u32, a: u32, b: u32, result: u32) {
        let slot = self.memory_slot(op, a, b);
        self.memory[slot] = Memo { op, a, b, result };
    }

    /// Drops lists left behind by an operation that ran out of room.
    pub(crate) fn clear_scratch(&mut self) {
        self.scratch.clear();
    }
}

fn hash_edges(level: u32, edges: &[Edge]) -> u32 {
    let mut hash = u64::from(level);
    for edge in edges {
        let word = u64::from(edge.last) << 32 | u64::from(edge.child.0);
        hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    (hash ^ (hash >> 32)) as u32
}
