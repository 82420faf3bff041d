// SPDX-License-Identifier: Apache-2.0
// The agent's key in a TPM 2.0: swtpm's, which the test starts, spoken to as the hardware is.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { folder, freePort, office, sekisho } from './server.mjs';
import { atEnd } from './sekisho.mjs';

/** A new TPM; how OpenSSL's provider is told of it. */
async function tpm(t) {
  // The simulator's control port is the one after its own.
  let port = 0;
  do port = await freePort();
  while (port >= 65_534);
  const words = [
    'socket',
    '--tpm2',
    '--tpmstate',
    `dir=${folder(t)}`,
    '--server',
    `type=tcp,port=${port},disconnect`,
    '--ctrl',
    `type=tcp,port=${port + 1}`,
    '--flags',
    'not-need-init,startup-clear',
  ];
  const running = spawn('swtpm', words, { stdio: 'ignore' });
  atEnd(t, () => running.kill('SIGKILL'));
  for (let i = 0; ; ++i) {
    const there = await new Promise((done) => {
      const socket = connect(port + 1, '127.0.0.1', () => done(true));
      socket.on('error', () => done(false));
      socket.on('connect', () => socket.destroy());
    });
    if (there) break;
    assert.ok(i < 100 && running.exitCode === null, 'swtpm starts');
    await new Promise((done) => setTimeout(done, 100));
  }
  return { TPM2OPENSSL_TCTI: `swtpm:host=127.0.0.1,port=${port}` };
}

const agent = (at, words, env = {}) =>
  sekisho(at, ['agent', ...words, '--folder', join(at, 'agent')], { env });

test('with a TPM the key is made in it, and no copy of the folder can use it elsewhere', async (t) => {
  const { admin } = await office(t);
  const link = async () => (await admin.must('POST', '/enrolments', { person: null })).link;
  const here = await tpm(t);
  const at = folder(t);
  const enrolled = agent(at, ['enrol', await link()], here);
  assert.equal(enrolled.code, 0, enrolled.err);
  assert.match(enrolled.out, /its key in the TPM/);
  const key = readFileSync(join(at, 'agent/device.key'), 'utf8');
  assert.match(key, /BEGIN TSS2 PRIVATE KEY/);
  // Signing and mutual TLS by the TPM, twice.
  for (let i = 0; i < 2; ++i) {
    const sent = agent(at, ['once'], here);
    assert.equal(sent.code, 0, sent.err);
    assert.match(sent.out, /sent 1 reports/);
  }
  assert.match(agent(at, ['status'], here).out, /key: the TPM/);

  const copy = folder(t);
  cpSync(join(at, 'agent'), join(copy, 'agent'), { recursive: true });
  const without = agent(copy, ['once']);
  assert.equal(without.code, 2);
  assert.match(without.err, /in a TPM and cannot be used here/);
  const elsewhere = agent(copy, ['once'], await tpm(t));
  assert.equal(elsewhere.code, 2);
  assert.match(elsewhere.err, /in a TPM and cannot be used here/);
  const [device] = (await admin.get('/devices')).items;
  assert.equal(device.copied_at, null);
  // The machine itself goes on.
  assert.equal(agent(at, ['once'], here).code, 0);
});

test('without a TPM that answers, the key is a file', async (t) => {
  const { admin } = await office(t);
  const at = folder(t);
  const { link } = await admin.must('POST', '/enrolments', { person: null });
  const enrolled = agent(at, ['enrol', link], {
    TPM2OPENSSL_TCTI: `swtpm:host=127.0.0.1,port=${await freePort()}`,
  });
  assert.equal(enrolled.code, 0, enrolled.err);
  assert.match(enrolled.out, /its key in a file/);
  assert.match(readFileSync(join(at, 'agent/device.key'), 'utf8'), /BEGIN PRIVATE KEY/);
  assert.equal(agent(at, ['once']).code, 0);
});
