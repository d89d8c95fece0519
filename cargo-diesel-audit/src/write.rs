//! The only file that writes files: all of what belongs together, or nothing.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file and what is to be in it.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// Writes a folder with its files, and then the lock. Each appears whole; if
/// the lock cannot be written, the folder goes again.
///
/// # Errors
/// When something cannot be written. Nothing has changed then.
pub(crate) fn folder(folder: &Path, files: &[File], lock: File) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(Path::new(""));
    if folder.exists() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "it is there already",
        ));
    }
    // Diesel takes no notice of folders with a dot.
    let aside = parent.join(format!(".diesel-audit-{}", std::process::id()));
    let written = write_aside(&aside, files)
        .and_then(|()| fs::rename(&aside, folder))
        .and_then(|()| {
            replace(&[lock]).inspect_err(|_| {
                let _ = fs::remove_dir_all(folder);
            })
        });
    if written.is_err() {
        let _ = fs::remove_dir_all(&aside);
    }
    written
}

fn write_aside(aside: &Path, files: &[File]) -> io::Result<()> {
    fs::create_dir(aside)?;
    for file in files {
        let name = file.path.file_name().unwrap_or_default();
        fs::write(aside.join(name), &file.text)?;
    }
    Ok(())
}

/// Replaces files, each at once, in their order. If one cannot be replaced,
/// those before it get their bytes back.
///
/// # Errors
/// When something cannot be written. Nothing has changed then.
pub(crate) fn replace(files: &[File]) -> io::Result<()> {
    let asides: Vec<PathBuf> = files.iter().map(|file| aside(&file.path)).collect();
    let written = replace_by(files, &asides);
    if written.is_err() {
        for aside in &asides {
            let _ = fs::remove_file(aside);
        }
    }
    written
}

/// Adds a text to the end of a file, which may be new, and sees it on the disk.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn replace_by(files: &[File], asides: &[PathBuf]) -> io::Result<()> {
    let mut before = Vec::new();
    for (file, aside) in files.iter().zip(asides) {
        before.push(match fs::read(&file.path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        });
        fs::write(aside, &file.text)?;
    }
    for (n, (file, aside)) in files.iter().zip(asides).enumerate() {
        if let Err(error) = fs::rename(aside, &file.path) {
            for (file, before) in files.iter().zip(&before).take(n) {
                let _ = match before {
                    Some(bytes) => fs::write(&file.path, bytes),
                    None => fs::remove_file(&file.path),
                };
            }
            return Err(error);
        }
    }
    Ok(())
}

/// A name beside a file, which neither Diesel nor cargo looks at.
fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that goes when the test ends.
    struct Temporary(PathBuf);

    impl Temporary {
        fn new(name: &str) -> Temporary {
            let name = format!("diesel-audit-write-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).unwrap();
            Temporary(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<String> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    impl Drop for Temporary {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_folder_and_its_lock_come_together() {
        let at = Temporary::new("together");
        let file = |name: &str| File {
            path: at.0.join(name),
            text: "text".to_owned(),
        };
        folder(&at.0.join("m"), &[file("up.sql")], file("lock")).unwrap();
        assert_eq!(at.names(), ["lock", "m"]);
        assert!(folder(&at.0.join("m"), &[], file("lock")).is_err());

        // A folder cannot be replaced by a file.
        fs::create_dir_all(at.0.join("taken/x")).unwrap();
        assert!(folder(&at.0.join("n"), &[file("up.sql")], file("taken")).is_err());
        assert_eq!(at.names(), ["lock", "m", "taken"]);
    }

    #[test]
    fn files_are_replaced_together() {
        let at = Temporary::new("replaced");
        let file = |name: &str, text: &str| File {
            path: at.0.join(name),
            text: text.to_owned(),
        };
        replace(&[file("a", "1"), file("b", "1")]).unwrap();
        assert!(replace(&[file("a", "2"), file("missing/b", "2")]).is_err());
        assert_eq!(fs::read_to_string(at.0.join("a")).unwrap(), "1");
        assert_eq!(at.names(), ["a", "b"]);
    }
}
