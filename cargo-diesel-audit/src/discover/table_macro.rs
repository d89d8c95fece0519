//! The reader of Diesel's `table!`.

use std::rc::Rc;

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, ItemUse, Token, TypePath};

use super::{ModuleId, attributes};
use crate::fault::{Fault, Place};

/// What one `table!` says.
pub(crate) struct Table {
    /// The module that the macro makes; the types of the columns are seen
    /// from there.
    pub(crate) module: ModuleId,
    pub(crate) schema: Option<String>,
    pub(crate) sql_name: String,
    /// The columns of the key, by their names in `table!`.
    pub(crate) key: Vec<String>,
    pub(crate) columns: Vec<TableColumn>,
    /// What keeps the table from being understood.
    pub(crate) faults: Vec<Fault>,
}

/// One column of it.
pub(crate) struct TableColumn {
    /// The name in `table!`, without `r#`.
    pub(crate) ident: String,
    pub(crate) sql_name: String,
    pub(crate) sql_type: syn::Type,
    pub(crate) place: Place,
}

/// The tokens of a `table!`, by its grammar.
pub(super) struct Declaration {
    pub(super) uses: Vec<ItemUse>,
    pub(super) ident: Ident,
    attributes: Vec<Attribute>,
    schema: Option<Ident>,
    key: Option<Vec<Ident>>,
    columns: Vec<ColumnDeclaration>,
}

struct ColumnDeclaration {
    attributes: Vec<Attribute>,
    ident: Ident,
    sql_type: TypePath,
}

pub(super) fn parse(tokens: TokenStream) -> syn::Result<Declaration> {
    syn::parse2(tokens)
}

impl Declaration {
    /// The table, seen from the module that the macro makes.
    pub(super) fn into_table(self, module: ModuleId, file: &Rc<str>) -> Table {
        let place = Place::of(file, self.ident.span());
        let mut faults = Vec::new();
        let table = self.ident.unraw().to_string();
        if let Some(span) = attributes::condition(&self.attributes) {
            faults
                .push(conditional(&format!("table `{table}`"), &table).at(&Place::of(file, span)));
        }
        let mut columns = Vec::new();
        for column in self.columns {
            let ident = column.ident.unraw().to_string();
            if let Some(span) = attributes::condition(&column.attributes) {
                let what = format!("column `{ident}` of the table `{table}`");
                faults.push(conditional(&what, &table).at(&Place::of(file, span)));
            }
            columns.push(TableColumn {
                sql_name: sql_name(&column.attributes, &ident),
                place: Place::of(file, column.ident.span()),
                sql_type: syn::Type::Path(column.sql_type),
                ident,
            });
        }
        let key = match self.key {
            Some(key) => key.iter().map(|key| key.unraw().to_string()).collect(),
            None => vec!["id".to_owned()],
        };
        if let Some(missing) = key
            .iter()
            .find(|key| !columns.iter().any(|c| c.ident == **key))
        {
            faults.push(
                Fault::new(format!(
                    "the key column `{missing}` is not among the columns of the table `{table}`"
                ))
                .at(&place)
                .help(format!(
                    "write `{table} (column, ..) {{ .. }}` with the columns of the key"
                )),
            );
        }
        Table {
            module,
            schema: self.schema.map(|schema| schema.to_string()),
            sql_name: sql_name(&self.attributes, &table),
            key,
            columns,
            faults,
        }
    }
}

/// Which features a build has is not in the sources.
fn conditional(what: &str, table: &str) -> Fault {
    Fault::new(format!("the {what} is there under a condition only")).help(format!(
        "take the `#[cfg(..)]` away, or write the table down in Cargo.toml, in \
         `[package.metadata.diesel-audit.tables.{table}]`"
    ))
}

/// As Diesel reads it, which takes `r#` off there too.
fn sql_name(attributes: &[Attribute], ident: &str) -> String {
    let said = attributes::text(attributes, "sql_name");
    let said = said.map(|name| name.strip_prefix("r#").unwrap_or(&name).to_owned());
    said.unwrap_or_else(|| ident.to_owned())
}

/// <https://docs.diesel.rs/2.3.x/diesel/macro.table.html>
impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut uses = Vec::new();
        loop {
            let ahead = input.fork();
            let Ok(line) = ahead.parse() else { break };
            input.advance_to(&ahead);
            uses.push(line);
        }
        let attributes = input.call(Attribute::parse_outer)?;
        let mut ident = input.parse()?;
        let mut schema = None;
        if input.parse::<Option<Token![.]>>()?.is_some() {
            schema = Some(ident);
            ident = input.parse()?;
        }
        let mut key = None;
        if input.peek(syn::token::Paren) {
            let keys;
            syn::parenthesized!(keys in input);
            let keys = Punctuated::<Ident, Token![,]>::parse_terminated(&keys)?;
            key = Some(keys.into_iter().collect());
        }
        let columns;
        syn::braced!(columns in input);
        let columns = Punctuated::<_, Token![,]>::parse_terminated(&columns)?;
        Ok(Declaration {
            uses,
            ident,
            attributes,
            schema,
            key,
            columns: columns.into_iter().collect(),
        })
    }
}

impl Parse for ColumnDeclaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let ident = input.parse()?;
        input.parse::<Token![->]>()?;
        Ok(ColumnDeclaration {
            attributes,
            ident,
            sql_type: input.parse()?,
        })
    }
}
