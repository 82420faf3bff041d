// SPDX-License-Identifier: Apache-2.0
// The Debian packages, built, installed into a copy of this system, and removed again.
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { generateKeyPairSync, verify } from 'node:crypto';
import { dirname, join } from 'node:path';
import test, { after } from 'node:test';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';
import { system } from './live.mjs';
import { binary, folder, must, run } from './sekisho.mjs';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

/** What `make packages` gives, signed: its folder, and the two Debian packages in it. */
function packed(out) {
  const key = join(out, 'key.pem');
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const to = join(out, 'packages');
  must(new URL('../../scripts/packages', import.meta.url).pathname, [to], {
    env: { PATH: process.env.PATH, HOME: out, SEKISHO_SIGNING_KEY: key },
  });
  return { folder: to, whole: join(to, 'sekisho.deb'), agent: join(to, 'sekisho-agent.deb') };
}
const shared = folder({ after });
let made;
/** Packed once for all tests. */
const pack = () => (made ??= packed(shared));

/** A copy of this system, in which dpkg does what counts here and no more: nothing has to survive a loss of power. */
function debian(t) {
  const machine = system(t);
  writeFileSync(machine.path('/etc/dpkg/dpkg.cfg.d/sekisho'), 'force-unsafe-io\n');
  rmSync(machine.path('/var/lib/man-db/auto-update'), { force: true });
  return machine;
}

const control = (file, field) => must('/usr/bin/dpkg-deb', ['-f', file, field]).trim();
const libraries = (file) =>
  control(file, 'Depends')
    .split(', ')
    .filter((one) => one.startsWith('lib'));

test('the packages install, the agent keeps to itself, and nothing is left when they are purged', (t) => {
  const { whole, agent } = pack();
  for (const library of ['libc6', 'libssl3', 'libsqlite3-0', 'libsodium23'])
    assert.match(control(whole, 'Depends'), new RegExp(library));
  // What only console and server need is not asked of a device.
  assert.ok(libraries(agent).length <= 8, control(agent, 'Depends'));
  assert.doesNotMatch(control(agent, 'Depends'), /libpq|sodium|xlsxwriter|pcap|fido|simdjson|libzip/);
  // Nor what has another name in the next Debian and in Ubuntu: it installs there as well.
  assert.doesNotMatch(control(agent, 'Depends'), /libfmt|boost|yaml/);
  assert.ok(statSync(agent).size * 2 < statSync(whole).size);

  const machine = debian(t);
  must('/bin/cp', [agent, machine.path('/agent.deb')]);
  must('/bin/cp', [whole, machine.path('/whole.deb')]);
  rmSync(machine.path('/usr/local/bin/sekisho'), { force: true });
  // The agent by itself.
  machine.chroot('/usr/bin/dpkg', '-i', '/agent.deb');
  assert.match(machine.chroot('/usr/bin/sekisho-agent', '--version'), /^sekisho-agent /);
  assert.equal(existsSync(machine.path('/usr/bin/sekisho')), false);
  const alone = run('/usr/sbin/chroot', [
    machine.root,
    '/usr/bin/env',
    'LANG=C.UTF-8',
    '/usr/bin/sekisho-agent',
    'once',
  ]);
  assert.match(alone.err, /not enrolled; run sekisho-agent enrol LINK/);
  assert.match(
    run('/usr/sbin/chroot', [machine.root, '/usr/bin/env', 'LANG=C.UTF-8', '/usr/bin/sekisho-agent', 'serve'])
      .err,
    /no command 'serve'/,
  );
  machine.chroot('/usr/bin/dpkg', '-i', '/whole.deb');
  assert.match(machine.chroot('/usr/bin/sekisho', '--version'), /^sekisho /);
  const unit = '/usr/lib/systemd/system/sekisho-agent.service';
  assert.equal(statSync(machine.path(unit)).mode & 0o777, 0o644);
  const judged = run('/usr/sbin/chroot', [machine.root, '/usr/bin/systemd-analyze', 'verify', unit]);
  assert.equal(judged.code, 0, judged.err);
  assert.doesNotMatch(judged.err, /sekisho/, 'nothing to remark on in the unit');

  // The key for browsers: a unit of its own, and a module where p11-kit finds it, which needs libc alone.
  const key = '/usr/lib/systemd/system/sekisho-key.service';
  const looked = run('/usr/sbin/chroot', [machine.root, '/usr/bin/systemd-analyze', 'verify', key]);
  assert.equal(looked.code, 0, looked.err);
  assert.doesNotMatch(looked.err, /sekisho/);
  const module = must('/usr/bin/dpkg', ['-c', agent]).match(
    /\.(\/usr\/lib\/\S+\/pkcs11\/sekisho-pkcs11\.so)\n/,
  )[1];
  assert.match(
    machine.chroot('/usr/bin/ldd', module),
    /^\s+linux-vdso\S+ \S+\s+libc\.so\.6 => \S+ \S+\s+\S+ld-linux\S+ \S+\s*$/,
  );
  assert.match(
    readFileSync(machine.path('/usr/share/p11-kit/modules/sekisho.module'), 'utf8'),
    /^module: sekisho-pkcs11\.so$/m,
  );

  const server = '/usr/lib/systemd/system/sekisho-server.service';
  const verified = run('/usr/sbin/chroot', [machine.root, '/usr/bin/systemd-analyze', 'verify', server]);
  assert.equal(verified.code, 0, verified.err);
  assert.doesNotMatch(verified.err, /sekisho/);
  // The example for the gate goes with it.
  const more = machine.path('/etc/systemd/system/sekisho-server.service.d');
  mkdirSync(more, { recursive: true });
  cpSync(machine.path('/usr/share/doc/sekisho/examples/gate.conf'), join(more, 'gate.conf'));
  const gated = run('/usr/sbin/chroot', [machine.root, '/usr/bin/systemd-analyze', 'verify', server]);
  assert.equal(gated.code, 0, gated.err);
  assert.doesNotMatch(gated.err, /sekisho/);
  rmSync(more, { recursive: true });
  const guard = '/usr/lib/systemd/system/sekisho-guard.service';
  const seen = run('/usr/sbin/chroot', [machine.root, '/usr/bin/systemd-analyze', 'verify', guard]);
  assert.equal(seen.code, 0, seen.err);
  assert.doesNotMatch(seen.err, /sekisho/);
  // PAM's module lies where PAM looks, and needs nothing but PAM.
  const [triplet] = must('/usr/bin/dpkg-architecture', ['-qDEB_HOST_MULTIARCH']).trim().split('\n');
  const pam = `/lib/${triplet}/security/pam_sekisho.so`;
  assert.equal(statSync(machine.path(pam)).mode & 0o022, 0);
  assert.doesNotMatch(machine.chroot('/usr/bin/ldd', pam), /stdc\+\+|not found/);
  // Secrets are root's alone, and somebody of their own serves.
  assert.equal(statSync(machine.path('/etc/sekisho/credentials')).mode & 0o777, 0o700);
  assert.match(
    machine.chroot('/usr/bin/getent', 'passwd', 'sekisho'),
    /:\/var\/lib\/sekisho:\/usr\/sbin\/nologin$/m,
  );
  // With its settings as they are shipped it serves.
  machine.live(`
    install -d -o sekisho -g sekisho /var/lib/sekisho
    cd /
    setpriv --reuid sekisho --regid sekisho --clear-groups env -i PATH=/usr/bin:/bin \\
      XDG_DATA_HOME=/var/lib HOME=/var/lib/sekisho SEKISHO_NO_CHECK=true /usr/bin/sekisho serve > /opt/said 2>&1 &
    for try in $(seq 300); do
      curl -sf http://127.0.0.1:8480/readyz > /opt/ready && break
      kill -0 $! || break
      sleep 0.1
    done
    kill $! || true
    wait $! || true
    rm -rf /var/lib/sekisho/*`);
  assert.match(
    readFileSync(machine.path('/opt/ready'), 'utf8'),
    /"ready"/,
    readFileSync(machine.path('/opt/said'), 'utf8'),
  );
  // What was set stays when the package comes anew.
  writeFileSync(machine.path('/etc/sekisho/server.yaml'), 'listen: 127.0.0.1:8499\n');
  machine.chroot('/usr/bin/dpkg', '-i', '/whole.deb');
  assert.match(readFileSync(machine.path('/etc/sekisho/server.yaml'), 'utf8'), /8499/);

  const read = (path) => must('/bin/gzip', ['-dc', machine.path(path)]);
  assert.match(read('/usr/share/man/man1/sekisho.1.gz'), /^\.SH "sekisho serve"$/m);
  assert.match(read('/usr/share/man/ja/man1/sekisho.1.gz'), /^\.SH 説明$/m);
  assert.match(read('/usr/share/man/man1/sekisho-agent.1.gz'), /^\.SH "sekisho\\-agent enrol"$/m);
  const notices = read('/usr/share/doc/sekisho/third-party-licences.gz');
  for (const part of [
    'CLI11',
    'Boost Software License',
    '@mantine/core',
    'echarts',
    'Apache ECharts',
    'wouter',
  ])
    assert.ok(notices.includes(part), part);
  assert.equal(machine.chroot('/usr/bin/sekisho', '--licences').trim(), notices.trim());

  mkdirSync(machine.path('/var/lib/sekisho-agent'), { recursive: true });
  machine.chroot('/usr/bin/dpkg', '--purge', 'sekisho');
  assert.equal(existsSync(machine.path('/usr/bin/sekisho')), false);
  assert.match(machine.chroot('/usr/bin/sekisho-agent', '--version'), /^sekisho-agent /, 'without the rest');
  machine.chroot('/usr/bin/dpkg', '--remove', 'sekisho-agent');
  assert.equal(existsSync(machine.path('/var/lib/sekisho-agent')), true, 'the key stays');
  machine.chroot('/usr/bin/dpkg', '--purge', 'sekisho-agent');
  assert.equal(existsSync(machine.path('/var/lib/sekisho-agent')), false);
  assert.equal(existsSync(machine.path('/usr/bin/sekisho-agent')), false);
});

test('packing the same build again gives the same bytes, and no path of where it was built', (t) => {
  const once = pack();
  const again = packed(folder(t));
  const names = readdirSync(once.folder);
  assert.deepEqual(readdirSync(again.folder), names);
  for (const name of names)
    assert.ok(readFileSync(join(once.folder, name)).equals(readFileSync(join(again.folder, name))), name);
  const sources = new URL('../../src/', import.meta.url).pathname;
  for (const name of ['sekisho', 'sekisho-agent'])
    assert.equal(readFileSync(join(dirname(binary), name)).includes(sources), false, name);
});

test('sums, signature and SBOM are those of the files, by CycloneDX’s own library', async (t) => {
  const { folder: at } = pack();
  const sums = readFileSync(join(at, 'SHA256SUMS'));
  must('/usr/bin/sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: at });
  const said = sums
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.slice(66));
  assert.deepEqual(
    readdirSync(at)
      .filter((name) => !name.startsWith('SHA256SUMS'))
      .sort(),
    said.sort(),
  );
  assert.ok(verify(null, sums, publicKey, readFileSync(join(at, 'SHA256SUMS.sig'))));
  // As docs/operation.md says.
  const known = join(folder(t), 'key.pub');
  writeFileSync(known, publicKey.export({ type: 'spki', format: 'pem' }));
  const openssl = (file) =>
    run('/usr/bin/openssl', [
      'pkeyutl',
      '-verify',
      '-rawin',
      '-pubin',
      '-inkey',
      known,
      '-sigfile',
      join(at, 'SHA256SUMS.sig'),
      '-in',
      file,
    ]);
  assert.equal(openssl(join(at, 'SHA256SUMS')).code, 0);
  assert.notEqual(openssl(join(at, 'sekisho.cdx.json')).code, 0);

  const text = readFileSync(join(at, 'sekisho.cdx.json'), 'utf8');
  const judge = new JsonStrictValidator('1.6');
  assert.equal(await judge.validate(text), null);
  assert.notEqual(await judge.validate(text.replace('"library"', '"books"')), null);
  const bom = JSON.parse(text);
  const refs = new Set(bom.components.map((one) => one['bom-ref']));
  for (const { ref, dependsOn } of bom.dependencies)
    for (const one of [ref, ...dependsOn]) assert.ok(one === 'sekisho' || refs.has(one), one);
  const agent = bom.dependencies.find((one) => one.ref === 'file:sekisho-agent.deb').dependsOn.join(' ');
  assert.match(agent, /deb\/debian\/libssl3@/);
  assert.doesNotMatch(agent, /pkg:npm|libpq/);
  const whole = bom.dependencies.find((one) => one.ref === 'file:sekisho.deb').dependsOn.join(' ');
  for (const part of ['pkg:npm/preact@', 'pkg:npm/%40mantine/core@', 'libpq5@', 'libboost1.81-dev@'])
    assert.ok(whole.includes(part), part);
});

/** What stands for systemctl where no systemd runs: it notes what it is told, and does it to two files. */
const recorder = `#!/bin/sh
echo "$@" >> /units/log
for word in "$@"; do case "$word" in -*) [ "$word" = --now ] && now=1 ;; *) [ -z "$verb" ] && verb=$word ;; esac; done
unit=sekisho-agent.service
case "$*" in *sekisho-server*) unit=sekisho-server.service ;; *sekisho-key*) unit=sekisho-key.service ;; *sekisho-guard*) unit=sekisho-guard.service ;; esac
link=/etc/systemd/system/multi-user.target.wants/$unit
case "$verb" in
  enable) mkdir -p "\${link%/*}"; ln -sf /usr/lib/systemd/system/$unit $link; [ -z "$now" ] || touch /units/$unit ;;
  disable) rm -f $link ;;
  start|restart) touch /units/$unit ;;
  try-restart) ;;
  stop) rm -f /units/$unit ;;
  is-active) [ -e /units/$unit ] ;;
  is-enabled) if [ -L $link ]; then echo enabled; else echo disabled; exit 1; fi ;;
esac
`;

for (const unit of ['sekisho-agent.service', 'sekisho-server.service'])
  test(`${unit} is running after an upgrade if it was before, and is forgotten with the package`, (t) =>
    upgraded(t, unit));

function upgraded(t, unit) {
  const machine = debian(t);
  const packages = pack();
  const at = folder(t);
  const agents = unit === 'sekisho-agent.service';
  const name = agents ? 'sekisho-agent' : 'sekisho';
  rmSync(machine.path('/usr/local/bin/sekisho'), { force: true });
  /** Packages under another version; `change` is given the folder of each before it is packed. */
  const numbered = (part, number, change = () => {}) => {
    const tree = join(at, `${part}-${number}`);
    must('/usr/bin/dpkg-deb', ['-R', packages[part], tree]);
    const fields = join(tree, 'DEBIAN/control');
    writeFileSync(fields, readFileSync(fields, 'utf8').replace(/^Version: .*$/m, `Version: ${number}`));
    change(tree, fields);
    must('/usr/bin/dpkg-deb', ['-Zgzip', '-z1', '-b', tree, machine.path(`/${part}-${number}.deb`)]);
    return `/${part}-${number}.deb`;
  };
  const version = (number) => {
    const file = numbered(agents ? 'agent' : 'whole', number);
    return () => machine.chroot('/usr/bin/dpkg', '-i', file);
  };
  const one = version('1.0');
  const two = version('2.0');
  // As packages were once: one with all units, and what it stops nobody starts.
  const former = numbered('whole', '0.1', (tree, fields) => {
    writeFileSync(fields, readFileSync(fields, 'utf8').replace(/, sekisho-agent \([^)]*\)/, ''));
    for (const one of ['sekisho-agent.service', 'sekisho-key.service'])
      cpSync(new URL(`../../packaging/${one}`, import.meta.url), join(tree, 'usr/lib/systemd/system', one));
    const scripts = {
      prerm: `#!/bin/sh\nif [ -d /run/systemd/system ]; then systemctl stop ${unit} || true; fi\n`,
      postinst: '#!/bin/sh\nif [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi\n',
    };
    for (const [script, text] of Object.entries(scripts))
      writeFileSync(join(tree, 'DEBIAN', script), text, { mode: 0o755 });
  });
  const old = () => machine.chroot('/usr/bin/dpkg', '-i', former);
  // Both, as apt unpacks them: what breaks the former one comes after it was replaced.
  const both = ['whole', 'agent'].map((part) => numbered(part, '1.1'));
  const upgrade = () => machine.chroot('/usr/bin/dpkg', '-i', ...both);
  mkdirSync(machine.path('/units'));
  mkdirSync(machine.path('/run/systemd/system'), { recursive: true });
  rmSync(machine.path('/usr/sbin/policy-rc.d'), { force: true });
  rmSync(machine.path('/usr/bin/systemctl'));
  writeFileSync(machine.path('/usr/bin/systemctl'), recorder, { mode: 0o755 });
  const systemctl = (...words) => machine.chroot('/usr/bin/systemctl', ...words, unit);
  const active = () => existsSync(machine.path(`/units/${unit}`));
  const enabled = () =>
    run('/usr/sbin/chroot', [machine.root, '/usr/bin/systemctl', 'is-enabled', unit]).code === 0;
  /** What systemctl was told meanwhile that changes something. */
  const told = (what) => {
    writeFileSync(machine.path('/units/log'), '');
    what();
    return readFileSync(machine.path('/units/log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes(unit) && /start|stop/.test(line))
      .map((line) => /\b(\w+-)?(re)?(start|stop)\b/.exec(line)[0]);
  };

  // The server's package needs the agent's.
  if (!agents) machine.chroot('/usr/bin/dpkg', '-i', numbered('agent', '0.9'));
  assert.deepEqual(told(one), [], 'whoever enrols it starts it');
  assert.equal(enabled(), false);
  systemctl('enable', '--now');
  assert.deepEqual(told(two), ['restart'], 'it works until the new one takes over');
  assert.deepEqual([active(), enabled()], [true, true]);
  systemctl('disable');
  assert.deepEqual(
    told(() =>
      machine.chroot('/usr/bin/dpkg', '--force-downgrade', '-i', `/${agents ? 'agent' : 'whole'}-1.0.deb`),
    ),
    ['restart'],
    'started by hand',
  );
  systemctl('stop');
  assert.deepEqual(told(two), [], 'what is off stays off');
  systemctl('enable', '--now');

  mkdirSync(machine.path('/var/lib/sekisho-agent'), { recursive: true });
  assert.deepEqual(
    told(() => machine.chroot('/usr/bin/dpkg', '--remove', name)),
    ['stop'],
  );
  assert.deepEqual([active(), enabled()], [false, false]);
  assert.equal(existsSync(machine.path('/var/lib/sekisho-agent')), true, 'the key stays');
  assert.deepEqual(told(two), [], 'it is nobody’s until it is enabled again');
  systemctl('enable', '--now');
  machine.chroot('/usr/bin/dpkg', '--purge', name);
  assert.deepEqual([active(), enabled()], [false, false]);
  assert.equal(
    existsSync(machine.path('/var/lib/sekisho-agent')),
    !agents,
    'the agent’s is its own package’s',
  );
  if (!agents) machine.chroot('/usr/bin/dpkg', '--purge', 'sekisho-agent');
  assert.equal(
    must('/usr/bin/find', [
      machine.path('/etc/systemd'),
      machine.path('/var/lib/systemd'),
      '-name',
      '*sekisho*',
    ]),
    '',
    'no trace of its unit',
  );

  old();
  systemctl('enable', '--now');
  assert.deepEqual(told(upgrade), ['stop', 'restart']);
  assert.deepEqual([active(), enabled()], [true, true]);
  if (!agents) return;
  // From the package with the agent in it that let it run, and that is taken away later.
  machine.chroot('/usr/bin/dpkg', '--purge', 'sekisho', 'sekisho-agent');
  machine.chroot(
    '/usr/bin/dpkg',
    '-i',
    numbered('whole', '0.1.1', (tree, fields) => {
      writeFileSync(fields, readFileSync(fields, 'utf8').replace(/, sekisho-agent \([^)]*\)/, ''));
      cpSync(new URL(`../../packaging/${unit}`, import.meta.url), join(tree, 'usr/lib/systemd/system', unit));
    }),
  );
  systemctl('enable', '--now');
  assert.deepEqual(told(upgrade), ['restart'], 'it ran until the new one took over');
  assert.deepEqual(
    told(() => machine.chroot('/usr/bin/dpkg', '--purge', 'sekisho')),
    [],
  );
  assert.deepEqual([active(), enabled()], [true, true]);
}

test('the unit lets the agent do all that it does, and little else', (t) => {
  const unit = readFileSync(new URL('../../packaging/sekisho-agent.service', import.meta.url), 'utf8');
  const exposure = must('/usr/bin/systemd-analyze', [
    'security',
    '--offline=true',
    new URL('../../packaging/sekisho-agent.service', import.meta.url).pathname,
  ]);
  assert.ok(Number(/exposure level for \S+: ([\d.]+)/.exec(exposure)[1]) <= 3.3, exposure);

  const allowed = new Set();
  const add = (set, to) => {
    for (const line of must('/usr/bin/systemd-analyze', ['syscall-filter', set]).split('\n').slice(1)) {
      const name = line.trim();
      if (name.startsWith('@')) add(name, to);
      else if (name && !name.startsWith('#')) to(name);
    }
  };
  for (const [, minus, sets] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm))
    for (const set of sets.split(' '))
      (set.startsWith('@') ? add : (name, to) => to(name))(set, (name) =>
        minus ? allowed.delete(name) : allowed.add(name),
      );
  if (/^ProtectClock=yes/m.test(unit)) add('@clock', (name) => allowed.delete(name));
  assert.ok(allowed.has('openat') && !allowed.has('setuid'));
  // All that a check does, with the programs that it runs.
  const at = folder(t);
  const trace = join(at, 'trace');
  run('/usr/bin/strace', ['-f', '-qq', '-o', trace, binary, 'check'], {
    env: { LANG: 'C.UTF-8', XDG_DATA_HOME: at, HOME: at },
  });
  const used = new Set([...readFileSync(trace, 'utf8').matchAll(/^\d+ +(\w+)\(/gm)].map(([, name]) => name));
  assert.ok(used.size > 40, [...used].join(' '));
  // sshd -T gives up its groups where it may, and goes on where it may not; sudo -l answers nothing
  // where it may not become another, and its files decide.
  used.delete('setgroups');
  used.delete('setresuid');
  assert.deepEqual([...used].filter((name) => !allowed.has(name)).sort(), []);
});

test('lintian has nothing to say of the packages', (t) => {
  const { whole, agent } = pack();
  const judged = run(
    '/usr/bin/lintian',
    ['--fail-on', 'error,warning', '--no-tag-display-limit', whole, agent],
    {
      env: { HOME: folder(t), LANG: 'C.UTF-8' },
    },
  );
  assert.equal(judged.code, 0, judged.out + judged.err);
  assert.equal(judged.out.trim(), '');
});

test('no two units share a folder that one of them takes away', () => {
  const here = new URL('../../packaging/', import.meta.url);
  const folders = readdirSync(here)
    .filter((name) => name.endsWith('.service'))
    .flatMap((name) =>
      [...readFileSync(new URL(name, here), 'utf8').matchAll(/^(?:Runtime|State)Directory=.*$/gm)].map(
        ([line]) => line,
      ),
    );
  assert.ok(folders.length >= 4);
  assert.equal(new Set(folders).size, folders.length, folders.join(' '));
});

test('the unit of the server gives it its folder and the network, and little else', () => {
  const unit = new URL('../../packaging/sekisho-server.service', import.meta.url).pathname;
  const exposure = must('/usr/bin/systemd-analyze', ['security', '--offline=true', unit]);
  assert.ok(Number(/exposure level for \S+: ([\d.]+)/.exec(exposure)[1]) <= 2.0, exposure);
});
