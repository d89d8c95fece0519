macro_rules! model {
    ($name:ident) => {
        #[derive(Debug, diesel_audit::Audited)]
        pub struct $name { id: i64 }
    };
}
model!(A);
other! { #[derive(diesel_audit::Audited)] struct B { id: i64 } }
