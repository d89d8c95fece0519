//! What is there, as far as the checks want to know.

use std::collections::BTreeMap;

use diesel_audit_model::table::QualifiedName;

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
    /// The tables of the core that this role may read.
    pub(super) readable: Vec<String>,
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
    /// Whether a function's owner may read the key of its digests, by the function.
    pub(super) key_rights: BTreeMap<String, bool>,
    pub(super) keys: Vec<HashKey>,
    /// The source and the state of an audit, by the audit table.
    pub(super) states: BTreeMap<String, (String, String)>,
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
    /// What it has where an INSERT does not name it, as PostgreSQL shows it.
    pub(super) default: Option<String>,
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

/// A table for the key of digests.
pub(super) struct HashKey {
    pub(super) table: String,
    pub(super) rows: String,
}

impl Objects {
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

    /// The rights of others than the owner.
    pub(super) fn granted(&self, kind: &str, oid: &str) -> impl Iterator<Item = &Grant> {
        let grants = self.grants.iter();
        grants.filter(move |grant| grant.kind == kind && grant.object == oid)
    }

    /// Whether a subscription fills the table, or a partition of it.
    pub(super) fn is_subscribed(&self, table: &Relation) -> bool {
        let mut parts = self.descendants(table).chain([table]);
        parts.any(|part| self.subscribed.contains(&part.oid))
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
