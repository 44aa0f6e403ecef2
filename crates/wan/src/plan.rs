//! Which sites there are, and what stands at each of them.

use crate::address::{CITY_SLOTS, Ip, Layer, Net, SLOTS, SLOTS_PER_AGGREGATE, part};
use crate::random::Random;

/// Devices of a town of the template.
pub const TOWN_DEVICES: usize = 8;
/// Devices of a city of the template.
pub const CITY_DEVICES: usize = 40;
/// One site in so many is a city.
const CITY_EVERY: usize = 25;

/// Whether sites are copies of each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sites {
    /// Copies: nothing but addresses and names differ.
    #[default]
    Identical,
    /// Host addresses, the order and number of rules and leftovers differ.
    Perturbed,
}

/// A town or a city.
#[derive(Clone, Debug)]
pub struct Site {
    /// Short name, `T0007`, which begins the names of its devices.
    pub name: String,
    /// First slot of its addresses.
    pub slot: u32,
    /// A city has more slots, and a school network.
    pub city: bool,
    /// Branch offices.
    pub branches: u32,
    /// Floor switches.
    pub floors: u32,
    /// Maintenance lines of vendors.
    pub maintenance: u32,
    /// Moves the addresses of servers; 0 in copies.
    pub shift: u32,
    /// Seed of what differs.
    pub seed: u64,
    /// Whether leftovers and order differ from the template.
    pub perturbed: bool,
}

/// Named hosts of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// Resident register system.
    Register,
    /// Tax system.
    Tax,
    /// Integrated number server.
    Number,
    /// Applications of the Myna portal.
    Applications,
    /// Certificates in convenience stores.
    Certificates,
    /// Updates for the My Number segment.
    MynumberUpdates,
    /// Terminal of the intermediate server.
    Terminal,
    /// Names of the LGWAN segment.
    Names,
    /// Mail of the LGWAN segment.
    Mail,
    /// Clock of the LGWAN segment.
    Clock,
    /// Sanitising server, LGWAN leg.
    CleanLgwan,
    /// Relay of updates.
    LgwanUpdates,
    /// Gateway of the virtual desktops.
    Desktops,
    /// Mail relay of the Internet segment.
    MailRelay,
    /// Sanitising server, Internet leg.
    CleanInet,
    /// Updates from the Internet.
    InetUpdates,
    /// Register gateway.
    Gateway,
    /// Administrator's PC.
    Admin,
}

impl Site {
    /// Number of its devices.
    #[must_use]
    pub const fn devices(&self) -> usize {
        (5 + self.branches + self.floors + self.maintenance + if self.city { 1 } else { 0 }) as usize
    }

    /// Aggregation router, and its port number for the site.
    #[must_use]
    pub const fn aggregate(&self) -> (u32, u32) {
        (self.slot / SLOTS_PER_AGGREGATE, self.slot % SLOTS_PER_AGGREGATE)
    }

    /// Name of a device.
    #[must_use]
    pub fn device(&self, what: &str) -> String {
        format!("{}-{what}", self.name)
    }

    /// PCs of a layer at the head office.
    #[must_use]
    pub const fn clients(&self, layer: Layer) -> Net {
        layer.net(self.slot, 0)
    }

    /// Servers of a layer.
    #[must_use]
    pub const fn servers(&self, layer: Layer) -> Net {
        layer.net(self.slot, 1)
    }

    /// Terminals of the intermediate server and of the register.
    #[must_use]
    pub const fn terminals(&self) -> Net {
        part(Layer::Mynumber.net(self.slot, 2), 0, 28)
    }

    /// PCs of a layer at a branch.
    #[must_use]
    pub const fn branch(&self, layer: Layer, branch: u32) -> Net {
        layer.net(self.slot, 3 + branch)
    }

    /// All client networks of a layer.
    #[must_use]
    pub fn all_clients(&self, layer: Layer) -> Vec<Net> {
        let mut out = vec![self.clients(layer)];
        if layer != Layer::Inet {
            out.extend((0..self.branches).map(|b| self.branch(layer, b)));
        }
        out
    }

    /// The administrator's PC.
    #[must_use]
    pub const fn admin(&self) -> Net {
        part(Layer::Other.net(self.slot, 0), 0, 25)
    }

    /// Management addresses.
    #[must_use]
    pub const fn management(&self) -> Net {
        part(Layer::Other.net(self.slot, 0), 128, 25)
    }

    /// The transit number `n`: core and firewall, or firewall and a line.
    #[must_use]
    pub const fn transit(&self, n: u32) -> Net {
        part(Layer::Other.net(self.slot, 1), n * 4, 30)
    }

    /// Loopback of a router that stands outside the management network.
    #[must_use]
    pub const fn loopback(&self, n: u32) -> Ip {
        Layer::Other.net(self.slot, 1).at(240 + n)
    }

    /// Behind the register firewall.
    #[must_use]
    pub const fn gateway(&self) -> Net {
        part(Layer::Other.net(self.slot, 2), 0, 29)
    }

    /// The line number `n` of a vendor.
    #[must_use]
    pub const fn vendor(&self, n: u32) -> Net {
        part(Layer::Other.net(self.slot, 3), n * 16, 28)
    }

    /// The schools of a city.
    #[must_use]
    pub const fn school(&self) -> Net {
        Layer::Other.net(self.slot, 4)
    }

    /// Address of a named host.
    #[must_use]
    pub const fn host(&self, host: Host) -> Ip {
        let mynumber = self.servers(Layer::Mynumber);
        let lgwan = self.servers(Layer::Lgwan);
        let inet = self.servers(Layer::Inet);
        let s = self.shift;
        match host {
            Host::Register => mynumber.at(10 + s),
            Host::Tax => mynumber.at(11 + s),
            Host::Number => mynumber.at(20 + s),
            Host::Applications => mynumber.at(21 + s),
            Host::Certificates => mynumber.at(22 + s),
            Host::MynumberUpdates => mynumber.at(30 + s),
            Host::Terminal => self.terminals().at(5),
            Host::Names => lgwan.at(10 + s),
            Host::Mail => lgwan.at(12 + s),
            Host::Clock => lgwan.at(13 + s),
            Host::CleanLgwan => lgwan.at(20 + s),
            Host::LgwanUpdates => lgwan.at(30 + s),
            Host::Desktops => inet.at(10 + s),
            Host::MailRelay => inet.at(12 + s),
            Host::CleanInet => inet.at(20 + s),
            Host::InetUpdates => inet.at(30 + s),
            Host::Gateway => self.gateway().at(2),
            Host::Admin => self.admin().at(10),
        }
    }

    /// The register terminals, first and last.
    #[must_use]
    pub const fn register_terminals(&self) -> [Ip; 3] {
        let net = self.terminals();
        [net.at(6), net.at(7), net.at(8)]
    }
}

/// Plans sites for about `devices` devices: as many as fit, the rest as floor switches of the last.
#[must_use]
pub fn sites(devices: usize, seed: u64, kind: Sites) -> Vec<Site> {
    let mut out: Vec<Site> = Vec::new();
    let (mut slot, mut left) = (0, devices.saturating_sub(2));
    let mut open = 0;
    loop {
        let city = out.len() % CITY_EVERY == CITY_EVERY - 1;
        let width = if city { CITY_SLOTS } else { 1 };
        slot += (width - slot % width) % width;
        let aggregate = usize::from(slot >= open);
        let need = aggregate + if city { CITY_DEVICES } else { TOWN_DEVICES };
        if slot + width > SLOTS || (left < need && !out.is_empty()) {
            break;
        }
        if aggregate == 1 {
            open = (slot / SLOTS_PER_AGGREGATE + 1) * SLOTS_PER_AGGREGATE;
        }
        left = left.saturating_sub(need);
        out.push(site(out.len(), slot, city, seed, kind));
        slot += width;
    }
    if let Some(last) = out.last_mut() {
        last.floors += u32::try_from(left.min(24)).unwrap_or(0);
    }
    out
}

fn site(index: usize, slot: u32, city: bool, seed: u64, kind: Sites) -> Site {
    let perturbed = kind == Sites::Perturbed;
    let seed = Random::new(seed, if perturbed { index as u64 + 1 } else { 0 }).next();
    let letter = if city { 'C' } else { 'T' };
    Site {
        name: format!("{letter}{:04}", index + 1),
        slot,
        city,
        branches: if city { 12 } else { 1 },
        floors: if city { 20 } else { 1 },
        maintenance: if city { 2 } else { 1 },
        shift: if perturbed { Random::new(seed, 1).below(100) * 2 } else { 0 },
        seed,
        perturbed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_devices_is_met() {
        for devices in [50, 100, 1000, 10_000] {
            let plan = sites(devices, 7, Sites::Identical);
            let aggregates: std::collections::BTreeSet<u32> = plan.iter().map(|s| s.aggregate().0).collect();
            let total = 2 + aggregates.len() + plan.iter().map(Site::devices).sum::<usize>();
            assert!(total.abs_diff(devices) <= devices / 20, "{devices}: {total}");
        }
    }

    #[test]
    fn cities_start_at_their_own_slots() {
        let plan = sites(1000, 7, Sites::Perturbed);
        let city = plan.iter().find(|s| s.city).unwrap();
        assert_eq!(city.slot % CITY_SLOTS, 0);
        assert!(plan.iter().all(|s| s.host(Host::LgwanUpdates) < s.servers(Layer::Lgwan).at(250)));
    }
}
