//! Findings, the day of evaluation, defaults, and the two worked examples.

use std::collections::BTreeSet;

use super::*;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// Adds externals, one per line, to [`BASE`].
fn externals(lines: &[&str]) -> String {
    let own: Vec<String> = lines.iter().map(|l| format!(", {{ attached_to = \"a\", {l} }}")).collect();
    BASE.replace("interfaces = [\"fw:1\"] } ]", &format!("interfaces = [\"fw:1\"] }}\n{} ]", own.join("\n")))
}

#[test]
fn a_small_town() {
    let policy = policy_of(include_str!("../testdata/town.toml"));
    assert_eq!((policy.zones.len(), policy.externals.len(), policy.flows.len()), (3, 3, 2));
    let flow = policy.flows.first().unwrap();
    assert_eq!(policy.name(flow.from.value), "number");
    assert_eq!(policy.name(flow.to.value), "ext:interim");
    assert_eq!(policy.find("ext:interim"), Some(flow.to.value));
    let rules: Vec<_> = policy.zones.iter().map(|z| z.internet).collect();
    assert_eq!(rules, [InternetRule::Forbidden, InternetRule::Forbidden, InternetRule::Allowed]);
    let net: Vec<_> = policy.externals.iter().map(|e| e.internet).collect();
    assert_eq!(net, [Declared::No, Declared::No, Declared::Yes]);
    assert_eq!(policy.granted(day("2026-06-01")).count(), 2);
    assert!(policy.date_findings(day("2026-06-01")).is_empty());
}

#[test]
fn a_city_in_inline_tables() {
    let policy = policy_of(include_str!("../testdata/city.toml"));
    assert_eq!((policy.zones.len(), policy.externals.len(), policy.flows.len()), (4, 4, 4));
    let remote = policy.flows.get(1).unwrap();
    // The contractor opens the session: its addresses are the source, the ports are ours.
    assert_eq!(
        (policy.name(remote.from.value).as_str(), policy.name(remote.to.value).as_str()),
        ("ext:vendor", "m")
    );
    assert_eq!(remote.src.first().unwrap().value.to_string(), "203.0.113.9/32");
    assert_eq!(remote.dst.first().unwrap().value.to_string(), "10.1.20.5/32");
    assert_eq!(remote.business(), (remote.to.value, remote.from.value));
}

#[test]
fn unevaluated_tables_are_named_once() {
    check(
        include_str!("../testdata/town.toml"),
        "4:2 warning not-evaluated `[body]` is read but not evaluated
         10:1 warning not-evaluated keys `model`, `preset_edition`, `profiles` of `[policy]` are read but not evaluated
         14:3 warning not-evaluated `[[people]]` is read but not evaluated
         23:3 warning not-evaluated `[[devices]]` is read but not evaluated
         63:1 warning not-evaluated keys `public_body`, `safety_basis` of `[[externals]]` are read but not evaluated
         110:1 warning not-evaluated keys `clauses`, `data_flow`, `important`, `review_by` of `[[flows]]` are read but not evaluated
         131:2 warning not-evaluated `[documents]` is read but not evaluated",
    );
    check("schema_version = 1\npolicy = { source_model = \"any\" }\n", "");
    check(
        "schema_version = 1\npolicy = { source_model = \"own-subnet\" }\n",
        "2:27 warning not-evaluated key `source_model` of `[policy]` is read but not evaluated",
    );
}

#[test]
fn a_permission_holds_through_its_last_day() {
    let flow = flow_of(
        "from = \"a\", to = \"b\", proto = 47",
        ", expires = 2027-06-30, approval = { date = 2026-04-15, expires = 2027-03-31 }",
    );
    let days = ["2026-04-14", "2026-04-15", "2027-03-31", "2027-04-01"];
    assert_eq!(days.map(|d| flow.in_force(day(d))), [false, true, true, false]);
    assert!(flow_of("from = \"a\", to = \"b\", proto = 47", "").in_force(day("2026-01-01")));
}

#[test]
fn expired_externals_take_their_flows_with_them() {
    let text = externals(&[
        "id = \"y\", kind = \"other\", internet_connected = \"yes\", next_hops = [\"10.1.0.1\"], \
                            approval = { date = 2026-04-01, expires = 2027-03-31 }",
    ]) + "flows = [ { id = \"F\", match = { from = \"a\", to = \"ext:y\", proto = 47 }, expires = 2027-04-30 } ]\n";
    let policy = policy_of(&text);
    let told = |d: &str| {
        let mut sources = SourceMap::default();
        sources.add("zones.toml", text.as_str());
        render(&policy.date_findings(day(d)), &sources)
    };
    assert_eq!(policy.granted(day("2027-03-31")).count(), 1);
    assert_eq!(policy.granted(day("2027-04-01")).count(), 0);
    assert_eq!(
        told("2027-04-01"),
        "6:146 warning expired external `y` expired on 2027-03-31 and grants nothing\n"
    );
    assert_eq!(
        told("2026-03-31"),
        "6:124 warning not-yet-approved external `y` is approved only on 2026-04-01 and grants nothing before\n"
    );
}

#[test]
fn declarations_about_the_internet_are_weighed() {
    let text = externals(&[
        "id = \"p\", kind = \"other\", next_hops = [\"10.1.0.1\"]",
        "id = \"q\", kind = \"other\", next_hops = [\"10.1.0.2\"], internet_connected = \"no\"",
        "id = \"r\", kind = \"other\", next_hops = [\"10.1.0.3\"], internet_connected = \"no\", internet_evidence = { doc = \"D\" }",
        "id = \"s\", kind = \"other\", next_hops = [\"10.1.0.4\"], internet_connected = \"no\", internet_evidence = { doc = \"D\", date = 2026-04-01 }, line = \"internet-vpn\"",
        "id = \"t\", kind = \"isp\", next_hops = [\"10.1.0.5\"], internet_connected = \"no\", internet_evidence = { doc = \"D\", date = 2026-04-01 }",
        "id = \"u\", kind = \"other\", next_hops = [\"10.1.0.6\"], internet_connected = \"no\", internet_evidence = { doc = \"D\", date = 2026-04-01 }, transit = \"no\"",
        "id = \"v\", kind = \"other\", next_hops = [\"10.1.0.7\"], internet_connected = \"unknown\", transit = \"no\"",
    ]);
    check(
        &text,
        "6:3 warning internet-unstated [[externals]] `p` does not state whether it is connected to the Internet
         7:97 warning no-evidence `internet_connected = \"no\"` of [[externals]] `q` has no evidence
         8:97 warning no-evidence `internet_connected = \"no\"` of [[externals]] `r` has no evidence
         9:97 warning internet-contradicted [[externals]] `s` is declared not connected to the Internet, but its line is `internet-vpn`
         10:95 warning internet-contradicted [[externals]] `t` is declared not connected to the Internet, but its kind is a service of the Internet
         12:118 warning no-evidence `transit = \"no\"` of [[externals]] `v` has no evidence and does not count",
    );
    let policy = policy_of(&text);
    let weighed: Vec<_> = policy.externals.iter().skip(1).map(|e| e.internet).collect();
    use Declared::{No, Unknown, Yes};
    assert_eq!(weighed, [Unknown, Unknown, Unknown, Yes, Yes, No, Unknown]);
    let transit: Vec<_> = policy.externals.iter().skip(6).map(|e| e.transit).collect();
    assert_eq!(transit, [Transit::Excluded, Transit::Possible]);
}

#[test]
fn cloud_areas_inherit_the_rule_of_their_zone() {
    let zone = |id: &str, kind: &str, rest: &str| {
        format!("[[zones]]\nid = \"{id}\"\nkind = \"{kind}\"\nvrfs = [\"r:{id}\"]\n{rest}\n")
    };
    let policy = policy_of(
        &("schema_version = 1\n".to_owned()
            + &zone("n", "internet-seg", "")
            + &zone("k", "govcloud-area", "treated_as = \"n\"")
            + &zone("o", "govcloud-area", "treated_as = \"k\"")
            + &zone("p", "govcloud-area", "treated_as = \"k\"\ninternet = \"allowed\"")
            + &zone("q", "other", "")),
    );
    let rules: Vec<_> = policy.zones.iter().map(|z| z.internet).collect();
    use InternetRule::{Allowed, Forbidden, Unstated};
    assert_eq!(rules, [Allowed, Allowed, Forbidden, Allowed, Unstated]);
}

#[test]
fn a_flow_outside_its_zone_grants_nothing() {
    let text = format!(
        "{BASE}flows = [\n{},\n{},\n{} ]\n",
        "{ id = \"F\", match = { from = \"a\", to = \"b\", proto = 47, src = [\"10.1.0.0/24\", \"10.0.0.0/8\"] } }",
        "{ id = \"G\", match = { from = \"a\", to = \"b\", proto = 50, dst = [\"10.1.0.0/24\"] }, initiator = \"to\" }",
        "{ id = \"H\", match = { from = \"a\", to = \"ext:x\", proto = 51, dst = [\"192.0.2.0/24\"] } }",
    );
    check(
        &text,
        "7:79 warning outside-zone `10.0.0.0/8` of flow `F` is outside `a`; the flow grants nothing
         8:64 warning outside-zone `10.1.0.0/24` of flow `G` is outside `b`; the flow grants nothing",
    );
    let policy = policy_of(&text);
    let granted: Vec<_> = policy.granted(day("2026-01-01")).map(|f| f.id.value.as_str()).collect();
    assert_eq!(granted, ["H"]);
    assert!(policy.flows.first().unwrap().cubes(sekisho_net::Family::V4).is_empty());
    // Two adjacent subnets hold a prefix that spans them.
    let split = BASE.replace("\"10.1.0.0/16\"", "\"10.1.0.0/17\", \"10.1.128.0/17\"")
        + "flows = [ { id = \"F\", match = { from = \"a\", to = \"b\", proto = 47, src = [\"10.1.0.0/16\"] } } ]\n";
    check(&split, "");
}

#[test]
fn contained_flows_are_told() {
    let flow =
        |id: &str, rest: &str| format!("{{ id = \"{id}\", match = {{ from = \"a\", to = \"b\", {rest} }} }}");
    let flows = [
        flow("F", "proto = \"tcp\", ports = [80, 443], src = [\"10.1.1.0/24\"]"),
        flow("G", "proto = \"tcp\", ports = [443], src = [\"10.1.1.0/25\"], dst = [\"10.2.0.1/32\"]"),
        flow("H", "proto = \"tcp\", ports = [443], src = [\"10.1.0.0/16\"]"),
        flow("I", "proto = \"udp\", ports = [443], src = [\"10.1.1.0/25\"]"),
        flow("J", "proto = \"udp\", ports = [443], src = [\"10.1.1.0/25\"]"),
        flow("K", "proto = \"icmp\", icmp = [\"echo\"]"),
        flow("L", "proto = \"icmp\""),
    ];
    check(
        &format!("{BASE}flows = [\n{} ]\n", flows.join(",\n")),
        "8:8 warning contained-flow flow `G` is contained in flow `F` of line 7
         11:8 warning contained-flow flow `J` is contained in flow `I` of line 10
         12:8 warning contained-flow flow `K` is contained in flow `L` of line 13",
    );
}

#[test]
fn hosts_that_do_not_forward_name_who_has_seen_it() {
    let host = |rest: &str| format!("{BASE}hosts = [ {{ id = \"h\", addresses = [\"10.1.0.9\"]{rest} }} ]\n");
    check(
        &host(", forwards = \"no\""),
        "6:60 warning no-evidence `forwards = \"no\"` of [[hosts]] `h` has no evidence",
    );
    check(&host(", forwards = \"no\", evidence = { doc = \"D\", date = 2026-04-01 }"), "");
    check(&host(", forwards = \"unknown\""), "");
}

#[test]
fn all_ports_are_told_unless_said() {
    let flow = |rest: &str| {
        format!(
            "{BASE}flows = [ {{ id = \"F\", match = {{ from = \"a\", to = \"b\", proto = \"tcp\"{rest} }} }} ]\n"
        )
    };
    check(
        &flow(""),
        "6:31 warning all-ports `match` of [[flows]] `F` names no ports, so every port is permitted",
    );
    check(&flow(", ports = [\"any\"]"), "");
}

#[test]
fn the_example_of_the_manual_has_no_mistake() {
    let manual = include_str!("../../../docs/zones-toml.md");
    let example = manual.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    check(example, "");
    assert_eq!(policy_of(example).flows.len(), 1);
}

#[test]
fn every_code_is_listed_documented_and_emitted_by_a_test() {
    let names: Vec<&str> = codes::ALL.iter().map(|(code, _, _)| code.as_str()).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "codes are unique");
    let tests = concat!(
        include_str!("mistakes.rs"),
        include_str!("findings.rs"),
        include_str!("gateways.rs"),
        include_str!("../tests.rs")
    );
    for name in names {
        let short = name.strip_prefix("zones/").unwrap();
        let emitted = ["error", "warning"].iter().any(|word| tests.contains(&format!("{word} {short} ")));
        assert!(emitted, "no test emits {name}");
    }
}
