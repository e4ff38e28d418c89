//! Verbs: what a man is doing becomes an attribute (`running`), a relation
//! (`riding a horse`) or a part of the caption (`wearing a hat`).

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lexicon::{Tags, exact_tags};

/// The shape a verb stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VerbForm {
    Base,
    Third,
    Ing,
    Past,
}

/// What a verb does to the things around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
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
pub(super) struct Verb {
    /// The attribute form: `running`, or the participle (`parked`).
    pub(super) attribute: String,
    pub(super) form: VerbForm,
    pub(super) role: Role,
}

const NEUTRAL: &str = "come place locate position situate set put appear exist remain stay arrange seat align see find visible \
    display line occupy show feature depict stand-alone";
const POSTURE: &str = "sit stand lie rest lean perch wait hang sprawl";
const ACTION: &str = "sleep nap run walk jog jump leap hop swim dive fly float hover glide soar dance sing laugh cry smile \
    grin yawn play fight box wrestle train work study talk chat speak whisper shout look stare gaze glance peek peer swing \
    climb crawl creep slide roll spin rotate bounce fall drop rise shine glow sparkle shimmer burn blaze smoke steam \
    erupt explode grow bloom blossom flow drip splash sail row paddle surf ski skate snowboard skateboard cycle drive \
    race speed cruise park crouch kneel squat bend stretch meditate relax snuggle cuddle curl hide wander roam stroll \
    hike march travel graze hunt howl bark meow roar growl sniff scratch wag bathe shower wash cook bake paint draw \
    write read knit sew type text argue pose wave point clap cheer celebrate pray listen think dream drift land hatch \
    nest swarm swirl flutter flap charge attack melt crash collide lounge picnic camp gather huddle stack scatter \
    pile spread hug kiss embrace move dangle tower loom breathe snore wink shiver tremble juggle perform gallop trot \
    prance stalk pounce chirp trail wade sunbathe emerge reach turn head lay face start kneel orbit collapse sink";
const CAPTION: &str = "wear sport eat drink sip smoke lick chew bite read play blow cook bake paint draw write type brush \
    wash use make build dress cover coat wrap decorate adorn cut chop slice pour stir mix lift raise grip clutch cast \
    form breathe speak study spread knit perform repair fix clean celebrate do have take have catch-phrase \
    say serve shoot draw strum tune drape stretch carve engrave shape color colour tie part depict inscribe stain light \
    illuminate load overflow spill enjoy swing open close roast grill";
const CLOSE: &str = "fly drive hold carry push pull chase follow watch kick catch throw walk feed pet face toss hit touch grab drag \
    tow lead guard protect approach meet greet fight attack accompany pursue hug kiss embrace cuddle lift-up examine \
    inspect admire observe balance dribble bounce juggle tie attach connect offer give deliver sell buy pick collect \
    steer pilot operate ring fix repair smell sniff present join dig overlook block fish hunt raise wave";
const MOUNT: &str = "cross ride mount straddle climb";
const HOLD: &str = "contain hold-inside include fill stuff pack crowd litter dot";
const SURROUNDED: &str = "surround encircle enclose";
const FLANKED: &str = "flank";
const TOPPED: &str = "top crown garnish";

/// Irregular past forms and participles.
const PASTS: &str = "sat sit stood stand lay lie lain lie slept sleep ran run swam swim flew fly flown fly worn wear wore wear \
    held hold hung hang ridden ride rode ride made make built build lit light grown grow driven drive drove drive caught \
    catch drawn draw drew draw seen see eaten eat ate eat drank drink written write thrown throw threw throw led lead bent \
    bend spread spread cut cut set set put put rose rise fell fall fed feed bitten bite chosen choose hidden hide shown \
    show woven weave sung sing spun spin laid lay taken take given give found find met meet fought fight hit hit swept \
    sweep bound bind stuck stick knelt kneel crept creep swung swing strung string shot shoot";

/// Verbs whose last letter doubles before an ending.
const DOUBLING: &str = "sit run jog hop swim grin yap chat drop spin skip sip snap wag pet hug cut chop grab drag tap box-x \
    set put tip nap hit grip clap wrap strum flap stir dig pat beg rip slip slap stop step trot pot dot lit plan scrub ship \
    top trim skim flip whip zip unzip nod swap stun tag tug jut";

static VERBS: LazyLock<HashMap<String, Verb>> = LazyLock::new(|| {
    let lists = [
        (NEUTRAL, Role::Neutral),
        (POSTURE, Role::Posture),
        (MOUNT, Role::Mount),
        (HOLD, Role::Hold),
        (SURROUNDED, Role::Surrounded),
        (FLANKED, Role::Flanked),
        (TOPPED, Role::Topped),
        (CLOSE, Role::Close),
        (CAPTION, Role::Caption),
        (ACTION, Role::Action),
    ];
    let mut verbs = HashMap::new();
    for (list, role) in lists {
        for lemma in list.split_whitespace() {
            insert_forms(&mut verbs, lemma, role);
        }
    }
    let mut pasts = PASTS.split_whitespace();
    while let (Some(past), Some(lemma)) = (pasts.next(), pasts.next()) {
        let role = verbs.get(lemma).map_or(Role::Action, |verb: &Verb| verb.role);
        let active = matches!(role, Role::Action | Role::Posture);
        let attribute = if active { ing(lemma) } else { past.to_owned() };
        verbs.entry(past.to_owned()).or_insert(Verb { attribute, form: VerbForm::Past, role });
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
    let doubles = DOUBLING.split_whitespace().any(|word| word == lemma);
    doubles.then(|| lemma.chars().chain(lemma.chars().last()).collect())
}

fn ing(lemma: &str) -> String {
    if let Some(stem) = lemma.strip_suffix("ie") {
        return format!("{stem}ying");
    }
    let silent = lemma.strip_suffix('e').filter(|stem| !stem.ends_with('e') && !stem.ends_with('y'));
    format!("{}ing", doubled(lemma).as_deref().or(silent).unwrap_or(lemma))
}

fn past(lemma: &str) -> String {
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

/// Whether `word` is a form of a verb that the tables know.
pub(super) fn is_known(word: &str) -> bool {
    VERBS.contains_key(word)
}

/// All forms of the verbs that the tables know.
pub(super) fn forms() -> impl Iterator<Item = &'static str> {
    VERBS.keys().map(String::as_str)
}

/// `word` as a verb. Unknown words ending in `ing` or `ed` count as actions.
pub(super) fn verb(word: &str) -> Option<Verb> {
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

/// A noun in the plural as what one does with something: `hands` of `a barista hands a cup`.
pub(super) fn third_person(word: &str) -> Option<Verb> {
    let lemma = lmd_layout::singular(word);
    let other = lemma != word && !exact_tags(word).any(Tags::FUNCTION.and(Tags::ADJECTIVE));
    // What is a noun, too, makes no attribute: nobody is "eyeing".
    let role = if exact_tags(&lemma).any(Tags::NOUN) { Role::Neutral } else { Role::Close };
    other.then(|| Verb { attribute: ing(&lemma), form: VerbForm::Third, role })
}

/// Whether `word` can stand before a noun as a participle (`running`, `parked`).
pub(super) fn is_participle(word: &str) -> bool {
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
