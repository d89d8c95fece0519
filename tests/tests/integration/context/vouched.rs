//! A value counts only if the scope that is open has given it, wherever else it
//! is from. Here on r2d2; bb8 and deadpool do the same in `async_pools`.

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditCustomizer, AuditError};
use diesel_audit_model::{AuditedTable, PgType, Policy, Setting, Unaudited};

use super::{audited, one, pool_of_one, who};
use crate::support::{describe, install, may_make_roles, public, run, setting};

/// To a table that requires a user, and has a setting that no scope ever gives.
pub(super) const WRITE: &str = "INSERT INTO item VALUES ('x')";
/// To one whose settings are all optional.
pub(super) const JOB: &str = "INSERT INTO job VALUES ('x')";
/// To one that forbids writes without a context besides.
pub(super) const STRICT: &str = "INSERT INTO strict VALUES ('x')";

/// What is done to the session on a checkout, whether the context is lost by it,
/// and whether the connection is of use afterwards.
pub(super) const DONE: [(&str, bool, bool); 9] = [
    (
        "SET audit.elsewhere = '22222222-2222-2222-2222-222222222222'",
        false,
        true,
    ),
    ("SET audit.elsewhere = 'no uuid'", false, true),
    ("SET SESSION audit.unaudited = 'nobody asked'", false, true),
    (
        "SET audit.context = '1 session <username:text><elsewhere:uuid>'",
        true,
        true,
    ),
    ("RESET ALL", true, true),
    ("RESET audit.context", true, true),
    ("DEALLOCATE ALL", false, false),
    ("DISCARD ALL", true, false),
    ("DEALLOCATE ALL; RESET ALL", true, false),
];

/// Who is recorded in each of the tables, in order.
pub(super) const RECORDED: &str = "SELECT coalesce(string_agg(who, ', ' ORDER BY at), '') FROM (
    SELECT audit_operation_timestamp, concat_ws(' ', 'item', audit_username, audit_elsewhere) FROM audit.item_audit
    UNION ALL SELECT audit_operation_timestamp, concat_ws(' ', 'job', audit_username, audit_unaudited) FROM audit.job_audit
    UNION ALL SELECT audit_operation_timestamp, concat_ws(' ', 'strict', audit_username) FROM audit.strict_audit
) AS rows (at, who)";

pub(super) fn database() -> Database {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    let text = |name, required| setting(name, PgType::builtin("text"), required);
    let mut audit = |name: &'static str, settings: Vec<Setting>, unaudited| {
        run(conn, &format!("CREATE TABLE {name} (v text)"));
        let table = AuditedTable {
            settings,
            policy: Policy {
                unaudited,
                ..Policy::DEFAULT
            },
            ..describe(conn, public(name))
        };
        install(conn, &table);
    };
    let elsewhere = setting("elsewhere", PgType::builtin("uuid"), false);
    audit(
        "item",
        vec![text("username", true), elsewhere],
        Unaudited::Allow,
    );
    audit(
        "job",
        vec![text("username", false), text("unaudited", false)],
        Unaudited::Allow,
    );
    audit("strict", vec![text("username", false)], Unaudited::Forbid);
    database
}

/// The address of connections that come with a user and with more.
pub(super) fn with_options(database: &Database) -> String {
    let options = "-c audit.username=nobody -c audit.unaudited=nobody \
                   -c audit.elsewhere=11111111-1111-1111-1111-111111111111";
    let options = options.replace(' ', "%20").replace('=', "%3D");
    let url = database.url();
    let separator = if url.contains('?') { "&" } else { "?" };
    format!("{url}{separator}options={options}")
}

/// Gives the database's sessions the same, where that is allowed.
pub(super) fn give_defaults(database: &Database) -> bool {
    let conn = &mut database.connect();
    if !may_make_roles(conn) {
        return false;
    }
    let defaults = [
        ("username", "nobody"),
        ("unaudited", "nobody"),
        ("elsewhere", "11111111-1111-1111-1111-111111111111"),
    ];
    for (name, value) in defaults {
        let database = database.name();
        run(
            conn,
            &format!("ALTER DATABASE {database} SET audit.{name} = '{value}'"),
        );
    }
    true
}

fn write(conn: &mut PgConnection, statement: &str) -> Result<(), AuditError> {
    diesel::sql_query(statement).execute(conn)?;
    Ok(())
}

fn recorded(database: &Database) -> String {
    one(&mut database.connect(), RECORDED)
}

/// A required setting has no value, or one that nobody vouches for.
#[track_caller]
pub(super) fn refused(written: Result<(), AuditError>) {
    assert!(
        matches!(
            written,
            Err(AuditError::SettingMissing(_) | AuditError::ContextStale(_))
        ),
        "{written:?}"
    );
}

#[track_caller]
pub(super) fn missing(written: Result<(), AuditError>) {
    assert!(
        matches!(written, Err(AuditError::SettingMissing(_))),
        "{written:?}"
    );
}

#[test]
fn what_a_checkout_does_to_its_session_ends_with_it() {
    for (done, is_lost, is_of_use) in DONE {
        let database = database();
        let pool = pool_of_one(&database, AuditCustomizer::new());
        let ended = {
            let conn = &mut pool.get_audited(&who("ada", None)).unwrap();
            let pid = one(conn, "SELECT pg_backend_pid()::text");
            write(conn, WRITE).unwrap();
            conn.batch_execute(done).unwrap();
            write(conn, JOB).unwrap();
            if is_lost {
                refused(write(conn, WRITE));
                missing(write(conn, STRICT));
            } else {
                write(conn, STRICT).unwrap();
            }
            pid
        };
        for user in ["ben", "cleo"] {
            let conn = &mut pool.get_audited(&who(user, None)).unwrap();
            for statement in [WRITE, JOB, STRICT] {
                write(conn, statement).unwrap();
            }
            let pid = one(conn, "SELECT pg_backend_pid()::text");
            assert_eq!(pid == ended, is_of_use, "{done}");
        }
        let conn = &mut pool.get_unaudited("why").unwrap();
        missing(write(conn, WRITE));
        missing(write(conn, STRICT));
        write(conn, JOB).unwrap();
        let own = if is_lost {
            "item ada, job"
        } else {
            "item ada, job ada, strict ada"
        };
        assert_eq!(
            recorded(&database),
            format!(
                "{own}, item ben, job ben, strict ben, item cleo, job cleo, strict cleo, job why"
            ),
            "{done}"
        );
    }
}

/// Neither by a context, nor by a checkout without one.
#[test]
fn what_comes_with_a_connection_belongs_to_no_scope() {
    let database = database();
    comes_with_a_connection(&database, &with_options(&database));
}

#[test]
fn a_default_of_the_database_belongs_to_no_scope() {
    let database = database();
    if give_defaults(&database) {
        comes_with_a_connection(&database, database.url());
    }
}

fn comes_with_a_connection(database: &Database, url: &str) {
    let conn = &mut PgConnection::establish(url).unwrap();
    let given = "SELECT current_setting('audit.username') || current_setting('audit.elsewhere')";
    assert!(one(conn, given).starts_with("nobody1111"));
    for statement in [WRITE, JOB, STRICT] {
        audited(conn, &who("ada", None), |conn| {
            diesel::sql_query(statement).execute(conn).map(drop)
        });
    }
    let stale = write(conn, WRITE);
    assert!(
        matches!(stale, Err(AuditError::ContextStale(_))),
        "{stale:?}"
    );
    write(conn, JOB).unwrap();
    missing(write(conn, STRICT));

    let pool = AuditCustomizer::new()
        .wrap(diesel::r2d2::Pool::builder().max_size(1), url)
        .unwrap();
    {
        let conn = &mut pool.get_audited(&who("ben", None)).unwrap();
        for statement in [WRITE, JOB, STRICT] {
            write(conn, statement).unwrap();
        }
        // A scope that names less than the checkout.
        conn.audited(&diesel_audit::AuditContext::new(), |conn| write(conn, JOB))
            .unwrap();
    }
    let conn = &mut pool.get_unaudited("a job").unwrap();
    refused(write(conn, WRITE));
    missing(write(conn, STRICT));
    write(conn, JOB).unwrap();
    assert_eq!(
        recorded(database),
        "item ada, job ada, strict ada, job, item ben, job ben, strict ben, job, job a job"
    );
}

/// The transaction of the scope is over, and the checkout is not.
#[test]
fn a_commit_within_a_scope_leaves_the_context_of_the_checkout() {
    let database = database();
    let pool = pool_of_one(&database, AuditCustomizer::new());
    let conn = &mut pool.get_audited(&who("ada", None)).unwrap();
    conn.audited(&who("ben", None), |conn| {
        write(conn, WRITE)?;
        conn.batch_execute("COMMIT AND CHAIN")?;
        write(conn, WRITE)
    })
    .unwrap();
    assert_eq!(recorded(&database), "item ben, item ada");
}

/// The constant is one of this connection, or none: the marker of the session
/// says so.
#[test]
fn a_constant_that_the_pool_has_not_given_is_none() {
    let database = database();
    let customizer = || AuditCustomizer::new().constant("username", "shop").unwrap();
    let url = with_options(&database).replace("audit.username", "audit.constant.username");
    let nothing = diesel_audit::AuditContext::new();
    let conn = &mut PgConnection::establish(&url).unwrap();
    let _another_pools = customizer();
    conn.audited(&nothing, |conn| write(conn, JOB)).unwrap();

    let pool = customizer()
        .wrap(diesel::r2d2::Pool::builder().max_size(1), url)
        .unwrap();
    let conn = &mut pool.get_audited(&nothing).unwrap();
    conn.audited(&nothing, |conn| write(conn, WRITE)).unwrap();
    conn.batch_execute("RESET ALL").unwrap();
    refused(conn.audited(&nothing, |conn| write(conn, WRITE)));
    assert_eq!(recorded(&database), "job, item shop");
}
