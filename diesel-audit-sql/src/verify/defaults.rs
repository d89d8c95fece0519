//! What the columns of an audit table have by default: the numbers, the times, and the
//! settings and facts of the context, which the functions do not name.

use super::Code;
use super::catalog::{Catalog, Relation};
use super::finding::Findings;
use crate::core;
use crate::render::{repair, settings};
use diesel_audit_model::table::AuditedTable;

pub(super) fn check(
    table: &AuditedTable,
    catalog: &Catalog,
    audit: &Relation,
    findings: &mut Findings,
) {
    let of_entry = catalog.objects.relation(&core::entry());
    let own = of_entry
        .into_iter()
        .flat_map(|entry| catalog.columns_of(entry))
        .filter_map(|column| Some((column.name.clone(), column.default.clone()?)))
        // Its sequence is looked at elsewhere.
        .filter(|(_, default)| !default.starts_with("nextval"));
    for (name, wanted) in own.chain(settings::defaults(table)) {
        let Some(column) = catalog.column(audit, &name) else {
            continue;
        };
        let has = column.default.as_deref().unwrap_or("NULL");
        if normal(has) != normal(&wanted) {
            findings.repairable(
                Code::AuditColumnDefault,
                &table.audit,
                format!(
                    "the column {name:?} of the audit table {} has the default {has} and has to have {wanted}",
                    table.audit
                ),
                repair::alter_column(&table.audit, &name, &format!("SET DEFAULT {wanted}")),
            );
        }
    }
}

/// An expression without the types that PostgreSQL shows beside its constants.
fn normal(expression: &str) -> String {
    let mut normal = String::new();
    let mut rest = expression;
    while let Some((before, after)) = rest.split_once("::") {
        normal.push_str(before);
        let end = after.find([',', ')']).unwrap_or(after.len());
        rest = &after[end..];
    }
    normal + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_constants_make_no_difference() {
        for (shown, written) in [
            (
                "diesel_audit.value('username'::text)",
                "diesel_audit.value('username')",
            ),
            (
                "diesel_audit.read('public.t'::text, 'n'::text, NULL::public.\"Mood\", 1024)",
                "diesel_audit.read('public.t', 'n', NULL::mood, 1024)",
            ),
        ] {
            assert_eq!(normal(shown), normal(written));
        }
        assert_ne!(normal("f('a'::text)"), normal("f('b')"));
    }
}
