//! What is wrong, where, and the way out.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use proc_macro2::Span;

/// A place in a source file, as editors count it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The file, as it is shown.
    pub(crate) file: Rc<str>,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    /// The begin of a token of `file`.
    pub(crate) fn of(file: &Rc<str>, span: Span) -> Place {
        let start = span.start();
        Place {
            file: Rc::clone(file),
            line: start.line,
            column: start.column + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One thing that keeps a command from doing its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) place: Option<Place>,
    /// In lower case, naming the thing.
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Whether something was not found that may be where nobody could look.
    pub(crate) not_found: bool,
}

impl Fault {
    /// A fault in no source file.
    pub(crate) fn new(message: impl Into<String>) -> Fault {
        let message = message.into();
        // The model's messages bring their way out along.
        match message.split_once("\nhelp: ") {
            Some((message, help)) => Fault {
                place: None,
                message: message.to_owned(),
                help: Some(help.to_owned()),
                not_found: false,
            },
            None => Fault {
                place: None,
                message,
                help: None,
                not_found: false,
            },
        }
    }

    pub(crate) fn at(self, place: &Place) -> Fault {
        Fault {
            place: Some(place.clone()),
            ..self
        }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Fault {
        Fault {
            help: Some(help.into()),
            ..self
        }
    }

    pub(crate) fn not_found(self) -> Fault {
        Fault {
            not_found: true,
            ..self
        }
    }

    /// Why a file is no Rust.
    pub(crate) fn no_rust(file: &Rc<str>, error: &syn::Error) -> Fault {
        let message = match error.to_string().as_str() {
            // How the lexer says it.
            "cannot parse string into token stream" | "lex error" => {
                "a bracket or a quote has no other end".to_owned()
            }
            other => other.to_owned(),
        };
        Fault::new(format!("this is no Rust: {message}")).at(&Place::of(file, error.span()))
    }

    /// The errors of a parser in `file`.
    pub(crate) fn of_syn(file: &Rc<str>, error: syn::Error) -> Vec<Fault> {
        error
            .into_iter()
            .map(|error| Fault::new(error.to_string()).at(&Place::of(file, error.span())))
            .collect()
    }
}

/// A path as it is shown: from the folder that the command runs in.
pub(crate) fn shown(path: &Path, from: &Path) -> String {
    let shared = path
        .components()
        .zip(from.components())
        .take_while(|(a, b)| a == b)
        .count();
    // Another drive, say.
    if shared == 0 {
        return path.display().to_string();
    }
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let down = path.components().skip(shared);
    let shown: PathBuf = up.chain(down).collect();
    shown.display().to_string()
}

/// Faults in the order of their places, each one once.
pub(crate) fn sorted(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by(|a, b| a.place.cmp(&b.place));
    faults.dedup();
    faults
}
