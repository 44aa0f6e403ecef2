//! What `margin` says, as data: the one source of the JSON and of the text.

use std::collections::BTreeMap;

use serde::Serialize;

use super::verify::Word;
use crate::proof::Verdict;

/// Version of the JSON of `margin`.
pub const SCHEMA: &str = "sekisho-margin/1";

/// A line, and the proven pairs that are not proven without it.
pub struct Holding {
    /// File of the snapshot.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Its text; empty when it may hold a secret.
    pub quote: String,
    /// Source, target, and the verdict without the line.
    pub pairs: Vec<(String, String, Verdict)>,
}

/// How many lines were tried.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    /// Lines that were taken out.
    pub lines: usize,
    /// Of how many.
    pub of: usize,
    /// For how many everything was judged again.
    pub judged_again: usize,
}

/// Which single lines hold the walls.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MarginView {
    /// `sekisho-margin/1`.
    pub schema: &'static str,
    /// Day of evaluation, `YYYY-MM-DD`.
    pub as_of: String,
    /// Lines that were taken out one at a time.
    pub tried: usize,
    /// Lines of the model.
    pub of: usize,
    /// Lines for which everything was judged again: for the others one step shows that the proofs stand.
    pub judged_again: usize,
    /// Lines without which a proven pair is not proven, those that hold most pairs first.
    pub lines: Vec<LineView>,
    /// Proven pairs with the lines that alone hold them.
    pub pairs: Vec<PairView>,
}

/// A line that alone holds something.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LineView {
    /// File of the snapshot.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Its text.
    #[serde(skip)]
    pub quote: String,
    /// What its loss does to which pairs.
    pub pairs: Vec<LossView>,
}

/// A pair, and what becomes of it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LossView {
    /// Source.
    pub from: String,
    /// Target.
    pub to: String,
    /// The verdict without the line.
    pub verdict: Word,
}

/// A proven pair.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PairView {
    /// Source.
    pub from: String,
    /// Target.
    pub to: String,
    /// Lines that alone hold it: `FILE:LINE`.
    pub lines: Vec<String>,
}

/// Builds the view.
#[must_use]
pub fn view(
    proven: Vec<(String, String)>,
    mut holdings: Vec<Holding>,
    tried: Tried,
    as_of: String,
) -> MarginView {
    let mut by_pair: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for holding in &holdings {
        for (from, to, _) in &holding.pairs {
            let line = format!("{}:{}", holding.file, holding.line);
            by_pair.entry((from, to)).or_default().push(line);
        }
    }
    let pairs = proven
        .iter()
        .map(|(from, to)| PairView {
            from: from.clone(),
            to: to.clone(),
            lines: by_pair.remove(&(from.as_str(), to.as_str())).unwrap_or_default(),
        })
        .collect();
    holdings.sort_by_key(|h| std::cmp::Reverse(h.pairs.len()));
    let loss =
        |(from, to, verdict): (String, String, Verdict)| LossView { from, to, verdict: verdict.into() };
    let lines = holdings
        .into_iter()
        .map(|h| LineView {
            file: h.file,
            line: h.line,
            quote: h.quote,
            pairs: h.pairs.into_iter().map(loss).collect(),
        })
        .collect();
    let Tried { lines: tried, of, judged_again } = tried;
    MarginView { schema: SCHEMA, as_of, tried, of, judged_again, lines, pairs }
}
