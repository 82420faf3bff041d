// SPDX-License-Identifier: Apache-2.0
// What a copy of this system needs to carry out fixes for Debian without a network and without
// systemd running.

/** By package: what it brings, as the real one of Debian 12 was seen to, for those that tests don't
 * install: their daemons want hardware, definitions or a mail. The rest must be installed here. */
const unit = (name, starts = '/bin/true') =>
  `program="${starts.split(' ')[0]}"; [ -e "$program" ] || { : > "$program"; chmod 755 "$program"; }; printf '[Unit]\\nDescription=x\\n[Service]\\nExecStart=${starts}\\n[Install]\\nWantedBy=multi-user.target\\n' > /lib/systemd/system/${name}; `;
export const brings = {
  // postinst makes the policy of what is plugged in and starts it.
  usbguard: `${unit('usbguard.service', '/usr/sbin/usbguard-daemon -f')} mkdir -p /etc/usbguard; echo ImplicitPolicyTarget=block > /etc/usbguard/usbguard-daemon.conf; /usr/bin/systemctl -q enable usbguard.service`,
  'zram-tools': `${unit('zramswap.service')} /usr/bin/systemctl -q enable zramswap.service`,
  restic:
    'printf \'#!/bin/sh\\necho "$@" >> /tmp/restic.told\\n\' > /usr/bin/restic; chmod 755 /usr/bin/restic',
  'clamav-daemon': `mkdir -p /etc/clamav /var/lib/clamav; touch -a /etc/clamav/clamd.conf; ${unit('clamav-daemon.service')} ${unit('clamav-clamonacc.service')}`,
  // Writes what a file of definitions begins with.
  'clamav-freshclam': `mkdir -p /var/lib/clamav; ${unit('clamav-freshclam.service')}
    printf '#!/bin/sh\\nprintf "ClamAV-VDB:%%s:1:1:1:x:x:x:1" "$(LC_ALL=C date "+%%d %%b %%Y %%H-%%M %%z")" > /var/lib/clamav/daily.cvd\\n' > /usr/bin/freshclam; chmod 755 /usr/bin/freshclam`,
  'unattended-upgrades': `printf 'Unattended-Upgrade::Origins-Pattern { "origin=Debian,codename=bookworm-security,label=Debian-Security"; };\\n' > /etc/apt/apt.conf.d/50unattended-upgrades`,
  'systemd-resolved': `[ -e /lib/systemd/system/systemd-resolved.service ] || { ${unit('systemd-resolved.service', '/lib/systemd/systemd-resolved')} }`,
  // augenrules puts the rules of the folder together; the daemon runs from installing on.
  auditd: `mkdir -p /etc/audit/rules.d; ${unit('auditd.service')} /usr/bin/systemctl -q enable auditd.service
    printf '#!/bin/sh\\ncat /etc/audit/rules.d/*.rules > /etc/audit/audit.rules\\n' > /usr/sbin/augenrules; chmod 755 /usr/sbin/augenrules
    cp /bin/sleep /usr/sbin/auditd; /usr/sbin/auditd 300 > /dev/null 2>&1 &`,
};

export const debianPrograms = {
  'usr/local/bin/apt-get': `#!/bin/sh
[ "$1" = install ] || exec /usr/bin/apt-get "$@"
shift
for package; do
  case "$package" in -*) continue ;; esac
  if [ -e "/usr/local/lib/brings/$package" ]; then
    sh -e "/usr/local/lib/brings/$package" || exit 100
    printf 'Package: %s\\nStatus: install ok installed\\nMaintainer: Debian <x@lists.debian.org>\\nArchitecture: all\\nVersion: 1\\nDescription: x\\n\\n' "$package" >> /var/lib/dpkg/status
  elif ! dpkg-query -W -f '\${db:Status-Status}' "$package" 2> /dev/null | grep -qx installed; then
    echo "E: Unable to locate package $package" >&2
    exit 100
  fi
done
`,
  // What isn't a matter of files is told to the case, which stands for the service.
  'usr/local/bin/systemctl': `#!/bin/sh
for word; do shift; [ "$word" = --now ] || set -- "$@" "$word"; done
if [ -e /usr/local/lib/told ]; then sh -e /usr/local/lib/told "$@" || exit 1; fi
case "$1" in
  cat) [ -e "/lib/systemd/system/$2" ] && exec cat "/lib/systemd/system/$2"; exit 1 ;;
  enable | disable | mask | unmask | is-enabled) exec /usr/bin/systemctl "$@" ;;
  start | stop | restart | reload | reboot | daemon-reload) ;;
  *) echo "unknown: $1" >&2; exit 1 ;;
esac
`,
};
