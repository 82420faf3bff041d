// The Debian package, built, installed into a copy of this system, and removed again.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { system } from './live.mjs';
import { binary, folder, must, run } from './sekisho.mjs';

test('the package installs, brings the agent as a service that keeps to itself, and leaves nothing when purged', (t) => {
  const out = folder(t);
  must('/usr/bin/cpack', ['-B', out], { cwd: dirname(binary), env: { HOME: out } });
  const [name] = readdirSync(out).filter((file) => file.endsWith('.deb'));
  assert.match(name, /^sekisho_[\d.]+_\w+\.deb$/);
  const info = must('/usr/bin/dpkg-deb', ['-I', join(out, name)]);
  for (const library of ['libc6', 'libssl3', 'libsqlite3-0', 'libsodium23'])
    assert.match(info, new RegExp(`Depends:.*${library}`));

  const machine = system(t);
  must('/bin/cp', [join(out, name), machine.path('/root.deb')]);
  machine.chroot('/usr/bin/dpkg', '-i', '/root.deb');
  assert.match(machine.chroot('/usr/bin/sekisho', '--version'), /^sekisho /);
  const unit = '/usr/lib/systemd/system/sekisho-agent.service';
  assert.equal(statSync(machine.path(unit)).mode & 0o777, 0o644);
  const judged = run('/usr/sbin/chroot', [machine.root, '/usr/bin/systemd-analyze', 'verify', unit]);
  assert.equal(judged.code, 0, judged.err);
  assert.doesNotMatch(judged.err, /sekisho/, 'nothing to remark on in the unit');

  mkdirSync(machine.path('/var/lib/sekisho-agent'), { recursive: true });
  machine.chroot('/usr/bin/dpkg', '--remove', 'sekisho');
  assert.equal(existsSync(machine.path('/usr/bin/sekisho')), false);
  assert.equal(existsSync(machine.path('/var/lib/sekisho-agent')), true, 'the key stays');
  machine.chroot('/usr/bin/dpkg', '--purge', 'sekisho');
  assert.equal(existsSync(machine.path('/var/lib/sekisho-agent')), false);
});
