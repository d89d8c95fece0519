//! What the script finds at its end, and undoes everything for.

use diesel::connection::SimpleConnection;

use super::shop;
use crate::support::{Role, run};

#[test]
fn an_application_that_gets_past_the_audit_is_named() {
    let Some(mut shop) = shop() else { return };
    let other = Role::create(&shop.database, "other");
    let before = shop.rights();
    let cases: [(&str, &str); 18] = [
        ("ALTER ROLE {app} SUPERUSER", "{app} is a superuser"),
        ("ALTER ROLE {app} CREATEROLE", "{app} has CREATEROLE"),
        ("ALTER ROLE {app} REPLICATION", "{app} has REPLICATION"),
        (
            "CREATE ROLE {owner}; GRANT {owner} TO {app}",
            "it is a member of {owner}",
        ),
        (
            "CREATE ROLE {migrator}; GRANT {migrator} TO {other}; GRANT {other} TO {app}",
            "it is a member of {migrator}",
        ),
        (
            "GRANT pg_write_server_files TO {app}",
            "it is a member of pg_write_server_files",
        ),
        (
            "CREATE ROLE {owner} SUPERUSER",
            "the owner of the audit is a superuser",
        ),
        (
            "ALTER DATABASE {database} OWNER TO {app}",
            "{app} owns the database {database}",
        ),
        (
            "ALTER SCHEMA public OWNER TO {other}; GRANT {other} TO {app}",
            "{other} owns the schema public",
        ),
        (
            "GRANT CREATE ON SCHEMA audit TO {other}; GRANT {other} TO {app}",
            "{other} has CREATE on the schema audit",
        ),
        (
            "GRANT INSERT ON audit.item_audit TO {other}; GRANT {other} TO {app}",
            "{other} has INSERT on the table audit.item_audit",
        ),
        (
            "GRANT UPDATE (audit_username) ON audit.item_audit TO {other}; GRANT {other} TO {app}",
            "{other} has UPDATE on the table audit.item_audit",
        ),
        (
            "GRANT SELECT ON audit.item_audit TO {other}; GRANT {other} TO {app}",
            "{other} has SELECT on the table audit.item_audit",
        ),
        (
            "GRANT pg_write_all_data TO {app}",
            "pg_write_all_data has DELETE on the table audit.item_audit",
        ),
        (
            "GRANT TRUNCATE ON public.item TO {other}; GRANT {other} TO {app}",
            "{other} has TRUNCATE on the table public.item",
        ),
        (
            "GRANT TRIGGER ON public.item TO {other}; GRANT {other} TO {app}",
            "{other} has TRIGGER on the table public.item",
        ),
        (
            "GRANT EXECUTE ON FUNCTION audit.item_audit_insert() TO {other}; GRANT {other} TO {app}",
            "{other} may execute audit.item_audit_insert()",
        ),
        (
            "GRANT UPDATE ON SEQUENCE diesel_audit.audit_id TO {other}; GRANT {other} TO {app}; ALTER ROLE {app} NOINHERIT",
            "{other} has UPDATE on the sequence diesel_audit.audit_id",
        ),
    ];
    for (set_up, expected) in cases {
        let fill = |text: &str| {
            text.replace("{app}", shop.application.name())
                .replace("{owner}", shop.owner.name())
                .replace("{migrator}", shop.migrator.name())
                .replace("{other}", other.name())
                .replace("{database}", shop.database.name())
        };
        let (set_up, expected) = (fill(set_up), fill(expected));
        let script = shop.script(&[&shop.table], false);
        // In the transaction of the script, so that each case ends with it.
        let error = shop
            .conn
            .batch_execute(&format!("BEGIN; {set_up}; {script}"))
            .expect_err(&set_up);
        let diesel::result::Error::DatabaseError(_, told) = &error else {
            panic!("{error}");
        };
        assert!(
            told.message().contains("could still get past"),
            "{set_up}: {error}"
        );
        let detail = told.details().unwrap_or_default();
        assert!(detail.contains(&expected), "{set_up}: {detail}");
        run(&mut shop.conn, "ROLLBACK");
        assert_eq!(shop.rights(), before, "{set_up}");
    }
    // And nothing else is.
    shop.protect();
}
