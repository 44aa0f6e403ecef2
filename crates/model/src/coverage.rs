//! The line ledger: what became of each line of an input file.

use sekisho_diag::FileId;

/// What became of one input line. Ordered from harmless to harmful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Coverage {
    /// Cannot affect forwarding, by an explicit list per vendor (blank and comment lines included).
    Ignored,
    /// Its meaning is in the model, exactly.
    Modeled,
    /// Its meaning is in the model, widened.
    Approximated,
    /// Recognised, but not modelled: its scope is poisoned.
    Unsupported,
    /// Not understood: its scope is poisoned.
    Unrecognized,
}

impl Coverage {
    /// All states in the order of the JSON output.
    pub const ALL: [Coverage; 5] = [
        Coverage::Modeled,
        Coverage::Ignored,
        Coverage::Approximated,
        Coverage::Unsupported,
        Coverage::Unrecognized,
    ];

    /// `modeled`, `ignored`, `approximated`, `unsupported` or `unrecognized`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Coverage::Modeled => "modeled",
            Coverage::Ignored => "ignored",
            Coverage::Approximated => "approximated",
            Coverage::Unsupported => "unsupported",
            Coverage::Unrecognized => "unrecognized",
        }
    }
}

/// State of one line and, for the harmful ones, the scope that it poisons or widens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineState {
    /// The state.
    pub state: Coverage,
    /// What the uncertainty is confined to, in words (`device`, `interface Vlan10`, `list F`);
    /// `None` for modelled and ignored lines.
    pub scope: Option<String>,
}

/// One state per line of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// The file.
    pub file: FileId,
    lines: Vec<Option<LineState>>,
}

impl Ledger {
    /// A ledger of `lines` lines, none of them accounted for yet.
    #[must_use]
    pub fn new(file: FileId, lines: u32) -> Self {
        Self { file, lines: vec![None; lines as usize] }
    }

    /// Records the state of a line (from 1). Of two states the more harmful one stays, so that a
    /// second look at a line never hides what the first one did not understand.
    pub fn mark(&mut self, line: u32, state: Coverage, scope: Option<String>) {
        let Some(slot) = (line as usize).checked_sub(1).and_then(|i| self.lines.get_mut(i)) else { return };
        match slot {
            Some(old) if old.state >= state => {}
            _ => *slot = Some(LineState { state, scope }),
        }
    }

    /// State of a line (from 1); `None` when nobody has accounted for it.
    #[must_use]
    pub fn get(&self, line: u32) -> Option<&LineState> {
        (line as usize).checked_sub(1).and_then(|i| self.lines.get(i)).and_then(Option::as_ref)
    }

    /// Lines that nobody has accounted for, from 1. A finished ledger has none.
    pub fn unaccounted(&self) -> impl Iterator<Item = u32> + '_ {
        self.lines
            .iter()
            .enumerate()
            .filter(|(_, s)| s.is_none())
            .map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX))
    }

    /// Number of lines.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// All lines with their states, from line 1.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Option<&LineState>)> {
        self.lines.iter().enumerate().map(|(i, s)| (u32::try_from(i + 1).unwrap_or(u32::MAX), s.as_ref()))
    }

    /// Number of lines in a state.
    #[must_use]
    pub fn count(&self, state: Coverage) -> usize {
        self.lines.iter().flatten().filter(|s| s.state == state).count()
    }
}
