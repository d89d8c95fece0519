//! What an application does: writes, and the ways to a context.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::Pool;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use diesel_audit::{
    AsyncAuditConnection, AuditConnection, AuditContext, AuditCustomizer, AuditError,
};
use diesel_audit_sql::context::{self as sql, Value};

use super::changes::Model;
use super::stage::{Outcome, Stage};

/// The key has to be found without an operator that somebody could take.
fn statements(table: &str, key: &str) -> [(&'static str, String); 7] {
    let values =
        "'a', 'a@b', '123', 'abcd', 'n', 1.5, true, '{a,b}', 'free', '{\"a\": 1}', '2026-01-01'";
    let columns = "id, part, name, email, phone, code, note, amount, active, tags, plan, doc, seen";
    let at = |id: i32| format!("WHERE id OPERATOR(pg_catalog.=) {id}");
    let insert =
        |id: i32| format!("INSERT INTO shop.{table} ({columns}) VALUES ({id}, 1, {values})");
    [
        ("insert", format!("{}; {}", insert(11), insert(12))),
        (
            "update",
            format!(
                "UPDATE shop.{table} SET name = 'b', email = 'c@d', phone = NULL, note = 'm', amount = 2, tags = '{{}}', plan = 'paid', doc = '2' {}",
                at(11)
            ),
        ),
        (
            "update of nothing",
            format!("UPDATE shop.{table} SET name = name {}", at(11)),
        ),
        (
            "update of the key",
            format!("UPDATE shop.{table} SET id = 13 {}", at(11)),
        ),
        (
            "upsert",
            format!(
                "{} ON CONFLICT ({key}) DO UPDATE SET note = excluded.note, name = excluded.email",
                insert(13)
            ),
        ),
        (
            "merge",
            format!(
                "MERGE INTO shop.{table} USING (VALUES (12), (14)) AS v (x) ON id OPERATOR(pg_catalog.=) x \
                 WHEN MATCHED THEN UPDATE SET name = 'm' WHEN NOT MATCHED THEN INSERT (id, part) VALUES (x, 1)"
            ),
        ),
        (
            "delete",
            format!("DELETE FROM shop.{table} WHERE id OPERATOR(pg_catalog.>) 10"),
        ),
    ]
}

impl Stage {
    /// Every kind of write to that table, by that role.
    pub(super) fn writes(&mut self, model: &Model, table: &str, role: &str) -> Outcome<()> {
        let key = match model.name {
            "composite" => "id, part",
            _ => "id",
        };
        let all = statements(table, key);
        // The script of the roles leaves it to the owner of the table.
        let truncate = ("truncate", format!("TRUNCATE shop.{table}"));
        let truncate = (role != self.roles.application).then_some(truncate);
        let mut each: Vec<(String, String)> = Vec::new();
        for (name, statement) in all.into_iter().chain(truncate) {
            each.push((format!("{name}: {}", model.name), statement));
        }
        if self.quick {
            let together: Vec<String> = each.drain(..).map(|(_, statement)| statement).collect();
            each.push((format!("writes: {}", model.name), together.join(";\n")));
        }
        // Inside a function with the rights of its owner, `$user` is that one.
        let owner = self.function_owner(&model.table)?;
        for user in [role, &owner] {
            for (what, statement) in &each {
                let act = |url: &str, prepare: &str| {
                    let mut conn = PgConnection::establish(url)?;
                    conn.batch_execute(prepare)?;
                    conn.audited(&context()?, |conn| conn.batch_execute(statement))?;
                    Ok(())
                };
                self.act_at(what, role, user, act)?;
            }
            if !self.by_user() || user == owner {
                break;
            }
        }
        Ok(())
    }

    /// COPY, and every way of a context to a connection.
    pub(super) fn scopes(&mut self, role: &str) -> Outcome<()> {
        use super::models::plain::plain;

        self.act("copy: plain", role, |conn| {
            conn.audited(&context()?, |conn| {
                diesel::copy_from(plain::table)
                    .from_raw_data((plain::id, plain::name), |copy| {
                        writeln!(copy, "21\ta\n22\tb").map_err(|error| {
                            diesel::result::Error::SerializationError(error.into())
                        })
                    })
                    .execute(conn)
            })?;
            Ok(())
        })?;
        self.act("audited in audited", role, |conn| {
            let outer = context()?;
            conn.audited(&outer, |conn| {
                let inner = outer.clone().set("service", "inner")?;
                conn.audited(&inner, |_| Ok::<_, AuditError>(()))?;
                conn.set_audit_context(&outer)
            })?;
            Ok(())
        })?;
        self.act("preamble", role, |conn| {
            let preamble = sql::preamble(&[("username", Value::Text("migration"))]);
            conn.transaction(|conn| Ok(conn.batch_execute(&preamble)?))
        })?;
        self.act_at("checkouts of r2d2", role, role, |url, prepare| {
            let customizer = AuditCustomizer::new().constant("service", "shop")?;
            let pool = customizer.wrap(Pool::builder().max_size(1), url)?;
            pool.get_unaudited("prepares")?.batch_execute(prepare)?;
            pool.get_audited(&context()?)?.batch_execute(WRITE)?;
            pool.get_unaudited("ends")?.batch_execute("SELECT")?;
            Ok(())
        })?;
        self.act_at("checkouts of bb8", role, role, |url, prepare| {
            runtime()?.block_on(async {
                let customizer = AuditCustomizer::new().constant("service", "shop")?;
                let builder = bb8::Pool::builder().max_size(1);
                let pool = customizer.wrap_bb8(builder, url).await?;
                let mut conn = pool.get_unaudited("prepares").await?;
                conn.batch_execute(prepare).await?;
                drop(conn);
                write(&mut *pool.get_audited(&context()?).await?).await
            })
        })?;
        self.act_at("checkouts of deadpool", role, role, |url, prepare| {
            runtime()?.block_on(async {
                let customizer = AuditCustomizer::new().constant("service", "shop")?;
                let pool = customizer.wrap_deadpool(url, |builder| builder.max_size(1))?;
                let mut conn = pool.get_unaudited("prepares").await?;
                conn.batch_execute(prepare).await?;
                drop(conn);
                write(&mut *pool.get_audited(&context()?).await?).await
            })
        })
    }
}

const WRITE: &str = "DELETE FROM shop.plain";

async fn write(conn: &mut AsyncPgConnection) -> Outcome<()> {
    conn.batch_execute(WRITE).await?;
    let outer = context()?;
    conn.audited(&outer, async |conn| {
        conn.audited(&outer, async |conn| conn.batch_execute(WRITE).await)
            .await
    })
    .await?;
    Ok(())
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// What all of the models take.
fn context() -> Result<AuditContext, AuditError> {
    AuditContext::new()
        .set("username", "ann")?
        .set("request_id", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")?
        .set("service", "shop")
}
