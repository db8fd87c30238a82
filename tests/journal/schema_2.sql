PRAGMA application_id=1330075441;
PRAGMA user_version=2;
BEGIN TRANSACTION;
CREATE TABLE message (
            station TEXT NOT NULL, seq INTEGER NOT NULL, role TEXT NOT NULL, action TEXT NOT NULL,
            dialect TEXT NOT NULL, codec TEXT NOT NULL, raw TEXT NOT NULL, payload TEXT NOT NULL, key TEXT NOT NULL,
            "transaction" INTEGER, received TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'parked')),
            attempts INTEGER NOT NULL, rendered TEXT, flags TEXT NOT NULL, why TEXT NOT NULL DEFAULT '', answers TEXT, cuts INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (station, seq)) STRICT;
INSERT INTO "message" VALUES('CP 1',1,'start','MeterValues','ocpp1.5','soap','','','k1',7,'2026-12-01T07:00:01.000Z','delivered',2,NULL,'','',NULL,0);
INSERT INTO "message" VALUES('CP 1',2,'meter','MeterValues','ocpp1.5','soap','<raw 2/>','{"n":2}','k2',7,'2026-12-01T07:00:02.000Z','parked',5,'[["TransactionEvent",{"seqNo":1}],["TransactionEvent",{"seqNo":2}]]','','no','[{}]',0);
INSERT INTO "message" VALUES('CP 1',3,'meter','MeterValues','ocpp1.5','soap','<raw 3/>','{"n":3}','k3',7,'2026-12-01T07:00:03.000Z','parked',5,NULL,'','no',NULL,0);
INSERT INTO "message" VALUES('CP 1',4,'meter','MeterValues','ocpp1.5','soap','<raw 4/>','{"n":4}','k4',NULL,'2026-12-01T07:00:04.000Z','parked',0,NULL,'foreign','',NULL,0);
INSERT INTO "message" VALUES('CP 1',5,'meter','MeterValues','ocpp1.5','soap','<raw 5/>','{"n":5}','k5',NULL,'2026-12-01T07:00:05.000Z','queued',1,'[["TransactionEvent",{"seqNo":1}],["TransactionEvent",{"seqNo":2}]]','','','[{}]',2);
INSERT INTO "message" VALUES('CP 1',6,'meter','MeterValues','ocpp1.5','soap','<raw 6/>','{"n":6}','k6',NULL,'2026-12-01T07:00:06.000Z','queued',0,NULL,'','',NULL,0);
INSERT INTO "message" VALUES('CP 2',1,'stop','StopTransaction','ocpp1.6','json','[2]','{}','s1',NULL,'2026-12-01T07:00:09.000Z','queued',0,NULL,'','',NULL,0);
CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL) STRICT;
INSERT INTO "probe" VALUES(1,0);
CREATE TABLE register (id INTEGER PRIMARY KEY, station TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
            json TEXT NOT NULL, UNIQUE (station, name, key)) STRICT;
INSERT INTO "register" VALUES(1,'CP 1','seq','7','3');
CREATE TABLE replay (station TEXT NOT NULL, seq INTEGER NOT NULL, anew INTEGER NOT NULL,
            PRIMARY KEY (station, seq)) STRICT, WITHOUT ROWID;
INSERT INTO "replay" VALUES('CP 1',3,0);
CREATE TABLE station (name TEXT PRIMARY KEY, next_seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "station" VALUES('CP 1',7);
INSERT INTO "station" VALUES('CP 2',2);
CREATE TABLE txn (
            station TEXT NOT NULL, gateway_id INTEGER NOT NULL, station_id TEXT NOT NULL, backend_id TEXT,
            connector INTEGER, token TEXT, start_key TEXT NOT NULL, started TEXT NOT NULL, meter_start TEXT,
            ended TEXT, stop_key TEXT, answer TEXT, local INTEGER NOT NULL, flags TEXT NOT NULL,
            closed INTEGER, UNIQUE (station, gateway_id)) STRICT;
INSERT INTO "txn" VALUES('CP 1',7,'7','99',1,'TAG','k1','2026-12-01T07:00:01.000Z','100',NULL,NULL,NULL,0,'parked',NULL);
CREATE TABLE value (station TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (station, name)) STRICT, WITHOUT ROWID;
INSERT INTO "value" VALUES('CP 1','next_transaction','8');
CREATE INDEX waiting ON message (state, received, station) WHERE state <> 'delivered';
CREATE INDEX waiting_of ON message (station, "transaction") WHERE state <> 'delivered';
CREATE INDEX txn_closed ON txn (station, closed);
COMMIT;
