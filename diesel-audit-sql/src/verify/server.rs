//! What holds for all tables at once.

use super::Code;
use super::catalog::{Catalog, ServerFact};
use super::finding::Findings;
use crate::render::repair;
use diesel_audit_model::quote::identifier;
use diesel_audit_model::table::AuditedTable;

pub(super) fn check(tables: &[AuditedTable], catalog: &Catalog, findings: &mut Findings) {
    if tables.is_empty() {
        return;
    }
    for fact in &catalog.objects.server {
        match fact {
            ServerFact::Setting {
                database,
                role,
                name,
            } => {
                let whose = match (database, role) {
                    (Some(database), Some(role)) => {
                        format!(
                            "sessions of {} in {}",
                            identifier(role),
                            identifier(database)
                        )
                    }
                    (Some(database), None) => format!("sessions in {}", identifier(database)),
                    (None, Some(role)) => format!("sessions of {}", identifier(role)),
                    (None, None) => "all sessions".to_owned(),
                };
                findings.repairable(
                    Code::SettingDefault,
                    name,
                    format!("{whose} begin with a value of {name}"),
                    repair::reset(database.as_deref(), role.as_deref(), name),
                );
            }
            ServerFact::Parameter { name, grantee } => {
                let grantee = repair::grantee(&grantee.name, grantee.is_public);
                let on = format!("PARAMETER {}", repair::parameter(name));
                findings.repairable(
                    Code::ParameterGranted,
                    name,
                    format!("{grantee} may set {name}"),
                    repair::revoke("ALL", on, &grantee),
                );
            }
            ServerFact::Member { held, member } => findings.repairable(
                Code::WriteAllData,
                identifier(member),
                format!("{} is a member of {held}", identifier(member)),
                repair::leave_role(held, member),
            ),
        }
    }
}
