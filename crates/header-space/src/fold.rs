//! First-match lists and chains of rules, folded into the sets that they permit.
//!
//! A line matches *certainly* the packets of `must`, *possibly* those of `may`; what lies between depends on things a
//! header does not show. A fold answers for every way to settle these doubts: `may_permit` holds the packets that
//! some way permits, `must_permit` those that every way permits. Doubts are settled per line and packet, each on its
//! own. SOUNDNESS: doubts that hang together in truth only make `may_permit` larger and `must_permit` smaller.

mod chain;

pub use chain::{ChainAction, ChainId, ChainLine, ChainSummary};

use crate::{Manager, Set, SetError};

/// What a matching line of a list does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FoldAction {
    /// Lets the packet pass.
    Permit,
    /// Drops the packet.
    Deny,
    /// One of the two, nobody knows which.
    Unknown,
}

/// What happens to a packet that no line matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FoldDefault {
    /// It passes.
    Permit,
    /// It is dropped.
    Deny,
}

/// One line of a first-match list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoldLine {
    /// What it does with the packets that match.
    pub action: FoldAction,
    /// Packets that may match.
    pub may: Set,
    /// Packets that match for certain; within `may`.
    pub must: Set,
}

impl FoldLine {
    /// A line whose packets are known exactly.
    #[must_use]
    pub fn exact(action: FoldAction, set: Set) -> Self {
        Self { action, may: set, must: set }
    }

    fn is_exact(&self) -> bool {
        self.may == self.must && self.action != FoldAction::Unknown
    }
}

/// The outcome of a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded {
    /// Packets that may be permitted.
    pub may_permit: Set,
    /// Packets that are permitted for certain; within `may_permit`.
    pub must_permit: Set,
}

/// A certain decision within a list without doubts: `true` takes the packet in, `false` keeps it out.
type Event = (bool, Set);

impl Manager {
    /// Folds a first-match list. Divide and conquer: n lines cost n log n set operations on growing sets at worst.
    ///
    /// # Errors
    /// [`SetError`] when the budget is spent.
    pub fn fold_list(&mut self, lines: &[FoldLine], default: FoldDefault) -> Result<Folded, SetError> {
        // A packet is possibly permitted if some line may permit it and no line before denies it for certain: a
        // first-match list of two kinds of events. Certain permission is the mirror image: not possibly denied.
        let may_permit =
            self.first_match(events(lines, FoldAction::Permit, default == FoldDefault::Permit))?;
        if lines.iter().all(FoldLine::is_exact) {
            return Ok(Folded { may_permit, must_permit: may_permit });
        }
        let may_deny = self.first_match(events(lines, FoldAction::Deny, default == FoldDefault::Deny))?;
        Ok(Folded { may_permit, must_permit: self.complement(may_deny)? })
    }

    /// The packets whose first event takes them in.
    fn first_match(&mut self, events: Vec<Event>) -> Result<Set, SetError> {
        let mut runs: Vec<Event> = Vec::new();
        let mut rest = events.as_slice();
        while let Some(&(kind, _)) = rest.first() {
            let (run, tail) = rest.split_at(rest.iter().take_while(|event| event.0 == kind).count());
            let set = self.union_all(run.iter().map(|event| event.1).collect())?;
            runs.push((kind, set));
            rest = tail;
            if set.is_full() {
                break;
            }
        }
        // What is kept out at the end is not taken in anyway.
        while runs.pop_if(|run| !run.0).is_some() {}
        Ok(self.first_match_of_runs(&runs, false)?.0)
    }

    /// The packets that a segment takes in, and, if `blocks` asks, those that any of its events would keep out. The
    /// second set may hold packets that an earlier event of the segment takes in: they are in the first set too.
    fn first_match_of_runs(&mut self, runs: &[Event], blocks: bool) -> Result<(Set, Set), SetError> {
        match runs {
            [] => Ok((Set::EMPTY, Set::EMPTY)),
            [(true, set)] => Ok((*set, Set::EMPTY)),
            [(false, set)] => Ok((Set::EMPTY, *set)),
            _ => {
                let (head, tail) = runs.split_at(runs.len() / 2);
                let (taken, blocked) = self.first_match_of_runs(head, true)?;
                let (later, later_blocked) = self.first_match_of_runs(tail, blocks)?;
                let later = self.diff(later, blocked)?;
                let taken = self.or(taken, later)?;
                let blocked = if blocks { self.or(blocked, later_blocked)? } else { Set::EMPTY };
                Ok((taken, blocked))
            }
        }
    }
}

/// The events that decide whether `wanted` may happen: a line that may do it, or a line that prevents it.
fn events(lines: &[FoldLine], wanted: FoldAction, at_end: bool) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::with_capacity(lines.len() + 1);
    for line in lines {
        let takes = line.action == wanted || line.action == FoldAction::Unknown;
        let set = if takes { line.may } else { line.must };
        if !set.is_empty() {
            events.push((takes, set));
        }
    }
    if at_end {
        events.push((true, Set::FULL));
    }
    events
}
