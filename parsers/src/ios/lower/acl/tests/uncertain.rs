//! Entries and edits that were not understood, or whose effect is not documented.

use sekisho_model::Action;

use super::{DENY, MAYBE, PERMIT, packet, passes, read, show_list, verdicts};

#[test]
fn a_number_used_twice_is_uncertain() {
    let text =
        "ip access-list extended S\n 10 deny ip any any\n 10 permit tcp any any\n 20 deny udp any any\n";
    verdicts(text, "S", &[("tcp 10.1.0.5:1 10.2.0.5:22", MAYBE), ("udp 10.1.0.5:1 10.2.0.5:22", DENY)]);
    assert_eq!(read(text).codes(), ["ios/acl-duplicate-sequence"]);
    // An entry that repeats another one is refused, and cannot move in front of it.
    let text = "ip access-list extended S\n 10 permit tcp any any\n 20 deny ip any any\n 5 deny ip any any\n";
    verdicts(text, "S", &[("tcp 10.1.0.5:1 10.2.0.5:22", MAYBE)]);
}

#[test]
fn garbled_entries_stay_in_their_list() {
    let text = "ip access-list extended G
 10 deny ip any host 10.2.0.9
 permit tcp any any eq nosuchport
 25 dney ip any any
 deny ip any hots 10.2.0.5
 permit udp any any
ip access-list extended ONLY
 permit tpc any any
";
    let r = read(text);
    assert_eq!((r.state(1), r.state(2)), ("modeled".to_owned(), "modeled".to_owned()));
    for line in 3..=5 {
        assert_eq!(r.state(line), "unrecognized (list G)");
    }
    assert!(r.marks.poisons.is_empty());
    assert_eq!(
        show_list(r.list("G")).lines().collect::<Vec<_>>(),
        [
            "deny dst 10.2.0.9",
            "permit may all must none [unread entry]",
            "unknown may all must none [unread entry]",
            "deny may all must none [unread entry]",
            "permit proto 17",
            "else deny",
        ]
    );
    // A list of which no entry is certain may be empty, and then lets everything through.
    verdicts(text, "ONLY", &[("udp 10.1.0.5:1 10.2.0.5:53", MAYBE)]);
}

#[test]
fn garbled_lines_that_may_be_no_entries_poison_the_device() {
    let r = read("ip access-list extended G\n permit ip any any\n interfce Gi0/1\n pemit udp any any\n");
    assert_eq!(r.state(3), "unrecognized (device)");
    assert_eq!(r.state(4), "unrecognized (device)");
    let r = read("ip access-list extendd G\n permit ip any any\n");
    assert_eq!(
        (r.state(1), r.state(2)),
        ("unrecognized (device)".to_owned(), "unrecognized (device)".to_owned())
    );
    let r = read("access-list 101 permit foo\naccess-list 101 no idea\naccess-list 10l permit ip any any\n");
    assert_eq!(
        [r.state(1), r.state(2), r.state(3)],
        ["unrecognized (list 101)", "unrecognized (list 101)", "unrecognized (list 10l)"]
    );
    // The second line has no action: it may stand in front of everything.
    assert_eq!(r.list("101").lines[0].action, Action::Unknown);
    assert!(r.marks.poisons.is_empty());
}

#[test]
fn unknown_edits_make_the_list_unknown() {
    for edit in [" no 15", " no permit ip any host 10.0.0.1", " no 1O", " default 10"] {
        let text = format!("ip access-list extended U\n deny ip any any\n{edit}\n");
        verdicts(&text, "U", &[("udp 10.1.0.5:1 10.2.0.5:53", MAYBE)]);
    }
    let text = "access-list 101 deny ip any any\nno access-list 101 deny ip any any\n";
    verdicts(text, "101", &[("udp 10.1.0.5:1 10.2.0.5:53", MAYBE)]);
    assert_eq!(read(text).codes(), ["ios/acl-unknown-edit"]);
}

#[test]
fn a_group_entered_again_is_certain_in_its_first_part_only() {
    let text = "object-group network G
 host 10.0.0.1
object-group network G
 host 10.0.0.2
ip access-list extended D
 deny ip object-group G any
 permit ip any any
";
    verdicts(
        text,
        "D",
        &[("89 10.0.0.1 9.9.9.9", DENY), ("89 10.0.0.2 9.9.9.9", MAYBE), ("89 10.0.0.3 9.9.9.9", PERMIT)],
    );
}

/// Whatever happens to one character of an entry: if the damage is noticed, everything that was possible
/// before stays possible.
#[test]
fn a_damaged_entry_never_hides_a_permit() {
    let head = "ip access-list extended F\n";
    let entries = [
        " 10 deny tcp any host 10.2.0.5 eq telnet",
        " 20 permit tcp any host 10.2.0.5 range 20 80 log",
        " 30 deny udp 10.1.0.0 0.0.0.255 any gt 1023",
        " 40 permit udp any any",
        " 50 deny icmp any any echo",
        " 60 permit icmp any any",
        " 70 deny ip any any",
    ];
    let packets: Vec<_> = [
        "tcp 10.1.0.5:1 10.2.0.5:23",
        "tcp 10.1.0.5:1 10.2.0.5:22",
        "tcp 10.1.0.5 10.2.0.5 later",
        "udp 10.1.0.5:1 10.2.0.5:2000",
        "udp 10.1.0.5:1 10.2.0.5:53",
        "udp 10.9.0.5:1 10.2.0.5:2000",
        "icmp 10.1.0.5 10.2.0.5 8 0",
        "icmp 10.1.0.5 10.2.0.5 0 0",
        "89 10.1.0.5 10.2.0.5",
    ]
    .map(packet)
    .into();
    let original = read(&format!("{head}{}\n", entries.join("\n")));
    let mut noticed = 0;
    for at in 0..entries.len() {
        for position in 1..entries[at].len() {
            for damage in ["", "x", "#", " ", "9"] {
                let mut lines = entries.map(str::to_owned);
                lines[at].replace_range(position..=position, damage);
                let found = read(&format!("{head}{}\n", lines.join("\n")));
                let state = found.marks.ledger.get(u32::try_from(at).unwrap() + 2).unwrap().state;
                if state < sekisho_model::Coverage::Unsupported || !found.marks.poisons.is_empty() {
                    continue;
                }
                noticed += 1;
                for p in &packets {
                    let (before, after) = (passes(original.list("F"), p), passes(found.list("F"), p));
                    assert!(!before.0 || after.0, "{p:?} is possible without the damage in `{}`", lines[at]);
                    assert!(!after.1 || before.1, "{p:?} is certain only with the damage in `{}`", lines[at]);
                }
            }
        }
    }
    assert!(noticed > 300, "{noticed}");
}

#[test]
fn a_name_of_both_kinds_is_uncertain() {
    let text = "ip access-list standard X\n deny any\nip access-list extended X\n 5 deny ip any any\n";
    verdicts(text, "X", &[("udp 10.1.0.5:1 10.2.0.5:53", MAYBE)]);
}
