use diesel_audit::Audited;

use crate::context::{self, RequestContext as Who};

#[derive(Audited)]
#[diesel(table_name = crate::schema::users)]
#[audit(context_type = Who, context = "transaction")]
pub struct User {
    pub id: i64,
}

#[derive(Audited)]
#[diesel(table_name = crate::schema::posts)]
#[audit(context_type = context::JobContext::<'static>)]
pub struct Post {
    pub id: i64,
}

#[derive(Audited)]
#[diesel(table_name = crate::schema::lines)]
#[audit(context_type = Who, session_settings(tenant: Nullable<Int8> = "1", username: Text))]
pub struct Line {
    pub id: i64,
}
