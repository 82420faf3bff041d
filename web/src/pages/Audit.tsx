import { Button, Code, Table } from '@mantine/core';
import { useState } from 'react';
import { get } from '../api';
import { Failed } from '../basics';
import { useWords } from '../i18n';
import { words, type Word } from '../words';
import { Ask, Card, Empty, Page } from '../parts';

interface Entry {
  id: number;
  at: string;
  actor: string;
  action: string;
  item: string;
  detail: Record<string, unknown>;
}

export default function Audit() {
  const { t, time } = useWords();
  const [limit, setLimit] = useState(100);
  const [check, setCheck] = useState<{
    entries: number;
    intact: boolean;
    first_broken: number | null;
    last_hash: string;
  } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  return (
    <Page
      title={t('nav.audit')}
      text={t('auditlog.text')}
      aside={
        <Button
          variant="default"
          onClick={() => get<NonNullable<typeof check>>('/audit/check').then(setCheck, setError)}
        >
          {t('auditlog.check')}
        </Button>
      }
    >
      {error && <Failed error={error} />}
      {check && (
        <p role="status" className={`tag ${check.intact ? 'pass' : 'fail'}`} style={{ whiteSpace: 'normal' }}>
          {check.intact
            ? t('auditlog.intact', { n: check.entries, hash: check.last_hash })
            : t('auditlog.broken', { id: check.first_broken })}
        </p>
      )}
      <Ask<{ items: Entry[]; next: number | null }> path={`/audit?limit=${limit}`} keep>
        {({ items, next }) => (
          <Card flush>
            {items.length === 0 && <Empty>{t('item.nohistory')}</Empty>}
            <Table.ScrollContainer minWidth={620}>
              <Table fz="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('auditlog.at')}</Table.Th>
                    <Table.Th>{t('auditlog.who')}</Table.Th>
                    <Table.Th>{t('auditlog.what')}</Table.Th>
                    <Table.Th>{t('auditlog.item')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((entry) => (
                    <Table.Tr key={entry.id}>
                      <Table.Td>{time(entry.at)}</Table.Td>
                      <Table.Td>{entry.actor || '―'}</Table.Td>
                      <Table.Td>
                        {`audit.${entry.action}` in words ? (
                          t(`audit.${entry.action}` as Word)
                        ) : (
                          <Code>{entry.action}</Code>
                        )}
                      </Table.Td>
                      <Table.Td>
                        {entry.item}{' '}
                        <span className="soft">
                          {Object.entries(entry.detail)
                            .filter(([, value]) => value !== '')
                            .map(([key, value]) => `${key}: ${String(value)}`)
                            .join(', ')}
                        </span>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
            {next !== null && limit < 500 && (
              <Button variant="default" m="md" onClick={() => setLimit(Math.min(500, limit + 200))}>
                {t('app.more')}
              </Button>
            )}
          </Card>
        )}
      </Ask>
    </Page>
  );
}
