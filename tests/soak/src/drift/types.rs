//! The forty types of a column that drifts.

mod lengths;
mod made;
mod simple;

/// A type, values of it, and what it may become. In each text, `{n}` stands for
/// the number of the trial, which has types of its own.
pub(in crate::drift) struct Kind {
    /// The extension that it needs, which a server may be without.
    pub(in crate::drift) extension: Option<&'static str>,
    /// Makes the types that it needs.
    pub(in crate::drift) setup: &'static str,
    pub(in crate::drift) sql_type: &'static str,
    /// A value before the change.
    pub(in crate::drift) old: &'static str,
    /// A value after a change that leaves the type as it is.
    pub(in crate::drift) new: &'static str,
    /// The type by which it can go and come back.
    pub(in crate::drift) through: &'static str,
    /// Another type, from which an assignment to this one would lose something
    /// where there is such a type.
    pub(in crate::drift) other: Other,
    /// Changes that this type has and most others have not.
    pub(in crate::drift) own: &'static [Own],
}

/// A type that a column may get.
pub(in crate::drift) struct Other {
    pub(in crate::drift) sql_type: &'static str,
    /// How the column `v` becomes one.
    pub(in crate::drift) using: &'static str,
    pub(in crate::drift) value: &'static str,
}

/// A change of the column `v` of the table `t_{n}`.
pub(in crate::drift) struct Own {
    pub(in crate::drift) name: &'static str,
    pub(in crate::drift) ddl: &'static str,
    /// A value that is only possible, or only whole, after it.
    pub(in crate::drift) value: &'static str,
}

/// All of them, given which extensions the server has.
pub(in crate::drift) fn kinds(mut has: impl FnMut(&str) -> bool) -> Vec<Kind> {
    let chosen = made::of_extensions().into_iter().map(|(kind, stand_in)| {
        let is_there = kind.extension.is_none_or(&mut has);
        if is_there { kind } else { stand_in }
    });
    lengths::with_lengths()
        .into_iter()
        .chain(simple::simple())
        .chain(made::made())
        .chain(chosen)
        .collect()
}

/// A kind without more than a type, two values and another type.
const fn plain(
    sql_type: &'static str,
    [old, new]: [&'static str; 2],
    [other, using, value]: [&'static str; 3],
) -> Kind {
    Kind {
        extension: None,
        setup: "",
        sql_type,
        old,
        new,
        through: "text",
        other: Other {
            sql_type: other,
            using,
            value,
        },
        own: &[],
    }
}

/// A change in a list that lasts, which the call of a function could not be in.
macro_rules! own {
    ($name:literal, $ddl:expr, $value:literal $(,)?) => {
        Own {
            name: $name,
            ddl: $ddl,
            value: $value,
        }
    };
}

use own;
