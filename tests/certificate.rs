//! Certificates: everything proven is confirmed, and nothing else is accepted.
//!
//! Digest and soundness are tested apart: whatever is changed without a new seal is rejected; what is
//! changed and sealed again is rejected, or is true by the reference semantics.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failed test may panic")]

#[path = "certificate/mutant.rs"]
mod mutant;
#[path = "certificate/networks.rs"]
mod networks;
#[path = "certificate/oracle.rs"]
mod oracle;
#[path = "common/sample.rs"]
mod sample;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Instant;

use sample::{BRANCH, Case, Run, TOWN};
use sekisho::certify::{Judged, PolicyFile, certify, read_again};
use sekisho::proof::Verdict;
use sekisho_checker::{Answer, Certificate, Plan, ReadError, check, compare_inputs};
use sha2::{Digest, Sha256};

/// A judged network with the certificate of what is proven.
struct Certified {
    run: Run,
    policy: String,
    certificate: Certificate,
    /// Pairs that are not claimed only because of what helpers may let pass.
    helped: BTreeSet<(String, String)>,
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

fn judge(case: &Case) -> Run {
    let dir = tempfile::tempdir().unwrap();
    case.write(dir.path());
    let run = sample::load(dir.path(), &case.policy).and_then(|loaded| loaded.judge(case.as_of));
    run.unwrap_or_else(|stop| panic!("{}: {}", case.name, stop.0))
}

fn certified(case: &Case) -> Certified {
    let run = judge(case);
    let digest = sha256(case.policy.as_bytes());
    let parts = ("zones.toml", digest.as_str(), case.policy.len() as u64);
    let written = certify(&Judged {
        snapshot: &run.snapshot,
        policy: &run.policy,
        policy_file: PolicyFile::last(parts, &run.snapshot.sources).unwrap(),
        analysis: &run.analysis,
        report: &run.report,
        as_of: run.as_of,
    })
    .unwrap();
    let why: Vec<&str> = written.disagreements.iter().map(|d| d.why.as_str()).collect();
    assert!(why.is_empty(), "{}: {why:#?}", case.name);
    let name = |id: sekisho::graph::location::DomainId| run.analysis.domains.get(id).unwrap().id.clone();
    let helped = written.helped.iter().map(|d| (name(d.from), name(d.to))).collect();
    Certified { helped, run, policy: case.policy.clone(), certificate: written.certificate }
}

/// Every proven pair is claimed, and every claim accepted; the text and how long the check took.
fn confirm(case: &Case) -> (Certified, String) {
    let made = certified(case);
    let text = made.certificate.clone().write();
    let read = Certificate::read(&text).unwrap();
    let began = Instant::now();
    let outcome = check(&read, &read.as_of);
    let took = began.elapsed();
    let refused: Vec<String> = read
        .claims
        .iter()
        .zip(&outcome.claims)
        .filter(|(_, answer)| **answer != Answer::Accepted)
        .map(|(claim, answer)| format!("{} -> {}: {answer:?}", claim.from, claim.to))
        .collect();
    assert!(outcome.is_accepted(), "{}: {:#?}\n{refused:#?}", case.name, outcome.problems);
    let proven: BTreeSet<(String, String)> = made
        .run
        .verdicts()
        .into_iter()
        .filter(|(_, v)| *v == Verdict::Proven)
        .map(|(pair, _)| pair)
        .collect();
    let claimed: BTreeSet<(String, String)> =
        read.claims.iter().map(|c| (c.from.clone(), c.to.clone())).collect();
    assert!(made.helped.is_disjoint(&claimed), "{}", case.name);
    assert_eq!(proven, claimed.union(&made.helped).cloned().collect(), "{}", case.name);
    println!("{}: {} claims, {} bytes, check {took:?}", case.name, claimed.len(), text.len());
    (made, text)
}

#[test]
fn every_proof_of_every_sample_is_confirmed() {
    for sample in [TOWN, BRANCH] {
        let (made, text) = confirm(&sample.base());
        assert!(made.helped.is_empty(), "{}: {:?}", sample.name, made.helped);
        assert!(text.len() < 1_000_000, "{}: {} bytes", sample.name, text.len());
        for case in sample.variants() {
            confirm(&case);
        }
    }
    for case in networks::all() {
        let (made, _) = confirm(&case);
        assert!(!made.certificate.claims.is_empty(), "{}: nothing is proven", case.name);
        assert!(made.helped.len() < made.certificate.claims.len(), "{}: {:?}", case.name, made.helped);
    }
}

#[test]
fn the_text_says_the_same_whatever_the_order_of_threads() {
    let case = TOWN.base();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| certified(&case).certificate.write())
    };
    assert!(with(1) == with(2), "the certificate depends on the number of threads");
}

#[test]
fn nothing_changed_is_read_without_a_new_seal() {
    let made = certified(&networks::all()[0]);
    let text = made.certificate.write();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for at in 0..text.len() {
        for flip in [1, 2, 16] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= flip;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            match Certificate::read(&changed) {
                Ok(_) => panic!("byte {at} changed by {flip} is not noticed"),
                Err(ReadError::Shape(_)) => *kinds.entry("shape".to_owned()).or_default() += 1,
                Err(error) => *kinds.entry(format!("{error:?}").chars().take(6).collect()).or_default() += 1,
            }
        }
    }
    println!("{} bytes: {kinds:?}", text.len());
    assert!(kinds.len() >= 3, "{kinds:?}");
    for cut in [0, 1, text.len() / 2, text.len() - 2] {
        assert!(Certificate::read(text.get(..cut).unwrap()).is_err(), "cut at {cut}");
    }
    assert!(Certificate::read(&format!("{text}{text}")).is_err());
    assert!(Certificate::read(&text.replacen('{', "{ ", 1)).is_err());
}

/// What removes one thing from a certificate and seals it again.
fn without(certificate: &Certificate, change: impl FnOnce(&mut Certificate)) -> Certificate {
    let mut changed = certificate.clone();
    change(&mut changed);
    Certificate::read(&changed.write()).unwrap()
}

fn refused(certificate: &Certificate) -> bool {
    let outcome = check(certificate, &certificate.as_of);
    outcome.is_refused()
}

#[test]
fn nothing_can_be_left_out() {
    let mut cases = networks::all();
    cases.push(BRANCH.base());
    for case in cases {
        let Certified { run, certificate, policy, .. } = certified(&case);
        let name = &case.name;
        for at in 0..certificate.claims.len() {
            assert!(refused(&without(&certificate, |c| drop(c.claims.remove(at)))), "{name}: claim {at}");
        }
        for at in 0..certificate.policy.zones.len() {
            let gone = without(&certificate, |c| drop(c.policy.zones.remove(at)));
            assert!(refused(&gone), "{name}: zone {at}");
        }
        for ledger in 0..certificate.ledger.len() {
            for run in 0..certificate.ledger[ledger].runs.len() {
                let gone = without(&certificate, |c| {
                    c.ledger[ledger].runs.remove(run);
                });
                assert!(refused(&gone), "{name}: run {run} of ledger {ledger}");
            }
            let gone = without(&certificate, |c| drop(c.ledger.remove(ledger)));
            assert!(refused(&gone), "{name}: ledger {ledger}");
        }
        for (n, invariant) in certificate.invariants.iter().enumerate() {
            for at in 0..invariant.at.len() {
                let gone = without(&certificate, |c| drop(c.invariants[n].at.remove(at)));
                assert!(refused(&gone), "{name}: place {} of invariant {n}", invariant.at[at].0);
            }
        }
        for at in 0..certificate.model.devices.len() {
            let gone = without(&certificate, |c| drop(c.model.devices.remove(at)));
            assert!(refused(&gone), "{name}: device {at}");
        }
        // A cable that is left out may join less than there is: reading the files again shows it.
        let digest = sha256(policy.as_bytes());
        let parts = ("zones.toml", digest.as_str(), policy.len() as u64);
        let file = PolicyFile::last(parts, &run.snapshot.sources).unwrap();
        let again = read_again(&run.snapshot, &run.policy, &file, &run.analysis, run.as_of);
        assert!(again.model == certificate.model && again.policy == certificate.policy, "{name}");
        assert!(again.ledger == certificate.ledger && again.inputs == certificate.inputs, "{name}");
        for at in 0..certificate.model.links.len() {
            let gone = without(&certificate, |c| {
                c.model.links.remove(at);
            });
            assert!(refused(&gone) || gone.model != again.model, "{name}: link {at}");
        }
    }
}

#[test]
fn what_helpers_let_pass_is_part_of_the_claims() {
    let case = networks::file_transfer();
    let (made, _) = confirm(&case);
    let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let claimed = |c: &Certificate| -> BTreeSet<(String, String)> {
        c.claims.iter().map(|claim| (claim.from.clone(), claim.to.clone())).collect()
    };
    assert!(claimed(&made.certificate).contains(&pair("servers", "clients")));
    // A packet of a transfer reaches the client as one of a session, and not as a new one.
    let network = &made.certificate.model;
    let reference = sekisho_reference::Reference::new(network).unwrap();
    let on = sekisho_plain::format::Port { device: 0, interface: 1 };
    let data = |text: &str| text.parse::<std::net::IpAddr>().unwrap();
    let packet = sekisho_reference::Packet::new(data("10.2.0.20"), data("10.1.0.10"), 6).ports(20, 40_000);
    let session = sekisho_reference::Session { on, arrives: packet, becomes: packet, sure: true };
    let start = sekisho_reference::Start::Ingress(on);
    let options = sekisho_reference::Options::default();
    assert!(!reference.walk(start, packet, options).possible());
    assert!(reference.walk_among(&[session], start, packet, options).certain());
    // Without the consent of the whitelist, the same claims do not follow.
    let without_consent = without(&made.certificate, |c| {
        c.policy.whitelist.retain(|e| e.from == "clients" && e.cubes.iter().all(|c| c.dport.is_some()));
    });
    let outcome = check(&without_consent, &without_consent.as_of);
    let refused_pairs: BTreeSet<_> = without_consent
        .claims
        .iter()
        .zip(&outcome.claims)
        .filter(|(_, answer)| matches!(answer, Answer::Refused(_)))
        .map(|(claim, _)| (claim.from.clone(), claim.to.clone()))
        .collect();
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
    let between = BTreeSet::from([pair("clients", "servers"), pair("servers", "clients")]);
    assert_eq!(refused_pairs, between);
    // Nor does the search claim them.
    let mut silent = case.clone();
    silent.policy = silent.policy.replace("helpers = [\"ftp\"]\n", "");
    assert!(claimed(&certified(&silent).certificate).is_disjoint(&between));
    // The helper cannot be left out of the model: its places are in the invariants, and the files say otherwise.
    assert!(refused(&without(&made.certificate, |c| c.model.devices[0].helpers.clear())));
    // A helper more is noticed where it may let something pass.
    let more = without(&without_consent, |c| c.model.devices[0].helpers[0].ports = (0, 65_535));
    assert!(refused(&more));
    // What the claims are about is said.
    assert!(refused(&without(&made.certificate, |c| c.about.push_str(" as well"))));
    let unsaid = made.certificate.clone().write().replacen("\"about\"", "\"abaut\"", 1);
    assert!(Certificate::read(&unsaid).is_err());
}

#[test]
fn a_network_without_one_of_its_files_is_noticed() {
    let case = BRANCH.base();
    let whole: BTreeMap<String, Vec<u8>> =
        case.files.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())).collect();
    assert!(compare_inputs(&certified(&case).certificate, &whole).is_empty());
    for name in case.files.keys() {
        let mut less = case.clone();
        less.files.remove(name);
        // What is wrong with the rest is not the question.
        less.policy = less.policy.lines().filter(|l| !l.is_empty()).fold(String::new(), |t, l| t + l + "\n");
        let certificate = certified(&less).certificate;
        let said = compare_inputs(&certificate, &whole);
        assert!(said.iter().any(|p| p.contains(name)), "{name}: {said:?}");
    }
    let mut changed = whole.clone();
    changed.values_mut().next().unwrap().push(b'\n');
    assert_eq!(compare_inputs(&certified(&case).certificate, &changed).len(), 1);
    let mut missing = whole;
    missing.pop_first();
    assert_eq!(compare_inputs(&certified(&case).certificate, &missing).len(), 1);
}

/// Row 42 of the ways to a false proof: a graph of the prover has no place in the file, so that the check can
/// only derive its own.
#[test]
fn no_graph_is_read() {
    fn with_graph(
        value: &serde_json::Value,
        out: &mut Vec<serde_json::Value>,
        whole: &serde_json::Value,
        at: &str,
    ) {
        match value {
            serde_json::Value::Object(map) => {
                let mut changed = whole.clone();
                let place = changed.pointer_mut(at).unwrap().as_object_mut().unwrap();
                place.insert("edges".to_owned(), serde_json::json!([]));
                out.push(changed);
                for (key, inner) in map {
                    with_graph(
                        inner,
                        out,
                        whole,
                        &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
                    );
                }
            }
            serde_json::Value::Array(all) => {
                for (n, inner) in all.iter().enumerate().take(2) {
                    with_graph(inner, out, whole, &format!("{at}/{n}"));
                }
            }
            _ => {}
        }
    }
    let whole = serde_json::to_value(certified(&networks::all()[0]).certificate).unwrap();
    assert!(serde_json::from_value::<Certificate>(whole.clone()).is_ok());
    let mut changed = Vec::new();
    with_graph(&whole, &mut changed, &whole, "");
    assert!(changed.len() > 30, "{} places", changed.len());
    for (n, value) in changed.into_iter().enumerate() {
        assert!(serde_json::from_value::<Certificate>(value).is_err(), "place {n} takes edges");
    }
}

#[test]
fn every_header_everywhere_shows_nothing() {
    let mut cases = networks::all();
    cases.extend([BRANCH.base(), TOWN.base()]);
    for case in cases {
        let mut certificate = certified(&case).certificate;
        let keys: BTreeSet<_> = certificate.invariants.iter().map(|i| (i.routing, i.source_routes)).collect();
        let names: BTreeMap<_, Vec<(String, usize)>> = keys
            .into_iter()
            .map(|(routing, source_routes)| {
                let plan = Plan::new(&certificate.model, &certificate.policy, routing, source_routes);
                let mut at: Vec<(String, usize)> =
                    (0..plan.places.len()).map(|p| (plan.name(p), 0)).collect();
                at.sort();
                ((routing, source_routes), at)
            })
            .collect();
        for invariant in &mut certificate.invariants {
            invariant.at.clone_from(&names[&(invariant.routing, invariant.source_routes)]);
        }
        let outcome = check(&certificate, &certificate.as_of);
        assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
        for (claim, answer) in certificate.claims.iter().zip(&outcome.claims) {
            assert!(
                matches!(answer, Answer::Refused(_)),
                "{}: {} -> {} is {answer:?}",
                case.name,
                claim.from,
                claim.to
            );
        }
    }
}

/// Row 43 of the ways to a false proof, for whoever calls the check; `cli.rs` has it from outside.
#[test]
fn an_expired_certificate_is_refused() {
    let certificate = certified(&networks::all()[0]).certificate;
    assert_eq!(certificate.valid_until.as_deref(), Some("2027-03-31"));
    let border = certified(&networks::all()[1]).certificate;
    assert_eq!(border.valid_until.as_deref(), Some("2027-06-30"));
    assert!(check(&certificate, "2027-03-31").is_accepted());
    assert!(check(&certificate, "2027-04-01").is_refused());
    assert!(check(&certificate, "2026-11-23").is_refused());
}

/// Mutants that are tried; `SEKISHO_MUTANTS` says how many.
const MUTANTS: usize = 1_200;

#[test]
fn what_is_accepted_after_a_change_is_true() {
    let wanted = std::env::var("SEKISHO_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(MUTANTS);
    let mut cases = networks::all();
    // The branch office is slower: it gets a small share.
    cases.push(BRANCH.base());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    // Refused changes of the model after which a packet does arrive: what the walks are able to see.
    let mut rightly = 0;
    let mut walked = 0;
    let mut failures = Vec::new();
    for (n, case) in cases.iter().enumerate() {
        let certificate = certified(case).certificate;
        let share = if n + 1 == cases.len() { wanted / 20 } else { wanted.div_ceil(cases.len() - 1) };
        let whole = serde_json::to_value(&certificate).unwrap();
        let pool = mutant::Pool::of(&whole);
        for seed in 0..share {
            let mut rng = mutant::Rng::new((n * 1_000_003 + seed) as u64);
            let Some((section, changed)) = mutant::change(&whole, &pool, &mut rng) else { continue };
            let fate = match serde_json::from_value::<Certificate>(changed) {
                Err(_) => "no certificate",
                Ok(changed) => {
                    let changed = Certificate::read(&changed.write()).unwrap();
                    let outcome = check(&changed, &changed.as_of);
                    let accepted: Vec<usize> = (0..outcome.claims.len())
                        .filter(|at| outcome.claims[*at] == Answer::Accepted)
                        .collect();
                    let refused: Vec<usize> = (0..outcome.claims.len())
                        .filter(|at| matches!(outcome.claims[*at], Answer::Refused(_)))
                        .collect();
                    if section == "model" && n + 1 < cases.len() && !refused.is_empty() {
                        let (_, seen) = oracle::untrue(&changed, &refused, &mut rng);
                        rightly += usize::from(!seen.is_empty());
                    }
                    if !outcome.problems.is_empty() || accepted.is_empty() {
                        "refused"
                    } else {
                        let (packets, false_claims) = oracle::untrue(&changed, &accepted, &mut rng);
                        walked += packets;
                        for text in false_claims {
                            failures.push(format!("{} seed {seed} ({section}): {text}", case.name));
                        }
                        if accepted.len() == outcome.claims.len() { "accepted" } else { "accepted in part" }
                    }
                }
            };
            *counts.entry(format!("{section}: {fate}")).or_default() += 1;
        }
    }
    println!("{walked} packets walked, {rightly} openings seen; {counts:#?}");
    assert!(failures.is_empty(), "{} false claims are accepted:\n{}", failures.len(), failures.join("\n"));
    assert!(walked > 1_000 && rightly > 3, "{walked} {rightly}");
}
