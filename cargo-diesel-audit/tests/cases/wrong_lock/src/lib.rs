mod models;
mod schema;
