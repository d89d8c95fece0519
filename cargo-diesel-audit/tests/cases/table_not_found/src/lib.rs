mod absent;
mod models;
mod schema;
