//! Parsing of all texts, in parallel; the order stays.

use std::sync::Arc;

use rayon::prelude::*;
use sekisho_diag::{FileId, SourceFile, SourceMap};
use sekisho_parsers::detect::{Kind, Os};
use sekisho_parsers::routes::ParsedRoutes;
use sekisho_parsers::{Answers, ParsedConfig, fortios, ios, routes};

use super::cache::Cache;
use super::{Answered, InputFile, Role, hints};

/// What the files say, with the index of each file.
pub(super) struct Parsed {
    pub configs: Vec<(usize, FileId, ParsedConfig)>,
    pub routes: Vec<(usize, FileId, ParsedRoutes)>,
}

/// What one file says.
#[derive(Clone, Debug)]
pub(super) enum One {
    /// A configuration.
    Config(ParsedConfig),
    /// Route tables.
    Routes(ParsedRoutes),
}

/// Parses every file that has a role for it, but for those that a cache remembers.
pub(super) fn parse_all(
    files: &[InputFile],
    sources: &SourceMap,
    answers: &Answered,
    cache: Option<&mut Cache>,
) -> Parsed {
    let known = cache.as_deref();
    let all: Vec<Option<(usize, FileId, Arc<One>)>> =
        files.par_iter().enumerate().map(|(at, input)| parse(at, input, (sources, answers), known)).collect();
    let all: Vec<(usize, FileId, Arc<One>)> = all.into_iter().flatten().collect();
    if let Some(cache) = cache {
        for (at, file, one) in &all {
            if let Some(input) = files.get(*at) {
                cache.keep(input, *file, one);
            }
        }
    }
    let mut parsed = Parsed { configs: Vec::new(), routes: Vec::new() };
    for (at, file, one) in all {
        match Arc::unwrap_or_clone(one) {
            One::Config(config) => parsed.configs.push((at, file, config)),
            One::Routes(routes) => parsed.routes.push((at, file, routes)),
        }
    }
    parsed
}

fn parse(
    at: usize,
    input: &InputFile,
    (sources, answers): (&SourceMap, &Answered),
    known: Option<&Cache>,
) -> Option<(usize, FileId, Arc<One>)> {
    let file = input.file?;
    if let Some(one) = known.and_then(|cache| cache.find(input, file)) {
        return Some((at, file, one));
    }
    let source = sources.get(file)?;
    let one = match input.role {
        Role::Config(_) => One::Config(config(input, file, source, answers)),
        Role::Routes(_) => One::Routes(routes::parse(file, source, hints::command(&input.path).as_deref())),
        Role::Other(_) | Role::Unread(_) => return None,
    };
    Some((at, file, Arc::new(one)))
}

/// Reads a configuration by its system.
fn config(input: &InputFile, file: FileId, source: &SourceFile, answers: &Answered) -> ParsedConfig {
    let name = hints::config_device(&input.path);
    let none = Answers::new();
    let answers = answers.get(&file).unwrap_or(&none);
    match input.detection.as_ref().map(|d| &d.kind) {
        Some(Kind::Config(Os::Fortios)) => fortios::parse_answered(file, source, name, answers),
        _ => ios::parse_answered(file, source, name, answers),
    }
}
