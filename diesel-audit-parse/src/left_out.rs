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
    if let Some(when) = &model.when
        && !(o.insert || o.update || o.delete)
    {
        errors.push(error(
            when.span(),
            "`when` is about changes of rows, and only TRUNCATE is recorded",
            "remove the condition, or add `insert`, `update` or `delete` to `operations(..)`",
        ));
    }
}
