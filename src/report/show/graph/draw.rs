//! Sizes and shapes of the drawing: text measured without a font, colours, SVG elements.

use unicode_width::UnicodeWidthChar;

use super::layout::Sizes;
use super::scene::{Box, Kind};
use crate::report::messages::{Lang, Text};

/// Height of a row.
pub(super) const ROW: i64 = 24;
/// Blank left and right of a text in its box.
pub(super) const PAD: i64 = 14;
/// Height of a title line.
const TITLE: i64 = 26;
/// Height of a line below it.
const SUBTITLE: i64 = 18;
/// Height of the flag of an external.
const BADGE: i64 = 26;
/// Blank above and below the rows.
const MARGIN: i64 = 8;
/// Size of the letters of rows.
pub(super) const SMALL: i64 = 12;
/// Size of the letters of titles.
pub(super) const LARGE: i64 = 14;

/// Fill and stroke of areas, one after the other. No red and no green: the drawing says nothing about
/// verdicts.
const COLORS: [(&str, &str); 10] = [
    ("#dbe9fb", "#2f6db5"),
    ("#fdebd0", "#b8731a"),
    ("#e8defa", "#6d45b8"),
    ("#d5f0f0", "#19797d"),
    ("#fbe3ef", "#b23a78"),
    ("#f3eccb", "#857012"),
    ("#dfe3f7", "#4550b0"),
    ("#f0e2d6", "#8a5a33"),
    ("#d9eef9", "#1f7ba6"),
    ("#ecdff0", "#8a3f9c"),
];
/// Fill and stroke of what belongs to nobody.
const NOBODY: (&str, &str) = ("#f0f0f0", "#777777");

/// Width of a text in units of the drawing, never less than a browser needs: letters of a fixed-width font
/// are 0.6 of their size wide, wide characters as wide as they are high.
pub(super) fn measure(text: &str, size: i64) -> i64 {
    let hundredths: i64 = text.chars().map(|c| if c.width() == Some(2) { 104 } else { 63 }).sum();
    (hundredths * size + 99) / 100
}

/// The drawing in one language.
pub(super) struct Pen {
    pub(super) lang: Lang,
}

impl Pen {
    /// The words of the flag of a box, if it has one.
    pub(super) fn badge(&self, of: &Box) -> Option<String> {
        of.internet.map(|word| self.lang.say(&Text::InternetBadge(word)))
    }

    /// Height of everything above the rows.
    fn head(&self, of: &Box) -> i64 {
        if of.kind == Kind::Segment {
            return 0;
        }
        let subtitle = if of.subtitle.is_some() { SUBTITLE } else { 0 };
        let badge = if of.internet.is_some() { BADGE } else { 0 };
        TITLE + subtitle + badge + MARGIN
    }
}

impl Sizes for Pen {
    fn size(&self, of: &Box) -> (i64, i64) {
        let row = of.rows.iter().map(|r| {
            let gap = if r.more.is_empty() { 0 } else { 2 * PAD };
            measure(&r.text, SMALL) + measure(&r.more, SMALL) + gap + 2 * PAD
        });
        let head = [
            measure(&of.title, LARGE) + PAD,
            of.subtitle.as_deref().map_or(0, |s| measure(s, SMALL)),
            self.badge(of).map_or(0, |b| measure(&b, SMALL) + 30),
        ];
        let width = row.chain(head).max().unwrap_or(0).max(60) + 2 * PAD;
        let rows = i64::try_from(of.rows.len()).unwrap_or(0);
        match of.kind {
            Kind::Segment => (width, ROW),
            _ => (width, self.head(of) + rows * ROW + MARGIN),
        }
    }

    fn row_middle(&self, of: &Box, row: usize) -> i64 {
        let slot = of.order.get(row).copied().unwrap_or(row);
        self.head(of) + i64::try_from(slot).unwrap_or(0) * ROW + ROW / 2
    }
}

/// Fill and stroke of an area.
pub(super) fn colors(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Zone(index) | Kind::External(index) => {
            COLORS.get(index % COLORS.len()).copied().unwrap_or(NOBODY)
        }
        _ => NOBODY,
    }
}

/// Text as XML.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Control characters are not allowed in XML.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A text with its middle at a height.
pub(super) fn text(x: i64, middle: i64, class: &str, words: &str) -> String {
    format!("<text x=\"{x}\" y=\"{middle}\" class=\"{class}\">{}</text>\n", escape(words))
}

/// A rectangle with round corners.
pub(super) fn rect((x, y, width, height): (i64, i64, i64, i64), round: i64, style: &str) -> String {
    format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\" {style}/>\n")
}

/// The box at a place.
pub(super) fn boxed(pen: &Pen, of: &Box, (x, y): (i64, i64)) -> String {
    let (width, height) = pen.size(of);
    let (fill, stroke) = colors(of.kind);
    let mut out = String::new();
    match of.kind {
        Kind::Segment => {
            out.push_str(&rect((x, y, width, height), ROW / 2, "fill=\"#ffffff\" stroke=\"#777777\""));
        }
        Kind::Device => {
            out.push_str(&rect(
                (x, y, width, height),
                3,
                "fill=\"#ffffff\" stroke=\"#333c4a\" stroke-width=\"1.5\"",
            ));
            let band = TITLE + SUBTITLE + 2;
            out.push_str(&rect((x, y, width, band), 3, "fill=\"#333c4a\""));
        }
        Kind::Zone(_) => {
            let style = format!("fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"2\"");
            out.push_str(&rect((x, y, width, height), 12, &style));
        }
        Kind::External(_) | Kind::Nobody(_) => {
            let style =
                format!("fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"2\" stroke-dasharray=\"7 4\"");
            out.push_str(&rect((x, y, width, height), 12, &style));
        }
    }
    let (light, mut at) = (of.kind == Kind::Device, y);
    if of.kind != Kind::Segment {
        let class = if light { "title light" } else { "title" };
        out.push_str(&text(x + PAD, at + 16, class, &of.title));
        at += TITLE;
        if let Some(subtitle) = &of.subtitle {
            let class = if light { "sub light" } else { "sub" };
            out.push_str(&text(x + PAD, at + SUBTITLE / 2, class, subtitle));
            at += SUBTITLE;
        }
    }
    if let (Some(word), Some(words)) = (of.internet, pen.badge(of)) {
        out.push_str(&badge((x + PAD, at + 2), word, &words));
    }
    for (index, row) in of.rows.iter().enumerate() {
        let middle = y + pen.row_middle(of, index);
        if matches!(of.kind, Kind::Zone(_) | Kind::External(_) | Kind::Nobody(_)) {
            let style = format!("fill=\"#ffffff\" stroke=\"{stroke}\"");
            let inner = (x + 6, middle - ROW / 2 + 2, width - 12, ROW - 4);
            out.push_str(&rect(inner, (ROW - 4) / 2, &style));
        }
        let inset = if light { PAD } else { PAD + 6 };
        out.push_str(&text(x + inset, middle, "row", &row.text));
        if !row.more.is_empty() {
            out.push_str(&text(x + width - inset, middle, "row more", &row.more));
        }
    }
    out
}

/// The flag that says whether an external is connected to the Internet: a globe for what is, a question
/// mark for what nobody knows, an empty ring for what is not.
pub(super) fn badge((x, y): (i64, i64), word: &str, words: &str) -> String {
    let (fill, ink) = match word {
        "internet" | "yes" => ("#ffd24a", "#000000"),
        "no" => ("#ffffff", "#333333"),
        _ => ("#ffffff", "#000000"),
    };
    let width = measure(words, SMALL) + 34;
    let dash = if word == "unknown" { " stroke-dasharray=\"3 2\"" } else { "" };
    let mut out = rect((x, y, width, 20), 10, &format!("fill=\"{fill}\" stroke=\"{ink}\"{dash}"));
    let (cx, cy) = (x + 12, y + 10);
    match word {
        "internet" | "yes" => out.push_str(&format!(
            "<g fill=\"none\" stroke=\"{ink}\"><circle cx=\"{cx}\" cy=\"{cy}\" r=\"6\"/>\
             <ellipse cx=\"{cx}\" cy=\"{cy}\" rx=\"2.5\" ry=\"6\"/><path d=\"M{} {cy}H{}\"/></g>\n",
            cx - 6,
            cx + 6
        )),
        "no" => out
            .push_str(&format!("<circle cx=\"{cx}\" cy=\"{cy}\" r=\"5\" fill=\"none\" stroke=\"{ink}\"/>\n")),
        _ => out.push_str(&text(cx - 3, cy, "row", "?")),
    }
    out.push_str(&text(x + 24, cy, "row", words));
    out
}
