//! From the view to boxes with rows and lines between rows, before anything has a place.

use super::View;
use crate::report::style::cut;

/// Columns of a row before it is cut.
const ROW: usize = 44;
/// Columns of a name before it is cut.
const NAME: usize = 60;
/// Host ports of a row that are named.
const PORTS: usize = 2;

/// What a box stands for; decides its looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A zone, by its index in the view.
    Zone(usize),
    /// An external, by its index in the view.
    External(usize),
    /// `unassigned` or `undeclared:*`, by its index in the view.
    Nobody(usize),
    /// A device.
    Device,
    /// A segment between devices.
    Segment,
}

/// A box: a title and rows, each of which lines may end at.
#[derive(Clone, Debug)]
pub(super) struct Box {
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) subtitle: Option<String>,
    /// Whether it is connected to the Internet, as in the view.
    pub(super) internet: Option<&'static str>,
    pub(super) rows: Vec<Row>,
    /// At which place from the top each row is drawn.
    pub(super) order: Vec<usize>,
}

/// A row of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) more: String,
}

/// A line between two rows: (box, row).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) a: (usize, usize),
    pub(super) b: (usize, usize),
    /// A declared cable, not a port on a segment.
    pub(super) cable: bool,
    /// The zone whose segment it leads to, by its index in the view.
    pub(super) zone: Option<usize>,
}

/// Boxes and lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    pub(super) boxes: Vec<Box>,
    pub(super) lines: Vec<Line>,
}

/// Rows at which a segment is drawn: in each of its zones, else in a box of its own.
type Anchors = std::collections::BTreeMap<u32, Vec<(usize, usize)>>;

/// The scene of a view.
pub(super) fn scene(view: &View) -> Scene {
    let mut scene = Scene::default();
    let mut anchors = Anchors::new();
    for (index, zone) in view.zones.iter().enumerate() {
        if zone.segments.is_empty()
            && zone.neighbours.is_empty()
            && zone.kind != "zone"
            && zone.kind != "external"
        {
            continue;
        }
        let at = scene.boxes.len();
        let mut rows: Vec<Row> = Vec::new();
        for &segment in &zone.segments {
            anchors.entry(segment).or_default().push((at, rows.len()));
            rows.push(segment_row(view, segment));
        }
        for neighbour in &zone.neighbours {
            rows.push(Row { text: neighbour.address.clone(), more: String::new() });
        }
        let kind = match zone.kind {
            "zone" => Kind::Zone(index),
            "external" => Kind::External(index),
            _ => Kind::Nobody(index),
        };
        let (title, subtitle) = (cut(&zone.id, NAME), zone.name.as_deref().map(|n| cut(n, NAME)));
        scene.boxes.push(Box { kind, title, subtitle, internet: zone.internet, rows, order: Vec::new() });
    }
    let zoned: Vec<u32> = anchors.keys().copied().collect();
    for segment in view.segments.iter().filter(|s| !zoned.contains(&s.segment)) {
        anchors.insert(segment.segment, vec![(scene.boxes.len(), 0)]);
        let row = segment_row(view, segment.segment);
        let title = String::new();
        scene.boxes.push(Box {
            kind: Kind::Segment,
            title,
            subtitle: None,
            internet: None,
            rows: vec![row],
            order: Vec::new(),
        });
    }
    neighbours(view, &anchors, &mut scene);
    devices(view, &anchors, &mut scene);
    scene.lines.sort_unstable();
    scene.lines.dedup();
    scene
}

fn segment_row(view: &View, number: u32) -> Row {
    let Some(segment) = view.segments.iter().find(|s| s.segment == number) else {
        return Row { text: format!("#{number}"), more: String::new() };
    };
    let vlans: Vec<String> = segment.vlans.iter().map(u16::to_string).collect();
    let vlans = if vlans.is_empty() { String::new() } else { format!("VLAN {}", vlans.join(",")) };
    let text = match segment.prefixes.split_first() {
        None if vlans.is_empty() => format!("#{number}"),
        None => vlans.clone(),
        Some((first, [])) => first.clone(),
        Some((first, rest)) => format!("{first} +{}", rest.len()),
    };
    let more = if text == vlans { String::new() } else { vlans };
    Row { text: cut(&text, ROW), more: cut(&more, ROW / 2) }
}

/// Lines from single neighbours to the segment that they sit on.
fn neighbours(view: &View, anchors: &Anchors, scene: &mut Scene) {
    for (at, boxed) in scene.boxes.iter().enumerate() {
        let (Kind::Zone(index) | Kind::External(index) | Kind::Nobody(index)) = boxed.kind else { continue };
        let Some(zone) = view.zones.get(index) else { continue };
        for (n, neighbour) in zone.neighbours.iter().enumerate() {
            for &b in anchors.get(&neighbour.segment).into_iter().flatten().filter(|(other, _)| *other != at)
            {
                let a = (at, zone.segments.len() + n);
                scene.lines.push(Line { a, b, cable: false, zone: Some(index) });
            }
        }
    }
}

fn devices(view: &View, anchors: &Anchors, scene: &mut Scene) {
    // Device, interface, and where its row is.
    let mut cable_rows: Vec<(&str, &str, (usize, usize))> = Vec::new();
    for device in &view.devices {
        let at = scene.boxes.len();
        let mut rows: Vec<Row> = Vec::new();
        let mut hosts: Vec<(&[u32], Vec<&str>)> = Vec::new();
        for port in &device.ports {
            if port.segments.is_empty() || port.routed {
                let mut more = match port.addresses.split_first() {
                    Some((first, rest)) if !rest.is_empty() => format!("{first} +{}", rest.len()),
                    first => first.map_or(String::new(), |(first, _)| first.clone()),
                };
                if let Some(vrf) = &port.vrf {
                    more = format!("{more} ({vrf})");
                }
                let row = rows.len();
                rows.push(Row { text: short(&port.interface), more: cut(more.trim(), ROW) });
                cable_rows.push((&device.device, &port.interface, (at, row)));
                connect(&port.segments, (at, row), anchors, scene);
            } else if let Some(known) = hosts.iter_mut().find(|(segments, _)| *segments == port.segments) {
                known.1.push(&port.interface);
            } else {
                hosts.push((&port.segments, vec![&port.interface]));
            }
        }
        for (segments, ports) in hosts {
            let row = rows.len();
            let mut names: Vec<String> = ports.iter().take(PORTS).map(|p| short(p)).collect();
            if ports.len() > PORTS {
                names.push(format!("+{}", ports.len() - PORTS));
            }
            rows.push(Row { text: names.join(", "), more: String::new() });
            connect(segments, (at, row), anchors, scene);
        }
        let (title, subtitle) = (cut(&device.device, NAME), Some(device.product.to_owned()));
        scene.boxes.push(Box {
            kind: Kind::Device,
            title,
            subtitle,
            internet: None,
            rows,
            order: Vec::new(),
        });
    }
    for link in &view.links {
        let row = |device: &str, interface: &str| {
            cable_rows.iter().find(|(d, i, _)| (*d, *i) == (device, interface)).map(|(_, _, row)| *row)
        };
        let (a, b) = (row(&link.a.device, &link.a.interface), row(&link.b.device, &link.b.interface));
        if let (Some(a), Some(b)) = (a, b) {
            scene.lines.push(Line { a, b, cable: true, zone: None });
        }
    }
}

/// Lines from a row of a device to its segments.
fn connect(segments: &[u32], row: (usize, usize), anchors: &Anchors, scene: &mut Scene) {
    for &b in segments.iter().filter_map(|s| anchors.get(s)).flatten() {
        let zone = match scene.boxes.get(b.0).map(|x| x.kind) {
            Some(Kind::Zone(index) | Kind::External(index) | Kind::Nobody(index)) => Some(index),
            _ => None,
        };
        scene.lines.push(Line { a: row, b, cable: false, zone });
    }
}

/// The usual short form of an interface name.
fn short(name: &str) -> String {
    const FORMS: [(&str, &str); 9] = [
        ("TwentyFiveGigE", "Twe"),
        ("HundredGigE", "Hu"),
        ("FortyGigabitEthernet", "Fo"),
        ("TenGigabitEthernet", "Te"),
        ("GigabitEthernet", "Gi"),
        ("FastEthernet", "Fa"),
        ("Port-channel", "Po"),
        ("Ethernet", "Et"),
        ("Tunnel", "Tu"),
    ];
    let found = FORMS.iter().find_map(|(long, form)| Some(format!("{form}{}", name.strip_prefix(long)?)));
    cut(&found.unwrap_or_else(|| name.to_owned()), ROW / 2)
}
