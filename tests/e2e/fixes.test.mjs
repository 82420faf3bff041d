// The fixes that data/checks gives for Debian, run as they stand: each turns its check from fail to
// pass on a writable copy of this system. What they would fetch is installed already.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import test from 'node:test';
import { system } from './live.mjs';
import { check, must, run } from './sekisho.mjs';

/** A copy in which nothing is fetched, and what a case needs to be wrong is wrong. */
function broken(t, files = {}) {
  const machine = system(t);
  writeFileSync(machine.path('usr/local/bin/apt-get'), '#!/bin/sh\nexit 0\n');
  chmodSync(machine.path('usr/local/bin/apt-get'), 0o755);
  // No systemd runs in a copy; what it would be told is written down.
  writeFileSync(machine.path('usr/local/bin/systemctl'), '#!/bin/sh\necho "$@" >> /tmp/systemctl.told\n');
  chmodSync(machine.path('usr/local/bin/systemctl'), 0o755);
  mkdirSync(machine.path('run/sshd'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(machine.path(name)), { recursive: true });
    writeFileSync(machine.path(name), text);
  }
  return machine;
}

const steps = (machine, id) =>
  machine
    .check()
    .checks.find((c) => c.id === id)
    .fix.filter((s) => s.run)
    .map((s) => s.run);

/** Runs the commands of a fix; those that only show, or ask a person, are left out. */
function mend(machine, id, skip = /^(passwd|sudo visudo|sudo grep)/) {
  for (const step of steps(machine, id)) {
    if (skip.test(step)) continue;
    const done = run('/usr/sbin/chroot', [machine.root, '/bin/sh', '-ec', step]);
    assert.equal(done.code, 0, `${id}: ${step}\n${done.out}${done.err}`);
  }
}

const cases = [
  ['umask', {}],
  ['password-lockout', {}],
  ['password-quality', { 'etc/security/pwquality.conf': '# minlen = 8\n' }],
  [
    'password-hashing',
    {},
    (m) => m.chroot('/bin/sed', '-i', '/pam_unix.so/s/yescrypt/md5/', '/etc/pam.d/common-password'),
  ],
  ['persistent-log', { 'etc/systemd/journald.conf': '[Journal]\nStorage=volatile\n' }],
  ['ssh-root-login', { 'etc/ssh/sshd_config.d/50-cloud-init.conf': 'PermitRootLogin yes\n' }],
  ['ssh-passwords', { 'etc/ssh/sshd_config.d/50-cloud-init.conf': 'PasswordAuthentication yes\n' }],
  ['ssh-tries', {}],
  [
    'xrdp-settings',
    {},
    (m) => m.chroot('/bin/sed', '-i', 's/^security_layer=.*/security_layer=rdp/', '/etc/xrdp/xrdp.ini'),
  ],
  [
    'vpn-configuration',
    {
      'etc/wireguard/wg0.conf': '[Interface]\n',
      'etc/openvpn/client/x.conf': 'client\nremote-cert-tls server\n-----BEGIN PRIVATE KEY-----\n',
    },
    (m) => m.chroot('/bin/chmod', '644', '/etc/wireguard/wg0.conf'),
  ],
  ['password-manager', {}],
  ['dns-protection', { 'run/systemd/resolve/stub-resolv.conf': 'nameserver 127.0.0.53\n' }],
];

for (const [id, files, spoil] of cases) {
  test(`fix of ${id}`, (t) => {
    const machine = broken(t, files);
    spoil?.(machine);
    if (id.startsWith('ssh')) machine.chroot('/usr/bin/ssh-keygen', '-A');
    assert.equal(machine.check().verdict(id), 'fail', machine.check().fact(id));
    mend(machine, id);
    assert.equal(machine.check().verdict(id), 'pass', machine.check().fact(id));
  });
}

test('fix of password-lockout: preauth before the password, authfail after it, and the account is let go again', (t) => {
  const machine = broken(t);
  mend(machine, 'password-lockout');
  const text = readFileSync(machine.path('etc/pam.d/common-auth'), 'utf8');
  assert.match(
    text,
    /requisite\s+pam_faillock.so preauth[\s\S]*pam_unix.so[\s\S]*\[default=die\]\s+pam_faillock.so authfail/,
  );
  assert.match(readFileSync(machine.path('etc/pam.d/common-account'), 'utf8'), /pam_faillock.so/);
});

test('fix of xrdp-settings: xrdp may read its key', (t) => {
  const machine = broken(t);
  mend(machine, 'xrdp-settings');
  assert.match(machine.chroot('/usr/bin/id', '-nG', 'xrdp'), /ssl-cert/);
});

test('fix of network-hardening: every interface of a network of its own', (t) => {
  const name = `sekisho-fix-${process.pid}`;
  must('/usr/sbin/ip', ['netns', 'add', name]);
  t.after(() => run('/usr/sbin/ip', ['netns', 'del', name]));
  const before = ['/usr/sbin/ip', 'netns', 'exec', name];
  must(before[0], [...before.slice(1), 'ip', 'link', 'add', 'eth9', 'type', 'veth', 'peer', 'name', 'eth8']);
  const look = () => check('/nonexistent', [], { before });
  assert.equal(look().verdict('network-hardening'), 'fail');
  const step = look()
    .checks.find((c) => c.id === 'network-hardening')
    .fix.find((s) => s.run).run;
  const file = '/etc/sysctl.d/60-sekisho-net.conf';
  t.after(() => rmSync(file, { force: true }));
  const done = run(before[0], [...before.slice(1), '/bin/sh', '-ec', step]);
  assert.equal(done.code, 0, done.out + done.err);
  assert.equal(look().verdict('network-hardening'), 'pass', look().fact('network-hardening'));
});
