//! What a case needs that not every server has.

use diesel::prelude::*;

use crate::support::{has_extension, major_version, run};

/// A thing that an older server, or one that was built without it, lacks.
#[derive(Clone, Copy)]
pub(crate) enum Need {
    /// This version of PostgreSQL or a later one.
    Version(i64),
    Extension(&'static str),
    /// A server that was built with libxml: any other has the type, and no
    /// value of it.
    Xml,
    /// A server that was built with ICU.
    Icu,
}

impl Need {
    /// What is missing, in words; an extension that can be had is made.
    pub(crate) fn missing(self, conn: &mut PgConnection) -> Option<String> {
        let (there, missing) = match self {
            Need::Version(wanted) => {
                let found = major_version(conn);
                let missing = format!("the server is PostgreSQL {found}, older than {wanted}");
                (found >= wanted, missing)
            }
            Need::Extension(name) => (
                make_extension(conn, name),
                format!("the server has no extension {name}"),
            ),
            Need::Xml => (has_xml(conn), "the server knows no XML".to_owned()),
            Need::Icu => (has_icu(conn), "the server has no ICU".to_owned()),
        };
        (!there).then_some(missing)
    }
}

fn make_extension(conn: &mut PgConnection, name: &str) -> bool {
    let available = has_extension(conn, name);
    if available {
        run(conn, &format!("CREATE EXTENSION IF NOT EXISTS {name}"));
    }
    available
}

/// Any other error than this one is a fault, which the case then shows.
fn has_xml(conn: &mut PgConnection) -> bool {
    let seen = diesel::sql_query("SELECT '<a/>'::xml").execute(conn);
    !seen.is_err_and(|error| error.to_string().contains("unsupported XML feature"))
}

/// The catalog names collations of ICU also where it is missing.
fn has_icu(conn: &mut PgConnection) -> bool {
    let made = "CREATE COLLATION pg_temp.seen (provider = icu, locale = 'und')";
    let seen = diesel::sql_query(made).execute(conn);
    !seen.is_err_and(|error| error.to_string().contains("ICU is not supported"))
}
