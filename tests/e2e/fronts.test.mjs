// SPDX-License-Identifier: Apache-2.0
// The server behind what people put in front of it: nginx, HAProxy and Caddy, named and not.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as requestByTls } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { folder, freePort, sekisho, start } from './server.mjs';
import { atEnd, must } from './sekisho.mjs';

const name = 'sekisho.example.jp';

/** A server that goes by a name, at a port of its own. */
async function behind(t, args) {
  const port = await freePort();
  const state = folder(t);
  const server = await start(t, 'serve', [
    '--no-check',
    '--database',
    join(state, 's.db'),
    ...(args.includes('--public-url') ? [] : ['--public-url', `https://${name}`]),
    ...args.map((arg) => arg.replace('PORT', String(port))),
  ]);
  return { ...server, port };
}

/** {status, headers, json} of one request, from whom a proxy says it comes. */
async function ask(port, method, path, { headers = {}, body, from, host = name } = {}) {
  const sent = { host, ...headers };
  if (from) sent['x-forwarded-for'] = from;
  if (body !== undefined) sent['content-type'] = 'application/json';
  const asked = request({ port, host: '127.0.0.1', method, path: `/api/v1${path}`, headers: sent });
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const [reply] = await once(asked, 'response');
  const parts = [];
  for await (const part of reply) parts.push(part);
  const text = Buffer.concat(parts).toString();
  return {
    status: reply.statusCode,
    headers: reply.headers,
    json: text.startsWith('{') ? JSON.parse(text) : text,
  };
}

const password = 'correct horse battery';
const setUp = (server, options) =>
  ask(server.port, 'POST', '/setup', {
    ...options,
    body: { token: server.link.split('#')[1], name: 'A', email: 'a@firm.example', password, lang: 'en' },
  });
const signIn = (port, email, given, from) =>
  ask(port, 'POST', '/sign-in', { from, body: { email, password: given } });

test('behind a proxy that is named, guesses count against who makes them, and cookies are for TLS', async (t) => {
  const server = await behind(t, ['--listen', '127.0.0.1:PORT', '--trusted-proxy', '127.0.0.0/8']);
  const made = await setUp(server, { from: '198.51.100.7' });
  assert.equal(made.status, 200);
  assert.match(made.headers['set-cookie'][0], /^__Host-sekisho=[^;]+; .*; Secure$/);
  assert.match(made.headers['strict-transport-security'], /max-age/);
  // Whatever an outsider puts in front of what the proxy says of them.
  const statuses = [];
  for (let i = 0; i < 42; ++i)
    statuses.push(
      (await signIn(server.port, `no${i}@firm.example`, 'wrong', `10.0.0.${i}, 203.0.113.5`)).status,
    );
  assert.equal(statuses.at(-1), 429);
  assert.equal((await signIn(server.port, 'a@firm.example', password, '198.51.100.7')).status, 200);
  // A browser that came to the proxy in the clear is sent on, and gives nothing away.
  const clear = { headers: { 'x-forwarded-proto': 'http' } };
  const sent = await ask(server.port, 'GET', '/state?x=1', clear);
  assert.equal(sent.status, 308);
  assert.equal(sent.headers.location, `https://${name}/api/v1/state?x=1`);
  assert.equal((await ask(server.port, 'POST', '/sign-in', { ...clear, body: {} })).status, 403);
});

test('behind one that is not named, nobody is shut out for what another does', async (t) => {
  const server = await behind(t, ['--listen', '0.0.0.0:PORT', '--insecure-listen']);
  assert.equal((await setUp(server)).status, 200);
  for (let i = 0; i < 42; ++i)
    assert.notEqual(
      (await signIn(server.port, `no${i}@firm.example`, 'wrong', `203.0.113.${i}`)).status,
      429,
    );
  const entered = await signIn(server.port, 'a@firm.example', password);
  assert.equal(entered.status, 200);
  assert.match(entered.headers['set-cookie'][0], /; Secure$/);
});

test('the public address is brought into form, or refused in words', async (t) => {
  for (const [given, hosts] of [
    [`HTTPS://Sekisho.Example.jp:443/`, [name, `${name}:443`, 'SEKISHO.example.jp']],
    [`https://${name}:8443`, [`${name}:8443`]],
  ]) {
    const server = await behind(t, ['--listen', '127.0.0.1:PORT', '--public-url', given]);
    for (const host of hosts)
      assert.equal((await ask(server.port, 'GET', '/state', { host })).status, 200, host);
    for (const host of [`${name}:1`, 'evil.example', `${name}.evil.example`])
      assert.equal((await ask(server.port, 'GET', '/state', { host })).status, 421, host);
    await server.stop();
  }
  for (const [flag, value] of [
    ['--public-url', 'https://a.example/console'],
    ['--public-url', 'https://u@a.example'],
    ['--trusted-proxy', '0.0.0.0/0'],
    ['--trusted-proxy', 'proxy.example'],
  ]) {
    const done = sekisho(folder(t), ['serve', '--no-check', '--listen', '127.0.0.1:0', flag, value]);
    assert.equal(done.code, 2, value);
    assert.match(done.err, new RegExp(flag), value);
  }
});

/** Proxies as people run them, but as lenient as they can be made, with connections that are used again. */
const proxies = {
  nginx: (at, port, to) => {
    const config = join(at, 'nginx.conf');
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (one) => `${one}_temp_path ${at}/${one};`,
    );
    writeFileSync(
      config,
      `daemon off; pid ${at}/pid; error_log ${at}/error.log; worker_processes 1; events {}
      http { access_log off; ${folders.join(' ')} underscores_in_headers on; ignore_invalid_headers off;
        upstream console { server 127.0.0.1:${to}; keepalive 1; }
        server { listen 127.0.0.1:${port}; location / { proxy_pass http://console; proxy_http_version 1.1;
          proxy_request_buffering off; proxy_set_header Connection ""; proxy_set_header Host ${name};
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto https; } } }`,
    );
    return ['/usr/sbin/nginx', ['-c', config, '-p', at]];
  },
  haproxy: (at, port, to) => {
    const config = join(at, 'haproxy.cfg');
    writeFileSync(
      config,
      `defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
  option forwardfor
  option accept-invalid-http-request
  http-reuse always
frontend front
  bind 127.0.0.1:${port}
  default_backend console
backend console
  http-request set-header X-Forwarded-Proto https
  server one 127.0.0.1:${to} maxconn 1
`,
    );
    return ['/usr/sbin/haproxy', ['-f', config, '-db']];
  },
  caddy: (at, port, to) => {
    const config = join(at, 'Caddyfile');
    writeFileSync(
      config,
      `{
  admin off
  auto_https off
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${to} {
    header_up Host ${name}
    header_up X-Forwarded-Proto https
    transport http {
      max_conns_per_host 1
    }
  }
}
`,
    );
    return ['/usr/bin/caddy', ['run', '--config', config, '--adapter', 'caddyfile']];
  },
};

async function proxy(t, kind, to, set = proxies) {
  const [at, port] = [folder(t), await freePort()];
  mkdirSync(join(at, 'home'));
  const [program, args] = set[kind](at, port, to);
  const child = spawn(program, args, {
    env: { PATH: '/usr/sbin:/usr/bin', HOME: join(at, 'home') },
    stdio: 'ignore',
  });
  const gone = once(child, 'exit');
  atEnd(t, async () => {
    child.kill('SIGTERM');
    await gone;
  });
  for (let i = 0; ; ++i) {
    const socket = connect(port, '127.0.0.1');
    const up = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (up) return port;
    assert.ok(i < 200, `${kind} does not start`);
    await pause(50);
  }
}

/** Sends bytes; what has come back when the other end closes, or when nothing came for so many milliseconds. */
const raw = (port, bytes, patience = 20_000) =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let timer;
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      done(text);
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(end, patience);
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
      wait();
    });
    socket.on('close', end);
    socket.on('error', end);
    socket.write(Buffer.from(bytes, 'latin1'));
    wait();
  });

const hidden = `GET /hidden.txt HTTP/1.1\r\nHost: ${name}\r\n\r\n`;
const codings = [
  'Transfer-Encoding: identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding\t: chunked',
  ' Transfer-Encoding: chunked',
  'X: y\r\n Transfer-Encoding: chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding: chunked\x0b',
  'Transfer-Encoding: \xa0chunked',
  'Transfer-Encoding: chunked\r',
  'Transfer-Encoding: chunked\nX: y',
  'X: y\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\0',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
  'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
  'Transfer_Encoding: chunked',
  'Transfer Encoding: chunked',
  'Transfer-Encoding: chunked',
  'Content-Length : 0',
  'Content-Length: 0',
  'Content_Length: 0',
  'X: y\nContent-Length: 0',
].map((field) => `${field}\r\n`);

/** Requests that one end may take for one and the other for two. */
const doubtful = [
  ...codings.map(
    (field) =>
      `POST /icon.svg HTTP/1.1\r\nHost: ${name}\r\n${field}Content-Length: ${hidden.length + 5}\r\n\r\n0\r\n\r\n${hidden}`,
  ),
  ...codings.map(
    (field) =>
      `POST /icon.svg HTTP/1.1\r\nHost: ${name}\r\nContent-Length: ${hidden.length + 5}\r\n${field}\r\n0\r\n\r\n${hidden}`,
  ),
  ...[
    '0\n\r\n',
    '0\r\r;a\r\n\r\n',
    '0 \r\n\r\n',
    '0x0\r\n\r\n',
    '-0\r\n\r\n',
    '0;a\n\r\n',
    '1\r\nxX0\r\n\r\n',
  ].map(
    (body) =>
      `POST /icon.svg HTTP/1.1\r\nHost: ${name}\r\nTransfer-Encoding: chunked\r\n\r\n${body}${hidden}`,
  ),
  ...['+5', '0x5', '5 5', '5, 5', '5_0', '5;'].map(
    (length) => `POST /icon.svg HTTP/1.1\r\nHost: ${name}\r\nContent-Length: ${length}\r\n\r\n${hidden}`,
  ),
  `GET /icon.svg HTTP/1.0\r\nHost: ${name}\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: ${hidden.length + 5}\r\n\r\n0\r\n\r\n${hidden}`,
  `POST /icon.svg HTTP/1.1\r\nHost: ${name}\r\nExpect: 100-continue\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  `GET /icon.svg HTTP/1.1\r\nHost: ${name}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
];

test('spoken to directly, what has two readings gets one refusal and the end', async (t) => {
  const server = await behind(t, ['--listen', '127.0.0.1:PORT', '--trusted-proxy', '127.0.0.1']);
  for (const bytes of doubtful) {
    if (
      /_Encoding|_Length|Expect|icon.svg HTTP\/1.1\r\nHost: [^\r]*\r\nContent-Length: \d+\r\n\r\nGET/.test(
        bytes,
      )
    )
      continue; // these have one
    const said = await raw(server.port, bytes);
    assert.match(said, /^HTTP\/1\.1 4(00|13) [^]*Connection: close/, bytes);
    assert.equal(said.match(/HTTP\/1\.1 /g).length, 1, bytes);
  }
});

for (const kind of Object.keys(proxies))
  test(`no request is hidden from ${kind} in another, and the next person gets their own answer`, async (t) => {
    const server = await behind(t, ['--listen', '127.0.0.1:PORT', '--trusted-proxy', '127.0.0.1']);
    const port = await proxy(t, kind, server.port);
    const own = () => raw(port, `GET /icon.svg HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
    for (const bytes of doubtful) {
      await raw(port, bytes, 250); // many proxies say nothing and wait for more
      for (let i = 0; i < 2; ++i) {
        const said = await own();
        assert.match(said, /^HTTP\/1\.1 (200|404) /, bytes);
        assert.doesNotMatch(said, /hidden|not found\n[^]*HTTP/, bytes);
        assert.equal(said.match(/HTTP\/1\.1 /g).length, 1, bytes);
        assert.match(said, /content-type: image\/svg/i, bytes);
      }
    }
  });

/** The files of packaging/examples as they ship, but for where things are on this machine. */
const example = (name) => readFileSync(new URL(`../../packaging/examples/${name}`, import.meta.url), 'utf8');
const changed = (text, ...pairs) =>
  pairs.reduce((so_far, [from, to]) => {
    assert.ok(so_far.includes(from), from);
    return so_far.replaceAll(from, to);
  }, text);
function certificate(at) {
  const [key, pem] = [join(at, 'key.pem'), join(at, 'certificate.pem')];
  must('/usr/bin/openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', pem],
  ]);
  writeFileSync(join(at, 'both.pem'), readFileSync(pem, 'utf8') + readFileSync(key, 'utf8'));
  return [key, pem];
}
const examples = {
  nginx: (at, port, to) => {
    const [key, pem] = certificate(at);
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (one) => `${one}_temp_path ${at}/${one};`,
    );
    const server = changed(
      example('nginx.conf'),
      ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
      ['listen 80;', `listen unix:${at}/clear.sock;`],
      ['/etc/ssl/sekisho/certificate.pem', pem],
      ['/etc/ssl/sekisho/key.pem', key],
      ['127.0.0.1:8480', `127.0.0.1:${to}`],
    );
    const config = join(at, 'nginx.conf');
    writeFileSync(
      config,
      `daemon off; pid ${at}/pid; error_log ${at}/error.log; events {} http { access_log off; ${folders.join(' ')} ${server} }`,
    );
    return ['/usr/sbin/nginx', ['-c', config, '-p', at]];
  },
  haproxy: (at, port, to) => {
    certificate(at);
    const config = join(at, 'haproxy.cfg');
    writeFileSync(
      config,
      changed(
        example('haproxy.cfg'),
        ['bind :443', `bind 127.0.0.1:${port}`],
        ['/etc/haproxy/sekisho.pem', join(at, 'both.pem')],
        ['127.0.0.1:8480', `127.0.0.1:${to}`],
      ),
    );
    return ['/usr/sbin/haproxy', ['-f', config, '-db']];
  },
  caddy: (at, port, to) => {
    const [key, pem] = certificate(at);
    const config = join(at, 'Caddyfile');
    writeFileSync(
      config,
      `{\n  admin off\n  auto_https disable_redirects\n}\n` +
        changed(
          example('Caddyfile'),
          [`\n${name} {`, `\nhttps://${name}:${port} {\n  bind 127.0.0.1\n  tls ${pem} ${key}`],
          ['127.0.0.1:8480', `127.0.0.1:${to}`],
        ),
    );
    return ['/usr/bin/caddy', ['run', '--config', config, '--adapter', 'caddyfile']];
  },
};

/** {status, headers, text} of a request to a name that leads to this machine. */
async function throughTls(port, method, path, { headers = {}, body } = {}) {
  const asked = requestByTls({
    port,
    host: '127.0.0.1',
    servername: name,
    method,
    path,
    headers: { host: name, ...headers },
    rejectUnauthorized: false,
  });
  asked.end(body);
  const [reply] = await once(asked, 'response');
  const parts = [];
  for await (const part of reply) parts.push(part);
  return { status: reply.statusCode, headers: reply.headers, text: Buffer.concat(parts).toString() };
}

for (const kind of Object.keys(examples))
  test(`behind ${kind} as the example sets it up, people come in by TLS and their own address`, async (t) => {
    const token = join(folder(t), 'token');
    writeFileSync(token, 'for-monitoring');
    const server = await behind(t, [
      ...['--listen', '127.0.0.1:PORT', '--trusted-proxy', '127.0.0.1', '--metrics-token-file', token],
    ]);
    const port = await proxy(t, kind, server.port, examples);
    let page;
    // The proxy has to see first that it is there.
    for (let i = 0; i < 100 && page?.status !== 200; ++i) {
      page = await throughTls(port, 'GET', '/sign-in');
      if (page.status !== 200) await pause(100);
    }
    assert.equal(page.status, 200);
    const sent = { 'content-type': 'application/json', 'x-forwarded-for': '10.9.8.7' };
    const made = await throughTls(port, 'POST', '/api/v1/setup', {
      headers: sent,
      body: JSON.stringify({
        token: server.link.split('#')[1],
        name: 'A',
        email: 'a@firm.example',
        password,
        lang: 'en',
      }),
    });
    assert.equal(made.status, 200, made.text);
    assert.match(made.headers['set-cookie'][0], /^__Host-sekisho=[^;]+; .*; Secure$/);
    assert.equal((await throughTls(port, 'GET', '/readyz')).status, 200);
    const figures = await throughTls(port, 'GET', '/metrics', {
      headers: { authorization: 'Bearer for-monitoring' },
    });
    assert.equal(figures.status, 404, 'figures stay inside');
    // A guess has its line.
    await throughTls(port, 'POST', '/api/v1/sign-in', {
      headers: sent,
      body: JSON.stringify({ email: 'a@firm.example', password: 'wrong' }),
    });
    for (let i = 0; i < 100 && !/operation=signIn/.test(server.said()); ++i) await pause(100);
    assert.match(server.said(), /operation=signIn status=401 code=/);
  });
