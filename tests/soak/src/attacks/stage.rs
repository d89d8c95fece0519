//! The database that is attacked, who plays, and the writes of an honest client.

use std::error::Error;

use audit_test_server::{Database, Server};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_audit::{AuditConnection, AuditContext, Audited, install};
use diesel_audit_sql::LockTimeout;
use diesel_audit_sql::roles::{self, Roles};

use super::cast::Cast;
use super::judge;
use super::list::{AS_BOB, Attack, RECONNECT, Who};
use super::mutants::Mutant;

mod sql_types {
    #[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(name = "plan"))]
    pub struct Plan;
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Plan;

    item (id) {
        id -> Int4,
        v -> Nullable<Text>,
        plan -> Nullable<Plan>,
    }
}

diesel::table! {
    ledger (id) {
        id -> Int4,
        v -> Nullable<Text>,
    }
}

#[derive(Audited)]
#[diesel(table_name = item)]
#[audit(session_settings(username: Text, request_id: Nullable<Uuid>))]
#[allow(dead_code)]
struct Item {
    id: i32,
    v: Option<String>,
}

/// A partitioned one, whose history can only grow.
#[derive(Audited)]
#[diesel(table_name = ledger)]
#[audit(session_settings(username: Text), append_only)]
#[allow(dead_code)]
struct Ledger {
    id: i32,
    v: Option<String>,
}

/// The witness sees every change of a row beside the audit's trigger, and
/// before any other.
const CREATE: &str = "
    CREATE TYPE plan AS ENUM ('free', 'paid');
    CREATE TABLE item (id integer PRIMARY KEY, v text, plan plan DEFAULT 'free');
    CREATE TABLE ledger (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
    CREATE TABLE ledger_1 PARTITION OF ledger FOR VALUES FROM (0) TO (1000000);
    CREATE TABLE ledger_2 PARTITION OF ledger FOR VALUES FROM (2000000) TO (3000000);
    CREATE SCHEMA witness;
    CREATE TABLE witness.event (relation text, events integer);
    CREATE FUNCTION witness.see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    BEGIN
        INSERT INTO witness.event VALUES (TG_ARGV[0],
            CASE WHEN TG_OP = 'UPDATE' THEN CASE WHEN (to_jsonb(OLD) -> 'id') <> (to_jsonb(NEW) -> 'id') THEN 2 ELSE 1 END ELSE 1 END);
        RETURN NULL;
    END $$;
    CREATE TRIGGER zz_witness AFTER INSERT OR UPDATE OR DELETE ON item FOR EACH ROW EXECUTE FUNCTION witness.see('item');
    CREATE TRIGGER zz_witness AFTER INSERT OR UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION witness.see('ledger');
    CREATE TRIGGER zz_witness_truncate AFTER TRUNCATE ON item EXECUTE FUNCTION witness.see('item');
    CREATE TRIGGER zz_witness_truncate AFTER TRUNCATE ON ledger EXECUTE FUNCTION witness.see('ledger');
    ALTER TABLE item ENABLE ALWAYS TRIGGER zz_witness;
    ALTER TABLE ledger ENABLE ALWAYS TRIGGER zz_witness;
    ALTER TABLE item ENABLE ALWAYS TRIGGER zz_witness_truncate;
    ALTER TABLE ledger ENABLE ALWAYS TRIGGER zz_witness_truncate";

/// What an attacker has of its own.
const OWN: &str = "
    ALTER ROLE {app} RESET ALL;
    ALTER ROLE {mallory} RESET ALL;
    ALTER DATABASE {database} RESET ALL;
    DROP SCHEMA IF EXISTS evil CASCADE;
    CREATE SCHEMA evil AUTHORIZATION {attacker};
    CREATE TABLE evil.loot (t text);
    ALTER TABLE evil.loot OWNER TO {attacker}";

pub(super) struct Stage {
    pub(super) conn: PgConnection,
    cast: Cast,
    read_history: bool,
    turn: i32,
    // Goes after its roles.
    database: Database,
}

pub(super) struct Outcome {
    /// What is not as it has to be after the attack.
    pub(super) faults: Vec<String>,
    /// What an honest client could not do.
    pub(super) blocked: Vec<String>,
}

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

impl Stage {
    pub(super) fn set(server: &Server, read_history: bool) -> Result<Stage> {
        let database = server.create_database()?;
        let mut conn = database.connect();
        let superuser = sql::<Bool>("SELECT rolsuper FROM pg_roles WHERE rolname = session_user");
        if !superuser.get_result(&mut conn)? {
            return Err("attacks need a server on which roles may be made".into());
        }
        let cast = Cast::of(&database);
        conn.batch_execute(CREATE)?;
        let tables = [Item::audited_table()?, Ledger::audited_table()?];
        install(&mut conn, &tables)?;
        let [item, ledger] = &tables;
        let script = roles::script(
            &Roles::new(&cast.owner, &cast.migrator, &cast.application, read_history)?,
            &[item, ledger],
            &LockTimeout::default(),
        );
        conn.batch_execute(&script)?;
        // Less than the application: rows of one table.
        conn.batch_execute(&cast.fill(
            "CREATE ROLE {mallory} LOGIN; GRANT SELECT, INSERT ON item TO {mallory}; \
             GRANT CREATE ON DATABASE {database} TO {app}, {mallory}",
        ))?;
        let mut stage = Stage {
            conn,
            cast,
            read_history,
            turn: 0,
            database,
        };
        for _ in 0..3 {
            let written = stage.honest(false);
            if let Some(error) = written.into_iter().next() {
                return Err(error.into());
            }
        }
        Ok(stage)
    }

    pub(super) fn take_away(&mut self, mutant: &Mutant) -> Result<()> {
        let statements = self.cast.fill(mutant.sql);
        Ok(self.conn.batch_execute(&statements)?)
    }

    /// The attack, with its session still open while an honest client writes;
    /// then the verdict.
    pub(super) fn play(&mut self, attack: &Attack) -> Result<Outcome> {
        let attacker = match attack.by {
            Who::Application => &self.cast.application,
            Who::Mallory => &self.cast.mallory,
        };
        let attacker = attacker.clone();
        let fill = |text: &str| self.cast.fill(text).replace("{attacker}", &attacker);
        self.conn.batch_execute(&fill(OWN))?;
        let statements: Vec<String> = attack.sql.iter().map(|statement| fill(statement)).collect();
        let success = fill(attack.success);
        let before = judge::Seen::look(&mut self.conn)?;

        let verbose = std::env::var_os("AUDIT_SOAK_VERBOSE").is_some();
        let mut session = match self.session(&attacker, attack.options) {
            Ok(session) => session,
            // It asked for what nobody gets.
            Err(_) if !attack.options.is_empty() => self.session(&attacker, "")?,
            Err(error) => return Err(error),
        };
        for statement in &statements {
            if statement == RECONNECT {
                session = self.session(&attacker, "")?;
                continue;
            }
            // What is refused is refused: the verdict is by what is there afterwards.
            let tried = attempt(&mut session, statement);
            if let (Err(error), true) = (tried, verbose) {
                eprintln!("{}: {statement}: {error}", attack.name);
            }
        }
        let mut faults = judge::taken(&mut self.conn, &before, &success)?;
        let blocked = self.honest(true);
        drop(session);
        faults.extend(judge::faults(
            &mut self.conn,
            &before,
            &[&self.cast.application, &self.cast.mallory],
        )?);
        Ok(Outcome { faults, blocked })
    }

    /// A connection of that role, also by its `session_user`: it logs in.
    fn session(&self, role: &str, options: &str) -> Result<PgConnection> {
        let url = self.database.url();
        let (scheme, rest) = url.split_once("://").ok_or("a URL of another form")?;
        let (_, address) = rest.rsplit_once('@').ok_or("a URL without a user")?;
        let options = options.replace(' ', "%20").replace('=', "%3D");
        let options = match options.is_empty() {
            true => String::new(),
            false => format!("?options={options}"),
        };
        Ok(PgConnection::establish(&format!(
            "{scheme}://{role}@{address}{options}"
        ))?)
    }

    /// A row that comes, changes, gets another key and goes, in both tables, by
    /// the application in `audited`, while somebody else has a session open.
    fn honest(&mut self, keep: bool) -> Vec<String> {
        self.turn += 1;
        let turn = self.turn * 10;
        let written = || -> Result<()> {
            let mut conn = self.session(&self.cast.application, "")?;
            conn.batch_execute("SET statement_timeout = '5s'")?;
            let context = AuditContext::new().set("username", "honest")?;
            conn.audited(&context, |conn| {
                for table in ["item", "ledger"] {
                    conn.batch_execute(&format!(
                        "INSERT INTO {table} (id, v) VALUES ({turn}, 'a'), ({0}, 'b'); \
                         UPDATE {table} SET v = 'c' WHERE id = {turn}; \
                         UPDATE {table} SET id = {1} WHERE id = {0}; \
                         DELETE FROM {table} WHERE id = {1}",
                        turn + 1,
                        turn + 2,
                    ))?;
                }
                Ok::<_, diesel::result::Error>(())
            })?;
            Ok(())
        };
        let mut blocked: Vec<String> = written()
            .err()
            .map(|error| error.to_string())
            .into_iter()
            .collect();
        if blocked.is_empty() && keep {
            let rows = judge::honest_rows(&mut self.conn, turn);
            blocked.extend(rows.err().map(|error| error.to_string()));
        }
        blocked
    }
}

/// As `audited` would begin it.
const BOB: &str = "BEGIN; SELECT pg_catalog.set_config('audit.username', 'bob', true), \
     pg_catalog.set_config('audit.context', extract(epoch FROM now())::text OPERATOR(pg_catalog.||) ' tx <username:text>', true)";

fn attempt(session: &mut PgConnection, statement: &str) -> QueryResult<()> {
    let Some(statement) = statement.strip_prefix(AS_BOB) else {
        return session.batch_execute(statement);
    };
    session
        .batch_execute(&format!("{BOB}; {statement}; COMMIT"))
        .inspect_err(|_| {
            // It may have ended already.
            drop(session.batch_execute("ROLLBACK"));
        })
}

impl Drop for Stage {
    fn drop(&mut self) {
        let gone = self.conn.batch_execute(&self.cast.fill(
            "ROLLBACK; REASSIGN OWNED BY {migrator}, {owner}, {app}, {mallory} TO CURRENT_USER; \
             DROP OWNED BY {migrator}, {owner}, {app}, {mallory} CASCADE; \
             DROP ROLE {migrator}, {owner}, {app}, {mallory}",
        ));
        if let Err(error) = gone {
            eprintln!("roles stay on the server ({}): {error}", self.read_history);
        }
    }
}
