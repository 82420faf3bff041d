// SPDX-License-Identifier: Apache-2.0
// The frame around every page: menu, language, light and dark.
import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  NavLink,
  ScrollArea,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconAlertCircle,
  IconApps,
  IconBook2,
  IconChecklist,
  IconCloud,
  IconDeviceLaptop,
  IconFileText,
  IconHistory,
  IconHome,
  IconListDetails,
  IconLogout,
  IconMoonStars,
  IconRoute,
  IconSettings,
  IconShieldLock,
  IconUser,
  IconUserCog,
  IconUsers,
  IconWaveSine,
} from '@tabler/icons-react';
import { useEffect, type ComponentType, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { call } from './api';
import { LanguageButton } from './basics';
import { CodesLeft } from './codes';
import { EmergencyBanner } from './emergency';
import { useWords } from './i18n';
import { administers, seesAll, useMe } from './parts';
import type { Word } from './words';

interface Place {
  to: string;
  word: Word;
  icon: ComponentType<{ size?: number | string }>;
}

const standing: Place[] = [
  { to: '/', word: 'nav.home', icon: IconHome },
  { to: '/checklist', word: 'nav.checklist', icon: IconChecklist },
  { to: '/measures', word: 'nav.measures', icon: IconListDetails },
  { to: '/methods', word: 'nav.methods', icon: IconRoute },
  { to: '/cases', word: 'nav.cases', icon: IconBook2 },
  { to: '/reports', word: 'nav.reports', icon: IconFileText },
];
const watched: Place[] = [
  { to: '/devices', word: 'nav.devices', icon: IconDeviceLaptop },
  { to: '/access', word: 'nav.access', icon: IconShieldLock },
  { to: '/line', word: 'nav.line', icon: IconWaveSine },
  { to: '/incidents', word: 'nav.incidents', icon: IconAlertCircle },
];
const people: Place = { to: '/people', word: 'nav.people', icon: IconUsers };
const clouds: Place = { to: '/clouds', word: 'nav.clouds', icon: IconCloud };
const log: Place = { to: '/audit', word: 'nav.audit', icon: IconHistory };
const settings: Place = { to: '/settings', word: 'nav.settings', icon: IconSettings };
const own: Place[] = [
  { to: '/mine', word: 'nav.mine', icon: IconUser },
  { to: '/applications', word: 'nav.applications', icon: IconApps },
  { to: '/account', word: 'nav.account', icon: IconUserCog },
];

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useWords();
  const me = useMe();
  const [at] = useLocation();
  const [open, { toggle, close }] = useDisclosure(false);
  const { toggleColorScheme } = useMantineColorScheme();
  useEffect(() => {
    close();
    window.scrollTo(0, 0);
  }, [at]);
  const all = seesAll(me);
  const groups: { word: Word; places: Place[] }[] = [
    { word: 'nav.standing', places: all ? standing : [] },
    { word: 'nav.watched', places: [...(all ? watched : []), ...(administers(me) ? [clouds] : [])] },
    {
      word: 'nav.managed',
      places: [
        ...(all ? [people] : []),
        ...(administers(me) || me.roles.includes('auditor') ? [log] : []),
        ...(administers(me) ? [settings] : []),
      ],
    },
    { word: 'nav.own', places: own },
  ];
  const leave = async () => {
    await call('POST', '/sign-out').catch(() => undefined);
    // Loaded anew, so that nothing of whoever left stays in memory.
    location.assign('/');
  };
  return (
    <AppShell
      header={{ height: 54 }}
      navbar={{ width: 230, breakpoint: 'sm', collapsed: { mobile: !open } }}
      padding="md"
      transitionDuration={0}
    >
      <a className="skip" href="#main">
        {t('app.skip')}
      </a>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
            <Burger
              opened={open}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t('app.menu')}
              aria-expanded={open}
            />
            <img src="/icon.svg" alt="" width={26} height={26} />
            <strong
              style={{ whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis', minWidth: '4rem' }}
            >
              {me.organisation.name || t('app.name')}
            </strong>
            {me.demo && <span className="tag partly_met wide">{t('app.demo')}</span>}
          </Group>
          <Group gap="xs" wrap="nowrap" style={{ flexShrink: 0 }}>
            <LanguageButton />
            <ActionIcon variant="default" onClick={() => toggleColorScheme()} aria-label={t('app.theme')}>
              <IconMoonStars size={16} />
            </ActionIcon>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t('app.menu')}>
        <AppShell.Section grow component={ScrollArea}>
          {groups
            .filter(({ places }) => places.length > 0)
            .map(({ word, places }) => (
              <div key={word} role="group" aria-label={t(word)}>
                {all && (
                  <div className="soft group" aria-hidden="true">
                    {t(word)}
                  </div>
                )}
                {places.map((place) => {
                  const active = place.to === '/' ? at === '/' : at.startsWith(place.to);
                  return (
                    <NavLink
                      key={place.to}
                      component={Link}
                      href={place.to}
                      active={active}
                      aria-current={active ? 'page' : undefined}
                      label={t(place.word)}
                      leftSection={<place.icon size={18} />}
                    />
                  );
                })}
              </div>
            ))}
          <NavLink
            component="button"
            onClick={() => void leave()}
            label={t('nav.signout')}
            leftSection={<IconLogout size={18} />}
          />
        </AppShell.Section>
        <AppShell.Section>
          <a href="/licenses.txt" className="soft" target="_blank" rel="noreferrer">
            {t('app.licences')}
          </a>
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main">
        <div style={{ maxWidth: '76rem', margin: '0 auto' }}>
          <EmergencyBanner />
          <CodesLeft />
          {children}
        </div>
      </AppShell.Main>
    </AppShell>
  );
}
