//! Templates of the FortiGates: between the layers, before the register gateway, at schools and at the
//! security cloud.

mod layers;
mod small;

use crate::address::{Ip, Net};

pub use layers::layers;
pub use small::{register, school, security_cloud};

/// A policy.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub id: u32,
    pub from: String,
    pub to: String,
    pub src: String,
    pub dst: String,
    pub service: String,
    pub accept: bool,
    pub enabled: bool,
    pub comment: String,
}

/// Names in quotes.
pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(" ")
}

impl Rule {
    pub(crate) fn accept(
        id: u32,
        pair: (&str, &str),
        src: &[&str],
        dst: &[&str],
        service: &[&str],
        comment: &str,
    ) -> Self {
        Self {
            id,
            from: quoted(&[pair.0]),
            to: quoted(&[pair.1]),
            src: quoted(src),
            dst: quoted(dst),
            service: quoted(service),
            accept: true,
            enabled: true,
            comment: comment.to_owned(),
        }
    }

    pub(crate) fn text(&self) -> String {
        let (id, from, to, src, dst, service) =
            (self.id, &self.from, &self.to, &self.src, &self.dst, &self.service);
        let status = if self.enabled { "" } else { "        set status disable\n" };
        let action = if self.accept { "        set action accept\n" } else { "" };
        format!(
            "    edit {id}\n{status}        set name \"P{id}\"\n        set srcintf {from}\n        set dstintf {to}\n\
             {action}        set srcaddr {src}\n        set dstaddr {dst}\n        set schedule \"always\"\n\
             \u{20}       set service {service}\n        set logtraffic all\n        set comments \"{}\"\n    next\n",
            self.comment
        )
    }

    /// The rule that denies the rest.
    pub(crate) fn last() -> String {
        let rule = Self {
            accept: false,
            ..Self::accept(99_999, ("any", "any"), &["all"], &["all"], &["ALL"], "全拒否")
        };
        rule.text()
    }
}

/// An address object of a network.
pub(crate) fn object(name: &str, net: Net) -> String {
    format!("    edit \"{name}\"\n        set subnet {}\n    next\n", net.masked())
}

/// An address object of a range.
pub(crate) fn range(name: &str, first: Ip, last: Ip) -> String {
    format!(
        "    edit \"{name}\"\n        set type iprange\n        set start-ip {first}\n        set end-ip {last}\n    next\n"
    )
}

/// A group of address objects.
pub(crate) fn group(name: &str, members: &[&str]) -> String {
    format!("    edit \"{name}\"\n        set member {}\n    next\n", quoted(members))
}

/// A port: with an address, or down.
pub(crate) fn port(name: &str, address: Option<(Ip, Net)>, access: &str) -> String {
    let Some((ip, net)) = address else {
        return format!(
            "    edit \"{name}\"\n        set vdom \"root\"\n        set status down\n        set type physical\n    next\n"
        );
    };
    format!(
        "    edit \"{name}\"\n        set vdom \"root\"\n        set ip {ip} {}\n        set allowaccess {access}\n\
         \u{20}       set type physical\n    next\n",
        net.mask()
    )
}

/// A static route.
pub(crate) fn route(id: usize, to: Net, via: Ip, device: &str) -> String {
    let dst = if to.len == 0 { String::new() } else { format!("        set dst {}\n", to.masked()) };
    format!("    edit {id}\n{dst}        set gateway {via}\n        set device \"{device}\"\n    next\n")
}

/// A section.
pub(crate) fn section(name: &str, body: &str) -> String {
    format!("config {name}\n{body}end\n")
}

/// What stands before the interfaces.
pub(crate) fn head(model: &str, hostname: &str) -> String {
    format!(
        "#config-version={model}-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=machi\n\
         #conf_file_ver=8843029917402311\n#buildno=1639\n#global_vdom=1\nconfig system global\n\
         \u{20}   set admintimeout 10\n    set hostname \"{hostname}\"\n    set language japanese\n    set timezone 60\nend\n"
    )
}

/// Sections between the interfaces and the objects.
pub(crate) const SETTINGS: &str = r#"config system ha
    set override disable
end
config system session-helper
    edit 14
        set name dns-udp
        set protocol 17
        set port 53
    next
end
config system ntp
    set ntpsync enable
    set type custom
    set syncinterval 60
    config ntpserver
        edit 1
            set server "10.40.0.140"
        next
    end
end
config system settings
    set default-voip-alg-mode kernel-helper-based
    set gui-ips enable
end
"#;

/// Services and schedules.
pub(crate) const SERVICES: &str = r#"config firewall service category
    edit "General"
        set comment "General services."
    next
    edit "Web Access"
        set comment "Web access."
    next
end
config firewall service custom
    edit "DNS"
        set tcp-portrange 53
        set udp-portrange 53
    next
    edit "HTTP"
        set category "Web Access"
        set tcp-portrange 80
    next
    edit "HTTPS"
        set category "Web Access"
        set tcp-portrange 443
    next
    edit "SMTP"
        set tcp-portrange 25
    next
    edit "RDP"
        set tcp-portrange 3389
    next
    edit "SMB"
        set tcp-portrange 445
    next
    edit "SSH"
        set tcp-portrange 22
    next
    edit "ALL"
        set category "General"
        set protocol IP
    next
    edit "TCP_8080"
        set tcp-portrange 8080
    next
    edit "WSUS"
        set tcp-portrange 8530-8531
    next
    edit "DNS_UDP"
        set udp-portrange 53
    next
    edit "NTP_UDP"
        set udp-portrange 123
    next
    edit "住基連携"
        set tcp-portrange 1521
    next
end
config firewall service group
    edit "更新配信"
        set member "WSUS" "HTTPS"
    next
    edit "機器管理"
        set member "SSH" "HTTPS"
    next
end
config firewall schedule recurring
    edit "always"
        set day sunday monday tuesday wednesday thursday friday saturday
    next
end
"#;

/// Objects that every firewall has.
pub(crate) const OBJECTS: &str = r#"    edit "none"
        set subnet 0.0.0.0 255.255.255.255
    next
    edit "all"
    next
"#;
