// SPDX-License-Identifier: Apache-2.0
// Who guesses passwords, by tools and servers of Debian's: each client has an address and a label of its own, the capture is
// read by `sekisho observe`, and precision and recall are told with every miss by name. Tools and servers that aren't installed
// are named and left out. As root: network namespaces of its own, nothing leaves them.
//   apt-get install hydra medusa ncrack patator nmap sipvicious sshpass dovecot-imapd dovecot-pop3d postfix slapd ldap-utils
//     mariadb-server postgresql vsftpd samba smbclient freerdp2-shadow-x11 freerdp2-x11 tigervnc-standalone-server
//     tigervnc-tools python3-pycurl inetutils-telnetd nginx-light kamailio tcpdump
//   node bench/guessing.mjs [FOLDER]      the capture and its labels are left in FOLDER
//   READ=FOLDER node bench/guessing.mjs   judges what was left there, without making it anew
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const sekisho = process.env.SEKISHO_BINARY ?? new URL('../build/sekisho', import.meta.url).pathname;
const only = process.env.ONLY?.split(','); // services
const at = mkdtempSync(path.join(tmpdir(), 'guessing-'));
chmodSync(at, 0o755);
const server = '203.0.113.1';
const right = 'Right-1';
const near = `guessing-${process.pid}`;
const endings = [];
process.on('exit', () => {
  for (const end of endings.reverse()) end();
  rmSync(at, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** Tells precision and recall by address, and each that is wrong by name. */
function judge(file, labelled) {
  const done = spawnSync(sekisho, ['observe', '--format', 'json', file], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, XDG_DATA_HOME: at },
  });
  const told = new Map(
    JSON.parse(done.stdout).attacks.flatMap((one) => one.sources.map((source) => [source, one])),
  );
  const guessers = labelled.filter((one) => one.label);
  const hits = guessers.filter((one) => told.get(one.address)?.service === one.service);
  for (const one of guessers)
    if (!hits.includes(one)) console.log(`missed: ${one.address} ${one.service}, ${one.what}`);
  for (const one of labelled)
    if (told.has(one.address) && !hits.includes(one))
      console.log(
        `wrong: ${one.address} ${one.service}, ${one.what}: told as ${told.get(one.address).service}`,
      );
  const share = (of) => (hits.length / Math.max(1, of)).toFixed(3);
  console.log(
    `${labelled.length} clients, ${guessers.length} of which guess: precision ${share(told.size)} of ${told.size}, recall ${share(guessers.length)} of ${guessers.length}`,
  );
}
if (process.env.READ) {
  judge(
    path.join(process.env.READ, 'guessing.pcap'),
    JSON.parse(readFileSync(path.join(process.env.READ, 'labels.json'), 'utf8')),
  );
  process.exit(0);
}

const must = (...args) =>
  execFileSync(args[0], args.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const ip = (...args) => must('ip', ...args);
const file = (name, text, mode = 0o644) => {
  writeFileSync(path.join(at, name), text, { mode });
  return path.join(at, name);
};
const has = (program) =>
  ['/usr/bin', '/usr/sbin', '/usr/lib/postgresql/15/bin'].map((f) => path.join(f, program)).find(existsSync);

ip('netns', 'add', near);
endings.push(() => spawnSync('ip', ['netns', 'del', near]));
ip('-n', near, 'link', 'add', 'br0', 'type', 'bridge');
ip('-n', near, 'address', 'add', `${server}/24`, 'dev', 'br0');
for (const device of ['lo', 'br0']) ip('-n', near, 'link', 'set', device, 'up');

const env = { PATH: process.env.PATH, HOME: at, LANG: 'C.UTF-8' };
/** A server in the near namespace, ended with the bench; `as` another user where it won't be root. */
const serve = (command, args, { as, more = {} } = {}) => {
  const words = [
    'netns',
    'exec',
    near,
    ...(as ? ['setpriv', `--reuid=${as}`, `--regid=${as}`, '--clear-groups'] : []),
  ];
  const child = spawn('ip', [...words, command, ...args], {
    stdio: 'ignore',
    detached: true,
    env: { ...env, ...more },
  });
  endings.push(() => {
    try {
      process.kill(-child.pid);
    } catch {
      /* it ended */
    }
  });
  return child;
};

/** By service: the port, the programs it needs, and how it is started. */
const servers = {
  ssh: [
    [22, 902],
    ['sshd'],
    () => {
      must('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', path.join(at, 'host'));
      must('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', path.join(at, 'key'));
      mkdirSync('/run/sshd', { recursive: true });
      const config = file(
        'sshd',
        `Port 22\nPort 902\nListenAddress ${server}\nHostKey ${at}/host\nUsePAM no\nPidFile none\nStrictModes no\nPermitRootLogin yes\nMaxStartups 200\nAuthorizedKeysFile ${at}/key.pub\n`,
      );
      serve('/usr/sbin/sshd', ['-D', '-e', '-f', config]);
    },
  ],
  ftp: [
    [21],
    ['vsftpd'],
    () => {
      mkdirSync('/run/vsftpd/empty', { recursive: true });
      const config = file(
        'vsftpd',
        `listen=YES\nlisten_address=${server}\nbackground=NO\nlocal_enable=YES\nanonymous_enable=YES\nanon_root=/run/vsftpd/empty\nsecure_chroot_dir=/run/vsftpd/empty\npam_service_name=other\ndelay_failed_login=0\nseccomp_sandbox=NO\n`,
      );
      serve('/usr/sbin/vsftpd', [config]);
    },
  ],
  mail: [
    [110, 143],
    ['dovecot'],
    () => {
      mkdirSync(path.join(at, 'mail'));
      chmodSync(path.join(at, 'mail'), 0o777);
      const users = file('users', `worker:{PLAIN}${right}\n`);
      const config = file(
        'dovecot',
        `base_dir = ${at}/dovecot.run\nlog_path = /dev/null\nprotocols = imap pop3\nlisten = ${server}\nssl = no\ndisable_plaintext_auth = no\nauth_failure_delay = 0\nauth_mechanisms = plain login\nmail_location = maildir:${at}/mail/%u\nfirst_valid_uid = 1\npassdb {\n driver = passwd-file\n args = ${users}\n}\nuserdb {\n driver = static\n args = uid=mail gid=mail home=${at}/mail\n}\nservice auth {\n inet_listener {\n  address = 127.0.0.1\n  port = 12345\n }\n}\n`,
      );
      serve('/usr/sbin/dovecot', ['-F', '-c', config]);
    },
  ],
  smtp: [
    [25],
    ['postfix', 'dovecot'],
    () => {
      for (const name of ['spool', 'lib', 'conf'])
        mkdirSync(path.join(at, 'postfix', name), { recursive: true });
      spawnSync('chown', ['postfix', path.join(at, 'postfix/lib')]);
      writeFileSync(
        path.join(at, 'postfix/conf/main.cf'),
        `compatibility_level = 3.6\nqueue_directory = ${at}/postfix/spool\ndata_directory = ${at}/postfix/lib\nmyhostname = mail.example\ninet_interfaces = ${server}\ninet_protocols = ipv4\nmydestination = example\nlocal_transport = discard\ndefault_transport = discard\nalias_maps =\nsmtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:127.0.0.1:12345\nsmtpd_error_sleep_time = 0\nsmtpd_recipient_restrictions = permit_sasl_authenticated, reject\nmaillog_file = ${at}/postfix/log\nmaillog_file_prefixes = ${at}\n`,
      );
      const usual = readFileSync('/usr/share/postfix/master.cf.dist', 'utf8');
      writeFileSync(
        path.join(at, 'postfix/conf/master.cf'),
        usual.replace(/^(\w+ +\w+ +\S+ +\S+ +)y/gm, '$1n'),
      );
      serve('/usr/sbin/postfix', ['-c', path.join(at, 'postfix/conf'), 'start-fg']);
    },
  ],
  ldap: [
    [389],
    ['slapd'],
    () => {
      mkdirSync(path.join(at, 'ldap'));
      const config = file(
        'slapd',
        `include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile ${at}/slapd.pid\ndatabase mdb\nsuffix dc=example\nrootdn cn=worker,dc=example\nrootpw ${right}\ndirectory ${at}/ldap\n`,
      );
      serve('/usr/sbin/slapd', ['-d', '0', '-f', config, '-h', `ldap://${server}:389/`]);
    },
  ],
  mysql: [
    [3306],
    ['mariadbd'],
    () => {
      must('mariadb-install-db', '--no-defaults', `--datadir=${at}/mysql`, '--user=mysql', '--skip-test-db');
      const first = file(
        'first.sql',
        `CREATE USER worker@'%' IDENTIFIED BY '${right}';\nGRANT ALL ON *.* TO worker@'%';\n`,
      );
      serve('/usr/sbin/mariadbd', [
        '--no-defaults',
        `--datadir=${at}/mysql`,
        '--user=mysql',
        `--bind-address=${server}`,
        '--port=3306',
        `--socket=${at}/mysql/s`,
        `--init-file=${first}`,
        '--max-connect-errors=100000',
        '--skip-name-resolve',
      ]);
    },
  ],
  postgresql: [
    [5432],
    ['postgres'],
    () => {
      mkdirSync(path.join(at, 'pg'));
      spawnSync('chown', ['postgres:postgres', path.join(at, 'pg')]);
      const bin = path.dirname(has('postgres'));
      must(
        'setpriv',
        '--reuid=postgres',
        '--regid=postgres',
        '--clear-groups',
        `${bin}/initdb`,
        '-D',
        `${at}/pg/data`,
        '-A',
        'md5',
        '-U',
        'worker',
        `--pwfile=${file('pw', right)}`,
      );
      writeFileSync(path.join(at, 'pg/data/pg_hba.conf'), 'host all all all md5\n');
      serve(
        `${bin}/postgres`,
        [
          '-D',
          `${at}/pg/data`,
          '-c',
          `listen_addresses=${server}`,
          '-c',
          'password_encryption=md5',
          '-c',
          `unix_socket_directories=${at}/pg`,
        ],
        { as: 'postgres' },
      );
    },
  ],
  vnc: [
    [5900],
    ['Xtigervnc', 'tigervncpasswd'],
    () => {
      const words = spawnSync('tigervncpasswd', ['-f'], { input: `${right}\n` });
      writeFileSync(path.join(at, 'vnc'), words.stdout);
      serve('Xtigervnc', [
        ':77',
        '-rfbport',
        '5900',
        '-interface',
        server,
        '-localhost=0',
        '-SecurityTypes',
        'VncAuth',
        '-PasswordFile',
        path.join(at, 'vnc'),
        '-BlacklistThreshold',
        '1000000',
        '-nolisten',
        'unix',
      ]);
    },
  ],
  telnet: [
    [23],
    ['telnetd', 'inetutils-inetd'],
    () => {
      const config = file('inetd', `${server}:23 stream tcp nowait root /usr/sbin/telnetd telnetd\n`);
      serve('/usr/sbin/inetutils-inetd', ['-d', config]);
    },
  ],
  http: [
    [8080],
    ['nginx'],
    () => {
      const words = file('htpasswd', `worker:${must('openssl', 'passwd', '-apr1', right).trim()}\n`);
      const config = file(
        'nginx',
        `pid ${at}/nginx.pid;\nerror_log /dev/null;\nevents {}\nhttp {\n access_log off;\n client_body_temp_path ${at};\n server {\n  listen ${server}:8080;\n  root ${at};\n  location / { auth_basic a; auth_basic_user_file ${words}; }\n }\n}\n`,
      );
      serve('/usr/sbin/nginx', ['-c', config, '-g', 'daemon off;']);
    },
  ],
  sip: [
    [5060],
    ['kamailio'],
    () => {
      const config = file(
        'kamailio',
        `debug=0\nfork=no\nchildren=1\nlisten=udp:${server}:5060\nlisten=tcp:${server}:5060\nloadmodule "sl.so"\nloadmodule "pv.so"\nloadmodule "auth.so"\nloadmodule "textops.so"\nrequest_route {\n if (is_method("REGISTER")) {\n  if (!pv_www_authenticate("$td", "${right}", "0")) { www_challenge("$td", "0"); exit; }\n }\n sl_send_reply("200", "OK");\n}\n`,
      );
      serve('/usr/sbin/kamailio', ['-f', config, '-DD', '-E', '-m', '64', '-M', '8', '-Y', at]);
    },
  ],
  smb: [
    [445],
    ['smbd', 'smbclient'],
    () => {
      const kinds = [
        ['private dir', 'private'],
        ['lock directory', 'lock'],
        ['state directory', 'state'],
        ['cache directory', 'cache'],
        ['pid directory', 'pid'],
        ['ncalrpc dir', 'ncalrpc'],
      ];
      for (const [, name] of kinds) mkdirSync(path.join(at, 'smb', name), { recursive: true });
      const config = file(
        'smb.conf',
        `[global]\ninterfaces = br0\nbind interfaces only = yes\nsmb ports = 445\n${kinds.map(([name, to]) => `${name} = ${at}/smb/${to}\n`).join('')}log file = ${at}/smb/log\npassdb backend = tdbsam:${at}/smb/private/passdb.tdb\nmap to guest = never\nserver min protocol = NT1\nntlm auth = ntlmv1-permitted\ndisable netbios = yes\nload printers = no\nserver role = standalone\n[share]\npath = ${at}/smb\nread only = yes\n`,
      );
      spawnSync('smbpasswd', ['-c', config, '-a', '-s', 'root'], { input: `${right}\n${right}\n` });
      serve('/usr/sbin/smbd', ['-F', '--no-process-group', '-s', config]);
    },
  ],
};

const wanted = Object.keys(servers).filter((one) => !only || only.includes(one));
const missing = [];
const up = new Set();
for (const name of wanted) {
  const [ports, programs, start] = servers[name];
  const lacks = programs.filter((one) => !has(one));
  if (lacks.length > 0) {
    missing.push(`${name} (${lacks})`);
    continue;
  }
  try {
    start();
  } catch (error) {
    missing.push(
      `${name} (${String(error.stderr || error)
        .trim()
        .split('\n')
        .at(-1)})`,
    );
    continue;
  }
  let open = [];
  for (let i = 0; i < 150 && open.length < ports.length; i++) {
    await sleep(200);
    const listening = ip('netns', 'exec', near, 'ss', '-Hltn');
    open = ports.filter((port) => listening.includes(`:${port} `));
  }
  if (open.length === ports.length) up.add(name);
  else missing.push(`${name} (does not come up)`);
}

const capture = path.join(at, 'line.pcap');
const dump = spawn(
  'ip',
  ['netns', 'exec', near, 'tcpdump', '-i', 'br0', '-w', capture, '-U', '-B', '65536', '-Z', 'root'],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
await new Promise((done) => dump.stderr.once('data', done));

const lists = (count) => file(`list${count}`, Array.from({ length: count }, (_, i) => `pass${i}\n`).join(''));
let next = 1;
const clients = []; // {address, service, what, label, slow}
const queue = [];
/** One client with an address of its own: `work` runs commands one after another. */
function client(service, what, work, { label = true, slow = 0 } = {}) {
  const needs = service === 'pop3' || service === 'imap' ? 'mail' : service;
  if (needs && !up.has(needs)) return;
  const one = { address: `203.0.113.${++next}`, service, what, label, slow };
  queue.push(async () => {
    const name = `${near}-${one.address.split('.').at(-1)}`;
    ip('netns', 'add', name);
    endings.push(() => spawnSync('ip', ['netns', 'del', name]));
    const device = `v${one.address.split('.').at(-1)}`;
    ip('-n', near, 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('-n', near, 'link', 'set', device, 'master', 'br0', 'up');
    ip('-n', name, 'address', 'add', `${one.address}/24`, 'dev', 'eth0');
    for (const link of ['lo', 'eth0']) ip('-n', name, 'link', 'set', link, 'up');
    /** Whether it succeeds is its own affair; one that hangs is ended. */
    const go = (command, args, { input = '', most = 60 } = {}) =>
      new Promise((done) => {
        const child = spawn(
          'timeout',
          ['-k', '2', String(most), 'ip', 'netns', 'exec', name, command, ...args],
          { stdio: ['pipe', 'ignore', process.env.SAY ? 'inherit' : 'ignore'], env, cwd: at },
        );
        child.stdin.on('error', () => {});
        child.stdin.end(input);
        child.on('exit', done).on('error', done);
      });
    await work({
      go,
      times: async (count, step) => {
        for (let i = 0; i < count; i++) await step(i);
      },
    });
  });
  clients.push(one);
}

const kGuesses = 16;
const ports = {
  ssh: 22,
  ftp: 21,
  pop3: 110,
  imap: 143,
  smtp: 25,
  ldap: 389,
  mysql: 3306,
  postgresql: 5432,
  vnc: 5900,
  telnet: 23,
  http: 8080,
  sip: 5060,
  smb: 445,
};
const hydraArgs = (service, count, tasks) => {
  const what = { ldap: 'ldap2', postgresql: 'postgres', http: 'http-get' }[service] ?? service;
  const user =
    service === 'ldap' ? 'cn=worker,dc=example' : service === 'ssh' || service === 'smb' ? 'root' : 'worker';
  const who = service === 'vnc' ? [] : ['-l', user];
  return [
    '-I',
    '-t',
    String(tasks),
    ...who,
    '-P',
    lists(count),
    '-s',
    String(ports[service]),
    server,
    what,
    ...(service === 'http' ? ['/'] : []),
  ];
};
const hydra =
  (service, count = kGuesses, tasks = 4) =>
  ({ go }) =>
    go('hydra', hydraArgs(service, count, tasks), { most: 90 });
const medusa =
  (service, count = kGuesses) =>
  ({ go }) =>
    go(
      'medusa',
      [
        '-h',
        server,
        '-u',
        service === 'ssh' ? 'root' : 'worker',
        '-P',
        lists(count),
        '-M',
        { postgresql: 'postgres', smb: 'smbnt' }[service] ?? service,
        '-n',
        String(ports[service]),
        '-t',
        '2',
        '-R',
        '0',
      ],
      { most: 90 },
    );
const ncrack =
  (service, count = kGuesses, port = ports[service]) =>
  ({ go }) =>
    go(
      'ncrack',
      [
        '--user',
        'root',
        '-P',
        lists(count),
        '-T4',
        `${{ postgresql: 'psql' }[service] ?? service}://${server}:${port}${service === 'http' ? ',path=/' : ''}`,
      ],
      { most: 90 },
    );
const patator = (service, count = kGuesses) => {
  const module = { pop3: 'pop', postgresql: 'pgsql' }[service] ?? service;
  const more = {
    ldap: ['binddn=cn=worker,dc=example', 'bindpw=FILE0'],
    http: [`url=http://${server}:8080/`, 'user_pass=worker:FILE0'],
    vnc: ['password=FILE0'],
  }[service] ?? [`${'user'}=${service === 'ssh' ? 'root' : 'worker'}`, 'password=FILE0'];
  const host = service === 'http' ? [] : [`host=${server}`];
  return ({ go }) =>
    go(
      'patator',
      [
        service === 'http' ? 'http_fuzz' : `${module}_login`,
        ...host,
        ...more,
        `0=${lists(count)}`,
        '-t',
        '4',
        '--max-retries=0',
      ],
      { most: 90 },
    );
};
const nmap =
  (service, script, args = '') =>
  ({ go }) =>
    go(
      'nmap',
      [
        '-n',
        '-Pn',
        '-p',
        `${service === 'sip' ? 'U:' : ''}${ports[service]}`,
        ...(service === 'sip' ? ['-sU'] : []),
        '--script',
        `+${script}`,
        '--script-args',
        `userdb=${file('user', 'worker\n')},passdb=${lists(kGuesses)},brute.firstonly=true,unpwdb.timelimit=60s${args && `,${args}`}`,
        server,
      ],
      { most: 90 },
    );

// Those who guess: each service by several tools, slowly, and from many.
const by = {
  hydra: [
    'ssh',
    'ftp',
    'pop3',
    'imap',
    'smtp',
    'ldap',
    'mysql',
    'postgresql',
    'vnc',
    'telnet',
    'http',
    'smb',
  ],
  medusa: ['ssh', 'ftp', 'pop3', 'imap', 'mysql', 'postgresql', 'vnc', 'http', 'smtp'],
  ncrack: ['ssh', 'ftp', 'pop3', 'imap', 'mysql', 'http', 'postgresql', 'vnc'],
  patator: ['ssh', 'ftp', 'pop3', 'imap', 'smtp', 'ldap', 'mysql', 'postgresql', 'http', 'vnc'],
};
const tools = { hydra, medusa, ncrack, patator };
for (const [name, services] of Object.entries(by)) {
  if (!has(name)) {
    missing.push(name);
    continue;
  }
  for (const service of services) client(service, name, tools[name](service));
}
for (const [service, script, args] of [
  ['ftp', 'ftp-brute'],
  ['pop3', 'pop3-brute', 'pop3loginmethod=USER'],
  ['imap', 'imap-brute'],
  ['smtp', 'smtp-brute'],
  ['ldap', 'ldap-brute', 'ldap.base=dc=example'],
  ['mysql', 'mysql-brute'],
  ['postgresql', 'pgsql-brute'],
  ['vnc', 'vnc-brute'],
  ['telnet', 'telnet-brute'],
  ['http', 'http-brute'],
  ['ssh', 'ssh-brute'],
  ['smb', 'smb-brute'],
])
  client(service, `nmap ${script}`, nmap(service, script, args));
if (has('svcrack'))
  client('sip', 'svcrack', ({ go }) =>
    go('svcrack', ['-u', 'worker', '-d', lists(kGuesses), `udp://${server}:5060`]),
  );
else missing.push('svcrack');
if (has('sshpass'))
  client('ssh', 'sshpass', ({ go, times }) =>
    times(12, (i) =>
      go('sshpass', [
        '-p',
        `wrong${i}`,
        'ssh',
        '-o',
        'StrictHostKeyChecking=no',
        '-o',
        'UserKnownHostsFile=/dev/null',
        '-o',
        'PubkeyAuthentication=no',
        `root@${server}`,
        'true',
      ]),
    ),
  );
client('ssh', 'ncrack on port 902', ncrack('ssh', kGuesses, 902));
client('http', 'curl', ({ go, times }) =>
  times(12, (i) => go('curl', ['-s', '-u', `worker:wrong${i}`, `http://${server}:8080/`])),
);
client('imap', 'curl', ({ go, times }) =>
  times(12, (i) => go('curl', ['-s', '-u', `worker:wrong${i}`, `imap://${server}/`])),
);
client('smb', 'smbclient', ({ go, times }) =>
  times(12, (i) =>
    go('smbclient', ['-s', '/dev/null', '-U', `root%wrong${i}`, `//${server}/share`, '-c', 'ls']),
  ),
);
client('ldap', 'ldapwhoami', ({ go, times }) =>
  times(12, (i) =>
    go('ldapwhoami', ['-x', '-H', `ldap://${server}`, '-D', 'cn=worker,dc=example', '-w', `wrong${i}`]),
  ),
);
// Slowly: 32 passwords, a connection every six minutes (the capture's times are drawn apart).
for (const service of ['ftp', 'imap', 'mysql', 'ldap', 'http'])
  client(service, 'hydra, slowly', hydra(service, 32, 1), { slow: 360 });
client('ssh', 'ncrack, slowly', ncrack('ssh', 36), { slow: 360 });
// From many: ten, with three passwords each.
for (const service of ['ftp', 'pop3', 'imap', 'mysql', 'postgresql', 'ldap', 'http'])
  for (let i = 0; i < 10; i++) client(service, 'hydra, one of ten', hydra(service, 3, 1));
for (let i = 0; i < 10; i++) client('ssh', 'ncrack, one of ten', ncrack('ssh', 4));

// An ordinary day: a minute of it is a step here, so each does in the capture what else takes half an hour.
const no = { label: false };
const say = (port, word, wait = 150) => [
  '-e',
  `const s = require('net').connect(${port}, '${server}'); s.on('connect', () => { s.write(Buffer.from('${Buffer.from(word).toString('base64')}', 'base64')); setTimeout(() => s.end(), ${wait}); }).on('data', () => {}).on('error', () => {}).on('close', () => process.exit(0))`,
];
for (const [service, port] of Object.entries(ports))
  client(
    service,
    'load balancer that connects',
    ({ go, times }) => times(20, () => go(process.execPath, say(port, ''))),
    no,
  );
client('ssh', 'ssh-keyscan', ({ go, times }) => times(10, () => go('ssh-keyscan', [server])), no);
client(
  'ssh',
  'monitor with a banner',
  ({ go, times }) => times(20, () => go(process.execPath, say(22, 'SSH-2.0-check\r\n'))),
  no,
);
client(
  'ssh',
  'work',
  ({ go, times }) =>
    times(4, () =>
      go('ssh', [
        '-i',
        path.join(at, 'key'),
        '-o',
        'StrictHostKeyChecking=no',
        '-o',
        'UserKnownHostsFile=/dev/null',
        `root@${server}`,
        'head -c 300000 /dev/zero',
      ]),
    ),
  no,
);
client(
  'vnc',
  'monitor with a version',
  ({ go, times }) => times(20, () => go(process.execPath, say(5900, 'RFB 003.008\n'))),
  no,
);
client(
  'imap',
  'mail client, each minute',
  ({ go, times }) => times(20, () => go('curl', ['-s', '-u', `worker:${right}`, `imap://${server}/`])),
  no,
);
client(
  'pop3',
  'mail client, each minute',
  ({ go, times }) => times(20, () => go('curl', ['-s', '-u', `worker:${right}`, `pop3://${server}/`])),
  no,
);
client(
  'pop3',
  'mail client, wrong three times',
  async ({ go, times }) => {
    await times(3, (i) => go('curl', ['-s', '-u', `worker:x${i}`, `pop3://${server}/`]));
    await times(5, () => go('curl', ['-s', '-u', `worker:${right}`, `pop3://${server}/`]));
  },
  no,
);
client(
  'smtp',
  'program that sends mail',
  ({ go, times }) =>
    times(15, () =>
      go(
        'curl',
        [
          '-s',
          '-u',
          `worker:${right}`,
          '--mail-from',
          'a@example',
          '--mail-rcpt',
          'b@example',
          '-T',
          '-',
          `smtp://${server}/`,
        ],
        { input: 'Subject: x\n\nx\n' },
      ),
    ),
  no,
);
client(
  'smtp',
  'monitor with EHLO',
  ({ go, times }) => times(20, () => go(process.execPath, say(25, 'EHLO check\r\nQUIT\r\n'))),
  no,
);
client(
  'smtp',
  'server that delivers mail',
  ({ go, times }) =>
    times(15, () =>
      go(
        'curl',
        ['-s', '--mail-from', 'a@other', '--mail-rcpt', 'b@example', '-T', '-', `smtp://${server}/`],
        { input: 'x\n' },
      ),
    ),
  no,
);
client(
  'ldap',
  'application that binds',
  ({ go, times }) =>
    times(20, () =>
      go('ldapwhoami', ['-x', '-H', `ldap://${server}`, '-D', 'cn=worker,dc=example', '-w', right]),
    ),
  no,
);
client(
  'ldap',
  'anonymous searches',
  ({ go, times }) =>
    times(20, () => go('ldapsearch', ['-x', '-H', `ldap://${server}`, '-b', '', '-s', 'base'])),
  no,
);
client(
  'mysql',
  'application',
  ({ go, times }) =>
    times(20, () =>
      go('mysql', ['--no-defaults', '-h', server, '-u', 'worker', `-p${right}`, '-e', 'select 1']),
    ),
  no,
);
client(
  'mysql',
  'mysqladmin ping without a password',
  ({ go, times }) =>
    times(20, () => go('mysqladmin', ['--no-defaults', '-h', server, '-u', 'monitor', 'ping'])),
  no,
);
client(
  'postgresql',
  'application',
  ({ go, times }) =>
    times(20, () => go('psql', [`postgresql://worker:${right}@${server}/postgres`, '-c', 'select 1'])),
  no,
);
client('postgresql', 'pg_isready', ({ go, times }) => times(20, () => go('pg_isready', ['-h', server])), no);
client(
  'http',
  'browser',
  ({ go, times }) => times(20, () => go('curl', ['-s', '-u', `worker:${right}`, `http://${server}:8080/`])),
  no,
);
client(
  'http',
  'monitor that sees 401',
  ({ go, times }) => times(20, () => go('curl', ['-s', `http://${server}:8080/`])),
  no,
);
client(
  'http',
  'program with an old token',
  ({ go, times }) =>
    times(20, () => go('curl', ['-s', '-H', 'Authorization: Bearer abc.def', `http://${server}:8080/`])),
  no,
);
client(
  'ftp',
  'downloads without a name',
  ({ go, times }) => times(15, () => go('curl', ['-s', '--max-time', '5', `ftp://${server}/`])),
  no,
);
client(
  'smb',
  'work',
  ({ go, times }) =>
    times(10, () =>
      go('smbclient', [
        '-s',
        '/dev/null',
        '-U',
        `root%${right}`,
        `//${server}/share`,
        '-c',
        'get log /dev/null',
      ]),
    ),
  no,
);
if (has('svmap')) client('sip', 'svmap', ({ go }) => go('svmap', [server]), no);
client(
  '',
  'nmap -sV -sC',
  ({ go }) => go('nmap', ['-n', '-Pn', '-sV', '-p', Object.values(ports).join(), server], { most: 150 }),
  no,
);

// A few at a time: what they share are two processors, often.
const kAtOnce = 8;
await Promise.all(
  Array.from({ length: kAtOnce }, async () => {
    for (let one; (one = queue.shift());) await one();
  }),
);
await sleep(500);
dump.kill('SIGINT');
await new Promise((done) => dump.once('exit', done));

/** The connections of slow clients, drawn apart. */
function slowed(bytes) {
  const apart = new Map(clients.filter((one) => one.slow).map((one) => [one.address, one.slow]));
  const begins = new Map(); // by the client's address: its ports
  const records = [];
  for (let from = 24; from + 16 <= bytes.length;) {
    const length = bytes.readUInt32LE(from + 8);
    const frame = bytes.subarray(from + 16, from + 16 + length);
    const record = Buffer.from(bytes.subarray(from, from + 16 + length));
    from += 16 + length;
    records.push(record);
    if (frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 6) continue;
    const [source, target] = [26, 30].map((offset) => [...frame.subarray(offset, offset + 4)].join('.'));
    const who = apart.has(source) ? source : target;
    if (!apart.has(who)) continue;
    const port = frame.readUInt16BE(14 + 4 * (frame[14] & 15) + (source === who ? 0 : 2));
    if (!begins.has(who)) begins.set(who, new Map());
    const known = begins.get(who);
    if (!known.has(port)) known.set(port, known.size);
    record.writeUInt32LE(record.readUInt32LE(0) + apart.get(who) * known.get(port), 0);
  }
  const time = (record) => record.readUInt32LE(0) * 1e6 + record.readUInt32LE(4);
  return Buffer.concat([bytes.subarray(0, 24), ...records.sort((a, b) => time(a) - time(b))]);
}
writeFileSync(capture, slowed(readFileSync(capture)));
const keep = process.argv[2];
if (keep) {
  mkdirSync(keep, { recursive: true });
  writeFileSync(path.join(keep, 'guessing.pcap'), readFileSync(capture));
  writeFileSync(path.join(keep, 'labels.json'), JSON.stringify(clients, null, 1));
}
if (missing.length > 0) console.log(`not there: ${missing.join(', ')}`);
judge(capture, clients);
process.exit(0);
