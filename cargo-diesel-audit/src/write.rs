//! The only file that writes files: all of what belongs together, or nothing.

use std::fs;
use std::io;
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
pub(crate) fn folder(folder: &Path, files: &[(&str, &str)], lock: &File) -> io::Result<()> {
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
            replace(std::slice::from_ref(lock)).inspect_err(|_| {
                let _ = fs::remove_dir_all(folder);
            })
        });
    if written.is_err() {
        let _ = fs::remove_dir_all(&aside);
    }
    written
}

fn write_aside(aside: &Path, files: &[(&str, &str)]) -> io::Result<()> {
    fs::create_dir(aside)?;
    for (name, text) in files {
        fs::write(aside.join(name), text)?;
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
