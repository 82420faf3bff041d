// How the server is reached: TLS, addresses, headers, limits, and requests that are no requests.
import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { request } from 'node:https';
import { join } from 'node:path';
import test from 'node:test';
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
  assert.equal((await fetch(`${server.url}/../../etc/passwd`)).status, 200); // the browser's own normalising: the page
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
  const statuses = await Promise.all(
    Array.from({ length: 1600 }, () => fetch(`${server.url}/api/v1/state`).then((reply) => reply.status)),
  );
  assert.ok(statuses.includes(429));
  const limited = await fetch(`${server.url}/api/v1/state`);
  if (limited.status === 429) assert.ok(Number(limited.headers.get('retry-after')) >= 1);
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
