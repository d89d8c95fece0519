//! The SQL names that follow from a model.

use proc_macro2::Ident;
use syn::ext::IdentExt;

use super::model::Model;
use super::words::Name;
use diesel_audit_model::names::Conventions;

/// The names of what is installed for a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditNames {
    /// The schema of the audit table and the function.
    pub schema: String,
    /// The audit table.
    pub table: String,
    /// The trigger function.
    pub function: String,
    /// The trigger.
    pub trigger: String,
}

/// What `#[audit(..)]` says, and what the conventions of the crate say
/// otherwise.
pub fn audit_names(model: &Model, conventions: &Conventions) -> AuditNames {
    let said = |name: &Option<Name>| name.as_ref().map(|name| name.0.value());
    let names = &model.said;
    AuditNames {
        schema: said(&names.schema).unwrap_or_else(|| conventions.schema.to_string()),
        table: said(&names.table).unwrap_or_else(|| conventions.table(&model.source)),
        function: said(&names.function).unwrap_or_else(|| conventions.function(&model.source)),
        trigger: said(&names.trigger).unwrap_or_else(|| conventions.trigger(&model.source)),
    }
}

/// The name in PostgreSQL of a table or column that `table!` calls so, as far
/// as the tokens tell.
///
/// `diesel print-schema` puts `_` behind names which Rust or `table!` itself
/// reserve; the generated code compares the guess with what `table!` says.
pub(super) fn sql_name(ident: &Ident) -> String {
    let name = ident.unraw().to_string();
    match name.strip_suffix('_') {
        Some(stem) if is_reserved(stem) => stem.to_owned(),
        _ => name,
    }
}

fn is_reserved(name: &str) -> bool {
    // The first are keywords that Rust has given up since Diesel made its list.
    const MORE: [&str; 7] = [
        "alignof", "offsetof", "proc", "pure", "sizeof", "bool", "columns",
    ];
    let word = name.starts_with(|c: char| c.is_alphabetic());
    word && (MORE.contains(&name) || !is_identifier(name))
}

/// Whether Rust takes the name for an identifier without `r#`.
pub(super) fn is_identifier(name: &str) -> bool {
    syn::parse_str::<Ident>(name).is_ok()
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    #[test]
    fn names_in_postgresql() {
        for (ident, expected) in [
            ("type_", "type"),
            ("r#type", "type"),
            ("columns_", "columns"),
            ("name_", "name_"),
            ("__", "__"),
            ("user", "user"),
        ] {
            let ident = match ident.strip_prefix("r#") {
                Some(raw) => Ident::new_raw(raw, proc_macro2::Span::call_site()),
                None => format_ident!("{ident}"),
            };
            assert_eq!(sql_name(&ident), expected);
        }
    }
}
