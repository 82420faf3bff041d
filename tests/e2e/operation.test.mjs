// SPDX-License-Identifier: Apache-2.0
// The server as whoever runs it sees it: probes, figures, its log, its settings, signals.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, firstAdministrator, folder, freePort, operations, sekisho, start } from './server.mjs';
import { atEnd, binary, must } from './sekisho.mjs';

/** {status, type, text} of a GET. */
async function get(url, headers = {}) {
  const reply = await fetch(url, { headers, redirect: 'manual' });
  return {
    status: reply.status,
    type: reply.headers.get('content-type'),
    headers: reply.headers,
    text: await reply.text(),
  };
}

const serving = (t, args = [], options = {}) => {
  const state = options.env?.XDG_DATA_HOME ?? folder(t);
  return start(
    t,
    'serve',
    [
      '--no-check',
      '--listen',
      '127.0.0.1:0',
      ...(args.includes('--database') ? [] : ['--database', join(state, 's.db')]),
      ...args,
    ],
    { ...options, env: { XDG_DATA_HOME: state, ...options.env } },
  );
};

/** Until `what` gives something true. */
async function becomes(what) {
  for (let i = 0; i < 600; ++i) {
    const found = await what();
    if (found) return found;
    await pause(100);
  }
  throw new Error(`it did not come: ${what}`);
}
const codeOf = async (server) => JSON.parse((await get(`${server.url}/readyz`)).text).code;

test('probes say whether the process answers and whether its database is written', async (t) => {
  const server = await serving(t);
  assert.deepEqual((({ status, text }) => ({ status, text }))(await get(`${server.url}/healthz`)), {
    status: 200,
    text: 'ok\n',
  });
  const ready = await becomes(async () => {
    const seen = await get(`${server.url}/readyz`);
    return seen.status === 200 && seen;
  });
  assert.deepEqual(JSON.parse(ready.text), { status: 'ready' });
  assert.equal(ready.headers.get('cache-control'), 'no-store');
  // Asked a thousand times, the database is written once a second.
  const file = join(server.state, 's.db');
  const count = () =>
    Number(must('sqlite3', [file, "SELECT value FROM setting WHERE name = 'server.probe'"]));
  const [before, since] = [count(), Date.now()];
  for (let i = 0; i < 20; ++i)
    await Promise.all(Array.from({ length: 50 }, () => get(`${server.url}/readyz`)));
  assert.ok(count() - before <= (Date.now() - since) / 1000 + 2, `${count() - before} writes`);
  // Locked by another program, it is slow to nobody who asks.
  const lock = spawn('sqlite3', [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  atEnd(t, () => lock.kill());
  lock.stdin.write("BEGIN IMMEDIATE; SELECT 'locked';\n");
  await once(lock.stdout, 'data');
  await pause(1100);
  assert.match(await becomes(() => codeOf(server)), /^database-(slow|failed)$/);
  assert.equal((await get(`${server.url}/healthz`)).status, 200);
  lock.stdin.end('ROLLBACK;\n');
  await becomes(async () => (await get(`${server.url}/readyz`)).status === 200);
  // Another file in its place: what is open there is nobody's any more.
  const other = join(server.state, 'other.db');
  copyFileSync(file, other);
  await pause(1100);
  assert.equal((await get(`${server.url}/readyz`)).status, 200);
  must('/bin/mv', [other, file]);
  await becomes(async () => /^database-(replaced|failed)$/.test((await codeOf(server)) ?? ''));
  writeFileSync(other, '');
  must('/bin/mv', [other, file]);
  await becomes(async () => /^database-(replaced|failed)$/.test((await codeOf(server)) ?? ''));
  assert.match(
    server.said(),
    /level=warning event=failed listener=console operation=readyz status=503 code=database-/,
  );
});

test('nothing is acknowledged once the database is another file, and none is made', async (t) => {
  const server = await serving(t);
  const { admin } = await firstAdministrator(server);
  const file = join(server.state, 's.db');
  const save = () => admin.call('PUT', '/notices', { smtp: { url: '', from: '', user: '' }, hooks: [] });
  assert.equal((await save()).status, 204);
  const away = join(server.state, 'away.db');
  for (const [happens, putRight] of [
    [() => renameSync(file, away), () => renameSync(away, file)],
    [
      () => {
        copyFileSync(file, away);
        copyFileSync(file, `${file}.new`);
        renameSync(file, away);
        renameSync(`${file}.new`, file);
      },
      () => renameSync(away, file),
    ],
  ]) {
    happens();
    const there = existsSync(file);
    for (let i = 0; i < 20; ++i) assert.equal((await save()).status, 503);
    await becomes(async () => (await codeOf(server)) === 'database-replaced');
    assert.equal(existsSync(file), there);
    putRight();
    await becomes(async () => (await save()).status === 204);
    await becomes(async () => (await get(`${server.url}/readyz`)).status === 200);
  }
  assert.match(server.said(), /event=not-ready code=database-replaced/);
});

test('figures are for who shows the token or asks their own listener, and promtool takes them', async (t) => {
  const state = folder(t);
  const token = join(state, 'token');
  writeFileSync(token, 'figures-for-me\n');
  const plain = await serving(t);
  assert.equal((await get(`${plain.url}/metrics`)).status, 404);
  const server = await serving(t, ['--metrics-token-file', token, '--metrics', '127.0.0.1:0']);
  const { admin } = await firstAdministrator(server);
  await admin.get('/people');
  await get(`${server.url}/nowhere`);
  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'figures-for-me' }]) {
    const refused = await get(`${server.url}/metrics`, headers);
    assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Bearer']);
  }
  const own = /Monitoring reads: (\S+)/.exec(server.said())[1];
  assert.equal((await get(`${own}/metrics`)).status, 401);
  assert.equal((await get(`${own}/readyz`)).status, 200);
  for (const path of ['/', '/api/v1/state', '/sign-in'])
    assert.equal((await get(own + path)).status, 404, path);
  for (const url of [server.url, own]) {
    const figures = await get(`${url}/metrics`, { authorization: 'Bearer figures-for-me' });
    assert.equal(figures.status, 200);
    assert.match(figures.type, /^text\/plain; version=0\.0\.4/);
    const judged = spawnSync('/usr/bin/promtool', ['check', 'metrics'], {
      input: figures.text,
      encoding: 'utf8',
    });
    assert.equal(judged.status, 0, judged.stdout + judged.stderr + figures.text);
    assert.equal(judged.stderr, '');
    assert.match(figures.text, /^sekisho_ready 1$/m);
    assert.match(
      figures.text,
      /sekisho_http_requests_total\{listener="console",operation="listPeople",code="200"\} 1/,
    );
    assert.match(
      figures.text,
      /sekisho_http_requests_total\{listener="console",operation="page",code="404"\} 1/,
    );
    assert.match(figures.text, /sekisho_job_runs_total\{job="outbox",result="success"\} [1-9]/);
    assert.doesNotMatch(figures.text, /Aoki|firm\.example|127\.0\.0\.1|figures-for-me/);
  }
  // Beyond this machine they want a token.
  const open = sekisho(state, ['serve', '--no-check', '--listen', '127.0.0.1:0', '--metrics', '0.0.0.0:0']);
  assert.equal(open.code, 2);
  assert.match(open.err, /--metrics-token-file/);
});

test('only what the console knows is its page; elsewhere browsers see it with 404, and programs a word', async (t) => {
  const server = await serving(t, ['--security-contact', 'mailto:security@firm.example']);
  const routes = JSON.parse(readFileSync(new URL('../../web/src/routes.json', import.meta.url), 'utf8'));
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  for (const route of routes) {
    const path = route.replaceAll(/:\w+/g, 'SK.A-1');
    const page = await get(server.url + path);
    assert.deepEqual([page.status, page.type], [200, 'text/html; charset=utf-8'], path);
  }
  for (const path of [
    '/health',
    '/livez',
    '/api/docs',
    '/LICENSE',
    '/wp-login.php',
    '/.env',
    '/metrics',
    '/people/1',
    '/checks/',
    '/checks/a/b',
    '//',
    '/%2e%2e/etc/passwd',
    '/.well-known/openid-configuration',
  ]) {
    const page = await get(server.url + path, html);
    assert.ok([400, 404].includes(page.status), `${path} ${page.status}`);
    assert.ok([400, 404].includes((await get(server.url + path)).status), path);
    assert.doesNotMatch((await get(server.url + path)).type, /html/, path);
  }
  const missing = await get(`${server.url}/nowhere`, html);
  assert.deepEqual([missing.status, missing.type], [404, 'text/html; charset=utf-8']);
  assert.match(missing.headers.get('content-security-policy'), /nonce-/);
  assert.equal((await get(`${server.url}/assets/none.js`, html)).type, 'text/plain; charset=utf-8');
  const change = await get(`${server.url}/.well-known/change-password`);
  assert.deepEqual([change.status, change.headers.get('location')], [302, '/account']);
  const said = await get(`${server.url}/.well-known/security.txt`);
  assert.equal(said.type, 'text/plain; charset=utf-8');
  assert.match(said.text, /^Contact: mailto:security@firm\.example$/m);
  assert.ok(new Date(/^Expires: (.*)$/m.exec(said.text)[1]) > new Date());
});

/** Fields of a line of logfmt. */
const fields = (line) =>
  Object.fromEntries(
    [...line.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\S*)/g)].map(([, name, value]) => [
      name,
      value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value,
    ]),
  );

test('each refusal and failure is one line, and nothing secret is in any', async (t) => {
  for (const form of ['logfmt', 'json']) {
    const server = await serving(t, ['--log', form]);
    const { admin, secret, recovery_codes, password } = await firstAdministrator(server);
    const mark = 'geheim-7f3a';
    const evil = `${mark}\n<3>time=now level=error event=forged\u202e`;
    const bodies = [
      undefined,
      {
        token: mark,
        code: mark,
        password: mark,
        email: `${mark}@firm.example`,
        name: evil,
        id: mark,
        link: mark,
      },
      [mark],
    ];
    const clients = [new Client(server.url), new Client(server.url, { token: `skt_${mark}` }), admin];
    let refused = 0;
    for (const { method, path, operationId } of operations) {
      // What would end the test's own session, or wait for others.
      if (/signOut|deleteMe|closeSession/i.test(operationId)) continue;
      for (const client of clients)
        for (const body of method === 'GET' ? [undefined] : bodies) {
          const reply = await fetch(
            `${server.url}/api/v1${path.replaceAll(/\{\w+\}/g, encodeURIComponent(mark))}?q=${mark}`,
            {
              method,
              body: body && JSON.stringify(body),
              headers: {
                ...(body && { 'content-type': 'application/json' }),
                authorization: client.token ? `Bearer ${client.token}` : '',
                cookie: `${client.cookie}; other=${mark}`,
                'x-sekisho-csrf': client.csrf ?? mark,
                'user-agent': mark,
                referer: `https://evil.example/${mark}`,
              },
              redirect: 'manual',
            },
          );
          await reply.arrayBuffer();
          if (reply.status >= 400) {
            ++refused;
            assert.match(reply.headers.get('x-request-id') ?? '-', /^[0-9a-f]{8}$|^-$/);
          }
        }
    }
    assert.ok(refused > operations.length, String(refused));
    const raw = connect(new URL(server.url).port, '127.0.0.1');
    raw.end(`GET /${mark} ${mark}\r\n\r\n`);
    raw.resume();
    await once(raw, 'close');
    const last = await fetch(`${server.url}/api/v1/me?${mark}`);
    const number = last.headers.get('x-request-id');
    await pause(1500);
    const log = server
      .said()
      .split('\n')
      .slice(
        server
          .said()
          .split('\n')
          .findIndex((line) => /Ctrl-C/.test(line)) + 1,
      )
      .filter((line) => line !== '');
    await server.stop();
    for (const hidden of [
      mark,
      secret,
      password,
      recovery_codes[0],
      admin.csrf,
      admin.cookie.split('=')[1],
      'admin@firm',
      'evil.example',
      'forged',
    ])
      assert.doesNotMatch(log.join('\n'), new RegExp(hidden.replaceAll(/[^\w]/g, '\\$&')), hidden);
    const lines = log.map((line) => (form === 'json' ? JSON.parse(line) : fields(line)));
    const left = lines
      .filter((line) => line.event === 'left-out')
      .reduce((sum, line) => sum + Number(line.lines), 0);
    const told = lines.filter((line) => ['refused', 'failed'].includes(line.event));
    assert.ok(left > 0, 'a flood is counted');
    assert.ok(told.length + left >= refused, `${told.length} + ${left} of ${refused}`);
    for (const line of told) {
      assert.doesNotMatch(JSON.stringify(line), /\/api\//, 'no paths');
      assert.match(line.time, /^\d{4}-\d\d-\d\dT[\d:]+Z$/);
      assert.ok(['error', 'warning', 'notice', 'info'].includes(line.level), JSON.stringify(line));
      assert.equal(line.address, '127.0.0.1');
      assert.ok(line.code && line.operation && line.status, JSON.stringify(line));
    }
    assert.ok(number);
  }
});

test('under the journal a line begins with its level', async (t) => {
  const state = folder(t);
  const file = join(state, 'journal');
  writeFileSync(file, '');
  const port = await freePort();
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      `export JOURNAL_STREAM=$(stat -c %d:%i ${file}); exec ${binary} serve --no-check --listen 127.0.0.1:${port} --database ${state}/s.db 2>${file}`,
    ],
    {
      env: {
        PATH: '/usr/bin:/bin',
        HOME: state,
        XDG_DATA_HOME: state,
        LANG: 'C.UTF-8',
        ASAN_OPTIONS: 'detect_leaks=0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  atEnd(t, () => child.kill());
  await once(child.stdout, 'data');
  await becomes(
    async () => (await fetch(`http://127.0.0.1:${port}/nowhere`).catch(() => ({}))).status === 404,
  );
  await becomes(() =>
    /^<6>time=\S+ level=info event=refused listener=console operation=page status=404/m.test(
      readFileSync(file, 'utf8'),
    ),
  );
});

test('flags count more than the environment, and that more than the file; a slip is named', async (t) => {
  const state = folder(t);
  const file = join(state, 'server.yaml');
  const [one, two, three] = [await freePort(), await freePort(), await freePort()];
  const config = (text) => writeFileSync(file, text);
  const where = async (args, env = {}) => {
    const server = await start(t, 'serve', ['--config', file, ...args], {
      env: { XDG_DATA_HOME: state, ...env },
    });
    const port = Number(new URL(server.url).port);
    await server.stop();
    return [port, server.said()];
  };
  config(`listen: 127.0.0.1:${one}\nno-check: true\ndatabase: ${state}/s.db\nname: [a.example, b.example]\n`);
  assert.equal((await where([]))[0], one);
  assert.equal((await where([], { SEKISHO_LISTEN: `127.0.0.1:${two}` }))[0], two);
  assert.equal(
    (await where(['--listen', `127.0.0.1:${three}`], { SEKISHO_LISTEN: `127.0.0.1:${two}` }))[0],
    three,
  );
  // What is perhaps for somebody else is told, and no more.
  const [, said] = await where([], {
    SEKISHO_SOMETHING_ELSE: '1',
    SEKISHO_SERVICE_HOST: '10.0.0.1',
    SEKISHO_PORT: 'tcp://10.0.0.1:80',
  });
  assert.match(said, /SEKISHO_SOMETHING_ELSE: there is no setting of this name/);
  assert.doesNotMatch(said, /SERVICE_HOST|SEKISHO_PORT/);

  const refused = (text, words, env = {}) => {
    config(text);
    const done = sekisho(state, ['serve', '--config', file], { env });
    assert.equal(done.code, 2, text);
    assert.match(done.err, words);
  };
  refused('lisen: 127.0.0.1:1\n', /server\.yaml:1: lisen.*Did you mean listen\?/s);
  refused('listen: 127.0.0.1:1\ntls-crt: x\n', /server\.yaml:2: tls-crt.*Did you mean tls-cert\?/s);
  refused('agents: {on: true}\n', /agents.*a value/s);
  refused('no-check: perhaps\n', /no-check.*true or false/s);
  refused('tls: other\n', /tls.*self/s);
  refused('- listen\n', /lines like/);
  refused('', /SEKISHO_LISTN.*Did you mean SEKISHO_LISTEN\?/s, { SEKISHO_LISTN: '127.0.0.1:1' });
  refused('', /SEKISHO_LOG.*logfmt, json/s, { SEKISHO_LOG: 'xml' });
  for (const words of [[], ['--listen', '127.0.0.1:0']]) {
    const none = sekisho(state, ['serve', '--config', join(state, 'none.yaml'), ...words]);
    assert.equal(none.code, 2);
    assert.match(none.err, /none\.yaml: there is no such file/);
  }
  // Every flag of the help is a key of the file and a name in the environment: each is refused for its kind.
  const flags = [...sekisho(state, ['serve', '--help']).out.matchAll(/^ +--([\w-]+)/gm)].map(
    ([, name]) => name,
  );
  for (const name of flags.filter((one) => !['config', 'lang', 'no-color', 'help'].includes(one))) {
    refused(`${name}: {a: 1}\n`, new RegExp(`${name}.*a value`, 's'));
    config('nothing-of-ours: 1\n');
    const upper = `SEKISHO_${name.toUpperCase().replaceAll('-', '_')}`;
    const wrong = sekisho(state, ['serve', '--config', file], { env: { [upper]: 'x' } });
    assert.doesNotMatch(wrong.err, new RegExp(`${upper}: there is no`), 'it is known');
  }
  assert.ok(flags.length > 20, flags.join(' '));
});

test('a file that says nothing is no settings, at the start and when it is read again', async (t) => {
  const state = folder(t);
  const file = join(state, 'server.yaml');
  const shipped = readFileSync(new URL('../../packaging/server.yaml', import.meta.url), 'utf8');
  for (const text of [
    shipped,
    shipped.replaceAll('\n', '\r\n'),
    '',
    '\n',
    '  # nothing',
    '---\n# nothing\n',
  ]) {
    writeFileSync(file, text);
    const server = await start(
      t,
      'serve',
      ['--config', file, '--no-check', '--listen', '127.0.0.1:0', '--database', join(state, 's.db')],
      { env: { XDG_DATA_HOME: state } },
    );
    // Read again: there is nothing wrong with it, and what is in it then is seen.
    server.child.kill('SIGHUP');
    writeFileSync(file, 'log: json\n');
    await becomes(() => {
      server.child.kill('SIGHUP');
      return /setting log has changed/.test(server.said());
    });
    writeFileSync(file, text);
    await server.stop();
    assert.doesNotMatch(server.said(), /cannot be read|is empty/, JSON.stringify(text));
  }
});

test('secrets are files, and what systemd hands over is found by its name', async (t) => {
  const state = folder(t);
  for (const [name, text] of [
    ['sekisho_metrics-token', 'handed-over'],
    ['database', join(state, 'handed.db')],
  ])
    writeFileSync(join(state, name), text);
  const server = await start(t, 'serve', ['--no-check', '--listen', '127.0.0.1:0'], {
    env: { XDG_DATA_HOME: state, CREDENTIALS_DIRECTORY: state },
  });
  assert.equal((await get(`${server.url}/metrics`, { authorization: 'Bearer handed-over' })).status, 200);
  assert.ok(readFileSync(join(state, 'handed.db')).length > 0);
});

/** What a program is told that waits for word of it, as systemd does: a datagram socket. */
async function supervised(t, state, args = [], env = {}) {
  const socket = join(state, 'notify');
  const listener = spawn(
    '/usr/bin/python3',
    [
      '-u',
      '-c',
      `import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(${JSON.stringify(socket)}); print('bound')
while True: print(s.recv(4096).decode().split('\\n')[0])`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  atEnd(t, () => listener.kill());
  let heard = '';
  listener.stdout.on('data', (data) => (heard += data));
  await becomes(() => heard.includes('bound'));
  const server = await serving(t, args, { env: { XDG_DATA_HOME: state, NOTIFY_SOCKET: socket, ...env } });
  return {
    server,
    listener,
    heard: () =>
      heard
        .split('\n')
        .slice(1)
        .filter((line) => line !== ''),
  };
}

test('what watches over it is told how it goes, and SIGHUP never ends it', async (t) => {
  const state = folder(t);
  const file = join(state, 'server.yaml');
  writeFileSync(file, 'oidc-client: one\n');
  const { server, heard } = await supervised(t, state, ['--config', file], { WATCHDOG_USEC: '400000' });
  await becomes(() => heard().includes('READY=1'));
  await becomes(() => heard().filter((line) => line === 'WATCHDOG=1').length > 2);
  server.child.kill('SIGHUP');
  await becomes(() => /RELOADING=1,(WATCHDOG=1,)*READY=1/.test(heard().join()));
  assert.doesNotMatch(server.said(), /takes effect/);
  writeFileSync(file, 'oidc-client: two\n');
  server.child.kill('SIGHUP');
  await becomes(() => /the setting oidc-client has changed/.test(server.said()));
  writeFileSync(file, 'oidc-cliet: two\n');
  server.child.kill('SIGHUP');
  await becomes(() => /settings cannot be read.*oidc-cliet/.test(server.said()));
  assert.equal((await get(`${server.url}/healthz`)).status, 200);
  // From its first moment to its last.
  const ended = once(server.child, 'exit');
  server.child.kill('SIGTERM');
  const hangups = setInterval(() => server.child.kill('SIGHUP'), 1);
  atEnd(t, () => clearInterval(hangups));
  const [code, signal] = await ended;
  clearInterval(hangups);
  assert.deepEqual([code, signal], [0, null]);
  await becomes(() => heard().includes('STOPPING=1'));
});

test('what watches over it is told of the end though it was slow to listen', async (t) => {
  const { server, listener, heard } = await supervised(t, folder(t));
  await becomes(() => heard().includes('READY=1'));
  // Its queue holds ten messages (net.unix.max_dgram_qlen).
  listener.kill('SIGSTOP');
  for (let i = 0; i < 20; ++i) {
    server.child.kill('SIGHUP');
    await pause(20);
  }
  const ended = once(server.child, 'exit');
  server.child.kill('SIGTERM');
  await pause(200);
  listener.kill('SIGCONT');
  assert.deepEqual(await ended, [0, null]);
  await becomes(() => heard().includes('STOPPING=1'));
});

/** Whether a process holds SIGHUP back or takes it; before that it would end by it. */
function sparedByHangups(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const has = (field) => parseInt(new RegExp(`^${field}:\\s*(\\w+)`, 'm').exec(status)[1].at(-1), 16) & 1;
  // Held back only until it is taken, which may come sooner than one looks again.
  return has('SigBlk') || has('SigCgt');
}

test('SIGHUP does not end a server that begins', async (t) => {
  const state = folder(t);
  const early = spawn(
    binary,
    ['serve', '--no-check', '--listen', '127.0.0.1:0', '--database', join(state, 'e.db')],
    {
      env: { HOME: state, XDG_DATA_HOME: state, LANG: 'C.UTF-8', ASAN_OPTIONS: 'detect_leaks=0' },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const over = once(early, 'exit');
  atEnd(t, () => early.kill('SIGKILL'));
  while (!sparedByHangups(early.pid)) await pause(1);
  const hangups = setInterval(() => early.kill('SIGHUP'), 2);
  atEnd(t, () => clearInterval(hangups));
  await Promise.race([once(early.stdout, 'data'), over.then((how) => assert.fail(`it ended with ${how}`))]);
  await pause(300);
  clearInterval(hangups);
  early.kill('SIGTERM');
  assert.deepEqual(await over, [0, null]);
});

test('the man page and completions are those of the commands', async (t) => {
  const state = folder(t);
  const man = sekisho(state, ['help', '--man']);
  assert.equal(man.code, 0);
  const shown = spawnSync('/usr/bin/man', ['--warnings', '-l', '-'], {
    input: man.out,
    encoding: 'utf8',
    env: { LANG: 'C.UTF-8', MANWIDTH: '100', PATH: '/usr/bin:/bin' },
  });
  if (!shown.error) {
    assert.equal(shown.stderr, '');
    assert.match(shown.stdout, /--trusted-proxy/);
  }
  const help = sekisho(state, ['--help']).out;
  const commands = [...help.slice(help.indexOf('Subcommands:')).matchAll(/^ {2}(\w[\w-]*) /gm)].map(
    ([, name]) => name,
  );
  assert.ok(commands.length > 9, help);
  for (const name of commands) assert.match(man.out, new RegExp(`^\\.SH "sekisho ${name}"$`, 'm'));
  const bash = join(state, 'bash');
  writeFileSync(bash, sekisho(state, ['help', '--bash']).out);
  const complete = (line) => {
    const words = line.split(' ');
    return must('/bin/bash', [
      '-c',
      `. ${bash}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _sekisho; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ])
      .trim()
      .split('\n');
  };
  assert.deepEqual(complete('sekisho ser'), ['serve']);
  assert.deepEqual(
    commands.filter((name) => !complete('sekisho ').includes(name)),
    [],
  );
  assert.deepEqual(complete('sekisho serve --metrics'), ['--metrics', '--metrics-token-file']);
  assert.ok(complete('sekisho agent ').includes('enrol'));
  const zsh = join(state, '_sekisho');
  writeFileSync(zsh, sekisho(state, ['help', '--zsh']).out);
  assert.equal(spawnSync('/usr/bin/zsh', ['-n', zsh]).status, 0);
});
