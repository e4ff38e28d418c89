//! Brackets, quotation marks and punctuation, of all scripts models write.

/// Full-width and other scripts' punctuation as its ASCII counterpart.
pub(super) fn fold(c: char) -> char {
    match c {
        '，' | '、' => ',',
        '：' => ':',
        '；' => ';',
        '［' | '【' => '[',
        '］' | '】' => ']',
        '（' => '(',
        '）' => ')',
        '｛' => '{',
        '｝' => '}',
        _ => c,
    }
}

/// Whether `c` (folded) opens a bracket.
pub(super) fn is_opener(c: char) -> bool {
    matches!(c, '[' | '(' | '{')
}

/// Whether `c` (folded) closes a bracket.
pub(super) fn is_closer(c: char) -> bool {
    matches!(c, ']' | ')' | '}')
}

/// The marks that may close a text opened by `open`; empty if it opens none.
pub(super) fn closers(open: char) -> &'static str {
    match open {
        '\'' => "'",
        '"' => "\"",
        '`' => "`'",
        '‘' | '’' => "’'",
        '‚' => "‘’",
        '“' | '”' => "”“\"",
        '„' => "“”\"",
        '«' => "»",
        '»' => "«»",
        '‹' => "›",
        '›' => "‹›",
        '「' => "」",
        '『' => "』",
        '《' => "》",
        '〝' => "〞〟",
        '＇' => "＇",
        '＂' => "＂",
        '´' => "´'",
        _ => "",
    }
}

/// Whether `c` opens a quoted text.
pub(super) fn is_quote(c: char) -> bool {
    !closers(c).is_empty()
}
