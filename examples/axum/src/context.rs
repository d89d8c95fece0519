//! From the headers of a request to the context of its writes.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use diesel_audit::{Ambient, AuditContext};
use uuid::Uuid;

/// The user, as an authenticating proxy in front of the service says. Such a
/// proxy removes the header from what comes from outside.
pub const USER: HeaderName = HeaderName::from_static("x-forwarded-user");
/// The request's id, given by a client or a proxy, or made here; the response
/// has it, too.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The trace that the request belongs to.
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
pub const TRACE: HeaderName = HeaderName::from_static("traceparent");

/// Who acts, and in which request. The models take their session settings from
/// it.
#[derive(Debug, Clone, AuditContext)]
pub struct RequestContext {
    /// The user's name.
    pub username: String,
    /// The id of the request.
    pub request_id: String,
    /// The trace's id, in 32 hexadecimal digits.
    pub trace_id: Option<String>,
}

impl RequestContext {
    /// What the headers say.
    ///
    /// # Errors
    /// Without a user, 401. With a header that is no text, 400: to guess would
    /// be to record somebody else.
    pub fn read(headers: &HeaderMap) -> Result<RequestContext, (StatusCode, String)> {
        let Some(username) = text(headers, USER)? else {
            let reason = format!("say who you are by the header {USER}");
            return Err((StatusCode::UNAUTHORIZED, reason));
        };
        let trace_id = text(headers, TRACE)?.and_then(|parent| trace_id(&parent));
        let request_id = match text(headers, REQUEST_ID)? {
            Some(id) => id,
            None => trace_id
                .clone()
                .unwrap_or_else(|| Uuid::new_v4().to_string()),
        };
        Ok(RequestContext {
            username,
            request_id,
            trace_id,
        })
    }
}

/// The middleware: everything that the request runs has its context, as
/// [`Ambient`] and as an [`Extension`](axum::Extension). A context that cannot
/// be stored, such as a blank user, is 400 before anything is done.
pub async fn require(mut request: Request, next: Next) -> Response {
    let context = match RequestContext::read(request.headers()) {
        Ok(context) => context,
        Err(refused) => return refused.into_response(),
    };
    request.extensions_mut().insert(context.clone());
    let mut response = match Ambient::scope_future(&context, next.run(request)) {
        Ok(response) => response.await,
        Err(refused) => return (StatusCode::BAD_REQUEST, refused.to_string()).into_response(),
    };
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn text(headers: &HeaderMap, name: HeaderName) -> Result<Option<String>, (StatusCode, String)> {
    let Some(value) = headers.get(&name) else {
        return Ok(None);
    };
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(_) => Err((StatusCode::BAD_REQUEST, format!("{name} is not UTF-8"))),
    }
}

/// The second field of the header; nothing of a header that is malformed, which
/// the specification says to ignore.
fn trace_id(parent: &str) -> Option<String> {
    let fields: Vec<&str> = parent.split('-').collect();
    let &[_version, trace, _parent, _flags, ..] = fields.as_slice() else {
        return None;
    };
    let is_valid = trace.len() == 32
        && trace
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && trace.bytes().any(|b| b != b'0');
    is_valid.then(|| trace.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_or_ignored() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        let check = |parent: &str, expected: Option<&str>| {
            assert_eq!(trace_id(parent).as_deref(), expected, "{parent}");
        };
        check(&format!("00-{id}-b7ad6b7169203331-01"), Some(id));
        check(&format!("cc-{id}-b7ad6b7169203331-01-more"), Some(id));
        check(&format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)), None);
        check(
            &format!("00-{}-b7ad6b7169203331-01", id.to_uppercase()),
            None,
        );
        check(&format!("00-{id}"), None);
        check("", None);
    }
}
