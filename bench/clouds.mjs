// SPDX-License-Identifier: Apache-2.0
// Settings of clouds: ScubaGear's published verdicts beside Sekisho's on the same sample, and what
// reading and judging costs: that sample, and a tenant of 5,000 people.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.env.SEKISHO_BINARY ??= fileURLToPath(new URL('../build/sekisho', import.meta.url));
const binary = process.env.SEKISHO_BINARY;
const { REASONS, sample, sideBySide } = await import('../tests/e2e/scuba.mjs');
const word = (met) => (met === undefined ? '-' : met === null ? 'none' : met ? 'met' : 'not met');

const lines = sideBySide();
console.log(`${'policy'.padEnd(24)} ${'ScubaGear'.padEnd(10)} ${'Sekisho'.padEnd(10)} by`);
for (const { policy, theirs, ours, way } of lines)
  console.log(
    `${policy.padEnd(24)} ${word(theirs).padEnd(10)} ${word(ours).padEnd(10)} ${way}` +
      (ours !== undefined && ours !== theirs ? `: ${REASONS[policy] ?? 'NO REASON'}` : ''),
  );
const derived = lines.filter((one) => one.ours !== undefined);
console.log(
  `${derived.length} of ${lines.length} derive from the export, ${derived.filter((one) => one.ours === one.theirs).length} agree\n`,
);

const now = new Date().toISOString().slice(0, 19) + 'Z';
const id = (kind, i) => `${kind}0000000-0000-0000-0000-${String(i).padStart(12, '0')}`;
/** 5,000 people, 300 groups with 60,000 memberships (some nested, or all in a chain) and 60 policies. */
function tenant(chain = false) {
  const people = Array.from({ length: 5000 }, (_, i) => ({
    id: id('a', i),
    displayName: `Person ${i}`,
    userPrincipalName: `p${i}@example.jp`,
    accountEnabled: true,
    userType: 'Member',
  }));
  const groups = Array.from({ length: 300 }, (_, g) => ({
    id: id('b', g),
    displayName: `Group ${g}`,
    eligibleMembers: [],
    members: Array.from({ length: 200 }, (_, m) =>
      m === 0 && g > 0 && (chain || g % 10 > 7)
        ? { '@odata.type': '#microsoft.graph.group', id: id('b', g - 1) }
        : { '@odata.type': '#microsoft.graph.user', id: id('a', (g * 37 + m * 13) % 5000) },
    ),
  }));
  const policies = Array.from({ length: 60 }, (_, p) => ({
    id: id('c', p),
    displayName: `Policy ${p}`,
    state: 'enabled',
    conditions: {
      users: {
        includeUsers: p % 3 ? [] : ['All'],
        includeGroups: p % 3 ? [id('b', p), id('b', p + 100)] : [],
        excludeGroups: [id('b', 299 - p)],
        excludeUsers: [id('a', p)],
      },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
      ...(p % 2 ? { signInRiskLevels: ['high'] } : {}),
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
  }));
  return {
    sekisho: 'entra-people',
    tenantId: id('d', 1),
    readAt: now,
    users: people,
    groups,
    eligibleRoles: [],
    directoryRoles: [
      {
        roleTemplateId: '62e90394-69f5-4237-9190-012177145e10',
        members: [{ id: id('a', 1) }, { id: id('a', 2) }],
      },
    ],
    securityDefaults: { isEnabled: false },
    perUserMfa: people.map((one) => ({ id: one.id, perUserMfaState: 'disabled' })),
    registration: people.map((one) => ({ id: one.id, isMfaCapable: true })),
    conditionalAccessPolicies: policies,
  };
}

const where = mkdtempSync(join(tmpdir(), 'clouds-'));
const measure = (name, content) => {
  const path = join(where, 'export.json');
  writeFileSync(path, JSON.stringify(content));
  const script = `import os, subprocess, sys, time, resource
runs = []
for _ in range(7):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    runs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
print(round(sorted(runs)[3] * 1000), round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))`;
  const told = spawnSync(
    'taskset',
    ['-c', '0', '/usr/bin/python3', '-c', script, binary, 'cloud', 'check', path, '--json'],
    {
      env: { ...process.env, XDG_DATA_HOME: where },
      encoding: 'utf8',
    },
  );
  const [time, memory] = told.stdout.trim().split(' ');
  console.log(`${name.padEnd(60)} ${time} ms of processor time, ${memory} MB`);
};
measure('the sample, 1.7 MB, whole process', { ...sample(), timestamp_zulu: now });
measure('5,000 people, 300 groups, 60,000 memberships, 60 policies', tenant());
measure('the same, with the groups nested 300 deep', tenant(true));
rmSync(where, { recursive: true });
