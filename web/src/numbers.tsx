// SPDX-License-Identifier: Apache-2.0
// How it stands in numbers: each says what it counts, and leads to the list of what it counts.
import { Anchor, Group, Paper, SimpleGrid, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { Schemas } from './api';
import { useWords } from './i18n';
import { ShareBar } from './parts';

type HomeData = Schemas['Home'];

/** On the first day there is nothing to compare with, and a chart would be one point. */
export const isNew = (home: HomeData) => Date.parse(home.as_of) - Date.parse(home.since) < 36 * 3600 * 1000;

/** How the most urgent items stand, in one sentence. */
export function Verdict({ home }: { home: HomeData }) {
  const { t } = useWords();
  const failing = home.must.not_met + home.must.partly_met;
  const kind = failing > 0 ? 'bad' : home.must.unknown > 0 ? 'warn' : 'good';
  return (
    <Anchor
      component={Link}
      c="inherit"
      fz="1.3rem"
      fw={650}
      href={`/checklist?priority=must${{ bad: '&status=failing', warn: '&status=unknown', good: '' }[kind]}`}
    >
      {t(`home.${kind}`, { n: kind === 'bad' ? failing : home.must.unknown })}
    </Anchor>
  );
}

/** Of all measures that apply, how many stand how. */
export function MeasureCounts({ home }: { home: HomeData }) {
  const { t } = useWords();
  const { met, partly_met, not_met, unknown, not_applicable } = home.measures;
  const counts = { met, partly_met, not_met, unknown };
  return (
    <p style={{ margin: '0.4rem 0' }}>
      {t('home.measures', { n: met + partly_met + not_met + unknown })}{' '}
      {(Object.keys(counts) as (keyof typeof counts)[]).map((status, at) => (
        <span key={status}>
          {at > 0 && ' · '}
          <Anchor component={Link} href={`/measures?status=${status}`} underline="always">
            {t(`home.count.${status}`, { n: counts[status] })}
          </Anchor>
        </span>
      ))}
      {not_applicable > 0 && (
        <>
          {' · '}
          <Anchor component={Link} href="/measures?status=not_applicable" className="soft">
            {t('home.count.not_applicable', { n: not_applicable })}
          </Anchor>
        </>
      )}
    </p>
  );
}

/** Of the devices, how many nothing was ever heard of. */
export function Silent({ home }: { home: HomeData }) {
  const { t } = useWords();
  return home.silent > 0 ? <> {t('home.silent', { n: home.silent })}</> : null;
}

/** The mean over devices, by its name, with how it is counted. */
export function Mean({ home }: { home: HomeData }) {
  const { t, percent } = useWords();
  const points = Math.round((home.all.met - home.week_ago.met) * 100);
  return (
    <>
      <Group gap="sm" align="baseline">
        <span>{t('home.mean')}</span>
        <Text fz="1.6rem" fw={700} lh={1.1}>
          {percent(home.all.met)}
        </Text>
        {!isNew(home) && (
          <span className="soft">{t('home.week', { n: (points > 0 ? '+' : '') + points })}</span>
        )}
      </Group>
      <div style={{ marginTop: 6 }}>
        <ShareBar share={home.all} label={t('home.mean')} />
      </div>
      <details>
        <summary className="soft">{t('home.how')}</summary>
        <p className="soft" style={{ margin: '0.3rem 0' }}>
          {t('home.howtext')}{' '}
          {home.unseen > 0 && t('home.unseen', { n: home.unseen, of: home.machines - home.silent })}
        </p>
      </details>
    </>
  );
}

export function Headline({ home }: { home: HomeData }) {
  const { t } = useWords();
  const failing = home.must.not_met + home.must.partly_met;
  const kind = failing > 0 ? 'bad' : home.must.unknown > 0 ? 'warn' : 'good';
  const facts = [
    ['home.machines', home.machines, '/devices?state=registered'],
    ['home.questions', home.open_questions, '/questions'],
    ['home.incidents', home.open_incidents, '/incidents?state=open'],
    ['home.overdue', home.overdue, '/assignments?late=true'],
  ] as const;
  return (
    <Paper withBorder radius="md" className={`say ${kind}`}>
      <Group justify="space-between" align="flex-start" gap="lg">
        <div style={{ flex: '1 1 22rem' }}>
          <Verdict home={home} />
          <MeasureCounts home={home} />
          <Mean home={home} />
        </div>
        <SimpleGrid cols={2} spacing="lg" verticalSpacing="xs">
          {facts.map(([word, n, to]) => (
            <Anchor key={word} component={Link} href={to} c="inherit" underline="hover">
              <Text fz="1.4rem" fw={650} lh={1.2}>
                {n}
              </Text>
              <span className="soft">
                {t(word)}
                {word === 'home.machines' && <Silent home={home} />}
              </span>
            </Anchor>
          ))}
        </SimpleGrid>
      </Group>
    </Paper>
  );
}
