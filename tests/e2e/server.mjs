// SPDX-License-Identifier: Apache-2.0
// Starts sekisho's server and speaks to its API; every answer is held against the OpenAPI document.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHmac, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import addFormats from 'ajv-formats';
import Ajv from 'ajv/dist/2020.js';
import { atEnd, binary, folder, freshLists, must, sekisho } from './sekisho.mjs';

export const document = JSON.parse(
  execFileSync(process.execPath, [fileURLToPath(new URL('../../web/scripts/openapi.mjs', import.meta.url))]),
);
export const operations = Object.entries(document.paths).flatMap(([path, entry]) =>
  ['get', 'post', 'put', 'delete']
    .filter((method) => entry[method])
    .map((method) => ({ method: method.toUpperCase(), path, ...entry[method] })),
);

/** A schema of the document on its own, in which an object has no properties but those that are named. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  if (schema.$ref)
    return closed(
      schema.$ref
        .split('/')
        .slice(1)
        .reduce((at, key) => at[key], document),
    );
  const out = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'enum' || key === 'required' ? value : closed(value),
    ]),
  );
  for (const part of out.allOf ?? []) {
    out.properties = { ...part.properties, ...out.properties };
    out.required = [...(part.required ?? []), ...(out.required ?? [])];
    out.type = 'object';
  }
  delete out.allOf;
  if (out.properties && !('additionalProperties' in out)) out.additionalProperties = false;
  return out;
}
const ajv = addFormats.default(new Ajv.default({ allErrors: true, strict: false }));
const validators = new Map();
const resolve = (entry) =>
  entry?.$ref
    ? entry.$ref
        .split('/')
        .slice(1)
        .reduce((at, key) => at[key], document)
    : entry;

export function operationOf(method, path) {
  const parts = path.split('?')[0].split('/');
  return operations.find((one) => {
    const known = one.path.split('/');
    return (
      one.method === method &&
      known.length === parts.length &&
      known.every((part, at) => part === parts[at] || (part.startsWith('{') && parts[at] !== ''))
    );
  });
}

/** What the document says against an answer; '' if nothing. */
function complaint(method, path, status, type, body) {
  const operation = operationOf(method, path);
  if (!operation) return [404, 405].includes(status) ? '' : `${method} ${path} is not in the document`;
  const declared = resolve(operation.responses[status] ?? operation.responses.default);
  if (!declared) return `${operation.operationId} does not say ${status}`;
  if (status < 300 && !operation.responses[status]) return `${operation.operationId} does not say ${status}`;
  if (!declared.content) return body.length === 0 ? '' : `${operation.operationId} ${status} has a body`;
  const plain = type.split(';')[0];
  if (!(plain in declared.content)) return `${operation.operationId} ${status} is ${type}`;
  const { schema } = declared.content[plain];
  if (!schema || !plain.endsWith('json')) return '';
  const key = `${operation.operationId} ${operation.responses[status] ? status : 'default'} ${plain}`;
  if (!validators.has(key)) validators.set(key, ajv.compile(closed(schema)));
  const validate = validators.get(key);
  return validate(JSON.parse(body))
    ? ''
    : `${key}: ${ajv.errorsText(validate.errors)} in ${body.toString().slice(0, 300)}`;
}

/** Operations whose success was seen and found true to the document. */
export const seen = new Set();

export class Client {
  constructor(url, { token, lang = 'en' } = {}) {
    Object.assign(this, { url, lang, token, cookie: '', csrf: null });
  }
  /** {status, headers, json, bytes}; `csrf: false` leaves the header out. */
  async call(method, path, body, { csrf = true, headers = {} } = {}) {
    const sent = { 'accept-language': this.lang, ...headers };
    if (this.token) sent.authorization = `Bearer ${this.token}`;
    if (this.cookie) sent.cookie = this.cookie;
    if (csrf && this.csrf) sent['x-sekisho-csrf'] = this.csrf;
    const upload = body instanceof Uint8Array || typeof body === 'string';
    if (body !== undefined && !sent['content-type'])
      sent['content-type'] = upload ? 'application/octet-stream' : 'application/json';
    const reply = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: sent,
      body: body === undefined ? undefined : upload ? body : JSON.stringify(body),
      redirect: 'manual',
    });
    const bytes = Buffer.from(await reply.arrayBuffer());
    const type = reply.headers.get('content-type') ?? '';
    if (reply.status !== 304) assert.equal(complaint(method, path, reply.status, type, bytes), '');
    if (reply.status < 400) seen.add(operationOf(method, path)?.operationId);
    for (const cookie of reply.headers.getSetCookie()) this.cookie = cookie.split(';')[0];
    return {
      status: reply.status,
      headers: reply.headers,
      bytes,
      json: type.includes('json') && bytes.length > 0 ? JSON.parse(bytes) : undefined,
    };
  }
  /** The JSON (or bytes) of a call that must succeed. */
  async must(method, path, body, options) {
    const reply = await this.call(method, path, body, options);
    assert.ok(
      reply.status < 300,
      `${method} ${path}: ${reply.status} ${reply.bytes.toString().slice(0, 400)}`,
    );
    return reply.json ?? reply.bytes;
  }
  get = (path) => this.must('GET', path);
  /** A call that must be refused with a status; its problem. */
  async refused(status, method, path, body, options) {
    const reply = await this.call(method, path, body, options);
    assert.equal(reply.status, status, `${method} ${path}: ${reply.bytes.toString().slice(0, 400)}`);
    if (status >= 400) assert.match(reply.headers.get('content-type'), /^application\/problem\+json/);
    return reply.json;
  }
  async learn() {
    this.me = await this.get('/me');
    this.csrf = this.me.csrf;
    return this;
  }
  /** Signs in where no second factor is asked for: the demo organisation. */
  async signIn(email, password) {
    const { stage } = await this.must('POST', '/sign-in', { email, password });
    await this.learn();
    return stage;
  }
}

/** The code of RFC 6238 for a secret in base32. */
export function totp(secret, at = Date.now(), shift = 0) {
  const bits = [...secret.replace(/=+$/, '')]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000) + shift));
  const mac = createHmac('sha1', key).update(counter).digest();
  const from = mac[19] & 15;
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Registers the first administrator through the link that the server printed; a Client, and the secret of the second factor. */
export async function firstAdministrator(
  server,
  { email = 'admin@firm.example', password = 'correct horse battery', lang = 'en' } = {},
) {
  const admin = new Client(server.url, { lang });
  await admin.must('POST', '/setup', {
    token: server.link.split('#')[1],
    name: 'Aoki',
    email,
    password,
    lang,
  });
  await admin.learn();
  const { secret } = await admin.must('POST', '/me/totp');
  const code = totp(secret);
  const { recovery_codes } = await admin.must('POST', '/me/totp/confirm', { code });
  await admin.learn();
  return { admin, secret, code, recovery_codes, email, password };
}

/** Invites a person and accepts for them; their Client. */
export async function newPerson(admin, roles, email) {
  const { link } = await admin.must('POST', '/invitations', { email, name: email.split('@')[0], roles });
  const one = new Client(admin.url);
  const token = link.split('#')[1];
  await one.get(`/invitations/${token}`);
  await one.must('POST', '/invitations/accept', {
    token,
    name: email.split('@')[0],
    password: 'three plain unrelated words',
    lang: 'en',
  });
  await one.learn();
  const { secret } = await one.must('POST', '/me/totp');
  await one.must('POST', '/me/totp/confirm', { code: totp(secret) });
  one.secret = secret;
  await one.learn();
  return one;
}

let count = 0;
/** An empty database of a kind, gone when the test ends: where it is. */
export function database(t, kind) {
  if (kind === 'sqlite') return join(folder(t), 'sekisho.db');
  const server = process.env.SEKISHO_TEST_POSTGRES;
  assert.ok(server, 'run it under scripts/with-postgres');
  const name = `e2e_${process.pid}_${++count}`;
  must('psql', ['-q', `${server}/postgres`, '-c', `CREATE DATABASE ${name}`]);
  atEnd(t, () =>
    must('psql', ['-q', `${server}/postgres`, '-c', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`]),
  );
  return `${server}/${name}`;
}

/** A port that is free, and which the system gives to no connection in the meantime: those begin at 32768. */
export async function freePort() {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Starts `sekisho COMMAND ARGS`; {url, link, child, said(), stop(), kill()}. */
export async function start(
  t,
  command,
  args,
  { lang = 'en', env = {}, url, fresh = false, ready: when = /Ctrl-C/ } = {},
) {
  const state = env.XDG_DATA_HOME ?? folder(t);
  if (fresh) freshLists(state);
  const child = spawn(binary, [command, ...args], {
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: lang === 'ja' ? 'ja_JP.UTF-8' : 'C.UTF-8',
      HOME: state,
      XDG_DATA_HOME: state,
      ASAN_OPTIONS: 'detect_leaks=0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = once(child, 'exit');
  let out = '';
  let err = '';
  await new Promise((ready, failed) => {
    child.stdout.on('data', (data) => {
      out += data;
      if (when.test(out)) ready();
    });
    child.stderr.on('data', (data) => {
      err += data;
      if (when.test(err)) ready();
    });
    child.on('exit', (code, signal) =>
      failed(new Error(`${command} ended with ${code ?? signal}:\n${out}${err}`)),
    );
    child.on('error', failed);
  });
  child.removeAllListeners('exit');
  // A program that ends by itself says why, whatever the test makes of it.
  child.once('exit', (code) => code && console.error(`${command} ended with ${code}:\n${err}`));
  const end = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) {
      const over = once(child, 'exit');
      child.kill(signal);
      await over;
    }
    return child.exitCode;
  };
  void gone.catch(() => {});
  atEnd(t, async () => {
    await end('SIGTERM');
    assert.doesNotMatch(err, /Sanitizer|runtime error/, err);
  });
  return {
    url: url ?? /https?:\/\/\S+/.exec(out)[0].replace(/\/$/, ''),
    link: /https?:\/\/\S+\/setup#\S+/.exec(out)?.[0],
    child,
    state,
    said: () => out + err,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

export const serve = (t, where, args = [], options = {}) =>
  start(
    t,
    'serve',
    ['--listen', `127.0.0.1:${options.port ?? 0}`, '--no-check', '--database', where, ...args],
    options,
  );

/** A server that agents may report to, at ports that it keeps when it is started again. */
export async function office(t, { lang, fresh } = {}) {
  const where = join(folder(t), 's.db');
  const state = folder(t);
  const ports = [await freePort(), await freePort()];
  const up = (...args) =>
    serve(t, where, ['--agents', `127.0.0.1:${ports[1]}`, ...args], {
      port: ports[0],
      lang,
      fresh,
      env: { XDG_DATA_HOME: state },
    });
  const server = await up();
  const { admin } = await firstAdministrator(server);
  return { server, admin, up, state, where, agents: `https://127.0.0.1:${ports[1]}` };
}

/** The first administrator, and a token by which programs of theirs work. */
export async function withToken(server) {
  const { admin } = await firstAdministrator(server);
  const wanted = { name: 'load', scopes: ['read', 'manage'], days: 1 };
  const { token } = await admin.must('POST', '/me/tokens', wanted);
  return { admin, token };
}

/** A small demo organisation, served: its four named people may sign in without a second factor. */
export async function demo(t, where, { people = 12, devices = 15, days = 40, port = 0 } = {}) {
  if (where === undefined) throw new Error('say where its database is to be');
  return start(t, 'demo', [
    '--database',
    where,
    '--people',
    String(people),
    '--devices',
    String(devices),
    '--days',
    String(days),
    '--port',
    String(port),
  ]);
}
export const demoPassword = 'sekisho demo 1';
export const demoMail = (name) => `${name}@demo.example`;

export { folder, sekisho };
