//! Recorded answers of another tool's tests, read from the corpus where it is present.
//!
//! An expected permit must be possible. An expected deny should be certain; where it is not, the loss of
//! precision is counted and printed.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{packet, passes, read};

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let dir = std::env::var_os("SEKISHO_CORPUS").map_or_else(beside, PathBuf::from);
    dir.join("facts").is_dir().then_some(dir)
}

#[test]
fn recorded_filter_answers() {
    let Some(corpus) = corpus() else {
        eprintln!("SKIPPED: no corpus; set SEKISHO_CORPUS to the folder that holds it");
        return;
    };
    let text = std::fs::read_to_string(corpus.join("facts/batfish_flow_facts.json")).expect("facts");
    let facts: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let (mut permits, mut denies, mut weak, mut other) = (0, 0, Vec::new(), 0);
    for fact in facts.iter().filter(|f| f["vendor"] == "ios" && f["query"]["kind"] == "filter") {
        let path = fact["config_path"].as_str().expect("path").trim_start_matches("corpus/");
        let mut text = std::fs::read_to_string(corpus.join(path)).expect("configuration");
        let filter = &fact["query"]["filter"];
        let group = filter["service_object_group"].as_str().or(filter["protocol_object_group"].as_str());
        let name = match (filter["name"].as_str(), group) {
            (Some(name), _) => name,
            (None, Some(group)) => {
                // A group alone is asked through a list that uses it.
                text.push_str(&format!(
                    "\nip access-list extended ASKED\n permit object-group {group} any any\n"
                ));
                "ASKED"
            }
            (None, None) => {
                other += 1;
                continue;
            }
        };
        let flow = &fact["query"]["flow"];
        let number = |key: &str| flow[key].as_u64().unwrap_or(0);
        let flow = format!(
            "{} {}:{} {}:{} {} {}",
            flow["protocol"].as_str().expect("protocol").to_lowercase(),
            flow["src_ip"].as_str().expect("address"),
            number("src_port"),
            flow["dst_ip"].as_str().expect("address"),
            number("dst_port"),
            number("icmp_type"),
            number("icmp_code")
        );
        let id = fact["id"].as_str().expect("id");
        let (may, must) = passes(read(&text).list(name), &packet(&flow));
        if fact["expect"]["action"] == "permit" {
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
    println!(
        "ios filter facts: {permits} permits possible; {denies} denies, {} of them undecided {weak:?}; {other} of other kinds",
        weak.len()
    );
    assert!(permits > 0 && denies > 0);
}
