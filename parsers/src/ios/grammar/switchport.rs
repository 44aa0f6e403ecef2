//! `switchport` lines.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, map_opt, opt, value};

use super::word::{Res, kw, kws, vlan_id, word};
use crate::ios::ast::interface::{AllowedVlans, SwitchMode};

/// One `switchport` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SwitchLine {
    /// `switchport` or `no switchport`.
    Plain(bool),
    /// `switchport mode M`; `None` for the `no` form.
    Mode(Option<SwitchMode>),
    /// `switchport access vlan N`; `None` for the `no` form.
    Access(Option<u16>),
    /// `switchport voice vlan N`; `None` for the `no` form.
    Voice(Option<u16>),
    /// `switchport trunk native vlan N`; `None` for the `no` form.
    Native(Option<u16>),
    /// `switchport trunk allowed vlan ...`; `None` for the `no` form.
    Allowed(Option<AllowedVlans>),
    /// A line that moves frames in a way that is not modelled.
    Strange(&'static str),
}

/// `vlan-list = vlan-range *("," vlan-range)`, `vlan-range = vlan ["-" vlan]`
pub(crate) fn vlan_list(input: &str) -> Res<'_, Vec<(u16, u16)>> {
    map_opt(word, |text: &str| {
        let id = |t: &str| {
            let digits = !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
            t.parse::<u16>().ok().filter(|v| digits && (1..=4094).contains(v))
        };
        text.split(',')
            .map(|part| {
                let (lo, hi) = part.split_once('-').unwrap_or((part, part));
                Some((id(lo)?, id(hi)?)).filter(|(lo, hi)| lo <= hi)
            })
            .collect()
    })
    .parse(input)
}

/// `allowed = ["add" / "remove" / "except"] vlan-list / "all" / "none"`
fn allowed(input: &str) -> Res<'_, AllowedVlans> {
    alt((
        value(AllowedVlans::Set(vec![(1, 4094)]), kw("all")),
        value(AllowedVlans::Set(Vec::new()), kw("none")),
        map((kw("add"), vlan_list), |(_, l)| AllowedVlans::Add(l)),
        map((kw("remove"), vlan_list), |(_, l)| AllowedVlans::Remove(l)),
        map((kw("except"), vlan_list), |(_, l)| AllowedVlans::Except(l)),
        map(vlan_list, AllowedVlans::Set),
    ))
    .parse(input)
}

/// `mode = "access" / "trunk" / "dynamic" ("auto" / "desirable")`
fn mode(input: &str) -> Res<'_, SwitchLine> {
    alt((
        value(SwitchLine::Mode(Some(SwitchMode::Access)), kw("access")),
        value(SwitchLine::Mode(Some(SwitchMode::Trunk)), kw("trunk")),
        value(
            SwitchLine::Mode(Some(SwitchMode::Dynamic)),
            (kw("dynamic"), opt(alt((kw("auto"), kw("desirable"))))),
        ),
        value(SwitchLine::Strange("private VLAN"), (kw("private-vlan"), word, opt(word))),
        value(SwitchLine::Strange("802.1Q tunnel port"), kw("dot1q-tunnel")),
    ))
    .parse(input)
}

/// `switchport = "switchport" [ "mode" mode / "access vlan" vlan / "voice vlan" vlan /
/// "trunk native vlan" vlan / "trunk allowed vlan" allowed / ... ]`
///
/// A voice VLAN of `dot1p` or `untagged` uses the access VLAN, `none` is off. A named access VLAN
/// cannot be resolved here and is left to the caller as not understood.
pub(crate) fn positive(input: &str) -> Res<'_, SwitchLine> {
    let (rest, _) = kw("switchport").parse(input)?;
    if rest.is_empty() {
        return Ok((rest, SwitchLine::Plain(true)));
    }
    alt((
        map((kw("mode"), mode), |(_, m)| m),
        map((kws("access vlan"), vlan_id), |(_, v)| SwitchLine::Access(Some(v))),
        map((kws("voice vlan"), vlan_id), |(_, v)| SwitchLine::Voice(Some(v))),
        value(SwitchLine::Voice(None), (kws("voice vlan"), alt((kw("dot1p"), kw("untagged"), kw("none"))))),
        map((kws("trunk native vlan"), vlan_id), |(_, v)| SwitchLine::Native(Some(v))),
        map((kws("trunk allowed vlan"), allowed), |(_, a)| SwitchLine::Allowed(Some(a))),
        value(SwitchLine::Strange("VLAN mapping"), (kws("vlan mapping"), nom::combinator::rest)),
        value(SwitchLine::Strange("VLAN mapping"), (kws("trunk vlan mapping"), nom::combinator::rest)),
        value(SwitchLine::Strange("private VLAN"), (kw("private-vlan"), nom::combinator::rest)),
        value(SwitchLine::Strange("private VLAN"), (kws("trunk private-vlan"), nom::combinator::rest)),
        value(SwitchLine::Strange("private VLAN"), (kws("trunk native vlan tag"), nom::combinator::rest)),
        value(SwitchLine::Strange("dynamic access VLAN"), kws("access vlan dynamic")),
        value(SwitchLine::Strange("backup port"), (kws("backup interface"), nom::combinator::rest)),
    ))
    .parse(rest)
}

/// `"no switchport" [ "mode" / "access vlan" / "voice vlan" / "trunk native vlan" /
/// "trunk allowed vlan" ] [ value ]`; the input stands after `no`.
pub(crate) fn negative(input: &str) -> Res<'_, SwitchLine> {
    let (rest, _) = kw("switchport").parse(input)?;
    if rest.is_empty() {
        return Ok((rest, SwitchLine::Plain(false)));
    }
    alt((
        value(SwitchLine::Mode(None), (kw("mode"), opt(word), opt(word))),
        value(SwitchLine::Access(None), (kws("access vlan"), opt(vlan_id))),
        value(SwitchLine::Voice(None), (kws("voice vlan"), opt(word))),
        value(SwitchLine::Native(None), (kws("trunk native vlan"), opt(vlan_id))),
        value(SwitchLine::Allowed(None), (kws("trunk allowed vlan"), opt(word))),
    ))
    .parse(rest)
}
