//! What a name is used for, and whether that went well.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel_audit::{install, uninstall};
use diesel_audit_model::check::check;
use diesel_audit_model::names::{AUDIT_COLUMNS, Conventions, MAX_IDENTIFIER_BYTES, setting_column};
use diesel_audit_model::quote::identifier;
use diesel_audit_model::{AuditedTable, Column, PgType, Policy, QualifiedName, Recording, Setting};
use diesel_audit_sql::refusal::Refusal;
use diesel_audit_tests::compare::history;
use diesel_audit_tests::names::floor;
use diesel_audit_tests::support::{ALICE, also, attempt, count, setting, texts};

use super::AnyError;

const NOBODY: &str = "SELECT pg_catalog.set_config('audit.username', '', true), \
     pg_catalog.set_config('audit.context', '', true)";

/// A table of this name in a schema of this name, whose key is of this name.
pub(super) struct Named {
    pub(super) name: String,
    /// The table's other column.
    column: String,
}

impl Named {
    pub(super) fn new(name: &str) -> Named {
        let start = &name[..floor(name, MAX_IDENTIFIER_BYTES - 1)];
        let end = if name.ends_with('~') { '^' } else { '~' };
        Named {
            name: name.to_owned(),
            column: format!("{start}{end}"),
        }
    }

    /// Whether PostgreSQL can have all of it, by its own rules and the audit table's.
    pub(super) fn is_usable(&self) -> bool {
        (1..=MAX_IDENTIFIER_BYTES).contains(&self.name.len())
            && !self.name.contains('\0')
            && !AUDIT_COLUMNS.contains(&&*self.name)
            && self.name != setting_column("username")
    }

    /// Whether `audit.<name>` is a setting, by the rule that README gives.
    fn is_setting(&self) -> bool {
        let mut letters = self.name.chars();
        letters
            .next()
            .is_some_and(|first| first.is_ascii_lowercase())
            && letters.all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
            && self.name.len() <= 41
            && !["tx", "session", "nonce", "username"].contains(&&*self.name)
            && !AUDIT_COLUMNS.contains(&&*setting_column(&self.name))
    }

    pub(super) fn setting(&self) -> Option<Setting> {
        let text = PgType::builtin("text");
        let named = Setting {
            name: self.name.clone().into(),
            ..setting("", text, false)
        };
        self.is_setting().then_some(named)
    }

    fn table(&self) -> AuditedTable {
        let source = QualifiedName::new(self.name.clone(), self.name.clone());
        let conventions = Conventions::default();
        let column = |name: &str, sql_type| Column {
            name: name.to_owned().into(),
            sql_type: PgType::builtin(sql_type),
            recording: Recording::Value,
        };
        let username = setting("username", PgType::builtin("text"), true);
        AuditedTable {
            audit: QualifiedName::new("audit", conventions.table(&source)),
            function: conventions.function(&source).into(),
            trigger: conventions.trigger(&source).into(),
            settings: std::iter::once(username).chain(self.setting()).collect(),
            columns: vec![column(&self.name, "int4"), column(&self.column, "text")],
            primary_key: vec![self.name.clone().into()],
            unlisted: Vec::new(),
            policy: Policy::DEFAULT,
            source,
        }
    }

    /// Why the rules refuse it.
    pub(super) fn refusal(&self) -> Option<String> {
        let refused = check(&self.table()).err();
        refused.map(|problems| problems.to_string())
    }

    /// Why the rules refuse a setting of this name.
    pub(super) fn as_setting_only(&self) -> Option<String> {
        let mut table = self.table();
        table.settings.push(Setting {
            name: self.name.clone().into(),
            ..setting("", PgType::builtin("text"), false)
        });
        let refused = check(&table).err();
        refused.map(|problems| problems.to_string())
    }

    pub(super) fn begin(&self, conn: &mut PgConnection) -> Result<(), AnyError> {
        let table = self.table();
        let [name, column] = [&self.name, &self.column].map(|name| identifier(name));
        conn.batch_execute(&format!(
            "CREATE SCHEMA {name}; CREATE TABLE {} ({name} integer PRIMARY KEY, {column} text)",
            table.source
        ))?;
        Ok(install(conn, &[table])?)
    }

    /// Without a context, with one, and what the history of both keys says then.
    pub(super) fn write(&self, conn: &mut PgConnection) -> Result<(), AnyError> {
        let table = self.table();
        let [name, column] = [&self.name, &self.column].map(|name| identifier(name));
        let source = &table.source;
        let insert = format!("INSERT INTO {source} VALUES (1, 'a')");
        match attempt(conn, NOBODY, &insert) {
            Err(refused)
                if refused.is(Refusal::SettingMissing)
                    && (&refused.schema, &refused.table) == (&self.name, &self.name)
                    && refused.message.contains(&self.name.replace('"', "\"\"")) => {}
            other => return Err(format!("without a context: {other:?}").into()),
        }
        let set = self.setting().map_or_else(String::new, |setting| {
            format!("{};", also(&setting.name, "'set'"))
        });
        conn.batch_execute(&format!(
            "{ALICE}; {set} {insert}; UPDATE {source} SET {column} = 'b'; UPDATE {source} SET {name} = 2; \
             DELETE FROM {source}; TRUNCATE {source}"
        ))?;
        let found = history(conn, &table);
        if found != "I 1 a, U 1 b, D 1 b, U 2 b, D 2 b, T" {
            return Err(format!("the history is {found}").into());
        }
        // As the query of `history` has it: by the key, in the order of `audit_id`.
        let of_first = format!(
            "SELECT string_agg(audit_operation, '' ORDER BY audit_id) FROM {} WHERE {name} = 1",
            table.audit
        );
        let of_first = texts(conn, &of_first);
        if of_first != [Some("IUD".to_owned())] {
            return Err(format!("the history of the first key is {of_first:?}").into());
        }
        for setting in &table.settings {
            let expected = if setting.name == "username" {
                "alice"
            } else {
                "set"
            };
            let wrong = format!(
                "SELECT count(*) FROM {} WHERE {} IS DISTINCT FROM '{expected}'",
                table.audit,
                identifier(&setting_column(&setting.name))
            );
            if count(conn, &wrong) != 0 {
                return Err(format!("the setting {} is not recorded", setting.name).into());
            }
        }
        Ok(())
    }

    /// The triggers go, and the history stays.
    pub(super) fn end(&self, conn: &mut PgConnection) -> Result<(), AnyError> {
        let table = self.table();
        uninstall(conn, std::slice::from_ref(&table))?;
        conn.batch_execute(&format!(
            "{NOBODY}; INSERT INTO {} VALUES (3)",
            table.source
        ))?;
        let rows = count(conn, &format!("SELECT count(*) FROM {}", table.audit));
        if rows != 6 {
            return Err(format!("{rows} rows of the history are left").into());
        }
        conn.batch_execute(&format!(
            "DROP SCHEMA {} CASCADE; DROP TABLE {}",
            identifier(&self.name),
            table.audit
        ))?;
        Ok(())
    }
}
