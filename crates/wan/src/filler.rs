//! More entries for a list, as years leave them: single hosts denied, single hosts permitted again.

use crate::address::{Ip, Net};
use crate::plan::Site;
use crate::random::Random;

/// Where a list stands.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The site.
    pub site: &'a Site,
    /// Network on the near side.
    pub inside: Net,
    /// Network on the far side.
    pub outside: Net,
    /// Whether the list sees packets from inside.
    pub out: bool,
    /// Which list of the site it is.
    pub list: u64,
}

/// Ports that old entries name.
const PORTS: [u32; 12] = [21, 22, 23, 80, 139, 389, 445, 1433, 1521, 3389, 5900, 8080];

impl Around<'_> {
    /// The numbers of this list.
    #[must_use]
    pub const fn random(&self) -> Random {
        Random::new(self.site.seed, 1000 + self.list * 2 + if self.out { 1 } else { 0 })
    }
}

/// A host of a network, never its first or last address.
pub fn host(rng: &mut Random, net: Net) -> Ip {
    let size = 1_u32 << (32 - net.len).min(16);
    net.at(1 + rng.below(size.saturating_sub(2).max(1)))
}

/// A port that old entries name.
pub fn port(rng: &mut Random) -> u32 {
    let index = rng.below(u32::try_from(PORTS.len()).unwrap_or(1)) as usize;
    PORTS.get(index).copied().unwrap_or(80)
}

/// Entries of an access list: `rules` leftovers, which deny what nobody needs, then its own.
#[must_use]
pub fn entries(around: &Around<'_>, rules: usize, own: Vec<String>) -> Vec<String> {
    let mut rng = around.random();
    let mut out = Vec::with_capacity(rules + own.len());
    for _ in 0..rules {
        let (near, far) = (host(&mut rng, around.inside), host(&mut rng, around.outside));
        let near = if rng.below(4) == 0 { Net { first: Ip(near.0 & !15), len: 28 } } else { Net::host(near) };
        let (near, far) = (near.wild(), Net::host(far).wild());
        let (from, to) = if around.out { (near, far) } else { (far, near) };
        let protocol = if rng.below(5) == 0 { "udp" } else { "tcp" };
        out.push(format!("deny   {protocol} {from} {to} eq {}", port(&mut rng)));
    }
    if around.site.perturbed {
        let keep = out.len() - out.len() / 4;
        out.truncate(keep.max(1).min(out.len()));
        out.push(format!("remark minaoshi R{}", 3 + rng.below(5)));
    }
    out.extend(own);
    out
}
