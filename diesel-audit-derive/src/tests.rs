//! The expansion as a whole, as source code.

use proc_macro2::TokenStream;
use quote::quote;

use crate::manifest::Manifest;
use crate::{audited_with_inner, derive_audit_context_inner, derive_audited_inner};

fn expanded(input: TokenStream, manifest: Option<&str>) -> String {
    let manifest = Manifest(manifest.map(str::to_owned));
    shown(derive_audited_inner(input, &manifest))
}

fn shown(tokens: TokenStream) -> String {
    let file = syn::parse2(tokens).expect("the expansion is a list of items");
    prettyplease::unparse(&file)
}

#[test]
fn a_model() {
    let model = quote! {
        #[derive(Queryable)]
        #[diesel(table_name = schema::orders, primary_key(customer, type_), check_for_backend(Pg))]
        #[audit(session_settings(username: Text, request_id: Nullable<Uuid>), exclude(secret, "gone"))]
        pub(crate) struct Order {
            pub customer: i64,
            #[diesel(column_name = type_)]
            r#type: String,
            #[audit(sql_type = Array<schema::sql_types::Plan>)]
            pub plans: Option<Vec<Plan>>,
            #[audit(skip)]
            cache: Vec<u8>,
            #[diesel(embed)]
            part: Part,
        }
    };
    let code = expanded(model, None);
    insta::assert_snapshot!(code);
}

/// What each word on a field comes to, also of a type that only the model knows.
#[test]
fn words_on_fields() {
    let model = quote! {
        #[diesel(table_name = people)]
        struct Person {
            id: i64,
            #[audit(redact, sql_type = schema::sql_types::Plan, sql_name = "the plan")]
            plan: Plan,
            #[audit(hash)]
            #[diesel(column_name = type_)]
            r#type: Option<i32>,
            #[audit(on_change)]
            profile: Option<Value>,
        }
    };
    insta::assert_snapshot!(expanded(model, None));
}

/// A key without fields for all of its columns: there is no `history`.
#[test]
fn a_key_that_is_not_read() {
    let model = quote! {
        #[diesel(table_name = lines, primary_key(order_id, line))]
        struct Line { line: i32 }
    };
    assert!(!expanded(model, None).contains("fn history"));
}

fn user() -> TokenStream {
    quote! {
        #[diesel(table_name = crate::schema::shop::users)]
        struct User { id: i64 }
    }
}

#[test]
fn the_conventions_of_the_crate() {
    let code = expanded(
        user(),
        Some(
            "[package.metadata.diesel-audit]\n\
             schema = \"history\"\n\
             table = \"old_{table}\"\n\
             trigger = \"{schema}.{table}\"",
        ),
    );
    for part in [
        "#[sql_name = \"old_users\"] history.users_audit(audit_id)",
        "source: (\"shop\", \"users\")",
        "audit: (\"history\", \"old_users\")",
        "function: \"shop_users_audit\"",
        "trigger: \"shop.users\"",
        "include_bytes",
    ] {
        assert!(code.contains(part), "{part} is not in {code}");
    }
}

/// What the model says wins over the crate.
#[test]
fn append_only_of_the_crate_and_of_the_model() {
    let check = |of_crate: bool, attribute: TokenStream, expected: bool| {
        let model = user();
        let manifest = format!("[package.metadata.diesel-audit]\nappend_only = {of_crate}");
        let code = expanded(quote!(#attribute #model), Some(&manifest));
        let part = format!("append_only: {expected}");
        assert!(code.contains(&part), "{part} is not in {code}");
    };
    for of_crate in [false, true] {
        check(of_crate, quote!(), of_crate);
        check(of_crate, quote!(#[audit(append_only)]), true);
        check(of_crate, quote!(#[audit(append_only = true)]), true);
        check(of_crate, quote!(#[audit(append_only = false)]), false);
    }
}

#[test]
fn what_older_rows_get_is_as_long_as_the_crate_says() {
    let check = |bytes: usize, max: usize, expected: bool| {
        let value = "x".repeat(bytes);
        let model = quote! {
            #[diesel(table_name = users)]
            #[audit(session_settings(tenant: Text = #value))]
            struct User { id: i64 }
        };
        let manifest = format!("[package.metadata.diesel-audit]\nmax_value_bytes = {max}");
        let code = expanded(model, Some(&manifest));
        assert_eq!(code.contains("a setting has at most"), expected, "{code}");
    };
    check(3000, 4096, false);
    check(4097, 4096, true);
    check(65, 64, true);
}

#[test]
fn wrong_conventions() {
    let code = expanded(
        user(),
        Some(
            "[package.metadata.diesel-audit]\n\
             schema = 1\n\
             table = \"{tabel}_audit\"\n\
             functions = \"f\"",
        ),
    );
    insta::assert_snapshot!(code);
}

#[test]
fn a_model_with_errors_is_audited_all_the_same() {
    let model = quote! {
        #[audit(tabel = "x")]
        struct User<'a, T: Clone>
        where
            T: 'a
        {
            #[audit(skipp)]
            name: &'a T,
        }
    };
    let code = expanded(model, None);
    insta::assert_snapshot!(code);
}

#[test]
fn a_context() {
    let context = quote! {
        #[audit(max_value_bytes = 4096)]
        pub(super) struct RequestContext<'a, T>
        where
            T: Display
        {
            username: &'a str,
            pub r#type: Option<Uuid>,
            #[audit(sql_type = Int8)]
            tenant: T,
            #[audit(skip)]
            started: Instant,
        }
    };
    insta::assert_snapshot!(shown(derive_audit_context_inner(context)));
}

/// It gives the settings that could be read.
#[test]
fn a_context_with_errors_is_one_all_the_same() {
    let context = quote! {
        pub struct RequestContext {
            username: String,
            tenant: TenantId,
        }
    };
    insta::assert_snapshot!(shown(derive_audit_context_inner(context)));
}

fn user_of(words: TokenStream) -> TokenStream {
    quote! {
        #[diesel(table_name = users)]
        #[audit(#words)]
        struct User { id: i64 }
    }
}

#[test]
fn the_settings_of_a_context() {
    let model = user_of(quote!(
        context_type = crate::Who::<'static>,
        context = "transaction"
    ));
    let call = derive_audited_inner(model.clone(), &Manifest(None));
    assert_eq!(
        call.to_string(),
        quote!(crate::Who! { (::diesel_audit::private::audited_with) #model }).to_string()
    );

    let settings = quote!(username: Text, request_id: Nullable<Uuid>);
    let taken = audited_with_inner(quote!([#settings] #model), &Manifest(None));
    let written = user_of(quote!(session_settings(#settings), context = "transaction"));
    assert_eq!(shown(taken), expanded(written, None));
}

#[test]
fn settings_beside_a_context() {
    let settings = quote!(username: Text, request_id: Nullable<Uuid>);
    let model = user_of(quote!(context_type = Who, session_settings(#settings)));
    let code = expanded(model, None);
    let written = expanded(user_of(quote!(session_settings(#settings))), None);
    let more: Vec<&str> = code
        .lines()
        .filter(|line| !written.contains(*line))
        .collect();
    insta::assert_snapshot!(more.join("\n"));
}
