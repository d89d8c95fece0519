use diesel_audit::{AuditContext, Audited};

diesel::table! {
    users (id) {
        id -> Int8,
        audit_username -> Text,
    }
}

struct Plain {
    username: String,
}

#[cfg_attr(feature = "audit", derive(AuditContext))]
struct Conditional {
    #[cfg(feature = "who")]
    username: String,
}

#[derive(AuditContext)]
struct Wrong {
    tenant: TenantId,
}

#[derive(AuditContext)]
struct Request {
    username: Option<String>,
    tenant: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(context_type = crate::Plain)]
struct OfPlain {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(context_type = Conditional)]
struct OfConditional {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(context_type = Wrong)]
struct OfWrong {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(context_type = Request)]
struct Collides {
    id: i64,
    audit_username: String,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(
    context_type = Request,
    session_settings(username: Text, tenant: Nullable<Integer>, reason: Nullable<Text>)
)]
struct Differs {
    id: i64,
}
