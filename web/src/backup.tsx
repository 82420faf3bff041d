// When the records were last backed up, and how to do it.
import { Code, Stack } from '@mantine/core';
import type { Schemas } from './api';
import { Copy } from './basics';
import { useWords } from './i18n';
import { Ask, Card, Tag } from './parts';

const command = 'sekisho backup sekisho-$(date +%F).backup';

export function BackupCard() {
  const { t, time } = useWords();
  return (
    <Card title={t('backup.title')}>
      <Ask<Schemas['SetupState']> path="/setup-state">
        {({ backup }) => (
          <Stack gap="xs">
            <div>
              <Tag kind={backup.fresh ? 'pass' : 'fail'}>
                {backup.at ? t('backup.last', { at: time(backup.at) }) : t('backup.none')}
              </Tag>
            </div>
            <span>{t('backup.how')}</span>
            <Code block tabIndex={0} style={{ whiteSpace: 'pre-wrap' }}>
              {command}
            </Code>
            <div>
              <Copy text={command} />
            </div>
          </Stack>
        )}
      </Ask>
    </Card>
  );
}
