//! Whether a text is what a device printed, and not what somebody wrote by hand.

/// Starts of lines that only a device prints at the head of its own configuration, in every system that
/// also prints where the configuration ends.
const HEADS: &[&str] = &["version ", "Current configuration", "Building configuration"];

/// Whether the text shows that a device has exported it: then its end belongs to it, and a text without
/// one was cut off.
#[must_use]
pub fn is_export(text: &str) -> bool {
    text.lines().any(|line| HEADS.iter().any(|head| line.starts_with(head)))
}

#[cfg(test)]
mod tests {
    use super::is_export;

    #[test]
    fn heads_of_exports() {
        assert!(is_export("!\nversion 15.2\nhostname r1\n"));
        assert!(is_export("Building configuration...\r\n\r\nCurrent configuration : 812 bytes\r\n"));
        assert!(!is_export("hostname r1\ninterface Gi0/0\n description version 3\n"));
    }
}
