//! One act after the other, each in a session of its own, and what it has called.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use diesel_audit::AuditedTable;
use diesel_audit_tests::hostile;

use super::paths::{DECOYS, EVERYTHING, FUNCTIONS, NOTHING, OPERATORS, Path};
use super::report::Act;
use super::stage::{OURS, Outcome, Stage};

impl Stage {
    /// One act of that role, in a session of its own that meets what the path holds.
    pub(super) fn act(
        &mut self,
        what: &str,
        role: &str,
        act: impl Fn(&mut PgConnection) -> Outcome<()>,
    ) -> Outcome<()> {
        self.act_at(what, role, role, |url, prepare| {
            let mut conn = PgConnection::establish(url)?;
            conn.batch_execute(prepare)?;
            act(&mut conn)
        })
    }

    /// The same where the schema of `user` is the hostile one, and with sessions that the
    /// act opens itself: it gets the URL, and what to run first in each.
    pub(super) fn act_at(
        &mut self,
        what: &str,
        role: &str,
        user: &str,
        act: impl Fn(&str, &str) -> Outcome<()>,
    ) -> Outcome<()> {
        let url = self.url(role)?;
        let prepare = self.shadows()?;
        self.conn.batch_execute(&self.path.arrange(user))?;
        hostile::forget(&mut self.conn)?;
        let failed = act(&url, &prepare).err().map(|error| error.to_string());
        hostile::wait_for_others(&mut self.conn)?;
        let calls = hostile::calls(&mut self.conn)?;
        self.conn.batch_execute(&self.path.put_back(user))?;
        let is_failed = failed.is_some();
        self.report.add(Act {
            what: what.to_owned(),
            role: self.role(role).to_owned(),
            path: self.path,
            calls,
            failed,
        });
        if is_failed && self.path != Path::Clean {
            // What comes next needs it done.
            let path = std::mem::replace(&mut self.path, Path::Clean);
            self.take(Path::Clean)?;
            // Where it fails again, so does what comes next, and says so.
            let _ = act(&url, NOTHING);
            self.take(path)?;
            hostile::wait_for_others(&mut self.conn)?;
        }
        Ok(())
    }

    /// Counts what was made of something hostile as calls: it will be.
    pub(super) fn look_for_bound(&mut self, role: &str) -> Outcome<()> {
        let hostile = [OPERATORS, FUNCTIONS, EVERYTHING, DECOYS];
        let calls = hostile::bound(&mut self.conn, &OURS, &hostile)?;
        self.report.add(Act {
            what: "what is installed".to_owned(),
            role: self.role(role).to_owned(),
            path: self.path,
            calls,
            failed: None,
        });
        Ok(())
    }

    /// Makes tables and functions of the names of ours where the path meets them, and tells what a session has to
    /// make by itself.
    fn shadows(&mut self) -> Outcome<String> {
        if !matches!(self.path, Path::First | Path::Last | Path::Temporary) {
            return Ok(NOTHING.to_owned());
        }
        let ours: Vec<String> = sql::<Array<Text>>(&format!(
            "SELECT coalesce(array_agg(format('%I.%I', nspname, relname) ORDER BY 1), '{{}}') FROM pg_class
             JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = ANY ('{{{}}}') AND relkind IN ('r', 'p')",
            OURS.join(",")
        ))
        .get_result(&mut self.conn)?;
        if self.path == Path::Temporary {
            let types = hostile::shadows(&mut self.conn, "pg_temp")?;
            return Ok(types + &hostile::decoys(&mut self.conn, "pg_temp", &ours)?);
        }
        let decoys = format!(
            "DROP SCHEMA IF EXISTS {DECOYS} CASCADE; CREATE SCHEMA {DECOYS}; GRANT USAGE ON SCHEMA {DECOYS} TO PUBLIC; {}{}",
            hostile::decoys(&mut self.conn, DECOYS, &ours)?,
            hostile::decoy_functions(&mut self.conn, DECOYS, &OURS)?,
        );
        if decoys != self.decoys {
            self.conn.batch_execute(&decoys)?;
            self.decoys = decoys;
        }
        Ok(NOTHING.to_owned())
    }

    /// Whose rights the function that records a table has.
    pub(super) fn function_owner(&mut self, table: &AuditedTable) -> Outcome<String> {
        let owner = sql::<Text>(&format!(
            "SELECT coalesce((SELECT proowner::regrole::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
                 WHERE tgrelid = '{}'::regclass AND NOT tgisinternal LIMIT 1), session_user)",
            table.source
        ));
        Ok(owner.get_result(&mut self.conn)?)
    }

    /// Whether what is hostile depends on the user.
    pub(super) fn by_user(&self) -> bool {
        self.path == Path::Default
    }
}
