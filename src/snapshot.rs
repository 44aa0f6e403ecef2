//! Reads a directory of exports: the only module that opens files.
//!
//! [`load`] walks the path, decodes each file, decides what it is, parses configurations and route tables
//! in parallel and binds the tables to their devices. Nothing disappears: a file that cannot be read or
//! that no reader understands is an error and stands in [`Snapshot::unread`], because a device that
//! is not in the model may be the open door. The result does not depend on the number of threads or on
//! the order of the directory: files are taken in the order of their paths.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use sekisho_diag::{Diagnostic, FileId, Severity, SourceMap, Span, sort_diagnostics};
use sekisho_model::{Device, Ledger};
use sekisho_parsers::Answers;
use sekisho_parsers::detect::{Detection, Kind, Os, RouteFormat};

mod assign;
mod cache;
mod cluster;
pub mod codes;
mod decode;
mod devices;
mod hints;
mod parse;
mod raw;
mod read;
#[cfg(test)]
mod tests;
mod walk;

pub use cache::Cache;
pub use decode::TextEncoding;
pub use raw::{RawFile, raw};

/// What the user states instead of letting it be guessed.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadOptions {
    /// Operating system of every configuration.
    pub os: Option<Os>,
    /// Encoding of every file that is neither UTF-8 nor marked.
    pub encoding: Option<TextEncoding>,
}

/// What a file turned out to be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The configuration of these devices.
    Config(Vec<String>),
    /// Route tables of these devices.
    Routes(Vec<String>),
    /// Neither, for this reason.
    Other(String),
    /// It may be either, but could not be read, for this reason.
    Unread(String),
}

/// One file of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Path relative to the snapshot, with `/` separators.
    pub path: String,
    /// Its decoded text; `None` when it has none.
    pub file: Option<FileId>,
    /// SHA-256 of its bytes in lower-case hexadecimal; empty when they could not be read.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Encoding that was used, such as `utf-8` or `shift_jis`; empty when it has no text.
    pub encoding: &'static str,
    /// What it was taken for, and by which line; `None` when it has no text.
    pub detection: Option<Detection>,
    /// What it is for.
    pub role: Role,
}

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Decoded texts, in the order of their paths.
    pub sources: SourceMap,
    /// Devices, in the order of the files that introduce them.
    pub devices: Vec<Device>,
    /// All files, in the order of their paths.
    pub files: Vec<InputFile>,
    /// Line ledgers of configurations and route tables, in the order of their paths.
    pub ledgers: Vec<Ledger>,
    /// Messages for the user, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// Files that do not show where they end, so that something may be cut off.
    pub incomplete: Vec<FileId>,
    /// Those of them that are a device's own export: something was certainly cut off.
    pub cut_off: Vec<FileId>,
    /// Paths of route tables that were given but are not used: refused, of a format that is not read, or
    /// of no device. The routes in use may be others than the configuration says.
    pub unused_tables: Vec<String>,
    /// Those of them that name no device of the snapshot: one may be missing.
    pub ownerless_tables: Vec<String>,
    /// Paths that may be devices but are not in the model. Nothing can be proven beside them.
    pub unread: Vec<String>,
}

/// The snapshot could not be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// No such file or directory.
    #[error("`{}` does not exist", .0.display())]
    Missing(PathBuf),
    /// The directory cannot be listed.
    #[error("directory `{}` cannot be read", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Reads a snapshot: a directory, or one file.
///
/// # Errors
/// [`SnapshotError`] when the path does not exist or is a directory that cannot be listed. Everything
/// else is a diagnostic.
pub fn load(path: &Path, options: &LoadOptions) -> Result<Snapshot, SnapshotError> {
    load_with(path, options, &Answered::new(), None)
}

/// Answers to questions that configurations leave open (`Device::alternatives`), by file.
pub type Answered = BTreeMap<FileId, Answers>;

/// As [`load`], with answers to questions that the configurations leave open.
///
/// # Errors
/// As [`load`].
pub fn load_answered(
    path: &Path,
    options: &LoadOptions,
    answers: &Answered,
) -> Result<Snapshot, SnapshotError> {
    load_with(path, options, answers, None)
}

/// Reads a snapshot, with what a cache remembers.
fn load_with(
    path: &Path,
    options: &LoadOptions,
    answers: &Answered,
    cache: Option<&mut Cache>,
) -> Result<Snapshot, SnapshotError> {
    let mut snapshot = Snapshot::default();
    let listing = walk::walk(path)?;
    let raws = read::read_all(&listing.files, options);
    let mut texts = Vec::new();
    for raw in raws {
        let file = raw.text.map(|text| snapshot.sources.add(raw.input.path.clone(), text));
        let mut input = raw.input;
        input.file = file;
        for note in raw.notes {
            let span = file.map(|f| Span::new(f, note.at, note.at));
            let diagnostic = Diagnostic::new(note.code, note.severity, note.message, span);
            snapshot.diagnostics.push(match note.help {
                Some(help) => diagnostic.with_help(help),
                None => diagnostic,
            });
        }
        if let Role::Unread(_) = input.role {
            snapshot.unread.push(input.path.clone());
        }
        texts.push(raw.damaged);
        snapshot.files.push(input);
    }
    for (path, why) in listing.problems {
        let message = format!("`{path}` cannot be listed: {why}");
        snapshot.diagnostics.push(Diagnostic::new(codes::UNREADABLE, Severity::Error, message, None));
        snapshot.unread.push(path);
    }
    let parsed = parse::parse_all(&snapshot.files, &snapshot.sources, answers, cache);
    devices::collect(&mut snapshot, parsed.configs, &texts);
    cluster::drift(&mut snapshot);
    assign::attach_all(&mut snapshot, parsed.routes);
    if snapshot.devices.is_empty() {
        let message = "the snapshot holds no device configuration that can be read";
        snapshot.diagnostics.push(Diagnostic::new(codes::NO_DEVICE, Severity::Error, message, None));
    }
    snapshot.unread.sort();
    snapshot.unread.dedup();
    snapshot.incomplete.sort_unstable();
    snapshot.cut_off.sort_unstable();
    let foreign = snapshot.files.iter().filter(|f| {
        let kind = f.detection.as_ref().map(|d| &d.kind);
        matches!(kind, Some(Kind::Routes(RouteFormat::Other(_))))
    });
    let foreign: Vec<String> = foreign.map(|f| f.path.clone()).collect();
    foreign.iter().for_each(|path| assign::unused(None, path, &mut snapshot));
    for tables in [&mut snapshot.unused_tables, &mut snapshot.ownerless_tables] {
        tables.sort();
        tables.dedup();
    }
    snapshot.ledgers.sort_by_key(|l| l.file);
    sort_diagnostics(&mut snapshot.diagnostics, &snapshot.sources);
    Ok(snapshot)
}
