//! zones.toml: which zones there are, and which flows between them are permitted.
//!
//! [`load`] reads the text of one file into a [`Policy`]. It tells all mistakes together, each with its
//! place, a stable code and the way to mend it. A mistake never hides a violation: what makes the file
//! ambiguous stops the run, and every other one is a finding whose entry grants nothing. Keys of the full
//! schema that this release does not evaluate are accepted, named in a warning, and permit nothing.
//!
//! Not here: whether the names exist in any config, which locations a zone has, and the verdict. No file
//! and no clock is read; the day of evaluation is an argument.
//!
//! INVARIANT: a [`ZoneRef`] in a `Policy` indexes its own lists.

mod attach;
pub mod codes;
mod contain;
mod date;
mod flow;
mod gateway;
mod names;
mod read;
mod schema;
mod secret;
pub(crate) mod suggest;
mod sweep;
mod syntax;
mod validate;
mod value;
mod zone;

#[cfg(test)]
mod tests;

use sekisho_diag::{Diagnostic, FileId, Severity, SourceMap, Span, Spanned, sort_diagnostics};

pub use date::Date;
pub use flow::{Approval, Flow, FlowProto, Helper, IcmpType, InForce, Initiator};
pub use gateway::{Gateway, GatewayKind, Leg};
pub use zone::{
    Attachment, Declared, Evidence, External, ExternalKind, Host, InterfaceRef, InternetRule, Link, Transit,
    VlanRef, VrfRef, Zone, ZoneKind, ZoneRef,
};

/// What zones.toml says; each list in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Zones.
    pub zones: Vec<Zone>,
    /// Networks and bodies that are not ours.
    pub externals: Vec<External>,
    /// The whitelist; without entries every pair of zones must be isolated.
    pub flows: Vec<Flow>,
    /// Flows that must work; they permit nothing.
    pub required: Vec<Flow>,
    /// Declared cables.
    pub links: Vec<Link>,
    /// Declared neighbours, and the machines of gateways that `[[hosts]]` does not have.
    pub hosts: Vec<Host>,
    /// Machines at which sessions between zones end.
    pub gateways: Vec<Gateway>,
    /// Directory of the configs, relative to the file.
    pub snapshot: Option<Spanned<String>>,
}

impl Policy {
    /// The reference as it is written: `ID`, `ext:ID` or `internet`.
    #[must_use]
    pub fn name(&self, zone: ZoneRef) -> String {
        match zone {
            ZoneRef::Zone(index) => self.zones.get(index).map_or(String::new(), |z| z.id.value.clone()),
            ZoneRef::External(index) => {
                self.externals.get(index).map_or(String::new(), |e| format!("ext:{}", e.id.value))
            }
            ZoneRef::Internet => "internet".to_owned(),
        }
    }

    /// The zone or external of an id as [`Policy::name`] writes it. Linear.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ZoneRef> {
        match name.strip_prefix("ext:") {
            Some(id) => self.externals.iter().position(|e| e.id.value == id).map(ZoneRef::External),
            None if name == "internet" => Some(ZoneRef::Internet),
            None => self.zones.iter().position(|z| z.id.value == name).map(ZoneRef::Zone),
        }
    }

    /// The entries that grant something on a day: neither void, expired nor approved later, and the same
    /// for the permissions of the externals at their ends.
    pub fn granted(&self, as_of: Date) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter(move |flow| self.grants(flow, as_of))
    }

    /// Whether an entry grants something on a day.
    #[must_use]
    pub fn grants(&self, flow: &Flow, as_of: Date) -> bool {
        flow.in_force(as_of)
            && [flow.from.value, flow.to.value].into_iter().all(|end| match end {
                ZoneRef::External(index) => self.externals.get(index).is_some_and(|e| e.in_force(as_of)),
                ZoneRef::Zone(_) | ZoneRef::Internet => true,
            })
    }

    /// The findings that depend on the day of evaluation: permissions expired, or approved later.
    #[must_use]
    pub fn date_findings(&self, as_of: Date) -> Vec<Diagnostic> {
        let flows = self.flows.iter().map(|f| ("flow", &f.id.value, &f.approval, f.span));
        let externals = self.externals.iter().map(|e| ("external", &e.id.value, &e.approval, e.span));
        flows
            .chain(externals)
            .filter_map(|(what, id, a, span)| date_finding(what, id, a, span, as_of))
            .collect()
    }
}

/// The finding about one permission on a day, if any.
fn date_finding(what: &str, id: &str, approval: &Approval, span: Span, as_of: Date) -> Option<Diagnostic> {
    let day =
        |date: Option<Spanned<Date>>| date.map_or((String::new(), span), |d| (d.value.to_string(), d.span));
    let (code, message, at, help) = match approval.state(as_of) {
        InForce::Yes => return None,
        InForce::Expired => {
            let (day, at) = day(approval.expires);
            let message = format!("{what} `{id}` expired on {day} and grants nothing");
            (codes::EXPIRED, message, at, "renew the approval, or remove the entry")
        }
        InForce::NotYet => {
            let (day, at) = day(approval.date);
            let message = format!("{what} `{id}` is approved only on {day} and grants nothing before");
            (codes::NOT_YET_APPROVED, message, at, "correct the date, or evaluate as of a later day")
        }
    };
    Some(Diagnostic::new(code, Severity::Warning, message, at).with_help(help))
}

/// Reads zones.toml.
///
/// The policy is there unless a diagnostic has severity [`Severity::Error`]. The diagnostics are sorted by
/// place; warnings among them are findings to be shown beside the verdicts. Those that depend on the day
/// come from [`Policy::date_findings`].
#[must_use]
pub fn load(sources: &SourceMap, file: FileId) -> (Option<Policy>, Vec<Diagnostic>) {
    let mut cx = syntax::Context::new(file);
    let policy =
        syntax::parse(&mut cx, sources, file).and_then(|document| build(&mut cx, sources, &document));
    cx.report_later();
    let mut diagnostics = cx.diagnostics;
    sort_diagnostics(&mut diagnostics, sources);
    let stop = diagnostics.iter().any(|d| d.severity == Severity::Error);
    (policy.filter(|_| !stop), diagnostics)
}

/// From the tree to the policy; `None` only when a table is too long to be looked at.
fn build(
    cx: &mut syntax::Context,
    sources: &SourceMap,
    document: &toml::Spanned<toml::de::DeTable<'_>>,
) -> Option<Policy> {
    let top = syntax::Table {
        name: schema::TOP.label.to_owned(),
        entries: document.get_ref(),
        span: cx.span(document.span()),
    };
    if !validate::limits(cx, &top) {
        return None;
    }
    sweep::sweep(cx, &top, &schema::TOP);
    validate::ids(cx, sources, &top);
    let (zones, externals) = (top.tables(cx, "zones"), top.tables(cx, "externals"));
    let gateways = top.tables(cx, "gateways");
    let names = names::Names::collect(&zones, &externals, &gateways);
    let mut policy = Policy {
        snapshot: read::top(cx, &top),
        zones: zones.iter().map(|table| read::zone(cx, table, &names)).collect(),
        externals: externals.iter().map(|table| read::external(cx, table, &names)).collect(),
        flows: top.tables(cx, "flows").iter().map(|table| read::flow(cx, table, &names)).collect(),
        required: top.tables(cx, "required").iter().map(|table| read::flow(cx, table, &names)).collect(),
        links: top.tables(cx, "links").iter().filter_map(|table| read::link(cx, table)).collect(),
        hosts: top.tables(cx, "hosts").iter().map(|table| read::host(cx, table)).collect(),
        gateways: gateways.iter().map(|table| gateway::read(cx, table, &names)).collect(),
    };
    validate::inherit(&mut policy);
    attach::check(cx, sources, &policy);
    validate::outside(cx, &mut policy);
    gateway::check(cx, sources, &mut policy, validate::is_regulated(&top));
    gateway::hosts(&mut policy);
    contain::check(cx, sources, &policy);
    Some(policy)
}
