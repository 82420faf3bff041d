// SPDX-License-Identifier: Apache-2.0
// Who is in where, from where and on what it rests; and the way to put an end to it.
import { Anchor, Button, Checkbox, Group, Table } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useApi, type Schemas } from '../api';
import { Failed, Loading } from '../basics';
import { useFilters } from '../filters';
import { useWords } from '../i18n';
import { ListBar, Totals } from '../lists';
import { administers, Card, Empty, Result, Tag, useMe } from '../parts';
import { AccessPage, DeviceLink, MeasureLink } from './parts';
import { SuspendDialog, Suspended, useRestore, type Begun, type Ref, type Targets } from './suspend';

type Session = Schemas['AccessSession'];

const names = ['q', 'resource', 'person', 'device'] as const;
const keyOf = (one: Session) =>
  [one.person?.id, one.device?.id, one.resource, one.enforcer, one.since, one.from].join(' ');

function RestsOn({ one }: { one: Session }) {
  const { t, tx, time } = useWords();
  const kinds = { met: 'pass', in_grace: 'partly_met', not_applicable: 'not_applicable' } as const;
  return (
    <details className="why">
      <summary>{t('access.rests', { n: one.rests_on.length })}</summary>
      <ul className="plain">
        {one.rests_on.map((rest) => (
          <li key={rest.measure}>
            <Tag kind={kinds[rest.state]}>{t(`access.rests.${rest.state}`)}</Tag>{' '}
            <MeasureLink id={rest.measure}>{tx(rest.text)}</MeasureLink>{' '}
            {rest.until && <span className="soft">{t('access.rests.until', { at: time(rest.until) })}</span>}
          </li>
        ))}
      </ul>
      <span className="soft">{t('access.rests.ends', { at: time(one.until) })}</span>
    </details>
  );
}

function Row({
  one,
  chosen,
  choose,
  suspend,
}: {
  one: Session;
  chosen: boolean;
  choose: ((chosen: boolean) => void) | null;
  suspend: () => void;
}) {
  const { t, tx, time } = useWords();
  const name = one.person?.name ?? '';
  return (
    <Table.Tr>
      {choose && (
        <Table.Td>
          <Checkbox
            checked={chosen}
            onChange={(e) => choose(e.currentTarget.checked)}
            aria-label={t('access.choose', { name: `${name}, ${tx(one.resource_name)}` })}
          />
        </Table.Td>
      )}
      <Table.Td data-label={t('access.person')} style={{ whiteSpace: 'nowrap' }}>
        {one.person ? (
          <Anchor
            inherit
            component={Link}
            href={`/access/timeline?person=${one.person.id}`}
            underline="always"
          >
            {name}
          </Anchor>
        ) : (
          '―'
        )}
      </Table.Td>
      <Table.Td data-label={t('access.device')} style={{ whiteSpace: 'nowrap' }}>
        <DeviceLink device={one.device} />
      </Table.Td>
      <Table.Td data-label={t('access.resource')}>
        {tx(one.resource_name)}{' '}
        {one.emergency ? (
          <>
            <Tag kind="fail">{t('access.emergency')}</Tag>
            <div className="soft">{t('access.rests.ends', { at: time(one.until) })}</div>
          </>
        ) : (
          <RestsOn one={one} />
        )}
      </Table.Td>
      <Table.Td data-label={t('access.from')}>
        <span style={{ whiteSpace: 'nowrap' }}>{one.from ?? '―'}</span>{' '}
        <span className="soft">{one.enforcer === 'gate' ? t('access.gate') : one.enforcer}</span>
      </Table.Td>
      <Table.Td data-label={t('access.since')} style={{ whiteSpace: 'nowrap' }}>
        {time(one.since)}
      </Table.Td>
      {choose && (
        <Table.Td>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t('access.suspend.one', { name })}
            onClick={suspend}
          >
            {t('access.suspend')}
          </Button>
        </Table.Td>
      )}
    </Table.Tr>
  );
}

/** Who is in past the policy is said before all else. */
function Emergencies({ n }: { n: number }) {
  const { t, number } = useWords();
  return (
    <div className="say warn" role="alert" data-testid="access-emergencies">
      <strong>{t('access.emergencies', { n: number(n) })}</strong> {t('access.emergencies.text')}{' '}
      <Anchor component={Link} href="/people" underline="always">
        {t('access.emergencies.go')}
      </Anchor>
    </div>
  );
}

/** Of these sessions, each person and each device once. */
function targetsOf(sessions: Session[]): Targets {
  const once = (list: (Ref | null)[]) => [
    ...new Map(list.filter((one) => one !== null).map((one) => [one.id, one])).values(),
  ];
  return {
    people: once(sessions.map((one) => one.person)),
    devices: once(sessions.map((one) => one.device)),
  };
}

/** What was suspended just now, and the way back. */
function Undo({ begun, done }: { begun: Begun[]; done: () => void }) {
  const { t } = useWords();
  const restore = useRestore(done);
  if (begun.length === 0) return null;
  return (
    <Result title={t('access.suspended.done', { names: begun.map((one) => one.name).join(', ') })}>
      <Group mt="xs">
        <Button
          size="xs"
          variant="default"
          loading={restore.isPending}
          onClick={() => restore.mutate(begun.map((one) => one.id))}
        >
          {t('access.undo')}
        </Button>
      </Group>
      {restore.error && <Failed error={restore.error} />}
    </Result>
  );
}

function NoPolicy() {
  const { t } = useWords();
  const answer = useApi('/access/policy');
  if (answer.data?.source !== 'none') return null;
  return (
    <Card>
      <strong>{t('access.nopolicy')}</strong>{' '}
      <Anchor component={Link} href="/access/policy" underline="always">
        {t('access.nopolicy.go')}
      </Anchor>
    </Card>
  );
}

export default function Live() {
  const { t, tx, number } = useWords();
  const mayEnd = administers(useMe());
  const { filters, narrow, any, query } = useFilters(names);
  const [limit, setLimit] = useState(100);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<{ targets: Targets | null } | null>(null);
  const [begun, setBegun] = useState<Begun[]>([]);
  const answer = useApi(`/access/sessions?limit=${limit}${query && `&${query}`}`, {
    keep: true,
    every: 10_000,
  });
  const items = answer.data?.items ?? [];
  const picked = items.filter((one) => chosen.has(keyOf(one)));
  const totals = answer.data?.totals;
  return (
    <AccessPage
      title={t('access.live.title')}
      text={mayEnd ? `${t('access.live.text')} ${t('access.live.end')}` : t('access.live.text')}
      aside={
        mayEnd && (
          <Button variant="default" onClick={() => setDialog({ targets: null })}>
            {t('access.suspend.any')}
          </Button>
        )
      }
    >
      {totals && totals.emergencies > 0 && <Emergencies n={totals.emergencies} />}
      <NoPolicy />
      <Undo key={begun.map((one) => one.id).join()} begun={begun} done={() => setBegun([])} />
      <Suspended />
      <ListBar
        filters={filters}
        narrow={narrow}
        any={any}
        choices={[
          {
            name: 'resource',
            label: t('access.resource'),
            data: (totals?.resources ?? []).map((one) => ({ value: one.resource, label: tx(one.name) })),
          },
        ]}
        csv={`/api/v1/access/sessions?format=csv${query && `&${query}`}`}
      />
      {totals && (
        <Totals>
          <strong>{t('access.total', { n: number(totals.all) })}</strong>
          <span>{t('access.total.people', { n: number(totals.people) })}</span>
          <span>{t('access.total.devices', { n: number(totals.devices) })}</span>
          {totals.resources.map((one) => (
            <Tag key={one.resource} kind="unknown">
              {t('access.total.of', { name: tx(one.name), n: number(one.count) })}
            </Tag>
          ))}
        </Totals>
      )}
      {answer.error && <Failed error={answer.error} again={() => void answer.refetch()} />}
      {!answer.data && !answer.error && <Loading />}
      {picked.length > 0 && (
        <Group role="status">
          <strong>{t('access.chosen', { n: number(picked.length) })}</strong>
          <Button size="xs" onClick={() => setDialog({ targets: targetsOf(picked) })}>
            {t('access.suspend.chosen')}
          </Button>
        </Group>
      )}
      {answer.data && (
        <Card flush>
          {items.length === 0 ? (
            <Empty>{t(any ? 'list.empty' : 'access.nobody')}</Empty>
          ) : (
            <Table.ScrollContainer minWidth={760} className="stacks">
              <Table verticalSpacing="xs">
                <Table.Thead>
                  <Table.Tr>
                    {mayEnd && (
                      <Table.Th>
                        <Checkbox
                          checked={picked.length === items.length}
                          indeterminate={picked.length > 0 && picked.length < items.length}
                          onChange={(e) =>
                            setChosen(new Set(e.currentTarget.checked ? items.map(keyOf) : []))
                          }
                          aria-label={t('access.choose', { name: t('app.all') })}
                        />
                      </Table.Th>
                    )}
                    <Table.Th>{t('access.person')}</Table.Th>
                    <Table.Th>{t('access.device')}</Table.Th>
                    <Table.Th>{t('access.resource')}</Table.Th>
                    <Table.Th>{t('access.from')}</Table.Th>
                    <Table.Th>{t('access.since')}</Table.Th>
                    {mayEnd && (
                      <Table.Th>
                        <span className="unseen">{t('access.suspend')}</span>
                      </Table.Th>
                    )}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((one) => (
                    <Row
                      key={keyOf(one)}
                      one={one}
                      chosen={chosen.has(keyOf(one))}
                      choose={
                        mayEnd
                          ? (on) => {
                              const next = new Set(chosen);
                              if (on) next.add(keyOf(one));
                              else next.delete(keyOf(one));
                              setChosen(next);
                            }
                          : null
                      }
                      suspend={() => setDialog({ targets: targetsOf([one]) })}
                    />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )}
          {answer.data.next !== null && limit < 500 && (
            <Button variant="default" m="md" onClick={() => setLimit(Math.min(500, limit + 200))}>
              {t('app.more')}
            </Button>
          )}
        </Card>
      )}
      {dialog && (
        <SuspendDialog
          targets={dialog.targets}
          done={(made) => {
            setDialog(null);
            if (made.length === 0) return;
            setChosen(new Set());
            setBegun(made);
          }}
        />
      )}
    </AccessPage>
  );
}
