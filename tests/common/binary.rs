//! Running the built program on networks that are written for a test.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Day of evaluation.
pub const AS_OF: &str = "2026-12-01";

/// A router between two zones that lets nothing through.
pub const ROUTER: &str = "\
version 15.7
hostname r1
no ip source-route
no ipv6 source-route
interface GigabitEthernet0/0
 description office
 ip address 10.1.0.1 255.255.255.0
 ip access-group SHUT in
interface GigabitEthernet0/1
 description servers
 ip address 10.2.0.1 255.255.255.0
 ip access-group SHUT in
ip access-list extended SHUT
 deny ip any any
end
";

/// Its policy.
pub const POLICY: &str = "\
schema_version = 1
snapshot = \"configs\"
[[zones]]
id = \"a\"
kind = \"other\"
subnets = [\"10.1.0.0/24\"]
[[zones]]
id = \"b\"
kind = \"other\"
subnets = [\"10.2.0.0/24\"]
";

/// Writes a snapshot and its policy.
pub fn write(policy: &str, files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("configs")).unwrap();
    fs::write(dir.path().join("zones.toml"), policy).unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join("configs").join(name), bytes).unwrap();
    }
    dir
}

/// Runs `sekisho verify` in a directory, without the environment's locale and colours.
pub fn verify(dir: &Path, more: &[&str], threads: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command.args(["verify", "--as-of", AS_OF, "--lang", "en"]).args(more).current_dir(dir);
    for name in ["LANG", "LC_ALL", "LC_MESSAGES", "COLUMNS", "RAYON_NUM_THREADS"] {
        command.env_remove(name);
    }
    if let Some(threads) = threads {
        command.env("RAYON_NUM_THREADS", threads);
    }
    command.output().unwrap()
}
