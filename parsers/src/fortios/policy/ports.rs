//! The interfaces between which a policy stands.

use sekisho_diag::{Diagnostic, Severity};
use sekisho_model::{Device, InterfaceId, Tri};

use crate::common::Marks;
use crate::fortios::codes_policy as codes;
use crate::fortios::index::InterfaceIndex;
use crate::fortios::objects::reading::words;
use crate::fortios::tree::Body;

/// For each interface of the device whether it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ports {
    meant: Vec<Tri>,
    /// Why that is not known, as noun phrases.
    pub conditions: Vec<String>,
}

impl Ports {
    /// Every interface, perhaps.
    pub(super) fn unknown(device: &Device, why: &str) -> Self {
        Self { meant: vec![Tri::Unknown; device.interfaces.len()], conditions: vec![why.to_owned()] }
    }

    /// Whether an interface is meant.
    pub(super) fn of(&self, at: usize) -> Tri {
        self.meant.get(at).copied().unwrap_or(Tri::Unknown)
    }

    /// What a setting says.
    ///
    /// SOUNDNESS: a name that nothing has may stand for any interface.
    pub(super) fn read(
        body: &Body<'_>,
        setting: &str,
        scope: &str,
        device: &Device,
        index: &InterfaceIndex,
        marks: &mut Marks,
    ) -> Self {
        let names = words(body, setting);
        if names.is_empty() {
            return Self::unknown(device, &format!("missing {setting}"));
        }
        let mut out = Self { meant: vec![Tri::No; device.interfaces.len()], conditions: Vec::new() };
        for word in names {
            let name: &str = &word.text;
            if name == "any" {
                out.meant.fill(Tri::Yes);
                continue;
            }
            match index.resolve(name) {
                Some(ids) => {
                    let zone = index.zones.get(name);
                    // A member of a zone cannot be named alone, so that one of the two lines is wrong.
                    let sure = zone.is_some() || ids.iter().all(|id| index.zone_of(*id).is_none());
                    if !sure {
                        out.conditions.push(format!("interface {name}, which is in a zone"));
                    }
                    for InterfaceId(id) in ids {
                        if let Some(slot) = out.meant.get_mut(id as usize) {
                            *slot = (*slot).max(if sure { Tri::Yes } else { Tri::Unknown });
                        }
                    }
                    if zone.is_some_and(|z| z.open) {
                        out.perhaps_all(format!("the members of zone {name}"));
                    }
                }
                None => {
                    let message = format!(
                        "`{name}` in `{setting}` of {scope} is no interface or zone: it may stand for any"
                    );
                    marks.push(
                        Diagnostic::new(codes::POLICY_INTERFACE, Severity::Warning, message, word.span)
                            .with_help("export the whole configuration, or correct the name"),
                    );
                    out.perhaps_all(format!("undefined interface {name}"));
                }
            }
        }
        out
    }

    fn perhaps_all(&mut self, why: String) {
        for slot in &mut self.meant {
            *slot = (*slot).max(Tri::Unknown);
        }
        self.conditions.push(why);
    }
}
