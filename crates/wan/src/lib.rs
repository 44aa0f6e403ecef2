//! Municipal wide-area networks of any size from a seed: towns and cities of three layers, joined by the
//! prefecture's closed network, as IOS and FortiOS configurations with their policy.
//!
//! The intact network is provable. [`fault`] puts usual mistakes into it; each opens a pair that is known.

pub mod address;
pub mod fault;
mod filler;
mod fortios;
mod ios;
pub mod plan;
pub mod policy;
mod prefecture;
pub mod random;

use crate::fault::{Fault, Kind};
use crate::plan::{Site, Sites};
use crate::policy::Zoning;

/// What to generate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of devices, at least one town.
    pub devices: usize,
    /// Determines everything that differs.
    pub seed: u64,
    /// Whether sites are copies of each other.
    pub sites: Sites,
    /// How the sites are cut into zones.
    pub zoning: Zoning,
    /// Further rules in every list.
    pub rules: usize,
    /// Number of mistakes.
    pub faults: usize,
    /// The mistakes to choose from.
    pub kinds: Vec<Kind>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            devices: 100,
            seed: 1,
            sites: Sites::default(),
            zoning: Zoning::default(),
            rules: 0,
            faults: 0,
            kinds: Kind::ALL.to_vec(),
        }
    }
}

/// A configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Configurations, one per device.
    pub files: Vec<File>,
    /// `zones.toml`.
    pub policy: String,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Whether each site has zones of its own.
    pub zoning: Zoning,
    /// The sites.
    pub sites: Vec<Site>,
}

impl Network {
    /// The pair of zones that a mistake opens, as the policy of this network names them.
    #[must_use]
    pub fn pair(&self, fault: &Fault) -> (String, String) {
        let name = |zone: &str| match (self.zoning, self.sites.get(fault.site)) {
            (Zoning::PerSite, Some(site)) if !zone.starts_with("ext:") => format!("{zone}-{}", site.name),
            _ => zone.to_owned(),
        };
        let (from, to) = fault.kind.pair();
        (name(from), name(to))
    }

    /// Rules of access lists and policies in all configurations.
    #[must_use]
    pub fn rules(&self) -> usize {
        let acl = |line: &&str| {
            let line = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
            line.starts_with("permit ") || line.starts_with("deny ")
        };
        let policy = |line: &&str| line.starts_with("        set srcintf ");
        self.files.iter().map(|f| f.text.lines().filter(|l| acl(l) || policy(l)).count()).sum()
    }
}

/// Generates a network.
#[must_use]
pub fn generate(options: &Options) -> Network {
    let sites = plan::sites(options.devices, options.seed, options.sites);
    let faults = fault::place(&sites, options.faults, &options.kinds, options.seed);
    let mut files = Vec::new();
    for (index, site) in sites.iter().enumerate() {
        let fault = faults.iter().find(|f| f.site == index).map(|f| f.kind);
        devices(&mut files, site, options.rules, fault);
    }
    let aggregates = prefecture::aggregates(&sites);
    for &index in &aggregates {
        let here: Vec<&Site> = sites.iter().filter(|s| s.aggregate().0 == index).collect();
        add(&mut files, &prefecture::aggregate_name(index), "cfg", prefecture::aggregate(index, &here));
    }
    add(&mut files, "P-CORE1", "cfg", prefecture::core(&aggregates));
    add(&mut files, "P-SCFW1", "conf", fortios::security_cloud());
    let policy = policy::text(&sites, options.zoning);
    Network { files, policy, faults, zoning: options.zoning, sites }
}

fn add(files: &mut Vec<File>, name: &str, ending: &str, text: String) {
    files.push(File { name: format!("{name}.{ending}"), text });
}

fn devices(files: &mut Vec<File>, site: &Site, rules: usize, fault: Option<Kind>) {
    let name = |what: &str| site.device(what);
    add(files, &name("CORE1"), "cfg", ios::core(site, fault));
    add(files, &name("FW1"), "conf", fortios::layers(site, rules, fault));
    add(files, &name("CSFW1"), "conf", fortios::register(site));
    add(files, &name("SCR1"), "cfg", ios::security(site, rules));
    add(files, &name("GCR1"), "cfg", ios::cloud(site, rules));
    for n in 1..=site.branches {
        add(files, &name(&format!("BRR{n}")), "cfg", ios::branch(site, n, rules));
    }
    for n in 1..=site.floors {
        add(files, &name(&format!("ACC{n}")), "cfg", ios::floor(site, n, fault.filter(|_| n == 1)));
    }
    for n in 1..=site.maintenance {
        add(files, &name(&format!("MNT{n}")), "cfg", ios::maintenance(site, n, fault.filter(|_| n == 1)));
    }
    if site.city {
        add(files, &name("EDFW1"), "conf", fortios::school(site));
    }
}
