// SPDX-License-Identifier: Apache-2.0
// How the server is reached: TLS, addresses, headers, limits, and requests that are no requests.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { request } from 'node:https';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import tls from 'node:tls';
import {
  Client,
  demo,
  demoMail,
  demoPassword,
  firstAdministrator,
  folder,
  freePort,
  sekisho,
  serve,
  start,
} from './server.mjs';
import { must, run } from './sekisho.mjs';

function certificate(t) {
  const at = folder(t);
  const [key, cert] = [join(at, 'key.pem'), join(at, 'cert.pem')];
  must('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost,IP:127.0.0.1',
  ]);
  return { key, cert };
}

test('TLS 1.2 and 1.3 are spoken and nothing older; cookies are then for TLS alone', async (t) => {
  const { key, cert } = certificate(t);
  const server = await serve(t, join(folder(t), 's.db'), ['--tls-cert', cert, '--tls-key', key]);
  assert.match(server.url, /^https:/);
  const port = Number(new URL(server.url).port);
  const speak = (version) =>
    new Promise((done) => {
      const socket = tls.connect(
        {
          port,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          minVersion: version,
          maxVersion: version,
          ciphers: 'DEFAULT@SECLEVEL=0',
        },
        () => {
          done(socket.getProtocol());
          socket.destroy();
        },
      );
      socket.on('error', () => done(null));
    });
  assert.equal(await speak('TLSv1.3'), 'TLSv1.3');
  assert.equal(await speak('TLSv1.2'), 'TLSv1.2');
  assert.equal(await speak('TLSv1.1'), null);
  assert.equal(await speak('TLSv1'), null);
  const by = (ciphers) =>
    new Promise((done) => {
      const socket = tls.connect(
        {
          port,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          maxVersion: 'TLSv1.2',
          ciphers: `${ciphers}:@SECLEVEL=0`,
        },
        () => {
          done(socket.getCipher().name);
          socket.destroy();
        },
      );
      socket.on('error', () => done(null));
    });
  assert.equal(await by('ECDHE-ECDSA-AES128-GCM-SHA256'), 'ECDHE-ECDSA-AES128-GCM-SHA256');
  for (const old of ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA', 'ECDHE-ECDSA-AES128-SHA'])
    assert.equal(await by(old), null, old);
  const ask = (path, options = {}, body = '') =>
    new Promise((done, failed) => {
      const asked = request(
        { port, host: '127.0.0.1', path, rejectUnauthorized: false, ...options },
        (reply) => {
          reply.resume();
          reply.on('end', () => done(reply));
        },
      );
      asked.on('error', failed);
      asked.end(body);
    });
  const page = await ask('/');
  assert.match(page.headers['strict-transport-security'], /max-age=\d{7,}/);
  const body = JSON.stringify({
    token: server.link.split('#')[1],
    name: 'A',
    email: 'a@firm.example',
    password: 'correct horse battery',
    lang: 'en',
  });
  const made = await ask(
    '/api/v1/setup',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    },
    body,
  );
  assert.equal(made.statusCode, 200);
  assert.match(made.headers['set-cookie'][0], /^__Host-sekisho=/);
  assert.match(made.headers['set-cookie'][0], /; Secure/i);
  // Plain HTTP to the same port gets nothing.
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
});

test('beyond this machine only with TLS, unless told so', async (t) => {
  const state = folder(t);
  const refused = sekisho(state, ['serve', '--listen', '0.0.0.0:0', '--no-check'], { lang: 'ja' });
  assert.equal(refused.code, 2);
  assert.match(refused.err, /TLS/);
  const told = await start(t, 'serve', [
    '--listen',
    '0.0.0.0:0',
    '--no-check',
    '--insecure-listen',
    '--database',
    join(state, 's.db'),
  ]);
  assert.match(told.said(), /http:/);
  for (const [args, why] of [
    [['--listen', 'nowhere'], /8480/],
    [['--listen', '127.0.0.1:99999'], /8480/],
    [['--tls-cert', '/none'], /tls-key/],
    [['--tls-cert', '/none', '--tls-key', '/none'], /none/],
    [['--database', 'postgres://127.0.0.1:9/none'], /./],
    [['--public-url', 'ftp://x'], /https/],
    [['--listen', '192.0.2.1:0', '--insecure-listen'], /192\.0\.2\.1/],
  ]) {
    const done = sekisho(state, ['serve', '--no-check', ...args]);
    assert.equal(done.code, 2, args.join(' '));
    assert.match(done.err, why, args.join(' '));
  }
});

test('every answer carries what keeps a browser strict, and no page runs what is not its own', async (t) => {
  const server = await serve(t, join(folder(t), 's.db'));
  for (const path of ['/', '/checklist', '/icon.svg', '/api/v1/state', '/api/v1/none', '/none.js']) {
    const reply = await fetch(server.url + path);
    assert.equal(reply.headers.get('x-content-type-options'), 'nosniff', path);
    assert.match(reply.headers.get('referrer-policy'), /no-referrer|same-origin/, path);
    assert.match(reply.headers.get('content-security-policy') ?? '', /default-src 'none'/, path);
    assert.doesNotMatch(reply.headers.get('content-security-policy'), /unsafe/, path);
    assert.equal(reply.headers.get('server'), null, path);
  }
  const [one, two] = await Promise.all(
    ['/', '/'].map((path) =>
      fetch(server.url + path).then((reply) => reply.headers.get('content-security-policy')),
    ),
  );
  assert.notEqual(/nonce-([^']+)/.exec(one)[1], /nonce-([^']+)/.exec(two)[1]);
  assert.equal((await fetch(`${server.url}/../../etc/passwd`)).status, 404); // the client's own normalising: no page
});

test('the database is for its owner alone, also where it lay open before', async (t) => {
  const where = join(folder(t), 's.db');
  writeFileSync(where, '');
  chmodSync(where, 0o644);
  const server = await serve(t, where);
  await firstAdministrator(server);
  for (const end of ['', '-wal', '-shm']) assert.equal(statSync(where + end).mode & 0o777, 0o600, end);
});

/** Sends bytes as they are; what comes back until the server hangs up. */
const raw = (port, bytes, { close = true } = {}) =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (data) => (text += data));
    socket.on('close', () => done(text));
    socket.on('error', () => done(text));
    socket.write(bytes);
    if (close) socket.end();
  });

test('what is no request, or too much of one, is refused and harms nobody', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const port = Number(new URL(server.url).port);
  assert.match(await raw(port, 'NONSENSE\r\n\r\n'), /^(HTTP\/1\.1 400|$)/);
  assert.match(
    await raw(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`),
    /^(HTTP\/1\.1 (400|431)|$)/,
  );
  assert.match(
    await raw(port, `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
    /^(HTTP\/1\.1 (400|414|431)|$)/,
  );
  assert.match(
    await raw(
      port,
      'POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n',
    ),
    /^(HTTP\/1\.1 413|$)/,
  );
  assert.match(
    await raw(
      port,
      'POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ),
    /^(HTTP\/1\.1 4|$)/,
  );
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const huge = await admin
    .call('POST', '/attachments?name=a', new Uint8Array(11 << 20))
    .catch(() => ({ status: 413 }));
  assert.equal(huge.status, 413);
  const kept = await admin.must('POST', '/attachments?name=a', new Uint8Array(10 << 20));
  assert.equal((await admin.get(`/attachments/${kept.id}`)).length, 10 << 20);
  const deep = await admin.call('POST', '/evidence', '['.repeat(50_000), {
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(deep.status, 422);
  // A thousand half requests at once, left hanging, leave room for a whole one.
  const hanging = Array.from({ length: 300 }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HT');
    return socket;
  });
  assert.equal((await fetch(`${server.url}/api/v1/state`)).status, 200);
  for (const socket of hanging) socket.destroy();
});

test('whoever floods is slowed, and the rest is not', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const port = Number(new URL(server.url).port);
  const asked = 'GET /api/v1/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(1600);
  const said = await raw(port, asked);
  assert.match(said, /^HTTP\/1\.1 200/);
  assert.match(said, /HTTP\/1\.1 429 [^]*retry-after: [1-9]/i);
});

/** Text of a socket that stays open, and what is waited for in it. */
function open(port) {
  const socket = connect(port, '127.0.0.1');
  const one = { socket, text: '', closed: false };
  socket.on('data', (data) => (one.text += data));
  socket.on('close', () => (one.closed = true));
  socket.on('error', () => {});
  one.until = async (pattern) => {
    for (let i = 0; i < 400 && !pattern.test(one.text); ++i) {
      assert.ok(!one.closed, `closed after ${JSON.stringify(one.text.slice(0, 300))}`);
      await pause(25);
    }
    assert.match(one.text, pattern);
  };
  return one;
}

test('a body is read when it is known who sends it, and leave is given only then', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const port = Number(new URL(server.url).port);
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const upload = (fields, length = 9_000_000) =>
    `POST /api/v1/attachments?name=a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n${fields}\r\n`;
  const own = `Cookie: ${admin.cookie}\r\nX-Sekisho-Csrf: ${admin.csrf}\r\n`;
  for (const [bytes, status] of [
    [upload(''), 401],
    [upload('Cookie: sekisho=guessed\r\n'), 401],
    [upload(`Cookie: ${admin.cookie}\r\n`), 403], // without the page's own word
    [upload(`${own}Origin: https://evil.example\r\n`), 403],
    [upload(own, 11_000_000), 413],
    [upload(own).replace('/attachments', '/none'), 404],
    [upload(own).replace('POST', 'PUT'), 405],
    [upload(own).replace('octet-stream', 'json'), 415],
    [upload(own).replace('127.0.0.1', 'evil.example'), 421],
  ]) {
    const said = await raw(port, bytes);
    // A length that nothing may have is refused before the rest is asked.
    assert.match(said, new RegExp(`^HTTP/1\\.1 (${status}|413) `), bytes);
    assert.doesNotMatch(said, /100 Continue/, bytes);
  }
  const whole = open(port);
  whole.socket.write(upload(own, 5));
  await whole.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
  whole.socket.write('abcde');
  await whole.until(/HTTP\/1\.1 201 /);
  whole.socket.destroy();
  // Who sends much without a name costs nothing: none of it is kept.
  const before = memory(server.child.pid);
  const many = Array.from({ length: 60 }, () => {
    const one = open(port);
    one.socket.write(upload('').replace('Expect: 100-continue\r\n', ''));
    one.socket.write(Buffer.alloc(2_000_000));
    return one;
  });
  await Promise.all(many.map((one) => one.until(/^HTTP\/1\.1 (401|429|503) /)));
  assert.ok(memory(server.child.pid) - before < 60, `${memory(server.child.pid) - before} MB more`);
  for (const one of many) one.socket.destroy();
});

const memory = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

test('half-open connections of one address take its own places, and nobody else’s', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const port = Number(new URL(server.url).port);
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const home = `GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${admin.cookie}\r\n\r\n`;
  const mine = open(port);
  mine.socket.write(home);
  await mine.until(/^HTTP\/1\.1 200 /);
  const half = [];
  for (let i = 0; i < 2500; ++i) {
    half.push(open(port));
    half.at(-1).socket.write('GET / HTTP/1.1\r\nX: ');
    if (i % 100 === 0) await pause(5);
  }
  for (let i = 0; i < 400 && half.filter((one) => one.closed).length < 2200; ++i) await pause(25);
  assert.ok(half.filter((one) => one.closed).length >= 2200);
  assert.equal((await fetch(`${server.url}/api/v1/state`)).status, 200);
  mine.text = '';
  mine.socket.write(home);
  await mine.until(/^HTTP\/1\.1 200 /);
  for (const one of [...half, mine]) one.socket.destroy();
});

test('what is in work when it stops is answered; what waits is let go', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const port = Number(new URL(server.url).port);
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const [busy, idle] = [open(port), open(port)];
  busy.socket.write(
    `POST /api/v1/attachments?name=a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\nContent-Length: 10\r\nExpect: 100-continue\r\nCookie: ${admin.cookie}\r\nX-Sekisho-Csrf: ${admin.csrf}\r\n\r\n`,
  );
  await busy.until(/100 Continue/);
  const stopped = server.stop();
  for (let i = 0; i < 200 && !idle.closed; ++i) await pause(25);
  assert.ok(idle.closed);
  busy.socket.write('0123456789');
  await busy.until(/HTTP\/1\.1 201 [^]*Connection: close/);
  assert.equal(await stopped, 0);
});

test('a second signal ends it at once', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const half = open(Number(new URL(server.url).port));
  half.socket.write('GET / HTTP/1.1\r\nHost: x\r\nX: ');
  await pause(300);
  server.child.kill('SIGTERM');
  await pause(300);
  assert.equal(server.child.exitCode, null); // it waits for the half request, for a while
  const over = once(server.child, 'exit');
  server.child.kill('SIGTERM');
  assert.deepEqual(await over, [null, 'SIGTERM']);
});

test('certificates that are renewed on disk are shown without a restart, and broken ones are not', async (t) => {
  const { key, cert } = certificate(t);
  const server = await serve(t, join(folder(t), 's.db'), ['--tls-cert', cert, '--tls-key', key]);
  const port = Number(new URL(server.url).port);
  const shown = () =>
    new Promise((done, failed) => {
      const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        done(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.on('error', failed);
    });
  const becomes = async (what) => {
    for (let i = 0; i < 400 && !(await what()); ++i) await pause(25);
    assert.ok(await what());
  };
  const old = await shown();
  const kept = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(kept, 'secureConnect');
  writeFileSync(cert, 'no certificate');
  server.child.kill('SIGHUP');
  await becomes(() => /the old one stays in use/.test(server.said()));
  assert.equal(await shown(), old);
  const fresh = certificate(t);
  writeFileSync(key, readFileSync(fresh.key));
  writeFileSync(cert, readFileSync(fresh.cert));
  await becomes(async () => (await shown()) !== old); // by itself
  const again = await shown();
  const third = certificate(t);
  writeFileSync(key, readFileSync(third.key));
  writeFileSync(cert, readFileSync(third.cert));
  server.child.kill('SIGHUP');
  await becomes(async () => (await shown()) !== again);
  kept.write('GET /icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
  assert.match(String((await once(kept, 'data'))[0]), /^HTTP\/1\.1 (200|404) /);
  kept.destroy();
  assert.equal(server.child.exitCode, null);
});

test('two may not use one port, and one that stops lets go of it', async (t) => {
  const port = await freePort();
  const state = folder(t);
  const server = await start(t, 'serve', [
    '--listen',
    `127.0.0.1:${port}`,
    '--no-check',
    '--database',
    join(state, 's.db'),
  ]);
  const second = sekisho(state, [
    'serve',
    '--listen',
    `127.0.0.1:${port}`,
    '--no-check',
    '--database',
    join(state, 't.db'),
  ]);
  assert.equal(second.code, 2);
  assert.match(second.err, new RegExp(String(port)));
  assert.equal(await server.stop(), 0);
  const third = await start(t, 'serve', [
    '--listen',
    `127.0.0.1:${port}`,
    '--no-check',
    '--database',
    join(state, 's.db'),
  ]);
  assert.equal(await third.stop(), 0);
});

test('this machine is in it from the start', async (t) => {
  const server = await start(t, 'serve', ['--listen', '127.0.0.1:0', '--database', join(folder(t), 's.db')]);
  const { admin } = await firstAdministrator(server);
  const { items } = await admin.get('/devices');
  assert.equal(items.length, 1);
  assert.equal(items[0].name, run('hostname').out.trim());
  assert.ok(items[0].tally.pass + items[0].tally.fail > 5);
});
