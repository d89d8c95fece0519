//! Who plays.

use audit_test_server::Database;

/// Roles belong to the whole server, so they are named after the database.
pub(super) struct Cast {
    database: String,
    pub(super) owner: String,
    pub(super) migrator: String,
    pub(super) application: String,
    pub(super) mallory: String,
}

impl Cast {
    pub(super) fn of(database: &Database) -> Cast {
        let name = |suffix| format!("{}_{suffix}", database.name());
        Cast {
            database: database.name().to_owned(),
            owner: name("owner"),
            migrator: name("migrator"),
            application: name("app"),
            mallory: name("mallory"),
        }
    }

    /// The text with the names of the database and the roles in it.
    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("{database}", &self.database)
            .replace("{owner}", &self.owner)
            .replace("{migrator}", &self.migrator)
            .replace("{app}", &self.application)
            .replace("{mallory}", &self.mallory)
    }
}
