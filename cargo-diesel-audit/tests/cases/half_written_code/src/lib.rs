mod broken;
mod models;
mod schema;
