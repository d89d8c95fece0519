//! The one error type: a message for the person who runs the tests.

use std::{error::Error, fmt};

/// Why there is no server, or no database on it, and what to do about it.
///
/// It is a message only, since no test decides anything by the cause.
#[derive(Clone, Debug)]
pub struct ServerError(String);

impl ServerError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for ServerError {}
