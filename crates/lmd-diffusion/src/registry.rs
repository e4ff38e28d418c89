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
use crate::config::{FIELDS, Name, OLD_BETA, SettingsSpec};
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
    /// [`DiffusionError::DuplicateName`] when its name or one of its aliases is a name or an alias of another method, or
    /// its table of settings has the name of a setting.
    pub fn register_method(&mut self, method: impl Method + 'static) -> Result<(), DiffusionError> {
        for name in names(&method) {
            check_new("method", name, self.methods().flat_map(names))?;
        }
        if let Some(table) = method.settings() {
            check_new("setting", table.name, FIELDS.into_iter().chain([OLD_BETA]))?;
        }
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
        let found = self.methods().find(|method| names(*method).any(|known| *name == known));
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

/// The names a method is found by.
fn names(method: &dyn Method) -> impl Iterator<Item = &'static str> + use<> {
    [method.name()].into_iter().chain(method.aliases().iter().copied())
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

/// No entry has this name; the names there are follow it.
pub(crate) fn unknown<'a>(
    kind: &'static str,
    name: &Name,
    known: impl Iterator<Item = &'a str>,
) -> DiffusionError {
    let known = known.collect::<Vec<_>>().join(", ");
    DiffusionError::UnknownName { kind, name: lmd_layout::clean_text(name.as_str()), known }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::{Drawn, MethodContext, Work};
    use crate::observer::Observer;
    use crate::warning::PromptKind;

    /// A method that has names and nothing else.
    #[derive(Debug)]
    struct Named {
        name: &'static str,
        aliases: &'static [&'static str],
        table: Option<&'static str>,
    }

    impl Method for Named {
        fn name(&self) -> &'static str {
            self.name
        }

        fn aliases(&self) -> &'static [&'static str] {
            self.aliases
        }

        fn summary(&self) -> &'static str {
            "a name"
        }

        fn settings(&self) -> Option<SettingsSpec> {
            let schema = |_: &mut schemars::SchemaGenerator| schemars::Schema::default();
            self.table.map(|name| SettingsSpec {
                name,
                defaults: serde_json::Map::new,
                check: |_| Ok(()),
                schema,
            })
        }

        fn work(
            &self,
            _config: &crate::DrawConfig,
            _sampler: &SamplerSpec,
            _boxes: usize,
        ) -> Result<Work, DiffusionError> {
            Ok(Work::default())
        }

        fn prompts(&self, _context: &MethodContext<'_>) -> Result<Vec<(PromptKind, String)>, DiffusionError> {
            Ok(Vec::new())
        }

        fn draw(
            &self,
            _context: &MethodContext<'_>,
            _observer: &mut dyn Observer,
        ) -> Result<Drawn, DiffusionError> {
            Err(DiffusionError::Cancelled)
        }
    }

    #[test]
    fn a_name_stands_for_one_entry() {
        let mut registry = Registry::builtin();
        let first = *registry.samplers().next().unwrap();
        let error = registry.register_sampler(first).unwrap_err().to_string();
        assert!(error.contains("ddim") && error.contains("already"), "{error}");
    }

    #[test]
    fn an_alias_stands_for_one_method() {
        let mut registry = Registry::builtin();
        let named = |name, aliases| Named { name, aliases, table: None };
        registry.register_method(named("new", &["newer"])).unwrap();
        assert_eq!(registry.method(&"newer".into()).unwrap().name(), "new");
        let taken: [(Named, &str); 4] = [
            (named("lmd+", &[]), "lmd+"),
            (named("newer", &[]), "newer"),
            (named("other", &["plain"]), "plain"),
            (named("other", &["fine", "newer"]), "newer"),
        ];
        for (method, told) in taken {
            let error = registry.register_method(method).unwrap_err().to_string();
            assert!(error.contains(&format!("there is a method \"{told}\" already")), "{error}");
        }
        registry.register_method(named("other", &["fine"])).unwrap();
    }

    #[test]
    fn a_table_of_settings_is_not_called_like_a_setting() {
        let mut registry = Registry::builtin();
        let with = |table| Named { name: "new", aliases: &[], table: Some(table) };
        for table in ["steps", "lmd", "grounding_beta"] {
            let error = registry.register_method(with(table)).unwrap_err().to_string();
            assert!(error.contains(&format!("there is a setting \"{table}\" already")), "{error}");
        }
        registry.register_method(with("new")).unwrap();
    }
}
