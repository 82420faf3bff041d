// SPDX-License-Identifier: Apache-2.0
// What to type on a device so that it reports here: one line a system, which downloads, compares the digest, installs
// and enrols. The same for administrators and on the page that a link opens.
import { Stack } from '@mantine/core';
import type { Schemas } from './api';
import { useWords } from './i18n';
import { ToCopy } from './basics';

type Download = Schemas['Download'];
export type System = 'windows' | 'debian';

/** What the server that this page came from shows as TLS is known to browsers that trust its own authority, and to no
 * other program: the digest says that the right file came. */
const unknownTls = (self: boolean) => (self ? ' -k' : '');

/** Into a folder that no other user of the PC can write to: what was compared is what is run. */
export function commandOf(one: Download, link: string, origin: string, self: boolean, wrong: string) {
  const url = `${origin}/downloads/${one.name}`;
  if (one.kind === 'windows')
    return (
      `$f = "$env:SystemRoot\\Temp\\sekisho-$(New-Guid).exe"; curl.exe -fsSL${unknownTls(self)} -o $f '${url}'; ` +
      `if ((Get-FileHash -Algorithm SHA256 $f).Hash -ne '${one.sha256}') { throw '${wrong}' }; ` +
      `& $f service install '${link}'; Remove-Item $f`
    );
  return (
    `d=$(mktemp -d) && chmod 755 "$d" && ` +
    `{ curl -fsSL${unknownTls(self)} '${url}' || wget -qO-${self ? ' --no-check-certificate' : ''} '${url}'; } > "$d/sekisho-agent.deb" && ` +
    `echo '${one.sha256}  '"$d/sekisho-agent.deb" | sha256sum -c - && ` +
    `sudo apt-get install -y --no-install-recommends "$d/sekisho-agent.deb" tpm2-openssl && ` +
    `sudo sekisho-agent enrol '${link}' && sudo systemctl enable --now sekisho-agent`
  );
}

/** For who has the program already, where the server has none to offer. */
const byHand = (system: System, link: string) =>
  system === 'windows'
    ? `.\\sekisho.exe service install "${link}"`
    : `sudo sekisho-agent enrol '${link}'\nsudo systemctl enable --now sekisho-agent`;

export function Install({
  system,
  link,
  downloads,
  self,
}: {
  system: System;
  link: string;
  downloads: Download[];
  self: boolean;
}) {
  const { t, number } = useWords();
  const found = downloads.find((one) => one.kind === system);
  const command = found
    ? commandOf(found, link, location.origin, self, t('install.wrong'))
    : byHand(system, link);
  return (
    <Stack gap="xs">
      {!found && (
        <p role="status" className="tag unknown" style={{ margin: 0, whiteSpace: 'normal' }}>
          {t(`install.none.${system}`)}
        </p>
      )}
      <ol style={{ margin: 0, paddingLeft: '1.3rem' }}>
        <li>{t(`install.open.${system}`)}</li>
        <li>
          {t('install.paste')}
          <ToCopy text={command} id={`enrolment-${system}`} />
        </li>
        <li>{t(`install.done.${system}`)}</li>
      </ol>
      {found && (
        <details>
          <summary className="soft">{t('install.what')}</summary>
          <p style={{ margin: '0.3rem 0' }}>{t('install.what.text')}</p>
          <a href={`/downloads/${found.name}`} download>
            {found.name}
          </a>{' '}
          <span className="soft">
            {t('install.size', { mb: number(Math.round(found.bytes / 1e5) / 10) })}
          </span>
          <div className="soft" style={{ overflowWrap: 'anywhere' }}>
            SHA-256 {found.sha256}
          </div>
        </details>
      )}
    </Stack>
  );
}
