//! Renderers against values made by hand, and the JSON Schemas.

use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use sekisho_diag::{Code, Diagnostic, Severity, SourceMap, Span};

use super::messages::Lang;
use super::ranges::HeaderView;
use super::style::{Layout, columns, cut, wrap};
use super::verify::{
    AssumptionView, AssuranceView, CoverageView, DomainView, ExternalView, FindingView, HopView,
    LocationView, PairView, ReasonView, StepView, VerifyView, WitnessView, Word,
};
use super::{diagnostics, diff, filter, json, margin, routes, show, text, verify};

const PLAIN: Layout = Layout { lang: Lang::En, color: false, width: 80 };

fn pair(from: &str, to: &str, verdict: Word) -> PairView {
    PairView {
        from: from.to_owned(),
        to: to.to_owned(),
        verdict,
        assurance: AssuranceView { routing: "given", cabling: "declared", source: "any" },
        assumptions: if verdict == Word::Proven { vec!["state-empty".to_owned()] } else { Vec::new() },
        reachable: verdict != Word::Proven,
        replies: "clean",
        leans_on_routes: None,
        chain: None,
    }
}

fn domain(id: &str, kind: &'static str) -> DomainView {
    DomainView { id: id.to_owned(), kind, name: None }
}

fn header(dport: u16) -> HeaderView {
    HeaderView {
        src: "10.1.0.2".to_owned(),
        dst: "10.2.0.9".to_owned(),
        proto: "tcp".to_owned(),
        sport: Some(1024),
        dport: Some(dport),
        flags: Some(vec!["SYN"]),
        icmp_type: None,
        icmp_code: None,
        fragment: "whole-or-first",
        src_as_sent: None,
    }
}

fn place(line: u32, quote: &str, note: &str) -> LocationView {
    LocationView { file: "r1.cfg".to_owned(), line, note: note.to_owned(), quote: quote.to_owned() }
}

fn finding(code: &'static str, severity: &'static str, verdict: Word, message: &str) -> FindingView {
    FindingView {
        id: format!("{code}:office->servers"),
        code,
        severity,
        verdict,
        from: Some("office".to_owned()),
        to: Some("servers".to_owned()),
        message: message.to_owned(),
        locations: Vec::new(),
        reasons: Vec::new(),
        minimal: None,
        suggestion: None,
        alternatives: Vec::new(),
        example: None,
        ranges: Vec::new(),
        witness: None,
    }
}

/// A violated pair, an undecided one, and an interface of nobody.
fn sample() -> VerifyView {
    let mut open = finding("isolation/open", "error", Word::Violated, "packets cross");
    open.locations = vec![place(18, "permit tcp any any", "filter: permit")];
    open.suggestion = Some("narrow the line".to_owned());
    open.witness = Some(WitnessView {
        packet: header(3389),
        arrived: header(3389),
        enters: Some("r1:Gi0/0".to_owned()),
        hops: vec![HopView {
            device: "r1".to_owned(),
            in_interface: "Gi0/0".to_owned(),
            out_interface: Some("Gi0/1".to_owned()),
            arrives: header(3389),
            leaves: None,
            steps: vec![StepView {
                stage: "filter".to_owned(),
                decision: "permit".to_owned(),
                shown: "permit".to_owned(),
                file: Some("r1.cfg".to_owned()),
                line: Some(18),
                quote: "permit tcp any any".to_owned(),
            }],
        }],
        ranges: Vec::new(),
        replayed: true,
    });
    let mut maybe = finding("isolation/undecided", "warning", Word::Undecided, "packets may cross");
    maybe.example = Some(header(22));
    maybe.reasons = vec![ReasonView {
        location: Some(place(41, "", "")),
        text: "bridge group".to_owned(),
        help: Some("resolve it".to_owned()),
    }];
    let mut nobody = finding("isolation/not-assigned", "warning", Word::Undecided, "nobody");
    nobody.to = Some("undeclared:r2:Gi0/3".to_owned());
    nobody.example = Some(header(53));
    nobody.reasons = vec![ReasonView {
        location: Some(place(77, "interface Gi0/3", "")),
        text: "nobody has said who is behind r2:Gi0/3".to_owned(),
        help: Some("assign it".to_owned()),
    }];
    let findings = vec![open, maybe, nobody];
    VerifyView {
        schema: verify::SCHEMA,
        verdict: Word::Violated,
        as_of: "2026-11-24".to_owned(),
        disagreement: false,
        domains: vec![
            domain("office", "zone"),
            domain("servers", "zone"),
            domain("undeclared:r2:Gi0/3", "undeclared"),
        ],
        pairs: vec![
            pair("office", "servers", Word::Violated),
            pair("servers", "office", Word::Proven),
            pair("office", "undeclared:r2:Gi0/3", Word::Undecided),
        ],
        groups: verify::groups(&findings),
        findings,
        externals: vec![ExternalView {
            id: "undeclared:r2:Gi0/3".to_owned(),
            internet: "unknown",
            verdict: Word::Undecided,
        }],
        required: Vec::new(),
        relays: verify::RelaysView { pairs: 0, certain: 0, internet: Vec::new(), not_followed: Vec::new() },
        waypoints: Vec::new(),
        assumptions: vec![AssumptionView {
            id: "state-empty".to_owned(),
            text: "no session survives".to_owned(),
        }],
        coverage: CoverageView { modeled: 20, ignored: 10, approximated: 0, unsupported: 1, unrecognized: 0 },
        inputs: Vec::new(),
        diagnostics: Vec::new(),
    }
}

#[test]
fn the_report_reads_from_top_to_bottom() {
    let shown = text::verify(&sample(), &PLAIN);
    let expected = "\
sekisho: isolation as of 2026-11-24, 0 input files

from \\ to            office    servers     undeclared:r2:Gi0/3
office               -         x VIOLATED  ? undecided
servers              + proven  -           -
undeclared:r2:Gi0/3  -         -           -
+ proven: nothing outside the whitelist arrives   ? undecided   x VIOLATED

Findings
error[isolation/open]: packets cross
  packet     tcp 10.1.0.2:1024 -> 10.2.0.9:3389 SYN, enters by r1:Gi0/0
  hop 1      r1  Gi0/0 -> Gi0/1
             filter  permit  r1.cfg:18  permit tcp any any
  lines      r1.cfg:18  permit tcp any any
  help       narrow the line

What would decide the undecided
warning[isolation/undecided]: bridge group
  line       r1.cfg:41
  concerns   1 of 3 pairs
             office -> servers
  example    office -> servers: tcp 10.1.0.2:1024 -> 10.2.0.9:22 SYN
  help       resolve it

warning[isolation/not-assigned]: nobody has said who is behind r2:Gi0/3
  line       r1.cfg:77  interface Gi0/3
  concerns   1 of 3 pairs
             office -> undeclared:r2:Gi0/3
  example    office -> undeclared:r2:Gi0/3: tcp 10.1.0.2:1024 -> 10.2.0.9:53 SYN
  help       assign it

Externals: connected to the Internet?
  undeclared:r2:Gi0/3  not known  undecided

What the proven pairs rest on
  routing: given; cabling: declared; source addresses: any
  state-empty: no session survives

Lines: 20 modeled, 10 ignored, 0 approximated, 1 unsupported, 0 unrecognized
VIOLATED (exit 1): see the findings above
";
    assert_eq!(shown, expected, "{shown}");
}

#[test]
fn a_large_matrix_fits_eighty_columns() {
    let mut view = sample();
    view.findings.clear();
    view.groups.clear();
    view.externals.clear();
    view.domains = (0..40).map(|n| domain(&format!("a-zone-with-a-long-name-{n}"), "zone")).collect();
    view.domains.extend((0..9).map(|n| domain(&format!("undeclared:r{n}:Gi0/0"), "undeclared")));
    view.pairs = vec![pair("a-zone-with-a-long-name-1", "undeclared:r7:Gi0/0", Word::Violated)];
    let shown = text::verify(&view, &PLAIN);
    assert!(shown.contains("undeclared (9)"), "{shown}");
    assert!(shown.lines().all(|l| columns(l) <= 80), "{shown}");
    let marked: Vec<&str> = shown.lines().filter(|l| l.ends_with("  x")).collect();
    assert!(
        matches!(marked.as_slice(), [line] if line.starts_with(" 2 a-zone-with-a-long-name-1")),
        "{shown}"
    );
}

#[test]
fn many_zones_with_long_japanese_names_fit() {
    let mut view = sample();
    view.findings.clear();
    view.groups.clear();
    let named = |n: usize| DomainView {
        id: format!("zone-{n}"),
        kind: "zone",
        name: Some(format!("第{n}庁舎マイナンバー利用事務系ネットワーク")),
    };
    for count in [5, 8, 12, 15, 40] {
        view.domains = (0..count).map(named).collect();
        view.pairs = vec![pair("zone-1", "zone-4", Word::Violated)];
        for (width, lang) in [(80, Lang::Ja), (120, Lang::Ja), (80, Lang::En), (40, Lang::Ja)] {
            let shown = text::verify(&view, &Layout { lang, width, color: false });
            assert!(shown.lines().all(|l| columns(l) <= width), "{count} zones, {width} columns\n{shown}");
            let joined: String = shown.split_whitespace().collect();
            let all = (0..count).all(|n| joined.contains(&format!("zone-{n}")));
            assert!(all, "every zone is named with {count} zones\n{shown}");
            // The name stands in the row or in the list of keys, at least its beginning.
            assert!(joined.contains("第1庁舎マ"), "{count} zones, {width} columns\n{shown}");
        }
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    let colored = text::verify(&sample(), &Layout { color: true, ..PLAIN });
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, r)| r);
    }
    plain.push_str(rest);
    assert_ne!(colored, plain);
    let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
    assert_eq!(trimmed, text::verify(&sample(), &PLAIN).lines().collect::<Vec<_>>());
}

#[test]
fn japanese_is_laid_out_by_columns() {
    let shown = text::verify(&sample(), &Layout { lang: Lang::Ja, ..PLAIN });
    assert!(shown.contains("x 違反") && shown.contains("終了コード 1"), "{shown}");
    let lines =
        wrap("  ", "許可リストにない通信は領域の境界を越えない。上記が解消されるまで証明とはみなさない", 40);
    assert!(lines.lines().count() > 1 && lines.lines().all(|l| columns(l) <= 42), "{lines}");
    assert!(!lines.lines().any(|l| l.trim_start().starts_with('。')), "{lines}");
    assert_eq!(cut("情報系ネットワーク", 8), "情報系…");
}

#[test]
fn diagnostics_quote_lines_but_no_secrets() {
    let mut sources = SourceMap::default();
    let file = sources.add("r1.cfg", "hostname r1\nbridge 1 protocol ieee\ntunnel key 4711\n");
    let at = |from: usize, to: usize| Span::new(file, from, to);
    let unsupported =
        Diagnostic::new(Code("ios/unsupported-line"), Severity::Warning, "bridge group", at(12, 34))
            .with_label(at(0, 8), "of this device")
            .with_help("remove it");
    let shown = diagnostics::one(&unsupported, &sources, &PLAIN);
    assert!(shown.starts_with("warning[ios/unsupported-line]: bridge group"), "{shown}");
    assert!(
        shown.contains("r1.cfg:2")
            && shown.contains("bridge 1 protocol ieee")
            && shown.contains("help: remove it")
    );
    let key = Diagnostic::new(Code("ios/unsupported-line"), Severity::Warning, "tunnel key", at(35, 50));
    assert!(!diagnostics::one(&key, &sources, &PLAIN).contains("4711"));
    let secret = Diagnostic::new(Code("zones/secret"), Severity::Error, "looks like a secret", at(0, 11));
    assert!(!diagnostics::one(&secret, &sources, &PLAIN).contains("hostname r1"));
    let many = vec![unsupported; 6];
    let all = diagnostics::render(&many, &sources, &PLAIN);
    assert_eq!(all.matches("ios/unsupported-line").count(), 6, "{all}");
    assert_eq!(all.matches("help: remove it").count(), 3, "{all}");
}

#[test]
fn gates_are_taken_in_order() {
    let gate = |possible, certain, line| filter::Gate {
        possible,
        certain,
        place: Some(format!("r1.cfg:{line}")),
        why: String::new(),
    };
    let decided = |gates: &[filter::Gate]| {
        let view = filter::view(gates, None);
        (view.decision, view.line)
    };
    assert_eq!(decided(&[gate(true, true, 1), gate(true, true, 2)]), ("permit", Some(1)));
    assert_eq!(decided(&[gate(true, false, 1), gate(false, false, 2)]), ("deny", Some(2)));
    assert_eq!(decided(&[gate(true, true, 1), gate(true, false, 2)]), ("undecided", Some(2)));
    let none = filter::view(&[], Some("no filter".to_owned()));
    assert_eq!((none.decision, none.file, none.note.as_deref()), ("permit", None, Some("no filter")));
}

/// Compares a schema with its file; `UPDATE_SCHEMA=1` writes the file.
fn schema<T: JsonSchema>(name: &str, title: &str) -> serde_json::Value {
    let mut schema =
        SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    let value = serde_json::to_value(&schema).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(name);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, json::render(&value)).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        json::render(&value),
        written,
        "docs/schema/{name} is stale: run the test with UPDATE_SCHEMA=1"
    );
    value
}

#[test]
fn schemas_are_up_to_date_and_fit() {
    let of_verify = schema::<VerifyView>("verify.json", verify::SCHEMA);
    let instance = serde_json::to_value(sample()).unwrap();
    let validator = jsonschema::validator_for(&of_verify).unwrap();
    let errors: Vec<String> = validator.iter_errors(&instance).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    schema::<super::check::CheckView>("check.json", super::check::SCHEMA);
    schema::<diff::DiffView>("diff.json", diff::SCHEMA);
    schema::<margin::MarginView>("margin.json", margin::SCHEMA);
    schema::<filter::FilterView>("filter.json", filter::SCHEMA);
    schema::<Vec<routes::RouteView>>("routes.json", "sekisho-routes/1");
    schema::<show::coverage::View>("coverage.json", show::coverage::SCHEMA);
    schema::<show::zones::View>("zones.json", show::zones::SCHEMA);
    schema::<show::links::View>("links.json", show::links::SCHEMA);
    schema::<show::model::View>("model.json", show::model::SCHEMA);
    schema::<show::graph::View>("graph.json", show::graph::SCHEMA);
}
