// SPDX-License-Identifier: Apache-2.0
// docs/access-walk.md, line by line: each command in it is run as it stands there, and what people do is done. At its end
// a laptop whose disk is no longer encrypted has lost access while it was connected, and got it back.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request as ask } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { firstAdministrator, freePort, newPerson, start } from './server.mjs';
import { atEnd, binary, folder, must, run } from './sekisho.mjs';

const text = (name) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
/** The lines of the walk, each with the commands in it. */
const lines = (name) =>
  [...text(name).matchAll(/^(\d+)\. (.*)$/gm)].map(([, n, line]) => ({
    n: Number(n),
    commands: [...line.matchAll(/`(sekisho [^`]*)`/g)].map((one) => one[1]),
  }));
/** The words of a command, quotes understood. */
const words = (command) => [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((one) => one[1] ?? one[2]).slice(1);

async function until(good, what) {
  for (let tries = 0; tries < 300; ++tries) {
    const found = await good();
    if (found) return found;
    await pause(50);
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Which block device / lies on; nothing in a container, whose disk is its host's. */
function diskOf() {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const root = mounts.findLast((one) => one[4] === '/');
  return root && !root.includes('overlay') && !root.includes('tmpfs') && !root[2].startsWith('0:')
    ? root[2]
    : undefined;
}

/** A laptop by this machine's files, with a name of its own and a disk of which the kernel says what is wanted. */
class Laptop {
  constructor(t) {
    this.at = folder(t);
    this.encrypted = true;
  }
  run(args) {
    const script = `hostname laptop
      mount -t tmpfs none /sys/dev/block; mkdir -p /sys/dev/block/$DISK/dm
      printf %s "$UUID" > /sys/dev/block/$DISK/dm/uuid; exec "$@"`;
    const done = run(
      '/usr/bin/unshare',
      ['-m', '-u', '/bin/sh', '-ec', script, 'sh', binary, ...args, '--folder', join(this.at, 'agent')],
      {
        env: {
          DISK: diskOf(),
          UUID: this.encrypted ? 'CRYPT-LUKS2-walk' : 'LVM-walk',
          LANG: 'C.UTF-8',
          HOME: this.at,
          XDG_DATA_HOME: this.at,
          ASAN_OPTIONS: 'detect_leaks=0',
        },
      },
    );
    assert.equal(done.code, 0, done.out + done.err);
  }
  /** What its browser shows as the device's certificate. */
  card() {
    const file = (name) => readFileSync(join(this.at, 'agent/access', name));
    return { key: file('key.pem'), cert: file('certificate.pem') };
  }
}

/** The wiki: a page, and one that goes on. */
async function wiki(t) {
  const server = createServer((request, reply) => {
    if (request.url !== '/long') return void reply.end(`the wiki, ${request.headers['remote-email']}`);
    reply.writeHead(200, { 'content-type': 'text/plain', 'x-accel-buffering': 'no' });
    const timer = setInterval(() => reply.write('tick\n'), 20);
    reply.on('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return server.address().port;
}

async function nginx(t, recipe) {
  const at = folder(t);
  const port = await freePort();
  const [crt, key] = [join(at, 'tls.crt'), join(at, 'tls.key')];
  must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=wiki.example.jp', '-keyout', key, '-out', crt]); // prettier-ignore
  mkdirSync(join(at, 'tmp'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((one) => `${one}_temp_path ${at}/tmp/${one};`)
    .join(' ');
  writeFileSync(
    join(at, 'nginx.conf'),
    `daemon off; pid ${at}/pid; error_log ${at}/log; worker_processes 1; events {} http { access_log off; ${temporary}
${recipe
  .replaceAll('listen 443', `listen 127.0.0.1:${port}`)
  .replaceAll(/\/etc\/ssl\/[a-z.]+\.(crt|key)/g, (_, kind) => (kind === 'crt' ? crt : key))} }`,
  );
  const child = spawn('/usr/sbin/nginx', ['-c', join(at, 'nginx.conf'), '-p', at], { stdio: 'ignore' });
  atEnd(t, async () => {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  });
  await until(
    () =>
      new Promise((done) => {
        const socket = connect(port, '127.0.0.1');
        socket.on('connect', () => done(true) || socket.destroy()).on('error', () => done(false));
      }),
    'nginx',
  );
  return port;
}

/** Hana's browser on the laptop. */
class Browser {
  constructor(port, laptop, hana) {
    Object.assign(this, { port, laptop, hana, cookie: '' });
  }
  async open(path, { whole = true } = {}) {
    const asked = ask({
      port: this.port,
      host: '127.0.0.1',
      servername: 'wiki.example.jp',
      rejectUnauthorized: false,
      agent: false,
      path,
      headers: {
        host: 'wiki.example.jp',
        accept: 'text/html',
        'accept-language': 'en',
        ...(this.cookie && { cookie: this.cookie }),
      },
      ...this.laptop.card(),
    });
    asked.end();
    const [reply] = await once(asked, 'response');
    // Whoever must be out is cut in the middle of an answer.
    asked.on('error', () => {});
    if (!whole) return reply;
    let page = '';
    for await (const part of reply) page += part;
    return { status: reply.statusCode, headers: reply.headers, page };
  }
  /** Opens it anew, by way of the console, where she is signed in; what she sees then. */
  async enter() {
    const away = await this.open('/');
    assert.equal(away.status, 303, away.page);
    const asked = new URL(away.headers.location).searchParams;
    const { url } = await this.hana.must('POST', '/applications/ticket', {
      application: asked.get('app'),
      browser: asked.get('browser'),
      back: asked.get('back'),
    });
    this.cookie = away.headers['set-cookie'].map((one) => one.split(';')[0]).join('; ');
    const reply = await this.open(new URL(url).pathname + new URL(url).search);
    if (reply.status === 303)
      this.cookie = reply.headers['set-cookie'].map((one) => one.split(';')[0]).at(-1);
    return reply;
  }
  async signIn() {
    const reply = await this.enter();
    assert.equal(reply.status, 303, reply.page);
  }
}

test('a laptop whose disk encryption is switched off loses access while it is connected, and gets it back', async (t) => {
  if (diskOf() === undefined) return t.skip('/ lies on no disk of this machine');
  const state = folder(t);
  const database = join(state, 'walk.db');
  const ports = { 3000: await wiki(t), 8482: await freePort(), 8490: await freePort() };
  const console_ = await freePort();
  /** A command of the walk as it stands there, but for ports of this test's own. */
  const given = (command) =>
    words(command).map((word) =>
      word.replace(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${ports[port]}`),
    );
  const onServer = (command, more = []) =>
    run(binary, [...given(command), ...more], {
      env: { LANG: 'C.UTF-8', HOME: state, XDG_DATA_HOME: state, ASAN_OPTIONS: 'detect_leaks=0' },
    });
  const records = ['--database', database];
  const laptop = new Laptop(t);
  let server, admin, hana, link, port, browser, long, ended, id;

  const access = (pages) => admin.get(`/access/${pages}`);
  const explained = (command, code, said) => {
    const done = onServer(command, records);
    assert.equal(done.code, code, done.out + done.err);
    assert.match(done.out, said);
  };
  const steps = [
    async ([serve]) => {
      const [, ...args] = given(serve);
      const more = ['--listen', `127.0.0.1:${console_}`, '--no-check', '--database', database];
      server = await start(t, 'serve', [...args, ...more], { env: { XDG_DATA_HOME: state } });
      ({ admin } = await firstAdministrator(server));
    },
    async () => {
      hana = await newPerson(admin, ['teleworker'], 'hana@example.jp');
      id = (await admin.get('/people')).items.find((one) => one.email === 'hana@example.jp').id;
    },
    async ([proxy]) => {
      const more = ['--gate', `127.0.0.1:${ports[8482]}`];
      const recipe = onServer(proxy, more);
      assert.equal(recipe.code, 0, recipe.err);
      port = await nginx(t, recipe.out);
      browser = new Browser(port, laptop, hana);
    },
    async () => {
      const draft = /```yaml\n([^]*?)```/.exec(text('access-walk.md'))[1];
      const tried = await admin.must('PUT', '/access/policy?try=yes', { text: draft });
      assert.deepEqual([tried.saved, tried.locked_out.count], [false, 0]);
      assert.equal(tried.words.resources[0].id, 'wiki');
      await admin.must('PUT', '/access/policy', { text: draft });
    },
    async () => {
      ({ link } = await admin.must('POST', '/enrolments', { person: id }));
    },
    ([enrol]) => laptop.run(words(enrol).map((word) => (word === 'LINK' ? link : word))),
    ([report]) => laptop.run(words(report)),
    ([explain]) => explained(explain, 0, /allowed/),
    async () => {
      await browser.signIn();
      const page = await browser.open('/');
      assert.deepEqual([page.status, page.page], [200, 'the wiki, hana@example.jp']);
      long = await browser.open('/long', { whole: false });
      ended = new Promise((done) => long.on('close', done).on('error', done));
      long.resume();
    },
    async () => {
      const { items, totals } = await access('sessions');
      assert.equal(totals.all, 1);
      const [one] = items;
      assert.deepEqual(
        [one.person.name, one.device.name, one.resource, one.from],
        ['hana', 'laptop', 'wiki', '127.0.0.1'],
      );
      assert.deepEqual(
        one.rests_on.map((rest) => [rest.measure, rest.state]),
        [['8-3', 'met']],
      );
    },
    async ([live]) => {
      const { token } = await admin.must('POST', '/me/tokens', { name: 'walk', scopes: ['read'], days: 1 });
      const file = join(state, 'read.token');
      writeFileSync(file, `${token}\n`, { mode: 0o600 });
      const command = live.replace('read.token', file);
      const done = onServer(command, ['--server', server.url]);
      assert.equal(done.code, 0, done.err);
      assert.match(done.out, /^1 connections\n +hana +laptop +wiki +127\.0\.0\.1 /);
    },
    () => {
      laptop.encrypted = false;
    },
    ([report]) => laptop.run(words(report)),
    async () => {
      await ended;
      const page = await browser.enter();
      assert.equal(page.status, 403, page.page);
      assert.match(page.page, /does not meet: 8-3 .*My page/);
    },
    async () => {
      const cut = await until(
        async () => (await access('timeline?kind=cut')).items[0],
        'the cut on the timeline',
      );
      assert.deepEqual([cut.person.name, cut.device.name, cut.resource], ['hana', 'laptop', 'wiki']);
      assert.deepEqual(
        cut.reasons.map((reason) => [reason.code, reason.measure]),
        [['measure_failing', '8-3']],
      );
      const { evidence } = await access(`events/${cut.event}`);
      const disk = evidence.find((one) => one.check === 'disk-encryption');
      assert.equal(disk.verdict, 'fail');
      assert.match(disk.detail.en, /not encrypted: \//);
    },
    ([explain]) => explained(explain, 1, /denied[^]*8-3/),
    ([report]) => {
      laptop.encrypted = true;
      laptop.run(words(report));
    },
    async () => {
      // Her browser is sent by the console, where she still is, without asking her anything.
      await browser.signIn();
      assert.equal((await browser.open('/')).page, 'the wiki, hana@example.jp');
    },
    async ([suspend]) => {
      assert.equal(onServer(suspend, records).code, 0);
      await until(async () => (await browser.open('/')).status === 303, 'the suspension');
      const refused = await browser.enter();
      assert.equal(refused.status, 403);
      assert.match(refused.page, /administrator suspended your access/);
    },
    async ([restore]) => {
      assert.equal(onServer(restore, records).code, 0);
      await until(async () => (await browser.enter()).status === 303, 'the end of the suspension');
      assert.equal((await browser.open('/')).status, 200);
    },
  ];

  const walk = lines('access-walk.md');
  assert.deepEqual(
    walk.map((line) => line.n),
    steps.map((_, at) => at + 1),
  );
  // In the other language the same commands stand in the same lines.
  assert.deepEqual(lines('access-walk.ja.md'), walk);
  for (const [at, step] of steps.entries())
    await t.test(`line ${at + 1}`, async () => {
      await step(walk[at].commands);
    });
});
