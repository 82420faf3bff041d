// SPDX-License-Identifier: Apache-2.0
// ScubaGear's published sample: at least 79 of its 93 verdicts derive from the export, and ours
// differ only where theirs are wrong, each with its reason.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOT_IN_EXPORT, REASONS, rowsOf, sample, sideBySide } from './scuba.mjs';

test("ScubaGear's verdicts derive from its export, and differ for a reason alone", () => {
  const lines = sideBySide();
  assert.equal(lines.length, 93);
  const derived = lines.filter((one) => one.ours !== undefined);
  const open = lines.filter((one) => one.ours === undefined);
  assert.deepEqual(
    open.filter((one) => one.theirs !== null).map((one) => one.policy),
    NOT_IN_EXPORT,
    JSON.stringify(open, null, 1),
  );
  assert.equal(derived.length, 79);
  assert.ok(derived.filter((one) => one.way.includes('.')).length >= 50, 'most are rows of Sekisho');
  assert.deepEqual(
    derived.filter((one) => one.ours !== one.theirs).map((one) => one.policy),
    Object.keys(REASONS),
    JSON.stringify(
      derived.filter((one) => one.ours !== one.theirs),
      null,
      1,
    ),
  );
});

test('of domains without an answer nothing is said to be good', () => {
  const rows = rowsOf(sample());
  assert.equal(rows.get('exo.spf').verdict, 'unknown', rows.get('exo.spf').fact.en);
  assert.equal(rows.get('exo.dmarc').verdict, 'fail');
});

test('no name of a person or of a secret leaves the export', () => {
  const settings = sample();
  const all = JSON.stringify([...rowsOf(settings).values()]);
  assert.ok(!all.includes('C:\\\\Users') && !all.includes('johndoe@example.com'));
  for (const one of settings.risky_applications.flatMap((app) => app.KeyCredentials ?? []))
    if (one.KeyId) assert.ok(!all.includes(one.KeyId));
});
