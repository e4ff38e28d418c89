//! What common words of other languages mean in English: a small model is told before it translates a caption, and its
//! translation is held against them.
//!
//! The words are Unicode's names of emoji and a list of our own (`glossary/make.py`). A word that is not in the list tells
//! nothing: no caption is called wrong for it.

use std::sync::LazyLock;

use lmd_layout::singular;

use crate::english::script;
use crate::lexicon::likeliest_language;

/// A word of a caption with its English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// As it stands in the caption, in lower case.
    pub(super) word: String,
    /// English words for it, the usual one first.
    pub(super) english: &'static [&'static str],
    /// Whether it stands there as the list has it, and means nothing else there.
    pub(super) sure: bool,
}

impl Meaning {
    /// The usual English word.
    pub(super) fn usual(&self) -> &'static str {
        self.english.first().copied().unwrap_or_default()
    }

    /// Whether an English text, in the singular, names it.
    fn is_in(&self, text: &[String]) -> bool {
        self.english.iter().any(|english| {
            let words: Vec<&str> = english.split(' ').collect();
            text.windows(words.len())
                .any(|part| part.iter().zip(&words).all(|(a, b)| a == b || a.ends_with(b)))
        })
    }
}

/// One form of a word.
struct Form {
    /// Its words, in lower case.
    words: Vec<&'static str>,
    english: &'static [&'static str],
}

/// The forms of one language, the longest first.
struct Language {
    code: &'static str,
    forms: Vec<Form>,
}

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let mut languages: Vec<Language> = Vec::new();
    let text = include_str!("../lexicon/glossary.txt");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('|');
        // The list lives as long as the program.
        let english: &'static [&'static str] =
            Vec::leak(fields.next().unwrap_or_default().split(',').collect());
        for (code, words) in fields.filter_map(|field| field.split_once(':')) {
            let at = languages.iter().position(|language| language.code == code);
            let at = at.unwrap_or_else(|| {
                languages.push(Language { code, forms: Vec::new() });
                languages.len() - 1
            });
            let Some(language) = languages.get_mut(at) else { continue };
            let forms = words.split(',').filter(|word| !word.is_empty());
            language.forms.extend(forms.map(|word| Form {
                words: String::leak(word.to_lowercase()).split_whitespace().collect(),
                english,
            }));
        }
    }
    for language in &mut languages {
        language.forms.sort_by_key(|form| {
            let letters: usize = form.words.iter().map(|word| word.chars().count()).sum();
            std::cmp::Reverse((form.words.len(), letters))
        });
    }
    languages
});

/// Most words that a model is told.
const MOST: usize = 12;

/// What is known of the words of a caption, in their order.
pub(super) fn meanings(caption: &str) -> Vec<Meaning> {
    let low = caption.to_lowercase();
    let Some(language) =
        language_of(&low).and_then(|code| LANGUAGES.iter().find(|language| language.code == code))
    else {
        return Vec::new();
    };
    let mut found = match language.code {
        "ja" | "zh" => in_one_piece(&low, language),
        _ => word_by_word(&low, language),
    };
    found.sort_by_key(|(at, _)| *at);
    let mut meanings: Vec<Meaning> = Vec::new();
    for (_, meaning) in found {
        if meanings.iter().all(|known| known.english != meaning.english) && meanings.len() < MOST {
            meanings.push(meaning);
        }
    }
    meanings
}

/// What a caption surely names and its translation does not.
pub(super) fn lost<'a>(meanings: &'a [Meaning], translation: &str) -> Vec<&'a Meaning> {
    let words: Vec<String> = divided(&translation.to_lowercase()).map(singular).collect();
    meanings.iter().filter(|meaning| meaning.sure && !meaning.is_in(&words)).collect()
}

/// The code of the language of a text in lower case, by its script and its little words.
fn language_of(text: &str) -> Option<&'static str> {
    // Kana goes first: Japanese is written in Chinese signs as well.
    let by_script = [
        ("Japanese", "ja"),
        ("Korean", "ko"),
        ("Chinese characters", "zh"),
        ("Cyrillic letters", "ru"),
        ("Arabic letters", "ar"),
        ("an Indian script", "hi"),
    ];
    let written = |name: &str| text.chars().any(|c| script(c) == Some(name));
    if let Some((_, code)) = by_script.into_iter().find(|(name, _)| written(name)) {
        return Some(code);
    }
    let words: Vec<&str> = divided(text).collect();
    match likeliest_language(&words)?.0 {
        "German" => Some("de"),
        "French" => Some("fr"),
        "Spanish" => Some("es"),
        "Italian" => Some("it"),
        "Portuguese" => Some("pt"),
        _ => None,
    }
}

/// A text's words. Marks over and under letters belong to them, so letters alone do not tell where a word ends.
fn divided(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || c.is_ascii_punctuation() || "’“”„«»…、。，؟،।–—".contains(c);
    text.split(ends).filter(|word| !word.is_empty())
}

/// Chinese and Japanese stand without spaces: the longest form first, wherever it stands.
fn in_one_piece(text: &str, language: &Language) -> Vec<(usize, Meaning)> {
    let mut left = text.to_owned();
    let mut found = Vec::new();
    for form in &language.forms {
        let [word] = form.words.as_slice() else { continue };
        while let Some(at) = left.find(word) {
            // A single sign may be part of a word that the list lacks.
            let sure = word.chars().count() > 1;
            found.push((at, Meaning { word: (*word).to_owned(), english: form.english, sure }));
            left.replace_range(at..at + word.len(), &" ".repeat(word.len()));
        }
    }
    found
}

/// The longest form first, at every place where its words stand.
fn word_by_word(text: &str, language: &Language) -> Vec<(usize, Meaning)> {
    let words: Vec<&str> = divided(text).collect();
    let mut taken = vec![false; words.len()];
    let mut found = Vec::new();
    // What is written as the list has it goes before what only begins alike.
    for alike in [same as fn(&str, &str, &str) -> bool, inflected] {
        for form in &language.forms {
            let count = form.words.len();
            for at in 0..(words.len() + 1).saturating_sub(count) {
                let place = at..at + count;
                let (Some(there), Some(free)) = (words.get(place.clone()), taken.get(place.clone())) else {
                    continue;
                };
                let fits = there.iter().zip(&form.words).all(|(word, form)| alike(word, form, language.code));
                if fits && !free.contains(&true) {
                    let word = there.join(" ");
                    let other = |other: &&Form| other.words == form.words && other.english != form.english;
                    let sure =
                        alike(&word, &form.words.join(" "), "") && !language.forms.iter().any(|f| other(&f));
                    found.push((at, Meaning { word, english: form.english, sure }));
                    taken.iter_mut().skip(at).take(count).for_each(|taken| *taken = true);
                }
            }
        }
    }
    found
}

fn same(word: &str, form: &str, _: &str) -> bool {
    word == form
}

/// Whether a word is likely a form of another: it begins alike, all but the last letter or two, and is little longer.
fn inflected(word: &str, form: &str, language: &str) -> bool {
    let article = ["وال", "بال", "ال"].into_iter().find_map(|article| word.strip_prefix(article));
    let word = article.filter(|_| language == "ar").unwrap_or(word);
    let length = form.chars().count();
    let shared = word.chars().zip(form.chars()).take_while(|(a, b)| a == b).count();
    let longer = word.chars().count().saturating_sub(length);
    match language {
        // Particles follow the noun.
        "ko" => shared == length && (length > 1 || longer <= 1) && longer <= 3,
        "ar" | "hi" => {
            length >= 3 && longer <= 3 && (shared == length || (length > 3 && shared + 1 == length))
        }
        "ru" => length >= 4 && shared + if length > 5 { 2 } else { 1 } >= length && longer <= 3,
        // The last word of a compound is what it is: `Holztisch` is a table.
        "de" => {
            let compound = length >= 4 && longer >= 3 && word.ends_with(form);
            compound || (length >= 4 && shared == length && longer <= 2)
        }
        // Plurals change the last vowel.
        "it" if length == 4 => {
            shared == 3 && word.chars().count() == 4 && word.ends_with(['a', 'e', 'i', 'o'])
        }
        _ => longer <= 2 && length >= 4 && (shared == length || (length > 4 && shared + 1 == length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(caption: &str) -> Vec<(String, &'static str)> {
        meanings(caption).into_iter().map(|m| (m.word.clone(), m.usual())).collect()
    }

    #[test]
    fn words_of_many_languages_are_known() {
        for (caption, english) in [
            ("Eine Giraffe neben drei Luftballons", "giraffe balloon"),
            ("Ein Holztisch mit zwei Äpfeln", "table apple"),
            ("Un chapeau rouge sur une chaise", "hat red chair"),
            ("Tres globos y un niño en la playa", "balloon boy beach"),
            ("Due elefanti accanto a una palla e tre mele", "elephant ball apple"),
            ("Uma maçã verde e um pato", "apple green duck"),
            ("Две собаки рядом с велосипедом", "dog bicycle"),
            ("白い猫とピアノの上の花瓶", "white cat vase"),
            ("사자가 나무 아래에 있다", "lion tree"),
            ("桌子上有一个西瓜和两个苹果", "table watermelon apple"),
            ("كلب أبيض بجانب الشجرة", "dog white tree"),
            ("एक हाथी और दो केले", "elephant banana"),
        ] {
            let found: Vec<&str> = meanings(caption).iter().map(Meaning::usual).collect();
            assert_eq!(found.join(" "), english, "{caption}");
        }
    }

    #[test]
    fn what_is_not_in_the_list_or_in_no_language_of_it_is_not_guessed() {
        assert_eq!(known("een kat op de bank"), []);
        assert_eq!(known("eine Quelle und ein Zweihänder"), []);
        // A watermelon is no melon, and a hot-air balloon's sky no ball.
        assert_eq!(known("一个西瓜"), [("西瓜".to_owned(), "watermelon")]);
    }

    #[test]
    fn what_a_translation_lost_is_found() {
        let meanings = meanings("Cuatro globos en el cielo y un niño debajo");
        let lost = |text| lost(&meanings, text).into_iter().map(Meaning::usual).collect::<Vec<_>>();
        assert_eq!(lost("four balloons in the sky and a boy below"), <[&str; 0]>::default());
        assert_eq!(lost("four lights in the sky and a child below"), ["balloon"]);
        assert_eq!(lost("a boy"), ["balloon", "sky"]);
    }
}
