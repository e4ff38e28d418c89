//! Readings that look odd: what is left of a rule that did not fit ends up in a caption in a form that nobody writes.
//! Each is told, whatever rule it comes from, so that a wrong reading is not silent.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint};
use super::links::Link;
use super::numbers::number;
use super::phrase::{Determiner, NounPhrase};
use super::places::Unproved;
use crate::lexicon::{
    List, Tags, VerbForm, exact_tags, head, is_known_verb, is_of_the_living, noun_tags, tags, verb,
};
use crate::{Scene, Thing};

/// Words that may stand within a noun although they end noun phrases.
const JOINS: [&str; 5] = ["of", "and", "'s", "a", "the"];

/// What needs hands, besides what only somebody alive does.
const HANDLED: [&str; 19] = [
    "opening", "closing", "wearing", "pressing", "drinking", "eating", "cooking", "baking", "painting",
    "drawing", "knitting", "shaving", "slicing", "licking", "chewing", "tying", "sewing", "peeling",
    "brushing",
];

/// One sentence for each odd caption of `scene`.
pub(super) fn odd_captions(scene: &Scene) -> Vec<String> {
    let captions = scene.things.iter().flat_map(odd);
    captions
        .chain(halves(scene))
        .chain(loose_parts(scene))
        .chain(odd_absences(scene))
        .chain(differing(scene))
        .chain(same_deed(scene))
        .collect()
}

/// Two noun phrases with nothing between them: what stood there was not taken for a verb.
pub(super) fn side_by_side(chunks: &[Chunk]) -> Option<String> {
    let named = |np: &NounPhrase| !np.noun.is_empty() && !np.capitalised && !np.tags().any(Tags::TIME);
    chunks.windows(3).chain(chunks.get(..2)).find_map(|three| match three {
        [Chunk::Verb(_) | Chunk::Pronoun(_), ..] if three.len() == 3 => None,
        [.., Chunk::Np(one), Chunk::Np(other)] if named(one) && named(other) && opens_alone(other) => {
            Some(format!("\"{} {}\" was read as two things, which may be wrong", one.text(), other.text()))
        }
        _ => None,
    })
}

/// Noun phrases that grammar does not allow: words of two phrases, or a noun and its verb, were put together.
pub(super) fn ill_formed(chunks: &[Chunk]) -> Vec<String> {
    let wrong = |np: &&NounPhrase| {
        let words: Vec<&str> = np.noun.split(' ').collect();
        let plain = |word: &str| {
            let one = lmd_layout::singular(word);
            one != word && tags(&one).any(Tags::NOUN) && !exact_tags(word).any(Tags::NOUN.and(Tags::MODIFIER))
        };
        let inner = words.split_last().is_some_and(|(_, first)| first.iter().any(|word| plain(word)));
        let last = words.last().copied().unwrap_or_default();
        let does = exact_tags(last).is_unknown() && is_known_verb(last) && last.ends_with("ing");
        let another = np.words.first().is_some_and(|word| word.eq_ignore_ascii_case("another")) && np.plural;
        let known = exact_tags(&np.noun).any(Tags::NOUN) || np.noun.starts_with("pair of ");
        !np.capitalised && !known && (inner || does || another)
    };
    let phrases = chunks.iter().filter_map(|chunk| if let Chunk::Np(np) = chunk { Some(np) } else { None });
    let doubt = |np: &NounPhrase| format!("\"{}\" was read as one thing, which may be wrong", np.text());
    phrases.filter(wrong).map(doubt).collect()
}

/// `a dog that is`: a clause that says nothing was cut short, or what it leaves to be understood was not.
pub(super) fn cut_short(chunks: &[Chunk]) -> Option<String> {
    let ends = |after: Option<&Chunk>| matches!(after, None | Some(Chunk::Stop | Chunk::And | Chunk::But));
    let short = |(at, chunk): (usize, &Chunk)| {
        let than = chunks.iter().take(at).any(|chunk| matches!(chunk, Chunk::Than { .. }));
        matches!(chunk, Chunk::Be | Chunk::Which) && !than && ends(chunks.get(at + 1))
    };
    let cut = chunks.iter().enumerate().any(short);
    cut.then(|| "a clause ends before it says anything: what it leaves out was not understood".to_owned())
}

/// Whether a noun phrase was led to by nothing: with an article of its own it may be what a word before it is done to.
fn opens_alone(phrase: &NounPhrase) -> bool {
    phrase.is_bare() || phrase.determiner == Determiner::The
}

/// `half of the plates` are not halves of plates.
fn halves(scene: &Scene) -> Vec<String> {
    let halved = |thing: &&Thing| thing.count > 1 && thing.attributes.iter().any(|word| word == "half");
    let doubt = |thing: &Thing| format!("\"{}\" may be misread: half of them may be meant", thing.phrase());
    scene.things.iter().filter(halved).map(doubt).collect()
}

/// Parts of bodies that stand alone beside whose they may be, and places that stand about like things.
fn loose_parts(scene: &Scene) -> Vec<String> {
    let tagged = |thing: &Thing, tag: Tags| noun_tags(&thing.noun).any(tag);
    let related = |index: usize| scene.relations.iter().any(|r| r.subject == index || r.object == index);
    let alive = scene.things.iter().any(|thing| tagged(thing, Tags::ANIMATE));
    let loose = scene.things.iter().enumerate().filter(|(index, thing)| {
        let part = alive && tagged(thing, Tags::BODY);
        // A hood or a wheel belongs to something, a door may stand for itself.
        let whole = Tags::BODY
            .and(Tags::SURFACE)
            .and(Tags::CONTAINER)
            .and(Tags::SEAT)
            .and(Tags::WORN)
            .and(Tags::MODIFIER);
        let piece = tagged(thing, Tags::PART) && !tagged(thing, whole) && !own_thing(&thing.noun);
        let part = part || piece && scene.things.len() > 1 && thing.region.is_none();
        let place = tagged(thing, Tags::PLACE)
            && !tagged(thing, Tags::SURFACE.and(Tags::SKY).and(Tags::BOUNDED).and(Tags::SCENERY));
        let made = thing.attributes.iter().any(|word| exact_tags(word).any(Tags::MODIFIER));
        let free = !made && thing.region.is_none() && scene.things.len() > 1;
        // "a height", "a muted green": hardly things, wherever they stand.
        let own = exact_tags(&thing.noun);
        let shade = own.any(Tags::COLOUR) && !own.any(Tags::NOUN);
        let hardly = thing.detail.is_none() && (List::NoThing.has(&thing.noun) || shade);
        hardly || (part || place && free) && !related(*index)
    });
    loose.map(|(_, thing)| own_thing_doubt(&thing.phrase())).collect()
}

/// That a thing has a box of its own may be wrong.
fn own_thing_doubt(phrase: &str) -> String {
    format!("\"{phrase}\" is drawn as a thing of its own, which may be wrong")
}

/// Whether a part is as often seen without the rest.
fn own_thing(noun: &str) -> bool {
    matches!(
        head(noun),
        "door"
            | "window"
            | "tattoo"
            | "label"
            | "sticker"
            | "print"
            | "engine"
            | "shutter"
            | "turret"
            | "spire"
            | "mast"
            | "sail"
            | "string"
            | "petal"
            | "leaf"
    )
}

/// `three vases in different colours`: nobody says which.
fn differing(scene: &Scene) -> Vec<String> {
    let differ = |thing: &&Thing| {
        let by =
            thing.detail.as_deref().and_then(|said| said.strip_prefix("of ").or(said.strip_prefix("in ")));
        let by = by.or(thing.detail.as_deref().and_then(|said| said.strip_prefix("with a ")));
        let words = ["different", "various", "varying", "assorted"];
        thing.count > 1 && by.is_some_and(|by| words.iter().any(|word| by.starts_with(word)))
    };
    let doubt = |thing: &Thing| {
        format!("all {} of \"{}\" have this caption, whatever they differ by", thing.count, thing.phrase())
    };
    scene.things.iter().filter(differ).map(doubt).collect()
}

/// What is forbidden although its last word is no thing.
fn odd_absences(scene: &Scene) -> Vec<String> {
    let odd = scene.absent.iter().filter(|phrase| {
        let own = exact_tags(phrase.rsplit(' ').next().unwrap_or_default());
        own.any(Tags::FUNCTION.and(Tags::ADVERB).and(Tags::ADJECTIVE))
            && !own.any(Tags::NOUN.and(Tags::COLOUR))
    });
    odd.map(|phrase| format!("\"{phrase}\" was read as something that must not be there, which may be wrong"))
        .collect()
}

fn odd(thing: &Thing) -> Vec<String> {
    let mut notes = Vec::new();
    let mut doubt = |says: String| notes.push(format!("\"{}\" may be misread: {says}", thing.phrase()));
    let colours: Vec<&String> = thing.attributes.iter().filter(|a| is_plain_colour(a)).collect();
    if let [first, second, ..] = colours.as_slice() {
        doubt(format!("it has two colours, \"{first}\" and \"{second}\""));
    }
    let words: Vec<&str> = thing.noun.split(' ').collect();
    let is_hinge = |tags: Tags| tags.any(Tags::FUNCTION) && !tags.any(Tags::NOUN);
    let hinge = |word: &&&str| is_hinge(exact_tags(word)) && !JOINS.contains(*word);
    if let Some(word) = words.iter().find(hinge) {
        doubt(format!("\"{word}\" is no part of a name"));
    }
    if let [.., doer, does] = words.as_slice()
        && tags(doer).any(Tags::PERSON)
        && !tags(does).any(Tags::VEHICLE)
        && verb(does).is_some_and(|verb| verb.form == VerbForm::Base)
    {
        doubt(format!("\"{does}\" may be what it does"));
    }
    let own = exact_tags(&thing.noun);
    let of = thing.detail.as_deref().is_some_and(|detail| detail.starts_with("of "));
    if own.any(Tags::ADJECTIVE.and(Tags::ADVERB).and(Tags::FUNCTION))
        && !own.any(Tags::NOUN.and(Tags::COLOUR))
        && !of
    {
        doubt(format!("\"{}\" is no thing", thing.noun));
    }
    let own = noun_tags(&thing.noun);
    let lifeless = !own.is_unknown() && !own.any(Tags::ANIMATE);
    if let Some(does) = thing.attributes.iter().find(|does| lifeless && lives(does)) {
        doubt(format!("\"{does}\" may be what somebody else does"));
    }
    let does = thing.detail.as_deref().and_then(|detail| detail.split(' ').next());
    let figure = own.any(Tags::PART) || List::Figure.has(head(&thing.noun));
    // A boat may wait for the tide.
    let waits = |does: &str| does == "waiting" && own.any(Tags::VEHICLE);
    // "a sign reading "OPEN"" says so, and so does "reading 50".
    let shouts = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_uppercase() || c.is_ascii_digit());
    let says =
        thing.detail.as_deref().is_some_and(|detail| detail.contains('"') || detail.split(' ').any(shouts));
    if let Some(does) = does.filter(|does| {
        // "a sword slicing" may do so itself, slicing bread it may not.
        let handles = HANDLED.contains(does) && thing.detail.as_deref() != Some(does);
        lifeless && !says && !figure && !waits(does) && (lives(does) || handles)
    }) {
        doubt(format!("\"{does}\" may be what somebody else does"));
    }
    // "in a black suit in a red dress": one of them may be what somebody else wears.
    let worn = thing.detail.as_deref().map_or(0, |detail| {
        let detail = format!(" {detail}");
        detail.matches(" in a ").count() + detail.matches(" in an ").count()
    });
    if worn > 1 && noun_tags(&thing.noun).any(Tags::ANIMATE) {
        doubt("two things are said of it that may be of two".to_owned());
    }
    if let Some((does, what)) = shared_deed(thing).filter(|_| thing.count > 1) {
        doubt(format!("each of the {} is drawn {does} a {what} of its own", thing.count));
    }
    if let Some((count, things)) = uncounted(thing) {
        doubt(format!("the {count} {things} are drawn as one thing with it and are not counted"));
    }
    notes
}

/// What several may do together to one thing, which is drawn once for each of them.
fn shared_deed(thing: &Thing) -> Option<(&str, &str)> {
    let (does, what) = thing.detail.as_deref()?.split_once(" a ")?;
    // "cutting and serving a cake"
    let does = does.rsplit(" and ").next().unwrap_or(does);
    let each =
        matches!(does, "wearing" | "playing" | "eating" | "drinking" | "reading" | "holding" | "having");
    let deed = !does.contains(' ') && verb(does).is_some_and(|verb| verb.form == VerbForm::Ing);
    (deed && !each && !noun_tags(what).any(Tags::BODY)).then_some((does, what))
}

/// `a man and a woman polishing a car`: drawn once for each of them, as of several of a kind.
fn same_deed(scene: &Scene) -> Vec<String> {
    let pairs = scene.things.windows(2).filter_map(|pair| match pair {
        [one, other] if one.count == 1 && other.count == 1 && one.detail == other.detail => {
            let (does, what) = shared_deed(other)?;
            Some(format!(
                "\"{}\" and \"{}\" are each drawn {does} a {what} of their own",
                one.noun, other.noun
            ))
        }
        _ => None,
    });
    pairs.collect()
}

/// `a pyramid of six oranges`: nobody counts what has no box.
fn uncounted(thing: &Thing) -> Option<(&str, &str)> {
    let (count, things) = thing.detail.as_deref()?.strip_prefix("of ")?.split_once(' ')?;
    // Centimetres have no box, whatever they measure.
    let unit = lmd_layout::singular(things.split(' ').next().unwrap_or(things));
    let several = number(&count.to_lowercase()).is_some_and(|count| count > 1);
    (several && !List::Unit.has(&unit)).then_some((count, things))
}

/// Whether only somebody alive does so: pumpkins and suns smile, too.
fn lives(does: &str) -> bool {
    does != "smiling" && is_of_the_living(does)
}

/// A colour and nothing else: gold and cherry are stuff and fruit, too.
fn is_plain_colour(attribute: &str) -> bool {
    let own = exact_tags(attribute);
    attribute == "green"
        || own.any(Tags::COLOUR)
            && !own.any(Tags::MODIFIER.and(Tags::NOUN).and(Tags::ADJECTIVE).and(Tags::STUFF))
}

impl Interpreter<'_> {
    /// How much was said of places, regions and details so far.
    pub(super) fn said_so_far(&self) -> usize {
        self.said + self.places.len() + self.places.again() + self.scene.absent.len() + self.scene.notes.len()
    }

    /// Remembers a preposition that has to say something.
    pub(super) fn must_say(&mut self, link: &Link) {
        self.tell_unproved();
        let followed = matches!(self.peek(1), Some(Chunk::Np(_) | Chunk::Pronoun(_) | Chunk::OneOf(_)));
        // "a plate with nothing on it"
        let of_itself = matches!(self.peek(1), Some(Chunk::Pronoun(_))) && self.scene.things.len() < 2;
        let preposition = match link {
            _ if self.denied.is_some() => None,
            Link::Rel { prep, .. } => (followed && !of_itself && !prep.is_empty()).then(|| prep.clone()),
            other => other.told().map(str::to_owned),
        };
        self.unproved = Unproved { preposition, said: self.said_so_far() };
    }

    /// Tells the preposition that said nothing.
    pub(super) fn tell_unproved(&mut self) {
        let Unproved { preposition, said } = std::mem::take(&mut self.unproved);
        if self.said_so_far() != said
            || self.ahead.is_some()
            || self.region.is_some()
            || self.arrangement.is_some()
            || self.series.is_some()
        {
            return;
        }
        if let Some(preposition) = preposition.filter(|p| !self.scene.not_understood.contains(p)) {
            self.scene.not_understood.push(preposition);
        }
    }

    /// Tells a new thing that nothing joins to what stands before it: no preposition, no verb, no comma.
    pub(super) fn doubt_joint(&mut self, phrase: &NounPhrase) {
        let begins = self.joint != Joint::None || self.mentioned.is_empty() || phrase.noun.is_empty();
        if begins || self.ahead.is_some() || self.region.is_some() || self.denied.is_some() {
            return;
        }
        // "as a bus passes" begins a clause, "cabinets a sink and a stove" a list without its commas.
        let goes_on = matches!(self.peek(1), Some(Chunk::Verb(_) | Chunk::Be | Chunk::Has | Chunk::And));
        let loose = match self.previous() {
            // What stands there alone `side_by_side` tells.
            Some(Chunk::Np(_)) => !goes_on && !opens_alone(phrase),
            // "reaching for her umbrella", "a jar for biscuits on a shelf"
            Some(Chunk::For) => !matches!(self.before_last(), Some(Chunk::Verb(_))) && !self.link_follows(),
            Some(Chunk::Adjectives(_) | Chunk::Be | Chunk::Which) => true,
            Some(Chunk::Link(link)) => matches!(link, Link::Nowhere | Link::Region { .. }),
            _ => false,
        };
        if loose {
            self.scene.notes.push(own_thing_doubt(&phrase.text()));
        }
    }

    /// Tells a number before one thing and an article before several.
    pub(super) fn doubt_number(&mut self, phrase: &NounPhrase) {
        let last = phrase.noun.rsplit(' ').next().unwrap_or_default();
        // One sheep and two sheep, scissors, water: the form tells no number.
        let alike =
            lmd_layout::plural(last) == last || List::Alike.has(last) || phrase.tags().any(Tags::STUFF);
        let counted = phrase.quantity.is_some_and(|quantity| quantity.exact && quantity.count > 1);
        let pair = phrase.noun.starts_with("pair of");
        if counted && !phrase.plural && !alike && !pair && !phrase.noun.is_empty() && !phrase.anaphor {
            self.scene
                .notes
                .push(format!("\"{}\" was read as a number of things, which may be wrong", phrase.text()));
        }
        // "an old man's hands": the article is the man's.
        let owned = phrase.attributes.iter().any(|word| word.ends_with("'s"));
        if phrase.determiner == Determiner::A
            && !owned
            && phrase.plural
            && phrase.quantity.is_none()
            && !alike
        {
            self.scene
                .notes
                .push(format!("\"{}\" was read as several things, which may be wrong", phrase.text()));
        }
    }
}
