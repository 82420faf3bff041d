// SPDX-License-Identifier: Apache-2.0
// Handing something to a person, in a dialog: on any width, by keyboard, and in nobody's way.
import { Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { call, useApi, type Schemas } from './api';
import { Failed } from './basics';
import { Dialog } from './dialog';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { Overtaken, useSave } from './overtaken';

/** Whom the server takes: who only audits can neither answer nor mend. */
const mayWork = (one: Schemas['Person']) => one.roles.some((role) => role !== 'auditor');

export default function AssignDialog({
  item,
  assignment,
  what,
  done,
}: {
  item: string;
  assignment: Schemas['Assignment'];
  what: string;
  done: (saved: boolean) => void;
}) {
  const { t, day } = useWords();
  const [person, setPerson] = useState(assignment?.person ? String(assignment.person.id) : null);
  const [due, setDue] = useState(assignment?.due ?? '');
  const people = useApi('/people?limit=500');
  // Until all are here, whose it is: what the field shows, and what typing replaces, is there at once.
  const list =
    people.data?.items.filter((one) => one.state === 'active' && mayWork(one)) ??
    (assignment?.person ? [assignment.person] : []);
  // As the page showed it, though the page may show something newer by the time of saving.
  const [shown] = useState(assignment);
  const path = `/items/${encodeURIComponent(item)}/assignment` as const;
  const saving = useSave<typeof path, undefined>({
    path,
    same: ({ assignment: now }) =>
      (now?.person?.id ?? null) === (shown?.person?.id ?? null) &&
      (now?.due ?? null) === (shown?.due ?? null),
    save: (_, tag) => call('PUT', path, { person: person ? Number(person) : null, due: due || null }, tag),
    done: () => done(true),
  });
  const { send: save, other } = saving;
  return (
    <Dialog title={t('act.assign')} close={() => done(false)}>
      <Form error={save.error} submit={() => save.mutate(undefined)}>
        <Stack gap="sm">
          <p style={{ margin: 0 }}>{what}</p>
          <Field at="/person">
            <Select
              label={t('act.owner')}
              searchable
              clearable
              data-autofocus
              openOnFocus={false}
              onFocus={(event) => event.currentTarget.select()}
              nothingFoundMessage={t('act.nobody')}
              data={list.map((one) => ({ value: String(one.id), label: one.name }))}
              value={person}
              onChange={setPerson}
            />
          </Field>
          {people.error && <Failed error={people.error} again={() => void people.refetch()} />}
          <Field at="/due">
            <TextInput
              type="date"
              label={t('act.due')}
              value={due}
              onChange={(event) => setDue(event.currentTarget.value)}
            />
          </Field>
          <p className="soft" style={{ margin: 0 }}>
            {t('act.told')}
          </p>
          {save.error && <Failed error={save.error} />}
          {other && (
            <Overtaken keep={() => done(false)} replace={saving.replace}>
              {t('overtaken.owner', {
                name: other.assignment?.person?.name ?? t('act.noowner'),
                day: day(other.assignment?.due),
              })}
            </Overtaken>
          )}
          <Group>
            <Button type="submit" loading={save.isPending}>
              {t('app.save')}
            </Button>
            <Button variant="default" onClick={() => done(false)}>
              {t('app.cancel')}
            </Button>
          </Group>
        </Stack>
      </Form>
    </Dialog>
  );
}
