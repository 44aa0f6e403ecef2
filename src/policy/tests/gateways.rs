//! Gateways, and the flows that go by them.

use std::net::IpAddr;

use super::*;

/// Two zones with a gateway between them.
const TWO: &str = r#"schema_version = 1
[[zones]]
id = "in"
kind = "lgwan-seg"
subnets = ["10.1.0.0/16"]
[[zones]]
id = "out"
kind = "internet-seg"
subnets = ["10.2.0.0/16"]
[[flows]]
id = "F"
match = { from = "out", to = "in", proto = "tcp", src = ["10.2.0.0/24"], dst = ["10.1.0.25/32"], ports = ["25"] }
via = "g"
[[gateways]]
id = "g"
kind = "mta"
leg_a = { zone = "out", hosts = ["10.2.0.25"] }
leg_b = { zone = "in", hosts = ["10.1.0.25"] }
ports = ["tcp/20-30", "udp/53"]
forwarding = "off"
evidence = { doc = "D-1", date = 2026-04-01 }
"#;

/// [`TWO`] with some text in place of another.
fn with(old: &str, new: &str) -> String {
    assert_eq!(TWO.matches(old).count(), 1, "{old}");
    TWO.replace(old, new)
}

/// What is told, and whether the flow of the file grants something.
fn change(old: &str, new: &str, grants: bool, expected: &str) {
    let text = with(old, new);
    check(&text, expected);
    let flow = policy_of(&text).flows.into_iter().next().unwrap();
    assert_eq!(flow.in_force(Date::parse("2026-12-01").unwrap()), grants, "{new}");
}

#[test]
fn a_gateway_is_read() {
    check(TWO, "");
    let policy = policy_of(TWO);
    let gateway = policy.gateways.first().unwrap();
    assert_eq!((gateway.kind, gateway.forwarding, gateway.void), (GatewayKind::Mta, Declared::No, None));
    assert_eq!(gateway.legs.iter().map(|l| l.zone.value).collect::<Vec<_>>(), [1, 0]);
    let flow = policy.flows.first().unwrap();
    assert_eq!((flow.via.map(|v| v.value), flow.void, gateway.leg_of(flow)), (Some(0), None, Some(1)));
}

#[test]
fn the_machine_is_a_neighbour() {
    let hosts = |text: &str| {
        let policy = policy_of(text);
        let each = policy.hosts.iter().map(|h| (h.id.value.clone(), h.addresses.len(), h.forwards));
        each.collect::<Vec<_>>()
    };
    assert_eq!(hosts(TWO), [("g".to_owned(), 2, Declared::No)]);
    let unknown = with("forwarding = \"off\"", "forwarding = \"unknown\"");
    assert_eq!(hosts(&unknown), [("g".to_owned(), 2, Declared::Unknown)]);
    assert_eq!(hosts(&with("forwarding = \"off\"\n", "")), [("g".to_owned(), 2, Declared::Unknown)]);
    let on = with("forwarding = \"off\"", "forwarding = \"on\"");
    assert_eq!(hosts(&on), [("g".to_owned(), 2, Declared::Yes)]);
    let listed = format!(
        "{TWO}[[hosts]]\nid = \"h\"\naddresses = [\"10.1.0.25\", \"10.2.0.25\"]\nforwards = \"no\"\n\
         evidence = {{ doc = \"D-1\", date = 2026-04-01 }}\n"
    );
    assert_eq!(hosts(&listed), [("h".to_owned(), 2, Declared::No)]);
}

#[test]
fn a_host_that_says_otherwise_stops_the_run() {
    let host = |inside: &str| format!("{TWO}[[hosts]]\nid = \"h\"\n{inside}\n");
    check(
        &host("addresses = [\"10.1.0.25\", \"10.2.0.25\"]\nforwards = \"yes\""),
        "17:34 error gateway-host gateway `g` and host `h` of line 22 do not say the same about forwarding of `10.2.0.25`",
    );
    check(
        &host("addresses = [\"10.1.0.25\", \"10.2.0.25\"]"),
        "17:34 error gateway-host gateway `g` and host `h` of line 22 do not say the same about forwarding of `10.2.0.25`",
    );
    check(
        &host(
            "addresses = [\"10.1.0.25\"]\nforwards = \"no\"\nevidence = { doc = \"D\", date = 2026-04-01 }",
        ),
        "17:34 error gateway-host `[[hosts]]` has some addresses of gateway `g` and not `10.2.0.25`",
    );
}

#[test]
fn a_gateway_that_parts_nothing_grants_nothing() {
    let told = |at: &str, why: &str| {
        format!(
            "{at} warning gateway-misdeclared gateway `g` is misdeclared, and flows by it grant nothing: {why}"
        )
    };
    change(
        "forwarding = \"off\"",
        "forwarding = \"on\"",
        false,
        &told("14:1", "it forwards packets between its legs"),
    );
    change(
        "hosts = [\"10.2.0.25\"]",
        "hosts = [\"10.3.0.25\"]",
        false,
        &told("17:34", "`10.3.0.25` is outside `out`"),
    );
    change(
        "leg_a = { zone = \"out\", hosts = [\"10.2.0.25\"] }",
        "leg_a = { zone = \"in\", hosts = [\"10.1.0.26\"] }",
        false,
        &told("18:18", "both legs lie in one zone, which is not of kind `relay`"),
    );
    let text = with("\"10.2.0.25\"", "\"10.1.0.25\"");
    check(
        &text,
        &format!(
            "{}\n{}",
            told("17:34", "`10.1.0.25` is outside `out`"),
            told("18:33", "`10.1.0.25` stands on both legs")
        ),
    );
    change(
        "leg_b = { zone = \"in\", hosts = [\"10.1.0.25\"] }\n",
        "leg_b = { zone = \"in\", hosts = [\"10.1.0.26\"] }\n",
        false,
        "13:7 warning gateway-end flow `F` begins and ends at no leg of its gateway `g`; it grants nothing",
    );
}

#[test]
fn mistakes_of_a_gateway_stop_the_run() {
    let text = with("zone = \"out\", hosts", "zone = \"outer\", hosts");
    check(
        &text,
        "17:18 error undefined-reference `outer` is not defined (used by `leg_a` of [[gateways]] `g`)",
    );
    let text = with("kind = \"mta\"", "kind = \"mtb\"");
    check(&text, "16:8 error unknown-kind `kind` of [[gateways]] `g` cannot be `mtb`");
    let text = with("\"tcp/20-30\"", "\"25\"");
    check(
        &text,
        "13:7 warning gateway-port flow `F` has ports that gateway `g` does not declare; it grants nothing
         19:10 error port-protocol `25` is not a port with its protocol",
    );
    let text = with("forwarding = \"off\"", "forwarding = \"of\"");
    check(&text, "20:14 error bad-value `forwarding` of [[gateways]] `g` cannot be `of`");
    let text = with("hosts = [\"10.2.0.25\"]", "hosts = [\"10.2.0.0/24\"]");
    check(&text, "17:34 error bad-address `10.2.0.0/24` is not an IP address");
    let text = with("leg_a = { zone = \"out\", hosts = [\"10.2.0.25\"] }\n", "");
    check(&text, "14:1 error missing-key [[gateways]] `g` lacks the required key `leg_a`");
    let twice = TWO.split("[[gateways]]").nth(1).unwrap().replace("\"g\"", "\"g2\"");
    check(
        &format!("{TWO}[[gateways]]{twice}"),
        "23:6 warning gateway-unused no flow goes by gateway `g2`: nothing is proven about it
         25:34 error attached-twice address `10.2.0.25` belongs to two gateways (see line 17)
         26:33 error attached-twice address `10.1.0.25` belongs to two gateways (see line 18)",
    );
}

#[test]
fn forwarding_off_wants_evidence() {
    change(
        "evidence = { doc = \"D-1\", date = 2026-04-01 }\n",
        "",
        true,
        "20:14 warning no-evidence `forwarding = \"off\"` of [[gateways]] `g` has no evidence",
    );
}

#[test]
fn a_flow_fits_its_gateway() {
    let port =
        "13:7 warning gateway-port flow `F` has ports that gateway `g` does not declare; it grants nothing";
    let end =
        "13:7 warning gateway-end flow `F` begins and ends at no leg of its gateway `g`; it grants nothing";
    change("ports = [\"25\"]", "ports = [\"25\", \"80\"]", false, port);
    change("ports = [\"25\"]", "ports = [\"20-30\"]", true, "");
    change("ports = [\"25\"]", "ports = [\"20-31\"]", false, port);
    change("ports = [\"25\"]", "ports = [\"any\"]", false, port);
    change("proto = \"tcp\"", "proto = \"udp\"", false, port);
    change("via = \"g\"", "helpers = [\"ftp\"]\nvia = \"g\"", false, &port.replace("13:7", "14:7"));
    change("dst = [\"10.1.0.25/32\"]", "dst = [\"10.1.0.25/32\", \"10.1.0.26/32\"]", false, end);
    change("dst = [\"10.1.0.25/32\"]", "dst = [\"10.1.0.24/30\"]", false, end);
    change(", dst = [\"10.1.0.25/32\"]", "", false, end);
    // The end that opens is a leg.
    change(
        "src = [\"10.2.0.0/24\"], dst = [\"10.1.0.25/32\"]",
        "src = [\"10.2.0.25/32\"], dst = [\"10.1.0.0/24\"]",
        true,
        "",
    );
    // A leg of another zone does not count.
    change(
        "from = \"out\", to = \"in\"",
        "from = \"in\", to = \"out\"",
        false,
        &format!(
            "12:58 warning outside-zone `10.2.0.0/24` of flow `F` is outside `in`; the flow grants nothing
         12:81 warning outside-zone `10.1.0.25/32` of flow `F` is outside `out`; the flow grants nothing
         {end}"
        ),
    );
}

#[test]
fn between_lgwan_and_internet_segments_a_model_wants_a_gateway() {
    let text = with("via = \"g\"\n", "");
    let unused = |line| {
        format!("{line}:6 warning gateway-unused no flow goes by gateway `g`: nothing is proven about it")
    };
    check(&text, &unused(14));
    let text = format!("policy = {{ model = \"alpha\" }}\n{text}").replace("schema_version = 1\n", "");
    check(
        &format!("schema_version = 1\n{text}"),
        &format!(
            "2:12 warning not-evaluated key `model` of `[policy]` is read but not evaluated
             11:1 warning no-gateway flow `F` joins LGWAN接続系 and インターネット接続系 without a gateway; it grants nothing
             {}",
            unused(15)
        ),
    );
}

#[test]
fn leg_b_may_be_left_out() {
    let text = with("leg_b = { zone = \"in\", hosts = [\"10.1.0.25\"] }\n", "")
        .replace("dst = [\"10.1.0.25/32\"]", "dst = [\"10.1.0.0/24\"]")
        .replace("src = [\"10.2.0.0/24\"]", "src = [\"10.2.0.25/32\"]");
    check(&text, "");
    let addresses: Vec<IpAddr> =
        policy_of(&text).hosts.iter().flat_map(|h| &h.addresses).map(|a| a.value).collect();
    assert_eq!(addresses, ["10.2.0.25".parse::<IpAddr>().unwrap()]);
}
