//! PyTorch's own files are pickles, which can run code when they are read: they are refused, with the command that
//! converts them.

use std::path::{Path, PathBuf};

use super::WeightsError;

/// Endings of files that PyTorch writes.
const PICKLES: [&str; 5] = ["ckpt", "pth", "pt", "bin", "pkl"];

/// Fails when the ending of a path is that of a pickle.
pub(super) fn refuse_pickle(path: &Path) -> Result<(), WeightsError> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if !PICKLES.contains(&extension.as_str()) {
        return Ok(());
    }
    Err(WeightsError::Pickle { path: path.to_owned(), command: command(path) })
}

/// The shell command that converts a pickle, without running any code in it.
///
/// Training programs put their own objects beside the weights. PyTorch refuses to build such objects, and is told here to
/// put a stub in place of each class and function that it does not know: no code of the file runs.
///
/// The names of the files are arguments of the command and never part of the Python text. A name with any character
/// that a shell may read otherwise is not repeated at all.
fn command(path: &Path) -> String {
    const PROGRAM: &str = "import sys, zipfile, torch; from safetensors.torch import save_file; \
        ours = torch.serialization; old, new = sys.argv[1:]; \
        nothing = lambda *_: None; stub = type('Stub', (dict,), {'__init__': nothing, '__setstate__': nothing}); \
        zipfile.is_zipfile(old) and ours.add_safe_globals([(stub, name) for name in ours.get_unsafe_globals_in_checkpoint(old)]); \
        all = torch.load(old, map_location='cpu', weights_only=True); all = all.get('state_dict', all); \
        save_file({name: t.clone().contiguous() for name, t in all.items() if torch.is_tensor(t)}, new)";
    let [old, new] = match (plain(path), plain(&converted(path))) {
        (Some(old), Some(new)) => [old, new],
        _ => ["OLD_FILE".to_owned(), "NEW_FILE.safetensors".to_owned()],
    };
    format!("python -c \"{PROGRAM}\" {old} {new}")
}

/// Where the converted file is looked for: of a diffusers folder, transformers' file has another stem as well.
fn converted(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default();
    let mut name = if stem == "pytorch_model" { "model".into() } else { stem.to_os_string() };
    name.push(".safetensors");
    path.with_file_name(name)
}

/// A path that every shell reads as this very text, and no program as an option.
fn plain(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    (text.chars().all(plain) && !text.starts_with('-')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_file_is_where_it_is_looked_for() {
        for (old, new) in [
            ("sd-v1-4.ckpt", "sd-v1-4.safetensors"),
            ("unet/diffusion_pytorch_model.bin", "unet/diffusion_pytorch_model.safetensors"),
            ("m/text_encoder/pytorch_model.bin", "m/text_encoder/model.safetensors"),
            ("v1.5.pruned.ckpt", "v1.5.pruned.safetensors"),
        ] {
            assert!(command(Path::new(old)).ends_with(&format!("\" {old} {new}")), "{old}");
        }
    }

    #[test]
    fn no_name_becomes_part_of_the_command() {
        let fixed = command(Path::new("a.ckpt")).replace(" a.ckpt a.safetensors", "");
        for odd in [
            "a\"); import os; os.system(\"id\"); (\"b.ckpt",
            "$(id).ckpt",
            "`id`.ckpt",
            "a b.ckpt",
            "a'b.ckpt",
            "a;id.ckpt",
            "a\nid.ckpt",
            "%PATH%.ckpt",
            "!!.ckpt",
            "-rf.ckpt",
            "~root.ckpt",
            "Ünïcode.ckpt",
        ] {
            let command = command(Path::new(odd));
            assert_eq!(command, format!("{fixed} OLD_FILE NEW_FILE.safetensors"), "{odd}");
        }
        assert!(!fixed.contains(['$', '`', '\\', '!', '%']) && fixed.matches('"').count() == 2);
    }
}
