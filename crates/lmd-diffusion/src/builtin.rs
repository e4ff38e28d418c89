//! The methods, samplers and mask refiners of this crate as a [`Registry`].

use std::sync::OnceLock;

use crate::{Registry, methods, refiners, samplers};

impl Registry {
    /// The entries of this crate.
    #[must_use]
    pub fn builtin() -> Self {
        Self::of(methods::builtin(), samplers::BUILTIN.to_vec(), refiners::builtin())
    }

    /// The entries of this crate, shared by all who add none.
    #[must_use]
    pub fn shared() -> &'static Self {
        static BUILTIN: OnceLock<Registry> = OnceLock::new();
        BUILTIN.get_or_init(Self::builtin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_says_what_it_is() {
        let registry = Registry::builtin();
        let texts = registry
            .methods()
            .map(|method| (method.name(), method.summary()))
            .chain(registry.samplers().map(|sampler| (sampler.name, sampler.summary)))
            .chain(registry.refiners().map(|refiner| (refiner.name(), refiner.summary())));
        for (name, summary) in texts {
            assert!(!summary.is_empty() && !summary.ends_with('.'), "{name}: {summary}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || "_+0123456789".contains(c)), "{name}");
        }
        assert!(registry.samplers().all(|sampler| !sampler.infotext.is_empty()));
    }
}
