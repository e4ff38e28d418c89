//! Text in drawings: escaping, measuring, cutting and wrapping.

/// Advance widths of U+0020..U+007E in the bundled bold face, in thousandths
/// of the font size; the medium face is a little narrower.
const WIDTHS: [u16; 95] = [
    237, 338, 552, 649, 655, 1016, 672, 339, 377, 377, 559, 679, 334, 468, 334, 388, 674, 431, 630, 646, 676,
    622, 649, 582, 651, 649, 334, 343, 679, 679, 679, 560, 1016, 747, 662, 740, 722, 607, 587, 750, 747, 281,
    584, 719, 565, 932, 762, 771, 648, 777, 657, 655, 667, 732, 747, 1038, 738, 731, 664, 377, 388, 377, 487,
    476, 365, 581, 630, 588, 630, 596, 398, 632, 623, 271, 271, 580, 271, 913, 623, 613, 630, 630, 407, 560,
    366, 623, 600, 850, 580, 602, 573, 469, 372, 469, 679,
];

/// `text` for use inside XML elements and attributes. Characters that XML
/// forbids are left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// The width of `text` at font size `size`.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let thousandths: u64 = text.chars().map(|c| u64::from(advance(c))).sum();
    thousandths as f64 / 1000.0 * size
}

fn advance(c: char) -> u16 {
    let at = (c as usize).checked_sub(0x20);
    match c as u32 {
        0x300..=0x36f | 0x200c | 0x200d | 0xfe00..=0xfe0f => 0,
        // Scripts with square characters, and emoji.
        0x1100..=0x115f | 0x2e80..=0xd7ff | 0xf900..=0xfaff | 0xff00..=0xff60 | 0x1f000..=0x3ffff => 1000,
        _ => at.and_then(|i| WIDTHS.get(i)).copied().unwrap_or(680),
    }
}

/// `text` cut to `room` units at font size `size`, with an ellipsis when
/// something is missing.
pub(super) fn elided(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if width(&kept, size) + width(c.encode_utf8(&mut [0; 4]), size) + width("\u{2026}", size) > room {
            break;
        }
        kept.push(c);
    }
    format!("{}\u{2026}", kept.trim_end())
}

/// `text` in at most `most` lines of `room` units; the last is elided.
pub(super) fn wrapped(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if lines.len() + 1 >= most {
            lines.push(elided(rest, size, room));
            break;
        }
        let end = line_end(rest, size, room);
        let (line, after) = rest.split_at(end);
        lines.push(line.trim_end().to_owned());
        rest = after.trim_start();
    }
    lines
}

/// Where the first line of `text` ends: after the last word that fits, or
/// inside a word that is longer than a line. At least one character long.
fn line_end(text: &str, size: f64, room: f64) -> usize {
    let mut used = 0.0;
    let mut blank = None;
    for (i, c) in text.char_indices() {
        used += f64::from(advance(c)) / 1000.0 * size;
        if c == ' ' {
            blank = Some(i);
        } else if used > room && i > 0 {
            return blank.unwrap_or(i);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text() {
        assert_eq!(escaped("<a href='x'>\"&\u{1}\u{ffff}"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    }

    #[test]
    fn lines_fit_and_lose_nothing() {
        let text = "a very long caption about a green car, and averyveryverylongwordwithoutanyblankinside at the end";
        let lines = wrapped(text, 14.0, 120.0, 99);
        assert!(lines.iter().all(|line| width(line, 14.0) <= 120.0), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        let two = wrapped(text, 14.0, 120.0, 2);
        assert!(two.len() == 2 && two[1].ends_with('\u{2026}'));
        assert!(wrapped("   ", 14.0, 120.0, 2).is_empty());
        assert_eq!(wrapped("\u{4e00}\u{4e8c}", 14.0, 1.0, 9).len(), 2, "one character a line at least");
    }
}
