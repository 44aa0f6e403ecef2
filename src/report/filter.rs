//! What `filter` says: gates in order, and which line decides.

use sekisho_model::NamedSet;
use sekisho_net::Packet;
use sekisho_reference::{Decision, split_place};
use serde::Serialize;

/// Version of the JSON of `filter`.
pub const SCHEMA: &str = "sekisho-filter/1";

/// What decides a packet, or may decide it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Some world lets it pass.
    pub possible: bool,
    /// Every world lets it pass.
    pub certain: bool,
    /// `FILE:LINE` of what decides; of an undecided one what it depends on.
    pub place: Option<String>,
    /// Why, as a noun phrase; may be empty.
    pub why: String,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FilterView {
    /// `sekisho-filter/1`.
    pub schema: &'static str,
    /// `permit`, `deny` or `undecided`.
    pub decision: &'static str,
    /// Some world permits.
    pub possible: bool,
    /// Every world permits.
    pub certain: bool,
    /// File of the deciding line.
    pub file: Option<String>,
    /// The deciding line.
    pub line: Option<u64>,
    /// Why, where a line does not say it.
    pub note: Option<String>,
}

impl Gate {
    /// What a list decides.
    #[must_use]
    pub fn of_list(decision: &Decision) -> Self {
        let by = decision.decider(decision.possible);
        let open = decision.deciders.iter().find(|d| d.why.is_some());
        let named = if decision.word() == "undecided" { open.or(by) } else { by };
        Self {
            possible: decision.possible,
            certain: decision.certain,
            place: named.and_then(|d| d.place.clone()),
            why: named.and_then(|d| d.why.clone()).unwrap_or_default(),
        }
    }

    /// Whether a named set matches.
    #[must_use]
    pub fn of_set(set: &NamedSet, packet: &Packet, place: String) -> Self {
        let (possible, certain) = (set.matches.may_match(packet), set.matches.must_match(packet));
        let why = if possible == certain { String::new() } else { set.conditions.join(", ") };
        Self { possible, certain, place: Some(place), why }
    }
}

/// All gates one after the other: the first that certainly stops the packet decides, else the first that
/// may, else the first that names a line. Without gates everything passes, for the reason in `note`.
#[must_use]
pub fn view(gates: &[Gate], note: Option<String>) -> FilterView {
    let stopped = gates.iter().find(|g| !g.possible);
    let doubtful = gates.iter().find(|g| !g.certain);
    let passed = gates.iter().find(|g| g.place.is_some());
    let named = stopped.or(doubtful).or(passed);
    let decision = match (stopped, doubtful) {
        (Some(_), _) => "deny",
        (None, Some(_)) => "undecided",
        (None, None) => "permit",
    };
    let place = named.and_then(|g| g.place.as_deref()).map(split_place);
    FilterView {
        schema: SCHEMA,
        decision,
        possible: stopped.is_none(),
        certain: doubtful.is_none(),
        file: place.map(|(file, _)| file.to_owned()),
        line: place.and_then(|(_, line)| line),
        note: note.or_else(|| named.map(|g| g.why.clone())).filter(|n| !n.is_empty()),
    }
}
