// SPDX-License-Identifier: Apache-2.0
// The demo's tour: six places, and what there is to see at each.
import { Button, CloseButton, Group } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { learn, useWords } from './i18n';
import { Card, Page } from './parts';
import { tour } from './words/tour';

learn(tour);

const stops = [
  { key: 'first', to: '/actions' },
  { key: 'devices', to: '/devices?only=failing' },
  { key: 'gear', to: '/devices?kind=appliance' },
  { key: 'survey', to: '/questions' },
  { key: 'incidents', to: '/incidents' },
  { key: 'reports', to: '/reports' },
] as const;

function Stops() {
  const { t } = useWords();
  return (
    <>
      <div className="row soft">{t('tour.text')}</div>
      {stops.map(({ key, to }, at) => (
        <div key={key} className="row" data-testid={`tour-${key}`}>
          <Group justify="space-between" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <strong>
                {at + 1}. {t(`tour.${key}`)}
              </strong>
              <div>{t(`tour.${key}.text`)}</div>
            </div>
            <Button
              component={Link}
              href={to}
              size="compact-sm"
              style={{ flexShrink: 0 }}
              aria-label={`${t('tour.open')}: ${t(`tour.${key}`)}`}
            >
              {t('tour.open')}
            </Button>
          </Group>
        </div>
      ))}
      <div className="row soft">{t('tour.others')}</div>
    </>
  );
}

const kept = 'sekisho.tour';

/** On the first page, until it is closed; the page /demo has it always. */
export default function TourCard() {
  const { t } = useWords();
  const [away, setAway] = useState(() => localStorage.getItem(kept) === 'away');
  if (away) return null;
  return (
    <Card
      title={t('tour.title')}
      flush
      aside={
        <CloseButton
          aria-label={t('tour.away')}
          onClick={() => {
            localStorage.setItem(kept, 'away');
            setAway(true);
          }}
        />
      }
    >
      <Stops />
    </Card>
  );
}

export function TourPage() {
  const { t } = useWords();
  return (
    <Page title={t('tour.title')}>
      <Card flush>
        <Stops />
      </Card>
    </Page>
  );
}
