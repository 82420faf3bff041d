// SPDX-License-Identifier: Apache-2.0
// What arrives at the line: the sensors just now, how it changed, which ports, and who attacks.
import { Button, Group, SimpleGrid, Stack, Table, Textarea } from '@mantine/core';
import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { useApi, type Text } from '../api';
import type { operations } from '../api.d';
import { Failed, Loading } from '../basics';
import { countIn, CountInput } from '../count';
import { Field, Form } from '../form';
import { useWords } from '../i18n';
import { NotSaved, useFilledIn } from '../overtaken';
import { administers, Ask, Card, Empty, Page, Result, Tag, useMe } from '../parts';
import type { Word } from '../words';

const WorldMap = lazy(() => import('../world').then((world) => ({ default: world.WorldMap })));
const StackedBars = lazy(() => import('../bars'));

type Figures = operations['getLine']['responses']['200']['content']['application/json'];
type Found = NonNullable<Figures['sensors'][number]['found']>;
type Origin = NonNullable<Found['countries']>[number];
type Campaign = NonNullable<Found['campaigns']>[number];

const periods = ['minute', 'hour', 'day', 'month', 'year'] as const;
type Period = (typeof periods)[number];
const command = `sudo sekisho observe --interface "$(ip -o -4 route show default | awk '{print $5; exit}')" --send`;

/** How many ports have a colour of their own in the chart; the table has all. */
const coloured = 12;
const kept = 120; // seconds that are shown live

/** Change against another time, with its sign. */
function Change({ share }: { share: number | null }) {
  const { percent } = useWords();
  if (share === null) return <span className="soft">―</span>;
  return <>{`${share > 0 ? '+' : share < 0 ? '−' : '±'}${percent(Math.abs(share))}`}</>;
}

/** The last two minutes of one sensor, a column for each second. */
function Spark({ rates, label }: { rates: (number | null)[]; label: string }) {
  const most = Math.max(1, ...rates.map((rate) => rate ?? 0));
  return (
    <svg
      viewBox={`0 0 ${kept} 30`}
      width="100%"
      height={48}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      style={{ color: 'var(--mantine-primary-color-filled)' }}
    >
      {rates.map(
        (rate, at) =>
          rate !== null && (
            <rect
              key={at}
              x={kept - rates.length + at}
              width={1}
              y={30 - (30 * rate) / most}
              height={(30 * rate) / most}
              fill="currentColor"
            />
          ),
      )}
    </svg>
  );
}

function Live() {
  const { t, number, time } = useWords();
  const now = useApi('/line/now', { every: 1000 });
  const [rates, setRates] = useState<Record<number, (number | null)[]>>({});
  const items = now.data?.items;
  useEffect(() => {
    if (items)
      setRates((before) =>
        Object.fromEntries(items.map((one) => [one.id, [...(before[one.id] ?? []), one.rate].slice(-kept)])),
      );
  }, [now.dataUpdatedAt]);
  if (now.error) return <Failed error={now.error} again={() => void now.refetch()} />;
  if (!items) return <Loading />;
  return (
    <Card title={t('line.live')}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {items.map((one) => (
          <div key={one.id}>
            <Link href={`/devices/${one.device}`}>{one.name}</Link>{' '}
            {one.silent ? (
              <Tag kind="unknown">{t('line.silent', { at: time(one.seen_at) })}</Tag>
            ) : (
              <strong>{t('line.rate', { n: number(Math.round((one.rate ?? 0) * 10) / 10) })}</strong>
            )}{' '}
            {one.dropped > 0 && <Tag kind="fail">{t('line.dropped', { n: number(one.dropped) })}</Tag>}
            {!one.silent && <Spark rates={rates[one.id] ?? []} label={t('line.live')} />}
          </div>
        ))}
      </SimpleGrid>
    </Card>
  );
}

function Alerts({ found }: { found: Found }) {
  const { t, number, time } = useWords();
  return (
    <>
      {found.ours.length > 0 && (
        <Card title={t('line.ours.title')} flush>
          <div className="row say bad">{t('line.ours.text')}</div>
          {found.ours.map((one) => (
            <div key={one.address} className="row">
              <strong>{one.address}</strong> {t('line.packets', { n: number(one.packets) })} ·{' '}
              {one.ports.join(', ')} {one.tool && <Tag kind="fail">{one.tool}</Tag>}{' '}
              <span className="soft">{`${time(one.first)} – ${time(one.last)}`}</span>
            </div>
          ))}
        </Card>
      )}
      {found.attacks.length > 0 && (
        <Card title={t('line.attacks')} flush>
          <Table.ScrollContainer minWidth={560}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('line.service')}</Table.Th>
                  <Table.Th>{t('line.server')}</Table.Th>
                  <Table.Th ta="right">{t('line.attempts')}</Table.Th>
                  <Table.Th ta="right">{t('line.clients')}</Table.Th>
                  <Table.Th>{t('line.when')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {found.attacks.map((one, at) => (
                  <Table.Tr key={at}>
                    <Table.Td>{one.service.toUpperCase()}</Table.Td>
                    <Table.Td>{one.server}</Table.Td>
                    <Table.Td ta="right">{number(one.attempts)}</Table.Td>
                    <Table.Td ta="right">
                      {number(one.clients)}
                      {one.from?.slice(0, 3).map((client) => (
                        <div key={client} className="soft">
                          {client}
                        </div>
                      ))}
                      {one.clients > 3 && one.from && <div className="soft">…</div>}
                    </Table.Td>
                    <Table.Td>
                      {`${time(one.first)} – ${time(one.last)}`}{' '}
                      {one.distributed && <Tag kind="open">{t('line.distributed')}</Tag>}{' '}
                      {one.slow && <Tag kind="open">{t('line.slow')}</Tag>}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Card>
      )}
    </>
  );
}

/** Names with a number each, in two columns. */
function Counts({ title, list }: { title: string; list: { name: string; packets: number }[] }) {
  const { t, number } = useWords();
  return (
    <Card title={title} flush>
      {list.length === 0 && <Empty>{t('line.none')}</Empty>}
      {list.map((one) => (
        <div
          key={one.name}
          className="row"
          style={{ display: 'flex', justifyContent: 'space-between', gap: '1rem' }}
        >
          <span>{one.name}</span>
          <span>{number(one.packets)}</span>
        </div>
      ))}
    </Card>
  );
}

/** A name in each row, and figures to its right. */
function Numbers({ head, rows }: { head: string[]; rows: ReactNode[][] }) {
  const cells = (cell: typeof Table.Td | typeof Table.Th, row: ReactNode[]) =>
    head.map((_, at) => {
      const Cell = cell;
      return (
        <Cell
          key={at}
          ta={at > 0 ? 'right' : undefined}
          style={cell === Table.Th ? { whiteSpace: 'nowrap' } : undefined}
        >
          {row[at]}
        </Cell>
      );
    });
  return (
    <Table.ScrollContainer minWidth={80 * head.length}>
      <Table fz="sm">
        <Table.Thead>
          <Table.Tr>{cells(Table.Th, head)}</Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, at) => (
            <Table.Tr key={at}>{cells(Table.Td, row)}</Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Ports({ figures }: { figures: Figures }) {
  const { t, tx, lang, locale, number } = useWords();
  const name = (start: string) => {
    const at = new Date(start);
    const style: Intl.DateTimeFormatOptions = { timeZone: 'UTC' };
    if (figures.period === 'minute' || figures.period === 'hour')
      Object.assign(style, { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit' });
    else
      Object.assign(
        style,
        { year: 'numeric' },
        figures.period !== 'year' && { month: 'numeric' },
        figures.period === 'day' && { day: 'numeric' },
      );
    return new Intl.DateTimeFormat(locale, style).format(at);
  };
  const labels = useMemo(() => figures.periods.map((one) => name(one.start)), [figures, lang]);
  const parts = useMemo(() => {
    const shown = figures.ports.slice(0, coloured);
    return [
      ...shown.map((port) => ({ name: port.name, values: port.by_period })),
      {
        name: t('line.rest'),
        colour: '#98a2ad',
        values: figures.periods.map(
          (one, at) => one.packets - shown.reduce((sum, port) => sum + (port.by_period[at] ?? 0), 0),
        ),
      },
    ];
  }, [figures, lang]);
  const share = (packets: number) =>
    figures.packets > 0 && `${number(Math.round((1000 * packets) / figures.packets) / 10)} %`;
  const logins = useMemo(
    () => figures.logins.map((one) => ({ name: tx(one.name), values: one.by_period })),
    [figures, lang],
  );
  return (
    <>
      {logins.length > 0 && (
        <Card title={t('line.logins')}>
          <p className="soft" style={{ marginTop: 0 }}>
            {t('line.logins.text')}
          </p>
          <Suspense fallback={<Loading />}>
            <StackedBars periods={labels} parts={logins} label={t('line.logins')} number={number} />
          </Suspense>
          <details>
            <summary className="soft">{t('home.table')}</summary>
            <Numbers
              head={[t('line.period'), ...logins.map((one) => one.name)]}
              rows={labels.map((label, at) => [label, ...logins.map((one) => number(one.values[at] ?? 0))])}
            />
          </details>
        </Card>
      )}
      <Card title={t('line.byport')}>
        <Suspense fallback={<Loading />}>
          <StackedBars periods={labels} parts={parts} label={t('line.byport')} number={number} />
        </Suspense>
        <details>
          <summary className="soft">{t('home.table')}</summary>
          <Numbers
            head={[
              t('line.period'),
              t('line.packetscount'),
              t('line.before'),
              t('line.year'),
              t('line.sources'),
              t('line.targets'),
            ]}
            rows={figures.periods.map((one, at) => [
              labels[at],
              number(one.packets),
              <Change share={one.against_before} />,
              <Change share={one.against_year} />,
              number(Math.round(one.sources)),
              number(Math.round(one.targets)),
            ])}
          />
        </details>
      </Card>
      <Card title={t('line.top')} flush>
        <Numbers
          head={[
            t('line.port'),
            t('line.packetscount'),
            t('line.share'),
            t('line.sources'),
            t('line.targets'),
          ]}
          rows={[
            ...figures.ports.map((one) => [
              one.name,
              number(one.packets),
              share(one.packets),
              number(Math.round(one.sources)),
              number(Math.round(one.targets)),
            ]),
            [t('line.others'), number(figures.other_ports), share(figures.other_ports)],
            [t('line.noport'), number(figures.without_ports), share(figures.without_ports)],
          ]}
        />
      </Card>
    </>
  );
}

function Busiest({ found }: { found: Found }) {
  const { t, number } = useWords();
  return (
    <Card title={t('line.busiest')} flush>
      <div className="row soft">{t('line.busiest.text')}</div>
      {found.busiest.map((one) => (
        <div key={one.address} className="row">
          <strong>{one.address}</strong> {one.country} {t('line.packets', { n: number(one.packets) })} ·{' '}
          {one.ports.join(', ')} {one.tool && <Tag kind="open">{one.tool}</Tag>}{' '}
          {one.scanner && <span className="soft">{one.scanner}</span>}
        </div>
      ))}
    </Card>
  );
}

/** Lists of several sensors as one: what has the same name adds up. */
function added(lists: Origin[][]): Origin[] {
  const all = new Map<string, Origin>();
  for (const { name, sources, packets } of lists.flat()) {
    const before = all.get(name);
    all.set(name, {
      name,
      sources: sources + (before?.sources ?? 0),
      packets: packets + (before?.packets ?? 0),
    });
  }
  return [...all.values()].sort((a, b) => b.packets - a.packets);
}

const shownPlaces = 10;

function Places({ countries, systems }: { countries: Origin[]; systems: Origin[] }) {
  const { t, locale, number } = useWords();
  const regions = useMemo(() => new Intl.DisplayNames(locale, { type: 'region' }), [locale]);
  const named = (code: string) => (/^[A-Z]{2}$/.test(code) ? (regions.of(code) ?? code) : t('line.unknown'));
  const sum = countries.reduce((all, one) => all + one.packets, 0);
  const rows = (list: Origin[], name: (name: string) => string) =>
    list.map((one) => [
      name(one.name),
      number(one.packets),
      `${number(Math.round((1000 * one.packets) / Math.max(1, sum)) / 10)} %`,
      number(one.sources),
    ]);
  const table = (title: string, list: Origin[], name: (name: string) => string) => {
    const head = [title, t('line.packetscount'), t('line.share'), t('line.sources')];
    return (
      <div>
        <Numbers head={head} rows={rows(list.slice(0, shownPlaces), name)} />
        {list.length > shownPlaces && (
          <details>
            <summary className="soft">{t('line.allplaces', { n: number(list.length) })}</summary>
            <Numbers head={head} rows={rows(list.slice(shownPlaces), name)} />
          </details>
        )}
      </div>
    );
  };
  return (
    <Card title={t('line.places')}>
      {countries.length === 0 && systems.length === 0 ? (
        <Empty>{t('line.places.none')}</Empty>
      ) : (
        <>
          <p className="soft" style={{ marginTop: 0 }}>
            {t('line.places.text')}
          </p>
          <Suspense fallback={<Loading />}>
            <WorldMap
              label={t('line.places.map')}
              places={countries.map((one) => ({
                code: one.name,
                value: one.packets,
                title: `${named(one.name)}: ${t('line.packets', { n: number(one.packets) })}`,
              }))}
            />
          </Suspense>
          <SimpleGrid cols={{ base: 1, lg: systems.length > 0 ? 2 : 1 }}>
            {table(t('line.country'), countries, named)}
            {systems.length > 0 && table(t('line.system'), systems, (name) => name || t('line.unknown'))}
          </SimpleGrid>
        </>
      )}
    </Card>
  );
}

function Campaigns({ list }: { list: Campaign[] }) {
  const { t, number, time } = useWords();
  return (
    <Card title={t('line.campaigns')} flush>
      <div className="row soft">{t('line.campaigns.text')}</div>
      <Numbers
        head={[t('line.port'), t('line.sources'), t('line.packetscount'), t('line.when')]}
        rows={list.map((one) => [
          <>
            {one.ports.join(', ')} {one.tool && <Tag kind="open">{one.tool}</Tag>}
          </>,
          number(one.sources),
          number(one.packets),
          `${time(one.first)} – ${time(one.last)}`,
        ])}
      />
    </Card>
  );
}

function Settings({ figures }: { figures: Figures }) {
  const { t } = useWords();
  const [ours, setOurs] = useState(figures.ours.join('\n'));
  const [portals, setPortals] = useState(figures.portals.join('\n'));
  const [hours, setHours] = useState(String(figures.hours_kept));
  const saving = useFilledIn('/line', figures, () => ({
    ours: ours.split(/\s+/).filter(Boolean),
    portals: portals.split(/\s+/).filter(Boolean),
    hours_kept: countIn(hours, 7, 3660),
  }));
  const { save } = saving;
  return (
    <Card title={t('line.settings')}>
      <Form error={save.error} submit={() => save.mutate(undefined)}>
        <Stack gap="sm">
          <Field at="/ours">
            <Textarea
              label={t('line.own')}
              description={t('line.own.text')}
              autosize
              minRows={2}
              maxRows={8}
              placeholder="203.0.113.0/29"
              value={ours}
              onChange={(event) => setOurs(event.currentTarget.value)}
            />
          </Field>
          <Field at="/portals">
            <Textarea
              label={t('line.portals')}
              description={t('line.portals.text')}
              autosize
              minRows={1}
              maxRows={8}
              placeholder="203.0.113.5:443"
              value={portals}
              onChange={(event) => setPortals(event.currentTarget.value)}
            />
          </Field>
          <Field at="/hours_kept">
            <CountInput
              label={t('line.kept')}
              description={t('line.kept.text')}
              min={7}
              max={3660}
              value={hours}
              set={setHours}
              w="220px"
            />
          </Field>
          <NotSaved saving={saving} />
          {save.isSuccess && <Result title={t('line.saved')} />}
          <div>
            <Button loading={save.isPending} type="submit">
              {t('app.save')}
            </Button>
          </div>
        </Stack>
      </Form>
    </Card>
  );
}

function Everything({
  figures,
  period,
  choose,
}: {
  figures: Figures;
  period: Period;
  choose: (period: Period) => void;
}) {
  const { t, tx, number } = useWords();
  const me = useMe();
  const last = figures.periods.filter((one) => one.over).at(-1);
  const found = figures.sensors.map((one) => one.found).filter((one) => one !== null);
  const together: Found = {
    attacks: found.flatMap((one) => one.attacks),
    ours: found.flatMap((one) => one.ours),
    busiest: found
      .flatMap((one) => one.busiest)
      .sort((a, b) => b.packets - a.packets)
      .slice(0, 20),
  };
  const campaigns = found
    .flatMap((one) => one.campaigns ?? [])
    .sort((a, b) => b.packets - a.packets)
    .slice(0, 20);
  if (figures.sensors.length === 0)
    return (
      <Card>
        <Empty>{t('line.empty')}</Empty>
        <ol>
          <li>{t('line.how.enrol')}</li>
          <li>
            {t('line.how.run')} <code className="run">{command}</code>
          </li>
        </ol>
      </Card>
    );
  return (
    <>
      <Alerts found={together} />
      <Live />
      <Group gap="xs" role="group" aria-label={t('line.period')}>
        {periods.map((one) => (
          <Button
            key={one}
            size="xs"
            variant={one === period ? 'filled' : 'default'}
            aria-pressed={one === period}
            onClick={() => choose(one)}
          >
            {t(`line.by.${one}` as Word)}
          </Button>
        ))}
        <span className="soft">{t('line.utc')}</span>
      </Group>
      {figures.periods.length === 0 ? (
        <Card>
          <Empty>{t('line.nothing')}</Empty>
        </Card>
      ) : (
        <>
          <SimpleGrid cols={{ base: 2, md: 4 }}>
            {[
              ['line.total', number(figures.packets)],
              ['line.sources', number(Math.round(figures.sources))],
              ['line.targets', number(Math.round(figures.targets))],
            ].map(([word, value]) => (
              <Card key={word} title={t(word as Word)}>
                <div style={{ fontSize: '1.5rem', fontWeight: 650 }}>{value}</div>
              </Card>
            ))}
            <Card title={t('line.lastover')}>
              <div style={{ fontSize: '1.5rem', fontWeight: 650 }}>
                <Change share={last?.against_before ?? null} />
              </div>
            </Card>
          </SimpleGrid>
          <Ports figures={figures} />
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Counts
              title={t('line.groups')}
              list={figures.groups
                .filter((one) => one.packets > 0)
                .map((one: { name: Text; packets: number }) => ({
                  name: tx(one.name),
                  packets: one.packets,
                }))}
            />
            <Counts title={t('line.tools')} list={figures.tools.filter((one) => one.packets > 0)} />
          </SimpleGrid>
          <Places
            countries={added(found.map((one) => one.countries ?? []))}
            systems={added(found.map((one) => one.systems ?? []))}
          />
          {campaigns.length > 0 && <Campaigns list={campaigns} />}
          {together.busiest.length > 0 && <Busiest found={together} />}
        </>
      )}
      {administers(me) && <Settings key={[...figures.ours, ...figures.portals].join()} figures={figures} />}
    </>
  );
}

export default function LinePage() {
  const { t } = useWords();
  const [period, setPeriod] = useState<Period>('day');
  return (
    <Page title={t('line.title')} text={t('line.text')}>
      <Ask path={`/line?period=${period}`} keep>
        {(figures) => <Everything figures={figures} period={period} choose={setPeriod} />}
      </Ask>
    </Page>
  );
}
