//! English.

mod check;
mod diff;
mod reason;
mod relay;

use super::{Label, Step, Text, Thing};
use crate::proof::FindingKind;
use crate::report::ranges::Part;
use crate::report::verify::{Advice, LeanView, Word};

/// The message.
#[must_use]
pub fn say(text: &Text<'_>) -> String {
    match *text {
        Text::Finding { kind, from, to } => finding(kind, from, to),
        Text::Advice(a) => advice(a),
        Text::Because(because) => because.to_string(),
        Text::Remedy(ref remedy) => reason::remedy(remedy),
        Text::Note(note) => note.to_string(),
        Text::Stage(word) | Text::Decision(word) | Text::StepWhy(word) => word.to_owned(),
        Text::Disposition(word) => word.replace('_', " "),
        Text::Assumption { text, .. } => text.to_owned(),
        Text::Header { as_of, files } => format!("sekisho: isolation as of {as_of}, {}", count(files, "input file")),
        Text::FromTo => "from \\ to".to_owned(),
        Text::Legend => "+ proven: nothing outside the whitelist arrives   ? undecided   x VIOLATED".to_owned(),
        Text::Cell(Word::Proven) => "proven".to_owned(),
        Text::Cell(Word::Undecided) => "undecided".to_owned(),
        Text::Cell(Word::Violated) => "VIOLATED".to_owned(),
        Text::UndeclaredRow(n) => format!("undeclared ({n})"),
        Text::Findings => "Findings".to_owned(),
        Text::Decide => "What would decide the undecided".to_owned(),
        Text::Externals => "Externals: connected to the Internet?".to_owned(),
        Text::RestsOn => "What the proven pairs rest on".to_owned(),
        Text::Notes => "Notes (they change no verdict)".to_owned(),
        Text::Keys => "Names".to_owned(),
        Text::Line => "line".to_owned(),
        Text::PairsLabel => "concerns".to_owned(),
        Text::Pairs { count: n, of } if n == of => format!("all {}", count(of, "pair")),
        Text::Pairs { count: n, of } => format!("{n} of {}", count(of, "pair")),
        Text::Or => "or".to_owned(),
        Text::More(n) => format!("and {n} more (`--format json` has all)"),
        Text::Packet => "packet".to_owned(),
        Text::Arrives => "arrives".to_owned(),
        Text::Example => "example".to_owned(),
        Text::Enters(port) => format!("enters by {port}"),
        Text::Hop(n) => format!("hop {n}"),
        Text::Ranges => "ranges".to_owned(),
        Text::Range(part, values) => range(part, values),
        Text::AnyPacket => "any packet".to_owned(),
        Text::Also => "also".to_owned(),
        Text::MaybeNotMinimal(pairs) => format!(
            "For {} the search for what decides it was cut short: maybe not all that is named for it is needed.",
            count(pairs, "pair")
        ),
        Text::LeavesAs => "leaves as".to_owned(),
        Text::AlsoOpen => "The same pairs depend on these as well:".to_owned(),
        Text::Ways(n) => format!("{}, see below", count(n, "possible way")),
        Text::SameHops { hops, way } => format!("(as way {way} for the first {})", count(hops, "hop")),
        Text::Severity(word) => word.to_owned(),
        Text::Blank => String::new(),
        Text::Lines => "lines".to_owned(),
        Text::Help => "help".to_owned(),
        Text::NotReplayed => "the reference semantics does not confirm this packet".to_owned(),
        Text::Internet("yes") => "connected".to_owned(),
        Text::Internet("no") => "not connected".to_owned(),
        Text::Internet(_) => "not known".to_owned(),
        Text::Assurance(a) => {
            format!("routing: {}; cabling: {}; source addresses: {}", a.routing, a.cabling, a.source)
        }
        Text::OfPairs(n) => format!(" ({})", count(n, "pair")),
        Text::LeansOn(true) => "leans on every one of these routes".to_owned(),
        Text::LeansOn(false) => "leans on some of these routes".to_owned(),
        Text::LeansUnknown => "the search for the routes that matter ended early".to_owned(),
        Text::Lean(lean) => {
            let LeanView { device, vrf, interface, prefix, .. } = lean;
            let [vrf, interface, prefix] =
                [vrf, interface, prefix].map(|part| part.as_deref().unwrap_or_default());
            match lean.kind {
                "route" => format!("{device}, vrf {vrf}: route to {prefix}"),
                "no-route" => format!("{device}, vrf {vrf}: no route for other destinations of {prefix}"),
                "look-up" => format!("{device}, vrf {vrf}: all routes"),
                "source-check" => format!("{device}, {interface}: routes that its source check asks"),
                _ => format!("{device}, {interface}: where its policy route leads"),
            }
        }
        Text::Coverage(c) => format!(
            "Lines: {} modeled, {} ignored, {} approximated, {} unsupported, {} unrecognized",
            c.modeled, c.ignored, c.approximated, c.unsupported, c.unrecognized
        ),
        Text::Conclusion(Word::Proven) => {
            "PROVEN (exit 0): nothing outside the whitelist crosses a zone border".to_owned()
        }
        Text::Conclusion(Word::Undecided) => {
            "UNDECIDED (exit 3): neither proven nor violated; what would decide it stands above"
                .to_owned()
        }
        Text::Conclusion(Word::Violated) => "VIOLATED (exit 1): see the findings above".to_owned(),
        Text::Disagreement => {
            "DISAGREEMENT (exit 4): the independent check contradicts the engine; please report this as a fault"
                .to_owned()
        }
        Text::MoreDiagnostics => "More of the same kinds:".to_owned(),
        Text::OtherDiagnostics(n) => format!("{} about the input: see `sekisho verify`", count(n, "warning")),
        Text::NoPolicy(file) => format!("there is no `{file}`: nothing says which zones must be kept apart"),
        Text::NoPolicyHelp => {
            "write one (docs/zones-toml.md starts with the smallest useful file), or name it with `--policy FILE`"
                .to_owned()
        }
        Text::CannotRead { file, why } => format!("`{file}` cannot be read: {why}"),
        Text::CannotWrite { file, why } => format!("`{file}` cannot be written: {why}"),
        Text::NoSnapshot(file) => format!("neither an argument nor `snapshot = \"DIR\"` in `{file}` names the configs"),
        Text::NoSnapshotHelp => "call `sekisho verify DIR`, or add `snapshot = \"configs\"` to the policy".to_owned(),
        Text::PolicyMistakes { file, count: n } => format!("`{file}` has {}", count(n, "mistake")),
        Text::NothingReadable(path) => format!("`{path}` holds no device configuration that can be read"),
        Text::NothingReadableHelp => {
            "put the text exports of the devices there; state the system with `--os` if it is not recognised".to_owned()
        }
        Text::NoSuch { what, name } => format!("there is no {} `{name}`", thing(what)),
        Text::DidYouMean(names) => format!("did you mean {names}?"),
        Text::Known(names) => format!("there is: {names}"),
        Text::Ambiguous { what, name } => format!("more than one {} is called `{name}`", thing(what)),
        Text::BadValue { option, value, expected } => format!("`{value}` is no value of `{option}`: {expected}"),
        Text::MixedFamilies => "source and destination must both be IPv4 or both be IPv6".to_owned(),
        Text::Usage(what) => what.to_owned(),
        Text::Failed(why) => format!("the analysis cannot be done: {why}"),
        Text::Watched { unchanged, millis } => {
            format!("{millis} ms, {unchanged} files unchanged; waiting for a change")
        }
        Text::MoreChanges(n) => format!("and {n} more pairs changed"),
        Text::VerdictChanged { from, to, old, new } => format!("changed: {from} -> {to}: {old} -> {new}"),
        Text::Progress(Step::Read) => "reading".to_owned(),
        Text::Progress(Step::Build) => "building the graph".to_owned(),
        Text::Progress(Step::Prove) => "judging the zone pairs".to_owned(),
        Text::NoFilter(place) => format!("nothing filters {place}: everything passes"),
        Text::UndefinedList(name) => format!("list `{name}` is bound but not defined: everything passes"),
        Text::InternetBadge("internet") => "the Internet".to_owned(),
        Text::InternetBadge("yes") => "Internet: connected".to_owned(),
        Text::InternetBadge("no") => "Internet: not connected".to_owned(),
        Text::InternetBadge(_) => "Internet: not known".to_owned(),
        Text::GraphCounts { devices, zones, externals } => format!(
            "{}, {}, {}",
            count(devices, "device"),
            count(zones, "zone"),
            count(externals, "external")
        ),
        Text::Label(l) => label(l).to_owned(),
        Text::Diff(d) => diff::say(d),
        Text::Margin(m) => diff::margin(m),
        Text::Check(ref c) => check::say(c),
        Text::Relay(r) => relay::say(r),
    }
}

fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

fn thing(what: Thing) -> &'static str {
    match what {
        Thing::Device => "device",
        Thing::Interface => "interface",
        Thing::Vrf => "VRF",
        Thing::List => "list",
        Thing::Group => "object group",
        Thing::Zone => "firewall zone",
        Thing::Vlan => "VLAN",
        Thing::Code => "code",
        Thing::Os => "operating system",
        Thing::Encoding => "encoding",
        Thing::File => "configuration",
    }
}

fn label(label: Label) -> &'static str {
    match label {
        Label::Certain => "certainly passes",
        Label::Possible => "may pass",
        Label::Impossible => "does not pass",
        Label::Maybe => "maybe",
        Label::Sure => "sure",
        Label::Way => "way",
        Label::Permit => "permit",
        Label::Deny => "deny",
        Label::Undecided => "undecided",
        Label::Device => "device",
        Label::Vrf => "vrf",
        Label::Prefix => "prefix",
        Label::Protocol => "protocol",
        Label::NextHop => "next hop",
        Label::Interface => "interface",
        Label::File => "file",
        Label::Total => "total",
        Label::Address => "address",
        Label::Segment => "segment",
        Label::Why => "why",
        Label::Zone => "zone",
        Label::DeclaredLinks => "Declared cables",
        Label::Segments => "Segments",
        Label::GraphTitle => "Network and zones",
        Label::External => "external",
        Label::Nobody => "belongs to no zone",
        Label::Cable => "declared cable",
        Label::Devices => "Devices",
        Label::Zones => "Zones and externals",
        Label::NoLocation => "nowhere in the snapshot",
    }
}

fn finding(kind: &FindingKind, from: &str, to: &str) -> String {
    match kind {
        FindingKind::Open { family } => {
            format!("{} packets outside the whitelist cross from `{from}` to `{to}`", family_word(*family))
        }
        FindingKind::SharedSegment { .. } => {
            format!("`{from}` and `{to}` share a segment: no device stands between them")
        }
        FindingKind::MaybeOpen { family, .. } => {
            format!(
                "{} packets outside the whitelist may cross from `{from}` to `{to}`",
                family_word(*family)
            )
        }
        FindingKind::NotAssigned { interfaces, .. } => format!(
            "packets may go from `{from}` to `{to}`, and nobody has said who is behind {}",
            interfaces.join(", ")
        ),
        FindingKind::EitherWay { questions } => {
            let open: Vec<String> = questions.iter().map(|(d, n)| crate::proof::question(d, n)).collect();
            format!("`{from}` -> `{to}` is proven with either answer: {}", open.join("; "))
        }
        FindingKind::StatelessReply { .. } => {
            format!(
                "packets from `{from}` to `{to}` pass because they look like replies; new ones can look so too"
            )
        }
        FindingKind::SessionCrossing { opener, sure, .. } => {
            let whose = match opener {
                Some(opener) => format!("a session that `{opener}` opens"),
                None => "a session".to_owned(),
            };
            let verb = if *sure { "pass" } else { "may pass" };
            format!("packets {verb} from `{from}` to `{to}` as replies of {whose}")
        }
        FindingKind::ZoneNotFound { zone } => format!("`{zone}` is nowhere in the snapshot"),
        FindingKind::Broken { zone, message } => {
            format!("a declaration of `{zone}` cannot be applied: {message}")
        }
        FindingKind::Incomplete { why } => format!("nothing can be proven: {why}"),
        FindingKind::EndpointConnected { external, contradicted: true } => {
            format!("`{external}` reaches the Internet, although it was declared otherwise")
        }
        FindingKind::EndpointConnected { external, .. } => {
            format!("`{external}` is connected to the Internet")
        }
        FindingKind::EndpointUnknown { external, possible_path: true } => {
            format!("`{external}` was declared unconnected, but a path to the Internet may exist")
        }
        FindingKind::EndpointUnknown { external, .. } => {
            format!("nobody knows whether `{external}` is connected to the Internet")
        }
        FindingKind::PeerConnected { flow, sure: true } => {
            format!("the peer of flow `{flow}` also reaches the Internet")
        }
        FindingKind::PeerConnected { flow, .. } => {
            format!("the peer of flow `{flow}` may also reach the Internet")
        }
        FindingKind::RequiredBroken { required, back, sure, .. } => {
            let what = if *back { "the answers of required flow" } else { "required flow" };
            let verb = match (*back, *sure) {
                (true, true) => "do not come back",
                (true, false) => "may not come back",
                (false, true) => "does not work",
                (false, false) => "may not work",
            };
            format!("{what} `{required}` {verb}")
        }
        FindingKind::RequiredNotPermitted { required } => {
            format!("required flow `{required}` is not permitted by any entry of [[flows]]")
        }
        FindingKind::Unused { flow } => format!("no packet can use flow `{flow}`"),
        FindingKind::ModelDisconnected => {
            "no packet can use any flow: the model is probably not connected".to_owned()
        }
        FindingKind::Relay(found) => relay::finding(found, from, to),
        FindingKind::Unconfirmed { why } => {
            format!("the check of the certificate does not bear out the proof from `{from}` to `{to}`: {why}")
        }
        FindingKind::Disagreement { .. } => {
            format!(
                "the independent check does not confirm the packet that the engine found from `{from}` to `{to}`"
            )
        }
    }
}

fn range(part: Part, values: &str) -> String {
    match part {
        Part::Proto => values.to_owned(),
        Part::Src => format!("from {values}"),
        Part::SrcAsSent => format!("(as sent {values})"),
        Part::Dst => format!("to {values}"),
        Part::Sport | Part::Dport => format!("port {values}"),
        Part::Flags => format!("flags {values}"),
        Part::IcmpType => format!("type {values}"),
        Part::IcmpCode => format!("code {values}"),
        Part::Later => "later fragments".to_owned(),
    }
}

fn advice(advice: &Advice) -> String {
    match advice {
        Advice::JoinVrf { interface, place, zone, vrf } => format!(
            "put `{interface}` into VRF {vrf} ({place}): it is in the global table, while other interfaces of \
             `{zone}` on this device are in {vrf}"
        ),
        Advice::PolicyRoute { place } => {
            format!("remove or narrow the policy route at {place}: it leads the packet this way")
        }
        Advice::Leak { place, from, to } => {
            format!("remove the route at {place}: it leads from VRF {from} into VRF {to}")
        }
        Advice::Narrow { place, flows } if flows.is_empty() => {
            format!("narrow or remove {place}: it lets the packet pass, and no flow permits it")
        }
        Advice::Narrow { place, flows } => format!(
            "narrow {place}: it lets more pass than {} {}",
            if flows.len() == 1 { "flow" } else { "flows" },
            flows.join(", ")
        ),
        Advice::OtherFamily { interface, family } => format!(
            "nothing filters {} at `{interface}`, which filters the other family only: bind a list for {} there",
            family_word(*family),
            family_word(*family)
        ),
        Advice::AddFilter { enters, leaves } => format!(
            "no filter is on the way: bind one where the packet enters (`{enters}`, in) or leaves (`{leaves}`, out)"
        ),
        Advice::Translation { place } => {
            format!("remove or narrow the translation at {place}, which makes the destination reachable")
        }
        Advice::Approve { entry } => {
            format!("if the flow is meant, permit it in zones.toml: [[flows]] with an id and {entry}")
        }
        Advice::Split { from, to, place } => match place {
            Some(place) => format!(
                "take the VLAN off {place}, or give `{from}` and `{to}` VLANs of their own with a filter between"
            ),
            None => format!("give `{from}` and `{to}` VLANs of their own with a filter between them"),
        },
        Advice::Assign => "add the interface to a [[zones]] or [[externals]] entry".to_owned(),
        Advice::Inspect => {
            "inspect the sessions statefully, or limit the ports from which replies may come".to_owned()
        }
        Advice::CheckSources => {
            "check the source where the session enters (uRPF, or sources named in the rule), and give each side \
             of the device an interface of its own"
                .to_owned()
        }
        Advice::Disconnect => {
            "disconnect it, attach it to a zone that allows the Internet, or remove its flows".to_owned()
        }
        Advice::SeparatePeer => "remove the flow, or separate the peer from the Internet".to_owned(),
        Advice::CheckFlow => "remove the entry, or check whether its zones and ports are right".to_owned(),
        Advice::CheckConfigs => {
            "check that the configs between the zones are in the snapshot, and declare missing cables"
                .to_owned()
        }
        Advice::Report => "report this with the configs concerned".to_owned(),
    }
}

fn family_word(family: sekisho_net::Family) -> &'static str {
    match family {
        sekisho_net::Family::V4 => "IPv4",
        sekisho_net::Family::V6 => "IPv6",
    }
}
