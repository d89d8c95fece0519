-- Change of the audit of public.users: audit table audit.users_audit (was history.users_audit); function
-- audit.users_audit (was history.users_audit).
SELECT diesel_audit.start('5s', '{public.users,history.users_audit}', exclusive => '{history.users_audit}');
SELECT diesel_audit.expect('history.users_audit', from_state => '891ab6f3b8b4535f', to_state => '45537dfdbeaa72ee');
SELECT diesel_audit.make_schema('audit');
ALTER TABLE history.users_audit SET SCHEMA audit;
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,visits}',
    ours => '{"audit_username": "text", "audit_hash_email": "bytea"}', marked => '{email}');
ALTER TABLE audit.users_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username');

CREATE OR REPLACE FUNCTION audit.users_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
DECLARE
    inner_pad pg_catalog.bytea;
    outer_pad pg_catalog.bytea;
BEGIN
    SELECT k.inner_pad, k.outer_pad INTO inner_pad, outer_pad FROM diesel_audit.pads('public.users') AS k;
    INSERT INTO audit.users_audit (audit_operation, audit_version, id, audit_hash_email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.visits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).visits)) THEN 'I' END,
        NEW.ctid, NEW.id,
        diesel_audit.digest(pg_catalog.num_nulls(NEW.email), pg_catalog.format('%s', NEW.email), inner_pad, outer_pad), NEW.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.users_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.users_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
DECLARE
    inner_pad pg_catalog.bytea;
    outer_pad pg_catalog.bytea;
BEGIN
    SELECT k.inner_pad, k.outer_pad INTO inner_pad, outer_pad FROM diesel_audit.pads('public.users') AS k;
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, audit_hash_email, visits)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id,
            diesel_audit.digest(pg_catalog.num_nulls(OLD.email), pg_catalog.format('%s', OLD.email), inner_pad, outer_pad),
            OLD.visits
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_version, id, audit_hash_email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.visits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).visits)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id,
        diesel_audit.digest(pg_catalog.num_nulls(NEW.email), pg_catalog.format('%s', NEW.email), inner_pad, outer_pad), NEW.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.users_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.users_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
DECLARE
    inner_pad pg_catalog.bytea;
    outer_pad pg_catalog.bytea;
BEGIN
    SELECT k.inner_pad, k.outer_pad INTO inner_pad, outer_pad FROM diesel_audit.pads('public.users') AS k;
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, audit_hash_email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.visits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).visits)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id,
        diesel_audit.digest(pg_catalog.num_nulls(OLD.email), pg_catalog.format('%s', OLD.email), inner_pad, outer_pad), OLD.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_users_audit_insert" AFTER INSERT ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_insert();
CREATE OR REPLACE TRIGGER "00_users_audit_update" AFTER UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_update();
CREATE OR REPLACE TRIGGER "00_users_audit_delete" AFTER DELETE ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_delete();
CREATE OR REPLACE TRIGGER "00_users_audit_truncate" AFTER TRUNCATE ON public.users
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.users_audit');
DROP FUNCTION IF EXISTS history.users_audit_insert();
DROP FUNCTION IF EXISTS history.users_audit_update();
DROP FUNCTION IF EXISTS history.users_audit_delete();
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '45537dfdbeaa72ee',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.leave_schema('history');
SELECT diesel_audit.finish();
