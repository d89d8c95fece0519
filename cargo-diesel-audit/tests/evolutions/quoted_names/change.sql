ALTER TABLE "Order ""x""" ADD COLUMN "select" integer DEFAULT 1;
