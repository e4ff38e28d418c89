//! English number, articles and number words, as the phrases of section A.6
//! need them.
//!
//! Plurals agree with Python's `inflect` 6.0.4, whose forms the reference
//! prompts contain, except where it is plainly wrong ("jeanss", "thiefs");
//! `tests/data/nouns.tsv` lists every noun that was compared. The crates that
//! pluralise end at the last word and have no nouns like these in mind, so
//! the tables here are our own.

mod article;
mod noun;
mod number;
mod phrase;
mod tables;

pub use article::with_article;
pub use number::{number_in_words, parse_number_word};
pub(crate) use phrase::singular_words;
pub use phrase::{head_noun, is_plural, plural, singular};
