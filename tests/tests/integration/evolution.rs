//! Any change of a model after any other: what was recorded stays, what comes
//! is recorded, and every way back ends where the way forth began.

mod action;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit_model::quote::identifier;
use diesel_audit_model::{Recording, names};
use diesel_audit_sql::core;
use diesel_audit_sql::{
    Declared, Installed, LockTimeout, Options, Script, after, difference, migration,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use diesel_audit_tests::dump::assert_same;
use diesel_audit_tests::seals::{findings, seal_all};

use crate::support::{count, dump, run, start, text, texts};
use action::{Action, State, Undone};

/// Whether source and audit change in one transaction, as after
/// `generate --amend`, or by two migrations.
#[derive(Debug, Clone, Copy)]
enum Order {
    Together,
    Apart,
}

#[test]
fn any_change_after_any_other() {
    let steps = prop::collection::vec((any::<Action>(), any::<bool>()), 1..9);
    let mut config = Config {
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    // Each is some dozens of migrations and dumps.
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 10;
    }
    TestRunner::new(config)
        .run(&steps, |steps| {
            walk(&steps);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

fn walk(steps: &[(Action, bool)]) {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let mut state = State::first();
    run(&mut conn, core::INSTALL);
    run(&mut conn, &state.create());
    let mut installed: Vec<Installed> = Vec::new();
    let mut n = 0;
    // The first change of all is that the table becomes audited.
    let begin = (state.clone(), state.declared(), Undone::default());
    let changes = steps
        .iter()
        .map(|(action, together)| (Some(*action), *together));
    for (action, together) in std::iter::once((None, true)).chain(changes) {
        let change = match action {
            None => Some(begin.clone()),
            Some(action) => state.after(action),
        };
        let Some((next, declared, undone)) = change else {
            continue;
        };
        // PostgreSQL knows the columns of a condition, and refuses their change before it.
        let when = [&state, &next].iter().any(|state| state.when.is_some());
        let order = if together || when {
            Order::Together
        } else {
            Order::Apart
        };
        let seen = (state.clone(), action);
        let changed = Changed {
            before: &state,
            next: &next,
            declared: &declared,
            undone: &undone,
            order,
        };
        changed.check(
            &database,
            &mut conn,
            &mut installed,
            &mut n,
            &format!("{seen:?}"),
        );
        state = next;
    }
}

struct Changed<'a> {
    before: &'a State,
    next: &'a State,
    declared: &'a Declared,
    undone: &'a Undone,
    order: Order,
}

impl Changed<'_> {
    fn check(
        &self,
        database: &audit_test_server::Database,
        conn: &mut PgConnection,
        installed: &mut Vec<Installed>,
        n: &mut i64,
        what: &str,
    ) {
        let declared = std::slice::from_ref(self.declared);
        let steps = difference(installed, declared, &Options::default())
            .unwrap_or_else(|problems| panic!("{what}: {problems}"));
        let migration = migration(&steps, &LockTimeout::default());
        let is_audited = !installed.is_empty();
        let later = after(installed, &steps);
        assert_eq!(
            difference(&later, declared, &Options::default()),
            Ok(Vec::new()),
            "{what}"
        );

        let at_start = audit_part(database);
        self.forth(conn, &migration.up, what);
        let at_end = audit_part(database);
        self.back(conn, &migration.down, what);
        assert_same(
            &at_start,
            &audit_part(database),
            &format!("{what}: forth and back"),
        );
        if is_audited {
            write(conn, self.before, n, what);
            seal(conn, self.before, what);
        }
        let recorded = values(conn, installed);

        self.forth(conn, &migration.up, what);
        assert_same(
            &at_end,
            &audit_part(database),
            &format!("{what}: forth again"),
        );
        assert!(
            values(conn, &later) >= recorded,
            "{what}: history lost on the way forth"
        );
        write(conn, self.next, n, what);
        self.begin_anew(conn);
        seal(conn, self.next, what);
        let recorded = values(conn, &later);

        if is_audited {
            self.back(conn, &migration.down, what);
            assert!(
                values(conn, installed) >= recorded,
                "{what}: history lost on the way back"
            );
            write(conn, self.before, n, what);
            seal(conn, self.before, what);
            let recorded = values(conn, installed);
            self.forth(conn, &migration.up, what);
            assert!(
                values(conn, &later) >= recorded,
                "{what}: history lost at last"
            );
            write(conn, self.next, n, what);
            self.begin_anew(conn);
            seal(conn, self.next, what);
        }
        *installed = later;
    }

    /// Nothing follows the columns in seals that have ended.
    fn begin_anew(&self, conn: &mut PgConnection) {
        let seals = self.next.declared().table.seal_table();
        if let Some(seals) = seals.filter(|_| !self.before.seals) {
            run(conn, &format!("TRUNCATE {seals}"));
        }
    }

    fn forth(&self, conn: &mut PgConnection, script: &Script, what: &str) {
        let user = &self.undone.up;
        match self.order {
            Order::Together => transaction(conn, &[&script.before, user, &script.after], what),
            Order::Apart => {
                transaction(conn, &[user], what);
                transaction(conn, &[&script.whole], what);
            }
        }
    }

    fn back(&self, conn: &mut PgConnection, script: &Script, what: &str) {
        let user = &self.undone.down;
        match self.order {
            Order::Together => transaction(conn, &[&script.before, user, &script.after], what),
            Order::Apart => {
                transaction(conn, &[&script.whole], what);
                transaction(conn, &[user], what);
            }
        }
    }
}

fn transaction(conn: &mut PgConnection, parts: &[&String], what: &str) {
    let sql: String = parts.iter().map(|part| part.as_str()).collect();
    if sql.is_empty() {
        return;
    }
    conn.transaction(|conn| conn.batch_execute(&sql))
        .unwrap_or_else(|error: diesel::result::Error| panic!("{what}: {error}, by:\n{sql}"));
}

/// The dump without the source table, whose columns move when one that was
/// dropped comes back.
fn audit_part(database: &audit_test_server::Database) -> String {
    let dump = dump(database);
    let is_source = |line: &str| {
        line.starts_with("column ")
            && !line.starts_with("column audit.")
            && !line.starts_with("column history.")
    };
    let catalog = dump.lines().filter(|line| !is_source(line));
    let mut inside = false;
    let mut kept = Vec::new();
    for line in catalog {
        if line.starts_with("CREATE TABLE public.") || line.starts_with("CREATE TABLE other.") {
            inside = true;
        }
        if !inside {
            kept.push(line);
        }
        if line == ");" {
            inside = false;
        }
    }
    kept.join("\n")
}

/// Writes a row and changes all rows, and looks for it in the audit table.
fn write(conn: &mut PgConnection, state: &State, n: &mut i64, what: &str) {
    *n += 1;
    let declared = state.declared();
    let table = &declared.table;
    let before = count(conn, &format!("SELECT count(*) FROM {}", table.audit));
    let context = "SELECT set_config('audit.tenant', '7', true), set_config('audit.batch', '8', true), \
         set_config('audit.context', extract(epoch FROM now())::text || ' tx <tenant:text><batch:text>', true)";
    let source = &table.source;
    let statements = format!(
        "BEGIN; {context}; {}; UPDATE {source} SET note = 'n{n}'; DELETE FROM {source} WHERE id = {n} - 3; COMMIT",
        state.insert(*n)
    );
    conn.batch_execute(&statements)
        .unwrap_or_else(|error| panic!("{what}: {error}, by: {}", start(&statements)));
    let recorded_as = |recording| {
        let columns = table.recorded_columns();
        columns.filter(move |column| column.recording == recording)
    };
    let columns: Vec<String> = recorded_as(Recording::Value)
        .map(|column| identifier(&column.name))
        .collect();
    let columns = columns.join(", ");
    for (on, letter) in [
        (table.policy.operations.insert, "I"),
        (table.policy.operations.update, "U"),
    ] {
        let query = format!(
            "SELECT count(*) FROM {} WHERE audit_id > (SELECT coalesce(max(audit_id), 0) - 100 FROM {0}) AND id = {n} AND audit_operation = '{letter}'",
            table.audit
        );
        assert_eq!(count(conn, &query) > 0, on, "{what}: {letter}");
    }
    if table.policy.operations.update {
        let differing = texts(
            conn,
            &format!(
                "SELECT s::text FROM (SELECT {columns} FROM {source} WHERE id = {n}) AS s
                 EXCEPT SELECT h::text FROM (
                     SELECT {columns} FROM {} WHERE id = {n} ORDER BY audit_id DESC LIMIT 1
                 ) AS h",
                table.audit
            ),
        );
        assert_eq!(differing, [], "{what}: the row is not what was recorded");
    }
    for column in recorded_as(Recording::OnChange) {
        let flag = identifier(&names::changed_column(&column.name));
        let column = identifier(&column.name);
        let query = format!(
            "SELECT count(*) FROM {source} WHERE id = {n} AND ROW({column})::record *= (
                 SELECT ROW({column})::record FROM {} WHERE id = {n} AND {flag} ORDER BY audit_id DESC LIMIT 1
             )",
            table.audit
        );
        assert_eq!(count(conn, &query), 1, "{what}: {column}");
    }
    for setting in &table.settings {
        let column = format!("audit_{}", setting.name);
        let query = format!(
            "SELECT {column}::text FROM {} ORDER BY audit_id DESC LIMIT 1",
            table.audit
        );
        assert_eq!(
            text(conn, &query),
            if setting.name == "tenant" { "7" } else { "8" },
            "{what}"
        );
    }
    let after = count(conn, &format!("SELECT count(*) FROM {}", table.audit));
    assert!(after > before, "{what}: nothing was recorded");
}

/// Seals what there is, and finds all that is sealed as it was.
fn seal(conn: &mut PgConnection, state: &State, what: &str) {
    let table = state.declared().table;
    if table.policy.seals {
        seal_all(conn, &table);
        assert_eq!(findings(conn, &table, &[]), NOTHING, "{what}");
    }
}

const NOTHING: [&str; 0] = [];

/// Rows, and values that are not NULL, in the audit table.
fn values(conn: &mut PgConnection, installed: &[Installed]) -> (i64, i64) {
    let Some(installed) = installed.first() else {
        return (0, 0);
    };
    let audit = &installed.table.audit;
    let row = format!("SELECT count(*) FROM {audit}");
    let all = format!(
        "SELECT coalesce(sum((SELECT count(*) FROM jsonb_each_text(to_jsonb(h)) WHERE value IS NOT NULL)), 0)::bigint FROM {audit} h"
    );
    (count(conn, &row), count(conn, &all))
}
