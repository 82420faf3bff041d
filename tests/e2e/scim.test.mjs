// SPDX-License-Identifier: Apache-2.0
// A directory speaks SCIM to a whole server, as Entra ID and Okta do: who leaves is out at once.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, database, firstAdministrator, newPerson, serve } from './server.mjs';

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';

class Directory {
  constructor(url, token) {
    Object.assign(this, { url, token });
  }
  async call(method, path, body, headers = {}) {
    const reply = await fetch(`${this.url}/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/scim+json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await reply.text();
    if (text) assert.match(reply.headers.get('content-type'), /^application\/scim\+json/);
    return { status: reply.status, headers: reply.headers, json: text ? JSON.parse(text) : undefined };
  }
  async must(method, path, body) {
    const reply = await this.call(method, path, body);
    assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${JSON.stringify(reply.json)}`);
    return reply.json;
  }
  find = (filter) => this.must('GET', `/Users?filter=${encodeURIComponent(filter)}`);
}

async function firm(t, kind) {
  const server = await serve(t, database(t, kind));
  const { admin } = await firstAdministrator(server);
  const { token } = await admin.must('POST', '/directory/tokens', { name: 'Entra ID' });
  return { server, admin, directory: new Directory(server.url, token) };
}

const kinds = process.env.SEKISHO_TEST_POSTGRES ? ['sqlite', 'postgres'] : ['sqlite'];
for (const kind of kinds) {
  test(`${kind}: as Entra ID provisions: sought, made, changed, and out at once`, async (t) => {
    const { admin, directory } = await firm(t, kind);
    assert.equal((await directory.find('userName eq "probe"')).totalResults, 0);
    const made = await directory.call('POST', '/Users', {
      schemas: [core, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'],
      externalId: '0a21f0f2',
      userName: 'Suzuki@firm.example',
      active: true,
      displayName: '鈴木 一郎',
      emails: [{ primary: true, type: 'work', value: 'suzuki@firm.example' }],
      name: { formatted: '鈴木 一郎', familyName: '鈴木', givenName: '一郎' },
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: '営業' },
    });
    assert.equal(made.status, 201);
    const { id } = made.json;
    assert.equal(made.headers.get('location'), `${directory.url}/scim/v2/Users/${id}`);
    assert.equal((await directory.find('externalId eq "0a21f0f2"')).Resources[0].id, id);
    await directory.must('PATCH', `/Users/${id}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [
        { op: 'Replace', path: 'displayName', value: '佐藤 一郎' },
        { op: 'Add', path: 'emails[type eq "work"].value', value: 'sato@firm.example' },
      ],
    });
    const known = (await admin.get('/people')).items.find((one) => one.email === 'sato@firm.example');
    assert.equal(known.name, '佐藤 一郎');
    const out = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'Replace', path: 'active', value: 'False' }],
    };
    assert.equal((await directory.must('PATCH', `/Users/${id}`, out)).active, false);
    assert.equal((await directory.find('userName eq "suzuki@firm.example"')).Resources[0].active, false);
    const log = (await admin.get('/audit?q=SCIM')).items;
    assert.deepEqual(
      log.map((one) => one.action),
      ['directory-left', 'directory-changed', 'directory-joined'],
    );
  });

  test(`${kind}: groups as Entra ID and Okta send them: roles are given and taken at once`, async (t) => {
    const { admin, directory } = await firm(t, kind);
    const group = 'urn:ietf:params:scim:schemas:core:2.0:Group';
    const patch = (...Operations) => ({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations,
    });
    const [ann, ben] = await Promise.all(
      ['ann', 'ben'].map((name) =>
        directory.must('POST', '/Users', { schemas: [core], userName: `${name}@firm.example` }),
      ),
    );
    const roles = async () => {
      const { items } = await admin.get('/people');
      return [ann, ben].map(({ userName }) => items.find((one) => one.email === userName).roles.join(' '));
    };
    const { issuer, one_tenant, ...rules } = await admin.get('/company-accounts');
    await admin.must('PUT', '/company-accounts', {
      ...rules,
      groups_from: 'directory',
      roles: [{ role: 'executive', group: 'Board' }],
    });
    // Entra ID: made empty, sought, filled and emptied by lists.
    const made = await directory.call('POST', '/Groups', {
      schemas: [group],
      externalId: '8aa1a0c0',
      displayName: 'Board',
      members: [],
    });
    assert.deepEqual([made.status, made.headers.get('location')], [201, made.json.meta.location]);
    const at = `/Groups/${made.json.id}`;
    const sought = `excludedAttributes=members&filter=${encodeURIComponent('displayName eq "Board"')}`;
    const [found] = (await directory.must('GET', `/Groups?${sought}`)).Resources;
    assert.deepEqual([found.id, found.members], [made.json.id, undefined]);
    const both = [{ value: ann.id }, { value: ben.id }];
    assert.equal(
      (await directory.call('PATCH', at, patch({ op: 'Add', path: 'members', value: both }))).status,
      204,
    );
    assert.deepEqual(await roles(), ['executive teleworker', 'executive teleworker']);
    await directory.must('PATCH', at, patch({ op: 'Remove', path: 'members', value: [{ value: ann.id }] }));
    assert.deepEqual(await roles(), ['teleworker', 'executive teleworker']);
    // Okta: a value without path, one member by filter, all of them.
    await directory.must(
      'PATCH',
      at,
      patch(
        { op: 'replace', value: { id: made.json.id, displayName: 'Board' } },
        { op: 'remove', path: `members[value eq "${ben.id}"]` },
        { op: 'add', path: 'members', value: [{ value: ann.id, display: 'ann@firm.example' }] },
      ),
    );
    assert.deepEqual(await roles(), ['executive teleworker', 'teleworker']);
    assert.deepEqual(
      (await directory.must('GET', at)).members.map((one) => one.value),
      [ann.id],
    );
    await directory.must('DELETE', at);
    assert.deepEqual(await roles(), ['teleworker', 'teleworker']);
    assert.equal((await directory.call('GET', at)).status, 404);
  });

  test(`${kind}: who is signed in when the directory says that they left is out`, async (t) => {
    const { admin, directory } = await firm(t, kind);
    const worker = await newPerson(admin, ['teleworker', 'executive'], 'worker@firm.example');
    const program = new Client(admin.url, {
      token: (await worker.must('POST', '/me/tokens', { name: 'x', scopes: ['read'], days: 1 })).token,
    });
    await program.get('/me');
    const { id } = (await directory.find('userName eq "worker@firm.example"')).Resources[0];
    // As Okta does.
    await directory.must('PUT', `/Users/${id}`, {
      schemas: [core],
      userName: 'worker@firm.example',
      active: false,
    });
    await worker.refused(401, 'GET', '/me');
    await program.refused(401, 'GET', '/me');
    await worker.refused(401, 'POST', '/sign-in', {
      email: 'worker@firm.example',
      password: 'three plain unrelated words',
    });
    await directory.must('PUT', `/Users/${id}`, {
      schemas: [core],
      userName: 'worker@firm.example',
      active: true,
    });
    const back = (await admin.get('/people')).items.find((one) => one.email === 'worker@firm.example');
    assert.deepEqual([back.state, back.roles], ['active', ['teleworker']]);
    const password = { email: 'worker@firm.example', password: 'three plain unrelated words' };
    await worker.refused(401, 'POST', '/sign-in', password);
    // Deleted, and the address given to somebody else: nothing of the one before works, and theirs
    // is kept apart.
    await directory.must('DELETE', `/Users/${id}`);
    const made = await directory.must('POST', '/Users', {
      schemas: [core],
      userName: 'worker@firm.example',
      externalId: 'another',
    });
    assert.notEqual(made.id, id);
    await worker.refused(401, 'POST', '/sign-in', password);
    const log = await admin.must('POST', `/people/${made.id}/data`);
    assert.deepEqual(
      log.audit_log.map((one) => one.action).filter((one) => !one.startsWith('sign-in')),
      ['directory-joined'],
    );
    await admin.must('DELETE', `/people/${id}/identity`);
    assert.equal((await admin.get('/audit/check')).intact, true);
  });

  test(`${kind}: what is too large, or no place of it, is answered in the form of SCIM`, async (t) => {
    const { directory } = await firm(t, kind);
    for (const size of [300_000, 3_000_000]) {
      const large = { schemas: [core], userName: 'x'.repeat(size) };
      assert.equal((await directory.call('POST', '/Users', large)).status, 413);
    }
    for (const place of ['', '/', '/Users/x/y', '/nothing', '/Bulk'])
      assert.equal((await directory.call('GET', place)).status, 404, place);
    const { status, headers } = await directory.call('DELETE', '/Users');
    assert.deepEqual([status, headers.get('allow')], [405, 'GET, POST']);
  });

  test(`${kind}: of two administrators whom a directory lets go at once, one stays`, async (t) => {
    const { admin, directory } = await firm(t, kind);
    await newPerson(admin, ['administrator'], 'second@firm.example');
    const { Resources } = await directory.must('GET', '/Users');
    const replies = await Promise.all(Resources.map(({ id }) => directory.call('DELETE', `/Users/${id}`)));
    assert.deepEqual(replies.map((one) => one.status).sort(), [204, 403]);
    assert.equal((await directory.must('GET', '/Users')).totalResults, 1);
  });

  test(`${kind}: nothing is taken from who has no such token, or no longer`, async (t) => {
    const { admin, directory } = await firm(t, kind);
    const stranger = new Directory(directory.url, `${directory.token}x`);
    const reply = await stranger.call('POST', '/Users', { userName: 'x@firm.example' });
    assert.equal(reply.status, 401);
    assert.equal(reply.headers.get('www-authenticate'), 'Bearer');
    await new Client(admin.url, { token: directory.token }).refused(401, 'GET', '/people');
    const { items, url } = await admin.get('/directory/tokens');
    assert.equal(url, `${directory.url}/scim/v2`);
    await admin.must('DELETE', `/directory/tokens/${items[0].id}`);
    assert.equal((await directory.call('GET', '/Users')).status, 401);
  });
}
