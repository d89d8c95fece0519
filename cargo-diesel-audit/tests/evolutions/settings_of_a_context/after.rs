diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
        visits -> Int4,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(context_type = RequestContext)]
pub struct User {
    pub id: i64,
    pub email: String,
    pub visits: i32,
}

#[derive(diesel_audit::AuditContext)]
pub struct RequestContext<'a> {
    pub username: &'a str,
    pub tenant: Option<i64>,
}
