//! Whatever a file holds, reading it ends without a panic.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use diesel_audit_model::names::Conventions;
use proptest::prelude::*;

use super::Sources;
use crate::resolve::{resolve, warnings};
use crate::settings::Settings;
use crate::sql_type::SqlTypes;

/// Reads a root file of this text, and everything behind that.
fn read(text: &str) {
    let mut sources = Sources::new(PathBuf::new(), BTreeSet::new());
    let root = sources.add_module(None, "", false);
    let folder = super::files::Folder::of_root(Path::new("nowhere/lib.rs"), "lib.rs".into());
    super::collect::file(&mut sources, root, text.to_owned(), &folder);
    let settings = Settings::default();
    let _ = resolve(&sources, &settings, &Conventions::default(), None);
    let _ = warnings(&SqlTypes {
        sources: &sources,
        by_hand: &settings.types,
    });
}

/// Words and signs that mean something to the reader.
const SOUP: &[&str] = &[
    "#[derive(diesel_audit::Audited)] ",
    "#[derive(Audited, ",
    "#[diesel(table_name = users)] ",
    "#[diesel(postgres_type(name = \"a\"))] ",
    "#[diesel(postgres_type(oid = 25, array_oid = 1009))] ",
    "#[audit(session_settings(a: Text, b: Nullable<Uuid>))] ",
    "#[audit(exclude(a, \"b\"), table = \"c\")] ",
    "#[derive(AuditContext)] ",
    "#[audit(context_type = User)] ",
    "#[sql_name = \"a\"] ",
    "#[cfg(test)] ",
    "#[cfg_attr(a, derive(Audited))] ",
    "#[path = \"a.rs\"] ",
    "diesel::table! { users { id -> Int8, a -> Array<Nullable<Text>>, } } ",
    "table! { use super::*; a.users (id, a) { id -> B, } } ",
    "table! { ",
    "struct User { id: i64, a: Vec<Option<String>> } ",
    "struct ",
    "enum User { A } ",
    "union User { a: u8 } ",
    "type B = B; ",
    "type B = Array<B>; ",
    "use a::{self, b as c, *}; ",
    "use self::a::*; ",
    "use super::super::a; ",
    "pub use crate::{a as b, b as a}; ",
    "use ::diesel::table as t; ",
    "mod a; ",
    "mod a { ",
    "fn a() { ",
    "macro_rules! m { ($a:tt) => { #[derive(Audited)] } } ",
    "} ",
    ") ",
    "users ",
    "-> ",
    ":: ",
    "; ",
    ", ",
    "r#type ",
    "\"",
    "'",
    "/*",
    "\u{feff}",
    "é",
];

/// The repository's own sources.
fn seeds() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = [
        "examples/quickstart/src/models.rs",
        "examples/quickstart/src/schema.rs",
        "tests/models/models.rs",
        "tests/models/schema.rs",
        "tests/tests/ui/contexts.rs",
        "tests/tests/ui/places.rs",
        "tests/tests/ui/types.rs",
    ];
    let text = |file: &&str| fs::read_to_string(root.join(file)).ok();
    files.iter().filter_map(text).collect()
}

/// A seed with one part taken out and a piece of soup in its place.
fn mutated(seed: &str, from: usize, length: usize, piece: &str) -> String {
    let boundary = |mut at: usize| {
        at = at.min(seed.len());
        while !seed.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (from, to) = (boundary(from), boundary(from.saturating_add(length)));
    format!("{}{piece}{}", &seed[..from], &seed[to..])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn soup(words in prop::collection::vec(prop::sample::select(SOUP), 0..40)) {
        // The first words make the reader look at it.
        read(&format!("// Audited table!\n{}", words.concat()));
    }

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        read(&format!("// Audited\n{text}"));
    }

    #[test]
    fn mutated_sources(
        seed in 0..7usize,
        from in 0..8_000usize,
        length in prop_oneof![Just(0), 1..20usize, Just(usize::MAX)],
        piece in prop::sample::select(SOUP),
    ) {
        let seeds = seeds();
        prop_assert!(!seeds.is_empty());
        read(&mutated(&seeds[seed % seeds.len()], from, length, piece));
    }
}
