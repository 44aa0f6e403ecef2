//! Running the sample network of `samples/branch` in the process of a test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sekisho::analysis::{Analysis, AnalysisError, analyze};
use sekisho::policy::{self, Date, Policy};
use sekisho::proof::{Reason, Report, Verdict};
use sekisho::snapshot::{self, LoadOptions, Snapshot};
use sekisho_diag::Severity;

/// Day on which the sample is evaluated.
pub const AS_OF: &str = "2026-12-01";

/// Files of a network by name, and its policy.
#[derive(Clone, Debug)]
pub struct Case {
    /// `base`, or the name of the variant.
    pub name: String,
    /// Texts of the configs by file name.
    pub files: BTreeMap<String, String>,
    /// Text of zones.toml.
    pub policy: String,
}

/// What was read, before anything is judged.
pub struct Loaded {
    /// The configs.
    pub snapshot: Snapshot,
    /// What is permitted.
    pub policy: Policy,
}

/// Everything from the texts to the verdicts.
pub struct Run {
    /// What was read.
    pub snapshot: Snapshot,
    /// What is permitted.
    pub policy: Policy,
    /// Graph and plain network.
    pub analysis: Analysis,
    /// Verdicts.
    pub report: Report,
}

/// Root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Directory of the variants.
pub fn variants_dir() -> PathBuf {
    root().join("samples/branch/variants")
}

/// The base network.
pub fn base() -> Case {
    let policy = fs::read_to_string(root().join("zones.toml")).unwrap();
    Case { name: "base".to_owned(), files: configs(&root().join("samples/branch/base")), policy }
}

/// All variants in the order of their names: the base with the files of the variant laid over it.
pub fn variants() -> Vec<Case> {
    let mut names: Vec<PathBuf> = fs::read_dir(variants_dir()).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|p| p.is_dir());
    names.sort();
    names.into_iter().map(|dir| variant(&dir)).collect()
}

fn variant(dir: &Path) -> Case {
    let mut case = base();
    dir.file_name().unwrap().to_str().unwrap().clone_into(&mut case.name);
    case.files.extend(configs(dir));
    if let Ok(policy) = fs::read_to_string(dir.join("zones.toml")) {
        case.policy = policy;
    }
    case
}

/// The configs of a directory by file name.
pub fn configs(dir: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    let configs = entries.filter(|p| p.extension().is_some_and(|e| e == "cfg"));
    configs
        .map(|p| (p.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&p).unwrap()))
        .collect()
}

impl Case {
    /// Writes the configs into a directory.
    pub fn write(&self, dir: &Path) {
        for (name, text) in &self.files {
            fs::write(dir.join(name), text).unwrap();
        }
    }
}

/// Why there is no verdict: what the program would stop at.
#[derive(Debug)]
pub struct Stop(pub String);

/// Reads a directory and a policy.
pub fn load(dir: &Path, policy: &str) -> Result<Loaded, Stop> {
    let mut snapshot = snapshot::load(dir, &LoadOptions::default()).unwrap();
    let file = snapshot.sources.add("zones.toml", policy);
    let (policy, diagnostics) = policy::load(&snapshot.sources, file);
    match policy {
        Some(policy) => Ok(Loaded { snapshot, policy }),
        None => {
            let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
            Err(Stop(errors.map(|d| d.message.as_str()).collect::<Vec<_>>().join("; ")))
        }
    }
}

impl Loaded {
    /// Judges every pair.
    pub fn judge(self) -> Result<Run, Stop> {
        let Self { snapshot, policy } = self;
        let analysis = match analyze(&snapshot.devices, &policy, &snapshot.sources) {
            Ok(analysis) => analysis,
            Err(AnalysisError::Policy(all)) => {
                return Err(Stop(all.iter().map(|d| d.message.as_str()).collect::<Vec<_>>().join("; ")));
            }
            Err(error) => panic!("{error}"),
        };
        let unread =
            |path: &String| Reason { place: None, text: format!("`{path}` could not be read"), help: None };
        let blocked: Vec<Reason> = snapshot.unread.iter().map(unread).collect();
        let open: Vec<String> =
            snapshot.incomplete.iter().map(|f| snapshot.sources.path(*f).to_owned()).collect();
        let as_of = Date::parse(AS_OF).unwrap();
        let report =
            analysis.prove(&snapshot.devices, &policy, &snapshot.sources, as_of, &blocked, &open).unwrap();
        Ok(Run { snapshot, policy, analysis, report })
    }
}

impl Run {
    /// Verdicts by the names of both ends.
    pub fn verdicts(&self) -> BTreeMap<(String, String), Verdict> {
        let name = |id| self.analysis.domains.get(id).unwrap().id.clone();
        self.report.pairs.iter().map(|p| ((name(p.from), name(p.to)), p.verdict)).collect()
    }
}
