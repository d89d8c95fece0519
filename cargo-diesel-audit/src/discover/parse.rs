//! The text of a file as syntax, whatever the text is.

use proc_macro2::{Span, TokenStream, TokenTree};

/// How deep brackets may be in each other. A person writes a dozen; the parser
/// takes some stack for each.
const DEEPEST: usize = 1_000;

/// Reads a file of Rust.
///
/// # Errors
/// Why it is none.
pub(super) fn file(text: &str) -> syn::Result<syn::File> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tokens: TokenStream = behind_shebang(text).parse()?;
    if let Some(too_deep) = deeper_than(&tokens, DEEPEST) {
        return Err(syn::Error::new(too_deep, "brackets are nested too deeply"));
    }
    syn::parse2(tokens)
}

/// The line break at its end stays, for the numbers of the lines.
fn behind_shebang(text: &str) -> &str {
    if text.starts_with("#!") && !text[2..].trim_start().starts_with('[') {
        text.find('\n').map_or("", |end| &text[end..])
    } else {
        text
    }
}

/// The first bracket below the limit. Without recursion, which is the point.
fn deeper_than(tokens: &TokenStream, limit: usize) -> Option<Span> {
    let mut open = vec![tokens.clone().into_iter()];
    while let Some(innermost) = open.last_mut() {
        match innermost.next() {
            Some(TokenTree::Group(group)) if open.len() > limit => return Some(group.span_open()),
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(_) => {}
            None => drop(open.pop()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let error = file(text).unwrap_err();
        let start = error.span().start();
        format!("{}:{} {error}", start.line, start.column)
    }

    #[test]
    fn files() {
        for text in [
            "",
            "\u{feff}fn a() {}",
            "#!/bin/sh\nfn a() {}",
            "#![allow(x)]",
            "#! [allow(x)]",
        ] {
            assert!(file(text).is_ok(), "{text:?}");
        }
        assert_eq!(
            wrong("#!/bin/sh\nfn a("),
            "2:4 cannot parse string into token stream"
        );
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| format!("const A: u8 = {}1{};", "(".repeat(depth), ")".repeat(depth));
        assert!(file(&nested(100)).is_ok());
        assert_eq!(
            wrong(&nested(100_000)),
            "1:1014 brackets are nested too deeply"
        );
    }
}
