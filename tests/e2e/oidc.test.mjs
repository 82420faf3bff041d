// Signing in through an identity provider: npm's certified oidc-provider, in a real browser.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as listener } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import Provider from 'oidc-provider';
import { browser, startBrowser, stopBrowser } from './browser.mjs';
import { Client, firstAdministrator, folder, freePort, serve } from './server.mjs';
import { atEnd } from './sekisho.mjs';

test.before(startBrowser);
test.after(stopBrowser);

/** A provider whose accounts have an address of the same name; `change` alters its settings. */
async function provider(t, redirect, { verified = true, tokens = (answer) => answer } = {}) {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const provided = new Provider(issuer, {
    clients: [
      {
        client_id: 'sekisho',
        client_secret: 'sec ret/+',
        redirect_uris: [redirect],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    pkce: { required: () => true },
    cookies: { keys: ['test'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: verified, name: `Name of ${id}` }),
    }),
  });
  provided.on('server_error', (_context, error) => console.error(error));
  const seen = [];
  const callback = provided.callback();
  const server = createServer((request, reply) => {
    seen.push(request.url);
    if (request.url !== '/token') return callback(request, reply);
    // What passes here may be altered, as by someone in between.
    const end = reply.end.bind(reply);
    reply.end = (data) => {
      const changed = reply.statusCode === 200 ? JSON.stringify(tokens(JSON.parse(data))) : data;
      if (reply.statusCode === 200) reply.setHeader('content-length', Buffer.byteLength(changed));
      return end(changed);
    };
    return callback(request, reply);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => server.closeAllConnections() ?? server.close());
  atEnd(t, () => server.close());
  return { issuer, seen };
}

async function firm(t, options) {
  const port = await freePort();
  const { issuer, seen } = await provider(
    t,
    `http://127.0.0.1:${port}/api/v1/sign-in/oidc/callback`,
    options,
  );
  const state = folder(t);
  const secret = join(state, 'secret');
  writeFileSync(secret, 'sec ret/+\n');
  const server = await serve(
    t,
    join(state, 's.db'),
    ['--oidc-issuer', issuer, '--oidc-client', 'sekisho', '--oidc-secret-file', secret],
    { port },
  );
  const { admin } = await firstAdministrator(server);
  await admin.must('PUT', '/organisation', {
    name: 'F',
    industry: '',
    size: '',
    methods: ['vpn'],
    situations: {},
    ready: true,
  });
  return { server, admin, issuer, seen };
}

/** Goes through the provider's own pages as `who`. */
async function signIn(t, server, who) {
  const context = await browser.newContext({ locale: 'en-GB' });
  atEnd(t, () => context.close());
  const page = await context.newPage();
  await page.goto(server.url);
  await page.getByRole('link', { name: /company account/i }).click();
  await page.fill('input[name=login]', who);
  await page.fill('input[name=password]', 'x');
  await page.click('button[type=submit]');
  const consent = page.locator('button[type=submit]');
  if (/interaction/.test(page.url()) && (await consent.count()) > 0) await consent.click();
  await page.waitForURL((url) => url.origin === server.url);
  return { page, context };
}

test('the invited sign in with the company account, others do not, and the link stays with the subject', async (t) => {
  const { server, admin, seen } = await firm(t);
  await admin.must('POST', '/invitations', {
    email: 'worker@firm.example',
    name: '鈴木',
    roles: ['teleworker'],
  });
  const { page } = await signIn(t, server, 'worker@firm.example');
  await page.getByRole('heading', { level: 1, name: /my page/i }).waitFor();
  const people = (await admin.get('/people')).items;
  assert.deepEqual(
    people.map((one) => [one.email, one.roles[0]]),
    [
      ['admin@firm.example', 'administrator'],
      ['worker@firm.example', 'teleworker'],
    ],
  );
  assert.ok(
    seen.some((url) => /code_challenge_method=S256/.test(url) && /nonce=/.test(url) && /state=/.test(url)),
  );
  // Once more: the same person, not a second one.
  await signIn(t, server, 'worker@firm.example');
  assert.equal((await admin.get('/people')).items.length, 2);
  const stranger = await signIn(t, server, 'stranger@firm.example');
  await stranger.page
    .getByText(/not invited|invitation/i)
    .first()
    .waitFor();
  assert.equal((await admin.get('/people')).items.length, 2);
  // The administrator's own account is linked by its verified address.
  const { context } = await signIn(t, server, 'admin@firm.example');
  const cookie = (await context.cookies()).find((one) => one.name === 'sekisho');
  assert.ok(cookie.httpOnly);
  assert.ok((await admin.get('/audit')).items.some((entry) => entry.action === 'oidc-linked'));
});

test('an address that the provider has not verified opens nothing', async (t) => {
  const { server, admin } = await firm(t, { verified: false });
  await signIn(t, server, 'admin@firm.example');
  assert.ok(!(await admin.get('/audit')).items.some((entry) => entry.action === 'oidc-linked'));
});

const forged = {
  'with another signature': (token) => token.split('.').slice(0, 2).concat('A'.repeat(342)).join('.'),
  'without one (alg none)': (token) =>
    [Buffer.from('{"alg":"none"}').toString('base64url'), token.split('.')[1], ''].join('.'),
  'changed after signing': (token) => {
    const [head, body, mark] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url'));
    return [
      head,
      Buffer.from(JSON.stringify({ ...claims, sub: 'admin@firm.example', more: 1 })).toString('base64url'),
      mark,
    ].join('.');
  },
  'of no form at all': () => 'x',
};
for (const [how, forge] of Object.entries(forged))
  test(`a token ${how} is refused`, async (t) => {
    const { server, admin } = await firm(t, {
      tokens: (answer) => ({ ...answer, id_token: forge(answer.id_token) }),
    });
    const { page } = await signIn(t, server, 'admin@firm.example');
    await page.getByText('with the company account failed').waitFor();
    assert.ok(
      (await admin.get('/audit')).items.some(
        (entry) => entry.action === 'sign-in-failed' && entry.detail.why,
      ),
    );
    assert.ok(
      !(await admin.get('/audit')).items.some(
        (entry) => entry.action === 'sign-in' && entry.detail.how === 'oidc',
      ),
    );
  });

test('an answer that this browser did not ask for is refused', async (t) => {
  const { server } = await firm(t);
  const nobody = new Client(server.url);
  const failed = async (client, path) =>
    assert.equal((await client.call('GET', path)).headers.get('location'), '/sign-in#company-failed');
  await failed(nobody, '/sign-in/oidc/callback?code=x&state=y');
  const begun = await nobody.call('GET', '/sign-in/oidc');
  assert.equal(begun.status, 303);
  const state = new URL(begun.headers.get('location')).searchParams.get('state');
  const other = new Client(server.url);
  await failed(other, `/sign-in/oidc/callback?code=x&state=${state}`);
});

test('a provider that says nothing costs other people nothing, and is asked once for all', async (t) => {
  const held = new Set();
  const silent = listener((socket) => {
    held.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => held.delete(socket));
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  atEnd(t, () => silent.close());
  atEnd(t, () => held.forEach((socket) => socket.destroy()));
  const issuer = `http://127.0.0.1:${silent.address().port}`;
  const server = await serve(t, join(folder(t), 's.db'), [
    '--oidc-issuer',
    issuer,
    '--oidc-client',
    'sekisho',
  ]);
  const { admin } = await firstAdministrator(server);
  const begun = [];
  const come = (promise) => begun.push(promise);
  for (let i = 0; i < 50; ++i) come(new Client(server.url).call('GET', '/sign-in/oidc'));
  while (held.size === 0) await new Promise((done) => setTimeout(done, 10));
  // All of this is answered while the provider is silent still: its one caller hasn't given up.
  for (let i = 0; i < 20; ++i) {
    assert.equal((await admin.call('GET', '/home')).status, 200);
    assert.equal((await new Client(server.url).call('GET', '/state')).status, 200);
    assert.equal((await admin.call('GET', '/devices')).status, 200);
  }
  assert.equal(held.size, 1);
  for (const socket of held) socket.destroy();
  const replies = await Promise.all(begun);
  for (const { status, headers } of replies)
    if (status === 303) assert.equal(headers.get('location'), '/sign-in#company-failed');
    else {
      assert.equal(status, 429);
      assert.ok(Number(headers.get('retry-after')) > 0);
    }
  assert.ok(replies.some(({ status }) => status === 303));
});
