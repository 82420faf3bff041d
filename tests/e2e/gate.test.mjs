// SPDX-License-Identifier: Apache-2.0
// The gate behind Debian's nginx, Caddy and HAProxy, each set up by the recipe that the program prints: what tricks that
// were used against other gateways do here.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request as ask } from 'node:https';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { chromium } from 'playwright-core';
import { shot } from './browser.mjs';
import { Client, firstAdministrator, folder, freePort, newPerson, serve, totp } from './server.mjs';
import { atEnd, must, sekisho } from './sekisho.mjs';
import { SqliteFile } from './sqlite.mjs';

const policy = (more = '') => `policy: {name: Test, about: Test.}
resources:
  - {id: wiki, name: Wiki, kind: application, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: true, evidence: 7 days, second_factor: none, measures: ["8-3"]}
  - {id: crm, name: CRM, kind: application, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: true, evidence: 7 days, second_factor: 1 hour, measures: ["8-3"]}
  - {id: site, name: Site, kind: application, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: true, evidence: 7 days, second_factor: none, measures: ["8-3"]}
  - {id: desk, name: Desk, kind: application, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: true, evidence: 7 days, second_factor: none, measures: ["8-3"]}
  - {id: admin, name: Admin, kind: application, sensitivity: low, who: {roles: [administrator]}, device: registered, own_devices: true, evidence: 7 days, second_factor: none, measures: ["8-3"]}
${more}`;
const hosts = ['wiki.test', 'crm.test', 'www.test', 'localhost'];

/** A test that lasts as long as the file, for what all share. */
const whole = (() => {
  const work = [];
  return {
    after: (one) => work.push(one),
    end: async () => {
      for (const one of work) await one();
    },
  };
})();

let firm; // {server, admin, worker, db, gate}
let app; // {port, seen, sockets}
const proxies = {}; // by name: {port}
const cards = {}; // certificates of devices: {key, cert, digest}

/** An application that says what reached it, sends for ever at /long, and speaks after an upgrade. */
async function application() {
  const seen = [];
  const server = createServer((request, reply) => {
    seen.push({
      url: request.url,
      headers: request.headers,
      raw: request.rawHeaders,
      method: request.method,
    });
    if (request.url === '/long') {
      reply.writeHead(200, { 'content-type': 'text/plain', 'x-accel-buffering': 'no' });
      const timer = setInterval(() => reply.write('tick\n'), 20);
      reply.on('close', () => clearInterval(timer));
      return;
    }
    let size = 0;
    request.on('data', (part) => (size += part.length));
    request.on('end', () => reply.end(`the application${size ? ` ${size}` : ''}`));
  });
  server.on('upgrade', (request, socket) => {
    seen.push({
      url: request.url,
      headers: request.headers,
      raw: request.rawHeaders,
      method: request.method,
    });
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    const timer = setInterval(() => socket.write('tick\n'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  whole.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: server.address().port, seen };
}

function makeCard(at, name) {
  const [key, cert] = [join(at, `${name}.key`), join(at, `${name}.crt`)];
  must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
    '-subj', `/CN=${name}`, '-addext', 'extendedKeyUsage=clientAuth', '-keyout', key, '-out', cert]); // prettier-ignore
  const pem = readFileSync(cert);
  const digest = createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
  return { key: readFileSync(key), cert: pem, digest };
}

const evidence = (id, check, now) =>
  `INSERT INTO evidence (change, subject, check_id, verdict, first_at, observed_at, valid_until, source, detail_ja, detail_en)
   SELECT COALESCE(MAX(change), 0) + 1, 'host:pc-${id}', '${check}', 'pass', ${now}, ${now}, ${now + 86400}, 'host', 'x', 'x' FROM evidence;`;

/** A sound device of somebody's, which shows a certificate. */
function device(id, person, digest) {
  const now = Math.floor(Date.now() / 1000);
  firm.db.run(
    `INSERT INTO device (id, subject, name, person_id, state, created_at, own) VALUES (${id}, 'host:pc-${id}', 'pc-${id}', ${person}, 'active', 0, 0);
     INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, expires_at) VALUES (${id}, '${digest}', 'k${id}', 0, ${now + 86400});
     ${['disk-encryption', 'swap-encryption'].map((check) => evidence(id, check, now)).join('\n')}`,
  );
}

async function started(port, program, args, env = {}) {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, HOME: '/tmp', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
  whole.after(async () => {
    if (child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await Promise.race([gone, pause(3000).then(() => child.kill('SIGKILL'))]);
  });
  for (let tries = 0; ; ++tries) {
    const up = await new Promise((done) => {
      const socket = connect({ port, host: '127.0.0.1', servername: hosts[0], rejectUnauthorized: false });
      socket.on('secureConnect', () => done(true) || socket.destroy());
      socket.on('error', () => done(false));
    });
    if (up) return { port };
    if (tries > 200 || child.exitCode !== null) throw new Error(`${program} does not start: ${said}`);
    await pause(50);
  }
}

const recipe = (at, kind, gate, more = []) =>
  sekisho(at, ['access', 'proxy', kind, '--gate', gate, ...more,
    ...hosts.flatMap((host) => ['--app', `${host}=127.0.0.1:${app.port}`])]).out; // prettier-ignore

/** What the package offers for the console behind such a proxy, for the server that runs. */
const example = (name) =>
  readFileSync(new URL(`../../packaging/examples/${name}`, import.meta.url), 'utf8')
    .replaceAll('127.0.0.1:8480', new URL(firm.server.url).host)
    .replaceAll('sekisho.example.jp', 'console.test');

async function nginx(at, gate, tls, port) {
  const text = (recipe(at, 'nginx', gate) + example('nginx.conf'))
    .replaceAll('listen 443', `listen 127.0.0.1:${port}`)
    .replaceAll('listen 80', `listen 127.0.0.1:${firm.freePorts[0]}`)
    .replaceAll('/etc/ssl/sekisho/certificate.pem', tls.crt)
    .replaceAll('/etc/ssl/sekisho/key.pem', tls.key)
    .replaceAll(/\/etc\/ssl\/[a-z.]+\.(crt|key)/g, (whole_, kind) => tls[kind]);
  writeFileSync(
    join(at, 'nginx.conf'),
    `daemon off; pid ${at}/nginx.pid; error_log ${at}/nginx.log; worker_processes 1;
events {} http { access_log off; client_body_temp_path ${at}/b; proxy_temp_path ${at}/p; fastcgi_temp_path ${at}/f; uwsgi_temp_path ${at}/u; scgi_temp_path ${at}/s;
${text} }`,
  );
  return started(port, '/usr/sbin/nginx', ['-c', join(at, 'nginx.conf'), '-p', at]);
}

async function caddy(at, gate, tls) {
  const port = await freePort();
  const sites = (recipe(at, 'caddy', gate) + example('Caddyfile'))
    .replace('\trespond', '\ttls {\n\t}\n\trespond')
    .replaceAll(/^([a-z.]+) \{/gm, `https://$1:${port} {\n\tbind 127.0.0.1`)
    .replaceAll('\ttls {', `\ttls ${tls.crt} ${tls.key} {`);
  writeFileSync(join(at, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${sites}`);
  return started(
    port,
    '/usr/bin/caddy',
    ['run', '--config', join(at, 'Caddyfile'), '--adapter', 'caddyfile'],
    { XDG_DATA_HOME: at, XDG_CONFIG_HOME: at, HOME: at },
  );
}

async function haproxy(at, gate, tls) {
  const port = await freePort();
  writeFileSync(
    join(at, 'sekisho.lua'),
    sekisho(at, ['access', 'proxy', 'haproxy', '--gate', gate, '--lua']).out,
  );
  writeFileSync(join(at, 'both.pem'), readFileSync(tls.crt, 'utf8') + readFileSync(tls.key, 'utf8'));
  const console = example('haproxy.cfg');
  const text = (
    recipe(at, 'haproxy', gate, ['--console', 'console.test']) +
    console.slice(console.indexOf('\nbackend sekisho'))
  )
    .replace('bind :443', `bind 127.0.0.1:${port}`)
    .replace('crt /etc/haproxy/certs/', `crt ${join(at, 'both.pem')}`);
  writeFileSync(
    join(at, 'haproxy.cfg'),
    `global
  lua-load ${join(at, 'sekisho.lua')}
defaults
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
${text}`,
  );
  return started(port, '/usr/sbin/haproxy', ['-f', join(at, 'haproxy.cfg')]);
}

before(async () => {
  const at = folder(whole);
  chmodSync(at, 0o755);
  app = await application();
  const where = join(at, 's.db');
  const nginxPort = await freePort();
  const gatePort = await freePort();
  const gate = `127.0.0.1:${gatePort}`;
  const state = folder(whole);
  const up = (port) => serve(whole, where, ['--gate', gate, '--gate-app', 'wiki.test=wiki=Wiki <b>',
    '--gate-app', `localhost:${nginxPort}=desk=Desk`, '--gate-app', 'crm.test=crm', '--gate-app', 'www.test=site', '--gate-app', 'www.test/admin=admin'],
    { port, env: { XDG_DATA_HOME: state } }); // prettier-ignore
  const server = await up();
  const { admin, secret } = await firstAdministrator(server);
  const worker = await newPerson(admin, ['teleworker'], 'aoi@firm.example');
  const other = await newPerson(admin, ['teleworker'], 'ren@firm.example');
  firm = {
    server,
    up,
    admin,
    secret,
    worker,
    other,
    db: new SqliteFile(where),
    gate,
    gatePort,
    freePorts: [await freePort()],
  };
  for (const name of ['aoi', 'ren', 'foreign']) cards[name] = makeCard(at, name);
  const idOf = (email) => firm.db.column(`SELECT id FROM person WHERE email = '${email}'`)[0];
  device(901, idOf('aoi@firm.example'), cards.aoi.digest);
  device(902, idOf('ren@firm.example'), cards.ren.digest);
  firm.db.run(
    `INSERT INTO access_policy (text, saved_at, saved_by) VALUES ('${policy().replaceAll("'", "''")}', 0, 1)`,
  );
  must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
    '-subj', '/CN=wiki.test', '-keyout', join(at, 'tls.key'), '-out', join(at, 'tls.crt')]); // prettier-ignore
  const tls = { crt: join(at, 'tls.crt'), key: join(at, 'tls.key') };
  for (const [name, begin] of Object.entries({ nginx, caddy, haproxy })) {
    mkdirSync(join(at, name));
    const from = `127.0.0.${Object.keys(proxies).length + 2}`;
    proxies[name] = { name, from, ...(await begin(join(at, name), gate, tls, nginxPort)) };
  }
});
after(() => whole.end());

/** {status, headers, text} of one request by a browser. */
/** A connection to a proxy from an address of its own, to the host's name. */
const way = (proxy, host, card) => ({
  port: proxy.port,
  host: '127.0.0.1',
  localAddress: proxy.from,
  servername: [...hosts, 'console.test'].find((one) => one === host) ?? hosts[0],
  rejectUnauthorized: false,
  ...(card ? { key: card.key, cert: card.cert } : {}),
});

async function visit(
  proxy,
  path,
  { host = 'wiki.test', cookie, card = cards.aoi, method = 'GET', headers = {}, body } = {},
) {
  const sent = { host, accept: 'text/html', 'accept-language': 'en', ...headers };
  if (cookie) sent.cookie = cookie;
  const asked = ask({ ...way(proxy, host, card), path, method, headers: sent, agent: false });
  asked.end(body);
  try {
    const [reply] = await once(asked, 'response');
    let text = '';
    for await (const part of reply) text += part;
    return { status: reply.statusCode, headers: reply.headers, text };
  } catch (error) {
    // Whoever must be out is cut in the middle of a request as well.
    if (!['ECONNRESET', 'EPIPE'].includes(error.code)) throw error;
    return { status: 0, headers: {}, text: '' };
  }
}

/** A session that has just ended: sent to sign in, or cut on the way with what it had open. */
async function isOut(proxy, cookie) {
  const { status } = await visit(proxy, '/', { cookie });
  assert.ok([0, 303].includes(status), `${status}`);
}

/** Bytes as they are; the status, and all that came. */
async function raw(proxy, bytes, { card = cards.aoi, wait = 400 } = {}) {
  const socket = connect(way(proxy, /^Host: (\S+)/m.exec(bytes)?.[1], card));
  let text = '';
  socket.on('data', (part) => (text += part));
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  socket.write(bytes);
  await Promise.race([once(socket, 'close'), pause(wait)]);
  socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text };
}

const cookieIn = (reply, part) =>
  (reply.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).find((one) => one.startsWith(part));

/** What a browser knows after it was sent to sign in. */
async function begin(proxy, path = '/', options = {}) {
  let reply = await visit(proxy, path, options);
  if (reply.status === 0) reply = await visit(proxy, path, options);
  assert.equal(reply.status, 303, reply.text);
  const asked = new URL(reply.headers.location);
  return { asked, cookie: cookieIn(reply, '__Host-sekisho-begin.') };
}
const ticketFor = async (who, asked, change = {}) => {
  const { url } = await who.must('POST', '/applications/ticket', {
    application: asked.searchParams.get('app'), browser: asked.searchParams.get('browser'),
    back: asked.searchParams.get('back'), ...change }); // prettier-ignore
  return new URL(url).pathname + new URL(url).search;
};
/** Signs in at an application; its cookie. */
async function comeIn(proxy, { who = firm.worker, path = '/', ...options } = {}) {
  const { asked, cookie } = await begin(proxy, path, options);
  const reply = await visit(proxy, await ticketFor(who, asked), { ...options, cookie });
  assert.equal(reply.status, 303, reply.text);
  assert.equal(reply.headers.location, path);
  return cookieIn(reply, '__Host-sekisho-');
}
const reached = () => app.seen.splice(0);
const each = (name, work) =>
  test(name, async (t) => {
    for (const proxy of Object.values(proxies)) await t.test(proxy.name, (one) => work(proxy, one));
  });

each('path_traversal_is_normalised_once', async (proxy) => {
  const cookie = await comeIn(proxy, { host: 'www.test', path: '/public' });
  assert.equal((await visit(proxy, '/public', { host: 'www.test', cookie })).status, 200);
  reached();
  for (const path of [
    '/public/../admin',
    '/public/%2e%2e/admin',
    '/public/..%2fadmin',
    '/public;/../admin',
    '/public/..\\admin',
    '//admin',
    '/public//../admin',
    '/%2e/admin',
    '/%252e%252e/admin',
    '/admin;x=1',
    '/ADMIN',
    '/%61dmin',
    '/admin%00',
    '/admin.json',
    '/admin.',
    '/admin%20',
    '/admin,x',
    '/admin~',
    '/%e2%80%8badmin',
    '/admin%e2%80%8b/x',
    '/public%00/../admin',
  ]) {
    // prettier-ignore
    const reply = await raw(proxy, `GET ${path} HTTP/1.1\r\nHost: www.test\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    assert.notEqual(reply.status, 200, path);
    assert.deepEqual(reached(), [], path);
  }
});

each('query_and_fragment_never_match_a_path_rule', async (proxy) => {
  const cookie = await comeIn(proxy, { host: 'www.test', path: '/public' });
  reached();
  for (const path of [
    '/admin?x=/public',
    '/admin?/../public',
    '/admin/?a#/public',
    '/admin#/public',
    '/admin%23/public',
    '/admin%3f/public',
  ]) {
    // prettier-ignore
    const reply = await raw(proxy, `GET ${path} HTTP/1.1\r\nHost: www.test\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    assert.notEqual(reply.status, 200, path);
    assert.deepEqual(reached(), [], path);
  }
  // Nor does it close what is open.
  assert.equal((await visit(proxy, '/public?x=/admin', { host: 'www.test', cookie })).status, 200);
});

each('prefix_of_admin_path_is_not_admin', async (proxy) => {
  const cookie = await comeIn(proxy, { host: 'www.test', path: '/public' });
  // A right to what only begins alike is none to it, and the other way round.
  for (const path of ['/adminx', '/admin-old', '/administrator/x', '/public/admin'])
    assert.equal((await visit(proxy, path, { host: 'www.test', cookie })).status, 200, path);
  reached();
  for (const path of ['/admin', '/admin/', '/admin/x', '/admin/users?x=1'])
    assert.notEqual((await visit(proxy, path, { host: 'www.test', cookie })).status, 200, path);
  assert.deepEqual(reached(), []);
});

each('forwarded_uri_of_a_stranger_is_ignored', async (proxy) => {
  const cookie = await comeIn(proxy, { host: 'www.test', path: '/public' });
  reached();
  for (const name of [
    'X-Forwarded-Uri',
    'X-Original-URI',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Sekisho-Uri',
    'X-Forwarded-Prefix',
    'X-Forwarded-Path',
  ]) {
    // prettier-ignore
    const headers = { [name]: '/public', 'X-Forwarded-Host': 'www.test', 'X-Sekisho-Host': 'www.test',
      'X-Forwarded-Method': 'GET', 'X-Original-Method': 'GET', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443' }; // prettier-ignore
    assert.notEqual((await visit(proxy, '/admin', { host: 'www.test', cookie, headers })).status, 200, name);
    const open = await visit(proxy, '/public', {
      host: 'www.test',
      cookie,
      headers: { ...headers, [name]: '/admin' },
    });
    assert.equal(open.status, 200, name);
  }
  assert.deepEqual(new Set(reached().map((one) => one.url)), new Set(['/public']));
});

each('underscore_and_case_aliases_are_not_headers', async (proxy) => {
  const cookie = await comeIn(proxy);
  reached();
  await raw(
    proxy,
    `GET / HTTP/1.1\r\nHost: wiki.test\r\nCookie: ${cookie}\r\nRemote_User: admin\r\nremote_groups: admins\r\nREMOTE-USER: admin\r\nRemote-User: root\r\nX_Forwarded_Uri: /x\r\nConnection: close\r\n\r\n`,
  );
  const [got] = reached();
  const names = got.raw.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  assert.equal(names.filter((name) => name === 'remote-user').length, 1);
  assert.deepEqual(
    names.filter((name) => name.startsWith('remote_')),
    [],
  );
  assert.equal(got.headers['remote-user'], 'aoi@firm.example');
});

each('identity_headers_of_clients_never_arrive', async (proxy) => {
  const cookie = await comeIn(proxy);
  reached();
  const lies = {
    'Remote-User': 'root',
    'Remote-Groups': 'admins',
    'Remote-Email': 'root@x',
    'Remote-Name': 'Root',
  };
  assert.equal((await visit(proxy, '/', { cookie, headers: lies })).status, 200);
  const [{ headers }] = reached();
  assert.equal(headers['remote-user'], 'aoi@firm.example');
  assert.equal(headers['remote-email'], 'aoi@firm.example');
  assert.equal(headers['remote-name'], 'aoi');
  assert.equal(headers['remote-groups'] ?? '', '');
});

each('hop_by_hop_cannot_remove_identity', async (proxy) => {
  const cookie = await comeIn(proxy);
  reached();
  for (const list of [
    'close, Remote-User',
    'close, X-Forwarded-For, remote-user, cookie',
    'close, x-sekisho-uri, x-original-uri',
  ]) {
    const reply = await raw(
      proxy,
      `GET / HTTP/1.1\r\nHost: wiki.test\r\nCookie: ${cookie}\r\nConnection: ${list}\r\n\r\n`,
    );
    assert.equal(reply.status, 200, list);
    const [{ headers }] = reached();
    assert.equal(headers['remote-user'], 'aoi@firm.example', list);
    assert.doesNotMatch(headers.connection ?? '', /remote|cookie|forwarded/i);
  }
});

each('host_is_canonical', async (proxy) => {
  const cookie = await comeIn(proxy);
  for (const host of ['WIKI.Test', 'wiki.test:443', `wiki.test:${proxy.port}`]) {
    const reply = await visit(proxy, '/', { host, cookie });
    assert.ok([200, 403, 0].includes(reply.status) || reply.text === '', `${host}: ${reply.status}`);
  }
  reached();
  for (const host of [
    'evil.test',
    'wiki.test.evil',
    '127.0.0.1',
    '[::ffff:127.0.0.1]',
    'www.test,wiki.test',
    'wiki.test, wiki.test',
  ]) {
    // prettier-ignore
    await raw(proxy, `GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    assert.deepEqual(reached(), [], host);
  }
});

each('method_and_match_are_exact', async (proxy) => {
  const cookie = await comeIn(proxy, { host: 'www.test', path: '/public' });
  reached();
  for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD'])
    for (const path of ['/admin', '/Admin', '/%61dmin'])
      assert.notEqual(
        (await visit(proxy, path, { host: 'www.test', cookie, method })).status,
        200,
        `${method} ${path}`,
      );
  assert.deepEqual(reached(), []);
});

each('what is sent arrives, and so does what comes back', async (proxy) => {
  const cookie = await comeIn(proxy);
  reached();
  const body = 'x'.repeat(70_000);
  const reply = await visit(proxy, '/up?x=%2F', { cookie, method: 'POST', body });
  assert.equal(reply.text, `the application ${body.length}`);
  assert.equal(reached()[0].url, '/up?x=%2F');
});

each('no_user_agent_or_health_path_opens', async (proxy) => {
  for (const agent of ['GoogleHC/1.0', 'kube-probe/1.29', 'ELB-HealthChecker/2.0'])
    for (const path of ['/', '/ping', '/healthz', '/robots.txt', '/.well-known/x', '/oauth2/'])
      assert.equal(
        (await visit(proxy, path, { headers: { 'user-agent': agent } })).status,
        303,
        `${agent} ${path}`,
      );
  assert.deepEqual(reached(), []);
});

each('cache_key_has_everything', async (proxy) => {
  const aoi = await comeIn(proxy);
  const ren = await comeIn(proxy, { who: firm.other, card: cards.ren });
  reached();
  const all = await Promise.all(
    [...Array(6).keys()].flatMap(() => [
      visit(proxy, '/', { cookie: aoi }), visit(proxy, '/', { cookie: ren, card: cards.ren }),
      visit(proxy, '/', { cookie: aoi, card: cards.ren }), visit(proxy, '/', { cookie: aoi, host: 'www.test' }),
    ])); // prettier-ignore
  all.forEach((one, at) => assert.equal(one.status === 200, at % 4 < 2, `${at}: ${one.status}`));
  const names = reached().map((one) => one.headers['remote-user']);
  assert.equal(names.filter((one) => one === 'aoi@firm.example').length, 6);
  assert.equal(names.filter((one) => one === 'ren@firm.example').length, 6);
});

each('return_address_is_ours', async (proxy) => {
  const { asked, cookie } = await begin(proxy);
  for (const back of [
    '//e',
    '/\\e',
    '/\t/e',
    'https:e',
    'https://evil-example.jp',
    '@e',
    '/a\r\nb',
    '/.sekisho/out',
    '',
  ])
    await firm.worker.refused(422, 'POST', '/applications/ticket', {
      application: 'wiki',
      browser: asked.searchParams.get('browser'),
      back,
    });
  await firm.worker.refused(404, 'POST', '/applications/ticket', {
    application: 'evil',
    browser: asked.searchParams.get('browser'),
    back: '/',
  });
  const outside = await raw(
    proxy,
    `GET //evil.example HTTP/1.1\r\nHost: wiki.test\r\nAccept: text/html\r\nConnection: close\r\n\r\n`,
  );
  const back = /location: (\S+)/i.exec(outside.text)?.[1];
  if (back) assert.ok(!new URL(back).searchParams.get('back').startsWith('//'));
  assert.ok(cookie);
});

each('ticket_is_bound_and_once', async (proxy) => {
  const { asked, cookie } = await begin(proxy);
  const elsewhere = await begin(proxy);
  const stolen = await ticketFor(firm.worker, asked);
  assert.equal((await visit(proxy, stolen, { cookie: elsewhere.cookie })).status, 409);
  assert.equal((await visit(proxy, stolen, { cookie })).status, 409); // it was shown
  const other = await ticketFor(firm.worker, asked);
  assert.equal((await visit(proxy, other, { cookie, host: 'crm.test' })).status, 409);
  const good = await ticketFor(firm.worker, asked);
  assert.equal((await visit(proxy, `${good}&back=//evil`, { cookie })).headers.location, '/');
  assert.equal((await visit(proxy, good, { cookie })).status, 409);
  const late = await ticketFor(firm.worker, asked);
  firm.db.run('UPDATE pending SET expires_at = expires_at - 61');
  assert.equal((await visit(proxy, late, { cookie })).status, 409);
});

each('cookie_of_one_app_is_nothing_at_another', async (proxy) => {
  const cookie = await comeIn(proxy);
  for (const host of ['crm.test', 'www.test'])
    for (const sent of [
      cookie,
      cookie.replace('sekisho-wiki', 'sekisho-crm'),
      cookie.replace('sekisho-wiki', 'sekisho-site'),
    ])
      assert.equal((await visit(proxy, '/', { host, cookie: sent })).status, 303);
});

each('our_cookie_never_reaches_the_app', async (proxy) => {
  const cookie = await comeIn(proxy);
  reached();
  await visit(proxy, '/', { cookie: `a=1; ${cookie}; __Host-sekisho-begin.=x; b=2` });
  assert.equal(reached()[0].headers.cookie, 'a=1; b=2');
  await visit(proxy, '/', { cookie: `a=${cookie}; b="${cookie}"; ${cookie}` });
  assert.equal(reached()[0].headers.cookie ?? '', '');
});

each('session_changes_at_each_step', async (proxy) => {
  const first = await comeIn(proxy);
  const { asked, cookie } = await begin(proxy);
  const reply = await visit(proxy, await ticketFor(firm.worker, asked), { cookie: `${cookie}; ${first}` });
  const second = cookieIn(reply, '__Host-sekisho-');
  assert.notEqual(first, second);
  await isOut(proxy, first);
  assert.equal((await visit(proxy, '/', { cookie: second })).status, 200);
});

each('sign_in_again_as_other_keeps_nothing', async (proxy) => {
  const first = await comeIn(proxy);
  const { asked, cookie } = await begin(proxy, '/', { card: cards.ren });
  const reply = await visit(proxy, await ticketFor(firm.other, asked), {
    cookie: `${cookie}; ${first}`,
    card: cards.ren,
  });
  reached();
  await visit(proxy, '/', { cookie: cookieIn(reply, '__Host-sekisho-'), card: cards.ren });
  assert.equal(reached()[0].headers['remote-user'], 'ren@firm.example');
  await isOut(proxy, first);
});

each('step_up_is_of_this_session_and_fresh', async (proxy) => {
  const mine = `person_id = (SELECT id FROM person WHERE email = 'aoi@firm.example')`;
  firm.db.run(`UPDATE session SET code_at = code_at - 7200 WHERE ${mine} AND code_at > 7200`);
  const { asked, cookie } = await begin(proxy, '/deals', { host: 'crm.test' });
  const reply = await visit(proxy, await ticketFor(firm.worker, asked), { host: 'crm.test', cookie });
  assert.equal(reply.status, 303);
  const again = new URL(reply.headers.location);
  assert.equal(again.searchParams.get('show'), 'factor');
  assert.equal(again.searchParams.get('back'), '/deals');
  assert.equal(cookieIn(reply, '__Host-sekisho-crm'), undefined);
  // The factor of another session of the same person changes nothing here.
  const problem = await firm.worker.refused(403, 'POST', '/applications/ticket', {
    application: 'crm', browser: again.searchParams.get('browser'), back: '/deals', show: 'factor' }); // prettier-ignore
  assert.equal(problem.type, 'proof-needed');
  firm.db.run(
    `UPDATE person SET totp_step = 0 WHERE id = (SELECT id FROM person WHERE email = 'aoi@firm.example')`,
  );
  await firm.worker.must('POST', '/me/proof', { code: totp(firm.worker.secret) });
  const ticket = await ticketFor(firm.worker, again, { show: 'factor' });
  const entered = await visit(proxy, ticket, { host: 'crm.test', cookie });
  assert.equal(entered.headers.location, '/deals', entered.text);
});

/** Until the device lets its holder in again. */
const soundAgain = (proxy) =>
  until(async () => {
    const one = await begin(proxy);
    return (
      (await visit(proxy, await ticketFor(firm.worker, one.asked), { cookie: one.cookie })).status === 303
    );
  });

each('disabled_means_everywhere', async (proxy) => {
  for (const [off, on] of [
    ["UPDATE device SET state = 'lost' WHERE id = 901", "UPDATE device SET state = 'active' WHERE id = 901"],
    [
      'UPDATE device_certificate SET revoked_at = 1 WHERE device_id = 901',
      'UPDATE device_certificate SET revoked_at = NULL WHERE device_id = 901',
    ],
  ]) {
    const cookie = await comeIn(proxy);
    assert.equal((await visit(proxy, '/', { cookie })).status, 200);
    firm.db.run(off);
    try {
      await until(async () => ![200, 0].includes((await visit(proxy, '/', { cookie })).status));
      const { asked, cookie: begun } = await begin(proxy);
      const denied = await visit(proxy, await ticketFor(firm.worker, asked), { cookie: begun });
      assert.equal(denied.status, 403);
    } finally {
      firm.db.run(on);
    }
    await soundAgain(proxy);
    assert.equal((await visit(proxy, '/', { cookie })).status, 303); // what was cut stays so
  }
});

async function until(holds, within = 5000) {
  const end = Date.now() + within;
  while (!(await holds())) {
    assert.ok(Date.now() < end, 'it does not come true');
    await pause(25);
  }
}

test('changed_claims_count_at_the_next_decision', async () => {
  const proxy = proxies.nginx;
  const cookie = await comeIn(proxy);
  firm.db.run("INSERT INTO person_group SELECT id, 'sales' FROM person WHERE email = 'aoi@firm.example'");
  await until(async () => {
    await visit(proxy, '/', { cookie });
    return reached().at(-1)?.headers['remote-groups'] === 'sales';
  });
  firm.db.run('DELETE FROM person_group');
});

each('token_is_whole_and_ours', async (proxy) => {
  const cookie = await comeIn(proxy);
  reached();
  const [name, token] = cookie.split('=');
  for (const wrong of [
    token.slice(0, -1),
    token + 'A',
    token.toUpperCase(),
    '',
    'x',
    `${token}=`,
    `"${token}"`,
    'A'.repeat(43),
  ])
    assert.equal((await visit(proxy, '/', { cookie: `${name}=${wrong}` })).status, 303, wrong);
  assert.equal((await visit(proxy, '/', { cookie: `${cookie}; ${cookie}` })).status, 303);
  assert.deepEqual(reached(), []);
});

each('user_info_gives_no_tokens', async (proxy) => {
  const cookie = await comeIn(proxy);
  const token = cookie.split('=')[1];
  for (const path of [
    '/.sekisho/',
    '/.sekisho/out',
    '/.sekisho/enter',
    '/.sekisho/debug',
    '/.sekisho/../x',
  ]) {
    const reply = await visit(proxy, path, { cookie });
    assert.ok(!reply.text.includes(token) && !JSON.stringify(reply.headers).includes(token), path);
  }
});

each('the console goes by the same proxy', async (proxy) => {
  const reply = await visit(proxy, '/healthz', { host: 'console.test' });
  assert.equal(reply.status, 200, reply.text);
  assert.equal((await visit(proxy, '/metrics', { host: 'console.test' })).status, 404);
});

test('recipes are for what can be meant', () => {
  const at = folder(whole);
  for (const [args, says] of [
    [['--app', 'wiki.test'], /where the application listens/],
    [['--app', 'wiki.test:8443=127.0.0.1:3000'], /without a port/],
    [['--app', 'a.test=127.0.0.1:1', '--app', 'A.test=127.0.0.1:2'], /twice/],
    [['--app', 'a.test=127.0.0.1:1', 'stray'], /stray/],
    [['--app', 'a.test=127.0.0.1:1', '--gate', '0.0.0.0:1'], /inside this machine/],
    [['--app', 'a.test=127.0.0.1:1', '--console', 'a b'], /--console like/],
  ]) {
    const { code, err, out } = sekisho(at, ['access', 'proxy', 'nginx', ...args]);
    assert.notEqual(code, 0, args.join(' '));
    assert.match(err + out, says);
  }
});

each('every browser is asked for its certificate, whoever made it', async (proxy) => {
  // A browser offers only certificates of those whom a proxy names.
  const { stdout } = spawnSync(
    'openssl', ['s_client', '-connect', `127.0.0.1:${proxy.port}`, '-servername', hosts[0]], { input: '' }); // prettier-ignore
  assert.match(stdout.toString(), /Client Certificate Types|Requested Signature Algorithms/);
  assert.match(stdout.toString(), /No client certificate CA names sent/);
});

each('client_certificate_names_itself', async (proxy) => {
  const cookie = await comeIn(proxy);
  reached();
  const shown = encodeURIComponent(cards.aoi.cert.toString());
  for (const card of [cards.ren, cards.foreign, null])
    for (const value of [cards.aoi.digest, shown]) {
      const headers = {
        'X-Sekisho-Certificate': value,
        'X-Client-Cert': value,
        'X-SSL-Client-Cert': value,
        'SSL-Client-Cert': value,
      };
      assert.notEqual((await visit(proxy, '/', { cookie, card, headers })).status, 200);
    }
  assert.deepEqual(reached(), []);
  const { asked, cookie: begun } = await begin(proxy, '/', { card: null });
  const headers = { 'X-Sekisho-Certificate': cards.aoi.digest };
  const refused = await visit(proxy, await ticketFor(firm.worker, asked), {
    cookie: begun,
    card: null,
    headers,
  });
  assert.equal(refused.status, 403);
  assert.match(refused.text, /did not show this device/);
});

each('brute_force_timing_is_flat', async (proxy) => {
  // No name is looked up on this way: what isn't a session's token is answered alike, known host or not, at once.
  const replies = [];
  for (let at = 0; at < 5; ++at)
    replies.push(await visit(proxy, '/', { cookie: `__Host-sekisho-wiki=${'A'.repeat(42)}${'AEIMQ'[at]}` }));
  assert.deepEqual(new Set(replies.map((one) => one.status)), new Set([303]));
  assert.equal(new Set(replies.map((one) => one.text)).size, 1);
});

each('authoriser_answer_is_bounded', async (proxy) => {
  const cookie = await comeIn(proxy);
  reached();
  const many = [...Array(60).keys()].map((at) => `c${at}=${'x'.repeat(100)}`).join('; ');
  assert.equal((await visit(proxy, '/', { cookie: `${many}; ${cookie}` })).status, 200);
  assert.equal(reached()[0].headers.cookie, many);
  const huge = await visit(proxy, '/', { cookie: `${cookie}; x=${'y'.repeat(20_000)}` }).catch(() => ({
    status: 0,
  }));
  assert.notEqual(huge.status, 200);
  assert.deepEqual(reached(), []);
});

each('smuggling_pairs', async (proxy) => {
  const cookie = await comeIn(proxy);
  reached();
  const head = `Host: wiki.test\r\nCookie: ${cookie}\r\n`;
  const inner = `GET /smuggled HTTP/1.1\r\n${head}\r\n`;
  for (const pair of [
    `POST / HTTP/1.1\r\n${head}Content-Length: ${inner.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    `POST / HTTP/1.1\r\n${head}Content-Length: \r\n\r\n${inner}`,
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
    `POST / HTTP/1.1\r\n${head}Content-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
  ]) {
    await raw(proxy, pair);
    const urls = reached();
    // What is a request of its own was asked about on its own; nothing came without a name.
    assert.ok(
      urls.every((one) => one.headers['remote-user'] === 'aoi@firm.example'),
      pair,
    );
    const stranger = await raw(proxy, pair.replaceAll(cookie, 'x=1'));
    assert.deepEqual(reached(), [], `${stranger.status}`);
  }
});

const upgrade = 'Upgrade: echo\r\nConnection: Upgrade\r\n';
/** Opens what lasts, an answer without end or a websocket; `over()` once it was ended. */
async function lasting(proxy, cookie, more = '', card = cards.aoi) {
  const socket = connect(way(proxy, hosts[0], card));
  let last = 0;
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (part) => {
    text += part;
    last = Date.now();
  });
  await once(socket, 'secureConnect');
  socket.write(`GET /long HTTP/1.1\r\nHost: wiki.test\r\nCookie: ${cookie}\r\n${more}\r\n`);
  await until(() => text.includes('tick'));
  const gone = new Promise((done) => socket.on('close', done));
  return async () => {
    const over = await Promise.race([gone.then(() => true), pause(8000).then(() => false)]);
    socket.destroy();
    assert.ok(over, `it goes on: ${Date.now() - last} ms ago`);
  };
}
const lose = () => firm.db.run("UPDATE device SET state = 'lost' WHERE id = 901");
async function find(proxy) {
  firm.db.run("UPDATE device SET state = 'active' WHERE id = 901");
  await soundAgain(proxy);
}

each('websocket_and_long_body_die_on_suspension', async (proxy) => {
  for (const more of ['', upgrade]) {
    const over = await lasting(proxy, await comeIn(proxy), more);
    try {
      lose();
      await over();
    } finally {
      await find(proxy);
    }
  }
});

each('what is open ends however much came after it', async (proxy) => {
  const cookie = await comeIn(proxy);
  const open = [];
  for (let count = 0; count < 70; ++count) open.push(await lasting(proxy, cookie, count % 2 ? upgrade : ''));
  for (let count = 0; count < 200; ++count) await visit(proxy, '/', { cookie });
  try {
    lose();
    await Promise.all(open.map((over) => over()));
  } finally {
    await find(proxy);
  }
});

each('a code for emergencies opens an application without a device, until it is closed', async (proxy) => {
  const email = `key-${proxy.name}@firm.example`;
  firm.db.run(`UPDATE person SET totp_step = 0 WHERE id = 1`);
  await firm.admin.must('POST', '/me/proof', { code: totp(firm.secret) });
  const { id, code } = await firm.admin.must('POST', '/emergency-seals', { email, name: 'Key' });
  const holder = new Client(firm.server.url);
  await holder.must('POST', '/emergency-seals/open', { code, reason: `all keys of ${proxy.name} are lost` });
  await holder.learn();
  const cookie = await comeIn(proxy, { who: holder, card: null });
  reached();
  assert.equal((await visit(proxy, '/', { cookie, card: null })).status, 200);
  assert.equal(reached()[0].headers['remote-user'], email);
  const open = [];
  for (const more of ['', upgrade]) open.push(await lasting(proxy, cookie, more, null));
  // Whoever looks sees it before all else.
  const live = await firm.admin.get('/access/sessions');
  assert.ok(live.totals.emergencies >= 1);
  assert.ok(live.items[0].emergency);
  assert.equal(live.items.filter((one) => one.person?.name === 'Key' && !one.emergency).length, 0);
  await firm.admin.must('DELETE', `/emergency-seals/${id}`);
  await Promise.all(open.map((over) => over()));
  assert.equal((await visit(proxy, '/', { cookie, card: null })).status, 303);
  await holder.refused(401, 'GET', '/me');
  // All of it is in the timeline: opened, used, cut and over.
  const person = firm.db.column(`SELECT id FROM person WHERE email = '${email}'`)[0];
  let seen;
  await until(async () => {
    ({ items: seen } = await firm.admin.get(`/access/timeline?person=${person}`));
    return seen.some((one) => one.kind === 'cut');
  });
  const found = seen.map((one) => [one.kind, ...one.reasons.map((reason) => reason.code)].join(' '));
  assert.deepEqual(found.sort(), [
    'allow emergency_open', 'cut emergency_over', 'emergency_opened', 'emergency_over']); // prettier-ignore
  assert.equal(
    seen.find((one) => one.kind === 'emergency_opened').note,
    `all keys of ${proxy.name} are lost`,
  );
});

for (const [how, end] of Object.entries({ 'was killed': 'kill', 'was stopped': 'stop' }))
  test(`what is open ends when the server ${how}`, async () => {
    const open = [];
    for (const proxy of Object.values(proxies))
      for (const more of ['', upgrade]) open.push(await lasting(proxy, await comeIn(proxy), more));
    await firm.server[end]();
    if (end === 'stop') await Promise.all(open.map((over) => over()));
    firm.server = await firm.up(new URL(firm.server.url).port);
    await Promise.all(open.map((over) => over()));
    for (const proxy of Object.values(proxies)) await comeIn(proxy);
  });

test('who may not end connections says so at the start', async (t) => {
  const started = async (caps, say) => {
    const at = folder(t);
    const [program, ...args] = ['setpriv', ...caps, process.env.SEKISHO_BINARY, 'serve', '--no-check',
      '--listen', '127.0.0.1:0', '--database', join(at, 's.db'), '--gate', `127.0.0.1:${await freePort()}`]; // prettier-ignore
    const child = spawn(program, args, { env: { PATH: process.env.PATH, HOME: at, LANG: 'C.UTF-8' } });
    atEnd(t, () => child.kill('SIGKILL'));
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
    await until(() => /Ctrl-C/.test(said));
    if (say) await until(() => say.test(said));
    return said;
  };
  const none = ['--bounding-set', '-all', '--inh-caps', '-all', '--ambient-caps', '-all'];
  await started(none, /go on until they close/);
  // What the example for the package's unit gives is enough.
  const given = readFileSync(new URL('../../packaging/examples/gate.conf', import.meta.url), 'utf8');
  assert.deepEqual(given.split('\n').filter((line) => /^[A-Z]/.test(line)), [
    'CapabilityBoundingSet=CAP_NET_ADMIN', 'AmbientCapabilities=CAP_NET_ADMIN', 'PrivateUsers=no']); // prettier-ignore
  const one = ['--bounding-set', '-all,+net_admin', '--inh-caps', '-all,+net_admin', '--ambient-caps', '-all,+net_admin', '--no-new-privs']; // prettier-ignore
  assert.doesNotMatch(await started(one), /go on until they close/);
});

each('upgrade_is_asked', async (proxy) => {
  reached();
  for (const first of [
    'GET /x HTTP/1.1\r\nUpgrade: echo\r\nConnection: Upgrade\r\n',
    'GET / HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nConnection: Upgrade, HTTP2-Settings\r\n',
    'CONNECT wiki.test:443 HTTP/1.1\r\n',
    'OPTIONS * HTTP/1.1\r\n',
  ]) {
    // prettier-ignore
    const reply = await raw(proxy, `${first}Host: wiki.test\r\n\r\n`);
    // Caddy answers for itself what is for no place.
    if (!first.startsWith('OPTIONS'))
      assert.ok(![101, 200].includes(reply.status), `${first}${reply.status}`);
  }
  assert.deepEqual(reached(), []);
});

each('explanation_is_escaped', async (proxy) => {
  const lost = await comeIn(proxy);
  firm.db.run("UPDATE device SET state = 'lost' WHERE id = 901");
  let denied;
  try {
    await until(async () => ![200, 0].includes((await visit(proxy, '/', { cookie: lost })).status));
    const { asked, cookie } = await begin(proxy, '/?<script>');
    denied = await visit(proxy, await ticketFor(firm.worker, asked), { cookie });
  } finally {
    firm.db.run("UPDATE device SET state = 'active' WHERE id = 901");
    await soundAgain(proxy);
  }
  assert.equal(denied.status, 403);
  assert.match(denied.text, /Wiki &lt;b&gt;/);
  assert.doesNotMatch(denied.text, /<b>|<script/);
  assert.match(denied.headers['content-security-policy'], /default-src 'none'/);
});

each('it ends with the session of the console, and says so', async (proxy) => {
  const who = new Client(firm.server.url);
  firm.db.run(`UPDATE person SET totp_step = 0 WHERE email = 'ren@firm.example'`);
  await who.must('POST', '/sign-in', { email: 'ren@firm.example', password: 'three plain unrelated words' });
  await who.learn();
  await who.must('POST', '/sign-in/code', { code: totp(firm.other.secret) });
  await who.learn();
  const cookie = await comeIn(proxy, { who, card: cards.ren });
  assert.equal((await visit(proxy, '/', { cookie, card: cards.ren })).status, 200);
  await who.must('POST', '/sign-out');
  await until(async () => (await visit(proxy, '/', { cookie, card: cards.ren })).status === 303);
});

test('a browser comes in by way of the console, and sees what is open', async (t) => {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  atEnd(t, () => browser.close());
  const desk = `https://localhost:${proxies.nginx.port}`;
  const [name, value] = firm.worker.cookie.split('=');
  for (const lang of ['en', 'ja']) {
    const context = await browser.newContext({
      locale: lang === 'ja' ? 'ja-JP' : 'en-GB',
      ignoreHTTPSErrors: true,
      clientCertificates: [{ origin: desk, cert: cards.aoi.cert, key: cards.aoi.key }],
    });
    await context.addCookies([{ name, value, url: firm.server.url, httpOnly: true, sameSite: 'Strict' }]);
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    if (lang === 'en') {
      await page.goto(`${desk}/page?x=1`);
      // The console's page on the way speaks of "the application" too: where we are says that we have arrived.
      await page.waitForURL(`${desk}/page?x=1`);
      await page.getByText('the application').waitFor();
    }
    await page.goto(`${firm.server.url}/applications`);
    await page.getByText('Wiki <b>').first().waitFor();
    const words = { en: ['Open Wiki', 'Not open'], ja: ['Wiki <b> を開く', '使えません'] }[lang];
    for (const word of words) await page.getByText(word).first().waitFor();
    await shot(page, `applications-${lang}`);
    await page.route('**/api/v1/applications', (route) =>
      route.fulfill({ status: 200, json: { items: [] } }),
    );
    await page.reload();
    await page
      .getByText({ en: 'There are no applications yet', ja: 'アプリケーションはまだありません' }[lang])
      .waitFor();
    await page.route('**/api/v1/applications', (route) =>
      route.fulfill({
        status: 500,
        contentType: 'application/problem+json',
        json: { title: 'broken here', status: 500 },
      }),
    );
    await page.reload();
    await page.getByText('broken here').waitFor();
    await context.close();
  }
});

test('second_factor_guesses_are_counted_once_for_all', async () => {
  // There is one entrance for a factor, the console's: at an application none is shown.
  const who = await newPerson(firm.admin, ['teleworker'], 'mio@firm.example');
  const cookie = await comeIn(proxies.nginx);
  const tries = await Promise.all([
    ...[...Array(40).keys()].map((at) => who.call('POST', '/me/proof', { code: String(100_000 + at) })),
    ...[...Array(10).keys()].map((at) =>
      visit(proxies.nginx, `/.sekisho/enter?code=${200_000 + at}`, { cookie, method: 'POST' }),
    ),
  ]);
  const judged = tries.slice(0, 40).filter((one) => one.status !== 429);
  assert.ok(judged.length <= 10, `${judged.length} were tried`);
  assert.ok(judged.every((one) => one.status === 422));
  assert.ok(tries.slice(40).every((one) => one.status === 409));
});

test('the recipes in the documents are those that the program prints', (t) => {
  const at = folder(t);
  for (const file of ['access-web.md', 'access-web.ja.md']) {
    const text = readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
    for (const args of [['nginx'], ['caddy'], ['haproxy'], ['haproxy', '--lua']]) {
      const printed = sekisho(at, [
        'access',
        'proxy',
        ...args,
        '--app',
        'wiki.example.jp=127.0.0.1:3000',
      ]).out;
      assert.ok(text.includes('```\n' + printed.trim() + '\n```'), `${file}: ${args.join(' ')}`);
    }
  }
});

test('email_domain_is_parsed_not_searched', async () => {
  // Who somebody is comes of the session alone: what a browser says of an address counts for nothing.
  const cookie = await comeIn(proxies.nginx);
  reached();
  for (const email of ['a@evil@firm.example', 'a@firm.example.evil'])
    await visit(proxies.nginx, '/', {
      cookie,
      headers: { 'Remote-Email': email, 'X-Forwarded-Email': email },
    });
  for (const one of reached()) assert.equal(one.headers['remote-email'], 'aoi@firm.example');
});

test('secret_unreadable_means_no_start', (t) => {
  const at = folder(t);
  for (const wrong of [
    ['--gate', '0.0.0.0:8482'],
    ['--gate', 'x'],
    ['--gate-app', 'wiki.test=wiki'],
    ['--gate', '127.0.0.1:0', '--gate-app', 'wiki'],
    ['--gate', '127.0.0.1:0', '--gate-app', 'a.test=x', '--gate-app', 'b.test=x'],
  ]) {
    // prettier-ignore
    const done = sekisho(at, ['serve', '--no-check', '--listen', '127.0.0.1:0', '--database', join(at, 's.db'), ...wrong]);
    assert.equal(done.code, 2, wrong.join(' '));
  }
  atEnd(t, () => {});
});

test('the authoriser is gone: nothing is let through', async () => {
  const cookies = {};
  for (const proxy of Object.values(proxies)) cookies[proxy.name] = await comeIn(proxy);
  await firm.server.stop();
  reached();
  for (const proxy of Object.values(proxies)) {
    const reply = await visit(proxy, '/', { cookie: cookies[proxy.name] });
    assert.ok(reply.status >= 400, `${proxy.name}: ${reply.status}`);
  }
  assert.deepEqual(reached(), []);
});
