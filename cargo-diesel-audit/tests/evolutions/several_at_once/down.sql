-- Change of the audit of public.users: renamed mail to email; ended audit_tenant, plan; resumed audit_username,
-- visits; other operations.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '85dff179cce0ba57', to_state => '9d935c808884ef51');
SELECT diesel_audit.retire('audit.users_audit', 'audit_tenant');
SELECT diesel_audit.retire('audit.users_audit', 'plan');
ALTER TABLE audit.users_audit RENAME COLUMN mail TO email;
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}',
    excluded => '{mail,plan}', changing => '{"email": null, "visits": "integer"}');
SELECT diesel_audit.drop_default('audit.users_audit', 'audit_tenant');
ALTER TABLE audit.users_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username');

CREATE OR REPLACE FUNCTION audit.users_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_version, id, email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END,
                CASE WHEN false THEN NEW.visits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email, (NULL::audit.users_audit).visits)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.email, NEW.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.users_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.users_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, email, visits)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.visits
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_version, id, email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END,
                CASE WHEN false THEN NEW.visits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email, (NULL::audit.users_audit).visits)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.email, NEW.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.users_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.users_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.email END,
                CASE WHEN false THEN OLD.visits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email, (NULL::audit.users_audit).visits)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_users_audit_truncate" AFTER TRUNCATE ON public.users
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.users_audit');
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '9d935c808884ef51',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
