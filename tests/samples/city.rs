//! What holds in the city besides the verdict of its base.

use std::collections::{BTreeMap, BTreeSet};

use sekisho::proof::Verdict;

use super::sample::{Case, Run};
use super::{CITY, describe, judge};

/// Pairs of firewalls and edge routers, of which each member must carry the city alone.
const PAIRS: [&str; 6] = ["ZFW", "IFW", "CSFW", "LGR", "SCR", "GCR"];

/// Ordered pairs of zones between which anything may pass.
fn crossings(run: &Run) -> BTreeSet<(String, String)> {
    let name = |id| run.analysis.domains.get(id).unwrap().id.clone();
    run.report.pairs.iter().filter(|p| p.reachable).map(|p| (name(p.from), name(p.to))).collect()
}

#[test]
fn the_city_keeps_its_invariants() {
    let run = judge(&CITY.base());
    assert_eq!(run.report.verdict, Verdict::Proven, "{}", describe(&run));
    let crossings = crossings(&run);
    let from = |zone: &str| -> Vec<&str> {
        crossings.iter().filter(|(from, _)| from == zone).map(|(_, to)| to.as_str()).collect()
    };
    let to = |zone: &str| -> Vec<&str> {
        crossings.iter().filter(|(_, to)| to == zone).map(|(from, _)| from.as_str()).collect()
    };
    // J1: the schools reach the Internet and nothing else, and nobody reaches them.
    assert_eq!(from("edu"), ["ext:edu-isp"]);
    assert_eq!(to("edu"), Vec::<&str>::new());
    // J2: from the DMZ only mail to the Internet segment.
    assert_eq!(from("dmz"), ["inet"]);
    // J3: into the My Number segment only the result files; out of it only what is approved.
    assert_eq!(to("mynumber"), ["ext:govcloud"]);
    assert_eq!(from("mynumber"), ["ext:govcloud", "ext:lgwan-net", "juki-cs", "lgwan"]);
    // The vendor reaches the jump host's segment; what looks like replies goes back.
    assert_eq!(from("ext:vendor"), ["admin"]);
    assert_eq!(to("admin"), ["ext:vendor", "mgmt"]);
    // The waterworks send readings, and nobody reaches them.
    assert_eq!((from("water"), to("water")), (vec!["lgwan"], Vec::new()));
}

#[test]
fn a_tunnel_of_one_layer_leads_to_no_other() {
    let run = judge(&CITY.base());
    let devices = &run.snapshot.devices;
    let paired = run.analysis.topology.paired();
    let mut seen = 0;
    for (at, device) in devices.iter().enumerate() {
        for (id, interface) in device.interface_ids().filter(|(_, i)| i.tunnel.is_some() && i.is_up()) {
            let layer = |device: &sekisho_model::Device, interface: &sekisho_model::Interface| {
                device.vrf(interface.l3.as_ref().unwrap().vrf).unwrap().name.clone()
            };
            let far = paired.far_ends((at, id)).unwrap_or_default();
            assert_eq!(far.len(), 1, "{}:{}", device.name, interface.name);
            for &(other, far) in far {
                let other = &devices[other];
                assert_eq!(layer(device, interface), layer(other, other.interface(far).unwrap()));
            }
            seen += 1;
        }
    }
    // Five branches, two hubs, four layers, two ends.
    assert_eq!(seen, 5 * 2 * 4 * 2);
}

/// The base with every interface of a device shut.
fn without(device: &str) -> Case {
    let mut case = CITY.base();
    case.name = format!("city without {device}");
    for (name, text) in &mut case.files {
        if name == &format!("{device}.cfg") {
            *text =
                text.replace("\ninterface ", "\n!\ninterface ").lines().fold(String::new(), |out, line| {
                    let shut = if line.starts_with("interface ") { "\n shutdown" } else { "" };
                    out + line + shut + "\n"
                });
        } else if name == &format!("{device}.conf") {
            *text = text.replace(
                "        set vdom \"root\"\n",
                "        set vdom \"root\"\n        set status down\n",
            );
        }
    }
    case
}

#[test]
fn each_member_carries_the_city_alone() {
    let whole = crossings(&judge(&CITY.base()));
    let mut wrong: BTreeMap<String, String> = BTreeMap::new();
    for pair in PAIRS {
        for member in [1, 2] {
            let device = format!("B-{pair}{member}");
            let run = judge(&without(&device));
            let left = crossings(&run);
            if run.report.verdict != Verdict::Proven || left != whole {
                let lost: Vec<_> = whole.symmetric_difference(&left).collect();
                wrong.insert(device, format!("{lost:?}\n{}", describe(&run)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_drift_between_members_is_told() {
    let variants = CITY.variants();
    for (variant, file, line) in [
        ("ha-drift", "B-ZFW1.conf", "set status disable"),
        ("ha-drift-object", "B-CSFW2.conf", "set end-ip 10.101.3.12"),
    ] {
        let case = variants.iter().find(|c| c.name == format!("city/{variant}")).unwrap();
        let run = judge(case);
        let told: Vec<_> =
            run.snapshot.diagnostics.iter().filter(|d| d.code.as_str() == "snapshot/ha-drift").collect();
        let &[told] = told.as_slice() else { panic!("{variant}: {told:?}") };
        let span = told.span.unwrap();
        let source = run.snapshot.sources.get(span.file).unwrap();
        assert_eq!(source.path(), file);
        assert_eq!(source.line_text(run.snapshot.sources.line(span)).trim(), line);
    }
}
