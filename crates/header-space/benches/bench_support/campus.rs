//! A network of 200 nodes with the Stanford filters and routes on its edges, and the flood of one source through it.

use std::collections::VecDeque;

use sekisho_header_space::{Manager, Set, lpm_partition};
use sekisho_net::{Cube, Family, Field, FieldSet};

use super::synthetic::{self, prefix};
use super::{Random, Rule, permitted, stanford};

const NODES: usize = 200;

/// What happens to packets on an edge.
pub enum Transfer {
    /// Both sets let the packet pass.
    Filter(Set, Set),
    /// Packets of the set get a new field value.
    Rewrite(Set, Field, FieldSet),
}

/// What the build of a campus reads, prepared before the clock starts.
pub struct Inputs {
    lists: Vec<Vec<Rule>>,
    tables: Vec<stanford::Table>,
    synthetic: Vec<Vec<Rule>>,
}

impl Inputs {
    /// Reads the Stanford files and generates ten lists of 300 rules.
    pub fn load() -> Self {
        Self {
            lists: stanford::access_lists().into_iter().filter(|list| list.len() >= 5).collect(),
            tables: stanford::forwarding_tables(),
            synthetic: (0..10).map(|i| synthetic::rules(300, Family::V4, 1000 + i)).collect(),
        }
    }
}

/// Edges by node.
pub struct Campus {
    edges: Vec<Vec<(usize, Transfer)>>,
}

struct Builder<'a> {
    sets: &'a mut Manager,
    random: Random,
    filters: Vec<Set>,
    fibs: Vec<Set>,
    edges: Vec<Vec<(usize, Transfer)>>,
}

impl Builder<'_> {
    fn link(&mut self, from: usize, to: usize, filtered: bool) {
        let count = 1 + self.random.below(3) + 3;
        let mut routed = Set::EMPTY;
        for _ in 0..count {
            let fib = self.fibs[self.random.below(self.fibs.len() as u64) as usize];
            routed = self.sets.or(routed, fib).unwrap();
        }
        let filter = if filtered {
            self.filters[self.random.below(self.filters.len() as u64) as usize]
        } else {
            Set::FULL
        };
        self.edges[from].push((to, Transfer::Filter(routed, filter)));
    }

    fn translate(&mut self, inner: usize, core: usize) {
        let address = 0xab40_0001 + inner as u128;
        let hidden = Cube::any().with(Field::Src, prefix(0xac1c_0000, 14, Family::V4));
        let hidden = self.sets.cube(&hidden).unwrap();
        let pool = if inner.is_multiple_of(8) {
            FieldSet::one(address)
        } else {
            FieldSet::range(0xab40_0100, 0xab40_0100 + 37)
        };
        self.edges[inner].push((core, Transfer::Rewrite(hidden, Field::Src, pool)));
        let service = Cube::any()
            .with(Field::Dst, FieldSet::one(address))
            .with(Field::Proto, FieldSet::one(6))
            .with(Field::Dport, FieldSet::range(80, 443));
        let service = self.sets.cube(&service).unwrap();
        let server = FieldSet::one(0xac1b_0000 + 17 * inner as u128);
        self.edges[core].push((inner, Transfer::Rewrite(service, Field::Dst, server)));
    }
}

/// Builds all filters, forwarding sets and edges.
pub fn build(sets: &mut Manager, inputs: &Inputs) -> Campus {
    let mut filters: Vec<Set> = inputs.lists.iter().map(|list| permitted(sets, list)).collect();
    for (i, list) in inputs.synthetic.iter().enumerate() {
        let filter = permitted(sets, list);
        filters.push(if i % 2 == 0 { sets.complement(filter).unwrap() } else { filter });
    }
    let mut fibs = Vec::new();
    for table in &inputs.tables {
        for (_, ranges) in lpm_partition(Family::V4, table).by_key {
            if ranges.len() > 3 {
                fibs.push(sets.field_ranges(Field::Dst, &ranges).unwrap());
            }
        }
    }
    let edges = (0..NODES).map(|_| Vec::new()).collect();
    let mut builder = Builder { sets, random: Random(77), filters, fibs, edges };
    for i in 0..4 {
        for j in (0..4).filter(|&j| i != j) {
            builder.link(i, j, false);
        }
    }
    for inner in 4..24 {
        for _ in 0..2 {
            let core = builder.random.below(4) as usize;
            builder.link(inner, core, inner % 3 == 0);
            builder.link(core, inner, inner % 3 == 1);
        }
    }
    for outer in 24..NODES {
        for _ in 0..2 {
            let inner = 4 + builder.random.below(20) as usize;
            builder.link(outer, inner, true);
            builder.link(inner, outer, outer % 2 == 0);
        }
    }
    for inner in (4..24).filter(|inner| inner % 4 == 0) {
        let core = builder.random.below(4) as usize;
        builder.translate(inner, core);
    }
    Campus { edges: builder.edges }
}

/// Figures of a flood.
#[derive(Default)]
pub struct Flood {
    /// Edges taken.
    pub steps: u64,
    /// Rewrites applied.
    pub rewrites: u64,
    /// Nodes that some packet reaches.
    pub reached: usize,
}

/// Which packets reach which node when the source sends everything from its addresses.
pub fn flood(sets: &mut Manager, campus: &Campus, source: usize) -> Flood {
    let start = 24 + source * 8;
    let block: u128 = [0xab40_0000, 0xac1a_0000, 0xac1c_0000, 0x8000_0000, 0x0a00_0000][source % 5];
    let sent = Cube::any().with(Field::Src, prefix(block + ((source as u128 / 5) << 8), 16, Family::V4));
    let sent = sets.cube(&sent).unwrap();
    let mut reach = vec![Set::EMPTY; NODES];
    let mut fresh = reach.clone();
    reach[start] = sent;
    fresh[start] = sent;
    let mut queue = VecDeque::from([start]);
    let mut queued = [false; NODES];
    queued[start] = true;
    let mut figures = Flood::default();
    while let Some(node) = queue.pop_front() {
        queued[node] = false;
        let moving = std::mem::replace(&mut fresh[node], Set::EMPTY);
        for (to, transfer) in &campus.edges[node] {
            figures.steps += 1;
            let arriving = match transfer {
                Transfer::Filter(routed, filter) => {
                    let routed = sets.and(moving, *routed).unwrap();
                    sets.and(routed, *filter).unwrap()
                }
                Transfer::Rewrite(matching, field, values) => {
                    let matching = sets.and(moving, *matching).unwrap();
                    figures.rewrites += u64::from(!matching.is_empty());
                    sets.set_field(matching, *field, values).unwrap()
                }
            };
            let new = sets.diff(arriving, reach[*to]).unwrap();
            if new.is_empty() {
                continue;
            }
            reach[*to] = sets.or(reach[*to], new).unwrap();
            fresh[*to] = sets.or(fresh[*to], new).unwrap();
            if !queued[*to] {
                queued[*to] = true;
                queue.push_back(*to);
            }
        }
    }
    figures.reached = reach.iter().filter(|set| !set.is_empty()).count();
    figures
}
