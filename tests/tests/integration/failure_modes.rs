//! Cases of docs/failure-modes.md that belong to no other file.

mod named;
mod privileges;
mod sessions;
mod surroundings;
