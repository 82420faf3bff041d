// SPDX-License-Identifier: Apache-2.0
// Where an address leads nowhere, or not for this person: what happened, and where to go from here.
import { Button, Group } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import type { Me } from './api';
import { useWords } from './i18n';
import { Card, Page, roleWord, seesAll, useMe } from './parts';
import type { Word } from './words';

interface Place {
  to: string;
  word: Word;
}
const lists: Record<string, Word> = {
  devices: 'nav.devices',
  requirements: 'nav.measures',
  checks: 'nav.checklist',
  incidents: 'nav.incidents',
  people: 'nav.people',
};

/** Where each role finds most of what it looks for, and the list that what was asked for would stand in. */
function places(me: Me, at: string): Place[] {
  const first = at.split('/')[1] ?? '';
  const list = lists[first];
  const to = first === 'requirements' ? '/measures' : first === 'checks' ? '/checklist' : `/${first}`;
  const home: Place = { to: '/', word: 'nav.home' };
  if (seesAll(me)) return [...(list && to !== at ? [{ to, word: list }] : []), home];
  return [
    { to: '/mine', word: 'nav.mine' },
    ...(first === 'incidents' && at !== '/incidents' ? [{ to, word: list! }] : []),
    { to: '/account', word: 'nav.account' },
  ];
}

/** `missing`: no such page; `gone`: no such thing; `forbidden`: a page of other roles. */
export function Away({ why }: { why: 'missing' | 'gone' | 'forbidden' }) {
  const { t, lang } = useWords();
  const me = useMe();
  const [at] = useLocation();
  const mine = me.roles.map((role) => t(roleWord(role))).join(lang === 'ja' ? '、' : ', ');
  return (
    <Page title={t(`away.${why}`)}>
      <Card>
        <p style={{ marginTop: 0, overflowWrap: 'anywhere' }}>{t(`away.${why}.text`, { at, mine })}</p>
        <Group gap="sm">
          {places(me, at).map((place, i) => (
            <Button key={place.to} component={Link} href={place.to} variant={i === 0 ? 'filled' : 'default'}>
              {t(place.word)}
            </Button>
          ))}
        </Group>
      </Card>
    </Page>
  );
}
