//! [`Registry`]: the one list of methods, samplers and mask refiners.
//!
//! Help texts, value lists, schemas, checks and tests iterate it. A built-in entry is one file and one line, in
//! `methods::builtin`, `samplers::BUILTIN` or `refiners::builtin`; others are registered at run time:
//!
//! ```
//! use lmd_diffusion::Registry;
//!
//! let registry = Registry::builtin();
//! let names: Vec<&str> = registry.methods().map(|method| method.name()).collect();
//! assert!(names.contains(&"lmd") && names.contains(&"plain"));
//! assert!(registry.sampler(&"dpm++2m".into()).is_ok());
//! assert!(registry.sampler(&"magic".into()).unwrap_err().to_string().contains("expected one of ddim"));
//! ```

use std::sync::Arc;

use crate::DiffusionError;
use crate::config::{Name, SettingsSpec};
use crate::method::Method;
use crate::refiners::MaskRefiner;
use crate::samplers::SamplerSpec;

/// Methods, samplers and mask refiners by name.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    methods: Vec<Arc<dyn Method>>,
    samplers: Vec<SamplerSpec>,
    refiners: Vec<Arc<dyn MaskRefiner>>,
}

impl Registry {
    /// Of entries whose names differ.
    pub(crate) fn of(
        methods: Vec<Arc<dyn Method>>,
        samplers: Vec<SamplerSpec>,
        refiners: Vec<Arc<dyn MaskRefiner>>,
    ) -> Self {
        Self { methods, samplers, refiners }
    }

    /// Adds a method.
    ///
    /// # Errors
    /// [`DiffusionError::DuplicateName`] when there is one of its name.
    pub fn register_method(&mut self, method: impl Method + 'static) -> Result<(), DiffusionError> {
        check_new("method", method.name(), self.methods().map(|known| known.name()))?;
        self.methods.push(Arc::new(method));
        Ok(())
    }

    /// Adds a sampler.
    ///
    /// # Errors
    /// [`DiffusionError::DuplicateName`] when there is one of its name.
    pub fn register_sampler(&mut self, sampler: SamplerSpec) -> Result<(), DiffusionError> {
        check_new("sampler", sampler.name, self.samplers().map(|known| known.name))?;
        self.samplers.push(sampler);
        Ok(())
    }

    /// Adds a mask refiner.
    ///
    /// # Errors
    /// [`DiffusionError::DuplicateName`] when there is one of its name.
    pub fn register_refiner(&mut self, refiner: impl MaskRefiner + 'static) -> Result<(), DiffusionError> {
        check_new("mask refiner", refiner.name(), self.refiners().map(|known| known.name()))?;
        self.refiners.push(Arc::new(refiner));
        Ok(())
    }

    /// All methods, in the order they were registered.
    pub fn methods(&self) -> impl Iterator<Item = &dyn Method> {
        self.methods.iter().map(|method| &**method)
    }

    /// All samplers, in the order they were registered.
    pub fn samplers(&self) -> impl Iterator<Item = &SamplerSpec> {
        self.samplers.iter()
    }

    /// All mask refiners, in the order they were registered.
    pub fn refiners(&self) -> impl Iterator<Item = &dyn MaskRefiner> {
        self.refiners.iter().map(|refiner| &**refiner)
    }

    /// The tables of settings of methods, each once.
    pub fn settings(&self) -> impl Iterator<Item = SettingsSpec> {
        let mut listed = Vec::new();
        self.methods().filter_map(Method::settings).filter(move |spec| {
            let new = !listed.contains(&spec.name);
            listed.push(spec.name);
            new
        })
    }

    /// The method of a name.
    ///
    /// # Errors
    /// [`DiffusionError::UnknownName`], with the names there are.
    pub fn method(&self, name: &Name) -> Result<&dyn Method, DiffusionError> {
        let called =
            |method: &dyn Method| *name == method.name() || method.aliases().contains(&name.as_str());
        let found = self.methods().find(|method| called(*method));
        found.ok_or_else(|| unknown("method", name, self.methods().map(|method| method.name())))
    }

    /// The sampler of a name.
    ///
    /// # Errors
    /// [`DiffusionError::UnknownName`], with the names there are.
    pub fn sampler(&self, name: &Name) -> Result<&SamplerSpec, DiffusionError> {
        let found = self.samplers().find(|sampler| *name == sampler.name);
        found.ok_or_else(|| unknown("sampler", name, self.samplers().map(|sampler| sampler.name)))
    }

    /// The mask refiner of a name.
    ///
    /// # Errors
    /// [`DiffusionError::UnknownName`], with the names there are.
    pub fn refiner(&self, name: &Name) -> Result<&dyn MaskRefiner, DiffusionError> {
        let found = self.refiners().find(|refiner| *name == refiner.name());
        found.ok_or_else(|| unknown("mask refiner", name, self.refiners().map(|refiner| refiner.name())))
    }
}

/// Names are found by comparing them, so each may stand once.
fn check_new<'a>(
    kind: &'static str,
    name: &'static str,
    mut known: impl Iterator<Item = &'a str>,
) -> Result<(), DiffusionError> {
    if known.any(|other| other == name) {
        return Err(DiffusionError::DuplicateName { kind, name });
    }
    Ok(())
}

fn unknown<'a>(kind: &'static str, name: &Name, known: impl Iterator<Item = &'a str>) -> DiffusionError {
    let known = known.collect::<Vec<_>>().join(", ");
    DiffusionError::UnknownName { kind, name: lmd_layout::clean_text(name.as_str()), known }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_entry() {
        let mut registry = Registry::builtin();
        let first = *registry.samplers().next().unwrap();
        let error = registry.register_sampler(first).unwrap_err().to_string();
        assert!(error.contains("ddim") && error.contains("already"), "{error}");
    }
}
