//! The picture: one SVG without scripts, fonts or other files.

use super::View;
use super::draw::{Pen, ROW, SMALL, badge, boxed, colors, escape, measure, rect, text};
use super::layout::{Layout, Place, Wire, layout};
use super::scene::{Kind, Scene, scene};
use crate::report::messages::{Label, Lang, Text};

/// Blank around everything.
const EDGE: i64 = 28;
/// Height of the heading.
const HEAD: i64 = 50;
/// Height of a row of the legend.
const LEGEND: i64 = 34;
/// Least width of the drawing.
const LEAST: i64 = 620;

const STYLE: &str = "\
text{font-family:ui-monospace,'DejaVu Sans Mono','Noto Sans Mono CJK JP','Noto Sans CJK JP',Menlo,Consolas,\
'MS Gothic',monospace;dominant-baseline:central;fill:#1b2330}\n\
.h{font-size:18px;font-weight:bold}\n.title{font-size:14px;font-weight:bold}\n.sub{font-size:12px}\n\
.row{font-size:12px}\n.more{text-anchor:end;fill:#555d69}\n.light{fill:#ffffff}\n\
.wire{fill:none;stroke-width:1.6}\n.cable{fill:none;stroke:#8a8f98;stroke-width:2.4;stroke-dasharray:2 4;stroke-linecap:round}\n";

/// Draws a view.
#[must_use]
pub fn render(view: &View, lang: Lang) -> String {
    let pen = Pen { lang };
    let mut scene = scene(view);
    let laid = layout(&mut scene, &pen, &|lines| 70 + 5 * i64::try_from(lines).unwrap_or(0).min(26));
    let say = |label| lang.say(&Text::Label(label));
    let title = say(Label::GraphTitle);
    let counts = lang.say(&Text::GraphCounts {
        devices: view.devices.len(),
        zones: view.zones.iter().filter(|z| z.kind == "zone").count(),
        externals: view.zones.iter().filter(|z| z.kind == "external").count(),
    });
    let heading = measure(&title, 18).max(measure(&counts, SMALL));
    let width = laid.size.0.max(LEAST).max(heading) + 2 * EDGE;
    let shift = ((width - laid.size.0) / 2, EDGE + HEAD);
    let legend_top = shift.1 + laid.size.1 + EDGE;
    let (legend, legend_height) = legend(&pen, &scene, width, legend_top);
    let height = legend_top + legend_height + EDGE / 2;
    let code = if lang == Lang::Ja { "ja" } else { "en" };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" xml:lang=\"{code}\">\n<title>{}</title>\n<style>{STYLE}</style>\n",
        escape(&title)
    );
    out.push_str(&rect((0, 0, width, height), 0, "fill=\"#ffffff\""));
    out.push_str(&text(EDGE, EDGE + 8, "h", &title));
    out.push_str(&text(EDGE, EDGE + 32, "sub", &counts));
    out.push_str(&format!("<g transform=\"translate({} {})\">\n", shift.0, shift.1));
    for wire in &laid.wires {
        out.push_str(&line(wire, &scene, &laid));
    }
    for (of, place) in scene.boxes.iter().zip(&laid.places) {
        out.push_str(&boxed(&pen, of, (place.x, place.y)));
    }
    for wire in &laid.wires {
        out.push_str(&ends(wire, &scene, &laid));
    }
    out.push_str("</g>\n");
    out.push_str(&legend);
    out.push_str("</svg>\n");
    out
}

/// Class and colour of a line.
fn look(wire: &Wire, scene: &Scene) -> (&'static str, &'static str) {
    let Some(line) = scene.lines.get(wire.line) else { return ("wire", "#555d69") };
    let to = scene.boxes.get(line.b.0).map(|b| b.kind);
    match (line.cable, to) {
        (true, _) => ("cable", "#8a8f98"),
        (false, Some(kind @ (Kind::Zone(_) | Kind::External(_)))) => ("wire", colors(kind).1),
        (false, _) => ("wire", "#555d69"),
    }
}

/// Where a line leaves its first box and enters its last one.
fn sides(wire: &Wire, laid: &Layout) -> Option<((i64, i64), (i64, i64))> {
    let place = |at: usize| laid.places.get(at).copied();
    let (first, last) = (place(wire.ends.0)?, place(wire.ends.1)?);
    let (a, b) = (wire.points.first()?.1, wire.points.last()?.1);
    let right = |p: Place| p.x + p.width;
    let end = if first.column == last.column { right(last) } else { last.x };
    Some(((right(first), a), (end, b)))
}

/// A line: straight within the columns, curved between them, so that it meets no box.
fn line(wire: &Wire, scene: &Scene, laid: &Layout) -> String {
    let Some((start, end)) = sides(wire, laid) else { return String::new() };
    let edges = |column: usize| laid.columns.get(column).copied().unwrap_or((0, 0));
    let mut path = format!("M{} {}", start.0, start.1);
    for (from, to) in wire.points.iter().zip(wire.points.iter().skip(1)) {
        let leave = edges(from.0).1;
        path.push_str(&format!("H{leave}"));
        if from.0 == to.0 {
            let out = leave + 24 + (from.1 - to.1).abs().min(160) / 6;
            path.push_str(&format!("C{out} {} {out} {} {leave} {}", from.1, to.1, to.1));
        } else {
            let enter = edges(to.0).0;
            let middle = (leave + enter) / 2;
            path.push_str(&format!("C{middle} {} {middle} {} {enter} {}", from.1, to.1, to.1));
        }
    }
    path.push_str(&format!("H{}", end.0));
    let (class, color) = look(wire, scene);
    format!("<path class=\"{class}\" stroke=\"{color}\" d=\"{path}\"/>\n")
}

/// Dots where a line meets its boxes.
fn ends(wire: &Wire, scene: &Scene, laid: &Layout) -> String {
    let Some((start, end)) = sides(wire, laid) else { return String::new() };
    let color = look(wire, scene).1;
    let dot = |(x, y): (i64, i64)| format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"{color}\"/>\n");
    format!("{}{}", dot(start), dot(end))
}

/// An entry of the legend: its symbol and its words.
struct Entry {
    symbol: fn(i64, i64) -> String,
    words: String,
}

/// What the shapes mean, in rows below the drawing, and their height. Only shapes that occur are explained.
fn legend(pen: &Pen, scene: &Scene, width: i64, top: i64) -> (String, i64) {
    let has = |test: fn(Kind) -> bool| scene.boxes.iter().any(|b| test(b.kind));
    let say = |label| pen.lang.say(&Text::Label(label));
    let mut entries: Vec<Entry> = Vec::new();
    let mut add = |shown: bool, label: Label, symbol: fn(i64, i64) -> String| {
        if shown {
            entries.push(Entry { symbol, words: say(label) });
        }
    };
    add(has(|k| matches!(k, Kind::Zone(_))), Label::Zone, |x, y| {
        rect((x, y - 8, 28, 16), 6, "fill=\"#dbe9fb\" stroke=\"#2f6db5\" stroke-width=\"2\"")
    });
    add(has(|k| matches!(k, Kind::External(_))), Label::External, |x, y| {
        let style = "fill=\"#fdebd0\" stroke=\"#b8731a\" stroke-width=\"2\" stroke-dasharray=\"5 3\"";
        rect((x, y - 8, 28, 16), 6, style)
    });
    add(has(|k| matches!(k, Kind::Nobody(_))), Label::Nobody, |x, y| {
        let style = "fill=\"#f0f0f0\" stroke=\"#777777\" stroke-width=\"2\" stroke-dasharray=\"5 3\"";
        rect((x, y - 8, 28, 16), 6, style)
    });
    add(has(|k| k == Kind::Device), Label::Device, |x, y| rect((x, y - 8, 28, 16), 3, "fill=\"#333c4a\""));
    add(true, Label::Segment, |x, y| rect((x, y - 8, 28, 16), 8, "fill=\"#ffffff\" stroke=\"#777777\""));
    add(scene.lines.iter().any(|l| l.cable), Label::Cable, |x, y| {
        format!("<path class=\"cable\" d=\"M{x} {y}h28\"/>\n")
    });
    let (mut x, mut row, mut out) = (EDGE, 0, String::new());
    let mut next = |need: i64| {
        if x > EDGE && x + need > width - EDGE {
            (x, row) = (EDGE, row + 1);
        }
        let at = (x, top + row * LEGEND + LEGEND / 2);
        x += need + 22;
        at
    };
    for entry in &entries {
        let (x, y) = next(36 + measure(&entry.words, SMALL));
        out.push_str(&(entry.symbol)(x, y));
        out.push_str(&text(x + 36, y, "row", &entry.words));
    }
    for word in ["internet", "yes", "unknown", "no"] {
        if scene.boxes.iter().any(|b| b.internet == Some(word)) {
            let words = pen.lang.say(&Text::InternetBadge(word));
            let (x, y) = next(measure(&words, SMALL) + 34);
            out.push_str(&badge((x, y - ROW / 2 + 2), word, &words));
        }
    }
    (out, (row + 1) * LEGEND)
}
