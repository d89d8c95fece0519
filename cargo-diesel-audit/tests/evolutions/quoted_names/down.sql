-- Change of the audit of public."Order ""x""": ended "select".
SELECT diesel_audit.start('5s',  E'{"public.\\"Order \\"\\"x\\"\\"\\"","audit.\\"Order \\"\\"x\\"\\"_audit\\""}',
    exclusive =>  E'{"audit.\\"Order \\"\\"x\\"\\"_audit\\""}');
SELECT diesel_audit.expect('audit."Order ""x""_audit"', from_state => '42f89525779139a4', to_state => '5614746a383fe832');
SELECT diesel_audit.retire('audit."Order ""x""_audit"', 'select');
SELECT diesel_audit.fit('public."Order ""x"""', 'audit."Order ""x""_audit"', '{id,"it''s"}', ours => '{"audit_username": "text"}',
    excluded => '{select}');

CREATE OR REPLACE FUNCTION audit."Order ""x""_audit_insert"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit."Order ""x""_audit" (audit_operation, audit_version, id, "it's")
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW."it's" END),
            ROW((NULL::audit."Order ""x""_audit").id, (NULL::audit."Order ""x""_audit")."it's")) THEN 'I' END,
        NEW.ctid, NEW.id, NEW."it's"
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit."Order ""x""_audit"', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit."Order ""x""_audit_update"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO audit."Order ""x""_audit" (audit_operation, audit_replaces, audit_ended, id, "it's")
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD."it's"
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('audit."Order ""x""_audit"', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit."Order ""x""_audit" (audit_operation, audit_replaces, audit_version, id, "it's")
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW."it's" END),
            ROW((NULL::audit."Order ""x""_audit").id, (NULL::audit."Order ""x""_audit")."it's")) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW."it's"
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit."Order ""x""_audit"', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit."Order ""x""_audit_delete"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit."Order ""x""_audit" (audit_operation, audit_replaces, audit_ended, id, "it's")
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD."it's" END),
            ROW((NULL::audit."Order ""x""_audit").id, (NULL::audit."Order ""x""_audit")."it's")) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD."it's"
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit."Order ""x""_audit"', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

SELECT diesel_audit.close('public."Order ""x"""', 'audit."Order ""x""_audit"', state => '5614746a383fe832',
    functions =>  E'{"audit.\\"Order \\"\\"x\\"\\"_audit_insert\\"()","audit.\\"Order \\"\\"x\\"\\"_audit_update\\"()","audit.\\"Order \\"\\"x\\"\\"_audit_delete\\"()"}',
    key => '{id}', required => '{username}', max_bytes => 1024, truncate_trigger => '00_Order "x"_audit_truncate');
SELECT diesel_audit.finish();
