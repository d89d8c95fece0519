//! What `generate` leaves in a migrations folder.

mod support;

use support::Project;

const USERS: &str = "diesel::table! { users { id -> Int8, email -> Text, } }\ndiesel::table! { posts { id -> Int8, } }\n";

/// A package with the model `User`.
fn project() -> Project {
    let project = Project::new("");
    project.write("src/schema.rs", USERS);
    project.write("src/lib.rs", &model("User", "users", "email: String"));
    project
}

fn model(name: &str, table: &str, fields: &str) -> String {
    let head = if name == "User" { "mod schema;\n" } else { "" };
    format!(
        "{head}#[derive(diesel_audit::Audited)]\n#[diesel(table_name = schema::{table})]\n\
         struct {name} {{ id: i64, {fields} }}\n"
    )
}

/// The migration of the core, which comes first.
const CORE: &str = "2026-11-24-063418-0000_diesel_audit_core";

/// The up.sql of a migration after that of the core.
fn with_core(project: &Project, folder: &str) -> String {
    let [core, up] =
        [CORE, folder].map(|folder| project.read(&format!("migrations/{folder}/up.sql")));
    format!("{core}\n{up}")
}

#[test]
fn a_second_run_writes_nothing() {
    let project = project();
    let first = project.run(&["generate"]);
    assert_eq!(
        (first.code, first.stderr.as_str()),
        (
            0,
            "   Generated migrations/2026-11-24-063418-0000_diesel_audit_core\n             \
             The core of diesel-audit, version 1.\n   \
             Generated migrations/2026-11-24-063418-0001_audit_users\n             \
             Audit of public.users in audit.users_audit.\nhint: run `diesel migration run`\n"
        )
    );
    let written = [
        CORE,
        "2026-11-24-063418-0001_audit_users",
        "diesel-audit.lock",
    ];
    assert_eq!(project.migrations(), written);
    assert_eq!(
        with_core(&project, "2026-11-24-063418-0001_audit_users"),
        project.run(&["sql", "User"]).stdout
    );

    let second = project.run(&["generate"]);
    assert_eq!(
        (second.code, second.stderr.as_str()),
        (
            0,
            "    Finished nothing to do: migrations match the models\n"
        )
    );
    assert_eq!(project.migrations(), written);
    assert_eq!(project.run(&["check"]).code, 0);
}

#[test]
fn each_change_is_a_migration_behind_the_last_one() {
    let project = project();
    assert_eq!(project.run(&["generate", "first"]).code, 0);
    let both = model("User", "users", "email: String") + &model("Post", "posts", "");
    project.write("src/lib.rs", &both);
    assert_eq!(project.run(&["check"]).code, 1);
    assert_eq!(project.run(&["generate"]).code, 0);
    project.write("src/lib.rs", "");
    assert!(project.run(&["list"]).stdout.contains("no longer declared"));
    assert_eq!(project.run(&["generate"]).code, 0);
    assert_eq!(
        project.migrations(),
        [
            CORE,
            "2026-11-24-063418-0001_first",
            "2026-11-24-063418-0002_audit_posts",
            "2026-11-24-063418-0003_end_audits",
            "diesel-audit.lock"
        ]
    );
    assert_eq!(project.run(&["check"]).code, 0);
}

#[test]
fn a_dry_run_writes_nothing() {
    let project = project();
    let outcome = project.run(&["generate", "--dry-run"]);
    assert_eq!(outcome.code, 0);
    let folder = "migrations/2026-11-24-063418-0001_audit_users";
    let (core, users) = outcome
        .stdout
        .split_once(&format!("-- {folder}/up.sql\n"))
        .unwrap();
    assert!(
        core.starts_with(&format!("-- migrations/{CORE}/up.sql\n")),
        "{core}"
    );
    let (up, down) = users
        .split_once(&format!("\n-- {folder}/down.sql\n"))
        .unwrap();
    let sql = project.run(&["sql", "User"]).stdout;
    assert!(sql.ends_with(&format!("\n{up}")), "{up}");
    assert_eq!(down, project.run(&["sql", "User", "--down"]).stdout + "\n");
    assert!(project.migrations().is_empty());
}

#[test]
fn a_migration_of_the_users_is_amended() {
    let project = project();
    assert_eq!(project.run(&["generate"]).code, 0);
    let folder = "migrations/2026-11-25-000000-0000_nickname";
    let by_user = "ALTER TABLE users ADD nickname text -- the last line has no end";
    project.write(&format!("{folder}/up.sql"), by_user);
    project.write(
        &format!("{folder}/down.sql"),
        "ALTER TABLE users DROP nickname;\n",
    );
    project.write(
        "src/schema.rs",
        &USERS.replace(
            "email -> Text,",
            "email -> Text, nickname -> Nullable<Text>,",
        ),
    );

    let dry = project.run(&["generate", "--dry-run"]);
    assert!(dry.stderr.contains("is not written"), "{}", dry.stderr);
    let amended = project.run(&["generate", "--amend", "2026-11-25-000000-0000"]);
    assert_eq!(amended.code, 0, "{}", amended.stderr);
    assert!(
        amended
            .stderr
            .starts_with("     Amended migrations/2026-11-25-000000-0000_nickname\n")
    );
    let up = project.read(&format!("{folder}/up.sql"));
    assert!(up.starts_with("-- Change of the audit of "), "{up}");
    assert!(up.contains(&format!("\n\n{by_user}\n;\n\n")), "{up}");
    assert!(up.contains(",nickname}"), "{up}");
    let down = project.read(&format!("{folder}/down.sql"));
    assert!(down.contains("ALTER TABLE users DROP nickname;\n"));

    assert_eq!(project.run(&["check"]).code, 0);
    assert_eq!(
        project
            .run(&["generate", "--amend", "2026-11-25-000000-0000"])
            .code,
        0
    );
    assert_eq!(project.read(&format!("{folder}/up.sql")), up);
}

/// It comes before the first migration that needs it, whichever that is, and once.
#[test]
fn the_core_comes_before_a_migration_that_is_amended() {
    let project = project();
    let users = "migrations/2026-11-25-000000-0000_users";
    project.write(&format!("{users}/up.sql"), "CREATE TABLE users ..;\n");
    project.write(&format!("{users}/down.sql"), "DROP TABLE users;\n");
    project.write("migrations/2026-11-24-235959-0003_posts/up.sql", "");
    let amended = project.run(&["generate", "--amend", "2026-11-25-000000-0000"]);
    assert_eq!(amended.code, 0, "{}", amended.stderr);
    assert_eq!(
        project.migrations(),
        [
            "2026-11-24-235959-0003_posts",
            "2026-11-24-235959-0004_diesel_audit_core",
            "2026-11-25-000000-0000_users",
            "diesel-audit.lock"
        ]
    );
    assert!(
        project
            .read("migrations/diesel-audit.lock")
            .contains("\ncore = 1\n")
    );

    let project = self::project();
    project.write("migrations/a_x/up.sql", "");
    project.write("migrations/a0_users/up.sql", "CREATE TABLE users ..;\n");
    let refused = project.run(&["generate", "--amend", "a0_users"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .stderr
            .contains("before `a0_users`\nhelp: give the migration a later version"),
        "{}",
        refused.stderr
    );
    assert_eq!(project.migrations(), ["a0_users", "a_x"]);
}

#[test]
fn a_migration_for_each_table() {
    let project = project();
    let both = model("User", "users", "email: String") + &model("Post", "posts", "");
    project.write("src/lib.rs", &both);
    let outcome = project.run(&["generate", "--split"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(
        project.migrations(),
        [
            CORE,
            "2026-11-24-063418-0001_audit_posts",
            "2026-11-24-063418-0002_audit_users",
            "diesel-audit.lock"
        ]
    );
    for (folder, model) in [("0001_audit_posts", "Post"), ("0002_audit_users", "User")] {
        assert_eq!(
            with_core(&project, &format!("2026-11-24-063418-{folder}")),
            project.run(&["sql", model]).stdout
        );
    }
    assert_eq!(project.run(&["check"]).code, 0);
}

#[test]
fn an_amended_migration_without_a_way_back_is_warned_of() {
    let project = project();
    let migration = "migrations/2026-11-25-000000-0000_users";
    project.write(&format!("{migration}/up.sql"), "CREATE TABLE users ..;\n");
    let amend = ["generate", "--amend", "2026-11-25-000000-0000"];
    let dry = project.run(&[&amend[..], &["--dry-run"]].concat());
    let warning = format!(
        "warning: {migration} has no down.sql, so nothing takes back the audit's part of it either\nhelp: "
    );
    assert!(
        dry.stderr.contains(&format!("{warning}add a down.sql")),
        "{}",
        dry.stderr
    );
    let amended = project.run(&amend);
    assert_eq!(amended.code, 0, "{}", amended.stderr);
    assert!(amended.stderr.contains(&warning), "{}", amended.stderr);
    assert!(!project.root.join(migration).join("down.sql").exists());

    let project = self::project();
    project.write(&format!("{migration}/up.sql"), "CREATE TABLE users ..;\n");
    project.write(&format!("{migration}/down.sql"), "");
    let amended = project.run(&amend);
    assert!(!amended.stderr.contains("warning"), "{}", amended.stderr);
    assert!(
        project
            .read(&format!("{migration}/down.sql"))
            .contains("DROP TRIGGER")
    );
}

#[test]
fn a_changed_column_hints_at_amend() {
    let project = project();
    assert_eq!(project.run(&["generate"]).code, 0);
    project.write(
        "migrations/2026-11-25-000000-0000_nickname/up.sql",
        "ALTER TABLE users ..;",
    );
    project.write(
        "src/schema.rs",
        &USERS.replace(
            "email -> Text,",
            "email -> Text, nickname -> Nullable<Text>,",
        ),
    );
    let outcome = project.run(&["generate"]);
    assert!(
        outcome
            .stderr
            .contains("--amend 2026-11-25-000000-0000_nickname"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn what_cannot_be_amended_is_refused() {
    let project = project();
    project.write("migrations/1_out/up.sql", "VACUUM;");
    project.write(
        "migrations/1_out/metadata.toml",
        "run_in_transaction = false\n",
    );
    project.write("migrations/2_silent/up.sql", "");
    project.write("migrations/2_silent/metadata.toml", "");
    project.write("migrations/3_empty/down.sql", "");
    let check = |asked: &str, expected: &str| {
        let outcome = project.run(&["generate", "--amend", asked]);
        assert_eq!(outcome.code, 2);
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
    };
    check("1", "the migration `1_out` does not run in a transaction");
    check(
        "2",
        "the migration `2_silent` does not run in a transaction",
    );
    check("3_empty", "the migration `3_empty` has no up.sql");
    check(
        "4",
        "there is no migration `4`\nhelp: the newest one is `3_empty`",
    );
    assert_eq!(project.migrations(), ["1_out", "2_silent", "3_empty"]);
}

#[test]
fn embedded_migrations_need_a_build_script() {
    let project = project();
    let embedded =
        model("User", "users", "") + "const M: EmbeddedMigrations = embed_migrations!();\n";
    project.write("src/lib.rs", &embedded);
    let outcome = project.run(&["generate"]);
    assert!(
        outcome
            .stderr
            .contains("`println!(\"cargo::rerun-if-changed=migrations\");`"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn tables_beside_their_sources_are_filtered() {
    let project = project();
    let outcome = project.run(&["generate", "--init-filter"]);
    assert!(
        outcome.stderr.contains("no filter is needed"),
        "{}",
        outcome.stderr
    );
    let beside =
        model("User", "users", "").replace("#[diesel", "#[audit(schema = \"public\")]\n#[diesel");
    project.write("src/lib.rs", &beside);
    let outcome = project.run(&["generate", "--init-filter"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(
        project.read("diesel.toml"),
        "[print_schema]\nfilter = { except_tables = [\"^users_audit$\"] }\n"
    );
}

#[test]
fn nothing_is_left_of_a_write_that_fails() {
    let project = project();
    // A folder where the lock belongs cannot be replaced by a file.
    std::fs::create_dir_all(project.root.join("migrations/diesel-audit.lock/in_the_way")).unwrap();
    let outcome = project.run(&["generate"]);
    assert_eq!(outcome.code, 2);
    assert_eq!(project.migrations(), ["diesel-audit.lock"]);
}

#[test]
fn json_tells_what_was_written() {
    let project = project();
    let outcome = project.run(&["generate", "--format", "json", "-q"]);
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["format_version"], 1);
    assert_eq!(
        report["migrations"][0]["path"],
        format!("migrations/{CORE}")
    );
    assert_eq!(
        report["migrations"][1]["path"],
        "migrations/2026-11-24-063418-0001_audit_users"
    );
    assert_eq!(outcome.stderr, "");
}

#[test]
fn renames_keep_the_history() {
    let project = project();
    assert_eq!(project.run(&["generate"]).code, 0);
    project.write(
        "src/schema.rs",
        &USERS
            .replace("users", "accounts")
            .replace("email", "address"),
    );
    let renamed = "mod schema;\n#[derive(diesel_audit::Audited)]\n#[diesel(table_name = schema::accounts)]\n\
                   #[audit(renamed_from = \"users\")]\nstruct Account { id: i64, \
                   #[audit(renamed_from = \"email\")] address: String }\n";
    project.write("src/lib.rs", renamed);
    assert!(project.run(&["list"]).stdout.contains("changed"));
    let outcome = project.run(&["generate"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let up = project.read("migrations/2026-11-24-063418-0002_change_audit_of_accounts/up.sql");
    assert!(up.contains("RENAME COLUMN email TO address"), "{up}");
    assert_eq!(project.run(&["check"]).code, 0);
}
