//! A database on which a case runs.

use audit_test_server::Database;
use cargo_diesel_audit::lock;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_audit_model::Recording;
use diesel_audit_model::quote::identifier;
use diesel_audit_sql::Installed;
use diesel_audit_sql::core;
use diesel_audit_tests::dump::{assert_same, dump};
use diesel_audit_tests::role::{Role, may_make_roles};
use diesel_audit_tests::seals::{findings, seal_all};

use crate::Generated;

/// The two ways of a migration.
#[derive(Clone, Default)]
pub(crate) struct Script {
    pub(crate) up: String,
    pub(crate) down: String,
}

impl Script {
    pub(crate) fn is_some(&self) -> bool {
        !self.up.is_empty()
    }
}

pub(crate) struct Server {
    conn: PgConnection,
    /// The owner of the tables, where the tests may make one: migrations need
    /// no superuser.
    _owner: Option<Role>,
    database: Database,
    /// Whether source and audit change in one transaction.
    together: bool,
}

/// Who writes, and with which settings.
const CONTEXT: &str = "SELECT set_config('audit.username', 'alice', true), set_config('audit.tenant', '7', true), \
     set_config('audit.request_id', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', true), \
     set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text><tenant:text><request_id:text>', true);";

impl Server {
    pub(crate) fn new(together: bool) -> Server {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        let owner = (!together && may_make_roles(&mut conn)).then(|| {
            let owner = Role::create(&database, "owner");
            let grant = format!(
                "GRANT CREATE ON DATABASE {} TO {1}; GRANT CREATE ON SCHEMA public TO {1}",
                database.name(),
                owner.name()
            );
            conn.batch_execute(&grant).expect("the rights of an owner");
            owner
        });
        let mut server = Server {
            conn: owner.as_ref().map_or(conn, Role::connect),
            _owner: owner,
            database,
            together,
        };
        server.run(core::INSTALL);
        server
    }

    /// Runs statements in one transaction, as Diesel runs a migration.
    pub(crate) fn run(&mut self, sql: &str) {
        if sql.trim().is_empty() {
            return;
        }
        self.conn
            .transaction(|conn| conn.batch_execute(sql))
            .unwrap_or_else(|error: diesel::result::Error| {
                panic!("together: {}, {error}, by:\n{sql}", self.together)
            });
    }

    pub(crate) fn write(&mut self, sql: &str) {
        self.run(&format!("{CONTEXT}\n{sql}"));
    }

    pub(crate) fn forth(&mut self, generated: &Generated) {
        if self.together {
            self.run(&generated.together.up);
        } else {
            self.run(&generated.own.up);
            self.run(&generated.audit.up);
        }
    }

    pub(crate) fn back(&mut self, generated: &Generated) {
        if self.together {
            self.run(&generated.together.down);
        } else {
            self.run(&generated.audit.down);
            self.run(&generated.own.down);
        }
    }

    /// Forth and back with rows of before; forth, write, back, write, forth.
    pub(crate) fn evolve(
        &mut self,
        last: &Generated,
        before: &str,
        after: &str,
        keeps_history: bool,
    ) {
        let old = installed(&last.lock_before);
        self.seal(&old);
        let start = dump(&self.database);
        let new = installed(&last.lock);
        let mut recorded = self.recorded();
        self.forth(last);
        let end = dump(&self.database);
        self.back(last);
        assert_same(&start, &dump(&self.database), "forth and back");
        if keeps_history {
            self.keeps(&mut recorded, "forth and back");
        }
        if !old.is_empty() {
            self.write_and_find(before, &old);
            recorded = self.recorded();
        }

        self.forth(last);
        assert_same(&end, &dump(&self.database), "forth again");
        if keeps_history {
            self.keeps(&mut recorded, "forth");
        }
        self.write_and_find(after, &new);
        recorded = self.recorded();
        self.back(last);
        self.keeps(&mut recorded, "back");
        self.write_and_find(before, &old);
        recorded = self.recorded();
        self.forth(last);
        if keeps_history {
            self.keeps(&mut recorded, "forth at last");
        }
        self.write_and_find(after, &new);
    }

    /// The values in all audit tables, also of audits that have ended.
    fn recorded(&mut self) -> i64 {
        let tables: Vec<String> = sql::<Text>(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')
             AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'audit_operation')",
        )
        .load(&mut self.conn)
        .expect("the audit tables");
        let mut sum = 0;
        for table in tables {
            let query = format!(
                "SELECT coalesce(sum((SELECT count(*) FROM jsonb_each_text(to_jsonb(h)) WHERE value IS NOT NULL)), 0)::bigint FROM {table} AS h"
            );
            sum += sql::<BigInt>(query.as_str())
                .get_result::<i64>(&mut self.conn)
                .unwrap_or_else(|error| panic!("{error}, by: {query}"));
        }
        sum
    }

    fn keeps(&mut self, recorded: &mut i64, when: &str) {
        let now = self.recorded();
        assert!(
            now >= *recorded,
            "together: {}, history was lost on the way {when}: {recorded} values, now {now}",
            self.together
        );
        *recorded = now;
    }

    /// Writes, and looks for every row of every audited table in its history.
    fn write_and_find(&mut self, statements: &str, installed: &[Installed]) {
        let rows = |server: &mut Server| -> i64 {
            installed
                .iter()
                .map(|i| server.count(&format!("SELECT count(*) FROM {}", i.table.audit)))
                .sum()
        };
        let before = rows(self);
        self.write(statements);
        if installed.is_empty() {
            return;
        }
        assert!(
            rows(self) > before,
            "together: {}, nothing was recorded",
            self.together
        );
        self.seal(installed);
        for Installed { table, .. } in installed {
            if !table.policy.operations.insert || !table.policy.operations.update {
                continue;
            }
            let list = |names: Vec<String>| names.join(", ");
            let columns = list(
                table
                    .recorded_columns()
                    .filter(|column| column.recording == Recording::Value)
                    .map(|column| identifier(&column.name))
                    .collect(),
            );
            let key = list(
                table
                    .primary_key
                    .iter()
                    .map(|key| identifier(key))
                    .collect(),
            );
            // The statements change every row, so their transaction has all that are there.
            let query = format!(
                "WITH latest AS (
                     SELECT DISTINCT ON ({key}) * FROM {audit}
                     WHERE audit_transaction_id = (SELECT max(audit_transaction_id) FROM {audit})
                     ORDER BY {key}, audit_id DESC
                 ), history AS (
                     SELECT ROW({columns})::text AS row FROM latest WHERE audit_operation <> 'D'
                 ), present AS (SELECT ROW({columns})::text AS row FROM {source})
                 SELECT count(*) FROM (
                     (SELECT row FROM history EXCEPT ALL SELECT row FROM present)
                     UNION ALL (SELECT row FROM present EXCEPT ALL SELECT row FROM history)
                 ) AS differing",
                audit = table.audit,
                source = table.source,
            );
            assert_eq!(
                self.count(&query),
                0,
                "together: {}, rows of {} are not what was recorded",
                self.together,
                table.source
            );
        }
    }

    /// Seals what there is, and finds all that is sealed as it was.
    fn seal(&mut self, installed: &[Installed]) {
        for Installed { table, .. } in installed.iter().filter(|i| i.table.policy.seals) {
            seal_all(&mut self.conn, table);
            let found = findings(&mut self.conn, table, &[]);
            assert!(found.is_empty(), "together: {}, {found:?}", self.together);
        }
    }

    fn count(&mut self, query: &str) -> i64 {
        sql::<BigInt>(query)
            .get_result(&mut self.conn)
            .unwrap_or_else(|error| panic!("together: {}, {error}, by: {query}", self.together))
    }
}

fn installed(text: &str) -> Vec<Installed> {
    if text.is_empty() {
        return Vec::new();
    }
    let lock = lock::parse(text).unwrap_or_else(|problem| panic!("{problem}, in:\n{text}"));
    lock.installed
}
