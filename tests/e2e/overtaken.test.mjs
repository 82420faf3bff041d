// SPDX-License-Identifier: Apache-2.0
// Two administrators at one form: who saves second is told, writes nothing over in silence, and decides.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { judge, open, show, shot, signIn, startBrowser, stopBrowser } from './browser.mjs';
import { Client, demo, demoMail, demoPassword, folder } from './server.mjs';

test.before(startBrowser);
test.after(stopBrowser);

const line = ({ ours, portals, hours_kept }) => ({ ours, portals, hours_kept });
const notices = ({ smtp: { url, from, user }, hooks }) => ({
  smtp: { url, from, user, password: null },
  hooks,
  new_secret: false,
});
const days = ({ kinds }) => Object.fromEntries(kinds.map((one) => [one.id, one.days]));
const device = ({ name, person, state, team, own, extended_support }) => ({
  name,
  person: person?.id ?? null,
  state,
  team,
  own,
  extended_support,
});

/** Where a form is, its field and what is typed into it, and what another writes meanwhile. */
const forms = [
  ['/settings', '/organisation', (now) => now, 'name', /^(組織の名前|Organisation's name)/, 'Mine'],
  ['/settings', '/contacts', (now) => now, 'police', /^(警察|Police)/, '110'],
  ['/settings', '/notices', notices, 'smtp.user', /^(利用者名|User name)/, 'mine'],
  ['/settings', '/privacy', days, 'devices', /^(手放した端末|Devices that were given up)/, '99'],
  ['/line', '/line', line, 'hours_kept', /^(時間ごとの集計を残す日数|Days that hours are kept)/, '77'],
  ['/devices/1', '/devices/1', device, 'team', /^(グループ|Group)$/, 'Mine'],
  ['/account', '/me', ({ name, lang }) => ({ name, lang }), 'name', /^(名前|Name)$/, 'Mine'],
];

/** Fills the field in; whoever keeps something for fewer days than before is asked, and says so. */
async function typeIn(form, input, value) {
  await input.fill(value);
  const sure = form.getByRole('checkbox', { name: /^(保存期間を短くします|Keep these for less time)/ });
  if (await sure.isVisible()) await sure.check();
}

const valueIn = (body, field) => String(field.split('.').reduce((at, name) => at[name], body));
const withValue = (body, field, value) => {
  const copy = structuredClone(body);
  const names = field.split('.');
  const last = names.pop();
  names.reduce((at, name) => at[name], copy)[last] = value;
  return copy;
};

for (const lang of ['ja', 'en'])
  test(`${lang}: who saves a form second writes nothing over in silence`, async (t) => {
    const server = await demo(t, join(folder(t), 's.db'));
    const other = new Client(server.url);
    await other.signIn(demoMail('admin'), demoPassword);
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    await signIn(page, server.url, 'admin');
    for (const [where, path, bodyOf, field, label, mine] of forms) {
      const now = async () => bodyOf(await other.get(path));
      await show(page, server.url, where);
      const form = page
        .locator('form')
        .filter({ has: page.getByRole('textbox', { name: label }) })
        .first();
      const input = form.getByRole('textbox', { name: label }).first();
      const save = form.locator('button[type=submit]');
      await typeIn(form, input, mine);
      const before = await now();
      const theirs = typeof before[field] === 'number' ? 123 : 'Theirs';
      await other.must('PUT', path, withValue(before, field, theirs));
      await save.click();
      // In either: the language is a part of the account that somebody else has just changed.
      const told = form.getByRole('alert').filter({ hasText: /ほかの人が先に|Somebody has just changed/ });
      await told.waitFor();
      assert.equal(valueIn(await now(), field), String(theirs), `${path}: written over`);
      if (path === '/organisation') {
        await shot(page, `overtaken-${lang}`);
        assert.deepEqual(await judge(page, path), []);
      }
      await told.getByRole('button', { name: /自分の内容で置き換える|Replace it with mine/ }).click();
      await told.waitFor({ state: 'detached' });
      assert.equal(valueIn(await now(), field), mine, path);
      // What one has saved oneself is what the next change begins with.
      const again = typeof before[field] === 'number' ? '88' : `${mine} again`;
      await typeIn(form, input, again);
      const answer = page.waitForResponse((one) => one.request().method() === 'PUT');
      await save.click();
      assert.ok((await answer).ok(), path);
      assert.equal(valueIn(await now(), field), again, path);
      // Or what is there stays.
      await page.waitForLoadState('networkidle');
      await other.must('PUT', path, withValue(await now(), field, theirs));
      await typeIn(form, input, mine);
      await save.click();
      await told.waitFor();
      await told.getByRole('button', { name: /そのままにする|Keep that/ }).click();
      await page.waitForFunction(
        (value) => [...document.querySelectorAll('input')].some((one) => one.value.startsWith(value)),
        String(theirs),
      );
      assert.equal(valueIn(await now(), field), String(theirs), path);
    }
    assert.deepEqual(problems, []);
  });
