//! A readable text of what a configuration was understood to say.

use std::fmt::Write as _;

use sekisho_diag::{SourceMap, Span};
use sekisho_model::{
    AddressRole, Device, Interface, InterfaceId, NextHop, Poison, PolicyRouteAction, Predicate, Scope, Stage,
    Vrf,
};
use sekisho_parsers::ParsedConfig;

/// Model, diagnostics and ledger of one file; places are line numbers.
pub fn dump(parsed: &ParsedConfig, sources: &SourceMap) -> String {
    let mut out = String::new();
    for device in &parsed.devices {
        let d = Dump { device, sources };
        d.device(&mut out);
    }
    out.push_str("\ndiagnostics\n");
    for diagnostic in &parsed.diagnostics {
        let place = diagnostic.span.map_or_else(|| "-".to_owned(), |s| sources.line(s).to_string());
        let _ = writeln!(
            out,
            "  {place}: {} {}: {}",
            diagnostic.severity.word(),
            diagnostic.code,
            diagnostic.message
        );
    }
    let _ = writeln!(out, "\nledger, ends: {}", parsed.ends);
    for (number, state) in parsed.ledger.iter() {
        let source = sources.get(parsed.ledger.file).map_or("", |f| f.line_text(number));
        let (word, scope) = state.map_or(("LOST", None), |s| (s.state.word(), s.scope.as_deref()));
        let scope = scope.map_or_else(String::new, |s| format!(" [{s}]"));
        let _ = writeln!(out, "  {number:>3} {word:<12} {source}{scope}");
    }
    out
}

struct Dump<'a> {
    device: &'a Device,
    sources: &'a SourceMap,
}

impl Dump<'_> {
    fn at(&self, span: Span) -> String {
        format!("@{}", self.sources.line(span))
    }

    fn maybe(&self, span: Option<Span>) -> String {
        span.map_or_else(String::new, |s| format!(" {}", self.at(s)))
    }

    fn name(&self, id: InterfaceId) -> &str {
        self.device.interface(id).map_or("?", |i| i.name.as_str())
    }

    fn device(&self, out: &mut String) {
        let d = self.device;
        let _ = writeln!(
            out,
            "device {}{}, {}; v4 {:?}, v6 {:?}, source-route {:?}, tags-native {:?}",
            d.name,
            self.maybe(d.name_span),
            d.os,
            d.forwards_v4,
            d.forwards_v6,
            d.source_route,
            d.tags_native
        );
        if !d.vlans.is_empty() {
            let _ = writeln!(out, "  vlans {:?}", d.vlans);
        }
        for (index, context) in d.contexts.iter().enumerate().skip(1) {
            let _ = writeln!(out, "  context {index}: {}", context.name);
        }
        for entry in &d.management {
            let list = entry.list.and_then(|l| d.list(l)).map_or("none", |l| l.name.as_str());
            let _ = writeln!(out, "  management {} list {list} {}", entry.service, self.at(entry.span));
        }
        for assumption in &d.assumptions {
            let _ = writeln!(out, "  assumption {}: {}", assumption.id, assumption.text);
        }
        for poison in &d.poisons {
            self.poison(poison, out);
        }
        for vrf in &d.vrfs {
            self.vrf(vrf, out);
        }
        for interface in &d.interfaces {
            self.interface(interface, out);
        }
        self.lists(out);
        self.tables(out);
    }

    fn poison(&self, poison: &Poison, out: &mut String) {
        let scope = match poison.scope {
            Scope::Device => "device".to_owned(),
            Scope::Anywhere => "anywhere".to_owned(),
            Scope::Interface(id) => format!("interface {}", self.name(id)),
            Scope::Routes(vrf, family) => format!(
                "{} routes of {}",
                family.word(),
                self.device.vrf(vrf).map_or("?", |v| v.name.as_str())
            ),
        };
        let _ = writeln!(out, "  poison {scope}: {} {}", poison.why, self.at(poison.span));
    }

    fn vrf(&self, vrf: &Vrf, out: &mut String) {
        let _ = writeln!(out, "vrf {}{}", vrf.name, self.maybe(vrf.span));
        for route in &vrf.routes {
            let hop = match &route.next_hop {
                NextHop::Via { addr, interface, vrf } => format!(
                    "via {addr}{}{}",
                    interface.map_or_else(String::new, |i| format!(" by {}", self.name(i))),
                    vrf.and_then(|v| self.device.vrf(v))
                        .map_or_else(String::new, |v| format!(" in {}", v.name))
                ),
                NextHop::Interface(id) => format!("by {}", self.name(*id)),
                other => format!("{other:?}").to_lowercase(),
            };
            let conditional = if route.conditional { " conditional" } else { "" };
            let at = self.at(route.span);
            let _ = writeln!(
                out,
                "  route {:?} {hop} distance {}{conditional} {at}",
                route.prefix, route.distance
            );
        }
        for (family, span) in &vrf.unknown_routes {
            let _ = writeln!(out, "  unknown {} routes {}", family.word(), self.at(*span));
        }
        for leak in &vrf.leaks {
            let from = self.device.vrf(leak.from).map_or("?", |v| v.name.as_str());
            let _ = writeln!(out, "  leak from {from} {}", self.at(leak.span));
        }
        for (family, span) in &vrf.multicast {
            let _ = writeln!(out, "  multicast {} {}", family.word(), self.at(*span));
        }
    }

    fn interface(&self, i: &Interface, out: &mut String) {
        let _ = write!(out, "interface {} {} {:?}", i.name, self.at(i.span), i.kind);
        if !i.is_up() {
            let _ = write!(out, " down{}", self.maybe(i.admin_span));
        }
        if let Some(parent) = i.parent {
            let _ = write!(out, " of {} {:?}", self.name(parent), i.encapsulation);
        }
        if let Some(aggregate) = i.aggregate {
            let _ = write!(out, " in {}", self.name(aggregate));
        }
        if let Some(vlan) = i.svi_vlan {
            let _ = write!(out, " vlan {vlan}");
        }
        if i.context.0 != 0 {
            let _ = write!(out, " context {}", i.context.0);
        }
        out.push('\n');
        if let Some(text) = &i.description {
            let _ = writeln!(out, "  description {text}");
        }
        if let Some(l2) = &i.l2 {
            let voice = l2.voice_vlan.map_or_else(String::new, |v| format!(" voice {v}"));
            let _ = writeln!(
                out,
                "  l2 {:?}{} access {}{}{voice} allowed {:?}{} native {}",
                l2.mode,
                self.maybe(l2.mode_span),
                l2.access_vlan,
                self.maybe(l2.access_span),
                l2.allowed.ranges(),
                self.maybe(l2.allowed_span),
                l2.native_vlan
            );
        }
        if let Some(l3) = &i.l3 {
            let vrf = self.device.vrf(l3.vrf).map_or("?", |v| v.name.as_str());
            let span = self.maybe(l3.vrf_span);
            let _ = writeln!(out, "  l3 vrf {vrf}{span}, ipv6 {:?}, proxy-arp {:?}", l3.ipv6, l3.proxy_arp);
            for a in &l3.addresses {
                let role = if a.role == AddressRole::Shared { " shared" } else { "" };
                let _ = writeln!(out, "    {} in {:?}{role} {}", a.addr, a.prefix, self.at(a.span));
            }
            for (word, span) in [("v4", l3.unknown_v4), ("v6", l3.unknown_v6)] {
                if span.is_some() {
                    let _ = writeln!(out, "    unknown {word} address{}", self.maybe(span));
                }
            }
        }
        if let Some(t) = &i.tunnel {
            let vrf = self.device.vrf(t.outer_vrf).map_or("?", |v| v.name.as_str());
            let _ = writeln!(
                out,
                "  tunnel {:?} to {:?} in {vrf}{}",
                t.source,
                t.destination,
                t.authenticated.map_or_else(String::new, |s| format!(", authenticated {}", self.at(s)))
            );
        }
        for relay in &i.relays {
            let vrf = self.device.vrf(relay.vrf).map_or("?", |v| v.name.as_str());
            let ports: Vec<String> = relay.ports.iter().map(|p| p.lo().to_string()).collect();
            let _ = writeln!(
                out,
                "  relay to {} in {vrf} ports {} {}",
                relay.to,
                ports.join(","),
                self.at(relay.span)
            );
        }
        if let Some(span) = i.multicast {
            let _ = writeln!(out, "  multicast {}", self.at(span));
        }
        for (word, stages) in [("ingress", &i.ingress), ("egress", &i.egress)] {
            for stage in stages {
                let _ = writeln!(out, "  {word} {}", self.stage(stage));
            }
        }
    }

    fn stage(&self, stage: &Stage) -> String {
        match stage {
            Stage::Filter { list, span } => {
                let list = self.device.list(*list);
                let words = list.map_or("?".to_owned(), |l| format!("{} ({})", l.name, l.family.word()));
                format!("filter {words} {}", self.at(*span))
            }
            Stage::AntiSpoof { family, strict, allow_default, span } => format!(
                "source check {} {}{} {}",
                family.word(),
                if *strict { "strict" } else { "loose" },
                if *allow_default { " allow-default" } else { "" },
                self.at(*span)
            ),
            Stage::Nat { table, span } => {
                let name = self.device.nat(*table).map_or("?", |t| t.name.as_str());
                format!("nat {name} {}", self.at(*span))
            }
            Stage::PolicyRoute { policy, span } => {
                let name = self.device.policy_route(*policy).map_or("?", |p| p.name.as_str());
                format!("policy route {name} {}", self.at(*span))
            }
            Stage::When { from, stage } => {
                let from: Vec<u32> = from.iter().map(|c| c.0).collect();
                format!("when from {from:?}: {}", self.stage(stage))
            }
            Stage::Drop { span, why } => format!("drop: {why} {}", self.at(*span)),
            Stage::MayDrop { span, why } => format!("may drop: {why} {}", self.at(*span)),
        }
    }

    fn lists(&self, out: &mut String) {
        for list in &self.device.lists {
            let stateful = if list.stateful { ", stateful" } else { "" };
            let _ = writeln!(
                out,
                "list {} {}{} default {:?}{stateful}",
                list.name,
                list.family.word(),
                self.maybe(list.span),
                list.default
            );
            for line in &list.lines {
                let reply = if line.stateless_reply { " stateless-reply" } else { "" };
                let opens = if line.opens { " opens" } else { "" };
                let told = line.replies.as_ref().map(|p| format!(" of sessions {}", predicate(p)));
                let told = told.unwrap_or_default();
                let conditions = if line.conditions.is_empty() {
                    String::new()
                } else {
                    format!(" if {}", line.conditions.join(", "))
                };
                let _ = writeln!(
                    out,
                    "  {:?} {}{told}{reply}{opens}{conditions} {}",
                    line.action,
                    predicate(&line.matches),
                    self.at(line.span)
                );
            }
        }
    }

    fn tables(&self, out: &mut String) {
        for table in &self.device.nats {
            let _ = writeln!(out, "nat {}", table.name);
            for rule in &table.rules {
                let skip = if rule.may_skip { ", may skip" } else { "" };
                let _ = writeln!(
                    out,
                    "  {} {}{skip} {}: {:?}",
                    rule.family.word(),
                    predicate(&rule.matches),
                    self.at(rule.span),
                    rule.rewrites
                );
            }
        }
        for policy in &self.device.policy_routes {
            let _ = writeln!(out, "policy route {}{}", policy.name, self.maybe(policy.span));
            for entry in &policy.entries {
                let action = match &entry.action {
                    PolicyRouteAction::Interfaces(ids) => {
                        format!(
                            "Interfaces({})",
                            ids.iter().map(|i| self.name(*i)).collect::<Vec<_>>().join(", ")
                        )
                    }
                    other => format!("{other:?}"),
                };
                let _ = writeln!(
                    out,
                    "  {} {} {}: {action}",
                    entry.family.word(),
                    predicate(&entry.matches),
                    self.at(entry.span)
                );
            }
        }
    }
}

/// How exact a predicate is, and of how many boxes it consists.
fn predicate(predicate: &Predicate) -> String {
    if predicate.is_exact() {
        format!("{} boxes", predicate.may.len())
    } else {
        format!("{} boxes, must {}", predicate.may.len(), predicate.must().len())
    }
}
