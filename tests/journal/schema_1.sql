PRAGMA application_id=1330075441;
PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE message (
            station TEXT NOT NULL, seq INTEGER NOT NULL, role TEXT NOT NULL, action TEXT NOT NULL,
            dialect TEXT NOT NULL, codec TEXT NOT NULL, raw TEXT NOT NULL, payload TEXT NOT NULL, key TEXT NOT NULL,
            "transaction" INTEGER, received TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'parked')),
            attempts INTEGER NOT NULL, rendered TEXT, flags TEXT NOT NULL, why TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (station, seq)) STRICT;
INSERT INTO "message" VALUES('CP 1',1,'start','StartTransaction','ocpp1.5','soap','','','k1',7,'2026-11-22T07:00:00.000Z','delivered',0,NULL,'','');
INSERT INTO "message" VALUES('CP 1',2,'meter','StartTransaction','ocpp1.5','soap','<raw/>','{"connectorId":1}','k2',7,'2026-11-22T07:00:00.000Z','parked',5,NULL,'','FormationViolation');
INSERT INTO "message" VALUES('CP 1',3,'stop','StartTransaction','ocpp1.5','soap','<raw/>','{"connectorId":1}','k3',7,'2026-11-22T07:00:00.000Z','queued',0,NULL,'','');
CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL) STRICT;
INSERT INTO "probe" VALUES(1,0);
CREATE TABLE register (station TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (station, name, key)) STRICT, WITHOUT ROWID;
CREATE TABLE station (name TEXT PRIMARY KEY, next_seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "station" VALUES('CP 1',4);
CREATE TABLE txn (
            station TEXT NOT NULL, gateway_id INTEGER NOT NULL, station_id TEXT NOT NULL, backend_id TEXT,
            connector INTEGER, token TEXT, start_key TEXT NOT NULL, started TEXT NOT NULL, meter_start TEXT,
            ended TEXT, stop_key TEXT, answer TEXT, local INTEGER NOT NULL, flags TEXT NOT NULL,
            closed INTEGER, UNIQUE (station, gateway_id)) STRICT;
INSERT INTO "txn" VALUES('CP 1',7,'7','99',1,'TAG','k1','2026-11-22T07:00:00.000Z','100',NULL,NULL,'accepted',0,'',NULL);
CREATE TABLE value (station TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (station, name)) STRICT, WITHOUT ROWID;
INSERT INTO "value" VALUES('CP 1','first_transaction','7');
INSERT INTO "value" VALUES('CP 1','listener','"listener-1"');
INSERT INTO "value" VALUES('CP 1','next_transaction','8');
CREATE INDEX waiting ON message (state, received, station) WHERE state <> 'delivered';
CREATE INDEX waiting_of ON message (station, "transaction") WHERE state <> 'delivered';
CREATE INDEX txn_closed ON txn (station, closed);
COMMIT;
