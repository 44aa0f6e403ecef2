//! `sekisho show`: what was understood of the input.

use std::path::PathBuf;

use sekisho_model::Coverage;

use super::args::{Format, LineWord, ShowArgs, ShowFormat, Topic};
use super::failure::Failure;
use super::input::{self, PolicyText};
use super::terminal::Terminal;
use super::{Outcome, PROVEN};
use crate::analysis::{self, Analysis, AnalysisError};
use crate::policy::Policy;
use crate::report::messages::Text;
use crate::report::show::{coverage, graph, links, model, zones};
use crate::report::{diagnostics, json, text};
use crate::snapshot::Snapshot;

/// Shows one topic.
pub(super) fn run(args: &ShowArgs, terminal: &Terminal) -> Result<Outcome, Failure> {
    let drawn = matches!(args.topic, Topic::Graph | Topic::Zones);
    if args.format == ShowFormat::Svg && !drawn {
        let usage = "`--format svg` draws `show graph` and `show zones`";
        return Err(Failure::new(terminal.lang, &Text::Usage(usage)));
    }
    // A policy is read when it is named, when the topic speaks of zones, or to find the snapshot.
    let wanted = args.policy.is_some() || args.topic == Topic::Zones || args.snapshot.is_none();
    let policy_text = match wanted {
        true => Some(PolicyText::read(args.policy.as_deref(), terminal)?),
        false => None,
    };
    let path: PathBuf = match (&args.snapshot, &policy_text) {
        (Some(path), _) => path.clone(),
        (None, Some(policy)) => policy.snapshot(terminal)?,
        (None, None) => PathBuf::new(),
    };
    let mut snapshot = input::snapshot(&path, &args.input, terminal)?;
    let layout = terminal.stdout();
    let as_json = terminal.format == Format::Json;
    let out = match args.topic {
        Topic::Coverage => {
            let view = coverage::view(&snapshot.ledgers, &snapshot.sources, args.lines.map(state));
            if as_json { json::render(&view) } else { text::show::coverage(&view, &layout) }
        }
        Topic::Model => {
            let view = model::view(&snapshot.devices, &snapshot.sources);
            if as_json { json::render(&view) } else { text::show::model(&view, &layout) }
        }
        Topic::Graph => drawing(args.format, policy_text.as_ref(), &mut snapshot, terminal)?,
        Topic::Zones if args.format == ShowFormat::Svg => {
            drawing(args.format, policy_text.as_ref(), &mut snapshot, terminal)?
        }
        Topic::Zones => {
            let (analysis, _) = analyze(policy_text.as_ref(), &mut snapshot, terminal)?;
            let view = zones::view(&analysis.domains, &snapshot.devices, &snapshot.sources);
            if as_json { json::render(&view) } else { text::show::zones(&view, &layout) }
        }
        Topic::Links => {
            let (analysis, _) = analyze(policy_text.as_ref(), &mut snapshot, terminal)?;
            let view = links::view(&analysis.topology, &snapshot.devices, &snapshot.sources);
            if as_json { json::render(&view) } else { text::show::links(&view, &layout) }
        }
    };
    let err = diagnostics::brief(&snapshot.diagnostics, &snapshot.sources, &terminal.stderr());
    Ok(Outcome { out, err, code: PROVEN })
}

fn state(word: LineWord) -> Coverage {
    match word {
        LineWord::Modeled => Coverage::Modeled,
        LineWord::Ignored => Coverage::Ignored,
        LineWord::Approximated => Coverage::Approximated,
        LineWord::Unsupported => Coverage::Unsupported,
        LineWord::Unrecognized => Coverage::Unrecognized,
    }
}

/// The network with its zones, in the format that is wanted.
fn drawing(
    format: ShowFormat,
    text: Option<&PolicyText>,
    snapshot: &mut Snapshot,
    terminal: &Terminal,
) -> Result<String, Failure> {
    let (analysis, policy) = analyze(text, snapshot, terminal)?;
    let parts = graph::Parts {
        devices: &snapshot.devices,
        topology: &analysis.topology,
        domains: &analysis.domains,
        policy: &policy,
    };
    let view = graph::view(&parts, terminal.lang);
    Ok(match format {
        ShowFormat::Svg => graph::svg::render(&view, terminal.lang),
        ShowFormat::Json => json::render(&view),
        ShowFormat::Text => text::graph::render(&view, &terminal.stdout()),
    })
}

/// The analysis under a policy, or under none.
fn analyze(
    text: Option<&PolicyText>,
    snapshot: &mut Snapshot,
    terminal: &Terminal,
) -> Result<(Analysis, Policy), Failure> {
    let policy = match text {
        Some(text) => text.load(&mut snapshot.sources, Vec::new(), terminal)?.0,
        None => Policy::default(),
    };
    let analysis =
        analysis::analyze(&snapshot.devices, &policy, &snapshot.sources).map_err(|error| {
            match (error, text) {
                (AnalysisError::Policy(errors), Some(text)) => {
                    let count = errors.len();
                    text.mistakes(errors, count, &snapshot.sources, terminal)
                }
                (error, _) => Failure::new(terminal.lang, &Text::Failed(&error.to_string())),
            }
        })?;
    Ok((analysis, policy))
}
