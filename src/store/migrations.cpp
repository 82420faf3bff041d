// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// Each is one step from a version to the next; steps that were released never change. @ID@, @INT@,
/// @BYTES@ and @STRICT@ stand for what the two databases write differently.
struct Step {
  std::string_view common;
  std::string_view sqlite;
  std::string_view postgres;
};

constexpr std::array<Step, 42> kSteps{{
    {R"(
  CREATE TABLE evidence (
    id @ID@,
    subject TEXT NOT NULL,
    check_id TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'not_applicable', 'unknown')),
    observed_at @INT@ NOT NULL,  -- seconds since 1970, UTC
    valid_until @INT@ NOT NULL,
    source TEXT NOT NULL,
    detail_ja TEXT NOT NULL,
    detail_en TEXT NOT NULL
  ) @STRICT@;
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) @STRICT@;
)",
     R"(
  CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is only added to'); END;
  CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is only added to'); END;
)",
     ""},

    {R"(
  -- A fact that is seen again is one row whose end moves on; anything else is a new row.
  ALTER TABLE evidence RENAME TO evidence_before;
  CREATE TABLE evidence (
    id @ID@,
    change @INT@ NOT NULL,       -- rises with each insert and each extension; readers follow it
    subject TEXT NOT NULL,
    check_id TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'not_applicable', 'unknown')),
    first_at @INT@ NOT NULL,     -- seconds since 1970, UTC, as are all times
    observed_at @INT@ NOT NULL,  -- the last time that it was seen
    valid_until @INT@ NOT NULL,
    source TEXT NOT NULL,
    detail_ja TEXT NOT NULL,
    detail_en TEXT NOT NULL
  ) @STRICT@;
  INSERT INTO evidence (id, change, subject, check_id, verdict, first_at, observed_at, valid_until, source, detail_ja, detail_en)
    SELECT id, id, subject, check_id, verdict, observed_at, observed_at, valid_until, source, detail_ja, detail_en
    FROM evidence_before ORDER BY id;
  DROP TABLE evidence_before;
  CREATE UNIQUE INDEX evidence_change ON evidence (change);
  CREATE INDEX evidence_newest ON evidence (subject, check_id, id);

  CREATE TABLE person (
    id @ID@,
    email TEXT NOT NULL UNIQUE,  -- lower case
    name TEXT NOT NULL,
    roles TEXT NOT NULL,         -- executive, administrator, teleworker, auditor; by spaces
    lang TEXT NOT NULL,
    state TEXT NOT NULL,         -- active, disabled
    password TEXT,               -- Argon2id, libsodium's form
    totp TEXT,                   -- base32; NULL until a code was confirmed
    totp_step @INT@ NOT NULL,    -- the last time step used, which can't be used again
    recovery TEXT NOT NULL,      -- hashes of the codes left, by spaces
    oidc TEXT UNIQUE,            -- issuer|subject
    created_at @INT@ NOT NULL,
    seen_at @INT@
  ) @STRICT@;
  CREATE TABLE passkey (
    id @ID@,
    person_id @INT@ NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    credential TEXT NOT NULL UNIQUE,  -- base64url
    algorithm @INT@ NOT NULL,         -- COSE
    public_key @BYTES@ NOT NULL,
    counter @INT@ NOT NULL,
    created_at @INT@ NOT NULL,
    used_at @INT@
  ) @STRICT@;
  CREATE TABLE session (
    id @ID@,
    person_id @INT@ NOT NULL REFERENCES person (id),
    secret TEXT NOT NULL UNIQUE,  -- SHA-256 of the cookie
    stage TEXT NOT NULL,          -- second (factor to show), enrol (one to set up), full
    created_at @INT@ NOT NULL,
    seen_at @INT@ NOT NULL,
    expires_at @INT@ NOT NULL,
    peer TEXT NOT NULL,
    agent TEXT NOT NULL
  ) @STRICT@;
  CREATE INDEX session_person ON session (person_id);
  CREATE TABLE invitation (
    id @ID@,
    secret TEXT NOT NULL UNIQUE,  -- SHA-256 of the link's token
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    created_by @INT@ REFERENCES person (id),
    created_at @INT@ NOT NULL,
    expires_at @INT@ NOT NULL
  ) @STRICT@;
  CREATE TABLE token (
    id @ID@,
    person_id @INT@ NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    secret TEXT NOT NULL UNIQUE,  -- SHA-256
    scopes TEXT NOT NULL,         -- read, evidence, manage; by spaces
    created_at @INT@ NOT NULL,
    expires_at @INT@ NOT NULL,
    used_at @INT@
  ) @STRICT@;
  -- Failed guesses by account and by address.
  CREATE TABLE guess (name TEXT PRIMARY KEY, failures @INT@ NOT NULL, last_at @INT@ NOT NULL, locked_until @INT@ NOT NULL) @STRICT@;
  -- What a started sign-in or registration waits for: any server may be the one that gets the answer.
  CREATE TABLE pending (name TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at @INT@ NOT NULL) @STRICT@;

  CREATE TABLE device (
    id @ID@,
    subject TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    person_id @INT@ REFERENCES person (id),
    state TEXT NOT NULL,  -- active, lost, retired
    created_at @INT@ NOT NULL
  ) @STRICT@;
  CREATE TABLE attachment (
    id @ID@,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size @INT@ NOT NULL,
    sha256 TEXT NOT NULL,
    content @BYTES@ NOT NULL,
    person_id @INT@ NOT NULL REFERENCES person (id),
    at @INT@ NOT NULL
  ) @STRICT@;
  CREATE TABLE answer (
    evidence_id @INT@ PRIMARY KEY,
    person_id @INT@ NOT NULL REFERENCES person (id),
    note TEXT NOT NULL,
    attachment_id @INT@ REFERENCES attachment (id)
  ) @STRICT@;
  -- item: a check's, measure's or handbook item's id.
  CREATE TABLE assignment (
    item TEXT PRIMARY KEY,
    person_id @INT@ REFERENCES person (id),
    due TEXT,  -- 2027-03-31
    at @INT@ NOT NULL
  ) @STRICT@;
  CREATE TABLE remark (
    id @ID@,
    item TEXT NOT NULL,
    person_id @INT@ NOT NULL REFERENCES person (id),
    at @INT@ NOT NULL,
    text TEXT NOT NULL
  ) @STRICT@;
  CREATE INDEX remark_item ON remark (item, id);
  CREATE TABLE incident (
    id @ID@,
    kind TEXT NOT NULL,
    case_number @INT@ NOT NULL,
    device_id @INT@ REFERENCES device (id),
    person_id @INT@ NOT NULL REFERENCES person (id),
    at @INT@ NOT NULL,
    state TEXT NOT NULL,  -- open, closed
    text TEXT NOT NULL,
    done TEXT NOT NULL    -- numbers of the steps that are done, by spaces
  ) @STRICT@;
  CREATE TABLE audit (
    id @ID@,
    at @INT@ NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    item TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
  ) @STRICT@;
  CREATE INDEX audit_item ON audit (item, id);
  -- What is sent out, and when: whichever server takes it first moves the time on.
  CREATE TABLE job (name TEXT PRIMARY KEY, due_at @INT@ NOT NULL, state TEXT NOT NULL) @STRICT@;
)",
     R"(
  CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence
    WHEN new.id IS NOT old.id OR new.subject IS NOT old.subject OR new.check_id IS NOT old.check_id
      OR new.verdict IS NOT old.verdict OR new.first_at IS NOT old.first_at OR new.source IS NOT old.source
      OR new.detail_ja IS NOT old.detail_ja OR new.detail_en IS NOT old.detail_en
      OR new.observed_at < old.observed_at OR new.valid_until < old.valid_until
    BEGIN SELECT RAISE(ABORT, 'evidence is only added to'); END;
  CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is only added to'); END;
  CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
  CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
)",
     R"(
  SELECT setval(pg_get_serial_sequence('evidence', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM evidence), false);
  CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $f$;
  CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence FOR EACH ROW
    WHEN (new.id <> old.id OR new.subject <> old.subject OR new.check_id <> old.check_id
      OR new.verdict <> old.verdict OR new.first_at <> old.first_at OR new.source <> old.source
      OR new.detail_ja <> old.detail_ja OR new.detail_en <> old.detail_en
      OR new.observed_at < old.observed_at OR new.valid_until < old.valid_until)
    EXECUTE FUNCTION only_added_to();
  CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION only_added_to();
  CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION only_added_to();
)"},

    {R"(
  -- Agents: what a device says of itself, by what key it speaks, and the codes that let it in.
  ALTER TABLE device ADD COLUMN system_id TEXT NOT NULL DEFAULT '';  -- as /etc/os-release has it
  ALTER TABLE device ADD COLUMN system_version TEXT NOT NULL DEFAULT '';
  ALTER TABLE device ADD COLUMN system_name TEXT NOT NULL DEFAULT '';
  ALTER TABLE device ADD COLUMN machine TEXT NOT NULL DEFAULT '';  -- tells one installation from another
  ALTER TABLE device ADD COLUMN seen_at @INT@;                     -- the last report's arrival
  ALTER TABLE device ADD COLUMN sequence @INT@ NOT NULL DEFAULT 0;  -- of the last report
  ALTER TABLE device ADD COLUMN turn TEXT NOT NULL DEFAULT '';      -- SHA-256 of what the next delivery shows
  ALTER TABLE device ADD COLUMN last_turn TEXT NOT NULL DEFAULT '';  -- of what the last one showed
  ALTER TABLE device ADD COLUMN copied_at @INT@;                     -- when a copy of it was found out
  -- What a list of the organisation's says of a device that does not speak for itself.
  ALTER TABLE device ADD COLUMN serial TEXT NOT NULL DEFAULT '';
  ALTER TABLE device ADD COLUMN listed_at @INT@;
  ALTER TABLE device ADD COLUMN extended_support @INT@ NOT NULL DEFAULT 0;  -- 1: paid for (ESU)
  -- A device that osquery speaks for.
  ALTER TABLE device ADD COLUMN node_key TEXT NOT NULL DEFAULT '';  -- SHA-256
  ALTER TABLE device ADD COLUMN platform TEXT NOT NULL DEFAULT '';  -- windows, darwin, linux
  ALTER TABLE device ADD COLUMN look @INT@ NOT NULL DEFAULT 0;      -- 1: to be asked at once
  CREATE TABLE device_certificate (
    id @ID@,
    device_id @INT@ NOT NULL REFERENCES device (id),
    fingerprint TEXT NOT NULL UNIQUE,  -- hexadecimal SHA-256 of its DER
    public_key TEXT NOT NULL,          -- SubjectPublicKeyInfo, base64url
    issued_at @INT@ NOT NULL,
    expires_at @INT@ NOT NULL,
    revoked_at @INT@
  ) @STRICT@;
  CREATE INDEX device_certificate_device ON device_certificate (device_id);
  CREATE TABLE enrolment (
    id @ID@,
    secret TEXT NOT NULL UNIQUE,  -- SHA-256 of the code
    person_id @INT@ REFERENCES person (id),
    created_by @INT@ NOT NULL REFERENCES person (id),
    created_at @INT@ NOT NULL,
    expires_at @INT@ NOT NULL
  ) @STRICT@;
)",
     "", ""},

    {R"(
  -- Network gear that was entered by hand.
  ALTER TABLE device ADD COLUMN appliance TEXT NOT NULL DEFAULT '';  -- its kind; empty for a computer
  ALTER TABLE device ADD COLUMN reused @INT@ NOT NULL DEFAULT 0;     -- 1: an old one taken into use again
  ALTER TABLE device ADD COLUMN confirmed_at @INT@;  -- when somebody saw that its firmware is current
  -- What belongs to a device's life.
  ALTER TABLE device ADD COLUMN team TEXT NOT NULL DEFAULT '';  -- the group that it is counted to
  ALTER TABLE device ADD COLUMN own @INT@ NOT NULL DEFAULT 0;   -- 1: it belongs to who uses it
  ALTER TABLE device ADD COLUMN wiped_at @INT@;
  ALTER TABLE device ADD COLUMN wiped_how TEXT NOT NULL DEFAULT '';
  ALTER TABLE device ADD COLUMN told_at @INT@;  -- when its user was last sent a message about it
  ALTER TABLE device ADD COLUMN software_at @INT@;  -- when its software was last listed
  CREATE TABLE software (
    id @ID@,
    device_id @INT@ NOT NULL REFERENCES device (id),
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    cpe TEXT NOT NULL,
    purl TEXT NOT NULL
  ) @STRICT@;
  CREATE INDEX software_device ON software (device_id);
  CREATE TABLE device_view (
    id @ID@,
    person_id @INT@ NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    UNIQUE (person_id, name)
  ) @STRICT@;
)",
     "", ""},

    {R"(
  -- Of the list that a device's agent sent; empty for one that was given by hand.
  ALTER TABLE device ADD COLUMN software_version TEXT NOT NULL DEFAULT '';
  ALTER TABLE device ADD COLUMN software_stamp TEXT NOT NULL DEFAULT '';  -- of the feeds that its list was judged by
  ALTER TABLE device ADD COLUMN software_exploited TEXT NOT NULL DEFAULT '';  -- what is open to attacks, in words
  ALTER TABLE device ADD COLUMN software_grave TEXT NOT NULL DEFAULT '';  -- what an update mends, or is grave
  ALTER TABLE device ADD COLUMN tpm @INT@ NOT NULL DEFAULT 0;  -- 1: its agent says that its key is in a TPM
  -- What arrives at the line, by sensors: devices that run sekisho observe --send.
  CREATE TABLE line_sensor (
    id @ID@,
    device_id @INT@ NOT NULL UNIQUE REFERENCES device (id),
    sequence @INT@ NOT NULL DEFAULT 0,  -- of its last piece
    seen_at @INT@ NOT NULL,
    packets @INT@ NOT NULL DEFAULT 0,   -- of its last piece,
    seconds @INT@ NOT NULL DEFAULT 0,   -- and in how long
    dropped @INT@ NOT NULL DEFAULT 0,
    found TEXT NOT NULL DEFAULT ''      -- JSON
  ) @STRICT@;
  CREATE TABLE line_tally (
    id @ID@,
    sensor_id @INT@ NOT NULL REFERENCES line_sensor (id),
    period @INT@ NOT NULL,  -- 0 minute, 1 hour, 2 day, 3 month, 4 year
    start @INT@ NOT NULL,
    packets @INT@ NOT NULL,
    tally @BYTES@ NOT NULL,  -- docs/observe-format.md, packed (zstd)
    UNIQUE (sensor_id, period, start)
  ) @STRICT@;
  CREATE TABLE line_login (
    id @ID@,
    sensor_id @INT@ NOT NULL REFERENCES line_sensor (id),
    service TEXT NOT NULL,
    start @INT@ NOT NULL,  -- of an hour
    attempts @INT@ NOT NULL,
    UNIQUE (sensor_id, service, start)
  ) @STRICT@;
)",
     "", ""},
    {R"(
  DELETE FROM line_tally;  -- of a form that is no longer read
)",
     "", ""},
    {R"(
  ALTER TABLE device ADD COLUMN model TEXT NOT NULL DEFAULT '';  -- of network gear whose kind has models
)",
     "", ""},
    // What leaves the house: a row each until it was taken, or given up.
    {R"(
  CREATE TABLE outbox (
    id @ID@,
    made_at @INT@ NOT NULL,
    due_at @INT@ NOT NULL,
    tries @INT@ NOT NULL DEFAULT 0,
    way TEXT NOT NULL,     -- mail, or a webhook's kind
    target TEXT NOT NULL,  -- an address, or a webhook's
    event TEXT NOT NULL,
    subject_ja TEXT NOT NULL, subject_en TEXT NOT NULL,
    body_ja TEXT NOT NULL, body_en TEXT NOT NULL,
    error TEXT NOT NULL DEFAULT ''  -- of the last try
  ) @STRICT@;
  CREATE INDEX outbox_due ON outbox (due_at);
)",
     "", ""},
    {R"(
  ALTER TABLE session ADD COLUMN proved_at @INT@ NOT NULL DEFAULT 0;  -- when its person last showed a password or second factor
  -- Browsers from which a person was wholly signed in: guesses made elsewhere do not lock them out.
  CREATE TABLE browser (
    id @ID@,
    person_id @INT@ NOT NULL REFERENCES person (id),
    secret TEXT NOT NULL UNIQUE,  -- SHA-256 of its cookie
    used_at @INT@ NOT NULL
  ) @STRICT@;
  CREATE INDEX browser_person ON browser (person_id);
  CREATE INDEX pending_expires ON pending (expires_at);
  CREATE INDEX guess_last ON guess (last_at);
  -- Of the node that enrolled again: when it speaks once more, there are two.
  ALTER TABLE device ADD COLUMN node_key_before TEXT NOT NULL DEFAULT '';
)",
     "", ""},
    {R"(
  -- What was seen last decides, whenever it arrived.
  DROP INDEX evidence_newest;
  CREATE INDEX evidence_seen ON evidence (subject, check_id, observed_at, id);
  -- A device counts until it is given up: until it was last seen, for those that were before.
  ALTER TABLE device ADD COLUMN retired_at @INT@;
  UPDATE device SET retired_at = (SELECT COALESCE(MAX(e.observed_at), device.created_at) FROM evidence e WHERE e.subject = device.subject)
    WHERE state = 'retired';
  -- What is asked for by itself, in tables that grow.
  CREATE INDEX device_person ON device (person_id);
  CREATE INDEX device_machine ON device (machine);
  CREATE INDEX device_node ON device (node_key);
  CREATE INDEX device_state ON device (state);
  CREATE INDEX passkey_person ON passkey (person_id);
  CREATE INDEX token_person ON token (person_id);
  CREATE INDEX invitation_email ON invitation (email);
  CREATE INDEX incident_person ON incident (person_id, id);
  CREATE INDEX assignment_person ON assignment (person_id);
  CREATE INDEX attachment_person ON attachment (person_id);
)",
     "", ""},
    // Measures got ids that nobody takes for the ministry's (admin-B-3 became SK-admin-B3), and so
    // did the questions about them. The audit log says what was said then, and stays.
    {R"(
  CREATE TABLE renamed (was TEXT PRIMARY KEY, becomes TEXT NOT NULL) @STRICT@;
  INSERT INTO renamed (was, becomes) VALUES @RENAMED@;
  INSERT INTO renamed (was, becomes) SELECT 'ask-' || was, 'ask-' || becomes FROM renamed;
  UPDATE assignment SET item = (SELECT becomes FROM renamed WHERE was = item) WHERE item IN (SELECT was FROM renamed);
  UPDATE remark SET item = (SELECT becomes FROM renamed WHERE was = item) WHERE item IN (SELECT was FROM renamed);
)",
     R"(
  DROP TRIGGER evidence_stays;
  UPDATE evidence SET check_id = (SELECT becomes FROM renamed WHERE was = check_id) WHERE check_id IN (SELECT was FROM renamed);
  CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence
    WHEN new.id IS NOT old.id OR new.subject IS NOT old.subject OR new.check_id IS NOT old.check_id
      OR new.verdict IS NOT old.verdict OR new.first_at IS NOT old.first_at OR new.source IS NOT old.source
      OR new.detail_ja IS NOT old.detail_ja OR new.detail_en IS NOT old.detail_en
      OR new.observed_at < old.observed_at OR new.valid_until < old.valid_until
    BEGIN SELECT RAISE(ABORT, 'evidence is only added to'); END;
  DROP TABLE renamed;
)",
     R"(
  DROP TRIGGER evidence_stays ON evidence;
  UPDATE evidence SET check_id = (SELECT becomes FROM renamed WHERE was = check_id) WHERE check_id IN (SELECT was FROM renamed);
  CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence FOR EACH ROW
    WHEN (new.id <> old.id OR new.subject <> old.subject OR new.check_id <> old.check_id
      OR new.verdict <> old.verdict OR new.first_at <> old.first_at OR new.source <> old.source
      OR new.detail_ja <> old.detail_ja OR new.detail_en <> old.detail_en
      OR new.observed_at < old.observed_at OR new.valid_until < old.valid_until)
    EXECUTE FUNCTION only_added_to();
  DROP TABLE renamed;
)"},
    {R"(
  -- What decides whether and by when a leak must be reported, as JSON; empty while nobody said.
  ALTER TABLE incident ADD COLUMN duty TEXT NOT NULL DEFAULT '';
)",
     "", ""},
    // What pages and jobs ask for, found without reading all of a table.
    {R"(
  CREATE INDEX incident_state ON incident (state);
  CREATE INDEX outbox_failed ON outbox (id) WHERE error <> '';
  CREATE INDEX device_team ON device (team) WHERE team <> '';
  CREATE INDEX device_appliance ON device (id) WHERE appliance <> '';
  CREATE INDEX device_listed ON device (listed_at) WHERE listed_at IS NOT NULL;
  CREATE INDEX device_created ON device (created_at);
  CREATE INDEX enrolment_person ON enrolment (person_id);
  CREATE INDEX enrolment_creator ON enrolment (created_by);
  CREATE INDEX enrolment_expires ON enrolment (expires_at);
  CREATE INDEX invitation_creator ON invitation (created_by);
  CREATE INDEX invitation_expires ON invitation (expires_at);
  CREATE INDEX session_expires ON session (expires_at);
  CREATE INDEX device_node_before ON device (node_key_before);
  CREATE INDEX person_reader ON person (id)
    WHERE state = 'active' AND (roles LIKE '%administrator%' OR roles LIKE '%executive%');
  CREATE INDEX person_administrator ON person (id) WHERE state = 'active' AND roles LIKE '%administrator%';
)",
     "", ""},
    {R"(
  ALTER TABLE evidence ADD COLUMN basis TEXT NOT NULL DEFAULT '';  -- JSON: what it was held against when last seen
)",
     "", ""},
    // What is over is deleted: evidence that ended before a day that moves on, and what tells of
    // somebody who is gone. In the audit log names give way to a number.
    {R"(
  ALTER TABLE person ADD COLUMN left_at @INT@;  -- when they were switched off
  ALTER TABLE device ADD COLUMN erased @INT@ NOT NULL DEFAULT 0;   -- 1: nothing says any more whose it was
  ALTER TABLE audit ADD COLUMN redacted @INT@ NOT NULL DEFAULT 0;  -- 1: names were replaced; its hash is still of what stood there
  CREATE INDEX device_retired ON device (retired_at) WHERE state = 'retired' AND erased = 0;
  CREATE INDEX person_left ON person (id) WHERE state = 'disabled';
  CREATE INDEX evidence_until ON evidence (valid_until);
  CREATE INDEX incident_at ON incident (at);
  CREATE INDEX answer_person ON answer (person_id);
  CREATE INDEX remark_person ON remark (person_id, id);
  CREATE INDEX audit_actor ON audit (actor, id);
  CREATE INDEX attachment_at ON attachment (at);
  CREATE INDEX answer_attachment ON answer (attachment_id) WHERE attachment_id IS NOT NULL;
)",
     R"(
  DROP TRIGGER evidence_remains;
  CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence
    WHEN old.valid_until >= COALESCE((SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'retention.horizon'), 0)
      AND NOT EXISTS (SELECT 1 FROM device WHERE subject = old.subject AND erased = 1)
    BEGIN SELECT RAISE(ABORT, 'evidence is only added to'); END;
  DROP TRIGGER audit_stays;
  CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
    WHEN new.redacted <> 1 OR new.id IS NOT old.id OR new.at IS NOT old.at OR new.action IS NOT old.action
      OR new.previous IS NOT old.previous OR new.hash IS NOT old.hash
    BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
)",
     R"(
  DROP TRIGGER evidence_remains ON evidence;
  CREATE FUNCTION only_what_is_over() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
    IF old.valid_until < COALESCE((SELECT value::bigint FROM setting WHERE name = 'retention.horizon'), 0)
      OR EXISTS (SELECT 1 FROM device WHERE subject = old.subject AND erased = 1) THEN RETURN old; END IF;
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $f$;
  CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION only_what_is_over();
  DROP TRIGGER audit_stays ON audit;
  CREATE TRIGGER audit_stays BEFORE UPDATE ON audit FOR EACH ROW
    WHEN (new.redacted <> 1 OR new.id <> old.id OR new.at <> old.at OR new.action <> old.action
      OR new.previous <> old.previous OR new.hash <> old.hash)
    EXECUTE FUNCTION only_added_to();
  CREATE TRIGGER audit_remains BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION only_added_to();
)"},
    {R"(
  -- Until when each device of a list is certified, without looking at every certificate that it ever had.
  CREATE INDEX device_certificate_ends ON device_certificate (device_id, expires_at) WHERE revoked_at IS NULL;
)",
     "", ""},
    // Links for many, which can be shown again, and what became of them.
    {R"(
  ALTER TABLE enrolment ADD COLUMN salt TEXT NOT NULL DEFAULT '';  -- empty: it can't be shown again
  ALTER TABLE enrolment ADD COLUMN team TEXT NOT NULL DEFAULT '';
  ALTER TABLE enrolment ADD COLUMN most @INT@ NOT NULL DEFAULT 1;
  ALTER TABLE enrolment ADD COLUMN used @INT@ NOT NULL DEFAULT 0;
  ALTER TABLE enrolment ADD COLUMN used_at @INT@;
  ALTER TABLE enrolment ADD COLUMN withdrawn_at @INT@;
  ALTER TABLE invitation ADD COLUMN salt TEXT NOT NULL DEFAULT '';
)",
     "", ""},
    {R"(
  -- Until when somebody is to answer what their role is asked, and the day of the next reminder.
  CREATE TABLE question_round (
    person_id @INT@ PRIMARY KEY REFERENCES person (id),
    due TEXT NOT NULL,
    remind TEXT NOT NULL
  ) @STRICT@;
)",
     "", ""},
    // A report may come from nobody signed in: what they say they are called, how to reach them,
    // and the address that it came from.
    {R"(
  ALTER TABLE incident ADD COLUMN caller TEXT NOT NULL DEFAULT '';
  ALTER TABLE incident ADD COLUMN callback TEXT NOT NULL DEFAULT '';
  ALTER TABLE incident ADD COLUMN origin TEXT NOT NULL DEFAULT '';
)",
     R"(
  CREATE TABLE incident_anew (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    case_number INTEGER NOT NULL,
    device_id INTEGER REFERENCES device (id),
    person_id INTEGER REFERENCES person (id),
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    text TEXT NOT NULL,
    done TEXT NOT NULL,
    duty TEXT NOT NULL DEFAULT '',
    caller TEXT NOT NULL DEFAULT '',
    callback TEXT NOT NULL DEFAULT '',
    origin TEXT NOT NULL DEFAULT ''
  ) STRICT;
  INSERT INTO incident_anew SELECT id, kind, case_number, device_id, person_id, at, state, text, done, duty, caller, callback, origin FROM incident;
  DROP TABLE incident;
  ALTER TABLE incident_anew RENAME TO incident;
  CREATE INDEX incident_person ON incident (person_id, id);
  CREATE INDEX incident_state ON incident (state);
  CREATE INDEX incident_at ON incident (at);
  CREATE INDEX incident_unsigned ON incident (at) WHERE person_id IS NULL;
)",
     R"(
  ALTER TABLE incident ALTER COLUMN person_id DROP NOT NULL;
  CREATE INDEX incident_unsigned ON incident (at) WHERE person_id IS NULL;
)"},
    // Links that were taken back stay on their lists for a while, with who took them back.
    {R"(
  ALTER TABLE invitation ADD COLUMN withdrawn_at @INT@;
  ALTER TABLE invitation ADD COLUMN withdrawn_by @INT@ REFERENCES person (id);
  ALTER TABLE enrolment ADD COLUMN withdrawn_by @INT@ REFERENCES person (id);
)",
     "", ""},
    // By which link a device came, and when it came again: its key before is refused since then.
    {R"(
  ALTER TABLE device ADD COLUMN link @INT@;
  ALTER TABLE device ADD COLUMN anew_at @INT@;
)",
     "", ""},
    // What happened, for programs that are told of it.
    {R"(
  ALTER TABLE outbox ADD COLUMN data TEXT NOT NULL DEFAULT '{}';
)",
     "", ""},
    // A directory that tells who is there and who has left (SCIM).
    {R"(
  CREATE TABLE directory_token (
    id @ID@,
    name TEXT NOT NULL,
    secret TEXT NOT NULL UNIQUE,  -- SHA-256
    created_by @INT@ NOT NULL REFERENCES person (id),
    created_at @INT@ NOT NULL,
    used_at @INT@
  ) @STRICT@;
  CREATE TABLE directory_person (
    person_id @INT@ PRIMARY KEY REFERENCES person (id),
    user_name TEXT NOT NULL,
    user_key TEXT NOT NULL UNIQUE,  -- in small letters
    external_id TEXT NOT NULL,
    hidden @INT@ NOT NULL,  -- deleted, as the directory sees it
    left_at @INT@           -- as person.left_at where it was the directory that said so
  ) @STRICT@;
  CREATE INDEX directory_person_external ON directory_person (external_id);
)",
     "", ""},
    // Whose address went to somebody else. What the audit log says of it up to then is theirs.
    {R"(
  CREATE TABLE former_address (
    person_id @INT@ PRIMARY KEY REFERENCES person (id),
    email TEXT NOT NULL,
    last_entry @INT@ NOT NULL  -- the last of the audit log by then
  ) @STRICT@;
  CREATE INDEX former_address_email ON former_address (email);
)",
     "", ""},
    // The parts of a name as the directory has them, and when it last said something of somebody.
    {R"(
  ALTER TABLE directory_person ADD COLUMN family_name TEXT NOT NULL DEFAULT '';
  ALTER TABLE directory_person ADD COLUMN given_name TEXT NOT NULL DEFAULT '';
  ALTER TABLE directory_person ADD COLUMN changed_at @INT@ NOT NULL DEFAULT 0;
)",
     "", ""},
    {R"(
  ALTER TABLE outbox ADD COLUMN link TEXT NOT NULL DEFAULT '';  -- a page, or an address; empty: that of its event
)",
     "", ""},
    // What decisions on access stand on has changed, in the order of it: whoever decides follows
    // it. Writers take turns, so whoever sees a number has seen all below it.
    {R"(
  CREATE TABLE access_change (
    id @ID@,
    kind TEXT NOT NULL,  -- person, device, or all where it concerns more than one
    item @INT@ NOT NULL
  ) @STRICT@;
)",
     R"(
  CREATE TRIGGER access_person_came AFTER INSERT ON person BEGIN INSERT INTO access_change (kind, item) VALUES ('person', new.id); END;
  CREATE TRIGGER access_person_changed AFTER UPDATE OF email, name, roles, state, totp ON person BEGIN INSERT INTO access_change (kind, item) VALUES ('person', new.id); END;
  CREATE TRIGGER access_passkey_came AFTER INSERT ON passkey BEGIN INSERT INTO access_change (kind, item) VALUES ('person', new.person_id); END;
  CREATE TRIGGER access_passkey_went AFTER DELETE ON passkey BEGIN INSERT INTO access_change (kind, item) VALUES ('person', old.person_id); END;
  CREATE TRIGGER access_device_came AFTER INSERT ON device BEGIN INSERT INTO access_change (kind, item) VALUES ('device', new.id); END;
  CREATE TRIGGER access_device_changed AFTER UPDATE OF subject, name, person_id, state, own, copied_at ON device BEGIN INSERT INTO access_change (kind, item) VALUES ('device', new.id); END;
  CREATE TRIGGER access_certificate_came AFTER INSERT ON device_certificate BEGIN INSERT INTO access_change (kind, item) VALUES ('device', new.device_id); END;
  CREATE TRIGGER access_certificate_changed AFTER UPDATE OF device_id, expires_at, revoked_at ON device_certificate BEGIN INSERT INTO access_change (kind, item) VALUES ('device', new.device_id); END;
  CREATE TRIGGER access_certificate_went AFTER DELETE ON device_certificate BEGIN INSERT INTO access_change (kind, item) VALUES ('device', old.device_id); END;
  CREATE TRIGGER access_setting_came AFTER INSERT ON setting
    WHEN (new.name IN ('method', 'methods', 'organisation.zone') OR new.name LIKE 'situation.%') BEGIN INSERT INTO access_change (kind, item) VALUES ('all', 0); END;
  CREATE TRIGGER access_setting_changed AFTER UPDATE ON setting
    WHEN (new.name IN ('method', 'methods', 'organisation.zone') OR new.name LIKE 'situation.%') BEGIN INSERT INTO access_change (kind, item) VALUES ('all', 0); END;
  CREATE TRIGGER access_setting_went AFTER DELETE ON setting
    WHEN (old.name IN ('method', 'methods', 'organisation.zone') OR old.name LIKE 'situation.%') BEGIN INSERT INTO access_change (kind, item) VALUES ('all', 0); END;
  CREATE TRIGGER access_change_bounded AFTER INSERT ON access_change BEGIN DELETE FROM access_change WHERE id <= new.id - 10000; END;
)",
     R"(
  CREATE FUNCTION access_changed() RETURNS trigger LANGUAGE plpgsql AS $f$ DECLARE which bigint; changed record; BEGIN
    -- Whoever changes one of these outside of a change takes a turn too: numbers come in the order of commits.
    PERFORM pg_advisory_xact_lock(7306354);
    IF TG_OP = 'DELETE' THEN changed := old; ELSE changed := new; END IF;
    which := CASE WHEN TG_ARGV[1] = '' THEN 0 ELSE (to_jsonb(changed) ->> TG_ARGV[1])::bigint END;
    INSERT INTO access_change (kind, item) VALUES (TG_ARGV[0], which) RETURNING id INTO which;
    DELETE FROM access_change WHERE id <= which - 10000;
    PERFORM pg_notify('sekisho_access', '');
    RETURN NULL; END $f$;
  CREATE FUNCTION access_evidence() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
    PERFORM pg_notify('sekisho_access', '');
    RETURN NULL; END $f$;
  CREATE TRIGGER access_person_came AFTER INSERT ON person FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'id');
  CREATE TRIGGER access_person_changed AFTER UPDATE OF email, name, roles, state, totp ON person FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'id');
  CREATE TRIGGER access_passkey_came AFTER INSERT ON passkey FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'person_id');
  CREATE TRIGGER access_passkey_went AFTER DELETE ON passkey FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'person_id');
  CREATE TRIGGER access_device_came AFTER INSERT ON device FOR EACH ROW EXECUTE FUNCTION access_changed('device', 'id');
  CREATE TRIGGER access_device_changed AFTER UPDATE OF subject, name, person_id, state, own, copied_at ON device FOR EACH ROW EXECUTE FUNCTION access_changed('device', 'id');
  CREATE TRIGGER access_certificate_came AFTER INSERT ON device_certificate FOR EACH ROW EXECUTE FUNCTION access_changed('device', 'device_id');
  CREATE TRIGGER access_certificate_changed AFTER UPDATE OF device_id, expires_at, revoked_at ON device_certificate FOR EACH ROW EXECUTE FUNCTION access_changed('device', 'device_id');
  CREATE TRIGGER access_certificate_went AFTER DELETE ON device_certificate FOR EACH ROW EXECUTE FUNCTION access_changed('device', 'device_id');
  CREATE TRIGGER access_setting_came AFTER INSERT ON setting FOR EACH ROW
    WHEN (NEW.name IN ('method', 'methods', 'organisation.zone') OR NEW.name LIKE 'situation.%') EXECUTE FUNCTION access_changed('all', '');
  CREATE TRIGGER access_setting_changed AFTER UPDATE ON setting FOR EACH ROW
    WHEN (NEW.name IN ('method', 'methods', 'organisation.zone') OR NEW.name LIKE 'situation.%') EXECUTE FUNCTION access_changed('all', '');
  CREATE TRIGGER access_setting_went AFTER DELETE ON setting FOR EACH ROW
    WHEN (OLD.name IN ('method', 'methods', 'organisation.zone') OR OLD.name LIKE 'situation.%') EXECUTE FUNCTION access_changed('all', '');
  CREATE TRIGGER access_seen AFTER INSERT OR UPDATE ON evidence FOR EACH STATEMENT EXECUTE FUNCTION access_evidence();
)"},
    // Policies of access as they were saved, the last of which is in force; groups of people; what
    // an administrator suspended; and what was decided, folded.
    {R"(
  CREATE TABLE access_policy (
    id @ID@,
    text TEXT NOT NULL,
    saved_at @INT@ NOT NULL,
    saved_by @INT@ NOT NULL REFERENCES person (id)
  ) @STRICT@;
  CREATE TABLE person_group (
    person_id @INT@ NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    PRIMARY KEY (person_id, name)
  ) @STRICT@;
  CREATE TABLE access_suspension (
    id @ID@,
    person_id @INT@ REFERENCES person (id),  -- this or
    device_id @INT@ REFERENCES device (id),  -- that
    reason TEXT NOT NULL,
    begun_at @INT@ NOT NULL,
    begun_by @INT@ REFERENCES person (id),  -- NULL: at the command line
    ends_at @INT@,   -- NULL: when it is restored
    restored_at @INT@,
    restored_by @INT@ REFERENCES person (id),
    CHECK ((person_id IS NULL) <> (device_id IS NULL))
  ) @STRICT@;
  CREATE INDEX access_suspension_person ON access_suspension (person_id) WHERE restored_at IS NULL;
  CREATE INDEX access_suspension_device ON access_suspension (device_id) WHERE restored_at IS NULL;
  CREATE TABLE access_event (
    id @ID@,
    kind TEXT NOT NULL,  -- allow, step_up, deny, cut
    first_at @INT@ NOT NULL,
    last_at @INT@ NOT NULL,
    count @INT@ NOT NULL,  -- how often, from first to last
    person_id @INT@ NOT NULL,
    device_id @INT@ NOT NULL,  -- 0: none was proven
    resource TEXT NOT NULL,
    enforcer TEXT NOT NULL,
    origin TEXT NOT NULL,  -- the address at first
    codes TEXT NOT NULL    -- of the reasons, by spaces; with :MEASURE where one speaks of it
  ) @STRICT@;
  CREATE INDEX access_event_person ON access_event (person_id, id);
  CREATE INDEX access_event_device ON access_event (device_id, id);
  CREATE INDEX access_event_resource ON access_event (resource, id);
)",
     R"(
  CREATE TRIGGER access_group_came AFTER INSERT ON person_group BEGIN INSERT INTO access_change (kind, item) VALUES ('person', new.person_id); END;
  CREATE TRIGGER access_group_went AFTER DELETE ON person_group BEGIN INSERT INTO access_change (kind, item) VALUES ('person', old.person_id); END;
  CREATE TRIGGER access_policy_came AFTER INSERT ON access_policy BEGIN INSERT INTO access_change (kind, item) VALUES ('all', 0); END;
  CREATE TRIGGER access_suspended AFTER INSERT ON access_suspension BEGIN INSERT INTO access_change (kind, item) VALUES (CASE WHEN new.device_id IS NULL THEN 'person' ELSE 'device' END, COALESCE(new.device_id, new.person_id)); END;
  CREATE TRIGGER access_restored AFTER UPDATE ON access_suspension BEGIN INSERT INTO access_change (kind, item) VALUES (CASE WHEN new.device_id IS NULL THEN 'person' ELSE 'device' END, COALESCE(new.device_id, new.person_id)); END;
)",
     R"(
  CREATE TRIGGER access_group_came AFTER INSERT ON person_group FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'person_id');
  CREATE TRIGGER access_group_went AFTER DELETE ON person_group FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'person_id');
  CREATE TRIGGER access_policy_came AFTER INSERT ON access_policy FOR EACH ROW EXECUTE FUNCTION access_changed('all', '');
  CREATE TRIGGER access_person_suspended AFTER INSERT ON access_suspension FOR EACH ROW WHEN (NEW.person_id IS NOT NULL) EXECUTE FUNCTION access_changed('person', 'person_id');
  CREATE TRIGGER access_device_suspended AFTER INSERT ON access_suspension FOR EACH ROW WHEN (NEW.device_id IS NOT NULL) EXECUTE FUNCTION access_changed('device', 'device_id');
  CREATE TRIGGER access_person_restored AFTER UPDATE ON access_suspension FOR EACH ROW WHEN (NEW.person_id IS NOT NULL) EXECUTE FUNCTION access_changed('person', 'person_id');
  CREATE TRIGGER access_device_restored AFTER UPDATE ON access_suspension FOR EACH ROW WHEN (NEW.device_id IS NOT NULL) EXECUTE FUNCTION access_changed('device', 'device_id');
)"},
    // When which second factor was last shown in a session; 0: never.
    {R"(
  ALTER TABLE session ADD COLUMN code_at @INT@ NOT NULL DEFAULT 0;
  ALTER TABLE session ADD COLUMN passkey_at @INT@ NOT NULL DEFAULT 0;
)",
     "", ""},
    // A device's second key, which programs of its person may use: it signs no reports.
    {R"(
  ALTER TABLE device_certificate ADD COLUMN purpose TEXT NOT NULL DEFAULT 'reports' CHECK (purpose IN ('reports', 'access'));
  DROP INDEX device_certificate_ends;
  CREATE INDEX device_certificate_ends ON device_certificate (device_id, purpose, expires_at) WHERE revoked_at IS NULL;
)",
     "", ""},
    // What was last read of clouds and meetings, with the names of who is left out.
    {R"(
  CREATE TABLE cloud_reading (
    id @ID@,
    person_id @INT@ NOT NULL REFERENCES person (id),
    taken_at @INT@ NOT NULL,
    made_at @INT@ NOT NULL,   -- of the oldest file
    uses TEXT NOT NULL,       -- JSON: services in use beside those that were read
    emergency TEXT NOT NULL,  -- JSON: sign-in names of accounts for emergencies
    result TEXT NOT NULL      -- JSON: the rows
  ) @STRICT@;
)",
     "", ""},
    // What must not be done twice (Idempotency-Key), and the reply of the first time.
    {R"(
  CREATE TABLE kept_reply (
    person_id @INT@ NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,     -- SHA-256 of the key
    request TEXT NOT NULL,  -- SHA-256 of what was asked
    claim TEXT NOT NULL,    -- of the one request that carries it out
    at @INT@ NOT NULL,
    reply TEXT NOT NULL,    -- sealed under the key; empty: not known
    PRIMARY KEY (person_id, name)
  ) @STRICT@;
  CREATE INDEX kept_reply_person ON kept_reply (person_id, at);
  CREATE INDEX kept_reply_at ON kept_reply (at);
)",
     "", ""},
    // The register of cloud services: what is used by whom and for what, and when that was looked
    // at.
    {R"(
  CREATE TABLE cloud_service (
    id @ID@,
    version @INT@ NOT NULL,  -- rises with every change
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    settings TEXT NOT NULL,  -- JSON: the services whose settings can be read
    in_use @INT@ NOT NULL,
    users TEXT NOT NULL,     -- who uses it, in words
    owner_id @INT@ REFERENCES person (id),
    grade TEXT NOT NULL,     -- of what may be stored: free, permission, never; empty: not decided
    theirs TEXT NOT NULL,    -- what the provider answers for
    ours TEXT NOT NULL,      -- what the firm does
    certificates TEXT NOT NULL,  -- JSON
    reviewed_on TEXT NOT NULL,   -- a day, or empty
    review_on TEXT NOT NULL,     -- the next
    reminded_of TEXT NOT NULL    -- the day of review that was reminded of
  ) @STRICT@;
  CREATE INDEX cloud_service_owner ON cloud_service (owner_id);
)",
     "", ""},
    // Who signed in, or tried to, and what of it counts against nobody.
    {R"(
  CREATE TABLE sign_in (
    id @ID@,
    person_id @INT@ NOT NULL REFERENCES person (id),
    at @INT@ NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('signed_in', 'vouched', 'password_refused', 'factor_refused', 'foreign_key')),
    factor TEXT NOT NULL CHECK (factor IN ('password', 'company', 'key', 'code', 'passkey')),
    place TEXT NOT NULL,       -- console, or the resource
    origin TEXT NOT NULL,      -- the address; empty: not known, or kept no longer
    agent TEXT NOT NULL,       -- what the browser says of itself; as before
    device_id @INT@ NOT NULL,  -- 0: none was proven
    disowned_at @INT@          -- the person said: that was not me
  ) @STRICT@;
  CREATE INDEX sign_in_person ON sign_in (person_id, id);
  CREATE INDEX sign_in_at ON sign_in (at);
  CREATE TABLE risk_silence (
    signal TEXT PRIMARY KEY,
    at @INT@ NOT NULL,
    person_id @INT@ NOT NULL REFERENCES person (id)
  ) @STRICT@;
)",
     R"(
  CREATE TRIGGER risk_silenced AFTER INSERT ON risk_silence BEGIN INSERT INTO access_change (kind, item) VALUES ('risk', 0); END;
  CREATE TRIGGER risk_heard AFTER DELETE ON risk_silence BEGIN INSERT INTO access_change (kind, item) VALUES ('risk', 0); END;
  CREATE TRIGGER sign_in_disowned AFTER UPDATE OF disowned_at ON sign_in BEGIN INSERT INTO access_change (kind, item) VALUES ('risk', 0); END;
)",
     R"(
  CREATE TRIGGER risk_silenced AFTER INSERT ON risk_silence FOR EACH ROW EXECUTE FUNCTION access_changed('risk', '');
  CREATE TRIGGER risk_heard AFTER DELETE ON risk_silence FOR EACH ROW EXECUTE FUNCTION access_changed('risk', '');
  CREATE TRIGGER sign_in_disowned AFTER UPDATE OF disowned_at ON sign_in FOR EACH ROW EXECUTE FUNCTION access_changed('risk', '');
  CREATE TRIGGER sign_in_seen AFTER INSERT ON sign_in FOR EACH STATEMENT EXECUTE FUNCTION access_evidence();
)"},
    // Who may enforce decisions from another machine: the certificates that they were given.
    {R"(
  CREATE TABLE enforcer_certificate (
    id @ID@,
    name TEXT NOT NULL,       -- of the enforcer
    resources TEXT NOT NULL,  -- that it may ask about, by spaces
    fingerprint TEXT NOT NULL UNIQUE,  -- hexadecimal SHA-256 of the certificate
    issued_at @INT@ NOT NULL,
    expires_at @INT@ NOT NULL,
    seen_at @INT@,            -- when it last came with it
    revoked_at @INT@
  ) @STRICT@;
  CREATE INDEX enforcer_certificate_name ON enforcer_certificate (name, id);
)",
     "", ""},
    // A second factor that somebody showed in the console for where none can be shown.
    {R"(
  CREATE TABLE access_confirmation (
    person_id @INT@ NOT NULL REFERENCES person (id),
    device_id @INT@ NOT NULL REFERENCES device (id),
    code_at @INT@ NOT NULL,     -- when which was shown; 0: never
    passkey_at @INT@ NOT NULL,
    PRIMARY KEY (person_id, device_id)
  ) @STRICT@;
)",
     R"(
  CREATE TRIGGER access_confirmed AFTER INSERT ON access_confirmation BEGIN INSERT INTO access_change (kind, item) VALUES ('person', new.person_id); END;
  CREATE TRIGGER access_confirmed_again AFTER UPDATE ON access_confirmation BEGIN INSERT INTO access_change (kind, item) VALUES ('person', new.person_id); END;
  CREATE TRIGGER access_confirmation_went AFTER DELETE ON access_confirmation BEGIN INSERT INTO access_change (kind, item) VALUES ('person', old.person_id); END;
)",
     R"(
  CREATE TRIGGER access_confirmed AFTER INSERT ON access_confirmation FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'person_id');
  CREATE TRIGGER access_confirmed_again AFTER UPDATE ON access_confirmation FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'person_id');
  CREATE TRIGGER access_confirmation_went AFTER DELETE ON access_confirmation FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'person_id');
)"},
    // Access for emergencies: codes that were sealed away, and what became of each. And how often
    // all that a person gets in with was taken from them: who came in before is out.
    {R"(
  CREATE TABLE emergency_seal (
    id @ID@,
    person_id @INT@ NOT NULL REFERENCES person (id),
    code TEXT NOT NULL UNIQUE,  -- its digest
    hours @INT@ NOT NULL,       -- for how long it opens
    sealed_at @INT@ NOT NULL,
    sealed_by @INT@ REFERENCES person (id),  -- null: at the server's command line
    opened_at @INT@,            -- used up
    opened_from TEXT NOT NULL,  -- the address
    reason TEXT NOT NULL,
    open_until @INT@,
    ended_at @INT@,             -- closed, or taken back before it was opened
    ended_by @INT@ REFERENCES person (id)
  ) @STRICT@;
  CREATE INDEX emergency_seal_person ON emergency_seal (person_id);
  CREATE INDEX emergency_seal_open ON emergency_seal (open_until) WHERE ended_at IS NULL;
  ALTER TABLE session ADD COLUMN seal_id @INT@ REFERENCES emergency_seal (id);  -- what opened it
  CREATE INDEX session_seal ON session (seal_id) WHERE seal_id IS NOT NULL;
  ALTER TABLE person ADD COLUMN keys_ended @INT@ NOT NULL DEFAULT 0;
)",
     R"(
  CREATE TRIGGER emergency_opened AFTER UPDATE ON emergency_seal BEGIN INSERT INTO access_change (kind, item) VALUES ('person', new.person_id); END;
  CREATE TRIGGER access_person_keys_ended AFTER UPDATE OF keys_ended ON person BEGIN INSERT INTO access_change (kind, item) VALUES ('person', new.id); END;
)",
     R"(
  CREATE TRIGGER emergency_opened AFTER UPDATE ON emergency_seal FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'person_id');
  CREATE TRIGGER access_person_keys_ended AFTER UPDATE OF keys_ended ON person FOR EACH ROW EXECUTE FUNCTION access_changed('person', 'id');
)"},
    // Clouds are read by the server itself as well: by nobody then.
    {"",
     R"(
  CREATE TABLE cloud_reading_by_nobody (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER REFERENCES person (id),  -- null: the server itself
    taken_at INTEGER NOT NULL,
    made_at INTEGER NOT NULL,   -- of the oldest file
    uses TEXT NOT NULL,       -- JSON: services in use beside those that were read
    emergency TEXT NOT NULL,  -- JSON: sign-in names of accounts for emergencies
    result TEXT NOT NULL      -- JSON: the rows
  ) STRICT;
  INSERT INTO cloud_reading_by_nobody SELECT * FROM cloud_reading;
  DROP TABLE cloud_reading;
  ALTER TABLE cloud_reading_by_nobody RENAME TO cloud_reading;
)",
     R"(
  ALTER TABLE cloud_reading ALTER COLUMN person_id DROP NOT NULL;
)"},
    // Who is in at which of several servers, so that each can show all: nothing is decided by it.
    {R"(
  CREATE TABLE live_server (
    name TEXT PRIMARY KEY,    -- made up anew at each start
    seen_at @INT@ NOT NULL
  ) @STRICT@;
  CREATE TABLE live_access (
    server TEXT NOT NULL REFERENCES live_server (name) ON DELETE CASCADE,
    number @INT@ NOT NULL,    -- the server's own
    person_id @INT@ NOT NULL,
    device_id @INT@,          -- null: none was proven
    resource TEXT NOT NULL,
    enforcer TEXT NOT NULL,
    origin TEXT NOT NULL,     -- the address; empty where there is none
    since @INT@ NOT NULL,
    until @INT@,              -- null: without an end
    PRIMARY KEY (server, number)
  ) @STRICT@;
)",
     "", ""},
    // How often a device was asked to look at once, which it hears of as of all that concerns it.
    {R"(
  ALTER TABLE device ADD COLUMN looks_asked @INT@ NOT NULL DEFAULT 0;
)",
     R"(
  DROP TRIGGER access_device_changed;
  CREATE TRIGGER access_device_changed AFTER UPDATE OF subject, name, person_id, state, own, copied_at, looks_asked ON device BEGIN INSERT INTO access_change (kind, item) VALUES ('device', new.id); END;
)",
     R"(
  DROP TRIGGER access_device_changed ON device;
  CREATE TRIGGER access_device_changed AFTER UPDATE OF subject, name, person_id, state, own, copied_at, looks_asked ON device FOR EACH ROW EXECUTE FUNCTION access_changed('device', 'id');
)"},
    // The groups that a directory sends, and who is in them.
    {R"(
  CREATE TABLE directory_group (
    id @ID@,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,  -- in small letters
    external_id TEXT NOT NULL,      -- the directory's own; empty: none
    created_at @INT@ NOT NULL,
    changed_at @INT@ NOT NULL
  ) @STRICT@;
  CREATE TABLE directory_member (
    group_id @INT@ NOT NULL REFERENCES directory_group (id),
    person_id @INT@ NOT NULL REFERENCES person (id),
    PRIMARY KEY (group_id, person_id)
  ) @STRICT@;
  CREATE INDEX directory_member_person ON directory_member (person_id);
)",
     "", ""},
    // Who is in by a code for emergencies must be seen at every server.
    {R"(
  ALTER TABLE live_access ADD COLUMN unsealed @INT@ NOT NULL DEFAULT 0;
)",
     "", ""},
}};

struct Numbered {
  std::string_view role;
  char category;
  int last;
};

/// The measures that were renamed, as they stood: their role, their category, the last number.
constexpr std::array<Numbered, 29> kRenamed{
    {{"exec", 'A', 5},   {"admin", 'A', 5},  {"worker", 'A', 2}, {"admin", 'B', 6},
     {"worker", 'B', 3}, {"admin", 'C', 5},  {"worker", 'C', 3}, {"admin", 'D', 5},
     {"worker", 'D', 1}, {"admin", 'E', 7},  {"worker", 'E', 3}, {"admin", 'F', 4},
     {"worker", 'F', 2}, {"admin", 'G', 5},  {"worker", 'G', 3}, {"admin", 'H', 7},
     {"worker", 'H', 2}, {"admin", 'I', 5},  {"worker", 'I', 2}, {"exec", 'J', 1},
     {"admin", 'J', 6},  {"worker", 'J', 2}, {"admin", 'K', 2},  {"worker", 'K', 4},
     {"admin", 'L', 2},  {"worker", 'L', 1}, {"exec", 'M', 1},   {"admin", 'M', 3},
     {"worker", 'M', 1}}};

std::string renamed_measures() {
  std::string list;
  for (const Numbered& one : kRenamed)
    for (int number = 1; number <= one.last; ++number) {
      const std::string old = fmt::format("{}-{}-{}", one.role, one.category, number);
      if (old == "admin-C-2" || old == "admin-C-3") continue;  // the ministry's own
      list += fmt::format("{}('{}', 'SK-{}-{}{}')", list.empty() ? "" : ", ", old, one.role,
                          one.category, number);
    }
  return list;
}

std::string spelled(std::string_view sql, Database::Kind kind) {
  const bool sqlite = kind == Database::Kind::sqlite;
  const std::array<std::pair<std::string_view, std::string_view>, 4> spelling{{
      {"@ID@", sqlite ? "INTEGER PRIMARY KEY AUTOINCREMENT"
                      : "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"},
      {"@INT@", sqlite ? "INTEGER" : "BIGINT"},
      {"@BYTES@", sqlite ? "BLOB" : "BYTEA"},
      {"@STRICT@", sqlite ? "STRICT" : ""},
  }};
  std::string out(sql);
  if (const std::size_t at = out.find("@RENAMED@"); at != std::string::npos)
    out.replace(at, 9, renamed_measures());
  for (const auto& [mark, word] : spelling)
    for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at))
      out.replace(at, mark.size(), word);
  return out;
}

}  // namespace

std::size_t migration_count() { return kSteps.size(); }

std::string migration(std::size_t step, Database::Kind kind) {
  const Step& s = kSteps.at(step);
  return spelled(s.common, kind) +
         std::string(kind == Database::Kind::sqlite ? s.sqlite : s.postgres);
}

}  // namespace sekisho
