// What is missing does not matter while everything is found.
mod absent;
#[cfg(test)]
mod tests {
    #[derive(diesel_audit::Audited)]
    struct NotMeant;
}
mod a;
mod r#type;
mod inline {
    pub mod below;
}
#[path = "elsewhere/odd.rs"]
pub mod odd;
pub mod schema;
fn function() {
    use crate::schema::users;
    #[derive(diesel_audit::Audited)]
    #[diesel(table_name = users)]
    struct InFunction { id: i64 }
}
mod types {
    #[derive(diesel::SqlType)]
    #[diesel(postgres_type(name = "mood", schema = "crm"))]
    pub struct Mood;
}
