//! Which packages a command is about, and what they share.

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use support::{Project, run_in};

fn manifest(name: &str, more: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}")
}

fn model(name: &str, path: &str) -> String {
    format!(
        "#[derive(diesel_audit::Audited)]\n#[diesel(table_name = {path})]\npub struct {name} {{ id: i64 }}\n"
    )
}

/// Two packages with a model each, and a third one with their tables.
fn workspace() -> Project {
    let project = Project::new("");
    project.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"a\", \"b\", \"tables\"]\nresolver = \"3\"\n",
    );
    project.write("tables/Cargo.toml", &manifest("the-tables", ""));
    project.write(
        "tables/src/lib.rs",
        "pub mod schema { diesel::table! { users { id -> Int8, } } diesel::table! { posts { id -> Int8, } } }\n",
    );
    let tables = "[dependencies]\ndb = { package = \"the-tables\", path = \"../tables\" }\n";
    project.write("a/Cargo.toml", &manifest("a", tables));
    project.write("a/src/lib.rs", &model("User", "db::schema::users"));
    let tables = "[dependencies]\nthe-tables = { path = \"../tables\" }\n";
    project.write("b/Cargo.toml", &manifest("b", tables));
    project.write(
        "b/src/main.rs",
        &("use the_tables::schema::*;\nfn main() {}\n".to_owned() + &model("Post", "posts")),
    );
    project
}

#[test]
fn the_package_is_that_of_the_folder() {
    let project = workspace();
    let models = |folder: &str, words: &[&str]| -> Vec<String> {
        let outcome = run_in(&project.root.join(folder), words);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let lines = outcome.stdout.lines().skip(1);
        lines
            .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
            .collect()
    };
    assert_eq!(models("", &["list"]), ["User", "Post"]);
    assert_eq!(models("a", &["list"]), ["User"]);
    assert_eq!(models("a/src", &["list"]), ["User"]);
    assert_eq!(models("a", &["list", "--workspace"]), ["User", "Post"]);
    assert_eq!(models("a", &["list", "-p", "b"]), ["Post"]);
    assert_eq!(models("a", &["list", "--exclude", "a"]), ["Post"]);
    assert_eq!(
        models("a", &["list", "--manifest-path", "../b/Cargo.toml"]),
        ["Post"]
    );
    assert!(models("tables", &["list"]).is_empty());
}

#[test]
fn packages_share_their_migrations() {
    let project = workspace();
    assert_eq!(project.run(&["generate"]).code, 0);
    assert_eq!(project.run(&["check"]).code, 0);
    let outcome = project.run(&["check", "-p", "a"]);
    assert_eq!(outcome.code, 2);
    assert_eq!(
        outcome.stderr,
        "error: public.posts is audited for the package `b`, which is not selected and shares the \
         migrations folder\n  --> b/src/main.rs:5:12\nhelp: add `-p b`, or write `--workspace`\n"
    );
}

#[test]
fn packages_may_have_migrations_of_their_own() {
    let project = workspace();
    project.write(
        "b/sql/diesel.toml",
        "[migrations_directory]\ndir = \"of_b\"\n",
    );
    project.write("b/sql/of_b/.keep", "");
    project.write("a/diesel.toml", "[migrations_directory]\ndir = \"of_a\"\n");
    project.write("a/of_a/.keep", "");
    let outcome = project.run(&["generate", "--workspace"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let shown = "Generated a/of_a/2026-11-24-063418-0001_audit_users\n";
    assert!(outcome.stderr.contains(shown), "{}", outcome.stderr);
    assert!(
        outcome
            .stderr
            .contains("Generated migrations/2026-11-24-063418-0001_audit_posts\n")
    );
    let config = ["check", "-p", "b", "--config-file", "b/sql/diesel.toml"];
    assert_eq!(project.run(&config).code, 1);
}

#[test]
fn lock_timeouts_agree() {
    let project = workspace();
    let section =
        |timeout: &str| format!("[package.metadata.diesel-audit]\nlock_timeout = \"{timeout}\"\n");
    for (package, timeout) in [("a", "3s"), ("b", "4s")] {
        let path = format!("{package}/Cargo.toml");
        project.write(&path, &(project.read(&path) + &section(timeout)));
    }
    let outcome = project.run(&["generate", "--dry-run"]);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("the lock timeouts `3s` and `4s`"),
        "{}",
        outcome.stderr
    );
    let outcome = project.run(&["generate", "--dry-run", "-p", "a"]);
    assert!(outcome.stdout.contains("diesel_audit.start('3s'"));
    let outcome = project.run(&["generate", "--dry-run", "--lock-timeout", "7s"]);
    assert!(outcome.stdout.contains("diesel_audit.start('7s'"));
}

#[test]
fn without_a_package_cargo_says_so() {
    let project = workspace();
    std::fs::remove_file(project.root.join("Cargo.toml")).unwrap();
    let outcome = project.run(&["list", "--manifest-path", "nowhere/Cargo.toml"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
}

#[test]
fn one_folder_by_two_paths_is_one_folder() {
    let project = workspace();
    project.write(
        "a/diesel.toml",
        "[migrations_directory]\ndir = \"../b/../migrations\"\n",
    );
    let outcome = project.run(&["generate"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(
        project.migrations(),
        [
            "2026-11-24-063418-0000_diesel_audit_core",
            "2026-11-24-063418-0001_audit_tables",
            "diesel-audit.lock"
        ]
    );
}

/// A macro of another crate is not seen, so settings are only compared.
#[test]
fn a_context_of_another_package() {
    let project = workspace();
    project.write(
        "tables/src/lib.rs",
        "pub mod schema { diesel::table! { users { id -> Int8, } } }\n\
         #[derive(diesel_audit::AuditContext)]\npub struct Who { pub username: String }\n",
    );
    let check = |words: &str, expected: &str| {
        let audit = format!("#[audit(context_type = db::Who{words})]\npub struct");
        let text = model("User", "db::schema::users").replace("pub struct", &audit);
        project.write("a/src/lib.rs", &text);
        let outcome = run_in(&project.root.join("a"), &["list"]);
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
        assert_eq!(outcome.code == 0, expected.is_empty());
    };
    check(
        "",
        "`db::Who` is in another crate, and a model takes its session settings from its own",
    );
    check(", session_settings(username: Text)", "");
    check(
        ", session_settings(user: Text)",
        "`db::Who` has no field for the session setting `user`",
    );
}

/// Roles are a matter of a database, and a migrations folder is one.
#[test]
fn the_roles_of_one_database() {
    let project = workspace();
    for folder in ["a", "b"] {
        project.write(&format!("{folder}/migrations/.keep"), "");
    }
    let of_all = project.run(&["roles", "--workspace"]);
    assert_eq!((of_all.code, of_all.stdout.as_str()), (2, ""));
    let several =
        "error: several migrations folders have audited models, and each is another database's";
    assert!(of_all.stderr.contains(several), "{}", of_all.stderr);
    let of_b = project.run(&["roles", "-p", "b"]);
    assert_eq!(of_b.code, 0, "{}", of_b.stderr);
    assert!(of_b.stdout.contains("posts_audit") && !of_b.stdout.contains("users_audit"));
}

/// Until the next migration has run, what is installed has its old names.
#[test]
fn the_roles_of_what_is_installed_under_another_name() {
    let project = workspace();
    let renamed = "#[audit(table = \"other\")] pub struct User";
    assert_eq!(project.run(&["generate", "--workspace"]).code, 0);
    let source = project
        .read("a/src/lib.rs")
        .replace("pub struct User", renamed);
    project.write("a/src/lib.rs", &source);
    let outcome = project.run(&["roles", "--workspace"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for name in ["audit.users_audit", "audit.other", "audit.posts_audit"] {
        assert!(outcome.stdout.contains(name), "{name}");
    }
}
