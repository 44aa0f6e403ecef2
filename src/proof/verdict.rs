//! Verdicts, findings and how they are put together from what the searches found.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use sekisho_diag::{Code, Severity, Span};
use sekisho_net::{Cube, Family, Packet};
use sekisho_reference::Reference;

use super::crossing::{self, Replies};
use super::evidence::{Because, Evidence, Note, Reason};
use super::isolation::{Judged, Path, Source};
use super::relay::{RelayFinding, Relays};
use super::required::Requirement;
use super::sessions::Opened;
use super::undecided::{decidable, undecided};
use super::whitelist::standing;
use super::{Leanings, Question, assume, internet, relay, replay};
use crate::graph::Node;
use crate::graph::location::{Domain, DomainId, DomainKind};
use crate::routing::Routing;
use crate::topology::PortRef;

/// The answer to a question; ordered from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing outside the whitelist arrives, in any world.
    Proven,
    /// Neither shown; the reasons say what would decide it.
    Undecided,
    /// A concrete packet arrives, in every world.
    Violated,
}

impl Verdict {
    /// `proven`, `undecided` or `violated`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Proven => "proven",
            Verdict::Undecided => "undecided",
            Verdict::Violated => "violated",
        }
    }
}

/// What the cabling of a verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cabling {
    /// Every up port has a declared cable or a declared far side.
    Declared,
    /// Some cables were inferred from subnets and VLANs.
    Inferred,
}

/// What a PROVEN rests on, besides the assumptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Assurance {
    /// Whether the routes that were given are taken as they are, or none.
    pub routing: Routing,
    /// Cabling.
    pub cabling: Cabling,
}

impl Assurance {
    /// Senders use any source address.
    pub const SOURCE: &'static str = "any";

    /// `declared` or `inferred`.
    #[must_use]
    pub fn cabling_word(self) -> &'static str {
        match self.cabling {
            Cabling::Declared => "declared",
            Cabling::Inferred => "inferred",
        }
    }
}

/// One cell of the matrix.
#[derive(Clone, Debug)]
pub struct PairVerdict {
    /// Source.
    pub from: DomainId,
    /// Target.
    pub to: DomainId,
    /// Verdict.
    pub verdict: Verdict,
    /// What a PROVEN rests on.
    pub assurance: Assurance,
    /// Ids of the assumptions that it leans on, sorted.
    pub assumptions: Vec<String>,
    /// Whether any packet, whitelisted or not, may arrive.
    pub reachable: bool,
    /// The routes that a pair leans on which is proven under the routes given. `None` where the question
    /// makes no sense: under any routes, and for a domain that lies behind a neighbour by routes alone.
    pub leans_on: Option<Leanings>,
    /// What is known about packets of sessions that others opened.
    pub replies: RepliesStatus,
    /// Whether the verdict was found by trying both answers to questions that the input leaves open. No one model
    /// shows it, so that no certificate claims it.
    pub either_way: bool,
}

/// Whether packets of sessions go astray between two domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RepliesStatus {
    /// None does, in any world.
    Clean,
    /// Some may.
    MayCross,
    /// Some surely do once a session is open.
    Cross,
}

impl RepliesStatus {
    /// `clean`, `may-cross` or `cross`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::MayCross => "may-cross",
            Self::Cross => "cross",
        }
    }
}

/// Findings beside the verdicts that count as breaches, because the user says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Denied {
    /// Packets of sessions that go astray.
    pub session_crossing: bool,
    /// Chains of sessions.
    pub relay: bool,
}

/// One hop of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessHop {
    /// Device.
    pub device: String,
    /// Interface by which the packet came.
    pub in_interface: String,
    /// Interface by which it left, if it did.
    pub out_interface: Option<String>,
    /// Header on arrival.
    pub arrives: Packet,
    /// Header on departure, or where it ends.
    pub leaves: Packet,
    /// What was decided, in order.
    pub steps: Vec<WitnessStep>,
}

/// One decision on the way of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessStep {
    /// Stage, such as `filter` or `route`.
    pub stage: String,
    /// What was decided.
    pub decision: String,
    /// Why; empty when the decision says it all.
    pub why: String,
    /// The line that decided it.
    pub place: Option<Evidence>,
}

/// A concrete packet that breaks the policy, and its way.
#[derive(Clone, Debug)]
pub struct Witness {
    /// Header as sent.
    pub sent: Packet,
    /// Header on arrival.
    pub arrived: Packet,
    /// `DEVICE:INTERFACE` by which it enters; `None` when both ends share a segment.
    pub enters: Option<String>,
    /// The way, by the reference semantics.
    pub hops: Vec<WitnessHop>,
    /// Boxes of packets on arrival for which the same holds.
    pub ranges: Vec<Cube>,
    /// Whether the reference semantics walked it to the same end.
    pub replayed: bool,
}

/// What a finding is about.
#[derive(Clone, Debug)]
pub enum FindingKind {
    /// Packets outside the whitelist cross.
    Open {
        /// Family of the witness.
        family: Family,
    },
    /// Two domains share a segment.
    SharedSegment {
        /// Family of the witness.
        family: Family,
    },
    /// Packets outside the whitelist may cross.
    MaybeOpen {
        /// Family of the example.
        family: Family,
        /// An example on arrival.
        example: Packet,
    },
    /// What is open belongs to nobody yet.
    NotAssigned {
        /// Family of the example.
        family: Family,
        /// An example on arrival.
        example: Packet,
        /// Interfaces to assign.
        interfaces: Vec<String>,
    },
    /// A pair is proven whatever the answers are to questions that the input leaves open.
    EitherWay {
        /// The questions: device, and name.
        questions: Vec<(String, &'static str)>,
    },
    /// Replies are let pass by their look; the ports are open to new packets.
    StatelessReply {
        /// What is open.
        ranges: Vec<(Family, Cube)>,
    },
    /// A packet of a session reaches another domain than the opener's, or comes from another one than
    /// the responder's.
    SessionCrossing {
        /// Who opens the session, if the packet shows it.
        opener: Option<String>,
        /// The reply as sent.
        example: Packet,
        /// Replies on arrival.
        ranges: Vec<(Family, Cube)>,
        /// Whether it surely crosses once the session is open.
        sure: bool,
    },
    /// A zone has no location.
    ZoneNotFound {
        /// Its id.
        zone: String,
    },
    /// A declaration of a zone could not be applied.
    Broken {
        /// Whose.
        zone: String,
        /// What is wrong.
        message: String,
    },
    /// Nothing can be proven because an input is missing or incomplete.
    Incomplete {
        /// What is wrong.
        why: Because,
    },
    /// An external is connected to the Internet although its zone forbids it.
    EndpointConnected {
        /// The external.
        external: String,
        /// Whether the graph shows it although it was declared otherwise.
        contradicted: bool,
    },
    /// Whether an external is connected to the Internet is not known.
    EndpointUnknown {
        /// The external.
        external: String,
        /// Whether the graph has a possible path although it was declared unconnected.
        possible_path: bool,
    },
    /// A whitelisted peer of a zone that forbids the Internet reaches it.
    PeerConnected {
        /// The whitelist entry.
        flow: String,
        /// Whether it is certain.
        sure: bool,
    },
    /// A required flow does not work, or may not.
    RequiredBroken {
        /// Its id.
        required: String,
        /// Whether it is the answer that does not come back.
        back: bool,
        /// A packet of it.
        example: Packet,
        /// Whether it works in no world.
        sure: bool,
    },
    /// A required flow that the whitelist does not permit.
    RequiredNotPermitted {
        /// Its id.
        required: String,
    },
    /// A whitelist entry that no packet can use.
    Unused {
        /// The entry.
        flow: String,
    },
    /// No whitelist entry can be used: the model is probably not connected.
    ModelDisconnected,
    /// The reference semantics does not confirm the engine.
    Disagreement {
        /// What the engine found.
        example: Packet,
    },
    /// Chains of sessions, and gateways.
    Relay(RelayFinding),
    /// The check of the certificate does not bear a proof out.
    Unconfirmed {
        /// What it says.
        why: String,
    },
}

impl FindingKind {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        Code(match self {
            Self::Open { .. } => "isolation/open",
            Self::SharedSegment { .. } => "isolation/shared-segment",
            Self::MaybeOpen { .. } => "isolation/undecided",
            Self::NotAssigned { .. } => "isolation/not-assigned",
            Self::EitherWay { .. } => "isolation/either-way",
            Self::StatelessReply { .. } => "isolation/stateless-reply",
            Self::SessionCrossing { .. } => "isolation/session-crossing",
            Self::ZoneNotFound { .. } => "isolation/zone-not-found",
            Self::Broken { .. } => "isolation/broken-declaration",
            Self::Incomplete { .. } => "isolation/incomplete-input",
            Self::EndpointConnected { .. } => "internet/endpoint-connected",
            Self::EndpointUnknown { .. } => "internet/endpoint-unknown",
            Self::PeerConnected { .. } => "internet/peer-connected",
            Self::RequiredBroken { .. } => "required/broken",
            Self::RequiredNotPermitted { .. } => "required/not-permitted",
            Self::Unused { .. } => "whitelist/unused",
            Self::ModelDisconnected => "whitelist/model-disconnected",
            Self::Disagreement { .. } => "check/disagreement",
            Self::Relay(found) => found.code().0,
            Self::Unconfirmed { .. } => "check/unconfirmed",
        })
    }
}

/// One thing that the user should know.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Stable within a run: code and subject.
    pub id: String,
    /// What it is.
    pub kind: FindingKind,
    /// How bad.
    pub severity: Severity,
    /// Its verdict; `Proven` for those that change nothing.
    pub verdict: Verdict,
    /// Source domain, if it is about a pair.
    pub from: Option<String>,
    /// Target domain, if it is about a pair.
    pub to: Option<String>,
    /// Responsible lines, most important first.
    pub locations: Vec<Evidence>,
    /// What would decide it.
    pub reasons: Vec<Reason>,
    /// Whether none of the reasons can be left out, if that was asked.
    pub minimal: Option<bool>,
    /// The packet and its way.
    pub witness: Option<Witness>,
}

/// Whether an external is connected to the Internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InternetStatus {
    /// Declared with evidence, and no path exists.
    No,
    /// Not known.
    Unknown,
    /// Declared, or the graph shows it.
    Yes,
}

impl InternetStatus {
    /// `yes`, `no` or `unknown`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::Yes => "yes",
        }
    }
}

/// The flag of one external.
#[derive(Clone, Debug)]
pub struct ExternalStatus {
    /// As in the matrix.
    pub id: String,
    /// Connected to the Internet?
    pub internet: InternetStatus,
    /// What its zone says to that.
    pub verdict: Verdict,
}

/// Everything that was found out.
#[derive(Clone, Debug)]
pub struct Report {
    /// The worst of all.
    pub verdict: Verdict,
    /// All ordered pairs, in the order of the domains.
    pub pairs: Vec<PairVerdict>,
    /// Sorted by severity, code and subject.
    pub findings: Vec<Finding>,
    /// All externals, `undeclared:*` included.
    pub externals: Vec<ExternalStatus>,
    /// Required flows by id.
    pub required: Vec<(String, Requirement)>,
    /// Chains of sessions, and gateways.
    pub relays: Relays,
    /// Assumptions: (id, what it is about).
    pub assumptions: Vec<(String, String)>,
    /// Whether the reference semantics contradicted the engine.
    pub disagreement: bool,
}

impl Report {
    /// Takes a proof back that the check of its certificate does not bear out. `wrong` tells a contradiction
    /// from a check that was given up.
    pub fn contradict(
        &mut self,
        (from, to): (DomainId, DomainId),
        names: (&str, &str),
        why: &str,
        wrong: bool,
    ) {
        let Some(pair) = self.pairs.iter_mut().find(|p| (p.from, p.to) == (from, to)) else { return };
        pair.verdict = Verdict::Undecided;
        pair.assumptions.clear();
        let kind = FindingKind::Unconfirmed { why: why.to_owned() };
        let mut finding = plain(kind, Verdict::Undecided, &format!("{}->{}", names.0, names.1));
        finding.severity = if wrong { Severity::Error } else { Severity::Warning };
        finding.from = Some(names.0.to_owned());
        finding.to = Some(names.1.to_owned());
        self.findings.push(finding);
        self.verdict = self.verdict.max(Verdict::Undecided);
        self.disagreement |= wrong;
        self.relays.doubt();
        sort(&mut self.findings);
    }
}

/// Worst first.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.severity, std::cmp::Reverse(f.verdict), f.kind.code(), f.id.clone());
        key(a).cmp(&key(b))
    });
}

/// Puts the verdicts together.
pub(super) fn assemble(
    question: &Question<'_>,
    judged: Vec<Source>,
    reference: Option<&Reference<'_>>,
    opened: &[Opened],
    replies: Vec<Replies>,
) -> Report {
    let mut report = Report {
        verdict: Verdict::Proven,
        pairs: Vec::new(),
        findings: Vec::new(),
        externals: Vec::new(),
        required: Vec::new(),
        relays: Relays::default(),
        assumptions: Vec::new(),
        disagreement: false,
    };
    let assumed = assume::Assumed::of(question);
    let unnamed: Vec<Unnamed> = question.domains.list.iter().map(|d| interfaces_of(question, d)).collect();
    let all: Vec<(DomainId, &Judged)> =
        judged.iter().flat_map(|source| source.pairs.iter().map(|pair| (source.from, pair))).collect();
    let cells: Vec<(PairVerdict, Vec<Finding>)> = all
        .into_par_iter()
        .map(|(from, pair)| cell(question, reference, from, pair, &assumed, &unnamed))
        .collect();
    for (pair, findings) in cells {
        report.pairs.push(pair);
        report.findings.extend(findings);
    }
    for (from, found) in question.domains.ids().zip(replies) {
        for crossing in found.crossings {
            report.findings.push(crossing::tell(question, opened, from, &crossing));
            let mut pairs = report.pairs.iter_mut();
            if let Some(pair) = pairs.find(|p| p.from == from && p.to == crossing.to) {
                pair.replies = if crossing.sure { RepliesStatus::Cross } else { RepliesStatus::MayCross };
            }
        }
    }
    for domain in &question.domains.list {
        unusable(domain, question, &mut report);
    }
    // Routes that are not known matter to nobody if every pair is proven under any.
    let any = |p: &PairVerdict| (p.verdict, p.assurance.routing) == (Verdict::Proven, Routing::Any);
    let whatever = report.pairs.iter().all(any);
    for blocked in question.blocked {
        let why = blocked.why.clone();
        let verdict = if whatever && why.is_about_routes() { Verdict::Proven } else { Verdict::Undecided };
        let mut finding = plain(FindingKind::Incomplete { why }, verdict, &blocked.text);
        finding.reasons.push(blocked.clone());
        finding.locations.extend(blocked.place.clone());
        report.findings.push(finding);
    }
    if question.policy.zones.is_empty() {
        let reason = Reason::new(None, Because::NoZones);
        let kind = FindingKind::Incomplete { why: Because::NoZones };
        let mut finding = plain(kind, Verdict::Undecided, &reason.text);
        finding.reasons.push(reason);
        report.findings.push(finding);
    }
    whitelist_use(question, &judged, &mut report);
    internet::judge(question, &judged, &mut report);
    report.assumptions = assumed.listed(&report.pairs);
    relay::judge(question, &judged, &mut report);
    report.disagreement = report.findings.iter().any(|f| matches!(f.kind, FindingKind::Disagreement { .. }));
    report.settle();
    report
}

impl Report {
    /// Makes breaches of findings that otherwise change no verdict.
    pub fn deny(&mut self, denied: Denied) {
        for finding in &mut self.findings {
            let sure = match &finding.kind {
                FindingKind::SessionCrossing { sure, .. } if denied.session_crossing => Some(*sure),
                FindingKind::Relay(found) if denied.relay => found.deniable(),
                _ => None,
            };
            let Some(sure) = sure else { continue };
            finding.verdict = if sure { Verdict::Violated } else { Verdict::Undecided };
            finding.severity = severity(finding.verdict);
        }
        self.settle();
    }

    /// The worst of all, and the findings in their order.
    pub(crate) fn settle(&mut self) {
        let cells = self.pairs.iter().map(|p| p.verdict);
        let findings = self.findings.iter().map(|f| f.verdict);
        self.verdict = cells.chain(findings).max().unwrap_or(Verdict::Undecided);
        self.findings.sort_by(|a, b| {
            let key = |f: &Finding| (f.severity, std::cmp::Reverse(f.verdict), f.kind.code(), f.id.clone());
            key(a).cmp(&key(b))
        });
    }
}

/// A finding without a pair.
pub(crate) fn plain(kind: FindingKind, verdict: Verdict, subject: &str) -> Finding {
    Finding {
        id: format!("{}:{subject}", kind.code()),
        severity: severity(verdict),
        kind,
        verdict,
        from: None,
        to: None,
        locations: Vec::new(),
        reasons: Vec::new(),
        minimal: None,
        witness: None,
    }
}

/// Severity that goes with a verdict.
pub(super) fn severity(verdict: Verdict) -> Severity {
    match verdict {
        Verdict::Violated => Severity::Error,
        Verdict::Undecided => Severity::Warning,
        Verdict::Proven => Severity::Info,
    }
}

/// A finding about a pair.
pub(super) fn about(
    question: &Question<'_>,
    from: DomainId,
    to: DomainId,
    kind: FindingKind,
    verdict: Verdict,
) -> Finding {
    let name = |id: DomainId| question.domains.get(id).map_or(String::new(), |d| d.id.clone());
    let (from, to) = (name(from), name(to));
    let mut finding = plain(kind, verdict, &format!("{from}->{to}"));
    finding.from = Some(from);
    finding.to = Some(to);
    finding
}

/// Where a span stands.
pub(super) fn evidence(question: &Question<'_>, span: Span, note: Note) -> Evidence {
    Evidence { file: question.sources.path(span.file).to_owned(), line: question.sources.line(span), note }
}

fn cell(
    question: &Question<'_>,
    reference: Option<&Reference<'_>>,
    from: DomainId,
    judged: &Judged,
    assumed: &assume::Assumed,
    unnamed: &[Unnamed],
) -> (PairVerdict, Vec<Finding>) {
    let mut findings = Vec::new();
    let to = judged.to;
    let declared = |id| question.domains.get(id).is_some_and(Domain::is_declared);
    let both = declared(from) && declared(to);
    let mut verdict = Verdict::Proven;
    if let Some(path) = judged.open.as_ref().filter(|_| both) {
        let found = violated(question, reference, (from, to), path);
        verdict = found.verdict;
        findings.push(found);
    } else if let Some(path) = judged.open.as_ref().or(judged.doubtful.as_ref()) {
        verdict = Verdict::Undecided;
        findings.push(match &judged.deciding {
            Some(deciding) if both => decidable(question, (from, to), path, deciding),
            _ => undecided(question, from, to, path, both, unnamed),
        });
    }
    let broken = |id| question.domains.get(id).is_none_or(|d| !d.broken.is_empty() || d.locations.is_empty());
    let apart = judged.apart.filter(|_| verdict == Verdict::Proven);
    let counts = |reason: &Reason| apart.is_none() || !reason.why.is_about_routes();
    if broken(from) || broken(to) || question.blocked.iter().any(counts) {
        verdict = verdict.max(Verdict::Undecided);
    }
    let proven = verdict == Verdict::Proven;
    let routing = if proven && apart.is_some() { Routing::Any } else { Routing::Given };
    let replies = !judged.replies.is_empty() || apart.is_some_and(|a| a.replies);
    if !judged.replies.is_empty() {
        let ranges =
            judged.replies.iter().flat_map(|(f, cubes)| cubes.iter().map(|c| (*f, c.clone()))).collect();
        let mut finding = about(question, from, to, FindingKind::StatelessReply { ranges }, Verdict::Proven);
        finding.locations = replay::reply_lines(question, &judged.replies);
        findings.push(finding);
    }
    let assumptions = if proven { assumed.of_pair(routing, replies) } else { Vec::new() };
    let pair = PairVerdict {
        from,
        to,
        verdict,
        assurance: Assurance { routing, cabling: assumed.cabling },
        assumptions,
        reachable: judged.arrival.may,
        replies: RepliesStatus::Clean,
        either_way: false,
        leans_on: None,
    };
    (pair, findings)
}

/// Interfaces of a domain that nobody declared, with their lines.
type Unnamed = BTreeMap<String, Span>;

/// The interfaces of a domain, if nobody declared it; there is a location for each neighbour behind one.
fn interfaces_of(question: &Question<'_>, domain: &Domain) -> Unnamed {
    if domain.is_declared() {
        return Unnamed::new();
    }
    let ports: BTreeSet<PortRef> = domain.locations.iter().filter_map(|l| l.port).collect();
    let named = ports.into_iter().filter_map(|port| {
        let device = question.devices.get(port.device)?;
        let interface = device.interface(port.interface)?;
        Some((format!("{}:{}", device.name, interface.name), interface.span))
    });
    named.collect()
}

/// A finding with a packet that surely arrives, if the reference semantics confirms it.
fn violated(
    question: &Question<'_>,
    reference: Option<&Reference<'_>>,
    (from, to): (DomainId, DomainId),
    path: &Path,
) -> Finding {
    let family = path.family;
    let shared = matches!(path.at, Node::Shared(_));
    let kind = if shared { FindingKind::SharedSegment { family } } else { FindingKind::Open { family } };
    let mut finding = about(question, from, to, kind, Verdict::Violated);
    let replayed = replay::replay(question, reference, (from, to), path);
    finding.locations = replayed.locations;
    let confirmed = replayed.witness.replayed;
    finding.witness = Some(replayed.witness);
    if !confirmed {
        finding.kind = FindingKind::Disagreement { example: path.packet };
        finding.verdict = Verdict::Undecided;
    }
    finding
}

/// Findings about domains that have no location, or whose declarations could not be applied.
fn unusable(domain: &Domain, question: &Question<'_>, report: &mut Report) {
    let span = match domain.kind {
        DomainKind::Zone(index) => question.policy.zones.get(index).map(|z| z.span),
        DomainKind::External(index) => question.policy.externals.get(index).map(|e| e.span),
        _ => return,
    };
    for diagnostic in &domain.broken {
        let kind = FindingKind::Broken { zone: domain.id.clone(), message: diagnostic.message.clone() };
        let mut finding = plain(kind, Verdict::Undecided, &format!("{}:{}", domain.id, diagnostic.message));
        let place = diagnostic.span.map(|s| evidence(question, s, Note::None));
        finding.locations.extend(place.clone());
        let (message, help) = (diagnostic.message.clone(), diagnostic.help.clone());
        finding.reasons.push(Reason::new(place, Because::Broken { message, help }));
        report.findings.push(finding);
    }
    if domain.locations.is_empty() {
        let kind = FindingKind::ZoneNotFound { zone: domain.id.clone() };
        let mut finding = plain(kind, Verdict::Undecided, &domain.id);
        let place = span.map(|s| evidence(question, s, Note::None));
        finding.locations.extend(place.clone());
        finding.reasons.push(Reason::new(place, Because::NoLocation));
        report.findings.push(finding);
    }
}

/// Whitelist entries that nothing can use.
fn whitelist_use(question: &Question<'_>, judged: &[Source], report: &mut Report) {
    let granted: Vec<_> = question.policy.granted(question.as_of).collect();
    let pairs = judged.iter().flat_map(|s| s.pairs.iter().filter(|p| p.realised).map(|p| (s.from, p.to)));
    let realised: BTreeSet<(DomainId, DomainId)> = pairs.collect();
    let mut used = 0;
    for flow in &granted {
        let froms = standing(question, flow.from.value);
        let tos = standing(question, flow.to.value);
        let realised = froms.iter().any(|from| tos.iter().any(|to| realised.contains(&(*from, *to))));
        if realised {
            used += 1;
            continue;
        }
        let kind = FindingKind::Unused { flow: flow.id.value.clone() };
        let mut finding = plain(kind, Verdict::Proven, &flow.id.value);
        finding.locations.push(evidence(question, flow.span, Note::None));
        report.findings.push(finding);
    }
    if used == 0 && !granted.is_empty() {
        let mut finding = plain(FindingKind::ModelDisconnected, Verdict::Proven, "all");
        finding.severity = Severity::Warning;
        report.findings.push(finding);
    }
}
