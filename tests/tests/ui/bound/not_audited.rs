use diesel_audit::Audited;

struct User;

fn describe<M: Audited>() {}

fn f() {
    describe::<User>();
}

fn main() {}
