//! Writes a generated network to a directory.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::Parser;
use sekisho_wan::plan::Sites;
use sekisho_wan::policy::Zoning;
use sekisho_wan::{Network, Options, generate};

/// Generates a municipal wide-area network: `DIR/configs`, `DIR/zones.toml` and `DIR/faults.txt`.
#[derive(Debug, Parser)]
#[command(name = "sekisho-wan")]
struct Args {
    /// Number of devices.
    #[arg(long, default_value_t = 100)]
    devices: usize,
    /// Determines everything that differs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sites differ in addresses of hosts, order and number of rules, leftovers.
    #[arg(long)]
    perturbed: bool,
    /// Every site has zones of its own.
    #[arg(long)]
    zones_per_site: bool,
    /// Further rules in every list.
    #[arg(long, default_value_t = 0)]
    rules: usize,
    /// Number of mistakes.
    #[arg(long, default_value_t = 0)]
    faults: usize,
    /// Directory to write.
    #[arg(long)]
    out: PathBuf,
}

fn write(network: &Network, out: &Path) -> io::Result<()> {
    let configs = out.join("configs");
    fs::create_dir_all(&configs)?;
    for file in &network.files {
        fs::write(configs.join(&file.name), &file.text)?;
    }
    fs::write(out.join("zones.toml"), &network.policy)?;
    let mut faults = String::new();
    for fault in &network.faults {
        let (from, to) = network.pair(fault);
        // Writing to a string does not fail.
        let _ = writeln!(faults, "{} {} {from} -> {to}", fault.device, fault.kind.name());
    }
    fs::write(out.join("faults.txt"), faults)
}

fn main() -> ExitCode {
    let args = Args::parse();
    let options = Options {
        devices: args.devices,
        seed: args.seed,
        sites: if args.perturbed { Sites::Perturbed } else { Sites::Identical },
        zoning: if args.zones_per_site { Zoning::PerSite } else { Zoning::Shared },
        rules: args.rules,
        faults: args.faults,
        ..Options::default()
    };
    let network = generate(&options);
    if let Err(error) = write(&network, &args.out) {
        eprintln!("error: {}: {error}", args.out.display());
        return ExitCode::from(2);
    }
    println!("{} devices, {} sites, {} rules", network.files.len(), network.sites.len(), network.rules());
    ExitCode::SUCCESS
}
