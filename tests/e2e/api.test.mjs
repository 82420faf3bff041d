// SPDX-License-Identifier: Apache-2.0
// The REST API as people and programs use it, on both kinds of database, each answer against its document.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import {
  Client,
  database,
  demo,
  demoMail,
  demoPassword,
  document,
  firstAdministrator,
  newPerson,
  operations,
  seen,
  sekisho,
  serve,
  totp,
  folder,
} from './server.mjs';

const kinds = ['sqlite', 'postgres'];
const organisation = {
  name: '株式会社あおき',
  industry: '',
  size: 'from_10',
  methods: ['vpn'],
  situations: {},
  ready: true,
};

for (const kind of kinds) {
  test(`${kind}: the first administrator registers once, and signs in with a second factor`, async (t) => {
    const server = await serve(t, database(t, kind));
    const nobody = new Client(server.url);
    assert.equal((await nobody.get('/state')).setup_needed, true);
    await nobody.refused(403, 'POST', '/setup', {
      token: 'x'.repeat(32),
      name: 'E',
      email: 'e@firm.example',
      password: 'correct horse battery',
      lang: 'en',
    });
    const weak = await nobody.refused(422, 'POST', '/setup', {
      token: server.link.split('#')[1],
      name: 'E',
      email: 'e@firm.example',
      password: 'password12',
      lang: 'en',
    });
    assert.equal(weak.errors[0].where, '/password');
    const { admin, secret, code, recovery_codes, email, password } = await firstAdministrator(server);
    assert.equal(admin.me.stage, 'full');
    assert.equal((await nobody.get('/state')).setup_needed, false);
    await nobody.refused(409, 'POST', '/setup', {
      token: server.link.split('#')[1],
      name: 'E',
      email: 'e@firm.example',
      password: 'correct horse battery',
      lang: 'en',
    });

    const again = new Client(server.url);
    assert.equal(
      (await again.must('POST', '/sign-in', { email: 'ADMIN@firm.example', password })).stage,
      'second',
    );
    await again.learn();
    assert.equal(again.me.stage, 'second');
    await again.refused(401, 'GET', '/home');
    await again.refused(401, 'POST', '/sign-in/code', { code: '000000' });
    // A code works once: the one that confirmed the set-up is used up, the next one is not.
    await again.refused(401, 'POST', '/sign-in/code', { code });
    assert.equal(
      (await again.must('POST', '/sign-in/code', { code: totp(secret, Date.now(), 1) })).stage,
      'full',
    );
    const third = new Client(server.url);
    await third.must('POST', '/sign-in', { email, password });
    await third.learn();
    assert.equal((await third.must('POST', '/sign-in/code', { code: recovery_codes[0] })).stage, 'full');
    const fourth = new Client(server.url);
    await fourth.must('POST', '/sign-in', { email, password });
    await fourth.learn();
    await fourth.refused(401, 'POST', '/sign-in/code', { code: recovery_codes[0] });
    assert.doesNotMatch(server.said(), new RegExp(`${secret}|${password}|${recovery_codes[1]}`));
  });

  test(`${kind}: guessing locks the account, in words of both languages, and time opens it`, async (t) => {
    const server = await serve(t, database(t, kind));
    const { email, password } = await firstAdministrator(server);
    const guesser = new Client(server.url, { lang: 'ja' });
    for (let i = 0; i < 5; ++i)
      assert.match(
        (await guesser.refused(401, 'POST', '/sign-in', { email, password: `wrong number ${i}` })).title,
        /違います/,
      );
    assert.match((await guesser.refused(429, 'POST', '/sign-in', { email, password })).title, /しばらく/);
    // Somebody who does not exist is answered alike.
    for (let i = 0; i < 5; ++i)
      await guesser.refused(401, 'POST', '/sign-in', { email: 'nobody@firm.example', password });
    await guesser.refused(429, 'POST', '/sign-in', { email: 'nobody@firm.example', password });
  });

  test(`${kind}: a firm is set up, answers, assigns, comments, attaches, reports, and the log tells it all`, async (t) => {
    const where = database(t, kind);
    const server = await serve(t, where);
    const { admin } = await firstAdministrator(server);
    const blank = await admin.get('/organisation');
    assert.equal(blank.ready, false);
    assert.equal(
      (await admin.call('PUT', '/organisation', { ...organisation, methods: ['pigeon'] })).status,
      422,
    );
    assert.deepEqual(await admin.get('/organisation'), blank);
    const situations = Object.fromEntries(
      (await admin.get('/guideline')).situations.map((one) => [one.id, true]),
    );
    await admin.must('PUT', '/organisation', { ...organisation, situations });
    assert.deepEqual(
      (
        await admin.must('POST', '/choice', {
          connection: 'offline',
          work: 'everything',
          data: 'keep',
          systems: 'cloud_only',
          peaks: 'fine',
          budget: 'balance',
        })
      ).leaf,
      'standalone',
    );
    await admin.refused(422, 'POST', '/choice', { none: 'no' });
    await admin.get('/methods/cloud/difference');
    await admin.refused(404, 'GET', '/methods/pigeon/difference');

    const worker = await newPerson(admin, ['teleworker'], 'worker@firm.example');
    const executive = await newPerson(admin, ['executive'], 'executive@firm.example');
    const auditor = await newPerson(admin, ['auditor'], 'auditor@firm.example');
    const people = (await admin.get('/people')).items;
    assert.equal(people.length, 4);

    const asked = (await admin.get('/actions?verdict=unknown')).items.filter((one) => one.asked);
    const [item, other] = asked.map((one) => one.id);
    await worker.refused(403, 'POST', `/checks/${item}/answers`, { reply: 'yes' });
    const due = new Date(Date.now() + 864e5).toISOString().slice(0, 10);
    await admin.must('PUT', `/items/${item}/assignment`, { person: worker.me.id, due });
    const mine = await worker.get('/me/page');
    assert.deepEqual(
      mine.todos.map((one) => [one.item, one.due, one.done]),
      [[item, due, false]],
    );
    const file = await worker.must(
      'POST',
      '/attachments?name=%E8%A8%BC%E6%8B%A0.html',
      new Uint8Array(Buffer.from('<script>alert(1)</script>')),
    );
    await worker.must('POST', `/checks/${item}/answers`, {
      reply: 'yes',
      note: '台帳を見た',
      attachment: file.id,
    });
    const kept = await admin.call('GET', `/attachments/${file.id}`);
    assert.equal(kept.bytes.toString(), '<script>alert(1)</script>');
    assert.match(kept.headers.get('content-disposition'), /^attachment/);
    assert.equal(kept.headers.get('content-type'), 'application/octet-stream');
    const detail = await admin.get(`/checks/${item}`);
    assert.equal(detail.verdict, 'pass');
    assert.deepEqual(
      [detail.answers[0].by, detail.answers[0].note, detail.answers[0].attachment.name],
      ['worker', '台帳を見た', '証拠.html'],
    );
    await admin.must('POST', `/checks/${other}/answers`, { reply: 'no', note: '' });
    assert.ok((await admin.get('/actions?verdict=fail')).items.some((one) => one.id === other));
    await admin.refused(422, 'POST', `/checks/${other}/answers`, { reply: 'perhaps' });
    await admin.refused(422, 'POST', `/checks/${other}/answers`, { reply: 'not_applicable', note: '' });
    await admin.refused(422, 'POST', '/checks/none/answers', { reply: 'yes' });

    const requirement = (await admin.get('/measures')).items.find((one) =>
      one.checks.some((check) => check.id === item),
    );
    await executive.must('POST', `/items/${requirement.id}/remarks`, { text: 'いつ終わりますか' });
    const said = await auditor.get(`/requirements/${requirement.id}`);
    assert.equal(said.remarks[0].text, 'いつ終わりますか');
    assert.ok(
      said.history.some((entry) => entry.action === 'answered' && entry.detail.note === '台帳を見た'),
    );

    const report = await worker.must('POST', '/incidents', { kind: 'lost_device', text: '電車に忘れました' });
    assert.equal(report.case, 8);
    await worker.must('POST', `/incidents/${report.id}/remarks`, { text: '終着駅にありました' });
    assert.equal((await worker.get('/incidents')).items.length, 1);
    await worker.refused(403, 'PUT', `/incidents/${report.id}`, { state: 'closed', done: [] });
    await executive.must('PUT', `/incidents/${report.id}`, { state: 'closed', done: [0, 1] });
    const closed = await admin.get(`/incidents/${report.id}`);
    assert.deepEqual([closed.state, closed.done, closed.remarks.length], ['closed', [0, 1], 1]);
    await newPerson(admin, ['teleworker'], 'second@firm.example').then((second) =>
      second.refused(404, 'GET', `/incidents/${report.id}`),
    );

    const actions = (await auditor.get('/audit?limit=500')).items.map((entry) => entry.action);
    for (const action of [
      'setup',
      'invited',
      'invitation-accepted',
      'organisation-changed',
      'assigned',
      'attached',
      'answered',
      'remarked',
      'incident-reported',
      'incident-changed',
    ])
      assert.ok(actions.includes(action), action);
    assert.equal((await auditor.get('/audit/check')).intact, true);
    const proved = sekisho(server.state, ['audit', 'verify', '--database', where]);
    assert.equal(proved.code, 0, proved.err);
  });

  test(`${kind}: evidence arrives by token, is folded at once, and scopes are kept`, async (t) => {
    const server = await serve(t, database(t, kind));
    const { admin } = await firstAdministrator(server);
    await admin.must('PUT', '/organisation', organisation);
    const make = async (scopes) =>
      new Client(server.url, {
        token: (await admin.must('POST', '/me/tokens', { name: scopes.join('-'), scopes, days: 1 })).token,
      });
    const sender = await make(['evidence']);
    const reader = await make(['read']);
    const record = (verdict, at) => ({
      check: 'disk-encryption',
      verdict,
      observed_at: at,
      detail: { ja: '見た', en: 'seen' },
    });
    const moment = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, '');
    assert.equal(
      (await sender.must('POST', '/evidence', { machine: 'pc-1', records: [record('fail', moment)] }))
        .accepted,
      1,
    );
    let device = (await reader.get('/devices')).items[0];
    assert.deepEqual([device.name, device.failing], ['pc-1', ['disk-encryption']]);
    await sender.must('POST', '/evidence', {
      machine: 'pc-1',
      records: [record('pass', new Date().toISOString().replace(/\.\d+/, ''))],
    });
    device = await reader.get(`/devices/${device.id}`);
    assert.equal(device.tally.pass, 1);
    await sender.refused(403, 'GET', '/devices');
    await reader.refused(403, 'POST', '/evidence', { machine: 'pc-1', records: [] });
    await reader.refused(403, 'PUT', `/devices/${device.id}`, { name: 'x', person: null, state: 'active' });
    for (const bad of [
      { machine: '', records: [] },
      { machine: 'pc-2', records: [record('good', moment)] },
      { machine: 'pc-2', records: [{ ...record('pass', moment), check: 'none' }] },
      { machine: 'pc-2', records: [record('pass', '2999-01-01T00:00:00Z')] },
      { machine: 'pc-2', records: [], more: 1 },
      [],
      'text',
    ])
      assert.ok(
        [400, 415, 422].includes((await sender.call('POST', '/evidence', bad)).status),
        JSON.stringify(bad),
      );
    assert.equal((await reader.get('/devices')).items.length, 1);
    await admin.must('PUT', `/devices/${device.id}`, {
      name: '経理の PC',
      person: admin.me.id,
      state: 'lost',
    });
    assert.equal((await reader.get('/devices?q=%E7%B5%8C%E7%90%86')).items[0].state, 'lost');
    assert.equal((await admin.get('/home')).machines, 1);
    await admin.must('PUT', `/devices/${device.id}`, {
      name: '経理の PC',
      person: null,
      state: 'retired',
      wiped: '初期化',
    });
    assert.equal((await admin.get('/home')).machines, 0);
    const tokens = (await admin.get('/me/tokens')).items;
    for (const token of tokens) await admin.must('DELETE', `/me/tokens/${token.id}`);
    await sender.refused(401, 'POST', '/evidence', { machine: 'pc-1', records: [] });
  });

  test(`${kind}: a change without the page's own word is refused, and so is one of another site`, async (t) => {
    const server = await serve(t, database(t, kind));
    const { admin } = await firstAdministrator(server);
    await admin.refused(403, 'PUT', '/organisation', organisation, { csrf: false });
    await admin.refused(403, 'PUT', '/organisation', organisation, {
      csrf: false,
      headers: { 'x-sekisho-csrf': 'x'.repeat(43) },
    });
    await admin.refused(403, 'PUT', '/organisation', organisation, {
      headers: { origin: 'https://evil.example' },
    });
    assert.equal((await admin.get('/organisation')).ready, false);
    await admin.refused(415, 'PUT', '/organisation', JSON.stringify(organisation), {
      headers: { 'content-type': 'text/plain' },
    });
    const reply = await fetch(`${server.url}/api/v1/me`, { headers: { cookie: admin.cookie } });
    assert.equal(reply.headers.get('cache-control'), 'private, no-cache');
    const fresh = await fetch(`${server.url}/api/v1/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'admin@firm.example', password: 'correct horse battery' }),
    });
    assert.match(fresh.headers.get('set-cookie'), /HttpOnly/i);
    assert.match(fresh.headers.get('set-cookie'), /SameSite=(Lax|Strict)/i);
  });

  test(`${kind}: lists go on where they stopped, tags spare the same answer, and a stale change is refused`, async (t) => {
    const server = await demo(t, database(t, kind));
    const admin = new Client(server.url);
    assert.equal(await admin.signIn(demoMail('admin'), demoPassword), 'full');
    for (const path of ['/people', '/devices', '/actions', '/incidents', '/audit']) {
      const sep = path.includes('?') ? '&' : '?';
      const whole = (await admin.get(`${path}${sep}limit=500`)).items;
      const parts = [];
      for (let after = 0; after !== null;) {
        const page = await admin.get(`${path}${sep}limit=4${after ? `&after=${after}` : ''}`);
        assert.ok(page.items.length <= 4);
        parts.push(...page.items);
        after = page.next;
      }
      assert.deepEqual(
        parts.map((one) => one.id),
        whole.map((one) => one.id),
        path,
      );
    }
    for (const bad of ['limit=0', 'limit=501', 'limit=x', 'after=-1'])
      await admin.refused(422, 'GET', `/people?${bad}`);
    const first = await admin.call('GET', '/devices/1');
    const etag = first.headers.get('etag');
    assert.equal(
      (await admin.call('GET', '/devices/1', undefined, { headers: { 'if-none-match': etag } })).status,
      304,
    );
    const change = { name: 'new', person: null, state: 'active' };
    await admin.must('PUT', '/devices/1', change, { headers: { 'if-match': etag } });
    await admin.refused(
      412,
      'PUT',
      '/devices/1',
      { ...change, name: 'newer' },
      { headers: { 'if-match': etag } },
    );
    assert.equal((await admin.get('/devices/1')).name, 'new');
  });

  test(`${kind}: every route, as each role and as nobody, lets in whom the document names`, async (t) => {
    const server = await demo(t, database(t, kind));
    const callers = { nobody: new Client(server.url) };
    for (const [role, name] of [
      ['administrator', 'admin'],
      ['executive', 'executive'],
      ['teleworker', 'worker'],
      ['auditor', 'auditor'],
    ]) {
      callers[role] = new Client(server.url);
      await callers[role].signIn(demoMail(name), demoPassword);
      assert.deepEqual(callers[role].me.roles, [role]);
    }
    assert.ok(operations.length > 60);
    let walked = 0;
    for (const operation of operations) {
      if (operation.operationId === 'signOut') continue; // ends the walk; tried below
      const path = operation.path
        .replace('{id}', operation.path.startsWith('/checks') ? 'disk-encryption' : '999999')
        .replace('{token}', 'none')
        .replace('{kind}', 'executive');
      for (const [role, client] of Object.entries(callers)) {
        // An empty body is refused by whoever may call, before anything changes.
        const reply = await client.call(operation.method, path, operation.requestBody ? {} : undefined);
        const named = operation['x-roles'];
        const may =
          named.includes('public') ||
          (role !== 'nobody' && (named.includes('half') || named.includes('any') || named.includes(role)));
        if (may)
          assert.ok(
            reply.status !== 403 || named.includes('public'),
            `${operation.operationId} as ${role}: ${reply.status}`,
          );
        if (may && !named.includes('public'))
          assert.notEqual(reply.status, 401, `${operation.operationId} as ${role}`);
        if (!may)
          assert.equal(reply.status, role === 'nobody' ? 401 : 403, `${operation.operationId} as ${role}`);
        ++walked;
      }
    }
    assert.equal(walked, (operations.length - 1) * 5);
    await callers.nobody.refused(401, 'POST', '/sign-out');
    await callers.nobody.refused(404, 'GET', '/none');
    await callers.nobody.refused(405, 'PUT', '/state', {});
    await callers.auditor.must('POST', '/sign-out');
    await callers.auditor.refused(401, 'GET', '/home');
  });

  test(`${kind}: sessions, passwords and people can be ended`, async (t) => {
    const server = await serve(t, database(t, kind));
    const { admin } = await firstAdministrator(server);
    await admin.must('PUT', '/organisation', organisation);
    const worker = await newPerson(admin, ['teleworker'], 'worker@firm.example');
    const other = new Client(server.url);
    await other.must('POST', '/sign-in', {
      email: 'worker@firm.example',
      password: 'three plain unrelated words',
    });
    await other.learn();
    await other.must('POST', '/sign-in/code', { code: totp(worker.secret, Date.now(), 1) });
    await other.learn();
    assert.equal((await worker.get('/me/sessions')).items.length, 2);
    await worker.refused(422, 'POST', '/me/password', {
      current: 'wrong',
      password: 'four other unrelated words',
    });
    await worker.must('POST', '/me/password', {
      current: 'three plain unrelated words',
      password: 'four other unrelated words',
    });
    await other.refused(401, 'GET', '/me');
    await worker.must('PUT', '/me', { name: '渡辺', lang: 'ja' });
    const [session] = (await worker.get('/me/sessions')).items;
    await admin.refused(404, 'DELETE', `/me/sessions/${session.id}`);
    await worker.must('DELETE', `/me/sessions/${session.id}`);
    await worker.refused(401, 'GET', '/me');

    const id = (await admin.get('/people')).items.find((one) => one.email === 'worker@firm.example').id;
    await worker.must('POST', '/sign-in', {
      email: 'worker@firm.example',
      password: 'four other unrelated words',
    });
    await admin.must('DELETE', `/people/${id}/sessions`);
    await worker.refused(401, 'GET', '/me');
    await admin.must('DELETE', `/people/${id}/factors`);
    await admin.refused(409, 'DELETE', `/people/${id}/company-account`);
    assert.equal(
      (
        await worker.must('POST', '/sign-in', {
          email: 'worker@firm.example',
          password: 'four other unrelated words',
        })
      ).stage,
      'enrol',
    );
    await admin.must('PUT', `/people/${id}`, { name: '渡辺', roles: ['executive'], state: 'disabled' });
    await worker.refused(401, 'GET', '/me');
    await worker.refused(401, 'POST', '/sign-in', {
      email: 'worker@firm.example',
      password: 'four other unrelated words',
    });
    // The last administrator stays one.
    await admin.refused(409, 'PUT', `/people/${admin.me.id}`, {
      name: 'Aoki',
      roles: ['executive'],
      state: 'active',
    });
    const { id: waiting } = await admin
      .must('POST', '/invitations', { email: 'new@firm.example', name: 'New', roles: ['auditor'] })
      .then(async () => (await admin.get('/invitations')).items[0]);
    await admin.must('DELETE', `/invitations/${waiting}`);
    assert.deepEqual(
      (await admin.get('/invitations')).items.map((one) => [one.state, one.withdrawn_by.id]),
      [['withdrawn', admin.me.id]],
    );
  });
}

const accessPolicy = `
policy: {name: test, about: test}
resources:
  - {id: wiki, name: w, kind: application, sensitivity: middle, who: {groups: [sales]}, device: any, own_devices: true, evidence: 30 days, second_factor: none, measures: ["8-3"]}
`;

test('every route was seen to succeed and to be as the document says', async (t) => {
  const server = await demo(t, database(t, 'sqlite'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  for (const path of [
    '/home',
    '/history',
    '/history?by=category',
    '/checklist',
    '/checklist?method=vpn&role=teleworker',
    '/measures?level=basic',
    '/cases',
    '/notices',
    '/feeds',
    '/clouds',
    '/cloud-guides',
    '/cloud-readers',
    '/report-key',
    '/report-making?making=nothing',
    '/me/passkeys',
    '/privacy',
    '/access/policy',
    '/access/policies',
    '/access/policies/built-in',
    '/access/timeline?kind=deny&since=2020-01-01',
    '/access/sessions',
    '/access/events?kind=deny',
    '/access/suspensions?all=yes',
    '/access/groups',
    '/me/data',
    '/questions',
    '/checks/ask-SK-admin-B2/answers',
    '/items/ask-SK-admin-B2/assignment',
    '/assignments?late=true',
    '/emergency',
    '/applications',
    '/reports/administrator?format=csv',
    '/reading?of=system&name=Windows&version=11%2024H2',
  ])
    await admin.get(path);
  for (const measure of (await admin.get('/measures')).items) await admin.get(`/requirements/${measure.id}`);
  for (const check of (await admin.get('/guideline')).checks) await admin.get(`/checks/${check.id}`);
  await admin.must('PUT', '/notices', { smtp: { url: '', from: '', user: '' }, hooks: [] });
  await admin.must('POST', '/notices/test');
  const tenant = readFileSync(new URL('../../fuzz/corpus/cloud/people.json', import.meta.url)).toString(
    'base64url',
  );
  await admin.must('PUT', '/clouds', {
    files: [{ name: 'people.json', content: tenant }],
    emergency: [],
  });
  await admin.must('DELETE', '/clouds');
  const entry = {
    name: 'x',
    provider: '',
    settings: ['zoom'],
    in_use: false,
    users: '',
    owner: null,
    grade: '',
    theirs: '',
    ours: '',
    certificates: [{ kind: 'isms', number: '', until: null, seen_on: '2026-11-01' }],
    reviewed_on: null,
    review_on: '2027-11-01',
  };
  const { id: cloud } = await admin.must('POST', '/cloud-services', entry);
  await admin.must('PUT', `/cloud-services/${cloud}`, { ...entry, name: 'y' });
  assert.equal((await admin.get(`/cloud-services/${cloud}`)).name, 'y');
  assert.ok((await admin.get('/cloud-services')).items.some((one) => one.id === cloud));
  await admin.must('DELETE', `/cloud-services/${cloud}`);
  await admin.must('PUT', '/feeds', { daily: false, proxy: '', proxy_user: '', mirror: '' });
  const { id: incident } = (await admin.get('/incidents')).items[0];
  await admin.must('PUT', `/incidents/${incident}/duty`, { known: null, answers: {} });
  await admin.must('POST', '/me/proof', { password: demoPassword });
  await admin.must('POST', '/sign-in/passkey/options');
  const [decided] = (await admin.get('/access/events')).items;
  assert.equal((await admin.get(`/access/events/${decided.id}`)).kind, decided.kind);
  const { id: suspension } = await admin.must('POST', '/access/suspensions', { device: 1, reason: 'x' });
  assert.equal((await admin.get('/access/suspensions')).items[0].id, suspension);
  await admin.must('DELETE', `/access/suspensions/${suspension}`);
  await admin.must('PUT', '/people/1/groups', { groups: ['sales'] });
  assert.deepEqual((await admin.get('/people/1/groups')).groups, ['sales']);
  const read = await admin.must('POST', '/access/policy/draft', { text: accessPolicy });
  assert.equal(read.text, accessPolicy);
  const { text } = await admin.must('POST', '/access/policy/draft', { text: accessPolicy, form: read.form });
  assert.equal(text, accessPolicy);
  const compared = await admin.must('PUT', '/access/policy', { text: accessPolicy });
  assert.equal(compared.saved, true);
  assert.equal((await admin.get('/access/policy')).source, 'saved');
  await new Client(server.url).must('POST', '/emergency', { caller: 'Suzuki', callback: '03-0000-0000' });
  const { id: sealed, code } = await admin.must('POST', '/emergency-seals', { person: admin.me.id });
  await new Client(server.url).must('POST', '/emergency-seals/open', { code, reason: 'x' });
  assert.equal((await admin.get('/emergency-seals?state=open')).items[0].id, sealed);
  await admin.must('DELETE', `/emergency-seals/${sealed}`);
  await admin.must('PUT', '/privacy', { findings: 365, incidents: 400, devices: 90, people: 90 });
  const leaver = (await admin.get('/people')).items.at(-1);
  await admin.must('POST', `/people/${leaver.id}/data`);
  await admin.must('PUT', `/people/${leaver.id}`, {
    name: leaver.name,
    roles: leaver.roles,
    state: 'disabled',
  });
  await admin.get(`/people/${leaver.id}/risk`);
  await admin.must('DELETE', `/people/${leaver.id}/identity`);
  for (const silenced of [true, false])
    await admin.must('PUT', '/access/risk/signals/new_network', { silenced });
  const [mine] = (await admin.get('/me/sign-ins')).items;
  await admin.must('POST', `/me/sign-ins/${mine.id}/disowned`);
  const { id: directory } = await admin.must('POST', '/directory/tokens', { name: 'x' });
  assert.equal((await admin.get('/directory/tokens')).items[0].id, directory);
  await admin.must('DELETE', `/directory/tokens/${directory}`);
  const { issuer, one_tenant, ...rules } = await admin.get('/company-accounts');
  assert.deepEqual([issuer, one_tenant], ['', false]);
  await admin.must('PUT', '/company-accounts', rules);
  const signed = (await admin.get('/audit?action=sign-in')).items;
  assert.ok(signed.length > 0 && signed.every((entry) => entry.action === 'sign-in'));
  assert.deepEqual((await admin.get('/audit?q=%25')).items, [], 'no mark stands for anything');
  assert.deepEqual((await admin.get('/audit?until=2001-01-01')).items, []);
  await admin.refused(422, 'GET', '/audit?since=yesterday');
  await admin.refused(422, 'GET', `/audit?q=${'x'.repeat(300)}`);
  assert.match((await admin.get('/audit?format=csv')).toString(), /"id","at","actor"/);
  await admin.get('/survey');
  await admin.must(
    'POST',
    '/devices/import?try=yes',
    new Uint8Array(Buffer.from('name,os\nPC-1,Windows 7\n')),
  );
  await admin.must('DELETE', '/devices/1/certificates');
  await admin.get('/devices/1/history');
  const { id: gear } = await admin.must('POST', '/appliances', {
    name: 'x',
    kind: 'home-router',
    model: '',
    version: '',
    reused: false,
    confirmed: false,
  });
  await admin.must('PUT', `/appliances/${gear}`, { model: '', version: '1', reused: false, confirmed: true });
  const { id: view } = await admin.must('POST', '/device-views', { name: 'x', query: 'only=failing' });
  await admin.get('/device-views');
  await admin.must('DELETE', `/device-views/${view}`);
  await admin.must(
    'PUT',
    '/devices/1/software',
    new Uint8Array(
      Buffer.from(
        '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"x"}]}',
      ),
    ),
  );
  await admin.get('/devices/1/software');
  assert.equal((await admin.get('/line/risk?address=198.51.100.7')).level, 'none');
  await admin.must('PUT', '/line', { ours: ['203.0.113.0/29'], portals: [], hours_kept: 90 });
  await admin.refused(409, 'POST', '/enrolments', { person: null });
  const listening = await serve(t, database(t, 'sqlite'), [
    '--agents',
    '127.0.0.1:0',
    '--packages',
    folder(t),
  ]);
  const { admin: first } = await firstAdministrator(listening);
  const { id, link } = await first.must('POST', '/enrolments', { person: first.me.id });
  assert.match(link, /^https:\/\/127\.0\.0\.1:\d+\/#[\w-]{22}\.[0-9a-f]{64}$/);
  assert.deepEqual(
    (await first.get('/enrolments')).items.map((one) => [one.id, one.person.id]),
    [[id, first.me.id]],
  );
  const shown = await first.must('POST', `/enrolments/${id}/link`);
  assert.equal(shown.link, link);
  const joined = await new Client(listening.url).must('POST', '/join', { code: shown.page.split('#')[1] });
  assert.equal(joined.link, link);
  assert.deepEqual(await first.get('/downloads'), { items: [], own_authority: false });
  assert.equal((await first.get('/addresses')).state, 'this_machine');
  await first.must('PUT', '/setup-state', { people: 40, devices: 42, away: false });
  assert.equal((await first.get('/setup-state')).people.of, 40);
  const list = (text) => new Uint8Array(Buffer.from(text));
  await first.must('POST', '/invitations/import', list('A <a@firm.example>\n'));
  const [waits] = (await first.get('/invitations')).items;
  assert.match((await first.must('POST', `/invitations/${waits.id}/link`)).link, /\/invitation#[\w-]{43}$/);
  await first.must('DELETE', `/enrolments/${id}`);
  assert.match((await first.must('POST', '/osquery')).flags, /--enroll_tls_endpoint=\/osquery\/enroll/);
  assert.deepEqual(
    (await first.get('/enrolments')).items.map((one) => one.state),
    ['withdrawn'],
  );
  // Those that need a browser's authenticator, an identity provider, a mail server or lists are seen in their own tests.
  const elsewhere = [
    'signInPasskey',
    'addPasskey',
    'passkeyOptions',
    'removePasskey',
    'startOidc',
    'finishOidc',
    'connectCompanyAccount',
    'unlinkCompanyAccount',
    'messageDeviceUser',
    // agent.test.mjs: only of a device with an agent.
    'askDeviceToLook',
    'renewFeeds',
    'readCloudNow',
    'getAuthority',
    'chooseAddress',
    // Applications: gate.test.mjs.
    'makeApplicationTicket',
    // A second factor for SSH: ssh.test.mjs.
    'confirmDevice',
  ];
  assert.deepEqual(
    operations.map((one) => one.operationId).filter((id) => !seen.has(id) && !elsewhere.includes(id)),
    [],
  );
  assert.equal(document.openapi.slice(0, 3), '3.1');
});
