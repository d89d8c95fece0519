//! What a role may do to a context and to what is recorded.

use diesel::prelude::*;

use crate::support::{
    ALICE, Role, attempt, count, may_make_roles, operations, run, run_as_alice, texts,
};
use crate::trigger::items;

/// P1, P2. Every role can set every setting, whatever is granted: a user's name
/// is the application's claim, and the role beside it is PostgreSQL's word.
#[test]
fn a_name_is_a_claim_and_the_role_is_a_fact() {
    let mut items = items();
    if !may_make_roles(&mut items.conn) {
        return;
    }
    let role = Role::create(&items.database, "mallory");
    let name = role.name();
    run(
        &mut items.conn,
        &format!("GRANT ALL ON item TO {name}; REVOKE SET ON PARAMETER audit.username FROM PUBLIC"),
    );
    let ceo = "SELECT set_config('audit.username', 'ceo', true), \
         set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true)";
    let mut mallory = role.connect();
    assert_eq!(
        attempt(&mut mallory, ceo, "INSERT INTO item VALUES (1)"),
        Ok(())
    );
    let recorded = texts(
        &mut items.conn,
        "SELECT concat_ws(' ', audit_username, audit_session_user, audit_current_user) FROM audit.item_audit",
    );
    assert_eq!(recorded, [Some(format!("ceo {name} {name}"))]);
}

/// S20, S21, S22. Row security of the audit table is its owner's to make: the
/// trigger writes as that owner, and a rule that would keep its rows out
/// refuses the write.
#[test]
fn row_security_on_the_history() {
    let mut items = items();
    if !may_make_roles(&mut items.conn) {
        return;
    }
    let owner = Role::create(&items.database, "owner");
    let reader = Role::create(&items.database, "reader");
    let (owner, name) = (owner.name(), reader.name());
    let conn = &mut items.conn;
    // A superuser passes every policy.
    run(
        conn,
        &format!(
            "GRANT USAGE ON SCHEMA audit TO {owner}, {name}; ALTER TABLE audit.item_audit OWNER TO {owner};
             ALTER FUNCTION audit.item_audit_insert() OWNER TO {owner};
             GRANT USAGE ON SCHEMA diesel_audit TO {owner}; GRANT ALL ON ALL FUNCTIONS IN SCHEMA diesel_audit TO {owner};
             GRANT USAGE ON SEQUENCE diesel_audit.audit_id TO {owner};
             GRANT SELECT ON audit.item_audit TO {name}"
        ),
    );
    let mut reader = reader.connect();
    let mut seen = |conn: &mut PgConnection, change: &str| {
        run(conn, change);
        let written = attempt(
            conn,
            ALICE,
            "INSERT INTO item SELECT coalesce(max(id), 0) + 1 FROM item",
        );
        let written = written.map_err(|refused| refused.sqlstate);
        (
            written,
            count(&mut reader, "SELECT count(*) FROM audit.item_audit"),
        )
    };
    let refused = Err("42501".to_owned());
    assert_eq!(seen(conn, "SELECT"), (Ok(()), 1));
    let enable = "ALTER TABLE audit.item_audit ENABLE ROW LEVEL SECURITY";
    assert_eq!(
        seen(conn, enable),
        (Ok(()), 0),
        "nobody but the owner reads"
    );
    let force = "ALTER TABLE audit.item_audit FORCE ROW LEVEL SECURITY";
    assert_eq!(
        seen(conn, force),
        (refused, 0),
        "nothing is written unrecorded"
    );
    let policy =
        format!("CREATE POLICY record ON audit.item_audit FOR INSERT TO {owner} WITH CHECK (true)");
    assert_eq!(seen(conn, &policy), (Ok(()), 0));
    let policy =
        format!("CREATE POLICY tenant ON audit.item_audit FOR SELECT TO {name} USING (id = 1)");
    assert_eq!(seen(conn, &policy), (Ok(()), 1));
    assert_eq!(operations(conn, &items.table), "IIII");
}

/// S15, S23 apart, an owner's own rows are the owner's: nothing but
/// `append_only` and the grants stand in the way.
#[test]
fn a_sequence_that_is_set_back_refuses_and_loses_nothing() {
    let mut items = items();
    let conn = &mut items.conn;
    run_as_alice(conn, "INSERT INTO item VALUES (1), (2)");
    run(conn, "ALTER SEQUENCE diesel_audit.audit_id RESTART WITH 1");
    let refused = attempt(conn, ALICE, "INSERT INTO item VALUES (3)").expect_err("taken");
    assert_eq!(refused.sqlstate, "23505");
    assert_eq!(count(conn, "SELECT count(*) FROM item"), 2);
    let cache =
        "SELECT seqcache FROM pg_sequence WHERE seqrelid = 'diesel_audit.audit_id'::regclass";
    assert_eq!(count(conn, cache), 1, "two sessions take turns");
}
