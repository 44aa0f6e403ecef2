//! The graph of sessions: domains and the Internet, joined by what may carry a session; shortest chains in it.
//!
//! Inside a domain everybody may go on where another has arrived. A chain *may* exist by hops that may be
//! taken, and *exists* by hops that surely can.

use std::collections::{BTreeSet, VecDeque};

use crate::graph::location::Domains;
use crate::policy::Policy;

/// By what a hop goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A whitelist entry, by index.
    Flow(usize),
    /// What was found open beside the whitelist.
    Open,
    /// What helpers may let pass.
    Helper,
    /// The pair is not decided.
    Undecided,
    /// Networks that are not ours: the Internet, or externals that are one network.
    Outside,
    /// A machine with legs in both domains, by index into the declared hosts.
    Host(usize),
}

/// One hop that may be taken.
#[derive(Clone, Debug)]
pub(in crate::proof) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) by: By,
    /// The gateway at which it begins or ends, by index.
    pub(super) gateway: Option<usize>,
    pub(super) sure: bool,
    /// Directions of gateways in which it is taken away, and those in which it is only no longer sure.
    pub(super) gone: BTreeSet<usize>,
    pub(super) weaker: BTreeSet<usize>,
}

/// The places by index (all domains in their order, then the Internet), and the hops between them.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    pub(super) edges: Vec<Edge>,
    /// Hops by where they begin, as indices.
    leaving: Vec<Vec<usize>>,
}

impl Sessions {
    /// Puts the hops together; the surest of two that join the same places is tried first.
    pub(super) fn of(places: usize, mut edges: Vec<Edge>) -> Self {
        edges.sort_by_key(|e| (e.from, e.to, !e.sure, e.by));
        let mut leaving = vec![Vec::new(); places];
        for (index, edge) in edges.iter().enumerate() {
            if let Some(list) = leaving.get_mut(edge.from) {
                list.push(index);
            }
        }
        Self { edges, leaving }
    }

    /// For each place the last hop of a shortest chain to it, over the hops that count.
    pub(super) fn tree(&self, from: usize, counts: impl Fn(&Edge) -> bool) -> Tree {
        let mut last: Tree = vec![None; self.leaving.len()];
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for &index in self.leaving.get(at).into_iter().flatten() {
                let Some(edge) = self.edges.get(index).filter(|e| e.to != from && counts(e)) else {
                    continue;
                };
                if let Some(slot) = last.get_mut(edge.to).filter(|slot| slot.is_none()) {
                    *slot = u32::try_from(index).ok();
                    queue.push_back(edge.to);
                }
            }
        }
        last
    }

    /// The hops of the chain of a tree to a place; empty when there is none.
    pub(super) fn along(&self, tree: &[Option<u32>], to: usize) -> Vec<&Edge> {
        let mut out = Vec::new();
        let mut at = to;
        while let Some(edge) = tree.get(at).copied().flatten().and_then(|e| self.edges.get(e as usize)) {
            out.push(edge);
            at = edge.from;
        }
        out.reverse();
        out
    }

    /// The shortest chain between two places: one that exists, else one that may.
    pub(super) fn shortest(
        &self,
        from: usize,
        to: usize,
        counts: impl Fn(&Edge, bool) -> bool,
    ) -> Vec<&Edge> {
        let sure = self.along(&self.tree(from, |e| counts(e, true)), to);
        if sure.is_empty() { self.along(&self.tree(from, |e| counts(e, false)), to) } else { sure }
    }
}

/// For each place the last hop on the way there.
pub(super) type Tree = Vec<Option<u32>>;

/// A chain of sessions as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Its hops; at least one.
    pub hops: Vec<Hop>,
    /// Whether every hop can surely be taken.
    pub sure: bool,
}

/// One session of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Where it begins: a domain as in the matrix, or `internet`.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// `flow`, `open`, `helper`, `undecided`, `outside` or `host`.
    pub by: &'static str,
    /// The whitelist entry.
    pub flow: Option<String>,
    /// The machine.
    pub host: Option<String>,
    /// The gateway at which it begins or ends.
    pub gateway: Option<String>,
    /// Whether it can surely be taken.
    pub sure: bool,
}

/// The name of a place.
pub(super) fn name(domains: &Domains, place: usize) -> String {
    domains.list.get(place).map_or_else(|| "internet".to_owned(), |d| d.id.clone())
}

/// Hops as they are told; `None` for none. `weaker`: a direction in which some hops are no longer sure.
pub(super) fn told(
    (domains, policy): (&Domains, &Policy),
    hops: &[&Edge],
    weaker: Option<usize>,
) -> Option<Chain> {
    let hops: Vec<Hop> = hops
        .iter()
        .map(|edge| Hop {
            from: name(domains, edge.from),
            to: name(domains, edge.to),
            by: match edge.by {
                By::Flow(_) => "flow",
                By::Open => "open",
                By::Helper => "helper",
                By::Undecided => "undecided",
                By::Outside => "outside",
                By::Host(_) => "host",
            },
            flow: match edge.by {
                By::Flow(index) => policy.flows.get(index).map(|f| f.id.value.clone()),
                _ => None,
            },
            host: match edge.by {
                By::Host(index) => policy.hosts.get(index).map(|h| h.id.value.clone()),
                _ => None,
            },
            gateway: edge.gateway.and_then(|g| policy.gateways.get(g)).map(|g| g.id.value.clone()),
            sure: edge.sure && !weaker.is_some_and(|d| edge.weaker.contains(&d)),
        })
        .collect();
    let sure = hops.iter().all(|h| h.sure);
    (!hops.is_empty()).then_some(Chain { hops, sure })
}
