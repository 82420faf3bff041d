// SPDX-License-Identifier: Apache-2.0
// What somebody who leads needs of it all: how it stands, what waits for them, and whether it gets better. It
// prints on one sheet.
import { Anchor, Button, Group, Stack } from '@mantine/core';
import { Link } from 'wouter';
import { AskedOfMe } from '../asked';
import type { Schemas, Answer } from '../api';
import { DeadlineCard } from '../duty';
import { useWords } from '../i18n';
import { MeasureCounts, Mean, Verdict, Silent } from '../numbers';
import { AssignButton, Ask, Card, Empty, manages, mark, Page, useCheck, useGuideline, useMe } from '../parts';

type HomeData = Schemas['Home'];

function Decision({ one }: { one: HomeData['decisions'][number] }) {
  const { t, tx, day } = useWords();
  const check = useCheck(one.id);
  const me = useMe();
  const { incidents } = useGuideline();
  const like = incidents.find((entry) => entry.number === one.case);
  if (!check) return null;
  const facts = [
    [t('brief.effort'), tx(one.effort)],
    [t('act.owner'), one.owner ?? t('act.noowner')],
    ...(one.due ? [[t('act.due'), day(one.due)]] : []),
    ...(one.since ? [[t('brief.since'), day(one.since)]] : []),
  ];
  return (
    <div className="row">
      <Group justify="space-between" align="flex-start" gap="xs">
        <div style={{ flex: '1 1 18rem', minWidth: 0 }}>
          <Anchor component={Link} href={`/checks/${one.id}`} fw={650}>
            {mark(one.priority)} {tx(check.title)}
          </Anchor>
          <div>{tx(one.wanted)}</div>
        </div>
        {manages(me) && one.wants !== 'word' && (
          <span className="screen">
            <AssignButton item={one.id} assignment={null} word="act.assign" />
          </span>
        )}
      </Group>
      <div className="soft">
        {t('brief.risk')}: {tx(check.why)}
        {like && (
          <>
            {' '}
            <Anchor component={Link} underline="always" href={`/cases#case-${like.number}`}>
              {t('brief.case', { n: like.number })} {tx(like.title)}
            </Anchor>
          </>
        )}
      </div>
      <div className="soft">{facts.map(([name, value]) => `${name}: ${value}`).join(' · ')}</div>
    </div>
  );
}

type History = Answer<'/history'>;

/** The mean by day, on a scale from 0 to 100 % that stays as it is. */
function Trend({ points }: { points: History['series'][number]['points'] }) {
  const { t, day, percent } = useWords();
  const first = points[0];
  const last = points[points.length - 1];
  if (points.length < 2 || !first || !last) return <Empty>{t('brief.notrend')}</Empty>;
  const x = (at: number) => 44 + (at / (points.length - 1)) * 546;
  const y = (share: number) => 10 + (1 - share) * 120;
  return (
    <svg
      viewBox="0 0 600 156"
      width="100%"
      role="img"
      aria-label={`${t('home.mean')}: ${day(first.day)} ${percent(first.met)}, ${day(last.day)} ${percent(last.met)}`}
      style={{ display: 'block', maxHeight: '13rem' }}
    >
      {[0, 0.25, 0.5, 0.75, 1].map((share) => (
        <g key={share}>
          <path d={`M44 ${y(share)}H590`} stroke="var(--mantine-color-default-border)" />
          <text x={38} y={y(share) + 4} fontSize={11} textAnchor="end" fill="currentColor">
            {percent(share)}
          </text>
        </g>
      ))}
      <polyline
        points={points.map((point, at) => `${x(at).toFixed(1)},${y(point.met).toFixed(1)}`).join(' ')}
        fill="none"
        stroke="var(--mantine-primary-color-filled)"
        strokeWidth={2.5}
      />
      <circle cx={x(points.length - 1)} cy={y(last.met)} r={4} fill="var(--mantine-primary-color-filled)" />
      <text x={44} y={150} fontSize={11} fill="currentColor">
        {day(first.day)} {percent(first.met)}
      </text>
      <text x={590} y={150} fontSize={11} textAnchor="end" fill="currentColor">
        {day(last.day)} {percent(last.met)}
      </text>
    </svg>
  );
}

export default function Brief() {
  const { t } = useWords();
  const me = useMe();
  return (
    <div className="sheet">
      <Page
        title={t('home.title')}
        text={me.organisation.name}
        aside={
          <Group gap="sm" className="screen">
            <Button variant="default" onClick={() => window.print()}>
              {t('brief.print')}
            </Button>
            <Button variant="default" component={Link} href="/overview">
              {t('brief.more')}
            </Button>
          </Group>
        }
      >
        <Ask path="/home">
          {(home) => (
            <Stack gap="md">
              <div className="screen">{me.roles.includes('executive') && <AskedOfMe />}</div>
              <Card>
                <Verdict home={home} />
                <MeasureCounts home={home} />
                <Mean home={home} />
                <p style={{ margin: '0.5rem 0 0' }}>
                  <Anchor component={Link} underline="always" href="/devices?state=registered">
                    {t('brief.machines', { n: home.machines })}
                    <Silent home={home} />
                  </Anchor>
                  {' · '}
                  <Anchor component={Link} underline="always" href="/incidents?state=open">
                    {t('brief.incidents', { n: home.open_incidents })}
                  </Anchor>
                  {' · '}
                  <Anchor component={Link} underline="always" href="/assignments?late=true">
                    {t('brief.overdue', { n: home.overdue })}
                  </Anchor>
                </p>
              </Card>
              <DeadlineCard list={home.deadlines} />
              <Card title={t('brief.decisions')} flush>
                {home.decisions.length === 0 && <Empty>{t('brief.nodecision')}</Empty>}
                {home.decisions.map((one) => (
                  <Decision key={one.id} one={one} />
                ))}
                {home.decisions.length > 0 && (
                  <p className="soft" style={{ margin: 0, padding: '0 1rem 0.7rem' }}>
                    {t('brief.judged')}
                  </p>
                )}
              </Card>
              <Card title={t('brief.trend')}>
                <Ask path="/history?by=all">{({ series }) => <Trend points={series[0]?.points ?? []} />}</Ask>
              </Card>
            </Stack>
          )}
        </Ask>
      </Page>
    </div>
  );
}
