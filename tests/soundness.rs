//! Ways to a false PROVEN, each written down as a case of `tests/cases` with the hole open and closed.
//!
//! A case is prose with a network, a policy and what must come out; `soundness/case.rs` says how it is
//! written. A section that ends in "also in IPv6" is judged a second time in IPv6 and must give the same.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail loudly")]

#[path = "soundness/case.rs"]
mod case;
#[path = "soundness/judge.rs"]
mod judge;
#[path = "soundness/mirror.rs"]
mod mirror;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Judges every section of a case.
fn check(name: &str) {
    let text = fs::read_to_string(directory().join(name)).unwrap();
    let sections = case::read(&text);
    assert!(!sections.is_empty(), "{name} expects nothing");
    let mut wrong = String::new();
    let mut verdicts = BTreeSet::new();
    for section in &sections {
        wrong.push_str(&judge::problems(section, &mut verdicts));
        if section.mirrored {
            wrong.push_str(&judge::problems(&mirror::section(section), &mut verdicts));
        }
    }
    assert!(wrong.is_empty(), "{name}\n{wrong}");
    assert!(verdicts.len() > 1, "{name} gives one verdict in all sections, so that it may show nothing");
}

macro_rules! cases {
    ($($test:ident: $file:literal,)*) => {
        const FILES: &[&str] = &[$($file),*];
        $(
            #[test]
            fn $test() {
                check($file);
            }
        )*
    };
}

cases! {
    attack_addresses: "attack-addresses.md",
    attack_fortios: "attack-fortios.md",
    attack_layer_2: "attack-layer-2.md",
    attack_lists: "attack-lists.md",
    attack_more: "attack-more.md",
    attack_neighbours: "attack-neighbours.md",
    attack_routes: "attack-routes.md",
    attack_tunnels: "attack-tunnels.md",
    row_01_zone_without_location: "row-01-zone-without-location.md",
    row_02_unassigned: "row-02-unassigned.md",
    row_03_zone_by_subnet: "row-03-zone-by-subnet.md",
    row_04_whitelist_of_another_pair: "row-04-whitelist-of-another-pair.md",
    row_05_own_addresses: "row-05-own-addresses.md",
    row_06_any_router_on_the_segment: "row-06-any-router-on-the-segment.md",
    row_07_transit: "row-07-transit.md",
    row_08_externals_forward: "row-08-externals-forward.md",
    row_09_host_that_forwards: "row-09-host-that-forwards.md",
    row_10_source_addresses: "row-10-source-addresses.md",
    row_11_gateways: "row-11-gateways.md",
    row_12_cabling: "row-12-cabling.md",
    row_13_one_segment: "row-13-one-segment.md",
    row_14_run_time_choices: "row-14-run-time-choices.md",
    row_15_trunks: "row-15-trunks.md",
    row_16_answers_for_others: "row-16-answers-for-others.md",
    row_17_relays_and_multicast: "row-17-relays-and-multicast.md",
    row_18_clusters: "row-18-clusters.md",
    row_19_fragments: "row-19-fragments.md",
    row_20_protocols_without_ports: "row-20-protocols-without-ports.md",
    row_21_source_routes: "row-21-source-routes.md",
    row_22_between_families: "row-22-between-families.md",
    row_23_authenticated_tunnels: "row-23-authenticated-tunnels.md",
    row_24_link_local: "row-24-link-local.md",
    row_25_errors_about_sessions: "row-25-errors-about-sessions.md",
    row_26_replies: "row-26-replies.md",
    row_26_reflexive_lists: "row-26-reflexive-lists.md",
    row_18_sessions_of_a_cluster: "row-18-sessions-of-a-cluster.md",
    row_25_replies_by_their_look: "row-25-replies-by-their-look.md",
    row_27_inspected_applications: "row-27-inspected-applications.md",
    row_26_inspection: "row-26-inspection.md",
    required_flows: "required-flows.md",
    row_28_mappings_of_a_fortigate: "row-28-mappings-of-a-fortigate.md",
    row_28_mappings_that_let_anybody_in: "row-28-mappings-that-let-anybody-in.md",
    row_29_time: "row-29-time.md",
    row_27_helpers: "row-27-helpers.md",
    row_26_translated_replies: "row-26-translated-replies.md",
    row_30_chains: "row-30-chains.md",
    row_31_32_33_choice_and_ignorance: "row-31-32-33-choice-and-ignorance.md",
    row_32_both_answers: "row-32-both-answers.md",
    row_34_poison: "row-34-poison.md",
    row_35_translation: "row-35-translation.md",
    row_36_lists_that_select: "row-36-lists-that-select.md",
    row_37_longest_match: "row-37-longest-match.md",
    row_38_the_source_as_sent: "row-38-the-source-as-sent.md",
    row_39_policies_and_virtual_addresses: "row-39-policies-and-virtual-addresses.md",
    row_39_which_addresses_a_filter_sees: "row-39-which-addresses-a-filter-sees.md",
    row_38_networks_that_move: "row-38-networks-that-move.md",
    row_40_any_routing: "row-40-any-routing.md",
    row_41_ledger: "row-41-ledger.md",
    row_45_a_declared_no: "row-45-a-declared-no.md",
    row_46_undeclared_links: "row-46-undeclared-links.md",
}

#[test]
fn every_case_is_run() {
    let mut found: Vec<String> =
        fs::read_dir(directory()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    let mut named: Vec<&str> = FILES.to_vec();
    named.sort_unstable();
    assert_eq!(found, named);
}
