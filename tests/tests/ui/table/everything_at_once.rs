use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[audit(tabel = "x", operations(insrt))]
struct User<T> {
    id: u64,
    #[audit(skipp)]
    name: T,
}

fn main() {}
