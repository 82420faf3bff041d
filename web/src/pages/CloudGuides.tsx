// SPDX-License-Identifier: Apache-2.0
// Setting guides: what to set in each cloud service, where to press, what it protects, and how it is here. Made to be
// printed too.
import { Anchor, Button, Group } from '@mantine/core';
import { useEffect } from 'react';
import { Link, useSearch } from 'wouter';
import { Away } from '../away';
import type { Schemas } from '../api';
import { learn, useWords } from '../i18n';
import { Ask, Card, Empty, Page, Tag, useCheck, useGuideline, VerdictTag } from '../parts';
import { cloudGuides } from '../words/cloud-guides';

learn(cloudGuides);

type Guide = Schemas['CloudGuide'];
type Line = Guide['lines'][number];

const count = (guide: Guide) => new Set(guide.lines.map((line) => line.item)).size;

function Counts({ guide }: { guide: Guide }) {
  const { t, day } = useWords();
  return (
    <span className="soft">
      {guide.made_at ? (
        <>
          {t('guides.counts', { open: guide.open, right: guide.right, all: count(guide) })} ·{' '}
          {t('guides.read', { day: day(guide.made_at) })}
        </>
      ) : (
        t('guides.never')
      )}
    </span>
  );
}

function GuideRow({ guide }: { guide: Guide }) {
  const { tx } = useWords();
  return (
    <div className="row">
      <Anchor component={Link} href={`/clouds/guides/${guide.id}`}>
        {tx(guide.title)}
      </Anchor>{' '}
      <Counts guide={guide} />
    </div>
  );
}

function LineRow({ line }: { line: Line }) {
  const { t, tx } = useWords();
  return (
    <div className="row" id={line.item} style={{ scrollMarginTop: '4rem' }}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <strong>{tx(line.title)}</strong>
        <span style={{ whiteSpace: 'nowrap' }}>
          {line.verdict === null ? (
            <Tag kind="unknown">{t('guides.never')}</Tag>
          ) : (
            <VerdictTag verdict={line.verdict} />
          )}
        </span>
      </Group>
      <dl className="guide">
        <dt>{t('guides.set')}</dt>
        <dd>
          <strong>{tx(line.set)}</strong>
        </dd>
        <dt>{t('guides.where')}</dt>
        <dd>{tx(line.where)}</dd>
        <dt>{t('guides.why')}</dt>
        <dd>{tx(line.why)}</dd>
        <dt>{t('guides.source')}</dt>
        <dd>{line.source || t('guides.ours')}</dd>
      </dl>
    </div>
  );
}

function Lines({ title, lines }: { title: string; lines: Line[] }) {
  if (lines.length === 0) return null;
  return (
    <Card title={title} flush>
      {lines.map((line) => (
        <LineRow key={`${line.handbook} ${line.item}`} line={line} />
      ))}
    </Card>
  );
}

/** Whoever came by a finding's link sees its setting. */
function useArrival() {
  useEffect(() => {
    if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }, []);
}

function OneGuide({ guide }: { guide: Guide }) {
  const { t, tx } = useWords();
  const { checklist } = useGuideline();
  useArrival();
  const handbook = [...new Set(guide.lines.flatMap((line) => line.handbook ?? []))];
  const beside = guide.lines.filter((line) => line.handbook === null);
  return (
    <Page
      title={t('guides.of', { name: tx(guide.title) })}
      text={<Counts guide={guide} />}
      aside={
        <Button variant="default" onClick={() => window.print()}>
          {t('guides.print')}
        </Button>
      }
    >
      <Ways />
      {handbook.map((item) => (
        <Lines
          key={item}
          title={`${item} ${tx(checklist.find((one) => one.ascii_id === item)?.text)}`}
          lines={guide.lines.filter((line) => line.handbook === item)}
        />
      ))}
      <Lines title={t('guides.severe')} lines={beside.filter((line) => line.severe)} />
      <Lines title={t('guides.beside')} lines={beside.filter((line) => !line.severe)} />
      <p className="soft">{t('guides.menus')}</p>
    </Page>
  );
}

function Ways() {
  const { t } = useWords();
  return (
    <Group gap="md" className="screen">
      <Anchor component={Link} href="/clouds/guides">
        {t('guides.all')}
      </Anchor>
      <Anchor component={Link} href="/clouds">
        {t('guides.clouds')}
      </Anchor>
    </Group>
  );
}

function OfCheck({ guides, id }: { guides: Guide[]; id: string }) {
  const { t, tx } = useWords();
  const check = useCheck(id);
  const some = guides
    .map((guide) => ({ guide, lines: guide.lines.filter((line) => line.check === id) }))
    .filter(({ lines }) => lines.length > 0)
    .sort((a, b) => Number(b.guide.in_use) - Number(a.guide.in_use));
  return (
    <Page title={t('guides.ofcheck')} text={tx(check?.title)}>
      <Ways />
      {some.length === 0 && (
        <Card>
          <Empty>{t('guides.nothing')}</Empty>
        </Card>
      )}
      {some.map(({ guide, lines }) => (
        <Lines key={guide.id} title={tx(guide.title)} lines={lines} />
      ))}
    </Page>
  );
}

function Everything({ guides }: { guides: Guide[] }) {
  const { t } = useWords();
  const used = guides.filter((guide) => guide.in_use);
  const others = guides.filter((guide) => !guide.in_use);
  return (
    <Page title={t('guides.title')} text={t('guides.text')}>
      <Anchor component={Link} href="/clouds" className="screen">
        {t('guides.clouds')}
      </Anchor>
      <Card title={t('guides.inuse')} flush={used.length > 0}>
        {used.length === 0 && <Empty>{t('guides.noneinuse')}</Empty>}
        {used.map((guide) => (
          <GuideRow key={guide.id} guide={guide} />
        ))}
      </Card>
      {others.length > 0 && (
        <Card title={t('guides.others', { n: others.length })} flush>
          {others.map((guide) => (
            <GuideRow key={guide.id} guide={guide} />
          ))}
        </Card>
      )}
    </Page>
  );
}

/** All guides, the lines of them that decide a check, or one of them. */
export default function CloudGuides({ id }: { id?: string }) {
  const check = new URLSearchParams(useSearch()).get('check');
  return (
    <Ask path="/cloud-guides">
      {({ items }) => {
        if (check) return <OfCheck guides={items} id={check} />;
        if (id === undefined) return <Everything guides={items} />;
        const guide = items.find((one) => one.id === id);
        return guide ? <OneGuide key={id} guide={guide} /> : <Away why="gone" />;
      }}
    </Ask>
  );
}
