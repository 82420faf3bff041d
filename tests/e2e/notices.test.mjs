// SPDX-License-Identifier: Apache-2.0
// Mail and webhooks, to real receivers.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { mailReadThrice } from './judges.mjs';
import { mailbox, read, receiver, until } from './receivers.mjs';
import {
  Client,
  demo,
  demoMail,
  demoPassword,
  firstAdministrator,
  folder,
  freePort,
  serve,
} from './server.mjs';
import { SqliteFile } from './sqlite.mjs';

test('reports and urgent changes go to mail, Slack, Teams and plain JSON; the week in sum goes on Mondays', async (t) => {
  const where = join(folder(t), 's.db');
  const server = await demo(t, where);
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const post = await mailbox(t);
  const hooks = await receiver(t);
  await admin.must('PUT', '/notices', {
    smtp: { url: post.url, from: 'sekisho@firm.example', user: 'sekisho', password: 'geheim' },
    hooks: [
      { kind: 'slack', url: `${hooks.url}/slack` },
      { kind: 'teams', url: `${hooks.url}/teams` },
      { kind: 'json', url: `${hooks.url}/json` },
      { kind: 'line_works', url: `${hooks.url}/line-works` },
      { kind: 'chatwork', url: `${hooks.url}/v2/rooms/1/messages`, token: 'chat-geheim' },
    ],
  });
  const kept = await admin.get('/notices');
  assert.equal(kept.smtp.password_set, true);
  assert.doesNotMatch(JSON.stringify(kept), /geheim/);
  assert.match(kept.secret, /^whsec_/);
  // Saved again without the password, it stays.
  await admin.must('PUT', '/notices', {
    smtp: { url: post.url, from: 'sekisho@firm.example', user: 'sekisho', password: null },
    hooks: kept.hooks,
  });
  const tried = await admin.must('POST', '/notices/test');
  assert.deepEqual(
    tried.results.map((one) => [one.way, one.sent]),
    [
      ['mail', true],
      ['slack', true],
      ['teams', true],
      ['json', true],
      ['line_works', true],
      ['chatwork', true],
    ],
    JSON.stringify(tried),
  );
  assert.deepEqual(post.logins[0], ['sekisho', 'geheim']);
  assert.equal(hooks.calls.length, 5);
  // The token was kept when the form was saved without it.
  const chat = hooks.calls.find((one) => one.path.startsWith('/v2/rooms'));
  assert.equal(chat.headers['x-chatworktoken'], 'chat-geheim');
  assert.match(new URLSearchParams(chat.text).get('body'), /^\[info\]\[title\]/);
  assert.equal(hooks.calls.find((one) => one.path === '/line-works').body.title.length > 0, true);
  const signed = hooks.calls.find((one) => one.path === '/json');
  const right = createHmac('sha256', Buffer.from(kept.secret.replace('whsec_', ''), 'base64'))
    .update(`${signed.headers['webhook-id']}.${signed.headers['webhook-timestamp']}.${signed.text}`)
    .digest('base64');
  assert.equal(signed.headers['webhook-signature'], `v1,${right}`);
  assert.equal(signed.headers['webhook-id'], signed.body.id);

  const worker = new Client(server.url);
  await worker.signIn(demoMail('worker'), demoPassword);
  await new Promise((go) => setTimeout(go, 2500)); // the first look only notes what is there
  await worker.must('POST', '/incidents', { kind: 'lost_device', text: '電車に置き忘れました' });
  const told = await until(
    () => hooks.calls.find((one) => one.path === '/json' && one.body.event === 'incident'),
    'the webhook',
  );
  assert.match(told.body.text.ja, /鈴木 健/);
  assert.equal(told.body.data.kind, 'lost_device');
  assert.ok(Number.isInteger(told.body.data.incident));
  assert.ok(hooks.calls.find((one) => one.path === '/slack').body.text.length > 0);
  const card = hooks.calls.find((one) => one.path === '/teams').body;
  assert.equal(card.attachments[0].contentType, 'application/vnd.microsoft.card.adaptive');
  const mail = await until(
    () => post.mails.find((one) => read(one).subject.includes('報告がありました')),
    'the mail',
  );
  assert.equal(mail.from, 'sekisho@firm.example');
  assert.match(read(mail).body, /鈴木 健/);
  assert.doesNotMatch(mail.text, /^List-Unsubscribe/m);
  // Without the address that people use, nothing leads anywhere, and that is said.
  assert.equal(kept.links, false);
  assert.doesNotMatch(read(mail).body, /http/);
  assert.match(server.said(), /public-url/);
  // What was written in the report stays inside.
  assert.doesNotMatch(read(mail).body, /電車/);

  // Two days on, the days of the preliminary report to the authority begin.
  const { id } = (await admin.get('/incidents?limit=1')).items[0];
  assert.ok(
    !hooks.calls.some((one) => one.body.event === 'deadline' && one.body.text.ja.includes(`報告 ${id}）`)),
  );
  new SqliteFile(where).run(`UPDATE incident SET at = at - 2 * 86400 WHERE id = ${id}`);
  const deadline = await until(
    () =>
      hooks.calls.find((one) => one.body.event === 'deadline' && one.body.text.ja.includes(`報告 ${id}）`)),
    'the deadline',
  );
  assert.match(deadline.body.text.ja, /速報: 端末や記録媒体をなくした.*報告義務があるか未確認/);

  new SqliteFile(where).run("UPDATE job SET due_at = 0 WHERE name IN ('weekly', 'changes')");
  const weekly = await until(
    () => post.mails.find((one) => /今週/.test(read(one).subject)),
    'the weekly mail',
  );
  assert.match(read(weekly).body, /◎/);
  assert.match(weekly.text, /^List-Unsubscribe: <mailto:sekisho@firm\.example\?subject=unsubscribe>\r$/m);
  // Each in the reader's own language.
  assert.doesNotMatch(read(weekly).body, /Things to fix/);
  assert.match(read(weekly).html, /<html lang="ja">/);
  // Readers that nobody here wrote find the same in it.
  for (const one of [mail, weekly]) {
    const thrice = await mailReadThrice(one.text);
    assert.equal(thrice.subject, read(one).subject);
    assert.equal(thrice.from, 'sekisho@firm.example');
    assert.ok(thrice.plain.length > 0 && thrice.html.includes('<html lang='));
  }

  // What is urgent begins to fail.
  await until(
    () => new SqliteFile(where).column("SELECT 1 FROM job WHERE name = 'changes' AND state <> '-'")[0],
    'the first look',
  );
  const { checklist } = await admin.get('/guideline');
  const urgently = new Set(checklist.filter((one) => one.priority === 'must').map((one) => one.ascii_id));
  const asked = (await admin.get('/checklist')).items.find(
    (one) => urgently.has(one.id) && one.applies && ['met', 'unknown'].includes(one.status),
  );
  for (const check of asked.checks) {
    if (check.asked) await admin.must('POST', `/checks/${check.id}/answers`, { reply: 'no', note: '' });
    else
      await admin.must('POST', '/evidence', {
        machine: 'pc-new',
        records: [
          {
            check: check.id,
            verdict: 'fail',
            observed_at: new Date().toISOString().replace(/\.\d+/, ''),
            detail: { ja: '悪い', en: 'bad' },
          },
        ],
      });
  }
  new SqliteFile(where).run("UPDATE job SET due_at = 0 WHERE name = 'changes'");
  const urgent = await until(
    () => hooks.calls.find((one) => one.body.event === 'urgent'),
    'the urgent notice',
  );
  assert.match(urgent.body.text.en, new RegExp(asked.id));
  assert.doesNotMatch(server.said(), /geheim/);
});

test('what cannot be sent is said, written down, and keeps nobody from reporting', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const admin = new Client(server.url, { lang: 'ja' });
  await admin.signIn(demoMail('admin'), demoPassword);
  const refusing = await receiver(t, 500);
  const post = await mailbox(t);
  await admin.must('PUT', '/notices', {
    smtp: { url: post.url, from: 'a@firm.example', user: 'x', password: 'wrong' },
    hooks: [
      { kind: 'json', url: refusing.url },
      { kind: 'json', url: 'http://127.0.0.1:9/' },
    ],
  });
  const { results } = await admin.must('POST', '/notices/test');
  assert.deepEqual(
    results.map((one) => one.sent),
    [false, false, false],
  );
  assert.match(results[1].error.ja, /500/);
  assert.doesNotMatch(JSON.stringify(results), /wrong/);
  await admin.must('POST', '/incidents', { kind: 'suspicious_mail', text: '' });
  const smtp = { url: '', from: '', user: '' };
  for (const url of [
    'http://hooks.example.jp/x',
    'http://127.0.0.1.example.jp/',
    'http://localhost@example.jp/',
    'http://127.0.0.1:80@example.jp/',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'https://',
  ])
    await admin.refused(422, 'PUT', '/notices', { smtp, hooks: [{ kind: 'json', url }] });
  for (const bad of [
    { ...smtp, url: 'http://mail' },
    { ...smtp, url: 'smtp://m', from: 'a@b.example\r\nBcc: c@d.example' },
  ])
    await admin.refused(422, 'PUT', '/notices', { smtp: bad, hooks: [] });
  assert.equal((await admin.get('/notices')).hooks.length, 2);
});

test('a mail server that is away costs nobody a notice, and says so while it is', async (t) => {
  const where = join(folder(t), 's.db');
  const server = await demo(t, where);
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const port = await freePort();
  const smtp = { url: `smtp://127.0.0.1:${port}`, from: 'a@firm.example', user: '' };
  await admin.must('PUT', '/notices', { smtp, hooks: [] });
  await until(
    () => new SqliteFile(where).column("SELECT 1 FROM job WHERE name = 'reports'")[0],
    'the first look',
  );
  await admin.must('POST', '/incidents', { kind: 'lost_device', text: '' });
  const { waiting } = await until(async () => {
    const notices = await admin.get('/notices');
    return notices.waiting.count > 0 && notices;
  }, 'the failure');
  assert.match(waiting.error, /could not be sent/);
  const post = await mailbox(t, { authOptional: true, port });
  new SqliteFile(where).run('UPDATE outbox SET due_at = 0');
  const mail = await until(() => post.mails.find((one) => read(one).subject.includes('報告')), 'the mail');
  assert.match(read(mail).body, /端末/);
  await until(async () => (await admin.get('/notices')).waiting.count === 0, 'an empty outbox');
});

/** Whether a call is signed as Standard Webhooks 1.0 says. */
function isSigned(call, secret) {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = call.headers;
  const right = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
    .update(`${id}.${at}.${call.text}`)
    .digest('base64');
  return signature === `v1,${right}`;
}

test('one that does not answer holds up nobody; each try is signed as of itself; what is over ends', async (t) => {
  const where = join(folder(t), 's.db');
  const server = await demo(t, where);
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  let gaveUp = false;
  const answers = {
    '/hangs': (request) => request.socket.on('close', () => (gaveUp = true)),
    '/late': (_, reply, calls) =>
      reply.writeHead(calls.filter((one) => one.path.startsWith('/late')).length > 1 ? 204 : 503).end(),
    '/busy': (_, reply) => reply.writeHead(429, { 'retry-after': '7200' }).end(),
    '/asks-for-months': (_, reply) => reply.writeHead(503, { 'retry-after': '9999999' }).end(),
    '/gone': (_, reply) => reply.writeHead(410).end(),
    '/drips': (_, reply) => {
      reply.writeHead(200);
      const drip = setInterval(() => reply.write('x'.repeat(100_000)), 50);
      reply.on('close', () => clearInterval(drip));
    },
    '/fast': (_, reply) => reply.writeHead(200).end(),
  };
  const hooks = await receiver(t, (request, reply, calls) =>
    answers[request.url.split('?')[0]](request, reply, calls),
  );
  const calls = (path) => hooks.calls.filter((one) => one.path.startsWith(path));
  await admin.must('PUT', '/notices', {
    smtp: { url: '', from: '', user: '' },
    hooks: Object.keys(answers).map((path) => ({ kind: 'json', url: `${hooks.url}${path}?secret=geheim` })),
  });
  const { secret } = await admin.get('/notices');
  await until(
    () => new SqliteFile(where).column("SELECT 1 FROM job WHERE name = 'reports'")[0],
    'the first look',
  );
  await admin.must('POST', '/incidents', { kind: 'lost_device', text: '' });
  await until(() => calls('/fast')[0] && calls('/hangs')[0], 'what is behind it');
  assert.equal(gaveUp, false, 'the first had not ended');
  const rows = (which) =>
    new SqliteFile(where)
      .column(`SELECT target, MIN(due_at - made_at) FROM outbox WHERE ${which} GROUP BY target`)
      .map((line) => [/\d(\/[\w-]+)/.exec(line)[1], Number(line.split('|').at(-1))]);
  const failing = Object.fromEntries(
    await until(() => {
      const found = rows("error <> ''");
      return found.length === 4 && found;
    }, 'the failures'), // with the one that hangs
  );
  assert.deepEqual(Object.keys(failing).sort(), ['/asks-for-months', '/busy', '/hangs', '/late']);
  assert.ok(failing['/busy'] >= 7200 && failing['/busy'] < 8200, JSON.stringify(failing));
  assert.ok(failing['/asks-for-months'] >= 86_400 && failing['/asks-for-months'] < 87_400);
  await until(
    () => rows("target LIKE '%/gone%' OR target LIKE '%/drips%'").length === 0,
    'the end of what was taken, or never will be',
  );
  assert.equal(new Set(calls('/gone').map((one) => one.headers['webhook-id'])).size, calls('/gone').length);

  await new Promise((go) => setTimeout(go, 1100)); // another second
  const before = Math.floor(Date.now() / 1000);
  new SqliteFile(where).run("UPDATE outbox SET due_at = 0 WHERE target LIKE '%/late%'");
  const [first] = calls('/late');
  const again = await until(
    () => calls('/late').find((one) => one !== first && one.body.id === first.body.id),
    'another try',
  );
  assert.equal(again.headers['webhook-id'], first.headers['webhook-id']);
  assert.equal(again.text, first.text);
  assert.ok(Number(again.headers['webhook-timestamp']) >= before, 'it says when it was sent');
  assert.ok(Number(first.headers['webhook-timestamp']) < before);
  assert.ok(isSigned(first, secret) && isSigned(again, secret));

  assert.match(server.said(), /event=notice-failed way=json host=127\.0\.0\.1 code=503 /);
  assert.match(server.said(), /event=notice-failed way=json host=127\.0\.0\.1 code=none /);
  assert.match(server.said(), /event=notice-given-up way=json host=127\.0\.0\.1 code=410 /);
  const noted = (await admin.get('/audit')).items.filter((one) => /^notice-(failed|given)/.test(one.action));
  assert.ok(noted.length >= 5, JSON.stringify(noted));
  assert.match(JSON.stringify(noted), /127\.0\.0\.1/);
  assert.doesNotMatch(server.said() + JSON.stringify(noted), /geheim|\/late|\/gone/);
});

test('what a mail server says is told to administrators in both languages, and to no log', async (t) => {
  const where = join(folder(t), 's.db');
  const server = await demo(t, where);
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const refusal = (responseCode, words) => Object.assign(new Error(words), { responseCode });
  let why;
  const post = await mailbox(t, {
    authOptional: true,
    onRcptTo: ({ address }, _session, done) => done(why && refusal(why[0], `${why[1]} <${address}>`)),
  });
  const smtp = { url: post.url, from: 'a@firm.example', user: '' };
  await admin.must('PUT', '/notices', { smtp, hooks: [] });
  for (why of [
    [550, '5.1.1 mailbox unavailable'],
    [451, '4.7.1 greylisted'],
  ]) {
    const [{ sent, error }] = (await admin.must('POST', '/notices/test')).results;
    assert.equal(sent, false);
    for (const text of [error.ja, error.en])
      assert.ok(text.includes(`${why[0]}`) && text.includes(why[1]), text);
    assert.match(error.ja, /相手が断りました/);
  }
  await until(
    () => new SqliteFile(where).column("SELECT 1 FROM job WHERE name = 'reports'")[0],
    'the first look',
  );
  await admin.must('POST', '/incidents', { kind: 'lost_device', text: '' });
  await until(
    () => /event=notice-failed way=mail host=127\.0\.0\.1 code=451 /.test(server.said()),
    'the line',
  );
  const noted = await until(
    async () => (await admin.get('/audit')).items.find((one) => one.action === 'notice-failed'),
    'the entry',
  );
  assert.ok(noted.detail.recipients >= 1, JSON.stringify(noted));
  assert.equal(noted.detail.code, 451);
  assert.doesNotMatch(JSON.stringify(noted.detail), /@/);
  assert.doesNotMatch(server.said(), /^time=.*@/m);
  assert.match((await admin.get('/notices')).waiting.error, /451.*greylisted/);

  // Nor does an address hold who signs in.
  for (const url of ['smtp://u:geheim@127.0.0.1', 'smtp://u@127.0.0.1', 'smtp://', 'smtp://a b'])
    await admin.refused(422, 'PUT', '/notices', { smtp: { ...smtp, url }, hooks: [] });
  new SqliteFile(where).run(
    "UPDATE setting SET value = replace(value, '//', '//u:geheim@') WHERE name = 'smtp.url'",
  );
  const kept = await admin.get('/notices');
  assert.deepEqual(kept.smtp, { url: post.url, from: 'a@firm.example', user: 'u', password_set: true });
  why = undefined;
  await admin.must('PUT', '/notices', { smtp: { ...smtp, user: 'u' }, hooks: [] });
  await admin.must('POST', '/notices/test');
  assert.deepEqual(post.logins.at(-1), ['u', 'geheim']);
});

test('a password goes to no email server but the one that it was entered for', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const smtp = { url: 'smtps://mail.firm.example', from: 'a@firm.example', user: 'u' };
  await admin.must('PUT', '/notices', { smtp: { ...smtp, password: 'geheim' }, hooks: [] });
  const thief = await mailbox(t);
  for (const url of [thief.url, 'smtps://mail.firm.example:4465', 'smtp://mail.firm.example'])
    await admin.refused(422, 'PUT', '/notices', { smtp: { ...smtp, url }, hooks: [] });
  await admin.must('PUT', '/notices', { smtp: { ...smtp, url: 'smtps://MAIL.firm.example:465' }, hooks: [] });
  await admin.must('POST', '/notices/test');
  assert.deepEqual(thief.logins, []);
  // Where there is no server any more, its password is gone as well.
  await admin.must('PUT', '/notices', { smtp: { ...smtp, url: '' }, hooks: [] });
  await admin.must('PUT', '/notices', { smtp: { ...smtp, url: thief.url }, hooks: [] });
  assert.equal((await admin.get('/notices')).smtp.password_set, false);
  await admin.must('POST', '/notices/test');
  assert.ok(thief.logins.every((login) => !login.includes('geheim')));
  await admin.must('PUT', '/notices', { smtp: { ...smtp, url: thief.url, password: 'other' }, hooks: [] });
});

test('an idle server writes nothing', async (t) => {
  const where = join(folder(t), 's.db');
  await demo(t, where);
  await until(
    () => new SqliteFile(where).column("SELECT 1 FROM job WHERE name = 'judge'")[0],
    'the first look',
  );
  await new Promise((go) => setTimeout(go, 3000));
  const before = statSync(`${where}-wal`).mtimeMs;
  await new Promise((go) => setTimeout(go, 8000));
  assert.equal(statSync(`${where}-wal`).mtimeMs, before);
});

test('an invitation is mailed with its link, and a report with that of its page', async (t) => {
  const port = await freePort();
  const where = join(folder(t), 's.db');
  const server = await serve(t, where, ['--public-url', 'https://sekisho.firm.example'], {
    port,
    url: `http://127.0.0.1:${port}`,
  });
  assert.match(server.link, /^https:\/\/sekisho\.firm\.example\//);
  const post = await mailbox(t, { authOptional: true });
  const { admin } = await firstAdministrator(server);
  await admin.must('PUT', '/notices', {
    smtp: { url: post.url, from: 'sekisho@firm.example', user: '' },
    hooks: [],
  });
  const { link } = await admin.must('POST', '/invitations', {
    email: 'b@firm.example',
    name: 'B',
    roles: ['teleworker'],
  });
  assert.match(link, /^https:\/\/sekisho\.firm\.example\/invitation#/);
  const mail = await until(() => post.mails[0], 'the invitation');
  assert.deepEqual(mail.to, ['b@firm.example']);
  assert.ok(read(mail).body.includes(link));
  assert.ok(read(mail).html.includes(`<a href="${link}">`));
  assert.equal((await admin.get('/notices')).links, true);
  await until(
    () => new SqliteFile(where).column("SELECT 1 FROM job WHERE name = 'reports'")[0],
    'the first look',
  );
  const { id } = await admin.must('POST', '/incidents', { kind: 'lost_device', text: '' });
  const told = await until(
    () => post.mails.find((one) => /報告|reported/.test(read(one).subject)),
    'the mail',
  );
  assert.ok(read(told).html.includes(`<a href="https://sekisho.firm.example/incidents/${id}">`));
});
