//! `sekisho filter`: which line of one filter or policy decides one packet.

use sekisho_diag::{SourceMap, Span};
use sekisho_model::{ContextId, Device, Interface, InterfaceId, ListId, Stage};
use sekisho_net::Packet;
use sekisho_reference::decide_list;
use sekisho_reference::format::Network;

use super::args::{FilterArgs, Format, StageWord};
use super::failure::Failure;
use super::terminal::Terminal;
use super::{Outcome, input, names};
use crate::analysis;
use crate::proof::export;
use crate::report::filter::{Gate, view};
use crate::report::messages::{Lang, Text, Thing};
use crate::report::{diagnostics, json, ranges, text};

/// Where the question is asked.
struct Asked<'a> {
    device: &'a Device,
    index: usize,
    network: &'a Network,
    sources: &'a SourceMap,
    packet: Packet,
    lang: Lang,
}

/// Decides the packet.
pub(super) fn run(args: &FilterArgs, terminal: &Terminal) -> Result<Outcome, Failure> {
    let lang = terminal.lang;
    let packet = args.flow.packet(lang)?;
    let snapshot = input::snapshot(&args.file, &args.input, terminal)?;
    let (index, device) = names::device(&snapshot.devices, args.device.as_deref(), lang)?;
    let network = analysis::network_of(&snapshot.devices, None, &snapshot.sources);
    let asked = Asked { device, index, network: &network, sources: &snapshot.sources, packet, lang };
    let (gates, note) = asked.gates(args)?;
    let view = view(&gates, note);
    let out = match terminal.format {
        Format::Json => json::render(&view),
        Format::Text => {
            let head = ranges::one_line(&ranges::header(&packet));
            text::show::filter(&head, &view, &snapshot.sources, &terminal.stdout())
        }
    };
    let err = diagnostics::brief(&snapshot.diagnostics, &snapshot.sources, &terminal.stderr());
    Ok(Outcome { out, err, code: super::PROVEN })
}

/// The zone of a context, or the interface that stands for itself where policies name interfaces.
fn zone_name(context: &str) -> Option<&str> {
    match context.strip_prefix("zone ") {
        Some(zone) => zone.split(", ").next(),
        None => context.strip_prefix("interface "),
    }
}

impl Asked<'_> {
    fn gates(&self, args: &FilterArgs) -> Result<(Vec<Gate>, Option<String>), Failure> {
        let lang = self.lang;
        if let Some(name) = &args.name {
            return Ok((vec![self.named_list(name)?], None));
        }
        if let Some(name) = &args.object_group {
            return Ok((vec![self.named_set(name)?], None));
        }
        if let (Some(from), Some(to)) = (&args.from_zone, &args.to_zone) {
            return self.zone_pair(from, to);
        }
        let (Some(name), Some(stage)) = (&args.interface, args.stage) else {
            let usage = "say which filter: --name ACL, --interface I --stage in|out|policy, \
                         --from-zone A --to-zone B, or --object-group G";
            return Err(Failure::new(lang, &Text::Usage(usage)));
        };
        let (id, interface) = names::interface(self.device, name, lang)?;
        let context = match &args.in_interface {
            Some(name) if name != "(local)" && name != "any" => {
                Some(names::interface(self.device, name, lang)?.1.context)
            }
            _ => None,
        };
        let gates = self.of_interface(id, interface, stage, context);
        let note = gates.is_empty().then(|| lang.say(&Text::NoFilter(&interface.name)));
        Ok((gates, note))
    }

    fn named_list(&self, name: &str) -> Result<Gate, Failure> {
        let lists = &self.device.lists;
        let family = self.packet.family;
        let fits = |exact: bool| {
            lists.iter().position(|l| {
                l.family == family && if exact { l.name == name } else { l.name.eq_ignore_ascii_case(name) }
            })
        };
        let found = fits(true).or_else(|| fits(false)).and_then(|at| u32::try_from(at).ok());
        found.and_then(|at| self.list(ListId(at))).ok_or_else(|| {
            let known = lists.iter().filter(|l| l.family == family).map(|l| l.name.as_str());
            names::no_such(self.lang, Thing::List, name, known)
        })
    }

    fn named_set(&self, name: &str) -> Result<Gate, Failure> {
        let sets = &self.device.sets;
        let found = sets.iter().find(|s| s.name == name && s.family == self.packet.family);
        let found = found.ok_or_else(|| {
            names::no_such(self.lang, Thing::Group, name, sets.iter().map(|s| s.name.as_str()))
        })?;
        Ok(Gate::of_set(found, &self.packet, self.sources.place(found.span)))
    }

    /// The gate of the policy between two firewall zones, or interfaces without one: what an interface of
    /// the one asks of packets from an interface of the other.
    fn zone_pair(&self, from: &str, to: &str) -> Result<(Vec<Gate>, Option<String>), Failure> {
        let device = self.device;
        let members = |zone: &str| -> Vec<&Interface> {
            let context = |i: &Interface| device.contexts.get(i.context.0 as usize);
            let within = |i: &&Interface| context(i).is_some_and(|c| zone_name(&c.name) == Some(zone));
            device.interfaces.iter().filter(within).collect()
        };
        let missing = |zone: &str| {
            let known = device.contexts.iter().filter_map(|c| zone_name(&c.name));
            names::no_such(self.lang, Thing::Zone, zone, known)
        };
        let source = *members(from).first().ok_or_else(|| missing(from))?;
        // Within a zone: from one member to another.
        let targets = members(to);
        let other = targets.iter().find(|t| t.name != source.name);
        let target = *other.or(targets.first()).ok_or_else(|| missing(to))?;
        let gates = self.staged(&target.egress, Some(source.context), true);
        let note = gates.is_empty().then(|| self.lang.say(&Text::NoFilter(&format!("{from} -> {to}"))));
        Ok((gates, note))
    }

    fn of_interface(
        &self,
        id: InterfaceId,
        interface: &Interface,
        stage: StageWord,
        context: Option<ContextId>,
    ) -> Vec<Gate> {
        let mut gates = match stage {
            StageWord::In => self.staged(&interface.ingress, Some(interface.context), false),
            StageWord::Out => self.staged(&interface.egress, None, false),
            StageWord::Policy => self.staged(&interface.egress, Some(context.unwrap_or(ContextId(0))), true),
        };
        if let Some(poison) = self.device.interface_poison(id) {
            let place = Some(self.sources.place(poison.span));
            // An unread line may bind another filter, or take one away.
            for gate in &mut gates {
                gate.possible = true;
                gate.certain = false;
            }
            gates.push(Gate { possible: true, certain: false, place, why: poison.why.clone() });
        }
        gates
    }

    /// Gates of a program; with `inner` those inside `When` for the context, else those outside.
    fn staged(&self, stages: &[Stage], context: Option<ContextId>, inner: bool) -> Vec<Gate> {
        let mut out = Vec::new();
        for stage in stages {
            match stage {
                Stage::When { from, stage } if inner && context.is_some_and(|c| from.contains(&c)) => {
                    out.extend(self.gate(stage));
                }
                stage if !inner => out.extend(self.gate(stage)),
                _ => {}
            }
        }
        out
    }

    fn gate(&self, stage: &Stage) -> Option<Gate> {
        let fixed = |possible, span: Span, why: &str| {
            let place = Some(self.sources.place(span));
            Some(Gate { possible, certain: false, place, why: why.to_owned() })
        };
        match stage {
            Stage::Filter { list, .. } => self.list(*list),
            Stage::Drop { span, why } => fixed(false, *span, why),
            Stage::MayDrop { span, why } => fixed(true, *span, why),
            Stage::When { .. } | Stage::AntiSpoof { .. } | Stage::Nat { .. } | Stage::PolicyRoute { .. } => {
                None
            }
        }
    }

    /// What a list decides; `None` when the packet is of another family.
    fn list(&self, list: ListId) -> Option<Gate> {
        let known = self.device.list(list)?;
        if known.span.is_none() {
            let why = self.lang.say(&Text::UndefinedList(&known.name));
            return Some(Gate { possible: true, certain: true, place: None, why });
        }
        let plain = export::packet(&self.packet);
        decide_list(self.network, self.index, list.0 as usize, &plain).map(|d| Gate::of_list(&d))
    }
}
