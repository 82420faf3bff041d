// SPDX-License-Identifier: Apache-2.0
// What the pages on access have in common.
import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { Schemas } from '../api';
import { learn, useWords } from '../i18n';
import { Page } from '../parts';
import { access } from '../words/access';

learn(access);

const places = [
  { to: '/access', word: 'access.live' },
  { to: '/access/policy', word: 'access.policy' },
  { to: '/access/timeline', word: 'access.timeline' },
] as const;

/** One of the three pages, with the way to the others. */
export function AccessPage({
  title,
  text,
  children,
  aside,
}: {
  title: string;
  text: string;
  children: ReactNode;
  aside?: ReactNode;
}) {
  const { t } = useWords();
  const [at] = useLocation();
  return (
    <Page title={title} text={text} aside={aside}>
      <nav aria-label={t('access.parts')} className="places">
        {places.map((place) => (
          <Link key={place.to} href={place.to} aria-current={place.to === at ? 'page' : undefined}>
            {t(place.word)}
          </Link>
        ))}
      </nav>
      {children}
    </Page>
  );
}

/** Words about a measure, by the way to its page. */
export function MeasureLink({ id, children }: { id: string; children: ReactNode }) {
  return (
    <Anchor inherit component={Link} href={`/requirements/${id}`} underline="always">
      {children}
    </Anchor>
  );
}

/** Why, a line each; a measure leads to its page. */
export function Reasons({ reasons }: { reasons: Schemas['AccessReason'][] }) {
  const { tx } = useWords();
  if (reasons.length === 0) return null;
  return (
    <ul className="plain">
      {reasons.map((one) => (
        <li key={one.code + (one.measure ?? '')}>
          {one.measure ? <MeasureLink id={one.measure}>{tx(one.text)}</MeasureLink> : tx(one.text)}
        </li>
      ))}
    </ul>
  );
}

type Ref = { id: number; name: string } | null;

/** A device, by the way to its page. */
export function DeviceLink({ device }: { device: Ref }) {
  const { t } = useWords();
  if (!device) return <span className="soft">{t('access.anydevice')}</span>;
  return (
    <Anchor inherit component={Link} href={`/devices/${device.id}`} underline="always">
      {device.name}
    </Anchor>
  );
}

/** The names that a policy gives its resources. */
export function useResourceName(words: Schemas['MaybePolicyWords'] | undefined) {
  const { tx } = useWords();
  return (id: string) => {
    const known = words?.resources.find((one) => one.id === id);
    return known ? tx(known.name) : id;
  };
}
