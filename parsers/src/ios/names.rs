//! Interface names: `Gi0/1`, `gigabitethernet 0/1` and `GigabitEthernet0/1` are one interface.

use sekisho_model::InterfaceKind;

/// Type words as `show running-config` prints them, the short forms that `show` commands use, and
/// what such an interface is.
///
/// Source: Cisco IOS Interface and Hardware Component Command Reference, `interface`.
const TYPES: &[(&str, &[&str], InterfaceKind)] = &[
    ("Ethernet", &["e", "et", "eth"], InterfaceKind::Physical),
    ("FastEthernet", &["f", "fa"], InterfaceKind::Physical),
    ("GigabitEthernet", &["g", "gi", "gig"], InterfaceKind::Physical),
    ("TwoGigabitEthernet", &["tw"], InterfaceKind::Physical),
    ("FiveGigabitEthernet", &["fi"], InterfaceKind::Physical),
    ("TenGigabitEthernet", &["te", "ten"], InterfaceKind::Physical),
    ("TwentyFiveGigE", &["twe"], InterfaceKind::Physical),
    ("FortyGigabitEthernet", &["fo"], InterfaceKind::Physical),
    ("FiftyGigE", &[], InterfaceKind::Physical),
    ("FiftyGigabitEthernet", &[], InterfaceKind::Physical),
    ("HundredGigabitEthernet", &[], InterfaceKind::Physical),
    ("TwentyFiveGigabitEthernet", &[], InterfaceKind::Physical),
    ("HundredGigE", &["hu"], InterfaceKind::Physical),
    ("TwoHundredGigE", &[], InterfaceKind::Physical),
    ("FourHundredGigE", &[], InterfaceKind::Physical),
    ("AppGigabitEthernet", &["ap"], InterfaceKind::Physical),
    ("Wlan-GigabitEthernet", &[], InterfaceKind::Physical),
    ("LongReachEthernet", &[], InterfaceKind::Physical),
    ("Serial", &["s", "se", "ser"], InterfaceKind::Physical),
    ("POS", &["po-s"], InterfaceKind::Physical),
    ("ATM", &["at"], InterfaceKind::Physical),
    ("Hssi", &[], InterfaceKind::Physical),
    ("TokenRing", &["to"], InterfaceKind::Physical),
    ("Fddi", &["fd"], InterfaceKind::Physical),
    ("Dot11Radio", &["do"], InterfaceKind::Physical),
    ("Port-channel", &["po"], InterfaceKind::Aggregate),
    ("Vlan", &["vl"], InterfaceKind::Svi),
    ("Loopback", &["l", "lo"], InterfaceKind::Loopback),
    ("Tunnel", &["tu"], InterfaceKind::Tunnel),
    ("Null", &["n", "nu"], InterfaceKind::Null),
    ("Dialer", &["di"], InterfaceKind::Other),
    ("BVI", &["bv"], InterfaceKind::Other),
    ("BDI", &["bd"], InterfaceKind::Other),
    ("Multilink", &["mu"], InterfaceKind::Other),
    ("MFR", &[], InterfaceKind::Other),
    ("Virtual-Template", &["vt"], InterfaceKind::Other),
    ("Virtual-Access", &["vi"], InterfaceKind::Other),
    ("Virtual-PPP", &[], InterfaceKind::Other),
    ("VirtualPortGroup", &[], InterfaceKind::Other),
    ("Virtual-TokenRing", &[], InterfaceKind::Other),
    ("Async", &["as"], InterfaceKind::Other),
    ("Group-Async", &[], InterfaceKind::Other),
    ("Cellular", &["ce"], InterfaceKind::Other),
    ("BRI", &["br"], InterfaceKind::Other),
    ("NVI", &[], InterfaceKind::Other),
    ("nve", &[], InterfaceKind::Other),
    ("LISP", &[], InterfaceKind::Other),
    ("Overlay", &[], InterfaceKind::Other),
    ("pseudowire", &[], InterfaceKind::Other),
    ("CTunnel", &[], InterfaceKind::Tunnel),
    ("Vmi", &[], InterfaceKind::Other),
    ("Embedded-Service-Engine", &[], InterfaceKind::Other),
    ("Service-Engine", &[], InterfaceKind::Other),
    ("Integrated-Service-Engine", &[], InterfaceKind::Other),
    ("Content-Engine", &[], InterfaceKind::Other),
    ("Analysis-Module", &[], InterfaceKind::Other),
    ("ISM", &[], InterfaceKind::Other),
    ("SM", &[], InterfaceKind::Other),
    ("ucse", &[], InterfaceKind::Other),
    ("wlan-ap", &[], InterfaceKind::Other),
    ("CEM", &[], InterfaceKind::Other),
    ("vasileft", &[], InterfaceKind::Other),
    ("vasiright", &[], InterfaceKind::Other),
];

/// Canonical full name and kind of an interface, however it is written; `None` when the type word
/// is not known or the number is not one.
pub(crate) fn canonical(text: &str) -> Option<(String, InterfaceKind)> {
    let text = text.trim();
    // The type word ends at the first digit, except that `Dot11Radio` holds digits itself.
    let skip = if text.get(..5).is_some_and(|t| t.eq_ignore_ascii_case("dot11")) { 5 } else { 0 };
    let at = skip + text.get(skip..)?.find(|c: char| c.is_ascii_digit())?;
    let (word, number) = text.split_at_checked(at)?;
    let word = word.trim_end();
    if !is_number(number) {
        return None;
    }
    let (name, kind) = type_of(word)?;
    let kind = if number.contains('.') { InterfaceKind::Subinterface } else { kind };
    Some((format!("{name}{number}"), kind))
}

/// `1*DIGIT *( ("/" / "." / ":") 1*DIGIT )`
fn is_number(text: &str) -> bool {
    text.split(['/', '.', ':']).all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// The type that `word` names: in full, by a known short form, or by a prefix that fits one only.
fn type_of(word: &str) -> Option<(&'static str, InterfaceKind)> {
    let same = |a: &str| a.eq_ignore_ascii_case(word);
    if let Some((name, _, kind)) =
        TYPES.iter().find(|(name, short, _)| same(name) || short.iter().any(|s| same(s)))
    {
        return Some((name, *kind));
    }
    if word.len() < 3 {
        return None;
    }
    let mut hits = TYPES
        .iter()
        .filter(|(name, _, _)| name.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)));
    match (hits.next(), hits.next()) {
        (Some((name, _, kind)), None) => Some((name, *kind)),
        _ => None,
    }
}

/// Name of the interface of which `name` is a sub-interface.
pub(crate) fn parent(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(parent, _)| parent)
}

/// VLAN of an SVI.
pub(crate) fn svi_vlan(name: &str) -> Option<u16> {
    name.strip_prefix("Vlan")?.parse().ok().filter(|v| (1..=4094).contains(v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_forms_agree() {
        for text in ["Gi0/1", "gi 0/1", "GigabitEthernet0/1", "gigabitEthernet 0/1", "GIG0/1", "gigab0/1"] {
            assert_eq!(canonical(text).unwrap().0, "GigabitEthernet0/1", "{text}");
        }
        assert_eq!(canonical("po1").unwrap(), ("Port-channel1".to_owned(), InterfaceKind::Aggregate));
        assert_eq!(
            canonical("Fa0/0.10").unwrap(),
            ("FastEthernet0/0.10".to_owned(), InterfaceKind::Subinterface)
        );
        assert_eq!(canonical("Se0/0/0:15").unwrap().0, "Serial0/0/0:15");
        assert_eq!(canonical("Dot11Radio0").unwrap().0, "Dot11Radio0");
        assert_eq!(canonical("Vlan10").unwrap().1, InterfaceKind::Svi);
    }

    #[test]
    fn what_is_no_name() {
        for text in ["", "Gi", "Gi0/", "Xyz0/1", "Gi0/a", "0/1", "Gi0//1", "V10"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
