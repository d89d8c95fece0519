//! A record's trail, for a person and for a program.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Html;
use diesel_async::RunQueryDsl;
use maud::{DOCTYPE, Markup, html};
use serde_json::{Value, json};

use crate::Service;
use crate::documents::{Document, DocumentAudit};
use crate::refusal::Refusal;

/// An HTML page: who changed what, when, and in which request.
pub(crate) async fn page(
    State(service): State<Service>,
    Path(id): Path<i64>,
) -> Result<Html<String>, Refusal> {
    let history = of(&service, id).await?;
    Ok(Html(render(id, &history).into_string()))
}

/// The same as a list of JSON objects, the oldest first.
pub(crate) async fn json(
    State(service): State<Service>,
    Path(id): Path<i64>,
) -> Result<Json<Vec<Value>>, Refusal> {
    let history = of(&service, id).await?;
    let row = |row: &DocumentAudit| {
        json!({
            "operation": row.audit_operation.to_string(),
            "at": row.audit_operation_timestamp.to_string(),
            "username": row.audit_username,
            "request_id": row.audit_request_id,
            "trace_id": row.audit_trace_id,
            "title": row.title,
            "body": row.body,
        })
    };
    Ok(Json(history.iter().map(row).collect()))
}

/// # Errors
/// 404 for a document that there never was.
async fn of(service: &Service, id: i64) -> Result<Vec<DocumentAudit>, Refusal> {
    let mut conn = service.pool.get_unaudited("reads the trail").await?;
    let history: Vec<DocumentAudit> = Document::history(id).load(&mut *conn).await?;
    if history.is_empty() {
        return Err(diesel::result::Error::NotFound.into());
    }
    Ok(history)
}

/// Names and texts are the users'; maud escapes them.
fn render(id: i64, history: &[DocumentAudit]) -> Markup {
    let before = |n: usize| n.checked_sub(1).map(|n| &history[n]);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Document " (id) }
                style { (STYLE) }
            }
            body {
                h1 { "Document " (id) }
                table {
                    thead {
                        tr { th { "When" } th { "Who" } th { "Request" } th { "What" } th { "Title" } th { "Text" } }
                    }
                    tbody {
                        @for (n, row) in history.iter().enumerate() {
                            tr {
                                td { (row.audit_operation_timestamp) }
                                td { (row.audit_username.as_deref().unwrap_or("nobody")) }
                                td { code { (row.audit_request_id.as_deref().unwrap_or_default()) } }
                                td { (row.audit_operation) }
                                (cell(before(n).and_then(|row| row.title.as_deref()), row.title.as_deref()))
                                (cell(before(n).and_then(|row| row.body.as_deref()), row.body.as_deref()))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A value that has changed stands out.
fn cell(before: Option<&str>, now: Option<&str>) -> Markup {
    let now_text = now.unwrap_or_default();
    html! {
        @if before.is_some() && before != now {
            td { del { (before.unwrap_or_default()) } " " ins { (now_text) } }
        } @else {
            td { (now_text) }
        }
    }
}

const STYLE: &str = "body { font: 16px/1.4 system-ui, sans-serif; margin: 2rem; } \
    table { border-collapse: collapse; } \
    th, td { border-bottom: 1px solid #ccc; padding: .4rem .8rem; text-align: left; vertical-align: top; } \
    del { color: #a00; } ins { color: #060; text-decoration: none; }";
