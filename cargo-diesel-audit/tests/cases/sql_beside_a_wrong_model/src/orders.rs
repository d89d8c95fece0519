use diesel_audit::Audited;

#[derive(Audited)]
#[diesel(table_name = crate::schema::orders)]
pub struct Order {
    pub id: i64,
}

#[derive(Audited)]
#[diesel(table_name = crate::schema::users)]
#[audit(exclud(email))]
pub struct Misspelled {
    pub id: i64,
}

#[derive(Audited)]
#[diesel(table_name = crate::schema::users)]
#[cfg_attr(feature = "a", audit(exclude(email)))]
pub struct Conditional {
    pub id: i64,
}
