import { Anchor, Button, Code, Group, Select, Table, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import { get } from '../api';
import { Failed } from '../basics';
import { useFilters } from '../filters';
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

const actions = Object.keys(words)
  .filter((key) => key.startsWith('audit.'))
  .map((key) => key.slice('audit.'.length));
/** A reason stands in both languages: `why` and `why_ja`. */
function told(detail: Record<string, unknown>, lang: string): string {
  const other = 'why_ja' in detail ? (lang === 'ja' ? 'why' : 'why_ja') : '';
  return Object.entries(detail)
    .filter(([key, value]) => value !== '' && key !== other)
    .map(([key, value]) => `${key === 'why_ja' ? 'why' : key}: ${String(value)}`)
    .join(', ');
}

const names = ['q', 'action', 'since', 'until'] as const;

/** What is searched for, and the way to take what was found away. */
function Narrow({ filters, narrow, query, any }: ReturnType<typeof useFilters<(typeof names)[number]>>) {
  const { t } = useWords();
  const [text, setText] = useState(filters.q);
  const search = useDebouncedCallback((q: string) => narrow({ q }), 300);
  return (
    <Group align="flex-end">
      <TextInput
        label={t('app.search')}
        description={t('auditlog.search')}
        value={text}
        onChange={(e) => {
          setText(e.currentTarget.value);
          search(e.currentTarget.value);
        }}
      />
      <Select
        label={t('auditlog.what')}
        clearable
        searchable
        value={filters.action || null}
        onChange={(action) => narrow({ action: action ?? '' })}
        data={actions.map((value) => ({ value, label: t(`audit.${value}` as Word) }))}
      />
      {(['since', 'until'] as const).map((name) => (
        <TextInput
          key={name}
          type="date"
          label={t(`auditlog.${name}`)}
          value={filters[name]}
          onChange={(e) => narrow({ [name]: e.currentTarget.value })}
        />
      ))}
      {any && (
        <Button
          variant="default"
          onClick={() => {
            setText('');
            narrow({ q: '', action: '', since: '', until: '' });
          }}
        >
          {t('list.all')}
        </Button>
      )}
      <Anchor href={`/api/v1/audit?format=csv${query && `&${query}`}`} download lh="2.25rem">
        {t('list.csv')}
      </Anchor>
    </Group>
  );
}

export default function Audit() {
  const { t, time, lang } = useWords();
  const narrowed = useFilters(names);
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
      <Narrow {...narrowed} />
      <Ask<{ items: Entry[]; next: number | null }>
        path={`/audit?limit=${limit}${narrowed.query && `&${narrowed.query}`}`}
        keep
      >
        {({ items, next }) => (
          <Card flush>
            {items.length === 0 && <Empty>{t(narrowed.any ? 'auditlog.nothing' : 'item.nohistory')}</Empty>}
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
                        {entry.item} <span className="soft">{told(entry.detail, lang)}</span>
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
