//! Where the boxes of a scene go: columns by distance, order by what they are joined with, no overlap.
//!
//! The method is the layered one of Sugiyama: rank, dummy nodes for long lines, ordering by the mean place
//! of the neighbours, then places within a column as near to the neighbours as their order allows. All
//! numbers are integers, so that the same scene has the same drawing everywhere. Rows are ordered as well:
//! lines end at rows, not at boxes, which general graph layouts do not offer.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::{Box, Kind, Scene};

/// Blank between two boxes of a column.
const GAP: i64 = 26;
/// Blank between a dummy and its neighbours.
const SLIM: i64 = 10;
/// How often the order is improved.
const SWEEPS: usize = 12;

/// Sizes of a box; the drawing and the layout must agree on them.
pub(super) trait Sizes {
    /// Width and height.
    fn size(&self, of: &Box) -> (i64, i64);
    /// Middle of a row below the top of its box.
    fn row_middle(&self, of: &Box, row: usize) -> i64;
}

/// A box with its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) column: usize,
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

/// Part of a line between two neighbouring columns, or within one.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    /// Index of the line in the scene.
    pub(super) line: usize,
    /// The boxes of its first and last point.
    pub(super) ends: (usize, usize),
    /// Heights where it passes, with their columns; the first and last are rows of boxes.
    pub(super) points: Vec<(usize, i64)>,
}

/// The result.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// Per box of the scene.
    pub(super) places: Vec<Place>,
    /// Per line of the scene.
    pub(super) wires: Vec<Wire>,
    /// Left and right edge of each column.
    pub(super) columns: Vec<(i64, i64)>,
    /// Width and height of everything.
    pub(super) size: (i64, i64),
}

/// Something that takes room in a column: a box, or a place where a line passes.
#[derive(Clone, Debug)]
struct Node {
    /// The box; `None` for a dummy.
    boxed: Option<usize>,
    column: usize,
    y: i64,
    height: i64,
}

/// A joint between two nodes of neighbouring columns: (node, row) each.
type Joint = ((usize, usize), (usize, usize));

/// Lays a scene out. `gap(n)` is the room between two columns with `n` lines between them.
pub(super) fn layout(scene: &mut Scene, sizes: &dyn Sizes, gap: &dyn Fn(usize) -> i64) -> Layout {
    let ranks = ranks(scene);
    let mut nodes: Vec<Node> = scene
        .boxes
        .iter()
        .enumerate()
        .map(|(at, b)| {
            let column = ranks.get(at).copied().unwrap_or(0);
            Node { boxed: Some(at), column, y: 0, height: sizes.size(b).1 }
        })
        .collect();
    let (joints, chains) = split(scene, &mut nodes);
    let count = nodes.iter().map(|n| n.column + 1).max().unwrap_or(0);
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (at, node) in nodes.iter().enumerate() {
        if let Some(column) = order.get_mut(node.column) {
            column.push(at);
        }
    }
    for column in &order {
        stack(column, &mut nodes);
    }
    for sweep in 0..SWEEPS {
        let columns: Vec<usize> =
            if sweep % 2 == 0 { (0..count).collect() } else { (0..count).rev().collect() };
        for at in columns {
            let Some(column) = order.get_mut(at) else { continue };
            sort_column(column, &joints, &nodes, scene, sizes);
            stack(column, &mut nodes);
        }
        sort_rows(scene, &joints, &nodes, sizes);
    }
    for _ in 0..SWEEPS {
        for column in &order {
            settle(column, &joints, &mut nodes, scene, sizes);
        }
        sort_rows(scene, &joints, &nodes, sizes);
    }
    place(scene, sizes, &nodes, &order, &joints, &chains, gap)
}

/// Columns by distance from the Internet, else from the first box of a component.
fn ranks(scene: &Scene) -> Vec<usize> {
    // A cable counts as much as a segment between two devices, which leaves a column for the segments.
    let mut near: Vec<Vec<(usize, usize)>> = vec![Vec::new(); scene.boxes.len()];
    for line in &scene.lines {
        for (from, to) in [(line.a.0, line.b.0), (line.b.0, line.a.0)] {
            if let Some(list) = near.get_mut(from) {
                list.push((to, if line.cable { 2 } else { 1 }));
            }
        }
    }
    let flagged = |b: &Box| match b.internet {
        Some("internet") => 0,
        Some("yes") => 1,
        Some(_) => 2,
        None if b.kind == Kind::Device => 4,
        None => 3,
    };
    let mut starts: Vec<usize> = (0..scene.boxes.len()).collect();
    starts.sort_by_key(|at| (scene.boxes.get(*at).map(flagged), *at));
    let mut ranks: Vec<Option<usize>> = vec![None; scene.boxes.len()];
    for start in starts {
        if ranks.get(start).copied().flatten().is_some() {
            continue;
        }
        let mut queue = BTreeSet::from([(0, start)]);
        while let Some((rank, at)) = queue.pop_first() {
            let Some(slot) = ranks.get_mut(at).filter(|s| s.is_none()) else { continue };
            *slot = Some(rank);
            queue.extend(near.get(at).into_iter().flatten().map(|(next, far)| (rank + far, *next)));
        }
    }
    ranks.into_iter().map(Option::unwrap_or_default).collect()
}

/// Adds dummies where a line passes a column. Returns the joints, and per line the nodes that it visits.
fn split(scene: &Scene, nodes: &mut Vec<Node>) -> (Vec<Joint>, Vec<Vec<(usize, usize)>>) {
    let (mut joints, mut chains) = (Vec::new(), Vec::new());
    for line in &scene.lines {
        let column = |node: usize, nodes: &[Node]| nodes.get(node).map_or(0, |n| n.column);
        let (from, to) = (column(line.a.0, nodes), column(line.b.0, nodes));
        let (a, b) = if from <= to { (line.a, line.b) } else { (line.b, line.a) };
        let mut chain = vec![a];
        for passed in from.min(to) + 1..from.max(to) {
            nodes.push(Node { boxed: None, column: passed, y: 0, height: 1 });
            chain.push((nodes.len() - 1, 0));
        }
        chain.push(b);
        if from != to {
            joints.extend(chain.iter().copied().zip(chain.iter().copied().skip(1)));
        }
        chains.push(chain);
    }
    (joints, chains)
}

/// Height of a row of a node.
fn row_y(end: (usize, usize), nodes: &[Node], scene: &Scene, sizes: &dyn Sizes) -> i64 {
    let Some(node) = nodes.get(end.0) else { return 0 };
    match node.boxed.and_then(|b| scene.boxes.get(b)) {
        Some(boxed) => node.y + sizes.row_middle(boxed, end.1),
        None => node.y,
    }
}

/// For each end of a node: its own row's height within the node, and the height of the other end.
fn pulls(node: usize, joints: &[Joint], nodes: &[Node], scene: &Scene, sizes: &dyn Sizes) -> Vec<(i64, i64)> {
    let mut out = Vec::new();
    let top = nodes.get(node).map_or(0, |n| n.y);
    for &(a, b) in joints {
        for (mine, other) in [(a, b), (b, a)] {
            if mine.0 == node {
                let own = row_y(mine, nodes, scene, sizes) - top;
                out.push((own, row_y(other, nodes, scene, sizes)));
            }
        }
    }
    out
}

/// The place at which a node would like to be.
fn wish(node: usize, joints: &[Joint], nodes: &[Node], scene: &Scene, sizes: &dyn Sizes) -> Option<i64> {
    let pulls = pulls(node, joints, nodes, scene, sizes);
    let count = i64::try_from(pulls.len()).ok().filter(|n| *n > 0)?;
    Some(pulls.iter().map(|(own, other)| other - own).sum::<i64>() / count)
}

fn sort_column(column: &mut [usize], joints: &[Joint], nodes: &[Node], scene: &Scene, sizes: &dyn Sizes) {
    let key = |at: &usize| {
        let node = nodes.get(*at).map_or((0, 0), |n| (n.y, n.height));
        (wish(*at, joints, nodes, scene, sizes).unwrap_or(node.0) + node.1 / 2, *at)
    };
    column.sort_by_cached_key(key);
}

/// Rows of each box in the order of what they are joined with.
fn sort_rows(scene: &mut Scene, joints: &[Joint], nodes: &[Node], sizes: &dyn Sizes) {
    // Rows keep their index for lines; only where they are drawn changes.
    let mut means: BTreeMap<(usize, usize), (i64, i64)> = BTreeMap::new();
    for &(a, b) in joints {
        for (mine, other) in [(a, b), (b, a)] {
            let slot = means.entry(mine).or_default();
            slot.0 += row_y(other, nodes, scene, sizes);
            slot.1 += 1;
        }
    }
    for (at, boxed) in scene.boxes.iter_mut().enumerate() {
        let mean = |row: usize| means.get(&(at, row)).map_or(i64::MAX, |(sum, n)| sum / n);
        let mut rows: Vec<usize> = (0..boxed.rows.len()).collect();
        rows.sort_by_key(|row| (mean(*row), *row));
        boxed.order = vec![0; rows.len()];
        for (slot, row) in rows.iter().enumerate() {
            if let Some(place) = boxed.order.get_mut(*row) {
                *place = slot;
            }
        }
    }
}

/// Room between two nodes of a column.
fn gap_between(a: &Node, b: &Node) -> i64 {
    if a.boxed.is_some() && b.boxed.is_some() { GAP } else { SLIM }
}

/// Puts the nodes of a column under each other.
fn stack(column: &[usize], nodes: &mut [Node]) {
    let mut y = 0;
    let mut before: Option<Node> = None;
    for &at in column {
        let Some(node) = nodes.get_mut(at) else { continue };
        if let Some(before) = &before {
            y += before.height + gap_between(before, node);
        }
        node.y = y;
        before = Some(node.clone());
    }
}

/// Moves the nodes of a column to where they would like to be, as far as their order allows: nodes that
/// would overlap move as one block to the mean of their wishes.
fn settle(column: &[usize], joints: &[Joint], nodes: &mut [Node], scene: &Scene, sizes: &dyn Sizes) {
    // Distance of each node from the first one when all touch.
    let mut offsets = Vec::new();
    let mut offset = 0;
    let mut before: Option<&Node> = None;
    for &at in column {
        let Some(node) = nodes.get(at) else { continue };
        if let Some(before) = before {
            offset += before.height + gap_between(before, node);
        }
        offsets.push(offset);
        before = Some(node);
    }
    let mut blocks: Vec<(i64, i64, usize)> = Vec::new();
    for (at, offset) in column.iter().zip(&offsets) {
        let here = nodes.get(*at).map_or(0, |n| n.y);
        let wished = wish(*at, joints, nodes, scene, sizes).unwrap_or(here) - offset;
        blocks.push((wished, 1, 1));
        while let [.., above, below] = blocks.as_slice() {
            if above.0 / above.1 <= below.0 / below.1 {
                break;
            }
            let joined = (above.0 + below.0, above.1 + below.1, above.2 + below.2);
            blocks.truncate(blocks.len() - 2);
            blocks.push(joined);
        }
    }
    let bases = blocks.iter().flat_map(|(sum, count, len)| std::iter::repeat_n(sum / count, *len));
    for ((at, offset), base) in column.iter().zip(&offsets).zip(bases) {
        if let Some(node) = nodes.get_mut(*at) {
            node.y = base + offset;
        }
    }
}

/// The final places.
fn place(
    scene: &Scene,
    sizes: &dyn Sizes,
    nodes: &[Node],
    order: &[Vec<usize>],
    joints: &[Joint],
    chains: &[Vec<(usize, usize)>],
    gap: &dyn Fn(usize) -> i64,
) -> Layout {
    let top = nodes.iter().map(|n| n.y).min().unwrap_or(0);
    let mut columns = Vec::new();
    let mut x = 0;
    for (at, column) in order.iter().enumerate() {
        let widths = column.iter().filter_map(|n| nodes.get(*n)?.boxed);
        let width = widths.filter_map(|b| scene.boxes.get(b)).map(|b| sizes.size(b).0).max().unwrap_or(0);
        columns.push((x, x + width));
        let column_of = |end: (usize, usize)| nodes.get(end.0).map_or(0, |n| n.column);
        let lines = joints.iter().filter(|(a, b)| column_of(*a).min(column_of(*b)) == at).count();
        let within = chains.iter().filter(|c| c.iter().all(|end| column_of(*end) == at)).count();
        x += width + gap(lines + within);
    }
    let places: Vec<Place> = scene
        .boxes
        .iter()
        .zip(nodes)
        .map(|(boxed, node)| {
            let (width, height) = sizes.size(boxed);
            let (left, right) = columns.get(node.column).copied().unwrap_or((0, 0));
            let x = left + (right - left - width) / 2;
            Place { column: node.column, x, y: node.y - top, width, height }
        })
        .collect();
    let wires = chains.iter().enumerate().map(|(line, chain)| {
        let point = |end: &(usize, usize)| {
            (nodes.get(end.0).map_or(0, |n| n.column), row_y(*end, nodes, scene, sizes) - top)
        };
        let end = |at: Option<&(usize, usize)>| at.map_or(0, |e| e.0);
        Wire {
            line,
            ends: (end(chain.first()), end(chain.last())),
            points: chain.iter().map(point).collect(),
        }
    });
    let bottom = places.iter().map(|p| p.y + p.height).max().unwrap_or(0);
    let right = columns.last().map_or(0, |(_, r)| *r);
    Layout { places, wires: wires.collect(), columns, size: (right, bottom) }
}
