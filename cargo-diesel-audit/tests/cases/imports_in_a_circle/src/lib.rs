mod a { pub use crate::b::*; pub type Loop = Loop; }
mod b { pub use crate::a::*; pub use self::users as users; }
diesel::table! {
    use crate::a::*;
    entries { id -> Loop, name -> Names, }
}
#[derive(diesel_audit::Audited)]
#[diesel(table_name = a::users)]
struct User { id: i64 }
#[derive(diesel_audit::Audited)]
#[diesel(table_name = entries)]
struct Entry { id: i64 }
