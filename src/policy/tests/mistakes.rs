//! Mistakes that stop the run: text in, `line:col severity code message` out.

use super::*;

/// Checks a text after the first line `schema_version = 1`.
fn check_after(text: &str, expected: &str) {
    check(&format!("schema_version = 1\n{text}"), expected);
}

/// Checks what is told about one flow of [`BASE`] with this match; the flow is in line 6.
fn check_match(inside: &str, expected: &str) {
    check(&format!("{BASE}flows = [ {{ id = \"F\", match = {{ {inside} }} }} ]\n"), expected);
}

#[test]
fn ten_mistakes_are_told_together_in_order() {
    check(
        include_str!("../testdata/ten.toml"),
        "1:18 error schema-version `schema_version` is absent or not supported
         2:1 error unknown-key unknown key `colour` in zones.toml
         6:8 error unknown-kind `kind` of [[zones]] `a` cannot be `mynumbr`
         7:12 error host-bits host bits are set in `10.0.0.1/24`
         10:6 error duplicate-id the id `a` is already used in line 5
         12:12 error reserved-range `127.0.0.0/8` holds addresses of `127.0.0.0/8` (loopback)
         13:15 error bad-endpoint `fw1` is not of the form DEVICE:NAME
         17:28 error undefined-reference `bb` is not defined (used by `to` of `match` of [[flows]] `F-1`)
         17:58 error port-protocol the port range `90-80` is reversed
         21:5 error self-link the link joins `r1:e0` with itself",
    );
}

#[test]
fn syntax_errors_have_places() {
    check(
        "schema_version = 1\nx = \ny = 1\ny = 2\n",
        "2:5 error not-toml not valid TOML: string values must be quoted, expected literal string
         4:1 error not-toml not valid TOML: duplicate key",
    );
    let many = told(&"=\n".repeat(1000));
    assert_eq!(many.lines().count(), 101);
    assert!(many.contains("error not-toml not valid TOML: 2899 more mistakes"), "{many}");
    check("a = \"\u{fffd}\"", "1:6 error not-toml the file is not UTF-8 at this place");
    check("", "1:1 error schema-version `schema_version` is absent or not supported");
    check_after("", "");
}

#[test]
fn bom_and_crlf_are_tolerated() {
    let text = format!("\u{feff}{}", BASE.replace('\n', "\r\n"));
    check(&text, "");
}

#[test]
fn unknown_keys_have_suggestions() {
    let (_, diagnostics, _) =
        load_text("schema_version = 1\n[[zones]]\nid = \"a\"\nkind = \"other\"\nsubnet = []\n");
    let help: Vec<_> = diagnostics.iter().map(|d| (d.code, d.help.clone().unwrap())).collect();
    assert!(help.contains(&(codes::UNKNOWN_KEY, "did you mean `subnets`?".to_owned())), "{help:?}");
    check_after(
        "exceptions = [ { id = \"X\", expire_on = 2027-01-01 } ]",
        "2:1 warning not-evaluated `[[exceptions]]` is read but not evaluated
         2:28 error unknown-key unknown key `expire_on` in [[exceptions]] `X`",
    );
}

#[test]
fn wrong_types_are_told_everywhere() {
    check_after(
        "zones = 3\n[body]\ncode = 990001\n[[links]]\na = \"r1:e0\"\n[externals]\nid = \"x\"\n",
        "2:9 error wrong-type `zones` of zones.toml has the wrong type: an integer
         3:2 warning not-evaluated `[body]` is read but not evaluated
         4:8 error wrong-type `code` of [body] has the wrong type: an integer
         5:1 error missing-key [[links]] lacks the required key `b`
         7:1 error wrong-type `externals` of zones.toml has the wrong type: a table",
    );
    check_match(
        "from = \"a\", to = \"b\", proto = \"tcp\", ports = [], src = true, dst = [1]",
        "6:78 error wrong-type `ports` of `match` of [[flows]] `F` is an empty list
         6:88 error wrong-type `src` of `match` of [[flows]] `F` has the wrong type: `true` or `false`
         6:101 error wrong-type `dst` of `match` of [[flows]] `F` has the wrong type: an integer",
    );
}

#[test]
fn required_keys() {
    check_after(
        "[[zones]]\n[[flows]]\n[[externals]]\n[[hosts]]\n",
        "2:1 error missing-key [[zones]] lacks the required key `id`
         2:1 error missing-key [[zones]] lacks the required key `kind`
         2:1 error no-attachment [[zones]] has no attachment
         3:1 error missing-key [[flows]] lacks the required key `id`
         3:1 error missing-key [[flows]] lacks the required key `match`
         4:1 warning internet-unstated [[externals]] does not state whether it is connected to the Internet
         4:1 error missing-key [[externals]] lacks the required key `attached_to`
         4:1 error missing-key [[externals]] lacks the required key `id`
         4:1 error missing-key [[externals]] lacks the required key `kind`
         4:1 error no-attachment [[externals]] has no attachment
         5:1 error missing-key [[hosts]] lacks the required key `addresses`
         5:1 error missing-key [[hosts]] lacks the required key `id`",
    );
    check_match(
        "ports = [\"1\"]",
        "6:31 error missing-key `match` of [[flows]] `F` lacks the required key `from`
         6:31 error missing-key `match` of [[flows]] `F` lacks the required key `proto`
         6:31 error missing-key `match` of [[flows]] `F` lacks the required key `to`",
    );
}

#[test]
fn limits() {
    let flows = "[[flows]]\n".repeat(20_001);
    check_after(&flows, "20002:1 error limit `flows` has 20001 entries; the limit is 20000");
    let (_, diagnostics, _) = load_text(&"#".repeat((4 << 20) + 1));
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [codes::LIMIT]);
}

#[test]
fn secrets_are_refused_and_not_quoted() {
    let text = "[body]\nname_ja = \"password = hunter2\"\npsk = \"x\"\n[[hosts]]\nid = \"$1$abc$hunter2\"\n\
                addresses = [\"secret: hunter2\"]\n";
    check_after(
        text,
        "2:2 warning not-evaluated `[body]` is read but not evaluated
         3:11 error secret the value looks like a secret
         4:1 error secret key `psk` of [body] looks like a secret
         6:6 error bad-id the id `…` has a wrong form
         6:6 error secret the value looks like a secret
         7:14 error bad-address `…` is not an IP address
         7:14 error secret the value looks like a secret",
    );
}

#[test]
fn ids() {
    let zone = |id: &str, n: u8| {
        format!("[[zones]]\nid = \"{id}\"\nkind = \"other\"\nsubnets = [\"10.{n}.0.0/16\"]\n")
    };
    let long = "x".repeat(65);
    let zones =
        [zone("internet", 1), zone("unassigned", 2), zone("device:r1", 3), zone("名", 4), zone(&long, 5)];
    check_after(
        &(zones.concat() + "[[people]]\nid = \"名\"\n[[clauses]]\nid = \"名\"\n"),
        &format!(
            "3:6 error bad-id the id `internet` is reserved
             7:6 error bad-id the id `unassigned` is reserved
             11:6 error bad-id the id `device:r1` is reserved
             15:6 error bad-id the id `名` has a wrong form
             19:6 error bad-id the id `{}…` has a wrong form
             22:3 warning not-evaluated `[[people]]` is read but not evaluated
             23:6 error bad-id the id `名` has a wrong form
             23:6 error duplicate-id the id `名` is already used in line 15
             24:3 warning not-evaluated `[[clauses]]` is read but not evaluated",
            "x".repeat(64)
        ),
    );
}

#[test]
fn references() {
    let text = r#"schema_version = 1
[[zones]]
id = "a"
kind = "other"
devices = ["r1"]
[[externals]]
id = "x"
kind = "other"
attached_to = "y"
internet_connected = "yes"
interfaces = ["fw:1"]
same_network_as = ["internet", "ext:x", "a"]
reachable_via = "z"
[[flows]]
id = "F"
match = { from = "x", to = "ext:a", proto = "any" }
via = "g"
"#;
    check(
        text,
        "9:15 error undefined-reference `y` is not defined (used by [[externals]] `x`)
         12:41 error undefined-reference `a` is not defined (used by `same_network_as` of [[externals]] `x`)
         13:17 error undefined-reference `z` is not defined (used by `reachable_via` of [[externals]] `x`)
         16:18 error undefined-reference `x` is not defined (used by `from` of `match` of [[flows]] `F`)
         16:28 error undefined-reference `ext:a` is not defined (used by `to` of `match` of [[flows]] `F`)
         17:7 error undefined-reference `g` is not defined (used by `via` of [[flows]] `F`)",
    );
    let (_, diagnostics, _) = load_text(text);
    let help: Vec<&str> = diagnostics.iter().filter_map(|d| d.help.as_deref()).collect();
    assert!(help.contains(&"`x` is an external: write `ext:x` in a match, `x` elsewhere"), "{help:?}");
    assert!(help.contains(&"`a` is a zone: write `a` where a zone may stand"), "{help:?}");
}

#[test]
fn addresses() {
    check_match(
        "from = \"a\", to = \"b\", proto = \"any\", src = [\"10.1.0.1\", \"10.1.0.0/33\", \"10.1.2.3/24\"]",
        "6:77 error bad-address `10.1.0.1` has no prefix length
         6:89 error bad-address `10.1.0.0/33` is not a network prefix
         6:104 error host-bits host bits are set in `10.1.2.3/24`",
    );
    check_match(
        "from = \"a\", to = \"b\", proto = \"any\", src = [\"10.1.0.0/24\"], dst = \"2001:db8:2::/64\"",
        "6:99 error mixed-families IPv4 and IPv6 are mixed in `match` of [[flows]] `F`; it began with ipv4",
    );
    check_match(
        "from = \"a\", to = \"b\", proto = \"any\", src = [\"any\", \"10.1.0.0/24\"]",
        "6:77 error bad-address `any` stands beside other values",
    );
    check_after(
        "[[zones]]\nid = \"a\"\nkind = \"other\"\nsubnets = [\"0.0.0.0/0\", \"::/0\", \"224.0.0.0/24\", \"fe80::/64\"]\n",
        "5:12 error reserved-range `0.0.0.0/0` holds addresses of `0.0.0.0/8` (this network)
         5:25 error reserved-range `::/0` holds addresses of `::/128` (unspecified)
         5:33 error reserved-range `224.0.0.0/24` holds addresses of `224.0.0.0/4` (multicast)
         5:49 error reserved-range `fe80::/64` holds addresses of `fe80::/10` (link-local)",
    );
}

#[test]
fn ports_and_protocols() {
    let ends = |rest: &str| format!("from = \"a\", to = \"b\", {rest}");
    check_match(
        &ends("proto = \"udp\", ports = [0, \"65536\", \"443-80\", \"https\", -1, \"080\"]"),
        "6:79 error port-protocol `0` is not a port
         6:82 error port-protocol `65536` is not a port
         6:91 error port-protocol the port range `443-80` is reversed
         6:101 error port-protocol `https` is not a port
         6:110 error port-protocol `a number that is out of range` is not a port
         6:114 error port-protocol `080` is not a port",
    );
    check_match(
        &ends("proto = \"icmp\", ports = [1]"),
        "6:79 error port-protocol `ports` of `match` of [[flows]] `F` does not go with its protocol",
    );
    check_match(
        &ends("proto = \"any\", src_ports = [1], icmp = 8"),
        "6:82 error port-protocol `src_ports` of `match` of [[flows]] `F` does not go with its protocol
         6:94 error port-protocol `icmp` of `match` of [[flows]] `F` does not go with its protocol",
    );
    check_match(&ends("proto = \"tpc\""), "6:63 error port-protocol `tpc` is not a protocol");
    check_match(&ends("proto = 256"), "6:63 error port-protocol `256` is not a protocol");
    check_match(
        &ends("proto = \"icmp\", icmp = [\"ehco\", \"8/256\", 256]"),
        "6:79 error port-protocol `ehco` is not an ICMP type
         6:87 error port-protocol `8/256` is not an ICMP type
         6:96 error port-protocol `256` is not an ICMP type",
    );
}

#[test]
fn closed_lists() {
    let flow = "flows = [ { id = \"F\", match = { from = \"a\", to = \"b\", proto = 47 }, initiator = \"both\", helpers = [\"fpt\"] } ]";
    check(
        &format!("{BASE}{flow}\n"),
        "6:81 error bad-value `initiator` of [[flows]] `F` cannot be `both`
         6:100 error bad-value `helpers` of [[flows]] `F` cannot be `fpt`",
    );
    check_after(
        "policy = { source_model = \"own\" }\n[[zones]]\nid = \"k\"\nkind = \"govcloud-area\"\ninternet = \"no\"\nvrfs = [\"r\"]\nvlans = [4095, \"r:0\", \"10\", 1.5]\n",
        "2:27 error bad-value `source_model` of [policy] cannot be `own`
         3:1 error no-treated-as [[zones]] `k` does not say which zone it is treated as
         6:12 error bad-value `internet` of [[zones]] `k` cannot be `no`
         7:9 error bad-endpoint `r` is not of the form DEVICE:NAME
         8:10 error bad-endpoint `vlans` of [[zones]] `k` has no such VLAN
         8:16 error bad-endpoint `vlans` of [[zones]] `k` has no such VLAN
         8:23 error bad-endpoint `10` is not of the form DEVICE:NAME
         8:29 error wrong-type `vlans` of [[zones]] `k` has the wrong type: a decimal number",
    );
}

#[test]
fn two_owners() {
    let zone = |id: &str, rest: &str| format!("[[zones]]\nid = \"{id}\"\nkind = \"other\"\n{rest}\n");
    check_after(
        &(zone("a", "interfaces = [\"r:e0\"]\nvlans = [10]\nvrfs = [\"s:V\"]\nnext_hops = [\"10.0.0.9\"]")
            + &zone(
                "b",
                "interfaces = [\"r:e0\"]\nvlans = [\"q:10\", 10]\nvrfs = [\"s:V\"]\ndevices = [\"r\"]",
            )
            + "[[externals]]\nid = \"x\"\nkind = \"other\"\nattached_to = \"a\"\ninternet_connected = \"yes\"\nnext_hops = [\"10.0.0.9\"]\n"
            + "[[hosts]]\nid = \"h\"\naddresses = [\"10.0.0.1\"]\n[[hosts]]\nid = \"i\"\naddresses = [\"10.0.0.1\"]\n"),
        "12:15 error attached-twice interface `r:e0` belongs to both `a` and `b` (see line 5)
         13:10 error attached-twice a part of VLAN `10` belongs to both `a` and `b` (see line 6)
         13:18 error attached-twice VLAN `10` belongs to both `a` and `b` (see line 6)
         14:9 error attached-twice VRF `s:V` belongs to both `a` and `b` (see line 7)
         15:12 error attached-twice a part of device `r` belongs to both `b` and `a` (see line 5)
         21:14 error attached-twice next hop `10.0.0.9` belongs to both `a` and `ext:x` (see line 8)
         27:14 error attached-twice address `10.0.0.1` belongs to two hosts (see line 24)",
    );
}

#[test]
fn overlapping_addresses() {
    let zone = |id: &str, rest: &str| format!("[[zones]]\nid = \"{id}\"\nkind = \"other\"\n{rest}\n");
    let zones =
        zone("a", "subnets = [\"10.1.0.0/16\", \"10.1.2.0/24\"]") + &zone("b", "subnets = [\"10.1.2.0/25\"]");
    let external = "[[externals]]\nid = \"x\"\nkind = \"other\"\nattached_to = \"a\"\ninternet_connected = \"yes\"\nsubnets = [\"10.0.0.0/8\"]\n";
    check_after(&zones, "9:12 error overlap `a` and `b` overlap in `10.1.2.0/25` (see line 5)");
    check_after(
        &(zone("a", "subnets = [\"10.1.0.0/16\"]") + external),
        "11:12 error overlap `ext:x` and `a` overlap in `10.1.0.0/16` (see line 5)",
    );
    // The same range in two routing tables is no contradiction.
    let apart = zone("a", "subnets = [\"10.1.0.0/16\"]\nvrfs = [\"r:A\"]")
        + &zone("b", "subnets = [\"10.1.0.0/16\"]\nvrfs = [\"r:B\"]");
    check_after(&apart, "");
}

#[test]
fn dates_in_order() {
    let flow = |rest: &str| {
        format!(
            "{BASE}flows = [ {{ id = \"F\", match = {{ from = \"a\", to = \"b\", proto = 47 }}, {rest} }} ]\n"
        )
    };
    check(
        &flow("approval = { date = 2026-05-01, expires = 2026-04-30 }"),
        "6:111 error expiry-order [[flows]] `F` expires on 2026-04-30, before its approval of 2026-05-01",
    );
    check(
        &flow("expires = 2026-04-30, review_by = 2026-05-01"),
        "6:91 warning not-evaluated key `review_by` of `[[flows]]` is read but not evaluated
         6:103 error expiry-order [[flows]] `F` is reviewed on 2026-05-01, after its expiry on 2026-04-30",
    );
    check(
        &flow("expires = 2026-04-30T00:00:00"),
        "6:79 error wrong-type `expires` of [[flows]] `F` has the wrong type: a date or time",
    );
}
