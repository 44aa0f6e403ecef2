//! Input that is damaged, foreign or wrong: a clear error or an UNDECIDED that names it, never a panic,
//! never silence, never PROVEN.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

#[path = "common/binary.rs"]
mod binary;

use std::fs;
use std::path::Path;

use binary::{POLICY, ROUTER, verify, write};
use tempfile::TempDir;

/// Exit code of "cannot run".
const CANNOT_RUN: i32 = 2;
/// Exit code of UNDECIDED.
const UNDECIDED: i32 = 3;

/// Runs and returns the exit code with everything that was printed.
fn run(dir: &Path) -> (i32, String) {
    let output = verify(dir, &[], None);
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("panicked"), "{text}");
    (output.status.code().unwrap_or(-1), text)
}

#[track_caller]
fn assert_says(dir: &TempDir, code: i32, parts: &[&str]) {
    let (got, text) = run(dir.path());
    assert_eq!(got, code, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
}

/// The router beside another file.
#[track_caller]
fn beside(name: &str, bytes: &[u8], code: i32, parts: &[&str]) {
    assert_says(&write(POLICY, &[("r1.cfg", ROUTER.as_bytes()), (name, bytes)]), code, parts);
}

/// The router with another policy.
#[track_caller]
fn under(policy: &str, code: i32, parts: &[&str]) {
    assert_says(&write(policy, &[("r1.cfg", ROUTER.as_bytes())]), code, parts);
}

#[test]
fn the_base_is_proven() {
    assert_says(&write(POLICY, &[("r1.cfg", ROUTER.as_bytes())]), 0, &["PROVEN"]);
}

#[test]
fn a_binary_file() {
    beside("core", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", UNDECIDED, &["core", "NUL"]);
}

#[test]
fn a_broken_link() {
    let dir = write(POLICY, &[("r1.cfg", ROUTER.as_bytes())]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(dir.path().join("nowhere"), dir.path().join("configs/r2.cfg")).unwrap();
        assert_says(&dir, UNDECIDED, &["r2.cfg"]);
    }
    drop(dir);
}

#[test]
fn configs_of_systems_that_are_not_read() {
    let nxos = b"feature vpc\ninterface Ethernet1/1\n vrf member RED\n";
    beside("n1.conf", nxos, UNDECIDED, &["n1.conf", "NX-OS"]);
    let junos = b"## Last commit: 2026-01-01\nversion 21.4R3;\nsystem {\n    host-name mx;\n}\ninterfaces {\n    ge-0/0/0 {\n        unit 0 {\n            family inet {\n                address 10.1.0.2/24;\n            }\n        }\n    }\n}\n";
    beside("mx.conf", junos, UNDECIDED, &["mx.conf", "Junos"]);
    beside("poem.txt", b"The gate stands at the pass.\nNobody goes through.\n", UNDECIDED, &["poem.txt"]);
    beside("blank.cfg", b"", UNDECIDED, &["blank.cfg"]);
}

#[test]
fn only_configs_that_are_not_read() {
    let dir = write(POLICY, &[("n1.conf", b"feature vpc\ninterface Ethernet1/1\n vrf member RED\n")]);
    assert_says(&dir, CANNOT_RUN, &["n1.conf"]);
}

/// A firewall between the two zones of the policy that lets nothing through.
const FIREWALL: &str = "\
#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
config system global
    set hostname \"fw\"
end
config system interface
    edit \"port1\"
        set vdom \"root\"
        set ip 10.1.0.1 255.255.255.0
        set type physical
    next
    edit \"port2\"
        set vdom \"root\"
        set ip 10.2.0.1 255.255.255.0
        set type physical
    next
end
config firewall policy
    edit 1
        set srcintf \"port1\"
        set dstintf \"port2\"
        set srcaddr \"all\"
        set dstaddr \"all\"
        set schedule \"always\"
        set service \"ALL\"
    next
end
config router multicast
end
";

/// The firewall with a text replaced.
#[track_caller]
fn firewall(from: &str, to: &str, code: i32, parts: &[&str]) {
    assert!(FIREWALL.contains(from), "{from}");
    let text = FIREWALL.replacen(from, to, 1);
    assert_says(&write(POLICY, &[("fw.conf", text.as_bytes())]), code, parts);
}

#[test]
fn a_firewall_export() {
    firewall("set vdom", "set vdom", 0, &["PROVEN"]);
    // The last setting counts, wherever the policy is opened again.
    firewall("    edit 1\n", "    edit 1\n        set action accept\n", 1, &["edit 1"]);
    let again = "    next\n    edit 1\n        set action accept\n    next\nend\nconfig router";
    firewall("    next\nend\nconfig router", again, 1, &["edit 1"]);
}

#[test]
fn a_firewall_export_with_broken_blocks() {
    for (from, to) in [
        ("    next\n    edit \"port2\"", "    edit \"port2\""),
        ("    edit \"port2\"\n", ""),
        ("end\nconfig firewall", "config firewall"),
        ("config firewall policy\n", ""),
        ("config router multicast\nend\n", "config router multicast\n"),
        ("edit \"port2\"", "edit \"port2"),
        ("end\nconfig router", "end\nend\nconfig router"),
        ("        set type physical\n", "        set type physical\nend\n"),
    ] {
        firewall(from, to, UNDECIDED, &["fw.conf"]);
    }
}

#[test]
fn a_firewall_export_that_was_cut_off_anywhere() {
    for (at, _) in FIREWALL.match_indices('\n') {
        // Before the second interface there is no second zone.
        if at < FIREWALL.find("10.2.0.1").unwrap() + 30 {
            continue;
        }
        let whole_blocks = FIREWALL.as_bytes()[..at].ends_with(b"\nend");
        let (code, text) = run(write(POLICY, &[("fw.conf", &FIREWALL.as_bytes()[..=at])]).path());
        // Between two blocks nothing shows that something is missing: that is an assumption.
        let named = text.contains("complete-export") || at + 1 == FIREWALL.len();
        assert!(code == UNDECIDED || (whole_blocks && code == 0 && named), "cut at {at}: {code}\n{text}");
    }
}

#[test]
fn a_virtual_domain_that_was_cut_off() {
    let interfaces = FIREWALL.find("config system interface").unwrap();
    let policies = FIREWALL.find("config firewall").unwrap();
    let global = FIREWALL.get(..policies).unwrap().replacen(
        "config system global",
        "config vdom\nedit root\nnext\nedit B\nnext\nend\nconfig global\nconfig system global",
        1,
    );
    let root = format!("end\nconfig vdom\nedit root\n{}end\n", FIREWALL.get(policies..).unwrap());
    let other = "config vdom\nedit B\nconfig system settings\n    set asymroute disable\nend\nend\n";
    assert!(interfaces < policies);
    let whole = format!("{global}{root}{other}");
    assert_says(&write(POLICY, &[("fw.conf", whole.as_bytes())]), 0, &["PROVEN"]);
    let cut = format!("{global}{root}");
    assert_says(&write(POLICY, &[("fw.conf", cut.as_bytes())]), UNDECIDED, &["fw.conf", "`B`"]);
}

#[test]
fn a_config_that_was_cut_off_anywhere() {
    let whole = "Building configuration...\n\nCurrent configuration : 1234 bytes\n!\n".to_owned() + ROUTER;
    assert_says(&write(POLICY, &[("r1.cfg", whole.as_bytes())]), 0, &["PROVEN"]);
    let after = whole.find("hostname").unwrap() + "hostname r1\n".len();
    for (at, _) in whole.char_indices().filter(|(at, _)| *at > after && *at < whole.len() - 4) {
        if at % 7 != 0 {
            continue;
        }
        let dir = write(POLICY, &[("r1.cfg", &whole.as_bytes()[..at])]);
        let (code, text) = run(dir.path());
        assert!(matches!(code, 1 | UNDECIDED), "cut at {at}: {code}\n{text}");
        assert!(text.contains("r1.cfg"), "cut at {at}:\n{text}");
    }
}

#[test]
fn a_sample_config_that_was_cut_off() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/branch/base");
    let policy =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/branch/zones.toml")).unwrap();
    let policy = policy.replace("snapshot = \"base\"", "snapshot = \"configs\"");
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(sample)
        .unwrap()
        .map(|e| e.unwrap())
        .map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap()))
        .collect();
    files.sort();
    for share in [3, 5, 8, 9] {
        for at in 0..files.len() {
            let mut cut = files.clone();
            let keep = cut[at].1.len() * share / 10;
            cut[at].1.truncate(keep);
            let list: Vec<(&str, &[u8])> = cut.iter().map(|(n, t)| (n.as_str(), t.as_slice())).collect();
            let (code, text) = run(write(&policy, &list).path());
            assert_ne!(code, 0, "{share}/10 of {} gives\n{text}", files[at].0);
            assert!(text.contains(&files[at].0), "{share}/10 of {}:\n{text}", files[at].0);
        }
    }
}

#[test]
fn all_mistakes_of_a_policy_are_told_in_order() {
    let policy = "\
schema_version = 1
snapshot = \"configs\"
colour = \"red\"
[[zones]]
id = \"a\"
kind = \"office\"
subnets = [\"10.1.0.0/24\"]
[[zones]]
id = \"a\"
kind = \"other\"
subnets = [\"10.1.0.0/33\"]
[[zones]]
id = \"b b\"
kind = \"other\"
subnets = [\"10.2.0.0/24\"]
[[zones]]
id = \"c\"
kind = \"other\"
[[zones]]
id = \"d\"
kind = \"other\"
interfaces = [\"GigabitEthernet0/1\"]
[[flows]]
id = \"F-1\"
match = { from = \"a\", to = \"nobody\", proto = \"tcp\" }
[[flows]]
id = \"F-2\"
match = { from = \"a\", to = \"a\", proto = \"tcp\", ports = [\"70000\"] }
[[flows]]
id = \"F-3\"
match = { from = \"a\", to = \"d\", proto = \"tpc\" }
expires = \"next year\"
";
    let dir = write(policy, &[("r1.cfg", ROUTER.as_bytes())]);
    let (code, text) = run(dir.path());
    assert_eq!(code, CANNOT_RUN, "{text}");
    for part in
        ["colour", "office", "10.1.0.0/33", "b b", "nobody", "70000", "tpc", "expires", "GigabitEthernet0/1"]
    {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
    let places = text.match_indices("--> zones.toml:").filter_map(|(at, mark)| {
        let rest = text.get(at + mark.len()..)?;
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u32>().ok()
    });
    let places: Vec<u32> = places.collect();
    assert!(places.len() >= 10, "{places:?}\n{text}");
    assert!(places.is_sorted(), "{places:?}\n{text}");
    assert!(!text.contains("PROVEN"), "{text}");
}

#[test]
fn a_policy_that_is_no_policy() {
    under("[[zones", CANNOT_RUN, &["zones.toml"]);
    under("", CANNOT_RUN, &["schema_version"]);
    under("schema_version = 99\n", CANNOT_RUN, &["schema_version"]);
    under("schema_version = 1\nsnapshot = \"configs\"\n", UNDECIDED, &["no zone"]);
}

#[test]
fn names_that_no_config_has() {
    for (attachment, name) in [
        ("interfaces = [\"r1:GigabitEthernet0/9\"]", "GigabitEthernet0/9"),
        ("vlans = [\"r1:77\"]", "77"),
        ("vlans = [77]", "77"),
        ("vrfs = [\"r1:RED\"]", "RED"),
        ("devices = [\"r9\"]", "r9"),
        ("interfaces = [\"r9:GigabitEthernet0/1\"]", "r9"),
        ("next_hops = [\"172.16.0.1\"]", "172.16.0.1"),
        ("subnets = [\"10.20.0.0/24\"]", "zone-not-found"),
    ] {
        let policy = POLICY.replace("subnets = [\"10.2.0.0/24\"]", attachment);
        under(&policy, UNDECIDED, &[name]);
        let both = POLICY.replace(
            "subnets = [\"10.2.0.0/24\"]",
            &format!(
                "{attachment}\n{}",
                if attachment.contains("subnets") { "" } else { "subnets = [\"10.2.0.0/24\"]" }
            ),
        );
        under(&both, UNDECIDED, &[name]);
    }
}

#[test]
fn a_misspelt_subnet_among_good_ones_leaves_its_segment_unassigned() {
    let router = ROUTER.replace(
        "ip access-list extended SHUT",
        "interface GigabitEthernet0/2\n ip address 10.3.0.1 255.255.255.0\nip access-list extended SHUT",
    );
    let policy = POLICY.replace("\"10.2.0.0/24\"", "\"10.2.0.0/24\", \"10.33.0.0/24\"");
    assert_says(&write(&policy, &[("r1.cfg", router.as_bytes())]), UNDECIDED, &["GigabitEthernet0/2"]);
}

#[test]
fn a_vlan_in_no_zone() {
    let switch = "version 15.2\nhostname sw1\nno ip source-route\nvlan 10\nvlan 30\ninterface Vlan10\n ip address 10.1.0.9 255.255.255.0\ninterface Vlan30\n ip address 10.3.0.1 255.255.255.0\ninterface GigabitEthernet0/1\n switchport mode access\n switchport access vlan 30\nip routing\nend\n";
    beside("sw1.cfg", switch.as_bytes(), UNDECIDED, &["Vlan30", "unassigned"]);
}

#[test]
fn a_banner_with_a_wrong_delimiter() {
    for banner in ["banner motd ^C\nKeep out.\n", "banner motd #\nKeep out.\n^C\n"] {
        let router =
            ROUTER.replace("ip access-list extended SHUT", &format!("{banner}ip access-list extended SHUT"));
        assert_says(&write(POLICY, &[("r1.cfg", router.as_bytes())]), UNDECIDED, &["r1.cfg"]);
    }
}

#[test]
fn two_exports_of_one_device() {
    let other = ROUTER.replace(" ip access-group SHUT in\n", "");
    beside("old.cfg", other.as_bytes(), UNDECIDED, &["old.cfg", "r1"]);
    beside("copy.cfg", ROUTER.as_bytes(), 0, &["copy.cfg"]);
}

#[test]
fn no_snapshot() {
    assert_says(&write(POLICY, &[]), CANNOT_RUN, &["configs"]);
    let missing = write(&POLICY.replace("configs", "elsewhere"), &[]);
    assert_says(&missing, CANNOT_RUN, &["elsewhere"]);
}

#[test]
fn a_cable_to_a_port_that_does_not_exist() {
    let policy =
        format!("{POLICY}[[links]]\na = \"r1:GigabitEthernet0/0\"\nb = \"sw1:GigabitEthernet0/1\"\n");
    under(&policy, UNDECIDED, &["sw1:GigabitEthernet0/1"]);
}

#[test]
fn bytes_that_are_no_text() {
    let mut bytes = ROUTER.replace("description servers", "description X").into_bytes();
    let at = bytes.iter().position(|b| *b == b'X').unwrap();
    bytes.splice(at..=at, [0xff, 0xfe, 0xfd]);
    let (code, text) = run(write(POLICY, &[("r1.cfg", &bytes)]).path());
    assert!(matches!(code, 0 | UNDECIDED), "{text}");
    assert!(text.contains("r1.cfg"), "{text}");
    let name = ROUTER.replace("hostname r1", "hostname r\u{1}1");
    let (code, text) = run(write(POLICY, &[("r1.cfg", name.as_bytes())]).path());
    assert!(matches!(code, 0 | UNDECIDED), "{text}");
}

#[test]
fn a_list_name_that_cannot_be_decoded() {
    let mut bytes = ROUTER.replace("extended SHUT", "extended SHU@").into_bytes();
    let at = bytes.iter().position(|b| *b == b'@').unwrap();
    bytes[at] = 0xff;
    let (code, text) = run(write(POLICY, &[("r1.cfg", &bytes)]).path());
    assert!(matches!(code, 1 | UNDECIDED), "{code}: {text}");
    assert!(text.contains("r1.cfg"), "{text}");
}

#[test]
fn line_ends_marks_and_encodings_are_fine() {
    let japanese =
        ROUTER.replace("description servers", "description 本庁舎サーバ室、基幹系ネットワーク表示端末");
    let (shift_jis, _, lost) = encoding_rs::SHIFT_JIS.encode(&japanese);
    assert!(!lost);
    let mark = [b"\xef\xbb\xbf", ROUTER.as_bytes()].concat();
    for bytes in [
        ROUTER.replace('\n', "\r\n").into_bytes(),
        mark,
        shift_jis.into_owned(),
        japanese.into_bytes(),
        ROUTER.trim_end().as_bytes().to_vec(),
    ] {
        assert_says(&write(POLICY, &[("r1.cfg", &bytes)]), 0, &["PROVEN"]);
    }
    let policy = format!("\u{feff}{}", POLICY.replace('\n', "\r\n"));
    under(&policy, 0, &["PROVEN"]);
}

#[test]
fn any_line_taken_out_or_doubled_is_no_panic() {
    let lines: Vec<&str> = ROUTER.lines().collect();
    for at in 0..lines.len() {
        for change in ["", "doubled", "cut"] {
            let changed: Vec<String> = lines
                .iter()
                .enumerate()
                .flat_map(|(n, line)| match (n == at, change) {
                    (true, "") => Vec::new(),
                    (true, "doubled") => vec![(*line).to_owned(), (*line).to_owned()],
                    (true, _) => vec![line.chars().take(line.chars().count() / 2).collect()],
                    _ => vec![(*line).to_owned()],
                })
                .collect();
            let (code, text) = run(write(POLICY, &[("r1.cfg", changed.join("\n").as_bytes())]).path());
            assert!((0..=3).contains(&code), "line {at} {change}: {code}\n{text}");
        }
    }
}

/// Some hundred routes that lead to each other: every chain of them would be 10¹⁶ ways.
#[test]
fn routes_that_lead_to_each_other() {
    let one = |n: u32| {
        format!("ip route 10.8.0.0 255.255.255.0 10.9.0.{n}\nip route 10.9.0.0 255.255.255.0 10.8.0.{n}\n")
    };
    let routes: String = (1..=100).map(one).collect();
    let router = ROUTER.replace("end\n", &format!("{routes}end\n"));
    let dir = write(POLICY, &[("r1.cfg", router.as_bytes())]);
    let (code, text) = run(dir.path());
    assert!([0, UNDECIDED].contains(&code), "{text}");
}
