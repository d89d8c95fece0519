//! What is generated, in the hands of the real `diesel` command, which the
//! environment variable `DIESEL_CLI` names. `.ci/diesel-cli` installs it.

#[path = "diesel_cli/folder.rs"]
mod folder;
// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use diesel_audit_tests::dump::dump;

use crate::folder::{Folder, diesel_cli};

/// The models that the repository has migrations of.
#[test]
fn quickstart() {
    let Some(diesel) = diesel_cli() else { return };
    let folder = Folder::new(diesel, "");
    folder.copy("examples/quickstart", "diesel.toml");
    folder.copy("examples/quickstart", "migrations");
    folder.copy("examples/quickstart", "src");
    let schemas = ["src/schema.rs", "src/warehouse_schema.rs"];
    let committed = schemas.map(|file| folder.project.read(file));

    // The table of the versions is Diesel's, and stays.
    folder.diesel(&["migration", "list"]);
    let before = dump(&folder.database);

    folder.diesel(&["migration", "run"]);
    // It has written the schemas, and leaves the layout to rustfmt.
    let written = schemas.map(|file| folder.project.read(file));
    for (committed, written) in committed.iter().zip(&written) {
        assert_eq!(words(committed), words(written));
    }
    folder.is_current();
    let printed = folder.diesel(&["print-schema"]);
    assert_eq!(words(&printed), words(&committed.concat()));
    // Diesel takes an enum of PostgreSQL for another type than itself.
    let differences = folder.differences();
    let others = differences.iter().filter(|line| !line.contains("status"));
    assert_eq!(others.count(), 0, "{differences:?}");

    let after = dump(&folder.database);
    folder.diesel(&["migration", "redo", "--all"]);
    same(&after, &dump(&folder.database), "redo");
    folder.write("INSERT INTO customers (name, email) VALUES ('Ada', 'ada@example.org')");
    assert_eq!(folder.count("audit.customers_audit"), 1);

    folder.diesel(&["migration", "redo"]);
    assert_eq!(folder.count("audit.customers_audit"), 1, "history went");
    folder.write("UPDATE customers SET phone = '1'");
    assert_eq!(folder.count("audit.customers_audit"), 2);

    folder.diesel(&["migration", "revert", "--all"]);
    same(&before, &dump(&folder.database), "revert");
    folder.diesel(&["migration", "run"]);
    same(&after, &dump(&folder.database), "run again");
    folder.diesel(&["database", "reset"]);
    // It has added a migration of its own, so the dump is another one.
    folder.write("INSERT INTO customers (name, email) VALUES ('Ada', 'ada@example.org')");
    assert_eq!(folder.count("audit.customers_audit"), 1);
}

#[test]
fn models_of_the_tests() {
    let Some(diesel) = diesel_cli() else { return };
    let folder = Folder::new(diesel, "[lib]\npath = \"tests/models/lib.rs\"\n");
    folder.copy(".", "migrations");
    folder.copy(".", "tests/models");

    folder.diesel(&["migration", "list"]);
    let before = dump(&folder.database);
    folder.diesel(&["migration", "run"]);
    folder.is_current();
    let after = dump(&folder.database);
    folder.write("INSERT INTO users (email) VALUES ('ada@example.org')");
    assert_eq!(folder.count("audit.users_audit"), 1);
    let printed = folder.diesel(&["print-schema"]);
    assert!(!printed.contains("audit"), "{printed}");

    folder.diesel(&["migration", "redo", "--all"]);
    folder.diesel(&["migration", "revert", "--all"]);
    same(&before, &dump(&folder.database), "revert");
    folder.diesel(&["migration", "run"]);
    same(&after, &dump(&folder.database), "run again");
}

#[test]
fn from_nothing() {
    let Some(diesel) = diesel_cli() else { return };
    from_nothing_to_a_new_column(&Folder::new(diesel, ""), "audit");
}

/// The layout of sqlalchemy-postgresql-audit: print-schema looks there.
#[test]
fn from_nothing_beside_the_source() {
    let Some(diesel) = diesel_cli() else { return };
    let metadata = "[package.metadata.diesel-audit]\nschema = \"public\"\n";
    from_nothing_to_a_new_column(&Folder::new(diesel, metadata), "public");
}

fn from_nothing_to_a_new_column(folder: &Folder, schema: &str) {
    let history = format!("{schema}.users_audit");
    folder.diesel(&["setup"]);
    folder.migration(
        "create_users",
        "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);",
        "DROP TABLE users;",
    );
    folder.diesel(&["migration", "run"]);
    folder.project.write(
        "src/lib.rs",
        "pub mod schema;\n\n\
         #[derive(diesel_audit::Audited)]\n\
         #[diesel(table_name = schema::users)]\n\
         #[audit(session_settings(username: Text))]\n\
         pub struct User {\n    pub id: i64,\n}\n",
    );
    folder.audit(&["generate", "--init-filter"]);
    folder.diesel(&["migration", "run"]);
    folder.is_current();
    folder.shows_no_audit();
    folder.write("INSERT INTO users VALUES (1, 'Ada')");
    assert_eq!(folder.count(&history), 1);

    // The models come first, and Diesel writes the source's change.
    let described = folder.project.read("src/schema.rs");
    let wanted = described.replace(
        "name -> Text,",
        "name -> Text,\n        plan -> Nullable<Text>,",
    );
    assert_ne!(described, wanted);
    folder.project.write("src/schema.rs", &wanted);
    let name = folder.generate(&["add_plan", "--diff-schema"]);
    let own = folder.project.read(&format!("migrations/{name}/up.sql"));
    assert!(!own.contains("audit"), "{own}");
    folder.audit(&["generate", "--amend", &name]);
    folder.diesel(&["migration", "run"]);
    folder.is_current();
    folder.shows_no_audit();
    folder.write("UPDATE users SET plan = 'paid'");
    let plans = format!("{history} WHERE plan = 'paid'");
    assert_eq!((folder.count(&history), folder.count(&plans)), (2, 1));

    folder.diesel(&["migration", "redo"]);
    assert_eq!((folder.count(&history), folder.count(&plans)), (2, 1));
    folder.diesel(&["migration", "revert"]);
    assert_eq!((folder.count(&history), folder.count(&plans)), (2, 1));
    folder.write("UPDATE users SET name = 'Bea'");
    folder.diesel(&["migration", "run"]);
    folder.write("UPDATE users SET plan = 'paid'");
    assert_eq!((folder.count(&history), folder.count(&plans)), (4, 2));

    folder.diesel(&["migration", "redo", "--all"]);
    assert_eq!((folder.count(&history), folder.count(&plans)), (4, 2));
    folder.write("INSERT INTO users VALUES (2, 'Cleo', 'paid')");
    folder.diesel(&["migration", "revert", "--all"]);
    assert_eq!((folder.count(&history), folder.count(&plans)), (5, 3));
    folder.diesel(&["migration", "run"]);
    // As a pipeline asks, which must find nothing to write.
    folder.diesel(&["migration", "run", "--locked-schema"]);
    folder.write("INSERT INTO users VALUES (1, 'Ada', 'free')");
    assert_eq!((folder.count(&history), folder.count(&plans)), (6, 3));
    folder.is_current();
    folder.shows_no_audit();
}

/// Nobody can read a thousand lines of one string: the first that differs will do.
fn same(expected: &str, found: &str, when: &str) {
    let mut pairs = expected.lines().zip(found.lines());
    let pair = pairs.find(|(expected, found)| expected != found);
    assert!(expected == found, "{when}: {pair:?}");
}

/// A text without its layout: rustfmt may be there or not.
fn words(text: &str) -> String {
    let text: String = text.split_whitespace().collect();
    text.replace(",)", ")")
}
