//! What parsers call the lines that they could not model: English noun phrases and their translation.
//!
//! The English phrase is the key, `{}` stands for names. A phrase without an entry stays English: it is a
//! name of a feature, and the line itself is quoted beside it. `tests/messages.rs` keeps the list complete.

/// (English, Japanese); each `{}` on the left is a word that stands at the `{}` on the right.
pub const PHRASES: &[(&str, &str)] = &[
    ("unrecognized line", "解釈できない行"),
    ("line without a reader", "解釈できない行"),
    ("802.1Q tunnel port", "802.1Q トンネルポート"),
    ("BGP policy accounting", "BGP ポリシーアカウンティング"),
    ("ISL encapsulation", "ISL カプセル化"),
    ("LISP", "LISP"),
    ("MAC access list", "MAC アクセスリスト"),
    ("MPLS", "MPLS"),
    ("MPLS tunnel", "MPLS トンネル"),
    ("MPLS traffic engineering", "MPLS トラフィックエンジニアリング"),
    ("NAT virtual interface", "NAT 仮想インターフェース(NVI)"),
    ("OTV", "OTV"),
    ("PPPoE server", "PPPoE サーバー"),
    ("REP ring", "REP リング"),
    ("SSL VPN", "SSL VPN"),
    ("URL filter", "URL フィルター"),
    ("VLAN chosen at run time", "動作時に決まる VLAN"),
    ("VLAN filter", "VLAN フィルター"),
    ("VLAN mapping", "VLAN の読み替え"),
    ("VPN client", "VPN クライアント"),
    ("VRF autoclassification", "VRF の自動分類"),
    (
        "VRF binding after the addresses that it removes",
        "アドレス設定より後の VRF 割り当て(アドレスは消える)",
    ),
    ("VRF receive", "VRF receive"),
    ("VRF selection", "VRF 選択"),
    ("VRF selection by source", "送信元による VRF 選択"),
    ("WCCP redirection", "WCCP による転送"),
    ("X.25 switching", "X.25 交換"),
    ("a line of the interface is not understood", "インターフェースに解釈できない行がある"),
    ("address translation between families", "IPv4・IPv6 間のアドレス変換"),
    ("address translation that is not modelled", "未対応のアドレス変換"),
    ("authentication proxy", "認証プロキシ"),
    ("backup interface", "バックアップインターフェース"),
    ("backup port", "バックアップポート"),
    ("before or after translation", "変換の前か後か"),
    ("both have {}", "両方に {} がある"),
    ("bridge domain", "ブリッジドメイン"),
    ("bridge group", "ブリッジグループ"),
    ("bridged VLAN", "ブリッジされた VLAN"),
    ("command at run time", "動作時に実行されるコマンド"),
    ("copies of packets", "パケットの複製(ミラーリング)"),
    ("crypto map", "暗号マップ"),
    ("cyclic object-group {}", "循環したオブジェクトグループ {}"),
    ("dial-in group", "ダイヤルイングループ"),
    ("dial-in session", "ダイヤルインセッション"),
    ("double tag", "二重タグ"),
    ("dynamic access VLAN", "動的なアクセス VLAN"),
    ("empty class-map {}", "空のクラスマップ {}"),
    ("empty object-group {}", "空のオブジェクトグループ {}"),
    ("entry that may have been refused", "機器が受け付けなかった可能性のある行"),
    ("evaluate {}", "evaluate {}(動的な許可)"),
    ("filter of a switched port", "スイッチポートのフィルター"),
    ("flooding of broadcasts", "ブロードキャストの転送"),
    ("fragments with a layer-4 test", "ポート条件のある行に対するフラグメント"),
    ("frame relay switching", "フレームリレー交換"),
    ("from an interface without a zone to zone {}", "ゾーンのないインターフェースからゾーン {} へ"),
    ("from zone {} to an interface without a zone", "ゾーン {} からゾーンのないインターフェースへ"),
    ("inspection", "検査(inspect)"),
    ("intrusion prevention", "侵入防止(IPS)"),
    ("layer-2 cross connection", "レイヤー 2 クロスコネクト"),
    ("layer-2 protocol tunnel", "レイヤー 2 プロトコルトンネル"),
    ("layer-2 VPN", "レイヤー 2 VPN"),
    ("mobile IP", "モバイル IP"),
    ("multicast distribution tunnel", "マルチキャスト配信トンネル"),
    ("no zone pair from {} to {}", "{} から {} へのゾーンペアがない"),
    ("overlay interface", "オーバーレイのインターフェース"),
    ("overlay member", "オーバーレイのメンバー"),
    ("policy map {} between zones that are not both defined", "定義のないゾーン間のポリシーマップ {}"),
    ("port macros at run time", "動作時に適用されるポートマクロ"),
    ("port that is both switched and routed", "スイッチポートとルーテッドポートを兼ねるポート"),
    ("private VLAN", "プライベート VLAN"),
    ("protocol {}", "プロトコル {}"),
    ("rate limit or deep inspection", "帯域制限または詳細検査"),
    ("relay of a DHCP pool", "DHCP プールのリレー"),
    ("remote monitoring VLAN", "リモートモニタリング VLAN"),
    ("route table of a vrf that the configuration does not have", "設定にない VRF の経路表"),
    ("routing process of this kind", "この種類のルーティングプロセス"),
    ("security group policy", "セキュリティグループポリシー"),
    ("segment routing", "セグメントルーティング"),
    ("service insertion", "サービス挿入"),
    ("service instance", "サービスインスタンス"),
    ("service policy of this type", "この種類のサービスポリシー"),
    ("service policy {}", "サービスポリシー {}"),
    ("several zone pairs from {} to {}", "{} から {} へのゾーンペアが複数ある"),
    ("source check with a list", "リスト付きの送信元検査"),
    ("source guard", "送信元ガード"),
    ("static neighbour entry", "静的な隣接エントリー"),
    ("subscriber session", "加入者セッション"),
    ("switched connection", "交換接続"),
    ("tag on an interface that is no sub-interface", "サブインターフェースでないインターフェースのタグ"),
    ("template", "テンプレート"),
    ("the encapsulation of the sub-interface is not known", "サブインターフェースのカプセル化が不明"),
    ("the tag of the sub-interface may be another", "サブインターフェースのタグが異なる可能性がある"),
    ("time-range {}", "時間帯 {}"),
    ("translation between VRFs", "VRF 間のアドレス変換"),
    ("undefined access list {}", "未定義のアクセスリスト {}"),
    ("undefined class-map {}", "未定義のクラスマップ {}"),
    ("undefined object-group {}", "未定義のオブジェクトグループ {}"),
    ("undefined policy map {}", "未定義のポリシーマップ {}"),
    ("unidirectional link", "片方向リンク"),
    ("unread member of object-group {}", "オブジェクトグループ {} の解釈できない要素"),
    ("which ICMP codes and messages the group means", "グループが指す ICMP の種別"),
    ("zone pair {} has no policy", "ゾーンペア {} にポリシーがない"),
    ("{} and {} overlap", "{} と {} が重なる"),
    (
        "{} leaves both devices by a trunk without a declared cable",
        "{} が、配線の宣言がないトランクで両方の機器から出ている",
    ),
    // FortiOS.
    ("a table outside `config global` and `config vdom`", "`config global` と `config vdom` の外の表"),
    ("address ranges of {}", "{} のアドレス範囲"),
    ("cyclic {} {}", "循環した {} {}"),
    ("deeply nested {} {}", "深く入れ子になった {} {}"),
    ("destination translation", "宛先変換"),
    ("empty {} group {}", "空の {} グループ {}"),
    ("external list {}", "外部リスト {}"),
    ("external port of {}", "{} の外部ポート"),
    ("fragments", "フラグメント"),
    ("interface that is not in the file", "ファイルにないインターフェース"),
    ("interface {}, which is in a zone", "ゾーンに属するインターフェース {}"),
    ("mapped port of {}", "{} の変換先ポート"),
    ("members of zone {}", "ゾーン {} のメンバー"),
    ("missing addresses of {}", "{} のアドレスがない"),
    ("missing service of {}", "{} のサービスがない"),
    ("more virtual addresses than the model can tell apart", "区別できる数を超えるバーチャル IP"),
    ("multicast policies are not read", "読まれないマルチキャストポリシー"),
    ("multicast routing", "マルチキャストルーティング"),
    ("no virtual domain in the file", "ファイルに VDOM がない"),
    ("policy-based IPsec", "ポリシーベース IPsec"),
    ("port ranges of {}", "{} のポート範囲"),
    ("protocol of {}", "{} のプロトコル"),
    ("real servers of {}", "{} の実サーバー"),
    (
        "redirection by the interface of arrival (allow-traffic-redirect)",
        "入力インターフェースへの折り返し(allow-traffic-redirect)",
    ),
    ("sessions and fragments", "セッションとフラグメント"),
    ("the file ends inside a block", "ブロックの途中で終わるファイル"),
    ("the vendor's database of Internet services", "ベンダーのインターネットサービスデータベース"),
    ("translation between IPv4 and IPv6", "IPv4・IPv6 間の変換"),
    ("translation of multicast destinations", "マルチキャスト宛先の変換"),
    ("translation that lets anybody in", "誰でも入れる変換"),
    ("undefined interface {}", "未定義のインターフェース {}"),
    ("undefined {} {}", "未定義の {} {}"),
    ("unread external address of {}", "{} の解釈できない外部アドレス"),
    ("unread external port of {}", "{} の解釈できない外部ポート"),
    ("unread line among the {} objects", "{} の解釈できない行"),
    ("unread line among the policies", "ポリシーの解釈できない行"),
    ("unread line among the virtual addresses", "バーチャル IP の解釈できない行"),
    ("unread line of {}", "{} の解釈できない行"),
    ("unread port forwarding of {}", "{} の解釈できないポート転送"),
    ("unread source filter of {}", "{} の解釈できない送信元フィルター"),
    ("unread status of {}", "{} の解釈できない状態"),
    ("unread virtual address group {}", "解釈できないバーチャル IP グループ {}"),
    ("virtual address of the other family", "別の種類のバーチャル IP"),
];

/// The phrase in Japanese, or as it is where the list has none.
#[must_use]
pub fn phrase(text: &str) -> String {
    look_up(PHRASES, text).unwrap_or_else(|| text.to_owned())
}

/// The first entry of a list whose left side the text is, with the words of the text at its `{}`.
pub(super) fn look_up(list: &[(&str, &str)], text: &str) -> Option<String> {
    list.iter().find_map(|(english, japanese)| fill(japanese, &holes(english, text)?))
}

/// The words that stand at the `{}` of a template; `None` when the text is not of that form.
fn holes<'t>(template: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = template.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut parts = parts.peekable();
    let mut found = Vec::new();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let at = if last && part.is_empty() { rest.len() } else { rest.find(part)? };
        let (hole, after) = rest.split_at_checked(at)?;
        found.push(hole);
        rest = after.strip_prefix(part)?;
    }
    (rest.is_empty() && found.iter().all(|h| !h.is_empty())).then_some(found)
}

/// A template with words at its `{}`.
fn fill(template: &str, words: &[&str]) -> Option<String> {
    let mut out = String::new();
    let mut words = words.iter();
    for (at, part) in template.split("{}").enumerate() {
        if at > 0 {
            out.push_str(words.next()?);
        }
        out.push_str(part);
    }
    words.next().is_none().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_with_names() {
        assert_eq!(phrase("double tag"), "二重タグ");
        assert_eq!(phrase("time-range NIGHT"), "時間帯 NIGHT");
        assert_eq!(phrase("no zone pair from A to B"), "A から B へのゾーンペアがない");
        assert_eq!(phrase("10.0.0.0/8 and 10.1.0.0/16 overlap"), "10.0.0.0/8 と 10.1.0.0/16 が重なる");
        assert_eq!(phrase("something new"), "something new");
    }

    #[test]
    fn both_sides_have_the_same_holes() {
        for (english, japanese) in PHRASES {
            assert_eq!(english.matches("{}").count(), japanese.matches("{}").count(), "{english}");
        }
    }
}
