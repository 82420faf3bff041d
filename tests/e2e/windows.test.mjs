// SPDX-License-Identifier: Apache-2.0
// The agent for Windows, as Windows would run it: the same program under wine, against a real server. What wine has no
// such thing for (BitLocker, Security Center, Windows Update) is tested on recorded facts, in src/collect/windows.
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import test, { after, before } from 'node:test';
import { folder, office, sekisho } from './server.mjs';
import { program, until, windows } from './wine.mjs';

const feeds = new URL('../../data/feeds/', import.meta.url).pathname;
const { env, wine, must, drive } = windows({ before, after });
const kept = join(drive, 'ProgramData/Sekisho');

const agent = (...words) => wine([program, '--lang', 'en', ...words]);
const link = async (admin) => (await admin.must('POST', '/enrolments', { person: null })).link;
const set = (key, name, type, value) => must('reg', 'add', key, '/v', name, '/t', type, '/d', value, '/f');
/** What the console knows of the only device, by check. */
const seen = async (admin) => {
  const [device] = (await admin.get('/devices')).items;
  const { checks } = await admin.get(`/devices/${device.id}`);
  return { device, of: Object.fromEntries(checks.map((check) => [check.id, check.evidence])) };
};
test('on Windows an agent enrols, reports what it reads, and the registry decides', async (t) => {
  const { admin } = await office(t, { fresh: true });
  const enrolled = agent('agent', 'enrol', await link(admin));
  assert.equal(enrolled.code, 0, enrolled.err);
  assert.match(enrolled.out, /Enrolled as device/);
  for (const file of ['device.key', 'device.json']) assert.ok(existsSync(join(kept, file)), file);
  assert.match(agent('agent', 'enrol', await link(admin)).err, /enrolled already/);
  assert.match(
    wine([program, '--lang', 'ja', 'agent', 'enrol', await link(admin)]).err,
    /もう登録されています/,
  );

  const desktop = 'HKCU\\Control Panel\\Desktop';
  set(desktop, 'ScreenSaveActive', 'REG_SZ', '1');
  set(desktop, 'ScreenSaverIsSecure', 'REG_SZ', '1');
  set(desktop, 'ScreenSaveTimeOut', 'REG_SZ', '300');
  set(desktop, 'SCRNSAVE.EXE', 'REG_SZ', 'C:\\windows\\system32\\scrnsave.scr');
  const winlogon = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon';
  set(winlogon, 'AutoAdminLogon', 'REG_SZ', '1');
  const uninstall = 'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall';
  for (const [root, name, version] of [
    [`HKLM\\${uninstall}`, '7-Zip 23.01 (x64)', '23.01'],
    [`HKLM\\SOFTWARE\\WOW6432Node\\${uninstall.slice(9)}`, 'Mozilla Firefox (x86 ja)', '118.0'],
    [`HKCU\\${uninstall}`, 'Zoom Workplace', '6.1.0'],
  ]) {
    set(`${root}\\${name}`, 'DisplayName', 'REG_SZ', name);
    set(`${root}\\${name}`, 'DisplayVersion', 'REG_SZ', version);
  }
  // A part of another program, which Windows doesn't show either.
  set(`HKLM\\${uninstall}\\part`, 'DisplayName', 'REG_SZ', 'part of it');
  set(`HKLM\\${uninstall}\\part`, 'SystemComponent', 'REG_DWORD', '1');
  const first = agent('agent', 'once');
  assert.equal(first.code, 0, first.err);
  const { device, of } = await seen(admin);
  assert.match(device.system, /Windows 10/);
  assert.equal(of['screen-lock'].verdict, 'pass');
  assert.equal(of['automatic-login'].verdict, 'fail');
  assert.match(of['automatic-login'].detail.ja, /自動サインインが有効/);
  assert.equal(of['disk-encryption'].verdict, 'unknown', 'wine has no BitLocker');
  assert.equal(of['os-support'].source, 'collector:agent');
  assert.match(first.out, /sent the list of installed software/);
  const { items } = await admin.get(`/devices/${device.id}/software?limit=500`);
  const programs = Object.fromEntries(items.map((one) => [one.name, one.version]));
  assert.equal(programs['7-Zip 23.01 (x64)'], '23.01');
  assert.equal(programs['Mozilla Firefox (x86 ja)'], '118.0');
  assert.equal(programs['Zoom Workplace'], '6.1.0');
  assert.equal(programs['part of it'], undefined);
  assert.equal(of['software-browser'].verdict, 'fail');
  assert.match(of['software-browser'].detail.en, /support of Firefox 118\.0 ended/);
  // What only Linux has does not concern it.
  assert.equal(of['sudo-passwordless'].verdict, 'not_applicable');

  set(winlogon, 'AutoAdminLogon', 'REG_SZ', '0');
  set(desktop, 'ScreenSaveTimeOut', 'REG_SZ', '3600');
  assert.equal(agent('agent', 'once').code, 0);
  const again = await seen(admin);
  assert.equal(again.of['automatic-login'].verdict, 'pass');
  assert.equal(again.of['screen-lock'].verdict, 'unknown', 'wine does not say when it sleeps');

  // Windows 10 22H2, whose support is over but for those who pay: the machine doesn't know who does.
  set('HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion', 'CurrentBuildNumber', 'REG_SZ', '19045');
  assert.equal(agent('agent', 'once').code, 0);
  assert.equal((await seen(admin)).of['os-support'].verdict, 'fail');
  await admin.must('PUT', `/devices/${device.id}`, {
    name: device.name,
    person: null,
    state: 'active',
    extended_support: true,
  });
  assert.equal(agent('agent', 'once').code, 0);
  const paid = (await seen(admin)).of['os-support'];
  assert.equal(paid.verdict, 'pass', paid.detail.en);
  assert.equal((await admin.get('/devices')).items[0].windows, true);
});

test('without a server its reports wait, and what it checks by is taken when the server has other', async (t) => {
  const { admin, server, up, state } = await office(t);
  spawnSync('rm', ['-rf', kept]);
  assert.equal(agent('agent', 'enrol', await link(admin)).code, 0);
  await server.stop();
  assert.match(agent('agent', 'once').err, /cannot be reached/);
  assert.equal(readdirSync(join(kept, 'queue')).length, 1);
  assert.match(agent('agent', 'status').out, /waiting to be sent: 1/);
  assert.equal(sekisho(state, ['feeds', 'update', '--from', join(feeds, 'known-exploited.json')]).code, 0);
  admin.url = (await up()).url;
  const ran = agent('agent', 'once');
  assert.match(ran.out, /sent 2 reports/, ran.err);
  assert.match(ran.out, /took new content/);
  assert.equal(
    readFileSync(join(kept, 'content/known-exploited.json'), 'utf8'),
    readFileSync(join(state, 'sekisho/known-exploited.json'), 'utf8'),
  );
  // Garbled by the disk, it is fetched again.
  writeFileSync(join(kept, 'content/known-exploited.json'), 'garbled');
  assert.match(agent('agent', 'once').out, /took new content/);
});

test('with a TPM the key is made in it, and the folder alone is of no use', async (t) => {
  const { admin } = await office(t);
  spawnSync('rm', ['-rf', kept]);
  // Windows looks for a program's libraries beside it first; wine has no such provider of its own.
  const beside = join(drive, 'beside');
  mkdirSync(beside);
  copyFileSync(program, join(beside, 'sekisho.exe'));
  copyFileSync(join(dirname(program), 'double/ncrypt.dll'), join(beside, 'ncrypt.dll'));
  const run = (...words) =>
    wine([join(beside, 'sekisho.exe'), '--lang', 'en', 'agent', ...words], {
      WINEDLLOVERRIDES: `${env.WINEDLLOVERRIDES};ncrypt=n`,
    });
  // Without a TPM it is a file.
  const without = run('enrol', await link(admin));
  assert.match(without.out, /its key in a file/, without.err);
  spawnSync('rm', ['-rf', kept]);

  const keys = join(drive, 'platform-keys');
  mkdirSync(keys);
  const enrolled = run('enrol', await link(admin));
  assert.match(enrolled.out, /its key in the TPM/, enrolled.err);
  assert.equal(readdirSync(keys).length, 1);
  assert.doesNotMatch(readFileSync(join(kept, 'device.key'), 'utf8'), /PRIVATE/);
  for (let i = 0; i < 2; ++i) assert.match(run('once').out, /sent 1 reports/);
  assert.match(run('status').out, /key: the TPM/);
  assert.ok(
    (await admin.get('/devices')).items.some((device) => device.tpm),
    'the server is told',
  );

  renameSync(keys, join(drive, 'another-machine'));
  const copied = run('once');
  assert.equal(copied.code, 2);
  assert.match(copied.err, /in a TPM and cannot be used here/);
});

test('one command makes it a service, which reports by itself until it is removed', async (t) => {
  const { admin } = await office(t);
  spawnSync('rm', ['-rf', kept]);
  assert.match(agent('service', 'install').err, /not enrolled/);
  const installed = agent('service', 'install', await link(admin));
  assert.equal(installed.code, 0, installed.err);
  assert.match(installed.out, /It keeps reporting/);
  await until(
    async () => (await admin.get('/devices')).items[0]?.seen_at && (await seen(admin)).of['time-sync'],
  );
  assert.ok(
    existsSync(join(drive, 'Program Files/Sekisho/sekisho.exe')),
    'it runs from where only administrators write',
  );
  const runs = () => until(() => wine(['sc', 'query', 'Sekisho']).out.includes('RUNNING'));
  await runs();
  assert.match(agent('agent', 'once').err, /another sekisho agent is running/);
  // A newer program takes its place; another link does not.
  assert.match(agent('service', 'install', await link(admin)).err, /service remove first/);
  const renewed = agent('service', 'install');
  assert.equal(renewed.code, 0, renewed.err);
  await runs();
  const removed = agent('service', 'remove');
  assert.equal(removed.code, 0, removed.err);
  assert.notEqual(wine(['sc', 'query', 'Sekisho']).code, 0);
  assert.equal(agent('agent', 'once').code, 0, 'the lock is free again');
  assert.match(agent('service', 'remove').err, /not installed/);
});

test('what is in effect is read: policies, both views, and what stands under any name', () => {
  const policies = 'SOFTWARE\\Policies\\Microsoft';
  const internet = 'Microsoft\\Windows\\CurrentVersion\\Internet Settings';
  const rules =
    'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules';
  const locations = 'HKCU\\Software\\Microsoft\\Office\\16.0\\Excel\\Security\\Trusted Locations\\Location9';
  const winlogon = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon';
  set(`HKCU\\${policies}\\Edge`, 'SmartScreenEnabled', 'REG_DWORD', '0');
  set(`HKLM\\SOFTWARE\\WOW6432Node\\${internet}`, 'ProxyEnable', 'REG_DWORD', '1');
  set(
    `HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer`,
    'NoDriveTypeAutoRun',
    'REG_BINARY',
    'ff000000',
  );
  set('HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\Exclusions\\Paths', 'C:\\Users', 'REG_DWORD', '0');
  set(locations, 'Path', 'REG_SZ', 'C:\\');
  set(rules, 'open', 'REG_SZ', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=everything|');
  set(rules, 'narrow', 'REG_SZ', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=443|Name=narrow|');
  set(winlogon, 'DefaultPassword', 'REG_SZ', 'himitsu');
  set(winlogon, 'ForceAutoLogon', 'REG_MULTI_SZ', 'no number');
  const text = must(program, 'facts');
  const { registry, open_rules } = JSON.parse(text);
  const held = (end) => Object.entries(registry).find(([path]) => path.endsWith(end))?.[1];
  assert.equal(held('Policies\\Microsoft\\Edge\\SmartScreenEnabled'), 0);
  assert.equal(registry[`HKLM\\SOFTWARE\\WOW6432Node\\${internet}\\ProxyEnable`], 1);
  assert.equal(
    registry['HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer\\NoDriveTypeAutoRun'],
    255,
  );
  assert.equal(held('Windows Defender\\Exclusions\\Paths\\C:\\Users'), 0);
  assert.equal(held('Trusted Locations\\Location9\\Path'), 'C:\\');
  assert.deepEqual(open_rules, ['everything']);
  assert.equal(held('Winlogon\\DefaultPassword'), 1);
  assert.doesNotMatch(text, /himitsu/, 'that a password is kept is told, and not the password');
});

test('what it says of itself is what it reads, and wrong words are answered', () => {
  const facts = JSON.parse(must(program, 'facts'));
  assert.ok(facts.computer);
  assert.ok(Array.isArray(facts.listening));
  assert.match(
    facts.registry['HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProductName'],
    /Windows 10/,
  );
  const wrong = agent('nothing');
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /'nothing'/);
  assert.match(agent('help').out, /service/);
  assert.match(agent('/?').out, /service/);
  assert.match(wrong.err, /--help/);
  assert.match(wine([program, '--lang', 'ja', '--help']).out, /関所/);
  assert.match(agent('service', 'run').err, /started by Windows/);
});

test("what the page's line does on Windows, but for PowerShell: downloads, compares and enrols by a group's link", async (t) => {
  const { admin, up, server } = await office(t);
  const offered = folder(t);
  copyFileSync(program, join(offered, 'sekisho.exe'));
  const sum = createHash('sha256').update(readFileSync(program)).digest('hex');
  writeFileSync(join(offered, 'SHA256SUMS'), `${sum}  sekisho.exe\n`);
  await server.stop();
  const { url } = await up('--packages', offered);
  const { items } = await admin.get('/downloads');
  assert.deepEqual([items[0].name, items[0].sha256], ['sekisho.exe', sum]);
  const bytes = Buffer.from(await (await fetch(`${url}/downloads/sekisho.exe`)).arrayBuffer());
  assert.equal(createHash('sha256').update(bytes).digest('hex'), sum);
  const at = join(drive, 'windows/Temp/sekisho-downloaded.exe');
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, bytes);
  const { link: many } = await admin.must('POST', '/enrolments', { uses: 2, team: 'Windows' });
  const ran = wine([at, '--lang', 'en', 'agent', 'enrol', '--folder', 'C:\\joined', many]);
  assert.equal(ran.code, 0, ran.err);
  assert.equal((await admin.get('/enrolments')).items[0].used, 1);
  assert.equal((await admin.get('/devices?team=Windows')).items.length, 1);
});
