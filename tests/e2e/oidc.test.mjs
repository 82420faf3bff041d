// SPDX-License-Identifier: Apache-2.0
// Signing in through an identity provider: npm's certified oidc-provider, in a real browser.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as listener } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import Provider from 'oidc-provider';
import { browser, startBrowser, stopBrowser } from './browser.mjs';
import { Client, firstAdministrator, folder, freePort, newPerson, serve } from './server.mjs';
import { atEnd } from './sekisho.mjs';

test.before(startBrowser);
test.after(stopBrowser);

const secret = 'sec ret/+';

/**
 * A provider whose accounts have an address of the same name, as oidc-provider is by default: what
 * the scopes say stands at userinfo alone. `said` is that, `client` and `settings` alter how it is
 * set up, `tokens` and `userinfo` what it answers, as somebody in between could.
 */
async function provider(t, redirect, options = {}) {
  const {
    verified = true,
    said = {},
    client = {},
    settings = {},
    tokens,
    userinfo,
    discovery,
    keySet,
    path = '',
  } = options;
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}${path}`;
  const provided = new Provider(issuer, {
    clients: [
      {
        client_id: 'sekisho',
        client_secret: secret,
        redirect_uris: [redirect],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        ...client,
      },
    ],
    pkce: { required: () => true },
    cookies: { keys: ['test'] },
    claims: {
      openid: ['sub', 'groups', 'realm_access'],
      email: ['email', 'email_verified'],
      profile: ['name'],
    },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: verified, name: `Name of ${id}`, ...said }),
    }),
    ...settings,
  });
  provided.on('server_error', (_context, error) => console.error(error));
  const seen = [];
  const callback = provided.callback();
  const altered = {
    '/token': tokens,
    '/me': userinfo,
    '/jwks': keySet,
    '/.well-known/openid-configuration': discovery,
  };
  const server = createServer((request, reply) => {
    seen.push(request.url);
    request.originalUrl = request.url;
    request.url = request.url.replace(path, '');
    const alter = altered[request.url.split('?')[0]];
    if (!alter) return callback(request, reply);
    const end = reply.end.bind(reply);
    reply.end = (data) => {
      if (reply.statusCode !== 200) return end(data);
      const changed = alter(/^\{/.test(String(data)) ? JSON.parse(data) : String(data), reply);
      const text = typeof changed === 'string' ? changed : JSON.stringify(changed);
      reply.setHeader('content-length', Buffer.byteLength(text));
      return end(text);
    };
    return callback(request, reply);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => server.closeAllConnections() ?? server.close());
  atEnd(t, () => server.close());
  return { issuer, seen };
}

async function firm(t, options = {}) {
  const port = await freePort();
  const { issuer, seen } = await provider(
    t,
    `http://127.0.0.1:${port}/api/v1/sign-in/oidc/callback`,
    options,
  );
  const state = folder(t);
  const file = join(state, 'secret');
  writeFileSync(file, options.key ?? `${secret}\n`);
  const server = await serve(
    t,
    join(state, 's.db'),
    ['--oidc-issuer', issuer, '--oidc-client', 'sekisho', '--oidc-secret-file', file],
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
  if (options.rules)
    await admin.must('PUT', '/company-accounts', {
      trust_email: false,
      roles_claim: 'groups',
      roles: [],
      ...options.rules,
    });
  server.file = join(state, 's.db');
  return { server, admin, issuer, seen, file };
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
  const { server, admin, seen, issuer } = await firm(t);
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
  // Who has a password shows it once: the address alone links nobody's account.
  const known = await signIn(t, server, 'admin@firm.example');
  await known.page.getByText('Sign in as before once, then connect the company account').waitFor();
  assert.equal((await admin.get('/me')).factors.oidc, false);
  await connect(admin, server, 'admin@firm.example');
  const { context } = await signIn(t, server, 'admin@firm.example');
  const cookie = (await context.cookies()).find((one) => one.name === 'sekisho');
  assert.ok(cookie.httpOnly);
  const [linked] = (await admin.get('/audit?action=oidc-linked')).items;
  assert.equal(linked.item, 'admin@firm.example');
  assert.deepEqual(linked.detail, { how: 'account-page', issuer, subject: 'admin@firm.example' });
});

/** Links the company account of `who` with whoever is signed in as `client`; where it ends. */
async function connect(client, server, who) {
  const { cookie } = client;
  const reply = await client.call('POST', '/me/company-account');
  assert.equal(reply.status, 200, reply.bytes.toString());
  Object.assign(client, { cookie });
  const [, begun] = /^sekisho-oidc=([^;]*)/.exec(reply.headers.get('set-cookie'));
  const { at } = await walk(server, who, { url: reply.json.url, jar: new Map([['sekisho-oidc', begun]]) });
  return at;
}

/** As a browser goes, without one: where the server sends it in the end. */
async function walk(server, who, begun = {}) {
  const jars = new Map([[server.url, begun.jar ?? new Map()]]);
  let url = begun.url ?? `${server.url}/api/v1/sign-in/oidc`;
  let form;
  for (let step = 0; step < 20; ++step) {
    const { origin, pathname, hash } = new URL(url);
    if (origin === server.url && !pathname.startsWith('/api/'))
      return { at: pathname + hash, jar: jars.get(origin) };
    const jar = jars.get(origin) ?? new Map();
    jars.set(origin, jar);
    const reply = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    form = undefined;
    for (const cookie of reply.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      jar.set(name, value);
    }
    const to = reply.headers.get('location');
    if (to) {
      url = new URL(to, url).href;
      continue;
    }
    const page = await reply.text();
    assert.equal(reply.status, 200, page);
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(page) ?? assert.fail(page);
    const [, prompt] = /name="prompt" value="([^"]+)"/.exec(page);
    url = new URL(action, url).href;
    form = new URLSearchParams({ prompt, login: who, password: 'x' });
  }
  return assert.fail('it goes round and round');
}

const refusal = async (admin) =>
  (await admin.get('/audit?action=sign-in-failed')).items.map(({ item, detail }) => ({ item, ...detail }));

/** Somebody invited comes in, or where they end and what the administrator reads of it. */
async function comes(t, options, { at = '/', why } = {}) {
  const { server, admin, ...more } = await firm(t, options);
  await admin.must('POST', '/invitations', {
    email: 'worker@firm.example',
    name: '鈴木',
    roles: ['teleworker'],
  });
  const end = await walk(server, 'worker@firm.example');
  const reasons = await refusal(admin);
  assert.equal(end.at, at, JSON.stringify(reasons));
  if (!why) assert.deepEqual(reasons, []);
  else {
    assert.equal(reasons.length, 1);
    assert.match(reasons[0].why, why);
    assert.match(reasons[0].why_ja, /[ぁ-ん]/);
  }
  assert.equal((await admin.get('/people')).items.length, at === '/' ? 2 : 1);
  return { server, admin, end, ...more };
}

const pair = (type, options) => generateKeyPairSync(type, options);
const keys = {
  RSA: pair('rsa', { modulusLength: 2048 }),
  'P-256': pair('ec', { namedCurve: 'P-256' }),
  'P-384': pair('ec', { namedCurve: 'P-384' }),
  'P-521': pair('ec', { namedCurve: 'P-521' }),
  Ed25519: pair('ed25519'),
};
const jwk = (kind, more = {}) => ({ ...keys[kind].privateKey.export({ format: 'jwk' }), ...more });
const pem = (kind) => keys[kind].privateKey.export({ type: 'pkcs8', format: 'pem' });
const open = (kind) => keys[kind].publicKey.export({ format: 'jwk' });
const inIdToken = { conformIdTokenClaims: false };

for (const [algorithm, kind] of [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((name) => [name, 'RSA']),
  ['ES256', 'P-256'],
  ['ES384', 'P-384'],
  ['ES512', 'P-521'],
  ['EdDSA', 'Ed25519'],
])
  test(`ID tokens and userinfo signed with ${algorithm} are read, by one key of several`, async (t) => {
    await comes(t, {
      client: { id_token_signed_response_alg: algorithm, userinfo_signed_response_alg: algorithm },
      settings: {
        jwks: { keys: Object.keys(keys).map((one) => jwk(one, { use: 'sig', kid: one })) },
        features: { jwtUserinfo: { enabled: true } },
        enabledJWA: {
          idTokenSigningAlgValues: [algorithm, 'RS256'],
          userinfoSigningAlgValues: [algorithm, 'RS256'],
        },
      },
    });
    assert.ok(kind);
  });

for (const [method, options] of Object.entries({
  client_secret_basic: {},
  client_secret_post: {},
  'private_key_jwt with RSA': { kind: 'RSA', algorithm: 'RS256' },
  'private_key_jwt with PS256 alone': { kind: 'RSA', algorithm: 'PS256' },
  'private_key_jwt with EC': { kind: 'P-256', algorithm: 'ES256' },
  'private_key_jwt with Ed25519': { kind: 'Ed25519', algorithm: 'EdDSA' },
}))
  test(`a provider that takes ${method} is spoken to so`, async (t) => {
    const [name] = method.split(' ');
    const { kind, algorithm } = options;
    await comes(t, {
      key: kind && pem(kind),
      client: {
        token_endpoint_auth_method: name,
        ...(kind && {
          token_endpoint_auth_signing_alg: algorithm,
          client_secret: undefined,
          jwks: { keys: [open(kind)] },
        }),
      },
      settings: {
        clientAuthMethods: [name],
        ...(kind && { enabledJWA: { clientAuthSigningAlgValues: [algorithm] } }),
      },
    });
  });

test('a provider that takes none of the ways is named with those that it takes', async (t) => {
  await comes(
    t,
    {
      client: { token_endpoint_auth_method: 'client_secret_jwt', token_endpoint_auth_signing_alg: 'HS256' },
      settings: { clientAuthMethods: ['client_secret_jwt'] },
    },
    { at: '/sign-in#company-failed', why: /does not take client_secret_basic.*it takes client_secret_jwt/ },
  );
});

for (const [where, settings] of Object.entries({ 'at userinfo': {}, 'in the ID token': inIdToken })) {
  test(`an address ${where} that is said to be verified counts`, (t) => comes(t, { settings }));
  test(`an address ${where} that is said not to be verified never counts`, async (t) => {
    const refused = { at: '/sign-in#company-address', why: /says that it has not verified/ };
    for (const verified of [false, 'false'])
      await comes(t, { settings, verified, rules: { trust_email: true } }, refused);
  });
  test(`an address ${where} of which nothing is said counts where the provider is trusted`, async (t) => {
    const refused = { at: '/sign-in#company-address', why: /does not say whether.*say so under People/ };
    await comes(t, { settings, said: { email_verified: undefined } }, refused);
    await comes(t, { settings, said: { email_verified: undefined }, rules: { trust_email: true } });
  });
  test(`an address ${where} that is verified as text counts where the provider is trusted`, async (t) => {
    const refused = { at: '/sign-in#company-address', why: /says as text.*say so under People/ };
    await comes(t, { settings, verified: 'true' }, refused);
    await comes(t, { settings, verified: 'true', rules: { trust_email: true } });
  });
}

test('what goes wrong is told to both: the person by the page, the administrator by the log', async (t) => {
  const failed = (why) => ({ at: '/sign-in#company-failed', why });
  const address = (why) => ({ at: '/sign-in#company-address', why });
  await comes(t, { said: { email: undefined } }, address(/gives no address/));
  await comes(t, { said: { email: 'worker' } }, address(/no address/));
  await comes(t, { userinfo: (said) => ({ ...said, sub: 'other' }) }, failed(/userinfo.*somebody else/));
  await comes(t, { userinfo: () => 'eyJ.a.b.c.d' }, failed(/userinfo.*encrypted/));
  await comes(t, { userinfo: () => 'x' }, failed(/userinfo: the token is malformed/));
  await comes(t, { discovery: (said) => ({ ...said, userinfo_endpoint: undefined }) }, address(/no address/));
  await comes(
    t,
    { discovery: (said) => ({ ...said, issuer: 'https://x.example' }) },
    failed(/its issuer is/),
  );
  await comes(
    t,
    { discovery: (said) => ({ ...said, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }) },
    failed(/common, organizations and consumers/),
  );
  await comes(t, { client: { client_secret: 'other' } }, failed(/tokens: it answered 401 invalid_client/));
  await comes(t, { tokens: (said) => ({ ...said, access_token: undefined }) }, failed(/no access token/));
  await comes(t, { tokens: (said) => ({ ...said, id_token: undefined }) }, failed(/there is no ID token/));
  await comes(t, { tokens: () => 'x'.repeat(2 << 20) }, failed(/no answer came \(it is too large/));
  await comes(t, { tokens: () => 'boom' }, failed(/tokens: it is no JSON/));
  for (const [status, why] of [
    [500, /tokens: it answered 500$/],
    [307, /tokens: it points elsewhere \(307\)/],
  ])
    await comes(t, { tokens: (_said, reply) => ((reply.statusCode = status), 'boom') }, failed(why));
});

test('an issuer may have a path, and groups may lie within an object, as at Keycloak', async (t) => {
  const { admin } = await comes(t, {
    path: '/realms/firm',
    said: { realm_access: { roles: ['offline_access', 'admins'] } },
    rules: {
      roles_claim: 'realm_access.roles',
      roles: [{ role: 'administrator', group: 'admins' }],
    },
  });
  const worker = (await admin.get('/people')).items.find((one) => one.email === 'worker@firm.example');
  assert.deepEqual(worker.roles, ['administrator', 'teleworker']);
});

test('the rules are for administrators to change, each change noted', async (t) => {
  const { admin, issuer } = await firm(t, { rules: { trust_email: true } });
  const rules = { trust_email: true, groups_from: 'sign_in', roles_claim: 'groups', roles: [] };
  assert.deepEqual(await admin.get('/company-accounts'), { issuer, one_tenant: false, ...rules });
  const [noted] = (await admin.get('/audit?action=company-accounts-changed')).items;
  assert.equal(noted.item, issuer);
  for (const wrong of [
    { roles: [{ role: 'root', group: 'x' }] },
    { roles: [{ role: 'administrator', group: '' }] },
    { roles_claim: '' },
    { trust_email: 'true' },
    { groups_from: 'anywhere' },
  ])
    await admin.refused(422, 'PUT', '/company-accounts', { ...rules, ...wrong });
});

test('who has a password connects the company account once, and nobody else gets in by it', async (t) => {
  const { server, admin } = await firm(t);
  const worker = await newPerson(admin, ['teleworker'], 'worker@firm.example');
  const other = await newPerson(admin, ['teleworker'], 'other@firm.example');
  assert.equal((await walk(server, 'worker@firm.example')).at, '/sign-in#company-connect');
  const [refused] = await refusal(admin);
  assert.equal(refused.item, 'worker@firm.example');
  assert.equal(await connect(worker, server, 'worker@firm.example'), '/account');
  assert.equal((await worker.get('/me')).factors.oidc, true);
  assert.equal((await walk(server, 'worker@firm.example')).at, '/');
  // What is linked to one is not another's, and one has one.
  assert.equal(await connect(other, server, 'worker@firm.example'), '/account#company-other');
  assert.equal(await connect(worker, server, 'other@firm.example'), '/account#company-other');
  // A session that ended meanwhile links nothing.
  const { cookie } = other;
  const begun = await other.call('POST', '/me/company-account');
  Object.assign(other, { cookie });
  const [, kept] = /^sekisho-oidc=([^;]*)/.exec(begun.headers.get('set-cookie'));
  await other.must('POST', '/sign-out');
  const end = await walk(server, 'other@firm.example', {
    url: begun.json.url,
    jar: new Map([['sekisho-oidc', kept]]),
  });
  assert.equal(end.at, '/account#company-failed');
  assert.equal((await walk(server, 'other@firm.example')).at, '/sign-in#company-connect');
  // An account that a code for emergencies opens is nobody's who has its address.
  await admin.must('POST', '/emergency-seals', { email: 'key@firm.example', name: 'Key' });
  assert.equal((await walk(server, 'key@firm.example')).at, '/sign-in#company-sealed');
});

test('an administrator removes a link, and that of another issuer counts as none', async (t) => {
  const { server, admin, issuer } = await comes(t, {});
  const worker = async () =>
    (await admin.get('/people')).items.find((one) => one.email === 'worker@firm.example');
  const { id, company_account } = await worker();
  assert.equal(company_account, true);
  // Made anew at the provider: another subject with the same address.
  const linkTo = (link) =>
    execFileSync('sqlite3', [
      '-cmd',
      '.timeout 20000',
      server.file,
      `UPDATE person SET oidc = '${link}' WHERE id = ${id}`,
    ]);
  linkTo(`${issuer}|before`);
  assert.equal((await walk(server, 'worker@firm.example')).at, '/sign-in#company-other');
  assert.match((await refusal(admin))[0].why, /can be removed under People/);
  await admin.must('DELETE', `/people/${id}/company-account`);
  await admin.refused(409, 'DELETE', `/people/${id}/company-account`);
  await admin.refused(404, 'DELETE', '/people/999/company-account');
  const [unlinked] = (await admin.get('/audit?action=oidc-unlinked')).items;
  assert.deepEqual([unlinked.item, unlinked.detail], ['worker@firm.example', { issuer, subject: 'before' }]);
  assert.equal((await walk(server, 'worker@firm.example')).at, '/');
  // The organisation moved here from another provider.
  linkTo('https://before.example|worker');
  assert.deepEqual(
    [(await worker()).company_account, (await worker()).second_factor],
    [false, false],
    'nobody gets in by it',
  );
  assert.equal((await walk(server, 'worker@firm.example')).at, '/');
  assert.equal((await worker()).company_account, true);
});

test('the log of the operator says that somebody was refused, and an ordinary visit is none', async (t) => {
  const { server } = await firm(t);
  await new Client(server.url).refused(401, 'GET', '/me');
  await walk(server, 'stranger@firm.example');
  const until = Date.now() + 60_000;
  while (!/finishOidc/.test(server.said()) && Date.now() < until)
    await new Promise((done) => setTimeout(done, 50));
  const lines = server.said().match(/.*event=refused.*/g);
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.match(lines[0], /operation=finishOidc status=303 code=not-invited address=127\.0\.0\.1/);
  assert.doesNotMatch(lines[0], /stranger/);
});

test('what can be no issuer is refused at the start, in words', async (t) => {
  for (const wrong of [
    'notaurl',
    'http://id.firm.example',
    'https://id.firm.example?x=1',
    'https://id.firm.example/#x',
    'https://user@id.firm.example',
    'ftp://id.firm.example',
    'https://login.microsoftonline.com/common/v2.0',
    'https://login.microsoftonline.com/Organizations/v2.0',
    'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0',
  ])
    await assert.rejects(
      serve(t, join(folder(t), 's.db'), ['--oidc-issuer', wrong, '--oidc-client', 'x']),
      /ended with 2:[^]*--oidc-issuer/,
      wrong,
    );
  await assert.rejects(
    serve(t, join(folder(t), 's.db'), ['--oidc-issuer', 'https://id.firm.example']),
    /--oidc-client/,
  );
});

test('a new key that a token names is asked for at once, once for each', async (t) => {
  let kid = 'first';
  const { server, admin, seen } = await comes(t, {
    settings: { jwks: { keys: [jwk('RSA', { kid: 'first', use: 'sig' })] } },
    tokens: (said) => ({ ...said, id_token: renamed(said.id_token, kid) }),
    keySet: ({ keys: [one] }) => ({ keys: [{ ...one, kid }] }),
  });
  const asked = () => seen.filter((url) => url === '/jwks').length;
  assert.equal(asked(), 1);
  // Made anew right after it was asked for: whoever comes next comes in.
  kid = 'second';
  assert.equal((await walk(server, 'worker@firm.example')).at, '/', JSON.stringify(await refusal(admin)));
  assert.equal(asked(), 2);
  assert.equal((await walk(server, 'worker@firm.example')).at, '/');
  assert.equal(asked(), 2);
});

test('a stranger, and who is disabled, are told so', async (t) => {
  const { server, admin } = await comes(t, {});
  assert.equal((await walk(server, 'stranger@firm.example')).at, '/sign-in#not-invited');
  const worker = (await admin.get('/people')).items.find((one) => one.email === 'worker@firm.example');
  await admin.must('PUT', `/people/${worker.id}`, { name: 'x', roles: ['teleworker'], state: 'disabled' });
  assert.equal((await walk(server, 'worker@firm.example')).at, '/sign-in#company-disabled');
  const said = (await refusal(admin)).map(({ item, why }) => [item, why]);
  // Who is nobody's here stays under a stand-in, by which the log can be searched.
  assert.match(said[1][0], /^unknown-/);
  assert.deepEqual(said, [
    ['worker@firm.example', 'this person is disabled'],
    [said[1][0], 'nobody with this address is invited'],
  ]);
});

test('who is known by subject comes in whatever userinfo says by then', async (t) => {
  let works = true;
  const { server } = await comes(t, { userinfo: (said) => (works ? said : 'x') });
  works = false;
  assert.equal((await walk(server, 'worker@firm.example')).at, '/');
});

test('a new key of the client counts without a restart', async (t) => {
  const { server, file } = await comes(t, {
    key: pem('RSA'),
    client: {
      token_endpoint_auth_method: 'private_key_jwt',
      client_secret: undefined,
      jwks: { keys: [open('RSA'), jwk('RSA') && open('P-256')] },
    },
    settings: { clientAuthMethods: ['private_key_jwt'] },
  });
  writeFileSync(file, pem('Ed25519'));
  const until = Date.now() + 60_000;
  while ((await walk(server, 'worker@firm.example')).at === '/' && Date.now() < until)
    await new Promise((done) => setTimeout(done, 500));
  assert.equal((await walk(server, 'worker@firm.example')).at, '/sign-in#company-failed');
});

test('roles follow the groups at each sign-in, and the last administrator stays one', async (t) => {
  const said = { groups: ['staff', 'admins'] };
  const { server, admin } = await comes(t, {
    said,
    rules: {
      roles: [
        { role: 'administrator', group: 'admins' },
        { role: 'executive', group: 'board' },
      ],
    },
  });
  const roles = async (who) =>
    (await admin.get('/people')).items.find((one) => one.email === `${who}@firm.example`).roles;
  assert.deepEqual(await roles('worker'), ['administrator', 'teleworker']);
  said.groups = ['board'];
  assert.equal((await walk(server, 'worker@firm.example')).at, '/');
  assert.deepEqual(await roles('worker'), ['executive', 'teleworker']);
  said.groups = undefined;
  await walk(server, 'worker@firm.example');
  assert.deepEqual(await roles('worker'), ['teleworker']);
  // A list that is not whole decides nothing, and lets nobody in.
  said._claim_names = { groups: 'src1' };
  said.groups = 7;
  assert.equal((await walk(server, 'worker@firm.example')).at, '/sign-in#company-failed');
  assert.match((await refusal(admin))[0].why, /groups: /);
  said.groups = ['staff'];
  assert.equal(await connect(admin, server, 'admin@firm.example'), '/account');
  await walk(server, 'admin@firm.example');
  assert.ok((await roles('admin')).includes('administrator'));
  const noted = (await admin.get('/audit?action=roles-by-groups')).items;
  assert.deepEqual(
    noted.map(({ item, detail }) => [item, detail.roles, detail.kept ?? '']),
    [
      ['admin@firm.example', 'administrator teleworker', 'the last administrator'],
      ['worker@firm.example', 'teleworker', ''],
      ['worker@firm.example', 'executive teleworker', ''],
      ['worker@firm.example', 'administrator teleworker', ''],
    ],
  );
});

test('a key that the provider made anew is asked for once', async (t) => {
  let set = { keys: [jwk('RSA', { kid: 'old', use: 'sig' })] };
  const { server, seen } = await comes(t, { settings: { jwks: set } });
  assert.ok(set);
  const before = seen.filter((url) => url === '/jwks').length;
  assert.equal(before, 1);
  await walk(server, 'worker@firm.example');
  assert.equal(seen.filter((url) => url === '/jwks').length, 1);
});

/** The same claims under another key's name, signed anew. */
function renamed(token, kid) {
  const [head, body] = token.split('.');
  const header = { ...JSON.parse(Buffer.from(head, 'base64url')), kid };
  const signed = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), keys.RSA.privateKey).toString('base64url')}`;
}

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
    assert.match(server.said(), /event=refused .*operation=finishOidc .*code=provider-tokens/);
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
