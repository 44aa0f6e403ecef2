//! What the whole table says about itself, checked when its last line is read.

use std::collections::BTreeSet;

use sekisho_diag::{Diagnostic, Severity, Span};
use sekisho_net::{Family, Prefix};

use super::super::{ExportRow, RawNextHop, Section, TableExport, codes};
use super::{REPORTED, Table};
use crate::common::Marks;

/// Checks the counts, adds the gateway of last resort, and hands the table over.
pub(super) fn finish(
    mut table: Table,
    section: &Section<'_>,
    exports: &mut Vec<TableExport>,
    marks: &mut Marks,
) {
    table.open_done();
    table.export.complete = table.legend || table.gateway_line || table.entries.is_some();
    counts(&mut table, marks);
    default_network(&mut table);
    if !table.export.complete {
        let message = format!(
            "the {} route table of vrf `{}` has no legend: rows before line one may be missing",
            table.export.family.word(),
            table.export.vrf
        );
        let help = "export the whole output of the command; a destination without a row counts as unknown until then";
        marks.push(
            Diagnostic::new(codes::NO_LEGEND, Severity::Warning, message, table.export.span).with_help(help),
        );
    }
    if table.unparsed > REPORTED {
        let message =
            format!("{} more lines of this route table are not understood", table.unparsed - REPORTED);
        marks.diagnostic(codes::UNPARSED_ROW, Severity::Warning, message, table.export.span);
    }
    // The count of an IPv6 heading shows that nothing is missing at the end.
    table.export.ends = section.followed || (table.entries.is_some() && table.export.garbled.is_empty());
    exports.push(table.export);
}

/// The numbers of subnets and entries that the table announces.
fn counts(table: &mut Table, marks: &mut Marks) {
    let mut wrong: Vec<(Span, String)> = Vec::new();
    for network in &table.networks {
        if network.seen.len() != network.announced {
            let what = format!(
                "network `{}` announces {} subnets, but {} are listed",
                network.network,
                network.announced,
                network.seen.len()
            );
            wrong.push((network.span, what));
        }
    }
    let listed: BTreeSet<Prefix> = table.export.rows.iter().map(|r| r.prefix).collect();
    if let Some((entries, span)) = table.entries
        && entries != listed.len()
    {
        wrong.push((span, format!("the table announces {entries} entries, but {} are listed", listed.len())));
    }
    if let Some(gateway) = &table.gateway
        && !listed.contains(&gateway.network)
    {
        let what =
            format!("the gateway of last resort comes from `{}`, which is not listed", gateway.network);
        wrong.push((gateway.span, what));
    }
    for (span, message) in wrong {
        let help = "a filtered or cut table is no evidence; export the whole table again";
        marks.push(Diagnostic::new(codes::MISSING_ROWS, Severity::Warning, message, span).with_help(help));
        table.export.garbled.push(span);
    }
}

/// `ip default-network`: a gateway of last resort that no row of length zero shows.
fn default_network(table: &mut Table) {
    let Some(gateway) = &table.gateway else { return };
    if gateway.network.len() == 0 {
        return;
    }
    let default = Prefix::all(Family::V4);
    let shown = table.export.rows.iter().any(|r| r.prefix == default);
    table.export.rows.push(ExportRow {
        prefix: default,
        next_hop: RawNextHop::Via { addr: gateway.addr, interface: None, vrf: None },
        protocol: "default-network",
        distance: None,
        metric: None,
        backup: shown,
        replicated: false,
        span: gateway.span,
    });
}
