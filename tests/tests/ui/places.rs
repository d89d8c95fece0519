//! Where and how a model can stand.
// Nobody loads the models.
#![allow(dead_code)]

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_audit::Audited;

mod schema {
    diesel::table! {
        kinds (id) {
            id -> Int4,
            #[sql_name = "type"]
            type_ -> Text,
            r#move -> Bool,
            #[sql_name = "Mixed Case"]
            mixed -> Text,
            unread -> Jsonb,
        }
    }

    pub(crate) mod shop {
        diesel::table! {
            shop.lines (order_id, line) {
                order_id -> Uuid,
                line -> Int4,
                price -> Numeric,
            }
        }
    }

    diesel::table! {
        #[sql_name = "Odd \"name\""]
        odd (key) {
            key -> Text,
        }
    }
}

fn sql_of(query: &impl diesel::query_builder::QueryFragment<Pg>) -> String {
    diesel::debug_query::<Pg, _>(query).to_string()
}

mod names {
    use super::*;

    /// Raw identifiers, names in PostgreSQL that are no identifiers, and fewer
    /// fields than columns.
    #[derive(Queryable, Selectable, Identifiable, Audited)]
    #[diesel(table_name = schema::kinds, check_for_backend(Pg))]
    pub(super) struct Kind {
        pub(super) id: i32,
        #[diesel(column_name = "type_")]
        pub(super) r#type: String,
        pub(super) r#move: bool,
        #[audit(sql_name = "Mixed Case")]
        pub(super) mixed: String,
    }

    #[test]
    fn names_are_postgresqls() {
        let sql = sql_of(&kinds_audit::table.select((
            kinds_audit::type_,
            kinds_audit::r#move,
            kinds_audit::mixed,
        )));
        let table = "\"audit\".\"kinds_audit\"";
        assert_eq!(
            sql,
            format!(
                "SELECT {table}.\"type\", {table}.\"move\", {table}.\"Mixed Case\" FROM {table} -- binds: []"
            )
        );
    }

    #[test]
    fn all_columns_are_described() {
        let table = Kind::audited_table().unwrap();
        let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["id", "type", "move", "Mixed Case", "unread"]);
    }
}

mod schemas {
    use super::*;

    /// The schema comes from the module, as `diesel print-schema` writes it.
    #[derive(Audited)]
    #[diesel(table_name = schema::shop::lines, primary_key(order_id, line))]
    pub(super) struct Line {
        pub(super) order_id: uuid::Uuid,
        pub(super) line: i32,
    }

    #[test]
    fn another_schema() {
        let table = Line::audited_table().unwrap();
        assert_eq!(table.source.to_string(), "shop.lines");
        assert_eq!(table.audit.to_string(), "audit.shop_lines_audit");
        assert_eq!(table.primary_key, ["order_id", "line"]);
        assert!(
            sql_of(&Line::history((uuid::Uuid::nil(), 1)))
                .contains("FROM \"audit\".\"shop_lines_audit\"")
        );
    }

    #[derive(Audited)]
    #[diesel(table_name = schema::odd, primary_key(key))]
    #[audit(
        source_table = "Odd \"name\"",
        table = "odd ",
        schema = "h",
        function = "f()",
        trigger = "t"
    )]
    struct Odd {
        key: String,
    }

    #[test]
    fn names_are_taken_verbatim() {
        let table = Odd::audited_table().unwrap();
        assert_eq!(table.source.to_string(), "public.\"Odd \"\"name\"\"\"");
        assert_eq!(table.audit.to_string(), "h.\"odd \"");
        assert_eq!((&*table.function, &*table.trigger), ("f()", "t"));
        assert!(sql_of(&odd_audit::table.count()).contains("\"h\".\"odd \""));
    }
}

mod misplaced {
    use super::schema::shop as renamed;
    use super::*;

    #[derive(Audited)]
    #[diesel(table_name = renamed::lines, primary_key(order_id, line))]
    #[audit(source_table = "rows")]
    struct Misplaced {
        order_id: uuid::Uuid,
    }

    #[test]
    fn a_wrong_assumption_is_a_problem_that_names_the_way_out() {
        let problems = Misplaced::audited_table().unwrap_err();
        assert_eq!(
            problems.to_string(),
            "Misplaced: `table!` puts the table into the schema `shop`, `#[derive(Audited)]` \
             took it to be in `public`: write `#[audit(source_schema = \"shop\")]`\n\
             Misplaced: `table!` names the table `lines`, `#[derive(Audited)]` took it to be `rows`: \
             write `#[audit(source_table = \"lines\")]`"
        );
    }
}

mod bare_name {
    use super::schema::kinds;
    use super::*;

    #[derive(Audited)]
    #[diesel(table_name = kinds)]
    #[audit(operations(insert, delete), exclude(mixed, "not in table!"))]
    struct Kind {
        id: i32,
        #[audit(skip)]
        unread: serde_json::Value,
    }

    #[test]
    fn what_is_left_out() {
        let table = Kind::audited_table().unwrap();
        let recorded: Vec<&str> = table
            .recorded_columns()
            .map(|column| &*column.name)
            .collect();
        assert_eq!(recorded, ["id", "type", "move"]);
        assert_eq!(table.unlisted, ["not in table!"]);
        let o = table.policy.operations;
        assert_eq!(
            (o.insert, o.update, o.delete, o.truncate),
            (true, false, true, false)
        );
        let _ = |row: KindAudit| row.id;
    }
}

mod composed {
    use super::schema::kinds;
    use super::*;

    #[derive(Queryable, Selectable)]
    #[diesel(table_name = kinds, check_for_backend(Pg))]
    struct Part {
        r#move: bool,
    }

    /// A type whose row form is another one.
    #[derive(Debug)]
    pub(super) struct Shout(String);

    impl From<String> for Shout {
        fn from(text: String) -> Shout {
            Shout(text.to_uppercase())
        }
    }

    #[derive(Queryable, Selectable, Audited)]
    #[diesel(table_name = kinds, check_for_backend(Pg))]
    struct Kind {
        id: i32,
        #[diesel(embed)]
        part: Part,
        #[diesel(select_expression = kinds::id.eq(1), select_expression_type = diesel::dsl::Eq<kinds::id, i32>)]
        first: bool,
        #[diesel(deserialize_as = String, column_name = type_)]
        shout: Shout,
    }

    #[test]
    fn fields_that_are_no_column_are_not_in_the_row() {
        let KindAudit { id, shout, .. } = row();
        let _: (Option<i32>, Option<String>) = (id, shout);
    }

    fn row() -> KindAudit {
        KindAudit {
            audit_id: 1,
            audit_operation: diesel_audit::Operation::Truncate,
            audit_operation_timestamp: diesel_audit::Timestamp::from_postgres_microseconds(0),
            audit_transaction_timestamp: diesel_audit::Timestamp::from_postgres_microseconds(0),
            audit_transaction_id: 2,
            audit_session_user: "a".into(),
            audit_current_user: "b".into(),
            id: None,
            shout: Some("x".into()),
        }
    }

    #[test]
    fn rows_have_the_traits_of_their_fields() {
        let row = row();
        assert_eq!(row.clone(), row);
        assert_eq!(
            format!("{row:?}"),
            "KindAudit { audit_id: 1, audit_operation: Truncate, audit_operation_timestamp: Timestamp(2000-01-01T00:00:00.000000Z), \
             audit_transaction_timestamp: Timestamp(2000-01-01T00:00:00.000000Z), audit_transaction_id: 2, audit_session_user: \"a\", \
             audit_current_user: \"b\", id: None, shout: Some(\"x\") }"
        );
    }
}

mod plain_fields {
    use super::schema::kinds;
    use super::*;
    use diesel::deserialize::{self, FromSql, FromSqlRow};
    use diesel::pg::PgValue;

    /// A type that has none of the usual traits.
    #[derive(FromSqlRow)]
    struct Bare;

    impl FromSql<diesel::sql_types::Text, Pg> for Bare {
        fn from_sql(_: PgValue<'_>) -> deserialize::Result<Self> {
            Ok(Bare)
        }
    }

    #[derive(Audited)]
    #[diesel(table_name = kinds)]
    struct Kind {
        id: i32,
        #[diesel(column_name = type_)]
        #[audit(sql_type = Text)]
        bare: Bare,
    }

    #[test]
    fn a_field_without_traits_is_no_error() {
        let _ = |row: KindAudit| (row.id, row.bare);
    }
}

#[test]
fn in_a_function() {
    diesel::table! {
        locals (id) {
            id -> Int8,
            at -> Timestamptz,
            tags -> Array<Nullable<Text>>,
        }
    }

    #[derive(Audited)]
    #[diesel(table_name = locals)]
    #[audit(session_settings(username: Text))]
    struct Local {
        id: i64,
        at: chrono::DateTime<chrono::Utc>,
        tags: Vec<Option<String>>,
    }

    let table = Local::audited_table().unwrap();
    assert_eq!(table.columns.len(), 3);
    assert!(sql_of(&Local::history(1)).contains("\"locals_audit\""));
    let _ = |row: LocalAudit| (row.id, row.at, row.tags);
}

#[test]
fn in_a_function_with_a_type_of_the_module() {
    diesel::table! {
        locals (id) {
            id -> Int8,
            mood -> crate::types::sql_types::Mood,
            moods -> Array<crate::types::sql_types::Mood>,
        }
    }

    #[derive(Audited)]
    #[diesel(table_name = locals)]
    struct Local {
        id: i64,
        #[audit(sql_type = crate::types::sql_types::Mood)]
        mood: crate::types::Mood,
        #[audit(sql_type = Array<super::types::sql_types::Mood>)]
        moods: Vec<crate::types::Mood>,
    }

    let table = Local::audited_table().unwrap();
    assert_eq!(table.columns[2].sql_type.to_string(), "mood[]");
    let _ = |row: LocalAudit| (row.id, row.mood, row.moods);
}
