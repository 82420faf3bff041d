// SPDX-License-Identifier: Apache-2.0
// One resource in the form: who, on what, with what, when and from where; and what that says.
import {
  Button,
  Checkbox,
  Group,
  MultiSelect,
  Paper,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  TextInput,
} from '@mantine/core';
import { useId, useMemo } from 'react';
import { useApi, type Schemas } from '../../api';
import { Field } from '../../form';
import { useWords } from '../../i18n';
import { InBoth, Length } from './fields';
import { Measures } from './measures';
import { days, roles, type Rule } from './state';

type Words = Schemas['PolicyWords']['resources'][number];

interface Part {
  at: string;
  rule: Rule;
  set: (change: Partial<Rule>) => void;
}

function What({ at, rule, set }: Part) {
  const { t } = useWords();
  return (
    <>
      <InBoth at={`${at}/name`} label={t('pform.rname')} value={rule.name} set={(name) => set({ name })} />
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <Field at={`${at}/id`}>
          <TextInput
            label={t('pform.id')}
            description={t('pform.id.why')}
            value={rule.id}
            onChange={(e) => set({ id: e.currentTarget.value.trim() })}
          />
        </Field>
        <Field at={`${at}/kind`}>
          <Select
            label={t('pform.kind')}
            allowDeselect={false}
            value={rule.kind}
            onChange={(kind) => set({ kind: kind as Rule['kind'] })}
            data={(['application', 'server', 'network'] as const).map((value) => ({
              value,
              label: t(`pform.kind.${value}`),
            }))}
          />
        </Field>
        <Field at={`${at}/sensitivity`}>
          <Select
            label={t('pform.sensitivity')}
            description={t('pform.sensitivity.why')}
            allowDeselect={false}
            value={rule.sensitivity}
            onChange={(sensitivity) => set({ sensitivity: sensitivity as Rule['sensitivity'] })}
            data={(['low', 'middle', 'high'] as const).map((value) => ({
              value,
              label: t(`pform.${value}`),
            }))}
          />
        </Field>
      </SimpleGrid>
      <InBoth
        at={`${at}/because`}
        label={t('pform.because')}
        lines
        value={rule.because ?? { ja: '', en: '' }}
        set={(because) => set({ because: because.ja || because.en ? because : undefined })}
      />
    </>
  );
}

function Who({ at, rule, set }: Part) {
  const { t } = useWords();
  const groups = useApi('/access/groups');
  const people = useApi('/people?limit=500');
  const who = (change: Partial<Rule['who']>) => set({ who: { ...rule.who, ...change } });
  const everyone = roles.every((one) => rule.who.roles.includes(one));
  return (
    <>
      <Field at={`${at}/who`}>
        <Checkbox.Group
          label={t('pform.who')}
          value={rule.who.roles}
          onChange={(value) => who({ roles: roles.filter((one) => value.includes(one)) })}
        >
          <Group gap="md" mt="xs">
            {roles.map((one) => (
              <Checkbox key={one} value={one} label={t(`role.${one}`)} />
            ))}
          </Group>
        </Checkbox.Group>
      </Field>
      <Checkbox
        label={t('pform.everyone')}
        checked={everyone}
        onChange={() => who({ roles: everyone ? [] : [...roles] })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Field at={`${at}/who/groups`}>
          <TagsInput
            label={t('pform.groups')}
            placeholder={t('pform.type')}
            value={rule.who.groups}
            onChange={(value) => who({ groups: value })}
            data={groups.data?.items.map((one) => one.name) ?? []}
          />
        </Field>
        <Field at={`${at}/who/people`}>
          <TagsInput
            label={t('pform.people')}
            placeholder={t('pform.type')}
            value={rule.who.people}
            onChange={(value) => who({ people: value })}
            limit={20}
            data={people.data?.items.map((one) => one.email) ?? []}
          />
        </Field>
      </SimpleGrid>
    </>
  );
}

function On({ at, rule, set, proposed }: Part & { proposed: string[] }) {
  const { t } = useWords();
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Field at={`${at}/device`}>
          <Select
            label={t('pform.device')}
            allowDeselect={false}
            value={rule.device}
            onChange={(device) => set({ device: device as Rule['device'] })}
            data={(['registered', 'any'] as const).map((value) => ({ value, label: t(`pform.${value}`) }))}
          />
        </Field>
        <Length
          at={`${at}/evidence`}
          label={t('pform.evidence')}
          value={rule.evidence}
          set={(evidence) => set({ evidence })}
        />
      </SimpleGrid>
      <Field at={`${at}/own_devices`}>
        <Checkbox
          label={t('pform.own')}
          checked={rule.own_devices}
          onChange={(e) => set({ own_devices: e.currentTarget.checked })}
        />
      </Field>
      <Measures at={at} value={rule.measures} proposed={proposed} set={(measures) => set({ measures })} />
    </>
  );
}

function Factors({ at, rule, set }: Part) {
  const { t } = useWords();
  const asked = rule.second_factor !== 'none';
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Stack gap="xs">
        {/* Once it is asked for, what is wrong is how fresh it must be. */}
        <Field at={asked ? `${at}/second_factor/asked` : `${at}/second_factor`}>
          <Checkbox
            label={t('pform.second')}
            checked={asked}
            onChange={(e) => set({ second_factor: e.currentTarget.checked ? '12 hours' : 'none' })}
          />
        </Field>
        {asked && (
          <Length
            at={`${at}/second_factor`}
            label={t('pform.second.within')}
            value={rule.second_factor}
            set={(second_factor) => set({ second_factor })}
          />
        )}
      </Stack>
      <Stack gap="xs">
        <Checkbox
          label={t('pform.passkey')}
          checked={rule.passkey !== undefined}
          onChange={(e) => set({ passkey: e.currentTarget.checked ? '7 days' : undefined })}
        />
        {rule.passkey !== undefined && (
          <Length
            at={`${at}/passkey`}
            label={t('pform.passkey.within')}
            value={rule.passkey}
            set={(passkey) => set({ passkey })}
          />
        )}
      </Stack>
    </SimpleGrid>
  );
}

const monday = 4; // of January 2027

function Hours({ at, rule, set }: Part) {
  const { t, locale } = useWords();
  const hours = rule.hours;
  const day = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
  return (
    <Stack gap="xs">
      <Checkbox
        label={t('pform.hours')}
        checked={hours !== undefined}
        onChange={(e) =>
          set({
            hours: e.currentTarget.checked
              ? { days: days.slice(0, 5), from: '08:00', to: '20:00' }
              : undefined,
          })
        }
      />
      {hours && (
        <>
          <Field at={`${at}/hours`}>
            <Checkbox.Group
              label={t('pform.days')}
              value={hours.days}
              onChange={(value) =>
                set({ hours: { ...hours, days: days.filter((one) => value.includes(one)) } })
              }
            >
              <Group gap="md" mt="xs">
                {days.map((one, n) => (
                  <Checkbox key={one} value={one} label={day.format(Date.UTC(2027, 0, monday + n))} />
                ))}
              </Group>
            </Checkbox.Group>
          </Field>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {(['from', 'to'] as const).map((end) => (
              <Field key={end} at={`${at}/hours/${end}`}>
                <TextInput
                  label={t(`pform.${end}`)}
                  inputMode="numeric"
                  value={hours[end]}
                  onChange={(e) => set({ hours: { ...hours, [end]: e.currentTarget.value.trim() } })}
                />
              </Field>
            ))}
          </SimpleGrid>
        </>
      )}
    </Stack>
  );
}

/** All countries by their names in the reader's language. */
function useCountries() {
  const { locale } = useWords();
  return useMemo(() => {
    const names = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' });
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    return letters
      .flatMap((one) => letters.map((other) => one + other))
      .flatMap((value) => {
        const name = names.of(value);
        return name ? [{ value, label: `${name} (${value})` }] : [];
      })
      .sort((a, b) => a.label.localeCompare(b.label, locale));
  }, [locale]);
}

function Places({ at, rule, set, countries }: Part & { countries: boolean }) {
  const { t } = useWords();
  const all = useCountries();
  const some = (list: string[]) => (list.length === 0 ? undefined : list);
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Field at={`${at}/networks`}>
        <TagsInput
          label={t('pform.networks')}
          placeholder={t('pform.type')}
          value={rule.networks ?? []}
          onChange={(value) => set({ networks: some(value) })}
        />
      </Field>
      {(countries || rule.countries) && (
        <Field at={`${at}/countries`}>
          <MultiSelect
            label={t('pform.countries')}
            searchable
            nothingFoundMessage={t('app.none')}
            value={rule.countries ?? []}
            onChange={(value) => set({ countries: some(value) })}
            data={all}
          />
        </Field>
      )}
    </SimpleGrid>
  );
}

/** What it says, by the server: as it is filled in. */
function Says({ words, slips }: { words: Words | undefined; slips: string[] }) {
  const { t, tx } = useWords();
  return (
    <div className={slips.length > 0 ? 'say warn' : 'say good'} aria-live="polite">
      <strong>{t(slips.length > 0 ? 'pform.says.not' : 'pform.says')}</strong>
      <ul className="plain">
        {slips.length > 0
          ? slips.map((one, n) => <li key={n}>{one}</li>)
          : words?.lines.map((line, n) => <li key={n}>{tx(line)}</li>)}
      </ul>
    </div>
  );
}

export function RuleForm({
  at,
  rule,
  set,
  open,
  toggle,
  copy,
  remove,
  proposed,
  countries,
  words,
  slips,
}: Part & {
  open: boolean;
  toggle: () => void;
  copy: () => void;
  remove: () => void;
  proposed: string[];
  countries: boolean;
  words: Words | undefined;
  slips: string[];
}) {
  const { t, tx } = useWords();
  const id = useId();
  const part = { at, rule, set };
  const name = tx(rule.name) || rule.id;
  return (
    <Paper withBorder radius="md" p="sm">
      <Group justify="space-between" gap="xs">
        <h3 style={{ margin: 0, fontSize: '1rem', flex: '1 1 12rem' }}>
          <button type="button" className="opens" aria-expanded={open} aria-controls={id} onClick={toggle}>
            {name}
          </button>
        </h3>
        <Group gap="xs">
          <Button size="xs" variant="default" aria-label={t('pform.copy.of', { name })} onClick={copy}>
            {t('pform.copy')}
          </Button>
          <Button size="xs" variant="default" aria-label={t('pform.remove.of', { name })} onClick={remove}>
            {t('pform.remove')}
          </Button>
        </Group>
      </Group>
      <div id={id}>
        {!open && words && slips.length === 0 && (
          <div className="soft">
            {tx(words.kind)} · {words.lines[0] && tx(words.lines[0])}
          </div>
        )}
        {open && (
          <Stack gap="md" mt="sm">
            <What {...part} />
            <Who {...part} />
            <On {...part} proposed={proposed} />
            <Factors {...part} />
            <Hours {...part} />
            <Places {...part} countries={countries} />
          </Stack>
        )}
        {(open || slips.length > 0) && (
          <div style={{ marginTop: '0.75rem' }}>
            <Says words={words} slips={slips} />
          </div>
        )}
      </div>
    </Paper>
  );
}
