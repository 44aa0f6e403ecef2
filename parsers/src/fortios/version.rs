//! The release by which hidden defaults are told.

/// `7.2.8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    /// `7`.
    pub major: u16,
    /// `2`.
    pub minor: u16,
    /// `8`; 0 in headers that name none.
    pub patch: u16,
}

impl Version {
    /// A release.
    pub(crate) const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// From the text behind `#config-version=`, such as `FG100F-7.2.8-FW-build1639-240313:opmode=0`.
    pub(super) fn from_header(header: &str) -> Option<Self> {
        let model = header.split(':').next()?;
        model.split('-').skip(1).find_map(|part| {
            let mut numbers = part.split('.').map(|n| n.parse::<u16>().ok());
            let (major, minor) = (numbers.next()??, numbers.next()??);
            let patch = match numbers.next() {
                None => 0,
                Some(patch) => patch?,
            };
            numbers.next().is_none().then_some(Self::new(major, minor, patch))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn headers() {
        let of = Version::from_header;
        assert_eq!(of("FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=0"), Some(Version::new(7, 2, 8)));
        assert_eq!(of("FGT60D-5.04-FW-build1064-150910:opmode=0"), Some(Version::new(5, 4, 0)));
        assert_eq!(of("FGVMK6-v7.2.8-FW"), None);
        assert_eq!(of("FG100F"), None);
        assert_eq!(of(""), None);
        assert!(Version::new(7, 2, 10) > Version::new(7, 2, 4));
    }
}
