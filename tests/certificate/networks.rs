//! Small networks, each with a policy under which some pairs are proven.

use std::collections::BTreeMap;

use sekisho::policy::Date;

use crate::sample::{AS_OF, Case};

/// Two routers with access lists, replies by their flags.
const R1: &str = "\
version 17.9
hostname r1
no ip source-route
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.9.0.1 255.255.255.252
ip route 10.2.0.0 255.255.255.0 10.9.0.2
end
";
const R2: &str = "\
version 17.9
hostname r2
no ip source-route
interface GigabitEthernet0/0
 ip address 10.2.0.1 255.255.255.0
 ip access-group TO-SERVERS out
 ip access-group FROM-SERVERS in
interface GigabitEthernet0/1
 ip address 10.9.0.2 255.255.255.252
ip route 10.1.0.0 255.255.255.0 10.9.0.1
ip access-list extended TO-SERVERS
 permit tcp 10.1.0.0 0.0.0.255 host 10.2.0.10 eq 443
ip access-list extended FROM-SERVERS
 permit tcp host 10.2.0.10 eq 443 10.1.0.0 0.0.0.255 established
 deny ip any any
end
";
const TWO_ROUTERS: &str = "\
schema_version = 1
[[zones]]
id = \"office\"
kind = \"other\"
subnets = [\"10.1.0.0/24\"]
[[zones]]
id = \"servers\"
kind = \"other\"
subnets = [\"10.2.0.0/24\"]
[[flows]]
id = \"web\"
match = { from = \"office\", to = \"servers\", src = [\"10.1.0.0/24\"], dst = [\"10.2.0.10/32\"], proto = \"tcp\", ports = [\"443\"] }
expires = 2027-03-31
[[links]]
a = \"r1:GigabitEthernet0/1\"
b = \"r2:GigabitEthernet0/1\"
";

/// A border router with translations, an external line, a zone that is reached by a public address.
const EDGE: &str = "\
version 15.7
hostname edge
no ip source-route
interface GigabitEthernet0/0
 ip address 192.168.1.1 255.255.255.0
 ip nat inside
 ip access-group LAN in
interface GigabitEthernet0/1
 ip address 192.168.2.1 255.255.255.0
 ip nat inside
 ip access-group DMZ in
interface GigabitEthernet0/2
 ip address 203.0.113.2 255.255.255.248
 ip nat outside
 ip access-group LINE in
ip nat inside source static tcp 192.168.2.10 443 203.0.113.3 443
ip nat inside source list PAT interface GigabitEthernet0/2 overload
ip route 0.0.0.0 0.0.0.0 203.0.113.1
ip access-list standard PAT
 permit 192.168.1.0 0.0.0.255
ip access-list extended LAN
 deny ip any 192.168.2.0 0.0.0.255
 permit tcp 192.168.1.0 0.0.0.255 any eq 443
ip access-list extended DMZ
 permit tcp host 192.168.2.10 eq 443 any established
ip access-list extended LINE
 permit tcp any host 203.0.113.3 eq 443
 permit tcp any eq 443 host 203.0.113.2 established
end
";
const BORDER: &str = "\
schema_version = 1
[[zones]]
id = \"lan\"
kind = \"internet-seg\"
interfaces = [\"edge:GigabitEthernet0/0\"]
[[zones]]
id = \"dmz\"
kind = \"public-dmz\"
interfaces = [\"edge:GigabitEthernet0/1\"]
[[externals]]
id = \"line\"
kind = \"isp\"
attached_to = \"lan\"
internet_connected = \"yes\"
interfaces = [\"edge:GigabitEthernet0/2\"]
approval = { number = \"1\", applicant = \"a\", approver = \"b\", date = 2026-04-01, expires = 2027-06-30 }
[[flows]]
id = \"out\"
match = { from = \"lan\", to = \"ext:line\", src = [\"192.168.1.0/24\"], proto = \"tcp\", ports = [\"443\"] }
[[flows]]
id = \"shop\"
match = { from = \"ext:line\", to = \"dmz\", dst = [\"192.168.2.10/32\"], proto = \"tcp\", ports = [\"443\"] }
";

/// A switch with VLANs in two VRFs, both families, a trunk, a policy route; one zone is sensitive.
const CORE: &str = "\
version 17.9
hostname core
ip routing
ipv6 unicast-routing
vrf definition RED
 address-family ipv4
 exit-address-family
 address-family ipv6
 exit-address-family
vlan 10,20,30
interface GigabitEthernet1/0/1
 switchport access vlan 10
 switchport mode access
interface GigabitEthernet1/0/2
 switchport access vlan 20
 switchport mode access
interface GigabitEthernet1/0/3
 switchport access vlan 30
 switchport mode access
interface Vlan10
 vrf forwarding RED
 ip address 10.10.0.1 255.255.255.0
 ipv6 address 2001:DB8:10::1/64
interface Vlan20
 ip address 10.20.0.1 255.255.255.0
 ipv6 address 2001:DB8:20::1/64
 ip access-group TWENTY in
 ipv6 traffic-filter SIX in
interface Vlan30
 ip address 10.30.0.1 255.255.255.0
 ipv6 address 2001:DB8:30::1/64
 ip access-group THIRTY in
 ip policy route-map SIDE
 ipv6 traffic-filter SIX30 in
route-map SIDE permit 10
 match ip address WEB
 set ip next-hop 10.20.0.9
ip access-list extended WEB
 permit tcp any any eq 80
ip access-list extended TWENTY
 permit udp host 10.20.0.53 eq domain 10.30.0.0 0.0.0.255
 permit icmp 10.20.0.0 0.0.0.255 10.30.0.0 0.0.0.255 echo-reply
 deny ip any any
ip access-list extended THIRTY
 permit udp 10.30.0.0 0.0.0.255 host 10.20.0.53 eq domain
 permit tcp 10.30.0.0 0.0.0.255 host 10.20.0.9 eq 80
ipv6 access-list SIX
 deny ipv6 any any
ipv6 access-list SIX30
 permit tcp 2001:DB8:30::/64 host 2001:DB8:20::9 eq www
end
";
const VLANS: &str = "\
schema_version = 1
[[zones]]
id = \"red\"
kind = \"mynumber\"
vrfs = [\"core:RED\"]
[[zones]]
id = \"twenty\"
kind = \"lgwan-seg\"
vlans = [20]
[[zones]]
id = \"thirty\"
kind = \"internet-seg\"
vlans = [\"core:30\"]
[[flows]]
id = \"dns\"
match = { from = \"thirty\", to = \"twenty\", src = [\"10.30.0.0/24\"], dst = [\"10.20.0.53/32\"], proto = \"udp\", ports = [\"53\"] }
[[flows]]
id = \"web\"
match = { from = \"thirty\", to = \"twenty\", src = [\"10.30.0.0/24\"], dst = [\"10.20.0.9/32\"], proto = \"tcp\", ports = [\"80\"] }
[[flows]]
id = \"web6\"
match = { from = \"thirty\", to = \"twenty\", src = [\"2001:db8:30::/64\"], dst = [\"2001:db8:20::9/128\"], proto = \"tcp\", ports = [\"80\"] }
";

/// One of two routers holds a line that nobody understands.
const ODD: &str = "\
version 15.7
hostname odd
no ip source-route
interface GigabitEthernet0/0
 ip address 10.5.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.6.0.1 255.255.255.0
 frobnicate everything
end
";
const SHUT: &str = "\
version 15.7
hostname shut
no ip source-route
no ipv6 source-route
interface GigabitEthernet0/0
 ip address 10.7.0.1 255.255.255.0
 ip access-group NONE in
interface GigabitEthernet0/1
 ip address 10.8.0.1 255.255.255.0
 ip access-group NONE in
interface GigabitEthernet0/2
 ip address 10.6.0.2 255.255.255.0
 ip access-group NONE out
ip access-list extended NONE
 deny ip any any
end
";
const UNREAD: &str = "\
schema_version = 1
[[zones]]
id = \"five\"
kind = \"other\"
subnets = [\"10.5.0.0/24\"]
[[zones]]
id = \"six\"
kind = \"other\"
subnets = [\"10.6.0.0/24\"]
[[zones]]
id = \"seven\"
kind = \"other\"
subnets = [\"10.7.0.0/24\"]
[[zones]]
id = \"eight\"
kind = \"other\"
subnets = [\"10.8.0.0/24\"]
[[links]]
a = \"odd:GigabitEthernet0/1\"
b = \"shut:GigabitEthernet0/2\"
";

/// A router that inspects file transfers, so that more than the control session may pass between its ends.
const FTP: &str = "\
version 15.7
hostname fw
no ip source-route
no ipv6 source-route
ip inspect name FW ftp
ip inspect name FW tcp
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
 ip access-group OUT in
 ip inspect FW in
interface GigabitEthernet0/1
 ip address 10.2.0.1 255.255.255.0
 ip access-group BACK in
interface GigabitEthernet0/2
 ip address 10.3.0.1 255.255.255.0
 ip access-group BACK in
ip access-list extended OUT
 permit tcp host 10.1.0.10 host 10.2.0.20 eq 21
ip access-list extended BACK
 deny ip any any
end
";
const FTP_ZONES: &str = "\
schema_version = 1
[[zones]]
id = \"clients\"
kind = \"other\"
subnets = [\"10.1.0.0/24\"]
[[zones]]
id = \"servers\"
kind = \"other\"
subnets = [\"10.2.0.0/24\"]
[[zones]]
id = \"third\"
kind = \"other\"
subnets = [\"10.3.0.0/24\"]
[[flows]]
id = \"files\"
helpers = [\"ftp\"]
match = { from = \"clients\", to = \"servers\", src = [\"10.1.0.10/32\"], dst = [\"10.2.0.20/32\"], proto = \"tcp\", ports = [\"21\"] }
";

/// File transfers between two hosts, and the whitelist consents to what the helper opens.
pub fn file_transfer() -> Case {
    case("file transfer", &[("fw.cfg", FTP)], FTP_ZONES)
}

fn case(name: &str, files: &[(&str, &str)], policy: &str) -> Case {
    let files: BTreeMap<String, String> =
        files.iter().map(|(n, text)| ((*n).to_owned(), (*text).to_owned())).collect();
    Case {
        name: name.to_owned(),
        files,
        policy: policy.to_owned(),
        as_of: Date::parse(AS_OF).unwrap(),
        expected: toml::Table::new(),
    }
}

/// All of them.
pub fn all() -> Vec<Case> {
    vec![
        case("two routers", &[("r1.cfg", R1), ("r2.cfg", R2)], TWO_ROUTERS),
        case("border", &[("edge.cfg", EDGE)], BORDER),
        case("vlans", &[("core.cfg", CORE)], VLANS),
        file_transfer(),
        case("unread", &[("odd.cfg", ODD), ("shut.cfg", SHUT)], UNREAD),
    ]
}
