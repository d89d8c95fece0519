use diesel_audit::{AuditConnection, AuditContext};

#[derive(AuditContext)]
enum Choice {
    User,
}

#[derive(AuditContext)]
struct Tuple(String);

#[derive(AuditContext)]
struct Nothing;

#[derive(AuditContext)]
#[audit(skip)]
struct Request {
    username: String,
}

#[derive(AuditContext)]
#[audit(max_value_bytes = 0)]
struct Short {
    username: String,
}

#[derive(AuditContext)]
struct Silent {
    #[audit(skip)]
    username: String,
}

fn write(conn: &mut diesel::PgConnection, who: &Choice) -> Result<(), diesel_audit::AuditError> {
    conn.audited(who, |_| Ok(()))
}

fn main() {}
