// SPDX-License-Identifier: Apache-2.0
// What the server judges by is read anew when it is written anew: nobody starts it again, and nobody is signed out.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './receivers.mjs';
import { Client, folder, office, sekisho } from './server.mjs';

const overlay = (text) => `measures:\n  - id: SK-admin-B2\n    text: {ja: ${text}, en: ${text}}\n`;

test('an imported guideline is in use without a restart, and a broken one changes nothing', async (t) => {
  const { server, admin, state, agents } = await office(t);
  const file = join(state, 'sekisho/guideline.yaml');
  /** The words of the measure; nothing while it changes over. */
  const words = async () => {
    try {
      const { measures } = await admin.get('/guideline');
      return JSON.stringify(measures.find((one) => one.id === 'SK-admin-B2').text);
    } catch (error) {
      if (error.cause || /fetch failed|socket/.test(String(error))) return '';
      throw error;
    }
  };
  assert.doesNotMatch(await words(), /Ours/);
  const from = join(folder(t), 'ours.yaml');
  writeFileSync(from, overlay('Ours once'));
  const imported = sekisho(state, ['guideline', 'import', from]);
  assert.equal(imported.code, 0, imported.err);
  assert.ok(existsSync(file));
  await until(async () => (await words()).includes('Ours once'), 'the new words');
  assert.equal(server.child.exitCode, null, 'the same process');
  // Where it was, for those who were in, people and devices alike.
  await admin.must('PUT', '/me', { name: 'Aoki', lang: 'en' });
  const { link } = await admin.must('POST', '/enrolments', { person: null });
  const at = folder(t);
  assert.ok(link.startsWith(agents));
  const enrolled = sekisho(at, ['agent', 'enrol', link, '--folder', join(at, 'agent')]);
  assert.equal(enrolled.code, 0, enrolled.err);
  // Written by hand, wrong, and with a SIGHUP on top: what was good stays in use.
  writeFileSync(file, 'measures:\n  - id: SK-admin-B2\n    text: {ja: half');
  server.child.kill('SIGHUP');
  await until(() => /guideline\.yaml/.test(server.said().split('is in use')[1] ?? ''), 'the complaint');
  assert.match(await words(), /Ours once/);
  writeFileSync(file, overlay('Ours twice'));
  await until(async () => (await words()).includes('Ours twice'), 'the newer words');
  for (let i = 0; i < 3; ++i) {
    writeFileSync(file, overlay(`Ours again ${i}`));
    server.child.kill('SIGHUP');
    await pause(20);
    server.child.kill('SIGHUP');
    await until(async () => (await words()).includes(`Ours again ${i}`), 'each of them');
  }
  const removed = sekisho(state, ['guideline', 'reset']);
  assert.equal(removed.code, 0, removed.err);
  await until(async () => !(await words()).includes('Ours') && (await words()) !== '', 'our own words again');
  await new Client(server.url).refused(401, 'GET', '/people');
  assert.equal(await server.stop(), 0);
});
