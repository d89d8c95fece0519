//! The migration that brings the core, which is written before the first one that
//! needs it.

use crate::lock::{self, Lock};
use diesel_audit_sql::{Installed, core};

use super::Audit;
use super::generate::Plan;
use crate::args::Generate;
use crate::fault::Fault;
use crate::migrations::{self, LOCK};
use crate::project::Surroundings;
use crate::write::File;

/// The name of the migration.
const NAME: &str = "diesel_audit_core";

/// Whether the migrations of a folder bring no core, or an earlier version.
pub(super) fn is_missing(audit: &Audit) -> bool {
    audit.core.is_none_or(|version| version < core::VERSION)
}

/// The migration. A migration that is amended needs the core as well, so that it
/// comes before that one.
///
/// # Errors
/// When no version fits between the amended migration and the one before it.
pub(super) fn plan(
    args: &Generate,
    audit: &Audit,
    existing: &[String],
    surroundings: &Surroundings<'_>,
) -> Result<Plan, Fault> {
    let amended = args
        .amend
        .as_ref()
        .and_then(|asked| migrations::find(existing, asked));
    let name = match amended {
        None => migrations::new_name(existing, surroundings.now, NAME),
        Some(amended) => migrations::name_before(existing, &amended, NAME).ok_or_else(|| {
            Fault::new(format!(
                "there is no version for the migration of the core before `{amended}`"
            ))
            .help("give the migration a later version, or generate without `--amend`")
        })?,
    };
    let folder = audit.folder.join(name);
    let file = |name: &str, text: String| File {
        path: folder.join(name),
        text,
    };
    Ok(Plan {
        shown: migrations::shown(&folder, surroundings),
        amends: false,
        up: file("up.sql", core::INSTALL.to_owned()),
        down: Some(file("down.sql", core::uninstall())),
        lock: lock(audit, &audit.installed),
        changes: vec![format!(
            "The core of diesel-audit, version {}.",
            core::VERSION
        )],
        hints: Vec::new(),
        folder,
    })
}

/// The lock beside migrations that have installed this.
pub(super) fn lock(audit: &Audit, installed: &[Installed]) -> File {
    File {
        path: audit.folder.join(LOCK),
        text: lock::render(&Lock {
            core: core::VERSION,
            installed: installed.to_vec(),
        }),
    }
}
