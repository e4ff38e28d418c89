//! Finding the labels of the text grammar (section A.3) in an answer, plain or
//! dressed in Markdown, at the start of a line or inside one.

/// Which section a label opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Caption,
    Objects,
    Background,
    Negative,
}

impl Section {
    /// Whether no other program's text has it: A1111 writes negative prompts, and captions are everybody's.
    pub(super) fn is_the_references(self) -> bool {
        matches!(self, Self::Objects | Self::Background)
    }
}

/// One label in the text, as byte offsets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    pub(super) section: Section,
    /// Where its decoration (bullet, heading, emphasis) starts.
    pub(super) from: usize,
    /// Where its word starts.
    pub(super) word: usize,
    /// Just after its colon and closing emphasis.
    pub(super) end: usize,
}

/// Labels that count anywhere in a line, lower case.
const ANYWHERE: [(&str, Section); 3] = [
    ("objects", Section::Objects),
    ("background prompt", Section::Background),
    ("negative prompt", Section::Negative),
];

/// Labels that count only at the start of a line, lower case.
const AT_LINE_START: [(&str, Section); 7] = [
    ("bounding boxes", Section::Objects),
    ("boxes", Section::Objects),
    ("background_prompt", Section::Background),
    ("background", Section::Background),
    ("negative_prompt", Section::Negative),
    ("negative", Section::Negative),
    ("caption", Section::Caption),
];

/// All labels of `text`, in order.
pub(super) fn find_labels(text: &str) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        scan_line(line, offset, &mut labels);
        offset += line.len();
    }
    labels
}

/// The label that starts at `at` or in the decoration that `at` lies in.
pub(super) fn label_at(labels: &[Label], at: usize) -> Option<&Label> {
    let index = labels.partition_point(|label| label.word < at);
    labels.get(index).filter(|label| label.from <= at)
}

fn scan_line(line: &str, offset: usize, labels: &mut Vec<Label>) {
    let start = decoration_len(line);
    let mut previous = ' ';
    let mut skip_to = 0;
    for (at, c) in line.char_indices() {
        let fresh = !previous.is_alphanumeric() && at >= skip_to;
        previous = c;
        if !fresh || !matches!(c.to_ascii_lowercase(), 'o' | 'b' | 'n' | 'c') {
            continue;
        }
        let rest = line.get(at..).unwrap_or_default();
        if let Some((section, len)) = label_here(rest, at == start) {
            let from = if at == start { offset } else { offset + at - emphasis_before(line, at) };
            labels.push(Label { section, from, word: offset + at, end: offset + at + len });
            skip_to = at + len;
        }
    }
}

/// Length of the blanks, bullets, numbering and emphasis a line starts with.
fn decoration_len(line: &str) -> usize {
    let numbered = |c: char| c.is_ascii_digit() || matches!(c, '.' | ')');
    let marks = |c: char| c.is_whitespace() || matches!(c, '#' | '*' | '_' | '>' | '-' | '–' | '•' | '`');
    line.find(|c: char| !marks(c) && !numbered(c)).unwrap_or(line.len())
}

/// Length of `**` or the like just before `at`, at most three bytes.
fn emphasis_before(line: &str, at: usize) -> usize {
    line.bytes().take(at).rev().take(3).take_while(|b| matches!(b, b'*' | b'_')).count()
}

/// The section and length of the label that `rest` starts with.
fn label_here(rest: &str, at_line_start: bool) -> Option<(Section, usize)> {
    let short: &[(&str, Section)] = if at_line_start { &AT_LINE_START } else { &[] };
    ANYWHERE.iter().chain(short).find_map(|(name, section)| {
        let head = rest.get(..name.len())?;
        let colon = colon_len(rest.get(name.len()..)?)?;
        head.eq_ignore_ascii_case(name).then_some((*section, name.len() + colon))
    })
}

/// Length of a colon with the emphasis around it: `:`, `**:`, `:**`, ` ：`.
fn colon_len(rest: &str) -> Option<usize> {
    let lead = rest.bytes().take(4).take_while(|b| matches!(b, b'*' | b'_' | b' ' | b'`')).count();
    let after = rest.get(lead..)?;
    let colon = [':', '：'].into_iter().find(|c| after.starts_with(*c))?.len_utf8();
    let tail = after.bytes().skip(colon).take(3).take_while(|b| matches!(b, b'*' | b'_' | b'`')).count();
    // Three backticks are a code fence, which is not the label's.
    let tail = if after.get(colon..)?.starts_with("```") { 0 } else { tail };
    Some(lead + colon + tail)
}
