//! No input makes the reader panic, and a garbled file never gives a policy with dangling references.

use super::*;

const FILES: [&str; 3] = [
    include_str!("../testdata/town.toml"),
    include_str!("../testdata/ten.toml"),
    include_str!("../testdata/city.toml"),
];

/// Loads a text; what comes out must be consistent.
fn survive(text: &str) {
    let (policy, diagnostics, sources) = load_text(text);
    let stops = diagnostics.iter().any(|d| d.severity == Severity::Error);
    assert_eq!(policy.is_none(), stops);
    render(&diagnostics, &sources);
    let Some(policy) = policy else { return };
    for flow in &policy.flows {
        assert_ne!(policy.name(flow.from.value), "");
        assert_ne!(policy.name(flow.to.value), "");
        for family in sekisho_net::Family::ALL {
            assert!(flow.cubes(family).iter().all(|cube| !cube.is_empty()));
            assert!(flow.reply_cubes(family).iter().all(|cube| !cube.is_empty()));
        }
    }
    assert!(policy.externals.iter().all(|e| e.attached_to.value < policy.zones.len()));
}

#[test]
fn truncated_at_every_byte() {
    for file in FILES {
        for (at, _) in file.char_indices() {
            survive(file.get(..at).unwrap());
        }
        survive(file);
    }
}

#[test]
fn flipped_bits() {
    for file in FILES {
        for at in 0..file.len() {
            let mut bytes = file.as_bytes().to_vec();
            bytes[at] ^= 1 << (at % 8);
            survive(&String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn deleted_lines() {
    for file in FILES {
        let lines: Vec<&str> = file.lines().collect();
        for gone in 0..lines.len() {
            let rest: Vec<&str> =
                lines.iter().enumerate().filter(|(n, _)| *n != gone).map(|(_, l)| *l).collect();
            survive(&rest.join("\n"));
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    for open in ["[", "{a=", "[{a=["] {
        survive(&format!("schema_version = 1\nzones = {}", open.repeat(100_000)));
    }
    survive(&format!("{} = 1", ["a"; 50_000].join(".")));
    survive(&format!("[{}]", ["a"; 50_000].join(".")));
}

#[test]
fn long_lists_are_read_in_time() {
    use std::fmt::Write as _;
    let mut text = String::from(BASE);
    for n in 0..20_000 {
        let (a, b) = (n / 256, n % 256);
        writeln!(
            text,
            "[[flows]]\nid = \"F{n}\"\nmatch = {{ from = \"a\", to = \"bb\", proto = 6, ports = [1], src = [\"10.1.{a}.{b}/32\"] }}"
        )
        .unwrap();
    }
    let (policy, diagnostics, _) = load_text(&text);
    assert!(policy.is_none());
    assert_eq!(diagnostics.len(), 20_000);
    let policy = policy_of(&text.replace("\"bb\"", "\"b\""));
    assert_eq!(policy.flows.len(), 20_000);
}

#[test]
fn days_of_the_calendar() {
    let good = ["2026-02-28", "2024-02-29", "2000-02-29", "2026-12-31"];
    assert!(good.iter().all(|d| Date::parse(d).is_some_and(|date| date.to_string() == *d)));
    let bad = [
        "2026-02-29",
        "1900-02-29",
        "2026-13-01",
        "2026-00-01",
        "2026-1-01",
        "2026-01-00",
        "2026-01-01-",
        "+026-01-01",
        "",
    ];
    assert!(bad.iter().all(|d| Date::parse(d).is_none()));
    assert!(Date::parse("2026-09-30") < Date::parse("2026-10-01"));
}
