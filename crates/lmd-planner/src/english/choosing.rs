//! Alternatives (`a wolf or a bear`): a picture shows one of them, so the first is taken and the choice told.
//! And words to be read in the picture.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use crate::Thing;
use crate::lexicon::{List, Tags, VerbForm, head};

impl Interpreter<'_> {
    /// `or` outside of a denial: leaves out what stands after it.
    pub(super) fn either(&mut self) {
        if self.denied.is_some() {
            self.joint = Joint::And;
            return;
        }
        let Some(first) = self.named_last() else {
            self.joint = Joint::And;
            return;
        };
        self.leave_out_alternatives(&first);
    }

    /// The comma of `a cat, a dog or a bird`: whether it lists alternatives. Leaves the later ones out if so.
    pub(super) fn lists_alternatives(&mut self) -> bool {
        if self.denied.is_some() || !matches!(self.previous(), Some(Chunk::Np(_))) {
            return false;
        }
        let list = self.chunks.iter().skip(self.at + 1);
        let mut list = list.skip_while(|chunk| matches!(chunk, Chunk::Np(_) | Chunk::Comma));
        let ends_in_or = matches!(list.next(), Some(Chunk::Or)) && matches!(list.next(), Some(Chunk::Np(_)));
        match self.named_last().filter(|_| ends_in_or) {
            Some(first) => {
                self.leave_out_alternatives(&first);
                true
            }
            None => false,
        }
    }

    /// Denials and what is wanted elsewhere: `a pirate without a hat and a parrot with a hat` forbids no hats.
    pub(super) fn scope_denials(&mut self) {
        let scene = &mut self.scene;
        let wanted = |noun: &str| {
            scene.things.iter().any(|thing| {
                let detail = thing.detail.as_deref().unwrap_or_default();
                thing.noun == noun
                    || detail.split(' ').any(|word| lmd_layout::singular(&word.to_lowercase()) == noun)
            })
        };
        let (forbidden, kept) = std::mem::take(&mut scene.absent).into_iter().partition(|noun| !wanted(noun));
        let kept: Vec<String> = kept;
        scene.notes.extend(kept.iter().map(|noun| {
            format!("\"{noun}\" is wanted in one place and not in another: it was not forbidden for the whole picture")
        }));
        scene.absent = forbidden;
    }

    /// Skips the alternatives from here on, and tells.
    fn leave_out_alternatives(&mut self, first: &str) {
        let mut others: Vec<String> = Vec::new();
        loop {
            // "standing or kneeling", "on a chair or under a table"
            let opens = match self.peek(1) {
                Some(Chunk::Verb(verb)) => Some(verb.attribute.clone()),
                Some(Chunk::Adjectives(adjectives)) => Some(adjectives.join(" ")),
                Some(Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep))) => Some(prep.clone()),
                Some(Chunk::Link(_) | Chunk::With | Chunk::Has) => Some(String::new()),
                _ => None,
            };
            self.at += usize::from(opens.is_some());
            let noun = match self.peek(1) {
                Some(Chunk::Np(np)) => Some(np.text()),
                _ => None,
            };
            self.at += usize::from(noun.is_some());
            let other: Vec<String> = opens.into_iter().chain(noun).filter(|text| !text.is_empty()).collect();
            others.extend((!other.is_empty()).then(|| other.join(" ")));
            let commas = usize::from(matches!(self.peek(1), Some(Chunk::Comma)));
            let another = match (self.peek(1 + commas), self.peek(2 + commas)) {
                (Some(Chunk::Or), _) => Some(commas + 1),
                (Some(Chunk::Np(_)), Some(Chunk::Or | Chunk::Comma)) if commas > 0 => Some(commas),
                _ => None,
            };
            match another {
                Some(more) => self.at += more,
                None => break,
            }
        }
        let last = self.group.last().and_then(|index| self.scene.things.get(*index));
        self.scene.chosen.extend(last.map(|thing| thing.noun.clone()));
        self.scene.notes.push(if others.is_empty() {
            format!("of the alternatives after \"{first}\" none was taken")
        } else {
            let others: Vec<String> = others.iter().map(|other| format!("\"{other}\"")).collect();
            format!("of \"{first}\" or {} the first was taken", others.join(" or "))
        });
    }

    /// `a red or blue car`: tells that the first colour was taken.
    pub(super) fn tell_choice(&mut self, phrase: &NounPhrase) {
        if let Some((first, other)) = &phrase.choice {
            self.scene.chosen.push(phrase.noun.clone());
            self.scene.notes.push(format!("of \"{first}\" or \"{other}\" the first was taken"));
        }
    }

    /// What the chunk before this one names or says.
    fn named_last(&self) -> Option<String> {
        let np = |chunk: &Chunk| match chunk {
            Chunk::Np(np) => Some(np.text()),
            Chunk::Verb(verb) => Some(verb.attribute.clone()),
            Chunk::Adjectives(adjectives) => Some(adjectives.join(" ")),
            _ => None,
        };
        self.previous().and_then(np).or_else(|| {
            let last = self.group.last().and_then(|index| self.scene.things.get(*index));
            last.map(|thing| thing.noun.clone())
        })
    }

    /// Words to be read in the picture belong to the caption of what bears them.
    pub(super) fn lettering(&mut self, text: &str) {
        self.joint = Joint::None;
        let measured = matches!(self.previous(), Some(Chunk::Of)) && text.contains(' ');
        let text = if measured { &format!("of {text}") } else { text };
        let figures = text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(" of ")
            || text.contains(" past ")
            || text.contains(" to ");
        let (things, text) = match std::mem::take(&mut self.pending) {
            Pending::Verb { verb, subjects, prep } => {
                let prep = prep.map_or(String::new(), |prep| format!("{prep} "));
                (subjects, format!("{} {prep}{text}", verb.attribute))
            }
            Pending::With { .. } if figures => (self.owner.clone(), format!("showing {text}")),
            // "a poster with the text …": the poster is the picture.
            Pending::With { .. } if self.owner.is_empty() => (Vec::new(), text.to_owned()),
            Pending::With { .. } => (self.owner.clone(), format!("with {text}")),
            Pending::Object { prep, subjects, .. } => (subjects, format!("{prep} {text}")),
            _ if self.detailed.is_empty() => {
                (self.group.last().copied().into_iter().collect(), text.to_owned())
            }
            _ => (self.detailed.clone(), text.to_owned()),
        };
        if things.is_empty() {
            // "the number 7 on a door" is a thing itself.
            let noun = text.strip_prefix("the ").unwrap_or(&text).to_lowercase();
            self.scene.things.push(Thing::new(&noun));
            let index = self.scene.things.len() - 1;
            self.mentioned.push(index);
            self.group = vec![index];
            let says = self.bearing_place();
            if !says.is_empty() {
                self.add_detail(&[index], says.trim_start());
            }
            return;
        }
        let text = format!("{text}{}", self.bearing_place());
        self.add_detail(&things, &text);
        self.group.clone_from(&things);
        self.detailed = things;
    }

    /// `in a fancy font`, `in red chalk`: how it is written.
    fn written_in(&mut self) -> String {
        let (done, link, phrase) = match (self.peek(1), self.peek(2), self.peek(3)) {
            (Some(Chunk::Verb(verb)), Some(Chunk::Link(link)), Some(Chunk::Np(np)))
                if verb.form == VerbForm::Past =>
            {
                (format!(" {}", verb.attribute), link, np)
            }
            (Some(Chunk::Link(link)), Some(Chunk::Np(np)), _) => (String::new(), link, np),
            _ => return String::new(),
        };
        let within = matches!(link, Link::Rel { prep, .. } if prep == "in");
        if !within || !List::Writing.has(head(&phrase.noun)) {
            return String::new();
        }
        self.at += if done.is_empty() { 2 } else { 3 };
        format!("{done} in {}", phrase.text())
    }

    /// The words that say where on the thing it is to be read: `printed on it`, `on his shirt`.
    fn bearing_place(&mut self) -> String {
        let mut says = self.written_in();
        // "the word "ICE" made of ice"
        if let (Some(Chunk::Verb(verb)), Some(Chunk::Of), Some(Chunk::Np(stuff))) =
            (self.peek(1), self.peek(2), self.peek(3))
        {
            self.at += 3;
            return format!("{says} {} of {}", verb.attribute, stuff.text());
        }
        let done = match self.peek(1) {
            Some(Chunk::Verb(verb)) if verb.form == VerbForm::Past => Some(verb.attribute.clone()),
            Some(Chunk::Adjectives(adjectives)) => Some(adjectives.join(" ")),
            _ => None,
        };
        if let Some(done) = done {
            says = format!(" {done}");
            self.at += 1;
        }
        let (Some(Chunk::Link(Link::Rel { prep, .. })), Some(place)) = (self.peek(1), self.peek(2)) else {
            return says;
        };
        let place = match place {
            Chunk::Pronoun(_) => "it".to_owned(),
            Chunk::Np(np)
                if matches!(np.determiner, Determiner::Possessive | Determiner::The)
                    && np.tags().any(Tags::PART.and(Tags::WORN)) =>
            {
                np.text()
            }
            _ => return says,
        };
        self.at += 2;
        format!("{says} {prep} {place}")
    }
}
