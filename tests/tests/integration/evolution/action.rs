//! A table that changes, with the statements that its application would run.

use diesel_audit_model::names::Conventions;
use diesel_audit_model::quote::identifier;
use diesel_audit_model::value::{MAX_VALUE_BYTES, index_problem};
use diesel_audit_model::{
    AuditedTable, Column, ContextScope, Operations, PgType, Policy, QualifiedName, Recording,
    SessionFact, Setting, Unaudited, check,
};
use diesel_audit_sql::Declared;
use proptest::prelude::*;

const NAMES: [&str; 4] = ["a", "b", "some \"c\"", "d"];
const RECORDINGS: [Recording; 5] = [
    Recording::Value,
    Recording::Excluded,
    Recording::Redact,
    Recording::Hash,
    Recording::OnChange,
];
const TYPES: [&str; 9] = [
    "int2", "int4", "int8", "numeric", "float4", "float8", "text", "uuid", "jsonb",
];

/// One change of a model. A number stands for one of what there is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    Add(usize, usize),
    Drop(usize),
    Rename(usize, usize),
    Retype(usize, usize),
    /// What is recorded of a column, in another way.
    Record(usize, usize),
    /// A setting that comes, required or not and with a value for older rows
    /// or not, or goes.
    Setting(usize, bool, bool),
    /// Required becomes optional, or the other way round.
    Require(usize),
    Operations(u8),
    RenameTable(usize),
    MoveTable,
    Pattern(usize),
    Key(bool),
    /// Only a context of the transaction counts.
    Context(bool),
    /// A write without a context is refused.
    Unaudited(bool),
    /// How long a value may be.
    ValueBytes(bool),
    /// Each setting has an index, where it can have one.
    Index(bool),
    /// Audit rows cannot be changed.
    AppendOnly(bool),
    /// Audit rows are sealed.
    Seals(bool),
    /// Updates that change nothing are left out.
    SkipUnchanged(bool),
    /// A condition over a column, or none.
    When(Option<usize>),
    /// What is recorded of the session, a bit for each fact.
    Facts(u8),
}

impl Arbitrary for Action {
    type Parameters = ();
    type Strategy = BoxedStrategy<Action>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let n = || 0_usize..36;
        prop_oneof![
            3 => (n(), n()).prop_map(|(a, b)| Action::Add(a, b)),
            2 => n().prop_map(Action::Drop),
            2 => (n(), n()).prop_map(|(a, b)| Action::Rename(a, b)),
            3 => (n(), n()).prop_map(|(a, b)| Action::Retype(a, b)),
            4 => (n(), n()).prop_map(|(a, b)| Action::Record(a, b)),
            2 => (n(), any::<bool>(), any::<bool>()).prop_map(|(a, b, c)| Action::Setting(a, b, c)),
            1 => n().prop_map(Action::Require),
            1 => (1_u8..16).prop_map(Action::Operations),
            1 => n().prop_map(Action::RenameTable),
            1 => Just(Action::MoveTable),
            1 => n().prop_map(Action::Pattern),
            1 => any::<bool>().prop_map(Action::Key),
            1 => any::<bool>().prop_map(Action::Context),
            1 => any::<bool>().prop_map(Action::Unaudited),
            1 => any::<bool>().prop_map(Action::ValueBytes),
            2 => any::<bool>().prop_map(Action::Index),
            1 => any::<bool>().prop_map(Action::AppendOnly),
            2 => prop::bool::weighted(0.7).prop_map(Action::Seals),
            1 => any::<bool>().prop_map(Action::SkipUnchanged),
            3 => prop::option::weighted(0.8, n()).prop_map(Action::When),
            2 => (0_u8..16).prop_map(Action::Facts),
        ]
        .boxed()
    }
}

/// The statements of the application's own migration.
#[derive(Debug, Clone, Default)]
pub(super) struct Undone {
    pub(super) up: String,
    pub(super) down: String,
}

#[derive(Debug, Clone)]
pub(super) struct State {
    source: QualifiedName,
    columns: Vec<(&'static str, &'static str, Recording)>,
    settings: Vec<(&'static str, &'static str, bool)>,
    operations: Operations,
    context: ContextScope,
    unaudited: Unaudited,
    max_value_bytes: usize,
    index: bool,
    append_only: bool,
    pub(super) seals: bool,
    skip_unchanged: bool,
    /// The column that the condition is about.
    pub(super) when: Option<&'static str>,
    record: u8,
    conventions: Conventions,
    composite_key: bool,
}

impl State {
    pub(super) fn first() -> State {
        State {
            source: QualifiedName::new("public", "item"),
            columns: vec![
                ("a", "int4", Recording::Value),
                ("b", "text", Recording::Value),
            ],
            settings: Vec::new(),
            operations: Operations::ALL,
            context: ContextScope::Any,
            unaudited: Unaudited::Allow,
            max_value_bytes: MAX_VALUE_BYTES,
            index: false,
            append_only: false,
            seals: false,
            skip_unchanged: false,
            when: None,
            record: 0,
            conventions: Conventions::default(),
            composite_key: false,
        }
    }

    pub(super) fn create(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(n, t, _)| format!(", {} {t}", identifier(n)))
            .collect();
        format!(
            "CREATE SCHEMA other; CREATE TABLE item (id bigint PRIMARY KEY, part integer NOT NULL DEFAULT 0, note text{})",
            columns.concat()
        )
    }

    pub(super) fn insert(&self, n: i64) -> String {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|(name, ..)| format!(", {}", identifier(name)))
            .collect();
        let values: Vec<String> = self
            .columns
            .iter()
            .map(|(_, sql_type, _)| match *sql_type {
                "text" => format!(", 'text {n}'"),
                "uuid" => ", gen_random_uuid()".to_owned(),
                "jsonb" => format!(", '{{\"n\": {n}}}'"),
                _ => format!(", {n}"),
            })
            .collect();
        format!(
            "INSERT INTO {} (id{}) VALUES ({n}{})",
            self.source,
            names.concat(),
            values.concat()
        )
    }

    pub(super) fn declared(&self) -> Declared {
        let column = |name: &'static str, sql_type, recording| Column {
            name: name.into(),
            sql_type: PgType::builtin(sql_type),
            recording,
        };
        let own = [
            column("id", "int8", Recording::Value),
            column("part", "int4", Recording::Value),
            column("note", "text", Recording::Value),
        ];
        let more = self
            .columns
            .iter()
            .map(|&(name, sql_type, recording)| column(name, sql_type, recording));
        let key: &[&'static str] = if self.composite_key {
            &["id", "part"]
        } else {
            &["id"]
        };
        AuditedTable {
            source: self.source.clone(),
            audit: QualifiedName::new(
                self.conventions.schema.clone(),
                self.conventions.table(&self.source),
            ),
            function: self.conventions.function(&self.source).into(),
            trigger: self.conventions.trigger(&self.source).into(),
            settings: self
                .settings
                .iter()
                .map(|&(name, sql_type, required)| {
                    let sql_type = PgType::builtin(sql_type);
                    Setting {
                        name: name.into(),
                        index: self.index
                            && index_problem(&sql_type, self.max_value_bytes).is_none(),
                        sql_type,
                        required,
                    }
                })
                .collect(),
            columns: own.into_iter().chain(more).collect(),
            primary_key: key.iter().map(|&name| name.into()).collect(),
            unlisted: Vec::new(),
            policy: Policy {
                operations: self.operations,
                context: self.context,
                unaudited: self.unaudited,
                max_value_bytes: self.max_value_bytes,
                append_only: self.append_only,
                skip_unchanged: self.skip_unchanged,
                when: self.condition().map(Into::into),
                record: SessionFact::ALL
                    .into_iter()
                    .filter(|fact| self.record & (1 << *fact as u8) != 0)
                    .collect(),
                seals: self.seals,
            },
        }
        .into()
    }

    /// True for every row, and nothing that a column of another name or type has an
    /// answer to.
    fn condition(&self) -> Option<String> {
        let columns = self.columns.iter();
        let (name, sql_type, _) = columns
            .copied()
            .find(|(name, ..)| Some(*name) == self.when)?;
        let column = format!("NEW.{}", identifier(name));
        let condition = match sql_type {
            "text" => format!("{column} LIKE 'text%'"),
            "uuid" => format!("uuid_send({column}) IS NULL"),
            "jsonb" => format!("{column} ? 'n'"),
            _ => format!("{column} > 0"),
        };
        Some(format!("({condition}) IS NOT NULL OR TG_OP <> ''"))
    }

    /// The state after a change, what the sources then declare, and the
    /// statements of the application; nothing if the change is not possible.
    pub(super) fn after(&self, action: Action) -> Option<(State, Declared, Undone)> {
        let mut next = self.clone();
        let mut undone = Undone::default();
        let mut past = (None, Vec::new(), Vec::new());
        let table = &self.source;
        let column = |n: usize| (!self.columns.is_empty()).then(|| n % self.columns.len());
        match action {
            Action::Add(name, sql_type) => {
                let name = self.free(name)?;
                let sql_type = TYPES[sql_type % TYPES.len()];
                next.columns.push((name, sql_type, Recording::Value));
                undone.up = add(table, name, sql_type);
                undone.down = drop(table, name);
            }
            Action::Drop(n) => {
                let (name, sql_type, _) = next.columns.remove(column(n)?);
                next.when = next.when.filter(|when| *when != name);
                undone.up = drop(table, name);
                undone.down = add(table, name, sql_type);
            }
            Action::Rename(n, to) => {
                let at = column(n)?;
                let (from, to) = (self.columns[at].0, self.free(to)?);
                next.columns[at].0 = to;
                if next.when == Some(from) {
                    next.when = Some(to);
                }
                undone.up = rename(table, from, to);
                undone.down = rename(table, to, from);
                past.1.push((to.into(), from.into()));
            }
            Action::Retype(n, sql_type) => {
                let at = column(n)?;
                let (name, from, _) = self.columns[at];
                let to = TYPES[sql_type % TYPES.len()];
                (from != to).then_some(())?;
                next.columns[at].1 = to;
                undone.up = retype(table, name, from, to);
                undone.down = retype(table, name, to, from);
            }
            Action::Record(n, recording) => {
                next.columns[column(n)?].2 = RECORDINGS[recording % RECORDINGS.len()];
            }
            Action::Setting(n, required, default) => {
                let (name, sql_type) = [("tenant", "text"), ("batch", "int4")][n % 2];
                match self.settings.iter().position(|(had, ..)| *had == name) {
                    Some(at) => {
                        next.settings.remove(at);
                    }
                    None => {
                        next.settings.push((name, sql_type, required));
                        past.2.extend(default.then(|| (name.into(), "1".into())));
                    }
                }
            }
            Action::Require(n) => {
                let at = n.checked_rem(self.settings.len())?;
                next.settings[at].2 ^= true;
            }
            Action::Operations(bits) => {
                let on = |bit| bits & bit != 0;
                next.operations = Operations {
                    insert: on(1),
                    update: on(2),
                    delete: on(4),
                    truncate: on(8),
                };
                // Something has to be recorded by what the test writes.
                (on(1) || on(2)).then_some(())?;
                (on(2) || !self.skip_unchanged).then_some(())?;
            }
            Action::RenameTable(n) => {
                let name = ["item", "thing", "a \"table\""][n % 3];
                (name != table.name).then_some(())?;
                next.source.name = name.into();
                undone.up = format!("ALTER TABLE {table} RENAME TO {};", identifier(name));
                undone.down = format!(
                    "ALTER TABLE {} RENAME TO {};",
                    next.source,
                    identifier(&table.name)
                );
                past.0 = Some(table.clone());
            }
            Action::MoveTable => {
                let schema = if table.schema == "public" {
                    "other"
                } else {
                    "public"
                };
                next.source.schema = schema.into();
                undone.up = format!("ALTER TABLE {table} SET SCHEMA {schema};");
                undone.down = format!("ALTER TABLE {} SET SCHEMA {};", next.source, table.schema);
                past.0 = Some(table.clone());
            }
            Action::Pattern(n) => {
                let c = &mut next.conventions;
                match n % 4 {
                    0 => {
                        c.schema = if c.schema == "audit" {
                            "history".into()
                        } else {
                            "audit".into()
                        }
                    }
                    1 => c.table = toggled(c.table.take(), "{schema}_{table}_h"),
                    2 => c.function = toggled(c.function.take(), "record_{table}"),
                    _ => c.trigger = toggled(c.trigger.take(), "aa_{table}"),
                }
            }
            Action::Key(composite) => next.composite_key = composite,
            Action::Context(of_transaction) => {
                next.context = match of_transaction {
                    true => ContextScope::Transaction,
                    false => ContextScope::Any,
                }
            }
            Action::ValueBytes(more) => {
                next.max_value_bytes = if more { 4096 } else { MAX_VALUE_BYTES };
            }
            Action::AppendOnly(append_only) => next.append_only = append_only,
            Action::Seals(seals) => next.seals = seals,
            Action::SkipUnchanged(skip_unchanged) => {
                self.operations.update.then_some(())?;
                next.skip_unchanged = skip_unchanged;
            }
            Action::When(n) => {
                next.when = match n {
                    Some(n) => Some(self.columns[column(n)?].0),
                    None => None,
                };
            }
            Action::Facts(facts) => next.record = facts,
            Action::Index(on) => next.index = on,
            Action::Unaudited(forbidden) => {
                next.unaudited = match forbidden {
                    true => Unaudited::Forbid,
                    false => Unaudited::Allow,
                }
            }
        }
        let declared = Declared {
            renamed_from: past.0,
            renamed_columns: past.1,
            defaults: past.2,
            ..next.declared()
        };
        // Some words do not go together.
        check::check(&declared.table).ok()?;
        Some((next, declared, undone))
    }

    fn free(&self, n: usize) -> Option<&'static str> {
        let free: Vec<&'static str> = NAMES
            .into_iter()
            .filter(|name| !self.columns.iter().any(|(had, ..)| had == name))
            .collect();
        free.get(n.checked_rem(free.len())?).copied()
    }
}

fn toggled(pattern: Option<String>, to: &str) -> Option<String> {
    pattern.is_none().then(|| to.to_owned())
}

fn add(table: &QualifiedName, name: &str, sql_type: &str) -> String {
    format!(
        "ALTER TABLE {table} ADD COLUMN {} {sql_type};",
        identifier(name)
    )
}

fn drop(table: &QualifiedName, name: &str) -> String {
    format!("ALTER TABLE {table} DROP COLUMN {};", identifier(name))
}

fn rename(table: &QualifiedName, from: &str, to: &str) -> String {
    format!(
        "ALTER TABLE {table} RENAME COLUMN {} TO {};",
        identifier(from),
        identifier(to)
    )
}

fn retype(table: &QualifiedName, name: &str, from: &str, to: &str) -> String {
    let is_number = |sql_type: &str| !["text", "uuid", "jsonb"].contains(&sql_type);
    let name = identifier(name);
    let value = if is_number(from) && is_number(to) {
        format!("{name}::{to}")
    } else {
        "NULL".to_owned()
    };
    format!("ALTER TABLE {table} ALTER COLUMN {name} TYPE {to} USING {value};")
}
