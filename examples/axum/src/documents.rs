//! The record that is audited, and the routes that change it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use diesel_audit::{Ambient, AsyncAuditConnection, AuditError, Audited};
use serde::{Deserialize, Serialize};

use crate::Service;
use crate::context::RequestContext;
use crate::refusal::Refusal;
use crate::schema::documents;

/// A document.
#[derive(Debug, Queryable, Selectable, Identifiable, Serialize, Audited)]
#[diesel(table_name = documents, check_for_backend(diesel::pg::Pg))]
#[audit(context_type = RequestContext)]
pub struct Document {
    /// The key.
    pub id: i64,
    /// One line.
    pub title: String,
    /// The text.
    pub body: String,
}

/// What a client sends.
#[derive(Debug, Deserialize, Insertable, AsChangeset)]
#[diesel(table_name = documents)]
pub struct NewDocument {
    title: String,
    body: String,
}

/// A single statement on a connection that carries the request's context.
pub(crate) async fn create(
    State(service): State<Service>,
    Extension(context): Extension<RequestContext>,
    Json(document): Json<NewDocument>,
) -> Result<(StatusCode, Json<Document>), Refusal> {
    let mut conn = service.pool.get_audited(&context).await?;
    let document = diesel::insert_into(documents::table)
        .values(document)
        .returning(Document::as_returning())
        .get_result(&mut *conn)
        .await?;
    Ok((StatusCode::CREATED, Json(document)))
}

/// A transaction that brings its context, which would do behind a pooler, too.
pub(crate) async fn change(
    State(service): State<Service>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
    Json(document): Json<NewDocument>,
) -> Result<Json<Document>, Refusal> {
    let mut conn = service
        .pool
        .get_unaudited("the transaction says who")
        .await?;
    let document = conn
        .audited(&context, async |conn| {
            diesel::update(documents::table.find(id))
                .set(document)
                .returning(Document::as_returning())
                .get_result(conn)
                .await
        })
        .await?;
    Ok(Json(document))
}

/// Blocking code on another thread: the ambient context is carried there.
pub(crate) async fn remove(
    State(service): State<Service>,
    Path(id): Path<i64>,
) -> Result<StatusCode, Refusal> {
    let remove = Ambient::carry(move || {
        let mut conn = service.blocking.get_audited(&Ambient)?;
        let removed =
            diesel::RunQueryDsl::execute(diesel::delete(documents::table.find(id)), &mut conn)?;
        Ok::<_, AuditError>(removed)
    });
    let removed = tokio::task::spawn_blocking(remove).await;
    match removed.unwrap_or_else(|ended| std::panic::resume_unwind(ended.into_panic()))? {
        0 => Err(diesel::result::Error::NotFound.into()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
