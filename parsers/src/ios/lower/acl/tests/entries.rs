//! Entries that were understood: every trap of the system.

use sekisho_diag::FileId;
use sekisho_model::Coverage;
use sekisho_net::Family;

use super::{DENY, MAYBE, PERMIT, check, packet, read, verdicts};

#[test]
fn addresses_ports_and_fragments() {
    check(
        "ip access-list extended F
 permit tcp 10.1.0.9 0.0.0.255 any range 20 22
 deny udp any gt 1023 host 10.2.0.5 eq syslog 53
 deny ip any 10.2.0.1 0.0.0.254
 permit icmp any any echo-reply
 permit ip any any fragments
",
        "F",
        "permit proto 6 src 10.1.0.0-10.1.0.255 dport 20-22 later 0 | proto 6 src 10.1.0.0-10.1.0.255 later 1
         deny proto 17 sport 1024-65535 dst 10.2.0.5 dport 514,53 later 0
         deny dst 10.2.0.1&255.255.255.1
         permit may proto 1 type 0 later 0 | proto 1 later 1 must proto 1 type 0 code 0 later 0 | proto 1 later 1
         permit later 1
         else deny",
    );
}

#[test]
fn l4_permit_lets_later_fragments_through() {
    let text = "ip access-list extended F\n permit tcp any host 10.2.0.5 eq 80\n deny ip any any\n";
    verdicts(
        text,
        "F",
        &[
            ("tcp 10.1.0.5 10.2.0.5 later", PERMIT),
            ("tcp 10.1.0.5:40000 10.2.0.5:22", DENY),
            ("udp 10.1.0.5 10.2.0.5 later", DENY),
            ("tcp 10.1.0.5:1 10.2.0.5:80", PERMIT),
        ],
    );
}

#[test]
fn l4_deny_does_not_match_later_fragments() {
    let text = "ip access-list extended F\n deny tcp any host 10.2.0.5 eq 23\n permit ip any any\n";
    verdicts(text, "F", &[("tcp 10.1.0.5 10.2.0.5 later", PERMIT), ("tcp 10.1.0.5:9 10.2.0.5:23", DENY)]);
}

#[test]
fn undefined_and_empty_lists_filter_nothing() {
    let mut r = read("ip access-list extended EMPTY\n remark nothing\n");
    let span = sekisho_diag::Span::new(FileId(0), 0, 1);
    assert_eq!(r.lists.binding("NOPE", Family::V4, span, &mut r.marks), None);
    assert_eq!(r.lists.binding("EMPTY", Family::V4, span, &mut r.marks), None);
    assert_eq!(r.codes(), ["ios/acl-undefined", "ios/acl-empty"]);
}

#[test]
fn a_time_range_is_active_at_some_time() {
    let text = "time-range HOURS
 periodic weekdays 8:00 to 18:00
ip access-list extended T
 permit tcp any host 10.2.0.5 eq 3389 time-range HOURS
 permit tcp any host 10.2.0.5 eq 22 time-range NOSUCH
 deny udp any any time-range HOURS
 deny icmp any any time-range NOSUCH
 permit udp any any
 permit icmp any any
";
    verdicts(
        text,
        "T",
        &[
            ("tcp 10.1.0.5:40000 10.2.0.5:3389", MAYBE),
            ("tcp 10.1.0.5:40000 10.2.0.5:22", PERMIT),
            ("udp 10.1.0.5:1 10.2.0.5:1", MAYBE),
            ("icmp 10.1.0.5 10.2.0.5 8 0", MAYBE),
        ],
    );
    assert_eq!(read(text).codes(), ["ios/time-range-undefined"; 2]);
}

#[test]
fn established_is_a_look_at_two_bits() {
    let text = "ip access-list extended E\n permit tcp any any established\n deny ip any any\n";
    verdicts(
        text,
        "E",
        &[
            ("tcp 10.2.0.9:4444 10.1.0.5:22 flags=ACK", PERMIT),
            ("tcp 10.2.0.9:4444 10.1.0.5:22 flags=RST", PERMIT),
            ("tcp 10.2.0.9:4444 10.1.0.5:22 flags=SYN", DENY),
            ("tcp 10.2.0.9 10.1.0.5 later", PERMIT),
        ],
    );
    assert!(read(text).list("E").lines[0].stateless_reply);
}

#[test]
fn flag_words() {
    check(
        "ip access-list extended E
 permit tcp any any syn ack
 permit tcp any any match-all +syn -ack
 deny tcp any any match-any +fin -psh
",
        "E",
        "permit may proto 6 flags 2&2 later 0 | proto 6 later 1 | proto 6 flags 16&16 later 0 | proto 6 later 1 \
         must proto 6 flags 18&18 later 0 | proto 6 later 1
         permit proto 6 flags 2&18 later 0 | proto 6 later 1
         deny proto 6 flags 1&1 later 0 | proto 6 flags 0&8 later 0
         else deny",
    );
}

#[test]
fn wildcards_are_patterns_and_hosts_need_none() {
    let text = "ip access-list extended W\n deny ip any 10.2.0.1 0.0.0.254\n permit ip any any\n";
    verdicts(text, "W", &[("tcp 10.1.0.5:1 10.2.0.6:80", PERMIT), ("tcp 10.1.0.5:1 10.2.0.7:80", DENY)]);
    let text = "access-list 10 deny 10.1.0.0\naccess-list 10 permit any log\n";
    verdicts(text, "10", &[("udp 10.1.0.5:1 10.2.0.5:53", PERMIT), ("udp 10.1.0.0:1 10.2.0.5:53", DENY)]);
}

#[test]
fn entries_are_tried_by_number() {
    let text = "ip access-list extended S\n 20 permit ip any any\n 10 deny tcp any any eq 22\n";
    verdicts(text, "S", &[("tcp 10.1.0.5:1 10.2.0.5:22", DENY)]);
    // Re-entered lists go on; an edit by number and by words takes entries out.
    check(
        "access-list 101 permit tcp any any
access-list 101 permit udp any any
ip access-list extended 101
 deny icmp any any
 no 20
 15 permit esp any any
 no permit tcp any any
ip access-list resequence 101 100 10
",
        "101",
        "permit proto 50
         deny proto 1
         else deny",
    );
    check(
        "access-list 1 permit any\nno access-list 1\naccess-list 1 deny host 10.0.0.1\n",
        "1",
        "deny src 10.0.0.1
         else deny",
    );
}

#[test]
fn conditions_weaken_permits_and_denies() {
    let text = "ip access-list extended C
 deny tcp any any eq 22 dscp ef
 permit tcp any any eq 22 precedence 5 log-input
 permit igmp any any host-query
 dynamic LOCK timeout 5 permit ip any host 10.9.9.9
 permit tcp any any ttl lt 5
 permit udp any any option any-options
 permit udp any any eq 69 log TAG
";
    verdicts(
        text,
        "C",
        &[
            ("tcp 10.1.0.5:1 10.2.0.5:22", MAYBE),
            ("2 10.1.0.5 10.2.0.5", MAYBE),
            ("89 10.1.0.5 10.9.9.9", MAYBE),
            ("89 10.1.0.5 10.9.9.8", DENY),
            ("udp 10.1.0.5:1 10.9.9.8:69", PERMIT),
        ],
    );
    let r = read(text);
    for line in 2..=7 {
        assert_eq!(r.state(line), "approximated (list C)", "{line}");
    }
    assert_eq!(r.state(8), "modeled");
}

#[test]
fn reflected_replies_may_come_back() {
    let text = "ip access-list extended OUT
 permit tcp 10.1.0.0 0.0.0.255 any eq 443 reflect BACK timeout 60
ip access-list extended IN
 evaluate BACK
 deny ip any any
";
    verdicts(
        text,
        "IN",
        &[("tcp 8.8.8.8:443 10.1.0.5:50000", DENY), ("tcp 8.8.8.8:444 10.1.0.5:50000", DENY)],
    );
    verdicts(text, "OUT", &[("tcp 10.1.0.5:50000 8.8.8.8:443", PERMIT)]);
    let opens = |text: &str, list: &str| read(text).list(list).lines[0].opens;
    assert!(opens(text, "OUT") && !opens(text, "IN"));
    // Whether replies to 10.1.0.5:50000 from a port may and surely do pass.
    let replies = |text: &str, port: u16| {
        let line = read(text).list("IN").lines[0].replies.clone().unwrap();
        let reply = packet(&format!("tcp 8.8.8.8:{port} 10.1.0.5:50000"));
        (line.may_match(&reply), line.must_match(&reply))
    };
    assert_eq!([replies(text, 443), replies(text, 444)], [(true, true), (false, false)]);
    // Another name of the device notes the same packets: under which one is not certain.
    let second = text.replace(" deny", " permit tcp any any reflect OTHER\n deny");
    assert_eq!(replies(&second, 443), (true, false));
    // The same list lets some of them pass without noting them.
    let earlier = text.replace("OUT\n", "OUT\n permit tcp host 10.1.0.5 any\n");
    assert_eq!(replies(&earlier, 443), (true, false));
    // An entry that was not read may note anything, and so may one that nothing was read of.
    let garbled = text.replace("OUT\n", "OUT\n permit tcp any any eq 444 reflcet BACK\n");
    assert_eq!(replies(&garbled, 444), (true, false));
    assert_eq!(replies(&text.replace("evaluate BACK", "evaluate BAKC"), 444), (true, false));
    assert!(opens(&garbled, "OUT"), "an entry that was not read may note what it permits");
}

#[test]
fn ipv6_lists() {
    let text = "ipv6 access-list V6
 sequence 20 permit tcp any host 2001:db8::5 eq www
 sequence 10 deny ipv6 2001:db8:1::/48 any
 permit icmp any any echo-request
 permit hbh any any
 permit udp any any routing
";
    check(
        text,
        "V6",
        "deny src 2001:db8:1::-2001:db8:1:ffff:ffff:ffff:ffff:ffff
         permit may proto 6 dst 2001:db8::5 dport 80 later 0 | proto 6 dst 2001:db8::5 later 1 must proto 6 dst 2001:db8::5 dport 80 later 0
         permit may proto 58 type 128 later 0 | proto 58 later 1 must proto 58 type 128 code 0 later 0
         permit may all must none [extension header hbh]
         permit may proto 17 must none [routing]
         permit proto 58 type 136 later 0
         permit proto 58 type 135 later 0
         else deny",
    );
    verdicts(text, "V6", &[("icmp fe80::1 fe80::2 135 0", PERMIT)]);
}

#[test]
fn object_groups() {
    let text = "object-group network SERVERS
 description web
 host 10.2.0.5
 range 10.2.0.8 10.2.0.9
 group-object MORE
object-group network MORE
 10.3.0.0 255.255.0.0
object-group service WEB
 tcp eq www
 tcp source gt 1023 eq 443
 icmp
object-group network EMPTY
object-group network BAD
 host 10.4.0.1
 host www.example.org
object-group network LOOP
 group-object LOOP
object-group ip port PORTS
 eq 111
 range 200 201
object-group protocol P
 protocol-object esp
ip access-list extended O
 permit object-group WEB any object-group SERVERS
 deny ip any object-group BAD
 deny udp any object-group EMPTY
 deny 47 any object-group LOOP
 permit udp any object-group NOSUCH
 permit tcp any portgroup PORTS any
 permit object-group P any any
";
    verdicts(
        text,
        "O",
        &[
            ("tcp 10.1.0.5:9 10.2.0.5:80", PERMIT),
            ("tcp 10.1.0.5:9 10.2.0.5:443", DENY),
            ("tcp 10.1.0.5:2000 10.3.7.7:443", PERMIT),
            ("icmp 10.1.0.5 10.2.0.9 8 0", PERMIT),
            ("icmp 10.1.0.5 10.2.0.7 8 0", DENY),
            ("esp 10.1.0.5 10.4.0.1".replace("esp", "50").as_str(), DENY),
            ("50 10.1.0.5 10.4.0.2", MAYBE),
            ("udp 10.1.0.5:9 10.2.0.5:53", MAYBE),
            ("tcp 10.1.0.5:111 9.9.9.9:1", MAYBE),
            ("tcp 10.1.0.5:112 9.9.9.9:1", DENY),
        ],
    );
    let r = read(text);
    assert_eq!(r.state(15), "unrecognized (object-group BAD)");
    assert_eq!(r.marks.ledger.count(Coverage::Unrecognized), 1);
    assert!(r.marks.poisons.is_empty());
    assert_eq!(r.codes(), ["ios/object-group-unknown"; 4]);
}
