//! Open questions about a layout, put to the model.

use super::words::shorten;
use crate::reply::MOST_PROPOSALS;
use crate::{Answer, Proposal};

/// Longest proposal and longest text, in characters.
const LONGEST: (usize, usize) = (200, 1_200);

/// What the model is asked after the layout it is about.
pub(super) fn request(question: &str) -> String {
    format!(
        "Do not write a layout now. Answer a question about the last layout in one to three sentences: {question}\n\
         Then propose at most {MOST_PROPOSALS} changes, each on a line of its own that begins with \"- \" and is a short \
         instruction such as \"add two birds in the sky\" or \"make the cat bigger\"."
    )
}

/// The answer in a model's words: lines of a list are proposals, the rest is
/// the text. `None` where there is neither.
pub(super) fn read(reply: &str) -> Option<Answer> {
    let (mut text, mut proposals) = (String::new(), Vec::new());
    for line in reply.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match listed(line) {
            Some(item) if proposals.len() < MOST_PROPOSALS => {
                proposals.push(Proposal::new(&shorten(item.trim_matches(['"', '*', ' ', '.']), LONGEST.0)));
            }
            Some(_) => {}
            None => {
                text.push_str(line);
                text.push(' ');
            }
        }
    }
    proposals.retain(|proposal| !proposal.instruction.is_empty());
    let answer = Answer { text: shorten(&text, LONGEST.1), proposals };
    (!answer.text.is_empty() || !answer.proposals.is_empty()).then_some(answer)
}

/// The words of a list's line: `- add a bird`, `2. add a bird`.
fn listed(line: &str) -> Option<&str> {
    let bullet = ["- ", "* ", "\u{2022} "].iter().find_map(|bullet| line.strip_prefix(bullet));
    bullet.or_else(|| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = rest.len() < line.len();
        rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")).filter(|_| number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_proposals_and_the_rest_is_text() {
        let answer =
            read("It looks a little empty.\n\n1. add a bird\n- \"make the cat bigger\"\nThat is all.")
                .unwrap();
        assert_eq!(answer.text, "It looks a little empty. That is all.");
        let said: Vec<&str> = answer.proposals.iter().map(|p| p.instruction.as_str()).collect();
        assert_eq!(said, ["add a bird", "make the cat bigger"]);
        assert_eq!(read(" \n "), None);
        let many = read(&"- add a cat\n".repeat(40)).unwrap();
        assert_eq!(many.proposals.len(), MOST_PROPOSALS);
        assert!(read(&"word ".repeat(4_000)).unwrap().text.chars().count() <= LONGEST.1);
    }
}
