// SPDX-License-Identifier: Apache-2.0
// Checks on systems that really run: real accounts, servers, rules and mounts, changed by the real
// tools, in network and mount namespaces and in a writable copy of this system.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { system } from './live.mjs';
import { atEnd, check, folder, must, run } from './sekisho.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `good()` holds, at most ten seconds. */
async function until(good, what) {
  for (let i = 0; i < 200; ++i) {
    if (good()) return;
    await sleep(50);
  }
  throw new Error(`waited in vain for ${what}`);
}

let spaces = 0;
/** A network of its own, with an address that others could reach. */
function network(t) {
  const name = `sekisho-${process.pid}-${++spaces}`;
  must('/usr/sbin/ip', ['netns', 'add', name]);
  atEnd(t, () => run('/usr/sbin/ip', ['netns', 'del', name]));
  const inside = (...args) => must('/usr/sbin/ip', ['netns', 'exec', name, ...args]);
  inside('/usr/sbin/ip', 'link', 'set', 'lo', 'up');
  inside('/usr/sbin/ip', 'link', 'add', 'eth9', 'type', 'veth', 'peer', 'name', 'eth8');
  inside('/usr/sbin/ip', 'address', 'add', '192.0.2.1/24', 'dev', 'eth9');
  for (const end of ['eth8', 'eth9']) inside('/usr/sbin/ip', 'link', 'set', end, 'up');
  return {
    inside,
    check: () => check('/nonexistent', [], { before: ['/usr/sbin/ip', 'netns', 'exec', name] }),
    listening: (port) =>
      run('/usr/sbin/ip', ['netns', 'exec', name, '/usr/bin/ss', '-Hltn', `sport = :${port}`]).out !== '',
    start(program, ...args) {
      const child = spawn('/usr/sbin/ip', ['netns', 'exec', name, program, ...args], { stdio: 'ignore' });
      let ended = false;
      const gone = new Promise((resolve) =>
        child.on('exit', () => {
          ended = true;
          resolve();
        }),
      );
      const stop = async () => {
        if (!ended) {
          child.kill();
          await gone;
        }
      };
      atEnd(t, stop);
      return stop;
    },
  };
}

test('accounts: real useradd, passwd and usermod flip the verdicts', (t) => {
  const machine = system(t);
  machine.chroot('/usr/sbin/useradd', '-m', '-s', '/bin/bash', 'hanako');
  machine.chroot('/bin/chmod', '750', '/home/hanako');
  const before = machine.check();
  assert.equal(before.verdict('empty-passwords'), 'pass');
  machine.chroot('/usr/bin/passwd', '-d', 'hanako');
  assert.match(machine.check().fact('empty-passwords'), /hanako/);
  machine.chroot('/usr/bin/passwd', '-l', 'hanako');
  assert.equal(machine.check().verdict('uid-zero'), 'pass');
  machine.chroot('/usr/sbin/useradd', '-o', '-u', '0', 'shadow-root');
  assert.match(machine.check().fact('uid-zero'), /shadow-root/);
  machine.chroot('/usr/sbin/usermod', '-aG', 'disk', 'hanako');
  assert.match(machine.check().fact('privileged-groups'), /hanako \(disk\)/);
  machine.chroot('/bin/chmod', '755', '/home/hanako');
  assert.match(machine.check().fact('home-permissions'), /\/home\/hanako \(0755\)/);
});

test('ssh keys: real ssh-keygen with and without a passphrase', (t) => {
  const machine = system(t);
  machine.chroot('/usr/sbin/useradd', '-m', '-s', '/bin/bash', 'taro');
  machine.chroot('/bin/mkdir', '-m', '700', '/home/taro/.ssh');
  machine.chroot(
    '/usr/bin/ssh-keygen',
    '-q',
    '-t',
    'ed25519',
    '-N',
    'a passphrase',
    '-f',
    '/home/taro/.ssh/id_ed25519',
  );
  assert.equal(machine.check().verdict('ssh-keys'), 'pass', machine.check().fact('ssh-keys'));
  machine.chroot(
    '/usr/bin/ssh-keygen',
    '-q',
    '-p',
    '-P',
    'a passphrase',
    '-N',
    '',
    '-f',
    '/home/taro/.ssh/id_ed25519',
  );
  assert.match(machine.check().fact('ssh-keys'), /without a passphrase/);
});

test('sshd: the settings are those that sshd -T gives', (t) => {
  const machine = system(t);
  machine.chroot('/usr/bin/ssh-keygen', '-A');
  machine.chroot('/bin/mkdir', '-p', '/run/sshd');
  const config = machine.path('etc/ssh/sshd_config.d/00-test.conf');
  const effective = () =>
    Object.fromEntries(
      machine
        .chroot('/usr/sbin/sshd', '-T')
        .split('\n')
        .map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]),
    );
  for (const lines of [
    '',
    'PermitRootLogin yes\n',
    'permitrootlogin no\nPermitRootLogin yes\n',
    'PasswordAuthentication no\nKbdInteractiveAuthentication no\n',
    'PasswordAuthentication "no"\nUsePAM yes\nKbdInteractiveAuthentication yes\n',
    'MaxAuthTries 3\n',
    'MaxAuthTries=9\n',
    'Ciphers +aes128-cbc\n',
    'MACs hmac-md5\n',
    'Match all\nMaxAuthTries 2\n',
  ]) {
    writeFileSync(config, lines);
    const real = effective();
    const report = machine.check();
    assert.equal(report.verdict('ssh-root-login'), real.permitrootlogin === 'yes' ? 'fail' : 'pass', lines);
    const passwords =
      real.passwordauthentication === 'yes' ||
      (real.kbdinteractiveauthentication === 'yes' && real.usepam === 'yes');
    assert.equal(report.verdict('ssh-passwords'), passwords ? 'fail' : 'pass', lines);
    assert.equal(report.verdict('ssh-tries'), Number(real.maxauthtries) > 4 ? 'fail' : 'pass', lines);
    assert.equal(
      report.verdict('ssh-ciphers'),
      /cbc|md5/.test(real.ciphers + real.macs) ? 'fail' : 'pass',
      lines,
    );
  }
});

test('pam: real pam-auth-update turns the password checks on', (t) => {
  const machine = system(t);
  const profile = (name, text) => writeFileSync(machine.path(`usr/share/pam-configs/${name}`), text);
  assert.equal(machine.check().verdict('password-lockout'), 'fail');
  profile(
    'faillock',
    'Name: lock\nDefault: yes\nPriority: 0\nAuth-Type: Primary\nAuth:\n\t[default=die] pam_faillock.so authfail deny=5\n',
  );
  profile(
    'faillock_notify',
    'Name: notify\nDefault: yes\nPriority: 1024\nAuth-Type: Primary\nAuth:\n\trequisite pam_faillock.so preauth deny=5\n',
  );
  machine.chroot('/usr/sbin/pam-auth-update', '--package', '--force');
  assert.equal(machine.check().verdict('password-lockout'), 'pass', machine.check().fact('password-lockout'));
  profile(
    'pwquality',
    'Name: quality\nDefault: yes\nPriority: 1024\nPassword-Type: Primary\nPassword:\n\trequisite pam_pwquality.so retry=3 minlen=12\n',
  );
  machine.chroot('/usr/sbin/pam-auth-update', '--package', '--force');
  assert.equal(machine.check().verdict('password-quality'), 'pass', machine.check().fact('password-quality'));
});

test('packages: what is pending agrees with apt itself', (t) => {
  const simulated = run('/usr/bin/apt-get', ['-s', '-o', 'Debug::NoLocking=1', 'dist-upgrade'], {
    env: { LC_ALL: 'C' },
  }).out;
  const lines = simulated.split('\n').filter((line) => line.startsWith('Inst '));
  const all = new Set(lines.map((line) => line.split(' ')[1]));
  const security = lines.filter((line) => /[Ss]ecurity/.test(line)).length;
  const report = check('/nonexistent');
  const fact = report.fact('security-updates');
  const count = Number(/^(\d+) security/.exec(fact)?.[1] ?? 0);
  assert.ok(['pass', 'fail'].includes(report.verdict('security-updates')), fact);
  assert.ok(count <= all.size, `${fact}, apt would install ${all.size}`);
  // apt may offer a newer version from another archive, or hold a package back; security is ours to name.
  assert.ok(count >= security || security === 0, `${fact}, apt names ${security} from security`);
  for (const name of /installed: ([^(]*)/
    .exec(fact)?.[1]
    .split(', ')
    .map((n) => n.trim())
    .filter(Boolean) ?? [])
    assert.ok(all.has(name), name);
});

test('packages: a package that dpkg removes is no longer there', (t) => {
  const machine = system(t);
  assert.notEqual(
    machine.check().verdict('software-remote-desktop'),
    'not_applicable',
    'xrdp and FreeRDP are installed for these tests',
  );
  machine.chroot(
    '/usr/bin/dpkg',
    '--purge',
    '--force-depends',
    'xrdp',
    'freerdp2-x11',
    'freerdp2-shadow-x11',
  );
  const report = machine.check();
  assert.equal(report.verdict('software-remote-desktop'), 'not_applicable');
  assert.equal(report.verdict('xrdp-settings'), 'not_applicable');
});

test('xrdp: the settings that Debian ships, and weaker ones', (t) => {
  const machine = system(t);
  // "negotiate": as secure as the other side and the key's permissions let it be.
  assert.equal(machine.check().verdict('xrdp-settings'), 'unknown');
  for (const [layer, verdict] of [
    ['tls', 'pass'],
    ['rdp', 'fail'],
  ]) {
    machine.chroot('/bin/sed', '-i', `s/^security_layer=.*/security_layer=${layer}/`, '/etc/xrdp/xrdp.ini');
    assert.equal(machine.check().verdict('xrdp-settings'), verdict);
  }
});

test('listening: real servers, reachable and on loopback only', async (t) => {
  const net = network(t);
  const at = folder(t);
  const before = net.check();
  for (const id of [
    'listening-remote-desktop',
    'listening-file-sharing',
    'listening-database',
    'listening-legacy',
  ])
    assert.equal(before.verdict(id), 'pass', id);

  const stopLocal = net.start(
    '/usr/bin/redis-server',
    '--port',
    '6379',
    '--bind',
    '127.0.0.1',
    '--dir',
    at,
    '--save',
    '',
  );
  await until(() => net.listening(6379), 'redis');
  assert.equal(net.check().verdict('listening-database'), 'pass');
  await stopLocal();
  net.start(
    '/usr/bin/redis-server',
    '--port',
    '6379',
    '--bind',
    '0.0.0.0',
    '--protected-mode',
    'yes',
    '--dir',
    at,
    '--save',
    '',
  );
  await until(() => net.listening(6379), 'redis');
  assert.match(net.check().fact('listening-database'), /Redis \(6379\/tcp\)/);

  writeFileSync(
    join(at, 'rsyncd.conf'),
    `use chroot = no\npid file = ${at}/rsyncd.pid\n[data]\npath = ${at}\n`,
  );
  net.start('/usr/bin/rsync', '--daemon', '--no-detach', `--config=${at}/rsyncd.conf`);
  await until(() => net.listening(873), 'rsync');
  assert.match(net.check().fact('listening-file-sharing'), /rsync/);

  writeFileSync(
    join(at, 'vsftpd.conf'),
    'listen=YES\nbackground=NO\nanonymous_enable=NO\nlocal_enable=YES\n',
  );
  mkdirSync('/var/run/vsftpd/empty', { recursive: true });
  net.start('/usr/sbin/vsftpd', join(at, 'vsftpd.conf'));
  await until(() => net.listening(21), 'vsftpd');
  assert.match(net.check().fact('listening-legacy'), /FTP/);

  must('/bin/cp', ['-r', '/etc/xrdp/.', at]);
  must('/usr/bin/openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=x',
    '-keyout',
    join(at, 'key.pem'),
    '-out',
    join(at, 'cert.pem'),
  ]);
  let ini = readFileSync(join(at, 'xrdp.ini'), 'utf8')
    .replace(/^certificate=.*/m, `certificate=${at}/cert.pem`)
    .replace(/^key_file=.*/m, `key_file=${at}/key.pem`)
    .replace(/^fork=.*/m, 'fork=false');
  writeFileSync(join(at, 'xrdp.ini'), ini);
  net.start('/usr/sbin/xrdp', '--nodaemon', '--config', join(at, 'xrdp.ini'));
  await until(() => net.listening(3389), 'xrdp');
  assert.match(net.check().fact('listening-remote-desktop'), /RDP \(3389\/tcp\)/);
});

test('firewall: real rules of nftables and iptables', (t) => {
  const net = network(t);
  assert.equal(net.check().verdict('firewall'), 'fail');
  net.inside(
    '/usr/sbin/nft',
    'add table inet f; add chain inet f input { type filter hook input priority 0; policy drop; }',
  );
  assert.equal(net.check().verdict('firewall'), 'pass', net.check().fact('firewall'));
  net.inside('/usr/sbin/nft', 'flush ruleset');
  net.inside(
    '/usr/sbin/nft',
    'add table inet f; add chain inet f input { type filter hook input priority 0; policy accept; }; add rule inet f input tcp dport 22 accept',
  );
  assert.equal(net.check().verdict('firewall'), 'fail');
  net.inside('/usr/sbin/nft', 'add rule inet f input counter reject');
  assert.equal(net.check().verdict('firewall'), 'pass');
  net.inside('/usr/sbin/nft', 'flush ruleset');
  net.inside('/usr/sbin/iptables', '-P', 'INPUT', 'DROP');
  net.inside('/usr/sbin/ip', '-6', 'address', 'add', '2001:db8::1/64', 'dev', 'eth9', 'nodad');
  assert.match(net.check().fact('firewall'), /IPv6/);
  net.inside('/usr/sbin/ip6tables', '-P', 'INPUT', 'DROP');
  assert.equal(net.check().verdict('firewall'), 'pass');
});

test('firewall: without the right to read the rules it is unknown', (t) => {
  const report = check('/nonexistent', [], {
    before: ['/usr/bin/setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
  });
  assert.equal(report.verdict('firewall'), 'unknown', report.fact('firewall'));
});

test('kernel settings: real sysctl in a network of its own', (t) => {
  const net = network(t);
  const set = (value, of = '*') =>
    net.inside(
      '/bin/sh',
      '-c',
      `for f in /proc/sys/net/ipv4/conf/${of}/*_redirects /proc/sys/net/ipv4/conf/${of}/accept_source_route /proc/sys/net/ipv6/conf/${of}/accept_redirects /proc/sys/net/ipv6/conf/${of}/accept_source_route; do echo ${value} > $f; done`,
    );
  set(0);
  assert.equal(net.check().verdict('network-hardening'), 'pass', net.check().fact('network-hardening'));
  // One interface is enough for the kernel to obey.
  set(1, 'eth9');
  assert.match(net.check().fact('network-hardening'), /eth9.accept_redirects=1/);
});

test('/tmp: real mounts in a namespace', () => {
  // The program is opened first, for it may lie below the /tmp that the mount hides.
  const mounted = (options) =>
    check('/nonexistent', [], {
      before: [
        '/usr/bin/unshare',
        '-m',
        '/bin/sh',
        '-c',
        `exec 9< "$0" && mount -t tmpfs -o ${options} tmpfs /tmp && exec /proc/self/fd/9 "$@"`,
      ],
    });
  assert.equal(mounted('mode=1777,nosuid,nodev').verdict('tmp-protection'), 'pass');
  assert.match(mounted('mode=1777').fact('tmp-protection'), /lacks nosuid/);
  assert.match(mounted('mode=0777,nosuid,nodev').fact('tmp-protection'), /no sticky bit/);
});

test('trust: a real authority added with update-ca-certificates', (t) => {
  const machine = system(t);
  // Without what whoever made this machine has laid there.
  machine.chroot(
    '/bin/sh',
    '-c',
    'rm -rf /usr/local/share/ca-certificates/*; find /etc/ssl/certs -maxdepth 1 -type f ! -name ca-certificates.crt -delete',
  );
  machine.chroot('/usr/sbin/update-ca-certificates', '--fresh');
  assert.equal(machine.check().verdict('https-trust'), 'pass');
  machine.chroot(
    '/usr/bin/openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=Spy',
    '-keyout',
    '/tmp/k',
    '-out',
    '/usr/local/share/ca-certificates/spy.crt',
  );
  assert.match(machine.check().fact('https-trust'), /spy\.crt/);
  // What no file brought stays in the bundle when the file is gone.
  machine.chroot('/usr/sbin/update-ca-certificates');
  machine.chroot('/bin/rm', '/usr/local/share/ca-certificates/spy.crt');
  assert.match(machine.check().fact('https-trust'), /ca-certificates\.crt \(1\)/);
});

test('services: real systemctl enable and mask', (t) => {
  const machine = system(t);
  mkdirSync(machine.path('usr/lib/systemd/system'), { recursive: true });
  writeFileSync(
    machine.path('usr/lib/systemd/system/usbguard.service'),
    '[Service]\nExecStart=/usr/sbin/usbguard-daemon -f -s -c /etc/usbguard/usbguard-daemon.conf\n[Install]\nWantedBy=basic.target\n',
  );
  writeFileSync(machine.path('usr/sbin/usbguard-daemon'), '', { mode: 0o755 });
  mkdirSync(machine.path('etc/usbguard'), { recursive: true });
  writeFileSync(machine.path('etc/usbguard/usbguard-daemon.conf'), 'ImplicitPolicyTarget=block\n');
  run('/bin/systemctl', ['--root', machine.root, 'enable', 'usbguard.service']);
  const report = machine.check();
  // Machines without systemctl make the same link by hand.
  if (report.verdict('usb-storage') !== 'pass') {
    mkdirSync(machine.path('etc/systemd/system/basic.target.wants'), { recursive: true });
    machine.chroot(
      '/bin/ln',
      '-s',
      '/usr/lib/systemd/system/usbguard.service',
      '/etc/systemd/system/basic.target.wants/usbguard.service',
    );
  }
  assert.equal(machine.check().verdict('usb-storage'), 'pass');
});

test('services: what the running systemd and resolved say decides over their files', (t) => {
  const machine = system(t);
  const write = (name, text, mode = 0o644) => {
    mkdirSync(dirname(machine.path(name)), { recursive: true });
    rmSync(machine.path(name), { force: true });
    writeFileSync(machine.path(name), text, { mode });
  };
  const unit = (program, target) =>
    `[Service]\nType=exec\nExecStart=${program}\n[Install]\nWantedBy=${target}\n`;
  write('etc/usbguard/usbguard-daemon.conf', 'ImplicitPolicyTarget=block\n', 0o600);
  write(
    'usr/lib/systemd/system/usbguard.service',
    unit('/usr/sbin/usbguard-daemon -f -s -c /etc/usbguard/usbguard-daemon.conf', 'basic.target'),
  );
  write(
    'usr/lib/systemd/system/systemd-resolved.service',
    unit('/lib/systemd/systemd-resolved', 'sysinit.target'),
  );
  for (const program of ['usr/sbin/usbguard-daemon', 'lib/systemd/systemd-resolved'])
    write(program, '', 0o755);
  for (const [target, name] of [
    ['basic', 'usbguard'],
    ['sysinit', 'systemd-resolved'],
  ])
    write(`etc/systemd/system/${target}.target.wants/${name}.service`, '');
  write('etc/systemd/resolved.conf', '[Resolve]\nDNSOverTLS=yes\n');
  write('run/systemd/resolve/stub-resolv.conf', 'nameserver 127.0.0.53\n');
  write('usr/bin/systemctl', '#!/bin/sh\ncat /opt/units\n', 0o755);
  write('usr/bin/resolvectl', '#!/bin/sh\ncat /opt/links\n', 0o755);
  const states = {
    good: ['ActiveState=active\nNeedDaemonReload=no\n', 'Global: yes\nLink 2 (eth0): yes\n'],
    stopped: ['ActiveState=inactive\nNeedDaemonReload=no\n', 'Global: yes\nLink 2 (eth0): yes\n'],
    failed: ['ActiveState=failed\nNeedDaemonReload=no\n', 'Global: yes\n'],
    changed: ['ActiveState=active\nNeedDaemonReload=yes\n', 'Global: yes\n'],
    silent: ['', ''],
    clear: ['ActiveState=active\nNeedDaemonReload=no\n', 'Global: yes\nLink 2 (eth0): opportunistic\n'],
    mixed: [
      'NeedDaemonReload=no\nActiveState=active\n',
      'Global: yes\nLink 2 (eth0): no\nLink 3 (wg0): yes\n',
    ],
  };
  for (const [name, [units, links]] of Object.entries(states)) {
    write(`opt/${name}.units`, units);
    write(`opt/${name}.links`, links);
  }
  const { saw } = machine.live(`
    mkdir -p /run/systemd/system /run/systemd/resolve
    rm -f /etc/resolv.conf; echo nameserver 127.0.0.53 > /etc/resolv.conf
    for one in ${Object.keys(states).join(' ')}; do
      cp /opt/$one.units /opt/units; cp /opt/$one.links /opt/links; look $one
    done`);
  const all = Object.fromEntries(
    Object.keys(states).map((name) => [
      name,
      [saw(name).verdict('usb-storage'), saw(name).verdict('dns-protection')],
    ]),
  );
  assert.deepEqual(all, {
    good: ['pass', 'pass'],
    stopped: ['unknown', 'unknown'],
    failed: ['unknown', 'unknown'],
    changed: ['unknown', 'unknown'],
    silent: ['unknown', 'unknown'],
    clear: ['pass', 'fail'],
    mixed: ['pass', 'fail'],
  });
});

test('wifi: what NetworkManager answers about the network in use', (t) => {
  // No Wi-Fi can be had here: nmcli is a program of the test that prints what the real one does.
  const machine = system(t);
  mkdirSync(machine.path('usr/bin'), { recursive: true });
  must('/bin/mount', ['-t', 'tmpfs', 'tmpfs', machine.path('sys')]);
  mkdirSync(machine.path('sys/class/net/wlan0/wireless'), { recursive: true });
  const answers = (line) => {
    writeFileSync(machine.path('usr/bin/nmcli'), `#!/bin/sh\nprintf '%s\\n' '${line}'\n`);
    chmodSync(machine.path('usr/bin/nmcli'), 0o755);
    return machine.check();
  };
  assert.equal(answers('*:home:WPA3').verdict('wifi-in-use'), 'pass');
  assert.match(answers('*:cafe:').fact('wifi-in-use'), /'cafe' is not encrypted/);
  assert.match(answers('*:old:WEP').fact('wifi-in-use'), /old, weak method/);
  assert.equal(answers(' :near:WPA2').verdict('wifi-in-use'), 'not_applicable');
});

test('sudo: real rules, as sudo itself reads them', (t) => {
  const machine = system(t);
  mkdirSync(machine.path('etc/sudoers.d'), { recursive: true });
  if (machine.check().verdict('sudo-passwordless') === 'not_applicable') {
    writeFileSync(machine.path('usr/bin/sudo'), '');
    writeFileSync(machine.path('etc/sudoers'), 'root ALL=(ALL:ALL) ALL\n');
  }
  const plain = machine.check();
  appendFileSync(machine.path('etc/sudoers.d/90-test'), 'hanako ALL=(ALL) NOPASSWD: ALL\n');
  assert.match(machine.check().fact('sudo-passwordless'), /hanako/);
  assert.ok(['pass', 'fail'].includes(plain.verdict('sudo-passwordless')));
});

test('umask: the verdict is that of a real sign-in', (t) => {
  const machine = system(t);
  machine.chroot('/usr/sbin/useradd', '-m', '-s', '/bin/bash', 'hanako');
  const defs = machine.path('etc/login.defs');
  writeFileSync(defs, readFileSync(defs, 'utf8').replace(/^\s*UMASK.*$/gm, '') + 'UMASK 027\n');
  const stack = machine.path('etc/pam.d/common-session');
  const plain = readFileSync(stack, 'utf8');
  const profile = machine.path('home/hanako/.profile');
  const before = readFileSync(profile, 'utf8');
  const seen = [];
  for (const [session, own, gecos] of [
    ['', '', ''],
    ['session optional pam_umask.so\n', '', ''],
    ['session optional pam_umask.so\n', 'umask 022\n', ''],
    ['session optional pam_umask.so\n', '', 'umask=022'],
    ['session [default=1] pam_permit.so\nsession optional pam_umask.so\n', '', ''],
    ['-session optional pam_absent.so\nsession optional pam_umask.so umask=077\n', '', ''],
  ]) {
    writeFileSync(stack, plain + session);
    writeFileSync(profile, before + own);
    machine.chroot('/usr/sbin/usermod', '-c', gecos, 'hanako');
    const real = machine.chroot('/usr/bin/su', '-l', 'hanako', '-c', 'umask').trim();
    const closed = (Number(real.at(-1)) & 6) === 6;
    const report = machine.check();
    assert.equal(report.verdict('umask'), closed ? 'pass' : 'fail', `${real}: ${report.fact('umask')}`);
    seen.push(closed);
  }
  assert.deepEqual(seen, [false, true, false, false, false, true]);
});

test('su: PAM lets nobody by unseen', (t) => {
  const machine = system(t);
  machine.chroot('/usr/sbin/useradd', '-m', '-s', '/bin/bash', 'hanako');
  const stack = machine.path('etc/pam.d/su');
  const plain = readFileSync(stack, 'utf8');
  for (const [line, open] of [
    ['', false],
    ['auth sufficient pam_permit.so\n', true],
    ['auth sufficient pam_wheel.so trust group=hanako\n', true],
    ['-auth sufficient pam_absent.so\n', false],
  ]) {
    writeFileSync(stack, line + plain);
    const real = run('/usr/sbin/chroot', [
      machine.root,
      '/usr/sbin/runuser',
      '-u',
      'hanako',
      '--',
      '/bin/su',
      '-c',
      'true',
    ]);
    assert.equal(real.code === 0, open, line);
    assert.equal(machine.check().verdict('sudo-passwordless') === 'fail', open, line);
  }
});

test('GNOME: the real gsettings with an administrator’s defaults', (t) => {
  const machine = system(t);
  mkdirSync(machine.path('usr/share/wayland-sessions'), { recursive: true });
  writeFileSync(machine.path('usr/share/wayland-sessions/gnome.desktop'), '');
  const defaults = (text) => {
    writeFileSync(machine.path('usr/share/glib-2.0/schemas/99_test.gschema.override'), text);
    machine.chroot('/usr/bin/glib-compile-schemas', '/usr/share/glib-2.0/schemas');
    return machine.check();
  };
  const sound = defaults(
    '[org.gnome.desktop.session]\nidle-delay=300\n[org.gnome.desktop.media-handling]\nautorun-never=true\n',
  );
  assert.match(sound.fact('screen-lock'), /within 5 minutes/);
  assert.equal(sound.verdict('automount'), 'pass', sound.fact('automount'));
  assert.match(defaults('[org.gnome.desktop.session]\nidle-delay=3600\n').fact('screen-lock'), /60 minutes/);
  assert.match(defaults('[org.gnome.desktop.session]\nidle-delay=0\n').fact('screen-lock'), /never locks/);
  const loose = defaults(
    '[org.gnome.desktop.screensaver]\nlock-enabled=false\n[org.gnome.desktop.media-handling]\nautorun-never=false\nautomount-open=true\n',
  );
  assert.match(loose.fact('screen-lock'), /does not lock by itself/);
  assert.equal(loose.verdict('automount'), 'fail');
});
