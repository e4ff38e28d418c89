//! Verbs: what a man is doing becomes an attribute (`running`), a relation
//! (`riding a horse`) or a part of the caption (`wearing a hat`).

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use super::source;
use super::tags::Tags;
use super::words::exact_tags;

/// The shape a verb stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerbForm {
    Base,
    Third,
    Ing,
    Past,
}

/// What a verb does to the things around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Says only that something is there (`placed`, `located`).
    Neutral,
    /// A posture: an attribute of people and animals, nothing for things.
    Posture,
    /// An action, kept as an attribute.
    Action,
    /// What follows is worn or consumed and stays in the caption.
    Caption,
    /// What follows is a thing close by (`holding`, `chasing`).
    Close,
    /// What follows is touched (`hugging`).
    Contact,
    /// What follows carries the subject (`riding`).
    Mount,
    /// What follows is within or upon the subject (`containing`, `filled with`).
    Hold,
    /// What follows is all around the subject (`surrounded by`).
    Surrounded,
    /// What follows stands on both sides of the subject (`flanked by`).
    Flanked,
    /// What follows lies on the subject (`topped with`).
    Topped,
}

/// A verb as it stands in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verb {
    /// The attribute form: `running`, or the participle (`parked`).
    pub(crate) attribute: String,
    pub(crate) form: VerbForm,
    pub(crate) role: Role,
}

impl Role {
    /// Whether verbs of this kind say where things are.
    pub(crate) fn is_place(self) -> bool {
        matches!(self, Self::Neutral | Self::Hold | Self::Surrounded | Self::Flanked | Self::Topped)
    }
}

impl Verb {
    /// Whether it says a slant, which no box shows as it does other postures.
    pub(crate) fn leans(&self) -> bool {
        self.role == Role::Posture && self.attribute.starts_with("leaning")
    }

    /// Whether it says where things are, and no more: what it says is shown by boxes.
    pub(crate) fn shows_where(&self) -> bool {
        self.role.is_place() || matches!(self.attribute.as_str(), "holding" | "sharing")
    }
}

pub(super) const TEXT: &str = include_str!("verbs.txt");

/// The lists of `verbs.txt` by what their verbs do.
pub(super) const ROLES: [(&str, Role); 11] = [
    ("neutral", Role::Neutral),
    ("posture", Role::Posture),
    ("mount", Role::Mount),
    ("hold", Role::Hold),
    ("surrounded", Role::Surrounded),
    ("flanked", Role::Flanked),
    ("topped", Role::Topped),
    ("contact", Role::Contact),
    ("close", Role::Close),
    ("caption", Role::Caption),
    ("action", Role::Action),
];

static DOUBLING: LazyLock<HashSet<&str>> = LazyLock::new(|| source::words(TEXT, "doubling").collect());

static VERBS: LazyLock<HashMap<String, Verb>> = LazyLock::new(|| {
    let mut verbs = HashMap::new();
    for (list, role) in ROLES {
        source::words(TEXT, list).for_each(|lemma| insert_forms(&mut verbs, lemma, role));
    }
    for (lemma, pasts) in source::entries(TEXT, "past tense") {
        let role = verbs.get(lemma).map_or(Role::Action, |verb: &Verb| verb.role);
        for past in pasts.split(' ') {
            verbs.insert(past.to_owned(), Verb { attribute: ing(lemma), form: VerbForm::Third, role });
        }
    }
    let participles = source::entries(TEXT, "participle");
    for (lemma, pasts) in participles.chain(source::entries(TEXT, "irregular")) {
        let role = verbs.get(lemma).map_or(Role::Action, |verb: &Verb| verb.role);
        let active = matches!(role, Role::Action | Role::Posture);
        for past in pasts.split(' ') {
            let attribute = if active { ing(lemma) } else { past.to_owned() };
            verbs.entry(past.to_owned()).or_insert(Verb { attribute, form: VerbForm::Past, role });
        }
    }
    verbs
});

fn insert_forms(verbs: &mut HashMap<String, Verb>, lemma: &str, role: Role) {
    let attribute = ing(lemma);
    for (word, form) in [
        (lemma.to_owned(), VerbForm::Base),
        (third(lemma), VerbForm::Third),
        (attribute.clone(), VerbForm::Ing),
    ] {
        verbs.entry(word).or_insert(Verb { attribute: attribute.clone(), form, role });
    }
    let past = past(lemma);
    verbs.entry(past.clone()).or_insert(Verb { attribute: past, form: VerbForm::Past, role });
}

fn doubled(lemma: &str) -> Option<String> {
    let doubles = is_short(lemma) || DOUBLING.contains(lemma);
    doubles.then(|| lemma.chars().chain(lemma.chars().last()).collect())
}

/// Whether a verb has one syllable with one vowel before one consonant, which is doubled then: `spur`, but not `row`.
fn is_short(lemma: &str) -> bool {
    let vowel = |c: &char| "aeiou".contains(*c);
    let letters: Vec<char> = lemma.chars().collect();
    let closed = matches!(letters.as_slice(), [.., v, c] if vowel(v) && !vowel(c) && !"wxy".contains(*c));
    // The y of "type" is a vowel, too; the u of "quit" is none.
    closed && letters.iter().filter(|c| vowel(c) || **c == 'y').count() == 1 && letters.len() > 2
}

pub(super) fn ing(lemma: &str) -> String {
    if let Some(stem) = lemma.strip_suffix("ie") {
        return format!("{stem}ying");
    }
    let silent = lemma.strip_suffix('e').filter(|stem| !stem.ends_with(['e', 'y', 'o']));
    format!("{}ing", doubled(lemma).as_deref().or(silent).unwrap_or(lemma))
}

pub(super) fn past(lemma: &str) -> String {
    if lemma.ends_with('e') {
        return format!("{lemma}d");
    }
    match lemma.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ied"),
        _ => format!("{}ed", doubled(lemma).as_deref().unwrap_or(lemma)),
    }
}

fn third(lemma: &str) -> String {
    match lemma.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if lemma.ends_with(['s', 'x', 'z', 'o']) || lemma.ends_with("ch") || lemma.ends_with("sh") => {
            format!("{lemma}es")
        }
        _ => format!("{lemma}s"),
    }
}

/// Verbs of a section, looked up by what somebody is doing (`filling`).
struct Deeds {
    section: &'static str,
    doing: OnceLock<HashSet<String>>,
}

impl Deeds {
    const fn of(section: &'static str) -> Self {
        Self { section, doing: OnceLock::new() }
    }

    fn has(&self, doing: &str) -> bool {
        // "blowing out" is blowing.
        let doing = doing.split(' ').next().unwrap_or_default();
        self.doing.get_or_init(|| source::words(TEXT, self.section).map(ing).collect()).contains(doing)
    }
}

static WORKED: Deeds = Deeds::of("worked");
static LINKING: Deeds = Deeds::of("linking");
static LEADING: Deeds = Deeds::of("leading");
static MEANING_TO: Deeds = Deeds::of("meaning to");
static ALIVE: Deeds = Deeds::of("alive");
static TOUCHING_ON: Deeds = Deeds::of("touching on");
static BESIDE_OVER: Deeds = Deeds::of("beside over");
static BESIDE_INTO: Deeds = Deeds::of("beside into");
static ON_OVER: Deeds = Deeds::of("on over");
static ON_ACROSS: Deeds = Deeds::of("on across");
static ON_GROWING: Deeds = Deeds::of("on growing");
static ON_FROM: Deeds = Deeds::of("on from");
static HALF_IN: Deeds = Deeds::of("half in");
static COMING_DOWN: Deeds = Deeds::of("coming down");
static POURING: Deeds = Deeds::of("pouring");
static TOUCHING_INTO: Deeds = Deeds::of("touching into");
static FILLING: Deeds = Deeds::of("filling");
static SHOWN: Deeds = Deeds::of("shown");
static ALONE: Deeds = Deeds::of("alone");
static GIVEN: Deeds = Deeds::of("given");
static AIMED: Deeds = Deeds::of("aimed at");
static TOWARDS: LazyLock<HashSet<&str>> = LazyLock::new(|| source::of_section(TEXT, "towards").collect());
static BEFORE: Deeds = Deeds::of("before");
static AIMED_ALONG: Deeds = Deeds::of("aimed along");
static ADORNING: Deeds = Deeds::of("adorning");
static LIGHTING: Deeds = Deeds::of("lighting");
static TOGETHER: Deeds = Deeds::of("together");
static GIVING: Deeds = Deeds::of("giving");
static PUTTING: Deeds = Deeds::of("putting");

/// Whether what follows says how somebody is (`feeling tired`).
pub(crate) fn is_linking(doing: &str) -> bool {
    LINKING.has(doing)
}

/// Whether `to` and another verb say what somebody does (`trying to catch a ball`).
pub(crate) fn is_leading(doing: &str) -> bool {
    LEADING.has(doing)
}

/// Whether `to` and another verb say what somebody does not do yet (`waiting to cross the street`).
pub(crate) fn is_meaning_to(doing: &str) -> bool {
    MEANING_TO.has(doing)
}

/// Whether a deed and its preposition say on what it is done (`driving over a bridge`, `watching from a bridge`).
pub(crate) fn is_on(doing: &str, prep: &str) -> bool {
    match prep {
        "over" => ON_OVER.has(doing),
        "across" => ON_ACROSS.has(doing),
        "from" => ON_FROM.has(doing),
        _ => false,
    }
}

/// Whether what does this (`growing`) is on what it comes from.
pub(crate) fn is_growing(doing: &str) -> bool {
    ON_GROWING.has(doing)
}

/// Whether what does this (`hatching`) is halfway out of something or in it.
pub(crate) fn is_half_in(doing: &str) -> bool {
    HALF_IN.has(doing)
}

/// Whether what does this (`spilling`) comes down from what it was in or on.
pub(crate) fn is_coming_down(doing: &str) -> bool {
    COMING_DOWN.has(doing)
}

/// Whether what does this, or to which it is done (`pouring`), ends in or on something.
pub(crate) fn is_pouring(doing: &str) -> bool {
    POURING.has(doing)
}

/// Whether a deed and its preposition say what is hit (`crashing into`).
pub(crate) fn is_hitting(doing: &str, prep: &str) -> bool {
    prep == "into" && TOUCHING_INTO.has(doing)
}

/// Whether a deed and its preposition say that something is only touched (`chewing on`), or only near (`fighting over`, `looking into`).
pub(crate) fn is_at(doing: &str, prep: &str) -> bool {
    match prep {
        "on" => TOUCHING_ON.has(doing),
        "over" => BESIDE_OVER.has(doing),
        "into" => BESIDE_INTO.has(doing),
        _ => false,
    }
}

/// Whether only somebody alive does this (`walking`).
pub(crate) fn is_of_the_living(doing: &str) -> bool {
    ALIVE.has(doing)
}

/// Whether somebody does this (`slicing`) to something that lies on or in something else.
pub(crate) fn is_worked(doing: &str) -> bool {
    WORKED.has(doing)
}

/// Whether the place of two boxes shows this (`riding`), so that no caption need say it.
pub(crate) fn is_shown(doing: &str) -> bool {
    SHOWN.has(doing)
}

/// Whether a caption cannot tell this (`catching`) without saying to what it is done.
pub(crate) fn needs_object(verb: &Verb) -> bool {
    let does = verb.attribute.as_str();
    let active = matches!(verb.role, Role::Action | Role::Posture) && is_known_verb(does);
    !active && !ALONE.has(does)
}

/// Whether a caption tells what is given so, and not to whom (`serving`).
pub(crate) fn tells_gift(doing: &str) -> bool {
    GIVEN.has(doing)
}

/// Whether this is what somebody does (`running`), and no more than that.
pub(crate) fn is_doing(attribute: &str) -> bool {
    let first = attribute.split(' ').next().unwrap_or_default();
    let known = VERBS.get(first).is_some_and(|verb| verb.form == VerbForm::Ing);
    known && !exact_tags(first).any(Tags::NOUN.and(Tags::ADJECTIVE).and(Tags::MODIFIER))
}

/// Whether this is told behind the noun alone: nobody says "a looking cat".
pub(crate) fn is_told_behind(doing: &str) -> bool {
    !BEFORE.has(doing) || doing.contains(' ')
}

/// Whether a little word behind this says where to (`looking up`), and not where.
pub(crate) fn is_aimed_along(doing: &str) -> bool {
    AIMED_ALONG.has(doing)
}

/// Whether a preposition says at whom or what this is done (`looking at`, `leaning against`), and not where.
pub(crate) fn is_aimed(doing: &str, prep: &str) -> bool {
    match prep {
        "at" => AIMED.has(doing),
        "on" => doing.starts_with("leaning"),
        _ => TOWARDS.contains(prep) && is_aimed_along(doing),
    }
}

/// Whether what does this (`illuminating`) lights the place it is in.
pub(crate) fn is_lighting(doing: &str) -> bool {
    LIGHTING.has(doing)
}

/// Whether several do this (`building`) to one thing.
pub(crate) fn is_together(doing: &str) -> bool {
    TOGETHER.has(doing)
}

/// Whether somebody and then a thing may stand after it (`handing a boy a balloon`).
pub(crate) fn is_giving(doing: &str) -> bool {
    GIVING.has(doing)
}

/// Whether what this (`dropping`) is done to goes into what follows.
pub(crate) fn is_putting(doing: &str) -> bool {
    PUTTING.has(doing)
}

/// Whether what does this (`filling`) is within or upon what it does it to.
pub(crate) fn is_filling(doing: &str) -> bool {
    FILLING.has(doing)
}

/// Whether what does this (`adorning`) says more of the place it is in than of itself.
pub(crate) fn is_adorning(doing: &str) -> bool {
    ADORNING.has(doing)
}

/// Whether `word` is a form of a verb that the lexicon knows.
pub(crate) fn is_known_verb(word: &str) -> bool {
    VERBS.contains_key(word)
}

/// All forms of the verbs that the lexicon knows.
pub(crate) fn forms() -> impl Iterator<Item = &'static str> {
    VERBS.keys().map(String::as_str)
}

/// `word` as a verb. Unknown words ending in `ing` or `ed` count as actions.
pub(crate) fn verb(word: &str) -> Option<Verb> {
    if let Some(verb) = VERBS.get(word) {
        return Some(verb.clone());
    }
    let known = exact_tags(word).any(Tags::NOUN.and(Tags::FUNCTION).and(Tags::ADJECTIVE));
    let form = match word {
        _ if known || word.len() < 5 || word.contains('-') => return None,
        _ if word.ends_with("ing") => VerbForm::Ing,
        _ if word.ends_with("ed") && !word.ends_with("eed") => VerbForm::Past,
        _ => return None,
    };
    Some(Verb { attribute: word.to_owned(), form, role: Role::Action })
}

/// What somebody is doing who is to do this: `running` of `run`; `None` for
/// words that are no plain verbs.
pub(crate) fn doing(word: &str) -> Option<String> {
    let plain = exact_tags(word).is_unknown();
    let verb = verb(word).filter(|verb| plain && verb.form == VerbForm::Base);
    verb.filter(|verb| matches!(verb.role, Role::Action | Role::Posture)).map(|verb| verb.attribute)
}

/// The form of a verb with `ing`: `riding` of `ride` and of `rides`; `None`
/// for what is no verb in a form of the present.
pub(crate) fn progressive(word: &str) -> Option<String> {
    verb(word).filter(|verb| verb.form != VerbForm::Past).map(|verb| verb.attribute)
}

/// A noun in the plural as what one does with something: `hands` of `a barista hands a cup`.
pub(crate) fn third_person(word: &str) -> Option<Verb> {
    let lemma = lmd_layout::singular(word);
    let other = lemma != word && !exact_tags(word).any(Tags::FUNCTION.and(Tags::ADJECTIVE));
    // What is a noun, too, makes no attribute: nobody is "eyeing".
    let role = if exact_tags(&lemma).any(Tags::NOUN) { Role::Neutral } else { Role::Close };
    other.then(|| Verb { attribute: ing(&lemma), form: VerbForm::Third, role })
}

/// A word that no table knows as what several do: `pounding` of `pound`.
pub(crate) fn base(word: &str) -> Option<Verb> {
    let plain = word.len() > 2 && exact_tags(word).is_unknown() && !VERBS.contains_key(word);
    plain.then(|| Verb { attribute: ing(word), form: VerbForm::Base, role: Role::Close })
}

/// Whether `word` can stand before a noun as a participle (`running`, `parked`).
pub(crate) fn is_participle(word: &str) -> bool {
    !exact_tags(word).any(Tags::NOUN)
        && verb(word).is_some_and(|v| matches!(v.form, VerbForm::Ing | VerbForm::Past))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_lead_to_one_attribute() {
        for word in ["sit", "sits", "sitting", "sat"] {
            assert_eq!(verb(word).unwrap().attribute, "sitting", "{word}");
        }
        assert_eq!(verb("lies").unwrap().attribute, "lying");
        assert_eq!(verb("riding").unwrap().role, Role::Mount);
        assert_eq!(verb("parked").unwrap().attribute, "parked");
        assert_eq!(verb("carries").unwrap().form, VerbForm::Third);
        assert_eq!(verb("zorbing").unwrap().form, VerbForm::Ing);
        assert_eq!(verb("building").map(|v| v.form), Some(VerbForm::Ing));
        assert!(!is_participle("building") && !is_participle("ceiling") && is_participle("sleeping"));
    }
}
