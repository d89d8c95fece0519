//! What went wrong, as a response.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use diesel::result::Error;
use diesel_audit::AuditError;

/// An error on its way to the client.
#[derive(Debug)]
pub(crate) struct Refusal(AuditError);

impl<E: Into<AuditError>> From<E> for Refusal {
    fn from(error: E) -> Refusal {
        Refusal(error.into())
    }
}

/// The client hears of what it can change, and of nothing else.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            AuditError::Database(Error::NotFound) => StatusCode::NOT_FOUND,
            AuditError::SettingRefused { .. } | AuditError::SettingInvalid(_) => {
                StatusCode::BAD_REQUEST
            }
            AuditError::SettingMissing(_) | AuditError::NoAmbientContext => {
                StatusCode::UNAUTHORIZED
            }
            AuditError::Pool(_) | AuditError::Bb8(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            return status.into_response();
        }
        (status, self.0.to_string()).into_response()
    }
}
