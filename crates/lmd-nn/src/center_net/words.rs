//! Queries in words of the closed vocabulary.

use super::config::CenterNetConfig;

/// What a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Query {
    noun: usize,
    /// `None` where any paint will do.
    paint: Option<usize>,
}

/// Words before the noun that say nothing.
const OPENINGS: [&str; 4] = ["a photo of ", "an image of ", "a picture of ", "image of "];
const ARTICLES: [&str; 3] = ["a ", "an ", "the "];

impl Query {
    /// Reads "car", "a red car" or "a photo of a red car"; `None` where a word is not known.
    pub(super) fn read(text: &str, config: &CenterNetConfig) -> Option<Self> {
        let text = text.to_lowercase().replace("grey", "gray");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = without_one_of(&OPENINGS, &text);
        let text = without_one_of(&ARTICLES, text);
        let noun = |text: &str| config.nouns.iter().position(|noun| noun == text);
        if let Some(noun) = noun(text) {
            return Some(Self { noun, paint: None });
        }
        let colours = config.paints.iter().enumerate().filter(|(paint, _)| config.is_colour(*paint));
        let painted = |(paint, word): (usize, &String)| {
            let noun = noun(text.strip_prefix(word.as_str())?.strip_prefix(' ')?)?;
            Some(Self { noun, paint: Some(paint) })
        };
        colours.filter_map(painted).next()
    }
}

fn without_one_of<'a>(beginnings: &[&str], text: &'a str) -> &'a str {
    beginnings.iter().find_map(|beginning| text.strip_prefix(beginning)).unwrap_or(text)
}

/// The query that a thing answers: of those with its noun the first that names its colour, else the first that names none.
pub(super) fn answered(queries: &[Query], noun: usize, paint: usize) -> Option<usize> {
    let with = |paint| queries.iter().position(|query| *query == Query { noun, paint });
    with(Some(paint)).or_else(|| with(None))
}

/// What a thing is called: "red car", or "car" where it has its natural colours.
pub(super) fn label(config: &CenterNetConfig, noun: usize, paint: usize) -> String {
    let word = |words: &[String], index: usize| words.get(index).cloned().unwrap_or_default();
    let noun = word(&config.nouns, noun);
    if config.is_colour(paint) { format!("{} {noun}", word(&config.paints, paint)) } else { noun }
}

#[cfg(test)]
mod tests {
    use super::super::config::tests::small;
    use super::*;

    #[test]
    fn queries_are_read_in_words_of_the_vocabulary() {
        let read = |text: &str| Query::read(text, &small()).map(|query| (query.noun, query.paint));
        assert_eq!(read("car"), Some((0, None)));
        assert_eq!(read("a photo of a red car"), Some((0, Some(1))));
        assert_eq!(read("A  Grey hot dog"), Some((1, Some(2))));
        for unknown in ["a natural car", "a zebra", "a red", "", "a photo of", "a carpet", "two cars"] {
            assert_eq!(read(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_thing_answers_the_query_that_says_most() {
        let [car, red_car, dog] =
            ["a car", "a red car", "a hot dog"].map(|text| Query::read(text, &small()).unwrap());
        assert_eq!(answered(&[car, red_car], 0, 1), Some(1));
        assert_eq!(answered(&[car, red_car], 0, 2), Some(0));
        assert_eq!(answered(&[red_car], 0, 2), None);
        assert_eq!(answered(&[red_car, dog], 1, 1), Some(1));
    }

    #[test]
    fn labels_name_colours_but_not_the_natural_one() {
        assert_eq!(label(&small(), 0, 1), "red car");
        assert_eq!(label(&small(), 1, 0), "hot dog");
    }
}
