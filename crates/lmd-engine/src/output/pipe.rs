//! Pipes with names and other things that are no files and can be written to.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

/// How often it is tried whether somebody reads.
#[cfg(unix)]
const TRY_EVERY: Duration = Duration::from_millis(20);

/// Opens a pipe to write to; `None` where nobody opens its other end in the time of `patience`.
#[cfg(unix)]
pub(super) fn open(path: &Path, patience: Duration) -> io::Result<Option<File>> {
    use std::os::unix::fs::OpenOptionsExt;
    use std::time::Instant;

    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use rustix::io::Errno;

    // The flag's bits are a plain number of the system.
    let at_once = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    let start = Instant::now();
    loop {
        match File::options().write(true).custom_flags(at_once).open(path) {
            Ok(file) => {
                // Opening must not wait for ever, while writing waits for the reader, so that it is whole.
                let flags = fcntl_getfl(&file)?;
                fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
                return Ok(Some(file));
            }
            // The system says so when nobody reads.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NXIO) => {
                if start.elapsed() >= patience {
                    return Ok(None);
                }
                std::thread::sleep(TRY_EVERY);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Opens a pipe to write to.
#[cfg(not(unix))]
pub(super) fn open(path: &Path, _: Duration) -> io::Result<Option<File>> {
    File::options().write(true).open(path).map(Some)
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{Read, Write};
    use std::thread;

    use super::*;

    #[test]
    fn a_pipe_is_not_waited_for_for_ever_and_written_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(open(&path, Duration::from_millis(50)).unwrap().is_none());
        // More than a pipe holds, for a reader who comes late and is slow.
        let bytes = vec![7; 1 << 20];
        let reader = path.clone();
        let reader = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            let mut file = File::open(reader).unwrap();
            thread::sleep(Duration::from_millis(100));
            let mut read = Vec::new();
            file.read_to_end(&mut read).unwrap();
            read
        });
        let mut file = open(&path, Duration::from_secs(10)).unwrap().unwrap();
        file.write_all(&bytes).unwrap();
        drop(file);
        assert!(reader.join().unwrap() == bytes);
    }
}
