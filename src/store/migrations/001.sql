-- Caches: they save work and decide nothing.
CREATE TABLE files (
	device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
	mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, digest TEXT NOT NULL,
	PRIMARY KEY (device, inode)
) WITHOUT ROWID;

CREATE TABLE results (
	digest TEXT NOT NULL, rules TEXT NOT NULL, result BLOB NOT NULL,
	PRIMARY KEY (digest, rules)
);

CREATE TABLE artifacts (
	name TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, kind TEXT NOT NULL,
	first_seen_ms INTEGER NOT NULL,
	PRIMARY KEY (name, version, digest)
) WITHOUT ROWID;
CREATE INDEX artifacts_digest ON artifacts (digest);

-- From here on: made from the ledger, and made again by a reindex.
CREATE TABLE evidence (
	idx INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, signer TEXT NOT NULL,
	time_ms INTEGER NOT NULL
);
CREATE INDEX evidence_id ON evidence (id);
CREATE INDEX evidence_type ON evidence (type, idx);

CREATE TABLE subjects (
	digest TEXT NOT NULL, idx INTEGER NOT NULL,
	PRIMARY KEY (digest, idx)
) WITHOUT ROWID;
CREATE INDEX subjects_idx ON subjects (idx);

CREATE TABLE edges (
	from_digest TEXT NOT NULL, to_digest TEXT NOT NULL, step TEXT NOT NULL, evidence TEXT NOT NULL,
	PRIMARY KEY (from_digest, to_digest, step, evidence)
) WITHOUT ROWID;
CREATE INDEX edges_to ON edges (to_digest);

CREATE TABLE quarantines (
	evidence TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, by_name TEXT NOT NULL, reason TEXT NOT NULL,
	time_ms INTEGER NOT NULL, lifted_by TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

CREATE TABLE labels (
	digest TEXT NOT NULL, evidence TEXT NOT NULL, sensitivity TEXT NOT NULL, classes TEXT NOT NULL,
	PRIMARY KEY (digest, evidence)
) WITHOUT ROWID;

CREATE TABLE findings (
	digest TEXT NOT NULL, evidence TEXT NOT NULL, rule TEXT NOT NULL, path TEXT NOT NULL, field TEXT NOT NULL,
	severity TEXT NOT NULL, confidence TEXT NOT NULL, data_class TEXT NOT NULL, count INTEGER NOT NULL,
	PRIMARY KEY (digest, evidence, rule, path, field)
) WITHOUT ROWID;

-- What custom controls may read: docs/views.md.
CREATE VIEW v_artifacts AS
	SELECT name, version, kind, digest, strftime('%Y-%m-%dT%H:%M:%SZ', first_seen_ms / 1000, 'unixepoch') AS first_seen
	FROM artifacts;
CREATE VIEW v_evidence AS
	SELECT e.id AS id, e.type AS type, s.digest AS subject, e.signer AS signer, e.idx AS ledger_index,
	       strftime('%Y-%m-%dT%H:%M:%SZ', e.time_ms / 1000, 'unixepoch') AS time
	FROM evidence e LEFT JOIN subjects s ON s.idx = e.idx;
CREATE VIEW v_lineage AS
	SELECT from_digest AS source, to_digest AS target, step, evidence FROM edges;
CREATE VIEW v_upstream AS
	WITH RECURSIVE up (digest, ancestor) AS (
		SELECT to_digest, from_digest FROM edges
		UNION
		SELECT up.digest, edges.from_digest FROM up JOIN edges ON edges.to_digest = up.ancestor
	)
	SELECT digest, ancestor FROM up;
CREATE VIEW v_quarantines AS
	SELECT evidence, digest, by_name AS by, reason,
	       strftime('%Y-%m-%dT%H:%M:%SZ', time_ms / 1000, 'unixepoch') AS time,
	       lifted_by = '' AS holds, lifted_by
	FROM quarantines;
CREATE VIEW v_labels AS
	SELECT digest, sensitivity, classes, evidence FROM labels;
CREATE VIEW v_findings AS
	SELECT digest, rule, severity, confidence, data_class, path, field, count, evidence FROM findings;
