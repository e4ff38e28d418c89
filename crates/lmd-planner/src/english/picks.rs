//! One of several by its place: `the left tree`, `the middle one`. It is taken
//! out of the others and stands beside them as its place says.

use super::chunk::{By, Chunk};
use super::interpret::{Interpreter, Pending};
use super::links::place_word;
use super::partitive::Pick;
use super::phrase::{Determiner, NounPhrase};
use crate::lexicon::{Tags, exact_tags, head, is_of_the_living};
use crate::{Arrangement, Region, RelationKind};

impl Interpreter<'_> {
    /// Whether a phrase picks one of several that were named before.
    pub(super) fn picks_known(&self, phrase: &NounPhrase) -> bool {
        place_of(phrase).is_some_and(|region| self.pick_source(&phrase.noun, region).is_some())
    }

    /// The thing that `the left tree` means, taken out of the trees.
    pub(super) fn picked_by(&mut self, phrase: &NounPhrase) -> Option<usize> {
        let region = place_of(phrase)?;
        let source = self.pick_source(&phrase.noun, region)?;
        let index = self.pick(source, region);
        let others = phrase.attributes.iter().skip(1).cloned();
        if let Some(thing) = self.scene.things.get_mut(index) {
            for attribute in others {
                if !thing.attributes.contains(&attribute) {
                    thing.attributes.push(attribute);
                }
            }
        }
        Some(index)
    }

    /// `the left table` of tables that were not named before: one on the left.
    pub(super) fn placed_by_name(phrase: &NounPhrase) -> Option<(NounPhrase, Region)> {
        let region = place_of(phrase).filter(|region| matches!(region, Region::Left | Region::Right))?;
        let attributes = phrase.attributes.iter().skip(1).cloned().collect();
        Some((NounPhrase { attributes, ..phrase.clone() }, region))
    }

    /// What is picked from: what was picked so before, else several, else what
    /// is left when the others were picked.
    fn pick_source(&self, noun: &str, region: Region) -> Option<usize> {
        let is_so = |index: usize| {
            self.scene.things.get(index).is_some_and(|thing| thing.noun == noun || head(&thing.noun) == noun)
        };
        let before = self.picks.iter().find(|(part, _, place)| *place == region && is_so(*part));
        if let Some((part, ..)) = before {
            return Some(*part);
        }
        let several = |index: &usize| self.scene.things.get(*index).is_some_and(|thing| thing.count > 1);
        let all = (0..self.scene.things.len()).rev().filter(|index| is_so(*index));
        let rest = self.picks.iter().map(|(_, source, _)| *source).find(|source| is_so(*source));
        all.into_iter().find(several).or(rest)
    }

    /// Takes the one at `region` out of `source`.
    pub(super) fn pick(&mut self, source: usize, region: Region) -> usize {
        if self.picks.iter().any(|(part, _, place)| *part == source && *place == region) {
            return source;
        }
        if self.scene.things.get(source).is_none_or(|thing| thing.count < 2) {
            return source;
        }
        // Whom the sentence speaks of is not changed by what it refers to.
        let (group, parts, closed) = (self.group.clone(), self.parts.clone(), self.closed);
        self.split(&NounPhrase::new(), source);
        (self.group, self.parts, self.closed) = (group, parts, closed);
        self.divided = None;
        let part = self.scene.things.len() - 1;
        // Beside what all of them are beside is the middle one no more than the others.
        self.scene.relations.retain(|r| r.subject != part || r.kind != RelationKind::NextTo);
        match region {
            Region::Left => self.relate(part, RelationKind::LeftOf, source),
            Region::Right => self.relate(part, RelationKind::RightOf, source),
            Region::Top => self.relate(part, RelationKind::Above, source),
            Region::Bottom => self.relate(part, RelationKind::Below, source),
            Region::Center if self.scene.things.get(source).is_some_and(|thing| thing.count > 1) => {
                self.relate(part, RelationKind::Between(source), source);
            }
            other => self.set_region(&[part], other),
        }
        self.picks.push((part, source, region));
        part
    }

    /// What one is picked from: several, or what is left of those that others were picked from.
    pub(super) fn picked_from(&self, pick: Pick) -> Option<usize> {
        let several = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.count > 1);
        let left = self.picks.last().map(|(_, source, _)| *source).or(self.divided);
        let source = self.latest_several().filter(several).or(left)?;
        // "Two of the three bottles are full; the third is empty."
        let thing = self.scene.things.get(source)?;
        let beyond = matches!(pick, Pick::Nth(nth) if nth > thing.count) && left.is_none();
        let rest = |other: &crate::Thing| other.noun == thing.noun && other.count == 1;
        self.scene.things.iter().position(rest).filter(|_| beyond).or(Some(source))
    }

    /// `a row of houses: the first red, the second blue, the third yellow`: there are three, as nobody says how many.
    fn count_by_ordinals(&mut self, source: usize) {
        let named = |chunk: &Chunk| match chunk {
            Chunk::OneOf(pick) => Some(*pick),
            Chunk::Np(np) if np.determiner == Determiner::The && np.noun.is_empty() => {
                np.attributes.first().and_then(|word| Pick::of(word))
            }
            _ => None,
        };
        let ahead = self.chunks.iter().skip(self.at).take_while(|chunk| **chunk != Chunk::Stop);
        let all = ahead.filter_map(named);
        let all = all.map(|pick| if let Pick::Nth(nth) = pick { nth } else { 0 });
        // "the first red, the last blue": nobody knows how many are between.
        let (most, unclear) =
            all.fold((0, false), |(most, unclear), nth| (most.max(nth), unclear || nth == 0));
        let untouched = self.picks.iter().all(|(_, of, _)| *of != source);
        if let Some(whole) = self.scene.things.get_mut(source)
            && most > 1
            && !unclear
            && untouched
            && !whole.exact
        {
            (whole.count, whole.exact) = (most, true);
        }
    }

    /// The `nth` of `source` from the left, or from the top of a column.
    pub(super) fn pick_nth(&mut self, source: usize, nth: u32) -> usize {
        self.count_by_ordinals(source);
        let Some(whole) = self.scene.things.get(source) else { return source };
        let alike = self.scene.things.iter().filter(|thing| thing.noun == whole.noun);
        let all: u32 = alike.map(|thing| thing.count).sum();
        let upright = matches!(whole.arrangement, Some(Arrangement::Column | Arrangement::Stack));
        let (first, last, after) = if upright {
            (Region::Top, Region::Bottom, RelationKind::Below)
        } else {
            (Region::Left, Region::Right, RelationKind::RightOf)
        };
        let taken = self.picks.iter().filter(|(_, of, place)| *of == source && *place == first);
        let taken: Vec<usize> = taken.map(|(part, ..)| *part).collect();
        let before = nth.saturating_sub(1) as usize;
        if let Some(known) = taken.get(before) {
            return *known;
        }
        // "three women laugh, the fourth stares": there are four.
        if nth == all + 1 && all > 1 {
            self.scene.things.get_mut(source).into_iter().for_each(|whole| whole.count += 1);
            let part = self.pick(source, last);
            let own = |word: &String| !is_of_the_living(word);
            let further = self.scene.things.get_mut(part).filter(|_| part != source);
            further.into_iter().for_each(|thing| thing.attributes.retain(own));
            return part;
        }
        if nth >= all && nth > 1 {
            return self.pick(source, last);
        }
        if taken.len() < before {
            return self.pick_between(source, before - taken.len());
        }
        let part = self.pick(source, first);
        taken.last().into_iter().for_each(|left| self.relate(part, after, *left));
        part
    }

    /// `the left-hand hill` and `the right-hand one`: a second hill on the other side.
    pub(super) fn counterpart(&mut self, pick: Pick) -> Option<usize> {
        let (region, other) = match pick {
            Pick::At(Region::Left) => (Region::Left, Region::Right),
            Pick::At(Region::Right) => (Region::Right, Region::Left),
            _ => return None,
        };
        let placed = |thing: &&crate::Thing| thing.count == 1 && thing.region == Some(other);
        let first = self.scene.things.iter().rfind(placed)?;
        let mut second = crate::Thing { region: Some(region), detail: None, ..first.clone() };
        // "the left cup is empty, the right one is full": of the other nothing is said yet.
        second.attributes.retain(|word| exact_tags(word).any(Tags::MODIFIER));
        self.scene.things.push(second);
        self.mentioned.push(self.scene.things.len() - 1);
        Some(self.scene.things.len() - 1)
    }

    /// `four stools, a hat on the tallest one`: the one of the stools, not of the hats.
    pub(super) fn best_of_several(&self, phrase: &NounPhrase) -> Option<NounPhrase> {
        let best = phrase.anaphor && phrase.attributes.iter().any(|word| word.ends_with("est"));
        let object = matches!(self.pending, Pending::Object { .. });
        let several = (best && object).then(|| self.latest_several()).flatten()?;
        let whole = self.scene.things.get(several)?;
        Some(NounPhrase { noun: whole.noun.clone(), ..phrase.clone() })
    }

    /// `the centre one is the biggest`: said of that one. `true` if it was that.
    pub(super) fn says_best(&mut self, phrase: &NounPhrase) -> bool {
        let picked = matches!(self.previous(), Some(Chunk::Be))
            && matches!(self.before_last(), Some(Chunk::OneOf(_)))
            && phrase.attributes.iter().any(|word| word.ends_with("est"));
        if picked {
            self.adjectives(&phrase.attributes);
        }
        picked
    }

    /// `two robots play chess while a third watches`: one more than there are.
    pub(super) fn is_further(&self, phrase: &NounPhrase) -> bool {
        let Some(article) = phrase.words.first() else { return false };
        let plain = phrase.quantity.is_none() && phrase.attributes.is_empty() && self.divided.is_none();
        plain && phrase.determiner == Determiner::Another && article.eq_ignore_ascii_case("a")
    }

    /// The one in the middle of `source`.
    pub(super) fn pick_middle(&mut self, source: usize) -> usize {
        let count = self.scene.things.get(source).map_or(0, |thing| thing.count as usize);
        let known = self.picks.iter().any(|(_, of, _)| *of == source);
        if known || count.is_multiple_of(2) {
            return self.pick(source, Region::Center);
        }
        self.pick_between(source, count / 2)
    }

    /// The one with `before` of `source` on one side and the rest of them on the other.
    fn pick_between(&mut self, source: usize, before: usize) -> usize {
        let count = self.scene.things.get(source).map_or(0, |thing| thing.count as usize);
        if count < 4 || before + 1 >= count {
            return self.pick(source, Region::Center);
        }
        let upright =
            self.scene.things.get(source).is_some_and(|thing| {
                matches!(thing.arrangement, Some(Arrangement::Column | Arrangement::Stack))
            });
        let (first, after) = if upright {
            (Region::Bottom, RelationKind::Below)
        } else {
            (Region::Right, RelationKind::RightOf)
        };
        let part = self.pick(source, first);
        if part == source {
            return part;
        }
        self.part_rest(part, source, before);
        let rest = self.scene.things.len() - 1;
        self.relate(rest, after, part);
        part
    }

    /// Half of `rest` on one side of `part`, half on the other.
    pub(super) fn stand_amid(&mut self, part: usize, rest: usize) {
        let count = self.scene.things.get(rest).map_or(0, |thing| thing.count as usize);
        if count < 3 {
            return self.relate(part, RelationKind::Between(rest), rest);
        }
        self.part_rest(part, rest, count / 2);
        let behind = self.scene.things.len() - 1;
        self.relate(part, RelationKind::RightOf, rest);
        self.relate(behind, RelationKind::RightOf, part);
    }

    /// Leaves `before` of `source` where they are; the others are another thing.
    fn part_rest(&mut self, part: usize, source: usize, before: usize) {
        let all = self.scene.things.get(source).map_or(0, |thing| thing.count as usize);
        let mut rest = self.scene.things.get(source).cloned();
        let front = self.scene.things.get_mut(source);
        front.into_iter().chain(rest.as_mut()).zip([before, all - before]).for_each(|(thing, count)| {
            thing.count = u32::try_from(count).unwrap_or(1);
        });
        self.scene.things.extend(rest);
        let rest = self.scene.things.len() - 1;
        self.stand_like(rest, source);
        let row = [part, rest];
        self.scene.relations.retain(|r| r.kind != RelationKind::NextTo || !row.contains(&r.subject));
    }

    /// Takes one of several apart that something may be compared with: `the red one higher than the blue one`.
    pub(super) fn split_off(&mut self, phrase: &NounPhrase, source: usize) {
        let pending = std::mem::take(&mut self.pending);
        self.split(phrase, source);
        match pending {
            Pending::Than { larger, higher, by, subjects } => {
                let objects = self.group.clone();
                self.compare((larger, higher, by), &subjects, &objects);
            }
            other => self.pending = other,
        }
    }

    /// `the red one higher`: than those of its kind. `true` if it was that.
    pub(super) fn is_higher(&mut self, adjectives: &[String], subjects: &[usize]) -> bool {
        let larger = match adjectives {
            [only] if only == "higher" => true,
            [only] if only == "lower" => false,
            _ => return false,
        };
        let kind = |i: usize| self.scene.things.get(i).map(|thing| thing.noun.as_str());
        let alike = |i: &usize| !subjects.contains(i) && subjects.iter().all(|one| kind(*one) == kind(*i));
        let others: Vec<usize> = (0..self.scene.things.len()).filter(alike).collect();
        let found = !subjects.is_empty() && !others.is_empty();
        if found {
            self.compare((larger, true, By::Size), subjects, &others);
            self.used.extend(adjectives.iter().cloned());
        }
        found
    }

    /// `two balloons, one far and one close`: of several these are in the background and in the foreground.
    pub(super) fn place_by_distance(&mut self, adjectives: &[String], subjects: &[usize]) {
        let said = |words: &[&str]| adjectives.iter().any(|word| words.contains(&word.as_str()));
        let region = match () {
            () if self.parts.is_empty() => return,
            // Of two on a hill the hill tells where they are.
            () if self.scene.relations.iter().any(|r| subjects.contains(&r.subject)) => return,
            () if said(&["far", "distant", "farther", "further"]) => Region::Background,
            () if said(&["close", "near", "nearby", "closer", "nearer"]) => Region::Foreground,
            () => return,
        };
        self.set_region(subjects, region);
    }

    /// `the first is red`, `the leftmost is empty`: one of several by its number or place. `true` if it was that.
    pub(super) fn picks_by_ordinal(&mut self, phrase: &NounPhrase) -> bool {
        let definite = phrase.determiner == Determiner::The && !phrase.plural && phrase.noun.is_empty();
        let Some((word, others)) = phrase.attributes.split_first().filter(|_| definite) else { return false };
        let Some(pick) = Pick::of(word).filter(|pick| self.picked_from(*pick).is_some()) else {
            return false;
        };
        self.one_of(pick);
        if !others.is_empty() {
            self.adjectives(others);
        }
        true
    }

    /// `the middle one black`, `two of them red`: adjectives of the part that
    /// was picked just before.
    pub(super) fn dresses_part(&mut self, phrase: &NounPhrase) -> bool {
        let after_part = matches!(self.previous(), Some(Chunk::OneOf(_) | Chunk::OfThem(_)));
        let bare = phrase.noun.is_empty() && phrase.is_bare() && !phrase.attributes.is_empty();
        if after_part && bare {
            self.adjectives(&phrase.attributes);
        }
        after_part && bare
    }
}

/// The place that the first adjective of `the left tree` says.
fn place_of(phrase: &NounPhrase) -> Option<Region> {
    if phrase.determiner != Determiner::The || phrase.plural || phrase.noun.is_empty() {
        return None;
    }
    place_word(phrase.attributes.first()?)
}
