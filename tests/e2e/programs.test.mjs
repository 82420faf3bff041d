// SPDX-License-Identifier: Apache-2.0
// On a running system the programs themselves are asked, and what they say counts.
import assert from 'node:assert/strict';
import test from 'node:test';
import { system } from './live.mjs';

const user = 'useradd -m -s /bin/bash hanako; ';

test('sudo: a rule for another host holds for nobody here, one for a service holds', (t) => {
  const machine = system(t);
  const seen = machine.live(`${user}
    echo 'hanako elsewhere=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/90-other; chmod 440 /etc/sudoers.d/90-other
    look other
    echo 'www-data ALL=(root) NOPASSWD: /bin/true' >> /etc/sudoers.d/90-other
    look service
    echo 'hanako ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/90-other
    look here`);
  assert.equal(
    seen.saw('other').verdict('sudo-passwordless'),
    'pass',
    seen.saw('other').fact('sudo-passwordless'),
  );
  assert.match(seen.saw('other').fact('sudo-passwordless'), /sudo -l; the files' hanako .*90-other:1/);
  assert.match(seen.saw('service').fact('sudo-passwordless'), /www-data/);
  assert.match(seen.saw('here').fact('sudo-passwordless'), /hanako/);
});

test('firewall: rules that nothing loads at the next start are told', (t) => {
  const machine = system(t);
  const seen = machine.live(`
    ip link add eth9 type veth peer name eth8; ip address add 192.0.2.1/24 dev eth9; ip link set eth9 up
    nft add table inet f; nft 'add chain inet f in { type filter hook input priority 0; policy drop; }'
    look byhand`);
  assert.equal(seen.saw('byhand').verdict('firewall'), 'pass', seen.saw('byhand').fact('firewall'));
  assert.match(seen.saw('byhand').fact('firewall'), /nothing was found that loads these rules/);
});

test('sshd: a Match block for people of this machine, as sshd -T -C says', (t) => {
  const machine = system(t);
  const seen = machine.live(`${user} ssh-keygen -A > /dev/null; mkdir -p /run/sshd
    printf 'PasswordAuthentication no\\nKbdInteractiveAuthentication no\\n' > /etc/ssh/sshd_config.d/00.conf
    look keys
    printf 'Match User hanako\\n  PasswordAuthentication yes\\n' >> /etc/ssh/sshd_config.d/00.conf
    look match`);
  assert.equal(seen.saw('keys').verdict('ssh-passwords'), 'pass', seen.saw('keys').fact('ssh-passwords'));
  assert.match(seen.saw('match').fact('ssh-passwords'), /user=hanako/);
});
