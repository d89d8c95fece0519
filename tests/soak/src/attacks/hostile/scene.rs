//! Everything of ours that runs on a server, from the first migration to the last.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{AuditContext, BaselineOptions, Step, baseline, install, uninstall};
use diesel_audit_sql::core;

use super::changes::{Model, tables};
use super::report::Act;
use super::stage::{Outcome, Stage};

/// Who owns the tables and their audit, and sends what changes them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Actor {
    Superuser,
    /// With roles by the script: the audit belongs to the owner then.
    Migrator,
    Owner,
}

impl Stage {
    pub(super) fn play(&mut self, actor: Actor, models: &[Model]) -> Outcome<()> {
        let role = self.actor(actor);
        let application = self.roles.application.clone();
        self.reset(&role)?;
        self.migrations(&role, models)?;
        self.look_for_bound(&role)?;
        if actor == Actor::Migrator {
            self.roles_script(models)?;
        }
        for model in models {
            let table = &model.table;
            self.act(&format!("baseline: {}", model.name), &role, |conn| {
                let context = AuditContext::new().set("username", "baseline")?;
                let options = BaselineOptions::new().context(&context)?;
                baseline(conn, table, options)?.finish()?;
                Ok(())
            })?;
            for role in [&application, &role] {
                self.writes(model, &table.source.name, role)?;
            }
        }
        for role in [&application, &role] {
            self.scopes(role)?;
        }
        self.looks(&role, models)?;
        self.tasks(&role, models)?;
        for model in models {
            self.change(&role, model)?;
        }
        if actor == Actor::Migrator {
            let owner = self.roles.owner.clone();
            self.looks(&owner, models)?;
        }
        self.ends(&role, models)
    }

    /// The rest of a scene that cannot go on counts as a failure.
    pub(super) fn give_up(&mut self, actor: Actor, error: &dyn std::error::Error) {
        self.report.add(Act {
            what: "the rest of a scene".to_owned(),
            role: self.role(&self.actor(actor)).to_owned(),
            path: self.path,
            calls: Vec::new(),
            failed: Some(error.to_string()),
        });
    }

    fn actor(&self, actor: Actor) -> String {
        match actor {
            Actor::Superuser => self.roles.superuser.clone(),
            Actor::Migrator => self.roles.migrator.clone(),
            Actor::Owner => self.roles.owner.clone(),
        }
    }

    /// Install and uninstall at run time, and the first migration of each.
    fn migrations(&mut self, role: &str, models: &[Model]) -> Outcome<()> {
        let tables = tables(models);
        for what in ["install", "install again"] {
            self.act(what, role, |conn| Ok(install(conn, &tables)?))?;
        }
        self.act("uninstall", role, |conn| Ok(uninstall(conn, &tables)?))?;
        for what in ["down of the core", "up of the core"] {
            let sql = match what {
                "up of the core" => core::INSTALL.to_owned(),
                _ => core::uninstall(),
            };
            self.act(what, role, |conn| run(conn, &[&sql]))?;
        }
        for model in models {
            let up = model.first().up.whole;
            self.act(&format!("up: {}", model.name), role, |conn| {
                run(conn, &[&up])
            })?;
        }
        Ok(())
    }

    /// Forth and back, by a migration of its own or by one with the application's
    /// statements, and with writes in between.
    fn change(&mut self, role: &str, model: &Model) -> Outcome<()> {
        let second = model.second();
        let [up, down] = &model.own;
        let application = self.roles.application.clone();
        let what = format!("up: change of {}", model.name);
        let parts = [&*second.up.before, up, &*second.up.after];
        self.act(&what, role, |conn| run(conn, &parts))?;
        self.look_for_bound(role)?;
        let table = if up.is_empty() { model.name } else { "altered" };
        if up.is_empty() {
            self.writes(model, table, &application)?;
        }
        let what = format!("down: change of {}", model.name);
        self.act(&what, role, |conn| {
            run(conn, &[&second.down.before, down, &second.down.after])
        })?;
        self.writes(model, &model.table.source.name, &application)?;
        if !self.quick {
            // The same apart from each other.
            let apart = format!("up, apart: change of {}", model.name);
            self.act(&apart, role, |conn| {
                run(conn, &[up])?;
                run(conn, &[&second.up.whole])
            })?;
            let apart = format!("down, apart: change of {}", model.name);
            self.act(&apart, role, |conn| {
                run(conn, &[&second.down.whole])?;
                run(conn, &[down])
            })?;
        }
        Ok(())
    }

    /// The audit ends with its history kept, begins again, and ends with it dropped.
    fn ends(&mut self, role: &str, models: &[Model]) -> Outcome<()> {
        for model in models {
            let first = model.first();
            let drop = Step::Drop(model.table.clone()).render();
            for (what, sql) in [
                ("down", &first.down.whole),
                ("up over a history", &first.up.whole),
                ("drop", &drop),
            ] {
                self.act(&format!("{what}: {}", model.name), role, |conn| {
                    run(conn, &[sql])
                })?;
            }
        }
        Ok(())
    }
}

/// As Diesel runs a migration.
fn run(conn: &mut PgConnection, parts: &[&str]) -> Outcome<()> {
    let sql = parts.concat();
    if sql.is_empty() {
        return Ok(());
    }
    conn.transaction(|conn| Ok(conn.batch_execute(&sql)?))
}
