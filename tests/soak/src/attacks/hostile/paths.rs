//! Where hostile objects may stand.

/// A path, and what stands on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// Nothing hostile: tells that each act works, and that none counts by itself.
    Clean,
    /// Before pg_catalog, where everything can be taken.
    First,
    /// After pg_catalog.
    Last,
    /// The server's default, with operators in `public` and functions in the schema
    /// of the user: the one who acts, or the owner of a function that runs.
    Default,
    /// The session's own schema, where types and relations are looked up first.
    Temporary,
}

/// Operators by cast, functions by cast, and everything.
pub(super) const OPERATORS: &str = "hostile_operators";
pub(super) const FUNCTIONS: &str = "hostile_functions";
pub(super) const EVERYTHING: &str = "hostile_everything";
/// Tables and functions of the names of ours, made anew when these change.
pub(super) const DECOYS: &str = "hostile_decoys";

/// A statement, since an empty text is an error.
pub(super) const NOTHING: &str = "SELECT";

impl Path {
    pub(super) const ALL: [Path; 5] = [
        Path::Clean,
        Path::First,
        Path::Last,
        Path::Default,
        Path::Temporary,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Path::Clean => "clean",
            Path::First => "first",
            Path::Last => "last",
            Path::Default => "default",
            Path::Temporary => "pg_temp",
        }
    }

    /// What a session has as its `search_path`.
    pub(super) fn setting(self) -> String {
        match self {
            Path::Clean => "pg_catalog".to_owned(),
            Path::First => format!("{DECOYS}, {EVERYTHING}, pg_catalog, public"),
            Path::Last => format!("pg_catalog, {OPERATORS}, {FUNCTIONS}, {DECOYS}"),
            Path::Default | Path::Temporary => "\"$user\", public".to_owned(),
        }
    }

    /// Moves the objects to where this path finds them, for an act in which `user`
    /// is looked for.
    pub(super) fn arrange(self, user: &str) -> String {
        match self {
            Path::Default => format!(
                "ALTER SCHEMA public RENAME TO public_of_before; \
                 ALTER SCHEMA {OPERATORS} RENAME TO public; \
                 ALTER SCHEMA {FUNCTIONS} RENAME TO {user}"
            ),
            _ => NOTHING.to_owned(),
        }
    }

    /// Takes that back.
    pub(super) fn put_back(self, user: &str) -> String {
        match self {
            Path::Default => format!(
                "ALTER SCHEMA {user} RENAME TO {FUNCTIONS}; \
                 ALTER SCHEMA public RENAME TO {OPERATORS}; \
                 ALTER SCHEMA public_of_before RENAME TO public"
            ),
            _ => NOTHING.to_owned(),
        }
    }
}
