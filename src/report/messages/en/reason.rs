//! What to do about what is not known.

use crate::proof::Because;
use crate::report::messages::Remedy;
use crate::routing::Why;

/// What to do about it.
pub(super) fn remedy(remedy: &Remedy<'_>) -> String {
    let text = match remedy.why {
        Because::Doubt(why) => return doubt(why, remedy),
        Because::NoHost => "add the subnet or interface of the host to a [[zones]] entry",
        Because::NotAssigned { .. } => {
            "add the interface or its subnet to a [[zones]] or [[externals]] entry"
        }
        Because::NoLocation => "check its subnets, interfaces, VLANs and VRFs against the configs",
        Because::Broken { help, .. } => return help.clone().unwrap_or_default(),
        Because::PossiblePath => "resolve what makes the path possible, or declare the connection",
        Because::NoEvidence => {
            "set internet_connected = \"no\" with internet_evidence = { doc, date }, or \"yes\""
        }
        Because::PeerMayReach => "remove the flow, or close the way from the peer to the Internet",
        Because::NotAlways | Because::Stray { .. } => {
            "resolve what is not certain about the way, or make the way certain"
        }
        Because::TooManyParts => "write it with fewer addresses and ports",
        Because::SessionMayBeOpen => {
            "narrow the sources and destinations of the line that permits the session"
        }
        Because::Alternative { name, .. } => match *name {
            "match-vip-default" => {
                "keep the first line of the backup (#config-version=), or set match-vip in the denies"
            }
            "zone-policy-before-nat" => {
                "let the policy test no field that is translated, or deny the packets in an access list"
            }
            _ => "keep the first line of the backup (#config-version=), or state the setting",
        },
        Because::NoZones => "name the zones in [[zones]]",
        Because::LostCable { .. } => {
            "correct the name, add the config of the device, or remove the entry from [[links]]"
        }
        Because::UnreadFile { .. } => "make it readable, or move it out of the snapshot if it is no device",
        Because::CutOff { .. } => "export the device again, with paging off",
        Because::UnusedTable { .. } => {
            "see the error about the file; mend it, or take it out of the snapshot"
        }
    };
    text.to_owned()
}

fn doubt(why: &Why, remedy: &Remedy<'_>) -> String {
    let text = match why {
        Why::Unread { .. } | Why::UnreadRoutes { .. } => return unread(remedy),
        Why::NoTable { .. } => {
            "put the route table of this VRF (such as the output of `show ip route`) beside the config"
        }
        Why::GarbledRow => "export the table again, with paging off",
        Why::MissingRows => "export the table again from its head on: the command and the legend",
        Why::Accepts { .. } | Why::Forwards { .. } => "switch it on or off by a line of the config",
        Why::Translation => "make it a static translation that certainly matches, or filter behind it",
        Why::SourceCheck => "do not rely on the check alone: deny the sources in an access list",
        Why::MayDrop { .. } => "do not rely on it: deny the packets in an access list",
        Why::ListLine { conditions, .. } if conditions.is_empty() => {
            "write the line in a form that sekisho reads, or put an unconditional deny before it"
        }
        Why::ListLine { .. } => "remove the condition, or put an unconditional deny before the line",
        Why::Leak { .. } => "remove the import of routes, or filter at the border",
        Why::RouteInUse => "give the exported route table, or filter the way",
        Why::Multicast => "filter multicast at the border, or switch its routing off",
        Why::TunnelInjection { .. } | Why::TunnelEnd => {
            "limit who may reach the end of the tunnel, or filter on the tunnel interface"
        }
        Why::SourceRoute { .. } => "switch source routing off (IOS: `no ip source-route`)",
        Why::UndefinedPolicyRoute { .. } => "define it, or remove the line that applies it",
        Why::PolicyRouteEntry { .. } => "make its match certain, or filter on the far side",
        Why::DoubleTag => "use a native VLAN without hosts, or tag it",
        Why::Helper { .. } => {
            "switch the helper off (FortiOS: delete it from `config system session-helper`; for SIP also \
             `default-voip-alg-mode kernel-helper-based`), or consent to it: `helpers = [...]` of the flow"
        }
        Why::Plugged => {
            "limit its VLANs, declare its cable in [[links]], or name its far side in [[zones]] or [[externals]]"
        }
        Why::OneWire { .. } | Why::SeveralOwners => "declare the real cables in [[links]]",
        Why::Anybody | Why::NextHop => "give the exported route table, or filter the way",
        Why::Relay => "remove the relay, or permit what it relays in [[flows]]",
        Why::Address => "state a fixed address in the config, or declare the cable in [[links]]",
        Why::LinkLocal { .. } => "state the link-local addresses in the config",
        Why::ProxyArp { .. } => "switch proxy ARP off (IOS: `no ip proxy-arp`), or filter the way",
        Why::ExternalForwards { .. } => {
            "set `transit = \"no\"` with internet_evidence, or filter both of its links"
        }
        Why::HostForwards { .. } => "set `forwards = \"no\"` if the host does not forward",
        Why::Other(_) => "",
    };
    text.to_owned()
}

fn unread(remedy: &Remedy<'_>) -> String {
    let mut out = "correct the line if it is mistyped, remove it if it is not needed".to_owned();
    if remedy.like_it > 1 {
        out.push_str(&format!(
            "; {} more such lines in the file: `sekisho show coverage --lines unrecognized` and \
             `--lines unsupported` list them",
            remedy.like_it - 1
        ));
    }
    out
}
