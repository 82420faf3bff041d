// SPDX-License-Identifier: Apache-2.0
// Clouds and meetings in the console: what an administrator has read, whom it names to whom, and that nothing of
// the files themselves stays.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fits, judge, open, shot, show, signIn, startBrowser, stopBrowser } from './browser.mjs';
import { receiver, until } from './receivers.mjs';
import { Client, demo, demoMail, demoPassword, firstAdministrator, folder, serve } from './server.mjs';

test.before(startBrowser);
test.after(stopBrowser);

const corpus = (name) =>
  JSON.parse(readFileSync(new URL(`../../fuzz/corpus/cloud/${name}.json`, import.meta.url), 'utf8'));
const secret = 'QmFkU2VjcmV0T2ZBbkV4cG9ydA';

/** A tenant, read now, in which Hana is left out and links are open; `turn` changes it. */
function exported(turn = () => {}) {
  const all = { settings: corpus('scubagear'), people: corpus('people') };
  const now = new Date().toISOString().slice(0, 19) + 'Z';
  all.settings.timestamp_zulu = now;
  all.people.readAt = now;
  all.settings.conditional_access_policies[0].Conditions.Users.ExcludeGroups = ['g'];
  all.settings.SPO_tenant[0].SharingCapability = 2;
  all.settings.something_else = { passcode: secret };
  turn(all);
  return Object.entries(all).map(([name, content]) => [`${name}.json`, JSON.stringify(content)]);
}
/** The same of another tenant. */
const elsewhere = ({ settings, people }) => {
  settings.tenant_details[0].TenantId = 'T-2';
  people.tenantId = 't-2';
};
const body = (files, more = {}) => ({
  files: files.map(([name, text]) => ({ name, content: Buffer.from(text).toString('base64url') })),
  emergency: [],
  ...more,
});
const verdict = (read, id) => read.reading.rows.find((row) => row.id === id).verdict;

test('what was read is for administrators, replaces what was before, and goes whole', async (t) => {
  const state = folder(t);
  const server = await demo(t, join(state, 's.db'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  await admin.must('DELETE', '/clouds');
  assert.equal((await admin.get('/clouds')).reading, null);

  const read = await admin.must('PUT', '/clouds', body(exported()));
  const everyone = read.reading.rows.find((row) => row.id === 'm365.mfa_all');
  assert.equal(everyone.verdict, 'fail');
  assert.equal(everyone.before, null);
  assert.ok(everyone.requirements.includes('SK-admin-H5'), everyone.requirements.join(' '));
  assert.ok(everyone.people.some((one) => one.name === 'Hana' && /Sales/.test(one.reasons[0].en)));

  const better = await admin.must(
    'PUT',
    '/clouds',
    body(
      exported(({ settings }) => {
        settings.conditional_access_policies[0].Conditions.Users.ExcludeGroups = [];
      }),
    ),
  );
  assert.equal(verdict(better, 'm365.mfa_all'), 'pass');
  assert.equal(better.reading.rows.find((row) => row.id === 'm365.mfa_all').before, 'fail');

  for (const role of ['executive', 'auditor', 'worker']) {
    const other = new Client(server.url);
    await other.signIn(demoMail(role), demoPassword);
    for (const [method, sent] of [
      ['GET', undefined],
      ['PUT', body(exported())],
      ['DELETE', undefined],
    ])
      assert.equal((await other.call(method, '/clouds', sent)).status, 403, `${role} ${method}`);
  }

  // What is no export changes nothing, and says which file it is.
  for (const [files, why] of [
    [[['x.json', '{"a": 1}']], /x\.json/],
    [[['settings.json', exported()[0][1].slice(0, 500)]], /settings\.json/],
    [[], /one to twenty/],
    [[['empty.json', '']], /empty\.json: the file is empty/],
    [
      [['zoom.json', JSON.stringify({ ...corpus('zoom'), readAt: '2020-01-01T00:00:00Z' })]],
      /too old to tell/,
    ],
    [[['zoom.json', JSON.stringify({ ...corpus('zoom'), readAt: undefined })]], /nothing can be told/],
  ]) {
    const refused = await admin.call('PUT', '/clouds', body(files));
    assert.equal(refused.status, 422);
    assert.match(refused.json.errors[0].message, why);
    assert.match(refused.json.errors[0].where, /^\/files/);
  }
  for (const wrong of [
    { uses: [] },
    { emergency: ['a', 'b', 'c'] },
    { files: [{ name: 'a', content: '!' }] },
  ])
    assert.equal((await admin.call('PUT', '/clouds', body(exported(), wrong))).status, 422);
  assert.deepEqual((await admin.get('/clouds')).reading, better.reading);

  // Who looked at an older reading than there is changes nothing.
  const stale = (await admin.call('GET', '/clouds')).headers.get('etag');
  await admin.must('PUT', '/clouds', body(exported()));
  const late = await admin.call('DELETE', '/clouds', undefined, { headers: { 'if-match': stale } });
  assert.equal(late.status, 412);

  // A reading of another service leaves these as they were read.
  const zoom = JSON.stringify({ ...corpus('zoom'), readAt: new Date().toISOString().slice(0, 19) + 'Z' });
  const both = (await admin.must('PUT', '/clouds', body([['zoom.json', zoom]]))).reading.rows;
  assert.ok(both.some((row) => row.service === 'zoom'));
  assert.equal(both.find((row) => row.id === 'm365.mfa_all').verdict, 'fail');
  // What is older than what is known takes the place of nothing.
  const yesterday = new Date(Date.now() - 86400e3).toISOString().slice(0, 19) + 'Z';
  const older = JSON.stringify({ ...corpus('zoom'), readAt: yesterday });
  const refused = await admin.refused(422, 'PUT', '/clouds', body([['zoom.json', older]]));
  assert.match(JSON.stringify(refused), /what was read before is newer/);
  assert.deepEqual((await admin.get('/clouds')).reading.rows, both);

  // Another firm's settings are taken only where the firm is said to have moved; then nothing of the one before stays.
  const links = ({ settings }) => (settings.SPO_tenant[0].SharingCapability = 0);
  const before = (await admin.get('/clouds')).reading.rows;
  for (const turn of [
    elsewhere,
    ({ settings, people }) => delete settings.tenant_details && delete people.tenantId,
  ])
    for (const which of [0, 1]) {
      const file = exported((all) => (turn(all), links(all)))[which];
      const foreign = await admin.call('PUT', '/clouds', body([file]));
      assert.equal(foreign.status, 422);
      assert.equal(foreign.json.errors[0].where, '/moved');
      assert.match(foreign.json.errors[0].message, /t-1/);
    }
  assert.deepEqual((await admin.get('/clouds')).reading.rows, before);
  const people = exported(elsewhere)[1];
  const moved = (await admin.must('PUT', '/clouds', body([people], { moved: true }))).reading.rows;
  assert.deepEqual(
    [...new Set(moved.map((row) => row.service))].sort(),
    ['entra', 'zoom'],
    'of the tenant before nothing is left, and other services stay',
  );
  assert.match(
    JSON.stringify(await admin.refused(422, 'PUT', '/clouds', body(exported()))),
    /another account \(t-1\)/,
  );

  await admin.must('DELETE', '/clouds');
  assert.equal((await admin.get('/clouds')).reading, null);
  const log = JSON.stringify(await admin.get('/audit'));
  assert.match(log, /clouds-read/);
  assert.match(log, /clouds-forgotten/);
  assert.doesNotMatch(log, /Hana/);

  // A crash while names are in memory leaves none: not in what it says, nor in a picture of its memory; and what was
  // forgotten is in no part of the database, its log included.
  const limits = readFileSync(`/proc/${server.child.pid}/limits`, 'utf8');
  assert.match(limits, /^Max core file size +0 /m);
  server.child.kill('SIGABRT');
  await until(() => server.child.signalCode === 'SIGABRT', 'the crash');
  for (const file of readdirSync(state)) {
    const bytes = readFileSync(join(state, file), 'latin1');
    for (const gone of [secret, 'Hana', 'hana@example.jp'])
      assert.ok(!bytes.includes(gone), `${file} has ${gone}`);
  }
  assert.doesNotMatch(server.said(), /Hana|passcode/);
});

const entry = (more = {}) => ({
  name: 'Chat',
  provider: '',
  settings: [],
  in_use: true,
  users: '',
  owner: null,
  grade: '',
  theirs: '',
  ours: '',
  certificates: [],
  reviewed_on: null,
  review_on: null,
  ...more,
});

test('the register decides what counts, and what is read stands on the checklist', async (t) => {
  const state = folder(t);
  const server = await demo(t, join(state, 's.db'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const check = async (id, requirement) =>
    (await admin.get(`/requirements/${requirement}`)).checks.find((one) => one.id === id);
  const unknown = async () =>
    (await admin.get('/actions?verdict=unknown&limit=500')).items
      .map((one) => one.id)
      .filter((id) => /^(cloud|meeting)-/.test(id));
  for (const one of (await admin.get('/cloud-services')).items)
    await admin.must('DELETE', `/cloud-services/${one.id}`);
  await admin.must('DELETE', '/clouds');
  assert.deepEqual(await unknown(), [], 'nothing in use leaves nothing open');

  // In use and never read: one.
  const { id } = await admin.must(
    'POST',
    '/cloud-services',
    entry({ settings: ['entra', 'sharepoint', 'teams'] }),
  );
  assert.deepEqual(await unknown(), ['cloud-settings-read']);
  assert.equal((await check('cloud-grades', 'SK-admin-A3')).verdict, 'fail');

  await admin.must('PUT', '/clouds', body(exported()));
  const links = await check('cloud-public-links', 'SK-admin-I3');
  assert.equal(links.verdict, 'fail');
  assert.match(links.evidence.detail.en, /SharePoint/);
  const everyone = await check('cloud-mfa-everyone', 'SK-admin-H5');
  assert.equal(everyone.verdict, 'fail');
  assert.doesNotMatch(JSON.stringify(everyone), /Hana/);
  assert.ok((await admin.get('/actions?verdict=fail&limit=500')).items.some((one) => one.id === links.id));
  const green = (await admin.get('/checks/cloud-settings-read')).answers[0];
  assert.ok(['pass', 'unknown'].includes(green.verdict));
  // What the export has beside what was entered came in by itself, where the rest of it is.
  const grown = (await admin.get('/cloud-services')).items.filter((one) => one.settings.includes('exchange'));
  assert.deepEqual(
    grown.map((one) => one.id),
    [id],
  );

  // Out of use, it doesn't count any more.
  for (const one of (await admin.get('/cloud-services')).items)
    await admin.must(
      'PUT',
      `/cloud-services/${one.id}`,
      entry({ name: one.name, settings: one.settings, in_use: false }),
    );
  assert.equal((await check('cloud-public-links', 'SK-admin-I3')).verdict, 'not_applicable');
  assert.deepEqual(await unknown(), []);

  // Of two who change one, the later is told.
  const tag = (await admin.call('GET', `/cloud-services/${id}`)).headers.get('etag');
  await admin.must('PUT', `/cloud-services/${id}`, entry());
  const late = await admin.call('PUT', `/cloud-services/${id}`, entry(), { headers: { 'if-match': tag } });
  assert.equal(late.status, 412);
  for (const wrong of [
    { name: '' },
    { settings: ['nothing'] },
    { grade: 'other' },
    { owner: 99999 },
    { review_on: 'soon' },
    { certificates: [{ kind: 'x', number: '', until: null, seen_on: '2026-01-01' }] },
    { certificates: [{ kind: 'isms', number: '', until: null }] },
    { certificates: [{ kind: 'isms', number: '', until: null, seen_on: null }] },
  ])
    assert.equal(
      (await admin.call('POST', '/cloud-services', entry(wrong))).status,
      422,
      JSON.stringify(wrong),
    );
  const auditor = new Client(server.url);
  await auditor.signIn(demoMail('auditor'), demoPassword);
  assert.ok((await auditor.get('/cloud-services')).items.length > 0);
  assert.equal((await auditor.call('POST', '/cloud-services', entry())).status, 403);
  const worker = new Client(server.url);
  await worker.signIn(demoMail('worker'), demoPassword);
  assert.equal((await worker.call('GET', '/cloud-services')).status, 403);
});

test('what turned from good to bad is told, without names', async (t) => {
  const state = folder(t);
  const server = await demo(t, join(state, 's.db'));
  const hooks = await receiver(t);
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  await admin.must('POST', '/me/proof', { password: demoPassword });
  await admin.must('PUT', '/notices', {
    smtp: { url: '', from: '', user: '' },
    hooks: [{ kind: 'json', url: hooks.url }],
  });
  const closed = exported(({ settings }) => {
    settings.SPO_tenant[0].SharingCapability = 0;
    settings.conditional_access_policies[0].Conditions.Users.ExcludeGroups = [];
  });
  await admin.must('PUT', '/clouds', body(closed));
  await admin.must('PUT', '/clouds', body(exported()));
  const told = await until(() => hooks.calls.find((call) => call.body.event === 'clouds'), 'the notice');
  assert.match(told.text, /SharePoint/);
  assert.match(told.text, /m365\.mfa_all/);
  assert.doesNotMatch(JSON.stringify(hooks.calls), /Hana|one@example/);
});

/** What the script may call: what reads, what signs in and out, and what shows and writes its own files. */
const mayCall = [
  /^(Get|Select|Read|Write|Join|New|Out|Set-StrictMode|Start-Sleep|Remove-TypeData)/,
  /^(Connect|Disconnect)-(MgGraph|ExchangeOnline|MicrosoftTeams)$/,
  /^(Invoke-MgGraphRequest|Install-Module|Add-Section|Add-Result)$/,
];

test('the export script reads and changes nothing, and what it writes is read', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const answer = await fetch(`${server.url}/sekisho-cloud-export.ps1`);
  assert.equal(answer.status, 200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.deepEqual(
    [...bytes.subarray(0, 3)],
    [0xef, 0xbb, 0xbf],
    'Windows PowerShell 5.1 reads UTF-8 by its mark',
  );
  const script = bytes.toString('utf8');
  assert.ok(script.split('\r\n').length <= 200);
  for (const [, called] of script.matchAll(/\b([A-Z][a-z]+-[A-Z]\w+)\b/g))
    assert.ok(
      mayCall.some((one) => one.test(called)),
      called,
    );
  for (const [, verb] of script.matchAll(/-Method (\w+)/g)) assert.equal(verb, 'GET');
  assert.doesNotMatch(script, /ReadWrite|FullControl/);

  // In the script's form; a list of one that became an object is read as well.
  const settings = {
    module_version: 'sekisho-cloud-export 1',
    timestamp_zulu: new Date().toISOString().slice(0, 19) + 'Z',
    tenant_details: [{ TenantId: 't-1' }],
    transport_config: { SmtpClientAuthenticationDisabled: true },
    remote_domains: [{ DomainName: '*', AutoForwardEnabled: true }],
    exo_successful_commands: ['Get-TransportConfig', 'Get-RemoteDomain'],
    exo_unsuccessful_commands: ['Get-TransportRule'],
    meeting_policies: [{ Identity: 'Global', AutoAdmittedUsers: 'Everyone' }],
    teams_successful_commands: ['Get-CsTeamsMeetingPolicy'],
    teams_unsuccessful_commands: [],
  };
  const people = {
    ...corpus('people'),
    readAt: settings.timestamp_zulu,
    registration: { error: 'not read' },
    sharepointSettings: { sharingCapability: 'externalUserAndGuestSharing' },
  };
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const { reading } = await admin.must(
    'PUT',
    '/clouds',
    body([
      ['sekisho-people.json', JSON.stringify(people)],
      ['sekisho-settings.json', JSON.stringify(settings)],
    ]),
  );
  const found = (check, verdict) =>
    reading.rows.some((row) => row.check === check && row.service !== 'zoom' && row.verdict === verdict);
  assert.ok(found('cloud-mail-forward', 'fail'));
  assert.ok(found('meeting-lobby', 'fail'));
  const sharing = reading.rows.find((row) => row.id === 'spo.sharing');
  assert.deepEqual([sharing.verdict, sharing.made_at], ['fail', settings.timestamp_zulu]);
  assert.ok(found('cloud-mfa-registered', 'unknown'));
});

test('the server reads by itself what it has a credential of, and says why it could not', async (t) => {
  const state = folder(t);
  mkdirSync(join(state, 'sekisho', 'clouds'), { recursive: true });
  const credential = join(state, 'sekisho', 'clouds', 'zoom.json');
  writeFileSync(credential, JSON.stringify({ service: 'zoom', account: 'a', client: 'c', secret }));
  chmodSync(credential, 0o644);
  const server = await serve(t, join(state, 's.db'), [], { env: { XDG_DATA_HOME: state } });
  const { admin } = await firstAdministrator(server);
  const zoom = async () => (await admin.get('/cloud-readers')).items.find((one) => one.id === 'zoom');
  const failed = await until(async () => ((await zoom()).error ? await zoom() : null), 'a try that failed');
  assert.match(failed.error.en, /others may read it/);
  assert.equal(failed.credential, true);
  assert.ok(new Date(failed.due) > new Date(failed.tried));
  const { failures } = failed;
  await admin.must('POST', '/cloud-readers/zoom/read');
  await until(async () => (await zoom()).failures > failures, 'another try');
  assert.equal((await admin.call('POST', '/cloud-readers/box/read')).status, 422);
  assert.equal((await admin.call('POST', '/cloud-readers/else/read')).status, 404);
  assert.doesNotMatch(server.said(), new RegExp(secret));
});

test('the guides say how it is here, as long as what was read holds', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  await admin.must('DELETE', '/clouds');
  const guide = async (id) => (await admin.get('/cloud-guides')).items.find((one) => one.id === id);
  const line = async (id, item) => (await guide(id)).lines.find((one) => one.item === item);
  assert.equal((await line('sharepoint', 'spo.sharing')).verdict, null);
  await admin.must('PUT', '/clouds', body(exported()));
  const links = await line('sharepoint', 'spo.sharing');
  assert.equal(links.verdict, 'fail');
  assert.match(links.source, /^CISA MS\.SHAREPOINT/);
  const read = await guide('sharepoint');
  assert.ok(read.in_use && read.open > 0 && read.made_at, JSON.stringify(read).slice(0, 300));
  assert.doesNotMatch(JSON.stringify(await admin.get('/cloud-guides')), /Hana/);
  for (const role of ['executive', 'auditor', 'worker']) {
    const other = new Client(server.url);
    await other.signIn(demoMail(role), demoPassword);
    for (const [method, path] of [
      ['GET', '/cloud-guides'],
      ['GET', '/cloud-readers'],
      ['POST', '/cloud-readers/zoom/read'],
    ])
      assert.equal((await other.call(method, path)).status, 403, `${role} ${path}`);
  }
  for (const one of (await admin.get('/cloud-guides')).items)
    for (const { item, set, where, why } of one.lines)
      for (const text of [set, where, why]) assert.ok(text.ja && text.en, item);
});

for (const lang of ['ja', 'en'])
  test(`the guides in ${lang}: from a finding to its setting, from a check, and on paper`, async (t) => {
    const say = (ja, en) => (lang === 'ja' ? ja : en);
    const server = await demo(t, join(folder(t), 's.db'));
    const admin = new Client(server.url);
    await admin.signIn(demoMail('admin'), demoPassword);
    await admin.must('PUT', '/clouds', body(exported()));
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    await signIn(page, server.url, 'admin');
    await show(page, server.url, '/clouds');
    await page
      .locator('.row', { hasText: say('SharePoint の誰でも開けるリンク', 'Links for anybody in SharePoint') })
      .first()
      .getByRole('link', { name: say('設定ガイド', 'Setting guide') })
      .click();
    await page.getByRole('heading', { name: /SharePoint/, level: 1 }).waitFor();
    const setting = page.locator('[id="spo.sharing"]');
    await setting.getByText(say('安全な設定', 'Set to'), { exact: true }).waitFor();
    await setting.getByText(/CISA MS\.SHAREPOINT/).waitFor();
    assert.deepEqual(await judge(page, 'cloud guide'), []);
    await shot(page, `cloud-guide-${lang}`);
    await page.setViewportSize({ width: 390, height: 800 });
    await fits(page, 'cloud guide on a telephone');
    await shot(page, `cloud-guide-phone-${lang}`);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.getByRole('button', { name: say('印刷する', 'Print') }).isVisible(), false);
    assert.ok(await setting.isVisible());
    await page.emulateMedia({ media: 'screen' });

    await page.getByRole('link', { name: say('すべての設定ガイド', 'All setting guides') }).click();
    await page.getByRole('heading', { name: say('使っているサービス', 'Services in use') }).waitFor();
    await page.getByRole('link', { name: 'Zoom', exact: true }).click();
    await page.getByRole('heading', { name: /^3-4 / }).waitFor();
    await show(page, server.url, '/clouds/guides');
    assert.deepEqual(await judge(page, 'cloud guides'), []);
    await shot(page, `cloud-guides-${lang}`);

    await show(page, server.url, '/checks/cloud-public-links');
    await page.getByRole('link', { name: say('設定ガイドを見る', 'See the setting guides') }).click();
    await page
      .getByRole('heading', { name: say('この確認項目に関わる設定', 'Settings that decide this check') })
      .waitFor();
    await page.locator('[id="spo.sharing"]').waitFor();
    await show(page, server.url, '/clouds/guides/nothing');
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.deepEqual(problems, []);
  });

const reader = (id, more = {}) => ({
  id,
  credential: false,
  running: false,
  tried: null,
  succeeded: null,
  due: null,
  failures: 0,
  error: null,
  ...more,
});
/** One that reads, one that can't, and one without a credential. */
const readers = {
  folder: '/var/lib/sekisho/clouds',
  items: [
    reader('zoom', {
      credential: true,
      tried: '2026-11-24T03:00:00Z',
      succeeded: '2026-11-24T03:00:00Z',
      due: '2099-12-01T01:00:00Z',
    }),
    reader('google', {
      credential: true,
      tried: '2026-11-24T03:00:00Z',
      due: '2099-11-24T04:00:00Z',
      failures: 2,
      error: { ja: 'サービスに断られました（403）。', en: 'it refused (403).' },
    }),
    reader('box'),
  ],
};

for (const lang of ['ja', 'en'])
  test(`the page in ${lang}: nothing yet, reading files, who is left out, and forgetting it`, async (t) => {
    const say = (ja, en) => (lang === 'ja' ? ja : en);
    const state = folder(t);
    const server = await demo(t, join(state, 's.db'));
    const admin = new Client(server.url);
    await admin.signIn(demoMail('admin'), demoPassword);
    await admin.must('DELETE', '/clouds');
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    await signIn(page, server.url, 'admin');
    await page.getByRole('link', { name: say('クラウドと会議', 'Clouds and meetings') }).click();
    await page.getByText(say('まだ何も読んでいません', 'Nothing was read yet')).waitFor();
    assert.deepEqual(await judge(page, 'clouds, empty'), []);
    await shot(page, `clouds-empty-${lang}`);

    const choose = async (files) => {
      const paths = files.map(([name, text]) => {
        writeFileSync(join(state, name), text);
        return join(state, name);
      });
      await page.locator('input[type=file]').setInputFiles(paths);
    };
    await choose([['notes.txt', 'hello']]);
    const send = page.getByRole('button', { name: say('設定を読む', 'Read settings') });
    await send.click();
    await page
      .getByText(/notes\.txt/)
      .last()
      .waitFor();
    await page.getByRole('alert').first().waitFor();

    await choose(exported());
    await send.click();
    await page
      .getByRole('heading', { name: say(/外に開いているもの.* 件あります/, /open to the world/) })
      .waitFor();
    const row = page
      .locator('.row', { hasText: say('全員の多要素認証', 'A second factor for everyone') })
      .first();
    await row.locator('summary').click();
    await row.locator('li', { hasText: 'Hana' }).waitFor();
    await row.getByRole('link', { name: 'SK-admin-H5' }).waitFor();
    assert.deepEqual(await judge(page, 'clouds'), []);
    await fits(page, 'clouds');
    await shot(page, `clouds-${lang}`);
    await page.setViewportSize({ width: 390, height: 800 });
    await fits(page, 'clouds on a telephone');
    await page.setViewportSize({ width: 1280, height: 900 });

    // Another firm's settings are refused, until the administrator says that the firm moved.
    await choose(exported(elsewhere));
    const again = page.getByRole('button', { name: say('読み直す', 'Read anew') });
    const moved = page.getByLabel(
      say('会社のテナント（アカウント）が変わった', 'The firm has another account (tenant) now'),
    );
    assert.equal(await moved.isVisible(), false);
    await again.click();
    await page.getByText(/t-2/).first().waitFor();
    assert.deepEqual(await judge(page, 'clouds of another firm'), []);
    await shot(page, `clouds-moved-${lang}`);
    await moved.check();
    await again.click();
    await moved.waitFor({ state: 'hidden' });

    // What the server reads by itself: when, when next, why not, and how to have it read.
    await page.route('**/api/v1/cloud-readers', (route) => route.fulfill({ json: readers }));
    await page.reload();
    const weekly = page.locator('.row', { hasText: say('最後に読めた日時', 'Last read') }).first();
    await weekly.getByRole('button', { name: say('今すぐ読む', 'Read now') }).waitFor();
    await page.getByText(say('断られました', 'it refused')).waitFor();
    await page.getByText(say('毎週読ませるには', 'How to have it read')).click();
    await page.getByText('Box', { exact: true }).last().click();
    await page.getByText('/var/lib/sekisho/clouds/box.json').waitFor();
    assert.deepEqual(await judge(page, 'clouds, readers'), []);
    await shot(page, `clouds-readers-${lang}`);
    await page.setViewportSize({ width: 390, height: 800 });
    await fits(page, 'readers on a telephone');
    await page.setViewportSize({ width: 1280, height: 900 });

    // The register: a service is entered, and what is missing is said.
    await page.getByRole('button', { name: say('サービスを追加', 'Add a service') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(say('サービスの名前', 'Name of the service')).fill('Chatwork');
    await dialog.getByLabel(say('運営会社', 'Provider'), { exact: true }).fill('Chatwork');
    await dialog.getByRole('button', { name: say('追加', 'Add one'), exact: true }).click();
    assert.deepEqual(await judge(page, 'clouds, entry'), []);
    await shot(page, `clouds-entry-${lang}`);
    await dialog.getByRole('button', { name: say('保存する', 'Save') }).click();
    await dialog.waitFor({ state: 'detached' });
    const line = page.locator('.row', { hasText: 'Chatwork' });
    await line.getByText(say('未記入', 'To be filled in')).waitFor();

    await page.getByRole('button', { name: say('読んだ結果を削除', 'Forget what was read') }).click();
    await page.getByText(say('まだ何も読んでいません', 'Nothing was read yet')).waitFor();

    await page.context().clearCookies();
    await signIn(page, server.url, 'executive');
    await show(page, server.url, '/clouds');
    await page.getByText(say('このページは表示できません', 'This page is not for your role')).waitFor();
    assert.deepEqual(problems, []);
  });
