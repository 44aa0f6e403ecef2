//! `sekisho routes`: the forwarding tables that are used.

use super::args::{Format, RoutesArgs};
use super::failure::Failure;
use super::terminal::Terminal;
use super::{Outcome, input, names};
use crate::analysis;
use crate::report::messages::Thing;
use crate::report::routes::{Filter, views};
use crate::report::{diagnostics, json, text};

/// Lists the routes.
pub(super) fn run(args: &RoutesArgs, terminal: &Terminal) -> Result<Outcome, Failure> {
    let lang = terminal.lang;
    let snapshot = input::snapshot(&args.snapshot, &args.input, terminal)?;
    if let Some(name) = &args.device {
        names::device(&snapshot.devices, Some(name), lang)?;
    }
    if let Some(name) = &args.vrf
        && !snapshot.devices.iter().any(|d| d.find_vrf(name).is_some())
    {
        let known = snapshot.devices.iter().flat_map(|d| &d.vrfs).map(|v| v.name.as_str());
        return Err(names::no_such(lang, Thing::Vrf, name, known));
    }
    let filter = Filter { device: args.device.as_deref(), vrf: args.vrf.as_deref() };
    let routes = views(&snapshot.devices, &analysis::tables(&snapshot.devices), filter);
    let out = match terminal.format {
        Format::Json => json::render(&routes),
        Format::Text => text::show::routes(&routes, &terminal.stdout()),
    };
    let err = diagnostics::brief(&snapshot.diagnostics, &snapshot.sources, &terminal.stderr());
    Ok(Outcome { out, err, code: super::PROVEN })
}
