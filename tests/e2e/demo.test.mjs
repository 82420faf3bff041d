// SPDX-License-Identifier: Apache-2.0
// The demo shows what the product shows: a firm's mix of devices, with results only where such a device gives them, by
// the facts that decide; and no two pages that contradict each other.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { fits, judge, open, shot, show, signIn, startBrowser, stopBrowser } from './browser.mjs';
import { Client, demo, demoMail, demoPassword, folder } from './server.mjs';

test.before(startBrowser);
test.after(stopBrowser);

/** The demo as its administrator sees it, once what says nothing itself has been judged too. */
async function firm(t) {
  const server = await demo(t, join(folder(t), 's.db'), { people: 12, devices: 40, days: 60 });
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const all = (await admin.get('/devices?limit=500')).items;
  const last = all.findLast((one) => one.appliance === null && one.certificate_ends === null);
  for (let tries = 0; ; ++tries) {
    const { checks } = await admin.get(`/devices/${last.id}`);
    if (checks.some((one) => one.evidence !== null)) break;
    assert.ok(tries < 300, 'the list is judged');
    await new Promise((done) => setTimeout(done, 100));
  }
  const devices = [];
  for (const { id } of all) devices.push(await admin.get(`/devices/${id}`));
  return { server, admin, devices };
}

const isAgent = (device) => device.certificate_ends !== null;
const isAppliance = (device) => device.appliance !== null;
const counts = (list) => {
  const out = {};
  for (const one of list) out[one] = (out[one] ?? 0) + 1;
  return out;
};

test('a Japanese firm’s devices: mostly Windows 11, and one or two of all the rest', async (t) => {
  const { devices } = await firm(t);
  const of = (pattern) => devices.filter((one) => pattern.test(one.system)).length;
  assert.ok(of(/Windows 11/) > devices.length / 2, JSON.stringify(counts(devices.map((one) => one.system))));
  for (const pattern of [
    /Windows 10 Pro 22H2/,
    /macOS/,
    /^iOS/,
    /Android/,
    /Debian/,
    /FortiOS|FortiGate/,
    /Synology/,
  ])
    assert.ok(of(pattern) >= 1, String(pattern));
  assert.ok(of(/Windows 10/) < of(/Windows 11/) / 3);
});

test('a device of the demo has results only for what such a device answers, from what decides', async (t) => {
  const { devices } = await firm(t);
  const answered = (device) =>
    device.checks
      .filter((one) => one.evidence !== null)
      .map((one) => one.id)
      .sort();
  const agents = devices.filter(isAgent);
  for (const device of agents) {
    assert.match(device.system, /Windows/);
    assert.ok(device.seen_at, device.name);
    // Each agent of Windows answers the same checks: all that it looks at.
    assert.deepEqual(answered(device), answered(agents[0]), device.name);
    for (const { id, verdict, evidence } of device.checks) {
      if (evidence === null) continue;
      assert.equal(evidence.source, 'collector:agent');
      assert.ok(Date.parse(evidence.observed_at) <= Date.parse(device.seen_at), `${device.name} ${id}`);
      assert.doesNotMatch(evidence.detail.ja + evidence.detail.en, /見本|demo/i);
      if (!['pass', 'fail'].includes(verdict)) continue;
      // A place of Windows, and a value.
      const read = evidence.basis.compared ?? evidence.basis.list ?? evidence.basis;
      assert.ok(evidence.basis.words.length > 0, `${device.name} ${id} rests on nothing`);
      assert.doesNotMatch(JSON.stringify(read), /"demo"|見本/, `${device.name} ${id}`);
      assert.doesNotMatch(JSON.stringify(read), /\/etc\/|\/var\/lib\/dpkg/, `${device.name} ${id}`);
    }
  }
  for (const device of devices.filter((one) => !isAgent(one) && !isAppliance(one))) {
    assert.ok(device.listed_at, device.name);
    assert.equal(device.seen_at, null);
    for (const { id, verdict } of device.checks)
      if (id !== 'os-support')
        assert.ok(['unknown', 'not_applicable'].includes(verdict), `${device.name} ${id}`);
  }
  for (const device of devices.filter(isAppliance))
    for (const { id, verdict } of device.checks)
      if (['pass', 'fail'].includes(verdict))
        assert.ok(['os-support', 'known-exploited', 'security-updates', 'software-vpn'].includes(id), id);
});

test('no two pages of the demo contradict each other', async (t) => {
  const { server, admin, devices } = await firm(t);
  const listed = (await admin.get('/devices?limit=500')).items;
  const verdicts = {};
  for (const device of devices) {
    const row = listed.find((one) => one.id === device.id);
    const of = counts(device.checks.map((one) => one.verdict));
    for (const verdict of ['pass', 'fail', 'unknown', 'not_applicable'])
      assert.equal(row.tally[verdict], of[verdict] ?? 0, `${device.name}: ${verdict}`);
    const failing = device.checks.filter((one) => one.verdict === 'fail').map((one) => one.id);
    assert.deepEqual([...row.failing].sort(), [...failing].sort());
    // Whose support has ended, as everybody can read in its name, is said to have none.
    if (/Windows 10 Pro 22H2/.test(device.system)) assert.ok(failing.includes('os-support'), device.name);
    for (const { id, verdict } of device.checks) (verdicts[id] ??= []).push(verdict);
  }
  const home = await admin.get('/home');
  assert.equal(home.machines, devices.length);
  const toFix = (await admin.get('/actions?verdict=fail&limit=500')).items;
  assert.equal(home.failing, toFix.length);
  for (const action of toFix) {
    if (action.asked || /^(cloud|meeting)-/.test(action.id)) continue; // the organisation's
    assert.equal(action.tally.fail, counts(verdicts[action.id]).fail, action.id);
    const page = await admin.get(`/checks/${action.id}`);
    assert.equal(page.tally.fail, action.tally.fail);
  }
  // What somebody is to do can be seen by somebody's device, or be answered.
  for (const { item } of (await admin.get('/assignments')).items)
    if (!item.startsWith('ask-') && !/^(cloud|meeting)-/.test(item))
      assert.ok(
        verdicts[item]?.some((one) => ['pass', 'fail'].includes(one)),
        item,
      );
  const worker = new Client(server.url);
  await worker.signIn(demoMail('worker'), demoPassword);
  for (const { item } of (await worker.get('/me/page')).todos)
    assert.doesNotMatch(item, /^ask-SK-(admin|exec)/);
  const questions = (await admin.get('/questions')).items;
  assert.equal(home.open_questions, questions.filter((one) => one.verdict === 'unknown').length);
  const open = (await admin.get('/incidents')).items.filter((one) => one.state === 'open');
  assert.equal(home.open_incidents, open.length);
  const { methods } = await admin.get('/organisation');
  const { methods: known } = await admin.get('/guideline');
  const report = (await admin.get('/reports/administrator?format=html&lang=ja')).toString();
  for (const id of methods) assert.ok(report.includes(known.find((one) => one.id === id).name.ja), id);
  assert.ok(report.includes(`端末: ${devices.length}`));
});

test('five minutes from one page: six stops, each with something to see, in both languages', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  for (const lang of ['ja', 'en']) {
    const { page, context, problems } = await open(t, { lang, bypassCSP: true });
    await signIn(page, server.url, 'admin');
    const stops = page.getByTestId(/^tour-/);
    await stops.first().waitFor();
    assert.equal(await stops.count(), 6);
    assert.deepEqual(await judge(page, `tour ${lang}`), []);
    await fits(page, `tour ${lang}`);
    await shot(page, `tour-${lang}`);
    const links = await stops
      .getByRole('link')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    for (const href of links) {
      await show(page, server.url, href);
      await page.locator('.row:visible, tr:visible, .mantine-Paper-root:visible').first().waitFor();
    }
    await show(page, server.url, '/demo');
    assert.equal(await stops.count(), 6);
    await show(page, server.url, '/');
    await stops.first().waitFor();
    await page.getByRole('button', { name: lang === 'ja' ? 'この案内を閉じる' : 'Close this tour' }).click();
    await stops.first().waitFor({ state: 'detached' });
    await page.reload();
    await page.locator('h2').first().waitFor();
    assert.equal(await stops.count(), 0);
    assert.deepEqual(problems, []);
    await context.close();
  }
});
