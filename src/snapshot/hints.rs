//! What a path says about a file: whose it is, and which command printed it.
//!
//! Layouts: a plain directory, Oxidized (`group/device`), RANCID (`configs/device`), one directory per device
//! (`configs/<device>/show_running-config.txt`, `show/<device>/show_ip_route.txt`), and files that
//! share a stem (`X_config.txt`, `X_route.txt`).

const ENDINGS: &[&str] = &["cfg", "conf", "config", "confg", "txt", "text", "log", "ios", "run"];
const CONFIG_TAILS: &[&str] = &[
    "_running-config",
    "-running-config",
    "_startup-config",
    "_running",
    "_config",
    "-config",
    "-confg",
    "_cfg",
    "_conf",
];
const ROUTE_TAILS: &[&str] = &[
    "_show_ip_route",
    "-show-ip-route",
    "_show_ipv6_route",
    "_ip_route",
    "_routes",
    "-routes",
    "_route",
    "-route",
    "_rib",
    "_fib",
    "_cef",
];

/// File name without a usual ending; host names may contain dots.
pub(super) fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    match file.rsplit_once('.') {
        Some((stem, ending))
            if !stem.is_empty() && ENDINGS.iter().any(|e| ending.eq_ignore_ascii_case(e)) =>
        {
            stem
        }
        _ => file,
    }
}

/// Path of the directory, empty at the top.
pub(super) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Name of the directory that holds the file.
fn parent(path: &str) -> Option<&str> {
    directory(path).rsplit('/').next().filter(|d| !d.is_empty())
}

/// The device whose configuration the file is, as far as the path tells.
pub(super) fn config_device(path: &str) -> &str {
    let stem = stem(path);
    let command = stem.starts_with("show_") || stem.starts_with("show-") || stem.starts_with("show ");
    if command || matches!(stem, "running-config" | "startup-config" | "config" | "running" | "startup") {
        return parent(path).unwrap_or(stem);
    }
    CONFIG_TAILS.iter().find_map(|tail| stem.strip_suffix(tail)).filter(|s| !s.is_empty()).unwrap_or(stem)
}

/// Devices whose route tables the file may hold, the best hint first.
pub(super) fn route_devices(path: &str) -> Vec<&str> {
    let stem = stem(path);
    let mut hints = Vec::new();
    if command(path).is_none() {
        hints.push(
            ROUTE_TAILS
                .iter()
                .find_map(|tail| stem.strip_suffix(tail))
                .filter(|s| !s.is_empty())
                .unwrap_or(stem),
        );
    }
    hints.extend(parent(path));
    hints
}

/// The command that a file is named after: `show_ip_route_vrf_RED.txt`.
pub(super) fn command(path: &str) -> Option<String> {
    let stem = stem(path);
    if !stem.starts_with("show_") && !stem.starts_with("show ") {
        return None;
    }
    // A VRF name may contain the character that stands for the blanks.
    Some(match stem.split_once("_vrf_") {
        Some((front, vrf)) => format!("{} vrf {vrf}", front.replace('_', " ")),
        None => stem.replace('_', " "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts() {
        for (path, device) in [
            ("r1.cfg", "r1"),
            ("tokyo/r1.example.jp", "r1.example.jp"),
            ("configs/r1", "r1"),
            ("configs/r1/show_running-config.txt", "r1"),
            ("bbra_rtr_config.txt", "bbra_rtr"),
            ("r1-confg", "r1"),
        ] {
            assert_eq!(config_device(path), device, "{path}");
        }
        assert_eq!(route_devices("bbra_rtr_route.txt"), ["bbra_rtr"]);
        assert_eq!(route_devices("show/r1/show_ip_route.txt"), ["r1"]);
        assert_eq!(route_devices("routes/r1.txt"), ["r1", "routes"]);
        assert_eq!(
            command("show/r1/show_ip_route_vrf_RED_1.txt").as_deref(),
            Some("show ip route vrf RED_1")
        );
        assert_eq!(command("r1_route.txt"), None);
    }
}
