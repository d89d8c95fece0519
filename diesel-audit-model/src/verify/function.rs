//! The functions of the audit.

use super::Code;
use super::catalog::{Catalog, Function, Relation};
use super::finding::Findings;
use crate::sql::{append_only, function, repair};
use crate::table::{AuditedTable, QualifiedName};

pub(super) fn check(
    table: &AuditedTable,
    catalog: &Catalog,
    audit: &Relation,
    findings: &mut Findings,
) {
    let name = table.function_name();
    let wanted = Wanted {
        name: &name,
        body: &function::body(table),
        settings: &function::settings(table),
        is_definer: true,
        create: &function::create(table),
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
    if let Some(name) = table.append_only_function() {
        let wanted = Wanted {
            name: &name,
            body: &append_only::body(&table.audit),
            settings: function::SEARCH_PATH,
            is_definer: false,
            create: &append_only::create_function(&name, &table.audit),
        };
        wanted.check(catalog, audit, findings);
    }
}

struct Wanted<'a> {
    name: &'a QualifiedName,
    body: &'a str,
    settings: &'a str,
    is_definer: bool,
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
            let message = format!("the function {name}() has another text than the model's");
            findings.repairable(Code::FunctionDiffers, name, message, self.create);
        }
        if self.is_definer && !function.is_definer {
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
