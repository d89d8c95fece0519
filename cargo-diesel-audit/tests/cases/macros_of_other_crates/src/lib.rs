mod schema;
mod foreign {
    use other_audit::Audited;
    use pretty::table;
    #[derive(Audited)]
    struct Nothing;
    fn show() { table!(["a"]); other_audit::Audited!(); }
    #[derive(other_audit::Audited)]
    struct Neither;
}
mod ours {
    use trail as t;
    use t::Audited;
    #[derive(Audited)]
    #[diesel(table_name = crate::schema::users)]
    struct ByAnyName { id: i64 }
}
mod by_prelude {
    use crate::prelude::*;
    #[derive(Audited)]
    #[diesel(table_name = crate::schema::users)]
    struct ByGlob { id: i64 }
}
