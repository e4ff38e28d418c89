//! The files of pictures: written whole, named by identifiers we made, found by no other text.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lmd_engine::Rgb;

/// Longest side of a thumbnail and of a preview, in pixels.
const THUMB: usize = 256;
const PREVIEW: usize = 512;
/// How the names of files with heat maps end.
const HEATMAPS: &str = ".heatmaps.json";

/// The folder of pictures.
#[derive(Clone, Debug)]
pub(crate) struct Pictures {
    folder: PathBuf,
}

impl Pictures {
    /// The folder `pictures` of a data folder; what a killed program left half written is removed.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let folder = data.join("pictures");
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(&folder)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(".tmp") {
                // One that cannot be removed is no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(Self { folder })
    }

    fn path(&self, id: &str, ending: &str) -> PathBuf {
        debug_assert!(uuid::Uuid::try_parse(id).is_ok());
        self.folder.join(format!("{id}{ending}"))
    }

    /// Writes a picture and its thumbnail. When this returns, both are on the disk.
    pub(crate) fn write(&self, id: &str, png: &[u8], pixels: &Rgb) -> io::Result<()> {
        let thumb = lmd_engine::picture::encode(&shrunk(pixels, THUMB), None).map_err(io::Error::other)?;
        self.put(&self.path(id, ".thumb.png"), &thumb)?;
        self.put(&self.path(id, ".png"), png)?;
        // The names are on the disk when the folder is.
        File::open(&self.folder)?.sync_all()
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".tmp").tempfile_in(&self.folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// A picture's bytes.
    pub(crate) fn read(&self, id: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(id, ".png"))
    }

    /// The bytes of a picture's thumbnail.
    pub(crate) fn read_thumb(&self, id: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(id, ".thumb.png"))
    }

    /// Keeps the heat maps of a picture, before the picture itself.
    pub(crate) fn write_heatmaps(&self, id: &str, json: &[u8]) -> io::Result<()> {
        self.put(&self.path(id, HEATMAPS), json)
    }

    /// The heat maps of a picture, where they were wanted.
    pub(crate) fn read_heatmaps(&self, id: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(id, HEATMAPS)) {
            Ok(json) => Ok(Some(json)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a picture's files.
    pub(crate) fn remove(&self, id: &str) {
        for ending in [".png", ".thumb.png", HEATMAPS] {
            let removed = fs::remove_file(self.path(id, ending));
            // Few pictures have heat maps.
            let none = |error: &io::Error| ending == HEATMAPS && error.kind() == io::ErrorKind::NotFound;
            if let Some(error) = removed.err().filter(|error| !none(error)) {
                tracing::warn!(picture = id, kind = ?error.kind(), "a picture's file could not be removed");
            }
        }
    }

    /// Whether the folder is there. Whether anything can be written to it shows when a picture is.
    pub(crate) fn is_well(&self) -> bool {
        self.folder.is_dir()
    }
}

/// A preview as an address that holds its own data.
pub(crate) fn preview_url(pixels: &Rgb) -> Option<String> {
    let png = lmd_engine::picture::encode(&shrunk(pixels, PREVIEW), None).ok()?;
    Some(lmd_engine::picture::data_address(&png))
}

/// Bytes in Base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A picture whose longer side is at most `most`: each pixel is the mean of those it stands for.
fn shrunk(picture: &Rgb, most: usize) -> Rgb {
    let longest = picture.width.max(picture.height);
    if longest <= most {
        return picture.clone();
    }
    let side = |length: usize| (length * most / longest).max(1);
    let (width, height) = (side(picture.width), side(picture.height));
    let span =
        |at: usize, of: usize, from: usize| (at * from / of, ((at + 1) * from / of).max(at * from / of + 1));
    let mut pixels = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        let (top, bottom) = span(y, height, picture.height);
        for x in 0..width {
            let (left, right) = span(x, width, picture.width);
            let mut sums = [0_u32; 3];
            for row in top..bottom {
                let start = 3 * (row * picture.width + left);
                let end = 3 * (row * picture.width + right);
                for pixel in picture.pixels.get(start..end).unwrap_or_default().chunks_exact(3) {
                    sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u32::from(*value));
                }
            }
            let count = ((bottom - top) * (right - left)).max(1) as u32;
            pixels.extend(sums.map(|sum| u8::try_from(sum / count).unwrap_or(u8::MAX)));
        }
    }
    Rgb { width, height, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_shrunk_to_means() {
        let picture = Rgb { width: 4, height: 2, pixels: [[10_u8, 20, 30], [30, 40, 50]].concat().repeat(4) };
        let small = shrunk(&picture, 2);
        assert_eq!((small.width, small.height), (2, 1));
        assert_eq!(small.pixels, [20, 30, 40, 20, 30, 40]);
        assert_eq!(shrunk(&picture, 4), picture);
    }

    #[test]
    fn files_are_written_whole_and_leftovers_removed() {
        let dir = tempfile::tempdir().unwrap();
        let pictures = Pictures::open(dir.path()).unwrap();
        let id = crate::store::new_id();
        pictures.write(&id, b"png", &Rgb { width: 1, height: 1, pixels: vec![0; 3] }).unwrap();
        fs::write(dir.path().join("pictures/.tmpabc"), "half").unwrap();
        let again = Pictures::open(dir.path()).unwrap();
        assert_eq!(again.read(&id).unwrap(), b"png");
        assert_eq!(fs::read_dir(dir.path().join("pictures")).unwrap().count(), 2);
        assert_eq!(again.read_heatmaps(&id).unwrap(), None);
        again.write_heatmaps(&id, b"[]").unwrap();
        assert_eq!(again.read_heatmaps(&id).unwrap().unwrap(), b"[]");
        again.remove(&id);
        assert!(again.read(&id).is_err() && again.read_thumb(&id).is_err());
        assert_eq!(again.read_heatmaps(&id).unwrap(), None);
    }
}
