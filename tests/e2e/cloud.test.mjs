// SPDX-License-Identifier: Apache-2.0
// sekisho cloud check on files of our own: what it says, what it ends with, what it keeps, and what
// it never writes anywhere.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary, folder, run } from './sekisho.mjs';

const corpus = (name) =>
  JSON.parse(readFileSync(new URL(`../../fuzz/corpus/cloud/${name}.json`, import.meta.url), 'utf8'));
const today = () => new Date().toISOString().slice(0, 19) + 'Z';

/** The sound files, dated now; `turn` changes them. */
function files(t, turn = () => {}) {
  const all = {
    settings: corpus('scubagear'),
    people: corpus('people'),
    zoom: corpus('zoom'),
    google: corpus('google'),
  };
  all.settings.timestamp_zulu = today();
  all.people.readAt = today();
  all.zoom.readAt = today();
  all.google.readAt = today();
  turn(all);
  const where = folder(t);
  const paths = Object.entries(all).map(([name, content]) => {
    const path = join(where, `${name}.json`);
    writeFileSync(path, JSON.stringify(content));
    return path;
  });
  return { where, paths };
}

const cloud = (where, args, lang = 'C.UTF-8') =>
  run(binary, ['cloud', 'check', ...args], { env: { XDG_DATA_HOME: where, LANG: lang, HOME: where } });

test('a sound tenant is sound', (t) => {
  const { where, paths } = files(t);
  const told = cloud(where, [...paths, '--json']);
  assert.equal(told.code, 0, told.err);
  const { checks, rows } = JSON.parse(told.out);
  assert.ok(rows.length > 40);
  for (const check of checks)
    assert.ok(['pass', 'not_applicable'].includes(check.verdict), `${check.id}: ${check.fact.en}`);
  assert.deepEqual(
    readdirSync(where).sort(),
    ['google.json', 'people.json', 'settings.json', 'zoom.json'],
    'nothing is kept',
  );
});

test('who is left out, what is open and where to press', (t) => {
  const { where, paths } = files(t, ({ settings, zoom }) => {
    settings.conditional_access_policies[0].Conditions.Users.ExcludeGroups = ['g'];
    settings.SPO_tenant[0].SharingCapability = 2;
    zoom.meetingSecurity.meeting_security.waiting_room = false;
  });
  const english = cloud(where, paths);
  assert.equal(english.code, 1, 'some ◎ item fails');
  assert.match(english.out, /Hana <hana@example.jp> {2}'Everyone': excluded with the group 'Sales'/);
  assert.match(english.out, /Open to the world\n {2}✗ Links for anybody in SharePoint/);
  assert.match(english.out, /Where: SharePoint admin center → Policies → Sharing/);
  assert.match(english.out, /Meetings that strangers may enter\n {2}✗ The waiting room/);
  const japanese = cloud(where, paths, 'ja_JP.UTF-8').out;
  assert.match(japanese, /社外に開いているもの\n {2}✗ SharePoint の誰でも開けるリンク/);
  assert.match(japanese, /直す場所: SharePoint 管理センター/);
  assert.match(japanese, /グループ「Sales」ごと除外されています/);
});

test('a unit of Google Workspace is told by its people', (t) => {
  const { where } = files(t, ({ google }) => {
    google.users[2].isEnforcedIn2Sv = undefined;
    google.policies[1].policies.push({
      policyQuery: { orgUnit: 'orgUnits/sales', sortOrder: 202.00002 },
      setting: {
        type: 'settings/security.two_step_verification_enforcement',
        value: { enforcedFrom: '1970-01-01T00:00:00Z' },
      },
    });
  });
  const told = cloud(where, [join(where, 'google.json')]);
  assert.equal(told.code, 1, told.err);
  assert.match(
    told.out,
    /Hana <hana@example.jp> {2}2-Step Verification isn't enforced \(set for the unit '\/sales'\)/,
  );
  assert.match(told.out, /Where: Google Admin console → Security/);
  const named = cloud(where, [join(where, 'google.json'), '--emergency', 'hana@example.jp', '--json']);
  assert.equal(named.code, 0, named.out);
});

test('what is kept counts in check, with six names at most and without secrets', (t) => {
  const { where, paths } = files(t, ({ settings, people, zoom, google }) => {
    google.policies[1].policies[0].setting.value.token = 'SECRET-google';
    google.users[2].phones = [{ value: 'SECRET-phone' }];
    settings.conditional_access_policies[0].State = 'disabled';
    settings.scuba_config = { OutPath: 'C:\\Users\\SECRET-path' };
    zoom.settings.passcode = 'SECRET-passcode';
    zoom.settings.in_meeting.authorized_channel_token = 'SECRET-token';
    for (let i = 0; i < 30; ++i)
      people.users.push({
        id: `u${i}`,
        displayName: `Person-${i}.`,
        userPrincipalName: `secret${i}@example.jp`,
        accountEnabled: true,
        userType: 'Member',
      });
  });
  const kept = cloud(where, [...paths, '--keep', '--json']);
  assert.equal(kept.code, 1, kept.err);
  assert.doesNotMatch(kept.out + kept.err, /SECRET/);
  const state = join(where, 'sekisho');
  for (const name of readdirSync(state)) {
    const text = readFileSync(join(state, name), 'latin1');
    assert.doesNotMatch(text, /SECRET|secret\d+@/, name);
    for (const sentence of text.split(/[^\x20-\x7e]/))
      assert.ok((sentence.match(/Person-\d+\./g) ?? []).length <= 6, `${name}: ${sentence}`);
  }
  const report = run(binary, ['check', '--root', folder(t), '--format', 'json'], {
    env: { XDG_DATA_HOME: where, LANG: 'C.UTF-8', HOME: where },
  });
  const { checks, measures } = JSON.parse(report.out);
  assert.equal(checks.find((one) => one.id === 'cloud-mfa-everyone').verdict, 'fail');
  assert.equal(measures.find((one) => one.id === 'SK-admin-H5').status, 'not_met');
});

test('what cannot be read is said, and nothing of it is repeated', (t) => {
  const { where } = files(t);
  const path = join(where, 'odd.json');
  for (const [content, words] of [
    ['{"passcode": "SECRET"}', /known/],
    ['{"passcode": "SECRET"', /JSON/],
    [Buffer.from([0x93, 0xfa]), /none of the tables/],
  ]) {
    writeFileSync(path, content);
    const told = cloud(where, [path]);
    assert.equal(told.code, 2);
    assert.match(told.err, words);
    assert.doesNotMatch(told.out + told.err, /SECRET/);
  }
  assert.equal(cloud(where, [join(where, 'zoom.json'), '--uses', 'nothing']).code, 2);
  const used = cloud(where, [join(where, 'zoom.json'), '--uses', 'teams', '--json']);
  const lobby = JSON.parse(used.out).checks.find((one) => one.id === 'meeting-lobby');
  assert.equal(lobby.verdict, 'unknown', 'in use and never read');
});
