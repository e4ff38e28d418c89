//! [`Prepared`]: what a drawing needs, found before it begins.

use lmd_nn::{Accelerator, Adapters, Device, ModelFolder, Precision, SamFolder};

use crate::error::EngineError;
use crate::job::{Adapter, DrawOptions};
use crate::notice::Notice;
use crate::stable::{self, work};
use crate::stage2::SAM_FILES;

/// Everything a drawing needs besides a layout, looked for and found right.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) options: DrawOptions,
    pub(crate) wanted: Wanted,
    pub(crate) folder: ModelFolder,
    pub(crate) device: Device,
    pub(crate) adapters: Adapters,
    pub(crate) notices: Vec<Notice>,
}

/// What decides which networks are in memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) model: String,
    pub(crate) dtype: Precision,
    pub(crate) device: Accelerator,
    pub(crate) adapters: Vec<Adapter>,
    pub(crate) gligen: bool,
    pub(crate) sam: Option<SamFolder>,
}

impl Prepared {
    /// What a person should know before anything is drawn.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Opens the model's weight files and looks at their headers.
    ///
    /// # Errors
    /// When one is missing or refused, or the method needs grounding layers and there are none.
    pub fn check(&self) -> Result<(), EngineError> {
        stable::check_gligen(&self.options.config, &self.folder)?;
        Ok(self.folder.check()?)
    }

    /// BLAKE3 digests of the weight files that are used, by their names.
    ///
    /// # Errors
    /// When one is missing or refused.
    pub fn digests(&self) -> Result<Vec<(String, String)>, EngineError> {
        let mut digests = self.folder.digests(self.wanted.gligen)?;
        if let Some(folder) = &self.wanted.sam {
            let sam = folder.digests()?;
            digests.extend(sam.into_iter().map(|(file, digest)| (format!("{SAM_FILES}{file}"), digest)));
        }
        Ok(digests)
    }

    /// What the device is called.
    #[must_use]
    pub fn device_name(&self) -> String {
        lmd_nn::device_name(&self.device)
    }

    /// The work of one picture of so many boxes, in calls of the observer.
    #[must_use]
    pub fn work(&self, boxes: usize) -> u64 {
        let beside = || work(&stable::plain(&self.options.config), boxes);
        let own = work(&self.options.config, boxes);
        if self.options.side_by_side { own.saturating_add(beside()) } else { own }
    }
}
