//! Recorded answers of another tool's tests, read from the corpus where it is present.
//!
//! An expected permit must be possible. An expected deny should be certain; where it is not, the loss of
//! precision is counted and printed.

use std::path::PathBuf;

use super::{packet, passes, read};

fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("SEKISHO_CORPUS").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    named.into_iter().chain([beside]).find(|p| p.join("facts").is_dir())
}

/// Value of a string or number member, looked up textually: the facts are flat.
fn member<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let at = text.find(&format!("\"{key}\":"))?;
    let rest = text[at..].split_once(':')?.1.trim_start();
    let end = rest.find([',', '}'])?;
    Some(rest[..end].trim().trim_matches('"'))
}

/// The top-level objects of a list.
fn objects(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut quoted, mut escaped) = (0, 0, false, false);
    let mut out = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            '}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    out.push(&text[start..=at]);
                }
            }
            _ => {}
        }
    }
    out
}

#[test]
fn recorded_filter_answers() {
    let Some(corpus) = corpus() else {
        eprintln!("SKIPPED: no corpus; set SEKISHO_CORPUS to its directory to run this test");
        return;
    };
    let facts = std::fs::read_to_string(corpus.join("facts/batfish_flow_facts.json")).expect("facts");
    let (mut permits, mut denies, mut weak, mut other) = (0, 0, Vec::new(), 0);
    for fact in objects(&facts) {
        if member(fact, "vendor") != Some("ios") || !fact.contains("\"kind\": \"filter\"") {
            continue;
        }
        let id = member(fact, "id").expect("id");
        let path = corpus.join(member(fact, "config_path").expect("path").trim_start_matches("corpus/"));
        let mut text = std::fs::read_to_string(path).expect("configuration");
        // A group alone is asked through a list that uses it.
        let group = member(fact, "service_object_group").or(member(fact, "protocol_object_group"));
        let name = match (member(fact, "name"), group) {
            (Some(name), _) => name.to_owned(),
            (None, Some(group)) => {
                text.push_str(&format!("\nip access-list extended ASKED\n permit object-group {group} any any\n"));
                "ASKED".to_owned()
            }
            (None, None) => {
                other += 1;
                continue;
            }
        };
        let read = read(&text);
        let get = |key| member(fact, key).filter(|v| *v != "null");
        let proto = get("protocol").expect("protocol").to_lowercase();
        let end = |ip, port| format!("{}:{}", get(ip).expect("address"), get(port).unwrap_or("0"));
        let flow = format!(
            "{proto} {} {} {} {}",
            end("src_ip", "src_port"),
            end("dst_ip", "dst_port"),
            get("icmp_type").unwrap_or("0"),
            get("icmp_code").unwrap_or("0")
        );
        let (may, must) = passes(read.list(&name), &packet(&flow));
        if member(fact, "action") == Some("permit") {
            assert!(may, "{id}: {flow} is permitted");
            permits += 1;
        } else {
            assert!(!must, "{id}: {flow} is denied");
            denies += 1;
            if may {
                weak.push(id);
            }
        }
    }
    println!("permits {permits}, denies {denies} of which undecided {}: {weak:?}; not filters of one list {other}", weak.len());
    assert!(permits > 0 && denies > 0);
}
