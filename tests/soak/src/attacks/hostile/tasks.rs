//! What looks after an audit: the roles, and the tasks of its owner.

use diesel::connection::SimpleConnection;
use diesel_audit::{AuditedTable, ReconcileOptions, reconcile, seal, verify, verify_seals};
use diesel_audit_sql::LockTimeout;
use diesel_audit_sql::roles;

use super::changes::{Model, tables};
use super::stage::{Outcome, Stage};

impl Stage {
    /// For roles that it makes, and for those that there are.
    pub(super) fn roles_script(&mut self, models: &[Model]) -> Outcome<()> {
        let tables = tables(models);
        let tables: Vec<&AuditedTable> = tables.iter().collect();
        let superuser = self.roles.superuser.clone();
        let new = format!("{superuser}_made");
        let [owner, migrator, application] =
            ["owner", "migrator", "app"].map(|role| format!("{new}_{role}"));
        let making = roles::Roles::new(&owner, &migrator, &application, true)?;
        let script = roles::script(&making, &tables, &LockTimeout::default());
        self.act("roles, made", &superuser, |conn| {
            Ok(conn.batch_execute(&script)?)
        })?;
        let names = &self.roles;
        let real = roles::Roles::new(&names.owner, &names.migrator, &names.application, false)?;
        self.conn.batch_execute(&format!(
            "REASSIGN OWNED BY {owner}, {migrator}, {application} TO {0}; \
             DROP OWNED BY {owner}, {migrator}, {application}; DROP ROLE {owner}, {migrator}, {application}",
            names.migrator
        ))?;
        let script = roles::script(&real, &tables, &LockTimeout::default());
        for what in ["roles", "roles again"] {
            self.act(what, &superuser, |conn| Ok(conn.batch_execute(&script)?))?;
        }
        // The script takes that from the owner, who logs in here to act.
        let login = format!("ALTER ROLE {} LOGIN", self.roles.owner);
        Ok(self.conn.batch_execute(&login)?)
    }

    /// What an owner of the audit does, and needs no right on the tables for.
    pub(super) fn looks(&mut self, role: &str, models: &[Model]) -> Outcome<()> {
        let tables = tables(models);
        self.act("seal", role, |conn| Ok(seal(conn, &tables).map(drop)?))?;
        self.act("verify --seals", role, |conn| {
            let _ = verify_seals(conn, &tables, &[])?;
            Ok(())
        })?;
        self.act("verify", role, |conn| {
            let _ = verify(conn, &tables)?;
            Ok(())
        })
    }

    /// What an owner of both does.
    pub(super) fn tasks(&mut self, role: &str, models: &[Model]) -> Outcome<()> {
        let tables = tables(models);
        for model in models {
            let table = &model.table;
            if table.policy.when.is_some() {
                continue;
            }
            self.act(&format!("reconcile: {}", model.name), role, |conn| {
                reconcile(conn, table, ReconcileOptions::new())?.finish()?;
                Ok(())
            })?;
        }
        self.plant(&tables)?;
        let found = verify(&mut self.conn, &tables)?;
        let repair = found.script(&LockTimeout::default());
        self.act("repairs", role, |conn| Ok(conn.batch_execute(&repair)?))
    }

    /// Faults that have a repair.
    fn plant(&mut self, tables: &[AuditedTable]) -> Outcome<()> {
        for AuditedTable { source, audit, .. } in tables {
            self.conn.batch_execute(&format!(
                "ALTER TABLE {source} DISABLE TRIGGER USER; GRANT SELECT, UPDATE ON {audit} TO PUBLIC; \
                 ALTER TABLE {audit} ADD CONSTRAINT planted CHECK (audit_id IS NOT NULL)"
            ))?;
        }
        Ok(())
    }
}
