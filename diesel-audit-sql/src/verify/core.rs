//! The functions of the core.

use super::Code;
use super::catalog::Catalog;
use super::finding::Findings;
use crate::core;

/// Nothing where the core is not there: then no audit is, either.
pub(super) fn check(catalog: &Catalog, findings: &mut Findings) {
    if catalog.objects.relation(&core::audited()).is_none() {
        return;
    }
    for wanted in core::functions() {
        let name = &wanted.name;
        let Some(function) = catalog.objects.function(name) else {
            let message = format!("the core has no function {name}");
            findings.repairable(Code::FunctionMissing, name, message, wanted.create);
            continue;
        };
        let differs = wanted
            .body
            .is_some_and(|body| function.body != body || function.is_definer != wanted.is_definer);
        if differs {
            let message = format!("the function {name} of the core has another text");
            findings.repairable(Code::FunctionDiffers, name, message, wanted.create);
        }
    }
}
