use std::fs;

use tempfile::TempDir;

use sekisho_model::Scope;
use sekisho_net::Family;

use super::*;

const LEGEND: &str = "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP\n\nGateway of last resort is not set\n\n";

fn config(name: &str, net: u8) -> String {
    format!(
        "version 15.7\n!\nhostname {name}\n!\ninterface GigabitEthernet0/1\n ip address 10.{net}.0.1 255.255.255.0\n!\nip access-list extended F\n permit ip any any\n!\nend\n"
    )
}

fn routes(net: u8) -> String {
    format!(
        "{LEGEND}     10.0.0.0/24 is subnetted, 1 subnets\nC       10.{net}.0.0 is directly connected, GigabitEthernet0/1\n"
    )
}

fn tree(files: &[(&str, &[u8])]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (path, bytes) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

fn read(files: &[(&str, &str)]) -> Snapshot {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(p, t)| (*p, t.as_bytes())).collect();
    load(tree(&files).path(), &LoadOptions::default()).unwrap()
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.devices.iter().map(|d| d.name.as_str()).collect()
}

/// Codes of the snapshot's and the tables' own diagnostics.
fn found(snapshot: &Snapshot) -> Vec<&'static str> {
    let own = |c: &&str| c.starts_with("snapshot/") || c.starts_with("routes/");
    snapshot.diagnostics.iter().map(|d| d.code.as_str()).filter(own).collect()
}

fn tables(snapshot: &Snapshot, device: usize) -> usize {
    snapshot.devices[device].vrfs.iter().map(|v| v.tables.len()).sum()
}

#[test]
fn layouts_bind_tables_to_their_devices() {
    let (one, two) = (config("r1", 1), config("r2", 2));
    let (t1, t2) = (routes(1), routes(2));
    let with_prompt = format!("r1#terminal length 0\nr1#show ip route\n{t1}r1#exit\n");
    for files in [
        vec![("r1.cfg", &one), ("r2.cfg", &two), ("r1_route.txt", &t1), ("r2_route.txt", &t2)],
        vec![
            ("a_rtr_config.txt", &one),
            ("b_rtr_config.txt", &two),
            ("a_rtr_route.txt", &t1),
            ("b_rtr_route.txt", &t2),
        ],
        vec![
            ("configs/r1/show_running-config.txt", &one),
            ("configs/r2/show_running-config.txt", &two),
            ("show/r1/show_ip_route.txt", &t1),
            ("show/r2/show_ip_route.txt", &t2),
        ],
        vec![("tokyo/r1", &one), ("osaka/r2", &two), ("tables/x.txt", &with_prompt), ("tables/r2.txt", &t2)],
        vec![("configs/r1", &one), ("configs/r2", &two), ("routes/r1", &t1), ("routes/r2", &t2)],
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        let snapshot = read(&files);
        assert_eq!(names(&snapshot).len(), 2, "{files:?}");
        assert!(snapshot.unread.is_empty());
        assert_eq!(found(&snapshot), Vec::<&str>::new(), "{files:?}: {:?}", snapshot.diagnostics);
        assert_eq!((tables(&snapshot, 0), tables(&snapshot, 1)), (1, 1), "{files:?}");
        for device in &snapshot.devices {
            let (family, table) = &device.vrfs[0].tables[0];
            assert_eq!(
                (*family, table.complete, table.garbled.len(), table.routes.len()),
                (Family::V4, true, 0, 1)
            );
        }
    }
}

#[test]
fn tables_of_unknown_or_contradicted_devices_are_not_used() {
    let one = config("r1", 1);
    let two = config("r2", 2);
    for (path, text) in [
        ("r9_route.txt", routes(1)),
        ("r1_route.txt", format!("r2#show ip route\n{}", routes(1))),
        ("r1_route.txt", format!("r9#show ip route\n{}", routes(1))),
    ] {
        let snapshot = read(&[("r1.cfg", &one), ("r2.cfg", &two), (path, &text)]);
        assert_eq!(found(&snapshot), ["snapshot/routes-without-device"], "{path}");
        assert_eq!((tables(&snapshot, 0), tables(&snapshot, 1)), (0, 0), "{path}");
        assert!(
            snapshot.diagnostics.iter().any(|d| d.help.as_deref().is_some_and(|h| h.contains("`r1`, `r2`")))
        );
    }
}

#[test]
fn what_is_not_read_is_never_silent() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let padded = b"\0\0\0\0\nInternet  10.0.0.1  -  0014.c240.a576  ARPA   Vlan249\n";
    let dir = tree(&[
        ("r1.cfg", config("r1", 1).as_bytes()),
        ("mx.conf", b"## Last commit: 2026-01-01\nsystem {\n host-name mx;\n}\n"),
        ("n1", b"hostname n1\nfeature vpc\ninterface Ethernet1/1\n"),
        ("notes", b"call the carrier\n"),
        ("blank", b"!\n!\n"),
        ("core.bin", b"ab\0cd"),
        ("picture.png", png),
        ("r1_arp_table.txt", padded),
        ("README.md", b"# hello\n"),
        (".gitignore", b"target\n"),
        (".git/config", b"[core]\n"),
        ("n1_route.txt", b"IP Route Table for VRF \"default\"\n"),
    ]);
    let snapshot = load(dir.path(), &LoadOptions::default()).unwrap();
    assert_eq!(names(&snapshot), ["r1"]);
    assert_eq!(snapshot.unread, ["blank", "core.bin", "mx.conf", "n1", "notes"]);
    let severity = |code: &str| {
        let hits: Vec<Severity> =
            snapshot.diagnostics.iter().filter(|d| d.code.as_str() == code).map(|d| d.severity).collect();
        (hits.len(), hits.first().copied())
    };
    assert_eq!(severity("snapshot/unread-os"), (2, Some(Severity::Error)));
    assert_eq!(severity("snapshot/unrecognized-file"), (1, Some(Severity::Error)));
    assert_eq!(severity("snapshot/empty"), (1, Some(Severity::Error)));
    assert_eq!(severity("snapshot/binary"), (1, Some(Severity::Error)));
    assert_eq!(severity("snapshot/unread-format"), (1, Some(Severity::Error)));
    assert_eq!(severity("snapshot/not-a-config"), (4, Some(Severity::Info)));
    assert_eq!(snapshot.files.len(), 11, "all but the hidden directory");
    assert!(snapshot.files.iter().all(|f| f.sha256.len() == 64));
    let says = |path: &str| {
        snapshot.diagnostics.iter().any(|d| d.message.contains(path) && d.message.contains("Junos"))
    };
    assert!(says("mx.conf"));
}

#[cfg(unix)]
#[test]
fn broken_links_and_special_files() {
    let dir = tree(&[("r1.cfg", config("r1", 1).as_bytes())]);
    std::os::unix::fs::symlink(dir.path().join("nowhere"), dir.path().join("r2.cfg")).unwrap();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("loop")).unwrap();
    let snapshot = load(dir.path(), &LoadOptions::default()).unwrap();
    assert_eq!(snapshot.unread, ["loop", "r2.cfg"]);
    assert_eq!(found(&snapshot), ["snapshot/unreadable", "snapshot/unreadable"]);
}

#[test]
fn errors_of_the_call() {
    let dir = tree(&[]);
    let missing = load(&dir.path().join("nowhere"), &LoadOptions::default());
    assert!(matches!(missing, Err(SnapshotError::Missing(_))));
    let empty = load(dir.path(), &LoadOptions::default()).unwrap();
    assert_eq!(found(&empty), ["snapshot/no-device"]);
}

#[test]
fn one_file_is_a_snapshot() {
    let dir = tree(&[("r1.cfg", config("r1", 1).as_bytes()), ("r2.cfg", config("r2", 2).as_bytes())]);
    let snapshot = load(&dir.path().join("r1.cfg"), &LoadOptions::default()).unwrap();
    assert_eq!(names(&snapshot), ["r1"]);
    assert_eq!(snapshot.files[0].path, "r1.cfg");
    assert_eq!(snapshot.files[0].role, Role::Config(vec!["r1".to_owned()]));
}

#[test]
fn the_stated_system_goes_before_the_guess() {
    let options = LoadOptions { os: Os::from_name("cisco_ios"), encoding: None };
    let dir = tree(&[("r1", b"interface eth0\n ip address 10.0.0.1/24\n"), ("README.md", b"# x\n")]);
    let plain = load(dir.path(), &LoadOptions::default()).unwrap();
    assert_eq!(plain.unread, ["r1"]);
    let stated = load(dir.path(), &options).unwrap();
    assert_eq!(names(&stated), ["r1"]);
    assert!(found(&stated).contains(&"snapshot/os-contradicted"));
    let other = LoadOptions { os: Os::from_name("juniper_junos"), encoding: None };
    assert_eq!(load(dir.path(), &other).unwrap().unread, ["r1"]);
}

#[test]
fn encodings() {
    let text = config("r1", 1).replace("interface G", "! 本庁舎のルーター、基幹系\ninterface G");
    let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode(&text);
    let (euc, _, _) = encoding_rs::EUC_JP.encode(&text);
    let (jis, _, _) = encoding_rs::ISO_2022_JP.encode(&text);
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let bom = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for (encoding, bytes) in [
        ("utf-8", text.as_bytes().to_vec()),
        ("utf-8", bom),
        ("utf-16le", utf16),
        ("shift_jis", sjis.into_owned()),
        ("euc-jp", euc.into_owned()),
        ("iso-2022-jp", jis.into_owned()),
    ] {
        let snapshot = load(tree(&[("r1", &bytes)]).path(), &LoadOptions::default()).unwrap();
        assert_eq!(snapshot.files[0].encoding, encoding);
        assert_eq!(snapshot.sources.get(FileId(0)).unwrap().text(), text, "{encoding}");
        assert_eq!(names(&snapshot), ["r1"]);
        let span = snapshot.devices[0].name_span.unwrap();
        assert!(snapshot.sources.quote(span).contains("hostname r1"), "{encoding}");
    }
    let euc_as_sjis = LoadOptions { os: None, encoding: TextEncoding::from_label("shift_jis") };
    let (euc, _, _) = encoding_rs::EUC_JP.encode(&text);
    let snapshot = load(tree(&[("r1", &euc)]).path(), &euc_as_sjis).unwrap();
    assert_eq!(snapshot.files[0].encoding, "shift_jis");
    assert_eq!(TextEncoding::from_label("no such"), None);
}

#[test]
fn bytes_that_cannot_be_decoded_make_the_names_on_their_line_uncertain() {
    let text = config("r1", 1);
    let (front, back) = text.split_once('F').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let bytes = [front.as_bytes(), b"A\xff\xfe", back.as_bytes()].concat();
    let utf8 = LoadOptions { os: None, encoding: TextEncoding::from_label("utf-8") };
    let snapshot = load(tree(&[("r1", &bytes)]).path(), &utf8).unwrap();
    assert!(found(&snapshot).contains(&"snapshot/malformed-bytes"));
    let poison = snapshot.devices[0].device_poison().unwrap();
    assert_eq!(snapshot.sources.line(poison.span), 8);
}

#[test]
fn line_ends_do_not_matter() {
    let text = config("r1", 1).replace('\n', "\r\n");
    let snapshot = read(&[("r1", &text), ("r1_route.txt", &routes(1).replace('\n', "\r\n"))]);
    assert_eq!(found(&snapshot), Vec::<&str>::new());
    assert_eq!(tables(&snapshot, 0), 1);
}

#[test]
fn two_exports_of_one_device() {
    let same = read(&[("a.cfg", &config("r1", 1)), ("b.cfg", &config("r1", 1))]);
    assert_eq!(names(&same), ["r1"]);
    assert_eq!(found(&same), ["snapshot/same-config"]);
    assert!(same.devices[0].device_poison().is_none());

    let differ = read(&[("a.cfg", &config("r1", 1)), ("b.cfg", &config("r1", 2))]);
    assert_eq!(names(&differ), ["r1"]);
    assert_eq!(found(&differ), ["snapshot/two-exports"]);
    let device = &differ.devices[0];
    assert_eq!(device.files.len(), 2);
    assert_eq!(device.device_poison().unwrap().scope, Scope::Device);
    assert_eq!(differ.sources.path(device.device_poison().unwrap().span.file), "b.cfg");
    let interfaces: Vec<&str> = device.interfaces.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(interfaces, ["GigabitEthernet0/1", "GigabitEthernet0/1@b.cfg"], "both segments are touched");
}

/// A firewall with a host name, a priority in its cluster, and the action of its only policy.
fn member(host: &str, priority: u8, action: &str) -> String {
    format!(
        "#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=a\nconfig system global\n    set hostname \"{host}\"\nend\nconfig system ha\n    set group-name \"PAIR\"\n    set mode a-p\n    set priority {priority}\nend\nconfig firewall policy\n    edit 1\n        set srcintf \"any\"\n        set dstintf \"any\"\n        set srcaddr \"all\"\n        set dstaddr \"all\"\n        set action {action}\n        set schedule \"always\"\n        set service \"ALL\"\n    next\nend\nconfig router multicast\nend\n"
    )
}

#[test]
fn members_of_a_cluster_are_two_devices() {
    let alike = read(&[("a.conf", &member("fw1", 200, "deny")), ("b.conf", &member("fw2", 100, "deny"))]);
    assert_eq!(names(&alike), ["fw1", "fw2"]);
    assert_eq!(found(&alike), Vec::<&str>::new());

    let drift = read(&[("a.conf", &member("fw1", 200, "deny")), ("b.conf", &member("fw2", 100, "accept"))]);
    assert_eq!(found(&drift), ["snapshot/ha-drift"]);
    let told = drift.diagnostics.iter().find(|d| d.code.as_str() == "snapshot/ha-drift").unwrap();
    let spans = told.span.into_iter().chain(told.labels.iter().map(|l| l.span));
    let lines: Vec<String> = spans.map(|s| drift.sources.place(s)).collect();
    assert_eq!(lines, ["b.conf:16", "a.conf:16"]);

    let one_name = read(&[("a.conf", &member("fw", 200, "deny")), ("b.conf", &member("fw", 100, "deny"))]);
    assert_eq!(names(&one_name), ["fw", "b"]);
    assert_eq!(found(&one_name), ["snapshot/members-of-one-name"]);
    assert!(one_name.devices.iter().all(|d| d.device_poison().is_none()));

    // Nothing tells an older export of one member from the export of another.
    let old = read(&[("a.conf", &member("fw", 200, "deny")), ("b.conf", &member("fw", 200, "accept"))]);
    assert_eq!(names(&old), ["fw"]);
    assert_eq!(found(&old), ["snapshot/two-exports"]);
}

#[test]
fn devices_without_a_host_name_are_called_after_their_files() {
    let text = config("x", 1).replace("hostname x\n", "");
    let snapshot =
        read(&[("a/core_config.txt", &text), ("b/core_config.txt", &text.replace("10.1.", "10.2."))]);
    assert_eq!(names(&snapshot), ["core", "b/core_config.txt"]);
    assert_eq!(found(&snapshot), ["snapshot/no-hostname"]);
}

#[test]
fn files_without_an_end_are_listed() {
    let cut = config("r1", 1).replace("end\n", "");
    let snapshot = read(&[("r1", &cut), ("r1_route.txt", &routes(1))]);
    assert_eq!(snapshot.incomplete, [FileId(0), FileId(1)]);
}

#[test]
fn the_result_does_not_depend_on_threads() {
    let files: Vec<(String, String)> = (0..40)
        .flat_map(|i| {
            [
                (format!("g{}/r{i}.cfg", i % 3), config(&format!("r{i}"), i)),
                (format!("t/r{i}_route.txt"), routes(i)),
            ]
        })
        .collect();
    let list: Vec<(&str, &[u8])> = files.iter().map(|(p, t)| (p.as_str(), t.as_bytes())).collect();
    let dir = tree(&list);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let snapshot = pool.install(|| load(dir.path(), &LoadOptions::default()).unwrap());
        format!("{snapshot:?}")
    };
    assert!(with(1) == with(8));
}

#[test]
fn damaged_configurations_never_panic() {
    let text = config("r1", 1);
    let mut seed: u64 = 3;
    let mut next = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or(0) % n
    };
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (at, _) in text.match_indices('\n') {
        files.push((format!("cut{at}"), text.as_bytes()[..at].to_vec()));
    }
    for i in 0..200 {
        let mut bytes = text.as_bytes().to_vec();
        let at = next(bytes.len());
        bytes[at] = u8::try_from(next(256)).unwrap();
        files.push((format!("flip{i}"), bytes));
    }
    let list: Vec<(&str, &[u8])> = files.iter().map(|(p, t)| (p.as_str(), t.as_slice())).collect();
    let snapshot = load(tree(&list).path(), &LoadOptions::default()).unwrap();
    let accounted = |l: &Ledger| l.unaccounted().next().is_none();
    assert!(snapshot.ledgers.iter().all(accounted));
    assert_eq!(snapshot.files.len(), files.len());
}
