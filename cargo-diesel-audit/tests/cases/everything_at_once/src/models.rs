use diesel_audit::Audited;

#[cfg_attr(feature = "audit", derive(Audited))]
#[diesel(table_name = crate::schema::users)]
pub struct Sometimes { id: i64 }

#[derive(Audited)]
#[diesel(table_name = crate::schema::users)]
#[audit(session_setings(a: Text), exclude(pasword, "email"))]
pub struct Misspelt { id: i64 }

#[derive(Audited)]
#[diesel(table_name = crate::schema::users)]
#[audit(exclude(pasword, "email"), session_settings(tenant: Tenant))]
pub struct Wrong {
    id: i32,
    nickname: String,
    email: String,
}

#[derive(Audited)]
#[diesel(table_name = crate::schema::orders)]
pub struct Order { id: i64 }

#[derive(Audited)]
#[diesel(table_name = crate::schema::kinds)]
pub struct Kind { id: i64, name: String }
