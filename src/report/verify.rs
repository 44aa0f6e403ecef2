//! What `verify` says, as data: the one source of the JSON and of the text.

use serde::Serialize;

use super::ranges::{HeaderView, RangeView};
use crate::proof::Verdict;

mod advice;
mod build;
mod group;
mod leans;
mod relay;

pub use advice::Advice;
pub use build::{Parts, coverage, diagnostics, kind_word, location, view, witness};
pub use group::{EndsView, GroupView, groups};
pub use leans::{LeanView, LeansView, leaning};
pub use relay::{ChainView, RelaysView, SessionView, WaypointView};

/// Version of the JSON of `verify`.
pub const SCHEMA: &str = "sekisho-verify/1";

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Word {
    /// Nothing outside the whitelist arrives.
    Proven,
    /// Neither shown.
    Undecided,
    /// A packet outside the whitelist arrives.
    Violated,
}

impl From<Verdict> for Word {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Proven => Word::Proven,
            Verdict::Undecided => Word::Undecided,
            Verdict::Violated => Word::Violated,
        }
    }
}

/// The whole report.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VerifyView {
    /// `sekisho-verify/1`.
    pub schema: &'static str,
    /// The worst of all.
    pub verdict: Word,
    /// Day of evaluation, `YYYY-MM-DD`.
    pub as_of: String,
    /// Whether the independent check contradicted the engine.
    pub disagreement: bool,
    /// Everything that has a row in the matrix, in its order.
    pub domains: Vec<DomainView>,
    /// All ordered pairs.
    pub pairs: Vec<PairView>,
    /// Sorted by severity, verdict, code and id.
    pub findings: Vec<FindingView>,
    /// The undecided findings by what would decide them: what blocks every proof first, then what concerns
    /// most pairs.
    pub groups: Vec<GroupView>,
    /// All externals, `undeclared:*` included.
    pub externals: Vec<ExternalView>,
    /// Required flows.
    pub required: Vec<RequiredView>,
    /// Chains of sessions.
    pub relays: RelaysView,
    /// Gateways, in each direction in which flows go by them.
    pub waypoints: Vec<WaypointView>,
    /// What the proven pairs take for granted.
    pub assumptions: Vec<AssumptionView>,
    /// Input lines by state.
    pub coverage: CoverageView,
    /// Input files, the policy first.
    pub inputs: Vec<InputView>,
    /// Messages about the files.
    pub diagnostics: Vec<DiagnosticView>,
}

/// A row of the matrix.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DomainView {
    /// Id.
    pub id: String,
    /// `zone`, `external`, `unassigned` or `undeclared`.
    pub kind: &'static str,
    /// Name in the language of the report, if the policy has one.
    pub name: Option<String>,
}

/// One cell of the matrix.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PairView {
    /// Source.
    pub from: String,
    /// Target.
    pub to: String,
    /// Verdict.
    pub verdict: Word,
    /// What the verdict rests on.
    pub assurance: AssuranceView,
    /// Assumptions of a proven pair, by id.
    pub assumptions: Vec<String>,
    /// Whether any packet, whitelisted or not, may arrive.
    pub reachable: bool,
    /// Whether packets of sessions that somebody opened go astray this way: `clean`, `may-cross` or `cross`.
    pub replies: &'static str,
    /// For a pair that is proven under the routes given: which of them it leans on. `null` where that was not
    /// asked: for other pairs, and where routes say where a domain lies.
    pub leans_on_routes: Option<LeansView>,
    /// The shortest chain of sessions between them, where no session may be opened directly.
    pub chain: Option<ChainView>,
}

/// What a verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AssuranceView {
    /// `given`, or `any`.
    pub routing: &'static str,
    /// `declared` or `inferred`.
    pub cabling: &'static str,
    /// `any` or `own-subnet`.
    pub source: &'static str,
}

/// A line of an input file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LocationView {
    /// File, as shown.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// What it has to do with the matter; may be empty.
    pub note: String,
    /// Its text; empty when it may hold a secret.
    #[serde(skip)]
    pub quote: String,
}

/// A finding.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingView {
    /// Stable within a run.
    pub id: String,
    /// Stable code.
    pub code: &'static str,
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// What it makes of the verdict.
    pub verdict: Word,
    /// Source, if it is about a pair.
    pub from: Option<String>,
    /// Target, if it is about a pair.
    pub to: Option<String>,
    /// What was found.
    pub message: String,
    /// Responsible lines, most important first.
    pub locations: Vec<LocationView>,
    /// What would decide it.
    pub reasons: Vec<ReasonView>,
    /// Whether none of the reasons can be left out; absent where that was not asked.
    pub minimal: Option<bool>,
    /// What to do about it, if there is something to say.
    pub suggestion: Option<String>,
    /// Other ways to mend it.
    pub alternatives: Vec<String>,
    /// An example of what may pass, where there is no witness.
    pub example: Option<HeaderView>,
    /// What is open, where that is not the witness.
    pub ranges: Vec<RangeView>,
    /// The packet that shows it.
    pub witness: Option<WitnessView>,
}

/// Something that would decide an undecided verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReasonView {
    /// The line to blame.
    pub location: Option<LocationView>,
    /// What is not known.
    pub text: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// A packet and its way.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WitnessView {
    /// Header as sent.
    pub packet: HeaderView,
    /// Header on arrival.
    pub arrived: HeaderView,
    /// `DEVICE:INTERFACE` by which it enters; absent when both ends share a segment.
    pub enters: Option<String>,
    /// The way, by the reference semantics.
    pub hops: Vec<HopView>,
    /// Packets on arrival for which the same holds.
    pub ranges: Vec<RangeView>,
    /// Whether the reference semantics confirmed it.
    pub replayed: bool,
}

/// The way through one device.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HopView {
    /// Device.
    pub device: String,
    /// Interface of arrival.
    pub in_interface: String,
    /// Interface of departure.
    pub out_interface: Option<String>,
    /// Header on arrival.
    pub arrives: HeaderView,
    /// Header on departure, if the device has changed it.
    pub leaves: Option<HeaderView>,
    /// Decisions in order.
    pub steps: Vec<StepView>,
}

/// One decision.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StepView {
    /// Stage.
    pub stage: String,
    /// What was decided, in the words of the reference semantics.
    pub decision: String,
    /// The same in the language of the report.
    #[serde(skip)]
    pub shown: String,
    /// File of the deciding line.
    pub file: Option<String>,
    /// The deciding line.
    pub line: Option<u32>,
    /// Its text.
    #[serde(skip)]
    pub quote: String,
}

/// A required flow.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RequiredView {
    /// Id.
    pub id: String,
    /// `met`, `undecided` or `broken`.
    pub state: &'static str,
}

/// The flag of an external.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExternalView {
    /// Id.
    pub id: String,
    /// `yes`, `no` or `unknown`.
    pub internet: &'static str,
    /// What its zone says to that.
    pub verdict: Word,
}

/// Something taken for granted.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AssumptionView {
    /// Id, described in `docs/assumptions.md`.
    pub id: String,
    /// What is taken for granted.
    pub text: String,
}

/// Lines by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CoverageView {
    /// In the model, exactly.
    pub modeled: usize,
    /// Cannot affect forwarding.
    pub ignored: usize,
    /// In the model, widened.
    pub approximated: usize,
    /// Recognised, not modelled.
    pub unsupported: usize,
    /// Not understood.
    pub unrecognized: usize,
}

/// An input file.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InputView {
    /// Path, as shown.
    pub file: String,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// `policy`, `config`, `routes`, `other` or `unread`.
    pub role: &'static str,
}

/// A message about a file.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DiagnosticView {
    /// Stable code.
    pub code: &'static str,
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// File.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// What to do next.
    pub help: Option<String>,
}
