//! The files of a certificate, and what became of each of their lines.

use sekisho_checker as checker;
use sekisho_diag::{FileId, SourceMap};
use sekisho_model::{Coverage, Ledger};

/// What a file was read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A configuration.
    Config,
    /// A route table.
    Routes,
    /// The policy.
    Policy,
    /// Nothing.
    Other,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path relative to the snapshot, with `/` separators.
    pub path: String,
    /// Its text, if it has one.
    pub file: Option<FileId>,
    /// SHA-256 of its bytes in lower-case hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// What it was read for.
    pub kind: FileKind,
    /// Positions of the devices that it describes.
    pub devices: Vec<usize>,
}

/// Files in the order of their paths, and the ledgers of those that have one.
pub(super) fn inputs(
    files: &[File],
    ledgers: &[Ledger],
    sources: &SourceMap,
) -> (Vec<checker::Input>, Vec<checker::Ledger>) {
    let mut files: Vec<&File> = files.iter().collect();
    files.sort_by(|a, b| (&a.path, &a.sha256).cmp(&(&b.path, &b.sha256)));
    let lines = |id: FileId| sources.get(id).map_or(0, sekisho_diag::SourceFile::line_count);
    let inputs = files
        .iter()
        .map(|f| checker::Input {
            path: f.path.clone(),
            sha256: f.sha256.clone(),
            bytes: f.bytes,
            lines: f.file.map_or(0, lines),
            kind: match f.kind {
                FileKind::Config => checker::InputKind::Config,
                FileKind::Routes => checker::InputKind::Routes,
                FileKind::Policy => checker::InputKind::Policy,
                FileKind::Other => checker::InputKind::Other,
            },
            devices: f.devices.clone(),
        })
        .collect();
    let books = files.iter().enumerate().filter_map(|(input, f)| {
        let read = matches!(f.kind, FileKind::Config | FileKind::Routes);
        let ledger = ledgers.iter().find(|l| read && f.file == Some(l.file))?;
        Some(checker::Ledger { input, runs: runs(ledger) })
    });
    (inputs, books.collect())
}

/// Runs of lines with one state.
fn runs(ledger: &Ledger) -> Vec<(u32, u32, checker::State)> {
    let mut out: Vec<(u32, u32, checker::State)> = Vec::new();
    for (line, state) in ledger.iter() {
        // A line that nobody has accounted for was not understood.
        let state = match state.map_or(Coverage::Unrecognized, |s| s.state) {
            Coverage::Modeled => checker::State::Modeled,
            Coverage::Ignored => checker::State::Ignored,
            Coverage::Approximated => checker::State::Approximated,
            Coverage::Unsupported => checker::State::Unsupported,
            Coverage::Unrecognized => checker::State::Unrecognized,
        };
        match out.last_mut() {
            Some((_, last, same)) if *same == state => *last = line,
            _ => out.push((line, line, state)),
        }
    }
    out
}
