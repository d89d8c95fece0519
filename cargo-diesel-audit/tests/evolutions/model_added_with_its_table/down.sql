-- End of the audit of public.posts. Its history stays in audit.posts_audit.
SELECT diesel_audit.start('5s', '{public.posts}', exclusive => '{public.posts}');
DROP TRIGGER IF EXISTS "00_posts_audit_insert" ON public.posts;
DROP TRIGGER IF EXISTS "00_posts_audit_update" ON public.posts;
DROP TRIGGER IF EXISTS "00_posts_audit_delete" ON public.posts;
DROP TRIGGER IF EXISTS "00_posts_audit_truncate" ON public.posts;
DROP FUNCTION IF EXISTS audit.posts_audit_insert();
DROP FUNCTION IF EXISTS audit.posts_audit_update();
DROP FUNCTION IF EXISTS audit.posts_audit_delete();
SELECT diesel_audit.leave('audit.posts_audit', from_state => '8fbff2f05a5da831');
SELECT diesel_audit.finish();
