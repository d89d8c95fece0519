//! What a write needs of the session settings, and how they get into the audit row.
//!
//! A context may be anybody's: a connection is used by many. So the core asks its
//! marker, and takes what that vouches for.

use diesel_audit_model::names::{self, CORE_SCHEMA};
use diesel_audit_model::policy::{ContextScope, SessionFact, Unaudited};
use diesel_audit_model::quote::{identifier, literal};
use diesel_audit_model::table::{AuditedTable, Setting};
use diesel_audit_model::types::PgType;

/// The types that the core reads without a detour where the marker says that the
/// value is of them ([`form`](diesel_audit_model::value::form)).
const DIRECT_TYPES: [&str; 4] = ["uuid", "int8", "int4", "bool"];

/// The conditions under which a change is recorded, for the WHERE of an INSERT; nothing
/// where every context will do.
pub(crate) fn conditions(table: &AuditedTable) -> Vec<String> {
    let of = suffix(table);
    let max = table.policy.max_value_bytes;
    let of_settings = table.settings.iter().filter_map(|setting| {
        let name = literal(&setting.name);
        match (setting.required, setting.sql_type.is_text()) {
            (true, _) => Some(format!("{CORE_SCHEMA}.is_given{of}({name}, {max})")),
            (false, true) => Some(format!("{CORE_SCHEMA}.is_short({name}, {max})")),
            // It is looked at where it is read.
            (false, false) => None,
        }
    });
    let audited = (table.policy.unaudited == Unaudited::Forbid)
        .then(|| format!("{CORE_SCHEMA}.is_audited{of}()"));
    of_settings.chain(audited).collect()
}

/// Gives the columns of settings and facts their defaults; nothing without any.
pub(crate) fn set_defaults(table: &AuditedTable) -> Option<String> {
    let actions: Vec<String> = defaults(table)
        .into_iter()
        .map(|(column, value)| format!("    ALTER {} SET DEFAULT {value}", identifier(&column)))
        .collect();
    (!actions.is_empty())
        .then(|| format!("ALTER TABLE {}\n{};\n", table.audit, actions.join(",\n")))
}

/// The columns of settings and facts with their defaults.
pub(crate) fn defaults(table: &AuditedTable) -> Vec<(String, String)> {
    let facts = table.policy.record.iter();
    let facts = facts.map(|fact| (fact.column().to_owned(), fact_value(*fact).to_owned()));
    let settings = table.settings.iter().map(|setting| {
        (
            names::setting_column(&setting.name),
            setting_value(table, setting),
        )
    });
    facts.chain(settings).collect()
}

/// A setting as the trigger functions take it, once the [`conditions`] hold.
fn setting_value(table: &AuditedTable, setting: &Setting) -> String {
    let name = literal(&setting.name);
    let of = suffix(table);
    // Who gave it has shown whose context it is.
    let is_proved = table.settings.iter().any(|setting| setting.required);
    match setting {
        Setting { sql_type, .. } if !sql_type.is_text() => {
            let source = literal(&table.source.to_string());
            let max = table.policy.max_value_bytes;
            if is_proved && is_direct(sql_type) {
                format!(
                    "{CORE_SCHEMA}.read_{}({source}, {name}, {max})",
                    sql_type.name
                )
            } else {
                let scope = match scope(table) {
                    "" => String::new(),
                    scope => format!(", {}", literal(scope)),
                };
                format!(
                    "{CORE_SCHEMA}.read({source}, {name}, NULL::{}, {max}{scope})",
                    sql_type.qualified()
                )
            }
        }
        Setting { required: true, .. } => format!("{CORE_SCHEMA}.value({name})"),
        _ if is_proved => format!("{CORE_SCHEMA}.further({name})"),
        _ => format!("{CORE_SCHEMA}.setting{of}({name})"),
    }
}

fn is_direct(sql_type: &PgType) -> bool {
    sql_type.schema.as_deref() == Some("pg_catalog")
        && !sql_type.array
        && DIRECT_TYPES.contains(&&*sql_type.name)
}

/// What the core calls the scope, where not every one will do.
pub(crate) const fn scope(table: &AuditedTable) -> &'static str {
    match table.policy.context {
        ContextScope::Any => "",
        ContextScope::Transaction => "tx",
    }
}

/// The end of the name of the core's functions for it.
pub(crate) const fn suffix(table: &AuditedTable) -> &'static str {
    match table.policy.context {
        ContextScope::Any => "",
        ContextScope::Transaction => "_tx",
    }
}

/// What a fact is at the time of the change.
pub(crate) fn fact_value(fact: SessionFact) -> &'static str {
    match fact {
        SessionFact::ApplicationName => "current_setting('application_name', true)",
        SessionFact::ClientAddr => "inet_client_addr()",
        SessionFact::BackendPid => "pg_backend_pid()",
        // Each row of a statement has all of it, so a long one would be too dear.
        SessionFact::Query => "\"left\"(current_query(), 8192)",
    }
}
