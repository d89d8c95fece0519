//! PostgreSQL's type behind a SQL type that the sources name.
//!
//! The result has to be what the compiler makes of `<Pg as HasSqlType<..>>`.

use std::collections::BTreeMap;

use diesel_audit_model::PgType;
use diesel_audit_parse as parse;
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

use crate::discover::{Found, ModuleId, Sources, diesel_sql_type};

/// What SQL types mean in a package.
pub(crate) struct SqlTypes<'a> {
    pub(crate) sources: &'a Sources,
    /// Types of other crates, which are given by hand.
    pub(crate) by_hand: &'a BTreeMap<String, PgType>,
}

/// How many aliases a type may go through. An alias of itself is no Rust, but
/// may stand there.
const DEEPEST: usize = 32;

/// Why there is no PostgreSQL type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Nothing in the sources has this name.
    Unknown(String),
    /// PostgreSQL has none, for example for an array of arrays.
    Impossible,
}

impl Missing {
    /// What can be done, for a type of which nothing is known.
    pub(crate) fn help(name: &str) -> String {
        format!(
            "import a struct with `#[diesel(postgres_type(name = \"..\"))]` under this name, or write \
             `types = {{ \"{name}\" = \"name in PostgreSQL\" }}` into \
             `[package.metadata.diesel-audit]` of Cargo.toml"
        )
    }
}

/// From where a type is looked at.
#[derive(Clone, Copy)]
struct View {
    module: ModuleId,
    /// Whether the names of `diesel::sql_types` need no import.
    field: bool,
    depth: usize,
}

impl SqlTypes<'_> {
    /// The type of a column in `table!`, seen from the module that it makes.
    pub(crate) fn of_column(&self, module: ModuleId, sql_type: &Type) -> Result<PgType, Missing> {
        let view = View {
            module,
            field: false,
            depth: 0,
        };
        self.find(view, sql_type)
    }

    /// The type of a field or of a session setting: there the names of
    /// `diesel::sql_types` need no import, and no other type can have them.
    pub(crate) fn of_field(&self, module: ModuleId, sql_type: &Type) -> Result<PgType, Missing> {
        let view = View {
            module,
            field: true,
            depth: 0,
        };
        self.find(view, sql_type)
    }

    fn find(&self, view: View, sql_type: &Type) -> Result<PgType, Missing> {
        let sql_type = plain(sql_type);
        let unknown = || Missing::Unknown(shown(sql_type));
        let Type::Path(path) = sql_type else {
            return Err(unknown());
        };
        if view.field
            && let Some(name) = parse::diesel_name(sql_type)
        {
            return self.of_diesel(view, &name.to_string(), sql_type);
        }
        match self.sources.resolve(view.module, &path.path) {
            Some(Found::Type(id)) => self.sources.pg_type(id).cloned().ok_or(Missing::Impossible),
            Some(Found::Alias(id)) => match self.sources.alias(id) {
                (module, Some(target)) if view.depth < DEEPEST => {
                    let view = View {
                        module,
                        field: false,
                        depth: view.depth + 1,
                    };
                    self.find(view, target)
                }
                _ => Err(unknown()),
            },
            Some(Found::External(names)) => match diesel_sql_type(&names) {
                Some(name) => self.of_diesel(view, name, sql_type),
                None => self.by_hand(&names.join("::"), sql_type),
            },
            Some(Found::Module(_) | Found::Table(_) | Found::Context(_)) | None => {
                self.by_hand(&shown(sql_type), sql_type)
            }
        }
    }

    fn of_diesel(&self, view: View, name: &str, sql_type: &Type) -> Result<PgType, Missing> {
        let inner = || match argument(sql_type) {
            Some(inner) => self.find(view, inner),
            None => Err(Missing::Unknown(shown(sql_type))),
        };
        let found = match name {
            "Nullable" => Some(inner()?),
            "Array" => {
                let element = inner()?;
                (!element.array).then_some(PgType {
                    array: true,
                    ..element
                })
            }
            "Range" => parse::range_of(&inner()?),
            "Multirange" => parse::multirange_of(&inner()?),
            _ => parse::pg_type(name),
        };
        found.ok_or(Missing::Impossible)
    }

    /// By the whole path, or by its last name.
    fn by_hand(&self, path: &str, sql_type: &Type) -> Result<PgType, Missing> {
        let last = path.rsplit("::").next().unwrap_or(path);
        let said = [path, last].into_iter();
        said.filter_map(|name| self.by_hand.get(name))
            .next()
            .cloned()
            .ok_or_else(|| Missing::Unknown(shown(sql_type)))
    }
}

fn argument(sql_type: &Type) -> Option<&Type> {
    let Type::Path(path) = sql_type else {
        return None;
    };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    })
}

fn plain(sql_type: &Type) -> &Type {
    match sql_type {
        Type::Group(group) => plain(&group.elem),
        Type::Paren(paren) => plain(&paren.elem),
        _ => sql_type,
    }
}

fn shown(sql_type: &Type) -> String {
    sql_type.to_token_stream().to_string().replace(' ', "")
}
