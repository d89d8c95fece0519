//! The Cargo.toml of the crate that derives.

use std::path::Path;

/// The text of a Cargo.toml, or nothing where cargo does not run the build.
pub(crate) struct Manifest(pub(crate) Option<String>);

impl Manifest {
    /// Reads the file that cargo names to the compiler. It is the derive's only
    /// input beside its tokens.
    pub(crate) fn of_this_crate() -> Manifest {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR");
        Manifest(
            folder.and_then(|folder| {
                std::fs::read_to_string(Path::new(&folder).join("Cargo.toml")).ok()
            }),
        )
    }
}
