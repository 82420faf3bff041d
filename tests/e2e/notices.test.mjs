// Mail and webhooks, to real receivers.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
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
  // Each in the reader's own language.
  assert.doesNotMatch(read(weekly).body, /Things to fix/);
  assert.match(read(weekly).html, /<html lang="ja">/);

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

test('an invitation is mailed with its link', async (t) => {
  const port = await freePort();
  const server = await serve(t, join(folder(t), 's.db'), ['--public-url', 'https://sekisho.firm.example'], {
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
});
