//! Lines that are not modelled exactly, and the file that explains each pattern of them.

use std::collections::BTreeMap;

use sekisho::snapshot::Snapshot;
use sekisho_model::Coverage;
use serde::Deserialize;

/// What `unrecognized.toml` explains.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// Lines that are not understood.
    #[serde(default)]
    pub unrecognized: Vec<Pattern>,
    /// Lines that are recognised and not modelled.
    #[serde(default)]
    pub unsupported: Vec<Pattern>,
    /// Lines that are modelled more widely than they are.
    #[serde(default)]
    pub approximated: Vec<Pattern>,
}

/// Lines that start with the same words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    pub line: String,
    pub count: usize,
    /// Why it cannot close a hole: what the line could do at most, and that it is let do that.
    pub why: String,
}

impl Explained {
    fn of(&self, state: Coverage) -> &[Pattern] {
        match state {
            Coverage::Unrecognized => &self.unrecognized,
            Coverage::Unsupported => &self.unsupported,
            Coverage::Approximated => &self.approximated,
            Coverage::Modeled | Coverage::Ignored => &[],
        }
    }
}

/// How many lines there are of each state, and everything that is not explained as it is.
pub fn problems(snapshot: &Snapshot, explained: &Explained) -> (BTreeMap<&'static str, usize>, Vec<String>) {
    let mut counts = BTreeMap::new();
    let mut found: BTreeMap<(Coverage, usize), usize> = BTreeMap::new();
    let mut problems = Vec::new();
    for ledger in &snapshot.ledgers {
        let source = snapshot.sources.get(ledger.file).unwrap();
        for (line, state) in ledger.iter() {
            let Some(state) = state.map(|s| s.state) else {
                problems.push(format!("{}:{line} is not accounted for", source.path()));
                continue;
            };
            *counts.entry(state.word()).or_default() += 1;
            if matches!(state, Coverage::Modeled | Coverage::Ignored) {
                continue;
            }
            let text = source.line_text(line).trim();
            match explained.of(state).iter().position(|p| text.starts_with(&p.line)) {
                Some(at) => *found.entry((state, at)).or_default() += 1,
                None => problems.push(format!("{}:{line} {}: {text}", source.path(), state.word())),
            }
        }
    }
    for state in Coverage::ALL {
        for (at, pattern) in explained.of(state).iter().enumerate() {
            let count = found.get(&(state, at)).copied().unwrap_or(0);
            if count != pattern.count || pattern.count == 0 || pattern.why.is_empty() {
                problems.push(format!("{count} lines are {} `{}`: {pattern:?}", state.word(), pattern.line));
            }
        }
    }
    (counts, problems)
}
