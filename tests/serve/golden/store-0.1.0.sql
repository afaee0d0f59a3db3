BEGIN TRANSACTION;
CREATE TABLE interpretations (
	id VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	key_name VARCHAR(64) NOT NULL, 
	source VARCHAR(16) NOT NULL, 
	panel JSON NOT NULL, 
	report JSON NOT NULL, 
	model VARCHAR(128) NOT NULL, 
	language VARCHAR(2) NOT NULL, 
	seconds DOUBLE NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "interpretations" VALUES('df193807a77b4b949f4000f4f4cb31ed','2026-11-30 07:13:25.813161','dr','api','{"results": [{"analyte": "Creatinine", "value": "70", "unit": "umol/L", "low": "60", "high": "110", "flag": null, "loinc": null, "comment": null, "status": null}], "sex": "M", "age_years": 60.0, "pregnant": null, "collected_at": "2026-03-01T08:00:00", "report_id": "R1", "patient_id": "P1", "laboratory": null, "context": ""}','{"id": "df193807a77b4b949f4000f4f4cb31ed", "report_id": "R1", "patient": "Man, 60 years.", "language": "en", "results": [{"analyte": "creatinine", "name": "Creatinine", "group": "renal", "reported_name": "Creatinine", "loinc": null, "value": 70.0, "comparator": null, "unit": "umol/L", "low": 60.0, "high": 110.0, "range_source": "laboratory", "flag": "N", "critical": false, "laboratory_flag": null, "reported_value": "70", "reported_unit": "umol/L", "shown": {"value": "70", "unit": "umol/L", "range": "60-110"}, "reading": {"low": 0.04, "normal": 0.9, "high": 0.06}, "agrees": true}], "findings": [], "indices": [{"id": "egfr", "name": "eGFR", "value": 101.63604875908628, "unit": "mL/min/{1.73_m2}", "why_not": null}], "rejects": [], "interpretation": "Nothing more.", "follow_up": "None.", "written_by": "model", "withheld": false, "draft": null, "checks": [{"code": "form", "ok": true, "message": ""}, {"code": "language", "ok": true, "message": ""}, {"code": "numbers", "ok": true, "message": ""}, {"code": "directions", "ok": true, "message": ""}, {"code": "findings", "ok": true, "message": ""}, {"code": "omissions", "ok": true, "message": ""}, {"code": "critical", "ok": true, "message": ""}, {"code": "treatment", "ok": true, "message": ""}, {"code": "words", "ok": true, "message": ""}, {"code": "second_reading", "ok": true, "message": "The model''s own reading agrees with the rules on every result."}], "model": "scribe", "engine": "test", "seconds": 0.003, "notice": "Draft for a qualified reader: not validated, not a diagnosis, not a medical device."}','scribe','en',2.57247000081406440585e-03);
INSERT INTO "interpretations" VALUES('956a83f5d0dd4a9f8038edc813db0683','2026-11-30 07:13:25.842129','dr','api','{"results": [{"analyte": "Creatinine", "value": "109", "unit": "umol/L", "low": "60", "high": "110", "flag": null, "loinc": null, "comment": null, "status": null}], "sex": "M", "age_years": 60.0, "pregnant": null, "collected_at": "2026-03-02T08:00:00", "report_id": "R2", "patient_id": "P1", "laboratory": null, "context": ""}','{"id": "956a83f5d0dd4a9f8038edc813db0683", "report_id": "R2", "patient": "Man, 60 years.", "language": "en", "results": [{"analyte": "creatinine", "name": "Creatinine", "group": "renal", "reported_name": "Creatinine", "loinc": null, "value": 109.0, "comparator": null, "unit": "umol/L", "low": 60.0, "high": 110.0, "range_source": "laboratory", "flag": "N", "critical": false, "laboratory_flag": null, "reported_value": "109", "reported_unit": "umol/L", "shown": {"value": "109", "unit": "umol/L", "range": "60-110"}, "reading": {"low": 0.04, "normal": 0.9, "high": 0.06}, "agrees": true}], "findings": [], "indices": [{"id": "egfr", "name": "eGFR", "value": 67.0297678761646, "unit": "mL/min/{1.73_m2}", "why_not": null}], "rejects": [], "interpretation": "Nothing more.", "follow_up": "None.", "written_by": "model", "withheld": false, "draft": null, "checks": [{"code": "form", "ok": true, "message": ""}, {"code": "language", "ok": true, "message": ""}, {"code": "numbers", "ok": true, "message": ""}, {"code": "directions", "ok": true, "message": ""}, {"code": "findings", "ok": true, "message": ""}, {"code": "omissions", "ok": true, "message": ""}, {"code": "critical", "ok": true, "message": ""}, {"code": "treatment", "ok": true, "message": ""}, {"code": "words", "ok": true, "message": ""}, {"code": "second_reading", "ok": true, "message": "The model''s own reading agrees with the rules on every result."}], "model": "scribe", "engine": "test", "seconds": 0.002, "notice": "Draft for a qualified reader: not validated, not a diagnosis, not a medical device."}','scribe','en',2.32486700042500160634e-03);
INSERT INTO "interpretations" VALUES('5d09577ca5784b6584e8bdb76611b402','2026-11-30 07:13:25.859935','dr','api','{"results": [{"analyte": "Creatinine", "value": "80", "unit": "umol/L", "low": "60", "high": "110", "flag": null, "loinc": null, "comment": null, "status": null}], "sex": "M", "age_years": 60.0, "pregnant": null, "collected_at": "2026-03-02T08:00:00", "report_id": "R3", "patient_id": "patient", "laboratory": null, "context": ""}','{"id": "5d09577ca5784b6584e8bdb76611b402", "report_id": "R3", "patient": "Man, 60 years.", "language": "en", "results": [{"analyte": "creatinine", "name": "Creatinine", "group": "renal", "reported_name": "Creatinine", "loinc": null, "value": 80.0, "comparator": null, "unit": "umol/L", "low": 60.0, "high": 110.0, "range_source": "laboratory", "flag": "N", "critical": false, "laboratory_flag": null, "reported_value": "80", "reported_unit": "umol/L", "shown": {"value": "80", "unit": "umol/L", "range": "60-110"}, "reading": {"low": 0.04, "normal": 0.9, "high": 0.06}, "agrees": true}], "findings": [], "indices": [{"id": "egfr", "name": "eGFR", "value": 97.15642557966, "unit": "mL/min/{1.73_m2}", "why_not": null}], "rejects": [], "interpretation": "Nothing more.", "follow_up": "None.", "written_by": "model", "withheld": false, "draft": null, "checks": [{"code": "form", "ok": true, "message": ""}, {"code": "language", "ok": true, "message": ""}, {"code": "numbers", "ok": true, "message": ""}, {"code": "directions", "ok": true, "message": ""}, {"code": "findings", "ok": true, "message": ""}, {"code": "omissions", "ok": true, "message": ""}, {"code": "critical", "ok": true, "message": ""}, {"code": "treatment", "ok": true, "message": ""}, {"code": "words", "ok": true, "message": ""}, {"code": "second_reading", "ok": true, "message": "The model''s own reading agrees with the rules on every result."}], "model": "scribe", "engine": "test", "seconds": 0.003, "notice": "Draft for a qualified reader: not validated, not a diagnosis, not a medical device."}','scribe','en',3.17236400042020250111e-03);
CREATE TABLE keys (
	id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	UNIQUE (sha256)
);
INSERT INTO "keys" VALUES(1,'dr','reviewer','57c108a61f211670335714e275d008b744240ef229b719d64575babf63f2fa1a','2026-11-30 07:13:25.804007',NULL);
CREATE TABLE rejected_results (
	id INTEGER NOT NULL, 
	interpretation_id VARCHAR(32) NOT NULL, 
	reported_name VARCHAR(200) NOT NULL, 
	code VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(interpretation_id) REFERENCES interpretations (id) ON DELETE CASCADE
);
CREATE TABLE reviews (
	id INTEGER NOT NULL, 
	interpretation_id VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	reviewer VARCHAR(64) NOT NULL, 
	decision VARCHAR(16) NOT NULL, 
	interpretation TEXT NOT NULL, 
	follow_up TEXT NOT NULL, 
	correct INTEGER, 
	useful INTEGER, 
	safe INTEGER, 
	comment TEXT NOT NULL, 
	failed_checks JSON NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(interpretation_id) REFERENCES interpretations (id) ON DELETE CASCADE
);
INSERT INTO "reviews" VALUES(1,'df193807a77b4b949f4000f4f4cb31ed','2026-11-30 07:13:25.829311','dr','accepted','Nothing more.','None.',NULL,NULL,NULL,'','[]');
CREATE TABLE served_results (
	id INTEGER NOT NULL, 
	interpretation_id VARCHAR(32) NOT NULL, 
	analyte VARCHAR(64) NOT NULL, 
	value DOUBLE NOT NULL, 
	comparator VARCHAR(2), 
	unit VARCHAR(32) NOT NULL, 
	low DOUBLE, 
	high DOUBLE, 
	range_source VARCHAR(16), 
	flag VARCHAR(2), 
	critical BOOLEAN NOT NULL, 
	agrees BOOLEAN, 
	PRIMARY KEY (id), 
	FOREIGN KEY(interpretation_id) REFERENCES interpretations (id) ON DELETE CASCADE
);
INSERT INTO "served_results" VALUES(1,'df193807a77b4b949f4000f4f4cb31ed','creatinine',70.0,NULL,'umol/L',60.0,110.0,'laboratory','N',0,1);
INSERT INTO "served_results" VALUES(2,'956a83f5d0dd4a9f8038edc813db0683','creatinine',109.0,NULL,'umol/L',60.0,110.0,'laboratory','N',0,1);
INSERT INTO "served_results" VALUES(3,'5d09577ca5784b6584e8bdb76611b402','creatinine',80.0,NULL,'umol/L',60.0,110.0,'laboratory','N',0,1);
CREATE TABLE sessions (
	sha256 VARCHAR(64) NOT NULL, 
	key_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (sha256), 
	FOREIGN KEY(key_id) REFERENCES keys (id) ON DELETE CASCADE
);
CREATE INDEX interpretations_newest ON interpretations (created_at, id);
CREATE INDEX ix_served_results_interpretation_id ON served_results (interpretation_id);
CREATE INDEX ix_served_results_analyte ON served_results (analyte);
CREATE INDEX ix_rejected_results_interpretation_id ON rejected_results (interpretation_id);
CREATE INDEX ix_reviews_interpretation_id ON reviews (interpretation_id);
COMMIT;
PRAGMA user_version = 1;
