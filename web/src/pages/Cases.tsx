// SPDX-License-Identifier: Apache-2.0
import { Group } from '@mantine/core';
import { useEffect } from 'react';
import { Ask, Card, Page, Plain, RequirementLink, StatusTag, Tag, useGuideline } from '../parts';
import { useWords } from '../i18n';
import type { Answer } from '../api';
import type { Word } from '../words';

type List = Answer<'/cases'>;

function CaseCard({ one }: { one: List['items'][number] }) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const told = guideline.incidents.find((entry) => entry.number === one.number);
  useEffect(() => {
    if (location.hash === `#case-${one.number}`)
      document.getElementById(`case-${one.number}`)?.scrollIntoView();
  }, [one.number]);
  if (!told) return null;
  return (
    <section id={`case-${one.number}`} style={{ scrollMarginTop: '4rem' }}>
      <Card
        title={`${one.number}. ${tx(told.title)}`}
        aside={<Tag kind={one.answer}>{t(`cases.${one.answer}`)}</Tag>}
      >
        <p style={{ marginTop: 0 }}>
          <strong>{t('cases.happened')}</strong> <Plain>{tx(told.happened)}</Plain>
        </p>
        <p>
          <strong>{t('cases.lesson')}</strong> <Plain>{tx(told.lesson)}</Plain>
        </p>
        <strong>{t('cases.counters')}</strong>
        {one.measures.map((measure) => (
          <Group key={measure.id} gap="xs" mt={6} wrap="nowrap" align="baseline">
            <StatusTag status={measure.status} />
            <span>
              <RequirementLink id={measure.id} />{' '}
              {tx(guideline.measures.find((entry) => entry.ascii_id === measure.id)?.text)}
            </span>
          </Group>
        ))}
        <p className="soft" style={{ marginBottom: 0 }}>
          {t('item.source')}: {t(`item.source.${told.from.source}` as Word)}
          {told.from.source !== 'project' && told.from.confidence === 'INF' && t('item.source.inferred')}
        </p>
      </Card>
    </section>
  );
}

export default function Cases() {
  const { t } = useWords();
  return (
    <Page title={t('nav.cases')} text={t('cases.text')}>
      <Ask path="/cases">
        {({ items }) => (
          <>
            {items.map((one) => (
              <CaseCard key={one.number} one={one} />
            ))}
          </>
        )}
      </Ask>
    </Page>
  );
}
