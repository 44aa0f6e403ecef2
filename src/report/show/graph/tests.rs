//! Drawings of networks made by hand: nothing overlaps, nothing is clipped.

use super::draw::{PAD, Pen, SMALL, measure};
use super::layout::{Layout, Sizes, layout};
use super::scene::{Scene, scene};
use super::{DeviceView, EndView, LinkView, NeighbourView, PortView, SCHEMA, SegmentView, View, ZoneView};
use crate::report::messages::Lang;

/// `zones` areas of two segments each, on `devices` devices in a chain, and an external.
fn network(zones: u32, devices: u32) -> View {
    let area = |n: u32| ZoneView {
        id: format!("zone-{n}"),
        kind: "zone",
        name: Some(format!("第{n}領域・とても長い名前の業務系ネットワーク")),
        internet: None,
        segments: vec![2 * n, 2 * n + 1],
        neighbours: Vec::new(),
    };
    let mut all: Vec<ZoneView> = (0..zones).map(area).collect();
    all.push(ZoneView {
        id: "ext:isp".to_owned(),
        kind: "external",
        name: None,
        internet: Some("internet"),
        segments: vec![900],
        neighbours: vec![NeighbourView { segment: 0, address: "10.0.0.254".to_owned() }],
    });
    let port = |interface: String, segments: Vec<u32>| PortView {
        interface,
        addresses: vec!["2001:db8:ffff:ffff:ffff::1/64".to_owned(), "10.0.0.1/24".to_owned()],
        vrf: Some("MYNUM".to_owned()),
        routed: !segments.is_empty(),
        segments,
    };
    let device = |n: u32| {
        let mut ports: Vec<PortView> = (0..zones * 2)
            .filter(|s| s % devices == n)
            .map(|s| port(format!("GigabitEthernet0/{s}"), vec![s]))
            .collect();
        ports.push(port("TenGigabitEthernet1/1".to_owned(), Vec::new()));
        ports.push(port("TenGigabitEthernet1/2".to_owned(), Vec::new()));
        if n == 0 {
            ports.push(port("GigabitEthernet9/9".to_owned(), vec![900]));
        }
        DeviceView { device: format!("core-{n}"), os: "cisco_ios", product: "Cisco IOS", ports }
    };
    let end = |device: u32, port: u32| EndView {
        device: format!("core-{device}"),
        interface: format!("TenGigabitEthernet1/{port}"),
    };
    let number = |segment| SegmentView {
        segment,
        prefixes: vec![format!("10.{segment}.0.0/24")],
        vlans: vec![u16::try_from(segment).unwrap()],
    };
    View {
        schema: SCHEMA,
        zones: all,
        devices: (0..devices).map(device).collect(),
        segments: (0..zones * 2).chain([900]).map(number).collect(),
        links: (1..devices).map(|n| LinkView { a: end(n - 1, 2), b: end(n, 1) }).collect(),
    }
}

fn laid(view: &View) -> (Scene, Layout) {
    let mut scene = scene(view);
    let layout = layout(&mut scene, &Pen { lang: Lang::Ja }, &|_| 80);
    (scene, layout)
}

#[test]
fn boxes_do_not_overlap_and_texts_fit() {
    for (zones, devices) in [(1, 1), (4, 3), (15, 8), (12, 30)] {
        let (scene, layout) = laid(&network(zones, devices));
        assert_eq!(scene.boxes.len(), layout.places.len());
        for (at, a) in layout.places.iter().enumerate() {
            assert!(a.x >= 0 && a.y >= 0);
            assert!(a.x + a.width <= layout.size.0 && a.y + a.height <= layout.size.1);
            for b in layout.places.iter().skip(at + 1) {
                let apart = a.x + a.width <= b.x
                    || b.x + b.width <= a.x
                    || a.y + a.height <= b.y
                    || b.y + b.height <= a.y;
                assert!(apart, "{zones}/{devices}: {a:?} meets {b:?}");
            }
        }
        let pen = Pen { lang: Lang::Ja };
        for of in &scene.boxes {
            let (width, height) = pen.size(of);
            let mut middles: Vec<i64> = (0..of.rows.len()).map(|r| pen.row_middle(of, r)).collect();
            middles.sort_unstable();
            middles.dedup();
            assert_eq!(middles.len(), of.rows.len(), "two rows at one place");
            assert!(middles.iter().all(|m| *m > 0 && *m < height));
            for row in &of.rows {
                assert!(measure(&row.text, SMALL) + measure(&row.more, SMALL) + 2 * PAD <= width);
            }
        }
    }
}

#[test]
fn lines_pass_no_box() {
    let (scene, layout) = laid(&network(15, 8));
    for wire in &layout.wires {
        let inner = wire.points.get(1..wire.points.len() - 1).unwrap_or_default();
        for (column, y) in inner {
            let hit = layout.places.iter().any(|p| p.column == *column && p.y < *y && *y < p.y + p.height);
            assert!(!hit, "line {:?} passes a box in column {column}", scene.lines.get(wire.line));
        }
    }
}

#[test]
fn the_same_network_is_the_same_picture() {
    let view = network(12, 30);
    assert_eq!(super::svg::render(&view, Lang::En), super::svg::render(&view.clone(), Lang::En));
    let mut strange = network(1, 1);
    strange.zones.first_mut().unwrap().id = "a<b>&\"c\"\u{7}".to_owned();
    let svg = super::svg::render(&strange, Lang::En);
    assert!(svg.contains("a&lt;b&gt;&amp;&quot;c&quot; "), "{svg}");
}
