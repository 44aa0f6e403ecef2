//! Usual mistakes, put into a network at places that the seed determines.

use crate::plan::Site;
use crate::random::Random;

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Policy from any to any, left above the last rule of the firewall.
    AnyAny,
    /// One service typed with the mask of a block.
    WideObject,
    /// The filter of a maintenance line is open, and nobody has asked for it.
    OpenMaintenance,
    /// A VLAN interface of the core that lost its routing domain.
    NoVrf,
    /// A socket that became a trunk which carries two layers.
    OpenSocket,
}

impl Kind {
    /// All mistakes.
    pub const ALL: [Self; 5] =
        [Self::AnyAny, Self::WideObject, Self::OpenMaintenance, Self::NoVrf, Self::OpenSocket];

    /// A short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AnyAny => "any-any",
            Self::WideObject => "wide-object",
            Self::OpenMaintenance => "open-maintenance",
            Self::NoVrf => "no-vrf",
            Self::OpenSocket => "open-socket",
        }
    }

    /// The pair of zones that it opens, as the policy names them.
    #[must_use]
    pub const fn pair(self) -> (&'static str, &'static str) {
        match self {
            Self::AnyAny => ("inet", "mynumber"),
            Self::WideObject => ("mynumber", "ext:lgwan-net"),
            Self::OpenMaintenance => ("ext:taxvendor", "mynumber"),
            Self::NoVrf => ("mynumber", "mgmt"),
            Self::OpenSocket => ("lgwan", "mynumber"),
        }
    }

    const fn device(self) -> &'static str {
        match self {
            Self::AnyAny | Self::WideObject => "FW1",
            Self::OpenMaintenance => "MNT1",
            Self::NoVrf => "CORE1",
            Self::OpenSocket => "ACC1",
        }
    }
}

/// A mistake at its place.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What it is.
    pub kind: Kind,
    /// Index of the site.
    pub site: usize,
    /// The device that has it.
    pub device: String,
}

/// Puts `count` mistakes at as many places, never two at one site.
#[must_use]
pub fn place(sites: &[Site], count: usize, kinds: &[Kind], seed: u64) -> Vec<Fault> {
    let mut rng = Random::new(seed, 77);
    let mut order: Vec<usize> = (0..sites.len()).collect();
    rng.shuffle(&mut order);
    let start = rng.below(u32::try_from(kinds.len()).unwrap_or(1)) as usize;
    order
        .into_iter()
        .take(count)
        .zip(kinds.iter().cycle().skip(start))
        .filter_map(|(site, &kind)| {
            let device = sites.get(site)?.device(kind.device());
            Some(Fault { kind, site, device })
        })
        .collect()
}
