SELECT diesel_audit.start('5s', '{public.users,public.posts}', exclusive => '{public.users}');

-- End of the audit of public.users. Its history stays in audit.users_audit.
DROP TRIGGER IF EXISTS "00_users_audit_insert" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_update" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_delete" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_truncate" ON public.users;
DROP FUNCTION IF EXISTS audit.users_audit_insert();
DROP FUNCTION IF EXISTS audit.users_audit_update();
DROP FUNCTION IF EXISTS audit.users_audit_delete();
SELECT diesel_audit.leave('audit.users_audit', from_state => '9d935c808884ef51');

-- Audit of public.posts in audit.posts_audit.
SELECT diesel_audit.expect('audit.posts_audit', from_state => NULL, to_state => '8fbff2f05a5da831');
SELECT diesel_audit.make_schema('audit');
CREATE TABLE IF NOT EXISTS audit.posts_audit (
    LIKE diesel_audit.entry INCLUDING ALL,
    audit_username text,
    id bigint,
    body text
);
SELECT diesel_audit.fit('public.posts', 'audit.posts_audit', '{id,body}', ours => '{"audit_username": "text"}');
ALTER TABLE audit.posts_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username');
CREATE INDEX IF NOT EXISTS posts_audit_key_idx ON audit.posts_audit (id, audit_id);

-- Every name is qualified, so the functions need no search_path. Where a column has another type in the audit table
-- than in the source, the CASE is NULL, and the statement is refused.
CREATE OR REPLACE FUNCTION audit.posts_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.posts_audit (audit_operation, audit_version, id, body)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.body END),
            ROW((NULL::audit.posts_audit).id, (NULL::audit.posts_audit).body)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.body
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.posts_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.posts_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO audit.posts_audit (audit_operation, audit_replaces, audit_ended, id, body)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.body
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('audit.posts_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.posts_audit (audit_operation, audit_replaces, audit_version, id, body)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.body END),
            ROW((NULL::audit.posts_audit).id, (NULL::audit.posts_audit).body)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.body
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.posts_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.posts_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.posts_audit (audit_operation, audit_replaces, audit_ended, id, body)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.body END),
            ROW((NULL::audit.posts_audit).id, (NULL::audit.posts_audit).body)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.body
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.posts_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_posts_audit_insert" AFTER INSERT ON public.posts
    FOR EACH ROW EXECUTE FUNCTION audit.posts_audit_insert();
CREATE OR REPLACE TRIGGER "00_posts_audit_update" AFTER UPDATE ON public.posts
    FOR EACH ROW EXECUTE FUNCTION audit.posts_audit_update();
CREATE OR REPLACE TRIGGER "00_posts_audit_delete" AFTER DELETE ON public.posts
    FOR EACH ROW EXECUTE FUNCTION audit.posts_audit_delete();
CREATE OR REPLACE TRIGGER "00_posts_audit_truncate" AFTER TRUNCATE ON public.posts
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.posts_audit');
SELECT diesel_audit.close('public.posts', 'audit.posts_audit', state => '8fbff2f05a5da831',
    functions => '{audit.posts_audit_insert(),audit.posts_audit_update(),audit.posts_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_posts_audit_truncate');
SELECT diesel_audit.finish();
