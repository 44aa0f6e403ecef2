//! The way from text to tree.

use sekisho_diag::{SourceMap, Span};
use sekisho_model::Coverage;

use super::grammar::{self, Break};
use super::lexer;
use super::tree::Body;
use crate::common::Marks;

/// The tree in one line per setting, the breaks, and how many lines are not understood.
fn read(text: &str) -> (String, Vec<&'static str>, usize) {
    let mut sources = SourceMap::default();
    let file = sources.add("fgt.conf", text);
    let source = sources.get(file).unwrap();
    let mut marks = Marks::new(file, source.line_count());
    let lexed = lexer::lex(file, source, &mut marks);
    let tree = grammar::read(lexed, source, &mut marks);
    let mut out = String::new();
    show(&tree.root, "", &mut out);
    for table in &tree.root.tables {
        super::marks::table(&mut marks, table, Coverage::Modeled, None);
    }
    let open: Vec<u32> = marks.ledger.unaccounted().collect();
    assert!(open.is_empty(), "{open:?} in {text}");
    let breaks = tree.breaks.iter().map(|b: &Break| b.why).collect();
    (out, breaks, marks.ledger.count(Coverage::Unrecognized))
}

fn show(body: &Body<'_>, indent: &str, out: &mut String) {
    for s in &body.settings {
        let values: Vec<&str> = s.values.iter().map(|v| v.text.as_ref()).collect();
        let unset = if s.unset { "unset " } else { "" };
        out.push_str(&format!("{indent}{unset}{} = {}\n", s.name.text, values.join("|")));
    }
    for t in &body.tables {
        out.push_str(&format!("{indent}[{}]\n", t.path));
        show(&t.body, &format!("{indent} "), out);
        for e in &t.entries {
            out.push_str(&format!("{indent} <{}>\n", e.key.text));
            show(&e.body, &format!("{indent}  "), out);
        }
    }
}

fn clean(text: &str) -> String {
    let (out, breaks, bad) = read(text);
    assert_eq!((breaks.as_slice(), bad), ([].as_slice(), 0), "{text}");
    out
}

#[test]
fn words_and_quotes() {
    let out = clean(
        "#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0\r\nconfig system x\r\n  # note\r\n\
         edit \"○○課 → LGWAN\"\r\n set a \"b \\\"c\\\" \\\\ d\" 'e f' g\\ h \"\" \"i\"j\r\n next\r\nend\r\n",
    );
    assert_eq!(out, "[system x]\n <○○課 → LGWAN>\n  a = b \"c\" \\ d|e f|g h||ij\n");
}

#[test]
fn strings_over_several_lines() {
    let out = clean(
        "config c\n edit k\n set cert \"-----BEGIN\nabc\n\n# no comment\n-----END\"\n set b 1\n next\nend\n",
    );
    assert_eq!(out, "[c]\n <k>\n  cert = -----BEGIN\nabc\n\n# no comment\n-----END\n  b = 1\n");
    let script = "config s\n edit k\n set script \"config a\nedit b\nset c d\nnext\nend\"\n next\nend\n";
    assert_eq!(clean(script), "[s]\n <k>\n  script = config a\nedit b\nset c d\nnext\nend\n");
}

#[test]
fn a_lost_quotation_mark_is_noticed() {
    let whole = "config a\n edit \"k\"\n set x \"one\" \"two\"\n set y \"three\"\n next\n edit \"l\"\n set y \"four\"\n next\nend\n";
    clean(whole);
    for (at, _) in whole.match_indices('"') {
        let text = format!("{}{}", whole.get(..at).unwrap(), whole.get(at + 1..).unwrap());
        let (out, breaks, _) = read(&text);
        assert_eq!(breaks.first(), Some(&"a quotation mark without its pair"), "{text}{out}");
    }
    let swallowed =
        "config a\n edit k\n set comment \"note\n next\n edit l\n set x y\n set z\"\n next\nend\n";
    assert!(!read(swallowed).1.is_empty());
}

#[test]
fn captures() {
    let out = clean(
        "FGT-01 # show full-configuration\nconfig a\n    set b c\n--More-- \r         \r    set d e\nend\n\nFGT-01 (root) # \nFGT-01 # exit\n",
    );
    assert_eq!(out, "[a]\n b = c\n d = e\n");
    let typed = clean(
        "FGT # config vdom\nFGT (vdom) # edit root\ncurrent vf=root:0\nFGT (root) # config a\nFGT (a) # set b c\nFGT (a) # end\nFGT (root) # end\n",
    );
    assert_eq!(typed, "[vdom]\n <root>\n  [a]\n   b = c\n");
}

#[test]
fn scripts() {
    let out = clean(
        "config t\n edit 1\n set m a b\n append m c\n unselect m a\n next\n edit 2\n select m z\n next\n clone 1 to 3\n move 3 before 1\n edit 1\n unset m\n end\n",
    );
    assert_eq!(
        out,
        "[t]\n <3>\n  m = a|b\n  m = a|b|c\n  m = b|c\n <1>\n  m = a|b\n  m = a|b|c\n  m = b|c\n  unset m = \n <2>\n  m = z\n"
    );
    let out = clean(
        "config firewall addrgrp\n edit g\n set member a\n next\nend\nconfig firewall policy\n edit 1\n set srcaddr a g\n set service a\n next\n edit 2\n next\n delete 2\nend\nconfig firewall address\n edit a\n next\n rename a to b\nend\n",
    );
    assert!(out.contains("member = b\n") && out.contains("srcaddr = b|g\n") && out.contains("service = a\n"));
    assert!(!out.contains("<2>"));
    for bad in ["move 1 before 9", "clone 9 to 1", "delete 9", "rename 1 to 2", "purge", "unselect m a"] {
        let (_, _, lines) = read(&format!("config t\n edit 1\n next\n {bad}\nend\n"));
        assert_eq!(lines, 1, "{bad}");
    }
}

#[test]
fn broken_structure_is_noticed() {
    let whole = "config a\n edit 1\n set x y\n config b\n edit 5\n set z w\n next\n end\n next\n edit 2\n set x z\n next\nend\nconfig c\n set d e\nend\n";
    clean(whole);
    let lines: Vec<&str> = whole.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let first = line.split_whitespace().next().unwrap();
        // Without the `next` before an `end`, `end` closes both.
        if first == "set" || (first == "next" && lines.get(index + 1).is_some_and(|l| l.trim() == "end")) {
            continue;
        }
        let mut without = lines.clone();
        without.remove(index);
        let (out, breaks, _) = read(&format!("{}\n", without.join("\n")));
        // `config a` without its line leaves `edit` at the top, and so on.
        assert!(!breaks.is_empty(), "without line {}: {line}\n{out}", index + 1);
        let mut garbled = lines.clone();
        garbled[index] = "frobnicate";
        assert!(!read(&format!("{}\n", garbled.join("\n"))).1.is_empty(), "{line}");
    }
    for cut in 1..lines.len() {
        let (_, breaks, _) = read(&format!("{}\n", lines[..cut].join("\n")));
        assert_eq!(breaks.is_empty(), matches!(cut, 13), "cut after {cut}");
    }
}

#[test]
fn spans_are_those_of_the_words() {
    let text = "config a\n edit \"k\"\n set m \"o p\" q\n next\nend\n";
    let mut sources = SourceMap::default();
    let file = sources.add("fgt.conf", text);
    let source = sources.get(file).unwrap();
    let mut marks = Marks::new(file, source.line_count());
    let tree = grammar::read(lexer::lex(file, source, &mut marks), source, &mut marks);
    let at = |s: Span| text.get(s.start as usize..s.end as usize).unwrap();
    let entry = &tree.root.tables[0].entries[0];
    assert_eq!(at(entry.span), "edit \"k\"");
    let setting = &entry.body.settings[0];
    assert_eq!(at(setting.span), "set m \"o p\" q");
    assert_eq!(at(setting.values[0].span), "\"o p\"");
    assert_eq!((entry.lines, tree.root.tables[0].lines), ((2, 4), (1, 5)));
}
