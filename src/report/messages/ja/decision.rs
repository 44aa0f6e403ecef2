//! 参照実装の言葉: 段階、判断、パケットの終わり方。
//!
//! The reference semantics depends on none of our crates and speaks English words of a closed list; `{}`
//! stands for names, addresses and headers. Entries with more words stand before those with fewer.

use super::phrase::{look_up, phrase};

const STAGES: &[(&str, &str)] = &[
    ("filter", "フィルター"),
    ("nat", "変換"),
    ("anti-spoof", "送信元検査"),
    ("policy-route", "ポリシールート"),
    ("route", "経路"),
    ("drop", "破棄"),
    ("may-drop", "破棄の可能性"),
];

const DECISIONS: &[(&str, &str)] = &[
    ("permit", "許可"),
    ("deny", "拒否"),
    ("undefined", "定義なし"),
    ("unchanged", "変換なし"),
    ("translate to {}", "変換後 {}"),
    ("translate", "変換"),
    ("local", "機器自身"),
    ("discard", "破棄"),
    ("drop", "破棄"),
    ("look-up", "経路表による"),
    ("next hop", "ネクストホップ"),
    ("interface", "インターフェース"),
    ("another VRF", "別の VRF"),
    ("unknown", "不明"),
    ("out {} to anyone", "{} から出る(相手は不明)"),
    ("out {} to {}", "{} から {} へ"),
    ("out {}", "{} から出る"),
];

const REASONS: &[(&str, &str)] = &[
    ("list {}, no line matches", "リスト {}、該当行なし"),
    ("list {}", "リスト {}"),
    ("connected {}", "直結 {}"),
    ("static {}", "静的 {}"),
    ("local {}", "自身 {}"),
    ("shared address", "共有アドレス"),
    ("own address", "自アドレス"),
    ("no route", "経路なし"),
    ("policy route not understood", "解釈できないポリシールート"),
    ("policy route", "ポリシールート"),
    ("multicast routing", "マルチキャスト"),
    ("host of the segment", "セグメントのホスト"),
    ("next hop is not modelled", "設定のないネクストホップ"),
    ("every address of the segment is modelled", "セグメントの全アドレスが既知で、該当なし"),
    ("nobody on the segment takes it", "セグメントに受け取る者がない"),
    ("the same packet came here before", "同じパケットが戻ってきた"),
    ("source or destination is never forwarded", "転送されない送信元または宛先"),
    ("destination is never routed", "転送されない宛先"),
    ("the device does not forward this family", "機器がこの種類を転送しない"),
    ("the interface does not take this family", "インターフェースがこの種類を受け付けない"),
    ("no such interface", "インターフェースがない"),
    ("no cable on this interface", "配線がない"),
    ("routes that the config does not show", "設定に現れない経路"),
    ("routes of an unread line", "解釈できない行の経路"),
    ("row not understood", "解釈できない経路"),
    ("row of a missing interface", "存在しないインターフェースの経路"),
    ("rows may be missing", "経路が欠けている可能性"),
    ("tunnel end takes any inner packet", "トンネルの終端は任意の内側パケットを受け取る"),
    ("source route", "ソースルート"),
    ("to values not tried", "試していない値へ"),
    ("to any neighbour", "相手が不明"),
    ("into a tunnel", "トンネルの中へ"),
    ("too many ways", "経路が多すぎる"),
    ("not followed", "追跡しない"),
    ("ways that lead into each other", "互いに循環する経路"),
];

/// A stage of a device.
pub(super) fn stage(word: &str) -> String {
    look_up(STAGES, word).unwrap_or_else(|| word.to_owned())
}

/// What a stage decided.
pub(super) fn decision(text: &str) -> String {
    look_up(DECISIONS, text).unwrap_or_else(|| text.to_owned())
}

/// Why, as the reference semantics puts it; a condition is a phrase of the parsers.
pub(super) fn why(text: &str) -> String {
    match text.split_once(", depends on ") {
        Some((first, cause)) => format!("{}、条件: {}", why(first), phrase(cause)),
        None => look_up(REASONS, text).unwrap_or_else(|| phrase(text)),
    }
}

/// How a packet ends.
pub(super) fn disposition(word: &str) -> &str {
    match word {
        "accepted" => "機器自身に届く",
        "delivered_to_subnet" => "サブネットに届く",
        "exits_network" => "ネットワークの外へ出る",
        "denied_in" => "入口で拒否される",
        "denied_out" => "出口で拒否される",
        "no_route" => "経路がなく破棄される",
        "null_route" => "経路により破棄される",
        "neighbor_unreachable" => "相手に届かない",
        "loop" => "ループする",
        "insufficient_info" => "情報が足りない",
        _ => word,
    }
}
