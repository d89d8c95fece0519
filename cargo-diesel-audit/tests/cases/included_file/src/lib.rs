mod schema;
include!("parts/models.rs");
const TEXT: &str = include!("parts/absent.rs");
