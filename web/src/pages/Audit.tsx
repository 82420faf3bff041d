// SPDX-License-Identifier: Apache-2.0
import { Anchor, Button, Code, Group, Select, Table, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import { get, type Text, type Answer } from '../api';
import { Failed } from '../basics';
import { Link } from 'wouter';
import { useFilters } from '../filters';
import { learn, useWords } from '../i18n';
import { words, type Word } from '../words';
import { audit } from '../words/audit';
import { Ask, Card, Empty, Page, useGuideline } from '../parts';

learn(audit);

type Log = Answer<'/audit'>;
type Entry = Log['items'][number];

const actions = Object.keys(words)
  .filter((key) => key.startsWith('audit.'))
  .map((key) => key.slice('audit.'.length));

/** What was answered, changed or taken, by the name that pages give it, and leading there. */
function Item({ entry }: { entry: Entry }) {
  const { t, tx } = useWords();
  const { checks, measures, checklist } = useGuideline();
  const to = (href: string, name: string) => (
    <Anchor component={Link} href={href} underline="always">
      {name}
    </Anchor>
  );
  const check = checks.find((one) => one.id === entry.item);
  if (check) return to(`/checks/${check.id}`, tx(check.title));
  const requirement = [...measures, ...checklist].find((one) => one.ascii_id === entry.item);
  if (requirement) return to(`/requirements/${requirement.ascii_id}`, tx(requirement.text));
  const incident = /^incident-(\d+)$/.exec(entry.item)?.[1];
  if (incident) return to(`/incidents/${incident}`, t('told.incident', { id: incident }));
  if (entry.action === 'report-taken' && `reports.${entry.item}` in words)
    return t(`reports.${entry.item}` as Word);
  return entry.item;
}

/** The rest of an entry in words; what has none stands as it is kept. */
function Detail({ entry }: { entry: Entry }) {
  const { t, tx, lang, day, time } = useWords();
  const { methods, responses } = useGuideline();
  const word = (key: string) => (`told.${key}` in audit ? t(`told.${key}` as Word) : key);
  const named = (list: { id: string; name?: Text; title?: Text }[], id: string) => {
    const one = list.find((other) => other.id === id);
    return one ? tx(one.name ?? one.title) : id;
  };
  const value = (key: string, given: unknown): string => {
    if (typeof given === 'boolean') return word(given ? 'yes' : 'no');
    if (Array.isArray(given)) return given.map((one) => value(key, one)).join(', ');
    if (given !== null && typeof given === 'object') return inWords(Object.entries(given));
    const said = String(given ?? '―');
    if (key === 'due') return day(said);
    if (key === 'until') return given === null ? said : time(said);
    if (key === 'methods')
      return said
        .split(' ')
        .map((id) => named(methods, id))
        .join(', ');
    if (key === 'kind') return named(responses, said);
    if (key === 'reply' || key === 'how') return word(said);
    if (key === 'scopes' && `account.scope.${said}` in words) return t(`account.scope.${said}` as Word);
    if (key === 'state' && `state.${said}` in words) return t(`state.${said}` as Word);
    return said.split(/[ ,]+/).every((role) => `role.${role}` in words)
      ? said
          .split(/[ ,]+/)
          .map((role) => t(`role.${role}` as Word))
          .join(', ')
      : said;
  };
  /** `from` and `to` are told of whoever signs in, of what is handed on, and of what changes. */
  const label = (key: string, all: [string, unknown][]) => {
    if (key === 'to' && entry.action === 'assigned') return word('owner');
    return word(
      key === 'from' && all.some(([other]) => other === 'to' || other === 'roles') ? 'before' : key,
    );
  };
  const inWords = (all: [string, unknown][]): string =>
    all.map(([key, given]) => `${label(key, all)}: ${value(key, given)}`).join(lang === 'ja' ? '、' : ', ');
  // A reason stands in both languages: `why` and `why_ja`.
  const other = 'why_ja' in entry.detail ? (lang === 'ja' ? 'why' : 'why_ja') : '';
  const shown = Object.entries(entry.detail)
    .filter(([key, given]) => given !== '' && key !== other)
    .map(([key, given]): [string, unknown] => [key === 'why_ja' ? 'why' : key, given]);
  return <span className="soft">{inWords(shown)}</span>;
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
  const { t, time } = useWords();
  const narrowed = useFilters(names);
  const [limit, setLimit] = useState(100);
  const [check, setCheck] = useState<Answer<'/audit/check'> | null>(null);
  const [error, setError] = useState<Error | null>(null);
  return (
    <Page
      title={t('nav.audit')}
      text={t('auditlog.text')}
      aside={
        <Button variant="default" onClick={() => get('/audit/check').then(setCheck, setError)}>
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
      <Ask path={`/audit?limit=${limit}${narrowed.query && `&${narrowed.query}`}`} keep>
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
                        <Item entry={entry} /> <Detail entry={entry} />
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
