//! The program as a user runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the program without the environment's locale and colours.
pub fn sekisho(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(args)
        .env_remove("LANG")
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env_remove("COLUMNS")
        .output()
        .unwrap()
}

/// Runs the program with `--format json`; the answer fits its schema in `docs/schema`.
///
/// # Errors
/// What it says instead of an answer.
pub fn json(schema: &str, args: &[&str]) -> Result<Value, String> {
    let output = sekisho(&[args, &["--format", "json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{args:?}: {said}");
    if output.stdout.is_empty() {
        return Err(said.into_owned());
    }
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(schema);
    let rules: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&rules).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{args:?}: {errors:#?}");
    Ok(value)
}
