//! The names of SQL types in the two places where they stand: beside the
//! struct, and inside of the modules that `table!` makes.

use diesel_audit_parse::diesel_name;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{GenericArgument, Path, PathArguments, Type, TypePath, parse_quote};

use crate::check::Checked;

/// The type as it is named beside the struct: a name of `diesel::sql_types`
/// that stands alone gets its path, everything else is what the user wrote.
pub(super) fn beside_struct(sql_type: &Type) -> Type {
    rewritten(sql_type, &mut |_| None)
}

/// The types of all columns as they are named inside of `table!`.
///
/// A path of the user's is valid beside the struct, and `table!` puts it one
/// and two modules deeper. So it gets an alias, which `table!` imports: it
/// knows to add a `super` to an import in its inner module.
pub(super) struct TypeNames {
    prefix: String,
    aliases: Vec<Type>,
    settings: Vec<Type>,
    fields: Vec<Type>,
}

impl TypeNames {
    pub(super) fn of(checked: &Checked) -> TypeNames {
        let model = &checked.model;
        let mut names = TypeNames {
            prefix: format!("__Audit{}Type", model.ident.unraw()),
            aliases: Vec::new(),
            settings: Vec::new(),
            fields: Vec::new(),
        };
        for setting in &model.settings {
            let name = names.inside_table(&setting.sql_type);
            names.settings.push(name);
        }
        for field in &model.fields {
            // An alias of what the audit table does not have would be of no use.
            let name = match field.recording.recording.stores_value() {
                true => names.inside_table(&field.sql_type),
                false => field.sql_type.clone(),
            };
            names.fields.push(name);
        }
        names
    }

    /// One for each session setting, without `Nullable`.
    pub(super) fn settings(&self) -> &[Type] {
        &self.settings
    }

    /// One for each field, without `Nullable`.
    pub(super) fn fields(&self) -> &[Type] {
        &self.fields
    }

    /// The aliases, to stand beside the struct.
    pub(super) fn aliases(&self) -> TokenStream {
        let aliases = self.aliases.iter().enumerate().map(|(n, sql_type)| {
            let alias = self.alias(n);
            let sql_type = beside_struct(sql_type);
            // Inside of a function `super` is the module around it, where an
            // alias beside the struct is not: such paths are imported as they are.
            (imported(&sql_type).is_none()).then(|| {
                quote! {
                    #[doc(hidden)]
                    type #alias = #sql_type;
                }
            })
        });
        quote!(#(#aliases)*)
    }

    /// The imports, to stand first inside of `table!`.
    pub(super) fn imports(&self) -> TokenStream {
        let imports = self.aliases.iter().enumerate().map(|(n, sql_type)| {
            let alias = self.alias(n);
            match imported(sql_type) {
                Some(path) => quote!(use #path as #alias;),
                None => quote!(use super::#alias;),
            }
        });
        quote!(#(#imports)*)
    }

    fn inside_table(&mut self, sql_type: &Type) -> Type {
        rewritten(sql_type, &mut |own| {
            let n = match self.aliases.iter().position(|alias| alias == own) {
                Some(n) => n,
                None => {
                    self.aliases.push(own.clone());
                    self.aliases.len() - 1
                }
            };
            let alias = self.alias(n);
            Some(parse_quote!(#alias))
        })
    }

    fn alias(&self, n: usize) -> Ident {
        format_ident!("{}{n}", self.prefix, span = Span::call_site())
    }
}

/// The path as an import of the module that `table!` makes, if the path says
/// itself from which module it starts.
fn imported(sql_type: &Type) -> Option<TokenStream> {
    let Type::Path(path) = sql_type else {
        return None;
    };
    let plain = path.path.segments.iter().all(|s| s.arguments.is_none());
    let (first, rest) = (
        path.path.segments.first()?,
        path.path.segments.iter().skip(1),
    );
    if !plain || path.path.segments.len() < 2 {
        None
    } else if first.ident == "self" {
        Some(quote!(super #(::#rest)*))
    } else if first.ident == "super" {
        Some(quote!(super::super #(::#rest)*))
    } else {
        None
    }
}

/// The type with Diesel's names in full, also inside of its arguments, and
/// each of the user's own that is not valid everywhere as `own` has it.
fn rewritten(sql_type: &Type, own: &mut impl FnMut(&Type) -> Option<Type>) -> Type {
    match sql_type {
        Type::Group(group) => rewritten(&group.elem, own),
        Type::Paren(paren) => rewritten(&paren.elem, own),
        Type::Path(TypePath { qself: None, path }) => {
            if diesel_name(sql_type).is_some() {
                let last = path.segments.last();
                with_arguments(parse_quote!(::diesel::sql_types::#last), own)
            } else if is_absolute(path) {
                with_arguments(path.clone(), own)
            } else {
                own(sql_type).unwrap_or_else(|| with_arguments(path.clone(), own))
            }
        }
        other => other.clone(),
    }
}

fn is_absolute(path: &Path) -> bool {
    let of_crate = path
        .segments
        .first()
        .is_some_and(|first| first.ident == "crate");
    path.leading_colon.is_some() || of_crate
}

fn with_arguments(mut path: Path, own: &mut impl FnMut(&Type) -> Option<Type>) -> Type {
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            for argument in &mut arguments.args {
                if let GenericArgument::Type(argument) = argument {
                    *argument = rewritten(argument, own);
                }
            }
        }
    }
    Type::Path(TypePath { qself: None, path })
}

/// The type as it is stored in the audit table.
pub(super) fn nullable(sql_type: &impl ToTokens) -> TokenStream {
    quote!(::diesel::sql_types::Nullable<#sql_type>)
}
