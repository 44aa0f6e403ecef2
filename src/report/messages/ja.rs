//! 日本語。

mod check;
mod decision;
mod diff;
pub mod phrase;
mod reason;
mod relay;

use super::{Label, Step, Text, Thing};
use crate::proof::FindingKind;
use crate::report::ranges::Part;
use crate::report::verify::{Advice, LeanView, Word};

/// The message.
#[must_use]
pub fn say(text: &Text<'_>) -> String {
    match *text {
        Text::Finding { kind, from, to } => finding(kind, from, to),
        Text::Advice(a) => advice(a),
        Text::Because(because) => reason::because(because),
        Text::Remedy(ref remedy) => reason::remedy(remedy),
        Text::Note(note) => reason::note(note),
        Text::Stage(word) => decision::stage(word),
        Text::Decision(text) => decision::decision(text),
        Text::StepWhy(text) => decision::why(text),
        Text::Disposition(word) => decision::disposition(word).to_owned(),
        Text::Assumption { id, text } => assumption(id, text),
        Text::Header { as_of, files } => {
            format!("sekisho: 分離の検証（基準日 {as_of}、入力 {files} ファイル）")
        }
        Text::FromTo => "送信元 \\ 宛先".to_owned(),
        Text::Legend => "+ 証明: 許可リストの外は届かない   ? 判定不能   x 違反".to_owned(),
        Text::Cell(Word::Proven) => "証明".to_owned(),
        Text::Cell(Word::Undecided) => "判定不能".to_owned(),
        Text::Cell(Word::Violated) => "違反".to_owned(),
        Text::UndeclaredRow(n) => format!("未宣言 ({n})"),
        Text::Findings => "検出事項".to_owned(),
        Text::Decide => "判定を確定させるために必要なこと".to_owned(),
        Text::Externals => "外部接続先: インターネット接続の有無".to_owned(),
        Text::RestsOn => "証明の前提".to_owned(),
        Text::Notes => "参考事項（判定には影響しない）".to_owned(),
        Text::Keys => "名称".to_owned(),
        Text::Line => "該当行".to_owned(),
        Text::PairsLabel => "対象".to_owned(),
        Text::Pairs { count, of } if count == of => format!("全 {of} 組"),
        Text::Pairs { count, of } => format!("{of} 組中 {count} 組"),
        Text::Or => "または".to_owned(),
        Text::More(n) => format!("ほか {n} 件（`--format json` で全件）"),
        Text::Packet => "パケット".to_owned(),
        Text::Arrives => "到着時".to_owned(),
        Text::Example => "例".to_owned(),
        Text::Enters(port) => format!("{port} から入る"),
        Text::Hop(n) => format!("{n} 段目"),
        Text::Ranges => "範囲".to_owned(),
        Text::Range(part, values) => range(part, values),
        Text::AnyPacket => "すべてのパケット".to_owned(),
        Text::Also => "ほかに".to_owned(),
        Text::MaybeNotMinimal(pairs) => format!(
            "{pairs} 組については、判定を決める点の探索を途中で打ち切った。挙げた点のすべてが必要とは限らない。"
        ),
        Text::LeavesAs => "送出時".to_owned(),
        Text::AlsoOpen => "同じ組は次の点にもよる:".to_owned(),
        Text::Ways(n) => format!("{n} 通りの可能性（下記）"),
        Text::SameHops { hops, way } => format!("（最初の {hops} 段は経路 {way} と同じ）"),
        Text::Severity("error") => "エラー".to_owned(),
        Text::Severity("warning") => "警告".to_owned(),
        Text::Severity(_) => "参考".to_owned(),
        Text::Blank => String::new(),
        Text::Lines => "該当行".to_owned(),
        Text::Help => "対処".to_owned(),
        Text::NotReplayed => "このパケットは参照実装では確認できない".to_owned(),
        Text::Internet("yes") => "接続あり".to_owned(),
        Text::Internet("no") => "接続なし".to_owned(),
        Text::Internet(_) => "不明".to_owned(),
        Text::Assurance(a) => {
            let routing = if a.routing == "any" { "任意の経路" } else { "与えられた経路" };
            let cabling = if a.cabling == "declared" { "宣言どおり" } else { "推定" };
            let source = if a.source == "any" { "任意" } else { "自サブネットのみ" };
            format!("経路: {routing}、配線: {cabling}、送信元アドレス: {source}")
        }
        Text::OfPairs(n) => format!("（{n} 組）"),
        Text::LeansOn(true) => "次の経路のどれが欠けても証明できない".to_owned(),
        Text::LeansOn(false) => "次の経路のいくつかに依存する".to_owned(),
        Text::LeansUnknown => "依存する経路の探索は途中で打ち切られた".to_owned(),
        Text::Lean(lean) => {
            let LeanView { device, vrf, interface, prefix, .. } = lean;
            let [vrf, interface, prefix] =
                [vrf, interface, prefix].map(|part| part.as_deref().unwrap_or_default());
            match lean.kind {
                "route" => format!("{device}、VRF {vrf}: {prefix} への経路"),
                "no-route" => format!("{device}、VRF {vrf}: {prefix} のうち他の宛先への経路がないこと"),
                "look-up" => format!("{device}、VRF {vrf}: すべての経路"),
                "source-check" => format!("{device}、{interface}: 送信元検査が参照する経路"),
                _ => format!("{device}、{interface}: ポリシールートの行き先"),
            }
        }
        Text::Coverage(c) => format!(
            "行: モデル化 {}、無関係 {}、近似 {}、未対応 {}、未認識 {}",
            c.modeled, c.ignored, c.approximated, c.unsupported, c.unrecognized
        ),
        Text::Conclusion(Word::Proven) => {
            "証明（終了コード 0）: 許可リストにない通信は領域の境界を越えない".to_owned()
        }
        Text::Conclusion(Word::Undecided) => {
            "判定不能（終了コード 3）: 証明も違反も示せない。上記が解消されるまで証明とはみなさない"
                .to_owned()
        }
        Text::Conclusion(Word::Violated) => "違反（終了コード 1）: 上記の検出事項を参照".to_owned(),
        Text::Disagreement => {
            "不一致（終了コード 4）: 独立した検査が結果と食い違う。不具合として報告してほしい".to_owned()
        }
        Text::MoreDiagnostics => "同種のもの:".to_owned(),
        Text::OtherDiagnostics(n) => format!("入力に関する警告 {n} 件（`sekisho verify` で表示）"),
        Text::NoPolicy(file) => format!("`{file}` がない。どの領域を分離すべきか分からない"),
        Text::NoPolicyHelp => {
            "作成する（docs/zones-toml.md に最小の例がある）か、`--policy FILE` で指定する".to_owned()
        }
        Text::CannotRead { file, why } => format!("`{file}` を読めない: {why}"),
        Text::CannotWrite { file, why } => format!("`{file}` に書けない: {why}"),
        Text::NoSnapshot(file) => format!("引数にも `{file}` の `snapshot = \"DIR\"` にも設定の場所がない"),
        Text::NoSnapshotHelp => {
            "`sekisho verify DIR` とするか、ポリシーに `snapshot = \"configs\"` を書く".to_owned()
        }
        Text::PolicyMistakes { file, count } => format!("`{file}` に {count} 件の誤りがある"),
        Text::NothingReadable(path) => format!("`{path}` に読み取れる機器設定がない"),
        Text::NothingReadableHelp => {
            "機器のテキスト出力を置く。判別できない場合は `--os` で指定する".to_owned()
        }
        Text::NoSuch { what, name } => format!("{} `{name}` はない", thing(what)),
        Text::DidYouMean(names) => format!("もしかして: {names}"),
        Text::Known(names) => format!("あるもの: {names}"),
        Text::Ambiguous { what, name } => format!("{} `{name}` は複数ある", thing(what)),
        Text::BadValue { option, value, expected } => {
            format!("`{option}` に `{value}` は指定できない: {expected}")
        }
        Text::MixedFamilies => "送信元と宛先は、ともに IPv4 か、ともに IPv6 でなければならない".to_owned(),
        Text::Usage(what) => what.to_owned(),
        Text::Failed(why) => format!("解析できない: {why}"),
        Text::Watched { unchanged, millis } => {
            format!("{millis} ms、変更のないファイル {unchanged} 件。変更を待機中")
        }
        Text::MoreChanges(n) => format!("ほか {n} 組の判定が変化"),
        Text::VerdictChanged { from, to, old, new } => format!("変化: {from} -> {to}: {old} -> {new}"),
        Text::Progress(Step::Read) => "読み込み中".to_owned(),
        Text::Progress(Step::Build) => "グラフを作成中".to_owned(),
        Text::Progress(Step::Prove) => "領域間を判定中".to_owned(),
        Text::NoFilter(place) => format!("{place} にフィルターはない。すべて通る"),
        Text::UndefinedList(name) => format!("リスト `{name}` は適用されているが定義がない。すべて通る"),
        Text::InternetBadge("internet") => "インターネット".to_owned(),
        Text::InternetBadge("yes") => "インターネット接続あり".to_owned(),
        Text::InternetBadge("no") => "インターネット接続なし".to_owned(),
        Text::InternetBadge(_) => "インターネット接続不明".to_owned(),
        Text::GraphCounts { devices, zones, externals } => {
            format!("機器 {devices} 台、領域 {zones}、外部接続先 {externals}")
        }
        Text::Label(l) => label(l).to_owned(),
        Text::Diff(d) => diff::say(d),
        Text::Margin(m) => diff::margin(m),
        Text::Check(ref c) => check::say(c),
        Text::Relay(r) => relay::say(r),
    }
}

fn thing(what: Thing) -> &'static str {
    match what {
        Thing::Device => "機器",
        Thing::Interface => "インターフェース",
        Thing::Vrf => "VRF",
        Thing::List => "リスト",
        Thing::Group => "オブジェクトグループ",
        Thing::Zone => "ファイアウォールのゾーン",
        Thing::Vlan => "VLAN",
        Thing::Code => "コード",
        Thing::Os => "OS",
        Thing::Encoding => "文字コード",
        Thing::File => "設定ファイル",
    }
}

fn label(label: Label) -> &'static str {
    match label {
        Label::Certain => "必ず通る",
        Label::Possible => "通ることがある",
        Label::Impossible => "通らない",
        Label::Maybe => "可能性あり",
        Label::Sure => "確実",
        Label::Way => "経路",
        Label::Permit => "許可",
        Label::Deny => "拒否",
        Label::Undecided => "判定不能",
        Label::Device => "機器",
        Label::Vrf => "VRF",
        Label::Prefix => "プレフィックス",
        Label::Protocol => "種別",
        Label::NextHop => "ネクストホップ",
        Label::Interface => "インターフェース",
        Label::File => "ファイル",
        Label::Total => "合計",
        Label::Address => "アドレス",
        Label::Segment => "セグメント",
        Label::Why => "理由",
        Label::Zone => "領域",
        Label::DeclaredLinks => "宣言された配線",
        Label::Segments => "セグメント一覧",
        Label::GraphTitle => "ネットワークと領域",
        Label::External => "外部接続先",
        Label::Nobody => "どの領域にも属さない",
        Label::Cable => "宣言された配線",
        Label::Devices => "機器",
        Label::Zones => "領域と外部接続先",
        Label::NoLocation => "スナップショットのどこにもない",
    }
}

fn finding(kind: &FindingKind, from: &str, to: &str) -> String {
    match kind {
        FindingKind::Open { family } => {
            format!("許可リストにない {} 通信が `{from}` から `{to}` へ届く", family_word(*family))
        }
        FindingKind::SharedSegment { .. } => {
            format!("`{from}` と `{to}` が同じセグメントにあり、間に機器がない")
        }
        FindingKind::MaybeOpen { family, .. } => {
            format!(
                "許可リストにない {} 通信が `{from}` から `{to}` へ届く可能性がある",
                family_word(*family)
            )
        }
        FindingKind::NotAssigned { interfaces, .. } => {
            format!(
                "`{from}` から `{to}` へ届く可能性があるが、{} の先が誰か宣言されていない",
                interfaces.join("、")
            )
        }
        FindingKind::EitherWay { questions } => {
            let open: Vec<String> = questions.iter().map(|(d, n)| reason::question(d, n)).collect();
            format!("`{from}` から `{to}` への分離は、次のどちらの場合も証明される: {}", open.join("、"))
        }
        FindingKind::StatelessReply { .. } => {
            format!("`{from}` から `{to}` へは応答に見えるパケットが通り、新規のパケットも通りうる")
        }
        FindingKind::SessionCrossing { opener, sure, .. } => {
            let whose = match opener {
                Some(opener) => format!("`{opener}` が開くセッション"),
                None => "セッション".to_owned(),
            };
            let verb = if *sure { "通る" } else { "通る可能性がある" };
            format!("`{from}` から `{to}` へ、{whose}の応答としてパケットが{verb}")
        }
        FindingKind::ZoneNotFound { zone } => format!("`{zone}` がスナップショットのどこにもない"),
        FindingKind::Broken { zone, message } => format!("`{zone}` の宣言を適用できない: {message}"),
        FindingKind::Incomplete { why } => format!("何も証明できない: {}", reason::because(why)),
        FindingKind::EndpointConnected { external, contradicted: true } => {
            format!("`{external}` は宣言に反してインターネットに到達する")
        }
        FindingKind::EndpointConnected { external, .. } => {
            format!("`{external}` はインターネットに接続している")
        }
        FindingKind::EndpointUnknown { external, possible_path: true } => {
            format!("`{external}` は接続なしと宣言されているが、インターネットへの経路がある可能性がある")
        }
        FindingKind::EndpointUnknown { external, .. } => {
            format!("`{external}` のインターネット接続の有無が不明")
        }
        FindingKind::PeerConnected { flow, sure: true } => {
            format!("許可通信 `{flow}` の相手先はインターネットにも到達する")
        }
        FindingKind::PeerConnected { flow, .. } => {
            format!("許可通信 `{flow}` の相手先はインターネットにも到達する可能性がある")
        }
        FindingKind::RequiredBroken { required, back, sure, .. } => {
            let what = if *back { "の応答が戻らない" } else { "が通らない" };
            let perhaps = if *sure { "" } else { "可能性がある" };
            format!("必要な通信 `{required}` {what}{perhaps}")
        }
        FindingKind::RequiredNotPermitted { required } => {
            format!("必要な通信 `{required}` を許可する [[flows]] の項目がない")
        }
        FindingKind::Unused { flow } => format!("許可通信 `{flow}` を使えるパケットがない"),
        FindingKind::ModelDisconnected => {
            "どの許可通信も使えない。モデルがつながっていない可能性が高い".to_owned()
        }
        FindingKind::Relay(found) => relay::finding(found, from, to),
        FindingKind::Unconfirmed { why } => {
            format!("`{from}` から `{to}` への証明を、証明書の検査が裏付けない（詳細は英語）: {why}")
        }
        FindingKind::Disagreement { .. } => {
            format!("`{from}` から `{to}` へのパケットを独立した検査が確認できない")
        }
    }
}

/// Assumptions with names in them; the text is the one of the engine with the names at `{}`.
const ASSUMPTIONS: &[(&str, &str)] = &[
    ("nothing is missing at the end of {}", "{} の末尾に欠けはない"),
    ("packets with a source route are not obeyed by {}", "{} はソースルートに従わない"),
    ("the exported tables show the routes in use on {}", "{} では、出力された経路表が実際に使われている"),
    ("service {} is as the vendor ships it", "サービス {} は出荷時の定義のままである"),
    (
        "members of a cluster that are not in the snapshot have the configuration of one that is",
        "クラスターの機器のうち、設定のないものは、設定のあるいずれかの機器と同じ設定である",
    ),
];

/// An assumption by its id, else by its text.
fn assumption(id: &str, text: &str) -> String {
    match id {
        "host-forwarding" => "設定のない機器は、セグメント間の転送をしない".to_owned(),
        "gateway-address" => "中継装置のアドレスを使うのは当の装置だけである".to_owned(),
        "gateway-forwarding" => {
            let names = text.rsplit("legs of ").next().unwrap_or_default();
            format!("{names} の足の間でパケットは転送されない")
        }
        "device-sessions" => {
            "スナップショットの機器は他のためにセッションを開かない（名前解決、プロキシ、VPN の窓口）"
                .to_owned()
        }
        "crypto" => {
            "設定のある機器どうしのトンネルの鍵は秘密であり、保護された通信は偽造も解読もできない".to_owned()
        }
        "state-empty" => "以前の設定のセッションは残っていない".to_owned(),
        "inferred-cabling" => {
            "配線の宣言がないポートは、サブネットと VLAN から推定したとおりにだけ接続されている".to_owned()
        }
        "tcp-reply" => {
            "許可された TCP 通信の逆向きの ACK・RST パケットは、新しいセッションを開かない".to_owned()
        }
        "fortios-session-helpers" => "出力されたセッションヘルパーの表に欠けはない".to_owned(),
        "ios-ip-routing-default" => "IPv4 の転送は、止める行がないため有効である".to_owned(),
        "zone-filter-ipv6" => "ゾーンベースのファイアウォールは IPv6 も IPv4 と同じく検査する".to_owned(),
        "ipv6-extension-headers" => {
            "IPv6 のアクセスリストは拡張ヘッダーの後ろの上位プロトコルを検査する".to_owned()
        }
        _ => phrase::look_up(ASSUMPTIONS, text).unwrap_or_else(|| text.to_owned()),
    }
}

fn family_word(family: sekisho_net::Family) -> &'static str {
    match family {
        sekisho_net::Family::V4 => "IPv4",
        sekisho_net::Family::V6 => "IPv6",
    }
}

fn range(part: Part, values: &str) -> String {
    match part {
        Part::Proto => values.to_owned(),
        Part::Src => format!("送信元 {values}"),
        Part::SrcAsSent => format!("（変換前の送信元 {values}）"),
        Part::Dst => format!("宛先 {values}"),
        Part::Sport | Part::Dport => format!("ポート {values}"),
        Part::Flags => format!("フラグ {values}"),
        Part::IcmpType => format!("タイプ {values}"),
        Part::IcmpCode => format!("コード {values}"),
        Part::Later => "後続フラグメント".to_owned(),
    }
}

fn advice(advice: &Advice) -> String {
    match advice {
        Advice::JoinVrf { interface, place, zone, vrf } => format!(
            "`{interface}` を VRF {vrf} に入れる（{place}）: グローバルの経路表にあるが、この機器の `{zone}` の\
             ほかのインターフェースは {vrf} にある"
        ),
        Advice::PolicyRoute { place } => {
            format!("パケットをこの向きに送る {place} のポリシールートを削除するか絞る")
        }
        Advice::Leak { place, from, to } => {
            format!("VRF {from} から VRF {to} へ抜ける {place} の経路を削除する")
        }
        Advice::Narrow { place, flows } if flows.is_empty() => {
            format!("{place} を絞るか削除する: パケットを通すが、該当する許可通信がない")
        }
        Advice::Narrow { place, flows } => {
            format!("{place} を絞る: 許可通信 {} の範囲を超えて通す", flows.join("、"))
        }
        Advice::OtherFamily { interface, family } => format!(
            "`{interface}` のフィルターは {0} に効かない: {0} のリストを適用する",
            family_word(*family)
        ),
        Advice::AddFilter { enters, leaves } => {
            format!("途中にフィルターがない: 入口（`{enters}` の in）か出口（`{leaves}` の out）に適用する")
        }
        Advice::Translation { place } => {
            format!("宛先を到達可能にしている {place} のアドレス変換を削除するか絞る")
        }
        Advice::Approve { entry } => {
            format!("必要な通信であれば zones.toml の [[flows]] に id とともに加える: {entry}")
        }
        Advice::Split { from, to, place } => match place {
            Some(place) => {
                format!("{place} から VLAN を外すか、`{from}` と `{to}` の VLAN を分けて間にフィルターを置く")
            }
            None => format!("`{from}` と `{to}` の VLAN を分け、間にフィルターを置く"),
        },
        Advice::Assign => "インターフェースを [[zones]] または [[externals]] に加える".to_owned(),
        Advice::Inspect => "ステートフルに検査するか、応答を許すポートを絞る".to_owned(),
        Advice::CheckSources => {
            "セッションの入口で送信元を検査し(uRPF または規則の送信元の指定)、機器の両側のインターフェースを領域ごとに分ける"
                .to_owned()
        }
        Advice::Disconnect => {
            "接続を断つか、インターネットを許す領域に付けるか、許可通信を削除する".to_owned()
        }
        Advice::SeparatePeer => "許可通信を削除するか、相手先をインターネットから分離する".to_owned(),
        Advice::CheckFlow => "削除するか、領域とポートが正しいか確かめる".to_owned(),
        Advice::CheckConfigs => {
            "領域間の機器の設定がスナップショットにあるか確かめ、足りない配線を宣言する".to_owned()
        }
        Advice::Report => "該当する設定とともに報告してほしい".to_owned(),
    }
}
