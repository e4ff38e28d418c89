//! What is said: captions get the attributes the prompt states, the negative
//! prompt holds what it excludes and nothing that it asks for, the background
//! repeats no object.

use lmd_layout::{Layout, Object, Warning, check_layout, singular};

use super::work::Work;
use crate::Thing;
use crate::facts::{Fact, is_visible, name};
use crate::offline::{edit::described, wording};
use crate::scene::capitalised;
use crate::verify::{PromptFacts, negative_terms, words};

/// With captions that have the attributes the prompt states.
pub(super) fn with_attributes(demanded: &PromptFacts, before: &Work) -> Option<Work> {
    let mut work = before.clone();
    let things: Vec<&Thing> = demanded.scene().things.iter().collect();
    for thing in &things {
        let wanted = name(thing);
        let lacks = |work: &Work| {
            let asked = |fact: &&Fact| match fact {
                Fact::Attribute { noun, attribute } => {
                    *noun == thing.noun && thing.attributes.contains(attribute)
                }
                Fact::Count { phrase, exactly } => {
                    *phrase == wanted && wanted != thing.noun && work.named(&wanted).len() < *exactly as usize
                }
                _ => false,
            };
            demanded.broken_by(&work.layout).any(|fact| asked(&fact))
        };
        for _ in 0..thing.count {
            if !lacks(&work) {
                break;
            }
            // Those that another thing of the prompt has a claim to are not taken.
            let claimed = |index: &usize| {
                let others = things.iter().filter(|other| name(other) != wanted && name(other) != other.noun);
                others.into_iter().any(|other| work.named(&name(other)).contains(index))
            };
            let named = work.named(&wanted);
            let free =
                work.named(&thing.noun).into_iter().filter(|index| !named.contains(index) && !claimed(index));
            let tries = free.filter_map(|index| {
                let next = recaptioned(&work, index, thing)?;
                Some((demanded.violated_by(&next.layout).len(), next))
            });
            let Some((_, next)) = tries.min_by_key(|(broken, _)| *broken) else { break };
            work = next;
        }
    }
    told(demanded, before, work)
}

/// Which of several alike got which attribute is open: it is decided so that
/// least is broken. What became of captions is told.
fn told(demanded: &PromptFacts, before: &Work, mut work: Work) -> Option<Work> {
    let is_new = |index: &usize| {
        let caption = |work: &Work| work.objects().get(*index).map(|object| object.caption.clone());
        caption(before) != caption(&work)
    };
    let new: Vec<usize> = (0..work.objects().len()).filter(is_new).collect();
    let pairs = new.iter().enumerate().flat_map(|(at, a)| new.iter().skip(at + 1).map(move |b| (*a, *b)));
    for (a, b) in pairs {
        let mut boxes = work.boxes();
        boxes.swap(a, b);
        let mut objects = work.placed(&boxes)?.objects().to_vec();
        objects.swap(a, b);
        let layout = Layout::new(objects, work.layout.background(), work.layout.negative()).ok()?;
        if demanded.violated_by(&layout).len() < demanded.violated_by(&work.layout).len() {
            work.layout = layout;
        }
    }
    for (old, new) in
        before.objects().iter().zip(work.layout.objects()).filter(|(a, b)| a.caption != b.caption)
    {
        let (old, new) = (&old.caption, &new.caption);
        work.notes.push(format!("repaired: wrote \"{new}\" for \"{old}\", as the prompt says"));
    }
    Some(work)
}

/// With the visible attributes of a thing put into a caption.
fn recaptioned(work: &Work, index: usize, thing: &Thing) -> Option<Work> {
    let mut objects = work.objects().to_vec();
    let object = objects.get_mut(index)?;
    let attributes = thing.attributes.iter().filter(|attribute| is_visible(attribute));
    let caption = attributes
        .rev()
        .fold(object.caption.to_string(), |caption, attribute| described(&caption, attribute));
    let shows = |caption: &str| crate::facts::matches_phrase(caption, &name(thing));
    let caption = if shows(&caption) { caption } else { wording::caption(thing) };
    *object = Object::new(&caption, object.bbox).ok()?;
    let layout = Layout::new(objects, work.layout.background(), work.layout.negative()).ok()?;
    Some(Work { layout, notes: work.notes.clone() })
}

/// With a negative prompt and a background that agree with the prompt.
pub(super) fn with_texts(demanded: &PromptFacts, work: &Work) -> Option<Work> {
    with_style(demanded, with_background(demanded, with_negative(demanded, work)?)?)
}

/// The background with the kind of picture and the words about light, artists
/// and quality that the prompt states. The prompt of every box is made of it,
/// so that what is drawn alone has the style, too.
fn with_style(demanded: &PromptFacts, work: Work) -> Option<Work> {
    let scene = demanded.scene();
    let old = work.layout.background();
    let shown = words(old);
    let lacks = |text: &str| {
        let said = words(text);
        let mut content =
            said.iter().filter(|word| !matches!(word.as_str(), "a" | "an" | "the" | "of" | "in" | "by"));
        content.any(|word| !shown.contains(word))
    };
    let mut text = old.to_owned();
    let style = scene.style.as_deref().filter(|style| lacks(style));
    if let Some(style) = style {
        let place =
            ["a realistic scene", "a realistic photo", "a scene", "a photo"].iter().find_map(|start| {
                let begins = old.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
                begins.then(|| old.get(start.len()..)).flatten()
            });
        text = capitalised(&match place.map(str::trim) {
            Some("") => format!("{style} of a scene"),
            Some(rest) if rest.starts_with("of ") => format!("{style} {rest}"),
            Some(rest) => format!("{style} of a scene {rest}"),
            None if old.is_empty() => format!("{style} of a scene"),
            None => format!("{style} of {}", lower_article(old)),
        });
    }
    let tags: Vec<&str> = scene.tags.iter().map(String::as_str).filter(|tag| lacks(tag)).collect();
    let text = [&[text.as_str()], tags.as_slice()].concat().into_iter().filter(|part| !part.is_empty());
    let text = text.collect::<Vec<_>>().join(", ");
    if text == old {
        return Some(work);
    }
    let said: Vec<&str> = style.into_iter().chain(tags.iter().copied()).collect();
    let note =
        format!("repaired: put \"{}\" into the background prompt, as the prompt says", said.join(", "));
    let layout = Layout::new(work.objects().to_vec(), &text, work.layout.negative()).ok()?;
    Some(Work { layout, notes: [work.notes, vec![note]].concat() })
}

/// `a beach` for `A beach`: an article that no longer begins the text.
fn lower_article(text: &str) -> String {
    let article = ["A ", "An ", "The "].into_iter().find(|article| text.starts_with(article));
    article
        .and_then(|article| {
            text.strip_prefix(article).map(|rest| format!("{}{rest}", article.to_lowercase()))
        })
        .unwrap_or_else(|| text.to_owned())
}

/// The negative prompt without what the prompt asks for, and with what it
/// excludes.
fn with_negative(demanded: &PromptFacts, work: &Work) -> Option<Work> {
    let (kept, wanted): (Vec<&str>, Vec<&str>) =
        negative_terms(work.layout.negative()).partition(|term| !demanded.wants(term));
    let own = wording::negative(demanded.scene());
    let known = |term: &str| {
        let last = words(term).pop();
        kept.iter().any(|other| words(other).pop() == last)
    };
    let lacking: Vec<&str> = negative_terms(&own).filter(|term| !known(term)).collect();
    if wanted.is_empty() && lacking.is_empty() {
        return Some(work.clone());
    }
    let mut work = work.clone();
    let negative = [kept.as_slice(), &lacking].concat().join(", ");
    let note = |terms: &[&str], what: &str| {
        let said = format!(
            "repaired: {} {what}",
            terms.iter().map(|term| format!("\"{term}\"")).collect::<Vec<_>>().join(", ")
        );
        (!terms.is_empty()).then_some(said)
    };
    work.notes.extend(note(&wanted, "is no longer in the negative prompt, since the prompt asks for it"));
    work.notes.extend(note(&lacking, "was put into the negative prompt, since the prompt excludes it"));
    work.layout = Layout::new(work.objects().to_vec(), work.layout.background(), &negative).ok()?;
    Some(work)
}

/// The background without objects that have boxes and without what is
/// excluded. Where the prompt's own place has the word, it stays.
fn with_background(demanded: &PromptFacts, work: Work) -> Option<Work> {
    let place = words(demanded.scene().background.as_deref().unwrap_or_default());
    let repeated = check_layout(&work.layout).into_iter().filter_map(|warning| match warning {
        Warning::InBackground { word, .. } => Some(vec![word]),
        Warning::ExcludedInBackground { term } => Some(words(&term)),
        _ => None,
    });
    let bad: Vec<String> = repeated.flatten().filter(|word| !place.contains(&singular(word))).collect();
    if bad.is_empty() {
        return Some(work);
    }
    let old = work.layout.background();
    let clean = |text: &String| !words(text).iter().any(|word| bad.contains(word));
    let own = demanded.scene().background_prompt();
    let Some(text) =
        [shortened(old, &bad), own].into_iter().find(|text| !text.trim().is_empty() && clean(text))
    else {
        return Some(work);
    };
    let note = format!(
        "repaired: the background is \"{text}\" instead of \"{old}\", which repeated \"{}\"",
        bad.join("\", \"")
    );
    let layout = Layout::new(work.objects().to_vec(), &text, work.layout.negative()).ok()?;
    Some(Work { layout, notes: [work.notes, vec![note]].concat() })
}

/// A background without the parts (after a comma, *with*, *and*) that name
/// one of the words; empty where its first part does.
fn shortened(text: &str, bad: &[String]) -> String {
    let mut parts: Vec<String> = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let starts = matches!(word.trim().to_lowercase().as_str(), "with" | "and" | "featuring" | "where");
        let after_comma = parts.last().is_some_and(|part| part.trim_end().ends_with(','));
        if starts || after_comma {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(word);
        }
    }
    let says = |part: &String| words(part).iter().any(|word| bad.contains(word));
    if parts.first().is_some_and(says) {
        return String::new();
    }
    let mut kept = String::new();
    let mut lost = "";
    for part in &parts {
        if says(part) {
            lost = if part.starts_with("with ") { "with " } else { lost };
            continue;
        }
        // "a beach with a car and palms" loses the car and keeps "with palms".
        match (lost, part.strip_prefix("and ")) {
            ("", _) | (_, None) => kept.push_str(part),
            (with, Some(rest)) => kept.push_str(&format!("{with}{rest}")),
        }
        lost = "";
    }
    kept.trim().trim_end_matches(',').to_owned()
}
