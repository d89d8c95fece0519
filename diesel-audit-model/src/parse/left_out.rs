//! The rules for words that leave changes out: each has something to decide.

use super::message::error;
use super::model::Model;

pub(super) fn check(model: &Model, errors: &mut Vec<syn::Error>) {
    let o = model.operations;
    if let Some(at) = model.skip_unchanged
        && !o.update
    {
        errors.push(error(
            at,
            "`skip_unchanged` is about updates, and no update is recorded",
            "remove the word, or add `update` to `operations(..)`",
        ));
    }
}
