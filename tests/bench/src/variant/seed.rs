//! What sqlalchemy-postgresql-audit installs for `article`.

pub(super) const AUDIT_TABLE: &str = "article_audit";

/// The audit table, and one function with a branch for each operation, run with
/// the caller's rights, that looks its names up where the caller says.
pub(super) fn create() -> String {
    let insert = |operation: char, row: &str| {
        format!(
            "INSERT INTO article_audit ({COLUMNS}) SELECT '{operation}', now(), current_user, \
             current_setting('audit.username', false)::varchar, \
             nullif(current_setting('audit.request', true), '')::uuid, \
             {row}.id, {row}.name, {row}.code, {row}.quantity, {row}.price, {row}.created_at, \
             {row}.reference, {row}.document, {row}.active, {row}.tags;"
        )
    };
    format!(
        "{TABLE};
         CREATE FUNCTION public_article_audit() RETURNS trigger AS $seed$
         BEGIN
             IF current_setting('audit.username', false)::varchar = '' THEN
                 RAISE EXCEPTION 'audit.username session setting must be set to a non null/empty value';
             END IF;
             IF (TG_OP = 'DELETE') THEN {delete}
             ELSIF (TG_OP = 'UPDATE') THEN {update}
             ELSIF (TG_OP = 'INSERT') THEN {insert}
             END IF;
             RETURN NULL;
         END
         $seed$ LANGUAGE plpgsql;
         CREATE TRIGGER public_article_audit AFTER INSERT OR UPDATE OR DELETE ON article
             FOR EACH ROW EXECUTE PROCEDURE public_article_audit()",
        delete = insert('D', "OLD"),
        update = insert('U', "NEW"),
        insert = insert('I', "NEW"),
    )
}

/// No key, no index, no order.
const TABLE: &str = "
    CREATE TABLE article_audit (
        audit_operation varchar(1) NOT NULL,
        audit_operation_timestamp timestamp NOT NULL,
        audit_current_user varchar(64) NOT NULL,
        audit_username varchar NOT NULL,
        audit_request uuid,
        id bigint, name text, code varchar(32), quantity integer, price numeric(12, 2),
        created_at timestamptz, reference uuid, document jsonb, active boolean, tags text[]
    )";

const COLUMNS: &str = "audit_operation, audit_operation_timestamp, audit_current_user, \
     audit_username, audit_request, id, name, code, quantity, price, created_at, reference, \
     document, active, tags";
