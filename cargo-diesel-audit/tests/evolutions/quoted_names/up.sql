-- Change of the audit of public."Order ""x""": added "select".
SELECT diesel_audit.start('5s',  E'{"public.\\"Order \\"\\"x\\"\\"\\"","audit.\\"Order \\"\\"x\\"\\"_audit\\""}',
    exclusive =>  E'{"audit.\\"Order \\"\\"x\\"\\"_audit\\""}');
SELECT diesel_audit.expect('audit."Order ""x""_audit"', from_state => '5614746a383fe832', to_state => '42f89525779139a4');
SELECT diesel_audit.fit('public."Order ""x"""', 'audit."Order ""x""_audit"', '{id,"it''s",select}',
    ours => '{"audit_username": "text"}', changing => '{"select": "integer"}');

CREATE OR REPLACE FUNCTION audit."Order ""x""_audit_insert"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit."Order ""x""_audit" (audit_operation, audit_version, id, "it's", "select")
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW."it's" END,
                CASE WHEN false THEN NEW."select" END),
            ROW((NULL::audit."Order ""x""_audit").id, (NULL::audit."Order ""x""_audit")."it's",
                (NULL::audit."Order ""x""_audit")."select")) THEN 'I' END,
        NEW.ctid, NEW.id, NEW."it's", NEW."select"
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
        INSERT INTO audit."Order ""x""_audit" (audit_operation, audit_replaces, audit_ended, id, "it's", "select")
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD."it's", OLD."select"
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('audit."Order ""x""_audit"', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit."Order ""x""_audit" (audit_operation, audit_replaces, audit_version, id, "it's", "select")
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW."it's" END,
                CASE WHEN false THEN NEW."select" END),
            ROW((NULL::audit."Order ""x""_audit").id, (NULL::audit."Order ""x""_audit")."it's",
                (NULL::audit."Order ""x""_audit")."select")) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW."it's", NEW."select"
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit."Order ""x""_audit"', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit."Order ""x""_audit_delete"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit."Order ""x""_audit" (audit_operation, audit_replaces, audit_ended, id, "it's", "select")
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD."it's" END,
                CASE WHEN false THEN OLD."select" END),
            ROW((NULL::audit."Order ""x""_audit").id, (NULL::audit."Order ""x""_audit")."it's",
                (NULL::audit."Order ""x""_audit")."select")) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD."it's", OLD."select"
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit."Order ""x""_audit"', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

SELECT diesel_audit.close('public."Order ""x"""', 'audit."Order ""x""_audit"', state => '42f89525779139a4',
    functions =>  E'{"audit.\\"Order \\"\\"x\\"\\"_audit_insert\\"()","audit.\\"Order \\"\\"x\\"\\"_audit_update\\"()","audit.\\"Order \\"\\"x\\"\\"_audit_delete\\"()"}',
    key => '{id}', required => '{username}', max_bytes => 1024, truncate_trigger => '00_Order "x"_audit_truncate');
SELECT diesel_audit.finish();
