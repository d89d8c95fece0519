mod own {
    pub use diesel::sql_types as st;
    pub type Money = st::Numeric;
    pub type Names = diesel::sql_types::Array<diesel::sql_types::Nullable<diesel::sql_types::Text>>;
    #[derive(diesel::SqlType)]
    #[diesel(postgres_type(oid = 3614, array_oid = 3643))]
    pub struct TsVector;
    // A name of Diesel's, which an import puts in front.
    #[derive(diesel::SqlType)]
    #[diesel(postgres_type(name = "mytext"))]
    pub struct Text;
}
diesel::table! {
    use diesel::sql_types::*;
    use crate::own::{Money, Names, st, Text, TsVector};
    things (id) {
        /// The key.
        id -> BigSerial,
        money -> Nullable<Money>,
        names -> Names,
        vector -> TsVector,
        span -> Array<Nullable<Range<Timestamptz>>>,
        spans -> Multirange<Int8>,
        text -> Array<Text>,
        letter -> CChar,
        #[max_length = 3]
        code -> Bpchar,
        r#move -> st::Bool,
        path -> ::diesel::sql_types::Citext,
        address -> diesel::pg::sql_types::Inet,
    }
}
#[derive(diesel_audit::Audited)]
#[diesel(table_name = things)]
struct Thing { id: i64 }
