use diesel_audit::AuditContext;

struct TenantId(i64);

#[derive(AuditContext)]
struct Request {
    username: String,
    #[audit(sql_type = BigInt)]
    tenant: Option<TenantId>,
}

fn main() {}
