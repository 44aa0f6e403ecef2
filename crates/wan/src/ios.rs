//! Templates of the Cisco devices of a site: core, floor switch, branch, lines, maintenance.

mod core;
mod edge;

use std::fmt::Display;

use crate::address::{Ip, Net};

pub use core::{SOCKETS, core, floor, plugs};
pub use edge::{branch, cloud, maintenance, security};

/// A configuration as it is written.
#[derive(Clone, Debug, Default)]
pub struct Config(String);

impl Config {
    /// A configuration that starts with the usual head.
    #[must_use]
    pub fn new(version: &str, hostname: &str) -> Self {
        let mut out = Self::default();
        out.text(&format!(
            "!\nversion {version}\nservice timestamps debug datetime msec localtime show-timezone\n\
             service timestamps log datetime msec localtime show-timezone\nservice password-encryption\n!\n\
             hostname {hostname}\n!\nlogging buffered 64000\nno logging console\n!\nno aaa new-model\n\
             clock timezone JST 9 0\n!"
        ));
        out
    }

    /// Adds a line.
    pub fn line(&mut self, line: impl Display) {
        self.0.push_str(&line.to_string());
        self.0.push('\n');
    }

    /// Adds lines.
    pub fn text(&mut self, text: &str) {
        self.line(text);
    }

    /// What a router says before its interfaces.
    pub fn router(&mut self) {
        self.text(
            "no ip source-route\nno ip bootp server\nno ip domain lookup\nip domain name net.machi.example\n!\n\
             login on-success log\n!\nmultilink bundle-name authenticated\n!\nlicense boot level securityk9\n\
             spanning-tree extend system-id\n!\nredundancy\n mode none\n!\nip ssh version 2\n!",
        );
    }

    /// A routing domain.
    pub fn vrf(&mut self, name: &str, number: u32) {
        self.line(format!(
            "vrf definition {name}\n rd 64512:{number}\n !\n address-family ipv4\n exit-address-family\n!"
        ));
    }

    /// A layer-3 interface. `extra` are lines of its block.
    pub fn routed(
        &mut self,
        name: &str,
        description: &str,
        vrf: Option<&str>,
        ip: Ip,
        net: Net,
        extra: &[&str],
    ) {
        self.line(format!("interface {name}\n description {description}"));
        if let Some((_, tag)) = name.split_once('.') {
            self.line(format!(" encapsulation dot1Q {tag}"));
        }
        if let Some(vrf) = vrf {
            self.line(format!(" vrf forwarding {vrf}"));
        }
        self.line(format!(" ip address {ip} {}", net.mask()));
        for line in extra {
            self.line(format!(" {line}"));
        }
        self.text(" no ip redirects\n no ip proxy-arp\n!");
    }

    /// A static route.
    pub fn route(&mut self, vrf: Option<&str>, to: Net, via: Ip, name: &str) {
        let vrf = vrf.map_or(String::new(), |v| format!("vrf {v} "));
        self.line(format!("ip route {vrf}{} {via} name {name}", to.masked()));
    }

    /// An access list from its entries, the last of which denies the rest.
    pub fn list(&mut self, name: &str, entries: &[String]) {
        self.line(format!("ip access-list extended {name}"));
        for (index, entry) in entries.iter().enumerate() {
            self.line(format!(" {} {entry}", (index + 1) * 10));
        }
        self.line(format!(" {} deny   ip any any log", (entries.len() + 1) * 10));
    }

    /// What a device says after its lists.
    #[must_use]
    pub fn end(mut self, admin: Ip) -> String {
        self.line(format!(
            "!\nip access-list standard KANRI-HOST\n 10 permit {admin}\n!\nsnmp-server location town hall\n\
             snmp-server contact Soumu-ka Joho-kakari\n!\ncontrol-plane\n!\nbanner login ^C\n\
             \u{20}Kengen no nai access wo kinshi suru.\n^C\n!\nline con 0\n exec-timeout 10 0\n\
             \u{20}logging synchronous\n stopbits 1\nline vty 0 4\n access-class KANRI-HOST in\n\
             \u{20}exec-timeout 10 0\n login local\n transport input ssh\n!\nend"
        ));
        self.0
    }
}
