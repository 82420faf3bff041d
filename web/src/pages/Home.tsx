// SPDX-License-Identifier: Apache-2.0
import { Anchor, Group, Select, SimpleGrid, Stack, Table } from '@mantine/core';
import { lazy, Suspense, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { Schemas, Answer } from '../api';
import { Loading } from '../basics';
import { useWords } from '../i18n';
import { DeadlineCard } from '../duty';
import {
  administers,
  seesAll,
  Ask,
  Assign,
  Card,
  CheckFact,
  Empty,
  Fix,
  Legend,
  mark,
  Page,
  RequirementLink,
  ShareBar,
  StatusTag,
  useCheck,
  useGuideline,
  useMe,
  useRequirement,
} from '../parts';
import { SetupCard } from '../setup';
import { AskedOfMe } from '../asked';
import { Headline, isNew } from '../numbers';
import { StuckNotices } from '../waiting';

const TimeChart = lazy(() => import('../chart'));
const TourCard = lazy(() => import('../tour'));
type HomeData = Schemas['Home'];
type Keyed = Schemas['KeyedShare'];

export function ActionRow({ action, answer }: { action: Schemas['Action']; answer?: ReactNode }) {
  const { t, tx } = useWords();
  const spec = useCheck(action.id);
  if (!spec) return null;
  return (
    <div className="row">
      <Group justify="space-between" align="flex-start" gap="xs">
        <div style={{ flex: '1 1 14rem', minWidth: 0 }}>
          <Anchor component={Link} href={`/checks/${action.id}`} fw={650}>
            {mark(action.priority)} {tx(spec.title)}
          </Anchor>
          <div>
            {action.asked || spec.of_clouds || action.tally.fail === 0 ? (
              <CheckFact check={action} />
            ) : (
              <span className="soft">{t('act.machines', { n: action.tally.fail })}</span>
            )}
            {action.effort !== 'low' && <span className="soft"> · {t(`act.effort.${action.effort}`)}</span>}
          </div>
        </div>
        <div style={{ maxWidth: '100%' }}>
          <Assign item={action.id} assignment={action.assignment} />
        </div>
      </Group>
      {answer}
      <details>
        <summary className="soft">{t('act.how')}</summary>
        <p style={{ margin: '0.3rem 0' }}>{tx(spec.why)}</p>
        <Fix check={spec} />
        <p className="soft" style={{ margin: 0 }}>
          {t('act.serves')}:{' '}
          {action.serves.map((id, at) => (
            <span key={id}>
              {at > 0 && ', '}
              <RequirementLink id={id} />
            </span>
          ))}
        </p>
      </details>
    </div>
  );
}

function Bars({
  list,
  name,
  to,
}: {
  list: Keyed[];
  name: (key: string) => string;
  to: (key: string) => string;
}) {
  const { percent } = useWords();
  return (
    <Stack gap={7}>
      {list.map((one) => (
        <div
          key={one.key}
          style={{
            display: 'grid',
            gridTemplateColumns: 'minmax(0, 14rem) minmax(2rem, 1fr) auto',
            gap: '0.8rem',
            alignItems: 'center',
          }}
        >
          <Anchor component={Link} href={to(one.key)} c="inherit">
            {name(one.key)}
          </Anchor>
          <ShareBar share={one} label={name(one.key)} />
          <span style={{ textAlign: 'right', fontVariantNumeric: 'tabular-nums' }}>{percent(one.met)}</span>
        </div>
      ))}
    </Stack>
  );
}

function Change({ change }: { change: HomeData['changes'][number] }) {
  const { t, tx } = useWords();
  const { known } = useRequirement(change.id);
  return (
    <div className="row">
      <Group gap="xs" wrap="nowrap" align="baseline">
        <span className={`tag ${change.better ? 'met' : change.found ? 'unknown' : 'fail'}`}>
          {t(change.better ? 'home.better' : change.found ? 'home.found' : 'home.worse')}
        </span>
        <span style={{ minWidth: 0 }}>
          <RequirementLink id={change.id} /> {tx(known?.text)}
        </span>
      </Group>
      <Group gap={6} mt={4}>
        <StatusTag status={change.from} /> → <StatusTag status={change.to} />
      </Group>
    </div>
  );
}

/** Waits until its place comes into view: what is heavy and further down does not hold up the first look. */
function InView({ height, children }: { height: number; children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && setSeen(true), {
      rootMargin: '100px',
    });
    if (place.current) watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return (
    <div ref={place} style={{ minHeight: height }}>
      {seen && children}
    </div>
  );
}

const views = ['all', 'pillar', 'category', 'role', 'method'] as const;
type By = (typeof views)[number];

function History({ name }: { name: (by: By, key: string) => string }) {
  const { t, lang } = useWords();
  const [by, setBy] = useState<By>('all');
  return (
    <Stack gap="sm">
      <Select
        size="xs"
        w="14rem"
        label={t('home.view')}
        allowDeselect={false}
        value={by}
        onChange={(value) => setBy((value as By | null) ?? 'all')}
        data={views.map((one) => ({ value: one, label: t(`home.view.${one}`) }))}
      />
      <Ask path={`/history?by=${by}`} keep>
        {(data) => (
          <HistoryChart
            key={`${data.by} ${lang}`}
            series={data.series}
            name={data.by === 'all' ? undefined : (key) => name(data.by as By, key)}
          />
        )}
      </Ask>
    </Stack>
  );
}

/** The whole as its three shares, stacked; groups as one line each of what is met. */
function HistoryChart({
  series,
  name,
}: {
  series: Answer<'/history'>['series'];
  name?: (key: string) => string;
}) {
  const { t, day, percent, locale } = useWords();
  const lines = useMemo(
    () =>
      name
        ? series.map((one) => ({
            name: name(one.key),
            points: one.points.map((point) => [point.day, point.met] as [string, number]),
          }))
        : (['met', 'failing', 'unknown'] as const).map((kind, at) => ({
            name: t(`share.${kind}`),
            colour: ['#2c9a5b', '#cf4a3f', '#9fb2cd'][at],
            points: (series[0]?.points ?? []).map((point) => [point.day, point[kind]] as [string, number]),
          })),
    [series],
  );
  const show = useMemo(() => percent, []);
  const [open, setOpen] = useState(false);
  const days = lines[0]?.points.map(([at]) => at).slice(-30) ?? [];
  const from = (lines[0]?.points.length ?? 0) - days.length;
  return (
    <>
      <Suspense fallback={<Loading />}>
        <TimeChart lines={lines} label={t('home.history')} percent={show} locale={locale} stack={!name} />
      </Suspense>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="soft">{t('home.table')}</summary>
        {open && (
          <Table.ScrollContainer minWidth={480}>
            <Table fz="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('home.day')}</Table.Th>
                  {lines.map((line) => (
                    <Table.Th key={line.name}>{line.name}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {days.map((at, row) => (
                  <Table.Tr key={at}>
                    <Table.Td>{day(at)}</Table.Td>
                    {lines.map((line) => (
                      <Table.Td key={line.name}>{percent(line.points[from + row]?.[1] ?? 0)}</Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </details>
    </>
  );
}

/** Alone with the server's own machine, nothing is known of the firm yet: that machine is not what to begin with. */
function FirstActions({ home }: { home: HomeData }) {
  const { t } = useWords();
  const { checks } = useGuideline();
  const firmsOwn = (action: HomeData['first'][number]) =>
    action.asked || checks.some((check) => check.id === action.id && check.of_clouds);
  const young = home.machines <= 1 && home.open_questions > 0;
  if (home.first.length === 0) return <Empty>{t(young ? 'home.nothingyet' : 'home.nofix')}</Empty>;
  const rows = (list: HomeData['first']) =>
    list.map((action) => <ActionRow key={action.id} action={action} />);
  if (!young) return rows(home.first);
  const firms = home.first.filter(firmsOwn);
  const own = home.first.filter((action) => !firmsOwn(action));
  return (
    <>
      {firms.length === 0 && <Empty>{t('home.nothingyet')}</Empty>}
      {rows(firms)}
      {own.length > 0 && (
        <details className="row">
          <summary>{t('home.ownmachine', { n: own.length })}</summary>
          {rows(own)}
        </details>
      )}
    </>
  );
}

export function Home() {
  const me = useMe();
  const { t, tx, day } = useWords();
  const guideline = useGuideline();
  const named =
    (list: { id?: string; letter?: string; name: { ja: string; en: string } }[], withKey = false) =>
    (key: string) => {
      const found = list.find((one) => (one.id ?? one.letter) === key);
      return (withKey ? key + ' ' : '') + tx(found?.name);
    };
  const names = {
    all: () => '',
    pillar: named(guideline.pillars),
    role: named(guideline.roles),
    category: named(guideline.categories, true),
    method: named(guideline.methods),
  };
  return (
    <Page title={t('home.title')}>
      <Ask path="/home">
        {(home) => (
          <>
            {me.demo && administers(me) && (
              <Suspense fallback={<Loading />}>
                <TourCard />
              </Suspense>
            )}
            {administers(me) && <StuckNotices />}
            {administers(me) && <SetupCard questions={home.open_questions} />}
            {me.roles.includes('executive') && <AskedOfMe />}
            <Headline home={home} />
            {seesAll(me) && <DeadlineCard list={home.deadlines} />}
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Card
                title={t('home.first')}
                flush
                aside={
                  home.failing > 0 && (
                    <Anchor component={Link} href="/actions">
                      {t('home.allfix', { n: home.failing })}
                    </Anchor>
                  )
                }
              >
                <FirstActions home={home} />
              </Card>
              <Stack>
                <Card title={t('home.balance')}>
                  <p className="soft" style={{ margin: '0 0 0.6rem' }}>
                    {t('home.mean')}
                  </p>
                  <Bars list={home.pillars} name={names.pillar} to={(key) => `/measures?pillar=${key}`} />
                  <div style={{ marginTop: 12 }}>
                    <Legend />
                  </div>
                </Card>
                <Card title={t('home.roles')}>
                  <Bars list={home.roles} name={names.role} to={(key) => `/measures?role=${key}`} />
                </Card>
                {!isNew(home) && (
                  <Card title={t('home.changes', { day: day(home.since) })} flush>
                    {home.changes.length === 0 && <Empty>{t('home.nochange')}</Empty>}
                    {home.changes.slice(0, 6).map((change) => (
                      <Change key={change.id} change={change} />
                    ))}
                  </Card>
                )}
              </Stack>
            </SimpleGrid>
            {!isNew(home) && (
              <Card title={t('home.history')}>
                <InView height={300}>
                  <History name={(by, key) => names[by](key)} />
                </InView>
              </Card>
            )}
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Card title={t('home.categories')}>
                <Bars
                  list={home.categories}
                  name={names.category}
                  to={(key) => `/measures?category=${key}`}
                />
              </Card>
              <Card title={t('home.methods')}>
                <Bars list={home.methods} name={names.method} to={(key) => `/checklist?method=${key}`} />
              </Card>
            </SimpleGrid>
          </>
        )}
      </Ask>
    </Page>
  );
}
