//! The rows of the queries, cell by cell in the order in which each query has
//! them (`sql/catalog/`).

use super::Row;
use super::catalog::{
    Catalog, Column, Constraint, Function, Grant, Grantee, HashKey, Index, Objects, Owner, Policy,
    Position, Relation, Schema, Sequence, ServerFact, Trigger,
};
use diesel_audit_model::table::QualifiedName;

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
            readable: next().map(|mut c| c.text()).collect(),
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
            key_rights: next().map(|mut c| (c.text(), c.flag())).collect(),
            keys: next().map(HashKey::of).collect(),
            states: next()
                .map(|mut c| (c.text(), (c.text(), c.text())))
                .collect(),
            look_alikes: next().map(|mut c| (c.text(), c.name())).collect(),
            subscribed: next().map(|mut c| c.text()).collect(),
            positions: {
                let rest = answers.flatten().map(Cells::new);
                rest.filter_map(Position::of).collect()
            },
            objects: self,
        }
    }
}

impl HashKey {
    fn of(mut cells: Cells) -> HashKey {
        HashKey {
            table: cells.text(),
            rows: cells.text(),
        }
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
            default: cells.next(),
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
