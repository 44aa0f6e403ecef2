//! The block tree of an indented configuration.

use super::Line;

/// A line and the deeper-indented lines that follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// The opening line.
    pub line: Line<'a>,
    /// Its children, in order.
    pub children: Vec<Block<'a>>,
}

/// Builds the tree from lines that carry statements (blank and comment lines already taken out).
/// A line belongs to the nearest earlier line that is indented less.
#[must_use]
pub fn block_tree<'a>(lines: &[Line<'a>]) -> Vec<Block<'a>> {
    let mut roots: Vec<Block<'a>> = Vec::new();
    let mut open: Vec<(usize, Block<'a>)> = Vec::new();
    for &line in lines {
        let indent = line.indent();
        while open.last().is_some_and(|(i, _)| *i >= indent) {
            close(&mut open, &mut roots);
        }
        open.push((indent, Block { line, children: Vec::new() }));
    }
    while !open.is_empty() {
        close(&mut open, &mut roots);
    }
    roots
}

fn close<'a>(open: &mut Vec<(usize, Block<'a>)>, roots: &mut Vec<Block<'a>>) {
    if let Some((_, done)) = open.pop() {
        match open.last_mut() {
            Some((_, parent)) => parent.children.push(done),
            None => roots.push(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_diag::FileId;

    #[test]
    fn children_follow_their_parent() {
        let text = "a\n b\n  c\n d\ne\n";
        let lines = crate::common::lines(FileId(0), text);
        let tree = block_tree(&lines);
        let names: Vec<_> = tree.iter().map(|b| (b.line.trimmed(), b.children.len())).collect();
        assert_eq!(names, [("a", 2), ("e", 0)]);
        assert_eq!(tree[0].children[0].children[0].line.trimmed(), "c");
    }
}
