//! The committed migration is what the model says.
#![allow(missing_docs)]

use std::path::Path;

use axum_example::documents::Document;
use diesel_audit::Audited;
use diesel_audit_tests::generated::assert_current;

#[test]
fn migrations_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations/2026-01-14-090100-0000_audit_documents");
    assert_current(&folder, &[Document::audited_table().expect("documents")]);
}
