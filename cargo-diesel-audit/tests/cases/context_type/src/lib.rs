mod context;
mod models;
mod schema;
