//! What `check` says, as data: the one source of the JSON and of the text.

use sekisho_checker::{Answer, Certificate, Outcome, ReadError, Routing};
use serde::Serialize;

use super::messages::{CheckText, Lang, Text};
use super::verify::AssumptionView;

/// Version of the JSON of `check`.
pub const SCHEMA: &str = "sekisho-check/1";

/// The answer of a check.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckView {
    /// `sekisho-check/1`.
    pub schema: &'static str,
    /// The certificate, as named.
    pub file: String,
    /// `accepted`, `refused`, `not-confirmed` or `malformed`.
    pub result: &'static str,
    /// Day of the check, `YYYY-MM-DD`.
    pub as_of: String,
    /// What the certificate says of itself; absent when it is malformed.
    pub certificate: Option<CertificateView>,
    /// What is wrong with it as a whole.
    pub problems: Vec<String>,
    /// Claims in their order.
    pub claims: Vec<ClaimView>,
    /// Claims by answer.
    pub summary: SummaryView,
    /// Assumptions on which accepted claims lean.
    pub assumptions: Vec<AssumptionView>,
    /// Whether the configurations were compared with the inputs.
    pub configs: FilesView,
}

/// What a certificate says of itself.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CertificateView {
    /// Program and version that wrote it.
    pub tool: String,
    /// Day of evaluation.
    pub as_of: String,
    /// Earliest end of an approval that it uses.
    pub valid_until: Option<String>,
    /// SHA-256 that seals it.
    pub seal: String,
    /// Files that were read.
    pub inputs: Vec<CertifiedInputView>,
}

/// A file that was read.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CertifiedInputView {
    /// Path within the snapshot.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Number of lines.
    pub lines: u32,
}

/// A claim and what the check says of it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClaimView {
    /// Source.
    pub from: String,
    /// Target.
    pub to: String,
    /// `accepted`, `refused` or `not-confirmed`.
    pub answer: &'static str,
    /// Why it is refused.
    pub reason: Option<String>,
    /// `any` or `given`: what is taken for granted about routes.
    pub routing: &'static str,
    /// `declared` or `inferred`: what is taken for granted about cables.
    pub cabling: &'static str,
    /// Ids of the assumptions on which it leans.
    pub assumptions: Vec<String>,
}

/// Claims by answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SummaryView {
    /// Claims that hold.
    pub accepted: usize,
    /// Claims that do not follow.
    pub refused: usize,
    /// Claims for which the check was given up.
    pub not_confirmed: usize,
    /// Pairs that are not claimed.
    pub not_proven: usize,
}

/// What was compared with the inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FilesView {
    /// Files whose digests were compared; none without `--configs`.
    pub compared: usize,
    /// Whether the policy was among them.
    pub policy: bool,
    /// Whether they were parsed again and gave the same ledger, policy and model.
    pub reparsed: bool,
}

/// The view of a text that is no certificate.
#[must_use]
pub fn malformed(file: &str, as_of: &str, error: &ReadError, lang: Lang) -> CheckView {
    CheckView {
        schema: SCHEMA,
        file: file.to_owned(),
        result: "malformed",
        as_of: as_of.to_owned(),
        certificate: None,
        problems: vec![lang.say(&Text::Check(CheckText::Malformed(error)))],
        claims: Vec::new(),
        summary: SummaryView::default(),
        assumptions: Vec::new(),
        configs: FilesView::default(),
    }
}

/// The view of a check. `found` are problems that the files show.
#[must_use]
pub fn view(
    file: &str,
    as_of: &str,
    certificate: &Certificate,
    outcome: &Outcome,
    (found, configs): (Vec<String>, FilesView),
    lang: Lang,
) -> CheckView {
    let mut problems: Vec<String> =
        outcome.problems.iter().map(|p| lang.say(&Text::Check(CheckText::Problem(p)))).collect();
    problems.extend(found);
    let claims: Vec<ClaimView> = certificate
        .claims
        .iter()
        .zip(outcome.claims.iter())
        .map(|(claim, answer)| {
            let invariant = certificate.invariants.get(claim.invariant);
            let inferred = claim.leans_on.iter().any(|id| id == "inferred-cabling");
            ClaimView {
                from: claim.from.clone(),
                to: claim.to.clone(),
                answer: match answer {
                    Answer::Accepted => "accepted",
                    Answer::Refused(_) => "refused",
                    Answer::NotConfirmed => "not-confirmed",
                },
                reason: match answer {
                    Answer::Refused(why) => Some(lang.say(&Text::Check(CheckText::Refused(why)))),
                    Answer::Accepted | Answer::NotConfirmed => None,
                },
                routing: match invariant.map(|i| i.routing) {
                    Some(Routing::Any) => "any",
                    Some(Routing::Given) | None => "given",
                },
                cabling: if inferred { "inferred" } else { "declared" },
                assumptions: claim.leans_on.clone(),
            }
        })
        .collect();
    let count = |word: &str| claims.iter().filter(|c| c.answer == word).count();
    let summary = SummaryView {
        accepted: count("accepted"),
        refused: count("refused"),
        not_confirmed: count("not-confirmed"),
        not_proven: certificate.not_proven.len(),
    };
    let result = if !problems.is_empty() || summary.refused > 0 {
        "refused"
    } else if summary.not_confirmed > 0 {
        "not-confirmed"
    } else {
        "accepted"
    };
    let leant = |id: &String| claims.iter().any(|c| c.answer == "accepted" && c.assumptions.contains(id));
    CheckView {
        schema: SCHEMA,
        file: file.to_owned(),
        result,
        as_of: as_of.to_owned(),
        certificate: Some(of_itself(certificate)),
        problems,
        summary,
        assumptions: certificate
            .assume
            .iter()
            .filter(|a| leant(&a.id))
            .map(|a| AssumptionView {
                id: a.id.clone(),
                text: lang.say(&Text::Assumption { id: &a.id, text: &a.text }),
            })
            .collect(),
        claims,
        configs,
    }
}

fn of_itself(certificate: &Certificate) -> CertificateView {
    CertificateView {
        tool: certificate.tool.clone(),
        as_of: certificate.as_of.clone(),
        valid_until: certificate.valid_until.clone(),
        seal: certificate.seal.clone(),
        inputs: certificate
            .inputs
            .iter()
            .map(|i| CertifiedInputView { file: i.path.clone(), sha256: i.sha256.clone(), lines: i.lines })
            .collect(),
    }
}
