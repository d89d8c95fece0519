//! The context: of another transaction or session, from defaults, too long, or
//! missing. Each is after a write that is recorded with it, unless a name that
//! an application gives within a context of its own is all that it comes to.

use super::{Attack, app, mallory};

const WRITE: &str =
    "INSERT INTO public.item (id, v) SELECT greatest(500000, max(id)) + 1, 'x' FROM public.item";

pub(super) const ATTACKS: &[Attack] = &[
    app("a name set for the session", &["SET audit.username = 'ceo'", WRITE]).gets("any write"),
    app("a name set for a transaction, without a scope", &[
        "BEGIN; SET LOCAL audit.username = 'ceo'",
        WRITE,
        "COMMIT",
    ])
    .gets("any write"),
    app("no name at all", &[WRITE, "BEGIN", WRITE, "COMMIT"]).gets("any write"),
    app("blanks for a name", &[
        "BEGIN; SELECT set_config('audit.username', E' \\t\\n\\r', true), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true)",
        WRITE,
        "ROLLBACK; BEGIN; SELECT set_config('audit.username', '', true), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true)",
        WRITE,
        "COMMIT",
    ])
    .gets("any write"),
    app("the context of a transaction that is over", &[
        "BEGIN; SELECT set_config('audit.username', 'ceo', false), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', false); COMMIT",
        WRITE,
        "BEGIN; SELECT set_config('audit.username', 'ceo', false), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', false); ROLLBACK",
        WRITE,
    ])
    .gets("any write"),
    app("the marker of another time, however numbers are shown", &[
        "SET extra_float_digits = -15; SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Asia/Kolkata'",
        "BEGIN; SELECT set_config('audit.username', 'ceo', true), set_config('audit.context', extract(epoch FROM now() - interval '1 microsecond')::text || ' tx <username:text>', true)",
        WRITE,
        "ROLLBACK; BEGIN; SELECT set_config('audit.username', 'ceo', true), set_config('audit.context', date_part('epoch', now() - interval '1 second')::text || ' tx <username:text>', true)",
        WRITE,
        "COMMIT",
    ])
    .gets("any write"),
    app("the marker of another session", &[
        "SELECT set_config('audit.username', 'ceo', false), set_config('audit.context', to_hex(pg_backend_pid() + 1) || ' session <username:text>', false)",
        WRITE,
        "SELECT set_config('audit.context', '0' || to_hex(pg_backend_pid()) || ' session <username:text>', false)",
        WRITE,
        "SELECT set_config('audit.context', to_hex(pid) || ' session <username:text>', false) FROM pg_stat_activity WHERE pid <> pg_backend_pid() LIMIT 1",
        WRITE,
    ])
    .gets("any write"),
    app("a name in the startup options", &[WRITE])
        .with("-c audit.username=ceo -c audit.context=1")
        .gets("any write"),
    app("a default of the role or the database", &[
        "ALTER ROLE {attacker} SET audit.username = 'ceo'",
        "ALTER ROLE {attacker} SET audit.context = '1'",
        "ALTER DATABASE {database} SET audit.username = 'ceo'",
        "ALTER ROLE ALL SET audit.username = 'ceo'",
        "reconnect",
        WRITE,
    ])
    .gets("any write"),
    app("a function with a setting of its own", &[
        "CREATE FUNCTION evil.f() RETURNS void LANGUAGE plpgsql SET audit.username = 'ceo' AS $$ BEGIN
             INSERT INTO public.item (id, v) SELECT greatest(500000, max(id)) + 1, 'x' FROM public.item; END $$",
        "SELECT evil.f()",
        "CREATE FUNCTION evil.g() RETURNS void LANGUAGE plpgsql SET audit.username = 'ceo' SET audit.context = '1' AS $$ BEGIN
             INSERT INTO public.item (id, v) SELECT greatest(500000, max(id)) + 1, 'x' FROM public.item; END $$",
        "SELECT evil.g()",
    ])
    .gets("any write"),
    app("a name set by an expression of the statement", &[
        "INSERT INTO public.item (id, v) VALUES (400001, set_config('audit.username', 'ceo', true))",
        "UPDATE public.item SET v = set_config('audit.username', 'ceo', false)",
        "DELETE FROM public.item WHERE set_config('audit.username', 'ceo', true) = 'ceo'",
    ])
    .gets("any write"),
    app("another name within a scope is a claim, and the role is true", &[
        "as bob: UPDATE public.item SET v = set_config('audit.username', 'ceo', true)",
        "as bob: SET LOCAL audit.username = 'ceo'; UPDATE public.item SET v = 'by the ceo'",
    ])
    .gets("SELECT count(*) FROM trail.public_item_log WHERE audit_id > {last} AND audit_session_user <> '{attacker}'"),
    mallory("the name of another in a context of one's own, and the role is true", &[
        "as bob: INSERT INTO public.item VALUES (400002, 'x')",
        "as bob: SET LOCAL audit.session_user = '{app}'; SET LOCAL audit.current_user = '{app}'; INSERT INTO public.item VALUES (400003, 'x')",
    ])
    .gets("SELECT count(*) FROM trail.public_item_log WHERE audit_id > {last} AND '{attacker}' NOT IN (audit_session_user, audit_current_user)"),
    app("a value of ten megabytes", &[
        "BEGIN; SELECT length(set_config('audit.username', repeat('x', 10000000), true)), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true)",
        WRITE,
        "ROLLBACK; BEGIN; SELECT set_config('audit.username', repeat('é', 513), true), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true)",
        WRITE,
        "COMMIT",
    ])
    .gets("any write"),
    app("a value that is no value of its type", &[
        "BEGIN; SELECT set_config('audit.username', 'bob', true), set_config('audit.request_id', 'no uuid', true), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text><request_id:text>', true)",
        WRITE,
        "COMMIT",
    ])
    .gets("any write"),
    app("after DISCARD and RESET", &[
        "SELECT set_config('audit.username', 'bob', false), set_config('audit.context', to_hex(pg_backend_pid()) || ' session <username:text>', false)",
        "DISCARD ALL",
        WRITE,
        "SELECT set_config('audit.username', 'bob', false), set_config('audit.context', to_hex(pg_backend_pid()) || ' session <username:text>', false)",
        "RESET ALL",
        WRITE,
        "RESET audit.username",
        WRITE,
    ])
    .gets("any write"),
    app("a prepared statement, after its transaction", &[
        "PREPARE w AS INSERT INTO public.item (id, v) SELECT greatest(500000, max(id)) + 1, 'x' FROM public.item",
        "as bob: EXECUTE w",
        "EXECUTE w",
        "BEGIN; EXECUTE w; COMMIT",
    ])
    .gets("SELECT count(*) - 1 FROM trail.public_item_log WHERE audit_id > {last}"),
    app("a COMMIT in a block", &[
        "DO $$ BEGIN
             PERFORM set_config('audit.username', 'bob', true), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true);
             INSERT INTO public.item (id, v) SELECT greatest(500000, max(id)) + 1, 'x' FROM public.item;
             COMMIT;
             INSERT INTO public.item (id, v) SELECT greatest(500000, max(id)) + 1, 'x' FROM public.item;
         END $$",
    ])
    .gets("SELECT count(*) - 1 FROM trail.public_item_log WHERE audit_id > {last}"),
];
