//! 判定できない理由と、その対処。

use std::collections::BTreeSet;

use super::phrase::phrase;
use crate::proof::{Because, Note};
use crate::report::messages::Remedy;
use crate::routing::Why;

/// What is not known.
pub(super) fn because(because: &Because) -> String {
    match because {
        Because::Doubt(why) => doubt(why),
        Because::NoHost => "セグメントには届くが、確実に受け取るホストがない".to_owned(),
        Because::NotAssigned { interfaces } => {
            format!("{} の先が誰か宣言されていない", interfaces.join("、"))
        }
        Because::NoLocation => "該当する場所がスナップショットにない".to_owned(),
        Because::Broken { message, .. } => format!("宣言を適用できない: {message}"),
        Because::PossiblePath => "インターネットへの経路がある可能性がある".to_owned(),
        Because::NoEvidence => "インターネット接続の有無が、根拠とともに宣言されていない".to_owned(),
        Because::Alternative { device, name } => {
            format!("{}。これがこの組の判定を決める", question(device, name))
        }
        Because::PeerMayReach => "相手先がインターネットに到達する可能性がある".to_owned(),
        Because::NoZones => "ポリシーに領域がなく、証明するものがない".to_owned(),
        Because::NotAlways => "不明な部分が好ましく定まる場合にだけ成り立つ".to_owned(),
        Because::TooManyParts => "規則による場合分けが多すぎて、一つずつ確かめられない".to_owned(),
        Because::Stray { end } => {
            format!("別の終わり方をする経路がある: {}", super::decision::decision(end))
        }
        Because::SessionMayBeOpen => "そのアドレスのセッションが開かれるかどうかが確定できない".to_owned(),
        Because::LostCable { end } => format!("宣言された配線の端 `{end}` がどの設定にもない"),
        Because::UnreadFile { file } => format!("`{file}` は機器かもしれないが、読み取れなかった"),
        Because::CutOff { file } => {
            format!("`{file}` は機器の出力だが `end` 行がなく、途中で切れている可能性がある")
        }
        Because::UnusedTable { file, .. } => {
            format!("経路表 `{file}` は使われていない。設定と異なる経路が使われている可能性がある")
        }
    }
}

/// A doubt on the way of a packet.
fn doubt(why: &Why) -> String {
    match why {
        Why::Unread { cause, device, interface: None } => format!("`{device}` の{}", gap(&phrase(cause))),
        Why::Unread { cause, device, interface: Some(name) } => {
            format!("`{device}` の `{name}` の{}", gap(&phrase(cause)))
        }
        Why::UnreadRoutes { cause } => format!("{}が経路を変える可能性がある", gap_after(&phrase(cause))),
        Why::NoTable { vrf } => {
            format!("VRF {vrf} の経路がここから来る可能性があるが、経路表が与えられていない")
        }
        Why::GarbledRow => "経路表に解釈できない行がある".to_owned(),
        Why::MissingRows => "経路表の先頭がなく、行が欠けている可能性がある".to_owned(),
        Why::Accepts { interface, family } => {
            format!("`{interface}` が {} を受け付けるか不明", super::family_word(*family))
        }
        Why::Forwards { device, family } => {
            format!("`{device}` が {} を転送するか不明", super::family_word(*family))
        }
        Why::Translation => "アドレス変換が行われるか不明".to_owned(),
        Why::SourceCheck => "送信元アドレスの検査を通るか不明".to_owned(),
        Why::MayDrop { cause } => {
            format!("{}がパケットを落とすか不明", gap_after(&phrase(cause)))
        }
        Why::ListLine { list, conditions } if conditions.is_empty() => {
            format!("リスト `{list}` に完全には解釈できない行がある")
        }
        Why::ListLine { list, conditions } => {
            let all: BTreeSet<String> = conditions.iter().map(|c| phrase(c)).collect();
            let all: Vec<String> = all.into_iter().collect();
            format!("リスト `{list}` の行の結果が次の条件による: {}", all.join("、"))
        }
        Why::Leak { vrf } => format!("VRF {vrf} の経路がここで漏れる可能性がある"),
        Why::RouteInUse => "この経路が使われているか不明".to_owned(),
        Why::Multicast => "マルチキャストが転送され、VRF のどこへでも届きうる".to_owned(),
        Why::TunnelInjection { device, interface } => {
            format!("`{device}` に届く者は `{interface}` にパケットを注入しうる")
        }
        Why::SourceRoute { device } => format!("`{device}` がソースルートに従う可能性がある"),
        Why::UndefinedPolicyRoute { name } => format!("ポリシールート `{name}` の定義がない"),
        Why::PolicyRouteEntry { name } => {
            format!("ポリシールート `{name}` の行がこの向きに送るか不明")
        }
        Why::DoubleTag => {
            "このトランクのネイティブ VLAN のホストは、二重タグで他の VLAN に送りうる".to_owned()
        }
        Why::Helper { device, helper } => {
            format!(
                "`{device}` の {helper} ヘルパーが、許可した通信の両端の間で別のセッションを開く可能性がある"
            )
        }
        Why::Plugged => "このポートにつながる者は、ポートが運ぶすべての VLAN に送りうる".to_owned(),
        Why::OneWire { cause } => format!("二つの配線が同じ可能性がある: {}", phrase(cause)),
        Why::Anybody => "セグメントの誰かが受け取る可能性がある".to_owned(),
        Why::Relay => "ここからブロードキャストが中継される可能性がある".to_owned(),
        Why::NextHop => "ネクストホップが不明".to_owned(),
        Why::Address => "このインターフェースのアドレスが不明".to_owned(),
        Why::LinkLocal { interface, address } => {
            format!("`{interface}` がリンクローカルアドレス {address} を持つ可能性がある")
        }
        Why::SeveralOwners => "同じアドレスを複数のインターフェースが持つ".to_owned(),
        Why::ProxyArp { interface } => {
            format!("`{interface}` が他者のアドレスに応答する(プロキシ ARP)可能性がある")
        }
        Why::TunnelEnd => "トンネルの終端がここである可能性がある".to_owned(),
        Why::ExternalForwards { external } => {
            format!("`ext:{external}` が自らの回線の間で転送する可能性がある")
        }
        Why::HostForwards { host } => format!("ホスト `{host}` が転送する可能性がある"),
        Why::Other(text) => phrase(text),
    }
}

/// A blank before a phrase that starts with a Latin letter.
fn gap(text: &str) -> String {
    if text.starts_with(|c: char| c.is_ascii()) { format!(" {text}") } else { text.to_owned() }
}

/// A blank after a phrase that ends with one.
fn gap_after(text: &str) -> String {
    if text.ends_with(|c: char| c.is_ascii()) { format!("{text} ") } else { text.to_owned() }
}

/// What to do about it.
pub(super) fn remedy(remedy: &Remedy<'_>) -> String {
    let text = match remedy.why {
        Because::Doubt(why) => return doubt_remedy(why, remedy),
        Because::NoHost => "受け取るホストのサブネットかインターフェースを [[zones]] に加える",
        Because::NotAssigned { .. } => {
            "インターフェースまたはサブネットを [[zones]] か [[externals]] に加える"
        }
        Because::NoLocation => "サブネット、インターフェース、VLAN、VRF を設定と照らし合わせる",
        Because::Broken { help, .. } => return help.clone().unwrap_or_default(),
        Because::PossiblePath => "経路を生む原因を解消するか、接続ありと宣言する",
        Because::NoEvidence => {
            "internet_connected = \"no\" と internet_evidence = { doc, date }、または \"yes\" を書く"
        }
        Because::Alternative { name, .. } => match *name {
            "match-vip-default" => {
                "バックアップの先頭行 (#config-version=) を残すか、拒否ポリシーに match-vip を設定する"
            }
            "zone-policy-before-nat" => "ポリシーの条件を変換されない項目だけにするか、アクセスリストで塞ぐ",
            _ => "バックアップの先頭行 (#config-version=) を残すか、設定を明記する",
        },
        Because::PeerMayReach => "許可通信を削除するか、相手先からインターネットへの経路を塞ぐ",
        Because::NotAlways | Because::Stray { .. } => "経路の不確かな点を解消する",
        Because::TooManyParts => "アドレスとポートを絞って書く",
        Because::SessionMayBeOpen => "セッションを許可する行の送信元と宛先を絞る",
        Because::NoZones => "[[zones]] に領域を書く",
        Because::LostCable { .. } => "名前を直すか、機器の設定を加えるか、[[links]] から除く",
        Because::UnreadFile { .. } => "読める形にするか、機器でなければスナップショットから除く",
        Because::CutOff { .. } => "ページ送りを止めて、設定を取り直す",
        Because::UnusedTable { .. } => "このファイルについてのエラーを見て直すか、スナップショットから除く",
    };
    text.to_owned()
}

fn doubt_remedy(why: &Why, remedy: &Remedy<'_>) -> String {
    let text = match why {
        Why::Unread { .. } | Why::UnreadRoutes { .. } => return unread(remedy),
        Why::NoTable { .. } => "この VRF の経路表(`show ip route` などの出力)を設定と同じ場所に置く",
        Why::GarbledRow => "ページ送りを止めて、経路表を取り直す",
        Why::MissingRows => "経路表を、コマンドと凡例を含む先頭から取り直す",
        Why::Accepts { .. } | Why::Forwards { .. } => "設定で明示的に有効または無効にする",
        Why::Translation => "必ず一致する静的な変換にするか、変換の後でフィルターする",
        Why::SourceCheck => "送信元の検査だけに頼らず、アクセスリストで拒否する",
        Why::MayDrop { .. } => "これに頼らず、アクセスリストで拒否する",
        Why::ListLine { conditions, .. } if conditions.is_empty() => {
            "sekisho が解釈できる書き方に直すか、その前に無条件の拒否を置く"
        }
        Why::ListLine { .. } => "条件を外すか、その前に無条件の拒否を置く",
        Why::Leak { .. } => "経路の取り込みをやめるか、境界でフィルターする",
        Why::RouteInUse => "経路表を与えるか、途中でフィルターする",
        Why::Multicast => "領域の境界でマルチキャストを止めるか、その転送を無効にする",
        Why::TunnelInjection { .. } | Why::TunnelEnd => {
            "トンネルの終端に届く送信元を絞るか、トンネルインターフェースでフィルターする"
        }
        Why::SourceRoute { .. } => "ソースルートを無効にする(IOS では `no ip source-route`)",
        Why::UndefinedPolicyRoute { .. } => "定義するか、適用している行を除く",
        Why::PolicyRouteEntry { .. } => "条件を確定できる形にするか、行き先の側でフィルターする",
        Why::DoubleTag => "ネイティブ VLAN を、ホストのない VLAN にするか、タグ付きにする",
        Why::Helper { .. } => {
            "ヘルパーを止める(FortiOS では `config system session-helper` から削除、SIP は `default-voip-alg-mode \
             kernel-helper-based` も)か、許可通信に `helpers = [...]` と書く"
        }
        Why::Plugged => {
            "運ぶ VLAN を絞るか、配線を [[links]] に、または接続先を [[zones]] か [[externals]] に書く"
        }
        Why::OneWire { .. } | Why::SeveralOwners => "実際の配線を [[links]] に書く",
        Why::Anybody | Why::NextHop => "経路表を与えるか、途中でフィルターする",
        Why::Relay => "中継をやめるか、中継先を許可通信として書く",
        Why::Address => "設定に固定アドレスを書くか、配線を [[links]] に書く",
        Why::LinkLocal { .. } => "リンクローカルアドレスを設定に明記する",
        Why::ProxyArp { .. } => "プロキシ ARP を無効にする(IOS では `no ip proxy-arp`)か、フィルターする",
        Why::ExternalForwards { .. } => {
            "`transit = \"no\"` を internet_evidence とともに書くか、両方の回線でフィルターする"
        }
        Why::HostForwards { .. } => "転送しないホストであれば `forwards = \"no\"` と書く",
        Why::Other(_) => "",
    };
    text.to_owned()
}

fn unread(remedy: &Remedy<'_>) -> String {
    let mut out = "誤記なら直し、不要なら削除する".to_owned();
    if remedy.like_it > 1 {
        out.push_str(&format!(
            "。このファイルには解釈できない行がほかに {} 行ある(`sekisho show coverage --lines unrecognized`、\
             `--lines unsupported` で一覧)",
            remedy.like_it - 1
        ));
    }
    out
}

/// What a line has to do with the matter.
pub(super) fn note(note: &Note) -> String {
    match note {
        Note::None => String::new(),
        Note::Enters => "ここから入る".to_owned(),
        Note::Leaves => "ここから出る".to_owned(),
        Note::NoZone => "どの領域にも属さない".to_owned(),
        Note::Declared => "ここで宣言".to_owned(),
        Note::Link => "回線".to_owned(),
        Note::Required => "必要な通信".to_owned(),
        Note::Flow => "許可通信".to_owned(),
        Note::Vrf => "インターフェースの VRF".to_owned(),
        Note::Step { stage, decision } => {
            format!("{}: {}", super::decision::stage(stage), super::decision::decision(decision))
        }
        Note::Opens { list } => format!("セッションを開く、リスト `{list}`"),
        Note::List { name } => format!("リスト `{name}`"),
        Note::Object { name } => format!("オブジェクト `{name}`"),
        Note::Access { interface } => format!("アクセスポート {interface}"),
        Note::Carries { interface, vlan, all: false } => format!("{interface} が VLAN {vlan} を運ぶ"),
        Note::Carries { interface, vlan, all: true } => {
            format!("{interface} が VLAN {vlan} を運ぶ: 許可 VLAN の指定がない")
        }
        Note::OnSegment => "このセグメント上".to_owned(),
        Note::Doubt(why) => doubt(why),
        Note::LostCable { end } => format!("配線の端 `{end}` がどの設定にもない"),
    }
}

/// A question that a configuration leaves open.
pub(super) fn question(device: &str, name: &str) -> String {
    match name {
        "match-vip-default" => {
            format!("`{device}` の拒否ポリシーが仮想アドレス宛ての通信を既定で止めるか不明")
        }
        "traffic-redirect-default" => {
            format!("`{device}` が受信したインターフェイスへポリシーなしで送り返すか不明")
        }
        "zone-policy-before-nat" => {
            format!("`{device}` のゾーンポリシーが送出時の変換前と変換後のどちらのアドレスを見るか不明")
        }
        other => format!("`{device}` の `{other}` が不明"),
    }
}
