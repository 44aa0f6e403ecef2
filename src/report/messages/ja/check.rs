//! Words of `check`.

use sekisho_checker::ReadError;

use crate::report::messages::CheckText;

/// The message.
pub(super) fn say(text: &CheckText<'_>) -> String {
    match *text {
        CheckText::Header { file, as_of } => format!("sekisho: 証明書 {file} の検査（基準日 {as_of}）"),
        CheckText::Made { tool, as_of } => format!("作成: {tool}、評価日 {as_of}"),
        CheckText::ValidUntil(Some(day)) => format!("有効期限: {day}"),
        CheckText::ValidUntil(None) => "有効期限なし: 使われている承認に期限がない".to_owned(),
        CheckText::Malformed(error) => malformed(error),
        CheckText::Problem(what) | CheckText::Refused(what) => format!("（詳細は英語）{what}"),
        CheckText::Claims { answer, count } => format!("主張 {count} 件を{}", word(answer)),
        CheckText::Claim { from, to } => format!("`{from}` から `{to}` へ許可リスト外の通信は届かない"),
        CheckText::NotProven(n) => format!("{n} 組は主張されていない（何も示さない）"),
        CheckText::Files(n) => format!("{n} 個のファイルを入力と照合した"),
        CheckText::NoFiles => {
            "設定ファイルとの照合はしていない。`--configs DIR` で同じものか確認できる".to_owned()
        }
        CheckText::NoPolicy => "方針ファイルとの照合はしていない。`--policy FILE` で指定する".to_owned(),
        CheckText::Reparsed => "再解析の結果、行の台帳・方針・モデルは一致した".to_owned(),
        CheckText::Differs(part) => format!("再解析の結果、{}が一致しない", part_word(part)),
        CheckText::LineCount { file, lines, stated } => {
            format!("{file} は {lines} 行で、証明書の {stated} 行と異なる")
        }
        CheckText::RestsOn => "受理した主張の前提".to_owned(),
        CheckText::Conclusion("accepted") => "受理（終了コード 0）: すべての主張が成り立つ".to_owned(),
        CheckText::Conclusion("not-confirmed") => {
            "未確認（終了コード 3）: 一部の主張は検査の上限を超えた".to_owned()
        }
        CheckText::Conclusion("malformed") => "拒否（終了コード 4）: 封印された証明書ではない".to_owned(),
        CheckText::Conclusion(_) => "拒否（終了コード 4）: この証明書に依拠してはならない".to_owned(),
    }
}

fn word(answer: &str) -> &'static str {
    match answer {
        "accepted" => "受理",
        "refused" => "拒否",
        _ => "確認できず",
    }
}

fn part_word(part: &str) -> &str {
    match part {
        "ledger" => "行の台帳",
        "policy" => "方針",
        "model" => "モデル",
        "list of inputs" => "入力の一覧",
        other => other,
    }
}

fn malformed(error: &ReadError) -> String {
    match error {
        ReadError::Shape(why) => format!("証明書の形をしていない（詳細は英語）: {why}"),
        ReadError::Format(version) => format!("形式 {version} はこの版では読めない"),
        ReadError::NotCanonical(at) => format!("正規形ではない（{at} バイト目から）"),
        ReadError::Seal => "封印が本文と合わない: 作成後に変更されている".to_owned(),
        other => other.to_string(),
    }
}
