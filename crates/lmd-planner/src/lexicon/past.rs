//! Past forms as what was done: `three clocks ticked` as the clocks that tick. Most of them are participles, too (`a
//! parked car`); which of both one is tells the sentence.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::source;
use super::verbs::{ROLES, Role, TEXT, Verb, VerbForm, ing, is_of_the_living, past, verb};

/// What the past forms of verbs in the lexicon make of `ing`: `ticking` of `ticked`.
static PROGRESSIVES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let lemmas = ROLES.iter().flat_map(|(list, _)| source::words(TEXT, list));
    let regular = lemmas.map(|lemma| (past(lemma), ing(lemma)));
    let irregular = source::entries(TEXT, "irregular")
        .flat_map(|(lemma, pasts)| pasts.split(' ').map(move |past| (past.to_owned(), ing(lemma))));
    regular.chain(irregular).collect()
});

static RESULTING: LazyLock<HashSet<String>> =
    LazyLock::new(|| source::words(TEXT, "resulting").map(ing).collect());

static NAMING: LazyLock<HashSet<String>> =
    LazyLock::new(|| source::words(TEXT, "naming").map(past).collect());

static PARTICIPLES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    source::entries(TEXT, "participle").flat_map(|(_, participles)| participles.split(' ')).collect()
});

/// A past form as a finite verb, in the form of the present (`ticked` as `ticks`); `None` for other forms.
pub(crate) fn finite_past(word: &str) -> Option<Verb> {
    // "hit" is its own past.
    let past = |verb: &Verb| {
        verb.form == VerbForm::Past || verb.form == VerbForm::Base && PROGRESSIVES.contains_key(word)
    };
    let verb = verb(word).filter(|verb| past(verb) && !PARTICIPLES.contains(word))?;
    let attribute = match PROGRESSIVES.get(word) {
        Some(known) => known.clone(),
        None => match word.strip_suffix("ied") {
            Some(stem) => format!("{stem}ying"),
            None => format!("{}ing", word.strip_suffix("ed")?),
        },
    };
    Some(Verb { attribute, form: VerbForm::Third, ..verb })
}

/// What is done with `word` after `has`: `taking` of `taken`.
pub(crate) fn perfect(word: &str) -> Option<String> {
    static TAKEN: LazyLock<HashMap<&str, String>> = LazyLock::new(|| {
        let participles = source::entries(TEXT, "participle");
        let each = |(lemma, pasts): (&str, &'static str)| {
            pasts.split(' ').map({
                let doing = ing(lemma);
                move |past| (past, doing.clone())
            })
        };
        participles.flat_map(each).collect()
    });
    TAKEN.get(word).or_else(|| PROGRESSIVES.get(word)).cloned()
}

/// Whether a past form behind the name of somebody (`by_somebody`) or something says what that did, whatever follows:
/// `sailed`, but not `parked`.
pub(crate) fn is_deed(word: &str, by_somebody: bool) -> bool {
    let Some(doing) = PROGRESSIVES.get(word) else { return false };
    let role = verb(word).map(|verb| verb.role);
    let acts = matches!(role, Some(Role::Action | Role::Posture));
    // "a dog walked along a beach", but not "a song played on a piano".
    let lives = by_somebody && role != Some(Role::Contact) && is_of_the_living(doing);
    (acts || lives) && !RESULTING.contains(doing)
}

/// Whether a past form gives a name to what stands before it: `named`.
pub(crate) fn is_naming(word: &str) -> bool {
    NAMING.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_forms_become_what_is_being_done() {
        for (past, doing) in [
            ("sailed", "sailing"),
            ("hopped", "hopping"),
            ("cried", "crying"),
            ("held", "holding"),
            ("zorbed", "zorbing"),
            ("gratified", "gratifying"),
        ] {
            assert_eq!(finite_past(past).map(|verb| verb.attribute).as_deref(), Some(doing), "{past}");
        }
        assert_eq!(finite_past("sails"), None);
        assert!(
            is_deed("sailed", false)
                && !is_deed("parked", true)
                && !is_deed("zorbed", true)
                && is_naming("called")
        );
        assert!(is_deed("walked", true) && !is_deed("walked", false) && finite_past("hidden").is_none());
    }

    #[test]
    fn what_is_no_participle_is_finite() {
        let flew = verb("flew").unwrap();
        assert_eq!((flew.attribute.as_str(), flew.form), ("flying", VerbForm::Third));
    }
}
