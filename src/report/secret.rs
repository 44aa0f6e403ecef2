//! Lines that may hold a secret are never quoted.

use sekisho_diag::Diagnostic;

/// Words after which configurations write secrets.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "key",
    "keys",
    "psk",
    "community",
    "token",
    "credential",
    "credentials",
    "certificate",
    "md5",
    "sha",
    "aes",
    "des",
    "authentication",
    "user",
    "username",
];

/// Whether a line may hold a password, key or community.
#[must_use]
pub fn may_hold(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
}

/// Whether the source of a diagnostic must not be shown.
#[must_use]
pub fn is_about_one(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.as_str().ends_with("/secret")
}
