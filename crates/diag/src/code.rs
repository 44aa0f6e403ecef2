//! Stable identifiers of diagnostics and findings.

use std::fmt;

/// `layer/kebab-name`, stable for ever; documented in `docs/codes/<layer>/<name>.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

impl Code {
    /// The whole code, such as `ios/acl-bad-wildcard`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
