-- A file with everything that a schema.ts has no word for, and every name it does not like. For pull.test.ts.
PRAGMA foreign_keys = OFF;
CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL COLLATE NOCASE UNIQUE,
  name TEXT NOT NULL DEFAULT 'nobody' CHECK (length(name) BETWEEN 1 AND 80),
  boss INTEGER REFERENCES people(id) ON DELETE SET NULL,
  favourite INTEGER REFERENCES "Order"(number) ON UPDATE CASCADE,
  active BOOLEAN NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  score REAL DEFAULT 0.5,
  joined DATETIME DEFAULT CURRENT_TIMESTAMP,
  born DATE DEFAULT (date('now')),
  token TEXT DEFAULT (hex(randomblob(16))),
  CHECK (score >= 0 AND score <= 1),
  CHECK (email LIKE '%_@_%'),
  CHECK (lower(name) <> 'root'),
  CONSTRAINT "no self" CHECK (boss IS NULL OR boss <> id)
);
CREATE TABLE "Order" (
  number INTEGER NOT NULL, line INTEGER NOT NULL, buyer INTEGER NOT NULL REFERENCES people ON DELETE CASCADE,
  quantity INTEGER NOT NULL, price REAL NOT NULL,
  total REAL GENERATED ALWAYS AS (quantity * price) STORED,
  label TEXT AS ('#' || code) VIRTUAL, code TEXT,
  shout TEXT AS (upper(code)),
  UNIQUE (number), PRIMARY KEY (number, line)
) WITHOUT ROWID;
CREATE TABLE "computed" (id INTEGER PRIMARY KEY, quantity INTEGER NOT NULL, price REAL NOT NULL, total REAL GENERATED ALWAYS AS (quantity * price) STORED, label TEXT AS ('#' || code) VIRTUAL, code TEXT);
CREATE TABLE strict_one (id INT PRIMARY KEY NOT NULL, a ANY, b BLOB, c REAL, d INTEGER) STRICT;
CREATE TABLE parts (number INTEGER, line INTEGER, part TEXT, note TEXT, FOREIGN KEY (number, line) REFERENCES "Order"(number, line) ON DELETE CASCADE, UNIQUE (number, part) ON CONFLICT REPLACE);
CREATE TABLE keyless (a TEXT, b TEXT);
CREATE TABLE "weird ""table"" (x)" ("select" TEXT, "a.b" INTEGER PRIMARY KEY, "ümlaut 名" TEXT, "it's" TEXT, "${x}`" TEXT DEFAULT '`${y}\');
CREATE TABLE "dotted.name" (id INTEGER PRIMARY KEY, up INTEGER REFERENCES "dotted.name"(id));
CREATE TABLE points_to_dotted (id INTEGER PRIMARY KEY, up INTEGER REFERENCES "dotted.name"(id), "to" INTEGER REFERENCES gone(id));
CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER NOT NULL REFERENCES b(id));
CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a(id));
CREATE TABLE "__proto__" (id INTEGER PRIMARY KEY);
CREATE TABLE "toString" (id INTEGER PRIMARY KEY, valueOf TEXT);
CREATE TABLE made (id INTEGER PRIMARY KEY, "constructor" TEXT);
CREATE TABLE "pg_thing" (id INTEGER PRIMARY KEY);
CREATE TABLE rowids (oid INTEGER, x TEXT);
CREATE TABLE codes (code TEXT PRIMARY KEY, n INT DEFAULT '7', big INTEGER DEFAULT 9007199254740993, neg INTEGER DEFAULT -3, f REAL DEFAULT 1e3);
CREATE TABLE keyless_target (code TEXT REFERENCES codes(n), x TEXT REFERENCES people(id));
CREATE INDEX by_name ON people (name, score DESC);
CREATE UNIQUE INDEX one_boss ON people (boss) WHERE active = 1 AND boss IS NOT NULL;
CREATE INDEX low ON people (lower(name));
CREATE INDEX odd ON people (name) WHERE upper(name) = 'X';
CREATE INDEX nocase ON people (name COLLATE NOCASE);
CREATE TRIGGER touch AFTER UPDATE ON people BEGIN UPDATE people SET score = 1 WHERE id = new.id; END;
CREATE VIRTUAL TABLE found USING fts5(name, email);
CREATE VIEW bosses AS WITH RECURSIVE up(id, boss) AS (SELECT id, boss FROM people UNION ALL SELECT p.id, p.boss FROM people p JOIN up ON up.boss = p.id) SELECT DISTINCT id, boss FROM up;
CREATE VIEW active_people AS SELECT id, name FROM people WHERE active = 1;
CREATE VIEW broken AS SELECT * FROM nowhere;
INSERT INTO people (email, name) VALUES ('a@b', 'x');
INSERT INTO people (email, name, boss, score) VALUES ('c@d', 'y', 1, 0.25), ('é@ü', 'Z', 2, NULL);
INSERT INTO "Order" (number, line, buyer, quantity, price, code) VALUES (1, 1, 1, 2, 9.5, 'ab'), (2, 2, 2, 1, 0.1, NULL);
INSERT INTO computed (quantity, price, code) VALUES (3, 1.5, 'x');
INSERT INTO strict_one VALUES (1, 'any', x'00ff', 1.5, 7);
INSERT INTO keyless VALUES ('a', 'b'), ('a', 'b');
INSERT INTO "weird ""table"" (x)" ("select", "it's") VALUES ('s', 'i');
INSERT INTO "dotted.name" VALUES (1, 1);
INSERT INTO points_to_dotted VALUES (1, 1, NULL);
INSERT INTO rowids VALUES (5, 'x');
INSERT INTO codes (code) VALUES ('a'), (NULL);
