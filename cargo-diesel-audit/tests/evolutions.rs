//! Changes of models, one folder each, from the sources to a PostgreSQL with
//! rows in its tables: forth, write, back, write, and forth again.
//!
//! A folder holds the sources `after.rs` and what else differs from the folder
//! `base`: the sources before and in between, the statements of the
//! application's own migration (`change.sql`, `undo.sql`), the statements that
//! write, what is added to the command (`words`) and to Cargo.toml
//! (`before.toml`, `after.toml`). Expected are `up.sql`, `down.sql`, `said` and
//! `lock`; the environment variable `BLESS` writes them anew.
#![allow(missing_docs)]

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

#[path = "evolutions/server.rs"]
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use server::{Script, Server};
use support::Project;

const EXPECTED: [&str; 4] = ["up.sql", "down.sql", "said", "lock"];

#[test]
fn evolutions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evolutions");
    let only = std::env::var("CASE").unwrap_or_default();
    let mut cases: Vec<PathBuf> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("after.rs").is_file())
        .filter(|path| path.to_string_lossy().contains(&only))
        .collect();
    cases.sort();
    assert!(!only.is_empty() || cases.len() >= 40, "{}", cases.len());
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(folder) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let case = Case {
                        folder: folder.clone(),
                        base: root.join("base"),
                    };
                    // One case that fails hides no other.
                    if let Err(fault) = std::panic::catch_unwind(|| case.check()) {
                        let text = fault.downcast_ref::<String>().cloned().unwrap_or_default();
                        let name = folder.file_name().unwrap_or_default().to_string_lossy();
                        faults.lock().unwrap().push(format!("{name}: {text}"));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(
        faults.is_empty(),
        "{} failed\n{}",
        faults.len(),
        faults.join("\n\n")
    );
}

struct Case {
    folder: PathBuf,
    base: PathBuf,
}

/// The end of the name of the core's migration.
const CORE: &str = "_diesel_audit_core";

/// One generated migration, with what the application changes beside it.
struct Generated {
    own: Script,
    audit: Script,
    together: Script,
    lock_before: String,
    lock: String,
    said: String,
}

impl Case {
    fn file(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(name)).ok()
    }

    fn or_base(&self, name: &str) -> String {
        let of_base = || fs::read_to_string(self.base.join(name)).ok();
        self.file(name).or_else(of_base).unwrap_or_default()
    }

    fn check(&self) {
        let first = self.generate("before", "");
        let between = self
            .file("between.rs")
            .map(|_| self.generate("between", &first.lock));
        let lock = between
            .as_ref()
            .map_or(&first.lock, |generated| &generated.lock);
        let last = self.generate("after", lock);
        self.compare(&last);

        for together in [true, false] {
            if !together && self.file("only_together").is_some() {
                continue;
            }
            let mut server = Server::new(together);
            server.run(&self.or_base("before.sql"));
            server.forth(&first);
            if first.audit.is_some() {
                server.write(&self.or_base("write_before.sql"));
            }
            if let Some(between) = &between {
                server.forth(between);
                server.run(&self.file("write_between.sql").unwrap_or_default());
            }
            server.evolve(
                &last,
                &self.or_base("write_before.sql"),
                &self.or_base("write_after.sql"),
                self.file("loses_history").is_none(),
            );
        }
    }

    /// Runs the command on the sources of a stage, over the lock of the one
    /// before.
    fn generate(&self, stage: &str, lock: &str) -> Generated {
        let manifest = self
            .file(&format!("{stage}.toml"))
            .or_else(|| self.file("before.toml"));
        let project = Project::new(&manifest.unwrap_or_default());
        let sources = self.or_base(&format!("{stage}.rs"));
        project.write("src/lib.rs", &sources);
        let own = Script {
            up: self
                .file(if stage == "between" {
                    "between.sql"
                } else {
                    "change.sql"
                })
                .unwrap_or_default(),
            down: self
                .file(if stage == "between" {
                    "undo_between.sql"
                } else {
                    "undo.sql"
                })
                .unwrap_or_default(),
        };
        let own = if stage == "before" {
            Script::default()
        } else {
            own
        };
        let own_folder = "migrations/2026-01-01-000000-0000_own";
        let lock_file = "migrations/diesel-audit.lock";
        let words = match stage {
            "after" => self.file("words").unwrap_or_default(),
            _ => String::new(),
        };
        let words: Vec<&str> = std::iter::once("generate")
            .chain(words.split_whitespace())
            .collect();
        let prepare = || {
            if !lock.is_empty() {
                project.write(lock_file, lock);
            }
            project.write(&format!("{own_folder}/up.sql"), &own.up);
            project.write(&format!("{own_folder}/down.sql"), &own.down);
        };

        prepare();
        let outcome = project.run(&words);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let folder = project
            .migrations()
            .into_iter()
            .find(|name| name.starts_with("2026-11-24") && !name.ends_with(CORE));
        let Some(folder) = folder else {
            return Generated {
                together: own.clone(),
                own,
                audit: Script::default(),
                lock_before: lock.to_owned(),
                lock: lock.to_owned(),
                said: outcome.stderr,
            };
        };
        let audit = Script {
            up: project.read(&format!("migrations/{folder}/up.sql")),
            down: project.read(&format!("migrations/{folder}/down.sql")),
        };
        let written = project.read(lock_file);
        let again = project.run(&words);
        assert_eq!(
            again.stderr,
            "    Finished nothing to do: migrations match the models\n"
        );
        assert_eq!(project.run(&["check"]).code, 0);

        fs::remove_dir_all(project.root.join("migrations")).unwrap();
        prepare();
        let amend = [&words[..], &["--amend", "2026-01-01-000000-0000"]].concat();
        let amended = project.run(&amend);
        assert_eq!(amended.code, 0, "{}", amended.stderr);
        assert_eq!(project.read(lock_file), written);
        Generated {
            together: Script {
                up: project.read(&format!("{own_folder}/up.sql")),
                down: project.read(&format!("{own_folder}/down.sql")),
            },
            own,
            audit,
            lock_before: lock.to_owned(),
            lock: written,
            said: outcome.stderr,
        }
    }

    fn compare(&self, generated: &Generated) {
        let texts = [
            &generated.audit.up,
            &generated.audit.down,
            &generated.said,
            &generated.lock,
        ];
        for (file, text) in EXPECTED.into_iter().zip(texts) {
            let path = self.folder.join(file);
            if std::env::var_os("BLESS").is_some() {
                fs::write(&path, text).unwrap();
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            assert!(*text == expected, "{file} differs; it is now:\n{text}");
        }
    }
}
