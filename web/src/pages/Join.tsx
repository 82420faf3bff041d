// SPDX-License-Identifier: Apache-2.0
// What a link for devices opens: for an employee, without signing in. It says whose link it is and what to do.
import { SegmentedControl, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api';
import { Failed, Loading } from '../basics';
import { Gate } from '../gate';
import { useWords } from '../i18n';
import { Install, type System } from '../install';

/** A telephone or a Mac, which the link is opened on by mistake: it can't be added by it. */
const elsewhere = /Android|iPhone|iPad|Macintosh/.test(navigator.userAgent);
const first: System = !elsewhere && /Linux/.test(navigator.userAgent) ? 'debian' : 'windows';

export default function Join() {
  const { t, time } = useWords();
  const [system, setSystem] = useState<System>(first);
  const code = location.hash.slice(1);
  const answer = useQuery({
    queryKey: ['/join', code],
    queryFn: () => call('POST', '/join', { code }),
    retry: false,
  });
  const joined = answer.data;
  return (
    <Gate
      wide
      title={t('join.title')}
      text={joined && t('join.text', { firm: joined.organisation || t('app.name') })}
    >
      {answer.isLoading && <Loading />}
      {answer.error && (
        <>
          <Failed error={answer.error} />
          <p>{t('join.ask')}</p>
        </>
      )}
      {joined && (
        <Stack>
          {elsewhere && (
            <p role="status" className="tag fail" style={{ margin: 0, whiteSpace: 'normal' }}>
              {t('join.elsewhere')}
            </p>
          )}
          <p style={{ margin: 0 }}>{t('join.until', { at: time(joined.expires_at) })}</p>
          <SegmentedControl
            value={system}
            onChange={(one) => setSystem(one as System)}
            data={[
              { value: 'windows', label: 'Windows' },
              { value: 'debian', label: 'Linux (Debian)' },
            ]}
            aria-label={t('devices.system')}
          />
          <Install
            system={system}
            link={joined.link}
            downloads={joined.downloads}
            self={joined.own_authority}
          />
          <a href="/privacy" target="_blank" rel="noreferrer">
            {t('privacy.title')}
          </a>
          <p className="soft" style={{ margin: 0 }}>
            {t('join.help')} {joined.own_authority && <a href="/trust">{t('join.trust')}</a>}
          </p>
        </Stack>
      )}
    </Gate>
  );
}
