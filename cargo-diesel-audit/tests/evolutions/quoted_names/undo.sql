ALTER TABLE "Order ""x""" DROP COLUMN "select";
