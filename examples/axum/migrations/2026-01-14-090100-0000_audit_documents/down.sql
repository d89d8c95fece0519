-- End of the audit of public.documents. Its history stays in audit.documents_audit.
SELECT diesel_audit.start('5s', '{public.documents}', exclusive => '{public.documents}');
DROP TRIGGER IF EXISTS "00_documents_audit_insert" ON public.documents;
DROP TRIGGER IF EXISTS "00_documents_audit_update" ON public.documents;
DROP TRIGGER IF EXISTS "00_documents_audit_delete" ON public.documents;
DROP TRIGGER IF EXISTS "00_documents_audit_truncate" ON public.documents;
DROP FUNCTION IF EXISTS audit.documents_audit_insert();
DROP FUNCTION IF EXISTS audit.documents_audit_update();
DROP FUNCTION IF EXISTS audit.documents_audit_delete();
SELECT diesel_audit.leave('audit.documents_audit', from_state => '09fb506a1ff2ffbe');
SELECT diesel_audit.finish();
