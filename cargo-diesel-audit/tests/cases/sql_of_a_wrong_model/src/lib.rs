mod models;
mod orders;
mod schema;
