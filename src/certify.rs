//! From a judged snapshot to its certificate.
//!
//! What the certificate says of the files is put together here; the rest is `proof::certificate`. Entry:
//! [`certify`].

use sekisho_checker::Certificate;
use sekisho_diag::{FileId, SourceMap};

use crate::analysis::Analysis;
use crate::policy::{Date, Policy};
use crate::proof::certificate::{self, File, FileKind, Written};
use crate::proof::{ProofError, Report};
use crate::snapshot::{Role, Snapshot};

/// Program and version, as a certificate names them.
pub const TOOL: &str = concat!("sekisho ", env!("CARGO_PKG_VERSION"));

/// A judged snapshot.
pub struct Judged<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// What is permitted.
    pub policy: &'a Policy,
    /// The file that says so.
    pub policy_file: PolicyFile<'a>,
    /// Graph and plain network.
    pub analysis: &'a Analysis,
    /// Verdicts.
    pub report: &'a Report,
    /// Day of evaluation.
    pub as_of: Date,
}

/// The file of a policy.
#[derive(Clone, Copy, Debug)]
pub struct PolicyFile<'a> {
    /// Its path; only its last part gets into the certificate.
    pub path: &'a str,
    /// Its text.
    pub file: FileId,
    /// SHA-256 of its bytes in lower-case hexadecimal.
    pub sha256: &'a str,
    /// Size in bytes.
    pub bytes: u64,
}

impl<'a> PolicyFile<'a> {
    /// The file of which the text was added last; the parts are its path, digest and size.
    #[must_use]
    pub fn last((path, sha256, bytes): (&'a str, &'a str, u64), sources: &SourceMap) -> Option<Self> {
        let (file, _) = sources.iter().last()?;
        Some(Self { path, file, sha256, bytes })
    }
}

/// Writes the certificate of everything that is proven.
///
/// # Errors
/// [`ProofError`] when the packet sets outgrow their budget.
pub fn certify(judged: &Judged<'_>) -> Result<Written, ProofError> {
    let Judged { snapshot, policy, analysis, report, as_of, .. } = *judged;
    let question = analysis.question(&snapshot.devices, policy, &snapshot.sources, as_of, &[], &[]);
    let files = files(snapshot, &judged.policy_file);
    let ledgers = &snapshot.ledgers;
    let material = certificate::Material { question: &question, report, files: &files, ledgers, tool: TOOL };
    Ok(certificate::write(&material)?)
}

/// A certificate without claims: what the files alone say.
#[must_use]
pub fn read_again(
    snapshot: &Snapshot,
    policy: &Policy,
    policy_file: &PolicyFile<'_>,
    analysis: &Analysis,
    as_of: Date,
) -> Certificate {
    let question = analysis.question(&snapshot.devices, policy, &snapshot.sources, as_of, &[], &[]);
    let files = files(snapshot, policy_file);
    certificate::frame(&question, &files, &snapshot.ledgers, TOOL)
}

/// All files with what they were read for.
fn files(snapshot: &Snapshot, policy: &PolicyFile<'_>) -> Vec<File> {
    let position = |name: &String| snapshot.devices.iter().position(|d| d.name == *name);
    let positions = |names: &[String]| {
        let mut all: Vec<usize> = names.iter().filter_map(position).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let mut out: Vec<File> = snapshot
        .files
        .iter()
        .map(|input| {
            let of_device = |id: &FileId| snapshot.devices.iter().any(|d| d.files.contains(id));
            let (kind, devices) = match &input.role {
                // A second copy of a configuration adds nothing.
                Role::Config(names) if input.file.as_ref().is_some_and(of_device) => {
                    (FileKind::Config, positions(names))
                }
                Role::Routes(names) => (FileKind::Routes, positions(names)),
                Role::Config(_) | Role::Other(_) | Role::Unread(_) => (FileKind::Other, Vec::new()),
            };
            // A table of no device is not used; nothing is proven beside it.
            let kind = if devices.is_empty() { FileKind::Other } else { kind };
            File {
                path: input.path.clone(),
                file: input.file,
                sha256: input.sha256.clone(),
                bytes: input.bytes,
                kind,
                devices,
            }
        })
        .collect();
    let policy = policy_file(policy, &mut out);
    out.push(policy);
    out
}

/// The policy among the files of the snapshot, under the last part of its path.
fn policy_file(policy: &PolicyFile<'_>, others: &mut Vec<File>) -> File {
    let name = policy.path.rsplit('/').next().unwrap_or(policy.path);
    others.retain(|f| !(f.path == name && f.sha256 == policy.sha256 && f.kind == FileKind::Other));
    let taken = others.iter().any(|f| f.path == name);
    File {
        path: if taken { format!("../{name}") } else { name.to_owned() },
        file: Some(policy.file),
        sha256: policy.sha256.to_owned(),
        bytes: policy.bytes,
        kind: FileKind::Policy,
        devices: Vec::new(),
    }
}
