//! セッションの連鎖と中継装置についての文言。

use crate::proof::relay::{Chain, Hop, RelayFinding};
use crate::report::messages::RelayText;
use crate::report::verify::{ChainView, Word};

/// The message.
pub(super) fn say(text: RelayText<'_>) -> String {
    match text {
        RelayText::Chains => "セッションの連鎖（踏み台経路）".to_owned(),
        RelayText::Counts { pairs: 0, .. } => {
            "「証明」は直接の通信について述べる。セッションの連鎖だけでつながる組はない。".to_owned()
        }
        RelayText::Counts { pairs, certain } => format!(
            "「証明」は直接の通信について述べる。途中の端末が自らセッションを開けば、連鎖だけでつながる組が {pairs} ある（うち確実 {certain}）:"
        ),
        RelayText::Chain(chain) => self::chain(chain),
        RelayText::NotFollowed => {
            "スナップショットの機器自身が開くセッション（名前解決、プロキシ、VPN の窓口）".to_owned()
        }
        RelayText::NotFollowedLabel => "追跡しないもの".to_owned(),
        RelayText::Gateways => "中継装置: すべての連鎖がここを通るか".to_owned(),
        RelayText::Passed(Word::Proven) => "すべて通る".to_owned(),
        RelayText::Passed(Word::Undecided) => "通らない可能性あり".to_owned(),
        RelayText::Passed(Word::Violated) => "通らない経路あり".to_owned(),
        RelayText::Beside(names) => format!("又は {}", names.join("、")),
    }
}

/// A chain on one line.
fn chain(chain: &ChainView) -> String {
    let mut out = chain.from.clone();
    for hop in &chain.hops {
        let host =
            hop.host.as_ref().filter(|h| hop.gateway.as_ref() != Some(*h)).map(|h| format!("端末 {h}"));
        let by = hop.flow.clone().or(host).unwrap_or_else(|| self::by(hop.by).to_owned());
        let gateway = hop.gateway.as_ref().map_or(String::new(), |g| format!("、中継 {g}"));
        out.push_str(&format!(" -[{by}{gateway}]-> {}", hop.to));
    }
    let word = if chain.exists { "存在する" } else { "存在しうる" };
    format!("{out}: {word}")
}

fn by(word: &str) -> &str {
    match word {
        "open" => "許可外の通信",
        "helper" => "ヘルパー",
        "undecided" => "判定不能",
        "outside" => "外部の網",
        "host" => "装置の内部",
        other => other,
    }
}

/// What was found.
pub(super) fn finding(found: &RelayFinding, from: &str, to: &str) -> String {
    match found {
        RelayFinding::Chain { targets, shortest } => format!(
            "`{from}` からセッションの連鎖で、許可のない {targets} か所へ{}。最短は `{to}` まで: {}",
            verb(shortest),
            way(shortest)
        ),
        RelayFinding::Internet { chain, inward: false } => {
            format!("`{from}` からセッションの連鎖でインターネットへ{}: {}", verb(chain), way(chain))
        }
        RelayFinding::Internet { chain, .. } => {
            format!("インターネットからセッションの連鎖で `{to}` へ{}: {}", verb(chain), way(chain))
        }
        RelayFinding::Bypassed { gateways, chain } => {
            let names: Vec<String> = gateways.iter().map(|g| format!("`{g}`")).collect();
            let verb = if chain.sure { "がある" } else { "がありうる" };
            format!(
                "`{from}` から `{to}` へ、中継装置 {} を通らない連鎖{verb}: {}",
                names.join("、"),
                way(chain)
            )
        }
        RelayFinding::SharesSegment { gateway } => format!(
            "中継装置 `{gateway}` はアドレスだけで区別される: 同じセグメント又は同じ領域の他の端末がそのアドレスを使いうる"
        ),
    }
}

fn verb(chain: &Chain) -> &'static str {
    if chain.sure { "届く" } else { "届きうる" }
}

/// The entries along a chain.
fn way(chain: &Chain) -> String {
    let host = |h: &Hop| h.host.as_ref().map(|h| format!("端末 {h}"));
    let steps =
        chain.hops.iter().map(|h| h.flow.clone().or_else(|| host(h)).unwrap_or_else(|| by(h.by).to_owned()));
    steps.collect::<Vec<_>>().join("、")
}
