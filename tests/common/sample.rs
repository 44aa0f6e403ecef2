//! Running the networks of `samples` in the process of a test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sekisho::analysis::{Analysis, AnalysisError, analyze};
use sekisho::policy::{self, Date, Policy};
use sekisho::proof::{Because, Reason, Report, Verdict};
use sekisho::snapshot::{self, LoadOptions, Snapshot};
use sekisho_diag::Severity;

/// Day on which the samples are evaluated.
pub const AS_OF: &str = "2026-11-24";

/// A network of `samples`: a proven base, and variants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Name of its directory.
    pub name: &'static str,
    /// Its policy, from the root of the repository.
    pub policy: &'static str,
}

/// The town of the worked example.
pub const TOWN: Sample = Sample { name: "town", policy: "zones.toml" };

/// The branch office.
pub const BRANCH: Sample = Sample { name: "branch", policy: "samples/branch/zones.toml" };

/// Files of a network by name, and its policy.
#[derive(Clone, Debug)]
pub struct Case {
    /// `SAMPLE/base` or `SAMPLE/VARIANT`.
    pub name: String,
    /// Texts of the configs by file name.
    pub files: BTreeMap<String, String>,
    /// Text of zones.toml.
    pub policy: String,
    /// Day on which it is evaluated.
    pub as_of: Date,
    /// What a variant must give: `expected.toml`; empty for a base.
    pub expected: toml::Table,
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
    /// Day on which it was evaluated.
    pub as_of: Date,
}

/// Root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Sample {
    /// Its directory.
    pub fn dir(self) -> PathBuf {
        root().join("samples").join(self.name)
    }

    /// The base network.
    pub fn base(self) -> Case {
        let policy = fs::read_to_string(root().join(self.policy)).unwrap();
        let as_of = Date::parse(AS_OF).unwrap();
        Case {
            name: format!("{}/base", self.name),
            files: configs(&self.dir().join("base")),
            policy,
            as_of,
            expected: toml::Table::new(),
        }
    }

    /// All variants in the order of their names: the base with the files of the variant laid over it.
    pub fn variants(self) -> Vec<Case> {
        let entries = fs::read_dir(self.dir().join("variants")).unwrap();
        let mut dirs: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
        dirs.sort();
        dirs.into_iter().map(|dir| self.variant(&dir)).collect()
    }

    fn variant(self, dir: &Path) -> Case {
        let mut case = self.base();
        case.name = format!("{}/{}", self.name, dir.file_name().unwrap().to_str().unwrap());
        case.files.extend(configs(dir));
        if let Ok(policy) = fs::read_to_string(dir.join("zones.toml")) {
            case.policy = policy;
        }
        case.expected = fs::read_to_string(dir.join("expected.toml")).unwrap().parse().unwrap();
        if let Some(day) = case.expected.get("as_of") {
            case.as_of = Date::parse(day.as_str().unwrap()).unwrap();
        }
        case
    }
}

/// The configs and tables of a directory by file name.
pub fn configs(dir: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    let configs = entries.filter(|p| p.extension().is_some_and(|e| e == "cfg" || e == "conf" || e == "txt"));
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
    pub fn judge(self, as_of: Date) -> Result<Run, Stop> {
        let Self { snapshot, policy } = self;
        let analysis = match analyze(&snapshot.devices, &policy, &snapshot.sources) {
            Ok(analysis) => analysis,
            Err(AnalysisError::Policy(all)) => {
                return Err(Stop(all.iter().map(|d| d.message.as_str()).collect::<Vec<_>>().join("; ")));
            }
            Err(error) => panic!("{error}"),
        };
        let unread = |file: &String| Reason::new(None, Because::UnreadFile { file: file.clone() });
        let blocked: Vec<Reason> = snapshot.unread.iter().map(unread).collect();
        let open: Vec<String> =
            snapshot.incomplete.iter().map(|f| snapshot.sources.path(*f).to_owned()).collect();
        let report =
            analysis.prove(&snapshot.devices, &policy, &snapshot.sources, as_of, &blocked, &open).unwrap();
        Ok(Run { snapshot, policy, analysis, report, as_of })
    }
}

impl Run {
    /// Verdicts by the names of both ends.
    pub fn verdicts(&self) -> BTreeMap<(String, String), Verdict> {
        let name = |id| self.analysis.domains.get(id).unwrap().id.clone();
        self.report.pairs.iter().map(|p| ((name(p.from), name(p.to)), p.verdict)).collect()
    }
}
