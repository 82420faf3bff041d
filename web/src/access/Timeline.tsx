// SPDX-License-Identifier: Apache-2.0
// What was decided, cut, suspended and changed, and the evidence behind each.
import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useApi, type Schemas } from '../api';
import { Failed, Loading } from '../basics';
import { useFilters } from '../filters';
import { useWords } from '../i18n';
import { ListBar } from '../lists';
import { Ask, Card, Empty, Tag, VerdictTag } from '../parts';
import { AccessPage, DeviceLink, Reasons, useResourceName } from './parts';

type Moment = Schemas['AccessMoment'];
type Then = Schemas['EvidenceThen'];

const names = ['q', 'kind', 'resource', 'since', 'until', 'person', 'device'] as const;
type Name = (typeof names)[number];
const kinds = [
  'deny',
  'step_up',
  'cut',
  'uncut',
  'allow',
  'suspended',
  'restored',
  'emergency_opened',
  'emergency_over',
  'policy',
] as const;
const looks = {
  allow: 'pass',
  step_up: 'partly_met',
  deny: 'fail',
  cut: 'fail',
  uncut: 'fail',
  suspended: 'fail',
  restored: 'pass',
  emergency_opened: 'fail',
  emergency_over: 'pass',
  policy: 'unknown',
} as const;

function Seen({ one }: { one: Then }) {
  const { t, tx, time } = useWords();
  const over = one.valid_until !== null && one.verdict === 'unknown';
  return (
    <li>
      <VerdictTag verdict={one.verdict} /> {tx(one.title)}{' '}
      {one.detail ? (
        <>
          {tx(one.detail)}{' '}
          <span className="soft">
            {over
              ? t('access.timeline.over', { at: time(one.valid_until) })
              : t('access.timeline.seen', { at: time(one.observed_at) })}
          </span>
        </>
      ) : (
        <span className="soft">{t('access.timeline.notseen')}</span>
      )}
    </li>
  );
}

/** Asked for when it is opened. */
function Evidence({ event }: { event: number }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  return (
    <details className="why" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{t('access.timeline.evidence')}</summary>
      {open && (
        <Ask path={`/access/events/${event}`}>
          {({ evidence }) =>
            evidence.length === 0 ? (
              <span className="soft">{t('access.timeline.noevidence')}</span>
            ) : (
              <ul className="plain">
                {evidence.map((one) => (
                  <Seen key={one.measure + one.check} one={one} />
                ))}
              </ul>
            )
          }
        </Ask>
      )}
    </details>
  );
}

/** A name that narrows the list to itself. */
function Only({ name, only }: { name: string; only: () => void }) {
  const { t } = useWords();
  return (
    <button type="button" className="only" title={t('access.timeline.only', { name })} onClick={only}>
      {name}
    </button>
  );
}

function Row({
  one,
  resource,
  narrow,
}: {
  one: Moment;
  resource: string;
  narrow: (some: Partial<Record<Name, string>>) => void;
}) {
  const { t, time, number } = useWords();
  return (
    <div className="row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Tag kind={looks[one.kind]}>{t(`access.kind.${one.kind}`)}</Tag>{' '}
          {one.person && (
            <Only name={one.person.name} only={() => narrow({ person: String(one.person!.id) })} />
          )}
          {one.person && one.device && ' · '}
          {one.device && <DeviceLink device={one.device} />}
          {resource && (
            <>
              {' → '}
              <strong>{resource}</strong>
            </>
          )}
          {one.kind === 'policy' && t('access.timeline.policy')}
        </div>
        <span className="soft">{time(one.at)}</span>
      </Group>
      {one.kind === 'uncut' && <div>{t('access.uncut.why')}</div>}
      <Reasons reasons={one.reasons} />
      {one.note && <div>{t('access.timeline.why', { why: one.note })}</div>}
      <div className="soft">
        {[
          one.from && t('access.timeline.from', { from: one.from }),
          one.enforcer === 'gate' ? t('access.gate') : one.enforcer,
          one.count > 1 && t('access.timeline.times', { n: number(one.count), at: time(one.last_at) }),
          ['suspended', 'restored', 'policy'].includes(one.kind) &&
            t('access.timeline.by', { name: one.by?.name ?? t('access.cli') }),
          one.kind === 'emergency_over' && one.by && t('access.timeline.by', { name: one.by.name }),
        ]
          .filter(Boolean)
          .join(' · ')}
      </div>
      {one.event !== null && one.reasons.some((reason) => reason.measure) && <Evidence event={one.event} />}
    </div>
  );
}

/** That one person or device alone is shown, and the way out of it. */
function Narrowed({
  filters,
  narrow,
  items,
}: {
  filters: Record<Name, string>;
  narrow: (some: Partial<Record<Name, string>>) => void;
  items: Moment[];
}) {
  const { t } = useWords();
  return (['person', 'device'] as const)
    .filter((kind) => filters[kind] !== '')
    .map((kind) => {
      const name = items.find((one) => one[kind])?.[kind]?.name ?? `#${filters[kind]}`;
      return (
        <Button
          key={kind}
          size="xs"
          variant="light"
          aria-label={t('access.timeline.unonly', { name })}
          onClick={() => narrow({ [kind]: '' })}
        >
          {`${t(`access.${kind}`)}: ${name} ✕`}
        </Button>
      );
    });
}

export default function TimelinePage() {
  const { t } = useWords();
  const { filters, narrow, any, query } = useFilters(names);
  const [limit, setLimit] = useState(100);
  const policy = useApi('/access/policy');
  const nameOf = useResourceName(policy.data?.words);
  const answer = useApi(`/access/timeline?limit=${limit}${query && `&${query}`}`, {
    keep: true,
    every: 15_000,
  });
  return (
    <AccessPage title={t('access.timeline.title')} text={t('access.timeline.text')}>
      <ListBar
        filters={filters}
        narrow={narrow}
        any={any}
        choices={[
          {
            name: 'kind',
            label: t('access.timeline.kind'),
            data: kinds.map((value) => ({ value, label: t(`access.kind.${value}`) })),
          },
          {
            name: 'resource',
            label: t('access.resource'),
            data: (policy.data?.words?.resources ?? []).map((one) => ({
              value: one.id,
              label: nameOf(one.id),
            })),
          },
        ]}
        csv={`/api/v1/access/timeline?format=csv${query && `&${query}`}`}
      >
        {(['since', 'until'] as const).map((name) => (
          <TextInput
            key={name}
            type="date"
            size="xs"
            label={t(`auditlog.${name}`)}
            value={filters[name]}
            onChange={(e) => narrow({ [name]: e.currentTarget.value })}
          />
        ))}
      </ListBar>
      {answer.data && (filters.person || filters.device) && (
        <Group gap="xs">
          <Narrowed filters={filters} narrow={narrow} items={answer.data.items} />
        </Group>
      )}
      {answer.error && <Failed error={answer.error} again={() => void answer.refetch()} />}
      {!answer.data && !answer.error && <Loading />}
      {answer.data && (
        <Card flush>
          {answer.data.items.length === 0 ? (
            <Empty>{t(any ? 'list.empty' : 'access.timeline.none')}</Empty>
          ) : (
            answer.data.items.map((one) => (
              <Row
                key={`${one.kind} ${one.event ?? ''} ${one.at} ${one.person?.id} ${one.device?.id}`}
                one={one}
                resource={one.resource && nameOf(one.resource)}
                narrow={narrow}
              />
            ))
          )}
          {answer.data.next !== null && limit < 500 && (
            <Button variant="default" m="md" onClick={() => setLimit(Math.min(500, limit + 200))}>
              {t('app.more')}
            </Button>
          )}
        </Card>
      )}
    </AccessPage>
  );
}
