//! Japanese words of `diff` and `margin`.

use crate::report::messages::{DiffText, MarginText};
use crate::report::verify::Word;

/// The message.
pub(super) fn say(text: DiffText<'_>) -> String {
    match text {
        DiffText::Header { before, after, as_of } => {
            format!("sekisho：{before} から {after} への変更（{as_of} 時点）")
        }
        DiffText::FileChange("added") => "追加".to_owned(),
        DiffText::FileChange("removed") => "削除".to_owned(),
        DiffText::FileChange(_) => "変更".to_owned(),
        DiffText::Opened => "新たに届く通信".to_owned(),
        DiffText::Closed => "届かなくなった通信".to_owned(),
        DiffText::SameReach => "すべてのゾーン間で届く通信は変更前と同じである。".to_owned(),
        DiffText::Forbidden => "許可リストにない".to_owned(),
        DiffText::Perhaps => "可能性あり：不明な点による".to_owned(),
        DiffText::Passes => "通過".to_owned(),
        DiffText::Stops => "他方で遮断".to_owned(),
        DiffText::Touched => "変更された行".to_owned(),
        DiffText::Turned => "判定が変わった組".to_owned(),
        DiffText::New => "新しい指摘".to_owned(),
        DiffText::AlsoNew => "違反ではない新しい指摘".to_owned(),
        DiffText::Resolved => "解消した指摘".to_owned(),
        DiffText::Counts { new, resolved, persisting } => {
            format!("指摘：新規 {new} 件、解消 {resolved} 件、継続 {persisting} 件")
        }
        DiffText::Conclusion(Word::Proven) => "新たに問題となる点はない（終了コード 0）".to_owned(),
        DiffText::Conclusion(Word::Undecided) => {
            "変更により新たに判定できない点が生じた（終了コード 3）".to_owned()
        }
        DiffText::Conclusion(Word::Violated) => {
            "変更により閉じておくべき通信が開いた（終了コード 1）".to_owned()
        }
        DiffText::NotARange(text) => format!("`{text}` は REV..REV の形ではない"),
        DiffText::Git { what, why } => format!("git {what}：{why}"),
        DiffText::NothingThere { revision, path } => {
            format!("リビジョン `{revision}` の `{path}` にはファイルがない")
        }
    }
}

/// What `margin` says.
pub(super) fn margin(text: MarginText) -> String {
    match text {
        MarginText::Header { tried, of } if tried == of => {
            format!("1 行だけで分離を支えている行（{of} 行を 1 行ずつ除いて判定）")
        }
        MarginText::Header { tried, of } => {
            format!(
                "1 行だけで分離を支えている行（{of} 行のうち先頭の {tried} 行を 1 行ずつ除いて判定。--most を参照）"
            )
        }
        MarginText::MorePairs(n) => format!("ほか {n} 組"),
        MarginText::JudgedAgain { lines, of } => {
            format!("{of} 行のうち {lines} 行は全体を再判定（残りの行は、除いても届くパケットが増えない）")
        }
        MarginText::Summary { held, of } => {
            format!(
                "証明された {of} 組のうち {held} 組は 1 行だけで支えられている。残りはどの 1 行を除いても開かない"
            )
        }
    }
}
