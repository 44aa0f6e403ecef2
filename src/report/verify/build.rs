//! From the report of the proof to its view.

use std::collections::BTreeMap;

use sekisho_diag::{Diagnostic, FileId, SourceMap};
use sekisho_model::{Coverage, Device, Ledger};

use super::{
    AssumptionView, AssuranceView, CoverageView, DiagnosticView, DomainView, ExternalView, FindingView,
    HopView, InputView, LocationView, PairView, ReasonView, RequiredView, SCHEMA, StepView, VerifyView,
    WitnessView, advice, groups,
};
use super::{leans, relay};
use crate::graph::location::{DomainKind, Domains};
use crate::policy::{Date, Policy};
use crate::proof::verdict::{WitnessHop, WitnessStep};
use crate::proof::{
    Assurance, Evidence, ExternalStatus, Finding, FindingKind, PairVerdict, Reason, Report, Witness,
};
use crate::report::messages::{Lang, Remedy, Text};
use crate::report::ranges::{header, range};
use crate::report::secret;
use crate::snapshot::{InputFile, Role};
use crate::topology::Topology;

/// What the view is made from.
pub struct Parts<'a> {
    /// The verdicts.
    pub report: &'a Report,
    /// Devices of the snapshot.
    pub devices: &'a [Device],
    /// Layer 2.
    pub topology: &'a Topology,
    /// Who is where.
    pub domains: &'a Domains,
    /// The policy.
    pub policy: &'a Policy,
    /// Its file, as shown, and the SHA-256 of its bytes.
    pub policy_file: (String, String),
    /// Day of evaluation.
    pub as_of: Date,
    /// The texts.
    pub sources: &'a SourceMap,
    /// Files of the snapshot.
    pub files: &'a [InputFile],
    /// Line ledgers.
    pub ledgers: &'a [Ledger],
    /// Messages about the files.
    pub diagnostics: &'a [Diagnostic],
}

/// Builds the view.
#[must_use]
pub fn view(parts: &Parts<'_>, lang: Lang) -> VerifyView {
    let builder = Builder::new(parts, lang);
    let report = parts.report;
    let (file, sha256) = parts.policy_file.clone();
    let policy = InputView { file, sha256, role: "policy" };
    let findings: Vec<FindingView> = report.findings.iter().map(|f| builder.finding(f)).collect();
    VerifyView {
        schema: SCHEMA,
        verdict: report.verdict.into(),
        as_of: parts.as_of.to_string(),
        disagreement: report.disagreement,
        domains: parts.domains.list.iter().map(|d| builder.domain(&d.id, d.kind)).collect(),
        pairs: report.pairs.iter().map(|p| builder.pair(p)).collect(),
        groups: groups(&findings),
        findings,
        externals: report.externals.iter().map(external).collect(),
        required: report
            .required
            .iter()
            .map(|(id, state)| RequiredView { id: id.clone(), state: state.word() })
            .collect(),
        relays: relay::relays(parts, lang),
        waypoints: report.relays.waypoints.iter().map(relay::waypoint).collect(),
        assumptions: report
            .assumptions
            .iter()
            .map(|(id, text)| AssumptionView {
                id: id.clone(),
                text: lang.say(&Text::Assumption { id, text }),
            })
            .collect(),
        coverage: coverage(parts.ledgers),
        inputs: std::iter::once(policy).chain(parts.files.iter().map(input)).collect(),
        diagnostics: diagnostics(parts.diagnostics, parts.sources),
    }
}

/// The view of a packet and its way.
#[must_use]
pub fn witness(parts: &Parts<'_>, lang: Lang, witness: &Witness) -> WitnessView {
    Builder::new(parts, lang).witness(witness)
}

/// The view of a line.
#[must_use]
pub fn location(parts: &Parts<'_>, lang: Lang, evidence: &Evidence) -> LocationView {
    Builder::new(parts, lang).location(evidence)
}

/// Lines of all ledgers by state.
#[must_use]
pub fn coverage(ledgers: &[Ledger]) -> CoverageView {
    let count = |state| ledgers.iter().map(|l| l.count(state)).sum();
    CoverageView {
        modeled: count(Coverage::Modeled),
        ignored: count(Coverage::Ignored),
        approximated: count(Coverage::Approximated),
        unsupported: count(Coverage::Unsupported),
        unrecognized: count(Coverage::Unrecognized),
    }
}

/// The views of diagnostics, in their order.
#[must_use]
pub fn diagnostics(all: &[Diagnostic], sources: &SourceMap) -> Vec<DiagnosticView> {
    all.iter()
        .map(|d| DiagnosticView {
            code: d.code.as_str(),
            severity: d.severity.word(),
            message: d.message.clone(),
            file: d.span.map(|s| sources.path(s.file).to_owned()),
            line: d.span.map(|s| sources.line(s)),
            help: d.help.clone(),
        })
        .collect()
}

fn external(status: &ExternalStatus) -> ExternalView {
    ExternalView { id: status.id.clone(), internet: status.internet.word(), verdict: status.verdict.into() }
}

fn input(file: &InputFile) -> InputView {
    let role = match file.role {
        Role::Config(_) => "config",
        Role::Routes(_) => "routes",
        Role::Other(_) => "other",
        Role::Unread(_) => "unread",
    };
    InputView { file: file.path.clone(), sha256: file.sha256.clone(), role }
}

struct Builder<'a> {
    parts: &'a Parts<'a>,
    lang: Lang,
    files: BTreeMap<&'a str, FileId>,
}

impl<'a> Builder<'a> {
    fn new(parts: &'a Parts<'a>, lang: Lang) -> Self {
        Self { parts, lang, files: parts.sources.iter().map(|(id, f)| (f.path(), id)).collect() }
    }

    fn domain(&self, id: &str, kind: DomainKind) -> DomainView {
        let policy = self.parts.policy;
        let names = match kind {
            DomainKind::Zone(i) => policy.zones.get(i).map(|z| (&z.name_ja, &z.name_en)),
            DomainKind::External(i) => policy.externals.get(i).map(|e| (&e.name_ja, &e.name_en)),
            DomainKind::Unassigned | DomainKind::Undeclared(_) => None,
        };
        let name = names.and_then(|(ja, en)| if self.lang == Lang::Ja { ja.clone() } else { en.clone() });
        DomainView { id: id.to_owned(), kind: kind_word(kind), name }
    }

    fn pair(&self, pair: &PairVerdict) -> PairView {
        let id = |d| self.parts.domains.get(d).map_or(String::new(), |d| d.id.clone());
        PairView {
            from: id(pair.from),
            to: id(pair.to),
            verdict: pair.verdict.into(),
            assurance: AssuranceView {
                routing: pair.assurance.routing.word(),
                cabling: pair.assurance.cabling_word(),
                source: Assurance::SOURCE,
            },
            assumptions: pair.assumptions.clone(),
            reachable: pair.reachable,
            replies: pair.replies.word(),
            leans_on_routes: pair.leans_on.as_ref().map(|l| leans::view(l, &|e| self.location(e))),
            chain: relay::of_pair(self.parts, pair.from, pair.to),
        }
    }

    fn quote(&self, file: &str, line: u32) -> String {
        let source = self.files.get(file).and_then(|id| self.parts.sources.get(*id));
        let text = source.map_or("", |s| s.line_text(line)).trim();
        if secret::may_hold(text) { String::new() } else { text.to_owned() }
    }

    fn location(&self, evidence: &Evidence) -> LocationView {
        LocationView {
            file: evidence.file.clone(),
            line: evidence.line,
            note: self.lang.say(&Text::Note(&evidence.note)),
            quote: self.quote(&evidence.file, evidence.line),
        }
    }

    fn finding(&self, finding: &Finding) -> FindingView {
        let end = |e: &Option<String>| e.clone().unwrap_or_default();
        let (from, to) = (end(&finding.from), end(&finding.to));
        let message = self.lang.say(&Text::Finding { kind: &finding.kind, from: &from, to: &to });
        let mut advice =
            advice::of(finding, self.parts).into_iter().map(|a| self.lang.say(&Text::Advice(&a)));
        let suggestion = advice.next();
        let (example, ranges) = match &finding.kind {
            FindingKind::MaybeOpen { example, .. }
            | FindingKind::NotAssigned { example, .. }
            | FindingKind::Disagreement { example } => (Some(header(example)), Vec::new()),
            FindingKind::RequiredBroken { example, .. } => (Some(header(example)), Vec::new()),
            FindingKind::SessionCrossing { example, ranges, .. } => {
                (Some(header(example)), ranges.iter().map(|(f, c)| range(*f, c)).collect())
            }
            FindingKind::StatelessReply { ranges } => {
                (None, ranges.iter().map(|(f, c)| range(*f, c)).collect())
            }
            _ => (None, Vec::new()),
        };
        FindingView {
            id: finding.id.clone(),
            code: finding.kind.code().as_str(),
            severity: finding.severity.word(),
            verdict: finding.verdict.into(),
            from: finding.from.clone(),
            to: finding.to.clone(),
            message,
            locations: finding.locations.iter().map(|e| self.location(e)).collect(),
            reasons: finding.reasons.iter().map(|r| self.reason(r)).collect(),
            minimal: finding.minimal,
            suggestion,
            alternatives: advice.collect(),
            example,
            ranges,
            witness: finding.witness.as_ref().map(|w| self.witness(w)),
        }
    }

    fn reason(&self, reason: &Reason) -> ReasonView {
        let place = reason.place.as_ref();
        let like_it = place.map_or(0, |p| self.unread(&p.file));
        let help = self.lang.say(&Text::Remedy(Remedy { why: &reason.why, like_it }));
        ReasonView {
            location: place.map(|p| LocationView { note: String::new(), ..self.location(p) }),
            text: self.lang.say(&Text::Because(&reason.why)),
            help: Some(help).filter(|h| !h.is_empty()),
        }
    }

    /// Lines of a file that are not understood, or understood and not modelled.
    fn unread(&self, file: &str) -> usize {
        let id = self.files.get(file);
        let ledgers = self.parts.ledgers.iter().filter(|l| Some(&l.file) == id);
        ledgers.map(|l| l.count(Coverage::Unsupported) + l.count(Coverage::Unrecognized)).sum()
    }

    fn witness(&self, witness: &Witness) -> WitnessView {
        let family = witness.arrived.family;
        WitnessView {
            packet: header(&witness.sent),
            arrived: header(&witness.arrived),
            enters: witness.enters.clone(),
            hops: witness.hops.iter().map(|h| self.hop(h)).collect(),
            ranges: witness.ranges.iter().map(|c| range(family, c)).collect(),
            replayed: witness.replayed,
        }
    }

    fn hop(&self, hop: &WitnessHop) -> HopView {
        HopView {
            device: hop.device.clone(),
            in_interface: hop.in_interface.clone(),
            out_interface: hop.out_interface.clone(),
            arrives: header(&hop.arrives),
            leaves: (hop.leaves != hop.arrives).then(|| header(&hop.leaves)),
            steps: hop.steps.iter().map(|s| self.step(s)).collect(),
        }
    }

    fn step(&self, step: &WitnessStep) -> StepView {
        StepView {
            stage: step.stage.clone(),
            decision: decision(step, Lang::En),
            shown: decision(step, self.lang),
            file: step.place.as_ref().map(|p| p.file.clone()),
            line: step.place.as_ref().map(|p| p.line),
            quote: step.place.as_ref().map_or(String::new(), |p| self.quote(&p.file, p.line)),
        }
    }
}

/// What a step decided, and why.
fn decision(step: &WitnessStep, lang: Lang) -> String {
    let decision = lang.say(&Text::Decision(&step.decision));
    if step.why.is_empty() {
        return decision;
    }
    format!("{decision} ({})", lang.say(&Text::StepWhy(&step.why)))
}

/// `zone`, `external`, `unassigned` or `undeclared`.
#[must_use]
pub fn kind_word(kind: DomainKind) -> &'static str {
    match kind {
        DomainKind::Zone(_) => "zone",
        DomainKind::External(_) => "external",
        DomainKind::Unassigned => "unassigned",
        DomainKind::Undeclared(_) => "undeclared",
    }
}
