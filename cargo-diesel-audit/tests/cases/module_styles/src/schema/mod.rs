pub use self::tables::*;
mod tables;
