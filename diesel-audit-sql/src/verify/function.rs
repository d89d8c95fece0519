//! The functions of the audit.

use super::Code;
use super::catalog::{Catalog, Function, Relation};
use super::finding::Findings;
use crate::render::{function, repair};
use diesel_audit_model::table::{AuditedTable, QualifiedName};

pub(super) fn check(
    table: &AuditedTable,
    catalog: &Catalog,
    audit: &Relation,
    findings: &mut Findings,
) {
    for operation in table.row_operations() {
        let name = table.function_of(operation);
        let wanted = Wanted {
            name: &name,
            body: &function::body(table, operation),
            settings: &function::settings(table),
            create: &repair::create_function(table, operation),
        };
        if let Some(function) = wanted.check(catalog, audit, findings)
            && function.is_definer
            && function.owner.name == audit.owner.name
            && catalog.insert_rights.get(&function.oid) == Some(&false)
        {
            findings.repairable(
                Code::FunctionRights,
                &name,
                format!(
                    "{}, the owner of the function {name}(), may not insert into {}",
                    function.owner.name, table.audit
                ),
                repair::grant_insert(&table.audit, &function.owner.name),
            );
        }
    }
}

struct Wanted<'a> {
    name: &'a QualifiedName,
    body: &'a str,
    settings: &'a str,
    create: &'a str,
}

impl Wanted<'_> {
    /// The function, if it is there.
    fn check<'c>(
        &self,
        catalog: &'c Catalog,
        audit: &Relation,
        findings: &mut Findings,
    ) -> Option<&'c Function> {
        let name = self.name;
        let Some(function) = catalog.objects.function(name) else {
            let message = format!("there is no function {name}()");
            findings.repairable(Code::FunctionMissing, name, message, self.create);
            return None;
        };
        if function.owner.name != audit.owner.name && !function.owner.is_superuser {
            findings.repairable(
                Code::FunctionOwner,
                name,
                format!(
                    "the function {name}() belongs to {}, and the audit table {} to {}",
                    function.owner.name, audit.name, audit.owner.name
                ),
                repair::function_owner(name, &audit.owner.name),
            );
        }
        if function.language != "plpgsql" || function.body != self.body {
            let message = format!("the function {name}() differs from what the model generates");
            findings.repairable(Code::FunctionDiffers, name, message, self.create);
        }
        if !function.is_definer {
            let message = format!("the function {name}() is no SECURITY DEFINER");
            findings.repairable(Code::FunctionInvoker, name, message, self.create);
        }
        if function.settings != self.settings {
            let message = format!(
                "the function {name}() has the settings `{}` and has to have `{}`",
                function.settings.replace('\n', "; "),
                self.settings.replace('\n', "; ")
            );
            findings.repairable(Code::FunctionSettings, name, message, self.create);
        }
        Some(function)
    }
}
