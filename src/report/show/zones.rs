//! Which locations belong to which zone, and why.

use sekisho_diag::SourceMap;
use sekisho_model::Device;
use sekisho_net::bits_addr;
use serde::Serialize;

use super::port_name;
use crate::graph::location::{Domain, Domains, Location};
use crate::report::verify::kind_word;

/// Version of the JSON.
pub const SCHEMA: &str = "sekisho-zones/1";

/// Everything that has a row in the matrix.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct View {
    /// `sekisho-zones/1`.
    pub schema: &'static str,
    /// Zones, externals, `unassigned`, `undeclared:*`.
    pub zones: Vec<ZoneView>,
}

/// One row.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ZoneView {
    /// Id.
    pub id: String,
    /// `zone`, `external`, `unassigned` or `undeclared`.
    pub kind: &'static str,
    /// Where it is.
    pub locations: Vec<LocationView>,
    /// Ranges of its subnets that no modelled location carries.
    pub unlocated: Vec<String>,
    /// Declarations that could not be applied.
    pub broken: Vec<String>,
}

/// One location.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LocationView {
    /// Interface or port through which it was found.
    pub interface: Option<String>,
    /// Number of its segment, as `show links` has it.
    pub segment: u32,
    /// Only this neighbour of the segment.
    pub next_hop: Option<String>,
    /// Why it belongs there.
    pub why: String,
    /// File of the line that says so.
    pub file: Option<String>,
    /// The line.
    pub line: Option<u32>,
}

/// Builds the view.
#[must_use]
pub fn view(domains: &Domains, devices: &[Device], sources: &SourceMap) -> View {
    View { schema: SCHEMA, zones: domains.list.iter().map(|d| zone(d, devices, sources)).collect() }
}

fn zone(domain: &Domain, devices: &[Device], sources: &SourceMap) -> ZoneView {
    let unlocated = domain.unlocated.iter().flat_map(|(family, ranges)| {
        ranges.iter().map(|(lo, hi)| {
            let (lo, hi) = (bits_addr(*family, *lo), bits_addr(*family, *hi));
            if lo == hi { lo.to_string() } else { format!("{lo}-{hi}") }
        })
    });
    ZoneView {
        id: domain.id.clone(),
        kind: kind_word(domain.kind),
        locations: domain.locations.iter().map(|l| location(l, devices, sources)).collect(),
        unlocated: unlocated.collect(),
        broken: domain.broken.iter().map(|d| d.message.clone()).collect(),
    }
}

fn location(location: &Location, devices: &[Device], sources: &SourceMap) -> LocationView {
    LocationView {
        interface: location.port.map(|p| port_name(devices, p)),
        segment: location.place.segment.0,
        next_hop: location.next_hop.map(|a| a.to_string()),
        why: location.why.clone(),
        file: location.span.map(|s| sources.path(s.file).to_owned()),
        line: location.span.map(|s| sources.line(s)),
    }
}
