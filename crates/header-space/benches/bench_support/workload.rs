//! The five workloads whose instruction counts are promised.

use sekisho_header_space::{Manager, Shadow};
use sekisho_net::Family;

use super::{Rule, campus, fold_lines, permitted, stanford, synthetic};

/// A workload with its inputs, ready to run.
pub enum Workload {
    /// Fold each of many lists.
    Lists(Family, Vec<Vec<Rule>>),
    /// Find the shadowed lines of one list.
    Shadow(Family, Vec<Rule>),
    /// Build a campus and flood it from the first sources.
    Flood(Box<campus::Inputs>, usize),
}

/// Names, in the order of the table of targets.
pub const NAMES: [&str; 5] = ["acls", "syn", "shadow", "synv6", "prop"];

impl Workload {
    /// The workload of a name; `None` if it is unknown or its files are missing.
    pub fn load(name: &str) -> Option<Self> {
        let one = |family| vec![synthetic::rules(1000, family, 42)];
        Some(match name {
            "acls" => {
                stanford::directory()?;
                Self::Lists(Family::V4, stanford::access_lists())
            }
            "syn" => Self::Lists(Family::V4, one(Family::V4)),
            "shadow" => Self::Shadow(Family::V4, synthetic::rules(1000, Family::V4, 42)),
            "synv6" => Self::Lists(Family::V6, one(Family::V6)),
            "prop" => {
                stanford::directory()?;
                Self::Flood(Box::new(campus::Inputs::load()), 1)
            }
            _ => return None,
        })
    }

    /// Runs it from an empty manager and says what came out.
    pub fn run(&self) -> String {
        match self {
            Self::Lists(family, lists) => {
                let mut sets = Manager::new(*family);
                let permitted: Vec<_> = lists.iter().map(|list| permitted(&mut sets, list)).collect();
                let empty = permitted.iter().filter(|set| set.is_empty()).count();
                format!("lists={} empty={empty} nodes={}", permitted.len(), sets.node_count())
            }
            Self::Shadow(family, rules) => {
                let mut sets = Manager::new(*family);
                let lines = fold_lines(&mut sets, rules);
                let found = sets.find_shadowed(&lines).unwrap();
                let hidden = found.iter().filter(|shadow| **shadow == Shadow::Shadowed).count();
                format!("shadowed={hidden} nodes={}", sets.node_count())
            }
            Self::Flood(inputs, sources) => {
                let mut sets = Manager::new(Family::V4);
                let campus = campus::build(&mut sets, inputs);
                let mut total = campus::Flood::default();
                for source in 0..*sources {
                    let figures = campus::flood(&mut sets, &campus, source);
                    total.steps += figures.steps;
                    total.rewrites += figures.rewrites;
                    total.reached += figures.reached;
                }
                let campus::Flood { steps, rewrites, reached } = total;
                format!("steps={steps} rewrites={rewrites} reached={reached} nodes={}", sets.node_count())
            }
        }
    }
}
