//! What the user calls a device or an interface.

use sekisho_model::{Device, Interface, InterfaceId};

use super::failure::Failure;
use crate::report::messages::{Lang, Text, Thing};

/// Names that are listed in a message.
const LISTED: usize = 12;

/// The failure that a name stands for nothing, with what there is.
pub(super) fn no_such<'a>(
    lang: Lang,
    what: Thing,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Failure {
    let mut names: Vec<&str> = known.collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len() > LISTED;
    names.truncate(LISTED);
    let mut text = names.join(", ");
    if more {
        text.push_str(", …");
    }
    let failure = Failure::new(lang, &Text::NoSuch { what, name });
    if text.is_empty() { failure } else { failure.help(lang, &Text::Known(&text)) }
}

/// The device of a name; without one, the only device.
pub(super) fn device<'a>(
    devices: &'a [Device],
    name: Option<&str>,
    lang: Lang,
) -> Result<(usize, &'a Device), Failure> {
    let names = || devices.iter().map(|d| d.name.as_str());
    let Some(name) = name else {
        return match devices {
            [only] => Ok((0, only)),
            _ => Err(no_such(lang, Thing::Device, "", names())),
        };
    };
    let found = devices.iter().enumerate().find(|(_, d)| d.name == name);
    found
        .or_else(|| devices.iter().enumerate().find(|(_, d)| d.name.eq_ignore_ascii_case(name)))
        .ok_or_else(|| no_such(lang, Thing::Device, name, names()))
}

/// An interface of a device.
pub(super) fn interface<'a>(
    device: &'a Device,
    name: &str,
    lang: Lang,
) -> Result<(InterfaceId, &'a Interface), Failure> {
    device.find_interface(name).ok_or_else(|| {
        no_such(lang, Thing::Interface, name, device.interfaces.iter().map(|i| i.name.as_str()))
    })
}

/// The interface of `[DEVICE:]INTERFACE`: without a device, the only one that has it.
pub(super) fn port(devices: &[Device], text: &str, lang: Lang) -> Result<(usize, InterfaceId), Failure> {
    if let Some((name, rest)) = text.split_once(':')
        && devices.iter().any(|d| d.name.eq_ignore_ascii_case(name))
    {
        let (index, device) = device(devices, Some(name), lang)?;
        return Ok((index, interface(device, rest, lang)?.0));
    }
    if let [only] = devices {
        return Ok((0, interface(only, text, lang)?.0));
    }
    let mut hits = devices.iter().enumerate().filter_map(|(i, d)| Some((i, d.find_interface(text)?.0)));
    match (hits.next(), hits.next()) {
        (Some(hit), None) => Ok(hit),
        (Some(_), Some(_)) => {
            let having = devices.iter().filter(|d| d.find_interface(text).is_some());
            let names: Vec<String> = having.map(|d| format!("{}:{text}", d.name)).take(LISTED).collect();
            let failure = Failure::new(lang, &Text::Ambiguous { what: Thing::Interface, name: text });
            Err(failure.help(lang, &Text::Known(&names.join(", "))))
        }
        _ => Err(no_such(lang, Thing::Interface, text, std::iter::empty())),
    }
}
