// SPDX-License-Identifier: Apache-2.0
// When the records were last backed up, and how to do it.
import { Stack } from '@mantine/core';
import { ToCopy } from './basics';
import { useWords } from './i18n';
import { Ask, Card } from './parts';

export function BackupCard() {
  const { t, time } = useWords();
  return (
    <Card title={t('backup.title')}>
      <Ask path="/setup-state">
        {({ backup }) => (
          <Stack gap="xs">
            <p
              className={`tag ${backup.fresh ? 'pass' : 'fail'}`}
              style={{ margin: 0, whiteSpace: 'normal' }}
            >
              {backup.at ? t('backup.last', { at: time(backup.at) }) : t('backup.none')}
            </p>
            <span>{t('backup.how')}</span>
            <ToCopy text={backup.command} id="backup-command" />
            {backup.command.includes('***') && <span>{t('command.stars')}</span>}
          </Stack>
        )}
      </Ask>
    </Card>
  );
}
