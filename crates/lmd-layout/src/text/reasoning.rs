//! Taking a reasoning model's thoughts out of its answer.

/// Tags around thoughts, as chat templates write them: DeepSeek, Qwen and
/// many more; Magistral; Kimi; Cohere; Seed.
const TAGS: [(&str, &str); 9] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<seed:think>", "</seed:think>"),
];

/// What precedes the answer in OpenAI's harmony format (gpt-oss).
const FINAL_CHANNEL: &str = "<|channel|>final<|message|>";
const ANY_CHANNEL: &str = "<|channel|>";

/// Marks of a chat template that servers sometimes leave at the end.
const ENDS: [&str; 6] = ["<|END_RESPONSE|>", "<|return|>", "<|end|>", "<|im_end|>", "<|eot_id|>", "</s>"];

/// The answer after a model's thoughts. Some templates open the block of
/// thoughts themselves, so that only its end is in the text. A block that
/// never ends leaves nothing.
///
/// ```
/// assert_eq!(lmd_layout::without_reasoning("<think>a cat, so …</think>\n[]"), "[]");
/// assert_eq!(lmd_layout::without_reasoning("<think>a cat, so …"), "");
/// ```
#[must_use]
pub fn without_reasoning(text: &str) -> &str {
    let mut answer = text.trim();
    if let Some((_, last)) = answer.rsplit_once(FINAL_CHANNEL) {
        answer = last;
    } else if answer.starts_with(ANY_CHANNEL) {
        return "";
    }
    for (open, close) in TAGS {
        if let Some((_, after)) = answer.rsplit_once(close) {
            answer = after;
        } else if answer.trim_start().starts_with(open) {
            return "";
        }
    }
    answer = answer.trim().trim_start_matches("<|START_RESPONSE|>");
    for end in ENDS {
        answer = answer.trim_end().trim_end_matches(end);
    }
    answer.trim()
}

/// Where the last block of thoughts in `text` ends; `None` where there is none.
pub(super) fn reasoning_end(text: &str) -> Option<usize> {
    let closed = TAGS.iter().map(|(_, close)| *close).chain([FINAL_CHANNEL]);
    closed.filter_map(|close| text.rfind(close).map(|at| at + close.len())).max()
}

/// Where in `text` a mark of thoughts or of a chat template begins. What is written as a layout has none, or reading it would
/// leave out what stands before.
pub(super) fn marks(text: &str) -> Vec<usize> {
    let tags = TAGS.iter().flat_map(|(open, close)| [*open, *close]);
    let all = tags.chain([ANY_CHANNEL, "<|START_RESPONSE|>"]).chain(ENDS);
    all.flat_map(|mark| text.match_indices(mark).map(|(at, _)| at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_left_out() {
        assert_eq!(without_reasoning("<think>[('a', [1,2,3,4])]</think>\n\n[]"), "[]");
        assert_eq!(without_reasoning("so I conclude</think> []"), "[]");
        assert_eq!(without_reasoning("<think>never ends"), "");
        assert_eq!(without_reasoning(" [] "), "[]");
    }

    #[test]
    fn every_usual_mark_is_known() {
        for (open, close) in TAGS {
            assert_eq!(without_reasoning(&format!("{open} objects: [1] {close} []")), "[]", "{open}");
            assert_eq!(without_reasoning(&format!("{open} objects: [1]")), "", "{open}");
        }
        let harmony = "<|channel|>analysis<|message|>hm []<|end|><|start|>assistant<|channel|>final<|message|>[1]<|return|>";
        assert_eq!(without_reasoning(harmony), "[1]");
        assert_eq!(without_reasoning("<|channel|>analysis<|message|>hm []"), "");
        assert_eq!(without_reasoning("<|START_RESPONSE|>[]<|END_RESPONSE|>"), "[]");
        assert_eq!(without_reasoning("[]<|im_end|>"), "[]");
    }
}
