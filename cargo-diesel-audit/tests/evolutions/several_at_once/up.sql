-- Change of the audit of public.users: added audit_tenant, plan; renamed email to mail; ended audit_username, visits;
-- other operations.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{public.users,audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => '85dff179cce0ba57');
ALTER TABLE audit.users_audit RENAME COLUMN email TO mail;
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,mail,plan}', ours => '{"audit_tenant": "text"}',
    excluded => '{email,visits}', changing => '{"mail": null, "plan": null}');
SELECT diesel_audit.drop_default('audit.users_audit', 'audit_username');
ALTER TABLE audit.users_audit
    ALTER audit_tenant SET DEFAULT diesel_audit.setting('tenant');

CREATE OR REPLACE FUNCTION audit.users_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_version, id, mail, plan)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.mail END,
                CASE WHEN false THEN NEW.plan END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).mail, (NULL::audit.users_audit).plan)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.mail, NEW.plan
    WHERE diesel_audit.is_short('tenant', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.users_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.users_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, mail, plan)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.mail, OLD.plan
        WHERE diesel_audit.is_short('tenant', 1024);
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_version, id, mail, plan)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.mail END,
                CASE WHEN false THEN NEW.plan END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).mail, (NULL::audit.users_audit).plan)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.mail, NEW.plan
    WHERE diesel_audit.is_short('tenant', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.users_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.users_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, mail, plan)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.mail END,
                CASE WHEN false THEN OLD.plan END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).mail, (NULL::audit.users_audit).plan)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.mail, OLD.plan
    WHERE diesel_audit.is_short('tenant', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

DROP TRIGGER "00_users_audit_truncate" ON public.users;
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '85dff179cce0ba57',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    optional => '{tenant}', max_bytes => 1024);
SELECT diesel_audit.finish();
