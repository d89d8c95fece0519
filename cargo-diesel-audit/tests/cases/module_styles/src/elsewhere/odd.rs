pub mod further;
