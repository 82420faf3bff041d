// SPDX-License-Identifier: Apache-2.0
// The fixes that data/checks gives for Debian, run as they stand, each on a writable copy of this
// system that runs by itself: its check fails before and passes after, and what a fix could break
// still works. A step that is neither run here nor has its reason below fails the last test.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import test from 'node:test';
import { brings, debianPrograms } from './fixes.mjs';
import { system } from './live.mjs';
import { check, folder, run } from './sekisho.mjs';

const seen = check('/nonexistent').checks.filter((one) => !one.asked);
const stepsOf = (id) =>
  seen
    .find((one) => one.id === id)
    .fix.filter((step) => step.run)
    .map((step) => step.run);

/** Steps that aren't run by any case, and why. */
const reasons = {
  'cat /etc/os-release': 'shows where one is; the upgrade itself replaces the system',
  'sudo systemctl reboot': 'needs a machine to start again',
  'mokutil --sb-state': 'shows what the firmware says; only its settings page changes it',
  'nmcli device wifi list': 'needs a Wi-Fi device',
  'nmcli connection show': 'needs NetworkManager running',
  'nmcli connection delete NAME': 'needs NetworkManager running',
  'sudo apt-get install -y apparmor apparmor-utils && sudo systemctl enable --now apparmor':
    'the kernel decides at its start whether AppArmor is on',
};

const passwd = 'printf "gM7!kaedeKoyo\\ngM7!kaedeKoyo\\n"';
const user = 'useradd -m -s /bin/bash hanako; ';
const listens = (port) =>
  `for i in $(seq 200); do ss -Hltn | grep -q ':${port} ' && break; sleep 0.05; done; ss -Hltn | grep -q ':${port} '; `;
const outside =
  'ip link add eth9 type veth peer name eth8; ip address add 192.0.2.1/24 dev eth9; ip link set eth9 up; ';

/** By check: how it is wrong before, what stands for USER and the like in its steps, what a person
 * does by hand after them as its words say, and what must hold then. */
const cases = {
  'empty-passwords': {
    before: `${user} passwd -d hanako`,
    names: /hanako/,
    fill: { USER: 'hanako' },
    proof: 'passwd -S hanako | grep " L "',
  },
  'uid-zero': {
    before: 'useradd -o -u 0 shadow-root',
    names: /shadow-root/,
    shows: 'shadow-root',
    by_hand: "sed -i '/^shadow-root:/d' /etc/passwd",
  },
  'sudo-passwordless': {
    before: `${user} echo 'hanako ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/90-cloud
      printf '#!/bin/sh\\nfor last; do :; done; sed -i "s/NOPASSWD: //" "$last"\\n' > /usr/bin/editor.new
      chmod 755 /usr/bin/editor.new; chmod 440 /etc/sudoers.d/90-cloud; mv -f /usr/bin/editor.new /usr/bin/editor`,
    names: /sudoers.d\/90-cloud/,
    shows: '/etc/sudoers.d/90-cloud:1:',
    fill: { FILE: '/etc/sudoers.d/90-cloud' },
    proof: 'visudo -c; sudo true; sudo -l -U hanako | grep "(ALL) ALL"',
  },
  'privileged-groups': {
    before: `${user} usermod -aG disk,users hanako`,
    names: /hanako \(disk\)/,
    fill: { USER: 'hanako', GROUP: 'disk' },
    proof: 'id -nG hanako | grep users',
  },
  'password-quality': {
    files: { 'etc/security/pwquality.conf': '# minlen = 8\ndcredit = 1\nenforcing = 0\nminclass = 2\n' },
    // The real library refuses eleven characters and takes thirteen; the dictionary is left out.
    proof: `grep "minclass = 2" /etc/security/pwquality.conf
      takes() { python3 -c 'import ctypes, sys; q = ctypes.CDLL("libpwquality.so.1"); q.pwquality_default_settings.restype = ctypes.c_void_p; s = ctypes.c_void_p(q.pwquality_default_settings()); x = ctypes.c_void_p(); assert q.pwquality_read_config(s, None, ctypes.byref(x)) == 0; q.pwquality_set_option(s, b"dictcheck=0"); sys.exit(q.pwquality_check(s, sys.argv[1].encode(), None, None, ctypes.byref(x)) < 0)' "$1"; }
      ! takes 'gM7!kaedeKo'; takes 'gM7!kaedeKoyo'`,
  },
  'password-lockout': {
    before: `${user} echo hanako:right-one | chpasswd
      printf 'auth include common-auth\\naccount include common-account\\n' > /etc/pam.d/fixtest`,
    // Five wrong ones lock the right one out, and root stays able to let them in again.
    proof: `cat > /tmp/ask.py <<'PY'
${readFileSync(new URL('pam.py', import.meta.url), 'utf8')}
PY
      grep -Pzq 'requisite\\s+pam_faillock.so preauth[\\s\\S]*pam_unix.so[\\s\\S]*\\[default=die\\]\\s+pam_faillock.so authfail' /etc/pam.d/common-auth
      python3 /tmp/ask.py right-one; for i in 1 2 3 4 5; do ! python3 /tmp/ask.py wrong; done; ! python3 /tmp/ask.py right-one
      faillock --user hanako --reset; python3 /tmp/ask.py right-one`,
  },
  'password-hashing': {
    before: `${user} sed -i '/pam_unix.so/s/yescrypt/md5/' /etc/pam.d/common-password; ${passwd} | passwd hanako
      grep -qF 'hanako:$1$' /etc/shadow`,
    names: /hanako/,
    fill: { USER: 'hanako' },
    feed: { passwd: passwd },
    proof: "grep -qF 'hanako:$y$' /etc/shadow",
  },
  'swap-encryption': {
    root: true,
    files: {
      'etc/fstab':
        '/dev/sda1 / ext4 defaults 0 1\n# /dev/old none swap sw 0 0\n  /dev/sda2 none swap sw 0 0\nUUID=a-b swap\tswap defaults\n/swap /swap.d ext4 defaults 0 2\n',
      'proc/swaps': 'Filename Type Size Used Priority\n/dev/sda2 partition 4194300 0 -2\n',
      'usr/local/sbin/swapoff': '#!/bin/sh\nsed -i 1q /proc/swaps\n',
      'usr/local/lib/told':
        'case "$*" in "restart zramswap") echo "/dev/zram0 partition 4194300 0 100" >> /proc/swaps;; esac',
    },
    proof: '[ "$(findmnt --fstab -n -o TARGET | paste -sd" ")" = "/ /swap.d" ]',
  },
  'home-permissions': {
    before: `${user} useradd -m -s /bin/bash taro; useradd -m -u 70000 -s /bin/bash other
      chmod 755 /home/hanako; chmod 700 /home/taro; chmod 755 /home/other`,
    names: /\/home\/hanako \(0755\)/,
    proof: '[ "$(stat -c %a /home/hanako /home/taro /home/other | paste -sd" ")" = "750 700 750" ]',
  },
  'backup-tool': {
    fill: { DEST: '/mnt/backup' },
    proof: `[ "$(stat -c %a /root/.restic-password)" = 600 ]; systemctl is-enabled sekisho-backup.timer
      systemd-analyze verify /etc/systemd/system/sekisho-backup.timer /etc/systemd/system/sekisho-backup.service
      grep -q -- '-r /mnt/backup --password-file /root/.restic-password backup /home /etc' /etc/systemd/system/sekisho-backup.service`,
  },
  // The folder has no /sys, so it isn't known to be without USB.
  'usb-storage': { root: true, proof: 'systemctl is-enabled usbguard' },
  'tmp-protection': {
    // At the next start systemd mounts it as the unit says.
    by_hand: `systemctl is-enabled tmp.mount
      mount -t tmpfs -o "$(sed -n 's/%%/%/g; s/^Options=//p' /etc/systemd/system/tmp.mount)" tmpfs /tmp`,
  },
  umask: {
    before: user,
    proof: `printf 'session include common-session\\nsession required pam_permit.so\\nauth sufficient pam_rootok.so\\naccount required pam_permit.so\\n' > /etc/pam.d/runuser
      [ "$(runuser hanako -c umask)" = 0027 ]`,
  },
  'screen-lock': {
    before: `mkdir -p /usr/share/wayland-sessions; touch /usr/share/wayland-sessions/gnome.desktop
      ${user} awk -F: '$3 >= 1000 && $3 < 60000 && $1 != "hanako" {print $1}' /etc/passwd | while read -r name; do userdel "$name"; done; su hanako -c 'dbus-run-session gsettings set org.gnome.desktop.session idle-delay 3600'`,
    as: 'hanako',
    by: 'dbus-run-session',
  },
  automount: {
    before: `mkdir -p /usr/share/wayland-sessions; touch /usr/share/wayland-sessions/gnome.desktop
      ${user} awk -F: '$3 >= 1000 && $3 < 60000 && $1 != "hanako" {print $1}' /etc/passwd | while read -r name; do userdel "$name"; done; su hanako -c 'dbus-run-session gsettings set org.gnome.desktop.media-handling automount-open true'`,
    as: 'hanako',
    by: 'dbus-run-session',
  },
  'automatic-login': {
    files: { 'etc/lightdm/lightdm.conf': '[Seat:*]\nautologin-user=hanako\n', 'sbin/init': '' },
    names: /lightdm.conf/,
    shows: '/etc/lightdm/lightdm.conf:2:',
    by_hand: 'sed -i 2d /etc/lightdm/lightdm.conf',
  },
  'safe-browsing': {
    files: { 'etc/chromium/policies/managed/x.json': '{"SafeBrowsingProtectionLevel": 0}' },
    names: /x.json/,
    shows: '/etc/chromium/policies/managed/x.json:1:',
    by_hand: 'rm /etc/chromium/policies/managed/x.json',
    proof: 'python3 -m json.tool /etc/chromium/policies/managed/sekisho-warnings.json',
  },
  'password-manager': { proof: 'python3 -m json.tool /etc/chromium/policies/managed/sekisho.json' },
  'antivirus-present': {},
  'antivirus-running': {
    files: { 'etc/clamav/clamd.conf': 'LocalSocket /run/clamav/clamd.ctl\n' },
    // As the real ones do, which were run: clamd waits for definitions, clamonacc for its folder.
    told: `case "$*" in enable*clamav-clamonacc*)
        [ -e /var/lib/clamav/daily.cvd ] && [ -d /root/quarantine ] || exit 1
        cp /bin/sleep /usr/sbin/clamonacc; /usr/sbin/clamonacc 60 > /dev/null 2>&1 & ;; esac`,
    by_hand: 'until grep -qx clamonacc /proc/[0-9]*/comm; do sleep 0.05; done',
    proof: '[ "$(grep -c OnAccess /etc/clamav/clamd.conf)" = 3 ]',
    packages: ['clamav-daemon', 'clamav-freshclam'],
  },
  'antivirus-signatures': {
    packages: ['clamav-daemon', 'clamav-freshclam'],
    // What freshclam does once it runs.
    told: 'case "$*" in enable*clamav-freshclam*) freshclam ;; esac',
  },
  firewall: {
    before: `${outside} unshare -n sleep 300 & other=$!; ip link set lo up
      until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done
      ip link set eth8 netns $other
      there="nsenter -t $other -n"; $there ip address add 192.0.2.2/24 dev eth8; $there ip link set eth8 up
      echo "$there" > /tmp/there
      printf 'Port 2222\\nListenAddress 0.0.0.0\\n' > /etc/ssh/sshd_config.d/port.conf
      ssh-keygen -A > /dev/null; /usr/sbin/sshd; python3 -m http.server 9999 > /dev/null 2>&1 &
      ${listens(2222)} ${listens(9999)}
      for port in 2222 9999; do $there timeout 20 bash -c "exec 3<>/dev/tcp/192.0.2.1/$port"; done`,
    proof: `$(cat /tmp/there) timeout 20 bash -c 'exec 3<>/dev/tcp/192.0.2.1/2222'
      ! $(cat /tmp/there) timeout 2 bash -c 'exec 3<>/dev/tcp/192.0.2.1/9999'`,
  },
  'listening-remote-desktop': {
    before: `xrdp-keygen xrdp auto > /dev/null 2>&1 || true; xrdp --nodaemon > /dev/null 2>&1 & echo $! > /run/it; ${listens(3389)}`,
    names: /3389|RDP/,
    shows: ':3389',
    told: 'case "$*" in "disable xrdp") kill $(cat /run/it); while kill -0 $(cat /run/it) 2> /dev/null; do sleep 0.05; done;; esac',
  },
  'listening-file-sharing': {
    before: `python3 -m http.server 445 > /dev/null 2>&1 & echo $! > /run/it; ${listens(445)}`,
    shows: ':445',
    told: 'case "$*" in "disable smbd") kill $(cat /run/it); while kill -0 $(cat /run/it) 2> /dev/null; do sleep 0.05; done;; esac',
  },
  'listening-database': {
    before: `redis-server --bind 0.0.0.0 --protected-mode no --save '' --daemonize yes > /dev/null; ${listens(6379)}`,
    shows: 'redis-server',
    by_hand: `redis-cli shutdown nosave; redis-server --bind 127.0.0.1 --save '' --daemonize yes > /dev/null; ${listens(6379)}`,
    proof: 'redis-cli ping',
  },
  'listening-legacy': {
    before: `python3 -m http.server 21 > /dev/null 2>&1 & echo $! > /run/it; ${listens(21)}`,
    shows: ':21',
    fill: { NAME: 'vsftpd' },
    told: 'case "$*" in "disable vsftpd") kill $(cat /run/it); while kill -0 $(cat /run/it) 2> /dev/null; do sleep 0.05; done;; esac',
  },
  'vpn-configuration': {
    files: {
      'etc/wireguard/wg0.conf': '[Interface]\n',
      'etc/openvpn/client/x.conf': 'client\nremote-cert-tls server\n-----BEGIN PRIVATE KEY-----\n',
    },
    before: 'chmod 700 /etc/wireguard; chmod 644 /etc/wireguard/wg0.conf',
    names: /wg0.conf/,
    proof: '[ "$(stat -c %a /etc/wireguard/wg0.conf)" = 600 ]',
  },
  'dns-protection': {
    files: { 'run/systemd/resolve/stub-resolv.conf': 'nameserver 127.0.0.53\n' },
    before:
      'mkdir -p /run/systemd/resolve; echo nameserver 127.0.0.53 > /run/systemd/resolve/stub-resolv.conf; echo nameserver 192.0.2.53 > /etc/resolv.conf',
    proof: 'systemd-analyze cat-config systemd/resolved.conf | grep -x DNSOverTLS=yes',
  },
  'https-trust': {
    // Without what whoever made this machine has laid there.
    before: `rm -f /usr/local/share/ca-certificates/*.crt; find /etc/ssl/certs -maxdepth 1 -type f ! -name ca-certificates.crt -delete
      openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out /usr/local/share/ca-certificates/odd.crt -subj /CN=odd -days 9 2> /dev/null
      update-ca-certificates > /dev/null 2>&1; ls /etc/ssl/certs | grep -q odd`,
    names: /odd.crt/,
    fill: { FILE: '/usr/local/share/ca-certificates/odd.crt' },
    proof:
      '[ -z "$(ls /etc/ssl/certs | grep odd)" ]; [ "$(wc -l < /etc/ssl/certs/ca-certificates.crt)" -gt 1000 ]',
  },
  proxy: {
    before: "echo 'https_proxy=http://proxy.example:3128' >> /etc/environment",
    names: /proxy.example/,
    shows: '/etc/environment:',
    by_hand: "sed -i '/proxy.example/d' /etc/environment",
  },
  'ssh-root-login': {
    files: { 'etc/ssh/sshd_config.d/50-cloud-init.conf': 'PermitRootLogin yes\n' },
    before: 'ssh-keygen -A > /dev/null',
    names: /50-cloud-init.conf/,
    shows: 'permitrootlogin no',
  },
  'ssh-passwords': {
    files: { 'etc/ssh/sshd_config.d/50-cloud-init.conf': 'PasswordAuthentication yes\n' },
    // Who has a key gets in before and after, also by the connection that was open.
    before: `${user} echo hanako:right-one | chpasswd; ssh-keygen -A > /dev/null
      mkdir -m 700 -p /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
      install -d -m 700 -o hanako -g hanako /home/hanako/.ssh
      install -m 600 -o hanako -g hanako /root/.ssh/id_ed25519.pub /home/hanako/.ssh/authorized_keys
      ssh-keyscan 127.0.0.1 > /root/.ssh/known_hosts 2> /dev/null || true; echo 'StrictHostKeyChecking accept-new' > /root/.ssh/config
      /usr/sbin/sshd; ${listens(22)}`,
    names: /50-cloud-init.conf/,
    fill: { USER: 'hanako', HOST: '127.0.0.1' },
    shows: 'passwordauthentication no',
    told: 'case "$*" in "reload ssh") kill -HUP $(cat /run/sshd.pid); sleep 0.3;; esac',
    proof: `${listens(22)} ssh -o BatchMode=yes hanako@127.0.0.1 true
      ssh -o BatchMode=yes -o PubkeyAuthentication=no hanako@127.0.0.1 true 2>&1 | grep 'Permission denied (publickey)'`,
  },
  'ssh-tries': { before: 'ssh-keygen -A > /dev/null', proof: 'sshd -T | grep -x "maxauthtries 4"' },
  'ssh-ciphers': {
    files: { 'etc/ssh/sshd_config.d/old.conf': 'Ciphers aes128-ctr,aes128-cbc\n' },
    before: 'ssh-keygen -A > /dev/null',
    names: /aes128-cbc/,
    shows: 'ciphers aes128-ctr,aes128-cbc',
    by_hand: 'rm /etc/ssh/sshd_config.d/old.conf',
  },
  'ssh-keys': {
    before: `${user} su hanako -c "mkdir -m 700 ~/.ssh; ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/work; ssh-keygen -q -t rsa -N 'has one' -f ~/.ssh/id_rsa; chmod 644 ~/.ssh/id_rsa"
      printf '#!/bin/sh\\necho a good phrase\\n' > /usr/local/bin/answer; chmod 755 /usr/local/bin/answer; rm -rf /root/.ssh`,
    names: /id_rsa/,
    as: 'hanako',
    proof: `su hanako -c 'ssh-keygen -y -P "a good phrase" -f ~/.ssh/work; ssh-keygen -y -P "has one" -f ~/.ssh/id_rsa; ssh-keygen -l -f ~/.ssh/work.pub'`,
  },
  'xrdp-settings': {
    before: "sed -i 's/^security_layer=.*/security_layer=rdp/' /etc/xrdp/xrdp.ini",
    proof: 'id -nG xrdp | grep -w ssl-cert; runuser -u xrdp -- test -r "$(readlink -f /etc/xrdp/key.pem)"',
  },
  'automatic-updates': {
    files: {
      'etc/apt/apt.conf.d/20auto-upgrades':
        'APT::Periodic::Unattended-Upgrade "0";\nAPT::Periodic::Enable "0";\n',
    },
    before: 'systemctl mask apt-daily.timer',
    packages: ['unattended-upgrades'],
    proof:
      'apt-config dump | grep -x \'APT::Periodic::Unattended-Upgrade "1";\'; systemctl is-enabled apt-daily.timer apt-daily-upgrade.timer',
  },
  'package-sources': {
    // What this machine itself was told to leave unchecked isn't what is mended here.
    before:
      'sed -i /Acquire::Check-/d /etc/apt/apt.conf.d/*; mkdir -p /etc/apt/sources.list.d; echo "deb [trusted=1] http://x.example/ ./" > /etc/apt/sources.list.d/x.list',
    names: /x.list:1/,
    shows: '/etc/apt/sources.list.d/x.list:1:',
    by_hand: 'rm /etc/apt/sources.list.d/x.list',
  },
  'time-sync': {
    root: true,
    before: 'systemctl disable systemd-timesyncd',
    proof: 'systemctl is-enabled systemd-timesyncd',
  },
  'audit-log': {
    proof: 'grep -c execve /etc/audit/audit.rules | grep -x 2',
  },
  'persistent-log': { files: { 'etc/systemd/journald.conf': '[Journal]\nStorage=volatile\n' } },
  'kernel-hardening': {
    // Plain files stand for the kernel's, which are this machine's own; no Yama, as in some kernels.
    root: true,
    files: Object.fromEntries(
      Object.entries({
        'kernel/kptr_restrict': 0,
        'kernel/dmesg_restrict': 0,
        'kernel/randomize_va_space': 1,
        'fs/protected_symlinks': 0,
        'fs/protected_hardlinks': 1,
        'fs/suid_dumpable': 2,
      }).map(([name, value]) => [`proc/sys/${name}`, `${value}\n`]),
    ),
    before: "echo 'kernel.kptr_restrict = 0' >> /etc/sysctl.d/99-sysctl.conf",
    told: 'case "$*" in "restart systemd-sysctl") /lib/systemd/systemd-sysctl;; esac',
  },
  'network-hardening': {
    before: outside,
    told: 'case "$*" in "restart systemd-sysctl") /lib/systemd/systemd-sysctl;; esac',
    proof:
      'ip link add eth7 type veth peer name eth6; [ "$(cat /proc/sys/net/ipv4/conf/eth7/accept_redirects)" = 0 ]',
  },
};

const ran = new Set();

/** A copy with what a case needs. apt brings what packages have; of systemctl, what a file can hold
 * is done and the rest is told. */
function broken(t, one) {
  const machine = system(t);
  mkdirSync(machine.path('opt/steps'), { recursive: true });
  const put = (name, text, mode = 0o644) => {
    mkdirSync(dirname(machine.path(name)), { recursive: true });
    writeFileSync(machine.path(name), text);
    chmodSync(machine.path(name), mode);
  };
  for (const [name, text] of Object.entries(debianPrograms)) put(name, text, 0o755);
  for (const [name, text] of Object.entries(brings)) put(`usr/local/lib/brings/${name}`, text, 0o755);
  for (const [name, text] of Object.entries(one.files ?? {}))
    put(name, text, name.includes('bin/') || name.includes('lib/told') ? 0o755 : 0o644);
  if (one.told) put('usr/local/lib/told', `#!/bin/sh\n${one.told}\n`, 0o755);
  mkdirSync(machine.path('run/sshd'), { recursive: true });
  if (one.packages) machine.chroot('/usr/local/bin/apt-get', 'install', ...one.packages);
  return machine;
}

/** The steps as a person types them: one shell each, as whoever they are for. */
function typed(machine, one, steps) {
  return steps
    .map((step, at) => {
      ran.add(step);
      const filled = Object.entries(one.fill ?? {}).reduce(
        (text, [name, value]) => text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), value),
        step,
      );
      writeFileSync(machine.path(`opt/steps/${at}`), `${filled}\n`);
      const feed = Object.entries(one.feed ?? {}).find(([word]) => filled.includes(`${word} `));
      const typed = `${one.by ?? ''} sh -e /opt/steps/${at}`;
      const shell = one.as
        ? `su ${one.as} -c 'SSH_ASKPASS=/usr/local/bin/answer SSH_ASKPASS_REQUIRE=force ${typed}'`
        : typed;
      // What only shows ends as it likes: grep with 2 where one of its places isn't there.
      const failed = /^(sudo )?(grep|getent)/.test(step)
        ? 'true'
        : `{ cat /opt/steps/shown; echo 'step failed: ${at}'; exit 9; }`;
      return `${feed ? `${feed[1]} | ` : ''}${shell} >> /opt/steps/shown 2>&1 || ${failed}`;
    })
    .join('\n');
}

for (const [id, one] of Object.entries(cases)) {
  test(`fix of ${id}`, (t) => {
    const machine = broken(t, one);
    const steps = typed(machine, one, stepsOf(id));
    // Every line of a proof must hold.
    const proof = (one.proof ?? 'true').replace(/(^|;|\n)\s*! /g, '$1 false_is_good ');
    const good = 'false_is_good() { if "$@"; then echo "went well: $*"; return 1; fi; }\n';
    let before;
    let after;
    if (one.root) {
      machine.chroot('/bin/sh', '-ec', one.before ?? 'true');
      before = machine.check();
      machine.chroot('/bin/sh', '-ec', steps);
      machine.chroot('/bin/sh', '-ec', one.by_hand ?? 'true');
      after = machine.check();
      machine.chroot('/bin/sh', '-ec', good + proof);
    } else {
      const done = machine.live(
        `${one.before ?? 'true'}\nlook before\n${steps}\n${one.by_hand ?? 'true'}\nlook after\n${good}${proof}\n`,
      );
      before = done.saw('before');
      after = done.saw('after');
    }
    assert.equal(before.verdict(id), 'fail', before.fact(id));
    if (one.names) assert.match(before.fact(id), one.names);
    if (one.shows) assert.ok(readFileSync(machine.path('opt/steps/shown'), 'utf8').includes(one.shows));
    assert.equal(after.verdict(id), 'pass', after.fact(id));
    // Nothing else that was good got worse.
    const worse = seen.filter((c) => before.verdict(c.id) === 'pass' && after.verdict(c.id) !== 'pass');
    assert.deepEqual(
      worse.map((c) => `${c.id}: ${after.fact(c.id)}`),
      [],
    );
  });
}

test('fix of updates: apt-get brings what a security archive has, packages that it needs anew too', (t) => {
  const ids = [
    'security-updates',
    'known-exploited',
    'software-vpn',
    'software-remote-desktop',
    'software-browser',
    'software-office',
  ];
  const machine = system(t);
  const build = (name, version, depends = '') => {
    const at = machine.path(`srv/build/${name}`);
    mkdirSync(`${at}/DEBIAN`, { recursive: true });
    writeFileSync(
      `${at}/DEBIAN/control`,
      `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: Debian <x@lists.debian.org>\nDescription: x\n${depends}`,
    );
    mkdirSync(machine.path('srv/debian-security'), { recursive: true });
    const file = `/srv/debian-security/${name}_${version}.deb`;
    machine.chroot('/usr/bin/dpkg-deb', '-b', `/srv/build/${name}`, file);
    return file;
  };
  const names = ['openvpn', 'x11vnc', 'firefox-esr', 'thunderbird', 'linux-image-test'];
  for (const name of names) {
    machine.chroot('/usr/bin/dpkg', '-i', build(name, '200.0'));
    build(name, '200.1', name === 'linux-image-test' ? 'Depends: linux-image-200.1\n' : '');
  }
  build('linux-image-200.1', '200.1');
  rmSync(machine.path('etc/apt/sources.list'), { force: true });
  rmSync(machine.path('etc/apt/sources.list.d'), { force: true, recursive: true });
  rmSync(machine.path('var/lib/apt/lists'), { force: true, recursive: true });
  mkdirSync(machine.path('var/lib/apt/lists/partial'), { recursive: true });
  writeFileSync(machine.path('etc/apt/sources.list'), 'deb [trusted=yes] copy:/srv/debian-security ./\n');
  machine.chroot('/bin/sh', '-ec', 'cd /srv/debian-security; dpkg-scanpackages -m . > Packages 2> /dev/null');
  machine.chroot('/usr/bin/apt-get', 'update');
  machine.chroot(
    '/bin/sh',
    '-ec',
    'touch -d "20 days ago" /var/lib/apt/lists /var/lib/apt/lists/partial; rm -f /var/lib/apt/periodic/*',
  );
  const before = machine.check();
  for (const id of [...ids, 'package-lists-age'])
    assert.equal(before.verdict(id), 'fail', `${id}: ${before.fact(id)}`);
  for (const step of stepsOf('package-lists-age')) machine.chroot('/bin/sh', '-ec', step);
  stepsOf('package-lists-age').forEach((step) => ran.add(step));
  assert.equal(machine.check().verdict('package-lists-age'), 'pass');
  for (const id of ids) {
    for (const step of stepsOf(id)) {
      ran.add(step);
      const done = run('/usr/sbin/chroot', [machine.root, '/bin/sh', '-ec', step], { input: 'y\n' });
      assert.equal(done.code, 0, done.out + done.err);
    }
  }
  const after = machine.check();
  for (const id of ids) assert.equal(after.verdict(id), 'pass', `${id}: ${after.fact(id)}`);
});

test('other kinds of Linux are shown their own commands, which a shell can read', (t) => {
  const root = folder(t);
  mkdirSync(`${root}/etc`);
  for (const [id, own] of [
    ['fedora', 'dnf'],
    ['opensuse-leap\nID_LIKE="suse opensuse"', 'zypper'],
    ['arch', 'pacman'],
    ['alpine', 'apk'],
    ['nixos', null],
  ]) {
    writeFileSync(`${root}/etc/os-release`, `ID=${id}\n`);
    const steps = check('/nonexistent', ['--root', root]).checks.flatMap((one) => one.fix);
    const commands = steps.filter((step) => step.run).map((step) => step.run);
    for (const command of commands) {
      const read = run('/bin/sh', ['-n', '-c', command]);
      assert.equal(read.code, 0, `${id}: ${command}\n${read.err}`);
    }
    assert.ok(!commands.some((command) => command.includes('apt-get')), id);
    assert.equal(
      own !== null,
      commands.some((command) => command.includes(`sudo ${own} `)),
      id,
    );
    assert.ok(
      steps.some((step) => step.en?.startsWith('There are no commands for this system')),
      id,
    );
  }
});

test('every command of every fix is run here, or has its reason', () => {
  const left = [];
  for (const one of seen)
    for (const step of stepsOf(one.id)) if (!ran.has(step) && !reasons[step]) left.push(`${one.id}: ${step}`);
  assert.deepEqual(left, []);
  const needless = Object.keys(reasons).filter(
    (step) => ran.has(step) || !seen.some((one) => stepsOf(one.id).includes(step)),
  );
  assert.deepEqual(needless, []);
  // And every check says in some way what to do.
  for (const one of seen) assert.ok(one.fix.length > 0, one.id);
});

/** Where a command of data/ can't be run here, and why. */
const elsewhere = {
  fix_windows: 'needs Windows',
  fix_darwin: 'needs macOS',
  fedora: 'needs Fedora or Red Hat; a shell reads it above',
  suse: 'needs openSUSE; a shell reads it above',
  arch: 'needs Arch; a shell reads it above',
  alpine: 'needs Alpine; a shell reads it above',
};

test('every command that stands in data is one of these', () => {
  let here = 0;
  for (const folderName of ['checks', 'measures'])
    for (const name of readdirSync(new URL(`../../data/${folderName}/`, import.meta.url))) {
      let part = '';
      const text = readFileSync(new URL(`../../data/${folderName}/${name}`, import.meta.url), 'utf8');
      for (const line of text.split('\n')) {
        part = /^ +(fix\w*):$/.exec(line)?.[1] ?? part;
        if (!/\brun:/.test(line)) continue;
        assert.equal(folderName, 'checks', `${name}: a measure has the commands of its checks: ${line}`);
        assert.match(line, /^ +- \{run: .+\}$/, `${name}: ${line}`);
        const kinds = /, for: \[([a-z, ]+)\]\}$/.exec(line)?.[1].split(', ') ?? ['debian'];
        if (part === 'fix' && kinds.includes('debian')) here += 1;
        else
          for (const kind of part === 'fix' ? kinds : [part])
            assert.ok(elsewhere[kind], `${name}: ${part} for ${kind}: ${line}`);
      }
    }
  assert.equal(
    here,
    seen.reduce((sum, one) => sum + stepsOf(one.id).length, 0),
  );
});
