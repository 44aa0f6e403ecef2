//! Chains of rules that call each other, as in iptables and nftables.
//!
//! A chain is summed up once, for all packets and all callers: which packets it may accept, may drop, and may give
//! back to its caller. Within a chain, segments are summed up and joined in a balanced way.

use crate::{Folded, Manager, Set, SetError};

use super::FoldDefault;

/// Position of a chain in the list given to [`Manager::fold_chains`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainId(pub usize);

/// What a matching line of a chain does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChainAction {
    /// Accepts the packet.
    Accept,
    /// Drops the packet.
    Drop,
    /// Goes back to the calling chain.
    Return,
    /// Calls a chain and goes on with the next line when it gives the packet back.
    Jump(ChainId),
    /// Goes to a chain; what that gives back, goes back to the caller of this chain.
    Goto(ChainId),
    /// Goes on with the next line (logging, marks without effect on filtering).
    Continue,
    /// Any of accept, drop, return and going on; nobody knows which.
    Unknown,
}

/// One line of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainLine {
    /// What it does with the packets that match.
    pub action: ChainAction,
    /// Packets that may match.
    pub may: Set,
    /// Packets that match for certain; within `may`.
    pub must: Set,
}

impl ChainLine {
    /// A line whose packets are known exactly.
    #[must_use]
    pub fn exact(action: ChainAction, set: Set) -> Self {
        Self { action, may: set, must: set }
    }
}

/// What may become of the packets that enter a chain. Every packet is in at least one of the sets; a packet in
/// exactly one meets that end for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainSummary {
    /// Packets that may be accepted, here or in a chain called.
    pub accept: Set,
    /// Packets that may be dropped.
    pub drop: Set,
    /// Packets that may come back to the caller, by a return or past the last line.
    pub back: Set,
}

impl ChainSummary {
    /// The outcome of a chain that nobody calls and whose policy decides on what comes back.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn with_policy(self, manager: &mut Manager, policy: FoldDefault) -> Result<Folded, SetError> {
        let (may_permit, may_deny) = match policy {
            FoldDefault::Permit => (manager.or(self.accept, self.back)?, self.drop),
            FoldDefault::Deny => (self.accept, manager.or(self.drop, self.back)?),
        };
        Ok(Folded { may_permit, must_permit: manager.complement(may_deny)? })
    }
}

/// What may become of the packets that enter a segment of a chain.
#[derive(Clone, Copy)]
struct Segment {
    accept: Set,
    drop: Set,
    back: Set,
    /// Packets that may reach the line after the segment.
    next: Set,
}

const PASS: Segment = Segment { accept: Set::EMPTY, drop: Set::EMPTY, back: Set::EMPTY, next: Set::FULL };

impl Manager {
    /// Sums up the entry chains, and each chain that they reach once. A line met on two ways settles its doubts
    /// anew each time.
    ///
    /// # Errors
    /// [`SetError::UnknownChain`] and [`SetError::ChainCycle`] for a chain reachable from an entry; otherwise when
    /// the budget is spent.
    pub fn fold_chains(
        &mut self,
        chains: &[Vec<ChainLine>],
        entries: &[ChainId],
    ) -> Result<Vec<ChainSummary>, SetError> {
        let mut summaries: Vec<Option<ChainSummary>> = vec![None; chains.len()];
        for id in callees_first(chains, entries)? {
            let lines = chains.get(id.0).ok_or(SetError::UnknownChain(id.0))?;
            let lines: Vec<ChainLine> =
                lines.iter().filter(|line| line.action != ChainAction::Continue).copied().collect();
            let segment = self.segment(&lines, &summaries)?;
            let back = self.or(segment.back, segment.next)?;
            if let Some(slot) = summaries.get_mut(id.0) {
                *slot = Some(ChainSummary { accept: segment.accept, drop: segment.drop, back });
            }
        }
        entries.iter().map(|&id| summary(&summaries, id)).collect()
    }

    fn segment(
        &mut self,
        lines: &[ChainLine],
        summaries: &[Option<ChainSummary>],
    ) -> Result<Segment, SetError> {
        let Some((first, rest)) = lines.split_first() else {
            return Ok(PASS);
        };
        if rest.iter().all(|line| line.action == first.action) {
            // Lines that do the same are one line that matches their union.
            let may = self.union_all(lines.iter().map(|line| line.may).collect())?;
            let must = self.union_all(lines.iter().map(|line| line.must).collect())?;
            return self.line(ChainLine { action: first.action, may, must }, summaries);
        }
        let (head, tail) = lines.split_at(lines.len() / 2);
        let head = self.segment(head, summaries)?;
        let tail = self.segment(tail, summaries)?;
        let mut after = |before: Set, later: Set| {
            let later = self.and(head.next, later)?;
            self.or(before, later)
        };
        Ok(Segment {
            accept: after(head.accept, tail.accept)?,
            drop: after(head.drop, tail.drop)?,
            back: after(head.back, tail.back)?,
            next: self.and(head.next, tail.next)?,
        })
    }

    fn line(&mut self, line: ChainLine, summaries: &[Option<ChainSummary>]) -> Result<Segment, SetError> {
        let next = self.complement(line.must)?;
        let pass = Segment { next, ..PASS };
        Ok(match line.action {
            ChainAction::Accept => Segment { accept: line.may, ..pass },
            ChainAction::Drop => Segment { drop: line.may, ..pass },
            ChainAction::Return => Segment { back: line.may, ..pass },
            ChainAction::Continue => PASS,
            ChainAction::Unknown => {
                Segment { accept: line.may, drop: line.may, back: line.may, next: Set::FULL }
            }
            ChainAction::Jump(id) | ChainAction::Goto(id) => {
                let called = summary(summaries, id)?;
                let accept = self.and(line.may, called.accept)?;
                let drop = self.and(line.may, called.drop)?;
                let back = self.and(line.may, called.back)?;
                if line.action == ChainAction::Jump(id) {
                    Segment { accept, drop, back: Set::EMPTY, next: self.or(next, back)? }
                } else {
                    Segment { accept, drop, back, next }
                }
            }
        })
    }
}

fn summary(summaries: &[Option<ChainSummary>], id: ChainId) -> Result<ChainSummary, SetError> {
    summaries.get(id.0).copied().flatten().ok_or(SetError::UnknownChain(id.0))
}

/// The chains reachable from the entries, each after all chains that it calls. Needs no stack of its own, however
/// deep the calls go.
fn callees_first(chains: &[Vec<ChainLine>], entries: &[ChainId]) -> Result<Vec<ChainId>, SetError> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; chains.len()];
    let mut order = Vec::new();
    let mut open: Vec<(ChainId, std::slice::Iter<'_, ChainLine>)> = Vec::new();
    for &entry in entries {
        let mut wanted = Some(entry);
        loop {
            if let Some(id) = wanted.take() {
                let state = states.get_mut(id.0).ok_or(SetError::UnknownChain(id.0))?;
                match *state {
                    State::Open => return Err(SetError::ChainCycle(id.0)),
                    State::Done => {}
                    State::New => {
                        *state = State::Open;
                        let lines = chains.get(id.0).ok_or(SetError::UnknownChain(id.0))?;
                        open.push((id, lines.iter()));
                    }
                }
            }
            let Some((id, lines)) = open.last_mut() else {
                break;
            };
            wanted = lines.find_map(|line| match line.action {
                ChainAction::Jump(callee) | ChainAction::Goto(callee) => Some(callee),
                _ => None,
            });
            if wanted.is_none() {
                let id = *id;
                open.pop();
                order.push(id);
                if let Some(state) = states.get_mut(id.0) {
                    *state = State::Done;
                }
            }
        }
    }
    Ok(order)
}
