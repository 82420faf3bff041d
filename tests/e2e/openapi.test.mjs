// SPDX-License-Identifier: Apache-2.0
// The document that is served, held against tools that nobody here wrote.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import responses from 'openapi-response-validator';
import { Client, demo, demoMail, demoPassword, folder } from './server.mjs';

const tool = (name) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));
const ResponseValidator = responses.default;

test('the served document is OpenAPI by Redocly and by Spectral, and they notice what is wrong', async (t) => {
  const where = folder(t);
  const server = await demo(t, join(where, 's.db'));
  const document = await (await fetch(`${server.url}/api/v1/openapi.json`)).json();
  writeFileSync(join(where, '.spectral.yaml'), 'extends: ["spectral:oas"]\n');
  const judged = (name, content) => {
    writeFileSync(join(where, name), JSON.stringify(content));
    // Neither asks its maker for anything.
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const run = (program, given) => {
      const done = spawnSync(tool(program), given, { cwd: where, env, encoding: 'utf8', timeout: 120_000 });
      return { status: done.status, said: `${done.stdout}${done.stderr}` };
    };
    return {
      redocly: run('redocly', ['lint', name, '--format=stylish']),
      spectral: run('spectral', ['lint', name, '--fail-severity=error']),
    };
  };
  const right = judged('openapi.json', document);
  assert.equal(right.redocly.status, 0, right.redocly.said);
  assert.equal(right.spectral.status, 0, right.spectral.said);
  const wrong = structuredClone(document);
  wrong.paths['/actions'].get['in order'] = null;
  const found = judged('wrong.json', wrong);
  assert.notEqual(found.redocly.status, 0);
  assert.notEqual(found.spectral.status, 0);
  // Whom the server asks for nothing the document asks for nothing.
  for (const operations of Object.values(document.paths))
    for (const operation of Object.values(operations).filter((one) => one.operationId))
      assert.equal(
        operation['x-roles'].includes('public'),
        Array.isArray(operation.security) && operation.security.length === 0,
        operation.operationId,
      );
});

test('answers are as the document says, by another validator than our own', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const document = await (await fetch(`${server.url}/api/v1/openapi.json`)).json();
  // It knows schemas by references into the whole document.
  const components = document.components.schemas;
  let asked = 0;
  for (const [path, operations] of Object.entries(document.paths)) {
    const schema = operations.get?.responses['200']?.content?.['application/json']?.schema;
    const required = [...(operations.parameters ?? []), ...(operations.get?.parameters ?? [])].some(
      (one) => one.required && one.in === 'query',
    );
    if (!schema || required || path.includes('{token}')) continue;
    const reply = await admin.call('GET', path.replace('{id}', '1').replace('{kind}', 'oscal'));
    if (reply.status !== 200 || !reply.json) continue;
    const validator = new ResponseValidator({
      responses: { 200: { description: 'x', schema } },
      components: { schemas: components },
      errorTransformer: null,
    });
    const wrong = validator.validateResponse(200, reply.json);
    assert.equal(wrong, undefined, `${path}: ${JSON.stringify(wrong?.errors?.slice(0, 3))}`);
    ++asked;
  }
  assert.ok(asked > 30, String(asked));
});

test('refusals say what HTTP wants said', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const ask = (path, init) => fetch(`${server.url}/api/v1${path}`, init);
  const nobody = await ask('/home');
  assert.equal(nobody.status, 401);
  assert.match(nobody.headers.get('www-authenticate'), /^Bearer /);
  const wrong = await ask('/state', { method: 'DELETE' });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get('allow'), 'GET, HEAD');
  for (const [type, status] of [
    ['Application/JSON; charset=UTF-8', 422],
    ['application/json', 422],
    ['application/jsonx', 415],
    ['text/plain', 415],
  ]) {
    const reply = await ask('/sign-in', { method: 'POST', headers: { 'content-type': type }, body: '{}' });
    assert.equal(reply.status, status, type);
    assert.ok(reply.headers.get('date'));
  }
});
