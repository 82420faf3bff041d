// SPDX-License-Identifier: Apache-2.0
// How a device is made to trust the server's own authority: for anybody, before signing in.
import { Anchor, Button, SegmentedControl, Stack } from '@mantine/core';
import { useState } from 'react';
import { useApi } from '../api';
import { Failed, Loading } from '../basics';
import { Gate } from '../gate';
import { useWords } from '../i18n';
import type { Word } from '../words';

const systems = ['windows', 'macos', 'ios', 'android', 'linux'] as const;
type System = (typeof systems)[number];
const names = { windows: 'Windows', macos: 'macOS', ios: 'iPhone', android: 'Android', linux: 'Linux' };
const steps = { windows: 4, macos: 4, ios: 4, android: 3, linux: 2 };

function here(): System {
  const agent = navigator.userAgent;
  if (/iPhone|iPad/.test(agent)) return 'ios';
  if (/Android/.test(agent)) return 'android';
  if (/Mac/.test(agent)) return 'macos';
  return /Linux/.test(agent) ? 'linux' : 'windows';
}

/** In groups of four, so that it can be compared by eye. */
const grouped = (hex: string) => hex.replace(/(.{4})(?!$)/g, '$1 ');

export default function Trust() {
  const { t, day } = useWords();
  const answer = useApi('/authority');
  const [system, setSystem] = useState<System>(here());
  return (
    <Gate wide title={t('trust.title')} text={t('trust.text')}>
      {answer.isLoading && <Loading />}
      {answer.error && <Failed error={answer.error} />}
      {answer.data && (
        <Stack>
          <span>
            {t('trust.compare')}
            <br />
            <code data-testid="authority" style={{ overflowWrap: 'anywhere' }}>
              {grouped(answer.data.sha256)}
            </code>
          </span>
          <div>
            <Button component="a" href="/downloads/sekisho-authority.crt">
              {t('trust.download')}
            </Button>{' '}
            <span className="soft">{t('trust.until', { day: day(answer.data.until) })}</span>
          </div>
          <SegmentedControl
            value={system}
            onChange={(one) => setSystem(one as System)}
            data={systems.map((one) => ({ value: one, label: names[one] }))}
            aria-label={t('devices.system')}
          />
          <ol style={{ margin: 0, paddingLeft: '1.3rem' }}>
            {Array.from({ length: steps[system] }, (_, i) => (
              <li key={i}>{t(`trust.${system}.${i + 1}` as Word)}</li>
            ))}
          </ol>
          <p className="soft" style={{ margin: 0 }}>
            {t('trust.bound')}
          </p>
          <Anchor href="/">{t('trust.back')}</Anchor>
        </Stack>
      )}
    </Gate>
  );
}
