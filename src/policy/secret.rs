//! Recognises what looks like a secret, so that it is refused and never quoted.
//!
//! Entry functions: [`secret_key`] for key names, [`secret_value`] for texts. Both may be wrong in either
//! direction; a refused harmless text costs a rewording.

/// Key names that announce a secret.
const KEYS: [&str; 12] = [
    "password",
    "passwd",
    "pass",
    "passphrase",
    "secret",
    "psk",
    "presharedkey",
    "privatekey",
    "community",
    "token",
    "apikey",
    "credentials",
];

/// Words that announce a secret when `=` or `:` and a value follow.
const WORDS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "psk",
    "pre-shared-key",
    "community",
    "パスワード",
    "事前共有鍵",
];

/// Beginnings of stored password hashes and encrypted values on devices.
const PREFIXES: [&str; 9] = ["$1$", "$5$", "$6$", "$8$", "$9$", "$2a$", "$2b$", "$2y$", "ENC "];

/// Whether the name of a key announces a secret.
pub(super) fn secret_key(key: &str) -> bool {
    let plain: String = key.chars().filter(|c| !matches!(c, '_' | '-' | '.')).collect();
    KEYS.contains(&plain.to_lowercase().as_str())
}

/// Whether a text looks like a password, a password hash or a private key.
pub(super) fn secret_value(text: &str) -> bool {
    if text.contains("-----BEGIN ") || PREFIXES.iter().any(|p| text.starts_with(p)) {
        return true;
    }
    let lower = text.to_lowercase();
    WORDS.iter().any(|word| {
        lower.match_indices(word).any(|(at, _)| {
            let rest = lower.get(at + word.len()..).unwrap_or("").trim_start();
            let value = rest.strip_prefix(['=', ':', '=', ':']).unwrap_or("").trim_start();
            !value.is_empty()
        })
    })
}
