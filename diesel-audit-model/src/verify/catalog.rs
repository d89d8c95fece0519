//! What is there, out of the rows of the queries.

use std::collections::BTreeMap;

use super::Row;
use crate::table::QualifiedName;

/// What was found by name.
#[derive(Debug)]
pub(super) struct Objects {
    pub(super) relations: Vec<Relation>,
    pub(super) functions: Vec<Function>,
    pub(super) schemas: Vec<Schema>,
    pub(super) sequences: Vec<Sequence>,
    /// The object identifiers of types, by how the model writes them.
    pub(super) types: BTreeMap<String, String>,
    pub(super) server: Vec<ServerFact>,
}

/// And what it is made of.
pub(super) struct Catalog {
    pub(super) objects: Objects,
    pub(super) columns: Vec<Column>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) indexes: Vec<Index>,
    pub(super) triggers: Vec<Trigger>,
    pub(super) rules: Vec<(String, String)>,
    pub(super) policies: Vec<Policy>,
    pub(super) grants: Vec<Grant>,
    /// Whether a function's owner may insert, by the function.
    pub(super) insert_rights: BTreeMap<String, bool>,
    /// A partitioned table, and a table that has its columns.
    pub(super) look_alikes: Vec<(String, QualifiedName)>,
    pub(super) subscribed: Vec<String>,
    /// By the audit table.
    pub(super) positions: BTreeMap<String, Position>,
}

#[derive(Debug)]
pub(super) struct Owner {
    pub(super) name: String,
    pub(super) can_log_in: bool,
    pub(super) is_superuser: bool,
}

#[derive(Debug)]
pub(super) struct Relation {
    /// The table that was asked for by name, which it inherits from.
    pub(super) root: String,
    pub(super) oid: String,
    pub(super) parent: Option<String>,
    pub(super) name: QualifiedName,
    /// `pg_class.relkind`.
    pub(super) kind: String,
    pub(super) is_unlogged: bool,
    pub(super) is_partition: bool,
    pub(super) row_security: bool,
    pub(super) forces_row_security: bool,
    pub(super) owner: Owner,
    /// Of a partitioned table.
    pub(super) has_default_partition: bool,
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) oid: String,
    pub(super) name: QualifiedName,
    pub(super) owner: Owner,
    pub(super) language: String,
    pub(super) body: String,
    pub(super) is_definer: bool,
    /// A line each.
    pub(super) settings: String,
}

#[derive(Debug)]
pub(super) struct Schema {
    pub(super) oid: String,
    pub(super) name: String,
    pub(super) owner: Owner,
}

#[derive(Debug)]
pub(super) struct Sequence {
    /// The table whose column it counts.
    pub(super) table: String,
    pub(super) oid: String,
    pub(super) name: QualifiedName,
    pub(super) cache: String,
    pub(super) increment: String,
    pub(super) cycles: bool,
    pub(super) max: String,
    pub(super) is_readable: bool,
}

#[derive(Debug)]
pub(super) enum ServerFact {
    /// A setting that sessions begin with.
    Setting {
        database: Option<String>,
        role: Option<String>,
        name: String,
    },
    /// A right on a setting.
    Parameter { name: String, grantee: Grantee },
    /// A member of a role that may write everywhere.
    Member { held: String, member: String },
}

pub(super) struct Column {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) type_oid: String,
    /// The type below all domains.
    pub(super) base_oid: String,
    pub(super) base: String,
    pub(super) shown: String,
    /// Whether it has a length or precision of its own.
    pub(super) has_modifier: bool,
    pub(super) is_not_null: bool,
    /// `pg_attribute.attidentity`.
    pub(super) identity: String,
    /// `pg_attribute.attgenerated`.
    pub(super) generated: String,
}

pub(super) struct Constraint {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) definition: String,
}

/// A unique index.
pub(super) struct Index {
    pub(super) table: String,
    pub(super) name: QualifiedName,
    /// Nothing for an expression.
    pub(super) columns: Vec<Option<String>>,
    pub(super) is_immediate: bool,
    /// Whether it holds for every row, now.
    pub(super) is_whole: bool,
    /// The constraint that it belongs to.
    pub(super) constraint: Option<String>,
    pub(super) is_primary: bool,
}

pub(super) struct Trigger {
    pub(super) table: String,
    pub(super) table_name: QualifiedName,
    pub(super) name: String,
    /// `pg_trigger.tgenabled`.
    pub(super) enabled: String,
    /// `pg_trigger.tgtype`.
    pub(super) events: i16,
    /// Whether it has a condition or columns, or is a constraint's.
    pub(super) is_conditional: bool,
    pub(super) is_deferred: bool,
    pub(super) function: String,
    /// Whether it is a partition's, made from that of the parent.
    pub(super) is_clone: bool,
}

pub(super) struct Policy {
    pub(super) table: String,
    pub(super) is_permissive: bool,
    pub(super) check: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grantee {
    pub(super) name: String,
    pub(super) is_public: bool,
}

pub(super) struct Grant {
    /// `relation`, `function` or `schema`.
    pub(super) kind: String,
    pub(super) object: String,
    pub(super) column: Option<String>,
    pub(super) grantee: Grantee,
    pub(super) privilege: String,
}

pub(super) struct Position {
    /// The number that comes next.
    pub(super) next: i64,
    /// The last one in the table.
    pub(super) max: Option<i64>,
}

impl Objects {
    pub(super) fn of(answers: Vec<Vec<Row>>) -> Objects {
        let mut answers = answers.into_iter().map(Vec::into_iter);
        let mut next = || answers.next().unwrap_or_default().map(Cells::new);
        Objects {
            relations: next().map(Relation::of).collect(),
            functions: next().map(Function::of).collect(),
            schemas: next().map(Schema::of).collect(),
            sequences: next().map(Sequence::of).collect(),
            types: next().filter_map(of_type).collect(),
            server: next().filter_map(ServerFact::of).collect(),
        }
    }

    pub(super) fn complete(self, answers: Vec<Vec<Row>>) -> Catalog {
        let mut answers = answers.into_iter().map(Vec::into_iter);
        let mut next = || answers.next().unwrap_or_default().map(Cells::new);
        Catalog {
            columns: next().map(Column::of).collect(),
            constraints: next().map(Constraint::of).collect(),
            indexes: indexes(next()),
            triggers: next().map(Trigger::of).collect(),
            rules: next().map(|mut c| (c.text(), c.text())).collect(),
            policies: next().map(Policy::of).collect(),
            grants: next().map(Grant::of).collect(),
            insert_rights: next().map(|mut c| (c.text(), c.flag())).collect(),
            look_alikes: next().map(|mut c| (c.text(), c.name())).collect(),
            subscribed: next().map(|mut c| c.text()).collect(),
            positions: {
                let rest = answers.flatten().map(Cells::new);
                rest.filter_map(Position::of).collect()
            },
            objects: self,
        }
    }

    /// The table of this name.
    pub(super) fn relation(&self, name: &QualifiedName) -> Option<&Relation> {
        let mut roots = self.relations.iter().filter(|r| r.parent.is_none());
        roots.find(|relation| relation.name == *name)
    }

    pub(super) fn function(&self, name: &QualifiedName) -> Option<&Function> {
        self.functions.iter().find(|f| f.name == *name)
    }
}

impl Catalog {
    pub(super) fn column<'a>(&'a self, table: &'a Relation, name: &str) -> Option<&'a Column> {
        self.columns_of(table).find(|column| column.name == name)
    }

    pub(super) fn columns_of<'a>(
        &'a self,
        table: &'a Relation,
    ) -> impl Iterator<Item = &'a Column> {
        let columns = self.columns.iter();
        columns.filter(|column| column.table == table.oid)
    }

    /// Everything that inherits from a table, without it.
    pub(super) fn descendants<'a>(
        &'a self,
        table: &'a Relation,
    ) -> impl Iterator<Item = &'a Relation> {
        let relations = self.objects.relations.iter();
        relations.filter(|r| r.root == table.oid && r.oid != table.oid)
    }
}

impl Relation {
    fn of(mut cells: Cells) -> Relation {
        Relation {
            root: cells.text(),
            oid: cells.text(),
            parent: cells.next(),
            name: cells.name(),
            kind: cells.text(),
            is_unlogged: cells.text() == "u",
            is_partition: cells.flag(),
            row_security: cells.flag(),
            forces_row_security: cells.flag(),
            owner: Owner::of(&mut cells),
            has_default_partition: cells.flag(),
        }
    }
}

impl Owner {
    fn of(cells: &mut Cells) -> Owner {
        Owner {
            name: cells.text(),
            can_log_in: cells.flag(),
            is_superuser: cells.flag(),
        }
    }
}

impl Function {
    fn of(mut cells: Cells) -> Function {
        Function {
            oid: cells.text(),
            name: cells.name(),
            owner: Owner::of(&mut cells),
            language: cells.text(),
            body: cells.text(),
            is_definer: cells.flag(),
            settings: cells.text(),
        }
    }
}

impl Schema {
    fn of(mut cells: Cells) -> Schema {
        Schema {
            oid: cells.text(),
            name: cells.text(),
            owner: Owner::of(&mut cells),
        }
    }
}

impl Sequence {
    fn of(mut cells: Cells) -> Sequence {
        Sequence {
            table: cells.text(),
            oid: cells.text(),
            name: cells.name(),
            cache: cells.text(),
            increment: cells.text(),
            cycles: cells.flag(),
            max: cells.text(),
            is_readable: cells.flag(),
        }
    }
}

fn of_type(mut cells: Cells) -> Option<(String, String)> {
    Some((cells.text(), cells.next()?))
}

impl ServerFact {
    fn of(mut cells: Cells) -> Option<ServerFact> {
        Some(match cells.text().as_str() {
            "setting" => ServerFact::Setting {
                database: cells.next(),
                role: cells.next(),
                name: cells.text(),
            },
            "parameter" => ServerFact::Parameter {
                name: cells.text(),
                grantee: Grantee::of(&mut cells),
            },
            "member" => ServerFact::Member {
                held: cells.text(),
                member: cells.text(),
            },
            _ => return None,
        })
    }
}

impl Column {
    fn of(mut cells: Cells) -> Column {
        Column {
            table: cells.text(),
            name: cells.text(),
            type_oid: cells.text(),
            base_oid: cells.text(),
            base: cells.text(),
            shown: cells.text(),
            has_modifier: cells.flag(),
            is_not_null: cells.flag(),
            identity: cells.text(),
            generated: cells.text(),
        }
    }
}

impl Constraint {
    fn of(mut cells: Cells) -> Constraint {
        Constraint {
            table: cells.text(),
            name: cells.text(),
            definition: cells.text(),
        }
    }
}

/// A row is one column of an index.
fn indexes(rows: impl Iterator<Item = Cells>) -> Vec<Index> {
    let mut indexes: Vec<Index> = Vec::new();
    for mut cells in rows {
        let (table, name, column) = (cells.text(), cells.name(), cells.next());
        match indexes
            .iter_mut()
            .find(|i| i.table == table && i.name == name)
        {
            Some(index) => index.columns.push(column),
            None => indexes.push(Index {
                table,
                name,
                columns: vec![column],
                is_immediate: cells.flag(),
                is_whole: cells.flag(),
                constraint: cells.next(),
                is_primary: cells.text() == "p",
            }),
        }
    }
    indexes
}

impl Trigger {
    fn of(mut cells: Cells) -> Trigger {
        Trigger {
            table: cells.text(),
            table_name: cells.name(),
            name: cells.text(),
            enabled: cells.text(),
            events: cells.text().parse().unwrap_or_default(),
            is_conditional: cells.flag(),
            is_deferred: cells.flag(),
            function: cells.text(),
            is_clone: cells.flag(),
        }
    }
}

impl Policy {
    fn of(mut cells: Cells) -> Policy {
        Policy {
            table: cells.text(),
            is_permissive: cells.flag(),
            check: cells.next(),
        }
    }
}

impl Grantee {
    fn of(cells: &mut Cells) -> Grantee {
        Grantee {
            name: cells.text(),
            is_public: cells.flag(),
        }
    }
}

impl Grant {
    fn of(mut cells: Cells) -> Grant {
        Grant {
            kind: cells.text(),
            object: cells.text(),
            column: cells.next(),
            grantee: Grantee::of(&mut cells),
            privilege: cells.text(),
        }
    }
}

impl Position {
    fn of(mut cells: Cells) -> Option<(String, Position)> {
        let table = cells.text();
        let last: i64 = cells.text().parse().ok()?;
        let next = if cells.flag() {
            last.checked_add(1)?
        } else {
            last
        };
        let max = cells.next().and_then(|max| max.parse().ok());
        Some((table, Position { next, max }))
    }
}

/// The cells of a row, from the first to the last.
struct Cells(std::vec::IntoIter<Option<String>>);

impl Cells {
    fn new(row: Row) -> Cells {
        Cells(row.into_iter())
    }

    fn next(&mut self) -> Option<String> {
        self.0.next().flatten()
    }

    fn text(&mut self) -> String {
        self.next().unwrap_or_default()
    }

    fn flag(&mut self) -> bool {
        self.text() == "true"
    }

    fn name(&mut self) -> QualifiedName {
        QualifiedName::new(self.text(), self.text())
    }
}
