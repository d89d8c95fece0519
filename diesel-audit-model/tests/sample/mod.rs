//! The table that the tests of this crate describe.

use diesel_audit_model::{AuditedTable, Column, PgType, Policy, QualifiedName, Recording, Setting};

pub(crate) fn users() -> AuditedTable {
    AuditedTable {
        source: QualifiedName::new("public", "users"),
        audit: QualifiedName::new("audit", "users_audit"),
        function: "users_audit".into(),
        trigger: "00_users_audit".into(),
        settings: vec![
            Setting {
                name: "username".into(),
                sql_type: PgType::builtin("text"),
                required: true,
                index: false,
            },
            Setting {
                name: "request_id".into(),
                sql_type: PgType::builtin("uuid"),
                required: false,
                index: false,
            },
        ],
        columns: vec![
            column("id", "int8"),
            column("email", "text"),
            Column {
                recording: Recording::Excluded,
                ..column("password_hash", "text")
            },
        ],
        primary_key: vec!["id".into()],
        unlisted: vec!["legacy".into()],
        policy: Policy::DEFAULT,
    }
}

pub(crate) fn column(name: &'static str, sql_type: &'static str) -> Column {
    Column {
        name: name.into(),
        sql_type: PgType::builtin(sql_type),
        recording: Recording::Value,
    }
}
