//! Where migrations are, and how they are named: as Diesel has it.

use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::args::Global;
use crate::fault::{self, Fault};
use crate::project::{Package, Surroundings};

/// The lock's name in the migrations folder.
pub(crate) const LOCK: &str = "diesel-audit.lock";

/// The migrations folder of a package, in Diesel's own order of search:
/// `--migration-dir`, `MIGRATION_DIRECTORY`, diesel.toml, `migrations/`.
///
/// # Errors
/// When there is none, and when diesel.toml cannot be read.
pub(crate) fn folder(
    package: &Package,
    global: &Global,
    surroundings: &Surroundings<'_>,
) -> Result<PathBuf, Fault> {
    let here = &surroundings.current_dir;
    let said = global
        .migration_dir
        .clone()
        .or_else(|| (surroundings.variable)("MIGRATION_DIRECTORY").map(PathBuf::from))
        .map(|said| here.join(said));
    let said = match said {
        Some(said) => Some(said),
        None => match config_file(package, global, surroundings) {
            Some(config) => of_config(&config, surroundings)?,
            None => None,
        },
    };
    match said {
        Some(folder) if folder.is_dir() => Ok(without_dots(&folder)),
        Some(folder) => Err(Fault::new(format!(
            "the migrations folder {} is not there",
            shown(&folder, surroundings)
        ))
        .help(
            "make the folder, or correct `--migration-dir`, `MIGRATION_DIRECTORY` or diesel.toml",
        )),
        None => package
            .root
            .ancestors()
            .map(|folder| folder.join("migrations"))
            .find(|folder| folder.is_dir())
            .ok_or_else(|| {
                Fault::new(format!(
                    "the package `{}` has no migrations folder",
                    package.name
                ))
                .help("run `diesel setup`, or name one by `--migration-dir`")
            }),
    }
}

/// `a/../b` as `b`, as long as that is the same folder.
fn without_dots(folder: &Path) -> PathBuf {
    let mut short = PathBuf::new();
    for component in folder.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if short.file_name().is_some() => drop(short.pop()),
            component => short.push(component),
        }
    }
    match same(&short, folder) {
        true => short,
        false => folder.to_owned(),
    }
}

/// Whether two paths lead to one folder.
pub(crate) fn same(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// The diesel.toml of a package, if it has one.
pub(crate) fn config_file(
    package: &Package,
    global: &Global,
    surroundings: &Surroundings<'_>,
) -> Option<PathBuf> {
    let said = global
        .config_file
        .clone()
        .or_else(|| (surroundings.variable)("DIESEL_CONFIG_FILE").map(PathBuf::from));
    match said {
        Some(said) => Some(surroundings.current_dir.join(said)),
        None => package
            .root
            .ancestors()
            .map(|folder| folder.join("diesel.toml"))
            .find(|file| file.is_file()),
    }
}

fn of_config(config: &Path, surroundings: &Surroundings<'_>) -> Result<Option<PathBuf>, Fault> {
    let shown = shown(config, surroundings);
    let text = fs::read_to_string(config)
        .map_err(|error| Fault::new(format!("cannot read {shown}: {error}")))?;
    let document: toml_edit::DocumentMut = text
        .parse()
        .map_err(|error| Fault::new(format!("{shown} is no TOML: {error}")))?;
    let dir = document
        .get("migrations_directory")
        .and_then(|section| section.get("dir"))
        .and_then(toml_edit::Item::as_str);
    let folder = config.parent().unwrap_or(Path::new(""));
    Ok(dir.map(|dir| folder.join(dir)))
}

/// A path as it is shown: from where the command runs.
pub(crate) fn shown(path: &Path, surroundings: &Surroundings<'_>) -> String {
    fault::shown(path, &surroundings.current_dir)
}

/// The folders of all migrations, by name.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn existing(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // As Diesel does: files and dot-folders are no migrations.
        if !name.starts_with('.') && entry.path().is_dir() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The version by which Diesel sorts a migration.
pub(crate) fn version(name: &str) -> String {
    prefix(name).replace('-', "")
}

fn prefix(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}

/// The name of a folder for a new migration, which comes after all others.
pub(crate) fn new_name(existing: &[String], now: DateTime<Utc>, name: &str) -> String {
    let mut new = format!("{}-0000", now.format("%Y-%m-%d-%H%M%S"));
    let newest = existing.iter().max_by_key(|name| version(name));
    if let Some(newest) = newest.map(|newest| prefix(newest))
        && version(&new) <= version(newest)
    {
        new = following(newest);
    }
    format!("{new}_{name}")
}

/// The name of a folder for a new migration, which comes before `later` and after
/// those before that one; nothing if no version fits between them.
pub(crate) fn name_before(existing: &[String], later: &str, name: &str) -> Option<String> {
    let limit = version(later);
    let mut before = existing.iter().filter(|name| version(name) < limit);
    let newest = before.by_ref().max_by_key(|name| version(name));
    let newest = newest.map(|newest| prefix(newest));
    let candidates = [
        second_before(prefix(later)),
        newest.map(following),
        Some("00000000000000".to_owned()),
    ];
    let fits = |new: &String| {
        let new = version(new);
        new < limit && newest.is_none_or(|newest| version(newest) < new)
    };
    let new = candidates.into_iter().flatten().find(fits)?;
    Some(format!("{new}_{name}"))
}

/// The version of the second before that of a version as Diesel writes it.
fn second_before(version: &str) -> Option<String> {
    const SECOND: &str = "%Y-%m-%d-%H%M%S";
    let second = version.get(.."2026-01-01-000000".len())?;
    let time = NaiveDateTime::parse_from_str(second, SECOND).ok()?;
    let before = time.checked_sub_signed(TimeDelta::seconds(1))?;
    Some(format!("{}-0000", before.format(SECOND)))
}

/// The next version of the same second, or one that a clock cannot give
/// behind versions of another form.
fn following(newest: &str) -> String {
    let next = newest.rsplit_once('-').and_then(|(second, subversion)| {
        let count = u16::from_str_radix(subversion, 16).ok()?;
        let is_one = subversion.len() == 4 && second.len() == "2026-01-01-000000".len();
        is_one
            .then(|| count.checked_add(1))
            .flatten()
            .map(|next| format!("{second}-{next:04x}"))
    });
    next.unwrap_or_else(|| format!("{newest}-0000"))
}

/// The folder that `asked` names, by its name, version or path.
pub(crate) fn find(existing: &[String], asked: &str) -> Option<String> {
    let trimmed = asked.trim_end_matches(['/', '\\']);
    let last = trimmed.rsplit(['/', '\\']).next().unwrap_or(trimmed);
    let last = match last {
        "up.sql" | "down.sql" => Path::new(trimmed)
            .parent()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str())
            .unwrap_or(last),
        _ => last,
    };
    let by_name = existing.iter().find(|name| *name == last);
    let by_version = || {
        existing
            .iter()
            .find(|name| prefix(name) == last || version(name) == last.replace('-', ""))
    };
    by_name.or_else(by_version).cloned()
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn new_names_come_last() {
        let check = |existing: &[&str], expected: &str| {
            let existing: Vec<String> = existing.iter().map(|&name| name.to_owned()).collect();
            let now = Utc.with_ymd_and_hms(2026, 11, 24, 6, 34, 18).unwrap();
            let new = new_name(&existing, now, "x");
            assert_eq!(new, expected);
            assert!(
                existing.iter().all(|name| version(name) < version(&new)),
                "{new}"
            );
        };
        check(&[], "2026-11-24-063418-0000_x");
        check(
            &["00000000000000_diesel_initial_setup"],
            "2026-11-24-063418-0000_x",
        );
        check(&["2026-11-24-063418-0000_a"], "2026-11-24-063418-0001_x");
        check(
            &["2026-11-24-063418-000f_a", "2025-01-01-000000-0000_b"],
            "2026-11-24-063418-0010_x",
        );
        check(&["2026-11-24-063418_a"], "2026-11-24-063418-0000_x");
        check(&["2027-01-01-000000_a"], "2027-01-01-000000-0000_x");
        check(
            &["2027-01-01-000000-ffff_a"],
            "2027-01-01-000000-ffff-0000_x",
        );
        check(&["99999999_a"], "99999999-0000_x");
    }

    #[test]
    fn a_name_comes_between() {
        let check = |existing: &[&str], expected: Option<&str>| {
            let existing: Vec<String> = existing.iter().map(|&name| name.to_owned()).collect();
            let later = existing.last().unwrap();
            let new = name_before(&existing, later, "x");
            assert_eq!(new.as_deref(), expected);
        };
        check(
            &["2026-11-24-000000-0000_a"],
            Some("2026-11-23-235959-0000_x"),
        );
        check(
            &["2026-11-23-235959-0003_a", "2026-11-24-000000-0000_b"],
            Some("2026-11-23-235959-0004_x"),
        );
        check(&["1_out"], Some("00000000000000_x"));
        check(
            &["00000000000000_diesel_initial_setup", "0001_a"],
            Some("00000000000000-0000_x"),
        );
        check(&["a_a", "a0_b"], None);
    }

    #[test]
    fn migrations_are_found() {
        let existing = [
            "2026-01-10-080000-0000_create".to_owned(),
            "00000000000000_setup".to_owned(),
        ];
        for (asked, expected) in [
            ("2026-01-10-080000-0000_create", Some(0)),
            ("2026-01-10-080000-0000", Some(0)),
            ("202601100800000000", Some(0)),
            ("migrations/2026-01-10-080000-0000_create/", Some(0)),
            ("migrations/2026-01-10-080000-0000_create/up.sql", Some(0)),
            ("00000000000000", Some(1)),
            ("create", None),
            ("", None),
        ] {
            assert_eq!(
                find(&existing, asked).as_ref(),
                expected.map(|n| &existing[n]),
                "{asked}"
            );
        }
    }
}
